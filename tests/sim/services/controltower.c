#include <stdio.h>
#include <string.h>

#include "landing.h"

#define BASELINE(id) "arn:aws:controltower:" HOME "::baseline/" id
#define BACKUP BASELINE("APO9ATVPBKFRRGLK")
#define TOWER BASELINE("17BSJV3IGJ2QSGA2")
#define MEMBER "222233330011"

static json_t *zone(struct sim *sim)
{
    json_t *list = ask(sim, "controltower:ListLandingZones", NULL);
    const json_t *first = json_array_get(json_object_get(list, "landingZones"), 0);
    json_t *out = ask(sim, "controltower:GetLandingZone",
                      json_pack("{ss}", "landingZoneIdentifier", jx_str(first, "arn")));
    json_t *landing = json_incref(json_object_get(out, "landingZone"));

    json_decref(out);
    json_decref(list);
    return landing;
}

/* `manifest` is taken. */
static json_t *update(struct sim *sim, const char *version, json_t *manifest)
{
    json_t *landing = zone(sim);
    json_t *in = json_pack("{ss ss so}", "landingZoneIdentifier", jx_str(landing, "arn"), "version",
                           version, "manifest", manifest);

    json_decref(landing);
    return in;
}

static json_t *manifest(struct sim *sim)
{
    return json_deep_copy(sim_ct_manifest(sim));
}

static json_t *enable(const char *baseline, const char *target)
{
    return json_pack("{ss ss ss}", "baselineIdentifier", baseline, "baselineVersion",
                     strcmp(baseline, TOWER) == 0 ? "4.0" : "1.0", "targetIdentifier", target);
}

/* The enabled baseline on a target, or NULL; new. */
static json_t *enabled(struct sim *sim, const char *baseline, const char *target)
{
    json_t *out = ask(sim, "controltower:ListEnabledBaselines",
                      json_pack("{s{s[s] s[s]} sb}", "filter", "baselineIdentifiers", baseline,
                                "targetIdentifiers", target, "includeChildren", 1));
    json_t *row = json_incref(json_array_get(json_object_get(out, "enabledBaselines"), 0));

    json_decref(out);
    return row;
}

static json_t *by_arn(struct sim *sim, const char *baseline, const char *target)
{
    json_t *row = enabled(sim, baseline, target);
    json_t *in = json_pack("{ss}", "enabledBaselineIdentifier", jx_str(row, "arn"));

    assert_non_null(row);
    json_decref(row);
    return in;
}

static void word_of(struct sim *sim, const char *operation, const char *expected)
{
    json_t *out = ask(sim, "controltower:GetLandingZoneOperation",
                      json_pack("{ss}", "operationIdentifier", operation));

    assert_string_equal(jx_str(out, "operationDetails.status"), expected);
    if (strcmp(expected, "FAILED") == 0) {
        assert_non_null(jx_str(out, "operationDetails.statusMessage"));
    }
    json_decref(out);
}

/* Sends the update, lets it finish and says how. */
static void run_update(struct sim *sim, json_t *in, const char *expected)
{
    json_t *out = ask(sim, "controltower:UpdateLandingZone", in);
    const char *operation = jx_str(out, "operationIdentifier");

    word_of(sim, operation, "IN_PROGRESS");
    pass_time(sim, 29 * MINUTE);
    word_of(sim, operation, "IN_PROGRESS");
    pass_time(sim, 17 * MINUTE);
    word_of(sim, operation, expected);
    json_decref(out);
}

static void new_account(struct sim *sim, const char *name, char id[16])
{
    char email[64];
    json_t *out;

    snprintf(email, sizeof email, "%s@example.com", name);
    order(sim, "organizations:CreateAccount",
          json_pack("{ss ss}", "Email", email, "AccountName", name));
    pass_time(sim, 5 * MINUTE);
    out = ask(sim, "organizations:ListCreateAccountStatus",
              json_pack("{s[s]}", "States", "SUCCEEDED"));
    const json_t *all = json_object_get(out, "CreateAccountStatuses");
    snprintf(id, 16, "%s", jx_str(json_array_get(all, json_array_size(all) - 1), "AccountId"));
    json_decref(out);
}

