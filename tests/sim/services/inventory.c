#include "estate.h"

#define AT "\"account\":\"" MEMBER "\",\"region\":\"" HOME "\","
#define ALL_KINDS                                                                                  \
    "[{" AT                                                                                        \
    "\"type\":\"ebs\",\"name\":\"data\",\"id\":\"vol-0aaaaaaaaaaaaaaa1\",\"tags\":{\"a\":\"1\"},"  \
    "\"attached_to\":\"web\"},{" AT "\"type\":\"ec2\",\"name\":\"web\"},{" AT                      \
    "\"type\":\"rds-cluster\",\"name\":\"orders\",\"tags\":{\"a\":\"2\"}},{" AT                    \
    "\"type\":\"dynamodb\",\"name\":"                                                              \
    "\"books\"},{" AT "\"type\":\"efs\",\"name\":\"home\"},{" AT                                   \
    "\"type\":\"s3\",\"name\":\"example-bucket\"}]"
#define VOLUME "arn:aws:ec2:" HOME ":" MEMBER ":volume/vol-0aaaaaaaaaaaaaaa1"

static void each_service_lists_its_own(void **state)
{
    struct sim *sim = estate("[]", ALL_KINDS);
    (void)state;
    expect_count(sim, "ec2:DescribeVolumes", MEMBER, HOME, json_object(), "volumeSet", 1);
    json_t *out = ask(sim, "ec2:DescribeInstances", MEMBER, HOME, json_object());
    const json_t *instance = json_array_get(
        json_object_get(json_array_get(json_object_get(out, "reservationSet"), 0), "instancesSet"),
        0);
    assert_int_equal(jx_count(instance, "blockDeviceMapping"), 1);
    json_decref(out);
    expect_count(sim, "rds:DescribeDBClusters", MEMBER, HOME, json_object(), "DBClusters", 1);
    expect_count(sim, "rds:DescribeDBInstances", MEMBER, HOME, json_object(), "DBInstances", 2);
    expect_count(sim, "dynamodb:ListTables", MEMBER, HOME, json_object(), "TableNames", 1);
    expect_count(sim, "efs:DescribeFileSystems", MEMBER, HOME, json_object(), "FileSystems", 1);
    expect_count(sim, "s3:ListBuckets", MEMBER, HOME, json_object(), "Buckets", 1);
    expect_count(sim, "ec2:DescribeVolumes", MEMBER, OTHER, json_object(), "volumeSet", 0);
    sim_free(sim);
}

#define WANTED_KINDS                                                                               \
    "[{" AT                                                                                        \
    "\"type\":\"fsx\",\"name\":\"share\",\"engine\":\"ONTAP\",\"tags\":{\"a\":\"1\"}},{" AT        \
    "\"type\":\"fsx-volume\",\"name\":\"vol1\"},{" AT                                              \
    "\"type\":\"fsx-volume\",\"name\":\"vol2\",\"engine\":\"OPENZFS\"},{" AT                       \
    "\"type\":\"eks\",\"name\":\"beta\"},{" AT "\"type\":\"eks\",\"name\":\"alpha\"},{" AT         \
    "\"type\":\"redshift\",\"name\":\"warehouse\",\"tags\":{\"a\":\"2\"}},{" AT                    \
    "\"type\":\"redshift-serverless\",\"name\":\"adhoc\"},{" AT                                    \
    "\"type\":\"dsql\",\"name\":\"ledger\"},{" AT                                                  \
    "\"type\":\"storage-gateway\",\"name\":\"cache\"},{" AT                                        \
    "\"type\":\"cloudformation\",\"name\":\"web\"},{" AT                                           \
    "\"type\":\"cloudformation\",\"name\":\"old\",\"status\":\"DELETE_COMPLETE\"}]"

static void services_that_only_list_do_so(void **state)
{
    static const struct {
        const char *operation, *list;
        size_t count;
    } rows[] = {{"fsx:DescribeFileSystems", "FileSystems", 1},
                {"fsx:DescribeVolumes", "Volumes", 2},
                {"eks:ListClusters", "clusters", 2},
                {"redshift:DescribeClusters", "Clusters", 1},
                {"redshift-serverless:ListNamespaces", "namespaces", 1},
                {"dsql:ListClusters", "clusters", 1},
                {"storagegateway:ListVolumes", "VolumeInfos", 1},
                {"cloudformation:ListStacks", "StackSummaries", 2}};
    struct sim *sim = estate("[]", WANTED_KINDS);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_count(sim, rows[i].operation, MEMBER, HOME, json_object(), rows[i].list,
                     rows[i].count);
        expect_count(sim, rows[i].operation, MEMBER, OTHER, json_object(), rows[i].list, 0);
    }
    json_t *names = ask(sim, "eks:ListClusters", MEMBER, HOME, json_object());
    assert_string_equal(json_string_value(json_array_get(json_object_get(names, "clusters"), 0)),
                        "alpha");
    json_decref(names);
    expect_count(sim, "cloudformation:ListStacks", MEMBER, HOME,
                 json_pack("{s:[s]}", "StackStatusFilter", "CREATE_COMPLETE"), "StackSummaries", 1);
    expect(sim, "fsx:DescribeFileSystems", MEMBER, HOME,
           json_pack("{s:[s]}", "FileSystemIds", "fs-00000000000000000"), "error",
           "FileSystemNotFound");
    expect(sim, "redshift:DescribeClusters", MEMBER, HOME,
           json_pack("{s:s}", "ClusterIdentifier", "none"), "error", "ClusterNotFound");
    expect_count(sim, "tagging:GetResources", MEMBER, HOME, json_object(), "ResourceTagMappingList",
                 2);
    json_t *out = ask(sim, "fsx:DescribeVolumes", MEMBER, HOME, json_object());
    const char *volume = jx_str(json_array_get(json_object_get(out, "Volumes"), 0), "ResourceARN");
    done(sim, "tagging:TagResources", MEMBER, HOME,
         json_pack("{s:[s], s:{s:s}}", "ResourceARNList", volume, "Tags", "b", "1"));
    json_decref(out);
    expect_count(sim, "tagging:GetResources", MEMBER, HOME, json_object(), "ResourceTagMappingList",
                 3);
    sim_free(sim);
}

