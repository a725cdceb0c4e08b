/* What a run takes over from the run before it. */
#ifndef TOWERKEEP_WORKFLOW_HISTORY_H
#define TOWERKEEP_WORKFLOW_HISTORY_H

#include <stdbool.h>

#include "base/err.h"
#include "store/store.h"

/* Carries over from the run `previous` (a directory or a database; NULL: none) what comparing and
 * evaluating need, and commits. A previous run that cannot be read or compared is logged and is no
 * error. */
int history_carry(struct store *store, const char *previous, struct err *err);

#endif
