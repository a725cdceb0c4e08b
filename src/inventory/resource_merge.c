#include <string.h>

#include "base/jsonx.h"
#include "model/resource_type.h"
#include "subjects_resource.h"

/* What is known of a resource besides the two inventories. Its rows carry the ARN as their key, or
 * the ARN, a space and more; no ARN holds a space, so that all walks are in the same order. */
enum { PROTECTED, CENTRAL, VOLUMES, MEMBER, BESIDE_COUNT };
static const char *const beside_kinds[BESIDE_COUNT] = {"protected", "central-copy", "attachment",
                                                       "cluster-member"};

struct walks {
    struct cursor direct, tagged, beside[BESIDE_COUNT];
};

static json_t *tags_of_mapping(const json_t *mapping)
{
    const json_t *list = jx_get(mapping, "Tags");
    json_t *tags = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *tag = json_array_get(list, i);
        const char *key = jx_str(tag, "Key");
        if (key != NULL) {
            set_text(tags, key, jx_str_or(tag, "Value", ""));
        }
    }
    return tags;
}

/* The rows that go with the ARN; those of ARNs that neither inventory knows are passed over. */
static int take_beside(struct cursor *c, const char *arn, json_t **rows, int64_t *fact,
                       struct err *err)
{
    size_t length = strlen(arn);
    int rc = 0;
    while (rc == 0 && c->more) {
        int order = strncmp(c->row.key, arn, length);
        if (order > 0 || (order == 0 && c->row.key[length] > ' ')) {
            break;
        }
        if (order == 0) {
            const char *problem = NULL;
            json_t *row = jx_parse(c->row.json, c->row.json_length, &problem);
            *rows = *rows != NULL ? *rows : json_array();
            (void)json_array_append_new(*rows, row != NULL ? row : json_null());
            *fact = c->row.fact;
        }
        rc = cursor_next(c, err);
    }
    return rc;
}

/* One step of the merge: the row of either walk, or of both when they stand at the same ARN. */
static int meet(struct visit *v, struct walks *w, int order,
                int (*each)(void *context, const struct merged_resource *s), void *context)
{
    const struct entity *direct = order <= 0 ? &w->direct.row : NULL;
    const struct entity *tagged = order >= 0 ? &w->tagged.row : NULL;
    const char *problem = NULL;
    json_t *rows[BESIDE_COUNT] = {NULL};
    json_t *own = direct != NULL ? jx_parse(direct->json, direct->json_length, &problem) : NULL;
    /* What a service itself says of tags counts; the mapping is read where it says nothing. */
    bool needed = tagged != NULL && jx_get(own, "tags") == NULL;
    json_t *mapping = needed ? jx_parse(tagged->json, tagged->json_length, &problem) : NULL;
    if (problem != NULL) {
        json_decref(own);
        json_decref(mapping);
        return err_set(v->err, ERR_INPUT, "the run's resource %s is damaged: %s",
                       direct != NULL ? direct->key : tagged->key, problem);
    }
    json_t *own_tags = jx_get(own, "tags");
    struct merged_resource s = {
        .arn = direct != NULL ? direct->key : tagged->key,
        .direct = own,
        .in_tagging = tagged != NULL,
        .tags_from_service = own_tags != NULL,
        .facts = {direct != NULL ? direct->fact : 0, tagged != NULL ? tagged->fact : 0}};
    int64_t unused = 0;
    int64_t *facts[BESIDE_COUNT] = {&s.facts[2], &s.facts[3], &unused, &unused};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BESIDE_COUNT; i++) {
        rc = take_beside(&w->beside[i], s.arn, &rows[i], facts[i], v->err);
    }
    s.protection = json_array_get(rows[PROTECTED], 0);
    s.central = json_array_get(rows[CENTRAL], 0);
    s.volumes = rows[VOLUMES];
    s.type = direct != NULL ? jx_str(own, "type") : resource_type_of_arn(s.arn);
    s.tags = own_tags != NULL ? json_incref(own_tags) : tags_of_mapping(mapping);
    /* Backups and members of clusters carry the tags of what is backed up. */
    bool derived = direct == NULL && (rows[MEMBER] != NULL || resource_is_backup(s.arn, s.tags));
    rc = rc == 0 && !derived ? each(context, &s) : rc;
    for (size_t i = 0; i < BESIDE_COUNT; i++) {
        json_decref(rows[i]);
    }
    json_decref(s.tags);
    json_decref(own);
    json_decref(mapping);
    return rc;
}

static int open_walks(struct visit *v, const struct account_region *p, struct walks *w)
{
    struct store *s = v->s->store;
    int rc = cursor_open(&w->direct, s, "resource", p->account->id, p->region, v->err);
    if (rc == 0) {
        rc = cursor_open(&w->tagged, s, "tagged", p->account->id, p->region, v->err);
    }
    for (size_t i = 0; rc == 0 && i < BESIDE_COUNT; i++) {
        rc = cursor_open(&w->beside[i], s, beside_kinds[i], p->account->id, p->region, v->err);
    }
    return rc;
}

static void close_walks(struct walks *w)
{
    cursor_close(&w->direct);
    cursor_close(&w->tagged);
    for (size_t i = 0; i < BESIDE_COUNT; i++) {
        cursor_close(&w->beside[i]);
    }
}

int merged_resource_each(struct visit *v, const struct account_region *p,
                         int (*each)(void *context, const struct merged_resource *s), void *context)
{
    struct walks w = {0};
    int rc = open_walks(v, p, &w);
    while (rc == 0 && (w.direct.more || w.tagged.more)) {
        int order = !w.tagged.more   ? -1
                    : !w.direct.more ? 1
                                     : strcmp(w.direct.row.key, w.tagged.row.key);
        rc = meet(v, &w, order, each, context);
        if (rc == 0 && order <= 0) {
            rc = cursor_next(&w.direct, v->err);
        }
        if (rc == 0 && order >= 0) {
            rc = cursor_next(&w.tagged, v->err);
        }
    }
    close_walks(&w);
    return rc;
}
