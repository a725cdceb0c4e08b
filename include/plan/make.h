/*
 * From what a run knows to a plan. Offline. A finding names a remedy; a remedy is a row in a table
 * that turns a subject into a step; equal steps merge; needs draw the order.
 */
#ifndef TOWERKEEP_PLAN_MAKE_H
#define TOWERKEEP_PLAN_MAKE_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "inventory/subjects.h"
#include "store/store.h"

enum goal { GOAL_FIX, GOAL_ENABLE, GOAL_TEARDOWN };

struct plan_options {
    const json_t *config; /* struct config's document: the desired state */
    /* GOAL_FIX: only findings of these; NULL-terminated lists, NULL: all. Checks are globs. */
    const char *const *checks, *const *excluded_checks;
    const char *const *checks_too; /* a second list: a finding's check is in both */
    const char *const *accounts, *const *excluded_accounts; /* ids */
    const char *const *regions, *const *excluded_regions;
    const char *const *ous;                    /* ids, names or paths; and all below them */
    int severities;                            /* the so many highest; 0: all */
    int only_step;                             /* 0: all six */
    bool delete_key, close_accounts;           /* GOAL_TEARDOWN */
    const char *const *delete_recovery_points; /* GOAL_TEARDOWN: vault names */
    const json_t *sent; /* step id -> its "send", of steps that this walk did already; NULL: none */
};

/* *plan is yours. A plan without steps is a success: everything is as it should be, or only people
   can mend it ("manual"), or what it would change rests on something that the run could not see
   ("held", docs/plan.md). */
int plan_make(struct store *store, struct subjects *subjects, enum goal goal,
              const struct plan_options *options, json_t **plan, struct err *err);

/* A readable tree: steps with reasons, requests, risk, expected duration. `width` columns; `color`
 * as cli says. */
void plan_print(const json_t *plan, FILE *out, int width, bool color);
/* The same steps as a reviewable shell script of AWS CLI commands. It needs jq where it compares
   policies. ERR_INPUT: a step has a condition that no script can judge. */
int plan_emit_aws_cli(const json_t *plan, FILE *out, struct err *err);

/* The catalogue, for docs, iam-policy and tests. */
struct remedy_info {
    const char *id, *title;
    int step;
    const char *operations; /* writes it sends, space separated */
    const char *undo;
};
const struct remedy_info *remedy_at(size_t index); /* NULL past the last */

#endif
