#include "estate.h"

#define TAGGED                                                                                     \
    "[{\"account\":\"" MEMBER "\",\"region\":\"" HOME                                              \
    "\",\"type\":\"ebs\",\"name\":\"data\",\"tags\":{"                                             \
    "\"aws-control-tower-backupdaily\":\"true\"}},{\"account\":\"" MEMBER "\",\"region\":\"" HOME  \
    "\",\"type\":\"dynamodb\",\"name\":\"plain\"}]"

static json_t *vault(const char *name)
{
    return json_pack("{s:s}", "BackupVaultName", name);
}

static void covered_account_has_vault_plans_and_selections(void **state)
{
    struct sim *sim = estate(COVERED, "[]");
    (void)state;
    expect(sim, "backup:DescribeBackupVault", MEMBER, OTHER, vault(LOCAL_VAULT), "EncryptionKeyArn",
           "arn:aws:kms:" OTHER ":" TEST_MANAGEMENT ":key/" KEY_ID);
    json_t *plans = ask(sim, "backup:ListBackupPlans", MEMBER, HOME, json_object());
    assert_int_equal(jx_count(plans, "BackupPlansList"), 4);
    for (size_t i = 0; i < 4; i++) {
        json_t *id = json_object_get(json_array_get(json_object_get(plans, "BackupPlansList"), i),
                                     "BackupPlanId");
        expect_count(sim, "backup:ListBackupSelections", MEMBER, HOME,
                     json_pack("{s:O}", "BackupPlanId", id), "BackupSelectionsList", 1);
        json_t *plan =
            ask(sim, "backup:GetBackupPlan", MEMBER, HOME, json_pack("{s:O}", "BackupPlanId", id));
        const json_t *rule = json_array_get(jx_get(plan, "BackupPlan.Rules"), 0);
        bool hourly = strstr(jx_str(rule, "RuleName"), "hourly") != NULL;
        assert_int_equal(jx_count(rule, "CopyActions"), hourly ? 0 : 2);
        json_decref(plan);
    }
    json_decref(plans);
    expect_count(sim, "backup:ListBackupVaults", MEMBER, "us-west-2", json_object(),
                 "BackupVaultList", 0);
    expect_count(sim, "backup:ListReportPlans", ADMIN, HOME, json_object(), "ReportPlans", 3);
    expect_count(sim, "backup:ListReportPlans", ADMIN, OTHER, json_object(), "ReportPlans", 0);
    sim_free(sim);
}

static json_t *enable(void)
{
    return json_pack("{s:s, s:s, s:s}", "baselineIdentifier",
                     "arn:aws:controltower:" HOME "::baseline/APO9ATVPBKFRRGLK", "baselineVersion",
                     "1.0", "targetIdentifier",
                     "arn:aws:organizations::" TEST_MANAGEMENT
                     ":ou/o-exampleorg1/ou-ab12-work0001");
}

static void baseline_brings_plans_and_its_end_leaves_the_vault(void **state)
{
    struct sim *sim = estate(REGISTERED, "[]");
    (void)state;
    expect_count(sim, "backup:ListBackupPlans", MEMBER, HOME, json_object(), "BackupPlansList", 0);
    json_t *out = ask(sim, "controltower:EnableBaseline", TEST_MANAGEMENT, HOME, enable());
    json_t *arn = json_incref(json_object_get(out, "arn"));
    json_decref(out);
    expect_count(sim, "backup:ListBackupPlans", MEMBER, HOME, json_object(), "BackupPlansList", 0);
    pass(sim, 7200);
    expect_count(sim, "backup:ListBackupPlans", MEMBER, HOME, json_object(), "BackupPlansList", 4);
    done(sim, "backup:DeleteBackupVault", MEMBER, HOME, vault(LOCAL_VAULT));
    done(sim, "controltower:ResetEnabledBaseline", TEST_MANAGEMENT, HOME,
         json_pack("{s:O}", "enabledBaselineIdentifier", arn));
    expect_count(sim, "backup:ListBackupVaults", MEMBER, HOME, json_object(), "BackupVaultList", 0);
    pass(sim, 7200);
    expect_count(sim, "backup:ListBackupVaults", MEMBER, HOME, json_object(), "BackupVaultList", 1);
    done(sim, "controltower:DisableBaseline", TEST_MANAGEMENT, HOME,
         json_pack("{s:O}", "enabledBaselineIdentifier", arn));
    pass(sim, 7200);
    expect_count(sim, "backup:ListBackupPlans", MEMBER, HOME, json_object(), "BackupPlansList", 0);
    expect_count(sim, "backup:ListBackupVaults", MEMBER, HOME, json_object(), "BackupVaultList", 1);
    json_decref(arn);
    sim_free(sim);
}

