/*
 * What exists: the Tagging API beside each service's own list, because the Tagging API cannot see
 * what was never tagged. A `resource` document holds what the service itself says; "tags" is absent
 * where its list carries none (DynamoDB, S3), and the Tagging API's word counts there.
 */
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"
#include "resources.h"

json_t *tags_of(const json_t *list, const char *key_name, const char *value_name)
{
    json_t *tags = json_object();
    size_t i;
    json_t *tag;
    json_array_foreach(list, i, tag)
    {
        const char *key = jx_str(tag, key_name);
        if (key != NULL) {
            json_object_set_new(tags, key, json_string(jx_str_or(tag, value_name, "")));
        }
    }
    return tags;
}

int keep_resource(const struct answer_page *p, const struct resource *r, const char *region,
                  struct err *err)
{
    json_t *document =
        json_pack("{s:s, s:s, s:s}", "arn", r->arn, "type", r->type, "name", r->name);
    if (document == NULL) {
        json_decref(r->tags);
        json_decref(r->attached_to);
        return err_set(err, ERR_AWS, "a %s resource without a usable ARN or name", r->type);
    }
    if (r->tags != NULL) {
        json_object_set_new(document, "tags", r->tags);
    }
    if (r->attached_to != NULL) {
        json_object_set_new(document, "attached_to", r->attached_to);
    }
    jx_set_str(document, "kms_key", r->kms_key);
    jx_set_str(document, "engine", r->engine);
    jx_set_str(document, "state", r->state);
    if (r->encrypted != NULL) {
        json_object_set_new(document, "encrypted", json_boolean(strcmp(r->encrypted, "true") == 0));
    }
    int rc = crawl_keep(p, "resource", p->question->account, region, r->arn, document, err);
    json_decref(document);
    return rc != 0 ? rc : source_key_ask(p, r->type, r->kms_key, err);
}

const char *name_or(const json_t *tags, const char *otherwise)
{
    return jx_str_or(tags, "Name", otherwise);
}

char *arn_make(const struct answer_page *p, const char *service, const char *rest)
{
    return xasprintf("arn:%s:%s:%s:%s:%s", aws_client_partition(p->crawl->client), service,
                     p->question->region, p->question->account, rest);
}

/* The instances a volume hangs on; NULL: none. */
static json_t *attachments_of(const json_t *row)
{
    json_t *instances = NULL;
    size_t i;
    json_t *one;
    json_array_foreach(jx_get(row, "attachmentSet"), i, one)
    {
        const char *id = jx_str(one, "instanceId");
        if (id != NULL) {
            instances = instances != NULL ? instances : json_array();
            json_array_append_new(instances, json_string(id));
        }
    }
    return instances;
}

/* A copy of an instance's backup needs the keys of its volumes, and whoever tags both is charged
 * twice: each volume is kept once more under its instance. */
static int keep_attachments(const struct answer_page *p, const json_t *row, const char *volume_id,
                            struct err *err)
{
    json_t *instances = attachments_of(row);
    int rc = 0;
    size_t i;
    json_t *id;
    json_array_foreach(instances, i, id)
    {
        char *rest = xasprintf("instance/%s", json_string_value(id));
        char *arn = arn_make(p, "ec2", rest);
        char *key = xasprintf("%s %s", arn, volume_id);
        json_t *document = json_pack("{s:s}", "volume", volume_id);
        jx_set_str(document, "kms_key", jx_str(row, "kmsKeyId"));
        rc = rc != 0 ? rc
                     : crawl_keep(p, "attachment", p->question->account, p->question->region, key,
                                  document, err);
        json_decref(document);
        free(key);
        free(arn);
        free(rest);
    }
    json_decref(instances);
    return rc;
}

