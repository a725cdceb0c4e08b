#include "world.h"

#include "base/clock.h"

/* What a caller sends; tests bend one thing each. */
struct letter {
    const char *op_service; /* signing name */
    const char *target, *content_type, *body;
    const char *key, *secret, *token;
    const char *region;
    int64_t age_ms;
    const char *sent_body; /* NULL: the signed one */
};

static void header(struct sim_request *r, const char *name, const char *value)
{
    r->headers = xrealloc(r->headers, (r->header_count + 1) * sizeof *r->headers);
    r->headers[r->header_count++] = (struct pair){xstrdup(name), xstrdup(value)};
}

/* Signs and delivers; the answer's code in `code` ("" when fine). */
static int deliver(struct sim *sim, const struct letter *l, struct sim_response *response)
{
    struct sim_request r = {0};
    struct sign_header headers[8];
    char date[17];
    int64_t wall_ms = clock_wall_ms(NULL) - l->age_ms;
    time_amz(wall_ms, date);
    snprintf(r.method, sizeof r.method, "POST");
    r.target = xstrdup("/");
    r.path = xstrdup("/");
    r.query = xstrdup("");
    text_init(&r.body, SIM_BODY_MAX);
    text_add(&r.body, l->sent_body != NULL ? l->sent_body : l->body);
    header(&r, "host", "127.0.0.1:1234");
    header(&r, "content-type", l->content_type);
    header(&r, "x-amz-date", date);
    if (l->target != NULL) {
        header(&r, "x-amz-target", l->target);
    }
    if (l->token != NULL) {
        header(&r, "x-amz-security-token", l->token);
    }
    for (size_t i = 0; i < r.header_count; i++) {
        headers[i] = (struct sign_header){r.headers[i].name, r.headers[i].value};
    }
    struct sign_request to_sign = {.method = "POST",
                                   .path = "/",
                                   .query = "",
                                   .headers = headers,
                                   .header_count = r.header_count,
                                   .body = l->body,
                                   .body_length = strlen(l->body)};
    struct sign_key key = {l->key, l->secret};
    struct sign_scope scope = {l->region, l->op_service, wall_ms};
    struct text authorization;
    text_init(&authorization, 8192);
    sign_authorization(NULL, &to_sign, &key, &scope, &authorization);
    header(&r, "authorization", text_str(&authorization));
    text_release(&authorization);
    sim_response_init(response);
    sim_exchange(sim, &r, response);
    int status = response->status;
    sim_request_release(&r);
    return status;
}

static const struct letter kms = {"kms",
                                  "TrentService.ListKeys",
                                  "application/x-amz-json-1.1",
                                  "{}",
                                  TEST_KEY,
                                  TEST_SECRET,
                                  NULL,
                                  "eu-central-1",
                                  0,
                                  NULL};
static const struct letter sts = {"sts",
                                  NULL,
                                  "application/x-www-form-urlencoded; charset=utf-8",
                                  "Action=GetCallerIdentity&Version=2011-06-15",
                                  TEST_KEY,
                                  TEST_SECRET,
                                  NULL,
                                  "eu-west-1",
                                  0,
                                  NULL};
static const struct letter ec2 = {"ec2",
                                  NULL,
                                  "application/x-www-form-urlencoded; charset=utf-8",
                                  "Action=DescribeRegions&Version=2016-11-15",
                                  TEST_KEY,
                                  TEST_SECRET,
                                  NULL,
                                  "eu-west-1",
                                  0,
                                  NULL};

static void expect(struct sim *sim, const struct letter *l, int status, const char *says)
{
    struct sim_response response;
    int got = deliver(sim, l, &response);
    if (got != status || strstr(text_str(&response.body), says) == NULL) {
        fail_msg("expected %d with \"%s\", got %d: %s", status, says, got,
                 text_str(&response.body));
    }
    sim_response_release(&response);
}

static void a_good_signature_is_let_in(void **state)
{
    struct sim *sim = *state;
    expect(sim, &kms, 200, "Keys");
    expect(sim, &sts, 200, "arn:aws:iam::" TEST_MANAGEMENT ":user/tester");
    expect(sim, &ec2, 200, "eu-central-1");
}

static void mistakes_get_the_code_of_their_protocol(void **state)
{
    struct sim *sim = *state;
    const struct letter *const all[] = {&kms, &sts, &ec2};
    static const struct {
        const char *unknown, *wrong, *skewed, *tampered;
        int unknown_status, wrong_status, skewed_status;
    } codes[] = {
        {"UnrecognizedClientException", "InvalidSignatureException", "Signature expired",
         "InvalidSignatureException", 400, 400, 400},
        {"InvalidClientTokenId", "SignatureDoesNotMatch", "Signature expired",
         "SignatureDoesNotMatch", 403, 403, 403},
        {"AuthFailure", "AuthFailure", "RequestExpired", "AuthFailure", 401, 401, 400},
    };
    for (size_t i = 0; i < 3; i++) {
        struct letter bad = *all[i];
        bad.key = "AKIANOBODY0000000000";
        expect(sim, &bad, codes[i].unknown_status, codes[i].unknown);
        bad = *all[i];
        bad.secret = "another";
        expect(sim, &bad, codes[i].wrong_status, codes[i].wrong);
        bad = *all[i];
        bad.age_ms = 6 * 60 * 1000;
        expect(sim, &bad, codes[i].skewed_status, codes[i].skewed);
        bad.age_ms = -6 * 60 * 1000;
        expect(sim, &bad, codes[i].skewed_status, i == 2 ? "RequestExpired" : "not yet current");
        bad.age_ms = 4 * 60 * 1000;
        expect(sim, &bad, 200, "");
        bad = *all[i];
        bad.token = "no-such-session";
        expect(sim, &bad, codes[i].unknown_status, codes[i].unknown);
        bad = *all[i];
        bad.sent_body = "Action=Other";
        expect(sim, &bad, codes[i].wrong_status, codes[i].tampered);
        bad = *all[i];
        bad.region = "Nowhere";
        expect(sim, &bad, codes[i].wrong_status, "valid region");
    }
}

