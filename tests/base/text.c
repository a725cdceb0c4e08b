#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

static void text_grows_and_is_taken(void **state)
{
    (void)state;
    struct text t;
    text_init(&t, 100000);
    assert_string_equal(text_str(&t), "");
    for (int i = 0; i < 1000; i++) {
        text_addf(&t, "%d,", i);
    }
    text_add(&t, "end");
    text_addc(&t, '!');
    assert_false(text_failed(&t));
    assert_int_equal(t.length, strlen(text_str(&t)));
    char *taken = text_take(&t);
    assert_true(str_starts(taken, "0,1,2,"));
    assert_true(str_ends(taken, "999,end!"));
    free(taken);
    taken = text_take(&t);
    assert_string_equal(taken, "");
    free(taken);
    text_release(&t);
}

static void text_holds_exactly_its_ceiling(void **state)
{
    (void)state;
    struct text t;
    text_init(&t, 5);
    text_add(&t, "12345");
    assert_false(text_failed(&t));
    assert_string_equal(text_str(&t), "12345");
    text_addn(&t, "", 0);
    assert_false(text_failed(&t));
    text_addc(&t, '6');
    assert_true(text_failed(&t));
    text_release(&t);
}

static void failed_text_is_empty_and_stays_failed_until_cleared(void **state)
{
    (void)state;
    struct text t;
    text_init(&t, 4);
    text_add(&t, "abc");
    text_addf(&t, "%s", "defgh");
    assert_true(text_failed(&t));
    assert_string_equal(text_str(&t), "");
    text_add(&t, "x");
    assert_string_equal(text_str(&t), "");
    assert_true(text_failed(&t));
    text_clear(&t);
    text_add(&t, "x");
    assert_false(text_failed(&t));
    assert_string_equal(text_str(&t), "x");
    text_release(&t);
    struct text zero;
    memset(&zero, 0, sizeof zero);
    text_release(&zero);
}

static void printable_text_has_no_controls_or_overrides(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain caf\xC3\xA9", "plain caf\xC3\xA9"},
        {"a\tb\nc\rd", "a?b?c?d"},
        {"\x1B[31mred\x7F", "?[31mred?"},
        {"c1\xC2\x9Bx", "c1?x"},
        {"rtl\xE2\x80\xAEgpj", "rtl?gpj"},
        {"iso\xE2\x81\xA6x\xE2\x81\xA9", "iso?x?"},
        {"bad\xFF\xC3(", "bad?\?("},
        {"cut\xE2\x82", "cut??"},
        {"overlong\xC0\xAF", "overlong??"},
        {"surrogate\xED\xA0\x80", "surrogate???"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text t;
        text_init(&t, 1000);
        text_add_printable(&t, cases[i].in, strlen(cases[i].in));
        assert_string_equal(text_str(&t), cases[i].out);
        text_release(&t);
    }
    struct text t;
    text_init(&t, 10);
    text_add_printable(&t, "a\0b", 3);
    assert_string_equal(text_str(&t), "a?b");
    text_release(&t);
}

static void percent_encoding_keeps_only_unreserved_bytes(void **state)
{
    (void)state;
    struct text t;
    text_init(&t, 1000);
    text_add_percent(&t, "aZ09-_.~/ +:*\xC3\xA9", 15, false);
    assert_string_equal(text_str(&t), "aZ09-_.~%2F%20%2B%3A%2A%C3%A9");
    text_clear(&t);
    text_add_percent(&t, "a/b c", 5, true);
    assert_string_equal(text_str(&t), "a/b%20c");
    text_release(&t);
}

static void utf8_is_judged_strictly(void **state)
{
    (void)state;
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("\xF4\x8F\xBF\xBF", 4));
    assert_false(utf8_valid("\xF4\x90\x80\x80", 4));
    assert_false(utf8_valid("\xC1\xBF", 2));
    assert_false(utf8_valid("\xE0\x9F\xBF", 3));
    assert_false(utf8_valid("\xF0\x8F\xBF\xBF", 4));
    assert_false(utf8_valid("\xED\xBF\xBF", 3));
    assert_false(utf8_valid("\x80", 1));
    assert_false(utf8_valid("a\0b", 3));
    assert_false(utf8_valid("\xE2\x82", 2));
}

static void distance_counts_edits_up_to_its_limit(void **state)
{
    (void)state;
    assert_int_equal(str_distance("kitten", "sitting", 5), 3);
    assert_int_equal(str_distance("kitten", "sitting", 2), 3);
    assert_int_equal(str_distance("", "abc", 5), 3);
    assert_int_equal(str_distance("same", "same", 0), 0);
    assert_int_equal(str_distance("abcdefgh", "x", 3), 4);
}

