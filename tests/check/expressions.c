/* Every operator and form, over present, missing and ill-typed values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/jsonx.h"
#include "expr.h"

static const char document_text[] =
    "{\"word\":\"alpha\",\"empty\":\"\",\"one\":1,\"half\":0.5,\"yes\":true,\"no\":false,"
    "\"gone\":null,\"list\":[\"a\",\"b\"],\"nothing\":[],\"numbers\":[1,2,3],"
    "\"tags\":{\"aws:x\":\"on\",\"b\":\"off\"},\"newline\":\"alpha\\n\","
    "\"made\":\"2026-01-01T00:00:00Z\",\"epoch\":1767225600,\"later\":\"2027-01-01\","
    "\"rules\":[{\"name\":\"r1\",\"days\":7,\"copies\":[{\"region\":\"eu-west-1\"}]},"
    "{\"name\":\"r2\",\"days\":35,\"copies\":[]}],"
    "\"twin\":\"alpha\",\"copy\":[\"a\",\"b\"],\"many\":[\"a\",\"b\",\"c\"],\"dollar\":\"$x\"}";
static const char org_text[] = "{\"id\":\"o-1\",\"admin\":\"alpha\",\"names\":[\"alpha\",\"beta\"],"
                               "\"by_name\":{\"alpha\":1}}";
static const char parameters_text[] = "{\"limit\":1,\"words\":[\"alpha\"],\"pattern\":\"^al\"}";

struct row {
    const char *expression;
    bool holds;
};

static const struct row rows[] = {
    {"{field: word, equals: alpha}", true},
    {"{field: word, equals: Alpha}", false},
    {"{field: one, equals: 1}", true},
    {"{field: one, equals: 1.0}", true},
    {"{field: one, equals: '1'}", false},
    {"{field: one, equals: true}", false},
    {"{field: yes, equals: true}", true},
    {"{field: no, equals: false}", true},
    {"{field: list, equals: [a, b]}", true},
    {"{field: missing, equals: alpha}", false},
    {"{field: gone, equals: alpha}", false},
    {"{field: dollar, equals: $$x}", true},
    {"{field: dollar, in: [$$x, y]}", true},
    {"{field: word, not_equals: beta}", true},
    {"{field: word, not_equals: alpha}", false},
    {"{field: missing, not_equals: alpha}", true},
    {"{field: gone, not_equals: alpha}", true},
    {"{field: word, in: [alpha, beta]}", true},
    {"{field: word, in: [beta]}", false},
    {"{field: missing, in: [alpha]}", false},
    {"{field: word, not_in: [beta]}", true},
    {"{field: word, not_in: [alpha]}", false},
    {"{field: missing, not_in: [alpha]}", true},
    {"{field: word, present: true}", true},
    {"{field: word, present: false}", false},
    {"{field: missing, present: false}", true},
    {"{field: gone, present: false}", true},
    {"{field: missing, present: true}", false},
    {"{field: empty, present: true}", true},
    {"{field: empty, empty: true}", true},
    {"{field: nothing, empty: true}", true},
    {"{field: missing, empty: true}", true},
    {"{field: missing, empty: false}", false},
    {"{field: list, empty: false}", true},
    {"{field: no, empty: true}", false},
    {"{field: word, matches: 'ph'}", true},
    {"{field: word, matches: '^ph'}", false},
    {"{field: newline, matches: '^alpha$'}", false},
    {"{field: one, matches: '1'}", false},
    {"{field: missing, matches: '.*'}", false},
    {"{field: word, matches: $param.pattern}", true},
    {"{field: dollar, matches: '[$]x$'}", true},
    {"{field: word, not_matches: '^beta'}", true},
    {"{field: word, not_matches: '^alpha'}", false},
    {"{field: missing, not_matches: 'x'}", false},
    {"{field: one, less_than: 2}", true},
    {"{field: one, less_than: 1}", false},
    {"{field: half, less_than: 1}", true},
    {"{field: one, at_most: 1}", true},
    {"{field: one, at_most: 0.5}", false},
    {"{field: one, more_than: 0}", true},
    {"{field: one, more_than: 1}", false},
    {"{field: one, at_least: 1}", true},
    {"{field: half, at_least: 1}", false},
    {"{field: word, less_than: 5}", false},
    {"{field: word, at_least: 5}", false},
    {"{field: word, at_most: 5}", false},
    {"{field: missing, less_than: 5}", false},
    {"{field: missing, at_least: 0}", false},
    {"{field: one, at_most: $param.limit}", true},
    {"{field: list, contains: a}", true},
    {"{field: list, contains: c}", false},
    {"{field: numbers, contains: 2}", true},
    {"{field: tags, contains: 'aws:x'}", true},
    {"{field: tags, contains: 'on'}", false},
    {"{field: word, contains: lph}", true},
    {"{field: word, contains: x}", false},
    {"{field: one, contains: 1}", false},
    {"{field: missing, contains: a}", false},
    {"{field: list, contains_all: [a, b]}", true},
    {"{field: list, contains_all: [a, c]}", false},
    {"{field: list, contains_all: []}", true},
    {"{field: tags, contains_all: [b]}", true},
    {"{field: missing, contains_all: []}", false},
    {"{field: word, contains_all: [a]}", false},
    {"{field: list, contains_any: [c, b]}", true},
    {"{field: list, contains_any: [c]}", false},
    {"{field: missing, contains_any: [c]}", false},
    {"{field: list, contains_none: [c]}", true},
    {"{field: list, contains_none: [c, b]}", false},
    {"{field: missing, contains_none: [c]}", false},
    {"{field: list, subset_of: [a, b, c]}", true},
    {"{field: list, subset_of: [a]}", false},
    {"{field: nothing, subset_of: []}", true},
    {"{field: list, subset_of: $doc.many}", true},
    {"{field: missing, subset_of: [a]}", false},
    {"{field: word, subset_of: [alpha]}", false},
    {"{field: list, count_equals: 2}", true},
    {"{field: list, count_equals: 3}", false},
    {"{field: tags, count_equals: 2}", true},
    {"{field: list, count_at_least: 2}", true},
    {"{field: list, count_at_least: 3}", false},
    {"{field: list, count_at_most: 2}", true},
    {"{field: list, count_at_most: 1}", false},
    {"{field: missing, count_equals: 0}", false},
    {"{field: missing, count_at_most: 5}", false},
    {"{field: word, count_at_least: 0}", false},
    {"{field: made, older_than_days: 9}", true},
    {"{field: made, older_than_days: 10}", false},
    {"{field: epoch, older_than_days: 9}", true},
    {"{field: made, newer_than_days: 11}", true},
    {"{field: made, newer_than_days: 10}", false},
    {"{field: later, newer_than_days: 1}", true},
    {"{field: word, older_than_days: 0}", false},
    {"{field: word, newer_than_days: 9999}", false},
    {"{field: missing, older_than_days: 0}", false},
    /* References. */
    {"{field: word, equals: $org.admin}", true},
    {"{field: word, equals: $doc.twin}", true},
    {"{field: word, equals: $org.missing}", false},
    {"{field: word, not_equals: $org.missing}", true},
    {"{field: missing, equals: $org.missing}", false},
    {"{field: word, in: $org.names}", true},
    {"{field: word, in: $org.by_name}", true},
    {"{field: word, in: $org.admin}", false},
    {"{field: word, in: $param.words}", true},
    {"{field: word, not_in: $org.names}", false},
    {"{field: word, in: [x, $org.admin]}", true},
    {"{field: word, in: [x, $org.missing]}", false},
    {"{field: word, not_in: [x, $org.admin]}", false},
    {"{field: missing, not_in: [x, $org.admin]}", true},
    {"{field: $org.id, equals: o-1}", true},
    {"{field: $lz.version, present: false}", true},
    {"{field: list, equals: $doc.copy}", true},
    {"{field: '$doc.list[1]', equals: b}", true},
    {"{field: '$doc.list[2]', present: true}", false},
    {"{field: 'tags[\"aws:x\"]', equals: 'on'}", true},
    {"{field: \"tags['aws:x']\", equals: 'on'}", true},
    {"{field: word.deeper, present: true}", false},
    {"{field: 'word[0]', present: true}", false},
    {"{field: 'rules[1].days', equals: 35}", true},
    /* Forms. */
    {"{all: [{field: word, present: true}, {field: one, equals: 1}]}", true},
    {"{all: [{field: word, present: true}, {field: one, equals: 2}]}", false},
    {"{any: [{field: missing, present: true}, {field: one, equals: 1}]}", true},
    {"{any: [{field: missing, present: true}, {field: one, equals: 2}]}", false},
    {"{none: [{field: missing, present: true}, {field: one, equals: 2}]}", true},
    {"{none: [{field: missing, present: true}, {field: one, equals: 1}]}", false},
    {"{not: {field: missing, present: true}}", true},
    {"{not: {not: {field: missing, present: true}}}", false},
    {"{each: rules, satisfies: {field: days, at_least: 7}}", true},
    {"{each: rules, satisfies: {field: days, at_least: 8}}", false},
    {"{each: nothing, satisfies: {field: days, at_least: 8}}", true},
    {"{each: missing, satisfies: {field: days, at_least: 8}}", false},
    {"{each: word, satisfies: {field: ., present: true}}", false},
    {"{some: rules, satisfies: {field: days, at_least: 8}}", true},
    {"{some: rules, satisfies: {field: days, at_least: 80}}", false},
    {"{some: nothing, satisfies: {field: ., present: true}}", false},
    {"{some: missing, satisfies: {field: ., present: false}}", false},
    {"{no: rules, satisfies: {field: days, at_least: 80}}", true},
    {"{no: rules, satisfies: {field: days, at_least: 8}}", false},
    {"{no: nothing, satisfies: {field: ., present: true}}", true},
    {"{no: missing, satisfies: {field: ., present: true}}", false},
    {"{each: list, satisfies: {field: ., in: [a, b]}}", true},
    {"{each: list, satisfies: {field: ., in: $doc.many}}", true},
    {"{each: list, satisfies: {field: ., in: $org.names}}", false},
    {"{some: rules, satisfies: {some: copies, satisfies: {field: region, equals: eu-west-1}}}",
     true},
    {"{each: rules, satisfies: {some: copies, satisfies: {field: region, equals: eu-west-1}}}",
     false},
    {"{some: rules, satisfies: {all: [{each: copies, satisfies: {field: region, equals: x}}, "
     "{field: name, equals: r2}, {field: $doc.word, equals: alpha}]}}",
     true},
};

