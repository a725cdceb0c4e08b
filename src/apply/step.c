/* From ready to sent: preconditions, is the change needed, send, what the answer means. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"
#include "model/path.h"

#define CONFLICTS_MAX 60
#define LOOKS_MAX 4 /* at what an earlier step made true: AWS may take half a minute to show it */
#define LOOK_SECONDS 10
#define SETTLED_RETRIES_MAX 6
#define FAILURES_SHOWN_BYTES 512

static bool has_needs(const struct step_run *r)
{
    return r->step->needs.count > 0;
}

/* --- preconditions --- */

static void next_precondition(struct step_run *r);
static void ask_done(struct step_run *r);

static void precondition_holds(struct step_run *r)
{
    r->precondition++;
    r->looks = 0;
    next_precondition(r);
}

static void on_precondition(struct step_run *r, enum probe_result result)
{
    if (result == PROBE_TRUE || (run_is_dry(r) && r->pretended)) {
        precondition_holds(r);
    } else if (result == PROBE_BROKEN || result == PROBE_UNASKABLE) {
        run_fail(r, "cannot check its preconditions: %s", r->problem);
    } else if (has_needs(r) && !run_is_dry(r) && ++r->looks < LOOKS_MAX) {
        run_wait(r, LOOK_SECONDS, next_precondition);
    } else {
        run_fail(r, "precondition not met: %s",
                 r->probe->says != NULL ? r->probe->says : r->probe->call->operation);
    }
}

static void next_precondition(struct step_run *r)
{
    const struct plan_probes *probes = &r->step->preconditions;
    if (r->precondition < probes->count) {
        probe_ask(r, probes->items[r->precondition], on_precondition);
    } else {
        ask_done(r);
    }
}

/* --- is the change needed? --- */

/* A name that other steps use and that nothing has told yet; NULL: none. */
static const char *missing_capture(const struct step_run *r)
{
    json_t *wanted = json_object_get(r->engine->wanted, r->id);
    const json_t *own = json_object_get(r->engine->captures, r->id);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(wanted, name, value)
    {
        if (json_object_get(own, name) == NULL) {
            return name;
        }
    }
    return NULL;
}

static void already_true(struct step_run *r)
{
    free(r->message);
    r->message = xstrdup("no change needed");
    run_end(r, STEP_ALREADY_TRUE, EVENT_ALREADY_TRUE);
}

static void on_supply(struct step_run *r, enum probe_result result)
{
    const char *missing = missing_capture(r);
    if (result == PROBE_TRUE && missing == NULL) {
        already_true(r);
    } else {
        run_fail(r, "no change is needed, but its \"%s\" cannot be read%s%s",
                 missing != NULL ? missing : "", result == PROBE_BROKEN ? ": " : "",
                 result == PROBE_BROKEN ? r->problem : "");
    }
}

static void want_to_send(struct step_run *r)
{
    if (!run_is_dry(r)) {
        engine_outbox_add(r);
        return;
    }
    free(r->message);
    r->message = xasprintf("would send %s in %s", r->step->send->operation, r->step->send->region);
    r->pretended = true;
    run_end(r, STEP_DONE, EVENT_DONE);
}

static void on_done_before(struct step_run *r, enum probe_result result)
{
    const struct plan_recover *recover = r->step->recover;
    if (result == PROBE_TRUE && missing_capture(r) == NULL) {
        already_true(r);
    } else if (result == PROBE_TRUE && recover != NULL) {
        probe_ask(r, recover->probe, on_supply);
    } else if (result == PROBE_TRUE) {
        on_supply(r, PROBE_FALSE);
    } else if (result == PROBE_BROKEN && !(run_is_dry(r) && r->pretended)) {
        run_fail(r, "cannot determine whether the change is needed: %s", r->problem);
    } else {
        want_to_send(r);
    }
}

static void ask_done(struct step_run *r)
{
    if (r->step->done != NULL) {
        probe_ask(r, r->step->done, on_done_before);
    } else {
        want_to_send(r);
    }
}

