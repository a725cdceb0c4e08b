/* Checks the form of one step of a plan file. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "model/condition.h"
#include "model/path.h"
#include "plan_form.h"
#include "plan_private.h"

#define ID_BYTES_MAX 512
#define NAME_BYTES_MAX 64

static const char lower_digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

bool plan_step_id_valid(const char *id)
{
    size_t word = strcspn(id, "/");
    bool hyphen = false;
    for (size_t i = 0; i < word; i++) {
        bool inner = i > 0 && i + 1 < word;
        hyphen = hyphen || (id[i] == '-' && inner);
        if (strchr(lower_digits, id[i]) == NULL && !(id[i] == '-' && inner)) {
            return false;
        }
    }
    for (const char *c = id; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 127 || strchr("{}$\"\\", *c) != NULL) {
            return false;
        }
    }
    return hyphen && strlen(id) <= ID_BYTES_MAX && (id[word] == '\0' || id[word + 1] != '\0');
}

bool plan_name_valid(const char *name)
{
    size_t length =
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && length <= NAME_BYTES_MAX && name[length] == '\0';
}

/* --- what a member may be --- */

static int check_members(const json_t *object, const struct plan_member *members, const char *where,
                         struct err *err);

static int refuse(const char *where, const char *expected, struct err *err)
{
    return err_set(err, ERR_INPUT, "%s: expected %s", where, expected);
}

static int check_nested(const json_t *value, enum plan_kind kind, const char *where,
                        struct err *err)
{
    return json_is_object(value) ? check_members(value, plan_form_of(kind)->members, where, err)
                                 : refuse(where, "an object", err);
}

static int check_strings(const json_t *value, const char *where, struct err *err)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i))) {
            return refuse(where, "a list of strings", err);
        }
    }
    return json_is_array(value) ? 0 : refuse(where, "a list of strings", err);
}

static bool is_path(const json_t *value)
{
    return json_is_string(value) && path_problem(json_string_value(value)) == NULL;
}

static int check_paths(const json_t *value, const char *where, struct err *err)
{
    void *at = json_object_iter(jx_get(value, ""));
    for (; at != NULL; at = json_object_iter_next(jx_get(value, ""), at)) {
        if (!plan_name_valid(json_object_iter_key(at)) || !is_path(json_object_iter_value(at))) {
            return refuse(where, "an object of names and paths", err);
        }
    }
    return json_is_object(value) ? 0 : refuse(where, "an object of names and paths", err);
}

static int check_probes(const json_t *value, const char *where, struct err *err)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (check_nested(json_array_get(value, i), KIND_PROBE, where, err) != 0) {
            return -1;
        }
    }
    return json_is_array(value) ? 0 : refuse(where, "a list of probes", err);
}

/* What is kept goes into a list of the call that replaces the whole. */
static int check_retry_call(const json_t *value, const char *where, struct err *err)
{
    const json_t *merge = json_object_get(value, "merge");
    if (check_nested(value, KIND_RETRY_CALL, where, err) != 0) {
        return -1;
    }
    const char *into = jx_str_or(merge, "into", "");
    return !json_is_object(merge) || json_is_array(jx_get(jx_get(value, "send.input"), into))
               ? 0
               : refuse(where, "a list at merge.into within send.input", err);
}

static int check_retry_calls(const json_t *value, const char *where, struct err *err)
{
    void *at = json_object_iter(jx_get(value, ""));
    for (; at != NULL; at = json_object_iter_next(jx_get(value, ""), at)) {
        if (check_retry_call(json_object_iter_value(at), where, err) != 0) {
            return -1;
        }
    }
    return json_object_size(value) > 0 ? 0 : refuse(where, "an object of ARNs and calls", err);
}

static bool is_operation(const json_t *value)
{
    const char *s = json_string_value(value);
    size_t service = s != NULL ? strspn(s, lower_digits) : 0;
    return service > 0 && s[service] == ':' && isalpha((unsigned char)s[service + 1]);
}

static bool is_risk(const json_t *value)
{
    const char *s = json_string_value(value);
    return str_equal(s, "low") || str_equal(s, "medium") || str_equal(s, "high");
}

static bool is_string(const json_t *value)
{
    return json_is_string(value);
}

static bool is_word(const json_t *value)
{
    return json_string_length(value) > 0;
}

static bool is_number(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0;
}

