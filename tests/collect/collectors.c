/* The table of collectors as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws/ops.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/collect.h"
#include "crawl.h"

#define KINDS_PAGE TOWERKEEP_SOURCE_DIR "/docs/run-database.md"

/* Of two rows for one operation the second would never be found, and what it keeps never be there.
 */
static void every_operation_has_one_collector(void **state)
{
    (void)state;
    const char *const *names = collect_operations();
    assert_non_null(names[0]);
    for (size_t i = 0; names[i] != NULL; i++) {
        for (size_t j = i + 1; names[j] != NULL; j++) {
            if (strcmp(names[i], names[j]) == 0) {
                fail_msg("%s has two collectors", names[i]);
            }
        }
    }
}

static void every_collector_asks_a_read_of_the_table(void **state)
{
    (void)state;
    for (const char *const *name = collect_operations(); *name != NULL; name++) {
        const struct op *op = op_parse(*name);
        if (op == NULL) {
            fail_msg("%s is not an operation of the table", *name);
        } else if (op->effect != EFFECT_READ) {
            fail_msg("%s is a write", *name);
        }
    }
}

static void every_row_has_a_phase_and_reads_its_answers(void **state)
{
    const struct collector *c = NULL;
    (void)state;
    assert_int_equal(collector_at(0)->phase, PHASE_PRECONDITIONS);
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        if ((int)c->phase < 0 || c->phase >= PHASE_COUNT || c->keep == NULL) {
            fail_msg("%s has no phase, or nothing reads its answers", c->operation);
        }
        if (c->asks[0] == NULL && !c->opens_account && c->keeps[0] == NULL) {
            fail_msg("%s asks nothing and keeps nothing", c->operation);
        }
        /* Member accounts are asked with their own credentials. */
        if (c->as_management && (c->seed == SEED_GOVERNED || c->seed == SEED_REGION)) {
            fail_msg("%s is asked of every account, with the management account's credentials",
                     c->operation);
        }
        if (c->absent_kind != NULL && !c->absence_is_answer) {
            fail_msg("%s keeps an absence that is a collection error", c->operation);
        }
    }
}

static void what_a_row_asks_has_a_row(void **state)
{
    const struct collector *c = NULL;
    (void)state;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        for (size_t a = 0; a < ASKS_MAX && c->asks[a] != NULL; a++) {
            if (collector_find(c->asks[a]) == NULL) {
                fail_msg("%s asks %s, which has no row", c->operation, c->asks[a]);
            }
        }
    }
}

/* A row that only answers ask for must be named by one; those that phases ask for are here. */
static void every_row_is_asked_by_another_or_by_its_phase(void **state)
{
    static const char *const by_phase[] = {"backup:ListBackupJobSummaries",
                                           "backup:ListCopyJobSummaries", "kms:DescribeKey",
                                           "iam:GetRole", "iam:ListAttachedRolePolicies"};
    const struct collector *c = NULL, *from = NULL;
    (void)state;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        bool asked = c->seed != SEED_NONE;
        for (size_t k = 0; k < sizeof by_phase / sizeof by_phase[0]; k++) {
            asked = asked || strcmp(by_phase[k], c->operation) == 0;
        }
        for (size_t k = 0; !asked && (from = collector_at(k)) != NULL; k++) {
            asked = from != c && collector_asks(from, c);
        }
        if (!asked) {
            fail_msg("nothing asks %s", c->operation);
        }
    }
}

/* The kinds in the first column of the table under "## Kinds of entities". */
static struct map *documented_kinds(void)
{
    struct err err = ERR_INIT;
    struct map *kinds = map_new(NULL);
    char *page = NULL;
    size_t length = 0;
    if (file_read(KINDS_PAGE, (size_t)1 << 20, &page, &length, &err) != 0) {
        fail_msg("%s", err.text);
    }
    char *at = strstr(page, "## Kinds of entities");
    char *end = at != NULL ? strstr(at, "\n## ") : NULL;
    if (end == NULL) {
        fail_msg("%s has no section \"Kinds of entities\" followed by another", KINDS_PAGE);
        return kinds;
    }
    *end = '\0';
    while ((at = strstr(at, "\n| `")) != NULL) {
        char *bar = strchr(at + 3, '|');
        char *tick = at + 3;
        while (tick != NULL && tick < bar) {
            char *close = strchr(tick + 1, '`');
            if (close == NULL) {
                fail_msg("%s: a kind without its closing backtick", KINDS_PAGE);
                return kinds;
            }
            char *kind = xstrndup(tick + 1, (size_t)(close - tick - 1));
            map_set(kinds, kind, kinds);
            free(kind);
            tick = strchr(close + 1, '`');
        }
        at = bar;
    }
    free(page);
    return kinds;
}

static void check_kind(struct map *documented, struct map *kept, const struct collector *c,
                       const char *kind)
{
    if (map_get(documented, kind) == NULL) {
        fail_msg("%s keeps %s, which docs/run-database.md does not have", c->operation, kind);
    }
    map_set(kept, kind, kept);
}

static void the_kinds_kept_are_those_documented(void **state)
{
    struct map *documented = documented_kinds(), *kept = map_new(NULL);
    const struct collector *c = NULL;
    const char *kind = NULL;
    void *value = NULL;
    size_t cursor = 0;
    (void)state;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        for (size_t k = 0; k < KEEPS_MAX && c->keeps[k] != NULL; k++) {
            check_kind(documented, kept, c, c->keeps[k]);
        }
        if (c->absent_kind != NULL) {
            check_kind(documented, kept, c, c->absent_kind);
        }
    }
    while (map_next(documented, &cursor, &kind, &value)) {
        if (map_get(kept, kind) == NULL) {
            fail_msg("docs/run-database.md has %s, which no collector keeps", kind);
        }
    }
    map_free(documented);
    map_free(kept);
}

/* A row is held to: what it does not name it neither asks nor keeps. */
static void a_row_says_all_that_it_does(void **state)
{
    const struct collector *tables = collector_find("dynamodb:ListTables");
    struct crawl crawl = {.reading = tables};
    struct entity entity = {.kind = "key", .account = "", .region = "", .key = ""};
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(crawl_ask(&crawl, "kms:DescribeKey", "", "", "", &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.text, "kms:DescribeKey"));
    err = (struct err)ERR_INIT;
    assert_int_equal(crawl_keep_entity(&crawl, &entity, &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
    /* A phase asks nothing that belongs to a later one. */
    crawl = (struct crawl){.phase = PHASE_LANDING_ZONE};
    assert_int_equal(crawl_ask(&crawl, "dynamodb:ListTables", "", "", "", &err), -1);
}

static void members_are_asked_what_is_not_the_managements(void **state)
{
    (void)state;
    assert_true(collect_asks_members("dynamodb:ListTables"));
    assert_false(collect_asks_members("organizations:ListRoots"));
    assert_false(collect_asks_members("s3:PaintBucket"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_one_collector),
        cmocka_unit_test(every_collector_asks_a_read_of_the_table),
        cmocka_unit_test(every_row_has_a_phase_and_reads_its_answers),
        cmocka_unit_test(what_a_row_asks_has_a_row),
        cmocka_unit_test(every_row_is_asked_by_another_or_by_its_phase),
        cmocka_unit_test(the_kinds_kept_are_those_documented),
        cmocka_unit_test(a_row_says_all_that_it_does),
        cmocka_unit_test(members_are_asked_what_is_not_the_managements),
    };
    return cmocka_run_group_tests_name("collect/collectors", tests, NULL, NULL);
}
