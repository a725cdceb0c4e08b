/* What the files of the teardown share. */
#ifndef TOWERKEEP_PLAN_TEARDOWN_H
#define TOWERKEEP_PLAN_TEARDOWN_H

#include "goals.h"

enum teardown_row {
    DISABLE_BASELINE,
    DELETE_POINT,
    DISABLE_ZONE,
    UNDELEGATE,
    DEREGISTER,
    DISTRUST,
    DELETE_KEY,
    CLOSE_ACCOUNT,
    TEARDOWN_ROW_COUNT
};
const struct remedy *teardown_row(enum teardown_row row);

/* Gathers the vaults and their recovery points. First of all. */
int teardown_look(struct making *m, struct err *err);
/* Recovery points of the vaults that the operator named. */
int teardown_points(struct making *m, struct err *err);
/* The key: replicas, then the primary, when nothing rests on it. */
int teardown_key(struct making *m, struct err *err);
/* Is nothing left in the account's vaults once this plan is done? */
bool teardown_emptied(const struct making *m, const char *account);
/* Writes down what stays. Last of all. */
int teardown_remains(struct making *m, struct err *err);

#endif
