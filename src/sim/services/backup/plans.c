/* Plans, their versions, and the selections that say what a plan backs up. A plan with
 * `halted_hours` in its state has not run for so long, though nothing says why. */
#include "services/backup/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

#define VERSION_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Every rule gets an id and the defaults AWS fills in. */
static void complete_rules(struct sim *sim, const char *arn, json_t *plan)
{
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(plan, "Rules"), i, rule)
    {
        char id[37];
        char *words = xasprintf("backup rule|%s|%s", arn, jx_str_or(rule, "RuleName", ""));
        sim_hash_uuid(sim, words, id);
        free(words);
        json_object_set_new(rule, "RuleId", json_string(id));
        if (json_object_get(rule, "ScheduleExpression") == NULL) {
            json_object_set_new(rule, "ScheduleExpression", json_string("cron(0 5 ? * * *)"));
        }
        if (json_object_get(rule, "ScheduleExpressionTimezone") == NULL) {
            json_object_set_new(rule, "ScheduleExpressionTimezone", json_string("Etc/UTC"));
        }
        if (json_object_get(rule, "StartWindowMinutes") == NULL) {
            json_object_set_new(rule, "StartWindowMinutes", json_integer(480));
        }
        if (json_object_get(rule, "CompletionWindowMinutes") == NULL) {
            json_object_set_new(rule, "CompletionWindowMinutes", json_integer(10080));
        }
        if (json_object_get(rule, "EnableContinuousBackup") == NULL) {
            json_object_set_new(rule, "EnableContinuousBackup", json_false());
        }
    }
}

static void set_version(struct sim *sim, json_t *object, json_t *plan, int64_t when_ms)
{
    json_t *wire = json_object_get(object, "wire"), *versions = json_object_get(object, "versions");
    const char *arn = jx_str_or(wire, "BackupPlanArn", "");
    char version[49];
    char *words = xasprintf("backup plan version|%s|%zu", arn, json_array_size(versions));
    sim_hash_id(sim, words, VERSION_LETTERS, 48, version);
    free(words);
    complete_rules(sim, arn, plan);
    json_object_set_new(wire, "VersionId", json_string(version));
    json_object_set(wire, "BackupPlanName", json_object_get(plan, "BackupPlanName"));
    if (json_object_get(plan, "AdvancedBackupSettings") != NULL) {
        json_object_set(wire, "AdvancedBackupSettings",
                        json_object_get(plan, "AdvancedBackupSettings"));
    }
    json_array_append_new(versions, json_pack("{s:s, s:o, s:O}", "VersionId", version,
                                              "CreationDate", epoch(when_ms), "plan", plan));
    json_object_set_new(object, "plan", plan);
}

json_t *backup_plan_add(struct sim *sim, json_t *state, const char *arn, json_t *plan,
                        int64_t created_ms)
{
    const char *id = strrchr(arn, ':') + 1;
    json_t *wire = json_pack("{s:s, s:s, s:o}", "BackupPlanArn", arn, "BackupPlanId", id,
                             "CreationDate", epoch(created_ms));
    json_t *object = json_pack("{s:o, s:[], s:{}, s:{}, s:I}", "wire", wire, "versions", "tags",
                               "selections", "created", (json_int_t)created_ms);
    json_object_set_new(json_object_get(state, "plans"), id, object);
    set_version(sim, object, plan, created_ms);
    return object;
}

json_t *backup_selection_add(json_t *plan, const char *id, json_t *selection, int64_t created_ms)
{
    json_t *wire = json_pack("{s:s, s:O, s:O, s:o, s:O}", "SelectionId", id, "SelectionName",
                             json_object_get(selection, "SelectionName"), "BackupPlanId",
                             jx_get(plan, "wire.BackupPlanId"), "CreationDate", epoch(created_ms),
                             "IamRoleArn", json_object_get(selection, "IamRoleArn"));
    json_t *object = json_pack("{s:o, s:o}", "wire", wire, "selection", selection);
    json_object_set_new(json_object_get(plan, "selections"), id, object);
    return object;
}

static json_t *plan_of(struct sim_call *call, json_t *state)
{
    const char *id = jx_str_or(call->in, "BackupPlanId", "");
    json_t *plan = json_object_get(json_object_get(state, "plans"), id);
    if (plan == NULL) {
        backup_missing(call, "Backup plan", id);
    }
    return plan;
}

