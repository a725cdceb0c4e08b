/* Wording: values of every kind, ceilings, and what is safe to paste. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "template.h"

static const char document_text[] =
    "{\"name\":\"vault one\",\"plain\":\"arn:aws:kms:eu-west-1:111122223333:key/mrk-1\","
    "\"yes\":true,\"no\":false,\"count\":7,\"half\":3.3,\"gone\":null,\"empty\":\"\","
    "\"list\":[\"a\",\"b\"],\"nothing\":[],\"evil\":\"x'; rm -rf $(y) \\u001b[31m\\u202e\","
    "\"many\":[1,2,3,4,5,6,7,8,9,10,11,12],\"odd\":{\"a b\":\"c\"},"
    "\"pairs\":[{\"key\":\"k1\",\"nearest\":\"n1\"},{\"key\":\"k2\"}],"
    "\"object\":{\"one\":1,\"deep\":{\"x\":[\"y\"]}}}";

struct row {
    const char *text;
    enum template_use use;
    const char *rendered;
};

static const struct row rows[] = {
    {"no slots", TEMPLATE_WORDS, "no slots"},
    {"{name}", TEMPLATE_WORDS, "vault one"},
    {"[{yes}/{no}/{count}/{half}]", TEMPLATE_WORDS, "[yes/no/7/3.3]"},
    {"{gone} {missing} {empty} {nothing}", TEMPLATE_WORDS, "none none none none"},
    {"{list}", TEMPLATE_WORDS, "a, b"},
    {"{many}", TEMPLATE_WORDS, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"},
    {"{list[1]} {list[2]}", TEMPLATE_WORDS, "b none"},
    {"{pairs[*].key}", TEMPLATE_WORDS, "k1, k2"},
    {"{pairs[*].nearest}", TEMPLATE_WORDS, "n1, none"},
    {"{list[*]}", TEMPLATE_WORDS, "a, b"},
    {"{name[*].x}", TEMPLATE_WORDS, "none"},
    {"{pairs}", TEMPLATE_WORDS, "(key: k1, nearest: n1), (key: k2)"},
    {"{object}", TEMPLATE_WORDS, "one: 1, deep: (x: y)"},
    {"{odd[\"a b\"]}", TEMPLATE_WORDS, "c"},
    {"{{\"x\": {count}}}", TEMPLATE_WORDS, "{\"x\": 7}"},
    {"{$org.id} {$param.limit}", TEMPLATE_WORDS, "o-1 5"},
    {"{evil}", TEMPLATE_WORDS, "x'; rm -rf $(y) ?[31m?"},
    {"aws --arn {plain}", TEMPLATE_COMMAND,
     "aws --arn arn:aws:kms:eu-west-1:111122223333:key/mrk-1"},
    {"aws --name {name}", TEMPLATE_COMMAND, "aws --name 'vault one'"},
    {"aws --name {evil}", TEMPLATE_COMMAND, "aws --name 'x'\\''; rm -rf $(y) ?[31m?'"},
    {"aws --name '{evil}'", TEMPLATE_COMMAND, "aws --name 'x?; rm -rf ?(y) ?[31m?'"},
    {"aws --name \"{evil}\"", TEMPLATE_COMMAND, "aws --name \"x?; rm -rf ?(y) ?[31m?\""},
    {"aws --x '{{\"a\": {evil}}}' {name}", TEMPLATE_COMMAND,
     "aws --x '{\"a\": x?; rm -rf ?(y) ?[31m?}' 'vault one'"},
    {"the vault's name {name}", TEMPLATE_COMMAND, "the vault's name 'vault one'"},
};

static char *rendered(const char *text, enum template_use use, const json_t *document)
{
    char problem[200] = "";
    struct text out;
    json_t *org = json_pack("{s:s}", "id", "o-1");
    json_t *parameters = json_pack("{s:i}", "limit", 5);
    const json_t *roots[ROOT_COUNT] = {[ROOT_ELEMENT] = document,
                                       [ROOT_DOC] = document,
                                       [ROOT_ORG] = org,
                                       [ROOT_PARAM] = parameters};
    struct template *t = template_new(text, use, parameters, NULL, problem, sizeof problem);
    if (t == NULL) {
        json_decref(org);
        json_decref(parameters);
        return xasprintf("refused: %s", problem);
    }
    text_init(&out, TEMPLATE_OUT_MAX);
    template_render(t, roots, &out);
    template_free(t);
    json_decref(org);
    json_decref(parameters);
    return text_take(&out);
}

static void values_are_worded_as_their_row_says(void **state)
{
    (void)state;
    const char *problem;
    json_t *document = jx_parse(document_text, strlen(document_text), &problem);
    assert_non_null(document);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = rendered(rows[i].text, rows[i].use, document);
        assert_string_equal(got, rows[i].rendered);
        free(got);
    }
    json_decref(document);
}

static void malformed_templates_are_refused_with_words(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"{name", "refused: expected a } that closes { (a plain brace is {{)"},
        {"{}", "refused: expected a path, not empty text"},
        {"{a..b}", "refused: expected a name of letters, digits, _ and - in the path (others as "
                   "[\"name\"])"},
        {"{a[x]}", "refused: expected [NUMBER] or [\"key\"] in the path"},
        {"{$orf.id}",
         "refused: expected a path from $doc, $org, $lz, $config or $param, not $orf; did you mean "
         "$org?"},
        {"{$param.limits}", "refused: expected a parameter of this rule, not \"limits\""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *got = rendered(pairs[i][0], TEMPLATE_WORDS, NULL);
        assert_string_equal(got, pairs[i][1]);
        free(got);
    }
}

static void long_values_are_cut_at_a_character(void **state)
{
    (void)state;
    char value[1001];
    for (size_t i = 0; i + 1 < sizeof value; i += 2) {
        memcpy(value + i, "\xC3\xA9", 2);
    }
    value[1000] = '\0';
    memmove(value + 1, value, 998);
    value[0] = 'x';
    value[999] = '\0';
    json_t *document = json_object();
    json_object_set_new(document, "v", json_string(value));
    assert_non_null(json_object_get(document, "v"));
    char *got = rendered("{v}", TEMPLATE_WORDS, document);
    assert_int_equal(strlen(got), 299 + 3);
    assert_true(utf8_valid(got, strlen(got)));
    free(got);
    json_decref(document);
}

static void a_monstrous_document_gives_a_bounded_text(void **state)
{
    (void)state;
    char word[501];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    json_t *value = json_string(word);
    for (int depth = 0; depth < 4; depth++) {
        json_t *list = json_array();
        for (int i = 0; i < 12; i++) {
            json_array_append(list, value);
        }
        json_decref(value);
        value = list;
    }
    json_t *document = json_object();
    json_object_set_new(document, "v", value);
    char *got = rendered("{v}{v}{v}{v}{v}{v}{v}{v}{v}{v}{v}{v} end", TEMPLATE_WORDS, document);
    assert_true(strlen(got) > 0 && strlen(got) < 700000);
    free(got);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_worded_as_their_row_says),
        cmocka_unit_test(malformed_templates_are_refused_with_words),
        cmocka_unit_test(long_values_are_cut_at_a_character),
        cmocka_unit_test(a_monstrous_document_gives_a_bounded_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
