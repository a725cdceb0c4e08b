/* Service control policies and resource control policies: the parts that backup needs. */
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "base/mem.h"
#include "model/policy.h"
#include "statement.h"

/* With conditions that only except principals, the denial applies to all other principals. */
static bool only_excepts_principals(const json_t *statement)
{
    static const char *const tests[] = {"arnnotlike", "arnnotequals", "stringnotlike",
                                        "stringnotequals", NULL};
    json_t *copy = json_deep_copy(json_object_get(statement, "Condition"));
    const char *test = NULL, *key = NULL;
    json_t *keys = NULL, *values = NULL;
    bool only = true;
    json_object_foreach(copy, test, keys)
    {
        bool negative = false;
        for (size_t i = 0; tests[i] != NULL; i++) {
            negative = negative || strcmp(test, tests[i]) == 0;
        }
        json_object_foreach(keys, key, values)
        {
            only = only && negative && strcmp(key, "aws:principalarn") == 0;
        }
    }
    json_decref(copy);
    return only;
}

bool policy_denies_leaving(const char *text)
{
    json_t *statements = statements_parse(text);
    bool denies = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *s = json_array_get(statements, i);
        denies = denies || (!statement_allows(s) &&
                            statement_covers_action(s, "organizations:leaveorganization") &&
                            statement_covers_all_resources(s) && only_excepts_principals(s));
    }
    json_decref(statements);
    return denies;
}

/* --- copies --- */

/* Whose resource an action is called on. */
enum owner { OWNER_SELF, OWNER_CENTRAL, OWNER_KEY };

static const struct {
    const char *word, *action; /* for people, and as statements have it */
    enum owner owner;
    const char *resource; /* the last part of the ARN */
} copying[] = {
    {"backup:StartCopyJob", "backup:startcopyjob", OWNER_SELF, "recovery-point:*"},
    {"backup:CopyFromBackupVault", "backup:copyfrombackupvault", OWNER_SELF, "backup-vault:*"},
    {"backup:CopyIntoBackupVault", "backup:copyintobackupvault", OWNER_CENTRAL, "backup-vault:*"},
    {"kms:CreateGrant", "kms:creategrant", OWNER_KEY, "key/*"},
    {"kms:Decrypt", "kms:decrypt", OWNER_KEY, "key/*"},
    {"kms:DescribeKey", "kms:describekey", OWNER_KEY, "key/*"},
    {"kms:GenerateDataKey", "kms:generatedatakey", OWNER_KEY, "key/*"},
};
#define COPYING_COUNT (sizeof copying / sizeof *copying)

json_t *control_policy_read(const char *text)
{
    json_t *statements = statements_parse(text);
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(statements); i++) {
        json_t *s = json_array_get(statements, i);
        bool concerns = false;
        for (size_t k = 0; k < COPYING_COUNT; k++) {
            concerns = concerns || statement_covers_action(s, copying[k].action);
        }
        if (concerns && !statement_allows(s)) {
            (void)json_array_append(out, s);
        }
    }
    json_decref(statements);
    return out;
}

struct denial {
    const json_t *statement;
    const struct policy_frame *frame;
    const char *action, *path;
    enum holds holds;
};

static void note_denial(void *context, const struct caller *role)
{
    struct denial *d = context;
    struct caller caller = *role;
    caller.path = d->path;
    /* The last ARN is of the service-linked role, which no control policy binds. */
    caller.arns[CALLER_ARNS - 1] = NULL;
    enum holds one = statement_applies(d->statement, d->frame, &caller, d->action);
    d->holds = one > d->holds ? one : d->holds;
}

static const char *owner_of(size_t row, enum control_policy type, const struct policy_frame *frame,
                            const char *account)
{
    if (type == CONTROL_OF_RESOURCE) {
        return copying[row].owner == OWNER_KEY ? account : NULL;
    }
    switch (copying[row].owner) {
    case OWNER_CENTRAL:
        return frame->central_account;
    case OWNER_KEY:
        return frame->management_account;
    case OWNER_SELF:
        break;
    }
    return account;
}

void control_policy_denials(const json_t *statements, enum control_policy type,
                            const struct policy_frame *frame, const char *account, const char *path,
                            const char *region, json_t *denied, json_t *perhaps)
{
    for (size_t k = 0; k < COPYING_COUNT; k++) {
        const char *owner = owner_of(k, type, frame, account);
        if (owner == NULL) {
            continue;
        }
        const char *service = copying[k].owner == OWNER_KEY ? "kms" : "backup";
        char *resource = xasprintf("arn:%s:%s:%s:%s:%s", frame->partition, service, region, owner,
                                   copying[k].resource);
        struct policy_frame here = *frame;
        here.resource = resource;
        enum holds worst = HOLDS_NO;
        for (size_t i = 0; i < json_array_size(statements) && worst != HOLDS_YES; i++) {
            struct denial d = {json_array_get(statements, i), &here, copying[k].action, path,
                               HOLDS_NO};
            backup_role_of(&here, account, note_denial, &d);
            worst = d.holds > worst ? d.holds : worst;
        }
        if (worst != HOLDS_NO) {
            list_add_once(worst == HOLDS_YES ? denied : perhaps, copying[k].word);
        }
        free(resource);
    }
}
