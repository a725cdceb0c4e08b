#include "aws/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct sign_key example = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};

/* The canonical request's line of that number (0: the method). */
static void line_of(const struct sign_request *r, unsigned number, char *out, size_t size)
{
    struct text canonical, names;
    text_init(&canonical, 65536);
    text_init(&names, 65536);
    sign_canonical_request(r, &canonical, &names);
    const char *at = text_str(&canonical);
    for (; number > 0; number--) {
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
    }
    size_t length = strcspn(at, "\n");
    assert_true(length < size);
    memcpy(out, at, length);
    out[length] = '\0';
    text_release(&canonical);
    text_release(&names);
}

static void paths_are_normalised_and_encoded_again(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "/"},
        {"/", "/"},
        {"//", "/"},
        {"//example//", "/example/"},
        {"/./example", "/example"},
        {"/example/..", "/"},
        {"/a/b/../../c/./d/", "/c/d/"},
        {"/../../x", "/x"},
        {"/a/.", "/a/"},
        {"/...", "/..."},
        {"/example space/", "/example%20space/"},
        {"/tags/arn%3Aaws%3Akms", "/tags/arn%253Aaws%253Akms"},
        {"/a%2Fb", "/a%252Fb"},
        {"/-._~0-9A-Za-z", "/-._~0-9A-Za-z"},
    };
    char line[256];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct sign_request r = {.method = "GET", .path = rows[i][0], .query = ""};
        line_of(&r, 1, line, sizeof line);
        assert_string_equal(line, rows[i][1]);
    }
}

static void s3_and_kept_paths_are_not_normalised(void **state)
{
    (void)state;
    char line[256];
    struct sign_request r = {.method = "GET", .path = "/b//a%2fb/../c d", .query = "", .s3 = true};
    line_of(&r, 1, line, sizeof line);
    assert_string_equal(line, "/b//a%2Fb/../c%20d");
    r.s3 = false;
    r.keep_path = true;
    line_of(&r, 1, line, sizeof line);
    assert_string_equal(line, "/b//a%252fb/../c%20d");
}

static void queries_have_one_spelling(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"b=2&a=1", "a=1&b=2"},
        {"tagging", "tagging="},
        {"a&a=&a=0", "a=&a=&a=0"},
        {"a=2&a=1&a=10", "a=1&a=10&a=2"},
        {"k=a%2Fb", "k=a%2Fb"},
        {"k=a/b:c", "k=a%2Fb%3Ac"},
        {"k=a%2fb", "k=a%2Fb"},
        {"k=a+b", "k=a%2Bb"},
        {"k=%41", "k=A"},
        {"k=a=b", "k=a%3Db"},
        {"k=100%", "k=100%25"},
        {"&&a=1&", "a=1"},
        {"a-b=1&a=2", "a=2&a-b=1"},
        {"B=1&a=2", "B=1&a=2"},
    };
    char line[256];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct sign_request r = {.method = "GET", .path = "/", .query = rows[i][0]};
        line_of(&r, 2, line, sizeof line);
        assert_string_equal(line, rows[i][1]);
    }
}

static void headers_are_lowered_trimmed_joined_and_sorted(void **state)
{
    (void)state;
    static const struct sign_header headers[] = {
        {"X-B", " two  words\t here "},
        {"host", "example.com"},
        {"User-Agent", "x"},
        {"x-a", "2"},
        {"X-A", "1"},
        {"Authorization", "secret"},
        {"Expect", "100-continue"},
        {"X-Amzn-Trace-Id", "t"},
        {"Connection", "close"},
    };
    const struct sign_request r = {.method = "GET",
                                   .path = "/",
                                   .query = "",
                                   .headers = headers,
                                   .header_count = sizeof headers / sizeof *headers};
    struct text canonical, names;
    text_init(&canonical, 65536);
    text_init(&names, 65536);
    sign_canonical_request(&r, &canonical, &names);
    assert_string_equal(text_str(&names), "host;x-a;x-b");
    assert_string_equal(text_str(&canonical),
                        "GET\n/\n\nhost:example.com\nx-a:2,1\nx-b:two words here\n\n"
                        "host;x-a;x-b\n" EMPTY_HASH);
    text_release(&canonical);
    text_release(&names);
}

