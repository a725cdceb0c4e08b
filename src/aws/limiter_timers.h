/* A heap of timers: the earliest comes first, equal ones in the order they were added. */
#ifndef TOWERKEEP_AWS_LIMITER_TIMERS_H
#define TOWERKEEP_AWS_LIMITER_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t at_ms;
    uint64_t order;
    void *what; /* borrowed */
};

struct timers { /* zeroed: empty */
    struct timer *items;
    size_t count, size;
    uint64_t next_order;
};

void timers_release(struct timers *t);
void timers_push(struct timers *t, int64_t at_ms, void *what);
void *timers_pop_due(struct timers *t, int64_t now_ms); /* NULL when nothing is due */
int64_t timers_next(const struct timers *t);            /* INT64_MAX when empty */

#endif
