#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

static char *folder; /* a fresh one per test */

static int make_folder(void **state)
{
    (void)state;
    folder = xstrdup("/tmp/base-file-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char **names = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    if (dir_list(folder, NULL, &names, &count, &err) == 0) {
        for (size_t i = 0; i < count; i++) {
            char *path = path_join(folder, names[i]);
            (void)remove(path);
            free(path);
        }
        names_free(names, count);
    }
    int status = rmdir(folder);
    free(folder);
    return status;
}

static void put(const char *path, const char *content)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(content, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_holds(const char *path, const char *content)
{
    char *data = NULL;
    size_t length = 0;
    struct err err = ERR_INIT;
    assert_int_equal(file_read(path, 1000000, &data, &length, &err), 0);
    assert_string_equal(data, content);
    assert_int_equal(length, strlen(content));
    free(data);
}

static size_t entries(void)
{
    char **names = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    assert_int_equal(dir_list(folder, NULL, &names, &count, &err), 0);
    names_free(names, count);
    return count;
}

static void output_appears_only_when_committed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *f = NULL;
    char *path = path_join(folder, "report.csv");
    put(path, "old");
    assert_int_equal(out_file_open(path, &f, &err), 0);
    assert_true(fputs("new content", out_file_stream(f)) >= 0);
    assert_int_equal(fflush(out_file_stream(f)), 0);
    assert_holds(path, "old");
    assert_true(file_exists(out_file_temp_path(f)));
    assert_int_equal(out_file_commit(f, &err), 0);
    assert_holds(path, "new content");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(entries(), 1);
    free(path);
}

static void aborted_output_leaves_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *one = NULL;
    struct out_file *two = NULL;
    char *path = path_join(folder, "a");
    char *other = path_join(folder, "b");
    assert_int_equal(out_file_open(path, &one, &err), 0);
    assert_int_equal(out_file_open(other, &two, &err), 0);
    assert_int_equal(entries(), 2);
    out_file_abort(one);
    assert_int_equal(entries(), 1);
    out_file_abort_all();
    assert_int_equal(entries(), 0);
    out_file_abort(two);
    out_file_abort(NULL);
    out_file_abort_all();
    free(path);
    free(other);
}

