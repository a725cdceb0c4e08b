#include "model/condition.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/path.h"
#include "model/policy.h"

struct comparison {
    const char *name;
    bool (*holds)(const json_t *found, const json_t *wanted);
    const char *(*wrong)(const json_t *wanted); /* what was expected instead; NULL: well-formed */
};

static bool holds(const json_t *condition, const json_t *value, unsigned depth);
static int check(const json_t *condition, unsigned depth, struct err *err);

static bool is_absent(const json_t *found)
{
    return found == NULL || json_is_null(found);
}

/* A scalar as XML would have carried it: those answers hold strings only. */
static bool scalar_text(const json_t *value, char *out, size_t size)
{
    if (json_is_boolean(value)) {
        (void)snprintf(out, size, "%s", json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        (void)snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        return false;
    }
    return true;
}

static bool same(const json_t *found, const json_t *wanted)
{
    char text[32];
    if (is_absent(found) || is_absent(wanted)) {
        return is_absent(found) && is_absent(wanted);
    }
    if (json_is_string(found) && scalar_text(wanted, text, sizeof text)) {
        return strcmp(json_string_value(found), text) == 0;
    }
    if (json_is_string(wanted) && scalar_text(found, text, sizeof text)) {
        return strcmp(json_string_value(wanted), text) == 0;
    }
    return json_equal(found, wanted) != 0;
}

static bool has_element(const json_t *list, const json_t *wanted)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (same(json_array_get(list, i), wanted)) {
            return true;
        }
    }
    return false;
}

static bool is_in(const json_t *found, const json_t *wanted)
{
    return has_element(wanted, found);
}

static bool is_present(const json_t *found, const json_t *wanted)
{
    return json_is_true(wanted) != is_absent(found);
}

static bool contains(const json_t *found, const json_t *wanted)
{
    if (json_is_string(found) && json_is_string(wanted)) {
        return strstr(json_string_value(found), json_string_value(wanted)) != NULL;
    }
    return has_element(found, wanted);
}

static bool superset_of(const json_t *found, const json_t *wanted)
{
    if (json_is_object(wanted)) {
        const char *key;
        json_t *value;
        void *at = json_object_iter(jx_get(wanted, ""));
        for (; at != NULL; at = json_object_iter_next(jx_get(wanted, ""), at)) {
            key = json_object_iter_key(at);
            value = json_object_iter_value(at);
            if (!json_is_object(found) || !superset_of(json_object_get(found, key), value)) {
                return false;
            }
        }
        return json_is_object(found);
    }
    if (!json_is_array(wanted)) {
        return same(found, wanted);
    }
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        bool has = false;
        for (size_t k = 0; k < json_array_size(found) && !has; k++) {
            has = superset_of(json_array_get(found, k), json_array_get(wanted, i));
        }
        if (!has) {
            return false;
        }
    }
    return json_is_array(found);
}

/* The JSON in a string, or the value itself; yours. */
static json_t *parsed(const json_t *value)
{
    const char *text = json_string_value(value);
    const char *problem = NULL;
    json_t *inner = text != NULL ? jx_parse(text, strlen(text), &problem) : NULL;
    return inner != NULL ? inner : json_deep_copy(value);
}

static bool equals_json(const json_t *found, const json_t *wanted)
{
    if (is_absent(found) || is_absent(wanted)) {
        return is_absent(found) && is_absent(wanted);
    }
    json_t *a = parsed(found);
    json_t *b = parsed(wanted);
    bool equal = json_equal(a, b) != 0;
    if (!equal && json_object_get(a, "Statement") != NULL &&
        json_object_get(b, "Statement") != NULL) {
        char *first = jx_dump(a);
        char *second = jx_dump(b);
        equal = policy_equal(first, second);
        free(first);
        free(second);
    }
    json_decref(a);
    json_decref(b);
    return equal;
}

/* "3.10" is more than "3.9": numbers between dots. */
static int compare_versions(const char *a, const char *b)
{
    while (*a != '\0' || *b != '\0') {
        char *a_end = NULL;
        char *b_end = NULL;
        unsigned long long x = strtoull(a, &a_end, 10);
        unsigned long long y = strtoull(b, &b_end, 10);
        if (x != y) {
            return x < y ? -1 : 1;
        }
        a = *a_end == '.' ? a_end + 1 : "";
        b = *b_end == '.' ? b_end + 1 : "";
    }
    return 0;
}

static bool is_version(const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && text[0] >= '0' && text[0] <= '9' &&
           text[strspn(text, "0123456789.")] == '\0';
}

static bool at_least(const json_t *found, const json_t *wanted)
{
    char number[32];
    if (json_is_number(found) && json_is_number(wanted)) {
        return json_number_value(found) >= json_number_value(wanted);
    }
    const char *a = is_version(found) ? json_string_value(found) : NULL;
    const char *b = is_version(wanted) ? json_string_value(wanted) : NULL;
    if (a == NULL && b != NULL && scalar_text(found, number, sizeof number)) {
        a = number;
    } else if (b == NULL && a != NULL && scalar_text(wanted, number, sizeof number)) {
        b = number;
    }
    return a != NULL && b != NULL && compare_versions(a, b) >= 0;
}

static const char *any_value(const json_t *wanted)
{
    (void)wanted;
    return NULL;
}

static const char *wants_list(const json_t *wanted)
{
    return json_is_array(wanted) ? NULL : "a list";
}

