#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/pull.h"

/* xorshift: the same documents on every machine and every run. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void add_space(struct text *t, uint32_t *seed)
{
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t ", "\r\n"};
    text_add(t, spaces[next_random(seed) % 7]);
}

static void add_string(struct text *t, uint32_t *seed, unsigned serial)
{
    static const char *const parts[] = {"a",       "key",       "\\n",
                                        "\\\"",    "\xC3\xA9",  "\\u00e9",
                                        "\\/",     "\\\\",      "\\ud83d\\ude00",
                                        " ",       "{}",        "\xF0\x9F\x98\x80",
                                        "\\u20AC", "arn:aws:x", "\\t"};
    text_addf(t, "\"%u", serial);
    for (uint32_t n = next_random(seed) % 5; n > 0; n--) {
        text_add(t, parts[next_random(seed) % (sizeof parts / sizeof parts[0])]);
    }
    text_addc(t, '"');
}

static void add_value(struct text *t, uint32_t *seed, unsigned depth)
{
    static const char *const scalars[] = {"true", "false", "null", "0",     "-0",    "12",
                                          "-7.5", "1e3",   "2E-2", "0.125", "1e+10", "922337203"};
    uint32_t kind = next_random(seed) % (depth < 6 ? 4 : 2);
    add_space(t, seed);
    if (kind == 0) {
        text_add(t, scalars[next_random(seed) % (sizeof scalars / sizeof scalars[0])]);
    } else if (kind == 1) {
        add_string(t, seed, 0);
    } else {
        text_addc(t, kind == 2 ? '[' : '{');
        unsigned members = next_random(seed) % 5;
        for (unsigned i = 0; i < members; i++) {
            text_add(t, i > 0 ? "," : "");
            add_space(t, seed);
            if (kind == 3) {
                add_string(t, seed, i);
                add_space(t, seed);
                text_addc(t, ':');
            }
            add_value(t, seed, depth + 1);
        }
        add_space(t, seed);
        text_addc(t, kind == 2 ? ']' : '}');
    }
    add_space(t, seed);
}

static bool pull_accepts(const char *data, size_t length)
{
    struct pull p;
    pull_init(&p, data, length);
    pull_skip(&p);
    pull_end(&p);
    return !pull_failed(&p);
}

/* Builds by pulling the value that jansson would load. */
static json_t *built(struct pull *p)
{
    struct slice raw;
    struct text plain;
    json_t *value = NULL;
    text_init(&plain, 1000000);
    switch (pull_peek(p)) {
    case '{':
        value = json_object();
        pull_object(p);
        while (pull_member(p, &raw)) {
            text_clear(&plain);
            assert_true(slice_unescape(raw, &plain));
            assert_int_equal(json_object_set_new(value, text_str(&plain), built(p)), 0);
        }
        break;
    case '[':
        value = json_array();
        pull_list(p);
        while (pull_element(p)) {
            assert_int_equal(json_array_append_new(value, built(p)), 0);
        }
        break;
    case '"':
        pull_string(p, &raw);
        assert_true(slice_unescape(raw, &plain));
        value = json_stringn(text_str(&plain), plain.length);
        break;
    default:
        pull_value(p, &raw);
        value = json_loadb(raw.data, raw.length, JSON_DECODE_ANY, NULL);
        break;
    }
    text_release(&plain);
    assert_non_null(value);
    return value;
}

static void generated_documents_read_as_jansson_reads_them(void **state)
{
    (void)state;
    uint32_t seed = 20261123;
    for (int i = 0; i < 3000; i++) {
        struct text t;
        text_init(&t, 10000000);
        add_value(&t, &seed, 0);
        json_error_t error;
        json_t *want = json_loadb(text_str(&t), t.length, JSON_DECODE_ANY, &error);
        assert_non_null(want);
        assert_true(pull_accepts(text_str(&t), t.length));
        struct pull p;
        pull_init(&p, text_str(&t), t.length);
        json_t *got = built(&p);
        pull_end(&p);
        assert_false(pull_failed(&p));
        assert_true(json_equal(want, got));
        json_decref(want);
        json_decref(got);
        text_release(&t);
    }
}

