/* What the flags say must make sense before anything is asked of AWS. */
#include <string.h>

#include "base/text.h"
#include "session.h"

/* A check that nobody knows would silently judge nothing. */
static int check_checks(const struct rule_set *rules, const struct words *list, const char *flag,
                        struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        bool found = false;
        for (size_t k = 0; k < rules_count(rules) && !found; k++) {
            found = str_glob(list->items[i], rules_at(rules, k)->id);
        }
        if (!found) {
            const char *near = rules_nearest(rules, list->items[i]);
            return err_set(err, ERR_INPUT, "--%s: no check is named \"%s\"%s%s%s", flag,
                           list->items[i], near ? ": did you mean " : "", near ? near : "",
                           near ? "?" : "");
        }
    }
    return 0;
}

int setup_check_selection(const struct setup *s, const struct words *checks,
                          const struct words *excluded, int min_severity, struct err *err)
{
    if (check_checks(s->rules, checks, "checks", err) ||
        check_checks(s->rules, excluded, "excluded-checks", err)) {
        return -1;
    }
    const struct check_options options = {.checks = words_list(checks),
                                          .excluded_checks = words_list(excluded),
                                          .min_severity = min_severity,
                                          .frameworks = s->frameworks,
                                          .compliance = words_list(&s->compliance)};
    return check_selects_any(s->rules, &options)
               ? 0
               : err_set(err, ERR_INPUT,
                         "--checks, --excluded-checks, --severity and --compliance leave no check "
                         "to judge by");
}

int session_check_flags(struct session *s, struct err *err)
{
    struct scan_options *o = &s->options;
    return setup_check_selection(&o->setup, &o->checks, &o->excluded_checks, o->min_severity,
                                 err) ||
                   check_checks(o->setup.rules, &o->only, "only", err) ||
                   reports_check(&o->reports, err)
               ? -1
               : 0;
}
