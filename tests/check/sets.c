/* Directories of rules, what the configuration changes in them, and their fixtures. */
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

#define RULE(id, title)                                                                            \
    "id: " id "\ntitle: " title "\nstep: 2\nseverity: high\nscope: key\nwhy: because\nhow: look\n" \
    "needs: [kms:DescribeKey, {operation: controltower:GetLandingZone}, "                          \
    "{operation: kms:GetKeyPolicy, at: account}, {operation: 'rds:Describe*', at: subject}]\n"     \
    "when: {field: present, equals: true}\n"                                                       \
    "assert: {field: rotation_period_days, at_most: $param.days}\nexpected: 'at most "             \
    "{$param.days} days'\n"                                                                        \
    "observed: '{rotation_period_days} days'\nfix: 'aws kms fix --key {arn}'\n"                    \
    "parameters: {days: {default: 7, type: integer, help: most days, minimum: 1}}\n"

struct place {
    char *root, *one, *two, *tests;
};

static void write_file(const char *directory, const char *name, const char *text)
{
    char *path = path_join(directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    free(path);
}

static int make_place(void **state)
{
    struct err err = ERR_INIT;
    struct place *p = xcalloc(1, sizeof *p);
    char name[] = "/tmp/towerkeep-rules-XXXXXX";
    assert_non_null(mkdtemp(name));
    p->root = xstrdup(name);
    p->one = path_join(name, "one");
    p->two = path_join(name, "two");
    p->tests = path_join(name, "tests");
    assert_int_equal(dir_make(p->one, &err), 0);
    assert_int_equal(dir_make(p->two, &err), 0);
    assert_int_equal(dir_make(p->tests, &err), 0);
    write_file(p->one, "ACME-1.yaml", RULE("ACME-1", "first"));
    write_file(p->one, "ACME-2.yaml", RULE("ACME-2", "second"));
    write_file(p->two, "ACME-2.yaml", RULE("ACME-2", "overridden"));
    *state = p;
    return 0;
}

static void remove_folder(char *path)
{
    struct err err = ERR_INIT;
    char **names = NULL;
    size_t count = 0;
    if (dir_list(path, NULL, &names, &count, &err) == 0) {
        for (size_t i = 0; i < count; i++) {
            char *file = path_join(path, names[i]);
            unlink(file);
            free(file);
        }
        names_free(names, count);
    }
    rmdir(path);
    free(path);
}

static int drop_place(void **state)
{
    struct place *p = *state;
    remove_folder(p->one);
    remove_folder(p->two);
    remove_folder(p->tests);
    remove_folder(p->root);
    free(p);
    return 0;
}

static json_t *config_of(const char *rules)
{
    const char *problem;
    char *text = xasprintf("{\"rules\":%s}", rules);
    json_t *config = jx_parse(text, strlen(text), &problem);
    assert_non_null(config);
    free(text);
    return config;
}

static struct rule_set *loaded(const struct place *p, bool both, const char *rules)
{
    struct err err = ERR_INIT;
    struct rule_set *set = NULL;
    const char *const directories[] = {p->one, both ? p->two : NULL, NULL};
    json_t *config = rules != NULL ? config_of(rules) : NULL;
    if (rules_load(directories, config, &set, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_decref(config);
    return set;
}

static void a_later_directory_overrides_an_equal_id(void **state)
{
    struct rule_set *one = loaded(*state, false, NULL);
    struct rule_set *both = loaded(*state, true, NULL);
    assert_int_equal(rules_count(one), 2);
    assert_int_equal(rules_count(both), 2);
    assert_string_equal(rules_find(one, "ACME-2")->title, "second");
    assert_string_equal(rules_find(both, "ACME-2")->title, "overridden");
    assert_string_not_equal(rules_digest(one), rules_digest(both));
    assert_string_equal(rules_nearest(both, "ACME2"), "ACME-2");
    assert_null(rules_find(both, "ACME-3"));
    rules_free(one);
    rules_free(both);
}

static void needs_know_where_a_gap_would_hide_them(void **state)
{
    struct rule_set *set = loaded(*state, false, NULL);
    const struct rule *r = rules_find(set, "ACME-1");
    assert_int_equal(r->need_count, 5); /* the last: behind rotation_period_days */
    assert_int_equal(r->needs[0].at, NEED_HERE);
    assert_int_equal(r->needs[1].at, NEED_ANYWHERE);
    assert_int_equal(r->needs[2].at, NEED_ACCOUNT);
    rules_free(set);
}

static void judged(const struct rule *r, const char *document_text, const char *gap,
                   enum status status, const char *expected, const char *observed)
{
    struct err err = ERR_INIT;
    struct check_result result = {0};
    const char *problem;
    json_t *document = jx_parse(document_text, strlen(document_text), &problem);
    json_t *context = json_object();
    assert_int_equal(check_evaluate(r, document, context, gap, NULL, &result, &err), 0);
    assert_string_equal(status_name(result.status), status_name(status));
    assert_string_equal(result.expected, expected);
    assert_string_equal(result.observed, observed);
    check_result_release(&result);
    json_decref(document);
    json_decref(context);
}

static void every_verdict_carries_its_words(void **state)
{
    struct rule_set *set = loaded(*state, false, NULL);
    const struct rule *r = rules_find(set, "ACME-1");
    judged(r, "{\"present\":true,\"rotation_period_days\":7}", NULL, STATUS_PASS, "at most 7 days",
           "7 days");
    judged(r, "{\"present\":true,\"rotation_period_days\":8}", NULL, STATUS_FAIL, "at most 7 days",
           "8 days");
    judged(r, "{\"present\":false,\"rotation_period_days\":8}", NULL, STATUS_NOT_APPLICABLE,
           "at most 7 days", "8 days");
    judged(r, "{\"present\":true,\"rotation_period_days\":7}", "kms:DescribeKey: denied\x1b[2J",
           STATUS_ERROR, "at most 7 days", "kms:DescribeKey: denied?[2J");
    judged(r, "{\"present\":false,\"_unlisted\":true}", NULL, STATUS_ERROR, "at most 7 days",
           "could not be listed");
    judged(r,
           "{\"present\":true,\"rotation_period_days\":7,\"_hidden\":{\"kms:DescribeKey\":"
           "\"kms:DescribeKey in 222233330001: denied\"}}",
           NULL, STATUS_ERROR, "at most 7 days", "kms:DescribeKey in 222233330001: denied");
    judged(
        r,
        "{\"present\":true,\"rotation_period_days\":7,\"_hidden\":{\"kms:ListAliases\":\"other\"}}",
        NULL, STATUS_PASS, "at most 7 days", "7 days");
    /* A need of the subject's own counts only where the subject says so, and may name a family. */
    const struct rule *own = rules_find(set, "ACME-2");
    assert_int_equal(own->needs[3].at, NEED_SUBJECT);
    judged(own, "{\"present\":true,\"rotation_period_days\":7}", NULL, STATUS_PASS,
           "at most 7 days", "7 days");
    judged(own,
           "{\"present\":true,\"rotation_period_days\":7,\"_hidden\":{\"rds:DescribeDBClusters\":"
           "\"rds:DescribeDBClusters in here: denied\"}}",
           NULL, STATUS_ERROR, "at most 7 days", "rds:DescribeDBClusters in here: denied");
    rules_free(set);
}

static void the_configuration_sets_parameters_and_disables(void **state)
{
    struct rule_set *set =
        loaded(*state, false, "{\"parameters\":{\"ACME-1\":{\"days\":9}},\"disable\":[\"*-2\"]}");
    assert_int_equal(rules_count(set), 1);
    judged(rules_at(set, 0), "{\"present\":true,\"rotation_period_days\":9}", NULL, STATUS_PASS,
           "at most 9 days", "9 days");
    rules_free(set);
}

static void a_configuration_that_fits_no_rule_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"{\"parameters\":{\"ACME-3\":{}}}", "configuration: $.rules.parameters: expected the ID "
                                             "of a rule, not \"ACME-3\"; did you mean \"ACME-1\"?"},
        {"{\"parameters\":{\"ACME-1\":{\"day\":9}}}",
         "configuration: $.rules.parameters[\"ACME-1\"]: expected a parameter of the rule, not "
         "\"day\"; did you mean \"days\"?"},
        {"{\"parameters\":{\"ACME-1\":{\"days\":\"9\"}}}",
         "configuration: $.rules.parameters[\"ACME-1\"].days: expected a whole number"},
        {"{\"parameters\":{\"ACME-1\":{\"days\":0}}}",
         "configuration: $.rules.parameters[\"ACME-1\"].days: expected a whole number within the "
         "rule's minimum and maximum"},
        {"{\"disable\":[\"ACNE-1\"]}", "configuration: $.rules.disable: expected the ID of a rule, "
                                       "not \"ACNE-1\"; did you mean \"ACME-1\"?"},
    };
    const struct place *p = *state;
    const char *const directories[] = {p->one, NULL};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        struct rule_set *set = NULL;
        json_t *config = config_of(rows[i][0]);
        assert_int_equal(rules_load(directories, config, &set, &err), -1);
        assert_string_equal(err.text, rows[i][1]);
        assert_int_equal(err.code, ERR_INPUT);
        json_decref(config);
    }
}

