#include "limiter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "limiter_timers.h"

#define KEY_SIZE 320
#define SWEEP_FIRST 1024
/* What rounding of many small refills may cost without anyone having to wait for it. */
#define NEARLY_ONE 0.999999

struct bucket {
    double tokens, per_ms, burst;
    int64_t filled_ms;
    size_t lanes; /* that draw from it */
    char key[];
};

struct lane {
    struct waiter_queue waiting;
    struct bucket *buckets[RATES_MAX];
    size_t bucket_count;
    struct lane *next; /* in the ring of lanes to look at */
    char key[];
};

struct limiter {
    double share;
    struct bucket *all; /* every call draws from it; NULL when there is no such limit */
    struct map *buckets;
    struct map *lanes;         /* only those with waiters */
    struct lane *first, *last; /* lanes to look at, in turn; the others sleep */
    struct timers sleeping;
    size_t sweep_at;
};

void waiter_push(struct waiter_queue *q, struct waiter *w)
{
    w->next = NULL;
    if (q->tail != NULL) {
        q->tail->next = w;
    } else {
        q->head = w;
    }
    q->tail = w;
}

void waiter_push_front(struct waiter_queue *q, struct waiter *w)
{
    w->next = q->head;
    q->head = w;
    if (q->tail == NULL) {
        q->tail = w;
    }
}

struct waiter *waiter_pop(struct waiter_queue *q)
{
    struct waiter *w = q->head;
    if (w == NULL) {
        return NULL;
    }
    q->head = w->next;
    if (q->head == NULL) {
        q->tail = NULL;
    }
    w->next = NULL;
    return w;
}

static struct bucket *bucket_new(const char *key, double per_second, double burst)
{
    size_t size = strlen(key) + 1;
    struct bucket *b = xcalloc(1, sizeof *b + size);
    memcpy(b->key, key, size);
    b->per_ms = per_second / 1000;
    b->burst = burst > 1 ? burst : 1;
    b->tokens = b->burst;
    b->filled_ms = INT64_MIN;
    return b;
}

static void bucket_fill(struct bucket *b, int64_t now_ms)
{
    if (b->filled_ms != INT64_MIN && now_ms > b->filled_ms) {
        b->tokens = fmin(b->burst, b->tokens + (double)(now_ms - b->filled_ms) * b->per_ms);
    }
    if (b->filled_ms == INT64_MIN || now_ms > b->filled_ms) {
        b->filled_ms = now_ms;
    }
}

/* When the bucket will hold a whole token: now, or later. */
static int64_t bucket_ready_ms(struct bucket *b, int64_t now_ms)
{
    bucket_fill(b, now_ms);
    if (b->tokens >= NEARLY_ONE) {
        return now_ms;
    }
    double wait_ms = ceil((1 - b->tokens) / b->per_ms);
    return now_ms + (wait_ms < 1 ? 1 : (int64_t)wait_ms);
}

struct limiter *limiter_new(double share, double max_rate)
{
    struct limiter *l = xcalloc(1, sizeof *l);
    l->share = share;
    l->buckets = map_new(free);
    l->lanes = map_new(free);
    l->sweep_at = SWEEP_FIRST;
    if (max_rate > 0) {
        l->all = bucket_new("", max_rate, 1);
    }
    return l;
}

void limiter_free(struct limiter *l)
{
    if (l == NULL) {
        return;
    }
    timers_release(&l->sleeping);
    map_free(l->lanes);
    map_free(l->buckets);
    free(l->all);
    free(l);
}

/* An idle bucket that is full again remembers nothing a new one would not know. */
static void sweep(struct limiter *l, int64_t now_ms)
{
    size_t count = 0;
    struct bucket **idle = xcalloc(map_count(l->buckets), sizeof *idle);
    size_t cursor = 0;
    void *value = NULL;
    while (map_next(l->buckets, &cursor, NULL, &value)) {
        struct bucket *b = value;
        bucket_fill(b, now_ms);
        if (b->lanes == 0 && b->tokens >= b->burst) {
            idle[count++] = b;
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)map_remove(l->buckets, idle[i]->key);
    }
    free(idle);
    size_t left = map_count(l->buckets);
    l->sweep_at = left * 2 > SWEEP_FIRST ? left * 2 : SWEEP_FIRST;
}

static void bucket_key(const struct limiter_place *place, const struct rate *rate,
                       char out[KEY_SIZE])
{
    bool account = rate->scope != PER_ORGANIZATION;
    bool region = rate->scope == PER_ACCOUNT_AND_REGION;
    (void)snprintf(out, KEY_SIZE, "%d|%d|%s|%s|%s", (int)place->op->service, (int)rate->scope,
                   rate->group, account ? place->account : "", region ? place->region : "");
}

static struct bucket *bucket_of(struct limiter *l, const struct limiter_place *place,
                                const struct rate *rate)
{
    char key[KEY_SIZE];
    bucket_key(place, rate, key);
    struct bucket *b = map_get(l->buckets, key);
    if (b == NULL) {
        b = bucket_new(key, rate->per_second * l->share, rate->burst * l->share);
        map_set(l->buckets, key, b);
    }
    return b;
}

