/*
 * Backup and copy jobs, told from recovery points: each was a job, each of its rule's copy actions
 * another. A copy fails when its destination is gone or refuses it, when cross-account backup is
 * off, or when DynamoDB's advanced features are. A world adds rows of its own: `backup.jobs:
 * [{account, region, kind: backup|copy, age_hours, row: {AWS's members}}]`.
 */
#include "services/backup/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "core.h"
#include "services/inventory.h"
#include "services/organizations/organizations.h"

#define DAY_MS INT64_C(86400000)

static int64_t time_of(const json_t *row, const char *member)
{
    return (int64_t)(json_number_value(json_object_get(row, member)) * 1000.0);
}

/* --- making --- */

static json_t *backup_job(struct sim *sim, const char *account, const json_t *point)
{
    static const char *const same[] = {
        "BackupVaultName", "BackupVaultArn", "RecoveryPointArn", "EncryptionKeyArn",  "IsEncrypted",
        "ResourceArn",     "CreationDate",   "CompletionDate",   "BackupSizeInBytes", "IamRoleArn",
        "CreatedBy",       "ResourceType",   "ResourceName",     "InitiationDate"};
    char id[37];
    char *words = xasprintf("backup job|%s", jx_str_or(point, "RecoveryPointArn", ""));
    sim_hash_uuid(sim, words, id);
    free(words);
    json_t *job =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "AccountId", account, "BackupJobId", id,
                  "State", "COMPLETED", "PercentDone", "100.0", "VaultType", "BACKUP_VAULT",
                  "IsParent", 0, "MessageCategory", "SUCCESS");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        json_object_set(job, same[i], json_object_get(point, same[i]));
    }
    json_object_set(job, "BytesTransferred", json_object_get(point, "BackupSizeInBytes"));
    json_object_set_new(job, "StartBy", epoch(time_of(point, "CreationDate") + DAY_MS / 24));
    return job;
}

/* The account's value of aws:PrincipalOrgPaths. New. */
static char *organization_path(struct sim *sim, const char *account)
{
    struct text path;
    text_init(&path, 4096);
    org_path(sim, account, &path);
    size_t own = strlen(account) + 1; /* org_path() ends with the account itself */
    char *parents = xstrndup(text_str(&path), path.length > own ? path.length - own : 0);
    text_release(&path);
    return parents;
}

struct vault_call { /* the role that made the point calls a vault */
    const char *action, *arn, *region;
};

/* What the vault's policy says of the call; with `controls`, service control policies of the account
   may forbid it too. */
static enum policy_word ask_vault(struct sim *sim, const char *account, const json_t *point,
                                  const json_t *vault, const struct vault_call *c, bool controls)
{
    const char *text = jx_str_or(vault, "policy", ""), *problem = NULL;
    json_t *policy = jx_parse(text, strlen(text), &problem);
    char *path = organization_path(sim, account);
    json_t *context = json_pack("{s:[s]}", "backup:copytargets", c->arn);
    struct policy_question q = {.action = c->action,
                                .region = c->region,
                                .principal_arn = jx_str_or(point, "IamRoleArn", ""),
                                .account = account,
                                .organization = sim_org_id(sim),
                                .path = path,
                                .resource = c->arn,
                                .context = context};
    policy_context_of(sim, context, c->arn, account);
    enum policy_word word = policy == NULL ? POLICY_SILENT : policy_trusts(policy, &q, account);
    if (controls && word == POLICY_ALLOW) {
        word = policy_ask_controls(sim, &q);
    }
    json_decref(context);
    json_decref(policy);
    free(path);
    return word;
}

/* The lock of a vault refuses what is kept for less or more than it says. */
static bool lock_accepts(const json_t *vault, const json_t *point, const json_t *action)
{
    long long least = jx_int(vault, "wire.MinRetentionDays", 0);
    long long most = jx_int(vault, "wire.MaxRetentionDays", 0);
    long long days =
        jx_int(action, "Lifecycle.DeleteAfterDays", jx_int(point, "Lifecycle.DeleteAfterDays", -1));
    return (least == 0 || days < 0 || days >= least) && (most == 0 || (days >= 0 && days <= most));
}

