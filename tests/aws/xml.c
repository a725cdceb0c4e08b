#include "xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"

/* Parses and compares with canonical JSON; NULL expects a refusal. */
static void check(const char *xml, const char *expected)
{
    struct err err = ERR_INIT;
    char *root = NULL;
    json_t *json = NULL;
    struct text canonical;
    int status = xml_parse(SVC_EC2, xml, strlen(xml), &root, &json, &err);
    assert_int_equal(status, expected == NULL ? -1 : 0);
    if (expected == NULL) {
        assert_int_equal(err.code, ERR_AWS);
        assert_null(root);
        assert_null(json);
        return;
    }
    text_init(&canonical, 1 << 20);
    jx_canonical(json, &canonical);
    assert_string_equal(text_str(&canonical), expected);
    text_release(&canonical);
    json_decref(json);
    free(root);
}

static void elements_become_members_and_lists(void **state)
{
    (void)state;
    check("<r><a>1</a><b/></r>", "{\"a\":\"1\",\"b\":\"\"}");
    check("<r><volumeSet/></r>", "{\"volumeSet\":[]}");
    check("<r><unknown><item>1</item><item>2</item></unknown></r>", "{\"unknown\":[\"1\",\"2\"]}");
    check("<r><x>1</x><x>2</x><x>3</x></r>", "{\"x\":[\"1\",\"2\",\"3\"]}");
    check("<n:r xmlns:n=\"urn:n\"><n:a k=\"v\">t</n:a></n:r>", "{\"a\":\"t\"}");
    check("<r><a>&lt;&amp;&#65;<![CDATA[<b>]]></a><!-- c --><?p i?></r>", "{\"a\":\"<&A<b>\"}");
    check("<r>text</r>", "\"text\"");
    check("<r><tagSet><item><key>a</key></item><other/></tagSet></r>",
          "{\"tagSet\":{\"item\":{\"key\":\"a\"},\"other\":\"\"}}");
}

static void hostile_documents_are_refused(void **state)
{
    (void)state;
    check("<!DOCTYPE r [<!ENTITY x \"y\">]><r>&x;</r>", NULL);
    check("<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r/>", NULL);
    check("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>", NULL);
    check("<!DOCTYPE r [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
          "<!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]><r>&c;</r>",
          NULL);
    check("<r>&undeclared;</r>", NULL);
    check("<r><a></r>", NULL);
    check("<r/><r/>", NULL);
    check("<r", NULL);
    check("", NULL);
    check("not xml", NULL);
    check("<r>\xff\xfe</r>", NULL);
    check("<r>&#0;</r>", NULL);
}

static void a_document_has_a_depth(void **state)
{
    (void)state;
    struct text deep;
    for (int levels = XML_DEPTH_MAX; levels <= 100000; levels = levels * 50) {
        text_init(&deep, 1 << 20);
        for (int i = 0; i < levels; i++) {
            text_add(&deep, "<a>");
        }
        for (int i = 0; i < levels; i++) {
            text_add(&deep, "</a>");
        }
        struct err err = ERR_INIT;
        char *root = NULL;
        json_t *json = NULL;
        int status = xml_parse(SVC_EC2, text_str(&deep), deep.length, &root, &json, &err);
        assert_int_equal(status, levels == XML_DEPTH_MAX ? 0 : -1);
        json_decref(json);
        free(root);
        text_release(&deep);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    const char *whole = "<r><volumeSet><item><a>1</a></item></volumeSet></r>";
    for (size_t length = 0; length < strlen(whole); length++) {
        struct err err = ERR_INIT;
        char *root = NULL;
        json_t *json = NULL;
        assert_int_equal(xml_parse(SVC_EC2, whole, length, &root, &json, &err), -1);
    }
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct text out;
    char *root = NULL;
    json_t *again = NULL;
    json_t *value = json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "TagSet", "Key", "a<&>\"'\n", "Value",
                              "", "Key", "\xc3\xa9", "Value", "]]>");
    text_init(&out, 4096);
    assert_int_equal(xml_write(SVC_S3, "Tagging", value, &out, &err), 0);
    assert_int_equal(xml_parse(SVC_S3, text_str(&out), out.length, &root, &again, &err), 0);
    assert_string_equal(root, "Tagging");
    assert_true(json_equal(value, again));
    json_decref(value);
    json_decref(again);
    free(root);
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_become_members_and_lists),
        cmocka_unit_test(hostile_documents_are_refused),
        cmocka_unit_test(a_document_has_a_depth),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
