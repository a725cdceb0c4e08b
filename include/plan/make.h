/*
 * From what a run knows to a plan. Offline. A finding names a remedy; a remedy is a row in a table
 * that turns a subject into a step; equal steps merge; needs draw the order.
 */
#ifndef TOWERKEEP_PLAN_MAKE_H
#define TOWERKEEP_PLAN_MAKE_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "base/map.h"
#include "inventory/subjects.h"
#include "model/plan.h"
#include "store/store.h"

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
    /* step id -> struct plan_call that it sent, of steps that this fix loop did already; NULL: none
     */
    const struct map *sent;
};

/* *plan is yours. A plan without steps is a success: no changes are needed, or only people can make
   them (manual), or they rest on data that the run could not collect (deferred). */
int plan_make(struct store *store, struct subjects *subjects, enum goal goal,
              const struct plan_options *options, struct plan **plan, struct err *err);

struct plan_selection; /* plan/narrow.h */
/* A readable tree: steps with reasons, requests, risk, expected duration. `selection`: what the plan
 * was narrowed to, so that steps which others need are named; NULL: a whole plan. `width` columns;
 * `color` as cli says. */
void plan_print(const struct plan *plan, const struct plan_selection *selection, FILE *out,
                int width, bool color);
/* How long the steps take, in seconds: the longest chain of needs, one step of a concurrency group
   at a time. */
long long plan_seconds(const struct plan_steps *steps);
/* The same steps as a reviewable shell script of AWS CLI commands. It needs jq where it compares
   policies. ERR_INPUT: a step has a condition that no script can evaluate. */
int plan_emit_aws_cli(const struct plan *plan, FILE *out, struct err *err);

/* The catalogue, for docs, iam-policy and tests. */
struct remedy_info {
    const char *id, *title;
    int step;
    const char *operations; /* writes it sends, space separated */
    const char *undo;
};
const struct remedy_info *remedy_at(size_t index); /* NULL past the last */

#endif
