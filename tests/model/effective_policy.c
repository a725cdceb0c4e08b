/* What policies attached along the tree come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/effective_policy.h"

#define LEVELS 4

static json_t *read(const char *text)
{
    const char *problem = NULL;
    json_t *value = jx_parse(text, strlen(text), &problem);
    assert_non_null(value);
    return value;
}

struct row {
    const char *levels[LEVELS]; /* each a list of contents, the root's first; NULL ends */
    const char *result;
};

static void come_to(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct effective_policy *p = effective_policy_new();
        for (size_t level = 0; level < LEVELS && rows[i].levels[level] != NULL; level++) {
            json_t *contents = read(rows[i].levels[level]);
            effective_policy_descend(p, contents);
            json_decref(contents);
        }
        json_t *result = effective_policy_result(p, "222233330011");
        json_t *wanted = read(rows[i].result);
        char *shown = jx_dump(result);
        if (!json_equal(result, wanted)) {
            fail_msg("row %zu: %s", i, shown);
        }
        free(shown);
        json_decref(wanted);
        json_decref(result);
        effective_policy_free(p);
    }
}

#define REGIONS(op, list) "[{\"plans\":{\"P\":{\"regions\":{\"" op "\":" list "}}}}]"
#define RESULT(list) "{\"plans\":{\"P\":{\"regions\":" list "}}}"

static void values_are_replaced_added_and_removed_on_the_way_down(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{NULL}, "{}"},
        {{"[]", "[]"}, "{}"},
        {{REGIONS("@@assign", "[\"a\",\"b\"]")}, RESULT("[\"a\",\"b\"]")},
        {{REGIONS("@@assign", "[\"a\",\"b\"]"), REGIONS("@@assign", "[\"c\"]")}, RESULT("[\"c\"]")},
        {{REGIONS("@@assign", "[\"a\"]"), REGIONS("@@append", "[\"b\",\"a\"]")},
         RESULT("[\"a\",\"b\"]")},
        {{REGIONS("@@append", "[\"a\"]")}, RESULT("[\"a\"]")},
        {{REGIONS("@@assign", "[\"a\",\"b\"]"), REGIONS("@@remove", "[\"a\",\"x\"]"),
          REGIONS("@@append", "[\"c\"]")},
         RESULT("[\"b\",\"c\"]")},
        /* a single value is a list of one */
        {{REGIONS("@@assign", "[\"a\"]"), REGIONS("@@append", "\"b\"")}, RESULT("[\"a\",\"b\"]")},
        {{REGIONS("@@assign", "\"a\""), REGIONS("@@append", "[\"b\"]"),
          REGIONS("@@remove", "\"a\"")},
         RESULT("[\"b\"]")},
        {{"[{\"plans\":{\"P\":{\"rules\":{\"R\":{\"target_backup_vault_name\":{\"@@assign\":\"v\"}}"
          "}}}},"
          "{\"plans\":{\"Q\":{\"rules\":{\"S\":{\"target_backup_vault_name\":{\"@@assign\":\"w\"}}}"
          "}}}]"},
         "{\"plans\":{\"P\":{\"rules\":{\"R\":{\"target_backup_vault_name\":\"v\"}}},"
         "\"Q\":{\"rules\":{\"S\":{\"target_backup_vault_name\":\"w\"}}}}}"},
    };
    come_to(rows, sizeof rows / sizeof rows[0]);
}

#define LIMITED(words)                                                                             \
    "[{\"plans\":{\"P\":{\"regions\":{\"@@operators_allowed_for_child_policies\":[" words          \
    "],\"@@assign\":[\"a\"]}}}}]"

