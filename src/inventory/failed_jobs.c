/* Jobs that did not go well, of one place: counted by what came of them and why. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "subjects_private.h"

struct groups {
    struct visit *v;
    json_t *document;
    json_t *by_kind[2]; /* backup, copy: "STATE CATEGORY" -> group */
};

static json_t *group_of(json_t *groups, const json_t *row)
{
    const char *state = jx_str_or(row, "state", "");
    const char *category = jx_str_or(row, "category", "");
    char *key = xasprintf("%s %s", state, category);
    json_t *group = json_object_get(groups, key);
    if (group == NULL) {
        group = json_object();
        set_text(group, "state", state);
        set_text(group, "category", category);
        set_new(group, "types", json_array());
        set_int(group, "count", 0);
        set_text(group, "last", "");
        set_new(groups, key, group);
    }
    free(key);
    return group;
}

static int add_row(void *context, const struct entity *e)
{
    struct groups *g = context;
    const char *problem = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    bool copy = str_equal(jx_str(row, "kind"), "copy");
    json_t *group = group_of(g->by_kind[copy ? 1 : 0], row);
    const char *type = jx_str_or(row, "type", "");
    /* A summary carries the end of its day, which can be after the run. */
    char now[TIME_ISO_SIZE];
    const char *at = jx_str_or(row, "at", "");
    time_iso(g->v->s->cache->now_ms, now);
    at = g->v->s->cache->now_ms > 0 && strcmp(at, now) > 0 ? now : at;
    set_int(group, "count", jx_int(group, "count", 0) + jx_int(row, "count", 0));
    if (type[0] != '\0' && !jx_list_has(json_object_get(group, "types"), type)) {
        list_text(json_object_get(group, "types"), type);
        sort_texts(json_object_get(group, "types"));
    }
    if (strcmp(at, jx_str_or(group, "last", "")) > 0) {
        set_text(group, "last", at);
    }
    subject_fact(g->document, e->fact);
    json_decref(row);
    return 0;
}

static int by_words(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    return strcmp(jx_str_or(*first, "text", ""), jx_str_or(*second, "text", ""));
}

static char *words_of(const json_t *group)
{
    struct text words;
    const json_t *types = json_object_get(group, "types");
    const char *category = jx_str_or(group, "category", "");
    text_init(&words, 2048);
    text_addf(&words, "%lld %s", jx_int(group, "count", 0), jx_str_or(group, "state", ""));
    if (category[0] != '\0') {
        text_add(&words, " for ");
        text_add_printable(&words, category, strlen(category));
    }
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        text_add(&words, i == 0 ? " (" : ", ");
        text_add_printable(&words, type, strlen(type));
    }
    text_addf(&words, "%s, last %.10s", json_array_size(types) > 0 ? ")" : "",
              jx_str_or(group, "last", ""));
    return text_take(&words);
}

static json_t *in_order(json_t *groups)
{
    const char *key = NULL;
    json_t *group = NULL;
    size_t count = 0;
    json_t **rows = xcalloc(json_object_size(groups) + 1, sizeof(void *));
    json_object_foreach(groups, key, group)
    {
        char *words = words_of(group);
        set_text(group, "text", words);
        free(words);
        rows[count++] = group;
    }
    qsort(rows, count, sizeof(void *), by_words);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append(list, rows[i]);
    }
    free(rows);
    return list;
}

int set_failed_jobs(struct visit *v, const struct account_region *p, json_t *document)
{
    struct groups g = {.v = v, .document = document, .by_kind = {json_object(), json_object()}};
    int rc = store_each_entity(v->s->store, "failed-jobs", p->account->id, p->region, add_row, &g,
                               v->err);
    set_new(document, "failed_backup_jobs", in_order(g.by_kind[0]));
    set_new(document, "failed_copy_jobs", in_order(g.by_kind[1]));
    json_decref(g.by_kind[0]);
    json_decref(g.by_kind[1]);
    return rc;
}
