#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "blank_finding.h"
#include "store/store.h"

static char path[] = "/tmp/towerkeep-findings-XXXXXX";

static void put(struct store *s, const char *check, enum status status, enum severity severity,
                const char *account, const char *region)
{
    struct err err = ERR_INIT;
    struct finding f = blank_finding(check, status);
    f.title = "Title";
    f.scope = "key";
    f.subject = region;
    f.severity = severity;
    f.step = 2;
    f.account_id = account;
    f.region = region;
    f.expected = "e";
    f.observed = "o";
    f.evidence = "1 2";
    finding_make_id(check, "key", region, f.id);
    assert_int_equal(store_finding(s, &f, &err), 0);
}

static int note(void *context, const struct finding *f)
{
    char *words = context;
    size_t length = strlen(words);
    (void)snprintf(words + length, 512 - length, "%s:%s:%s ", status_name(f->status), f->check_id,
                   f->region);
    assert_string_equal(f->evidence, "1 2");
    assert_int_equal(strlen(f->id), 16);
    return 0;
}

static int note_count(void *context, const struct finding_count *c)
{
    char *words = context;
    size_t length = strlen(words);
    assert_string_equal(c->title, "Title");
    (void)snprintf(words + length, 512 - length, "%s:%d:%d:%d ", c->check_id,
                   (int)c->by_status[STATUS_FAIL], (int)c->by_status[STATUS_PASS],
                   (int)c->by_status[STATUS_ERROR]);
    return 0;
}

static void findings_are_read_worst_first_and_counted_by_check(void **state)
{
    struct store *s = NULL;
    struct err err = ERR_INIT;
    char words[512] = "";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)unlink(path);
    assert_int_equal(store_create(path, &s, &err), 0);
    assert_int_equal(store_findings_clear(s, &err), 0);
    put(s, "KMS-02", STATUS_PASS, SEVERITY_CRITICAL, "1", "a");
    put(s, "KMS-01", STATUS_FAIL, SEVERITY_LOW, "1", "b");
    put(s, "KMS-01", STATUS_ERROR, SEVERITY_LOW, "1", "c");
    put(s, "KMS-02", STATUS_FAIL, SEVERITY_CRITICAL, "2", "d");
    put(s, "KMS-02", STATUS_FAIL, SEVERITY_CRITICAL, "1", "e");
    put(s, "KMS-02", STATUS_NOT_APPLICABLE, SEVERITY_CRITICAL, "1", "f");
    put(s, "KMS-02", STATUS_FIXED, SEVERITY_CRITICAL, "1", "g");
    put(s, "KMS-02", STATUS_MUTED, SEVERITY_CRITICAL, "1", "h");
    put(s, "KMS-02", STATUS_MANUAL, SEVERITY_CRITICAL, "1", "i");
    static const char expected[] =
        "FAIL:KMS-02:e FAIL:KMS-02:d FAIL:KMS-01:b ERROR:KMS-01:c MANUAL:KMS-02:i MUTED:KMS-02:h "
        "FIXED:KMS-02:g PASS:KMS-02:a NOT_APPLICABLE:KMS-02:f ";
    assert_int_equal(store_each_finding(s, note, words, &err), 0);
    assert_string_equal(words, expected);
    store_close(s);
    assert_int_equal(store_open(path, true, &s, &err), 0);
    words[0] = '\0';
    assert_int_equal(store_each_finding(s, note, words, &err), 0);
    assert_string_equal(words, expected);
    words[0] = '\0';
    assert_int_equal(store_each_finding_count(s, note_count, words, &err), 0);
    assert_string_equal(words, "KMS-01:1:0:1 KMS-02:2:1:0 ");
    store_close(s);
    assert_int_equal(store_open(path, false, &s, &err), 0);
    assert_int_equal(store_findings_clear(s, &err), 0);
    words[0] = '\0';
    assert_int_equal(store_each_finding(s, note, words, &err), 0);
    assert_int_equal(store_each_finding_count(s, note_count, words, &err), 0);
    assert_string_equal(words, "");
    store_close(s);
    (void)unlink(path);
}

static int note_words(void *context, const struct finding *f)
{
    char *words = context;
    size_t length = strlen(words);
    (void)snprintf(words + length, 512 - length, "%s|%s|%s|%s|%s|%s|%d ", f->title, f->scope,
                   f->detail, f->risk, f->remedy, severity_name(f->severity), f->step);
    return 0;
}

static void words_that_differ_from_those_of_the_check_are_kept(void **state)
{
    struct store *s = NULL;
    struct err err = ERR_INIT;
    char words[512] = "";
    (void)state;
    (void)unlink(path);
    assert_int_equal(store_create(path, &s, &err), 0);
    assert_int_equal(store_findings_clear(s, &err), 0);
    struct finding f = blank_finding("KMS-01", STATUS_FAIL);
    (void)snprintf(f.id, sizeof f.id, "0");
    f.title = "t";
    f.scope = "s";
    f.subject = "1";
    f.severity = SEVERITY_LOW;
    f.step = 2;
    f.detail = "d";
    f.risk = "r";
    f.remedy = "m";
    assert_int_equal(store_finding(s, &f, &err), 0);
    f.subject = "2";
    assert_int_equal(store_finding(s, &f, &err), 0);
    f = blank_finding("KMS-01", STATUS_FAIL);
    (void)snprintf(f.id, sizeof f.id, "1");
    f.title = "T";
    f.scope = "S";
    f.subject = "3";
    f.severity = SEVERITY_HIGH;
    f.step = 3;
    f.risk = "R";
    assert_int_equal(store_finding(s, &f, &err), 0);
    static const char expected[] = "T|S||R||high|3 t|s|d|r|m|low|2 t|s|d|r|m|low|2 ";
    for (int reopened = 0; reopened <= 1; reopened++) {
        words[0] = '\0';
        assert_int_equal(store_each_finding(s, note_words, words, &err), 0);
        assert_string_equal(words, expected);
        store_close(s);
        assert_int_equal(store_open(path, true, &s, &err), 0);
    }
    store_close(s);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_read_worst_first_and_counted_by_check),
        cmocka_unit_test(words_that_differ_from_those_of_the_check_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
