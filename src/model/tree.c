#include "model/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

#define ID_SIZE 128
#define DEPTH_MAX 32 /* Organizations allows 5 */

struct tree {
    struct unit **units;
    size_t count;
    struct map *by_id;
};

struct tree *tree_new(void)
{
    struct tree *t = xcalloc(1, sizeof *t);
    t->by_id = map_new(NULL);
    return t;
}

void tree_free(struct tree *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        struct unit *u = t->units[i];
        free(u->id);
        free(u->arn);
        free(u->name);
        free(u->parent_id);
        free(u->path);
        free(u);
    }
    free(t->units);
    map_free(t->by_id);
    free(t);
}

const char *tree_parent_of_path(const char *organizations_path, char *out, size_t size)
{
    const char *before = NULL;
    const char *last = NULL;
    out[0] = '\0';
    for (const char *at = organizations_path; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "/");
        if (length > 0) {
            before = last;
            last = at;
        }
        at += length + (at[length] == '/' ? 1 : 0);
    }
    if (before != NULL) {
        (void)snprintf(out, size, "%.*s", (int)strcspn(before, "/"), before);
    }
    return out;
}

void tree_add(struct tree *t, const char *id, const char *parent_id, const char *name,
              const char *arn, const char *organizations_path)
{
    char from_path[ID_SIZE];
    if (map_get(t->by_id, id) != NULL) {
        return;
    }
    if (parent_id == NULL) {
        parent_id = tree_parent_of_path(organizations_path, from_path, sizeof from_path);
    }
    struct unit *u = xcalloc(1, sizeof *u);
    u->id = xstrdup(id);
    u->parent_id = xstrdup(parent_id);
    u->name = xstrdup(name);
    u->arn = xstrdup(arn);
    t->units = xreallocarray(t->units, t->count + 1, sizeof(void *));
    t->units[t->count++] = u;
    map_set(t->by_id, id, u);
}

static void cut_circle(struct unit *u)
{
    unsigned steps = 0;
    for (const struct unit *at = u->parent; at != NULL; at = at->parent) {
        if (at == u || ++steps > DEPTH_MAX) {
            u->parent = NULL;
            return;
        }
    }
}

static void write_path(struct unit *u)
{
    const struct unit *chain[DEPTH_MAX + 1];
    size_t count = 0;
    struct text path;
    for (const struct unit *at = u; at != NULL && count <= DEPTH_MAX; at = at->parent) {
        chain[count++] = at;
    }
    text_init(&path, (size_t)16 * 1024);
    for (size_t i = count; i > 0; i--) {
        text_add(&path, chain[i - 1]->name);
        text_add(&path, i > 1 ? "/" : "");
    }
    u->depth = (unsigned)count;
    u->path = text_take(&path);
}

static int by_depth(const void *a, const void *b)
{
    const struct unit *const *first = a;
    const struct unit *const *second = b;
    if ((*first)->depth != (*second)->depth) {
        return (*first)->depth < (*second)->depth ? -1 : 1;
    }
    int order = strcmp((*first)->path, (*second)->path);
    return order != 0 ? order : strcmp((*first)->id, (*second)->id);
}

void tree_finish(struct tree *t)
{
    for (size_t i = 0; i < t->count; i++) {
        t->units[i]->parent = map_get(t->by_id, t->units[i]->parent_id);
    }
    for (size_t i = 0; i < t->count; i++) {
        cut_circle(t->units[i]);
    }
    for (size_t i = 0; i < t->count; i++) {
        write_path(t->units[i]);
    }
    if (t->count > 0) {
        qsort(t->units, t->count, sizeof(void *), by_depth);
    }
}

size_t tree_count(const struct tree *t)
{
    return t->count;
}

const struct unit *tree_at(const struct tree *t, size_t index)
{
    return t->units[index];
}

const struct unit *tree_find(const struct tree *t, const char *id)
{
    return id != NULL ? map_get(t->by_id, id) : NULL;
}

bool unit_is_under(const struct unit *u, const struct unit *ancestor)
{
    for (const struct unit *at = u->parent; at != NULL && ancestor != NULL; at = at->parent) {
        if (at == ancestor) {
            return true;
        }
    }
    return false;
}

bool unit_is_named(const struct unit *u, const char *word)
{
    return str_equal(word, u->id) || str_equal(word, u->name) || str_glob(word, u->path);
}
