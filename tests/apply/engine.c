#include "harness.h"

static void steps_are_sent_in_the_order_of_their_needs(void **state)
{
    (void)state;
    struct plan *plan = plan_of(
        json_pack("[o, o, o, o]", enable("enable-key/a", ""), enable("enable-key/true-b", ""),
                  enable("enable-key/late-c", "enable-key/a enable-key/true-b"),
                  enable("enable-key/d", "enable-key/late-c")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.done, 3);
    assert_int_equal(a.result.already_true, 1);
    assert_int_equal(a.result.writes, 3);
    is(&a, "enable-key/true-b", "already true", "");
    is(&a, "enable-key/d", "done", "");
    assert_string_equal(jx_str(change(&a, "enable-key/a"), "request_id"), "request-1");
    assert_string_equal(jx_str(change(&a, "enable-key/a"), "operation"), "kms:EnableKey");
    assert_int_equal(cloud_effects(&cloud, "true-b"), 0);
    apply_result_release(&a.result);
    /* Again: nothing is left to do. */
    a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.done, 3);
    assert_int_equal(a.result.writes, 0);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 3);
    release(&a, plan);
}

static void a_failure_stops_what_needs_it_and_nothing_else(void **state)
{
    (void)state;
    struct plan *plan =
        plan_of(json_pack("[o, o, o, o]", enable("enable-key/denied", ""),
                          enable("enable-key/b", "enable-key/denied"),
                          enable("enable-key/c", "enable-key/b"), enable("enable-key/d", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "enable-key/denied", "failed", "AccessDeniedException");
    is(&a, "enable-key/b", "not attempted", "waits for enable-key/denied");
    is(&a, "enable-key/c", "not attempted", "waits for enable-key/denied");
    is(&a, "enable-key/d", "done", "");
    assert_int_equal(a.result.failed, 1);
    assert_int_equal(a.result.not_attempted, 2);
    assert_int_equal(cloud_effects(&cloud, "b"), 0);
    release(&a, plan);
}

static void a_changed_fact_stops_its_step(void **state)
{
    (void)state;
    json_t *guarded = enable("enable-key/a", "");
    json_array_append_new(json_object_get(guarded, "guard"), enabled("true-other", false));
    struct plan *plan =
        plan_of(json_pack("[o, o]", guarded, enable("enable-key/b", "enable-key/a")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "enable-key/a", "failed", "precondition not met: the key is as it was");
    is(&a, "enable-key/b", "not attempted", "waits for enable-key/a");
    assert_int_equal(a.result.writes, 0);
    release(&a, plan);
}

static void a_conflict_is_waited_for(void **state)
{
    (void)state;
    struct plan *plan = plan_of(json_pack("[o]", enable("enable-key/conflict-3", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 4);
    assert_int_equal(cloud_effects(&cloud, "conflict-3"), 1);
    release(&a, plan);
}

static void a_lost_answer_is_not_sent_twice(void **state)
{
    (void)state;
    struct plan *plan = plan_of(
        json_pack("[o, o]", enable("enable-key/lost", ""), enable("enable-key/unsent", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud_effects(&cloud, "lost"), 1);
    assert_int_equal(cloud_effects(&cloud, "unsent"), 1);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 3);
    release(&a, plan);
}

static void an_error_over_what_is_so_counts_as_done(void **state)
{
    (void)state;
    struct plan *plan = plan_of(json_pack("[o]", enable("enable-key/exists", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    is(&a, "enable-key/exists", "done", "");
    release(&a, plan);
}

static void what_never_becomes_so_is_told(void **state)
{
    (void)state;
    struct plan *plan = plan_of(json_pack("[o]", enable("enable-key/never", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "enable-key/never", "failed",
       "the request was sent, but has no effect after 300 seconds");
    apply_result_release(&a.result);
    /* Applied again it looks, and does not send. */
    a = apply(plan);
    assert_int_equal(a.status, 1);
    assert_int_equal(cloud_effects(&cloud, "never"), 1);
    release(&a, plan);
}

static void failures_inside_a_success_are_read(void **state)
{
    (void)state;
    json_t *tag = call("tagging:TagResources", json_pack("{s:[s, s], s:{s:s}}", "ResourceARNList",
                                                         "arn:good", "arn:bad", "Tags", "k", "v"));
    json_object_set_new(
        tag, "fail_when",
        json_pack("{s:{s:s, s:{}}}", "not", "path", "FailedResourcesMap", "equals"));
    json_object_set_new(tag, "message", json_string("FailedResourcesMap"));
    struct plan *plan =
        plan_of(json_pack("[o]", step("tag-resource/x", "", tag, enabled("k", true))));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "tag-resource/x", "failed", "arn:bad: not here");
    assert_null(strstr(jx_str(change(&a, "tag-resource/x"), "message"), "arn:good"));
    release(&a, plan);
}

/* Tags `arns`; each of `own` by itself when it is left out. */
static json_t *tag_step(json_t *arns, json_t *own)
{
    json_t *tag = call("tagging:TagResources",
                       json_pack("{s:o, s:{s:s}}", "ResourceARNList", arns, "Tags", "k", "v"));
    json_object_set_new(
        tag, "fail_when",
        json_pack("{s:{s:s, s:{}}}", "not", "path", "FailedResourcesMap", "equals"));
    json_t *s = step("tag-resource/x", "", tag, enabled("k", true));
    json_t *calls = json_object();
    for (size_t i = 0; i < json_array_size(own); i++) {
        const char *arn = json_string_value(json_array_get(own, i));
        json_object_set_new(calls, arn,
                            json_pack("{s:o}", "send",
                                      call("dynamodb:TagResource",
                                           json_pack("{s:s, s:[{s:s, s:s}]}", "ResourceArn", arn,
                                                     "Tags", "Key", "k", "Value", "v"))));
    }
    json_decref(own);
    json_object_set_new(s, "otherwise",
                        json_pack("{s:s, s:o}", "failed", "FailedResourcesMap", "calls", calls));
    return s;
}

static void what_was_left_out_gets_its_own_call(void **state)
{
    (void)state;
    json_t *s = tag_step(json_pack("[s, s, s]", "arn:good", "arn:bad", "arn:bad-busy"),
                         json_pack("[s, s, s]", "arn:good", "arn:bad", "arn:bad-busy"));
    json_object_set_new(s, "done", json_null());
    json_object_set_new(s, "recover", json_pack("{s:o}", "probe", enabled("k", true)));
    struct plan *plan = plan_of(json_pack("[o]", s));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_null(json_object_get(cloud.own, "arn:good"));
    assert_non_null(json_object_get(cloud.own, "arn:bad"));
    assert_non_null(json_object_get(cloud.own, "arn:bad-busy"));
    /* Busy: the step began anew. */
    assert_int_equal(cloud_calls(&cloud, "TagResources"), 2);
    assert_int_equal(a.result.writes, 2 + 4);
    is(&a, "tag-resource/x", "done", "with the API of the resource's own service");
    apply_result_release(&a.result);
    a = apply(plan);
    assert_int_equal(a.result.writes, 0);
    release(&a, plan);
}

static void what_cannot_be_done_otherwise_is_told_after_all_had_their_turn(void **state)
{
    (void)state;
    json_t *s = tag_step(json_pack("[s, s, s]", "arn:bad-fsx", "arn:bad-worse", "arn:bad"),
                         json_pack("[s, s]", "arn:bad-worse", "arn:bad"));
    struct plan *plan = plan_of(json_pack("[o]", s));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "tag-resource/x", "failed", "tagging:TagResources: arn:bad-fsx: not here");
    is(&a, "tag-resource/x", "failed", "arn:bad-worse: dynamodb:TagResource in ");
    assert_non_null(json_object_get(cloud.own, "arn:bad"));
    assert_int_equal(a.result.writes, 3);
    release(&a, plan);
}

static json_t *merging_step(void)
{
    json_t *s = tag_step(json_pack("[s]", "arn:bad"), json_pack("[s]", "arn:bad"));
    json_t *own = json_object_get(jx_get(s, "otherwise.calls"), "arn:bad");
    json_object_set_new(
        own, "merge",
        json_pack("{s:o, s:s, s:s, s:s, s:[s], s:s}", "read",
                  call("dynamodb:ListTagsOfResource", json_pack("{s:s}", "ResourceArn", "arn:bad")),
                  "list", "Tags", "into", "Tags", "key", "Key", "without", "dropped", "none_when",
                  "NoSuchTagSet"));
    json_object_set_new(s, "done", json_null());
    json_object_set_new(s, "recover", json_pack("{s:o}", "probe", enabled("k", true)));
    return s;
}

static void a_call_that_replaces_a_set_keeps_what_is_there(void **state)
{
    (void)state;
    json_decref(cloud.there);
    cloud.there = json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "Key", "a", "Value",
                            "", "Key", "k", "Value", "old", "Key", "dropped", "Value", "x", "Key",
                            "aws:stack", "Value", "y");
    struct plan *plan = plan_of(json_pack("[o]", merging_step()));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    json_t *wanted = json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "Key", "a", "Value", "",
                               "Key", "aws:stack", "Value", "y", "Key", "k", "Value", "v");
    assert_true(json_equal(json_object_get(cloud.own, "arn:bad"), wanted));
    json_decref(wanted);
    release(&a, plan);
}

static void a_set_that_cannot_be_read_is_not_replaced(void **state)
{
    (void)state;
    json_decref(cloud.there);
    cloud.there = NULL;
    struct plan *plan = plan_of(json_pack("[o]", merging_step()));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "tag-resource/x", "failed", "arn:bad: dynamodb:ListTagsOfResource in ");
    assert_int_equal(cloud_calls(&cloud, "TagResource"), 0);
    apply_result_release(&a.result);
    cloud.there = json_object(); /* no list */
    a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "tag-resource/x", "failed", "the answer has no Tags");
    assert_int_equal(cloud_calls(&cloud, "TagResource"), 0);
    release(&a, plan);
}

static void an_operation_is_polled_to_its_end(void **state)
{
    (void)state;
    json_t *user = step(
        "enable-key/k", "create-accounts/backup",
        call("kms:EnableKey", json_pack("{s:s}", "KeyId", "${create-accounts/backup:account}")),
        enabled("${create-accounts/backup:account}", true));
    struct plan *plan = plan_of(json_pack("[o, o]", create_account(), user));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.accounts_created, 1);
    assert_int_equal(cloud.describes, 3);
    assert_int_equal(cloud_effects(&cloud, "222233330001"), 1);
    assert_string_equal(jx_str(change(&a, "create-accounts/backup"), "operation_id"), "car-1");
    release(&a, plan);
}

static void a_failed_operation_is_told_in_its_words_and_may_be_tried_again(void **state)
{
    (void)state;
    struct plan *plan = plan_of(json_pack("[o]", create_account()));
    cloud.account_fails = true;
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "create-accounts/backup", "failed", "EMAIL_ALREADY_EXISTS");
    apply_result_release(&a.result);
    a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.accounts_created, 1);
    assert_int_equal(a.result.writes, 1);
    release(&a, plan);
}

static void a_lost_creation_is_found_again(void **state)
{
    (void)state;
    struct plan *plan = plan_of(json_pack("[o]", create_account()));
    cloud.lose_next_create = true;
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.accounts_created, 1);
    assert_int_equal(cloud.describes, 3);
    release(&a, plan);
}

static void a_lane_holds_one_step_and_waits_for_others(void **state)
{
    (void)state;
    json_t *steps = json_array();
    for (int i = 0; i < 5; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "enable-key/lane%d", i);
        json_t *s = enable(id, "");
        json_object_set_new(s, "lane", json_string("control-tower"));
        json_array_append_new(steps, s);
    }
    cloud.busy = 2;
    struct plan *plan = plan_of(steps);
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.most_running, 1);
    assert_int_equal(cloud.busy, 0);
    assert_int_equal(cloud_calls(&cloud, "/list-landingzone-operations"), 7);
    release(&a, plan);
}

