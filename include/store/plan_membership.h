/* Since when backup plans take resources, as the runs up to this one saw it. AWS keeps no time for
 * tags. */
#ifndef TOWERKEEP_STORE_PLAN_MEMBERSHIP_H
#define TOWERKEEP_STORE_PLAN_MEMBERSHIP_H

#include "store/store.h"

struct plan_membership {
    const char *account, *region;
    const char *arn, *plan; /* both "": the place itself, whose resources were all read; plan "":
                               the Tagging API returns the resource and its service does not */
};
/* What the runs before tell, milliseconds since 1970: 0 when they know nothing of the place,
   `now_ms` when they saw the place and not this. 0 or -1. */
int plan_membership_since(struct store *s, const struct plan_membership *t, int64_t now_ms,
                          int64_t *since_ms, struct err *err);
/* Keeps it for the next run. 0 or -1. */
int plan_membership_note(struct store *s, const struct plan_membership *t, int64_t since_ms,
                         int64_t now_ms, struct err *err);

#endif
