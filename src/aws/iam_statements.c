#include "iam_statements.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ANY LIST("*")
#define ORGANIZATION "arn:{p}:organizations::{a}:"
#define MY_ORGANIZATION "/${aws:PrincipalOrgID}/"
#define ACCOUNTS ORGANIZATION "account" MY_ORGANIZATION "*"
#define UNITS ORGANIZATION "ou" MY_ORGANIZATION "ou-*"
#define ROOTS ORGANIZATION "root" MY_ORGANIZATION "r-*"
#define BACKUP_POLICIES ORGANIZATION "policy" MY_ORGANIZATION "backup_policy/p-*"
#define CONTROL_POLICIES ORGANIZATION "policy" MY_ORGANIZATION "service_control_policy/p-*"
#define KEYS "arn:{p}:kms:*:{a}:key/*"
#define MULTI_REGION_KEYS "arn:{p}:kms:*:{a}:key/mrk-*"
#define LINKED_ROLES "arn:{p}:iam::{a}:role/aws-service-role/"

/* A key or vault of another account may be open to us: these rights end at the own account. */
#define OWN_ACCOUNT                                                                                \
    {                                                                                              \
        "StringEquals", "aws:ResourceAccount", LIST("${aws:PrincipalAccount}")                     \
    }
#define BACKUP_SERVICE                                                                             \
    {                                                                                              \
        "StringEquals", "organizations:ServicePrincipal", LIST("backup.amazonaws.com")             \
    }
#define BACKUP_POLICY_TYPE                                                                         \
    {                                                                                              \
        "StringEquals", "organizations:PolicyType", LIST("BACKUP_POLICY")                          \
    }
#define BACKUP_TAGS                                                                                \
    {                                                                                              \
        "ForAllValues:StringLike", "aws:TagKeys", LIST("aws-control-tower-backup*")                \
    }

#define TAGGED_RESOURCES                                                                           \
    LIST("arn:{p}:dynamodb:*:{a}:table/*", "arn:{p}:ec2:*:{a}:instance/*",                         \
         "arn:{p}:ec2:*:{a}:volume/*", "arn:{p}:elasticfilesystem:*:{a}:file-system/*",            \
         "arn:{p}:rds:*:{a}:cluster:*", "arn:{p}:rds:*:{a}:db:*")

