#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "core.h"
#include "services/iam.h"

/* State of an account: {"roles": {NAME: {RoleName, Arn, RoleId, Path, CreateDate,
   AssumeRolePolicyDocument (text), MaxSessionDuration, Description, "@used": RoleLastUsed, "@attached": [{PolicyName,
   PolicyArn}], "@policy": object}}}. */

#define CREATED_MS (400LL * 24 * 3600 * 1000) /* before now */
#define USED_MS (26LL * 3600 * 1000)

static json_t *role_new(struct sim *sim, const char *account, const char *path, const char *name,
                        const char *trust)
{
    char words[256], id[17], created[TIME_ISO_SIZE], used[TIME_ISO_SIZE];
    snprintf(words, sizeof words, "role %s %s", account, name);
    sim_hash_id(sim, words, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, id);
    time_iso(sim_now_ms(sim) - CREATED_MS, created);
    time_iso(sim_now_ms(sim) - USED_MS, used);
    json_t *role = json_pack("{s:s, s:s, s:s, s:i}", "RoleName", name, "Path", path, "CreateDate",
                             created, "MaxSessionDuration", 3600);
    json_object_set_new(
        role, "Arn",
        json_sprintf("arn:%s:iam::%s:role%s%s", sim_partition(sim), account, path, name));
    json_object_set_new(role, "RoleId", json_sprintf("AROA%s", id));
    json_object_set_new(role, "AssumeRolePolicyDocument", json_string(trust));
    json_object_set_new(role, "@attached", json_array());
    json_object_set_new(
        role, "@used",
        json_pack("{s:s, s:s}", "LastUsedDate", used, "Region", sim_home_region(sim)));
    return role;
}

static void attach(struct sim *sim, json_t *role, const char *folder, const char *name)
{
    json_array_append_new(
        json_object_get(role, "@attached"),
        json_pack("{s:s, s:o}", "PolicyName", name, "PolicyArn",
                  json_sprintf("arn:%s:iam::aws:policy/%s%s", sim_partition(sim), folder, name)));
}

static void trust_account(const struct sim *sim, const char *account, const char *external_id,
                          char *out, size_t size)
{
    char condition[320] = "";
    if (external_id != NULL) {
        snprintf(condition, sizeof condition,
                 ",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"%.200s\"}}", external_id);
    }
    snprintf(out, size,
             "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
             "\"AWS\":\"arn:%s:iam::%s:root\"},"
             "\"Action\":\"sts:AssumeRole\"%s}]}",
             sim_partition(sim), account, condition);
}

static void trust_service(const char *service, char *out, size_t size)
{
    snprintf(out, size,
             "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
             "\"Service\":\"%s\"},"
             "\"Action\":\"sts:AssumeRole\"}]}",
             service);
}

static void put(json_t *roles, json_t *taken)
{
    json_object_set_new(roles, jx_str_or(taken, "RoleName", ""), taken);
}

/* roles: [NAME, {name, external_id, policy, path}] of a world's account. */
static void add_named(struct sim *sim, const char *account, const json_t *row, json_t *roles)
{
    const char *name = json_is_string(row) ? json_string_value(row) : jx_str_or(row, "name", "");
    char trust[768];
    trust_account(sim, sim_management_account(sim), jx_str(row, "external_id"), trust,
                  sizeof trust);
    json_t *role = role_new(sim, account, jx_str_or(row, "path", "/"), name, trust);
    json_t *policy = json_object_get(row, "policy");
    if (policy != NULL) {
        json_object_set(role, "@policy", policy);
    } else {
        attach(sim, role, "", "AdministratorAccess");
    }
    put(roles, role);
}

static void add_backup_roles(struct sim *sim, const char *account, json_t *roles)
{
    static const char *const policies[] = {"AWSBackupServiceRolePolicyForBackup",
                                           "AWSBackupServiceRolePolicyForRestores", NULL};
    static const char *const s3_policies[] = {"AWSBackupServiceRolePolicyForS3Backup",
                                              "AWSBackupServiceRolePolicyForS3Restore", NULL};
    char trust[512];
    trust_service("backup.amazonaws.com", trust, sizeof trust);
    json_t *role = role_new(sim, account, "/", "aws-controltower-BackupRole", trust);
    for (size_t i = 0; policies[i] != NULL; i++) {
        attach(sim, role, "service-role/", policies[i]);
        attach(sim, role, "", s3_policies[i]);
    }
    put(roles, role);
    json_t *linked = role_new(sim, account, "/aws-service-role/backup.amazonaws.com/",
                              "AWSServiceRoleForBackup", trust);
    attach(sim, linked, "aws-service-role/", "AWSBackupServiceLinkedRolePolicyForBackup");
    put(roles, linked);
}

