/* What the flags say must make sense before anything is asked of AWS. */
#include <string.h>

#include "aws/partition.h"
#include "base/text.h"
#include "session.h"

static int check_accounts(const struct words *list, const char *flag, struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!str_is_account_id(list->items[i])) {
            return err_set(err, ERR_INPUT, "--%s: \"%s\" is no account id (12 digits)", flag,
                           list->items[i]);
        }
    }
    return 0;
}

static int check_regions(const struct words *list, const char *flag, struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!region_name_valid(list->items[i])) {
            return err_set(err, ERR_INPUT, "--%s: \"%s\" is no Region name (such as eu-central-1)",
                           flag, list->items[i]);
        }
    }
    return 0;
}

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
    if (o->home_region && !region_name_valid(o->home_region)) {
        return err_set(err, ERR_INPUT,
                       "--home-region: \"%s\" is no Region name (such as eu-central-1)",
                       o->home_region);
    }
    return check_accounts(&o->accounts, "accounts", err) ||
                   check_accounts(&o->excluded_accounts, "excluded-accounts", err) ||
                   check_regions(&o->regions, "region", err) ||
                   check_regions(&o->excluded_regions, "excluded-region", err) ||
                   setup_check_selection(&o->setup, &o->checks, &o->excluded_checks,
                                         o->min_severity, err) ||
                   reports_check(&o->reports, err)
               ? -1
               : 0;
}
