/* Scope plan: each backup plan with its rules, copies and selections. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "plan_rules.h"
#include "resource_gaps.h"

#define CONTROL_TOWER_TAG "aws-control-tower"
#define CONTROL_TOWER_TAG_VALUE "managed-by-control-tower"
#define RESOURCE_TAG_PREFIX "aws:ResourceTag/"

struct plan { /* what the pieces below fill in together */
    struct visit *v;
    const struct account_region *place;
    json_t *document;
    bool failed;
};

static void add_tag(json_t *tags, const char *key, const char *value)
{
    json_t *tag = json_object();
    set_text(tag, "key", key);
    set_text(tag, "value", value);
    (void)json_array_append_new(tags, tag);
}

/* Both ways to select by tag: ListOfTags, and Conditions on aws:ResourceTag/KEY. */
static json_t *tags_of(const json_t *selection)
{
    json_t *tags = json_array();
    const json_t *list = jx_get(selection, "ListOfTags");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        add_tag(tags, jx_str_or(one, "ConditionKey", ""), jx_str_or(one, "ConditionValue", ""));
    }
    list = jx_get(selection, "Conditions.StringEquals");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *key = jx_str_or(one, "ConditionKey", "");
        key += str_starts(key, RESOURCE_TAG_PREFIX) ? strlen(RESOURCE_TAG_PREFIX) : 0;
        add_tag(tags, key, jx_str_or(one, "ConditionValue", ""));
    }
    return tags;
}

static bool selects(const json_t *tags, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        if (str_equal(jx_str(tag, "key"), key) &&
            (value == NULL || str_equal(jx_str(tag, "value"), value))) {
            return true;
        }
    }
    return false;
}

__attribute__((format(printf, 2, 3))) static void problem(json_t *problems, const char *format,
                                                          ...);

