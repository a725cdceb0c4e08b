/* Sends the call of a probe and evaluates the answer. */
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
    plan_probe_free(r->filled);
    r->filled = NULL;
    on_probed(r, result);
}

static bool evaluate(struct step_run *r, const json_t *answer)
{
    const struct plan_probe *probe = r->filled;
    const json_t *value = answer;
    if (probe->select != NULL) {
        value = condition_select(answer, probe->select->list, probe->select->where);
    }
    bool holds = value != NULL && (probe->when == NULL || condition_holds(probe->when, value));
    if (holds) {
        json_decref(run_capture(r, &probe->capture, value));
        /* What a recovery captures is listed beside its probe. */
        const struct plan_recover *recover = r->step->recover;
        if (recover != NULL && recover->probe == r->probe) {
            json_decref(run_capture(r, &recover->capture, value));
        }
    }
    return holds;
}

static void ask(struct step_run *r);

/* A role in an account that was made a moment ago may not be there yet. */
static bool is_new_role(const struct step_run *r, const struct reply *reply)
{
    return reply->class == ANSWER_DENIED && str_starts(reply->message, "sts:AssumeRole of") &&
           r->step->needs.count > 0;
}

static void on_reply(struct step_run *r, const struct reply *reply)
{
    if (reply->class == ANSWER_OK) {
        conclude(r, evaluate(r, reply->json) ? PROBE_TRUE : PROBE_FALSE);
    } else if (reply->class == ANSWER_NOT_FOUND) {
        conclude(r, r->filled->absent_is ? PROBE_TRUE : PROBE_FALSE);
    } else if ((class_is_passing(reply->class) || is_new_role(r, reply)) &&
               r->retries++ < RETRIES_MAX && !r->engine->options->dry_run) {
        run_wait(r, run_jitter(RETRY_SECONDS / 2.0, RETRY_SECONDS * 1.5), ask);
    } else {
        conclude(r, PROBE_BROKEN);
    }
}

static void ask(struct step_run *r)
{
    run_call(r, r->filled->call, on_reply);
}

void probe_ask(struct step_run *r, const struct plan_probe *probe, run_probed on_probed)
{
    struct err err = ERR_INIT;
    r->probe = probe;
    r->on_probed = on_probed;
    r->retries = 0;
    plan_probe_free(r->filled);
    r->filled = plan_probe_fill(probe, r->engine->captures, &err);
    if (r->filled == NULL) {
        run_problem(r, "%s", err.text);
        on_probed(r, PROBE_UNASKABLE);
        return;
    }
    ask(r);
}
