/* The tag calls of the resources' own services, for what the Tagging API leaves out. */
#ifndef TOWERKEEP_PLAN_SERVICE_TAGS_H
#define TOWERKEEP_PLAN_SERVICE_TAGS_H

#include "remedy.h"

/* A step's "otherwise" (docs/plan.md): for each of `arns` the call that gives it the tag `key` with
 * `value`, or removes it (`value` NULL). NULL when no service of them has such a call. Yours. */
struct plan_retry *service_tags_new(const struct making *m, const char *account, const char *region,
                                    const json_t *arns, const char *key, const char *value);

#endif
