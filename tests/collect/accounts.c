/* Which accounts and Regions are asked: filters, Regions that are not governed, job lists. */
#include "scan.h"

/* --- filters --- */

static void only_chosen_accounts_are_asked(void **state)
{
    static const char *const chosen[] = {PROD, NULL};
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.accounts = chosen;
    assert_int_equal(scan_run(&s), 0);
    assert_true(scan_calls(&s, NULL, PROD, NULL).count > 0);
    assert_int_equal(scan_calls(&s, NULL, CENTRAL, NULL).count, 0);
    assert_int_equal(scan_calls(&s, "ec2:DescribeVolumes", MGMT, NULL).count, 0);
    assert_string_equal(store_meta(s.store, "filtered"), "true");
    scan_end(&s);
}

static void excluded_accounts_are_not_asked(void **state)
{
    static const char *const excluded[] = {PROD, NULL};
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.excluded_accounts = excluded;
    assert_int_equal(scan_run(&s), 0);
    assert_int_equal(scan_calls(&s, NULL, PROD, NULL).count, 0);
    assert_true(scan_calls(&s, NULL, CENTRAL, NULL).count > 0);
    scan_end(&s);
}

static void regions_may_be_chosen_and_excluded(void **state)
{
    static const char *const away[] = {AWAY, NULL};
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.regions = away;
    assert_int_equal(scan_run(&s), 0);
    assert_int_equal(scan_calls(&s, "ec2:DescribeVolumes", NULL, HOME).count, 0);
    assert_int_equal(scan_calls(&s, "ec2:DescribeVolumes", NULL, AWAY).count, 3);
    /* The opt-in of the home Region is compared with all others. */
    assert_int_equal(scan_calls(&s, "backup:DescribeRegionSettings", NULL, HOME).count, 3);
    assert_string_equal(store_meta(s.store, "regions_asked"), "[\"" AWAY "\"]");
    scan_end(&s);
    scan_begin(&s, NULL);
    s.options.excluded_regions = away;
    assert_int_equal(scan_run(&s), 0);
    assert_int_equal(scan_calls(&s, "ec2:DescribeVolumes", NULL, AWAY).count, 0);
    assert_string_equal(store_meta(s.store, "regions_asked"), "[\"" HOME "\"]");
    scan_end(&s);
}

/* An OU is named by id, name or path, and holds what lies below it. */
static void an_ou_chooses_its_accounts(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".ListOrganizationalUnitsForParent *ou-1",
           "{\"OrganizationalUnits\":[{\"Id\":\"ou-2\",\"Name\":\"Prod\"}]}"),
        OK(".ListAccountsForParent *ou-1", "{\"Accounts\":[{\"Id\":\"" CENTRAL "\"}]}"),
        OK(".ListAccountsForParent *ou-2", "{\"Accounts\":[{\"Id\":\"" PROD "\"}]}"), SCRIPT_END};
    static const struct {
        const char *word;
        int64_t central; /* accounts asked of these two */
        int64_t prod;
    } cases[] = {{"ou-2", 0, 1},      {"Prod", 0, 1}, {"Workloads/Prod", 0, 1},
                 {"Workloads", 1, 1}, {"ou-1", 1, 1}, {"r-1", 1, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const ous[] = {cases[i].word, NULL};
        struct scan s;
        scan_begin(&s, replies);
        s.options.ous = ous;
        assert_int_equal(scan_run(&s), 0);
        int64_t central = scan_calls(&s, "sts:GetCallerIdentity", CENTRAL, NULL).count;
        int64_t prod = scan_calls(&s, "sts:GetCallerIdentity", PROD, NULL).count;
        if (central != cases[i].central || prod != cases[i].prod) {
            fail_msg("--ou %s chooses other accounts", cases[i].word);
        }
        scan_end(&s);
    }
}