static char *new_key(struct sim *sim)
{
    struct err err = ERR_INIT;
    static char arn[128];
    json_t *in = json_pack(
        "{sb ss}", "MultiRegion", 1, "Policy",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
        "\"AWS\":\"arn:aws:iam::111122221111:root\"},\"Action\":\"kms:*\",\"Resource\":"
        "\"*\"},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"kms:Decrypt\","
        "\"kms:DescribeKey\",\"kms:GenerateDataKey*\",\"kms:Encrypt\",\"kms:ReEncrypt*\","
        "\"kms:GetKeyPolicy\",\"kms:CreateGrant\",\"kms:ListGrants\",\"kms:RevokeGrant\"],"
        "\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":"
        "\"o-exampleorg1\"}}}]}");
    json_t *out = ask_as(sim, MANAGEMENT, "kms:CreateKey", in, &err);

    assert_non_null(out);
    snprintf(arn, sizeof arn, "%s", jx_str(out, "KeyMetadata.Arn"));
    json_decref(out);
    return arn;
}

static void replicate(struct sim *sim, const char *arn)
{
    static const char *const regions[] = {"eu-west-1", "us-east-1"};

    for (size_t i = 0; i < 2; i++) {
        order(sim, "kms:ReplicateKey",
              json_pack("{ss ss}", "KeyId", strrchr(arn, '/') + 1, "ReplicaRegion", regions[i]));
    }
    pass_time(sim, 5 * MINUTE);
}

static json_t *with_backup(struct sim *sim, const char *admin, const char *central, const char *key)
{
    json_t *wanted = manifest(sim);

    json_object_set_new(wanted, "backup",
                        json_pack("{sb s{s{ss} s{ss} ss}}", "enabled", 1, "configurations",
                                  "backupAdmin", "accountId", admin, "centralBackup", "accountId",
                                  central, "kmsKeyArn", key));
    return wanted;
}

static void backup_is_enabled_from_nothing(void **state)
{
    struct sim *sim = open_world("bare.yaml");
    char admin[16], central[16];
    const char *key;
    json_t *row, *out;

    (void)state;
    refuse(sim, "controltower:EnableBaseline", enable(BACKUP, OU("work0001")),
           "ValidationException");
    new_account(sim, "backup-admin", admin);
    new_account(sim, "central-backup", central);
    key = new_key(sim);
    /* The key has no replicas yet, and Control Tower says so only at the end. */
    run_update(sim, update(sim, "3.3", with_backup(sim, admin, central, key)), "FAILED");
    assert_false(jx_bool(sim_ct_manifest(sim), "backup.enabled"));
    replicate(sim, key);
    run_update(sim, update(sim, "3.3", with_backup(sim, admin, central, key)), "SUCCEEDED");
    assert_string_equal(jx_str(sim_org_account(sim, admin), "ParentId"), "ou-ab12-sec00001");
    assert_true(sim_ct_account_enrolled(sim, central));
    out = ask(sim, "organizations:ListDelegatedAdministrators",
              json_pack("{ss}", "ServicePrincipal", "backup.amazonaws.com"));
    assert_string_equal(
        jx_str(json_array_get(json_object_get(out, "DelegatedAdministrators"), 0), "Id"), admin);
    json_decref(out);
    out = ask(sim, "backup:DescribeGlobalSettings", NULL);
    assert_string_equal(jx_str(out, "GlobalSettings.isCrossAccountBackupEnabled"), "true");
    json_decref(out);
    refuse(sim, "controltower:EnableBaseline", enable(BACKUP, OU("workx001")),
           "ValidationException");
    order(sim, "controltower:EnableBaseline", enable(BACKUP, OU("work0001")));
    refuse(sim, "controltower:EnableBaseline", enable(BACKUP, OU("sec00001")), "ConflictException");
    assert_false(sim_ct_account_backed_up(sim, "222233330001"));
    pass_time(sim, 40 * MINUTE);
    assert_true(sim_ct_account_backed_up(sim, "222233330001"));
    row = enabled(sim, BACKUP, OU("work0001"));
    assert_string_equal(jx_str(row, "statusSummary.status"), "SUCCEEDED");
    json_decref(row);
    sim_free(sim);
}

