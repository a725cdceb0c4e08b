/*
 * The run as a world: what towerkeep-sim needs to stand in for the organization, so that a change
 * can be rehearsed on a copy. What the simulator makes by itself (vaults and plans of covered
 * accounts) is not repeated; where the run saw something else there, a change puts it right.
 * Format: docs/worlds.md.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "formats.h"

#define EXECUTION "AWSControlTowerExecution"

struct world {
    struct store *store;
    const json_t *org, *lz;
    json_t *root;    /* the document */
    json_t *units;   /* id -> unit, borrowed from the tree once placed */
    json_t *parents; /* unit id -> parent id */
    json_t *order;   /* unit ids, as seen */
    json_t *changes;
    json_t *baselines;
    json_t *resources;
    json_t *key;
};

static void set_member(json_t *object, const char *name, const json_t *from, const char *path)
{
    json_t *value = jx_get(from, path);
    if (value != NULL) {
        json_object_set(object, name, value);
    }
}

static void change_call(struct world *w, const char *call, const char *account, const char *region,
                        bool as_execution, json_t *input)
{
    json_t *change = json_pack("{s:s, s:s, s:s, s:o}", "call", call, "account", account, "region",
                               region, "input", input);
    if (as_execution) {
        json_object_set_new(change, "role", json_string(EXECUTION));
    }
    json_array_append_new(w->changes, change);
}

static void change_set(struct world *w, const char *service, const char *account,
                       const char *region, const char *path, json_t *value)
{
    json_array_append_new(w->changes, json_pack("{s:{s:s, s:s, s:s, s:s, s:o}}", "set", "service",
                                                service, "account", account, "region", region,
                                                "path", path, "value", value));
}

static void change_control_tower(struct world *w, const char *path, json_t *value)
{
    change_set(w, "controltower", "management", "home", path, value);
}

static int add_unit(void *context, const json_t *ou)
{
    struct world *w = context;
    if (jx_bool(ou, "_unlisted")) {
        return 0;
    }
    const char *id = jx_str_or(ou, "id", "");
    json_object_set_new(w->units, id,
                        json_pack("{s:s, s:s, s:[], s:[]}", "id", id, "name",
                                  jx_str_or(ou, "name", id), "accounts", "units"));
    json_object_set_new(w->parents, id, json_string(jx_str_or(ou, "parent_id", "")));
    json_array_append_new(w->order, json_string(id));
    return 0;
}

/* The baselines of an OU, parents before children because OUs come in order of their path. */
static int add_baselines(void *context, const json_t *ou)
{
    struct world *w = context;
    const char *name;
    json_t *held;
    json_object_foreach(jx_get(ou, "baselines"), name, held)
    {
        const char *id = jx_str_or(ou, "id", "");
        const char *status = jx_str_or(held, "status", "SUCCEEDED");
        const char *drift = jx_str_or(held, "drift", "IN_SYNC");
        json_array_append_new(
            w->baselines, json_pack("{s:s, s:s, s:s, s:s}", "baseline", name, "version",
                                    jx_str_or(held, "version", "1.0"), "target", id, "status",
                                    strcmp(status, "UNDER_CHANGE") == 0 ? "SUCCEEDED" : status));
        if (strcmp(drift, "DRIFTED") == 0) {
            char *path = xasprintf("enabled_baselines.%s/%s.drift", name, id);
            change_control_tower(w, path, json_string(drift));
            free(path);
        }
        size_t i;
        json_t *account;
        json_array_foreach(strcmp(name, "BackupBaseline") == 0 ? jx_get(ou, "accounts_uncovered")
                                                               : NULL,
                           i, account)
        {
            char *path = xasprintf("enabled_baselines.%s/%s.missing.%s", name, id,
                                   json_string_value(account));
            change_control_tower(w, path, json_true());
            free(path);
        }
    }
    return 0;
}

