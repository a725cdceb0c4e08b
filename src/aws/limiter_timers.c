#include "limiter_timers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void timers_release(struct timers *t)
{
    free(t->items);
    memset(t, 0, sizeof *t);
}

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct timer *a, struct timer *b)
{
    struct timer kept = *a;
    *a = *b;
    *b = kept;
}

void timers_push(struct timers *t, int64_t at_ms, void *what)
{
    if (t->count == t->size) {
        t->size = t->size > 0 ? t->size * 2 : 16;
        t->items = xreallocarray(t->items, t->size, sizeof *t->items);
    }
    size_t i = t->count++;
    t->items[i] = (struct timer){at_ms, t->next_order++, what};
    while (i > 0 && earlier(&t->items[i], &t->items[(i - 1) / 2])) {
        swap(&t->items[i], &t->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

void *timers_pop_due(struct timers *t, int64_t now_ms)
{
    if (t->count == 0 || t->items[0].at_ms > now_ms) {
        return NULL;
    }
    void *what = t->items[0].what;
    t->items[0] = t->items[--t->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < t->count; child++) {
            least = earlier(&t->items[child], &t->items[least]) ? child : least;
        }
        if (least == i) {
            return what;
        }
        swap(&t->items[i], &t->items[least]);
        i = least;
    }
}

int64_t timers_next(const struct timers *t)
{
    return t->count > 0 ? t->items[0].at_ms : INT64_MAX;
}
