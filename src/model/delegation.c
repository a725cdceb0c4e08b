/* Evaluates which backup policy actions the organization's resource policy allows one account. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/policy.h"
#include "statement.h"

#define POLICY_TYPE_KEY "organizations:policytype"
#define BACKUP_TYPE "BACKUP_POLICY"

/* The policy actions that Organizations can delegate to a member account: [name in the
 * documentation, name in a normalized statement]. The first five change policies. */
static const char *const actions[][2] = {
    {"AttachPolicy", "organizations:attachpolicy"},
    {"CreatePolicy", "organizations:createpolicy"},
    {"DeletePolicy", "organizations:deletepolicy"},
    {"DetachPolicy", "organizations:detachpolicy"},
    {"UpdatePolicy", "organizations:updatepolicy"},
    {"DescribeAccount", "organizations:describeaccount"},
    {"DescribeEffectivePolicy", "organizations:describeeffectivepolicy"},
    {"DescribeOrganization", "organizations:describeorganization"},
    {"DescribeOrganizationalUnit", "organizations:describeorganizationalunit"},
    {"DescribePolicy", "organizations:describepolicy"},
    {"DisablePolicyType", "organizations:disablepolicytype"},
    {"EnablePolicyType", "organizations:enablepolicytype"},
    {"ListAccounts", "organizations:listaccounts"},
    {"ListAccountsForParent", "organizations:listaccountsforparent"},
    {"ListChildren", "organizations:listchildren"},
    {"ListOrganizationalUnitsForParent", "organizations:listorganizationalunitsforparent"},
    {"ListParents", "organizations:listparents"},
    {"ListPolicies", "organizations:listpolicies"},
    {"ListPoliciesForTarget", "organizations:listpoliciesfortarget"},
    {"ListRoots", "organizations:listroots"},
    {"ListTagsForResource", "organizations:listtagsforresource"},
    {"ListTargetsForPolicy", "organizations:listtargetsforpolicy"}};

#define ACTION_COUNT (sizeof actions / sizeof actions[0])
#define CHANGING_COUNT 5

/* "stringequals", "stringlike", ..., with or without "ifexists" and "foranyvalue:". */
static bool compares_text(const char *test)
{
    static const char prefix[] = "foranyvalue:";
    static const char *const tests[] = {"stringequals", "stringlike", "stringequalsignorecase"};
    const char *at = str_starts(test, prefix) ? test + sizeof prefix - 1 : test;
    size_t length = strlen(at) - (str_ends(at, "ifexists") ? strlen("ifexists") : 0);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (strlen(tests[i]) == length && strncmp(tests[i], at, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool any_glob(const json_t *patterns, const char *word)
{
    for (size_t i = 0; i < json_array_size(patterns); i++) {
        if (str_glob(json_string_value(json_array_get(patterns, i)), word)) {
            return true;
        }
    }
    return false;
}

/* True when every condition allows backup policies. A condition on anything else cannot be
 * evaluated here, so it counts as not allowing. */
static bool conditions_admit(const json_t *statement, const char *organization_id)
{
    json_t *copy = json_deep_copy(json_object_get(statement, "Condition"));
    const char *test = NULL, *key = NULL;
    json_t *keys = NULL, *values = NULL;
    bool admits = true;
    json_object_foreach(copy, test, keys)
    {
        json_object_foreach(keys, key, values)
        {
            bool about_type = strcmp(key, POLICY_TYPE_KEY) == 0;
            bool about_us = strcmp(key, "aws:principalorgid") == 0;
            admits = admits && compares_text(test) && (about_type || about_us) &&
                     any_glob(values, about_type ? BACKUP_TYPE : organization_id);
        }
    }
    json_decref(copy);
    return admits;
}

/* A statement that covers only other policy types (".../tag_policy/...") is ignored. */
static bool resources_admit(const json_t *statement)
{
    const json_t *resources = json_object_get(statement, "Resource");
    for (size_t i = 0; i < json_array_size(resources); i++) {
        const char *resource = json_string_value(json_array_get(resources, i));
        if (strcmp(resource, "*") == 0 || strstr(resource, "/backup_policy/") != NULL ||
            strstr(resource, ":policy/*") != NULL) {
            return true;
        }
    }
    return json_object_get(statement, "NotResource") != NULL;
}

json_t *delegation_policy_describe(const char *text, const char *account,
                                   const struct policy_frame *frame)
{
    json_t *statements = statements_parse(text);
    bool allowed[ACTION_COUNT] = {false};
    bool denied[ACTION_COUNT] = {false};
    char principal[64];
    (void)snprintf(principal, sizeof principal, "AWS:%.32s", account != NULL ? account : "");
    for (size_t i = 0; account != NULL && i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        bool allows = statement_allows(s);
        if (!statement_has_principal(s, principal) && !statement_to_everyone(s)) {
            continue;
        }
        for (size_t a = 0; a < ACTION_COUNT; a++) {
            bool speaks = statement_covers_action(s, actions[a][1]) &&
                          conditions_admit(s, frame->organization_id) &&
                          (a >= CHANGING_COUNT || resources_admit(s));
            allowed[a] = allowed[a] || (speaks && allows);
            denied[a] = denied[a] || (speaks && !allows);
        }
    }
    json_t *list = json_array();
    for (size_t a = 0; a < ACTION_COUNT; a++) {
        if (allowed[a] && !denied[a]) {
            list_add_once(list, actions[a][0]);
        }
    }
    bool manages = true;
    for (size_t a = 0; a < CHANGING_COUNT; a++) {
        manages = manages && allowed[a] && !denied[a];
    }
    json_t *out = json_pack("{s:b,s:b,s:b,s:o}", "present", text != NULL, "valid",
                            statements != NULL, "manages", manages, "actions", list);
    json_decref(statements);
    return out;
}
