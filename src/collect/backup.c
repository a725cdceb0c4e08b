/* AWS Backup: settings, vaults, plans and selections of an account and Region. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

#define CENTRAL_VAULT_PREFIX "aws-controltower-central-backupvault-"
#define LOCAL_VAULT_PREFIX "aws-controltower-local-backupvault-"

/* The whole answer is one document of this account and Region. */
static int keep_answer(const struct answer_page *p, const char *kind, const char *account,
                       struct err *err)
{
    return crawl_keep(p, kind, account, p->question->region, "", p->answer->json, err);
}

static int keep_region_settings(const struct answer_page *p, struct err *err)
{
    json_t *opt_in = jx_get(p->answer->json, "ResourceTypeOptInPreference");
    return keep_answer(p, "region-settings", p->question->account, err) != 0
               ? -1
               : opted_types_ask(p->crawl, p->question, opt_in, err);
}

static int keep_global_settings(const struct answer_page *p, struct err *err)
{
    return crawl_keep(p, "global-settings", p->question->account, "", "", p->answer->json, err);
}

static int keep_supported_types(const struct answer_page *p, struct err *err)
{
    return keep_answer(p, "supported-types", p->question->account, err);
}

static int keep_vaults(const struct answer_page *p, struct err *err)
{
    const struct question *q = p->question;
    const char *central = p->crawl->central_backup;
    if (crawl_keep_list(p, "BackupVaultList", "vault", q->account, q->region, "BackupVaultName",
                        err)) {
        return -1;
    }
    size_t i;
    json_t *vault;
    json_array_foreach(jx_get(p->answer->json, "BackupVaultList"), i, vault)
    {
        const char *name = jx_str(vault, "BackupVaultName");
        /* Only vaults that copies are made from or into have a policy worth reading. */
        bool prefixed = str_starts(name, CENTRAL_VAULT_PREFIX);
        bool read_policy =
            prefixed || str_equal(q->account, central) || str_starts(name, LOCAL_VAULT_PREFIX);
        bool points = prefixed && str_equal(q->account, central);
        if ((points || crawl_lists(p->crawl->options->recovery_point_vaults, name)) &&
            crawl_ask(p->crawl, "backup:ListRecoveryPointsByBackupVault", q->account, q->region,
                      name, err)) {
            return -1;
        }
        if (read_policy && crawl_ask(p->crawl, "backup:GetBackupVaultAccessPolicy", q->account,
                                     q->region, name, err)) {
            return -1;
        }
    }
    return 0;
}

static int keep_vault_policy(const struct answer_page *p, struct err *err)
{
    const char *policy = jx_str(p->answer->json, "Policy");
    if (policy == NULL) {
        return 0; /* the vault has none */
    }
    json_t *document = json_pack("{s:s}", "Policy", policy);
    int rc = crawl_keep(p, "vault-policy", p->question->account, p->question->region,
                        p->question->target, document, err);
    json_decref(document);
    return rc;
}

static int keep_plans(const struct answer_page *p, struct err *err)
{
    const struct question *q = p->question;
    size_t i;
    json_t *plan;
    json_array_foreach(jx_get(p->answer->json, "BackupPlansList"), i, plan)
    {
        const char *id = jx_str(plan, "BackupPlanId");
        const char *arn = jx_str(plan, "BackupPlanArn");
        if (id == NULL || arn == NULL) {
            return err_set(err, ERR_AWS, "ListBackupPlans returned a plan without its ID or ARN");
        }
        if (crawl_keep(p, "plan", q->account, q->region, id, plan, err) ||
            crawl_ask(p->crawl, "backup:GetBackupPlan", q->account, q->region, id, err) ||
            crawl_ask(p->crawl, "backup:ListBackupSelections", q->account, q->region, id, err) ||
            crawl_ask(p->crawl, "backup:ListTags", q->account, q->region, arn, err)) {
            return -1;
        }
    }
    return 0;
}

