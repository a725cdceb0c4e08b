#include "bare.h"

static void from_nothing_to_everything_is_one_plan(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES ACCOUNTS PROTECT "tags: {default_tier: daily}\n");
    const json_t *plan = plan_for(e, GOAL_ENABLE);
    expect_steps(plan, "create-accounts/backup-administrator create-accounts/central-backup "
                       "create-key create-key/alias create-key/rotation replicate-key/" AWAY
                       " replicate-key/" AWAY "/alias enable-landing-zone-backup "
                       "enable-trusted-access register-delegated-administrator "
                       "enable-cross-account-backup enable-delegated-administrator-sync "
                       "delegate-backup-policies opt-in/" MGMT "/" AWAY " opt-in/" PROD "/" HOME
                       " opt-in/backup-administrator/" HOME " opt-in/backup-administrator/" AWAY
                       " opt-in/central-backup/" HOME " opt-in/central-backup/" AWAY
                       " enable-backup-baseline/ou-sec enable-backup-baseline/ou-w "
                       "enable-control-tower-baseline/ou-x enable-backup-baseline/ou-x "
                       "tag-resource/" PROD "/" HOME "/aws-control-tower-backupdaily/1");
    expect_json(plan, "manual", "[]");
    expect_before(plan, "create-accounts/central-backup", "enable-landing-zone-backup");
    expect_before(plan, "replicate-key/" AWAY, "enable-landing-zone-backup");
    expect_before(plan, "enable-landing-zone-backup", "register-delegated-administrator");
    expect_before(plan, "enable-landing-zone-backup", "enable-backup-baseline/ou-sec");
    expect_before(plan, "enable-landing-zone-backup", "opt-in/central-backup/" HOME);
    expect_before(plan, "enable-backup-baseline/ou-w", "enable-backup-baseline/ou-x");
    expect_before(plan, "enable-control-tower-baseline/ou-x", "enable-backup-baseline/ou-x");
}

static void every_step_can_tell_that_it_is_done(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES ACCOUNTS PROTECT "tags: {default_tier: daily}\n");
    const json_t *plan = plan_for(e, GOAL_ENABLE);
    const json_t *steps = jx_get(plan, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const char *operation = jx_str(step, "send.operation");
        bool tower = str_starts(operation, "controltower:");
        if (!json_is_object(jx_get(step, "done"))) {
            fail_msg("%s has no probe", jx_str(step, "id"));
        }
        assert_string_equal(jx_str(step, "lane"), tower ? "control-tower" : "");
        if (tower) {
            assert_non_null(strstr(jx_str(step, "poll.call.operation"), "Operation"));
            assert_int_equal(jx_int(step, "poll.every_seconds", 0), 30);
            assert_non_null(jx_str(step, "recover.capture.operation"));
        }
    }
}

static void a_lost_account_creation_is_found_by_its_name(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES ACCOUNTS);
    const json_t *step = step_of(plan_for(e, GOAL_ENABLE), "create-accounts/backup-administrator");
    expect_json(step, "send.input",
                "{'AccountName':'Backup Administrator','Email':'admin@example.com','RoleName':"
                "'OrganizationAccountAccessRole'}");
    expect_json(step, "poll.capture", "{'id':'CreateAccountStatus.AccountId'}");
    expect_json(step, "done.capture", "{'id':'Id'}");
    expect_json(step, "recover.capture", "{'request':'Id'}");
    expect_json(step, "recover.probe.select.where",
                "{'path':'AccountName','equals':'Backup Administrator'}");
}

static void a_finished_organization_gets_an_empty_plan(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES "tags: {default_tier: daily}\n");
    put_finished(e);
    const json_t *plan = plan_for(e, GOAL_ENABLE);
    expect_steps(plan, "");
    expect_json(plan, "manual", "[]");
}

