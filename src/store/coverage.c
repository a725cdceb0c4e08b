/* Coverage: every account and Region that should have been seen, and how much of each was. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "directory.h"
#include "store_private.h"

struct place {
    char *region;
    bool governed;
    int64_t asked, answered, open, throttled;
    int64_t denied, region_deny, unavailable, other;
    bool disabled; /* the account has not enabled this Region */
};

struct account_view {
    struct place *places;
    size_t count;
    struct place everywhere; /* gaps that hide every Region of the account */
    bool unreached;
};

static struct place *place_for(struct account_view *v, const char *region, bool governed)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->places[i].region, region) == 0) {
            return &v->places[i];
        }
    }
    v->places = xreallocarray(v->places, v->count + 1, sizeof *v->places);
    v->places[v->count] = (struct place){.region = xstrdup(region), .governed = governed};
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

static void note_questions(struct account_view *v, sqlite3_stmt *row)
{
    const char *region = store_column(row, 0);
    if (region[0] == '\0') {
        return;
    }
    struct place *p = place_for(v, region, false);
    p->asked = sqlite3_column_int64(row, 1);
    p->answered = sqlite3_column_int64(row, 2);
    p->open = sqlite3_column_int64(row, 3);
}

static void note_gaps(struct account_view *v, sqlite3_stmt *row)
{
    const char *region = store_column(row, 0);
    const char *class = store_column(row, 1);
    int64_t count = sqlite3_column_int64(row, 2);
    struct place *p = region[0] != '\0' ? place_for(v, region, false) : &v->everywhere;
    if (sqlite3_column_int(row, 3) != 0) {
        v->unreached = true;
    }
    if (str_equal(class, "region-deny")) {
        p->region_deny += count;
    } else if (str_equal(class, "denied")) {
        p->denied += count;
    } else if (str_equal(class, "region-unavailable")) {
        p->unavailable += count;
    } else {
        p->other += count;
    }
}

static void note_throttled(struct account_view *v, sqlite3_stmt *row)
{
    const char *region = store_column(row, 0);
    if (region[0] != '\0') {
        place_for(v, region, false)->throttled = sqlite3_column_int64(row, 1);
    }
}

static int by_region(const void *a, const void *b)
{
    const struct place *first = a;
    const struct place *second = b;
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

static int view_account(struct store *s, const struct directory *d, const char *account,
                        struct account_view *v, struct err *err)
{
    static const struct {
        enum sql which;
        void (*note)(struct account_view *v, sqlite3_stmt *row);
    } parts[] = {{SQL_COVERAGE_QUESTIONS, note_questions},
                 {SQL_COVERAGE_GAPS, note_gaps},
                 {SQL_COVERAGE_THROTTLED, note_throttled}};
    *v = (struct account_view){0};
    for (size_t i = 0; i < d->region_count; i++) {
        if (!d->region_left_out[i]) {
            (void)place_for(v, d->regions[i], true);
        }
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sqlite3_stmt *statement = store_take(s, parts[i].which, err);
        if (statement == NULL) {
            return -1;
        }
        store_bind(statement, 1, account);
        int step = 0;
        while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
            parts[i].note(v, statement);
        }
        int result = step == SQLITE_DONE ? 0 : store_fail(s, err);
        store_give(s, parts[i].which, statement);
        if (result != 0) {
            return -1;
        }
    }
    if (v->count > 0) {
        qsort(v->places, v->count, sizeof *v->places, by_region);
    }
    return note_status(s, account, v, err);
}

static const char *state_of(const struct member *m, const struct account_view *v,
                            const struct place *p)
{
    int64_t hidden = p->denied + p->region_deny + p->unavailable + p->other + v->everywhere.denied +
                     v->everywhere.region_deny + v->everywhere.unavailable + v->everywhere.other;
    if (!member_is_active(m)) {
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

struct walk {
    int (*each)(void *context, const struct coverage *c);
    void *context;
};

static int walk_account(struct store *s, const struct directory *d, const struct member *m,
                        const struct walk *w, struct err *err)
{
    struct account_view v;
    int result = view_account(s, d, m->id, &v, err);
    for (size_t i = 0; result == 0 && i < v.count; i++) {
        const struct place *p = &v.places[i];
        /* A Region that nobody governs and the account never enabled is no place to look. */
        if (!p->governed && (p->asked == 0 || !member_is_active(m))) {
            continue;
        }
        const struct coverage c = {.account = m->id,
                                   .name = m->name,
                                   .ou_path = member_ou_path(m),
                                   .region = p->region,
                                   .governed = p->governed,
                                   .expected = p->asked,
                                   .ok = p->answered,
                                   .denied = p->denied + p->region_deny,
                                   .throttled_then_ok = p->throttled,
                                   .failed = p->unavailable + p->other,
                                   .state = state_of(m, &v, p)};
        result = w->each(w->context, &c);
    }
    view_release(&v);
    return result;
}

int store_each_coverage(struct store *s, int (*each)(void *context, const struct coverage *c),
                        void *context, struct err *err)
{
    struct directory *d = NULL;
    if (directory_load(s, NULL, &d, err) != 0) {
        return -1;
    }
    const struct walk w = {each, context};
    int result = 0;
    for (size_t i = 0; result == 0 && i < d->member_count; i++) {
        if (d->members[i]->left_out && member_is_active(d->members[i])) {
            continue;
        }
        result = walk_account(s, d, d->members[i], &w, err);
    }
    directory_free(d);
    return result;
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
    const struct directory *d;
    int64_t count;
};

static int count_gap(void *context, int64_t id, const struct gap *g)
{
    struct gap_count *c = context;
    (void)id;
    bool closed =
        strcmp(g->class, "region-deny") == 0 || strcmp(g->class, "region-unavailable") == 0;
    if (closed && g->region[0] != '\0' && !directory_governs(c->d, g->region)) {
        return 0;
    }
    c->count++;
    return 0;
}

int store_coverage_totals(struct store *s, struct coverage_totals *out, struct err *err)
{
    struct directory *d = NULL;
    *out = (struct coverage_totals){0};
    if (store_each_coverage(s, add_up, out, err) != 0 || directory_load(s, NULL, &d, err) != 0) {
        return -1;
    }
    struct gap_count c = {.d = d};
    int result = store_each_gap(s, count_gap, &c, err);
    out->gaps = c.count;
    directory_free(d);
    return result;
}