static int keep_plan_detail(const struct answer_page *p, struct err *err)
{
    return crawl_keep(p, "plan-detail", p->question->account, p->question->region,
                      p->question->target, p->answer->json, err);
}

static int keep_plan_tags(const struct answer_page *p, struct err *err)
{
    const char *id = strstr(p->question->target, ":backup-plan:");
    id = id ? id + strlen(":backup-plan:") : p->question->target;
    return crawl_keep(p, "plan-tags", p->question->account, p->question->region, id,
                      p->answer->json, err);
}

static int keep_selections(const struct answer_page *p, struct err *err)
{
    const struct question *q = p->question;
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "BackupSelectionsList"), i, row)
    {
        const char *id = jx_str(row, "SelectionId");
        if (id == NULL) {
            return err_set(err, ERR_AWS,
                           "ListBackupSelections returned a selection without its ID");
        }
        /* The plan's id may hold a slash (orgs/...), so the selection's id comes first: it never
         * does. */
        char *target = xasprintf("%s %s", id, q->target);
        int rc =
            crawl_ask(p->crawl, "backup:GetBackupSelection", q->account, q->region, target, err);
        free(target);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_selection(const struct question *q)
{
    const char *space = strchr(q->target, ' ');
    return json_pack("{s:s%, s:s}", "SelectionId", q->target, (size_t)(space - q->target),
                     "BackupPlanId", space + 1);
}

static int keep_selection(const struct answer_page *p, struct err *err)
{
    const char *target = p->question->target;
    const char *space = strchr(target, ' ');
    char *key = xasprintf("%s/%.*s", space + 1, (int)(space - target), target);
    int rc = crawl_keep(p, "selection", p->question->account, p->question->region, key,
                        p->answer->json, err);
    free(key);
    return rc != 0 ? rc
                   : role_ask(p->crawl, p->question->account,
                              jx_str(p->answer->json, "BackupSelection.IamRoleArn"), err);
}

static int keep_reports(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "ReportPlans", "report-plan", p->question->account,
                           p->question->region, "ReportPlanName", err);
}

const struct collector backup_collectors[] = {
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "backup:DescribeRegionSettings",
     .opens_types = true,
     .keeps = {"region-settings"},
     .keep = keep_region_settings},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "backup:DescribeGlobalSettings",
     .keeps = {"global-settings"},
     .as_management = true,
     .keep = keep_global_settings},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "backup:GetSupportedResourceTypes",
     .keeps = {"supported-types"},
     .as_management = true,
     .keep = keep_supported_types},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:ListReportPlans",
     .keeps = {"report-plan"},
     .keep = keep_reports},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "backup:ListBackupVaults",
     .asks = {"backup:ListRecoveryPointsByBackupVault", "backup:GetBackupVaultAccessPolicy"},
     .keeps = {"vault"},
     .keep = keep_vaults},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:GetBackupVaultAccessPolicy",
     .keeps = {"vault-policy"},
     .absence_is_answer = true,
     .target = "BackupVaultName",
     .keep = keep_vault_policy},
    {.phase = PHASE_MANAGEMENT,
     .seed = SEED_GOVERNED,
     .operation = "backup:ListBackupPlans",
     .asks = {"backup:GetBackupPlan", "backup:ListBackupSelections", "backup:ListTags"},
     .keeps = {"plan"},
     .keep = keep_plans},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:GetBackupPlan",
     .keeps = {"plan-detail"},
     .target = "BackupPlanId",
     .keep = keep_plan_detail},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:ListTags",
     .keeps = {"plan-tags"},
     .target = "ResourceArn",
     .keep = keep_plan_tags},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:ListBackupSelections",
     .asks = {"backup:GetBackupSelection"},
     .target = "BackupPlanId",
     .keep = keep_selections},
    {.phase = PHASE_MANAGEMENT,
     .operation = "backup:GetBackupSelection",
     .asks = {"iam:GetRole", "iam:ListAttachedRolePolicies"},
     .keeps = {"selection"},
     .input = input_selection,
     .keep = keep_selection},
    {.operation = NULL},
};