static const char *wants_bool(const json_t *wanted)
{
    return json_is_boolean(wanted) ? NULL : "true or false";
}

static const char *wants_members(const json_t *wanted)
{
    return json_is_object(wanted) || json_is_array(wanted) ? NULL : "an object or a list";
}

static const char *wants_number(const json_t *wanted)
{
    return json_is_number(wanted) || is_version(wanted) ? NULL : "a number or a version";
}

static const struct comparison operators[] = {
    {"equals", same, any_value},
    {"in", is_in, wants_list},
    {"present", is_present, wants_bool},
    {"contains", contains, any_value},
    {"superset_of", superset_of, wants_members},
    {"equals_json", equals_json, any_value},
    {"at_least", at_least, wants_number},
};

/* Over the elements of the list at the path; `verdict` when one element satisfies the condition. */
static const struct quantifier {
    const char *name;
    bool stops_at, verdict;
} quantifiers[] = {{"some", true, true}, {"none", true, false}, {"every", false, false}};

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

static bool quantified(const struct quantifier *q, const json_t *found, const json_t *condition,
                       unsigned depth)
{
    for (size_t i = 0; i < json_array_size(found); i++) {
        if (holds(condition, json_array_get(found, i), depth) == q->stops_at) {
            return q->verdict;
        }
    }
    return !q->verdict;
}

static bool compared(const json_t *condition, const json_t *value, unsigned depth)
{
    const json_t *found = path_find(value, json_string_value(json_object_get(condition, "path")));
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        const json_t *wanted = json_object_get(condition, operators[i].name);
        if (wanted != NULL) {
            return operators[i].holds(found, wanted);
        }
    }
    for (size_t i = 0; i < COUNT_OF(quantifiers); i++) {
        const json_t *each = json_object_get(condition, quantifiers[i].name);
        if (each != NULL) {
            return quantified(&quantifiers[i], found, each, depth);
        }
    }
    return false;
}

static bool holds(const json_t *condition, const json_t *value, unsigned depth)
{
    const json_t *list = json_object_get(condition, "all");
    if (depth > JX_DEPTH_MAX) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!holds(json_array_get(list, i), value, depth + 1)) {
            return false;
        }
    }
    if (list != NULL) {
        return true;
    }
    list = json_object_get(condition, "any");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (holds(json_array_get(list, i), value, depth + 1)) {
            return true;
        }
    }
    if (list != NULL) {
        return false;
    }
    const json_t *inner = json_object_get(condition, "not");
    return inner != NULL ? !holds(inner, value, depth + 1) : compared(condition, value, depth + 1);
}

bool condition_holds(const json_t *condition, const json_t *value)
{
    struct err err = ERR_INIT;
    return condition_check(condition, &err) == 0 && holds(condition, value, 0);
}

const json_t *condition_select(const json_t *value, const char *path, const json_t *where)
{
    const json_t *list = path_find(value, path);
    struct err err = ERR_INIT;
    if (condition_check(where, &err) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *element = json_array_get(list, i);
        if (holds(where, element, 0)) {
            return element;
        }
    }
    return NULL;
}

/* --- form --- */

static int check_list(const char *name, const json_t *list, unsigned depth, struct err *err)
{
    if (!json_is_array(list) || json_array_size(list) == 0) {
        return err_set(err, ERR_INPUT, "condition: \"%s\": expected a list of conditions", name);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (check(json_array_get(list, i), depth + 1, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_compared(const json_t *condition, unsigned depth, struct err *err)
{
    const char *path = json_string_value(json_object_get(condition, "path"));
    const char *problem = path != NULL ? path_problem(path) : "missing";
    if (problem != NULL) {
        return err_set(err, ERR_INPUT, "condition: \"path\": %s", problem);
    }
    if (json_object_size(condition) != 2) {
        return err_set(err, ERR_INPUT, "condition on \"%.80s\": expected one operator", path);
    }
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        const json_t *wanted = json_object_get(condition, operators[i].name);
        const char *wrong = wanted != NULL ? operators[i].wrong(wanted) : NULL;
        if (wrong != NULL) {
            return err_set(err, ERR_INPUT, "condition on \"%.80s\": \"%s\": expected %s", path,
                           operators[i].name, wrong);
        }
        if (wanted != NULL) {
            return 0;
        }
    }
    for (size_t i = 0; i < COUNT_OF(quantifiers); i++) {
        const json_t *each = json_object_get(condition, quantifiers[i].name);
        if (each != NULL) {
            return check(each, depth + 1, err);
        }
    }
    return err_set(err, ERR_INPUT, "condition on \"%.80s\": unknown operator", path);
}

static int check(const json_t *condition, unsigned depth, struct err *err)
{
    if (!json_is_object(condition)) {
        return err_set(err, ERR_INPUT, "condition: expected an object");
    }
    if (depth > JX_DEPTH_MAX / 2) {
        return err_set(err, ERR_INPUT, "condition: nested too deeply");
    }
    static const char *const lists[] = {"all", "any"};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *list = json_object_get(condition, lists[i]);
        if (list != NULL && json_object_size(condition) == 1) {
            return check_list(lists[i], list, depth, err);
        }
    }
    const json_t *inner = json_object_get(condition, "not");
    if (inner != NULL && json_object_size(condition) == 1) {
        return check(inner, depth + 1, err);
    }
    return check_compared(condition, depth, err);
}

int condition_check(const json_t *condition, struct err *err)
{
    return check(condition, 0, err);
}
