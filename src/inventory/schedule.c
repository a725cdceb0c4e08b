/* How often a plan runs and copies, told by its own schedules. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/cron.h"
#include "protection.h"

struct period {
    double hours;
    const char *problem;
};

/* A schedule is read once: an organization has few of them, and very many plans. */
static const struct period *period_of(struct visit *v, const char *expression)
{
    struct subjects *s = v->s;
    if (s->periods == NULL) {
        s->periods = map_new(free);
    }
    struct period *known = map_get(s->periods, expression);
    if (known == NULL) {
        struct cron cron;
        known = xcalloc(1, sizeof *known);
        known->problem = cron_parse(expression, &cron);
        known->hours = known->problem == NULL
                           ? (double)cron_period_ms(&cron, s->cache->now_ms) / (double)HOUR_MS
                           : 0;
        map_set(s->periods, expression, known);
    }
    return known;
}

static double window_of(const json_t *rule)
{
    long long minutes = jx_int(rule, "StartWindowMinutes", START_WINDOW_MINUTES) +
                        jx_int(rule, "CompletionWindowMinutes", COMPLETION_WINDOW_MINUTES);
    return (double)minutes / 60.0;
}

static void note_copies(const struct visit *v, const json_t *rule, const char *region,
                        struct schedule *r, bool *central, bool *far)
{
    const json_t *actions = jx_get(rule, "CopyActions");
    for (size_t i = 0; i < json_array_size(actions); i++) {
        struct arn parts;
        const char *arn = jx_str(json_array_get(actions, i), "DestinationBackupVaultArn");
        if (arn_parse(arn, &parts)) {
            bool there =
                v->s->cache->central != NULL && arn_part_is(parts.account, v->s->cache->central);
            bool elsewhere = !arn_part_is(parts.region, region);
            *central = *central || there;
            *far = *far || (there && elsewhere);
            r->cross_region = r->cross_region || elsewhere;
        }
    }
}

static void keep_shorter(double period, double window, double *shortest, double *its_window)
{
    if (period > 0 && (*shortest <= 0 || period < *shortest)) {
        *shortest = period;
        *its_window = window;
    }
}

struct schedule schedule_of(struct visit *v, const json_t *detail, const char *region)
{
    const json_t *rules = jx_get(detail, "BackupPlan.Rules");
    struct schedule r = {0};
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *schedule = jx_str(rule, "ScheduleExpression");
        bool central = false;
        bool far = false;
        note_copies(v, rule, region, &r, &central, &far);
        r.to_central = r.to_central || central;
        if (schedule == NULL) {
            continue; /* a rule that is only ever started by hand */
        }
        const struct period *p = period_of(v, schedule);
        r.problem = p->problem != NULL ? p->problem : r.problem;
        keep_shorter(p->hours, window_of(rule), &r.period, &r.window);
        if (central) {
            keep_shorter(p->hours, window_of(rule), &r.copy_period, &r.copy_window);
        }
        if (far) {
            keep_shorter(p->hours, window_of(rule), &r.far_period, &r.far_window);
        }
    }
    return r;
}

/* The longest retention of its copies into the central account; -1: none, no end: INT64_MAX. */
static long long central_days(const struct visit *v, const json_t *rule)
{
    const json_t *actions = jx_get(rule, "CopyActions");
    long long longest = -1;
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const json_t *action = json_array_get(actions, i);
        struct arn parts;
        if (v->s->cache->central != NULL &&
            arn_parse(jx_str(action, "DestinationBackupVaultArn"), &parts) &&
            arn_part_is(parts.account, v->s->cache->central)) {
            /* A copy without a retention of its own inherits the recovery point's. */
            long long inherited = jx_int(rule, "Lifecycle.DeleteAfterDays", INT64_MAX);
            long long days = jx_int(action, "Lifecycle.DeleteAfterDays", inherited);
            longest = days > longest ? days : longest;
        }
    }
    return longest;
}

static void set_kept(json_t *rule, const char *days_key, const char *forever_key, long long days)
{
    bool bounded = days >= 0 && days != INT64_MAX;
    set_new(rule, days_key, bounded ? json_integer(days) : json_null());
    set_bool(rule, forever_key, days == INT64_MAX);
}

json_t *schedule_rules(struct visit *v, const json_t *detail)
{
    const json_t *raw = jx_get(detail, "BackupPlan.Rules");
    json_t *rules = json_array();
    for (size_t i = 0; i < json_array_size(raw); i++) {
        const json_t *one = json_array_get(raw, i);
        const char *schedule = jx_str(one, "ScheduleExpression");
        double hours = schedule != NULL ? period_of(v, schedule)->hours : 0;
        long long copied = central_days(v, one);
        json_t *rule = json_object();
        set_text(rule, "name", jx_str(one, "RuleName"));
        set_number(rule, "hours", hours > 0 ? hours : -1);
        set_kept(rule, "kept_days", "kept_forever",
                 jx_int(one, "Lifecycle.DeleteAfterDays", INT64_MAX));
        set_bool(rule, "copied", copied >= 0);
        set_kept(rule, "copy_days", "copy_forever", copied);
        (void)json_array_append_new(rules, rule);
    }
    return rules;
}

void set_number(json_t *document, const char *key, double number)
{
    double hundredths = number * 100.0;
    long long rounded = (long long)(hundredths + 0.5);
    set_new(document, key,
            number < 0           ? json_null()
            : rounded % 100 == 0 ? json_integer(rounded / 100)
                                 : json_real((double)rounded / 100.0));
}

double periods_since(const struct visit *v, int64_t since_ms, double period, double window)
{
    if (period <= 0 || since_ms <= 0 || v->s->cache->now_ms <= 0) {
        return -1;
    }
    double hours = (double)(v->s->cache->now_ms - since_ms) / (double)HOUR_MS - window;
    return hours > 0 ? hours / period : 0;
}
