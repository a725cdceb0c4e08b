/*
 * Which resources a backup selection includes, by the rules of AWS Backup ("Assign resources with
 * AWS CLI" and BackupSelection in the AWS Backup developer guide): Resources     any of the ARN
 * patterns ('*' stands for any text); absent with Conditions or without anything else: every
 * resource ListOfTags    any of the pairs, exact key and value; together with Resources it adds to
 * them (inferred: the guide has no example of both) Conditions    all of them, over tags; a negated
 * one is true for a missing tag NotResources  none of the ARN patterns The opt-in of the resource's
 * type counts, unless Resources names the type itself; for Aurora, Neptune and DocumentDB, whose
 * ARNs look alike, it always counts. No API calls are made
 * here. */
#ifndef TOWERKEEP_MODEL_SELECTION_H
#define TOWERKEEP_MODEL_SELECTION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/* In order from the nearest to the farthest match: of several selections, the lowest value is
 * reported.
 */
enum selection_outcome {
    SELECTION_TAKES,
    SELECTION_OPTED_OUT,   /* it would match if the type were opted in */
    SELECTION_EXCLUDED,    /* NotResources matches it */
    SELECTION_CONDITION,   /* one of Conditions is false */
    SELECTION_WRONG_VALUE, /* the resource has the key with another value */
    SELECTION_NEAR_KEY,    /* the resource has a key similar to the required one */
    SELECTION_ELSEWHERE    /* nothing in the selection matches this resource */
};

struct selection_resource { /* borrowed */
    const char *arn;
    const char *type;   /* AWS Backup's resource type; NULL when it has none */
    const json_t *tags; /* {key: value} */
    int type_on;        /* opt-in that counts for the plan: 1, 0, or -1 when unknown */
};

/* selection: AWS's BackupSelection document. */
enum selection_outcome selection_judge(const json_t *selection,
                                       const struct selection_resource *resource);
/* The same, and appends to `why` the reason that the resource is not included (nothing when it
 * is). */
enum selection_outcome selection_explain(const json_t *selection,
                                         const struct selection_resource *resource,
                                         struct text *why);

#endif
