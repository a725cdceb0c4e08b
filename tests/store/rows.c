#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "store_private.h"

struct fixture {
    char dir[64];
    char path[96];
    struct store *store;
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/towerkeep-store-XXXXXX");
    if (mkdtemp(f->dir) == NULL) {
        return -1;
    }
    (void)snprintf(f->path, sizeof f->path, "%s/run.db", f->dir);
    *state = f;
    return store_create(f->path, &f->store, &f->err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char journal[128];
    store_close(f->store);
    (void)unlink(f->path);
    (void)snprintf(journal, sizeof journal, "%s-journal", f->path);
    (void)unlink(journal);
    int left = rmdir(f->dir);
    free(f);
    return left;
}

static void reopen(struct fixture *f, bool read_only)
{
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_open(f->path, read_only, &f->store, &f->err), 0);
}

static void a_run_is_one_private_file(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    assert_int_equal(store_meta_set(f->store, "run_id", "r1", &f->err), 0);
    reopen(f, true);
    assert_string_equal(store_meta(f->store, "run_id"), "r1");
    assert_null(store_meta(f->store, "ended"));
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(store_meta_set(f->store, "run_id", "r2", &f->err), -1);
}

static void a_second_run_in_the_same_place_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *other = NULL;
    assert_int_equal(store_create(f->path, &other, &f->err), -1);
    assert_int_equal(f->err.code, ERR_INPUT);
    assert_null(other);
}

static void what_is_no_run_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *other = NULL;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/text", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 400; i++) {
        (void)fputs("this is no database ", file);
    }
    (void)fclose(file);
    assert_int_equal(store_open(path, true, &other, &f->err), -1);
    assert_int_equal(f->err.code, ERR_INPUT);
    assert_int_equal(truncate(path, 0), 0); /* an empty file is an empty database */
    assert_int_equal(store_open(path, true, &other, &f->err), -1);
    assert_int_equal(f->err.code, ERR_INPUT);
    (void)unlink(path);
    assert_int_equal(store_open(path, true, &other, &f->err), -1);
    assert_int_equal(store_open(f->dir, true, &other, &f->err), -1);
    assert_int_equal(store_exec(f->store, "PRAGMA user_version = 99", &f->err), 0);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_open(f->path, true, &other, &f->err), -1);
    assert_non_null(strstr(f->err.text, "99"));
}

struct seen {
    struct store *store;
    int count;
    int64_t last;
    char words[512];
};

static int note_question(void *context, const struct question *q)
{
    struct seen *seen = context;
    seen->count++;
    seen->last = q->id;
    return 0;
}

static int answer_and_ask(void *context, const struct question *q)
{
    struct seen *seen = context;
    struct err err = ERR_INIT;
    char target[32];
    seen->count++;
    (void)snprintf(target, sizeof target, "%s+", q->target);
    assert_int_equal(store_question_close(seen->store, q->id, QUESTION_ANSWERED, &err), 0);
    assert_int_equal(store_ask(seen->store, q->collector, q->account, q->region, target, &err), 1);
    return 0;
}

