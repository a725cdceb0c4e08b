/* A fresh directory a test, small files in it, and a small evaluated run. */
#ifndef TOWERKEEP_TESTS_WORKFLOW_SCRATCH_H
#define TOWERKEEP_TESTS_WORKFLOW_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "blank_finding.h"
#include "store/store.h"

static char *scratch; /* the directory of the test */

static inline int scratch_make(void **state)
{
    (void)state;
    scratch = xstrdup("/tmp/towerkeep-workflow-XXXXXX");
    return mkdtemp(scratch) != NULL ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
    (void)state;
    dir_remove(scratch);
    free(scratch);
    return 0;
}

static inline void put_file(const char *directory, const char *name, const char *text)
{
    char *path = path_join(directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static inline bool has_file(const char *directory, const char *name)
{
    char *path = path_join(directory, name);
    bool there = file_exists(path);
    free(path);
    return there;
}

/* Names in the directory, space after each; free(). */
static inline char *names_in(const char *directory)
{
    char **names = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    assert_int_equal(dir_list(directory, NULL, &names, &count, &err), 0);
    char *all = xstrdup("");
    for (size_t i = 0; i < count; i++) {
        char *longer = xasprintf("%s%s ", all, names[i]);
        free(all);
        all = longer;
    }
    names_free(names, count);
    return all;
}

#define assert_names(directory, expected)                                                          \
    do {                                                                                           \
        char *names_ = names_in(directory);                                                        \
        assert_string_equal(names_, expected);                                                     \
        free(names_);                                                                              \
    } while (0)

static inline void put_finding(struct store *store, const char *check, enum status status)
{
    struct err err = ERR_INIT;
    struct finding f = blank_finding(check, status);
    f.title = "Title";
    f.scope = "key";
    f.subject = "eu-central-1";
    f.severity = SEVERITY_HIGH;
    f.step = 2;
    f.account_id = "111122223333";
    f.region = "eu-central-1";
    f.expected = "e";
    f.observed = "o";
    f.evidence = "1";
    finding_make_id(check, f.scope, f.subject, f.id);
    assert_int_equal(store_finding(store, &f, &err), 0);
}

/* A run of organization `organization` at `path`. */
static inline struct store *make_run(const char *path, const char *organization)
{
    struct store *store = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(store_create(path, &store, &err), 0);
    const char *const texts[][2] = {{"run_id", "00000000-0000-4000-8000-000000000001"},
                                    {"organization_id", organization},
                                    {"management_account", "111122223333"},
                                    {"home_region", "eu-central-1"},
                                    {"partition", "aws"},
                                    {"version", "1"},
                                    {"started", "2026-11-20T04:00:00Z"},
                                    {"ended", "2026-11-20T04:30:00Z"},
                                    {"rules", "[]"},
                                    {"config", "{}"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(store_meta_set(store, texts[i][0], texts[i][1], &err), 0);
    }
    return store;
}

#endif
