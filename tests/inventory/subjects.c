#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "inventory/subjects.h"
#include "made_organization.h"
#include "model/config.h"

struct fixture {
    char path[64];
    struct store *store;
    struct config config;
    struct subjects *subjects;
    json_t *documents; /* of the scope last read, by _key */
    json_t *keys;      /* in the order seen */
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    (void)snprintf(f->path, sizeof f->path, "/tmp/towerkeep-subjects-XXXXXX");
    int fd = mkstemp(f->path);
    (void)close(fd);
    (void)unlink(f->path);
    *state = f;
    if (store_create(f->path, &f->store, &f->err) != 0) {
        return -1;
    }
    world_build(f->store);
    return config_load(NULL, &f->config, &f->err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_decref(f->documents);
    json_decref(f->keys);
    subjects_free(f->subjects);
    config_release(&f->config);
    store_close(f->store);
    (void)unlink(f->path);
    free(f);
    return 0;
}

static int keep(void *context, const json_t *document)
{
    struct fixture *f = context;
    const char *key = jx_str(document, "_key");
    assert_non_null(key);
    if (json_object_get(f->documents, key) != NULL) {
        fail_msg("two subjects have the key %s", key);
    }
    static const char *const common[] = {"_name",    "_account", "_account_name",
                                         "_ou_path", "_region",  "_arn"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        assert_non_null(jx_str(document, common[i]));
    }
    assert_true(json_is_array(jx_get(document, "_facts")));
    (void)json_object_set_new(f->documents, key, json_deep_copy(document));
    (void)json_array_append_new(f->keys, json_string(key));
    return 0;
}

static void open_scope(struct fixture *f, enum scope scope)
{
    if (f->subjects == NULL) {
        int result = subjects_new(f->store, f->config.document, &f->subjects, &f->err);
        if (result != 0) {
            fail_msg("%s", f->err.text);
        }
    }
    json_decref(f->documents);
    json_decref(f->keys);
    f->documents = json_object();
    f->keys = json_array();
    assert_int_equal(subjects_each(f->subjects, scope, keep, f, &f->err), 0);
}

static const json_t *at(const struct fixture *f, const char *key)
{
    const json_t *document = json_object_get(f->documents, key);
    if (document == NULL) {
        char *keys = jx_dump(f->keys);
        fail_msg("no subject %s in %s", key, keys);
    }
    return document;
}

/* Compares a member's compact JSON, written with single quotes. */
static void expect(const json_t *document, const char *path, const char *wanted)
{
    char *found = jx_dump(jx_get(document, path));
    for (char *c = found; *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    if (strcmp(found, wanted) != 0) {
        fail_msg("%s is %s, not %s", path, found, wanted);
    }
    free(found);
}

struct expectation {
    const char *path, *wanted;
};

static void expect_all(const json_t *document, const struct expectation *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(document, list[i].path, list[i].wanted);
    }
}

#define EXPECT(document, ...)                                                                      \
    do {                                                                                           \
        static const struct expectation list[] = {__VA_ARGS__};                                    \
        expect_all(document, list, sizeof list / sizeof list[0]);                                  \
    } while (0)

static void the_organization_and_its_landing_zone(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_ORG);
    const json_t *org = at(f, "o-exampleorg1");
    EXPECT(org, {"feature_set", "'ALL'"}, {"management_account", "'" MGMT "'"},
           {"caller_account", "'" MGMT "'"}, {"policy_types", "{'BACKUP_POLICY':'ENABLED'}"},
           {"trusted_services", "['backup.amazonaws.com']"}, {"backup_admin", "'" ADMIN "'"},
           {"central_backup", "'" CENTRAL "'"}, {"audit", "'" AUDIT "'"},
           {"log_archive", "'" LOGS "'"}, {"delegated_admins", "['" ADMIN "','" PROD "']"},
           {"unexpected_delegated_admins", "['" PROD "']"}, {"accounts_total", "7"},
           {"accounts_active", "6"}, {"security_ou", "'ou-sec'"}, {"partition", "'aws'"},
           {"path_mismatches", "['" PROD "']"},
           {"global_settings", "{'isCrossAccountBackupEnabled':'true'}"});
    open_scope(f, SCOPE_LANDING_ZONE);
    const json_t *lz = at(f, "landing-zone");
    EXPECT(
        lz, {"present", "true"}, {"version", "'3.3'"}, {"latest_version", "'4.0'"},
        {"governed_regions", "['eu-central-1','eu-west-1']"}, {"home_governed", "true"},
        {"backup.complete", "true"}, {"config_enabled", "true"}, {"schema_problems", "[]"},
        {"under_change", "['BackupBaseline on Workloads/Workloads X']"},
        {"running_operations", "[]"},
        {"accounts", "{'backup_admin':'" ADMIN "','backup_admin_state':'ACTIVE',"
                     "'central_backup':'" CENTRAL "','central_backup_state':'ACTIVE'}"},
        {"last_operation", "{'id':'op-new','type':'UPDATE','status':'FAILED','message':'no key'}"});
    const json_t *context = subjects_context(f->subjects);
    assert_true(json_equal(json_object_get(context, "lz"), lz));
    assert_non_null(jx_get(context, "config.resource_types"));
}

