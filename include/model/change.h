/* How a finding changed from one run to the next. */
#ifndef TOWERKEEP_MODEL_CHANGE_H
#define TOWERKEEP_MODEL_CHANGE_H

#include <stdbool.h>

#include "model/finding.h"

enum change {                        /* in the order of the report */
              CHANGE_REGRESSED,      /* passed before, fails now */
              CHANGE_NEW,            /* fails; was absent, manual or not applicable */
              CHANGE_WAIVER_EXPIRED, /* was covered by a waiver, fails now */
              CHANGE_CHANGED,        /* another change of status or values */
              CHANGE_RESOLVED,       /* failed before; now passes, does not apply, or is gone */
              CHANGE_NOT_COMPARED,   /* only one of the runs covers it */
              CHANGE_UNCHANGED,
              CHANGE_COUNT
};

const char *change_name(enum change c); /* "NEW", ..., "WAIVER EXPIRED", "NOT COMPARED" */
/* Either side may be NULL, not both. `looked`: the run without the finding covers its scope and
 * check. A failure that can no longer be evaluated is not resolved. */
enum change change_of(const struct finding *before, const struct finding *after, bool looked);

#endif
