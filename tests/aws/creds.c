#include "aws/creds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "profile_file.h"

static char directory[] = "/tmp/towerkeep-creds-XXXXXX";
static char config_path[64], credentials_path[64];

static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_SECURITY_TOKEN",
                                        "AWS_CREDENTIAL_EXPIRATION",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_CA_BUNDLE",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI"};

static void write_file(const char *path, const char *text)
{
    (void)unlink(path);
    if (text == NULL) {
        return;
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void world(const char *config, const char *credentials)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        (void)unsetenv(variables[i]);
    }
    (void)setenv("AWS_CONFIG_FILE", config_path, 1);
    (void)setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_path, 1);
    write_file(config_path, config);
    write_file(credentials_path, credentials);
}

static void environment_keys(void)
{
    (void)setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00001", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "environment-secret", 1);
}

#define STATIC_KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = secret-of-" id "\n"

static void the_environment_comes_first(void **state)
{
    (void)state;
    struct creds_source s;
    struct err err = ERR_INIT;
    world("[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9\n",
          "[default]\n" STATIC_KEYS("AKIADEFAULT"));
    environment_keys();
    (void)setenv("AWS_SESSION_TOKEN", "environment-token", 1);
    (void)setenv("AWS_CREDENTIAL_EXPIRATION", "2030-01-01T00:00:00Z", 1);
    assert_int_equal(creds_find(NULL, &s, &err), 0);
    assert_string_equal(s.base.access_key_id, "AKIAENVIRONMENT00001");
    assert_string_equal(s.base.token, "environment-token");
    assert_true(s.base.expires_ms == INT64_C(1893456000000));
    assert_string_equal(s.region, "eu-west-1");
    assert_string_equal(s.endpoint_url, "http://127.0.0.1:9");
    assert_string_equal(s.origin, "environment");
    creds_source_release(&s);
    assert_int_equal(creds_find("default", &s, &err), 0);
    assert_string_equal(s.base.access_key_id, "AKIADEFAULT");
    assert_null(s.base.token);
    creds_source_release(&s);
    (void)setenv("AWS_REGION", "eu-north-1", 1);
    (void)setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_int_equal(creds_find(NULL, &s, &err), 0);
    assert_string_equal(s.region, "eu-north-1");
    assert_null(s.endpoint_url);
    creds_source_release(&s);
}

static void a_chain_of_profiles_becomes_a_chain_of_roles(void **state)
{
    (void)state;
    struct creds_source s;
    struct err err = ERR_INIT;
    world("[profile base]\nregion = us-east-1\n"
          "[profile hub]\nrole_arn = arn:aws:iam::111122221111:role/Hub\nsource_profile = base\n"
          "[profile audit]\nrole_arn=arn:aws:iam::111122223333:role/Audit\n"
          "source_profile = hub # comment\nexternal_id = x-1\nduration_seconds = 1800\n"
          "role_session_name = nightly\nregion = eu-central-1\nca_bundle = /etc/ssl/own.pem\n",
          "[base]\r\n" STATIC_KEYS("AKIABASE"));
    (void)setenv("AWS_PROFILE", "audit", 1);
    assert_int_equal(creds_find(NULL, &s, &err), 0);
    assert_string_equal(s.base.access_key_id, "AKIABASE");
    assert_string_equal(s.base.secret, "secret-of-AKIABASE");
    assert_int_equal(s.role_count, 2);
    assert_string_equal(s.roles[0].role_arn, "arn:aws:iam::111122221111:role/Hub");
    assert_string_equal(s.roles[1].role_arn, "arn:aws:iam::111122223333:role/Audit");
    assert_string_equal(s.roles[1].external_id, "x-1");
    assert_string_equal(s.roles[1].session_name, "nightly");
    assert_int_equal(s.roles[1].duration_seconds, 1800);
    assert_string_equal(s.region, "eu-central-1");
    assert_string_equal(s.ca_bundle, "/etc/ssl/own.pem");
    assert_non_null(strstr(s.origin, "profile audit in "));
    creds_source_release(&s);
}

