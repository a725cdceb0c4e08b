#include "estate.h"

static char *printed(const json_t *plan, int width, bool color)
{
    char *data = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&data, &length);
    plan_print(plan, out, width, color);
    assert_int_equal(fclose(out), 0);
    return data;
}

static void a_repair_is_drawn_as_a_tree(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "KMS-99", "", "key", HOME);
    estate_fail(e, "KMS-10", "cancel-key-deletion", "key", "us-east-1");
    estate_fail(e, "TAG-03", "tag-resource", "resource",
                PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-1");
    char *text = printed(estate_plan(e), 100, false);
    expect_golden("tree.txt", text);
    free(text);
}

static void nothing_to_do_is_said(void **state)
{
    char *text = printed(estate_plan(*state), 80, false);
    assert_non_null(strstr(text, "Nothing to do."));
    free(text);
}

static json_t *step(const char *id, const char *lane, int seconds, const char *need)
{
    json_t *one = json_pack("{s:s,s:s,s:i,s:i,s:s,s:s,s:[],s:[],s:s}", "id", id, "title", "t",
                            "step", 5, "expected_seconds", seconds, "lane", lane, "risk", "low",
                            "reasons", "needs", "undo", "u");
    if (need != NULL) {
        (void)json_array_append_new(json_object_get(one, "needs"), json_string(need));
    }
    return one;
}

static void the_duration_follows_needs_and_lanes(void **state)
{
    (void)state;
    json_t *plan = json_pack("{s:[o,o,o,o]}", "steps", step("a-1", "control-tower", 1800, NULL),
                             step("b-1", "control-tower", 1800, NULL), step("c-1", "", 600, "b-1"),
                             step("d-1", "", 3000, NULL));
    char *text = printed(plan, 120, false);
    assert_non_null(strstr(text, "about 70 min along the longest chain"));
    free(text);
    json_decref(plan);
}

static void hostile_strings_cannot_move_the_terminal(void **state)
{
    (void)state;
    static const char hostile[] = "\033[2J\r\n\007 \xe2\x80\xae evil";
    json_t *one = step("x-1", "", 5, NULL);
    static const char *const members[] = {"id", "title", "undo"};
    for (size_t i = 0; i < 3; i++) {
        (void)json_object_set_new(one, members[i], json_string(hostile));
    }
    (void)json_object_set_new(one, "reasons", json_pack("[s]", hostile));
    (void)json_object_set_new(one, "send",
                              json_pack("{s:s,s:s,s:s,s:s,s:{s:s}}", "operation", hostile,
                                        "account", hostile, "region", hostile, "role", hostile,
                                        "input", "Name", hostile));
    json_t *plan = json_pack("{s:s,s:[o],s:[{s:s,s:s,s:s}]}", "run_id", hostile, "steps", one,
                             "manual", "check_id", hostile, "subject", hostile, "why", hostile);
    char *text = printed(plan, 80, false);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\007'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
    text = printed(plan, 80, true);
    assert_non_null(strstr(text, "\033[1m"));
    free(text);
    json_decref(plan);
}

static void no_line_is_wider_than_asked(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    char *text = printed(estate_plan(e), 60, false);
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
        cmocka_unit_test(the_duration_follows_needs_and_lanes),
        cmocka_unit_test(hostile_strings_cannot_move_the_terminal),
        CASE(no_line_is_wider_than_asked),
    };
    return cmocka_run_group_tests_name("plan/print", tests, NULL, NULL);
}
