#include "store_private.h"

/* Entities keep a rowid: bodies can be long, and the index that orders them stays narrow. */
const char *const store_schema =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE questions(id INTEGER PRIMARY KEY, collector TEXT NOT NULL, account TEXT NOT NULL,"
    " region TEXT NOT NULL, target TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX questions_once ON questions(account, region, collector, target);"
    "CREATE INDEX questions_open ON questions(id) WHERE state = 0;"
    "CREATE TABLE facts(id INTEGER PRIMARY KEY, operation TEXT NOT NULL, account TEXT NOT NULL,"
    " region TEXT NOT NULL, target TEXT NOT NULL, request_id TEXT NOT NULL, wall_ms INTEGER NOT "
    "NULL,"
    " digest TEXT NOT NULL, bytes INTEGER NOT NULL, http_status INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, throttles INTEGER NOT NULL, page INTEGER NOT NULL);"
    "CREATE INDEX facts_throttled ON facts(account, region) WHERE throttles > 0;"
    "CREATE TABLE gaps(id INTEGER PRIMARY KEY, operation TEXT NOT NULL, account TEXT NOT NULL,"
    " region TEXT NOT NULL, target TEXT NOT NULL, class TEXT NOT NULL, code TEXT NOT NULL,"
    " message TEXT NOT NULL, wall_ms INTEGER NOT NULL, request_id TEXT NOT NULL);"
    "CREATE INDEX gaps_by_operation ON gaps(operation, account, region);"
    "CREATE INDEX gaps_by_place ON gaps(account, region, class);"
    "CREATE TABLE entities(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL,"
    " region TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, fact INTEGER);"
    "CREATE UNIQUE INDEX entities_by_key ON entities(kind, account, region, key);"
    "CREATE TABLE checks(check_id TEXT PRIMARY KEY, title TEXT NOT NULL, scope TEXT NOT NULL,"
    " step INTEGER NOT NULL, severity_rank INTEGER NOT NULL, detail TEXT NOT NULL,"
    " risk TEXT NOT NULL, remedy TEXT NOT NULL) WITHOUT ROWID;"
    /* A million verdicts share the words of some sixty checks: NULL stands for the check's own. */
    "CREATE TABLE verdicts(finding_id TEXT NOT NULL, check_id TEXT NOT NULL, title TEXT, scope "
    "TEXT,"
    " subject TEXT NOT NULL, status TEXT NOT NULL, status_rank INTEGER NOT NULL,"
    " severity_rank INTEGER NOT NULL, step INTEGER NOT NULL, account_id TEXT NOT NULL,"
    " account_name TEXT NOT NULL, ou_path TEXT NOT NULL, region TEXT NOT NULL,"
    " resource_arn TEXT NOT NULL, resource_name TEXT NOT NULL, expected TEXT NOT NULL,"
    " observed TEXT NOT NULL, detail TEXT, risk TEXT, remediation TEXT NOT NULL, remedy TEXT,"
    " evidence TEXT NOT NULL, waiver TEXT);"
    /* What a plan takes, since when and when last seen: by this run, by those before. */
    "CREATE TABLE taken(account TEXT NOT NULL, region TEXT NOT NULL,"
    " arn TEXT NOT NULL, plan TEXT NOT NULL, since_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
    " PRIMARY KEY(account, region, arn, plan)) WITHOUT ROWID;"
    "CREATE TABLE taken_before(account TEXT NOT NULL, region TEXT NOT NULL,"
    " arn TEXT NOT NULL, plan TEXT NOT NULL, since_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
    " PRIMARY KEY(account, region, arn, plan)) WITHOUT ROWID;"
    "CREATE VIEW findings AS SELECT finding_id, check_id, coalesce(v.title, c.title) AS title,"
    " coalesce(v.scope, c.scope) AS scope, subject, status, status_rank,"
    " CASE v.severity_rank WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium'"
    " WHEN 3 THEN 'low' ELSE 'informational' END AS severity, v.severity_rank AS severity_rank,"
    " v.step AS step, account_id, account_name, ou_path, region, resource_arn, resource_name,"
    " expected, observed, coalesce(v.detail, c.detail) AS detail, coalesce(v.risk, c.risk) AS risk,"
    " remediation, coalesce(v.remedy, c.remedy) AS remedy, evidence,"
    " coalesce(waiver, '') AS waiver"
    " FROM verdicts v JOIN checks c USING (check_id);";

const char *const store_findings_index =
    "CREATE INDEX IF NOT EXISTS findings_in_order ON verdicts(status_rank, severity_rank, check_id,"
    " account_id, region, subject)";
const char *const store_findings_index_drop = "DROP INDEX IF EXISTS findings_in_order";

#define ENTITY_COLUMNS "SELECT kind, account, region, key, json, fact FROM entities WHERE kind = ?1"
#define GAP_COLUMNS                                                                                \
    "SELECT operation, account, region, target, class, code, message, wall_ms, request_id, id"     \
    " FROM gaps"
#define FINDING_COLUMNS                                                                            \
    "SELECT finding_id, check_id, title, scope, subject, status, severity_rank, step,"             \
    " account_id, account_name, ou_path, region, resource_arn, resource_name, expected,"           \
    " observed, detail, risk, remediation, remedy, evidence, waiver"
#define FACT_COLUMNS                                                                               \
    "SELECT operation, account, region, target, request_id, wall_ms, digest, bytes,"               \
    " http_status, attempts, throttles, page, id FROM facts"
#define GROUNDS_COLUMNS "SELECT rowid, check_id, account_id, region, evidence FROM verdicts"
/* A need may name a whole service ("rds:*"): an index range, then the order of discovery. */
#define GAP_OPERATION "operation >= ?1 AND operation < ?2"

static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_META_SET] = "INSERT INTO meta(key, value) VALUES(?1, ?2)"
                     " ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    [SQL_META_ALL] = "SELECT key, value FROM meta",
    [SQL_ASK] = "INSERT INTO questions(collector, account, region, target) VALUES(?1, ?2, ?3, ?4)"
                " ON CONFLICT DO NOTHING",
    [SQL_OPEN_QUESTIONS] = "SELECT id, collector, account, region, target FROM questions"
                           " WHERE state = 0 AND id > ?1 ORDER BY id LIMIT ?2",
    [SQL_CLOSE_QUESTION] = "UPDATE questions SET state = ?2 WHERE id = ?1 AND state = 0",
    [SQL_WAS_ASKED] = "SELECT 1 FROM questions WHERE account = ?3 AND region = ?4"
                      " AND collector >= ?1 AND collector < ?2 LIMIT 1",
    [SQL_COUNT_QUESTIONS] = "SELECT state, count(*) FROM questions GROUP BY state",
    [SQL_FACT] = "INSERT INTO facts(operation, account, region, target, request_id, wall_ms,"
                 " digest, bytes, http_status, attempts, throttles, page)"
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_GAP] = "INSERT INTO gaps(operation, account, region, target, class, code, message,"
                " wall_ms, request_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_GAPS_NOT_BY_REGION] =
        "UPDATE gaps SET class = 'denied' WHERE class = 'region-deny' AND (region = ?1 OR EXISTS"
        " (SELECT 1 FROM gaps AS other WHERE other.operation = gaps.operation"
        " AND other.account = gaps.account AND other.region = ?1"
        " AND other.class IN ('denied', 'region-deny')))",
    [SQL_GAPS_OF_TOKENS] =
        "UPDATE gaps SET class = 'bad-credentials', message = ?1 WHERE class = 'region-unavailable'"
        " AND code IN ('AuthFailure', 'InvalidClientTokenId', 'UnrecognizedClientException',"
        " 'InvalidToken') AND EXISTS (SELECT 1 FROM entities WHERE kind = 'region-status'"
        " AND entities.account = gaps.account AND entities.region = ''"
        " AND entities.key = gaps.region AND json_extract(json, '$.RegionOptStatus') = 'ENABLED')",
    [SQL_EACH_GAP] = GAP_COLUMNS " ORDER BY id",
    [SQL_GAP_KEYS] = "SELECT DISTINCT operation, account FROM gaps",
    [SQL_FIND_GAP_HERE] = GAP_COLUMNS " WHERE (" GAP_OPERATION " AND account = ?3"
                                      " AND region IN (?4, '')) OR (operation = 'sts:AssumeRole'"
                                      " AND account = ?3) ORDER BY id LIMIT 1",
    [SQL_FIND_GAP_ACCOUNT] =
        GAP_COLUMNS " WHERE (" GAP_OPERATION " AND account = ?3)"
                    " OR (operation = 'sts:AssumeRole' AND account = ?3) ORDER BY id LIMIT 1",
    [SQL_FIND_GAP_ANYWHERE] = GAP_COLUMNS " WHERE " GAP_OPERATION " ORDER BY id LIMIT 1",
    [SQL_ENTITY] = "INSERT INTO entities(kind, account, region, key, json, fact)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(kind, account, region, key)"
                   " DO UPDATE SET json = excluded.json, fact = excluded.fact",
    [SQL_EACH_ENTITY] = ENTITY_COLUMNS " ORDER BY account, region, key",
    [SQL_EACH_ENTITY_ACCOUNT] = ENTITY_COLUMNS " AND account = ?2 ORDER BY region, key",
    [SQL_EACH_ENTITY_REGION] = ENTITY_COLUMNS " AND region = ?2 ORDER BY account, region, key",
    [SQL_EACH_ENTITY_HERE] = ENTITY_COLUMNS " AND account = ?2 AND region = ?3 ORDER BY key",
    [SQL_GET_ENTITY] = "SELECT json, fact FROM entities WHERE kind = ?1 AND account = ?2"
                       " AND region = ?3 AND key = ?4",
    [SQL_ENTITY_REGIONS] = "SELECT DISTINCT region FROM entities WHERE kind = ?1 AND account = ?2",
    [SQL_GAP_AT] = "SELECT 1 FROM gaps WHERE account = ?1 AND (region IN (?2, '')"
                   " OR operation = 'sts:AssumeRole') AND class <> '" GAP_NO_LISTER "' LIMIT 1",
    [SQL_COUNT_ENTITIES] = "SELECT count(*) FROM entities WHERE kind = ?1",
    [SQL_COVERAGE_QUESTIONS] = "SELECT region, count(*), sum(state = 1), sum(state = 0)"
                               " FROM questions WHERE account = ?1 GROUP BY region",
    [SQL_COVERAGE_GAPS] = "SELECT region, class, count(*), max(operation = 'sts:AssumeRole')"
                          " FROM gaps WHERE account = ?1 GROUP BY region, class",
    [SQL_COVERAGE_THROTTLED] = "SELECT region, count(*) FROM facts WHERE throttles > 0"
                               " AND account = ?1 GROUP BY region",
    [SQL_COVERAGE_ACCOUNTS] = "SELECT DISTINCT account FROM questions ORDER BY account",
    [SQL_FINDINGS_CLEAR] = "DELETE FROM verdicts",
    [SQL_CHECKS_CLEAR] = "DELETE FROM checks",
    [SQL_FINDING_STATUS] =
        "UPDATE verdicts SET status = ?2, status_rank = ?3 WHERE finding_id = ?1",
    [SQL_FINDING] =
        "INSERT INTO verdicts(finding_id, check_id, title, scope, subject, status, status_rank,"
        " severity_rank, step, account_id, account_name, ou_path, region, resource_arn,"
        " resource_name, expected, observed, detail, risk, remediation, remedy, evidence, waiver)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
        " ?19, ?20, ?21, ?22, ?23)",
    [SQL_CHECK] =
        "INSERT INTO checks(check_id, title, scope, step, severity_rank, detail, risk,"
        " remedy) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(check_id) DO NOTHING",
    [SQL_EACH_FINDING] = FINDING_COLUMNS
    " FROM verdicts"
    " ORDER BY status_rank, severity_rank, check_id, account_id, region, subject",
    [SQL_COUNT_FINDINGS] = "SELECT check_id, status_rank, count(*) FROM verdicts"
                           " GROUP BY status_rank, severity_rank, check_id",
    [SQL_EACH_CHECK] = "SELECT check_id, title, step, severity_rank, scope, detail, risk, remedy"
                       " FROM checks ORDER BY check_id",
    [SQL_EACH_FINDING_BY_PLACE] =
        FINDING_COLUMNS " FROM verdicts ORDER BY check_id, account_id, region, subject, finding_id",
    [SQL_PREVIOUS_THERE] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'previous'",
    [SQL_PREVIOUS_SEEN] =
        "SELECT status, first_seen, status_since FROM previous WHERE finding_id = ?1",
    [SQL_PREVIOUS_ADD] =
        "INSERT OR REPLACE INTO previous(finding_id, check_id, subject, status, severity_rank,"
        " step, account_id, account_name, region, resource_name, expected, observed, first_seen,"
        " status_since) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [SQL_PREVIOUS_IN_ORDER] =
        "SELECT finding_id, check_id, subject, status, severity_rank, step, account_id,"
        " account_name, region, resource_name, expected, observed, first_seen, status_since"
        " FROM previous ORDER BY check_id, subject, finding_id",
    [SQL_FINDINGS_IN_ORDER] =
        "SELECT finding_id, check_id, subject, status, severity_rank, step, account_id,"
        " account_name, region, resource_name, expected, observed, '', ''"
        " FROM verdicts ORDER BY check_id, subject, finding_id",
    [SQL_PLAN_MEMBERSHIP_CLEAR] = "DELETE FROM taken",
    [SQL_PLAN_MEMBERSHIP_SINCE] =
        "SELECT since_ms, arn FROM taken_before WHERE account = ?1 AND region = ?2"
        " AND ((arn = ?3 AND plan = ?4) OR (arn = '' AND plan = ''))"
        " ORDER BY arn DESC LIMIT 1",
    [SQL_PLAN_MEMBERSHIP_NOTE] =
        "INSERT OR REPLACE INTO taken(account, region, arn, plan, since_ms, seen_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_PLAN_MEMBERSHIP_KNOWN] =
        "SELECT account, region, arn, plan, since_ms, seen_ms FROM taken_before b"
        " WHERE seen_ms > coalesce((SELECT max(seen_ms) FROM taken), 0) - ?1"
        " AND NOT EXISTS (SELECT 1 FROM taken t WHERE t.account = b.account"
        " AND t.region = b.region AND t.arn = '')"
        " AND NOT EXISTS (SELECT 1 FROM taken t WHERE t.account = b.account"
        " AND t.region = b.region AND t.arn = b.arn AND t.plan = b.plan)"
        " UNION ALL SELECT account, region, arn, plan, since_ms, seen_ms FROM taken",
    [SQL_PLAN_MEMBERSHIP_CARRY] =
        "INSERT INTO taken_before(account, region, arn, plan, since_ms, seen_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_EACH_FINDING_OF] =
        FINDING_COLUMNS " FROM verdicts WHERE status_rank = ?1"
                        " ORDER BY severity_rank, check_id, account_id, region, subject",
    [SQL_COUNT_OUS] = "SELECT ou_path, status_rank, count(*) FROM verdicts"
                      " GROUP BY ou_path, status_rank ORDER BY ou_path",
    [SQL_READ_FACT] = FACT_COLUMNS " WHERE id = ?1",
    [SQL_EACH_FACT] = FACT_COLUMNS " WHERE id > ?1 ORDER BY id",
    [SQL_COUNT_FACTS] = "SELECT count(*), coalesce(max(id), 0) FROM facts",
    [SQL_COUNT_OPERATIONS] = "SELECT operation, count(*), sum(attempts), sum(throttles), sum(bytes)"
                             " FROM facts GROUP BY operation ORDER BY operation",
    [SQL_EACH_GROUNDS] = GROUNDS_COLUMNS " ORDER BY rowid",
    [SQL_READ_GROUNDS] = GROUNDS_COLUMNS " WHERE rowid = ?1",
    [SQL_ENTITIES_OF_FACT] = "SELECT e.kind, e.account, e.region, e.key, e.json, e.fact"
                             " FROM temp.kept k JOIN main.entities e ON e.id = k.entity"
                             " WHERE k.fact = ?1 ORDER BY e.kind, e.account, e.region, e.key",
};

