/*
 * A plan: what will be changed, why, in which order, and how to tell that it is done. A plan file
 * is JSON (docs/plan.md) and becomes these structs where it is loaded; nothing else reads its keys.
 *
 * A struct owns what its members point to. NULL or an empty list means that the file says nothing.
 * Documents of AWS (a call's input, before and after) and conditions over them (model/condition.h)
 * stay JSON. Any string within a call, a probe or a poll may hold placeholders, "${step:name}",
 * which stand for what that step captured.
 */
#ifndef TOWERKEEP_MODEL_PLAN_H
#define TOWERKEEP_MODEL_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

#define PLAN_BYTES_MAX ((size_t)64 * 1024 * 1024)
/* Control Tower runs one operation at a time in an organization. */
#define GROUP_CONTROL_TOWER "control-tower"
#define PLAN_UNSAID (-1.0) /* a number that the file leaves out */

/* What a plan leads to. */
enum goal { GOAL_FIX, GOAL_ENABLE, GOAL_TEARDOWN, GOAL_COUNT };
const char *goal_name(enum goal goal); /* "fix", "enable", "teardown": in files and messages */
bool goal_parse(const char *name, enum goal *goal); /* by goal_name(); false: none */
const char *goal_command(enum goal goal);           /* "scan --fix", "enable", "teardown" */

enum plan_risk { PLAN_RISK_LOW, PLAN_RISK_MEDIUM, PLAN_RISK_HIGH, PLAN_RISK_COUNT };
const char *plan_risk_name(enum plan_risk risk); /* "low", "medium", "high" */

struct plan_strings {
    char **items;
    size_t count;
};
bool plan_strings_has(const struct plan_strings *list, const char *s);
void plan_strings_add(struct plan_strings *list, const char *s); /* unless it is there */

/* One API call. */
struct plan_call {
    char *operation;   /* "kms:CreateKey", as in aws/ops.h */
    char *account;     /* 12 digits or a placeholder; NULL: the caller's own */
    char *region;      /* where it is sent */
    char *role;        /* name of the role to assume in `account`; NULL: the caller's credentials */
    json_t *input;     /* the request's members; NULL: none */
    json_t *fail_when; /* condition over a successful answer that means failure; NULL: none */
    char *message;     /* path in that answer to the reason; NULL: none */
};

struct plan_capture {
    char *name, *path; /* what others use as ${step:name}, and where it is in the answer */
};
struct plan_captures {
    struct plan_capture *items;
    size_t count;
};

/* Selects the first element of a list in an answer. */
struct plan_select {
    char *list;    /* path to the list */
    json_t *where; /* condition over an element */
};

/* A read, and the condition under which it counts as true. */
struct plan_probe {
    struct plan_call *call;
    json_t *when; /* condition over the answer or the selected element; NULL: it need only exist */
    struct plan_select *select;   /* NULL: the whole answer */
    bool absent_is;               /* the result when AWS says that the resource does not exist */
    struct plan_captures capture; /* from the answer or the element, when true */
    char *says; /* what is wrong, for the operator, when a precondition is false; NULL */
};
struct plan_probes {
    struct plan_probe **items;
    size_t count;
};

/* How to follow what AWS does after the answer to `send`. */
struct plan_poll {
    struct plan_call *call;
    json_t *until;        /* condition: it has succeeded */
    json_t *fail;         /* condition: it has failed; NULL: never */
    double every_seconds; /* in AWS's time, as is the next; PLAN_UNSAID: the engine's default */
    double timeout_seconds;
    char *message;                /* path to AWS's reason for a failure; NULL: none */
    struct plan_captures capture; /* from the last answer */
};

/* How to tell whether a call whose answer was lost took effect. */
struct plan_recover {
    struct plan_probe *probe;
    struct plan_captures capture; /* what that answer says about the operation under way */
};

/* For a call that replaces a whole list: what is read first and kept. */
struct plan_merge {
    struct plan_call *read;
    char *list;                  /* path to the list in the answer to `read` */
    char *into;                  /* path to the list in the input of `send` */
    char *key;                   /* member that tells elements apart */
    struct plan_strings without; /* keys of elements that are dropped */
    char *none_when;             /* error code that means an empty list; NULL: none does */
};

/* What is sent for one resource that the step's call reports as failed. */
struct plan_retry_call {
    char *arn;
    struct plan_call *send;
    struct plan_merge *merge; /* NULL: sent as it is */
};
struct plan_retry {
    char *failed; /* path in the answer to the object whose keys are the failed ARNs */
    struct plan_retry_calls {
        struct plan_retry_call **items;
        size_t count;
    } calls;
};

struct plan_step {
    char *id;                    /* REMEDY or REMEDY/TARGET; unique in the plan */
    char *remedy;                /* the row of plan/ that made it */
    int step;                    /* 1 to 6, or 0: the organization (model/step.h) */
    char *title;                 /* one line for people */
    struct plan_strings reasons; /* "finding:ID", "check:ID", "goal:enable" */
    enum plan_risk risk;
    double expected_seconds;   /* from send to done, in AWS's time; PLAN_UNSAID: not known */
    struct plan_strings needs; /* ids of steps that must be done first */
    char *concurrency_group;   /* steps of one group run one after another; NULL or "": none */
    struct plan_probe *done;   /* true: nothing needs to be sent, or it has succeeded; NULL: none */
    struct plan_probes preconditions; /* all must hold before it is sent */
    struct plan_call *send;           /* the one call that changes something */
    struct plan_retry *retry; /* per-resource calls for what `send` reports as failed; NULL: none */
    struct plan_poll *poll;   /* NULL: `done` alone tells */
    struct plan_captures capture; /* from the answer to `send` */
    struct plan_recover *recover; /* NULL: `done` tells */
    char *undo;                   /* how people take it back */
    json_t *before, *after;       /* what changes, for reports; NULL: nothing is there */

