#include "services/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

/* --- the listings --- */

static const struct filter volume_filters[] = {{"volume-id", "volumeId"},
                                               {"status", "status"},
                                               {"encrypted", "encrypted"},
                                               {"volume-type", "volumeType"},
                                               {"availability-zone", "availabilityZone"},
                                               {NULL, NULL}};
static const struct filter instance_filters[] = {
    {"instance-id", "instanceId"},
    {"instance-state-name", "instanceState.name"},
    {"instance-type", "instanceType"},
    {"availability-zone", "placement.availabilityZone"},
    {NULL, NULL}};
static const struct filter database_filters[] = {{"db-instance-id", "DBInstanceIdentifier"},
                                                 {"db-cluster-id", "DBClusterIdentifier"},
                                                 {"engine", "Engine"},
                                                 {"dbi-resource-id", "DbiResourceId"},
                                                 {NULL, NULL}};
static const struct filter cluster_filters[] = {{"db-cluster-id", "DBClusterIdentifier"},
                                                {"engine", "Engine"},
                                                {"db-cluster-resource-id", "DbClusterResourceId"},
                                                {NULL, NULL}};

static const struct listing_tags ec2_tags = {"tagSet", "key", "value", .if_any = true};
static const struct listing_tags rds_tags = {"TagList", "Key", "Value", .if_any = false};
static const struct listing_tags efs_tags = {"Tags", "Key", "Value", .if_any = false};
static const struct listing_tags fsx_tags = {"Tags", "Key", "Value", .if_any = true};

#define LISTING(its_service, operation) .service = (its_service), .op = (operation)

static const struct listing listings[] = {
    {LISTING(SVC_EC2, "DescribeVolumes"), .kind = &kind_ebs, .page = 1000, .named = "VolumeId",
     .id_prefix = "vol-", .unknown = "InvalidVolume.NotFound", .noun = "volume",
     .filters = volume_filters, .tags = &ec2_tags, .check = ec2_check_listing, .fits = ec2_fits},
    {LISTING(SVC_EC2, "DescribeInstances"), .kind = &kind_ec2, .page = 1000, .named = "InstanceId",
     .id_prefix = "i-", .unknown = "InvalidInstanceID.NotFound", .noun = "instance",
     .filters = instance_filters, .tags = &ec2_tags, .check = ec2_check_listing, .fits = ec2_fits,
     .row = ec2_reservation},
    {LISTING(SVC_RDS, "DescribeDBInstances"), .kind = &kind_rds, .page = 100,
     .named = "DBInstanceIdentifier", .arn_prefix = "db:", .unknown = "DBInstanceNotFound",
     .noun = "DBInstance", .filters = database_filters, .tags = &rds_tags,
     .check = rds_check_listing, .fits = rds_fits},
    {LISTING(SVC_RDS, "DescribeDBClusters"), .kind = &kind_rds_cluster, .page = 100,
     .named = "DBClusterIdentifier", .arn_prefix = "cluster:", .unknown = "DBClusterNotFoundFault",
     .noun = "DBCluster", .filters = cluster_filters, .tags = &rds_tags, .check = rds_check_listing,
     .fits = rds_fits},
    {LISTING(SVC_DYNAMODB, "ListTables"), .kind = &kind_dynamodb, .page = 100, .by_name = true,
     .name_tokens = true},
    {LISTING(SVC_EFS, "DescribeFileSystems"), .kind = &kind_efs, .page = 100,
     .named = "FileSystemId", .arn_prefix = "file-system/", .tags = &efs_tags,
     .check = efs_check_listing, .fits = efs_fits, .finish = efs_echo_marker},
    {LISTING(SVC_S3, "ListBuckets"), .kind = &kind_s3, .page = 10000, .by_name = true,
     .fits = s3_fits, .row = s3_bucket_row, .finish = s3_add_owner},
    {LISTING(SVC_FSX, "DescribeFileSystems"), .kind = &kind_fsx, .page = 100,
     .named = "FileSystemIds", .unknown = "FileSystemNotFound", .noun = "File system",
     .tags = &fsx_tags, .check = fsx_check_listing},
    {LISTING(SVC_FSX, "DescribeVolumes"), .kind = &kind_fsx_volume, .page = 100,
     .named = "VolumeIds", .unknown = "VolumeNotFound", .noun = "Volume", .tags = &fsx_tags,
     .check = fsx_check_listing, .fits = fsx_fits},
    {LISTING(SVC_EKS, "ListClusters"), .kind = &kind_eks, .page = 100, .by_name = true,
     .row = eks_name},
    {LISTING(SVC_REDSHIFT, "DescribeClusters"), .kind = &kind_redshift, .page = 100,
     .named = "ClusterIdentifier", .unknown = "ClusterNotFound", .noun = "Cluster",
     .tags = &efs_tags, .check = rds_check_listing},
    {LISTING(SVC_REDSHIFT_SERVERLESS, "ListNamespaces"), .kind = &kind_redshift_serverless,
     .page = 100},
    {LISTING(SVC_DSQL, "ListClusters"), .kind = &kind_dsql, .page = 100},
    {LISTING(SVC_STORAGEGATEWAY, "ListVolumes"), .kind = &kind_storage_gateway, .page = 100},
    {LISTING(SVC_CLOUDFORMATION, "ListStacks"), .kind = &kind_cloudformation, .page = 100,
     .fits = cloudformation_fits},
};

static const struct listing *listing_of(const struct op *op)
{
    size_t i = 0;
    while (listings[i].service != op->service || !str_equal(listings[i].op, op->name)) {
        i++;
    }
    return &listings[i];
}

