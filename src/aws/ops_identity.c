#include "ops_table.h"

#define STS(operation)                                                                             \
    .service = SVC_STS, .name = (operation), .reach = REACH_REGIONAL, POST_TO_ROOT
#define ACCOUNT(operation) .service = SVC_ACCOUNT, .name = (operation), .reach = REACH_GLOBAL
#define IAM(operation) .service = SVC_IAM, .name = (operation), .reach = REACH_GLOBAL, POST_TO_ROOT

static const struct op sts_rows[] = {
    {STS("AssumeRole"), .effect = EFFECT_READ, .rate = RATE_STS, .iam = IAM_MEMBER_ACCOUNTS_ENTER},
    {STS("GetCallerIdentity"), .effect = EFFECT_READ, .rate = RATE_STS, .iam = IAM_FREE},
};

static const struct op account_rows[] = {
    {ACCOUNT("ListRegions"), .effect = EFFECT_READ, .method = "POST", .path = "/listRegions",
     .query = "", .token_in = "NextToken", .token_out = "NextToken", .limit = "MaxResults",
     .limit_max = 50, .list = "Regions", .rate = RATE_ACCOUNT, .iam = IAM_REGIONS_READ},
    {ACCOUNT("GetRegionOptStatus"), .effect = EFFECT_READ, .method = "POST",
     .path = "/getRegionOptStatus", .query = "", .rate = RATE_ACCOUNT, .iam = IAM_REGIONS_READ},
    {ACCOUNT("EnableRegion"), .effect = EFFECT_WRITE, .method = "POST", .path = "/enableRegion",
     .query = "", .rate = RATE_ACCOUNT, .iam = IAM_REGIONS_ENABLE},
};

static const struct op iam_rows[] = {
    {IAM("GetRole"), .effect = EFFECT_READ, .rate = RATE_IAM, .iam = IAM_BACKUP_ROLES_READ},
    {IAM("ListRoles"), .effect = EFFECT_READ, .token_in = "Marker", .token_out = "Marker",
     .limit = "MaxItems", .limit_max = 1000, .list = "Roles", .rate = RATE_IAM,
     .iam = IAM_ROLES_LIST},
    {IAM("ListAttachedRolePolicies"), .effect = EFFECT_READ, .token_in = "Marker",
     .token_out = "Marker", .limit = "MaxItems", .limit_max = 1000, .list = "AttachedPolicies",
     .rate = RATE_IAM, .iam = IAM_BACKUP_ROLES_READ},
    {IAM("SimulatePrincipalPolicy"), .effect = EFFECT_READ, .token_in = "Marker",
     .token_out = "Marker", .limit = "MaxItems", .limit_max = 1000, .list = "EvaluationResults",
     .rate = RATE_IAM, .iam = IAM_PERMISSIONS_ASK},
    {IAM("CreateServiceLinkedRole"), .effect = EFFECT_WRITE, .rate = RATE_IAM,
     .iam = IAM_SERVICE_LINKED_ROLES_CREATE},
};

const struct op_rows ops_sts = {sts_rows, sizeof sts_rows / sizeof *sts_rows};
const struct op_rows ops_account = {account_rows, sizeof account_rows / sizeof *account_rows};
const struct op_rows ops_iam = {iam_rows, sizeof iam_rows / sizeof *iam_rows};
