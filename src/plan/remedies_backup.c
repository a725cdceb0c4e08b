/* Steps 3 and 4: what AWS Backup is told in the management account, in members, and of vaults. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "control_tower.h"
#include "remedy.h"

enum row {
    ENABLE_CROSS_ACCOUNT_BACKUP,
    ENABLE_ADMINISTRATOR_SYNC,
    OPT_IN,
    DYNAMODB_ADVANCED,
    PUT_VAULT_POLICY,
    ROW_COUNT
};

static const struct remedy rows[ROW_COUNT];

/* --- enable-cross-account-backup --- */

static int make_cross_account(struct making *m, const json_t *subject, const char *reason,
                              struct err *err)
{
    static const char setting[] = "GlobalSettings.isCrossAccountBackupEnabled";
    /* Control Tower may switch it on itself. */
    static const char *const first[] = {"enable-landing-zone-backup*", "enable-trusted-access*"};
    struct plan_step *step = step_new(&rows[ENABLE_CROSS_ACCOUNT_BACKUP], NULL,
                                      "Enable cross-account backup for the organization");
    step_send(step, call_home(m, "backup:UpdateGlobalSettings",
                              json_pack("{s:{s:s}}", "GlobalSettings",
                                        "isCrossAccountBackupEnabled", "true")));
    step_done(step, probe_new(call_home(m, "backup:DescribeGlobalSettings", NULL),
                              cond_text(setting, "true"), false));
    step_change(
        step,
        json_string(jx_str_or(subject, "global_settings.isCrossAccountBackupEnabled", "false")),
        json_string("true"));
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        step_after(step, first[i]);
    }
    return step_add(m, step, reason, err);
}

/* --- enable-delegated-administrator-sync --- */

static int add_linked_role(struct making *m, const char *reason, struct err *err)
{
    struct plan_step *step =
        step_new(&rows[ENABLE_ADMINISTRATOR_SYNC], "role",
                 "Create AWS Backup's service-linked role in the management account");
    step_send(step, call_home(m, "iam:CreateServiceLinkedRole",
                              json_pack("{s:s}", "AWSServiceName", "backup.amazonaws.com")));
    step_done(step, probe_new(call_home(m, "iam:GetRole",
                                        json_pack("{s:s}", "RoleName", "AWSServiceRoleForBackup")),
                              cond_present("Role.Arn", true), false));
    step_change(step, json_null(), json_string("AWSServiceRoleForBackup"));
    step_undo(step, "aws iam delete-service-linked-role");
    return step_add(m, step, reason, err);
}

static int make_administrator_sync(struct making *m, const json_t *subject, const char *reason,
                                   struct err *err)
{
    static const char setting[] = "isDelegatedAdministratorEnabled";
    static const char *const first[] = {"enable-landing-zone-backup*", "enable-trusted-access*",
                                        "enable-cross-account-backup*"};
    const char *now =
        jx_str_or(subject, "global_settings.isDelegatedAdministratorEnabled", "false");
    int rc = 0;
    if (json_is_false(jx_get(subject, "backup_linked_role.present"))) {
        rc = add_linked_role(m, reason, err);
    }
    if (rc != 0 || str_equal(now, "true")) {
        return rc;
    }
    struct plan_step *step = step_new(&rows[ENABLE_ADMINISTRATOR_SYNC], NULL,
                                      "Enable delegated administrator settings sync in AWS Backup");
    step_send(step, call_home(m, "backup:UpdateGlobalSettings",
                              json_pack("{s:{s:s}}", "GlobalSettings", setting, "true")));
    step_done(step, probe_new(call_home(m, "backup:DescribeGlobalSettings", NULL),
                              cond_text("GlobalSettings.isDelegatedAdministratorEnabled", "true"),
                              false));
    step_change(step, json_string(now), json_string("true"));
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        step_after(step, first[i]);
    }
    return step_add(m, step, reason, err);
}

/* --- settings of an account and Region --- */

/* Every setting is there to be changed: which ones a Region has is AWS's to say. */
static json_t *still_offered(const char *member, const json_t *wanted)
{
    json_t *all = json_array();
    const char *type = NULL;
    json_t *value = NULL;
    json_object_foreach(jx_get(wanted, ""), type, value)
    {
        char *path = xasprintf("%s[\"%s\"]", member, type);
        (void)json_array_append_new(all, cond_present(path, true));
        free(path);
    }
    return json_pack("{s:o}", "all", all);
}