const char *given_id(const char *given, const char *arn_prefix)
{
    struct arn arn;
    if (given == NULL || arn_prefix == NULL || !arn_split(given, &arn) ||
        !str_starts(arn.resource, arn_prefix)) {
        return given;
    }
    return given + strlen(given) - strlen(arn.resource) + strlen(arn_prefix);
}

/* --- one handler for them all --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool asked_for(const struct sim_call *call, const struct listing *what, const char *id)
{
    const json_t *named = what->named == NULL ? NULL : json_object_get(call->in, what->named);
    if (json_is_array(named)) {
        return jx_list_has(named, id);
    }
    return named == NULL || str_equal(given_id(json_string_value(named), what->arn_prefix), id);
}

/* Fills `ids` with the ids of all that match, in the listing's order. */
static int select_ids(struct sim_call *call, const struct listing *what, json_t *records,
                      const char **ids, size_t *count)
{
    const char *id;
    json_t *record;
    if (what->check != NULL && what->check(call, what) < 0) {
        return -1;
    }
    json_object_foreach(records, id, record)
    {
        if (!asked_for(call, what, id)) {
            continue;
        }
        int fits = what->fits == NULL ? 1 : what->fits(call, what, record);
        if (fits < 0) {
            return -1;
        }
        if (fits > 0) {
            ids[(*count)++] = id;
        }
    }
    if (what->by_name) {
        qsort(ids, *count, sizeof *ids, by_text);
    }
    return 0;
}

static json_t *row_of(struct sim_call *call, const struct listing *what, const json_t *record)
{
    json_t *row = json_copy(json_object_get(record, "wire"));
    const json_t *tags = json_object_get(record, "tags");
    const struct listing_tags *form = what->tags;
    if (form != NULL && !(form->if_any && json_object_size(tags) == 0)) {
        json_object_set_new(row, form->member, tags_list(tags, form->key, form->value));
    }
    return what->row == NULL ? row : what->row(call, row);
}

/* A token names the last row of the page before, whether or not it still exists. */
static void page_by_name(struct sim_call *call, const struct listing *what, const char **ids,
                         size_t count)
{
    const char *after = jx_str_or(call->in, call->op->token_in, "");
    long long limit = jx_int(call->in, call->op->limit, what->page);
    long long forced = jx_int(sim_world(call->sim), "quirks.page_size", 0);
    json_t *page = json_array();
    size_t i = 0;
    limit = forced > 0 && forced < limit ? forced : limit;
    while (i < count && strcmp(ids[i], after) <= 0) {
        i++;
    }
    for (; i < count && (long long)json_array_size(page) < limit; i++) {
        json_array_append_new(page, json_string(ids[i]));
    }
    if (i < count) {
        json_object_set_new(call->out, call->op->token_out, json_string(ids[i - 1]));
    }
    json_object_set_new(call->out, call->op->list, page);
}

static int page_rows(struct sim_call *call, const struct listing *what, const json_t *records,
                     const char **ids, size_t count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(rows, row_of(call, what, json_object_get(records, ids[i])));
    }
    return sim_page_take(call, rows, (size_t)what->page);
}

int list_resources(struct sim_call *call)
{
    const struct listing *what = listing_of(call->op);
    json_t *records = inventory_records(call->sim, what->kind, call->account, call->region);
    const char **ids = xcalloc(json_object_size(records) + 1, sizeof *ids);
    size_t count = 0;
    int rc = select_ids(call, what, records, ids, &count);
    if (rc < 0) {
        goto out;
    }
    if (what->name_tokens) {
        page_by_name(call, what, ids, count);
    } else {
        rc = page_rows(call, what, records, ids, count);
    }
    if (rc == 0 && what->finish != NULL) {
        what->finish(call);
    }
out:
    free(ids);
    return rc;
}

/* --- tags --- */

static const struct tagged {
    enum service service;
    json_t *(*find)(struct sim_call *call);
    size_t page; /* tags on a page of the list */
    struct tag_words words;
} tagged[] = {
    {.service = SVC_RDS,
     .find = rds_tagged,
     .page = 50,
     .words = {"Key", "Value", "InvalidParameterValue", "InvalidParameterValue", 50}},
    {.service = SVC_DYNAMODB,
     .find = dynamodb_tagged,
     .page = 50,
     .words = {"Key", "Value", "ValidationException", "ValidationException", 50}},
    {.service = SVC_EFS,
     .find = efs_tagged,
     .page = 100,
     .words = {"Key", "Value", "BadRequest", "BadRequest", 50}},
};

static const struct tagged *tagged_of(const struct op *op)
{
    size_t i = 0;
    while (tagged[i].service != op->service) {
        i++;
    }
    return &tagged[i];
}

int list_tags_of_resource(struct sim_call *call)
{
    const struct tagged *what = tagged_of(call->op);
    const json_t *record = what->find(call);
    if (record == NULL) {
        return -1;
    }
    json_t *rows = tags_list(json_object_get(record, "tags"), what->words.key, what->words.value);
    return sim_page_take(call, rows, what->page);
}

void set_tags(struct sim_call *call, json_t *record, const json_t *list)
{
    size_t i;
    const json_t *tag;
    json_array_foreach(list, i, tag)
    {
        record_tag(call->sim, record, jx_str_or(tag, "Key", ""), jx_str_or(tag, "Value", ""));
    }
}

int tag_one_resource(struct sim_call *call)
{
    const struct tagged *what = tagged_of(call->op);
    json_t *record = what->find(call);
    const json_t *list = json_object_get(call->in, "Tags");
    if (record == NULL ||
        tags_check(call, list, json_object_get(record, "tags"), &what->words) < 0) {
        return -1;
    }
    set_tags(call, record, list);
    return 0;
}

int untag_one_resource(struct sim_call *call)
{
    json_t *record = tagged_of(call->op)->find(call);
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
