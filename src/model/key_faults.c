/* Causes of failure in a policy whose statements look correct: values that match nothing, Deny
 * statements that block AWS Backup, and statements for a part of the organization. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
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

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The mark with no letter before it, and after it none that goes on with its last word: the role
   CrossAccountIdentityBroker is no placeholder, YOUR_ORG_ID and AccountIdHere are. */
static bool has_word(const char *text, const char *mark)
{
    size_t length = strlen(mark);
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at + 1, mark)) {
        char after = at[length];
        bool goes_on = after >= 'a' && after <= 'z' && is_letter(mark[length - 1]);
        if ((at == text || !is_letter(at[-1])) && !goes_on) {
            return true;
        }
    }
    return false;
}

/* "<account>", "${OrgId}", "YOUR_ORG_ID", "o-xxxxxxxxxx": left from a template. ${aws:...} is a
   variable that AWS fills in. */
static bool placeholder(const char *word)
{
    static const char *const words[] = {"YOUR",       "your-",      "REPLACE",   "EXAMPLE_",
                                        "ACCOUNT_ID", "ACCOUNT-ID", "AccountId", "ORG_ID",
                                        "OrgId",      NULL};
    static const char *const runs[] = {"o-xxxx", "o-XXXX", "xxxxxxxx", NULL};
    const char *variable = strstr(word, "${");
    bool unfilled = variable != NULL && !str_starts(variable, "${aws:");
    bool found = strchr(word, '<') != NULL || strchr(word, '>') != NULL ||
                 (unfilled && !str_starts(variable, "${*}") && !str_starts(variable, "${$}") &&
                  !str_starts(variable, "${?}"));
    for (size_t i = 0; words[i] != NULL; i++) {
        found = found || has_word(word, words[i]);
    }
    for (size_t i = 0; runs[i] != NULL; i++) {
        found = found || strstr(word, runs[i]) != NULL;
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

struct denying {
    const json_t *statement;
    const struct policy_frame *frame;
    const char *const *actions;
    enum holds holds;
};

static void note_denial(void *context, const struct caller *caller)
{
    struct denying *d = context;
    for (size_t i = 0; d->actions[i] != NULL && d->holds != HOLDS_YES; i++) {
        enum holds one = statement_applies(d->statement, d->frame, caller, d->actions[i]);
        d->holds = one > d->holds ? one : d->holds;
    }
}

static void add_position(json_t *list, size_t index)
{
    char position[32];
    (void)snprintf(position, sizeof position, "statement %zu", index + 1);
    list_add_once(list, position);
}

void policy_denials(const json_t *statements, const struct policy_frame *frame,
                    const char *const *actions, json_t *out)
{
    json_t *denies = json_array();
    json_t *perhaps = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        struct denying denying = {s, frame, actions, HOLDS_NO};
        if (!statement_allows(s)) {
            each_backup_role(statements, frame, note_denial, &denying);
        }
        if (denying.holds != HOLDS_NO) {
            add_position(denying.holds == HOLDS_YES ? denies : perhaps, i);
        }
    }
    (void)json_object_set_new(out, "denies", denies);
    (void)json_object_set_new(out, "denies_perhaps", perhaps);
}

/* --- what somebody narrowed on purpose --- */

struct covering {
    const json_t *statement;
    const struct policy_frame *frame;
    const char *action;
    bool some, all;
};

static void note_covering(void *context, const struct caller *caller)
{
    struct covering *c = context;
    enum holds one = statement_applies(c->statement, c->frame, caller, c->action);
    c->some = c->some || one != HOLDS_NO;
    c->all = c->all && one == HOLDS_YES;
}

/* A member's root, of an account other than the management account. */
static bool names_members(const json_t *statement, const struct policy_frame *frame)
{
    const json_t *principals = json_object_get(statement, "Principal");
    for (size_t i = 0; i < json_array_size(principals); i++) {
        const char *word = json_string_value(json_array_get(principals, i));
        const char *bare = str_starts(word, "AWS:") ? word + 4 : "";
        if (str_is_account_id(bare) && strcmp(bare, frame->management_account) != 0) {
            return true;
        }
    }
    return false;
}

void policy_narrowed(const json_t *statements, const struct policy_frame *frame,
                     const char *const *actions, json_t *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        bool meant = statement_allows(s) && (statement_to_everyone(s) || names_members(s, frame));
        for (size_t k = 0; meant && actions[k] != NULL; k++) {
            struct covering covering = {s, frame, actions[k], false, true};
            if (statement_covers_action(s, actions[k])) {
                each_backup_role(statements, frame, note_covering, &covering);
            }
            if (covering.some && !covering.all) {
                add_position(list, i);
            }
        }
    }
    (void)json_object_set_new(out, "narrowed", list);
}

void key_policy_faults(const json_t *statements, const struct policy_frame *frame, json_t *out)
{
    static const char *const needed[] = {"kms:creategrant", "kms:decrypt", "kms:generatedatakey",
                                         "kms:generatedatakeywithoutplaintext", NULL};
    json_t *slips = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        note_slips(json_object_get(s, "Principal"), true, frame->partition, slips);
        const char *test = NULL, *key = NULL;
        json_t *keys = NULL, *values = NULL;
        json_object_foreach(json_object_get(s, "Condition"), test, keys)
        {
            json_object_foreach(keys, key, values)
            {
                note_slips(values, false, frame->partition, slips);
            }
        }
    }
    (void)json_object_set_new(out, "slips", slips);
    policy_denials(statements, frame, needed, out);
    policy_narrowed(statements, frame, needed, out);
}
