#include "services/kms/kms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

/* One value or a list of values: calls `f` for each string until it says true. */
typedef bool (*string_test)(const char *s, const void *context);

static bool any_string(const json_t *value, string_test f, const void *context)
{
    if (json_is_string(value)) {
        return f(json_string_value(value), context);
    }
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item)
    {
        if (json_is_string(item) && f(json_string_value(item), context)) {
            return true;
        }
    }
    return false;
}

struct caller {
    struct sim *sim;
    const char *account, *principal_arn, *action;
};

/* arn:aws:sts::A:assumed-role/R/S acts as arn:aws:iam::A:role/R. */
static bool same_role(const char *principal, const char *session)
{
    struct arn role, caller;
    if (!arn_split(principal, &role) || !arn_split(session, &caller) ||
        !str_equal(role.account, caller.account) || !str_starts(role.resource, "role/") ||
        !str_starts(caller.resource, "assumed-role/")) {
        return false;
    }
    const char *name = strrchr(role.resource, '/') + 1;
    const char *rest = caller.resource + strlen("assumed-role/");
    size_t length = strcspn(rest, "/");
    return strlen(name) == length && memcmp(name, rest, length) == 0;
}

static bool principal_is(const char *s, const void *context)
{
    const struct caller *who = context;
    struct arn arn;
    if (str_equal(s, "*") || str_equal(s, who->account) || str_equal(s, who->principal_arn)) {
        return true;
    }
    if (!arn_split(s, &arn) || !str_equal(arn.account, who->account)) {
        return false;
    }
    return str_equal(arn.resource, "root") || same_role(s, who->principal_arn);
}

static bool action_is(const char *s, const void *context)
{
    return str_glob(s, ((const struct caller *)context)->action);
}

static bool equals(const char *s, const void *context)
{
    return str_equal(s, context);
}

static bool condition_met(const struct caller *who, const char *operator, const char * key,
                          const json_t *value)
{
    if (!str_equal(operator, "StringEquals") && !str_equal(operator, "StringLike")) {
        return false;
    }
    if (str_equal(key, "aws:PrincipalOrgID")) {
        return sim_org_account(who->sim, who->account) != NULL &&
               any_string(value, equals, sim_org_id(who->sim));
    }
    if (str_equal(key, "aws:PrincipalAccount") || str_equal(key, "kms:CallerAccount")) {
        return any_string(value, equals, who->account);
    }
    return false;
}

static bool conditions_met(const struct caller *who, json_t *conditions)
{
    const char *operator, * key;
    json_t *block, *value;
    json_object_foreach(conditions, operator, block)
    {
        json_object_foreach(block, key, value)
        {
            if (!condition_met(who, operator, key, value)) {
                return false;
            }
        }
    }
    return true;
}

static bool statement_binds(const struct caller *who, const json_t *statement)
{
    const json_t *principal = json_object_get(statement, "Principal");
    if (json_is_object(principal)) {
        principal = json_object_get(principal, "AWS");
    }
    return any_string(principal, principal_is, who) &&
           any_string(json_object_get(statement, "Action"), action_is, who) &&
           conditions_met(who, json_object_get(statement, "Condition"));
}

static json_t *policy_statements(const json_t *document)
{
    json_t *statements = json_object_get(document, "Statement");
    return json_is_object(statements) ? json_pack("[O]", statements) : json_incref(statements);
}

bool kms_policy_allows(struct sim *sim, const char *policy, const char *account,
                       const char *principal_arn, const char *action)
{
    const struct caller who = {sim, account, principal_arn, action};
    const char *problem = NULL;
    json_t *document = jx_parse(policy, strlen(policy), &problem);
    json_t *statements = policy_statements(document);
    bool allowed = false, denied = false;
    size_t i;
    json_t *statement;
    json_array_foreach(statements, i, statement)
    {
        if (!statement_binds(&who, statement)) {
            continue;
        }
        if (str_equal(jx_str(statement, "Effect"), "Deny")) {
            denied = true;
        } else {
            allowed = true;
        }
    }
    json_decref(statements);
    json_decref(document);
    return allowed && !denied;
}

static bool principal_bad(const char *s, const void *context)
{
    struct arn arn;
    if (str_equal(s, "*") || str_is_account_id(s)) {
        return false;
    }
    if (!arn_split(s, &arn) || !str_equal(arn.partition, context)) {
        return true;
    }
    bool service = str_equal(arn.service, "iam") || str_equal(arn.service, "sts");
    return !service || arn.region[0] != '\0' || !str_is_account_id(arn.account);
}

static bool action_bad(const char *s, const void *context)
{
    (void)context;
    return !str_equal(s, "*") && !str_starts(s, "kms:");
}

