/* The operations that a rule requires: those that it names, and those behind the members it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rule_private.h"

#define HEAD                                                                                       \
    "id: ACME-1\ntitle: A thing is so\nstep: 5\nseverity: high\nwhy: because\nhow: by looking\n"   \
    "expected: so\nobserved: not so\n"

static struct loaded_rule *load(const char *rest)
{
    struct err err = ERR_INIT;
    struct loaded_rule *l = NULL;
    char *text = xasprintf(HEAD "%s\n", rest);
    int rc = rule_load("ACME-1.yaml", text, strlen(text), NULL, &l, &err);
    free(text);
    if (rc != 0) {
        fail_msg("%s", err.text);
    }
    return l;
}

/* "kms:GetKeyPolicy 0, kms:DescribeKey 1": operations and places, in order */
static void requires(const char *rest, const char *wanted)
{
    static const char *const places[] = {"here", "account", "anywhere", "central", "subject"};
    struct loaded_rule *l = load(rest);
    struct text told;
    text_init(&told, ERR_TEXT_MAX);
    for (size_t i = 0; i < l->rule.need_count; i++) {
        text_addf(&told, "%s%s %s", i > 0 ? ", " : "", l->rule.needs[i].operation,
                  places[l->rule.needs[i].at]);
    }
    assert_string_equal(text_str(&told), wanted);
    text_release(&told);
    rule_free(l);
}

static void what_is_behind_the_members_is_required(void **state)
{
    (void)state;
    static const char *const needs[] = {"", "needs: []\n"};
    for (size_t i = 0; i < 2; i++) {
        char *rest = xasprintf("%sscope: ou\nassert: {field: descendants_with_backup, empty: true}",
                               needs[i]);
        requires(rest, "controltower:ListEnabledBaselines anywhere, "
                       "organizations:ListOrganizationalUnitsForParent anywhere");
        free(rest);
    }
    requires("scope: key\nwhen: {field: enabled, equals: true}\n"
             "assert: {field: rotation_period_days, at_most: 365}",
             "kms:DescribeKey here, kms:GetKeyRotationStatus here");
    requires("scope: vault\nassert: {field: policy.open_to_all, equals: false}",
             "backup:GetBackupVaultAccessPolicy here");
    requires("scope: landing-zone\nassert: {field: accounts.backup_admin_state, equals: ACTIVE}",
             "organizations:ListAccounts anywhere");
}

static void members_of_lists_and_of_other_documents_count(void **state)
{
    (void)state;
    requires("scope: plan\nassert: {no: 'rules', satisfies: {field: name, equals: x}}",
             "backup:GetBackupPlan here");
    requires("scope: account\nassert: {field: id, equals: $org.global_settings.admin}",
             "backup:DescribeGlobalSettings anywhere");
    requires("scope: ou\nassert: {each: accounts, satisfies: {field: $doc.registered, equals: "
             "true}}",
             "organizations:ListAccountsForParent anywhere, controltower:ListEnabledBaselines "
             "anywhere");
    requires("scope: key\nassert: {field: region, in: [$lz.home_region, eu-west-1]}", "");
    requires("scope: account\nonly_if: {field: $org.purpose, equals: scan}\n"
             "assert: {field: name, present: true}",
             "");
}

static void a_rule_can_widen_a_place_and_not_narrow_it(void **state)
{
    (void)state;
    requires("scope: vault\nneeds: [{operation: 'backup:*', at: account}]\n"
             "assert: {field: policy.valid, equals: true}",
             "backup:* account");
    requires("scope: vault\nneeds: [{operation: backup:GetBackupVaultAccessPolicy, at: subject}]\n"
             "assert: {field: policy.valid, equals: true}",
             "backup:GetBackupVaultAccessPolicy subject, backup:GetBackupVaultAccessPolicy here");
    requires("scope: resource\nneeds: [{operation: 'ec2:*', at: subject}]\n"
             "assert: {field: last_backup, present: true}",
             "ec2:* subject, backup:ListProtectedResources here");
}

/* Does the page document the member, in the scope? */
static bool documented(enum scope scope, const char *member)
{
    const struct subject_member *table = subject_members(scope);
    while (table != NULL && *member != '\0') {
        size_t length = strcspn(member, ".");
        while (table->name != NULL &&
               (strlen(table->name) != length || memcmp(table->name, member, length) != 0)) {
            table++;
        }
        if (table->name == NULL) {
            return false;
        }
        table = table->below;
        member += length + (member[length] == '.' ? 1 : 0);
    }
    return true;
}

static void every_row_of_the_page_names_what_exists(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct member_operation *o = subject_operations(); o->scope != NULL; o++, count++) {
        enum scope scope = SCOPE_ORG;
        char *need = o->at != NULL ? xasprintf("{operation: %s, at: %s}", o->operation, o->at)
                                   : xasprintf("%s", o->operation);
        char *rest = xasprintf("needs: [%s]\nscope: %s\nassert: {field: %s, present: true}", need,
                               o->scope, o->member);
        assert_int_equal(scope_parse(o->scope, &scope), 0);
        if (!documented(scope, o->member)) {
            fail_msg("%s: no member %s", o->scope, o->member);
        }
        rule_free(load(rest));
        free(rest);
        free(need);
    }
    assert_true(count > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_behind_the_members_is_required),
        cmocka_unit_test(members_of_lists_and_of_other_documents_count),
        cmocka_unit_test(a_rule_can_widen_a_place_and_not_narrow_it),
        cmocka_unit_test(every_row_of_the_page_names_what_exists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
