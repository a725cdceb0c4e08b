/* Organizations: the tree, the accounts, who may do what for whom. Asked once, with the management
 * account's own credentials. */
#include <string.h>

#include "base/jsonx.h"
#include "crawl.h"

#define BACKUP_PRINCIPAL "backup.amazonaws.com"

static int keep_organization(const struct answer_page *p, struct err *err)
{
    const json_t *organization = jx_get(p->answer->json, "Organization");
    const char *id = jx_str(organization, "Id");
    if (!id) {
        return err_set(err, ERR_AWS, "DescribeOrganization answered without Organization.Id");
    }
    return crawl_keep(p, "organization", "", "", id, organization, err);
}

static int ask_children(const struct answer_page *p, const char *parent, struct err *err)
{
    const struct question *q = p->question;
    return crawl_ask(p->crawl, "organizations:ListPoliciesForTarget", q->account, q->region, parent,
                     err) ||
           crawl_ask(p->crawl, "organizations:ListOrganizationalUnitsForParent", q->account,
                     q->region, parent, err) ||
           crawl_ask(p->crawl, "organizations:ListAccountsForParent", q->account, q->region, parent,
                     err);
}

static int keep_roots(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *root;
    json_array_foreach(jx_get(p->answer->json, "Roots"), i, root)
    {
        const char *id = jx_str(root, "Id");
        if (!id) {
            return err_set(err, ERR_AWS, "ListRoots answered a root without Id");
        }
        if (crawl_keep(p, "root", "", "", id, root, err) || ask_children(p, id, err)) {
            return -1;
        }
    }
    return 0;
}

static json_t *input_parent(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "ParentId", q->target);
}

static int keep_units(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *unit;
    json_array_foreach(jx_get(p->answer->json, "OrganizationalUnits"), i, unit)
    {
        const char *id = jx_str(unit, "Id");
        if (!id) {
            return err_set(err, ERR_AWS,
                           "ListOrganizationalUnitsForParent answered an OU without Id");
        }
        jx_set_str(unit, "ParentId", p->question->target);
        if (crawl_keep(p, "ou", "", "", id, unit, err) || ask_children(p, id, err)) {
            return -1;
        }
    }
    return 0;
}

static int keep_tree_accounts(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *account;
    json_array_foreach(jx_get(p->answer->json, "Accounts"), i, account)
    {
        const char *id = jx_str(account, "Id");
        if (!id) {
            return err_set(err, ERR_AWS, "ListAccountsForParent answered an account without Id");
        }
        jx_set_str(account, "ParentId", p->question->target);
        if (crawl_keep(p, "tree-account", "", "", id, account, err)) {
            return -1;
        }
    }
    return 0;
}

static int keep_accounts(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "Accounts", "account", "", "", "Id", err);
}

static int keep_trusted(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "EnabledServicePrincipals", "trusted-service", "", "",
                           "ServicePrincipal", err);
}

static json_t *input_backup_principal(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    (void)q;
    return json_pack("{s:s}", "ServicePrincipal", BACKUP_PRINCIPAL);
}

static int keep_delegated(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "DelegatedAdministrators", "delegated-admin", "", "", "Id", err);
}

static json_t *input_backup_policy(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    (void)q;
    return json_pack("{s:s}", "PolicyType", "BACKUP_POLICY");
}

static int keep_invalid(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "Accounts", "invalid-policy-account", "", "", "Id", err);
}

/* Content is the policy's JSON as text. */
static int keep_resource_policy(const struct answer_page *p, struct err *err)
{
    const json_t *policy = jx_get(p->answer->json, "ResourcePolicy");
    if (!jx_str(policy, "Content")) {
        return err_set(err, ERR_AWS, "DescribeResourcePolicy answered without Content");
    }
    return crawl_keep(p, "resource-policy", "", "", "", policy, err);
}

const struct collector organization_collectors[] = {
    {.operation = "organizations:DescribeOrganization",
     .as_management = true,
     .keep = keep_organization},
    {.operation = "organizations:ListRoots", .as_management = true, .keep = keep_roots},
    {.operation = "organizations:ListOrganizationalUnitsForParent",
     .as_management = true,
     .input = input_parent,
     .keep = keep_units},
    {.operation = "organizations:ListAccountsForParent",
     .as_management = true,
     .input = input_parent,
     .keep = keep_tree_accounts},
    {.operation = "organizations:ListAccounts", .as_management = true, .keep = keep_accounts},
    {.operation = "organizations:ListAWSServiceAccessForOrganization",
     .as_management = true,
     .keep = keep_trusted},
    {.operation = "organizations:ListDelegatedAdministrators",
     .as_management = true,
     .input = input_backup_principal,
     .keep = keep_delegated},
    {.operation = "organizations:ListAccountsWithInvalidEffectivePolicy",
     .as_management = true,
     .input = input_backup_policy,
     .keep = keep_invalid},
    {.operation = "organizations:DescribeResourcePolicy",
     .as_management = true,
     .absence_is_answer = true,
     .absent_kind = "resource-policy-absent",
     .keep = keep_resource_policy},
    {.operation = NULL},
};
