/* Organizations: what is left of management policies after inheritance. */
#include "services/organizations/organizations.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#define STEPS_MAX 32
#define OPERATORS_ALLOWED "@@operators_allowed_for_child_policies"

static bool child_may(const json_t *node, const char *operator)
{
    const json_t *allowed = json_object_get(node, OPERATORS_ALLOWED);

    return allowed == NULL || jx_list_has(allowed, "@@all") || jx_list_has(allowed, operator);
}

static bool child_may_add(const json_t *node)
{
    return child_may(node, "@@append") || child_may(node, "@@assign");
}

/* A single value is a list of one; new. */
static json_t *list_of(json_t *value)
{
    return json_is_array(value) ? json_copy(value) : json_pack("[O]", value);
}

static void list_change(json_t *node, json_t *change, bool append)
{
    json_t *have = json_object_get(node, "@@assign"), *wanted = list_of(change);
    json_t *before = have != NULL ? list_of(have) : json_array(), *result = json_array();

    for (size_t i = 0; i < json_array_size(before); i++) {
        json_t *one = json_array_get(before, i);
        if (append || !jx_list_has(wanted, json_string_value(one))) {
            json_array_append(result, one);
        }
    }
    for (size_t i = 0; append && i < json_array_size(wanted); i++) {
        json_t *one = json_array_get(wanted, i);
        if (!json_is_string(one) || !jx_list_has(result, json_string_value(one))) {
            json_array_append(result, one);
        }
    }
    json_object_set_new(node, "@@assign", result);
    json_decref(before);
    json_decref(wanted);
}

/* Lays `over` on what came from above. `set` lists the nodes (their addresses) that a policy of the
 * same target has assigned: the policy that was attached first wins. */
static void merge(json_t *node, json_t *over, json_t *set)
{
    const char *key;
    json_t *value;

    json_object_foreach(over, key, value)
    {
        if (str_equal(key, "@@assign")) {
            char *address = xasprintf("%p", (void *)node);
            if (child_may(node, key) && json_object_get(set, address) == NULL) {
                json_object_set(node, key, value);
                json_object_set_new(set, address, json_true());
            }
            free(address);
        } else if (str_equal(key, "@@append") || str_equal(key, "@@remove")) {
            if (child_may(node, key)) {
                list_change(node, value, key[2] == 'a');
            }
        } else if (!str_starts(key, "@@") &&
                   (json_object_get(node, key) != NULL || child_may_add(node))) {
            merge(org_object(node, key), value, set);
        }
    }
}

/* What children of a target may do: what all of its policies and all above allow. */
static void restrict_children(json_t *node, json_t *over)
{
    json_t *allowed = json_object_get(over, OPERATORS_ALLOWED);
    const char *key;
    json_t *value;

    if (allowed != NULL && !jx_list_has(allowed, "@@all")) {
        json_t *both = json_array();
        for (size_t i = 0; i < json_array_size(allowed); i++) {
            json_t *one = json_array_get(allowed, i);
            if (json_is_string(one) && child_may(node, json_string_value(one))) {
                json_array_append(both, one);
            }
        }
        json_object_set_new(node, OPERATORS_ALLOWED, both);
    }
    json_object_foreach(over, key, value)
    {
        if (!str_starts(key, "@@") && json_object_get(node, key) != NULL) {
            restrict_children(json_object_get(node, key), value);
        }
    }
}

/* The value without its operators; new. */
static json_t *bare(json_t *node)
{
    json_t *assigned = json_object_get(node, "@@assign"), *out, *value;
    const char *key;

    if (assigned != NULL) {
        return json_deep_copy(assigned);
    }
    out = json_object();
    json_object_foreach(node, key, value)
    {
        if (!str_starts(key, "@@")) {
            json_object_set_new(out, key, bare(value));
        }
    }
    return out;
}

/* The policies of a type on a target, as they were attached; new: [{"at", "document"}]. */
static json_t *attached_in_order(struct sim *sim, const char *type, const char *target)
{
    json_t *list = json_array(), *policy;
    const char *id;

    json_object_foreach(org_object(org_state(sim), "policies"), id, policy)
    {
        json_int_t at =
            json_integer_value(json_object_get(json_object_get(policy, "targets"), target));
        size_t i = 0;

        if (!str_equal(jx_str(policy, "Type"), type) || !org_policy_attached(policy, target)) {
            continue;
        }
        while (i < json_array_size(list) && jx_int(json_array_get(list, i), "at", 0) <= at) {
            i++;
        }
        json_array_insert_new(
            list, i,
            json_pack("{sI so}", "at", at, "document", org_parse(jx_str(policy, "Content"))));
    }
    return list;
}

static bool merge_target(struct sim *sim, json_t *whole, const char *type, const char *target)
{
    json_t *list = attached_in_order(sim, type, target), *set = json_object();
    bool any = json_array_size(list) > 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        merge(whole, jx_get(json_array_get(list, i), "document"), set);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        restrict_children(whole, jx_get(json_array_get(list, i), "document"));
    }
    json_decref(list);
    json_decref(set);
    return any;
}

/* The merged text of all policies of a type that reach an account; new, NULL when none does. */
static char *org_effective_policy(struct sim *sim, const char *type, const char *account)
{
    const char *steps[STEPS_MAX];
    json_t *whole = json_object(), *shown;
    size_t count = 0;
    bool any = false;
    char *text = NULL;

    for (const char *at = account; at != NULL && count < STEPS_MAX; at = org_parent(sim, at)) {
        steps[count++] = at;
    }
    while (count > 0) {
        any = merge_target(sim, whole, type, steps[--count]) || any;
    }
    if (any) {
        shown = bare(whole);
        text = jx_dump(shown);
        json_decref(shown);
    }
    json_decref(whole);
    return text;
}

int org_describe_effective_policy(struct sim_call *call)
{
    const char *type = jx_str(call->in, "PolicyType");
    const char *target = jx_str_or(call->in, "TargetId", call->account);
    char *text;

    if (org_guard(call) != 0) {
        return -1;
    }
    if (!str_is_account_id(target)) {
        return org_invalid(call, "TARGET_NOT_SUPPORTED",
                           "You can't perform the specified operation on that target entity.");
    }
    if (sim_org_account(call->sim, target) == NULL) {
        return org_refuse(
            call, "TargetNotFoundException",
            "We can't find a root, OU, or account with the TargetId that you specified.");
    }
    text = org_policy_type_enabled(call->sim, type) ? org_effective_policy(call->sim, type, target)
                                                    : NULL;
    if (text == NULL) {
        return org_refuse(
            call, "EffectivePolicyNotFoundException",
            "If you ran this action on the management account, this policy type is not "
            "enabled. If you ran the action on a member account, the account doesn't "
            "have an effective policy of this type.");
    }
    json_object_set_new(call->out, "EffectivePolicy",
                        json_pack("{ss sf ss ss}", "PolicyContent", text, "LastUpdatedTimestamp",
                                  org_now(call->sim), "TargetId", target, "PolicyType", type));
    free(text);
    return 0;
}
