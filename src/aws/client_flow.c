/* The queues that a call passes through. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client_private.h"

/* A callback may repeat a call that fails at once: the rounds are limited so that the network gets
   its turn. */
#define ROUTE_ROUNDS 4

int64_t client_now_ms(const struct aws_client *c)
{
    return clock_monotonic_ms(c->clock);
}

int64_t client_wall_ms(const struct aws_client *c)
{
    return clock_wall_ms(c->clock) + c->skew_ms;
}

struct region_state *client_region(struct aws_client *c, const char *name, struct err *err)
{
    struct region_state *region = name != NULL ? map_get(c->regions, name) : NULL;
    if (region != NULL) {
        return region;
    }
    if (name == NULL || !region_name_valid(name)) {
        (void)err_set(err, ERR_INPUT, "invalid Region \"%.40s\"", name != NULL ? name : "");
        return NULL;
    }
    region = xcalloc(1, sizeof *region);
    memcpy(region->name, name, strlen(name) + 1);
    for (size_t i = 0; i < SVC_COUNT; i++) {
        retry_quota_init(&region->quota[i]);
    }
    map_set(c->regions, name, region);
    return region;
}

struct queued_call *client_queue(struct aws_client *c, const struct aws_call *call,
                                 struct assumed_role *identity, struct region_state *region)
{
    struct queued_call *p = xcalloc(1, sizeof *p);
    p->op = call->op;
    p->identity = identity;
    p->region = region;
    p->input = call->input;
    p->done = call->done;
    p->context = call->context;
    p->raw = call->raw;
    p->single_page = call->single_page;
    p->before = c->last;
    if (c->last != NULL) {
        c->last->after = p;
    } else {
        c->first = p;
    }
    c->last = p;
    c->open_calls++;
    roles_hold(c, identity);
    waiter_push(&c->incoming, &p->waiter);
    return p;
}

void client_forget(struct aws_client *c, struct queued_call *p)
{
    if (p->before != NULL) {
        p->before->after = p->after;
    } else {
        c->first = p->after;
    }
    if (p->after != NULL) {
        p->after->before = p->before;
    } else {
        c->last = p->before;
    }
    roles_let_go(c, p->identity);
    json_decref(p->input);
    free(p->token);
    free(p);
}

const char *client_account_of(const struct aws_client *c, const struct queued_call *p)
{
    return p->identity->account[0] != '\0' ? p->identity->account : c->account;
}

struct limiter_place client_place(const struct aws_client *c, const struct queued_call *p)
{
    bool global = p->op->reach == REACH_GLOBAL;
    return (struct limiter_place){p->op, client_account_of(c, p), global ? "" : p->region->name};
}

void client_deliver(struct aws_client *c, struct queued_call *p, const struct answer *answer)
{
    c->counters.calls++;
    c->counters.failures += answer->class != ANSWER_OK ? 1 : 0;
    if (answer->last && !p->internal) {
        c->open_calls--;
    }
    p->done(p->context, answer);
    if (answer->last) {
        client_forget(c, p);
    }
}

void client_fail(struct aws_client *c, struct queued_call *p, const struct outcome *outcome)
{
    struct answer answer = {.op = p->op,
                            .account = client_account_of(c, p),
                            .region = p->region->name,
                            .class = outcome->class,
                            .http_status = outcome->http_status,
                            .code = outcome->code,
                            .message = outcome->message,
                            .request_id = "",
                            .wall_ms = clock_wall_ms(c->clock),
                            .body = "",
                            .page = p->page,
                            .last = true,
                            .attempts = p->attempts,
                            .throttles = p->throttles};
    client_deliver(c, p, &answer);
}

static void client_route(struct aws_client *c, struct queued_call *p)
{
    if (p->identity->state == IDENTITY_FAILED) {
        client_fail(c, p, p->identity->failure);
        return;
    }
    if (roles_ready(c, p->identity, p)) {
        struct limiter_place place = client_place(c, p);
        limiter_add(c->limiter, &place, &p->waiter, p->waited, client_now_ms(c));
    }
}

int64_t client_pump(struct aws_client *c)
{
    for (struct queued_call *p; (p = timers_pop_due(&c->delayed, client_now_ms(c))) != NULL;) {
        waiter_push(&c->incoming, &p->waiter);
    }
    for (int round = 0; round < ROUTE_ROUNDS && c->incoming.head != NULL; round++) {
        struct waiter_queue incoming = c->incoming;
        memset(&c->incoming, 0, sizeof c->incoming);
        for (struct waiter *w; (w = waiter_pop(&incoming)) != NULL;) {
            client_route(c, (struct queued_call *)w);
        }
    }
    int64_t wake_ms = INT64_MAX;
    while (!transport_full(c->transport)) {
        struct queued_call *p =
            (struct queued_call *)limiter_next(c->limiter, client_now_ms(c), &wake_ms);
        if (p == NULL) {
            break;
        }
        wake_ms = INT64_MAX;
        const struct assumed_role *who = p->identity;
        bool fresh = who->state == IDENTITY_READY &&
                     (who->parent == NULL || client_wall_ms(c) < who->refresh_at_ms);
        if (fresh) {
            client_send(c, p);
        } else {
            client_route(c, p);
        }
    }
    int64_t delayed_ms = timers_next(&c->delayed);
    wake_ms = delayed_ms < wake_ms ? delayed_ms : wake_ms;
    return c->incoming.head != NULL ? client_now_ms(c) : wake_ms;
}