static void no_landing_zone_is_a_subject_too(void **state)
{
    struct fixture *f = *state;
    struct store *bare = NULL;
    char path[96];
    (void)snprintf(path, sizeof path, "%s.bare", f->path);
    assert_int_equal(store_create(path, &bare, &f->err), 0);
    for (size_t i = 0; i < sizeof world / sizeof world[0]; i++) {
        if (strcmp(world[i].kind, "organization") == 0 || strcmp(world[i].kind, "account") == 0) {
            world_put(bare, &world[i], 1);
        }
    }
    struct store *whole = f->store;
    f->store = bare;
    open_scope(f, SCOPE_LANDING_ZONE);
    EXPECT(at(f, "landing-zone"), {"present", "false"}, {"backup.enabled", "false"},
           {"last_operation", "null"});
    for (int scope = 0; scope < SCOPE_COUNT; scope++) {
        open_scope(f, (enum scope)scope); /* nothing breaks on an organization without one */
    }
    f->store = whole;
    subjects_free(f->subjects);
    f->subjects = NULL;
    store_close(bare);
    (void)unlink(path);
}

/* AWS returns no operation that began seconds ago, and the list is behind one that has ended. */
static void a_change_is_as_old_as_its_operation_tells(void **state)
{
    struct fixture *f = *state;
    static const char row[] = "{'arn':'eb-b-x','baselineIdentifier':" BASELINE(
        "APO9ATVPBKFRRGLK") ",'targetIdentifier':'arn:aws:organizations::" MGMT
                            ":ou/o-exampleorg1/ou-x','statusSummary':{'status':'UNDER_CHANGE',"
                            "'lastOperationIdentifier':'%s'}}";
    char text[1024];
    const struct world_row ended = {"baseline-operation", "", "", "bop-2",
                                    "{'status':'SUCCEEDED','startTime':'2026-11-20T03:00:00Z',"
                                    "'endTime':'2026-11-20T04:25:00Z'}"};
    world_put(f->store, &ended, 0);
    for (int known = 0; known < 2; known++) {
        (void)snprintf(text, sizeof text, row, known ? "bop-2" : "bop-gone");
        const struct world_row baseline = {"enabled-baseline", "", "", "eb-b-x", text};
        world_put(f->store, &baseline, 0);
        subjects_free(f->subjects);
        f->subjects = NULL;
        open_scope(f, SCOPE_OU);
        const json_t *unit = at(f, "ou-x");
        expect(unit, "baselines.BackupBaseline.minutes_under_change", known ? "5" : "null");
        assert_int_equal(jx_get(unit, "_hidden") != NULL, known == 0);
    }
}

