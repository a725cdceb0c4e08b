/* AWS Backup: settings, vaults, plans and selections of an account and Region. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

#define CENTRAL_VAULT_PREFIX "aws-controltower-central-backupvault-"

/* The whole answer is one document of this account and Region. */
static int keep_answer(const struct answer_page *p, const char *kind, const char *account,
                       struct err *err)
{
    return crawl_keep(p, kind, account, p->question->region, "", p->answer->json, err);
}

static int keep_region_settings(const struct answer_page *p, struct err *err)
{
    return keep_answer(p, "region-settings", p->question->account, err);
}

static int keep_global_settings(const struct answer_page *p, struct err *err)
{
    return crawl_keep(p, "global-settings", p->question->account, "", "", p->answer->json, err);
}

static int keep_supported_types(const struct answer_page *p, struct err *err)
{
    return keep_answer(p, "supported-types", p->question->account, err);
}

static bool listed(const char *const *list, const char *word)
{
    for (; list && *list; list++) {
        if (strcmp(*list, word) == 0) {
            return true;
        }
    }
    return false;
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
        /* Only vaults that must accept copies have a policy worth reading. */
        bool central_vault =
            str_starts(name, CENTRAL_VAULT_PREFIX) || (central && strcmp(q->account, central) == 0);
        bool points =
            central && strcmp(q->account, central) == 0 && str_starts(name, CENTRAL_VAULT_PREFIX);
        if ((points || listed(p->crawl->options->recovery_point_vaults, name)) &&
            crawl_ask(p->crawl, "backup:ListRecoveryPointsByBackupVault", q->account, q->region,
                      name, err)) {
            return -1;
        }
        if (central_vault && crawl_ask(p->crawl, "backup:GetBackupVaultAccessPolicy", q->account,
                                       q->region, name, err)) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_vault(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "BackupVaultName", q->target);
}

static int keep_vault_policy(const struct answer_page *p, struct err *err)
{
    const char *policy = jx_str(p->answer->json, "Policy");
    if (!policy) {
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
        if (!id || !arn) {
            return err_set(err, ERR_AWS, "ListBackupPlans answered a plan without its id or ARN");
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

static json_t *input_plan(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "BackupPlanId", q->target);
}

static int keep_plan_detail(const struct answer_page *p, struct err *err)
{
    return crawl_keep(p, "plan-detail", p->question->account, p->question->region,
                      p->question->target, p->answer->json, err);
}

static json_t *input_arn(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "ResourceArn", q->target);
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
        if (!id) {
            return err_set(err, ERR_AWS,
                           "ListBackupSelections answered a selection without its id");
        }
        /* The plan's id may hold a slash (orgs/...), so the selection's id comes first: it never
         * does. */
        char *target = xasprintf("%s %s", id, q->target);
        int rc =
            crawl_ask(p->crawl, "backup:GetBackupSelection", q->account, q->region, target, err);
        free(target);
        if (rc) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_selection(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
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
    return rc || role_ask(p->crawl, p->question->account,
                          jx_str(p->answer->json, "BackupSelection.IamRoleArn"), err)
               ? -1
               : 0;
}

static int keep_reports(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "ReportPlans", "report-plan", p->question->account,
                           p->question->region, "ReportPlanName", err);
}

const struct collector backup_collectors[] = {
    {.operation = "backup:DescribeRegionSettings", .keep = keep_region_settings},
    {.operation = "backup:DescribeGlobalSettings",
     .as_management = true,
     .keep = keep_global_settings},
    {.operation = "backup:GetSupportedResourceTypes",
     .as_management = true,
     .keep = keep_supported_types},
    {.operation = "backup:ListReportPlans", .keep = keep_reports},
    {.operation = "backup:ListBackupVaults", .keep = keep_vaults},
    {.operation = "backup:GetBackupVaultAccessPolicy",
     .absence_is_answer = true,
     .input = input_vault,
     .keep = keep_vault_policy},
    {.operation = "backup:ListBackupPlans", .keep = keep_plans},
    {.operation = "backup:GetBackupPlan", .input = input_plan, .keep = keep_plan_detail},
    {.operation = "backup:ListTags", .input = input_arn, .keep = keep_plan_tags},
    {.operation = "backup:ListBackupSelections", .input = input_plan, .keep = keep_selections},
    {.operation = "backup:GetBackupSelection", .input = input_selection, .keep = keep_selection},
    {.operation = NULL},
};