static const char *lifecycle_problem(const json_t *lifecycle)
{
    long long cold = jx_int(lifecycle, "MoveToColdStorageAfterDays", 0);
    long long deleted = jx_int(lifecycle, "DeleteAfterDays", 0);
    if (json_object_get(lifecycle, "DeleteAfterDays") != NULL && deleted < 1 && deleted != -1) {
        return "DeleteAfterDays must be at least 1";
    }
    if (cold > 0 && deleted > 0 && deleted < cold + 90) {
        return "DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays";
    }
    return NULL;
}

/* Static text of what is wrong with a rule, or NULL. */
static const char *rule_problem(json_t *state, const json_t *rule)
{
    const char *vault = jx_str_or(rule, "TargetBackupVaultName", "");
    const char *cron = jx_str(rule, "ScheduleExpression");
    long long start = jx_int(rule, "StartWindowMinutes", 480);
    size_t i;
    const json_t *copy;
    if (json_object_get(json_object_get(state, "vaults"), vault) == NULL) {
        return "The target backup vault of a rule does not exist";
    }
    if (cron != NULL &&
        !((str_starts(cron, "cron(") || str_starts(cron, "rate(")) && str_ends(cron, ")"))) {
        return "The schedule expression of a rule is not valid";
    }
    if (start < 60) {
        return "StartWindowMinutes must be at least 60";
    }
    if (jx_int(rule, "CompletionWindowMinutes", 10080) < start + 60) {
        return "CompletionWindowMinutes must be at least 60 minutes greater than "
               "StartWindowMinutes";
    }
    if (jx_count(rule, "CopyActions") > 5) {
        return "A rule can have at most 5 copy actions";
    }
    json_array_foreach(json_object_get(rule, "CopyActions"), i, copy)
    {
        struct arn arn;
        const char *problem = lifecycle_problem(json_object_get(copy, "Lifecycle"));
        if (problem != NULL) {
            return problem;
        }
        if (!arn_split(jx_str(copy, "DestinationBackupVaultArn"), &arn) ||
            !str_equal(arn.service, "backup") || !str_starts(arn.resource, "backup-vault:") ||
            str_equal(arn.resource, "backup-vault:Default")) {
            return "The destination of a copy action is not a backup vault that can be copied to";
        }
    }
    return lifecycle_problem(json_object_get(rule, "Lifecycle"));
}

static int check_plan(struct sim_call *call, json_t *state)
{
    const json_t *rules = jx_get(call->in, "BackupPlan.Rules"), *rule, *other;
    size_t i, j;
    if (json_array_size(rules) == 0 || json_array_size(rules) > 10) {
        return backup_invalid(call, "A backup plan must have between 1 and 10 rules");
    }
    json_array_foreach(rules, i, rule)
    {
        const char *problem = rule_problem(state, rule);
        json_array_foreach(rules, j, other)
        {
            if (j < i && str_equal(jx_str(rule, "RuleName"), jx_str(other, "RuleName"))) {
                problem = "Two rules of the backup plan have the same name";
            }
        }
        if (problem != NULL) {
            return backup_invalid(call, problem);
        }
    }
    return 0;
}

static int answer(struct sim_call *call, const json_t *object, int64_t when_ms)
{
    static const char *const members[] = {"BackupPlanId", "BackupPlanArn", "VersionId",
                                          "AdvancedBackupSettings"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *value = json_object_get(json_object_get(object, "wire"), members[i]);
        if (value != NULL) {
            json_object_set(call->out, members[i], value);
        }
    }
    return json_object_set_new(call->out, "CreationDate", epoch(when_ms));
}

