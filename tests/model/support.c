/* The shipped table of what AWS Backup supports, and the changes of a configuration. */
#include "model/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "model/config.h"
#include "model/resource_type.h"

#define TABLE TOWERKEEP_SOURCE_DIR "/rules/data/aws-backup.yaml"
#define CLUSTER "arn:aws:rds:eu-west-1:1:cluster:x"

static int load(const char *text, struct config *c, struct err *err)
{
    char path[] = "/tmp/towerkeep-support-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    *err = (struct err)ERR_INIT;
    int rc = config_load(path, c, err);
    (void)unlink(path);
    if (rc == 0 && support_load(TABLE, c->document, err) != 0) {
        config_release(c);
        return -1;
    }
    return rc;
}

static const json_t *table_of(struct config *c, const char *text)
{
    struct err err;
    if (load(text, c, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return json_object_get(c->document, SUPPORT_MEMBER);
}

static void every_known_type_has_a_row_with_a_date_and_a_source(void **state)
{
    struct config c;
    (void)state;
    const json_t *table = table_of(&c, "");
    const json_t *types[] = {jx_get(c.document, "resource_types"),
                             jx_get(c.document, "resource_types_declined")};
    size_t found = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < json_array_size(types[k]); i++) {
            const struct support_subject s = {
                .type = json_string_value(json_array_get(types[k], i)), .dynamodb_advanced = -1};
            const json_t *row = support_row(table, &s);
            if (row == NULL && strcmp(s.type, "FSx") != 0) {
                fail_msg("%s has no row", s.type);
            }
            assert_true(resource_type_known(s.type));
            found++;
        }
    }
    assert_int_equal(found, 19);
    const json_t *rows = json_object_get(table, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        assert_int_equal(strlen(jx_str_or(row, "as_of", "")), 10);
        assert_non_null(jx_str(row, "source"));
        assert_true(resource_type_known(jx_str(row, "type")));
    }
    config_release(&c);
}

struct row {
    struct support_subject subject;
    enum support near, far;
};

#define IN(its_region) .region = (its_region), .partition = "aws"
#define OPT_IN(its_region) IN(its_region), .opt_in_region = true
#define YES SUPPORT_YES
#define NO SUPPORT_NO
#define UNKNOWN SUPPORT_UNKNOWN
#define VOLUME "arn:aws:fsx:eu-west-1:1:volume/fs-1/fsvol-1"
#define FILES "arn:aws:fsx:eu-west-1:1:file-system/fs-1"

static const struct row rows[] = {
    {{"EBS", IN("eu-west-1")}, YES, YES},
    {{"EBS", IN("eu-north-9"), .opt_in_region = true}, UNKNOWN, UNKNOWN},
    {{"EBS", .region = "eusc-de-east-1", .partition = "aws-eusc"}, NO, NO},
    {{"EBS", .region = "cn-north-1", .partition = "aws-cn"}, YES, YES},
    {{"S3", .region = "cn-north-1", .partition = "aws-cn"}, NO, NO},
    {{"DynamoDB", IN("eu-west-1"), .dynamodb_advanced = 1}, YES, YES},
    {{"DynamoDB", IN("eu-west-1"), .dynamodb_advanced = -1}, YES, YES},
    {{"DynamoDB", IN("eu-west-1")}, NO, NO},
    {{"DynamoDB", IN("eu-north-9")}, NO, NO},
    {{"RDS", "postgres", CLUSTER, IN("eu-west-1")}, NO, NO},
    {{"RDS", "postgres", "arn:aws:rds:eu-west-1:1:db:x", IN("eu-west-1")}, YES, YES},
    {{"Aurora", "aurora-postgresql", CLUSTER, IN("eu-west-1")}, YES, YES},
    {{"Neptune", "neptune", CLUSTER, OPT_IN("me-south-1")}, NO, NO},
    {{"Neptune", "neptune", CLUSTER, IN("eu-west-1")}, YES, YES},
    {{"DocumentDB", "docdb", CLUSTER, OPT_IN("me-south-1")}, YES, YES},
    {{"FSx", NULL, VOLUME, IN("eu-west-1")}, YES, YES},
    {{"FSx", "ONTAP", VOLUME, OPT_IN("me-south-1")}, YES, NO},
    {{"FSx", "ONTAP", VOLUME, OPT_IN("ap-southeast-6")}, NO, NO},
    {{"FSx", "WINDOWS", FILES, OPT_IN("me-central-1")}, YES, NO},
    {{"FSx", NULL, FILES, IN("eu-west-1")}, YES, YES},
    {{"CloudFormation", IN("eu-west-1")}, NO, NO},
    {{"Timestream", IN("eu-west-1")}, YES, YES},
    {{"Redshift", IN("eu-west-1")}, NO, NO},
    {{"Redshift Serverless", IN("eu-west-1")}, NO, NO},
    {{"Newest", IN("eu-west-1")}, UNKNOWN, UNKNOWN},
    {{NULL, IN("eu-west-1")}, UNKNOWN, UNKNOWN},
};

static void copies_depend_on_kind_and_region(void **state)
{
    struct config c;
    (void)state;
    const json_t *table = table_of(&c, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        if (support_copies(table, &r->subject, false) != r->near ||
            support_copies(table, &r->subject, true) != r->far) {
            fail_msg("%s %s in %s", r->subject.type, r->subject.arn, r->subject.region);
        }
        char *problem = support_copy_problem(table, &r->subject, true);
        assert_int_equal(problem != NULL, r->far == SUPPORT_NO);
        free(problem);
        assert_int_equal(support_copies(NULL, &r->subject, true), SUPPORT_UNKNOWN);
    }
    config_release(&c);
}

