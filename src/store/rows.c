/* Questions, facts and gaps: what was asked, what was answered, what stayed hidden. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store_private.h"

#define OPEN_QUESTIONS_MAX 10000

int store_ask(struct store *s, const char *collector, const char *account, const char *region,
              const char *target, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_ASK, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, collector);
    store_bind(statement, 2, account);
    store_bind(statement, 3, region);
    store_bind(statement, 4, target);
    if (store_run(s, SQL_ASK, statement, err) != 0) {
        return -1;
    }
    bool added = sqlite3_changes(s->db) > 0;
    s->questions[QUESTION_OPEN] += added ? 1 : 0;
    return added ? 1 : 0;
}

static char *column_copy(sqlite3_stmt *statement, int column)
{
    return xstrdup(store_column(statement, column));
}

/* The rows are copied before the first call, because the callee may ask and close questions. */
int store_open_questions(struct store *s, int64_t after, int limit,
                         int (*each)(void *context, const struct question *q), void *context,
                         struct err *err)
{
    struct copy {
        int64_t id;
        char *texts[4];
    } *rows = NULL;
    int count = 0;
    int rc = -1;
    int bounded = limit < 0 || limit > OPEN_QUESTIONS_MAX ? OPEN_QUESTIONS_MAX : limit;
    sqlite3_stmt *statement = store_take(s, SQL_OPEN_QUESTIONS, err);
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(statement, 1, after);
    (void)sqlite3_bind_int(statement, 2, bounded);
    rows = xcalloc((size_t)bounded + 1, sizeof *rows);
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        rows[count].id = sqlite3_column_int64(statement, 0);
        for (int i = 0; i < 4; i++) {
            rows[count].texts[i] = column_copy(statement, i + 1);
        }
        count++;
    }
    if (step != SQLITE_DONE) {
        (void)store_fail(s, err);
    }
    store_give(s, SQL_OPEN_QUESTIONS, statement);
    if (step != SQLITE_DONE) {
        goto out;
    }
    rc = count;
    for (int i = 0; i < count; i++) {
        const struct question q = {.id = rows[i].id,
                                   .collector = rows[i].texts[0],
                                   .account = rows[i].texts[1],
                                   .region = rows[i].texts[2],
                                   .target = rows[i].texts[3]};
        if (each(context, &q) != 0) {
            rc = i + 1;
            break;
        }
    }
out:
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < 4; j++) {
            free(rows[i].texts[j]);
        }
    }
    free(rows);
    return rc;
}

int store_question_close(struct store *s, int64_t id, enum question_state state, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_CLOSE_QUESTION, err);
    if (statement == NULL) {
        return -1;
    }
    (void)sqlite3_bind_int64(statement, 1, id);
    (void)sqlite3_bind_int(statement, 2, (int)state);
    if (store_run(s, SQL_CLOSE_QUESTION, statement, err) != 0) {
        return -1;
    }
    if (sqlite3_changes(s->db) > 0) {
        s->questions[QUESTION_OPEN]--;
        s->questions[state]++;
    }
    return 0;
}

int64_t store_question_count(struct store *s, enum question_state state)
{
    return s->questions[state];
}

int store_questions_count_all(struct store *s, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_COUNT_QUESTIONS, err);
    if (statement == NULL) {
        return -1;
    }
    int step = 0;
    memset(s->questions, 0, sizeof s->questions);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        int state = sqlite3_column_int(statement, 0);
        if (state >= 0 && state < QUESTION_STATES) {
            s->questions[state] = sqlite3_column_int64(statement, 1);
        }
    }
    int rc = step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, SQL_COUNT_QUESTIONS, statement);
    return rc;
}

int store_fact(struct store *s, const struct fact *f, int64_t *id, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_FACT, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, f->operation);
    store_bind(statement, 2, f->account);
    store_bind(statement, 3, f->region);
    store_bind(statement, 4, f->target);
    store_bind(statement, 5, f->request_id);
    (void)sqlite3_bind_int64(statement, 6, f->wall_ms);
    store_bind(statement, 7, f->digest);
    (void)sqlite3_bind_int64(statement, 8, (sqlite3_int64)f->bytes);
    (void)sqlite3_bind_int(statement, 9, f->http_status);
    (void)sqlite3_bind_int64(statement, 10, f->attempts);
    (void)sqlite3_bind_int64(statement, 11, f->throttles);
    (void)sqlite3_bind_int64(statement, 12, f->page);
    if (store_run(s, SQL_FACT, statement, err) != 0) {
        return -1;
    }
    if (id != NULL) {
        *id = sqlite3_last_insert_rowid(s->db);
    }
    return 0;
}

int store_gap(struct store *s, const struct gap *g, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_GAP, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, g->operation);
    store_bind(statement, 2, g->account);
    store_bind(statement, 3, g->region);
    store_bind(statement, 4, g->target);
    store_bind(statement, 5, g->class);
    store_bind(statement, 6, g->code);
    store_bind(statement, 7, g->message);
    (void)sqlite3_bind_int64(statement, 8, g->wall_ms);
    store_bind(statement, 9, g->request_id);
    if (store_run(s, SQL_GAP, statement, err) != 0) {
        return -1;
    }
    store_gap_remember(s, g->operation, g->account != NULL ? g->account : "");
    return 0;
}

