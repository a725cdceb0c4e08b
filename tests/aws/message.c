#include "aws/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"

struct row {
    const char *op, *input;
    const char *path, *query, *body, *content_type, *target;
};

#define FORM "application/x-www-form-urlencoded; charset=utf-8"

static const struct row rows[] = {
    {"organizations:ListAccounts", "{\"MaxResults\":20}", "/", "", "{\"MaxResults\":20}",
     "application/x-amz-json-1.1", "AWSOrganizationsV20161128.ListAccounts"},
    {"dynamodb:ListTables", "{}", "/", "", "{}", "application/x-amz-json-1.0",
     "DynamoDB_20120810.ListTables"},
    {"controltower:ListLandingZones", "{}", "/list-landingzones", "", "{}", "application/json", ""},
    {"controltower:UntagResource", "{\"resourceArn\":\"arn:a/b\",\"tagKeys\":[\"b c\",\"a\"]}",
     "/tags/arn%3Aa%2Fb", "tagKeys=a&tagKeys=b%20c", "", "", ""},
    {"backup:GetBackupPlan", "{\"BackupPlanId\":\"orgs/1-2\",\"VersionId\":\"v=1\"}",
     "/backup/plans/orgs%2F1-2/", "versionId=v%3D1", "", "", ""},
    {"backup:ListBackupVaults", "{\"NextToken\":\"x/+=\",\"MaxResults\":1000,\"ByShared\":true}",
     "/backup-vaults/", "maxResults=1000&nextToken=x%2F%2B%3D&shared=true", "", "", ""},
    {"backup:PutBackupVaultAccessPolicy", "{\"BackupVaultName\":\"v\",\"Policy\":\"{}\"}",
     "/backup-vaults/v/access-policy", "", "{\"Policy\":\"{}\"}", "application/json", ""},
    {"backup:ListReportPlans", "{\"NextToken\":null}", "/audit/report-plans", "", "", "", ""},
    {"sts:AssumeRole",
     "{\"RoleArn\":\"arn:r\",\"DurationSeconds\":900,\"Tags\":[{\"Key\":\"k\",\"Value\":\"a&b\"}],"
     "\"PolicyArns\":[{\"arn\":\"p\"}],\"ExternalId\":null}",
     "/", "",
     "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar&DurationSeconds=900&Tags.member.1.Key=k"
     "&Tags.member.1.Value=a%26b&PolicyArns.member.1.arn=p",
     FORM, ""},
    {"rds:AddTagsToResource",
     "{\"ResourceName\":\"arn\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\"}]}", "/",
     "",
     "Action=AddTagsToResource&Version=2014-10-31&ResourceName=arn&Tags.Tag.1.Key=a"
     "&Tags.Tag.1.Value=1&Tags.Tag.2.Key=b",
     FORM, ""},
    {"rds:RemoveTagsFromResource", "{\"ResourceName\":\"arn\",\"TagKeys\":[\"a\",\"b\"]}", "/", "",
     "Action=RemoveTagsFromResource&Version=2014-10-31&ResourceName=arn&TagKeys.member.1=a"
     "&TagKeys.member.2=b",
     FORM, ""},
    {"rds:DescribeDBInstances", "{\"Filters\":[{\"Name\":\"n\",\"Values\":[\"x\",\"y\"]}]}", "/",
     "",
     "Action=DescribeDBInstances&Version=2014-10-31&Filters.Filter.1.Name=n"
     "&Filters.Filter.1.Values.Value.1=x&Filters.Filter.1.Values.Value.2=y",
     FORM, ""},
    {"ec2:DescribeVolumes",
     "{\"VolumeId\":[\"vol-1\",\"vol-2\"],\"Filter\":[{\"Name\":\"n\",\"Value\":[\"v\"]}]}", "/",
     "",
     "Action=DescribeVolumes&Version=2016-11-15&VolumeId.1=vol-1&VolumeId.2=vol-2&Filter.1.Name=n"
     "&Filter.1.Value.1=v",
     FORM, ""},
    {"ec2:DescribeRegions", "{\"AllRegions\":true}", "/", "",
     "Action=DescribeRegions&Version=2016-11-15&AllRegions=true", FORM, ""},
    {"s3:ListBuckets", "{\"MaxBuckets\":10000,\"ContinuationToken\":\"t\"}", "/",
     "continuation-token=t&max-buckets=10000", "", "", ""},
    {"s3:GetBucketTagging", "{\"Bucket\":\"b.c\"}", "/b.c", "tagging=", "", "", ""},
    {"s3:PutBucketTagging",
     "{\"Bucket\":\"b\",\"Tagging\":{\"TagSet\":[{\"Key\":\"k\",\"Value\":\"<&>\"}]}}", "/b",
     "tagging=",
     "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>k</Key>"
     "<Value>&lt;&amp;&gt;</Value></Tag></TagSet></Tagging>",
     "application/xml", ""},
};

