/*
 * Subjects: the documents that rules judge and reports draw, built from a run's entities one at a
 * time. A scope is a kind of subject. Documents are JSON; members per scope are documented in
 * docs/subjects.md, which is the contract with rule files. Every document has "_key" (stable,
 * unique in its scope), "_name" (for people), "_account",
 * "_account_name", "_ou_path", "_region", "_arn" (each "" when it has none) and "_facts" (ids of
 * the facts it rests on).
 */
#ifndef TOWERKEEP_INVENTORY_SUBJECTS_H
#define TOWERKEEP_INVENTORY_SUBJECTS_H

#include <jansson.h>

#include "base/err.h"
#include "store/store.h"

enum scope {
    SCOPE_ORG,
    SCOPE_LANDING_ZONE,
    SCOPE_OU,
    SCOPE_ACCOUNT,
    SCOPE_KEY,
    SCOPE_ACCOUNT_REGION,
    SCOPE_VAULT,
    SCOPE_PLAN,
    SCOPE_RESOURCE,
    SCOPE_COUNT
};
const char *scope_name(enum scope s); /* "org" "landing-zone" "ou" "account" "key" "account-region"
                                         "vault" "plan" "resource" */
int scope_parse(const char *name, enum scope *out); /* -1 when unknown */

/* A member that docs/subjects.md documents; the tables are drawn from that page. */
struct subject_member {
    const char *name; /* NULL ends a table */
    const struct subject_member
        *below; /* of the object, or of each object of the list; NULL: any */
};
/* The members of a scope's documents, without those that every scope has; NULL where the page has
 * no such heading. */
const struct subject_member *subject_members(enum scope s);
const struct subject_member *subject_members_of_all(void); /* "_key", "_name", ... */

struct member_operation {  /* an API call behind a member, drawn from the same page */
    const char *scope;     /* as scope_name() says it; NULL ends the table */
    const char *member;    /* "policy", "accounts.backup_admin_state" */
    const char *operation; /* "kms:GetKeyPolicy" */
    const char *at;        /* where a collection error counts, as in a rule; NULL: the default */
};
const struct member_operation *subject_operations(void);

struct subjects; /* the run seen as subjects; caches organization-sized things (accounts, OUs),
                    streams the rest */

/* config: borrowed document of struct config. */
int subjects_new(struct store *store, const json_t *config, struct subjects **made,
                 struct err *err);
void subjects_free(struct subjects *s);
/* From now on keeps in the run, for the next one, which plans take the resources it builds. */
void subjects_remember(struct subjects *s);
/* Documents other subjects may refer to: {"org":{..},"lz":{..},"config":{..}}; borrowed. */
const json_t *subjects_context(const struct subjects *s);
struct policy_frame;
/* Whose policies are ours, for include/model/policy.h; borrowed. */
const struct policy_frame *subjects_frame(const struct subjects *s);
/* Does the selection of the scan leave out no account and no governed Region? */
bool subjects_are_whole(const struct subjects *s);
/* Did the selection of the scan leave out a place in which `operation` (also a family: "rds:*")
 * would have been called, for this account and Region? region NULL: any Region of the account;
 * account NULL or "": no place is asked for. Says so in `text`. 1, 0 or -1. */
int subjects_left_out(struct subjects *s, const char *operation, const char *account,
                      const char *region, char *text, size_t size, struct err *err);
/* Calls each with every subject of the scope, in order of _key; the document is borrowed and dies
   after the call. A listing that failed (a gap under an account-Region) yields for vault, plan and
   resource one subject whose document has
   "_unlisted": true, so that rules give ERROR there instead of nothing; where OUs or accounts could
   not be listed, one with _key "" comes last. Non-zero from each stops
   and is returned. */
int subjects_each(struct subjects *s, enum scope scope,
                  int (*each)(void *context, const json_t *document), void *context,
                  struct err *err);

#endif