static void questions_are_asked_once_and_survive_a_restart(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {.store = f->store};
    assert_int_equal(store_ask(f->store, "kms:DescribeKey", "1", "r", "k", &f->err), 1);
    assert_int_equal(store_ask(f->store, "kms:DescribeKey", "1", "r", "k", &f->err), 0);
    assert_int_equal(store_ask(f->store, "kms:DescribeKey", "1", "r", "l", &f->err), 1);
    assert_int_equal(store_ask(f->store, "kms:DescribeKey", "2", "r", "k", &f->err), 1);
    assert_int_equal(store_open_questions(f->store, 0, 2, note_question, &seen, &f->err), 2);
    assert_int_equal(seen.count, 2);
    assert_int_equal(store_open_questions(f->store, seen.last, 10, note_question, &seen, &f->err),
                     1);
    /* An answered question does not come back after a restart, nor can it be asked again. */
    assert_int_equal(store_question_close(f->store, 1, QUESTION_ANSWERED, &f->err), 0);
    assert_int_equal(store_question_close(f->store, 2, QUESTION_GAP, &f->err), 0);
    reopen(f, false);
    assert_int_equal(store_question_count(f->store, QUESTION_OPEN), 1);
    assert_int_equal(store_question_count(f->store, QUESTION_ANSWERED), 1);
    assert_int_equal(store_question_count(f->store, QUESTION_GAP), 1);
    assert_int_equal(store_ask(f->store, "kms:DescribeKey", "1", "r", "k", &f->err), 0);
    seen = (struct seen){.store = f->store};
    assert_int_equal(store_open_questions(f->store, 0, 10, answer_and_ask, &seen, &f->err), 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(store_question_count(f->store, QUESTION_OPEN), 1);
}

static void what_was_not_committed_is_gone_after_a_crash(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_ask(f->store, "c", "1", "r", "kept", &f->err), 1);
    assert_int_equal(store_commit(f->store, &f->err), 0);
    assert_int_equal(store_ask(f->store, "c", "1", "r", "lost", &f->err), 1);
    /* What a killed process leaves: the transaction never ends. */
    assert_int_equal(store_exec(f->store, "ROLLBACK", &f->err), 0);
    assert_int_equal(store_commit(f->store, &f->err), -1);
    reopen(f, false);
    assert_int_equal(store_question_count(f->store, QUESTION_OPEN), 1);
}

static int note_entity(void *context, const struct entity *e)
{
    struct seen *seen = context;
    size_t length = strlen(seen->words);
    seen->count++;
    (void)snprintf(seen->words + length, sizeof seen->words - length, "%s/%s/%s ", e->account,
                   e->region, e->key);
    return seen->count == 100 ? 7 : 0;
}

static void put(struct fixture *f, const char *account, const char *region, const char *key,
                const char *json)
{
    const struct entity e = {.kind = "vault",
                             .account = account,
                             .region = region,
                             .key = key,
                             .json = json,
                             .json_length = strlen(json),
                             .fact = 5};
    assert_int_equal(store_entity(f->store, &e, &f->err), 0);
}

static const char *walk(struct fixture *f, struct seen *seen, const char *account,
                        const char *region)
{
    *seen = (struct seen){0};
    assert_int_equal(
        store_each_entity(f->store, "vault", account, region, note_entity, seen, &f->err), 0);
    return seen->words;
}

static void entities_come_back_in_order_and_by_place(void **state)
{
    struct fixture *f = *state;
    struct seen seen;
    json_t *document = NULL;
    int64_t fact = 0;
    put(f, "2", "a", "x", "{}");
    put(f, "1", "b", "y", "{}");
    put(f, "1", "a", "z", "{\"n\":1}");
    put(f, "1", "a", "y", "{}");
    put(f, "1", "a", "z", "{\"n\":2}"); /* replaces */
    assert_string_equal(walk(f, &seen, NULL, NULL), "1/a/y 1/a/z 1/b/y 2/a/x ");
    assert_string_equal(walk(f, &seen, "1", NULL), "1/a/y 1/a/z 1/b/y ");
    assert_string_equal(walk(f, &seen, "1", "a"), "1/a/y 1/a/z ");
    assert_string_equal(walk(f, &seen, NULL, "a"), "1/a/y 1/a/z 2/a/x ");
    assert_int_equal(store_count_entities(f->store, "vault"), 4);
    assert_int_equal(store_get_entity(f->store, "vault", "1", "a", "z", &document, &fact, &f->err),
                     0);
    assert_int_equal(jx_int(document, "n", 0), 2);
    assert_int_equal(fact, 5);
    json_decref(document);
    assert_int_equal(store_get_entity(f->store, "vault", "1", "a", "q", &document, NULL, &f->err),
                     0);
    assert_null(document);
    seen = (struct seen){.count = 99};
    assert_int_equal(store_each_entity(f->store, "vault", NULL, NULL, note_entity, &seen, &f->err),
                     7);
}

static void a_damaged_entity_is_named(void **state)
{
    struct fixture *f = *state;
    json_t *document = NULL;
    put(f, "1", "a", "broken", "{");
    assert_int_equal(
        store_get_entity(f->store, "vault", "1", "a", "broken", &document, NULL, &f->err), -1);
    assert_non_null(strstr(f->err.text, "broken"));
}

