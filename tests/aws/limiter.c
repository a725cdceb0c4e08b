#include "limiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "limiter_timers.h"

struct item {
    struct waiter waiter;
    int number;
};

static const struct op *op(const char *name)
{
    const struct op *found = op_parse(name);
    assert_non_null(found);
    return found;
}

static const struct rate *rate_of(const struct op *o)
{
    const struct rate *rates[RATES_MAX];
    assert_true(rate_class_rates(o->rate, rates) > 0);
    return rates[0];
}

static int take(struct limiter *l, int64_t now_ms, int64_t *wake_ms)
{
    struct item *item = (struct item *)limiter_next(l, now_ms, wake_ms);
    return item != NULL ? item->number : -1;
}

static void a_burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    (void)state;
    const struct op *o = op("organizations:ListAccounts");
    const struct rate *rate = rate_of(o);
    struct limiter *l = limiter_new(1, 0);
    struct limiter_place place = {o, "111122223333", ""};
    struct item items[200];
    for (int i = 0; i < 200; i++) {
        items[i].number = i;
        limiter_add(l, &place, &items[i].waiter, false, 0);
    }
    int64_t wake_ms = 0;
    int at_once = 0;
    while (take(l, 0, &wake_ms) >= 0) {
        at_once++;
    }
    assert_int_equal(at_once, (int)rate->burst);
    assert_true(wake_ms > 0 && wake_ms <= (int64_t)(1000 / rate->per_second) + 1);
    int within_five_seconds = 0;
    int last = at_once - 1;
    for (int64_t now = 1; now <= 5000; now++) {
        for (int number; (number = take(l, now, &wake_ms)) >= 0;) {
            assert_int_equal(number, ++last);
            within_five_seconds++;
        }
    }
    int expected = (int)(rate->per_second * 5);
    assert_in_range(within_five_seconds, expected - 1, expected);
    limiter_free(l);
}

static void a_share_of_the_rate_is_taken(void **state)
{
    (void)state;
    const struct op *o = op("organizations:ListAccounts");
    const struct rate *rate = rate_of(o);
    struct limiter *l = limiter_new(0.5, 0);
    struct limiter_place place = {o, "111122223333", ""};
    struct item items[300];
    for (int i = 0; i < 300; i++) {
        limiter_add(l, &place, &items[i].waiter, false, 0);
    }
    int64_t wake_ms = 0;
    int gone = 0;
    for (int64_t now = 0; now <= 10000; now += 5) {
        while (limiter_next(l, now, &wake_ms) != NULL) {
            gone++;
        }
    }
    int expected = (int)(rate->burst / 2 + rate->per_second / 2 * 10);
    assert_in_range(gone, expected - 1, expected + 1);
    limiter_free(l);
}

static void a_slow_bucket_does_not_hold_up_another(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 0);
    struct limiter_place slow = {op("organizations:ListRoots"), "111122223333", ""};
    struct limiter_place other = {op("kms:DescribeKey"), "111122223333", "eu-west-1"};
    struct item many[50];
    struct item one = {.number = 1000};
    for (int i = 0; i < 50; i++) {
        many[i].number = i;
        limiter_add(l, &slow, &many[i].waiter, false, 0);
    }
    limiter_add(l, &other, &one.waiter, false, 0);
    int64_t wake_ms = 0;
    bool came = false;
    int gone = 0;
    for (int number; (number = take(l, 0, &wake_ms)) >= 0; gone++) {
        came = came || number == 1000;
    }
    assert_true(came);
    assert_true(gone < 10);
    limiter_free(l);
}

static void lanes_are_served_in_turn(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 0);
    const struct op *o = op("kms:DescribeKey");
    static const char *const accounts[] = {"111111111111", "222222222222", "333333333333"};
    struct item items[9];
    for (int i = 0; i < 9; i++) {
        struct limiter_place place = {o, accounts[i / 3], "eu-west-1"};
        items[i].number = i;
        limiter_add(l, &place, &items[i].waiter, false, 0);
    }
    static const int order[] = {0, 3, 6, 1, 4, 7, 2, 5, 8};
    int64_t wake_ms = 0;
    for (int i = 0; i < 9; i++) {
        assert_int_equal(take(l, 0, &wake_ms), order[i]);
    }
    assert_int_equal(take(l, 0, &wake_ms), -1);
    assert_true(wake_ms == INT64_MAX);
    limiter_free(l);
}

static void a_throttle_empties_the_bucket(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 0);
    struct limiter_place place = {op("organizations:ListAccounts"), "111122223333", ""};
    struct item first = {.number = 1};
    struct item second = {.number = 2};
    int64_t wake_ms = 0;
    limiter_add(l, &place, &first.waiter, false, 0);
    assert_int_equal(take(l, 0, &wake_ms), 1);
    limiter_drain(l, &place, 0);
    limiter_add(l, &place, &second.waiter, false, 0);
    assert_int_equal(take(l, 0, &wake_ms), -1);
    assert_true(wake_ms > 0);
    assert_int_equal(take(l, wake_ms, &wake_ms), 2);
    limiter_free(l);
}

