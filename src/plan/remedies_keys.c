/* Step 2: the backup key, its replicas, their policies and states. All calls go to the management
 * account, and to the Region whose key they are about. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "remedy.h"

#define ALIAS_DEFAULT "alias/control-tower-backup"
#define DESCRIPTION "Backups of the organization"

enum row {
    CREATE_KEY,
    CANCEL_KEY_DELETION,
    ENABLE_KEY,
    REPLICATE_KEY,
    PUT_KEY_POLICY,
    ENABLE_KEY_ROTATION,
    UPDATE_PRIMARY_REGION,
    ROW_COUNT
};

static const struct remedy rows[ROW_COUNT];

static json_t *of_key(const char *key)
{
    return json_pack("{s:s}", "KeyId", key);
}

static struct plan_call *kms(const struct making *m, const char *operation, const char *region,
                             json_t *take_input)
{
    return call_new(m, operation, m->management, region, NULL, take_input);
}

static struct plan_call *describe(const struct making *m, const char *key, const char *region)
{
    return kms(m, "kms:DescribeKey", region, of_key(key));
}

static json_t *state_is(const char *state)
{
    return cond_text("KeyMetadata.KeyState", state);
}

static json_t *tags(void)
{
    return json_pack("[{s:s,s:s}]", "TagKey", KEY_TAG, "TagValue", KEY_TAG_VALUE);
}

/* The key's own ARN here, else where the family's would be; NULL when no key is named. */
static const char *arn_of(const json_t *subject)
{
    return jx_str(subject, jx_bool(subject, "present") ? "arn" : "expected_arn");
}

/* The text of the key's policy in a Region; NULL when it was not read. Yours. */
static int read_policy(struct making *m, const json_t *subject, char **out, struct err *err)
{
    const char *arn = arn_of(subject);
    json_t *entity = NULL;
    *out = NULL;
    if (arn == NULL) {
        return 0;
    }
    if (store_get_entity(m->store, "key-policy", m->management, jx_str_or(subject, "region", ""),
                         arn_name(arn), &entity, NULL, err) != 0) {
        return -1;
    }
    *out = xstrdup(jx_str(entity, "Policy"));
    json_decref(entity);
    return 0;
}

/* --- one policy for the whole family --- */

static const json_t *primary_subject(const struct making *m)
{
    const json_t *all = m->all[SCOPE_KEY];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *key = json_array_get(all, i);
        if (jx_bool(key, "is_primary") && jx_bool(key, "present")) {
            return key;
        }
    }
    return NULL;
}

static bool follows_primary(const json_t *key)
{
    return jx_bool(key, "present") && (jx_bool(key, "governed") || jx_bool(key, "is_primary"));
}

/* What the policy of every key of the family contains: the primary's statements, Control Tower's
   two, and what replicas say beyond. 1: the primary's policy was not read. *out is yours. */
static int family_policy(struct making *m, char **out, struct err *err)
{
    char *text = NULL;
    const json_t *primary = primary_subject(m);
    *out = NULL;
    if (primary == NULL || read_policy(m, primary, &text, err) != 0) {
        return primary == NULL ? making_cannot(m, "the backup key's primary was not found") : -1;
    }
    if (text == NULL) {
        return making_cannot(m, "the policy of the primary key could not be read");
    }
    char *policy = key_policy_wanted(m, text, jx_str(primary, "arn"));
    free(text);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(m->all[SCOPE_KEY]); i++) {
        const json_t *key = json_array_get(m->all[SCOPE_KEY], i);
        char *united = NULL;
        text = NULL;
        if (key == primary || !follows_primary(key)) {
            continue;
        }
        rc = read_policy(m, key, &text, err);
        if (rc == 0 && text != NULL && policy_unite(m, policy, text, &united) > 0) {
            rc = making_cannot(
                m,
                "the policy of the replica in %s allows access from outside the organization, and "
                "the primary's does not: remove that statement, or add it to the primary's policy",
                jx_str_or(key, "region", ""));
        }
        free(text);
        if (united != NULL) {
            free(policy);
            policy = united;
        }
    }
    if (rc != 0) {
        free(policy);
        return rc;
    }
    *out = policy;
    return 0;
}

