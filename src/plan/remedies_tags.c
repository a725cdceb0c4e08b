/* Step 6: backup tags of resources. The Tagging API takes twenty resources a call, so subjects are
 * gathered first: scratch is {"ACCOUNT/REGION": {"account", "region", "keys": {KEY: {ARN:
 * [reason]}}}}, and what tag_guard.c notes there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/backup_tag.h"
#include "remedy.h"
#include "service_tags.h"
#include "tag_guard.h"

#define ARNS_A_CALL 20
#define TAG "tag-resource"
#define UNTAG "untag-resource"

enum row { TAG_RESOURCE, UNTAG_RESOURCE, ROW_COUNT };

static const struct remedy rows[ROW_COUNT];

static void add_word(json_t *list, const char *word)
{
    if (!jx_list_has(list, word)) {
        (void)json_array_append_new(list, json_string(word));
    }
}

static void gather(struct making *m, const char *remedy, const json_t *subject, const char *key,
                   const char *reason)
{
    const char *account = jx_str_or(subject, "account", "");
    const char *region = jx_str_or(subject, "region", "");
    char *name = xasprintf("%s/%s", account, region);
    json_t *place = member_object(making_scratch(m, remedy), name);
    jx_set_str(place, "account", account);
    jx_set_str(place, "region", region);
    json_t *arns = member_object(member_object(place, "keys"), key);
    const char *arn = jx_str_or(subject, "arn", "");
    json_t *reasons = json_object_get(arns, arn);
    if (reasons == NULL) {
        reasons = json_array();
        (void)json_object_set_new(arns, arn, reasons);
    }
    add_word(reasons, reason);
    if (m->check_id[0] != '\0') {
        char check[80];
        (void)snprintf(check, sizeof check, "check:%s", m->check_id);
        add_word(reasons, check);
    }
    bool undecided = jx_count(subject, "tiers") + jx_count(subject, "wrong_values") +
                         jx_count(subject, "near_misses") ==
                     0;
    tag_guard_note(place, subject, key, undecided);
    free(name);
}

static const char *tier_key(const char *tier)
{
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        if (str_equal(tier, backup_tier(i))) {
            return backup_tag_key(i);
        }
    }
    return NULL;
}

static bool carries(const json_t *subject, const char *key)
{
    const json_t *tiers = jx_get(subject, "tiers");
    for (size_t i = 0; i < json_array_size(tiers); i++) {
        if (str_equal(tier_key(json_string_value(json_array_get(tiers, i))), key)) {
            return true;
        }
    }
    return false;
}

static int make_tag_resource(struct making *m, const json_t *subject, const char *reason,
                             struct err *err)
{
    const json_t *wrong = jx_get(subject, "wrong_values");
    const json_t *near = jx_get(subject, "near_misses");
    if (!jx_bool(subject, "supported")) {
        return remedy_run(m, UNTAG, subject, reason, err);
    }
    for (size_t i = 0; i < json_array_size(wrong); i++) {
        gather(m, TAG, subject, jx_str_or(json_array_get(wrong, i), "key", ""), reason);
    }
    for (size_t i = 0; i < json_array_size(near); i++) {
        const json_t *miss = json_array_get(near, i);
        const char *meant = jx_str_or(miss, "nearest", "");
        if (!carries(subject, meant)) {
            gather(m, TAG, subject, meant, reason);
        }
        gather(m, UNTAG, subject, jx_str_or(miss, "key", ""), reason);
    }
    if (json_array_size(wrong) + json_array_size(near) > 0 || jx_bool(subject, "tagged")) {
        return 0;
    }
    const char *key = tier_key(jx_str(m->config, "tags.default_tier"));
    if (key == NULL) {
        return making_cannot(m, "the owner decides the backup frequency: tag it, exempt it, or set "
                                "tags.default_tier in the configuration");
    }
    gather(m, TAG, subject, key, reason);
    return 0;
}

static int make_untag_resource(struct making *m, const json_t *subject, const char *reason,
                               struct err *err)
{
    static const char *const lists[] = {"wrong_values", "near_misses"};
    const json_t *tiers = jx_get(subject, "tiers");
    (void)err;
    for (size_t i = 0; i < json_array_size(tiers); i++) {
        const char *key = tier_key(json_string_value(json_array_get(tiers, i)));
        if (key != NULL) {
            gather(m, UNTAG, subject, key, reason);
        }
    }
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *list = jx_get(subject, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            gather(m, UNTAG, subject, jx_str_or(json_array_get(list, i), "key", ""), reason);
        }
    }
    return 0;
}

/* --- the gathered, twenty at a time --- */

struct batch {
    struct making *m;
    const json_t *place;
    enum row row;
    const char *key;
    unsigned number;
    json_t *arns, *reasons;
};

static struct plan_call *tagging(const struct batch *b, const char *operation, json_t *take_input)
{
    const char *account = jx_str_or(b->place, "account", "");
    return call_new(b->m, operation, account, jx_str_or(b->place, "region", ""),
                    making_role(b->m, account), take_input);
}

static struct plan_call *get_resources(const struct batch *b)
{
    return tagging(b, "tagging:GetResources", json_pack("{s:O}", "ResourceARNList", b->arns));
}

