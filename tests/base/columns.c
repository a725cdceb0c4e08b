#include "base/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define WIDE "\xe4\xb8\xad" /* an East Asian wide character */
#define ACUTE "\xcc\x81"    /* a combining mark */
#define DOT "\xc2\xb7"

static void wide_characters_take_two_columns_and_marks_none(void **state)
{
    (void)state;
    assert_int_equal(columns_of("abc", 3), 3);
    assert_int_equal(columns_of(WIDE WIDE, strlen(WIDE WIDE)), 4);
    assert_int_equal(columns_of("e" ACUTE "x", strlen("e" ACUTE "x")), 2);
    assert_int_equal(columns_of(DOT, strlen(DOT)), 1);
    assert_int_equal(columns_of("\xff\xfe", 2), 2);
    assert_int_equal(columns_of("", 0), 0);
}

static void no_character_is_split(void **state)
{
    (void)state;
    assert_int_equal(columns_line(WIDE WIDE, 3, true), strlen(WIDE));
    assert_int_equal(columns_line("ab" WIDE WIDE, 4, true), strlen("ab" WIDE));
    assert_int_equal(columns_line("ab", 9, true), 2);
}

static void lines_end_at_spaces(void **state)
{
    (void)state;
    assert_int_equal(columns_line("one two three", 8, true), 7);
    assert_int_equal(columns_line("one two three", 7, true), 7);
    assert_int_equal(columns_line("one two three", 6, true), 3);
    assert_int_equal(columns_line("one", 3, true), 3);
}

static void long_words_are_cut_only_when_told(void **state)
{
    (void)state;
    assert_int_equal(columns_line("abcdefgh ij", 4, true), 4);
    assert_int_equal(columns_line("abcdefgh ij", 4, false), 8);
    assert_int_equal(columns_line(WIDE WIDE, 1, true), 1);
    assert_int_equal(columns_line("", 4, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_characters_take_two_columns_and_marks_none),
        cmocka_unit_test(no_character_is_split),
        cmocka_unit_test(lines_end_at_spaces),
        cmocka_unit_test(long_words_are_cut_only_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
