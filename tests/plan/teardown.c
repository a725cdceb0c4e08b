#include "bare.h"

#define VAULT "aws-controltower-local-backupvault-1"
#define POINT "arn:aws:ec2:" HOME "::snapshot/snap-1"

static const json_t *teardown(struct estate *e)
{
    put_finished(e);
    return plan_for(e, GOAL_TEARDOWN);
}

static void a_vault(struct estate *e, int points, const char *locked)
{
    char json[512];
    (void)snprintf(json, sizeof json,
                   "{'BackupVaultName':'" VAULT "','EncryptionKeyArn':'" KEY_IN(
                       HOME) "','NumberOfRecoveryPoints':%d,'Locked':%s}",
                   points, locked);
    put_finished(e);
    estate_put(e, "vault", PROD, HOME, VAULT, json);
}

static size_t steps_with(const json_t *plan, const char *glob)
{
    const json_t *steps = jx_get(plan, "steps");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        count += str_glob(glob, jx_str(json_array_get(steps, i), "id")) ? 1 : 0;
    }
    return count;
}

static void leaves_go_first_and_the_landing_zone_after_them(void **state)
{
    const json_t *plan = teardown(*state);
    expect_before(plan, "disable-baseline/ou-x", "disable-baseline/ou-w");
    expect_before(plan, "disable-baseline/ou-w", "disable-landing-zone-backup");
    expect_before(plan, "disable-baseline/ou-sec", "disable-landing-zone-backup");
    expect_before(plan, "disable-landing-zone-backup", "deregister-delegated-administrator");
    expect_before(plan, "deregister-delegated-administrator", "disable-trusted-access");
    assert_int_equal(jx_count(plan, "steps"), 6);
    expect_json(plan, "manual", "[]");
    expect_json(step_of(plan, "disable-landing-zone-backup"), "send.input.manifest",
                "{" MANIFEST_3 ",'backup':{'enabled':false}}");
    expect_json(step_of(plan, "disable-baseline/ou-x"), "send.input",
                "{'enabledBaselineIdentifier':'eb-b-x'}");
}

static void what_stays_is_listed(void **state)
{
    const json_t *remains = jx_get(teardown(*state), "remains");
    static const char *const kinds[] = {"vault",   "vault",   "key",  "key", "account",
                                        "account", "reports", "role", "tags"};
    assert_int_equal(json_array_size(remains), sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_string_equal(jx_str(json_array_get(remains, i), "kind"), kinds[i]);
    }
}

static void a_bare_organization_has_nothing_to_take_down(void **state)
{
    expect_steps(plan_for(*state, GOAL_TEARDOWN), "");
}

static void the_key_goes_only_when_named_and_replicas_first(void **state)
{
    struct estate *e = *state;
    e->options.delete_key = true;
    const json_t *plan = teardown(e);
    expect_before(plan, "schedule-key-deletion/" AWAY, "schedule-key-deletion/" HOME);
    expect_before(plan, "disable-landing-zone-backup", "schedule-key-deletion/" AWAY);
    /* The vault of the central account is asked while its role stands, the other one at the end. */
    assert_int_equal(jx_count(step_of(plan, "disable-landing-zone-backup"), "guard"), 2);
    assert_int_equal(jx_count(step_of(plan, "schedule-key-deletion/" HOME), "guard"), 2);
}

static void a_key_that_data_rests_on_stays(void **state)
{
    struct estate *e = *state;
    e->options.delete_key = true;
    a_vault(e, 3, "false");
    const json_t *plan = plan_for(e, GOAL_TEARDOWN);
    assert_int_equal(steps_with(plan, "schedule-key-deletion/*"), 0);
    assert_int_equal(steps_with(plan, "delete-recovery-point/*"), 0);
    assert_non_null(strstr(jx_str(json_array_get(jx_get(plan, "manual"), 0), "why"),
                           "1 vault encrypted with it holds 3 recovery points"));
}

static void a_key_whose_vaults_nobody_could_list_stays(void **state)
{
    struct estate *e = *state;
    const struct gap gap = {.operation = "backup:ListBackupVaults",
                            .account = PROD,
                            .region = AWAY,
                            .target = "",
                            .class = "denied",
                            .code = "AccessDeniedException",
                            .message = "no",
                            .request_id = ""};
    e->options.delete_key = true;
    assert_int_equal(store_gap(e->store, &gap, &e->err), 0);
    const json_t *plan = teardown(e);
    assert_int_equal(steps_with(plan, "schedule-key-deletion/*"), 0);
    assert_int_equal(jx_count(plan, "manual"), 1);
}

