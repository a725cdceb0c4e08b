/*
 * The effective backup policy of an account: the policies attached to the root, to each OU on its
 * path and to the account itself, merged as AWS Organizations merges management policies
 * ("Inheritance operators" in its user guide), so that no API call for each account is needed.
 *   @@assign replaces the inherited value, @@append adds to a list, @@remove takes from it
 *   @@operators_allowed_for_child_policies limits what child policies may do to that member, and a
 * child cannot widen the limit; where it does not allow @@assign, children cannot add members below
 * it (inferred from AWS's examples, which repeat the limit at every level) AWS does not document
 * the order of policies attached to the same target; the given order is
 * used. */
#ifndef TOWERKEEP_MODEL_EFFECTIVE_POLICY_H
#define TOWERKEEP_MODEL_EFFECTIVE_POLICY_H

#include <jansson.h>

struct effective_policy;

struct effective_policy *effective_policy_new(void);
void effective_policy_free(struct effective_policy *p); /* accepts NULL */
/* Merges the policies attached to one target (a list of their contents) into the inherited
 * policy. */
void effective_policy_descend(struct effective_policy *p, const json_t *contents);
/* The result without operators, "$account" filled in; {} when there is none. The caller owns it. */
json_t *effective_policy_result(const struct effective_policy *p, const char *account);

#endif
