/*
 * What may be changed after an incomplete scan: a plan rests on facts, so a step whose ground was
 * not seen is held back, names the gap it waits for, and takes what needs it along. The rest of the
 * plan goes on.
 *
 * A finding that could not be judged is ERROR and never makes a step. Beyond that:
 *
 * - Control Tower's operations and everything about keys reach from the management account into
 *   every governed Region. Any gap of that account there holds them back.
 * - Any other step is held back by a gap of a question that it asks itself (guards, probe, call).
 *
 * A member account that could not be looked into does not hold back its OU's baselines: what they
 * rest on is Control Tower's own word, and enabling them is what gives us a role there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "remedy.h"

#define GAP_SIZE 512

struct deferring {
    struct making *m;
    char wide[GAP_SIZE]; /* the first gap of the management account that counts; "" when none */
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

static bool reaches_wide(const json_t *step)
{
    return str_equal(jx_str(step, "lane"), LANE_CONTROL_TOWER) ||
           str_starts(jx_str_or(step, "send.operation", ""), "kms:");
}

/* A reset repairs what it finds, so nothing tells that it was done already. Once a run is enough:
 * what is still wrong then is for people. */
static bool was_sent(const struct making *m, const json_t *step)
{
    const json_t *sent = json_object_get(m->options->sent, step_id(step));
    return str_starts(jx_str_or(step, "send.operation", ""), "controltower:Reset") &&
           sent != NULL && json_equal(sent, json_object_get(step, "send"));
}

/* 1 when a question of this call was not answered in the run. */
static int hides(const struct deferring *h, const json_t *call, char *text, size_t size,
                 struct err *err)
{
    const char *account = jx_str(call, "account");
    const char *operation = jx_str(call, "operation");
    if (operation == NULL || account == NULL || !str_is_account_id(account)) {
        return 0;
    }
    return store_find_gap(h->m->store, operation, account, jx_str_or(call, "region", h->m->home),
                          text, size, err);
}

static int hides_any(const struct deferring *h, const json_t *step, char *text, size_t size,
                     struct err *err)
{
    static const char *const calls[] = {"send", "done.call", "poll.call", "recover.probe.call"};
    const json_t *guards = json_object_get(step, "guard");
    int found = 0;
    for (size_t i = 0; found == 0 && i < sizeof calls / sizeof *calls; i++) {
        found = hides(h, jx_get(step, calls[i]), text, size, err);
    }
    for (size_t i = 0; found == 0 && i < json_array_size(guards); i++) {
        found = hides(h, jx_get(json_array_get(guards, i), "call"), text, size, err);
    }
    return found;
}

/* Why the step waits, into `text`; 0: it need not. */
static int reason_to_wait(const struct deferring *h, const json_t *step, char *text, size_t size,
                          struct err *err)
{
    if (was_sent(h->m, step)) {
        (void)snprintf(text, size,
                       "a person: it was done in this run already, and the checks fail still");
        return 1;
    }
    if (reaches_wide(step) && h->wide[0] != '\0') {
        (void)snprintf(text, size, "%s", h->wide);
        return 1;
    }
    return json_is_true(json_object_get(step, STEP_UNSEEN)) ? 0
                                                            : hides_any(h, step, text, size, err);
}

static void defer_step(struct deferring *h, json_t *waiting, const json_t *step, const char *why)
{
    (void)json_object_set_new(waiting, step_id(step), jx_string(why, strlen(why)));
    (void)json_array_append_new(
        h->m->deferred,
        json_pack("{s:s,s:s,s:O,s:I,s:O*,s:O*,s:O*,s:o}", "id", step_id(step), "title",
                  jx_str_or(step, "title", ""), "reasons", json_object_get(step, "reasons"), "step",
                  (json_int_t)jx_int(step, "step", 0), "operation", jx_get(step, "send.operation"),
                  "account", jx_get(step, "send.account"), "region", jx_get(step, "send.region"),
                  "waits_for", jx_string(why, strlen(why))));
}

/* What needs a waiting step waits for the same. */
static const char *inherited(const json_t *waiting, const json_t *step)
{
    const json_t *needs = json_object_get(step, "needs");
    for (size_t i = 0; i < json_array_size(needs); i++) {
        const json_t *why = json_object_get(waiting, json_string_value(json_array_get(needs, i)));
        if (why != NULL) {
            return json_string_value(why);
        }
    }
    return NULL;
}

int defer_unseen(struct making *m, json_t *steps, struct err *err)
{
    struct deferring h = {.m = m};
    json_t *waiting = json_object();
    json_t *kept = json_array();
    int result = store_each_gap(m->store, note_gap, &h, err) < 0 ? -1 : 0;
    /* The steps are in order: those that a step needs stand before it. */
    for (size_t i = 0; result == 0 && i < json_array_size(steps); i++) {
        json_t *step = json_array_get(steps, i);
        char text[GAP_SIZE] = "";
        const char *why = inherited(waiting, step);
        int waits = why != NULL ? 1 : reason_to_wait(&h, step, text, sizeof text, err);
        if (waits > 0) {
            defer_step(&h, waiting, step, why != NULL ? why : text);
        } else if (waits == 0) {
            (void)json_array_append(kept, step);
        }
        result = waits < 0 ? -1 : 0;
        (void)json_object_del(step, STEP_UNSEEN);
    }
    (void)json_array_clear(steps);
    (void)json_array_extend(steps, kept);
    json_decref(kept);
    json_decref(waiting);
    return result;
}
