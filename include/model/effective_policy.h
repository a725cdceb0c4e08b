/*
 * What backup policies come to for an account: those attached to the root, to each OU on the way
 * down and to the account itself, merged as AWS Organizations merges management policies
 * ("Inheritance operators" in its user guide), so that nobody has to ask account by account.
 *   @@assign replaces what came from above, @@append adds to a list, @@remove takes from it
 *   @@operators_allowed_for_child_policies limits what policies further down may do to that member,
 *   and a limit cannot be widened again; where it does not allow @@assign, nothing new may be added
 *   below it (inferred from AWS's examples, which repeat the limit at every level)
 * The order of policies attached to one and the same place is not documented; the order given
 * counts.
 */
#ifndef TOWERKEEP_MODEL_EFFECTIVE_POLICY_H
#define TOWERKEEP_MODEL_EFFECTIVE_POLICY_H

#include <jansson.h>

struct effective_policy;

struct effective_policy *effective_policy_new(void);
void effective_policy_free(struct effective_policy *p); /* accepts NULL */
/* Lays the policies attached to one place (a list of their contents) over what came from above. */
void effective_policy_descend(struct effective_policy *p, const json_t *contents);
/* The result without operators, "$account" filled in; {} when there is none. Yours. */
json_t *effective_policy_result(const struct effective_policy *p, const char *account);

#endif