/* Why a copy of such a point would fail; NULL when it would not. */
static const char *copy_problem(struct sim *sim, const char *account, const json_t *state,
                                const json_t *point, const json_t *action)
{
    const char *destination = jx_str_or(action, "DestinationBackupVaultArn", "");
    const char *source = jx_str_or(point, "BackupVaultArn", "");
    const json_t *from =
        json_object_get(json_object_get(state, "vaults"), jx_str_or(point, "BackupVaultName", ""));
    struct arn arn;
    if (!arn_split(destination, &arn) || !str_starts(arn.resource, "backup-vault:")) {
        return "The destination is not a backup vault";
    }
    const json_t *there = sim_org_account(sim, arn.account) == NULL
                              ? NULL
                              : backup_state(sim, arn.account, arn.region);
    const json_t *vault =
        json_object_get(json_object_get(there, "vaults"), arn.resource + strlen("backup-vault:"));
    if (vault == NULL) {
        return "The destination backup vault does not exist";
    }
    if (!str_equal(arn.account, account)) {
        if (!backup_cross_account(sim)) {
            return "Access Denied trying to call AWS Backup service: cross-account backup is not "
                   "enabled";
        }
        const struct vault_call into = {"backup:CopyIntoBackupVault", destination, arn.region};
        if (ask_vault(sim, account, point, vault, &into, true) != POLICY_ALLOW) {
            return "Access Denied trying to call AWS Backup service: the destination vault does "
                   "not allow the copy";
        }
    }
    const struct vault_call out = {"backup:CopyFromBackupVault", source, arn.region};
    if (ask_vault(sim, account, point, from, &out, false) == POLICY_DENY) {
        return "Access Denied trying to call AWS Backup service: the source vault does not allow "
               "the copy";
    }
    if (!lock_accepts(vault, point, action)) {
        return "Copy job failed. The retention specified in the job is not within the range "
               "specified for the target Backup Vault.";
    }
    if (str_equal(jx_str(point, "ResourceType"), "DynamoDB") &&
        !jx_bool(state, "management.DynamoDB")) {
        return "Copying DynamoDB backups needs advanced features for DynamoDB backup";
    }
    return NULL;
}

static json_t *copy_job(struct sim *sim, const char *account, const json_t *state, json_t *point,
                        const json_t *action)
{
    char id[37];
    const char *destination = jx_str_or(action, "DestinationBackupVaultArn", "");
    const char *problem = copy_problem(sim, account, state, point, action);
    char *words =
        xasprintf("copy job|%s|%s", jx_str_or(point, "RecoveryPointArn", ""), destination);
    sim_hash_uuid(sim, words, id);
    free(words);
    int64_t start = time_of(point, "CompletionDate");
    json_t *job = json_pack(
        "{s:s, s:s, s:O, s:O, s:s, s:O, s:o, s:o, s:s, s:O, s:O, s:O, s:O, s:b, s:s, s:O}",
        "AccountId", account, "CopyJobId", id, "SourceBackupVaultArn",
        json_object_get(point, "BackupVaultArn"), "SourceRecoveryPointArn",
        json_object_get(point, "RecoveryPointArn"), "DestinationBackupVaultArn", destination,
        "ResourceArn", json_object_get(point, "ResourceArn"), "CreationDate", epoch(start),
        "CompletionDate", epoch(start + DAY_MS / 48), "State",
        problem == NULL ? "COMPLETED" : "FAILED", "BackupSizeInBytes",
        json_object_get(point, "BackupSizeInBytes"), "IamRoleArn",
        json_object_get(point, "IamRoleArn"), "CreatedBy", json_object_get(point, "CreatedBy"),
        "ResourceType", json_object_get(point, "ResourceType"), "IsParent", 0, "MessageCategory",
        problem == NULL                        ? "SUCCESS"
        : str_starts(problem, "Access Denied") ? "ACCESS_DENIED"
                                               : "FAILURE",
        "@point", point);
    if (json_object_get(action, "Lifecycle") != NULL) {
        json_object_set(job, "DestinationRecoveryPointLifecycle",
                        json_object_get(action, "Lifecycle"));
    }
    jx_set_str(job, "StatusMessage", problem);
    return job;
}

static const json_t *rule_of(const json_t *state, const json_t *point)
{
    const json_t *plan = json_object_get(json_object_get(state, "plans"),
                                         jx_str_or(point, "CreatedBy.BackupPlanId", ""));
    size_t i;
    const json_t *rule;
    json_array_foreach(jx_get(plan, "plan.Rules"), i, rule)
    {
        if (str_equal(jx_str(rule, "RuleId"), jx_str(point, "CreatedBy.BackupRuleId"))) {
            return rule;
        }
    }
    return NULL;
}

/* A world's own rows, moved in time. */
static void extend_own(struct sim *sim, json_t *rows, const json_t *own)
{
    size_t i;
    json_t *entry;
    json_array_foreach(own, i, entry)
    {
        json_t *row = json_copy(json_object_get(entry, "row"));
        int64_t at = sim_now_ms(sim) - jx_int(entry, "age_hours", 1) * (DAY_MS / 24);
        json_object_set_new(row, "CreationDate", epoch(at));
        json_object_set_new(row, "CompletionDate", epoch(at + DAY_MS / 48));
        json_array_append_new(rows, row);
    }
}