static void a_file_that_would_be_passed_over_is_refused(void **state)
{
    const struct place *p = *state;
    struct err err = ERR_INIT;
    struct rule_set *set = NULL;
    const char *const directories[] = {p->two, NULL};
    write_file(p->two, "ACME-9.yml", RULE("ACME-9", "late"));
    assert_int_equal(rules_load(directories, NULL, &set, &err), -1);
    assert_non_null(strstr(err.text, "ACME-9.yml: expected a name that ends in .yaml"));
}

/* What rules_test() printed; yours. */
static char *tested(const struct place *p, struct rules_test_counts *counts, int wanted)
{
    struct err err = ERR_INIT;
    struct rule_set *set = loaded(p, false, "{\"disable\":[\"ACME-2\"]}");
    const char *const directories[] = {p->tests, NULL};
    char *path = path_join(p->root, "out");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(rules_test(set, directories, out, counts, &err), wanted);
    fclose(out);
    char *text = NULL;
    size_t length = 0;
    if (wanted == 0) {
        assert_int_equal(file_read(path, 65536, &text, &length, &err), 0);
    } else {
        text = xstrdup(err.text);
    }
    free(path);
    rules_free(set);
    return text;
}

static void fixtures_say_what_differs_and_what_lacks(void **state)
{
    const struct place *p = *state;
    struct rules_test_counts n;
    write_file(p->tests, "ACME-1.yaml",
               "rule: ACME-1\ncases:\n"
               "  - {name: seven pass, verdict: PASS, document: {present: true, "
               "rotation_period_days: 7}}\n"
               "  - {name: more by parameter, verdict: PASS, document: {present: true, "
               "rotation_period_days: 20}, "
               "parameters: {days: 30}, expected: at most 30 days}\n"
               "  - {name: eight fail, verdict: PASS, document: {present: true, "
               "rotation_period_days: 8}}\n"
               "  - {name: words, verdict: FAIL, document: {present: true, rotation_period_days: "
               "8}, observed: x}\n"
               "  - {name: unread, verdict: ERROR, document: {}, gap: denied}\n");
    char *text = tested(p, &n, 0);
    assert_int_equal(n.rules, 1);
    assert_int_equal(n.cases, 5);
    assert_int_equal(n.failed, 2);
    assert_int_equal(n.rules_without_pass, 0);
    assert_int_equal(n.rules_without_unknown, 0);
    assert_int_equal(n.rules_without_not_applicable, 1);
    assert_non_null(strstr(text, "ACME-1.yaml:5: eight fail: expected PASS, got FAIL\n"
                                 "    expected    at most 7 days\n    observed    8 days\n"));
    assert_non_null(strstr(
        text, "ACME-1.yaml:6: words: FAIL as expected, with different text\n"
              "    expected    at most 7 days\n    observed  - x\n              + 8 days\n"));
    assert_non_null(strstr(text, "ACME-1: no case expects NOT_APPLICABLE\n"));
    free(text);
}

