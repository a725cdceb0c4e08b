/* Organizations: the table of routes, who may call, and how a world becomes a tree. */
#include "services/organizations/organizations.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/text.h"

#define ACCOUNT "s12..12/^\\d{12}$/"
#define PARENT "s1..100/^((r-[0-9a-z]{4,32})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}))$/"
#define TARGET "s1..100/^((r-[0-9a-z]{4,32})|(\\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}))$/"
#define POLICY_ID "s1..130/^p-[0-9a-zA-Z_]{8,128}$/"
#define TAGGABLE                                                                                   \
    "s1..130/^((r-[0-9a-z]{4,32})|(\\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})|"                   \
    "(p-[0-9a-zA-Z_]{8,128})|(rp-[0-9a-zA-Z_]{4,128})|(rt-[0-9a-zA-Z_]{8,32}))$/"
#define PRINCIPAL "s1..128/^[\\w+=,.@-]*$/"
#define PAGE "NextToken:s0..100000, MaxResults:i1..20"
#define EFFECTIVE_TYPES                                                                            \
    "TAG_POLICY|BACKUP_POLICY|AISERVICES_OPT_OUT_POLICY|CHATBOT_POLICY|DECLARATIVE_POLICY_EC2|"    \
    "SECURITYHUB_POLICY|INSPECTOR_POLICY|UPGRADE_ROLLOUT_POLICY|BEDROCK_POLICY|S3_POLICY|"         \
    "NETWORK_SECURITY_DIRECTOR_POLICY"
#define POLICY_TYPE "e(SERVICE_CONTROL_POLICY|RESOURCE_CONTROL_POLICY|" EFFECTIVE_TYPES ")"
#define EFFECTIVE_TYPE "e(" EFFECTIVE_TYPES ")"
#define TAGS "[@Tag]0..200"

static const char *const shapes[] = {
    "Tag={Key!:s1..128/^([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)$/, "
    "Value!:s0..256/^([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)$/}",
    NULL,
};

