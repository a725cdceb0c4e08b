/* RDS: instances and Aurora clusters with their members. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

/* --- making --- */

static void identify(struct making *m, const char *type)
{
    snprintf(m->id, sizeof m->id, "%s", m->name);
    snprintf(m->arn, sizeof m->arn, "arn:%s:rds:%s:%s:%s:%s", sim_partition(m->sim), m->region,
             m->account, type, m->id);
}

static void instance_identify(struct making *m)
{
    identify(m, "db");
}

static void cluster_identify(struct making *m)
{
    identify(m, "cluster");
}

static void resource_id(const struct making *m, const char *prefix, char out[64])
{
    char token[27];
    sim_hash_id(m->sim, m->arn, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26, token);
    snprintf(out, 64, "%s-%s", prefix, token);
}

static void set_encryption(const struct making *m, json_t *wire)
{
    bool encrypted = json_object_get(m->spec, "encrypted") == NULL || jx_bool(m->spec, "encrypted");
    json_object_set_new(wire, "StorageEncrypted", json_boolean(encrypted));
    if (encrypted) {
        char *key = managed_key(m, "rds");
        json_object_set_new(wire, "KmsKeyId", json_string(jx_str_or(m->spec, "kms_key", key)));
        free(key);
    }
}

static json_t *instance_wire(const struct making *m)
{
    char resource[64];
    resource_id(m, "db", resource);
    const char *engine = jx_str_or(m->spec, "engine", "postgres");
    char *host = xasprintf("%s.example.%s.rds.amazonaws.com", m->id, m->region);
    char *zone = xasprintf("%sa", m->region);
    json_t *wire = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i}, s:I, s:o, s:s, s:i, s:s, s:s, s:b, s:s, s:b, s:s, "
        "s:b, s:s, s:s, "
        "s:b, s:b}",
        "DBInstanceIdentifier", m->id, "DBInstanceClass",
        jx_str_or(m->spec, "class", "db.t4g.medium"), "Engine", engine, "DBInstanceStatus",
        "available", "MasterUsername", "dbadmin", "Endpoint", "Address", host, "Port", 5432,
        "AllocatedStorage", (json_int_t)jx_int(m->spec, "size", 100), "InstanceCreateTime",
        iso(hashed_birth_ms(m->sim, m->arn)), "PreferredBackupWindow", "01:00-01:30",
        "BackupRetentionPeriod", 7, "AvailabilityZone", zone, "PreferredMaintenanceWindow",
        "sun:02:00-sun:02:30", "MultiAZ", jx_bool(m->spec, "multi_az"), "EngineVersion",
        jx_str_or(m->spec, "engine_version", "16.4"), "AutoMinorVersionUpgrade", 1, "LicenseModel",
        "postgresql-license", "PubliclyAccessible", 0, "StorageType", "gp3", "DbiResourceId",
        resource, "CopyTagsToSnapshot", 1, "DeletionProtection", 1);
    json_object_set_new(wire, "DBInstanceArn", json_string(m->arn));
    jx_set_str(wire, "DBClusterIdentifier", jx_str(m->spec, "cluster"));
    set_encryption(m, wire);
    free(zone);
    free(host);
    return wire;
}

static json_t *cluster_wire(const struct making *m)
{
    char resource[64];
    resource_id(m, "cluster", resource);
    char *host = xasprintf("%s.cluster-example.%s.rds.amazonaws.com", m->id, m->region);
    long long members = jx_int(m->spec, "members", 2);
    json_t *list = json_array();
    for (long long i = 1; i <= members; i++) {
        char *name = xasprintf("%s-%lld", m->id, i);
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:s, s:i}", "DBInstanceIdentifier", name,
                                        "IsClusterWriter", i == 1, "DBClusterParameterGroupStatus",
                                        "in-sync", "PromotionTier", 1));
        free(name);
    }
    json_t *wire =
        json_pack("{s:i, s:i, s:s, s:s, s:s, s:b, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:s, s:s, "
                  "s:o, s:s, s:b, s:b}",
                  "AllocatedStorage", 1, "BackupRetentionPeriod", 7, "DBClusterIdentifier", m->id,
                  "Status", "available", "Endpoint", host, "MultiAZ", members > 1, "Engine",
                  jx_str_or(m->spec, "engine", "aurora-postgresql"), "EngineVersion",
                  jx_str_or(m->spec, "engine_version", "16.4"), "Port", 5432, "MasterUsername",
                  "dbadmin", "PreferredBackupWindow", "01:00-01:30", "PreferredMaintenanceWindow",
                  "sun:02:00-sun:02:30", "DBClusterMembers", list, "DbClusterResourceId", resource,
                  "DBClusterArn", m->arn, "ClusterCreateTime", iso(hashed_birth_ms(m->sim, m->arn)),
                  "EngineMode", "provisioned", "DeletionProtection", 1, "CopyTagsToSnapshot", 1);
    set_encryption(m, wire);
    free(host);
    return wire;
}

