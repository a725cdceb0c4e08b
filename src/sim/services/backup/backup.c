#include "services/backup/backup.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

json_t *backup_state(struct sim *sim, const char *account, const char *region)
{
    json_t *state = sim_state(sim, SVC_BACKUP, account, region);
    backup_reconcile(sim, account, region, state);
    return state;
}

json_t *backup_here(struct sim_call *call)
{
    return backup_state(call->sim, call->account, call->region);
}

int backup_missing(struct sim_call *call, const char *what, const char *name)
{
    json_object_set_new(call->out, "@error", json_pack("{s:s}", "Type", "ResourceNotFound"));
    return sim_fail(call, 400, "ResourceNotFoundException", "%s %s was not found", what, name);
}

int backup_invalid(struct sim_call *call, const char *message)
{
    return sim_fail(call, 400, "InvalidParameterValueException", "%s", message);
}

char *backup_arn(struct sim *sim, const char *account, const char *region, const char *type,
                 const char *name)
{
    return xasprintf("arn:%s:backup:%s:%s:%s:%s", sim_partition(sim), region, account, type, name);
}

json_t *backup_rows(json_t *objects)
{
    json_t *rows = json_array(), *object;
    const char *name;
    json_object_foreach(objects, name, object)
    {
        json_array_append(rows, json_object_get(object, "wire"));
    }
    return rows;
}

bool backup_sees_organization(struct sim *sim, const char *account)
{
    if (str_equal(account, sim_management_account(sim))) {
        return true;
    }
    struct err err = ERR_INIT;
    json_t *in = json_pack("{s:s}", "ServicePrincipal", "backup.amazonaws.com"), *out = NULL;
    const struct op *op = op_find(SVC_ORGANIZATIONS, "ListDelegatedAdministrators");
    bool found = false;
    if (op != NULL && sim_invoke(sim, op, sim_management_account(sim), sim_home_region(sim), NULL,
                                 in, &out, &err) == 0) {
        size_t i;
        const json_t *row;
        json_array_foreach(json_object_get(out, "DelegatedAdministrators"), i, row)
        {
            found = found || str_equal(jx_str(row, "Id"), account);
        }
    }
    json_decref(out);
    json_decref(in);
    return found;
}

/* --- tags --- */

int backup_tags_check(struct sim_call *call, const char *member, const json_t *have)
{
    static const struct tag_words words = {"Key", "Value", "InvalidParameterValueException",
                                           "LimitExceededException", 50};
    const json_t *tags = json_object_get(call->in, member);
    if (tags == NULL) {
        return 0;
    }
    json_t *list = tags_list(tags, "Key", "Value");
    int rc = tags_check(call, list, have, &words);
    json_decref(list);
    return rc;
}

/* The vault, plan, recovery point or report plan that ResourceArn names; NULL after a refusal. */
static json_t *tagged(struct sim_call *call)
{
    const char *text = jx_str_or(call->in, "ResourceArn", "");
    json_t *state = backup_here(call), *found = NULL;
    struct arn arn;
    if (!arn_split(text, &arn)) {
        backup_invalid(call, "ResourceArn is not an ARN");
        return NULL;
    }
    bool here = str_equal(arn.account, call->account) && str_equal(arn.region, call->region);
    if (here && str_starts(arn.resource, "backup-vault:")) {
        found = json_object_get(json_object_get(state, "vaults"),
                                arn.resource + strlen("backup-vault:"));
    } else if (here && str_starts(arn.resource, "backup-plan:")) {
        found =
            json_object_get(json_object_get(state, "plans"), arn.resource + strlen("backup-plan:"));
    } else if (here && str_starts(arn.resource, "report-plan:")) {
        const char *name;
        json_t *report;
        json_object_foreach(json_object_get(state, "reports"), name, report)
        {
            found = str_equal(jx_str(report, "wire.ReportPlanArn"), text) ? report : found;
        }
    }
    if (found == NULL) {
        backup_missing(call, "Resource", text);
    }
    return found;
}

static int list_tags(struct sim_call *call)
{
    json_t *object = tagged(call);
    return object == NULL ? -1
                          : json_object_set(call->out, "Tags", json_object_get(object, "tags"));
}

static int tag_resource(struct sim_call *call)
{
    json_t *object = tagged(call);
    if (object == NULL || backup_tags_check(call, "Tags", json_object_get(object, "tags")) < 0) {
        return -1;
    }
    return json_object_update(json_object_get(object, "tags"), json_object_get(call->in, "Tags"));
}

static int untag_resource(struct sim_call *call)
{
    json_t *object = tagged(call);
    size_t i;
    const json_t *key;
    if (object == NULL) {
        return -1;
    }
    json_array_foreach(json_object_get(call->in, "TagKeyList"), i, key)
    {
        json_object_del(json_object_get(object, "tags"), json_string_value(key));
    }
    return 0;
}

