#include "protection.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/backup_tag.h"
#include "model/support.h"

#define WHY_MAX 1024

/* --- loading --- */

struct protection_loader {
    struct protection *o;
    struct protection_plan *plan;
    char *prefix; /* "PLANID/" */
};

static int64_t time_of(const json_t *document, const char *member)
{
    return (int64_t)(json_number_value(jx_get(document, member)) * 1000.0);
}

static int add_selection(void *context, const struct entity *e)
{
    struct protection_loader *l = context;
    if (!str_starts(e->key, l->prefix)) {
        return 0;
    }
    const char *problem = NULL;
    json_t *answer = jx_parse(e->json, e->json_length, &problem);
    json_t *selection = jx_get(answer, "BackupSelection");
    if (selection != NULL) {
        (void)json_array_append(l->plan->selections, selection);
    }
    int64_t made = time_of(answer, "CreationDate");
    l->plan->since_ms = made > l->plan->since_ms ? made : l->plan->since_ms;
    json_decref(answer);
    return 0;
}

/* No time at all is none that is known. */
static double hours(double known)
{
    return known > 0 ? known : -1;
}

/* What every resource that the plan takes lists of it: made once. */
static json_t *shown(const struct protection_plan *plan, const char *id, const char *origin,
                     json_t *rules)
{
    json_t *out = json_object();
    set_text(out, "id", id);
    set_text(out, "name", plan->name);
    set_text(out, "origin", origin);
    set_number(out, "period_hours", hours(plan->schedule.period));
    set_number(out, "window_hours", hours(plan->schedule.window));
    set_bool(out, "copies_to_central", plan->schedule.to_central);
    set_bool(out, "copies_cross_region", plan->schedule.cross_region);
    set_new(out, "rules", rules);
    return out;
}

static int load_plan(struct protection *o, const struct entity *e, struct protection_plan *plan)
{
    struct visit *v = o->v;
    const char *problem = NULL;
    bool failed = false;
    json_t *listed = jx_parse(e->json, e->json_length, &problem);
    json_t *detail = subject_entity(v, "plan-detail", e->account, e->region, e->key, NULL, &failed);
    plan->id = xstrdup(e->key);
    plan->name = xstrdup(jx_str_or(listed, "BackupPlanName",
                                   jx_str_or(detail, "BackupPlan.BackupPlanName", e->key)));
    plan->organization = str_starts(e->key, "orgs/");
    plan->fact = e->fact;
    plan->selections = json_array();
    plan->since_ms = time_of(listed, "CreationDate");
    plan->schedule = schedule_of(v, detail, e->region);
    const char *origin = plan->organization                     ? "organization"
                         : backup_tier_of_plan(plan->name) >= 0 ? "control-tower"
                                                                : "local";
    plan->shown = shown(plan, e->key, origin, schedule_rules(v, detail));
    struct protection_loader l = {.o = o, .plan = plan, .prefix = xasprintf("%s/", e->key)};
    failed = failed || store_each_entity(v->s->store, "selection", e->account, e->region,
                                         add_selection, &l, v->err) != 0;
    free(l.prefix);
    o->unread = o->unread || detail == NULL;
    json_decref(listed);
    json_decref(detail);
    return failed ? -1 : 0;
}

static int load_plans(struct protection *o)
{
    struct cursor c = {0};
    const struct account_region *p = o->place;
    int rc = cursor_open(&c, o->v->s->store, "plan", p->account->id, p->region, o->v->err);
    while (rc == 0 && c.more) {
        o->plans = xreallocarray(o->plans, o->count + 1, sizeof *o->plans);
        o->plans[o->count] = (struct protection_plan){0};
        rc = load_plan(o, &c.row, &o->plans[o->count++]);
        if (rc == 0) {
            rc = cursor_next(&c, o->v->err);
        }
    }
    cursor_close(&c);
    return rc;
}

/* A plan or selection that could not be read may be the very one that takes a resource. */
static int look_for_gaps(struct protection *o)
{
    static const char *const operations[] = {"backup:ListBackupPlans", "backup:GetBackupPlan",
                                             "backup:ListBackupSelections",
                                             "backup:GetBackupSelection"};
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        int found = store_find_gap(o->v->s->store, operations[i], o->place->account->id,
                                   o->place->region, NULL, 0, o->v->err);
        if (found < 0) {
            return -1;
        }
        o->unread = o->unread || found > 0;
    }
    return 0;
}

static void free_json(void *value)
{
    json_decref(value);
}