static void gap_at(struct fixture *f, const char *operation, const char *account,
                   const char *region)
{
    const struct gap g = {.operation = operation,
                          .account = account,
                          .region = region,
                          .target = "",
                          .class = "denied",
                          .code = "AccessDenied",
                          .message = "no \x1b[31mway",
                          .request_id = "q"};
    assert_int_equal(store_gap(f->store, &g, &f->err), 0);
}

static int count_class(void *context, int64_t id, const struct gap *g)
{
    size_t *counts = context;
    (void)id;
    counts[strcmp(g->class, "region-deny") == 0 ? 1 : 0]++;
    return 0;
}

static void a_denial_in_a_governed_region_is_not_by_region(void **state)
{
    static const struct {
        const char *operation, *account, *region;
    } denied[] = {
        {"ec2:DescribeVolumes", "1", "home"},
        {"ec2:DescribeVolumes", "1", "far"},
        {"ec2:DescribeVolumes", "2", "far"},
        {"efs:DescribeFileSystems", "1", "far"},
    };
    struct fixture *f = *state;
    size_t counts[2] = {0};
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        const struct gap g = {.operation = denied[i].operation,
                              .account = denied[i].account,
                              .region = denied[i].region,
                              .class = "region-deny"};
        assert_int_equal(store_gap(f->store, &g, &f->err), 0);
    }
    assert_int_equal(store_gaps_not_by_region(f->store, "home", &f->err), 0);
    assert_int_equal(store_each_gap(f->store, count_class, counts, &f->err), 0);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 2);
}

static void a_gap_hides_what_it_covers_and_nothing_else(void **state)
{
    static const struct {
        const char *operation, *account, *region;
        int found;
    } cases[] = {
        {"kms:DescribeKey", "1", "eu", 1}, {"kms:DescribeKey", "1", "us", 0},
        {"kms:DescribeKey", "1", NULL, 1}, {"kms:DescribeKey", NULL, NULL, 1},
        {"kms:DescribeKey", "2", "eu", 0}, {"kms:GetKeyPolicy", "1", "eu", 0},
        {"s3:ListBuckets", "2", "us", 1},  {"s3:ListBuckets", "2", NULL, 1},
        {"kms:DescribeKey", "3", "eu", 1}, {"anything:AtAll", "3", "us", 1},
        {"anything:AtAll", "3", NULL, 1},  {"anything:AtAll", NULL, NULL, 0},
        {"kms:*", "1", "eu", 1},           {"kms:*", "1", "us", 0},
        {"rds:*", "1", "eu", 0},           {"kms:Describe", "1", "eu", 0},
        {"sts:AssumeRole", NULL, NULL, 1}, {"kms:DescribeKey", "", "", 1},
        {"kms:DescribeKey", "1", "", 1},   {"kms:DescribeKey", "2", "", 0},
    };
    struct fixture *f = *state;
    char text[256] = "untouched";
    assert_int_equal(
        store_find_gap(f->store, "kms:DescribeKey", NULL, NULL, text, sizeof text, &f->err), 0);
    assert_string_equal(text, "untouched");
    gap_at(f, "kms:DescribeKey", "1", "eu");
    gap_at(f, "s3:ListBuckets", "2", "");
    gap_at(f, "sts:AssumeRole", "3", "");
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            int found = store_find_gap(f->store, cases[i].operation, cases[i].account,
                                       cases[i].region, text, sizeof text, &f->err);
            if (found != cases[i].found) {
                fail_msg("round %d case %zu: %d", round, i, found);
            }
        }
        reopen(f, true); /* the same is known after a restart */
    }
    assert_int_equal(
        store_find_gap(f->store, "kms:DescribeKey", "1", "eu", text, sizeof text, &f->err), 1);
    assert_string_equal(text, "kms:DescribeKey in 1/eu: denied: AccessDenied no ?[31mway");
}

