/* What goal_enable.c and goal_teardown.c share. */
#ifndef TOWERKEEP_PLAN_GOALS_H
#define TOWERKEEP_PLAN_GOALS_H

#include "remedy.h"

#define REASON_ENABLE "goal:enable"
#define REASON_TEARDOWN "goal:teardown"

/* desired.c: does what the configuration wants exist, and does it not contradict itself? ERR_INPUT
 * naming what does not. */
int desired_check(const struct making *m, struct err *err);

/* enable_opt_in.c: step 4 in every governed Region, for the management account and every account
   that `covered` says will be backed up; also where the run could not look yet. */
int enable_opt_in(struct making *m, bool (*covered)(const struct making *m, const json_t *account),
                  struct err *err);

#endif
