#include "ops_table.h"

#define EC2(operation)                                                                             \
    .service = SVC_EC2, .name = (operation), .reach = REACH_REGIONAL, POST_TO_ROOT
#define RDS(operation)                                                                             \
    .service = SVC_RDS, .name = (operation), .reach = REACH_REGIONAL, POST_TO_ROOT
#define DYNAMODB(operation)                                                                        \
    .service = SVC_DYNAMODB, .name = (operation), .reach = REACH_REGIONAL, POST_TO_ROOT
#define EFS(operation) .service = SVC_EFS, .name = (operation), .reach = REACH_REGIONAL
#define TAGGING(operation)                                                                         \
    .service = SVC_TAGGING, .name = (operation), .reach = REACH_REGIONAL, POST_TO_ROOT
#define SERVICECATALOG(operation)                                                                  \
    .service = SVC_SERVICECATALOG, .name = (operation), .reach = REACH_REGIONAL, POST_TO_ROOT

static const struct op ec2_rows[] = {
    {EC2("DescribeRegions"), .effect = EFFECT_READ, .list = "regionInfo",
     .rate = RATE_EC2_DESCRIBE_REGIONS, .iam = IAM_INVENTORY_READ},
    {EC2("DescribeInstances"), .effect = EFFECT_READ, .token_in = "NextToken",
     .token_out = "nextToken", .limit = "MaxResults", .limit_max = 1000, .list = "reservationSet",
     .rate = RATE_EC2_DESCRIBE, .iam = IAM_INVENTORY_READ},
    {EC2("DescribeVolumes"), .effect = EFFECT_READ, .token_in = "NextToken",
     .token_out = "nextToken", .limit = "MaxResults", .limit_max = 1000, .list = "volumeSet",
     .rate = RATE_EC2_DESCRIBE, .iam = IAM_INVENTORY_READ},
    {EC2("DescribeTags"), .effect = EFFECT_READ, .token_in = "NextToken", .token_out = "nextToken",
     .limit = "MaxResults", .limit_max = 1000, .list = "tagSet", .rate = RATE_EC2_DESCRIBE,
     .iam = IAM_INVENTORY_READ},
    {EC2("CreateTags"), .effect = EFFECT_WRITE, .rate = RATE_EC2_TAGS, .iam = IAM_SERVICES_TAG},
    {EC2("DeleteTags"), .effect = EFFECT_REMOVAL, .rate = RATE_EC2_TAGS, .iam = IAM_SERVICES_UNTAG},
};

static const struct op rds_rows[] = {
    {RDS("DescribeDBInstances"), .effect = EFFECT_READ, .token_in = "Marker", .token_out = "Marker",
     .limit = "MaxRecords", .limit_max = 100, .list = "DBInstances", .rate = RATE_RDS,
     .iam = IAM_DATABASES_READ},
    {RDS("DescribeDBClusters"), .effect = EFFECT_READ, .token_in = "Marker", .token_out = "Marker",
     .limit = "MaxRecords", .limit_max = 100, .list = "DBClusters", .rate = RATE_RDS,
     .iam = IAM_DATABASE_CLUSTERS_READ},
    {RDS("ListTagsForResource"), .effect = EFFECT_READ, .list = "TagList", .rate = RATE_RDS,
     .iam = IAM_DATABASE_TAGS_READ},
    {RDS("AddTagsToResource"), .effect = EFFECT_WRITE, .rate = RATE_RDS, .iam = IAM_SERVICES_TAG},
    {RDS("RemoveTagsFromResource"), .effect = EFFECT_REMOVAL, .rate = RATE_RDS,
     .iam = IAM_SERVICES_UNTAG},
};

static const struct op dynamodb_rows[] = {
    {DYNAMODB("ListTables"), .effect = EFFECT_READ, .token_in = "ExclusiveStartTableName",
     .token_out = "LastEvaluatedTableName", .limit = "Limit", .limit_max = 100,
     .list = "TableNames", .rate = RATE_DYNAMODB, .iam = IAM_INVENTORY_READ},
    {DYNAMODB("DescribeTable"), .effect = EFFECT_READ, .rate = RATE_DYNAMODB,
     .iam = IAM_TABLES_READ},
    {DYNAMODB("ListTagsOfResource"), .effect = EFFECT_READ, .token_in = "NextToken",
     .token_out = "NextToken", .list = "Tags", .rate = RATE_DYNAMODB_LIST_TAGS_OF_RESOURCE,
     .iam = IAM_TABLES_READ},
    {DYNAMODB("TagResource"), .effect = EFFECT_WRITE, .rate = RATE_DYNAMODB_TAG,
     .iam = IAM_SERVICES_TAG},
    {DYNAMODB("UntagResource"), .effect = EFFECT_REMOVAL, .rate = RATE_DYNAMODB_TAG,
     .iam = IAM_SERVICES_UNTAG},
};