static void a_limit_binds_those_below_and_cannot_be_widened(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{LIMITED("\"@@none\""), REGIONS("@@assign", "[\"b\"]")}, RESULT("[\"a\"]")},
        {{LIMITED("\"@@append\""), REGIONS("@@assign", "[\"b\"]"), REGIONS("@@append", "[\"c\"]")},
         RESULT("[\"a\",\"c\"]")},
        {{LIMITED("\"@@all\""), REGIONS("@@assign", "[\"b\"]")}, RESULT("[\"b\"]")},
        {{LIMITED("\"@@append\""), LIMITED("\"@@all\""), REGIONS("@@assign", "[\"b\"]")},
         RESULT("[\"a\"]")},
        {{LIMITED("\"@@all\""), LIMITED("\"@@none\""), REGIONS("@@append", "[\"b\"]")},
         RESULT("[\"a\"]")},
        {{LIMITED("\"@@append\",\"@@remove\""), LIMITED("\"@@append\""),
          REGIONS("@@remove", "[\"a\"]")},
         RESULT("[\"a\"]")},
        {{"[{\"plans\":{\"@@operators_allowed_for_child_policies\":[\"@@none\"],\"P\":{\"regions\":"
          "{\"@@assign\":[\"a\"]}}}}]",
          "[{\"plans\":{\"Q\":{\"regions\":{\"@@assign\":[\"b\"]}}}}]"},
         RESULT("[\"a\"]")},
        /* AWS's example 4: children add plans, and change none */
        {{"[{\"plans\":{\"@@operators_allowed_for_child_policies\":[\"@@append\"],\"P\":{"
          "\"@@operators_allowed_for_child_policies\":[\"@@none\"],\"regions\":"
          "{\"@@operators_allowed_for_child_policies\":[\"@@none\"],\"@@assign\":[\"a\"]}}}}]",
          "[{\"plans\":{\"Q\":{\"regions\":{\"@@assign\":[\"b\"]}},\"P\":{\"rules\":{\"R\":{}},"
          "\"regions\":{\"@@append\":[\"c\"]}}}}]"},
         "{\"plans\":{\"P\":{\"regions\":[\"a\"]},\"Q\":{\"regions\":[\"b\"]}}}"},
        {{"[{\"plans\":{\"@@operators_allowed_for_child_policies\":[\"@@remove\"],\"P\":{"
          "\"regions\":{\"@@assign\":[\"a\"]}}}}]",
          "[{\"plans\":{\"Q\":{\"regions\":{\"@@assign\":[\"b\"]}}}}]"},
         RESULT("[\"a\"]")},
        /* of two limits at the same target, children may do what both allow */
        {{"[{\"plans\":{\"P\":{\"regions\":{\"@@operators_allowed_for_child_policies\":"
          "[\"@@append\"],\"@@assign\":[\"a\"]}}}},{\"plans\":{\"P\":{\"regions\":{"
          "\"@@operators_allowed_for_child_policies\":[\"@@append\",\"@@remove\"]}}}}]",
          REGIONS("@@remove", "[\"a\"]"), REGIONS("@@append", "[\"b\"]")},
         RESULT("[\"a\",\"b\"]")},
    };
    come_to(rows, sizeof rows / sizeof rows[0]);
}

static void the_account_is_filled_in_wherever_it_stands(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{"[{\"plans\":{\"P\":{\"selections\":{\"tags\":{\"T\":{\"iam_role_arn\":{\"@@assign\":"
          "\"arn:aws:iam::$account:role/R\"}}}},\"rules\":{\"R\":{\"copy_actions\":{"
          "\"arn:aws:backup:eu-west-1:$account:backup-vault:v\":{\"target_backup_vault_arn\":{\"@@"
          "assign\":"
          "\"arn:aws:backup:eu-west-1:$account:backup-vault:v\"}}}}}}}}]"},
         "{\"plans\":{\"P\":{\"selections\":{\"tags\":{\"T\":{\"iam_role_arn\":"
         "\"arn:aws:iam::222233330011:role/R\"}}},\"rules\":{\"R\":{\"copy_actions\":{"
         "\"arn:aws:backup:eu-west-1:222233330011:backup-vault:v\":{\"target_backup_vault_arn\":"
         "\"arn:aws:backup:eu-west-1:222233330011:backup-vault:v\"}}}}}}}"},
        {{"[\"no object\",{\"plans\":[1],\"n\":{\"@@assign\":\"7\"}}]"}, "{\"n\":\"7\"}"},
    };
    come_to(rows, sizeof rows / sizeof rows[0]);
}

static void the_first_of_a_target_sets_a_value_and_the_conflict_is_listed(void **state)
{
    (void)state;
    struct effective_policy *p = effective_policy_new();
    json_t *both = read("[{\"plans\":{\"P\":{\"regions\":{\"@@assign\":[\"a\"]}}}},"
                        "{\"plans\":{\"P\":{\"regions\":{\"@@assign\":[\"b\"]}}}}]");
    json_t *next = read(REGIONS("@@assign", "[\"c\"]"));
    effective_policy_descend(p, both);
    json_t *result = effective_policy_result(p, "222233330011");
    assert_string_equal(json_string_value(json_array_get(jx_get(result, "plans.P.regions"), 0)),
                        "a");
    assert_int_equal(json_array_size(effective_policy_conflicts(p)), 1);
    assert_string_equal(json_string_value(json_array_get(effective_policy_conflicts(p), 0)),
                        "plans.P.regions");
    effective_policy_descend(p, next);
    json_decref(result);
    result = effective_policy_result(p, "222233330011");
    assert_string_equal(json_string_value(json_array_get(jx_get(result, "plans.P.regions"), 0)),
                        "c");
    assert_int_equal(json_array_size(effective_policy_conflicts(p)), 1);
    json_decref(result);
    json_decref(both);
    json_decref(next);
    effective_policy_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_replaced_added_and_removed_on_the_way_down),
        cmocka_unit_test(the_first_of_a_target_sets_a_value_and_the_conflict_is_listed),
        cmocka_unit_test(a_limit_binds_those_below_and_cannot_be_widened),
        cmocka_unit_test(the_account_is_filled_in_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
