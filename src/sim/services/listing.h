/*
 * The listings of the inventory services, and the tags of what EC2, RDS, DynamoDB, EFS and S3 list.
 *
 * Each listing operation is one row of the table in listing.c; list_resources() is the handler of
 * them all. What a row does not say comes from the operation's row in aws/ops.h: the member of the
 * answer that holds the page, the members that carry the token, and the largest page.
 */
#ifndef TOWERKEEP_SIM_SERVICES_LISTING_H
#define TOWERKEEP_SIM_SERVICES_LISTING_H

#include "services/inventory.h"

/* A filter that a service knows and the member of the resource that it compares. A table of them
 * ends with NULL. */
struct filter {
    const char *name, *path;
};

/* Where a row holds its tags. */
struct listing_tags {
    const char *member, *key, *value; /* a list of {key, value} */
    bool if_any;                      /* without tags the member is absent, not empty */
};

struct listing {
    enum service service;
    const char *op;
    const struct kind *kind; /* the resources that it lists */
    long long page;          /* rows on a page when the caller gives no size */
    bool by_name;            /* rows in the order of their names; otherwise as they were made */
    bool name_tokens;        /* the row is the name, and the token is the last name of a page */
    const char *named;       /* member of the input that names resources: a list of ids, or one id
                                or ARN; NULL: none */
    const char *arn_prefix;  /* before the id in such an ARN: "db:" */
    const char *id_prefix;   /* with which every id starts: "vol-" */
    const char *unknown;     /* code for a name that does not exist */
    const char *noun;        /* the resource in that message */
    const struct filter *filters;
    const struct listing_tags *tags; /* NULL: rows have no tags */
    /* Refuses an input that its shape allows. 0, or -1 after sim_fail(); NULL: nothing to check. */
    int (*check)(struct sim_call *call, const struct listing *what);
    /* Does a resource match the rest of the input? 1 or 0, or -1 after sim_fail(); NULL: each does.
     */
    int (*fits)(struct sim_call *call, const struct listing *what, const json_t *record);
    /* Turns the finished row, which it takes, into what the service writes; new reference. NULL: as
     * it is. */
    json_t *(*row)(struct sim_call *call, json_t *row);
    /* Adds further members to the answer; NULL: there are none. */
    void (*finish)(struct sim_call *call);
};

/* The handler of every listing operation. */
int list_resources(struct sim_call *call);

/* The id in an id or ARN; borrowed from `given`. */
const char *given_id(const char *given, const char *arn_prefix);

/* Handlers of tags of one resource, for RDS, DynamoDB and EFS. */
int list_tags_of_resource(struct sim_call *call);
int tag_one_resource(struct sim_call *call);
int untag_one_resource(struct sim_call *call);
/* Sets the tags [{"Key", "Value"}] on a record. */
void set_tags(struct sim_call *call, json_t *record, const json_t *list);

/* What the rows name, each in its service's file. */
int ec2_check_listing(struct sim_call *call, const struct listing *what);
int ec2_fits(struct sim_call *call, const struct listing *what, const json_t *record);
json_t *ec2_reservation(struct sim_call *call, json_t *row);
int rds_check_listing(struct sim_call *call, const struct listing *what);
int rds_fits(struct sim_call *call, const struct listing *what, const json_t *record);
int efs_check_listing(struct sim_call *call, const struct listing *what);
int efs_fits(struct sim_call *call, const struct listing *what, const json_t *record);
void efs_echo_marker(struct sim_call *call);
int s3_fits(struct sim_call *call, const struct listing *what, const json_t *record);
int fsx_check_listing(struct sim_call *call, const struct listing *what);
int fsx_fits(struct sim_call *call, const struct listing *what, const json_t *record);
json_t *eks_name(struct sim_call *call, json_t *row);
int cloudformation_fits(struct sim_call *call, const struct listing *what, const json_t *record);
json_t *s3_bucket_row(struct sim_call *call, json_t *row);
void s3_add_owner(struct sim_call *call);
/* The resource that a call on tags names; NULL after sim_fail(). */
json_t *rds_tagged(struct sim_call *call);
json_t *dynamodb_tagged(struct sim_call *call);
json_t *efs_tagged(struct sim_call *call);

#endif
