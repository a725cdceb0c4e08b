/* What is retried, when and how often: the SDKs' standard mode (2026 figures), full jitter. No
 * clock, no network. */
#ifndef TOWERKEEP_AWS_RETRY_H
#define TOWERKEEP_AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/message.h"
#include "aws/ops.h"

enum retry_kind { RETRY_NEVER, RETRY_TRANSIENT, RETRY_THROTTLED };

struct retry_case {
    const struct op *op;
    enum answer_class class;
    int http_status;
    bool sent;     /* any byte of the request was sent */
    bool hopeless; /* a network failure that repeats itself, such as an untrusted certificate */
};
enum retry_kind retry_kind_of(const struct retry_case *c);

/* tries: made so far for this page, of which `throttles` were throttled. max_attempts 0: the
 * defaults. */
bool retry_allowed(enum retry_kind kind, unsigned tries, unsigned throttles, int max_attempts);
int retry_attempts_shown(int max_attempts); /* for amz-sdk-request: max=... */

struct retry_hints {            /* -1: not in the answer */
    int64_t retry_after_ms;     /* Retry-After */
    int64_t amz_retry_after_ms; /* x-amz-retry-after */
};
/* retry: 0 before the first retry. unit: a random number in [0, 1). */
int64_t retry_delay_ms(enum retry_kind kind, unsigned retry, double unit,
                       const struct retry_hints *hints);

/* How many retries a service in a Region has left, so that a failing one is not overloaded. */
struct retry_quota {
    int left;
};
void retry_quota_init(struct retry_quota *q);
int retry_quota_take(struct retry_quota *q, enum retry_kind kind); /* what it cost; 0: none left */
void retry_quota_give(struct retry_quota *q, int taken); /* a success: taken 0 was a first try */

struct random_source {
    uint64_t state;
};
void random_seed(struct random_source *r, uint64_t seed); /* 0: from the operating system */
uint64_t random_next(struct random_source *r);
double random_unit(struct random_source *r); /* [0, 1) */

#endif
