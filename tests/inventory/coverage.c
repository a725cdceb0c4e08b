#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "inventory/coverage.h"
#include "made_organization.h"

static char path[] = "/tmp/towerkeep-coverage-XXXXXX";

static int set_up(void **state)
{
    struct store *s = NULL;
    struct err err = ERR_INIT;
    (void)memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    (void)close(fd);
    (void)unlink(path);
    if (store_create(path, &s, &err) != 0) {
        return -1;
    }
    world_build(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    store_close(*state);
    return unlink(path);
}

static void ask(struct store *s, const char *account, const char *region, const char *target,
                enum question_state answer)
{
    struct err err = ERR_INIT;
    static int64_t last;
    last = store_question_count(s, QUESTION_OPEN) + store_question_count(s, QUESTION_ANSWERED) +
           store_question_count(s, QUESTION_GAP) + 1;
    assert_int_equal(store_ask(s, "backup:ListBackupVaults", account, region, target, &err), 1);
    if (answer != QUESTION_OPEN) {
        assert_int_equal(store_question_close(s, last, answer, &err), 0);
    }
}

static void hide(struct store *s, const char *operation, const char *account, const char *region,
                 const char *class)
{
    struct err err = ERR_INIT;
    const struct gap g = {.operation = operation,
                          .account = account,
                          .region = region,
                          .target = "",
                          .class = class,
                          .code = "C",
                          .message = "m",
                          .request_id = ""};
    assert_int_equal(store_gap(s, &g, &err), 0);
}

static int note(void *context, const struct coverage *c)
{
    json_t *states = context;
    char key[64];
    (void)snprintf(key, sizeof key, "%s/%s", c->account, c->region);
    (void)json_object_set_new(states, key, json_string(c->state));
    return 0;
}

static const char *state_at(const json_t *states, const char *account, const char *region)
{
    char key[64];
    (void)snprintf(key, sizeof key, "%s/%s", account, region);
    const char *word = json_string_value(json_object_get(states, key));
    return word != NULL ? word : "(no row)";
}

static void each_pair_has_the_state_that_it_deserves(void **state)
{
    struct store *s = *state;
    struct err err = ERR_INIT;
    struct coverage_totals totals;
    ask(s, PROD, HOME, "", QUESTION_ANSWERED);
    ask(s, PROD, AWAY, "", QUESTION_ANSWERED);
    ask(s, PROD, AWAY, "b", QUESTION_GAP);
    hide(s, "backup:ListBackupVaults", PROD, AWAY, "denied");
    ask(s, PROD, "us-east-1", "", QUESTION_GAP); /* ungoverned, closed by a policy */
    hide(s, "backup:ListBackupVaults", PROD, "us-east-1", "region-deny");
    hide(s, "sts:AssumeRole", AUDIT, "", "denied");
    ask(s, CENTRAL, HOME, "", QUESTION_ANSWERED);
    ask(s, CENTRAL, HOME, "b", QUESTION_OPEN);
    ask(s, LOGS, HOME, "", QUESTION_ANSWERED);
    ask(s, LOGS, AWAY, "", QUESTION_GAP);
    hide(s, "backup:ListBackupVaults", LOGS, AWAY, "region-unavailable");
    ask(s, ADMIN, HOME, "", QUESTION_ANSWERED);
    ask(s, ADMIN, AWAY, "", QUESTION_ANSWERED);
    json_t *states = json_object();
    assert_int_equal(coverage_each(s, note, states, &err), 0);
    assert_string_equal(state_at(states, PROD, HOME), "REACHED");
    assert_string_equal(state_at(states, PROD, AWAY), "PARTIAL");
    assert_string_equal(state_at(states, PROD, "us-east-1"), "REGION DENY");
    assert_string_equal(state_at(states, AUDIT, HOME), "NOT REACHED");
    assert_string_equal(state_at(states, CENTRAL, HOME), "PARTIAL");
    assert_string_equal(state_at(states, CENTRAL, AWAY), "NOT REACHED");
    assert_string_equal(state_at(states, LOGS, AWAY), "REGION DISABLED");
    assert_string_equal(state_at(states, LOST, HOME), "SUSPENDED");
    assert_string_equal(state_at(states, ADMIN, "us-east-1"), "(no row)");
    /* Seven accounts, two governed Regions, one of them asked in a third. */
    assert_int_equal(json_object_size(states), 15);
    assert_int_equal(coverage_count(s, &totals, &err), 0);
    assert_int_equal(totals.expected, 12); /* six ACTIVE accounts */
    assert_int_equal(totals.reached, 4);
    assert_int_equal(totals.gaps, 3); /* the closed ungoverned Region is none */
    json_decref(states);
}

static void accounts_left_out_on_purpose_are_not_expected(void **state)
{
    struct store *s = *state;
    struct err err = ERR_INIT;
    struct coverage_totals totals;
    ask(s, PROD, HOME, "", QUESTION_ANSWERED);
    ask(s, PROD, AWAY, "", QUESTION_ANSWERED);
    assert_int_equal(store_meta_set(s, "filtered", "true", &err), 0);
    assert_int_equal(coverage_count(s, &totals, &err), 0);
    assert_int_equal(totals.expected, 2); /* only X Production was tried */
    assert_int_equal(totals.reached, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_pair_has_the_state_that_it_deserves, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(accounts_left_out_on_purpose_are_not_expected, set_up,
                                        tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
