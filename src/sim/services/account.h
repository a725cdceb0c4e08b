/* The Regions of the simulated partition, for whoever lists them. */
#ifndef TOWERKEEP_SIM_SERVICES_ACCOUNT_H
#define TOWERKEEP_SIM_SERVICES_ACCOUNT_H

#include "sim.h"

/* {name: "DEFAULT" | "OPT_IN"}: every Region that exists, in a fixed order; borrowed. */
json_t *account_regions(struct sim *sim);

#endif