/* Control Tower's role for its trail, as an upgrade to landing zone 4.0 wants it. */
static void add_trail_role(struct sim *sim, const char *account, json_t *roles)
{
    static const char name[] = "AWSControlTowerCloudTrailRole";
    char trust[512];
    trust_service("cloudtrail.amazonaws.com", trust, sizeof trust);
    json_t *role = role_new(sim, account, "/service-role/", name, trust);
    attach(sim, role, "service-role/", "AWSControlTowerCloudTrailRolePolicy");
    put(roles, role);
}

static void populate(struct sim *sim, const char *account, const char *region, json_t *state)
{
    (void)region;
    json_t *roles = json_object();
    json_object_set_new(state, "roles", roles);
    const json_t *entry = map_get(sim->world_accounts, account);
    bool management = str_equal(account, sim_management_account(sim));
    const json_t *named = json_object_get(entry, "roles");
    for (size_t i = 0; i < json_array_size(named); i++) {
        add_named(sim, account, json_array_get(named, i), roles);
    }
    if (entry == NULL && !management) {
        /* Made by CreateAccount after the start. */
        json_t *role = json_string(
            jx_str_or(sim_org_account(sim, account), "RoleName", "OrganizationAccountAccessRole"));
        add_named(sim, account, role, roles);
        json_decref(role);
    }
    if (management || sim_ct_account_backed_up(sim, account)) {
        add_backup_roles(sim, account, roles);
        if (management) {
            json_object_del(roles, "aws-controltower-BackupRole");
            add_trail_role(sim, account, roles);
        }
    }
}

static json_t *roles_of(struct sim *sim, const char *account)
{
    return json_object_get(sim_state(sim, SVC_IAM, account, ""), "roles");
}

static void add_execution(struct sim *sim, const char *account, json_t *roles)
{
    json_t *name = json_string("AWSControlTowerExecution");
    add_named(sim, account, name, roles);
    json_decref(name);
}

/* What Control Tower made or took away since the account was first looked at. */
static void follow_control_tower(struct sim *sim, const char *account, json_t *roles)
{
    if (str_equal(account, sim_management_account(sim))) {
        return;
    }
    bool backed_up = sim_ct_account_backed_up(sim, account);
    bool present = json_object_get(roles, "aws-controltower-BackupRole") != NULL;
    if (backed_up && !present) {
        add_backup_roles(sim, account, roles);
    } else if (!backed_up && present) {
        json_object_del(roles, "aws-controltower-BackupRole");
    }
    if (json_object_get(map_get(sim->world_accounts, account), "roles") != NULL) {
        return; /* the world has said which roles there are */
    }
    bool enrolled = sim_ct_account_enrolled(sim, account);
    present = json_object_get(roles, "AWSControlTowerExecution") != NULL;
    if (enrolled && !present) {
        add_execution(sim, account, roles);
    } else if (!enrolled && present) {
        json_object_del(roles, "AWSControlTowerExecution");
    }
}

json_t *sim_iam_role(struct sim *sim, const char *account, const char *name)
{
    json_t *roles = roles_of(sim, account);
    follow_control_tower(sim, account, roles);
    return json_object_get(roles, name);
}

static json_t *role_view(const json_t *role, bool whole)
{
    static const char *const names[] = {
        "Path",        "RoleName",           "RoleId", "Arn", "CreateDate",
        "Description", "MaxSessionDuration", NULL};
    json_t *view = json_object();
    struct text encoded;
    for (size_t i = 0; names[i] != NULL; i++) {
        json_t *value = json_object_get(role, names[i]);
        if (value != NULL) {
            json_object_set(view, names[i], value);
        }
    }
    const char *trust = jx_str_or(role, "AssumeRolePolicyDocument", "");
    text_init(&encoded, 65536);
    text_add_percent(&encoded, trust, strlen(trust), false);
    json_object_set_new(view, "AssumeRolePolicyDocument", json_string(text_str(&encoded)));
    text_release(&encoded);
    if (whole) {
        json_t *used = json_object_get(role, "@used");
        json_object_set_new(view, "RoleLastUsed",
                            used != NULL ? json_deep_copy(used) : json_object());
    }
    return view;
}

static json_t *role_need(struct sim_call *call)
{
    const char *name = jx_str_or(call->in, "RoleName", "");
    json_t *role = sim_iam_role(call->sim, call->account, name);
    if (role == NULL) {
        sim_fail(call, 404, "NoSuchEntity", "The role with name %s cannot be found.", name);
    }
    return role;
}

