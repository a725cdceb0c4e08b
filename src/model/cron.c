#include "model/cron.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define RUNS_MAX 4000
#define LOOK_BACK_MS (3 * 366 * DAY_MS)
#define FIELD_MAX 128
#define WORD_MAX 16

/* --- the calendar (Howard Hinnant's algorithms, proleptic Gregorian) --- */

static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

static int weekday_of(int64_t days)
{
    return (int)(((days + 4) % 7 + 7) % 7); /* 1 January 1970 was a Thursday */
}

static int days_in_month(int64_t year, int month)
{
    int64_t next = month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1);
    return (int)(next - days_of(year, month, 1));
}

/* --- reading --- */

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
                                          "AUG", "SEP", "OCT", "NOV", "DEC", NULL};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};

struct field {
    int low, high;
    const char *const *names; /* the first name means `low` */
    const char *problem;
};

enum { MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, YEARS, FIELD_COUNT };

static const struct field fields[FIELD_COUNT] = {
    [MINUTES] = {0, 59, NULL, "minutes are 0 to 59"},
    [HOURS] = {0, 23, NULL, "hours are 0 to 23"},
    [DAYS] = {1, 31, NULL, "days of the month are 1 to 31, ?, L, LW or a day and W"},
    [MONTHS] = {1, 12, month_names, "months are 1 to 12 or JAN to DEC"},
    [WEEKDAYS] = {1, 7, weekday_names,
                  "days of the week are 1 to 7 or SUN to SAT, ?, a day and L, or a day # 1 to 5"},
    [YEARS] = {CRON_FIRST_YEAR, CRON_LAST_YEAR, NULL, "years are 1970 to 2199"},
};

static bool read_value(const struct field *f, const char *word, int *out)
{
    long long number = 0;
    if (str_number(word, f->low, f->high, &number)) {
        *out = (int)number;
        return true;
    }
    for (int i = 0; f->names != NULL && f->names[i] != NULL; i++) {
        if (str_equal(f->names[i], word)) {
            *out = f->low + i;
            return true;
        }
    }
    return false;
}

static void set_bit(struct cron *c, int field, int value)
{
    switch (field) {
    case MINUTES:
        c->minutes |= UINT64_C(1) << value;
        break;
    case HOURS:
        c->hours |= UINT32_C(1) << value;
        break;
    case DAYS:
        c->days |= UINT32_C(1) << value;
        break;
    case MONTHS:
        c->months = (uint16_t)(c->months | 1u << value);
        break;
    case WEEKDAYS:
        c->weekdays = (uint8_t)(c->weekdays | 1u << (value - 1));
        break;
    default:
        c->years[(value - CRON_FIRST_YEAR) / 8] =
            (uint8_t)(c->years[(value - CRON_FIRST_YEAR) / 8] |
                      1u << ((value - CRON_FIRST_YEAR) % 8));
        break;
    }
}

/* "*", "a", "a-b", each with "/step"; a range whose end is before its start wraps around. */
static bool read_span(struct cron *c, int field, char *item)
{
    const struct field *f = &fields[field];
    char *slash = strchr(item, '/');
    long long step = 1;
    int from = f->low;
    int to = f->high;
    if (slash != NULL) {
        *slash = '\0';
        if (!str_number(slash + 1, 1, f->high, &step)) {
            return false;
        }
    }
    char *dash = strchr(item, '-');
    if (dash != NULL) {
        *dash = '\0';
        if (!read_value(f, item, &from) || !read_value(f, dash + 1, &to)) {
            return false;
        }
    } else if (!str_equal(item, "*")) {
        if (!read_value(f, item, &from)) {
            return false;
        }
        to = slash != NULL ? f->high : from;
    }
    int count = f->high - f->low + 1;
    int span = from <= to ? to - from : field == YEARS ? -1 : to - from + count;
    for (long long i = 0; i <= span; i += step) {
        set_bit(c, field, f->low + (from - f->low + (int)i) % count);
    }
    return span >= 0;
}