sqlite3_stmt *store_take(struct store *s, enum sql which, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    for (size_t i = 0; i < IDLE_EACH; i++) {
        statement = s->idle[which][i];
        if (statement != NULL) {
            s->idle[which][i] = NULL;
            return statement;
        }
    }
    if (sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        (void)store_fail(s, err);
        return NULL;
    }
    return statement;
}

sqlite3_stmt *store_take_to_write(struct store *s, enum sql which, struct err *err)
{
    return store_write(s, err) == 0 ? store_take(s, which, err) : NULL;
}

bool store_step(struct store *s, sqlite3_stmt *statement, int *rc, struct err *err)
{
    int step = sqlite3_step(statement);
    if (step != SQLITE_ROW && step != SQLITE_DONE) {
        *rc = store_fail(s, err);
    }
    return step == SQLITE_ROW;
}

void store_give(struct store *s, enum sql which, sqlite3_stmt *statement)
{
    if (statement == NULL) {
        return;
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    for (size_t i = 0; i < IDLE_EACH; i++) {
        if (s->idle[which][i] == NULL) {
            s->idle[which][i] = statement;
            return;
        }
    }
    (void)sqlite3_finalize(statement);
}

void store_bind(sqlite3_stmt *statement, int parameter, const char *text)
{
    (void)sqlite3_bind_text(statement, parameter, text != NULL ? text : "", -1, SQLITE_STATIC);
}

const char *store_column(sqlite3_stmt *statement, int column)
{
    /* SQLite hands out unsigned bytes of UTF-8. */
    const void *text = sqlite3_column_text(statement, column);
    return text != NULL ? text : "";
}

int store_run(struct store *s, enum sql which, sqlite3_stmt *statement, struct err *err)
{
    int rc = sqlite3_step(statement) == SQLITE_DONE ? 0 : store_fail(s, err);
    store_give(s, which, statement);
    return rc;
}