static json_t *parsed(const char *text)
{
    const char *problem = NULL;
    json_t *value = jx_parse(text, strlen(text), &problem);
    assert_non_null(value);
    return value;
}

/* -1 when the view found a problem. */
static int evaluate(const char *expression, json_t *document, const char *now, char *problem,
                    size_t size)
{
    struct err err = ERR_INIT;
    struct doc *doc = NULL;
    struct expr *e = NULL;
    struct view view;
    json_t *context = json_object();
    json_t *parameters = parsed(parameters_text);
    json_object_set_new(context, "org", parsed(org_text));
    if (doc_load_text("expression", expression, strlen(expression), &doc, &err) != 0 ||
        expr_parse(doc, doc_root(doc), parameters, NULL, &e, &err) != 0) {
        print_error("%s: %s\n", expression, err.text);
        fail();
    }
    view_init(&view, context, now);
    view_turn(&view, document, parameters);
    bool holds = expr_holds(e, &view);
    snprintf(problem, size, "%s", view.problem);
    assert_ptr_equal(view.roots[ROOT_ELEMENT], document);
    expr_free(e);
    doc_free(doc);
    json_decref(context);
    json_decref(parameters);
    return problem[0] != '\0' ? -1 : holds ? 1 : 0;
}

static void every_operator_and_form_gives_what_its_row_says(void **state)
{
    (void)state;
    json_t *document = parsed(document_text);
    char problem[300];
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int got =
            evaluate(rows[i].expression, document, "2026-01-11T00:00:00Z", problem, sizeof problem);
        if (got != (rows[i].holds ? 1 : 0)) {
            print_error("%s: expected %d, got %d %s\n", rows[i].expression, rows[i].holds, got,
                        problem);
            wrong++;
        }
    }
    json_decref(document);
    assert_int_equal(wrong, 0);
}