static struct plan_step *settings_step(struct making *m, enum row row, const json_t *subject,
                                       const char *member, json_t *take_wanted, json_t *take_before)
{
    const char *account = jx_str_or(subject, "account", "");
    const char *region = jx_str_or(subject, "region", "");
    char *target = xasprintf("%s/%s", account, region);
    const char *verb = row == OPT_IN ? "Opt in to resource types"
                                     : "Enable advanced DynamoDB "
                                       "backup";
    struct plan_step *step = step_new(&rows[row], target, "%s in %s (%s), %s", verb, account,
                                      jx_str_or(subject, "_account_name", ""), region);
    const char *role = making_role(m, account);
    step_send(step, call_new(m, "backup:UpdateRegionSettings", account, region, role,
                             json_pack("{s:o}", member, json_deep_copy(take_wanted))));
    struct plan_call *settings =
        call_new(m, "backup:DescribeRegionSettings", account, region, role, NULL);
    step_precondition(step, probe_says(probe_new(plan_call_copy(settings),
                                                 still_offered(member, take_wanted), false),
                                       "this Region no longer offers the setting to be changed"));
    step_done(step, probe_new(settings,
                              cond_new(member, "superset_of", json_deep_copy(take_wanted)), false));
    step_change(step, take_before, take_wanted);
    free(target);
    return step;
}

static bool is_listed(const json_t *subject, const char *path, const char *type)
{
    return jx_list_has(jx_get(subject, path), type);
}

static void want(json_t *wanted, json_t *before, const json_t *subject, const char *type, bool on)
{
    json_t *known = json_object_get(json_object_get(subject, "opt_in"), type);
    /* A type the Region does not know cannot be opted in to there. */
    if (json_is_boolean(known) && json_is_true(known) != on) {
        (void)json_object_set_new(wanted, type, json_boolean(on));
        (void)json_object_set(before, type, known);
    }
}

static int add_opt_in(struct making *m, const json_t *subject, json_t *take_wanted,
                      json_t *take_before, const char *reason, struct err *err)
{
    if (json_object_size(take_wanted) == 0) {
        json_decref(take_wanted);
        json_decref(take_before);
        return 0;
    }
    struct plan_step *step =
        settings_step(m, OPT_IN, subject, "ResourceTypeOptInPreference", take_wanted, take_before);
    return step_add(m, step, reason, err);
}

/* What differs from the home Region and is neither wanted nor needed: off where it was decided
   against, and a person's decision otherwise. Returns the undecided as one text, NULL: none. */
static char *settle_differences(const struct making *m, const json_t *subject, json_t *wanted,
                                json_t *before)
{
    const json_t *differs = jx_get(subject, "differs_from_home");
    struct text undecided;
    text_init(&undecided, 1024);
    for (size_t i = 0; i < json_array_size(differs); i++) {
        const char *type = json_string_value(json_array_get(differs, i));
        bool wished = is_listed(m->config, "resource_types", type);
        bool declined = is_listed(m->config, "resource_types_declined", type);
        bool tagged = is_listed(subject, "tagged_types", type);
        bool on = json_is_true(json_object_get(json_object_get(subject, "opt_in"), type));
        if (wished) {
            want(wanted, before, subject, type, true);
        } else if (declined && !tagged && on) {
            want(wanted, before, subject, type, false);
        } else {
            text_addf(&undecided, "%s%s", undecided.length > 0 ? ", " : "", type);
        }
    }
    char *text = undecided.length > 0 ? xstrdup(text_str(&undecided)) : NULL;
    text_release(&undecided);
    return text;
}

/* The same type in the account's home Region, when the difference is settled there: wanted here and
   there, and off at home. OPT-01 and OPT-02 find that one; nothing is to be done here. */
static bool settled_at_home(const struct making *m, const json_t *subject)
{
    const json_t *differs = jx_get(subject, "differs_from_home");
    for (size_t i = 0; i < json_array_size(differs); i++) {
        const char *type = json_string_value(json_array_get(differs, i));
        if (!is_listed(m->config, "resource_types", type)) {
            return false;
        }
    }
    return json_array_size(differs) > 0;
}

