/* Scope account-region: opt-in, vaults, plans and inventories of each ACTIVE account in each
 * governed Region. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/backup_tag.h"
#include "model/resource_type.h"
#include "resource_gaps.h"

#define LIST_MAX 50 /* ARNs shown; the counts beside them are whole */

struct summary { /* what one pass over the place gathers */
    struct visit *v;
    const struct account_region *place;
    json_t *document;
    json_t *tagged_types, *only_tagging, *only_direct;
    long long tables, policy_tables, only_tagging_count, only_direct_count;
    struct protection protection;
    struct resource_gaps unseen;
    const struct protection_plan
        *copying;           /* that takes something here, the one that runs most often */
    int64_t taken_since_ms; /* since when it takes the first of what it takes; 0: unknown */
    int64_t newest_copy_ms;
};

static json_t *settings_of(struct visit *v, const struct account_region *p, const char *region,
                           int64_t *fact, bool *failed)
{
    return subject_entity(v, "region-settings", p->account->id, region, "", fact, failed);
}

/* The wanted types whose opt-in is off, or not in this Region's map at all. */
static void set_wanted(const struct subjects *s, json_t *document, const json_t *opt_in)
{
    const json_t *wanted = jx_get(s->config, "resource_types");
    json_t *off = json_array();
    json_t *unknown = json_array();
    for (size_t i = 0; opt_in != NULL && i < json_array_size(wanted); i++) {
        const char *type = json_string_value(json_array_get(wanted, i));
        const json_t *on = json_object_get(opt_in, type);
        if (on == NULL) {
            list_text(unknown, type);
        } else if (!json_is_true(on)) {
            list_text(off, type);
        }
    }
    sort_texts(off);
    sort_texts(unknown);
    set_new(document, "types_off", off);
    set_new(document, "types_unknown", unknown);
}

static void set_undecided(const struct subjects *s, json_t *document, json_t *opt_in)
{
    json_t *undecided = json_array();
    const char *type = NULL;
    json_t *ignored = NULL;
    for (size_t i = 0; i < json_array_size(s->supported); i++) {
        const char *word = json_string_value(json_array_get(s->supported, i));
        if (word != NULL) {
            list_text(undecided, word);
        }
    }
    json_object_foreach(opt_in, type, ignored)
    {
        list_text(undecided, type);
    }
    sort_texts(undecided);
    for (size_t i = json_array_size(undecided); i > 0; i--) {
        const char *word = json_string_value(json_array_get(undecided, i - 1));
        if (jx_list_has(jx_get(s->config, "resource_types"), word) ||
            jx_list_has(jx_get(s->config, "resource_types_declined"), word)) {
            (void)json_array_remove(undecided, i - 1);
        }
    }
    set_new(document, "types_undecided", undecided);
}

static void set_differences(json_t *document, json_t *opt_in, const json_t *home)
{
    json_t *differing = json_array();
    const char *type = NULL;
    json_t *on = NULL;
    json_object_foreach(opt_in, type, on)
    {
        const json_t *there = json_object_get(home, type);
        if (there != NULL && json_is_true(there) != json_is_true(on)) {
            list_text(differing, type);
        }
    }
    sort_texts(differing);
    set_new(document, "differs_from_home", differing);
}

static void set_settings(struct summary *y, bool *failed)
{
    const struct inventory_cache *d = y->v->s->cache;
    int64_t facts[2] = {0};
    json_t *here = settings_of(y->v, y->place, y->place->region, &facts[0], failed);
    json_t *home = settings_of(y->v, y->place, d->home, &facts[1], failed);
    json_t *opt_in = jx_get(here, "ResourceTypeOptInPreference");
    json_t *management = jx_get(here, "ResourceTypeManagementPreference");
    subject_fact(y->document, facts[0]);
    subject_fact(y->document, facts[1]);
    set_new(y->document, "opt_in", opt_in != NULL ? json_deep_copy(opt_in) : json_object());
    set_new(y->document, "management",
            management != NULL ? json_deep_copy(management) : json_object());
    set_wanted(y->v->s, y->document, opt_in);
    set_undecided(y->v->s, y->document, opt_in);
    set_differences(y->document, opt_in, jx_get(home, "ResourceTypeOptInPreference"));
    json_decref(here);
    json_decref(home);
}

