/* A small organization made by hand, one entity a line; quotes are single so that they read. */
#ifndef TOWERKEEP_SUPPORT_MADE_ORGANIZATION_H
#define TOWERKEEP_SUPPORT_MADE_ORGANIZATION_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "store/store.h"
#include "world_row.h"

#define MGMT "111122221111"
#define ADMIN "111122223333"
#define CENTRAL "111122224444"
#define LOGS "111122225555"
#define AUDIT "111122226666"
#define PROD "222233330011"
#define LOST "222233330099"
#define HOME "eu-central-1"
#define AWAY "eu-west-1"
#define KEY_ID "mrk-0123456789abcdef0123456789abcdef"
#define KEY_IN(region) "arn:aws:kms:" region ":" MGMT ":key/" KEY_ID
static const struct world_row world[] = {
    {"organization", "", "", "o-exampleorg1",
     "{'Id':'o-exampleorg1','Arn':'arn:aws:organizations::" MGMT
     ":organization/o-exampleorg1','FeatureSet':'ALL','MasterAccountId':'" MGMT "'}"},
    {"caller", MGMT, "", MGMT, "{'Account':'" MGMT "','Arn':'arn:aws:iam::" MGMT ":user/t'}"},
    {"root", "", "", "r-1",
     "{'Id':'r-1','PolicyTypes':[{'Type':'BACKUP_POLICY','Status':'ENABLED'}]}"},
    {"ou", "", "", "ou-sec", "{'Id':'ou-sec','Name':'Security','Arn':'arn:sec','ParentId':'r-1'}"},
    {"ou", "", "", "ou-w", "{'Id':'ou-w','Name':'Workloads','Arn':'arn:w','ParentId':'r-1'}"},
    {"ou", "", "", "ou-x", "{'Id':'ou-x','Name':'Workloads X','Arn':'arn:x','ParentId':'ou-w'}"},
    {"account", "", "", MGMT,
     "{'Id':'" MGMT "','Name':'Management','State':'ACTIVE','Paths':['o-exampleorg1/r-1/" MGMT
     "/']}"},
    {"account", "", "", ADMIN, "{'Id':'" ADMIN "','Name':'Backup Administrator','State':'ACTIVE'}"},
    {"account", "", "", CENTRAL, "{'Id':'" CENTRAL "','Name':'Central Backup','State':'ACTIVE'}"},
    {"account", "", "", LOGS, "{'Id':'" LOGS "','Name':'Log Archive','State':'ACTIVE'}"},
    {"account", "", "", AUDIT, "{'Id':'" AUDIT "','Name':'Audit','State':'ACTIVE'}"},
    {"account", "", "", PROD,
     "{'Id':'" PROD
     "','Name':'X Production','State':'ACTIVE','Paths':['o-exampleorg1/r-1/ou-w/" PROD "/']}"},
    {"account", "", "", LOST, "{'Id':'" LOST "','Name':'Gone','Status':'SUSPENDED'}"},
    {"tree-account", "", "", MGMT, "{'Id':'" MGMT "','ParentId':'r-1'}"},
    {"tree-account", "", "", ADMIN, "{'Id':'" ADMIN "','ParentId':'ou-sec'}"},
    {"tree-account", "", "", CENTRAL, "{'Id':'" CENTRAL "','ParentId':'ou-sec'}"},
    {"tree-account", "", "", LOGS, "{'Id':'" LOGS "','ParentId':'ou-sec'}"},
    {"tree-account", "", "", AUDIT, "{'Id':'" AUDIT "','ParentId':'ou-sec'}"},
    {"tree-account", "", "", PROD, "{'Id':'" PROD "','ParentId':'ou-x'}"},
    {"tree-account", "", "", LOST, "{'Id':'" LOST "','ParentId':'ou-x'}"},
    {"reach", PROD, "", "", "{'reached':true,'role':'AWSControlTowerExecution'}"},
    {"trusted-service", "", "", "backup.amazonaws.com",
     "{'ServicePrincipal':'backup.amazonaws.com'}"},
    {"delegated-admin", "", "", ADMIN, "{'Id':'" ADMIN "'}"},
    {"delegated-admin", "", "", PROD, "{'Id':'" PROD "'}"},
    {"landing-zone", "", "", "arn:aws:controltower:" HOME ":" MGMT ":landingzone/1",
     "{'arn':'arn:aws:controltower:" HOME ":" MGMT ":landingzone/"
     "1','version':'3.3','latestAvailableVersion':'4.0','status':'ACTIVE','driftStatus':{'status':'"
     "IN_SYNC'},'manifest':{'governedRegions':['" AWAY "','" HOME
     "'],'securityRoles':{'accountId':'" AUDIT "'},'centralizedLogging':{'accountId':'" LOGS
     "'},'organizationStructure':{'security':{'name':'Security'}},'backup':{'enabled':true,'"
     "configurations':{'centralBackup':{'accountId':'" CENTRAL
     "'},'backupAdmin':{'accountId':'" ADMIN "'},'kmsKeyArn':'" KEY_IN(HOME) "'}}}}"},
    {"landing-zone-operation", "", "", "op-old",
     "{'operationType':'CREATE','operationIdentifier':'op-old','status':'SUCCEEDED','position':1}"},
    {"landing-zone-operation", "", "", "op-new",
     "{'operationType':'UPDATE','operationIdentifier':'op-new','status':'IN_PROGRESS','position':0,"
     "'details':{'operationType':'UPDATE','status':'FAILED','statusMessage':'no key'}}"},
    {"enabled-baseline", "", "", "eb-ct-w",
     "{'arn':'eb-ct-w','baselineIdentifier':" BASELINE(
         "17BSJV3IGJ2QSGA2") ",'baselineVersion':'4.0','targetIdentifier':'arn:aws:organizations:"
                             ":" MGMT
                             ":ou/o-exampleorg1/ou-w','statusSummary':{'status':'SUCCEEDED'}}"},
    {"enabled-baseline", "", "", "eb-ct-x",
     "{'arn':'eb-ct-x','baselineIdentifier':" BASELINE(
         "17BSJV3IGJ2QSGA2") ",'baselineVersion':'4.0','targetIdentifier':'arn:aws:organizations:"
                             ":" MGMT
                             ":ou/o-exampleorg1/ou-x','statusSummary':{'status':'SUCCEEDED'}}"},
    {"enabled-baseline", "", "", "eb-b-x",
     "{'arn':'eb-b-x','baselineIdentifier':" BASELINE(
         "APO9ATVPBKFRRGLK") ",'baselineVersion':'1.0','targetIdentifier':'arn:aws:organizations:"
                             ":" MGMT ":ou/o-exampleorg1/"
                             "ou-x','statusSummary':{'status':'UNDER_CHANGE','"
                             "lastOperationIdentifier':'bop-1'},'driftStatusSummary':{'"
                             "types':{'inheritance':{'status':'DRIFTED'}}}}"},
    {"enabled-baseline", "", "", "eb-b-prod",
     "{'arn':'eb-b-prod','baselineIdentifier':" BASELINE(
         "APO9ATVPBKFRRGLK") ",'baselineVersion':'1.0','parentIdentifier':'eb-b-x','"
                             "targetIdentifier':'arn:aws:organizations::" MGMT
                             ":account/o-exampleorg1/" PROD
                             "','statusSummary':{'status':'SUCCEEDED'}}"},
    {"baseline-operation", "", "", "bop-1",
     "{'status':'IN_PROGRESS','startTime':'2026-11-20T03:00:00Z','statusMessage':'at work'}"},
    {"key", MGMT, HOME, KEY_ID,
     "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(
         HOME) "','KeyState':'Enabled','KeyManager':'CUSTOMER','AWSAccountId':'" MGMT
               "','KeyUsage':'ENCRYPT_DECRYPT','KeySpec':'SYMMETRIC_DEFAULT','MultiRegion':true,'"
               "MultiRegionConfiguration':{'MultiRegionKeyType':'PRIMARY','PrimaryKey':{'Arn':'a','"
               "Region':'" HOME "'},'ReplicaKeys':[{'Arn':'b','Region':'us-east-1'}]}}"},
    {"key", MGMT, "us-east-1", KEY_ID,
     "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(
         "us-east-1") "','KeyState':'PendingDeletion','DeletionDate':1763600400.5,'MultiRegion':"
                      "true,'MultiRegionConfiguration':{'MultiRegionKeyType':'REPLICA','PrimaryKey'"
                      ":{'Region':'" HOME "'}}}"},
    {"key-policy", MGMT, HOME, KEY_ID, "{'Policy':'" KEY_POLICY "'}"},
    {"key-rotation", MGMT, HOME, KEY_ID, "{'KeyRotationEnabled':true,'RotationPeriodInDays':365}"},
    {"global-settings", MGMT, "", "", "{'GlobalSettings':{'isCrossAccountBackupEnabled':'true'}}"},
    {"supported-types", MGMT, HOME, "", "{'ResourceTypes':['EBS','DynamoDB','Novelty','RDS']}"},
    {"region-status", PROD, "", HOME,
     "{'RegionName':'" HOME "','RegionOptStatus':'ENABLED_BY_DEFAULT'}"},
    {"region-settings", PROD, HOME, "",
     "{'ResourceTypeOptInPreference':{'EBS':true,'DynamoDB':false},'"
     "ResourceTypeManagementPreference':{'DynamoDB':true}}"},
    {"region-settings", PROD, AWAY, "",
     "{'ResourceTypeOptInPreference':{'EBS':false,'DynamoDB':false}}"},
    {"vault", PROD, HOME, "aws-controltower-local-backupvault-1",
     "{'BackupVaultName':'aws-controltower-local-backupvault-1','BackupVaultArn':'arn:v','"
     "EncryptionKeyArn':'" KEY_IN(HOME) "','NumberOfRecoveryPoints':3}"},
    {"vault", CENTRAL, AWAY, "aws-controltower-central-backupvault-1",
     "{'BackupVaultName':'aws-controltower-central-backupvault-1','VaultState':'AVAILABLE','Locked'"
     ":true,'MinRetentionDays':7}"},
    {"vault-policy", CENTRAL, AWAY, "aws-controltower-central-backupvault-1",
     "{'Policy':'{\\'Statement\\':{\\'Effect\\':\\'Allow\\',\\'Principal\\':\\'*\\',\\'Action\\':"
     "\\'backup:CopyIntoBackupVault\\',\\'Resource\\':\\'*\\'}}'}"},
    {"plan", PROD, HOME, "p-1",
     "{'BackupPlanId':'p-1','BackupPlanArn':'arn:p','BackupPlanName':'aws-controltower-daily-"
     "backup-plan'}"},
    {"plan-detail", PROD, HOME, "p-1",
     "{'BackupPlan':{'BackupPlanName':'aws-controltower-daily-backup-plan','Rules':[{'RuleName':'r'"
     ",'TargetBackupVaultName':'v','ScheduleExpression':'cron(0 5 ? * * "
     "*)','Lifecycle':{'DeleteAfterDays':14},'CopyActions':[{'DestinationBackupVaultArn':'arn:aws:"
     "backup:" AWAY ":" CENTRAL
     ":backup-vault:aws-controltower-central-backupvault-1','Lifecycle':{'DeleteAfterDays':30}},{'"
     "DestinationBackupVaultArn':'arn:aws:backup:" HOME ":" CENTRAL ":backup-vault:nowhere'}]}]}}"},
    {"plan-tags", PROD, HOME, "p-1", "{'Tags':{'aws-control-tower':'managed-by-control-tower'}}"},
    {"selection", PROD, HOME, "p-1/s-1",
     "{'BackupSelection':{'SelectionName':'daily','IamRoleArn':'arn:aws:iam::" PROD ":role/"
     "aws-controltower-BackupRole','ListOfTags':[{'ConditionType':'STRINGEQUALS','ConditionKey':'"
     "aws-control-tower-backupdaily','ConditionValue':'yes'}]}}"},
    {"plan", PROD, HOME, "orgs/p-2",
     "{'BackupPlanId':'orgs/"
     "p-2','BackupPlanArn':'arn:o','BackupPlanName':'aws-controltower-weekly-backup-plan'}"},
    {"resource", PROD, HOME, "arn:aws:dynamodb:" HOME ":" PROD ":table/t",
     "{'arn':'x','type':'DynamoDB','name':'t'}"},
    {"tagged", PROD, HOME, "arn:aws:dynamodb:" HOME ":" PROD ":table/t",
     "{'ResourceARN':'x','Tags':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}"},
    {"resource", PROD, HOME, "arn:aws:ec2:" HOME ":" PROD ":volume/vol-1",
     "{'arn':'x','type':'EBS','name':'vol-1','encrypted':true,'kms_key':'k','tags':{'aws-control-"
     "tower-backup-daily':'true'}}"},
    {"tagged", PROD, HOME, "arn:aws:ec2:" HOME ":" PROD ":volume/vol-gone",
     "{'ResourceARN':'x','Tags':[{'Key':'Name','Value':'old'}]}"},
    {"tagged", PROD, HOME, "arn:aws:ec2:" HOME ":" PROD ":volume/vol-seen",
     "{'ResourceARN':'x','Tags':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}"},
    {"tagged", PROD, HOME, "arn:aws:lambda:" HOME ":" PROD ":function:f",
     "{'ResourceARN':'x','Tags':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}"},
    {"resource", PROD, "us-east-1", "arn:aws:s3:::bucket",
     "{'arn':'x','type':'S3','name':'bucket'}"},
};

static inline void world_put(struct store *s, const struct world_row *row, int64_t fact)
{
    char json[4096];
    struct err err = ERR_INIT;
    size_t length = strlen(row->json);
    assert(length < sizeof json);
    for (size_t i = 0; i <= length; i++) {
        json[i] = row->json[i] == '\'' ? '"' : row->json[i];
    }
    const struct entity e = {.kind = row->kind,
                             .account = row->account,
                             .region = row->region,
                             .key = row->key,
                             .json = json,
                             .json_length = length,
                             .fact = fact};
    int result = store_entity(s, &e, &err);
    assert(result == 0);
    (void)result;
}

static inline void world_build(struct store *s)
{
    struct err err = ERR_INIT;
    (void)store_meta_set(s, "ended", "2026-11-20T04:30:00Z", &err);
    (void)store_meta_set(s, "home_region", HOME, &err);
    (void)store_meta_set(s, "governed_regions", "[\"" AWAY "\",\"" HOME "\"]", &err);
    for (size_t i = 0; i < sizeof world / sizeof world[0]; i++) {
        world_put(s, &world[i], (int64_t)i + 1);
    }
}

#endif
