#include "estate.h"

#include "base/doc.h"
#include "remedy.h"

static void a_run_without_failures_has_an_empty_plan(void **state)
{
    const json_t *plan = estate_plan(*state);
    expect_json(plan, "steps", "[]");
    expect_json(plan, "manual", "[]");
    expect_json(plan, "goal", "'fix'");
    expect_json(plan, "created", "'2026-11-20T04:30:00Z'");
}

static void a_missing_replica_is_made_with_the_primarys_policy(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "replicate-key/" AWAY);
    char *text = json_dumps(jx_get(plan, "steps"), JSON_INDENT(2));
    char *file = xasprintf("%s\n", text);
    expect_golden("replicate-key.json", file);
    free(file);
    free(text);
}

static void two_findings_about_one_subject_are_one_step(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "VLT-04", "put-vault-policy", "vault",
                CENTRAL "/" AWAY "/aws-controltower-central-backupvault-1");
    estate_fail(e, "VLT-05", "put-vault-policy", "vault",
                CENTRAL "/" AWAY "/aws-controltower-central-backupvault-1");
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "put-vault-policy/" AWAY "/aws-controltower-central-backupvault-1");
    const json_t *step = json_array_get(jx_get(plan, "steps"), 0);
    assert_int_equal(jx_count(step, "reasons"), 4);
    expect_json(step, "send.role", "'AWSControlTowerExecution'");
    expect_json(step, "send.account", "'" CENTRAL "'");
    const char *policy = jx_str(step, "send.input.Policy");
    assert_non_null(strstr(policy, "\"aws:PrincipalOrgID\":\"o-exampleorg1\""));
    assert_non_null(strstr(policy, "backup:CopyIntoBackupVault"));
}

static void a_key_about_to_be_deleted_is_kept_and_then_enabled(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-10", "cancel-key-deletion", "key", "us-east-1");
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "cancel-key-deletion/us-east-1 enable-key/us-east-1");
    expect_json(step_of(plan, "enable-key/us-east-1"), "needs",
                "['cancel-key-deletion/us-east-1']");
}

static void the_same_run_gives_the_same_bytes(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "TAG-03", "tag-resource", "resource", NEAR_KEY);
    char *first = jx_dump(estate_plan(e));
    char *second = jx_dump(estate_plan(e));
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void what_no_step_repairs_is_for_people(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "KMS-99", "", "key", HOME);
    estate_fail(e, "KMS-98", "no-such-remedy", "key", HOME);
    estate_fail(e, "KMS-04", "replicate-key", "key", "mars-north-1");
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "");
    assert_int_equal(jx_count(plan, "manual"), 3);
}

static void only_the_chosen_checks_and_step_are_planned(void **state)
{
    struct estate *e = *state;
    static const char *const checks[] = {"KMS-*", NULL};
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "TAG-03", "tag-resource", "resource", NEAR_KEY);
    e->options.checks = checks;
    expect_steps(estate_plan(e), "replicate-key/" AWAY);
    e->options.checks = NULL;
    e->options.only_step = 2;
    expect_steps(estate_plan(e), "replicate-key/" AWAY);
    e->options.only_step = 1;
    expect_steps(estate_plan(e), "");
}

/* --- keys --- */

static void a_run_without_a_key_gets_one_with_alias_policy_rotation_and_replicas(void **state)
{
    struct estate *e = *state;
    estate_put(
        e, "landing-zone", "", "", "arn:aws:controltower:" HOME ":" MGMT ":landingzone/1",
        "{'arn':'arn:aws:controltower:" HOME ":" MGMT
        ":landingzone/1','version':'3.3','status':'ACTIVE','manifest':{'governedRegions':['" AWAY
        "','" HOME "'],'securityRoles':{'accountId':'" AUDIT
        "'},'centralizedLogging':{'accountId':'111122225555'},'organizationStructure':{'security':{"
        "'name':'Security'}},'backup':{'enabled':false}}}");
    (void)json_object_set_new(
        e->config.document, "accounts",
        json_pack("{s:s,s:s}", "backup_administrator", ADMIN, "central_backup", CENTRAL));
    estate_fail(e, "KMS-01", "create-key", "key", HOME);
    const json_t *plan = estate_plan(e);
    static const char *const ids[] = {"create-key", "create-key/alias", "create-key/rotation",
                                      "replicate-key/" AWAY, "replicate-key/" AWAY "/alias"};
    if (jx_count(plan, "manual") > 0) {
        fail_msg("%s", jx_str(json_array_get(jx_get(plan, "manual"), 0), "why"));
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_string_equal(jx_str(json_array_get(jx_get(plan, "steps"), i), "id"), ids[i]);
    }
    expect_json(step_of(plan, "create-key"), "send.input.MultiRegion", "true");
    expect_json(step_of(plan, "create-key"), "capture", "{'arn':'KeyMetadata.Arn'}");
    expect_json(step_of(plan, "replicate-key/" AWAY), "send.input.KeyId", "'${create-key:arn}'");
    const char *policy = jx_str(step_of(plan, "replicate-key/" AWAY), "send.input.Policy");
    assert_string_equal(policy, jx_str(step_of(plan, "create-key"), "send.input.Policy"));
    assert_non_null(strstr(policy, "kms:GenerateDataKey*"));
    assert_non_null(strstr(policy, "arn:aws:iam::" MGMT ":root"));
}

