#include "aws/client.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "client_private.h"
#include "stub_server.h"

#define REGION "eu-central-1"
#define CALLER "111122221111"
#define MEMBER "111122223333"
#define KEYS "TrentService.ListKeys"
#define END_OF_SCRIPT                                                                              \
    {                                                                                              \
        "", 0, 0, NULL, NULL, NULL, 0                                                              \
    }
#define IDENTITY                                                                                   \
    {                                                                                              \
        "Action=GetCallerIdentity", 0, 200,                                                        \
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"      \
            "<GetCallerIdentityResult><Arn>arn:aws:iam::" CALLER ":user/towerkeep</Arn>"           \
            "<UserId>AIDA</UserId><Account>" CALLER "</Account></GetCallerIdentityResult>"         \
            "</GetCallerIdentityResponse>",                                                        \
            NULL, NULL, 0                                                                          \
    }
#define SESSION(token)                                                                             \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"   \
    "<Credentials><AccessKeyId>ASIAEXAMPLE000000001</AccessKeyId><SecretAccessKey>session-secret"  \
    "</SecretAccessKey><SessionToken>" token "</SessionToken>"                                     \
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"               \
    "</AssumeRoleResponse>"
#define STS_ERROR(code, message)                                                                   \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message              \
    "</Message></Error><RequestId>r</RequestId></ErrorResponse>"
#define OK_KEYS "{\"Keys\":[{\"KeyId\":\"k1\"}]}"

struct heard {
    int answers;
    enum answer_class class;
    unsigned pages, attempts, throttles;
    bool last;
    char code[64], message[1024], bodies[256], account[13];
};

static void hear(void *context, const struct answer *a)
{
    struct heard *h = context;
    h->answers++;
    h->class = a->class;
    assert_int_equal(a->page, h->pages);
    h->pages++;
    h->attempts = a->attempts;
    h->throttles = a->throttles;
    assert_false(h->last);
    h->last = a->last;
    (void)snprintf(h->code, sizeof h->code, "%s", a->code);
    (void)snprintf(h->message, sizeof h->message, "%s", a->message);
    (void)snprintf(h->account, sizeof h->account, "%s", a->account);
    size_t used = strlen(h->bodies);
    (void)snprintf(h->bodies + used, sizeof h->bodies - used, "%s;", a->body);
}

static struct aws_client *client_at(const struct stub *stub, struct aws_options *options)
{
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    struct err err = ERR_INIT;
    struct aws_client *client = NULL;
    options->endpoints.override_all = stub->url;
    options->jitter_seed = 7;
    options->rate_share = 1;
    if (aws_client_new(options, &source, &client, &err) != 0 ||
        aws_client_open(client, REGION, &err) != 0) {
        fail_msg("%s", err.text);
    }
    creds_source_release(&source);
    return client;
}

static void ask(struct aws_client *client, const char *op, const char *account, bool raw,
                struct heard *h)
{
    struct err err = ERR_INIT;
    struct aws_call call = {.op = op_parse(op),
                            .account = account,
                            .region = REGION,
                            .raw = raw,
                            .done = hear,
                            .context = h};
    assert_non_null(call.op);
    assert_int_equal(aws_call(client, &call, &err), 0);
    assert_int_equal(h->answers, 0);
}

static void run(struct aws_client *client)
{
    struct err err = ERR_INIT;
    for (int i = 0; i < 2000 && aws_client_pending(client) > 0; i++) {
        assert_int_equal(aws_client_step(client, 100, &err), 0);
    }
    assert_int_equal(aws_client_pending(client), 0);
}

/* One call of the caller's own, or of a member's, against a script. */
static struct heard hear_one(const struct stub_reply *script, struct stub *stub,
                             struct aws_options *options, const char *op, const char *account)
{
    struct heard h = {0};
    stub_start(stub, script, NULL, NULL);
    struct aws_client *client = client_at(stub, options);
    ask(client, op, account, false, &h);
    run(client);
    aws_client_free(client);
    stub_stop(stub);
    assert_true(h.last);
    return h;
}

static void the_caller_is_known_once_open(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {IDENTITY, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    assert_string_equal(aws_client_account(client), CALLER);
    assert_string_equal(aws_client_caller_arn(client), "arn:aws:iam::" CALLER ":user/towerkeep");
    assert_string_equal(aws_client_partition(client), "aws");
    assert_non_null(strstr(stub.seen[0].authorization, "Credential=AKIAMGMT00000000DEMO/"));
    assert_non_null(strstr(stub.seen[0].authorization, "host;"));
    assert_non_null(strstr(stub.seen[0].authorization, "x-amz-date"));
    assert_string_equal(stub.seen[0].attempt, "attempt=1; max=8");
    assert_int_equal(strlen(stub.seen[0].invocation), 36);
    aws_client_free(client);
    stub_stop(&stub);
}

static void pages_are_followed_through_an_empty_one(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"\"Marker\":\"t2\"", 1, 200, "{\"Keys\":[{\"KeyId\":\"k2\"}]}", NULL, NULL, 0},
        {"\"Marker\":\"t1\"", 1, 200, "{\"Keys\":[],\"NextMarker\":\"t2\"}", NULL, NULL, 0},
        {KEYS, 1, 200, "{\"Keys\":[{\"KeyId\":\"k1\"}],\"NextMarker\":\"t1\"}", NULL, NULL, 0},
        END_OF_SCRIPT};
    for (int raw = 0; raw <= 1; raw++) {
        struct stub stub;
        struct aws_options options = {0};
        struct heard h = {0};
        stub_start(&stub, script, NULL, NULL);
        struct aws_client *client = client_at(&stub, &options);
        ask(client, "kms:ListKeys", NULL, raw == 1, &h);
        run(client);
        assert_int_equal(h.class, ANSWER_OK);
        assert_int_equal(h.pages, 3);
        assert_non_null(strstr(h.bodies, "k1"));
        assert_non_null(strstr(h.bodies, "k2"));
        struct aws_counters counters;
        aws_client_counters(client, &counters);
        assert_int_equal(counters.calls, 4);
        assert_int_equal(counters.connections, 1);
        aws_client_free(client);
        stub_stop(&stub);
    }
}

