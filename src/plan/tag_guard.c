/* `place` holds {"seen": {KEY: {ARN: VALUE}}, "undecided": {ARN: true}}. */
#include "tag_guard.h"

#include "base/jsonx.h"
#include "model/backup_tag.h"

void tag_guard_note(json_t *place, const json_t *subject, const char *key, bool undecided)
{
    json_t *arn = literal(jx_str_or(subject, "arn", ""));
    const char *name = json_string_value(arn);
    json_t *value = json_object_get(jx_get(subject, "tags"), key);
    if (json_is_string(value)) {
        (void)json_object_set(member_object(member_object(place, "seen"), key), name, value);
    }
    if (undecided) {
        (void)json_object_set_new(member_object(place, "undecided"), name, json_true());
    }
    json_decref(arn);
}

/* No resource of the list `take_arns` has a tag for which the condition holds. */
static json_t *none_with(json_t *take_arns, json_t *take_tag)
{
    return cond_new("ResourceTagMappingList", "none",
                    cond_both("all", cond_new("ResourceARN", "in", take_arns),
                              cond_new("Tags", "some", take_tag)));
}

/* The tag `key` with a value that is none of these (NULL: not one of them). */
static json_t *other_value(const char *key, const char *seen, const char *wanted)
{
    json_t *known = json_array();
    (void)(seen != NULL ? json_array_append_new(known, literal(seen)) : 0);
    (void)(wanted != NULL ? json_array_append_new(known, literal(wanted)) : 0);
    return cond_both("all", cond_new("Key", "equals", literal(key)),
                     cond_not(cond_new("Value", "in", known)));
}

static json_t *other_tier(const char *key)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        if (!str_equal(backup_tag_key(i), key)) {
            (void)json_array_append_new(keys, json_string(backup_tag_key(i)));
        }
    }
    return cond_both("all", cond_new("Key", "in", keys), cond_text("Value", "true"));
}

/* Adds the ARN to the list of that name. */
static void sort_into(json_t *groups, const char *name, json_t *arn)
{
    if (json_object_get(groups, name) == NULL) {
        (void)json_object_set_new(groups, name, json_array());
    }
    (void)json_array_append(json_object_get(groups, name), arn);
}

json_t *tag_guard_condition(const json_t *place, const json_t *arns, const char *key,
                            const char *value)
{
    const json_t *seen = json_object_get(json_object_get(place, "seen"), key);
    const json_t *undecided = json_object_get(place, "undecided");
    json_t *by_value = json_object();
    json_t *unseen = json_array();
    json_t *open = json_array();
    json_t *all = json_array();
    const char *was = NULL;
    json_t *same = NULL;
    for (size_t i = 0; i < json_array_size(arns); i++) {
        json_t *arn = json_array_get(arns, i);
        const char *name = json_string_value(arn);
        const char *before = json_string_value(json_object_get(seen, name));
        if (before != NULL) {
            sort_into(by_value, before, arn);
        } else {
            (void)json_array_append(unseen, arn);
        }
        if (json_object_get(undecided, name) != NULL) {
            (void)json_array_append(open, arn);
        }
    }
    if (json_array_size(unseen) > 0) {
        (void)json_array_append_new(all,
                                    none_with(json_incref(unseen), other_value(key, NULL, value)));
    }
    json_object_foreach(by_value, was, same)
    {
        (void)json_array_append_new(all,
                                    none_with(json_incref(same), other_value(key, was, value)));
    }
    if (json_array_size(open) > 0) {
        (void)json_array_append_new(all, none_with(json_incref(open), other_tier(key)));
    }
    json_decref(by_value);
    json_decref(unseen);
    json_decref(open);
    return json_pack("{s:o}", "all", all);
}
