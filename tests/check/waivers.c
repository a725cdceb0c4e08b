/* Waivers: what they cover, when they end, and what a file may not say. */
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

#include "base/jsonx.h"
#include "check/waivers.h"

#define ONE "111111111111"
#define TWO "222222222222"
#define NOON "2026-11-20T12:00:00Z"
#define HEAD "Mutelist:\n  Accounts:\n"
#define FOR(account, check) "    '" account "':\n      Checks:\n        '" check "':\n          "
#define ALL "Regions: ['*']\n          Resources: ['*']\n          "

/* Loads the text as a file "w.yaml". */
static int load(const char *text, struct waivers **w, struct err *err)
{
    char directory[] = "/tmp/towerkeep-waivers-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/w.yaml", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
    int rc = waivers_load(path, NULL, w, err);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    return rc;
}

static struct waivers *loaded(const char *text)
{
    struct err err = ERR_INIT;
    struct waivers *w = NULL;
    if (load(text, &w, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return w;
}

static struct finding failure(const char *account, const char *check, const char *region,
                              const char *name)
{
    return (struct finding){.check_id = check,
                            .account_id = account,
                            .region = region,
                            .resource_name = name,
                            .resource_arn = "",
                            .status = STATUS_FAIL};
}

/* tags: JSON or NULL. */
static bool covered(struct waivers *w, const char *now, const char *account, const char *check,
                    const char *region, const char *name, const char *tags)
{
    struct err err = ERR_INIT;
    struct finding f = failure(account, check, region, name);
    json_t *object = tags != NULL ? json_loads(tags, 0, NULL) : NULL;
    assert_int_equal(waivers_begin(w, now, &err), 0);
    bool yes = waivers_mute(w, &f, object) != NULL;
    json_decref(object);
    return yes;
}

/* Loads, asks once, frees. */
static bool muted(const char *text, const char *account, const char *check, const char *region,
                  const char *name, const char *tags)
{
    struct waivers *w = loaded(text);
    bool yes = covered(w, NOON, account, check, region, name, tags);
    waivers_free(w);
    return yes;
}

static void account_check_region_and_resource_must_all_match(void **state)
{
    static const char text[] = HEAD FOR(ONE, "KMS-05") "Regions: [eu-west-1]\n"
                                                       "          Resources: [user-1, user-2]\n";
    (void)state;
    assert_true(muted(text, ONE, "KMS-05", "eu-west-1", "user-1", NULL));
    assert_true(muted(text, ONE, "KMS-05", "eu-west-1", "user-2", NULL));
    assert_false(muted(text, TWO, "KMS-05", "eu-west-1", "user-1", NULL));
    assert_false(muted(text, ONE, "KMS-06", "eu-west-1", "user-1", NULL));
    assert_false(muted(text, ONE, "KMS-05", "eu-central-1", "user-1", NULL));
    assert_false(muted(text, ONE, "KMS-05", "eu-west-1", "admin", NULL));
}

static void a_star_means_everything_also_what_has_no_region_or_resource(void **state)
{
    static const char text[] = HEAD FOR("*", "*") ALL "\n";
    static const char service[] = HEAD FOR("*", "KMS-*") ALL "\n";
    (void)state;
    assert_true(muted(text, ONE, "ORG-01", "", "", NULL));
    assert_true(muted(service, TWO, "KMS-11", "eu-west-1", "k", NULL));
    assert_false(muted(service, TWO, "VLT-03", "eu-west-1", "k", NULL));
}

static void resources_are_expressions_found_anywhere_in_name_or_arn(void **state)
{
    static const char part[] = HEAD FOR("*", "*") "Regions: ['*']\n          Resources: [logs]\n";
    static const char more[] =
        HEAD FOR("*", "*") "Regions: ['*']\n          Resources: ['.+-logs$', '^i-[0-9]+$']\n";
    (void)state;
    assert_true(muted(part, ONE, "TAG-01", "r", "ci-logs-replica", NULL));
    assert_false(muted(part, ONE, "TAG-01", "r", "log", NULL));
    assert_true(muted(more, ONE, "TAG-01", "r", "ci-logs", NULL));
    assert_false(muted(more, ONE, "TAG-01", "r", "logs", NULL));
    assert_false(muted(more, ONE, "TAG-01", "r", "ci-logs-replica", NULL));
    assert_true(muted(more, ONE, "TAG-01", "r", "i-42", NULL));
    struct waivers *w = loaded(part);
    struct err err = ERR_INIT;
    struct finding f = failure(ONE, "TAG-01", "r", "x");
    f.resource_arn = "arn:aws:s3:::ci-logs";
    assert_int_equal(waivers_begin(w, NOON, &err), 0);
    assert_string_equal(waivers_mute(w, &f, NULL), "*/*");
    waivers_free(w);
}

static void a_star_is_a_glob_after_a_plain_character_and_repeats_after_an_expression(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool found;
    } cases[] = {{"prod-*-vault", "prod-eu-vault", true},
                 {"prod-*-vault", "prod--vault", true},
                 {"prod-*-vault", "prod-vault", false},
                 {"*-logs$", "ci-logs", true},
                 {"^x$|*-logs$", "ci-logs", true},
                 {"**", "n", true},
                 {"^dev-.*$", "dev-", true},
                 {"^dev-.*$", "prod", false},
                 {"^i-[0-9]*$", "i-42", true},
                 {"^i-[0-9]*$", "i-x", false},
                 {"^i-[0-9]*$", "i-", true},
                 {"^(ab)*$", "abab", true},
                 {"^(ab)*$", "abx", false},
                 {"^\\d*$", "12", true},
                 {"^\\d*$", "1a", false},
                 {"^a[*]$", "a*", true},
                 {"^a[*]$", "a.", false},
                 {"^a\\*$", "a*", true},
                 {"^a\\*$", "ab", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       HEAD FOR("*", "*") "Regions: ['*']\n          Resources: ['%s']\n",
                       cases[i].pattern);
        if (muted(text, ONE, "TAG-01", "r", cases[i].name, NULL) != cases[i].found) {
            fail_msg("%s against %s", cases[i].pattern, cases[i].name);
        }
    }
}

static void several_tags_must_all_be_there_and_a_bar_within_one_is_or(void **state)
{
    static const char text[] =
        HEAD FOR("*", "*") ALL "Tags: ['test=test', 'project=test|project=stage']\n";
    static const char none[] = HEAD FOR("*", "*") ALL "Tags: []\n";
    (void)state;
    assert_true(muted(text, ONE, "TAG-01", "r", "a", "{\"test\":\"test\",\"project\":\"stage\"}"));
    assert_true(muted(text, ONE, "TAG-01", "r", "a", "{\"project\":\"test\",\"test\":\"test\"}"));
    assert_false(muted(text, ONE, "TAG-01", "r", "a", "{\"test\":\"test\"}"));
    assert_false(muted(text, ONE, "TAG-01", "r", "a", "{\"project\":\"stage\"}"));
    assert_false(muted(text, ONE, "TAG-01", "r", "a", NULL));
    assert_true(muted(none, ONE, "TAG-01", "r", "a", NULL));
}

static void exceptions_unmute_where_every_kind_that_is_listed_matches(void **state)
{
    static const char text[] = HEAD FOR("*", "*") ALL "Exceptions: {Accounts: ['" ONE
                                                      "'], Regions: [eu-west-1, eu-south-2]}\n";
    static const char tagged[] =
        HEAD FOR(ONE, "*") ALL "Exceptions: {Resources: [test], Tags: ['env=prod']}\n";
    (void)state;
    assert_false(muted(text, ONE, "TAG-01", "eu-west-1", "a", NULL));
    assert_false(muted(text, ONE, "TAG-01", "eu-south-2", "a", NULL));
    assert_true(muted(text, ONE, "TAG-01", "eu-central-1", "a", NULL));
    assert_true(muted(text, TWO, "TAG-01", "eu-west-1", "a", NULL));
    assert_false(muted(tagged, ONE, "TAG-01", "r", "test", "{\"env\":\"prod\"}"));
    assert_true(muted(tagged, ONE, "TAG-01", "r", "test", "{\"env\":\"dev\"}"));
    assert_true(muted(tagged, ONE, "TAG-01", "r", "live", "{\"env\":\"prod\"}"));
}

static void an_exception_closes_the_later_checks_of_its_account(void **state)
{
    static const char text[] = HEAD FOR("*", "TAG-01") ALL "Exceptions: {Accounts: ['" ONE
                                                           "']}\n        '*':\n          " ALL "\n";
    static const char turned[] = HEAD FOR("*", "*") ALL "\n        'TAG-01':\n          " ALL
                                                        "Exceptions: {Accounts: ['" ONE "']}\n";
    (void)state;
    assert_false(muted(text, ONE, "TAG-01", "r", "a", NULL));
    assert_true(muted(text, ONE, "TAG-02", "r", "a", NULL));
    assert_true(muted(text, TWO, "TAG-01", "r", "a", NULL));
    assert_true(muted(turned, ONE, "TAG-01", "r", "a", NULL));
}

/* One file with everything that the documentation of Prowler's mutelist describes, and what it says
   of each. Held once, by hand, against Prowler's own code: docs/waivers.md. */
static const char documented[] = HEAD
    "    '" ONE "':\n      Checks:\n"
    "        'ACC-01': {Regions: [us-east-1], Resources: [user-1, user-2], Description: two "
    "users}\n"
    "        'KMS-*': {Regions: ['*'], Resources: ['*']}\n"
    "        'TAG-0[12]': {Regions: ['eu-.+-1'], Resources: [scratch], Tags: ['use=lab', "
    "'project=a|project=b']}\n"
    "        'TAG-03': {Regions: ['*'], Resources: ['*'], Tags: ['stage=dev | project=x']}\n"
    "    '*':\n      Checks:\n"
    "        'VLT-03': {Regions: [eu-west-1, us-east-1], Resources: [ci-logs, '.+-archive']}\n"
    "        'VLT-04': {Regions: ['*'], Resources: ['*'], Exceptions: {Accounts: ['" TWO "'], "
    "Regions: [eu-west-1, eu-south-2]}}\n"
    "        'VLT-05': {Regions: ['*'], Resources: ['*'], Exceptions: {Resources: [keep]}}\n"
    "        'VLT-06': {Regions: ['*'], Resources: ['*'], Exceptions: {Tags: ['stage=prod']}}\n"
    "        'VLT-07': {Regions: ['*'], Resources: ['*'], Exceptions: {Accounts: [], Regions: [], "
    "Resources: [], Tags: []}}\n"
    "        '*': {Regions: ['*'], Resources: ['*'], Tags: ['stage=dev']}\n";

static void every_documented_feature_of_a_mutelist_does_what_is_said(void **state)
{
    static const struct {
        const char *account, *check, *region, *name, *tags;
        bool covered;
    } rows[] = {
        {ONE, "ACC-01", "us-east-1", "user-2", NULL, true}, /* all of them hold */
        {ONE, "ACC-01", "eu-west-1", "user-2", NULL, false},
        {ONE, "ACC-01", "us-east-1", "admin", NULL, false},
        {TWO, "ACC-01", "us-east-1", "user-2", NULL, false},
        {ONE, "KMS-05", "eu-west-1", "k", NULL, true}, /* all checks of a kind */
        {ONE, "VLT-02", "eu-west-1", "k", NULL, false},
        {ONE, "TAG-01", "eu-west-1", "scratch-7", "{\"use\":\"lab\",\"project\":\"b\"}", true},
        {ONE, "TAG-02", "eu-west-1", "scratch-7", "{\"use\":\"lab\",\"project\":\"a\"}", true},
        {ONE, "TAG-01", "eu-west-1", "scratch-7", "{\"use\":\"lab\",\"project\":\"c\"}", false},
        {ONE, "TAG-01", "eu-west-1", "scratch-7", "{\"project\":\"b\"}", false}, /* both, not one */
        {ONE, "TAG-01", "eu-west-2", "scratch-7", "{\"use\":\"lab\",\"project\":\"b\"}", false},
        {ONE, "TAG-04", "eu-west-1", "scratch-7", "{\"use\":\"lab\",\"project\":\"b\"}", false},
        /* Tags are read as "key=value | key=value", and a blank around the bar is part of the
           pattern. */
        {ONE, "TAG-03", "r", "n", "{\"stage\":\"dev\",\"team\":\"t\"}", true},
        {ONE, "TAG-03", "r", "n", "{\"team\":\"t\",\"project\":\"x\"}", true},
        {ONE, "TAG-03", "r", "n", "{\"project\":\"x\"}", false},
        {TWO, "VLT-03", "eu-west-1", "ci-logs-replica", NULL,
         true}, /* found anywhere in the name */
        {TWO, "VLT-03", "us-east-1", "qa-archive", NULL, true},
        {TWO, "VLT-03", "us-east-1", "-archive", NULL, false},
        {TWO, "VLT-03", "eu-central-1", "ci-logs", NULL, false},
        {TWO, "VLT-04", "eu-south-2", "v", NULL,
         false}, /* excepted: this account in these Regions */
        {TWO, "VLT-04", "eu-central-1", "v", NULL, true},
        {ONE, "VLT-04", "eu-south-2", "v", NULL, true},
        {ONE, "VLT-05", "r", "to-keep", NULL, false},
        {ONE, "VLT-05", "r", "other", NULL, true},
        {ONE, "VLT-06", "r", "v", "{\"stage\":\"prod\"}", false},
        {ONE, "VLT-06", "r", "v", "{\"stage\":\"test\"}", true},
        {ONE, "VLT-07", "r", "v", "{\"stage\":\"test\"}",
         true}, /* empty exceptions except nothing */
        {TWO, "PLN-01", "r", "n", "{\"stage\":\"dev\"}", true}, /* any check, by tag */
        {TWO, "PLN-01", "r", "n", "{\"stage\":\"prod\"}", false},
        {TWO, "PLN-01", "r", "n", NULL, false},
    };
    struct waivers *w = loaded(documented);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (covered(w, NOON, rows[i].account, rows[i].check, rows[i].region, rows[i].name,
                    rows[i].tags) != rows[i].covered) {
            fail_msg("row %zu: %s %s %s", i, rows[i].check, rows[i].region, rows[i].name);
        }
    }
    waivers_free(w);
}

