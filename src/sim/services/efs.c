/* EFS: file systems and their tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/listing.h"

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
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:i, s:{s:I, s:o, s:I, s:I}, s:s, s:s}", "OwnerId",
        m->account, "CreationToken", token, "FileSystemId", m->id, "FileSystemArn", m->arn,
        "CreationTime", epoch(born), "LifeCycleState", "available", "Name", m->name,
        "NumberOfMountTargets", 1, "SizeInBytes", "Value", (json_int_t)6144, "Timestamp",
        epoch(born), "ValueInIA", (json_int_t)0, "ValueInStandard", (json_int_t)6144,
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

/* The file system a member names by id or ARN; NULL after a refusal. */
static json_t *named_record(struct sim_call *call, const char *member)
{
    const char *id = given_id(jx_str_or(call->in, member, ""), "file-system/");
    json_t *record =
        json_object_get(inventory_records(call->sim, &kind_efs, call->account, call->region), id);
    if (record == NULL) {
        bool point = str_starts(id, "fsap-");
        sim_fail(call, 404, point ? "AccessPointNotFound" : "FileSystemNotFound",
                 "%s '%s' does not exist.", point ? "Access point" : "File system", id);
    }
    return record;
}

int efs_check_listing(struct sim_call *call, const struct listing *what)
{
    bool named = json_object_get(call->in, what->named) != NULL;
    return named && named_record(call, what->named) == NULL ? -1 : 0;
}

/* A file system that is named by its id is listed whatever the creation token. */
int efs_fits(struct sim_call *call, const struct listing *what, const json_t *record)
{
    const char *token = jx_str(call->in, "CreationToken");
    return json_object_get(call->in, what->named) != NULL || token == NULL ||
           str_equal(token, jx_str(record, "wire.CreationToken"));
}

void efs_echo_marker(struct sim_call *call)
{
    if (json_object_get(call->in, "Marker") != NULL) {
        json_object_set(call->out, "Marker", json_object_get(call->in, "Marker"));
    }
}

json_t *efs_tagged(struct sim_call *call)
{
    return named_record(call, "ResourceId");
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
    {"DescribeFileSystems", list_resources,
     "MaxItems:i1.., Marker:s1..128, CreationToken:s1..64, FileSystemId:" FS_ID},
    {"ListTagsForResource", list_tags_of_resource,
     RESOURCE_ID ", MaxResults:i1.., NextToken:s1..128"},
    {"TagResource", tag_one_resource,
     RESOURCE_ID ", Tags!:[{Key!:" TAG_KEY ", Value!:s0..256/^[\\p{L}\\p{Z}\\p{N}_.:\\/=+@-]*$/}]"},
    {"UntagResource", untag_one_resource, RESOURCE_ID ", TagKeys!:[" TAG_KEY "]1..50"},
};

const struct sim_service sim_efs = {
    .service = SVC_EFS,
    .holds_resources = true,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "BadRequest",
    .invalid_status = 400,
};
