/* The scope of a plan: which failing findings it is made for. */
#ifndef TOWERKEEP_PLAN_SCOPE_H
#define TOWERKEEP_PLAN_SCOPE_H

#include "model/finding.h"
#include "remedy.h"

/* Refuses OUs that the run does not know. */
int scope_check(const struct making *m, struct err *err);
/* Is the finding within what the options name? A finding of the whole organization is in no
 * account, and one that is in no Region is outside a list of Regions. */
bool scope_has(const struct making *m, const struct finding *f);

#endif
