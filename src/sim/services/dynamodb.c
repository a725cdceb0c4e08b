/* DynamoDB: tables and their tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/listing.h"

static void identify(struct making *m)
{
    snprintf(m->id, sizeof m->id, "%s", m->name);
    snprintf(m->arn, sizeof m->arn, "arn:%s:dynamodb:%s:%s:table/%s", sim_partition(m->sim),
             m->region, m->account, m->id);
}

static json_t *wire(const struct making *m)
{
    char id[37];
    sim_hash_uuid(m->sim, m->arn, id);
    json_t *table = json_pack(
        "{s:[{s:s, s:s}], s:s, s:[{s:s, s:s}], s:s, s:o, s:{s:i, s:i}, s:I, s:I, s:s, s:s, "
        "s:{s:s}, s:b}",
        "AttributeDefinitions", "AttributeName", "id", "AttributeType", "S", "TableName", m->id,
        "KeySchema", "AttributeName", "id", "KeyType", "HASH", "TableStatus", "ACTIVE",
        "CreationDateTime", epoch(hashed_birth_ms(m->sim, m->arn)), "ProvisionedThroughput",
        "ReadCapacityUnits", 0, "WriteCapacityUnits", 0, "TableSizeBytes", (json_int_t)1048576,
        "ItemCount", (json_int_t)1000, "TableArn", m->arn, "TableId", id, "BillingModeSummary",
        "BillingMode", "PAY_PER_REQUEST", "DeletionProtectionEnabled", 1);
    const char *key = jx_str(m->spec, "kms_key");
    if (key != NULL) {
        json_object_set_new(table, "SSEDescription",
                            json_pack("{s:s, s:s, s:s}", "Status", "ENABLED", "SSEType", "KMS",
                                      "KMSMasterKeyArn", key));
    }
    return table;
}

const struct kind kind_dynamodb = {"dynamodb", SVC_DYNAMODB, "tables", "dynamodb:table",
                                   "DynamoDB", identify,     wire};

static int describe_table(struct sim_call *call)
{
    const char *name = given_id(jx_str_or(call->in, "TableName", ""), "table/");
    const json_t *record = json_object_get(
        inventory_records(call->sim, &kind_dynamodb, call->account, call->region), name);
    if (record == NULL) {
        return sim_fail(call, 400, "ResourceNotFoundException",
                        "Requested resource not found: Table: %s not found", name);
    }
    return json_object_set(call->out, "Table", json_object_get(record, "wire"));
}

json_t *dynamodb_tagged(struct sim_call *call)
{
    const char *name = jx_str_or(call->in, "ResourceArn", "");
    struct arn arn;
    if (!arn_split(name, &arn) || !str_equal(arn.service, "dynamodb") ||
        !str_starts(arn.resource, "table/")) {
        sim_fail(call, 400, "ValidationException",
                 "Invalid TableArn: Invalid ResourceArn provided as input %s", name);
        return NULL;
    }
    if (!str_equal(arn.account, call->account)) {
        sim_fail(call, 400, "AccessDeniedException",
                 "User: %s is not authorized to perform: dynamodb:%s on resource: %s",
                 call->principal_arn, call->op->name, name);
        return NULL;
    }
    json_t *record = inventory_find(call->sim, call->account, call->region, name, NULL);
    if (record == NULL) {
        sim_fail(call, 400, "ResourceNotFoundException",
                 "Requested resource not found: ResourceArn: %s not found", name);
    }
    return record;
}

#define ARN "ResourceArn!:s1..1283"

static const struct sim_route routes[] = {
    {"DescribeTable", describe_table, "TableName!:s1..1024"},
    {"ListTables", list_resources,
     "ExclusiveStartTableName:s3..255/^[a-zA-Z0-9_.-]+$/, Limit:i1..100"},
    {"ListTagsOfResource", list_tags_of_resource, ARN ", NextToken:s"},
    {"TagResource", tag_one_resource, ARN ", Tags!:[{Key!:s1..128, Value!:s0..256}]"},
    {"UntagResource", untag_one_resource, ARN ", TagKeys!:[s1..128]"},
};

const struct sim_service sim_dynamodb = {
    .service = SVC_DYNAMODB,
    .holds_resources = true,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationException",
    .invalid_status = 400,
};
