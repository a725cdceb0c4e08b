/*
 * Pacing: token buckets filled from the published rates, which are the customer's own quota. A call
 * waits in the lane of its operation group, account and Region; lanes whose buckets hold a token
 * are served in turn, so a slow bucket holds up nobody else. Time is an argument, in milliseconds
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
void waiter_push_front(struct waiter_queue *q, struct waiter *w);
struct waiter *waiter_pop(struct waiter_queue *q); /* NULL when empty */

struct limiter;

struct limiter_place { /* what a call is charged to; strings borrowed */
    const struct op *op;
    const char *account, *region;
};

/* share: part of the published rates, 0 to mind none of them; max_rate: all calls together per
 * second, 0 for no such limit. */
struct limiter *limiter_new(double share, double max_rate);
void limiter_free(struct limiter *l); /* forgets the waiters, which are not its own */
/* front: a call that has waited before and goes first among its equals. */
void limiter_add(struct limiter *l, const struct limiter_place *place, struct waiter *w, bool front,
                 int64_t now_ms);
/* The next waiter that may go, its tokens taken; or NULL, and *wake_ms says when to ask again
 * (INT64_MAX: nobody waits). */
struct waiter *limiter_next(struct limiter *l, int64_t now_ms, int64_t *wake_ms);
/* AWS throttled a call: its buckets are emptied, whatever we believed them to hold. */
void limiter_drain(struct limiter *l, const struct limiter_place *place, int64_t now_ms);
void limiter_forget_waiters(struct limiter *l);
size_t limiter_bucket_count(const struct limiter *l);

#endif
