/* The store's inside: one connection, its prepared statements, and the small sets that answer
 * without a query. */
#ifndef TOWERKEEP_STORE_STORE_PRIVATE_H
#define TOWERKEEP_STORE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "base/map.h"
#include "model/change.h"
#include "store/counts.h"
#include "store/cursor.h"
#include "store/plan_membership.h"
#include "store/store.h"

#define IDLE_EACH 5 /* walks of the same kind that go side by side */
#define STORE_TIME_SIZE 32
#define QUESTION_STATES (QUESTION_GAP + 1)

/* Every statement the store runs; the text of each stands in statements.c. */
enum sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_META_SET,
    SQL_META_ALL,
    SQL_ASK,
    SQL_OPEN_QUESTIONS,
    SQL_CLOSE_QUESTION,
    SQL_COUNT_QUESTIONS,
    SQL_FACT,
    SQL_GAP,
    SQL_GAPS_NOT_BY_REGION,
    SQL_GAPS_OF_TOKENS,
    SQL_EACH_GAP,
    SQL_GAP_KEYS,
    SQL_WAS_ASKED,
    SQL_FIND_GAP_HERE,
    SQL_FIND_GAP_ACCOUNT,
    SQL_FIND_GAP_ANYWHERE,
    SQL_ENTITY,
    SQL_EACH_ENTITY,
    SQL_EACH_ENTITY_ACCOUNT,
    SQL_EACH_ENTITY_REGION,
    SQL_EACH_ENTITY_HERE,
    SQL_GET_ENTITY,
    SQL_ENTITY_REGIONS,
    SQL_GAP_AT,
    SQL_COUNT_ENTITIES,
    SQL_COVERAGE_QUESTIONS,
    SQL_COVERAGE_GAPS,
    SQL_COVERAGE_THROTTLED,
    SQL_COVERAGE_ACCOUNTS,
    SQL_FINDINGS_CLEAR,
    SQL_CHECKS_CLEAR,
    SQL_FINDING,
    SQL_FINDING_STATUS,
    SQL_CHECK,
    SQL_EACH_FINDING,
    SQL_COUNT_FINDINGS,
    SQL_EACH_CHECK,
    SQL_EACH_FINDING_BY_PLACE,
    SQL_EACH_FINDING_OF,
    SQL_COUNT_OUS,
    SQL_READ_FACT,
    SQL_EACH_FACT,
    SQL_COUNT_FACTS,
    SQL_COUNT_OPERATIONS,
    SQL_EACH_GROUNDS,
    SQL_READ_GROUNDS,
    SQL_ENTITIES_OF_FACT,
    SQL_PREVIOUS_THERE,
    SQL_PREVIOUS_SEEN,
    SQL_PREVIOUS_ADD,
    SQL_PREVIOUS_IN_ORDER,
    SQL_FINDINGS_IN_ORDER,
    SQL_PLAN_MEMBERSHIP_CLEAR,
    SQL_PLAN_MEMBERSHIP_SINCE,
    SQL_PLAN_MEMBERSHIP_NOTE,
    SQL_PLAN_MEMBERSHIP_KNOWN,
    SQL_PLAN_MEMBERSHIP_CARRY,
    SQL_COUNT
};

/* What the findings of a check have in common. */
struct check_words {
    char *title, *scope, *detail, *risk, *remedy;
};
void check_words_free(void *words);

struct store {
    sqlite3 *db;
    char *path;
    bool read_only, in_transaction;
    bool has_previous; /* the run before this one was carried over */
    char first_seen[STORE_TIME_SIZE], status_since[STORE_TIME_SIZE]; /* of the finding at hand */
    bool differences_counted;
    int64_t differences[CHANGE_COUNT];
    bool fact_index;         /* the temporary index from facts to entities is there */
    bool findings_unordered; /* rows were added since the order index was last built */
    sqlite3_stmt *idle[SQL_COUNT][IDLE_EACH]; /* prepared and not in use */
    struct map *meta;                         /* key -> char * */
    struct map *gap_operations;               /* operations with any gap; value unused */
    struct map *gap_accounts;                 /* accounts with any gap */
    struct map *checks; /* check id -> struct check_words that are in the run */
    int64_t gap_count;
    int64_t questions[QUESTION_STATES]; /* how many in each state: asked for while they change */
};

extern const char *const store_schema;
extern const char *const store_findings_index, *const store_findings_index_drop;

/* A statement ready to bind: the idle one, or a fresh one when a walk in progress holds it. NULL
 * with err. */
sqlite3_stmt *store_take(struct store *s, enum sql which, struct err *err);
/* The same, within a write transaction, which it opens when none is open. */
sqlite3_stmt *store_take_to_write(struct store *s, enum sql which, struct err *err);
/* Steps to the next row; false after the last one, and after an error, which makes *rc -1. */
bool store_step(struct store *s, sqlite3_stmt *statement, int *rc, struct err *err);
/* Resets it and keeps it for next time; accepts NULL. */
void store_give(struct store *s, enum sql which, sqlite3_stmt *statement);
/* Binds text that outlives the step ("" for NULL); parameters count from 1. */
void store_bind(sqlite3_stmt *statement, int parameter, const char *text);
/* A column's text, "" when NULL; borrowed until the next step. */
const char *store_column(sqlite3_stmt *statement, int column);
/* Opens the write transaction when none is open. */
int store_write(struct store *s, struct err *err);
/* Runs a bound statement that returns no rows, and gives it back. */
int store_run(struct store *s, enum sql which, sqlite3_stmt *statement, struct err *err);
/* ERR_IO or ERR_INTERNAL with SQLite's words. */
int store_fail(struct store *s, struct err *err);
int store_exec(struct store *s, const char *sql, struct err *err);
/* A row with the columns of SQL_EACH_FINDING; borrowed until the next step. */
struct finding store_finding_of_row(struct store *s, sqlite3_stmt *statement);
/* Fills when it was seen; the strings live until the next call. */
int store_finding_seen(struct store *s, struct finding *f, struct err *err);
/* Does an opened run carry the one before it? */
int store_previous_find(struct store *s, struct err *err);
int store_checks_load(struct store *s, struct err *err);

/* Takes over what `previous` saw and, where it could not look, what it knew from before. 0 or -1.
 */
int plan_membership_carry(struct store *previous, struct store *s, struct err *err);

/* Counts the questions of a run that was opened. */
int store_questions_count_all(struct store *s, struct err *err);
void store_gap_remember(struct store *s, const char *operation, const char *account);

/* The row of a statement that selects kind, account, region, key, json, fact; borrowed from it. */
struct entity entity_of_row(sqlite3_stmt *statement);

#endif
