/* What is too large, too deep or too much is refused with its place, not tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "rule_private.h"

#define HEAD                                                                                       \
    "id: ACME-1\ntitle: A thing is so\nstep: 2\nseverity: high\nscope: key\nwhy: because\n"        \
    "how: by looking\nneeds: []\nexpected: so\nobserved: state {state}\n"
#define SIMPLE "assert: {field: state, equals: Enabled}\n"

/* HEAD, then `before`, then `unit` so often, then `after`; yours. */
static char *grown(const char *before, const char *unit, size_t times, const char *after)
{
    struct text t;
    text_init(&t, (size_t)32 << 20);
    text_add(&t, HEAD);
    text_add(&t, before);
    for (size_t i = 0; i < times; i++) {
        text_add(&t, unit);
    }
    text_add(&t, after);
    return text_take(&t);
}

static void refused(char *rule, const char *words)
{
    struct err err = ERR_INIT;
    struct loaded_rule *l = NULL;
    assert_int_equal(rule_load("ACME-1.yaml", rule, strlen(rule), NULL, &l, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    if (strstr(err.text, words) == NULL) {
        fail_msg("expected \"%s\" in: %s", words, err.text);
    }
    free(rule);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    refused(grown("assert: ", "{not: ", 5000, "{field: state, equals: x}"),
            "expected at most 100 levels of nesting");
    refused(grown("assert: {field: state, in: ", "[", 5000, "]"),
            "expected at most 100 levels of nesting");
}

static void a_bomb_of_aliases_is_refused_at_its_first_anchor(void **state)
{
    (void)state;
    refused(grown("references: [&a [x, x], &b [*a, *a], &c [*b, *b]]\n", "", 0, SIMPLE), "allowed");
}

static void endless_words_are_refused(void **state)
{
    (void)state;
    refused(grown("fix: ", "x", 20000, "\n" SIMPLE), "$.fix: expected at most 16384 bytes");
    refused(grown("remedy: ", "x", 20000, "\n" SIMPLE), "$.remedy: expected at most 16384 bytes");
}

static void an_oversized_pattern_is_refused(void **state)
{
    (void)state;
    refused(grown("assert: {field: state, matches: '", "a", 5000, "'}\n"),
            "expected a regular expression: longer than 4096 bytes");
    refused(grown("assert: {field: state, matches: '((((x{1,200}){1,200}){1,200}){1,200})", "", 0,
                  "'}\n"),
            "expected a regular expression: ");
    refused(grown("assert: {field: state, matches: '", "(", 2000, "'}\n"),
            "expected a regular expression: ");
}

static void a_catastrophic_pattern_gives_error_and_ends(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct loaded_rule *l = NULL;
    char *rule =
        grown("assert: {field: state, matches: '^(([a-z])+.)+[A-Z]([a-z])+$'}\n", "", 0, "");
    assert_int_equal(rule_load("ACME-1.yaml", rule, strlen(rule), NULL, &l, &err), 0);
    json_t *document = json_object();
    char value[5001];
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    json_object_set_new(document, "state", json_string(value));
    struct check_result result;
    assert_int_equal(check_evaluate(&l->rule, document, NULL, NULL, NULL, &result, &err), 0);
    assert_int_equal(result.status, STATUS_ERROR);
    assert_non_null(
        strstr(result.observed, "exceeded the matching limit on a value of 5000 bytes"));
    check_result_release(&result);
    json_decref(document);
    rule_free(l);
    free(rule);
}

/* --- files and directories --- */

static void put(const char *path, const char *data, size_t length)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

static void a_file_of_ten_megabytes_is_refused_unread(void **state)
{
    struct err err = ERR_INIT;
    char *path = path_join(*state, "ACME-1.yaml");
    char *filler = xmalloc((size_t)10 << 20);
    memset(filler, '#', (size_t)10 << 20);
    put(path, filler, (size_t)10 << 20);
    assert_int_equal(rules_check_file(path, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "ACME-1.yaml"));
    free(filler);
    free(path);
}

static void more_rules_than_anybody_writes_are_refused(void **state)
{
    struct err err = ERR_INIT;
    const char *const directories[] = {*state, NULL};
    struct rule_set *set = NULL;
    for (int i = 0; i <= 2000; i++) {
        char *path = xasprintf("%s/ACME-%d.yaml", (const char *)*state, i);
        char *rule = xasprintf("id: ACME-%d\n%s%s", i, strchr(HEAD, '\n') + 1, SIMPLE);
        put(path, rule, strlen(rule));
        free(rule);
        free(path);
    }
    assert_int_equal(rules_load(directories, NULL, &set, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_true(str_ends(err.text, ": expected at most 2000 rules"));
}

static int open_folder(void **state)
{
    char template[] = "/tmp/towerkeep-limits-XXXXXX";
    char *made = mkdtemp(template);
    *state = made != NULL ? xstrdup(made) : NULL;
    return made != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
    dir_remove(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_bomb_of_aliases_is_refused_at_its_first_anchor),
        cmocka_unit_test(endless_words_are_refused),
        cmocka_unit_test(an_oversized_pattern_is_refused),
        cmocka_unit_test(a_catastrophic_pattern_gives_error_and_ends),
        cmocka_unit_test_setup_teardown(a_file_of_ten_megabytes_is_refused_unread, open_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(more_rules_than_anybody_writes_are_refused, open_folder,
                                        drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
