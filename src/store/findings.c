/* Findings: written in the order of judging, read back worst first. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store_private.h"

/* What a reader must see first comes first. */
static const int rank_of_status[STATUS_COUNT] = {
    [STATUS_FAIL] = 0,  [STATUS_ERROR] = 1, [STATUS_MANUAL] = 2,        [STATUS_MUTED] = 3,
    [STATUS_FIXED] = 4, [STATUS_PASS] = 5,  [STATUS_NOT_APPLICABLE] = 6};

int store_findings_clear(struct store *s, struct err *err)
{
    static const enum sql clears[] = {SQL_FINDINGS_CLEAR, SQL_CHECKS_CLEAR,
                                      SQL_PLAN_MEMBERSHIP_CLEAR};
    if (store_write(s, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof clears / sizeof clears[0]; i++) {
        sqlite3_stmt *statement = store_take(s, clears[i], err);
        if (statement == NULL || store_run(s, clears[i], statement, err) != 0) {
            return -1;
        }
    }
    s->differences_counted = false;
    map_free(s->checks);
    s->checks = map_new(check_words_free);
    /* Filling first and ordering once is several times cheaper than keeping order throughout. */
    s->findings_unordered = true;
    return store_exec(s, store_findings_index_drop, err);
}

void check_words_free(void *words)
{
    struct check_words *w = words;
    if (w != NULL) {
        char *const texts[] = {w->title, w->scope, w->detail, w->risk, w->remedy};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            free(texts[i]);
        }
    }
    free(w);
}

static const struct check_words *keep_words(struct store *s, const char *check_id,
                                            const struct finding *f)
{
    struct check_words *w = xcalloc(1, sizeof *w);
    *w = (struct check_words){xstrdup(f->title), xstrdup(f->scope), xstrdup(f->detail),
                              xstrdup(f->risk), xstrdup(f->remedy)};
    map_set(s->checks, check_id, w);
    return w;
}

/* The words of the finding's check, written when it is the first of that check; NULL with err. */
static const struct check_words *remember_check(struct store *s, const struct finding *f,
                                                struct err *err)
{
    const struct check_words *known = map_get(s->checks, f->check_id);
    if (known != NULL) {
        return known;
    }
    sqlite3_stmt *statement = store_take(s, SQL_CHECK, err);
    if (statement == NULL) {
        return NULL;
    }
    store_bind(statement, 1, f->check_id);
    store_bind(statement, 2, f->title);
    store_bind(statement, 3, f->scope);
    (void)sqlite3_bind_int(statement, 4, f->step);
    (void)sqlite3_bind_int(statement, 5, (int)f->severity);
    store_bind(statement, 6, f->detail);
    store_bind(statement, 7, f->risk);
    store_bind(statement, 8, f->remedy);
    return store_run(s, SQL_CHECK, statement, err) == 0 ? keep_words(s, f->check_id, f) : NULL;
}

/* NULL where the finding says what its check says. */
static void bind_unless_same(sqlite3_stmt *statement, int parameter, const char *text,
                             const char *common)
{
    if (text != NULL && strcmp(text, common) != 0) {
        store_bind(statement, parameter, text);
    }
}

int store_finding(struct store *s, const struct finding *f, struct err *err)
{
    const struct check_words *common = store_write(s, err) == 0 ? remember_check(s, f, err) : NULL;
    sqlite3_stmt *statement = common != NULL ? store_take(s, SQL_FINDING, err) : NULL;
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, f->id);
    store_bind(statement, 2, f->check_id);
    bind_unless_same(statement, 3, f->title, common->title);
    bind_unless_same(statement, 4, f->scope, common->scope);
    store_bind(statement, 5, f->subject);
    store_bind(statement, 6, status_name(f->status));
    (void)sqlite3_bind_int(statement, 7, rank_of_status[f->status]);
    (void)sqlite3_bind_int(statement, 8, (int)f->severity);
    (void)sqlite3_bind_int(statement, 9, f->step);
    const char *const places[] = {f->account_id,   f->account_name,  f->ou_path,  f->region,
                                  f->resource_arn, f->resource_name, f->expected, f->observed};
    for (int i = 0; i < (int)(sizeof places / sizeof places[0]); i++) {
        store_bind(statement, 10 + i, places[i]);
    }
    bind_unless_same(statement, 18, f->detail, common->detail);
    bind_unless_same(statement, 19, f->risk, common->risk);
    store_bind(statement, 20, f->remediation);
    bind_unless_same(statement, 21, f->remedy, common->remedy);
    store_bind(statement, 22, f->evidence);
    bind_unless_same(statement, 23, f->waiver, "");
    s->findings_unordered = true;
    s->differences_counted = false;
    return store_run(s, SQL_FINDING, statement, err);
}

