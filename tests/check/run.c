/* check_run() over a small run made by hand: one verdict per rule and subject, gaps as ERROR. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "check/check.h"

#define MANAGEMENT "111111111111"
#define MEMBER_A "222222222222"
#define MEMBER_B "333333333333"

struct world {
    char *path;
    struct store *store;
    struct rule_set *rules;
    json_t *config;
    char *folder;
};

static const char *const rule_files[][2] = {
    {"T-ORG-1.yaml", "id: T-ORG-1\ntitle: all features\nstep: 0\nseverity: critical\nscope: org\n"
                     "why: w\nhow: h\nneeds: [organizations:DescribeOrganization]\n"
                     "assert: {field: feature_set, equals: ALL}\nexpected: ALL\n"
                     "observed: '{feature_set}'\n"},
    {"T-ACC-1.yaml", "id: T-ACC-1\ntitle: active\nstep: 1\nseverity: high\nscope: account\n"
                     "why: risk\nhow: way\nneeds: [organizations:ListAccounts, iam:GetRole]\n"
                     "when: {field: is_management, equals: false}\n"
                     "assert: {field: state, equals: ACTIVE}\nexpected: ACTIVE\n"
                     "observed: '{name} is {state}'\nfix: 'talk to {name} of {$org.id}'\n"
                     "remedy: reopen\n"},
    {"T-REG-1.yaml", "id: T-REG-1\ntitle: readable\nstep: 4\nseverity: low\nscope: account-region\n"
                     "why: w\nhow: h\nneeds: [backup:DescribeRegionSettings]\n"
                     "assert: {field: region, in: [eu-central-1, eu-west-1]}\nexpected: governed\n"
                     "observed: '{region}'\n"},
    {"T-REG-2.yaml",
     "id: T-REG-2\ntitle: by hand\nstep: 4\nseverity: low\nscope: account-region\n"
     "why: w\nhow: h\nneeds: [{operation: backup:DescribeRegionSettings, at: account}]\n"
     "manual: true\n"},
};

static void put(struct store *s, const char *kind, const char *account, const char *key,
                const char *json)
{
    struct err err = ERR_INIT;
    struct entity e = {.kind = kind,
                       .account = account,
                       .region = "",
                       .key = key,
                       .json = json,
                       .json_length = strlen(json)};
    if (store_entity(s, &e, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void put_account(struct store *s, const char *id, const char *name, const char *state)
{
    char *json = xasprintf("{\"Id\":\"%s\",\"Name\":\"%s\",\"State\":\"%s\",\"Status\":\"%s\","
                           "\"Arn\":\"arn:aws:organizations::" MANAGEMENT ":account/o-1/%s\"}",
                           id, name, state, state, id);
    put(s, "account", "", id, json);
    free(json);
}

static void put_gap(struct store *s, const char *operation, const char *account, const char *region)
{
    struct err err = ERR_INIT;
    struct gap g = {.operation = operation,
                    .account = account,
                    .region = region,
                    .target = "",
                    .class = "denied",
                    .code = "AccessDeniedException",
                    .message = "no",
                    .request_id = ""};
    assert_int_equal(store_gap(s, &g, &err), 0);
}

static int make_world(void **state)
{
    struct err err = ERR_INIT;
    struct world *w = xcalloc(1, sizeof *w);
    char name[] = "/tmp/towerkeep-run-XXXXXX";
    assert_non_null(mkdtemp(name));
    w->folder = xstrdup(name);
    w->path = path_join(name, "run.db");
    for (size_t i = 0; i < sizeof rule_files / sizeof *rule_files; i++) {
        char *path = path_join(name, rule_files[i][0]);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(rule_files[i][1], f);
        fclose(f);
        free(path);
    }
    const char *const directories[] = {name, NULL};
    if (rules_load(directories, NULL, &w->rules, &err) != 0 ||
        store_create(w->path, &w->store, &err) != 0) {
        fail_msg("%s", err.text);
    }
    w->config = json_object();
    struct store *s = w->store;
    assert_int_equal(store_meta_set(s, "home_region", "eu-central-1", &err), 0);
    assert_int_equal(
        store_meta_set(s, "governed_regions", "[\"eu-central-1\",\"eu-west-1\"]", &err), 0);
    assert_int_equal(store_meta_set(s, "management_account", MANAGEMENT, &err), 0);
    put(s, "organization", "", "o-1",
        "{\"Id\":\"o-1\",\"FeatureSet\":\"ALL\",\"MasterAccountId\":\"" MANAGEMENT "\","
        "\"Arn\":\"arn:aws:organizations::" MANAGEMENT ":organization/o-1\"}");
    put_account(s, MANAGEMENT, "Management", "ACTIVE");
    put_account(s, MEMBER_A, "Alpha", "ACTIVE");
    put_account(s, MEMBER_B, "Beta", "SUSPENDED");
    *state = w;
    return 0;
}

static int drop_world(void **state)
{
    struct world *w = *state;
    store_close(w->store);
    rules_free(w->rules);
    json_decref(w->config);
    struct err err = ERR_INIT;
    char **names = NULL;
    size_t count = 0;
    if (dir_list(w->folder, NULL, &names, &count, &err) == 0) {
        for (size_t i = 0; i < count; i++) {
            char *path = path_join(w->folder, names[i]);
            unlink(path);
            free(path);
        }
        names_free(names, count);
    }
    rmdir(w->folder);
    free(w->folder);
    free(w->path);
    free(w);
    return 0;
}

static int add_line(void *context, const struct finding *f)
{
    struct text *lines = context;
    text_addf(lines, "%s %s %s %s|%s|%s|%s\n", f->check_id, f->account_id, f->region,
              status_name(f->status), f->expected, f->observed, f->remediation);
    return 0;
}

/* Findings as lines; yours. */
static char *run(struct world *w, const struct check_options *options)
{
    struct err err = ERR_INIT;
    struct text lines;
    text_init(&lines, 1 << 20);
    if (check_run(w->store, w->config, w->rules, options, &err) != 0 ||
        store_each_finding(w->store, add_line, &lines, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return text_take(&lines);
}

static const struct check_options all = {.min_severity = -1, .now_iso = "2026-11-23T00:00:00Z"};

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        count++;
    }
    return count;
}

