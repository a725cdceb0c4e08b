/* What AWS Backup cannot copy into another account's vault, and whose copies need the source's key
 * ("Feature availability" and "Encryption" in the AWS Backup developer guide, as of mid-2026). */
#ifndef TOWERKEEP_MODEL_COPY_SUPPORT_H
#define TOWERKEEP_MODEL_COPY_SUPPORT_H

#include <stdbool.h>

struct copy_source {    /* borrowed */
    const char *type;   /* AWS Backup's word, NULL when it is none */
    const char *engine; /* of a database, NULL otherwise */
    const char *arn, *region;
    int dynamodb_advanced; /* 1, 0, or -1 when unknown */
    bool opt_in_region;    /* its Region is not one of those that are on by default */
};

/* Why its backups cannot reach a vault of another account; NULL when they can. Static. */
const char *copy_support_problem(const struct copy_source *source);
/* Backups of this type carry encryption of their own: the source's key does not matter to a copy.
   dynamodb_advanced as above; unknown counts as on. */
bool copy_fully_managed(const char *type, int dynamodb_advanced);

#endif
