#include "journal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"

#define APPLICATION_ID 0x546b4170 /* "TkAp" */
#define SCHEMA_VERSION 1
#define SELECTION "selection" /* key of meta */
#define STRINGIFY(x) #x
#define STRING_OF(x) STRINGIFY(x)

struct journal {
    sqlite3 *db;
    sqlite3_stmt *add;
    char *path;
    struct file_lock *lock;
    bool open; /* a transaction */
};

static const char schema[] =
    "PRAGMA application_id = 1416315248;"
    "PRAGMA user_version = 1;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, step TEXT NOT NULL, event TEXT NOT NULL,"
    " wall_ms INTEGER NOT NULL, request_id TEXT NOT NULL, operation_id TEXT NOT NULL,"
    " captures TEXT NOT NULL, message TEXT NOT NULL);";

static const char *const event_names[] = {[EVENT_READY] = "ready",
                                          [EVENT_ALREADY_TRUE] = "already-true",
                                          [EVENT_SENDING] = "sending",
                                          [EVENT_REFUSED] = "refused",
                                          [EVENT_ANSWERED] = "answered",
                                          [EVENT_POLLING] = "polling",
                                          [EVENT_DONE] = "done",
                                          [EVENT_FAILED] = "failed",
                                          [EVENT_IN_DOUBT] = "in-doubt",
                                          [EVENT_GAVE_UP] = "gave-up",
                                          [EVENT_NOT_ATTEMPTED] = "not-attempted"};

#define EVENT_COUNT (sizeof event_names / sizeof *event_names)

static int broken(struct journal *j, struct err *err)
{
    int code = sqlite3_errcode(j->db) & 0xff;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        return err_set(err, ERR_INPUT, "%s: not a journal, or a damaged one", j->path);
    }
    return err_set(err, ERR_IO, "%s: cannot write the journal: %s", j->path, sqlite3_errmsg(j->db));
}

