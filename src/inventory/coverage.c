#include "inventory/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "inventory_cache.h"
#include "store/counts.h"

struct region_counts {
    char *region;
    bool governed;
    int64_t asked, answered, open, throttled;
    int64_t denied, region_deny, unavailable, other;
    bool disabled; /* the account has not enabled this Region */
};

struct account_view {
    struct region_counts *places;
    size_t count;
    struct region_counts everywhere; /* gaps that hide every Region of the account */
    bool unreached;
};

static struct region_counts *place_for(struct account_view *v, const char *region, bool governed)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->places[i].region, region) == 0) {
            return &v->places[i];
        }
    }
    v->places = xreallocarray(v->places, v->count + 1, sizeof *v->places);
    v->places[v->count] = (struct region_counts){.region = xstrdup(region), .governed = governed};
    return &v->places[v->count++];
}

static void view_release(struct account_view *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->places[i].region);
    }
    free(v->places);
    *v = (struct account_view){0};
}

static void note_questions(void *context, const struct question_count *c)
{
    if (c->region[0] == '\0') {
        return;
    }
    struct region_counts *p = place_for(context, c->region, false);
    p->asked = c->asked;
    p->answered = c->answered;
    p->open = c->open;
}

static void note_gaps(void *context, const struct class_count *c)
{
    struct account_view *v = context;
    struct region_counts *p =
        c->region[0] != '\0' ? place_for(v, c->region, false) : &v->everywhere;
    v->unreached = v->unreached || c->unreached;
    if (str_equal(c->class, "region-deny")) {
        p->region_deny += c->count;
    } else if (str_equal(c->class, "denied")) {
        p->denied += c->count;
    } else if (str_equal(c->class, "region-unavailable")) {
        p->unavailable += c->count;
    } else {
        p->other += c->count;
    }
}

static void note_throttled(void *context, const struct throttle_count *c)
{
    if (c->region[0] != '\0') {
        place_for(context, c->region, false)->throttled = c->count;
    }
}

static int by_region(const void *a, const void *b)
{
    const struct region_counts *first = a;
    const struct region_counts *second = b;
    return strcmp(first->region, second->region);
}

static int note_status(struct store *s, const char *account, struct account_view *v,
                       struct err *err)
{
    for (size_t i = 0; i < v->count; i++) {
        json_t *status = NULL;
        if (store_get_entity(s, "region-status", account, "", v->places[i].region, &status, NULL,
                             err) != 0) {
            return -1;
        }
        const char *word = json_string_value(json_object_get(status, "RegionOptStatus"));
        v->places[i].disabled = word != NULL && str_starts(word, "DISABL");
        json_decref(status);
    }
    return 0;
}

static int view_account(struct store *s, const struct inventory_cache *d, const char *account,
                        struct account_view *v, struct err *err)
{
    *v = (struct account_view){0};
    for (size_t i = 0; i < d->region_count; i++) {
        if (!d->region_left_out[i]) {
            (void)place_for(v, d->regions[i], true);
        }
    }
    const struct count_visitor visitor = {note_questions, note_gaps, note_throttled, v};
    if (store_each_count(s, account, &visitor, err) != 0) {
        return -1;
    }
    if (v->count > 0) {
        qsort(v->places, v->count, sizeof *v->places, by_region);
    }
    return note_status(s, account, v, err);
}

static const char *state_of(const struct account *m, const struct account_view *v,
                            const struct region_counts *p)
{
    int64_t hidden = p->denied + p->region_deny + p->unavailable + p->other + v->everywhere.denied +
                     v->everywhere.region_deny + v->everywhere.unavailable + v->everywhere.other;
    if (!account_is_active(m)) {
        return "SUSPENDED";
    }
    if (v->unreached || (m->reach_known && !m->reached)) {
        return "NOT REACHED";
    }
    if (p->disabled || (p->answered == 0 && p->unavailable > 0)) {
        return "REGION DISABLED";
    }
    if (p->answered == 0 && p->region_deny > 0) {
        return "REGION DENY";
    }
    if (p->answered == 0) {
        return "NOT REACHED";
    }
    return hidden > 0 || p->open > 0 ? "PARTIAL" : "REACHED";
}

