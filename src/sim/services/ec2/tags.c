/* EC2's tags and Regions. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/account.h"
#include "services/ec2/ec2.h"
#include "services/inventory.h"

/* Rows of DescribeTags for one collection. */
static int add_tag_rows(struct sim_call *call, const char *collection, const char *type,
                        json_t *rows)
{
    const json_t *state = sim_state(call->sim, SVC_EC2, call->account, call->region);
    const char *id, *key;
    json_t *record, *value;
    json_object_foreach(json_object_get(state, collection), id, record)
    {
        json_object_foreach(json_object_get(record, "tags"), key, value)
        {
            json_t *row = json_pack("{s:s, s:s, s:s, s:O}", "resourceId", id, "resourceType", type,
                                    "key", key, "value", value);
            static const struct filter filters[] = {{"resource-id", "resourceId"},
                                                    {"resource-type", "resourceType"},
                                                    {"key", "key"},
                                                    {"value", "value"},
                                                    {NULL, NULL}};
            json_t *pretend = json_pack("{s:O, s:{s:O}}", "wire", row, "tags", key, value);
            int fits = ec2_filters_fit(call, filters, pretend);
            if (fits > 0) {
                json_array_append(rows, row);
            }
            json_decref(pretend);
            json_decref(row);
            if (fits < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int ec2_describe_tags(struct sim_call *call)
{
    json_t *rows = json_array();
    int rc = ec2_check_page(call, NULL) < 0 ||
                     add_tag_rows(call, "instances", "instance", rows) < 0 ||
                     add_tag_rows(call, "volumes", "volume", rows) < 0
                 ? -1
                 : sim_page(call, rows, 1000);
    json_decref(rows);
    return rc;
}

/* --- tags --- */

static json_t *any_record(struct sim_call *call, const char *id)
{
    const json_t *state = sim_state(call->sim, SVC_EC2, call->account, call->region);
    json_t *record = json_object_get(json_object_get(state, "volumes"), id);
    return record != NULL ? record : json_object_get(json_object_get(state, "instances"), id);
}

static int need_records(struct sim_call *call)
{
    size_t i;
    const json_t *id;
    if (jx_bool(call->in, "DryRun")) {
        return ec2_check_page(call, NULL);
    }
    json_array_foreach(json_object_get(call->in, "ResourceId"), i, id)
    {
        const char *name = json_string_value(id);
        bool volume = str_starts(name, "vol-"), instance = str_starts(name, "i-");
        if (!volume && !instance) {
            return sim_fail(call, 400, "InvalidID", "The ID '%s' is not valid", name);
        }
        if (any_record(call, name) == NULL) {
            return sim_fail(call, 400,
                            volume ? "InvalidVolume.NotFound" : "InvalidInstanceID.NotFound",
                            "The %s ID '%s' does not exist", volume ? "volume" : "instance", name);
        }
    }
    return 0;
}

int ec2_create_tags(struct sim_call *call)
{
    static const struct tag_words words = {"Key", "Value", "InvalidParameterValue",
                                           "TagLimitExceeded", 50};
    const json_t *list = json_object_get(call->in, "Tag"), *id, *tag;
    size_t i, j;
    if (need_records(call) < 0) {
        return -1;
    }
    json_array_foreach(json_object_get(call->in, "ResourceId"), i, id)
    {
        if (tags_check(call, list, json_object_get(any_record(call, json_string_value(id)), "tags"),
                       &words) < 0) {
            return -1;
        }
    }
    json_array_foreach(json_object_get(call->in, "ResourceId"), i, id)
    {
        json_array_foreach(list, j, tag)
        {
            record_tag(call->sim, any_record(call, json_string_value(id)),
                       json_string_value(json_object_get(tag, "Key")),
                       json_string_value(json_object_get(tag, "Value")) != NULL
                           ? json_string_value(json_object_get(tag, "Value"))
                           : "");
        }
    }
    return 0;
}

static void delete_from(struct sim_call *call, json_t *record)
{
    const json_t *list = json_object_get(call->in, "Tag"), *tag;
    size_t i;
    if (list == NULL) { /* no tags named: all of the user's own */
        json_object_clear(json_object_get(record, "tags"));
        return;
    }
    json_array_foreach(list, i, tag)
    {
        const char *key = json_string_value(json_object_get(tag, "Key"));
        const char *value = json_string_value(json_object_get(tag, "Value"));
        const char *has = json_string_value(json_object_get(json_object_get(record, "tags"), key));
        if (value == NULL || str_equal(value, has)) { /* a value given must be the tag's */
            record_tag(call->sim, record, key, NULL);
        }
    }
}

int ec2_delete_tags(struct sim_call *call)
{
    size_t i;
    const json_t *id;
    if (need_records(call) < 0) {
        return -1;
    }
    json_array_foreach(json_object_get(call->in, "ResourceId"), i, id)
    {
        delete_from(call, any_record(call, json_string_value(id)));
    }
    return 0;
}

/* --- Regions --- */

static int add_region(struct sim_call *call, const char *name, bool opt_in, json_t *rows)
{
    bool enabled = sim_account_region_enabled(call->sim, call->account, name);
    const json_t *wanted = json_object_get(call->in, "RegionName");
    if ((!enabled && !jx_bool(call->in, "AllRegions") && wanted == NULL) ||
        (wanted != NULL && !jx_list_has(wanted, name))) {
        return 0;
    }
    static const struct filter filters[] = {{"region-name", "regionName"},
                                            {"opt-in-status", "optInStatus"},
                                            {"endpoint", "regionEndpoint"},
                                            {NULL, NULL}};
    char *endpoint = xasprintf("ec2.%s.amazonaws.com", name);
    json_t *row =
        json_pack("{s:s, s:s, s:s}", "regionName", name, "regionEndpoint", endpoint, "optInStatus",
                  !enabled ? "not-opted-in"
                  : opt_in ? "opted-in"
                           : "opt-in-not-required");
    json_t *pretend = json_pack("{s:O}", "wire", row);
    int fits = ec2_filters_fit(call, filters, pretend);
    if (fits > 0) {
        json_array_append(rows, row);
    }
    json_decref(pretend);
    json_decref(row);
    free(endpoint);
    return fits < 0 ? -1 : 0;
}

int ec2_describe_regions(struct sim_call *call)
{
    if (jx_bool(call->in, "DryRun")) {
        return ec2_check_page(call, NULL);
    }
    json_t *regions = account_regions(call->sim), *kind, *rows = json_array();
    const char *name;
    int rc = 0;
    size_t i;
    const json_t *wanted;
    json_array_foreach(json_object_get(call->in, "RegionName"), i, wanted)
    {
        if (rc == 0 && json_object_get(regions, json_string_value(wanted)) == NULL) {
            rc = sim_fail(call, 400, "InvalidParameterValue", "Invalid Region(s): %s",
                          json_string_value(wanted));
        }
    }
    json_object_foreach(regions, name, kind)
    {
        if (rc == 0) {
            rc = add_region(call, name, !str_equal(json_string_value(kind), "DEFAULT"), rows);
        }
    }
    json_object_set_new(call->out, "regionInfo", rows);
    return rc;
}
