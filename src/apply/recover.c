/* What an earlier apply left, and calls of which it is unknown whether they took effect. */
#include "engine.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"

/* AWS may take half a minute to show what it did; a second look costs less than a second account.
 */
#define SETTLE_SECONDS 30
#define SECOND_LOOK_SECONDS 15
#define LOOKS 2

static void ask(struct step_run *r);

static void took_effect(struct step_run *r)
{
    r->sent = SENT_YES;
    r->resumed = true;
    run_tell(r, "%s", "it took effect");
    run_journal(r, EVENT_ANSWERED, json_object_get(r->engine->captures, r->id));
    engine_boundary_later(r->engine, r, "answered");
    follow_start(r);
}

static void on_recover(struct step_run *r, enum probe_result result)
{
    if (result == PROBE_TRUE) {
        took_effect(r);
    } else if (result == PROBE_BROKEN || result == PROBE_UNASKABLE) {
        run_fail(r, "it is unknown whether the call took effect: %s", r->problem);
    } else if (++r->looks < LOOKS) {
        run_wait(r, SECOND_LOOK_SECONDS, ask);
    } else {
        r->sent = SENT_NO;
        run_tell(r, "%s", "it did not take effect");
        run_journal(r, EVENT_REFUSED, NULL);
        step_begin(r);
    }
}

static void ask(struct step_run *r)
{
    const struct plan_recover *recover = r->step->recover;
    probe_ask(r, recover != NULL ? recover->probe : r->step->done, on_recover);
}

void recover_start(struct step_run *r)
{
    r->looks = 0;
    run_tell(r, "%s",
             "it is unknown whether the call took effect; its result is read from AWS shortly");
    run_wait(r, SETTLE_SECONDS, ask);
}

/* --- the journal of an earlier apply --- */

static void keep(char **to, const char *text)
{
    if (text[0] != '\0') {
        free(*to);
        *to = xstrdup(text);
    }
}

static void take_row(struct step_run *r, const struct journal_row *row)
{
    switch (row->event) {
    case EVENT_READY:
    case EVENT_NOT_ATTEMPTED:
        return;
    case EVENT_SENDING:
    case EVENT_IN_DOUBT:
        r->sent = SENT_MAYBE;
        break;
    case EVENT_ANSWERED:
    case EVENT_POLLING:
    case EVENT_GAVE_UP:
        r->sent = SENT_YES;
        break;
    case EVENT_REFUSED:
    case EVENT_FAILED:
        r->sent = SENT_NO;
        break;
    case EVENT_DONE:
    case EVENT_ALREADY_TRUE:
        r->state = row->event == EVENT_DONE ? STEP_DONE : STEP_ALREADY_TRUE;
        r->ended_wall_ms = row->wall_ms;
        keep(&r->message, row->message);
        break;
    }
    if (r->started_wall_ms == 0) {
        r->started_wall_ms = row->wall_ms;
    }
    keep(&r->request_id, row->request_id);
    keep(&r->operation_id, row->operation_id);
}

struct earlier {
    struct engine *engine;
    struct map *outside; /* ids of steps that are under way, and not in this part of the plan */
};

static bool is_under_way(enum journal_event last)
{
    return last == EVENT_SENDING || last == EVENT_IN_DOUBT || last == EVENT_ANSWERED ||
           last == EVENT_POLLING || last == EVENT_GAVE_UP;
}

static void note_outside(struct map *outside, const struct journal_row *row)
{
    if (is_under_way(row->event)) {
        map_set(outside, row->step, outside);
    } else if (row->event != EVENT_READY && row->event != EVENT_NOT_ATTEMPTED) {
        (void)map_remove(outside, row->step);
    }
}

static void on_row(void *context, const struct journal_row *row)
{
    const struct earlier *earlier = context;
    struct engine *e = earlier->engine;
    struct step_run *r = map_get(e->index, row->step);
    if (r == NULL) {
        note_outside(earlier->outside, row);
        return;
    }
    take_row(r, row);
    if (json_is_object(row->captures) && json_object_size(row->captures) > 0) {
        json_t *own = json_object_get(e->captures, r->id);
        if (own == NULL) {
            own = json_object();
            (void)json_object_set_new(e->captures, r->id, own);
        }
        (void)json_object_update(own, jx_get(row->captures, ""));
    }
}

int recover_load(struct engine *e, struct err *err)
{
    struct earlier earlier = {.engine = e, .outside = map_new(NULL)};
    int rc = journal_each(e->journal, on_row, &earlier, err);
    size_t cursor = 0;
    const char *id = NULL;
    void *value = NULL;
    if (rc == 0 && map_next(earlier.outside, &cursor, &id, &value)) {
        rc = err_set(err, ERR_INPUT,
                     "%s: step %s is under way and is not selected now: apply the plan with the "
                     "options of the interrupted apply first, or whole",
                     e->options->journal, id);
    }
    map_free(earlier.outside);
    return rc;
}
