/* Two runs made by hand of one small organization: `bare`, with nothing prepared for backup, and
 * what it looks like once all is done. */
#ifndef TOWERKEEP_PLAN_BARE_H
#define TOWERKEEP_PLAN_BARE_H

#include "estate.h"
#include "model/condition.h"
#include "world_row.h"

#define LOGS "111122225555"
#define ZONE_ARN "arn:aws:controltower:" HOME ":" MGMT ":landingzone/1"
#define OU_ARN(id) "arn:aws:organizations::" MGMT ":ou/o-exampleorg1/" id
#define TOWER BASELINE("17BSJV3IGJ2QSGA2")
#define BACKUP BASELINE("APO9ATVPBKFRRGLK")
#define IDENTITY BASELINE("LN25R72TTG6IGPTQ")
#define OU(id, name, parent)                                                                       \
    {                                                                                              \
        "ou", "", "", id,                                                                          \
            "{'Id':'" id "','Name':'" name "','Arn':'" OU_ARN(id) "','ParentId':'" parent "'}"     \
    }
#define MEMBER(id, name, parent)                                                                   \
    {"account", "", "", id,                                                                        \
     "{'Id':'" id "','Name':'" name "','Email':'" id "@example.com','State':'ACTIVE'}"},           \
        {"tree-account", "", "", id, "{'Id':'" id "','ParentId':'" parent "'}"},                   \
    {                                                                                              \
        "reach", id, "", "", "{'reached':true,'role':'AWSControlTowerExecution'}"                  \
    }
#define HELD(arn, baseline, version, target, status)                                               \
    {                                                                                              \
        "enabled-baseline", "", "", arn,                                                           \
            "{'arn':'" arn "','baselineIdentifier':" baseline ",'baselineVersion':'" version       \
            "','targetIdentifier':'" target "','statusSummary':{'status':'" status                 \
            "','lastOperationIdentifier':'op-" arn "'}}"                                           \
    }
#define SETTINGS(account, region, ebs)                                                             \
    {                                                                                              \
        "region-settings", account, region, "",                                                    \
            "{'ResourceTypeOptInPreference':{'EBS':" ebs                                           \
            ",'S3':true},'ResourceTypeManagementPreference':{'DynamoDB':true}}"                    \
    }
#define ZONE_HEAD                                                                                  \
    "{'arn':'" ZONE_ARN                                                                            \
    "','latestAvailableVersion':'4.0','status':'ACTIVE','driftStatus':{'status':'IN_SYNC'},"       \
    "'remediationTypes':['INHERITANCE_DRIFT'],"
#define MANIFEST_3                                                                                 \
    "'governedRegions':['" HOME "','" AWAY                                                         \
    "'],'organizationStructure':{'security':{'name':'Security'}},'centralizedLogging':{"           \
    "'accountId':'" LOGS "','enabled':true},'securityRoles':{'accountId':'" AUDIT                  \
    "'},'accessManagement':{'enabled':true}"
#define BACKUP_ON                                                                                  \
    "'backup':{'enabled':true,'configurations':{'centralBackup':{'accountId':'" CENTRAL            \
    "'},'backupAdmin':{'accountId':'" ADMIN "'},'kmsKeyArn':'" KEY_IN(HOME) "'}}"

static const struct world_row bare[] = {
    {"organization", "", "", "o-exampleorg1",
     "{'Id':'o-exampleorg1','Arn':'arn:aws:organizations::" MGMT
     ":organization/o-exampleorg1','FeatureSet':'ALL','MasterAccountId':'" MGMT "'}"},
    {"caller", MGMT, "", MGMT, "{'Account':'" MGMT "','Arn':'arn:aws:iam::" MGMT ":user/t'}"},
    {"root", "", "", "r-1", "{'Id':'r-1'}"},
    OU("ou-sec", "Security", "r-1"),
    OU("ou-w", "Workloads", "r-1"),
    OU("ou-x", "Workloads X", "ou-w"),
    OU("ou-s", "Sandbox", "r-1"),
    MEMBER(MGMT, "Management", "r-1"),
    MEMBER(LOGS, "Log Archive", "ou-sec"),
    MEMBER(AUDIT, "Audit", "ou-sec"),
    MEMBER(PROD, "X Production", "ou-x"),
    {"landing-zone", "", "", ZONE_ARN,
     ZONE_HEAD "'version':'3.3','manifest':{" MANIFEST_3 ",'backup':{'enabled':false}}}"},
    {"landing-zone-operation", "", "", "op-known",
     "{'operationType':'UPDATE','operationIdentifier':'op-known','status':'SUCCEEDED','position':"
     "0}"},
    HELD("eb-ic", IDENTITY, "1.0", "arn:aws:organizations::" MGMT ":account/o-exampleorg1/" MGMT,
         "SUCCEEDED"),
    HELD("eb-ct-w", TOWER, "4.0", OU_ARN("ou-w"), "SUCCEEDED"),
    {"global-settings", MGMT, "", "", "{'GlobalSettings':{'isCrossAccountBackupEnabled':'false'}}"},
    {"region-status", MGMT, "", HOME,
     "{'RegionName':'" HOME "','RegionOptStatus':'ENABLED_BY_DEFAULT'}"},
    {"region-status", MGMT, "", AWAY,
     "{'RegionName':'" AWAY "','RegionOptStatus':'ENABLED_BY_DEFAULT'}"},
    {"region-status", MGMT, "", "af-south-1",
     "{'RegionName':'af-south-1','RegionOptStatus':'DISABLED'}"},
    SETTINGS(MGMT, HOME, "true"),
    SETTINGS(MGMT, AWAY, "false"),
    SETTINGS(LOGS, HOME, "true"),
    SETTINGS(LOGS, AWAY, "true"),
    SETTINGS(AUDIT, HOME, "true"),
    SETTINGS(AUDIT, AWAY, "true"),
    SETTINGS(PROD, HOME, "false"),
    SETTINGS(PROD, AWAY, "true"),
    {"resource", PROD, HOME, "arn:aws:ec2:" HOME ":" PROD ":volume/vol-1",
     "{'arn':'x','type':'EBS','name':'vol-1','tags':{}}"},
};