int store_finding_status(struct store *s, const char *finding_id, enum status status,
                         struct err *err)
{
    s->differences_counted = false;
    sqlite3_stmt *statement = store_take_to_write(s, SQL_FINDING_STATUS, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, finding_id);
    store_bind(statement, 2, status_name(status));
    (void)sqlite3_bind_int(statement, 3, rank_of_status[status]);
    return store_run(s, SQL_FINDING_STATUS, statement, err);
}

static int put_in_order(struct store *s, struct err *err)
{
    if (s->read_only || !s->findings_unordered) {
        return 0;
    }
    if (store_write(s, err) != 0 || store_exec(s, store_findings_index, err) != 0) {
        return -1;
    }
    s->findings_unordered = false;
    return 0;
}

/* The words of the checks of a run that was opened. */
int store_checks_load(struct store *s, struct err *err)
{
    if (map_count(s->checks) > 0) {
        return 0;
    }
    sqlite3_stmt *statement = store_take(s, SQL_EACH_CHECK, err);
    if (statement == NULL) {
        return -1;
    }
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct finding f = {.title = store_column(statement, 1),
                                  .scope = store_column(statement, 4),
                                  .detail = store_column(statement, 5),
                                  .risk = store_column(statement, 6),
                                  .remedy = store_column(statement, 7)};
        (void)keep_words(s, store_column(statement, 0), &f);
    }
    int rc = step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, SQL_EACH_CHECK, statement);
    return rc;
}

static const char *column_or(sqlite3_stmt *statement, int column, const char *common)
{
    bool own = sqlite3_column_type(statement, column) != SQLITE_NULL;
    return own ? store_column(statement, column) : common;
}

struct finding store_finding_of_row(struct store *s, sqlite3_stmt *statement)
{
    const char *check_id = store_column(statement, 1);
    const struct check_words *common = map_get(s->checks, check_id);
    struct finding f = {.check_id = check_id,
                        .title = column_or(statement, 2, common != NULL ? common->title : ""),
                        .scope = column_or(statement, 3, common != NULL ? common->scope : ""),
                        .subject = store_column(statement, 4),
                        .step = sqlite3_column_int(statement, 7),
                        .account_id = store_column(statement, 8),
                        .account_name = store_column(statement, 9),
                        .ou_path = store_column(statement, 10),
                        .region = store_column(statement, 11),
                        .resource_arn = store_column(statement, 12),
                        .resource_name = store_column(statement, 13),
                        .expected = store_column(statement, 14),
                        .observed = store_column(statement, 15),
                        .detail = column_or(statement, 16, common != NULL ? common->detail : ""),
                        .risk = column_or(statement, 17, common != NULL ? common->risk : ""),
                        .remediation = store_column(statement, 18),
                        .remedy = column_or(statement, 19, common != NULL ? common->remedy : ""),
                        .evidence = store_column(statement, 20),
                        .waiver = column_or(statement, 21, "")};
    const char *id = store_column(statement, 0);
    for (size_t i = 0; i + 1 < FINDING_ID_SIZE && id[i] != '\0'; i++) {
        f.id[i] = id[i];
    }
    /* What another hand edited reads as the worst, never as a pass. */
    int severity = sqlite3_column_int(statement, 6);
    f.severity =
        severity >= 0 && severity < SEVERITY_COUNT ? (enum severity)severity : SEVERITY_CRITICAL;
    f.status = STATUS_ERROR;
    (void)status_parse(store_column(statement, 5), &f.status);
    return f;
}

