/* Organizations: trusted access, delegated administrators, the delegation policy and tags. */
#include "services/organizations/organizations.h"

#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"

#define TAGS_MAX 50U
#define ADMINISTRATORS_MAX 5U

/* --- trusted access --- */

static bool service_principal(const char *name)
{
    return str_ends(name, ".amazonaws.com") && strlen(name) > strlen(".amazonaws.com");
}

void org_trust(struct sim *sim, const char *principal)
{
    json_t *access = org_object(org_state(sim), "service_access");

    if (json_object_get(access, principal) == NULL) {
        json_object_set_new(access, principal, json_real(org_now(sim)));
    }
}

int org_enable_service_access(struct sim_call *call)
{
    const char *principal = jx_str(call->in, "ServicePrincipal");

    if (org_guard(call) != 0) {
        return -1;
    }
    if (!service_principal(principal)) {
        return org_invalid(call, "UNRECOGNIZED_SERVICE_PRINCIPAL",
                           "You specified an unrecognized service principal.");
    }
    org_trust(call->sim, principal);
    return 0;
}

int org_disable_service_access(struct sim_call *call)
{
    const char *principal = jx_str(call->in, "ServicePrincipal");
    json_t *state = org_state(call->sim);

    if (org_guard(call) != 0) {
        return -1;
    }
    if (!service_principal(principal)) {
        return org_invalid(call, "UNRECOGNIZED_SERVICE_PRINCIPAL",
                           "You specified an unrecognized service principal.");
    }
    if (json_object_size(json_object_get(org_object(state, "delegated"), principal)) > 0) {
        return org_constraint(call, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
                              "A delegated administrator is registered for this service.");
    }
    json_object_del(org_object(state, "service_access"), principal);
    return 0;
}

int org_list_service_access(struct sim_call *call)
{
    json_t *rows;
    const char *principal;
    json_t *since;

    if (org_guard(call) != 0) {
        return -1;
    }
    rows = json_array();
    json_object_foreach(org_object(org_state(call->sim), "service_access"), principal, since)
    {
        json_array_append_new(
            rows, json_pack("{ss sO}", "ServicePrincipal", principal, "DateEnabled", since));
    }
    return sim_page_take(call, rows, 20);
}

/* --- delegated administrators --- */

void org_delegate(struct sim *sim, const char *principal, const char *account)
{
    json_t *accounts = org_object(org_object(org_state(sim), "delegated"), principal);

    if (json_object_get(accounts, account) == NULL) {
        json_object_set_new(accounts, account, json_real(org_now(sim)));
    }
}

void org_undelegate(struct sim *sim, const char *principal, const char *account)
{
    json_object_del(org_object(org_object(org_state(sim), "delegated"), principal), account);
}

bool org_is_delegated(struct sim *sim, const char *principal, const char *account)
{
    const char *service;
    json_t *accounts;

    json_object_foreach(org_object(org_state(sim), "delegated"), service, accounts)
    {
        if ((principal == NULL || str_equal(service, principal)) &&
            json_object_get(accounts, account) != NULL) {
            return true;
        }
    }
    return false;
}

