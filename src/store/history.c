/* History: the findings of the run before this one, kept beside this one's; and the walk over
 * both. */
#include "store/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "store_private.h"

static const char make_previous[] =
    "DROP TABLE IF EXISTS previous;"
    "CREATE TABLE previous(finding_id TEXT PRIMARY KEY, check_id TEXT NOT NULL,"
    " subject TEXT NOT NULL, status TEXT NOT NULL, severity_rank INTEGER NOT NULL,"
    " step INTEGER NOT NULL, account_id TEXT NOT NULL, account_name TEXT NOT NULL,"
    " region TEXT NOT NULL, resource_name TEXT NOT NULL, expected TEXT NOT NULL,"
    " observed TEXT NOT NULL, first_seen TEXT NOT NULL, status_since TEXT NOT NULL) WITHOUT ROWID";

int store_previous_find(struct store *s, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_PREVIOUS_THERE, err);
    if (statement == NULL) {
        return -1;
    }
    int rc = 0;
    bool any = store_step(s, statement, &rc, err);
    const char *scope = store_meta(s, "previous_scope");
    s->has_previous = any && scope != NULL && scope[0] != '\0';
    store_give(s, SQL_PREVIOUS_THERE, statement);
    return rc;
}

bool store_has_previous(const struct store *s)
{
    return s->has_previous;
}

static void copy_time(char out[STORE_TIME_SIZE], const char *from)
{
    size_t length = strnlen(from, STORE_TIME_SIZE - 1);
    memcpy(out, from, length);
    out[length] = '\0';
}

/* Not known to be in order: FAIL, also when muted, and ERROR. */
static bool is_weakness(const char *status)
{
    return strcmp(status, status_name(STATUS_FAIL)) == 0 ||
           strcmp(status, status_name(STATUS_MUTED)) == 0 ||
           strcmp(status, status_name(STATUS_ERROR)) == 0;
}

int store_finding_seen(struct store *s, struct finding *f, struct err *err)
{
    const char *now = store_meta(s, "ended");
    now = now != NULL ? now : "";
    copy_time(s->first_seen, now);
    copy_time(s->status_since, now);
    f->first_seen = s->first_seen;
    f->status_since = s->status_since;
    f->last_seen = now;
    if (!s->has_previous) {
        return 0;
    }
    sqlite3_stmt *statement = store_take(s, SQL_PREVIOUS_SEEN, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, f->id);
    int rc = 0;
    if (store_step(s, statement, &rc, err)) {
        /* A weakness is seen since it began, not since its check ran for the first time. */
        if (!is_weakness(status_name(f->status)) || is_weakness(store_column(statement, 0))) {
            copy_time(s->first_seen, store_column(statement, 1));
        }
        if (strcmp(store_column(statement, 0), status_name(f->status)) == 0) {
            copy_time(s->status_since, store_column(statement, 2));
        }
    }
    store_give(s, SQL_PREVIOUS_SEEN, statement);
    return rc;
}

struct carrying {
    struct store *to;
    struct err *err;
};

static int carry_finding(void *context, const struct finding *f)
{
    struct carrying *c = context;
    sqlite3_stmt *statement = store_take(c->to, SQL_PREVIOUS_ADD, c->err);
    if (statement == NULL) {
        return -1;
    }
    const char *const texts[] = {f->account_id, f->account_name, f->region,     f->resource_name,
                                 f->expected,   f->observed,     f->first_seen, f->status_since};
    store_bind(statement, 1, f->id);
    store_bind(statement, 2, f->check_id);
    store_bind(statement, 3, f->subject);
    store_bind(statement, 4, status_name(f->status));
    (void)sqlite3_bind_int(statement, 5, (int)f->severity);
    (void)sqlite3_bind_int(statement, 6, f->step);
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) {
        store_bind(statement, 7 + i, texts[i]);
    }
    return store_run(c->to, SQL_PREVIOUS_ADD, statement, c->err);
}

static int add_check(void *context, const struct finding_count *c)
{
    json_object_set_new(context, c->check_id, json_true());
    return 0;
}

