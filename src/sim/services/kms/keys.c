/* The life of a key: made, switched on and off, rotated, scheduled for deletion. */
#include "services/kms/kms.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

#define DAY_MS INT64_C(86400000)
#define HEX "0123456789abcdef"

json_t *kms_key_add(struct sim *sim, const struct kms_birth *birth)
{
    json_t *shared = json_incref(birth->shared);
    if (shared == NULL) {
        shared = json_pack("{s:s, s:[], s:b, s:i, s:I, s:[]}", "primary", birth->region, "replicas",
                           "rotation", 0, "rotation_days", 365, "rotation_since",
                           (json_int_t)birth->created_ms, "rotations");
    }
    char *arn = xasprintf("arn:%s:kms:%s:%s:key/%s", sim_partition(sim), birth->region,
                          birth->account, birth->id);
    json_t *key =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}, s:I, s:s, s:s, s:s, s:s, s:b, s:o}",
                  "KeyId", birth->id, "Arn", arn, "account", birth->account, "region",
                  birth->region, "state", birth->state != NULL ? birth->state : "Enabled",
                  "description", birth->description != NULL ? birth->description : "", "policy",
                  birth->policy, "tags", "created", (json_int_t)birth->created_ms, "usage",
                  birth->usage != NULL ? birth->usage : "ENCRYPT_DECRYPT", "spec",
                  birth->spec != NULL ? birth->spec : "SYMMETRIC_DEFAULT", "origin",
                  birth->origin != NULL ? birth->origin : "AWS_KMS", "manager",
                  birth->manager != NULL ? birth->manager : "CUSTOMER", "multi", birth->multi,
                  "shared", shared);
    free(arn);
    json_t *keys = json_object_get(kms_state(sim, birth->account, birth->region), "keys");
    json_object_set_new(keys, birth->id, key);
    return key;
}

/* What each family of key specifications may be used for. */
static const struct {
    const char *spec, *usages;
} uses[] = {
    {"SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"},
    {"RSA_", "ENCRYPT_DECRYPT SIGN_VERIFY"},
    {"ECC_NIST_P", "SIGN_VERIFY KEY_AGREEMENT"},
    {"ECC_", "SIGN_VERIFY"},
    {"HMAC_", "GENERATE_VERIFY_MAC"},
    {"ML_DSA_", "SIGN_VERIFY"},
    {"SM2", "ENCRYPT_DECRYPT SIGN_VERIFY KEY_AGREEMENT"},
};

static int check_usage(struct sim_call *call, const char *spec, const char *usage)
{
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (!str_starts(spec, uses[i].spec)) {
            continue;
        }
        if (usage == NULL) {
            return sim_fail(call, 400, "ValidationException",
                            "You must specify a KeyUsage value for KeySpec %s", spec);
        }
        if (strstr(uses[i].usages, usage) != NULL) {
            return 0;
        }
        break;
    }
    return sim_fail(call, 400, "ValidationException",
                    "KeyUsage %s is not compatible with KeySpec %s", usage, spec);
}

static int check_origin(struct sim_call *call, const char *origin)
{
    if (str_equal(origin, "AWS_CLOUDHSM") || str_equal(origin, "EXTERNAL_KEY_STORE") ||
        json_object_get(call->in, "CustomKeyStoreId") != NULL) {
        return sim_fail(call, 400, "CustomKeyStoreNotFoundException",
                        "There is no such custom key store");
    }
    return 0;
}

