/* Causes of failure in a key policy whose statements look correct: values that match nothing, and
 * Deny statements that block AWS Backup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/policy.h"
#include "statement.h"

/* --- slips --- */

/* "arn:PARTITION:..." of another partition; a pattern there is intentional. */
static bool foreign_partition(const char *word, const char *partition)
{
    size_t length = strlen(partition);
    if (!str_starts(word, "arn:") || word[4] == '*') {
        return false;
    }
    return strncmp(word + 4, partition, length) != 0 || word[4 + length] != ':';
}

/* "<account>", "${OrgId}", "YOUR_ORG_ID", "o-xxxxxxxxxx": left from a template. ${aws:...} is a
   variable that AWS fills in. */
static bool placeholder(const char *word)
{
    static const char *const marks[] = {
        "YOUR",   "your-", "REPLACE", "EXAMPLE_", "ACCOUNT_ID", "ACCOUNT-ID", "AccountId",
        "ORG_ID", "OrgId", "o-xxxx",  "o-XXXX",   "xxxxxxxx",   NULL};
    const char *variable = strstr(word, "${");
    bool unfilled = variable != NULL && !str_starts(variable, "${aws:");
    bool found = strchr(word, '<') != NULL || strchr(word, '>') != NULL ||
                 (unfilled && !str_starts(variable, "${*}") && !str_starts(variable, "${$}") &&
                  !str_starts(variable, "${?}"));
    for (size_t i = 0; marks[i] != NULL; i++) {
        found = found || strstr(word, marks[i]) != NULL;
    }
    return found;
}

/* The value of a principal after its type: "*", an account, or an ARN with an account or a pattern.
 * A deleted user or role leaves only its id. */
static bool names_nobody(const char *principal)
{
    const char *word = str_starts(principal, "AWS:") ? principal + 4 : NULL;
    if (word == NULL || strcmp(word, "*") == 0 || str_is_account_id(word)) {
        return false;
    }
    const char *iam = strstr(word, ":iam::");
    const char *sts = strstr(word, ":sts::");
    const char *at = iam != NULL ? iam + 6 : sts != NULL ? sts + 6 : NULL;
    /* strspn: an ARN of a role in "aws" (cloudfront's and other old identities) has no digits. */
    return at == NULL || (strspn(at, "0123456789") != 12 && !str_starts(at, "aws:") &&
                          !str_starts(at, "cloudfront:"));
}

static void note_slips(const json_t *words, bool principals, const char *partition, json_t *slips)
{
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        const char *colon = principals ? strchr(word, ':') : NULL;
        const char *bare = colon != NULL ? colon + 1 : word;
        if (foreign_partition(bare, partition) || placeholder(bare) ||
            (principals && names_nobody(word))) {
            list_add_once(slips, bare);
        }
    }
}

/* --- denials --- */

enum holds { NO, PERHAPS, YES };

static const char *const backup_roles[] = {
    "role/aws-controltower-BackupRole", "role/aws-controltower-backup-role",
    "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"};

/* True when the pattern matches a role of AWS Backup in any account. */
static bool names_backup_role(const char *pattern)
{
    const char *iam = strstr(pattern, ":iam::");
    const char *tail = iam != NULL ? strchr(iam + 6, ':') : NULL;
    if (strcmp(pattern, "*") == 0) {
        return true;
    }
    for (size_t i = 0; tail != NULL && i < sizeof backup_roles / sizeof *backup_roles; i++) {
        if (str_glob(tail + 1, backup_roles[i])) {
            return true;
        }
    }
    return false;
}

static bool any_names_backup_role(const json_t *values)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        if (names_backup_role(json_string_value(json_array_get(values, i)))) {
            return true;
        }
    }
    return false;
}

static bool any_glob(const json_t *values, const char *word)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        if (str_glob(json_string_value(json_array_get(values, i)), word)) {
            return true;
        }
    }
    return false;
}

/* One test of a Deny, for a call that AWS Backup's role makes: of our organization, over TLS. */
static enum holds test_holds(const char *test, const char *key, const json_t *values,
                             const char *organization_id)
{
    bool negative = strstr(test, "not") != NULL && strcmp(test, "null") != 0;
    bool compares = strstr(test, "string") != NULL || strstr(test, "arn") != NULL;
    if (compares && strcmp(key, "aws:principalorgid") == 0) {
        return any_glob(values, organization_id) != negative ? YES : NO;
    }
    if (compares && strcmp(key, "aws:principalarn") == 0) {
        return any_names_backup_role(values) != negative ? YES : NO;
    }
    if (str_starts(test, "bool") && strcmp(key, "aws:securetransport") == 0) {
        return any_glob(values, "true") ? YES : NO;
    }
    return PERHAPS;
}

static enum holds conditions_hold(const json_t *statement, const char *organization_id)
{
    json_t *copy = json_deep_copy(json_object_get(statement, "Condition"));
    const char *test = NULL, *key = NULL;
    json_t *keys = NULL, *values = NULL;
    enum holds all = YES;
    json_object_foreach(copy, test, keys)
    {
        json_object_foreach(keys, key, values)
        {
            enum holds one = test_holds(test, key, values, organization_id);
            all = one < all ? one : all;
        }
    }
    json_decref(copy);
    return all;
}

/* Entire accounts count: they include their backup roles. */
static bool reaches_backup_roles(const json_t *statement)
{
    const json_t *principals = json_object_get(statement, "Principal");
    const json_t *others = json_object_get(statement, "NotPrincipal");
    for (size_t i = 0; i < json_array_size(principals); i++) {
        const char *word = json_string_value(json_array_get(principals, i));
        const char *bare = str_starts(word, "AWS:") ? word + 4 : "";
        if (strcmp(bare, "*") == 0 || str_is_account_id(bare) || names_backup_role(bare)) {
            return true;
        }
    }
    return others != NULL;
}

static bool denies_backup(const json_t *statement)
{
    static const char *const needed[] = {"kms:creategrant", "kms:decrypt", "kms:generatedatakey",
                                         "kms:generatedatakeywithoutplaintext"};
    bool covers = false;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        covers = covers || statement_covers_action(statement, needed[i]);
    }
    return covers && !statement_allows(statement) && reaches_backup_roles(statement);
}

void key_policy_faults(const json_t *statements, const struct policy_frame *frame, json_t *out)
{
    json_t *slips = json_array();
    json_t *denies = json_array();
    json_t *perhaps = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        char position[32];
        (void)snprintf(position, sizeof position, "statement %zu", i + 1);
        note_slips(json_object_get(s, "Principal"), true, frame->partition, slips);
        json_t *copy = json_deep_copy(json_object_get(s, "Condition"));
        const char *test = NULL, *key = NULL;
        json_t *keys = NULL, *values = NULL;
        json_object_foreach(copy, test, keys)
        {
            json_object_foreach(keys, key, values)
            {
                note_slips(values, false, frame->partition, slips);
            }
        }
        json_decref(copy);
        enum holds holds = denies_backup(s) ? conditions_hold(s, frame->organization_id) : NO;
        if (holds != NO) {
            list_add_once(holds == YES ? denies : perhaps, position);
        }
    }
    (void)json_object_set_new(out, "slips", slips);
    (void)json_object_set_new(out, "denies", denies);
    (void)json_object_set_new(out, "denies_perhaps", perhaps);
}