static void the_last_day_counts_whole_in_utc(void **state)
{
    static const char text[] = HEAD FOR("*", "*") ALL "Expires: 2026-11-30\n";
    struct waivers *w = loaded(text);
    (void)state;
    assert_true(covered(w, "2026-11-30T00:00:00Z", ONE, "A", "r", "n", NULL));
    assert_true(covered(w, "2026-11-30T23:59:59Z", ONE, "A", "r", "n", NULL));
    assert_true(covered(w, "2026-11-30T23:59:59.999Z", ONE, "A", "r", "n", NULL));
    assert_false(covered(w, "2026-12-01T00:00:00Z", ONE, "A", "r", "n", NULL));
    assert_true(covered(w, "2026-12-01T01:59:59+02:00", ONE, "A", "r", "n", NULL));
    assert_false(covered(w, "2026-11-30T19:00:00-05:00", ONE, "A", "r", "n", NULL));
    waivers_free(w);
}

static void state_is(const char *expires, const char *now, bool use, const char *state,
                     long long left)
{
    char text[512];
    (void)snprintf(text, sizeof text, HEAD FOR("*", "*") ALL "Expires: %s\n", expires);
    struct waivers *w = loaded(text);
    struct err err = ERR_INIT;
    assert_int_equal(waivers_begin(w, now, &err), 0);
    if (use) {
        (void)covered(w, now, ONE, "A", "r", "n", NULL);
    }
    json_t *list = waivers_report(w);
    const json_t *row = json_array_get(list, 0);
    assert_string_equal(jx_str(row, "state"), state);
    if (left > -1000) {
        assert_int_equal(jx_int(row, "days_left", -999), left);
    } else {
        assert_true(json_is_null(json_object_get(row, "days_left")));
    }
    json_decref(list);
    waivers_free(w);
}

