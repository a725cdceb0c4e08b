/* The loop: phases in order, what each kind of answer means, and where a scan ends early. */
#include "scan.h"

#include "crawl.h"

/* --- phases --- */

static void phases_follow_each_other(void **state)
{
    static const char *const barriers[] = {"organizations:DescribeOrganization",
                                           "controltower:GetLandingZone", "organizations:ListRoots",
                                           "ec2:DescribeVolumes"};
    struct scan s;
    (void)state;
    scan_all(&s, NULL);
    for (size_t i = 0; i + 1 < sizeof barriers / sizeof barriers[0]; i++) {
        struct scan_count before = scan_calls(&s, barriers[i], NULL, NULL);
        struct scan_count after = scan_calls(&s, barriers[i + 1], NULL, NULL);
        assert_true(before.count > 0);
        assert_true(after.count > 0);
        assert_true(before.last < after.first);
    }
    assert_string_equal(store_meta(s.store, "state"), "collected");
    assert_string_equal(store_meta(s.store, "organization_id"), "o-exampleorg1");
    assert_string_equal(store_meta(s.store, "home_region"), HOME);
    assert_string_equal(store_meta(s.store, "governed_regions"), "[\"" HOME "\",\"" AWAY "\"]");
    assert_int_equal(store_question_count(s.store, QUESTION_OPEN), 0);
    scan_end(&s);
}

static void every_account_is_asked_in_every_governed_region(void **state)
{
    static const char *const accounts[] = {MGMT, CENTRAL, PROD};
    static const char *const regions[] = {HOME, AWAY};
    struct scan s;
    (void)state;
    scan_all(&s, NULL);
    const struct collector *c = NULL;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        for (size_t a = 0; a < 3 && c->seed == SEED_GOVERNED; a++) {
            for (size_t r = 0; r < 2; r++) {
                struct scan_count calls = scan_calls(&s, c->operation, accounts[a], regions[r]);
                assert_int_equal(calls.count, 1);
            }
        }
    }
    scan_end(&s);
}

/* --- preconditions --- */

static void fails_with(const struct stub_reply *replies, enum err_code code, const char *words,
                       const char *never_asked)
{
    struct scan s;
    scan_begin(&s, replies);
    assert_int_equal(scan_run(&s), -1);
    if (s.err.code != code || strstr(s.err.text, words) == NULL) {
        fail_msg("error %d: %s", (int)s.err.code, s.err.text);
    }
    assert_int_equal(scan_calls(&s, never_asked, NULL, NULL).count, 0);
    assert_string_equal(store_meta(s.store, "state"), "collecting");
    scan_end(&s);
}

static void only_the_management_account_scans(void **state)
{
    static const struct stub_reply other[] = {OK(".DescribeOrganization ",
                                                 "{\"Organization\":{\"Id\":\"o-exampleorg1\","
                                                 "\"MasterAccountId\":\"" PROD "\"}}"),
                                              SCRIPT_END};
    static const struct stub_reply alone[] = {
        REFUSED(".DescribeOrganization ", "AWSOrganizationsNotInUseException"), SCRIPT_END};
    static const struct stub_reply denied[] = {
        REFUSED(".DescribeOrganization ", "AccessDeniedException"), SCRIPT_END};
    static const struct stub_reply nothing[] = {OK(".DescribeOrganization ", "{}"), SCRIPT_END};
    (void)state;
    fails_with(other, ERR_INPUT, "which is not the management account (" PROD ")",
               "controltower:ListLandingZones");
    fails_with(alone, ERR_INPUT, "AWSOrganizationsNotInUse", "controltower:ListLandingZones");
    fails_with(denied, ERR_AWS, "AccessDenied", "controltower:ListLandingZones");
    fails_with(nothing, ERR_AWS, "returned no Organization.Id", "controltower:ListLandingZones");
}

static void a_scan_needs_a_landing_zone(void **state)
{
    static const struct stub_reply none[] = {OK("/list-landingzones", "{\"landingZones\":[]}"),
                                             SCRIPT_END};
    static const struct stub_reply denied[] = {
        REFUSED("/list-landingzones", "AccessDeniedException"), SCRIPT_END};
    static const struct stub_reply region[] = {OK("/get-landingzone ", MANIFEST("[\"nowhere\"]")),
                                               SCRIPT_END};
    static const struct stub_reply unread[] = {
        REFUSED("/get-landingzone ", "AccessDeniedException"), SCRIPT_END};
    (void)state;
    fails_with(none, ERR_INPUT, "no AWS Control Tower landing zone was found",
               "organizations:ListRoots");
    fails_with(denied, ERR_DENIED, "controltower:ListLandingZones in", "organizations:ListRoots");
    fails_with(region, ERR_AWS, "invalid governed Region: \"nowhere\"", "organizations:ListRoots");
    fails_with(unread, ERR_AWS, "controltower:GetLandingZone", "organizations:ListRoots");
}

