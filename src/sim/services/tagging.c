/* The Resource Groups Tagging API: sees what is tagged now or ever was, never what was not. */
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"

#include "services/backup/backup.h"
#include "services/inventory.h"
#include "services/kms/kms.h"

static bool value_fits(const json_t *values, const char *value)
{
    return json_array_size(values) == 0 || jx_list_has(values, value);
}

/* Every filter must fit; within one, any of its values. */
static bool tags_fit(const json_t *filters, const json_t *tags)
{
    size_t i;
    const json_t *filter;
    json_array_foreach(filters, i, filter)
    {
        const char *value = json_string_value(json_object_get(tags, jx_str_or(filter, "Key", "")));
        if (value == NULL || !value_fits(json_object_get(filter, "Values"), value)) {
            return false;
        }
    }
    return true;
}

/* "ec2" is every type of EC2, "ec2:volume" one; S3 has one type under two names. */
static bool type_fits(const json_t *filters, const char *type)
{
    size_t i;
    const json_t *filter;
    if (json_array_size(filters) == 0) {
        return true;
    }
    json_array_foreach(filters, i, filter)
    {
        const char *word = json_string_value(filter);
        size_t length = strlen(word);
        if (str_equal(word, type) || (strncmp(word, type, length) == 0 && type[length] == ':') ||
            (str_equal(word, "s3:bucket") && str_equal(type, "s3"))) {
            return true;
        }
    }
    return false;
}

static int check_inputs(struct sim_call *call)
{
    bool arns = json_object_get(call->in, "ResourceARNList") != NULL;
    bool filters = jx_count(call->in, "TagFilters") > 0 ||
                   jx_count(call->in, "ResourceTypeFilters") > 0 ||
                   json_object_get(call->in, "ResourcesPerPage") != NULL ||
                   json_object_get(call->in, "TagsPerPage") != NULL;
    long long tags_per_page = jx_int(call->in, "TagsPerPage", 100);
    long long per_page = jx_int(call->in, "ResourcesPerPage", 100);
    if (arns && filters) {
        return sim_fail(call, 400, "InvalidParameterException",
                        "ResourceARNList cannot be combined with filters or page sizes");
    }
    if (per_page < 1 || per_page > 100) {
        return sim_fail(call, 400, "InvalidParameterException",
                        "ResourcesPerPage must be between 1 and 100");
    }
    if (tags_per_page < 100 || tags_per_page > 500 || tags_per_page % 100 != 0) {
        return sim_fail(call, 400, "InvalidParameterException",
                        "TagsPerPage must be 100, 200, 300, 400 or 500");
    }
    if (jx_count(call->in, "ResourceTypeFilters") > 100) {
        return sim_fail(call, 400, "InvalidParameterException", "At most 100 ResourceTypeFilters");
    }
    if (jx_bool(call->in, "ExcludeCompliantResources") &&
        !jx_bool(call->in, "IncludeComplianceDetails")) {
        return sim_fail(call, 400, "InvalidParameterException",
                        "ExcludeCompliantResources needs IncludeComplianceDetails");
    }
    return 0;
}

/* A page that has no successor says so with an empty token. */
static int page(struct sim_call *call, json_t *rows, size_t size)
{
    int rc = sim_page(call, rows, size);
    json_decref(rows);
    if (json_object_get(call->out, "PaginationToken") == NULL) {
        json_object_set_new(call->out, "PaginationToken", json_string(""));
    }
    return rc;
}

/* A row of the answer, if the call asks for such an ARN, such tags and such a type. */
static void add_row(const struct sim_call *call, const char *arn, const json_t *tags,
                    const json_t *arns, json_t *rows)
{
    char type[96];
    struct arn parts;
    if (!arn_split(arn, &parts) || (arns != NULL && !jx_list_has(arns, arn))) {
        return;
    }
    snprintf(type, sizeof type, "%s:%.*s", parts.service, (int)strcspn(parts.resource, ":/"),
             parts.resource);
    if (tags_fit(json_object_get(call->in, "TagFilters"), tags) &&
        type_fits(json_object_get(call->in, "ResourceTypeFilters"), type)) {
        json_array_append_new(rows, json_pack("{s:s, s:o}", "ResourceARN", arn, "Tags",
                                              tags_list(tags, "Key", "Value")));
    }
}

/* State `others` {arn: {key: value}}: what a world says is tagged here though no service of this
 * simulator holds it: types it does not have, and resources that are gone. */
static void add_others(struct sim_call *call, const json_t *arns, json_t *rows)
{
    json_t *others =
        json_object_get(sim_state(call->sim, SVC_TAGGING, call->account, call->region), "others");
    const char *arn;
    json_t *tags;
    json_object_foreach(others, arn, tags)
    {
        add_row(call, arn, tags, arns, rows);
    }
}

