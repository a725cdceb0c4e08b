/* The progress of a scan: one line that is redrawn on a terminal, a line every ten seconds
 * elsewhere, JSON for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli.h"

#define QUIET_LINE_MS 10000

static void clear_line(void *context)
{
    struct progress *p = context;
    if (p->shown) {
        fputs("\r\033[K", stderr);
        p->shown = false;
    }
}

void progress_start(struct progress *p, enum progress_mode mode)
{
    *p = (struct progress){.mode = mode,
                           .terminal = mode == PROGRESS_AUTO && isatty(STDERR_FILENO) == 1};
    p->started_ms = p->last_line_ms = clock_monotonic_ms(NULL);
    log_before_line(clear_line, p);
}

void progress_tell(void *progress, const struct collect_progress *now)
{
    struct progress *p = progress;
    int64_t ms = clock_monotonic_ms(NULL);
    double seconds = (double)(ms - p->started_ms) / 1000.0;
    double rate = seconds > 0 ? (double)now->calls.calls / seconds : 0;
    if (p->mode == PROGRESS_JSON) {
        fprintf(stderr,
                "{\"phase\":\"%s\",\"done\":%" PRId64 ",\"total\":%" PRId64 ",\"accounts\":%" PRId64
                ",\"calls\":%llu,\"throttles\":%llu,\"retries\":%llu,\"gaps\":%" PRId64
                ",\"seconds\":%.1f}\n",
                now->phase, now->questions_done, now->questions_total, now->accounts,
                now->calls.calls, now->calls.throttles, now->calls.retries, now->gaps, seconds);
    } else if (p->terminal) {
        double done = now->questions_total > 0
                          ? (double)now->questions_done / (double)now->questions_total
                          : 0;
        double left = done > 0.01 ? seconds / done - seconds : 0;
        /* The least important last, because a narrow terminal cuts the line. A line that wraps
         * cannot be redrawn. */
        char line[256];
        (void)snprintf(line, sizeof line,
                       "collecting %s  %" PRId64 "/%" PRId64 " tasks  about %.0f s left  %" PRId64
                       " collection error%s  %" PRId64 " accounts  %.0f calls/s  %llu throttled",
                       now->phase, now->questions_done, now->questions_total, left, now->gaps,
                       now->gaps == 1 ? "" : "s", now->accounts, rate, now->calls.throttles);
        fprintf(stderr, "\r\033[K%.*s", terminal_width(stderr) - 1, line);
        p->shown = true;
    } else if (p->mode == PROGRESS_AUTO && ms - p->last_line_ms > QUIET_LINE_MS) {
        fprintf(stderr,
                "collecting %s: %" PRId64 " of %" PRId64 " tasks, %.0f calls/s, %" PRId64
                " collection errors\n",
                now->phase, now->questions_done, now->questions_total, rate, now->gaps);
        p->last_line_ms = ms;
    }
}

void progress_end(struct progress *p)
{
    clear_line(p);
    log_before_line(NULL, NULL);
}
