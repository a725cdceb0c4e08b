#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "store_private.h"

#define APPLICATION_ID                                                                             \
    0x546b5275 /* "TkRu" in the file's header tells a run from any other database */
#define CACHE_KIB 8192
#define BUSY_MS 5000

int store_fail(struct store *s, struct err *err)
{
    int code = sqlite3_errcode(s->db) & 0xff;
    bool disk = code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN ||
                code == SQLITE_READONLY || code == SQLITE_PERM;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        return err_set(err, ERR_INPUT, "%s: another process is using this run", s->path);
    }
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        return err_set(err, ERR_INPUT, "%s: not a run, or damaged: %s", s->path,
                       sqlite3_errmsg(s->db));
    }
    return err_set(err, disk ? ERR_IO : ERR_INTERNAL, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

int store_exec(struct store *s, const char *sql, struct err *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, err);
}

static int simple(struct store *s, enum sql which, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, which, err);
    return statement != NULL ? store_run(s, which, statement, err) : -1;
}

int store_write(struct store *s, struct err *err)
{
    if (s->in_transaction) {
        /* A full disk may have ended the transaction behind our back. */
        s->in_transaction = sqlite3_get_autocommit(s->db) == 0;
    }
    if (s->in_transaction) {
        return 0;
    }
    if (s->read_only) {
        return err_set(err, ERR_INTERNAL, "%s: a write to a run opened for reading", s->path);
    }
    if (simple(s, SQL_BEGIN, err) != 0) {
        return -1;
    }
    s->in_transaction = true;
    return 0;
}

int store_commit(struct store *s, struct err *err)
{
    if (!s->in_transaction) {
        return 0;
    }
    s->in_transaction = false;
    if (sqlite3_get_autocommit(s->db) != 0) {
        return err_set(err, ERR_IO, "%s: the last writes were lost", s->path);
    }
    if (simple(s, SQL_COMMIT, err) != 0) {
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return 0;
}

static struct store *connection(const char *path, bool read_only)
{
    struct store *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    s->read_only = read_only;
    s->meta = map_new(free);
    s->gap_operations = map_new(NULL);
    s->gap_accounts = map_new(NULL);
    s->checks = map_new(check_words_free);
    return s;
}

/* A rollback journal, not a WAL: between commits a run is one file that can be copied, and a killed
   one is whole again at the next open. */
static int connect_to(struct store *s, struct err *err)
{
    /* No threads here, so no locks around every column. */
    int flags = SQLITE_OPEN_NOMUTEX | (s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    struct text sql;
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
        return s->db != NULL ? store_fail(s, err)
                             : err_set(err, ERR_INTERNAL, "%s: SQLite is out of memory", s->path);
    }
    (void)sqlite3_extended_result_codes(s->db, 0);
    (void)sqlite3_busy_timeout(s->db, BUSY_MS);
    text_init(&sql, 512);
    text_addf(&sql,
              "PRAGMA cache_size = -%d; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;",
              CACHE_KIB);
    int rc = store_exec(s, text_str(&sql), err);
    text_release(&sql);
    return rc;
}

static int pragma_number(struct store *s, const char *sql, long long *out, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        (void)sqlite3_finalize(statement);
        return store_fail(s, err);
    }
    *out = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return 0;
}

static int check_kind(struct store *s, struct err *err)
{
    long long application = 0;
    long long version = 0;
    if (pragma_number(s, "PRAGMA application_id", &application, err) != 0 ||
        pragma_number(s, "PRAGMA user_version", &version, err) != 0) {
        return -1;
    }
    if (application != APPLICATION_ID) {
        return err_set(err, ERR_INPUT, "%s: not a towerkeep run", s->path);
    }
    if (version != STORE_SCHEMA_VERSION) {
        return err_set(err, ERR_INPUT,
                       "%s: a run of schema version %lld, this program reads version %d", s->path,
                       version, STORE_SCHEMA_VERSION);
    }
    return 0;
}

static int load_meta(struct store *s, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_META_ALL, err);
    if (statement == NULL) {
        return -1;
    }
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        map_set(s->meta, store_column(statement, 0), xstrdup(store_column(statement, 1)));
    }
    int rc = step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, SQL_META_ALL, statement);
    return rc;
}

void store_gap_remember(struct store *s, const char *operation, const char *account)
{
    map_set(s->gap_operations, operation, s);
    map_set(s->gap_accounts, account, s);
    s->gap_count++;
}

static int load_gaps(struct store *s, struct err *err)
{
    sqlite3_stmt *statement = store_take(s, SQL_GAP_KEYS, err);
    if (statement == NULL) {
        return -1;
    }
    int step = 0;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        store_gap_remember(s, store_column(statement, 0), store_column(statement, 1));
    }
    int rc = step == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, SQL_GAP_KEYS, statement);
    return rc;
}

static int create_file(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return errno == EEXIST
                   ? err_set(err, ERR_INPUT, "%s: a run already exists", path)
                   : err_set(err, ERR_IO, "%s: cannot create: %s", path, strerror(errno));
    }
    (void)close(fd);
    return 0;
}

int store_create(const char *path, struct store **out, struct err *err)
{
    if (create_file(path, err) != 0) {
        return -1;
    }
    struct store *s = connection(path, false);
    struct text sql;
    text_init(&sql, (size_t)64 * 1024);
    text_addf(&sql,
              "PRAGMA page_size = 8192; PRAGMA journal_mode = DELETE; BEGIN; %s"
              "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
              store_schema, APPLICATION_ID, STORE_SCHEMA_VERSION);
    int rc = connect_to(s, err);
    if (rc == 0) {
        rc = store_exec(s, text_str(&sql), err);
    }
    text_release(&sql);
    if (rc != 0) {
        store_close(s);
        (void)unlink(path);
        return -1;
    }
    *out = s;
    return 0;
}

int store_open(const char *path, bool read_only, struct store **out, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return err_set(err, ERR_INPUT, "%s: cannot open the run: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return err_set(err, ERR_INPUT, "%s: not a towerkeep run", path);
    }
    struct store *s = connection(path, read_only);
    if (connect_to(s, err) != 0 || check_kind(s, err) != 0 || load_meta(s, err) != 0 ||
        load_gaps(s, err) != 0 || store_previous_find(s, err) != 0 ||
        store_questions_count_all(s, err) != 0) {
        store_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (s == NULL) {
        return;
    }
    struct err ignored = ERR_INIT;
    (void)store_commit(s, &ignored);
    for (size_t i = 0; i < SQL_COUNT; i++) {
        for (size_t k = 0; k < IDLE_EACH; k++) {
            (void)sqlite3_finalize(s->idle[i][k]);
        }
    }
    (void)sqlite3_close_v2(s->db);
    map_free(s->meta);
    map_free(s->gap_operations);
    map_free(s->gap_accounts);
    map_free(s->checks);
    free(s->path);
    free(s);
}

int store_meta_set(struct store *s, const char *key, const char *value, struct err *err)
{
    sqlite3_stmt *statement = store_take_to_write(s, SQL_META_SET, err);
    if (statement == NULL) {
        return -1;
    }
    store_bind(statement, 1, key);
    store_bind(statement, 2, value);
    if (store_run(s, SQL_META_SET, statement, err) != 0) {
        return -1;
    }
    map_set(s->meta, key, xstrdup(value != NULL ? value : ""));
    return 0;
}

const char *store_meta(struct store *s, const char *key)
{
    return map_get(s->meta, key);
}
