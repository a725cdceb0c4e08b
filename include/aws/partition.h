/* Partitions (aws, aws-us-gov, aws-cn, aws-eusc), their Regions, and endpoints. Source: botocore's
 * partitions.json and endpoints.json; tests/aws/regions_match_endpoints.py compares the tables. */
#ifndef TOWERKEEP_AWS_PARTITION_H
#define TOWERKEEP_AWS_PARTITION_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/ops.h"
#include "base/err.h"

struct partition {
    const char *id;
    const char *dns_suffix;
    const char *dual_stack_suffix;
    const char *global_region;   /* implicit global Region */
    const char *region_prefixes; /* space separated: "us eu ap ..." before the first dash, "us-gov",
                                    "cn", "eusc" */
};

const struct partition *
partition_of_region(const char *region); /* never NULL: aws when no prefix fits, as for "" */

struct region {
    const char *name;
    const char *partition; /* its id */
    bool opt_in; /* disabled until the account enables it (commercial Regions since 2019) */
};

/* The one table of Regions: each partition's Regions follow each other, its oldest first. */
size_t region_count(void);
const struct region *region_at(size_t index);
/* Two or more dash-separated lower-case words, ending in a digit; at most 32 characters. */
bool region_name_valid(const char *name);
/* Is the Region in the table? A Region that is newer than this build is not. */
bool region_known(const char *name);
/* Is it in the table, or named as AWS names Regions: a partition's prefix, a direction, a number
 * ("eu-north-9")? Such a Region can exist; the answers of the organization decide. */
bool region_possible(const char *name);
/* The Region with the most similar name (for "did you mean"), or NULL when none is similar. */
const char *region_nearest(const char *name);
/* An unknown commercial Region counts as opt-in: every new one is. */
bool region_is_opt_in(const char *name);

struct endpoint {
    char url[256];  /* scheme://host[:port], no path, no trailing slash */
    char host[224]; /* value of the Host header */
    char signing_region[33];
    const char *signing_name;
};

struct endpoint_rules {       /* all strings borrowed; NULL when unset */
    const char *override_all; /* --endpoint-url, AWS_ENDPOINT_URL or the profile's endpoint_url */
    const char *override[SVC_COUNT]; /* AWS_ENDPOINT_URL_<SERVICE> */
    bool use_fips, use_dual_stack;
    bool allow_http; /* plain http to something that is not loopback */
};

/* Where `op` for `region` goes and for which Region it is signed. An override replaces the host
 * only. ERR_INPUT for plain http to a non-loopback host. */
int endpoint_resolve(const struct endpoint_rules *rules, const struct op *op, const char *region,
                     struct endpoint *out, struct err *err);
/* Does every call stay on this machine? */
bool endpoints_are_loopback(const struct endpoint_rules *rules);

#endif
