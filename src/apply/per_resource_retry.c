/*
 * What the step's call left out (the Tagging API tags nineteen of twenty resources, and says so) is
 * sent for each resource by itself, one after the other, each journaled before it leaves. All of
 * it may be sent twice: after a crash the step starts again.
 */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/path.h"

#define FAILURES_SHOWN_BYTES 700

static const char *arn_of(const struct step_run *r)
{
    return json_string_value(json_array_get(r->owed, r->owed_at));
}

static const struct plan_retry_call *own_call(const struct step_run *r)
{
    return plan_retry_for(r->step->retry, arn_of(r));
}

void per_resource_retry_forget(struct step_run *r)
{
    json_decref(r->owed);
    json_decref(r->owed_answer);
    plan_call_free(r->own_call);
    free(r->own_failures);
    r->owed = r->owed_answer = NULL;
    r->own_call = NULL;
    r->own_failures = NULL;
    r->owed_at = 0;
}

static void add_failure(struct step_run *r, const char *words)
{
    char *before = r->own_failures;
    size_t length = before != NULL ? strlen(before) : 0;
    if (length < FAILURES_SHOWN_BYTES) {
        r->own_failures =
            xasprintf("%s%s%.600s", length > 0 ? before : "", length > 0 ? "; " : "", words);
        free(before);
    }
}

/* --- one after the other --- */

static void go_on(struct step_run *r)
{
    if (r->owed_at < json_array_size(r->owed)) {
        run_tell(r, "%s for %.300s", own_call(r)->send->operation, arn_of(r));
        r->sent = SENT_NO;
        engine_outbox_add(r);
        return;
    }
    json_t *answer = json_incref(r->owed_answer);
    char *failures = r->own_failures;
    r->own_failures = NULL;
    per_resource_retry_forget(r);
    if (failures == NULL) {
        step_answered(r, answer);
    } else {
        run_problem(r, "%s", failures);
        step_refused_for_good(r);
    }
    free(failures);
    json_decref(answer);
}

static void next(struct step_run *r)
{
    plan_call_free(r->own_call);
    r->own_call = NULL;
    r->owed_at++;
    go_on(r);
}

static void failed(struct step_run *r)
{
    char *words = xasprintf("%.300s: %.300s", arn_of(r), r->problem);
    add_failure(r, words);
    free(words);
    next(r);
}

/* The whole step again, once what stands in the way has passed. */
static void again(struct step_run *r, step_turn how)
{
    per_resource_retry_forget(r);
    how(r);
}

static void on_own_sent(struct step_run *r, const struct reply *reply)
{
    step_turn turn = step_turn_of(reply->class);
    free(r->request_id);
    r->request_id = xstrdup(reply->request_id);
    engine_boundary(r->engine, r, "received");
    if (turn != NULL) {
        again(r, turn);
    } else if (reply->class == ANSWER_OK) {
        r->own_calls++;
        next(r);
    } else {
        failed(r);
    }
}

/* --- a call that replaces the whole set --- */

static bool has_key(const json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_equal(jx_str(json_array_get(list, i), key), value)) {
            return true;
        }
    }
    return false;
}

/* Everything that is there now stays, but for what the call sets itself and what it is to remove.
 */
static void keep(json_t *into, const json_t *there, const struct plan_merge *merge)
{
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(there); i++) {
        json_t *element = json_array_get(there, i);
        const char *value = jx_str_or(element, merge->key, "");
        if (!has_key(into, merge->key, value) && !plan_strings_has(&merge->without, value)) {
            (void)json_array_append(kept, element);
        }
    }
    (void)json_array_extend(kept, into);
    (void)json_array_clear(into);
    (void)json_array_extend(into, kept);
    json_decref(kept);
}

static void on_read(struct step_run *r, const struct reply *reply)
{
    const struct plan_merge *merge = own_call(r)->merge;
    const json_t *there = path_find(reply->json, merge->list);
    bool none = reply->class != ANSWER_OK && str_equal(reply->code, merge->none_when);
    if (reply->class == ANSWER_OK && !json_is_array(there)) {
        /* Not understood is not empty: nothing of it may be lost. */
        run_problem(r, "%s: the answer has no %s", merge->read->operation, merge->list);
        failed(r);
    } else if (reply->class == ANSWER_OK || none) {
        json_t *into = jx_get(r->own_call->input, merge->into);
        keep(into, there, merge);
        run_call(r, r->own_call, on_own_sent);
    } else if (class_is_passing(reply->class)) {
        again(r, step_conflict);
    } else if (reply->class == ANSWER_EXPIRED || reply->class == ANSWER_BAD_CREDENTIALS) {
        again(r, step_refused);
    } else {
        failed(r);
    }
}

void per_resource_retry_send(struct step_run *r)
{
    const struct plan_retry_call *own = own_call(r);
    struct plan_call *read = own->merge != NULL ? run_fill(r, own->merge->read) : NULL;
    plan_call_free(r->own_call);
    r->own_call = run_fill(r, own->send);
    if (r->own_call == NULL || (own->merge != NULL && read == NULL)) {
        r->sent = SENT_NO;
        run_fail(r, "%s", r->problem);
    } else if (read != NULL) {
        /* Asked as late as can be: what is tagged in between would be lost. */
        run_call(r, read, on_read);
    } else {
        run_call(r, r->own_call, on_own_sent);
    }
    plan_call_free(read);
}

bool per_resource_retry_start(struct step_run *r, const json_t *answer)
{
    json_t *left = r->step->retry != NULL ? jx_get(answer, r->step->retry->failed) : NULL;
    json_t *owed = json_array();
    const char *arn = NULL;
    json_t *why = NULL;
    per_resource_retry_forget(r);
    json_object_foreach(left, arn, why)
    {
        const char *said = jx_str_or(why, "ErrorMessage", jx_str_or(why, "ErrorCode", "left out"));
        if (plan_retry_for(r->step->retry, arn) != NULL) {
            (void)json_array_append_new(owed, json_string(arn));
        } else {
            char *words = xasprintf("%s: %.300s: %.250s", r->step->send->operation, arn, said);
            add_failure(r, words);
            free(words);
        }
    }
    if (json_array_size(owed) == 0) {
        json_decref(owed);
        per_resource_retry_forget(r);
        return false;
    }
    r->owed = owed;
    r->owed_answer = json_deep_copy(answer);
    run_tell(r, "%s", r->problem);
    step_refused(r);
    go_on(r);
    return true;
}
