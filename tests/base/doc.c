#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/doc.h"
#include "base/jsonx.h"
#include "base/text.h"

static struct doc *loaded(const char *s)
{
    struct doc *doc = NULL;
    struct err err = ERR_INIT;
    if (doc_load_text("f.yaml", s, strlen(s), &doc, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return doc;
}

static void scalars_follow_the_core_schema(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum node_kind kind;
        long long integer;
    } cases[] = {
        {"null", NODE_NULL, 0},
        {"~", NODE_NULL, 0},
        {"true", NODE_BOOL, 0},
        {"FALSE", NODE_BOOL, 0},
        {"yes", NODE_STRING, 0},
        {"no", NODE_STRING, 0},
        {"on", NODE_STRING, 0},
        {"off", NODE_STRING, 0},
        {"y", NODE_STRING, 0},
        {"tRue", NODE_STRING, 0},
        {"12", NODE_INT, 12},
        {"-3", NODE_INT, -3},
        {"+4", NODE_INT, 4},
        {"0x1F", NODE_INT, 31},
        {"0o17", NODE_INT, 15},
        {"017", NODE_INT, 17},
        {"1.5", NODE_REAL, 0},
        {"1e3", NODE_REAL, 0},
        {".5", NODE_REAL, 0},
        {"5.", NODE_REAL, 0},
        {".inf", NODE_REAL, 0},
        {".nan", NODE_REAL, 0},
        {"1_000", NODE_STRING, 0},
        {"1e", NODE_STRING, 0},
        {"0x", NODE_STRING, 0},
        {"1:30", NODE_STRING, 0},
        {".", NODE_STRING, 0},
        {"2026-11-23", NODE_STRING, 0},
        {"99999999999999999999", NODE_STRING, 0},
        {"012345678901", NODE_INT, 12345678901LL},
        {"210987654321", NODE_INT, 210987654321LL},
        {"1.2.3", NODE_STRING, 0},
        {"-", NODE_STRING, 0},
    };
    for (size_t i = 0; i + 1 < sizeof cases / sizeof cases[0]; i++) {
        struct doc *doc = loaded(cases[i].text);
        const struct node *n = doc_root(doc);
        assert_int_equal(n->kind, cases[i].kind);
        assert_string_equal(node_string(n), cases[i].text);
        assert_true(n->integer == cases[i].integer);
        doc_free(doc);
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", cases[i].text);
        doc = loaded(quoted);
        assert_int_equal(doc_root(doc)->kind, NODE_STRING);
        assert_string_equal(node_string(doc_root(doc)), cases[i].text);
        doc_free(doc);
    }
}

static void account_ids_without_quotes_stay_text(void **state)
{
    (void)state;
    struct doc *doc = loaded("a: 012345678901\nb: 210987654321\nc: 42\nd: 007\ne: \"5\"\nf: 1.5\n"
                             "g: [true, null, ~, -0]\nh: .inf\ni: {}\nj: []\nk: 1234567890123\n"
                             "l: -05\nm: 0\nn: !!str 9\n");
    json_t *json = node_to_json(doc_root(doc));
    char *s = jx_dump(json);
    assert_string_equal(s, "{\"a\":\"012345678901\",\"b\":\"210987654321\",\"c\":42,\"d\":\"007\","
                           "\"e\":\"5\",\"f\":1.5,\"g\":[true,null,null,0],\"h\":\".inf\","
                           "\"i\":{},\"j\":[],\"k\":1234567890123,\"l\":\"-05\",\"m\":0,"
                           "\"n\":\"9\"}");
    const char *id = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(node_need_string(doc, doc_root(doc), "a", &id, &err), 0);
    assert_string_equal(id, "012345678901");
    free(s);
    json_decref(json);
    doc_free(doc);
}

static void nodes_know_their_place(void **state)
{
    (void)state;
    struct doc *doc = loaded("rule:\n  all:\n    - field: a\n    - field: b\n  \"odd key\": 1\n");
    const struct node *all = node_get(node_get(doc_root(doc), "rule"), "all");
    assert_int_equal(all->kind, NODE_LIST);
    assert_int_equal(all->count, 2);
    const struct node *field = node_get(all->children[1], "field");
    assert_int_equal(field->line, 4);
    assert_int_equal(field->column, 14);
    assert_int_equal(field->key_line, 4);
    assert_string_equal(field->key, "field");
    char path[64];
    node_path(field, path, sizeof path);
    assert_string_equal(path, "$.rule.all[1].field");
    node_path(node_get(all->parent, "odd key"), path, sizeof path);
    assert_string_equal(path, "$.rule[\"odd key\"]");
    node_path(doc_root(doc), path, sizeof path);
    assert_string_equal(path, "$");
    struct err err = ERR_INIT;
    assert_int_equal(node_err(doc, field, &err, "expected %s", "more"), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, "f.yaml:4:14: $.rule.all[1].field: expected more");
    assert_null(node_get(field, "x"));
    assert_null(node_get(NULL, "x"));
    assert_null(node_string(all));
    assert_string_equal(doc_name(doc), "f.yaml");
    doc_free(doc);
}

static void malformed_documents_are_refused_with_place_and_expectation(void **state)
{
    (void)state;
    static const struct {
        const char *in, *text;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n",
         "f.yaml:3:1: $.a: expected each key once: \"a\" is on line 1 and again on line 3"},
        {"x:\n  - k: {}\n    k: []\n",
         "f.yaml:3:5: $.x[0].k: expected each key once: \"k\" is on line 2 and again on line 3"},
        {"a: &anchor 1\n", "f.yaml:1:4: $.a: expected a plain value: anchors are not allowed"},
        {"a: &x {b: 1}\n", "f.yaml:1:4: $.a: expected a plain value: anchors are not allowed"},
        {"a: [1, *other]\n", "f.yaml:1:8: $.a[1]: expected a plain value: aliases are not allowed"},
        {"*a : 1\n", "f.yaml:1:1: $: expected a plain value: aliases are not allowed"},
        {"a: !thing 1\n",
         "f.yaml:1:4: $.a: expected an untagged value: the tag \"!thing\" is not known"},
        {"a: !!int 1\n", "f.yaml:1:4: $.a: expected an untagged value: the tag "
                         "\"tag:yaml.org,2002:int\" is not known"},
        {"? [a, b]\n: 1\n", "f.yaml:1:3: $: expected a plain key, not a list or a mapping"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2:1: $: expected one document, found a second"},
        {"a: \"x\\0y\"\n", "f.yaml:1:4: $.a: expected text without NUL characters"},
        {"a: b: c\n",
         "f.yaml:1:5: $: expected valid YAML: mapping values are not allowed in this context"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct doc *doc = NULL;
        struct err err = ERR_INIT;
        assert_int_equal(doc_load_text("f.yaml", cases[i].in, strlen(cases[i].in), &doc, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
        assert_string_equal(err.text, cases[i].text);
        assert_null(doc);
    }
}

static void syntax_errors_name_line_column_and_path(void **state)
{
    (void)state;
    static const struct {
        const char *in, *start;
    } cases[] = {
        {"a:\n\tb: 1\n", "f.yaml:2:1: $.a: expected valid YAML: found character that cannot start"},
        {"a: \"never closed\n", "f.yaml:2:1: $.a: expected valid YAML: found unexpected end of"},
        {"a: [1, 2\n", "f.yaml:2:1: $.a[2]: expected valid YAML: did not find expected"},
        {"{\"a\": {\"b\": 1}", "f.yaml:2:1: $: expected valid YAML: did not find expected"},
        {"a: 1\n  b: 2\n", "f.yaml:2:4: $: expected valid YAML: mapping values"},
        {"ok: 1\nbad: \xFF\n", "f.yaml:2:6: $"},
        {"a: \x01\n", "f.yaml:1:4: $"},
        {"}", "f.yaml:1:1: $: expected valid YAML: did not find expected node content"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct doc *doc = NULL;
        struct err err = ERR_INIT;
        assert_int_equal(doc_load_text("f.yaml", cases[i].in, strlen(cases[i].in), &doc, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
        if (!str_starts(err.text, cases[i].start)) {
            fail_msg("case %zu: %s", i, err.text);
        }
        assert_non_null(strstr(err.text, ": expected "));
    }
}

static void depth_and_size_have_ceilings(void **state)
{
    (void)state;
    char nested[203];
    struct doc *doc = NULL;
    struct err err = ERR_INIT;
    for (size_t depth = 100; depth <= 101; depth++) {
        memset(nested, '[', depth);
        memset(nested + depth, ']', depth);
        int status = doc_load_text("f.yaml", nested, 2 * depth, &doc, &err);
        assert_int_equal(status, depth == 100 ? 0 : -1);
        if (status == 0) {
            doc_free(doc);
        }
    }
    assert_true(str_starts(err.text, "f.yaml:1:101: $[0][0]"));
    assert_true(str_ends(err.text, ": expected at most 100 levels of nesting"));
    size_t big = (size_t)16 * 1024 * 1024 + 1;
    char *data = calloc(1, big);
    assert_non_null(data);
    assert_int_equal(doc_load_text("f.yaml", data, big, &doc, &err), -1);
    assert_string_equal(err.text, "f.yaml: larger than 16777216 bytes");
    free(data);
}

static void empty_document_is_null(void **state)
{
    (void)state;
    static const char *const empties[] = {"", "# only words\n", "---\n", "---\n...\n"};
    for (size_t i = 0; i < sizeof empties / sizeof empties[0]; i++) {
        struct doc *doc = loaded(empties[i]);
        assert_int_equal(doc_root(doc)->kind, NODE_NULL);
        assert_string_equal(node_string(doc_root(doc)), "");
        doc_free(doc);
    }
}

static void unknown_keys_are_refused_with_the_nearest(void **state)
{
    (void)state;
    static const char *const known[] = {"severity", "title", NULL};
    struct err err = ERR_INIT;
    struct doc *doc = loaded("r:\n  title: x\n  severty: high\n");
    const struct node *r = node_get(doc_root(doc), "r");
    assert_int_equal(node_only(doc, r, known, &err), -1);
    assert_string_equal(err.text, "f.yaml:3:3: $.r: expected a known key, not \"severty\"; did "
                                  "you mean \"severity\"?");
    assert_int_equal(node_only(doc, doc_root(doc), known, &err), -1);
    assert_string_equal(err.text,
                        "f.yaml:1:1: $: expected a known key (severity, title), not \"r\"");
    assert_int_equal(node_only(doc, node_get(r, "title"), known, &err), -1);
    assert_string_equal(err.text, "f.yaml:2:10: $.r.title: expected a mapping");
    doc_free(doc);
    doc = loaded("{title: x, severity: y}");
    assert_int_equal(node_only(doc, doc_root(doc), known, &err), 0);
    doc_free(doc);
}

static void members_are_read_with_the_right_complaint(void **state)
{
    (void)state;
    struct doc *doc = loaded("s: text\nn: null\nl: [1]\nb: true\nw: yes\ni: 7\nbig: 70\nr: 1.5\n");
    const struct node *root = doc_root(doc);
    struct err err = ERR_INIT;
    const char *s = "before";
    assert_int_equal(node_need_string(doc, root, "s", &s, &err), 0);
    assert_string_equal(s, "text");
    assert_int_equal(node_opt_string(doc, root, "zzz", &s, &err), 0);
    assert_null(s);
    assert_int_equal(node_opt_string(doc, root, "n", &s, &err), 0);
    assert_null(s);
    assert_int_equal(node_need_string(doc, root, "n", &s, &err), -1);
    assert_string_equal(err.text, "f.yaml:2:4: $.n: expected a string, not null");
    assert_int_equal(node_need_string(doc, root, "zzz", &s, &err), -1);
    assert_string_equal(err.text, "f.yaml:1:1: $: expected the key \"zzz\" here");
    assert_int_equal(node_opt_string(doc, root, "l", &s, &err), -1);
    assert_string_equal(err.text, "f.yaml:3:4: $.l: expected a string");
    bool b = false;
    assert_int_equal(node_opt_bool(doc, root, "b", &b, &err), 0);
    assert_true(b);
    assert_int_equal(node_opt_bool(doc, root, "zzz", &b, &err), 0);
    assert_true(b);
    assert_int_equal(node_opt_bool(doc, root, "w", &b, &err), -1);
    assert_string_equal(err.text, "f.yaml:5:4: $.w: expected true or false");
    long long i = 3;
    assert_int_equal(node_opt_int(doc, root, "zzz", 0, 10, &i, &err), 0);
    assert_int_equal(i, 3);
    assert_int_equal(node_opt_int(doc, root, "i", 0, 10, &i, &err), 0);
    assert_int_equal(i, 7);
    assert_int_equal(node_opt_int(doc, root, "big", 0, 10, &i, &err), -1);
    assert_string_equal(err.text, "f.yaml:7:6: $.big: expected a whole number from 0 to 10");
    assert_int_equal(node_opt_int(doc, root, "r", 0, 10, &i, &err), -1);
    doc_free(doc);
}

static void json_is_read_as_it_is(void **state)
{
    (void)state;
    struct doc *doc =
        loaded("{\n\t\"a\": [1, \"2\", {\"b\": \"x\\/y \\u00e9\"}],\n\t\"c\": null}\n");
    json_t *json = node_to_json(doc_root(doc));
    char *s = jx_dump(json);
    assert_string_equal(s, "{\"a\":[1,\"2\",{\"b\":\"x/y \xC3\xA9\"}],\"c\":null}");
    free(s);
    json_decref(json);
    doc_free(doc);
}

static void missing_file_is_named(void **state)
{
    (void)state;
    struct doc *doc = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(doc_load_file("/nonexistent/config.yaml", &doc, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text,
                        "cannot read /nonexistent/config.yaml: No such file or directory");
    doc_free(NULL);
}

/* Bytes of a good document changed one at a time: whatever comes, a tree or one complaint. */
static void mutated_documents_never_break_the_reader(void **state)
{
    (void)state;
    static const char good[] =
        "a: [1, 'two', \"three\\n\"]\nb:\n  c: |\n    text\n  d: {e: ~, f: -1.5}\n? g\n: h\n";
    static const char bytes[] = "\t\n:-[]{}&*!|>'\"%@`?,# \xC3\xFF\x01\\a0";
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof good - 1; i++) {
        for (size_t j = 0; j < sizeof bytes - 1; j++) {
            char bad[sizeof good];
            memcpy(bad, good, sizeof good);
            bad[i] = bytes[j];
            struct doc *doc = NULL;
            struct err err = ERR_INIT;
            if (doc_load_text("f.yaml", bad, sizeof good - 1, &doc, &err) == 0) {
                json_decref(node_to_json(doc_root(doc)));
                doc_free(doc);
                continue;
            }
            refused++;
            assert_true(str_starts(err.text, "f.yaml:"));
            assert_non_null(strstr(err.text, ": $"));
        }
    }
    assert_true(refused > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_follow_the_core_schema),
        cmocka_unit_test(account_ids_without_quotes_stay_text),
        cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(malformed_documents_are_refused_with_place_and_expectation),
        cmocka_unit_test(syntax_errors_name_line_column_and_path),
        cmocka_unit_test(depth_and_size_have_ceilings),
        cmocka_unit_test(empty_document_is_null),
        cmocka_unit_test(unknown_keys_are_refused_with_the_nearest),
        cmocka_unit_test(members_are_read_with_the_right_complaint),
        cmocka_unit_test(json_is_read_as_it_is),
        cmocka_unit_test(missing_file_is_named),
        cmocka_unit_test(mutated_documents_never_break_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
