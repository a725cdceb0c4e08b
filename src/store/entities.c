/* Entities: the nouns collected, AWS's own members as JSON text. */
#include "base/jsonx.h"
#include "store_private.h"

int store_entity(struct store *s, const struct entity *e, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_ENTITY, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, e->kind);
    store_bind(statement, 2, e->account);
    store_bind(statement, 3, e->region);
    store_bind(statement, 4, e->key);
    (void)sqlite3_bind_text64(statement, 5, e->json, e->json_length, SQLITE_STATIC, SQLITE_UTF8);
    if (e->fact != 0) {
        (void)sqlite3_bind_int64(statement, 6, e->fact);
    }
    return store_run(s, SQL_ENTITY, statement, err);
}

struct entity entity_of_row(sqlite3_stmt *statement)
{
    struct entity e = {.kind = store_column(statement, 0),
                       .account = store_column(statement, 1),
                       .region = store_column(statement, 2),
                       .key = store_column(statement, 3),
                       .json = store_column(statement, 4),
                       .fact = sqlite3_column_int64(statement, 5)};
    e.json_length = (size_t)sqlite3_column_bytes(statement, 4);
    return e;
}

int cursor_next(struct cursor *c, struct err *err)
{
    int step = sqlite3_step(c->statement);
    c->more = step == SQLITE_ROW;
    if (c->more) {
        c->row = entity_of_row(c->statement);
    }
    return c->more || step == SQLITE_DONE ? 0 : store_fail(c->store, err);
}

int cursor_open(struct cursor *c, struct store *s, const char *kind, const char *account,
                const char *region, struct err *err)
{
    static const enum sql variants[2][2] = {{SQL_EACH_ENTITY, SQL_EACH_ENTITY_REGION},
                                            {SQL_EACH_ENTITY_ACCOUNT, SQL_EACH_ENTITY_HERE}};
    enum sql which = variants[account != NULL][region != NULL];
    *c = (struct cursor){.store = s, .which = (int)which};
    c->statement = store_take(s, which, err);
    if (c->statement == NULL) {
        return -1;
    }
    const char *const parameters[] = {kind, account, region};
    int at = 1;
    for (size_t i = 0; i < 3; i++) {
        if (parameters[i] != NULL) {
            /* The caller's strings may die before the walk does. */
            (void)sqlite3_bind_text(c->statement, at++, parameters[i], -1, SQLITE_TRANSIENT);
        }
    }
    return cursor_next(c, err);
}

void cursor_close(struct cursor *c)
{
    if (c->store != NULL) {
        store_give(c->store, (enum sql)c->which, c->statement);
    }
    *c = (struct cursor){0};
}

int store_each_entity(struct store *s, const char *kind, const char *account, const char *region,
                      int (*each)(void *context, const struct entity *e), void *context,
                      struct err *err)
{
    struct cursor c = {0};
    int rc = cursor_open(&c, s, kind, account, region, err);
    while (rc == 0 && c.more) {
        rc = each(context, &c.row);
        if (rc == 0) {
            rc = cursor_next(&c, err);
        }
    }
    cursor_close(&c);
    return rc;
}

int store_each_entity_region(struct store *s, const char *kind, const char *account,
                             int (*each)(void *context, const char *region), void *context,
                             struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_ENTITY_REGIONS, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, kind);
    store_bind(statement, 2, account);
    int rc = 0;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        rc = each(context, store_column(statement, 0));
    }
    store_give(s, SQL_ENTITY_REGIONS, statement);
    return rc;
}

int store_get_entity(struct store *s, const char *kind, const char *account, const char *region,
                     const char *key, json_t **out, int64_t *fact, struct err *err)
{
    *out = NULL;
    sqlite3_stmt *statement = store_take(s, SQL_GET_ENTITY, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, kind);
    store_bind(statement, 2, account);
    store_bind(statement, 3, region);
    store_bind(statement, 4, key);
    int rc = 0;
    if (store_step(s, statement, &rc, err)) {
        const char *problem = NULL;
        const char *json = store_column(statement, 0);
        *out = jx_parse(json, (size_t)sqlite3_column_bytes(statement, 0), &problem);
        if (*out == NULL) {
            rc = err_set(err, ERR_INPUT, "%s: %s %s in %s/%s is damaged: %s", s->path, kind, key,
                         account, region, problem);
        } else if (fact != NULL) {
            *fact = sqlite3_column_int64(statement, 1);
        }
    }
    store_give(s, SQL_GET_ENTITY, statement);
    return rc;
}

int64_t store_count_entities(struct store *s, const char *kind)
{
    struct err ignored = ERR_INIT;
    sqlite3_stmt *statement = store_take(s, SQL_COUNT_ENTITIES, &ignored);
    if (statement == NULL) {
        return 0;
    }
    store_bind(statement, 1, kind);
    int64_t count = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    store_give(s, SQL_COUNT_ENTITIES, statement);
    return count;
}