static void a_problem_names_the_region_only_where_it_matters(void **state)
{
    struct config c;
    (void)state;
    const json_t *table = table_of(&c, "");
    const struct support_subject stack = {"CloudFormation", IN("eu-west-1")};
    const struct support_subject volume = {"FSx", "ONTAP", VOLUME, OPT_IN("me-south-1")};
    char *texts[] = {support_copy_problem(table, &stack, false),
                     support_copy_problem(table, &volume, true)};
    assert_string_equal(texts[0], "AWS Backup does not copy a resource of kind \"CloudFormation "
                                  "stack\" to another account (as of 2026-09-24)");
    assert_string_equal(texts[1], "AWS Backup does not copy a resource of kind \"FSx for ONTAP "
                                  "volume\" to another Region from me-south-1 (as of 2026-08-27)");
    assert_null(support_copy_problem(table, &volume, false));
    free(texts[0]);
    free(texts[1]);
    config_release(&c);
}

static void other_features_and_dates(void **state)
{
    struct config c;
    (void)state;
    const json_t *table = table_of(&c, "");
    const struct support_subject gov = {"EBS", .region = "us-gov-west-1",
                                        .partition = "aws-us-gov"};
    const struct support_subject timestream[] = {{"Timestream", IN("eu-west-1")},
                                                 {"Timestream", IN("eu-north-1")}};
    const struct support_subject rds = {"RDS", IN("eu-west-1"),
                                        .arn = "arn:aws:rds:eu-west-1:1:db:x"};
    assert_int_equal(support_of(table, &gov, "restore_testing"), SUPPORT_NO);
    assert_int_equal(support_of(table, &rds, "restore_testing"), SUPPORT_YES);
    assert_int_equal(support_of(table, &rds, "air_gapped"), SUPPORT_NO);
    assert_int_equal(support_of(table, &timestream[0], "available"), SUPPORT_YES);
    assert_int_equal(support_of(table, &timestream[1], "available"), SUPPORT_NO);
    assert_string_equal(support_date(table, &rds), "2026-09-24");
    const struct support_subject newest = {"Newest", IN("eu-west-1")};
    assert_string_equal(support_date(table, &newest), "2026-09-24");
    assert_true(support_encrypts_copies(table, "S3", 0));
    assert_true(support_encrypts_copies(table, "DynamoDB", 1));
    assert_true(support_encrypts_copies(table, "DynamoDB", -1));
    assert_false(support_encrypts_copies(table, "DynamoDB", 0));
    assert_false(support_encrypts_copies(table, "EBS", 1));
    assert_false(support_encrypts_copies(table, NULL, 1));
    config_release(&c);
}

static void a_configuration_changes_rows_and_adds_regions(void **state)
{
    struct config c;
    (void)state;
    const json_t *table = table_of(&c, "backup_support:\n"
                                       "  as_of: \"2027-02-01\"\n"
                                       "  regions: [eu-north-9]\n"
                                       "  rows:\n"
                                       "    - {kind: CloudFormation stack, cross_account: true, "
                                       "as_of: \"2027-01-31\"}\n"
                                       "    - {kind: newest, type: Newest, cross_account: "
                                       "{in: [eu-west-1]}}\n");
    const struct support_subject stack = {"CloudFormation", IN("eu-north-9")};
    const struct support_subject newest[] = {{"Newest", IN("eu-west-1")},
                                             {"Newest", IN("eu-west-2")}};
    assert_int_equal(support_copies(table, &stack, false), SUPPORT_YES);
    assert_string_equal(support_date(table, &stack), "2027-01-31");
    assert_string_equal(jx_str(support_row(table, &stack), "source"), "configuration");
    assert_int_equal(support_copies(table, &newest[0], false), SUPPORT_YES);
    assert_int_equal(support_copies(table, &newest[0], true), SUPPORT_UNKNOWN);
    assert_int_equal(support_copies(table, &newest[1], false), SUPPORT_NO);
    assert_string_equal(support_date(table, &newest[0]), "2027-02-01");
    config_release(&c);
}

static void a_change_that_is_not_valid_is_refused_by_name(void **state)
{
    static const char *const bad[][2] = {
        {"backup_support: [EBS]\n", "mapping"},
        {"backup_support: {features: {}}\n", "features"},
        {"backup_support: {as_of: yesterday}\n", "date"},
        {"backup_support: {rows: [{type: EBS}]}\n", "kind"},
        {"backup_support: {rows: [{kind: EBS volume, cross_acount: true}]}\n", "cross_account"},
        {"backup_support: {rows: [{kind: a, cross_account: maybe}]}\n", "{in: [..]}"},
        {"backup_support: {rows: [{kind: a, cross_account: {in: []}}]}\n", "not empty"},
        {"backup_support: {rows: [{kind: a}, {kind: a}]}\n", "listed twice"},
        {"backup_support: {rows: [{kind: a, engines: ONTAP}]}\n", "list"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct config c;
        struct err err;
        if (load(bad[i][0], &c, &err) == 0) {
            fail_msg("accepted: %s", bad[i][0]);
        }
        assert_int_equal(err.code, ERR_INPUT);
        if (strstr(err.text, bad[i][1]) == NULL) {
            fail_msg("%s: %s", bad[i][0], err.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_type_has_a_row_with_a_date_and_a_source),
        cmocka_unit_test(copies_depend_on_kind_and_region),
        cmocka_unit_test(a_problem_names_the_region_only_where_it_matters),
        cmocka_unit_test(other_features_and_dates),
        cmocka_unit_test(a_configuration_changes_rows_and_adds_regions),
        cmocka_unit_test(a_change_that_is_not_valid_is_refused_by_name),
    };
    return cmocka_run_group_tests_name("model/support", tests, NULL, NULL);
}
