/* What the files of the Organizations service share with each other (and Control Tower, which acts
 * on the organization). */
#ifndef TOWERKEEP_SIM_SERVICES_ORGANIZATIONS_ORGANIZATIONS_H
#define TOWERKEEP_SIM_SERVICES_ORGANIZATIONS_ORGANIZATIONS_H

#include "base/text.h"
#include "sim.h"

/*
 * The state, global, kept for the management account; `set` paths of worlds go into it:
 *   organization {Id, Arn, FeatureSet, MasterAccountArn, MasterAccountId, MasterAccountEmail}
 *   root {Id, Arn, Name, PolicyTypes [{Type, Status}]}
 *   ous {id: {Id, Arn, Name, ParentId}}
 *   accounts {id: {Id, Arn, Email, Name, State, Status, JoinedMethod, JoinedTimestamp, ParentId}}
 *   policies {id: {Id, Arn, Name, Description, Type, AwsManaged, Content, targets {id: true},
 * everywhere, except {id: true}}} service_access {principal: epoch} delegated {principal: {account:
 * epoch}} resource_policy {Id, Arn, Content}          absent: none tags {id: {key: value}}
 *   create_account {car id: CreateAccountStatus}
 *   closures [epoch]                            when accounts were closed
 *   invalid_effective_policies {type: {account: [{ErrorCode, ErrorMessage, PathToError,
 * ContributingPolicies}]}} `everywhere` policies (FullAWSAccess) are attached to all targets but
 * `except`.
 */
json_t *org_state(struct sim *sim);

/* First line of every handler: who may call what. */
int org_guard(struct sim_call *call);
/* An error that carries a Reason beside its message. */
int org_constraint(struct sim_call *call, const char *reason, const char *message);
int org_invalid(struct sim_call *call, const char *reason, const char *message);
int org_refuse(struct sim_call *call, const char *code, const char *message); /* status 400 */

json_t *org_parse(const char *text); /* NULL when it is no JSON; new */
double org_now(struct sim *sim);
const char *org_parent(struct sim *sim,
                       const char *id); /* of an account or OU; NULL for the root and strangers */
bool org_target_exists(struct sim *sim, const char *id); /* root, OU or account */
json_t *org_object(json_t *parent, const char *key); /* the member, made when absent; borrowed */
void org_path(struct sim *sim, const char *id, struct text *out); /* "o-1/r-1/ou-1/acct/" */
json_t *org_account_out(struct sim *sim, const json_t *account);  /* as the API shows it; new */
bool org_id_is_root(struct sim *sim, const char *id);
void org_account_set_state(json_t *account,
                           const char *state); /* keeps the retired Status in step */
/* Turns the page sim_page() left in call->out (borrowed state objects) into what the API shows. */
void org_show_page(struct sim_call *call, json_t *(*show)(struct sim *sim, const json_t *row));

/* What other services do to the organization (no caller checks). */
void org_trust(struct sim *sim, const char *principal);
void org_delegate(struct sim *sim, const char *principal, const char *account);
void org_undelegate(struct sim *sim, const char *principal, const char *account);
bool org_is_delegated(struct sim *sim, const char *principal,
                      const char *account); /* principal NULL: any */
/* Makes or finds a service control policy and attaches it to the target; detach drops the policy
 * with its last target. */
void org_guardrail_attach(struct sim *sim, const char *name, const char *content,
                          const char *target);
void org_guardrail_detach(struct sim *sim, const char *name, const char *target);

/* policies */
json_t *org_policies(struct sim *sim);
json_t *org_policy_make(struct sim *sim, const char *id, const char *type, const char *name,
                        const char *description, const char *content); /* borrowed */
bool org_policy_attached(const json_t *policy, const char *target);
bool org_policy_type_enabled(struct sim *sim, const char *type);
void org_policies_init(struct sim *sim);
int org_policies_load(struct sim *sim, const json_t *list, struct err *err);
/* NULL when the text fits its type; else AWS's complaint (static). */
const char *org_policy_content_problem(const char *type, const char *content);
size_t org_policy_content_limit(const char *type);

/* handlers */
int org_describe_organization(struct sim_call *call);
int org_list_roots(struct sim_call *call);
int org_list_ous_for_parent(struct sim_call *call);
int org_list_accounts_for_parent(struct sim_call *call);
int org_list_accounts(struct sim_call *call);
int org_list_children(struct sim_call *call);
int org_list_parents(struct sim_call *call);
int org_describe_account(struct sim_call *call);
int org_describe_ou(struct sim_call *call);
int org_move_account(struct sim_call *call);
int org_create_account(struct sim_call *call);
int org_describe_create_account_status(struct sim_call *call);
int org_list_create_account_status(struct sim_call *call);
int org_close_account(struct sim_call *call);
int org_list_tags(struct sim_call *call);
int org_tag(struct sim_call *call);
int org_untag(struct sim_call *call);
/* Checks and applies a [{Key, Value}] list to `resource`; with check_only it changes nothing. */
int org_apply_tags(struct sim_call *call, const char *resource, const json_t *tags,
                   bool check_only);
int org_list_delegated_administrators(struct sim_call *call);
int org_list_delegated_services(struct sim_call *call);
int org_register_delegated_administrator(struct sim_call *call);
int org_deregister_delegated_administrator(struct sim_call *call);
int org_enable_service_access(struct sim_call *call);
int org_disable_service_access(struct sim_call *call);
int org_list_service_access(struct sim_call *call);
int org_describe_resource_policy(struct sim_call *call);
int org_put_resource_policy(struct sim_call *call);
int org_delete_resource_policy(struct sim_call *call);
int org_enable_policy_type(struct sim_call *call);
int org_disable_policy_type(struct sim_call *call);
int org_list_policies(struct sim_call *call);
int org_list_policies_for_target(struct sim_call *call);
int org_list_targets_for_policy(struct sim_call *call);
int org_describe_policy(struct sim_call *call);
int org_create_policy(struct sim_call *call);
int org_update_policy(struct sim_call *call);
int org_delete_policy(struct sim_call *call);
int org_attach_policy(struct sim_call *call);
int org_detach_policy(struct sim_call *call);
int org_describe_effective_policy(struct sim_call *call);
int org_list_invalid_accounts(struct sim_call *call);
int org_list_validation_errors(struct sim_call *call);

#endif