static void full_disk_is_reported_at_commit(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *f = NULL;
    assert_int_equal(out_file_open("/dev/full", &f, &err), 0);
    assert_true(fputs("does not fit", out_file_stream(f)) >= 0);
    assert_int_equal(out_file_commit(f, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.text, "cannot write /dev/full: No space left on device");
    struct stat info;
    assert_int_equal(stat("/dev/full", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void write_that_failed_long_before_is_not_forgotten(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *f = NULL;
    assert_int_equal(out_file_open("/dev/full", &f, &err), 0);
    (void)fputs("lost", out_file_stream(f));
    assert_int_not_equal(fflush(out_file_stream(f)), 0);
    assert_int_equal(out_file_commit(f, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_true(str_starts(err.text, "cannot write /dev/full: "));
}

static void file_that_outgrows_the_disk_leaves_the_old_one(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *f = NULL;
    char *path = path_join(folder, "report");
    put(path, "old");
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {4096, before.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int opened = out_file_open(path, &f, &err);
    for (int i = 0; opened == 0 && i < 2000; i++) {
        (void)fputs("0123456789", out_file_stream(f));
    }
    int committed = opened == 0 ? out_file_commit(f, &err) : 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(opened, 0);
    assert_int_equal(committed, -1);
    assert_int_equal(err.code, ERR_IO);
    assert_holds(path, "old");
    assert_int_equal(entries(), 1);
    free(path);
}

static void unwritable_places_are_the_users_to_mend(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *f = NULL;
    assert_int_equal(out_file_open("/nonexistent/dir/x", &f, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, "cannot write /nonexistent/dir/x: No such file or directory");
    assert_int_equal(out_file_open(folder, &f, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_true(str_ends(err.text, ": it is a directory"));
}

static void link_is_followed_and_stale_temporary_replaced(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *f = NULL;
    char *target = path_join(folder, "target");
    char *link_path = path_join(folder, "link");
    put(target, "old");
    assert_int_equal(symlink(target, link_path), 0);
    char temp[4096];
    path_temp(target, temp, sizeof temp);
    put(temp, "left by the dead");
    assert_int_equal(out_file_open(link_path, &f, &err), 0);
    assert_true(fputs("new", out_file_stream(f)) >= 0);
    assert_int_equal(out_file_commit(f, &err), 0);
    assert_holds(target, "new");
    struct stat info;
    assert_int_equal(lstat(link_path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(entries(), 2);
    free(target);
    free(link_path);
}

static void published_file_is_private_and_whole(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *path = path_join(folder, "book.xlsx");
    char temp[4096];
    path_temp(path, temp, sizeof temp);
    put(temp, "cells");
    assert_int_equal(file_publish(temp, path, &err), 0);
    assert_holds(path, "cells");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    put(temp, "cells");
    assert_int_equal(file_publish(temp, "/nonexistent/dir/x", &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_false(file_exists(temp));
    put(temp, "cells");
    assert_int_equal(file_publish(temp, "/dev/full", &err), -1);
    assert_false(file_exists(temp));
    assert_int_equal(file_publish(temp, path, &err), -1);
    assert_holds(path, "cells");
    free(path);
}

static void reading_has_a_ceiling_and_wants_a_file(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *data = NULL;
    size_t length = 0;
    char *path = path_join(folder, "in");
    put(path, "12345");
    assert_int_equal(file_read(path, 5, &data, &length, &err), 0);
    assert_int_equal(length, 5);
    free(data);
    assert_int_equal(file_read(path, 4, &data, &length, &err), -1);
    assert_true(str_ends(err.text, "/in is larger than 4 bytes"));
    put(path, "");
    assert_int_equal(file_read(path, 0, &data, &length, &err), 0);
    assert_string_equal(data, "");
    free(data);
    assert_int_equal(file_read(folder, 10, &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_true(str_ends(err.text, ": not a regular file"));
    char *pipe_path = path_join(folder, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(file_read(pipe_path, 10, &data, &length, &err), -1);
    free(pipe_path);
    free(path);
}

static void directories_are_made_listed_and_private(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *a = path_join(folder, "a");
    char *deep = path_join(a, "b/c/");
    assert_int_equal(dir_make(deep, &err), 0);
    assert_int_equal(dir_make(deep, &err), 0);
    assert_true(file_is_directory(deep));
    struct stat info;
    assert_int_equal(stat(a, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    char *z = path_join(deep, "z.yaml");
    char *y = path_join(deep, "y.yaml");
    char *x = path_join(deep, "x.txt");
    put(z, "");
    put(y, "");
    put(x, "");
    char **names = NULL;
    size_t count = 0;
    assert_int_equal(dir_list(deep, ".yaml", &names, &count, &err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "y.yaml");
    assert_string_equal(names[1], "z.yaml");
    names_free(names, count);
    assert_int_equal(dir_make(x, &err), -1);
    char *below_file = path_join(x, "d");
    assert_int_equal(dir_make(below_file, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_int_equal(dir_list(x, NULL, &names, &count, &err), -1);
    assert_int_equal(remove(z) | remove(y) | remove(x) | rmdir(deep), 0);
    char *b = path_join(a, "b");
    assert_int_equal(rmdir(b) | rmdir(a), 0);
    free(b);
    free(below_file);
    free(x);
    free(y);
    free(z);
    free(deep);
    free(a);
}

static void paths_join_with_one_slash(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *joined;
    } cases[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"a", "/b", "/b"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *joined = path_join(cases[i].a, cases[i].b);
        assert_string_equal(joined, cases[i].joined);
        free(joined);
    }
    char want[64];
    char temp[64];
    (void)snprintf(want, sizeof want, "d/.n.tmp-%ld", (long)getpid());
    path_temp("d/n", temp, sizeof temp);
    assert_string_equal(temp, want);
    path_temp("n", temp, sizeof temp);
    assert_string_equal(temp, want + 2);
}

/* What a second process is told when it tries the lock: 0 taken, 1 refused naming us, 2 anything
 * else. */
static int verdict_of_another_process(const char *path)
{
    pid_t parent = getpid();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct file_lock *lock = NULL;
        struct err err = ERR_INIT;
        char holder[32];
        (void)snprintf(holder, sizeof holder, "process %ld", (long)parent);
        int taken = file_lock_take(path, &lock, &err);
        int refused = err.code == ERR_INPUT && str_ends(err.text, holder) ? 1 : 2;
        _exit(taken == 0 ? 0 : refused);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void lock_keeps_other_processes_out_and_names_its_holder(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct file_lock *lock = NULL;
    char *path = path_join(folder, "lock");
    assert_int_equal(verdict_of_another_process(path), 0);
    assert_int_equal(file_lock_take(path, &lock, &err), 0);
    assert_int_equal(verdict_of_another_process(path), 1);
    file_lock_release(lock);
    assert_int_equal(verdict_of_another_process(path), 0);
    file_lock_release(NULL);
    assert_int_equal(file_lock_take("/nonexistent/lock", &lock, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    free(path);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(output_appears_only_when_committed),
        IN_FOLDER(aborted_output_leaves_nothing),
        cmocka_unit_test(full_disk_is_reported_at_commit),
        cmocka_unit_test(write_that_failed_long_before_is_not_forgotten),
        IN_FOLDER(file_that_outgrows_the_disk_leaves_the_old_one),
        IN_FOLDER(unwritable_places_are_the_users_to_mend),
        IN_FOLDER(link_is_followed_and_stale_temporary_replaced),
        IN_FOLDER(published_file_is_private_and_whole),
        IN_FOLDER(reading_has_a_ceiling_and_wants_a_file),
        IN_FOLDER(directories_are_made_listed_and_private),
        cmocka_unit_test(paths_join_with_one_slash),
        IN_FOLDER(lock_keeps_other_processes_out_and_names_its_holder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
