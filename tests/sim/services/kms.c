#include "estate.h"

#define DAY_S 86400

static json_t *key(void)
{
    return json_pack("{s:s}", "KeyId", KEY_ID);
}

static const char *const mgmt = TEST_MANAGEMENT;

static void replica_without_policy_gets_the_default_one(void **state)
{
    struct sim *sim = estate("[]", "[]");
    (void)state;
    json_t *out = ask(sim, "kms:ReplicateKey", mgmt, HOME,
                      json_pack("{s:s, s:s}", "KeyId", KEY_ID, "ReplicaRegion", "us-east-1"));
    assert_string_equal(jx_str(out, "ReplicaKeyMetadata.KeyState"), "Creating");
    assert_null(strstr(jx_str(out, "ReplicaPolicy"), "PrincipalOrgID"));
    json_decref(out);
    expect(sim, "kms:DisableKey", mgmt, "us-east-1", key(), "error", "KMSInvalidStateException");
    pass(sim, 60);
    expect(sim, "kms:DescribeKey", mgmt, "us-east-1", key(), "KeyMetadata.KeyState", "Enabled");
    expect_count(sim, "kms:DescribeKey", mgmt, HOME, key(),
                 "KeyMetadata.MultiRegionConfiguration.ReplicaKeys", 2);
    expect(sim, "kms:ReplicateKey", mgmt, HOME,
           json_pack("{s:s, s:s}", "KeyId", KEY_ID, "ReplicaRegion", "us-east-1"), "error",
           "AlreadyExistsException");
    expect(sim, "kms:ReplicateKey", mgmt, OTHER,
           json_pack("{s:s, s:s}", "KeyId", KEY_ID, "ReplicaRegion", "us-west-2"), "error",
           "UnsupportedOperationException");
    sim_free(sim);
}

