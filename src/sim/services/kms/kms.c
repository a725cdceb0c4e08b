#include "services/kms/kms.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

json_t *kms_state(struct sim *sim, const char *account, const char *region)
{
    return sim_state(sim, SVC_KMS, account, region);
}

json_t *kms_key_at(struct sim *sim, const char *account, const char *region, const char *id)
{
    return json_object_get(json_object_get(kms_state(sim, account, region), "keys"), id);
}

json_t *sim_kms_key(struct sim *sim, const char *key_arn)
{
    struct arn arn;
    if (key_arn == NULL || !arn_split(key_arn, &arn) || !str_equal(arn.service, "kms") ||
        !str_equal(arn.partition, sim_partition(sim)) || !str_starts(arn.resource, "key/")) {
        return NULL;
    }
    return kms_key_at(sim, arn.account, arn.region, arn.resource + strlen("key/"));
}

const char *kms_key_state(const json_t *key)
{
    return jx_str_or(key, "state", "Enabled");
}

bool kms_state_is(const json_t *key, const char *words)
{
    const char *state = kms_key_state(key);
    size_t length = strlen(state);
    for (const char *p = words; (p = strstr(p, state)) != NULL; p += length) {
        if ((p == words || p[-1] == ' ') && (p[length] == '\0' || p[length] == ' ')) {
            return true;
        }
    }
    return false;
}

int kms_need_state(struct sim_call *call, const json_t *key, const char *words)
{
    if (kms_state_is(key, words)) {
        return 0;
    }
    const char *state = kms_key_state(key);
    const char *phrase = str_equal(state, "PendingDeletion") ? "is pending deletion."
                         : str_equal(state, "PendingReplicaDeletion")
                             ? "is pending replica deletion."
                         : str_equal(state, "Creating") ? "is creating."
                         : str_equal(state, "Updating") ? "is updating."
                         : str_equal(state, "Disabled") ? "is disabled."
                                                        : "is not valid for this operation.";
    return sim_fail(call, 400, "KMSInvalidStateException", "%s %s", jx_str(key, "Arn"), phrase);
}

bool kms_refuse_managed(struct sim_call *call, const json_t *key)
{
    if (!str_equal(jx_str(key, "manager"), "AWS")) {
        return false;
    }
    sim_fail(call, 400, "AccessDeniedException",
             "User: %s is not authorized to perform: kms:%s on resource: %s", call->principal_arn,
             call->op->name, jx_str(key, "Arn"));
    return true;
}

static json_t *lookup_other_account(struct sim_call *call, const char *arn, enum kms_lookup how)
{
    json_t *key = sim_kms_key(call->sim, arn);
    if (how == KMS_BY_ANY && key != NULL &&
        kms_policy_allows(call->sim, jx_str_or(key, "policy", ""), call->account,
                          call->principal_arn, "kms:DescribeKey")) {
        return key;
    }
    sim_fail(
        call, 400, "AccessDeniedException",
        "User: %s is not authorized to perform: kms:%s on resource: %s because the resource does "
        "not exist in this Region, no resource-based policies allow access, or a resource-based "
        "policy explicitly denies access",
        call->principal_arn, call->op->name, arn);
    return NULL;
}

static json_t *lookup_alias(struct sim_call *call, const char *name)
{
    const json_t *aliases =
        json_object_get(kms_state(call->sim, call->account, call->region), "aliases");
    const char *id = jx_str(json_object_get(aliases, name), "TargetKeyId");
    json_t *key = id != NULL ? kms_key_at(call->sim, call->account, call->region, id) : NULL;
    if (key == NULL) {
        sim_fail(call, 400, "NotFoundException", "Alias arn:%s:kms:%s:%s:%s is not found.",
                 sim_partition(call->sim), call->region, call->account, name);
    }
    return key;
}

