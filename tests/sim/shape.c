#include "world.h"

struct row {
    const char *shape;
    const char *value;
    enum shape_source source;
    int rc;
    const char *says; /* part of the message, or the value afterwards */
};

static const char *const named[] = {"Tag={Key!:s1..8, Value!:s0..4}", "Expr={And:[@Expr], Leaf:s}",
                                    NULL};

static const struct row rows[] = {
    {"Name!:s1..5", "{\"Name\":\"abc\"}", SHAPE_STRICT, 0, "{\"Name\":\"abc\"}"},
    {"Name!:s1..5", "{}", SHAPE_STRICT, SHAPE_MISSING,
     "Value at 'name' failed to satisfy constraint: Member must not be null"},
    {"Name:s1..5", "{}", SHAPE_STRICT, 0, "{}"},
    {"Name!:s", "{\"Name\":null}", SHAPE_STRICT, SHAPE_MISSING, "Member must not be null"},
    {"Name:s", "{\"Name\":null}", SHAPE_STRICT, 0, "{}"},
    {"Name!:s1..5", "{\"Name\":\"abcdef\"}", SHAPE_STRICT, -1,
     "Value 'abcdef' at 'name' failed to satisfy constraint: Member must have length less than or "
     "equal to 5"},
    {"Name!:s2..", "{\"Name\":\"a\"}", SHAPE_STRICT, -1, "length greater than or equal to 2"},
    {"Name!:s1..3", "{\"Name\":\"\xc3\xa4\xc3\xb6\xc3\xbc\"}", SHAPE_STRICT, 0,
     "\xc3\xa4\xc3\xb6\xc3\xbc"},
    {"Name!:s/^a\\/b$/", "{\"Name\":\"a/b\"}", SHAPE_STRICT, 0, "a/b"},
    {"Name!:s/^\\d+$/", "{\"Name\":\"12x\"}", SHAPE_STRICT, -1,
     "regular expression pattern: ^\\d+$"},
    {"Name!:s", "{\"Name\":5}", SHAPE_STRICT, -2, "a string was expected"},
    {"Name!:s", "{\"Name\":\"x\",\"Nam\":\"y\"}", SHAPE_STRICT, SHAPE_UNKNOWN, "at 'nam' failed"},
    {"N:i4..100", "{\"N\":3}", SHAPE_STRICT, -1, "value greater than or equal to 4"},
    {"N:i4..100", "{\"N\":101}", SHAPE_STRICT, -1, "value less than or equal to 100"},
    {"N:i-2..2", "{\"N\":-2}", SHAPE_STRICT, 0, "-2"},
    {"N:i", "{\"N\":\"7\"}", SHAPE_STRICT, -2, "an integer was expected"},
    {"N:i", "{\"N\":\"7\"}", SHAPE_TEXT, 0, "{\"N\":7}"},
    {"N:i", "{\"N\":\"7x\"}", SHAPE_TEXT, -2, "an integer was expected"},
    {"N:i", "{\"N\":7.5}", SHAPE_STRICT, -2, "an integer was expected"},
    {"B:b", "{\"B\":\"true\"}", SHAPE_TEXT, 0, "{\"B\":true}"},
    {"B:b", "{\"B\":\"true\"}", SHAPE_STRICT, -2, "true or false"},
    {"T:t", "{\"T\":\"2026-11-20T03:00:00Z\"}", SHAPE_STRICT, 0, "{\"T\":1795143600}"},
    {"T:t", "{\"T\":\"soon\"}", SHAPE_STRICT, -2, "a timestamp"},
    {"E:e(ON|OFF)", "{\"E\":\"OFF\"}", SHAPE_STRICT, 0, "OFF"},
    {"E:e(ON|OFF)", "{\"E\":\"O\"}", SHAPE_STRICT, -1, "enum value set: [ON, OFF]"},
    {"E:e(ON|OFF)", "{\"E\":\"\"}", SHAPE_STRICT, -1, "enum value set: [ON, OFF]"},
    {"L:[s1..2]1..2", "{\"L\":[]}", SHAPE_STRICT, -1, "length greater than or equal to 1"},
    {"L:[s1..2]1..2", "{\"L\":[\"a\",\"b\",\"c\"]}", SHAPE_STRICT, -1,
     "length less than or equal to 2"},
    {"L:[s1..2]", "{\"L\":[\"a\",\"bcd\"]}", SHAPE_STRICT, -1, "Value 'bcd' at 'l.2.member'"},
    {"L:[s]", "{\"L\":\"a\"}", SHAPE_STRICT, -2, "a list was expected"},
    {"L:[s]", "{\"L\":\"a\"}", SHAPE_TEXT, 0, "{\"L\":[\"a\"]}"},
    {"L:[{K!:i}]", "{\"L\":{\"Filter\":[{\"K\":\"1\"}]}}", SHAPE_TEXT, 0, "{\"L\":[{\"K\":1}]}"},
    {"M:<i0..9>..2", "{\"M\":{\"a\":1,\"b\":10}}", SHAPE_STRICT, -1, "at 'm.b' failed"},
    {"S!:{A!:{B!:s}}", "{\"S\":{\"A\":{}}}", SHAPE_STRICT, SHAPE_MISSING,
     "Value at 's.a.b' failed"},
    {"D:d", "{\"D\":{\"any\":[1,null]}}", SHAPE_STRICT, 0, "{\"D\":{\"any\":[1,null]}}"},
    {"Tags:[@Tag]..1", "{\"Tags\":[{\"Key\":\"k\",\"Value\":\"\"}]}", SHAPE_STRICT, 0, "Key"},
    {"Tags:[@Tag]..1", "{\"Tags\":[{\"Key\":\"k\"}]}", SHAPE_STRICT, SHAPE_MISSING,
     "Value at 'tags.1.member.value'"},
    {"E:@Expr", "{\"E\":{\"And\":[{\"And\":[{\"Leaf\":\"x\"}]}]}}", SHAPE_STRICT, 0, "Leaf"},
    {"E:@Expr", "{\"E\":{\"And\":[{\"And\":[{\"Leaf\":1}]}]}}", SHAPE_STRICT, -2,
     "a string was expected"},
};