/* --- create-key --- */

/* The alias of a key that is being replaced stays with it: an alias names one key. Yours. */
static char *alias_name(const struct making *m)
{
    const json_t *old = making_find(m, SCOPE_KEY, m->home);
    return xasprintf("%s%s", jx_str_or(m->config, "key.alias", ALIAS_DEFAULT),
                     jx_bool(old, "present") ? "-multi-region" : "");
}

/* `key`: ARN or placeholder, of the step `maker`. */
static int add_alias(struct making *m, enum row row, const char *target, const char *maker,
                     const char *key, const char *region, const char *reason, struct err *err)
{
    char *alias = alias_name(m);
    const char *operation = NULL;
    if (key_alias_operation(m, region, alias, &operation, err) != 0) {
        free(alias);
        return -1;
    }
    struct plan_step *step =
        step_new(&rows[row], target, "Create the alias %s of the backup key in %s", alias, region);
    step_need(step, maker);
    step_send(step, kms(m, operation, region,
                        json_pack("{s:s,s:s}", "AliasName", alias, "TargetKeyId", key)));
    struct plan_probe *probe = probe_new(kms(m, "kms:ListAliases", region, of_key(key)),
                                         cond_present("AliasName", true), false);
    step_done(step, probe_select(probe, "Aliases", cond_text("AliasName", alias)));
    step->expected_seconds = 2;
    step_undo(step, "aws kms delete-alias");
    step_change(step, NULL, json_string(alias));
    free(alias);
    return step_add(m, step, reason, err);
}

static int add_rotation(struct making *m, enum row row, const char *target, const char *maker,
                        const char *key, const char *region, const char *reason, struct err *err)
{
    struct plan_step *step = step_new(&rows[row], target, "Rotate the backup key every year");
    if (maker != NULL) {
        step_need(step, maker);
    }
    char *enabling = xasprintf("enable-key/%s", region);
    step_after(step, enabling);
    free(enabling);
    step_send(step, kms(m, "kms:EnableKeyRotation", region, of_key(key)));
    step_done(step, probe_new(kms(m, "kms:GetKeyRotationStatus", region, of_key(key)),
                              cond_new("KeyRotationEnabled", "equals", json_true()), false));
    step->expected_seconds = 2;
    step_undo(step, "aws kms disable-key-rotation");
    step_change(step, json_false(), json_true());
    return step_add(m, step, reason, err);
}

static int add_replica(struct making *m, const json_t *subject, const char *primary_arn,
                       const char *primary_region, const char *policy, const char *reason,
                       struct err *err);

static int add_new_key(struct making *m, const char *policy, const char *reason, struct err *err)
{
    json_t *leaving = NULL;
    if (keys_leaving(m, &leaving, err) != 0) {
        json_decref(leaving);
        return -1;
    }
    struct plan_step *step =
        step_new(&rows[CREATE_KEY], NULL, "Create the multi-Region backup key in %s", m->home);
    json_t *input = json_pack("{s:s,s:b,s:s,s:s,s:o,s:o}", "Description", DESCRIPTION,
                              "MultiRegion", 1, "KeyUsage", "ENCRYPT_DECRYPT", "KeySpec",
                              "SYMMETRIC_DEFAULT", "Policy", literal(policy), "Tags", tags());
    step_send(step, call_home(m, "kms:CreateKey", input));
    step_capture(step, "arn", "KeyMetadata.Arn");
    /* A key has no name of ours before its alias: its tag, given with it, tells a lost answer. */
    json_t *found = json_pack("{s:[{s:s,s:[s]}],s:[s]}", "TagFilters", "Key", KEY_TAG, "Values",
                              KEY_TAG_VALUE, "ResourceTypeFilters", "kms:key");
    struct plan_probe *probe = probe_new(call_home(m, "tagging:GetResources", found),
                                         cond_present("ResourceARN", true), false);
    json_t *ours = cond_present("ResourceARN", true);
    if (json_array_size(leaving) > 0) {
        ours =
            cond_both("all", ours, cond_not(cond_new("ResourceARN", "in", json_incref(leaving))));
    }
    json_decref(leaving);
    (void)probe_select(probe, "ResourceTagMappingList", ours);
    step_done(step, probe_capture(probe, "arn", "ResourceARN"));
    step_poll(step, describe(m, "${create-key:arn}", m->home), state_is("Enabled"),
              cond_in("KeyMetadata.KeyState",
                      (const char *const[]){"Disabled", "PendingDeletion", "PendingReplicaDeletion",
                                            "Unavailable", NULL}),
              5, 300, "KeyMetadata.KeyState");
    step_change(step, json_null(), json_pack("{s:b,s:s}", "MultiRegion", 1, "Region", m->home));
    return step_add(m, step, reason, err);
}