/* What a run looked at: {"checks": {id: true}, "filtered": .., "regions": [..] or null}. */
static json_t *scope_of(struct store *s, struct err *err)
{
    json_t *checks = json_object();
    const char *narrowed = store_meta(s, "checks_narrowed");
    const char *rules = store_meta(s, "rules");
    const char *filtered = store_meta(s, "filtered");
    const char *regions = store_meta(s, "regions_asked");
    if (store_each_finding_count(s, add_check, checks, err) < 0) {
        json_decref(checks);
        return NULL;
    }
    /* A check without a subject left no row; it was judged all the same, unless left out. */
    json_t *list = rules != NULL && (narrowed == NULL || narrowed[0] == '\0')
                       ? json_loads(rules, 0, NULL)
                       : NULL;
    size_t i;
    json_t *rule;
    json_array_foreach(list, i, rule)
    {
        json_object_set_new(checks, jx_str_or(rule, "id", ""), json_true());
    }
    json_decref(list);
    json_t *asked = regions != NULL ? json_loads(regions, 0, NULL) : NULL;
    return json_pack("{s:o, s:b, s:o}", "checks", checks, "filtered",
                     filtered != NULL && strcmp(filtered, "true") == 0, "regions",
                     asked != NULL ? asked : json_null());
}

static int same_organization(struct store *a, struct store *b, struct err *err)
{
    const char *left = store_meta(a, "organization_id");
    const char *right = store_meta(b, "organization_id");
    return left != NULL && right != NULL && strcmp(left, right) == 0
               ? 0
               : err_set(err, ERR_INPUT, "the runs are of different organizations (%s and %s)",
                         left != NULL ? left : "none", right != NULL ? right : "none");
}

int store_carry(struct store *previous, struct store *s, struct err *err)
{
    struct carrying c = {.to = s, .err = err};
    json_t *scope = same_organization(previous, s, err) == 0 ? scope_of(previous, err) : NULL;
    if (scope == NULL) {
        return -1;
    }
    char *words = jx_dump(scope);
    s->has_previous = false;
    int rc = store_meta_set(s, "previous_scope", "", err) != 0 ||
                     store_exec(s, make_previous, err) != 0 ||
                     store_each_finding(previous, carry_finding, &c, err) != 0 ||
                     store_meta_set(s, "previous_run_id", store_meta(previous, "run_id"), err) ||
                     store_meta_set(s, "previous_ended", store_meta(previous, "ended"), err) ||
                     plan_membership_carry(previous, s, err) != 0 ||
                     store_meta_set(s, "previous_scope", words, err)
                 ? -1
                 : 0;
    s->has_previous = rc == 0;
    s->differences_counted = false;
    free(words);
    json_decref(scope);
    return rc;
}

struct side { /* of the walk */
    struct store *store;
    enum sql which;
    sqlite3_stmt *statement;
    json_t *scope;
    struct finding row;
    const char *first_seen, *status_since;
    bool more;
};

static int side_next(struct side *side, struct err *err)
{
    int step = sqlite3_step(side->statement);
    side->more = step == SQLITE_ROW;
    if (!side->more) {
        return step == SQLITE_DONE ? 0 : store_fail(side->store, err);
    }
    sqlite3_stmt *at = side->statement;
    side->row = (struct finding){.check_id = store_column(at, 1),
                                 .title = "",
                                 .scope = "",
                                 .subject = store_column(at, 2),
                                 .step = sqlite3_column_int(at, 5),
                                 .account_id = store_column(at, 6),
                                 .account_name = store_column(at, 7),
                                 .ou_path = "",
                                 .region = store_column(at, 8),
                                 .resource_arn = "",
                                 .resource_name = store_column(at, 9),
                                 .expected = store_column(at, 10),
                                 .observed = store_column(at, 11),
                                 .detail = "",
                                 .risk = "",
                                 .remediation = "",
                                 .remedy = "",
                                 .evidence = ""};
    const char *id = store_column(at, 0);
    memcpy(side->row.id, id, strnlen(id, FINDING_ID_SIZE - 1));
    int severity = sqlite3_column_int(at, 4);
    side->row.severity =
        severity >= 0 && severity < SEVERITY_COUNT ? (enum severity)severity : SEVERITY_CRITICAL;
    side->row.status = STATUS_ERROR;
    (void)status_parse(store_column(at, 3), &side->row.status);
    side->first_seen = store_column(at, 12);
    side->status_since = store_column(at, 13);
    return 0;
}