/* --- the service --- */

static void populate(struct sim *sim, const char *account, const char *region, json_t *state)
{
    static const char *const objects[] = {"vaults", "plans", "reports", "gone", "deployed"};
    if (region[0] == '\0') {
        if (str_equal(account, sim_management_account(sim))) {
            backup_global_populate(sim, state);
        }
        return;
    }
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        json_object_set_new(state, objects[i], json_object());
    }
    json_object_set_new(state, "deleted_plans", json_array());
    backup_settings_populate(sim, region, state);
    backup_reconcile(sim, account, region, state);
}

static int load(struct sim *sim, const json_t *world, struct err *err)
{
    return backup_settings_load(world, err) < 0 ? -1 : backup_jobs_load(sim, world, err);
}

#define VAULT "BackupVaultName!:s/^[a-zA-Z0-9_-]{2,50}$/"
#define PAGE "NextToken:s, MaxResults:i1..1000"
#define TYPE "s/^[a-zA-Z0-9 _.-]{1,50}$/"
#define PLAN_ID "BackupPlanId!:s1.."
#define ACCOUNT "s/^[0-9]{12}$/"
#define ACCOUNTS "s/^([0-9]{12}|\\*)$/"
#define BACKUP_STATES "CREATED|PENDING|RUNNING|ABORTING|ABORTED|COMPLETED|FAILED|EXPIRED|PARTIAL"
#define JOB_FILTERS                                                                                \
    "ByResourceArn:s, ByCreatedBefore:t, ByCreatedAfter:t, ByResourceType:" TYPE                   \
    ", ByAccountId:" ACCOUNTS                                                                      \
    ", ByCompleteAfter:t, ByCompleteBefore:t, ByParentJobId:s, ByMessageCategory:s"
#define SUMMARY_FILTERS                                                                            \
    "AccountId:s/^([0-9]{12}|ANY|AGGREGATE_ALL)$/, ResourceType:" TYPE ", MessageCategory:s, "     \
    "AggregationPeriod:e(ONE_DAY|SEVEN_DAYS|FOURTEEN_DAYS), " PAGE

static const struct sim_route routes[] = {
    {"CreateBackupPlan", backup_create_plan,
     "BackupPlan!:@Plan, BackupPlanTags:<s0..256>, CreatorRequestId:s"},
    {"CreateBackupSelection", backup_create_selection,
     PLAN_ID ", BackupSelection!:@Selection, CreatorRequestId:s"},
    {"CreateBackupVault", backup_create_vault,
     VAULT ", BackupVaultTags:<s0..256>, EncryptionKeyArn:s, CreatorRequestId:s"},
    {"DeleteBackupPlan", backup_delete_plan, PLAN_ID},
    {"DeleteBackupSelection", backup_delete_selection, PLAN_ID ", SelectionId!:s1.."},
    {"DeleteBackupVault", backup_delete_vault, "BackupVaultName!:s1.."},
    {"DeleteBackupVaultAccessPolicy", backup_delete_policy, VAULT},
    {"DeleteRecoveryPoint", backup_delete_point, VAULT ", RecoveryPointArn!:s1.."},
    {"DescribeBackupVault", backup_describe_vault, "BackupVaultName!:s1.., BackupVaultAccountId:s"},
    {"DescribeGlobalSettings", backup_describe_global_settings, ""},
    {"DescribeRecoveryPoint", backup_describe_point,
     VAULT ", RecoveryPointArn!:s1.., BackupVaultAccountId:" ACCOUNT},
    {"DescribeRegionSettings", backup_describe_region_settings, ""},
    {"DescribeReportPlan", backup_describe_report,
     "ReportPlanName!:s1..256/^[a-zA-Z][_a-zA-Z0-9]*$/"},
    {"GetBackupPlan", backup_get_plan, PLAN_ID ", VersionId:s, MaxScheduledRunsPreview:i0..10"},
    {"GetBackupSelection", backup_get_selection, PLAN_ID ", SelectionId!:s1.."},
    {"GetBackupVaultAccessPolicy", backup_get_policy, VAULT},
    {"GetSupportedResourceTypes", backup_get_supported_types, ""},
    {"ListBackupJobSummaries", backup_list_job_summaries,
     "State:e(" BACKUP_STATES "|AGGREGATE_ALL|ANY), " SUMMARY_FILTERS},
    {"ListBackupJobs", backup_list_jobs,
     "ByState:e(" BACKUP_STATES "), ByBackupVaultName:s/^[a-zA-Z0-9_-]{2,50}$/, " JOB_FILTERS
     ", " PAGE},
    {"ListBackupPlans", backup_list_plans, "IncludeDeleted:b, " PAGE},
    {"ListBackupSelections", backup_list_selections, PLAN_ID ", " PAGE},
    {"ListBackupVaults", backup_list_vaults,
     "ByVaultType:e(BACKUP_VAULT|LOGICALLY_AIR_GAPPED_BACKUP_VAULT|RESTORE_ACCESS_BACKUP_VAULT), "
     "ByShared:b, " PAGE},
    {"ListCopyJobSummaries", backup_list_copy_job_summaries,
     "State:e(CREATED|RUNNING|ABORTING|ABORTED|COMPLETING|COMPLETED|FAILING|FAILED|PARTIAL|"
     "AGGREGATE_ALL|ANY), " SUMMARY_FILTERS},
    {"ListCopyJobs", backup_list_copy_jobs,
     "ByState:e(CREATED|RUNNING|COMPLETED|FAILED|PARTIAL), ByDestinationVaultArn:s, "
     "BySourceRecoveryPointArn:s, " JOB_FILTERS ", " PAGE},
    {"ListProtectedResources", backup_list_protected, PAGE},
    {"ListRecoveryPointsByBackupVault", backup_list_points,
     VAULT
     ", BackupVaultAccountId:" ACCOUNT ", ByResourceArn:s, ByResourceType:" TYPE
     ", ByBackupPlanId:s, ByCreatedBefore:t, ByCreatedAfter:t, ByParentRecoveryPointArn:s, " PAGE},
    {"ListReportPlans", backup_list_reports, PAGE},
    {"ListTags", list_tags, "ResourceArn!:s1.., " PAGE},
    {"PutBackupVaultAccessPolicy", backup_put_policy, VAULT ", Policy:s"},
    {"TagResource", tag_resource, "ResourceArn!:s1.., Tags!:<s0..256>"},
    {"UntagResource", untag_resource, "ResourceArn!:s1.., TagKeyList!:[s1..128]"},
    {"UpdateBackupPlan", backup_update_plan, PLAN_ID ", BackupPlan!:@Plan"},
    {"UpdateGlobalSettings", backup_update_global_settings, "GlobalSettings:<s>"},
    {"UpdateRegionSettings", backup_update_region_settings,
     "ResourceTypeOptInPreference:<b>, ResourceTypeManagementPreference:<b>"},
};