static void nearest_word_is_suggested_and_far_ones_are_not(void **state)
{
    (void)state;
    static const char *const words[] = {"vault", "vaults", "region", "id", NULL};
    assert_string_equal(str_nearest("valut", words), "vault");
    assert_string_equal(str_nearest("REGOIN", words), "region");
    assert_null(str_nearest("completely", words));
    assert_null(str_nearest("xy", words));
    const char *const short_words[] = {"_arn", "key", NULL};
    assert_null(str_nearest("days", short_words));
    assert_string_equal(str_nearest("kye", short_words), "key");
}

static void glob_matches_like_the_shell(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *s;
        bool matches;
    } cases[] = {
        {"*", "", true},           {"", "", true},
        {"", "a", false},          {"a?c", "abc", true},
        {"a?c", "ac", false},      {"a*c", "ac", true},
        {"a*c", "abbbc", true},    {"a*c", "abbbd", false},
        {"*ab*", "xxaby", true},   {"**a**", "a", true},
        {"?", "", false},          {"arn:*:backup:*", "arn:aws:backup:eu-west-1:1:x", true},
        {"*a*b*c", "aXbXc", true}, {"*a*b*c", "aXcXb", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(str_glob(cases[i].pattern, cases[i].s), cases[i].matches);
    }
    /* A matcher that backtracks into every star would not come back from this one. */
    char s[20001];
    memset(s, 'a', 20000);
    s[20000] = '\0';
    assert_false(str_glob("*a*a*a*a*a*a*a*a*a*a*b", s));
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    long long n = 0;
    assert_true(str_number("-12", -100, 100, &n));
    assert_int_equal(n, -12);
    assert_true(str_number("9223372036854775807", 0, INT64_MAX, &n));
    assert_true(n == INT64_MAX);
    static const char *const bad[] = {"",     "-",   " 1",  "1 ",  "+1",
                                      "0x10", "1.0", "101", "--1", "9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(str_number(bad[i], -100, i == 9 ? INT64_MAX : 100, &n));
    }
}

static void account_ids_have_twelve_digits(void **state)
{
    (void)state;
    assert_true(str_is_account_id("012345678901"));
    assert_false(str_is_account_id("12345678901"));
    assert_false(str_is_account_id("1234567890123"));
    assert_false(str_is_account_id("12345678901a"));
    assert_true(str_equal(NULL, NULL));
    assert_false(str_equal(NULL, ""));
}

static void error_is_one_clean_line_however_it_is_made(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, ERR_AWS, "denied\x1B[0m: %s\n", "no\nway."), -1);
    assert_int_equal(err.code, ERR_AWS);
    assert_string_equal(err.text, "denied?[0m: no?way");
    assert_int_equal(err_prefix(&err, "account %d", 7), -1);
    assert_string_equal(err.text, "account 7: denied?[0m: no?way");
    assert_int_equal(err.code, ERR_AWS);
    char big[4000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    (void)err_set(&err, ERR_IO, "%s", big);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    (void)err_prefix(&err, "%s", big);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    (void)err_set(&err, ERR_IO, "own text again: %.10s", err.text);
    assert_string_equal(err.text, "own text again: xxxxxxxxxx");
}

static void copies_stop_at_the_nul(void **state)
{
    (void)state;
    char *s = xstrndup("ab\0cd", 5);
    assert_string_equal(s, "ab");
    free(s);
    assert_null(xstrdup(NULL));
    s = xasprintf("%s-%d", "x", 5);
    assert_string_equal(s, "x-5");
    free(s);
}

static void empty_variable_is_as_good_as_none(void **state)
{
    (void)state;
    assert_int_equal(setenv("BASE_TEST_VARIABLE", "here", 1), 0);
    assert_string_equal(env_get("BASE_TEST_VARIABLE"), "here");
    assert_int_equal(setenv("BASE_TEST_VARIABLE", "", 1), 0);
    assert_null(env_get("BASE_TEST_VARIABLE"));
    assert_int_equal(unsetenv("BASE_TEST_VARIABLE"), 0);
    assert_null(env_get("BASE_TEST_VARIABLE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_is_taken),
        cmocka_unit_test(text_holds_exactly_its_ceiling),
        cmocka_unit_test(failed_text_is_empty_and_stays_failed_until_cleared),
        cmocka_unit_test(printable_text_has_no_controls_or_overrides),
        cmocka_unit_test(percent_encoding_keeps_only_unreserved_bytes),
        cmocka_unit_test(utf8_is_judged_strictly),
        cmocka_unit_test(distance_counts_edits_up_to_its_limit),
        cmocka_unit_test(nearest_word_is_suggested_and_far_ones_are_not),
        cmocka_unit_test(glob_matches_like_the_shell),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(account_ids_have_twelve_digits),
        cmocka_unit_test(error_is_one_clean_line_however_it_is_made),
        cmocka_unit_test(copies_stop_at_the_nul),
        cmocka_unit_test(empty_variable_is_as_good_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
