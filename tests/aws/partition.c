#include "aws/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void regions_belong_to_their_partition(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"us-east-1", "aws"},     {"mx-central-1", "aws"},        {"us-gov-west-1", "aws-us-gov"},
        {"cn-north-1", "aws-cn"}, {"eusc-de-east-1", "aws-eusc"}, {"xx-new-1", "aws"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(partition_of_region(rows[i][0])->id, rows[i][1]);
    }
}

static void a_region_name_has_a_shape(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "us",
                                      "useast1",    "us-east",
                                      "US-EAST-1",  "us--east-1",
                                      "-us-east-1", "us-east-1.evil.example",
                                      "us-east-1/", "us-east-1-aaaaaaaaaaaaaaaaaaaaaaaaa-1"};
    assert_true(region_name_valid("eu-central-1"));
    assert_true(region_name_valid("us-gov-west-1"));
    assert_true(region_name_valid("eusc-de-east-1"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(region_name_valid(bad[i]));
    }
}

static void newer_commercial_regions_are_opt_in(void **state)
{
    (void)state;
    static const char *const enabled[] = {
        "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "ca-central-1",
        "sa-east-1",      "eu-central-1",   "eu-west-1",      "eu-west-2",      "eu-west-3",
        "eu-north-1",     "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1",
        "ap-southeast-2", "ap-south-1",     "us-gov-east-1",  "us-gov-west-1",  "cn-north-1",
        "cn-northwest-1", "eusc-de-east-1",
    };
    for (size_t i = 0; i < sizeof enabled / sizeof *enabled; i++) {
        assert_false(region_is_opt_in(enabled[i]));
    }
    assert_true(region_is_opt_in("eu-south-1"));
    assert_true(region_is_opt_in("me-central-1"));
    assert_true(region_is_opt_in("eu-west-9")); /* newer than the table */
    assert_false(region_is_opt_in("us-gov-south-1"));
}

static void every_region_is_in_its_partition_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < region_count(); i++) {
        const struct region *region = region_at(i);
        assert_true(region_name_valid(region->name));
        assert_string_equal(partition_of_region(region->name)->id, region->partition);
        assert_int_equal(region_is_opt_in(region->name), region->opt_in);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(region_at(k)->name, region->name);
        }
    }
}

static void a_region_that_does_not_exist_is_unknown(void **state)
{
    (void)state;
    static const char *const known[] = {"ap-east-2", "ap-southeast-6", "ap-southeast-7",
                                        "us-gov-east-1", "eusc-de-east-1"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(region_known(known[i]));
    }
    assert_false(region_known("eu-wset-1"));
    assert_false(region_known("aws-global"));
    assert_false(region_known(""));
    assert_string_equal(region_nearest("eu-wset-1"), "eu-west-1");
    assert_string_equal(region_nearest("us-gov-west1"), "us-gov-west-1");
    assert_null(region_nearest("somewhere"));
    static const char *const possible[] = {"eu-west-1", "eu-north-9", "us-gov-central-1",
                                           "eusc-de-west-2", "mx-southeast-12"};
    static const char *const impossible[] = {
        "eu-wset-1", "xx-north-1",  "eu-north-0", "eu-north-100", "eu-north", "north-1",
        "",          "eu-north-1a", "aws-global", "Mars!",        "eu-north1"};
    for (size_t i = 0; i < sizeof possible / sizeof *possible; i++) {
        assert_true(region_possible(possible[i]));
    }
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        assert_false(region_possible(impossible[i]));
    }
}

struct row {
    const char *op, *region;
    bool fips, dual_stack;
    const char *url, *signing_region, *signing_name;
};