static int run(struct journal *j, const char *sql, struct err *err)
{
    return sqlite3_exec(j->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : broken(j, err);
}

/* The text a statement with one parameter answers; yours, NULL when it has no row. */
static char *ask(struct journal *j, const char *sql, const char *parameter)
{
    sqlite3_stmt *statement = NULL;
    char *answer = NULL;
    if (sqlite3_prepare_v2(j->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        if (parameter != NULL) {
            (void)sqlite3_bind_text(statement, 1, parameter, -1, SQLITE_TRANSIENT);
        }
        if (sqlite3_step(statement) == SQLITE_ROW) {
            answer = xstrdup((const char *)sqlite3_column_text(statement, 0));
        }
    }
    (void)sqlite3_finalize(statement);
    return answer;
}

static int set_meta(struct journal *j, const char *key, const char *value, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(j->db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)",
                                   -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_text(statement, 1, key, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_bind_text(statement, 2, value, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_finalize(statement);
    return good ? 0 : broken(j, err);
}

/* "" also of a journal that says nothing about it. Yours. */
static char *selection_of(struct journal *j)
{
    char *found = ask(j, "SELECT value FROM meta WHERE key = ?1", SELECTION);
    return found != NULL ? found : xstrdup("");
}

static int create(struct journal *j, const struct plan *plan, struct err *err)
{
    char now[TIME_ISO_SIZE];
    const char *const rows[][2] = {{"organization_id", plan->organization_id},
                                   {"digest", plan->digest},
                                   {"goal", goal_name(plan->goal)},
                                   {"run_id", plan->run_id},
                                   {"created", now}};
    time_iso(clock_wall_ms(NULL), now);
    if (run(j, "BEGIN IMMEDIATE", err) != 0 || run(j, schema, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (set_meta(j, rows[i][0], rows[i][1], err) != 0) {
            return -1;
        }
    }
    return run(j, "COMMIT", err);
}

static int compare(struct journal *j, const struct plan *plan, struct err *err)
{
    const struct {
        const char *key, *value, *says;
    } same[] = {
        {"organization_id", plan->organization_id, "the journal belongs to another organization"},
        {"digest", plan->digest,
         "the journal belongs to another plan; use a separate journal for this plan"}};
    char *version = ask(j, "PRAGMA user_version", NULL);
    char *application = ask(j, "PRAGMA application_id", NULL);
    char ours[16];
    (void)snprintf(ours, sizeof ours, "%d", APPLICATION_ID);
    int rc = 0;
    if (!str_equal(application, ours) || !str_equal(version, STRING_OF(SCHEMA_VERSION))) {
        rc = err_set(err, ERR_INPUT, "%s: not a journal of this version", j->path);
    }
    free(version);
    free(application);
    for (size_t i = 0; rc == 0 && i < sizeof same / sizeof *same; i++) {
        char *found = ask(j, "SELECT value FROM meta WHERE key = ?1", same[i].key);
        if (!str_equal(found, same[i].value)) {
            rc = err_set(err, ERR_INPUT, "%s: %s", j->path, same[i].says);
        }
        free(found);
    }
    return rc;
}

static int lock(struct journal *j, struct err *err)
{
    char *path = xasprintf("%s.lock", j->path);
    int rc = file_lock_take(path, &j->lock, err);
    free(path);
    return rc == 0 ? 0 : err_prefix(err, "another apply is running");
}

static int open_database(struct journal *j, const struct plan *plan, struct err *err)
{
    /* SQLite would make the file readable by others. */
    int fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set(err, ERR_IO, "%s: cannot open the journal", j->path);
    }
    off_t size = lseek(fd, 0, SEEK_END);
    (void)close(fd);
    if (sqlite3_open_v2(j->path, &j->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        return j->db != NULL ? broken(j, err)
                             : err_set(err, ERR_INTERNAL, "SQLite is out of memory");
    }
    /* FULL: a row is on the disk when COMMIT returns, and so is the name of a new file. */
    if (run(j,
            "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF",
            err) != 0) {
        return -1;
    }
    bool fresh = size == 0;
    if (!fresh) {
        char *tables = ask(j, "SELECT count(*) FROM sqlite_master", NULL);
        fresh = str_equal(tables, "0");
        free(tables);
    }
    if ((fresh ? create(j, plan, err) : compare(j, plan, err)) != 0) {
        return -1;
    }
    static const char add[] =
        "INSERT INTO journal(step, event, wall_ms, request_id, operation_id, captures, message)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    return sqlite3_prepare_v2(j->db, add, -1, &j->add, NULL) == SQLITE_OK ? 0 : broken(j, err);
}

int journal_open(const char *path, const struct plan *plan, struct journal **out, struct err *err)
{
    struct journal *j = xcalloc(1, sizeof *j);
    j->path = xstrdup(path);
    if (lock(j, err) != 0 || open_database(j, plan, err) != 0) {
        journal_close(j);
        return -1;
    }
    *out = j;
    return 0;
}

int journal_select(struct journal *j, const char *selection, struct err *err)
{
    char *before = j != NULL ? selection_of(j) : NULL;
    const char *now = selection != NULL ? selection : "";
    int rc = j == NULL || strcmp(before, now) == 0 ? 0 : set_meta(j, SELECTION, now, err);
    free(before);
    return rc;
}

char *apply_journal_selection(const char *journal)
{
    struct journal j = {0};
    char *found = NULL;
    if (sqlite3_open_v2(journal, &j.db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        found = selection_of(&j);
    }
    (void)sqlite3_close(j.db);
    return found;
}

void journal_close(struct journal *j)
{
    if (j == NULL) {
        return;
    }
    (void)sqlite3_finalize(j->add);
    (void)sqlite3_close(j->db);
    file_lock_release(j->lock);
    free(j->path);
    free(j);
}

int journal_add(struct journal *j, const struct journal_row *row, struct err *err)
{
    if (j == NULL) {
        return 0;
    }
    if (!j->open && run(j, "BEGIN IMMEDIATE", err) != 0) {
        return -1;
    }
    j->open = true;
    char *captures = row->captures != NULL ? jx_dump(row->captures) : xstrdup("{}");
    const char *texts[] = {row->request_id, row->operation_id, captures, row->message};
    bool good =
        sqlite3_bind_text(j->add, 1, row->step, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
        sqlite3_bind_text(j->add, 2, event_names[row->event], -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_int64(j->add, 3, row->wall_ms) == SQLITE_OK;
    for (int i = 0; good && i < 4; i++) {
        good = sqlite3_bind_text(j->add, i + 4, texts[i] != NULL ? texts[i] : "", -1,
                                 SQLITE_TRANSIENT) == SQLITE_OK;
    }
    good = good && sqlite3_step(j->add) == SQLITE_DONE;
    int rc = good ? 0 : broken(j, err);
    (void)sqlite3_reset(j->add);
    free(captures);
    return rc;
}

int journal_commit(struct journal *j, struct err *err)
{
    if (j == NULL || !j->open) {
        return 0;
    }
    j->open = false;
    if (sqlite3_get_autocommit(j->db) != 0) {
        return err_set(err, ERR_IO, "%s: cannot write the last rows of the journal", j->path);
    }
    return run(j, "COMMIT", err);
}

static const char *column(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);
    return text != NULL ? text : "";
}

static void tell_row(sqlite3_stmt *statement,
                     void (*each)(void *context, const struct journal_row *row), void *context)
{
    const char *event = column(statement, 1);
    const char *problem = NULL;
    const char *text = column(statement, 5);
    size_t kind = 0;
    while (kind < EVENT_COUNT && strcmp(event_names[kind], event) != 0) {
        kind++;
    }
    if (kind == EVENT_COUNT) {
        return;
    }
    json_t *captures = jx_parse(text, strlen(text), &problem);
    struct journal_row row = {.step = column(statement, 0),
                              .event = (enum journal_event)kind,
                              .wall_ms = sqlite3_column_int64(statement, 2),
                              .request_id = column(statement, 3),
                              .operation_id = column(statement, 4),
                              .captures = captures,
                              .message = column(statement, 6)};
    each(context, &row);
    json_decref(captures);
}

int journal_each(struct journal *j, void (*each)(void *context, const struct journal_row *row),
                 void *context, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (j == NULL) {
        return 0;
    }
    int code = sqlite3_prepare_v2(j->db,
                                  "SELECT step, event, wall_ms, request_id, operation_id, captures,"
                                  " message FROM journal ORDER BY id",
                                  -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            tell_row(statement, each, context);
        }
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? 0 : broken(j, err);
}
