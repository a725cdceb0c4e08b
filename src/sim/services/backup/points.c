/*
 * Recovery points: the newest few that each rule would have made by now of the resources its plan
 * selects, and the copies of them. They are made of simulated time and tags whenever half an hour
 * has passed or the state has changed, not by running jobs: a resource tagged, or a plan made, at
 * some moment has its first recovery point at the next run. A type that is opted out has none.
 * Points outlive their plan.
 */
#include "services/backup/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define JOB_MS (HOUR_MS / 2)
#define LOOK_BACK_HOURS (24 * 100)

/* --- schedules --- */

struct cron {
    long long minute, hour, day, weekday; /* -1: any; Sunday is 1 */
};

static bool cron_field(const char **at, long long low, long long high, long long *out)
{
    char word[16];
    size_t length = strcspn(*at, " )");
    if (length == 0 || length >= sizeof word) {
        return false;
    }
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length + strspn(*at + length, " ");
    *out = -1;
    return str_equal(word, "*") || str_equal(word, "?") || str_number(word, low, high, out);
}

/* Plain numbers, '*' and '?'; the other forms of AWS's cron run daily at 05:00 here. */
static struct cron cron_read(const char *s)
{
    static const struct cron daily = {0, 5, -1, -1};
    struct cron cron = daily;
    long long any = 0;
    if (s == NULL || !str_starts(s, "cron(")) {
        return daily;
    }
    s += strlen("cron(");
    bool fine = cron_field(&s, 0, 59, &cron.minute) && cron_field(&s, 0, 23, &cron.hour) &&
                cron_field(&s, 1, 31, &cron.day) && cron_field(&s, 1, 12, &any) &&
                cron_field(&s, 1, 7, &cron.weekday);
    if (!fine || cron.minute < 0) {
        return daily;
    }
    return cron;
}

/* Day of the month of a day since 1970 (Hinnant's civil_from_days). */
static long long day_of_month(long long days)
{
    long long z = days + 719468, era = z / 146097, doe = z - era * 146097;
    long long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    long long doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    return doy - (153 * mp + 2) / 5 + 1;
}

size_t backup_runs(const json_t *rule, int64_t now_ms, int64_t out[BACKUP_RUNS_MAX])
{
    const struct cron cron = cron_read(jx_str(rule, "ScheduleExpression"));
    size_t count = 0;
    int64_t hour = now_ms / HOUR_MS;
    for (int64_t back = 0; back < LOOK_BACK_HOURS && count < BACKUP_RUNS_MAX; back++, hour--) {
        int64_t day = hour / 24, at = hour * HOUR_MS + cron.minute * 60000;
        if ((cron.hour < 0 || hour % 24 == cron.hour) &&
            (cron.weekday < 0 || (day + 4) % 7 + 1 == cron.weekday) &&
            (cron.day < 0 || day_of_month(day) == cron.day) && at + JOB_MS <= now_ms) {
            out[count++] = at;
        }
    }
    return count;
}

int64_t backup_halted_ms(struct sim *sim, const json_t *plan)
{
    return sim_now_ms(sim) - jx_int(plan, "halted_hours", 0) * HOUR_MS;
}

/* --- making --- */

struct making_points {
    struct sim *sim;
    const char *account, *region;
    json_t *state;
    const json_t *plan, *rule, *selection, *resource;
    const char *type;
    int64_t run_ms;
};

/* Snapshots and images are EC2's, database snapshots are RDS's, everything else has AWS Backup's
 * own form. */
static char *point_arn(const struct making_points *m, const char *uuid, const char *hex)
{
    const char *partition = sim_partition(m->sim);
    if (str_equal(m->type, "EBS") || str_equal(m->type, "EC2")) {
        return xasprintf("arn:%s:ec2:%s::%s%s", partition, m->region,
                         str_equal(m->type, "EBS") ? "snapshot/snap-" : "image/ami-", hex);
    }
    if (str_equal(m->type, "RDS") || str_equal(m->type, "Aurora")) {
        return xasprintf("arn:%s:rds:%s:%s:%s:awsbackup:job-%s", partition, m->region, m->account,
                         str_equal(m->type, "RDS") ? "snapshot" : "cluster-snapshot", uuid);
    }
    return backup_arn(m->sim, m->account, m->region, "recovery-point", uuid);
}