    /* Only while plan/ makes the plan, never in a file. */
    struct plan_strings follows; /* ids or globs: needs each such step that the plan ends up with */
    bool unread; /* in an account that a step before it opens: nothing of it could be read yet */
};
struct plan_steps {
    struct plan_step **items;
    size_t count;
};

/* A failing finding, or part of a goal, that no step takes care of. */
struct plan_manual {
    char *finding_id, *check_id; /* "": none */
    char *subject, *why;
};

/* A step that is left out because data that it rests on could not be collected. */
struct plan_deferred {
    char *id, *title;
    struct plan_strings reasons;
    int step;
    char *operation, *account, *region; /* of its call; NULL: not said */
    char *waits_for;                    /* the collection error */
};

/* What a teardown leaves in place. */
struct plan_remains {
    char *kind; /* "vault", "key", "account", "reports", "role", "tags" */
    char *account, *region, *name, *note;
};

struct plan {
    enum goal goal;
    char *organization_id, *management_account, *partition, *home_region;
    char *run_id, *created; /* the run that it was made from, and that run's end (ISO 8601) */
    char *config_digest, *rules_digest;
    char digest[SHA256_HEX_SIZE]; /* of everything else in the file */
    struct plan_steps steps;      /* what a step needs comes before it */
    struct plan_manual *manual;
    size_t manual_count;
    struct plan_deferred *deferred;
    size_t deferred_count;
    struct plan_remains *remains;
    size_t remains_count;
};

/* --- files --- */

/* Reads a plan file: form, digest, needs and placeholders are all checked. *plan is yours, NULL on
   failure; ERR_INPUT says what is wrong, ERR_IO that it cannot be read. */
int plan_load(const char *path, struct plan **plan, struct err *err);
/* The same from a parsed document; messages begin with `name`. Public for its tests: they change single members of a plan. */
int plan_from_json(const json_t *document, const char *name, struct plan **plan, struct err *err);
/* The document that a file holds. Yours. Public for its tests: they read single members of a plan. */
json_t *plan_to_json(const struct plan *plan);
/* Whole or absent. */
int plan_save(const struct plan *plan, const char *path, struct err *err);
void plan_free(struct plan *plan); /* accepts NULL */
void plan_manual_release(struct plan_manual *row);
void plan_deferred_release(struct plan_deferred *row);

/* --- making one --- */

/* Sorts the steps so that needs come first, keeping the given order otherwise. ERR_INPUT names the
   steps of a dependency cycle, or a need that no step fulfills. */
int plan_order(struct plan_steps *steps, struct err *err);
/* Computes and sets `digest`. */
void plan_seal(struct plan *plan);
/* Would its file load? */
int plan_check(const struct plan *plan, const char *name, struct err *err);
/* Equal for equal steps, whatever run they come from. */
void plan_steps_digest(const struct plan_steps *steps, char out[SHA256_HEX_SIZE]);

/* --- pieces; each copy is yours, each free accepts NULL --- */

struct plan_step *plan_step_copy(const struct plan_step *step);
void plan_step_free(struct plan_step *step);
struct plan_call *plan_call_copy(const struct plan_call *call);
bool plan_call_equal(const struct plan_call *a, const struct plan_call *b);
void plan_call_free(struct plan_call *call);
void plan_probe_free(struct plan_probe *probe);
void plan_retry_free(struct plan_retry *retry);
/* NULL: none is for that resource. */
const struct plan_retry_call *plan_retry_for(const struct plan_retry *retry, const char *arn);
void plan_captures_set(struct plan_captures *captures, const char *name, const char *path);
void plan_steps_add(struct plan_steps *steps, struct plan_step *take_step);

/* Unites two steps of one id: lists and objects are united, anything else must be equal.
   ERR_INTERNAL names the member that contradicts. `other` stays yours. */
int plan_step_merge(struct plan_step *into, const struct plan_step *other, struct err *err);

/* A copy with every placeholder replaced from `captures` (object: step id -> {name: string}),
   yours. NULL with ERR_INTERNAL naming the placeholder that nothing fills. */
struct plan_call *plan_call_fill(const struct plan_call *call, const json_t *captures,
                                 struct err *err);
struct plan_probe *plan_probe_fill(const struct plan_probe *probe, const json_t *captures,
                                   struct err *err);
struct plan_poll *plan_poll_fill(const struct plan_poll *poll, const json_t *captures,
                                 struct err *err);
void plan_poll_free(struct plan_poll *poll);
/* Calls each with (step, name) of every placeholder that carrying out the step fills. */
void plan_step_placeholders(const struct plan_step *step,
                            void (*each)(void *context, const char *step, const char *name),
                            void *context);

#endif
