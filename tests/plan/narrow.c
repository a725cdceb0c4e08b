/* Part of a plan: what is selected, what that needs, and what cannot be divided. */
#include "estate.h"

#include "plan/narrow.h"

/* What rules would say, from the name of a check: "STEP-REMEDY", or "?" for none. */
static bool find_check(const void *context, const char *id, struct plan_check *out)
{
    (void)context;
    if (id[0] < '0' || id[0] > '6') {
        return false;
    }
    *out = (struct plan_check){.step = id[0] - '0', .remedy = id + 2};
    return true;
}

struct row { /* a step; lists are separated by spaces */
    const char *id, *reasons, *needs;
    int step;
    const char *key; /* of the call's input; may hold a placeholder */
};

static void add_words(struct plan_strings *list, const char *words)
{
    char *copy = xstrdup(words), *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        plan_strings_add(list, word);
    }
    free(copy);
}

static struct plan_call *call_of(const char *operation, const char *key)
{
    struct plan_call *call = xcalloc(1, sizeof *call);
    call->operation = xstrdup(operation);
    call->account = xstrdup(MGMT);
    call->region = xstrdup(HOME);
    call->input = json_pack("{s:s}", "KeyId", key != NULL ? key : "key");
    return call;
}

static struct plan *plan_of(enum goal goal, const struct row *rows, size_t count)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->goal = goal;
    plan->organization_id = xstrdup("o-exampleorg1");
    plan->management_account = xstrdup(MGMT);
    plan->partition = xstrdup("aws");
    plan->home_region = xstrdup(HOME);
    plan->run_id = xstrdup("run");
    plan->created = xstrdup("2026-11-20T04:30:00Z");
    plan->config_digest = xstrdup("c0ffee");
    plan->rules_digest = xstrdup("beef");
    for (size_t i = 0; i < count; i++) {
        struct plan_step *step = xcalloc(1, sizeof *step);
        step->id = xstrdup(rows[i].id);
        step->remedy = xasprintf("%.*s", (int)strcspn(rows[i].id, "/"), rows[i].id);
        step->step = rows[i].step;
        step->title = xstrdup("a step");
        add_words(&step->reasons, rows[i].reasons);
        add_words(&step->needs, rows[i].needs);
        step->send = call_of("kms:EnableKey", rows[i].key);
        step->done = xcalloc(1, sizeof *step->done);
        step->done->call = call_of("kms:DescribeKey", NULL);
        step->done->when = json_pack("{s:s,s:b}", "path", "KeyId", "present", 1);
        plan_captures_set(&step->done->capture, "arn", "KeyId");
        plan_captures_set(&step->capture, "arn", "KeyId");
        plan_steps_add(&plan->steps, step);
    }
    plan_seal(plan);
    return plan;
}

#define PLAN_OF(goal, rows) plan_of(goal, rows, sizeof(rows) / sizeof *(rows))

static const char *const no_checks[] = {NULL};

static struct plan_selection selected(int step, const char *const *checks)
{
    return (struct plan_selection){.options = "--only X",
                                   .step = step,
                                   .checks = checks != no_checks ? checks : NULL,
                                   .find = find_check};
}

/* "step<need,need step": what is left. */
static void expect_left(const struct plan *plan, const char *wanted)
{
    struct text ids;
    text_init(&ids, 65536);
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *step = plan->steps.items[i];
        text_addf(&ids, "%s%s", i > 0 ? " " : "", step->id);
        for (size_t k = 0; k < step->needs.count; k++) {
            text_addf(&ids, "%s%s", k > 0 ? "," : "<", step->needs.items[k]);
        }
    }
    assert_string_equal(text_str(&ids), wanted);
    text_release(&ids);
}

static void expect_narrowed(enum goal goal, const struct row *rows, size_t count,
                            struct plan_selection selection, const char *wanted)
{
    struct plan *plan = plan_of(goal, rows, count);
    char *digest = xstrdup(plan->digest);
    struct err err = ERR_INIT;
    if (plan_narrow(plan, &selection, &err) != 0) {
        fail_msg("%s", err.text);
    }
    expect_left(plan, wanted);
    assert_int_equal(selection.left_out, count - plan->steps.count);
    assert_string_equal(plan->digest, digest);
    plan_seal(plan);
    if (plan_check(plan, "the part", &err) != 0) {
        fail_msg("%s", err.text);
    }
    free(digest);
    plan_free(plan);
}

#define EXPECT_NARROWED(goal, rows, selection, wanted)                                             \
    expect_narrowed(goal, rows, sizeof(rows) / sizeof *(rows), selection, wanted)

static void refuses(enum goal goal, const struct row *rows, size_t count,
                    struct plan_selection selection, const char *said)
{
    struct plan *plan = plan_of(goal, rows, count);
    struct err err = ERR_INIT;
    assert_int_equal(plan_narrow(plan, &selection, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, said));
    assert_int_equal(plan->steps.count, count);
    plan_free(plan);
}

#define REFUSES(goal, rows, selection, said)                                                       \
    refuses(goal, rows, sizeof(rows) / sizeof *(rows), selection, said)