int store_gaps_not_by_region(struct store *s, const char *governed, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_GAPS_NOT_BY_REGION, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, governed);
    return store_run(s, SQL_GAPS_NOT_BY_REGION, statement, err);
}

int store_gaps_of_tokens(struct store *s, const char *message, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_GAPS_OF_TOKENS, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, message);
    return store_run(s, SQL_GAPS_OF_TOKENS, statement, err);
}

static struct gap gap_of_row(sqlite3_stmt *statement)
{
    return (struct gap){.operation = store_column(statement, 0),
                        .account = store_column(statement, 1),
                        .region = store_column(statement, 2),
                        .target = store_column(statement, 3),
                        .class = store_column(statement, 4),
                        .code = store_column(statement, 5),
                        .message = store_column(statement, 6),
                        .wall_ms = sqlite3_column_int64(statement, 7),
                        .request_id = store_column(statement, 8)};
}

int store_each_gap(struct store *s, int (*each)(void *context, int64_t id, const struct gap *g),
                   void *context, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_EACH_GAP, err);
    if (statement == NULL) {
        return -1;
    }
    int rc = 0;
    while (rc == 0 && store_step(s, statement, &rc, err)) {
        struct gap g = gap_of_row(statement);
        rc = each(context, sqlite3_column_int64(statement, 9), &g);
    }
    store_give(s, SQL_EACH_GAP, statement);
    return rc;
}

/* Sets the index range of an operation's name: itself alone, or everything a trailing '*' stands
 * for. */
static void bind_operation(sqlite3_stmt *statement, const char *operation)
{
    size_t length = strlen(operation);
    bool family = length > 0 && operation[length - 1] == '*';
    length -= family ? 1 : 0;
    char *past = xasprintf("%.*s%s", (int)length, operation, family ? "\x7f" : "\x01");
    (void)sqlite3_bind_text(statement, 1, operation, (int)length, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, past, -1, SQLITE_TRANSIENT);
    free(past);
}

int store_was_asked(struct store *s, const char *operation, const char *account, const char *region,
                    struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_WAS_ASKED, err);
    if (statement == NULL) {
        return -1;
    }
    bind_operation(statement, operation);
    store_bind(statement, 3, account);
    store_bind(statement, 4, region);
    int step = sqlite3_step(statement);
    int rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, SQL_WAS_ASKED, statement);
    return rc;
}

static void describe_gap(const struct gap *g, char *text, size_t size)
{
    struct text words;
    text_init(&words, (size_t)64 * 1024);
    const struct {
        const char *before, *word;
    } parts[] = {{"", g->operation},
                 {" in ", g->account},
                 {"/", g->region},
                 {" of ", g->target},
                 {": ", g->class},
                 {": ", g->code},
                 {g->code[0] != '\0' ? " " : ": ", g->message}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].word[0] != '\0') {
            text_add(&words, parts[i].before);
            text_add_printable(&words, parts[i].word, strlen(parts[i].word));
        }
    }
    (void)snprintf(text, size, "%s", text_str(&words));
    text_release(&words);
}

int store_find_gap(struct store *s, const char *operation, const char *account, const char *region,
                   char *text, size_t size, struct err *err)
{
    /* A subject of no account or no Region rests on what is read anywhere. */
    account = account != NULL && account[0] == '\0' ? NULL : account;
    region = region != NULL && region[0] == '\0' ? NULL : region;
    bool family = str_ends(operation, "*");
    bool known = family || map_get(s->gap_operations, operation) != NULL ||
                 (account != NULL && map_get(s->gap_operations, "sts:AssumeRole") != NULL);
    if (s->gap_count == 0 || !known ||
        (account != NULL && map_get(s->gap_accounts, account) == NULL)) {
        return 0;
    }
    enum sql which = account == NULL  ? SQL_FIND_GAP_ANYWHERE
                     : region == NULL ? SQL_FIND_GAP_ACCOUNT
                                      : SQL_FIND_GAP_HERE;
    sqlite3_stmt *statement = store_take(s, which, err);
    if (statement == NULL) {
        return -1;
    }
    bind_operation(statement, operation);
    if (account != NULL) {
        store_bind(statement, 3, account);
    }
    if (account != NULL && region != NULL) {
        store_bind(statement, 4, region);
    }
    int step = sqlite3_step(statement);
    int rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : store_fail(s, err);
    if (rc == 1 && text != NULL) {
        struct gap g = gap_of_row(statement);
        describe_gap(&g, text, size);
    }
    store_give(s, which, statement);
    return rc;
}

int store_gap_at(struct store *s, const char *account, const char *region, struct err *err)
{
    if (s->gap_count == 0 || map_get(s->gap_accounts, account) == NULL) {
        return 0;
    }
    sqlite3_stmt *statement = store_take(s, SQL_GAP_AT, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, account);
    store_bind(statement, 2, region);
    int step = sqlite3_step(statement);
    int rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, SQL_GAP_AT, statement);
    return rc;
}
