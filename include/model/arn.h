/* Splits ARNs into parts: arn:partition:service:region:account:resource. */
#ifndef TOWERKEEP_MODEL_ARN_H
#define TOWERKEEP_MODEL_ARN_H

#include <stdbool.h>
#include <stddef.h>

struct arn_part {
    const char *data; /* borrowed from the ARN, not NUL-terminated (the resource is) */
    size_t length;
};

struct arn {
    struct arn_part partition, service, region, account, resource;
};

bool arn_parse(const char *s,
               struct arn *out); /* false: not an ARN (NULL included); out is untouched */
bool arn_part_is(struct arn_part p, const char *word);
/* Copies a part into `out`, cut to its size; returns out. */
const char *arn_part_copy(struct arn_part p, char *out, size_t size);
/* Replaces the Region of an ARN: the replica's ARN of a multi-Region key. The caller frees it; NULL
 * when `s` is not an ARN. */
char *arn_in_region(const char *s, const char *region);
/* The last segment of the resource after '/' or ':' ("mrk-...", a vault's name, a baseline's id);
 * borrowed. */
const char *arn_name(const char *s);

#endif
