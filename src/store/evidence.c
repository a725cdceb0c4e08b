/* Evidence: findings by place, the facts they rest on, the documents kept from those. */
#include <string.h>

#include "store_private.h"

int store_each_finding_by_place(struct store *s,
                                int (*each)(void *context, const struct finding *f), void *context,
                                struct err *err)
{
    sqlite3_stmt *statement =
        store_checks_load(s, err) == 0 ? store_take(s, SQL_EACH_FINDING_BY_PLACE, err) : NULL;
    int rc = statement != NULL ? 0 : -1;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        struct finding f = store_finding_of_row(s, statement);
        rc = each(context, &f);
    }
    store_give(s, SQL_EACH_FINDING_BY_PLACE, statement);
    return rc;
}

static struct grounds grounds_of_row(sqlite3_stmt *statement)
{
    return (struct grounds){.row = sqlite3_column_int64(statement, 0),
                            .check_id = store_column(statement, 1),
                            .account = store_column(statement, 2),
                            .region = store_column(statement, 3),
                            .evidence = store_column(statement, 4)};
}

int store_each_grounds(struct store *s, int (*each)(void *context, const struct grounds *g),
                       void *context, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_EACH_GROUNDS, err);
    int rc = statement != NULL ? 0 : -1;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        const struct grounds g = grounds_of_row(statement);
        rc = each(context, &g);
    }
    store_give(s, SQL_EACH_GROUNDS, statement);
    return rc;
}

int store_read_grounds(struct store *s, int64_t row,
                       int (*each)(void *context, const struct grounds *g), void *context,
                       struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_READ_GROUNDS, err);
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(statement, 1, row);
    int rc = 0;
    if (store_step(s, statement, &rc, err)) {
        const struct grounds g = grounds_of_row(statement);
        rc = each(context, &g);
    }
    store_give(s, SQL_READ_GROUNDS, statement);
    return rc;
}

static struct fact fact_of_row(sqlite3_stmt *statement)
{
    return (struct fact){.operation = store_column(statement, 0),
                         .account = store_column(statement, 1),
                         .region = store_column(statement, 2),
                         .target = store_column(statement, 3),
                         .request_id = store_column(statement, 4),
                         .wall_ms = sqlite3_column_int64(statement, 5),
                         .digest = store_column(statement, 6),
                         .bytes = (size_t)sqlite3_column_int64(statement, 7),
                         .http_status = sqlite3_column_int(statement, 8),
                         .attempts = (unsigned)sqlite3_column_int(statement, 9),
                         .throttles = (unsigned)sqlite3_column_int(statement, 10),
                         .page = (unsigned)sqlite3_column_int(statement, 11)};
}

int store_read_fact(struct store *s, int64_t id, int (*each)(void *context, const struct fact *f),
                    void *context, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_READ_FACT, err);
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(statement, 1, id);
    int rc = 0;
    if (store_step(s, statement, &rc, err)) {
        const struct fact f = fact_of_row(statement);
        rc = each(context, &f);
    }
    store_give(s, SQL_READ_FACT, statement);
    return rc;
}

int store_each_fact(struct store *s, int64_t after,
                    int (*each)(void *context, int64_t id, const struct fact *f), void *context,
                    struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_EACH_FACT, err);
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(statement, 1, after);
    int rc = 0;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        const struct fact f = fact_of_row(statement);
        rc = each(context, sqlite3_column_int64(statement, 12), &f);
    }
    store_give(s, SQL_EACH_FACT, statement);
    return rc;
}

int store_count_facts(struct store *s, int64_t *count, int64_t *largest_id, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_COUNT_FACTS, err);
    if (statement == NULL) {
        return -1;
    }
    int rc = sqlite3_step(statement) == SQLITE_ROW ? 0 : store_fail(s, err);
    if (rc == 0) {
        *count = sqlite3_column_int64(statement, 0);
        *largest_id = sqlite3_column_int64(statement, 1);
    }
    store_give(s, SQL_COUNT_FACTS, statement);
    return rc;
}

int store_each_operation(struct store *s,
                         int (*each)(void *context, const struct operation_count *c), void *context,
                         struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_COUNT_OPERATIONS, err);
    int rc = statement != NULL ? 0 : -1;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        const struct operation_count c = {.operation = store_column(statement, 0),
                                          .calls = sqlite3_column_int64(statement, 1),
                                          .attempts = sqlite3_column_int64(statement, 2),
                                          .throttles = sqlite3_column_int64(statement, 3),
                                          .bytes = sqlite3_column_int64(statement, 4)};
        rc = each(context, &c);
    }
    store_give(s, SQL_COUNT_OPERATIONS, statement);
    return rc;
}

/* Scans have no use for this index, so runs do not carry it: it is made beside the run. */
static int index_facts(struct store *s, struct err *err)
{
    static const char make[] =
        "CREATE TEMP TABLE kept(fact INTEGER NOT NULL, entity INTEGER NOT NULL,"
        " PRIMARY KEY(fact, entity)) WITHOUT ROWID;"
        "INSERT INTO temp.kept SELECT fact, id FROM main.entities WHERE fact > 0 ORDER BY 1, 2;";
    if (!s->fact_index && store_exec(s, make, err) != 0) {
        return -1;
    }
    s->fact_index = true;
    return 0;
}

int store_each_entity_of_fact(struct store *s, int64_t fact,
                              int (*each)(void *context, const struct entity *e), void *context,
                              struct err *err)
{
    sqlite3_stmt *statement =
        index_facts(s, err) == 0 ? store_take(s, SQL_ENTITIES_OF_FACT, err) : NULL;
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(statement, 1, fact);
    int rc = 0;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        struct entity e = entity_of_row(statement);
        rc = each(context, &e);
    }
    store_give(s, SQL_ENTITIES_OF_FACT, statement);
    return rc;
}