static json_t *parsed(const char *s)
{
    const char *problem = NULL;
    json_t *value = jx_parse(s, strlen(s), &problem);
    assert_non_null(value);
    return value;
}

static void each_protocol_is_written_as_it_wants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct op *op = op_parse(rows[i].op);
        struct request r;
        struct err err = ERR_INIT;
        json_t *input = parsed(rows[i].input), *before = json_deep_copy(input);
        assert_non_null(op);
        request_init(&r);
        assert_int_equal(request_build(op, input, &r, &err), 0);
        assert_string_equal(text_str(&r.path), rows[i].path);
        assert_string_equal(text_str(&r.query), rows[i].query);
        assert_string_equal(text_str(&r.body), rows[i].body);
        assert_string_equal(r.content_type, rows[i].content_type);
        assert_string_equal(r.target, rows[i].target);
        assert_int_equal(strlen(r.checksum), op->service == SVC_S3 && r.body.length > 0 ? 44 : 0);
        assert_true(json_equal(input, before));
        json_decref(input);
        json_decref(before);
        request_release(&r);
    }
}

static void what_a_protocol_cannot_carry_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"backup:GetBackupPlan", "{}"},
        {"backup:GetBackupPlan", "{\"BackupPlanId\":\"\"}"},
        {"backup:GetBackupPlan", "{\"BackupPlanId\":\"..\"}"},
        {"backup:GetBackupPlan", "{\"BackupPlanId\":[\"x\"]}"},
        {"backup:GetBackupPlan", "{\"BackupPlanId\":\"x\",\"Nothing\":1}"},
        {"backup:ListBackupVaults", "{\"NextToken\":{}}"},
        {"backup:ListBackupVaults", "{\"NextToken\":[{}]}"},
        {"s3:GetBucketTagging", "{\"Bucket\":\"b\",\"Nothing\":1}"},
        {"s3:PutBucketTagging", "{\"Bucket\":\"b\"}"},
        {"s3:PutBucketTagging", "{\"Bucket\":\"b\",\"Tagging\":{\"Odd\":[1]}}"},
        {"s3:PutBucketTagging", "{\"Bucket\":\"b\",\"Tagging\":{\"Odd\":\"\\u0001\"}}"},
        {"sts:AssumeRole", "[]"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct request r;
        struct err err = ERR_INIT;
        json_t *input = parsed(bad[i][1]);
        request_init(&r);
        assert_int_equal(request_build(op_parse(bad[i][0]), input, &r, &err), -1);
        assert_int_equal(err.code, ERR_INTERNAL);
        json_decref(input);
        request_release(&r);
    }
}

static void a_form_has_a_depth(void **state)
{
    (void)state;
    struct request r;
    struct err err = ERR_INIT;
    json_t *input = json_string("x");
    for (int i = 0; i < 40; i++) {
        input = json_pack("{s:o}", "a", input);
    }
    request_init(&r);
    assert_int_equal(request_build(op_parse("ec2:CreateTags"), input, &r, &err), -1);
    json_decref(input);
    request_release(&r);
}

static void no_input_is_an_empty_one(void **state)
{
    (void)state;
    struct request r;
    struct err err = ERR_INIT;
    request_init(&r);
    assert_int_equal(request_build(op_parse("organizations:ListRoots"), NULL, &r, &err), 0);
    assert_string_equal(text_str(&r.body), "{}");
    request_release(&r);
}

struct answer_row {
    const char *op, *body, *json, *token;
};