static int side_open(struct side *side, struct store *store, bool carried, struct err *err)
{
    *side = (struct side){.store = store,
                          .which = carried ? SQL_PREVIOUS_IN_ORDER : SQL_FINDINGS_IN_ORDER};
    const char *kept = carried ? store_meta(store, "previous_scope") : NULL;
    side->scope = carried ? json_loads(kept != NULL ? kept : "{}", 0, NULL) : scope_of(store, err);
    side->statement = side->scope != NULL ? store_take(store, side->which, err) : NULL;
    if (side->statement != NULL) {
        return side_next(side, err);
    }
    if (side->scope == NULL && carried) {
        return err_set(err, ERR_INPUT, "the stored findings of the previous run are damaged");
    }
    return -1;
}

static void side_close(struct side *side)
{
    if (side->store != NULL) {
        store_give(side->store, side->which, side->statement);
    }
    json_decref(side->scope);
}

/* Would this side have had the finding, had it been there? 1, 0, -1. */
static int looked(const struct side *side, const struct finding *f, bool mind_gaps, struct err *err)
{
    const json_t *regions = json_object_get(side->scope, "regions");
    if (json_object_get(json_object_get(side->scope, "checks"), f->check_id) == NULL ||
        json_is_true(json_object_get(side->scope, "filtered")) ||
        (f->region[0] != '\0' && json_is_array(regions) && !jx_list_has(regions, f->region))) {
        return 0;
    }
    if (!mind_gaps || side->store->gap_count == 0) {
        return 1;
    }
    /* What hangs on no account may be hidden by any gap. */
    int gap =
        f->account_id[0] == '\0' ? 1 : store_gap_at(side->store, f->account_id, f->region, err);
    return gap < 0 ? -1 : !gap;
}

static int in_order(const struct side *a, const struct side *b)
{
    if (!a->more || !b->more) {
        return a->more ? -1 : 1;
    }
    int order = strcmp(a->row.check_id, b->row.check_id);
    order = order != 0 ? order : strcmp(a->row.subject, b->row.subject);
    return order != 0 ? order : strcmp(a->row.id, b->row.id);
}

/* One step: whichever is first, or both. */
static int meet(struct side *before, struct side *after, unsigned wanted,
                int (*each)(void *context, const struct difference *d), void *context,
                struct err *err)
{
    int order = in_order(before, after);
    int seen = order < 0   ? looked(after, &before->row, true, err)
               : order > 0 ? looked(before, &after->row, false, err)
                           : 1;
    if (seen < 0) {
        return -1;
    }
    struct difference d = {.before = order <= 0 ? &before->row : NULL,
                           .after = order >= 0 ? &after->row : NULL,
                           .first_seen = order <= 0 ? before->first_seen : "",
                           .status_since = order <= 0 ? before->status_since : ""};
    d.change = change_of(d.before, d.after, seen == 1);
    int rc = (wanted >> d.change & 1U) != 0 ? each(context, &d) : 0;
    if (rc == 0 && order <= 0) {
        rc = side_next(before, err);
    }
    if (rc == 0 && order >= 0) {
        rc = side_next(after, err);
    }
    return rc;
}

int store_each_difference(struct store *before, struct store *after, unsigned wanted,
                          int (*each)(void *context, const struct difference *d), void *context,
                          struct err *err)
{
    struct side a = {0}, b = {0};
    int rc = before != NULL ? same_organization(before, after, err) : 0;
    if (rc == 0) {
        rc = side_open(&a, before != NULL ? before : after, before == NULL, err);
    }
    if (rc == 0) {
        rc = side_open(&b, after, false, err);
    }
    while (rc == 0 && (a.more || b.more)) {
        rc = meet(&a, &b, wanted, each, context, err);
    }
    side_close(&a);
    side_close(&b);
    return rc;
}

static int count_one(void *context, const struct difference *d)
{
    int64_t *counts = context;
    counts[d->change]++;
    return 0;
}

int store_count_differences(struct store *before, struct store *after, int64_t counts[CHANGE_COUNT],
                            struct err *err)
{
    if (before == NULL && after->differences_counted) {
        memcpy(counts, after->differences, sizeof after->differences);
        return 0;
    }
    memset(counts, 0, sizeof after->differences);
    int rc = store_each_difference(before, after, ~0U, count_one, counts, err);
    if (rc == 0 && before == NULL) {
        memcpy(after->differences, counts, sizeof after->differences);
        after->differences_counted = true;
    }
    return rc;
}
