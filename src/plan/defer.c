/*
 * What may be changed after an incomplete scan. A step that rests on data which could not be
 * collected is deferred with the steps that need it, and names the collection error that it waits
 * for. The rest of the plan is not affected.
 *
 * A finding that could not be evaluated is ERROR and never makes a step. Beyond that:
 *
 * - Control Tower's operations and everything about keys reach from the management account into
 *   every governed Region. Any collection error of that account there defers them.
 * - Any other step is deferred by a collection error of a call that it makes itself (preconditions,
 *   probe, send).
 *
 * A member account that could not be read does not defer its OU's baselines: they rest on what
 * Control Tower reports, and enabling them is what gives us a role there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "remedy.h"

#define WHY_SIZE 512

struct deferring {
    struct making *m;
    char wide[WHY_SIZE]; /* the management account's first collection error that counts, or "" */
};

static bool is_governed(const struct making *m, const char *region)
{
    return region[0] == '\0' || str_equal(region, m->home) ||
           jx_list_has(jx_get(m->lz, "governed_regions"), region);
}

static int note_gap(void *context, int64_t id, const struct gap *g)
{
    struct deferring *h = context;
    (void)id;
    bool ours = g->account[0] == '\0' || str_equal(g->account, h->m->management);
    if (!ours || !is_governed(h->m, g->region)) {
        return 0;
    }
    /* As store_find_gap() words it. */
    (void)snprintf(h->wide, sizeof h->wide, "%s in %s%s%s: %s%s%.60s", g->operation, g->account,
                   g->region[0] != '\0' ? "/" : "", g->region, g->class,
                   g->code[0] != '\0' ? ": " : "", g->code);
    return 1;
}

static bool reaches_wide(const struct plan_step *step)
{
    return str_equal(step->concurrency_group, GROUP_CONTROL_TOWER) ||
           str_starts(step->send->operation, "kms:");
}

/* A reset repairs what it finds, so nothing tells that it was done already. Once a run is enough:
 * what is still wrong then is for people. */
static bool was_sent(const struct making *m, const struct plan_step *step)
{
    const struct plan_call *sent =
        m->options->sent != NULL ? map_get(m->options->sent, step->id) : NULL;
    return str_starts(step->send->operation, "controltower:Reset") && sent != NULL &&
           plan_call_equal(sent, step->send);
}

/* 1 when the run has a collection error for this call. */
static int is_unread(const struct deferring *h, const struct plan_call *call, char *text,
                     size_t size, struct err *err)
{
    if (call == NULL || call->account == NULL || !str_is_account_id(call->account)) {
        return 0;
    }
    return store_find_gap(h->m->store, call->operation, call->account,
                          call->region != NULL ? call->region : h->m->home, text, size, err);
}

static int any_unread(const struct deferring *h, const struct plan_step *step, char *text,
                      size_t size, struct err *err)
{
    const struct plan_call *calls[] = {step->send, step->done != NULL ? step->done->call : NULL,
                                       step->poll != NULL ? step->poll->call : NULL,
                                       step->recover != NULL ? step->recover->probe->call : NULL};
    int found = 0;
    for (size_t i = 0; found == 0 && i < sizeof calls / sizeof *calls; i++) {
        found = is_unread(h, calls[i], text, size, err);
    }
    for (size_t i = 0; found == 0 && i < step->preconditions.count; i++) {
        found = is_unread(h, step->preconditions.items[i]->call, text, size, err);
    }
    return found;
}

/* Why the step waits, into `text`; 0: it need not. */
static int reason_to_wait(const struct deferring *h, const struct plan_step *step, char *text,
                          size_t size, struct err *err)
{
    if (was_sent(h->m, step)) {
        (void)snprintf(
            text, size,
            "a manual decision: this run already made the change, and the checks still fail");
        return 1;
    }
    if (reaches_wide(step) && h->wide[0] != '\0') {
        (void)snprintf(text, size, "%s", h->wide);
        return 1;
    }
    return step->unread ? 0 : any_unread(h, step, text, size, err);
}

static void defer_step(struct deferring *h, struct map *waiting, const struct plan_step *step,
                       const char *why)
{
    struct plan *p = h->m->plan;
    p->deferred = xreallocarray(p->deferred, p->deferred_count + 1, sizeof *p->deferred);
    struct plan_deferred *row = &p->deferred[p->deferred_count++];
    *row = (struct plan_deferred){.id = xstrdup(step->id),
                                  .title = xstrdup(step->title),
                                  .step = step->step,
                                  .operation = xstrdup(step->send->operation),
                                  .account = xstrdup(step->send->account),
                                  .region = xstrdup(step->send->region),
                                  .waits_for = xstrdup(why)};
    for (size_t i = 0; i < step->reasons.count; i++) {
        plan_strings_add(&row->reasons, step->reasons.items[i]);
    }
    map_set(waiting, step->id, xstrdup(why));
}

/* What needs a deferred step waits for the same. */
static const char *inherited(const struct map *waiting, const struct plan_step *step)
{
    for (size_t i = 0; i < step->needs.count; i++) {
        const char *why = map_get(waiting, step->needs.items[i]);
        if (why != NULL) {
            return why;
        }
    }
    return NULL;
}

int defer_unseen(struct making *m, struct plan_steps *steps, struct err *err)
{
    struct deferring h = {.m = m};
    struct map *waiting = map_new(free);
    size_t kept = 0;
    int rc = store_each_gap(m->store, note_gap, &h, err) < 0 ? -1 : 0;
    /* The steps are in order: those that a step needs stand before it. */
    for (size_t i = 0; i < steps->count; i++) {
        struct plan_step *step = steps->items[i];
        char text[WHY_SIZE] = "";
        const char *why = inherited(waiting, step);
        int waits = why != NULL ? 1 : 0;
        if (rc == 0 && why == NULL) {
            waits = reason_to_wait(&h, step, text, sizeof text, err);
            rc = waits < 0 ? -1 : 0;
        }
        if (waits > 0) {
            defer_step(&h, waiting, step, why != NULL ? why : text);
            plan_step_free(step);
        } else {
            steps->items[kept++] = step;
        }
    }
    steps->count = kept;
    map_free(waiting);
    return rc;
}
