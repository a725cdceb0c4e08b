#include <string.h>

#include "aws/ops.h"
#include "base/text.h"

/* The operations `names` speaks of (words; '*' matches any run) draw from one bucket, or from two.
   The first matching row counts. Rates: the pages that ops.h names; rows marked "ours" have no
   published figure and are chosen low. */
struct rate_row {
    enum service service;
    const char *names;
    struct rate account;
    struct rate other; /* group NULL: none */
};

#define ONE(group, scope, rate, burst)                                                             \
    {group, scope, rate, burst},                                                                   \
    {                                                                                              \
        NULL, RATE_ACCOUNT, 0, 0                                                                   \
    }
#define REGION(group, rate, burst) ONE(group, RATE_ACCOUNT_REGION, rate, burst)
#define ORG(group, rate, burst, all, all_burst)                                                    \
    {"organizations/" group, RATE_ACCOUNT, rate, burst},                                           \
    {                                                                                              \
        "organizations/" group "/all", RATE_ORGANIZATION, all, all_burst                           \
    }
#define ORG_ALONE(group, rate, burst) ONE("organizations/" group, RATE_ACCOUNT, rate, burst)
#define BACKUP(group, rate)                                                                        \
    {"backup/" group, RATE_ACCOUNT_REGION, rate, rate},                                            \
    {                                                                                              \
        "backup", RATE_ACCOUNT_REGION, 50, 50                                                      \
    }

