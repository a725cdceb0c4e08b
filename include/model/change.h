/* How a finding changed from one run to the next. */
#ifndef TOWERKEEP_MODEL_CHANGE_H
#define TOWERKEEP_MODEL_CHANGE_H

#include <stdbool.h>

#include "model/finding.h"

enum change {                        /* in the order of the report */
              CHANGE_REGRESSED,      /* did not fail before, fails now */
              CHANGE_NEW,            /* fails, and was absent or not applicable before */
              CHANGE_WAIVER_EXPIRED, /* was covered by a waiver, fails now */
              CHANGE_CHANGED,  /* another status, or another cause of failure; not a change to or
                                * from failing
                                */
              CHANGE_RESOLVED, /* failed before; now passes, does not apply, or is gone */
              CHANGE_NOT_COMPARED, /* only one of the runs covers it */
              CHANGE_UNCHANGED,
              CHANGE_COUNT
};

const char *change_name(enum change c); /* "NEW", ..., "WAIVER EXPIRED", "NOT COMPARED" */
/* Either side may be NULL, not both. `looked`: the run without the finding covers its scope and
 * check. A failure that can no longer be evaluated is not resolved. */
enum change change_of(const struct finding *before, const struct finding *after, bool looked);

#endif
