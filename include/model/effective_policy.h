/*
 * The effective backup policy of an account: the policies attached to the root, to each OU on its
 * path and to the account itself, merged as AWS Organizations merges management policies
 * ("Inheritance operators" in its user guide), so that no API call for each account is needed.
 *   @@assign replaces the inherited value, @@append adds to a list, @@remove takes from it; a single
 * value counts as a list of one
 *   @@operators_allowed_for_child_policies limits what child policies may do to that member, and a
 * child cannot widen the limit: of several limits, only what all of them allow is allowed. Children
 * add members below it where it allows @@append or @@assign ("Backup policy syntax and examples",
 * examples 3 and 4).
 * Of policies attached to the same target, the one that was attached first sets a value. No API
 * returns that order: the given order is used, and what depends on it is listed as a conflict. */
#ifndef TOWERKEEP_MODEL_EFFECTIVE_POLICY_H
#define TOWERKEEP_MODEL_EFFECTIVE_POLICY_H

#include <jansson.h>

struct effective_policy;

struct effective_policy *effective_policy_new(void);
void effective_policy_free(struct effective_policy *p); /* accepts NULL */
/* Merges the policies attached to one target (a list of their contents) into the inherited
 * policy. */
void effective_policy_descend(struct effective_policy *p, const json_t *contents);
/* Paths ("plans.P.regions") that policies of the same target set to different values; borrowed. */
const json_t *effective_policy_conflicts(const struct effective_policy *p);
/* The result without operators, "$account" filled in; {} when there is none. The caller owns it. */
json_t *effective_policy_result(const struct effective_policy *p, const char *account);

#endif