static void disabling_goes_from_the_leaves_to_the_root(void **state)
{
    static const char *const leaves_first[] = {OU("workx001"), OU("worky001"), OU("work0001"),
                                               OU("sand0001"), OU("sec00001")};
    struct sim *sim = open_world("seed-healthy-3.3.yaml");
    json_t *off = manifest(sim);
    struct err err;
    json_t *out;

    (void)state;
    json_object_set_new(off, "backup", json_pack("{sb}", "enabled", 0));
    out = ask_as(sim, MANAGEMENT, "controltower:DisableBaseline",
                 by_arn(sim, BACKUP, OU("work0001")), &err);
    assert_null(out);
    assert_non_null(strstr(
        err.text, "Can't perform DisableBaseline on a parent target with governed child OUs"));
    refuse(sim, "controltower:UpdateLandingZone", update(sim, "3.3", json_deep_copy(off)),
           "ValidationException");
    for (size_t i = 0; i < sizeof leaves_first / sizeof *leaves_first; i++) {
        order(sim, "controltower:DisableBaseline", by_arn(sim, BACKUP, leaves_first[i]));
        pass_time(sim, 45 * MINUTE);
    }
    assert_false(sim_ct_account_backed_up(sim, MEMBER));
    run_update(sim, update(sim, "3.3", off), "SUCCEEDED");
    out = ask(sim, "organizations:ListDelegatedAdministrators",
              json_pack("{ss}", "ServicePrincipal", "backup.amazonaws.com"));
    assert_int_equal(jx_count(out, "DelegatedAdministrators"), 0);
    json_decref(out);
    sim_free(sim);
}

static void a_moved_account_has_no_child_until_reset(void **state)
{
    struct sim *sim = open_world("seed-healthy-3.3.yaml");
    json_t *row;

    (void)state;
    assert_true(sim_ct_account_backed_up(sim, MEMBER));
    order(sim, "organizations:MoveAccount",
          json_pack("{ss ss ss}", "AccountId", MEMBER, "SourceParentId", "ou-ab12-workx001",
                    "DestinationParentId", "ou-ab12-sand0001"));
    assert_false(sim_ct_account_backed_up(sim, MEMBER));
    row = enabled(sim, BACKUP, OU("sand0001"));
    assert_string_equal(jx_str(row, "driftStatusSummary.types.inheritance.status"), "DRIFTED");
    json_decref(row);
    order(sim, "controltower:ResetEnabledBaseline", by_arn(sim, BACKUP, OU("sand0001")));
    pass_time(sim, 45 * MINUTE);
    assert_true(sim_ct_account_backed_up(sim, MEMBER));
    row = enabled(sim, BACKUP, OU("sand0001"));
    assert_string_equal(jx_str(row, "driftStatusSummary.types.inheritance.status"), "IN_SYNC");
    json_decref(row);
    sim_free(sim);
}

static void children_belong_to_their_parents(void **state)
{
    struct sim *sim = open_world("seed-healthy-3.3.yaml");
    json_t *parent = enabled(sim, BACKUP, OU("workx001"));
    json_t *child =
        enabled(sim, BACKUP, "arn:aws:organizations::" MANAGEMENT ":account/o-exampleorg1/" MEMBER);
    json_t *in = json_pack("{ss}", "enabledBaselineIdentifier", jx_str(child, "arn"));
    json_t *out = ask(sim, "controltower:GetEnabledBaseline", json_incref(in));

    (void)state;
    assert_string_equal(jx_str(child, "parentIdentifier"), jx_str(parent, "arn"));
    assert_true(json_equal(json_object_get(out, "enabledBaselineDetails"), child));
    refuse(sim, "controltower:ResetEnabledBaseline", json_incref(in), "ValidationException");
    refuse(sim, "controltower:DisableBaseline", in, "ValidationException");
    json_decref(out);
    out = ask(sim, "controltower:ListEnabledBaselines",
              json_pack("{s{s[s]}}", "filter", "baselineIdentifiers", BACKUP));
    assert_int_equal(jx_count(out, "enabledBaselines"), 5);
    json_decref(out);
    out = ask(
        sim, "controltower:ListEnabledBaselines",
        json_pack("{s{s[s]} sb}", "filter", "baselineIdentifiers", BACKUP, "includeChildren", 1));
    assert_int_equal(jx_count(out, "enabledBaselines"), 5 + 9);
    json_decref(out);
    json_decref(child);
    json_decref(parent);
    sim_free(sim);
}

static void baselines_know_their_place(void **state)
{
    struct sim *sim = open_world("seed-healthy-3.3.yaml");

    (void)state;
    refuse(sim, "controltower:EnableBaseline", enable(TOWER, OU("sec00001")),
           "ValidationException: The baseline 'AWSControlTowerBaseline' cannot be enabled on the "
           "Security OU");
    refuse(sim, "controltower:EnableBaseline", enable(BACKUP, OU("sand0001")),
           "ConflictException: This baseline is already enabled on this target");
    refuse(sim, "controltower:EnableBaseline", enable(BASELINE("H6C5JFCJJ3CPU3J5"), OU("sand0001")),
           "ValidationException");
    refuse(sim, "controltower:EnableBaseline", enable(BASELINE("AAAAAAAAAAAAAAAA"), OU("sand0001")),
           "ResourceNotFoundException");
    refuse(sim, "controltower:EnableBaseline", enable(BACKUP, OU("none0001")),
           "ResourceNotFoundException");
    refuse(sim, "controltower:EnableBaseline",
           enable(BACKUP, "arn:aws:organizations::" MANAGEMENT ":account/o-exampleorg1/" MEMBER),
           "ValidationException");
    refuse(sim, "controltower:DisableBaseline", by_arn(sim, TOWER, OU("sand0001")),
           "ValidationException");
    refuse_as(sim, MEMBER, "controltower:ListEnabledBaselines", NULL, "AccessDeniedException");
    sim_free(sim);
}

