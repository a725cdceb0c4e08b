/*
 * Resource policies read the way AWS reads them: a string is a list of one, order and Sid have no
 * effect, actions and condition keys ignore case. Rules use the results of these functions
 * (docs/subjects.md, key and
 * vault). */
#ifndef TOWERKEEP_MODEL_POLICY_H
#define TOWERKEEP_MODEL_POLICY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct policy_frame { /* defines "our" organization and accounts; strings borrowed */
    const char *partition, *management_account, *organization_id;
    bool (*is_member)(void *context,
                      const char *account_id); /* NULL: only the management account is known */
    void *context;
};

/* {"present","valid","management_root","org_statement","missing_actions","unconditional_star","foreign_accounts",
   "foreign_orgs","slips","denies","denies_perhaps"}; text NULL: there is no policy. `slips` are
   values that cannot match anything (another partition, a placeholder, the id of a deleted
   principal); `denies` are the positions of Deny statements that prevent the roles of AWS Backup
   from creating grants, decrypting or generating data keys, `denies_perhaps` those whose conditions
   cannot be evaluated from the policy alone. The caller owns it. */
json_t *key_policy_describe(const char *text, const struct policy_frame *frame);
/* True when a key's policy lets the account use the key for copies of the resources it encrypts.
   Required are DescribeKey, Decrypt and CreateGrant, for the account by id or for the whole
   organization
   ("Encryption for copies to a different account" in the AWS Backup developer guide). */
bool key_policy_shares(const char *text, const struct policy_frame *frame, const char *account);
/* True when a role's trust policy (its text, percent-encoded as in IAM's answer, or plain) lets the
 * service assume the role. */
bool role_trusts(const char *text, const char *service);
/* {"present","valid","allows_org_copy","open_to_all","foreign_orgs"}. Yours. */
json_t *vault_policy_describe(const char *text, const struct policy_frame *frame);
/* The organization's resource policy (Organizations, PutResourcePolicy):
   {"present","valid","manages","actions"}, the actions
   ("CreatePolicy") that it allows `account` on backup policies, `manages`: it allows all that
   change one; account NULL: none. Statements with conditions other than organizations:PolicyType
   and aws:PrincipalOrgID are ignored. The caller owns it. */
json_t *delegation_policy_describe(const char *text, const char *account,
                                   const struct policy_frame *frame);

/* True when this service control policy prevents accounts from leaving the organization. A Deny of
 * organizations:LeaveOrganization counts, including one with exceptions for principals by ARN. */
bool policy_denies_leaving(const char *text);

/* False when either text is not a policy. */
bool policy_equal(const char *a, const char *b);

#endif
