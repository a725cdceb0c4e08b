/* What each collector keeps of an answer, and what it asks next. */
#include "scan.h"

#define TOKEN_HOME "*token=prod region=" HOME
#define ROLE_ARN "arn:aws:iam::" PROD ":role/service-role/backup"
#define SOURCE_KEY "arn:aws:kms:" HOME ":" PROD ":key/1234"
#define VAULT "aws-controltower-central-backupvault-1"

static void the_inventory_is_kept_by_arn(void **state)
{
    static const struct stub_reply replies[] = {
        OK("Action=DescribeVolumes" TOKEN_HOME,
           "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><encrypted>true"
           "</encrypted><kmsKeyId>" SOURCE_KEY "</kmsKeyId><attachmentSet><item><instanceId>i-1"
           "</instanceId></item></attachmentSet><tagSet><item><key>Name</key><value>data</value>"
           "</item></tagSet></item></volumeSet></DescribeVolumesResponse>"),
        OK("Action=DescribeInstances" TOKEN_HOME,
           "<DescribeInstancesResponse><reservationSet><item><instancesSet>"
           "<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState>"
           "</item><item><instanceId>i-2</instanceId><instanceState><name>terminated</name>"
           "</instanceState></item></instancesSet></item></reservationSet>"
           "</DescribeInstancesResponse>"),
        OK("Action=DescribeDBInstances" TOKEN_HOME,
           "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>"
           "<DBInstance><DBInstanceArn>arn:aws:rds:" HOME ":" PROD ":db:one</DBInstanceArn>"
           "<DBInstanceIdentifier>one</DBInstanceIdentifier><Engine>postgres</Engine></DBInstance>"
           "<DBInstance><DBInstanceArn>arn:aws:rds:" HOME ":" PROD ":db:two</DBInstanceArn>"
           "<DBClusterIdentifier>c</DBClusterIdentifier></DBInstance></DBInstances>"
           "</DescribeDBInstancesResult></DescribeDBInstancesResponse>"),
        OK("Action=DescribeDBClusters" TOKEN_HOME,
           "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters>"
           "<DBCluster><DBClusterArn>arn:aws:rds:" HOME ":" PROD ":cluster:c</DBClusterArn>"
           "<Engine>aurora-mysql</Engine></DBCluster></DBClusters></DescribeDBClustersResult>"
           "</DescribeDBClustersResponse>"),
        OK("GET /2015-02-01/file-systems" TOKEN_HOME,
           "{\"FileSystems\":[{\"FileSystemId\":\"fs-1\",\"Encrypted\":true,\"Name\":\"share\"}]}"),
        OK("GET / *token=prod",
           "<ListAllMyBucketsResult><Buckets><Bucket><Name>b-1</Name><BucketRegion>" AWAY
           "</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"),
        OK(".DescribeKey *" SOURCE_KEY, "{\"KeyMetadata\":{\"KeyId\":\"1234\",\"KeyManager\":"
                                        "\"CUSTOMER\",\"AWSAccountId\":\"" PROD "\"}}"),
        OK(".GetKeyPolicy *" SOURCE_KEY, "{\"Policy\":\"{}\"}"),
        SCRIPT_END};
    static const char ec2[] = "arn:aws:ec2:" HOME ":" PROD;
    static const char *const kept[][2] = {
        {"resource", "arn:aws:ec2:" HOME ":" PROD ":volume/vol-1"},
        {"resource", "arn:aws:ec2:" HOME ":" PROD ":instance/i-1"},
        {"attachment", "arn:aws:ec2:" HOME ":" PROD ":instance/i-1 vol-1"},
        {"resource", "arn:aws:rds:" HOME ":" PROD ":db:one"},
        {"resource", "arn:aws:rds:" HOME ":" PROD ":cluster:c"},
        {"resource", "arn:aws:elasticfilesystem:" HOME ":" PROD ":file-system/fs-1"},
        {"source-key", SOURCE_KEY},
        {"key-policy", SOURCE_KEY}};
    struct scan s;
    char gone[96];
    (void)state;
    scan_all(&s, replies);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (!scan_kept(&s, kept[i][0], PROD, HOME, kept[i][1])) {
            fail_msg("%s %s is missing", kept[i][0], kept[i][1]);
        }
    }
    (void)snprintf(gone, sizeof gone, "%s:instance/i-2", ec2);
    assert_false(scan_kept(&s, "resource", PROD, HOME, gone));
    assert_false(scan_kept(&s, "resource", PROD, HOME, "arn:aws:rds:" HOME ":" PROD ":db:two"));
    assert_true(scan_kept(&s, "resource", PROD, AWAY, "arn:aws:s3:::b-1"));
    scan_member_is(&s, (const char *const[]){"resource", PROD, HOME, kept[0][1]}, "tags.Name",
                   "data");
    scan_member_is(&s, (const char *const[]){"resource", PROD, HOME, kept[4][1]}, "type", "Aurora");
    scan_has_errors(&s, 0);
    scan_end(&s);
}

