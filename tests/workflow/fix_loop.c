/* The fix loop as far as it gets without a network: what it refuses, and what it asks first. */
#include "scratch.h"

#include "base/jsonx.h"
#include "base/log.h"
#include "model/plan.h"
#include "workflow/fix_loop.h"

struct script { /* what the operator answers, and what was asked */
    enum reply reply;
    struct confirmation asked;
    int questions, plans;
};

static enum reply answer(void *context, const struct confirmation *question)
{
    struct script *s = context;
    s->asked = *question;
    s->questions++;
    return s->reply;
}

static void count_plan(void *context, const struct plan *plan, bool resumed)
{
    struct script *s = context;
    assert_true(resumed);
    assert_non_null(plan);
    s->plans++;
}

static const struct criteria_options criteria;

/* A session in the scratch directory, without the files of a configuration or rules. */
static struct session session_of(const struct workflow_ui *ui)
{
    return (struct session){.ui = ui,
                            .options = {.criteria = &criteria, .output = scratch, .time_scale = 1}};
}

static struct plan *plan_towards(enum goal goal)
{
    static const enum plan_risk risks[] = {PLAN_RISK_HIGH, PLAN_RISK_LOW};
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->goal = goal;
    plan->organization_id = xstrdup("o-exampleorg1");
    for (size_t i = 0; i < sizeof risks / sizeof risks[0]; i++) {
        struct plan_step *step = xcalloc(1, sizeof *step);
        step->risk = risks[i];
        plan_steps_add(&plan->steps, step);
    }
    return plan;
}

static int apply(struct session *s, enum goal goal, struct err *err)
{
    struct plan *plan = plan_towards(goal);
    char *journal = path_join(scratch, "apply.db");
    int rc = fix_loop_apply(s, plan, journal, false, NULL, err);
    assert_false(file_exists(journal));
    free(journal);
    plan_free(plan);
    return rc;
}

static void nothing_is_applied_that_is_not_confirmed(void **state)
{
    (void)state;
    struct script script = {.reply = REPLY_NO};
    const struct workflow_ui ui = {.context = &script, .confirm = answer};
    struct session s = session_of(&ui);
    struct err err = ERR_INIT;
    assert_int_equal(apply(&s, GOAL_FIX, &err), -1);
    assert_string_equal(err.text, "nothing was changed: not confirmed");
    assert_int_equal(script.questions, 1);
    assert_false(script.asked.teardown);
    assert_int_equal(script.asked.steps, 2);
    assert_int_equal(script.asked.high_risk, 1);
}

static void a_teardown_is_asked_for_by_organization_even_when_approved(void **state)
{
    (void)state;
    struct script script = {.reply = REPLY_NO};
    const struct workflow_ui ui = {.context = &script, .confirm = answer};
    struct session s = session_of(&ui);
    struct err err = ERR_INIT;
    s.options.auto_approve = true;
    assert_int_equal(apply(&s, GOAL_TEARDOWN, &err), -1);
    assert_int_equal(script.questions, 1);
    assert_true(script.asked.teardown);
    s.options.confirm_organization = "o-another000";
    assert_int_equal(apply(&s, GOAL_TEARDOWN, &err), -1);
    assert_int_equal(script.questions, 1);
    assert_non_null(strstr(err.text, "expected o-exampleorg1"));
    s.options.confirm_organization = "o-exampleorg1";
    s.options.auto_approve = false;
    assert_int_equal(apply(&s, GOAL_TEARDOWN, &err), -1);
    assert_non_null(strstr(err.text, "together with --auto-approve"));
}

static void without_a_terminal_the_missing_options_are_named(void **state)
{
    (void)state;
    struct script script = {.reply = REPLY_NO_TERMINAL};
    const struct workflow_ui ui = {.context = &script, .confirm = answer};
    const struct workflow_ui silent = {0};
    struct session s = session_of(&ui);
    struct err err = ERR_INIT;
    assert_int_equal(apply(&s, GOAL_FIX, &err), -1);
    assert_non_null(strstr(err.text, "without a terminal, --auto-approve is required"));
    s.ui = &silent;
    assert_int_equal(apply(&s, GOAL_TEARDOWN, &err), -1);
    assert_non_null(strstr(err.text, "--auto-approve with --confirm-organization ID"));
}

static void time_is_sped_up_only_on_loopback(void **state)
{
    (void)state;
    const struct workflow_ui ui = {0};
    struct session s = session_of(&ui);
    struct fix_result result;
    struct err err = ERR_INIT;
    s.options.time_scale = 100;
    s.options.endpoint_url = "https://kms.eu-central-1.amazonaws.com";
    assert_int_equal(fix_loop(&s, GOAL_FIX, &result, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "loopback"));
    assert_names(scratch, "");
}

/* A sealed plan without steps, as a killed command left it. */
static void leave_plan(enum goal goal)
{
    struct err err = ERR_INIT;
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan->goal = goal;
    plan->organization_id = xstrdup("o-exampleorg1");
    plan->management_account = xstrdup("111122223333");
    plan->partition = xstrdup("aws");
    plan->home_region = xstrdup("eu-central-1");
    plan->run_id = xstrdup("1");
    plan->created = xstrdup("2026-11-20T04:30:00Z");
    plan->config_digest = xstrdup("c");
    plan->rules_digest = xstrdup("r");
    char *path = path_join(scratch, "plan.pending.json");
    plan_seal(plan);
    assert_int_equal(plan_save(plan, path, &err), 0);
    plan_free(plan);
    free(path);
}

static void an_unfinished_plan_of_another_goal_is_left_alone(void **state)
{
    (void)state;
    struct script script = {.reply = REPLY_NO};
    const struct workflow_ui ui = {.context = &script, .confirm = answer, .plan_shown = count_plan};
    struct session s = session_of(&ui);
    struct fix_result result;
    struct err err = ERR_INIT;
    leave_plan(GOAL_ENABLE);
    assert_int_equal(fix_loop(&s, GOAL_TEARDOWN, &result, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "unfinished plan of towerkeep enable"));
    assert_int_equal(script.plans, 0);
    assert_true(has_file(scratch, "plan.pending.json"));
    run_dir_close(&s.dir);
}

/* It is shown and confirmed again; nothing was sent yet, so that it is dropped when refused. */
static void an_unfinished_plan_is_confirmed_again(void **state)
{
    (void)state;
    struct script script = {.reply = REPLY_NO};
    const struct workflow_ui ui = {.context = &script, .confirm = answer, .plan_shown = count_plan};
    struct session s = session_of(&ui);
    struct fix_result result;
    struct err err = ERR_INIT;
    leave_plan(GOAL_ENABLE);
    assert_int_equal(fix_loop(&s, GOAL_ENABLE, &result, &err), -1);
    assert_string_equal(err.text, "nothing was changed: not confirmed");
    assert_int_equal(script.plans, 1);
    assert_int_equal(script.questions, 1);
    assert_false(has_file(scratch, "plan.pending.json"));
    assert_false(s.plan_unfinished);
    run_dir_close(&s.dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_applied_that_is_not_confirmed),
        TEST(a_teardown_is_asked_for_by_organization_even_when_approved),
        TEST(without_a_terminal_the_missing_options_are_named),
        TEST(time_is_sped_up_only_on_loopback),
        TEST(an_unfinished_plan_of_another_goal_is_left_alone),
        TEST(an_unfinished_plan_is_confirmed_again),
    };
    log_open(stderr, LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
