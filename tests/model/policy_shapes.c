/* Policies in the shapes that people use, each with what AWS makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/policy.h"

#define MANAGEMENT "111122221111"
#define FIRST "222233330001"
#define SECOND "222233330011"
#define FOREIGN "999988887777"
#define VAULT "arn:aws:backup:eu-central-1:111122224444:backup-vault:central"
#define KEY "arn:aws:kms:eu-central-1:111122221111:key/mrk-0123"

static const struct {
    const char *id, *path;
} members[] = {{FIRST, "o-exampleorg1/r-ab12/ou-ab12-work0001/"},
               {SECOND, "o-exampleorg1/r-ab12/ou-ab12-sand0001/"}};

static bool is_member(void *context, const char *id)
{
    (void)context;
    return strcmp(id, FIRST) == 0 || strcmp(id, SECOND) == 0;
}

static void each_member(void *context, void (*each)(void *to, const char *id, const char *path),
                        void *to)
{
    (void)context;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        each(to, members[i].id, members[i].path);
    }
}

static struct policy_frame frame_of(const char *resource)
{
    return (struct policy_frame){.partition = "aws",
                                 .management_account = MANAGEMENT,
                                 .organization_id = "o-exampleorg1",
                                 .root_id = "r-ab12",
                                 .central_account = "111122224444",
                                 .resource = resource,
                                 .is_member = is_member,
                                 .each_member = each_member};
}

/* Statements are written with single quotes. */
static char *policy_of(const char *statements, char *out, size_t size)
{
    int length = snprintf(out, size, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statements);
    assert_true(length > 0 && (size_t)length < size);
    for (char *at = strchr(out, '\''); at != NULL; at = strchr(at, '\'')) {
        *at = '"';
    }
    return out;
}

static void join(const json_t *list, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)snprintf(out + strlen(out), size - strlen(out), "%s%s", i > 0 ? " " : "",
                       json_string_value(json_array_get(list, i)));
    }
}

static bool list_is(const json_t *described, const char *member, const char *wanted)
{
    char joined[512];
    join(jx_get(described, member), joined, sizeof joined);
    return strcmp(joined, wanted) == 0;
}

#define COPY(effect, principal, more)                                                              \
    "{'Effect':'" effect "','Principal':" principal ",'Action':'backup:CopyIntoBackupVault'," more \
    "}"
#define ANY "'Resource':'*'"
#define WHERE(test, key, values) ANY ",'Condition':{'" test "':{'" key "':" values "}}"
#define OURS COPY("Allow", "'*'", WHERE("StringEquals", "aws:PrincipalOrgID", "'o-exampleorg1'"))
#define DENY(more) OURS "," COPY("Deny", "'*'", more)
#define ALLOW_WHERE(test, key, values) COPY("Allow", "'*'", WHERE(test, key, values))

struct vault_case {
    const char *what, *statements;
    bool allows;
    const char *refused, *denies, *perhaps, *narrowed;
};

