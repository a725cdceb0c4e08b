/*
 * What Control Tower's StackSets put into accounts: central vaults, local vaults, plans with their
 * selections, report plans. AWS documents names, tags and retention; schedules, windows and where
 * copies go are this simulator's choice: daily, weekly and monthly backups are copied to the
 * central vault of their own Region and to that of the next governed one.
 */
#include "services/backup/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/controltower/controltower.h"
#include "services/inventory.h"
#include "services/organizations/organizations.h"

static const struct tier {
    const char *name, *schedule;
    int local_days, central_days; /* central 0: not copied */
} tiers[] = {
    {"hourly", "cron(0 * ? * * *)", 14, 0},
    {"daily", "cron(0 5 ? * * *)", 14, 30},
    {"weekly", "cron(0 5 ? * 1 *)", 30, 90},
    {"monthly", "cron(0 5 1 * ? *)", 90, 90},
};
#define TIER_COUNT (sizeof tiers / sizeof *tiers)

void backup_suffix(struct sim *sim, char out[16])
{
    const char *id = sim_org_id(sim);
    snprintf(out, 13, "%s", str_starts(id, "o-") ? id + 2 : id);
}

static json_t *retention(int days)
{
    return json_pack("{s:i}", "DeleteAfterDays", days);
}

static json_t *copy_to(struct sim *sim, const char *account, const char *region, int days)
{
    char suffix[16];
    backup_suffix(sim, suffix);
    char *name = xasprintf("%s%s", BACKUP_CENTRAL_VAULT, suffix);
    char *arn = backup_arn(sim, account, region, "backup-vault", name);
    json_t *copy =
        json_pack("{s:o, s:s}", "Lifecycle", retention(days), "DestinationBackupVaultArn", arn);
    free(arn);
    free(name);
    return copy;
}

/* The governed Region behind this one, or NULL when there is no other. */
static const char *next_region(struct sim *sim, const char *region)
{
    const json_t *governed = json_object_get(sim_ct_manifest(sim), "governedRegions");
    size_t count = json_array_size(governed);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(json_string_value(json_array_get(governed, i)), region)) {
            const char *next = json_string_value(json_array_get(governed, (i + 1) % count));
            return str_equal(next, region) ? NULL : next;
        }
    }
    return NULL;
}

static json_t *plan_document(struct sim *sim, const struct tier *tier, const char *region,
                             const char *vault)
{
    const char *central =
        jx_str(sim_ct_manifest(sim), "backup.configurations.centralBackup.accountId");
    const char *other = next_region(sim, region);
    char rule_name[64], plan_name[64];
    json_t *copies = json_array();
    if (tier->central_days > 0 && central != NULL) {
        json_array_append_new(copies, copy_to(sim, central, region, tier->central_days));
        if (other != NULL) {
            json_array_append_new(copies, copy_to(sim, central, other, tier->central_days));
        }
    }
    snprintf(rule_name, sizeof rule_name, "aws-controltower-%s-backup-rule", tier->name);
    snprintf(plan_name, sizeof plan_name, "aws-controltower-%s-backup-plan", tier->name);
    return json_pack("{s:s, s:[{s:s, s:s, s:s, s:i, s:i, s:o, s:o}]}", "BackupPlanName", plan_name,
                     "Rules", "RuleName", rule_name, "TargetBackupVaultName", vault,
                     "ScheduleExpression", tier->schedule, "StartWindowMinutes", 60,
                     "CompletionWindowMinutes", 720, "Lifecycle", retention(tier->local_days),
                     "CopyActions", copies);
}

static json_t *selection_document(struct sim *sim, const struct tier *tier, const char *account)
{
    char key[64], name[64];
    char *role = xasprintf("arn:%s:iam::%s:role/%s", sim_partition(sim), account, BACKUP_ROLE);
    snprintf(key, sizeof key, "aws-control-tower-backup%s", tier->name);
    snprintf(name, sizeof name, "aws-controltower-%s-selection", tier->name);
    json_t *selection = json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}]}", "SelectionName", name,
                                  "IamRoleArn", role, "ListOfTags", "ConditionType", "STRINGEQUALS",
                                  "ConditionKey", key, "ConditionValue", "true");
    free(role);
    return selection;
}

