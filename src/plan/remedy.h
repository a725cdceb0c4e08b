/*
 * Inside plan: what a remedy is, and the making of a plan that remedies and goals add steps to
 * (model/plan.h).
 *
 * Ownership: a parameter named `take_...` is taken over, also when the function fails or ignores
 * it; every other one is borrowed. *_new() returns yours until it is taken.
 */
#ifndef TOWERKEEP_PLAN_REMEDY_H
#define TOWERKEEP_PLAN_REMEDY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "inventory/subjects.h"
#include "model/plan.h"
#include "model/policy.h"
#include "plan/make.h"
#include "store/store.h"

#define ROLE_CONTROL_TOWER "AWSControlTowerExecution"

struct making {
    struct store *store;
    struct subjects *subjects;
    const struct plan_options *options;
    const json_t *config;   /* options->config */
    const json_t *org, *lz; /* the subjects' context, borrowed (docs/subjects.md) */
    enum goal goal;
    /* Copies of the run's metadata, never NULL ("" when the run does not know). */
    char *partition, *organization_id, *management, *home, *run_id;
    json_t *
        all[SCOPE_COUNT]; /* SCOPE_ORG to SCOPE_KEY: every document, in order of _key; NULL above */
    json_t *vaults;       /* list of the central account's central vaults {"region","name","arn"} */
    json_t *members;      /* account id -> true, for policies */
    json_t *roles;        /* account id -> role the scan used there */
    struct plan_steps steps; /* in order of adding */
    struct map *by_id;       /* step id -> step, borrowed from `steps` */
    struct plan *plan;       /* its manual, deferred and remains are gathered while it is made */
    /* Of the finding at hand (GOAL_FIX); SCOPE_COUNT and "" otherwise. */
    enum scope scope;
    const char *check_id;
    char *recalled; /* ARN of a key that this plan keeps from being deleted; NULL */
    json_t *scratch;
    char why[512]; /* what making_cannot() said last */
};

struct remedy {
    struct remedy_info info;
    enum plan_risk risk;
    int expected_seconds;
    const char *group; /* the concurrency group: GROUP_CONTROL_TOWER, or NULL */
    /*
     * Adds the steps that fix `subject` (a document of making.scope) for `reason` ("finding:ID",
     * "goal:enable"). 0: steps were added, or none is needed. 1: it cannot, said with
     * making_cannot(); the finding goes to "manual". Rows run in table order, so a row may look at
     * (making_step) and name the captures of what rows before it added.
     */
    int (*make)(struct making *m, const json_t *subject, const char *reason, struct err *err);
    /* After every subject was seen (NULL: nothing to do): adds what make() gathered in
     * making_scratch(). */
    int (*finish)(struct making *m, struct err *err);
};

/* A table per file; table.c lists them in the order in which their rows run:
   keys, accounts, landing zone, backup, baselines, tags, policies. */
struct remedies {
    const struct remedy *rows;
    size_t count;
};
extern const struct remedies remedies_keys;     /* remedies_keys.c */
extern const struct remedies remedies_accounts; /* remedies_accounts.c: create-accounts move-account
                          enable-trusted-access register-delegated-administrator */
extern const struct remedies
    remedies_landing_zone;                    /* remedies_landing_zone.c: enable-landing-zone-backup
                                                 update-landing-zone reset-landing-zone ... */
extern const struct remedies remedies_backup; /* remedies_backup.c */
extern const struct remedies remedies_baselines; /* remedies_baselines.c */
extern const struct remedies remedies_tags;      /* remedies_tags.c */
extern const struct remedies remedies_policies;  /* remedies_policies.c */
extern const struct remedies
    remedies_teardown; /* goal_teardown.c: rows only that goal uses; make may be NULL */

const struct remedy *remedy_row(size_t index);    /* NULL past the last */
const struct remedy *remedy_find(const char *id); /* NULL when unknown */
/* Runs another row by its id, for remedies that hand over and for goals. Returns as make does. */
int remedy_run(struct making *m, const char *id, const json_t *subject, const char *reason,
               struct err *err);

/* The goals: add every step towards it. goal_fix() is make.c's own, and follows goal_enable() once
   that has nothing left to add. */
int goal_enable(struct making *m, struct err *err);   /* goal_enable.c */
int goal_teardown(struct making *m, struct err *err); /* goal_teardown.c */

/* defer.c: takes the steps that rest on data which the run could not collect out of `steps` (in
 * order), into the plan's deferred ones. */
int defer_unseen(struct making *m, struct plan_steps *steps, struct err *err);

/* --- what is known --- */
/* The document of a scope up to SCOPE_KEY, or NULL; borrowed. */
const json_t *making_find(const struct making *m, enum scope scope, const char *key);
/* A step added before, or NULL; borrowed. */
struct plan_step *making_step(const struct making *m, const char *id);
/* ARN of the backup key as calls should name it: of the key that this plan creates
   ("${create-key:arn}"), else of one that it keeps, else the manifest's; NULL when there is
   neither. Yours (free). */
char *making_key_arn(const struct making *m);
/* An object of this remedy's own, empty at first; borrowed. */
json_t *making_scratch(struct making *m, const char *remedy_id);
/* The role for calls in an account: NULL in the management account, else what the scan used there,
   else ROLE_CONTROL_TOWER; borrowed. */
