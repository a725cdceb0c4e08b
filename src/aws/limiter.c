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
/* Allows for the rounding of many small refills. */
#define NEARLY_ONE 0.999999

struct bucket {
    double tokens, per_ms, burst;
    int64_t filled_ms;
    size_t queues; /* that use it */
    char key[];
};

struct call_queue {
    struct waiter_queue waiting;
    struct bucket *buckets[RATES_MAX];
    size_t bucket_count;
    struct call_queue *next; /* in the list of ready queues */
    char key[];
};

struct limiter {
    double share;
    struct bucket *all; /* every call uses it; NULL when there is no such limit */
    struct map *buckets;
    struct map *queues;              /* only those with waiters */
    struct call_queue *first, *last; /* ready queues, in turn; the others sleep */
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

static void waiter_push_front(struct waiter_queue *q, struct waiter *w)
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
    l->queues = map_new(free);
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
    map_free(l->queues);
    map_free(l->buckets);
    free(l->all);
    free(l);
}

/* An idle bucket that is full again is equal to a new one. */
static void sweep(struct limiter *l, int64_t now_ms)
{
    size_t count = 0;
    struct bucket **idle = xcalloc(map_count(l->buckets), sizeof *idle);
    size_t cursor = 0;
    void *value = NULL;
    while (map_next(l->buckets, &cursor, NULL, &value)) {
        struct bucket *b = value;
        bucket_fill(b, now_ms);
        if (b->queues == 0 && b->tokens >= b->burst) {
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

static void append(struct limiter *l, struct call_queue *call_queue)
{
    call_queue->next = NULL;
    if (l->last != NULL) {
        l->last->next = call_queue;
    } else {
        l->first = call_queue;
    }
    l->last = call_queue;
}

static struct call_queue *queue_of(struct limiter *l, const struct limiter_place *place,
                                   int64_t now_ms)
{
    const struct rate *rates[RATES_MAX];
    size_t count = l->share > 0 ? rate_class_rates(place->op->rate, rates) : 0;
    char key[KEY_SIZE];
    (void)snprintf(key, sizeof key, "%d|%s|%s|%s|%s", (int)place->op->service,
                   count > 0 ? rates[0]->group : "", count > 1 ? rates[1]->group : "",
                   place->account, place->region);
    struct call_queue *call_queue = map_get(l->queues, key);
    if (call_queue != NULL) {
        return call_queue;
    }
    if (map_count(l->buckets) >= l->sweep_at) {
        sweep(l, now_ms);
    }
    size_t size = strlen(key) + 1;
    call_queue = xcalloc(1, sizeof *call_queue + size);
    memcpy(call_queue->key, key, size);
    for (size_t i = 0; i < count; i++) {
        call_queue->buckets[i] = bucket_of(l, place, rates[i]);
        call_queue->buckets[i]->queues++;
    }
    call_queue->bucket_count = count;
    map_set(l->queues, key, call_queue);
    append(l, call_queue);
    return call_queue;
}

static void queue_leave(struct limiter *l, struct call_queue *call_queue)
{
    for (size_t i = 0; i < call_queue->bucket_count; i++) {
        call_queue->buckets[i]->queues--;
    }
    (void)map_remove(l->queues, call_queue->key);
}

void limiter_add(struct limiter *l, const struct limiter_place *place, struct waiter *w, bool front,
                 int64_t now_ms)
{
    struct call_queue *call_queue = queue_of(l, place, now_ms);
    if (front) {
        waiter_push_front(&call_queue->waiting, w);
    } else {
        waiter_push(&call_queue->waiting, w);
    }
}

static int64_t queue_ready_ms(const struct call_queue *call_queue, int64_t now_ms)
{
    int64_t ready_ms = now_ms;
    for (size_t i = 0; i < call_queue->bucket_count; i++) {
        int64_t at_ms = bucket_ready_ms(call_queue->buckets[i], now_ms);
        ready_ms = at_ms > ready_ms ? at_ms : ready_ms;
    }
    return ready_ms;
}

static struct waiter *queue_serve(struct limiter *l, struct call_queue *call_queue)
{
    for (size_t i = 0; i < call_queue->bucket_count; i++) {
        call_queue->buckets[i]->tokens -= 1;
    }
    if (l->all != NULL) {
        l->all->tokens -= 1;
    }
    struct waiter *w = waiter_pop(&call_queue->waiting);
    if (call_queue->waiting.head != NULL) {
        append(l, call_queue);
    } else {
        queue_leave(l, call_queue);
    }
    return w;
}

struct waiter *limiter_next(struct limiter *l, int64_t now_ms, int64_t *wake_ms)
{
    for (struct call_queue *call_queue;
         (call_queue = timers_pop_due(&l->sleeping, now_ms)) != NULL;) {
        append(l, call_queue);
    }
    if (l->all != NULL && l->first != NULL) {
        *wake_ms = bucket_ready_ms(l->all, now_ms);
        if (*wake_ms > now_ms) {
            return NULL;
        }
    }
    while (l->first != NULL) {
        struct call_queue *call_queue = l->first;
        l->first = call_queue->next;
        if (l->first == NULL) {
            l->last = NULL;
        }
        int64_t ready_ms = queue_ready_ms(call_queue, now_ms);
        if (ready_ms <= now_ms) {
            return queue_serve(l, call_queue);
        }
        timers_push(&l->sleeping, ready_ms, call_queue);
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
    while (map_next(l->queues, &cursor, NULL, &value)) {
        const struct call_queue *call_queue = value;
        for (size_t i = 0; i < call_queue->bucket_count; i++) {
            call_queue->buckets[i]->queues--;
        }
    }
    map_free(l->queues);
    l->queues = map_new(free);
    l->first = NULL;
    l->last = NULL;
    timers_release(&l->sleeping);
}

size_t limiter_bucket_count(const struct limiter *l)
{
    return map_count(l->buckets);
}