static void first_precondition(struct step_run *r)
{
    r->precondition = 0;
    r->looks = 0;
    next_precondition(r);
}

void step_begin(struct step_run *r)
{
    if (r->group != NULL && strcmp(r->group, GROUP_CONTROL_TOWER) == 0 && !run_is_dry(r)) {
        wait_idle(r, first_precondition);
    } else {
        first_precondition(r);
    }
}

void step_start(struct step_run *r)
{
    r->state = STEP_RUNNING;
    r->started_ms = engine_now_ms();
    r->started_wall_ms = clock_wall_ms(NULL);
    run_journal(r, EVENT_READY, NULL);
    run_tell(r, "%s", "");
    switch (r->sent) {
    case SENT_NO:
        step_begin(r);
        return;
    case SENT_MAYBE:
        recover_start(r);
        return;
    case SENT_YES:
        r->resumed = true;
        follow_start(r);
        return;
    }
}

/* --- send --- */

static void on_sent(struct step_run *r, const struct reply *reply);

void run_send_step(struct step_run *r)
{
    if (r->owed != NULL) {
        per_resource_retry_send(r);
        return;
    }
    struct plan_call *call = run_fill(r, r->step->send);
    if (call == NULL) {
        r->sent = SENT_NO;
        run_fail(r, "%s", r->problem);
        return;
    }
    run_call(r, call, on_sent);
    plan_call_free(call);
}

void step_refused(struct step_run *r)
{
    r->sent = SENT_NO;
    run_journal(r, EVENT_REFUSED, NULL);
}

void step_answered(struct step_run *r, const json_t *answer)
{
    json_t *taken = run_capture(r, &r->step->capture, answer);
    const char *operation = jx_str(answer, "operationIdentifier");
    r->sent = SENT_YES;
    free(r->operation_id);
    r->operation_id =
        xstrdup(operation != NULL ? operation : jx_str_or(answer, "CreateAccountStatus.Id", ""));
    run_journal(r, EVENT_ANSWERED, taken);
    json_decref(taken);
    engine_boundary_later(r->engine, r, "answered");
    follow_start(r);
}

static void ask_refused_done(struct step_run *r);

/* Whatever AWS called it: what was wanted may be so. */
static void on_refused_done(struct step_run *r, enum probe_result result)
{
    if (result == PROBE_TRUE && missing_capture(r) == NULL) {
        r->sent = SENT_YES;
        follow_look(r);
        return;
    }
    bool exists = strstr(r->message, "Exist") != NULL || strstr(r->message, "Duplicate") != NULL;
    if (result == PROBE_FALSE && exists && ++r->looks < LOOKS_MAX) {
        run_wait(r, LOOK_SECONDS, ask_refused_done);
        return;
    }
    run_fail(r, "%s", r->message);
}

static void ask_refused_done(struct step_run *r)
{
    probe_ask(r, r->step->done, on_refused_done);
}

void step_refused_for_good(struct step_run *r)
{
    run_tell(r, "%s", r->problem);
    step_refused(r);
    r->looks = 0;
    if (r->step->done != NULL) {
        ask_refused_done(r);
    } else {
        on_refused_done(r, PROBE_FALSE);
    }
}

static void begin_again(struct step_run *r)
{
    step_begin(r);
}

static void on_conflict_done(struct step_run *r, enum probe_result result)
{
    if (result == PROBE_TRUE && missing_capture(r) == NULL) {
        r->sent = SENT_YES;
        follow_look(r);
    } else if (r->conflicts > CONFLICTS_MAX) {
        run_fail(r, "still in conflict after %d attempts: %s", CONFLICTS_MAX, r->message);
    } else {
        run_wait(r, run_jitter(30, 60), begin_again);
    }
}

void step_conflict(struct step_run *r)
{
    r->conflicts++;
    run_tell(r, "waits: %s", r->problem);
    step_refused(r);
    if (r->step->done != NULL) {
        probe_ask(r, r->step->done, on_conflict_done);
    } else {
        on_conflict_done(r, PROBE_FALSE);
    }
}

