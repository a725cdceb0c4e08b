#include "model/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "statement.h"

#define POLICY_BYTES_MAX ((size_t)1024 * 1024)

/* The actions that AWS Backup and Control Tower need on the key, for every principal of the
 * organization. */
static const char *const organization_actions[][2] = {
    {"kms:Decrypt", "kms:decrypt"},
    {"kms:DescribeKey", "kms:describekey"},
    {"kms:GenerateDataKey*", "kms:generatedatakey*"},
    {"kms:Encrypt", "kms:encrypt"},
    {"kms:ReEncrypt*", "kms:reencrypt*"},
    {"kms:GetKeyPolicy", "kms:getkeypolicy"},
    {"kms:CreateGrant", "kms:creategrant"},
    {"kms:ListGrants", "kms:listgrants"},
    {"kms:RevokeGrant", "kms:revokegrant"}};

#define ORGANIZATION_ACTION_COUNT (sizeof organization_actions / sizeof organization_actions[0])

/* Gives equal bytes for equivalent policies; false when the text is not a policy. */
static bool policy_canonical(const char *text, struct text *out)
{
    json_t *statements = statements_parse(text);
    if (statements == NULL) {
        return false;
    }
    json_t *sorted = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        struct text one;
        text_init(&one, POLICY_BYTES_MAX);
        jx_canonical(json_array_get(statements, i), &one);
        list_add_once(sorted, text_str(&one));
        text_release(&one);
    }
    for (size_t i = 0; i < json_array_size(sorted); i++) {
        text_add(out, json_string_value(json_array_get(sorted, i)));
        text_addc(out, '\n');
    }
    json_decref(sorted);
    json_decref(statements);
    return !text_failed(out);
}

bool policy_equal(const char *a, const char *b)
{
    struct text first, second;
    text_init(&first, POLICY_BYTES_MAX);
    text_init(&second, POLICY_BYTES_MAX);
    bool equal = policy_canonical(a, &first) && policy_canonical(b, &second) &&
                 strcmp(text_str(&first), text_str(&second)) == 0;
    text_release(&first);
    text_release(&second);
    return equal;
}

/* Principal "AWS:111122223333", or of an ARN in that account. */
static bool principal_account(const char *principal, char account[13])
{
    const char *at = str_starts(principal, "AWS:") ? principal + 4 : "";
    if (str_starts(at, "arn:")) {
        for (int colons = 0; colons < 4 && at != NULL; colons++) {
            at = strchr(at, ':');
            at = at != NULL ? at + 1 : NULL;
        }
    }
    if (at == NULL || strspn(at, "0123456789") != 12) {
        return false;
    }
    memcpy(account, at, 12);
    account[12] = '\0';
    return true;
}

static void foreign_accounts(const json_t *statement, const struct policy_frame *frame,
                             json_t *list)
{
    const json_t *principals = json_object_get(statement, "Principal");
    for (size_t i = 0; i < json_array_size(principals); i++) {
        char account[13];
        if (!principal_account(json_string_value(json_array_get(principals, i)), account) ||
            str_equal(account, frame->management_account)) {
            continue;
        }
        if (frame->is_member == NULL || !frame->is_member(frame->context, account)) {
            list_add_once(list, account);
        }
    }
}

static bool is_management_root(const json_t *statement, const struct policy_frame *frame,
                               const char *text)
{
    char *account = xasprintf("AWS:%s", frame->management_account);
    /* Normalizing drops the partition of a root's ARN, and a wrong one is a known way to break a
     * key. */
    char *arn = xasprintf("arn:%s:iam::%s:root", frame->partition, frame->management_account);
    char *id = xasprintf("\"%s\"", frame->management_account);
    bool is = statement_allows(statement) && statement_has_principal(statement, account) &&
              statement_covers_action(statement, "kms:*") &&
              statement_covers_all_resources(statement) &&
              json_object_get(statement, "Condition") == NULL &&
              (strstr(text, arn) != NULL || strstr(text, id) != NULL);
    free(account);
    free(arn);
    free(id);
    return is;
}

static void note_covered(const json_t *statement, bool covered[ORGANIZATION_ACTION_COUNT])
{
    for (size_t i = 0; i < ORGANIZATION_ACTION_COUNT; i++) {
        covered[i] = covered[i] || statement_covers_action(statement, organization_actions[i][1]);
    }
}

json_t *key_policy_describe(const char *text, const struct policy_frame *frame)
{
    json_t *statements = statements_parse(text);
    json_t *accounts = json_array();
    json_t *organizations = json_array();
    json_t *missing = json_array();
    bool covered[ORGANIZATION_ACTION_COUNT] = {false};
    bool root = false;
    bool organization = false;
    bool star = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        if (!statement_allows(s)) {
            continue;
        }
        root = root || is_management_root(s, frame, text);
        if (statement_to_everyone(s) && statement_covers_all_resources(s) &&
            statement_only_for_organization(s, frame->organization_id)) {
            organization = true;
            note_covered(s, covered);
        }
        star = star || (statement_to_everyone(s) && !statement_narrows_callers(s));
        foreign_accounts(s, frame, accounts);
        statement_foreign_organizations(s, frame->organization_id, organizations);
    }
    for (size_t i = 0; i < ORGANIZATION_ACTION_COUNT; i++) {
        if (!covered[i]) {
            list_add_once(missing, organization_actions[i][0]);
        }
    }
    json_t *out = json_pack("{s:b,s:b,s:b,s:b,s:o,s:b,s:o,s:o}", "present", text != NULL, "valid",
                            statements != NULL, "management_root", root, "org_statement",
                            organization, "missing_actions", missing, "unconditional_star", star,
                            "foreign_accounts", accounts, "foreign_orgs", organizations);
    key_policy_faults(statements, frame, out);
    json_decref(statements);
    return out;
}