const struct kind kind_rds = {"rds", SVC_RDS,           "instances",  "rds:db",
                              "RDS", instance_identify, instance_wire};
const struct kind kind_rds_cluster = {"rds-cluster", SVC_RDS,          "clusters",  "rds:cluster",
                                      "Aurora",      cluster_identify, cluster_wire};

/* Every cluster's members are instances too, untagged: they are backed up with their cluster. */
static void add_members(struct sim *sim, const char *account, const char *region, json_t *state)
{
    const char *id;
    json_t *cluster;
    json_object_foreach(json_object_get(state, "clusters"), id, cluster)
    {
        size_t i;
        const json_t *member;
        json_array_foreach(jx_get(cluster, "wire.DBClusterMembers"), i, member)
        {
            const char *name = jx_str_or(member, "DBInstanceIdentifier", "");
            if (json_object_get(json_object_get(state, "instances"), name) == NULL) {
                json_t *spec =
                    json_pack("{s:s, s:s, s:O, s:O, s:s}", "name", name, "cluster", id, "engine",
                              jx_get(cluster, "wire.Engine"), "engine_version",
                              jx_get(cluster, "wire.EngineVersion"), "class", "db.r6g.large");
                inventory_add(sim, &kind_rds, account, region, state, spec);
                json_decref(spec);
            }
        }
    }
}

static int load(struct sim *sim, const json_t *world, struct err *err)
{
    size_t i;
    const json_t *spec;
    if (inventory_load(sim, SVC_RDS, world, err) < 0) {
        return -1;
    }
    json_array_foreach(json_object_get(world, "resources"), i, spec)
    {
        if (str_equal(jx_str(spec, "type"), kind_rds_cluster.name)) {
            const char *account = jx_str(spec, "account"), *region = jx_str(spec, "region");
            add_members(sim, account, region, sim_state(sim, SVC_RDS, account, region));
        }
    }
    return 0;
}

static void populate(struct sim *sim, const char *account, const char *region, json_t *state)
{
    inventory_populate(sim, SVC_RDS, account, region, state);
    add_members(sim, account, region, state);
}

/* --- describing --- */

struct listing {
    const char *collection, *id, *unknown, *noun, *arn_type;
    const char *filters[4]; /* names of filters; each compares with the member beside it */
    const char *members[4];
};

static const struct listing instances = {
    "instances",
    "DBInstanceIdentifier",
    "DBInstanceNotFound",
    "DBInstance",
    "db:",
    {"db-instance-id", "db-cluster-id", "engine", "dbi-resource-id"},
    {"DBInstanceIdentifier", "DBClusterIdentifier", "Engine", "DbiResourceId"}};
static const struct listing clusters = {
    "clusters",
    "DBClusterIdentifier",
    "DBClusterNotFoundFault",
    "DBCluster",
    "cluster:",
    {"db-cluster-id", "engine", "db-cluster-resource-id", NULL},
    {"DBClusterIdentifier", "Engine", "DbClusterResourceId", NULL}};

static int fits(struct sim_call *call, const struct listing *what, const json_t *wire)
{
    size_t i;
    const json_t *filter;
    json_array_foreach(json_object_get(call->in, "Filters"), i, filter)
    {
        const char *name = jx_str_or(filter, "Name", "");
        size_t f = 0;
        while (f < 4 && !str_equal(what->filters[f], name)) {
            f++;
        }
        if (f == 4) {
            return sim_fail(call, 400, "InvalidParameterValue", "Unrecognized filter name: %s",
                            name);
        }
        const char *value = jx_str(wire, what->members[f]);
        if (value == NULL || !jx_list_has(json_object_get(filter, "Values"), value)) {
            return 0;
        }
    }
    return 1;
}