/* L, LW, 15W of the month; 5L, 3#2 of the week. 1: read, 0: none of these, -1: invalid. */
static int read_special(struct cron *c, int field, char *item)
{
    const struct field *f = &fields[field];
    size_t length = strlen(item);
    int value = 0;
    if (field == DAYS && (str_equal(item, "L") || str_equal(item, "LW"))) {
        c->last_day = c->last_day || length == 1;
        c->last_workday = c->last_workday || length == 2;
        return 1;
    }
    if (field == DAYS && length > 1 && item[length - 1] == 'W') {
        item[length - 1] = '\0';
        if (!read_value(f, item, &value)) {
            return -1;
        }
        c->nearest |= UINT32_C(1) << value;
        return 1;
    }
    if (field == WEEKDAYS && str_equal(item, "L")) {
        set_bit(c, WEEKDAYS, 7); /* alone it is the week's last day */
        return 1;
    }
    if (field == WEEKDAYS && length > 1 && item[length - 1] == 'L') {
        item[length - 1] = '\0';
        if (!read_value(f, item, &value)) {
            return -1;
        }
        c->last_weekdays = (uint8_t)(c->last_weekdays | 1u << (value - 1));
        return 1;
    }
    char *hash = field == WEEKDAYS ? strchr(item, '#') : NULL;
    if (hash != NULL) {
        long long nth = 0;
        *hash = '\0';
        if (!read_value(f, item, &value) || !str_number(hash + 1, 1, 5, &nth)) {
            return -1;
        }
        c->nth[value - 1] = (uint8_t)(c->nth[value - 1] | 1u << nth);
        return 1;
    }
    return 0;
}

