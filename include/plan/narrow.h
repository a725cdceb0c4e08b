/*
 * A part of a plan: the steps that the operator selects, and the steps that they need.
 *
 * A step of a plan to fix is selected by the checks of its reasons, a step of another plan by its
 * number. Here "needs" is what cannot be left out: a step that was made for the same finding, or
 * that supplies a value. Steps that only come first by custom are not needed; in the plans of
 * enable and teardown each need counts.
 */
#ifndef TOWERKEEP_PLAN_NARROW_H
#define TOWERKEEP_PLAN_NARROW_H

#include "plan/make.h"

struct plan_check { /* borrowed */
    int step;       /* 0 to 6 */
    const char *remedy;
};

struct plan_selection {        /* everything is borrowed */
    const char *options;       /* that the operator gave: "--only, --accounts"; NULL: whole plan */
    int step;                  /* 1 to 6; 0: all */
    const char *const *checks; /* ids, in which * and ? match; NULL-terminated; NULL: all */
    /* What the rules say of a check; false: no rule has that ID. */
    bool (*find)(const void *context, const char *id, struct plan_check *out);
    const void *context;
    size_t left_out; /* steps of the whole plan that are not in this one */
};

/* Removes the other steps from a plan, with their needs, and counts them in `left_out`. What is left
   to people or deferred is narrowed alike. The digest stays that of the whole plan. ERR_INPUT: the
   plan has a step that is one call for selected and other checks, or its steps are not made for
   checks. */
int plan_narrow(struct plan *plan, struct plan_selection *selection, struct err *err);
/* Counts the steps that the options leave out of a plan, by making the whole one; 0 when that
   cannot be made. */
size_t plan_left_out(struct store *store, struct subjects *subjects,
                     const struct plan_options *options, const struct plan *plan);
/* Is the step in the plan only because others need it? Those are then in `by`, borrowed, to be
   freed with free(by->items). */
bool plan_step_serves(const struct plan *plan, const struct plan_selection *selection,
                      const struct plan_step *step, struct plan_strings *by);

#endif
