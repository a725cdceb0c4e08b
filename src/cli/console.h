/* A session at the terminal: the parsed options, the session, and what it prints. */
#ifndef TOWERKEEP_CLI_CONSOLE_H
#define TOWERKEEP_CLI_CONSOLE_H

#include <stdio.h>

#include "scan_options.h"
#include "workflow/fix_loop.h"
#include "workflow/session.h"

struct console {
    struct scan_options options; /* filled by options_take_run() */
    struct session session;
    struct workflow_ui ui;
    struct progress progress;
    char *narrowed_by; /* narrowing_text(); NULL: nothing is narrowed */
    FILE *log;         /* NULL: standard error */
};

/* Opens the log and begins the session. The console stays where it is until
 * console_end(), which is safe after an error. */
int console_begin(struct console *c, struct err *err);
/* The log goes to --log-file, else to standard error; *log is NULL before. */
int console_log_open(const struct scan_options *o, FILE **log, struct err *err);
void console_log_close(FILE **log); /* safe after an error */
/* Prints the summary of an evaluated run, example findings, and the files written into the
 * directory; the exit status, or -1. */
int console_result(const struct scan_options *o, struct store *store, const char *directory,
                   const struct words *written, struct err *err);
/* Prints how to continue after steps have failed. */
void console_tell_continuation(void);
/* Prints a plan, with what the options leave out of it. */
void console_print_plan(const struct console *c, const struct plan *plan);
/* Prints the summary of the published run; the exit status, or -1. */
int console_conclude(struct console *c, struct err *err);
/* The fix loop, then the summary; the exit status, or -1. */
int console_fix(struct console *c, enum goal goal, struct err *err);
/* The summary after a fix loop; the exit status, or -1. */
int console_conclude_fix(struct console *c, enum goal goal, const struct fix_result *result,
                         struct err *err);
/* Prints the error in one line, with how to continue; the exit status. */
int console_stopped(struct console *c, const struct err *err);
/* The same for commands that leave nothing to continue. */
int console_failed(const struct err *err);
void console_end(struct console *c);

#endif