/* Conditions under which AWS Backup still acts: grants for its own use, calls through services. */
static bool is_harmless(const char *key)
{
    return str_equal(key, "kms:grantisforawsresource") || str_equal(key, "kms:viaservice");
}

/* True when all its conditions are true for the account. An unknown condition counts as false. */
static bool conditions_fit(const json_t *statement, const struct policy_frame *frame,
                           const char *account)
{
    json_t *conditions = json_object_get(statement, "Condition");
    const char *op = NULL;
    json_t *keys = NULL;
    json_object_foreach(conditions, op, keys)
    {
        const char *key = NULL;
        json_t *values = NULL;
        json_object_foreach(keys, key, values)
        {
            const char *wanted = str_equal(key, "aws:principalorgid")     ? frame->organization_id
                                 : str_equal(key, "kms:calleraccount")    ? account
                                 : str_equal(key, "aws:principalaccount") ? account
                                                                          : NULL;
            bool equals = str_starts(op, "stringequals") || str_starts(op, "stringlike");
            if (!is_harmless(key) && !(wanted != NULL && equals && jx_list_has(values, wanted))) {
                return false;
            }
        }
    }
    return true;
}

static bool names_account(const json_t *statement, const char *account)
{
    const json_t *principals = json_object_get(statement, "Principal");
    for (size_t i = 0; i < json_array_size(principals); i++) {
        char named[13];
        if (principal_account(json_string_value(json_array_get(principals, i)), named) &&
            str_equal(named, account)) {
            return true;
        }
    }
    return false;
}

bool key_policy_shares(const char *text, const struct policy_frame *frame, const char *account)
{
    static const char *const wanted[] = {"kms:describekey", "kms:decrypt", "kms:creategrant"};
    bool covered[sizeof wanted / sizeof wanted[0]] = {false};
    json_t *statements = statements_parse(text);
    bool all = statements != NULL;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        bool meant = statement_to_everyone(s) || names_account(s, account);
        if (!statement_allows(s) || !meant || !conditions_fit(s, frame, account)) {
            continue;
        }
        for (size_t j = 0; j < sizeof wanted / sizeof wanted[0]; j++) {
            covered[j] = covered[j] || statement_covers_action(s, wanted[j]);
        }
    }
    for (size_t j = 0; j < sizeof wanted / sizeof wanted[0]; j++) {
        all = all && covered[j];
    }
    json_decref(statements);
    return all;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* IAM sends policies percent-encoded; plain policy text begins with a brace. */
static char *decoded(const char *text)
{
    size_t used = 0;
    char *out = xstrdup(text);
    for (const char *at = text; *text != '{' && *at != '\0'; at++) {
        int high = *at == '%' ? hex_digit(at[1]) : -1;
        int low = high >= 0 ? hex_digit(at[2]) : -1;
        out[used++] = low >= 0 ? (char)(high * 16 + low) : *at;
        at += low >= 0 ? 2 : 0;
        out[used] = '\0';
    }
    return out;
}

bool role_trusts(const char *text, const char *service)
{
    char *plain = decoded(text != NULL ? text : "");
    char *principal = xasprintf("Service:%s", service);
    json_t *statements = statements_parse(plain);
    bool trusts = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        trusts = trusts || (statement_allows(s) && statement_has_principal(s, principal) &&
                            statement_covers_action(s, "sts:assumerole"));
    }
    json_decref(statements);
    free(principal);
    free(plain);
    return trusts;
}

json_t *vault_policy_describe(const char *text, const struct policy_frame *frame)
{
    static const char copy[] = "backup:copyintobackupvault";
    json_t *statements = statements_parse(text);
    json_t *organizations = json_array();
    bool allows = false;
    bool denies = false;
    bool open = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        bool everyone = statement_to_everyone(s);
        if (!statement_allows(s)) {
            denies = denies || (everyone && statement_covers_action(s, copy) &&
                                json_object_get(s, "Condition") == NULL);
            continue;
        }
        bool for_us = json_object_get(s, "Condition") == NULL ||
                      statement_only_for_organization(s, frame->organization_id);
        allows = allows || (everyone && for_us && statement_covers_action(s, copy));
        open = open || (everyone && !statement_narrows_callers(s));
        statement_foreign_organizations(s, frame->organization_id, organizations);
    }
    json_t *out = json_pack("{s:b,s:b,s:b,s:b,s:o}", "present", text != NULL, "valid",
                            statements != NULL, "allows_org_copy", allows && !denies, "open_to_all",
                            open, "foreign_orgs", organizations);
    json_decref(statements);
    return out;
}