static int keep_ec2(const struct answer_page *p, const json_t *row, const char *id_member,
                    const char *noun, const char *type, struct err *err)
{
    const char *id = jx_str(row, id_member);
    if (id == NULL) {
        return err_set(err, ERR_AWS, "EC2 returned a %s without %s", noun, id_member);
    }
    char *rest = xasprintf("%s/%s", noun, id);
    char *arn = arn_make(p, "ec2", rest);
    json_t *tags = tags_of(jx_get(row, "tagSet"), "key", "value");
    struct resource r = {.arn = arn,
                         .type = type,
                         .name = name_or(tags, id),
                         .kms_key = jx_str(row, "kmsKeyId"),
                         .encrypted = jx_str(row, "encrypted"),
                         .tags = tags,
                         .attached_to = attachments_of(row)};
    int rc = keep_resource(p, &r, p->question->region, err);
    free(rest);
    free(arn);
    return rc;
}

static int keep_volumes(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *volume;
    json_array_foreach(jx_get(p->answer->json, "volumeSet"), i, volume)
    {
        if (keep_ec2(p, volume, "volumeId", "volume", "EBS", err) ||
            keep_attachments(p, volume, jx_str_or(volume, "volumeId", ""), err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_instances(const struct answer_page *p, struct err *err)
{
    size_t i, j;
    json_t *reservation, *instance;
    json_array_foreach(jx_get(p->answer->json, "reservationSet"), i, reservation)
    {
        json_array_foreach(jx_get(reservation, "instancesSet"), j, instance)
        {
            const char *state = jx_str_or(instance, "instanceState.name", "");
            bool gone = strcmp(state, "terminated") == 0 || strcmp(state, "shutting-down") == 0;
            if (!gone && keep_ec2(p, instance, "instanceId", "instance", "EC2", err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* RDS lists Neptune and DocumentDB too; AWS Backup names them apart. */
static const char *database_type(const char *engine)
{
    static const char *const types[][2] = {
        {"aurora", "Aurora"}, {"neptune", "Neptune"}, {"docdb", "DocumentDB"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_starts(engine, types[i][0])) {
            return types[i][1];
        }
    }
    return "RDS";
}

static int keep_database(const struct answer_page *p, const json_t *row, const char *arn_member,
                         const char *id_member, struct err *err)
{
    const char *arn = jx_str(row, arn_member);
    if (arn == NULL) {
        return err_set(err, ERR_AWS, "RDS returned a database without %s", arn_member);
    }
    const char *engine = jx_str_or(row, "Engine", "");
    struct resource r = {.arn = arn,
                         .type = database_type(engine),
                         .name = jx_str_or(row, id_member, arn),
                         .kms_key = jx_str(row, "KmsKeyId"),
                         .encrypted = jx_str(row, "StorageEncrypted"),
                         .engine = engine,
                         .tags = tags_of(jx_get(row, "TagList"), "Key", "Value")};
    return keep_resource(p, &r, p->question->region, err);
}

static int keep_member(const struct answer_page *p, const json_t *row, const char *cluster,
                       struct err *err)
{
    const char *arn = jx_str(row, "DBInstanceArn");
    if (arn == NULL) {
        return err_set(err, ERR_AWS, "RDS returned a database without DBInstanceArn");
    }
    json_t *member = json_pack("{s:s}", "cluster", cluster);
    int rc = crawl_keep(p, "cluster-member", p->question->account, p->question->region, arn, member,
                        err);
    json_decref(member);
    return rc;
}

static int keep_db_instances(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "DBInstances"), i, row)
    {
        /* A member of a cluster is backed up with its cluster. */
        const char *cluster = jx_str(row, "DBClusterIdentifier");
        int rc = cluster != NULL
                     ? keep_member(p, row, cluster, err)
                     : keep_database(p, row, "DBInstanceArn", "DBInstanceIdentifier", err);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_db_clusters(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "DBClusters"), i, row)
    {
        if (keep_database(p, row, "DBClusterArn", "DBClusterIdentifier", err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_tables(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *name;
    json_array_foreach(jx_get(p->answer->json, "TableNames"), i, name)
    {
        if (!json_is_string(name)) {
            return err_set(err, ERR_AWS, "ListTables returned a table name that is not a string");
        }
        char *rest = xasprintf("table/%s", json_string_value(name));
        char *arn = arn_make(p, "dynamodb", rest);
        struct resource r = {.arn = arn, .type = "DynamoDB", .name = json_string_value(name)};
        int rc = keep_resource(p, &r, p->question->region, err);
        free(rest);
        free(arn);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_file_systems(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "FileSystems"), i, row)
    {
        const char *id = jx_str(row, "FileSystemId");
        if (id == NULL) {
            return err_set(err, ERR_AWS,
                           "DescribeFileSystems returned a file system without FileSystemId");
        }
        char *rest = xasprintf("file-system/%s", id);
        char *arn = arn_make(p, "elasticfilesystem", rest);
        struct resource r = {.arn = jx_str_or(row, "FileSystemArn", arn),
                             .type = "EFS",
                             .name = jx_str_or(row, "Name", id),
                             .kms_key = jx_str(row, "KmsKeyId"),
                             .encrypted = jx_bool(row, "Encrypted") ? "true" : "false",
                             .tags = tags_of(jx_get(row, "Tags"), "Key", "Value")};
        int rc = keep_resource(p, &r, p->question->region, err);
        free(rest);
        free(arn);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_buckets(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "Buckets"), i, row)
    {
        const char *name = jx_str(row, "Name");
        const char *region = jx_str_or(row, "BucketRegion", p->crawl->home);
        if (name == NULL) {
            return err_set(err, ERR_AWS, "ListBuckets returned a bucket without Name");
        }
        char *arn = xasprintf("arn:%s:s3:::%s", aws_client_partition(p->crawl->client), name);
        struct resource r = {.arn = arn, .type = "S3", .name = name};
        int rc = crawl_wants_region(p->crawl, region) ? keep_resource(p, &r, region, err) : 0;
        free(arn);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int ask_key_of_row(void *context, const char *json, size_t length, struct err *err)
{
    const char *problem = NULL;
    json_t *row = jx_parse(json, length, &problem);
    const char *arn = jx_str_or(row, "ResourceARN", "");
    int rc = ask_tagged_key(context, arn, row, err);
    json_decref(row);
    return rc;
}

static int keep_tagged(const struct answer_page *p, struct err *err)
{
    struct answer_page page = *p;
    if (crawl_keep_raw_list(p, "ResourceTagMappingList", "ResourceARN", "tagged", NULL, err) != 0) {
        return -1;
    }
    /* Only the management account's keys are looked at by their tags. */
    return strcmp(p->question->account, p->crawl->management) == 0
               ? crawl_each_raw(p, "ResourceTagMappingList", ask_key_of_row, &page, err)
               : 0;
}

const struct collector inventory_collectors[] = {
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_REGION,
     .operation = "tagging:GetResources",
     .asks = {"kms:DescribeKey"},
     .keeps = {"tagged"},
     .raw = true,
     .keep = keep_tagged},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "ec2:DescribeVolumes",
     .asks = {"kms:DescribeKey"},
     .keeps = {"resource", "attachment"},
     .keep = keep_volumes},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "ec2:DescribeInstances",
     .keeps = {"resource"},
     .keep = keep_instances},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "rds:DescribeDBInstances",
     .asks = {"kms:DescribeKey"},
     .keeps = {"resource", "cluster-member"},
     .keep = keep_db_instances},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "rds:DescribeDBClusters",
     .asks = {"kms:DescribeKey"},
     .keeps = {"resource"},
     .keep = keep_db_clusters},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "dynamodb:ListTables",
     .keeps = {"resource"},
     .keep = keep_tables},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "efs:DescribeFileSystems",
     .asks = {"kms:DescribeKey"},
     .keeps = {"resource"},
     .keep = keep_file_systems},
    {.phase = PHASE_MANAGEMENT,
     .operation = "s3:ListBuckets",
     .keeps = {"resource"},
     .keep = keep_buckets},
    {.operation = NULL},
};
