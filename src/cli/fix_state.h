/* A walk towards a goal: what it knows of itself from scan to scan, and after a crash (fix_state.c). */
#ifndef TOWERKEEP_CLI_WALK_H
#define TOWERKEEP_CLI_WALK_H

#include "plan/make.h"
#include "session.h"

struct walk {
    struct session *s;
    enum goal goal;
    json_t *before;  /* {finding id: {check_id, subject, observed}} */
    json_t *changes; /* of every apply, for the reports */
    json_t *fixed;   /* ids, while they are gathered */
    json_t *sent;    /* step id -> its call, of everything this walk did */
    json_t *held;    /* of the last plan: what rests on something that was not seen */
    json_t *settled; /* steps of the last plan, when all of them were true already; NULL */
    bool partway;
};

/* A path in the walk's directory, yours. */
char *walk_path(const struct session *s, const char *name);
/* What failed before the first change; kept on disk, so that a killed walk still knows. */
int walk_remember_before(struct walk *w, struct err *err);
/* The same, of a walk that was killed; nothing when there is none. */
int walk_recall_before(struct walk *w, struct err *err);
/* Each change says which plan it belongs to. A plan that is finished a second time replaces what it
 * told first. */
int walk_note_changes(struct walk *w, json_t *changes, const json_t *plan, struct err *err);
/* So that what did not help is not done again and again. */
void walk_note_sent(struct walk *w, const json_t *changes, const json_t *plan);
/* So that a plan whose steps were all true already is not made again. */
void walk_note_settled(struct walk *w, const json_t *changes, const json_t *plan);
/* What was held back is told beside what was done. */
void walk_note_held(struct walk *w);
/* What a walk that was killed had changed before. */
int walk_remember_changes(struct walk *w, struct err *err);
/* FIXED: failed before the first change, and passes the same check now. */
int walk_mark_fixed(struct walk *w, struct err *err);
/* For a rehearsal: does the copy fail where the original did? */
int walk_save_first(struct walk *w, struct err *err);
/* Once the run that tells it all has its name. */
void walk_forget(const struct session *s);

#endif
