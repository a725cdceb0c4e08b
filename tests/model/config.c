#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/config.h"

static int load(const char *text, struct config *c, struct err *err)
{
    char path[] = "/tmp/towerkeep-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    int result = config_load(path, c, err);
    (void)unlink(path);
    return result;
}

static void no_file_is_a_valid_configuration(void **state)
{
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(config_load(NULL, &c, &err), 0);
    assert_null(c.path);
    assert_string_equal(c.digest,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(jx_count(c.document, "resource_types"), 7);
    assert_int_equal(jx_count(c.document, "roles"), 2);
    assert_true(json_is_null(json_object_get(c.document, "governed_regions")));
    assert_true(json_is_null(json_object_get(jx_get(c.document, "ous"), "protect")));
    assert_true(jx_bool(c.document, "ous.security_ou"));
    assert_int_equal(jx_int(c.document, "limits.max_workers", 0), 64);
    config_release(&c);
}

static void a_file_overrides_what_it_names_and_nothing_else(void **state)
{
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(load("accounts:\n  central_backup: 011122224444\n"
                          "ous: {exempt: [Sandbox], security_ou: false}\n"
                          "rules: {parameters: {TAG-03: {max_distance: 1}}}\n"
                          "limits: {rate_share: 1}\n",
                          &c, &err),
                     0);
    assert_string_equal(jx_str(c.document, "accounts.central_backup"), "011122224444");
    assert_null(jx_str(c.document, "accounts.backup_administrator"));
    assert_false(jx_bool(c.document, "ous.security_ou"));
    assert_int_equal(jx_int(c.document, "rules.parameters.TAG-03.max_distance", 0), 1);
    assert_int_equal(jx_int(c.document, "limits.max_workers", 0), 64);
    assert_int_equal(strlen(c.digest), 64);
    config_release(&c);
    assert_int_equal(load("# nothing but a comment\n", &c, &err), 0);
    config_release(&c);
}

static void what_enable_wants_can_be_said(void **state)
{
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(
        load("accounts:\n"
             "  backup_administrator: {name: Backup Administrator, email: b@example.com}\n"
             "landing_zone: {version: 4.0}\n"
             "key:\n  alias: alias/ours\n  policy_statements:\n"
             "    - {Effect: Allow, Principal: {AWS: '*'}, Action: kms:List*, Resource: '*'}\n"
             "tags: {default_tier: weekly}\n",
             &c, &err),
        0);
    assert_string_equal(jx_str(c.document, "accounts.backup_administrator.email"), "b@example.com");
    assert_null(jx_str(c.document, "accounts.central_backup"));
    assert_string_equal(jx_str(c.document, "landing_zone.version"), "4.0");
    assert_string_equal(jx_str(c.document, "key.alias"), "alias/ours");
    assert_int_equal(jx_count(c.document, "key.policy_statements"), 1);
    assert_string_equal(jx_str(c.document, "tags.default_tier"), "weekly");
    config_release(&c);
    assert_int_equal(config_load(NULL, &c, &err), 0);
    assert_string_equal(jx_str(c.document, "key.alias"), "alias/control-tower-backup");
    assert_null(jx_str(c.document, "tags.default_tier"));
    assert_null(jx_str(c.document, "landing_zone.version"));
    config_release(&c);
}

static void a_wrong_file_is_refused_with_place_and_hint(void **state)
{
    static const struct {
        const char *text, *where, *hint;
    } cases[] = {
        {"acounts: {}\n", ":1:1:", "accounts"},
        {"ous:\n  protct: [A]\n", ":2:3:", "protect"},
        {"accounts:\n  central_backup: 12345\n", ":2:19:", "12 digits"},
        {"governed_regions: [eu-west-1, Ireland]\n", ":1:31:", "Ireland"},
        {"resource_types: [EBS, ec2]\n", ":1:23:", "EC2"},
        {"resource_types: []\n", ":1:17:", "at least one"},
        {"resource_types: EBS\n", ":1:17:", "list"},
        {"resource_types_not_listed: [VirtualMachin]\n", ":1:29:", "VirtualMachine"},
        {"scan: {ungoverned_regions: maybe}\n", ":1:28:", "true or false"},
        {"limits: {max_workers: 0}\n", ":1:23:", "1 to 1024"},
        {"limits: {rate_share: 1.5}\n", ":1:22:", "at most 1"},
        {"roles: [A, A]\n", ":1:12:", "twice"},
        {"rules: {parameters: {TAG-03: 2}}\n", ":1:30:", "parameters"},
        {"accounts: {central_backup: {name: A}}\n", ":1:28:", "email"},
        {"accounts: {central_backup: {name: A, email: a}}\n", ":1:45:", "email address"},
        {"accounts: {central_backup: {name: A, mail: a@b.example}}\n", ":1:38:", "email"},
        {"key: {alias: backup}\n", ":1:14:", "alias/"},
        {"key: {alias: alias/aws/backup}\n", ":1:14:", "belongs to AWS"},
        {"key: {policy_statements: [{Effect: Permit}]}\n", ":1:27:", "Allow or Deny"},
        {"key: {policy_statements: [{Effect: Allow, Action: a}]}\n", ":1:27:", "Principal"},
        {"tags: {default_tier: yearly}\n", ":1:22:", "monthly"},
        {"landing_zone: {version: newest}\n", ":1:25:", "latest"},
        {"ous: []\n", ":1:6:", "mapping"},
        {"- a\n- b\n", ":1:1:", "mapping"},
        {"delegated_administrators: [me]\n", ":1:28:", "12 digits"},
        {"resource_types: [EBS]\nresource_types_declined: [EFS, EBS]\n",
         ":2:32:", "\"EBS\" is also in resource_types"},
        {"resource_types_declined: [S3]\n", ":1:27:", "its default"},
        {"roles: [A\n", ":", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c;
        struct err err = ERR_INIT;
        assert_int_equal(load(cases[i].text, &c, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
        if (strstr(err.text, cases[i].where) == NULL || strstr(err.text, cases[i].hint) == NULL) {
            fail_msg("case %zu: \"%s\" lacks %s or %s", i, err.text, cases[i].where, cases[i].hint);
        }
        config_release(&c);
    }
}

static void a_missing_file_is_named(void **state)
{
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(config_load("/nonexistent/towerkeep.yaml", &c, &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent/towerkeep.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_is_a_valid_configuration),
        cmocka_unit_test(a_file_overrides_what_it_names_and_nothing_else),
        cmocka_unit_test(what_enable_wants_can_be_said),
        cmocka_unit_test(a_wrong_file_is_refused_with_place_and_hint),
        cmocka_unit_test(a_missing_file_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