static const struct vault_case vault_cases[] = {
    {"the documented policy", OURS, true, "", "", "", ""},
    {"a list of all accounts",
     COPY("Allow", "{'AWS':['arn:aws:iam::" FIRST ":root','" SECOND "']}", ANY), true, "", "", "",
     "" /* each statement of all accounts */},
    {"a statement for each account",
     COPY("Allow", "{'AWS':'" FIRST "'}", ANY) "," COPY("Allow", "{'AWS':'" SECOND "'}", ANY), true,
     "", "", "", "statement 1 statement 2"},
    {"a list that lacks one", COPY("Allow", "{'AWS':['" FIRST "']}", ANY), false, SECOND, "", "",
     "statement 1"},
    {"paths of the organization",
     ALLOW_WHERE("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "['o-exampleorg1/*']"), true,
     "", "", "", ""},
    {"paths of the root",
     ALLOW_WHERE("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "['o-exampleorg1/r-ab12/*']"),
     true, "", "", "", ""},
    {"paths of one OU",
     ALLOW_WHERE("ForAnyValue:StringLike", "aws:PrincipalOrgPaths",
                 "['o-exampleorg1/r-ab12/ou-ab12-work0001/*']"),
     false, SECOND, "", "", "statement 1"},
    {"the organization of the vault",
     ALLOW_WHERE("StringEquals", "aws:PrincipalOrgID", "'${aws:ResourceOrgID}'"), true, "", "", "",
     ""},
    {"its own ARN",
     COPY("Allow", "'*'",
          "'Resource':'" VAULT
          "','Condition':{'StringEquals':{'aws:PrincipalOrgID':'o-exampleorg1'}}"),
     true, "", "", "", ""},
    {"another vault's ARN",
     COPY("Allow", "'*'",
          "'Resource':'" VAULT
          "-2','Condition':{'StringEquals':{'aws:PrincipalOrgID':'o-exampleorg1'}}"),
     false, "", "", "", ""},
    {"all but this vault",
     COPY("Allow", "'*'",
          "'NotResource':'" VAULT
          "','Condition':{'StringEquals':{'aws:PrincipalOrgID':'o-exampleorg1'}}"),
     false, "", "", "", ""},
    {"a Deny of the organization",
     DENY(WHERE("StringEquals", "aws:PrincipalOrgID", "'o-exampleorg1'")), false, "", "statement 2",
     "", ""},
    {"a Deny of all but one account",
     DENY(WHERE("StringNotEquals", "aws:PrincipalAccount", "['" MANAGEMENT "']")), false, "",
     "statement 2", "", ""},
    {"a Deny of a member", OURS "," COPY("Deny", "{'AWS':'arn:aws:iam::" SECOND ":root'}", ANY),
     false, "", "statement 2", "", ""},
    {"a Deny of strangers",
     DENY(WHERE("StringNotEqualsIfExists", "aws:PrincipalOrgID", "'${aws:ResourceOrgID}'")), true,
     "", "", "", ""},
    {"a Deny for another vault",
     OURS ",{'Effect':'Deny','Principal':'*','Action':'backup:*',"
          "'Resource':'" VAULT "-2'}",
     true, "", "", "", ""},
    {"a Deny of all but reads",
     OURS ",{'Effect':'Deny','Principal':'*','NotAction':'backup:Describe*'," ANY "}", false, "",
     "statement 2", "", ""},
    {"a Deny that spares nobody here",
     OURS ",{'Effect':'Deny','NotPrincipal':{'AWS':'" MANAGEMENT "'},'Action':'backup:*'," ANY "}",
     false, "", "statement 2", "", ""},
    {"a Deny of deletion",
     OURS ",{'Effect':'Deny','Principal':'*','Action':'backup:DeleteRecoveryPoint'," ANY "}", true,
     "", "", "", ""},
    {"a Deny outside of an endpoint", DENY(WHERE("StringNotEquals", "aws:SourceVpce", "'vpce-1'")),
     true, "", "", "statement 2", ""},
    {"a Deny without a key that all callers have",
     DENY(WHERE("Null", "aws:PrincipalOrgID", "'true'")), true, "", "", "", ""},
    {"a Deny with it", DENY(WHERE("Null", "aws:PrincipalOrgID", "'false'")), false, "",
     "statement 2", "", ""},
    {"a Deny for all values of a key that all callers have",
     DENY(WHERE("ForAllValues:StringEquals", "aws:PrincipalOrgID", "'o-other'")), true, "", "", "",
     ""},
    {"a Deny of what no role has",
     DENY(WHERE("StringNotEqualsIfExists", "aws:SourceAccount", "'1'")), false, "", "statement 2",
     "", ""},
    {"no policy at all", "", false, "", "", "", ""},
};

static void vaults_accept_copies_as_aws_evaluates_their_policies(void **state)
{
    (void)state;
    const struct policy_frame frame = frame_of(VAULT);
    for (size_t i = 0; i < sizeof vault_cases / sizeof *vault_cases; i++) {
        const struct vault_case *c = &vault_cases[i];
        char text[2048];
        json_t *d = vault_policy_describe(policy_of(c->statements, text, sizeof text), &frame);
        if (jx_bool(d, "allows_org_copy") != c->allows || jx_bool(d, "open_to_all") ||
            (c->refused[0] != '\0' && !list_is(d, "refused_accounts", c->refused)) ||
            !list_is(d, "denies", c->denies) || !list_is(d, "denies_perhaps", c->perhaps) ||
            (c->narrowed[0] != '\0' && !list_is(d, "narrowed", c->narrowed))) {
            char *shown = jx_dump(d);
            print_error("%s: %s\n", c->what, shown);
            fail();
        }
        json_decref(d);
    }
}

/* --- strangers --- */

#define USE(principal, more)                                                                       \
    "{'Effect':'Allow','Principal':" principal ",'Action':'kms:Decrypt'," more "}"

struct stranger_case {
    const char *what, *statements;
    bool open;
    const char *accounts, *organizations, *services;
};

static const struct stranger_case stranger_cases[] = {
    {"our organization", USE("'*'", WHERE("StringEquals", "aws:PrincipalOrgID", "'o-exampleorg1'")),
     false, "", "", ""},
    {"everyone", USE("'*'", ANY), true, "", "", ""},
    {"everyone, and a Deny of strangers",
     USE("'*'", ANY) ",{'Effect':'Deny','Principal':'*','Action':'kms:*'," WHERE(
         "StringNotEquals", "aws:PrincipalOrgID", "'o-exampleorg1'") "}",
     false, "", "", ""},
    {"all values of a key that some lack",
     USE("'*'", WHERE("ForAllValues:StringEquals", "aws:PrincipalOrgID", "'o-exampleorg1'")), true,
     "", "", ""},
    {"a pattern that every account can satisfy",
     USE("'*'", WHERE("ArnLike", "aws:PrincipalArn", "'arn:aws:iam::*:role/Backup'")), true, "", "",
     ""},
    {"a member as principal", USE("{'AWS':'" FIRST "'}", ANY), false, "", "", ""},
    {"an account as principal", USE("{'AWS':'arn:aws:iam::" FOREIGN ":role/x'}", ANY), false,
     FOREIGN, "", ""},
    {"an account by kms:CallerAccount",
     USE("'*'", WHERE("StringEquals", "kms:CallerAccount", "['" FIRST "','" FOREIGN "']")), false,
     FOREIGN, "", ""},
    {"an account by aws:PrincipalAccount",
     USE("'*'", WHERE("StringEquals", "aws:PrincipalAccount", "'" FOREIGN "'")), false, FOREIGN, "",
     ""},
    {"an account by aws:SourceAccount",
     USE("{'Service':'sns.amazonaws.com'}",
         WHERE("StringEquals", "aws:SourceAccount", "'" FOREIGN "'")),
     false, FOREIGN, "", ""},
    {"an account by aws:SourceAccount, of any service",
     USE("'*'", WHERE("StringEquals", "aws:SourceAccount", "'" FOREIGN "'")), false, FOREIGN, "",
     ""},
    {"an account by aws:SourceArn",
     USE("{'Service':'sns.amazonaws.com'}",
         WHERE("ArnLike", "aws:SourceArn", "'arn:aws:sns:*:" FOREIGN ":*'")),
     false, FOREIGN, "", ""},
    {"a service for our account",
     USE("{'Service':'sns.amazonaws.com'}",
         WHERE("ArnLike", "aws:SourceArn", "'arn:aws:sns:*:" MANAGEMENT ":*'")),
     false, "", "", ""},
    {"a service for our logs",
     USE("{'Service':'logs.eu-central-1.amazonaws.com'}",
         WHERE("ArnLike", "kms:EncryptionContext:aws:logs:arn",
               "'arn:aws:logs:eu-central-1:" MANAGEMENT ":*'")),
     false, "", "", ""},
    {"a service for our organization",
     USE("{'Service':'sns.amazonaws.com'}",
         WHERE("StringEquals", "aws:SourceOrgID", "'o-exampleorg1'")),
     false, "", "", ""},
    {"a service for anyone", USE("{'Service':'sns.amazonaws.com'}", ANY), false, "", "",
     "sns.amazonaws.com"},
    {"a service for another organization",
     USE("{'Service':'sns.amazonaws.com'}", WHERE("StringEquals", "aws:SourceOrgID", "'o-other'")),
     false, "", "o-other", ""},
    {"paths of another organization",
     USE("'*'", WHERE("ForAnyValue:StringLike", "aws:PrincipalOrgPaths",
                      "['o-exampleorg1/*','o-other/r-1/ou-1/*']")),
     false, "", "o-other", ""},
    {"an account of another organization",
     USE("{'AWS':'" FOREIGN "'}", WHERE("StringEquals", "aws:PrincipalOrgID", "'o-other'")), false,
     FOREIGN, "", ""},
    {"an account that cannot be in ours",
     USE("{'AWS':'" FOREIGN "'}", WHERE("StringEquals", "aws:PrincipalOrgID", "'o-exampleorg1'")),
     false, "", "", ""},
    {"the key's own account by variable",
     USE("'*'", WHERE("StringEquals", "aws:PrincipalAccount", "'${aws:ResourceAccount}'")), false,
     "", "", ""},
};

static void strangers_are_found_at_every_door(void **state)
{
    (void)state;
    const struct policy_frame frame = frame_of(KEY);
    for (size_t i = 0; i < sizeof stranger_cases / sizeof *stranger_cases; i++) {
        const struct stranger_case *c = &stranger_cases[i];
        char text[2048];
        json_t *d = key_policy_describe(policy_of(c->statements, text, sizeof text), &frame);
        if (jx_bool(d, "unconditional_star") != c->open ||
            !list_is(d, "foreign_accounts", c->accounts) ||
            !list_is(d, "foreign_orgs", c->organizations) ||
            !list_is(d, "foreign_services", c->services)) {
            char *shown = jx_dump(d);
            print_error("%s: %s\n", c->what, shown);
            fail();
        }
        json_decref(d);
    }
}

/* --- keys --- */

#define ROOT                                                                                       \
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::" MANAGEMENT                               \
    ":root'},'Action':'kms:*'," ANY "}"
#define USING                                                                                      \
    "'kms:Decrypt','kms:DescribeKey','kms:GenerateDataKey*','kms:Encrypt','kms:ReEncrypt*',"       \
    "'kms:GetKeyPolicy'"
#define GRANTS "'kms:CreateGrant','kms:ListGrants','kms:RevokeGrant'"
#define ORG(actions, more)                                                                         \
    ROOT ",{'Effect':'Allow','Principal':{'AWS':'*'},'Action':[" actions "]," more "}"
#define IN_ORG(value) "'StringEquals':{'aws:PrincipalOrgID':" value "}"
#define DENIED(rest)                                                                               \
    ORG(USING "," GRANTS, ANY ",'Condition':{" IN_ORG("'o-exampleorg1'") "}")                      \
    ",{'Effect':'Deny'," rest "}"

struct key_case {
    const char *what, *statements;
    size_t missing;
    const char *slips, *denies, *perhaps, *narrowed;
};

static const struct key_case key_cases[] = {
    {"everyone, and a Deny of strangers",
     ROOT ",{'Effect':'Allow','Principal':'*','Action':'kms:*'," ANY
          "},{'Effect':'Deny','Principal':'*','Action':'kms:*'," WHERE(
              "StringNotEquals", "aws:PrincipalOrgID", "'o-exampleorg1'") "}",
     0, "", "", "", ""},
    {"variables", ORG(USING "," GRANTS, ANY ",'Condition':{" IN_ORG("'${aws:ResourceOrgID}'") "}"),
     0, "", "", "", ""},
    {"paths",
     ORG(USING "," GRANTS,
         WHERE("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "['o-exampleorg1/*']")),
     0, "", "", "", ""},
    {"all accounts by id",
     ROOT ",{'Effect':'Allow','Principal':{'AWS':['" FIRST "','" SECOND "']},'Action':'kms:*'," ANY
          "}",
     0, "", "", "", ""},
    {"its own ARN",
     ORG(USING "," GRANTS, "'Resource':'" KEY "','Condition':{" IN_ORG("'o-exampleorg1'") "}"), 0,
     "", "", "", ""},
    {"grants for AWS resources only",
     ORG(USING,
         ANY ",'Condition':{" IN_ORG(
             "'o-exampleorg1'") "}") ","
                                     "{'Effect':'Allow','Principal':'*','Action':[" GRANTS "]," ANY
                                     ",'Condition':{" IN_ORG(
                                         "'o-exampleorg1'") ",'Bool':{'kms:GrantIsForAWSResource':'"
                                                            "true'}}}",
     0, "", "", "", ""},
    {"roles only",
     ORG(USING "," GRANTS, ANY ",'Condition':{'StringEquals':{'aws:PrincipalOrgID':'o-exampleorg1',"
                               "'aws:PrincipalType':'AssumedRole'}}"),
     0, "", "", "", ""},
    {"through a service",
     ORG(USING "," GRANTS,
         ANY ",'Condition':{" IN_ORG(
             "'o-exampleorg1'") ",'StringLike':{'kms:ViaService':'backup.*.amazonaws.com'}}"),
     9, "", "", "", "statement 2"},
    {"a role whose name has a placeholder's letters",
     ORG(USING "," GRANTS,
         ANY ",'Condition':{" IN_ORG(
             "'o-exampleorg1'") "}") ","
                                     "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::" FIRST
                                     ":role/"
                                     "CrossAccountIdentityBroker'},'Action':'kms:DescribeKey'," ANY
                                     "}",
     0, "", "", "", ""},
    {"a placeholder",
     ORG(USING "," GRANTS,
         ANY ",'Condition':{" IN_ORG("'o-exampleorg1'") "}") ","
                                                             "{'Effect':'Allow','Principal':{'AWS':"
                                                             "'arn:aws:iam::AccountId:role/x'},"
                                                             "'Action':'kms:DescribeKey'," ANY "}",
     0, "arn:aws:iam::AccountId:role/x", "", "", ""},
    {"a Deny of other grants",
     DENIED("'Principal':'*','Action':'kms:CreateGrant'," WHERE("Bool", "kms:GrantIsForAWSResource",
                                                                "'false'")),
     0, "", "", "", ""},
    {"a Deny of grants for AWS resources",
     DENIED("'Principal':'*','Action':'kms:CreateGrant'," WHERE("Bool", "kms:GrantIsForAWSResource",
                                                                "'true'")),
     0, "", "statement 3", "", ""},
    {"a perimeter",
     DENIED("'Principal':'*','Action':'kms:*'," ANY ",'Condition':{'StringNotEqualsIfExists':"
            "{'aws:PrincipalOrgID':'${aws:ResourceOrgID}'},'BoolIfExists':"
            "{'aws:PrincipalIsAWSService':'false'}}"),
     0, "", "", "", ""},
    {"a Deny of deletion",
     DENIED("'Principal':'*','Action':['kms:ScheduleKeyDeletion','kms:DisableKey']," WHERE(
         "ArnNotLike", "aws:PrincipalArn", "'arn:aws:iam::" MANAGEMENT ":role/KeyAdmin'")),
     0, "", "", "", ""},
    {"a Deny of all others",
     DENIED("'NotPrincipal':{'AWS':'arn:aws:iam::" MANAGEMENT ":root'},'Action':'kms:*'," ANY), 0,
     "", "statement 3", "", ""},
    {"a Deny outside of an endpoint",
     DENIED("'Principal':{'AWS':'*'},'Action':'kms:*'," WHERE("StringNotEquals", "aws:SourceVpce",
                                                              "'vpce-0abc'")),
     0, "", "", "statement 3", ""},
    {"a Deny of another account's callers",
     DENIED("'Principal':'*','Action':'kms:*'," WHERE("StringEquals", "kms:CallerAccount",
                                                      "'" FOREIGN "'")),
     0, "", "", "", ""},
    {"a Deny of a member's callers",
     DENIED("'Principal':'*','Action':'kms:*'," WHERE("StringEquals", "kms:CallerAccount",
                                                      "'" SECOND "'")),
     0, "", "statement 3", "", ""},
};

static void keys_are_shared_as_aws_evaluates_their_policies(void **state)
{
    (void)state;
    const struct policy_frame frame = frame_of(KEY);
    for (size_t i = 0; i < sizeof key_cases / sizeof *key_cases; i++) {
        const struct key_case *c = &key_cases[i];
        char text[4096];
        json_t *d = key_policy_describe(policy_of(c->statements, text, sizeof text), &frame);
        if (!jx_bool(d, "management_root") || jx_count(d, "missing_actions") != c->missing ||
            !list_is(d, "slips", c->slips) || !list_is(d, "denies", c->denies) ||
            !list_is(d, "denies_perhaps", c->perhaps) || !list_is(d, "narrowed", c->narrowed)) {
            char *shown = jx_dump(d);
            print_error("%s: %s\n", c->what, shown);
            fail();
        }
        json_decref(d);
    }
}

static void the_own_arn_of_a_key_means_the_key(void **state)
{
    (void)state;
    char *plain = key_policy_plain("{\"Resource\":[\"" KEY "\",\"" KEY "-2\"]}", KEY);
    assert_string_equal(plain, "{\"Resource\":[\"*\",\"" KEY "-2\"]}");
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vaults_accept_copies_as_aws_evaluates_their_policies),
        cmocka_unit_test(strangers_are_found_at_every_door),
        cmocka_unit_test(keys_are_shared_as_aws_evaluates_their_policies),
        cmocka_unit_test(the_own_arn_of_a_key_means_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