static json_t *created_by(const struct making_points *m)
{
    json_t *out = json_object();
    json_object_set(out, "BackupPlanId", jx_get(m->plan, "wire.BackupPlanId"));
    json_object_set(out, "BackupPlanArn", jx_get(m->plan, "wire.BackupPlanArn"));
    json_object_set(out, "BackupPlanName", jx_get(m->plan, "wire.BackupPlanName"));
    json_object_set(out, "BackupPlanVersion", jx_get(m->plan, "wire.VersionId"));
    json_object_set(out, "BackupRuleId", json_object_get(m->rule, "RuleId"));
    json_object_set(out, "BackupRuleName", json_object_get(m->rule, "RuleName"));
    json_object_set(out, "BackupRuleCron", json_object_get(m->rule, "ScheduleExpression"));
    json_object_set(out, "BackupRuleTimezone",
                    json_object_get(m->rule, "ScheduleExpressionTimezone"));
    return out;
}

static void add_point(const struct making_points *m, json_t *vault)
{
    char uuid[37], hex[41];
    const char *resource = jx_str_or(m->resource, "arn", "");
    char *words = xasprintf("point|%s|%s|%lld", resource, jx_str_or(m->rule, "RuleId", ""),
                            (long long)m->run_ms);
    sim_hash_uuid(m->sim, words, uuid);
    sim_hash_id(m->sim, words, "0123456789abcdef", 17, hex);
    char *arn = point_arn(m, uuid, hex);
    long long days = jx_int(m->rule, "Lifecycle.DeleteAfterDays", 0);
    json_int_t size = (json_int_t)(1 + hashed_number(m->sim, resource, 100)) * 1073741824;
    if (json_object_get(json_object_get(m->state, "gone"), arn) == NULL) {
        json_t *point = json_pack(
            "{s:s, s:O, s:O, s:s, s:s, s:o, s:O, s:s, s:o, s:o, s:o, s:I, s:O, s:b, s:b, s:O, s:s, "
            "s:O}",
            "RecoveryPointArn", arn, "BackupVaultName", jx_get(vault, "wire.BackupVaultName"),
            "BackupVaultArn", jx_get(vault, "wire.BackupVaultArn"), "ResourceArn", resource,
            "ResourceType", m->type, "CreatedBy", created_by(m), "IamRoleArn",
            jx_get(m->selection, "wire.IamRoleArn"), "Status", "COMPLETED", "CreationDate",
            epoch(m->run_ms), "InitiationDate", epoch(m->run_ms), "CompletionDate",
            epoch(m->run_ms + JOB_MS), "BackupSizeInBytes", size, "EncryptionKeyArn",
            jx_get(vault, "wire.EncryptionKeyArn"), "IsEncrypted", 1, "IsParent", 0, "ResourceName",
            json_object_get(m->resource, "name"), "VaultType", "BACKUP_VAULT", "EncryptionKeyType",
            jx_get(vault, "wire.EncryptionKeyType"));
        if (days > 0) {
            json_object_set(point, "Lifecycle", json_object_get(m->rule, "Lifecycle"));
            json_object_set_new(point, "CalculatedLifecycle",
                                json_pack("{s:o}", "DeleteAt", epoch(m->run_ms + days * DAY_MS)));
        }
        json_object_set_new(json_object_get(vault, "points"), arn, point);
    }
    free(arn);
    free(words);
}

/* When the resource came to carry a tag that selects it; -1 when none does. */
static int64_t selected_since(const json_t *selection, const json_t *resource)
{
    size_t i;
    const json_t *tag, *named;
    json_array_foreach(jx_get(selection, "selection.ListOfTags"), i, tag)
    {
        const char *key = jx_str_or(tag, "ConditionKey", "");
        const char *value =
            json_string_value(json_object_get(json_object_get(resource, "tags"), key));
        if (value != NULL && str_equal(value, jx_str(tag, "ConditionValue"))) {
            return json_integer_value(json_object_get(json_object_get(resource, "since"), key));
        }
    }
    json_array_foreach(jx_get(selection, "selection.Resources"), i, named)
    {
        if (str_glob(json_string_value(named), jx_str_or(resource, "arn", ""))) {
            return 0;
        }
    }
    return -1;
}

