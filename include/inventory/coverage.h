/* Coverage: one row per account and Region that should have been seen, and how much of each was. */
#ifndef TOWERKEEP_INVENTORY_COVERAGE_H
#define TOWERKEEP_INVENTORY_COVERAGE_H

#include "store/store.h"

struct coverage {
    const char *account, *name, *ou_path, *region;
    bool governed;
    int64_t expected, ok, denied, throttled_then_ok, failed;
    const char *state; /* REACHED PARTIAL NOT REACHED SUSPENDED REGION DISABLED REGION DENY */
};
int coverage_each(struct store *s, int (*each)(void *context, const struct coverage *c),
                  void *context, struct err *err);
struct coverage_totals {
    int64_t expected, reached, gaps; /* account × Region pairs that should be seen, that were fully
                                        seen; collection errors */
    int64_t accounts,
        accounts_selected;             /* ACTIVE ones, and those that the scan did not leave out */
    int64_t regions, regions_selected; /* governed ones, likewise */
};
int coverage_count(struct store *s, struct coverage_totals *out, struct err *err);

#endif