static void tagging_api_never_sees_what_was_never_tagged(void **state)
{
    struct sim *sim = estate("[]", ALL_KINDS);
    (void)state;
    expect_count(sim, "tagging:GetResources", MEMBER, HOME, json_object(), "ResourceTagMappingList",
                 2);
    done(sim, "tagging:UntagResources", MEMBER, HOME,
         json_pack("{s:[s], s:[s]}", "ResourceARNList", VOLUME, "TagKeys", "a"));
    expect_count(sim, "tagging:GetResources", MEMBER, HOME, json_object(), "ResourceTagMappingList",
                 2);
    json_t *filter = json_pack("{s:[{s:s}]}", "TagFilters", "Key", "a");
    expect_count(sim, "tagging:GetResources", MEMBER, HOME, filter, "ResourceTagMappingList", 1);
    json_t *out =
        ask(sim, "tagging:TagResources", MEMBER, HOME,
            json_pack("{s:[s,s], s:{s:s}}", "ResourceARNList", "arn:aws:s3:::example-bucket",
                      "arn:aws:s3:::other", "Tags", "b", "1"));
    assert_int_equal(json_object_size(json_object_get(out, "FailedResourcesMap")), 1);
    json_decref(out);
    expect_count(sim, "s3:GetBucketTagging", MEMBER, HOME,
                 json_pack("{s:s}", "Bucket", "example-bucket"), "TagSet", 1);
    sim_free(sim);
}

static void tags_written_by_one_service_are_read_by_all(void **state)
{
    struct sim *sim = estate("[]", ALL_KINDS);
    (void)state;
    done(sim, "ec2:CreateTags", MEMBER, HOME,
         json_pack("{s:[s], s:[{s:s, s:s}]}", "ResourceId", "vol-0aaaaaaaaaaaaaaa1", "Tag", "Key",
                   "k", "Value", "v"));
    json_t *filter = json_pack("{s:[{s:s, s:[s]}]}", "TagFilters", "Key", "k", "Values", "v");
    expect_count(sim, "tagging:GetResources", MEMBER, HOME, filter, "ResourceTagMappingList", 1);
    expect(sim, "ec2:CreateTags", MEMBER, HOME,
           json_pack("{s:[s], s:[{s:s, s:s}]}", "ResourceId", "vol-0aaaaaaaaaaaaaaa1", "Tag", "Key",
                     "aws:k", "Value", "v"),
           "error", "InvalidParameterValue");
    sim_free(sim);
}

static void replacing_a_bucket_s_tags_removes_the_others(void **state)
{
    struct sim *sim = estate("[]", ALL_KINDS);
    (void)state;
    static const char *const keys[] = {"one", "two"};
    for (size_t i = 0; i < 2; i++) {
        done(sim, "s3:PutBucketTagging", MEMBER, HOME,
             json_pack("{s:s, s:{s:[{s:s, s:s}]}}", "Bucket", "example-bucket", "Tagging", "TagSet",
                       "Key", keys[i], "Value", "x"));
    }
    expect_count(sim, "s3:GetBucketTagging", MEMBER, HOME,
                 json_pack("{s:s}", "Bucket", "example-bucket"), "TagSet", 1);
    expect(sim, "s3:GetBucketTagging", MEMBER, OTHER,
           json_pack("{s:s}", "Bucket", "example-bucket"), "error", "AuthorizationHeaderMalformed");
    sim_free(sim);
}

static void unknown_filters_and_page_sizes_are_refused(void **state)
{
    struct sim *sim = estate("[]", ALL_KINDS);
    (void)state;
    expect(sim, "ec2:DescribeVolumes", MEMBER, HOME,
           json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "colour", "Value", "x"), "error",
           "InvalidParameterValue");
    expect(sim, "ec2:DescribeVolumes", MEMBER, HOME, json_pack("{s:i}", "MaxResults", 4), "error",
           "InvalidParameterValue");
    expect(sim, "tagging:GetResources", MEMBER, HOME,
           json_pack("{s:[s], s:[s]}", "ResourceARNList", VOLUME, "ResourceTypeFilters", "ec2"),
           "error", "InvalidParameterException");
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_service_lists_its_own),
        cmocka_unit_test(services_that_only_list_do_so),
        cmocka_unit_test(tagging_api_never_sees_what_was_never_tagged),
        cmocka_unit_test(tags_written_by_one_service_are_read_by_all),
        cmocka_unit_test(replacing_a_bucket_s_tags_removes_the_others),
        cmocka_unit_test(unknown_filters_and_page_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