int protection_load(struct visit *v, const struct account_region *p, struct protection *out)
{
    bool failed = false;
    *out = (struct protection){.v = v, .place = p, .keys = map_new(free_json)};
    out->own = subject_entity(v, "region-settings", p->account->id, p->region, "", &out->own_fact,
                              &failed);
    out->management =
        subject_entity(v, "region-settings", v->s->cache->management, p->region, "", NULL, &failed);
    json_t *status =
        subject_entity(v, "region-status", p->account->id, "", p->region, NULL, &failed);
    out->opt_in_region = str_equal(jx_str(status, "RegionOptStatus"), "ENABLED");
    json_decref(status);
    if (failed || load_plans(out) != 0 || look_for_gaps(out) != 0) {
        protection_release(out);
        return -1;
    }
    return 0;
}

void protection_release(struct protection *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free(o->plans[i].id);
        free(o->plans[i].name);
        json_decref(o->plans[i].shown);
        json_decref(o->plans[i].selections);
    }
    free(o->plans);
    json_decref(o->own);
    json_decref(o->management);
    map_free(o->keys);
    *o = (struct protection){0};
}

/* --- who takes it --- */

/* A plan that an Organizations policy made follows the management account's opt-in, any other the
   account's own; so do Control Tower's four, which look local (inferred: no page of AWS's says it).
 */
static int type_on(const struct protection *o, const struct protection_plan *plan, const char *type)
{
    const json_t *map =
        jx_get(plan->organization ? o->management : o->own, "ResourceTypeOptInPreference");
    const json_t *on = type != NULL ? json_object_get(map, type) : NULL;
    return on == NULL ? -1 : json_is_true(on) ? 1 : 0;
}

static bool takes(const struct protection *o, const struct protection_plan *plan,
                  const struct merged_resource *seen)
{
    const struct selection_resource r = {seen->arn, seen->type, seen->tags,
                                         type_on(o, plan, seen->type)};
    for (size_t i = 0; i < json_array_size(plan->selections); i++) {
        if (selection_judge(json_array_get(plan->selections, i), &r) == SELECTION_TAKES) {
            return true;
        }
    }
    return false;
}

/* A plan whose schedule is not understood is the last to be named. */
static bool is_oftener(double period, bool known, double shortest)
{
    return !known || (period > 0 && (shortest <= 0 || period < shortest));
}

static double period_of_rules(const struct schedule *s, enum plan_rules rules)
{
    return rules == RULES_ALL ? s->period : rules == RULES_COPYING ? s->copy_period : s->far_period;
}

const struct protection_plan *protection_find(const struct protection *o,
                                              const struct merged_resource *seen,
                                              enum plan_rules rules)
{
    const struct protection_plan *best = NULL;
    double shortest = 0;
    for (size_t i = 0; i < o->count; i++) {
        const struct protection_plan *plan = &o->plans[i];
        double period = period_of_rules(&plan->schedule, rules);
        bool counts = rules == RULES_ALL ||
                      (plan->schedule.to_central && (rules == RULES_COPYING || period > 0));
        if (counts && is_oftener(period, best != NULL, shortest) && takes(o, plan, seen)) {
            best = plan;
            shortest = period;
        }
    }
    return best;
}

bool protection_by_policy(const struct protection *o, const struct merged_resource *seen)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->plans[i].organization && takes(o, &o->plans[i], seen)) {
            return true;
        }
    }
    return false;
}

bool protection_copies_tier(const struct protection *o, size_t tier)
{
    json_t *tags = json_pack("{s:s}", backup_tag_key(tier), "true");
    /* Only a pattern for everything matches this. */
    const struct merged_resource tagged = {.arn = "-", .type = NULL, .tags = tags};
    bool copied = false;
    for (size_t i = 0; i < o->count && !copied; i++) {
        const struct protection_plan *plan = &o->plans[i];
        bool own = !plan->organization && backup_tier_of_plan(plan->name) == (int)tier;
        copied = plan->schedule.cross_region && (own || takes(o, plan, &tagged));
    }
    json_decref(tags);
    return copied;
}

/* --- in words --- */

static void explain(const struct protection *o, const struct merged_resource *seen,
                    struct text *why)
{
    enum selection_outcome nearest = SELECTION_ELSEWHERE;
    for (size_t i = 0; i < o->count; i++) {
        const struct protection_plan *plan = &o->plans[i];
        const struct selection_resource r = {seen->arn, seen->type, seen->tags,
                                             type_on(o, plan, seen->type)};
        for (size_t j = 0; j < json_array_size(plan->selections); j++) {
            struct text one;
            text_init(&one, WHY_MAX);
            text_add(&one, "plan ");
            text_add_printable(&one, plan->name, strlen(plan->name));
            text_add(&one, ": ");
            enum selection_outcome outcome =
                selection_explain(json_array_get(plan->selections, j), &r, &one);
            if (outcome < nearest) {
                nearest = outcome;
                text_clear(why);
                text_add(why, text_str(&one));
            }
            text_release(&one);
        }
    }
    if (nearest == SELECTION_ELSEWHERE) {
        text_add(why, o->count == 0 ? "there is no backup plan here"
                                    : "it has no tag that a plan selects");
    }
}