static void a_suspended_account_makes_its_unit_fail(void **state)
{
    struct sim *sim = open_world("seed-healthy-3.3.yaml");
    json_t *row, *out;

    (void)state;
    jx_set_str(sim_org_account(sim, "222233330031"), "State", "SUSPENDED");
    order(sim, "controltower:ResetEnabledBaseline", by_arn(sim, BACKUP, OU("sand0001")));
    pass_time(sim, 45 * MINUTE);
    row = enabled(sim, BACKUP, OU("sand0001"));
    assert_string_equal(jx_str(row, "statusSummary.status"), "FAILED");
    out = ask(sim, "controltower:GetBaselineOperation",
              json_pack("{ss}", "operationIdentifier",
                        jx_str(row, "statusSummary.lastOperationIdentifier")));
    assert_non_null(strstr(jx_str(out, "baselineOperation.statusMessage"), "222233330031"));
    json_decref(out);
    json_decref(row);
    sim_free(sim);
}

static void manifests_are_read_strictly(void **state)
{
    static const struct {
        const char *version, *path, *value; /* value NULL: taken away */
    } wrong[] = {
        {"3.3", "colour", "1"},
        {"3.3", "securityRoles", NULL},
        {"3.3", "backup.configurations", NULL},
        {"3.3", "backup.configurations", "null"},
        {"3.3", "backup.enabled", "false"},
        {"3.3", "backup.configurations.kmsKeyArn", NULL},
        {"3.3", "backup.configurations.backupAdmin.accountId", "\"12\""},
        {"3.3", "backup.configurations.backupAdmin.name", "\"x\""},
        {"3.3", "governedRegions", "[\"eu-west-1\"]"},
        {"3.3", "governedRegions", "[\"mars-1\"]"},
        {"3.3", "config", "{\"enabled\":true}"},
        {"4.0", "organizationStructure", "{\"security\":{\"name\":\"Security\"}}"},
        {"4.0", "backup.enabled", NULL},
        {"4.0", "accessManagement.enabled", NULL},
        {"4.0", "config", NULL},
        {"4.0", "config.enabled", "false"},
        {"4.0", "securityRoles.enabled", "false"},
        {"4.0", "config.accountId", NULL},
        {"3.2", "backup", "{\"enabled\":false}"},
        {"5.5", "backup", "{\"enabled\":false}"},
    };
    struct sim *sim = open_world("seed-healthy-3.3.yaml");

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *one = manifest(sim), *at = one;
        const char *step = wrong[i].path;
        char name[64];

        if (str_equal(wrong[i].version, "4.0")) {
            json_object_del(one, "organizationStructure");
            json_object_set_new(json_object_get(one, "securityRoles"), "enabled", json_true());
            json_object_set_new(one, "config",
                                json_pack("{sb ss}", "enabled", 1, "accountId", "111122226666"));
        }
        for (; strchr(step, '.') != NULL; step = strchr(step, '.') + 1) {
            snprintf(name, sizeof name, "%.*s", (int)strcspn(step, "."), step);
            at = json_object_get(at, name);
        }
        if (wrong[i].value == NULL) {
            json_object_del(at, step);
        } else {
            json_object_set_new(at, step, json_loads(wrong[i].value, JSON_DECODE_ANY, NULL));
        }
        refuse(sim, "controltower:UpdateLandingZone", update(sim, wrong[i].version, one),
               "ValidationException");
    }
    sim_free(sim);
}

