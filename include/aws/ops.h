/*
 * The one table of operations: what we may ask AWS, how it goes over the wire, and whether it
 * changes anything. A scan's client refuses a WRITE row before it is signed; IAM policies, the
 * simulator's routes and the conformance tests are derived from the same rows.
 *
 * Facts: official API models (botocore 1.43.67); rates: FACTS 6.1 pages (Organizations quotas, AWS
 * Backup quotas, EC2 API throttling, KMS request quotas, STS quotas).
 *
 * Member names. For json and rest-json services an input is a JSON object with the model's member
 * names; path and query parts are taken out of it by the row. For query, ec2 and rest-xml services
 * names are those on the wire (ec2: "VolumeId": [..], "Filter": [{"Name":..,"Value":[..]}]).
 */
#ifndef TOWERKEEP_AWS_OPS_H
#define TOWERKEEP_AWS_OPS_H

#include <stdbool.h>
#include <stddef.h>

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

enum effect { EFFECT_READ, EFFECT_WRITE };

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

struct op {
    enum service service;
    const char *name;
    enum effect effect;
    enum reach reach;
    const char *method; /* "POST" for json, query and ec2 */
    const char
        *path; /* labels are model member names: "/backup-vaults/{BackupVaultName}/access-policy" */
    const char
        *query; /* rest only: "nextToken=NextToken maxResults=MaxResults" wire=member, "" if none */
    const char *token_in,
        *token_out;    /* member that carries the page token; NULL when unpaged; dots for nesting */
    const char *limit; /* member that carries the page size; NULL when none */
    int limit_max;     /* largest page allowed */
    const char *list;  /* member of the answer that holds the page's rows; dots for nesting (wire
                          name for XML) */
    const char
        *iam; /* IAM actions when not "<iam_prefix>:<name>", space separated; NULL otherwise */
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
 * when it is no list. */
const char *service_list_item(enum service service, const char *element);

/* One published rate (calls per second, burst). Rows that share a group share a bucket. */
enum rate_scope { RATE_ACCOUNT_REGION, RATE_ACCOUNT, RATE_ORGANIZATION };
struct rate {
    const char *group;
    enum rate_scope scope;
    double per_second;
    double burst;
};
/* The rates an operation is subject to, most specific first; at most 2. Returns how many were
 * written. */
size_t op_rates(const struct op *op, const struct rate *out[2]);

#endif
