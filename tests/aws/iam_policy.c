#include "aws/iam_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/ops.h"
#include "aws/session_policy.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "iam_forms.h"

static const char *const roles[] = {"AWSControlTowerExecution", "Other", NULL};
static const struct iam_frame frame = {"aws", "111122221111", roles};

/* The statement that holds an action; borrowed. */
static const json_t *statement_with(const json_t *documents, const char *action)
{
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *all = jx_get(json_array_get(documents, i), "Statement");
        for (size_t k = 0; k < json_array_size(all); k++) {
            const json_t *each = json_array_get(all, k);
            if (jx_list_has(jx_get(each, "Action"), action)) {
                return each;
            }
        }
    }
    return NULL;
}

static void every_operation_has_a_form_and_every_form_an_operation(void **state)
{
    (void)state;
    bool used[IAM_FORM_COUNT] = {false};
    char action[96];
    for (size_t i = 0; i < op_count(); i++) {
        enum iam_form form = IAM_NONE;
        for (unsigned k = 0; op_iam_action(op_at(i), k, &form, action, sizeof action); k++) {
            if (form == IAM_NONE) {
                fail_msg("%s has no IAM form", action);
            }
            used[form] = true;
        }
    }
    assert_true(used[IAM_FREE]);
    for (int i = IAM_NONE; i < IAM_FORM_COUNT; i++) {
        const struct iam_form_row *row = iam_form((enum iam_form)i);
        assert_int_equal(row->form, i);
        if (i > IAM_FREE) {
            assert_true(used[i]);
            assert_non_null(row->sid);
            assert_non_null(row->resources[0]);
        }
    }
}

/* An action that two rows name has one form, and never a wildcard. */
static void an_action_has_one_form(void **state)
{
    (void)state;
    json_t *seen = json_object();
    char action[96];
    for (size_t i = 0; i < op_count(); i++) {
        enum iam_form form = IAM_NONE;
        for (unsigned k = 0; op_iam_action(op_at(i), k, &form, action, sizeof action); k++) {
            const json_t *before = json_object_get(seen, action);
            assert_null(strpbrk(action, "*? "));
            assert_true(before == NULL || json_integer_value(before) == (json_int_t)form);
            (void)json_object_set_new(seen, action, json_integer(form));
        }
    }
    for (size_t i = 0; i < op_count(); i++) {
        char *words = xstrdup(op_at(i)->dependents != NULL ? op_at(i)->dependents : "");
        for (char *at = words; *at != '\0';) {
            size_t length = strcspn(at, " ");
            bool last = at[length] == '\0';
            at[length] = '\0';
            if (json_object_get(seen, at) == NULL) {
                fail_msg("%s is an action of no row", at);
            }
            at += length + (last ? 0 : 1);
        }
        free(words);
    }
    json_decref(seen);
}

static void reads_give_no_action_of_a_write(void **state)
{
    (void)state;
    struct iam_use *uses = xcalloc(op_count(), sizeof *uses);
    char(*labels)[96] = xcalloc(op_count(), sizeof *labels);
    size_t count = 0;
    for (size_t i = 0; i < op_count(); i++) {
        if (op_at(i)->effect == EFFECT_READ) {
            op_label(op_at(i), labels[count], sizeof labels[count]);
            uses[count] = (struct iam_use){labels[count], IAM_MANAGEMENT};
            count++;
        }
    }
    json_t *documents = iam_policies(uses, count, IAM_MANAGEMENT, &frame);
    char action[96];
    for (size_t i = 0; i < op_count(); i++) {
        for (unsigned k = 0;
             op_writes(op_at(i)) && op_iam_action(op_at(i), k, NULL, action, sizeof action); k++) {
            assert_null(statement_with(documents, action));
        }
    }
    assert_non_null(statement_with(documents, "kms:DescribeKey"));
    json_decref(documents);
    free(labels);
    free(uses);
}

static void sides_are_kept_apart(void **state)
{
    (void)state;
    const struct iam_use uses[] = {{"kms:DescribeKey", IAM_MANAGEMENT},
                                   {"backup:ListTags", IAM_MANAGEMENT | IAM_MEMBER},
                                   {"sts:GetCallerIdentity", IAM_MANAGEMENT | IAM_MEMBER}};
    json_t *management = iam_policies(uses, 3, IAM_MANAGEMENT, &frame);
    json_t *member = iam_policies(uses, 3, IAM_MEMBER, &frame);
    assert_non_null(statement_with(management, "kms:DescribeKey"));
    assert_null(statement_with(member, "kms:DescribeKey"));
    assert_non_null(statement_with(member, "backup:ListTags"));
    assert_null(statement_with(management, "sts:GetCallerIdentity"));
    json_decref(management);
    json_decref(member);
}

