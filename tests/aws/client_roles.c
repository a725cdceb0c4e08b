#include "client_private.h"
#include "client_stub.h"

static void an_expired_session_is_renewed_once(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole", 1, 200, SESSION("first-session-token"), NULL, NULL, 0},
        {"Action=AssumeRole", 1, 200, SESSION("second-session-token"), NULL, NULL, 0},
        {"token=first-session-token", 0, 400,
         "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}", NULL, NULL, 0},
        {"token=second-session-token", 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", MEMBER);
    assert_int_equal(h.class, ANSWER_OK);
    assert_string_equal(h.account, MEMBER);
    assert_int_equal(atomic_load(&stub.count), 5);
}

static void an_expired_session_of_ec2_is_renewed(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole", 1, 200, SESSION("first-session-token"), NULL, NULL, 0},
        {"Action=AssumeRole", 1, 200, SESSION("second-session-token"), NULL, NULL, 0},
        {"token=first-session-token", 0, 400,
         "<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has "
         "expired.</Message></Error></Errors></Response>",
         NULL, NULL, 0},
        {"token=second-session-token", 0, 200,
         "<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>", NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "ec2:DescribeRegions", MEMBER);
    assert_int_equal(h.class, ANSWER_OK);
    assert_int_equal(atomic_load(&stub.count), 5);
}

/* AWS packs the policy with the session's tags; the shortest policy is tried, never none. */
static void a_policy_that_packs_too_large_is_shortened(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole*DescribeKey%22", 0, 400,
         STS_ERROR("PackedPolicyTooLarge", "Packed policy consumes 103%"), NULL, NULL, 0},
        {"Action=AssumeRole*Policy=%7B", 0, 200, SESSION("the-session-token"), NULL, NULL, 0},
        {"token=the-session-token", 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {.read_only = true};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", MEMBER);
    assert_int_equal(h.class, ANSWER_OK);
    assert_int_equal(atomic_load(&stub.count), 4);
    assert_non_null(strstr(stub.seen[2].body, "kms%3AList%2A"));
}

static void a_role_whose_tags_leave_no_room_is_named(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole", 0, 400,
         STS_ERROR("PackedPolicyTooLarge", "Packed policy consumes 103%"), NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {.read_only = true};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", MEMBER);
    assert_int_equal(h.class, ANSWER_INVALID);
    assert_string_equal(h.code, "PackedPolicyTooLarge");
    assert_non_null(strstr(h.message, "AWSControlTowerExecution in " MEMBER));
    assert_int_equal(atomic_load(&stub.count), 3);
}

static void expired_keys_of_the_caller_are_final(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {KEYS, 0, 400, "{\"__type\":\"ExpiredTokenException\"}", NULL, NULL, 0},
        {"Action=AssumeRole", 0, 403, STS_ERROR("ExpiredToken", "expired"), NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_EXPIRED);
    assert_int_equal(h.attempts, 1);
    h = hear_one(script, &stub, &options, "kms:ListKeys", MEMBER);
    assert_int_equal(h.class, ANSWER_EXPIRED);
}

static void the_next_role_is_tried_when_one_is_denied(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"AWSControlTowerExecution", 0, 403, STS_ERROR("AccessDenied", "no"), NULL, NULL, 0},
        {"OrganizationAccountAccessRole", 0, 200, SESSION("the-session-token"), NULL, NULL, 0},
        {"token=the-session-token", 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {
        .read_only = true, .external_id = "external-1", .run = "nightly/1"};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", MEMBER);
    assert_int_equal(h.class, ANSWER_OK);
    const char *body = stub.seen[2].body;
    assert_non_null(strstr(body, "RoleSessionName=towerkeep-nightly-1"));
    assert_non_null(strstr(body, "ExternalId=external-1"));
    assert_non_null(strstr(body, "DurationSeconds=3600"));
    assert_non_null(strstr(body, "Policy=%7B"));
    assert_non_null(strstr(body, "role%2FOrganizationAccountAccessRole"));
}

static void a_call_may_name_its_role(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"OnlyThisRole", 1, 403, STS_ERROR("AccessDenied", "not yet"), NULL, NULL, 0},
        {"OnlyThisRole", 0, 200, SESSION("named-session-token"), NULL, NULL, 0},
        {"AWSControlTowerExecution", 0, 200, SESSION("usual-session-token"), NULL, NULL, 0},
        {"token=named-session-token", 0, 200, OK_KEYS, NULL, NULL, 0},
        {"token=usual-session-token", 0, 200, "{\"Keys\":[]}", NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct err err = ERR_INIT;
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    for (int i = 0; i < 3; i++) {
        struct heard h = {0};
        struct aws_call call = {.op = op_parse("kms:ListKeys"),
                                .account = MEMBER,
                                .role = i < 2 ? "OnlyThisRole" : NULL,
                                .retry_refused_role = true,
                                .region = REGION,
                                .done = hear,
                                .context = &h};
        assert_int_equal(aws_call(client, &call, &err), 0);
        run(client);
        assert_int_equal(h.class, i == 0 ? ANSWER_DENIED : ANSWER_OK);
        if (i == 0) {
            assert_non_null(strstr(h.message, "OnlyThisRole in " MEMBER));
        } else {
            assert_int_equal(strstr(h.bodies, "k1") != NULL, i == 1);
        }
    }
    aws_client_free(client);
    stub_stop(&stub);
}

static void a_closed_account_is_asked_for_once(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole", 0, 403, STS_ERROR("AccessDenied", "not you"), NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h[5] = {{0}};
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    for (int i = 0; i < 3; i++) {
        ask(client, "kms:ListKeys", MEMBER, false, &h[i]);
    }
    run(client);
    for (int i = 3; i < 5; i++) {
        ask(client, "kms:ListKeys", MEMBER, false, &h[i]);
    }
    run(client);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(h[i].class, ANSWER_DENIED);
        assert_string_equal(h[i].code, "AccessDenied");
        assert_non_null(strstr(h[i].message, "sts:AssumeRole"));
        assert_non_null(strstr(h[i].message, "not you"));
    }
    assert_int_equal(atomic_load(&stub.count), 3);
    aws_client_free(client);
    stub_stop(&stub);
}

