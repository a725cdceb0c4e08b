#include "bare.h"

#include "control_tower.h"

#define LOGGING "'centralizedLogging':{'accountId':'" LOGS "','enabled':true}"
#define ON                                                                                         \
    "'backup':{'enabled':true,'configurations':{'centralBackup':{'accountId':'2'},'backupAdmin':{" \
    "'accountId':'1'},'kmsKeyArn':'k'}}"
#define THREE "'organizationStructure':{'security':{'name':'Security'}}," LOGGING
#define FOUR                                                                                       \
    LOGGING ",'accessManagement':{'enabled':true},'config':{'enabled':true,'accountId':'" AUDIT    \
            "'},'securityRoles':{'enabled':true,'accountId':'" AUDIT "'}"

static json_t *parse(const char *text)
{
    const char *problem = NULL;
    char *copy = xstrdup(text);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *value = jx_parse(copy, strlen(copy), &problem);
    if (value == NULL) {
        fail_msg("%s: %s", problem, text);
    }
    free(copy);
    return value;
}

static const struct {
    const char *what, *from, *to;
    bool backup;
    const char *manifest, *wanted;
} manifests[] = {
    {"3.3: the one section is changed", "3.3", "3.3", true,
     "{" THREE ",'backup':{'enabled':false},'securityRoles':{'accountId':'" AUDIT "'}}",
     "{" THREE "," ON ",'securityRoles':{'accountId':'" AUDIT "'}}"},
    {"3.1: a section that was not there", "3.1", "3.1", true, "{" THREE "}", "{" THREE "," ON "}"},
    {"3.3: off means without configurations", "3.3", "3.3", false, "{" THREE "," ON "}",
     "{" THREE ",'backup':{'enabled':false}}"},
    {"3.3: half a section that is off is mended", "3.3", "3.3", false,
     "{" THREE ",'backup':{'enabled':false,'configurations':null}}",
     "{" THREE ",'backup':{'enabled':false}}"},
    {"3.3: what does not speak of backup stays silent", "3.3", "3.3", false, "{" THREE "}",
     "{" THREE "}"},
    {"4.0: nothing else is touched", "4.0", "4.0", true, "{" FOUR ",'backup':{'enabled':false}}",
     "{" FOUR "," ON "}"},
    {"4.0: what backup stands on is switched on in the same update", "4.0", "4.0", true,
     "{" LOGGING ",'config':{'enabled':false},'securityRoles':{'enabled':false,'accountId':'" AUDIT
     "'}}",
     "{" LOGGING "," ON ",'config':{'enabled':true,'accountId':'" AUDIT
     "'},'securityRoles':{'enabled':true,'accountId':'" AUDIT "'}}"},
    {"4.0: off leaves the rest on", "4.0", "4.0", false, "{" FOUR "," ON "}",
     "{" FOUR ",'backup':{'enabled':false}}"},
    {"4.0: a stale member is taken out", "4.0", "4.0", true, "{" THREE "," ON "}",
     "{" LOGGING "," ON ",'config':{'enabled':true},'securityRoles':{'enabled':true}}"},
    {"3.3 to 4.0: every section says whether it is on", "3.3", "4.0", true,
     "{" THREE ",'accessManagement':{'enabled':true},'securityRoles':{'accountId':'" AUDIT "'}}",
     "{" FOUR "," ON "}"},
    {"3.3 to 4.0 without backup", "3.3", "4.0", false,
     "{" THREE ",'securityRoles':{'accountId':'" AUDIT "'}}",
     "{" FOUR ",'backup':{'enabled':false}}"},
};

static void days_are_sent_as_numbers(void **state)
{
    (void)state;
    json_t *read =
        parse("{'centralizedLogging':{'configurations':{'loggingBucket':{'retentionDays':"
              "'365'},'accessLoggingBucket':{'retentionDays':3650}}},'config':{"
              "'configurations':{'loggingBucket':{'retentionDays':'60'}}},'other':'5'}");
    json_t *wanted =
        parse("{'centralizedLogging':{'configurations':{'loggingBucket':{'retentionDays':365},"
              "'accessLoggingBucket':{'retentionDays':3650}}},'config':{'configurations':{"
              "'loggingBucket':{'retentionDays':60}}},'other':'5'}");
    json_t *sent = manifest_to_send(read);
    if (json_equal(sent, wanted) == 0) {
        fail_msg("%s", jx_dump(sent));
    }
    json_decref(sent);
    json_decref(wanted);
    json_decref(read);
}

