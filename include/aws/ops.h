/*
 * The one table of operations: what towerkeep can ask AWS, how it travels, whether it changes
 * anything, at which rate, and which IAM actions it needs. The client, its limiter, the read-only
 * session policy, `iam-policy`, the simulator's routes and throttle, and the conformance test read
 * these rows. A scan's client refuses a row that writes before it is signed.
 *
 * To add an operation, change three files:
 *   1. src/aws/ops_<service>.c: its row. All members that differ from zero; `rate` from
 *      aws/rates.h, `iam` from aws/iam_form.h (a rate or form that AWS defines for this operation
 *      alone is one more row there and in src/aws/rates.c or src/aws/iam_forms.c).
 *   2. src/sim/services/<service>: its handler, and the entry of `routes` with the shape of its
 *      input.
 *   3. tests/sim/services/<service>.c: a test of the handler.
 * The tests name what is missing: aws/ops (effect, rate class, IAM form), aws/ops_match_models
 * (wire format and paging against AWS's models), sim/routes (an operation without a handler, a
 * handler without a row).
 *
 * Sources: official API models (botocore 1.43.67); Service Authorization Reference; rates:
 * Organizations quotas, AWS Backup quotas, EC2 API throttling, KMS request quotas, STS quotas.
 *
 * Member names. For json and rest-json services an input is a JSON object with the model's member
 * names; path and query parts are taken out of it by the row. For query, ec2 and rest-xml services
 * names are those on the wire (ec2: "VolumeId": [..], "Filter": [{"Name":..,"Value":[..]}]).
 */
#ifndef TOWERKEEP_AWS_OPS_H
#define TOWERKEEP_AWS_OPS_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/iam_form.h"
#include "aws/rates.h"

enum service {
    SVC_ORGANIZATIONS,
    SVC_CONTROLTOWER,
    SVC_KMS,
    SVC_BACKUP,
    SVC_STS,
    SVC_ACCOUNT,
    SVC_EC2,
    SVC_RDS,
    SVC_DYNAMODB,
    SVC_EFS,
    SVC_S3,
    SVC_TAGGING,
    SVC_IAM,
    SVC_SERVICECATALOG,
    SVC_CONTROLCATALOG,
    SVC_FSX,
    SVC_EKS,
    SVC_REDSHIFT,
    SVC_REDSHIFT_SERVERLESS,
    SVC_DSQL,
    SVC_STORAGEGATEWAY,
    SVC_CLOUDFORMATION,
    SVC_COUNT
};

enum protocol {
    PROTOCOL_REST_JSON,
    PROTOCOL_JSON_1_0,
    PROTOCOL_JSON_1_1,
    PROTOCOL_QUERY,
    PROTOCOL_EC2,
    PROTOCOL_REST_XML
};

enum reach {
    REACH_REGIONAL, /* one endpoint a Region, state per Region */
    REACH_HOME,     /* regional endpoint, but only the landing zone's home Region is asked (Control
                       Tower) */
    REACH_GLOBAL /* one endpoint a partition, signed for that Region (Organizations, Account, IAM);
                    S3's ListBuckets counts as global */
};

/* What a call changes. Zero is not an effect: every row names its own. */
enum effect {
    EFFECT_READ = 1,
    EFFECT_WRITE,      /* creates, changes or repairs */
    EFFECT_REMOVAL,    /* detaches, disables or deletes what can be made again */
    EFFECT_DESTRUCTIVE /* what cannot be made again is lost: an account, a key, a vault, a recovery
                          point */
};

struct service_info {
    enum service service;
    const char *name;            /* ours, lower case: "organizations", "efs", "tagging" */
    const char *endpoint_prefix; /* host: elasticfilesystem, tagging, ... */
    const char *signing_name;
    const char *iam_prefix; /* IAM action prefix: elasticfilesystem, tag, ... */
    enum protocol protocol;
    const char *api_version;
    const char *target_prefix; /* X-Amz-Target, json protocols only */
    const char *env_id;        /* AWS_ENDPOINT_URL_<env_id> */
    const char *lists;         /* XML list elements and their item name: "DBInstances/DBInstance
                                  TagList/Tag"; "*" + "/item" for ec2 */
    const char *xml_namespace; /* XML protocols: of the answer's root; NULL otherwise */
};

/* Further actions that AWS checks for the same call. */
struct iam_right {
    enum iam_form form;
    const char *actions; /* space separated */
};
#define OP_RIGHTS_MAX 2

struct op {
    enum service service;
    const char *name;
    enum effect effect;
    enum reach reach;
    const char *method; /* "POST" for json, query and ec2 */
    const char *path;   /* labels are member names of the model:
                           "/backup-vaults/{BackupVaultName}/access-policy" */
    const char *query;  /* rest only: "nextToken=NextToken maxResults=MaxResults", that is,
                           wire=member; "" if none */
    const char *token_in, *token_out; /* members that carry the page token; NULL when unpaged; dots
                                         for nesting */
    const char *limit;                /* member that carries the page size; NULL when none */
    int limit_max;                    /* largest page allowed */
    const char *list; /* member of the answer that holds the page's rows; dots for nesting (wire
                         name for XML) */
    enum rate_class rate;
    enum iam_form iam;                    /* resources and conditions of its first action */
    const char *iam_action;               /* its first action; NULL: "<iam_prefix>:<name>" */
    struct iam_right also[OP_RIGHTS_MAX]; /* ends with IAM_NONE */
    const char *dependents; /* actions that AWS performs with the caller's rights while it serves
                               the call, space separated; each is an action of another row */
};

const struct service_info *service_info(enum service service);
const struct service_info *
service_by_name(const char *name); /* our name or the signing name; NULL when unknown */
size_t op_count(void);
const struct op *op_at(size_t index);
const struct op *op_find(enum service service, const char *name); /* NULL when unknown */
const struct op *
op_parse(const char *service_colon_name); /* "kms:DescribeKey"; NULL when unknown */
void op_label(const struct op *op, char *out, size_t size); /* "kms:DescribeKey" */
/* Item element of an XML list element of this service ("member", "item", "DBInstance"), or NULL
 * when it is not a list. */
const char *service_list_item(enum service service, const char *element);

/* Does it change anything? A scan never sends such a call. */
bool op_writes(const struct op *op);
/* The k-th IAM action that AWS checks for a call ("s3:ListAllMyBuckets"), and its form (form may be
 * NULL); false past the last. */
bool op_iam_action(const struct op *op, unsigned k, enum iam_form *form, char *out, size_t size);

#endif