static void few_sessions_serve_many_accounts(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole", 0, 200, SESSION("the-session-token"), NULL, NULL, 0},
        {"token=the-session-token", 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h[20] = {{0}};
    struct err err = ERR_INIT;
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    client->roles.sessions_max = 2;
    for (int i = 0; i < 20; i++) {
        char account[13];
        (void)snprintf(account, sizeof account, "%012d", i / 2);
        ask(client, "kms:ListKeys", account, false, &h[i]);
    }
    for (int i = 0; i < 2000 && aws_client_pending(client) > 0; i++) {
        assert_int_equal(aws_client_step(client, 100, &err), 0);
        assert_true(client->roles.sessions <= 2);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(h[i].class, ANSWER_OK);
    }
    struct aws_counters counters;
    aws_client_counters(client, &counters);
    assert_int_equal(counters.assumed_roles, 10);
    aws_client_free(client);
    stub_stop(&stub);
}

static void a_chain_of_roles_is_walked_before_the_first_call(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        {"role%2FHub", 0, 200, SESSION("hub-session-token"), NULL, NULL, 0},
        IDENTITY,
        END_OF_SCRIPT};
    struct stub stub;
    struct role_step step = {.role_arn = xstrdup("arn:aws:iam::" CALLER ":role/Hub")};
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")},
        .roles = &step,
        .role_count = 1};
    struct err err = ERR_INIT;
    struct aws_client *client = NULL;
    stub_start(&stub, script, NULL, NULL);
    struct aws_options options = {.endpoints.override_all = stub.url};
    assert_int_equal(aws_client_new(&options, &source, &client, &err), 0);
    assert_int_equal(aws_client_open(client, REGION, &err), 0);
    assert_string_equal(stub.seen[0].token, "");
    assert_string_equal(stub.seen[1].token, "hub-session-token");
    aws_client_free(client);
    stub_stop(&stub);
    free(step.role_arn);
    free(source.base.secret);
}

static void a_reading_client_refuses_to_write(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {IDENTITY, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {.read_only = true};
    struct heard h = {0};
    struct err err = ERR_INIT;
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    struct aws_call call = {.op = op_parse("kms:CreateKey"),
                            .region = REGION,
                            .input = json_object(),
                            .done = hear,
                            .context = &h};
    assert_int_equal(aws_call(client, &call, &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_int_equal(aws_client_pending(client), 0);
    call.op = op_parse("kms:ListKeys");
    call.region = "../etc";
    call.input = NULL;
    assert_int_equal(aws_call(client, &call, &err), -1);
    call.region = REGION;
    call.account = "12";
    assert_int_equal(aws_call(client, &call, &err), -1);
    assert_int_equal(atomic_load(&stub.count), 1);
    aws_client_free(client);
    stub_stop(&stub);
}

static void an_interruption_ends_every_call_at_once(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"Action=AssumeRole", 0, 400, STS_ERROR("Throttling", "slow"), NULL, NULL, 0},
        {KEYS, 0, 503, "{}", "Retry-After", "60", 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h[6] = {{0}};
    struct err err = ERR_INIT;
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    for (int i = 0; i < 6; i++) {
        ask(client, "kms:ListKeys", i < 3 ? NULL : MEMBER, false, &h[i]);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(aws_client_step(client, 10, &err), 0);
    }
    assert_int_equal(aws_client_pending(client), 6);
    aws_client_interrupt(client);
    assert_int_equal(aws_client_step(client, 10, &err), 0);
    assert_int_equal(aws_client_pending(client), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(h[i].class, ANSWER_NETWORK);
        assert_string_equal(h[i].message, "interrupted");
    }
    aws_client_free(client);
    stub_stop(&stub);
}

static void open_calls_can_be_dropped(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY, {KEYS, 0, 503, "{}", "Retry-After", "60", 0}, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h[2] = {{0}};
    struct err err = ERR_INIT;
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    ask(client, "kms:ListKeys", NULL, false, &h[0]);
    assert_int_equal(aws_client_step(client, 10, &err), 0);
    ask(client, "kms:ListKeys", MEMBER, false, &h[1]);
    aws_client_free(client);
    assert_int_equal(h[0].answers + h[1].answers, 0);
    stub_stop(&stub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expired_session_is_renewed_once),
        cmocka_unit_test(an_expired_session_of_ec2_is_renewed),
        cmocka_unit_test(a_policy_that_packs_too_large_is_shortened),
        cmocka_unit_test(a_role_whose_tags_leave_no_room_is_named),
        cmocka_unit_test(expired_keys_of_the_caller_are_final),
        cmocka_unit_test(the_next_role_is_tried_when_one_is_denied),
        cmocka_unit_test(a_call_may_name_its_role),
        cmocka_unit_test(a_closed_account_is_asked_for_once),
        cmocka_unit_test(few_sessions_serve_many_accounts),
        cmocka_unit_test(a_chain_of_roles_is_walked_before_the_first_call),
        cmocka_unit_test(a_reading_client_refuses_to_write),
        cmocka_unit_test(an_interruption_ends_every_call_at_once),
        cmocka_unit_test(open_calls_can_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