#define POLICY(statements)                                                                         \
    "{'Policy':'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[" statements "]}'}"
#define FOREIGN                                                                                    \
    "{\\'Sid\\':\\'Audit\\',\\'Effect\\':\\'Allow\\',\\'Principal\\':{\\'AWS\\':\\'" AUDIT         \
    "\\'},\\'Action\\':\\'kms:DescribeKey\\',\\'Resource\\':\\'*\\',\\'Condition\\':{"             \
    "\\'StringEquals\\':{\\'aws:PrincipalTag/team\\':\\'${aws:username}\\'}}}"
#define STRANGER                                                                                   \
    "{\\'Effect\\':\\'Allow\\',\\'Principal\\':{\\'AWS\\':\\'999988887777\\'},\\'Action\\':"       \
    "\\'kms:Decrypt\\',\\'Resource\\':\\'*\\'}"

static void a_completed_key_policy_keeps_foreign_statements(void **state)
{
    struct estate *e = *state;
    estate_put(e, "key-policy", MGMT, HOME, KEY_ID, POLICY(FOREIGN));
    estate_fail(e, "KMS-06", "put-key-policy", "key", HOME);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "put-key-policy/" HOME);
    const json_t *step = step_of(plan, "put-key-policy/" HOME);
    const char *policy = jx_str(step, "send.input.Policy");
    assert_non_null(strstr(policy, "\"Sid\":\"Audit\""));
    assert_non_null(strstr(policy, "${aws:username}"));
    assert_non_null(strstr(policy, "\"aws:PrincipalOrgID\":\"o-exampleorg1\""));
    assert_int_equal(jx_count(step, "guard"), 1);
}

static void a_replica_that_is_open_to_others_is_for_people(void **state)
{
    struct estate *e = *state;
    estate_put(
        e, "key", MGMT, AWAY, KEY_ID,
        "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(
            AWAY) "','KeyState':'Enabled','MultiRegion':"
                  "true,'MultiRegionConfiguration':{'MultiRegionKeyType':'REPLICA','PrimaryKey':{"
                  "'Region':'" HOME "'}}}");
    estate_put(e, "key-policy", MGMT, AWAY, KEY_ID, POLICY(STRANGER));
    estate_fail(e, "KMS-07", "put-key-policy", "key", AWAY);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "");
    const char *why = jx_str(json_array_get(jx_get(plan, "manual"), 0), "why");
    assert_non_null(strstr(why, "outside the organization"));
}

static void what_a_replica_says_beyond_goes_to_the_whole_family(void **state)
{
    struct estate *e = *state;
    estate_put(
        e, "key", MGMT, AWAY, KEY_ID,
        "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(
            AWAY) "','KeyState':'Enabled','MultiRegion':"
                  "true,'MultiRegionConfiguration':{'MultiRegionKeyType':'REPLICA','PrimaryKey':{"
                  "'Region':'" HOME "'}}}");
    estate_put(e, "key-policy", MGMT, AWAY, KEY_ID, POLICY(FOREIGN));
    estate_fail(e, "KMS-07", "put-key-policy", "key", AWAY);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "put-key-policy/" HOME " put-key-policy/" AWAY);
    assert_string_equal(jx_str(step_of(plan, "put-key-policy/" HOME), "send.input.Policy"),
                        jx_str(step_of(plan, "put-key-policy/" AWAY), "send.input.Policy"));
}

static void a_key_that_replaces_another_has_an_alias_of_its_own(void **state)
{
    struct estate *e = *state;
    estate_put(e, "key", MGMT, HOME, KEY_ID,
               "{'KeyId':'" KEY_ID "','Arn':'" KEY_IN(HOME) "','KeyState':'Enabled','KeyManager':"
                                                            "'CUSTOMER','MultiRegion':false}");
    estate_fail(e, "KMS-02", "create-key", "key", HOME);
    const json_t *plan = estate_plan(e);
    expect_json(step_of(plan, "create-key/alias"), "send.input.AliasName",
                "'alias/control-tower-backup-multi-region'");
    const json_t *zone = step_of(plan, "enable-landing-zone-backup");
    char *text = jx_dump(jx_get(zone, "send.input"));
    assert_non_null(strstr(text, "${create-key:arn}"));
    free(text);
}