static void pages_are_joined_for_who_waits(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {"\"Marker\":\"t1\"", 0, 200, "{\"Keys\":[{\"KeyId\":\"k2\"}]}", NULL, NULL, 0},
        {KEYS, 0, 200, "{\"Keys\":[{\"KeyId\":\"k1\"}],\"NextMarker\":\"t1\"}", NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct err err = ERR_INIT;
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    json_t *input = json_pack("{s:i}", "Limit", 1);
    struct aws_call call = {
        .op = op_parse("kms:ListKeys"), .region = REGION, .input = json_incref(input)};
    json_t *joined = NULL;
    assert_int_equal(aws_call_wait(client, &call, &joined, NULL, &err), 0);
    assert_int_equal(jx_count(joined, "Keys"), 2);
    assert_null(jx_get(joined, "NextMarker"));
    assert_int_equal(json_object_size(input), 1);
    json_decref(joined);
    json_decref(input);
    aws_client_free(client);
    stub_stop(&stub);
}

static void a_token_that_repeats_itself_ends_the_call(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {KEYS, 0, 200, "{\"Keys\":[],\"NextMarker\":\"same\"}", NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_MALFORMED);
    assert_non_null(strstr(h.message, "twice in a row"));
    assert_int_equal(h.pages, 2);
}

static void a_throttled_call_is_tried_again(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {KEYS, 1, 400, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}", NULL,
         NULL, 0},
        {KEYS, 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_OK);
    assert_int_equal(h.attempts, 2);
    assert_int_equal(h.throttles, 1);
    assert_string_equal(stub.seen[2].attempt, "attempt=2; max=8");
    assert_string_equal(stub.seen[1].invocation, stub.seen[2].invocation);
}

static void retry_after_is_waited_for(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {KEYS, 1, 429, "{\"__type\":\"TooManyRequestsException\"}", "Retry-After", "2", 0},
        {KEYS, 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    int64_t before_ms = clock_monotonic_ms(NULL);
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_OK);
    assert_true(clock_monotonic_ms(NULL) - before_ms >= 2000);
}

