/* Control Tower's baselines: their names by id, and the version for each landing zone version. */
#ifndef TOWERKEEP_MODEL_BASELINE_H
#define TOWERKEEP_MODEL_BASELINE_H

#include <stdbool.h>

#define BASELINE_ID_LENGTH 16

/* The baseline's name for an ARN or id, by its last 16 characters; NULL when it is unknown.
 * Static. */
const char *baseline_name(const char *arn_or_id);
/* The newest AWSControlTowerBaseline version for a landing zone version ("3.3" -> "4.0"); NULL when
 * unknown. Static. */
const char *baseline_compatible_version(const char *landing_zone_version);
/* Compares dotted version numbers: -1, 0 or 1; text that is not a number counts as 0; NULL is
 * lowest. */
int version_compare(const char *a, const char *b);

#endif