static void resources_and_conditions_are_filled_in(void **state)
{
    (void)state;
    const struct iam_use uses[] = {{"sts:AssumeRole", IAM_MANAGEMENT},
                                   {"kms:PutKeyPolicy", IAM_MANAGEMENT},
                                   {"iam:CreateServiceLinkedRole", IAM_MANAGEMENT}};
    json_t *documents = iam_policies(uses, 3, IAM_MANAGEMENT, &frame);
    const json_t *enter = statement_with(documents, "sts:AssumeRole");
    assert_int_equal(jx_count(enter, "Resource"), 2);
    assert_true(
        jx_list_has(jx_get(enter, "Resource"), "arn:aws:iam::*:role/AWSControlTowerExecution"));
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_object_get(enter, "Condition"), "StringEquals"),
                            "aws:ResourceOrgID")),
                        "${aws:PrincipalOrgID}");
    assert_true(jx_list_has(jx_get(statement_with(documents, "kms:PutKeyPolicy"), "Resource"),
                            "arn:aws:kms:*:111122221111:key/mrk-*"));
    const json_t *linked = statement_with(documents, "iam:CreateServiceLinkedRole");
    assert_true(jx_list_has(
        json_object_get(json_object_get(json_object_get(linked, "Condition"), "StringEquals"),
                        "iam:AWSServiceName"),
        "backup.amazonaws.com"));
    json_decref(documents);
}

static void rights_that_aws_uses_for_the_caller_are_there(void **state)
{
    (void)state;
    const struct iam_use uses[] = {{"controltower:UpdateLandingZone", IAM_MANAGEMENT},
                                   {"tagging:TagResources", IAM_MEMBER}};
    json_t *management = iam_policies(uses, 2, IAM_MANAGEMENT, &frame);
    json_t *member = iam_policies(uses, 2, IAM_MEMBER, &frame);
    assert_non_null(statement_with(management, "controltower:SetupLandingZone"));
    assert_non_null(statement_with(management, "organizations:RegisterDelegatedAdministrator"));
    assert_non_null(statement_with(member, "rds:AddTagsToResource"));
    assert_null(statement_with(management, "rds:AddTagsToResource"));
    json_decref(management);
    json_decref(member);
}

static void what_does_not_fit_is_split_and_order_does_not_matter(void **state)
{
    (void)state;
    size_t count = op_count();
    struct iam_use *uses = xcalloc(count, sizeof *uses), *turned = xcalloc(count, sizeof *uses);
    char(*labels)[96] = xcalloc(count, sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        op_label(op_at(i), labels[i], sizeof labels[i]);
        uses[i] = turned[count - 1 - i] = (struct iam_use){labels[i], IAM_MANAGEMENT};
    }
    json_t *documents = iam_policies(uses, count, IAM_MANAGEMENT, &frame);
    json_t *again = iam_policies(turned, count, IAM_MANAGEMENT, &frame);
    assert_true(json_equal(documents, again));
    assert_true(json_array_size(documents) > 1);
    for (size_t i = 0; i < json_array_size(documents); i++) {
        char *text = jx_dump(json_array_get(documents, i));
        assert_true(strlen(text) <= IAM_POLICY_MAX);
        free(text);
    }
    json_decref(documents);
    json_decref(again);
    free(labels);
    free(turned);
    free(uses);
}

static void a_template_leaves_variables_of_iam_alone(void **state)
{
    (void)state;
    const struct iam_use uses[] = {{"organizations:ListAccountsForParent", IAM_MANAGEMENT},
                                   {"sts:AssumeRole", IAM_MANAGEMENT}};
    struct text out;
    text_init(&out, 64 * 1024);
    iam_template(uses, 2, IAM_TEMPLATE_MANAGEMENT, "scan", NULL, &out);
    assert_false(text_failed(&out));
    assert_non_null(strstr(text_str(&out),
                           "- !Sub \"arn:${AWS::Partition}:organizations::${AWS::AccountId}:root/"
                           "${!aws:PrincipalOrgID}/r-*\"\n"));
    assert_non_null(strstr(text_str(&out), "aws:ResourceOrgID: \"${aws:PrincipalOrgID}\"\n"));
    assert_non_null(
        strstr(text_str(&out), "!Sub \"arn:${AWS::Partition}:iam::*:role/${MemberRoleName}\"\n"));
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_form_and_every_form_an_operation),
        cmocka_unit_test(an_action_has_one_form),
        cmocka_unit_test(reads_give_no_action_of_a_write),
        cmocka_unit_test(sides_are_kept_apart),
        cmocka_unit_test(resources_and_conditions_are_filled_in),
        cmocka_unit_test(rights_that_aws_uses_for_the_caller_are_there),
        cmocka_unit_test(what_does_not_fit_is_split_and_order_does_not_matter),
        cmocka_unit_test(a_template_leaves_variables_of_iam_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