/* An identifier may be a name or an ARN. */
static const char *named(const struct listing *what, const char *given)
{
    struct arn arn;
    if (given == NULL || !arn_parse(given, &arn) || !str_starts(arn.resource, what->arn_type)) {
        return given;
    }
    return strrchr(given, ':') + 1;
}

static int describe(struct sim_call *call, const struct listing *what)
{
    const json_t *state = sim_state(call->sim, SVC_RDS, call->account, call->region);
    json_t *all = json_object_get(state, what->collection), *record, *rows = json_array();
    const char *wanted = named(what, jx_str(call->in, what->id)), *id;
    int failed = 0;
    if (wanted != NULL && json_object_get(all, wanted) == NULL) {
        failed = sim_fail(call, 404, what->unknown, "%s %s not found.", what->noun, wanted);
    }
    json_object_foreach(all, id, record)
    {
        const json_t *wire = json_object_get(record, "wire");
        int fit =
            failed < 0 || (wanted != NULL && !str_equal(wanted, id)) ? 0 : fits(call, what, wire);
        failed = fit < 0 ? -1 : failed;
        if (fit > 0) {
            json_t *row = json_copy(json_object_get(record, "wire"));
            json_object_set_new(row, "TagList",
                                tags_list(json_object_get(record, "tags"), "Key", "Value"));
            json_array_append_new(rows, row);
        }
    }
    failed = failed < 0 ? -1 : sim_page(call, rows, 100);
    json_decref(rows);
    return failed;
}

static int describe_instances(struct sim_call *call)
{
    return describe(call, &instances);
}

static int describe_clusters(struct sim_call *call)
{
    return describe(call, &clusters);
}

/* --- tags --- */

static json_t *named_record(struct sim_call *call)
{
    const char *name = jx_str_or(call->in, "ResourceName", "");
    struct arn arn;
    if (!arn_parse(name, &arn) || !str_equal(arn.service, "rds") ||
        !str_equal(arn.account, call->account) || !str_equal(arn.region, call->region)) {
        sim_fail(call, 400, "InvalidParameterValue", "Invalid resource name: %s", name);
        return NULL;
    }
    json_t *record = inventory_find(call->sim, call->account, call->region, name, NULL);
    if (record == NULL) {
        const struct listing *what = str_starts(arn.resource, "cluster:") ? &clusters : &instances;
        sim_fail(call, 404, what->unknown, "%s %s not found.", what->noun, strrchr(name, ':') + 1);
    }
    return record;
}

static int list_tags(struct sim_call *call)
{
    json_t *record = named_record(call);
    if (record == NULL) {
        return -1;
    }
    json_object_set_new(call->out, "TagList",
                        tags_list(json_object_get(record, "tags"), "Key", "Value"));
    return 0;
}

static int add_tags(struct sim_call *call)
{
    static const struct tag_words words = {"Key", "Value", "InvalidParameterValue",
                                           "InvalidParameterValue", 50};
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

static int remove_tags(struct sim_call *call)
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

#define FILTERS "Filters:[{Name!:s1.., Values!:[s]}]"
#define PAGE "MaxRecords:i20..100, Marker:s"

static const struct sim_route routes[] = {
    {"AddTagsToResource", add_tags, "ResourceName!:s1.., Tags!:[{Key:s1..128, Value:s0..256}]"},
    {"DescribeDBClusters", describe_clusters,
     "DBClusterIdentifier:s1.., IncludeShared:b, " FILTERS ", " PAGE},
    {"DescribeDBInstances", describe_instances, "DBInstanceIdentifier:s1.., " FILTERS ", " PAGE},
    {"ListTagsForResource", list_tags, "ResourceName!:s1.., " FILTERS},
    {"RemoveTagsFromResource", remove_tags, "ResourceName!:s1.., TagKeys!:[s1..128]"},
};

const struct sim_service sim_rds = {
    .service = SVC_RDS,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "InvalidParameterValue",
    .missing_code = "MissingParameter",
    .invalid_status = 400,
    .populate = populate,
    .load = load,
};
