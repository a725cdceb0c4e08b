/* RDS: instances and Aurora clusters with their members. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/listing.h"

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
        const char *used = jx_str_or(m->spec, "kms_key", key);
        if (*used != '\0') {
            json_object_set_new(wire, "KmsKeyId", json_string(used));
        }
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
    (void)err;
    json_array_foreach(json_object_get(world, "resources"), i, spec)
    {
        if (str_equal(jx_str(spec, "type"), kind_rds_cluster.name)) {
            const char *account = jx_str(spec, "account"), *region = jx_str(spec, "region");
            add_members(sim, account, region, sim_state(sim, SVC_RDS, account, region));
        }
    }
    return 0;
}

/* --- describing --- */

int rds_fits(struct sim_call *call, const struct listing *what, const json_t *record)
{
    const json_t *wire = json_object_get(record, "wire"), *filter;
    size_t i;
    json_array_foreach(json_object_get(call->in, "Filters"), i, filter)
    {
        const char *name = jx_str_or(filter, "Name", "");
        const struct filter *known = what->filters;
        while (known->name != NULL && !str_equal(known->name, name)) {
            known++;
        }
        if (known->name == NULL) {
            return sim_fail(call, 400, "InvalidParameterValue", "Unrecognized filter name: %s",
                            name);
        }
        const char *value = jx_str(wire, known->path);
        if (value == NULL || !jx_list_has(json_object_get(filter, "Values"), value)) {
            return 0;
        }
    }
    return 1;
}

int rds_check_listing(struct sim_call *call, const struct listing *what)
{
    const char *wanted = given_id(jx_str(call->in, what->named), what->arn_prefix);
    const json_t *all = inventory_records(call->sim, what->kind, call->account, call->region);
    if (wanted != NULL && json_object_get(all, wanted) == NULL) {
        return sim_fail(call, 404, what->unknown, "%s %s not found.", what->noun, wanted);
    }
    return 0;
}

/* --- tags --- */

json_t *rds_tagged(struct sim_call *call)
{
    const char *name = jx_str_or(call->in, "ResourceName", "");
    struct arn arn;
    if (!arn_split(name, &arn) || !str_equal(arn.service, "rds") ||
        !str_equal(arn.account, call->account) || !str_equal(arn.region, call->region)) {
        sim_fail(call, 400, "InvalidParameterValue", "Invalid resource name: %s", name);
        return NULL;
    }
    json_t *record = inventory_find(call->sim, call->account, call->region, name, NULL);
    if (record == NULL) {
        bool cluster = str_starts(arn.resource, "cluster:");
        sim_fail(call, 404, cluster ? "DBClusterNotFoundFault" : "DBInstanceNotFound",
                 "%s %s not found.", cluster ? "DBCluster" : "DBInstance", strrchr(name, ':') + 1);
    }
    return record;
}

#define FILTERS "Filters:[{Name!:s1.., Values!:[s]}]"
#define PAGE "MaxRecords:i20..100, Marker:s"

static const struct sim_route routes[] = {
    {"AddTagsToResource", tag_one_resource,
     "ResourceName!:s1.., Tags!:[{Key:s1..128, Value:s0..256}]"},
    {"DescribeDBClusters", list_resources,
     "DBClusterIdentifier:s1.., IncludeShared:b, " FILTERS ", " PAGE},
    {"DescribeDBInstances", list_resources, "DBInstanceIdentifier:s1.., " FILTERS ", " PAGE},
    {"ListTagsForResource", list_tags_of_resource, "ResourceName!:s1.., " FILTERS},
    {"RemoveTagsFromResource", untag_one_resource, "ResourceName!:s1.., TagKeys!:[s1..128]"},
};

const struct sim_service sim_rds = {
    .service = SVC_RDS,
    .holds_resources = true,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "InvalidParameterValue",
    .missing_code = "MissingParameter",
    .invalid_status = 400,
    .populate = add_members,
    .load = load,
};
