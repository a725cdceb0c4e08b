/* What package.c and package_verify.c share. */
#ifndef TOWERKEEP_WORKFLOW_PACKAGE_PRIVATE_H
#define TOWERKEEP_WORKFLOW_PACKAGE_PRIVATE_H

#include <stdbool.h>

/* Is this a file of a run's directory that the digest cannot or need not list? */
bool package_is_outside(const char *name);

#endif
