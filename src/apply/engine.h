/*
 * Inside apply: one run per step, one loop over all of them. A run does one thing at a time: it
 * waits for an answer, or for a time, or for a place in the outbox. What comes next is a function.
 */
#ifndef TOWERKEEP_APPLY_ENGINE_H
#define TOWERKEEP_APPLY_ENGINE_H

#include "apply/apply.h"
#include "base/map.h"
#include "journal.h"

#define ACTIVE_MAX 64

struct engine;
struct step_run;

struct reply { /* borrowed; valid inside the handler */
    enum answer_class class;
    const char *code, *message, *request_id;
    const json_t *json; /* all pages; NULL unless ANSWER_OK */
};

enum probe_result {
    PROBE_TRUE,
    PROBE_FALSE,
    PROBE_UNASKABLE, /* it needs what is captured later */
    PROBE_BROKEN     /* AWS did not answer: run->problem says why */
};

typedef void (*run_action)(struct step_run *r);
typedef void (*run_reply)(struct step_run *r, const struct reply *reply);
typedef void (*run_probed)(struct step_run *r, enum probe_result result);

/* Did the call that changes something take effect? Decides what a failure is called. */
enum sent { SENT_NO, SENT_MAYBE, SENT_YES };

struct step_run {
    struct engine *engine;
    const struct plan_step *step;
    const char *id;    /* the step's */
    const char *group; /* the step's concurrency group; NULL: none */
    enum step_state state;
    enum sent sent;
    size_t blocked; /* needs that have not ended well */
    bool holds_group, in_flight;
    bool resumed;       /* sent by an earlier apply */
    bool pretended;     /* dry run: a need was not true, and would have been made so */
    int64_t started_ms; /* monotonic, as are the next two */
    int64_t since_ms;   /* of polling, or of looking whether it is done */
    int64_t wake_ms;    /* INT64_MAX: not waiting for a time */
    run_action resume;  /* then */
    run_action after_idle;
    run_reply on_reply; /* of the call in flight */
    json_t *joined;     /* its pages so far */
    run_probed on_probed;
    const struct plan_probe *probe; /* being evaluated; borrowed from the step */
    struct plan_probe *filled;      /* the same without placeholders */
    json_t *owed;        /* ARNs that the step's call left out; NULL: its own call goes next */
    size_t owed_at;      /* whose turn it is */
    json_t *owed_answer; /* of the step's call */
    struct plan_call *own_call; /* to send for that ARN, filled */
    char *own_failures; /* AWS's words on those for which nothing is left to try; NULL: none */
    size_t own_calls;   /* that took effect */
    unsigned retries, looks, conflicts, waits, precondition;
    char *message; /* what the operator hears last */
    char *problem; /* why a probe or a call broke */
    char *request_id, *operation_id;
    int64_t started_wall_ms, ended_wall_ms; /* 0: not yet */
};

struct engine {
    struct aws_client *client;
    const struct plan *plan;
    const struct apply_options *options;
    struct journal *journal; /* NULL: a dry run */
    struct step_run *runs;   /* as in the plan */
    size_t count, ended;
    struct map *index;       /* step id -> run */
    size_t *first_dependant; /* dependants[first_dependant[i] .. first_dependant[i + 1]) */
    size_t *dependants;
    json_t *captures;             /* step id -> {name: text} */
    json_t *wanted;               /* step id -> {name: true}, what other steps use */
    size_t *ready, ready_count;   /* a heap of indices: the plan's order is kept */
    size_t *parked, parked_count; /* ready, but another step of their group is running */
    struct map *groups;           /* name -> the run that holds it */
    struct step_run *active[ACTIVE_MAX];
    size_t active_count;
    struct step_run *outbox[ACTIVE_MAX];
    size_t outbox_count;
    struct {
        const struct step_run *run;
        const char *event;
    } boundaries[2 * ACTIVE_MAX]; /* told once the journal is on disk */
    size_t boundary_count;
    size_t in_flight, writes_in_flight;
    unsigned long long writes;
    bool stopping, capped, told_client;
    int64_t stopping_ms;
    struct err stop; /* why */
};

/* engine.c */
int64_t engine_now_ms(void);
void engine_stop(struct engine *e, const struct err *why); /* nothing new is asked; resumable */
void engine_boundary(struct engine *e, const struct step_run *r, const char *event);
void engine_boundary_later(struct engine *e, const struct step_run *r, const char *event);
void engine_outbox_add(struct step_run *r);
/* A run has ended: frees its group, and lets its dependants go or says that they wait for it. */
void engine_ended(struct step_run *r);

/* run.c: what any run can do */
void run_call(struct step_run *r, const struct plan_call *call, run_reply on_reply);
void run_wait(struct step_run *r, double cloud_seconds, run_action then);
double run_jitter(double low, double high);
double run_elapsed(const struct step_run *r, int64_t since_ms); /* seconds of cloud time */
void run_tell(struct step_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_problem(struct step_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_journal(struct step_run *r, enum journal_event event, const json_t *captures);
/* Takes names out of `value` into the step's captures; returns what was taken, yours. */
json_t *run_capture(struct step_run *r, const struct plan_captures *paths, const json_t *value);
/* A copy of a call of the step with its placeholders filled; NULL with run->problem. Yours. */
struct plan_call *run_fill(struct step_run *r, const struct plan_call *call);
bool run_is_dry(const struct step_run *r);
void run_end(struct step_run *r, enum step_state state, enum journal_event event);
/* Ends it as failed; whether it may be under way all the same is for run->sent to say. */
void run_fail(struct step_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* probe.c */
void probe_ask(struct step_run *r, const struct plan_probe *probe, run_probed on_probed);
bool class_is_passing(enum answer_class class); /* may well be another at the next try */

/* step.c: preconditions, done, send */
void step_start(struct step_run *r);
void step_begin(struct step_run *r);
void run_send_step(struct step_run *r); /* from the outbox, journaled */
/* What a call that changes something came to. */
void step_answered(struct step_run *r, const json_t *answer);
void step_refused(struct step_run *r); /* journaled; nothing follows by itself */
void step_refused_for_good(struct step_run *r);
void step_conflict(struct step_run *r);
typedef void (*step_turn)(struct step_run *r);
/* Which of these follows a sent call whose answer is of that class and may be another next time;
   NULL: it passed, or was refused. */
step_turn step_turn_of(enum answer_class class);

/* per_resource_retry.c: what a call left out, by calls of its own for each resource */
bool per_resource_retry_start(struct step_run *r,
                              const json_t *answer); /* false: there is none to make */
void per_resource_retry_send(struct step_run *r);    /* from the outbox, journaled */
void per_resource_retry_forget(struct step_run *r);

/* follow.c: poll, and look until it is done */
void follow_start(struct step_run *r);
void follow_look(struct step_run *r);

/* recover.c */
void recover_start(struct step_run *r);
int recover_load(struct engine *e, struct err *err); /* what an earlier apply did */

/* wait_idle.c: waits while anybody's Control Tower operation runs */
void wait_idle(struct step_run *r, run_action then);

/* changes.c */
void changes_describe(const struct engine *e, struct apply_result *result);

#endif