static void a_catastrophic_pattern_is_given_up_and_said(void **state)
{
    (void)state;
    char value[4001];
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 2] = '!';
    value[sizeof value - 1] = '\0';
    json_t *document = json_object();
    json_object_set_new(document, "word", json_string(value));
    char problem[300];
    static const char *const patterns[] = {
        "{field: word, matches: '^(a+)+$'}", "{field: word, matches: '^(a|aa)+$'}",
        "{field: word, not_matches: '(a*)*[bc]'}", "{not: {field: word, matches: '^(a|a)*[bc]$'}}"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        int64_t before = clock_monotonic_ms(NULL);
        assert_int_equal(evaluate(patterns[i], document, NULL, problem, sizeof problem), -1);
        assert_true(clock_monotonic_ms(NULL) - before < 2000);
        assert_non_null(strstr(problem, "exceeded the matching limit on a value of 4000 bytes"));
    }
    json_decref(document);
}

static void ages_without_a_present_are_unknown(void **state)
{
    (void)state;
    json_t *document = parsed(document_text);
    char problem[300];
    assert_int_equal(
        evaluate("{field: made, older_than_days: 9}", document, NULL, problem, sizeof problem), -1);
    assert_string_equal(problem, "ages are unknown: the run has no end time");
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_and_form_gives_what_its_row_says),
        cmocka_unit_test(a_catastrophic_pattern_is_given_up_and_said),
        cmocka_unit_test(ages_without_a_present_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
