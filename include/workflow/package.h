/* The evidence package of a run. */
#ifndef TOWERKEEP_WORKFLOW_PACKAGE_H
#define TOWERKEEP_WORKFLOW_PACKAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "store/store.h"

#define PACKAGE_FOLDER "evidence"
#define PACKAGE_DIGEST PACKAGE_FOLDER "/digest.txt"
#define PACKAGE_SIGNATURE PACKAGE_DIGEST ".sig"
/* Makes or replaces DIR/evidence of the run in DIR; every report must lie there already. */
int package_make(const char *directory, struct store *store, const char *sign_key, struct err *err);
bool package_drop(const char *directory); /* takes it away; was there one? */
bool package_signed(const char *directory);
/* Files of a run's directory that digest.txt cannot or need not name. */
bool package_outside(const char *name);

#endif