static void run_rule(struct making_points *m, const json_t *inventory)
{
    int64_t runs[BACKUP_RUNS_MAX], now = sim_now_ms(m->sim);
    size_t count = backup_runs(m->rule, backup_halted_ms(m->sim, m->plan), runs), i;
    int64_t keep_ms = jx_int(m->rule, "Lifecycle.DeleteAfterDays", 36500) * DAY_MS;
    int64_t plan_since = jx_int(m->plan, "created", 0);
    json_t *vault = json_object_get(json_object_get(m->state, "vaults"),
                                    jx_str_or(m->rule, "TargetBackupVaultName", ""));
    if (vault == NULL) {
        return;
    }
    json_array_foreach(inventory, i, m->resource)
    {
        m->type = jx_str_or(m->resource, "backup_type", "");
        int64_t since =
            jx_bool(m->resource, "member") ? -1 : selected_since(m->selection, m->resource);
        if (since < 0 || !jx_bool(json_object_get(m->state, "optin"), m->type)) {
            continue;
        }
        for (size_t run = 0; run < count; run++) {
            m->run_ms = runs[run];
            if (runs[run] >= since && runs[run] >= plan_since && runs[run] + keep_ms > now) {
                add_point(m, vault);
            }
        }
    }
}

/* As in AWS, points stay until their lifecycle ends: taking a tag, an opt-in, a plan or all of
 * backup away deletes no data. */
static bool is_over(const json_t *point, int64_t now_ms)
{
    json_t *until = jx_get(point, "CalculatedLifecycle.DeleteAt");
    return until != NULL && json_number_value(until) * 1000.0 <= (double)now_ms;
}

static void clear_points(struct sim *sim, json_t *state)
{
    const char *name, *arn;
    json_t *vault, *point;
    void *next;
    json_object_foreach(json_object_get(state, "vaults"), name, vault)
    {
        json_object_foreach_safe(json_object_get(vault, "points"), next, arn, point)
        {
            if (is_over(point, sim_now_ms(sim))) {
                json_object_del(json_object_get(vault, "points"), arn);
            }
        }
    }
}

/* Points depend on time, and on plans, tags, opt-in and policies. True when those of `holder` were
 * made before time or the state moved on; they count as made from then on. */
static bool is_due(struct sim *sim, json_t *holder)
{
    json_t *at =
        json_pack("[I, I]", (json_int_t)(sim_now_ms(sim) / JOB_MS), (json_int_t)sim_changes(sim));
    bool due = !json_equal(json_object_get(holder, "points_at"), at);
    json_object_set_new(holder, "points_at", at);
    return due;
}

void backup_points_refresh(struct sim *sim, const char *account, const char *region, json_t *state)
{
    if (!is_due(sim, state)) {
        return;
    }
    clear_points(sim, state);
    struct making_points m = {.sim = sim, .account = account, .region = region, .state = state};
    json_t *plans = json_object_get(state, "plans"), *plan, *selection;
    if (json_object_size(plans) == 0) {
        return;
    }
    json_t *inventory = sim_inventory(sim, account, region);
    const char *id, *selection_id;
    size_t i;
    json_object_foreach(plans, id, plan)
    {
        json_object_foreach(json_object_get(plan, "selections"), selection_id, selection)
        {
            json_array_foreach(jx_get(plan, "plan.Rules"), i, m.rule)
            {
                m.plan = plan;
                m.selection = selection;
                run_rule(&m, inventory);
            }
        }
    }
    json_decref(inventory);
}

/* --- copies in the central vault --- */

