#include "aws/iam_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ops.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "iam_forms.h"

#define ACTION_MAX 96
#define NAMES_MAX                                                                                  \
    144 /* names that a template fills in may be this much longer than their placeholders */

/* --- which actions --- */

/* The form of an IAM action, from the first row that names it; IAM_NONE when no row does. */
static enum iam_form form_of(const char *action)
{
    enum iam_form form = IAM_NONE;
    char each[ACTION_MAX];
    for (size_t i = 0; i < op_count(); i++) {
        for (unsigned k = 0; op_iam_action(op_at(i), k, &form, each, sizeof each); k++) {
            if (strcmp(each, action) == 0) {
                return form;
            }
        }
    }
    return IAM_NONE;
}

bool iam_action_is_narrow(const char *action)
{
    const struct iam_form_row *form = iam_form(form_of(action));
    return form->resources == NULL || strcmp(form->resources[0], "*") != 0;
}

/* `actions`: for each form, an object whose members are the actions wanted. */
static void add_action(json_t *actions, enum iam_form form, const char *action)
{
    if (iam_form(form)->sid != NULL) {
        (void)json_object_set_new(json_array_get(actions, (size_t)form), action, json_true());
    }
}

static void add_operation(json_t *actions, const struct op *op)
{
    enum iam_form form = IAM_NONE;
    char action[ACTION_MAX];
    for (unsigned k = 0; op_iam_action(op, k, &form, action, sizeof action); k++) {
        add_action(actions, form, action);
    }
    for (const char *at = op->dependents; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, " ");
        (void)snprintf(action, sizeof action, "%.*s", (int)length, at);
        add_action(actions, form_of(action), action);
        at += length;
        at += strspn(at, " ");
    }
}

static json_t *actions_of(const struct iam_use *uses, size_t count, enum iam_side side)
{
    json_t *actions = json_array();
    for (size_t i = 0; i < IAM_FORM_COUNT; i++) {
        (void)json_array_append_new(actions, json_object());
    }
    for (size_t i = 0; i < count; i++) {
        const struct op *op = op_parse(uses[i].operation);
        if (op != NULL && (uses[i].sides & (unsigned)side) != 0) {
            add_operation(actions, op);
        }
    }
    return actions;
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

static json_t *resources_of(const struct iam_form_row *s, const struct iam_frame *frame)
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

static json_t *conditions_of(const struct iam_form_row *s)
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

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The members of an object as a list, in order. */
static json_t *sorted_names(json_t *set)
{
    size_t count = 0;
    const char **names = xcalloc(json_object_size(set) + 1, sizeof *names);
    for (void *at = json_object_iter(set); at != NULL; at = json_object_iter_next(set, at)) {
        names[count++] = json_object_iter_key(at);
    }
    qsort(names, count, sizeof *names, compare_names);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_string(names[i]));
    }
    free(names);
    return list;
}

static json_t *statement_new(const struct iam_form_row *s, json_t *actions,
                             const struct iam_frame *frame)
{
    json_t *statement =
        json_pack("{s:s, s:s, s:o, s:o}", "Sid", s->sid, "Effect", "Allow", "Action",
                  sorted_names(actions), "Resource", resources_of(s, frame));
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
    json_t *actions = actions_of(uses, count, side);
    json_t *documents = json_array(), *document = NULL;
    for (size_t i = 0; i < IAM_FORM_COUNT; i++) {
        json_t *wanted = json_array_get(actions, i);
        if (json_object_size(wanted) == 0) {
            continue;
        }
        json_t *statement = statement_new(iam_form((enum iam_form)i), wanted, frame);
        if (document == NULL ||
            size_of(document) + size_of(statement) + 1 > IAM_POLICY_MAX - NAMES_MAX) {
            document = document_new(documents);
        }
        (void)json_array_append_new(json_object_get(document, "Statement"), statement);
    }
    json_decref(actions);
    return documents;
}
