#include "engine.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "prepare.h"

#define NAP_MS 100
#define GRACE_READS_MS 2000 /* for answers once we are asked to stop ... */
#define GRACE_WRITES_MS 60000

int64_t engine_now_ms(void)
{
    return clock_monotonic_ms(NULL);
}

void engine_stop(struct engine *e, const struct err *why)
{
    if (!e->stopping) {
        e->stopping = true;
        e->stopping_ms = engine_now_ms();
        e->stop = *why;
    }
}

void engine_boundary(struct engine *e, const struct step_run *r, const char *event)
{
    if (e->options->boundary != NULL && !e->options->dry_run) {
        e->options->boundary(e->options->boundary_context, r->id, event);
    }
}

void engine_boundary_later(struct engine *e, const struct step_run *r, const char *event)
{
    if (e->boundary_count < sizeof e->boundaries / sizeof *e->boundaries) {
        e->boundaries[e->boundary_count].run = r;
        e->boundaries[e->boundary_count++].event = event;
    }
}

void engine_outbox_add(struct step_run *r)
{
    struct engine *e = r->engine;
    e->outbox[e->outbox_count++] = r;
}

/* --- the heap of ready steps --- */

static void ready_push(struct engine *e, size_t index)
{
    size_t at = e->ready_count++;
    while (at > 0 && e->ready[(at - 1) / 2] > index) {
        e->ready[at] = e->ready[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    e->ready[at] = index;
}

static size_t ready_pop(struct engine *e)
{
    size_t first = e->ready[0];
    size_t last = e->ready[--e->ready_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < e->ready_count; at = child) {
        if (child + 1 < e->ready_count && e->ready[child + 1] < e->ready[child]) {
            child++;
        }
        if (last <= e->ready[child]) {
            break;
        }
        e->ready[at] = e->ready[child];
    }
    e->ready[at] = last;
    return first;
}

static void unpark(struct engine *e)
{
    for (size_t i = 0; i < e->parked_count; i++) {
        ready_push(e, e->parked[i]);
    }
    e->parked_count = 0;
}

/* --- ends --- */

static void leave(struct step_run *r)
{
    struct engine *e = r->engine;
    for (size_t i = 0; i < e->active_count; i++) {
        if (e->active[i] == r) {
            e->active[i] = e->active[--e->active_count];
            break;
        }
    }
    r->resume = NULL;
    r->wake_ms = INT64_MAX;
    if (r->holds_group) {
        r->holds_group = false;
        (void)map_remove(e->groups, r->group);
        unpark(e);
    }
}

static void release_dependants(struct engine *e, const struct step_run *r)
{
    size_t index = (size_t)(r - e->runs);
    for (size_t i = e->first_dependant[index]; i < e->first_dependant[index + 1]; i++) {
        struct step_run *d = &e->runs[e->dependants[i]];
        d->pretended = d->pretended || r->pretended;
        if (--d->blocked == 0 && d->state == STEP_WAITING) {
            ready_push(e, e->dependants[i]);
        }
    }
}

static void refuse_dependants(struct engine *e, const struct step_run *failed)
{
    size_t *stack = xreallocarray(NULL, e->count, sizeof *stack);
    size_t depth = 0;
    stack[depth++] = (size_t)(failed - e->runs);
    while (depth > 0) {
        size_t index = stack[--depth];
        for (size_t i = e->first_dependant[index]; i < e->first_dependant[index + 1]; i++) {
            struct step_run *d = &e->runs[e->dependants[i]];
            if (d->state != STEP_WAITING) {
                continue;
            }
            d->state = STEP_NOT_ATTEMPTED;
            e->ended++;
            run_tell(d, "waits for %s", failed->id);
            run_journal(d, EVENT_NOT_ATTEMPTED, NULL);
            stack[depth++] = e->dependants[i];
        }
    }
    free(stack);
}

void engine_ended(struct step_run *r)
{
    struct engine *e = r->engine;
    leave(r);
    if (r->state == STEP_FAILED) {
        refuse_dependants(e, r);
    } else {
        release_dependants(e, r);
    }
}

/* --- the loop --- */

static bool group_taken(struct engine *e, struct step_run *r)
{
    if (r->group == NULL || e->options->dry_run) {
        return false;
    }
    if (map_get(e->groups, r->group) != NULL) {
        return true;
    }
    map_set(e->groups, r->group, r);
    r->holds_group = true;
    return false;
}

static void start_ready(struct engine *e)
{
    while (!e->stopping && !e->capped && e->ready_count > 0 && e->active_count < ACTIVE_MAX) {
        size_t index = ready_pop(e);
        struct step_run *r = &e->runs[index];
        if (r->state != STEP_WAITING) {
            continue;
        }
        if (group_taken(e, r)) {
            e->parked[e->parked_count++] = index;
            continue;
        }
        e->active[e->active_count++] = r;
        step_start(r);
    }
}

static void wake_due(struct engine *e)
{
    struct step_run *due[ACTIVE_MAX];
    size_t count = 0;
    int64_t now_ms = engine_now_ms();
    for (size_t i = 0; i < e->active_count; i++) {
        if (e->active[i]->resume != NULL && e->active[i]->wake_ms <= now_ms) {
            due[count++] = e->active[i];
        }
    }
    for (size_t i = 0; i < count && !e->stopping; i++) {
        run_action then = due[i]->resume;
        due[i]->resume = NULL;
        due[i]->wake_ms = INT64_MAX;
        then(due[i]);
    }
}

/* No more changes may be sent: the step stays where it is. */
static void hold_back(struct step_run *r)
{
    struct engine *e = r->engine;
    e->capped = true;
    r->state = STEP_NOT_ATTEMPTED;
    run_tell(r, "stopped after %d changes; run apply again to continue", e->options->max_changes);
    leave(r);
}

static void commit(struct engine *e)
{
    struct err err = ERR_INIT;
    if (journal_commit(e->journal, &err) != 0) {
        engine_stop(e, &err);
    }
}

/* What is to be sent is on the disk, with all that led to it, before any of it leaves. */
static void flush(struct engine *e)
{
    struct step_run *leaving[ACTIVE_MAX];
    size_t count = 0;
    unsigned long long most =
        e->options->max_changes > 0 ? (unsigned long long)e->options->max_changes : UINT64_MAX;
    for (size_t i = 0; i < e->outbox_count && !e->stopping; i++) {
        struct step_run *r = e->outbox[i];
        if (e->writes >= most) {
            hold_back(r);
            continue;
        }
        r->sent = SENT_MAYBE;
        run_journal(r, EVENT_SENDING, NULL);
        e->writes++;
        leaving[count++] = r;
    }
    e->outbox_count = 0;
    commit(e);
    for (size_t i = 0; i < e->boundary_count && !e->stopping; i++) {
        engine_boundary(e, e->boundaries[i].run, e->boundaries[i].event);
    }
    e->boundary_count = 0;
    for (size_t i = 0; i < count && !e->stopping; i++) {
        engine_boundary(e, leaving[i], "sending");
        run_send_step(leaving[i]);
    }
}

static int64_t next_wake_ms(const struct engine *e)
{
    int64_t soonest_ms = engine_now_ms() + NAP_MS;
    for (size_t i = 0; i < e->active_count; i++) {
        if (e->active[i]->wake_ms < soonest_ms) {
            soonest_ms = e->active[i]->wake_ms;
        }
    }
    return soonest_ms;
}

static int rest(struct engine *e, struct err *err)
{
    int64_t wait_ms = next_wake_ms(e) - engine_now_ms();
    wait_ms = e->ready_count > 0 && e->active_count < ACTIVE_MAX && !e->capped && !e->stopping
                  ? 0
                  : wait_ms;
    wait_ms = wait_ms < 0 || e->outbox_count > 0 ? 0 : wait_ms;
    if (e->in_flight > 0) {
        return aws_client_step(e->client, (int)wait_ms, err);
    }
    struct timespec nap = {.tv_sec = 0, .tv_nsec = (long)wait_ms * 1000000L};
    (void)nanosleep(&nap, NULL);
    return 0;
}

static void heed_signals(struct engine *e)
{
    struct err why = ERR_INIT;
    if (e->options->stop != NULL && *e->options->stop != 0 && !e->stopping) {
        (void)err_set(&why, ERR_INTERRUPTED,
                      "interrupted; run the same command again to continue from the "
                      "journal %s",
                      e->options->journal != NULL ? e->options->journal : "");
        engine_stop(e, &why);
    }
    int64_t grace_ms = e->writes_in_flight > 0 ? GRACE_WRITES_MS : GRACE_READS_MS;
    if (e->stopping && !e->told_client && engine_now_ms() - e->stopping_ms > grace_ms) {
        aws_client_interrupt(e->client);
        e->told_client = true;
    }
}

static int loop(struct engine *e, struct err *err)
{
    for (;;) {
        heed_signals(e);
        start_ready(e);
        wake_due(e);
        flush(e);
        bool idle = e->active_count == 0 && (e->ready_count == 0 || e->capped);
        if (e->stopping ? e->in_flight == 0 : idle) {
            break;
        }
        if (rest(e, err) != 0) {
            return -1;
        }
    }
    struct err late = ERR_INIT;
    if (journal_commit(e->journal, &late) != 0) {
        engine_stop(e, &late);
    }
    if (e->stopping) {
        *err = e->stop;
        return -1;
    }
    return 0;
}

/* --- apply --- */

/* Steps of an earlier apply count, and free what needs them. */
static void begin(struct engine *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct step_run *r = &e->runs[i];
        if (r->state == STEP_DONE || r->state == STEP_ALREADY_TRUE) {
            e->ended++;
            release_dependants(e, r);
        }
    }
    /* Whatever is ready by now was pushed above, or needs nothing. */
    e->ready_count = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (e->runs[i].state == STEP_WAITING && e->runs[i].blocked == 0) {
            ready_push(e, i);
        }
    }
}

int apply_run(struct aws_client *client, const struct plan *plan,
              const struct apply_options *options, struct apply_result *result, struct err *err)
{
    struct engine e = {.client = client, .plan = plan, .options = options};
    memset(result, 0, sizeof *result);
    int rc = engine_prepare_check(&e, err);
    if (rc == 0) {
        engine_prepare(&e);
        rc = options->dry_run ? 0 : journal_open(options->journal, plan, &e.journal, err);
    }
    if (rc == 0) {
        rc = recover_load(&e, err);
    }
    if (rc == 0) {
        rc = journal_select(e.journal, options->selection, err);
    }
    if (rc == 0) {
        begin(&e);
        rc = loop(&e, err);
    }
    changes_describe(&e, result);
    engine_prepare_release(&e);
    if (rc != 0) {
        return -1;
    }
    return result->failed + result->not_attempted > 0 ? 1 : 0;
}

void apply_result_release(struct apply_result *result)
{
    json_decref(result->changes);
    result->changes = NULL;
}
