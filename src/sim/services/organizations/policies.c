/* Organizations: policies, where they are attached, and the policy types of the root. */
#include "services/organizations/organizations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#define POLICIES_MAX 1000U

/* What every target has from birth once the type is on. */
static const struct {
    const char *id, *name, *type, *description;
} managed[] = {
    {"p-FullAWSAccess", "FullAWSAccess", "SERVICE_CONTROL_POLICY",
     "Allows access to every operation"},
    {"p-RCPFullAWSAccess", "RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY",
     "Allows all access to resources"},
};

json_t *org_policy_make(struct sim *sim, const char *id, const char *type, const char *name,
                        const char *description, const char *content)
{
    json_t *policy = json_object();
    char arn[320], kind[64];
    size_t i;

    for (i = 0; type[i] != '\0' && i + 1 < sizeof kind; i++) {
        kind[i] = type[i] >= 'A' && type[i] <= 'Z' ? (char)(type[i] - 'A' + 'a') : type[i];
    }
    kind[i] = '\0';
    snprintf(arn, sizeof arn, "arn:%s:organizations::%s:policy/%s/%s/%s", sim_partition(sim),
             sim_management_account(sim), sim_org_id(sim), kind, id);
    jx_set_str(policy, "Id", id);
    jx_set_str(policy, "Arn", arn);
    jx_set_str(policy, "Name", name);
    jx_set_str(policy, "Description", description);
    jx_set_str(policy, "Type", type);
    json_object_set_new(policy, "AwsManaged", json_false());
    jx_set_str(policy, "Content", content);
    json_object_set_new(policy, "targets", json_object());
    json_object_set_new(org_policies(sim), id, policy);
    return policy;
}

void org_policies_init(struct sim *sim)
{
    for (size_t i = 0; i < sizeof managed / sizeof *managed; i++) {
        bool resource = str_equal(managed[i].type, "RESOURCE_CONTROL_POLICY");
        json_t *policy = org_policy_make(
            sim, managed[i].id, managed[i].type, managed[i].name, managed[i].description,
            resource ? "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                       "\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"
                     : "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                       "\"Action\":\"*\",\"Resource\":\"*\"}]}");
        char arn[160];

        snprintf(arn, sizeof arn, "arn:%s:organizations::aws:policy/%s/%s", sim_partition(sim),
                 resource ? "resource_control_policy" : "service_control_policy", managed[i].id);
        jx_set_str(policy, "Arn", arn);
        json_object_set_new(policy, "AwsManaged", json_true());
        json_object_set_new(policy, "everywhere", json_true());
        json_object_set_new(policy, "except", json_object());
    }
}

static int load_policy(struct sim *sim, const json_t *row, const char *where, struct err *err)
{
    const json_t *content = json_object_get(row, "content");
    const char *name = jx_str(row, "name"), *type = jx_str(row, "type");
    json_t *policy, *target;
    char id[24], random[11];
    char *text;
    size_t i;

    if (name == NULL || type == NULL || content == NULL) {
        return err_set(err, ERR_INPUT, "%s: expected a policy with name, type and content", where);
    }
    sim_hash_id(sim, name, "0123456789abcdefghijklmnopqrstuvwxyz", 10, random);
    snprintf(id, sizeof id, "p-%s", random);
    text = json_is_string(content) ? xstrdup(json_string_value(content)) : jx_dump(content);
    policy = org_policy_make(sim, jx_str_or(row, "id", id), type, name,
                             jx_str_or(row, "description", ""), text);
    free(text);
    json_array_foreach(json_object_get(row, "targets"), i, target)
    {
        const char *to = json_string_value(target);

        if (to == NULL || !org_target_exists(sim, to)) {
            return err_set(err, ERR_INPUT, "%s.targets[%zu]: unknown root, OU or account", where,
                           i);
        }
        json_object_set_new(org_object(policy, "targets"), to, json_true());
    }
    return 0;
}

int org_policies_load(struct sim *sim, const json_t *list, struct err *err)
{
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        char where[64];

        snprintf(where, sizeof where, "organization.policies[%zu]", i);
        if (load_policy(sim, row, where, err) != 0) {
            return -1;
        }
    }
    return 0;
}

bool org_policy_attached(const json_t *policy, const char *target)
{
    if (json_is_true(json_object_get(policy, "everywhere"))) {
        return json_object_get(json_object_get(policy, "except"), target) == NULL;
    }
    return json_object_get(json_object_get(policy, "targets"), target) != NULL;
}

/* new */
static json_t *org_policy_summary(const json_t *policy)
{
    static const char *const copied[] = {"Id", "Arn", "Name", "Description", "Type", "AwsManaged"};
    json_t *out = json_object();

    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        json_object_set(out, copied[i], json_object_get(policy, copied[i]));
    }
    return out;
}

/* --- reading --- */

