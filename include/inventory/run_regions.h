/* The Regions that the answers of a run name. */
#ifndef TOWERKEEP_INVENTORY_RUN_REGIONS_H
#define TOWERKEEP_INVENTORY_RUN_REGIONS_H

#include "base/err.h"
#include "store/store.h"

/* ERR_INPUT for a Region that neither the landing zone governs nor an account has. `regions` ends
 * with NULL, and is NULL when there are none; `option` names where they were given, without "--". A
 * run that could not list the Regions of an account says nothing about them: then any Region is
 * accepted. */
int run_regions_check(struct store *store, const char *const *regions, const char *option,
                      struct err *err);

#endif