static void an_unknown_filter_ends_the_scan(void **state)
{
    static const char *const ous[] = {"Worklods", NULL};
    static const char *const accounts[] = {"999988887777", NULL};
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.ous = ous;
    assert_int_equal(scan_run(&s), -1);
    assert_int_equal(s.err.code, ERR_INPUT);
    assert_non_null(strstr(s.err.text, "did you mean \"Workloads\"?"));
    scan_end(&s);
    scan_begin(&s, NULL);
    s.options.accounts = accounts;
    assert_int_equal(scan_run(&s), -1);
    assert_non_null(strstr(s.err.text, "999988887777"));
    assert_int_equal(scan_calls(&s, "ec2:DescribeVolumes", PROD, NULL).count, 0);
    scan_end(&s);
}

/* What could not be listed may hold the OU that a filter names. */
static void an_unknown_filter_is_allowed_when_the_tree_is_not_whole(void **state)
{
    static const char *const ous[] = {"Elsewhere", NULL};
    static const struct stub_reply replies[] = {
        REFUSED(".ListOrganizationalUnitsForParent *ou-1", "AccessDeniedException"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_begin(&s, replies);
    s.options.ous = ous;
    assert_int_equal(scan_run(&s), 0);
    assert_int_equal(scan_calls(&s, NULL, PROD, NULL).count, 0);
    scan_end(&s);
}

/* --- accounts --- */

static void accounts_that_are_not_active_are_not_asked(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".ListAccounts ", "{\"Accounts\":[{\"Id\":\"" CENTRAL "\",\"Status\":\"SUSPENDED\"},"
                             "{\"Id\":\"" PROD "\",\"Status\":\"ACTIVE\"}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_int_equal(scan_calls(&s, NULL, CENTRAL, NULL).count, 0);
    assert_true(scan_calls(&s, NULL, PROD, NULL).count > 0);
    scan_end(&s);
}

/* An account that ListAccounts leaves out is asked when the walk of the tree finds it ACTIVE. */
static void an_account_of_the_tree_only_is_asked(void **state)
{
    static const struct stub_reply replies[] = {OK(".ListAccounts ", "{\"Accounts\":[]}"),
                                                OK(".ListAccountsForParent *ou-1",
                                                   "{\"Accounts\":[{\"Id\":\"" PROD
                                                   "\",\"State\":\"ACTIVE\"}]}"),
                                                SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_true(scan_calls(&s, "ec2:DescribeVolumes", PROD, NULL).count == 2);
    scan_end(&s);
}

static void two_parents_of_an_account_are_a_collection_error(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".ListAccounts ",
           "{\"Accounts\":[{\"Id\":\"" PROD "\",\"State\":\"ACTIVE\",\"Paths\":["
           "\"o-exampleorg1/r-1/ou-9/" PROD "/\"]},{\"Id\":\"" CENTRAL
           "\",\"State\":\"ACTIVE\",\"Paths\":[\"o-exampleorg1/r-1/ou-1/" CENTRAL "/\"]}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_has_errors(&s, 1);
    assert_int_equal(scan_errors(&s, "organizations:ListAccounts/Paths", PROD, "", "inconsistent"),
                     1);
    scan_end(&s);
}

/* --- Regions that are not governed --- */

#define REGIONS_OF(token)                                                                          \
    OK("Action=DescribeRegions*token=" token,                                                      \
       XML_EC2(                                                                                    \
           "DescribeRegions",                                                                      \
           "<regionInfo><item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required"  \
           "</optInStatus></item><item><regionName>ap-east-1</"                                    \
           "regionName><optInStatus>not-opted-in"                                                  \
           "</optInStatus></item></regionInfo>"))

static void other_regions_are_asked_for_tags_and_central_vaults(void **state)
{
    static const struct stub_reply replies[] = {REGIONS_OF("prod"), REGIONS_OF("central"),
                                                SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_int_equal(scan_calls(&s, "tagging:GetResources", PROD, "us-east-1").count, 1);
    assert_int_equal(scan_calls(&s, NULL, PROD, "us-east-1").count, 1);
    assert_int_equal(scan_calls(&s, "backup:ListBackupVaults", CENTRAL, "us-east-1").count, 1);
    assert_int_equal(scan_calls(&s, NULL, NULL, "ap-east-1").count, 0 + 0);
    scan_member_is(&s, (const char *const[]){"region-status", PROD, "", "us-east-1"},
                   "RegionOptStatus", "ENABLED_BY_DEFAULT");
    scan_member_is(&s, (const char *const[]){"region-status", PROD, "", "ap-east-1"},
                   "RegionOptStatus", "DISABLED");
    scan_end(&s);
}

/* --- jobs --- */

static void summaries_count_jobs_that_failed(void **state)
{
    static const struct stub_reply replies[] = {
        OK("GET /audit/backup-job-summaries *region=" HOME,
           "{\"BackupJobSummaries\":[{\"AccountId\":\"" PROD "\",\"State\":\"FAILED\","
           "\"ResourceType\":\"EBS\",\"MessageCategory\":\"AccessDenied\",\"Count\":3,"
           "\"EndTime\":1795060800},{\"AccountId\":\"" PROD "\",\"State\":\"COMPLETED\","
           "\"Count\":9,\"EndTime\":1795060800}]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    json_t *jobs =
        scan_entity(&s, "failed-jobs", PROD, HOME, "backup 1795060800 FAILED EBS AccessDenied");
    assert_int_equal(jx_int(jobs, "count", 0), 3);
    json_decref(jobs);
    assert_int_equal(store_count_entities(s.store, "failed-jobs"), 1);
    assert_int_equal(scan_calls(&s, "backup:ListBackupJobs", NULL, NULL).count, 0);
    scan_end(&s);
}

static const struct stub_reply refused_summaries[] = {
    REFUSED("GET /audit/backup-job-summaries *region=" HOME, "AccessDeniedException"),
    OK("GET /backup-jobs/ *token=prod region=" HOME,
       "{\"BackupJobs\":[{\"BackupJobId\":\"j-1\",\"State\":\"FAILED\",\"CreationDate\":"
       "1795060800}]}"),
    SCRIPT_END};

/* A refused summary is a probe: the accounts themselves are asked, and nothing is missing. */
static void refused_summaries_are_asked_account_by_account(void **state)
{
    struct scan s;
    (void)state;
    scan_all(&s, refused_summaries);
    scan_has_errors(&s, 0);
    assert_true(scan_kept(&s, "jobs-per-account", "", HOME, "backup"));
    assert_true(scan_kept(&s, "failed-jobs", PROD, HOME, "backup j-1"));
    assert_int_equal(scan_calls(&s, "backup:ListBackupJobs", PROD, HOME).count, 4);
    assert_int_equal(scan_calls(&s, "backup:ListBackupJobs", NULL, AWAY).count, 0);
    assert_int_equal(scan_calls(&s, "backup:ListCopyJobs", NULL, NULL).count, 0);
    scan_end(&s);
}

/* A resumed scan still knows which summaries were refused, and which roles policies name. */
static void a_resumed_scan_asks_every_account_the_same(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, refused_summaries);
    scan_stop_at(&s, "Action=AssumeRole*" PROD);
    assert_int_equal(scan_calls(&s, "sts:GetCallerIdentity", PROD, NULL).count, 0);
    assert_int_equal(scan_resume(&s), 0);
    assert_int_equal(scan_calls(&s, "backup:ListBackupJobs", PROD, HOME).count, 4);
    assert_int_equal(scan_calls(&s, "backup:ListBackupJobs", CENTRAL, HOME).count, 4);
    scan_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_chosen_accounts_are_asked),
        cmocka_unit_test(excluded_accounts_are_not_asked),
        cmocka_unit_test(regions_may_be_chosen_and_excluded),
        cmocka_unit_test(an_ou_chooses_its_accounts),
        cmocka_unit_test(an_unknown_filter_ends_the_scan),
        cmocka_unit_test(an_unknown_filter_is_allowed_when_the_tree_is_not_whole),
        cmocka_unit_test(accounts_that_are_not_active_are_not_asked),
        cmocka_unit_test(an_account_of_the_tree_only_is_asked),
        cmocka_unit_test(two_parents_of_an_account_are_a_collection_error),
        cmocka_unit_test(other_regions_are_asked_for_tags_and_central_vaults),
        cmocka_unit_test(summaries_count_jobs_that_failed),
        cmocka_unit_test(refused_summaries_are_asked_account_by_account),
        cmocka_unit_test(a_resumed_scan_asks_every_account_the_same),
    };
    return cmocka_run_group_tests_name("collect/accounts", tests, NULL, NULL);
}
