#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "core.h"

#define MANAGEMENT "111122221111"
#define BACKUP_ADMIN "111122223333"
#define CENTRAL_BACKUP "111122224444"
#define LOG_ARCHIVE "111122225555"
#define AUDIT "111122226666"
#define ORGANIZATION "o-generated1"
#define ROOT "r-gn01"
#define HOME "eu-central-1"
#define KEY_ID "mrk-9e4e11a7ed000000000000000000c0de"

struct recipe {
    long long accounts, ous, regions, resources, seed;
};

static int read_recipe(const char *spec, struct recipe *out, struct err *err)
{
    *out = (struct recipe){10, 4, 3, 5, 1};
    const struct {
        const char *name;
        long long low, high;
        long long *value;
    } fields[] = {
        {"accounts", 5, 20000, &out->accounts}, {"ous", 1, 2000, &out->ous},
        {"regions", 1, 17, &out->regions},      {"resources", 0, 100000, &out->resources},
        {"seed", 0, 1000000000, &out->seed},
    };
    for (const char *at = spec; *at != '\0';) {
        size_t length = strcspn(at, ",");
        char pair[64];
        snprintf(pair, sizeof pair, "%.*s", (int)length, at);
        char *equal = strchr(pair, '=');
        bool fine = false;
        for (size_t i = 0; equal != NULL && i < sizeof fields / sizeof *fields; i++) {
            size_t name = strlen(fields[i].name);
            if ((size_t)(equal - pair) == name && strncmp(pair, fields[i].name, name) == 0) {
                fine = str_number(equal + 1, fields[i].low, fields[i].high, fields[i].value);
                if (!fine) {
                    return err_set(err, ERR_INPUT,
                                   "--generate %s: %s: expected a number from %lld to %lld", spec,
                                   fields[i].name, fields[i].low, fields[i].high);
                }
            }
        }
        if (!fine) {
            return err_set(
                err, ERR_INPUT,
                "--generate %s: expected accounts=N,ous=N,regions=N,resources=N,seed=N, not '%s'",
                spec, pair);
        }
        at += length;
        at += *at == ',' ? 1 : 0;
    }
    return 0;
}

/* The governed Regions: home first, then the partition's default ones in order. */
static json_t *governed_regions(const struct recipe *r)
{
    json_t *all = world_default_regions("aws");
    json_t *list = json_pack("[s]", HOME);
    for (size_t i = 0; i < json_array_size(all) && json_array_size(list) < (size_t)r->regions;
         i++) {
        if (!str_equal(json_string_value(json_array_get(all, i)), HOME)) {
            json_array_append(list, json_array_get(all, i));
        }
    }
    json_decref(all);
    return list;
}

static json_t *account(const char *id, const char *name, bool generated)
{
    return json_pack("{s:s, s:s, s:o, s:b}", "id", id, "name", name, "email",
                     json_sprintf("aws+%s@example.com", id), "generated", generated ? 1 : 0);
}

/* A tree four wide: OU n hangs under OU (n - 1) / 4, the first four under the root, so 340 OUs are
 * four levels deep. */
static json_t *workload_units(const struct recipe *r, json_t *ids)
{
    json_t *roots = json_array();
    json_t *flat = json_array();
    for (long long i = 0; i < r->ous; i++) {
        char id[32];
        snprintf(id, sizeof id, "ou-gn01-w%07lld", i);
        json_t *unit = json_pack("{s:s, s:o, s:[], s:[]}", "id", id, "name",
                                 json_sprintf("Workloads %lld", i + 1), "accounts", "units");
        json_array_append(flat, unit);
        json_array_append_new(ids, json_string(id));
        json_t *parent =
            i < 4 ? roots
                  : json_object_get(json_array_get(flat, (size_t)(i - 4) / 4 % 84), "units");
        json_array_append_new(parent, unit);
    }
    for (long long i = 5; i < r->accounts; i++) {
        char id[13], name[32];
        snprintf(id, sizeof id, "%012lld", 300000000000LL + (r->seed % 1000) * 100000000LL + i);
        snprintf(name, sizeof name, "Workload %lld", i - 4);
        json_array_append_new(
            json_object_get(json_array_get(flat, (size_t)((i - 5) % r->ous)), "accounts"),
            account(id, name, true));
    }
    json_decref(flat);
    return roots;
}

static json_t *security_unit(void)
{
    return json_pack("{s:s, s:s, s:[o,o,o,o], s:[]}", "id", "ou-gn01-sec00001", "name", "Security",
                     "accounts", account(LOG_ARCHIVE, "Log Archive", false),
                     account(AUDIT, "Audit", false),
                     account(BACKUP_ADMIN, "Backup Administrator", false),
                     account(CENTRAL_BACKUP, "Central Backup", false), "units");
}

static json_t *manifest(json_t *governed)
{
    json_t *logging = json_pack("{s:s, s:b, s:{s:{s:i}, s:{s:i}}}", "accountId", LOG_ARCHIVE,
                                "enabled", 1, "configurations", "loggingBucket", "retentionDays",
                                365, "accessLoggingBucket", "retentionDays", 3650);
    json_t *backup =
        json_pack("{s:b, s:{s:{s:s}, s:{s:s}, s:s}}", "enabled", 1, "configurations",
                  "centralBackup", "accountId", CENTRAL_BACKUP, "backupAdmin", "accountId",
                  BACKUP_ADMIN, "kmsKeyArn", "arn:aws:kms:" HOME ":" MANAGEMENT ":key/" KEY_ID);
    return json_pack("{s:O, s:{s:{s:s}}, s:o, s:{s:s}, s:{s:b}, s:o}", "governedRegions", governed,
                     "organizationStructure", "security", "name", "Security", "centralizedLogging",
                     logging, "securityRoles", "accountId", AUDIT, "accessManagement", "enabled", 1,
                     "backup", backup);
}

