#include "scratch.h"

#include "base/jsonx.h"
#include "fix_state.h"

static struct store *store_with(enum status first, enum status second)
{
    char *path = path_join(scratch, "made.db");
    (void)unlink(path);
    struct store *store = make_run(path, "o-exampleorg1");
    put_finding(store, "KMS-04", first);
    put_finding(store, "TAG-03", second);
    free(path);
    return store;
}

static struct plan *plan_of(const char *digest, const char *id)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    struct plan_step *step = xcalloc(1, sizeof *step);
    (void)snprintf(plan->digest, sizeof plan->digest, "%s", digest);
    step->id = xstrdup(id);
    step->send = xcalloc(1, sizeof *step->send);
    step->send->operation = xstrdup("kms:EnableKey");
    plan_steps_add(&plan->steps, step);
    return plan;
}

static json_t *change_of(const char *step, const char *step_state)
{
    return json_pack("[{s:s, s:s}]", "id", step, "state", step_state);
}

static int count_fixed(void *context, const struct finding *f)
{
    size_t *fixed = context;
    *fixed += f->status == STATUS_FIXED ? 1 : 0;
    return 0;
}

/* The process that remembered is gone; the one after it scans what is fixed already. */
static void failures_before_the_first_change_survive_a_kill(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fix_state f;
    struct store *store = store_with(STATUS_FAIL, STATUS_PASS);
    assert_int_equal(fix_state_init(&f, scratch, &err), 0);
    assert_int_equal(fix_state_recall_before(&f, &err), 0);
    assert_null(f.before);
    assert_int_equal(fix_state_remember_before(&f, store, &err), 0);
    assert_int_equal(json_object_size(f.before), 1);
    fix_state_release(&f);
    store_close(store);

    store = store_with(STATUS_PASS, STATUS_PASS);
    assert_int_equal(fix_state_init(&f, scratch, &err), 0);
    assert_int_equal(fix_state_remember_before(&f, store, &err), 0);
    assert_int_equal(json_object_size(f.before), 1);
    assert_int_equal(fix_state_store(&f, store, &err), 0);
    size_t fixed = 0;
    assert_true(store_each_finding(store, count_fixed, &fixed, &err) >= 0);
    assert_int_equal(fixed, 1);
    assert_non_null(strstr(store_meta(store, "before"), "KMS-04"));
    fix_state_release(&f);
    store_close(store);
}

static void changes_survive_a_kill_and_a_plan_replaces_its_own(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fix_state f;
    struct plan *first = plan_of("d1", "a"), *second = plan_of("d2", "b");
    json_t *failed = change_of("a", "failed"), *done = change_of("a", "done");
    json_t *other = change_of("b", "done");
    assert_int_equal(fix_state_init(&f, scratch, &err), 0);
    assert_int_equal(fix_state_add_changes(&f, failed, first, &err), 0);
    assert_int_equal(fix_state_add_changes(&f, other, second, &err), 0);
    fix_state_release(&f);

    assert_int_equal(fix_state_init(&f, scratch, &err), 0);
    assert_int_equal(json_array_size(f.changes), 2);
    assert_int_equal(fix_state_add_changes(&f, done, first, &err), 0);
    assert_int_equal(json_array_size(f.changes), 2);
    assert_string_equal(jx_str(json_array_get(f.changes, 0), "id"), "b");
    assert_string_equal(jx_str(json_array_get(f.changes, 1), "state"), "done");
    assert_string_equal(jx_str(json_array_get(f.changes, 1), "plan"), "d1");
    fix_state_release(&f);
    plan_free(first);
    plan_free(second);
    json_decref(failed);
    json_decref(done);
    json_decref(other);
}

static void completed_steps_and_settled_plans_are_noted(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fix_state f;
    struct plan *plan = plan_of("d1", "a");
    char steps[SHA256_HEX_SIZE];
    json_t *done = change_of("a", "done"), *settled = change_of("a", "already true");
    assert_int_equal(fix_state_init(&f, scratch, &err), 0);
    fix_state_note_steps(&f, done, plan);
    const struct plan_call *sent = map_get(f.sent, "a");
    assert_non_null(sent);
    assert_string_equal(sent->operation, "kms:EnableKey");
    assert_string_equal(f.settled, "");
    fix_state_note_steps(&f, settled, plan);
    plan_steps_digest(&plan->steps, steps);
    assert_string_equal(f.settled, steps);
    fix_state_release(&f);
    plan_free(plan);
    json_decref(done);
    json_decref(settled);
}

static void deferred_steps_are_stored_beside_the_changes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fix_state f;
    struct store *store = store_with(STATUS_PASS, STATUS_PASS);
    assert_int_equal(fix_state_init(&f, scratch, &err), 0);
    f.plan = plan_of("d1", "a");
    f.plan->deferred = xcalloc(1, sizeof *f.plan->deferred);
    f.plan->deferred_count = 1;
    f.plan->deferred->id = xstrdup("tag/x");
    f.plan->deferred->title = xstrdup("Tag x");
    f.plan->deferred->step = 6;
    f.plan->deferred->waits_for = xstrdup("tagging:GetResources");
    assert_int_equal(fix_state_store(&f, store, &err), 0);
    assert_non_null(strstr(store_meta(store, "changes"), "waits for tagging:GetResources"));
    assert_string_equal(store_meta(store, "before"), "{}");
    fix_state_release(&f);
    store_close(store);
}

static void what_is_not_json_is_an_error_and_forgetting_removes_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fix_state f;
    put_file(scratch, "changes.json", "{");
    put_file(scratch, "before.json", "{}");
    assert_int_equal(fix_state_init(&f, scratch, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "changes.json"));
    fix_state_forget(&f);
    assert_names(scratch, "");
    fix_state_release(&f);
}

static void failures_are_counted_by_check(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *counts = NULL;
    struct store *store = store_with(STATUS_FAIL, STATUS_PASS);
    assert_int_equal(failures_count(store, &counts, &err), 0);
    assert_int_equal(json_object_size(counts), 1);
    assert_int_equal(jx_int(counts, "KMS-04", 0), 1);
    json_decref(counts);
    store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(failures_before_the_first_change_survive_a_kill),
        TEST(changes_survive_a_kill_and_a_plan_replaces_its_own),
        TEST(completed_steps_and_settled_plans_are_noted),
        TEST(deferred_steps_are_stored_beside_the_changes),
        TEST(what_is_not_json_is_an_error_and_forgetting_removes_it),
        TEST(failures_are_counted_by_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