static void problem(json_t *problems, const char *format, ...)
{
    struct text words;
    char line[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_init(&words, sizeof line * 4);
    text_add_printable(&words, line, strlen(line));
    list_text(problems, text_str(&words));
    text_release(&words);
}

/* The documentation spells the role both ways. */
static bool is_backup_role(const char *arn, const char *account)
{
    struct arn parts;
    return arn_parse(arn, &parts) && arn_part_is(parts.service, "iam") &&
           arn_part_is(parts.account, account) &&
           (str_equal(arn_name(arn), "aws-controltower-BackupRole") ||
            str_equal(arn_name(arn), "aws-controltower-backup-role"));
}

/* What keeps the selection from taking everything with the tag: exceptions by ARN, and conditions
 * that the tag alone does not meet. */
static void add_left_out(const char *name, const json_t *selection, const char *key,
                         json_t *problems)
{
    static const char *const operators[] = {"StringEquals", "StringLike", "StringNotEquals",
                                            "StringNotLike"};
    json_t *tags = json_pack("{s:s}", key, "true");
    /* Only a pattern for everything matches this. */
    const struct selection_resource tagged = {.arn = "-", .tags = tags, .type_on = 1};
    const json_t *excluded = jx_get(selection, "NotResources");
    for (size_t i = 0; i < json_array_size(excluded); i++) {
        problem(problems, "selection %.60s leaves out %.160s (NotResources)", name,
                json_string_value(json_array_get(excluded, i)));
    }
    bool others = false;
    for (size_t o = 0; o < sizeof operators / sizeof *operators; o++) {
        const json_t *list = json_object_get(jx_get(selection, "Conditions"), operators[o]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *condition = jx_str_or(json_array_get(list, i), "ConditionKey", "");
            condition +=
                str_starts(condition, RESOURCE_TAG_PREFIX) ? strlen(RESOURCE_TAG_PREFIX) : 0;
            if (!str_equal(condition, key)) {
                others = true;
                problem(problems, "selection %.60s also requires a condition on tag %.60s (%s)",
                        name, condition, operators[o]);
            }
        }
    }
    if (json_array_size(excluded) == 0 && !others &&
        selection_judge(selection, &tagged) != SELECTION_TAKES) {
        problem(problems, "selection %.60s takes only some of what has tag %s", name, key);
    }
    json_decref(tags);
}

/* raw: AWS's document of it. */
static void judge_selection(const struct plan *p, const json_t *selection, const json_t *raw,
                            int tier, json_t *problems)
{
    const char *name = jx_str_or(selection, "name", "?");
    const char *role = jx_str_or(selection, "role_arn", "");
    const json_t *tags = json_object_get(selection, "tags");
    const char *key = backup_tag_key((size_t)tier);
    if (!selects(tags, key, NULL)) {
        problem(problems, "selection %.60s does not select tag %s", name, key);
    } else if (!selects(tags, key, "true")) {
        problem(problems, "selection %.60s selects %s by a value other than true", name, key);
    } else {
        add_left_out(name, raw, key, problems);
    }
    if (!is_backup_role(role, p->place->account->id)) {
        problem(problems, "selection %.60s runs as %.120s", name,
                role[0] != '\0' ? role : "no role");
    }
}

struct selections {
    struct plan *plan;
    const char *prefix; /* "PLANID/" */
    json_t *list, *raw;
};

static int add_selection(void *context, const struct entity *e)
{
    struct selections *s = context;
    const char *ignored = NULL;
    if (!str_starts(e->key, s->prefix)) {
        return 0;
    }
    json_t *answer = jx_parse(e->json, e->json_length, &ignored);
    json_t *raw = jx_get(answer, "BackupSelection");
    json_t *selection = json_object();
    set_text(selection, "name", jx_str(raw, "SelectionName"));
    set_text(selection, "role_arn", jx_str(raw, "IamRoleArn"));
    set_new(selection, "tags", tags_of(raw));
    (void)json_array_append_new(s->list, selection);
    (void)json_array_append(s->raw, raw);
    subject_fact(s->plan->document, e->fact);
    json_decref(answer);
    return 0;
}

static void set_selections(struct plan *p, const char *plan_id, int tier, bool judged)
{
    char *prefix = xasprintf("%s/", plan_id);
    struct selections s = {.plan = p, .prefix = prefix, .list = json_array(), .raw = json_array()};
    json_t *problems = json_array();
    p->failed = store_each_entity(p->v->s->store, "selection", p->place->account->id,
                                  p->place->region, add_selection, &s, p->v->err) != 0 ||
                p->failed;
    if (judged && json_array_size(s.list) == 0) {
        problem(problems, "the plan selects nothing");
    }
    for (size_t i = 0; judged && i < json_array_size(s.list); i++) {
        judge_selection(p, json_array_get(s.list, i), json_array_get(s.raw, i), tier, problems);
    }
    json_decref(s.raw);
    sort_texts(problems);
    set_new(p->document, "selections", s.list);
    set_new(p->document, "selection_problems", problems);
    free(prefix);
}

json_t *plan_document(struct visit *v, const struct account_region *place, const struct entity *e)
{
    struct plan p = {.v = v, .place = place};
    const char *ignored = NULL;
    int64_t facts[2] = {0};
    json_t *listed = jx_parse(e->json, e->json_length, &ignored);
    json_t *detail =
        subject_entity(v, "plan-detail", e->account, e->region, e->key, &facts[0], &p.failed);
    json_t *tags =
        subject_entity(v, "plan-tags", e->account, e->region, e->key, &facts[1], &p.failed);
    const char *name =
        jx_str_or(listed, "BackupPlanName", jx_str_or(detail, "BackupPlan.BackupPlanName", e->key));
    int tier = backup_tier_of_plan(name);
    bool organization = str_starts(e->key, "orgs/");
    bool tagged =
        str_equal(json_string_value(json_object_get(jx_get(tags, "Tags"), CONTROL_TOWER_TAG)),
                  CONTROL_TOWER_TAG_VALUE);
    char *key = xasprintf("%s/%s/%s", e->account, e->region, e->key);
    const struct subject_identity who = {.key = key,
                                         .name = name,
                                         .region = e->region,
                                         .arn = jx_str(listed, "BackupPlanArn"),
                                         .account = place->account};
    p.document = subject_new(&who);
    subject_fact(p.document, e->fact);
    subject_fact(p.document, facts[0]);
    subject_fact(p.document, facts[1]);
    set_text(p.document, "account", e->account);
    set_text(p.document, "region", e->region);
    set_text(p.document, "id", e->key);
    set_text(p.document, "name", name);
    set_text(p.document, "tier", tier >= 0 ? backup_tier((size_t)tier) : NULL);
    set_text(p.document, "expected_tag_key", tier >= 0 ? backup_tag_key((size_t)tier) : NULL);
    set_bool(p.document, "org_managed", organization);
    set_bool(p.document, "ct_tagged", tagged);
    set_bool(p.document, "ct_managed", tagged && tier >= 0 && !organization);
    set_bool(p.document, "governed", inventory_cache_governs(v->s->cache, e->region));
    p.failed = set_plan_rules(v, place, detail, p.document) != 0 || p.failed;
    set_selections(&p, e->key, tier, tier >= 0 && !organization);
    json_decref(listed);
    json_decref(detail);
    json_decref(tags);
    free(key);
    if (p.failed) {
        json_decref(p.document);
        return NULL;
    }
    return p.document;
}

static const char *const listing[] = {"backup:ListBackupPlans", NULL};

static int note_taken(void *context, const struct merged_resource *seen)
{
    const struct protection *only = context;
    return protection_find(only, seen, RULES_ALL) != NULL ? 1 : 0;
}

/* Does the plan take anything here? A plan that takes nothing has nothing to run for. */
static int takes_anything(struct visit *v, const struct account_region *p, const char *id,
                          bool *takes, json_t *document)
{
    struct protection all = {0};
    int rc = protection_load(v, p, &all);
    *takes = false;
    for (size_t i = 0; rc == 0 && i < all.count; i++) {
        if (str_equal(jx_str(all.plans[i].shown, "id"), id)) {
            struct protection only = all;
            only.plans = &all.plans[i];
            only.count = 1;
            int found = merged_resource_each(v, p, note_taken, &only);
            *takes = found > 0;
            rc = found < 0 ? -1 : 0;
        }
    }
    if (rc == 0 && !*takes) {
        struct resource_gaps unseen;
        rc = resource_gaps_load(&all, &unseen);
        resource_gaps_hide_all(&unseen, document);
        resource_gaps_release(&unseen);
    }
    protection_release(&all);
    return rc;
}

/* When it ran last, against its own schedule. */
static int set_runs(struct visit *v, const struct account_region *p, const struct entity *e,
                    json_t *document)
{
    const char *problem = NULL;
    bool failed = false;
    bool takes = true;
    json_t *listed = jx_parse(e->json, e->json_length, &problem);
    json_t *detail = subject_entity(v, "plan-detail", e->account, e->region, e->key, NULL, &failed);
    struct schedule r = schedule_of(v, detail, e->region);
    const json_t *last = jx_get(detail, "LastExecutionDate");
    last = last != NULL ? last : jx_get(listed, "LastExecutionDate");
    int64_t last_ms = (int64_t)(json_number_value(last) * 1000.0);
    int64_t made_ms = (int64_t)(json_number_value(jx_get(listed, "CreationDate")) * 1000.0);
    double periods = periods_since(v, last_ms > 0 ? last_ms : made_ms, r.period, r.window);
    char iso[TIME_ISO_SIZE];
    time_iso(last_ms, iso);
    set_text(document, "last_execution", last_ms > 0 ? iso : NULL);
    time_iso(made_ms, iso);
    set_text(document, "created", made_ms > 0 ? iso : NULL);
    set_number(document, "period_hours", r.period > 0 ? r.period : -1);
    set_number(document, "window_hours", r.period > 0 ? r.window : -1);
    set_number(document, "central_copy_hours", r.copy_period > 0 ? r.copy_period : -1);
    set_text(document, "schedule_problem", r.problem);
    set_number(document, "periods_without_run", periods);
    /* Every resource would have to be looked at: only a plan that seems to stand still is worth it.
     */
    if (!failed && periods > 1) {
        failed = takes_anything(v, p, e->key, &takes, document) != 0;
    }
    set_bool(document, "selects_here", takes);
    json_decref(listed);
    json_decref(detail);
    return failed ? -1 : 0;
}

static int plans_of_place(struct visit *v, const struct account_region *p)
{
    struct cursor c = {0};
    int rc = place_unlisted(v, p, listing);
    if (rc == 0) {
        rc = cursor_open(&c, v->s->store, "plan", p->account->id, p->region, v->err);
    }
    while (rc == 0 && c.more) {
        json_t *document = plan_document(v, p, &c.row);
        rc = document != NULL ? set_runs(v, p, &c.row, document) : -1;
        if (rc == 0) {
            rc = subject_emit(v, document);
        } else {
            json_decref(document);
        }
        if (rc == 0) {
            rc = cursor_next(&c, v->err);
        }
    }
    cursor_close(&c);
    return rc;
}

int scope_plan(struct visit *v)
{
    return places_each_seen(v, "plan", plans_of_place);
}