static void set_why(const struct protection *o, const struct merged_resource *seen, bool selected,
                    const char *place_reason, json_t *document)
{
    struct text why;
    text_init(&why, WHY_MAX * 2);
    if (selected) {
        text_add(&why, "");
    } else if (o->unread) {
        text_add(&why, "not every plan here could be read");
    } else if (place_reason[0] != '\0') {
        text_add(&why, place_reason);
    } else if (!jx_bool(document, "supported")) {
        text_add(&why, "AWS Backup does not support its type");
    } else {
        explain(o, seen, &why);
    }
    set_text(document, "why_not", text_str(&why));
    text_release(&why);
}

/* --- what became of it --- */

bool central_vaults_left_out(const struct inventory_cache *d)
{
    const struct account *central =
        d->central != NULL ? inventory_cache_account(d, d->central) : NULL;
    bool left_out = central != NULL && central->left_out;
    for (size_t i = 0; i < d->region_count; i++) {
        left_out = left_out || d->region_left_out[i];
    }
    return left_out;
}

int64_t newest_copy(const json_t *central, const char *but_in, const char **region)
{
    json_t *copies = jx_get(central, "copies");
    const char *name = NULL;
    json_t *at = NULL;
    int64_t newest = 0;
    json_object_foreach(copies, name, at)
    {
        int64_t ms = 0;
        if ((but_in == NULL || !str_equal(name, but_in)) && json_is_string(at) &&
            time_parse_iso(json_string_value(at), &ms) && ms > newest) {
            newest = ms;
            if (region != NULL) {
                *region = name;
            }
        }
    }
    return newest;
}

static void set_time(json_t *document, const char *key, int64_t ms)
{
    char iso[TIME_ISO_SIZE];
    time_iso(ms, iso);
    set_text(document, key, ms > 0 ? iso : NULL);
}

static void set_copies(const struct protection *o, const struct merged_resource *seen,
                       json_t *document)
{
    const char *region = NULL;
    const char *name = NULL;
    json_t *ignored = NULL;
    bool elsewhere = false;
    int64_t newest = newest_copy(seen->central, NULL, &region);
    json_object_foreach(jx_get(seen->central, "copies"), name, ignored)
    {
        elsewhere = elsewhere || !str_equal(name, o->place->region);
    }
    json_t *copy = NULL;
    if (newest > 0) {
        copy = json_object();
        set_text(copy, "region", region);
        set_time(copy, "at", newest);
    }
    set_new(document, "central_copy", copy);
    set_bool(document, "copied_cross_region", elsewhere);
}

static struct plan_membership taken_by(const struct protection *o,
                                       const struct protection_plan *plan,
                                       const struct merged_resource *seen)
{
    return (struct plan_membership){o->place->account->id, o->place->region, seen->arn, plan->id};
}

int protection_member_since(const struct protection *o, const struct protection_plan *plan,
                            const struct merged_resource *seen, int64_t *since_ms)
{
    const struct inventory_cache *d = o->v->s->cache;
    if (json_object_get(d->tagged_now, seen->arn) != NULL) {
        *since_ms = d->now_ms;
        return 0;
    }
    const struct plan_membership t = taken_by(o, plan, seen);
    return plan_membership_since(o->v->s->store, &t, d->now_ms, since_ms, o->v->err);
}

/* For the next run. */
static int remember(const struct protection *o, const struct protection_plan *plan,
                    const struct merged_resource *seen)
{
    const struct plan_membership t = taken_by(o, plan, seen);
    int64_t since = 0;
    if (!o->v->s->remember) {
        return 0;
    }
    if (protection_member_since(o, plan, seen, &since) != 0) {
        return -1;
    }
    return plan_membership_note(o->v->s->store, &t, since, o->v->s->cache->now_ms, o->v->err);
}

int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Since its newest backup, or since there is a plan that would make one. */
static int set_lateness(const struct protection *o, const struct merged_resource *seen,
                        const struct protection_plan *often, json_t *document)
{
    int64_t last = time_of(seen->protection, "LastBackupTime");
    int64_t taken = 0;
    if (often != NULL && protection_member_since(o, often, seen, &taken) != 0) {
        return -1;
    }
    int64_t since = often != NULL ? later_of(taken, often->since_ms) : 0;
    json_t *frequent = NULL;
    double periods = -1;
    if (often != NULL) {
        frequent = json_object();
        set_text(frequent, "plan", often->name);
        set_number(frequent, "hours", hours(often->schedule.period));
        set_number(frequent, "window_hours", hours(often->schedule.window));
        periods = periods_since(o->v, last > 0 ? later_of(last, taken) : since,
                                often->schedule.period, often->schedule.window);
    }
    set_time(document, "last_backup", last);
    set_new(document, "most_frequent", frequent);
    set_number(document, "periods_without_backup", periods);
    set_time(document, "selected_since", since);
    return 0;
}