static json_t *need_policy(struct sim_call *call)
{
    json_t *policy;

    if (org_guard(call) != 0) {
        return NULL;
    }
    policy = json_object_get(org_policies(call->sim), jx_str(call->in, "PolicyId"));
    if (policy == NULL) {
        org_refuse(call, "PolicyNotFoundException",
                   "We can't find a policy with the PolicyId that you specified.");
    }
    return policy;
}

static int need_target(struct sim_call *call)
{
    if (!org_target_exists(call->sim, jx_str(call->in, "TargetId"))) {
        return org_refuse(
            call, "TargetNotFoundException",
            "We can't find a root, OU, or account with the TargetId that you specified.");
    }
    return 0;
}

/* A page of summaries of the policies of a type, attached to `target` when it is given. */
static int page_policies(struct sim_call *call, const char *target)
{
    const char *type = jx_str(call->in, "Filter"), *id;
    json_t *rows = json_array();
    json_t *policy;

    json_object_foreach(org_policies(call->sim), id, policy)
    {
        if (str_equal(jx_str(policy, "Type"), type) &&
            (target == NULL ||
             (org_policy_attached(policy, target) && org_policy_type_enabled(call->sim, type)))) {
            json_array_append_new(rows, org_policy_summary(policy));
        }
    }
    return sim_page_take(call, rows, 20);
}

int org_list_policies(struct sim_call *call)
{
    return org_guard(call) != 0 ? -1 : page_policies(call, NULL);
}

int org_list_policies_for_target(struct sim_call *call)
{
    if (org_guard(call) != 0 || need_target(call) != 0) {
        return -1;
    }
    return page_policies(call, jx_str(call->in, "TargetId"));
}

static void add_target(struct sim *sim, json_t *rows, const json_t *policy, const char *id)
{
    const json_t *object = org_id_is_root(sim, id) ? json_object_get(org_state(sim), "root")
                           : str_starts(id, "ou-") ? sim_org_ou(sim, id)
                                                   : sim_org_account(sim, id);

    if (object == NULL || !org_policy_attached(policy, id)) {
        return;
    }
    json_array_append_new(rows,
                          json_pack("{ss ss ss ss}", "TargetId", id, "Arn", jx_str(object, "Arn"),
                                    "Name", jx_str(object, "Name"), "Type",
                                    org_id_is_root(sim, id) ? "ROOT"
                                    : str_starts(id, "ou-") ? "ORGANIZATIONAL_UNIT"
                                                            : "ACCOUNT"));
}

int org_list_targets_for_policy(struct sim_call *call)
{
    const json_t *policy = need_policy(call);
    struct sim *sim = call->sim;
    json_t *rows, *value;
    const char *id;

    if (policy == NULL) {
        return -1;
    }
    rows = json_array();
    if (json_is_true(json_object_get(policy, "everywhere"))) {
        add_target(sim, rows, policy, sim_org_root(sim));
        json_object_foreach(sim_org_ous(sim), id, value)
        {
            add_target(sim, rows, policy, id);
        }
        json_object_foreach(sim_org_accounts(sim), id, value)
        {
            add_target(sim, rows, policy, id);
        }
    } else {
        json_object_foreach(json_object_get(policy, "targets"), id, value)
        {
            add_target(sim, rows, policy, id);
        }
    }
    return sim_page_take(call, rows, 20);
}

static int show_policy(struct sim_call *call, const json_t *policy)
{
    json_object_set_new(call->out, "Policy",
                        json_pack("{so ss}", "PolicySummary", org_policy_summary(policy), "Content",
                                  jx_str(policy, "Content")));
    return 0;
}

int org_describe_policy(struct sim_call *call)
{
    const json_t *policy = need_policy(call);

    return policy == NULL ? -1 : show_policy(call, policy);
}

/* --- writing --- */

static int check_content(struct sim_call *call, const char *type, const char *content)
{
    const char *problem;

    if (strlen(content) > org_policy_content_limit(type)) {
        return org_constraint(call, "POLICY_CONTENT_LIMIT_EXCEEDED",
                              "You have exceeded the maximum size of a policy document.");
    }
    problem = org_policy_content_problem(type, content);
    return problem == NULL ? 0 : org_refuse(call, "MalformedPolicyDocumentException", problem);
}

static int check_name(struct sim_call *call, const char *type, const char *name,
                      const json_t *except)
{
    const char *id;
    json_t *policy;

    json_object_foreach(org_policies(call->sim), id, policy)
    {
        if (policy != except && str_equal(jx_str(policy, "Name"), name) &&
            str_equal(jx_str(policy, "Type"), type)) {
            return org_refuse(call, "DuplicatePolicyException",
                              "A policy with the same name already exists.");
        }
    }
    return 0;
}