static void set_managed(json_t *object)
{
    json_object_set_new(json_object_get(object, "tags"), "aws-control-tower",
                        json_string("managed-by-control-tower"));
}

/* The backup key's replica of a Region; yours to free. */
static char *replica_arn(struct sim *sim, const char *region)
{
    struct arn arn;
    if (!arn_split(jx_str(sim_ct_manifest(sim), "backup.configurations.kmsKeyArn"), &arn)) {
        return xstrdup("");
    }
    return xasprintf("arn:%s:kms:%s:%s:%s", arn.partition, region, arn.account, arn.resource);
}

/* The vault with Control Tower's name; kept when it is there already: vaults outlive what made
 * them. */
static json_t *deploy_vault(struct sim *sim, const char *account, const char *region,
                            const char *prefix, json_t *state, int64_t when_ms)
{
    char suffix[16];
    backup_suffix(sim, suffix);
    char *name = xasprintf("%s%s", prefix, suffix);
    json_t *vault = json_object_get(json_object_get(state, "vaults"), name);
    if (vault == NULL) {
        char *arn = backup_arn(sim, account, region, "backup-vault", name);
        char *key = replica_arn(sim, region);
        vault = backup_vault_add(sim, state, arn, key, when_ms);
        free(key);
        free(arn);
    }
    free(name);
    set_managed(vault);
    return vault;
}

static void deploy_plan(struct sim *sim, const char *account, const char *region,
                        const struct tier *tier, const char *vault, json_t *state, int64_t when_ms)
{
    char id[37], selection_id[37];
    char *words = xasprintf("backup plan|%s|%s|%s", account, region, tier->name);
    sim_hash_uuid(sim, words, id);
    char *more = xasprintf("%s|selection", words);
    sim_hash_uuid(sim, more, selection_id);
    json_t *plan = json_object_get(json_object_get(state, "plans"), id);
    if (plan == NULL ||
        json_object_get(json_object_get(plan, "selections"), selection_id) == NULL ||
        json_array_size(json_object_get(plan, "versions")) >
            1) { /* gone or changed by hand: made again */
        char *arn = backup_arn(sim, account, region, "backup-plan", id);
        plan = backup_plan_add(sim, state, arn, plan_document(sim, tier, region, vault), when_ms);
        backup_selection_add(plan, selection_id, selection_document(sim, tier, account), when_ms);
        free(arn);
    }
    set_managed(plan);
    free(more);
    free(words);
}

static void deploy_local(struct sim *sim, const char *account, const char *region, json_t *state,
                         int64_t when_ms)
{
    json_t *vault = deploy_vault(sim, account, region, BACKUP_LOCAL_VAULT, state, when_ms);
    const char *name = jx_str(vault, "wire.BackupVaultName");
    for (size_t i = 0; i < TIER_COUNT; i++) {
        deploy_plan(sim, account, region, &tiers[i], name, state, when_ms);
    }
}

static void withdraw_local(struct sim *sim, const char *account, const char *region, json_t *state)
{
    for (size_t i = 0; i < TIER_COUNT; i++) {
        char id[37];
        char *words = xasprintf("backup plan|%s|%s|%s", account, region, tiers[i].name);
        sim_hash_uuid(sim, words, id);
        json_object_del(json_object_get(state, "plans"), id);
        free(words);
    }
}

static void deploy_central(struct sim *sim, const char *account, const char *region, json_t *state,
                           int64_t when_ms)
{
    json_t *vault = deploy_vault(sim, account, region, BACKUP_CENTRAL_VAULT, state, when_ms);
    json_t *policy =
        json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:{s:{s:s}}}]}", "Version", "2012-10-17",
                  "Statement", "Sid", "AllowCopiesFromTheOrganization", "Effect", "Allow",
                  "Principal", "*", "Action", "backup:CopyIntoBackupVault", "Resource", "*",
                  "Condition", "StringEquals", "aws:PrincipalOrgID", sim_org_id(sim));
    char *text = json_dumps(policy, JSON_COMPACT);
    json_object_set_new(vault, "policy", json_string(text));
    free(text);
    json_decref(policy);
}

/* --- what should be there --- */

