#include "base/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000LL
/* The years 0000 and 9999, the limits of every format here. */
#define EARLIEST_MS (-62167219200000LL)
#define LATEST_MS 253402300799999LL

struct moment {
    int year, month, day, hour, minute, second, weekday;
};

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static int64_t read_clock(clockid_t which)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(const struct clock *c)
{
    return c != NULL ? c->wall_ms(c->context) : system_wall(NULL);
}

int64_t clock_monotonic_ms(const struct clock *c)
{
    return c != NULL ? c->monotonic_ms(c->context) : system_monotonic(NULL);
}

/* Days since 1970-01-01 of a proleptic Gregorian date; years count from March so that leap days
 * come last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct moment moment_of(int64_t wall_ms)
{
    wall_ms = wall_ms < EARLIEST_MS ? EARLIEST_MS : wall_ms > LATEST_MS ? LATEST_MS : wall_ms;
    int64_t days = wall_ms / DAY_MS - (wall_ms % DAY_MS < 0 ? 1 : 0);
    int64_t seconds = (wall_ms - days * DAY_MS) / 1000;
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct moment m;
    m.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    m.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    m.year = (int)(year_of_era + era * 400 + (m.month <= 2 ? 1 : 0));
    m.hour = (int)(seconds / 3600);
    m.minute = (int)(seconds / 60 % 60);
    m.second = (int)(seconds % 60);
    m.weekday = (int)(((days + 4) % 7 + 7) % 7);
    return m;
}

void time_iso(int64_t wall_ms, char out[TIME_ISO_SIZE])
{
    struct moment m = moment_of(wall_ms);
    (void)snprintf(out, TIME_ISO_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", m.year, m.month, m.day,
                   m.hour, m.minute, m.second);
}

void time_amz(int64_t wall_ms, char out[17])
{
    struct moment m = moment_of(wall_ms);
    (void)snprintf(out, 17, "%04d%02d%02dT%02d%02d%02dZ", m.year, m.month, m.day, m.hour, m.minute,
                   m.second);
}

void time_http(int64_t wall_ms, char out[30])
{
    struct moment m = moment_of(wall_ms);
    (void)snprintf(out, 30, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[m.weekday], m.day,
                   months[m.month - 1], m.year, m.hour, m.minute, m.second);
}

static bool take_number(const char **at, int digits, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += digits;
    *out = value;
    return true;
}

static bool take(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_word(const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

static bool in_range(const struct moment *m)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (m->month < 1 || m->month > 12) {
        return false;
    }
    bool leap = m->year % 4 == 0 && (m->year % 100 != 0 || m->year % 400 == 0);
    int last = lengths[m->month - 1] + (m->month == 2 && leap ? 1 : 0);
    return m->day >= 1 && m->day <= last && m->hour <= 23 && m->minute <= 59 && m->second <= 60;
}

static int64_t wall_of(const struct moment *m)
{
    int64_t seconds = (int64_t)m->hour * 3600 + m->minute * 60 + m->second;
    return days_of(m->year, m->month, m->day) * DAY_MS + seconds * 1000;
}

static bool take_fraction(const char **at, int *ms)
{
    *ms = 0;
    if (**at != '.' && **at != ',') {
        return true;
    }
    (*at)++;
    int weight = 100;
    const char *first = *at;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        *ms += (**at - '0') * weight;
        weight /= 10;
    }
    return *at != first;
}

static bool take_offset(const char **at, int *minutes)
{
    *minutes = 0;
    if (take(at, 'Z') || take(at, 'z')) {
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    int hour = 0;
    int minute = 0;
    if (!take(at, '+') && !take(at, '-')) {
        return false;
    }
    if (!take_number(at, 2, &hour)) {
        return false;
    }
    (void)take(at, ':');
    if (!take_number(at, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    *minutes = sign * (hour * 60 + minute);
    return true;
}

bool time_parse_iso(const char *s, int64_t *wall_ms)
{
    struct moment m = {0, 0, 0, 0, 0, 0, 0};
    int ms = 0;
    int offset_minutes = 0;
    bool date = take_number(&s, 4, &m.year) && take(&s, '-') && take_number(&s, 2, &m.month) &&
                take(&s, '-') && take_number(&s, 2, &m.day);
    if (!date) {
        return false;
    }
    if (*s != '\0') {
        bool hours = (take(&s, 'T') || take(&s, 't')) && take_number(&s, 2, &m.hour) &&
                     take(&s, ':') && take_number(&s, 2, &m.minute) && take(&s, ':') &&
                     take_number(&s, 2, &m.second) && take_fraction(&s, &ms) &&
                     take_offset(&s, &offset_minutes);
        if (!hours || *s != '\0') {
            return false;
        }
    }
    if (!in_range(&m)) {
        return false;
    }
    *wall_ms = wall_of(&m) + ms - (int64_t)offset_minutes * 60000;
    return true;
}

bool time_parse_amz(const char *s, int64_t *wall_ms)
{
    struct moment m = {0, 0, 0, 0, 0, 0, 0};
    bool whole = take_number(&s, 4, &m.year) && take_number(&s, 2, &m.month) &&
                 take_number(&s, 2, &m.day) && take(&s, 'T') && take_number(&s, 2, &m.hour) &&
                 take_number(&s, 2, &m.minute) && take_number(&s, 2, &m.second) && take(&s, 'Z') &&
                 *s == '\0';
    if (!whole || !in_range(&m)) {
        return false;
    }
    *wall_ms = wall_of(&m);
    return true;
}

static bool take_name(const char **at, const char names[][4], int count, int *index)
{
    for (int i = 0; i < count; i++) {
        if (take_word(at, names[i])) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool time_parse_http(const char *s, int64_t *wall_ms)
{
    struct moment m = {0, 0, 0, 0, 0, 0, 0};
    int month = 0;
    bool whole = take_name(&s, weekdays, 7, &m.weekday) && take_word(&s, ", ") &&
                 take_number(&s, 2, &m.day) && take(&s, ' ') && take_name(&s, months, 12, &month) &&
                 take(&s, ' ') && take_number(&s, 4, &m.year) && take(&s, ' ') &&
                 take_number(&s, 2, &m.hour) && take(&s, ':') && take_number(&s, 2, &m.minute) &&
                 take(&s, ':') && take_number(&s, 2, &m.second) && take_word(&s, " GMT") &&
                 *s == '\0';
    m.month = month + 1;
    if (!whole || !in_range(&m)) {
        return false;
    }
    *wall_ms = wall_of(&m);
    return true;
}
