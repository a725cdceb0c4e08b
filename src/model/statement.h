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

struct policy_frame;
/* Sets "denies" and "denies_perhaps": the Deny statements that block roles of AWS Backup from one of
   the actions (NULL ends them), and those that may. */
void policy_denials(const json_t *statements, const struct policy_frame *frame,
                    const char *const *actions, json_t *out);
/* Sets "narrowed": the Allow statements that give the actions to a part of the organization. */
void policy_narrowed(const json_t *statements, const struct policy_frame *frame,
                     const char *const *actions, json_t *out);
/* Sets "slips", "denies", "denies_perhaps" and "narrowed" of key_policy_describe(). */
void key_policy_faults(const json_t *statements, const struct policy_frame *frame, json_t *out);

/* In lower case (ASCII). New. */
char *word_lower(const char *s);
void list_add_once(json_t *list,
                   const char *word); /* keeps a list of strings sorted and without duplicates */

#endif