static const struct op efs_rows[] = {
    {EFS("DescribeFileSystems"), .effect = EFFECT_READ, .method = "GET",
     .path = "/2015-02-01/file-systems",
     .query =
         "MaxItems=MaxItems Marker=Marker CreationToken=CreationToken FileSystemId=FileSystemId",
     .token_in = "Marker", .token_out = "NextMarker", .limit = "MaxItems", .limit_max = 100,
     .list = "FileSystems", .rate = RATE_EFS, .iam = IAM_FILE_SYSTEMS_READ},
    {EFS("ListTagsForResource"), .effect = EFFECT_READ, .method = "GET",
     .path = "/2015-02-01/resource-tags/{ResourceId}",
     .query = "MaxResults=MaxResults NextToken=NextToken", .token_in = "NextToken",
     .token_out = "NextToken", .limit = "MaxResults", .limit_max = 100, .list = "Tags",
     .rate = RATE_EFS, .iam = IAM_FILE_SYSTEMS_READ},
    {EFS("TagResource"), .effect = EFFECT_WRITE, .method = "POST",
     .path = "/2015-02-01/resource-tags/{ResourceId}", .query = "", .rate = RATE_EFS,
     .iam = IAM_SERVICES_TAG},
    {EFS("UntagResource"), .effect = EFFECT_REMOVAL, .method = "DELETE",
     .path = "/2015-02-01/resource-tags/{ResourceId}", .query = "tagKeys=TagKeys", .rate = RATE_EFS,
     .iam = IAM_SERVICES_UNTAG},
};

static const struct op s3_rows[] = {
    {.service = SVC_S3,
     .name = "ListBuckets",
     .reach = REACH_GLOBAL,
     .effect = EFFECT_READ,
     .method = "GET",
     .path = "/",
     .query = "max-buckets=MaxBuckets continuation-token=ContinuationToken prefix=Prefix "
              "bucket-region=BucketRegion",
     .token_in = "ContinuationToken",
     .token_out = "ContinuationToken",
     .limit = "MaxBuckets",
     .limit_max = 10000,
     .list = "Buckets",
     .rate = RATE_S3,
     .iam = IAM_INVENTORY_READ,
     .iam_action = "s3:ListAllMyBuckets"},
    {.service = SVC_S3,
     .name = "GetBucketLocation",
     .reach = REACH_REGIONAL,
     .effect = EFFECT_READ,
     .method = "GET",
     .path = "/{Bucket}",
     .query = "location",
     .rate = RATE_S3,
     .iam = IAM_BUCKETS_READ},
    {.service = SVC_S3,
     .name = "GetBucketTagging",
     .reach = REACH_REGIONAL,
     .effect = EFFECT_READ,
     .method = "GET",
     .path = "/{Bucket}",
     .query = "tagging",
     .list = "TagSet",
     .rate = RATE_S3,
     .iam = IAM_BUCKETS_TAG},
    {.service = SVC_S3,
     .name = "PutBucketTagging",
     .reach = REACH_REGIONAL,
     .effect = EFFECT_WRITE,
     .method = "PUT",
     .path = "/{Bucket}",
     .query = "tagging",
     .rate = RATE_S3,
     .iam = IAM_BUCKETS_TAG},
};

static const struct op tagging_rows[] = {
    {TAGGING("GetResources"), .effect = EFFECT_READ, .token_in = "PaginationToken",
     .token_out = "PaginationToken", .limit = "ResourcesPerPage", .limit_max = 100,
     .list = "ResourceTagMappingList", .rate = RATE_TAGGING_GET_RESOURCES,
     .iam = IAM_INVENTORY_READ},
    {TAGGING("GetTagKeys"), .effect = EFFECT_READ, .token_in = "PaginationToken",
     .token_out = "PaginationToken", .list = "TagKeys", .rate = RATE_TAGGING_GET_TAG_KEYS,
     .iam = IAM_INVENTORY_READ},
    {TAGGING("GetTagValues"), .effect = EFFECT_READ, .token_in = "PaginationToken",
     .token_out = "PaginationToken", .list = "TagValues", .rate = RATE_TAGGING_GET_TAG_VALUES,
     .iam = IAM_INVENTORY_READ},
    {TAGGING("TagResources"), .effect = EFFECT_WRITE, .rate = RATE_TAGGING_TAG_RESOURCES,
     .iam = IAM_RESOURCES_TAG,
     .dependents = "dynamodb:TagResource ec2:CreateTags elasticfilesystem:TagResource "
                   "rds:AddTagsToResource s3:GetBucketTagging s3:PutBucketTagging"},
    {TAGGING("UntagResources"), .effect = EFFECT_REMOVAL, .rate = RATE_TAGGING_UNTAG_RESOURCES,
     .iam = IAM_RESOURCES_TAG,
     .dependents = "dynamodb:UntagResource ec2:DeleteTags elasticfilesystem:UntagResource "
                   "rds:RemoveTagsFromResource s3:GetBucketTagging s3:PutBucketTagging"},
};

static const struct op servicecatalog_rows[] = {
    {SERVICECATALOG("SearchProvisionedProducts"), .effect = EFFECT_READ, .token_in = "PageToken",
     .token_out = "NextPageToken", .limit = "PageSize", .limit_max = 100,
     .list = "ProvisionedProducts", .rate = RATE_SERVICECATALOG, .iam = IAM_ACCOUNT_FACTORY_READ},
};

const struct op_rows ops_ec2 = {ec2_rows, sizeof ec2_rows / sizeof *ec2_rows};
const struct op_rows ops_rds = {rds_rows, sizeof rds_rows / sizeof *rds_rows};
const struct op_rows ops_dynamodb = {dynamodb_rows, sizeof dynamodb_rows / sizeof *dynamodb_rows};
const struct op_rows ops_efs = {efs_rows, sizeof efs_rows / sizeof *efs_rows};
const struct op_rows ops_s3 = {s3_rows, sizeof s3_rows / sizeof *s3_rows};
const struct op_rows ops_tagging = {tagging_rows, sizeof tagging_rows / sizeof *tagging_rows};
const struct op_rows ops_servicecatalog = {servicecatalog_rows, sizeof servicecatalog_rows /
                                                                    sizeof *servicecatalog_rows};