static const char *statement_problem(struct sim *sim, json_t *statement)
{
    static const char *const known[] = {"Sid",       "Effect",    "Principal", "NotPrincipal",
                                        "Action",    "NotAction", "Resource",  "NotResource",
                                        "Condition", NULL};
    const char *key;
    json_t *value;
    if (!json_is_object(statement)) {
        return "Policy statement must be an object.";
    }
    json_object_foreach(statement, key, value)
    {
        size_t i = 0;
        while (known[i] != NULL && !str_equal(known[i], key)) {
            i++;
        }
        if (known[i] == NULL) {
            return "Policy contains an unknown statement element.";
        }
    }
    const char *effect = jx_str(statement, "Effect");
    if (!str_equal(effect, "Allow") && !str_equal(effect, "Deny")) {
        return "Policy statement must have an Effect of Allow or Deny.";
    }
    const json_t *principal = json_object_get(statement, "Principal");
    if (principal == NULL && json_object_get(statement, "NotPrincipal") == NULL) {
        return "Policy statement must contain a principal.";
    }
    if (json_is_string(principal) && !str_equal(json_string_value(principal), "*")) {
        return "Policy contains a statement with one or more invalid principals.";
    }
    if (any_string(json_object_get(principal, "AWS"), principal_bad, sim_partition(sim))) {
        return "Policy contains a statement with one or more invalid principals.";
    }
    const json_t *action = json_object_get(statement, "Action");
    if (action == NULL && json_object_get(statement, "NotAction") == NULL) {
        return "Policy statement must contain actions.";
    }
    if (any_string(action, action_bad, NULL)) {
        return "Policy contains a statement with one or more invalid actions.";
    }
    if (json_object_get(statement, "Resource") == NULL &&
        json_object_get(statement, "NotResource") == NULL) {
        return "Policy statement must contain resources.";
    }
    const json_t *condition = json_object_get(statement, "Condition");
    return condition == NULL || json_is_object(condition) ? NULL
                                                          : "Policy has a malformed condition.";
}

/* Static text of what is wrong with a policy document, or NULL. */
static const char *kms_policy_problem(struct sim *sim, const char *policy)
{
    const char *problem = NULL;
    json_t *document = jx_parse(policy, strlen(policy), &problem);
    json_t *statements = policy_statements(document);
    const char *version = jx_str(document, "Version");
    const char *found = NULL;
    if (!json_is_object(document)) {
        found = "Policy is not a valid JSON object.";
    } else if (version != NULL && !str_equal(version, "2012-10-17") &&
               !str_equal(version, "2008-10-17")) {
        found = "Policy has an unknown version.";
    } else if (json_array_size(statements) == 0) {
        found = "Policy has no statement.";
    }
    for (size_t i = 0; found == NULL && i < json_array_size(statements); i++) {
        found = statement_problem(sim, json_array_get(statements, i));
    }
    json_decref(statements);
    json_decref(document);
    return found;
}

int kms_policy_check(struct sim_call *call)
{
    const char *policy = jx_str(call->in, "Policy");
    if (policy == NULL) {
        return 0;
    }
    if (strlen(policy) > KMS_POLICY_MAX) {
        return sim_fail(call, 400, "LimitExceededException", "Policy is longer than %d bytes.",
                        KMS_POLICY_MAX);
    }
    const char *problem = kms_policy_problem(call->sim, policy);
    if (problem != NULL) {
        return sim_fail(call, 400, "MalformedPolicyDocumentException", "%s", problem);
    }
    if (!jx_bool(call->in, "BypassPolicyLockoutSafetyCheck") &&
        !kms_policy_allows(call->sim, policy, call->account, call->principal_arn,
                           "kms:PutKeyPolicy")) {
        return sim_fail(
            call, 400, "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.");
    }
    return 0;
}

/* The document as KMS writes it; takes it. */
static char *policy_text(json_t *policy)
{
    char *text = json_dumps(policy, JSON_INDENT(2));
    char *copy = xstrdup(text);
    free(text);
    json_decref(policy);
    return copy;
}

char *kms_policy_default(struct sim *sim, const char *account)
{
    char *root = xasprintf("arn:%s:iam::%s:root", sim_partition(sim), account);
    json_t *policy =
        json_pack("{s:s, s:s, s:[{s:s, s:s, s:{s:s}, s:s, s:s}]}", "Version", "2012-10-17", "Id",
                  "key-default-1", "Statement", "Sid", "Enable IAM User Permissions", "Effect",
                  "Allow", "Principal", "AWS", root, "Action", "kms:*", "Resource", "*");
    free(root);
    return policy_text(policy);
}

char *kms_policy_backup(struct sim *sim, const char *account)
{
    char *root = xasprintf("arn:%s:iam::%s:root", sim_partition(sim), account);
    json_t *actions =
        json_pack("[s,s,s,s,s,s,s,s,s]", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*",
                  "kms:Encrypt", "kms:ReEncrypt*", "kms:GetKeyPolicy", "kms:CreateGrant",
                  "kms:ListGrants", "kms:RevokeGrant");
    json_t *policy = json_pack(
        "{s:s, s:s, s:[{s:s, s:s, s:{s:s}, s:s, s:s}, {s:s, s:s, s:{s:s}, s:o, s:s, s:{s:{s:s}}}]}",
        "Version", "2012-10-17", "Id", "backup-key-policy", "Statement", "Sid",
        "Enable IAM User Permissions", "Effect", "Allow", "Principal", "AWS", root, "Action",
        "kms:*", "Resource", "*", "Sid", "Allow use of the key by the organization", "Effect",
        "Allow", "Principal", "AWS", "*", "Action", actions, "Resource", "*", "Condition",
        "StringEquals", "aws:PrincipalOrgID", sim_org_id(sim));
    free(root);
    return policy_text(policy);
}