/* An element without the member that names it is told by what it lacks. */
static void elements_without_a_name_are_collection_errors(void **state)
{
    static const struct {
        const char *operation;
        struct stub_reply reply;
    } cases[] = {
        {"ec2:DescribeVolumes",
         OK("Action=DescribeVolumes" TOKEN_HOME,
            XML_EC2("DescribeVolumes", "<volumeSet><item><size>1</size></item></volumeSet>"))},
        {"rds:DescribeDBClusters",
         OK("Action=DescribeDBClusters" TOKEN_HOME,
            XML("DescribeDBClusters", "<DBClusters><DBCluster><Engine>x</Engine></DBCluster>"
                                      "</DBClusters>"))},
        {"efs:DescribeFileSystems",
         OK("GET /2015-02-01/file-systems" TOKEN_HOME, "{\"FileSystems\":[{}]}")},
        {"s3:ListBuckets", OK("GET / *token=prod",
                              "<ListAllMyBucketsResult><Buckets><Bucket><X>1</X></Bucket></Buckets>"
                              "</ListAllMyBucketsResult>")},
        {"ec2:DescribeRegions",
         OK("Action=DescribeRegions*token=prod",
            XML_EC2("DescribeRegions", "<regionInfo><item><x>1</x></item></regionInfo>"))},
        {"backup:ListBackupVaults",
         OK("GET /backup-vaults/ " TOKEN_HOME, "{\"BackupVaultList\":[{}]}")},
        {"backup:ListBackupPlans",
         OK("GET /backup/plans/ " TOKEN_HOME, "{\"BackupPlansList\":[{}]}")},
        {"backup:ListProtectedResources",
         OK("GET /resources/ " TOKEN_HOME, "{\"Results\":[{\"ResourceType\":\"EBS\"}]}")},
        {"organizations:ListAWSServiceAccessForOrganization",
         OK(".ListAWSServiceAccessForOrganization ", "{\"EnabledServicePrincipals\":[{}]}")},
        {"organizations:ListPolicies", OK(".ListPolicies *BACKUP_POLICY", "{\"Policies\":[{}]}")},
        {"organizations:ListPoliciesForTarget",
         OK(".ListPoliciesForTarget *\"r-1\"", "{\"Policies\":[{}]}")},
        {"organizations:ListOrganizationalUnitsForParent",
         OK(".ListOrganizationalUnitsForParent *r-1", "{\"OrganizationalUnits\":[{}]}")},
        {"organizations:ListAccountsForParent",
         OK(".ListAccountsForParent *ou-1", "{\"Accounts\":[{}]}")},
        {"organizations:DescribeResourcePolicy",
         OK(".DescribeResourcePolicy ", "{\"ResourcePolicy\":{}}")},
        {"controltower:ListEnabledControls",
         OK("/list-enabled-controls", "{\"enabledControls\":[{}]}")},
        {"controltower:ListEnabledBaselines",
         OK("/list-enabled-baselines", "{\"enabledBaselines\":[{}]}")},
        {"controltower:ListBaselines", OK("/list-baselines", "{\"baselines\":[{}]}")},
        {"controltower:ListLandingZoneOperations",
         OK("/list-landingzone-operations", "{\"landingZoneOperations\":[{}]}")},
        {"servicecatalog:SearchProvisionedProducts",
         OK(".SearchProvisionedProducts ", "{\"ProvisionedProducts\":[{}]}")},
        {"iam:GetRole", OK("Action=GetRole*AWSServiceRoleForBackup", XML("GetRole", "<X>1</X>"))},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct stub_reply replies[] = {cases[i].reply, SCRIPT_END};
        struct scan s;
        scan_all(&s, replies);
        if (scan_errors(&s, NULL, NULL, NULL, NULL) != 1 ||
            scan_errors(&s, cases[i].operation, NULL, NULL, "malformed") != 1) {
            fail_msg("%s is not one collection error", cases[i].operation);
        }
        scan_end(&s);
    }
}