static void a_dry_run_asks_and_sends_nothing(void **state)
{
    (void)state;
    struct apply_options options = {.dry_run = true};
    json_t *user = step(
        "enable-key/k", "create-accounts/backup",
        call("kms:EnableKey", json_pack("{s:s}", "KeyId", "${create-accounts/backup:account}")),
        enabled("${create-accounts/backup:account}", true));
    json_array_append_new(json_object_get(user, "guard"), enabled("other", true));
    struct plan *plan =
        plan_of(json_pack("[o, o, o]", create_account(), user, enable("enable-key/true-b", "")));
    struct applied a = apply_with(plan, &options);
    assert_int_equal(a.status, 0);
    is(&a, "create-accounts/backup", "planned", "would send organizations:CreateAccount");
    is(&a, "enable-key/k", "planned", "would send kms:EnableKey");
    is(&a, "enable-key/true-b", "already true", "");
    assert_int_equal(a.result.writes, 0);
    assert_int_equal(cloud.accounts_created, 0);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 0);
    assert_int_equal(access(journal, F_OK), -1);
    release(&a, plan);
}

static void many_steps_are_walked(void **state)
{
    (void)state;
    enum { MANY = 300 };
    json_t *steps = json_array();
    for (int i = 0; i < MANY; i++) {
        char id[32];
        char need[32];
        (void)snprintf(id, sizeof id, "enable-key/n%d", i);
        (void)snprintf(need, sizeof need, "enable-key/n%d", i / 3 * 2);
        json_array_append_new(steps, enable(id, i > 10 ? need : ""));
    }
    struct plan *plan = plan_of(steps);
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.done, MANY);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), MANY);
    release(&a, plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(steps_are_sent_in_the_order_of_their_needs),
        CASE(a_failure_stops_what_needs_it_and_nothing_else),
        CASE(a_changed_fact_stops_its_step),
        CASE(a_conflict_is_waited_for),
        CASE(a_lost_answer_is_not_sent_twice),
        CASE(an_error_over_what_is_so_counts_as_done),
        CASE(what_never_becomes_so_is_told),
        CASE(failures_inside_a_success_are_read),
        CASE(what_was_left_out_gets_its_own_call),
        CASE(what_cannot_be_done_otherwise_is_told_after_all_had_their_turn),
        CASE(a_call_that_replaces_a_set_keeps_what_is_there),
        CASE(a_set_that_cannot_be_read_is_not_replaced),
        CASE(an_operation_is_polled_to_its_end),
        CASE(a_failed_operation_is_told_in_its_words_and_may_be_tried_again),
        CASE(a_lost_creation_is_found_again),
        CASE(a_lane_holds_one_step_and_waits_for_others),
        CASE(a_dry_run_asks_and_sends_nothing),
        CASE(many_steps_are_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
