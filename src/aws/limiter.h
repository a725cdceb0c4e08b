/*
 * Rate limiting: token buckets filled at the published rates, which are the customer's own quota. A
 * call waits in the queue of its rate class, account and Region. Queues whose buckets hold a token
 * are served in turn, so a slow bucket delays no other queue. Time is an argument, in milliseconds
 * of any monotonic clock.
 */
#ifndef TOWERKEEP_AWS_LIMITER_H
#define TOWERKEEP_AWS_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/ops.h"

struct waiter { /* embedded first in whatever waits */
    struct waiter *next;
};

struct waiter_queue { /* zeroed: empty; waiters are borrowed */
    struct waiter *head, *tail;
};
void waiter_push(struct waiter_queue *q, struct waiter *w);
struct waiter *waiter_pop(struct waiter_queue *q); /* NULL when empty */

struct limiter;

struct limiter_place { /* what a call is charged to; strings borrowed */
    const struct op *op;
    const char *account, *region;
};

/* share: part of the published rates, 0 to ignore them; max_rate: all calls together per second, 0
 * for no such limit. */
struct limiter *limiter_new(double share, double max_rate);
void limiter_free(struct limiter *l); /* does not free the waiters */
/* front: a call that has waited before; it is served before others of its queue. */
void limiter_add(struct limiter *l, const struct limiter_place *place, struct waiter *w, bool front,
                 int64_t now_ms);
/* The next waiter that may be sent, its tokens taken; or NULL, and *wake_ms is when to call again
 * (INT64_MAX: no waiter). */
struct waiter *limiter_next(struct limiter *l, int64_t now_ms, int64_t *wake_ms);
/* AWS throttled a call: its buckets are emptied. */
void limiter_drain(struct limiter *l, const struct limiter_place *place, int64_t now_ms);
void limiter_forget_waiters(struct limiter *l);
/* Public for its tests: memory that stays bounded shows nowhere else. */
size_t limiter_bucket_count(const struct limiter *l);

#endif