static void malformed_fixtures_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"rule: ACME-7\ncases: [{}]\n",
         "1:7: $.rule: expected the ID of a rule, not \"ACME-7\"; did you mean \"ACME-1\"?"},
        {"rule: ACME-1\n", "1:1: $: expected cases: a list of at least one case"},
        {"rule: ACME-1\ncases: [{name: a, verdict: FIAL, document: {}}]\n",
         "2:28: $.cases[0].verdict: expected PASS, FAIL, ERROR, MANUAL or NOT_APPLICABLE, not "
         "\"FIAL\"; did you mean \"FAIL\"?"},
        {"rule: ACME-1\ncases: [{name: a, verdict: FAIL}]\n",
         "2:9: $.cases[0]: expected the key \"document\" here"},
        {"rule: ACME-1\ncases: [{name: a, verdict: FAIL, document: {}, contxt: {}}]\n",
         "2:48: $.cases[0]: expected a known key, not \"contxt\"; did you mean \"context\"?"},
        {"rule: ACME-1\ncases: [{name: a, verdict: FAIL, document: {}, parameters: {d: 1}}]\n",
         "expected a parameter of the rule, not \"d\""},
    };
    const struct place *p = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rules_test_counts n;
        write_file(p->tests, "ACME-1.yaml", rows[i][0]);
        char *text = tested(p, &n, -1);
        if (strstr(text, rows[i][1]) == NULL) {
            fail_msg("row %zu: %s", i, text);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_later_directory_overrides_an_equal_id, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(needs_know_where_a_gap_would_hide_them, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(every_verdict_carries_its_words, make_place, drop_place),
        cmocka_unit_test_setup_teardown(the_configuration_sets_parameters_and_disables, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(a_configuration_that_fits_no_rule_is_refused, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(a_file_that_would_be_passed_over_is_refused, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(fixtures_say_what_differs_and_what_lacks, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(malformed_fixtures_are_refused, make_place, drop_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
