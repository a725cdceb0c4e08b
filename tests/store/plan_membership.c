/* Since when plans take resources, from run to run. Private door: what it answers is seen in
 * documents only through a whole organization's worth of entities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/history.h"
#include "store_private.h"

#define DAY INT64_C(86400000)
#define ACCOUNT "222233330011"
#define HERE "eu-west-1"
#define RUNS 5

static const struct plan_membership place = {ACCOUNT, HERE, "", ""};
static const struct plan_membership table = {ACCOUNT, HERE, "arn:aws:dynamodb:::table/t", "daily"};
static const struct plan_membership volume = {ACCOUNT, HERE, "arn:aws:ec2:::volume/v", "daily"};

struct nights {
    char folder[64];
    struct store *run[RUNS];
    int count;
    struct err err;
};

static struct store *next_night(struct nights *n)
{
    char path[128];
    struct store *s = NULL;
    (void)snprintf(path, sizeof path, "%s/%d.db", n->folder, n->count);
    assert_int_equal(store_create(path, &s, &n->err), 0);
    assert_int_equal(store_meta_set(s, "organization_id", "o-exampleorg1", &n->err), 0);
    assert_int_equal(store_meta_set(s, "run_id", "r", &n->err), 0);
    assert_int_equal(store_meta_set(s, "ended", "2026-11-20T04:30:00Z", &n->err), 0);
    if (n->count > 0 && store_carry(n->run[n->count - 1], s, &n->err) != 0) {
        fail_msg("%s", n->err.text);
    }
    n->run[n->count++] = s;
    return s;
}

static int64_t since(struct nights *n, struct store *s, const struct plan_membership *t,
                     int64_t now)
{
    int64_t found = -1;
    assert_int_equal(plan_membership_since(s, t, now, &found, &n->err), 0);
    return found;
}

static void note(struct nights *n, struct store *s, const struct plan_membership *t,
                 int64_t since_ms, int64_t now)
{
    assert_int_equal(plan_membership_note(s, t, since_ms, now, &n->err), 0);
}

static int set_up(void **state)
{
    struct nights *n = xcalloc(1, sizeof *n);
    (void)snprintf(n->folder, sizeof n->folder, "/tmp/towerkeep-taken-XXXXXX");
    *state = n;
    return mkdtemp(n->folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct nights *n = *state;
    for (int i = 0; i < n->count; i++) {
        char path[128];
        store_close(n->run[i]);
        (void)snprintf(path, sizeof path, "%s/%d.db", n->folder, i);
        (void)unlink(path);
    }
    int result = rmdir(n->folder);
    free(n);
    return result;
}

static void a_first_run_knows_nothing(void **state)
{
    struct nights *n = *state;
    struct store *s = next_night(n);
    note(n, s, &table, 0, DAY);
    assert_int_equal(since(n, s, &table, DAY), 0);
}

static void what_the_run_before_did_not_see_taken_is_taken_since_now(void **state)
{
    struct nights *n = *state;
    struct store *first = next_night(n);
    note(n, first, &place, 0, DAY);
    note(n, first, &table, 0, DAY);
    struct store *second = next_night(n);
    assert_int_equal(since(n, second, &table, 2 * DAY), 0);
    assert_int_equal(since(n, second, &volume, 2 * DAY), 2 * DAY);
    const struct plan_membership weekly = {ACCOUNT, HERE, table.arn, "weekly"};
    assert_int_equal(since(n, second, &weekly, 2 * DAY), 2 * DAY);
    const struct plan_membership elsewhere = {ACCOUNT, "us-east-1", volume.arn, "daily"};
    assert_int_equal(since(n, second, &elsewhere, 2 * DAY), 0);
}

static void the_time_stays_while_it_is_taken(void **state)
{
    struct nights *n = *state;
    note(n, next_night(n), &place, 0, DAY);
    for (int64_t night = 2; night <= 4; night++) {
        struct store *s = next_night(n);
        int64_t found = since(n, s, &volume, night * DAY);
        assert_int_equal(found, 2 * DAY);
        note(n, s, &place, 0, night * DAY);
        note(n, s, &volume, found, night * DAY);
    }
}

static void what_was_taken_and_is_no_more_starts_anew(void **state)
{
    struct nights *n = *state;
    struct store *s = next_night(n);
    note(n, s, &place, 0, DAY);
    note(n, s, &volume, 0, DAY);
    note(n, next_night(n), &place, 0, 2 * DAY);
    assert_int_equal(since(n, next_night(n), &volume, 3 * DAY), 3 * DAY);
}

/* A night on which the place could not be read whole forgets nothing and learns what it can. */
static void a_night_with_a_gap_forgets_nothing(void **state)
{
    struct nights *n = *state;
    struct store *s = next_night(n);
    note(n, s, &place, 0, 10 * DAY);
    note(n, s, &table, 5 * DAY, 10 * DAY);
    s = next_night(n);
    note(n, s, &volume, since(n, s, &volume, 11 * DAY), 11 * DAY);
    s = next_night(n);
    assert_int_equal(since(n, s, &table, 12 * DAY), 5 * DAY);
    assert_int_equal(since(n, s, &volume, 12 * DAY), 11 * DAY);
}

static void what_was_not_seen_for_ninety_days_is_forgotten(void **state)
{
    struct nights *n = *state;
    const struct plan_membership other = {ACCOUNT, "us-east-1", "", ""};
    struct store *s = next_night(n);
    note(n, s, &place, 0, DAY);
    note(n, s, &table, 0, DAY);
    note(n, next_night(n), &other, 0, 90 * DAY);
    s = next_night(n);
    assert_int_equal(since(n, s, &volume, 91 * DAY), 91 * DAY);
    note(n, s, &other, 0, 91 * DAY);
    assert_int_equal(since(n, next_night(n), &volume, 92 * DAY), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_run_knows_nothing),
        TEST(what_the_run_before_did_not_see_taken_is_taken_since_now),
        TEST(the_time_stays_while_it_is_taken),
        TEST(what_was_taken_and_is_no_more_starts_anew),
        TEST(a_night_with_a_gap_forgets_nothing),
        TEST(what_was_not_seen_for_ninety_days_is_forgotten),
    };
    return cmocka_run_group_tests_name("store/taken", tests, NULL, NULL);
}
