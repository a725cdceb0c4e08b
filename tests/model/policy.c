#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/policy.h"

#define ROOT                                                                                       \
    "{\"Sid\":\"Root\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122221111:"   \
    "root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}"
#define NINE                                                                                       \
    "\"kms:Decrypt\",\"kms:DescribeKey\",\"kms:GenerateDataKey*\",\"kms:Encrypt\","                \
    "\"kms:ReEncrypt*\",\"kms:GetKeyPolicy\",\"kms:CreateGrant\",\"kms:ListGrants\","              \
    "\"kms:RevokeGrant\""
#define ORG_WITH(principal, actions, condition)                                                    \
    "{\"Sid\":\"Org\",\"Effect\":\"Allow\",\"Principal\":" principal ",\"Action\":[" actions       \
    "],\"Resource\":\"*\",\"Condition\":" condition "}"
#define OUR_ORG "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-exampleorg1\"}}"
#define ORG ORG_WITH("\"*\"", NINE, OUR_ORG)
#define POLICY(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"

static bool is_member(void *context, const char *id)
{
    (void)context;
    return strcmp(id, "222233330001") == 0;
}

static const struct policy_frame frame = {.partition = "aws",
                                          .management_account = "111122221111",
                                          .organization_id = "o-exampleorg1",
                                          .is_member = is_member};