int kms_create_key(struct sim_call *call)
{
    const char *older = jx_str(call->in, "CustomerMasterKeySpec");
    const char *spec = jx_str(call->in, "KeySpec");
    if (older != NULL && spec != NULL && !str_equal(older, spec)) {
        return sim_fail(
            call, 400, "ValidationException",
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request.");
    }
    spec = spec != NULL ? spec : older != NULL ? older : "SYMMETRIC_DEFAULT";
    const char *usage = jx_str(call->in, "KeyUsage");
    if (usage == NULL && str_equal(spec, "SYMMETRIC_DEFAULT")) {
        usage = "ENCRYPT_DECRYPT";
    }
    const char *origin = jx_str_or(call->in, "Origin", "AWS_KMS");
    if (check_usage(call, spec, usage) < 0 || check_origin(call, origin) < 0 ||
        kms_policy_check(call) < 0 || kms_tags_check(call, NULL) < 0) {
        return -1;
    }
    bool multi = jx_bool(call->in, "MultiRegion");
    char id[37];
    if (multi) {
        memcpy(id, "mrk-", 4);
        sim_new_id(call->sim, HEX, 32, id + 4);
    } else {
        sim_new_uuid(call->sim, id);
    }
    char *otherwise = kms_policy_default(call->sim, call->account);
    const struct kms_birth birth = {
        .account = call->account,
        .region = call->region,
        .id = id,
        .description = jx_str(call->in, "Description"),
        .policy = jx_str_or(call->in, "Policy", otherwise),
        .usage = usage,
        .spec = spec,
        .origin = origin,
        .state = str_equal(origin, "EXTERNAL") ? "PendingImport" : "Enabled",
        .multi = multi,
        .created_ms = sim_now_ms(call->sim),
    };
    json_t *key = kms_key_add(call->sim, &birth);
    free(otherwise);
    kms_tags_put(json_object_get(key, "tags"), json_object_get(call->in, "Tags"));
    json_object_set_new(call->out, "KeyMetadata", kms_metadata(key));
    return 0;
}

static int switch_key(struct sim_call *call, const char *state)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || kms_refuse_managed(call, key) ||
        kms_need_state(call, key, "Enabled Disabled") < 0) {
        return -1;
    }
    return json_object_set_new(key, "state", json_string(state));
}

int kms_enable_key(struct sim_call *call)
{
    return switch_key(call, "Enabled");
}

int kms_disable_key(struct sim_call *call)
{
    return switch_key(call, "Disabled");
}

/* {"arn"}: the waiting period is over. */
static void delete_when_due(struct sim *sim, json_t *what);

static void start_waiting(struct sim *sim, json_t *key)
{
    int64_t wait_ms = jx_int(key, "window", 30) * DAY_MS;
    json_object_set_new(key, "state", json_string("PendingDeletion"));
    json_object_set_new(key, "deletion", json_integer(sim_now_ms(sim) + wait_ms));
    sim_later(sim, wait_ms, delete_when_due, json_pack("{s:s}", "arn", jx_str(key, "Arn")));
}

static void forget_replica(struct sim *sim, json_t *shared, const char *account, const char *region,
                           const char *id)
{
    json_t *replicas = json_object_get(shared, "replicas");
    for (size_t i = json_array_size(replicas); i-- > 0;) {
        if (str_equal(json_string_value(json_array_get(replicas, i)), region)) {
            json_array_remove(replicas, i);
        }
    }
    json_t *primary = kms_key_at(sim, account, jx_str_or(shared, "primary", ""), id);
    if (json_array_size(replicas) == 0 && primary != NULL &&
        str_equal(kms_key_state(primary), "PendingReplicaDeletion")) {
        start_waiting(sim, primary);
    }
}

static void delete_when_due(struct sim *sim, json_t *what)
{
    struct arn arn;
    json_t *key = sim_kms_key(sim, jx_str(what, "arn"));
    if (key == NULL || !str_equal(kms_key_state(key), "PendingDeletion") ||
        jx_int(key, "deletion", 0) > sim_now_ms(sim) ||
        !arn_split(jx_str_or(key, "Arn", ""), &arn)) {
        return;
    }
    const char *id = arn.resource + strlen("key/");
    json_t *state = kms_state(sim, arn.account, arn.region);
    json_t *aliases = json_object_get(state, "aliases"), *alias;
    const char *name;
    void *next;
    json_object_foreach_safe(aliases, next, name, alias)
    {
        if (str_equal(jx_str(alias, "TargetKeyId"), id)) {
            json_object_del(aliases, name);
        }
    }
    json_t *shared = json_incref(json_object_get(key, "shared"));
    json_object_del(json_object_get(state, "keys"), id);
    forget_replica(sim, shared, arn.account, arn.region, id);
    json_decref(shared);
}

int kms_schedule_key_deletion(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    long long window = jx_int(call->in, "PendingWindowInDays", 30);
    if (key == NULL || kms_refuse_managed(call, key)) {
        return -1;
    }
    if (window < 7 || window > 30) {
        return sim_fail(call, 400, "ValidationException",
                        "PendingWindowInDays must be between 7 and 30, inclusive.");
    }
    if (kms_need_state(call, key, "Enabled Disabled PendingImport Unavailable") < 0) {
        return -1;
    }
    json_object_set_new(key, "window", json_integer(window));
    bool primary = str_equal(jx_str(key, "shared.primary"), call->region);
    if (primary && jx_count(key, "shared.replicas") > 0) {
        json_object_set_new(key, "state", json_string("PendingReplicaDeletion"));
    } else {
        start_waiting(call->sim, key);
        json_object_set_new(call->out, "DeletionDate", epoch(jx_int(key, "deletion", 0)));
    }
    json_object_set(call->out, "KeyId", json_object_get(key, "Arn"));
    json_object_set(call->out, "KeyState", json_object_get(key, "state"));
    json_object_set_new(call->out, "PendingWindowInDays", json_integer(window));
    return 0;
}