static void states_follow_the_days_left_and_the_use(void **state)
{
    (void)state;
    state_is("2026-12-20", "2026-11-20T00:00:00Z", true, "EXPIRING", 30);
    state_is("2026-12-20", "2026-11-20T23:59:59Z", true, "EXPIRING", 30);
    state_is("2026-12-20", "2026-11-19T23:59:59Z", true, "ACTIVE", 31);
    state_is("2026-12-20", "2026-12-20T23:59:59Z", true, "EXPIRING", 0);
    state_is("2026-12-20", "2026-12-21T00:00:00Z", true, "EXPIRED", -1);
    state_is("2026-12-20", "2026-12-22T00:00:00Z", false, "EXPIRED", -2);
    state_is("2026-12-20", "2026-11-20T00:00:00Z", false, "UNUSED", 30);
    state_is("null", "2026-11-20T00:00:00Z", true, "ACTIVE", -1000);
}

static void an_expired_waiver_is_told_and_none_covers_the_rule_that_tells(void **state)
{
    static const char text[] = HEAD FOR("*", "*") ALL "\n        'KMS-05':\n          " ALL
                                                      "Expires: 2026-11-19\n          Owner: Ann\n";
    struct waivers *w = loaded(text);
    (void)state;
    assert_false(covered(w, NOON, ONE, WAIVERS_RULE, "", "", NULL));
    /* It would cover no failure of that run. */
    json_t *unused = waivers_document(w, true);
    assert_int_equal(json_array_size(json_object_get(unused, "expired")), 0);
    assert_int_equal(json_array_size(json_object_get(unused, "expired_unused")), 1);
    json_decref(unused);
    assert_true(covered(w, NOON, ONE, "KMS-05", "", "", NULL));
    json_t *document = waivers_document(w, true);
    json_t *expired = json_object_get(document, "expired");
    assert_true(json_is_true(json_object_get(document, "given")));
    assert_int_equal(json_array_size(expired), 1);
    assert_string_equal(json_string_value(json_array_get(expired, 0)),
                        "*/KMS-05 (line 9, until 2026-11-19, owner Ann)");
    json_decref(document);
    waivers_free(w);
    document = waivers_document(NULL, true);
    assert_true(json_is_false(json_object_get(document, "given")));
    json_decref(document);
}

