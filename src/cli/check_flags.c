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
static int check_checks(const struct session *s, const struct words *list, const char *flag,
                        struct err *err)
{
    const struct rule_set *rules = s->options.setup.rules;
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
                   check_checks(s, &o->checks, "checks", err) ||
                   check_checks(s, &o->excluded_checks, "excluded-checks", err) ||
                   reports_check(&o->reports, err)
               ? -1
               : 0;
}