static const struct sim_route routes[] = {
    {"DescribeOrganization", org_describe_organization, ""},
    {"ListRoots", org_list_roots, PAGE},
    {"ListOrganizationalUnitsForParent", org_list_ous_for_parent, "ParentId!:" PARENT ", " PAGE},
    {"ListAccountsForParent", org_list_accounts_for_parent, "ParentId!:" PARENT ", " PAGE},
    {"ListAccounts", org_list_accounts, PAGE},
    {"ListChildren", org_list_children,
     "ParentId!:" PARENT ", ChildType!:e(ACCOUNT|ORGANIZATIONAL_UNIT), " PAGE},
    {"ListParents", org_list_parents,
     "ChildId!:s1..100/^((\\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}))$/, " PAGE},
    {"DescribeAccount", org_describe_account, "AccountId!:" ACCOUNT},
    {"DescribeOrganizationalUnit", org_describe_ou,
     "OrganizationalUnitId!:s1..68/^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$/"},
    {"MoveAccount", org_move_account,
     "AccountId!:" ACCOUNT ", SourceParentId!:" PARENT ", DestinationParentId!:" PARENT},
    {"CreateAccount", org_create_account,
     "Email!:s6..64/[^\\s@]+@[^\\s@]+\\.[^\\s@]+/, AccountName!:s1..50/^[ -~]+$/, "
     "RoleName:s1..64/^[\\w+=,.@-]{1,64}$/, IamUserAccessToBilling:e(ALLOW|DENY), Tags:" TAGS},
    {"DescribeCreateAccountStatus", org_describe_create_account_status,
     "CreateAccountRequestId!:s1..36/^car-[a-z0-9]{8,32}$/"},
    {"ListCreateAccountStatus", org_list_create_account_status,
     "States:[e(IN_PROGRESS|SUCCEEDED|FAILED)], " PAGE},
    {"CloseAccount", org_close_account, "AccountId!:" ACCOUNT},
    {"ListTagsForResource", org_list_tags, "ResourceId!:" TAGGABLE ", NextToken:s0..100000"},
    {"TagResource", org_tag, "ResourceId!:" TAGGABLE ", Tags!:" TAGS},
    {"UntagResource", org_untag, "ResourceId!:" TAGGABLE ", TagKeys!:[s1..128]0..200"},
    {"ListDelegatedAdministrators", org_list_delegated_administrators,
     "ServicePrincipal:" PRINCIPAL ", " PAGE},
    {"ListDelegatedServicesForAccount", org_list_delegated_services,
     "AccountId!:" ACCOUNT ", " PAGE},
    {"RegisterDelegatedAdministrator", org_register_delegated_administrator,
     "AccountId!:" ACCOUNT ", ServicePrincipal!:" PRINCIPAL},
    {"DeregisterDelegatedAdministrator", org_deregister_delegated_administrator,
     "AccountId!:" ACCOUNT ", ServicePrincipal!:" PRINCIPAL},
    {"EnableAWSServiceAccess", org_enable_service_access, "ServicePrincipal!:" PRINCIPAL},
    {"DisableAWSServiceAccess", org_disable_service_access, "ServicePrincipal!:" PRINCIPAL},
    {"ListAWSServiceAccessForOrganization", org_list_service_access, PAGE},
    {"DescribeResourcePolicy", org_describe_resource_policy, ""},
    {"PutResourcePolicy", org_put_resource_policy, "Content!:s1..40000, Tags:" TAGS},
    {"DeleteResourcePolicy", org_delete_resource_policy, ""},
    {"EnablePolicyType", org_enable_policy_type,
     "RootId!:s1..34/^r-[0-9a-z]{4,32}$/, PolicyType!:" POLICY_TYPE},
    {"DisablePolicyType", org_disable_policy_type,
     "RootId!:s1..34/^r-[0-9a-z]{4,32}$/, PolicyType!:" POLICY_TYPE},
    {"ListPolicies", org_list_policies, "Filter!:" POLICY_TYPE ", " PAGE},
    {"ListPoliciesForTarget", org_list_policies_for_target,
     "TargetId!:" TARGET ", Filter!:" POLICY_TYPE ", " PAGE},
    {"ListTargetsForPolicy", org_list_targets_for_policy, "PolicyId!:" POLICY_ID ", " PAGE},
    {"DescribePolicy", org_describe_policy, "PolicyId!:" POLICY_ID},
    {"CreatePolicy", org_create_policy,
     "Content!:s1..1000000, Description!:s0..512, Name!:s1..128, Type!:" POLICY_TYPE
     ", Tags:" TAGS},
    {"UpdatePolicy", org_update_policy,
     "PolicyId!:" POLICY_ID ", Name:s1..128, Description:s0..512, Content:s1..1000000"},
    {"DeletePolicy", org_delete_policy, "PolicyId!:" POLICY_ID},
    {"AttachPolicy", org_attach_policy, "PolicyId!:" POLICY_ID ", TargetId!:" TARGET},
    {"DetachPolicy", org_detach_policy, "PolicyId!:" POLICY_ID ", TargetId!:" TARGET},
    {"DescribeEffectivePolicy", org_describe_effective_policy,
     "PolicyType!:" EFFECTIVE_TYPE ", TargetId:" TARGET},
    {"ListAccountsWithInvalidEffectivePolicy", org_list_invalid_accounts,
     "PolicyType!:" EFFECTIVE_TYPE ", " PAGE},
    {"ListEffectivePolicyValidationErrors", org_list_validation_errors,
     "AccountId!:" ACCOUNT ", PolicyType!:" EFFECTIVE_TYPE ", " PAGE},
};

json_t *org_object(json_t *parent, const char *key)
{
    json_t *member = json_object_get(parent, key);

    if (!json_is_object(member)) {
        member = json_object();
        json_object_set_new(parent, key, member);
    }
    return member;
}

json_t *org_parse(const char *text)
{
    const char *problem = NULL;

    return jx_parse(text, strlen(text), &problem);
}

json_t *org_state(struct sim *sim)
{
    return sim_state(sim, SVC_ORGANIZATIONS, sim_management_account(sim), "");
}

double org_now(struct sim *sim)
{
    int64_t seconds = sim_now_ms(sim) / 1000;
    return (double)seconds;
}

/* --- refusals --- */

int org_refuse(struct sim_call *call, const char *code, const char *message)
{
    return sim_fail(call, 400, code, "%s", message);
}

int org_constraint(struct sim_call *call, const char *reason, const char *message)
{
    json_object_set_new(call->out, "@error", json_pack("{ss}", "Reason", reason));
    return sim_fail(call, 400, "ConstraintViolationException", "%s", message);
}

int org_invalid(struct sim_call *call, const char *reason, const char *message)
{
    json_object_set_new(call->out, "@error", json_pack("{ss}", "Reason", reason));
    return sim_fail(call, 400, "InvalidInputException", "%s", message);
}