static json_t *backup_jobs_of(struct sim *sim, const char *account, const char *region)
{
    json_t *state = backup_state(sim, account, region), *vault, *point, *rows = json_array();
    const char *name, *arn;
    backup_points_refresh(sim, account, region, state);
    json_object_foreach(json_object_get(state, "vaults"), name, vault)
    {
        json_object_foreach(json_object_get(vault, "points"), arn, point)
        {
            if (json_object_get(point, "SourceBackupVaultArn") == NULL &&
                time_of(point, "CreationDate") > sim_now_ms(sim) - 30 * DAY_MS) {
                json_array_append_new(rows, backup_job(sim, account, point));
            }
        }
    }
    extend_own(sim, rows, json_object_get(state, "jobs"));
    return rows;
}

json_t *backup_copy_jobs_of(struct sim *sim, const char *account, const char *region)
{
    json_t *state = backup_state(sim, account, region), *vault, *point, *rows = json_array();
    const char *name, *arn;
    backup_points_refresh(sim, account, region, state);
    json_object_foreach(json_object_get(state, "vaults"), name, vault)
    {
        json_object_foreach(json_object_get(vault, "points"), arn, point)
        {
            size_t i;
            const json_t *action;
            if (json_object_get(point, "SourceBackupVaultArn") != NULL) {
                continue;
            }
            json_array_foreach(json_object_get(rule_of(state, point), "CopyActions"), i, action)
            {
                json_array_append_new(rows, copy_job(sim, account, state, point, action));
            }
        }
    }
    extend_own(sim, rows, json_object_get(state, "copy_jobs"));
    return rows;
}

/* --- listing --- */

typedef json_t *(*jobs_of)(struct sim *sim, const char *account, const char *region);

static bool job_fits(struct sim_call *call, const json_t *job)
{
    static const struct {
        const char *filter, *member;
    } equal[] = {{"ByResourceArn", "ResourceArn"},
                 {"ByState", "State"},
                 {"ByBackupVaultName", "BackupVaultName"},
                 {"ByResourceType", "ResourceType"},
                 {"ByParentJobId", "ParentJobId"},
                 {"ByDestinationVaultArn", "DestinationBackupVaultArn"},
                 {"BySourceRecoveryPointArn", "SourceRecoveryPointArn"},
                 {"ByMessageCategory", "MessageCategory"}};
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
        const char *wanted = jx_str(call->in, equal[i].filter);
        if (wanted != NULL && !str_equal(wanted, jx_str(job, equal[i].member))) {
            return false;
        }
    }
    int64_t created = time_of(job, "CreationDate"), completed = time_of(job, "CompletionDate");
    return created < input_time_ms(call->in, "ByCreatedBefore", INT64_MAX) &&
           created > input_time_ms(call->in, "ByCreatedAfter", INT64_MIN) &&
           completed < input_time_ms(call->in, "ByCompleteBefore", INT64_MAX) &&
           completed > input_time_ms(call->in, "ByCompleteAfter", INT64_MIN);
}

static void collect(struct sim_call *call, const char *account, jobs_of make, json_t *rows)
{
    json_t *jobs = make(call->sim, account, call->region), *job;
    size_t i;
    json_array_foreach(jobs, i, job)
    {
        json_object_del(job, "@point");
        if (job_fits(call, job)) {
            json_array_append(rows, job);
        }
    }
    json_decref(jobs);
}

/* One's own jobs; with ByAccountId another's ('*': everybody's), for those who see the
 * organization. */
static int list_jobs(struct sim_call *call, jobs_of make)
{
    const char *account = jx_str_or(call->in, "ByAccountId", call->account), *id;
    json_t *member;
    if (!str_equal(account, call->account) && !backup_sees_organization(call->sim, call->account)) {
        return backup_invalid(
            call,
            "Only the organization's administrators of AWS Backup may see the jobs of others");
    }
    json_t *rows = json_array();
    if (str_equal(account, "*")) {
        json_object_foreach(sim_org_accounts(call->sim), id, member)
        {
            collect(call, id, make, rows);
        }
    } else if (sim_org_account(call->sim, account) != NULL) {
        collect(call, account, make, rows);
    }
    return sim_page_take(call, rows, 1000);
}

int backup_list_jobs(struct sim_call *call)
{
    return list_jobs(call, backup_jobs_of);
}

int backup_list_copy_jobs(struct sim_call *call)
{
    return list_jobs(call, backup_copy_jobs_of);
}

/* --- summaries --- */

/* The value a job counts under: its own, or one word for all; NULL when it does not count. */
static const char *counted_as(const char *asked, const char *has)
{
    if (asked == NULL || str_equal(asked, "ANY")) {
        return has;
    }
    return str_equal(asked, "AGGREGATE_ALL") || str_equal(asked, has) ? asked : NULL;
}

