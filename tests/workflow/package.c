#include "scratch.h"

#include "workflow/package.h"

static void note_problem(void *context, const char *what, const char *name)
{
    char *all = context;
    size_t length = strlen(all);
    (void)snprintf(all + length, 1000 - length, "%s %s;", what, name);
}

/* A run with a report and a package beside it. */
static void make_package(void)
{
    struct err err = ERR_INIT;
    char *path = path_join(scratch, "run.db");
    struct store *store = make_run(path, "o-exampleorg1");
    assert_int_equal(store_commit(store, &err), 0);
    put_file(scratch, "report.json", "{}");
    put_file(scratch, "report.csv", "a,b");
    if (package_make(scratch, store, NULL, &err) != 0) {
        fail_msg("%s", err.text);
    }
    store_close(store);
    free(path);
}

static void a_package_that_nobody_touched_verifies(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct package_check check;
    char problems[1000] = "";
    make_package();
    assert_int_equal(package_verify(scratch, NULL, note_problem, problems, &check, &err), 0);
    assert_string_equal(problems, "");
    assert_int_equal(check.problems, 0);
    assert_true(check.files >= 3);
    assert_int_equal(check.signature, SIGNATURE_NONE);
    assert_false(package_signed(scratch));
}

static void every_difference_is_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct package_check check;
    char problems[1000] = "";
    make_package();
    put_file(scratch, "report.json", "{ }");
    put_file(scratch, "z", "");
    char *gone = path_join(scratch, "report.csv");
    assert_int_equal(unlink(gone), 0);
    free(gone);
    assert_int_equal(
        package_verify(scratch, "/nonexistent.pem", note_problem, problems, &check, &err), 0);
    assert_string_equal(problems, "unsigned evidence/digest.txt;missing report.csv;"
                                  "changed report.json;added z;");
    assert_int_equal(check.problems, 4);
}

static void a_damaged_digest_is_a_problem(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct package_check check;
    char problems[1000] = "";
    make_package();
    put_file(scratch, PACKAGE_DIGEST, "not a digest\n");
    assert_int_equal(package_verify(scratch, NULL, note_problem, problems, &check, &err), 0);
    assert_int_equal(check.problems, 1);
    assert_non_null(strstr(problems, "changed evidence/digest.txt"));
}

static void without_a_package_there_is_nothing_to_verify(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct package_check check;
    char problems[1000] = "";
    assert_int_equal(package_verify(scratch, NULL, note_problem, problems, &check, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_false(package_drop(scratch));
}

static void dropping_removes_the_package_and_an_interrupted_one(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    make_package();
    char *aside = path_join(scratch, ".evidence.new/inside");
    assert_int_equal(dir_make(aside, &err), 0);
    free(aside);
    assert_true(package_drop(scratch));
    assert_names(scratch, "report.csv report.json run.db ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_package_that_nobody_touched_verifies),
        TEST(every_difference_is_named),
        TEST(a_damaged_digest_is_a_problem),
        TEST(without_a_package_there_is_nothing_to_verify),
        TEST(dropping_removes_the_package_and_an_interrupted_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
