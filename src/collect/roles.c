/* IAM: the roles that backup plans run as, once an account. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "crawl.h"
#include "model/arn.h"

static int ask_role(struct crawl *crawl, const char *account, const char *name, struct err *err)
{
    int rc = crawl_ask(crawl, "iam:GetRole", account, crawl->home, name, err);
    return rc != 0
               ? rc
               : crawl_ask(crawl, "iam:ListAttachedRolePolicies", account, crawl->home, name, err);
}

int role_ask(struct crawl *crawl, const char *account, const char *role_arn, struct err *err)
{
    struct arn parts;
    char owner[16];
    /* A role of another account is not this account's to describe; the rules say so. */
    if (role_arn == NULL || !arn_parse(role_arn, &parts) || !arn_part_is(parts.service, "iam") ||
        strcmp(arn_part_copy(parts.account, owner, sizeof owner), account) != 0) {
        return 0;
    }
    return ask_role(crawl, account, arn_name(role_arn), err);
}

static int keep_role(const struct answer_page *p, struct err *err)
{
    const json_t *role = jx_get(p->answer->json, "Role");
    if (role == NULL) {
        return err_set(err, ERR_AWS, "GetRole returned no Role");
    }
    return crawl_keep(p, "role", p->question->account, "", p->question->target, role, err);
}

static int keep_role_policies(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "AttachedPolicies"), i, row)
    {
        const char *arn = jx_str(row, "PolicyArn");
        if (arn == NULL) {
            return err_set(err, ERR_AWS,
                           "ListAttachedRolePolicies returned a policy without PolicyArn");
        }
        char *key = xasprintf("%s %s", p->question->target, arn);
        int rc = crawl_keep(p, "role-policy", p->question->account, "", key, row, err);
        free(key);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

const struct collector role_collectors[] = {
    {.phase = PHASE_ORGANIZATION,
     .operation = "iam:GetRole",
     .keeps = {"role"},
     .absence_is_answer = true,
     .absent_kind = "role-absent",
     .target = "RoleName",
     .keep = keep_role},
    {.phase = PHASE_ORGANIZATION,
     .operation = "iam:ListAttachedRolePolicies",
     .keeps = {"role-policy"},
     .absence_is_answer = true,
     .target = "RoleName",
     .keep = keep_role_policies},
    {.operation = NULL},
};

/* AWS Backup's own role, and the one that an upgrade to landing zone 4.0 through the API wants
 * changed first. */
int roles_ask(struct crawl *crawl, struct err *err)
{
    int rc = crawl_ask(crawl, "iam:GetRole", crawl->management, crawl->home,
                       "AWSServiceRoleForBackup", err);
    return rc != 0 ? rc : ask_role(crawl, crawl->management, "AWSControlTowerCloudTrailRole", err);
}