static void every_waiver_that_covers_a_failure_counts_it_and_the_first_is_named(void **state)
{
    static const char text[] = HEAD FOR(ONE, "KMS-05") ALL "\n" FOR("*", "*") ALL "\n";
    struct waivers *w = loaded(text);
    struct err err = ERR_INIT;
    struct finding f = failure(ONE, "KMS-05", "r", "n");
    (void)state;
    assert_int_equal(waivers_begin(w, NOON, &err), 0);
    assert_string_equal(waivers_mute(w, &f, NULL), ONE "/KMS-05");
    f.account_id = TWO;
    assert_string_equal(waivers_mute(w, &f, NULL), "*/*");
    json_t *list = waivers_report(w);
    assert_int_equal(jx_int(json_array_get(list, 0), "matched", -1), 1);
    assert_int_equal(jx_int(json_array_get(list, 1), "matched", -1), 2);
    json_decref(list);
    waivers_free(w);
}

static void a_pattern_that_gives_up_covers_nothing_and_says_so(void **state)
{
    static const char text[] =
        HEAD FOR("*", "*") "Regions: ['*']\n          Resources: ['^(a+)+$']\n";
    struct waivers *w = loaded(text);
    (void)state;
    assert_false(
        covered(w, NOON, ONE, "A", "r", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", NULL));
    json_t *list = waivers_report(w);
    assert_string_equal(jx_str(json_array_get(list, 0), "problem"),
                        "a pattern exceeded the matching limit");
    json_decref(list);
    waivers_free(w);
}

static void without_an_end_of_the_run_nothing_is_guessed(void **state)
{
    struct waivers *w = loaded(HEAD FOR("*", "*") ALL "\n");
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(waivers_begin(w, NULL, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    waivers_free(w);
}

static const struct {
    const char *text, *complaint;
} malformed[] = {
    {"", "expected a mapping with the member Mutelist"},
    {"Mute List: {Accounts: {}}\n", "did you mean \"Mutelist\"?"},
    {"Mutelist: {Accounts: null}\n",
     "w.yaml:1:22: $.Mutelist.Accounts: expected Accounts: a mapping"},
    {"Mutelist: {Accounts: {'12345': {Checks: {}}}}\n", "expected an account ID (12 digits)"},
    {"Mutelist: {Accounts: {'*': {Cheks: {}}}}\n", "expected Checks"},
    {HEAD FOR("*", "A") "Regions: ['*']\n", "expected a member Resources"},
    {HEAD FOR("*", "A") "Resources: ['*']\n", "expected a member Regions"},
    {HEAD FOR("*", "A") ALL "Expire: 2026-01-01\n", "did you mean \"Expires\"?"},
    {HEAD FOR("*", "A") ALL "Expires: 2026-02-30\n", "w.yaml:8:20: "},
    {HEAD FOR("*", "A") ALL "Expires: 2026-02-01T00:00:00Z\n", "expected a valid date such as"},
    {HEAD FOR("*", "A") ALL "Created: 2026-02-02\n          Expires: 2026-02-01\n",
     "not before Created (2026-02-02)"},
    {HEAD FOR("*", "A") "Regions: '*'\n          Resources: ['*']\n",
     "expected a list of patterns"},
    {HEAD FOR("*", "A") "Regions: ['*']\n          Resources: ['(']\n",
     "w.yaml:7:23: $.Mutelist.Accounts"},
    {HEAD FOR("*", "A(") ALL "\n", "expected a regular expression"},
    {HEAD FOR("*", "A") ALL "Exceptions: {Region: [x]}\n", "did you mean \"Regions\"?"},
    {HEAD FOR("*", "A") ALL "\n        'A':\n          " ALL "\n",
     "\"A\" is on line 5 and again on line 9"},
    {HEAD FOR("*", "A") ALL "\n    '*':\n      Checks: {}\n",
     "\"*\" is on line 3 and again on line 9"},
};

static void malformed_files_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        struct err err = ERR_INIT;
        struct waivers *w = NULL;
        const char *text = malformed[i].text;
        if (load(text, &w, &err) == 0) {
            fail_msg("case %zu was accepted", i);
        }
        assert_int_equal(err.code, ERR_INPUT);
        if (strstr(err.text, malformed[i].complaint) == NULL) {
            fail_msg("case %zu: %s", i, err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_check_region_and_resource_must_all_match),
        cmocka_unit_test(a_star_means_everything_also_what_has_no_region_or_resource),
        cmocka_unit_test(resources_are_expressions_found_anywhere_in_name_or_arn),
        cmocka_unit_test(a_star_is_a_glob_after_a_plain_character_and_repeats_after_an_expression),
        cmocka_unit_test(several_tags_must_all_be_there_and_a_bar_within_one_is_or),
        cmocka_unit_test(exceptions_unmute_where_every_kind_that_is_listed_matches),
        cmocka_unit_test(an_exception_closes_the_later_checks_of_its_account),
        cmocka_unit_test(every_documented_feature_of_a_mutelist_does_what_is_said),
        cmocka_unit_test(the_last_day_counts_whole_in_utc),
        cmocka_unit_test(states_follow_the_days_left_and_the_use),
        cmocka_unit_test(an_expired_waiver_is_told_and_none_covers_the_rule_that_tells),
        cmocka_unit_test(every_waiver_that_covers_a_failure_counts_it_and_the_first_is_named),
        cmocka_unit_test(a_pattern_that_gives_up_covers_nothing_and_says_so),
        cmocka_unit_test(without_an_end_of_the_run_nothing_is_guessed),
        cmocka_unit_test(malformed_files_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
