#include "aws/session_policy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ACTION_MAX 96

bool policy_action_matches(const char *pattern, const char *action)
{
    char low_pattern[2 * ACTION_MAX], low_action[2 * ACTION_MAX];
    const char *from[] = {pattern, action};
    char *to[] = {low_pattern, low_action};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(from[i]);
        if (length >= sizeof low_pattern) {
            return false;
        }
        for (size_t k = 0; k <= length; k++) {
            to[i][k] = (char)tolower((unsigned char)from[i][k]);
        }
    }
    return str_glob(low_pattern, low_action);
}

struct actions {
    char (*items)[ACTION_MAX];
    size_t count;
};

static bool actions_have(const struct actions *actions, const char *action)
{
    for (size_t i = 0; i < actions->count; i++) {
        if (strcmp(actions->items[i], action) == 0) {
            return true;
        }
    }
    return false;
}

static void actions_add(struct actions *actions, const char *action)
{
    if (!actions_have(actions, action)) {
        actions->items = xreallocarray(actions->items, actions->count + 1, sizeof *actions->items);
        snprintf(actions->items[actions->count++], ACTION_MAX, "%s", action);
    }
}

static void actions_gather(struct actions *actions, bool writes)
{
    char action[ACTION_MAX];
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        if (op_writes(op) != writes) {
            continue;
        }
        for (unsigned k = 0; op_iam_action(op, k, NULL, action, sizeof action); k++) {
            actions_add(actions, action);
        }
    }
}

/* Actions that no wildcard may allow: reads of what customers store (Service Authorization
 * Reference), and other ways to get a session. They stand for their kind. */
static const char *const never[] = {"s3:GetObject",           "s3:GetObjectVersion",
                                    "dynamodb:GetItem",       "dynamodb:GetRecords",
                                    "ec2:GetPasswordData",    "ec2:GetConsoleOutput",
                                    "kms:GetPublicKey",       "rds:DownloadDBLogFilePortion",
                                    "sts:AssumeRoleWithSAML", "sts:GetFederationToken"};

/* "s3:GetBucketTagging" gives "s3:Get*" and "s3:GetBucket*": the prefix and the first words. */
static void words_pattern(const char *action, int words, char out[ACTION_MAX])
{
    size_t length = strcspn(action, ":") + 1;
    for (int word = 0; word < words && action[length] != '\0'; word++) {
        do {
            length++;
        } while (islower((unsigned char)action[length]));
    }
    snprintf(out, ACTION_MAX, "%.*s*", (int)length, action);
}

static bool matches_any(const char *pattern, const struct actions *actions)
{
    for (size_t i = 0; i < actions->count; i++) {
        if (policy_action_matches(pattern, actions->items[i])) {
            return true;
        }
    }
    return false;
}

static size_t cost(const char *action)
{
    return strlen(action) + 3; /* with its quotes and comma */
}

/* What a pattern saves of the policy's length; 0 where it allows what it must not. */
static size_t saving(const char *pattern, const struct actions *allowed,
                     const struct actions *refused)
{
    size_t covered = 0;
    for (size_t i = 0; i < allowed->count; i++) {
        covered += policy_action_matches(pattern, allowed->items[i]) ? cost(allowed->items[i]) : 0;
    }
    return covered > cost(pattern) && !matches_any(pattern, refused) ? covered - cost(pattern) : 0;
}

/* Replaces the actions that one wildcard covers, choosing the wildcard that saves most; false when
   none helps. */
static bool widen(struct actions *allowed, const struct actions *refused)
{
    char pattern[ACTION_MAX], best[ACTION_MAX] = "";
    size_t best_saving = 0, kept = 0;
    for (size_t i = 0; i < allowed->count; i++) {
        for (int words = 1; words <= 2 && strchr(allowed->items[i], '*') == NULL; words++) {
            words_pattern(allowed->items[i], words, pattern);
            size_t saved = saving(pattern, allowed, refused);
            if (saved > best_saving) {
                best_saving = saved;
                snprintf(best, sizeof best, "%s", pattern);
            }
        }
    }
    if (best_saving == 0) {
        return false;
    }
    for (size_t i = 0; i < allowed->count; i++) {
        if (!policy_action_matches(best, allowed->items[i])) {
            memmove(allowed->items[kept++], allowed->items[i], ACTION_MAX);
        }
    }
    allowed->count = kept;
    actions_add(allowed, best);
    return true;
}

static void write_policy(const struct actions *allowed, struct text *out)
{
    text_add(out, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[");
    for (size_t i = 0; i < allowed->count; i++) {
        text_addf(out, "%s\"%s\"", i > 0 ? "," : "", allowed->items[i]);
    }
    text_add(out, "],\"Resource\":\"*\"}]}");
}

void session_policy_read_only(size_t aim, struct text *out)
{
    struct actions allowed = {NULL, 0}, refused = {NULL, 0};
    struct text policy;
    text_init(&policy, 64 * 1024);
    actions_gather(&allowed, false);
    actions_gather(&refused, true);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        actions_add(&refused, never[i]);
    }
    write_policy(&allowed, &policy);
    while (policy.length > aim && widen(&allowed, &refused)) {
        text_clear(&policy);
        write_policy(&allowed, &policy);
    }
    text_addn(out, text_str(&policy), policy.length);
    text_release(&policy);
    free(allowed.items);
    free(refused.items);
}
