#include "estate.h"

/* What may be changed after an incomplete scan. */

static void a_gap(struct estate *e, const char *operation, const char *account, const char *region)
{
    const struct gap g = {.operation = operation,
                          .account = account,
                          .region = region,
                          .target = "",
                          .class = "region-unavailable",
                          .code = "UnrecognizedClientException",
                          .message = "The security token included in the request is invalid.",
                          .request_id = ""};
    if (store_gap(e->store, &g, &e->err) != 0) {
        fail_msg("%s", e->err.text);
    }
}

/* Ids of what is held back, in order, separated by spaces. */
static void expect_held(const json_t *plan, const char *wanted)
{
    const json_t *held = jx_get(plan, "held");
    struct text ids;
    text_init(&ids, 65536);
    for (size_t i = 0; i < json_array_size(held); i++) {
        text_addf(&ids, "%s%s", i > 0 ? " " : "", jx_str(json_array_get(held, i), "id"));
    }
    assert_string_equal(text_str(&ids), wanted);
    text_release(&ids);
}

static void three_faults(struct estate *e)
{
    estate_fail(e, "LZ-04", "reset-landing-zone", "landing-zone", "landing-zone");
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "VLT-04", "put-vault-policy", "vault",
                CENTRAL "/" AWAY "/aws-controltower-central-backupvault-1");
}

static void a_collection_error_of_the_management_account_defers_control_tower_and_keys(void **state)
{
    struct estate *e = *state;
    three_faults(e);
    estate_fail(e, "TAG-03", "tag-resource", "resource", NEAR_KEY);
    a_gap(e, "backup:DescribeRegionSettings", MGMT, AWAY);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "tag-resource/" PROD "/" HOME "/aws-control-tower-backupdaily/1"
                       " untag-resource/" PROD "/" HOME "/1");
    expect_held(plan, "replicate-key/" AWAY " reset-landing-zone put-vault-policy/" AWAY
                      "/aws-controltower-central-backupvault-1");
    const json_t *first = json_array_get(jx_get(plan, "held"), 0);
    expect_json(first, "waits_for",
                "'backup:DescribeRegionSettings in " MGMT "/" AWAY
                ": region-unavailable: UnrecognizedClientException'");
    assert_int_equal(jx_count(first, "reasons"), 2);
}

static void a_region_that_is_not_governed_defers_nothing(void **state)
{
    struct estate *e = *state;
    three_faults(e);
    a_gap(e, "backup:DescribeRegionSettings", MGMT, "ap-south-1");
    const json_t *plan = estate_plan(e);
    assert_int_equal(jx_count(plan, "steps"), 3);
    assert_null(jx_get(plan, "held"));
}

static void a_denied_member_defers_what_is_done_there_and_nothing_else(void **state)
{
    struct estate *e = *state;
    three_faults(e);
    a_gap(e, "sts:AssumeRole", CENTRAL, "");
    const json_t *plan = estate_plan(e);
    assert_int_equal(jx_count(plan, "steps"), 2);
    expect_held(plan, "put-vault-policy/" AWAY "/aws-controltower-central-backupvault-1");
}

static void a_call_that_a_step_makes_itself_must_have_been_answered(void **state)
{
    struct estate *e = *state;
    three_faults(e);
    a_gap(e, "tagging:GetResources", CENTRAL, AWAY);
    assert_null(jx_get(estate_plan(e), "held"));
    a_gap(e, "backup:GetBackupVaultAccessPolicy", CENTRAL, AWAY);
    expect_held(estate_plan(e), "put-vault-policy/" AWAY "/aws-controltower-central-backupvault-1");
}

static void what_needs_a_deferred_step_waits_for_the_same(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-10", "cancel-key-deletion", "key", "us-east-1");
    a_gap(e, "organizations:ListDelegatedAdministrators", MGMT, "");
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "");
    expect_held(plan, "cancel-key-deletion/us-east-1 enable-key/us-east-1");
    const json_t *held = jx_get(plan, "held");
    assert_true(json_equal(jx_get(json_array_get(held, 0), "waits_for"),
                           jx_get(json_array_get(held, 1), "waits_for")));
}

static void a_reset_that_did_not_help_is_not_sent_again_in_the_same_run(void **state)
{
    struct estate *e = *state;
    struct map *sent = map_new(NULL);
    estate_fail(e, "LZ-04", "reset-landing-zone", "landing-zone", "landing-zone");
    (void)step_of(estate_plan(e), "reset-landing-zone");
    assert_int_equal(e->made->steps.count, 1);
    struct plan_call *call = plan_call_copy(e->made->steps.items[0]->send);
    map_set(sent, "reset-landing-zone", call);
    e->options.sent = sent;
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "");
    expect_held(plan, "reset-landing-zone");
    assert_non_null(
        strstr(jx_str(json_array_get(jx_get(plan, "held"), 0), "waits_for"), "a manual decision"));
    map_free(sent);
    plan_call_free(call);
}

static void a_deferred_step_is_printed_under_what_it_waits_for(void **state)
{
    struct estate *e = *state;
    char *text = NULL;
    size_t size = 0;
    three_faults(e);
    a_gap(e, "kms:DescribeKey", MGMT, AWAY);
    FILE *out = open_memstream(&text, &size);
    (void)estate_plan(e);
    plan_print(e->made, NULL, out, 0, false);
    (void)fclose(out);
    assert_non_null(strstr(text, "Deferred (3)"));
    assert_non_null(strstr(text, "waits for kms:DescribeKey in " MGMT "/" AWAY));
    free(text);
    out = open_memstream(&text, &size);
    assert_int_equal(plan_emit_aws_cli(e->made, out, &e->err), 0);
    (void)fclose(out);
    assert_non_null(strstr(text, "# reset-landing-zone waits for kms:DescribeKey"));
    assert_null(strstr(text, "controltower reset-landing-zone"));
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, estate_open, estate_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_collection_error_of_the_management_account_defers_control_tower_and_keys),
        TEST(a_region_that_is_not_governed_defers_nothing),
        TEST(a_denied_member_defers_what_is_done_there_and_nothing_else),
        TEST(a_call_that_a_step_makes_itself_must_have_been_answered),
        TEST(what_needs_a_deferred_step_waits_for_the_same),
        TEST(a_reset_that_did_not_help_is_not_sent_again_in_the_same_run),
        TEST(a_deferred_step_is_printed_under_what_it_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
