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
    FILE *log; /* NULL: standard error */
};

/* Opens the log and begins the session. The console stays where it is until
 * console_end(), which is safe after an error. */
int console_begin(struct console *c, struct err *err);
/* The exit status of a run, after --fail-on and --ignore-exit-code-3. */
int console_exit_code(const struct scan_options *o, const struct report_summary *summary);
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
