#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/finding.h"

static void ids_are_stable_and_tell_parts_apart(void **state)
{
    char a[FINDING_ID_SIZE];
    char b[FINDING_ID_SIZE];
    (void)state;
    /* printf 'KMS-01\nkey\neu-west-1' | sha256sum */
    finding_make_id("KMS-01", "key", "eu-west-1", a);
    assert_string_equal(a, "09f094f961df06eb");
    finding_make_id("KMS-0", "1key", "eu-west-1", b);
    assert_string_not_equal(a, b);
}

static void words_read_back_as_written(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        enum status s = STATUS_COUNT;
        assert_true(status_parse(status_name((enum status)i), &s));
        assert_int_equal(s, i);
    }
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        enum severity s = SEVERITY_COUNT;
        assert_true(severity_parse(severity_name((enum severity)i), &s));
        assert_int_equal(s, i);
    }
    enum status s;
    assert_false(status_parse("pass", &s));
}

static void what_was_not_seen_beats_what_failed(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(0, 0, 0), VERDICT_COMPLIANT);
    assert_int_equal(verdict_of(3, 0, 0), VERDICT_NON_COMPLIANT);
    assert_int_equal(verdict_of(3, 1, 0), VERDICT_INCOMPLETE);
    assert_int_equal(verdict_of(0, 0, 1), VERDICT_INCOMPLETE);
    assert_string_equal(verdict_name(VERDICT_NON_COMPLIANT), "NON-COMPLIANT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids_are_stable_and_tell_parts_apart),
                                       cmocka_unit_test(words_read_back_as_written),
                                       cmocka_unit_test(what_was_not_seen_beats_what_failed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
