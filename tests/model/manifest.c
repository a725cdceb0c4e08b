#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/manifest.h"

#define KEY "'arn:aws:kms:eu-central-1:111122221111:key/mrk-1'"
#define FULL                                                                                       \
    "'backup':{'enabled':true,'configurations':{'centralBackup':{'accountId':'111122224444'},"     \
    "'backupAdmin':{'accountId':'111122223333'},'kmsKeyArn':" KEY "}}"
#define BASE3                                                                                      \
    "'governedRegions':['eu-central-1','us-gov-east-1'],"                                          \
    "'centralizedLogging':{'accountId':'111122225555','enabled':true,'configurations':"            \
    "{'loggingBucket':{'retentionDays':'60'}}},'securityRoles':{'accountId':'111122226666'},"      \
    "'organizationStructure':{'security':{'name':'Security'}},'accessManagement':{'enabled':true}"
#define BASE4                                                                                      \
    "'governedRegions':['eu-central-1'],'accessManagement':{'enabled':false},"                     \
    "'centralizedLogging':{'accountId':'111122225555','enabled':true},"                            \
    "'config':{'accountId':'111122226666','enabled':true},"                                        \
    "'securityRoles':{'accountId':'111122226666','enabled':true}"

static json_t *read(const char *text)
{
    char json[4096];
    size_t length = strlen(text);
    assert_true(length < sizeof json);
    for (size_t i = 0; i <= length; i++) {
        json[i] = text[i] == '\'' ? '"' : text[i];
    }
    const char *problem = NULL;
    json_t *value = jx_parse(json, length, &problem);
    if (value == NULL) {
        fail_msg("%s: %s", problem, json);
    }
    return value;
}

static void manifests_are_held_to_their_version(void **state)
{
    static const struct {
        const char *version, *text;
        const char *problem; /* the only one, or its beginning; NULL: none */
    } cases[] = {
        {"3.3", "{" BASE3 "," FULL "}", NULL},
        {"3.1", "{" BASE3 ",'backup':{'enabled':false}}", NULL},
        {"3.3", "{" BASE3 "}", NULL},
        {"4.0", "{" BASE4 "," FULL "}", NULL},
        {"4.0", "{}", NULL},
        {"4.0", "{" BASE4 "," FULL ",'organizationStructure':{}}",
         "organizationStructure is not allowed"},
        {"4.0", "{" BASE4 ",'backup':{}}", "backup.enabled is missing"},
        {"4.0", "{'securityRoles':{'accountId':'111122226666'}}",
         "securityRoles.enabled is missing"},
        {"4.0", "{'config':{'enabled':true}}", "config.accountId is missing"},
        {"4.0", "{'config':{'enabled':false}}", NULL},
        {"3.3", "{" BASE3 ",'config':{'enabled':true,'accountId':'111122226666'}}",
         "config is not a member"},
        {"3.3", "{" BASE3 ",'backups':{}}",
         "backups is not a member of this version's schema; did you mean \"backup\"?"},
        {"3.3", "{" BASE3 ",'backup':{'enabled':true}}", "backup.enabled is true without"},
        {"3.3",
         "{" BASE3 ",'backup':{'enabled':false,'configurations':{'kmsKeyArn':" KEY
         ",'backupAdmin':{'accountId':'111122223333'}}}}",
         "backup.configurations.centralBackup is missing"},
        {"3.3",
         "{" BASE3 ",'backup':{'enabled':true,'configurations':{'centralBackup':{'accountId':'"
         "11112222444'},'backupAdmin':{'accountId':'111122223333'},'kmsKeyArn':" KEY "}}}",
         "backup.configurations.centralBackup.accountId is not"},
        {"3.3",
         "{" BASE3 ",'backup':{'enabled':true,'configurations':{'centralBackup':{'accountId':'"
         "111122224444'},'backupAdmin':{'accountId':'111122223333'},'kmsKeyArn':''}}}",
         "backup.configurations.kmsKeyArn is not"},
        {"3.3", "{" BASE3 ",'backup':{'enabled':'true'}}", "backup.enabled is not true or false"},
        {"3.3",
         "{'centralizedLogging':{'accountId':'111122225555'},'securityRoles':{'accountId':'"
         "111122226666'}}",
         "organizationStructure is missing"},
        {"4.0", "{'governedRegions':['eu-central-1','EU']}", "governedRegions[1] is not"},
        {"9.0", "{'novelty':{}}", NULL},
        {"4.0", "[]", "the manifest is not an object"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *manifest = read(cases[i].text);
        json_t *problems = manifest_problems(manifest, cases[i].version);
        const char *first = json_string_value(json_array_get(problems, 0));
        size_t expected = cases[i].problem != NULL ? 1 : 0;
        if (json_array_size(problems) != expected ||
            (expected == 1 && strncmp(first, cases[i].problem, strlen(cases[i].problem)) != 0)) {
            char *text = jx_dump(problems);
            fail_msg("case %zu: %s", i, text);
        }
        json_decref(problems);
        json_decref(manifest);
    }
}

static void backup_is_complete_only_with_all_three(void **state)
{
    (void)state;
    json_t *full = read("{" FULL "}");
    json_t *backup = manifest_backup(full);
    assert_true(jx_bool(backup, "complete"));
    assert_string_equal(jx_str(backup, "central_account"), "111122224444");
    assert_string_equal(jx_str(backup, "admin_account"), "111122223333");
    json_decref(backup);
    (void)json_object_del(jx_get(full, "backup.configurations"), "backupAdmin");
    backup = manifest_backup(full);
    assert_true(jx_bool(backup, "enabled"));
    assert_false(jx_bool(backup, "complete"));
    assert_null(jx_str(backup, "admin_account"));
    json_decref(backup);
    json_decref(full);
    backup = manifest_backup(NULL);
    assert_false(jx_bool(backup, "enabled"));
    json_decref(backup);
}

static void sections_are_on_before_they_could_be_switched_off(void **state)
{
    (void)state;
    json_t *four = read("{'config':{'enabled':false},'securityRoles':{'enabled':true}}");
    assert_false(manifest_section_enabled(four, "4.0", "config"));
    assert_true(manifest_section_enabled(four, "4.0", "securityRoles"));
    assert_true(manifest_section_enabled(NULL, "3.3", "config"));
    assert_false(manifest_section_enabled(NULL, "4.0", "config"));
    json_decref(four);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifests_are_held_to_their_version),
        cmocka_unit_test(backup_is_complete_only_with_all_three),
        cmocka_unit_test(sections_are_on_before_they_could_be_switched_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
