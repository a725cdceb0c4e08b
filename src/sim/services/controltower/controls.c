/* Control Tower: the controls that guard backups, the policy behind them, and tags. */
#include "services/controltower/controltower.h"

#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "services/organizations/organizations.h"

#define GUARDRAIL "aws-guardrails-backup"
#define TAGS_MAX 50U
#define MANDATORY "AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED"

/* What each control denies to everybody but AWSControlTowerExecution. The last is mandatory on
   every registered OU, and has the readable identifier of the oldest controls. */
static const struct ct_control controls[] = {
    {"CT.BACKUP.PV.1", "CT-BACKUP-PV-1",
     "Disallow changes to tags that AWS Control Tower adds to AWS Backup resources", false,
     "[\"backup:TagResource\",\"backup:UntagResource\"]", "\"*\"",
     "\"ForAnyValue:StringEquals\":{\"aws:TagKeys\":\"aws-control-tower\"}"},
    {"CT.BACKUP.PV.2", "CT-BACKUP-PV-2",
     "Disallow changes to report plans that AWS Control Tower made", false,
     "[\"backup:CreateReportPlan\",\"backup:DeleteReportPlan\",\"backup:UpdateReportPlan\"]",
     "\"arn:*:backup:*:*:report-plan:aws_controltower_*\"", NULL},
    {"CT.BACKUP.PV.3", "CT-BACKUP-PV-3",
     "Disallow changes to AWS Backup resources that AWS Control Tower made", false,
     "[\"backup:CreateBackupPlan\",\"backup:DeleteBackupPlan\",\"backup:UpdateBackupPlan\","
     "\"backup:CreateBackupSelection\",\"backup:DeleteBackupSelection\",\"backup:"
     "CreateBackupVault\","
     "\"backup:DeleteBackupVault\",\"backup:PutBackupVaultAccessPolicy\","
     "\"backup:DeleteBackupVaultAccessPolicy\",\"backup:PutBackupVaultLockConfiguration\","
     "\"backup:DeleteBackupVaultLockConfiguration\",\"backup:DeleteBackupVaultSharingPolicy\"]",
     "\"*\"", "\"StringLike\":{\"aws:ResourceTag/aws-control-tower\":\"*\"}"},
    {"CT.IAM.PV.1", "CT-IAM-PV-1",
     "Disallow changes to the IAM role that AWS Control Tower made for AWS Backup", true,
     "[\"iam:AttachRolePolicy\",\"iam:CreateRole\",\"iam:DeleteRole\",\"iam:DeleteRolePolicy\","
     "\"iam:DetachRolePolicy\",\"iam:PutRolePolicy\",\"iam:UpdateAssumeRolePolicy\",\"iam:"
     "UpdateRole\"]",
     "\"arn:*:iam::*:role/aws-controltower-BackupRole\"", NULL},
    {"CT.S3.PV.1", "CT-S3-PV-1", "Disallow changes to the bucket of AWS Backup reports", true,
     "[\"s3:CreateBucket\",\"s3:DeleteBucket\",\"s3:DeleteBucketPolicy\",\"s3:PutBucketPolicy\","
     "\"s3:PutEncryptionConfiguration\",\"s3:PutLifecycleConfiguration\",\"s3:PutBucketLogging\"]",
     "\"arn:*:s3:::aws-controltower-backup-reports-*\"", NULL},
    {MANDATORY, MANDATORY, "Disallow configuration changes to CloudTrail", true, NULL, NULL, NULL},
};

#define CONTROLS (sizeof controls / sizeof *controls)

const struct ct_control *ct_control_at(size_t index)
{
    return index < CONTROLS ? &controls[index] : NULL;
}

void ct_control_identifier(struct sim *sim, const struct ct_control *control, bool regional,
                           const char *region, char *out, size_t size)
{
    char words[96], token[26];
    if (!regional) {
        snprintf(words, sizeof words, "control %s", control->alias);
        sim_hash_id(sim, words, "abcdefghijklmnopqrstuvwxyz0123456789", 25, token);
        snprintf(out, size, "arn:%s:controlcatalog:::control/%s", sim_partition(sim), token);
        return;
    }
    snprintf(words, sizeof words, "control %s %s", control->alias, region);
    sim_hash_id(sim, words, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 12, token);
    snprintf(out, size, "arn:%s:controltower:%s::control/%s", sim_partition(sim), region,
             control->actions == NULL ? control->alias : token);
}