static int create_family(struct making *m, const char *reason, struct err *err)
{
    static const char key[] = "${create-key:arn}";
    bool recalled = false;
    int rc = key_recall(m, reason, &recalled, err);
    if (rc != 0 || recalled) {
        return rc;
    }
    char *policy = key_policy_wanted(m, NULL, NULL);
    rc = add_new_key(m, policy, reason, err);
    if (rc == 0) {
        rc = add_alias(m, CREATE_KEY, "alias", "create-key", key, m->home, reason, err);
    }
    if (rc == 0) {
        rc = add_rotation(m, CREATE_KEY, "rotation", "create-key", key, m->home, reason, err);
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(m->all[SCOPE_KEY]); i++) {
        const json_t *subject = json_array_get(m->all[SCOPE_KEY], i);
        if (jx_bool(subject, "governed") && !jx_bool(subject, "is_home")) {
            rc = add_replica(m, subject, key, m->home, policy, reason, err);
        }
    }
    free(policy);
    return rc;
}

static bool is_usable(const struct making *m, const json_t *subject)
{
    return jx_bool(subject, "multi_region") && str_equal(jx_str(subject, "manager"), "CUSTOMER") &&
           str_equal(jx_str(subject, "usage"), "ENCRYPT_DECRYPT") &&
           str_equal(jx_str(subject, "spec"), "SYMMETRIC_DEFAULT") &&
           str_equal(jx_str(subject, "owner"), m->management);
}

static int make_create_key(struct making *m, const json_t *subject, const char *reason,
                           struct err *err)
{
    if (jx_bool(subject, "present") && is_usable(m, subject)) {
        return remedy_run(m, "enable-key", subject, reason, err);
    }
    const json_t *family = primary_subject(m);
    if (!jx_bool(subject, "present") && family != NULL) {
        return making_cannot(m,
                             "the key exists in %s and has no replica in %s: replicate it "
                             "manually, or name a key in that Region",
                             jx_str_or(family, "region", ""), m->home);
    }
    bool for_zone = m->goal == GOAL_FIX && jx_bool(m->lz, "present");
    const json_t *zone = json_array_get(m->all[SCOPE_LANDING_ZONE], 0);
    json_t *asked = making_scratch(m, rows[CREATE_KEY].info.id);
    bool is_first = json_object_size(asked) == 0;
    bool is_named = jx_str(m->lz, "backup.kms_key_arn") != NULL;
    (void)json_object_set_new(asked, "asked", json_true());
    /* A key nobody names protects nothing: the landing zone's remedy asks for it in turn, if it can
     * do its part at all. One that replaces another is made before it is named. */
    if (for_zone && is_first && !is_named) {
        return remedy_run(m, "enable-landing-zone-backup", zone, reason, err);
    }
    int rc = create_family(m, reason, err);
    if (rc == 0 && for_zone && is_first) {
        rc = remedy_run(m, "enable-landing-zone-backup", zone, reason, err);
    }
    return rc;
}

/* --- replicate-key --- */