static bool read_field(struct cron *c, int field, char *text)
{
    for (char *at = text; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        int special = *at != '\0' ? read_special(c, field, at) : -1;
        if (special < 0 || (special == 0 && !read_span(c, field, at))) {
            return false;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    return true;
}

static const char *read_rate(const char *inside, size_t length, struct cron *out)
{
    static const struct {
        const char *one, *many;
        int64_t ms;
    } units[] = {
        {"minute", "minutes", MINUTE_MS}, {"hour", "hours", HOUR_MS}, {"day", "days", DAY_MS}};
    char words[FIELD_MAX];
    long long number = 0;
    if (length >= sizeof words) {
        return "a rate is a number and minutes, hours or days";
    }
    memcpy(words, inside, length);
    words[length] = '\0';
    char *space = strchr(words, ' ');
    if (space != NULL) {
        *space = '\0';
    }
    for (size_t i = 0; space != NULL && i < sizeof units / sizeof units[0]; i++) {
        if ((str_equal(space + 1, units[i].one) || str_equal(space + 1, units[i].many)) &&
            str_number(words, 1, 1000000, &number)) {
            out->rate_ms = number * units[i].ms;
            return NULL;
        }
    }
    return "a rate is a number and minutes, hours or days";
}

/* Splits at blanks; the words are converted to upper case, because names are case-insensitive. */
static size_t split(const char *inside, size_t length, char words[FIELD_COUNT + 1][FIELD_MAX])
{
    size_t count = 0;
    for (size_t at = 0; at < length && count <= FIELD_COUNT;) {
        while (at < length && isspace((unsigned char)inside[at])) {
            at++;
        }
        size_t used = 0;
        while (at < length && !isspace((unsigned char)inside[at]) && used + 1 < FIELD_MAX) {
            words[count][used++] = (char)toupper((unsigned char)inside[at++]);
        }
        words[count][used] = '\0';
        count += used > 0 ? 1 : 0;
        if (used + 1 == FIELD_MAX) {
            return 0;
        }
    }
    return count;
}

static const char *read_cron(const char *inside, size_t length, struct cron *out)
{
    char words[FIELD_COUNT + 1][FIELD_MAX];
    if (split(inside, length, words) != FIELD_COUNT) {
        return "a cron expression has six fields: minutes hours day-of-month month day-of-week "
               "year";
    }
    bool any_day = str_equal(words[DAYS], "?");
    bool any_weekday = str_equal(words[WEEKDAYS], "?");
    if (any_day && any_weekday) {
        return "day-of-month and day-of-week cannot both be ?";
    }
    if (!any_day && !any_weekday) {
        /* AWS requires a ? in one of the two; a * there means the same. */
        any_weekday = str_equal(words[WEEKDAYS], "*");
        any_day = !any_weekday && str_equal(words[DAYS], "*");
        if (!any_day && !any_weekday) {
            return "one of day-of-month and day-of-week must be ?";
        }
    }
    out->by_weekday = any_day;
    for (int i = 0; i < FIELD_COUNT; i++) {
        bool left_open = (i == DAYS && any_day) || (i == WEEKDAYS && any_weekday);
        if (!left_open && !read_field(out, i, words[i])) {
            return fields[i].problem;
        }
    }
    return NULL;
}

const char *cron_parse(const char *expression, struct cron *out)
{
    memset(out, 0, sizeof *out);
    size_t length = expression != NULL ? strlen(expression) : 0;
    bool rate = length > 6 && str_starts(expression, "rate(");
    if (length < 7 || expression[length - 1] != ')' ||
        (!rate && !str_starts(expression, "cron("))) {
        return "a schedule is cron(...) or rate(...)";
    }
    const char *problem = rate ? read_rate(expression + 5, length - 6, out)
                               : read_cron(expression + 5, length - 6, out);
    if (problem != NULL) {
        memset(out, 0, sizeof *out);
    }
    return problem;
}

/* --- running --- */

/* The workday nearest to a day, within its month. */
static int nearest_workday(int64_t first, int day, int last)
{
    int weekday = weekday_of(first + day - 1);
    if (weekday == 6) {
        return day > 1 ? day - 1 : day + 2;
    }
    if (weekday == 0) {
        return day < last ? day + 1 : day - 2;
    }
    return day;
}

static uint32_t days_by_month(const struct cron *c, int64_t first, int last)
{
    uint32_t days = c->days;
    if (c->last_day) {
        days |= UINT32_C(1) << last;
    }
    if (c->last_workday) {
        int weekday = weekday_of(first + last - 1);
        days |= UINT32_C(1) << (last - (weekday == 6 ? 1 : weekday == 0 ? 2 : 0));
    }
    for (int day = 1; day <= last; day++) {
        if (c->nearest >> day & 1) {
            days |= UINT32_C(1) << nearest_workday(first, day, last);
        }
    }
    return days;
}

static uint32_t days_by_week(const struct cron *c, int64_t first, int last)
{
    uint32_t days = 0;
    for (int day = 1; day <= last; day++) {
        int weekday = weekday_of(first + day - 1);
        bool final = day + 7 > last && (c->last_weekdays >> weekday & 1) != 0;
        bool counted = (c->nth[weekday] >> ((day - 1) / 7 + 1) & 1) != 0;
        if ((c->weekdays >> weekday & 1) != 0 || final || counted) {
            days |= UINT32_C(1) << day;
        }
    }
    return days;
}

/* The days of a month on which it runs, one bit for each day. */
static uint32_t run_days(const struct cron *c, int64_t year, int month)
{
    int64_t index = year - CRON_FIRST_YEAR;
    if (year < CRON_FIRST_YEAR || year > CRON_LAST_YEAR ||
        (c->years[index / 8] >> (index % 8) & 1) == 0 || (c->months >> month & 1) == 0) {
        return 0;
    }
    int64_t first = days_of(year, month, 1);
    int last = days_in_month(year, month);
    uint32_t days = c->by_weekday ? days_by_week(c, first, last) : days_by_month(c, first, last);
    uint32_t real = (uint32_t)((UINT64_C(1) << (last + 1)) - 2);
    return days & real;
}

/* The last run of a day before the given minute of it, or -1. */
static int run_minute(const struct cron *c, int before)
{
    for (int at = before - 1; at >= 0; at--) {
        if ((c->hours >> (at / 60) & 1) == 0) {
            at = at / 60 * 60;
            continue;
        }
        if (c->minutes >> (at % 60) & 1) {
            return at;
        }
    }
    return -1;
}

/* The latest run before a minute since 1970. */
static bool run_before(const struct cron *c, int64_t before_minute, int64_t *out)
{
    int64_t year = 0;
    int month = 0;
    int day = 0;
    int64_t today = before_minute / (24 * 60);
    date_of(today, &year, &month, &day);
    int before = (int)(before_minute - today * 24 * 60);
    while (year >= CRON_FIRST_YEAR && year <= CRON_LAST_YEAR) {
        uint32_t days = run_days(c, year, month);
        for (; day >= 1 && days != 0; day--) {
            int minute = (days >> day & 1) != 0 ? run_minute(c, before) : -1;
            if (minute >= 0) {
                *out = (days_of(year, month, day) * 24 * 60 + minute) * MINUTE_MS;
                return true;
            }
            before = 24 * 60;
        }
        before = 24 * 60;
        day = 31;
        month--;
        if (month < 1) {
            year--;
            month = 12;
        }
    }
    return false;
}

bool cron_previous(const struct cron *c, int64_t before_ms, int64_t *out)
{
    if (c->rate_ms > 0) {
        int64_t runs = before_ms > c->anchor_ms ? (before_ms - 1 - c->anchor_ms) / c->rate_ms : -1;
        *out = c->anchor_ms + runs * c->rate_ms;
        return runs >= 0;
    }
    /* A run in the same minute counts only when the time is after it. */
    return before_ms > 0 && run_before(c, (before_ms + MINUTE_MS - 1) / MINUTE_MS, out);
}

int64_t cron_period_ms(const struct cron *c, int64_t before_ms)
{
    if (c->rate_ms > 0) {
        return c->rate_ms;
    }
    int64_t longest = 0;
    int64_t later = 0;
    int64_t at = 0;
    if (!cron_previous(c, before_ms, &later)) {
        return 0;
    }
    for (int i = 0; i < RUNS_MAX && later > before_ms - LOOK_BACK_MS; i++) {
        if (!cron_previous(c, later, &at)) {
            break;
        }
        longest = later - at > longest ? later - at : longest;
        later = at;
    }
    return longest;
}
