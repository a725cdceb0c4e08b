/* One normalized statement of a policy. */
#ifndef TOWERKEEP_MODEL_STATEMENT_H
#define TOWERKEEP_MODEL_STATEMENT_H

#include <jansson.h>
#include <stdbool.h>

/*
 * A normalized policy is a list of statements:
 *   {"Effect", "Principal": ["AWS:arn..", "Service:..", "AWS:*"], "Action": ["kms:decrypt"],
 * "Resource": [..], "Condition": {"stringequals": {"aws:principalorgid": ["o-.."]}}} with
 * NotPrincipal, NotAction, NotResource in the same form; absent members stay absent; lists are
 * sorted without
 * duplicates. */
json_t *statements_parse(const char *text); /* NULL: not a policy; the caller owns it */

bool statement_allows(const json_t *statement);
bool statement_to_everyone(
    const json_t *statement); /* Principal "*" in any spelling, or a NotPrincipal */
bool statement_has_principal(const json_t *statement, const char *principal);
/* Its Action patterns cover `action` (lower case; a '*' within `action` must be covered too);
 * NotAction is evaluated too. */
bool statement_covers_action(const json_t *statement, const char *action);
bool statement_covers_all_resources(const json_t *statement);
/* Its only condition is aws:PrincipalOrgID equal to this organization. */
bool statement_only_for_organization(const json_t *statement, const char *organization_id);
/* A condition on callers (organization, account, principal) restricts it, even with a wide
 * principal. */
bool statement_narrows_callers(const json_t *statement);
/* Adds to `list` the organizations other than ours that its positive conditions name. */
void statement_foreign_organizations(const json_t *statement, const char *organization_id,
                                     json_t *list);

struct policy_frame;
/* Sets "slips", "denies" and "denies_perhaps" of key_policy_describe(). */
void key_policy_faults(const json_t *statements, const struct policy_frame *frame, json_t *out);

void list_add_once(json_t *list,
                   const char *word); /* keeps a list of strings sorted and without duplicates */

#endif
