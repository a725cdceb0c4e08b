/* The numbers of the runs up to this one. */
#ifndef TOWERKEEP_INVENTORY_TREND_H
#define TOWERKEEP_INVENTORY_TREND_H

#include <jansson.h>

#include "store/store.h"

/* The runs up to this one, oldest first, this one last, at most TREND_MAX of them:
   [{"run_id", "ended", "verdict", "by_status": {STATUS: n}, "expected", "reached", "gaps"}].
   What trend_carry() kept (metadata "trend", JSON) and this run's own numbers. Yours. */
#define TREND_MAX 60
int trend_read(struct store *s, json_t **out, struct err *err);
/* Keeps in `s` the runs up to `previous`. 0 or -1. */
int trend_carry(struct store *previous, struct store *s, struct err *err);

#endif