static void units_know_their_baselines_ancestors_and_accounts(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_OU);
    assert_int_equal(json_array_size(f->keys), 3);
    EXPECT(at(f, "ou-x"), {"path", "'Workloads/Workloads X'"}, {"registered", "true"},
           {"wanted", "true"}, {"depth", "2"}, {"ancestors_without_backup", "['Workloads']"},
           {"ancestors", "[{'id':'ou-w','name':'Workloads','backup_status':null}]"},
           {"accounts", "['" PROD "','" LOST "']"}, {"accounts_uncovered", "[]"},
           {"baselines.BackupBaseline.status", "'UNDER_CHANGE'"},
           {"baselines.BackupBaseline.drift", "'DRIFTED'"},
           {"baselines.BackupBaseline.message", "'at work'"},
           {"baselines.BackupBaseline.minutes_under_change", "90"},
           {"compatible_control_tower_version", "'4.0'"}, {"backup_versions", "['1.0']"});
    EXPECT(at(f, "ou-w"), {"wanted", "true"}, {"baselines.BackupBaseline", "null"},
           {"accounts", "[]"}, {"_ou_path", "'Workloads'"});
    EXPECT(at(f, "ou-sec"), {"is_security", "true"}, {"wanted", "false"}, {"registered", "false"},
           {"accounts_uncovered", "['" LOGS "','" AUDIT "']"});
}

static void the_configuration_chooses_units_and_accounts(void **state)
{
    struct fixture *f = *state;
    json_t *ous = jx_get(f->config.document, "ous");
    (void)json_object_set_new(ous, "protect", json_pack("[s]", "Workloads"));
    (void)json_object_set_new(ous, "exempt", json_pack("[s]", "Workloads/Workloads X"));
    open_scope(f, SCOPE_OU);
    EXPECT(at(f, "ou-w"), {"wanted", "true"}, {"exempt", "false"});
    EXPECT(at(f, "ou-x"), {"wanted", "false"}, {"exempt", "true"});
    open_scope(f, SCOPE_ACCOUNT);
    EXPECT(at(f, PROD), {"exempt", "true"}, {"ou_wanted", "false"});
}

static void accounts_know_their_part(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_ACCOUNT);
    assert_int_equal(json_array_size(f->keys), 7);
    EXPECT(at(f, PROD), {"name", "'X Production'"}, {"state", "'ACTIVE'"},
           {"state_source", "'State'"}, {"ou_id", "'ou-x'"}, {"ou_has_baseline", "true"},
           {"backed_up", "true"}, {"enrolled", "false"}, {"reached", "true"},
           {"role_used", "'AWSControlTowerExecution'"}, {"_ou_path", "'Workloads/Workloads X'"},
           {"baselines.BackupBaseline.parent_arn", "'eb-b-x'"});
    EXPECT(at(f, LOST), {"state", "'SUSPENDED'"}, {"state_source", "'Status'"},
           {"reachable_expected", "false"});
    EXPECT(at(f, MGMT), {"is_management", "true"}, {"ou_id", "null"}, {"backed_up", "false"},
           {"integration_parents", "['ou-sec']"});
    EXPECT(at(f, CENTRAL), {"is_central_backup", "true"}, {"ou_is_security", "true"});
}

static void the_key_is_looked_for_in_every_region(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_KEY);
    assert_int_equal(json_array_size(f->keys), 3);
    assert_string_equal(json_string_value(json_array_get(f->keys, 0)), HOME);
    EXPECT(at(f, HOME), {"present", "true"}, {"is_home", "true"}, {"in_manifest", "true"},
           {"type", "'PRIMARY'"}, {"enabled", "true"}, {"multi_region", "true"},
           {"rotation_enabled", "true"}, {"rotation_period_days", "365"},
           {"policy.management_root", "true"}, {"policy.org_statement", "true"},
           {"policy.missing_actions", "[]"}, {"policy.equals_primary", "true"},
           {"replica_regions", "['us-east-1']"}, {"_account", "'" MGMT "'"});
    EXPECT(at(f, AWAY), {"present", "false"}, {"governed", "true"}, {"configured", "true"},
           {"expected_arn", "'" KEY_IN(AWAY) "'"}, {"policy.present", "false"},
           {"policy.equals_primary", "null"}, {"rotation_enabled", "null"});
    EXPECT(at(f, "us-east-1"), {"governed", "false"}, {"state", "'PendingDeletion'"},
           {"enabled", "false"}, {"deletion_date", "'2025-11-20T01:00:00Z'"});
}

