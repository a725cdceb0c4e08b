#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/condition.h"

static json_t *parse(const char *text)
{
    const char *problem = NULL;
    json_t *value = jx_parse(text, strlen(text), &problem);
    if (value == NULL) {
        fail_msg("%s: %s", text, problem);
    }
    return value;
}

#define ANSWER                                                                                     \
    "{\"status\":\"ACTIVE\",\"n\":3,\"on\":true,\"text\":\"true\",\"none\":null,"                  \
    "\"list\":[{\"k\":\"a\",\"v\":1},{\"k\":\"b\",\"v\":2}],\"words\":[\"x\",\"y\"],"              \
    "\"map\":{\"EC2\":true,\"Storage Gateway\":false,\"dot.ted\":1},\"version\":\"3.10\","         \
    "\"json\":\"{\\\"b\\\":[1,2], \\\"a\\\":null}\","                                              \
    "\"policy\":\"{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":\\\"*\\\","  \
    "\\\"Action\\\":\\\"kms:*\\\",\\\"Resource\\\":\\\"*\\\"}]}\"}"

static void a_condition_judges_an_answer(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool holds;
    } cases[] = {
        {"{\"path\":\"status\",\"equals\":\"ACTIVE\"}", true},
        {"{\"path\":\"status\",\"equals\":\"active\"}", false},
        {"{\"path\":\"gone\",\"equals\":null}", true},
        {"{\"path\":\"none\",\"equals\":null}", true},
        {"{\"path\":\"n\",\"equals\":3}", true},
        {"{\"path\":\"n\",\"equals\":\"3\"}", true},
        {"{\"path\":\"text\",\"equals\":true}", true},
        {"{\"path\":\"text\",\"equals\":false}", false},
        {"{\"path\":\"on\",\"equals\":1}", false},
        {"{\"path\":\"list[1].v\",\"equals\":2}", true},
        {"{\"path\":\"list[-1].k\",\"equals\":\"b\"}", true},
        {"{\"path\":\"list[2]\",\"present\":false}", true},
        {"{\"path\":\"map[\\\"dot.ted\\\"]\",\"equals\":1}", true},
        {"{\"path\":\"map.Storage Gateway\",\"equals\":false}", true},
        {"{\"path\":\"status\",\"in\":[\"ACTIVE\",\"FAILED\"]}", true},
        {"{\"path\":\"status\",\"in\":[]}", false},
        {"{\"path\":\"none\",\"present\":true}", false},
        {"{\"path\":\"\",\"present\":true}", true},
        {"{\"path\":\"words\",\"contains\":\"y\"}", true},
        {"{\"path\":\"status\",\"contains\":\"CTI\"}", true},
        {"{\"path\":\"words\",\"contains\":\"z\"}", false},
        {"{\"path\":\"map\",\"superset_of\":{\"EC2\":true}}", true},
        {"{\"path\":\"map\",\"superset_of\":{\"EC2\":true,\"S3\":true}}", false},
        {"{\"path\":\"list\",\"superset_of\":[{\"k\":\"b\"}]}", true},
        {"{\"path\":\"list\",\"superset_of\":[{\"k\":\"b\",\"v\":1}]}", false},
        {"{\"path\":\"status\",\"superset_of\":{}}", false},
        {"{\"path\":\"json\",\"equals_json\":{\"a\":null,\"b\":[1,2]}}", true},
        {"{\"path\":\"json\",\"equals_json\":{\"a\":null,\"b\":[2,1]}}", false},
        {"{\"path\":\"json\",\"equals_json\":\"{\\\"a\\\": null, \\\"b\\\": [1,2]}\"}", true},
        {"{\"path\":\"policy\",\"equals_json\":{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":"
         "\"*\",\"Action\":[\"kms:*\"],\"Resource\":[\"*\"],\"Sid\":\"x\"}}}",
         true},
        {"{\"path\":\"policy\",\"equals_json\":{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":"
         "\"*\",\"Action\":[\"kms:*\"],\"Resource\":[\"*\"]}}}",
         false},
        {"{\"path\":\"n\",\"at_least\":3}", true},
        {"{\"path\":\"n\",\"at_least\":4}", false},
        {"{\"path\":\"version\",\"at_least\":\"3.9\"}", true},
        {"{\"path\":\"version\",\"at_least\":\"4.0\"}", false},
        {"{\"path\":\"status\",\"at_least\":\"1\"}", false},
        {"{\"path\":\"list\",\"some\":{\"path\":\"v\",\"equals\":2}}", true},
        {"{\"path\":\"list\",\"none\":{\"path\":\"v\",\"equals\":2}}", false},
        {"{\"path\":\"list\",\"every\":{\"path\":\"v\",\"at_least\":1}}", true},
        {"{\"path\":\"list\",\"every\":{\"path\":\"v\",\"at_least\":2}}", false},
        {"{\"path\":\"gone\",\"some\":{\"path\":\"v\",\"equals\":2}}", false},
        {"{\"path\":\"gone\",\"none\":{\"path\":\"v\",\"equals\":2}}", true},
        {"{\"not\":{\"path\":\"n\",\"equals\":3}}", false},
        {"{\"all\":[{\"path\":\"n\",\"equals\":3},{\"path\":\"on\",\"equals\":true}]}", true},
        {"{\"all\":[{\"path\":\"n\",\"equals\":3},{\"path\":\"on\",\"equals\":false}]}", false},
        {"{\"any\":[{\"path\":\"n\",\"equals\":4},{\"path\":\"on\",\"equals\":true}]}", true},
        {"{\"any\":[{\"path\":\"n\",\"equals\":4}]}", false},
    };
    json_t *answer = parse(ANSWER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *condition = parse(cases[i].condition);
        struct err err = ERR_INIT;
        if (condition_check(condition, &err) != 0) {
            fail_msg("%s: %s", cases[i].condition, err.text);
        }
        if (condition_holds(condition, answer) != cases[i].holds) {
            fail_msg("%s is %s", cases[i].condition, cases[i].holds ? "false" : "true");
        }
        json_decref(condition);
    }
    json_decref(answer);
}

