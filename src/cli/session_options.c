/* From parsed options to those of a session. */
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/finding.h"
#include "scan_options.h"

#define NARROWING_MAX 65536

static void add_words(struct text *text, const char *option, const struct words *words)
{
    if (words->count > 0) {
        text_addf(text, "%s%s ", text->length > 0 ? " " : "", option);
    }
    for (size_t i = 0; i < words->count; i++) {
        text_addf(text, "%s%s", i > 0 ? "," : "", words->items[i]);
    }
}

char *narrowing_text(const struct scan_options *o)
{
    const struct {
        const char *option;
        const struct words *words;
    } lists[] = {{"--only", &o->only},
                 {"--region", &o->regions},
                 {"--excluded-region", &o->excluded_regions},
                 {"--accounts", &o->accounts},
                 {"--excluded-accounts", &o->excluded_accounts},
                 {"--ou", &o->ous},
                 {"--checks", &o->checks},
                 {"--excluded-checks", &o->excluded_checks}};
    struct text text;
    text_init(&text, NARROWING_MAX);
    if (o->only_step > 0) {
        text_addf(&text, "--only %d", o->only_step);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        add_words(&text, lists[i].option, lists[i].words);
    }
    if (o->min_severity >= 0) {
        text_addf(&text, "%s--severity %s", text.length > 0 ? " " : "",
                  severity_name((enum severity)o->min_severity));
    }
    char *out = text.length > 0 ? xstrdup(text_str(&text)) : NULL;
    text_release(&text);
    return out;
}

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
                                 .record = o->record,
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