static const struct row fixes[] = {
    {"create-key", "finding:a check:2-create-key", "", 2, NULL},
    {"enable-zone", "finding:b check:5-enable-unit", "create-key", 3, "${create-key:arn}"},
    {"reset-zone", "finding:c check:1-move-account", "create-key", 3, NULL},
    {"enable-unit/a", "finding:b check:5-enable-unit", "enable-zone reset-zone", 5, NULL},
    {"enable-unit/b", "finding:d check:5-enable-unit finding:e check:6-tag", "enable-unit/a", 5,
     NULL},
};

static void a_fix_is_narrowed_by_the_checks_of_its_reasons(void **state)
{
    static const char *const tags[] = {"6-*", NULL}, *const none[] = {"4-*", NULL};
    (void)state;
    EXPECT_NARROWED(GOAL_FIX, fixes, selected(2, no_checks), "create-key");
    EXPECT_NARROWED(GOAL_FIX, fixes, selected(1, no_checks), "reset-zone");
    EXPECT_NARROWED(GOAL_FIX, fixes, selected(0, tags), "enable-unit/b");
    EXPECT_NARROWED(GOAL_FIX, fixes, selected(2, tags), "");
    EXPECT_NARROWED(GOAL_FIX, fixes, selected(0, none), "");
}

static void what_supplies_a_value_is_kept_and_what_only_comes_first_is_not(void **state)
{
    (void)state;
    EXPECT_NARROWED(GOAL_FIX, fixes, selected(5, no_checks),
                    "create-key enable-zone<create-key enable-unit/a<enable-zone "
                    "enable-unit/b<enable-unit/a");
}

static void other_goals_are_narrowed_by_step_with_every_need(void **state)
{
    static const char *const checks[] = {"KMS-01", NULL};
    static const struct row rows[] = {
        {"create-key", "goal:enable", "", 2, NULL},
        {"enable-zone", "goal:enable", "create-key", 3, NULL},
        {"opt-in", "goal:enable", "", 4, NULL},
        {"enable-unit/a", "goal:enable", "enable-zone", 5, NULL},
    };
    (void)state;
    EXPECT_NARROWED(GOAL_ENABLE, rows, selected(5, no_checks),
                    "create-key enable-zone<create-key enable-unit/a<enable-zone");
    EXPECT_NARROWED(GOAL_ENABLE, rows, selected(4, no_checks), "opt-in");
    EXPECT_NARROWED(GOAL_TEARDOWN, rows, selected(2, no_checks), "create-key");
    REFUSES(GOAL_ENABLE, rows, selected(0, checks),
            "--only KMS-01: the plan is one of towerkeep enable");
}

static void one_call_for_several_checks_is_not_divided(void **state)
{
    static const char *const first[] = {"6-tag-resource", NULL};
    static const char *const both[] = {"6-*", NULL};
    static const char *const update[] = {"3-update-landing-zone", NULL};
    static const char *const baseline[] = {"5-enable-backup-baseline", NULL};
    static const struct row rows[] = {
        {"tag-resource/a", "finding:a check:6-tag-resource finding:b check:6-other", "", 6, NULL},
    };
    static const struct row zone[] = {
        {"enable-landing-zone-backup",
         "finding:a check:3-enable-landing-zone-backup finding:b check:3-update-landing-zone "
         "finding:c check:5-enable-backup-baseline",
         "", 3, NULL},
    };
    (void)state;
    REFUSES(GOAL_FIX, rows, selected(0, first),
            "step tag-resource/a is one call, also for 6-other: add that check");
    EXPECT_NARROWED(GOAL_FIX, rows, selected(0, both), "tag-resource/a");
    EXPECT_NARROWED(GOAL_FIX, rows, selected(6, no_checks), "tag-resource/a");
    REFUSES(GOAL_FIX, zone, selected(0, update), "also for 3-enable-landing-zone-backup");
    EXPECT_NARROWED(GOAL_FIX, zone, selected(0, baseline), "enable-landing-zone-backup");
}

static void a_check_without_a_rule_belongs_to_no_step(void **state)
{
    static const char *const acme[] = {"ACME-*", NULL};
    static const struct row rows[] = {
        {"create-key", "finding:a check:ACME-1 finding:b check:2-create-key", "", 2, NULL}};
    (void)state;
    REFUSES(GOAL_FIX, rows, selected(2, no_checks), "no rule directory has the check ACME-1");
    EXPECT_NARROWED(GOAL_FIX, rows, selected(0, acme), "create-key");
}

