/* The flags of `scan`: one table for argp, and for the environment (TOWERKEEP_<FLAG>), which flags
 * outrank. */
#ifndef TOWERKEEP_CLI_SCAN_OPTIONS_H
#define TOWERKEEP_CLI_SCAN_OPTIONS_H

#include "aws/client.h"
#include "cli.h"

struct scan_options {
    struct setup setup;
    struct report_job reports;
    struct words accounts, excluded_accounts, regions, excluded_regions, ous, checks,
        excluded_checks, roles;
    const char *profile, *home_region, *external_id, *endpoint_url, *output, *resume, *log_file;
    int session_seconds, max_workers, min_severity, fail_on;
    double max_rate;
    bool ignore_exit_3, list_checks, no_color, allow_http, no_ungoverned,
        unpaced;
    enum progress_mode progress;
    int log_level;
};

/* Fills `o` from the environment and the command line; exits through argp on --help and usage
 * errors. */
void scan_options_parse(struct scan_options *o, int argc, char **argv);
void scan_options_release(struct scan_options *o);

#endif