/* Every resource carries the tag; or none does. */
static json_t *condition_of(const struct batch *b)
{
    static const char list[] = "ResourceTagMappingList";
    if (b->row == UNTAG_RESOURCE) {
        json_t *key = cond_new("Key", "equals", literal(b->key));
        return cond_new(list, "none", cond_new("Tags", "some", key));
    }
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(b->arns); i++) {
        json_t *one = json_pack("{s:O,s:[{s:s,s:s}]}", "ResourceARN", json_array_get(b->arns, i),
                                "Tags", "Key", b->key, "Value", "true");
        (void)json_array_append_new(all, one);
    }
    return cond_new(list, "superset_of", all);
}

static struct plan_step *batch_step(const struct batch *b)
{
    const char *account = jx_str_or(b->place, "account", "");
    const char *region = jx_str_or(b->place, "region", "");
    bool tag = b->row == TAG_RESOURCE;
    size_t count = json_array_size(b->arns);
    char *target = tag ? xasprintf("%s/%s/%s/%u", account, region, b->key, b->number)
                       : xasprintf("%s/%s/%u", account, region, b->number);
    struct plan_step *step = step_new(&rows[b->row], target, "%s %.128s%s %zu resource%s in %s, %s",
                                      tag ? "Tag" : "Remove", b->key, tag ? " = true on" : " from",
                                      count, count == 1 ? "" : "s", account, region);
    json_t *input = json_pack("{s:O}", "ResourceARNList", b->arns);
    if (tag) {
        (void)json_object_set_new(input, "Tags", json_pack("{s:s}", b->key, "true"));
    } else {
        (void)json_object_set_new(input, "TagKeys", json_pack("[o]", literal(b->key)));
        char *before = xasprintf(TAG "/%s/%s/*", account, region);
        step_after(step, before);
        free(before);
    }
    step_send(step, tagging(b, tag ? "tagging:TagResources" : "tagging:UntagResources", input));
    /* AWS answers 200 also when single resources were refused. */
    step_fail_when(step,
                   cond_both("all", cond_present("FailedResourcesMap", true),
                             cond_not(cond_new("FailedResourcesMap", "equals", json_object()))));
    step->retry = service_tags_new(b->m, account, region, b->arns, b->key, tag ? "true" : NULL);
    step_done(step, probe_new(get_resources(b), condition_of(b), false));
    /* Nothing listed is nothing that somebody changed: the Tagging API may lag behind the services.
     */
    json_t *same = tag_guard_condition(b->place, b->arns, b->key, tag ? "true" : NULL);
    step_precondition(step, probe_says(probe_new(get_resources(b), same, true),
                                       "these backup tags were changed after the scan"));
    step_change(step, tag ? json_null() : json_string(b->key),
                tag ? json_pack("{s:s}", b->key, "true") : json_null());
    free(target);
    return step;
}

static int flush(struct batch *b, struct err *err)
{
    int rc = 0;
    if (json_array_size(b->arns) > 0) {
        b->number++;
        struct plan_step *step = batch_step(b);
        for (size_t i = 0; i < json_array_size(b->reasons); i++) {
            plan_strings_add(&step->reasons, json_string_value(json_array_get(b->reasons, i)));
        }
        rc = step_add(b->m, step, json_string_value(json_array_get(b->reasons, 0)), err);
    }
    json_decref(b->arns);
    json_decref(b->reasons);
    b->arns = json_array();
    b->reasons = json_array();
    return rc;
}

static int finish_key(struct batch *b, json_t *arns, struct err *err)
{
    const char *arn = NULL;
    json_t *reasons = NULL;
    int rc = 0;
    json_object_foreach(arns, arn, reasons)
    {
        (void)json_array_append_new(b->arns, literal(arn));
        for (size_t i = 0; i < json_array_size(reasons); i++) {
            add_word(b->reasons, json_string_value(json_array_get(reasons, i)));
        }
        if (json_array_size(b->arns) == ARNS_A_CALL && (rc = flush(b, err)) != 0) {
            return rc;
        }
    }
    return flush(b, err);
}

static int finish(struct making *m, enum row row, struct err *err)
{
    json_t *places = making_scratch(m, rows[row].info.id);
    const char *name = NULL;
    json_t *place = NULL;
    int rc = 0;
    json_object_foreach(places, name, place)
    {
        struct batch b = {.m = m, .place = place, .row = row};
        json_t *keys = json_object_get(place, "keys");
        json_t *arns = NULL;
        b.arns = json_array();
        b.reasons = json_array();
        json_object_foreach(keys, b.key, arns)
        {
            if (rc == 0) {
                b.number = row == TAG_RESOURCE ? 0 : b.number;
                rc = finish_key(&b, arns, err);
            }
        }
        json_decref(b.arns);
        json_decref(b.reasons);
    }
    return rc;
}

static int finish_tags(struct making *m, struct err *err)
{
    return finish(m, TAG_RESOURCE, err);
}

static int finish_untags(struct making *m, struct err *err)
{
    return finish(m, UNTAG_RESOURCE, err);
}

static const struct remedy rows[ROW_COUNT] = {
    [TAG_RESOURCE] = {{TAG, "Give resources their exact backup tag", 6, "tagging:TagResources",
                       "aws resourcegroupstaggingapi untag-resources"},
                      PLAN_RISK_LOW,
                      5,
                      NULL,
                      make_tag_resource,
                      finish_tags},
    [UNTAG_RESOURCE] = {{UNTAG, "Remove backup tags that select nothing or are not allowed", 6,
                         "tagging:UntagResources", "aws resourcegroupstaggingapi tag-resources"},
                        PLAN_RISK_MEDIUM,
                        5,
                        NULL,
                        make_untag_resource,
                        finish_untags},
};

const struct remedies remedies_tags = {rows, ROW_COUNT};