static void no_key_is_made_that_the_landing_zone_cannot_name(void **state)
{
    struct estate *e = *state;
    estate_put(
        e, "landing-zone", "", "", "arn:aws:controltower:" HOME ":" MGMT ":landingzone/1",
        "{'arn':'arn:aws:controltower:" HOME ":" MGMT
        ":landingzone/1','version':'3.3','status':'ACTIVE','manifest':{'governedRegions':['" AWAY
        "','" HOME "'],'backup':{'enabled':false}}}");
    estate_fail(e, "KMS-01", "create-key", "key", HOME);
    expect_steps(estate_plan(e), "");
    assert_int_equal(jx_count(e->plan, "manual"), 1);
}

/* --- backup --- */

static void an_opt_in_names_only_types_the_region_knows(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "OPT-02", "opt-in", "account-region", PROD "/" AWAY);
    estate_fail(e, "OPT-03", "opt-in", "account-region", PROD "/" AWAY);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "opt-in/" PROD "/" AWAY);
    const json_t *step = step_of(plan, "opt-in/" PROD "/" AWAY);
    expect_json(step, "send.input", "{'ResourceTypeOptInPreference':{'DynamoDB':true,'EBS':true}}");
    expect_json(step, "before", "{'DynamoDB':false,'EBS':false}");
    expect_json(step, "send.role", "'AWSControlTowerExecution'");
    /* On or off meanwhile: both can be switched. A type that is gone cannot. */
    assert_true(guard_holds(step, "{'ResourceTypeOptInPreference':{'EBS':true,'DynamoDB':false}}"));
    assert_false(guard_holds(step, "{'ResourceTypeOptInPreference':{'EBS':false,'S3':true}}"));
}

static void advanced_dynamodb_is_for_people_where_it_is_not_offered(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "OPT-04", "dynamodb-advanced", "account-region", PROD "/" AWAY);
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "");
    assert_int_equal(jx_count(plan, "manual"), 1);
}

static void cross_account_backup_is_switched_on_once(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "DEL-04", "enable-cross-account-backup", "org", "o-exampleorg1");
    const json_t *plan = estate_plan(e);
    expect_steps(plan, "enable-cross-account-backup");
    expect_json(step_of(plan, "enable-cross-account-backup"), "send.input",
                "{'GlobalSettings':{'isCrossAccountBackupEnabled':'true'}}");
}

static void a_missing_cross_region_copy_becomes_a_policy(void **state)
{
    struct estate *e = *state;
    estate_fail(e, "PLN-04", "create-backup-policy", "account-region", PROD "/" HOME);
    expect_steps(estate_plan(e), "");
    assert_int_equal(jx_count(e->plan, "manual"), 1); /* one central vault is not two Regions */
    estate_put(e, "vault", CENTRAL, HOME, "aws-controltower-central-backupvault-2",
               "{'BackupVaultName':'aws-controltower-central-backupvault-2'}");
    const json_t *plan = estate_plan(e);
    const json_t *steps = jx_get(plan, "steps");
    assert_int_equal(json_array_size(steps), 2);
    const json_t *policy = json_array_get(steps, 0);
    expect_json(policy, "send.operation", "'organizations:CreatePolicy'");
    const char *content = jx_str(policy, "send.input.Content");
    assert_non_null(strstr(content, AWAY ":" CENTRAL ":backup-vault:aws-controltower-central"));
    assert_non_null(
        strstr(content, "\"tag_key\":{\"@@assign\":\"aws-control-tower-backupdaily\"}"));
    expect_json(json_array_get(steps, 1), "send.input.TargetId", "'" PROD "'");
}

/* --- merging and order --- */

static struct plan_step *bare_step(const char *id, json_t *take_input)
{
    struct plan_step *step = xcalloc(1, sizeof *step);
    step->id = xstrdup(id);
    step->send = xcalloc(1, sizeof *step->send);
    step->send->input = take_input;
    return step;
}

static void a_dependency_cycle_is_refused_by_name(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct plan plan = {0};
    struct plan_step *first = bare_step("enable-key/a", NULL);
    struct plan_step *second = bare_step("enable-key/b", NULL);
    step_need(first, "enable-key/b");
    step_need(second, "enable-key/a");
    plan_steps_add(&plan.steps, first);
    plan_steps_add(&plan.steps, second);
    assert_int_equal(plan_order(&plan.steps, &err), -1);
    assert_non_null(strstr(err.text, "dependency cycle: enable-key/a needs enable-key/b"));
    plan_step_free(first);
    plan_step_free(second);
    free(plan.steps.items);
}

