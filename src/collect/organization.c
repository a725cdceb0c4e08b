/* Organizations: the tree, the accounts, trusted services and delegated administrators. Asked once,
 * with the management account's own credentials. */
#include <string.h>

#include "base/jsonx.h"
#include "crawl.h"

#define BACKUP_PRINCIPAL "backup.amazonaws.com"

static int keep_organization(const struct answer_page *p, struct err *err)
{
    const json_t *organization = jx_get(p->answer->json, "Organization");
    const char *id = jx_str(organization, "Id");
    if (id == NULL) {
        return err_set(err, ERR_AWS, "DescribeOrganization returned no Organization.Id");
    }
    return crawl_keep(p, "organization", "", "", id, organization, err);
}

static int ask_children(const struct answer_page *p, const char *parent, struct err *err)
{
    static const char *const operations[] = {"organizations:ListPoliciesForTarget",
                                             "organizations:ListOrganizationalUnitsForParent",
                                             "organizations:ListAccountsForParent"};
    const struct question *q = p->question;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (crawl_ask(p->crawl, operations[i], q->account, q->region, parent, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The type is known only where the root has it switched on: not in every partition. */
static int ask_resource_policies(const struct answer_page *p, const json_t *root, struct err *err)
{
    static const char type[] = "RESOURCE_CONTROL_POLICY";
    size_t i;
    json_t *known;
    json_array_foreach(jx_get(root, "PolicyTypes"), i, known)
    {
        if (strcmp(jx_str_or(known, "Type", ""), type) == 0 &&
            crawl_ask(p->crawl, "organizations:ListPolicies", p->question->account,
                      p->question->region, type, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_roots(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *root;
    json_array_foreach(jx_get(p->answer->json, "Roots"), i, root)
    {
        const char *id = jx_str(root, "Id");
        if (id == NULL) {
            return err_set(err, ERR_AWS, "ListRoots returned a root without Id");
        }
        if (crawl_keep(p, "root", "", "", id, root, err) || ask_children(p, id, err) != 0 ||
            ask_resource_policies(p, root, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int keep_units(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *unit;
    json_array_foreach(jx_get(p->answer->json, "OrganizationalUnits"), i, unit)
    {
        const char *id = jx_str(unit, "Id");
        if (id == NULL) {
            return err_set(err, ERR_AWS,
                           "ListOrganizationalUnitsForParent returned an OU without Id");
        }
        jx_set_str(unit, "ParentId", p->question->target);
        if (crawl_keep(p, "ou", "", "", id, unit, err) || ask_children(p, id, err) != 0) {
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
        if (id == NULL) {
            return err_set(err, ERR_AWS, "ListAccountsForParent returned an account without Id");
        }
        jx_set_str(account, "ParentId", p->question->target);
        if (crawl_keep(p, "tree-account", "", "", id, account, err) != 0) {
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

static int keep_delegated(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "DelegatedAdministrators", "delegated-admin", "", "", "Id", err);
}

static int keep_invalid(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "Accounts", "invalid-policy-account", "", "", "Id", err);
}

/* Content is the policy's JSON as text. */
static int keep_resource_policy(const struct answer_page *p, struct err *err)
{
    const json_t *policy = jx_get(p->answer->json, "ResourcePolicy");
    if (jx_str(policy, "Content") == NULL) {
        return err_set(err, ERR_AWS, "DescribeResourcePolicy returned no Content");
    }
    return crawl_keep(p, "resource-policy", "", "", "", policy, err);
}

const struct collector organization_collectors[] = {
    {.phase = PHASE_PRECONDITIONS,
     .seed = SEED_HOME,
     .operation = "organizations:DescribeOrganization",
     .keeps = {"organization"},
     .as_management = true,
     .keep = keep_organization},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "organizations:ListRoots",
     .asks = {"organizations:ListPoliciesForTarget",
              "organizations:ListOrganizationalUnitsForParent",
              "organizations:ListAccountsForParent", "organizations:ListPolicies"},
     .keeps = {"root"},
     .as_management = true,
     .keep = keep_roots},
    {.phase = PHASE_ORGANIZATION,
     .operation = "organizations:ListOrganizationalUnitsForParent",
     .asks = {"organizations:ListPoliciesForTarget",
              "organizations:ListOrganizationalUnitsForParent",
              "organizations:ListAccountsForParent"},
     .keeps = {"ou"},
     .as_management = true,
     .target = "ParentId",
     .keep = keep_units},
    {.phase = PHASE_ORGANIZATION,
     .operation = "organizations:ListAccountsForParent",
     .keeps = {"tree-account"},
     .as_management = true,
     .target = "ParentId",
     .keep = keep_tree_accounts},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "organizations:ListAccounts",
     .keeps = {"account"},
     .as_management = true,
     .keep = keep_accounts},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "organizations:ListAWSServiceAccessForOrganization",
     .keeps = {"trusted-service"},
     .as_management = true,
     .keep = keep_trusted},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "organizations:ListDelegatedAdministrators",
     .keeps = {"delegated-admin"},
     .as_management = true,
     .with = {{"ServicePrincipal", BACKUP_PRINCIPAL}},
     .keep = keep_delegated},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "organizations:ListAccountsWithInvalidEffectivePolicy",
     .keeps = {"invalid-policy-account"},
     .as_management = true,
     .absence_is_answer = true, /* the policy type is not enabled */
     .with = {{"PolicyType", "BACKUP_POLICY"}},
     .keep = keep_invalid},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "organizations:DescribeResourcePolicy",
     .keeps = {"resource-policy"},
     .as_management = true,
     .absence_is_answer = true,
     .absent_kind = "resource-policy-absent",
     .keep = keep_resource_policy},
    {.operation = NULL},
};

/* --- what must hold before anything else is asked --- */

int answer_missing(struct crawl *crawl, const char *operation, const char *otherwise,
                   struct err *err)
{
    char text[512] = "";
    struct err ignored = ERR_INIT;
    if (store_find_gap(crawl->store, operation, NULL, NULL, text, sizeof text, &ignored) == 1) {
        bool alone = strstr(text, "AWSOrganizationsNotInUse") != NULL;
        return err_set(err, alone ? ERR_INPUT : ERR_AWS, "%s", text);
    }
    return err_set(err, ERR_INPUT, "%s", otherwise);
}

int organization_check(struct crawl *crawl, struct err *err)
{
    struct only organization;
    int rc = only_find(crawl, "organization", &organization, err);
    if (rc != 0) {
        goto out;
    }
    rc = -1;
    const char *management = jx_str(organization.document, "MasterAccountId");
    if (organization.document == NULL) {
        (void)answer_missing(crawl, "organizations:DescribeOrganization",
                             "the account is not in an organization", err);
    } else if (!str_equal(management, crawl->management)) {
        (void)err_set(err, ERR_INPUT,
                      "the credentials belong to account %s, which is not the management account "
                      "(%s) of organization %s: use credentials of the management account",
                      crawl->management, management != NULL ? management : "unknown",
                      organization.key);
    } else if (store_meta_set(crawl->store, "organization_id", organization.key, err) == 0 &&
               store_meta_set(crawl->store, "management_account", management, err) == 0) {
        rc = 0;
    }
out:
    only_release(&organization);
    return rc;
}