static void a_manifest_changes_only_where_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof manifests / sizeof manifests[0]; i++) {
        const struct manifest_wish wish = {manifests[i].backup, "1", "2", "k", NULL};
        json_t *now = parse(manifests[i].manifest);
        json_t *wanted = parse(manifests[i].wanted);
        json_t *made = manifest_wanted(now, manifests[i].from, manifests[i].to, &wish);
        if (json_equal(made, wanted) == 0) {
            fail_msg("%s: %s", manifests[i].what, jx_dump(made));
        }
        json_t *again = manifest_wanted(made, manifests[i].to, manifests[i].to, &wish);
        assert_true(manifest_same(made, again));
        json_decref(again);
        json_decref(made);
        json_decref(wanted);
        json_decref(now);
    }
}

static void governed_regions_are_a_set(void **state)
{
    json_t *a = parse("{'governedRegions':['a','b'],'x':1}");
    json_t *b = parse("{'x':1,'governedRegions':['b','a']}");
    json_t *c = parse("{'x':1,'governedRegions':['b','a','c']}");
    (void)state;
    assert_true(manifest_same(a, b));
    assert_false(manifest_same(a, c));
    json_decref(a);
    json_decref(b);
    json_decref(c);
}

static const json_t *update_of(struct estate *e)
{
    configure(e, TYPES ACCOUNTS);
    return step_of(plan_for(e, GOAL_ENABLE), "enable-landing-zone-backup");
}

static void the_whole_manifest_and_the_remediation_types_go_back(void **state)
{
    const json_t *step = update_of(*state);
    expect_json(step, "send.operation", "'controltower:UpdateLandingZone'");
    expect_json(step, "send.input",
                "{'landingZoneIdentifier':'" ZONE_ARN "','version':'3.3','manifest':{" MANIFEST_3
                ",'backup':{'enabled':true,'configurations':{'centralBackup':{'accountId':"
                "'${create-accounts/central-backup:id}'},'backupAdmin':{'accountId':"
                "'${create-accounts/backup-administrator:id}'},'kmsKeyArn':'${create-key:arn}'}}},"
                "'remediationTypes':['INHERITANCE_DRIFT']}");
}

/* How the step's probes judge a landing zone, its placeholders filled. */
static void judge(const json_t *step, const char *zone, bool done, bool guard)
{
    json_t *captures = parse("{'create-accounts/central-backup':{'id':'" CENTRAL
                             "'},'create-accounts/backup-administrator':{'id':'" ADMIN
                             "'},'create-key':{'arn':'" KEY_IN(
                                 HOME) "'},'enable-landing-zone-backup':{'operation':'op'}}");
    json_t *answer = parse(zone);
    json_t *filled = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(placeholder_fill(step, captures, &filled, &err), 0);
    const json_t *first = json_array_get(jx_get(filled, "guard"), 0);
    bool is_done = condition_holds(jx_get(filled, "done.when"), answer);
    bool is_guarded = condition_holds(jx_get(first, "when"), answer);
    if (is_done != done || is_guarded != guard) {
        fail_msg("done %d, guard %d: %s", is_done, is_guarded, zone);
    }
    json_decref(filled);
    json_decref(answer);
    json_decref(captures);
}

#define ZONE(version, status, manifest)                                                            \
    "{'landingZone':{'version':'" version "','status':'" status "','manifest':{" manifest "}}}"

static void an_equal_manifest_is_done_and_anothers_work_is_not_undone(void **state)
{
    const json_t *step = update_of(*state);
    judge(step, ZONE("3.3", "ACTIVE", MANIFEST_3 ",'backup':{'enabled':false}"), false, true);
    judge(step, ZONE("3.3", "FAILED", MANIFEST_3 ",'backup':{'enabled':false}"), false, true);
    judge(step, ZONE("3.3", "ACTIVE", MANIFEST_3 "," BACKUP_ON), true, true);
    /* Somebody changed a section, governs another Region, or went to another version. */
    judge(step, ZONE("3.3", "ACTIVE", "'backup':{'enabled':false}"), false, false);
    judge(step,
          ZONE("3.3", "ACTIVE",
               "'governedRegions':['" HOME "','" AWAY "','us-east-1'],'organizationStructure':{"
               "'security':{'name':'Security'}},'centralizedLogging':{'accountId':'" LOGS
               "','enabled':true},'securityRoles':{'accountId':'" AUDIT
               "'},'accessManagement':{'enabled':true},'backup':{'enabled':false}"),
          false, false);
    judge(step, ZONE("4.0", "ACTIVE", MANIFEST_3 ",'backup':{'enabled':false}"), false, false);
    judge(step, ZONE("3.3", "PROCESSING", MANIFEST_3 ",'backup':{'enabled':false}"), false, false);
}

