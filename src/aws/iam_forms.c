#include "iam_forms.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ANY LIST("*")
#define ORGANIZATION "arn:{p}:organizations::{a}:"
#define MY_ORGANIZATION "/${aws:PrincipalOrgID}/"
#define ACCOUNTS ORGANIZATION "account" MY_ORGANIZATION "*"
#define UNITS ORGANIZATION "ou" MY_ORGANIZATION "ou-*"
#define ROOTS ORGANIZATION "root" MY_ORGANIZATION "r-*"
#define BACKUP_POLICIES ORGANIZATION "policy" MY_ORGANIZATION "backup_policy/p-*"
#define CONTROL_POLICIES ORGANIZATION "policy" MY_ORGANIZATION "service_control_policy/p-*"
#define RESOURCE_POLICIES ORGANIZATION "policy" MY_ORGANIZATION "resource_control_policy/p-*"
#define KEYS "arn:{p}:kms:*:{a}:key/*"
#define MULTI_REGION_KEYS "arn:{p}:kms:*:{a}:key/mrk-*"
#define LINKED_ROLES "arn:{p}:iam::{a}:role/aws-service-role/"

/* Another account may share a key or vault: only those of the own account are granted. */
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
#define READ_POLICY_TYPES                                                                          \
    {                                                                                              \
        "StringEquals", "organizations:PolicyType",                                                \
            LIST("BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY")             \
    }
#define BACKUP_TAGS                                                                                \
    {                                                                                              \
        "ForAllValues:StringLike", "aws:TagKeys", LIST("aws-control-tower-backup*")                \
    }

#define TAGGED_RESOURCES                                                                           \
    LIST("arn:{p}:dynamodb:*:{a}:table/*", "arn:{p}:ec2:*:{a}:instance/*",                         \
         "arn:{p}:ec2:*:{a}:volume/*", "arn:{p}:elasticfilesystem:*:{a}:file-system/*",            \
         "arn:{p}:rds:*:{a}:cluster:*", "arn:{p}:rds:*:{a}:db:*")
#define TAGGED_IN_ORGANIZATION LIST(ACCOUNTS, BACKUP_POLICIES, UNITS, ROOTS)

