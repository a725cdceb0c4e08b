#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define MOMENT_MS 1795406706000LL /* 2026-11-23T04:05:06Z */

static void every_format_says_the_same_moment(void **state)
{
    (void)state;
    char iso[TIME_ISO_SIZE];
    char amz[17];
    char http[30];
    time_iso(MOMENT_MS, iso);
    time_amz(MOMENT_MS, amz);
    time_http(MOMENT_MS, http);
    assert_string_equal(iso, "2026-11-23T04:05:06Z");
    assert_string_equal(amz, "20261123T040506Z");
    assert_string_equal(http, "Mon, 23 Nov 2026 04:05:06 GMT");
    time_iso(-1, iso);
    assert_string_equal(iso, "1969-12-31T23:59:59Z");
    time_iso(INT64_MAX, iso);
    assert_string_equal(iso, "9999-12-31T23:59:59Z");
    time_http(INT64_MIN, http);
    assert_string_equal(http, "Sat, 01 Jan 0000 00:00:00 GMT");
}

static void iso_is_read_in_every_accepted_form(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int64_t ms;
    } cases[] = {
        {"2026-11-23T04:05:06Z", MOMENT_MS},
        {"2026-11-23T04:05:06.789Z", MOMENT_MS + 789},
        {"2026-11-23T04:05:06.5Z", MOMENT_MS + 500},
        {"2026-11-23T04:05:06.123456789Z", MOMENT_MS + 123},
        {"2026-11-23T05:35:06+01:30", MOMENT_MS},
        {"2026-11-22T22:05:06-06:00", MOMENT_MS},
        {"2026-11-23T04:05:06+0000", MOMENT_MS},
        {"1970-01-01", 0},
        {"2024-02-29", 1709164800000LL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;
        assert_true(time_parse_iso(cases[i].s, &ms));
        assert_true(ms == cases[i].ms);
    }
}

static void malformed_times_are_refused(void **state)
{
    (void)state;
    static const char *const iso[] = {"",
                                      "2026",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2023-02-29",
                                      "2100-02-29",
                                      "2026-11-31",
                                      "2026-11-23T",
                                      "2026-11-23T04:05:06",
                                      "2026-11-23T24:00:00Z",
                                      "2026-11-23T04:60:00Z",
                                      "2026-11-23T04:05:61Z",
                                      "2026-11-23T04:05:06.Z",
                                      "2026-11-23T04:05:06Zx",
                                      "2026-11-23T04:05:06+24:00",
                                      "2026-11-23T04:05:06+1",
                                      " 2026-11-23",
                                      "-026-11-23"};
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof iso / sizeof iso[0]; i++) {
        assert_false(time_parse_iso(iso[i], &ms));
    }
    assert_false(time_parse_amz("20261123T040506", &ms));
    assert_false(time_parse_amz("20261323T040506Z", &ms));
    assert_false(time_parse_amz("20261123T040506Zz", &ms));
    assert_false(time_parse_http("Mon, 23 Nov 2026 04:05:06 CET", &ms));
    assert_false(time_parse_http("Mon, 31 Nov 2026 04:05:06 GMT", &ms));
    assert_false(time_parse_http("", &ms));
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (int64_t ms = -40000000000000LL; ms < 200000000000000LL; ms += 86399999LL * 977) {
        int64_t whole = ms - (ms % 1000 + 1000) % 1000;
        char iso[TIME_ISO_SIZE];
        char amz[17];
        char http[30];
        time_iso(ms, iso);
        time_amz(ms, amz);
        time_http(ms, http);
        int64_t back = 0;
        assert_true(time_parse_iso(iso, &back) && back == whole);
        assert_true(time_parse_amz(amz, &back) && back == whole);
        assert_true(time_parse_http(http, &back) && back == whole);
    }
}

static int64_t fixed(void *context)
{
    return *(const int64_t *)context;
}

static void clock_is_data(void **state)
{
    (void)state;
    int64_t now = 42;
    const struct clock c = {fixed, fixed, &now};
    assert_true(clock_wall_ms(&c) == 42);
    assert_true(clock_monotonic_ms(&c) == 42);
    int64_t wall = clock_wall_ms(NULL) / 1000;
    int64_t other = (int64_t)time(NULL);
    assert_true(other - wall <= 1 && wall - other <= 1);
    int64_t before = clock_monotonic_ms(NULL);
    assert_true(clock_monotonic_ms(NULL) >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_says_the_same_moment),
        cmocka_unit_test(iso_is_read_in_every_accepted_form),
        cmocka_unit_test(malformed_times_are_refused),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(clock_is_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
