/* The reader of policies (src/model) against the evaluator of the simulator: thousands of generated
   policies, each asked for every role of AWS Backup and for strangers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "core.h"
#include "model/policy.h"

#define POLICIES 6000
#define ORGANIZATION "o-exampleorg1"
#define VAULT "arn:aws:backup:eu-central-1:111122224444:backup-vault:central"
#define STRANGER "999988887777" /* policies name it */
#define ANYBODY "777766665555"  /* no policy names it */
#define OTHER_ORGANIZATION "o-other00001"
#define ANY_ORGANIZATION "o-anybody001"

static const struct {
    const char *id, *path;
} members[] = {{"222233330001", ORGANIZATION "/r-ab12/ou-ab12-work0001/"},
               {"222233330011", ORGANIZATION "/r-ab12/ou-ab12-sand0001/"},
               {"222233330012", ORGANIZATION "/r-ab12/"}};

#define MEMBERS (sizeof members / sizeof *members)

static bool is_member(void *context, const char *id)
{
    (void)context;
    for (size_t i = 0; i < MEMBERS; i++) {
        if (strcmp(members[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void each_member(void *context, void (*each)(void *to, const char *id, const char *path),
                        void *to)
{
    (void)context;
    for (size_t i = 0; i < MEMBERS; i++) {
        each(to, members[i].id, members[i].path);
    }
}

static const struct policy_frame frame = {.partition = "aws",
                                          .management_account = "111122221111",
                                          .organization_id = ORGANIZATION,
                                          .root_id = "r-ab12",
                                          .central_account = "111122224444",
                                          .resource = VAULT,
                                          .is_member = is_member,
                                          .each_member = each_member};

/* --- policies --- */

static uint64_t seed = 20261130;

static size_t below(size_t count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % count;
}

#define PICK(list) list[below(sizeof list / sizeof *list)]

static const char *const principals[] = {
    "'Principal':'*'",
    "'Principal':'*'",
    "'Principal':'*'",
    "'Principal':{'AWS':'*'}",
    "'Principal':{'AWS':'222233330001'}",
    "'Principal':{'AWS':['222233330001','arn:aws:iam::222233330011:root','222233330012']}",
    "'Principal':{'AWS':['arn:aws:iam::222233330011:root','" STRANGER "']}",
    "'Principal':{'AWS':'arn:aws:iam::" STRANGER ":root'}",
    "'NotPrincipal':{'AWS':'arn:aws:iam::222233330001:root'}",
    "'NotPrincipal':{'AWS':'111122221111'}",
};

static const char *const actions[] = {
    "'Action':'backup:CopyIntoBackupVault'",   "'Action':'backup:CopyIntoBackupVault'",
    "'Action':['backup:copyintobackupvault']", "'Action':'backup:*'",
    "'Action':'backup:DeleteRecoveryPoint'",   "'NotAction':'backup:Describe*'",
};

static const char *const resources[] = {
    "'Resource':'*'",
    "'Resource':'*'",
    "'Resource':'*'",
    "'Resource':'" VAULT "'",
    "'Resource':'arn:aws:backup:*:111122224444:backup-vault:*'",
    "'Resource':'arn:aws:backup:eu-central-1:111122224444:backup-vault:other'",
    "'NotResource':'arn:aws:backup:eu-central-1:111122224444:backup-vault:other'",
    "'NotResource':'" VAULT "'",
};

static const char *const conditions[] = {
    "'StringEquals':{'aws:PrincipalOrgID':'" ORGANIZATION "'}",
    "'StringEquals':{'aws:PrincipalOrgID':'" ORGANIZATION "'}",
    "'StringEquals':{'aws:PrincipalOrgID':'${aws:ResourceOrgID}'}",
    "'StringEquals':{'aws:PrincipalOrgID':['" ORGANIZATION "','" OTHER_ORGANIZATION "']}",
    "'StringLike':{'aws:PrincipalOrgID':'o-example*'}",
    "'StringEqualsIfExists':{'aws:PrincipalOrgID':'" ORGANIZATION "'}",
    "'StringNotEquals':{'aws:PrincipalOrgID':'" ORGANIZATION "'}",
    "'StringNotEquals':{'aws:PrincipalOrgID':'${aws:ResourceOrgID}'}",
    "'StringNotEqualsIfExists':{'aws:PrincipalOrgID':'" ORGANIZATION "'}",
    "'ForAllValues:StringEquals':{'aws:PrincipalOrgID':'" ORGANIZATION "'}",
    "'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':['" ORGANIZATION "/*']}",
    "'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':['" ORGANIZATION "/r-ab12/*']}",
    "'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':['" ORGANIZATION "/r-ab12/ou-*']}",
    "'ForAnyValue:StringNotLike':{'aws:PrincipalOrgPaths':['" ORGANIZATION "/*']}",
    "'Null':{'aws:PrincipalOrgID':'true'}",
    "'Null':{'aws:PrincipalOrgID':'false'}",
    "'Null':{'aws:PrincipalAccount':'false'}",
    "'StringNotEquals':{'aws:PrincipalAccount':['222233330001','111122221111']}",
    "'StringEquals':{'aws:PrincipalAccount':['222233330001','222233330011','222233330012']}",
    "'StringEquals':{'kms:CallerAccount':['222233330011','" STRANGER "']}",
    "'StringEquals':{'aws:PrincipalAccount':'" STRANGER "'}",
    "'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::2222*:role/*'}",
    "'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::" STRANGER ":*'}",
    "'StringEqualsIfExists':{'aws:SourceAccount':'111122221111'}",
    "'StringNotEquals':{'aws:SourceAccount':'111122221111'}",
};

static void add_statement(struct text *out, bool first)
{
    size_t with = below(4); /* one in four has no condition, one in four has two */
    text_addf(out, "%s{'Effect':'%s',%s,%s,%s", first ? "" : ",",
              first || below(2) == 0 ? "Allow" : "Deny", PICK(principals), PICK(actions),
              PICK(resources));
    const char *one = PICK(conditions), *other = PICK(conditions);
    bool two = with == 3 && strcspn(one, ":") != strcspn(other, ":");
    if (with > 0) {
        text_addf(out, ",'Condition':{%s%s%s}", one, two ? "," : "", two ? other : "");
    }
    text_addc(out, '}');
}

static char *generated(void)
{
    struct text out;
    text_init(&out, 64 * 1024);
    text_add(&out, "{'Version':'2012-10-17','Statement':[");
    size_t count = 1 + below(3);
    for (size_t i = 0; i < count; i++) {
        add_statement(&out, i == 0);
    }
    text_add(&out, "]}");
    char *policy = xstrdup(text_str(&out));
    for (char *at = strchr(policy, '\''); at != NULL; at = strchr(at, '\'')) {
        *at = '"';
    }
    text_release(&out);
    return policy;
}

/* --- what the evaluator says --- */

static bool may(const json_t *policy, const char *action, const char *account, const char *role,
                const char *organization, const char *path)
{
    char arn[128];
    char own_path[64];
    (void)snprintf(arn, sizeof arn, "arn:aws:iam::%s:role/%s", account, role);
    (void)snprintf(own_path, sizeof own_path, "%s/r-1/",
                   organization != NULL ? organization : "none");
    json_t *context = json_pack("{s:s}", "aws:resourceorgid", ORGANIZATION);
    struct policy_question q = {.action = action,
                                .region = "eu-central-1",
                                .principal_arn = arn,
                                .account = account,
                                .organization = organization,
                                .path = path != NULL           ? path
                                        : organization != NULL ? own_path
                                                               : NULL,
                                .resource = VAULT,
                                .context = context};
    bool allowed = policy_trusts(policy, &q, account) == POLICY_ALLOW;
    json_decref(context);
    return allowed;
}

static bool all_members_may(const json_t *policy)
{
    bool all = true;
    for (size_t i = 0; i < MEMBERS; i++) {
        all = all && may(policy, "backup:CopyIntoBackupVault", members[i].id,
                         "aws-controltower-BackupRole", ORGANIZATION, members[i].path);
    }
    return all;
}

static bool gets_in(const json_t *policy, const char *account, const char *organization)
{
    static const char *const tried[] = {"backup:CopyIntoBackupVault", "backup:DeleteRecoveryPoint",
                                        "backup:DescribeRecoveryPoint", "backup:ListTags"};
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        if (may(policy, tried[i], account, "x", organization, NULL)) {
            return true;
        }
    }
    return false;
}

struct truth {
    bool copies, open, organization, account;
};

static struct truth truth_of(const json_t *policy)
{
    struct truth t = {.copies = all_members_may(policy)};
    t.open = gets_in(policy, ANYBODY, NULL) || gets_in(policy, ANYBODY, ANY_ORGANIZATION);
    bool other = gets_in(policy, ANYBODY, OTHER_ORGANIZATION);
    t.organization = !t.open && other;
    t.account = !t.open &&
                (gets_in(policy, STRANGER, NULL) || gets_in(policy, STRANGER, ANY_ORGANIZATION) ||
                 (gets_in(policy, STRANGER, OTHER_ORGANIZATION) && !other));
    return t;
}

static void the_reader_agrees_with_the_evaluator(void **state)
{
    (void)state;
    size_t backups = 0, strangers = 0, nobody = 0;
    for (size_t i = 0; i < POLICIES; i++) {
        const char *problem = NULL;
        char *text = generated();
        json_t *policy = jx_parse(text, strlen(text), &problem);
        json_t *d = vault_policy_describe(text, &frame);
        assert_non_null(policy);
        struct truth t = truth_of(policy);
        const json_t *organizations = jx_get(d, "foreign_orgs");
        const json_t *accounts = jx_get(d, "foreign_accounts");
        if (jx_bool(d, "allows_org_copy") != t.copies || jx_bool(d, "open_to_all") != t.open ||
            jx_list_has(organizations, OTHER_ORGANIZATION) != t.organization ||
            jx_list_has(accounts, STRANGER) != t.account || jx_count(d, "denies_perhaps") > 0) {
            char *shown = jx_dump(d);
            print_error("%zu: %s\nread: %s\nevaluated: copies %d open %d other %d account %d\n", i,
                        text, shown, t.copies, t.open, t.organization, t.account);
            fail();
        }
        bool stranger = t.open || t.organization || t.account;
        backups += t.copies ? 1 : 0;
        strangers += stranger ? 1 : 0;
        nobody += !t.copies && !stranger ? 1 : 0;
        json_decref(policy);
        json_decref(d);
        free(text);
    }
    assert_true(backups > POLICIES / 20);
    assert_true(strangers > POLICIES / 20);
    assert_true(nobody > POLICIES / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_reader_agrees_with_the_evaluator)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