static const struct answer_row answers[] = {
    {"kms:ListKeys", "{\"Keys\":[],\"NextMarker\":\"m\"}", "{\"Keys\":[],\"NextMarker\":\"m\"}",
     "m"},
    {"kms:ListKeys", "{\"Keys\":[],\"NextMarker\":null}", "{\"Keys\":[],\"NextMarker\":null}",
     NULL},
    {"kms:EnableKey", "", "{}", NULL},
    {"tagging:GetResources", "{\"PaginationToken\":\"\"}", "{\"PaginationToken\":\"\"}", NULL},
    {"ec2:DescribeVolumes",
     "<?xml version=\"1.0\"?>\n<DescribeVolumesResponse "
     "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><volumeSet>"
     "<item><volumeId>vol-1</volumeId><tagSet/></item><item><tagSet><item><key>k</key><value/>"
     "</item></tagSet></item></volumeSet><nextToken>n</nextToken></DescribeVolumesResponse>",
     "{\"nextToken\":\"n\",\"requestId\":\"r\",\"volumeSet\":[{\"tagSet\":[],\"volumeId\":"
     "\"vol-1\"},{\"tagSet\":[{\"key\":\"k\",\"value\":\"\"}]}]}",
     "n"},
    {"rds:DescribeDBInstances",
     "<DescribeDBInstancesResponse><DescribeDBInstancesResult><Marker>m</Marker><DBInstances>"
     "<DBInstance><TagList><Tag><Key>k</Key><Value>v</Value></Tag></TagList><Endpoint><Port>1"
     "</Port></Endpoint></DBInstance></DBInstances></DescribeDBInstancesResult>"
     "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeDBInstancesResponse>",
     "{\"DBInstances\":[{\"Endpoint\":{\"Port\":\"1\"},\"TagList\":[{\"Key\":\"k\",\"Value\":"
     "\"v\"}]}],\"Marker\":\"m\"}",
     "m"},
    {"rds:AddTagsToResource",
     "<AddTagsToResourceResponse><ResponseMetadata/></AddTagsToResourceResponse>", "{}", NULL},
    {"iam:ListRoles",
     "<ListRolesResponse><ListRolesResult><Roles><member><RoleName>a</RoleName></member></Roles>"
     "<IsTruncated>false</IsTruncated></ListRolesResult></ListRolesResponse>",
     "{\"IsTruncated\":\"false\",\"Roles\":[{\"RoleName\":\"a\"}]}", NULL},
    {"s3:ListBuckets",
     "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets>"
     "<ContinuationToken>c</ContinuationToken></ListAllMyBucketsResult>",
     "{\"Buckets\":[{\"Name\":\"b\"}],\"ContinuationToken\":\"c\"}", "c"},
    {"s3:GetBucketLocation", "<LocationConstraint>eu-west-1</LocationConstraint>",
     "{\"LocationConstraint\":\"eu-west-1\"}", NULL},
    {"s3:GetBucketLocation", "<LocationConstraint xmlns=\"x\"/>", "{\"LocationConstraint\":\"\"}",
     NULL},
    {"s3:GetBucketTagging", "<Tagging><TagSet/></Tagging>", "{\"TagSet\":[]}", NULL},
};

static void answers_become_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct err err = ERR_INIT;
        struct text canonical;
        const struct op *op = op_parse(answers[i].op);
        json_t *json = answer_json(op, answers[i].body, strlen(answers[i].body), &err);
        assert_non_null(json);
        text_init(&canonical, 65536);
        jx_canonical(json, &canonical);
        assert_string_equal(text_str(&canonical), answers[i].json);
        const char *token = answer_next_token(op, json);
        if (answers[i].token == NULL) {
            assert_null(token);
        } else {
            assert_string_equal(token, answers[i].token);
        }
        text_release(&canonical);
        json_decref(json);
    }
}

static void malformed_answers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"kms:ListKeys", "[]"},
        {"kms:ListKeys", "{\"Keys\":["},
        {"kms:ListKeys", "{} {}"},
        {"kms:ListKeys", "<html></html>"},
        {"ec2:DescribeVolumes", "{}"},
        {"ec2:DescribeVolumes", "<DescribeVolumesResponse><volumeSet>"},
        {"ec2:DescribeVolumes", "<DescribeRegionsResponse/>"},
        {"rds:DescribeDBInstances", "<html><body>502</body></html>"},
        {"s3:GetBucketTagging", "<Error><Code>InternalError</Code></Error>"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = ERR_INIT;
        assert_null(answer_json(op_parse(bad[i][0]), bad[i][1], strlen(bad[i][1]), &err));
        assert_int_equal(err.code, ERR_AWS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_protocol_is_written_as_it_wants),
        cmocka_unit_test(what_a_protocol_cannot_carry_is_refused),
        cmocka_unit_test(a_form_has_a_depth),
        cmocka_unit_test(no_input_is_an_empty_one),
        cmocka_unit_test(answers_become_json),
        cmocka_unit_test(malformed_answers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