int backup_create_plan(struct sim_call *call)
{
    json_t *state = backup_here(call), *plans = json_object_get(state, "plans"), *old;
    const char *token = jx_str(call->in, "CreatorRequestId"), *id;
    const char *name = jx_str(call->in, "BackupPlan.BackupPlanName");
    if (check_plan(call, state) < 0 || backup_tags_check(call, "BackupPlanTags", NULL) < 0) {
        return -1;
    }
    json_object_foreach(plans, id, old)
    {
        bool repeated = token != NULL && str_equal(token, jx_str(old, "wire.CreatorRequestId"));
        if (repeated ||
            (str_equal(name, jx_str(old, "wire.BackupPlanName")) &&
             json_equal(json_object_get(call->in, "BackupPlan"), json_object_get(old, "asked")))) {
            return sim_fail(call, 400, "AlreadyExistsException",
                            "Backup plan with the same plan document already exists");
        }
    }
    if (json_object_size(plans) >= 300) {
        return sim_fail(call, 400, "LimitExceededException",
                        "An account can have 300 backup plans in a Region");
    }
    char fresh[37];
    sim_new_uuid(call->sim, fresh);
    char *arn = backup_arn(call->sim, call->account, call->region, "backup-plan", fresh);
    json_t *object = backup_plan_add(call->sim, state, arn,
                                     json_deep_copy(json_object_get(call->in, "BackupPlan")),
                                     sim_now_ms(call->sim));
    free(arn);
    json_object_set_new(object, "asked", json_deep_copy(json_object_get(call->in, "BackupPlan")));
    jx_set_str(json_object_get(object, "wire"), "CreatorRequestId", token);
    if (json_object_get(call->in, "BackupPlanTags") != NULL) {
        json_object_update(json_object_get(object, "tags"),
                           json_object_get(call->in, "BackupPlanTags"));
    }
    return answer(call, object, sim_now_ms(call->sim));
}

int backup_update_plan(struct sim_call *call)
{
    json_t *state = backup_here(call), *object = plan_of(call, state);
    if (object == NULL || check_plan(call, state) < 0) {
        return -1;
    }
    json_t *plan = json_deep_copy(json_object_get(call->in, "BackupPlan"));
    set_version(call->sim, object, plan, sim_now_ms(call->sim));
    if (json_object_get(plan, "ScanSettings") != NULL) {
        json_object_set(call->out, "ScanSettings", json_object_get(plan, "ScanSettings"));
    }
    return answer(call, object, sim_now_ms(call->sim));
}

int backup_delete_plan(struct sim_call *call)
{
    json_t *state = backup_here(call), *object = plan_of(call, state);
    if (object == NULL) {
        return -1;
    }
    if (json_object_size(json_object_get(object, "selections")) > 0) {
        return sim_fail(
            call, 400, "InvalidRequestException",
            "Related backup plan selections must be deleted prior to backup plan deletion");
    }
    json_t *wire = json_object_get(object, "wire");
    json_object_set_new(wire, "DeletionDate", epoch(sim_now_ms(call->sim)));
    json_object_set(call->out, "BackupPlanId", json_object_get(wire, "BackupPlanId"));
    json_object_set(call->out, "BackupPlanArn", json_object_get(wire, "BackupPlanArn"));
    json_object_set(call->out, "DeletionDate", json_object_get(wire, "DeletionDate"));
    json_object_set(call->out, "VersionId", json_object_get(wire, "VersionId"));
    json_array_append(json_object_get(state, "deleted_plans"), wire);
    return json_object_del(json_object_get(state, "plans"), jx_str(call->in, "BackupPlanId"));
}

/* When its rules last ran since it exists; absent when they never did. */
static void set_last_run(struct sim *sim, json_t *out, const json_t *object)
{
    int64_t last = 0, runs[BACKUP_RUNS_MAX], until = backup_halted_ms(sim, object);
    size_t i;
    const json_t *rule;
    json_array_foreach(jx_get(object, "plan.Rules"), i, rule)
    {
        if (backup_runs(rule, until, runs) > 0 && runs[0] > last) {
            last = runs[0];
        }
    }
    if (last > jx_int(object, "created", 0) &&
        json_object_size(json_object_get(object, "selections")) > 0) {
        json_object_set_new(out, "LastExecutionDate", epoch(last));
    }
}

int backup_get_plan(struct sim_call *call)
{
    json_t *object = plan_of(call, backup_here(call));
    const char *version = jx_str(call->in, "VersionId");
    if (object == NULL) {
        return -1;
    }
    json_object_update(call->out, json_object_get(object, "wire"));
    json_object_del(call->out, "BackupPlanName");
    json_object_set(call->out, "BackupPlan", json_object_get(object, "plan"));
    set_last_run(call->sim, call->out, object);
    if (version == NULL) {
        return 0;
    }
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(object, "versions"), i, row)
    {
        if (str_equal(version, jx_str(row, "VersionId"))) {
            json_object_set(call->out, "VersionId", json_object_get(row, "VersionId"));
            return json_object_set(call->out, "BackupPlan", json_object_get(row, "plan"));
        }
    }
    return backup_missing(call, "Version of the backup plan", version);
}

