/*
 * Schedules in AWS's dialect of cron, as backup plans carry them: cron(minutes hours day-of-month
 * month day-of-week year) and rate(number unit). Fields, names, ranges and the meaning of ? L W #
 * are those of "Cron expressions" in the Amazon EventBridge user guide, to which the AWS Backup API
 * reference refers. Times are UTC: an expression with its own time zone runs at other hours, but
 * equally
 * often. */
#ifndef TOWERKEEP_MODEL_CRON_H
#define TOWERKEEP_MODEL_CRON_H

#include <stdbool.h>
#include <stdint.h>

#define CRON_FIRST_YEAR 1970
#define CRON_LAST_YEAR 2199

struct cron {
    uint64_t minutes;            /* bit per minute 0-59 */
    uint32_t hours;              /* bit per hour 0-23 */
    uint32_t days;               /* bit per day 1-31 */
    uint16_t months;             /* bit per month 1-12 */
    uint8_t weekdays;            /* bit per weekday, Sunday is 0 */
    uint8_t last_weekdays;       /* 6L: bit per weekday, the last one in the month */
    uint8_t nth[7];              /* 3#2: bit 2 of weekday 2, the second one in the month */
    uint32_t nearest;            /* 15W: bit per day 1-31, the weekday nearest to it */
    bool last_day, last_workday; /* L, LW */
    bool by_weekday;             /* day-of-month is ?: weekdays decide */
    uint8_t years[(CRON_LAST_YEAR - CRON_FIRST_YEAR) / 8 + 1]; /* bit per year since the first */
    int64_t rate_ms;                                           /* rate(...); 0: a cron expression */
    int64_t anchor_ms; /* start time of a rate; set by the caller */
};

/* Parses the expression; NULL when it is valid, else a description of the error (static text). */
const char *cron_parse(const char *expression, struct cron *out);
/* The latest run strictly before a time, in milliseconds since 1970; false when there is none in
 * the years that the dialect supports. Public for its tests: they compare single runs with those of
 * another implementation. */
bool cron_previous(const struct cron *c, int64_t before_ms, int64_t *out);
/* The longest interval between two consecutive runs, over the runs before a time (at most 4,000, or
 * three years); 0 when fewer than two are found. A plan that runs on workdays has three days. */
int64_t cron_period_ms(const struct cron *c, int64_t before_ms);

#endif
