/* Each folder of malformed/ holds a rule that must be refused, and the words of the refusal. */
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
#include "rule_private.h"

#define FOLDER TOWERKEEP_SOURCE_DIR "/tests/check/malformed"

/* The rule is read as ACME-1.yaml, the name its id calls for. */
static char *refusal(const char *folder)
{
    struct err err = ERR_INIT;
    struct loaded_rule *l = NULL;
    char *data = NULL;
    size_t length = 0;
    char *path = xasprintf(FOLDER "/%s/rule.yaml", folder);
    assert_int_equal(file_read(path, RULE_BYTES_MAX, &data, &length, &err), 0);
    free(path);
    int rc = rule_load("ACME-1.yaml", data, length, NULL, &l, &err);
    free(data);
    rule_free(rc == 0 ? l : NULL);
    assert_true(rc == 0 || err.code == ERR_INPUT);
    return xasprintf("%s\n", rc == 0 ? "accepted" : err.text);
}

static void every_malformed_rule_is_refused_in_its_own_words(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char **names = NULL;
    size_t count = 0;
    size_t wrong = 0;
    assert_int_equal(dir_list(FOLDER, NULL, &names, &count, &err), 0);
    assert_true(count > 40);
    for (size_t i = 0; i < count; i++) {
        char *wanted = NULL;
        size_t length = 0;
        char *path = xasprintf(FOLDER "/%s/error", names[i]);
        char *got = refusal(names[i]);
        if (file_read(path, ERR_TEXT_MAX, &wanted, &length, &err) != 0 ||
            strcmp(wanted, got) != 0) {
            print_error("%s:\n  wanted %s  got    %s", names[i], wanted ? wanted : "nothing\n",
                        got);
            wrong++;
        }
        free(wanted);
        free(path);
        free(got);
    }
    names_free(names, count);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_malformed_rule_is_refused_in_its_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
