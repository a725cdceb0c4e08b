/*
 * What an apply did, in a small SQLite store of its own (docs/plan.md, "The journal"). Rows gather
 * in a transaction; journal_commit() makes them durable. A NULL journal (a dry run) takes
 * everything and keeps nothing.
 */
#ifndef TOWERKEEP_APPLY_JOURNAL_H
#define TOWERKEEP_APPLY_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "model/plan.h"

struct journal;

enum journal_event {
    EVENT_READY,
    EVENT_ALREADY_TRUE,
    EVENT_SENDING,  /* may have left */
    EVENT_REFUSED,  /* did not take effect, and is tried again */
    EVENT_ANSWERED, /* took effect */
    EVENT_POLLING,
    EVENT_DONE,
    EVENT_FAILED,       /* nothing is under way */
    EVENT_IN_DOUBT,     /* failed, and it is unknown whether the call took effect */
    EVENT_GAVE_UP,      /* failed, while AWS may still be at it */
    EVENT_NOT_ATTEMPTED /* waits for another step */
};

struct journal_row { /* borrowed; NULL counts as "" */
    const char *step;
    enum journal_event event;
    int64_t wall_ms;
    const char *request_id, *operation_id, *message;
    const json_t *captures; /* NULL: none */
};

/* Takes the lock and opens or creates the journal at `path` for this plan; ERR_INPUT when it is
   another plan's or organization's, or another apply is at work. */
int journal_open(const char *path, const struct plan *plan, struct journal **out, struct err *err);
/* Notes which part of the plan is applied, as apply_options.selection; commits. */
int journal_select(struct journal *j, const char *selection, struct err *err);
void journal_close(struct journal *j); /* accepts NULL; commits nothing */
int journal_add(struct journal *j, const struct journal_row *row, struct err *err);
int journal_commit(struct journal *j, struct err *err);
/* Calls each for every row, oldest first. */
int journal_each(struct journal *j, void (*each)(void *context, const struct journal_row *row),
                 void *context, struct err *err);

#endif
