/* Asks a question of a plan and judges the answer. */
#include "engine.h"

#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "model/condition.h"
#include "model/path.h"

#define RETRIES_MAX 6
#define RETRY_SECONDS 10

bool class_is_passing(enum answer_class class)
{
    return class == ANSWER_THROTTLED || class == ANSWER_SERVER || class == ANSWER_NETWORK ||
           class == ANSWER_MALFORMED || class == ANSWER_CLOCK_SKEW;
}

static void conclude(struct step_run *r, enum probe_result result)
{
    run_probed on_probed = r->on_probed;
    json_decref(r->filled);
    r->filled = NULL;
    on_probed(r, result);
}

static bool judge(struct step_run *r, const json_t *answer)
{
    const json_t *select = json_object_get(r->filled, "select");
    const json_t *when = json_object_get(r->filled, "when");
    const json_t *judged = answer;
    if (json_is_object(select)) {
        judged = condition_select(answer, json_string_value(json_object_get(select, "list")),
                                  json_object_get(select, "where"));
    }
    bool holds = judged != NULL && (!json_is_object(when) || condition_holds(when, judged));
    if (holds) {
        json_decref(run_capture(r, json_object_get(r->filled, "capture"), judged));
        /* What a recovery captures stands beside its probe. */
        const json_t *recover = json_object_get(r->step, "recover");
        if (json_object_get(recover, "probe") == r->probe) {
            json_decref(run_capture(r, json_object_get(recover, "capture"), judged));
        }
    }
    return holds;
}

static void ask(struct step_run *r);

/* A role in an account that was made a moment ago may not be there yet. */
static bool is_new_role(const struct step_run *r, const struct reply *reply)
{
    return reply->class == ANSWER_DENIED && str_starts(reply->message, "sts:AssumeRole of") &&
           json_array_size(json_object_get(r->step, "needs")) > 0;
}

static void on_reply(struct step_run *r, const struct reply *reply)
{
    if (reply->class == ANSWER_OK) {
        conclude(r, judge(r, reply->json) ? PROBE_TRUE : PROBE_FALSE);
    } else if (reply->class == ANSWER_NOT_FOUND) {
        bool holds = jx_bool(r->filled, "absent_is");
        conclude(r, holds ? PROBE_TRUE : PROBE_FALSE);
    } else if ((class_is_passing(reply->class) || is_new_role(r, reply)) &&
               r->retries++ < RETRIES_MAX && !r->engine->options->dry_run) {
        run_wait(r, run_jitter(RETRY_SECONDS / 2.0, RETRY_SECONDS * 1.5), ask);
    } else {
        conclude(r, PROBE_BROKEN);
    }
}

static void ask(struct step_run *r)
{
    run_call(r, json_object_get(r->filled, "call"), on_reply);
}

void probe_ask(struct step_run *r, const json_t *probe, run_probed on_probed)
{
    r->probe = probe;
    r->on_probed = on_probed;
    r->retries = 0;
    json_decref(r->filled);
    r->filled = run_fill(r, probe);
    if (r->filled == NULL) {
        on_probed(r, PROBE_UNASKABLE);
        return;
    }
    ask(r);
}
