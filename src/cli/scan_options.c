#include "scan_options.h"

void scan_options_release(struct scan_options *o)
{
    struct words *lists[] = {&o->accounts,
                             &o->excluded_accounts,
                             &o->regions,
                             &o->excluded_regions,
                             &o->ous,
                             &o->checks,
                             &o->excluded_checks,
                             &o->reports.formats,
                             &o->roles,
                             &o->delete_recovery_points,
                             &o->only,
                             &o->criteria.rule_directories,
                             &o->criteria.compliance};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        words_release(lists[i]);
    }
}
