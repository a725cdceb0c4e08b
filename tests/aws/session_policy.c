#include "aws/session_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/jsonx.h"

static json_t *policy_actions(size_t aim, json_t **policy)
{
    struct text out;
    const char *problem = NULL;
    text_init(&out, SESSION_POLICY_MAX);
    session_policy_read_only(aim, &out);
    assert_true(out.length <= (aim != 0 ? aim : 900));
    assert_false(text_failed(&out));
    *policy = jx_parse(text_str(&out), out.length, &problem);
    text_release(&out);
    assert_non_null(*policy);
    json_t *statement = json_array_get(jx_get(*policy, "Statement"), 0);
    assert_int_equal(jx_count(*policy, "Statement"), 1);
    assert_string_equal(jx_str(statement, "Effect"), "Allow");
    return jx_get(statement, "Action");
}

static bool allows(const json_t *actions, const char *action)
{
    for (size_t i = 0; i < json_array_size(actions); i++) {
        if (policy_action_matches(json_string_value(json_array_get(actions, i)), action)) {
            return true;
        }
    }
    return false;
}

static void check_every_operation(size_t aim)
{
    json_t *policy, *actions = policy_actions(aim, &policy);
    char action[96];
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        for (unsigned k = 0; op_iam_action(op, k, NULL, action, sizeof action); k++) {
            assert_int_equal(allows(actions, action), op->effect == EFFECT_READ);
        }
    }
    json_decref(policy);
}

static void the_policy_allows_every_read_and_no_write(void **state)
{
    (void)state;
    check_every_operation(SESSION_POLICY_MAX);
    check_every_operation(SESSION_POLICY_AIM);
    check_every_operation(SESSION_POLICY_LEAST);
}

static void the_shortest_policy_reads_no_data(void **state)
{
    (void)state;
    json_t *policy, *actions = policy_actions(SESSION_POLICY_LEAST, &policy);
    static const char *const foreign[] = {
        "s3:GetObject", "dynamodb:GetItem",       "kms:Decrypt",         "sts:AssumeRoleWithSAML",
        "iam:PassRole", "backup:StartRestoreJob", "ec2:GetPasswordData", "kms:CreateGrant"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        assert_false(allows(actions, foreign[i]));
    }
    json_decref(policy);
}

static void patterns_match_as_in_iam(void **state)
{
    (void)state;
    assert_true(policy_action_matches("backup:List*", "backup:ListTags"));
    assert_true(policy_action_matches("BACKUP:list*", "backup:ListTags"));
    assert_true(policy_action_matches("kms:?escribeKey", "kms:DescribeKey"));
    assert_false(policy_action_matches("backup:List", "backup:ListTags"));
    assert_false(policy_action_matches("backup:List*", "kms:ListKeys"));
}

static void an_operation_may_need_several_actions(void **state)
{
    (void)state;
    char action[96];
    const struct op *op = op_find(SVC_KMS, "ReplicateKey");
    assert_true(op_iam_action(op, 1, NULL, action, sizeof action));
    assert_string_equal(action, "kms:CreateKey");
    assert_false(op_iam_action(op, 3, NULL, action, sizeof action));
    assert_true(
        op_iam_action(op_find(SVC_TAGGING, "GetResources"), 0, NULL, action, sizeof action));
    assert_string_equal(action, "tag:GetResources");
    assert_true(op_iam_action(op_find(SVC_S3, "ListBuckets"), 0, NULL, action, sizeof action));
    assert_string_equal(action, "s3:ListAllMyBuckets");
    assert_false(op_iam_action(op_find(SVC_S3, "ListBuckets"), 1, NULL, action, sizeof action));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_allows_every_read_and_no_write),
        cmocka_unit_test(the_shortest_policy_reads_no_data),
        cmocka_unit_test(patterns_match_as_in_iam),
        cmocka_unit_test(an_operation_may_need_several_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