static const struct rate_row rows[] = {
    {SVC_ORGANIZATIONS, "ListAccounts", ORG("ListAccounts", 8, 12, 9, 15)},
    {SVC_ORGANIZATIONS, "ListChildren", ORG("ListChildren", 6, 10, 7, 12)},
    {SVC_ORGANIZATIONS, "ListParents ListAccountsForParent ListOrganizationalUnitsForParent",
     ORG("parents", 5, 8, 6, 10)},
    {SVC_ORGANIZATIONS, "ListRoots", ORG("ListRoots", 1, 2, 1, 3)},
    {SVC_ORGANIZATIONS, "DescribeOrganization", ORG("DescribeOrganization", 1, 2, 1, 3)},
    {SVC_ORGANIZATIONS, "DescribeAccount", ORG("DescribeAccount", 20, 30, 24, 36)},
    {SVC_ORGANIZATIONS, "DescribeOrganizationalUnit",
     ORG("DescribeOrganizationalUnit", 2, 2, 2, 3)},
    {SVC_ORGANIZATIONS, "ListTagsForResource", ORG("ListTagsForResource", 10, 15, 12, 18)},
    {SVC_ORGANIZATIONS, "ListPolicies", ORG("ListPolicies", 5, 8, 6, 10)},
    {SVC_ORGANIZATIONS, "ListPoliciesForTarget", ORG("ListPoliciesForTarget", 5, 8, 6, 10)},
    {SVC_ORGANIZATIONS, "ListTargetsForPolicy", ORG("ListTargetsForPolicy", 5, 8, 6, 10)},
    {SVC_ORGANIZATIONS, "DescribePolicy", ORG("DescribePolicy", 2, 2, 2, 3)},
    {SVC_ORGANIZATIONS, "CreatePolicy", ORG_ALONE("CreatePolicy", 2, 3)},
    {SVC_ORGANIZATIONS, "DeletePolicy", ORG_ALONE("DeletePolicy", 2, 3)},
    {SVC_ORGANIZATIONS, "AttachPolicy", ORG_ALONE("AttachPolicy", 2, 3)},
    {SVC_ORGANIZATIONS, "DetachPolicy", ORG_ALONE("DetachPolicy", 2, 3)},
    {SVC_ORGANIZATIONS, "UpdatePolicy", ORG_ALONE("UpdatePolicy", 2, 3)},
    {SVC_ORGANIZATIONS, "EnablePolicyType", ORG_ALONE("EnablePolicyType", 1, 1)},
    {SVC_ORGANIZATIONS, "DisablePolicyType", ORG_ALONE("DisablePolicyType", 1, 1)},
    {SVC_ORGANIZATIONS, "ListAWSServiceAccessForOrganization",
     ORG("ListAWSServiceAccessForOrganization", 1, 3, 1, 4)},
    {SVC_ORGANIZATIONS, "ListDelegatedServicesForAccount",
     ORG("ListDelegatedServicesForAccount", 1, 3, 1, 4)},
    {SVC_ORGANIZATIONS, "ListDelegatedAdministrators",
     ORG("ListDelegatedAdministrators", 5, 8, 6, 10)},
    {SVC_ORGANIZATIONS, "RegisterDelegatedAdministrator",
     ORG_ALONE("RegisterDelegatedAdministrator", 1, 2)},
    {SVC_ORGANIZATIONS, "DeregisterDelegatedAdministrator",
     ORG_ALONE("DeregisterDelegatedAdministrator", 1, 2)},
    {SVC_ORGANIZATIONS, "EnableAWSServiceAccess", ORG_ALONE("EnableAWSServiceAccess", 1, 2)},
    {SVC_ORGANIZATIONS, "DisableAWSServiceAccess", ORG_ALONE("DisableAWSServiceAccess", 1, 2)},
    {SVC_ORGANIZATIONS, "CreateAccount", ORG_ALONE("CreateAccount", 0.1, 3)},
    {SVC_ORGANIZATIONS, "DescribeCreateAccountStatus",
     ORG("DescribeCreateAccountStatus", 2, 2, 2, 3)},
    {SVC_ORGANIZATIONS, "MoveAccount", ORG_ALONE("MoveAccount", 2, 3)},
    {SVC_ORGANIZATIONS, "*", ORG_ALONE("unlisted", 1, 2)}, /* ours */

    {SVC_CONTROLTOWER, "*", REGION("controltower", 2, 4)}, /* ours */

    {SVC_KMS, "DescribeKey", REGION("kms/DescribeKey", 2000, 2000)},
    {SVC_KMS, "GetKeyPolicy", REGION("kms/GetKeyPolicy", 1000, 1000)},
    {SVC_KMS, "GetKeyRotationStatus", REGION("kms/GetKeyRotationStatus", 1000, 1000)},
    {SVC_KMS, "ListAliases", REGION("kms/ListAliases", 500, 500)},
    {SVC_KMS, "ListKeys", REGION("kms/ListKeys", 500, 500)},
    {SVC_KMS, "ListResourceTags", REGION("kms/ListResourceTags", 2000, 2000)},
    {SVC_KMS, "PutKeyPolicy", REGION("kms/PutKeyPolicy", 15, 15)},
    {SVC_KMS, "EnableKeyRotation", REGION("kms/EnableKeyRotation", 15, 15)},
    {SVC_KMS, "ScheduleKeyDeletion", REGION("kms/ScheduleKeyDeletion", 15, 15)},
    {SVC_KMS, "TagResource", REGION("kms/TagResource", 10, 10)},
    {SVC_KMS, "CreateKey", REGION("kms/CreateKey", 5, 5)},
    {SVC_KMS, "CreateAlias", REGION("kms/CreateAlias", 5, 5)},
    {SVC_KMS, "ReplicateKey", REGION("kms/ReplicateKey", 5, 5)},
    {SVC_KMS, "CancelKeyDeletion", REGION("kms/CancelKeyDeletion", 5, 5)},
    {SVC_KMS, "UpdatePrimaryRegion", REGION("kms/UpdatePrimaryRegion", 5, 5)},
    {SVC_KMS, "*", REGION("kms/unlisted", 5, 5)}, /* ours */

    {SVC_BACKUP, "DescribeBackupVault", BACKUP("DescribeBackupVault", 5)},
    {SVC_BACKUP, "DeleteRecoveryPoint", BACKUP("DeleteRecoveryPoint", 10)},
    {SVC_BACKUP, "DescribeRecoveryPoint", BACKUP("DescribeRecoveryPoint", 15)},
    {SVC_BACKUP, "List*", BACKUP("List", 20)},
    {SVC_BACKUP, "Get*", BACKUP("Get", 15)},
    {SVC_BACKUP, "*", BACKUP("other", 5)},

    {SVC_STS, "*", REGION("sts", 600, 600)},
    {SVC_ACCOUNT, "*", ONE("account", RATE_ACCOUNT, 2, 4)}, /* ours */
    {SVC_EC2, "DescribeRegions", REGION("ec2/DescribeRegions", 10, 50)},
    {SVC_EC2, "Describe*", REGION("ec2/describe", 20, 100)},
    {SVC_EC2, "*", REGION("ec2/tags", 10, 100)},
    {SVC_RDS, "*", REGION("rds", 10, 20)}, /* ours */
    {SVC_DYNAMODB, "ListTagsOfResource", REGION("dynamodb/ListTagsOfResource", 10, 10)},
    {SVC_DYNAMODB, "TagResource UntagResource", REGION("dynamodb/tag", 5, 5)}, /* ours */
    {SVC_DYNAMODB, "*", REGION("dynamodb", 10, 20)},                           /* ours */
    {SVC_EFS, "*", REGION("efs", 5, 10)},                                      /* ours */
    {SVC_S3, "*", REGION("s3", 20, 40)},                                       /* ours */
    {SVC_TAGGING, "GetResources", REGION("tagging/GetResources", 15, 15)},
    {SVC_TAGGING, "TagResources", REGION("tagging/TagResources", 5, 5)},
    {SVC_TAGGING, "UntagResources", REGION("tagging/UntagResources", 5, 5)},
    {SVC_TAGGING, "GetTagKeys", REGION("tagging/GetTagKeys", 5, 5)},
    {SVC_TAGGING, "GetTagValues", REGION("tagging/GetTagValues", 5, 5)},
    {SVC_IAM, "*", ONE("iam", RATE_ACCOUNT, 5, 10)},           /* ours */
    {SVC_SERVICECATALOG, "*", REGION("servicecatalog", 2, 4)}, /* ours */
};

static bool named(const char *names, const char *name)
{
    char word[64];
    while (*names != '\0') {
        size_t length = strcspn(names, " ");
        if (length < sizeof word) {
            memcpy(word, names, length);
            word[length] = '\0';
            if (str_glob(word, name)) {
                return true;
            }
        }
        names += length;
        names += strspn(names, " ");
    }
    return false;
}

size_t op_rates(const struct op *op, const struct rate *out[2])
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].service == op->service && named(rows[i].names, op->name)) {
            out[0] = &rows[i].account;
            out[1] = &rows[i].other;
            return rows[i].other.group == NULL ? 1 : 2;
        }
    }
    return 0;
}
