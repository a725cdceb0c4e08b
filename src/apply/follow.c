/* What was sent: polled until AWS says that it ended, then looked at until it is so. */
#include "engine.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"
#include "model/path.h"

#define POLL_SECONDS 30
#define POLL_TIMEOUT_SECONDS 7200
#define POLL_FAULTS_MAX 20 /* in a row */
#define LOOK_SECONDS 5
#define LOOK_SECONDS_MAX 30
#define LOOK_TIMEOUT_SECONDS 300
/* However long the machine slept or was kept busy in between. */
#define LOOKS_MIN 6

static void poll_ask(struct step_run *r);

static double said_or(double seconds, double otherwise)
{
    return seconds < 0 ? otherwise : seconds;
}

static void poll_again(struct step_run *r)
{
    double timeout = said_or(r->step->poll->timeout_seconds, POLL_TIMEOUT_SECONDS);
    if (run_elapsed(r, r->since_ms) > timeout) {
        run_fail(r,
                 "AWS has not completed it after %.0f seconds; run apply again to continue waiting",
                 timeout);
        return;
    }
    run_wait(r, said_or(r->step->poll->every_seconds, POLL_SECONDS), poll_ask);
}

static void poll_failed(struct step_run *r, const struct plan_poll *poll, const json_t *answer)
{
    const json_t *found = path_find(answer, poll->message != NULL ? poll->message : "");
    char *words = json_is_string(found) ? xstrdup(json_string_value(found))
                  : found != NULL       ? jx_dump(found)
                                        : xstrdup("no reason given");
    r->sent = SENT_NO;
    run_fail(r, "AWS reports that it failed: %.800s", words);
    free(words);
}

/* NULL with run->problem. Yours. */
static struct plan_poll *poll_filled(struct step_run *r)
{
    struct err err = ERR_INIT;
    struct plan_poll *poll = plan_poll_fill(r->step->poll, r->engine->captures, &err);
    if (poll == NULL) {
        run_problem(r, "%s", err.text);
    }
    return poll;
}

static void on_poll(struct step_run *r, const struct reply *reply)
{
    struct plan_poll *poll = poll_filled(r);
    if (reply->class != ANSWER_OK) {
        bool passing = class_is_passing(reply->class) || reply->class == ANSWER_NOT_FOUND;
        if (passing && r->retries++ < POLL_FAULTS_MAX) {
            run_tell(r, "retrying: %s", r->problem);
            poll_again(r);
        } else {
            run_fail(r, "the request was sent, but its progress cannot be read: %s", r->problem);
        }
    } else if (condition_holds(poll->until, reply->json)) {
        json_decref(run_capture(r, &poll->capture, reply->json));
        run_journal(r, EVENT_POLLING, json_object_get(r->engine->captures, r->id));
        follow_look(r);
    } else if (poll->fail != NULL && condition_holds(poll->fail, reply->json)) {
        poll_failed(r, poll, reply->json);
    } else {
        r->retries = 0;
        run_tell(r, "%s", "under way");
        poll_again(r);
    }
    plan_poll_free(poll);
}

static void poll_ask(struct step_run *r)
{
    struct plan_poll *poll = poll_filled(r);
    if (poll == NULL) {
        /* The answer that told what to ask for was lost: only the outcome is left to look at. */
        follow_look(r);
        return;
    }
    engine_boundary(r->engine, r, "polling");
    run_call(r, poll->call, on_poll);
    plan_poll_free(poll);
}

void follow_start(struct step_run *r)
{
    const struct plan_poll *poll = r->step->poll;
    r->since_ms = engine_now_ms();
    r->retries = 0;
    if (poll == NULL) {
        follow_look(r);
        return;
    }
    run_tell(r, "%s", "under way");
    run_wait(r, r->resumed ? 0 : said_or(poll->every_seconds, POLL_SECONDS) / 3, poll_ask);
}

/* --- is it so? --- */

static void look(struct step_run *r);

/* Without the operation's id the whole operation is waited for here. */
static double look_timeout(const struct step_run *r)
{
    double expected = 2 * said_or(r->step->expected_seconds, 0);
    double timeout = expected > LOOK_TIMEOUT_SECONDS ? expected : LOOK_TIMEOUT_SECONDS;
    double poll = r->step->poll != NULL ? said_or(r->step->poll->timeout_seconds, 0) : 0;
    return poll > timeout ? poll : timeout;
}

static void on_look(struct step_run *r, enum probe_result result)
{
    double wait = LOOK_SECONDS + LOOK_SECONDS * (double)r->looks;
    if (result == PROBE_TRUE) {
        free(r->message);
        r->message =
            r->own_calls == 0
                ? xstrdup("done")
                : xasprintf("done; %zu with the API of the resource's own service", r->own_calls);
        run_end(r, STEP_DONE, EVENT_DONE);
    } else if (result == PROBE_BROKEN || result == PROBE_UNASKABLE) {
        run_fail(r, "the request was sent, but its result cannot be read: %s", r->problem);
    } else if (r->looks >= LOOKS_MIN && run_elapsed(r, r->since_ms) > look_timeout(r)) {
        run_fail(r, "the request was sent, but has no effect after %.0f seconds: %s",
                 look_timeout(r),
                 r->probe->says != NULL ? r->probe->says : r->probe->call->operation);
    } else {
        r->looks++;
        run_wait(r, wait < LOOK_SECONDS_MAX ? wait : LOOK_SECONDS_MAX, look);
    }
}

static void look(struct step_run *r)
{
    if (r->step->done != NULL) {
        probe_ask(r, r->step->done, on_look);
    } else {
        on_look(r, PROBE_TRUE);
    }
}

void follow_look(struct step_run *r)
{
    r->since_ms = engine_now_ms();
    r->looks = 0;
    look(r);
}
