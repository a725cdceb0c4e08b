/* What became of every step, for the report and the exit status. */
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "engine.h"

static const char *const state_names[] = {
    [STEP_WAITING] = "waiting",   [STEP_ALREADY_TRUE] = "already true",
    [STEP_RUNNING] = "under way", [STEP_DONE] = "done",
    [STEP_FAILED] = "failed",     [STEP_NOT_ATTEMPTED] = "not attempted"};

const char *step_state_name(enum step_state s)
{
    return state_names[s];
}

static json_t *time_of(int64_t wall_ms)
{
    char iso[TIME_ISO_SIZE] = "";
    if (wall_ms > 0) {
        time_iso(wall_ms, iso);
    }
    return json_string(iso);
}

static json_t *word(const char *s)
{
    return s != NULL ? jx_string(s, strlen(s)) : json_string("");
}

static json_t *any(json_t *document)
{
    return document != NULL ? json_incref(document) : json_null();
}

static json_t *describe(const struct engine *e, const struct step_run *r)
{
    const struct plan_step *step = r->step;
    /* What was not reached is what an interruption or a limit left. */
    enum step_state state = r->state == STEP_WAITING ? STEP_NOT_ATTEMPTED : r->state;
    bool planned = e->options->dry_run && state == STEP_DONE;
    const char *message = r->message != NULL            ? r->message
                          : state == STEP_NOT_ATTEMPTED ? "not reached"
                                                        : "";
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "id",
                     word(step->id), "title", word(step->title), "step", json_integer(step->step),
                     "state", planned ? "planned" : step_state_name(state), "message", message,
                     "before", any(step->before), "after", any(step->after), "operation",
                     word(step->send->operation), "account", word(step->send->account), "region",
                     word(step->send->region), "request_id",
                     r->request_id != NULL ? r->request_id : "", "operation_id",
                     r->operation_id != NULL ? r->operation_id : "", "started",
                     time_of(r->started_wall_ms), "ended", time_of(r->ended_wall_ms));
}

void changes_describe(const struct engine *e, struct apply_result *result)
{
    result->changes = json_array();
    result->writes = e->writes;
    for (size_t i = 0; i < e->count; i++) {
        const struct step_run *r = &e->runs[i];
        (void)json_array_append_new(result->changes, describe(e, r));
        result->done += r->state == STEP_DONE ? 1 : 0;
        result->already_true += r->state == STEP_ALREADY_TRUE ? 1 : 0;
        result->failed += r->state == STEP_FAILED ? 1 : 0;
    }
    result->not_attempted = e->count - result->done - result->already_true - result->failed;
}