static int set_vaults(struct summary *y)
{
    const struct account_region *p = y->place;
    struct cursor c = {0};
    json_t *vaults = json_array();
    long long counts[2] = {0}; /* local, central */
    int rc = cursor_open(&c, y->v->s->store, "vault", p->account->id, p->region, y->v->err);
    while (rc == 0 && c.more) {
        const char *ignored = NULL;
        json_t *raw = jx_parse(c.row.json, c.row.json_length, &ignored);
        const char *state = jx_str_or(raw, "VaultState", "AVAILABLE");
        const char *kind = vault_kind(y->v->s, p->account->id, c.row.key, raw);
        bool central = str_equal(kind, "central");
        json_t *vault = json_object();
        set_text(vault, "name", c.row.key);
        set_text(vault, "state", state);
        set_text(vault, "key_arn", jx_str(raw, "EncryptionKeyArn"));
        set_text(vault, "kind", kind);
        (void)json_array_append_new(vaults, vault);
        subject_fact(y->document, c.row.fact);
        if (str_equal(state, "AVAILABLE") && (central || str_equal(kind, "local"))) {
            counts[central ? 1 : 0]++;
        }
        json_decref(raw);
        rc = cursor_next(&c, y->v->err);
    }
    cursor_close(&c);
    set_new(y->document, "vaults", vaults);
    set_int(y->document, "local_vaults", counts[0]);
    set_int(y->document, "central_vaults", counts[1]);
    return rc;
}

static int set_plans(struct summary *y)
{
    const struct account_region *p = y->place;
    struct cursor c = {0};
    bool present[BACKUP_TIER_COUNT] = {false};
    bool named[BACKUP_TIER_COUNT] = {false};
    bool cross_region = false;
    int rc = cursor_open(&c, y->v->s->store, "plan", p->account->id, p->region, y->v->err);
    while (rc == 0 && c.more) {
        json_t *plan = plan_document(y->v, p, &c.row);
        int tier = backup_tier_of_plan(jx_str(plan, "name"));
        if (tier >= 0 && !jx_bool(plan, "org_managed")) {
            named[tier] = true;
            present[tier] = present[tier] || jx_bool(plan, "ct_tagged");
        }
        cross_region = cross_region || jx_bool(plan, "copies_cross_region");
        subject_fact(y->document, c.row.fact);
        rc = plan != NULL ? cursor_next(&c, y->v->err) : -1;
        json_decref(plan);
    }
    cursor_close(&c);
    json_t *lists[3] = {json_array(), json_array(), json_array()};
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        list_text(lists[present[i] ? 0 : named[i] ? 2 : 1], backup_tier(i));
    }
    set_new(y->document, "plan_tiers", lists[0]);
    set_new(y->document, "plan_tiers_missing", lists[1]);
    set_new(y->document, "plan_tiers_untagged", lists[2]);
    set_bool(y->document, "cross_region_copy", cross_region);
    return rc;
}

static void note_one(json_t *list, long long *count, const char *arn)
{
    (*count)++;
    if (json_array_size(list) < LIST_MAX) {
        list_text(list, arn);
    }
}

/* The Tagging API returns deleted resources for hours: one that a run before found here as well is
   no such resource. */
static int note_only_tagging(struct summary *y, const char *arn)
{
    const struct plan_membership t = {y->place->account->id, y->place->region, arn, ""};
    struct visit *v = y->v;
    int64_t now = v->s->cache->now_ms, since = 0;
    if (plan_membership_since(v->s->store, &t, now, &since, v->err) != 0) {
        return -1;
    }
    if (since > 0 && since < now) {
        note_one(y->only_tagging, &y->only_tagging_count, arn);
    } else {
        since = now;
    }
    return v->s->remember ? plan_membership_note(v->s->store, &t, since, now, v->err) : 0;
}

static int note_resource(void *context, const struct merged_resource *seen)
{
    struct summary *y = context;
    bool tagged = backup_tags_any(seen->tags);
    if (seen->direct != NULL && str_equal(seen->type, "DynamoDB")) {
        y->tables++;
        y->policy_tables += protection_by_policy(&y->protection, seen) ? 1 : 0;
    }
    if (tagged && seen->type != NULL && !jx_list_has(y->tagged_types, seen->type)) {
        list_text(y->tagged_types, seen->type);
        sort_texts(y->tagged_types);
    }
    if (seen->direct == NULL && tagged && resource_is_listed(&y->unseen, seen->type, seen->arn) &&
        note_only_tagging(y, seen->arn) != 0) {
        return -1;
    }
    const struct protection_plan *plan = protection_find(&y->protection, seen, RULES_COPYING);
    bool oftener = plan != NULL && (y->copying == NULL ||
                                    plan->schedule.copy_period < y->copying->schedule.copy_period);
    int64_t since = 0;
    if (plan != NULL && protection_member_since(&y->protection, plan, seen, &since) != 0) {
        return -1;
    }
    y->copying = oftener ? plan : y->copying;
    if (oftener || (plan != NULL && plan == y->copying && since < y->taken_since_ms)) {
        y->taken_since_ms = since;
    }
    int64_t copied = newest_copy(seen->central, NULL, NULL);
    y->newest_copy_ms = copied > y->newest_copy_ms ? copied : y->newest_copy_ms;
    if (!seen->in_tagging && seen->tags_from_service && json_object_size(seen->tags) > 0) {
        note_one(y->only_direct, &y->only_direct_count, seen->arn);
    }
    return 0;
}

