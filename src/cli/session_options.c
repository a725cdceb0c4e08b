/* From parsed options to those of a session. */
#include "scan_options.h"

void session_options_from(const struct scan_options *o, struct session_options *out)
{
    *out =
        (struct session_options){.criteria = &o->criteria,
                                 .reports = &o->reports,
                                 .selection = {.checks = words_list(&o->checks),
                                               .excluded_checks = words_list(&o->excluded_checks),
                                               .min_severity = o->min_severity},
                                 .profile = o->profile,
                                 .home_region = o->home_region,
                                 .external_id = o->external_id,
                                 .endpoint_url = o->endpoint_url,
                                 .roles = words_list(&o->roles),
                                 .session_seconds = o->session_seconds,
                                 .allow_http = o->allow_http,
                                 .accounts = words_list(&o->accounts),
                                 .excluded_accounts = words_list(&o->excluded_accounts),
                                 .regions = words_list(&o->regions),
                                 .excluded_regions = words_list(&o->excluded_regions),
                                 .ous = words_list(&o->ous),
                                 .no_ungoverned = o->no_ungoverned,
                                 .max_workers = o->max_workers,
                                 .max_rate = o->max_rate,
                                 .unpaced = o->unpaced,
                                 .output = o->output,
                                 .resume = o->resume,
                                 .previous = o->previous,
                                 .only = words_list(&o->only),
                                 .only_step = o->only_step,
                                 .delete_recovery_points = words_list(&o->delete_recovery_points),
                                 .delete_key = o->delete_key,
                                 .close_accounts = o->close_accounts,
                                 .auto_approve = o->auto_approve,
                                 .dry_run = o->dry_run,
                                 .confirm_organization = o->confirm_organization,
                                 .max_changes = o->max_changes,
                                 .time_scale = o->time_scale,
                                 .crash_at = o->crash_at,
                                 .stop = &signal_received};
}