static json_t *lookup_arn(struct sim_call *call, const char *text, enum kms_lookup how)
{
    struct arn arn;
    if (!arn_split(text, &arn) || !str_equal(arn.service, "kms") ||
        !str_equal(arn.partition, sim_partition(call->sim)) || !str_is_account_id(arn.account)) {
        sim_fail(call, 400, "InvalidArnException", "Invalid arn %s", text);
        return NULL;
    }
    if (!str_equal(arn.region, call->region)) {
        sim_fail(call, 400, "NotFoundException", "Invalid arn %s", arn.region);
        return NULL;
    }
    if (!str_equal(arn.account, call->account)) {
        return lookup_other_account(call, text, how);
    }
    if (str_starts(arn.resource, "alias/")) {
        if (how == KMS_BY_ANY) {
            return lookup_alias(call, arn.resource);
        }
        sim_fail(call, 400, "InvalidArnException", "Invalid arn %s", text);
        return NULL;
    }
    json_t *key = sim_kms_key(call->sim, text);
    if (key == NULL) {
        sim_fail(call, 400, "NotFoundException", "Key '%s' does not exist", text);
    }
    return key;
}

json_t *kms_lookup(struct sim_call *call, const char *member, enum kms_lookup how)
{
    const char *name = jx_str_or(call->in, member, "");
    if (str_starts(name, "arn:")) {
        return lookup_arn(call, name, how);
    }
    if (str_starts(name, "alias/")) {
        if (how == KMS_BY_ANY) {
            return lookup_alias(call, name);
        }
        sim_fail(call, 400, "NotFoundException", "Invalid keyId '%s'", name);
        return NULL;
    }
    json_t *key = kms_key_at(call->sim, call->account, call->region, name);
    if (key == NULL) {
        sim_fail(call, 400, "NotFoundException", "Key 'arn:%s:kms:%s:%s:key/%s' does not exist",
                 sim_partition(call->sim), call->region, call->account, name);
    }
    return key;
}

static json_t *related(const json_t *key, const char *region)
{
    struct arn arn;
    arn_split(jx_str_or(key, "Arn", ""), &arn);
    char *text = xasprintf("arn:%s:kms:%s:%s:%s", arn.partition, region, arn.account, arn.resource);
    json_t *row = json_pack("{s:s, s:s}", "Arn", text, "Region", region);
    free(text);
    return row;
}

static void metadata_multi(const json_t *key, json_t *out)
{
    const char *primary = jx_str_or(key, "shared.primary", "");
    json_t *replicas = json_array();
    size_t i;
    const json_t *region;
    json_array_foreach(jx_get(key, "shared.replicas"), i, region)
    {
        json_array_append_new(replicas, related(key, json_string_value(region)));
    }
    bool is_primary = str_equal(primary, jx_str(key, "region"));
    json_object_set_new(out, "MultiRegionConfiguration",
                        json_pack("{s:s, s:o, s:o}", "MultiRegionKeyType",
                                  is_primary ? "PRIMARY" : "REPLICA", "PrimaryKey",
                                  related(key, primary), "ReplicaKeys", replicas));
}