static json_t *copied(struct sim *sim, const json_t *point, const char *region, const json_t *vault,
                      long long days)
{
    char uuid[37];
    const char *source = jx_str_or(point, "RecoveryPointArn", ""),
               *vault_arn = jx_str_or(vault, "wire.BackupVaultArn", "");
    char *words = xasprintf("copy|%s|%s", source, vault_arn);
    struct arn place;
    sim_hash_uuid(sim, words, uuid);
    arn_split(vault_arn, &place);
    char *arn = backup_arn(sim, place.account, region, "recovery-point", uuid);
    int64_t at = (int64_t)(json_number_value(json_object_get(point, "CompletionDate")) * 1000.0);
    json_t *copy = json_copy((json_t *)(uintptr_t)point);
    json_object_set_new(copy, "RecoveryPointArn", json_string(arn));
    json_object_set(copy, "SourceBackupVaultArn", json_object_get(point, "BackupVaultArn"));
    json_object_set(copy, "BackupVaultName", jx_get(vault, "wire.BackupVaultName"));
    json_object_set(copy, "BackupVaultArn", jx_get(vault, "wire.BackupVaultArn"));
    json_object_set(copy, "EncryptionKeyArn", jx_get(vault, "wire.EncryptionKeyArn"));
    json_object_set_new(copy, "CreationDate", epoch(at));
    json_object_set_new(copy, "InitiationDate", epoch(at));
    json_object_set_new(copy, "CompletionDate", epoch(at + JOB_MS));
    json_object_set_new(copy, "Lifecycle", json_pack("{s:I}", "DeleteAfterDays", (json_int_t)days));
    json_object_set_new(copy, "CalculatedLifecycle",
                        json_pack("{s:o}", "DeleteAt", epoch(at + days * DAY_MS)));
    free(arn);
    free(words);
    return copy;
}

static void copy_from(struct sim *sim, const char *account, const char *from, const char *region,
                      json_t *vault, const json_t *gone)
{
    json_t *jobs = backup_copy_jobs_of(sim, account, from), *job;
    const char *wanted = jx_str_or(vault, "wire.BackupVaultArn", "");
    size_t i;
    json_array_foreach(jobs, i, job)
    {
        if (!str_equal(jx_str(job, "DestinationBackupVaultArn"), wanted) ||
            !str_equal(jx_str(job, "State"), "COMPLETED")) {
            continue;
        }
        json_t *copy =
            copied(sim, json_object_get(job, "@point"), region, vault,
                   jx_int(job, "DestinationRecoveryPointLifecycle.DeleteAfterDays", 36500));
        const char *arn = jx_str_or(copy, "RecoveryPointArn", "");
        if (json_object_get(gone, arn) == NULL) {
            json_object_set(json_object_get(vault, "points"), arn, copy);
        }
        json_decref(copy);
    }
    json_decref(jobs);
}

void backup_copies_refresh(struct sim *sim, const char *account, const char *region, json_t *vault)
{
    if (!str_starts(jx_str_or(vault, "wire.BackupVaultName", ""), BACKUP_CENTRAL_VAULT) ||
        !is_due(sim, vault)) {
        return;
    }
    const json_t *gone = json_object_get(sim_state(sim, SVC_BACKUP, account, region), "gone");
    const json_t *governed = json_object_get(sim_ct_manifest(sim), "governedRegions"), *from;
    const char *id;
    json_t *member;
    size_t i;
    json_object_foreach(sim_org_accounts(sim), id, member)
    {
        if (!sim_ct_account_backed_up(sim, id)) {
            continue;
        }
        json_array_foreach(governed, i, from)
        {
            copy_from(sim, id, json_string_value(from), region, vault, gone);
        }
    }
}

/* --- asking --- */

/* The call's vault with its points made; NULL after a refusal. */
static json_t *fresh_vault(struct sim_call *call)
{
    json_t *state = backup_here(call);
    const char *owner = jx_str_or(call->in, "BackupVaultAccountId", call->account);
    if (!str_equal(owner, call->account)) {
        backup_missing(call, "A backup vault shared by account", owner);
        return NULL;
    }
    json_t *vault = backup_vault(call, state);
    if (vault != NULL) {
        backup_points_refresh(call->sim, call->account, call->region, state);
        backup_copies_refresh(call->sim, call->account, call->region, vault);
    }
    return vault;
}

