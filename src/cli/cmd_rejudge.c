/* check and report: a stored run, evaluated or reported again without a network. */
#include <stdio.h>

#include "console.h"
#include "options.h"
#include "workflow/stored_run.h"

static int rejudge(const struct scan_options *o, const char *named, bool evaluate, struct err *err)
{
    struct session_options options;
    struct stored_run run = {0};
    const char *output = o->output_given ? o->output : NULL; /* NULL: beside the run */
    int rc = -1;
    session_options_from(o, &options);
    if (reports_check(&o->reports, err) == 0 && stored_run_open(&run, named, evaluate, err) == 0 &&
        (!evaluate || stored_run_evaluate(&run, &o->criteria, &options.selection, err) == 0) &&
        stored_run_report(&run, &o->reports, output, err) == 0) {
        rc = console_result(o, run.store, output != NULL ? output : run.directory, &run.written,
                            err);
    }
    stored_run_close(&run);
    return rc;
}

static int run_command(struct options *o, bool evaluate)
{
    struct scan_options taken;
    struct err err = ERR_INIT;
    FILE *log = NULL;
    options_take_run(o, &taken);
    int code = console_log_open(&taken, &log, &err);
    if (code == 0) {
        code = rejudge(&taken, o->arguments.items[0], evaluate, &err);
    }
    if (code < 0) {
        code = cli_fail(&err);
    }
    console_log_close(&log);
    scan_options_release(&taken);
    return code;
}

int cmd_check(struct options *o)
{
    return run_command(o, true);
}

int cmd_report(struct options *o)
{
    return run_command(o, false);
}