static int add_replica(struct making *m, const json_t *subject, const char *primary_arn,
                       const char *primary_region, const char *policy, const char *reason,
                       struct err *err)
{
    bool is_new = str_starts(primary_arn, "${");
    const char *region = jx_str_or(subject, "region", "");
    char *id = xasprintf("replicate-key/%s", region);
    char *mine = xasprintf("${%s:arn}", id);
    char *enabling = xasprintf("enable-key/%s", primary_region);
    struct plan_step *step =
        step_new(&rows[REPLICATE_KEY], region, "Replicate the backup key to %s", region);
    json_t *input =
        json_pack("{s:s,s:s,s:o,s:s,s:o}", "KeyId", primary_arn, "ReplicaRegion", region, "Policy",
                  literal(policy), "Description", DESCRIPTION, "Tags", tags());
    step_send(step, kms(m, "kms:ReplicateKey", primary_region, input));
    step_capture(step, "arn", "ReplicaKeyMetadata.Arn");
    step_after(step, enabling);
    if (is_new) {
        step_need(step, "create-key");
    } else {
        step_precondition(step,
                          probe_says(probe_new(describe(m, primary_arn, primary_region),
                                               cond_text("KeyMetadata.MultiRegionConfiguration."
                                                         "MultiRegionKeyType",
                                                         "PRIMARY"),
                                               false),
                                     "the primary key is no longer in this Region"));
    }
    struct plan_probe *there =
        probe_new(describe(m, primary_arn, primary_region), cond_present("Arn", true), false);
    (void)probe_select(there, "KeyMetadata.MultiRegionConfiguration.ReplicaKeys",
                       cond_text("Region", region));
    step_done(step, probe_capture(there, "arn", "Arn"));
    step_poll(step, describe(m, mine, region), state_is("Enabled"),
              cond_in("KeyMetadata.KeyState",
                      (const char *const[]){"PendingDeletion", "Unavailable", NULL}),
              5, 600, "KeyMetadata.KeyState");
    step_change(step, json_null(), json_pack("{s:s}", "Region", region));
    int rc = step_add(m, step, reason, err);
    if (rc == 0 && is_new) {
        char *target = xasprintf("%s/alias", region);
        rc = add_alias(m, REPLICATE_KEY, target, id, mine, region, reason, err);
        free(target);
    }
    free(id);
    free(mine);
    free(enabling);
    return rc;
}

static int make_replicate_key(struct making *m, const json_t *subject, const char *reason,
                              struct err *err)
{
    const json_t *primary = primary_subject(m);
    char *policy = NULL;
    if (making_step(m, "create-key") != NULL) {
        return 0; /* the new key brings its replicas */
    }
    if (primary == NULL || jx_str(primary, "arn") == NULL) {
        return making_cannot(m, "the primary of the backup key was not found, so there is nothing "
                                "to replicate");
    }
    if (!jx_bool(primary, "multi_region")) {
        return making_cannot(m, "the backup key is a single-Region key, which cannot be "
                                "replicated: a new key is needed");
    }
    int rc = family_policy(m, &policy, err);
    if (rc == 0) {
        rc = add_replica(m, subject, jx_str(primary, "arn"), jx_str_or(primary, "region", ""),
                         policy, reason, err);
    }
    free(policy);
    return rc;
}

/* --- put-key-policy --- */

static json_t *policy_is(const char *text)
{
    return cond_new("Policy", "equals_json", literal(text));
}

static int add_policy(struct making *m, const json_t *key, const char *policy, const char *reason,
                      struct err *err)
{
    static const char *const first[] = {"cancel-key-deletion", "enable-key"};
    const char *region = jx_str_or(key, "region", "");
    const char *arn = jx_str_or(key, "arn", "");
    char *text = NULL;
    if (read_policy(m, key, &text, err) != 0) {
        return -1;
    }
    if (text == NULL || policy_equal(text, policy)) {
        free(text);
        return 0;
    }
    struct plan_step *step =
        step_new(&rows[PUT_KEY_POLICY], region, "Complete the backup key's policy in %s", region);
    struct plan_call *read = kms(m, "kms:GetKeyPolicy", region,
                                 json_pack("{s:s,s:s}", "KeyId", arn, "PolicyName", "default"));
    step_send(step, kms(m, "kms:PutKeyPolicy", region,
                        json_pack("{s:s,s:s,s:o}", "KeyId", arn, "PolicyName", "default", "Policy",
                                  literal(policy))));
    step_precondition(
        step, probe_says(probe_new(plan_call_copy(read),
                                   cond_both("any", policy_is(text), policy_is(policy)), false),
                         "the key's policy was changed after the scan"));
    step_done(step, probe_new(read, policy_is(policy), false));
    step_change(step, json_string(text), json_string(policy));
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        char *id = xasprintf("%s/%s", first[i], region);
        step_after(step, id);
        free(id);
    }
    free(text);
    return step_add(m, step, reason, err);
}

