/* The rules of a backup plan: where they write and copy, and for how long. */
#ifndef TOWERKEEP_INVENTORY_PLAN_RULES_H
#define TOWERKEEP_INVENTORY_PLAN_RULES_H

#include "subjects_private.h"

/* Sets "rules" and what follows from them; detail is GetBackupPlan's answer, or NULL. 0 or -1. */
int set_plan_rules(struct visit *v, const struct account_region *place, const json_t *detail,
                   json_t *document);

#endif