/* Parents before children, as Control Tower demands. */
static json_t *baselines(const json_t *ids)
{
    json_t *list = json_array();
    size_t i = 0;
    json_t *id = NULL;
    json_array_foreach((json_t *)(uintptr_t)ids, i, id)
    {
        json_array_append_new(list, json_pack("{s:s, s:s, s:O, s:s}", "baseline",
                                              "AWSControlTowerBaseline", "version", "4.0", "target",
                                              id, "status", "SUCCEEDED"));
    }
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:s, s:s}", "baseline", "BackupBaseline", "version",
                                    "1.0", "target", "ou-gn01-sec00001", "status", "SUCCEEDED"));
    json_array_foreach((json_t *)(uintptr_t)ids, i, id)
    {
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:O, s:s}", "baseline", "BackupBaseline",
                                        "version", "1.0", "target", id, "status", "SUCCEEDED"));
    }
    return list;
}

/* No account leaves the organization by itself. */
static json_t *policies(void)
{
    return json_pack("[{s:s, s:s, s:s, s:{s:s, s:[{s:s, s:s, s:s}]}, s:[s]}]", "id", "p-stay0001",
                     "name", "DenyLeavingTheOrganization", "type", "SERVICE_CONTROL_POLICY",
                     "content", "Version", "2012-10-17", "Statement", "Effect", "Deny", "Action",
                     "organizations:LeaveOrganization", "Resource", "*", "targets", ROOT);
}

static json_t *key_ring(json_t *governed)
{
    json_t *replicas = json_copy(governed);
    json_array_remove(replicas, 0);
    return json_pack("{s:[{s:s, s:s, s:s, s:b, s:o, s:[s], s:b, s:s}]}", "keys", "account",
                     MANAGEMENT, "region", HOME, "id", KEY_ID, "multi_region", 1, "replicas",
                     replicas, "aliases", "alias/controltower-backup", "rotation", 1, "description",
                     "Control Tower backup");
}

/* The backup administrator manages backup policies. */
static json_t *changes(void)
{
    static const char policy[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"BackupPolicies\",\"Effect\":"
        "\"Allow\","
        "\"Principal\":{\"AWS\":\"arn:aws:iam::" BACKUP_ADMIN ":root\"},\"Action\":["
        "\"organizations:AttachPolicy\",\"organizations:CreatePolicy\",\"organizations:"
        "DeletePolicy\","
        "\"organizations:DetachPolicy\",\"organizations:UpdatePolicy\"],\"Resource\":\"*\"}]}";
    return json_pack("[{s:s, s:{s:s}}]", "call", "organizations:PutResourcePolicy", "input",
                     "Content", policy);
}

json_t *world_generate(const char *spec, struct err *err)
{
    struct recipe r;
    if (read_recipe(spec, &r, err) != 0) {
        return NULL;
    }
    json_t *governed = governed_regions(&r);
    json_t *ids = json_array();
    json_t *units = workload_units(&r, ids);
    json_array_insert_new(units, 0, security_unit());
    json_t *organization = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:[s,s,s,s], s:o, s:[]}", "id", ORGANIZATION, "root",
        ROOT, "management_account", MANAGEMENT, "email", "aws+management@example.com",
        "feature_set", "ALL", "policy_types", "SERVICE_CONTROL_POLICY", "ENABLED",
        "trusted_services", "controltower.amazonaws.com", "backup.amazonaws.com",
        "member.org.stacksets.cloudformation.amazonaws.com", "account.amazonaws.com", "units",
        units, "accounts");
    json_object_set_new(json_object_get(organization, "policy_types"), "TAG_POLICY",
                        json_string("ENABLED"));
    json_object_set_new(json_object_get(organization, "policy_types"), "BACKUP_POLICY",
                        json_string("ENABLED"));
    json_object_set_new(organization, "policies", policies());
    json_t *world = json_pack("{s:I, s:s, s:s, s:o}", "seed", (json_int_t)r.seed, "partition",
                              "aws", "home_region", HOME, "organization", organization);
    json_object_set_new(world, "generate",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "accounts", (json_int_t)r.accounts,
                                  "ous", (json_int_t)r.ous, "regions", (json_int_t)r.regions,
                                  "resources", (json_int_t)r.resources, "seed",
                                  (json_int_t)r.seed));
    json_object_set_new(world, "credentials",
                        json_pack("[{s:s, s:s, s:s, s:s}]", "access_key_id", "AKIAMGMT00000000DEMO",
                                  "secret", "demo-secret-management", "account", MANAGEMENT, "user",
                                  "towerkeep"));
    json_object_set_new(world, "landing_zone",
                        json_pack("{s:s, s:s, s:s, s:[s], s:o}", "version", "3.3", "status",
                                  "ACTIVE", "drift", "IN_SYNC", "remediation_types",
                                  "INHERITANCE_DRIFT", "manifest", manifest(governed)));
    json_object_set_new(world, "baselines", baselines(ids));
    json_object_set_new(world, "kms", key_ring(governed));
    json_object_set_new(world, "changes", changes());
    json_decref(ids);
    json_decref(governed);
    return world;
}
