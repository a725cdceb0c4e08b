#include "ops_table.h"

static const struct op ec2_rows[] = {
    {SVC_EC2, "DescribeRegions", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL, 0,
     "regionInfo", NULL},
    {SVC_EC2, "DescribeInstances", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "NextToken",
     "nextToken", "MaxResults", 1000, "reservationSet", NULL},
    {SVC_EC2, "DescribeVolumes", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "NextToken",
     "nextToken", "MaxResults", 1000, "volumeSet", NULL},
    {SVC_EC2, "DescribeTags", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "NextToken",
     "nextToken", "MaxResults", 1000, "tagSet", NULL},
    {SVC_EC2, "CreateTags", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL, 0,
     NULL, NULL},
    {SVC_EC2, "DeleteTags", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL, 0,
     NULL, NULL},
};

static const struct op rds_rows[] = {
    {SVC_RDS, "DescribeDBInstances", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "Marker",
     "Marker", "MaxRecords", 100, "DBInstances", NULL},
    {SVC_RDS, "DescribeDBClusters", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "Marker",
     "Marker", "MaxRecords", 100, "DBClusters", NULL},
    {SVC_RDS, "ListTagsForResource", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, "TagList", NULL},
    {SVC_RDS, "AddTagsToResource", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
    {SVC_RDS, "RemoveTagsFromResource", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL,
     NULL, 0, NULL, NULL},
};

static const struct op dynamodb_rows[] = {
    {SVC_DYNAMODB, "ListTables", EFFECT_READ, REACH_REGIONAL, "POST", "/", "",
     "ExclusiveStartTableName", "LastEvaluatedTableName", "Limit", 100, "TableNames", NULL},
    {SVC_DYNAMODB, "DescribeTable", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
    {SVC_DYNAMODB, "ListTagsOfResource", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "NextToken",
     "NextToken", NULL, 0, "Tags", NULL},
    {SVC_DYNAMODB, "TagResource", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
    {SVC_DYNAMODB, "UntagResource", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
};

static const struct op efs_rows[] = {
    {SVC_EFS, "DescribeFileSystems", EFFECT_READ, REACH_REGIONAL, "GET", "/2015-02-01/file-systems",
     "MaxItems=MaxItems Marker=Marker CreationToken=CreationToken FileSystemId=FileSystemId",
     "Marker", "NextMarker", "MaxItems", 100, "FileSystems", NULL},
    {SVC_EFS, "ListTagsForResource", EFFECT_READ, REACH_REGIONAL, "GET",
     "/2015-02-01/resource-tags/{ResourceId}", "MaxResults=MaxResults NextToken=NextToken",
     "NextToken", "NextToken", "MaxResults", 100, "Tags", NULL},
    {SVC_EFS, "TagResource", EFFECT_WRITE, REACH_REGIONAL, "POST",
     "/2015-02-01/resource-tags/{ResourceId}", "", NULL, NULL, NULL, 0, NULL, NULL},
    {SVC_EFS, "UntagResource", EFFECT_WRITE, REACH_REGIONAL, "DELETE",
     "/2015-02-01/resource-tags/{ResourceId}", "tagKeys=TagKeys", NULL, NULL, NULL, 0, NULL, NULL},
};

static const struct op s3_rows[] = {
    {SVC_S3, "ListBuckets", EFFECT_READ, REACH_GLOBAL, "GET", "/",
     "max-buckets=MaxBuckets continuation-token=ContinuationToken prefix=Prefix "
     "bucket-region=BucketRegion",
     "ContinuationToken", "ContinuationToken", "MaxBuckets", 10000, "Buckets",
     "s3:ListAllMyBuckets"},
    {SVC_S3, "GetBucketLocation", EFFECT_READ, REACH_REGIONAL, "GET", "/{Bucket}", "location", NULL,
     NULL, NULL, 0, NULL, NULL},
    {SVC_S3, "GetBucketTagging", EFFECT_READ, REACH_REGIONAL, "GET", "/{Bucket}", "tagging", NULL,
     NULL, NULL, 0, "TagSet", NULL},
    {SVC_S3, "PutBucketTagging", EFFECT_WRITE, REACH_REGIONAL, "PUT", "/{Bucket}", "tagging", NULL,
     NULL, NULL, 0, NULL, NULL},
};

static const struct op tagging_rows[] = {
    {SVC_TAGGING, "GetResources", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "PaginationToken",
     "PaginationToken", "ResourcesPerPage", 100, "ResourceTagMappingList", NULL},
    {SVC_TAGGING, "GetTagKeys", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "PaginationToken",
     "PaginationToken", NULL, 0, "TagKeys", NULL},
    {SVC_TAGGING, "GetTagValues", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", "PaginationToken",
     "PaginationToken", NULL, 0, "TagValues", NULL},
    {SVC_TAGGING, "TagResources", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
    {SVC_TAGGING, "UntagResources", EFFECT_WRITE, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
};

static const struct op servicecatalog_rows[] = {
    {SVC_SERVICECATALOG, "SearchProvisionedProducts", EFFECT_READ, REACH_REGIONAL, "POST", "/", "",
     "PageToken", "NextPageToken", "PageSize", 100, "ProvisionedProducts", NULL},
};

const struct op_rows ops_ec2 = {ec2_rows, sizeof ec2_rows / sizeof *ec2_rows};
const struct op_rows ops_rds = {rds_rows, sizeof rds_rows / sizeof *rds_rows};
const struct op_rows ops_dynamodb = {dynamodb_rows, sizeof dynamodb_rows / sizeof *dynamodb_rows};
const struct op_rows ops_efs = {efs_rows, sizeof efs_rows / sizeof *efs_rows};
const struct op_rows ops_s3 = {s3_rows, sizeof s3_rows / sizeof *s3_rows};
const struct op_rows ops_tagging = {tagging_rows, sizeof tagging_rows / sizeof *tagging_rows};
const struct op_rows ops_servicecatalog = {servicecatalog_rows, sizeof servicecatalog_rows /
                                                                    sizeof *servicecatalog_rows};