const char *making_role(const struct making *m, const char *account);
/* The object of that name in another one, made where it is missing; borrowed. */
json_t *member_object(json_t *object, const char *key);
/* Says why nothing can be done; returns 1. */
int making_cannot(struct making *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lists something for people without a finding (goals). */
void making_manual(struct making *m, const char *subject, const char *why);

/* Backup keys of ours that the landing zone does not name (former_keys.c), one row per key and
   Region: {"id","region","arn","state","is_primary","present"}. *list is yours, also on failure. */
int former_keys(struct making *m, json_t **list, struct err *err);
/* Its deletion is scheduled. */
bool key_is_leaving(const json_t *key);
/* Where the configuration says so (key.cancel_deletion): keeps our key whose deletion is scheduled,
   as the backup key of this plan (making_key_arn). *recalled: there was one. */
int key_recall(struct making *m, const char *reason, bool *recalled, struct err *err);
/* ARNs of those: they carry our tag still, and are not taken up again. *out is yours, also on
 * failure. */
int keys_leaving(struct making *m, json_t **out, struct err *err);
/* An alias stays with its key until that is gone: where the run saw it on a key that is about to be
   deleted it is moved (kms:UpdateAlias), else made. *operation is static. */
int key_alias_operation(struct making *m, const char *region, const char *alias,
                        const char **operation, struct err *err);

/* What the teardown leaves in place. */
void making_remains(struct making *m, const char *kind, const char *account, const char *region,
                    const char *name, const char *note);

/* --- pieces --- */
/* region NULL: the home Region (also for Organizations' global calls). role NULL: the caller's own.
   Another account than the management account needs a role. */
struct plan_call *call_new(const struct making *m, const char *operation, const char *account,
                           const char *region, const char *role, json_t *take_input);
/* The same in the management account and home Region. */
struct plan_call *call_home(const struct making *m, const char *operation, json_t *take_input);
/* A NotFound answer counts as `absent_is`. */
struct plan_probe *probe_new(struct plan_call *take_call, json_t *take_when, bool absent_is);
/* Evaluates the first element of the list at `list` for which `where` holds (none: false). Returns
 * probe. */
struct plan_probe *probe_select(struct plan_probe *probe, const char *list, json_t *take_where);

/* What a true probe supplies to others (${step:name}), also when the step had nothing to do: paths
   in the element or answer. Returns probe. */
struct plan_probe *probe_capture(struct plan_probe *probe, const char *name, const char *path);
/* What a false precondition means, for the operator. Returns probe. */
struct plan_probe *probe_says(struct plan_probe *probe, const char *says);
/* A string of AWS's or an owner's making, as a value that no placeholder can hide in. */
json_t *literal(const char *s);

/* Conditions: {"path": PATH, OP: VALUE} and the connectives. */
json_t *cond_new(const char *path, const char *op, json_t *take_value);
json_t *cond_text(const char *path, const char *equals);
json_t *cond_present(const char *path, bool present);
json_t *cond_in(const char *path, const char *const *list); /* ends with NULL */
json_t *cond_not(json_t *take_condition);
json_t *cond_both(const char *all_or_any, json_t *take_first, json_t *take_second);

/* A step of this remedy: id "REMEDY" or "REMEDY/target" (target NULL: none), with the row's step,
   risk, expected_seconds, concurrency group and undo, and nothing else yet. */
struct plan_step *step_new(const struct remedy *row, const char *target, const char *title, ...)
    __attribute__((format(printf, 3, 4)));
void step_send(struct plan_step *step, struct plan_call *take_call);
void step_done(struct plan_step *step, struct plan_probe *take_probe);
void step_precondition(struct plan_step *step, struct plan_probe *take_probe);
/* This step waits for that one, which must be in the plan at its end. */
void step_need(struct plan_step *step, const char *id);
/* The same, if the plan has such a step in the end. `id` may be a glob ("replicate-key/" and a
 * star). */
void step_after(struct plan_step *step, const char *id);
void step_poll(struct plan_step *step, struct plan_call *take_call, json_t *take_until,
               json_t *take_fail, int every_seconds, int timeout_seconds, const char *message_path);
/* send's answer fails the step although AWS said 200 (TagResources' FailedResourcesMap). */
void step_fail_when(struct plan_step *step, json_t *take_condition);
void step_capture(struct plan_step *step, const char *name, const char *path_in_answer);
/* How to tell whether a lost send took effect, and what its answer would have captured. */
void step_recover(struct plan_step *step, struct plan_probe *take_probe, const char *name,
                  const char *path);
void step_change(struct plan_step *step, json_t *take_before, json_t *take_after);
void step_undo(struct plan_step *step, const char *undo); /* instead of the row's */

/* Adds the step for `reason`. An equal id merges (plan_step_merge). */
int step_add(struct making *m, struct plan_step *take_step, const char *reason, struct err *err);

/* --- policies (policies.c) --- */
/* What "ours" means in this organization; dies with the making. */
struct policy_frame making_frame(const struct making *m);
/* The key policy Control Tower asks for, merged into `existing` (text or NULL): foreign statements
   stay, ours and the configuration's are added where missing. Access that somebody narrowed stays. `arn`: of the key that has it,
   NULL without `existing`. Yours (free). */
char *key_policy_wanted(const struct making *m, const char *existing, const char *arn);
/* 1, with making_cannot(): a statement gives a part of the organization what all of it needs. */
int key_policy_narrowed(struct making *m, const char *policy);
/* *out: the policy with what `other` says beyond it. Statements that allow access from outside the
   organization are left out; returns how many. *out is yours. */
int policy_unite(struct making *m, const char *policy, const char *other, char **out);
/* A central vault's access policy: copies from the organization; statements open to everybody or to
   another organization go, foreign ones stay. Yours (free). */
char *vault_policy_wanted(struct making *m, const char *existing, const char *arn);

#endif