static void a_server_error_is_tried_three_times(void **state)
{
    (void)state;
    static const struct stub_reply recovers[] = {IDENTITY,
                                                 {KEYS, 2, 503, "<html>busy</html>", NULL, NULL, 0},
                                                 {KEYS, 0, 200, OK_KEYS, NULL, NULL, 0},
                                                 END_OF_SCRIPT};
    static const struct stub_reply stays[] = {
        IDENTITY, {KEYS, 0, 500, "{\"__type\":\"InternalError\"}", NULL, NULL, 0}, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(recovers, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_OK);
    assert_int_equal(h.attempts, 3);
    h = hear_one(stays, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_SERVER);
    assert_int_equal(h.attempts, 3);
}

static void a_lost_connection_repeats_reads_and_not_writes(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {IDENTITY,
                                               {"CreateKey", 0, 0, NULL, NULL, NULL, 0},
                                               {KEYS, 1, 0, NULL, NULL, NULL, 0},
                                               {KEYS, 0, 200, OK_KEYS, NULL, NULL, 0},
                                               END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_OK);
    h = hear_one(script, &stub, &options, "kms:CreateKey", NULL);
    assert_int_equal(h.class, ANSWER_NETWORK);
    assert_non_null(strstr(h.message, "may have taken effect"));
    assert_int_equal(atomic_load(&stub.count), 2);
}

static void a_body_beyond_the_ceiling_is_refused(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY, {KEYS, 0, 200, NULL, NULL, NULL, 300000}, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {.body_ceiling = 65536};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_MALFORMED);
    assert_string_equal(h.message, "the answer is larger than 65536 bytes");
    assert_int_equal(atomic_load(&stub.count), 2);
}

static void an_answer_that_is_no_json_is_malformed(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY, {KEYS, 0, 200, "<html>captive portal</html>", NULL, NULL, 0}, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_MALFORMED);
    struct heard raw = {0};
    stub_start(&stub, script, NULL, NULL);
    struct aws_client *client = client_at(&stub, &options);
    ask(client, "kms:ListKeys", NULL, true, &raw);
    run(client);
    assert_int_equal(raw.class, ANSWER_MALFORMED);
    aws_client_free(client);
    stub_stop(&stub);
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY, {KEYS, 0, 302, "", "Location", "http://127.0.0.1:1/", 0}, END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_not_equal(h.class, ANSWER_OK);
    assert_int_not_equal(h.class, ANSWER_NETWORK);
    assert_int_equal(atomic_load(&stub.count), 2);
}

static int64_t late_wall(void *context)
{
    (void)context;
    return clock_wall_ms(NULL) - 600000;
}

static int64_t true_monotonic(void *context)
{
    (void)context;
    return clock_monotonic_ms(NULL);
}

static void a_wrong_clock_is_corrected_once_and_for_all(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {KEYS, 1, 403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"expired\"}", NULL,
         NULL, 0},
        {KEYS, 0, 200, OK_KEYS, NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct clock late = {late_wall, true_monotonic, NULL};
    struct aws_options options = {.clock = &late};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_OK);
    assert_int_equal(h.attempts, 2);
    int64_t first_ms = 0;
    int64_t second_ms = 0;
    assert_true(time_parse_amz(stub.seen[1].date, &first_ms));
    assert_true(time_parse_amz(stub.seen[2].date, &second_ms));
    assert_in_range(second_ms - first_ms, 595000, 610000);
}

static void a_wrong_signature_with_a_right_clock_is_final(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY,
        {KEYS, 0, 403, "{\"__type\":\"InvalidSignatureException\"}", NULL, NULL, 0},
        END_OF_SCRIPT};
    struct stub stub;
    struct aws_options options = {0};
    struct heard h = hear_one(script, &stub, &options, "kms:ListKeys", NULL);
    assert_int_equal(h.class, ANSWER_BAD_CREDENTIALS);
    assert_int_equal(h.attempts, 1);
}

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

static char *pem_of(const BIO *from)
{
    char *data = NULL;
    long length = BIO_get_mem_data((BIO *)(uintptr_t)from, &data);
    return xstrndup(data, (size_t)length);
}