void ct_controls_attach(struct sim *sim, const char *ou)
{
    struct text policy;

    text_init(&policy, 16384);
    text_add(&policy, "{\"Version\":\"2012-10-17\",\"Statement\":[");
    for (size_t i = 0; i < CONTROLS && controls[i].actions != NULL; i++) {
        text_add(&policy, i > 0 ? ",{\"Sid\":\"" : "{\"Sid\":\"");
        for (const char *p = controls[i].name; *p != '\0'; p++) {
            if (*p != '-') {
                text_addc(&policy, *p);
            }
        }
        text_addf(&policy,
                  "\",\"Effect\":\"Deny\",\"Action\":%s,\"Resource\":%s,\"Condition\":{%s%s"
                  "\"ArnNotLike\":{\"aws:PrincipalARN\":\"arn:*:iam::*:role/"
                  "AWSControlTowerExecution\"}}}",
                  controls[i].actions, controls[i].resources,
                  controls[i].condition != NULL ? controls[i].condition : "",
                  controls[i].condition != NULL ? "," : "");
    }
    text_add(&policy, "]}");
    org_guardrail_attach(sim, GUARDRAIL, text_str(&policy), ou);
    text_release(&policy);
}

void ct_controls_detach(struct sim *sim, const char *ou)
{
    char key[CT_KEY_SIZE];

    org_guardrail_detach(sim, GUARDRAIL, ou);
    for (size_t i = 0; i < CONTROLS; i++) {
        snprintf(key, sizeof key, "%s/%s", controls[i].name, ou);
        json_object_del(json_object_get(ct_state(sim), "controls"), key);
    }
}

/* A control on an OU as the API shows it; NULL when a world took it away; new. */
static json_t *control_out(struct sim *sim, const struct ct_control *control, const json_t *enabled)
{
    const char *ou = jx_str(enabled, "target"), *drift;
    const json_t *own;
    char key[CT_KEY_SIZE], id[17], arn[160], identifier[160];

    snprintf(key, sizeof key, "%s/%s", control->name, ou);
    own = json_object_get(json_object_get(ct_state(sim), "controls"), key);
    if (jx_bool(own, "absent")) {
        return NULL;
    }
    sim_hash_id(sim, key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16, id);
    snprintf(arn, sizeof arn, "arn:%s:controltower:%s:%s:enabledcontrol/%s", sim_partition(sim),
             sim_home_region(sim), sim_management_account(sim), id);
    ct_control_identifier(sim, control, control->regional, sim_home_region(sim), identifier,
                          sizeof identifier);
    /* Control Tower does not look for drift of every control. */
    drift = jx_str_or(own, "drift", control->actions == NULL ? "NOT_CHECKING" : "IN_SYNC");
    return json_pack("{ss ss ss s{ss ss*} s{ss s{s{ss} s{ss}}}}", "arn", arn, "controlIdentifier",
                     identifier, "targetIdentifier", jx_str(sim_org_ou(sim, ou), "Arn"),
                     "statusSummary", "status", jx_str_or(own, "status", "SUCCEEDED"),
                     "lastOperationIdentifier", jx_str(enabled, "last_operation"),
                     "driftStatusSummary", "driftStatus", drift, "types", "inheritance", "status",
                     "IN_SYNC", "resource", "status", drift);
}

