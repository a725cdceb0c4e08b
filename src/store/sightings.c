#include <string.h>

#include "base/jsonx.h"
#include "model/resource_type.h"
#include "subjects_resource.h"

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

/* One step of the merge: the row of either walk, or of both when they stand at the same ARN. */
static int meet(struct visit *v, const struct entity *direct, const struct entity *tagged,
                int (*each)(void *context, const struct sighting *s), void *context)
{
    const char *problem = NULL;
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
    struct sighting s = {
        .arn = direct != NULL ? direct->key : tagged->key,
        .direct = own,
        .in_tagging = tagged != NULL,
        .tags_from_service = own_tags != NULL,
        .facts = {direct != NULL ? direct->fact : 0, tagged != NULL ? tagged->fact : 0}};
    s.type = direct != NULL ? jx_str(own, "type") : resource_type_of_arn(s.arn);
    s.tags = own_tags != NULL ? json_incref(own_tags) : tags_of_mapping(mapping);
    int result = each(context, &s);
    json_decref(s.tags);
    json_decref(own);
    json_decref(mapping);
    return result;
}

int sightings_each(struct visit *v, const struct place *p,
                   int (*each)(void *context, const struct sighting *s), void *context)
{
    struct cursor direct = {0};
    struct cursor tagged = {0};
    int result = cursor_open(&direct, v->s->store, "resource", p->member->id, p->region, v->err);
    if (result == 0) {
        result = cursor_open(&tagged, v->s->store, "tagged", p->member->id, p->region, v->err);
    }
    while (result == 0 && (direct.more || tagged.more)) {
        int order = !tagged.more ? -1 : !direct.more ? 1 : strcmp(direct.row.key, tagged.row.key);
        result = meet(v, order <= 0 ? &direct.row : NULL, order >= 0 ? &tagged.row : NULL, each,
                      context);
        if (result == 0 && order <= 0) {
            result = cursor_next(&direct, v->err);
        }
        if (result == 0 && order >= 0) {
            result = cursor_next(&tagged, v->err);
        }
    }
    cursor_close(&direct);
    cursor_close(&tagged);
    return result;
}
