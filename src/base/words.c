#include "base/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void words_add_one(struct words *w, const char *start, size_t length)
{
    while (length > 0 && *start == ' ') {
        start++;
        length--;
    }
    while (length > 0 && start[length - 1] == ' ') {
        length--;
    }
    if (length == 0) {
        return;
    }
    w->items = xreallocarray(w->items, w->count + 2, sizeof *w->items);
    w->items[w->count++] = xstrndup(start, length);
    w->items[w->count] = NULL;
}

void words_add(struct words *w, const char *commas)
{
    while (*commas) {
        size_t length = strcspn(commas, ",");
        words_add_one(w, commas, length);
        commas += length + (commas[length] == ',');
    }
}

void words_release(struct words *w)
{
    for (size_t i = 0; i < w->count; i++) {
        free(w->items[i]);
    }
    free(w->items);
    *w = (struct words){0};
}

const char *const *words_list(const struct words *w)
{
    return (const char *const *)w->items;
}