/* What a key of each specification can do; the words AWS answers with. */
static const struct {
    const char *spec, *usage, *member, *algorithms;
} abilities[] = {
    {"SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", "SYMMETRIC_DEFAULT"},
    {"RSA_", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", "RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256"},
    {"RSA_", "SIGN_VERIFY", "SigningAlgorithms",
     "RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PKCS1_V1_5_SHA_384 RSASSA_PKCS1_V1_5_SHA_512 "
     "RSASSA_PSS_SHA_256 RSASSA_PSS_SHA_384 RSASSA_PSS_SHA_512"},
    {"ECC_NIST_P256", "SIGN_VERIFY", "SigningAlgorithms", "ECDSA_SHA_256"},
    {"ECC_NIST_P384", "SIGN_VERIFY", "SigningAlgorithms", "ECDSA_SHA_384"},
    {"ECC_NIST_P521", "SIGN_VERIFY", "SigningAlgorithms", "ECDSA_SHA_512"},
    {"ECC_SECG_P256K1", "SIGN_VERIFY", "SigningAlgorithms", "ECDSA_SHA_256"},
    {"ECC_NIST_EDWARDS25519", "SIGN_VERIFY", "SigningAlgorithms",
     "ED25519_SHA_512 ED25519_PH_SHA_512"},
    {"ECC_NIST_P", "KEY_AGREEMENT", "KeyAgreementAlgorithms", "ECDH"},
    {"HMAC_224", "GENERATE_VERIFY_MAC", "MacAlgorithms", "HMAC_SHA_224"},
    {"HMAC_256", "GENERATE_VERIFY_MAC", "MacAlgorithms", "HMAC_SHA_256"},
    {"HMAC_384", "GENERATE_VERIFY_MAC", "MacAlgorithms", "HMAC_SHA_384"},
    {"HMAC_512", "GENERATE_VERIFY_MAC", "MacAlgorithms", "HMAC_SHA_512"},
    {"ML_DSA_", "SIGN_VERIFY", "SigningAlgorithms", "ML_DSA_SHAKE_256"},
};

static void metadata_algorithms(const json_t *key, json_t *out)
{
    const char *spec = jx_str_or(key, "spec", ""), *usage = jx_str_or(key, "usage", "");
    for (size_t i = 0; i < sizeof abilities / sizeof *abilities; i++) {
        if (!str_starts(spec, abilities[i].spec) || !str_equal(usage, abilities[i].usage)) {
            continue;
        }
        json_t *list = json_array();
        for (const char *p = abilities[i].algorithms; *p != '\0';) {
            size_t length = strcspn(p, " ");
            json_array_append_new(list, json_stringn(p, length));
            p += length + (p[length] == ' ');
        }
        json_object_set_new(out, abilities[i].member, list);
        return;
    }
}

json_t *kms_metadata(const json_t *key)
{
    const char *state = kms_key_state(key);
    const char *spec = jx_str_or(key, "spec", "SYMMETRIC_DEFAULT");
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "AWSAccountId",
        jx_str_or(key, "account", ""), "KeyId", jx_str_or(key, "KeyId", ""), "Arn",
        jx_str_or(key, "Arn", ""), "CreationDate", epoch(jx_int(key, "created", 0)), "Enabled",
        str_equal(state, "Enabled"), "Description", jx_str_or(key, "description", ""), "KeyUsage",
        jx_str_or(key, "usage", ""), "KeyState", state, "Origin", jx_str_or(key, "origin", ""),
        "KeyManager", jx_str_or(key, "manager", ""), "KeySpec", spec, "MultiRegion",
        jx_bool(key, "multi"));
    if (!str_starts(spec, "ML_DSA_") && !str_equal(spec, "ECC_NIST_EDWARDS25519")) {
        json_object_set_new(out, "CustomerMasterKeySpec",
                            json_string(spec)); /* the older name knows fewer */
    }
    if (str_equal(spec, "SYMMETRIC_DEFAULT") && str_equal(jx_str(key, "origin"), "AWS_KMS")) {
        char material[SHA256_HEX_SIZE]; /* the replicas of a key have the same */
        const char *id = jx_str_or(key, "KeyId", "");
        sha256_hex(id, strlen(id), material);
        jx_set_str(out, "CurrentKeyMaterialId", material);
    }
    metadata_algorithms(key, out);
    if (jx_bool(key, "multi")) {
        metadata_multi(key, out);
    }
    if (str_equal(state, "PendingDeletion")) {
        json_object_set_new(out, "DeletionDate", epoch(jx_int(key, "deletion", 0)));
    }
    if (str_equal(state, "PendingReplicaDeletion")) {
        json_object_set_new(out, "PendingDeletionWindowInDays",
                            json_integer(jx_int(key, "window", 30)));
    }
    return out;
}

static int describe_key(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_ANY);
    if (key == NULL) {
        return -1;
    }
    json_object_set_new(call->out, "KeyMetadata", kms_metadata(key));
    return 0;
}

