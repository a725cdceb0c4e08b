/* Frameworks: what they map, what a file may not say, and that the shipped ones hold. */
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
#include "check/frameworks.h"

#define SHIPPED_RULES TOWERKEEP_SOURCE_DIR "/rules"
#define TOP(id) "id: " id "\ntitle: T " id "\nversion: 4.0\nsource: S\nrequirements:\n"
#define MAPPED "  - {id: 1.10, title: first, checks: [{id: KMS-05, rationale: because}]}\n"
#define BARE "  - {id: R2, title: second, evidence: none, why: nobody can tell}\n"

static struct rule_set *rules_of(const char *config_text)
{
    struct err err = ERR_INIT;
    struct rule_set *rules = NULL;
    const char *const directories[] = {SHIPPED_RULES, NULL};
    json_t *config = config_text != NULL ? json_loads(config_text, 0, NULL) : NULL;
    if (rules_load(directories, config, &rules, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_decref(config);
    return rules;
}

/* Loads a directory that holds this one file. */
static int load_one(const struct rule_set *rules, const char *name, const char *text,
                    struct framework_set **out, struct err *err)
{
    char folder[] = "/tmp/towerkeep-frameworks-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = path_join(folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    const char *const directories[] = {"/nonexistent/frameworks", folder, NULL};
    int rc = frameworks_load(directories, rules, out, err);
    unlink(path);
    rmdir(folder);
    free(path);
    return rc;
}

static void a_requirement_maps_checks_or_says_why_it_cannot(void **state)
{
    struct err err = ERR_INIT;
    struct framework_set *set = NULL;
    struct rule_set *rules = rules_of(NULL);
    static const char *const named[] = {"f1", NULL}, *const other[] = {"f2", NULL};
    (void)state;
    if (load_one(rules, "f1.yaml", TOP("f1") MAPPED BARE, &set, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(frameworks_count(set), 1);
    assert_true(frameworks_map(set, NULL, "KMS-05"));
    assert_true(frameworks_map(set, named, "KMS-05"));
    assert_false(frameworks_map(set, other, "KMS-05"));
    assert_false(frameworks_map(set, named, "KMS-06"));
    assert_int_equal(frameworks_check_names(set, named, &err), 0);
    assert_int_equal(frameworks_check_names(set, other, &err), -1);
    assert_non_null(strstr(err.text, "did you mean f1?"));
    json_t *of_check = json_object();
    frameworks_of_check(set, "KMS-05", of_check);
    char *text = jx_dump(of_check);
    assert_string_equal(text, "{\"T f1\":[\"1.10\"]}");
    free(text);
    json_decref(of_check);
    frameworks_free(set);
    rules_free(rules);
}

static void a_disabled_rule_stays_known(void **state)
{
    struct err err = ERR_INIT;
    struct framework_set *set = NULL;
    struct rule_set *rules = rules_of("{\"rules\": {\"disable\": [\"KMS-05\"]}}");
    (void)state;
    assert_null(rules_find(rules, "KMS-05"));
    assert_int_equal(load_one(rules, "f1.yaml", TOP("f1") MAPPED, &set, &err), 0);
    frameworks_free(set);
    rules_free(rules);
}

static const struct {
    const char *text, *complaint;
} malformed[] = {
    {"", "expected a mapping"},
    {TOP("f2") MAPPED, "f1.yaml:1:5: $.id: expected the file's name without .yaml, not \"f2\""},
    {"id: f1\ntitle: T\nversion: 1\nsource: S\n", "expected requirements"},
    {TOP("f1"), "expected requirements"},
    {TOP("f1") "  - {id: R, title: t}\n", "expected checks, or evidence: none with why"},
    {TOP("f1") "  - {id: R, title: t, checks: []}\n", "not empty"},
    {TOP("f1") "  - {id: R, title: t, evidence: none}\n", "\"why\""},
    {TOP("f1") "  - {id: R, title: t, evidence: some, why: w}\n", "expected the value none"},
    {TOP("f1") "  - {id: R, title: t, evidence: none, why: w, checks: [{id: KMS-05, rationale: "
               "r}]}\n",
     "checks"},
    {TOP("f1") "  - {id: R, title: t, checks: [{id: KMS-05}]}\n", "\"rationale\""},
    {TOP("f1") "  - id: R\n    title: t\n    checks:\n      - {id: KMS-5, rationale: r}\n",
     "f1.yaml:9:14: $.requirements[0].checks[0].id: expected the ID of a check, not \"KMS-5\": did "
     "you mean \"KMS-05\"?"},
    {TOP("f1") "  - {id: R, title: t, checks: [{id: KMS-05, rationale: r}, {id: KMS-05, rationale: "
               "s}]}\n",
     "expected each ID once"},
    {TOP("f1") BARE BARE, "\"R2\" is on line 6 and again here"},
    {TOP("f1") "  - {id: R, titel: t, evidence: none, why: w}\n", "\"title\""},
    {"id: f1\ntitle: T\nversion: 1\nsource: S\nextra: x\nrequirements:\n" BARE, "extra"},
};

static void malformed_files_are_refused_with_their_place(void **state)
{
    struct rule_set *rules = rules_of(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        struct err err = ERR_INIT;
        struct framework_set *set = NULL;
        if (load_one(rules, "f1.yaml", malformed[i].text, &set, &err) == 0) {
            fail_msg("case %zu was accepted", i);
        }
        assert_int_equal(err.code, ERR_INPUT);
        if (strstr(err.text, malformed[i].complaint) == NULL) {
            fail_msg("case %zu: %s", i, err.text);
        }
    }
    rules_free(rules);
}

static const char *const wanted[] = {
    "aws-well-architected", "cis-aws-3.0.0", "control-tower-do-not", "dora",          "hipaa",
    "iso-27001-2022",       "nis2",          "nist-800-53-r5",       "pci-dss-4.0.1", "soc-2"};

static void the_shipped_ones_are_all_there_and_each_has_evidence(void **state)
{
    struct err err = ERR_INIT;
    struct framework_set *set = NULL;
    struct rule_set *rules = rules_of(NULL);
    const char *const directories[] = {SHIPPED_RULES "/frameworks", NULL};
    (void)state;
    if (frameworks_load(directories, rules, &set, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(frameworks_count(set), sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < frameworks_count(set); i++) {
        const char *const name[] = {wanted[i], NULL};
        size_t mapped = 0;
        assert_string_equal(jx_str(frameworks_at(set, i), "id"), wanted[i]);
        for (size_t k = 0; k < rules_count(rules); k++) {
            mapped += frameworks_map(set, name, rules_at(rules, k)->id);
        }
        assert_true(mapped > 0);
    }
    frameworks_free(set);
    rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_requirement_maps_checks_or_says_why_it_cannot),
        cmocka_unit_test(a_disabled_rule_stays_known),
        cmocka_unit_test(malformed_files_are_refused_with_their_place),
        cmocka_unit_test(the_shipped_ones_are_all_there_and_each_has_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