/* A fresh key and a certificate for 127.0.0.1 that nobody has signed. */
static void self_signed(char **key_pem, char **certificate_pem)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1",
                                     -1, -1, 0);
    (void)X509_set_issuer_name(certificate, name);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    BIO *key_out = BIO_new(BIO_s_mem());
    BIO *certificate_out = BIO_new(BIO_s_mem());
    (void)PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL);
    (void)PEM_write_bio_X509(certificate_out, certificate);
    *key_pem = pem_of(key_out);
    *certificate_pem = pem_of(certificate_out);
    BIO_free(key_out);
    BIO_free(certificate_out);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void an_untrusted_certificate_is_named_and_not_retried(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {IDENTITY, END_OF_SCRIPT};
    char *key = NULL;
    char *certificate = NULL;
    struct stub stub;
    struct err err = ERR_INIT;
    struct aws_client *client = NULL;
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    self_signed(&key, &certificate);
    stub_start(&stub, script, key, certificate);
    struct aws_options options = {.endpoints.override_all = stub.url};
    assert_int_equal(aws_client_new(&options, &source, &client, &err), 0);
    int64_t before_ms = clock_monotonic_ms(NULL);
    assert_int_equal(aws_client_open(client, REGION, &err), -1);
    assert_int_equal(err.code, ERR_NETWORK);
    assert_non_null(strstr(err.text, "TLS: not trusted"));
    assert_non_null(strstr(err.text, "127.0.0.1"));
    assert_true(clock_monotonic_ms(NULL) - before_ms < 5000);
    assert_int_equal(atomic_load(&stub.count), 0);
    struct aws_counters counters;
    aws_client_counters(client, &counters);
    assert_int_equal(counters.retries, 0);
    aws_client_free(client);
    creds_source_release(&source);
    stub_stop(&stub);
    free(key);
    free(certificate);
}

static void a_missing_ca_bundle_is_refused_at_once(void **state)
{
    (void)state;
    struct creds_source source = {.base = {.access_key_id = "AKIA"}};
    struct aws_options options = {.ca_bundle = "/nonexistent/bundle.pem"};
    struct aws_client *client = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(aws_client_new(&options, &source, &client, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "/nonexistent/bundle.pem"));
}

static void nobody_at_the_door_is_a_network_failure(void **state)
{
    (void)state;
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    struct aws_options options = {.endpoints.override_all = "http://127.0.0.1:1"};
    struct aws_client *client = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(aws_client_new(&options, &source, &client, &err), 0);
    assert_int_equal(aws_client_open(client, REGION, &err), -1);
    assert_int_equal(err.code, ERR_NETWORK);
    assert_non_null(strstr(err.text, "cannot connect to 127.0.0.1:1"));
    struct aws_counters counters;
    aws_client_counters(client, &counters);
    assert_int_equal(counters.retries, 2);
    aws_client_free(client);
    creds_source_release(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caller_is_known_once_open),
        cmocka_unit_test(pages_are_followed_through_an_empty_one),
        cmocka_unit_test(pages_are_joined_for_who_waits),
        cmocka_unit_test(a_token_that_repeats_itself_ends_the_call),
        cmocka_unit_test(a_throttled_call_is_tried_again),
        cmocka_unit_test(retry_after_is_waited_for),
        cmocka_unit_test(a_server_error_is_tried_three_times),
        cmocka_unit_test(a_lost_connection_repeats_reads_and_not_writes),
        cmocka_unit_test(a_body_beyond_the_ceiling_is_refused),
        cmocka_unit_test(an_answer_that_is_no_json_is_malformed),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(a_wrong_clock_is_corrected_once_and_for_all),
        cmocka_unit_test(a_wrong_signature_with_a_right_clock_is_final),
        cmocka_unit_test(an_expired_session_is_renewed_once),
        cmocka_unit_test(expired_keys_of_the_caller_are_final),
        cmocka_unit_test(the_next_role_is_tried_when_one_is_denied),
        cmocka_unit_test(a_closed_account_is_asked_for_once),
        cmocka_unit_test(few_sessions_serve_many_accounts),
        cmocka_unit_test(a_chain_of_roles_is_walked_before_the_first_call),
        cmocka_unit_test(a_reading_client_refuses_to_write),
        cmocka_unit_test(an_interruption_ends_every_call_at_once),
        cmocka_unit_test(open_calls_can_be_dropped),
        cmocka_unit_test(an_untrusted_certificate_is_named_and_not_retried),
        cmocka_unit_test(a_missing_ca_bundle_is_refused_at_once),
        cmocka_unit_test(nobody_at_the_door_is_a_network_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