static int page(struct sim_call *call, json_t *rows, size_t default_size)
{
    int rc = sim_page(call, rows, default_size);
    json_decref(rows);
    json_object_set_new(call->out, "Truncated",
                        json_boolean(json_object_get(call->out, call->op->token_out) != NULL));
    return rc;
}

static int list_keys(struct sim_call *call)
{
    json_t *rows = json_array();
    const char *id;
    json_t *key;
    json_object_foreach(json_object_get(kms_state(call->sim, call->account, call->region), "keys"),
                        id, key)
    {
        json_array_append_new(
            rows, json_pack("{s:s, s:s}", "KeyId", id, "KeyArn", jx_str_or(key, "Arn", "")));
    }
    return page(call, rows, 100);
}

/* "default" is the only name a key policy may have. */
static int check_policy_name(struct sim_call *call)
{
    if (str_equal(jx_str_or(call->in, "PolicyName", "default"), "default")) {
        return 0;
    }
    return sim_fail(call, 400, "NotFoundException", "No such policy exists");
}

static int get_key_policy(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || check_policy_name(call) < 0) {
        return -1;
    }
    json_object_set(call->out, "Policy", json_object_get(key, "policy"));
    json_object_set_new(call->out, "PolicyName", json_string("default"));
    return 0;
}

static int put_key_policy(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || check_policy_name(call) < 0 || kms_refuse_managed(call, key) ||
        kms_need_state(call, key,
                       "Enabled Disabled PendingDeletion PendingReplicaDeletion PendingImport") <
            0 ||
        kms_policy_check(call) < 0) {
        return -1;
    }
    return json_object_set(key, "policy", json_object_get(call->in, "Policy"));
}

static int list_key_policies(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    return key == NULL ? -1 : page(call, json_pack("[s]", "default"), 100);
}

static int list_resource_tags(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    return key == NULL
               ? -1
               : page(call, tags_list(json_object_get(key, "tags"), "TagKey", "TagValue"), 50);
}

int kms_tags_check(struct sim_call *call, const json_t *have)
{
    static const struct tag_words words = {"TagKey", "TagValue", "TagException",
                                           "LimitExceededException", 50};
    return tags_check(call, json_object_get(call->in, "Tags"), have, &words);
}

void kms_tags_put(json_t *tags, const json_t *list)
{
    size_t i;
    const json_t *tag;
    json_array_foreach(list, i, tag)
    {
        json_object_set(tags, jx_str_or(tag, "TagKey", ""), json_object_get(tag, "TagValue"));
    }
}

static const char *const settled = "Enabled Disabled PendingImport Unavailable";

static int tag_resource(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || kms_refuse_managed(call, key) || kms_need_state(call, key, settled) < 0 ||
        kms_tags_check(call, json_object_get(key, "tags")) < 0) {
        return -1;
    }
    kms_tags_put(json_object_get(key, "tags"), json_object_get(call->in, "Tags"));
    return 0;
}

static int untag_resource(struct sim_call *call)
{
    json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
    if (key == NULL || kms_refuse_managed(call, key) || kms_need_state(call, key, settled) < 0) {
        return -1;
    }
    size_t i;
    const json_t *name;
    json_array_foreach(json_object_get(call->in, "TagKeys"), i, name)
    {
        json_object_del(json_object_get(key, "tags"), json_string_value(name));
    }
    return 0;
}

#define KEY "KeyId!:s1..2048"
#define POLICY "s1..131072/^[\\t\\n\\r -\\x{ff}]+$/"
#define PAGE "Limit:i1..1000, Marker:s1..1024"
#define REGION "s1..32/^([a-z]+-){2,3}[0-9]+$/"
#define ALIAS "AliasName!:s1..256/^[a-zA-Z0-9:\\/_-]+$/"
#define POLICY_NAME "PolicyName:s1..128/^[A-Za-z0-9_]+$/"