static void an_account_that_has_the_email_is_taken_instead_of_a_new_one(void **state)
{
    struct estate *e = *state;
    static const struct world_row made[] = {MEMBER(ADMIN, "Named otherwise", "r-1")};
    configure(e, TYPES "accounts:\n"
                       "  backup_administrator: {name: Any, email: " ADMIN "@Example.com}\n"
                       "  central_backup: {name: Central Backup, email: central@example.com}\n");
    rows_put(e, made, sizeof made / sizeof made[0]);
    const json_t *step = step_of(plan_for(e, GOAL_ENABLE), "enable-landing-zone-backup");
    expect_json(step, "send.input.manifest.backup.configurations.backupAdmin.accountId",
                "'" ADMIN "'");
    expect_json(step, "send.input.manifest.backup.configurations.centralBackup.accountId",
                "'${create-accounts/central-backup:id}'");
}

static void untagged_resources_are_their_owners_decision(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES ACCOUNTS PROTECT);
    const json_t *plan = plan_for(e, GOAL_ENABLE);
    assert_int_equal(jx_count(plan, "manual"), 1);
    assert_non_null(
        strstr(jx_str(json_array_get(jx_get(plan, "manual"), 0), "why"), "tags.default_tier"));
}

static void a_wish_that_cannot_be_is_refused_in_one_line(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {TYPES, "name the backup administrator account"},
        {TYPES "accounts: {central_backup: 999988887777}\n", "not an account"},
        {TYPES "accounts: {backup_administrator: " PROD ", central_backup: " PROD "}\n",
         "use two accounts"},
        {TYPES "accounts: {central_backup: " MGMT "}\n",
         "the management account: use a separate account"},
        {TYPES "accounts: {backup_administrator: " AUDIT "}\n",
         "the audit account: use a separate account"},
        {TYPES ACCOUNTS "accounts_exempt: [Sand*, \"999988887777\"]\n",
         "accounts_exempt names 999988887777"},
        {TYPES ACCOUNTS "delegated_administrators: [\"999988887777\"]\n",
         "delegated_administrators names 999988887777"},
        {TYPES ACCOUNTS "ous: {protect: [Nowhere]}\n", "\"Nowhere\""},
        {TYPES ACCOUNTS "ous: {protect: [Sandbox], exempt: [Sandbox]}\n",
         "in both ous.protect and ous.exempt"},
        {TYPES ACCOUNTS "governed_regions: [" HOME ", mars-north-1]\n", "mars-north-1"},
        {TYPES ACCOUNTS "governed_regions: [" HOME ", af-south-1]\n", "DISABLED"},
        {TYPES ACCOUNTS "landing_zone: {version: \"3.1\"}\n", "older"},
        {TYPES "accounts:\n  backup_administrator: {name: Audit, email: a@example.com}\n"
               "  central_backup: " PROD "\n",
         "another name"},
    };
    struct estate *e = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        e->err = (struct err)ERR_INIT;
        subjects_free(e->subjects);
        e->subjects = NULL;
        configure(e, cases[i].config);
        assert_int_equal(estate_try(e, GOAL_ENABLE), -1);
        assert_int_equal(e->err.code, ERR_INPUT);
        if (strstr(e->err.text, cases[i].words) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", e->err.text, cases[i].words);
        }
    }
}

static void a_new_governed_region_gets_its_key_first(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES ACCOUNTS "governed_regions: [" HOME ", " AWAY ", us-east-1]\n");
    estate_put(e, "region-status", MGMT, "", "us-east-1",
               "{'RegionName':'us-east-1','RegionOptStatus':'ENABLED_BY_DEFAULT'}");
    const json_t *plan = plan_for(e, GOAL_ENABLE);
    expect_before(plan, "replicate-key/us-east-1", "enable-landing-zone-backup");
    expect_json(step_of(plan, "enable-landing-zone-backup"), "send.input.manifest.governedRegions",
                "['" HOME "','" AWAY "','us-east-1']");
    assert_int_equal(jx_count(plan, "manual"), 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, bare_open, estate_close)
    const struct CMUnitTest tests[] = {
        TEST(from_nothing_to_everything_is_one_plan),
        TEST(every_step_can_tell_that_it_is_done),
        TEST(a_lost_account_creation_is_found_by_its_name),
        TEST(a_finished_organization_gets_an_empty_plan),
        TEST(an_account_that_has_the_email_is_taken_instead_of_a_new_one),
        TEST(untagged_resources_are_their_owners_decision),
        TEST(a_wish_that_cannot_be_is_refused_in_one_line),
        TEST(a_new_governed_region_gets_its_key_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
