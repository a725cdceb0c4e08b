/* Since when plans take resources. AWS keeps no time for tags, so a run remembers what it saw, and
 * the next one knows what is new. */
#include <string.h>

#include "store_private.h"

/* What was not seen for so long is forgotten: its account may be closed, its Region left. */
#define KEPT_MS (INT64_C(90) * 24 * 3600 * 1000)

static void bind_membership(sqlite3_stmt *statement, const struct plan_membership *t)
{
    const char *const texts[] = {t->account, t->region, t->arn, t->plan};
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) {
        store_bind(statement, 1 + i, texts[i]);
    }
}

int plan_membership_since(struct store *s, const struct plan_membership *t, int64_t now_ms,
                          int64_t *since_ms, struct err *err)
{
    *since_ms = 0;
    sqlite3_stmt *statement = store_take(s, SQL_PLAN_MEMBERSHIP_SINCE, err);
    if (statement == NULL) {
        return -1;
    }
    bind_membership(statement, t);
    int rc = 0;
    if (store_step(s, statement, &rc, err)) {
        bool same = strcmp(store_column(statement, 1), t->arn) == 0;
        *since_ms = same ? sqlite3_column_int64(statement, 0) : now_ms;
    }
    store_give(s, SQL_PLAN_MEMBERSHIP_SINCE, statement);
    return rc;
}

static int add(struct store *s, enum sql which, const struct plan_membership *t,
               const int64_t times[2], struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, which, err);
    if (statement == NULL) {
        return -1;
    }
    bind_membership(statement, t);
    (void)sqlite3_bind_int64(statement, 5, times[0]);
    (void)sqlite3_bind_int64(statement, 6, times[1]);
    return store_run(s, which, statement, err);
}

int plan_membership_note(struct store *s, const struct plan_membership *t, int64_t since_ms,
                         int64_t now_ms, struct err *err)
{
    const int64_t times[] = {since_ms, now_ms};
    return add(s, SQL_PLAN_MEMBERSHIP_NOTE, t, times, err);
}

int plan_membership_carry(struct store *previous, struct store *s, struct err *err)
{
    sqlite3_stmt *known = store_exec(s, "DELETE FROM taken_before", err) == 0
                              ? store_take(previous, SQL_PLAN_MEMBERSHIP_KNOWN, err)
                              : NULL;
    if (known == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(known, 1, KEPT_MS);
    int rc = 0;
    while (rc == 0 && store_step(previous, known, &rc, err)) {
        const struct plan_membership t = {store_column(known, 0), store_column(known, 1),
                                          store_column(known, 2), store_column(known, 3)};
        const int64_t times[] = {sqlite3_column_int64(known, 4), sqlite3_column_int64(known, 5)};
        rc = add(s, SQL_PLAN_MEMBERSHIP_CARRY, &t, times, err);
    }
    store_give(previous, SQL_PLAN_MEMBERSHIP_KNOWN, known);
    return rc;
}