static bool control_fits(const json_t *filter, const json_t *row)
{
    static const struct {
        const char *filter, *member;
    } words[] = {{"controlIdentifiers", "controlIdentifier"},
                 {"statuses", "statusSummary.status"},
                 {"driftStatuses", "driftStatusSummary.driftStatus"},
                 {"parentIdentifiers", "parentIdentifier"},
                 {"inheritanceDriftStatuses", "driftStatusSummary.types.inheritance.status"},
                 {"resourceDriftStatuses", "driftStatusSummary.types.resource.status"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const json_t *wanted = json_object_get(filter, words[i].filter);
        if (wanted != NULL && !jx_list_has(wanted, jx_str_or(row, words[i].member, ""))) {
            return false;
        }
    }
    return true;
}

static bool known_target(struct sim *sim, const char *arn)
{
    const char *slash = strrchr(arn, '/');
    const json_t *object = slash == NULL               ? NULL
                           : str_starts(slash, "/ou-") ? sim_org_ou(sim, slash + 1)
                                                       : sim_org_account(sim, slash + 1);

    return str_equal(jx_str(object, "Arn"), arn);
}

int ct_list_enabled_controls(struct sim_call *call)
{
    const char *target = jx_str(call->in, "targetIdentifier"), *key;
    struct sim *sim = call->sim;
    json_t *rows, *enabled, *row;

    if (ct_guard(call) != 0) {
        return -1;
    }
    if (target != NULL && !known_target(sim, target)) {
        return ct_missing(call, "The target %.200s does not exist.", target);
    }
    rows = json_array();
    json_object_foreach(ct_here(call) ? json_object_get(ct_state(sim), "enabled_baselines") : NULL,
                        key, enabled)
    {
        const char *ou_arn = jx_str(sim_org_ou(sim, jx_str_or(enabled, "target", "")), "Arn");

        if (!str_equal(jx_str(enabled, "baseline"), "BackupBaseline") || ou_arn == NULL ||
            (target != NULL && !str_equal(target, ou_arn))) {
            continue;
        }
        for (size_t i = 0; i < CONTROLS; i++) {
            row = control_out(sim, &controls[i], enabled);
            if (row != NULL && control_fits(json_object_get(call->in, "filter"), row)) {
                json_array_append(rows, row);
            }
            json_decref(row);
        }
    }
    return sim_page_take(call, rows, 50);
}

/* --- tags --- */

static int need_resource(struct sim_call *call)
{
    const char *arn = jx_str(call->in, "resourceArn"), *account;

    if (ct_guard(call) != 0) {
        return -1;
    }
    if (ct_here(call) && (str_equal(arn, jx_str(ct_landing_zone(call->sim), "arn")) ||
                          ct_enabled_by_arn(call->sim, arn, &account) != NULL)) {
        return 0;
    }
    return ct_missing(call, "The resource %.200s does not exist.", arn);
}

static json_t *tags_of(struct sim_call *call)
{
    return org_object(org_object(ct_state(call->sim), "tags"), jx_str(call->in, "resourceArn"));
}

int ct_list_tags(struct sim_call *call)
{
    if (need_resource(call) != 0) {
        return -1;
    }
    json_object_set_new(call->out, "tags", json_deep_copy(tags_of(call)));
    return 0;
}

int ct_tag(struct sim_call *call)
{
    json_t *given = json_object_get(call->in, "tags"), *value, *merged;
    const char *key;
    size_t count;

    if (need_resource(call) != 0) {
        return -1;
    }
    json_object_foreach(given, key, value)
    {
        if (str_starts(key, "aws:") || *key == '\0' || strlen(key) > 512) {
            return ct_invalid(call, "The tag key %.128s is not allowed.", key);
        }
    }
    merged = json_copy(tags_of(call));
    json_object_update(merged, given);
    count = json_object_size(merged);
    json_decref(merged);
    if (count > TAGS_MAX) {
        return ct_invalid(call, "A resource can have at most %u tags.", TAGS_MAX);
    }
    json_object_update(tags_of(call), given);
    json_object_set_new(call->out, "@status", json_integer(204));
    return 0;
}

int ct_untag(struct sim_call *call)
{
    size_t i;
    json_t *key;

    if (need_resource(call) != 0) {
        return -1;
    }
    json_array_foreach(json_object_get(call->in, "tagKeys"), i, key)
    {
        json_object_del(tags_of(call), json_string_value(key));
    }
    json_object_set_new(call->out, "@status", json_integer(204));
    return 0;
}