const struct iam_statement iam_statements[] = {
    {"OrganizationRead",
     "organizations:DescribeCreateAccountStatus organizations:DescribeOrganization "
     "organizations:DescribeResourcePolicy organizations:ListAWSServiceAccessForOrganization "
     "organizations:ListAccounts organizations:ListCreateAccountStatus organizations:ListRoots",
     ANY,
     {{0}}},
    {"OrganizationUnitsRead",
     "organizations:ListAccountsForParent organizations:ListChildren "
     "organizations:ListOrganizationalUnitsForParent",
     LIST(ROOTS, UNITS),
     {{0}}},
    {"OrganizationPlacesRead", "organizations:ListParents", LIST(ACCOUNTS, UNITS), {{0}}},
    {"OrganizationAccountsRead",
     "organizations:DescribeAccount organizations:ListDelegatedServicesForAccount",
     LIST(ACCOUNTS),
     {{0}}},
    {"DelegatedBackupAdministratorsRead",
     "organizations:ListDelegatedAdministrators",
     ANY,
     {BACKUP_SERVICE}},
    {"BackupPoliciesRead",
     "organizations:ListAccountsWithInvalidEffectivePolicy organizations:ListPolicies",
     ANY,
     {BACKUP_POLICY_TYPE}},
    {"AttachedPoliciesRead",
     "organizations:ListPoliciesForTarget",
     LIST(ROOTS, UNITS, ACCOUNTS),
     {{"StringEquals", "organizations:PolicyType",
       LIST("BACKUP_POLICY", "SERVICE_CONTROL_POLICY")}}},
    {"PolicyTextsRead",
     "organizations:DescribePolicy",
     LIST(BACKUP_POLICIES, CONTROL_POLICIES),
     {{"StringEquals", "organizations:PolicyType",
       LIST("BACKUP_POLICY", "SERVICE_CONTROL_POLICY")}}},
    {"BackupPolicyRead",
     "organizations:ListTargetsForPolicy",
     LIST(BACKUP_POLICIES),
     {BACKUP_POLICY_TYPE}},
    {"EffectiveBackupPolicyRead",
     "organizations:DescribeEffectivePolicy organizations:ListEffectivePolicyValidationErrors",
     LIST(ACCOUNTS),
     {BACKUP_POLICY_TYPE}},
    {"RegionsRead",
     "account:ListRegions",
     LIST("arn:{p}:account::{a}:account", "arn:{p}:account::{a}:account" MY_ORGANIZATION "*"),
     {{0}}},
    {"AccountFactoryRead", "servicecatalog:SearchProvisionedProducts", ANY, {{0}}},
    {"AccountsCreate", "organizations:CreateAccount", ANY, {{0}}},
    {"AccountsMove", "organizations:MoveAccount", LIST(ACCOUNTS, UNITS, ROOTS), {{0}}},
    {"AccountsClose", "organizations:CloseAccount", LIST(ACCOUNTS), {{0}}},
    {"BackupServiceAccess",
     "organizations:DisableAWSServiceAccess organizations:EnableAWSServiceAccess",
     ANY,
     {BACKUP_SERVICE}},
    {"BackupAdministrator",
     "organizations:DeregisterDelegatedAdministrator organizations:RegisterDelegatedAdministrator",
     LIST(ACCOUNTS),
     {BACKUP_SERVICE}},
    {"DelegationPolicyPut",
     "organizations:PutResourcePolicy",
     LIST(ORGANIZATION "resourcepolicy" MY_ORGANIZATION "*"),
     {{0}}},
    {"DelegationPolicyDelete", "organizations:DeleteResourcePolicy", ANY, {{0}}},
    {"BackupPolicyType", "organizations:EnablePolicyType", LIST(ROOTS), {BACKUP_POLICY_TYPE}},
    {"BackupPolicyWrite",
     "organizations:CreatePolicy organizations:DeletePolicy organizations:UpdatePolicy",
     LIST(ORGANIZATION "policy" MY_ORGANIZATION "backup_policy/*"),
     {BACKUP_POLICY_TYPE}},
    {"BackupPolicyAttach",
     "organizations:AttachPolicy organizations:DetachPolicy",
     LIST(BACKUP_POLICIES, ROOTS, UNITS, ACCOUNTS),
     {BACKUP_POLICY_TYPE}},

    {"ControlTowerRead",
     "controltower:DescribeLandingZoneConfiguration controltower:DescribeManagedAccount "
     "controltower:DescribeManagedOrganizationalUnit "
     "controltower:DescribeRegisterOrganizationalUnitOperation controltower:GetAvailableUpdates "
     "controltower:GetBaselineOperation controltower:GetHomeRegion "
     "controltower:GetLandingZoneDriftStatus controltower:GetLandingZoneOperation "
     "controltower:GetLandingZoneStatus controltower:ListBaselines "
     "controltower:ListEnabledBaselines controltower:ListEnabledControls "
     "controltower:ListGuardrailsForTarget controltower:ListLandingZoneOperations "
     "controltower:ListLandingZones controltower:ListManagedAccounts "
     "controltower:ListManagedOrganizationalUnits",
     ANY,
     {{0}}},
    {"LandingZoneRead",
     "controltower:GetLandingZone",
     LIST("arn:{p}:controltower:*:{a}:landingzone/*"),
     {{0}}},
    {"EnabledBaselineRead",
     "controltower:GetEnabledBaseline",
     LIST("arn:{p}:controltower:*:{a}:enabledbaseline/*"),
     {{0}}},
    {"LandingZoneWrite",
     "controltower:ResetLandingZone controltower:UpdateLandingZone",
     LIST("arn:{p}:controltower:*:{a}:landingzone/*"),
     {{0}}},
    {"EnabledBaselineWrite",
     "controltower:DisableBaseline controltower:ResetEnabledBaseline "
     "controltower:UpdateEnabledBaseline",
     LIST("arn:{p}:controltower:*:{a}:enabledbaseline/*"),
     {{0}}},
    {"ControlTowerWrite",
     "controltower:DeregisterOrganizationalUnit controltower:EnableBaseline "
     "controltower:ManageOrganizationalUnit controltower:SetupLandingZone",
     ANY,
     {{0}}},

    /* A resource may be encrypted with another account's key; whether it may be described is that
     * account's to say. */
    {"KeysDescribe", "kms:DescribeKey", LIST("arn:{p}:kms:*:*:key/*"), {{0}}},
    {"KeysRead",
     "kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags",
     LIST(KEYS),
     {OWN_ACCOUNT}},
    {"KeysList", "kms:ListAliases kms:ListKeys", ANY, {{0}}},
    {"MultiRegionKeysCreate",
     "kms:CreateKey",
     ANY,
     {{"BoolIfExists", "kms:MultiRegion", LIST("true")}}},
    {"KeysTag", "kms:TagResource", LIST(KEYS), {OWN_ACCOUNT}},
    {"MultiRegionKeysWrite",
     "kms:CancelKeyDeletion kms:EnableKey kms:EnableKeyRotation kms:PutKeyPolicy kms:ReplicateKey "
     "kms:ScheduleKeyDeletion kms:UpdatePrimaryRegion",
     LIST(MULTI_REGION_KEYS),
     {OWN_ACCOUNT}},
    {"KeyAliasesWrite",
     "kms:CreateAlias kms:DeleteAlias kms:UpdateAlias",
     LIST("arn:{p}:kms:*:{a}:alias/*", MULTI_REGION_KEYS),
     {OWN_ACCOUNT}},

    {"BackupRead",
     "backup:DescribeGlobalSettings backup:DescribeRegionSettings "
     "backup:GetSupportedResourceTypes backup:ListBackupJobSummaries backup:ListBackupJobs "
     "backup:ListBackupPlans backup:ListBackupVaults backup:ListCopyJobSummaries "
     "backup:ListCopyJobs backup:ListProtectedResources backup:ListReportPlans",
     ANY,
     {{0}}},
    {"BackupPlansRead",
     "backup:GetBackupPlan backup:GetBackupSelection backup:ListBackupSelections backup:ListTags",
     LIST("arn:{p}:backup:*:{a}:backup-plan:*"),
     {OWN_ACCOUNT}},
    {"BackupVaultsRead",
     "backup:DescribeBackupVault backup:GetBackupVaultAccessPolicy "
     "backup:ListRecoveryPointsByBackupVault",
     LIST("arn:{p}:backup:*:{a}:backup-vault:*"),
     {OWN_ACCOUNT}},
    {"BackupSettingsWrite", "backup:UpdateGlobalSettings backup:UpdateRegionSettings", ANY, {{0}}},
    {"BackupVaultPolicyWrite",
     "backup:PutBackupVaultAccessPolicy",
     LIST("arn:{p}:backup:*:{a}:backup-vault:aws-controltower-*"),
     {OWN_ACCOUNT}},
    {"BackupVaultsDelete",
     "backup:DeleteBackupVault",
     LIST("arn:{p}:backup:*:{a}:backup-vault:aws-controltower-*"),
     {OWN_ACCOUNT}},
    {"RecoveryPoints", "backup:DeleteRecoveryPoint backup:DescribeRecoveryPoint", ANY, {{0}}},

    {"MemberAccountsEnter",
     "sts:AssumeRole",
     LIST("arn:{p}:iam::*:role/{r}"),
     {{"StringEquals", "aws:ResourceOrgID", LIST("${aws:PrincipalOrgID}")}}},
    {"InventoryRead",
     "dynamodb:ListTables ec2:DescribeInstances ec2:DescribeRegions ec2:DescribeVolumes "
     "s3:ListAllMyBuckets tag:GetResources",
     ANY,
     {{0}}},
    {"DatabasesRead", "rds:DescribeDBInstances", LIST("arn:{p}:rds:*:{a}:db:*"), {{0}}},
    {"DatabaseClustersRead", "rds:DescribeDBClusters", LIST("arn:{p}:rds:*:{a}:cluster:*"), {{0}}},
    {"FileSystemsRead",
     "elasticfilesystem:DescribeFileSystems",
     LIST("arn:{p}:elasticfilesystem:*:{a}:file-system/*"),
     {{0}}},
    {"ResourcesTag", "tag:TagResources tag:UntagResources", ANY, {{0}}},
    {"ServicesTag",
     "dynamodb:TagResource ec2:CreateTags elasticfilesystem:TagResource rds:AddTagsToResource",
     TAGGED_RESOURCES,
     {BACKUP_TAGS}},
    /* Misspelt keys are taken away: their names cannot be foretold. */
    {"ServicesUntag",
     "dynamodb:UntagResource ec2:DeleteTags elasticfilesystem:UntagResource "
     "rds:RemoveTagsFromResource",
     TAGGED_RESOURCES,
     {{0}}},
    {"BucketsTag",
     "s3:GetBucketTagging s3:PutBucketTagging",
     LIST("arn:{p}:s3:::*"),
     {OWN_ACCOUNT}},
    /* A backup selection may name any role of its account. */
    {"BackupRolesRead",
     "iam:GetRole iam:ListAttachedRolePolicies",
     LIST("arn:{p}:iam::{a}:role/*"),
     {{0}}},
    {"PermissionsAsk",
     "iam:SimulatePrincipalPolicy",
     LIST("arn:{p}:iam::{a}:role/*", "arn:{p}:iam::{a}:user/*"),
     {{0}}},
    {"ServiceLinkedRolesCreate",
     "iam:CreateServiceLinkedRole",
     LIST(LINKED_ROLES "backup.amazonaws.com/AWSServiceRoleForBackup*", LINKED_ROLES
          "mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys"),
     {{"StringEquals", "iam:AWSServiceName",
       LIST("backup.amazonaws.com", "mrk.kms.amazonaws.com")}}},
};
const size_t iam_statement_count = sizeof iam_statements / sizeof *iam_statements;

const struct iam_dependent iam_dependents[] = {
    {"controltower:UpdateLandingZone",
     "backup:UpdateGlobalSettings organizations:DeregisterDelegatedAdministrator "
     "organizations:EnableAWSServiceAccess organizations:ListDelegatedAdministrators "
     "organizations:RegisterDelegatedAdministrator"},
    {"kms:CreateKey", "iam:CreateServiceLinkedRole"},
    {"tagging:TagResources",
     "dynamodb:TagResource ec2:CreateTags elasticfilesystem:TagResource rds:AddTagsToResource "
     "s3:GetBucketTagging s3:PutBucketTagging"},
    {"tagging:UntagResources",
     "dynamodb:UntagResource ec2:DeleteTags elasticfilesystem:UntagResource "
     "rds:RemoveTagsFromResource s3:GetBucketTagging s3:PutBucketTagging"},
};
const size_t iam_dependent_count = sizeof iam_dependents / sizeof *iam_dependents;
