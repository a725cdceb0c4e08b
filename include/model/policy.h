/*
 * Resource policies read the way AWS reads them: a string is a list of one, order and Sid mean
 * nothing, actions and condition keys ignore case. What the analyses return is what rules see
 * (docs/subjects.md, key and vault).
 */
#ifndef TOWERKEEP_MODEL_POLICY_H
#define TOWERKEEP_MODEL_POLICY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct policy_frame { /* what "ours" means; strings borrowed */
    const char *partition, *management_account, *organization_id;
    bool (*is_member)(void *context,
                      const char *account_id); /* NULL: only the management account is known */
    void *context;
};

/* {"present","valid","management_root","org_statement","missing_actions","unconditional_star","foreign_accounts",
   "foreign_orgs","slips","denies","denies_perhaps"}; text NULL: there is no policy. `slips` are
   words that can name nothing (another partition, a placeholder, the id of a deleted principal);
   `denies` the positions of Deny statements that keep the roles AWS Backup works with from creating
   grants, decrypting or generating data keys, `denies_perhaps` those whose conditions cannot be
   judged from the policy alone. Yours. */
json_t *key_policy_describe(const char *text, const struct policy_frame *frame);
/* Does a key's policy let the account use it for copies of what it encrypts? Wanted are
   DescribeKey, Decrypt and CreateGrant, by name of the account, or for the whole organization
   ("Encryption for copies to a different account" in the AWS Backup developer guide). */
bool key_policy_shares(const char *text, const struct policy_frame *frame, const char *account);
/* Does a role's trust policy (its text, percent-encoded as IAM sends it or not) let the service
   take the role? */
bool role_trusts(const char *text, const char *service);
/* {"present","valid","allows_org_copy","open_to_all","foreign_orgs"}. Yours. */
json_t *vault_policy_describe(const char *text, const struct policy_frame *frame);
/* The organization's resource policy (Organizations, PutResourcePolicy):
   {"present","valid","manages","actions"}, the actions
   ("CreatePolicy") it lets `account` take on backup policies, `manages` all that change one;
   account NULL: none. Statements narrowed by conditions other than organizations:PolicyType and
   aws:PrincipalOrgID count as silent. Yours. */
json_t *delegation_policy_describe(const char *text, const char *account,
                                   const struct policy_frame *frame);

/* Does this service control policy keep accounts from leaving the organization? A Deny of
   organizations:LeaveOrganization counts, also one that excepts principals by their ARN. */
bool policy_denies_leaving(const char *text);

/* Equal bytes for policies that mean the same; false when the text is no policy. */
bool policy_canonical(const char *text, struct text *out);
/* False when either is no policy. */
bool policy_equal(const char *a, const char *b);

#endif