int backup_list_plans(struct sim_call *call)
{
    json_t *state = backup_here(call), *rows = json_array(), *object;
    const char *id;
    json_object_foreach(json_object_get(state, "plans"), id, object)
    {
        json_t *row = json_copy(json_object_get(object, "wire"));
        set_last_run(call->sim, row, object);
        json_array_append_new(rows, row);
    }
    if (jx_bool(call->in, "IncludeDeleted")) {
        json_array_extend(rows, json_object_get(state, "deleted_plans"));
    }
    return sim_page_take(call, rows, 1000);
}

/* --- selections --- */

int backup_create_selection(struct sim_call *call)
{
    json_t *object = plan_of(call, backup_here(call)),
           *selection = json_object_get(call->in, "BackupSelection"), *old;
    const char *id;
    struct arn role;
    if (object == NULL) {
        return -1;
    }
    if (!arn_split(jx_str(selection, "IamRoleArn"), &role) || !str_equal(role.service, "iam") ||
        !str_equal(role.account, call->account) || !str_starts(role.resource, "role/")) {
        return backup_invalid(call, "IamRoleArn does not name a role of this account");
    }
    if (jx_count(selection, "Resources") == 0 && jx_count(selection, "ListOfTags") == 0) {
        return backup_invalid(call, "A selection needs Resources or ListOfTags");
    }
    if (jx_count(selection, "ListOfTags") > 30) {
        return backup_invalid(call, "A selection can have at most 30 tags");
    }
    json_object_foreach(json_object_get(object, "selections"), id, old)
    {
        if (str_equal(jx_str(selection, "SelectionName"), jx_str(old, "wire.SelectionName"))) {
            return sim_fail(call, 400, "AlreadyExistsException",
                            "The backup plan already has a selection with this name");
        }
    }
    char fresh[37];
    sim_new_uuid(call->sim, fresh);
    json_t *made =
        backup_selection_add(object, fresh, json_deep_copy(selection), sim_now_ms(call->sim));
    jx_set_str(json_object_get(made, "wire"), "CreatorRequestId",
               jx_str(call->in, "CreatorRequestId"));
    json_object_set_new(call->out, "SelectionId", json_string(fresh));
    json_object_set(call->out, "BackupPlanId", jx_get(object, "wire.BackupPlanId"));
    return json_object_set(call->out, "CreationDate", jx_get(made, "wire.CreationDate"));
}

static json_t *selection_of(struct sim_call *call, json_t *plan)
{
    const char *id = jx_str_or(call->in, "SelectionId", "");
    json_t *selection = json_object_get(json_object_get(plan, "selections"), id);
    if (plan != NULL && selection == NULL) {
        backup_missing(call, "Backup selection", id);
    }
    return selection;
}

int backup_delete_selection(struct sim_call *call)
{
    json_t *plan = plan_of(call, backup_here(call));
    if (selection_of(call, plan) == NULL) {
        return -1;
    }
    return json_object_del(json_object_get(plan, "selections"), jx_str(call->in, "SelectionId"));
}

int backup_get_selection(struct sim_call *call)
{
    static const char *const members[] = {"SelectionId", "BackupPlanId", "CreationDate",
                                          "CreatorRequestId"};
    json_t *selection = selection_of(call, plan_of(call, backup_here(call)));
    if (selection == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *value = json_object_get(json_object_get(selection, "wire"), members[i]);
        if (value != NULL) {
            json_object_set(call->out, members[i], value);
        }
    }
    return json_object_set(call->out, "BackupSelection", json_object_get(selection, "selection"));
}

int backup_list_selections(struct sim_call *call)
{
    json_t *plan = plan_of(call, backup_here(call));
    if (plan == NULL) {
        return -1;
    }
    json_t *rows = backup_rows(json_object_get(plan, "selections"));
    return sim_page_take(call, rows, 1000);
}