int org_create_policy(struct sim_call *call)
{
    const char *type = jx_str(call->in, "Type"), *name = jx_str(call->in, "Name");
    const char *content = jx_str(call->in, "Content");
    const json_t *tags = json_object_get(call->in, "Tags");
    json_t *policy;
    char id[24], random[11];

    if (org_guard(call) != 0 || check_content(call, type, content) != 0 ||
        check_name(call, type, name, NULL) != 0 || org_apply_tags(call, "", tags, true) != 0) {
        return -1;
    }
    if (json_object_size(org_policies(call->sim)) >= POLICIES_MAX) {
        return org_constraint(
            call, "POLICY_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the number of policies that you can have in an organization.");
    }
    sim_new_id(call->sim, "0123456789abcdefghijklmnopqrstuvwxyz", 10, random);
    snprintf(id, sizeof id, "p-%s", random);
    policy = org_policy_make(call->sim, id, type, name, jx_str(call->in, "Description"), content);
    return org_apply_tags(call, id, tags, false) != 0 ? -1 : show_policy(call, policy);
}

static int need_own(struct sim_call *call, const json_t *policy)
{
    if (json_is_true(json_object_get(policy, "AwsManaged"))) {
        return org_invalid(call, "IMMUTABLE_POLICY",
                           "You specified a policy that is managed by AWS and can't be modified.");
    }
    return 0;
}

int org_update_policy(struct sim_call *call)
{
    json_t *policy = need_policy(call);
    const char *name = jx_str(call->in, "Name"), *content = jx_str(call->in, "Content");
    const char *type = jx_str(policy, "Type");

    if (policy == NULL || need_own(call, policy) != 0 ||
        (content != NULL && check_content(call, type, content) != 0) ||
        (name != NULL && check_name(call, type, name, policy) != 0)) {
        return -1;
    }
    jx_set_str(policy, "Name", name);
    jx_set_str(policy, "Content", content);
    jx_set_str(policy, "Description", jx_str(call->in, "Description"));
    return show_policy(call, policy);
}

int org_delete_policy(struct sim_call *call)
{
    json_t *policy = need_policy(call);

    if (policy == NULL || need_own(call, policy) != 0) {
        return -1;
    }
    if (json_object_size(json_object_get(policy, "targets")) > 0) {
        return org_refuse(call, "PolicyInUseException",
                          "The policy is attached to one or more entities. You must detach it from "
                          "all roots, OUs, and accounts before performing this operation.");
    }
    json_object_del(org_object(org_state(call->sim), "tags"), jx_str(call->in, "PolicyId"));
    json_object_del(org_policies(call->sim), jx_str(call->in, "PolicyId"));
    return 0;
}

static size_t attached_count(struct sim *sim, const char *type, const char *target)
{
    size_t count = 0;
    const char *id;
    json_t *policy;

    json_object_foreach(org_policies(sim), id, policy)
    {
        count += str_equal(jx_str(policy, "Type"), type) && org_policy_attached(policy, target);
    }
    return count;
}

static size_t attach_limit(const char *type)
{
    return str_equal(type, "RESOURCE_CONTROL_POLICY") ? 5 : 10;
}

int org_attach_policy(struct sim_call *call)
{
    json_t *policy = need_policy(call);
    const char *target = jx_str(call->in, "TargetId");
    const char *type = jx_str(policy, "Type");

    if (policy == NULL || need_target(call) != 0) {
        return -1;
    }
    if (!org_policy_type_enabled(call->sim, type)) {
        return org_refuse(call, "PolicyTypeNotEnabledException",
                          "The specified policy type isn't currently enabled in this root.");
    }
    if (org_policy_attached(policy, target)) {
        return org_refuse(call, "DuplicatePolicyAttachmentException",
                          "The selected policy is already attached to the specified target.");
    }
    if (attached_count(call->sim, type, target) >= attach_limit(type)) {
        return org_constraint(call, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                              "You have exceeded the number of policies of the specified type that "
                              "can be attached to an entity.");
    }
    if (json_is_true(json_object_get(policy, "everywhere"))) {
        json_object_del(org_object(policy, "except"), target);
    } else {
        /* Policies of one target count in the order in which they were attached. */
        long long order = jx_int(org_state(call->sim), "attachments", 0) + 1;
        json_object_set_new(org_state(call->sim), "attachments", json_integer(order));
        json_object_set_new(org_object(policy, "targets"), target, json_integer(order));
    }
    return 0;
}

int org_detach_policy(struct sim_call *call)
{
    json_t *policy = need_policy(call);
    const char *target = jx_str(call->in, "TargetId");
    const char *type = jx_str(policy, "Type");

    if (policy == NULL || need_target(call) != 0) {
        return -1;
    }
    if (!org_policy_attached(policy, target)) {
        return org_refuse(
            call, "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.");
    }
    if (str_equal(jx_str(policy, "Id"), "p-RCPFullAWSAccess")) {
        return org_invalid(call, "NON_DETACHABLE_POLICY",
                           "You can't detach this AWS managed policy.");
    }
    if (str_equal(type, "SERVICE_CONTROL_POLICY") && attached_count(call->sim, type, target) <= 1) {
        return org_constraint(
            call, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You must have at least one policy of this type attached to the entity.");
    }
    if (json_is_true(json_object_get(policy, "everywhere"))) {
        json_object_set_new(org_object(policy, "except"), target, json_true());
    } else {
        json_object_del(org_object(policy, "targets"), target);
    }
    return 0;
}