static void every_rule_gives_one_verdict_for_each_subject(void **state)
{
    char *got = run(*state, &all);
    assert_int_equal(count_of(got, "T-ORG-1 "), 1);
    assert_int_equal(count_of(got, "T-ACC-1 "), 3);
    assert_int_equal(count_of(got, "T-REG-1 "), 4);
    assert_int_equal(count_of(got, "T-REG-2 "), 4);
    assert_int_equal(count_of(got, "\n"), 12);
    assert_non_null(strstr(got, "T-ORG-1 " MANAGEMENT));
    assert_non_null(strstr(got, " PASS|ALL|ALL|\n"));
    assert_non_null(strstr(got, "T-ACC-1 " MEMBER_B "  FAIL|ACTIVE|Beta is SUSPENDED|talk to Beta "
                                "of o-1\n"));
    assert_non_null(strstr(got, "T-ACC-1 " MEMBER_A "  PASS|ACTIVE|Alpha is ACTIVE|\n"));
    assert_non_null(
        strstr(got, "T-ACC-1 " MANAGEMENT "  NOT_APPLICABLE|ACTIVE|Management is ACTIVE|\n"));
    assert_int_equal(count_of(got, "MANUAL"), 4);
    free(got);
}

static void judging_again_gives_the_same(void **state)
{
    char *once = run(*state, &all);
    char *twice = run(*state, &all);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
}

static void a_gap_hides_only_where_it_is(void **state)
{
    struct world *w = *state;
    put_gap(w->store, "backup:DescribeRegionSettings", MEMBER_A, "eu-west-1");
    char *got = run(w, &all);
    assert_non_null(strstr(got, "T-REG-1 " MEMBER_A " eu-west-1 ERROR|governed|"
                                "backup:DescribeRegionSettings"));
    assert_non_null(strstr(got, "T-REG-1 " MEMBER_A " eu-central-1 PASS"));
    assert_non_null(strstr(got, "T-REG-1 " MANAGEMENT " eu-west-1 PASS"));
    /* at: account sees it from the other Region too. */
    assert_non_null(strstr(got, "T-REG-2 " MEMBER_A " eu-central-1 ERROR"));
    assert_non_null(strstr(got, "T-REG-2 " MANAGEMENT " eu-central-1 MANUAL"));
    assert_int_equal(count_of(got, "\n"), 12);
    free(got);
}

static void a_gap_of_an_organization_call_hides_it_everywhere(void **state)
{
    struct world *w = *state;
    put_gap(w->store, "organizations:ListAccounts", MANAGEMENT, "us-east-1");
    char *got = run(w, &all);
    assert_int_equal(count_of(got, "T-ACC-1 "), 3);
    assert_int_equal(count_of(got, "ERROR|ACTIVE|organizations:ListAccounts"), 3);
    free(got);
}

static void a_gap_in_any_region_hides_from_a_subject_without_region(void **state)
{
    struct world *w = *state;
    put_gap(w->store, "iam:GetRole", MEMBER_B, "us-east-1");
    char *got = run(w, &all);
    assert_non_null(strstr(got, "T-ACC-1 " MEMBER_B "  ERROR|ACTIVE|iam:GetRole"));
    assert_non_null(strstr(got, "T-ACC-1 " MEMBER_A "  PASS"));
    free(got);
}

static void only_the_checks_asked_for_are_judged(void **state)
{
    static const char *const some[] = {"T-REG-*", "T-ORG-1", NULL};
    static const char *const but[] = {"*-2", NULL};
    struct check_options named = all;
    named.checks = some;
    named.excluded_checks = but;
    char *got = run(*state, &named);
    assert_int_equal(count_of(got, "\n"), 5);
    free(got);
    struct check_options severe = all;
    severe.min_severity = SEVERITY_HIGH;
    got = run(*state, &severe);
    assert_int_equal(count_of(got, "T-REG"), 0);
    assert_int_equal(count_of(got, "\n"), 4);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_rule_gives_one_verdict_for_each_subject, make_world,
                                        drop_world),
        cmocka_unit_test_setup_teardown(judging_again_gives_the_same, make_world, drop_world),
        cmocka_unit_test_setup_teardown(a_gap_hides_only_where_it_is, make_world, drop_world),
        cmocka_unit_test_setup_teardown(a_gap_of_an_organization_call_hides_it_everywhere,
                                        make_world, drop_world),
        cmocka_unit_test_setup_teardown(a_gap_in_any_region_hides_from_a_subject_without_region,
                                        make_world, drop_world),
        cmocka_unit_test_setup_teardown(only_the_checks_asked_for_are_judged, make_world,
                                        drop_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
