/* From findings to changes and back: scan, plan, confirm, apply, the same checks again, report with
 * before and after. */
#ifndef TOWERKEEP_CLI_FIX_LOOP_H
#define TOWERKEEP_CLI_FIX_LOOP_H

#include "plan/make.h"
#include "session.h"

#define EXIT_PARTWAY 5

/* The whole walk towards a goal, in the session's directory. A directory that holds an unfinished
   plan is resumed first. The exit status, or -1 with err. */
int fix_loop(struct session *s, enum goal goal, struct err *err);

/* One saved plan: confirmed (unless it was before), applied, told. 0 all done, 1 part-way, -1.
 * `journal` as apply wants it. */
int fix_loop_apply(struct session *s, const json_t *plan, const char *journal, bool confirmed,
                   json_t **changes, struct err *err);

#endif