static void count_job(struct sim_call *call, const json_t *job, int64_t start, int64_t end,
                      json_t *groups)
{
    const char *account =
        counted_as(jx_str(call->in, "AccountId"), jx_str_or(job, "AccountId", ""));
    const char *state = counted_as(jx_str(call->in, "State"), jx_str_or(job, "State", ""));
    const char *type =
        counted_as(jx_str(call->in, "ResourceType"), jx_str_or(job, "ResourceType", ""));
    const char *category =
        counted_as(jx_str(call->in, "MessageCategory"), jx_str_or(job, "MessageCategory", ""));
    int64_t at = time_of(job, "CreationDate");
    if (account == NULL || state == NULL || type == NULL || category == NULL || at < start ||
        at >= end) {
        return;
    }
    char *key = xasprintf("%lld|%s|%s|%s|%s", (long long)start, account, state, type, category);
    json_t *row = json_object_get(groups, key);
    if (row == NULL) {
        row = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:o}", "Region", call->region, "State",
                        state, "ResourceType", type, "MessageCategory", category, "Count", 0,
                        "StartTime", epoch(start), "EndTime", epoch(end));
        if (str_is_account_id(account)) { /* a sum over accounts belongs to none */
            json_object_set_new(row, "AccountId", json_string(account));
        }
        json_object_set_new(groups, key, row);
    }
    json_object_set_new(row, "Count", json_integer(jx_int(row, "Count", 0) + 1));
    free(key);
}

static void count_jobs(struct sim_call *call, const json_t *jobs, const char *period,
                       json_t *groups)
{
    int64_t end = sim_now_ms(call->sim) / DAY_MS * DAY_MS + DAY_MS;
    int64_t step = str_equal(period, "ONE_DAY") ? 1 : str_equal(period, "SEVEN_DAYS") ? 7 : 14;
    int64_t from = step == 1 ? 14 : step;
    size_t i;
    const json_t *job;
    for (int64_t day = 0; day < from; day += step) {
        json_array_foreach(jobs, i, job)
        {
            count_job(call, job, end - (day + step) * DAY_MS, end - day * DAY_MS, groups);
        }
    }
}

static json_t *summarize(struct sim_call *call, jobs_of make, const char *period, bool sees)
{
    const char *asked = jx_str(call->in, "AccountId"), *id;
    json_t *groups = json_object(), *rows = json_array(), *member;
    json_object_foreach(sim_org_accounts(call->sim), id, member)
    {
        if (str_equal(id, call->account) ||
            (sees && (!str_is_account_id(asked) || str_equal(asked, id)))) {
            json_t *jobs = make(call->sim, id, call->region);
            count_jobs(call, jobs, period, groups);
            json_decref(jobs);
        }
    }
    json_object_foreach(groups, id, member)
    {
        json_array_append(rows, member);
    }
    json_decref(groups);
    return rows;
}

/* The jobs of a whole organization are counted once a list, not once a page. */
static int summaries(struct sim_call *call, jobs_of make)
{
    const char *asked = jx_str(call->in, "AccountId"),
               *period = jx_str_or(call->in, "AggregationPeriod", "ONE_DAY");
    bool sees = asked != NULL && !str_equal(asked, call->account) &&
                backup_sees_organization(call->sim, call->account);
    json_t *begun = sim_list_begun(call);
    json_t *rows = begun != NULL ? begun : summarize(call, make, period, sees);
    if (sees && begun == NULL) {
        sim_list_keep(call, rows);
    }
    int rc = sim_page(call, rows, 500);
    json_decref(rows);
    json_object_set_new(call->out, "AggregationPeriod", json_string(period));
    return rc;
}

int backup_list_job_summaries(struct sim_call *call)
{
    return summaries(call, backup_jobs_of);
}

int backup_list_copy_job_summaries(struct sim_call *call)
{
    return summaries(call, backup_copy_jobs_of);
}

/* --- a world's own --- */

int backup_jobs_load(struct sim *sim, const json_t *world, struct err *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(jx_get(world, "backup.jobs"), i, entry)
    {
        const char *account = jx_str(entry, "account"), *region = jx_str(entry, "region"),
                   *kind = jx_str(entry, "kind");
        bool copy = str_equal(kind, "copy");
        json_t *row = json_object_get(entry, "row");
        if (account == NULL || !str_is_account_id(account) || region == NULL ||
            !json_is_object(row) || (!copy && !str_equal(kind, "backup"))) {
            return err_set(
                err, ERR_INPUT,
                "$.backup.jobs[%zu]: expected account, region, kind (backup or copy) and row", i);
        }
        json_t *state = sim_state(sim, SVC_BACKUP, account, region);
        const char *list = copy ? "copy_jobs" : "jobs";
        if (json_object_get(state, list) == NULL) {
            json_object_set_new(state, list, json_array());
        }
        json_object_set_new(row, "AccountId", json_string(account));
        json_array_append(json_object_get(state, list), entry);
    }
    return 0;
}