static void equal_steps_unite_and_contradictions_are_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct making m = {.by_id = map_new(NULL), .check_id = ""};
    struct plan_step *first = bare_step("opt-in/x", json_pack("{s:{s:b}}", "types", "EBS", 1));
    struct plan_step *second = bare_step("opt-in/x", json_pack("{s:{s:b}}", "types", "RDS", 1));
    struct plan_step *third = bare_step("opt-in/x", json_pack("{s:{s:b}}", "types", "RDS", 0));
    step_need(second, "create-key");
    assert_int_equal(step_add(&m, first, "finding:1", &err), 0);
    assert_int_equal(step_add(&m, second, "finding:2", &err), 0);
    const struct plan_step *one = making_step(&m, "opt-in/x");
    assert_int_equal(m.steps.count, 1);
    expect_json(one->send->input, "types", "{'EBS':true,'RDS':true}");
    assert_int_equal(one->reasons.count, 2);
    assert_string_equal(one->reasons.items[1], "finding:2");
    assert_int_equal(one->needs.count, 1);
    assert_string_equal(one->needs.items[0], "create-key");
    assert_int_equal(step_add(&m, third, "finding:3", &err), -1);
    assert_non_null(strstr(err.text, "opt-in/x"));
    assert_non_null(strstr(err.text, "\"send\""));
    plan_step_free(m.steps.items[0]);
    free(m.steps.items);
    map_free(m.by_id);
}

/* --- the table --- */

static void every_remedy_that_a_rule_names_is_in_the_table(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char **names = NULL;
    size_t count = 0;
    size_t seen = 0;
    assert_int_equal(dir_list(TOWERKEEP_SOURCE_DIR "/rules", ".yaml", &names, &count, &err), 0);
    for (size_t i = 0; i < count; i++) {
        struct doc *doc = NULL;
        char *path = xasprintf(TOWERKEEP_SOURCE_DIR "/rules/%s", names[i]);
        assert_int_equal(doc_load_file(path, &doc, &err), 0);
        const char *remedy = node_string(node_get(doc_root(doc), "remedy"));
        if (remedy != NULL) {
            const struct remedy *row = remedy_find(remedy);
            seen++;
            if (row == NULL || row->make == NULL) {
                fail_msg("%s names the remedy %s, which is not there", names[i], remedy);
            }
        }
        doc_free(doc);
        free(path);
    }
    names_free(names, count);
    assert_true(seen > 30);
}

static void every_row_of_the_table_says_what_it_does(void **state)
{
    (void)state;
    size_t i = 0;
    for (; remedy_at(i) != NULL; i++) {
        const struct remedy *row = remedy_row(i);
        assert_true(row->info.id[0] != '\0' && row->info.title[0] != '\0');
        assert_true(row->info.step >= 0 && row->info.step <= 6);
        assert_true(row->info.undo[0] != '\0' && row->info.operations[0] != '\0');
        assert_true(row->expected_seconds > 0);
        assert_ptr_equal(remedy_find(row->info.id), row); /* ids are unique */
    }
    assert_true(i > 15);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, estate_open, estate_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_run_without_failures_has_an_empty_plan),
        CASE(a_missing_replica_is_made_with_the_primarys_policy),
        CASE(two_findings_about_one_subject_are_one_step),
        CASE(a_key_about_to_be_deleted_is_kept_and_then_enabled),
        CASE(the_same_run_gives_the_same_bytes),
        CASE(what_no_step_repairs_is_for_people),
        CASE(only_the_chosen_checks_and_step_are_planned),
        CASE(a_run_without_a_key_gets_one_with_alias_policy_rotation_and_replicas),
        CASE(a_key_that_replaces_another_has_an_alias_of_its_own),
        CASE(no_key_is_made_that_the_landing_zone_cannot_name),
        CASE(a_completed_key_policy_keeps_foreign_statements),
        CASE(a_replica_that_is_open_to_others_is_for_people),
        CASE(what_a_replica_says_beyond_goes_to_the_whole_family),
        CASE(an_opt_in_names_only_types_the_region_knows),
        CASE(advanced_dynamodb_is_for_people_where_it_is_not_offered),
        CASE(cross_account_backup_is_switched_on_once),
        CASE(a_missing_cross_region_copy_becomes_a_policy),
        cmocka_unit_test(a_dependency_cycle_is_refused_by_name),
        cmocka_unit_test(equal_steps_unite_and_contradictions_are_named),
        cmocka_unit_test(every_remedy_that_a_rule_names_is_in_the_table),
        cmocka_unit_test(every_row_of_the_table_says_what_it_does),
    };
    return cmocka_run_group_tests_name("plan/make", tests, NULL, NULL);
}
