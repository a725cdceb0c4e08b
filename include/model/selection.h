/*
 * Which resources a backup selection takes, as AWS Backup decides it ("Assign resources with AWS
 * CLI" and BackupSelection in the AWS Backup developer guide):
 *   Resources     any of the ARN patterns ('*' stands for any text); absent with Conditions or
 *                 without anything else: every resource
 *   ListOfTags    any of the pairs, key and value exactly; beside Resources it adds to them
 *                 (inferred: the guide has no example of both)
 *   Conditions    all of them, over tags; a negated one holds for a tag that is not there
 *   NotResources  none of the ARN patterns
 * The opt-in of the resource's type counts, unless Resources names the type itself; for Aurora,
 * Neptune and DocumentDB, whose ARNs look alike, it counts all the same.
 * Pure: nothing is fetched here.
 */
#ifndef TOWERKEEP_MODEL_SELECTION_H
#define TOWERKEEP_MODEL_SELECTION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/* From nearest to farthest from being taken: of several selections the least one is worth telling.
 */
enum selection_outcome {
    SELECTION_TAKES,
    SELECTION_OPTED_OUT,   /* it would, were the type on */
    SELECTION_EXCLUDED,    /* NotResources names it */
    SELECTION_CONDITION,   /* one of Conditions does not hold */
    SELECTION_WRONG_VALUE, /* it has the key, with another value */
    SELECTION_NEAR_KEY,    /* it has a key that is similar to the wanted one */
    SELECTION_ELSEWHERE    /* nothing in the selection means this resource */
};

struct selection_resource { /* borrowed */
    const char *arn;
    const char *type;   /* AWS Backup's word, NULL when it is none */
    const json_t *tags; /* {key: value} */
    int type_on;        /* opt-in that counts for the plan: 1, 0, or -1 when unknown */
};

/* selection: AWS's BackupSelection document. */
enum selection_outcome selection_judge(const json_t *selection,
                                       const struct selection_resource *resource);
/* The same, and in words why it is not taken, appended to `why` (nothing when it is taken). */
enum selection_outcome selection_explain(const json_t *selection,
                                         const struct selection_resource *resource,
                                         struct text *why);
/* Does the pattern name a type of resource, and not a whole service? */
bool selection_pattern_names_type(const char *pattern);

#endif