/* Steps through a bound walk over findings and gives it back. */
static int walk_findings(struct store *s, enum sql which, sqlite3_stmt *statement,
                         int (*each)(void *context, const struct finding *f), void *context,
                         struct err *err)
{
    int rc = 0;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        struct finding f = store_finding_of_row(s, statement);
        rc = store_finding_seen(s, &f, err);
        rc = rc == 0 ? each(context, &f) : rc;
    }
    store_give(s, which, statement);
    return rc;
}

int store_each_finding(struct store *s, int (*each)(void *context, const struct finding *f),
                       void *context, struct err *err)
{
    if (put_in_order(s, err) != 0 || store_checks_load(s, err) != 0) {
        return -1;
    }
    sqlite3_stmt *statement = store_take(s, SQL_EACH_FINDING, err);
    return statement != NULL ? walk_findings(s, SQL_EACH_FINDING, statement, each, context, err)
                             : -1;
}

int store_each_finding_of(struct store *s, enum status status,
                          int (*each)(void *context, const struct finding *f), void *context,
                          struct err *err)
{
    if (put_in_order(s, err) != 0 || store_checks_load(s, err) != 0) {
        return -1;
    }
    sqlite3_stmt *statement = store_take(s, SQL_EACH_FINDING_OF, err);
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int(statement, 1, rank_of_status[status]);
    return walk_findings(s, SQL_EACH_FINDING_OF, statement, each, context, err);
}

static enum status status_of_rank(int rank)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (rank_of_status[i] == rank) {
            return (enum status)i;
        }
    }
    return STATUS_ERROR;
}

/* Check id -> finding_count with the counts of each status. */
static struct map *count_by_check(struct store *s, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_COUNT_FINDINGS, err);
    if (statement == NULL) {
        return NULL;
    }
    struct map *counts = map_new(free);
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *check = store_column(statement, 0);
        struct finding_count *count = map_get(counts, check);
        if (count == NULL) {
            count = xcalloc(1, sizeof *count);
            map_set(counts, check, count);
        }
        count->by_status[status_of_rank(sqlite3_column_int(statement, 1))] +=
            sqlite3_column_int64(statement, 2);
    }
    if (step != SQLITE_DONE) {
        (void)store_fail(s, err);
        map_free(counts);
        counts = NULL;
    }
    store_give(s, SQL_COUNT_FINDINGS, statement);
    return counts;
}

int store_each_finding_count(struct store *s,
                             int (*each)(void *context, const struct finding_count *c),
                             void *context, struct err *err)
{
    struct map *counts = put_in_order(s, err) == 0 ? count_by_check(s, err) : NULL;
    sqlite3_stmt *statement = counts != NULL ? store_take(s, SQL_EACH_CHECK, err) : NULL;
    int rc = statement != NULL ? 0 : -1;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        struct finding_count count = {0};
        const struct finding_count *counted = map_get(counts, store_column(statement, 0));
        if (counted != NULL) {
            count = *counted;
        }
        count.check_id = store_column(statement, 0);
        count.title = store_column(statement, 1);
        count.step = sqlite3_column_int(statement, 2);
        count.severity = (enum severity)sqlite3_column_int(statement, 3);
        rc = each(context, &count);
    }
    store_give(s, SQL_EACH_CHECK, statement);
    map_free(counts);
    return rc;
}

int store_each_ou_count(struct store *s, int (*each)(void *context, const struct ou_count *c),
                        void *context, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_COUNT_OUS, err);
    int rc = statement != NULL ? 0 : -1;
    int step = rc == 0 ? sqlite3_step(statement) : SQLITE_DONE;
    while (rc == 0 && step == SQLITE_ROW) {
        char *path = xstrdup(store_column(statement, 0));
        struct ou_count c = {.ou_path = path};
        do {
            c.by_status[status_of_rank(sqlite3_column_int(statement, 1))] +=
                sqlite3_column_int64(statement, 2);
            step = sqlite3_step(statement);
        } while (step == SQLITE_ROW && strcmp(store_column(statement, 0), path) == 0);
        rc = each(context, &c);
        free(path);
    }
    if (rc == 0 && step != SQLITE_DONE) {
        rc = store_fail(s, err);
    }
    store_give(s, SQL_COUNT_OUS, statement);
    return rc;
}
