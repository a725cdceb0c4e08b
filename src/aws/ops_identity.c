#include "ops_table.h"

static const struct op sts_rows[] = {
    {SVC_STS, "AssumeRole", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL, 0, NULL,
     NULL},
    {SVC_STS, "GetCallerIdentity", EFFECT_READ, REACH_REGIONAL, "POST", "/", "", NULL, NULL, NULL,
     0, NULL, NULL},
};

static const struct op account_rows[] = {
    {SVC_ACCOUNT, "ListRegions", EFFECT_READ, REACH_GLOBAL, "POST", "/listRegions", "", "NextToken",
     "NextToken", "MaxResults", 50, "Regions", NULL},
    {SVC_ACCOUNT, "GetRegionOptStatus", EFFECT_READ, REACH_GLOBAL, "POST", "/getRegionOptStatus",
     "", NULL, NULL, NULL, 0, NULL, NULL},
    {SVC_ACCOUNT, "EnableRegion", EFFECT_WRITE, REACH_GLOBAL, "POST", "/enableRegion", "", NULL,
     NULL, NULL, 0, NULL, NULL},
};

static const struct op iam_rows[] = {
    {SVC_IAM, "GetRole", EFFECT_READ, REACH_GLOBAL, "POST", "/", "", NULL, NULL, NULL, 0, NULL,
     NULL},
    {SVC_IAM, "ListRoles", EFFECT_READ, REACH_GLOBAL, "POST", "/", "", "Marker", "Marker",
     "MaxItems", 1000, "Roles", NULL},
    {SVC_IAM, "ListAttachedRolePolicies", EFFECT_READ, REACH_GLOBAL, "POST", "/", "", "Marker",
     "Marker", "MaxItems", 1000, "AttachedPolicies", NULL},
    {SVC_IAM, "SimulatePrincipalPolicy", EFFECT_READ, REACH_GLOBAL, "POST", "/", "", "Marker",
     "Marker", "MaxItems", 1000, "EvaluationResults", NULL},
    {SVC_IAM, "CreateServiceLinkedRole", EFFECT_WRITE, REACH_GLOBAL, "POST", "/", "", NULL, NULL,
     NULL, 0, NULL, NULL},
};

const struct op_rows ops_sts = {sts_rows, sizeof sts_rows / sizeof *sts_rows};
const struct op_rows ops_account = {account_rows, sizeof account_rows / sizeof *account_rows};
const struct op_rows ops_iam = {iam_rows, sizeof iam_rows / sizeof *iam_rows};