static void equality_is_of_meaning_not_of_bytes(void **state)
{
    static const struct {
        const char *what, *a, *b;
        bool equal;
    } cases[] = {
        {"itself", POLICY(ROOT "," ORG), POLICY(ROOT "," ORG), true},
        {"statement order", POLICY(ROOT "," ORG), POLICY(ORG "," ROOT), true},
        {"Sid and Id", POLICY(ROOT),
         "{\"Id\":\"x\",\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
         "\"Principal\":{\"AWS\":[\"111122221111\"]},\"Action\":[\"KMS:*\"],\"Resource\":[\"*\"]}}",
         true},
        {"everyone in both spellings", POLICY(ORG),
         POLICY(ORG_WITH("{\"AWS\":\"*\"}", NINE, OUR_ORG)), true},
        {"a condition key's case", POLICY(ORG),
         POLICY(ORG_WITH("\"*\"", NINE,
                         "{\"stringequals\":{\"AWS:principalorgid\":[\"o-exampleorg1\"]}}")),
         true},
        {"a repeated action", POLICY(ORG),
         POLICY(ORG_WITH("\"*\"", NINE ",\"kms:Decrypt\"", OUR_ORG)), true},
        {"a missing statement", POLICY(ROOT "," ORG), POLICY(ROOT), false},
        {"another organization", POLICY(ORG),
         POLICY(ORG_WITH("\"*\"", NINE,
                         "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-exampleorg2\"}}")),
         false},
        {"another effect", POLICY(ROOT),
         POLICY("{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122221111:root\"},"
                "\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
         false},
        {"a condition's value keeps its case", POLICY(ORG),
         POLICY(ORG_WITH("\"*\"", NINE,
                         "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-ExampleOrg1\"}}")),
         false},
        {"no policy at all", POLICY(ORG), "not json", false},
        {"two that are none", "[]", "[]", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (policy_equal(cases[i].a, cases[i].b) != cases[i].equal ||
            policy_equal(cases[i].b, cases[i].a) != cases[i].equal) {
            fail_msg("%s", cases[i].what);
        }
    }
}

static void the_documented_key_policy_is_complete(void **state)
{
    (void)state;
    json_t *d = key_policy_describe(POLICY(ROOT "," ORG), &frame);
    assert_true(jx_bool(d, "present"));
    assert_true(jx_bool(d, "valid"));
    assert_true(jx_bool(d, "management_root"));
    assert_true(jx_bool(d, "org_statement"));
    assert_int_equal(jx_count(d, "missing_actions"), 0);
    assert_false(jx_bool(d, "unconditional_star"));
    assert_int_equal(jx_count(d, "foreign_accounts"), 0);
    assert_int_equal(jx_count(d, "foreign_orgs"), 0);
    json_decref(d);
}

static void each_fault_of_a_key_policy_is_told_apart(void **state)
{
    static const struct {
        const char *what, *text;
        bool root, organization, star;
        size_t missing, accounts, organizations;
    } cases[] = {
        {"the default policy", POLICY(ROOT), true, false, false, 9, 0, 0},
        {"another organization",
         POLICY(ROOT "," ORG_WITH("\"*\"", NINE,
                                  "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-other\"}}")),
         true, false, false, 9, 0, 1},
        {"no condition",
         POLICY(
             ROOT
             ",{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
         true, false, true, 9, 0, 0},
        {"IfExists lets strangers in",
         POLICY(ROOT "," ORG_WITH(
             "\"*\"", NINE,
             "{\"StringEqualsIfExists\":{\"aws:PrincipalOrgID\":\"o-exampleorg1\"}}")),
         true, false, true, 9, 0, 0},
        {"one action short",
         POLICY(ROOT "," ORG_WITH("\"*\"",
                                  "\"kms:Decrypt\",\"kms:DescribeKey\",\"kms:GenerateDataKey\","
                                  "\"kms:Encrypt\",\"kms:ReEncrypt*\",\"kms:GetKeyPolicy\",\"kms:"
                                  "CreateGrant\",\"kms:ListGrants\",\"kms:RevokeGrant\"",
                                  OUR_ORG)),
         true, true, false, 1, 0, 0},
        {"kms:* covers all nine", POLICY(ROOT "," ORG_WITH("\"*\"", "\"kms:*\"", OUR_ORG)), true,
         true, false, 0, 0, 0},
        {"two statements together",
         POLICY(ROOT "," ORG_WITH("\"*\"", "\"kms:*Grant*\",\"kms:De*\"", OUR_ORG) "," ORG_WITH(
             "\"*\"",
             "\"kms:GenerateDataKey*\",\"kms:Encrypt\",\"kms:ReEncrypt*\",\"kms:GetKeyPolicy\"",
             OUR_ORG)),
         true, true, false, 0, 0, 0},
        {"a second condition narrows it",
         POLICY(ROOT "," ORG_WITH("\"*\"", NINE,
                                  "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-exampleorg1\","
                                  "\"kms:ViaService\":\"x\"}}")),
         true, false, false, 9, 0, 0},
        {"the wrong partition",
         POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws-cn:iam::111122221111:"
                "root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}," ORG),
         false, true, false, 0, 0, 0},
        {"another account's root",
         POLICY("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::999999999999:root\"},"
                "\"Action\":\"kms:*\",\"Resource\":\"*\"}," ORG),
         false, true, false, 0, 1, 0},
        {"a member account is no stranger",
         POLICY(ROOT "," ORG
                     ",{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::222233330001:"
                     "role/x\"},\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}"),
         true, true, false, 0, 0, 0},
        {"not JSON", "{", false, false, false, 9, 0, 0},
        {"a statement without an action", POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\"}"),
         false, false, false, 9, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *d = key_policy_describe(cases[i].text, &frame);
        bool as_told = jx_bool(d, "management_root") == cases[i].root &&
                       jx_bool(d, "org_statement") == cases[i].organization &&
                       jx_bool(d, "unconditional_star") == cases[i].star &&
                       jx_count(d, "missing_actions") == cases[i].missing &&
                       jx_count(d, "foreign_accounts") == cases[i].accounts &&
                       jx_count(d, "foreign_orgs") == cases[i].organizations;
        if (!as_told) {
            char *text = jx_dump(d);
            fail_msg("%s: %s", cases[i].what, text);
        }
        json_decref(d);
    }
    json_t *none = key_policy_describe(NULL, &frame);
    assert_false(jx_bool(none, "present"));
    json_decref(none);
}

#define COPY(principal, tail)                                                                      \
    POLICY("{\"Effect\":\"Allow\",\"Principal\":" principal                                        \
           ",\"Action\":\"backup:CopyIntoBackupVault\",\"Resource\":\"*\"" tail "}")

static void vault_policies_are_open_closed_or_right(void **state)
{
    static const struct {
        const char *what, *text;
        bool allows, open;
        size_t organizations;
    } cases[] = {
        {"as documented", COPY("\"*\"", ",\"Condition\":" OUR_ORG), true, false, 0},
        {"open to the world", COPY("\"*\"", ""), true, true, 0},
        {"another organization",
         COPY("\"*\"", ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-other\"}}"),
         false, false, 1},
        {"one account only", COPY("{\"AWS\":\"arn:aws:iam::222233330001:root\"}", ""), false, false,
         0},
        {"both organizations",
         COPY("\"*\"", ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":[\"o-"
                       "exampleorg1\",\"o-other\"]}}"),
         true, false, 1},
        {"denied to all",
         POLICY("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"backup:*\",\"Resource\":\"*"
                "\"},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"backup:"
                "CopyIntoBackupVault\",\"Resource\":\"*\",\"Condition\":" OUR_ORG "}"),
         false, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *d = vault_policy_describe(cases[i].text, &frame);
        if (jx_bool(d, "allows_org_copy") != cases[i].allows ||
            jx_bool(d, "open_to_all") != cases[i].open ||
            jx_count(d, "foreign_orgs") != cases[i].organizations) {
            fail_msg("%s", cases[i].what);
        }
        json_decref(d);
    }
}

#define LETS(who, actions, more)                                                                   \
    "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" who "\"},\"Action\":" actions more "}"
#define ADMIN_ROOT "arn:aws:iam::222233330001:root"
#define ALL ",\"Resource\":\"*\""
#define ONLY(type)                                                                                 \
    ",\"Condition\":{\"StringLikeIfExists\":{\"organizations:PolicyType\":\"" type "\"}}"

static void a_resource_policy_is_read_for_what_one_account_may_do_with_backup_policies(void **state)
{
    static const struct {
        const char *what, *text, *actions; /* joined by spaces */
    } cases[] = {
        {"there is none", NULL, ""},
        {"no policy", "{", ""},
        {"for our account", POLICY(LETS(ADMIN_ROOT, "\"organizations:CreatePolicy\"", ALL)),
         "CreatePolicy"},
        {"by its bare id", POLICY(LETS("222233330001", "\"organizations:createpolicy\"", ALL)),
         "CreatePolicy"},
        {"for another account", POLICY(LETS("222233330002", "\"organizations:CreatePolicy\"", ALL)),
         ""},
        {"by a pattern", POLICY(LETS(ADMIN_ROOT, "\"organizations:*chPolicy\"", ALL)),
         "AttachPolicy DetachPolicy"},
        {"for backup policies",
         POLICY(LETS(ADMIN_ROOT, "\"organizations:UpdatePolicy\"", ALL ONLY("BACKUP_POLICY"))),
         "UpdatePolicy"},
        {"for tag policies",
         POLICY(LETS(ADMIN_ROOT, "\"organizations:UpdatePolicy\"", ALL ONLY("TAG_POLICY"))), ""},
        {"for resources of tag policies",
         POLICY(LETS(ADMIN_ROOT, "\"organizations:UpdatePolicy\"",
                     ",\"Resource\":\"arn:aws:organizations::111122221111:policy/o-exampleorg1/"
                     "tag_policy/p-1\"")),
         ""},
        {"under a condition nobody here can judge",
         POLICY(LETS(ADMIN_ROOT, "\"organizations:UpdatePolicy\"",
                     ALL ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}")),
         ""},
        {"and denied again",
         POLICY(LETS(ADMIN_ROOT, "[\"organizations:CreatePolicy\",\"organizations:ListPolicies\"]",
                     ALL) ",{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"organizations:"
                          "CreatePolicy\",\"Resource\":\"*\"}"),
         "ListPolicies"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *d = delegation_policy_describe(cases[i].text, "222233330001", &frame);
        char joined[256] = "";
        const json_t *actions = jx_get(d, "actions");
        for (size_t a = 0; a < json_array_size(actions); a++) {
            (void)snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s",
                           a > 0 ? " " : "", json_string_value(json_array_get(actions, a)));
        }
        if (strcmp(joined, cases[i].actions) != 0 ||
            jx_bool(d, "present") != (cases[i].text != NULL)) {
            fail_msg("%s: %s", cases[i].what, joined);
        }
        json_decref(d);
    }
    json_t *nobody = delegation_policy_describe(cases[2].text, NULL, &frame);
    assert_int_equal(jx_count(nobody, "actions"), 0);
    json_decref(nobody);
}

#define USE                                                                                        \
    "\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\",\"kms:CreateGrant\"],\"Resource\":\"*\""
#define CENTRAL "\"Principal\":{\"AWS\":\"arn:aws:iam::222233334444:root\"}"

static void a_key_is_shared_with_whom_its_policy_lets_use_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool shared;
    } cases[] = {
        {POLICY("{\"Effect\":\"Allow\"," CENTRAL "," USE "}"), true},
        {POLICY("{\"Effect\":\"Allow\"," CENTRAL ",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
         true},
        {POLICY("{\"Effect\":\"Allow\"," CENTRAL
                ",\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\"],"
                "\"Resource\":\"*\"}"),
         false},
        {POLICY(
             "{\"Effect\":\"Allow\"," CENTRAL ",\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\"],"
             "\"Resource\":\"*\"},{\"Effect\":\"Allow\"," CENTRAL ",\"Action\":\"kms:CreateGrant\","
             "\"Resource\":\"*\",\"Condition\":{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"}}"
             "}"),
         true},
        {POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\"," USE
                ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-exampleorg1\"}}}"),
         true},
        {POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\"," USE
                ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-another\"}}}"),
         false},
        {POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\"," USE
                ",\"Condition\":{\"StringEquals\":{\"kms:CallerAccount\":\"222233334444\"}}}"),
         true},
        {POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\"," USE
                ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}}"),
         false},
        {POLICY("{\"Effect\":\"Deny\"," CENTRAL "," USE "}"), false},
        {POLICY(
             "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122221111:root\"}," USE
             "}"),
         false},
        {"not a policy", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(key_policy_shares(cases[i].text, &frame, "222233334444"), cases[i].shared);
    }
}