/* On top of the above: everything done, vaults empty. */
static const struct world_row finished[] = {
    MEMBER(ADMIN, "Backup Administrator", "ou-sec"),
    MEMBER(CENTRAL, "Central Backup", "ou-sec"),
    {"landing-zone", "", "", ZONE_ARN,
     ZONE_HEAD "'version':'3.3','manifest':{" MANIFEST_3 "," BACKUP_ON "}}"},
    {"trusted-service", "", "", "backup.amazonaws.com",
     "{'ServicePrincipal':'backup.amazonaws.com'}"},
    {"delegated-admin", "", "", ADMIN, "{'Id':'" ADMIN "'}"},
    {"resource-policy", "", "", "",
     "{'Content':'{\\'Statement\\':[{\\'Effect\\':\\'Allow\\',\\'Principal\\':{\\'AWS\\':\\'" ADMIN
     "\\'},\\'Action\\':\\'organizations:*\\',\\'Resource\\':\\'*\\'}]}'}"},
    {"global-settings", MGMT, "", "",
     "{'GlobalSettings':{'isCrossAccountBackupEnabled':'true','isDelegatedAdministratorEnabled':'"
     "true'}}"},
    HELD("eb-ct-x", TOWER, "4.0", OU_ARN("ou-x"), "SUCCEEDED"),
    HELD("eb-b-sec", BACKUP, "1.0", OU_ARN("ou-sec"), "SUCCEEDED"),
    HELD("eb-b-w", BACKUP, "1.0", OU_ARN("ou-w"), "SUCCEEDED"),
    HELD("eb-b-x", BACKUP, "1.0", OU_ARN("ou-x"), "SUCCEEDED"),
    HELD("eb-b-prod", BACKUP, "1.0", "arn:aws:organizations::" MGMT ":account/o-exampleorg1/" PROD,
         "SUCCEEDED"),
    HELD("eb-b-logs", BACKUP, "1.0", "arn:aws:organizations::" MGMT ":account/o-exampleorg1/" LOGS,
         "SUCCEEDED"),
    HELD("eb-b-audit", BACKUP, "1.0",
         "arn:aws:organizations::" MGMT ":account/o-exampleorg1/" AUDIT, "SUCCEEDED"),
    {"key", MGMT, HOME, KEY_ID,
     "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(
         HOME) "','KeyState':'Enabled','KeyManager':'CUSTOMER','AWSAccountId':'" MGMT
               "','KeyUsage':'ENCRYPT_DECRYPT','KeySpec':'SYMMETRIC_DEFAULT','MultiRegion':true,'"
               "MultiRegionConfiguration':{'MultiRegionKeyType':'PRIMARY','PrimaryKey':{'Arn':'a','"
               "Region':'" HOME "'},'ReplicaKeys':[{'Arn':'b','Region':'" AWAY "'}]}}"},
    {"key", MGMT, AWAY, KEY_ID,
     "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(
         AWAY) "','KeyState':'Enabled','KeyManager':'CUSTOMER','AWSAccountId':'" MGMT
               "','MultiRegion':true,'MultiRegionConfiguration':{'MultiRegionKeyType':'REPLICA',"
               "'PrimaryKey':{'Region':'" HOME "'}}}"},
    {"key-policy", MGMT, HOME, KEY_ID, "{'Policy':'" KEY_POLICY "'}"},
    {"key-policy", MGMT, AWAY, KEY_ID, "{'Policy':'" KEY_POLICY "'}"},
    {"key-rotation", MGMT, HOME, KEY_ID, "{'KeyRotationEnabled':true}"},
    SETTINGS(MGMT, AWAY, "true"),
    SETTINGS(ADMIN, HOME, "true"),
    SETTINGS(ADMIN, AWAY, "true"),
    SETTINGS(CENTRAL, HOME, "true"),
    SETTINGS(CENTRAL, AWAY, "true"),
    SETTINGS(PROD, HOME, "true"),
    {"resource", PROD, HOME, "arn:aws:ec2:" HOME ":" PROD ":volume/vol-1",
     "{'arn':'x','type':'EBS','name':'vol-1','tags':{'aws-control-tower-backupdaily':'true'}}"},
    {"vault", CENTRAL, HOME, "aws-controltower-central-backupvault-1",
     "{'BackupVaultName':'aws-controltower-central-backupvault-1','VaultState':'AVAILABLE','"
     "EncryptionKeyArn':'" KEY_IN(HOME) "','NumberOfRecoveryPoints':0}"},
    {"vault", PROD, HOME, "aws-controltower-local-backupvault-1",
     "{'BackupVaultName':'aws-controltower-local-backupvault-1','EncryptionKeyArn':'" KEY_IN(
         HOME) "','NumberOfRecoveryPoints':0}"},
};

