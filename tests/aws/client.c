#include "client_stub.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "base/jsonx.h"

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

static void a_certificate_of_the_given_bundle_is_trusted(void **state)
{
    (void)state;
    static const struct stub_reply script[] = {
        IDENTITY, {KEYS, 0, 200, OK_KEYS, NULL, NULL, 0}, END_OF_SCRIPT};
    char *key = NULL;
    char *certificate = NULL;
    struct stub stub;
    char path[] = "/tmp/towerkeep-bundle-XXXXXX";
    int file = mkstemp(path);
    self_signed(&key, &certificate);
    assert_true(file >= 0);
    assert_true(write(file, certificate, strlen(certificate)) == (ssize_t)strlen(certificate));
    assert_int_equal(close(file), 0);
    stub_start(&stub, script, key, certificate);
    struct aws_options options = {.ca_bundle = path};
    struct heard h[8] = {{0}};
    struct aws_client *client = client_at(&stub, &options);
    for (int i = 0; i < 8; i++) {
        ask(client, "kms:ListKeys", NULL, false, &h[i]);
    }
    run(client);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(h[i].class, ANSWER_OK);
    }
    aws_client_free(client);
    stub_stop(&stub);
    (void)unlink(path);
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

static void pacing_is_left_out_on_loopback_only(void **state)
{
    (void)state;
    static const struct {
        const char *all, *kms;
        bool fine;
    } cases[] = {{"http://127.0.0.1:1", NULL, true},
                 {"http://[::1]:1", "https://localhost", true},
                 {NULL, NULL, false},
                 {NULL, "http://127.0.0.1:1", false},
                 {"https://example.com", NULL, false},
                 {"https://127.0.0.1.example.com", NULL, false},
                 {"http://127.0.0.1:1", "https://example.com", false}};
    const struct creds_source source = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = ERR_INIT;
        struct aws_client *client = NULL;
        struct aws_options options = {.unpaced = true};
        options.endpoints.override_all = cases[i].all;
        options.endpoints.override[SVC_KMS] = cases[i].kms;
        assert_int_equal(aws_client_new(&options, &source, &client, &err), cases[i].fine ? 0 : -1);
        assert_true(cases[i].fine || err.code == ERR_INPUT);
        aws_client_free(client);
    }
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
        cmocka_unit_test(an_untrusted_certificate_is_named_and_not_retried),
        cmocka_unit_test(a_certificate_of_the_given_bundle_is_trusted),
        cmocka_unit_test(a_missing_ca_bundle_is_refused_at_once),
        cmocka_unit_test(pacing_is_left_out_on_loopback_only),
        cmocka_unit_test(nobody_at_the_door_is_a_network_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