/* Does the organization's own delegation policy let this member do it? */
static bool delegated_by_policy(struct sim_call *call)
{
    const char *text = jx_str(org_state(call->sim), "resource_policy.Content");
    json_t *document = text != NULL ? org_parse(text) : NULL;
    json_t *statements = json_object_get(document, "Statement");
    char action[96];
    bool allowed = false, denied = false;

    snprintf(action, sizeof action, "organizations:%s", call->op->name);
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *statement = json_array_get(statements, i);
        const json_t *principals = jx_get(statement, "Principal.AWS");
        const json_t *actions = json_object_get(statement, "Action");
        bool who = false, what = false;

        for (size_t p = 0; p < (json_is_array(principals) ? json_array_size(principals) : 1); p++) {
            const json_t *one =
                json_is_array(principals) ? json_array_get(principals, p) : principals;
            who = who ||
                  (json_is_string(one) && strstr(json_string_value(one), call->account) != NULL);
        }
        for (size_t a = 0; a < (json_is_array(actions) ? json_array_size(actions) : 1); a++) {
            const json_t *one = json_is_array(actions) ? json_array_get(actions, a) : actions;
            what = what || (json_is_string(one) && str_glob(json_string_value(one), action));
        }
        if (who && what) {
            bool deny = str_equal(jx_str(statement, "Effect"), "Deny");
            denied = denied || deny;
            allowed = allowed || !deny;
        }
    }
    json_decref(document);
    return allowed && !denied;
}

int org_guard(struct sim_call *call)
{
    bool own_policy = str_equal(call->op->name, "DescribeEffectivePolicy") &&
                      (jx_str(call->in, "TargetId") == NULL ||
                       str_equal(jx_str(call->in, "TargetId"), call->account));

    if (sim_org_account(call->sim, call->account) == NULL) {
        return org_refuse(call, "AWSOrganizationsNotInUseException",
                          "Your account is not a member of an organization.");
    }
    if (str_equal(call->account, sim_management_account(call->sim)) ||
        str_equal(call->op->name, "DescribeOrganization") || own_policy) {
        return 0;
    }
    if (call->op->effect == EFFECT_READ && org_is_delegated(call->sim, NULL, call->account)) {
        return 0;
    }
    if (delegated_by_policy(call)) {
        return 0;
    }
    return org_refuse(call, "AccessDeniedException",
                      "You don't have permissions to access this resource.");
}

/* --- loading --- */

static void arn(struct sim *sim, struct text *out, const char *kind, const char *rest)
{
    text_addf(out, "arn:%s:organizations::%s:%s/%s", sim_partition(sim),
              sim_management_account(sim), kind, sim_org_id(sim));
    if (rest != NULL) {
        text_addf(out, "/%s", rest);
    }
}

static void set_arn(struct sim *sim, json_t *object, const char *member, const char *kind,
                    const char *rest)
{
    struct text text;

    text_init(&text, 512);
    arn(sim, &text, kind, rest);
    jx_set_str(object, member, text_str(&text));
    text_release(&text);
}

static int load_account(struct sim *sim, const json_t *row, const char *parent, const char *where,
                        struct err *err)
{
    const char *id = jx_str(row, "id");
    const char *state = jx_str_or(row, "state", "ACTIVE");
    int64_t joined = sim_now_ms(sim) - INT64_C(400) * 86400 * 1000;
    json_t *account;
    char email[64];

    if (id == NULL || !str_is_account_id(id)) {
        return err_set(err, ERR_INPUT, "%s: expected an account ID of 12 digits in quotes", where);
    }
    if (json_object_get(sim_org_accounts(sim), id) != NULL) {
        return err_set(err, ERR_INPUT, "%s: account %s appears twice", where, id);
    }
    snprintf(email, sizeof email, "aws+%s@example.com", id);
    account = json_object();
    jx_set_str(account, "Id", id);
    set_arn(sim, account, "Arn", "account", id);
    jx_set_str(account, "Email", jx_str_or(row, "email", email));
    jx_set_str(account, "Name", jx_str_or(row, "name", id));
    jx_set_str(account, "JoinedMethod", jx_str_or(row, "joined_method", "CREATED"));
    if (jx_str(row, "joined") != NULL && !time_parse_iso(jx_str(row, "joined"), &joined)) {
        json_decref(account);
        return err_set(err, ERR_INPUT, "%s: joined: invalid ISO 8601 time", where);
    }
    json_object_set_new(account, "JoinedTimestamp",
                        json_real((double)(joined - joined % 1000) / 1000));
    jx_set_str(account, "ParentId", parent);
    org_account_set_state(account, state);
    json_object_set_new(sim_org_accounts(sim), id, account);
    for (const json_t *tags = json_object_get(row, "tags"); json_is_object(tags); tags = NULL) {
        json_object_update(org_object(org_object(org_state(sim), "tags"), id),
                           json_object_get(row, "tags"));
    }
    return 0;
}

static int load_accounts(struct sim *sim, const json_t *list, const char *parent, const char *where,
                         struct err *err)
{
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        char here[160];