static void tagged_resources_have_recent_points_here_and_in_the_central_vaults(void **state)
{
    struct sim *sim = estate(COVERED, TAGGED);
    (void)state;
    json_t *out = ask(sim, "backup:ListProtectedResources", MEMBER, HOME, json_object());
    assert_int_equal(jx_count(out, "Results"), 1);
    const json_t *row = json_array_get(json_object_get(out, "Results"), 0);
    assert_string_equal(jx_str(row, "ResourceType"), "EBS");
    double age_s = (double)sim_now_ms(sim) / 1000.0 -
                   json_number_value(json_object_get(row, "LastBackupTime"));
    assert_true(age_s > 0 && age_s < 86400);
    json_decref(out);
    expect_count(sim, "backup:ListRecoveryPointsByBackupVault", CENTRAL, HOME, vault(CENTRAL_VAULT),
                 "RecoveryPoints", 3);
    expect_count(sim, "backup:ListRecoveryPointsByBackupVault", CENTRAL, OTHER,
                 vault(CENTRAL_VAULT), "RecoveryPoints", 3);
    expect(sim, "backup:DeleteBackupVault", MEMBER, HOME, vault(LOCAL_VAULT), "error",
           "InvalidRequestException");
    expect(sim, "backup:DeleteBackupVault", CENTRAL, HOME, vault(CENTRAL_VAULT), "error",
           "InvalidRequestException");
    sim_free(sim);
}

static void copies_fail_when_cross_account_backup_is_off(void **state)
{
    struct sim *sim = estate(COVERED, TAGGED);
    (void)state;
    json_t *off = json_pack("{s:{s:s}}", "GlobalSettings", "isCrossAccountBackupEnabled", "false");
    expect(sim, "backup:UpdateGlobalSettings", MEMBER, HOME, json_incref(off), "error",
           "InvalidRequestException");
    done(sim, "backup:UpdateGlobalSettings", TEST_MANAGEMENT, HOME, off);
    expect(sim, "backup:DescribeGlobalSettings", MEMBER, OTHER, json_object(),
           "GlobalSettings.isCrossAccountBackupEnabled", "false");
    expect_count(sim, "backup:ListCopyJobs", MEMBER, HOME,
                 json_pack("{s:s}", "ByState", "COMPLETED"), "CopyJobs", 0);
    expect_count(sim, "backup:ListCopyJobs", MEMBER, HOME, json_pack("{s:s}", "ByState", "FAILED"),
                 "CopyJobs", 6);
    sim_free(sim);
}

static void a_repaired_vault_policy_lets_the_copies_in_at_once(void **state)
{
    struct sim *sim = estate(COVERED, TAGGED);
    json_t *in = vault(CENTRAL_VAULT);
    (void)state;
    json_t *out =
        ask(sim, "backup:GetBackupVaultAccessPolicy", CENTRAL, OTHER, vault(CENTRAL_VAULT));
    json_object_set(in, "Policy", json_object_get(out, "Policy"));
    done(sim, "backup:DeleteBackupVaultAccessPolicy", CENTRAL, OTHER, vault(CENTRAL_VAULT));
    expect_count(sim, "backup:ListRecoveryPointsByBackupVault", CENTRAL, OTHER,
                 vault(CENTRAL_VAULT), "RecoveryPoints", 0);
    done(sim, "backup:PutBackupVaultAccessPolicy", CENTRAL, OTHER, in);
    expect_count(sim, "backup:ListRecoveryPointsByBackupVault", CENTRAL, OTHER,
                 vault(CENTRAL_VAULT), "RecoveryPoints", 3);
    json_decref(out);
    sim_free(sim);
}

static void a_vault_policy_is_evaluated_for_each_copy(void **state)
{
    /* What was copied once stays: those that refuse copies come first. */
    static const struct {
        const char *statement;
        size_t copies;
    } policies[] = {
        {"{'Effect':'Allow','Principal':'*','Action':'backup:CopyIntoBackupVault','Resource':'*',"
         "'Condition':{'StringNotEquals':{'aws:PrincipalOrgID':'o-exampleorg1'}}}",
         0},
        {"{'Effect':'Allow','Principal':'*','Action':'backup:CopyIntoBackupVault','Resource':'*'},"
         "{'Effect':'Deny','Principal':'*','Action':'backup:CopyIntoBackupVault','Resource':'*',"
         "'Condition':{'StringEquals':{'aws:PrincipalOrgID':'o-exampleorg1'}}}",
         0},
        {"{'Effect':'Allow','Principal':'*','Action':'backup:CopyIntoBackupVault','Resource':"
         "'arn:aws:backup:eu-west-1:111122224444:backup-vault:o-exampleorg1'}",
         0},
        {"{'Effect':'Allow','Principal':'*','Action':'backup:CopyIntoBackupVault','Resource':'*'}",
         3},
    };
    struct sim *sim = estate(COVERED, TAGGED);
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        json_t *in = vault(CENTRAL_VAULT);
        char *policy =
            xasprintf("{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", policies[i].statement);
        for (char *at = strchr(policy, '\''); at != NULL; at = strchr(at, '\'')) {
            *at = '"';
        }
        json_object_set_new(in, "Policy", json_string(policy));
        done(sim, "backup:PutBackupVaultAccessPolicy", CENTRAL, OTHER, in);
        expect_count(sim, "backup:ListRecoveryPointsByBackupVault", CENTRAL, OTHER,
                     vault(CENTRAL_VAULT), "RecoveryPoints", policies[i].copies);
        free(policy);
    }
    sim_free(sim);
}

