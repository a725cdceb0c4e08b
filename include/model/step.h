/* The six steps of the architecture, and the organization itself as step 0: every check, finding,
 * sheet and plan step belongs to one. */
#ifndef TOWERKEEP_MODEL_STEP_H
#define TOWERKEEP_MODEL_STEP_H

#define STEP_COUNT 7 /* 0 to 6 */

/* "Backup key"; "?" of a number that is none. */
const char *step_name(long long step);
/* "2 Backup key"; "" of a number that is none. */
const char *step_title(long long step);

#endif
