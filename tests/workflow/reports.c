#include "scratch.h"

#include "workflow/reports.h"

static struct store *run_with_findings(void)
{
    char *path = path_join(scratch, "made.db");
    struct store *store = make_run(path, "o-exampleorg1");
    put_finding(store, "KMS-04", STATUS_FAIL);
    free(path);
    return store;
}

static void unknown_formats_and_wrong_options_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct report_job job = {.filename = "report"};
    words_add(&job.formats, "json,xslx");
    assert_int_equal(reports_check(&job, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "\"xslx\", did you mean xlsx"));
    words_release(&job.formats);
    words_add(&job.formats, "json");
    assert_int_equal(reports_check(&job, &err), 0);
    static const char *const filenames[] = {"a/b", ".hidden", ""};
    for (size_t i = 0; i < sizeof filenames / sizeof filenames[0]; i++) {
        job.filename = filenames[i];
        assert_int_equal(reports_check(&job, &err), -1);
        assert_non_null(strstr(err.text, "--output-filename"));
    }
    job.filename = "report";
    job.sign_key = "/nonexistent.pem";
    assert_int_equal(reports_check(&job, &err), -1);
    assert_non_null(strstr(err.text, "--evidence"));
    job.evidence = true;
    assert_int_equal(reports_check(&job, &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent.pem"));
    words_release(&job.formats);
}

static void every_format_is_written_once_under_its_name(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct report_job job = {.filename = "audit"};
    struct words written = {0};
    struct store *store = run_with_findings();
    char *to = path_join(scratch, "to");
    assert_int_equal(dir_make(to, &err), 0);
    words_add(&job.formats, "json,csv,json");
    assert_int_equal(reports_write(&job, store, to, &written, &err), 0);
    assert_names(to, "audit.csv audit.json ");
    assert_int_equal(written.count, 2);
    assert_string_equal(written.items[0], "audit.json");
    words_release(&written);
    words_release(&job.formats);
    store_close(store);
    free(to);
}

/* The second format cannot be written: neither the first nor a draft stays. */
static void a_format_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct report_job job = {.filename = "audit"};
    struct words written = {0};
    struct store *store = run_with_findings();
    char *to = path_join(scratch, "to"), *in_the_way = path_join(to, "audit.csv");
    assert_int_equal(dir_make(in_the_way, &err), 0);
    put_file(to, "audit.json", "of an earlier run");
    words_add(&job.formats, "json,csv");
    assert_int_equal(reports_write(&job, store, to, &written, &err), -1);
    assert_non_null(strstr(err.text, "audit.csv"));
    assert_int_equal(written.count, 0);
    assert_names(to, "audit.csv audit.json ");
    char *kept = path_join(to, "audit.json"), *text = NULL;
    size_t length;
    assert_int_equal(file_read(kept, 1000, &text, &length, &err), 0);
    assert_string_equal(text, "of an earlier run");
    free(text);
    free(kept);
    words_release(&job.formats);
    store_close(store);
    free(in_the_way);
    free(to);
}

static void a_run_that_was_not_evaluated_has_no_reports(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct report_job job = {.filename = "audit"};
    struct words written = {0};
    struct store *store = NULL;
    char *path = path_join(scratch, "bare.db");
    assert_int_equal(store_create(path, &store, &err), 0);
    words_add(&job.formats, "json");
    assert_int_equal(reports_write(&job, store, scratch, &written, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "not evaluated"));
    words_release(&job.formats);
    store_close(store);
    free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_formats_and_wrong_options_are_refused),
        TEST(every_format_is_written_once_under_its_name),
        TEST(a_format_that_fails_leaves_nothing),
        TEST(a_run_that_was_not_evaluated_has_no_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
