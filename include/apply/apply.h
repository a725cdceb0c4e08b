/* Applies a plan: ready, journal, send, poll, verify. The only writer of the program. */
#ifndef TOWERKEEP_APPLY_APPLY_H
#define TOWERKEEP_APPLY_APPLY_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>

#include "aws/client.h"
#include "base/err.h"
#include "model/plan.h"

enum step_state {
    STEP_WAITING,
    STEP_ALREADY_TRUE,
    STEP_RUNNING,
    STEP_DONE,
    STEP_FAILED,
    STEP_NOT_ATTEMPTED
};
const char *step_state_name(enum step_state s);

struct apply_event { /* borrowed; told whenever a step changes state or a poll says something new */
    const struct plan_step *step;
    enum step_state state;
    const char *message;    /* AWS's or ours; "" */
    double elapsed_seconds; /* of the step, in cloud time */
    size_t done, total;
    bool dry_run; /* nothing is sent: STEP_DONE means that the change would be sent */
};

struct apply_options {
    const char
        *journal; /* path of the journal database; an existing one of the same plan is resumed */
    const char *selection; /* in words, the part of the plan that `plan` is; NULL: the whole */
    double time_scale; /* 1 in real life; waits are divided by it. Refused unless the endpoint is
                          loopback. */
    bool dry_run;      /* preconditions and probes only: nothing is sent, nothing is journaled */
    int max_changes;   /* stop before sending more than this; 0: no limit */
    void (*tell)(void *context, const struct apply_event *event);
    void *context;
    const volatile sig_atomic_t *stop;
    /* For crash tests; NULL in real life. Called at every boundary of the journal: "sending"
       (journaled, about to leave), "received" (AWS acted and answered, not yet journaled),
       "answered" (journaled), "polling", "done" (journaled). */
    void (*boundary)(void *context, const char *step_id, const char *event);
    void *boundary_context;
};

struct apply_result {
    size_t done, already_true, failed, not_attempted; /* of a dry run, done: would be changed */
    unsigned long long writes;                        /* calls that change something, sent now */
    /* Yours: one object a step: id, title, step, state (step_state_name(); of a dry run "planned"),
       message, before, after, operation, account, region, request_id, started, ended (ISO or "").
     */
    json_t *changes;
};

/* 0 when every step is done or was already true; 1 when some failed or were not attempted (the
   journal says which); -1 when the engine itself could not go on (err), for example interrupted,
   credentials expired, another apply holds the lock. */
int apply_run(struct aws_client *client, const struct plan *plan,
              const struct apply_options *options, struct apply_result *result, struct err *err);
void apply_result_release(struct apply_result *result);
/* The selection for which an apply with this journal began last, "" for the whole plan; NULL: there
   is no such file. Yours. */
char *apply_journal_selection(const char *journal);

/* What must hold before the first change: landing zone ACTIVE and IN_SYNC, nothing running,
   dependency chain, SCP head-room, account quota, Regions enabled, suspended accounts, permissions
   where IAM lets us ask. Problems are appended as texts to `problems` (a list); -1 only when they
   could not be asked. */
/* `account_quota`: how many accounts the organization may have; 0: AWS's default, until there are
   more. */
int preflight_run(struct aws_client *client, const struct plan *plan, int account_quota,
                  json_t *problems, struct err *err);

#endif
