#include "world.h"

static enum policy_word ask(const char *document, const char *action, const char *region,
                            const char *principal)
{
    const char *problem = NULL;
    json_t *parsed = jx_parse(document, strlen(document), &problem);
    assert_non_null(parsed);
    struct policy_question q = {.action = action,
                                .region = region,
                                .principal_arn = principal,
                                .account = TEST_MEMBER,
                                .organization = "o-exampleorg1"};
    enum policy_word word = policy_ask(parsed, &q);
    json_decref(parsed);
    return word;
}

#define EXECUTION "arn:aws:iam::222233330001:role/AWSControlTowerExecution"
#define OTHER "arn:aws:iam::222233330001:role/Other"

static const char region_deny[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"NotAction\":[\"iam:*\","
    "\"kms:*\",\"sts:*\",\"tag:GetResources\"],"
    "\"Resource\":\"*\",\"Condition\":{\"StringNotEquals\":{\"aws:RequestedRegion\":[\"eu-central-"
    "1\",\"eu-west-1\"]},"
    "\"ArnNotLike\":{\"aws:PrincipalARN\":[\"arn:*:iam::*:role/AWSControlTowerExecution\"]}}}]}";

static void region_deny_spares_governed_regions_listed_actions_and_control_tower(void **state)
{
    (void)state;
    assert_int_equal(ask(region_deny, "backup:ListBackupVaults", "us-east-1", OTHER), POLICY_DENY);
    assert_int_equal(ask(region_deny, "backup:ListBackupVaults", "eu-west-1", OTHER),
                     POLICY_SILENT);
    assert_int_equal(ask(region_deny, "kms:ListKeys", "us-east-1", OTHER), POLICY_SILENT);
    assert_int_equal(ask(region_deny, "backup:ListBackupVaults", "us-east-1", EXECUTION),
                     POLICY_SILENT);
}

static void deny_beats_allow_and_case_of_actions_is_ignored(void **state)
{
    (void)state;
    static const char both[] =
        "{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"backup:delete*\",\"Resource\":\"*\"},"
        "{\"Effect\":\"Allow\",\"Action\":[\"*\"],\"Resource\":\"*\"}]}";
    assert_int_equal(ask(both, "backup:DeleteBackupVault", "eu-west-1", OTHER), POLICY_DENY);
    assert_int_equal(ask(both, "backup:ListBackupVaults", "eu-west-1", OTHER), POLICY_ALLOW);
    static const char narrow[] = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"ec2:Describe?"
                                 "olumes\",\"Resource\":\"*\"}}";
    assert_int_equal(ask(narrow, "ec2:DescribeVolumes", "eu-west-1", OTHER), POLICY_ALLOW);
    assert_int_equal(ask(narrow, "ec2:DescribeTags", "eu-west-1", OTHER), POLICY_SILENT);
}

static void conditions_that_are_not_modelled_keep_a_statement_silent(void **state)
{
    (void)state;
    static const char odd[] = "{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":"
                              "\"*\",\"Condition\":{\"Bool\":{"
                              "\"aws:MultiFactorAuthPresent\":\"false\"}}}]}";
    assert_int_equal(ask(odd, "kms:ListKeys", "eu-west-1", OTHER), POLICY_SILENT);
}

static void a_policy_without_effect_action_or_resource_is_no_policy(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "{}",
        "{\"Statement\":[]}",
        "{\"Statement\":[{\"Effect\":\"Allow\",\"Resource\":\"*\"}]}",
        "{\"Statement\":[{\"Effect\":\"allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
        "{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\"}]}",
        NULL};
    for (size_t i = 0; broken[i] != NULL; i++) {
        const char *problem = NULL;
        char why[128];
        json_t *parsed = jx_parse(broken[i], strlen(broken[i]), &problem);
        assert_int_equal(policy_check(parsed, why, sizeof why), -1);
        json_decref(parsed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(region_deny_spares_governed_regions_listed_actions_and_control_tower),
        cmocka_unit_test(deny_beats_allow_and_case_of_actions_is_ignored),
        cmocka_unit_test(conditions_that_are_not_modelled_keep_a_statement_silent),
        cmocka_unit_test(a_policy_without_effect_action_or_resource_is_no_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
