#include "retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct retry_hints silent = {-1, -1};

static enum retry_kind kind(const char *op, enum answer_class class, int status, bool sent)
{
    struct retry_case c = {op_parse(op), class, status, sent, false};
    assert_non_null(c.op);
    return retry_kind_of(&c);
}

static void delays_double_up_to_twenty_seconds(void **state)
{
    (void)state;
    static const int64_t throttled[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000};
    static const int64_t transient[] = {50, 100, 200, 400, 800, 1600, 3200};
    for (unsigned i = 0; i < 7; i++) {
        double nearly = 0.99999999;
        assert_in_range(retry_delay_ms(RETRY_THROTTLED, i, nearly, &silent), throttled[i] - 1,
                        throttled[i]);
        assert_in_range(retry_delay_ms(RETRY_TRANSIENT, i, nearly, &silent), transient[i] - 1,
                        transient[i]);
        assert_int_equal(retry_delay_ms(RETRY_THROTTLED, i, 0, &silent), 0);
    }
    assert_int_equal(retry_delay_ms(RETRY_TRANSIENT, 4000000000U, 0.5, &silent), 10000);
}

static void hints_of_the_service_are_honoured_within_bounds(void **state)
{
    (void)state;
    struct retry_hints seconds = {7000, -1};
    struct retry_hints hostile = {INT64_C(1000000000000), -1};
    struct retry_hints milliseconds = {-1, 3000};
    struct retry_hints too_long = {-1, 60000};
    assert_int_equal(retry_delay_ms(RETRY_THROTTLED, 0, 0.5, &seconds), 7000);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLED, 0, 0.5, &hostile), 300000);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLED, 0, 0.5, &milliseconds), 3000);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLED, 0, 0.5, &too_long), 5500);
    struct retry_hints short_hint = {-1, 100};
    assert_int_equal(retry_delay_ms(RETRY_THROTTLED, 0, 0.5, &short_hint), 500);
}

static void a_write_that_may_have_arrived_is_not_repeated(void **state)
{
    (void)state;
    assert_int_equal(kind("kms:CreateKey", ANSWER_NETWORK, 0, true), RETRY_NEVER);
    assert_int_equal(kind("kms:CreateKey", ANSWER_NETWORK, 0, false), RETRY_TRANSIENT);
    assert_int_equal(kind("kms:CreateKey", ANSWER_SERVER, 504, true), RETRY_NEVER);
    assert_int_equal(kind("kms:CreateKey", ANSWER_SERVER, 503, true), RETRY_NEVER);
    assert_int_equal(kind("kms:DescribeKey", ANSWER_SERVER, 503, true), RETRY_TRANSIENT);
    assert_int_equal(kind("kms:CreateKey", ANSWER_THROTTLED, 400, true), RETRY_THROTTLED);
    assert_int_equal(kind("kms:DescribeKey", ANSWER_NETWORK, 0, true), RETRY_TRANSIENT);
    assert_int_equal(kind("kms:DescribeKey", ANSWER_SERVER, 504, true), RETRY_TRANSIENT);
    assert_int_equal(kind("kms:DescribeKey", ANSWER_DENIED, 400, true), RETRY_NEVER);
    assert_int_equal(kind("kms:DescribeKey", ANSWER_CONFLICT, 409, true), RETRY_NEVER);
}

static void tries_are_counted_by_kind(void **state)
{
    (void)state;
    assert_true(retry_allowed(RETRY_TRANSIENT, 2, 0, 0));
    assert_false(retry_allowed(RETRY_TRANSIENT, 3, 0, 0));
    assert_true(retry_allowed(RETRY_TRANSIENT, 5, 3, 0));
    assert_true(retry_allowed(RETRY_THROTTLED, 7, 7, 0));
    assert_false(retry_allowed(RETRY_THROTTLED, 8, 8, 0));
    assert_true(retry_allowed(RETRY_TRANSIENT, 4, 0, 5));
    assert_false(retry_allowed(RETRY_TRANSIENT, 5, 0, 5));
    assert_false(retry_allowed(RETRY_NEVER, 0, 0, 5));
}

static void a_broken_service_uses_up_its_quota(void **state)
{
    (void)state;
    struct retry_quota q;
    retry_quota_init(&q);
    int retries = 0;
    while (retry_quota_take(&q, RETRY_TRANSIENT) > 0) {
        retries++;
    }
    assert_int_equal(retries, 500 / 14);
    retry_quota_give(&q, 14);
    assert_int_equal(retry_quota_take(&q, RETRY_TRANSIENT), 14);
    for (int i = 0; i < 1000; i++) {
        retry_quota_give(&q, 0);
    }
    assert_int_equal(q.left, 500);
}

static void random_numbers_stay_below_one_and_repeat_with_their_seed(void **state)
{
    (void)state;
    struct random_source a;
    struct random_source b;
    random_seed(&a, 42);
    random_seed(&b, 42);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = random_unit(&a);
        assert_true(x >= 0 && x < 1);
        (void)random_next(&b);
        sum += x;
    }
    assert_true(sum > 4800 && sum < 5200);
    assert_true(a.state == b.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_up_to_twenty_seconds),
        cmocka_unit_test(hints_of_the_service_are_honoured_within_bounds),
        cmocka_unit_test(a_write_that_may_have_arrived_is_not_repeated),
        cmocka_unit_test(tries_are_counted_by_kind),
        cmocka_unit_test(a_broken_service_uses_up_its_quota),
        cmocka_unit_test(random_numbers_stay_below_one_and_repeat_with_their_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