static void rows_for_people_are_narrowed_too(void **state)
{
    (void)state;
    struct plan *plan = PLAN_OF(GOAL_FIX, fixes);
    struct plan_selection selection = selected(2, no_checks);
    struct err err = ERR_INIT;
    static const char *const checks[] = {"2-x", "4-x", ""};
    plan->manual = xcalloc(3, sizeof *plan->manual);
    plan->deferred = xcalloc(2, sizeof *plan->deferred);
    for (size_t i = 0; i < 3; i++) {
        plan->manual[plan->manual_count++] = (struct plan_manual){.finding_id = xstrdup("a"),
                                                                  .check_id = xstrdup(checks[i]),
                                                                  .subject = xstrdup("s"),
                                                                  .why = xstrdup("w")};
    }
    for (size_t i = 0; i < 2; i++) {
        struct plan_deferred *row = &plan->deferred[plan->deferred_count++];
        row->id = xasprintf("step-%zu", i);
        plan_strings_add(&row->reasons, i == 0 ? "check:4-x" : "check:2-x");
    }
    assert_int_equal(plan_narrow(plan, &selection, &err), 0);
    assert_int_equal(plan->manual_count, 2);
    assert_string_equal(plan->manual[1].check_id, "");
    assert_int_equal(plan->deferred_count, 1);
    assert_string_equal(plan->deferred[0].id, "step-1");
    plan_free(plan);
}

/* Ids of those that need the step, or "". */
static void expect_serves(const struct plan *plan, struct plan_selection selection, size_t index,
                          const char *wanted)
{
    struct plan_strings by;
    bool serves = plan_step_serves(plan, &selection, plan->steps.items[index], &by);
    assert_int_equal(serves, wanted[0] != '\0');
    if (serves) {
        assert_int_equal(by.count, 1);
        assert_string_equal(by.items[0], wanted);
    }
    free(by.items);
}

static void steps_that_are_only_needed_by_others_are_known(void **state)
{
    static const struct row rows[] = {
        {"enable-unit/parent", "finding:b check:5-enable-unit", "", 5, NULL},
        {"enable-unit/child", "finding:b check:5-enable-unit", "enable-unit/parent", 5, NULL},
        {"create-key", "finding:a check:2-create-key", "", 2, NULL},
        {"create-key/alias", "finding:a check:2-create-key", "create-key", 2, NULL},
        {"enable-zone", "finding:c check:4-register", "", 3, NULL},
        {"register/x", "finding:c check:4-register", "enable-zone create-key", 4, NULL},
    };
    (void)state;
    struct plan *plan = PLAN_OF(GOAL_FIX, rows);
    struct plan_selection all = selected(0, no_checks);
    expect_serves(plan, all, 0, "enable-unit/child");
    expect_serves(plan, all, 1, "");
    expect_serves(plan, all, 2, "");
    expect_serves(plan, all, 3, "");
    expect_serves(plan, all, 4, "register/x");
    all.options = NULL;
    expect_serves(plan, all, 4, "");
    plan->goal = GOAL_ENABLE;
    expect_serves(plan, selected(4, no_checks), 4, "register/x");
    expect_serves(plan, selected(4, no_checks), 5, "");
    plan_free(plan);
}

static void what_the_options_leave_out_is_counted(void **state)
{
    struct estate *e = *state;
    static const char *const checks[] = {"KMS-*", NULL};
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "TAG-03", "tag-resource", "resource", NEAR_KEY);
    e->options.checks = checks;
    expect_steps(estate_plan(e), "replicate-key/" AWAY);
    assert_int_equal(plan_left_out(e->store, e->subjects, &e->options, e->made), 2);
    e->options.checks = NULL;
    (void)estate_plan(e);
    assert_int_equal(plan_left_out(e->store, e->subjects, &e->options, e->made), 0);
}

/* The part of a whole plan and the plan of that part alone send the same. */
static void a_part_sends_what_a_plan_of_that_part_sends(void **state)
{
    struct estate *e = *state;
    static const char *const checks[] = {"KMS-*", NULL};
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "KMS-10", "cancel-key-deletion", "key", "us-east-1");
    estate_fail(e, "TAG-03", "tag-resource", "resource", NEAR_KEY);
    e->options.checks = checks;
    char *alone = jx_dump(jx_get(estate_plan(e), "steps"));
    e->options.checks = NULL;
    (void)estate_plan(e);
    struct plan_selection selection = selected(0, checks);
    assert_int_equal(plan_narrow(e->made, &selection, &e->err), 0);
    assert_int_equal(selection.left_out, 2);
    json_t *part = plan_to_json(e->made);
    char *steps = jx_dump(jx_get(part, "steps"));
    assert_string_equal(steps, alone);
    free(steps);
    free(alone);
    json_decref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fix_is_narrowed_by_the_checks_of_its_reasons),
        cmocka_unit_test(what_supplies_a_value_is_kept_and_what_only_comes_first_is_not),
        cmocka_unit_test(other_goals_are_narrowed_by_step_with_every_need),
        cmocka_unit_test(one_call_for_several_checks_is_not_divided),
        cmocka_unit_test(a_check_without_a_rule_belongs_to_no_step),
        cmocka_unit_test(rows_for_people_are_narrowed_too),
        cmocka_unit_test(steps_that_are_only_needed_by_others_are_known),
        cmocka_unit_test_setup_teardown(what_the_options_leave_out_is_counted, estate_open,
                                        estate_close),
        cmocka_unit_test_setup_teardown(a_part_sends_what_a_plan_of_that_part_sends, estate_open,
                                        estate_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