/* Keys are no resources that can be backed up, so the inventory does not hold them. */
static void add_keys(struct sim_call *call, const json_t *arns, json_t *rows)
{
    json_t *keys = json_object_get(kms_state(call->sim, call->account, call->region), "keys");
    const char *id;
    json_t *key;
    json_object_foreach(keys, id, key)
    {
        const json_t *tags = json_object_get(key, "tags");
        if (json_object_size(tags) > 0) {
            add_row(call, jx_str(key, "Arn"), tags, arns, rows);
        }
    }
}

/* AWS Backup copies the tags of a resource onto what it makes of it, and adds its own. Copies in
   other accounts are left out. */
static void add_points_of(struct sim_call *call, json_t *vault, json_t *tags_by_arn,
                          const json_t *arns, json_t *rows)
{
    const char *arn;
    json_t *point;
    json_object_foreach(json_object_get(vault, "points"), arn, point)
    {
        const char *source = jx_str_or(point, "ResourceArn", "");
        const json_t *own = json_object_get(tags_by_arn, source);
        if (json_object_size(own) == 0) {
            continue;
        }
        json_t *tags = json_copy((json_t *)(uintptr_t)own);
        json_object_set_new(tags, "aws:backup:source-resource", json_string(source));
        add_row(call, arn, tags, arns, rows);
        json_decref(tags);
    }
}

static void add_points(struct sim_call *call, const json_t *inventory, const json_t *arns,
                       json_t *rows)
{
    json_t *state = backup_state(call->sim, call->account, call->region), *vault, *resource;
    json_t *tags_by_arn = json_object();
    const char *name;
    size_t i;
    json_array_foreach(inventory, i, resource)
    {
        json_object_set(tags_by_arn, jx_str_or(resource, "arn", ""),
                        json_object_get(resource, "tags"));
    }
    backup_points_refresh(call->sim, call->account, call->region, state);
    json_object_foreach(json_object_get(state, "vaults"), name, vault)
    {
        add_points_of(call, vault, tags_by_arn, arns, rows);
    }
    json_decref(tags_by_arn);
}

static int get_resources(struct sim_call *call)
{
    if (check_inputs(call) < 0) {
        return -1;
    }
    const json_t *arns = json_object_get(call->in, "ResourceARNList"), *resource;
    json_t *all = sim_inventory(call->sim, call->account, call->region), *rows = json_array();
    size_t i;
    json_array_foreach(all, i, resource)
    {
        const json_t *tags = json_object_get(resource, "tags");
        if (jx_bool(resource, "ever") && tags_fit(json_object_get(call->in, "TagFilters"), tags) &&
            type_fits(json_object_get(call->in, "ResourceTypeFilters"),
                      jx_str_or(resource, "type", "")) &&
            (arns == NULL || jx_list_has(arns, jx_str(resource, "arn")))) {
            json_array_append_new(rows, json_pack("{s:O, s:o}", "ResourceARN",
                                                  json_object_get(resource, "arn"), "Tags",
                                                  tags_list(tags, "Key", "Value")));
        }
    }
    add_points(call, all, arns, rows);
    json_decref(all);
    add_others(call, arns, rows);
    add_keys(call, arns, rows);
    return page(call, rows, 50);
}

/* Distinct keys, or the distinct values of one key. */
static int distinct(struct sim_call *call, const char *wanted)
{
    json_t *all = sim_inventory(call->sim, call->account, call->region), *seen = json_object(),
           *value;
    json_t *rows = json_array();
    const json_t *resource;
    const char *key;
    size_t i;
    json_array_foreach(all, i, resource)
    {
        json_object_foreach(json_object_get(resource, "tags"), key, value)
        {
            if (wanted == NULL || str_equal(wanted, key)) {
                json_object_set_new(seen, wanted == NULL ? key : json_string_value(value),
                                    json_null());
            }
        }
    }
    json_object_foreach(seen, key, value)
    {
        json_array_append_new(rows, json_string(key));
    }
    json_decref(seen);
    json_decref(all);
    return page(call, rows, 100);
}

static int get_tag_keys(struct sim_call *call)
{
    return distinct(call, NULL);
}

static int get_tag_values(struct sim_call *call)
{
    return distinct(call, jx_str(call->in, "Key"));
}

static void failed_one(json_t *failures, const char *arn, int status, const char *message)
{
    json_object_set_new(failures, arn,
                        json_pack("{s:i, s:s, s:s}", "StatusCode", status, "ErrorCode",
                                  "InvalidParameterException", "ErrorMessage", message));
}

/* {key: value} as the list that tags_check() reads. */
static int check_tags(struct sim_call *call)
{
    static const struct tag_words words = {"Key", "Value", "InvalidParameterException",
                                           "InvalidParameterException", 50};
    const json_t *tags = json_object_get(call->in, "Tags");
    json_t *list = tags_list(tags, "Key", "Value");
    int rc = json_object_size(tags) == 0 ? sim_fail(call, 400, "InvalidParameterException",
                                                    "Tags must hold at least one tag")
                                         : tags_check(call, list, NULL, &words);
    json_decref(list);
    return rc;
}

