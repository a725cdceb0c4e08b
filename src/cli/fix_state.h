/* A walk towards a goal: what it knows of itself from scan to scan, and after a crash
 * (fix_state.c). */
#ifndef TOWERKEEP_CLI_FIX_STATE_H
#define TOWERKEEP_CLI_FIX_STATE_H

#include "plan/make.h"
#include "session.h"

struct fix_state {
    struct session *s;
    enum goal goal;
    json_t *before;   /* {finding id: {check_id, subject, observed}} */
    json_t *changes;  /* of every apply, for the reports */
    json_t *fixed;    /* ids, while they are gathered */
    json_t *sent;     /* step id -> its call, of everything this walk did */
    json_t *deferred; /* of the last plan: what rests on something that was not seen */
    json_t *settled;  /* steps of the last plan, when all of them were true already; NULL */
    bool partway;
};

/* A path in the walk's directory, yours. */
char *fix_state_path(const struct session *s, const char *name);
/* What failed before the first change; kept on disk, so that a killed walk still knows. */
int fix_state_remember_before(struct fix_state *w, struct err *err);
/* The same, of a walk that was killed; nothing when there is none. */
int fix_state_recall_before(struct fix_state *w, struct err *err);
/* Each change says which plan it belongs to. A plan that is finished a second time replaces what it
 * told first. */
int fix_state_note_changes(struct fix_state *w, json_t *changes, const json_t *plan,
                           struct err *err);
/* So that what did not help is not done again and again. */
void fix_state_note_sent(struct fix_state *w, const json_t *changes, const json_t *plan);
/* So that a plan whose steps were all true already is not made again. */
void fix_state_note_settled(struct fix_state *w, const json_t *changes, const json_t *plan);
/* What was held back is told beside what was done. */
void fix_state_note_deferred(struct fix_state *w);
/* What a walk that was killed had changed before. */
int fix_state_remember_changes(struct fix_state *w, struct err *err);
/* FIXED: failed before the first change, and passes the same check now. */
int fix_state_mark_fixed(struct fix_state *w, struct err *err);
/* For a rehearsal: does the copy fail where the original did? */
int fix_state_save_first(struct fix_state *w, struct err *err);
/* Once the run that tells it all has its name. */
void fix_state_forget(const struct session *s);

#endif
