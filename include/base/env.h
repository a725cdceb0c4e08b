/* The environment, read in one place so that a test or a grep finds every variable. */
#ifndef TOWERKEEP_BASE_ENV_H
#define TOWERKEEP_BASE_ENV_H

#include <stddef.h>

const char *env_get(const char *name); /* borrowed; NULL when unset or empty */

#endif
