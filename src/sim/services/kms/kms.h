/*
 * KMS from the inside. State per account and Region: {"keys": {id: key}, "aliases": {name: {...}}}.
 * A key: {KeyId, Arn, account, region, state, description, policy (text), tags {}, created (ms),
 * usage, spec, origin, manager, multi, deletion (ms), window (days), "shared": {primary, replicas
 * [], rotation, rotation_days, rotation_since, rotations []}}; `shared` is one object, referenced
 * by every related multi-Region key.
 */
#ifndef TOWERKEEP_SIM_SERVICES_KMS_KMS_H
#define TOWERKEEP_SIM_SERVICES_KMS_KMS_H

#include "sim.h"

#define KMS_POLICY_MAX 32768

/* --- svc_kms_policy.c --- */
/* Does the policy allow `action` to this caller? Conditions other than on the organization and
 * account count as unmet. */
bool kms_policy_allows(struct sim *sim, const char *policy, const char *account,
                       const char *principal_arn, const char *action);
/* The policy KMS gives a key made without one, and the one Control Tower documents for the backup
 * key; yours to free. */
char *kms_policy_default(struct sim *sim, const char *account);
char *kms_policy_backup(struct sim *sim, const char *account);
/* Checks Policy and BypassPolicyLockoutSafetyCheck of a call; -1 after sim_fail(). */
int kms_policy_check(struct sim_call *call);

/* --- svc_kms.c --- */
enum kms_lookup {
    KMS_BY_KEY,
    KMS_BY_ANY /* aliases too, and keys of other accounts when their policy allows */
};
/* The key the call's `member` names; NULL after sim_fail(). */
json_t *kms_lookup(struct sim_call *call, const char *member, enum kms_lookup how);
json_t *kms_state(struct sim *sim, const char *account, const char *region);
json_t *kms_key_at(struct sim *sim, const char *account, const char *region, const char *id);
const char *kms_key_state(const json_t *key);
bool kms_state_is(const json_t *key,
                  const char *words); /* the state is among the space-separated words */
/* KMSInvalidStateException unless the state is among the words; -1 after it. */
int kms_need_state(struct sim_call *call, const json_t *key, const char *words);
/* KeyMetadata; new reference. */
json_t *kms_metadata(const json_t *key);
int kms_tags_check(struct sim_call *call, const json_t *have);
/* Tags [{TagKey, TagValue}] into an object. */
void kms_tags_put(json_t *tags, const json_t *list);
/* True when AWS itself manages the key: nobody else may change it (and the call has been refused).
 */
bool kms_refuse_managed(struct sim_call *call, const json_t *key);

/* --- svc_kms_keys.c: a key's life --- */
struct kms_birth {
    const char *account, *region, *id;
    const char *description, *policy, *usage, *spec, *origin, *manager, *state;
    bool multi;
    int64_t created_ms;
    json_t *shared; /* borrowed; NULL makes one with this Region as primary */
};
/* Adds a key to the state; borrowed. */
json_t *kms_key_add(struct sim *sim, const struct kms_birth *birth);
void kms_alias_put(struct sim *sim, const char *account, const char *region, const char *name,
                   const char *key_id, int64_t when_ms);
int kms_create_key(struct sim_call *call);
int kms_enable_key(struct sim_call *call);
int kms_disable_key(struct sim_call *call);
int kms_schedule_key_deletion(struct sim_call *call);
int kms_cancel_key_deletion(struct sim_call *call);
int kms_enable_key_rotation(struct sim_call *call);
int kms_disable_key_rotation(struct sim_call *call);
int kms_get_key_rotation_status(struct sim_call *call);
int kms_list_key_rotations(struct sim_call *call);
/* --- svc_kms_multi.c --- */
int kms_replicate_key(struct sim_call *call);
int kms_update_primary_region(struct sim_call *call);
/* --- svc_kms_alias.c --- */
int kms_create_alias(struct sim_call *call);
int kms_update_alias(struct sim_call *call);
int kms_delete_alias(struct sim_call *call);
int kms_list_aliases(struct sim_call *call);
/* --- svc_kms_world.c --- */
int kms_load(struct sim *sim, const json_t *world, struct err *err);
void kms_populate(struct sim *sim, const char *account, const char *region, json_t *state);

#endif
