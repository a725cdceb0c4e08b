/* What becomes of a finding: worse, better, otherwise, or not to be said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/change.h"

static struct finding of(enum status status, const char *observed)
{
    return (struct finding){
        .status = status, .severity = SEVERITY_HIGH, .expected = "e", .observed = observed};
}

static void every_pair_of_statuses_has_its_meaning(void **state)
{
    (void)state;
    const enum status P = STATUS_PASS, F = STATUS_FAIL, M = STATUS_MUTED, E = STATUS_ERROR;
    const struct {
        enum status before, after;
        enum change change;
    } rows[] = {{P, F, CHANGE_REGRESSED},
                {STATUS_FIXED, F, CHANGE_REGRESSED},
                {M, F, CHANGE_WAIVER_EXPIRED},
                {E, F, CHANGE_CHANGED},
                {STATUS_NOT_APPLICABLE, F, CHANGE_NEW},
                {STATUS_MANUAL, F, CHANGE_NEW},
                {F, P, CHANGE_RESOLVED},
                {F, STATUS_FIXED, CHANGE_RESOLVED},
                {F, STATUS_NOT_APPLICABLE, CHANGE_RESOLVED},
                {F, E, CHANGE_CHANGED},
                {F, M, CHANGE_CHANGED},
                {F, STATUS_MANUAL, CHANGE_CHANGED},
                {P, E, CHANGE_CHANGED},
                {P, M, CHANGE_CHANGED},
                {P, P, CHANGE_UNCHANGED},
                {F, F, CHANGE_UNCHANGED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct finding a = of(rows[i].before, "o"), b = of(rows[i].after, "o");
        assert_int_equal(change_of(&a, &b, true), rows[i].change);
    }
}

static void a_failure_that_fails_otherwise_is_changed_and_a_pass_is_not(void **state)
{
    (void)state;
    struct finding a = of(STATUS_FAIL, "one"), b = of(STATUS_FAIL, "two");
    struct finding c = of(STATUS_PASS, "one"), d = of(STATUS_PASS, "two");
    assert_int_equal(change_of(&a, &b, true), CHANGE_CHANGED);
    assert_int_equal(change_of(&c, &d, true), CHANGE_UNCHANGED);
    b.observed = "one";
    b.severity = SEVERITY_LOW;
    assert_int_equal(change_of(&a, &b, true), CHANGE_CHANGED);
}

static void what_nobody_looked_at_is_neither_new_nor_resolved(void **state)
{
    (void)state;
    struct finding fail = of(STATUS_FAIL, "o"), pass = of(STATUS_PASS, "o");
    assert_int_equal(change_of(&fail, NULL, true), CHANGE_RESOLVED);
    assert_int_equal(change_of(NULL, &fail, true), CHANGE_NEW);
    assert_int_equal(change_of(&pass, NULL, true), CHANGE_CHANGED);
    assert_int_equal(change_of(NULL, &pass, true), CHANGE_CHANGED);
    assert_int_equal(change_of(&fail, NULL, false), CHANGE_NOT_COMPARED);
    assert_int_equal(change_of(NULL, &fail, false), CHANGE_NOT_COMPARED);
}

static void what_a_selection_left_out_is_not_compared(void **state)
{
    (void)state;
    struct finding a = of(STATUS_FAIL, "o");
    struct finding b = of(STATUS_NOT_APPLICABLE, OUTSIDE_SELECTION ": backup:ListBackupVaults");
    assert_int_equal(change_of(&a, &b, true), CHANGE_NOT_COMPARED);
    assert_int_equal(change_of(&b, &a, true), CHANGE_NOT_COMPARED);
    assert_int_equal(change_of(&b, &b, true), CHANGE_UNCHANGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_statuses_has_its_meaning),
        cmocka_unit_test(a_failure_that_fails_otherwise_is_changed_and_a_pass_is_not),
        cmocka_unit_test(what_nobody_looked_at_is_neither_new_nor_resolved),
        cmocka_unit_test(what_a_selection_left_out_is_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