static int make_opt_in(struct making *m, const json_t *subject, const char *reason, struct err *err)
{
    static const char *const missing[] = {"types_off", "tagged_types_off"};
    json_t *wanted = json_object();
    json_t *before = json_object();
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        const json_t *types = jx_get(subject, missing[i]);
        for (size_t k = 0; k < json_array_size(types); k++) {
            want(wanted, before, subject, json_string_value(json_array_get(types, k)), true);
        }
    }
    char *undecided = settle_differences(m, subject, wanted, before);
    bool nothing = json_object_size(wanted) == 0 && !settled_at_home(m, subject);
    int rc = add_opt_in(m, subject, wanted, before, reason, err);
    bool about_differences = undecided != NULL && str_equal(m->check_id, "OPT-06");
    if (rc == 0 && about_differences) {
        rc = making_cannot(m,
                           "the opt-in of %.300s differs from the home Region, and the "
                           "configuration lists these types in neither resource_types nor "
                           "resource_types_declined: add them to one of the two",
                           undecided);
    } else if (rc == 0 && nothing) {
        rc = making_cannot(m, "this Region does not offer the types to opt in to");
    }
    free(undecided);
    return rc;
}

static int make_dynamodb_advanced(struct making *m, const json_t *subject, const char *reason,
                                  struct err *err)
{
    const json_t *known = json_object_get(json_object_get(subject, "management"), "DynamoDB");
    if (known == NULL) {
        return making_cannot(m, "AWS Backup in %s does not offer advanced DynamoDB backup",
                             jx_str_or(subject, "region", ""));
    }
    struct plan_step *step = settings_step(
        m, DYNAMODB_ADVANCED, subject, "ResourceTypeManagementPreference",
        json_pack("{s:b}", "DynamoDB", 1), json_pack("{s:b}", "DynamoDB", json_is_true(known)));
    return step_add(m, step, reason, err);
}

/* --- put-vault-policy --- */

static int read_policy(struct making *m, const json_t *subject, char **out, struct err *err)
{
    json_t *entity = NULL;
    *out = NULL;
    if (store_get_entity(m->store, "vault-policy", jx_str_or(subject, "account", ""),
                         jx_str_or(subject, "region", ""), jx_str_or(subject, "name", ""), &entity,
                         NULL, err) != 0) {
        return -1;
    }
    *out = xstrdup(jx_str(entity, "Policy"));
    json_decref(entity);
    return 0;
}

static json_t *policy_is(const char *text)
{
    return text != NULL ? cond_new("Policy", "equals_json", literal(text))
                        : cond_present("Policy", false);
}

static json_t *describe(const struct making *m, const json_t *subject, const char *policy)
{
    struct policy_frame frame = making_frame(m);
    frame.resource = jx_str(subject, "arn");
    return vault_policy_describe(policy, &frame);
}

static bool is_right(const struct making *m, const json_t *subject, const char *policy)
{
    json_t *described = describe(m, subject, policy);
    bool right = jx_bool(described, "allows_org_copy") &&
                 jx_count(described, "denies_perhaps") == 0 && !jx_bool(described, "open_to_all") &&
                 jx_count(described, "foreign_orgs") == 0 &&
                 jx_count(described, "foreign_accounts") == 0 &&
                 jx_count(described, "foreign_services") == 0;
    json_decref(described);
    return right;
}

/* The statement that allows a part of the organization to copy; NULL when none does, or when all of
   it may anyway. New. */
static char *narrowed_by(const struct making *m, const json_t *subject, const char *policy)
{
    json_t *described = describe(m, subject, policy);
    const char *first = json_string_value(json_array_get(jx_get(described, "narrowed"), 0));
    char *position = xstrdup(jx_bool(described, "allows_org_copy") ? NULL : first);
    json_decref(described);
    return position;
}

