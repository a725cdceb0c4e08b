#include "model/backup_tag.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "statement.h"

static const struct {
    const char *tier, *key, *plan;
} tiers[BACKUP_TIER_COUNT] = {
    {"hourly", "aws-control-tower-backuphourly", "aws-controltower-hourly-backup-plan"},
    {"daily", "aws-control-tower-backupdaily", "aws-controltower-daily-backup-plan"},
    {"weekly", "aws-control-tower-backupweekly", "aws-controltower-weekly-backup-plan"},
    {"monthly", "aws-control-tower-backupmonthly", "aws-controltower-monthly-backup-plan"},
};

const char *backup_tier(size_t index)
{
    return tiers[index].tier;
}

const char *backup_tag_key(size_t index)
{
    return tiers[index].key;
}

int backup_tier_of_plan(const char *plan_name)
{
    for (size_t i = 0; plan_name != NULL && i < BACKUP_TIER_COUNT; i++) {
        if (str_starts(plan_name, tiers[i].plan)) {
            return (int)i;
        }
    }
    return -1;
}

static char *fold(const char *s)
{
    char *copy = xstrdup(s);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    return copy;
}

static int exact(const char *key)
{
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        if (strcmp(key, tiers[i].key) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void look_near(const char *key, json_t *near_misses)
{
    /* Tag keys have 128 characters at most; most are cheap to distinguish by their length. */
    size_t length = strlen(key);
    if (length < 26 || length > 40) {
        return;
    }
    char *folded = fold(key);
    unsigned best = BACKUP_TAG_DISTANCE_MAX + 1;
    size_t nearest = 0;
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        unsigned distance = str_distance(folded, tiers[i].key, BACKUP_TAG_DISTANCE_MAX);
        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    if (best <= BACKUP_TAG_DISTANCE_MAX) {
        (void)json_array_append_new(
            near_misses, json_pack("{s:o,s:s,s:i}", "key", jx_string(key, length), "nearest",
                                   tiers[nearest].key, "distance", (int)best));
    }
    free(folded);
}

static int by_name(const void *a, const void *b)
{
    const char *const *first = a;
    const char *const *second = b;
    return strcmp(*first, *second);
}

bool backup_tags_any(const json_t *tags)
{
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        if (str_equal(json_string_value(json_object_get(tags, tiers[i].key)), "true")) {
            return true;
        }
    }
    return false;
}

void backup_tags_examine(const json_t *tags, json_t *document)
{
    bool valid[BACKUP_TIER_COUNT] = {false};
    json_t *wrong = json_array();
    json_t *near_misses = json_array();
    json_t *valid_tiers = json_array();
    json_t *walk = json_copy(json_is_object(tags) ? jx_get(tags, "") : NULL);
    size_t count = json_object_size(walk);
    const char **keys = xcalloc(count + 1, sizeof *keys);
    const char *key = NULL;
    json_t *value = NULL;
    size_t at = 0;
    json_object_foreach(walk, key, value)
    {
        keys[at++] = key;
    }
    qsort(keys, count, sizeof *keys, by_name);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_object_get(walk, keys[i]));
        int tier = exact(keys[i]);
        if (tier < 0) {
            look_near(keys[i], near_misses);
        } else if (str_equal(text, "true")) {
            valid[tier] = true;
        } else {
            (void)json_array_append_new(
                wrong, json_pack("{s:s,s:s}", "key", keys[i], "value", text != NULL ? text : ""));
        }
    }
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        if (valid[i]) {
            (void)json_array_append_new(valid_tiers, json_string(tiers[i].tier));
        }
    }
    (void)json_object_set_new(document, "tagged", json_boolean(json_array_size(valid_tiers) > 0));
    (void)json_object_set_new(document, "tiers", valid_tiers);
    (void)json_object_set_new(document, "wrong_values", wrong);
    (void)json_object_set_new(document, "near_misses", near_misses);
    free(keys);
    json_decref(walk);
}

bool key_tags_are_ours(const json_t *tags)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        if (str_equal(jx_str(tag, "Key"), KEY_TAG) &&
            str_equal(jx_str(tag, "Value"), KEY_TAG_VALUE)) {
            return true;
        }
    }
    return false;
}
