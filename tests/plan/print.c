#include "estate.h"

#include "remedy.h"

static char *printed(const struct plan *plan, int width, bool color)
{
    char *data = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&data, &length);
    plan_print(plan, NULL, out, width, color);
    assert_int_equal(fclose(out), 0);
    return data;
}

static void a_repair_is_drawn_as_a_tree(void **state)
{
    struct estate *e = *state;
    estate_fail_four(e);
    char *text = printed(estate_made(e), 100, false);
    expect_golden("tree.txt", text);
    free(text);
}

static void nothing_to_do_is_said(void **state)
{
    char *text = printed(estate_made(*state), 80, false);
    assert_non_null(strstr(text, "Nothing to do."));
    free(text);
}

static struct plan_step *step(const char *id, const char *group, int seconds, const char *need)
{
    static const struct remedy row = {
        .info = {.id = "do-it", .title = "Do it", .step = 5, .undo = "u"}, .risk = PLAN_RISK_LOW};
    struct plan_step *one = step_new(&row, NULL, "t");
    free(one->id);
    one->id = xstrdup(id);
    free(one->concurrency_group);
    one->concurrency_group = xstrdup(group);
    one->expected_seconds = seconds;
    one->send = xcalloc(1, sizeof *one->send);
    one->send->operation = xstrdup("kms:EnableKey");
    one->send->region = xstrdup(HOME);
    if (need != NULL) {
        step_need(one, need);
    }
    return one;
}

static struct plan *plan_from_run(const char *run)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    char **const members[] = {
        &plan->organization_id, &plan->management_account, &plan->partition,    &plan->home_region,
        &plan->created,         &plan->config_digest,      &plan->rules_digest, &plan->run_id};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        *members[i] = xstrdup(run);
    }
    return plan;
}

static void the_duration_follows_needs_and_concurrency_groups(void **state)
{
    (void)state;
    struct plan *plan = plan_from_run("r");
    plan_steps_add(&plan->steps, step("a-1", "control-tower", 1800, NULL));
    plan_steps_add(&plan->steps, step("b-1", "control-tower", 1800, NULL));
    plan_steps_add(&plan->steps, step("c-1", "", 600, "b-1"));
    plan_steps_add(&plan->steps, step("d-1", "", 3000, NULL));
    char *text = printed(plan, 120, false);
    assert_non_null(strstr(text, "about 70 min along the longest chain"));
    free(text);
    plan_steps_add(&plan->steps, step("e-1", "", 3000, "c-1"));
    text = printed(plan, 120, false);
    assert_non_null(strstr(text, "about 2 h along the longest chain"));
    free(text);
    plan_free(plan);
}

static void replace(char **member, const char *with)
{
    free(*member);
    *member = xstrdup(with);
}

static void hostile_strings_cannot_move_the_terminal(void **state)
{
    (void)state;
    static const char hostile[] = "\033[2J\r\n\007 \xe2\x80\xae evil";
    struct plan_step *one = step(hostile, "", 5, NULL);
    struct plan_call *call = one->send;
    char **const members[] = {&one->title,   &one->undo,     &call->operation,
                              &call->region, &call->account, &call->role};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        replace(members[i], hostile);
    }
    plan_strings_add(&one->reasons, hostile);
    call->input = json_pack("{s:s}", "Name", hostile);
    struct plan *plan = plan_from_run(hostile);
    plan_steps_add(&plan->steps, one);
    plan->manual = xcalloc(1, sizeof *plan->manual);
    plan->manual_count = 1;
    plan->manual->check_id = xstrdup(hostile);
    plan->manual->subject = xstrdup(hostile);
    plan->manual->why = xstrdup(hostile);
    char *text = printed(plan, 80, false);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\007'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
    text = printed(plan, 80, true);
    assert_non_null(strstr(text, "\033[1m"));
    free(text);
    plan_free(plan);
}

static void no_line_is_wider_than_asked(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    char *text = printed(estate_made(e), 60, false);
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        assert_true(length <= 60);
        line += length + 1;
    }
    free(text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, estate_open, estate_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_repair_is_drawn_as_a_tree),
        CASE(nothing_to_do_is_said),
        cmocka_unit_test(the_duration_follows_needs_and_concurrency_groups),
        cmocka_unit_test(hostile_strings_cannot_move_the_terminal),
        CASE(no_line_is_wider_than_asked),
    };
    return cmocka_run_group_tests_name("plan/print", tests, NULL, NULL);
}
