/* Whom a selection takes, and what is said of those it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/selection.h"

#define VOLUME "arn:aws:ec2:eu-west-1:222233330011:volume/vol-1"
#define CLUSTER "arn:aws:rds:eu-west-1:222233330011:cluster:orders"

struct row {
    const char *selection, *arn, *type, *tags;
    int type_on;
    enum selection_outcome outcome;
    const char *why;
};

static json_t *read(const char *text)
{
    const char *problem = NULL;
    json_t *value = jx_parse(text, strlen(text), &problem);
    assert_non_null(value);
    return value;
}

static void judge(const struct row *row)
{
    json_t *selection = read(row->selection);
    json_t *tags = read(row->tags);
    struct selection_resource r = {row->arn, row->type, tags, row->type_on};
    struct text why;
    text_init(&why, 4096);
    assert_int_equal(selection_explain(selection, &r, &why), row->outcome);
    assert_string_equal(text_str(&why), row->why);
    enum selection_outcome plain = selection_judge(selection, &r);
    bool nearer = row->outcome == SELECTION_WRONG_VALUE || row->outcome == SELECTION_NEAR_KEY;
    assert_int_equal(plain, nearer ? SELECTION_ELSEWHERE : row->outcome);
    text_release(&why);
    json_decref(selection);
    json_decref(tags);
}

#define DAILY                                                                                      \
    "{\"ListOfTags\":[{\"ConditionType\":\"STRINGEQUALS\",\"ConditionKey\":\"aws-control-tower-"   \
    "backupdaily\",\"ConditionValue\":\"true\"}]}"
#define EITHER                                                                                     \
    "{\"ListOfTags\":[{\"ConditionKey\":\"backup\",\"ConditionValue\":\"gold\"},{"                 \
    "\"ConditionKey\":\"stage\",\"ConditionValue\":\"prod\"}]}"

static void a_listed_tag_counts_by_key_and_value(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DAILY, VOLUME, "EBS", "{\"aws-control-tower-backupdaily\":\"true\"}", 1, SELECTION_TAKES,
         ""},
        {DAILY, VOLUME, "EBS", "{\"aws-control-tower-backupdaily\":\"True\"}", 1,
         SELECTION_WRONG_VALUE,
         "tag aws-control-tower-backupdaily is \"True\", with this exact case it must be \"true\""},
        {DAILY, VOLUME, "EBS", "{\"aws-control-tower-backupdaily\":\"yes\"}", 1,
         SELECTION_WRONG_VALUE,
         "tag aws-control-tower-backupdaily is \"yes\", it must be \"true\""},
        {DAILY, VOLUME, "EBS", "{\"aws-control-tower-backup-daily\":\"true\"}", 1,
         SELECTION_NEAR_KEY,
         "tag key aws-control-tower-backup-daily is similar to aws-control-tower-backupdaily"},
        {DAILY, VOLUME, "EBS", "{\"AWS-control-tower-backupDaily\":\"true\"}", 1,
         SELECTION_NEAR_KEY,
         "tag key AWS-control-tower-backupDaily is similar to aws-control-tower-backupdaily"},
        {DAILY, VOLUME, "EBS", "{\"Name\":\"disk\"}", 1, SELECTION_ELSEWHERE, ""},
        {DAILY, VOLUME, "EBS", "{}", 1, SELECTION_ELSEWHERE, ""},
        {EITHER, VOLUME, "EBS", "{\"stage\":\"prod\"}", 1, SELECTION_TAKES, ""},
        {EITHER, VOLUME, "EBS", "{\"stage\":\"test\",\"backup\":\"gold\"}", 1, SELECTION_TAKES, ""},
        {EITHER, VOLUME, "EBS", "{\"stage\":\"test\"}", 1, SELECTION_WRONG_VALUE,
         "tag stage is \"test\", it must be \"prod\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        judge(&rows[i]);
    }
}

static void conditions_must_all_hold(void **state)
{
    (void)state;
    static const char both[] = "{\"Resources\":[\"*\"],\"Conditions\":{\"StringEquals\":[{"
                               "\"ConditionKey\":\"aws:ResourceTag/backup\","
                               "\"ConditionValue\":\"true\"}],\"StringNotEquals\":[{"
                               "\"ConditionKey\":\"aws:ResourceTag/stage\",\"ConditionValue\":"
                               "\"test\"}]}}";
    static const char like[] = "{\"Resources\":[\"*\"],\"Conditions\":{\"StringLike\":[{"
                               "\"ConditionKey\":\"aws:ResourceTag/team\",\"ConditionValue\":"
                               "\"pay*ts\"}],\"StringNotLike\":[{\"ConditionKey\":\"aws:"
                               "ResourceTag/note\",\"ConditionValue\":\"*scratch*\"}]}}";
    static const struct row rows[] = {
        {both, VOLUME, "EBS", "{\"backup\":\"true\"}", 1, SELECTION_TAKES, ""},
        {both, VOLUME, "EBS", "{\"backup\":\"true\",\"stage\":\"prod\"}", 1, SELECTION_TAKES, ""},
        {both, VOLUME, "EBS", "{\"backup\":\"true\",\"stage\":\"test\"}", 1, SELECTION_CONDITION,
         "a condition requires tag stage not to be \"test\", it is \"test\""},
        {both, VOLUME, "EBS", "{}", 1, SELECTION_CONDITION,
         "a condition requires tag backup to be \"true\", but the tag is missing"},
        {like, VOLUME, "EBS", "{\"team\":\"payments\"}", 1, SELECTION_TAKES, ""},
        {like, VOLUME, "EBS", "{\"team\":\"Payments\"}", 1, SELECTION_CONDITION,
         "a condition requires tag team to be like \"pay*ts\", it is \"Payments\""},
        {like, VOLUME, "EBS", "{\"team\":\"payments\",\"note\":\"old scratch disk\"}", 1,
         SELECTION_CONDITION,
         "a condition requires tag note not to be like \"*scratch*\", it is \"old scratch disk\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        judge(&rows[i]);
    }
}

static void a_named_type_is_taken_though_it_is_off(void **state)
{
    (void)state;
    static const char volumes[] = "{\"Resources\":[\"arn:aws:ec2:*:*:volume/*\"]}";
    static const char service[] = "{\"Resources\":[\"arn:aws:ec2:*\"]}";
    static const char clusters[] = "{\"Resources\":[\"arn:aws:rds:*:*:cluster:*\"]}";
    static const char without[] =
        "{\"Resources\":[\"*\"],\"NotResources\":[\"arn:aws:ec2:*:*:volume/*\"]}";
    static const struct row rows[] = {
        {volumes, VOLUME, "EBS", "{}", 0, SELECTION_TAKES, ""},
        {service, VOLUME, "EBS", "{}", 0, SELECTION_OPTED_OUT, "type EBS is not opted in"},
        {service, VOLUME, "EBS", "{}", 1, SELECTION_TAKES, ""},
        {service, VOLUME, "EBS", "{}", -1, SELECTION_TAKES, ""},
        {clusters, CLUSTER, "Aurora", "{}", 0, SELECTION_OPTED_OUT, "type Aurora is not opted in"},
        {DAILY, VOLUME, "EBS", "{\"aws-control-tower-backupdaily\":\"true\"}", 0,
         SELECTION_OPTED_OUT, "type EBS is not opted in"},
        {without, VOLUME, "EBS", "{}", 1, SELECTION_EXCLUDED,
         "NotResources excludes arn:aws:ec2:*:*:volume/*"},
        {without, CLUSTER, "Aurora", "{}", 1, SELECTION_TAKES, ""},
        {volumes, CLUSTER, "Aurora", "{}", 1, SELECTION_ELSEWHERE, ""},
        {"{}", VOLUME, "EBS", "{}", 1, SELECTION_TAKES, ""},
        {"{}", VOLUME, "EBS", "{}", 0, SELECTION_OPTED_OUT, "type EBS is not opted in"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        judge(&rows[i]);
    }
}

static void tags_add_to_resources_and_hostile_ones_stay_harmless(void **state)
{
    (void)state;
    static const char joined[] = "{\"Resources\":[\"arn:aws:rds:*\"],\"ListOfTags\":[{"
                                 "\"ConditionKey\":\"keep\",\"ConditionValue\":\"what?\"}]}";
    static const struct row rows[] = {
        {joined, CLUSTER, "Aurora", "{}", 1, SELECTION_TAKES, ""},
        {joined, VOLUME, "EBS", "{\"keep\":\"what?\"}", 1, SELECTION_TAKES, ""},
        {joined, VOLUME, "EBS", "{\"keep\":\"whats\"}", 1, SELECTION_WRONG_VALUE,
         "tag keep is \"whats\", it must be \"what?\""},
        {joined, VOLUME, "EBS", "{\"keep\":\"\\u001b[31m\\nred\"}", 1, SELECTION_WRONG_VALUE,
         "tag keep is \"?[31m?red\", it must be \"what?\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        judge(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_tag_counts_by_key_and_value),
        cmocka_unit_test(conditions_must_all_hold),
        cmocka_unit_test(a_named_type_is_taken_though_it_is_off),
        cmocka_unit_test(tags_add_to_resources_and_hostile_ones_stay_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