struct coverage_visitor {
    int (*each)(void *context, const struct coverage *c);
    void *context;
};

static int walk_account(struct store *s, const struct inventory_cache *d, const struct account *m,
                        const struct coverage_visitor *w, struct err *err)
{
    struct account_view v;
    int rc = view_account(s, d, m->id, &v, err);
    for (size_t i = 0; rc == 0 && i < v.count; i++) {
        const struct region_counts *p = &v.places[i];
        /* A Region that nobody governs and the account never enabled is no place to look. */
        if (!p->governed && (p->asked == 0 || !account_is_active(m))) {
            continue;
        }
        const struct coverage c = {.account = m->id,
                                   .name = m->name,
                                   .ou_path = account_ou_path(m),
                                   .region = p->region,
                                   .governed = p->governed,
                                   .expected = p->asked,
                                   .ok = p->answered,
                                   .denied = p->denied + p->region_deny,
                                   .throttled_then_ok = p->throttled,
                                   .failed = p->unavailable + p->other,
                                   .state = state_of(m, &v, p)};
        rc = w->each(w->context, &c);
    }
    view_release(&v);
    return rc;
}

int coverage_each(struct store *s, int (*each)(void *context, const struct coverage *c),
                  void *context, struct err *err)
{
    struct inventory_cache *d = NULL;
    if (inventory_cache_load(s, NULL, &d, err) != 0) {
        return -1;
    }
    const struct coverage_visitor w = {each, context};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->account_count; i++) {
        if (d->accounts[i]->left_out && account_is_active(d->accounts[i])) {
            continue;
        }
        rc = walk_account(s, d, d->accounts[i], &w, err);
    }
    inventory_cache_free(d);
    return rc;
}

static int add_up(void *context, const struct coverage *c)
{
    struct coverage_totals *totals = context;
    bool blocked = strcmp(c->state, "REGION DENY") == 0 || strcmp(c->state, "REGION DISABLED") == 0;
    /* Outside the governed Regions a closed door is what Control Tower promises, not a hole in the
     * audit. */
    if (strcmp(c->state, "SUSPENDED") == 0 || (!c->governed && blocked)) {
        return 0;
    }
    totals->expected++;
    if (strcmp(c->state, "REACHED") == 0) {
        totals->reached++;
    }
    return 0;
}

struct gap_count {
    const struct inventory_cache *d;
    int64_t count;
};

static int count_gap(void *context, int64_t id, const struct gap *g)
{
    struct gap_count *c = context;
    (void)id;
    bool closed =
        strcmp(g->class, "region-deny") == 0 || strcmp(g->class, "region-unavailable") == 0;
    if (closed && g->region[0] != '\0' && !inventory_cache_governs(c->d, g->region)) {
        return 0;
    }
    c->count++;
    return 0;
}

static void count_selected(const struct inventory_cache *d, struct coverage_totals *out)
{
    for (size_t i = 0; i < d->account_count; i++) {
        out->accounts += account_is_active(d->accounts[i]) ? 1 : 0;
        out->accounts_selected += account_is_wanted(d->accounts[i]) ? 1 : 0;
    }
    for (size_t i = 0; i < d->region_count; i++) {
        out->regions++;
        out->regions_selected += d->region_left_out[i] ? 0 : 1;
    }
}

int coverage_count(struct store *s, struct coverage_totals *out, struct err *err)
{
    struct inventory_cache *d = NULL;
    *out = (struct coverage_totals){0};
    if (coverage_each(s, add_up, out, err) != 0 || inventory_cache_load(s, NULL, &d, err) != 0) {
        return -1;
    }
    struct gap_count c = {.d = d};
    int rc = store_each_gap(s, count_gap, &c, err);
    out->gaps = c.count;
    count_selected(d, out);
    inventory_cache_free(d);
    return rc;
}