static const char *const shapes[] = {
    "Lifecycle={MoveToColdStorageAfterDays:i, DeleteAfterDays:i, "
    "OptInToArchiveForSupportedResources:b, "
    "DeleteAfterEvent:e(DELETE_AFTER_COPY)}",
    "Copy={Lifecycle:@Lifecycle, DestinationBackupVaultArn!:s1..}",
    "Rule={RuleName!:s/^[a-zA-Z0-9_.-]{1,50}$/, TargetBackupVaultName!:s/^[a-zA-Z0-9_-]{2,50}$/, "
    "TargetLogicallyAirGappedBackupVaultArn:s, ScheduleExpression:s, StartWindowMinutes:i, "
    "CompletionWindowMinutes:i, Lifecycle:@Lifecycle, RecoveryPointTags:<s>, CopyActions:[@Copy], "
    "EnableContinuousBackup:b, ScheduleExpressionTimezone:s, IndexActions:[{ResourceTypes:[s]}], "
    "ScanActions:[{MalwareScanner:e(GUARDDUTY), ScanMode:e(FULL_SCAN|INCREMENTAL_SCAN)}]}",
    "Plan={BackupPlanName!:s1.., Rules!:[@Rule], AdvancedBackupSettings:[{ResourceType:s, "
    "BackupOptions:<s>}], "
    "ScanSettings:[{MalwareScanner:e(GUARDDUTY), ResourceTypes:[s], ScannerRoleArn:s}]}",
    "Pair={ConditionKey:s, ConditionValue:s}",
    "Selection={SelectionName!:s/^[a-zA-Z0-9_.-]{1,50}$/, IamRoleArn!:s1.., Resources:[s], "
    "ListOfTags:[{ConditionType!:e(STRINGEQUALS), ConditionKey!:s1.., ConditionValue!:s}], "
    "NotResources:[s], "
    "Conditions:{StringEquals:[@Pair], StringNotEquals:[@Pair], StringLike:[@Pair], "
    "StringNotLike:[@Pair]}}",
    NULL};

const struct sim_service sim_backup = {
    .service = SVC_BACKUP,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .shapes = shapes,
    .invalid_code = "InvalidParameterValueException",
    .missing_code = "MissingParameterValueException",
    .invalid_status = 400,
    .populate = populate,
    .load = load,
};