int org_register_delegated_administrator(struct sim_call *call)
{
    const char *principal = jx_str(call->in, "ServicePrincipal");
    const char *id = jx_str(call->in, "AccountId");
    struct sim *sim = call->sim;
    const json_t *account;

    if (org_guard(call) != 0) {
        return -1;
    }
    account = sim_org_account(sim, id);
    if (account == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    if (!service_principal(principal)) {
        return org_invalid(call, "UNRECOGNIZED_SERVICE_PRINCIPAL",
                           "You specified an unrecognized service principal.");
    }
    if (str_equal(id, sim_management_account(sim))) {
        return org_constraint(call, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
                              "You cannot register master account/yourself as delegated "
                              "administrator for your organization.");
    }
    if (!str_equal(jx_str(account, "State"), "ACTIVE")) {
        return org_constraint(
            call, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as delegated administrator.");
    }
    if (json_object_get(org_object(org_state(sim), "service_access"), principal) == NULL) {
        return org_constraint(
            call, "SERVICE_ACCESS_NOT_ENABLED",
            "Trusted access for this service is not enabled in your organization.");
    }
    if (org_is_delegated(sim, principal, id)) {
        return org_refuse(
            call, "AccountAlreadyRegisteredException",
            "The provided account is already a delegated administrator for your organization.");
    }
    if (json_object_size(json_object_get(org_object(org_state(sim), "delegated"), principal)) >=
        ADMINISTRATORS_MAX) {
        return org_constraint(call, "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
                              "You have exceeded the allowed number of delegated administrators "
                              "for the delegated service.");
    }
    org_delegate(sim, principal, id);
    return 0;
}

int org_deregister_delegated_administrator(struct sim_call *call)
{
    const char *principal = jx_str(call->in, "ServicePrincipal");
    const char *id = jx_str(call->in, "AccountId");

    if (org_guard(call) != 0) {
        return -1;
    }
    if (sim_org_account(call->sim, id) == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    if (!org_is_delegated(call->sim, principal, id)) {
        return org_refuse(call, "AccountNotRegisteredException",
                          "The provided account is not a registered delegated administrator for "
                          "your organization.");
    }
    org_undelegate(call->sim, principal, id);
    return 0;
}

/* When the account first became an administrator of the service (any service when NULL); 0 when it
 * is none. */
static double delegated_since(struct sim *sim, const char *principal, const char *account)
{
    double since = 0;
    const char *service;
    json_t *accounts;

    json_object_foreach(org_object(org_state(sim), "delegated"), service, accounts)
    {
        const json_t *date = json_object_get(accounts, account);
        if (date != NULL && (principal == NULL || str_equal(service, principal)) &&
            (since < 1 || json_number_value(date) < since)) {
            since = json_number_value(date);
        }
    }
    return since;
}

int org_list_delegated_administrators(struct sim_call *call)
{
    const char *principal = jx_str(call->in, "ServicePrincipal");
    struct sim *sim = call->sim;
    json_t *rows, *seen, *accounts, *since;
    const char *service, *id;
    int rc;

    if (org_guard(call) != 0) {
        return -1;
    }
    rows = json_array();
    seen = json_object();
    json_object_foreach(org_object(org_state(sim), "delegated"), service, accounts)
    {
        if (principal != NULL && !str_equal(principal, service)) {
            continue;
        }
        json_object_foreach(accounts, id, since)
        {
            const json_t *account = sim_org_account(sim, id);
            if (account != NULL && json_object_get(seen, id) == NULL) {
                json_t *row = org_account_out(sim, account);
                json_object_del(row, "Paths");
                json_object_set_new(row, "DelegationEnabledDate",
                                    json_real(delegated_since(sim, principal, id)));
                json_array_append_new(rows, row);
                json_object_set_new(seen, id, json_true());
            }
        }
    }
    rc = sim_page(call, rows, 20);
    json_decref(seen);
    json_decref(rows);
    return rc;
}

int org_list_delegated_services(struct sim_call *call)
{
    const char *id = jx_str(call->in, "AccountId");
    struct sim *sim = call->sim;
    const char *service;
    json_t *accounts, *rows;

    if (org_guard(call) != 0) {
        return -1;
    }
    if (sim_org_account(sim, id) == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    if (!org_is_delegated(sim, NULL, id)) {
        return org_refuse(call, "AccountNotRegisteredException",
                          "The provided account is not a registered delegated administrator for "
                          "your organization.");
    }
    rows = json_array();
    json_object_foreach(org_object(org_state(sim), "delegated"), service, accounts)
    {
        json_t *since = json_object_get(accounts, id);
        if (since != NULL) {
            json_array_append_new(rows, json_pack("{ss sO}", "ServicePrincipal", service,
                                                  "DelegationEnabledDate", since));
        }
    }
    return sim_page_take(call, rows, 20);
}

/* --- the delegation policy --- */

static void show_resource_policy(struct sim_call *call)
{
    const json_t *policy = json_object_get(org_state(call->sim), "resource_policy");

    json_object_set_new(call->out, "ResourcePolicy",
                        json_pack("{s{ss ss} ss}", "ResourcePolicySummary", "Id",
                                  jx_str(policy, "Id"), "Arn", jx_str(policy, "Arn"), "Content",
                                  jx_str(policy, "Content")));
}

int org_describe_resource_policy(struct sim_call *call)
{
    if (org_guard(call) != 0) {
        return -1;
    }
    if (json_object_get(org_state(call->sim), "resource_policy") == NULL) {
        return org_refuse(
            call, "ResourcePolicyNotFoundException",
            "We can't find a resource policy request with the parameter that you specified.");
    }
    show_resource_policy(call);
    return 0;
}

static const char *resource_policy_problem(const json_t *document)
{
    const json_t *statements = json_object_get(document, "Statement");

    if (!json_is_object(document) || !json_is_array(statements) ||
        json_array_size(statements) == 0) {
        return "The provided resource policy is not valid JSON with a list of statements.";
    }
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *statement = json_array_get(statements, i);
        const char *effect = jx_str(statement, "Effect");

        if (!str_equal(effect, "Allow") && !str_equal(effect, "Deny")) {
            return "Every statement of the resource policy needs an Effect of Allow or Deny.";
        }
        if (json_object_get(statement, "Principal") == NULL ||
            json_object_get(statement, "Action") == NULL ||
            json_object_get(statement, "Resource") == NULL) {
            return "Every statement of the resource policy needs Principal, Action and Resource.";
        }
    }
    return NULL;
}

int org_put_resource_policy(struct sim_call *call)
{
    const char *content = jx_str(call->in, "Content");
    json_t *state = org_state(call->sim);
    json_t *document, *policy;
    const char *problem;

    if (org_guard(call) != 0 ||
        org_apply_tags(call, "", json_object_get(call->in, "Tags"), true) != 0) {
        return -1;
    }
    document = org_parse(content);
    problem = resource_policy_problem(document);
    json_decref(document);
    if (problem != NULL) {
        return org_invalid(call, "INVALID_RESOURCE_POLICY_JSON", problem);
    }
    policy = json_object_get(state, "resource_policy");
    if (policy == NULL) {
        char random[9], text[160];

        policy = org_object(state, "resource_policy");
        sim_new_id(call->sim, "0123456789abcdefghijklmnopqrstuvwxyz", 8, random);
        snprintf(text, sizeof text, "rp-%s", random);
        jx_set_str(policy, "Id", text);
        snprintf(text, sizeof text, "arn:%s:organizations::%s:resourcepolicy/%s/rp-%s",
                 sim_partition(call->sim), sim_management_account(call->sim), sim_org_id(call->sim),
                 random);
        jx_set_str(policy, "Arn", text);
    }
    jx_set_str(policy, "Content", content);
    if (org_apply_tags(call, jx_str(policy, "Id"), json_object_get(call->in, "Tags"), false) != 0) {
        return -1;
    }
    show_resource_policy(call);
    return 0;
}

int org_delete_resource_policy(struct sim_call *call)
{
    if (org_guard(call) != 0) {
        return -1;
    }
    if (json_object_del(org_state(call->sim), "resource_policy") != 0) {
        return org_refuse(
            call, "ResourcePolicyNotFoundException",
            "We can't find a resource policy request with the parameter that you specified.");
    }
    return 0;
}

/* --- tags --- */

static bool taggable(struct sim *sim, const char *id)
{
    const json_t *state = org_state(sim);

    return org_target_exists(sim, id) || json_object_get(json_object_get(state, "policies"), id) ||
           str_equal(jx_str(state, "resource_policy.Id"), id);
}

int org_apply_tags(struct sim_call *call, const char *resource, const json_t *tags, bool check_only)
{
    json_t *have = json_object_get(org_object(org_state(call->sim), "tags"), resource);
    json_t *merged;
    size_t i;
    json_t *tag;

    if (json_array_size(tags) == 0) {
        return 0;
    }
    merged = have != NULL ? json_copy(have) : json_object();
    for (i = 0; i < json_array_size(tags); i++) {
        const char *key = jx_str(json_array_get(tags, i), "Key");

        if (str_starts(key, "aws:")) {
            json_decref(merged);
            return org_invalid(call, "INVALID_SYSTEM_TAGS_PARAMETER",
                               "You specified a tag key that is a system tag.");
        }
        for (size_t before = 0; before < i; before++) {
            if (str_equal(jx_str(json_array_get(tags, before), "Key"), key)) {
                json_decref(merged);
                return org_invalid(call, "DUPLICATE_TAG_KEY",
                                   "Tag keys must be unique among the tags.");
            }
        }
    }
    json_array_foreach(tags, i, tag)
    {
        jx_set_str(merged, jx_str(tag, "Key"), jx_str(tag, "Value"));
    }
    if (json_object_size(merged) > TAGS_MAX) {
        json_decref(merged);
        return org_constraint(call, "MAX_TAG_LIMIT_EXCEEDED",
                              "You have exceeded the number of tags allowed on this resource.");
    }
    if (!check_only) {
        json_object_set(org_object(org_state(call->sim), "tags"), resource, merged);
    }
    json_decref(merged);
    return 0;
}

static int need_taggable(struct sim_call *call)
{
    if (org_guard(call) != 0) {
        return -1;
    }
    if (!taggable(call->sim, jx_str(call->in, "ResourceId"))) {
        return org_refuse(call, "TargetNotFoundException",
                          "You specified a target that doesn't exist.");
    }
    return 0;
}

int org_list_tags(struct sim_call *call)
{
    const char *key;
    json_t *value, *rows;

    if (need_taggable(call) != 0) {
        return -1;
    }
    rows = json_array();
    json_object_foreach(
        json_object_get(org_object(org_state(call->sim), "tags"), jx_str(call->in, "ResourceId")),
        key, value)
    {
        json_array_append_new(rows, json_pack("{ss sO}", "Key", key, "Value", value));
    }
    return sim_page_take(call, rows, 0);
}

int org_tag(struct sim_call *call)
{
    if (need_taggable(call) != 0) {
        return -1;
    }
    return org_apply_tags(call, jx_str(call->in, "ResourceId"), json_object_get(call->in, "Tags"),
                          false);
}

int org_untag(struct sim_call *call)
{
    json_t *tags, *key;
    size_t i;

    if (need_taggable(call) != 0) {
        return -1;
    }
    tags =
        json_object_get(org_object(org_state(call->sim), "tags"), jx_str(call->in, "ResourceId"));
    json_array_foreach(json_object_get(call->in, "TagKeys"), i, key)
    {
        json_object_del(tags, json_string_value(key));
    }
    return 0;
}
