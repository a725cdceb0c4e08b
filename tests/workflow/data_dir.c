/* Which directory of rules and templates a program uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "workflow/data_dir.h"

static char *top; /* a fresh directory per test */

static int make_top(void **state)
{
    (void)state;
    top = xstrdup("/tmp/workflow-data-dir-XXXXXX");
    return mkdtemp(top) != NULL ? 0 : -1;
}

static int remove_top(void **state)
{
    (void)state;
    dir_remove(top);
    free(top);
    return 0;
}

static char *make_directory(const char *name)
{
    struct err err = ERR_INIT;
    char *path = path_join(top, name);
    assert_int_equal(dir_make(path, &err), 0);
    return path;
}

/* Expects the directory `wanted` under top, or with NULL an error that contains `message`. */
static void expect(const char *named, const char *executable, const char *wanted,
                   const char *message)
{
    struct err err = ERR_INIT;
    char *program = path_join(top, executable);
    char *variable = named != NULL ? path_join(top, named) : NULL;
    char *configured = path_join(top, "configured/share/towerkeep");
    char *found = NULL;
    struct data_dir_places places = {
        .named = variable, .executable = program, .configured = configured};
    int rc = data_dir_search(&places, "rules", &found, &err);
    if (wanted != NULL) {
        char *path = path_join(top, wanted);
        assert_int_equal(rc, 0);
        assert_string_equal(found, path);
        free(path);
    } else {
        assert_int_equal(rc, -1);
        assert_null(found);
        assert_non_null(strstr(err.text, message));
        assert_null(strchr(err.text, '\n'));
    }
    free(found);
    free(configured);
    free(variable);
    free(program);
}

static void installed_program_uses_the_data_beside_it(void **state)
{
    (void)state;
    free(make_directory("moved/share/towerkeep/rules"));
    free(make_directory("configured/share/towerkeep/rules"));
    free(make_directory("moved/bin"));
    expect(NULL, "moved/bin/towerkeep", "moved/bin/../share/towerkeep/rules", NULL);
}

static void configured_prefix_is_used_when_nothing_is_beside_the_program(void **state)
{
    (void)state;
    free(make_directory("configured/share/towerkeep/rules"));
    free(make_directory("moved/bin"));
    expect(NULL, "moved/bin/towerkeep", "configured/share/towerkeep/rules", NULL);
}

static void program_in_a_build_tree_uses_the_source_tree(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct out_file *file = NULL;
    free(make_directory("source/rules"));
    free(make_directory("configured/share/towerkeep/rules"));
    char *build = make_directory("build");
    char *marker = path_join(build, DATA_DIR_BUILD_MARKER);
    expect(NULL, "build/towerkeep", "configured/share/towerkeep/rules", NULL);
    assert_int_equal(out_file_open(marker, &file, &err), 0);
    fprintf(out_file_stream(file), "%s/source\n", top);
    assert_int_equal(out_file_commit(file, &err), 0);
    expect(NULL, "build/towerkeep", "source/rules", NULL);
    free(marker);
    free(build);
}

static void variable_names_the_only_place(void **state)
{
    (void)state;
    free(make_directory("named/rules"));
    free(make_directory("moved/share/towerkeep/rules"));
    free(make_directory("moved/bin"));
    free(make_directory("empty"));
    expect("named", "moved/bin/towerkeep", "named/rules", NULL);
    expect("empty", "moved/bin/towerkeep", NULL, "TOWERKEEP_DATA: ");
    expect("missing", "moved/bin/towerkeep", NULL, "/missing/rules is not a directory");
}

static void missing_data_are_reported_with_the_places(void **state)
{
    (void)state;
    free(make_directory("moved/bin"));
    expect(NULL, "moved/bin/towerkeep", NULL, "set TOWERKEEP_DATA");
    expect(NULL, "moved/bin/towerkeep", NULL, "/configured/share/towerkeep");
    expect(NULL, "moved/bin/towerkeep", NULL, "/moved/bin/../share/towerkeep");
}

static void this_program_finds_the_tree_it_was_built_from(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *found = NULL;
    assert_int_equal(data_dir_find("templates", &found, &err), 0);
    assert_string_equal(found, TOWERKEEP_SOURCE_DIR "/templates");
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(installed_program_uses_the_data_beside_it, make_top,
                                        remove_top),
        cmocka_unit_test_setup_teardown(
            configured_prefix_is_used_when_nothing_is_beside_the_program, make_top, remove_top),
        cmocka_unit_test_setup_teardown(program_in_a_build_tree_uses_the_source_tree, make_top,
                                        remove_top),
        cmocka_unit_test_setup_teardown(variable_names_the_only_place, make_top, remove_top),
        cmocka_unit_test_setup_teardown(missing_data_are_reported_with_the_places, make_top,
                                        remove_top),
        cmocka_unit_test(this_program_finds_the_tree_it_was_built_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
