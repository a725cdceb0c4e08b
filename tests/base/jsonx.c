#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"

static json_t *parsed(const char *s)
{
    const char *problem = NULL;
    json_t *value = jx_parse(s, strlen(s), &problem);
    assert_non_null(value);
    return value;
}

static void paths_reach_members_and_forgive_what_is_missing(void **state)
{
    (void)state;
    json_t *v = parsed("{\"a\":{\"b\":{\"c\":\"deep\"}},\"n\":null,\"t\":true,\"ts\":\"true\","
                       "\"one\":1,\"i\":7,\"is\":\"-8\",\"r\":2.9,\"l\":[\"x\",\"y\",3]}");
    assert_string_equal(jx_str(v, "a.b.c"), "deep");
    assert_null(jx_get(v, "a.b.x"));
    assert_null(jx_get(v, "a.b.c.d"));
    assert_null(jx_get(v, "n"));
    assert_null(jx_get(NULL, "a"));
    assert_null(jx_str(v, "i"));
    assert_string_equal(jx_str_or(v, "zzz", "else"), "else");
    assert_true(jx_bool(v, "t"));
    assert_true(jx_bool(v, "ts"));
    assert_false(jx_bool(v, "one"));
    assert_false(jx_bool(v, "zzz"));
    assert_int_equal(jx_int(v, "i", 0), 7);
    assert_int_equal(jx_int(v, "is", 0), -8);
    assert_int_equal(jx_int(v, "r", 0), 2);
    assert_int_equal(jx_int(v, "a", 5), 5);
    assert_int_equal(jx_count(v, "l"), 3);
    assert_int_equal(jx_count(v, "a"), 0);
    assert_true(jx_list_has(jx_get(v, "l"), "y"));
    assert_false(jx_list_has(jx_get(v, "l"), "3"));
    assert_false(jx_list_has(NULL, "y"));
    json_decref(v);
}

static void parsing_is_strict_and_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *in, *problem;
    } cases[] = {
        {"", "unexpected end"},
        {"{\"a\":1,\"a\":2}", "duplicate key in an object"},
        {"[1] x", "unexpected text after the value"},
        {"[1,]", "expected a value"},
        {"{\"a\" 1}", "expected a colon"},
        {"[1 2]", "expected a comma or the closing bracket"},
        {"\"abc", "unterminated string"},
        {"\"\\uD800\"", "bad escape in a string"},
        {"\"\xFF\"", "invalid UTF-8 in a string"},
        {"01", "malformed number"},
        {"1e999", "number out of range"},
        {"{\"a\":{\"b\":1e999},\"c\":[1,}", "expected a value"},
        {"{\"\\u0061\":1,\"a\":2}", "duplicate key in an object"},
        {"99999999999999999999", "number out of range"},
        {"nul", "expected a value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problem = NULL;
        assert_null(jx_parse(cases[i].in, strlen(cases[i].in), &problem));
        assert_string_equal(problem, cases[i].problem);
    }
    const char *problem = NULL;
    assert_null(jx_parse(NULL, 0, &problem));
    assert_null(jx_parse("1\0", 2, &problem));
}

static void trees_are_those_jansson_makes(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{}",
        "[]",
        "0",
        "-0",
        "-1.5",
        "1E3",
        "2.5e-3",
        "true",
        "null",
        "\"\"",
        "9223372036854775807",
        "-9223372036854775808",
        "0.1000000000000000055511151231257827",
        (" { \"a\" : [ 1 , -2.0, {\"b\\\"\\u00e9\" : \"x\\n\\ud83d\\ude00\\/\"}, false ] ,"
         " \"\xC3\xA9\":\"\xE2\x82\xAC\", \"\":\"\\\\\" } "),
        "[[[[\"deep\"],{}],[]],{\"k\":{\"k\":{\"k\":null}}}]",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *problem = NULL;
        json_t *ours = jx_parse(cases[i], strlen(cases[i]), &problem);
        json_t *theirs = json_loads(cases[i], JSON_DECODE_ANY, NULL);
        assert_non_null(ours);
        assert_non_null(theirs);
        assert_true(json_equal(ours, theirs));
        json_decref(ours);
        json_decref(theirs);
    }
}

