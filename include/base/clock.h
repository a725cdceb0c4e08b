/* Time. Wall time is milliseconds since 1970 UTC; monotonic time is only for measuring durations.
 * Tests replace the clock through struct clock. */
#ifndef TOWERKEEP_BASE_CLOCK_H
#define TOWERKEEP_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *context);
    int64_t (*monotonic_ms)(void *context);
    void *context;
};

int64_t clock_wall_ms(const struct clock *c); /* NULL means the system's clock */
int64_t clock_monotonic_ms(const struct clock *c);

#define TIME_ISO_SIZE 25
/* "2026-11-23T04:05:06Z"; out holds TIME_ISO_SIZE. */
void time_iso(int64_t wall_ms, char out[TIME_ISO_SIZE]);
/* "20261123T040506Z", the form that SigV4 requires. */
void time_amz(int64_t wall_ms, char out[17]);
/* Reads ISO 8601 (Z or +hh:mm, optional fraction) or a bare date. */
bool time_parse_iso(const char *s, int64_t *wall_ms);
bool time_parse_amz(const char *s, int64_t *wall_ms);
/* RFC 822/7231 "Mon, 23 Nov 2026 04:05:06 GMT", both ways; out holds 30. */
bool time_parse_http(const char *s, int64_t *wall_ms);
void time_http(int64_t wall_ms, char out[30]);

#endif