static bool is_bool(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

static const struct {
    bool (*fits)(const json_t *value);
    const char *expected;
} simple[] = {
    [KIND_STRING] = {is_string, "a string"},
    [KIND_TEXT] = {is_string, "a string"},
    [KIND_WORD] = {is_word, "a string that is not empty"},
    [KIND_COUNT] = {is_number, "a number of 0 or more"},
    [KIND_SECONDS] = {is_number, "a number of 0 or more"},
    [KIND_BOOL] = {is_bool, "true or false"},
    [KIND_PATH] = {is_path, "a path such as a.b[0].c"},
    [KIND_OBJECT] = {is_object, "an object"},
    [KIND_RISK] = {is_risk, "low, medium or high"},
    [KIND_OPERATION] = {is_operation, "an operation such as kms:CreateKey"},
};

static int check_value(const json_t *value, enum plan_kind kind, const char *where, struct err *err)
{
    switch (kind) {
    case KIND_STRING:
    case KIND_WORD:
    case KIND_TEXT:
    case KIND_COUNT:
    case KIND_SECONDS:
    case KIND_BOOL:
    case KIND_PATH:
    case KIND_OBJECT:
    case KIND_RISK:
    case KIND_OPERATION:
        return simple[kind].fits(value) ? 0 : refuse(where, simple[kind].expected, err);
    case KIND_STRINGS:
        return check_strings(value, where, err);
    case KIND_PATHS:
        return check_paths(value, where, err);
    case KIND_CONDITION:
        return condition_check(value, err) == 0 ? 0 : err_prefix(err, "%s", where);
    case KIND_PROBES:
        return check_probes(value, where, err);
    case KIND_RETRY_CALLS:
        return check_retry_calls(value, where, err);
    case KIND_CALL:
    case KIND_RETRY:
    case KIND_RETRY_CALL:
    case KIND_MERGE:
    case KIND_PROBE:
    case KIND_POLL:
    case KIND_RECOVER:
    case KIND_SELECT:
        return check_nested(value, kind, where, err);
    case KIND_ANY:
        return 0;
    }
    return 0;
}

static int check_members(const json_t *object, const struct plan_member *members, const char *where,
                         struct err *err)
{
    size_t known = 0;
    for (const struct plan_member *m = members; m->name != NULL; m++) {
        char inner[128];
        const json_t *value = json_object_get(object, m->name);
        known += value != NULL ? 1 : 0;
        (void)snprintf(inner, sizeof inner, "%s%s%s", where, where[0] != '\0' ? "." : "", m->name);
        if (value == NULL && m->need == REQUIRED) {
            return err_set(err, ERR_INPUT, "%s is missing", inner);
        }
        if (value == NULL || (json_is_null(value) && m->need == OPTIONAL)) {
            continue;
        }
        if (check_value(value, m->kind, inner, err) != 0) {
            return -1;
        }
    }
    if (known == json_object_size(object)) {
        return 0;
    }
    void *at = json_object_iter(jx_get(object, ""));
    for (; at != NULL; at = json_object_iter_next(jx_get(object, ""), at)) {
        const struct plan_member *m = members;
        while (m->name != NULL && strcmp(m->name, json_object_iter_key(at)) != 0) {
            m++;
        }
        if (m->name == NULL) {
            return err_set(err, ERR_INPUT, "%s%sunknown member \"%.60s\"", where,
                           where[0] != '\0' ? ": " : "", json_object_iter_key(at));
        }
    }
    return 0;
}

/* --- its placeholders of its own --- */

struct own {
    const char *id;
    bool found;
};

static void note_own(void *context, const char *step, const char *name)
{
    struct own *own = context;
    (void)name;
    own->found = own->found || strcmp(step, own->id) == 0;
}

static bool names_itself(const json_t *value, const char *id)
{
    struct own own = {id, false};
    placeholder_each(value, note_own, &own);
    return own.found;
}

int plan_check_step(const json_t *step, struct err *err)
{
    const char *id = json_string_value(json_object_get(step, "id"));
    const char *remedy = json_string_value(json_object_get(step, "remedy"));
    if (id == NULL || !plan_step_id_valid(id)) {
        return err_set(err, ERR_INPUT,
                       "step \"%.80s\": expected an ID such as replicate-key/eu-west-1",
                       id != NULL ? id : "");
    }
    size_t word = strcspn(id, "/");
    if (check_members(step, plan_step_form.members, "", err) != 0) {
        return err_prefix(err, "step %s", id);
    }
    if (strncmp(remedy, id, word) != 0 || remedy[word] != '\0') {
        return err_set(err, ERR_INPUT,
                       "step %s: its remedy \"%.60s\" is not the first word of its ID", id, remedy);
    }
    const json_t *recover = json_object_get(step, "recover");
    const json_t *done = json_object_get(step, "done");
    const json_t *otherwise = json_object_get(step, "otherwise");
    const char *early = names_itself(json_object_get(step, "send"), id)    ? "send"
                        : names_itself(otherwise, id)                      ? "otherwise"
                        : names_itself(json_object_get(step, "guard"), id) ? "guard"
                        : names_itself(recover, id)                        ? "recover"
                                                                           : NULL;
    if (early != NULL) {
        return err_set(err, ERR_INPUT, "step %s: %s uses what the step itself captures", id, early);
    }
    if (json_is_object(otherwise) && !json_is_object(jx_get(step, "send.fail_when"))) {
        return err_set(err, ERR_INPUT, "step %s: otherwise needs a fail_when of send", id);
    }
    bool tells = json_is_object(recover) || (json_is_object(done) && !names_itself(done, id));
    if (!tells) {
        return err_set(err, ERR_INPUT,
                       "step %s: neither done nor recover can tell whether it was sent", id);
    }
    return 0;
}