static void policy_that_locks_out_is_refused(void **state)
{
    static const char lock[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
        "\"arn:aws:iam::" MEMBER ":root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}";
    struct sim *sim = estate("[]", "[]");
    (void)state;
    expect(sim, "kms:PutKeyPolicy", mgmt, HOME,
           json_pack("{s:s, s:s}", "KeyId", KEY_ID, "Policy", lock), "error",
           "MalformedPolicyDocumentException");
    expect(sim, "kms:PutKeyPolicy", mgmt, HOME,
           json_pack("{s:s, s:s}", "KeyId", KEY_ID, "Policy", "{"), "error",
           "MalformedPolicyDocumentException");
    done(sim, "kms:PutKeyPolicy", mgmt, HOME,
         json_pack("{s:s, s:s, s:b}", "KeyId", KEY_ID, "Policy", lock,
                   "BypassPolicyLockoutSafetyCheck", 1));
    expect(sim, "kms:GetKeyPolicy", mgmt, HOME, key(), "Policy", lock);
    sim_free(sim);
}

static void primary_waits_for_its_replicas_to_be_deleted(void **state)
{
    struct sim *sim = estate("[]", "[]");
    (void)state;
    expect(sim, "kms:ScheduleKeyDeletion", mgmt, HOME, key(), "KeyState", "PendingReplicaDeletion");
    expect(sim, "kms:ScheduleKeyDeletion", mgmt, OTHER,
           json_pack("{s:s, s:i}", "KeyId", KEY_ID, "PendingWindowInDays", 7), "KeyState",
           "PendingDeletion");
    pass(sim, 6 * DAY_S);
    expect(sim, "kms:DescribeKey", mgmt, HOME, key(), "KeyMetadata.KeyState",
           "PendingReplicaDeletion");
    pass(sim, 2 * DAY_S);
    expect(sim, "kms:DescribeKey", mgmt, OTHER, key(), "error", "NotFoundException");
    expect(sim, "kms:DescribeKey", mgmt, HOME, key(), "KeyMetadata.KeyState", "PendingDeletion");
    done(sim, "kms:CancelKeyDeletion", mgmt, HOME, key());
    expect(sim, "kms:DescribeKey", mgmt, HOME, key(), "KeyMetadata.KeyState", "Disabled");
    pass(sim, 40 * DAY_S);
    expect(sim, "kms:DescribeKey", mgmt, HOME, key(), "KeyMetadata.KeyState", "Disabled");
    expect(sim, "kms:EnableKeyRotation", mgmt, HOME, key(), "error", "DisabledException");
    sim_free(sim);
}

static void rotation_belongs_to_the_primary(void **state)
{
    struct sim *sim = estate("[]", "[]");
    (void)state;
    expect(sim, "kms:DisableKeyRotation", mgmt, OTHER, key(), "error",
           "UnsupportedOperationException");
    done(sim, "kms:DisableKeyRotation", mgmt, HOME, key());
    json_t *out = ask(sim, "kms:GetKeyRotationStatus", mgmt, OTHER, key());
    assert_true(json_is_false(json_object_get(out, "KeyRotationEnabled")));
    json_decref(out);
    done(sim, "kms:UpdatePrimaryRegion", mgmt, HOME,
         json_pack("{s:s, s:s}", "KeyId", KEY_ID, "PrimaryRegion", OTHER));
    expect(sim, "kms:DescribeKey", mgmt, HOME, key(), "KeyMetadata.KeyState", "Updating");
    pass(sim, 60);
    expect(sim, "kms:DescribeKey", mgmt, HOME, key(),
           "KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType", "REPLICA");
    done(sim, "kms:EnableKeyRotation", mgmt, OTHER, key());
    sim_free(sim);
}

static void other_accounts_see_a_key_only_when_its_policy_lets_them(void **state)
{
    struct sim *sim = estate("[]", "[]");
    (void)state;
    expect(sim, "kms:DescribeKey", MEMBER, HOME, json_pack("{s:s}", "KeyId", KEY_ARN),
           "KeyMetadata.KeyId", KEY_ID);
    expect(sim, "kms:GetKeyPolicy", MEMBER, HOME, json_pack("{s:s}", "KeyId", KEY_ARN), "error",
           "AccessDeniedException");
    json_t *out = ask(sim, "kms:CreateKey", mgmt, HOME, json_object());
    expect(sim, "kms:DescribeKey", MEMBER, HOME,
           json_pack("{s:O}", "KeyId", jx_get(out, "KeyMetadata.Arn")), "error",
           "AccessDeniedException");
    json_decref(out);
    sim_free(sim);
}

static void aliases_are_unique_and_follow_their_key(void **state)
{
    struct sim *sim = estate("[]", "[]");
    (void)state;
    json_t *named = json_pack("{s:s, s:s}", "AliasName", "alias/backup", "TargetKeyId", KEY_ID);
    expect(sim, "kms:CreateAlias", mgmt, HOME, named, "error", "AlreadyExistsException");
    expect(sim, "kms:DescribeKey", mgmt, OTHER, json_pack("{s:s}", "KeyId", "alias/backup"),
           "KeyMetadata.KeyId", KEY_ID);
    expect_count(sim, "kms:ListAliases", mgmt, HOME, key(), "Aliases", 1);
    done(sim, "kms:DeleteAlias", mgmt, HOME, json_pack("{s:s}", "AliasName", "alias/backup"));
    expect_count(sim, "kms:ListAliases", mgmt, HOME, key(), "Aliases", 0);
    expect(sim, "kms:DescribeKey", mgmt, HOME, json_pack("{s:s}", "KeyId", "alias/backup"), "error",
           "NotFoundException");
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replica_without_policy_gets_the_default_one),
        cmocka_unit_test(policy_that_locks_out_is_refused),
        cmocka_unit_test(primary_waits_for_its_replicas_to_be_deleted),
        cmocka_unit_test(rotation_belongs_to_the_primary),
        cmocka_unit_test(other_accounts_see_a_key_only_when_its_policy_lets_them),
        cmocka_unit_test(aliases_are_unique_and_follow_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
