/* Organizations: policy types of the root, and what other services ask of policies. */
#include "services/organizations/organizations.h"

#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"

#define TYPE_CHANGE_MS (INT64_C(5) * 1000)

json_t *org_policies(struct sim *sim)
{
    return org_object(org_state(sim), "policies");
}

/* --- policy types --- */

static json_t *type_row(struct sim *sim, const char *type, size_t *index)
{
    json_t *types = json_object_get(org_object(org_state(sim), "root"), "PolicyTypes");
    size_t i;
    json_t *row;

    json_array_foreach(types, i, row)
    {
        if (str_equal(jx_str(row, "Type"), type)) {
            *index = i;
            return row;
        }
    }
    return NULL;
}

bool org_policy_type_enabled(struct sim *sim, const char *type)
{
    size_t index;

    return str_equal(jx_str(type_row(sim, type, &index), "Status"), "ENABLED");
}

static void type_enabled(struct sim *sim, json_t *what)
{
    size_t index;
    json_t *row = type_row(sim, json_string_value(what), &index);

    if (str_equal(jx_str(row, "Status"), "PENDING_ENABLE")) {
        jx_set_str(row, "Status", "ENABLED");
    }
}

/* A type that is switched off loses its attachments. */
static void type_disabled(struct sim *sim, json_t *what)
{
    const char *type = json_string_value(what);
    size_t index = 0;
    json_t *row = type_row(sim, type, &index);
    const char *id;
    json_t *policy;

    if (!str_equal(jx_str(row, "Status"), "PENDING_DISABLE")) {
        return;
    }
    json_array_remove(json_object_get(org_object(org_state(sim), "root"), "PolicyTypes"), index);
    json_object_foreach(org_policies(sim), id, policy)
    {
        if (str_equal(jx_str(policy, "Type"), type)) {
            json_object_clear(org_object(policy, "targets"));
        }
    }
}

static int need_root(struct sim_call *call)
{
    if (org_guard(call) != 0) {
        return -1;
    }
    if (!org_id_is_root(call->sim, jx_str(call->in, "RootId"))) {
        return org_refuse(call, "RootNotFoundException",
                          "You specified a root that doesn't exist.");
    }
    return 0;
}

static int answer_root(struct sim_call *call)
{
    json_object_set_new(call->out, "Root",
                        json_deep_copy(json_object_get(org_state(call->sim), "root")));
    return 0;
}

int org_enable_policy_type(struct sim_call *call)
{
    const char *type = jx_str(call->in, "PolicyType");
    struct sim *sim = call->sim;
    size_t index;

    if (need_root(call) != 0) {
        return -1;
    }
    if (!str_equal(jx_str(org_state(sim), "organization.FeatureSet"), "ALL")) {
        return org_refuse(call, "PolicyTypeNotAvailableForOrganizationException",
                          "You can't use the specified policy type with the feature set currently "
                          "enabled for this organization.");
    }
    if (type_row(sim, type, &index) != NULL) {
        return org_refuse(call, "PolicyTypeAlreadyEnabledException",
                          "The specified policy type is already enabled in the specified root.");
    }
    json_array_append_new(json_object_get(org_object(org_state(sim), "root"), "PolicyTypes"),
                          json_pack("{ss ss}", "Type", type, "Status", "PENDING_ENABLE"));
    sim_later(sim, TYPE_CHANGE_MS, type_enabled, json_string(type));
    return answer_root(call);
}

int org_disable_policy_type(struct sim_call *call)
{
    const char *type = jx_str(call->in, "PolicyType");
    size_t index;
    json_t *row;

    if (need_root(call) != 0) {
        return -1;
    }
    row = type_row(call->sim, type, &index);
    if (row == NULL) {
        return org_refuse(call, "PolicyTypeNotEnabledException",
                          "The specified policy type isn't currently enabled in this root.");
    }
    if (!str_equal(jx_str(row, "Status"), "ENABLED")) {
        return org_refuse(call, "PolicyChangesInProgressException",
                          "Changes to the effective policy are in progress, and its contents can't "
                          "be returned. Try the operation again later.");
    }
    jx_set_str(row, "Status", "PENDING_DISABLE");
    sim_later(call->sim, TYPE_CHANGE_MS, type_disabled, json_string(type));
    return answer_root(call);
}

/* --- for other services --- */

json_t *sim_org_scps(struct sim *sim, const char *account)
{
    json_t *list = json_array();
    const char *id;
    json_t *policy;

    if (str_equal(account, sim_management_account(sim)) ||
        !org_policy_type_enabled(sim, "SERVICE_CONTROL_POLICY")) {
        return list;
    }
    json_object_foreach(org_policies(sim), id, policy)
    {
        bool binds = false;

        if (!str_equal(jx_str(policy, "Type"), "SERVICE_CONTROL_POLICY")) {
            continue;
        }
        for (const char *at = account; at != NULL && !binds; at = org_parent(sim, at)) {
            binds = org_policy_attached(policy, at);
        }
        if (binds) {
            json_array_append(list, policy);
        }
    }
    return list;
}

static json_t *policy_named(struct sim *sim, const char *name)
{
    const char *id;
    json_t *policy;

    json_object_foreach(org_policies(sim), id, policy)
    {
        if (str_equal(jx_str(policy, "Name"), name)) {
            return policy;
        }
    }
    return NULL;
}

void org_guardrail_attach(struct sim *sim, const char *name, const char *content,
                          const char *target)
{
    json_t *policy = policy_named(sim, name);

    if (policy == NULL) {
        char id[24], random[11];

        sim_hash_id(sim, name, "0123456789abcdefghijklmnopqrstuvwxyz", 10, random);
        snprintf(id, sizeof id, "p-%s", random);
        policy = org_policy_make(sim, id, "SERVICE_CONTROL_POLICY", name,
                                 "Guardrail applied by AWS Control Tower", content);
    }
    json_object_set_new(org_object(policy, "targets"), target, json_true());
}

void org_guardrail_detach(struct sim *sim, const char *name, const char *target)
{
    json_t *policy = policy_named(sim, name);
    json_t *targets = json_object_get(policy, "targets");

    json_object_del(targets, target);
    if (policy != NULL && json_object_size(targets) == 0) {
        json_object_del(org_policies(sim), jx_str(policy, "Id"));
    }
}