static void a_profile_may_be_its_own_source_when_it_holds_keys(void **state)
{
    (void)state;
    struct creds_source s;
    struct err err = ERR_INIT;
    world("[profile self]\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = self\n"
          "[profile env]\nrole_arn = arn:aws:iam::111122223333:role/R\n"
          "credential_source = Environment\n",
          "[self]\n" STATIC_KEYS("AKIASELF"));
    assert_int_equal(creds_find("self", &s, &err), 0);
    assert_string_equal(s.base.access_key_id, "AKIASELF");
    assert_int_equal(s.role_count, 1);
    creds_source_release(&s);
    environment_keys();
    assert_int_equal(creds_find("env", &s, &err), 0);
    assert_string_equal(s.base.access_key_id, "AKIAENVIRONMENT00001");
    assert_int_equal(s.role_count, 1);
    creds_source_release(&s);
}

#define ROLE(name, rest) "[profile " name "]\nrole_arn = arn:aws:iam::111122223333:role/R\n" rest

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *config, *profile, *says;
        enum err_code code;
    } cases[] = {
        {"[profile a\n", "a", "config:1: the section's closing ]", ERR_INPUT},
        {"[profile a]\nregion\n", "a", "config:2: expected \"key = value\"", ERR_INPUT},
        {"region = x\n", "a", "config:1: expected a [section] before the first key", ERR_INPUT},
        {"[profile a]\n  region = x\n", "a", "config:2: an indented line", ERR_INPUT},
        {"[profile a] b\n", "a", "config:1: expected the end of the line or a comment", ERR_INPUT},
        {"[profile audit]\n", "audti", "did you mean \"audit\"?", ERR_INPUT},
        {"[audit]\n", "audit", "config:1: write [audit] as [profile audit]", ERR_INPUT},
        {"[profile a]\nregion = x\n", "a", "config:1: profile a: has no credentials",
         ERR_CREDENTIALS},
        {"[profile a]\naws_access_key_id = AKIA\n", "a",
         "config:2: profile a: aws_secret_access_key is missing", ERR_CREDENTIALS},
        {"[profile a]\naws_access_key_id = AK IA\naws_secret_access_key = x\n", "a",
         "config:2: profile a: the access key ID is malformed", ERR_CREDENTIALS},
        {ROLE("a", "source_profile = b\n") ROLE("b", "source_profile = a\n"), "a",
         "config:6: profile b: source_profile forms a cycle: a -> b -> a", ERR_INPUT},
        {ROLE("a", "source_profile = a\n"), "a",
         "is its own source_profile, but has no access keys", ERR_INPUT},
        {ROLE("a", ""), "a", "config:2: profile a: role_arn needs source_profile", ERR_INPUT},
        {ROLE("a", "source_profile = b\ncredential_source = Environment\n"), "a", "not both",
         ERR_INPUT},
        {ROLE("a", "source_profile = nobody\n"), "a",
         "config:3: source_profile of a: there is no profile \"nobody\"", ERR_INPUT},
        {ROLE("a", "credential_source = Moon\n"), "a", "config:3: profile a: credential_source",
         ERR_INPUT},
        {ROLE("a", "credential_source = Environment\n"), "a", "AWS_ACCESS_KEY_ID is not set",
         ERR_CREDENTIALS},
        {ROLE("a", "credential_source = Ec2InstanceMetadata\n"), "a", "not yet supported",
         ERR_CREDENTIALS},
        {ROLE("a", "mfa_serial = m\nsource_profile = a\n"), "a",
         "config:3: profile a: roles that require an MFA code (mfa_serial) are not yet supported",
         ERR_CREDENTIALS},
        {"[profile a]\nsso_session = s\n", "a",
         "config:2: profile a: IAM Identity Center (sso_session) is not yet supported",
         ERR_CREDENTIALS},
        {"[profile a]\ncredential_process = /bin/x\n", "a",
         "config:2: profile a: credential_process is not yet supported", ERR_CREDENTIALS},
        {ROLE("a", "web_identity_token_file = /t\n"), "a", "web identity", ERR_CREDENTIALS},
        {ROLE("a", "credential_source = Environment\nduration_seconds = 5\n"), "a",
         "config:3: profile a: credential_source is Environment", ERR_CREDENTIALS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct creds_source s;
        struct err err = ERR_INIT;
        world(cases[i].config, NULL);
        assert_int_equal(creds_find(cases[i].profile, &s, &err), -1);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, cases[i].says);
        }
        assert_int_equal(err.code, cases[i].code);
        creds_source_release(&s);
    }
}

