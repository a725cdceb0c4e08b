/* How the scopes share one run. */
#ifndef TOWERKEEP_INVENTORY_SUBJECTS_PRIVATE_H
#define TOWERKEEP_INVENTORY_SUBJECTS_PRIVATE_H

#include "inventory/subjects.h"
#include "inventory_cache.h"
#include "model/policy.h"
#include "store/cursor.h"
#include "store/plan_membership.h"

#define GAP_TEXT_SIZE 512 /* of a collection error in one line */

struct subjects {
    struct store *store;
    const json_t *config;
    struct inventory_cache *cache;
    json_t *org, *zone, *context;
    json_t *backup;                    /* manifest_backup() */
    json_t *supported;                 /* [type] or NULL when AWS was not asked */
    json_t *policies, *policy_targets; /* backup policies by id, and what is attached where */
    struct controls *controls; /* copy_denials.c: the control policies; NULL: not yet read */
    struct map *periods;       /* schedule -> how long one waits between its runs */
    struct policy_frame frame;
    bool remember; /* what plans take */
};

struct visit { /* one subjects_each() */
    struct subjects *s;
    int (*each)(void *context, const json_t *document);
    void *context;
    struct err *err;
};

/* What identifies a subject to people; strings may be NULL. */
struct subject_identity {
    const char *key, *name, *region, *arn;
    const struct account *account;
    const char *ou_path; /* instead of the member's */
};

json_t *subject_new(const struct subject_identity *who);
void subject_fact(json_t *document, int64_t fact); /* 0 is ignored */
/* The subject is based on an operation that had no answer: `gap` is what store_find_gap() says of
   it. Evaluated where a rule names the operation in its needs. */
void subject_hide(json_t *document, const char *operation, const char *gap);
/* left_out.c: the subject depends on an operation that the selection of the scan left out somewhere:
   rules that name the operation in their needs do not apply. */
void subject_leave_out(json_t *document, const char *operation);
/* Does the selection of the scan leave out no account and no governed Region? */
bool selection_is_whole(const struct inventory_cache *d);
bool selection_leaves_out_accounts(const struct inventory_cache *d);
/* Hands the document over; returns what the visitor says. Takes it. */
int subject_emit(struct visit *v, json_t *document);
void set_bool(json_t *document, const char *key, bool value);
void set_int(json_t *document, const char *key, long long value);
void set_text(json_t *document, const char *key, const char *text); /* null when NULL */
void set_new(json_t *document, const char *key, json_t *taken);
void list_text(json_t *list, const char *text); /* appends */
void sort_texts(json_t *list);                  /* sorts a list of strings, dropping repetitions */
/* An entity's document; NULL without error when absent. *failed is set on error. */
json_t *subject_entity(struct visit *v, const char *kind, const char *account, const char *region,
                       const char *key, int64_t *fact, bool *failed);

bool config_names(const json_t *config, const char *path, const char *word); /* exact or glob */
bool account_is_exempt(const struct subjects *s, const struct account *m);
bool unit_is_exempt(const struct subjects *s, const struct unit *u);
bool unit_is_wanted(const struct subjects *s, const struct unit *u);
const struct enabled_baseline *
backed_up_by(const struct account *m); /* its SUCCEEDED BackupBaseline or NULL */
/* Sets "baselines" {name: that} of a target whose first baseline is `first`. 0 or -1. */
int set_enabled_baselines(struct visit *v, json_t *document, const struct enabled_baseline *first);

/* The first of the operations (NULL-terminated) that has a collection error anywhere: 1, 0 or -1.
 */
int subjects_gap(struct visit *v, const char *const *operations, char text[GAP_TEXT_SIZE]);
/* Emits the `_unlisted` subject that stands for what of the scope could not be listed. */
int subject_unlisted(struct visit *v, const char *gap);
/* Accounts are listed twice, by ListAccounts and by the walk of the tree, and one of them is
   enough: 1 when both have a collection error, else 0; -1 on error. */
int accounts_gap(struct visit *v, char text[GAP_TEXT_SIZE]);
/* subject_unlisted() when there is such an error. */
int unlisted_accounts(struct visit *v);

struct account_region { /* one ACTIVE account in one Region */
    const struct account *account;
    const char *region;
};
/* Every ACTIVE account x governed Region, by account, then Region; then unlisted_accounts(). */
int places_each(struct visit *v, int (*each)(struct visit *v, const struct account_region *p));
/* The same, and every further Region in which an ACTIVE account has entities of the kinds
 * ("resource tagged"). */
int places_each_seen(struct visit *v, const char *kinds,
                     int (*each)(struct visit *v, const struct account_region *p));
/* Emits the `_unlisted` subject of the account and Region when a listing operation has a collection
 * error there. */
int place_unlisted(struct visit *v, const struct account_region *p, const char *const *operations);
bool vault_is_local(const char *name);
/* "central", "local", "air-gapped", "restore-access" or "other": by VaultType, which Regions without
 * air-gapped vaults leave out, and an ordinary vault by its account and name. */
const char *vault_kind(const struct subjects *s, const char *account, const char *name,
                       const json_t *vault);

/* One file each. */
int scope_org(struct visit *v);
int scope_landing_zone(struct visit *v);
int scope_ou(struct visit *v);
int scope_account(struct visit *v);
int scope_key(struct visit *v);
int scope_account_region(struct visit *v);
int scope_vault(struct visit *v);
int scope_plan(struct visit *v);
int scope_resource(struct visit *v);
/* The two documents that every rule may refer to. */
json_t *org_document(struct visit *v);
json_t *landing_zone_document(struct visit *v);

/* config_names.c: the configuration's names of OUs and accounts that the organization lacks. */
void set_unknown_names(const struct subjects *s, json_t *document);
/* failed_jobs.c: what the document of an account and Region says of them. 0 or -1. */
int set_failed_jobs(struct visit *v, const struct account_region *p, json_t *document);
/* roles.c: what an account's document says of the roles its backups run as. 0 or -1. */
int set_backup_roles(struct visit *v, const char *account, json_t *document);
/* {"present"} of a role of the management account; null when it was not read. Yours. */
json_t *role_document(struct visit *v, const char *name, json_t *document, bool *failed);
/* policies.c: the plans that backup policies come to in the account. 0 or -1. */
int set_policy_plans(struct visit *v, const struct account *m, json_t *document);
/* control_policies.c: service control policies and controls of an OU, or of what is above an
 * account. 0 or -1. */
int unit_guards(struct visit *v, const struct unit *u, json_t *document);
int account_guards(struct visit *v, const struct account *m, json_t *document);
/* copy_denials.c: the control policies that keep AWS Backup in the account from copying. 0 or -1. */
int copy_denials_of(struct visit *v, const struct account *m, json_t *document);
void copy_denials_free(struct controls *c); /* NULL is ignored */
/* "o-1/r-1/ou-a/ou-b/", as AWS writes aws:PrincipalOrgPaths. New. */
char *organizations_path(const struct inventory_cache *cache, const struct account *m);

/* A plan's member documents, for the plan scope and for the account-Region's summary. Yours; NULL
 * on error. */
json_t *plan_document(struct visit *v, const struct account_region *p, const struct entity *e);

#endif