static void places_sum_up_what_is_there(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_ACCOUNT_REGION);
    assert_int_equal(json_array_size(f->keys), 12); /* six ACTIVE accounts, two Regions */
    EXPECT(at(f, PROD "/" HOME), {"is_home", "true"}, {"backed_up", "true"},
           {"region_status", "'ENABLED_BY_DEFAULT'"}, {"types_off", "['DynamoDB']"},
           {"types_unknown", "['Aurora','EC2','EFS','RDS','S3']"},
           {"types_undecided", "['Novelty']"}, {"differs_from_home", "[]"},
           {"tagged_types", "['DynamoDB','EBS']"}, {"tagged_types_off", "['DynamoDB']"},
           {"dynamodb_tables", "1"}, {"management.DynamoDB", "true"}, {"local_vaults", "1"},
           {"central_vaults", "0"}, {"plan_tiers", "['daily']"},
           {"plan_tiers_missing", "['hourly','weekly','monthly']"}, {"plan_tiers_untagged", "[]"},
           {"cross_region_copy", "true"},
           {"only_tagging", "[]"}, /* this run is the first to see it so */
           {"only_direct", "['arn:aws:ec2:" HOME ":" PROD ":volume/vol-1']"}, {"readable", "true"});
    EXPECT(at(f, PROD "/" AWAY), {"differs_from_home", "['EBS']"}, {"local_vaults", "0"},
           {"plan_tiers", "[]"});
    EXPECT(at(f, CENTRAL "/" AWAY), {"central_vaults", "1"}, {"opt_in", "{}"});
}

static void vaults_tell_kind_key_and_policy(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_VAULT);
    assert_int_equal(json_array_size(f->keys), 2);
    EXPECT(at(f, PROD "/" HOME "/aws-controltower-local-backupvault-1"), {"kind", "'local'"},
           {"state", "'AVAILABLE'"}, {"recovery_points", "3"}, {"governed", "true"},
           {"expected_key_arn", "'" KEY_IN(HOME) "'"}, {"policy.present", "false"});
    EXPECT(at(f, CENTRAL "/" AWAY "/aws-controltower-central-backupvault-1"), {"kind", "'central'"},
           {"is_central_account", "true"}, {"locked", "true"}, {"min_retention_days", "7"},
           {"policy.allows_org_copy", "true"}, {"policy.open_to_all", "true"},
           {"expected_key_arn", "'" KEY_IN(AWAY) "'"});
}

/* ListBackupVaults returns all types; a name says nothing about air-gapped and restore-access vaults. */
static void vault_types_come_before_names(void **state)
{
    struct fixture *f = *state;
    const struct world_row rows[] = {
        {"vault", CENTRAL, HOME, "aws-controltower-central-backupvault-2",
         "{'BackupVaultName':'aws-controltower-central-backupvault-2','VaultType':'LOGICALLY_AIR_"
         "GAPPED_BACKUP_VAULT'}"},
        {"vault", PROD, HOME, "aws-controltower-local-backupvault-2",
         "{'BackupVaultName':'aws-controltower-local-backupvault-2','VaultType':'RESTORE_ACCESS_"
         "BACKUP_VAULT'}"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_put(f->store, &rows[i], 0);
    }
    open_scope(f, SCOPE_VAULT);
    EXPECT(at(f, CENTRAL "/" HOME "/aws-controltower-central-backupvault-2"),
           {"kind", "'air-gapped'"});
    EXPECT(at(f, PROD "/" HOME "/aws-controltower-local-backupvault-2"),
           {"kind", "'restore-access'"});
    open_scope(f, SCOPE_ACCOUNT_REGION);
    EXPECT(at(f, PROD "/" HOME), {"local_vaults", "1"});
}

static void plans_tell_copies_and_selections(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_PLAN);
    assert_int_equal(json_array_size(f->keys), 2);
    const json_t *daily = at(f, PROD "/" HOME "/p-1");
    EXPECT(
        daily, {"tier", "'daily'"}, {"ct_managed", "true"}, {"org_managed", "false"},
        {"copies_to_central", "true"}, {"copies_cross_region", "true"},
        {"copies_to_missing_vault", "['arn:aws:backup:" HOME ":" CENTRAL ":backup-vault:nowhere']"},
        {"selection_problems", "['selection daily selects aws-control-tower-backupdaily by a "
                               "value other than true']"},
        {"expected_tag_key", "'aws-control-tower-backupdaily'"});
    const json_t *rule = json_array_get(jx_get(daily, "rules"), 0);
    EXPECT(rule, {"delete_after_days", "14"}, {"vault", "'v'"});
    EXPECT(json_array_get(jx_get(rule, "copies"), 0), {"region", "'" AWAY "'"},
           {"account", "'" CENTRAL "'"}, {"delete_after_days", "30"}, {"vault_exists", "true"});
    EXPECT(at(f, PROD "/" HOME "/orgs/p-2"), {"org_managed", "true"}, {"ct_managed", "false"},
           {"selection_problems", "[]"});
}

