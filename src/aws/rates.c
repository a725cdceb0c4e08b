#include "aws/rates.h"

#include "base/text.h"

/* Sources: the pages that aws/ops.h names. "Chosen" marks a class without a published rate: its
   rate is chosen low. */
struct rate_row {
    struct rate narrow, wide; /* wide.group NULL: one bucket only */
};

#define BUCKET(name, reach, rate, most)                                                            \
    {                                                                                              \
        .group = (name), .scope = (reach), .per_second = (rate), .burst = (most)                   \
    }
#define REGION(name, rate, most) .narrow = BUCKET(name, PER_ACCOUNT_AND_REGION, rate, most)
#define ACCOUNT(name, rate, most) .narrow = BUCKET(name, PER_ACCOUNT, rate, most)
/* Organizations: a rate of the calling account, and one of the organization. */
#define ORG(name, rate, most, all, all_most)                                                       \
    .narrow = BUCKET("organizations/" name, PER_ACCOUNT, rate, most),                              \
    .wide = BUCKET("organizations/" name "/all", PER_ORGANIZATION, all, all_most)
#define ORG_ALONE(name, rate, most) ACCOUNT("organizations/" name, rate, most)
/* AWS Backup: a rate of the kind of call, and one of all calls together. */
#define BACKUP(name, rate)                                                                         \
    .narrow = BUCKET("backup/" name, PER_ACCOUNT_AND_REGION, rate, rate),                          \
    .wide = BUCKET("backup", PER_ACCOUNT_AND_REGION, 50, 50)