static inline void rows_put(struct estate *e, const struct world_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        estate_put(e, rows[i].kind, rows[i].account, rows[i].region, rows[i].key, rows[i].json);
    }
}

static inline void put_finished(struct estate *e)
{
    rows_put(e, finished, sizeof finished / sizeof finished[0]);
}

static int bare_open(void **state)
{
    static const char *const metas[][2] = {{"run_id", "r-1"},
                                           {"ended", "2026-11-20T04:30:00Z"},
                                           {"organization_id", "o-exampleorg1"},
                                           {"management_account", MGMT},
                                           {"partition", "aws"},
                                           {"home_region", HOME},
                                           {"governed_regions", "[\"" AWAY "\",\"" HOME "\"]"},
                                           {"config_digest", "c"},
                                           {"rules_digest", "r"}};
    struct estate *e = xcalloc(1, sizeof *e);
    (void)snprintf(e->path, sizeof e->path, "/tmp/towerkeep-plan-XXXXXX");
    int fd = mkstemp(e->path);
    (void)close(fd);
    (void)unlink(e->path);
    *state = e;
    (void)estate_open; /* the other organization, of the tests beside these */
    if (store_create(e->path, &e->store, &e->err) != 0) {
        return -1;
    }
    rows_put(e, bare, sizeof bare / sizeof bare[0]);
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++) {
        if (store_meta_set(e->store, metas[i][0], metas[i][1], &e->err) != 0) {
            return -1;
        }
    }
    return config_load(NULL, &e->config, &e->err);
}

/* The configuration, as a file would say it; before the first plan. */
static inline void configure(struct estate *e, const char *text)
{
    char path[] = "/tmp/towerkeep-config-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    config_release(&e->config);
    int result = config_load(path, &e->config, &e->err);
    (void)unlink(path);
    if (result != 0) {
        fail_msg("%s", e->err.text);
    }
}

#define TYPES "resource_types: [EBS, S3]\n"
#define ACCOUNTS                                                                                   \
    "accounts:\n"                                                                                  \
    "  backup_administrator: {name: Backup Administrator, email: admin@example.com}\n"             \
    "  central_backup: {name: Central Backup, email: central@example.com}\n"
#define PROTECT "ous: {protect: [Workloads]}\n"

static inline const json_t *plan_for(struct estate *e, enum goal goal)
{
    if (estate_try(e, goal) != 0) {
        fail_msg("%s", e->err.text);
    }
    if (plan_check(e->made, "plan", &e->err) != 0) {
        fail_msg("%s", e->err.text);
    }
    return e->plan;
}

static inline size_t position_in(const json_t *plan, const char *id)
{
    const json_t *steps = jx_get(plan, "steps");
    size_t i = 0;
    while (i < json_array_size(steps) && !str_equal(jx_str(json_array_get(steps, i), "id"), id)) {
        i++;
    }
    if (i == json_array_size(steps)) {
        fail_msg("no step %s", id);
    }
    return i;
}

/* `first` is carried out before `second`, whatever else runs at the same time. */
static inline void expect_before(const json_t *plan, const char *first, const char *second)
{
    const json_t *needs = jx_get(step_of(plan, second), "needs");
    bool found = false;
    assert_true(position_in(plan, first) < position_in(plan, second));
    for (size_t i = 0; i < json_array_size(needs) && !found; i++) {
        const char *need = json_string_value(json_array_get(needs, i));
        found = strcmp(need, first) == 0;
    }
    for (size_t i = 0; i < json_array_size(needs) && !found; i++) {
        const json_t *on =
            jx_get(step_of(plan, json_string_value(json_array_get(needs, i))), "needs");
        found = jx_list_has(on, first);
    }
    if (!found) {
        fail_msg("%s does not wait for %s", second, first);
    }
}

#endif