static void a_role_is_taken_by_whom_it_trusts_however_its_policy_is_sent(void **state)
{
    (void)state;
    static const char plain[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                "\"Principal\":{\"Service\":"
                                "\"backup.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";
    static const char encoded[] =
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%"
        "2C"
        "%22Principal%22%3A%7B%22Service%22%3A%22backup.amazonaws.com%22%7D%2C%22Action%22%3A"
        "%22sts%3AAssumeRole%22%7D%5D%7D";
    assert_true(role_trusts(plain, "backup.amazonaws.com"));
    assert_true(role_trusts(encoded, "backup.amazonaws.com"));
    assert_false(role_trusts(plain, "ec2.amazonaws.com"));
    assert_false(role_trusts("%7B%2", "backup.amazonaws.com"));
    assert_false(role_trusts("", "backup.amazonaws.com"));
    assert_false(role_trusts(NULL, "backup.amazonaws.com"));
}

#define DENY(principal, more)                                                                      \
    POLICY(ROOT ",{\"Effect\":\"Deny\",\"Principal\":" principal                                   \
                ",\"Action\":\"kms:CreateGrant\",\"Resource\":\"*\"" more "}")
#define WHERE(test, key, value) ",\"Condition\":{\"" test "\":{\"" key "\":\"" value "\"}}"

static void a_deny_is_weighed_for_the_roles_that_back_up(void **state)
{
    static const struct {
        const char *what, *text;
        size_t denies, perhaps;
    } cases[] = {
        {"none", POLICY(ROOT), 0, 0},
        {"of everybody", DENY("\"*\"", ""), 1, 0},
        {"of one account", DENY("{\"AWS\":\"222233330001\"}", ""), 1, 0},
        {"of another role", DENY("{\"AWS\":\"arn:aws:iam::222233330001:role/Developer\"}", ""), 0,
         0},
        {"of the backup role",
         DENY("{\"AWS\":\"arn:aws:iam::222233330001:role/aws-controltower-BackupRole\"}", ""), 1,
         0},
        {"of other organizations",
         DENY("\"*\"", WHERE("StringNotEquals", "aws:PrincipalOrgID", "o-exampleorg1")), 0, 0},
        {"of our organization",
         DENY("\"*\"", WHERE("StringEquals", "aws:PrincipalOrgID", "o-exampleorg1")), 1, 0},
        {"without TLS", DENY("\"*\"", WHERE("Bool", "aws:SecureTransport", "false")), 0, 0},
        {"except the backup role",
         DENY("\"*\"",
              WHERE("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/aws-controltower-*")),
         0, 0},
        {"except administrators",
         DENY("\"*\"", WHERE("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Admin")), 1, 0},
        {"outside a service",
         DENY("\"*\"",
              WHERE("StringNotEquals", "kms:ViaService", "backup.eu-west-1.amazonaws.com")),
         0, 1},
        {"of deleting the key",
         POLICY(ROOT ",{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"kms:"
                     "ScheduleKeyDeletion\",\"Resource\":\"*\"}"),
         0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *d = key_policy_describe(cases[i].text, &frame);
        if (jx_count(d, "denies") != cases[i].denies ||
            jx_count(d, "denies_perhaps") != cases[i].perhaps) {
            fail_msg("a Deny %s: %zu, perhaps %zu", cases[i].what, jx_count(d, "denies"),
                     jx_count(d, "denies_perhaps"));
        }
        json_decref(d);
    }
}

static void words_that_name_nothing_are_told(void **state)
{
    static const struct {
        const char *text, *slip; /* NULL: there is none */
    } cases[] = {
        {POLICY(ROOT "," ORG), NULL},
        {POLICY(LETS("arn:aws-us-gov:iam::111122221111:role/x", "\"kms:*\"", ALL)),
         "arn:aws-us-gov:iam::111122221111:role/x"},
        {POLICY(LETS("arn:aws:iam::ACCOUNT_ID:root", "\"kms:*\"", ALL)),
         "arn:aws:iam::ACCOUNT_ID:root"},
        {POLICY(LETS("arn:aws:iam::<account>:root", "\"kms:*\"", ALL)),
         "arn:aws:iam::<account>:root"},
        {POLICY(LETS("AROAEXAMPLEOFADELETED", "\"kms:*\"", ALL)), "AROAEXAMPLEOFADELETED"},
        {POLICY(LETS("arn:aws:iam::111122221111:role/x", "\"kms:*\"", ALL)), NULL},
        {POLICY(ORG_WITH("\"*\"", NINE,
                         "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-xxxxxxxxxx\"}}")),
         "o-xxxxxxxxxx"},
        {POLICY(
             ORG_WITH("\"*\"", NINE, "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"${OrgId}\"}}")),
         "${OrgId}"},
        {POLICY(ORG_WITH("\"*\"", NINE,
                         "{\"StringEquals\":{\"aws:PrincipalOrgID\":\"${aws:ResourceOrgID}\"}}")),
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *d = key_policy_describe(cases[i].text, &frame);
        const char *first = json_string_value(json_array_get(jx_get(d, "slips"), 0));
        if (!str_equal(first, cases[i].slip)) {
            fail_msg("case %zu: %s", i, first != NULL ? first : "nothing");
        }
        json_decref(d);
    }
}

static void a_control_policy_keeps_accounts_or_does_not(void **state)
{
    static const struct {
        const char *text;
        bool keeps;
    } cases[] = {
        {POLICY("{\"Effect\":\"Deny\",\"Action\":\"organizations:LeaveOrganization\",\"Resource\":"
                "\"*\"}"),
         true},
        {POLICY("{\"Effect\":\"Deny\",\"Action\":[\"organizations:*\"],\"Resource\":\"*\"}"), true},
        {POLICY("{\"Effect\":\"Deny\",\"NotAction\":[\"organizations:*\",\"iam:*\"],\"Resource\":"
                "\"*\"}"),
         false},
        {POLICY("{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"" WHERE(
             "ArnNotLike", "aws:PrincipalArn", "arn:*:iam::*:role/Break") "}"),
         true},
        {POLICY("{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"" WHERE(
             "StringNotEquals", "aws:RequestedRegion", "eu-west-1") "}"),
         false},
        {POLICY("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}"), false},
        {"{", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (policy_denies_leaving(cases[i].text) != cases[i].keeps) {
            fail_msg("%s", cases[i].text);
        }
    }
    assert_false(policy_denies_leaving(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_meaning_not_of_bytes),
        cmocka_unit_test(the_documented_key_policy_is_complete),
        cmocka_unit_test(each_fault_of_a_key_policy_is_told_apart),
        cmocka_unit_test(vault_policies_are_open_closed_or_right),
        cmocka_unit_test(a_key_is_shared_with_whom_its_policy_lets_use_it),
        cmocka_unit_test(a_role_is_taken_by_whom_it_trusts_however_its_policy_is_sent),
        cmocka_unit_test(a_deny_is_weighed_for_the_roles_that_back_up),
        cmocka_unit_test(words_that_name_nothing_are_told),
        cmocka_unit_test(a_control_policy_keeps_accounts_or_does_not),
        cmocka_unit_test(
            a_resource_policy_is_read_for_what_one_account_may_do_with_backup_policies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
