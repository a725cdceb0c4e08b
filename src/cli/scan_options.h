/* What a scan, and the commands that change things, were asked for. */
#ifndef TOWERKEEP_CLI_SCAN_OPTIONS_H
#define TOWERKEEP_CLI_SCAN_OPTIONS_H

#include "aws/client.h"
#include "cli.h"
#include "workflow/session.h"

struct scan_options {
    struct criteria_options criteria;
    struct report_job reports;
    struct words accounts, excluded_accounts, regions, excluded_regions, ous, checks,
        excluded_checks, roles;
    struct words delete_recovery_points, only; /* only: checks */
    const char *confirm_organization, *emit;
    int max_changes, only_step, crash_at;
    double time_scale;
    bool output_given, hide_files; /* rehearse: the reports vanish with the copy */
    bool fix, auto_approve, dry_run, delete_key, close_accounts, fresh;
    const char *profile, *home_region, *external_id, *endpoint_url, *output, *resume, *record,
        *previous, *log_file;
    int session_seconds, max_workers, min_severity, fail_on;
    unsigned statuses; /* whose findings the terminal shows: bits 1 << STATUS_... */
    double max_rate;
    bool ignore_exit_3, list_checks, no_color, allow_http, no_ungoverned, unpaced;
    enum progress_mode progress;
    int log_level;
};

void scan_options_release(struct scan_options *o);
/* The options of a session, borrowed from `o`. */
void session_options_from(const struct scan_options *o, struct session_options *out);
/* The options that narrow what is planned, with their values: "--only 2 --accounts 222233330011".
 * NULL: none was given. Yours. */
char *narrowing_text(const struct scan_options *o);

#endif
