/* Findings: written in the order of judging, read back worst first. */
#include <stdlib.h>

#include "base/mem.h"
#include "store_private.h"

/* What a reader must see first comes first. */
static const int rank_of_status[STATUS_COUNT] = {
    [STATUS_FAIL] = 0,  [STATUS_ERROR] = 1, [STATUS_MANUAL] = 2,        [STATUS_MUTED] = 3,
    [STATUS_FIXED] = 4, [STATUS_PASS] = 5,  [STATUS_NOT_APPLICABLE] = 6};

int store_findings_clear(struct store *s, struct err *err)
{
    static const enum sql clears[] = {SQL_FINDINGS_CLEAR, SQL_CHECKS_CLEAR};
    if (store_write(s, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof clears / sizeof clears[0]; i++) {
        sqlite3_stmt *statement = store_take(s, clears[i], err);
        if (statement == NULL || store_run(s, clears[i], statement, err) != 0) {
            return -1;
        }
    }
    map_free(s->checks);
    s->checks = map_new(NULL);
    /* Filling first and ordering once is several times cheaper than keeping order throughout. */
    s->findings_unordered = true;
    return store_exec(s, store_findings_index_drop, err);
}

static int remember_check(struct store *s, const struct finding *f, struct err *err)
{
    if (map_get(s->checks, f->check_id) != NULL) {
        return 0;
    }
    sqlite3_stmt *statement = store_take(s, SQL_CHECK, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, f->check_id);
    store_bind(statement, 2, f->title);
    (void)sqlite3_bind_int(statement, 3, f->step);
    (void)sqlite3_bind_int(statement, 4, (int)f->severity);
    if (store_run(s, SQL_CHECK, statement, err) != 0) {
        return -1;
    }
    map_set(s->checks, f->check_id, s);
    return 0;
}

int store_finding(struct store *s, const struct finding *f, struct err *err)
{
    if (store_write(s, err) != 0 || remember_check(s, f, err) != 0) {
        return -1;
    }
    sqlite3_stmt *statement = store_take(s, SQL_FINDING, err);
    if (statement == NULL) {
        return -1;
    }
    const char *const before[] = {f->id,    f->check_id, f->title,
                                  f->scope, f->subject,  status_name(f->status)};
    const char *const after[] = {f->account_id,   f->account_name,  f->ou_path,     f->region,
                                 f->resource_arn, f->resource_name, f->expected,    f->observed,
                                 f->detail,       f->risk,          f->remediation, f->remedy,
                                 f->evidence};
    int at = 1;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        store_bind(statement, at++, before[i]);
    }
    (void)sqlite3_bind_int(statement, at++, rank_of_status[f->status]);
    store_bind(statement, at++, severity_name(f->severity));
    (void)sqlite3_bind_int(statement, at++, (int)f->severity);
    (void)sqlite3_bind_int(statement, at++, f->step);
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        store_bind(statement, at++, after[i]);
    }
    s->findings_unordered = true;
    return store_run(s, SQL_FINDING, statement, err);
}

int store_finding_status(struct store *s, const char *finding_id, enum status status,
                         struct err *err)
{
    if (store_write(s, err) != 0) {
        return -1;
    }
    sqlite3_stmt *statement = store_take(s, SQL_FINDING_STATUS, err);
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

static struct finding finding_of_row(sqlite3_stmt *statement)
{
    struct finding f = {.check_id = store_column(statement, 1),
                        .title = store_column(statement, 2),
                        .scope = store_column(statement, 3),
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
                        .detail = store_column(statement, 16),
                        .risk = store_column(statement, 17),
                        .remediation = store_column(statement, 18),
                        .remedy = store_column(statement, 19),
                        .evidence = store_column(statement, 20)};
    const char *id = store_column(statement, 0);
    for (size_t i = 0; i + 1 < FINDING_ID_SIZE && id[i] != '\0'; i++) {
        f.id[i] = id[i];
    }
    /* Words of another hand's edit read as the worst, never as a pass. */
    f.status = STATUS_ERROR;
    f.severity = SEVERITY_CRITICAL;
    (void)status_parse(store_column(statement, 5), &f.status);
    (void)severity_parse(store_column(statement, 6), &f.severity);
    return f;
}

int store_each_finding(struct store *s, int (*each)(void *context, const struct finding *f),
                       void *context, struct err *err)
{
    if (put_in_order(s, err) != 0) {
        return -1;
    }
    sqlite3_stmt *statement = store_take(s, SQL_EACH_FINDING, err);
    if (statement == NULL) {
        return -1;
    }
    int result = 0;
    int step = 0;
    while (result == 0 && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct finding f = finding_of_row(statement);
        result = each(context, &f);
    }
    if (result == 0 && step != SQLITE_DONE) {
        result = store_fail(s, err);
    }
    store_give(s, SQL_EACH_FINDING, statement);
    return result;
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
    int result = statement != NULL ? 0 : -1;
    int step = SQLITE_DONE;
    while (result == 0 && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct finding_count count = {0};
        const struct finding_count *counted = map_get(counts, store_column(statement, 0));
        if (counted != NULL) {
            count = *counted;
        }
        count.check_id = store_column(statement, 0);
        count.title = store_column(statement, 1);
        count.step = sqlite3_column_int(statement, 2);
        count.severity = (enum severity)sqlite3_column_int(statement, 3);
        result = each(context, &count);
    }
    if (result == 0 && step != SQLITE_DONE) {
        result = store_fail(s, err);
    }
    store_give(s, SQL_EACH_CHECK, statement);
    map_free(counts);
    return result;
}
