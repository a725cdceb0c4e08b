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

static enum policy_word ask_of(const char *document, const char *resource, const char *context)
{
    const char *problem = NULL;
    json_t *parsed = jx_parse(document, strlen(document), &problem);
    json_t *keys = context != NULL ? jx_parse(context, strlen(context), &problem) : NULL;
    assert_non_null(parsed);
    struct policy_question q = {.action = "ec2:CreateTags",
                                .region = "eu-west-1",
                                .principal_arn = OTHER,
                                .account = TEST_MEMBER,
                                .organization = "o-exampleorg1",
                                .resource = resource,
                                .context = keys};
    enum policy_word word = policy_ask(parsed, &q);
    json_decref(parsed);
    json_decref(keys);
    return word;
}

#define ALLOW(rest) "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\"," rest "}]}"

static void a_statement_speaks_of_its_resources_alone(void **state)
{
    (void)state;
    static const char volumes[] = ALLOW("\"Resource\":[\"arn:aws:ec2:*:*:volume/*\"]");
    static const char others[] = ALLOW("\"NotResource\":\"arn:aws:ec2:*:*:volume/*\"");
    static const char mine[] = ALLOW("\"Resource\":\"arn:*:ou/${aws:PrincipalOrgID}/*\"");
    static const char volume[] = "arn:aws:ec2:eu-west-1:222233330001:volume/vol-1";
    assert_int_equal(ask_of(volumes, volume, NULL), POLICY_ALLOW);
    assert_int_equal(ask_of(volumes, NULL, NULL), POLICY_SILENT);
    assert_int_equal(ask_of(others, volume, NULL), POLICY_SILENT);
    assert_int_equal(ask_of(others, NULL, NULL), POLICY_ALLOW);
    assert_int_equal(ask_of(mine, "arn:aws:organizations::1:ou/o-exampleorg1/ou-1", NULL),
                     POLICY_ALLOW);
    assert_int_equal(ask_of(mine, "arn:aws:organizations::1:ou/o-another/ou-1", NULL),
                     POLICY_SILENT);
}

static void conditions_compare_keys_of_the_request(void **state)
{
    (void)state;
    static const char own[] =
        ALLOW("\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:ResourceAccount\":"
              "\"${aws:PrincipalAccount}\"}}");
    static const char tags[] =
        ALLOW("\"Resource\":\"*\",\"Condition\":{\"ForAllValues:StringLike\":{\"aws:TagKeys\":"
              "[\"aws-control-tower-backup*\"]}}");
    static const char multi[] =
        ALLOW("\"Resource\":\"*\",\"Condition\":{\"BoolIfExists\":{\"kms:MultiRegion\":\"true\"}}");
    assert_int_equal(ask_of(own, NULL, "{\"aws:resourceaccount\":\"" TEST_MEMBER "\"}"),
                     POLICY_ALLOW);
    assert_int_equal(ask_of(own, NULL, "{\"aws:resourceaccount\":\"999988887777\"}"),
                     POLICY_SILENT);
    assert_int_equal(ask_of(own, NULL, NULL), POLICY_SILENT);
    assert_int_equal(ask_of(tags, NULL, "{\"aws:tagkeys\":[\"aws-control-tower-backupdaily\"]}"),
                     POLICY_ALLOW);
    assert_int_equal(
        ask_of(tags, NULL, "{\"aws:tagkeys\":[\"aws-control-tower-backupdaily\",\"Owner\"]}"),
        POLICY_SILENT);
    assert_int_equal(ask_of(multi, NULL, NULL), POLICY_ALLOW);
    assert_int_equal(ask_of(multi, NULL, "{\"kms:multiregion\":\"false\"}"), POLICY_SILENT);
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
        cmocka_unit_test(a_statement_speaks_of_its_resources_alone),
        cmocka_unit_test(conditions_compare_keys_of_the_request),
        cmocka_unit_test(conditions_that_are_not_modelled_keep_a_statement_silent),
        cmocka_unit_test(a_policy_without_effect_action_or_resource_is_no_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