static void depth_ends_at_its_limit(void **state)
{
    (void)state;
    char nested[2 * (JX_DEPTH_MAX + 1)];
    const char *problem = NULL;
    for (size_t depth = JX_DEPTH_MAX; depth <= JX_DEPTH_MAX + 1; depth++) {
        memset(nested, '[', depth);
        memset(nested + depth, ']', depth);
        json_t *v = jx_parse(nested, 2 * depth, &problem);
        assert_int_equal(v != NULL, depth == JX_DEPTH_MAX);
        json_decref(v);
    }
    assert_string_equal(problem, "nested too deeply");
}

static void equal_values_give_equal_bytes(void **state)
{
    (void)state;
    json_t *a = parsed("{\"b\": [1, 2.5, null], \"a\": {\"y\": 1, \"x\": \"\\u00e9\"}}");
    json_t *b = parsed("{\"a\":{\"x\":\"\xC3\xA9\",\"y\":1},\"b\":[1,2.5,null]}");
    struct text ta;
    struct text tb;
    text_init(&ta, 1000);
    text_init(&tb, 1000);
    jx_canonical(a, &ta);
    jx_canonical(b, &tb);
    assert_string_equal(text_str(&ta), "{\"a\":{\"x\":\"\xC3\xA9\",\"y\":1},\"b\":[1,2.5,null]}");
    assert_string_equal(text_str(&ta), text_str(&tb));
    char *s = jx_dump(a);
    assert_string_equal(s, "{\"b\":[1,2.5,null],\"a\":{\"y\":1,\"x\":\"\xC3\xA9\"}}");
    free(s);
    struct text small;
    text_init(&small, 4);
    jx_canonical(a, &small);
    assert_true(text_failed(&small));
    text_release(&small);
    text_release(&ta);
    text_release(&tb);
    json_decref(a);
    json_decref(b);
}

static void any_bytes_become_a_string(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t length;
        const char *out;
    } cases[] = {
        {"ok \xC3\xA9", 5, "ok \xC3\xA9"},
        {"\xFFxy\xC3", 4, "\xEF\xBF\xBDxy\xEF\xBF\xBD"},
        {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"a\0b", 3,
         "a\xEF\xBF\xBD"
         "b"},
        {"", 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *v = jx_string(cases[i].in, cases[i].length);
        assert_non_null(v);
        assert_string_equal(json_string_value(v), cases[i].out);
        json_decref(v);
    }
    json_t *o = json_object();
    jx_set_str(o, "absent", NULL);
    jx_set_str(o, "bad", "\xFE");
    assert_int_equal(json_object_size(o), 1);
    assert_string_equal(jx_str(o, "bad"), "\xEF\xBF\xBD");
    json_decref(o);
}

static void what_a_terminal_obeys_is_written_as_an_escape(void **state)
{
    (void)state;
    static const char raw[] =
        "\x7f \xc2\x9b \xe2\x80\xae \xe2\x81\xa6 \xef\xbf\xbe \xc2\xa0\xe2\x80\xa6\x1b";
    json_t *value = json_pack("{s:s}", "k", raw);
    char *s = jx_dump(value);
    assert_string_equal(s, "{\"k\":\"\\u007F \\u009B \\u202E \\u2066 \\uFFFE "
                           "\xc2\xa0\xe2\x80\xa6\\u001B\"}");
    json_t *again = json_loads(s, 0, NULL);
    assert_true(json_equal(value, again));
    json_decref(again);
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(jx_write(value, file, JSON_COMPACT), 0);
    char read[128] = "";
    rewind(file);
    assert_non_null(fgets(read, sizeof read, file));
    assert_string_equal(read, s);
    assert_int_equal(fclose(file), 0);
    free(s);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_reach_members_and_forgive_what_is_missing),
        cmocka_unit_test(parsing_is_strict_and_says_why),
        cmocka_unit_test(trees_are_those_jansson_makes),
        cmocka_unit_test(depth_ends_at_its_limit),
        cmocka_unit_test(equal_values_give_equal_bytes),
        cmocka_unit_test(any_bytes_become_a_string),
        cmocka_unit_test(what_a_terminal_obeys_is_written_as_an_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
