#include "bare.h"

static const json_t *fix(struct estate *e, const char *check, const char *remedy, const char *scope,
                         const char *subject)
{
    estate_fail(e, check, remedy, scope, subject);
    return plan_for(e, GOAL_FIX);
}

static void parents_come_first_and_registration_before_backup(void **state)
{
    struct estate *e = *state;
    static const struct world_row zone[] = {{"landing-zone", "", "", ZONE_ARN,
                                             ZONE_HEAD "'version':'3.3','manifest':{" MANIFEST_3
                                                       "," BACKUP_ON "}}"}};
    rows_put(e, zone, 1);
    const json_t *plan = fix(e, "BL-02", "enable-backup-baseline", "ou", "ou-x");
    expect_steps(plan, "enable-backup-baseline/ou-w enable-control-tower-baseline/ou-x "
                       "enable-backup-baseline/ou-x");
    expect_before(plan, "enable-backup-baseline/ou-w", "enable-backup-baseline/ou-x");
    expect_before(plan, "enable-control-tower-baseline/ou-x", "enable-backup-baseline/ou-x");
    expect_json(step_of(plan, "enable-backup-baseline/ou-x"), "send.input",
                "{'baselineIdentifier':'arn:aws:controltower:" HOME
                "::baseline/APO9ATVPBKFRRGLK','baselineVersion':'1.0','targetIdentifier':'" OU_ARN(
                    "ou-x") "'}");
    expect_json(step_of(plan, "enable-control-tower-baseline/ou-x"), "send.input.parameters",
                "[{'key':'IdentityCenterEnabledBaselineArn','value':'eb-ic'}]");
    expect_json(step_of(plan, "enable-control-tower-baseline/ou-x"), "send.input.baselineVersion",
                "'4.0'");
    assert_int_equal(jx_count(step_of(plan, "enable-backup-baseline/ou-x"), "guard"), 2);
}

static void the_version_in_use_is_used_again(void **state)
{
    struct estate *e = *state;
    static const struct world_row rows[] = {
        {"landing-zone", "", "", ZONE_ARN,
         ZONE_HEAD "'version':'3.3','manifest':{" MANIFEST_3 "," BACKUP_ON "}}"},
        HELD("eb-b-s", BACKUP, "1.2", OU_ARN("ou-s"), "SUCCEEDED")};
    rows_put(e, rows, sizeof rows / sizeof rows[0]);
    const json_t *plan = fix(e, "BL-08", "enable-backup-baseline", "ou", "ou-sec");
    expect_steps(plan, "enable-backup-baseline/ou-sec");
    expect_json(step_of(plan, "enable-backup-baseline/ou-sec"), "send.input.baselineVersion",
                "'1.2'");
}

static void registering_the_security_ou_is_never_tried(void **state)
{
    struct estate *e = *state;
    const json_t *plan = fix(e, "BL-01", "enable-control-tower-baseline", "ou", "ou-sec");
    expect_steps(plan, "");
    assert_int_equal(jx_count(plan, "manual"), 1);
}

static void a_failed_baseline_is_reset_and_tells_by_its_operation(void **state)
{
    struct estate *e = *state;
    static const struct world_row failed[] = {
        HELD("eb-b-x", BACKUP, "1.0", OU_ARN("ou-x"), "FAILED")};
    put_finished(e);
    rows_put(e, failed, 1);
    const json_t *plan = fix(e, "BL-02", "enable-backup-baseline", "ou", "ou-x");
    expect_steps(plan, "reset-enabled-baseline/ou-x");
    const json_t *step = step_of(plan, "reset-enabled-baseline/ou-x");
    expect_json(step, "send.input", "{'enabledBaselineIdentifier':'eb-b-x'}");
    json_t *before = json_pack("{s:{s:s,s:s}}", "statusSummary", "status", "SUCCEEDED",
                               "lastOperationIdentifier", "op-eb-b-x");
    json_t *after = json_pack("{s:{s:s,s:s}}", "statusSummary", "status", "SUCCEEDED",
                              "lastOperationIdentifier", "op-2");
    assert_false(condition_holds(jx_get(step, "done.when"), before));
    assert_true(condition_holds(jx_get(step, "done.when"), after));
    assert_false(condition_holds(jx_get(step, "recover.probe.when"), before));
    assert_true(condition_holds(jx_get(step, "recover.probe.when"), after));
    json_decref(before);
    json_decref(after);
}

static void many_findings_about_an_ou_are_one_reset(void **state)
{
    struct estate *e = *state;
    put_finished(e);
    estate_fail(e, "BL-05", "reset-enabled-baseline", "ou", "ou-x");
    estate_fail(e, "BL-06", "reset-enabled-baseline", "ou", "ou-x");
    const json_t *plan =
        fix(e, "VLT-02", "reset-enabled-baseline", "account-region", PROD "/" HOME);
    expect_steps(plan, "reset-enabled-baseline/ou-x");
    assert_int_equal(jx_count(step_of(plan, "reset-enabled-baseline/ou-x"), "reasons"), 6);
}

static void an_older_version_goes_up_parents_first(void **state)
{
    struct estate *e = *state;
    static const struct world_row old[] = {
        HELD("eb-ct-w", TOWER, "3.0", OU_ARN("ou-w"), "SUCCEEDED"),
        HELD("eb-ct-x", TOWER, "3.0", OU_ARN("ou-x"), "SUCCEEDED")};
    put_finished(e);
    rows_put(e, old, 2);
    const json_t *plan = fix(e, "BL-07", "update-enabled-baseline", "ou", "ou-x");
    expect_steps(plan, "update-enabled-baseline/ou-w/AWSControlTowerBaseline "
                       "update-enabled-baseline/ou-x/AWSControlTowerBaseline");
    expect_before(plan, "update-enabled-baseline/ou-w/AWSControlTowerBaseline",
                  "update-enabled-baseline/ou-x/AWSControlTowerBaseline");
}

static void an_account_outside_every_ou_is_for_people(void **state)
{
    struct estate *e = *state;
    static const struct world_row lost[] = {MEMBER("222233330099", "Lost", "r-1")};
    put_finished(e);
    rows_put(e, lost, sizeof lost / sizeof lost[0]);
    const json_t *plan = fix(e, "ORG-07", "enable-backup-baseline", "account", "222233330099");
    expect_steps(plan, "");
    assert_int_equal(jx_count(plan, "manual"), 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, bare_open, estate_close)
    const struct CMUnitTest tests[] = {
        TEST(parents_come_first_and_registration_before_backup),
        TEST(the_version_in_use_is_used_again),
        TEST(registering_the_security_ou_is_never_tried),
        TEST(a_failed_baseline_is_reset_and_tells_by_its_operation),
        TEST(many_findings_about_an_ou_are_one_reset),
        TEST(an_older_version_goes_up_parents_first),
        TEST(an_account_outside_every_ou_is_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
