#include "store/counts.h"

#include "store_private.h"

static void tell_questions(const struct count_visitor *v, sqlite3_stmt *row)
{
    const struct question_count c = {store_column(row, 0), sqlite3_column_int64(row, 1),
                                     sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3)};
    v->questions(v->context, &c);
}

static void tell_gaps(const struct count_visitor *v, sqlite3_stmt *row)
{
    const struct class_count c = {store_column(row, 0), store_column(row, 1),
                                  sqlite3_column_int64(row, 2), sqlite3_column_int(row, 3) != 0};
    v->gaps(v->context, &c);
}

static void tell_throttled(const struct count_visitor *v, sqlite3_stmt *row)
{
    const struct throttle_count c = {store_column(row, 0), sqlite3_column_int64(row, 1)};
    v->throttled(v->context, &c);
}

static int tell_rows(struct store *s, enum sql which, const char *account,
                     void (*tell)(const struct count_visitor *v, sqlite3_stmt *row),
                     const struct count_visitor *visitor, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, which, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, account);
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        tell(visitor, statement);
    }
    int rc = step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, which, statement);
    return rc;
}

int store_each_count(struct store *s, const char *account, const struct count_visitor *visitor,
                     struct err *err)
{
    return tell_rows(s, SQL_COVERAGE_QUESTIONS, account, tell_questions, visitor, err) != 0 ||
                   tell_rows(s, SQL_COVERAGE_GAPS, account, tell_gaps, visitor, err) != 0 ||
                   tell_rows(s, SQL_COVERAGE_THROTTLED, account, tell_throttled, visitor, err) != 0
               ? -1
               : 0;
}