static void a_plan_leads_to_its_selections_and_their_roles(void **state)
{
    static const struct stub_reply replies[] = {
        OK("GET /backup/plans/ " TOKEN_HOME,
           "{\"BackupPlansList\":[{\"BackupPlanId\":\"p-1\",\"BackupPlanArn\":"
           "\"arn:aws:backup:" HOME ":" PROD ":backup-plan:p-1\"}]}"),
        OK("GET /backup/plans/p-1/ ", "{\"BackupPlan\":{\"BackupPlanName\":\"daily\"}}"),
        OK("GET /backup/plans/p-1/selections/ ",
           "{\"BackupSelectionsList\":[{\"SelectionId\":\"s-1\"}]}"),
        OK("GET /backup/plans/p-1/selections/s-1 ",
           "{\"BackupSelection\":{\"IamRoleArn\":\"" ROLE_ARN "\"}}"),
        OK("GET /tags/", "{\"Tags\":{\"a\":\"b\"}}"),
        OK("Action=GetRole*RoleName=backup",
           XML("GetRole", "<Role><RoleName>backup</RoleName></Role>")),
        OK("Action=ListAttachedRolePolicies*RoleName=backup",
           XML("ListAttachedRolePolicies", "<AttachedPolicies><member><PolicyArn>arn:p"
                                           "</PolicyArn></member></AttachedPolicies>")),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_member_is(&s, (const char *const[]){"plan-detail", PROD, HOME, "p-1"},
                   "BackupPlan.BackupPlanName", "daily");
    scan_member_is(&s, (const char *const[]){"plan-tags", PROD, HOME, "p-1"}, "Tags.a", "b");
    scan_member_is(&s, (const char *const[]){"selection", PROD, HOME, "p-1/s-1"},
                   "BackupSelection.IamRoleArn", ROLE_ARN);
    assert_true(scan_kept(&s, "role", PROD, "", "backup"));
    assert_true(scan_kept(&s, "role-policy", PROD, "", "backup arn:p"));
    scan_has_errors(&s, 0);
    scan_end(&s);
}

static void a_central_vault_leads_to_its_policy_and_newest_copies(void **state)
{
    static const struct stub_reply replies[] = {
        OK("GET /backup-vaults/ *token=central region=" AWAY,
           "{\"BackupVaultList\":[{\"BackupVaultName\":\"" VAULT
           "\",\"EncryptionKeyArn\":\"arn:k\"}]}"),
        OK("GET /backup-vaults/" VAULT "/access-policy", "{\"Policy\":\"{}\"}"),
        OK("GET /backup-vaults/" VAULT "/recovery-points/",
           "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"arn:rp1\",\"Status\":\"COMPLETED\","
           "\"CreationDate\":1795060800,\"ResourceArn\":\"arn:aws:s3:::b\","
           "\"SourceBackupVaultArn\":\"arn:aws:backup:" HOME ":" PROD ":backup-vault:v\"},"
           "{\"RecoveryPointArn\":\"arn:rp2\",\"Status\":\"COMPLETED\",\"CreationDate\":"
           "1795147200,\"ResourceArn\":\"arn:aws:s3:::b\",\"SourceBackupVaultArn\":"
           "\"arn:aws:backup:" HOME ":" PROD ":backup-vault:v\"},"
           "{\"RecoveryPointArn\":\"arn:rp3\",\"Status\":\"EXPIRED\",\"ResourceArn\":\"arn:x\"},"
           "{\"RecoveryPointArn\":\"arn:rp4\",\"Status\":\"COMPLETED\",\"ResourceArn\":\"arn:x\","
           "\"IsEncrypted\":false},"
           "{\"RecoveryPointArn\":\"arn:rp5\",\"Status\":\"COMPLETED\",\"ResourceArn\":\"arn:x\","
           "\"IsEncrypted\":true,\"EncryptionKeyArn\":\"arn:other\"},"
           "{\"RecoveryPointArn\":\"arn:rp6\",\"Status\":\"PARTIAL\",\"ResourceArn\":\"arn:x\","
           "\"IsEncrypted\":false}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_true(scan_kept(&s, "vault", CENTRAL, AWAY, VAULT));
    scan_member_is(&s, (const char *const[]){"vault-policy", CENTRAL, AWAY, VAULT}, "Policy", "{}");
    scan_member_is(&s, (const char *const[]){"central-copy", PROD, HOME, "arn:aws:s3:::b"},
                   "copies." AWAY, "2026-11-20T04:00:00Z");
    assert_true(scan_kept(&s, "expired-point", CENTRAL, AWAY, VAULT "/arn:rp3"));
    assert_true(scan_kept(&s, "unencrypted-point", CENTRAL, AWAY, VAULT "/arn:rp4"));
    assert_true(scan_kept(&s, "other-key-point", CENTRAL, AWAY, VAULT "/arn:rp5"));
    assert_false(scan_kept(&s, "unencrypted-point", CENTRAL, AWAY, VAULT "/arn:rp6"));
    assert_false(scan_kept(&s, "recovery-point", CENTRAL, AWAY, "arn:rp1"));
    scan_end(&s);
}

/* A teardown that was told to delete a vault lists each of its recovery points. */
static void a_named_vault_lists_every_recovery_point(void **state)
{
    static const char *const named[] = {"mine", NULL};
    static const struct stub_reply replies[] = {
        OK("GET /backup-vaults/ " TOKEN_HOME,
           "{\"BackupVaultList\":[{\"BackupVaultName\":\"mine\"},{\"BackupVaultName\":\"other\"}"
           "]}"),
        OK("GET /backup-vaults/mine/recovery-points/",
           "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"arn:rp1\",\"ResourceArn\":\"arn:x\"}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_begin(&s, replies);
    s.options.recovery_point_vaults = named;
    assert_int_equal(scan_run(&s), 0);
    assert_true(scan_kept(&s, "recovery-point", PROD, HOME, "arn:rp1"));
    assert_int_equal(scan_calls(&s, "backup:ListRecoveryPointsByBackupVault", PROD, NULL).count, 1);
    scan_end(&s);
}

static void the_backup_key_is_read_with_its_family(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".DescribeKey *" KEY_ID "*region=" HOME,
           "{\"KeyMetadata\":{\"KeyId\":\"" KEY_ID "\",\"MultiRegionConfiguration\":{"
           "\"MultiRegionKeyType\":\"PRIMARY\",\"PrimaryKey\":{\"Region\":\"" HOME
           "\"},\"ReplicaKeys\":[{\"Region\":\"us-west-2\"}]}}}"),
        OK(".DescribeKey *" KEY_ID "*region=us-west-2",
           "{\"KeyMetadata\":{\"KeyId\":\"" KEY_ID "\",\"MultiRegionConfiguration\":{"
           "\"MultiRegionKeyType\":\"REPLICA\",\"PrimaryKey\":{\"Region\":\"" HOME "\"}}}}"),
        OK(".GetKeyPolicy *" KEY_ID, "{\"Policy\":\"{}\"}"),
        OK(".GetKeyRotationStatus ", "{\"KeyRotationEnabled\":true}"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_true(scan_kept(&s, "key", MGMT, HOME, KEY_ID));
    assert_true(scan_kept(&s, "key", MGMT, "us-west-2", KEY_ID));
    assert_true(scan_kept(&s, "key-absent", MGMT, AWAY, KEY_ID));
    assert_true(scan_kept(&s, "key-policy", MGMT, HOME, KEY_ID));
    assert_int_equal(scan_calls(&s, "kms:GetKeyRotationStatus", NULL, NULL).count, 1);
    scan_end(&s);
}

/* Without a key in the manifest, the alias and the key of an earlier run are looked for. */
static void a_former_key_is_looked_for(void **state)
{
    static const struct stub_reply replies[] = {
        OK("/get-landingzone ", "{\"landingZone\":{\"arn\":\"" ZONE_ARN "\",\"manifest\":{"
                                "\"governedRegions\":[\"" HOME "\"]}}}"),
        OK(".DescribeKey *alias/control-tower-backup",
           "{\"KeyMetadata\":{\"KeyId\":\"" KEY_ID "\",\"Arn\":\"arn:k\"}}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_begin(&s, replies);
    s.options.backup_key = "arn:aws:kms:" HOME ":" MGMT ":key/mrk-former";
    assert_int_equal(scan_run(&s), 0);
    scan_member_is(&s, (const char *const[]){"key-alias", MGMT, HOME, "alias/control-tower-backup"},
                   "KeyId", KEY_ID);
    assert_true(scan_kept(&s, "key-absent", MGMT, HOME, "mrk-former"));
    assert_string_equal(store_meta(s.store, "backup_key"), s.options.backup_key);
    scan_end(&s);
}

/* Of the management account's keys, one that carries our tag is asked for too. */
static void a_key_with_our_tag_is_asked_for(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".GetResources *token= region=" HOME,
           "{\"ResourceTagMappingList\":[{\"ResourceARN\":\"arn:aws:kms:" HOME ":" MGMT
           ":key/mrk-tagged\",\"Tags\":[{\"Key\":\"towerkeep\",\"Value\":\"backup-key\"}]}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_true(
        scan_kept(&s, "tagged", MGMT, HOME, "arn:aws:kms:" HOME ":" MGMT ":key/mrk-tagged"));
    assert_true(scan_kept(&s, "key-absent", MGMT, HOME, "mrk-tagged"));
    scan_end(&s);
}

static void control_tower_is_kept(void **state)
{
    static const struct stub_reply replies[] = {
        OK("/list-landingzone-operations",
           "{\"landingZoneOperations\":[{\"operationIdentifier\":\"op-1\",\"status\":\"FAILED\"},"
           "{\"operationIdentifier\":\"op-0\"}]}"),
        OK("/get-landingzone-operation ", "{\"operationDetails\":{\"statusMessage\":\"no key\"}}"),
        OK("/list-baselines", "{\"baselines\":[{\"arn\":\"arn:aws:controltower:" HOME
                              "::baseline/17BSJV3IGJ2QSGA2\"}]}"),
        OK("/list-enabled-baselines",
           "{\"enabledBaselines\":[{\"arn\":\"eb-1\",\"statusSummary\":{\"status\":"
           "\"UNDER_CHANGE\",\"lastOperationIdentifier\":\"bop-1\"}},{\"arn\":\"eb-2\","
           "\"statusSummary\":{\"status\":\"SUCCEEDED\",\"lastOperationIdentifier\":\"bop-2\"}}]}"),
        OK("/get-baseline-operation ", "{\"baselineOperation\":{\"status\":\"IN_PROGRESS\"}}"),
        OK("/list-enabled-controls",
           "{\"enabledControls\":[{\"arn\":\"ec-1\",\"targetIdentifier\":\"arn:x/ou-1\","
           "\"controlIdentifier\":\"control/a\"},{\"arn\":\"ec-2\",\"targetIdentifier\":"
           "\"arn:x/ou-2\",\"controlIdentifier\":\"control/a\"}]}"),
        OK("/get-control ", "{\"Arn\":\"arn:x/a\",\"Aliases\":[\"CT.BACKUP.PV.1\"]}"),
        OK(".SearchProvisionedProducts ",
           "{\"ProvisionedProducts\":[{\"Id\":\"pp-1\",\"PhysicalId\":\"" PROD
           "\"},{\"Id\":\"pp-2\",\"PhysicalId\":\"x\"},{\"Id\":\"pp-3\",\"Type\":\"OTHER\"}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_member_is(&s, (const char *const[]){"landing-zone-operation", "", "", "op-1"},
                   "details.statusMessage", "no key");
    assert_true(scan_kept(&s, "landing-zone-operation", "", "", "op-0"));
    assert_true(scan_kept(&s, "baseline", "", "", "17BSJV3IGJ2QSGA2"));
    assert_true(scan_kept(&s, "baseline-operation", "", "", "bop-1"));
    assert_false(scan_kept(&s, "baseline-operation", "", "", "bop-2"));
    assert_true(scan_kept(&s, "enabled-control", "ou-1", "", "ec-1"));
    assert_true(scan_kept(&s, "enabled-control", "ou-2", "", "ec-2"));
    scan_member_is(&s, (const char *const[]){"control", MGMT, HOME, "control/a"}, "Arn", "arn:x/a");
    assert_true(scan_kept(&s, "account-product", PROD, "", "pp-1"));
    assert_true(scan_kept(&s, "account-product", "", "", "pp-2"));
    assert_false(scan_kept(&s, "account-product", "", "", "pp-3"));
    scan_end(&s);
}

/* Backup policies name roles that each account is asked for; control policies are read with their
   targets, except those that AWS manages. */
static void policies_are_read_where_they_matter(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".ListPolicies *BACKUP_POLICY", "{\"Policies\":[{\"Id\":\"p-b\"}]}"),
        OK(".ListPolicies *SERVICE_CONTROL_POLICY",
           "{\"Policies\":[{\"Id\":\"p-scp\"},{\"Id\":\"p-full\",\"AwsManaged\":true}]}"),
        OK(".DescribePolicy *p-b", "{\"Policy\":{\"Content\":\"{\\\"plans\\\":[\\\"arn:aws:iam::"
                                   "$account:role/FromPolicy\\\"]}\",\"PolicySummary\":{\"Type\":"
                                   "\"BACKUP_POLICY\",\"Name\":\"daily\"}}}"),
        OK(".DescribePolicy *p-scp", "{\"Policy\":{\"Content\":\"{}\"}}"),
        OK(".ListTargetsForPolicy ", "{\"Targets\":[{\"TargetId\":\"ou-1\"}]}"),
        OK(".ListPoliciesForTarget *\"ou-1\"",
           "{\"Policies\":[{\"Id\":\"p-scp\"},{\"Id\":\"p-full\",\"AwsManaged\":true}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_member_is(&s, (const char *const[]){"backup-policy", "", "", "p-b"}, "name", "daily");
    assert_true(scan_kept(&s, "backup-policy-target", "", "", "ou-1 p-b"));
    assert_true(scan_kept(&s, "target-policy", "ou-1", "", "p-full"));
    assert_true(scan_kept(&s, "control-policy", "", "", "p-scp"));
    assert_true(scan_kept(&s, "control-policy-target", "", "", "ou-1 p-scp"));
    assert_int_equal(scan_calls(&s, "organizations:DescribePolicy", NULL, NULL).count, 2);
    assert_int_equal(scan_calls(&s, "iam:GetRole", PROD, NULL).count, 1);
    assert_int_equal(scan_calls(&s, "iam:GetRole", CENTRAL, NULL).count, 1);
    scan_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inventory_is_kept_by_arn),
        cmocka_unit_test(elements_without_a_name_are_collection_errors),
        cmocka_unit_test(a_plan_leads_to_its_selections_and_their_roles),
        cmocka_unit_test(a_central_vault_leads_to_its_policy_and_newest_copies),
        cmocka_unit_test(a_named_vault_lists_every_recovery_point),
        cmocka_unit_test(the_backup_key_is_read_with_its_family),
        cmocka_unit_test(a_former_key_is_looked_for),
        cmocka_unit_test(a_key_with_our_tag_is_asked_for),
        cmocka_unit_test(control_tower_is_kept),
        cmocka_unit_test(policies_are_read_where_they_matter),
    };
    return cmocka_run_group_tests_name("collect/answers", tests, NULL, NULL);
}
