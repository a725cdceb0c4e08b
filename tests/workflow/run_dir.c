#include "scratch.h"

#include <signal.h>
#include <sys/wait.h>

#include "workflow/run_dir.h"

/* The number of a process that ended. */
static long dead_pid(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    return (long)child;
}

/* Another process must not get the directory. */
static bool is_locked(const char *path)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct run_dir dir;
        struct err err = ERR_INIT;
        bool refused = run_dir_open(&dir, path, &err) != 0 && err.code == ERR_INPUT;
        _exit(refused ? 7 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void a_directory_is_made_locked_and_discarded(void **state)
{
    (void)state;
    struct run_dir dir;
    struct err err = ERR_INIT;
    char *path = path_join(scratch, "a/b");
    assert_int_equal(run_dir_open(&dir, path, &err), 0);
    assert_true(dir.made);
    assert_true(is_locked(path));
    run_dir_discard(&dir);
    run_dir_close(&dir);
    assert_false(file_exists(path));
    free(path);
}

static void a_directory_with_other_files_is_not_discarded(void **state)
{
    (void)state;
    struct run_dir dir;
    struct err err = ERR_INIT;
    char *path = path_join(scratch, "run");
    assert_int_equal(run_dir_open(&dir, path, &err), 0);
    put_file(path, "notes", "mine");
    run_dir_discard(&dir);
    run_dir_close(&dir);
    assert_names(path, "notes ");
    free(path);
}

static void an_unwritable_place_is_the_operators_error(void **state)
{
    (void)state;
    struct run_dir dir;
    struct err err = ERR_INIT;
    assert_int_equal(run_dir_open(&dir, "/dev/null/run", &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    run_dir_close(&dir);
}

static void publishing_gives_the_run_its_name_and_checksums(void **state)
{
    (void)state;
    struct run_dir dir;
    struct err err = ERR_INIT;
    const char *const names[] = {"run.db", NULL};
    const char *const missing[] = {"run.db", "gone", NULL};
    assert_int_equal(run_dir_open(&dir, scratch, &err), 0);
    assert_false(dir.made);
    put_file(scratch, "run.partial.db", "abc");
    assert_int_equal(run_dir_publish(&dir, &err), 0);
    assert_int_equal(run_dir_sums(&dir, names, &err), 0);
    assert_names(scratch, ".lock SHA256SUMS run.db ");
    char *sums = path_join(scratch, "SHA256SUMS"), *text = NULL;
    size_t length;
    assert_int_equal(file_read(sums, 1000, &text, &length, &err), 0);
    assert_string_equal(
        text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  run.db\n");
    assert_int_equal(run_dir_sums(&dir, missing, &err), -1);
    assert_names(scratch, ".lock SHA256SUMS run.db ");
    free(text);
    free(sums);
    run_dir_close(&dir);
}

static void dropping_the_partial_run_takes_its_journals_too(void **state)
{
    (void)state;
    struct run_dir dir;
    struct err err = ERR_INIT;
    assert_int_equal(run_dir_open(&dir, scratch, &err), 0);
    put_file(scratch, "run.partial.db", "");
    put_file(scratch, "run.partial.db-journal", "");
    put_file(scratch, "run.partial.db-wal", "");
    put_file(scratch, "run.db", "");
    run_dir_drop_partial(&dir);
    assert_names(scratch, ".lock run.db ");
    run_dir_close(&dir);
}

static void opening_removes_what_processes_left_that_ended(void **state)
{
    (void)state;
    struct run_dir dir;
    struct err err = ERR_INIT;
    long dead = dead_pid();
    char *stale = xasprintf("..report.json.new.tmp-%ld", dead);
    char *other = xasprintf(".report.html.tmp-%ld", dead);
    char *visible = xasprintf("report.tmp-%ld", dead);
    char *live = xasprintf(".report.csv.tmp-%ld", (long)getppid());
    put_file(scratch, stale, "");
    put_file(scratch, other, "");
    put_file(scratch, visible, "");
    put_file(scratch, live, "");
    put_file(scratch, ".report.tmp-", "");
    put_file(scratch, ".report.tmp-x1", "");
    assert_int_equal(run_dir_open(&dir, scratch, &err), 0);
    assert_false(has_file(scratch, stale));
    assert_false(has_file(scratch, other));
    assert_true(has_file(scratch, visible));
    assert_true(has_file(scratch, live));
    assert_true(has_file(scratch, ".report.tmp-"));
    assert_true(has_file(scratch, ".report.tmp-x1"));
    run_dir_close(&dir);
    free(stale);
    free(other);
    free(visible);
    free(live);
}

static void a_run_is_found_by_directory_or_database(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *path = NULL, *final = path_join(scratch, "run.db");
    assert_int_equal(run_dir_find(scratch, &path, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_null(path);
    put_file(scratch, "run.partial.db", "");
    assert_int_equal(run_dir_find(scratch, &path, &err), 0);
    assert_non_null(strstr(path, "run.partial.db"));
    free(path);
    put_file(scratch, "run.db", "");
    assert_int_equal(run_dir_find(scratch, &path, &err), 0);
    assert_string_equal(path, final);
    free(path);
    assert_int_equal(run_dir_find(final, &path, &err), 0);
    assert_string_equal(path, final);
    free(path);
    assert_int_equal(run_dir_find("/nonexistent/run", &path, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    free(final);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_directory_is_made_locked_and_discarded),
        TEST(a_directory_with_other_files_is_not_discarded),
        TEST(an_unwritable_place_is_the_operators_error),
        TEST(publishing_gives_the_run_its_name_and_checksums),
        TEST(dropping_the_partial_run_takes_its_journals_too),
        TEST(opening_removes_what_processes_left_that_ended),
        TEST(a_run_is_found_by_directory_or_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