/* What of this place should be in the central account, and when something last arrived there. */
static void set_copying(struct summary *y)
{
    const struct protection_plan *plan = y->copying;
    char iso[TIME_ISO_SIZE];
    double periods = -1;
    if (plan != NULL) {
        int64_t before = y->newest_copy_ms > 0 ? y->newest_copy_ms : plan->since_ms;
        periods = periods_since(y->v, later_of(before, y->taken_since_ms),
                                plan->schedule.copy_period, plan->schedule.copy_window);
    }
    time_iso(y->newest_copy_ms, iso);
    set_bool(y->document, "copies_expected",
             plan != NULL && !central_vaults_left_out(y->v->s->cache));
    set_text(y->document, "newest_central_copy", y->newest_copy_ms > 0 ? iso : NULL);
    set_number(y->document, "periods_without_copy", periods);
}

/* Hourly backups are not copied: AWS documents no central copy of them. */
static void set_tier_copies(struct summary *y)
{
    json_t *without = json_array();
    const json_t *tiers = json_object_get(y->document, "plan_tiers");
    for (size_t i = 0; i < BACKUP_TIER_COUNT; i++) {
        if (!str_equal(backup_tier(i), "hourly") && jx_list_has(tiers, backup_tier(i)) &&
            !protection_copies_tier(&y->protection, i)) {
            list_text(without, backup_tier(i));
        }
    }
    set_new(y->document, "tiers_without_cross_region_copy", without);
}

static int set_resources(struct summary *y)
{
    y->tagged_types = json_array();
    y->only_tagging = json_array();
    y->only_direct = json_array();
    int rc = protection_load(y->v, y->place, &y->protection);
    if (rc == 0) {
        rc = resource_gaps_load(&y->protection, &y->unseen);
    }
    if (rc == 0) {
        rc = merged_resource_each(y->v, y->place, note_resource, y);
    }
    set_copying(y);
    set_tier_copies(y);
    if (rc == 0 && y->copying == NULL) {
        resource_gaps_hide_all(&y->unseen, y->document);
    }
    resource_gaps_release(&y->unseen);
    protection_release(&y->protection);
    json_t *off = json_array();
    const json_t *opt_in = json_object_get(y->document, "opt_in");
    for (size_t i = 0; i < json_array_size(y->tagged_types); i++) {
        const char *type = json_string_value(json_array_get(y->tagged_types, i));
        const json_t *on = json_object_get(opt_in, type);
        if (on != NULL && !json_is_true(on)) {
            list_text(off, type);
        }
    }
    set_new(y->document, "tagged_types", y->tagged_types);
    set_new(y->document, "tagged_types_off", off);
    set_int(y->document, "dynamodb_tables", y->tables);
    set_int(y->document, "policy_tables", y->policy_tables);
    set_new(y->document, "only_tagging", y->only_tagging);
    set_new(y->document, "only_direct", y->only_direct);
    set_int(y->document, "only_tagging_count", y->only_tagging_count);
    set_int(y->document, "only_direct_count", y->only_direct_count);
    return rc;
}

static void set_parts(const struct subjects *s, const struct account_region *p, json_t *document)
{
    const struct inventory_cache *d = s->cache;
    const char *id = p->account->id;
    set_text(document, "account", id);
    set_text(document, "region", p->region);
    set_bool(document, "is_home", str_equal(p->region, d->home));
    set_bool(document, "is_management", str_equal(id, d->management));
    set_bool(document, "is_backup_admin", str_equal(id, d->admin));
    set_bool(document, "is_central_backup", str_equal(id, d->central));
    set_bool(document, "backed_up", backed_up_by(p->account) != NULL);
    set_bool(document, "account_exempt", account_is_exempt(s, p->account));
}

static int emit_place(struct visit *v, const struct account_region *p)
{
    bool failed = false;
    int64_t fact = 0;
    char *key = xasprintf("%s/%s", p->account->id, p->region);
    char *name = xasprintf(
        "%s in %s", p->account->name[0] != '\0' ? p->account->name : p->account->id, p->region);
    const struct subject_identity who = {
        .key = key, .name = name, .region = p->region, .account = p->account};
    struct summary y = {.v = v, .place = p, .document = subject_new(&who)};
    set_parts(v->s, p, y.document);
    json_t *status =
        subject_entity(v, "region-status", p->account->id, "", p->region, &fact, &failed);
    set_text(y.document, "region_status", jx_str(status, "RegionOptStatus"));
    subject_fact(y.document, fact);
    json_decref(status);
    set_settings(&y, &failed);
    int hidden = store_gap_at(v->s->store, p->account->id, p->region, v->err);
    set_bool(y.document, "readable", hidden == 0);
    failed = failed || hidden < 0 || set_vaults(&y) != 0 || set_plans(&y) != 0 ||
             set_resources(&y) != 0 || set_failed_jobs(v, p, y.document) != 0;
    free(key);
    free(name);
    if (failed) {
        json_decref(y.document);
        return -1;
    }
    return subject_emit(v, y.document);
}

int scope_account_region(struct visit *v)
{
    return places_each(v, emit_place);
}