static int make_put_vault_policy(struct making *m, const json_t *subject, const char *reason,
                                 struct err *err)
{
    const char *account = jx_str_or(subject, "account", "");
    const char *region = jx_str_or(subject, "region", "");
    const char *name = jx_str_or(subject, "name", "");
    char *existing = NULL;
    if (jx_bool(subject, "_unlisted")) {
        return making_cannot(m, "the vaults here could not be listed");
    }
    if (read_policy(m, subject, &existing, err) != 0) {
        return -1;
    }
    char *policy = vault_policy_wanted(m, existing, jx_str(subject, "arn"));
    char *narrowed = narrowed_by(m, subject, existing);
    int rc = 0;
    if (narrowed != NULL) {
        rc = making_cannot(m,
                           "%s of the vault's policy allows copies from a part of the "
                           "organization only: extend it by hand if this is not intended",
                           narrowed);
        goto out;
    }
    if (!is_right(m, subject, policy)) {
        rc = making_cannot(m, "a Deny statement of the vault's policy forbids copies into it: "
                              "change or remove that statement first");
        goto out;
    }
    char *target = xasprintf("%s/%s", region, name);
    struct plan_step *step =
        step_new(&rows[PUT_VAULT_POLICY], target,
                 "Allow copies into %s in %s from the organization only", name, region);
    free(target);
    /* The service control policy over the account lets only this role change central vaults. */
    struct plan_call *read =
        call_new(m, "backup:GetBackupVaultAccessPolicy", account, region, ROLE_CONTROL_TOWER,
                 json_pack("{s:o}", "BackupVaultName", literal(name)));
    step_send(step,
              call_new(m, "backup:PutBackupVaultAccessPolicy", account, region, ROLE_CONTROL_TOWER,
                       json_pack("{s:o,s:o}", "BackupVaultName", literal(name), "Policy",
                                 literal(policy))));
    step_precondition(step,
                      probe_says(probe_new(plan_call_copy(read),
                                           cond_both("any", policy_is(existing), policy_is(policy)),
                                           existing == NULL),
                                 "the vault's policy was changed after the scan"));
    step_done(step, probe_new(read, policy_is(policy), false));
    step_change(step, existing != NULL ? json_string(existing) : json_null(), json_string(policy));
    after_zone(step); /* Control Tower writes this policy itself when it sets the vault up again */
    rc = step_add(m, step, reason, err);
out:
    free(narrowed);
    free(existing);
    free(policy);
    return rc;
}

static const struct remedy rows[ROW_COUNT] = {
    [ENABLE_CROSS_ACCOUNT_BACKUP] = {{"enable-cross-account-backup", "Enable cross-account backup",
                                      4, "backup:UpdateGlobalSettings",
                                      "aws backup update-global-settings --global-settings "
                                      "isCrossAccountBackupEnabled=false"},
                                     PLAN_RISK_MEDIUM,
                                     5,
                                     NULL,
                                     make_cross_account,
                                     NULL},
    [ENABLE_ADMINISTRATOR_SYNC] = {{"enable-delegated-administrator-sync",
                                    "Enable delegated administrator settings sync in AWS Backup", 4,
                                    "backup:UpdateGlobalSettings iam:CreateServiceLinkedRole",
                                    "aws backup update-global-settings --global-settings "
                                    "isDelegatedAdministratorEnabled=false"},
                                   PLAN_RISK_LOW,
                                   5,
                                   NULL,
                                   make_administrator_sync,
                                   NULL},
    [OPT_IN] = {{"opt-in", "Opt in to resource types", 4, "backup:UpdateRegionSettings",
                 "aws backup update-region-settings with the previous values"},
                PLAN_RISK_LOW,
                5,
                NULL,
                make_opt_in,
                NULL},
    [DYNAMODB_ADVANCED] =
        {{"dynamodb-advanced", "Enable advanced DynamoDB backup", 4, "backup:UpdateRegionSettings",
          "aws backup update-region-settings --resource-type-management-preference "
          "DynamoDB=false"},
         PLAN_RISK_MEDIUM,
         5,
         NULL,
         make_dynamodb_advanced,
         NULL},
    [PUT_VAULT_POLICY] = {{"put-vault-policy", "Complete a central vault's access policy", 3,
                           "backup:PutBackupVaultAccessPolicy",
                           "aws backup put-backup-vault-access-policy with the previous policy"},
                          PLAN_RISK_MEDIUM,
                          5,
                          NULL,
                          make_put_vault_policy,
                          NULL},
};

const struct remedies remedies_backup = {rows, ROW_COUNT};