static int add_account(void *context, const json_t *account)
{
    struct world *w = context;
    if (jx_bool(account, "_unlisted")) {
        return 0;
    }
    const char *id = jx_str_or(account, "id", "");
    json_t *unit = json_object_get(w->units, jx_str_or(account, "parent_id", ""));
    json_t *list =
        unit != NULL ? json_object_get(unit, "accounts") : jx_get(w->root, "organization.accounts");
    if (jx_bool(account, "is_management")) {
        set_member(json_object_get(w->root, "organization"), "email", account, "email");
        set_member(json_object_get(w->root, "organization"), "name", account, "name");
        return 0;
    }
    char *email = xasprintf("%s@example.com", id);
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "id", id, "name",
                                          jx_str_or(account, "name", id), "email",
                                          jx_str_or(account, "email", email), "state",
                                          jx_str_or(account, "state", "ACTIVE")));
    free(email);
    return 0;
}

/* Hangs every OU under its parent, once its accounts are in. */
static void build_tree(struct world *w)
{
    size_t i;
    json_t *id;
    json_t *top = jx_get(w->root, "organization.units");
    json_array_foreach(w->order, i, id)
    {
        json_t *unit = json_object_get(w->units, json_string_value(id));
        const char *parent_id =
            json_string_value(json_object_get(w->parents, json_string_value(id)));
        json_t *parent = json_object_get(w->units, parent_id);
        json_array_append(parent != NULL ? json_object_get(parent, "units") : top, unit);
    }
}

static int add_key(void *context, const json_t *key)
{
    struct world *w = context;
    const char *arn = jx_str(key, "arn");
    const char *region = jx_str_or(key, "_region", "");
    const char *id = arn != NULL ? strrchr(arn, '/') : NULL;
    if (!jx_bool(key, "present") || id == NULL) {
        return 0;
    }
    id++;
    if (w->key == NULL) {
        w->key = json_pack("{s:s, s:s, s:s, s:b, s:[], s:{}, s:{}}", "account",
                           jx_str_or(key, "owner", ""), "region",
                           jx_str_or(key, "primary_region", region), "id", id, "multi_region",
                           jx_bool(key, "multi_region"), "replicas", "policies", "states");
    }
    if (jx_bool(key, "rotation_enabled")) {
        json_object_set_new(w->key, "rotation", json_true());
    }
    if (strcmp(region, jx_str_or(w->key, "region", "")) != 0) {
        json_array_append_new(json_object_get(w->key, "replicas"), json_string(region));
    }
    json_object_set_new(json_object_get(w->key, "states"), region,
                        json_string(jx_str_or(key, "state", "Enabled")));
    struct err ignored = {0};
    json_t *policy = NULL;
    if (store_get_entity(w->store, "key-policy", jx_str_or(w->org, "management_account", ""),
                         region, id, &policy, NULL, &ignored) == 0 &&
        policy != NULL) {
        json_t *document = json_loads(jx_str_or(policy, "Policy", ""), 0, NULL);
        if (document != NULL) {
            json_object_set_new(json_object_get(w->key, "policies"), region, document);
        }
        json_decref(policy);
    }
    return 0;
}

static int add_place(void *context, const json_t *place)
{
    struct world *w = context;
    const char *account = jx_str_or(place, "account", ""), *region = jx_str_or(place, "region", "");
    /* Set, not called: the organization may have types that the simulator does not know. */
    if (json_object_size(jx_get(place, "opt_in")) > 0) {
        change_set(w, "backup", account, region, "optin", json_deep_copy(jx_get(place, "opt_in")));
    }
    if (json_object_size(jx_get(place, "management")) > 0) {
        change_set(w, "backup", account, region, "management",
                   json_deep_copy(jx_get(place, "management")));
    }
    return 0;
}