static void mutate(struct text *t, uint32_t *seed)
{
    static const char bytes[] = "{}[]\",:\\ue0159-+.tfn \n\x01\x80\xC3\xFF\xED";
    for (uint32_t n = 1 + next_random(seed) % 3; n > 0 && t->length > 0; n--) {
        size_t at = next_random(seed) % t->length;
        switch (next_random(seed) % 3) {
        case 0:
            t->data[at] = bytes[next_random(seed) % (sizeof bytes - 1)];
            break;
        case 1:
            memmove(t->data + at, t->data + at + 1, t->length - at);
            t->length--;
            break;
        default:
            t->length = at;
            t->data[at] = '\0';
            break;
        }
    }
}

static void mutated_documents_are_judged_as_jansson_judges_them(void **state)
{
    (void)state;
    uint32_t seed = 7;
    unsigned refused = 0;
    unsigned accepted = 0;
    for (int i = 0; i < 20000; i++) {
        struct text t;
        text_init(&t, 10000000);
        add_value(&t, &seed, 1);
        mutate(&t, &seed);
        /* An exact allocation, so that a read past the end is seen by the address sanitizer. */
        size_t length = t.length;
        char *exact = malloc(length > 0 ? length : 1);
        assert_non_null(exact);
        memcpy(exact, text_str(&t), length);
        text_release(&t);
        json_error_t error;
        json_t *want = json_loadb(exact, length, JSON_DECODE_ANY, &error);
        bool got = pull_accepts(exact, length);
        /* Range is a matter of the reader of a number, not of its syntax. */
        bool range = want == NULL && json_error_code(&error) == json_error_numeric_overflow;
        if (!range && (want != NULL) != got) {
            fail_msg("jansson %s, pull %s: %.*s", want != NULL ? "accepts" : error.text,
                     got ? "accepts" : "refuses", (int)length, exact);
        }
        refused += want == NULL ? 1U : 0U;
        accepted += want != NULL ? 1U : 0U;
        json_decref(want);
        free(exact);
    }
    assert_true(refused > 5000);
    assert_true(accepted > 500);
}

static void named_malformations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *in, *problem;
    } cases[] = {
        {"", "unexpected end"},
        {"   ", "unexpected end"},
        {"{", "unexpected end"},
        {"[1", "unexpected end"},
        {"[1,", "unexpected end"},
        {"[1,]", "expected a value"},
        {"[,1]", "expected a value"},
        {"{\"a\":1,}", "expected a string"},
        {"{1:2}", "expected a string"},
        {"{\"a\"}", "expected a colon"},
        {"{\"a\":}", "expected a value"},
        {"[}", "expected a value"},
        {"{]", "expected a string"},
        {"[1 2]", "expected a comma or the closing bracket"},
        {"\"a", "unterminated string"},
        {"\"\\", "bad escape in a string"},
        {"\"\\x\"", "bad escape in a string"},
        {"\"\\u12\"", "bad escape in a string"},
        {"\"\\u0000\"", "bad escape in a string"},
        {"\"\\udc00\"", "bad escape in a string"},
        {"\"\\ud800\\u0041\"", "bad escape in a string"},
        {"\"\n\"", "control character in a string"},
        {"-", "malformed number"},
        {"1.", "malformed number"},
        {"1e", "malformed number"},
        {"-01", "malformed number"},
        {"+1", "expected a value"},
        {"truth", "expected a value"},
        {"1 1", "unexpected text after the value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pull p;
        pull_init(&p, cases[i].in, strlen(cases[i].in));
        pull_skip(&p);
        pull_end(&p);
        assert_true(pull_failed(&p));
        assert_string_equal(p.problem, cases[i].problem);
    }
    assert_false(pull_accepts("1\0", 2));
    assert_false(pull_accepts(NULL, 5));
}