        snprintf(here, sizeof here, "%s.accounts[%zu]", where, i);
        if (load_account(sim, row, parent, here, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int load_units(struct sim *sim, const json_t *list, const char *parent, const char *where,
                      unsigned depth, struct err *err)
{
    size_t i;
    json_t *row;

    if (depth > 16) {
        return err_set(err, ERR_INPUT, "%s: organizational units nested too deeply", where);
    }
    json_array_foreach(list, i, row)
    {
        const char *id = jx_str(row, "id");
        char here[128];
        json_t *ou;

        snprintf(here, sizeof here, "%s.units[%zu]", where, i);
        if (id == NULL || !str_starts(id, "ou-") || json_object_get(sim_org_ous(sim), id) != NULL) {
            return err_set(err, ERR_INPUT,
                           "%s: expected an OU ID that begins with ou- and appears once", here);
        }
        ou = json_object();
        jx_set_str(ou, "Id", id);
        set_arn(sim, ou, "Arn", "ou", id);
        jx_set_str(ou, "Name", jx_str_or(row, "name", id));
        jx_set_str(ou, "ParentId", parent);
        json_object_set_new(sim_org_ous(sim), id, ou);
        if (load_accounts(sim, json_object_get(row, "accounts"), id, here, err) != 0 ||
            load_units(sim, json_object_get(row, "units"), id, here, depth + 1, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static void load_frame(struct sim *sim, const json_t *world)
{
    const char *management = sim_management_account(sim);
    json_t *state = org_state(sim);
    json_t *organization = org_object(state, "organization");
    json_t *root = org_object(state, "root");
    json_t *types = json_array();
    const char *type;
    json_t *status;
    /* There from the start, so that a world's changes find them. */
    static const char *const empty[] = {"ous",       "accounts", "service_access",
                                        "delegated", "tags",     "create_account"};

    jx_set_str(organization, "Id", jx_str(world, "organization.id"));
    jx_set_str(root, "Id", jx_str(world, "organization.root"));
    set_arn(sim, organization, "Arn", "organization", NULL);
    jx_set_str(organization, "FeatureSet", jx_str_or(world, "organization.feature_set", "ALL"));
    set_arn(sim, organization, "MasterAccountArn", "account", management);
    jx_set_str(organization, "MasterAccountId", management);
    jx_set_str(organization, "MasterAccountEmail",
               jx_str_or(world, "organization.email", "aws@example.com"));
    set_arn(sim, root, "Arn", "root", sim_org_root(sim));
    jx_set_str(root, "Name", "Root");
    json_object_set_new(root, "PolicyTypes", types);
    json_object_foreach(jx_get(world, "organization.policy_types"), type, status)
    {
        json_array_append_new(types, json_pack("{ss sO}", "Type", type, "Status", status));
    }
    if (jx_get(world, "organization.policy_types") == NULL) {
        json_array_append_new(
            types, json_pack("{ss ss}", "Type", "SERVICE_CONTROL_POLICY", "Status", "ENABLED"));
    }
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        org_object(state, empty[i]);
    }
    org_object(org_object(state, "invalid_effective_policies"), "BACKUP_POLICY");
}

static const char *const default_trust[] = {
    "controltower.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com",
    "account.amazonaws.com",      "config.amazonaws.com",
    "sso.amazonaws.com",          NULL};

static int load(struct sim *sim, const json_t *world, struct err *err)
{
    const json_t *frame = json_object_get(world, "organization");
    const json_t *trusted = json_object_get(frame, "trusted_services");
    const char *management = sim_management_account(sim);
    json_t *row;
    size_t i;
    int rc;

    if (jx_str(frame, "id") == NULL || jx_str(frame, "root") == NULL) {
        return err_set(err, ERR_INPUT, "organization: expected id and root");
    }
    load_frame(sim, world);
    row = json_pack("{ss ss* ss}", "id", management, "email", jx_str(frame, "email"), "name",
                    jx_str_or(frame, "name", "Management"));
    json_object_set_new(row, "joined_method", json_string("INVITED"));
    rc = load_account(sim, row, sim_org_root(sim), "organization", err);
    json_decref(row);
    if (rc != 0) {
        return -1;
    }
    if (load_accounts(sim, json_object_get(frame, "accounts"), sim_org_root(sim), "organization",
                      err) != 0 ||
        load_units(sim, json_object_get(frame, "units"), sim_org_root(sim), "organization", 0,
                   err) != 0) {
        return -1;
    }
    for (i = 0; trusted == NULL && default_trust[i] != NULL; i++) {
        org_trust(sim, default_trust[i]);
    }
    json_array_foreach(trusted, i, row)
    {
        if (!json_is_string(row)) {
            return err_set(err, ERR_INPUT, "organization.trusted_services[%zu]: not a string", i);
        }
        org_trust(sim, json_string_value(row));
    }
    org_policies_init(sim);
    return org_policies_load(sim, json_object_get(frame, "policies"), err);
}

const struct sim_service sim_organizations = {
    .service = SVC_ORGANIZATIONS,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .shapes = shapes,
    .invalid_code = "InvalidInputException",
    .invalid_status = 400,
    .load = load,
};