/* Since the newest copy that rules of that kind made, or since a plan takes the resource. 0 or -1. */
static int set_copy_age(const struct protection *o, const struct merged_resource *seen,
                        enum plan_rules rules, const char *key, json_t *document)
{
    const struct protection_plan *plan =
        central_vaults_left_out(o->v->s->cache) ? NULL : protection_find(o, seen, rules);
    bool far = rules == RULES_COPYING_FAR;
    int64_t newest = newest_copy(seen->central, far ? o->place->region : NULL, NULL);
    int64_t taken = 0;
    double periods = -1;
    if (plan != NULL) {
        if (protection_member_since(o, plan, seen, &taken) != 0) {
            return -1;
        }
        periods = periods_since(o->v, later_of(newest > 0 ? newest : plan->since_ms, taken),
                                far ? plan->schedule.far_period : plan->schedule.copy_period,
                                far ? plan->schedule.far_window : plan->schedule.copy_window);
    }
    json_t *age = NULL;
    if (plan != NULL) {
        age = json_object();
        set_text(age, "plan", plan->name);
        set_time(age, "newest", newest);
        set_number(age, "periods", periods);
    }
    set_new(document, key, age);
    return 0;
}

int protection_advanced_tables(const struct protection *o)
{
    const json_t *advanced = jx_get(o->own, "ResourceTypeManagementPreference.DynamoDB");
    return advanced == NULL ? -1 : json_is_true(advanced) ? 1 : 0;
}

/* Whether AWS Backup can make the copies that its plans order. */
static void set_copy_support(const struct protection *o, const struct merged_resource *seen,
                             bool far, json_t *document)
{
    static const char *const words[] = {
        [SUPPORT_NO] = "unsupported", [SUPPORT_YES] = "supported", [SUPPORT_UNKNOWN] = "unknown"};
    const json_t *table = json_object_get(o->v->s->config, SUPPORT_MEMBER);
    const struct support_subject subject = {.type = seen->type,
                                            .engine = jx_str(seen->direct, "engine"),
                                            .arn = seen->arn,
                                            .dynamodb_advanced = protection_advanced_tables(o),
                                            .region = o->place->region,
                                            .partition = o->v->s->cache->partition,
                                            .opt_in_region = o->opt_in_region};
    char *problem = support_copy_problem(table, &subject, far);
    set_text(document, "copy_support", words[support_copies(table, &subject, false)]);
    set_text(document, "far_copy_support", words[support_copies(table, &subject, true)]);
    set_text(document, "copy_problem", problem);
    set_text(document, "support_as_of", support_date(table, &subject));
    free(problem);
}

int protection_describe(struct protection *o, const struct merged_resource *seen,
                        const char *place_reason, json_t *document)
{
    const struct protection_plan *often = NULL;
    json_t *plans = json_array();
    json_t *names = json_array();
    bool cross_region = false;
    bool to_central = false;
    int rc = 0;
    for (size_t i = 0; i < o->count && rc == 0; i++) {
        const struct protection_plan *plan = &o->plans[i];
        if (!takes(o, plan, seen)) {
            continue;
        }
        rc = remember(o, plan, seen);
        (void)json_array_append(plans, plan->shown);
        list_text(names, plan->name);
        subject_fact(document, plan->fact);
        cross_region = cross_region || plan->schedule.cross_region;
        to_central = to_central || plan->schedule.to_central;
        often = is_oftener(plan->schedule.period, often != NULL, often ? often->schedule.period : 0)
                    ? plan
                    : often;
    }
    sort_texts(names);
    set_new(document, "plans", plans);
    set_new(document, "selected_by", names);
    set_bool(document, "plans_copy_to_central", to_central);
    set_bool(document, "plans_copy_cross_region", cross_region);
    set_why(o, seen, often != NULL, place_reason, document);
    rc = rc == 0 ? set_lateness(o, seen, often, document) : rc;
    set_copies(o, seen, document);
    if (rc == 0 && (set_copy_age(o, seen, RULES_COPYING, "central_copy_due", document) != 0 ||
                    set_copy_age(o, seen, RULES_COPYING_FAR, "far_copy_due", document) != 0)) {
        rc = -1;
    }
    set_copy_support(o, seen, cross_region, document);
    subject_fact(document, seen->facts[2]);
    subject_fact(document, seen->facts[3]);
    return rc == 0 ? protection_keys(o, seen, document) : rc;
}