static void no_credentials_at_all_names_where_one_looked(void **state)
{
    (void)state;
    struct creds_source s;
    struct err err = ERR_INIT;
    world(NULL, NULL);
    assert_int_equal(creds_find(NULL, &s, &err), -1);
    assert_int_equal(err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(err.text, "AWS_ACCESS_KEY_ID"));
    assert_non_null(strstr(err.text, config_path));
    assert_non_null(strstr(err.text, credentials_path));
    (void)setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/t", 1);
    assert_int_equal(creds_find(NULL, &s, &err), -1);
    assert_non_null(strstr(err.text, "AWS_WEB_IDENTITY_TOKEN_FILE is set"));
    world(NULL, NULL);
    (void)setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
    assert_int_equal(creds_find(NULL, &s, &err), -1);
    assert_string_equal(err.text, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
}

static void nested_values_and_comments_are_read(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF# comment\n; comment\n[default]\n"
                               "Region = eu-west-1 ; comment\ns3 =\n  max_queue = 10\n"
                               "  # inside\n  url = http://x/#frag\nname = a\n  b\n"
                               "empty = # nothing\n[services tower]\nkms =\n  endpoint_url = u\n";
    struct profiles p = {0};
    struct err err = ERR_INIT;
    write_file(config_path, text);
    assert_int_equal(profiles_load(config_path, NULL, &p, &err), 0);
    assert_string_equal(profiles_get(&p, "default", "region", NULL)->value, "eu-west-1");
    assert_string_equal(profiles_get(&p, "default", "s3.max_queue", NULL)->value, "10");
    assert_string_equal(profiles_get(&p, "default", "s3.url", NULL)->value, "http://x/#frag");
    assert_string_equal(profiles_get(&p, "default", "name", NULL)->value, "a\nb");
    assert_string_equal(profiles_get(&p, "default", "empty", NULL)->value, "");
    assert_int_equal(profiles_get(&p, "default", "name", NULL)->line, 9);
    assert_false(profiles_has(&p, "services tower"));
    profiles_release(&p);
}

static void keys_of_the_credentials_file_win(void **state)
{
    (void)state;
    struct creds_source s;
    struct err err = ERR_INIT;
    world("[default]\n" STATIC_KEYS("AKIACONFIG"), "[default]\n" STATIC_KEYS("AKIACREDENTIALS"));
    assert_int_equal(creds_find(NULL, &s, &err), 0);
    assert_string_equal(s.base.access_key_id, "AKIACREDENTIALS");
    creds_source_release(&s);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    (void)snprintf(config_path, sizeof config_path, "%s/config", directory);
    (void)snprintf(credentials_path, sizeof credentials_path, "%s/credentials", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(config_path);
    (void)unlink(credentials_path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_comes_first),
        cmocka_unit_test(a_chain_of_profiles_becomes_a_chain_of_roles),
        cmocka_unit_test(a_profile_may_be_its_own_source_when_it_holds_keys),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(no_credentials_at_all_names_where_one_looked),
        cmocka_unit_test(nested_values_and_comments_are_read),
        cmocka_unit_test(keys_of_the_credentials_file_win),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