static int add_resource(void *context, const json_t *resource)
{
    static const char *const types[][2] = {
        {"EBS", "ebs"},           {"EC2", "ec2"}, {"RDS", "rds"}, {"Aurora", "rds-cluster"},
        {"DynamoDB", "dynamodb"}, {"EFS", "efs"}, {"S3", "s3"}};
    struct world *w = context;
    const char *type = jx_str_or(resource, "type", "");
    const char *arn = jx_str_or(resource, "arn", "");
    if (!jx_bool(resource, "in_direct")) {
        return 0;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i][0], type) != 0) {
            continue;
        }
        const char *tail = strrchr(arn, '/');
        const char *colon = strrchr(arn, ':');
        const char *name = tail != NULL ? tail + 1 : colon != NULL ? colon + 1 : arn;
        json_t *row = json_pack(
            "{s:s, s:s, s:s, s:s}", "account", jx_str_or(resource, "account", ""), "region",
            jx_str_or(resource, "region", ""), "type", types[i][1], "name", name);
        if (i < 2 || strcmp(type, "EFS") == 0) {
            json_object_set_new(row, "id", json_string(name));
        }
        set_member(row, "tags", resource, "tags");
        /* The copy has no keys but the backup key: what resources are encrypted with is left out.
           Whether a cluster is encrypted decides about its copies. */
        bool cluster = strcmp(types[i][1], "rds-cluster") == 0 && jx_bool(resource, "encrypted");
        json_object_set_new(row, "encrypted", json_boolean(cluster));
        if (cluster) {
            json_object_set_new(row, "kms_key", json_string(""));
        }
        json_array_append_new(w->resources, row);
    }
    return 0;
}

static void add_delegation(struct world *w)
{
    const char *home = jx_str_or(w->lz, "home_region", "");
    const char *management = jx_str_or(w->org, "management_account", "");
    const char *admin = jx_str(w->org, "backup_admin");
    const json_t *registered = jx_get(w->org, "delegated_admins");
    size_t i;
    json_t *one;
    json_array_foreach(jx_get(w->org, "unexpected_delegated_admins"), i, one)
    {
        change_call(
            w, "organizations:RegisterDelegatedAdministrator", management, home, false,
            json_pack("{s:s, s:O}", "ServicePrincipal", "backup.amazonaws.com", "AccountId", one));
    }
    if (jx_bool(w->lz, "backup.enabled") && admin != NULL && !jx_list_has(registered, admin)) {
        change_call(w, "organizations:DeregisterDelegatedAdministrator", management, home, false,
                    json_pack("{s:s, s:s}", "ServicePrincipal", "backup.amazonaws.com", "AccountId",
                              admin));
    }
}

/* The organization's resource policy, as it stands. */
static int add_resource_policy(struct world *w, struct err *err)
{
    json_t *policy = NULL;
    if (store_get_entity(w->store, "resource-policy", "", "", "", &policy, NULL, err) != 0) {
        return -1;
    }
    if (jx_str(policy, "Content") != NULL) {
        change_call(w, "organizations:PutResourcePolicy",
                    jx_str_or(w->org, "management_account", ""),
                    jx_str_or(w->lz, "home_region", ""), false,
                    json_pack("{s:O}", "Content", json_object_get(policy, "Content")));
    }
    json_decref(policy);
    return 0;
}

struct copying { /* one control policy's targets */
    const char *id;
    json_t *targets;
};

static int add_target(void *context, const struct entity *e)
{
    struct copying *c = context;
    json_t *row = json_loadb(e->json, e->json_length, 0, NULL);
    if (strcmp(jx_str_or(row, "policy", ""), c->id) == 0) {
        json_array_append(c->targets, json_object_get(row, "target"));
    }
    json_decref(row);
    return 0;
}

static int add_control_policy(void *context, const struct entity *e)
{
    struct world *w = context;
    struct err ignored = ERR_INIT;
    json_t *policy = json_loadb(e->json, e->json_length, 0, NULL);
    json_t *content = json_loads(jx_str_or(policy, "Content", ""), 0, NULL);
    struct copying c = {.id = e->key, .targets = json_array()};
    if (content != NULL && !jx_bool(policy, "PolicySummary.AwsManaged") &&
        store_each_entity(w->store, "control-policy-target", NULL, NULL, add_target, &c,
                          &ignored) == 0) {
        json_array_append_new(
            jx_get(w->root, "organization.policies"),
            json_pack("{s:s, s:s, s:s, s:O, s:O}", "id", e->key, "name",
                      jx_str_or(policy, "PolicySummary.Name", e->key), "type",
                      jx_str_or(policy, "PolicySummary.Type", "SERVICE_CONTROL_POLICY"), "content",
                      content, "targets", c.targets));
    }
    json_decref(c.targets);
    json_decref(content);
    json_decref(policy);
    return 0;
}