static const struct iam_form_row forms[] = {
    {.form = IAM_NONE},
    {.form = IAM_FREE},
    {.form = IAM_ORGANIZATION_READ, .sid = "OrganizationRead", .resources = ANY},
    {.form = IAM_ORGANIZATION_UNITS_READ,
     .sid = "OrganizationUnitsRead",
     .resources = LIST(ROOTS, UNITS)},
    {.form = IAM_ORGANIZATION_UNIT_DESCRIBE,
     .sid = "OrganizationUnitDescribe",
     .resources = LIST(UNITS)},
    {.form = IAM_ORGANIZATION_PLACES_READ,
     .sid = "OrganizationPlacesRead",
     .resources = LIST(ACCOUNTS, UNITS)},
    {.form = IAM_ORGANIZATION_ACCOUNTS_READ,
     .sid = "OrganizationAccountsRead",
     .resources = LIST(ACCOUNTS)},
    {.form = IAM_DELEGATED_BACKUP_ADMINISTRATORS_READ,
     .sid = "DelegatedBackupAdministratorsRead",
     .resources = ANY,
     .conditions = {BACKUP_SERVICE}},
    {.form = IAM_BACKUP_POLICIES_READ,
     .sid = "BackupPoliciesRead",
     .resources = ANY,
     .conditions = {BACKUP_POLICY_TYPE}},
    {.form = IAM_ATTACHED_POLICIES_READ,
     .sid = "AttachedPoliciesRead",
     .resources = LIST(ROOTS, UNITS, ACCOUNTS),
     .conditions = {{"StringEquals", "organizations:PolicyType",
                     LIST("BACKUP_POLICY", "SERVICE_CONTROL_POLICY")}}},
    {.form = IAM_POLICIES_LIST,
     .sid = "PoliciesList",
     .resources = ANY,
     .conditions = {READ_POLICY_TYPES}},
    {.form = IAM_POLICIES_READ,
     .sid = "PoliciesRead",
     .resources = LIST(BACKUP_POLICIES, CONTROL_POLICIES, RESOURCE_POLICIES),
     .conditions = {READ_POLICY_TYPES}},
    {.form = IAM_EFFECTIVE_BACKUP_POLICY_READ,
     .sid = "EffectiveBackupPolicyRead",
     .resources = LIST(ACCOUNTS),
     .conditions = {BACKUP_POLICY_TYPE}},
    {.form = IAM_REGIONS_READ,
     .sid = "RegionsRead",
     .resources =
         LIST("arn:{p}:account::{a}:account", "arn:{p}:account::{a}:account" MY_ORGANIZATION "*")},
    {.form = IAM_REGIONS_ENABLE,
     .sid = "RegionsEnable",
     .resources =
         LIST("arn:{p}:account::{a}:account", "arn:{p}:account::{a}:account" MY_ORGANIZATION "*")},
    {.form = IAM_ACCOUNT_FACTORY_READ, .sid = "AccountFactoryRead", .resources = ANY},
    {.form = IAM_ACCOUNTS_CREATE, .sid = "AccountsCreate", .resources = ANY},
    {.form = IAM_ACCOUNTS_MOVE, .sid = "AccountsMove", .resources = LIST(ACCOUNTS, UNITS, ROOTS)},
    {.form = IAM_ACCOUNTS_CLOSE, .sid = "AccountsClose", .resources = LIST(ACCOUNTS)},
    {.form = IAM_BACKUP_SERVICE_ACCESS,
     .sid = "BackupServiceAccess",
     .resources = ANY,
     .conditions = {BACKUP_SERVICE}},
    {.form = IAM_BACKUP_ADMINISTRATOR,
     .sid = "BackupAdministrator",
     .resources = LIST(ACCOUNTS),
     .conditions = {BACKUP_SERVICE}},
    {.form = IAM_DELEGATION_POLICY_PUT,
     .sid = "DelegationPolicyPut",
     .resources = LIST(ORGANIZATION "resourcepolicy" MY_ORGANIZATION "*")},
    {.form = IAM_DELEGATION_POLICY_DELETE, .sid = "DelegationPolicyDelete", .resources = ANY},
    {.form = IAM_BACKUP_POLICY_TYPE,
     .sid = "BackupPolicyType",
     .resources = LIST(ROOTS),
     .conditions = {BACKUP_POLICY_TYPE}},
    {.form = IAM_BACKUP_POLICY_WRITE,
     .sid = "BackupPolicyWrite",
     .resources = LIST(ORGANIZATION "policy" MY_ORGANIZATION "backup_policy/*"),
     .conditions = {BACKUP_POLICY_TYPE}},
    {.form = IAM_BACKUP_POLICY_ATTACH,
     .sid = "BackupPolicyAttach",
     .resources = LIST(BACKUP_POLICIES, ROOTS, UNITS, ACCOUNTS),
     .conditions = {BACKUP_POLICY_TYPE}},
    {.form = IAM_ORGANIZATION_TAGS_READ,
     .sid = "OrganizationTagsRead",
     .resources = TAGGED_IN_ORGANIZATION},
    {.form = IAM_ORGANIZATION_TAGS_WRITE,
     .sid = "OrganizationTagsWrite",
     .resources = TAGGED_IN_ORGANIZATION},
    {.form = IAM_CONTROL_TOWER_READ, .sid = "ControlTowerRead", .resources = ANY},
    {.form = IAM_LANDING_ZONE_READ,
     .sid = "LandingZoneRead",
     .resources = LIST("arn:{p}:controltower:*:{a}:landingzone/*")},
    {.form = IAM_ENABLED_BASELINE_READ,
     .sid = "EnabledBaselineRead",
     .resources = LIST("arn:{p}:controltower:*:{a}:enabledbaseline/*")},
    {.form = IAM_BASELINE_READ,
     .sid = "BaselineRead",
     .resources = LIST("arn:{p}:controltower:*::baseline/*")},
    {.form = IAM_CONTROL_TOWER_TAGS_READ,
     .sid = "ControlTowerTagsRead",
     .resources = LIST("arn:{p}:controltower:*:{a}:enabledbaseline/*",
                       "arn:{p}:controltower:*:{a}:landingzone/*")},
    {.form = IAM_LANDING_ZONE_WRITE,
     .sid = "LandingZoneWrite",
     .resources = LIST("arn:{p}:controltower:*:{a}:landingzone/*")},
    {.form = IAM_ENABLED_BASELINE_WRITE,
     .sid = "EnabledBaselineWrite",
     .resources = LIST("arn:{p}:controltower:*:{a}:enabledbaseline/*")},
    {.form = IAM_CONTROL_TOWER_TAGS_WRITE,
     .sid = "ControlTowerTagsWrite",
     .resources = LIST("arn:{p}:controltower:*:{a}:enabledbaseline/*",
                       "arn:{p}:controltower:*:{a}:landingzone/*")},
    {.form = IAM_CONTROL_TOWER_WRITE, .sid = "ControlTowerWrite", .resources = ANY},
    /* A resource may be encrypted with a key of another account, whose key policy decides whether
       it may be described. */
    {.form = IAM_KEYS_DESCRIBE, .sid = "KeysDescribe", .resources = LIST("arn:{p}:kms:*:*:key/*")},
    {.form = IAM_KEYS_READ,
     .sid = "KeysRead",
     .resources = LIST(KEYS),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_KEYS_LIST, .sid = "KeysList", .resources = ANY},
    {.form = IAM_MULTI_REGION_KEYS_CREATE,
     .sid = "MultiRegionKeysCreate",
     .resources = ANY,
     .conditions = {{"BoolIfExists", "kms:MultiRegion", LIST("true")}}},
    {.form = IAM_KEYS_TAG, .sid = "KeysTag", .resources = LIST(KEYS), .conditions = {OWN_ACCOUNT}},
    {.form = IAM_MULTI_REGION_KEYS_WRITE,
     .sid = "MultiRegionKeysWrite",
     .resources = LIST(MULTI_REGION_KEYS),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_KEY_ALIASES_WRITE,
     .sid = "KeyAliasesWrite",
     .resources = LIST("arn:{p}:kms:*:{a}:alias/*", MULTI_REGION_KEYS),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BACKUP_READ, .sid = "BackupRead", .resources = ANY},
    {.form = IAM_BACKUP_PLANS_READ,
     .sid = "BackupPlansRead",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-plan:*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BACKUP_VAULTS_READ,
     .sid = "BackupVaultsRead",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-vault:*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_REPORT_PLANS_READ,
     .sid = "ReportPlansRead",
     .resources = LIST("arn:{p}:backup:*:{a}:report-plan:*")},
    {.form = IAM_BACKUP_SETTINGS_WRITE, .sid = "BackupSettingsWrite", .resources = ANY},
    {.form = IAM_BACKUP_PLANS_WRITE,
     .sid = "BackupPlansWrite",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-plan:*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BACKUP_VAULTS_CREATE,
     .sid = "BackupVaultsCreate",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-vault:*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BACKUP_STORAGE_MOUNT, .sid = "BackupStorageMount", .resources = ANY},
    {.form = IAM_BACKUP_TAGS_WRITE,
     .sid = "BackupTagsWrite",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-plan:*", "arn:{p}:backup:*:{a}:backup-vault:*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BACKUP_VAULT_POLICY_WRITE,
     .sid = "BackupVaultPolicyWrite",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-vault:aws-controltower-*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BACKUP_VAULTS_DELETE,
     .sid = "BackupVaultsDelete",
     .resources = LIST("arn:{p}:backup:*:{a}:backup-vault:aws-controltower-*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_RECOVERY_POINTS, .sid = "RecoveryPoints", .resources = ANY},
    {.form = IAM_MEMBER_ACCOUNTS_ENTER,
     .sid = "MemberAccountsEnter",
     .resources = LIST("arn:{p}:iam::*:role/{r}"),
     .conditions = {{"StringEquals", "aws:ResourceOrgID", LIST("${aws:PrincipalOrgID}")}}},
    {.form = IAM_INVENTORY_READ, .sid = "InventoryRead", .resources = ANY},
    {.form = IAM_DATABASES_READ,
     .sid = "DatabasesRead",
     .resources = LIST("arn:{p}:rds:*:{a}:db:*")},
    {.form = IAM_DATABASE_CLUSTERS_READ,
     .sid = "DatabaseClustersRead",
     .resources = LIST("arn:{p}:rds:*:{a}:cluster:*")},
    {.form = IAM_FILE_SYSTEMS_READ,
     .sid = "FileSystemsRead",
     .resources = LIST("arn:{p}:elasticfilesystem:*:{a}:file-system/*")},
    {.form = IAM_DATABASE_TAGS_READ,
     .sid = "DatabaseTagsRead",
     .resources = LIST("arn:{p}:rds:*:{a}:cluster:*", "arn:{p}:rds:*:{a}:db:*")},
    {.form = IAM_TABLES_READ,
     .sid = "TablesRead",
     .resources = LIST("arn:{p}:dynamodb:*:{a}:table/*")},
    {.form = IAM_RESOURCES_TAG, .sid = "ResourcesTag", .resources = ANY},
    {.form = IAM_SERVICES_TAG,
     .sid = "ServicesTag",
     .resources = TAGGED_RESOURCES,
     .conditions = {BACKUP_TAGS}},
    /* Any key: the names of misspelled keys are not known in advance. */
    {.form = IAM_SERVICES_UNTAG, .sid = "ServicesUntag", .resources = TAGGED_RESOURCES},
    {.form = IAM_BUCKETS_READ,
     .sid = "BucketsRead",
     .resources = LIST("arn:{p}:s3:::*"),
     .conditions = {OWN_ACCOUNT}},
    {.form = IAM_BUCKETS_TAG,
     .sid = "BucketsTag",
     .resources = LIST("arn:{p}:s3:::*"),
     .conditions = {OWN_ACCOUNT}},
    /* A backup selection may name any role of its account. */
    {.form = IAM_BACKUP_ROLES_READ,
     .sid = "BackupRolesRead",
     .resources = LIST("arn:{p}:iam::{a}:role/*")},
    {.form = IAM_ROLES_LIST, .sid = "RolesList", .resources = ANY},
    {.form = IAM_PERMISSIONS_ASK,
     .sid = "PermissionsAsk",
     .resources = LIST("arn:{p}:iam::{a}:role/*", "arn:{p}:iam::{a}:user/*")},
    {.form = IAM_SERVICE_LINKED_ROLES_CREATE,
     .sid = "ServiceLinkedRolesCreate",
     .resources =
         LIST(LINKED_ROLES "backup.amazonaws.com/AWSServiceRoleForBackup*", LINKED_ROLES
              "mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys"),
     .conditions = {{"StringEquals", "iam:AWSServiceName",
                     LIST("backup.amazonaws.com", "mrk.kms.amazonaws.com")}}},
};

_Static_assert(sizeof forms / sizeof *forms == IAM_FORM_COUNT, "one row for each form, in order");

const struct iam_form_row *iam_form(enum iam_form form)
{
    return &forms[form];
}
