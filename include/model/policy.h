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

/* Defines "our" organization and accounts; strings borrowed. */
struct policy_frame {
    const char *partition, *management_account, *organization_id;
    const char *root_id;         /* of the organization; NULL: unknown */
    const char *central_account; /* the central backup account; NULL: unknown */
    const char *resource;        /* ARN of what the policy belongs to; NULL: unknown */
    /* NULL: only the management account is known. */
    bool (*is_member)(void *context, const char *account_id);
    /* Each account whose backups the policy is for, with its value of aws:PrincipalOrgPaths; NULL:
       they are not known one by one. */
    void (*each_member)(void *context,
                        void (*each)(void *to, const char *account_id, const char *path), void *to);
    void *context;
};

/* {"present","valid","management_root","org_statement","missing_actions","unconditional_star","foreign_accounts",
   "foreign_orgs","foreign_services","slips","denies","denies_perhaps","narrowed"}; text NULL: there
   is no policy. `slips` are
   values that cannot match anything (another partition, a placeholder, the id of a deleted
   principal); `denies` are the positions of Deny statements that prevent the roles of AWS Backup
   from creating grants, decrypting or generating data keys, `denies_perhaps` those whose conditions
   cannot be evaluated from the policy alone; `narrowed` are the positions of Allow statements that
   give a part of the organization what all of it needs; `foreign_services` are services of AWS that
   may call on behalf of any account. The caller owns it. */
json_t *key_policy_describe(const char *text, const struct policy_frame *frame);
/* The policy of the key `arn` with "*" for its own ARN, which means the same there; `arn` NULL:
   unchanged. New. */
char *key_policy_plain(const char *text, const char *arn);
/* True when a key's policy lets the account use the key for copies of the resources it encrypts.
   Required are DescribeKey, Decrypt and CreateGrant, for the account by id or for the whole
   organization
   ("Encryption for copies to a different account" in the AWS Backup developer guide). */
bool key_policy_shares(const char *text, const struct policy_frame *frame, const char *account);
/* True when a role's trust policy (its text, percent-encoded as in IAM's answer, or plain) lets the
 * service assume the role. */
bool role_trusts(const char *text, const char *service);
/* {"present","valid","allows_org_copy","refused_accounts","denies","denies_perhaps","narrowed",
   "open_to_all","foreign_accounts","foreign_orgs","foreign_services"}: whether the roles of AWS
   Backup in every account may copy into the vault, at most 20 accounts that no statement allows to,
   and as above. The caller owns it. */
json_t *vault_policy_describe(const char *text, const struct policy_frame *frame);
/* {"denies","denies_perhaps"}: Deny statements of a vault's policy that keep the roles of AWS Backup
   in the vault's own account from copying out of it (backup:CopyFromBackupVault), as above. An Allow
   is not needed there: the role's own permissions are enough in its account. The caller owns it. */
json_t *vault_policy_denies_copies(const char *text, const struct policy_frame *frame,
                                   const char *account);
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

/* Denials of control policies: what a service control policy or a resource control policy takes
   from the roles with which AWS Backup copies. AWS Backup needs backup:CopyIntoBackupVault in the
   policy of the role, too (AWS re:Post: "Access Denied" of a copy across accounts), so that a
   denial stops copies whatever the vault's policy says. */
enum control_policy { CONTROL_OF_SERVICE, CONTROL_OF_RESOURCE };

/* The Deny statements of a policy that name an action which copies need, in the form that
   control_policy_denials() takes: empty when there are none or the text is not a policy. The caller owns it. */
json_t *control_policy_read(const char *text);
/* Adds to `denied` the actions ("backup:CopyIntoBackupVault") that the statements certainly deny the
   role of the account in the Region, and to `perhaps` those that depend on what no configuration
   tells. `path`: the account's value of aws:PrincipalOrgPaths. A resource control policy binds the
   keys of the account. Policies bind no role of the management account, no resource of it, and no
   service-linked role (AWS Organizations User Guide: SCPs, RCPs); the caller leaves the management account out. */
void control_policy_denials(const json_t *statements, enum control_policy type,
                            const struct policy_frame *frame, const char *account, const char *path,
                            const char *region, json_t *denied, json_t *perhaps);

/* False when either text is not a policy. */
bool policy_equal(const char *a, const char *b);

#endif