static const char *const named[] = {VAULT, NULL};

static void recovery_points_go_only_from_named_vaults(void **state)
{
    struct estate *e = *state;
    e->options.delete_key = true;
    e->options.delete_recovery_points = named;
    a_vault(e, 1, "false");
    estate_put(e, "recovery-point", PROD, HOME, POINT,
               "{'RecoveryPointArn':'" POINT "','BackupVaultName':'" VAULT
               "','Status':'COMPLETED'}");
    const json_t *plan = plan_for(e, GOAL_TEARDOWN);
    static const char id[] = "delete-recovery-point/" PROD "/" HOME "/" VAULT "/snap-1";
    expect_before(plan, "disable-baseline/ou-x", id);
    expect_before(plan, id, "disable-landing-zone-backup");
    expect_json(step_of(plan, id), "send.input",
                "{'RecoveryPointArn':'" POINT "','BackupVaultName':'" VAULT "'}");
    assert_int_equal(steps_with(plan, "schedule-key-deletion/*"), 2);
}

static void a_locked_vault_is_never_touched(void **state)
{
    struct estate *e = *state;
    e->options.delete_recovery_points = named;
    a_vault(e, 1, "true");
    estate_put(e, "recovery-point", PROD, HOME, POINT,
               "{'RecoveryPointArn':'" POINT "','BackupVaultName':'" VAULT "'}");
    const json_t *plan = plan_for(e, GOAL_TEARDOWN);
    assert_int_equal(steps_with(plan, "delete-recovery-point/*"), 0);
    assert_non_null(strstr(jx_str(json_array_get(jx_get(plan, "manual"), 0), "why"), "is locked"));
}

static void a_vault_that_does_not_exist_is_named(void **state)
{
    struct estate *e = *state;
    static const char *const wrong[] = {"no-such-vault", NULL};
    e->options.delete_recovery_points = wrong;
    put_finished(e);
    assert_int_equal(estate_try(e, GOAL_TEARDOWN), -1);
    assert_int_equal(e->err.code, ERR_INPUT);
    assert_non_null(strstr(e->err.text, "no-such-vault"));
}

static void anothers_administrator_keeps_its_access(void **state)
{
    struct estate *e = *state;
    estate_put(e, "delegated-admin", "", "", PROD, "{'Id':'" PROD "'}");
    const json_t *plan = teardown(e);
    expect_json(step_of(plan, "deregister-delegated-administrator"), "send.input.AccountId",
                "'" ADMIN "'");
    assert_int_equal(steps_with(plan, "disable-trusted-access"), 0);
}

static void accounts_are_closed_only_when_asked_and_empty(void **state)
{
    struct estate *e = *state;
    e->options.close_accounts = true;
    const json_t *plan = teardown(e);
    expect_before(plan, "deregister-delegated-administrator", "close-account/" ADMIN);
    expect_before(plan, "disable-landing-zone-backup", "close-account/" CENTRAL);
    estate_put(e, "vault", CENTRAL, HOME, "aws-controltower-central-backupvault-1",
               "{'BackupVaultName':'aws-controltower-central-backupvault-1',"
               "'NumberOfRecoveryPoints':2}");
    plan = plan_for(e, GOAL_TEARDOWN);
    assert_int_equal(steps_with(plan, "close-account/" ADMIN), 1);
    assert_int_equal(steps_with(plan, "close-account/" CENTRAL), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, bare_open, estate_close)
    const struct CMUnitTest tests[] = {
        TEST(leaves_go_first_and_the_landing_zone_after_them),
        TEST(what_stays_is_listed),
        TEST(a_bare_organization_has_nothing_to_take_down),
        TEST(the_key_goes_only_when_named_and_replicas_first),
        TEST(a_key_that_data_rests_on_stays),
        TEST(a_key_whose_vaults_nobody_could_list_stays),
        TEST(recovery_points_go_only_from_named_vaults),
        TEST(a_locked_vault_is_never_touched),
        TEST(a_vault_that_does_not_exist_is_named),
        TEST(anothers_administrator_keeps_its_access),
        TEST(accounts_are_closed_only_when_asked_and_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