static void a_lost_update_is_told_from_those_the_run_knew(void **state)
{
    const json_t *step = update_of(*state);
    json_t *known = parse("{'landingZoneOperations':[{'operationIdentifier':'op-known'}]}");
    json_t *fresh = parse("{'landingZoneOperations':[{'operationIdentifier':'op-new'},{"
                          "'operationIdentifier':'op-known'}]}");
    const json_t *select = jx_get(step, "recover.probe.select");
    const char *list = jx_str(select, "list");
    assert_null(condition_select(known, list, jx_get(select, "where")));
    expect_json(condition_select(fresh, list, jx_get(select, "where")), "operationIdentifier",
                "'op-new'");
    expect_json(step, "recover.probe.call.input", "{'filter':{'types':['UPDATE']}}");
    json_decref(known);
    json_decref(fresh);
}

static void another_major_version_wants_a_decision(void **state)
{
    struct estate *e = *state;
    put_finished(e);
    estate_fail(e, "LZ-05", "update-landing-zone", "landing-zone", "landing-zone");
    const json_t *plan = plan_for(e, GOAL_FIX);
    expect_steps(plan, "");
    assert_non_null(
        strstr(jx_str(json_array_get(jx_get(plan, "manual"), 0), "why"), "landing_zone.version"));
    subjects_free(e->subjects);
    e->subjects = NULL;
    configure(e, TYPES "landing_zone: {version: latest}\n");
    plan = plan_for(e, GOAL_FIX);
    expect_steps(plan, "update-landing-zone");
    expect_json(step_of(plan, "update-landing-zone"), "send.input.version", "'4.0'");
    expect_json(step_of(plan, "update-landing-zone"), "send.input.manifest.config",
                "{'enabled':true,'accountId':'" AUDIT "'}");
}

static void findings_about_one_manifest_are_one_update(void **state)
{
    struct estate *e = *state;
    configure(e, TYPES ACCOUNTS "governed_regions: [us-east-1]\n");
    estate_fail(e, "LZ-06", "enable-landing-zone-backup", "landing-zone", "landing-zone");
    estate_fail(e, "LZ-10", "update-landing-zone", "landing-zone", "landing-zone");
    const json_t *plan = plan_for(e, GOAL_FIX);
    const json_t *step = step_of(plan, "enable-landing-zone-backup");
    assert_int_equal(jx_count(step, "reasons"), 4);
    expect_json(step, "send.input.manifest.governedRegions", "['" HOME "','" AWAY "','us-east-1']");
    const json_t *steps = jx_get(plan, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        assert_string_not_equal(jx_str(json_array_get(steps, i), "id"), "update-landing-zone");
    }
}

static void a_moved_account_comes_back_before_the_reset(void **state)
{
    struct estate *e = *state;
    put_finished(e);
    estate_put(e, "tree-account", "", "", CENTRAL, "{'Id':'" CENTRAL "','ParentId':'ou-s'}");
    estate_fail(e, "ACC-03", "move-account", "account", CENTRAL);
    estate_fail(e, "LZ-03", "reset-landing-zone", "landing-zone", "landing-zone");
    const json_t *plan = plan_for(e, GOAL_FIX);
    expect_steps(plan, "move-account/" CENTRAL " reset-landing-zone");
    expect_before(plan, "move-account/" CENTRAL, "reset-landing-zone");
    expect_json(step_of(plan, "move-account/" CENTRAL), "send.input",
                "{'AccountId':'" CENTRAL
                "','SourceParentId':'ou-s','DestinationParentId':'ou-sec'}");
    expect_json(step_of(plan, "reset-landing-zone"), "done.when",
                "{'path':'status','equals':'SUCCEEDED'}");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, bare_open, estate_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_sent_as_numbers),
        cmocka_unit_test(a_manifest_changes_only_where_it_must),
        cmocka_unit_test(governed_regions_are_a_set),
        TEST(the_whole_manifest_and_the_remediation_types_go_back),
        TEST(an_equal_manifest_is_done_and_anothers_work_is_not_undone),
        TEST(a_lost_update_is_told_from_those_the_run_knew),
        TEST(another_major_version_wants_a_decision),
        TEST(findings_about_one_manifest_are_one_update),
        TEST(a_moved_account_comes_back_before_the_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
