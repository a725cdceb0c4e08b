#include "aws/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define JSON_ERROR(code) "{\"__type\":\"" code "\",\"message\":\"m\"}"
#define QUERY_ERROR(code)                                                                          \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code                                         \
    "</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>"
#define EC2_ERROR(code)                                                                            \
    "<?xml version=\"1.0\"?><Response><Errors><Error><Code>" code                                  \
    "</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>"
#define S3_ERROR(code) "<Error><Code>" code "</Code><Message>m</Message></Error>"
#define SCP                                                                                        \
    "User: arn is not authorized to perform: x with an explicit deny in a service control policy"

struct row {
    const char *op;
    int status;
    const char *header, *body;
    enum answer_class class;
    const char *code;
};

static const struct row rows[] = {
    {"kms:ListKeys", 200, NULL, "{}", ANSWER_OK, ""},
    {"kms:EnableKey", 200, NULL, "", ANSWER_OK, ""},
    {"s3:PutBucketTagging", 204, NULL, "", ANSWER_OK, ""},
    {"s3:ListBuckets", 200, NULL, "<?xml version=\"1.0\"?>\n<A></A>\n", ANSWER_OK, ""},
    {"kms:ListKeys", 0, NULL, "", ANSWER_NETWORK, ""},
    /* bodies that are not what was promised */
    {"kms:ListKeys", 200, NULL, "<html></html>", ANSWER_MALFORMED, ""},
    {"kms:ListKeys", 200, NULL, "{\"Keys\":[{\"KeyId\":\"1", ANSWER_MALFORMED, ""},
    {"s3:ListBuckets", 200, NULL, "<!DOCTYPE html><html></html>", ANSWER_MALFORMED, ""},
    {"s3:ListBuckets", 200, NULL, "<html></html>", ANSWER_MALFORMED, ""},
    {"s3:ListBuckets", 200, NULL, "<A><B></B", ANSWER_MALFORMED, ""},
    {"kms:ListKeys", 403, NULL, "<html>blocked</html>", ANSWER_MALFORMED, ""},
    {"kms:ListKeys", 400, NULL, "{\"__type\":\"Thr", ANSWER_MALFORMED, ""},
    {"ec2:DescribeVolumes", 400, NULL, "<Response><Errors>", ANSWER_MALFORMED, ""},
    {"ec2:DescribeVolumes", 400, NULL, "<html></html>", ANSWER_MALFORMED, ""},
    {"kms:ListKeys", 503, NULL, "<html>busy</html>", ANSWER_SERVER, ""},
    {"kms:ListKeys", 502, NULL, "", ANSWER_SERVER, ""},
    {"kms:ListKeys", 429, NULL, "<html></html>", ANSWER_THROTTLED, ""},
    {"backup:ListTags", 404, NULL, "", ANSWER_NOT_FOUND, ""},
    {"backup:ListTags", 403, NULL, "{}", ANSWER_DENIED, ""},
    {"backup:ListTags", 400, NULL, "{}", ANSWER_INVALID, ""},
    /* throttling, and what only sounds like it */
    {"kms:ListKeys", 400, NULL, JSON_ERROR("ThrottlingException"), ANSWER_THROTTLED,
     "ThrottlingException"},
    {"kms:CreateKey", 400, NULL, JSON_ERROR("LimitExceededException"), ANSWER_INVALID,
     "LimitExceededException"},
    {"backup:CreateBackupPlan", 400, "LimitExceededException", "{}", ANSWER_INVALID,
     "LimitExceededException"},
    {"dynamodb:ListTables", 400, NULL,
     JSON_ERROR("com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
     ANSWER_THROTTLED, "ProvisionedThroughputExceededException"},
    {"dynamodb:TagResource", 400, NULL, JSON_ERROR("x#LimitExceededException"), ANSWER_THROTTLED,
     "LimitExceededException"},
    {"controltower:GetLandingZone", 429, "ThrottlingException:http://internal.amazon.com/coral/",
     "{\"message\":\"m\",\"serviceCode\":\"x\"}", ANSWER_THROTTLED, "ThrottlingException"},
    {"controltower:EnableBaseline", 402, "ServiceQuotaExceededException", "{\"message\":\"m\"}",
     ANSWER_INVALID, "ServiceQuotaExceededException"},
    {"organizations:ListAccounts", 400, NULL, JSON_ERROR("TooManyRequestsException"),
     ANSWER_THROTTLED, "TooManyRequestsException"},
    {"ec2:DescribeVolumes", 503, NULL, EC2_ERROR("RequestLimitExceeded"), ANSWER_THROTTLED,
     "RequestLimitExceeded"},
    {"rds:DescribeDBInstances", 400, NULL, QUERY_ERROR("Throttling"), ANSWER_THROTTLED,
     "Throttling"},
    {"s3:ListBuckets", 503, NULL, S3_ERROR("SlowDown"), ANSWER_THROTTLED, "SlowDown"},
    /* denied */
    {"backup:ListTags", 403, "AccessDeniedException", "{\"Message\":\"m\"}", ANSWER_DENIED,
     "AccessDeniedException"},
    {"ec2:DescribeVolumes", 403, NULL, EC2_ERROR("UnauthorizedOperation"), ANSWER_DENIED,
     "UnauthorizedOperation"},
    {"ec2:DescribeVolumes", 403, NULL, EC2_ERROR("Client.UnauthorizedOperation"), ANSWER_DENIED,
     "UnauthorizedOperation"},
    {"sts:AssumeRole", 403, NULL, QUERY_ERROR("AccessDenied"), ANSWER_DENIED, "AccessDenied"},
    {"s3:GetBucketTagging", 403, NULL, S3_ERROR("AccessDenied"), ANSWER_DENIED, "AccessDenied"},
    {"backup:ListTags", 403, "AccessDeniedException", "{\"Message\":\"" SCP "\"}",
     ANSWER_REGION_DENY, "AccessDeniedException"},
    {"ec2:DescribeVolumes", 403, NULL,
     "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>" SCP
     "</Message></Error></Errors></Response>",
     ANSWER_REGION_DENY, "UnauthorizedOperation"},
    /* Regions */
    {"sts:AssumeRole", 403, NULL, QUERY_ERROR("RegionDisabledException"), ANSWER_REGION_UNAVAILABLE,
     "RegionDisabledException"},
    {"ec2:DescribeVolumes", 401, NULL, EC2_ERROR("OptInRequired"), ANSWER_REGION_UNAVAILABLE,
     "OptInRequired"},
    /* credentials and clocks */
    {"kms:ListKeys", 400, NULL, JSON_ERROR("UnrecognizedClientException"), ANSWER_BAD_CREDENTIALS,
     "UnrecognizedClientException"},
    {"ec2:DescribeVolumes", 401, NULL, EC2_ERROR("AuthFailure"), ANSWER_BAD_CREDENTIALS,
     "AuthFailure"},
    {"s3:ListBuckets", 403, NULL, S3_ERROR("InvalidAccessKeyId"), ANSWER_BAD_CREDENTIALS,
     "InvalidAccessKeyId"},
    {"sts:GetCallerIdentity", 403, NULL, QUERY_ERROR("InvalidClientTokenId"),
     ANSWER_BAD_CREDENTIALS, "InvalidClientTokenId"},
    {"kms:ListKeys", 400, NULL, JSON_ERROR("ExpiredTokenException"), ANSWER_EXPIRED,
     "ExpiredTokenException"},
    {"s3:ListBuckets", 400, NULL, S3_ERROR("ExpiredToken"), ANSWER_EXPIRED, "ExpiredToken"},
    {"s3:ListBuckets", 403, NULL, S3_ERROR("RequestTimeTooSkewed"), ANSWER_CLOCK_SKEW,
     "RequestTimeTooSkewed"},
    {"kms:ListKeys", 400, NULL, JSON_ERROR("InvalidSignatureException"), ANSWER_BAD_CREDENTIALS,
     "InvalidSignatureException"},
    {"kms:ListKeys", 400, NULL,
     "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired: 2026 is now "
     "earlier than 2026\"}",
     ANSWER_CLOCK_SKEW, "InvalidSignatureException"},
    {"sts:GetCallerIdentity", 403, NULL, QUERY_ERROR("SignatureDoesNotMatch"),
     ANSWER_BAD_CREDENTIALS, "SignatureDoesNotMatch"},
    /* absent, in the way, wrong, broken */
    {"kms:DescribeKey", 400, NULL, JSON_ERROR("NotFoundException"), ANSWER_NOT_FOUND,
     "NotFoundException"},
    {"backup:GetBackupVaultAccessPolicy", 400, "ResourceNotFoundException", "{}", ANSWER_NOT_FOUND,
     "ResourceNotFoundException"},
    {"iam:GetRole", 404, NULL, QUERY_ERROR("NoSuchEntity"), ANSWER_NOT_FOUND, "NoSuchEntity"},
    {"s3:GetBucketTagging", 404, NULL, S3_ERROR("NoSuchTagSet"), ANSWER_NOT_FOUND, "NoSuchTagSet"},
    {"s3:GetBucketTagging", 404, NULL, S3_ERROR("NoSuchBucket"), ANSWER_NOT_FOUND, "NoSuchBucket"},
    {"s3:GetBucketTagging", 301, NULL, S3_ERROR("PermanentRedirect"), ANSWER_INVALID,
     "PermanentRedirect"},
    {"ec2:DescribeVolumes", 400, NULL, EC2_ERROR("InvalidVolume.NotFound"), ANSWER_NOT_FOUND,
     "InvalidVolume.NotFound"},
    {"organizations:DescribePolicy", 400, NULL, JSON_ERROR("PolicyNotFoundException"),
     ANSWER_NOT_FOUND, "PolicyNotFoundException"},
    {"controltower:EnableBaseline", 409, "ConflictException", "{}", ANSWER_CONFLICT,
     "ConflictException"},
    {"organizations:AttachPolicy", 400, NULL, JSON_ERROR("ConcurrentModificationException"),
     ANSWER_CONFLICT, "ConcurrentModificationException"},
    {"controltower:EnableBaseline", 400, "ValidationException", "{}", ANSWER_INVALID,
     "ValidationException"},
    {"kms:EnableKey", 400, NULL, JSON_ERROR("KMSInvalidStateException"), ANSWER_INVALID,
     "KMSInvalidStateException"},
    {"controltower:GetLandingZone", 500, "InternalServerException", "{}", ANSWER_SERVER,
     "InternalServerException"},
    {"kms:DescribeKey", 500, NULL, JSON_ERROR("KMSInternalException"), ANSWER_SERVER,
     "KMSInternalException"},
    {"sts:AssumeRole", 400, NULL, QUERY_ERROR("IDPCommunicationError"), ANSWER_SERVER,
     "IDPCommunicationError"},
    {"s3:ListBuckets", 400, NULL, S3_ERROR("RequestTimeout"), ANSWER_SERVER, "RequestTimeout"},
    {"backup:ListTags", 400, "a#b#InvalidParameterValueException:x",
     "{\"Code\":\"ERROR_1\",\"Message\":\"m\"}", ANSWER_INVALID, "InvalidParameterValueException"},
};

static void each_error_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct answer_error out;
        const struct op *op = op_parse(row->op);
        assert_non_null(op);
        answer_classify(op, row->status, row->header, row->body, strlen(row->body), &out);
        if (out.class != row->class) {
            print_error("row %zu: %s %d %s: %s\n", i, row->op, row->status, row->body,
                        answer_class_name(out.class));
        }
        assert_int_equal(out.class, row->class);
        assert_string_equal(out.code, row->code);
    }
}

