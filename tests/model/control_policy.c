/* What control policies deny the roles of AWS Backup, in the shapes of AWS's documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/policy.h"

#define MEMBER "222233330011"
#define PATH "o-exampleorg1/r-ab12/ou-ab12-work0001/"
#define ALL_ACTIONS                                                                                \
    "backup:CopyFromBackupVault backup:CopyIntoBackupVault backup:StartCopyJob kms:CreateGrant "   \
    "kms:Decrypt kms:DescribeKey kms:GenerateDataKey"
#define KEY_ACTIONS "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:GenerateDataKey"

static const struct shape {
    const char *statement; /* single quotes, so that it reads */
    enum control_policy type;
    const char *denied, *perhaps; /* in eu-west-1 */
} shapes[] = {
    {"'Effect':'Allow','Action':'*','Resource':'*'", CONTROL_OF_SERVICE, "", ""},
    {"'Effect':'Deny','Action':'organizations:LeaveOrganization','Resource':'*'",
     CONTROL_OF_SERVICE, "", ""},
    {"'Effect':'Deny','Action':'backup:CopyIntoBackupVault','Resource':'*'", CONTROL_OF_SERVICE,
     "backup:CopyIntoBackupVault", ""},
    {"'Effect':'Deny','Action':'BACKUP:copy*','Resource':'*'", CONTROL_OF_SERVICE,
     "backup:CopyFromBackupVault backup:CopyIntoBackupVault", ""},
    {"'Effect':'Deny','Action':'kms:*','Resource':'*'", CONTROL_OF_SERVICE, KEY_ACTIONS, ""},
    {"'Effect':'Deny','Action':'kms:ScheduleKeyDeletion','Resource':'*'", CONTROL_OF_SERVICE, "",
     ""},
    {"'Effect':'Deny','NotAction':['iam:*','backup:*','kms:*'],'Resource':'*'", CONTROL_OF_SERVICE,
     "", ""},
    {"'Effect':'Deny','NotAction':'iam:*','Resource':'*'", CONTROL_OF_SERVICE, ALL_ACTIONS, ""},
    /* A Region-deny policy: the Region is governed, or is not. */
    {"'Effect':'Deny','NotAction':'iam:*','Resource':'*','Condition':{'StringNotEquals':"
     "{'aws:RequestedRegion':['eu-central-1']}}",
     CONTROL_OF_SERVICE, ALL_ACTIONS, ""},
    {"'Effect':'Deny','NotAction':'iam:*','Resource':'*','Condition':{'StringNotEquals':"
     "{'aws:RequestedRegion':['eu-central-1','eu-west-1']}}",
     CONTROL_OF_SERVICE, "", ""},
    /* With an exception for the roles of the landing zone, and for others only. */
    {"'Effect':'Deny','Action':'backup:*','Resource':'*','Condition':{'ArnNotLike':"
     "{'aws:PrincipalARN':'arn:aws:iam::*:role/aws-controltower-*'}}",
     CONTROL_OF_SERVICE, "", ""},
    {"'Effect':'Deny','Action':'backup:CopyIntoBackupVault','Resource':'*','Condition':"
     "{'ArnNotLike':{'aws:PrincipalARN':'arn:aws:iam::*:role/AWSControlTowerExecution'}}",
     CONTROL_OF_SERVICE, "backup:CopyIntoBackupVault", ""},
    /* AWS's example: copies only into vaults of the central account, or only of another. */
    {"'Effect':'Deny','Action':'backup:CopyFromBackupVault','Resource':'*','Condition':"
     "{'ForAnyValue:StringNotLike':{'backup:CopyTargets':"
     "'arn:aws:backup:*:111122224444:backup-vault:*'}}",
     CONTROL_OF_SERVICE, "", ""},
    {"'Effect':'Deny','Action':'backup:CopyFromBackupVault','Resource':'*','Condition':"
     "{'ForAllValues:ArnNotLike':{'backup:CopyTargets':"
     "'arn:aws:backup:*:999999999999:backup-vault:*'}}",
     CONTROL_OF_SERVICE, "backup:CopyFromBackupVault", ""},
    {"'Effect':'Deny','Action':'backup:StartCopyJob','Resource':'*','Condition':{'StringEquals':"
     "{'aws:SourceVpc':'vpc-1'}}",
     CONTROL_OF_SERVICE, "", "backup:StartCopyJob"},
    {"'Effect':'Deny','Action':'backup:CopyIntoBackupVault',"
     "'Resource':'arn:aws:backup:*:999999999999:backup-vault:*'",
     CONTROL_OF_SERVICE, "", ""},
    /* A resource control policy binds keys of the account: strangers may be kept out. */
    {"'Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*','Condition':"
     "{'StringNotEqualsIfExists':{'aws:PrincipalOrgID':'o-exampleorg1'},"
     "'BoolIfExists':{'aws:PrincipalIsAWSService':'false'}}",
     CONTROL_OF_RESOURCE, "", ""},
    {"'Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*','Condition':"
     "{'StringNotEqualsIfExists':{'aws:PrincipalOrgID':'o-another001'}}",
     CONTROL_OF_RESOURCE, KEY_ACTIONS, ""},
    {"'Effect':'Deny','Principal':'*','Action':['kms:Decrypt','backup:*'],'Resource':'*'",
     CONTROL_OF_RESOURCE, "kms:Decrypt", ""},
};

static char *document_of(const char *statement)
{
    char *text = xasprintf("{\"Version\":\"2012-10-17\",\"Statement\":[{%s}]}", statement);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return text;
}

static char *words_of(const json_t *list)
{
    char *words = xstrdup("");
    for (size_t i = 0; i < json_array_size(list); i++) {
        char *longer = xasprintf("%s%s%s", words, i > 0 ? " " : "",
                                 json_string_value(json_array_get(list, i)));
        free(words);
        words = longer;
    }
    return words;
}

static const struct policy_frame frame = {.partition = "aws",
                                          .management_account = "111122221111",
                                          .organization_id = "o-exampleorg1",
                                          .root_id = "r-ab12",
                                          .central_account = "111122224444"};

static void each_shape_denies_what_aws_denies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char *text = document_of(shapes[i].statement);
        json_t *statements = control_policy_read(text);
        json_t *denied = json_array(), *perhaps = json_array();
        control_policy_denials(statements, shapes[i].type, &frame, MEMBER, PATH, "eu-west-1",
                               denied, perhaps);
        char *said[] = {words_of(denied), words_of(perhaps)};
        if (strcmp(said[0], shapes[i].denied) != 0 || strcmp(said[1], shapes[i].perhaps) != 0) {
            fail_msg("%s\ndenied: %s\nperhaps: %s", text, said[0], said[1]);
        }
        free(said[0]);
        free(said[1]);
        json_decref(denied);
        json_decref(perhaps);
        json_decref(statements);
        free(text);
    }
}

static void only_denials_of_copies_are_kept(void **state)
{
    (void)state;
    const char *const nothing[] = {NULL, "", "{", "[]", "{\"Statement\":[]}"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        json_t *read = control_policy_read(nothing[i]);
        assert_int_equal(json_array_size(read), 0);
        json_decref(read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shape_denies_what_aws_denies),
        cmocka_unit_test(only_denials_of_copies_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