static bool point_fits(struct sim_call *call, const json_t *point)
{
    static const struct {
        const char *filter, *member;
    } equal[] = {{"ByResourceArn", "ResourceArn"},
                 {"ByResourceType", "ResourceType"},
                 {"ByBackupPlanId", "CreatedBy.BackupPlanId"},
                 {"ByParentRecoveryPointArn", "ParentRecoveryPointArn"}};
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
        const char *wanted = jx_str(call->in, equal[i].filter);
        if (wanted != NULL && !str_equal(wanted, jx_str(point, equal[i].member))) {
            return false;
        }
    }
    int64_t at = (int64_t)(json_number_value(json_object_get(point, "CreationDate")) * 1000.0);
    return at < input_time_ms(call->in, "ByCreatedBefore", INT64_MAX) &&
           at > input_time_ms(call->in, "ByCreatedAfter", INT64_MIN);
}

int backup_list_points(struct sim_call *call)
{
    json_t *vault = fresh_vault(call), *rows, *point;
    const char *arn;
    if (vault == NULL) {
        return -1;
    }
    rows = json_array();
    json_object_foreach(json_object_get(vault, "points"), arn, point)
    {
        if (point_fits(call, point)) {
            json_array_append(rows, point);
        }
    }
    return sim_page_take(call, rows, 1000);
}

static json_t *named_point(struct sim_call *call, const json_t *vault)
{
    const char *arn = jx_str_or(call->in, "RecoveryPointArn", "");
    json_t *point = json_object_get(json_object_get(vault, "points"), arn);
    if (vault != NULL && point == NULL) {
        backup_missing(call, "Recovery point", arn);
    }
    return point;
}

int backup_describe_point(struct sim_call *call)
{
    json_t *point = named_point(call, fresh_vault(call));
    if (point == NULL) {
        return -1;
    }
    json_object_update(call->out, point);
    return json_object_set_new(call->out, "StorageClass", json_string("WARM"));
}

int backup_delete_point(struct sim_call *call)
{
    json_t *vault = fresh_vault(call);
    if (named_point(call, vault) == NULL) {
        return -1;
    }
    /* Vault Lock: nobody deletes what a locked vault keeps. Which error says so is documented
       nowhere; this one is the operation's own for a request that cannot be. */
    if (jx_bool(vault, "wire.Locked")) {
        return sim_fail(call, 400, "InvalidRequestException",
                        "Recovery points of a locked backup vault cannot be deleted");
    }
    const char *arn = jx_str(call->in, "RecoveryPointArn");
    json_object_set_new(json_object_get(backup_here(call), "gone"), arn, json_true());
    return json_object_del(json_object_get(vault, "points"), arn);
}

/* Every resource with a recovery point in this account and Region, with its newest one. */
int backup_list_protected(struct sim_call *call)
{
    json_t *state = backup_here(call), *vault, *point, *newest = json_object();
    const char *name, *arn;
    backup_points_refresh(call->sim, call->account, call->region, state);
    json_object_foreach(json_object_get(state, "vaults"), name, vault)
    {
        json_object_foreach(json_object_get(vault, "points"), arn, point)
        {
            const char *resource = jx_str_or(point, "ResourceArn", "");
            const json_t *old = json_object_get(newest, resource);
            if (old == NULL || json_number_value(json_object_get(old, "LastBackupTime")) <
                                   json_number_value(json_object_get(point, "CreationDate"))) {
                json_object_set_new(
                    newest, resource,
                    json_pack("{s:s, s:O, s:O, s:O, s:O, s:s}", "ResourceArn", resource,
                              "ResourceType", json_object_get(point, "ResourceType"),
                              "LastBackupTime", json_object_get(point, "CreationDate"),
                              "ResourceName", json_object_get(point, "ResourceName"),
                              "LastBackupVaultArn", json_object_get(point, "BackupVaultArn"),
                              "LastRecoveryPointArn", arn));
            }
        }
    }
    json_t *rows = json_array();
    json_object_foreach(newest, name, point)
    {
        json_array_append(rows, point);
    }
    json_decref(newest);
    return sim_page_take(call, rows, 1000);
}