static int make_put_key_policy(struct making *m, const json_t *subject, const char *reason,
                               struct err *err)
{
    char *policy = NULL;
    (void)subject; /* the family says one thing: a change of one is a change of all */
    int rc = family_policy(m, &policy, err);
    rc = rc == 0 ? key_policy_narrowed(m, policy) : rc;
    for (size_t i = 0; rc == 0 && i < json_array_size(m->all[SCOPE_KEY]); i++) {
        const json_t *key = json_array_get(m->all[SCOPE_KEY], i);
        rc = follows_primary(key) ? add_policy(m, key, policy, reason, err) : 0;
    }
    free(policy);
    return rc;
}

/* --- states --- */

static int make_cancel_key_deletion(struct making *m, const json_t *subject, const char *reason,
                                    struct err *err)
{
    const char *region = jx_str_or(subject, "region", "");
    const char *arn = jx_str_or(subject, "arn", "");
    struct plan_step *step = step_new(&rows[CANCEL_KEY_DELETION], region,
                                      "Cancel the deletion of the backup key in %s", region);
    json_t *gone =
        cond_in("KeyMetadata.KeyState",
                (const char *const[]){"PendingDeletion", "PendingReplicaDeletion", NULL});
    step_send(step, kms(m, "kms:CancelKeyDeletion", region, of_key(arn)));
    step_done(step, probe_new(describe(m, arn, region), cond_not(gone), false));
    step_change(step, json_string(jx_str_or(subject, "state", "")), json_string("Disabled"));
    int rc = step_add(m, step, reason, err);
    return rc == 0 ? remedy_run(m, "enable-key", subject, reason, err) : rc;
}

static int make_enable_key(struct making *m, const json_t *subject, const char *reason,
                           struct err *err)
{
    const char *region = jx_str_or(subject, "region", "");
    const char *state = jx_str_or(subject, "state", "");
    const char *arn = jx_str_or(subject, "arn", "");
    char *cancelling = xasprintf("cancel-key-deletion/%s", region);
    bool leaving = str_starts(state, "Pending") && !str_equal(state, "PendingImport");
    int rc = 0;
    if (leaving && making_step(m, cancelling) == NULL) {
        rc = remedy_run(m, "cancel-key-deletion", subject, reason, err);
    } else if (str_equal(state, "Enabled")) {
        rc = 0;
    } else if (leaving || str_equal(state, "Disabled")) {
        struct plan_step *step =
            step_new(&rows[ENABLE_KEY], region, "Enable the backup key in %s", region);
        step_after(step, cancelling);
        step_send(step, kms(m, "kms:EnableKey", region, of_key(arn)));
        step_done(step, probe_new(describe(m, arn, region), state_is("Enabled"), false));
        step_precondition(
            step, probe_says(probe_new(describe(m, arn, region),
                                       cond_in("KeyMetadata.KeyState",
                                               (const char *const[]){"Disabled", "Enabled", NULL}),
                                       false),
                             "the key is neither disabled nor enabled"));
        step_change(step, json_string(state), json_string("Enabled"));
        rc = step_add(m, step, reason, err);
    } else {
        rc = making_cannot(m,
                           "the key in %s is in the state %s, which no call changes: wait, "
                           "or repair its key material or key store",
                           region, state[0] != '\0' ? state : "unknown");
    }
    free(cancelling);
    return rc;
}

static int make_enable_key_rotation(struct making *m, const json_t *subject, const char *reason,
                                    struct err *err)
{
    if (!str_equal(jx_str_or(subject, "origin", "AWS_KMS"), "AWS_KMS")) {
        return making_cannot(m, "AWS KMS rotates only keys whose key material it generated");
    }
    const char *region = jx_str_or(subject, "region", "");
    return add_rotation(m, ENABLE_KEY_ROTATION, region, NULL, jx_str_or(subject, "arn", ""), region,
                        reason, err);
}

