/* What follows from an answer: the end of the call, a retry or the next page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pull.h"
#include "client_private.h"

#define SKEW_MS 240000
#define TOKEN_MAX_BYTES ((size_t)64 * 1024)

/* The content of a successful answer. */
struct answer_page {
    json_t *json;
    char *token; /* of the next page, NULL on the last */
};

static bool is_json(const struct op *op)
{
    enum protocol protocol = service_info(op->service)->protocol;
    return protocol == PROTOCOL_REST_JSON || protocol == PROTOCOL_JSON_1_0 ||
           protocol == PROTOCOL_JSON_1_1;
}

/* Validates the whole body in one pass and copies the token from it. NULL, or the problem. */
static const char *raw_page(const struct op *op, const struct text *body, struct answer_page *page)
{
    if (body->length == 0) {
        return NULL;
    }
    struct pull p;
    struct slice key;
    struct slice raw;
    struct text token;
    text_init(&token, TOKEN_MAX_BYTES);
    bool good = true;
    pull_init(&p, text_str(body), body->length);
    pull_object(&p);
    while (pull_member(&p, &key)) {
        if (op->token_out != NULL && slice_is(key, op->token_out) && pull_peek(&p) == '"') {
            pull_string(&p, &raw);
            text_clear(&token);
            good = slice_unescape(raw, &token) && !text_failed(&token);
        } else {
            pull_skip(&p);
        }
    }
    pull_end(&p);
    if (!pull_failed(&p) && good && token.length > 0) {
        page->token = text_take(&token);
    }
    text_release(&token);
    if (pull_failed(&p)) {
        return p.problem;
    }
    return good ? NULL : "the page token is malformed";
}

static void read_page(const struct queued_call *p, const struct text *body,
                      struct answer_page *page, struct outcome *o)
{
    struct err err = ERR_INIT;
    const char *problem = NULL;
    if (p->raw && is_json(p->op)) {
        problem = raw_page(p->op, body, page);
    } else {
        page->json = answer_json(p->op, text_str(body), body->length, &err);
        problem = page->json == NULL ? err.text : NULL;
    }
    if (page->json != NULL) {
        page->token = xstrdup(answer_next_token(p->op, page->json));
    }
    if (p->raw) {
        json_decref(page->json);
        page->json = NULL;
    }
    bool repeated = page->token != NULL && p->token != NULL && strcmp(page->token, p->token) == 0;
    if (problem == NULL && repeated && !p->single_page) {
        problem = "AWS returned the same page token twice in a row";
    }
    if (problem != NULL) {
        o->class = ANSWER_MALFORMED;
        (void)snprintf(o->message, sizeof o->message, "malformed answer: %s", problem);
    }
}

/* "host:port" out of "scheme://host:port/path" */
static void host_of(const char *url, char *out, size_t size)
{
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    (void)snprintf(out, size, "%.*s", (int)strcspn(host, "/?"), host);
}

static void classify(const struct aws_client *c, const struct queued_call *p,
                     const struct exchange *x, struct answer_page *page, struct outcome *o)
{
    const struct exchange_answer *a = &x->answer;
    memset(o, 0, sizeof *o);
    o->http_status = a->status;
    if (a->too_large) {
        o->class = ANSWER_MALFORMED;
        (void)snprintf(o->message, sizeof o->message, "the answer is larger than %zu bytes",
                       c->body_ceiling);
    } else if (x->result != CURLE_OK) {
        char host[256];
        host_of(text_str(&x->url), host, sizeof host);
        o->class = ANSWER_NETWORK;
        o->http_status = 0;
        transport_describe(c->transport, x, host, o->message, sizeof o->message);
    } else if (a->status >= 200 && a->status <= 299) {
        o->class = ANSWER_OK;
        read_page(p, &a->body, page, o);
    } else {
        struct answer_error error = {0};
        answer_classify(p->op, a->status, a->error_type[0] != '\0' ? a->error_type : NULL,
                        text_str(&a->body), a->body.length, &error);
        /* A Region that the account has not enabled does not know its credentials. */
        o->class = answer_class_in_region(error.class, p->region->name);
        (void)snprintf(o->code, sizeof o->code, "%s", error.code);
        (void)snprintf(o->message, sizeof o->message, "%s", error.message);
    }
}

/* How far AWS's clock was from the signature's time; -1 when the answer has no date. */
static int64_t skew_of(const struct exchange *x)
{
    int64_t theirs_ms = 0;
    if (!time_parse_http(x->answer.date, &theirs_ms)) {
        return -1;
    }
    return theirs_ms > x->signed_ms ? theirs_ms - x->signed_ms : x->signed_ms - theirs_ms;
}

/* EC2 answers RequestExpired for a signature that is too old (EC2 API error codes, common client
 * errors), and for an expired token too: AWS's SDK for Go refreshes credentials on that code
 * (aws-sdk-go, pull request 253). With a date near ours it is the token. */
static void tell_expiry(const struct exchange *x, struct outcome *o)
{
    int64_t off_ms = skew_of(x);
    if (strcmp(o->code, "RequestExpired") == 0 && off_ms >= 0 && off_ms <= SKEW_MS) {
        o->class = ANSWER_EXPIRED;
    }
}

static bool correct_skew(struct aws_client *c, struct queued_call *p, const struct exchange *x,
                         const struct outcome *o)
{
    int64_t theirs_ms = 0;
    bool suspect = o->class == ANSWER_CLOCK_SKEW || o->class == ANSWER_BAD_CREDENTIALS;
    if (!suspect || p->skew_corrected || !time_parse_http(x->answer.date, &theirs_ms)) {
        return false;
    }
    if (o->class == ANSWER_BAD_CREDENTIALS && skew_of(x) <= SKEW_MS) {
        return false;
    }
    p->skew_corrected = true;
    c->skew_ms = theirs_ms - clock_wall_ms(c->clock);
    return true;
}

