/*
 * How the workflow talks to the operator. The command line implements the callbacks and prints;
 * the workflow itself prints nothing. A callback that is NULL is not called. Arguments are borrowed
 * and valid only during the call.
 */
#ifndef TOWERKEEP_WORKFLOW_UI_H
#define TOWERKEEP_WORKFLOW_UI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "apply/apply.h"
#include "collect/collect.h"

struct confirmation {
    bool teardown;
    size_t steps, high_risk; /* steps of the plan, and how many of them are of high risk */
    const char *expected;    /* what the operator types to confirm */
};

enum reply { REPLY_NO, REPLY_YES, REPLY_NO_TERMINAL };

struct workflow_ui {
    void *context; /* first argument of every callback */
    /* While a run is collected: started, at most ten times a second, ended. */
    void (*collect_started)(void *context);
    void (*collecting)(void *context, const struct collect_progress *now);
    void (*collect_ended)(void *context);
    /* A plan that is about to be confirmed; `resumed`: the plan of an earlier, interrupted command.
     */
    void (*plan_shown)(void *context, const struct plan *plan, bool resumed);
    /* NULL: as if there were no terminal. */
    enum reply (*confirm)(void *context, const struct confirmation *question);
    void (*step_changed)(void *context, const struct apply_event *event);
    void (*applied)(void *context, const struct apply_result *result);
    /* The plan asks again for what the previous round found to need no changes. */
    void (*no_changes_needed)(void *context);
};

#endif