/* "arn: words; arn: words", however deep the answer holds them. */
static void add_failures(const json_t *found, struct text *out, int depth)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(jx_get(found, ""), key, value)
    {
        const char *words = jx_str_or(value, "ErrorMessage", jx_str(value, "Message"));
        if (out->length > FAILURES_SHOWN_BYTES || depth > 2) {
            return;
        }
        if (words != NULL) {
            text_addf(out, "%s%.300s: %.160s", out->length > 0 ? "; " : "", key, words);
        } else {
            add_failures(value, out, depth + 1);
        }
    }
}

/* An answer that says success and is none. */
static void describe_failures(struct step_run *r, const struct plan_call *call,
                              const json_t *answer)
{
    const json_t *found = path_find(answer, call->message != NULL ? call->message : "");
    struct text text;
    text_init(&text, (size_t)4 * FAILURES_SHOWN_BYTES);
    add_failures(found, &text, 0);
    if (text.length == 0 && found != NULL) {
        char *dumped = json_is_string(found) ? xstrdup(json_string_value(found)) : jx_dump(found);
        text_addf(&text, "%.800s", dumped);
        free(dumped);
    }
    run_problem(r, "%s: %s", call->operation,
                text.length > 0 ? text_str(&text) : "the answer reports a failure");
    text_release(&text);
}

static bool failed_all_the_same(struct step_run *r, const json_t *answer)
{
    const struct plan_call *call = r->step->send;
    if (call->fail_when == NULL || !condition_holds(call->fail_when, answer)) {
        return false;
    }
    describe_failures(r, call, answer);
    return true;
}

/* What an earlier step made may not be known everywhere yet. */
static bool not_yet_there(const struct step_run *r, const struct reply *reply)
{
    bool role = reply->class == ANSWER_DENIED && str_starts(reply->message, "sts:AssumeRole of");
    return has_needs(r) && (role || reply->class == ANSWER_NOT_FOUND);
}

static void step_in_doubt(struct step_run *r)
{
    r->sent = SENT_MAYBE;
    if (!r->engine->stopping) {
        run_tell(r, "no conclusive answer: %s", r->problem);
        recover_start(r);
    }
}

step_turn step_turn_of(enum answer_class class)
{
    switch (class) {
    case ANSWER_NETWORK:
    case ANSWER_SERVER:
    case ANSWER_MALFORMED:
        return step_in_doubt;
    case ANSWER_CONFLICT:
    case ANSWER_THROTTLED:
        return step_conflict;
    case ANSWER_EXPIRED:
    case ANSWER_BAD_CREDENTIALS:
        return step_refused;
    case ANSWER_OK:
    case ANSWER_DENIED:
    case ANSWER_NOT_FOUND:
    case ANSWER_REGION_DENY:
    case ANSWER_REGION_UNAVAILABLE:
    case ANSWER_CLOCK_SKEW:
    case ANSWER_INVALID:
        break;
    }
    return NULL;
}

static void on_sent(struct step_run *r, const struct reply *reply)
{
    step_turn turn = step_turn_of(reply->class);
    free(r->request_id);
    r->request_id = xstrdup(reply->request_id);
    engine_boundary(r->engine, r, "received");
    if (turn != NULL) {
        turn(r);
    } else if (reply->class == ANSWER_OK) {
        if (!failed_all_the_same(r, reply->json)) {
            step_answered(r, reply->json);
        } else if (!per_resource_retry_start(r, reply->json)) {
            step_refused_for_good(r);
        }
    } else if (not_yet_there(r, reply) && r->waits++ < SETTLED_RETRIES_MAX) {
        run_tell(r, "waits: %s", r->problem);
        step_refused(r);
        run_wait(r, LOOK_SECONDS, begin_again);
    } else {
        step_refused_for_good(r);
    }
}