/* Where the first Region has none, every Region of the partition is asked. */
static void the_landing_zone_is_searched_in_every_region(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.hint_region = AWAY;
    assert_int_equal(scan_run(&s), 0);
    assert_string_equal(store_meta(s.store, "home_region"), HOME);
    assert_true(scan_calls(&s, "controltower:ListLandingZones", NULL, NULL).count > 20);
    assert_int_equal(scan_calls(&s, "controltower:ListLandingZones", NULL, "us-gov-west-1").count,
                     0);
    scan_end(&s);
}

/* A home Region that the user gives is the only one asked. */
static void a_given_home_region_is_not_searched(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.home_region = AWAY;
    assert_int_equal(scan_run(&s), -1);
    assert_int_equal(s.err.code, ERR_INPUT);
    assert_int_equal(scan_calls(&s, "controltower:ListLandingZones", NULL, NULL).count, 1);
    scan_end(&s);
}

/* --- refusals --- */

static void a_refusal_becomes_a_collection_error(void **state)
{
    static const struct stub_reply replies[] = {
        REFUSED_EC2("Action=DescribeVolumes*token=prod region=" AWAY, 403, "UnauthorizedOperation"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_has_errors(&s, 1);
    assert_int_equal(scan_errors(&s, "ec2:DescribeVolumes", PROD, AWAY, "denied"), 1);
    assert_int_equal(store_question_count(s.store, QUESTION_GAP), 1);
    assert_int_equal(scan_calls(&s, "ec2:DescribeInstances", PROD, AWAY).count, 1);
    assert_string_equal(store_meta(s.store, "state"), "collected");
    scan_end(&s);
}

static void an_absence_may_be_the_answer(void **state)
{
    struct scan s;
    (void)state;
    scan_all(&s, NULL);
    scan_has_errors(&s, 0);
    assert_true(scan_kept(&s, "key-absent", MGMT, HOME, KEY_ID));
    assert_true(scan_kept(&s, "key-absent", MGMT, AWAY, KEY_ID));
    assert_true(scan_kept(&s, "resource-policy-absent", MGMT, HOME, ""));
    scan_end(&s);
}

/* Of a row that does not say so, "not found" is an error like any other. */
static void an_absence_elsewhere_is_a_collection_error(void **state)
{
    static const struct stub_reply replies[] = {
        REFUSED(".ListTables *token=prod region=" AWAY, "ResourceNotFoundException"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_int_equal(scan_errors(&s, "dynamodb:ListTables", PROD, AWAY, "not-found"), 1);
    scan_end(&s);
}

static void what_a_collector_cannot_read_is_a_collection_error(void **state)
{
    static const struct stub_reply replies[] = {
        OK(".ListTables *token=prod region=" AWAY, "{\"TableNames\":[1]}"),
        OK(".ListTables *token=prod region=" HOME, "no JSON"),
        OK(".GetResources *token=prod region=" AWAY, "{\"ResourceTagMappingList\":[{}]}"),
        OK(".GetResources *token=prod region=" HOME, "{\"ResourceTagMappingList\":[{]}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_int_equal(scan_errors(&s, NULL, PROD, NULL, "malformed"), 4);
    assert_int_equal(scan_errors(&s, "dynamodb:ListTables", PROD, AWAY, "malformed"), 1);
    assert_int_equal(scan_errors(&s, "tagging:GetResources", PROD, AWAY, "malformed"), 1);
    assert_int_equal(store_question_count(s.store, QUESTION_OPEN), 0);
    scan_end(&s);
}

/* A role that cannot be assumed closes the whole account, and only that. */
static void an_unreachable_account_is_one_collection_error(void **state)
{
    static const struct stub_reply replies[] = {
        REFUSED_XML("Action=AssumeRole*" PROD, 403, "AccessDenied"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_has_errors(&s, 1);
    assert_int_equal(scan_errors(&s, "sts:AssumeRole", PROD, "", "denied"), 1);
    assert_int_equal(scan_calls(&s, NULL, PROD, NULL).count, 0);
    json_t *reach = scan_entity(&s, "reach", PROD, "", "");
    assert_non_null(reach);
    assert_true(json_is_false(json_object_get(reach, "reached")));
    json_decref(reach);
    scan_member_is(&s, (const char *const[]){"reach", CENTRAL, "", ""}, "role",
                   "AWSControlTowerExecution");
    scan_end(&s);
}

/* --- credentials --- */

static void a_region_that_is_off_is_told_from_refused_credentials(void **state)
{
    static const struct stub_reply replies[] = {
        REFUSED(".ListTables *token= region=" AWAY, "UnrecognizedClientException"),
        REFUSED(".GetResources *token= region=" AWAY, "UnrecognizedClientException"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_int_equal(scan_errors(&s, NULL, MGMT, AWAY, "region-unavailable"), 2);
    scan_has_errors(&s, 2);
    scan_end(&s);
}

static void refused_credentials_end_the_scan(void **state)
{
    static const struct stub_reply home[] = {REFUSED(".ListRoots ", "UnrecognizedClientException"),
                                             SCRIPT_END};
    static const struct stub_reply away[] = {
        REFUSED(".ListTables *token= region=" AWAY, "UnrecognizedClientException"),
        /* The caller is known and its Regions are open by then. */
        ONCE("Action=GetCallerIdentity*token= ", 200,
             IDENTITY_OF(MGMT, "arn:aws:iam::" MGMT ":user/towerkeep")),
        ONCE("Action=GetCallerIdentity*token= ", 200,
             IDENTITY_OF(MGMT, "arn:aws:iam::" MGMT ":user/towerkeep")),
        REFUSED_XML("Action=GetCallerIdentity*token= ", 403, "InvalidClientTokenId"), SCRIPT_END};
    static const struct stub_reply expired[] = {
        REFUSED(".ListTables *token= region=" HOME, "ExpiredTokenException"), SCRIPT_END};
    (void)state;
    fails_with(home, ERR_CREDENTIALS, "organizations:ListRoots", "ec2:DescribeVolumes");
    fails_with(away, ERR_CREDENTIALS, "dynamodb:ListTables", "none");
    fails_with(expired, ERR_CREDENTIALS, "dynamodb:ListTables", "none");
}

/* --- pages --- */

static void every_page_is_kept(void **state)
{
    static const struct stub_reply replies[] = {
        ONCE(".GetResources *token=prod region=" AWAY, 200,
             "{\"PaginationToken\":\"t2\",\"ResourceTagMappingList\":[{\"ResourceARN\":\"arn:1\","
             "\"Tags\":[]}]}"),
        OK(".GetResources *t2*token=prod region=" AWAY,
           "{\"ResourceTagMappingList\":[{\"Tags\":[{\"Key\":\"a\",\"Value\":\"\\u00e9\"}],"
           "\"ResourceARN\":\"arn:2\"}]}"),
        ONCE(".ListTables *token=prod region=" AWAY, 200,
             "{\"LastEvaluatedTableName\":\"one\",\"TableNames\":[\"one\"]}"),
        OK(".ListTables *token=prod region=" AWAY, "{\"TableNames\":[\"two\"]}"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    assert_int_equal(scan_calls(&s, "tagging:GetResources", PROD, AWAY).count, 2);
    assert_true(scan_kept(&s, "tagged", PROD, AWAY, "arn:1"));
    scan_member_is(&s, (const char *const[]){"tagged", PROD, AWAY, "arn:2"}, "ResourceARN",
                   "arn:2");
    assert_true(
        scan_kept(&s, "resource", PROD, AWAY, "arn:aws:dynamodb:" AWAY ":" PROD ":table/one"));
    assert_true(
        scan_kept(&s, "resource", PROD, AWAY, "arn:aws:dynamodb:" AWAY ":" PROD ":table/two"));
    scan_end(&s);
}

/* The pages behind one that cannot be read are not kept either: the task has one result. */
static void a_page_that_cannot_be_read_closes_its_task(void **state)
{
    static const struct stub_reply replies[] = {
        ONCE(".ListTables *token=prod region=" AWAY, 200,
             "{\"LastEvaluatedTableName\":\"one\",\"TableNames\":[1]}"),
        OK(".ListTables *token=prod region=" AWAY, "{\"TableNames\":[\"two\"]}"), SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    scan_has_errors(&s, 1);
    assert_false(
        scan_kept(&s, "resource", PROD, AWAY, "arn:aws:dynamodb:" AWAY ":" PROD ":table/two"));
    assert_int_equal(store_question_count(s.store, QUESTION_GAP), 1);
    scan_end(&s);
}

/* --- interruption --- */

static void assert_asked_once(struct scan *s)
{
    const struct collector *c = NULL;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        if (c->seed == SEED_GOVERNED || c->seed == SEED_HOME) {
            int64_t expected = c->seed == SEED_GOVERNED ? 6 : 1;
            expected = strcmp(c->operation, "sts:GetCallerIdentity") == 0 ? 3 : expected;
            if (scan_calls(s, c->operation, NULL, NULL).count != expected) {
                fail_msg("%s was asked again or never", c->operation);
            }
        }
    }
}

static void a_resumed_scan_asks_open_tasks_only(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    scan_stop_at(&s, "Action=AssumeRole*" PROD);
    assert_string_equal(s.err.text, "interrupted while reading the accounts");
    int64_t answered = store_question_count(s.store, QUESTION_ANSWERED);
    assert_true(answered > 0);
    assert_true(store_question_count(s.store, QUESTION_OPEN) > 0);
    assert_int_equal(scan_resume(&s), 0);
    assert_int_equal(store_question_count(s.store, QUESTION_OPEN), 0);
    assert_true(store_question_count(s.store, QUESTION_ANSWERED) > answered);
    assert_asked_once(&s);
    scan_end(&s);
}

/* A scan that was interrupted before any answer starts where it was. */
static void a_scan_stopped_at_once_is_resumed(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.stop = 1;
    assert_int_equal(scan_run(&s), -1);
    assert_int_equal(s.err.code, ERR_INTERRUPTED);
    assert_int_equal(scan_calls(&s, NULL, NULL, NULL).count, 0);
    assert_int_equal(scan_resume(&s), 0);
    assert_asked_once(&s);
    scan_end(&s);
}

/* A run of another version may have tasks that this one has no collector for. */
static void an_unknown_task_ends_the_scan(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    assert_int_equal(store_ask(s.store, "s3:PaintBucket", MGMT, HOME, "", &s.err), 1);
    assert_int_equal(scan_run(&s), -1);
    assert_int_equal(s.err.code, ERR_INPUT);
    if (strstr(s.err.text, "s3:PaintBucket") == NULL) {
        fail_msg("%s", s.err.text);
    }
    scan_end(&s);
}

static void count_progress(void *context, const struct collect_progress *p)
{
    struct scan *s = context;
    s->told++;
    assert_true(p->questions_done <= p->questions_total);
    assert_non_null(p->phase);
}

static void progress_is_told_at_the_end_of_each_reading(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    s.options.progress = count_progress;
    assert_int_equal(scan_run(&s), 0);
    assert_true(s.told >= 4);
    scan_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_follow_each_other),
        cmocka_unit_test(every_account_is_asked_in_every_governed_region),
        cmocka_unit_test(only_the_management_account_scans),
        cmocka_unit_test(a_scan_needs_a_landing_zone),
        cmocka_unit_test(the_landing_zone_is_searched_in_every_region),
        cmocka_unit_test(a_given_home_region_is_not_searched),
        cmocka_unit_test(a_refusal_becomes_a_collection_error),
        cmocka_unit_test(an_absence_may_be_the_answer),
        cmocka_unit_test(an_absence_elsewhere_is_a_collection_error),
        cmocka_unit_test(what_a_collector_cannot_read_is_a_collection_error),
        cmocka_unit_test(an_unreachable_account_is_one_collection_error),
        cmocka_unit_test(a_region_that_is_off_is_told_from_refused_credentials),
        cmocka_unit_test(refused_credentials_end_the_scan),
        cmocka_unit_test(every_page_is_kept),
        cmocka_unit_test(a_page_that_cannot_be_read_closes_its_task),
        cmocka_unit_test(a_resumed_scan_asks_open_tasks_only),
        cmocka_unit_test(a_scan_stopped_at_once_is_resumed),
        cmocka_unit_test(an_unknown_task_ends_the_scan),
        cmocka_unit_test(progress_is_told_at_the_end_of_each_reading),
    };
    return cmocka_run_group_tests_name("collect/crawl", tests, NULL, NULL);
}
