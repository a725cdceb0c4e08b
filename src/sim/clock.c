#include "core.h"

#include "base/clock.h"
#include "base/mem.h"

struct job {
    int64_t due_ms;
    uint64_t order; /* equal times run in the order they were asked for */
    sim_job run;
    json_t *what;
};

struct timeline {
    int64_t base_ms; /* simulated time when ... */
    int64_t real_ms; /* ... the machine's steady clock stood here */
    double scale;
    bool standing; /* a job runs: the clock shows its due time */
    int64_t stand_ms;
    struct job *heap;
    size_t count, size;
    uint64_t order;
};

struct timeline *timeline_new(int64_t start_ms, double scale)
{
    struct timeline *t = xcalloc(1, sizeof *t);
    t->scale = scale;
    t->base_ms = start_ms;
    t->real_ms = clock_monotonic_ms(NULL);
    return t;
}

void timeline_free(struct timeline *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        json_decref(t->heap[i].what);
    }
    free(t->heap);
    free(t);
}

static int64_t flowing_ms(const struct timeline *t)
{
    return t->base_ms + (int64_t)((double)(clock_monotonic_ms(NULL) - t->real_ms) * t->scale);
}

int64_t sim_now_ms(const struct sim *sim)
{
    return sim->timeline->standing ? sim->timeline->stand_ms : flowing_ms(sim->timeline);
}

uint64_t sim_changes(const struct sim *sim)
{
    return sim->changes;
}

void sim_changed(struct sim *sim)
{
    sim->changes++;
    policy_cache_forget(sim);
}

void timeline_advance(struct timeline *t, int64_t ms)
{
    t->base_ms += ms;
}

void timeline_set(struct timeline *t, int64_t now_ms, double scale)
{
    t->base_ms = now_ms;
    t->real_ms = clock_monotonic_ms(NULL);
    t->scale = scale;
}

size_t timeline_pending(const struct timeline *t)
{
    return t->count;
}

static bool earlier(const struct job *a, const struct job *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(struct job *a, struct job *b)
{
    struct job kept = *a;
    *a = *b;
    *b = kept;
}

void sim_later(struct sim *sim, int64_t delay_ms, sim_job job, json_t *what)
{
    struct timeline *t = sim->timeline;
    if (t->count == t->size) {
        t->size = t->size == 0 ? 64 : t->size * 2;
        t->heap = xreallocarray(t->heap, t->size, sizeof *t->heap);
    }
    size_t at = t->count++;
    t->heap[at] =
        (struct job){sim_now_ms(sim) + (delay_ms > 0 ? delay_ms : 0), t->order++, job, what};
    while (at > 0 && earlier(&t->heap[at], &t->heap[(at - 1) / 2])) {
        swap(&t->heap[at], &t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct job pop(struct timeline *t)
{
    struct job first = t->heap[0];
    t->heap[0] = t->heap[--t->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < t->count; child++) {
            least = earlier(&t->heap[child], &t->heap[least]) ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(&t->heap[at], &t->heap[least]);
        at = least;
    }
}

void timeline_run(struct sim *sim, int64_t until_ms)
{
    struct timeline *t = sim->timeline;
    while (!t->standing && t->count > 0 && t->heap[0].due_ms <= until_ms) {
        struct job job = pop(t);
        t->standing = true;
        t->stand_ms = job.due_ms;
        consistency_before(sim);
        job.run(sim, job.what);
        consistency_after(sim);
        json_decref(job.what);
        t->standing = false;
        sim_changed(sim);
    }
}

void sim_settle(struct sim *sim)
{
    if (sim->timeline->count > 0) {
        timeline_run(sim, sim_now_ms(sim));
    }
}
