#include "aws/iam_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/session_policy.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "iam_statements.h"

#define ACTION_MAX 96
#define NAMES_MAX                                                                                  \
    144 /* by which the names that a template fills in may be longer than their words */

/* --- which actions --- */

/* Everybody may ask who they are: AWS wants no permission for it. */
static bool needs_no_permission(const char *action)
{
    return str_equal(action, "sts:GetCallerIdentity");
}

static bool word_in(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; at != NULL && *at != '\0';) {
        size_t each = strcspn(at, " ");
        if (each == length && memcmp(at, word, length) == 0) {
            return true;
        }
        at += each;
        at += strspn(at, " ");
    }
    return false;
}

static const struct iam_statement *statement_of(const char *action)
{
    for (size_t i = 0; i < iam_statement_count; i++) {
        if (word_in(iam_statements[i].actions, action)) {
            return &iam_statements[i];
        }
    }
    return NULL;
}

bool iam_action_known(const char *action)
{
    return needs_no_permission(action) || statement_of(action) != NULL;
}

bool iam_action_is_narrow(const char *action)
{
    const struct iam_statement *statement = statement_of(action);
    return statement == NULL || strcmp(statement->resources[0], "*") != 0;
}

/* Adds each word as a member of the set. */
static void add_words(json_t *set, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        size_t each = strcspn(at, " ");
        char action[ACTION_MAX];
        (void)snprintf(action, sizeof action, "%.*s", (int)each, at);
        (void)json_object_set_new(set, action, json_true());
        at += each;
        at += strspn(at, " ");
    }
}

static void add_operation(json_t *set, const char *operation)
{
    const struct op *op = op_parse(operation);
    char action[ACTION_MAX];
    for (unsigned k = 0; op != NULL && op_iam_action(op, k, action, sizeof action); k++) {
        if (!needs_no_permission(action)) {
            add_words(set, action);
        }
    }
    for (size_t i = 0; i < iam_dependent_count; i++) {
        if (str_equal(iam_dependents[i].operation, operation)) {
            add_words(set, iam_dependents[i].actions);
        }
    }
}

/* --- statements --- */

/* "{p}" partition, "{a}" account, "{r}" the role's name. */
static json_t *arn_of(const char *pattern, const struct iam_frame *frame, const char *role)
{
    struct text arn;
    text_init(&arn, 1024);
    for (const char *at = pattern; *at != '\0';) {
        const char *value = strncmp(at, "{p}", 3) == 0   ? frame->partition
                            : strncmp(at, "{a}", 3) == 0 ? frame->account
                            : strncmp(at, "{r}", 3) == 0 ? role
                                                         : NULL;
        if (value != NULL) {
            text_add(&arn, value);
            at += 3;
        } else {
            text_addc(&arn, *at++);
        }
    }
    json_t *string = jx_string(text_str(&arn), arn.length);
    text_release(&arn);
    return string;
}

static json_t *resources_of(const struct iam_statement *s, const struct iam_frame *frame)
{
    json_t *list = json_array();
    for (const char *const *pattern = s->resources; *pattern != NULL; pattern++) {
        if (strstr(*pattern, "{r}") == NULL) {
            (void)json_array_append_new(list, arn_of(*pattern, frame, ""));
            continue;
        }
        for (const char *const *role = frame->roles; *role != NULL; role++) {
            (void)json_array_append_new(list, arn_of(*pattern, frame, *role));
        }
    }
    return list;
}

static json_t *condition_values(const char *const *values)
{
    if (values[1] == NULL) {
        return json_string(values[0]);
    }
    json_t *list = json_array();
    for (; *values != NULL; values++) {
        (void)json_array_append_new(list, json_string(*values));
    }
    return list;
}

static json_t *conditions_of(const struct iam_statement *s)
{
    json_t *all = json_object();
    for (size_t i = 0; i < IAM_CONDITIONS_MAX && s->conditions[i].key != NULL; i++) {
        const struct iam_condition *c = &s->conditions[i];
        json_t *keys = json_object_get(all, c->operation);
        if (keys == NULL) {
            keys = json_object();
            (void)json_object_set_new(all, c->operation, keys);
        }
        (void)json_object_set_new(keys, c->key, condition_values(c->values));
    }
    return all;
}

/* NULL when none of its actions is wanted. */
static json_t *statement_new(const struct iam_statement *s, const json_t *actions,
                             const struct iam_frame *frame)
{
    json_t *list = json_array();
    for (const char *at = s->actions; *at != '\0';) {
        size_t each = strcspn(at, " ");
        char action[ACTION_MAX];
        (void)snprintf(action, sizeof action, "%.*s", (int)each, at);
        if (json_object_get(actions, action) != NULL) {
            (void)json_array_append_new(list, json_string(action));
        }
        at += each;
        at += strspn(at, " ");
    }
    if (json_array_size(list) == 0) {
        json_decref(list);
        return NULL;
    }
    json_t *statement = json_pack("{s:s, s:s, s:o, s:o}", "Sid", s->sid, "Effect", "Allow",
                                  "Action", list, "Resource", resources_of(s, frame));
    json_t *conditions = conditions_of(s);
    if (json_object_size(conditions) > 0) {
        (void)json_object_set(statement, "Condition", conditions);
    }
    json_decref(conditions);
    return statement;
}

static size_t size_of(const json_t *document)
{
    char *text = jx_dump(document);
    size_t length = strlen(text);
    free(text);
    return length;
}

static json_t *document_new(json_t *documents)
{
    json_t *document = json_pack("{s:s, s:[]}", "Version", "2012-10-17", "Statement");
    (void)json_array_append_new(documents, document);
    return document;
}

json_t *iam_policies(const struct iam_use *uses, size_t count, enum iam_side side,
                     const struct iam_frame *frame)
{
    json_t *actions = json_object(), *documents = json_array(), *document = NULL;
    for (size_t i = 0; i < count; i++) {
        if ((uses[i].sides & (unsigned)side) != 0) {
            add_operation(actions, uses[i].operation);
        }
    }
    for (size_t i = 0; i < iam_statement_count; i++) {
        json_t *statement = statement_new(&iam_statements[i], actions, frame);
        if (statement == NULL) {
            continue;
        }
        if (document == NULL ||
            size_of(document) + size_of(statement) + 1 > IAM_POLICY_MAX - NAMES_MAX) {
            document = document_new(documents);
        }
        (void)json_array_append_new(json_object_get(document, "Statement"), statement);
    }
    json_decref(actions);
    return documents;
}
