/* What became of a finding from one run to the next. */
#ifndef TOWERKEEP_MODEL_CHANGE_H
#define TOWERKEEP_MODEL_CHANGE_H

#include <stdbool.h>

#include "model/finding.h"

enum change {                        /* in the order of reading */
              CHANGE_REGRESSED,      /* was well, fails now */
              CHANGE_NEW,            /* fails, and was not known, or did not apply */
              CHANGE_WAIVER_EXPIRED, /* was muted, fails now */
              CHANGE_CHANGED,  /* another status, or fails in another way; it was or is not failing
                                */
              CHANGE_RESOLVED, /* failed, and is well, does not apply, or is gone */
              CHANGE_NOT_COMPARED, /* only one of the runs looked there */
              CHANGE_UNCHANGED,
              CHANGE_COUNT
};

const char *change_name(enum change c); /* "NEW", ..., "WAIVER EXPIRED", "NOT COMPARED" */
/* Either side may be NULL, not both. `looked`: the run without the finding would have had it, had
   it been there. Failure that can no longer be seen is not resolved. */
enum change change_of(const struct finding *before, const struct finding *after, bool looked);

#endif
