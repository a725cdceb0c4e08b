/* From a plan to runs that stand ready. */
#ifndef TOWERKEEP_APPLY_SETUP_H
#define TOWERKEEP_APPLY_SETUP_H

#include "engine.h"

/* Do the options, the operations and the organization fit? */
int setup_check(struct engine *e, struct err *err);
void setup_build(struct engine *e);
void engine_setup_release(struct engine *e);

#endif