static void the_hot_queries_use_an_index(void **state)
{
    struct fixture *f = *state;
    static const enum sql hot[] = {SQL_OPEN_QUESTIONS,
                                   SQL_FIND_GAP_HERE,
                                   SQL_FIND_GAP_ACCOUNT,
                                   SQL_EACH_ENTITY,
                                   SQL_EACH_ENTITY_HERE,
                                   SQL_GET_ENTITY,
                                   SQL_EACH_ENTITY_ACCOUNT,
                                   SQL_COVERAGE_QUESTIONS,
                                   SQL_COVERAGE_GAPS,
                                   SQL_COVERAGE_THROTTLED,
                                   SQL_GAP_AT};
    for (size_t i = 0; i < sizeof hot / sizeof hot[0]; i++) {
        sqlite3_stmt *statement = store_take(f->store, hot[i], &f->err);
        sqlite3_stmt *plan = NULL;
        char *sql = xasprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(statement));
        assert_int_equal(sqlite3_prepare_v2(f->store->db, sql, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *line = store_column(plan, 3);
            bool sorts = strstr(line, "TEMP B-TREE FOR ORDER BY") != NULL;
            bool few = hot[i] == SQL_FIND_GAP_HERE || hot[i] == SQL_FIND_GAP_ACCOUNT;
            if (strncmp(line, "SCAN", 4) == 0 || (sorts && !few)) {
                fail_msg("%s: %s", sqlite3_sql(statement), line);
            }
        }
        (void)sqlite3_finalize(plan);
        store_give(f->store, hot[i], statement);
        free(sql);
    }
}

static void fill(struct fixture *f, int *result)
{
    char json[2048];
    memset(json, 'x', sizeof json);
    json[0] = '"';
    json[sizeof json - 1] = '"';
    *result = 0;
    for (int i = 0; *result == 0 && i < 20000; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%d", i);
        const struct entity e = {.kind = "k",
                                 .account = "",
                                 .region = "",
                                 .key = key,
                                 .json = json,
                                 .json_length = sizeof json};
        *result = store_entity(f->store, &e, &f->err);
        if (*result == 0 && i % 100 == 99) {
            *result = store_commit(f->store, &f->err);
        }
    }
}

static void a_full_disk_is_an_error_and_leaves_a_whole_run(void **state)
{
    struct fixture *f = *state;
    int result = 0;
    assert_int_equal(store_exec(f->store, "PRAGMA max_page_count = 300", &f->err), 0);
    fill(f, &result);
    assert_int_equal(result, -1);
    assert_int_equal(f->err.code, ERR_IO);
    reopen(f, false);
    int64_t kept = store_count_entities(f->store, "k");
    assert_true(kept > 0 && kept % 100 == 0);
    assert_int_equal(store_ask(f->store, "c", "", "", "", &f->err), 1);
}

static void a_file_size_limit_is_an_error_too(void **state)
{
    struct fixture *f = *state;
    struct rlimit before;
    int result = 0;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit tight = before;
    tight.rlim_cur = (rlim_t)512 * 1024;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    fill(f, &result);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -1);
    assert_int_equal(f->err.code, ERR_IO);
    reopen(f, false);
    assert_int_equal(store_count_entities(f->store, "k") % 100, 0);
}

int main(void)
{
#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {STORE_TEST(a_run_is_one_private_file),
                                       STORE_TEST(a_second_run_in_the_same_place_is_refused),
                                       STORE_TEST(what_is_no_run_is_refused),
                                       STORE_TEST(questions_are_asked_once_and_survive_a_restart),
                                       STORE_TEST(what_was_not_committed_is_gone_after_a_crash),
                                       STORE_TEST(entities_come_back_in_order_and_by_place),
                                       STORE_TEST(a_damaged_entity_is_named),
                                       STORE_TEST(a_gap_hides_what_it_covers_and_nothing_else),
                                       STORE_TEST(a_denial_in_a_governed_region_is_not_by_region),
                                       STORE_TEST(the_hot_queries_use_an_index),
                                       STORE_TEST(a_full_disk_is_an_error_and_leaves_a_whole_run),
                                       STORE_TEST(a_file_size_limit_is_an_error_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