static json_t *frame(const struct world *w, const char *now)
{
    json_t *organization =
        json_pack("{s:s, s:s, s:s, s:[], s:[], s:[]}", "id", jx_str_or(w->org, "id", ""), "root",
                  jx_str_or(w->org, "root_id", ""), "management_account",
                  jx_str_or(w->org, "management_account", ""), "units", "accounts", "policies");
    set_member(organization, "feature_set", w->org, "feature_set");
    set_member(organization, "policy_types", w->org, "policy_types");
    set_member(organization, "trusted_services", w->org, "trusted_services");
    json_t *root = json_pack("{s:s, s:i, s:s, s:s, s:o}", "now", now, "seed", 1, "partition",
                             jx_str_or(w->org, "partition", "aws"), "home_region",
                             jx_str_or(w->lz, "home_region", ""), "organization", organization);
    json_object_set_new(root, "credentials",
                        json_pack("[{s:s, s:s, s:s, s:s}]", "access_key_id", "AKIAREHEARSAL0000000",
                                  "secret", "rehearsal-secret-of-the-copy", "account",
                                  jx_str_or(w->org, "management_account", ""), "user",
                                  "rehearsal"));
    if (jx_bool(w->lz, "present")) {
        json_t *zone = json_object();
        set_member(zone, "version", w->lz, "version");
        set_member(zone, "status", w->lz, "status");
        set_member(zone, "drift", w->lz, "drift");
        set_member(zone, "manifest", w->lz, "manifest");
        set_member(zone, "remediation_types", w->lz, "remediation_types");
        json_object_set_new(root, "landing_zone", zone);
    }
    json_object_set_new(root, "backup", json_object());
    set_member(json_object_get(root, "backup"), "global_settings", w->org, "global_settings");
    return root;
}

static int fill(struct world *w, struct subjects *subjects, struct err *err)
{
    static const struct {
        enum scope scope;
        int (*add)(void *context, const json_t *document);
    } parts[] = {
        {SCOPE_OU, add_unit}, {SCOPE_ACCOUNT, add_account},      {SCOPE_OU, add_baselines},
        {SCOPE_KEY, add_key}, {SCOPE_ACCOUNT_REGION, add_place}, {SCOPE_RESOURCE, add_resource}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (subjects_each(subjects, parts[i].scope, parts[i].add, w, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int report_write_world(const struct report_input *in, const char *path, struct err *err)
{
    const json_t *context = subjects_context(in->subjects);
    const char *now = store_meta(in->store, "ended");
    struct world w = {.store = in->store,
                      .org = jx_get(context, "org"),
                      .lz = jx_get(context, "lz"),
                      .units = json_object(),
                      .parents = json_object(),
                      .order = json_array(),
                      .changes = json_array(),
                      .baselines = json_array(),
                      .resources = json_array()};
    struct out_file *file = NULL;
    w.root = frame(&w, now != NULL ? now : "2026-01-01T00:00:00Z");
    int rc = fill(&w, in->subjects, err) || add_resource_policy(&w, err) ||
                     store_each_entity(w.store, "control-policy", NULL, NULL, add_control_policy,
                                       &w, err) < 0
                 ? -1
                 : 0;
    if (rc == 0) {
        build_tree(&w);
        add_delegation(&w);
        json_object_set(w.root, "baselines", w.baselines);
        json_object_set(w.root, "resources", w.resources);
        json_object_set_new(w.root, "kms", json_pack("{s:[]}", "keys"));
        if (w.key != NULL) {
            json_array_append(jx_get(w.root, "kms.keys"), w.key);
        }
        json_object_set(w.root, "changes", w.changes);
        rc = out_file_open(path, &file, err);
    }
    if (rc == 0) {
        (void)jx_write(w.root, out_file_stream(file), JSON_INDENT(1));
        rc = out_file_commit(file, err);
    }
    json_t *owned[] = {w.root,    w.units,     w.parents,   w.order,
                       w.changes, w.baselines, w.resources, w.key};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        json_decref(owned[i]);
    }
    return rc;
}