static json_t *assume(struct sim *sim, const char *role, const char *external, const char *policy,
                      struct err *err)
{
    json_t *out = NULL;
    json_t *in = json_pack("{s:s, s:s, s:s*, s:s*}", "RoleArn", role, "RoleSessionName", "test",
                           "ExternalId", external, "Policy", policy);
    sim_invoke(sim, op_parse("sts:AssumeRole"), TEST_MANAGEMENT, "eu-central-1", NULL, in, &out,
               err);
    json_decref(in);
    return out;
}

static struct letter as_session(const struct letter *l, const json_t *assumed)
{
    struct letter mine = *l;
    mine.key = jx_str(assumed, "Credentials.AccessKeyId");
    mine.secret = jx_str(assumed, "Credentials.SecretAccessKey");
    mine.token = jx_str(assumed, "Credentials.SessionToken");
    return mine;
}

#define ROLE "arn:aws:iam::" TEST_MEMBER ":role/AWSControlTowerExecution"

static void a_session_acts_in_its_account_until_it_expires(void **state)
{
    struct sim *sim = *state;
    struct err err = ERR_INIT;
    json_t *assumed = assume(sim, ROLE, NULL, NULL, &err);
    assert_non_null(assumed);
    struct letter mine = as_session(&sts, assumed);
    expect(sim, &mine, 200,
           "arn:aws:sts::" TEST_MEMBER ":assumed-role/AWSControlTowerExecution/test");
    mine.token = NULL;
    expect(sim, &mine, 403, "InvalidClientTokenId");
    sim_principal(sim, mine.key)->expires_ms = clock_wall_ms(NULL) - 1;
    mine = as_session(&sts, assumed);
    expect(sim, &mine, 403, "ExpiredToken");
    mine = as_session(&kms, assumed);
    expect(sim, &mine, 400, "ExpiredTokenException");
    mine = as_session(&ec2, assumed);
    expect(sim, &mine, 400, "RequestExpired");
    json_decref(assumed);
}

static void a_session_policy_narrows_what_the_role_may(void **state)
{
    struct sim *sim = *state;
    struct err err = ERR_INIT;
    json_t *assumed = assume(sim, ROLE, NULL,
                             "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                             "\"Action\":\"ec2:Describe*\",\"Resource\":\"*\"}]}",
                             &err);
    assert_non_null(assumed);
    struct letter mine = as_session(&ec2, assumed);
    expect(sim, &mine, 200, "regionInfo");
    mine = as_session(&kms, assumed);
    expect(sim, &mine, 400, "because no session policy allows the kms:ListKeys action");
    struct letter whoami = as_session(&sts, assumed);
    expect(sim, &whoami, 200, TEST_MEMBER);
    json_decref(assumed);
}

static void roles_that_do_not_trust_the_caller_are_denied(void **state)
{
    struct sim *sim = *state;
    static const struct {
        const char *role, *external, *policy, *code;
    } rows[] = {
        {"arn:aws:iam::" TEST_MEMBER ":role/Nobody", NULL, NULL, "AccessDenied"},
        {"arn:aws:iam::999999999999:role/AWSControlTowerExecution", NULL, NULL, "AccessDenied"},
        {"arn:aws:iam::" TEST_MEMBER ":role/path/AWSControlTowerExecution", NULL, NULL,
         "AccessDenied"},
        {"arn:aws:iam::" TEST_MEMBER ":role/Guarded", NULL, NULL, "AccessDenied"},
        {"arn:aws:iam::" TEST_MEMBER ":role/Guarded", "wrong-word", NULL, "AccessDenied"},
        {"arn:aws:iam::" TEST_MEMBER ":user/SomebodyElse", NULL, NULL, "ValidationError"},
        {ROLE, NULL, "{not json", "MalformedPolicyDocument"},
        {ROLE, NULL, "{\"Statement\":[]}", "MalformedPolicyDocument"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        assert_null(assume(sim, rows[i].role, rows[i].external, rows[i].policy, &err));
        if (strncmp(err.text, rows[i].code, strlen(rows[i].code)) != 0) {
            fail_msg("row %zu: %s", i, err.text);
        }
    }
    struct err err = ERR_INIT;
    json_t *fine =
        assume(sim, "arn:aws:iam::" TEST_MEMBER ":role/Guarded", "secret-word", NULL, &err);
    assert_non_null(fine);
    json_decref(fine);
    char *long_policy = xcalloc(1, 2100);
    memset(long_policy, ' ', 2060);
    assert_null(assume(sim, ROLE, NULL, long_policy, &err));
    assert_non_null(strstr(err.text, "PackedPolicyTooLarge"));
    free(long_policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TEST_WORLD(a_good_signature_is_let_in),
        IN_TEST_WORLD(mistakes_get_the_code_of_their_protocol),
        IN_TEST_WORLD(a_session_acts_in_its_account_until_it_expires),
        IN_TEST_WORLD(a_session_policy_narrows_what_the_role_may),
        IN_TEST_WORLD(roles_that_do_not_trust_the_caller_are_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