static int make_update_primary_region(struct making *m, const json_t *subject, const char *reason,
                                      struct err *err)
{
    static const char *const first[] = {"replicate-key/*", "enable-key/*", "cancel-key-deletion/*",
                                        "put-key-policy/*", "enable-key-rotation/*"};
    const char *from = jx_str(subject, "primary_region");
    const char *home_arn = jx_str(subject, "arn");
    char *arn = from != NULL && home_arn != NULL ? arn_in_region(home_arn, from) : NULL;
    if (arn == NULL) {
        return making_cannot(m, "the Region of the primary key could not be read");
    }
    struct plan_step *step = step_new(&rows[UPDATE_PRIMARY_REGION], NULL,
                                      "Make the backup key in %s the primary key", m->home);
    json_t *moved = cond_text("KeyMetadata.MultiRegionConfiguration.PrimaryKey.Region", m->home);
    step_send(step, kms(m, "kms:UpdatePrimaryRegion", from,
                        json_pack("{s:s,s:s}", "KeyId", arn, "PrimaryRegion", m->home)));
    step_precondition(
        step, probe_says(probe_new(describe(m, arn, from),
                                   cond_in("KeyMetadata.MultiRegionConfiguration.PrimaryKey."
                                           "Region",
                                           (const char *const[]){from, m->home, NULL}),
                                   false),
                         "the primary key has moved to a third Region"));
    step_poll(step, describe(m, home_arn, m->home),
              cond_both("all", json_incref(moved), state_is("Enabled")), NULL, 5, 600,
              "KeyMetadata.KeyState");
    step_done(step, probe_new(describe(m, home_arn, m->home), moved, false));
    step_change(step, json_string(from), json_string(m->home));
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        step_after(step, first[i]);
    }
    free(arn);
    return step_add(m, step, reason, err);
}

static const struct remedy rows[ROW_COUNT] = {
    [CREATE_KEY] = {{"create-key",
                     "Create the multi-Region backup key with alias, policy, rotation "
                     "and replicas",
                     2, "kms:CreateKey kms:CreateAlias kms:UpdateAlias kms:EnableKeyRotation",
                     "once nothing is encrypted with it: aws kms schedule-key-deletion, replicas "
                     "first"},
                    PLAN_RISK_MEDIUM,
                    30,
                    NULL,
                    make_create_key,
                    NULL},
    [CANCEL_KEY_DELETION] = {{"cancel-key-deletion", "Cancel the deletion of the backup key", 2,
                              "kms:CancelKeyDeletion", "aws kms schedule-key-deletion"},
                             PLAN_RISK_LOW,
                             5,
                             NULL,
                             make_cancel_key_deletion,
                             NULL},
    [ENABLE_KEY] = {{"enable-key", "Enable the backup key", 2, "kms:EnableKey",
                     "aws kms disable-key"},
                    PLAN_RISK_LOW,
                    5,
                    NULL,
                    make_enable_key,
                    NULL},
    [REPLICATE_KEY] = {{"replicate-key", "Replicate the backup key with its policy and alias", 2,
                        "kms:ReplicateKey kms:CreateAlias kms:UpdateAlias",
                        "aws kms schedule-key-deletion in the replica's Region"},
                       PLAN_RISK_LOW,
                       60,
                       NULL,
                       make_replicate_key,
                       NULL},
    [PUT_KEY_POLICY] = {{"put-key-policy", "Complete the backup key's policy", 2,
                         "kms:PutKeyPolicy", "aws kms put-key-policy with the previous policy"},
                        PLAN_RISK_MEDIUM,
                        5,
                        NULL,
                        make_put_key_policy,
                        NULL},
    [ENABLE_KEY_ROTATION] = {{"enable-key-rotation", "Enable rotation of the backup key", 2,
                              "kms:EnableKeyRotation", "aws kms disable-key-rotation"},
                             PLAN_RISK_LOW,
                             5,
                             NULL,
                             make_enable_key_rotation,
                             NULL},
    [UPDATE_PRIMARY_REGION] = {{"update-primary-region",
                                "Make the home Region's key the primary key", 2,
                                "kms:UpdatePrimaryRegion",
                                "aws kms update-primary-region with the previous Region"},
                               PLAN_RISK_MEDIUM,
                               60,
                               NULL,
                               make_update_primary_region,
                               NULL},
};

const struct remedies remedies_keys = {rows, ROW_COUNT};
