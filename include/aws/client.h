/*
 * The asynchronous client: aws_call() queues one operation in one account and Region, and calls
 * `done` for each page of the answer, never before aws_call() has returned. One loop over libcurl
 * multi, no threads. The client signs, limits rates, retries, follows pages, assumes roles and
 * reuses connections.
 */
#ifndef TOWERKEEP_AWS_CLIENT_H
#define TOWERKEEP_AWS_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/creds.h"
#include "aws/message.h"
#include "aws/ops.h"
#include "aws/partition.h"
#include "base/clock.h"
#include "base/err.h"

struct aws_client;

/* What the network gave to one request, before it is parsed; valid only inside the callback. */
struct heard_answer {
    const struct op *op;
    const char *account; /* 12 digits; "" before aws_client_open() has ended */
    const char *region;
    const json_t *input; /* with the page token; NULL: {} */
    int http_status;
    const char *error_type; /* header x-amzn-ErrorType, "" when none */
    const char *body;       /* NULL for a session that was given: it holds credentials */
    size_t body_length;
};
typedef void (*aws_hear)(void *context, const struct heard_answer *heard);

struct aws_options { /* strings borrowed for the client's life; zero means the default */
    bool read_only;  /* refuse operations that write before signing, and send the read-only
                        session policy with every AssumeRole */
    struct endpoint_rules endpoints;
    const char *ca_bundle;    /* PEM file; NULL: the system's */
    const char *const *roles; /* role names tried in member accounts, ends with NULL; NULL:
                                 AWSControlTowerExecution, OrganizationAccountAccessRole */
    const char *external_id;
    int session_seconds;    /* 900..43200, default 3600 */
    int connect_timeout_ms; /* default 10,000 */
    int total_timeout_ms;   /* one attempt; default 60,000 */
    size_t body_ceiling;    /* one answer; default 16 MiB */
    int max_in_flight;      /* default 64 */
    int max_attempts;       /* total tries of a call; default 8 for throttling, 3 for transient */
    double rate_share;      /* part of the published rates to use; default 0.6; 0 < x <= 1 */
    bool unpaced;           /* ignore the published rates: for measurements against a simulator;
                               refused unless every endpoint is on loopback */
    double max_rate;        /* all calls together, per second; 0: no such limit */
    const struct clock *clock; /* NULL: system */
    uint64_t jitter_seed;      /* 0: from the operating system */
    aws_hear hear;             /* every answer, also those that are retried; NULL: nobody */
    void *hear_context;
    const char *run; /* role sessions are named "towerkeep-<run>"; NULL: a random one */
};

struct answer { /* valid only inside the callback */
    const struct op *op;
    const char *account; /* 12 digits; of the account asked */
    const char *region;
    enum answer_class class;
    int http_status;
    const char *code, *message; /* AWS's, "" when OK; for ANSWER_NETWORK the client's */
    const char *request_id;     /* x-amzn-RequestId or a similar header, "" when none */
    int64_t wall_ms;            /* when the answer arrived */
    const char *body;
    size_t body_length;
    json_t *json;  /* borrowed; NULL when the call asked for the raw body, or the answer failed */
    unsigned page; /* 0, 1, 2 ... */
    bool last;     /* no further page follows */
    unsigned attempts;  /* tries this page took */
    unsigned throttles; /* of which throttled */
};

typedef void (*aws_done)(void *context, const struct answer *answer);

struct aws_call {
    const struct op *op;
    const char
        *account; /* NULL or the caller's: the caller's own credentials; else assume a role there */
    const char *role; /* the one role to assume there; NULL: aws_options.roles in their order. Means
                         nothing in the caller's own account */
    bool retry_refused_role; /* try a role again that was refused before: it may exist now */
    const char *region;
    json_t *input; /* taken (decref'd by the client); NULL means {} */
    bool raw; /* large pages: leave answer->json NULL, the caller reads the body with base/pull; the
                 page token is then found by the pull reader */
    bool single_page; /* do not follow tokens */
    aws_done done;
    void *context;
};

int aws_client_new(const struct aws_options *options, const struct creds_source *source,
                   struct aws_client **out, struct err *err);
void aws_client_free(struct aws_client *client); /* open calls are dropped without a callback */
/* Calls sts:GetCallerIdentity, after assuming the roles of the source's chain. Must succeed before
 * aws_call. */
int aws_client_open(struct aws_client *client, const char *region, struct err *err);
const char *aws_client_account(const struct aws_client *client);
const char *aws_client_caller_arn(const struct aws_client *client);
const char *aws_client_partition(const struct aws_client *client);
bool aws_client_is_loopback(const struct aws_client *client); /* every call stays on this machine */

/* Queues a call. A read-only client refuses an operation that writes (-1, ERR_INTERNAL). */
int aws_call(struct aws_client *client, const struct aws_call *call, struct err *err);
/* Runs the loop for at most timeout_ms; callbacks run only here. -1 when the loop itself fails. */
int aws_client_step(struct aws_client *client, int timeout_ms, struct err *err);
size_t aws_client_pending(const struct aws_client *client); /* calls without a final callback */
/* Makes pending calls finish at once, with ANSWER_NETWORK "interrupted". */
void aws_client_interrupt(struct aws_client *client);
/* One synchronous call: *out is a new JSON value (yours) of the first page's answer (all pages'
   rows joined under op->list unless single_page). -1 with err when the answer is not OK; *class
   is its class (may be NULL). */
int aws_call_wait(struct aws_client *client, const struct aws_call *call, json_t **out,
                  enum answer_class *class, struct err *err);

struct aws_counters {
    unsigned long long calls, retries, throttles, failures, bytes_in, connections, assumed_roles;
};
void aws_client_counters(const struct aws_client *client, struct aws_counters *out);
/* AWS's clock minus this machine's, milliseconds: 0 unless AWS refused a signature because of its
   time, as it does when the clocks differ by more than five minutes. */
int64_t aws_client_skew_ms(const struct aws_client *client);

#endif
