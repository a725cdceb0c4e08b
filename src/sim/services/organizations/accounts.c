/* Organizations: accounts are described, made and closed. */
#include "services/organizations/organizations.h"

#include <stdio.h>

#include "base/jsonx.h"
#include "base/text.h"

#define CREATE_MS (INT64_C(150) * 1000)
#define CLOSE_MS (INT64_C(10) * 60 * 1000)
#define CLOSURE_WINDOW_S (30.0 * 86400)
/* The default quota is 10; worlds larger than that were granted room for their size. */
#define ACCOUNT_QUOTA 10U
#define CLOSURES_MIN 10U
#define CLOSURES_MAX 1000U

int org_describe_account(struct sim_call *call)
{
    const json_t *account;

    if (org_guard(call) != 0) {
        return -1;
    }
    account = sim_org_account(call->sim, jx_str(call->in, "AccountId"));
    if (account == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    json_object_set_new(call->out, "Account", org_account_out(call->sim, account));
    return 0;
}

/* --- creation --- */

static size_t quota(struct sim *sim)
{
    json_t *state = org_state(sim);
    long long set = jx_int(sim_world(sim), "organization.account_quota", 0);
    json_t *granted = json_object_get(state, "account_quota");

    if (set > 0) {
        return (size_t)set;
    }
    if (granted == NULL) {
        size_t have = json_object_size(sim_org_accounts(sim));
        granted = json_integer((json_int_t)(have + 5 > ACCOUNT_QUOTA ? have + 5 : ACCOUNT_QUOTA));
        json_object_set_new(state, "account_quota", granted);
    }
    return (size_t)json_integer_value(granted);
}

static bool email_taken(struct sim *sim, const char *email)
{
    const char *id;
    json_t *account;

    json_object_foreach(sim_org_accounts(sim), id, account)
    {
        if (str_equal(jx_str(account, "Email"), email)) {
            return true;
        }
    }
    return false;
}

static void new_account_id(struct sim *sim, char out[13])
{
    do {
        sim_new_id(sim, "0123456789", 12, out);
        out[0] = out[0] == '0' ? '9' : out[0];
    } while (sim_org_account(sim, out) != NULL);
}

static void create_failed(struct sim *sim, json_t *status, const char *reason)
{
    jx_set_str(status, "State", "FAILED");
    jx_set_str(status, "FailureReason", reason);
    json_object_set_new(status, "CompletedTimestamp", json_real(org_now(sim)));
}

static void create_done(struct sim *sim, json_t *what)
{
    json_t *state = org_state(sim);
    json_t *status = json_object_get(org_object(state, "create_account"), jx_str(what, "car"));
    const char *email = jx_str(what, "Email");
    json_t *account;
    char id[13], arn[160];

    if (status == NULL) {
        return;
    }
    if (jx_str(what, "problem") != NULL) {
        create_failed(sim, status, jx_str(what, "problem"));
        return;
    }
    if (email_taken(sim, email)) {
        create_failed(sim, status, "EMAIL_ALREADY_EXISTS");
        return;
    }
    if (json_object_size(sim_org_accounts(sim)) >= quota(sim)) {
        create_failed(sim, status, "ACCOUNT_LIMIT_EXCEEDED");
        return;
    }
    new_account_id(sim, id);
    snprintf(arn, sizeof arn, "arn:%s:organizations::%s:account/%s/%s", sim_partition(sim),
             sim_management_account(sim), sim_org_id(sim), id);
    account = json_pack("{ss ss ss ss ss sf ss}", "Id", id, "Arn", arn, "Email", email, "Name",
                        jx_str(what, "AccountName"), "JoinedMethod", "CREATED", "JoinedTimestamp",
                        org_now(sim), "ParentId", sim_org_root(sim));
    jx_set_str(account, "RoleName", jx_str_or(what, "RoleName", "OrganizationAccountAccessRole"));
    org_account_set_state(account, "ACTIVE");
    json_object_set_new(sim_org_accounts(sim), id, account);
    if (json_object_size(json_object_get(what, "tags")) > 0) {
        json_object_update(org_object(org_object(state, "tags"), id),
                           json_object_get(what, "tags"));
    }
    jx_set_str(status, "State", "SUCCEEDED");
    jx_set_str(status, "AccountId", id);
    json_object_set_new(status, "CompletedTimestamp", json_real(org_now(sim)));
}

int org_create_account(struct sim_call *call)
{
    struct sim *sim = call->sim;
    json_t *what, *status, *tags;
    char random[33], car[40];
    size_t i;
    json_t *tag;

    if (org_guard(call) != 0 ||
        org_apply_tags(call, "", json_object_get(call->in, "Tags"), true) != 0) {
        return -1;
    }
    if (str_ends(jx_str(call->in, "Email"), ".")) {
        return org_invalid(call, "INVALID_EMAIL_ADDRESS_TARGET",
                           "You specified an invalid email address.");
    }
    if (json_object_size(sim_org_accounts(sim)) >= quota(sim)) {
        return org_constraint(call, "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
                              "You have exceeded the allowed number of AWS accounts.");
    }
    sim_new_id(sim, "0123456789abcdef", 32, random);
    snprintf(car, sizeof car, "car-%s", random);
    status = json_pack("{ss ss ss sf}", "Id", car, "AccountName", jx_str(call->in, "AccountName"),
                       "State", "IN_PROGRESS", "RequestedTimestamp", org_now(sim));
    json_object_set_new(org_object(org_state(sim), "create_account"), car, status);
    what = json_copy(call->in);
    jx_set_str(what, "car", car);
    jx_set_str(what, "problem", call->fails);
    tags = org_object(what, "tags");
    json_array_foreach(json_object_get(call->in, "Tags"), i, tag)
    {
        jx_set_str(tags, jx_str(tag, "Key"), jx_str(tag, "Value"));
    }
    sim_later(sim, CREATE_MS, create_done, what);
    json_object_set_new(call->out, "CreateAccountStatus", json_deep_copy(status));
    return 0;
}

int org_describe_create_account_status(struct sim_call *call)
{
    const json_t *status;

    if (org_guard(call) != 0) {
        return -1;
    }
    status = json_object_get(org_object(org_state(call->sim), "create_account"),
                             jx_str(call->in, "CreateAccountRequestId"));
    if (status == NULL) {
        return org_refuse(call, "CreateAccountStatusNotFoundException",
                          "We can't find an create account request with the CreateAccountRequestId "
                          "that you specified.");
    }
    json_object_set_new(call->out, "CreateAccountStatus", json_deep_copy(status));
    return 0;
}

int org_list_create_account_status(struct sim_call *call)
{
    const json_t *states = json_object_get(call->in, "States");
    json_t *rows;
    const char *id;
    json_t *status;

    if (org_guard(call) != 0) {
        return -1;
    }
    rows = json_array();
    json_object_foreach(org_object(org_state(call->sim), "create_account"), id, status)
    {
        if (json_array_size(states) == 0 || jx_list_has(states, jx_str(status, "State"))) {
            json_array_append(rows, status);
        }
    }
    return sim_page_take(call, rows, 20);
}

/* --- closing --- */

static void close_done(struct sim *sim, json_t *what)
{
    json_t *account = sim_org_account(sim, json_string_value(what));

    if (account != NULL && str_equal(jx_str(account, "State"), "PENDING_CLOSURE")) {
        org_account_set_state(account, "CLOSED");
    }
}

static bool closures_used_up(struct sim *sim)
{
    const json_t *closures = json_object_get(org_state(sim), "closures");
    size_t allowed = json_object_size(sim_org_accounts(sim)) / 10, recent = 0;

    allowed = allowed < CLOSURES_MIN   ? CLOSURES_MIN
              : allowed > CLOSURES_MAX ? CLOSURES_MAX
                                       : allowed;
    for (size_t i = 0; i < json_array_size(closures); i++) {
        recent += json_number_value(json_array_get(closures, i)) > org_now(sim) - CLOSURE_WINDOW_S;
    }
    return recent >= allowed;
}

int org_close_account(struct sim_call *call)
{
    const char *id = jx_str(call->in, "AccountId");
    struct sim *sim = call->sim;
    json_t *account, *closures;
    const char *state;

    if (org_guard(call) != 0) {
        return -1;
    }
    account = sim_org_account(sim, id);
    if (account == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    if (str_equal(id, sim_management_account(sim))) {
        return org_constraint(call, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
                              "You can't close the management account of an organization.");
    }
    state = jx_str_or(account, "State", "");
    if (str_equal(state, "CLOSED") || str_equal(state, "SUSPENDED")) {
        return org_refuse(call, "AccountAlreadyClosedException",
                          "You attempted to close an account that is already closed.");
    }
    if (str_equal(state, "PENDING_CLOSURE")) {
        return org_refuse(call, "ConflictException",
                          "The request failed because it conflicts with the current state of the "
                          "specified resource.");
    }
    if (org_is_delegated(sim, NULL, id)) {
        return org_constraint(
            call, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You can't close an account that is a delegated administrator for a service.");
    }
    if (closures_used_up(sim)) {
        return org_constraint(call, "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
                              "You have exceeded the close account quota for the past 30 days.");
    }
    closures = json_object_get(org_state(sim), "closures");
    if (closures == NULL) {
        closures = json_array();
        json_object_set_new(org_state(sim), "closures", closures);
    }
    json_array_append_new(closures, json_real(org_now(sim)));
    org_account_set_state(account, "PENDING_CLOSURE");
    sim_later(sim, CLOSE_MS, close_done, json_string(id));
    return 0;
}