static void values_are_held_against_their_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        const char *problem = NULL;
        char message[512] = "";
        struct shape *shape = shape_compile(rows[i].shape, named, &err);
        if (shape == NULL) {
            fail_msg("row %zu: %s", i, err.text);
        }
        json_t *value = jx_parse(rows[i].value, strlen(rows[i].value), &problem);
        int rc = shape_check(shape, value, rows[i].source, NULL, message, sizeof message);
        char *after = jx_dump(value);
        if (rc != rows[i].rc || strstr(rc == 0 ? after : message, rows[i].says) == NULL) {
            fail_msg("row %zu: %s against %s gives %d \"%s\" %s", i, rows[i].value, rows[i].shape,
                     rc, message, after);
        }
        free(after);
        json_decref(value);
        shape_free(shape);
    }
}

static void members_of_a_query_string_may_be_text(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char message[512];
    struct shape *shape = shape_compile("maxResults:i1..9, inBody:i", NULL, &err);
    json_t *value = json_pack("{s:s, s:i}", "maxResults", "5", "inBody", 1);
    assert_int_equal(
        shape_check(shape, value, SHAPE_STRICT, " maxResults ", message, sizeof message), 0);
    assert_int_equal(jx_int(value, "maxResults", 0), 5);
    assert_true(json_is_integer(json_object_get(value, "maxResults")));
    json_object_set_new(value, "inBody", json_string("1"));
    assert_int_equal(
        shape_check(shape, value, SHAPE_STRICT, " maxResults ", message, sizeof message), -2);
    json_decref(value);
    shape_free(shape);
}

static void malformed_shapes_are_refused_with_the_column(void **state)
{
    (void)state;
    static const char *const broken[] = {"Name",         "Name:",    "Name:x",    "Name:[s",
                                         "Name:{A:s",    "Name:e(A", "Name:s/(/", "Name:s/abc",
                                         "Name:@Nobody", "A:s B:s",  ":s",        NULL};
    for (size_t i = 0; broken[i] != NULL; i++) {
        struct err err = ERR_INIT;
        struct shape *shape = shape_compile(broken[i], named, &err);
        if (shape != NULL || strstr(err.text, "column") == NULL) {
            fail_msg("\"%s\" was taken, or without a column: %s", broken[i], err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_held_against_their_shapes),
        cmocka_unit_test(members_of_a_query_string_may_be_text),
        cmocka_unit_test(malformed_shapes_are_refused_with_the_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
