/* What became of every step, for the report and the exit status. */
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

static json_t *word(const json_t *step, const char *path)
{
    return json_string(jx_str_or(step, path, ""));
}

static json_t *any(const json_t *step, const char *key)
{
    json_t *value = json_object_get(step, key);
    return value != NULL ? json_incref(value) : json_null();
}

static json_t *describe(const struct engine *e, const struct step_run *r)
{
    /* What was not reached is what an interruption or a limit left. */
    enum step_state state = r->state == STEP_WAITING ? STEP_NOT_ATTEMPTED : r->state;
    bool planned = e->options->dry_run && state == STEP_DONE;
    const char *message = r->message != NULL            ? r->message
                          : state == STEP_NOT_ATTEMPTED ? "not reached"
                                                        : "";
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "id",
                     word(r->step, "id"), "title", word(r->step, "title"), "step",
                     any(r->step, "step"), "state", planned ? "planned" : step_state_name(state),
                     "message", message, "before", any(r->step, "before"), "after",
                     any(r->step, "after"), "operation", word(r->step, "send.operation"), "account",
                     word(r->step, "send.account"), "region", word(r->step, "send.region"),
                     "request_id", r->request_id != NULL ? r->request_id : "", "operation_id",
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
