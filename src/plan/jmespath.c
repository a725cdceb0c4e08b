#include "jmespath.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"

/* `json`, with the backticks within escaped. */
static void add_literal(const json_t *value, struct text *out)
{
    char *json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    text_addc(out, '`');
    for (const char *c = json; c != NULL && *c != '\0'; c++) {
        if (*c == '`') {
            text_addc(out, '\\');
        }
        text_addc(out, *c);
    }
    text_addc(out, '`');
    free(json);
}

static void add_member(const char *name, size_t length, struct text *out)
{
    json_t *word = jx_string(name, length);
    char *json = json_dumps(word, JSON_ENCODE_ANY);
    text_add(out, json);
    free(json);
    json_decref(word);
}

void jmespath_path(const char *path, struct text *out)
{
    bool first = true;
    if (*path == '\0') {
        text_addc(out, '@');
    }
    while (*path != '\0') {
        if (path[0] == '[' && path[1] != '"') {
            size_t length = strcspn(path, "]") + 1;
            text_addn(out, path, length);
            path += length;
            first = false;
            continue;
        }
        bool quoted = *path == '[';
        path += quoted ? 2 : *path == '.' ? 1 : 0;
        size_t length = strcspn(path, quoted ? "\"" : ".[");
        if (!first) {
            text_addc(out, '.');
        }
        add_member(path, length, out);
        path += length + (quoted ? strlen("\"]") : 0);
        first = false;
    }
}

static bool add_compared(const char *path, const char *op, const json_t *value, struct text *out)
{
    jmespath_path(path, out);
    text_addf(out, " %s ", op);
    add_literal(value, out);
    return true;
}

static bool add_joined(const json_t *list, const char *with, struct text *out)
{
    text_addc(out, '(');
    for (size_t i = 0; i < json_array_size(list); i++) {
        text_add(out, i > 0 ? with : "");
        if (!jmespath_condition(json_array_get(list, i), out)) {
            return false;
        }
    }
    text_addc(out, ')');
    return true;
}

/* Is every wanted member, at any depth, in what the expression `at` names? */
static bool add_superset(const char *at, const json_t *wanted, struct text *out)
{
    const char *key = NULL;
    json_t *value = NULL;
    if (json_is_array(wanted)) {
        text_add(out, "(`true`");
        for (size_t i = 0; i < json_array_size(wanted); i++) {
            const json_t *element = json_array_get(wanted, i);
            text_addf(out, " && length(%s[?", at);
            if (!add_superset("@", element, out)) {
                return false;
            }
            text_add(out, "] || `[]`) > `0`");
        }
        text_addc(out, ')');
        return true;
    }
    if (!json_is_object(wanted)) {
        text_addf(out, "%s == ", at);
        add_literal(wanted, out);
        return true;
    }
    text_add(out, "(`true`");
    json_object_foreach(jx_mutable(wanted), key, value)
    {
        struct text inner;
        text_init(&inner, 65536);
        if (strcmp(at, "@") != 0) {
            text_addf(&inner, "%s.", at);
        }
        add_member(key, strlen(key), &inner);
        text_add(out, " && ");
        bool well = add_superset(text_str(&inner), value, out);
        text_release(&inner);
        if (!well) {
            return false;
        }
    }
    text_addc(out, ')');
    return true;
}

/* The list of those elements that satisfy (or not) the inner condition. */
static bool add_quantified(const char *path, const json_t *inner, bool satisfied, bool some,
                           struct text *out)
{
    text_add(out, "length(");
    jmespath_path(path, out);
    text_add(out, satisfied ? "[?" : "[?!(");
    if (!jmespath_condition(inner, out)) {
        return false;
    }
    text_add(out, satisfied ? "]" : ")]");
    text_add(out, some ? " || `[]`) > `0`" : " || `[]`) == `0`");
    return true;
}

static bool add_operator(const char *path, const char *op, const json_t *value, struct text *out)
{
    if (strcmp(op, "equals") == 0) {
        return add_compared(path, "==", value, out);
    }
    if (strcmp(op, "at_least") == 0) {
        return json_is_number(value) && add_compared(path, ">=", value, out);
    }
    if (strcmp(op, "present") == 0) {
        jmespath_path(path, out);
        text_add(out, json_is_true(value) ? " != `null`" : " == `null`");
        return true;
    }
    if (strcmp(op, "in") == 0) {
        text_add(out, "contains(");
        add_literal(value, out);
        text_add(out, ", ");
        jmespath_path(path, out);
        text_addc(out, ')');
        return true;
    }
    if (strcmp(op, "contains") == 0) {
        text_add(out, "contains(");
        jmespath_path(path, out);
        text_add(out, " || `[]`, ");
        add_literal(value, out);
        text_addc(out, ')');
        return true;
    }
    if (strcmp(op, "superset_of") == 0) {
        struct text at;
        text_init(&at, 65536);
        jmespath_path(path, &at);
        bool well = add_superset(text_str(&at), value, out);
        text_release(&at);
        return well;
    }
    bool some = strcmp(op, "some") == 0;
    return (some || strcmp(op, "none") == 0 || strcmp(op, "every") == 0) &&
           add_quantified(path, value, strcmp(op, "every") != 0, some, out);
}

bool jmespath_condition(const json_t *condition, struct text *out)
{
    const json_t *all = json_object_get(condition, "all");
    const json_t *any = json_object_get(condition, "any");
    const json_t *not = json_object_get(condition, "not");
    const char *path = jx_str(condition, "path");
    if (all != NULL || any != NULL) {
        return add_joined(all != NULL ? all : any, all != NULL ? " && " : " || ", out);
    }
    if (not != NULL) {
        text_add(out, "!(");
        bool well = jmespath_condition(not, out);
        text_addc(out, ')');
        return well;
    }
    const char *op = NULL;
    json_t *value = NULL;
    json_object_foreach(jx_mutable(condition), op, value)
    {
        if (strcmp(op, "path") != 0) {
            return path != NULL && add_operator(path, op, value, out);
        }
    }
    return false;
}

bool jmespath_probe(const struct plan_probe *probe, struct text *out)
{
    const struct plan_select *select = probe->select;
    if (select != NULL) {
        jmespath_path(select->list, out);
        text_add(out, "[?");
        if (!jmespath_condition(select->where, out)) {
            return false;
        }
        text_add(out, "] | [0]");
    }
    if (probe->when == NULL) {
        return select != NULL;
    }
    text_add(out, select != NULL ? " | " : "");
    return jmespath_condition(probe->when, out);
}
