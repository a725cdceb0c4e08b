/* Step 6 of a plan: what is tagged, by which call, and what a tag step rests on. */
#include "estate.h"

#include "remedy.h"

static void a_near_miss_is_tagged_right_before_the_wrong_key_goes(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "TAG-03", "tag-resource", "resource", NEAR_KEY);
    const json_t *plan = estate_plan(e);
    const char *tag = "tag-resource/" PROD "/" HOME "/aws-control-tower-backupdaily/1";
    const char *untag = "untag-resource/" PROD "/" HOME "/1";
    expect_json(step_of(plan, tag), "send.input.Tags", "{'aws-control-tower-backupdaily':'true'}");
    expect_json(step_of(plan, untag), "send.input.TagKeys", "['aws-control-tower-backup-daily']");
    assert_true(jx_list_has(jx_get(step_of(plan, untag), "needs"), tag));
    assert_non_null(jx_get(step_of(plan, tag), "send.fail_when"));
}

static void each_service_has_its_own_call_for_what_is_left_out(void **state)
{
    struct estate *e = *state;
    static const struct {
        const char *arn, *tag, *input, *untag, *gone;
    } rows[] = {
        {"arn:aws:ec2:" HOME ":" PROD ":instance/i-1", "ec2:CreateTags",
         "{'ResourceId':['i-1'],'Tag':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}",
         "ec2:DeleteTags",
         "{'ResourceId':['i-1'],'Tag':[{'Key':'aws-control-tower-backup-daily'}]}"},
        {"arn:aws:rds:" HOME ":" PROD ":cluster:c", "rds:AddTagsToResource",
         "{'ResourceName':'arn:aws:rds:" HOME ":" PROD
         ":cluster:c','Tags':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}",
         "rds:RemoveTagsFromResource",
         "{'ResourceName':'arn:aws:rds:" HOME ":" PROD
         ":cluster:c','TagKeys':['aws-control-tower-backup-daily']}"},
        {"arn:aws:dynamodb:" HOME ":" PROD ":table/t", "dynamodb:TagResource",
         "{'ResourceArn':'arn:aws:dynamodb:" HOME ":" PROD
         ":table/t','Tags':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}",
         "dynamodb:UntagResource",
         "{'ResourceArn':'arn:aws:dynamodb:" HOME ":" PROD
         ":table/t','TagKeys':['aws-control-tower-backup-daily']}"},
        {"arn:aws:elasticfilesystem:" HOME ":" PROD ":file-system/fs-1", "efs:TagResource",
         "{'ResourceId':'fs-1','Tags':[{'Key':'aws-control-tower-backupdaily','Value':'true'}]}",
         "efs:UntagResource", "{'ResourceId':'fs-1','TagKeys':['aws-control-tower-backup-daily']}"},
        {"arn:aws:s3:::b", "s3:PutBucketTagging",
         "{'Bucket':'b','Tagging':{'TagSet':[{'Key':'aws-control-tower-backupdaily','Value':'true'}"
         "]}}",
         "s3:PutBucketTagging", "{'Bucket':'b','Tagging':{'TagSet':[]}}"},
    };
    static const char fsx[] = "arn:aws:fsx:" HOME ":" PROD ":file-system/fs-2";
    size_t count = sizeof rows / sizeof *rows;
    for (size_t i = 0; i <= count; i++) {
        const char *arn = i < count ? rows[i].arn : fsx;
        char *key = xasprintf(PROD "/" HOME "/%s", arn);
        estate_put(e, "resource", PROD, HOME, arn,
                   "{'type':'EBS','name':'v','tags':{'aws-control-tower-backup-daily':'true'}}");
        estate_fail(e, "TAG-03", "tag-resource", "resource", key);
        free(key);
    }
    const json_t *plan = estate_plan(e);
    const json_t *tag =
        step_of(plan, "tag-resource/" PROD "/" HOME "/aws-control-tower-backupdaily/1");
    const json_t *untag = step_of(plan, "untag-resource/" PROD "/" HOME "/1");
    const json_t *tags = jx_get(tag, "otherwise.calls");
    const json_t *untags = jx_get(untag, "otherwise.calls");
    assert_int_equal(jx_count(tag, "send.input.ResourceARNList"), count + 1);
    assert_int_equal(json_object_size(tags), count);
    assert_string_equal(jx_str(tag, "otherwise.failed"), "FailedResourcesMap");
    for (size_t i = 0; i < count; i++) {
        const json_t *own = json_object_get(tags, rows[i].arn);
        assert_string_equal(jx_str(own, "send.operation"), rows[i].tag);
        assert_string_equal(jx_str(own, "send.region"), HOME);
        assert_string_equal(jx_str(own, "send.account"), PROD);
        expect_json(own, "send.input", rows[i].input);
        own = json_object_get(untags, rows[i].arn);
        assert_string_equal(jx_str(own, "send.operation"), rows[i].untag);
        expect_json(own, "send.input", rows[i].gone);
    }
    const json_t *bucket = json_object_get(tags, "arn:aws:s3:::b");
    expect_json(bucket, "merge.read.input", "{'Bucket':'b'}");
    assert_null(jx_get(bucket, "merge.without"));
    expect_json(json_object_get(untags, "arn:aws:s3:::b"), "merge.without",
                "['aws-control-tower-backup-daily']");
}