/* The Tagging API asks the resource's own service, with the caller's rights. */
static bool may_tag(struct sim_call *call, const char *arn, json_t *failures)
{
    static const struct {
        const char *service, *tag, *untag, *member;
    } rights[] = {
        {":ec2:", "ec2:CreateTags", "ec2:DeleteTags", "ResourceId"},
        {":rds:", "rds:AddTagsToResource", "rds:RemoveTagsFromResource", "ResourceName"},
        {":dynamodb:", "dynamodb:TagResource", "dynamodb:UntagResource", "ResourceArn"},
        {":elasticfilesystem:", "elasticfilesystem:TagResource", "elasticfilesystem:UntagResource",
         "ResourceId"},
        {":s3:", "s3:PutBucketTagging", "s3:PutBucketTagging", "Bucket"},
        {":s3:", "s3:GetBucketTagging", "s3:GetBucketTagging", "Bucket"},
    };
    bool allowed = true;
    char why[512];
    for (size_t i = 0; i < sizeof rights / sizeof *rights && allowed; i++) {
        if (strstr(arn, rights[i].service) == NULL) {
            continue;
        }
        json_t *in = json_pack("{s:s}", rights[i].member, arn);
        json_t *tags = json_object_get(call->in, "Tags");
        json_object_set(in, tags != NULL ? "Tags" : "TagKeys",
                        tags != NULL ? tags : json_object_get(call->in, "TagKeys"));
        allowed =
            sim_may(call, tags != NULL ? rights[i].tag : rights[i].untag, in, why, sizeof why);
        json_decref(in);
    }
    if (!allowed) {
        failed_one(failures, arn, 403, why);
    }
    return allowed;
}

/* May this call change the tags of the resource? Otherwise it is among the failures. */
static bool takes(struct sim_call *call, const char *arn, json_t *failures)
{
    const char *fault = fault_leaves_out(call->fault, arn);
    if (fault != NULL) {
        failed_one(failures, arn, 400, fault);
        return false;
    }
    if (inventory_find(call->sim, call->account, call->region, arn, NULL) == NULL) {
        failed_one(failures, arn, 400, "The resource does not exist in this account and Region");
        return false;
    }
    return may_tag(call, arn, failures);
}

static int tag_resources(struct sim_call *call)
{
    json_t *failures = json_object(), *tags = json_object_get(call->in, "Tags"), *value;
    json_object_set_new(call->out, "FailedResourcesMap", failures);
    if (check_tags(call) < 0) {
        return -1;
    }
    size_t i;
    const json_t *item;
    const char *key;
    json_array_foreach(json_object_get(call->in, "ResourceARNList"), i, item)
    {
        const char *arn = json_string_value(item);
        if (!takes(call, arn, failures)) {
            continue;
        }
        const json_t *record = inventory_find(call->sim, call->account, call->region, arn, NULL);
        json_t *merged = json_copy(json_object_get(record, "tags"));
        json_object_update(merged, tags);
        bool fits = json_object_size(merged) <= 50;
        json_decref(merged);
        if (!fits) {
            failed_one(failures, arn, 400, "The resource would have more than 50 tags");
            continue;
        }
        json_object_foreach(tags, key, value)
        {
            sim_inventory_tag(call->sim, call->account, call->region, arn, key,
                              json_string_value(value));
        }
    }
    return 0;
}

static int untag_resources(struct sim_call *call)
{
    json_t *failures = json_object();
    json_object_set_new(call->out, "FailedResourcesMap", failures);
    size_t i, j;
    const json_t *item, *key;
    json_array_foreach(json_object_get(call->in, "ResourceARNList"), i, item)
    {
        const char *arn = json_string_value(item);
        if (!takes(call, arn, failures)) {
            continue;
        }
        json_array_foreach(json_object_get(call->in, "TagKeys"), j, key)
        {
            sim_inventory_tag(call->sim, call->account, call->region, arn, json_string_value(key),
                              NULL);
        }
    }
    return 0;
}

#define TOKEN "PaginationToken:s0..2048"
#define ARNS "[s1..1011]"

static const struct sim_route routes[] = {
    {"GetResources", get_resources,
     TOKEN
     ", TagFilters:[{Key:s1..128, Values:[s0..256]0..20}]0..50, ResourcesPerPage:i, TagsPerPage:i, "
     "ResourceTypeFilters:[s0..256], IncludeComplianceDetails:b, ExcludeCompliantResources:b, "
     "ResourceARNList:" ARNS "1..100"},
    {"GetTagKeys", get_tag_keys, TOKEN},
    {"GetTagValues", get_tag_values, TOKEN ", Key!:s1..128"},
    {"TagResources", tag_resources, "ResourceARNList!:" ARNS "1..20, Tags!:<s0..256>"},
    {"UntagResources", untag_resources, "ResourceARNList!:" ARNS "1..20, TagKeys!:[s1..128]1..50"},
};

const struct sim_service sim_tagging = {
    .service = SVC_TAGGING,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "InvalidParameterException",
    .invalid_status = 400,
};
