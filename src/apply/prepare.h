/* From a plan to runs that stand ready. */
#ifndef TOWERKEEP_APPLY_PREPARE_H
#define TOWERKEEP_APPLY_PREPARE_H

#include "engine.h"

/* Do the options, the operations and the organization fit? */
int engine_prepare_check(struct engine *e, struct err *err);
void engine_prepare(struct engine *e);
void engine_prepare_release(struct engine *e);

#endif