#define LISTED(name, tags)                                                                         \
    "{'ResourceARN':'" VOLUME name "','Tags':[{'Key':'owner','Value':'x'}" tags "]}"
#define ANSWER(listed) "{'ResourceTagMappingList':[" listed "]}"
#define DAILY_IS(value) ",{'Key':'aws-control-tower-backupdaily','Value':'" value "'}"
#define WEEKLY_IS(value) ",{'Key':'aws-control-tower-backupweekly','Value':'" value "'}"
#define MISSPELT_IS(value) ",{'Key':'aws-control-tower-backup-daily','Value':'" value "'}"

static void tags_that_somebody_changed_since_the_scan_stop_a_step(void **state)
{
    struct estate *e = *state;
    static const char *const names[][2] = {
        {"vol-5", "TAG-02"}, {"vol-6", "TAG-03"}, {"vol-7", "TAG-01"}};
    (void)json_object_set_new(e->config.document, "tags",
                              json_pack("{s:s}", "default_tier", "daily"));
    static const char *const tags[] = {"{'aws-control-tower-backupdaily':'yes'}",
                                       "{'aws-control-tower-backup-daily':'true'}", "{}"};
    for (size_t i = 0; i < 3; i++) {
        char *arn = xasprintf(VOLUME "%s", names[i][0]);
        char *key = xasprintf(PROD "/" HOME "/%s", arn);
        char *json = xasprintf("{'type':'EBS','name':'v','tags':%s}", tags[i]);
        estate_put(e, "resource", PROD, HOME, arn, json);
        estate_fail(e, names[i][1], "tag-resource", "resource", key);
        free(json);
        free(key);
        free(arn);
    }
    const json_t *plan = estate_plan(e);
    const json_t *tag =
        step_of(plan, "tag-resource/" PROD "/" HOME "/aws-control-tower-backupdaily/1");
    const json_t *untag = step_of(plan, "untag-resource/" PROD "/" HOME "/1");
    static const struct {
        bool tag, untag;
        const char *answer;
    } cases[] = {
        /* as seen; done already; not listed at all */
        {true, true,
         ANSWER(LISTED("vol-5", DAILY_IS("yes")) "," LISTED("vol-6", MISSPELT_IS("true")))},
        {true, true,
         ANSWER(LISTED("vol-5", DAILY_IS("true")) "," LISTED("vol-6", DAILY_IS("true")))},
        {true, true, ANSWER("")},
        /* another value than was seen, also one that was seen elsewhere */
        {false, true, ANSWER(LISTED("vol-5", DAILY_IS("no")))},
        {false, true, ANSWER(LISTED("vol-6", DAILY_IS("yes")))},
        {true, false, ANSWER(LISTED("vol-6", MISSPELT_IS("no")))},
        /* the owner decided on another tier where there was none; elsewhere it is beside the point
         */
        {false, true, ANSWER(LISTED("vol-7", WEEKLY_IS("true")))},
        {true, true, ANSWER(LISTED("vol-5", WEEKLY_IS("true")))},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (guard_holds(tag, cases[i].answer) != cases[i].tag ||
            guard_holds(untag, cases[i].answer) != cases[i].untag) {
            fail_msg("case %zu: %s", i, cases[i].answer);
        }
    }
}

