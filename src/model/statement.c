#include "statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

void list_add_once(json_t *list, const char *word)
{
    size_t low = 0;
    size_t high = json_array_size(list);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(json_string_value(json_array_get(list, middle)), word);
        if (order == 0) {
            return;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    (void)json_array_insert_new(list, low, jx_string(word, strlen(word)));
}

char *word_lower(const char *s)
{
    char *copy = xstrdup(s);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    return copy;
}

/* A scalar as the string IAM compares; NULL for lists, objects and null. */
static char *scalar(const json_t *value)
{
    if (json_is_string(value)) {
        return xstrdup(json_string_value(value));
    }
    if (json_is_boolean(value)) {
        return xstrdup(json_is_true(value) ? "true" : "false");
    }
    if (json_is_number(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        return text;
    }
    return NULL;
}

/* Adds a string or a list of strings to a sorted list; false when it is neither. */
static bool words(const json_t *value, bool fold, const char *prefix, json_t *list)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        char *word = scalar(json_is_array(value) ? json_array_get(value, i) : value);
        if (word == NULL) {
            return false;
        }
        char *folded = fold ? word_lower(word) : xstrdup(word);
        char *whole = xasprintf("%s%s", prefix, folded);
        list_add_once(list, whole);
        free(whole);
        free(folded);
        free(word);
    }
    return true;
}

/* An account's id and the ARN of its root are two spellings of the same principal. */
static void add_principal(json_t *list, const char *type, const char *word)
{
    char account[13];
    size_t length = strlen(word);
    char *whole = NULL;
    if (str_equal(type, "AWS") && str_ends(word, ":root") && length > 17 &&
        strstr(word, ":iam::") != NULL) {
        memcpy(account, word + length - 17, 12);
        account[12] = '\0';
        whole = str_is_account_id(account) ? xasprintf("AWS:%s", account) : NULL;
    }
    if (whole == NULL) {
        whole = xasprintf("%s:%s", type, word);
    }
    list_add_once(list, whole);
    free(whole);
}

static bool principals(const json_t *value, json_t *list)
{
    if (json_is_string(value)) {
        if (!str_equal(json_string_value(value), "*")) {
            return false;
        }
        list_add_once(list, "AWS:*");
        return true;
    }
    const char *type = NULL;
    json_t *named = NULL;
    if (!json_is_object(value)) {
        return false;
    }
    /* jansson walks a const object only through iterators of a mutable one. */
    json_t *copy = json_deep_copy(value);
    bool well = true;
    json_object_foreach(copy, type, named)
    {
        json_t *plain = json_array();
        well = well && words(named, false, "", plain);
        for (size_t i = 0; i < json_array_size(plain); i++) {
            add_principal(list, type, json_string_value(json_array_get(plain, i)));
        }
        json_decref(plain);
    }
    json_decref(copy);
    return well;
}

static bool conditions(const json_t *value, json_t *out)
{
    json_t *copy = json_deep_copy(value);
    const char *test = NULL;
    json_t *keys = NULL;
    bool well = json_is_object(copy);
    json_object_foreach(copy, test, keys)
    {
        char *folded_test = word_lower(test);
        json_t *folded_keys = json_object();
        const char *key = NULL;
        json_t *values = NULL;
        well = well && json_is_object(keys);
        json_object_foreach(keys, key, values)
        {
            char *folded_key = word_lower(key);
            json_t *list = json_array();
            well = well && words(values, false, "", list);
            (void)json_object_set_new(folded_keys, folded_key, list);
            free(folded_key);
        }
        (void)json_object_set_new(out, folded_test, folded_keys);
        free(folded_test);
    }
    json_decref(copy);
    return well;
}

static json_t *statement_of(const json_t *raw)
{
    static const struct {
        const char *name;
        bool fold;
    } lists[] = {
        {"Action", true}, {"NotAction", true}, {"Resource", false}, {"NotResource", false}};
    static const char *const callers[] = {"Principal", "NotPrincipal"};
    json_t *out = json_object();
    const char *effect = jx_str(raw, "Effect");
    bool well = str_equal(effect, "Allow") || str_equal(effect, "Deny");
    jx_set_str(out, "Effect", effect);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const json_t *value = json_object_get(raw, lists[i].name);
        if (value != NULL) {
            json_t *list = json_array();
            well = well && words(value, lists[i].fold, "", list);
            (void)json_object_set_new(out, lists[i].name, list);
        }
    }
    for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
        const json_t *value = json_object_get(raw, callers[i]);
        if (value != NULL) {
            json_t *list = json_array();
            well = well && principals(value, list);
            (void)json_object_set_new(out, callers[i], list);
        }
    }
    const json_t *condition = json_object_get(raw, "Condition");
    if (condition != NULL) {
        json_t *folded = json_object();
        well = well && conditions(condition, folded);
        if (json_object_size(folded) > 0) {
            (void)json_object_set(out, "Condition", folded);
        }
        json_decref(folded);
    }
    well = well &&
           (json_object_get(out, "Action") != NULL || json_object_get(out, "NotAction") != NULL);
    if (!well) {
        json_decref(out);
        return NULL;
    }
    return out;
}

json_t *statements_parse(const char *text)
{
    const char *problem = NULL;
    json_t *policy = text != NULL ? jx_parse(text, strlen(text), &problem) : NULL;
    const json_t *raw = jx_get(policy, "Statement");
    json_t *list = json_array();
    bool well = json_is_object(policy) && (json_is_array(raw) || json_is_object(raw));
    size_t count = json_is_array(raw) ? json_array_size(raw) : 1;
    for (size_t i = 0; well && i < count; i++) {
        const json_t *one = json_is_array(raw) ? json_array_get(raw, i) : raw;
        json_t *statement = json_is_object(one) ? statement_of(one) : NULL;
        well = statement != NULL && json_array_append_new(list, statement) == 0;
    }
    json_decref(policy);
    if (!well) {
        json_decref(list);
        return NULL;
    }
    return list;
}

bool statement_allows(const json_t *statement)
{
    return str_equal(jx_str(statement, "Effect"), "Allow");
}

bool statement_has_principal(const json_t *statement, const char *principal)
{
    return jx_list_has(json_object_get(statement, "Principal"), principal);
}

bool statement_to_everyone(const json_t *statement)
{
    return statement_has_principal(statement, "AWS:*") ||
           json_object_get(statement, "NotPrincipal") != NULL;
}

static bool any_covers(const json_t *patterns, const char *word)
{
    for (size_t i = 0; i < json_array_size(patterns); i++) {
        if (str_glob(json_string_value(json_array_get(patterns, i)), word)) {
            return true;
        }
    }
    return false;
}

bool statement_covers_action(const json_t *statement, const char *action)
{
    const json_t *not_actions = json_object_get(statement, "NotAction");
    if (not_actions != NULL) {
        return !any_covers(not_actions, action);
    }
    return any_covers(json_object_get(statement, "Action"), action);
}

bool statement_covers_all_resources(const json_t *statement)
{
    return jx_list_has(json_object_get(statement, "Resource"), "*");
}
