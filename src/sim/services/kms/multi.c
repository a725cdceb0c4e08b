/* Multi-Region keys: one id and one material in several Regions, each with its own policy, tags and
 * state. */
#include "services/kms/kms.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"

#include "services/inventory.h"

#define REPLICA_CREATING_MS 15000
#define PRIMARY_UPDATING_MS 20000

/* {"arn", "from", "to"}: a passing state ends. */
static void settle_state(struct sim *sim, json_t *what)
{
    json_t *key = sim_kms_key(sim, jx_str(what, "arn"));
    if (key != NULL && str_equal(kms_key_state(key), jx_str(what, "from"))) {
        json_object_set(key, "state", json_object_get(what, "to"));
    }
}

static void pass_through(struct sim *sim, json_t *key, const char *state, const char *then,
                         int64_t ms)
{
    json_t *what =
        json_pack("{s:s, s:s, s:s}", "arn", jx_str(key, "Arn"), "from", state, "to", then);
    json_object_set_new(key, "state", json_string(state));
    sim_later(sim, ms, settle_state, what);
}

/* -1 after refusing a key that is not the primary of a multi-Region key in the call's Region. */
static int need_primary(struct sim_call *call, const json_t *key)
{
    if (jx_bool(key, "multi") && str_equal(jx_str(key, "shared.primary"), call->region)) {
        return 0;
    }
    return sim_fail(call, 400, "UnsupportedOperationException",
                    "%s is not a multi-Region primary key in this Region.", jx_str(key, "Arn"));
}

static int need_enabled(struct sim_call *call, const json_t *key)
{
    if (str_equal(kms_key_state(key), "Disabled")) {
        return sim_fail(call, 400, "DisabledException", "%s is disabled.", jx_str(key, "Arn"));
    }
    return kms_need_state(call, key, "Enabled");
}

int kms_replicate_key(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    const char *region = jx_str(call->in, "ReplicaRegion");
    if (key == NULL || kms_refuse_managed(call, key) || need_primary(call, key) < 0 ||
        need_enabled(call, key) < 0) {
        return -1;
    }
    const char *id = jx_str(key, "KeyId");
    if (!sim_account_region_enabled(call->sim, call->account, region)) {
        return sim_fail(call, 400, "UnsupportedOperationException",
                        "Region %s is not available to account %s.", region, call->account);
    }
    if (kms_key_at(call->sim, call->account, region, id) != NULL) {
        return sim_fail(call, 400, "AlreadyExistsException",
                        "A key related to %s already exists in Region %s.", jx_str(key, "Arn"),
                        region);
    }
    if (kms_policy_check(call) < 0 || kms_tags_check(call, NULL) < 0) {
        return -1;
    }
    char *otherwise = kms_policy_default(call->sim, call->account);
    const char *policy = jx_str_or(call->in, "Policy", otherwise);
    const struct kms_birth birth = {
        .account = call->account,
        .region = region,
        .id = id,
        .description = jx_str_or(call->in, "Description", ""),
        .policy = policy,
        .usage = jx_str(key, "usage"),
        .spec = jx_str(key, "spec"),
        .origin = jx_str(key, "origin"),
        .manager = "CUSTOMER",
        .multi = true,
        .created_ms = sim_now_ms(call->sim),
        .shared = json_object_get(key, "shared"),
    };
    json_t *replica = kms_key_add(call->sim, &birth);
    free(otherwise);
    json_array_append_new(jx_get(key, "shared.replicas"), json_string(region));
    kms_tags_put(json_object_get(replica, "tags"), json_object_get(call->in, "Tags"));
    pass_through(call->sim, replica, "Creating", "Enabled", REPLICA_CREATING_MS);
    json_object_set_new(call->out, "ReplicaKeyMetadata", kms_metadata(replica));
    json_object_set(call->out, "ReplicaPolicy", json_object_get(replica, "policy"));
    json_object_set_new(call->out, "ReplicaTags",
                        tags_list(json_object_get(replica, "tags"), "TagKey", "TagValue"));
    return 0;
}

int kms_update_primary_region(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    const char *region = jx_str(call->in, "PrimaryRegion");
    if (key == NULL || kms_refuse_managed(call, key) || need_primary(call, key) < 0 ||
        need_enabled(call, key) < 0) {
        return -1;
    }
    json_t *replicas = jx_get(key, "shared.replicas");
    json_t *replica = kms_key_at(call->sim, call->account, region, jx_str(key, "KeyId"));
    if (replica == NULL || !jx_list_has(replicas, region)) {
        return sim_fail(call, 400, "NotFoundException", "%s has no replica key in Region %s.",
                        jx_str(key, "Arn"), region);
    }
    if (need_enabled(call, replica) < 0) {
        return -1;
    }
    json_t *others = json_pack("[s]", call->region);
    size_t i;
    json_t *other;
    json_array_foreach(replicas, i, other)
    {
        if (!str_equal(json_string_value(other), region)) {
            json_array_append(others, other);
        }
    }
    json_t *shared = json_object_get(key, "shared");
    json_object_set_new(shared, "replicas", others);
    json_object_set_new(shared, "primary", json_string(region));
    pass_through(call->sim, key, "Updating", "Enabled", PRIMARY_UPDATING_MS);
    pass_through(call->sim, replica, "Updating", "Enabled", PRIMARY_UPDATING_MS);
    return 0;
}