static void a_call_that_waited_goes_first(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 0);
    struct limiter_place place = {op("kms:DescribeKey"), "111122223333", "eu-west-1"};
    struct item first = {.number = 1};
    struct item again = {.number = 2};
    int64_t wake_ms = 0;
    limiter_add(l, &place, &first.waiter, false, 0);
    limiter_add(l, &place, &again.waiter, true, 0);
    assert_int_equal(take(l, 0, &wake_ms), 2);
    assert_int_equal(take(l, 0, &wake_ms), 1);
    limiter_free(l);
}

static void a_rate_for_all_calls_binds_every_lane(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 10);
    const struct op *o = op("kms:DescribeKey");
    struct item items[100];
    for (int i = 0; i < 100; i++) {
        char account[13];
        (void)snprintf(account, sizeof account, "%012d", i);
        struct limiter_place place = {o, account, "eu-west-1"};
        limiter_add(l, &place, &items[i].waiter, false, 0);
    }
    int64_t wake_ms = 0;
    int gone = 0;
    for (int64_t now = 0; now <= 2000; now += 10) {
        while (limiter_next(l, now, &wake_ms) != NULL) {
            gone++;
        }
    }
    assert_in_range(gone, 20, 21);
    limiter_free(l);
}

static void without_a_share_only_the_rate_for_all_binds(void **state)
{
    (void)state;
    struct limiter_place place = {op("organizations:ListRoots"), "111122223333", ""};
    for (int capped = 0; capped <= 1; capped++) {
        struct limiter *l = limiter_new(0, capped == 1 ? 10 : 0);
        struct item items[100];
        int64_t wake_ms = 0;
        int gone = 0;
        for (int i = 0; i < 100; i++) {
            items[i].number = i;
            limiter_add(l, &place, &items[i].waiter, false, 0);
        }
        while (take(l, 0, &wake_ms) == gone) {
            gone++;
        }
        assert_int_equal(gone, capped == 1 ? 1 : 100);
        limiter_drain(l, &place, 0);
        assert_int_equal(limiter_bucket_count(l), 0);
        limiter_free(l);
    }
}

static void idle_buckets_are_forgotten(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 0);
    const struct op *o = op("kms:DescribeKey");
    int64_t wake_ms = 0;
    for (int i = 0; i < 20000; i++) {
        char account[13];
        struct item item = {.number = i};
        (void)snprintf(account, sizeof account, "%012d", i);
        struct limiter_place place = {o, account, "eu-west-1"};
        limiter_add(l, &place, &item.waiter, false, i * 10);
        assert_int_equal(take(l, i * 10, &wake_ms), i);
    }
    assert_true(limiter_bucket_count(l) <= 2048);
    limiter_free(l);
}

static void waiters_can_be_forgotten(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(1, 0);
    struct limiter_place place = {op("organizations:ListRoots"), "111122223333", ""};
    struct item items[10];
    int64_t wake_ms = 0;
    for (int i = 0; i < 10; i++) {
        limiter_add(l, &place, &items[i].waiter, false, 0);
    }
    while (limiter_next(l, 0, &wake_ms) != NULL) {
    }
    limiter_forget_waiters(l);
    assert_null(limiter_next(l, 100000, &wake_ms));
    assert_true(wake_ms == INT64_MAX);
    limiter_free(l);
}

static void timers_come_out_in_order(void **state)
{
    (void)state;
    struct timers t = {0};
    static const int64_t at[] = {50, 10, 40, 10, 30, 20, 60, 5};
    int marks[8];
    for (int i = 0; i < 8; i++) {
        marks[i] = i;
        timers_push(&t, at[i], &marks[i]);
    }
    static const int order[] = {7, 1, 3, 5, 4, 2, 0, 6};
    assert_null(timers_pop_due(&t, 4));
    for (int i = 0; i < 8; i++) {
        const int *mark = timers_pop_due(&t, 100);
        assert_non_null(mark);
        assert_int_equal(*mark, order[i]);
    }
    assert_true(timers_next(&t) == INT64_MAX);
    timers_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_at_once_and_the_rest_at_the_rate),
        cmocka_unit_test(a_share_of_the_rate_is_taken),
        cmocka_unit_test(a_slow_bucket_does_not_hold_up_another),
        cmocka_unit_test(lanes_are_served_in_turn),
        cmocka_unit_test(a_throttle_empties_the_bucket),
        cmocka_unit_test(a_call_that_waited_goes_first),
        cmocka_unit_test(a_rate_for_all_calls_binds_every_lane),
        cmocka_unit_test(without_a_share_only_the_rate_for_all_binds),
        cmocka_unit_test(idle_buckets_are_forgotten),
        cmocka_unit_test(waiters_can_be_forgotten),
        cmocka_unit_test(timers_come_out_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
