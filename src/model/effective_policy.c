#include "model/effective_policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#define ALLOWED "@@operators_allowed_for_child_policies"
#define SET_HERE "@@set_here" /* by a policy of the target at hand */
#define POLICY_BYTES_MAX ((size_t)64 * 1024)

/* A node is an object: members that begin with @@ are its value (@@assign) and its limit, all
 * others are its children. */
struct effective_policy {
    json_t *whole;
    json_t *conflicts;
};

struct effective_policy *effective_policy_new(void)
{
    struct effective_policy *p = xcalloc(1, sizeof *p);
    p->whole = json_object();
    p->conflicts = json_array();
    return p;
}

void effective_policy_free(struct effective_policy *p)
{
    if (p != NULL) {
        json_decref(p->whole);
        json_decref(p->conflicts);
        free(p);
    }
}

static bool may(const json_t *node, const char *operator)
{
    const json_t *allowed = json_object_get(node, ALLOWED);
    return allowed == NULL || jx_list_has(allowed, "@@all") || jx_list_has(allowed, operator);
}

/* The same as a list: "@@append": "a" is accepted for "@@append": ["a"]. The caller owns it. */
static json_t *as_list(json_t *value)
{
    return json_is_array(value) ? json_incref(value)
           : value != NULL      ? json_pack("[O]", value)
                                : json_array();
}

static void change_list(json_t *node, json_t *change, bool append)
{
    json_t *have = as_list(json_object_get(node, "@@assign"));
    json_t *changed = as_list(change);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(have); i++) {
        const char *one = json_string_value(json_array_get(have, i));
        if (one != NULL && (append || !jx_list_has(changed, one))) {
            (void)json_array_append_new(list, json_string(one));
        }
    }
    for (size_t i = 0; append && i < json_array_size(changed); i++) {
        const char *one = json_string_value(json_array_get(changed, i));
        if (one != NULL && !jx_list_has(list, one)) {
            (void)json_array_append_new(list, json_string(one));
        }
    }
    json_object_set_new(node, "@@assign", list);
    json_decref(have);
    json_decref(changed);
}

/* Of policies that are attached to the same target, the one that was attached first sets a value. */
static void assign(struct effective_policy *p, json_t *node, json_t *value, const char *name)
{
    if (json_object_get(node, SET_HERE) == NULL) {
        json_object_set_new(node, "@@assign", json_deep_copy(value));
        json_object_set_new(node, SET_HERE, json_true());
    } else if (!json_equal(json_object_get(node, "@@assign"), value) &&
               !jx_list_has(p->conflicts, name)) {
        (void)json_array_append_new(p->conflicts, json_string(name));
    }
}

static void lay_over(struct effective_policy *p, json_t *node, json_t *policy, const char *name)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(policy, key, value)
    {
        if (str_equal(key, "@@assign")) {
            if (may(node, key)) {
                assign(p, node, value, name);
            }
        } else if (str_equal(key, "@@append") || str_equal(key, "@@remove")) {
            if (may(node, key)) {
                change_list(node, value, str_equal(key, "@@append"));
            }
        } else if (!str_starts(key, "@@") && json_is_object(value)) {
            json_t *below = json_object_get(node, key);
            if (below == NULL && (may(node, "@@assign") || may(node, "@@append"))) {
                below = json_object();
                json_object_set_new(node, key, below);
            }
            if (below != NULL) {
                char *path = name[0] != '\0' ? xasprintf("%s.%s", name, key) : xstrdup(key);
                lay_over(p, below, value, path);
                free(path);
            }
        }
    }
}

/* Limits apply only to child policies: they are recorded after all policies of a target are
 * merged. */
static void limit(json_t *node, json_t *policy)
{
    const char *key = NULL;
    json_t *value = NULL;
    const json_t *wanted = json_object_get(policy, ALLOWED);
    json_t *known = json_object_get(node, ALLOWED);
    if (wanted != NULL && known == NULL) {
        json_object_set_new(node, ALLOWED, json_deep_copy(wanted));
    } else if (wanted != NULL && !jx_list_has(wanted, "@@all")) {
        json_t *both = json_array();
        for (size_t i = 0; i < json_array_size(wanted); i++) {
            const char *one = json_string_value(json_array_get(wanted, i));
            if (one != NULL && (jx_list_has(known, one) || jx_list_has(known, "@@all"))) {
                (void)json_array_append_new(both, json_string(one));
            }
        }
        json_object_set_new(node, ALLOWED, both);
    }
    json_object_foreach(policy, key, value)
    {
        json_t *below = json_object_get(node, key);
        if (!str_starts(key, "@@") && below != NULL) {
            limit(below, value);
        }
    }
}

/* The next target's policies set values again. */
static void forget_set(json_t *node)
{
    const char *key = NULL;
    json_t *below = NULL;
    (void)json_object_del(node, SET_HERE);
    json_object_foreach(node, key, below)
    {
        forget_set(below);
    }
}

void effective_policy_descend(struct effective_policy *p, const json_t *contents)
{
    for (size_t i = 0; i < json_array_size(contents); i++) {
        lay_over(p, p->whole, json_array_get(contents, i), "");
    }
    for (size_t i = 0; i < json_array_size(contents); i++) {
        limit(p->whole, json_array_get(contents, i));
    }
    forget_set(p->whole);
}

const json_t *effective_policy_conflicts(const struct effective_policy *p)
{
    return p->conflicts;
}

static json_t *filled(const char *s, const char *account)
{
    struct text out;
    text_init(&out, POLICY_BYTES_MAX);
    for (const char *at = s; *at != '\0';) {
        if (str_starts(at, "$account")) {
            text_add(&out, account);
            at += strlen("$account");
        } else {
            text_addc(&out, *at++);
        }
    }
    json_t *value = jx_string(text_str(&out), out.length);
    text_release(&out);
    return value;
}

static json_t *bare(const json_t *node, const char *account)
{
    const json_t *value = json_is_object(node) ? json_object_get(node, "@@assign") : node;
    if (value == NULL) {
        json_t *out = json_object();
        const char *key = NULL;
        json_t *below = NULL;
        json_object_foreach((json_t *)(void *)(size_t)node, key, below)
        {
            if (!str_starts(key, "@@")) {
                json_t *name = filled(key, account);
                json_object_set_new(out, json_string_value(name), bare(below, account));
                json_decref(name);
            }
        }
        return out;
    }
    if (json_is_string(value)) {
        return filled(json_string_value(value), account);
    }
    if (json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++) {
            (void)json_array_append_new(list, bare(json_array_get(value, i), account));
        }
        return list;
    }
    return json_deep_copy(value);
}

json_t *effective_policy_result(const struct effective_policy *p, const char *account)
{
    return bare(p->whole, account);
}