static void deleted_points_stay_deleted_and_an_empty_vault_can_go(void **state)
{
    struct sim *sim = estate(COVERED, TAGGED);
    (void)state;
    json_t *out =
        ask(sim, "backup:ListRecoveryPointsByBackupVault", MEMBER, HOME, vault(LOCAL_VAULT));
    size_t i;
    json_t *point;
    assert_int_equal(jx_count(out, "RecoveryPoints"), 3);
    json_array_foreach(json_object_get(out, "RecoveryPoints"), i, point)
    {
        json_t *in = vault(LOCAL_VAULT);
        json_object_set(in, "RecoveryPointArn", json_object_get(point, "RecoveryPointArn"));
        done(sim, "backup:DeleteRecoveryPoint", MEMBER, HOME, in);
    }
    json_decref(out);
    pass(sim, 3600);
    done(sim, "backup:DeleteBackupVault", MEMBER, HOME, vault(LOCAL_VAULT));
    expect(sim, "backup:DescribeBackupVault", MEMBER, HOME, vault(LOCAL_VAULT), "error",
           "ResourceNotFoundException");
    sim_free(sim);
}

static void a_locked_vault_keeps_its_points(void **state)
{
    struct sim *sim = estate(COVERED, TAGGED);
    struct err err = ERR_INIT;
    (void)state;
    json_t *lock =
        json_pack("{s:{s:s, s:s, s:s, s:s, s:b}}", "set", "service", "backup", "account", MEMBER,
                  "region", HOME, "path", "vaults." LOCAL_VAULT ".wire.Locked", "value", 1);
    assert_int_equal(world_change(sim, lock, &err), 0);
    json_decref(lock);
    json_t *out =
        ask(sim, "backup:ListRecoveryPointsByBackupVault", MEMBER, HOME, vault(LOCAL_VAULT));
    json_t *in = vault(LOCAL_VAULT);
    json_object_set(in, "RecoveryPointArn",
                    json_object_get(json_array_get(json_object_get(out, "RecoveryPoints"), 0),
                                    "RecoveryPointArn"));
    expect(sim, "backup:DeleteRecoveryPoint", MEMBER, HOME, json_incref(in), "error",
           "InvalidRequestException");
    expect(sim, "backup:DescribeRecoveryPoint", MEMBER, HOME, in, "Status", "COMPLETED");
    json_decref(out);
    sim_free(sim);
}

static void vault_policy_may_only_let_others_copy(void **state)
{
    struct sim *sim = estate(COVERED, "[]");
    (void)state;
    expect(sim, "backup:GetBackupVaultAccessPolicy", MEMBER, HOME, vault(LOCAL_VAULT), "error",
           "ResourceNotFoundException");
    json_t *in = vault(LOCAL_VAULT);
    json_object_set_new(
        in, "Policy",
        json_string(
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
            "\"Action\":\"backup:*\",\"Resource\":\"*\"}]}"));
    expect(sim, "backup:PutBackupVaultAccessPolicy", MEMBER, HOME, in, "error",
           "InvalidParameterValueException");
    json_t *out =
        ask(sim, "backup:GetBackupVaultAccessPolicy", CENTRAL, OTHER, vault(CENTRAL_VAULT));
    assert_non_null(strstr(jx_str(out, "Policy"), "o-exampleorg1"));
    json_decref(out);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covered_account_has_vault_plans_and_selections),
        cmocka_unit_test(baseline_brings_plans_and_its_end_leaves_the_vault),
        cmocka_unit_test(tagged_resources_have_recent_points_here_and_in_the_central_vaults),
        cmocka_unit_test(copies_fail_when_cross_account_backup_is_off),
        cmocka_unit_test(a_repaired_vault_policy_lets_the_copies_in_at_once),
        cmocka_unit_test(a_vault_policy_is_evaluated_for_each_copy),
        cmocka_unit_test(deleted_points_stay_deleted_and_an_empty_vault_can_go),
        cmocka_unit_test(a_locked_vault_keeps_its_points),
        cmocka_unit_test(vault_policy_may_only_let_others_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
