/* Lists of resource types that are read only when they are required. Where a service has a summary
 * without what customers store (stacks without parameters and outputs), that is read. */
#include "ops_table.h"

#define LIST(its_service, operation)                                                               \
    .service = (its_service), .name = (operation), .reach = REACH_REGIONAL, .effect = EFFECT_READ, \
    .iam = IAM_INVENTORY_READ

static const struct op fsx_rows[] = {
    {LIST(SVC_FSX, "DescribeFileSystems"), POST_TO_ROOT, .token_in = "NextToken",
     .token_out = "NextToken", .limit = "MaxResults", .limit_max = 100, .list = "FileSystems",
     .rate = RATE_FSX},
    {LIST(SVC_FSX, "DescribeVolumes"), POST_TO_ROOT, .token_in = "NextToken",
     .token_out = "NextToken", .limit = "MaxResults", .limit_max = 100, .list = "Volumes",
     .rate = RATE_FSX},
};

static const struct op eks_rows[] = {
    {LIST(SVC_EKS, "ListClusters"), .method = "GET", .path = "/clusters",
     .query = "maxResults=maxResults nextToken=nextToken include=include", .token_in = "nextToken",
     .token_out = "nextToken", .limit = "maxResults", .limit_max = 100, .list = "clusters",
     .rate = RATE_EKS},
};

static const struct op redshift_rows[] = {
    {LIST(SVC_REDSHIFT, "DescribeClusters"), POST_TO_ROOT, .token_in = "Marker",
     .token_out = "Marker", .limit = "MaxRecords", .limit_max = 100, .list = "Clusters",
     .rate = RATE_REDSHIFT},
};

static const struct op redshift_serverless_rows[] = {
    {LIST(SVC_REDSHIFT_SERVERLESS, "ListNamespaces"), POST_TO_ROOT, .token_in = "nextToken",
     .token_out = "nextToken", .limit = "maxResults", .limit_max = 100, .list = "namespaces",
     .rate = RATE_REDSHIFT_SERVERLESS},
};

static const struct op dsql_rows[] = {
    {LIST(SVC_DSQL, "ListClusters"), .method = "GET", .path = "/cluster",
     .query = "max-results=maxResults next-token=nextToken", .token_in = "nextToken",
     .token_out = "nextToken", .limit = "maxResults", .limit_max = 100, .list = "clusters",
     .rate = RATE_DSQL},
};

static const struct op storagegateway_rows[] = {
    {LIST(SVC_STORAGEGATEWAY, "ListVolumes"), POST_TO_ROOT, .token_in = "Marker",
     .token_out = "Marker", .limit = "Limit", .limit_max = 100, .list = "VolumeInfos",
     .rate = RATE_STORAGEGATEWAY},
};

static const struct op cloudformation_rows[] = {
    {LIST(SVC_CLOUDFORMATION, "ListStacks"), POST_TO_ROOT, .token_in = "NextToken",
     .token_out = "NextToken", .list = "StackSummaries", .rate = RATE_CLOUDFORMATION},
};

#define ROWS(of)                                                                                   \
    {                                                                                              \
        (of), sizeof(of) / sizeof *(of)                                                            \
    }
const struct op_rows ops_fsx = ROWS(fsx_rows);
const struct op_rows ops_eks = ROWS(eks_rows);
const struct op_rows ops_redshift = ROWS(redshift_rows);
const struct op_rows ops_redshift_serverless = ROWS(redshift_serverless_rows);
const struct op_rows ops_dsql = ROWS(dsql_rows);
const struct op_rows ops_storagegateway = ROWS(storagegateway_rows);
const struct op_rows ops_cloudformation = ROWS(cloudformation_rows);
