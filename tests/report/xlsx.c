/* What a cell takes, and what it makes of what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plain.h"
#include "xlsx/xlsx.h"

static void expect_cell(const char *in, const char *out)
{
    struct text t;
    text_init(&t, (size_t)XLSX_CELL_MAX * 4 + 64);
    cell_text(&t, in);
    assert_false(text_failed(&t));
    assert_true(utf8_valid(text_str(&t), t.length));
    assert_string_equal(text_str(&t), out);
    text_release(&t);
}

static void plain_text_is_kept(void **state)
{
    (void)state;
    expect_cell("", "");
    expect_cell("=1+1 <&> \"x\"", "=1+1 <&> \"x\"");
    expect_cell("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x97\x84", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x97\x84");
}

static void controls_and_broken_utf8_are_replaced(void **state)
{
    (void)state;
    expect_cell("a\x1b[31m", "a\xef\xbf\xbd[31m");
    expect_cell("\xff", "\xef\xbf\xbd");
    expect_cell("\xc3(", "\xef\xbf\xbd(");
    expect_cell("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
    expect_cell("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* a lone surrogate */
    expect_cell("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong */
    expect_cell("\xef\xbf\xbe", "\xef\xbf\xbd");                         /* U+FFFE */
    expect_cell("\xe2\x80\xae", "\xef\xbf\xbd"); /* right-to-left override */
}

static void line_ends_become_newlines(void **state)
{
    (void)state;
    expect_cell("a\r\nb\rc\nd", "a\nb\nc\nd");
}

static void texts_like_escapes_stay_what_they_are(void **state)
{
    (void)state;
    expect_cell("_x000D_", "_x005F_x000D_");
    expect_cell("_x00_", "_x00_");
}

static size_t units_of(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++) {
        n += ((unsigned char)*s & 0xC0) != 0x80;
        n += (unsigned char)*s >= 0xF0;
    }
    return n;
}

static void long_texts_are_cut_with_a_note(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        char *in = test_malloc(4 * 40000 + 1);
        size_t at = 0;
        for (int i = 0; i < 40000; i++) {
            memcpy(in + at, wide ? "\xf0\x9f\x97\x84" : "x", wide ? 4 : 1);
            at += wide ? 4 : 1;
        }
        in[at] = '\0';
        struct text t;
        text_init(&t, (size_t)XLSX_CELL_MAX * 4 + 64);
        cell_text(&t, in);
        assert_true(units_of(text_str(&t)) <= XLSX_CELL_MAX);
        assert_true(units_of(text_str(&t)) > XLSX_CELL_MAX - 4);
        assert_true(utf8_valid(text_str(&t), t.length));
        assert_true(str_ends(text_str(&t), " [truncated: see the JSON report]"));
        text_release(&t);
        test_free(in);
    }
}

static void a_text_that_just_fits_is_whole(void **state)
{
    (void)state;
    char *in = test_malloc(XLSX_CELL_MAX + 1);
    memset(in, 'x', XLSX_CELL_MAX);
    in[XLSX_CELL_MAX] = '\0';
    expect_cell(in, in);
    test_free(in);
}

/* Every byte at every place of a text as long as two strides and some. */
static void a_run_ends_at_the_first_byte_that_needs_a_look(void **state)
{
    (void)state;
    char text[21];
    for (size_t at = 0; at < sizeof text; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memset(text, 'x', sizeof text);
            text[at] = (char)byte;
            bool odd = byte < 0x20 || byte > 0x7E || byte == '"' || byte == ',';
            assert_int_equal(plain_run(text, sizeof text, '"', ','), odd ? at : sizeof text);
            assert_int_equal(plain_run(text, at, '"', ','), at);
        }
    }
    for (int pair = 0; pair < 65536; pair++) { /* what one byte borrows from its neighbour */
        memset(text, '~', sizeof text);
        text[0] = (char)(pair & 0xFF);
        text[1] = (char)(pair >> 8);
        size_t length = 0;
        while (length < 8 && (unsigned char)text[length] >= 0x20 &&
               (unsigned char)text[length] <= 0x7E && text[length] != '_') {
            length++;
        }
        assert_int_equal(plain_run(text, 8, '_', '_'), length);
    }
}

static void words_have_their_colours(void **state)
{
    (void)state;
    assert_int_equal(word_style("PASS"), STYLE_GOOD);
    assert_int_equal(word_style("FAIL"), STYLE_BAD);
    assert_int_equal(word_style("ERROR"), STYLE_WARN);
    assert_int_equal(word_style("anything else"), STYLE_TEXT);
    assert_int_equal(word_style(NULL), STYLE_TEXT);
    for (int i = 0; i < STATUS_COUNT; i++) {
        assert_int_not_equal(word_style(status_name((enum status)i)), STYLE_TEXT);
    }
    for (int i = 0; i < COVERED_COUNT; i++) {
        assert_int_not_equal(word_style(coverage_words[i]), STYLE_TEXT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_kept),
        cmocka_unit_test(controls_and_broken_utf8_are_replaced),
        cmocka_unit_test(line_ends_become_newlines),
        cmocka_unit_test(texts_like_escapes_stay_what_they_are),
        cmocka_unit_test(long_texts_are_cut_with_a_note),
        cmocka_unit_test(a_text_that_just_fits_is_whole),
        cmocka_unit_test(a_run_ends_at_the_first_byte_that_needs_a_look),
        cmocka_unit_test(words_have_their_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
