/*
 * Replaces the names, IDs and texts of answers. Text is replaced word by word: a word that the
 * program reads stays, every other word becomes one of the same form (digits stay digits, upper
 * case stays upper case), and the same word becomes the same word everywhere. So ARNs, e-mail
 * addresses, patterns and policies keep their form, and every reference its target.
 */
#ifndef TOWERKEEP_WORKFLOW_PSEUDONYM_H
#define TOWERKEEP_WORKFLOW_PSEUDONYM_H

#include <jansson.h>
#include <stdbool.h>

struct pseudonym;
struct pseudonym *pseudonym_new(void);    /* with a random key that is never written anywhere */
void pseudonym_free(struct pseudonym *p); /* accepts NULL */
/* The replaced value, new. Members and values that the program does not read are counted under
 * `operation` (NULL: not counted). */
json_t *pseudonym_json(struct pseudonym *p, const json_t *value, const char *operation);
/* The replaced text, new. */
char *pseudonym_text(struct pseudonym *p, const char *text);
/* Is `value` a word of AWS (an enum) under this member? */
bool pseudonym_is_enum(const char *member, const char *value);
/* {"kms:DescribeKey KeyMetadata.NewMember": how often}, borrowed. */
const json_t *pseudonym_unknown_members(const struct pseudonym *p);
const json_t *pseudonym_unknown_values(const struct pseudonym *p);

#endif