static bool renew(struct queued_call *p, const struct outcome *o)
{
    if (o->class != ANSWER_EXPIRED || p->renewed || !roles_expired(p->identity, p->generation)) {
        return false;
    }
    p->renewed = true;
    return true;
}

static int64_t hint_ms(const char *value, int64_t unit_ms)
{
    long long number = 0;
    return str_number(value, 0, 1000000000, &number) ? number * unit_ms : -1;
}

static bool retry_later(struct aws_client *c, struct queued_call *p, const struct exchange *x,
                        const struct outcome *o)
{
    struct retry_case is = {p->op, o->class, o->http_status, x->sent,
                            transport_hopeless(x->result)};
    enum retry_kind kind = retry_kind_of(&is);
    if (kind == RETRY_THROTTLED) {
        struct limiter_place place = client_place(c, p);
        limiter_drain(c->limiter, &place, client_now_ms(c));
        p->throttles++;
        c->counters.throttles++;
    }
    struct retry_quota *quota = &p->region->quota[p->op->service];
    if (c->interrupted || !retry_allowed(kind, p->attempts, p->throttles, c->max_attempts)) {
        return false;
    }
    int taken = retry_quota_take(quota, kind);
    if (taken == 0) {
        return false;
    }
    p->quota_taken = (int16_t)taken;
    struct retry_hints hints = {hint_ms(x->answer.retry_after, 1000),
                                hint_ms(x->answer.amz_retry_after, 1)};
    int64_t delay_ms = retry_delay_ms(kind, p->attempts - 1U, random_unit(&c->random), &hints);
    p->waited = true;
    timers_push(&c->delayed, client_now_ms(c) + delay_ms, p);
    return true;
}

/* Dots in token_in name nested members. */
static void set_token(struct queued_call *p, const char *token)
{
    if (!p->own_input) {
        json_t *copy = p->input != NULL ? json_deep_copy(p->input) : json_object();
        json_decref(p->input);
        p->input = copy;
        p->own_input = true;
    }
    json_t *at = p->input;
    const char *name = p->op->token_in;
    for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char *member = xstrndup(name, (size_t)(dot - name));
        json_t *inner = json_object_get(at, member);
        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(at, member, inner);
        }
        free(member);
        at = inner;
    }
    json_object_set_new(at, name, json_string(token));
}

static void next_page(struct aws_client *c, struct queued_call *p, struct answer_page *page)
{
    set_token(p, page->token);
    free(p->token);
    p->token = page->token;
    page->token = NULL;
    p->page++;
    p->attempts = 0;
    p->throttles = 0;
    p->skew_corrected = false;
    p->renewed = false;
    p->waited = true;
    waiter_push(&c->incoming, &p->waiter);
}

static void deliver(struct aws_client *c, struct queued_call *p, struct exchange *x,
                    const struct outcome *o, struct answer_page *page)
{
    bool ok = o->class == ANSWER_OK;
    struct answer answer = {.op = p->op,
                            .account = client_account_of(c, p),
                            .region = p->region->name,
                            .class = o->class,
                            .http_status = o->http_status,
                            .code = o->code,
                            .message = o->message,
                            .request_id = x->answer.request_id,
                            .wall_ms = clock_wall_ms(c->clock),
                            .body = text_str(&x->answer.body),
                            .body_length = x->answer.body.length,
                            .json = ok ? page->json : NULL,
                            .page = p->page,
                            .last = !ok || page->token == NULL || p->single_page ||
                                    p->op->token_in == NULL,
                            .attempts = p->attempts,
                            .throttles = p->throttles};
    if (ok) {
        retry_quota_give(&p->region->quota[p->op->service], p->quota_taken);
        p->quota_taken = 0;
    }
    bool more = !answer.last;
    client_deliver(c, p, &answer);
    if (more) {
        next_page(c, p, page);
    }
}

static void tell_hearer(const struct aws_client *c, const struct queued_call *p,
                        const struct exchange *x)
{
    const struct exchange_answer *a = &x->answer;
    if (c->hear == NULL || x->result != CURLE_OK || a->too_large) {
        return;
    }
    bool secret = p->internal && a->status < 300;
    struct heard_answer heard = {.op = p->op,
                                 .account = client_account_of(c, p),
                                 .region = p->region->name,
                                 .input = p->input,
                                 .http_status = a->status,
                                 .error_type = a->error_type,
                                 .body = secret ? NULL : text_str(&a->body),
                                 .body_length = secret ? 0 : a->body.length};
    c->hear(c->hear_context, &heard);
}

void client_answered(struct aws_client *c, struct exchange *x)
{
    struct queued_call *p = x->owner;
    struct outcome outcome;
    struct answer_page page = {NULL, NULL};
    bool secret = p->internal;
    c->counters.bytes_in += x->answer.body.length;
    tell_hearer(c, p, x);
    classify(c, p, x, &page, &outcome);
    tell_expiry(x, &outcome);
    if (correct_skew(c, p, x, &outcome) || renew(p, &outcome)) {
        c->counters.retries++;
        p->waited = true;
        waiter_push(&c->incoming, &p->waiter);
    } else if (retry_later(c, p, x, &outcome)) {
        c->counters.retries++;
    } else {
        deliver(c, p, x, &outcome, &page);
    }
    json_decref(page.json);
    free(page.token);
    if (secret) {
        transport_wipe(x);
    }
    transport_recycle(c->transport, x);
}