static int get_role(struct sim_call *call)
{
    const json_t *role = role_need(call);
    return role == NULL ? -1 : json_object_set_new(call->out, "Role", role_view(role, true));
}

static int paged(struct sim_call *call, json_t *rows)
{
    int rc = sim_page(call, rows, 100);
    json_decref(rows);
    if (rc == 0) {
        json_object_set_new(call->out, "IsTruncated",
                            json_boolean(json_object_get(call->out, "Marker") != NULL));
    }
    return rc;
}

static int list_roles(struct sim_call *call)
{
    json_t *roles = roles_of(call->sim, call->account);
    const char *prefix = jx_str_or(call->in, "PathPrefix", "/");
    json_t *rows = json_array();
    const char *name = NULL;
    json_t *role = NULL;
    follow_control_tower(call->sim, call->account, roles);
    json_object_foreach(roles, name, role)
    {
        if (str_starts(jx_str_or(role, "Path", "/"), prefix)) {
            json_array_append_new(rows, role_view(role, false));
        }
    }
    return paged(call, rows);
}

static int list_attached(struct sim_call *call)
{
    const json_t *role = role_need(call);
    return role == NULL ? -1 : paged(call, json_incref(json_object_get(role, "@attached")));
}

static int create_linked(struct sim_call *call)
{
    static const struct {
        const char *service, *role, *policy;
    } known[] = {
        {"backup.amazonaws.com", "AWSServiceRoleForBackup",
         "AWSBackupServiceLinkedRolePolicyForBackup"},
        {"reports.backup.amazonaws.com", "AWSServiceRoleForBackupReports",
         "AWSServiceRolePolicyForBackupReports"},
        {"controltower.amazonaws.com", "AWSServiceRoleForAWSControlTower",
         "AWSControlTowerServiceRolePolicy"},
        {"organizations.amazonaws.com", "AWSServiceRoleForOrganizations",
         "AWSOrganizationsServiceTrustPolicy"},
    };
    const char *service = jx_str_or(call->in, "AWSServiceName", "");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!str_equal(known[i].service, service)) {
            continue;
        }
        json_t *roles = roles_of(call->sim, call->account);
        if (json_object_get(roles, known[i].role) != NULL) {
            return sim_fail(call, 400, "InvalidInput",
                            "Service role name %s has been taken in this account, please try a "
                            "different suffix.",
                            known[i].role);
        }
        char trust[512], path[160];
        trust_service(service, trust, sizeof trust);
        snprintf(path, sizeof path, "/aws-service-role/%s/", service);
        json_t *role = role_new(call->sim, call->account, path, known[i].role, trust);
        attach(call->sim, role, "aws-service-role/", known[i].policy);
        jx_set_str(role, "Description", jx_str(call->in, "Description"));
        put(roles, role);
        return json_object_set_new(call->out, "Role", role_view(role, false));
    }
    return sim_fail(call, 400, "InvalidInput",
                    "Service %s is not supported for service-linked roles.", service);
}

static int simulate(struct sim_call *call)
{
    json_t *rows = iam_simulate(call);
    return rows == NULL ? -1 : paged(call, rows);
}

#define ROLE_NAME "RoleName!:s1..64/^[\\w+=,.@-]+$/"
#define PAGING "Marker:s1..320, MaxItems:i1..1000"

static const struct sim_route routes[] = {
    {"GetRole", get_role, ROLE_NAME},
    {"ListRoles", list_roles, "PathPrefix:s1..512/^\\//, " PAGING},
    {"ListAttachedRolePolicies", list_attached, ROLE_NAME ", PathPrefix:s1..512/^\\//, " PAGING},
    {"CreateServiceLinkedRole", create_linked,
     "AWSServiceName!:s1..128/^[\\w+=,.@-]+$/, Description:s0..1000, "
     "CustomSuffix:s1..64/^[\\w+=,.@-]+$/"},
    {"SimulatePrincipalPolicy", simulate,
     "PolicySourceArn!:s20..2048, PolicyInputList:[s1..131072], ActionNames!:[s3..128], "
     "ResourceArns:[s1..2048], ContextEntries:[{ContextKeyName:s5..256, ContextKeyValues:[s], "
     "ContextKeyType:e(string|stringList|numeric|numericList|boolean|booleanList|ip|ipList|binary|"
     "binaryList|date|dateList)}], " PAGING},
};

const struct sim_service sim_iam = {
    .service = SVC_IAM,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationError",
    .invalid_status = 400,
    .populate = populate,
};
