/* Shared by the files of the client. The stages of a call: incoming -> identity (credentials) ->
 * limiter -> transport -> done. */
#ifndef TOWERKEEP_AWS_CLIENT_PRIVATE_H
#define TOWERKEEP_AWS_CLIENT_PRIVATE_H

#include <signal.h>

#include "aws/client.h"
#include "aws/sign.h"
#include "base/map.h"
#include "limiter.h"
#include "limiter_timers.h"
#include "retry.h"
#include "roles.h"
#include "transport.h"

struct region_state { /* interned: calls point here */
    char name[33];
    struct retry_quota quota[SVC_COUNT];
};

/* One aws_call that has not ended. It is small, because a million can wait; its request is built
   when it is sent. */
struct queued_call {
    struct waiter waiter;               /* first: it waits in one queue at a time */
    struct queued_call *before, *after; /* all of them, oldest first */
    const struct op *op;
    struct assumed_role *identity;
    struct region_state *region;
    json_t *input;
    char *token; /* the page token of this page's request; NULL on the first */
    aws_done done;
    void *context;
    uint64_t invocation[2];
    uint32_t page, generation; /* generation: of the credentials it was signed with */
    uint16_t attempts, throttles;
    int16_t quota_taken;
    bool raw : 1, single_page : 1, internal : 1;
    bool own_input : 1; /* a copy: a token may be written into it */
    bool skew_corrected : 1, renewed : 1;
    bool sent : 1;   /* for an interruption: some bytes of it were sent */
    bool waited : 1; /* is sent before calls that have not waited yet */
};

struct aws_client {
    struct endpoint_rules endpoints;
    char *profile_endpoint;
    bool read_only, opened, stepping;
    volatile sig_atomic_t interrupted;
    int session_seconds, max_attempts;
    size_t body_ceiling;
    const struct clock *clock;
    int64_t skew_ms; /* AWS's clock minus this machine's */
    struct random_source random;
    struct limiter *limiter;
    struct transport *transport;
    struct sign_cache *sign_cache;
    struct text authorization; /* scratch */
    struct map *regions;
    struct region_state *home;
    struct queued_call *first, *last;
    size_t open_calls; /* without the internal ones */
    struct waiter_queue incoming;
    struct timers delayed;
    struct roles roles;
    char account[13];
    char caller_arn[2049];
    char partition[16];
    struct aws_counters counters;
    aws_hear hear;
    void *hear_context;
};

/* The result of one attempt, before it is decided whether to retry. */
struct outcome {
    enum answer_class class;
    int http_status;
    char code[128], message[1024];
};

/* client_flow.c */
int64_t client_now_ms(const struct aws_client *c);  /* monotonic */
int64_t client_wall_ms(const struct aws_client *c); /* AWS's clock, as far as it is known */
struct region_state *client_region(struct aws_client *c, const char *name, struct err *err);
/* Queues without checks; takes input. */
struct queued_call *client_queue(struct aws_client *c, const struct aws_call *call,
                                 struct assumed_role *identity, struct region_state *region);
int64_t
client_pump(struct aws_client *c); /* sends what may be sent; returns when to call it again */
/* Ends a call with an outcome that is not an answer of AWS to it. */
void client_fail(struct aws_client *c, struct queued_call *p, const struct outcome *outcome);
void client_forget(struct aws_client *c, struct queued_call *p);
const char *client_account_of(const struct aws_client *c, const struct queued_call *p);
struct limiter_place client_place(const struct aws_client *c, const struct queued_call *p);
void client_deliver(struct aws_client *c, struct queued_call *p, const struct answer *answer);

/* client_send.c */
void client_send(struct aws_client *c, struct queued_call *p);

/* client_answer.c */
void client_answered(struct aws_client *c, struct exchange *x);

#endif