static const struct sim_route routes[] = {
    {"CancelKeyDeletion", kms_cancel_key_deletion, KEY},
    {"CreateAlias", kms_create_alias, ALIAS ", TargetKeyId!:s1..2048"},
    {"CreateKey", kms_create_key,
     "Policy:" POLICY ", Description:s0..8192, "
     "KeyUsage:e(SIGN_VERIFY|ENCRYPT_DECRYPT|GENERATE_VERIFY_MAC|KEY_AGREEMENT), "
     "CustomerMasterKeySpec:e(RSA_2048|RSA_3072|RSA_4096|ECC_NIST_P256|ECC_NIST_P384|ECC_NIST_P521|"
     "ECC_SECG_P256K1|SYMMETRIC_DEFAULT|HMAC_224|HMAC_256|HMAC_384|HMAC_512|SM2), "
     "KeySpec:e(RSA_2048|RSA_3072|RSA_4096|ECC_NIST_P256|ECC_NIST_P384|ECC_NIST_P521|ECC_SECG_"
     "P256K1|"
     "SYMMETRIC_DEFAULT|HMAC_224|HMAC_256|HMAC_384|HMAC_512|SM2|ML_DSA_44|ML_DSA_65|ML_DSA_87|"
     "ECC_NIST_EDWARDS25519), Origin:e(AWS_KMS|EXTERNAL|AWS_CLOUDHSM|EXTERNAL_KEY_STORE), "
     "CustomKeyStoreId:s1..64, BypassPolicyLockoutSafetyCheck:b, Tags:[@Tag], MultiRegion:b, "
     "XksKeyId:s1..128/^[a-zA-Z0-9_.-]+$/"},
    {"DeleteAlias", kms_delete_alias, ALIAS},
    {"DescribeKey", describe_key, KEY ", GrantTokens:[s1..8192]0..10"},
    {"DisableKey", kms_disable_key, KEY},
    {"DisableKeyRotation", kms_disable_key_rotation, KEY},
    {"EnableKey", kms_enable_key, KEY},
    {"EnableKeyRotation", kms_enable_key_rotation, KEY ", RotationPeriodInDays:i90..2560"},
    {"GetKeyPolicy", get_key_policy, KEY ", " POLICY_NAME},
    {"GetKeyRotationStatus", kms_get_key_rotation_status, KEY},
    {"ListAliases", kms_list_aliases, "KeyId:s1..2048, " PAGE},
    {"ListKeyPolicies", list_key_policies, KEY ", " PAGE},
    {"ListKeyRotations", kms_list_key_rotations,
     KEY ", IncludeKeyMaterial:e(ALL_KEY_MATERIAL|ROTATIONS_ONLY), " PAGE},
    {"ListKeys", list_keys, PAGE},
    {"ListResourceTags", list_resource_tags, KEY ", " PAGE},
    {"PutKeyPolicy", put_key_policy,
     KEY ", " POLICY_NAME ", Policy!:" POLICY ", BypassPolicyLockoutSafetyCheck:b"},
    {"ReplicateKey", kms_replicate_key,
     KEY ", ReplicaRegion!:" REGION ", Policy:" POLICY
         ", BypassPolicyLockoutSafetyCheck:b, Description:s0..8192, Tags:[@Tag]"},
    {"ScheduleKeyDeletion", kms_schedule_key_deletion, KEY ", PendingWindowInDays:i1..365"},
    {"TagResource", tag_resource, KEY ", Tags!:[@Tag]"},
    {"UntagResource", untag_resource, KEY ", TagKeys!:[s1..128]"},
    {"UpdateAlias", kms_update_alias, ALIAS ", TargetKeyId!:s1..2048"},
    {"UpdatePrimaryRegion", kms_update_primary_region, KEY ", PrimaryRegion!:" REGION},
};

static const char *const shapes[] = {"Tag={TagKey!:s1..128, TagValue!:s0..256}", NULL};

const struct sim_service sim_kms = {
    .service = SVC_KMS,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .shapes = shapes,
    .invalid_code = "ValidationException",
    .invalid_status = 400,
    .populate = kms_populate,
    .load = kms_load,
};