static void an_untagged_resource_needs_a_default_tier(void **state)
{
    struct estate *e = *state;
    estate_put(e, "resource", PROD, HOME, VOLUME "vol-2", "{'type':'EBS','name':'v','tags':{}}");
    estate_fail(e, "TAG-01", "tag-resource", "resource", PROD "/" HOME "/" VOLUME "vol-2");
    expect_steps(estate_plan(e), "");
    assert_int_equal(jx_count(e->plan, "manual"), 1);
    (void)json_object_set_new(e->config.document, "tags",
                              json_pack("{s:s}", "default_tier", "weekly"));
    expect_steps(estate_plan(e), "tag-resource/" PROD "/" HOME "/aws-control-tower-backupweekly/1");
}

static void resources_are_tagged_twenty_at_a_time(void **state)
{
    struct estate *e = *state;
    (void)json_object_set_new(e->config.document, "tags",
                              json_pack("{s:s}", "default_tier", "daily"));
    for (int i = 0; i < 45; i++) {
        char arn[128];
        char key[192];
        (void)snprintf(arn, sizeof arn, VOLUME "vol-9%02d", i);
        (void)snprintf(key, sizeof key, PROD "/" HOME "/%s", arn);
        estate_put(e, "resource", PROD, HOME, arn, "{'type':'EBS','name':'v','tags':{}}");
        estate_fail(e, "TAG-01", "tag-resource", "resource", key);
    }
    const json_t *plan = estate_plan(e);
    static const size_t counts[] = {20, 20, 5};
    assert_int_equal(jx_count(plan, "steps"), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *step = json_array_get(jx_get(plan, "steps"), i);
        assert_int_equal(jx_count(step, "send.input.ResourceARNList"), counts[i]);
        assert_int_equal(jx_count(step, "reasons"), counts[i] + 1);
    }
}

static void a_hostile_tag_key_cannot_become_a_placeholder(void **state)
{
    struct estate *e = *state;
    /* One edit away from the daily key, so it is removed by its own name. */
    estate_put(e, "resource", PROD, HOME, VOLUME "vol-3",
               "{'type':'EBS','name':'${create-key:arn}','tags':{'aws-control-tower-backupdaily}':"
               "'$(reboot)'}}");
    estate_fail(e, "TAG-03", "tag-resource", "resource", PROD "/" HOME "/" VOLUME "vol-3");
    const json_t *plan = estate_plan(e);
    expect_json(step_of(plan, "untag-resource/" PROD "/" HOME "/1"), "send.input.TagKeys",
                "['aws-control-tower-backupdaily}']");
    json_t *escaped = literal("a ${create-key:arn} $${b} ${aws:x}");
    assert_string_equal(json_string_value(escaped), "a $${create-key:arn} $$${b} ${aws:x}");
    json_decref(escaped);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, estate_open, estate_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_near_miss_is_tagged_right_before_the_wrong_key_goes),
        CASE(each_service_has_its_own_call_for_what_is_left_out),
        CASE(tags_that_somebody_changed_since_the_scan_stop_a_step),
        CASE(an_untagged_resource_needs_a_default_tier),
        CASE(resources_are_tagged_twenty_at_a_time),
        CASE(a_hostile_tag_key_cannot_become_a_placeholder),
    };
    return cmocka_run_group_tests_name("plan/tags", tests, NULL, NULL);
}