static void messages_are_kept_and_made_safe(void **state)
{
    (void)state;
    struct answer_error out;
    char body[4096];
    const char *evil = "{\"__type\":\"Bad\\u001b[31m\",\"message\":\"a\\u001b[2Jb\\nc\"}";
    answer_classify(op_parse("kms:ListKeys"), 400, NULL, evil, strlen(evil), &out);
    assert_string_equal(out.message, "a?[2Jb?c");
    assert_null(strchr(out.code, '\x1b'));
    memset(body, 'x', sizeof body);
    memcpy(body, "{\"message\":\"", 12);
    memcpy(body + sizeof body - 2, "\"}", 2);
    answer_classify(op_parse("kms:ListKeys"), 400, NULL, body, sizeof body, &out);
    assert_int_equal(strlen(out.message), sizeof out.message - 1);
    answer_classify(op_parse("ec2:DescribeVolumes"), 400, NULL, EC2_ERROR("X"),
                    strlen(EC2_ERROR("X")), &out);
    assert_string_equal(out.message, "m");
}

static void unknown_credentials_mean_an_unopened_region(void **state)
{
    (void)state;
    assert_int_equal(answer_class_in_region(ANSWER_BAD_CREDENTIALS, "af-south-1"),
                     ANSWER_REGION_UNAVAILABLE);
    assert_int_equal(answer_class_in_region(ANSWER_BAD_CREDENTIALS, "eu-west-1"),
                     ANSWER_BAD_CREDENTIALS);
    assert_int_equal(answer_class_in_region(ANSWER_EXPIRED, "af-south-1"), ANSWER_EXPIRED);
}

static void classes_have_names(void **state)
{
    (void)state;
    for (int c = ANSWER_OK; c <= ANSWER_MALFORMED; c++) {
        assert_non_null(answer_class_name((enum answer_class)c));
    }
    assert_string_equal(answer_class_name(ANSWER_REGION_DENY), "region-deny");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_its_class),
        cmocka_unit_test(messages_are_kept_and_made_safe),
        cmocka_unit_test(unknown_credentials_mean_an_unopened_region),
        cmocka_unit_test(classes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
