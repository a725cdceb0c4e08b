/* One synchronous call, its pages joined. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "client_private.h"

#define STEP_MS 1000

struct wait {
    json_t *joined;
    enum answer_class class;
    struct err err;
    bool done;
};

static enum err_code code_of(enum answer_class class)
{
    switch (class) {
    case ANSWER_DENIED:
    case ANSWER_REGION_DENY:
        return ERR_DENIED;
    case ANSWER_EXPIRED:
    case ANSWER_BAD_CREDENTIALS:
        return ERR_CREDENTIALS;
    case ANSWER_NETWORK:
        return ERR_NETWORK;
    case ANSWER_OK:
    case ANSWER_THROTTLED:
    case ANSWER_NOT_FOUND:
    case ANSWER_REGION_UNAVAILABLE:
    case ANSWER_CLOCK_SKEW:
    case ANSWER_CONFLICT:
    case ANSWER_INVALID:
    case ANSWER_SERVER:
    case ANSWER_MALFORMED:
        return ERR_AWS;
    }
    return ERR_AWS;
}

/* Appends the rows under op->list of a later page to those of the first. */
static void join(const struct op *op, json_t *joined, const json_t *page)
{
    json_t *rows = op->list != NULL ? jx_get(joined, op->list) : NULL;
    json_t *more = op->list != NULL ? jx_get(page, op->list) : NULL;
    if (json_is_array(rows) && json_is_array(more)) {
        json_array_extend(rows, more);
    } else if (json_is_array(more) && strchr(op->list, '.') == NULL) {
        json_object_set(joined, op->list, more);
    }
}

static void on_answer(void *context, const struct answer *answer)
{
    struct wait *wait = context;
    wait->class = answer->class;
    wait->done = answer->last;
    if (answer->class != ANSWER_OK) {
        char label[96];
        op_label(answer->op, label, sizeof label);
        bool coded = answer->code[0] != '\0';
        (void)err_set(&wait->err, code_of(answer->class), "%s in %s%s%s: %s%s%s", label,
                      answer->account, answer->account[0] != '\0' ? " " : "", answer->region,
                      answer->code, coded ? ": " : "", answer->message);
        return;
    }
    if (wait->joined == NULL) {
        wait->joined = answer->json != NULL ? json_incref(answer->json) : json_object();
    } else {
        join(answer->op, wait->joined, answer->json);
    }
}

/* The loop failed while the call was open: a late answer is ignored. */
static void on_late_answer(void *context, const struct answer *answer)
{
    (void)context;
    (void)answer;
}

static void abandon(struct aws_client *client, const struct wait *wait)
{
    for (struct queued_call *p = client->first; p != NULL; p = p->after) {
        if (p->context == wait) {
            p->done = on_late_answer;
            p->context = NULL;
        }
    }
}

/* After all pages are joined, the token of the first has no meaning. */
static void drop_token(const struct aws_call *call, json_t *joined)
{
    if (!call->single_page && call->op->token_out != NULL) {
        (void)json_object_del(joined, call->op->token_out);
    }
}

int aws_call_wait(struct aws_client *client, const struct aws_call *call, json_t **out,
                  enum answer_class *class, struct err *err)
{
    struct aws_call waited = *call;
    struct wait wait = {.class = ANSWER_NETWORK};
    waited.done = on_answer;
    waited.context = &wait;
    *out = NULL;
    if (client->stepping) {
        json_decref(call->input);
        return err_set(err, ERR_INTERNAL, "a call cannot be waited for inside a callback");
    }
    int rc = aws_call(client, &waited, err);
    while (rc == 0 && !wait.done) {
        rc = aws_client_step(client, STEP_MS, err);
    }
    if (class != NULL) {
        *class = wait.class;
    }
    if (rc != 0) {
        goto out;
    }
    if (wait.class != ANSWER_OK) {
        *err = wait.err;
        err->code = client->interrupted ? ERR_INTERRUPTED : err->code;
        rc = -1;
        goto out;
    }
    drop_token(call, wait.joined);
    *out = wait.joined;
    wait.joined = NULL;
out:
    abandon(client, &wait);
    json_decref(wait.joined);
    return rc;
}