static const struct rate_row rows[RATE_CLASS_COUNT] = {
    [RATE_ORG_LIST_ACCOUNTS] = {ORG("ListAccounts", 8, 12, 9, 15)},
    [RATE_ORG_LIST_CHILDREN] = {ORG("ListChildren", 6, 10, 7, 12)},
    [RATE_ORG_PARENTS] = {ORG("parents", 5, 8, 6, 10)},
    [RATE_ORG_LIST_ROOTS] = {ORG("ListRoots", 1, 2, 1, 3)},
    [RATE_ORG_DESCRIBE_ORGANIZATION] = {ORG("DescribeOrganization", 1, 2, 1, 3)},
    [RATE_ORG_DESCRIBE_ACCOUNT] = {ORG("DescribeAccount", 20, 30, 24, 36)},
    [RATE_ORG_DESCRIBE_ORGANIZATIONAL_UNIT] = {ORG("DescribeOrganizationalUnit", 2, 2, 2, 3)},
    [RATE_ORG_LIST_TAGS_FOR_RESOURCE] = {ORG("ListTagsForResource", 10, 15, 12, 18)},
    [RATE_ORG_LIST_POLICIES] = {ORG("ListPolicies", 5, 8, 6, 10)},
    [RATE_ORG_LIST_POLICIES_FOR_TARGET] = {ORG("ListPoliciesForTarget", 5, 8, 6, 10)},
    [RATE_ORG_LIST_TARGETS_FOR_POLICY] = {ORG("ListTargetsForPolicy", 5, 8, 6, 10)},
    [RATE_ORG_DESCRIBE_POLICY] = {ORG("DescribePolicy", 2, 2, 2, 3)},
    [RATE_ORG_CREATE_POLICY] = {ORG_ALONE("CreatePolicy", 2, 3)},
    [RATE_ORG_DELETE_POLICY] = {ORG_ALONE("DeletePolicy", 2, 3)},
    [RATE_ORG_ATTACH_POLICY] = {ORG_ALONE("AttachPolicy", 2, 3)},
    [RATE_ORG_DETACH_POLICY] = {ORG_ALONE("DetachPolicy", 2, 3)},
    [RATE_ORG_UPDATE_POLICY] = {ORG_ALONE("UpdatePolicy", 2, 3)},
    [RATE_ORG_ENABLE_POLICY_TYPE] = {ORG_ALONE("EnablePolicyType", 1, 1)},
    [RATE_ORG_DISABLE_POLICY_TYPE] = {ORG_ALONE("DisablePolicyType", 1, 1)},
    [RATE_ORG_LIST_AWS_SERVICE_ACCESS_FOR_ORGANIZATION] = {ORG(
        "ListAWSServiceAccessForOrganization", 1, 3, 1, 4)},
    [RATE_ORG_LIST_DELEGATED_SERVICES_FOR_ACCOUNT] = {ORG("ListDelegatedServicesForAccount", 1, 3,
                                                          1, 4)},
    [RATE_ORG_LIST_DELEGATED_ADMINISTRATORS] = {ORG("ListDelegatedAdministrators", 5, 8, 6, 10)},
    [RATE_ORG_REGISTER_DELEGATED_ADMINISTRATOR] = {ORG_ALONE("RegisterDelegatedAdministrator", 1,
                                                             2)},
    [RATE_ORG_DEREGISTER_DELEGATED_ADMINISTRATOR] = {ORG_ALONE("DeregisterDelegatedAdministrator",
                                                               1, 2)},
    [RATE_ORG_ENABLE_AWS_SERVICE_ACCESS] = {ORG_ALONE("EnableAWSServiceAccess", 1, 2)},
    [RATE_ORG_DISABLE_AWS_SERVICE_ACCESS] = {ORG_ALONE("DisableAWSServiceAccess", 1, 2)},
    [RATE_ORG_CREATE_ACCOUNT] = {ORG_ALONE("CreateAccount", 0.1, 3)},
    [RATE_ORG_DESCRIBE_CREATE_ACCOUNT_STATUS] = {ORG("DescribeCreateAccountStatus", 2, 2, 2, 3)},
    [RATE_ORG_MOVE_ACCOUNT] = {ORG_ALONE("MoveAccount", 2, 3)},
    [RATE_ORG_UNLISTED] = {ORG_ALONE("unlisted", 1, 2)}, /* chosen */

    [RATE_CONTROLTOWER] = {REGION("controltower", 2, 4)}, /* chosen */

    [RATE_KMS_DESCRIBE_KEY] = {REGION("kms/DescribeKey", 2000, 2000)},
    [RATE_KMS_GET_KEY_POLICY] = {REGION("kms/GetKeyPolicy", 1000, 1000)},
    [RATE_KMS_GET_KEY_ROTATION_STATUS] = {REGION("kms/GetKeyRotationStatus", 1000, 1000)},
    [RATE_KMS_LIST_ALIASES] = {REGION("kms/ListAliases", 500, 500)},
    [RATE_KMS_LIST_KEYS] = {REGION("kms/ListKeys", 500, 500)},
    [RATE_KMS_LIST_RESOURCE_TAGS] = {REGION("kms/ListResourceTags", 2000, 2000)},
    [RATE_KMS_PUT_KEY_POLICY] = {REGION("kms/PutKeyPolicy", 15, 15)},
    [RATE_KMS_ENABLE_KEY_ROTATION] = {REGION("kms/EnableKeyRotation", 15, 15)},
    [RATE_KMS_SCHEDULE_KEY_DELETION] = {REGION("kms/ScheduleKeyDeletion", 15, 15)},
    [RATE_KMS_TAG_RESOURCE] = {REGION("kms/TagResource", 10, 10)},
    [RATE_KMS_CREATE_KEY] = {REGION("kms/CreateKey", 5, 5)},
    [RATE_KMS_CREATE_ALIAS] = {REGION("kms/CreateAlias", 5, 5)},
    [RATE_KMS_REPLICATE_KEY] = {REGION("kms/ReplicateKey", 5, 5)},
    [RATE_KMS_CANCEL_KEY_DELETION] = {REGION("kms/CancelKeyDeletion", 5, 5)},
    [RATE_KMS_UPDATE_PRIMARY_REGION] = {REGION("kms/UpdatePrimaryRegion", 5, 5)},
    [RATE_KMS_UNLISTED] = {REGION("kms/unlisted", 5, 5)}, /* chosen */

    [RATE_BACKUP_DESCRIBE_BACKUP_VAULT] = {BACKUP("DescribeBackupVault", 5)},
    [RATE_BACKUP_DELETE_RECOVERY_POINT] = {BACKUP("DeleteRecoveryPoint", 10)},
    [RATE_BACKUP_DESCRIBE_RECOVERY_POINT] = {BACKUP("DescribeRecoveryPoint", 15)},
    [RATE_BACKUP_LIST] = {BACKUP("List", 20)},
    [RATE_BACKUP_GET] = {BACKUP("Get", 15)},
    [RATE_BACKUP_OTHER] = {BACKUP("other", 5)},

    [RATE_STS] = {REGION("sts", 600, 600)},

    [RATE_ACCOUNT] = {ACCOUNT("account", 2, 4)}, /* chosen */

    [RATE_EC2_DESCRIBE_REGIONS] = {REGION("ec2/DescribeRegions", 10, 50)},
    [RATE_EC2_DESCRIBE] = {REGION("ec2/describe", 20, 100)},
    [RATE_EC2_TAGS] = {REGION("ec2/tags", 10, 100)},

    [RATE_RDS] = {REGION("rds", 10, 20)}, /* chosen */

    [RATE_DYNAMODB_LIST_TAGS_OF_RESOURCE] = {REGION("dynamodb/ListTagsOfResource", 10, 10)},
    [RATE_DYNAMODB_TAG] = {REGION("dynamodb/tag", 5, 5)}, /* chosen */
    [RATE_DYNAMODB] = {REGION("dynamodb", 10, 20)},       /* chosen */

    [RATE_EFS] = {REGION("efs", 5, 10)}, /* chosen */

    [RATE_S3] = {REGION("s3", 20, 40)}, /* chosen */

    [RATE_TAGGING_GET_RESOURCES] = {REGION("tagging/GetResources", 15, 15)},
    [RATE_TAGGING_TAG_RESOURCES] = {REGION("tagging/TagResources", 5, 5)},
    [RATE_TAGGING_UNTAG_RESOURCES] = {REGION("tagging/UntagResources", 5, 5)},
    [RATE_TAGGING_GET_TAG_KEYS] = {REGION("tagging/GetTagKeys", 5, 5)},
    [RATE_TAGGING_GET_TAG_VALUES] = {REGION("tagging/GetTagValues", 5, 5)},

    [RATE_IAM] = {ACCOUNT("iam", 5, 10)}, /* chosen */

    [RATE_SERVICECATALOG] = {REGION("servicecatalog", 2, 4)}, /* chosen */

    [RATE_CONTROLCATALOG] = {REGION("controlcatalog", 5, 10)}, /* chosen */

    /* chosen */
    [RATE_FSX] = {REGION("fsx", 5, 10)},
    [RATE_EKS] = {REGION("eks", 5, 10)},
    [RATE_REDSHIFT] = {REGION("redshift", 5, 10)},
    [RATE_REDSHIFT_SERVERLESS] = {REGION("redshift-serverless", 5, 10)},
    [RATE_DSQL] = {REGION("dsql", 5, 10)},
    [RATE_STORAGEGATEWAY] = {REGION("storagegateway", 5, 10)},
    [RATE_CLOUDFORMATION] = {REGION("cloudformation", 5, 10)},
};

size_t rate_class_rates(enum rate_class rate_class, const struct rate *out[RATES_MAX])
{
    const struct rate_row *row = &rows[rate_class];
    if (row->narrow.group == NULL) {
        return 0;
    }
    out[0] = &row->narrow;
    out[1] = &row->wide;
    return row->wide.group == NULL ? 1 : 2;
}
