/* AWS's cron: what it accepts, when it runs, how long one waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "model/cron.h"

#define HOUR_MS INT64_C(3600000)

static int64_t at(const char *iso)
{
    int64_t ms = 0;
    assert_true(time_parse_iso(iso, &ms));
    return ms;
}

static struct cron read(const char *expression)
{
    struct cron c;
    assert_null(cron_parse(expression, &c));
    return c;
}

struct run {
    const char *expression, *from, *previous;
};

static void runs_lie_where_the_expression_says(void **state)
{
    (void)state;
    static const struct run rows[] = {
        {"cron(0 5 ? * * *)", "2026-11-20T03:00:00Z", "2026-11-19T05:00:00Z"},
        {"cron(0 5 ? * * *)", "2026-11-20T05:00:00Z", "2026-11-19T05:00:00Z"},
        {"cron(0 * ? * * *)", "2026-11-20T03:59:59Z", "2026-11-20T03:00:00Z"},
        {"cron(0/15 8-17 ? * MON-FRI *)", "2026-11-20T17:50:00Z", "2026-11-20T17:45:00Z"},
        {"cron(0 5 ? * 1 *)", "2026-11-20T03:00:00Z", "2026-11-15T05:00:00Z"},
        {"cron(0 5 1 * ? *)", "2026-11-20T03:00:00Z", "2026-11-01T05:00:00Z"},
        {"cron(0 5 L * ? *)", "2028-02-20T00:00:00Z", "2028-01-31T05:00:00Z"},
        {"cron(0 5 15W * ? *)", "2026-11-01T00:00:00Z", "2026-10-15T05:00:00Z"},
        {"cron(0 5 1W * ? *)", "2026-07-31T23:00:00Z", "2026-07-01T05:00:00Z"},
        {"cron(0 5 LW * ? *)", "2026-10-31T00:00:00Z", "2026-10-30T05:00:00Z"},
        {"cron(0 5 ? * 6L *)", "2026-11-20T06:00:00Z", "2026-10-30T05:00:00Z"},
        {"cron(0 5 ? * 3#2 *)", "2026-11-20T06:00:00Z", "2026-11-10T05:00:00Z"},
        {"cron(0 5 ? * SAT-SUN *)", "2026-11-20T06:00:00Z", "2026-11-15T05:00:00Z"},
        {"cron(0 22-2/2 ? * * *)", "2026-11-20T06:00:00Z", "2026-11-20T02:00:00Z"},
        {"cron(0 5 29 2 ? *)", "2026-11-20T06:00:00Z", "2024-02-29T05:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cron c = read(rows[i].expression);
        int64_t run = 0;
        assert_true(cron_previous(&c, at(rows[i].from), &run));
        assert_int_equal(run, at(rows[i].previous));
    }
}

static void a_year_that_is_over_has_a_last_run(void **state)
{
    (void)state;
    struct cron c = read("cron(0 5 1 1 ? 2020-2024)");
    int64_t run = 0;
    assert_true(cron_previous(&c, at("2026-01-01T00:00:00Z"), &run));
    assert_int_equal(run, at("2024-01-01T05:00:00Z"));
    assert_false(cron_previous(&c, at("2020-01-01T05:00:00Z"), &run));
}

static void the_period_is_the_longest_wait(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        int64_t hours;
    } rows[] = {{"cron(0 * ? * * *)", 1},
                {"cron(0 5 ? * * *)", 24},
                {"cron(0 5 ? * MON-FRI *)", 72},
                {"cron(0 5 ? * 1 *)", 168},
                {"cron(0 5 1 * ? *)", 31 * 24},
                {"cron(0 5,17 * * ? *)", 12},
                {"cron(0 8-18 ? * 2-6 *)", 62},
                {"rate(12 hours)", 12},
                {"rate(1 day)", 24},
                {"cron(0 5 1 1 ? 2030)", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cron c = read(rows[i].expression);
        assert_int_equal(cron_period_ms(&c, at("2026-11-20T03:00:00Z")), rows[i].hours * HOUR_MS);
    }
}

static void a_rate_counts_from_its_anchor(void **state)
{
    (void)state;
    struct cron c = read("rate(6 hours)");
    int64_t run = 0;
    c.anchor_ms = at("2026-11-20T01:30:00Z");
    assert_true(cron_previous(&c, at("2026-11-20T03:00:00Z"), &run));
    assert_int_equal(run, c.anchor_ms);
    assert_false(cron_previous(&c, at("2026-11-20T01:30:00Z"), &run));
}

static void what_is_no_schedule_is_refused_with_what_was_expected(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "daily",
        "cron()",
        "cron(0 5 ? * *)",
        "cron(0 5 ? * * * *)",
        "cron(60 5 ? * * *)",
        "cron(0 24 ? * * *)",
        "cron(0 5 0 * ? *)",
        "cron(0 5 32W * ? *)",
        "cron(0 5 ? 13 * *)",
        "cron(0 5 ? * 8 *)",
        "cron(0 5 ? * 2#6 *)",
        "cron(0 5 ? * MOON *)",
        "cron(0 5 ? * ? *)",
        "cron(0 5 1 * 2 *)",
        "cron(0 5 , * ? *)",
        "cron(0/0 5 ? * * *)",
        "cron(0 5 ? * * 1969)",
        "cron(0 5 ? * * 2030-2020)",
        "rate(0 hours)",
        "rate(5 weeks)",
        "rate(hours)",
        "cron(0 5 ? * * *",
        "cron(00000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000 5 ? * * *)"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cron c;
        assert_non_null(cron_parse(rows[i], &c));
    }
    struct cron c;
    assert_non_null(cron_parse(NULL, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_lie_where_the_expression_says),
        cmocka_unit_test(a_year_that_is_over_has_a_last_run),
        cmocka_unit_test(the_period_is_the_longest_wait),
        cmocka_unit_test(a_rate_counts_from_its_anchor),
        cmocka_unit_test(what_is_no_schedule_is_refused_with_what_was_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
