/*
 * What a fix loop knows from one scan to the next, and, through two files in its directory, after
 * it was killed: before.json (the failing findings before the first change) and changes.json (what
 * finished plans changed).
 */
#ifndef TOWERKEEP_WORKFLOW_FIX_STATE_H
#define TOWERKEEP_WORKFLOW_FIX_STATE_H

#include <jansson.h>

#include "base/err.h"
#include "base/map.h"
#include "model/plan.h"
#include "store/store.h"

struct fix_state {
    const char *directory; /* borrowed */
    json_t *before;        /* {finding id: {check_id, subject, observed}}; NULL: not known yet */
    json_t *changes;       /* of every plan, as apply_result has them, for the reports */
    struct map *sent;  /* step id -> struct plan_call, of the steps that this process completed */
    struct plan *plan; /* the last one that was made; NULL: none */
    /* Digest of the last plan's steps, when none of them needed a change; "" otherwise. */
    char settled[SHA256_HEX_SIZE];
};

/* Reads the changes of a fix loop that was killed in this directory. fix_state_release() is safe
 * after an error. */
int fix_state_init(struct fix_state *f, const char *directory, struct err *err);
void fix_state_release(struct fix_state *f);
/* A path in the directory; free() it. */
char *fix_state_path(const struct fix_state *f, const char *name);
/* The failing findings, before the first change: from the file when there is one, else from the
 * run, and saved. */
int fix_state_remember_before(struct fix_state *f, struct store *store, struct err *err);
/* The same from the file only; nothing when there is none. */
int fix_state_recall_before(struct fix_state *f, struct err *err);
/* Adds the changes of a plan, and saves them. Those that the same plan added before are replaced.
 * Each of `changes` gets the plan's digest. */
int fix_state_add_changes(struct fix_state *f, json_t *changes, const struct plan *plan,
                          struct err *err);
/* Notes which steps the plan completed, and whether none of them needed a change, so that the loop
 * neither repeats what did not help nor makes the same plan again. */
void fix_state_note_steps(struct fix_state *f, const json_t *changes, const struct plan *plan);
/* Stores the changes and the failures before them in the run, deferred steps among the changes, and
 * marks as FIXED what failed before and passes now. */
int fix_state_store(struct fix_state *f, struct store *store, struct err *err);
/* Removes the files, once the run with their contents has its name. */
void fix_state_forget(const struct fix_state *f);
/* {check id: number of its failing findings}, checks without one left out; *out: new reference. */
int failures_count(struct store *store, json_t **out, struct err *err);

#endif
