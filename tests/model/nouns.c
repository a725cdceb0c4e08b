/* ARNs, resource types, baselines, tags, the tree, an account's state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/account.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "model/baseline.h"
#include "model/resource_type.h"
#include "model/tree.h"

static void arns_come_apart_and_change_region(void **state)
{
    struct arn a;
    (void)state;
    assert_true(arn_parse("arn:aws:kms:eu-central-1:111122221111:key/mrk-1", &a));
    assert_true(arn_part_is(a.service, "kms"));
    assert_true(arn_part_is(a.account, "111122221111"));
    assert_string_equal(a.resource.data, "key/mrk-1");
    assert_true(arn_parse("arn:aws:s3:::bucket", &a));
    assert_false(arn_parse("arn:aws:kms", &a));
    assert_false(arn_parse("arn::kms:::x", &a));
    assert_false(arn_parse("arn:aws:kms:r:a:", &a));
    assert_false(arn_parse(NULL, &a));
    char *there = arn_in_region("arn:aws:kms:eu-central-1:111122221111:key/mrk-1", "us-east-1");
    assert_string_equal(there, "arn:aws:kms:us-east-1:111122221111:key/mrk-1");
    free(there);
    assert_null(arn_in_region("mrk-1", "us-east-1"));
    assert_string_equal(arn_name("arn:aws:backup:r:a:backup-vault:name"), "name");
    assert_string_equal(arn_name("arn:aws:organizations::1:ou/o-1/ou-2"), "ou-2");
}

static void resources_have_the_word_of_aws_backup(void **state)
{
    static const char *const cases[][2] = {
        {"arn:aws:ec2:r:1:volume/vol-1", "EBS"},
        {"arn:aws:ec2:r:1:instance/i-1", "EC2"},
        {"arn:aws:ec2:r:1:snapshot/snap-1", NULL},
        {"arn:aws:rds:r:1:db:x", "RDS"},
        {"arn:aws:rds:r:1:cluster:x", "Aurora"},
        {"arn:aws:rds:r:1:cluster-snapshot:x", NULL},
        {"arn:aws:dynamodb:r:1:table/x", "DynamoDB"},
        {"arn:aws:dynamodb:r:1:table/x/index/y", NULL},
        {"arn:aws:elasticfilesystem:r:1:file-system/fs-1", "EFS"},
        {"arn:aws:elasticfilesystem:r:1:access-point/a", NULL},
        {"arn:aws:s3:::bucket", "S3"},
        {"arn:aws:s3:::bucket/object", NULL},
        {"arn:aws:lambda:r:1:function:f", NULL},
        {"nonsense", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *type = resource_type_of_arn(cases[i][0]);
        if (cases[i][1] == NULL ? type != NULL : type == NULL || strcmp(type, cases[i][1]) != 0) {
            fail_msg("%s: %s", cases[i][0], type != NULL ? type : "none");
        }
    }
}

static void backups_are_no_resources_to_protect(void **state)
{
    static const char *const backups[] = {
        "arn:aws:backup:eu-west-1:1:recovery-point:1EB3B5E7-9EB0-435A-A80B-108B488B0D45",
        "arn:aws:ec2:eu-west-1::snapshot/snap-0ee0cc0000000001",
        "arn:aws:ec2:eu-west-1::image/ami-0ee0cc0000000001",
        "arn:aws:rds:eu-west-1:1:snapshot:awsbackup:job-1",
        "arn:aws:rds:eu-west-1:1:cluster-snapshot:rds:x-2026-01-01",
        "arn:aws:fsx:eu-west-1:1:backup/backup-0a1b2c3d4e5f60718",
        "arn:aws:redshift:eu-west-1:1:snapshot:w/rs:w-1"};
    static const char *const others[] = {"arn:aws:ec2:eu-west-1:1:volume/vol-1",
                                         "arn:aws:rds:eu-west-1:1:db:snapshot",
                                         "arn:aws:backup:eu-west-1:1:backup-vault:v", "snapshot"};
    json_t *tags = json_pack("{s:s}", "aws:backup:source-resource", "x");
    (void)state;
    for (size_t i = 0; i < sizeof backups / sizeof *backups; i++) {
        assert_true(resource_is_backup(backups[i], NULL));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(resource_is_backup(others[i], NULL));
        assert_true(resource_is_backup(others[i], tags));
    }
    json_decref(tags);
}

static void baselines_are_known_by_their_last_characters(void **state)
{
    (void)state;
    assert_string_equal(baseline_name("arn:aws:controltower:r::baseline/APO9ATVPBKFRRGLK"),
                        "BackupBaseline");
    assert_string_equal(baseline_name("arn:aws:controltower:r::baseline:17BSJV3IGJ2QSGA2"),
                        "AWSControlTowerBaseline");
    assert_null(baseline_name("arn:aws:controltower:r::baseline/0000000000000000"));
    assert_null(baseline_name("short"));
    assert_string_equal(baseline_compatible_version("3.3"), "4.0");
    assert_string_equal(baseline_compatible_version("3.2"), "4.0");
    assert_string_equal(baseline_compatible_version("3.1"), "3.0");
    assert_string_equal(baseline_compatible_version("4.0"), "5.0");
    assert_string_equal(baseline_compatible_version("2.9"), "2.0");
    assert_null(baseline_compatible_version("1.0"));
    assert_null(baseline_compatible_version("5.0"));
    assert_null(baseline_compatible_version(NULL));
    assert_int_equal(version_compare("3.10", "3.9"), 1);
    assert_int_equal(version_compare("4", "4.0"), 0);
    assert_int_equal(version_compare(NULL, "0.1"), -1);
}

static json_t *examine(const char *key, const char *value)
{
    json_t *tags = json_object();
    json_t *document = json_object();
    jx_set_str(tags, key, value);
    backup_tags_examine(tags, document);
    json_decref(tags);
    return document;
}

static void tags_are_right_wrong_near_or_unrelated(void **state)
{
    static const struct {
        const char *key, *value;
        bool tagged;
        size_t wrong, near_misses;
    } cases[] = {{"aws-control-tower-backupdaily", "true", true, 0, 0},
                 {"aws-control-tower-backuphourly", "true", true, 0, 0},
                 {"aws-control-tower-backupdaily", "True", false, 1, 0},
                 {"aws-control-tower-backupdaily", "", false, 1, 0},
                 {"aws-control-tower-backup-daily", "true", false, 0, 1},
                 {"AWS-Control-Tower-BackupDaily", "true", false, 0, 1},
                 {"aws-controltower-backupweekly", "true", false, 0, 1},
                 {"aws-control-tower-backupmontly", "true", false, 0, 1},
                 {"aws_control_tower-backupdaily", "true", false, 0, 1},
                 {"aws_control_tower_backupdaily", "true", false, 0, 0},
                 {"aws-control-tower", "managed-by-control-tower", false, 0, 0},
                 {"Name", "true", false, 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *d = examine(cases[i].key, cases[i].value);
        if (jx_bool(d, "tagged") != cases[i].tagged ||
            jx_count(d, "wrong_values") != cases[i].wrong ||
            jx_count(d, "near_misses") != cases[i].near_misses) {
            char *text = jx_dump(d);
            fail_msg("%s=%s: %s", cases[i].key, cases[i].value, text);
        }
        json_decref(d);
    }
    json_t *d = examine("aws-control-tower-backup-daily", "true");
    const json_t *near_miss = json_array_get(jx_get(d, "near_misses"), 0);
    assert_string_equal(jx_str(near_miss, "nearest"), "aws-control-tower-backupdaily");
    assert_int_equal(jx_int(near_miss, "distance", -1), 1);
    json_decref(d);
    d = json_object();
    backup_tags_examine(NULL, d);
    assert_false(jx_bool(d, "tagged"));
    json_decref(d);
    assert_int_equal(backup_tier_of_plan("aws-controltower-weekly-backup-plan"), 2);
    assert_int_equal(backup_tier_of_plan("my-weekly-plan"), -1);
}

static void the_tree_is_built_from_parents_and_paths(void **state)
{
    (void)state;
    struct tree *t = tree_new();
    tree_add(t, "ou-x", "ou-w", "Workloads X", "arn:x", NULL);
    tree_add(t, "ou-w", NULL, "Workloads", "arn:w", "o-1/r-1/ou-w/");
    tree_add(t, "ou-y", NULL, "Workloads Y", "arn:y", "o-1/r-1/ou-w/ou-y/");
    tree_add(t, "ou-a", "ou-b", "A", "arn:a", NULL); /* a circle */
    tree_add(t, "ou-b", "ou-a", "B", "arn:b", NULL);
    tree_finish(t);
    assert_int_equal(tree_count(t), 5);
    const struct unit *w = tree_find(t, "ou-w");
    const struct unit *x = tree_find(t, "ou-x");
    assert_string_equal(x->path, "Workloads/Workloads X");
    assert_string_equal(tree_find(t, "ou-y")->path, "Workloads/Workloads Y");
    assert_int_equal(w->depth, 1);
    assert_int_equal(x->depth, 2);
    assert_true(unit_is_under(x, w));
    assert_false(unit_is_under(w, x));
    assert_false(unit_is_under(w, w));
    assert_true(unit_is_named(x, "Workloads X"));
    assert_true(unit_is_named(x, "Workloads/*"));
    assert_false(unit_is_named(x, "Workloads"));
    assert_null(tree_find(t, "r-1"));
    char parent[32];
    assert_string_equal(tree_parent_of_path("o-1/r-1/ou-w/111122223333/", parent, sizeof parent),
                        "ou-w");
    assert_string_equal(tree_parent_of_path("", parent, sizeof parent), "");
    tree_free(t);
}

static void state_is_the_newer_word_or_the_older(void **state)
{
    const char *source = NULL;
    (void)state;
    json_t *both = json_pack("{s:s,s:s}", "State", "CLOSED", "Status", "SUSPENDED");
    assert_string_equal(account_state(both, &source), "CLOSED");
    assert_string_equal(source, "State");
    (void)json_object_del(both, "State");
    assert_string_equal(account_state(both, &source), "SUSPENDED");
    assert_string_equal(source, "Status");
    (void)json_object_clear(both);
    assert_string_equal(account_state(both, NULL), "");
    json_decref(both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arns_come_apart_and_change_region),
        cmocka_unit_test(resources_have_the_word_of_aws_backup),
        cmocka_unit_test(backups_are_no_resources_to_protect),
        cmocka_unit_test(baselines_are_known_by_their_last_characters),
        cmocka_unit_test(tags_are_right_wrong_near_or_unrelated),
        cmocka_unit_test(the_tree_is_built_from_parents_and_paths),
        cmocka_unit_test(state_is_the_newer_word_or_the_older)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
