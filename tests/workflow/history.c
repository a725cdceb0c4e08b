#include "scratch.h"

#include "base/log.h"
#include "store/history.h"
#include "workflow/history.h"

/* A published run in scratch/NAME. */
static char *old_run(const char *name, const char *organization)
{
    struct err err = ERR_INIT;
    char *directory = path_join(scratch, name), *path = path_join(directory, "run.db");
    assert_int_equal(dir_make(directory, &err), 0);
    struct store *store = make_run(path, organization);
    put_finding(store, "KMS-04", STATUS_FAIL);
    assert_int_equal(store_commit(store, &err), 0);
    store_close(store);
    free(path);
    return directory;
}

static struct store *new_run(void)
{
    char *path = path_join(scratch, "new.db");
    struct store *store = make_run(path, "o-exampleorg1");
    free(path);
    return store;
}

static void what_the_previous_run_found_is_carried_over(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *previous = old_run("before", "o-exampleorg1");
    struct store *store = new_run();
    int64_t counts[CHANGE_COUNT] = {0};
    assert_int_equal(history_carry(store, previous, &err), 0);
    assert_true(store_has_previous(store));
    assert_string_equal(store_meta(store, "previous_run_id"),
                        "00000000-0000-4000-8000-000000000001");
    put_finding(store, "KMS-04", STATUS_PASS);
    assert_true(store_count_differences(NULL, store, counts, &err) >= 0);
    assert_int_equal(counts[CHANGE_RESOLVED], 1);
    store_close(store);
    free(previous);
}

static void a_first_run_has_no_history(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct store *store = new_run();
    assert_int_equal(history_carry(store, NULL, &err), 0);
    assert_false(store_has_previous(store));
    store_close(store);
}

static void what_cannot_be_compared_does_not_stop_the_run(void **state)
{
    (void)state;
    char *other = old_run("other", "o-another000");
    char *missing = path_join(scratch, "missing");
    const char *const previous[] = {other, missing};
    for (size_t i = 0; i < sizeof previous / sizeof previous[0]; i++) {
        struct err err = ERR_INIT;
        struct store *store = new_run();
        assert_int_equal(history_carry(store, previous[i], &err), 0);
        assert_int_equal(err.code, ERR_NONE);
        assert_false(store_has_previous(store));
        store_close(store);
        char *path = path_join(scratch, "new.db");
        assert_int_equal(unlink(path), 0);
        free(path);
    }
    free(missing);
    free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_previous_run_found_is_carried_over),
        TEST(a_first_run_has_no_history),
        TEST(what_cannot_be_compared_does_not_stop_the_run),
    };
    log_open(stderr, LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