int kms_cancel_key_deletion(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL) {
        return -1;
    }
    if (!kms_state_is(key, "PendingDeletion PendingReplicaDeletion")) {
        return sim_fail(call, 400, "KMSInvalidStateException", "%s is not pending deletion.",
                        jx_str(key, "Arn"));
    }
    json_object_set_new(key, "state", json_string("Disabled"));
    json_object_del(key, "deletion");
    json_object_set(call->out, "KeyId", json_object_get(key, "Arn"));
    return 0;
}

/* Rotation belongs to symmetric keys with KMS's own material; for related keys, to the primary. */
static int need_rotatable(struct sim_call *call, const json_t *key)
{
    if (!str_equal(jx_str(key, "spec"), "SYMMETRIC_DEFAULT") ||
        !str_equal(jx_str(key, "origin"), "AWS_KMS")) {
        return sim_fail(call, 400, "UnsupportedOperationException",
                        "%s does not support automatic rotation.", jx_str(key, "Arn"));
    }
    return 0;
}

static int set_rotation(struct sim_call *call, bool on)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || kms_refuse_managed(call, key) || need_rotatable(call, key) < 0) {
        return -1;
    }
    if (!str_equal(jx_str(key, "shared.primary"), call->region)) {
        return sim_fail(call, 400, "UnsupportedOperationException",
                        "%s is a replica key: rotation is set on the primary key.",
                        jx_str(key, "Arn"));
    }
    if (str_equal(kms_key_state(key), "Disabled")) {
        return sim_fail(call, 400, "DisabledException", "%s is disabled.", jx_str(key, "Arn"));
    }
    if (kms_need_state(call, key, "Enabled") < 0) {
        return -1;
    }
    json_t *shared = json_object_get(key, "shared");
    if (on) {
        long long days = jx_int(call->in, "RotationPeriodInDays", 365);
        json_object_set_new(shared, "rotation_days", json_integer(days));
        if (!jx_bool(shared, "rotation")) {
            json_object_set_new(shared, "rotation_since", json_integer(sim_now_ms(call->sim)));
        }
    }
    json_object_set_new(shared, "rotation", json_boolean(on));
    return 0;
}

int kms_enable_key_rotation(struct sim_call *call)
{
    return set_rotation(call, true);
}

int kms_disable_key_rotation(struct sim_call *call)
{
    return set_rotation(call, false);
}

int kms_get_key_rotation_status(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || need_rotatable(call, key) < 0) {
        return -1;
    }
    bool on = jx_bool(key, "shared.rotation") &&
              !kms_state_is(key, "PendingDeletion PendingReplicaDeletion");
    json_object_set_new(call->out, "KeyRotationEnabled", json_boolean(on));
    json_object_set(call->out, "KeyId", json_object_get(key, "Arn"));
    if (on) {
        int64_t period_ms = jx_int(key, "shared.rotation_days", 365) * DAY_MS;
        int64_t since = jx_int(key, "shared.rotation_since", 0);
        int64_t past = (sim_now_ms(call->sim) - since) / period_ms;
        json_object_set_new(call->out, "RotationPeriodInDays",
                            json_integer(jx_int(key, "shared.rotation_days", 365)));
        json_object_set_new(call->out, "NextRotationDate", epoch(since + (past + 1) * period_ms));
    }
    return 0;
}

int kms_list_key_rotations(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || need_rotatable(call, key) < 0) {
        return -1;
    }
    json_t *rows = json_array();
    int64_t period_ms = jx_int(key, "shared.rotation_days", 365) * DAY_MS;
    int64_t since = jx_int(key, "shared.rotation_since", 0);
    if (jx_bool(key, "shared.rotation")) {
        for (int64_t at = since + period_ms; at <= sim_now_ms(call->sim); at += period_ms) {
            json_array_append_new(rows, json_pack("{s:s, s:o, s:s}", "KeyId", jx_str(key, "Arn"),
                                                  "RotationDate", epoch(at), "RotationType",
                                                  "AUTOMATIC"));
        }
    }
    int rc = sim_page(call, rows, 100);
    json_decref(rows);
    json_object_set_new(call->out, "Truncated",
                        json_boolean(json_object_get(call->out, call->op->token_out) != NULL));
    return rc;
}