static void append(struct limiter *l, struct lane *lane)
{
    lane->next = NULL;
    if (l->last != NULL) {
        l->last->next = lane;
    } else {
        l->first = lane;
    }
    l->last = lane;
}

static struct lane *lane_of(struct limiter *l, const struct limiter_place *place, int64_t now_ms)
{
    const struct rate *rates[RATES_MAX];
    size_t count = l->share > 0 ? rate_class_rates(place->op->rate, rates) : 0;
    char key[KEY_SIZE];
    (void)snprintf(key, sizeof key, "%d|%s|%s|%s|%s", (int)place->op->service,
                   count > 0 ? rates[0]->group : "", count > 1 ? rates[1]->group : "",
                   place->account, place->region);
    struct lane *lane = map_get(l->lanes, key);
    if (lane != NULL) {
        return lane;
    }
    if (map_count(l->buckets) >= l->sweep_at) {
        sweep(l, now_ms);
    }
    size_t size = strlen(key) + 1;
    lane = xcalloc(1, sizeof *lane + size);
    memcpy(lane->key, key, size);
    for (size_t i = 0; i < count; i++) {
        lane->buckets[i] = bucket_of(l, place, rates[i]);
        lane->buckets[i]->lanes++;
    }
    lane->bucket_count = count;
    map_set(l->lanes, key, lane);
    append(l, lane);
    return lane;
}

static void lane_leave(struct limiter *l, struct lane *lane)
{
    for (size_t i = 0; i < lane->bucket_count; i++) {
        lane->buckets[i]->lanes--;
    }
    (void)map_remove(l->lanes, lane->key);
}

void limiter_add(struct limiter *l, const struct limiter_place *place, struct waiter *w, bool front,
                 int64_t now_ms)
{
    struct lane *lane = lane_of(l, place, now_ms);
    if (front) {
        waiter_push_front(&lane->waiting, w);
    } else {
        waiter_push(&lane->waiting, w);
    }
}

static int64_t lane_ready_ms(const struct lane *lane, int64_t now_ms)
{
    int64_t ready_ms = now_ms;
    for (size_t i = 0; i < lane->bucket_count; i++) {
        int64_t at_ms = bucket_ready_ms(lane->buckets[i], now_ms);
        ready_ms = at_ms > ready_ms ? at_ms : ready_ms;
    }
    return ready_ms;
}

static struct waiter *lane_serve(struct limiter *l, struct lane *lane)
{
    for (size_t i = 0; i < lane->bucket_count; i++) {
        lane->buckets[i]->tokens -= 1;
    }
    if (l->all != NULL) {
        l->all->tokens -= 1;
    }
    struct waiter *w = waiter_pop(&lane->waiting);
    if (lane->waiting.head != NULL) {
        append(l, lane);
    } else {
        lane_leave(l, lane);
    }
    return w;
}

struct waiter *limiter_next(struct limiter *l, int64_t now_ms, int64_t *wake_ms)
{
    for (struct lane *lane; (lane = timers_pop_due(&l->sleeping, now_ms)) != NULL;) {
        append(l, lane);
    }
    if (l->all != NULL && l->first != NULL) {
        *wake_ms = bucket_ready_ms(l->all, now_ms);
        if (*wake_ms > now_ms) {
            return NULL;
        }
    }
    while (l->first != NULL) {
        struct lane *lane = l->first;
        l->first = lane->next;
        if (l->first == NULL) {
            l->last = NULL;
        }
        int64_t ready_ms = lane_ready_ms(lane, now_ms);
        if (ready_ms <= now_ms) {
            return lane_serve(l, lane);
        }
        timers_push(&l->sleeping, ready_ms, lane);
    }
    *wake_ms = timers_next(&l->sleeping);
    return NULL;
}

void limiter_drain(struct limiter *l, const struct limiter_place *place, int64_t now_ms)
{
    const struct rate *rates[RATES_MAX];
    size_t count = l->share > 0 ? rate_class_rates(place->op->rate, rates) : 0;
    for (size_t i = 0; i < count; i++) {
        struct bucket *b = bucket_of(l, place, rates[i]);
        bucket_fill(b, now_ms);
        b->tokens = fmin(b->tokens, 0);
    }
}

void limiter_forget_waiters(struct limiter *l)
{
    size_t cursor = 0;
    void *value = NULL;
    while (map_next(l->lanes, &cursor, NULL, &value)) {
        const struct lane *lane = value;
        for (size_t i = 0; i < lane->bucket_count; i++) {
            lane->buckets[i]->lanes--;
        }
    }
    map_free(l->lanes);
    l->lanes = map_new(free);
    l->first = NULL;
    l->last = NULL;
    timers_release(&l->sleeping);
}

size_t limiter_bucket_count(const struct limiter *l)
{
    return map_count(l->buckets);
}