/* The newest landing zone operation that succeeded, or NULL. */
static const json_t *last_landing_zone_operation(struct sim *sim)
{
    const json_t *operations = json_object_get(ct_state(sim), "operations");
    for (size_t i = json_array_size(operations); i-- > 0;) {
        const json_t *operation = json_array_get(operations, i);
        if (str_equal(jx_str(operation, "kind"), "landing-zone") &&
            str_equal(jx_str(operation, "status"), "SUCCEEDED")) {
            return operation;
        }
    }
    return NULL;
}

static int64_t ended_ms(struct sim *sim, const json_t *operation, const char *words)
{
    int64_t ms = 0;
    const char *end = jx_str(operation, "endTime");
    return end != NULL && time_parse_iso(end, &ms) ? ms : hashed_birth_ms(sim, words);
}

/* A Region the landing zone came to govern later is reached by the next operation on the OU, not by
 * itself. */
static bool reached(struct sim *sim, const char *region, const json_t *operation)
{
    if (jx_list_has(jx_get(sim_world(sim), "landing_zone.manifest.governedRegions"), region)) {
        return true;
    }
    const char *start = jx_str(operation, "startTime");
    const char *end = jx_str(last_landing_zone_operation(sim), "endTime");
    return end == NULL || (start != NULL && strcmp(start, end) >= 0);
}

/* The operation that made the account's local resources; "" when there are none to be; NULL while
 * that is being changed. */
static const char *wanted_local(struct sim *sim, const char *account, const char *region, bool seen)
{
    const char *parent = org_parent(sim, account);
    const json_t *enabled = parent != NULL ? ct_enabled(sim, "BackupBaseline", parent) : NULL;
    if (enabled == NULL || !sim_ct_region_governed(sim, region) ||
        jx_bool(json_object_get(enabled, "missing"), account)) {
        return "";
    }
    bool moving = seen && str_equal(jx_str(enabled, "status"), "UNDER_CHANGE");
    if (moving || !sim_ct_account_backed_up(sim, account)) {
        return NULL; /* failed or under change: what is there stays as it is */
    }
    return jx_str_or(enabled, "last_operation", "-");
}

static const char *wanted_central(struct sim *sim, const char *account, const char *region,
                                  const char *role)
{
    const json_t *manifest = sim_ct_manifest(sim);
    char path[64];
    snprintf(path, sizeof path, "backup.configurations.%s.accountId", role);
    if (!jx_bool(manifest, "backup.enabled") || !str_equal(jx_str(manifest, path), account) ||
        !sim_ct_region_governed(sim, region)) {
        return "";
    }
    return jx_str_or(last_landing_zone_operation(sim), "operationIdentifier", "-");
}

/* Has the word changed? Then it is written down. */
static bool changed(json_t *deployed, const char *what, const char *wanted)
{
    if (wanted == NULL || str_equal(jx_str_or(deployed, what, ""), wanted)) {
        return false;
    }
    json_object_set_new(deployed, what, json_string(wanted));
    return true;
}

static void reconcile_local(struct sim *sim, const char *account, const char *region, json_t *state)
{
    json_t *deployed = json_object_get(state, "deployed");
    bool seen = json_object_get(deployed, "local") != NULL;
    const char *wanted = wanted_local(sim, account, region, seen);
    if (!changed(deployed, "local", wanted)) {
        return;
    }
    if (wanted[0] == '\0') {
        withdraw_local(sim, account, region, state);
        return;
    }
    const json_t *operation = ct_operation(sim, "baseline", wanted);
    if (reached(sim, region, operation)) {
        deploy_local(sim, account, region, state, ended_ms(sim, operation, account));
    }
}

void backup_reconcile(struct sim *sim, const char *account, const char *region, json_t *state)
{
    json_t *deployed = json_object_get(state, "deployed");
    if (deployed == NULL) {
        return;
    }
    reconcile_local(sim, account, region, state);
    const char *wanted = wanted_central(sim, account, region, "centralBackup");
    if (changed(deployed, "central", wanted) && wanted[0] != '\0') {
        deploy_central(sim, account, region, state,
                       ended_ms(sim, last_landing_zone_operation(sim), account));
    }
    wanted = str_equal(region, sim_home_region(sim))
                 ? wanted_central(sim, account, region, "backupAdmin")
                 : "";
    if (!changed(deployed, "reports", wanted)) {
        return;
    }
    if (wanted[0] == '\0') {
        backup_reports_withdraw(state);
    } else {
        backup_reports_deploy(sim, account, region, state);
    }
}