static void the_landing_zone_moves_to_version_4(void **state)
{
    struct sim *sim = open_world("seed-healthy-3.3.yaml");
    json_t *wanted = manifest(sim), *landing, *row;

    (void)state;
    json_object_del(wanted, "organizationStructure");
    json_object_set_new(json_object_get(wanted, "securityRoles"), "enabled", json_true());
    json_object_set_new(wanted, "config",
                        json_pack("{sb ss}", "enabled", 1, "accountId", "111122226666"));
    run_update(sim, update(sim, "4.0", wanted), "SUCCEEDED");
    landing = zone(sim);
    assert_string_equal(jx_str(landing, "version"), "4.0");
    assert_string_equal(jx_str(landing, "status"), "ACTIVE");
    json_decref(landing);
    row = enabled(sim, BASELINE("YX7VMZML5IG8EJUD"),
                  "arn:aws:organizations::" MANAGEMENT ":account/o-exampleorg1/111122226666");
    assert_non_null(row);
    json_decref(row);
    row = enabled(sim, BASELINE("4T4HA1KMO10S6311"),
                  "arn:aws:organizations::" MANAGEMENT ":account/o-exampleorg1/111122226666");
    assert_null(row);
    /* Control Tower's baseline follows, parents first. */
    json_t *in = by_arn(sim, TOWER, OU("workx001"));
    json_object_set_new(in, "baselineVersion", json_string("5.0"));
    refuse(sim, "controltower:UpdateEnabledBaseline", in, "ValidationException");
    in = by_arn(sim, TOWER, OU("work0001"));
    json_object_set_new(in, "baselineVersion", json_string("5.0"));
    order(sim, "controltower:UpdateEnabledBaseline", in);
    sim_free(sim);
}

static void controls_guard_every_backed_up_unit(void **state)
{
    struct sim *sim = open_world("seed-healthy-3.3.yaml");
    json_t *out = ask(sim, "controltower:ListEnabledControls",
                      json_pack("{ss}", "targetIdentifier", OU("sand0001")));
    json_t *scps = sim_org_scps(sim, "222233330031");

    (void)state;
    assert_int_equal(jx_count(out, "enabledControls"), 6);
    assert_int_equal(json_array_size(scps), 3); /* with the world's own */
    json_decref(scps);
    json_decref(out);
    refuse(sim, "controltower:ListEnabledControls",
           json_pack("{ss}", "targetIdentifier", OU("none0001")), "ResourceNotFoundException");
    sim_free(sim);
}

static json_t *control_named(struct sim *sim, const char *identifier)
{
    return ask(sim, "controlcatalog:GetControl", json_pack("{ss}", "ControlArn", identifier));
}

/* Of the identifiers that AWS lists, none ends in the name of its control; the catalog takes both
   forms. */
static void the_catalog_names_opaque_identifiers(void **state)
{
    struct sim *sim = open_world("seed-healthy.yaml");
    json_t *out = ask(sim, "controltower:ListEnabledControls",
                      json_pack("{ss}", "targetIdentifier", OU("sand0001")));
    json_t *names = json_array(), *row;
    size_t i, regional = 0;

    (void)state;
    json_array_foreach(json_object_get(out, "enabledControls"), i, row)
    {
        const char *identifier = jx_str(row, "controlIdentifier");
        json_t *control = control_named(sim, identifier);
        assert_null(strstr(identifier, "BACKUP-PV"));
        assert_non_null(strstr(jx_str(control, "Arn"), ":controlcatalog:::control/"));
        regional += strstr(identifier, ":controltower:" HOME "::control/") != NULL;
        json_array_append(names, json_object_get(control, "Aliases"));
        json_decref(control);
    }
    char *all = jx_dump(names);
    assert_non_null(strstr(all, "[\"CT.BACKUP.PV.1\"]"));
    assert_non_null(strstr(all, "[\"CT.IAM.PV.1\"]"));
    assert_int_equal(regional, 3);
    free(all);
    json_decref(names);
    json_decref(out);
    refuse(sim, "controlcatalog:GetControl",
           json_pack("{ss}", "ControlArn", "arn:aws:controlcatalog:::control/nosuchcontrol"),
           "ResourceNotFoundException");
    refuse(sim, "controlcatalog:GetControl",
           json_pack("{ss}", "ControlArn", "arn:aws:controlcatalog:::control/CT.BACKUP.PV.1"),
           "ValidationException");
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backup_is_enabled_from_nothing),
        cmocka_unit_test(disabling_goes_from_the_leaves_to_the_root),
        cmocka_unit_test(a_moved_account_has_no_child_until_reset),
        cmocka_unit_test(children_belong_to_their_parents),
        cmocka_unit_test(baselines_know_their_place),
        cmocka_unit_test(a_suspended_account_makes_its_unit_fail),
        cmocka_unit_test(manifests_are_read_strictly),
        cmocka_unit_test(the_landing_zone_moves_to_version_4),
        cmocka_unit_test(controls_guard_every_backed_up_unit),
        cmocka_unit_test(the_catalog_names_opaque_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
