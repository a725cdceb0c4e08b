/* DynamoDB: tables and their tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

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

static int load(struct sim *sim, const json_t *world, struct err *err)
{
    return inventory_load(sim, SVC_DYNAMODB, world, err);
}

static void populate(struct sim *sim, const char *account, const char *region, json_t *state)
{
    inventory_populate(sim, SVC_DYNAMODB, account, region, state);
}

static json_t *tables_of(struct sim_call *call)
{
    return json_object_get(sim_state(call->sim, SVC_DYNAMODB, call->account, call->region),
                           "tables");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The page token is a table's name, known or not: the list goes on behind it. */
static int list_tables(struct sim_call *call)
{
    json_t *tables = tables_of(call), *table, *page = json_array();
    size_t count = 0, total = json_object_size(tables);
    const char **names = xcalloc(total + 1, sizeof *names);
    const char *after = jx_str_or(call->in, "ExclusiveStartTableName", ""), *name;
    long long limit = jx_int(call->in, "Limit", 100);
    long long forced = jx_int(sim_world(call->sim), "quirks.page_size", 0);
    limit = forced > 0 && forced < limit ? forced : limit;
    json_object_foreach(tables, name, table)
    {
        names[count++] = name;
    }
    qsort(names, count, sizeof *names, by_name);
    size_t i = 0;
    while (i < count && strcmp(names[i], after) <= 0) {
        i++;
    }
    for (; i < count && (long long)json_array_size(page) < limit; i++) {
        json_array_append_new(page, json_string(names[i]));
    }
    if (i < count) {
        json_object_set_new(call->out, "LastEvaluatedTableName", json_string(names[i - 1]));
    }
    json_object_set_new(call->out, "TableNames", page);
    free(names);
    return 0;
}

static int describe_table(struct sim_call *call)
{
    const char *given = jx_str_or(call->in, "TableName", "");
    struct arn arn;
    const char *name =
        arn_parse(given, &arn) && str_starts(arn.resource, "table/") ? arn.resource + 6 : given;
    json_t *record = json_object_get(tables_of(call), name);
    if (record == NULL) {
        return sim_fail(call, 400, "ResourceNotFoundException",
                        "Requested resource not found: Table: %s not found", name);
    }
    return json_object_set(call->out, "Table", json_object_get(record, "wire"));
}

static json_t *named_record(struct sim_call *call)
{
    const char *name = jx_str_or(call->in, "ResourceArn", "");
    struct arn arn;
    if (!arn_parse(name, &arn) || !str_equal(arn.service, "dynamodb") ||
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

static int list_tags(struct sim_call *call)
{
    json_t *record = named_record(call);
    if (record == NULL) {
        return -1;
    }
    json_t *rows = tags_list(json_object_get(record, "tags"), "Key", "Value");
    int failed = sim_page(call, rows, 50);
    json_decref(rows);
    return failed;
}

static int tag_resource(struct sim_call *call)
{
    static const struct tag_words words = {"Key", "Value", "ValidationException",
                                           "ValidationException", 50};
    json_t *record = named_record(call);
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
    json_t *record = named_record(call);
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

#define ARN "ResourceArn!:s1..1283"

static const struct sim_route routes[] = {
    {"DescribeTable", describe_table, "TableName!:s1..1024"},
    {"ListTables", list_tables,
     "ExclusiveStartTableName:s3..255/^[a-zA-Z0-9_.-]+$/, Limit:i1..100"},
    {"ListTagsOfResource", list_tags, ARN ", NextToken:s"},
    {"TagResource", tag_resource, ARN ", Tags!:[{Key!:s1..128, Value!:s0..256}]"},
    {"UntagResource", untag_resource, ARN ", TagKeys!:[s1..128]"},
};

const struct sim_service sim_dynamodb = {
    .service = SVC_DYNAMODB,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationException",
    .invalid_status = 400,
    .populate = populate,
    .load = load,
};