static void the_payload_hash_may_be_given(void **state)
{
    (void)state;
    char line[256];
    struct sign_request r = {
        .method = "POST", .path = "/", .query = "", .body = "Param1=value1", .body_length = 13};
    line_of(&r, 5, line, sizeof line);
    assert_string_equal(line, "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
    r.payload_hash = "UNSIGNED-PAYLOAD";
    line_of(&r, 5, line, sizeof line);
    assert_string_equal(line, "UNSIGNED-PAYLOAD");
}

/* The worked example of the IAM User Guide: ListUsers. */
static const struct sign_header list_users_headers[] = {
    {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
    {"Host", "iam.amazonaws.com"},
    {"X-Amz-Date", "20150830T123600Z"},
};
static const struct sign_request list_users = {
    .method = "GET",
    .path = "/",
    .query = "Version=2010-05-08&Action=ListUsers",
    .headers = list_users_headers,
    .header_count = 3,
};

static struct sign_scope list_users_scope(void)
{
    struct sign_scope scope = {"us-east-1", "iam", 0};
    assert_true(time_parse_amz("20150830T123600Z", &scope.wall_ms));
    return scope;
}

static void the_worked_example_comes_out(void **state)
{
    (void)state;
    const struct sign_scope scope = list_users_scope();
    struct sign_cache *cache = sign_cache_new(2);
    struct text canonical, names, string, authorization;
    text_init(&canonical, 65536);
    text_init(&names, 65536);
    text_init(&string, 65536);
    text_init(&authorization, 65536);
    sign_canonical_request(&list_users, &canonical, &names);
    sign_string_to_sign(&scope, &canonical, &string);
    assert_string_equal(text_str(&string),
                        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n"
                        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    for (int round = 0; round < 3; round++) {
        text_clear(&authorization);
        sign_authorization(round == 0 ? NULL : cache, &list_users, &example, &scope,
                           &authorization);
        assert_string_equal(
            text_str(&authorization),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    }
    text_release(&canonical);
    text_release(&names);
    text_release(&string);
    text_release(&authorization);
    sign_cache_free(cache);
}

/* The worked examples of the Amazon S3 API Reference, "Authenticating Requests". */
static void the_examples_of_s3_come_out(void **state)
{
    (void)state;
    static const struct {
        const char *query, *signature;
    } s3[] = {
        {"lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    static const struct sign_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"},
                                                 {"x-amz-content-sha256", EMPTY_HASH},
                                                 {"x-amz-date", "20130524T000000Z"}};
    static const struct sign_key key = {"AKIAIOSFODNN7EXAMPLE",
                                        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
    struct sign_scope scope = {"us-east-1", "s3", 0};
    assert_true(time_parse_amz("20130524T000000Z", &scope.wall_ms));
    for (size_t i = 0; i < sizeof s3 / sizeof *s3; i++) {
        const struct sign_request r = {.method = "GET",
                                       .path = "/",
                                       .query = s3[i].query,
                                       .headers = headers,
                                       .header_count = 3,
                                       .s3 = true};
        struct text authorization;
        text_init(&authorization, 4096);
        sign_authorization(NULL, &r, &key, &scope, &authorization);
        assert_true(str_ends(text_str(&authorization), s3[i].signature));
        text_release(&authorization);
    }
}

static void a_full_cache_still_signs_right(void **state)
{
    (void)state;
    struct sign_cache *cache = sign_cache_new(2);
    struct sign_scope scope = list_users_scope();
    struct text string;
    text_init(&string, 64);
    text_add(&string, "x");
    for (unsigned i = 0; i < 100; i++) {
        char with[SHA256_HEX_SIZE], without[SHA256_HEX_SIZE], region[16];
        (void)snprintf(region, sizeof region, "a-%u", i * i % 37);
        scope.region = region;
        sign_signature(cache, &example, &scope, &string, with);
        sign_signature(NULL, &example, &scope, &string, without);
        assert_string_equal(with, without);
    }
    scope.region = "b-1";
    const struct sign_key other = {"AKIDEXAMPLE", "another secret"};
    char first[SHA256_HEX_SIZE], second[SHA256_HEX_SIZE];
    sign_signature(cache, &example, &scope, &string, first);
    sign_signature(cache, &other, &scope, &string, second);
    assert_string_not_equal(first, second);
    text_release(&string);
    sign_cache_free(cache);
    sign_cache_free(NULL);
}

static void an_authorization_is_read_back(void **state)
{
    (void)state;
    const struct sign_scope scope = list_users_scope();
    struct sign_claim claim;
    struct err err = ERR_INIT;
    struct text authorization;
    text_init(&authorization, 4096);
    sign_authorization(NULL, &list_users, &example, &scope, &authorization);
    assert_int_equal(sign_parse_authorization(text_str(&authorization), &claim, &err), 0);
    assert_string_equal(claim.access_key_id, "AKIDEXAMPLE");
    assert_string_equal(claim.day, "20150830");
    assert_string_equal(claim.region, "us-east-1");
    assert_string_equal(claim.service, "iam");
    assert_string_equal(claim.signed_headers, "content-type;host;x-amz-date");
    assert_int_equal(strlen(claim.signature), 64);
    text_release(&authorization);
}

static void a_malformed_authorization_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=AK/20150830/us-east-1/iam/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AK/20150830/iam/aws4_request, SignedHeaders=host, "
        "Signature=" EMPTY_HASH,
        "AWS4-HMAC-SHA256 Credential=AK/20150830/r/iam/aws4_request/x, SignedHeaders=host, "
        "Signature=" EMPTY_HASH,
        "AWS4-HMAC-SHA256 Credential=AK/2015/r/iam/aws4_request, SignedHeaders=host, "
        "Signature=" EMPTY_HASH,
        "AWS4-HMAC-SHA256 Credential=AK/20150830/r/iam/aws4_request, SignedHeaders=host, "
        "Signature=abc",
        "AWS4-HMAC-SHA256 Credential=AK/20150830/r/iam/aws4_request, SignedHeaders=, "
        "Signature=" EMPTY_HASH,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sign_claim claim;
        struct err err = ERR_INIT;
        assert_int_equal(sign_parse_authorization(bad[i], &claim, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_normalised_and_encoded_again),
        cmocka_unit_test(s3_and_kept_paths_are_not_normalised),
        cmocka_unit_test(queries_have_one_spelling),
        cmocka_unit_test(headers_are_lowered_trimmed_joined_and_sorted),
        cmocka_unit_test(the_payload_hash_may_be_given),
        cmocka_unit_test(the_worked_example_comes_out),
        cmocka_unit_test(the_examples_of_s3_come_out),
        cmocka_unit_test(a_full_cache_still_signs_right),
        cmocka_unit_test(an_authorization_is_read_back),
        cmocka_unit_test(a_malformed_authorization_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
