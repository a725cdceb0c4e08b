/* Which resources AWS Backup cannot copy into another account's vault, and which copies need the
 * source's key
 * ("Feature availability" and "Encryption" in the AWS Backup developer guide, as of mid-2026). */
#ifndef TOWERKEEP_MODEL_COPY_SUPPORT_H
#define TOWERKEEP_MODEL_COPY_SUPPORT_H

#include <stdbool.h>

struct copy_source {    /* borrowed */
    const char *type;   /* AWS Backup's resource type; NULL when it has none */
    const char *engine; /* of a database, NULL otherwise */
    const char *arn, *region;
    int dynamodb_advanced; /* 1, 0, or -1 when unknown */
    bool opt_in_region;    /* its Region is not enabled by default */
};

/* Why its backups cannot reach a vault of another account; NULL when they can. Static. */
const char *copy_support_problem(const struct copy_source *source);
/* Backups of this type are encrypted independently of the source, so a copy does not need the
   source's key. dynamodb_advanced as above; unknown counts as on. */
bool copy_fully_managed(const char *type, int dynamodb_advanced);

#endif