/* Where a plan writes and copies, and what its selection leaves out, is compared with what is there. */
static void plans_are_compared_with_the_organization(void **state)
{
    struct fixture *f = *state;
    const struct world_row rows[] = {
        {"vault", PROD, HOME, "v",
         "{'BackupVaultName':'v','EncryptionKeyArn':'other','Locked':true,'MaxRetentionDays':7}"},
        {"vault-policy", PROD, HOME, "aws-controltower-local-backupvault-1",
         "{'Policy':'{\\'Statement\\':[{\\'Effect\\':\\'Deny\\',\\'Principal\\':\\'*\\',"
         "\\'Action\\':\\'backup:CopyFromBackupVault\\',\\'Resource\\':\\'*\\'}]}'}"},
        {"plan-detail", PROD, HOME, "p-1",
         "{'BackupPlan':{'Rules':[{'RuleName':'r','TargetBackupVaultName':'v','ScheduleExpression':"
         "'cron(0 5 ? * * *)','Lifecycle':{'DeleteAfterDays':14},'CopyActions':["
         "{'DestinationBackupVaultArn':'arn:aws:backup:eu-west-1:999988887777:backup-vault:dr',"
         "'Lifecycle':{'DeleteAfterDays':30}},{'DestinationBackupVaultArn':"
         "'arn:aws:backup:" AWAY ":" CENTRAL ":backup-vault:aws-controltower-central-backupvault-1'"
         "}]}]}}"},
        {"selection", PROD, HOME, "p-1/s-1",
         "{'BackupSelection':{'SelectionName':'daily','IamRoleArn':'arn:aws:iam::" PROD
         ":role/aws-controltower-BackupRole','ListOfTags':[{'ConditionType':'STRINGEQUALS',"
         "'ConditionKey':'aws-control-tower-backupdaily','ConditionValue':'true'}],"
         "'NotResources':['arn:aws:s3:::big'],'Conditions':{'StringNotEquals':[{'ConditionKey':"
         "'aws:ResourceTag/stage','ConditionValue':'test'}]}}}"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world_put(f->store, &rows[i], 0);
    }
    open_scope(f, SCOPE_PLAN);
    const json_t *plan = at(f, PROD "/" HOME "/p-1");
    EXPECT(plan, {"copies_outside", "['arn:aws:backup:eu-west-1:999988887777:backup-vault:dr']"},
           {"copies_to_missing_vault", "[]"},
           {"copies_without_lifecycle", "['arn:aws:backup:" AWAY ":" CENTRAL
                                        ":backup-vault:aws-controltower-central-backupvault-1']"},
           {"refused_by_locks",
            "['rule r keeps 14 days in v in " HOME ", whose lock accepts at most 7 days']"},
           {"central_copy_hours", "24"},
           {"selection_problems",
            "['selection daily also requires a condition on tag stage (StringNotEquals)',"
            "'selection daily leaves out arn:aws:s3:::big (NotResources)']"});
    EXPECT(json_array_get(jx_get(plan, "rules"), 0), {"vault_kind", "'other'"},
           {"vault_exists", "true"}, {"vault_key_is_backup_key", "false"});
    open_scope(f, SCOPE_VAULT);
    EXPECT(at(f, PROD "/" HOME "/aws-controltower-local-backupvault-1"),
           {"copies_denied_by", "['statement 1']"}, {"copies_denied_perhaps_by", "[]"});
}

static void resources_join_both_inventories(void **state)
{
    struct fixture *f = *state;
    open_scope(f, SCOPE_RESOURCE);
    /* A table, two volumes, a function and a bucket; the volume long deleted is none. */
    assert_int_equal(json_array_size(f->keys), 4);
    /* Of the second plan nothing but its name is known: it may be the one that takes the table. */
    EXPECT(at(f, PROD "/" HOME "/arn:aws:dynamodb:" HOME ":" PROD ":table/t"),
           {"type", "'DynamoDB'"}, {"tiers", "['daily']"}, {"tagged", "true"}, {"type_on", "false"},
           {"in_direct", "true"}, {"in_tagging", "true"}, {"supported", "true"},
           {"plan_looks", "true"}, {"why_not", "'not every plan here could be read'"},
           {"encrypted", "null"});
    EXPECT(at(f, PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-1"), {"tagged", "false"},
           {"in_tagging", "false"}, {"type_on", "true"}, {"encrypted", "true"}, {"kms_key", "'k'"},
           {"near_misses", "[{'key':'aws-control-tower-backup-daily','nearest':"
                           "'aws-control-tower-backupdaily','distance':1}]"});
    /* Its service was read and did not name it: it is deleted. */
    assert_null(json_object_get(f->documents,
                                PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-seen"));
    EXPECT(at(f, PROD "/" HOME "/arn:aws:lambda:" HOME ":" PROD ":function:f"), {"type", "null"},
           {"supported", "false"}, {"type_on", "null"});
    EXPECT(at(f, PROD "/us-east-1/arn:aws:s3:::bucket"), {"governed_region", "false"},
           {"plan_looks", "false"}, {"why_not", "'its Region is not governed'"},
           {"tagged", "false"});
}

static void hide(struct fixture *f, const char *operation, const char *account, const char *region)
{
    const struct gap g = {.operation = operation,
                          .account = account,
                          .region = region,
                          .target = "",
                          .class = "denied",
                          .code = "C",
                          .message = "m",
                          .request_id = ""};
    assert_int_equal(store_gap(f->store, &g, &f->err), 0);
}

static void what_could_not_be_listed_is_a_subject(void **state)
{
    struct fixture *f = *state;
    hide(f, "backup:ListBackupVaults", PROD, HOME);
    hide(f, "sts:AssumeRole", CENTRAL, "");
    hide(f, "rds:DescribeDBClusters", PROD, AWAY);
    open_scope(f, SCOPE_VAULT);
    EXPECT(at(f, PROD "/" HOME "/"), {"_unlisted", "true"}, {"region", "'" HOME "'"},
           {"_account", "'" PROD "'"});
    EXPECT(at(f, CENTRAL "/" HOME "/"), {"_unlisted", "true"});
    EXPECT(at(f, CENTRAL "/" AWAY "/"), {"_unlisted", "true"});
    assert_int_equal(json_array_size(f->keys), 5);
    for (size_t i = 1; i < json_array_size(f->keys); i++) {
        assert_true(strcmp(json_string_value(json_array_get(f->keys, i - 1)),
                           json_string_value(json_array_get(f->keys, i))) < 0);
    }
    open_scope(f, SCOPE_PLAN);
    assert_int_equal(json_array_size(f->keys), 4);
    open_scope(f, SCOPE_RESOURCE);
    EXPECT(at(f, PROD "/" AWAY "/"), {"_unlisted", "true"},
           {"_gap", "'rds:DescribeDBClusters in " PROD "/" AWAY ": denied: C m'"});
    open_scope(f, SCOPE_ACCOUNT_REGION);
    EXPECT(at(f, PROD "/" HOME), {"readable", "false"});
    EXPECT(at(f, CENTRAL "/" AWAY), {"readable", "false"});
    EXPECT(at(f, ADMIN "/" HOME), {"readable", "true"});
    /* A copy into a vault that nobody could list is not called missing. */
    open_scope(f, SCOPE_PLAN);
    EXPECT(at(f, PROD "/" HOME "/p-1"), {"copies_to_missing_vault", "[]"});
}

static void what_a_resource_rests_on_alone_is_hidden_with_it(void **state)
{
    struct fixture *f = *state;
    const char *const seen = PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-1";
    const char *const told = PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-seen";
    hide(f, "ec2:DescribeVolumes", PROD, HOME);
    open_scope(f, SCOPE_RESOURCE);
    /* The service's own list told of the one, only the Tagging API of the other. */
    assert_null(jx_get(at(f, seen), "_hidden"));
    assert_non_null(json_object_get(jx_get(at(f, told), "_hidden"), "ec2:DescribeVolumes"));
    EXPECT(at(f, told), {"in_direct", "false"}, {"tagged", "true"});
}

static void
accounts_that_neither_list_tells_of_are_a_subject_of_every_scope_they_may_be_in(void **state)
{
    static const enum scope scopes[] = {SCOPE_ACCOUNT, SCOPE_ACCOUNT_REGION, SCOPE_VAULT,
                                        SCOPE_PLAN, SCOPE_RESOURCE};
    struct fixture *f = *state;
    hide(f, "organizations:ListAccounts", MGMT, HOME);
    open_scope(f, SCOPE_ACCOUNT);
    assert_null(json_object_get(f->documents, ""));
    hide(f, "organizations:ListAccountsForParent", MGMT, HOME);
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        open_scope(f, scopes[i]);
        EXPECT(at(f, ""), {"_unlisted", "true"});
    }
    subjects_free(f->subjects); /* the landing zone is drawn once */
    f->subjects = NULL;
    open_scope(f, SCOPE_LANDING_ZONE);
    const json_t *hidden = jx_get(at(f, "landing-zone"), "_hidden");
    assert_non_null(json_object_get(hidden, "organizations:ListAccounts"));
}

static void an_account_that_only_the_tree_tells_of_is_known_from_there(void **state)
{
    struct fixture *f = *state;
    const char json[] = "{\"Id\":\"222233330077\",\"Name\":\"Late\",\"Email\":\"l@example.com\","
                        "\"State\":\"SUSPENDED\",\"ParentId\":\"ou-x\"}";
    const struct entity e = {.kind = "tree-account",
                             .account = "",
                             .region = "",
                             .key = "222233330077",
                             .json = json,
                             .json_length = sizeof json - 1};
    assert_int_equal(store_entity(f->store, &e, &f->err), 0);
    open_scope(f, SCOPE_ACCOUNT);
    EXPECT(at(f, "222233330077"), {"name", "'Late'"}, {"state", "'SUSPENDED'"},
           {"parent_id", "'ou-x'"}, {"reachable_expected", "false"});
}

static int stop(void *context, const json_t *document)
{
    int *count = context;
    (void)document;
    return ++*count == 2 ? 42 : 0;
}

static void a_visitor_may_stop(void **state)
{
    struct fixture *f = *state;
    int count = 0;
    open_scope(f, SCOPE_ORG);
    assert_int_equal(subjects_each(f->subjects, SCOPE_RESOURCE, stop, &count, &f->err), 42);
    assert_int_equal(count, 2);
}

static void scopes_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < SCOPE_COUNT; i++) {
        enum scope s = SCOPE_COUNT;
        assert_int_equal(scope_parse(scope_name((enum scope)i), &s), 0);
        assert_int_equal(s, i);
    }
    enum scope s;
    assert_int_equal(scope_parse("ring", &s), -1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_organization_and_its_landing_zone),
        TEST(no_landing_zone_is_a_subject_too),
        TEST(a_change_is_as_old_as_its_operation_tells),
        TEST(units_know_their_baselines_ancestors_and_accounts),
        TEST(the_configuration_chooses_units_and_accounts),
        TEST(accounts_know_their_part),
        TEST(the_key_is_looked_for_in_every_region),
        TEST(places_sum_up_what_is_there),
        TEST(vaults_tell_kind_key_and_policy),
        TEST(vault_types_come_before_names),
        TEST(plans_tell_copies_and_selections),
        TEST(plans_are_compared_with_the_organization),
        TEST(resources_join_both_inventories),
        TEST(what_could_not_be_listed_is_a_subject),
        TEST(what_a_resource_rests_on_alone_is_hidden_with_it),
        TEST(accounts_that_neither_list_tells_of_are_a_subject_of_every_scope_they_may_be_in),
        TEST(an_account_that_only_the_tree_tells_of_is_known_from_there),
        TEST(a_visitor_may_stop),
        TEST(scopes_have_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
