#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "journal.h"

static char path[64];

static struct plan *plan_named(const char *organization, const char *digest)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->organization_id = xstrdup(organization);
    plan->run_id = xstrdup("r");
    (void)snprintf(plan->digest, sizeof plan->digest, "%s", digest);
    return plan;
}

static int begin(void **state)
{
    static int number;
    (void)snprintf(path, sizeof path, "/tmp/towerkeep-journal-%ld-%d.db", (long)getpid(), number++);
    *state = plan_named("o-1", "abc");
    return 0;
}

static int end(void **state)
{
    char lock[80];
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    (void)unlink(lock);
    (void)unlink(path);
    plan_free(*state);
    return 0;
}

static void gather(void *context, const struct journal_row *row)
{
    char *all = context;
    size_t used = strlen(all);
    (void)snprintf(all + used, 256 - used, "%s/%d/%s/%s;", row->step, (int)row->event,
                   jx_str_or(row->captures, "a", ""), row->message);
}

static void rows_stay_once_they_are_committed(void **state)
{
    struct journal *j = NULL;
    struct err err = ERR_INIT;
    struct stat about;
    char all[256] = "";
    json_t *captures = json_pack("{s:s}", "a", "x");
    struct journal_row row = {.step = "a-b", .event = EVENT_ANSWERED, .captures = captures};
    assert_int_equal(journal_open(path, *state, &j, &err), 0);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(journal_add(j, &row, &err), 0);
    assert_int_equal(journal_commit(j, &err), 0);
    row.event = EVENT_DONE;
    row.message = "lost";
    assert_int_equal(journal_add(j, &row, &err), 0);
    journal_close(j);
    assert_int_equal(journal_open(path, *state, &j, &err), 0);
    assert_int_equal(journal_each(j, gather, all, &err), 0);
    assert_string_equal(all, "a-b/4/x/;");
    journal_close(j);
    json_decref(captures);
}

static void a_foreign_journal_is_refused(void **state)
{
    struct journal *j = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(journal_open(path, *state, &j, &err), 0);
    journal_close(j);
    struct plan *other = plan_named("o-2", "abc");
    assert_int_equal(journal_open(path, other, &j, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "another organization"));
    plan_free(other);
    other = plan_named("o-1", "abd");
    assert_int_equal(journal_open(path, other, &j, &err), -1);
    assert_non_null(strstr(err.text, "another plan"));
    plan_free(other);
}

static void a_file_that_is_no_journal_is_refused(void **state)
{
    struct journal *j = NULL;
    struct err err = ERR_INIT;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 200; i++) {
        (void)fputs("this is a letter, and no database\n", f);
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(journal_open(path, *state, &j, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_int_equal(unlink(path), 0);
    /* Killed while it was made: begun anew. */
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(journal_open(path, *state, &j, &err), 0);
    journal_close(j);
}

static void a_run_without_a_journal_keeps_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct journal_row row = {.step = "a-b", .event = EVENT_DONE};
    assert_int_equal(journal_add(NULL, &row, &err), 0);
    assert_int_equal(journal_commit(NULL, &err), 0);
    assert_int_equal(journal_each(NULL, gather, NULL, &err), 0);
    journal_close(NULL);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_stay_once_they_are_committed, begin, end),
        cmocka_unit_test_setup_teardown(a_foreign_journal_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_journal_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_run_without_a_journal_keeps_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