static void depth_ends_at_its_limit(void **state)
{
    (void)state;
    char nested[2 * (PULL_DEPTH_MAX + 1)];
    for (size_t depth = PULL_DEPTH_MAX; depth <= PULL_DEPTH_MAX + 1; depth++) {
        memset(nested, '[', depth);
        memset(nested + depth, ']', depth);
        assert_int_equal(pull_accepts(nested, 2 * depth), depth == PULL_DEPTH_MAX);
    }
}

static void members_are_picked_and_the_rest_skipped(void **state)
{
    (void)state;
    static const char body[] =
        "{ \"Skip\": {\"x\":[1,{\"y\":\"}\"}]}, \"Items\":[{\"Name\":\"a\\u0062\"},{}], "
        "\"Raw\" : [ 1 ,2 ] , \"Count\":2}";
    struct pull p;
    struct slice key;
    struct slice raw;
    unsigned items = 0;
    struct text name;
    text_init(&name, 100);
    pull_init(&p, body, sizeof body - 1);
    pull_object(&p);
    while (pull_member(&p, &key)) {
        if (slice_is(key, "Items")) {
            pull_list(&p);
            while (pull_element(&p)) {
                items++;
                pull_object(&p);
                while (pull_member(&p, &key)) {
                    pull_string(&p, &raw);
                    assert_true(slice_unescape(raw, &name));
                }
            }
        } else if (slice_is(key, "Raw")) {
            pull_value(&p, &raw);
            assert_true(slice_is(raw, "[ 1 ,2 ]"));
        } else if (slice_is(key, "Count")) {
            assert_int_equal(pull_peek(&p), '2');
            pull_value(&p, &raw);
            assert_true(slice_is(raw, "2"));
        } else {
            assert_true(slice_is(key, "Skip"));
            pull_skip(&p);
        }
    }
    pull_end(&p);
    assert_false(pull_failed(&p));
    assert_int_equal(items, 2);
    assert_string_equal(text_str(&name), "ab");
    text_release(&name);
}

static void wrong_kind_fails_once_and_stays_failed(void **state)
{
    (void)state;
    struct pull p;
    struct slice s;
    pull_init(&p, "[1]", 3);
    pull_object(&p);
    assert_true(pull_failed(&p));
    assert_string_equal(p.problem, "expected an object");
    assert_false(pull_member(&p, &s));
    assert_false(pull_element(&p));
    pull_string(&p, &s);
    assert_int_equal(s.length, 0);
    assert_int_equal(pull_peek(&p), 0);
    pull_value(&p, &s);
    assert_int_equal(s.length, 0);
    assert_string_equal(p.problem, "expected an object");
    /* A value nobody consumed is noticed at the next member. */
    pull_init(&p, "{\"a\":1,\"b\":2}", 13);
    pull_object(&p);
    assert_true(pull_member(&p, &s));
    assert_false(pull_member(&p, &s));
    assert_true(pull_failed(&p));
}

static void bad_escapes_are_not_undone(void **state)
{
    (void)state;
    static const char *const bad[] = {"\\", "\\q", "\\u12g4", "\\uD800", "\\uDC00x", "\\u0000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct text t;
        text_init(&t, 100);
        const struct slice raw = {bad[i], strlen(bad[i])};
        assert_false(slice_unescape(raw, &t));
        text_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_documents_read_as_jansson_reads_them),
        cmocka_unit_test(mutated_documents_are_judged_as_jansson_judges_them),
        cmocka_unit_test(named_malformations_are_refused),
        cmocka_unit_test(depth_ends_at_its_limit),
        cmocka_unit_test(members_are_picked_and_the_rest_skipped),
        cmocka_unit_test(wrong_kind_fails_once_and_stays_failed),
        cmocka_unit_test(bad_escapes_are_not_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
