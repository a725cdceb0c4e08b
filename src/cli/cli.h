/* What the commands share. The command line is the only module that prints. */
#ifndef TOWERKEEP_CLI_CLI_H
#define TOWERKEEP_CLI_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/words.h"
#include "check/check.h"
#include "check/rules.h"
#include "collect/collect.h"
#include "model/config.h"
#include "report/report.h"
#include "workflow/criteria.h"
#include "workflow/data_dir.h"
#include "workflow/package.h"
#include "workflow/reports.h"
#include "workflow/run_dir.h"

enum exit_code {
    EXIT_OK = 0,         /* everything reached, nothing failing */
    EXIT_INTERNAL = 1,   /* a bug, or the disk */
    EXIT_USAGE = 2,      /* flags, configuration, rules, credentials, the wrong account */
    EXIT_FAILING = 3,    /* an unmuted FAIL */
    EXIT_INCOMPLETE = 4, /* something could not be collected: beats 3 */
    EXIT_PARTWAY = 5,    /* a change stopped part-way */
    EXIT_SIGNAL = 128    /* plus the signal's number */
};

/* Flushes standard output. The exit status, or EXIT_INTERNAL with a message when output was lost. */
int cli_end(int code);
/* "towerkeep: text" on stderr, made printable; returns the exit code that belongs to the error. */
int cli_fail(const struct err *err);
int cli_fail_and(const struct err *err, const char *hint); /* the same line, and the hint */

/* Prints one line and ends the program with EXIT_USAGE (arguments.c). */
void usage_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* --- summary.c, print_findings.c: the summary of a run --- */
#define COLOR_GREEN "\033[32m"
#define COLOR_RED "\033[31m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_BOLD "\033[1m"
#define COLOR_OFF "\033[0m"
void summary_print(FILE *out, struct store *store, const struct report_summary *summary,
                   bool color);
/* The worst findings of these statuses (bits 1 << STATUS_...): `most` checks, an example of each
 * with its fix. */
void print_findings(FILE *out, struct store *store, int most, unsigned statuses, bool color);
/* The files that a command wrote into the directory. */
void print_written(const char *directory, const struct words *names);
/* The first collection errors of `total`, a line each. */
void print_collection_errors(FILE *out, struct store *store, int most, int64_t total);
/* Words made printable, in lines that fit the terminal: `first` stands before the first, `rest`,
 * equally wide, before the others. A word longer than a line is cut, or (not cut) stays whole. */
void wrap_print(FILE *out, const char *first, const char *rest, const char *words, bool cut);
bool color_wanted(bool no_color_flag, FILE *out);
int terminal_width(FILE *out);

/* --- progress.c --- */
enum progress_mode { PROGRESS_AUTO, PROGRESS_NONE, PROGRESS_JSON };
struct progress {
    enum progress_mode mode;
    bool terminal, shown;
    int64_t started_ms, last_line_ms;
    const char *last_phase;
};
void progress_start(struct progress *p, enum progress_mode mode);
void progress_tell(void *progress, const struct collect_progress *now);
void progress_end(struct progress *p);

/* Set by SIGINT and SIGTERM; holds the signal's number. */
extern volatile sig_atomic_t signal_received;
void signals_catch(void);

#endif
