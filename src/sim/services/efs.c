/* EFS: file systems and their tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

static void identify(struct making *m)
{
    char words[500], hex[18];
    const char *given = jx_str(m->spec, "id");
    snprintf(words, sizeof words, "efs|%s|%s|%s", m->account, m->region, m->name);
    sim_hash_id(m->sim, words, "0123456789abcdef", 17, hex);
    if (given != NULL) {
        snprintf(m->id, sizeof m->id, "%s", given);
    } else {
        snprintf(m->id, sizeof m->id, "fs-%s", hex);
    }
    snprintf(m->arn, sizeof m->arn, "arn:%s:elasticfilesystem:%s:%s:file-system/%s",
             sim_partition(m->sim), m->region, m->account, m->id);
}

static json_t *wire(const struct making *m)
{
    char token[37];
    int64_t born = hashed_birth_ms(m->sim, m->arn);
    sim_hash_uuid(m->sim, m->arn, token);
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:i, s:{s:I, s:I, s:I}, s:s, s:s}",
                  "OwnerId", m->account, "CreationToken", token, "FileSystemId", m->id,
                  "FileSystemArn", m->arn, "CreationTime", epoch(born), "LifeCycleState",
                  "available", "Name", m->name, "NumberOfMountTargets", 1, "SizeInBytes", "Value",
                  (json_int_t)6144, "ValueInIA", (json_int_t)0, "ValueInStandard", (json_int_t)6144,
                  "PerformanceMode", "generalPurpose", "ThroughputMode", "elastic");
    bool encrypted = json_object_get(m->spec, "encrypted") == NULL || jx_bool(m->spec, "encrypted");
    json_object_set_new(row, "Encrypted", json_boolean(encrypted));
    if (encrypted) {
        char *key = managed_key(m, "elasticfilesystem");
        json_object_set_new(row, "KmsKeyId", json_string(jx_str_or(m->spec, "kms_key", key)));
        free(key);
    }
    return row;
}

const struct kind kind_efs = {"efs", SVC_EFS,  "filesystems", "elasticfilesystem:file-system",
                              "EFS", identify, wire};

static int load(struct sim *sim, const json_t *world, struct err *err)
{
    return inventory_load(sim, SVC_EFS, world, err);
}

static void populate(struct sim *sim, const char *account, const char *region, json_t *state)
{
    inventory_populate(sim, SVC_EFS, account, region, state);
}

static json_t *all_of(struct sim_call *call)
{
    return json_object_get(sim_state(call->sim, SVC_EFS, call->account, call->region),
                           "filesystems");
}

/* The file system a member names by id or ARN; NULL after a refusal. */
static json_t *named_record(struct sim_call *call, const char *member)
{
    const char *given = jx_str_or(call->in, member, "");
    struct arn arn;
    const char *id = given;
    if (arn_parse(given, &arn) && str_starts(arn.resource, "file-system/")) {
        id = strrchr(given, '/') + 1;
    }
    json_t *record = json_object_get(all_of(call), id);
    if (record == NULL) {
        bool point = str_starts(id, "fsap-");
        sim_fail(call, 404, point ? "AccessPointNotFound" : "FileSystemNotFound",
                 "%s '%s' does not exist.", point ? "Access point" : "File system", id);
    }
    return record;
}

static json_t *described(const json_t *record)
{
    json_t *row = json_copy(json_object_get(record, "wire"));
    json_object_set_new(row, "Tags", tags_list(json_object_get(record, "tags"), "Key", "Value"));
    return row;
}

static int describe(struct sim_call *call)
{
    json_t *rows = json_array(), *record;
    const char *id, *token = jx_str(call->in, "CreationToken");
    int failed = 0;
    if (json_object_get(call->in, "FileSystemId") != NULL) {
        record = named_record(call, "FileSystemId");
        failed = record == NULL ? -1 : json_array_append_new(rows, described(record));
    } else {
        json_object_foreach(all_of(call), id, record)
        {
            if (token == NULL || str_equal(token, jx_str(record, "wire.CreationToken"))) {
                json_array_append_new(rows, described(record));
            }
        }
    }
    failed = failed < 0 ? -1 : sim_page(call, rows, 100);
    if (failed == 0 && json_object_get(call->in, "Marker") != NULL) {
        json_object_set(call->out, "Marker", json_object_get(call->in, "Marker"));
    }
    json_decref(rows);
    return failed;
}

static int list_tags(struct sim_call *call)
{
    json_t *record = named_record(call, "ResourceId");
    if (record == NULL) {
        return -1;
    }
    json_t *rows = tags_list(json_object_get(record, "tags"), "Key", "Value");
    int failed = sim_page(call, rows, 100);
    json_decref(rows);
    return failed;
}

static int tag_resource(struct sim_call *call)
{
    static const struct tag_words words = {"Key", "Value", "BadRequest", "BadRequest", 50};
    json_t *record = named_record(call, "ResourceId");
    const json_t *list = json_object_get(call->in, "Tags"), *tag;
    size_t i;
    if (record == NULL || tags_check(call, list, json_object_get(record, "tags"), &words) < 0) {
        return -1;
    }
    json_array_foreach(list, i, tag)
    {
        record_tag(call->sim, record, jx_str_or(tag, "Key", ""), jx_str_or(tag, "Value", ""));
    }
    return 0;
}

static int untag_resource(struct sim_call *call)
{
    json_t *record = named_record(call, "ResourceId");
    size_t i;
    const json_t *key;
    if (record == NULL) {
        return -1;
    }
    json_array_foreach(json_object_get(call->in, "TagKeys"), i, key)
    {
        record_tag(call->sim, record, json_string_value(key), NULL);
    }
    return 0;
}

#define FS_ID                                                                                      \
    "s..128/^(arn:aws[-a-z]*:elasticfilesystem:[0-9a-z:-]+:file-system\\/"                         \
    "fs-[0-9a-f]{8,40}|fs-[0-9a-f]{8,40})$/"
#define RESOURCE_ID                                                                                \
    "ResourceId!:s..128/^(arn:aws[-a-z]*:elasticfilesystem:[0-9a-z:-]+:(access-point\\/"           \
    "fsap|file-system\\/"                                                                          \
    "fs)-[0-9a-f]{8,40}|fs(ap)?-[0-9a-f]{8,40})$/"
#define TAG_KEY "s1..128/^[\\p{L}\\p{Z}\\p{N}_.:\\/=+@-]+$/"

static const struct sim_route routes[] = {
    {"DescribeFileSystems", describe,
     "MaxItems:i1.., Marker:s1..128, CreationToken:s1..64, FileSystemId:" FS_ID},
    {"ListTagsForResource", list_tags, RESOURCE_ID ", MaxResults:i1.., NextToken:s1..128"},
    {"TagResource", tag_resource,
     RESOURCE_ID ", Tags!:[{Key!:" TAG_KEY ", Value!:s0..256/^[\\p{L}\\p{Z}\\p{N}_.:\\/=+@-]*$/}]"},
    {"UntagResource", untag_resource, RESOURCE_ID ", TagKeys!:[" TAG_KEY "]1..50"},
};

const struct sim_service sim_efs = {
    .service = SVC_EFS,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "BadRequest",
    .invalid_status = 400,
    .populate = populate,
    .load = load,
};