static void a_malformed_condition_is_refused_and_false(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "[]",
        "{}",
        "{\"path\":\"n\"}",
        "{\"equals\":3}",
        "{\"path\":\"n\",\"equal\":3}",
        "{\"path\":\"n\",\"equals\":3,\"present\":true}",
        "{\"path\":\"n\",\"in\":3}",
        "{\"path\":\"n\",\"present\":1}",
        "{\"path\":\"n\",\"superset_of\":3}",
        "{\"path\":\"n\",\"at_least\":\"many\"}",
        "{\"path\":\"n..m\",\"present\":false}",
        "{\"path\":\".n\",\"present\":false}",
        "{\"path\":\"n[x]\",\"present\":false}",
        "{\"path\":\"n[1\",\"present\":false}",
        "{\"path\":\"n[99999999999]\",\"present\":false}",
        "{\"path\":\"n[\\\"x]\",\"present\":false}",
        "{\"path\":7,\"present\":false}",
        "{\"all\":[]}",
        "{\"all\":{}}",
        "{\"not\":[]}",
        "{\"path\":\"gone\",\"none\":{}}",
        "{\"not\":{\"path\":\"n\",\"equals\":4},\"path\":\"n\"}",
    };
    json_t *answer = parse(ANSWER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *condition = parse(cases[i]);
        struct err err = ERR_INIT;
        if (condition_check(condition, &err) == 0 || err.text[0] == '\0' ||
            condition_holds(condition, answer)) {
            fail_msg("accepted: %s", cases[i]);
        }
        json_decref(condition);
    }
    json_decref(answer);
}

static void a_deep_condition_is_refused(void **state)
{
    (void)state;
    json_t *condition = parse("{\"path\":\"n\",\"equals\":3}");
    struct err err = ERR_INIT;
    for (int i = 0; i < 200; i++) {
        condition = json_pack("{s:o}", "not", condition);
    }
    assert_int_equal(condition_check(condition, &err), -1);
    assert_false(condition_holds(condition, NULL));
    json_decref(condition);
}

static void the_first_element_that_fits_is_selected(void **state)
{
    (void)state;
    json_t *answer = parse(ANSWER);
    json_t *where = parse("{\"path\":\"v\",\"at_least\":2}");
    assert_string_equal(jx_str(condition_select(answer, "list", where), "k"), "b");
    assert_null(condition_select(answer, "words", where));
    assert_null(condition_select(answer, "gone", where));
    json_decref(where);
    json_decref(answer);
}

static void placeholders_are_filled_and_policy_variables_stay(void **state)
{
    (void)state;
    json_t *captures = parse("{\"create-key/eu-west-1\":{\"arn\":\"arn:aws:kms:1\"},"
                             "\"create-account/arn:a:b\":{\"id\":\"222233330001\"}}");
    json_t *value = parse("{\"a\":[\"<${create-key/eu-west-1:arn}>\",7,null],"
                          "\"b\":\"${create-account/arn:a:b:id}\","
                          "\"c\":\"${aws:PrincipalOrgID} $${create-key/eu-west-1:arn} ${x} ${\"}");
    json_t *expected =
        parse("{\"a\":[\"<arn:aws:kms:1>\",7,null],\"b\":\"222233330001\","
              "\"c\":\"${aws:PrincipalOrgID} ${create-key/eu-west-1:arn} ${x} ${\"}");
    json_t *filled = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(placeholder_fill(value, captures, &filled, &err), 0);
    assert_true(json_equal(filled, expected));
    json_decref(filled);
    json_decref(value);
    value = parse("[{\"x\":\"${create-key/eu-west-1:id}\"}]");
    assert_int_equal(placeholder_fill(value, captures, &filled, &err), -1);
    assert_null(filled);
    assert_non_null(strstr(err.text, "${create-key/eu-west-1:id}"));
    json_decref(value);
    json_decref(expected);
    json_decref(captures);
}

static void gather(void *context, const char *step, const char *name)
{
    char *all = context;
    size_t used = strlen(all);
    (void)snprintf(all + used, 256 - used, "%s|%s;", step, name);
}

static void placeholders_are_listed(void **state)
{
    (void)state;
    char all[256] = "";
    json_t *value = parse("{\"a\":\"${a-b:c}${a-b/x:d} $${a-b:e} ${aws:f}\",\"b\":[\"${c-d:g}\"]}");
    placeholder_each(value, gather, all);
    assert_string_equal(all, "a-b|c;a-b/x|d;c-d|g;");
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_judges_an_answer),
        cmocka_unit_test(a_malformed_condition_is_refused_and_false),
        cmocka_unit_test(a_deep_condition_is_refused),
        cmocka_unit_test(the_first_element_that_fits_is_selected),
        cmocka_unit_test(placeholders_are_filled_and_policy_variables_stay),
        cmocka_unit_test(placeholders_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