static const struct row rows[] = {
    {"kms:DescribeKey", "eu-central-1", false, false, "https://kms.eu-central-1.amazonaws.com",
     "eu-central-1", "kms"},
    {"kms:DescribeKey", "us-east-1", true, false, "https://kms-fips.us-east-1.amazonaws.com",
     "us-east-1", "kms"},
    {"backup:ListTags", "cn-north-1", false, false, "https://backup.cn-north-1.amazonaws.com.cn",
     "cn-north-1", "backup"},
    {"backup:ListTags", "eu-west-1", false, true, "https://backup.eu-west-1.api.aws", "eu-west-1",
     "backup"},
    {"backup:ListTags", "eusc-de-east-1", false, false,
     "https://backup.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "backup"},
    {"controltower:GetLandingZone", "us-gov-west-1", true, false,
     "https://controltower-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "controltower"},
    {"efs:DescribeFileSystems", "eu-west-1", false, false,
     "https://elasticfilesystem.eu-west-1.amazonaws.com", "eu-west-1", "elasticfilesystem"},
    {"organizations:ListRoots", "eu-west-1", false, false,
     "https://organizations.us-east-1.amazonaws.com", "us-east-1", "organizations"},
    {"organizations:ListRoots", "us-east-2", true, false,
     "https://organizations-fips.us-east-1.amazonaws.com", "us-east-1", "organizations"},
    {"organizations:ListRoots", "us-gov-east-1", false, false,
     "https://organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1", "organizations"},
    {"organizations:ListRoots", "us-gov-east-1", true, false,
     "https://organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1", "organizations"},
    {"organizations:ListRoots", "cn-north-1", false, false,
     "https://organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", "organizations"},
    {"organizations:ListRoots", "eusc-de-east-1", false, false,
     "https://organizations.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "organizations"},
    {"account:ListRegions", "eu-north-1", false, false, "https://account.us-east-1.amazonaws.com",
     "us-east-1", "account"},
    {"account:ListRegions", "cn-north-1", false, false,
     "https://account.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", "account"},
    {"iam:GetRole", "eu-west-1", false, false, "https://iam.amazonaws.com", "us-east-1", "iam"},
    {"iam:GetRole", "eu-west-1", true, false, "https://iam-fips.amazonaws.com", "us-east-1", "iam"},
    {"iam:GetRole", "us-gov-east-1", false, false, "https://iam.us-gov.amazonaws.com",
     "us-gov-west-1", "iam"},
    {"iam:GetRole", "cn-northwest-1", false, false, "https://iam.cn-north-1.amazonaws.com.cn",
     "cn-north-1", "iam"},
    {"sts:AssumeRole", "ap-south-2", false, false, "https://sts.ap-south-2.amazonaws.com",
     "ap-south-2", "sts"},
    {"sts:AssumeRole", "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com",
     "us-gov-west-1", "sts"},
    {"s3:ListBuckets", "eu-west-1", false, false, "https://s3.us-east-1.amazonaws.com", "us-east-1",
     "s3"},
    {"s3:GetBucketTagging", "eu-west-1", false, false, "https://s3.eu-west-1.amazonaws.com",
     "eu-west-1", "s3"},
    {"s3:GetBucketTagging", "eu-west-1", false, true,
     "https://s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1", "s3"},
    {"s3:GetBucketTagging", "us-east-1", true, false, "https://s3-fips.us-east-1.amazonaws.com",
     "us-east-1", "s3"},
    {"tagging:GetResources", "eu-west-1", false, false, "https://tagging.eu-west-1.amazonaws.com",
     "eu-west-1", "tagging"},
    {"servicecatalog:SearchProvisionedProducts", "eu-central-1", false, false,
     "https://servicecatalog.eu-central-1.amazonaws.com", "eu-central-1", "servicecatalog"},
    {"servicecatalog:SearchProvisionedProducts", "us-gov-west-1", true, false,
     "https://servicecatalog-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "servicecatalog"},
};

static void endpoints_follow_the_published_tables(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct endpoint_rules rules = {.use_fips = rows[i].fips,
                                             .use_dual_stack = rows[i].dual_stack};
        struct endpoint out;
        const struct op *op = op_parse(rows[i].op);
        assert_non_null(op);
        assert_int_equal(endpoint_resolve(&rules, op, rows[i].region, &out, &err), 0);
        assert_string_equal(out.url, rows[i].url);
        assert_string_equal(out.host, rows[i].url + 8);
        assert_string_equal(out.signing_region, rows[i].signing_region);
        assert_string_equal(out.signing_name, rows[i].signing_name);
    }
}

static void an_override_replaces_the_host_alone(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct endpoint out;
    struct endpoint_rules rules = {.override_all = "http://127.0.0.1:4566/"};
    rules.override[SVC_IAM] = "https://iam.local:8443";
    const struct op *op = op_parse("organizations:ListRoots");
    assert_int_equal(endpoint_resolve(&rules, op, "eu-west-1", &out, &err), 0);
    assert_string_equal(out.url, "http://127.0.0.1:4566");
    assert_string_equal(out.host, "127.0.0.1:4566");
    assert_string_equal(out.signing_region, "us-east-1");
    op = op_parse("iam:GetRole");
    assert_int_equal(endpoint_resolve(&rules, op, "cn-northwest-1", &out, &err), 0);
    assert_string_equal(out.url, "https://iam.local:8443");
    assert_string_equal(out.signing_region, "cn-north-1");
}

static void plain_http_stays_on_loopback(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct endpoint out;
    static const char *const good[] = {"http://localhost:1", "http://127.9.8.7", "http://[::1]:80"};
    static const char *const bad[] = {"http://example.com",    "http://127.evil.example",
                                      "http://localhost.evil", "http://localhost@evil.example",
                                      "ftp://localhost",       "https://",
                                      "https://a/path",        "https://a b",
                                      "http://[::1].evil",     ""};
    const struct op *op = op_parse("kms:DescribeKey");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct endpoint_rules rules = {.override_all = good[i]};
        assert_int_equal(endpoint_resolve(&rules, op, "eu-west-1", &out, &err), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct endpoint_rules rules = {.override_all = bad[i]};
        assert_int_equal(endpoint_resolve(&rules, op, "eu-west-1", &out, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
    }
    const struct endpoint_rules open = {.override_all = "http://example.com", .allow_http = true};
    assert_int_equal(endpoint_resolve(&open, op, "eu-west-1", &out, &err), 0);
    const struct endpoint_rules none = {.use_fips = false};
    assert_int_equal(endpoint_resolve(&none, op, "x.evil/", &out, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_belong_to_their_partition),
        cmocka_unit_test(a_region_name_has_a_shape),
        cmocka_unit_test(newer_commercial_regions_are_opt_in),
        cmocka_unit_test(every_region_is_in_its_partition_once),
        cmocka_unit_test(a_region_that_does_not_exist_is_unknown),
        cmocka_unit_test(endpoints_follow_the_published_tables),
        cmocka_unit_test(an_override_replaces_the_host_alone),
        cmocka_unit_test(plain_http_stays_on_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
