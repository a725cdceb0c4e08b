/*
 * KMS: the backup key and its family, read in the management account, Region by Region; and the
 * keys that encrypt resources whose copies need them, asked once an account and Region, by ARN.
 */
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "crawl.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "model/support.h"

/* ReplicaKeys names the Regions but not their states: each is described in its own Region. */
static int ask_family(const struct answer_page *p, const json_t *metadata, struct err *err)
{
    const char *primary = jx_str(metadata, "MultiRegionConfiguration.PrimaryKey.Region");
    const char *id = jx_str_or(metadata, "KeyId", p->question->target);
    const struct question *q = p->question;
    if (primary != NULL &&
        crawl_ask(p->crawl, "kms:DescribeKey", q->account, primary, id, err) != 0) {
        return -1;
    }
    size_t i;
    json_t *replica;
    json_array_foreach(jx_get(metadata, "MultiRegionConfiguration.ReplicaKeys"), i, replica)
    {
        const char *region = jx_str(replica, "Region");
        if (region != NULL &&
            crawl_ask(p->crawl, "kms:DescribeKey", q->account, region, id, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The backup key is asked by its id, a resource's key by its ARN. */
static bool is_source_key(const char *target)
{
    return str_starts(target, "arn:");
}

/* Which account to ask for a key: its owner may always describe it. Where the owner is not an
 * account of the organization, or was left out, the account that uses the key may know. */
static int asked_of(struct crawl *crawl, const char *user, const char *owner, bool *ours,
                    struct err *err)
{
    json_t *member = NULL;
    if (store_get_entity(crawl->store, "account", "", "", owner, &member, NULL, err) != 0 ||
        (member == NULL &&
         store_get_entity(crawl->store, "tree-account", "", "", owner, &member, NULL, err) != 0)) {
        return -1;
    }
    *ours = strcmp(user, owner) == 0 || (member != NULL && crawl_wants_account(crawl, owner));
    json_decref(member);
    return 0;
}

int source_key_ask(const struct answer_page *p, const char *type, const char *key_arn,
                   struct err *err)
{
    struct arn parts;
    char owner[16], region[40];
    bool ours = false;
    const char *user = p->question->account;
    const json_t *table = json_object_get(p->crawl->options->config->document, SUPPORT_MEMBER);
    /* DynamoDB's list names no key; with advanced features none is needed. */
    if (key_arn == NULL || support_encrypts_copies(table, type, -1) ||
        !arn_parse(key_arn, &parts) || !arn_part_is(parts.service, "kms")) {
        return 0;
    }
    arn_part_copy(parts.account, owner, sizeof owner);
    arn_part_copy(parts.region, region, sizeof region);
    if (asked_of(p->crawl, user, owner, &ours, err) != 0) {
        return -1;
    }
    return crawl_ask(p->crawl, "kms:DescribeKey", ours ? owner : user, region, key_arn, err);
}

/* A customer's key is shared by its policy, which only its own account may read. */
static int keep_source_key(const struct answer_page *p, const json_t *metadata, struct err *err)
{
    const struct question *q = p->question;
    const char *owner = jx_str_or(metadata, "AWSAccountId", q->account);
    bool readable = strcmp(jx_str_or(metadata, "KeyManager", ""), "CUSTOMER") == 0 &&
                    strcmp(owner, q->account) == 0;
    int rc = crawl_keep(p, "source-key", q->account, q->region, q->target, metadata, err);
    return rc == 0 && readable
               ? crawl_ask(p->crawl, "kms:GetKeyPolicy", q->account, q->region, q->target, err)
               : rc;
}

/* An alias that was asked for: whose it is. */
static int keep_alias(const struct answer_page *p, const json_t *metadata, struct err *err)
{
    const struct question *q = p->question;
    json_t *document = json_pack("{s:O?, s:O?, s:O?}", "KeyId", json_object_get(metadata, "KeyId"),
                                 "Arn", json_object_get(metadata, "Arn"), "KeyState",
                                 json_object_get(metadata, "KeyState"));
    int rc = crawl_keep(p, "key-alias", q->account, q->region, q->target, document, err);
    json_decref(document);
    return rc;
}

int ask_tagged_key(const struct answer_page *p, const char *arn, const json_t *row, struct err *err)
{
    const struct question *q = p->question;
    bool key = strcmp(q->account, p->crawl->management) == 0 && strstr(arn, ":kms:") != NULL &&
               key_tags_are_ours(json_object_get(row, "Tags"));
    return key ? crawl_ask(p->crawl, "kms:DescribeKey", q->account, q->region, arn_tail(arn), err)
               : 0;
}

static int keep_key(const struct answer_page *p, struct err *err)
{
    const struct question *q = p->question;
    const json_t *metadata = jx_get(p->answer->json, "KeyMetadata");
    const char *id = jx_str(metadata, "KeyId");
    if (id == NULL) {
        return err_set(err, ERR_AWS, "DescribeKey returned no KeyMetadata.KeyId");
    }
    if (is_source_key(q->target)) {
        return keep_source_key(p, metadata, err);
    }
    if (crawl_keep(p, "key", q->account, q->region, id, metadata, err) != 0 ||
        (strncmp(q->target, "alias/", 6) == 0 && keep_alias(p, metadata, err) != 0) ||
        ask_family(p, metadata, err) != 0 ||
        crawl_ask(p->crawl, "kms:GetKeyPolicy", q->account, q->region, id, err) != 0) {
        return -1;
    }
    const char *type =
        jx_str_or(metadata, "MultiRegionConfiguration.MultiRegionKeyType", "PRIMARY");
    if (strcmp(type, "PRIMARY") == 0) {
        return crawl_ask(p->crawl, "kms:GetKeyRotationStatus", q->account, q->region, id, err);
    }
    return 0;
}

static int keep_policy(const struct answer_page *p, struct err *err)
{
    const char *policy = jx_str(p->answer->json, "Policy");
    if (policy == NULL) {
        return p->answer->class == ANSWER_NOT_FOUND
                   ? 0
                   : err_set(err, ERR_AWS, "GetKeyPolicy returned no Policy");
    }
    json_t *document = json_pack("{s:s}", "Policy", policy);
    int rc = crawl_keep(p, "key-policy", p->question->account, p->question->region,
                        p->question->target, document, err);
    json_decref(document);
    return rc;
}

static int keep_rotation(const struct answer_page *p, struct err *err)
{
    return crawl_keep(p, "key-rotation", p->question->account, p->question->region,
                      p->question->target, p->answer->json, err);
}

const struct collector key_collectors[] = {
    {.phase = PHASE_ORGANIZATION,
     .operation = "kms:DescribeKey",
     .asks = {"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"},
     .keeps = {"key", "key-alias", "source-key"},
     .absence_is_answer = true,
     .absent_kind = "key-absent",
     .target = "KeyId",
     .keep = keep_key},
    {.phase = PHASE_ORGANIZATION,
     .operation = "kms:GetKeyPolicy",
     .keeps = {"key-policy"},
     .absence_is_answer = true,
     .target = "KeyId",
     .with = {{"PolicyName", "default"}},
     .keep = keep_policy},
    {.phase = PHASE_ORGANIZATION,
     .operation = "kms:GetKeyRotationStatus",
     .keeps = {"key-rotation"},
     .as_management = true,
     .target = "KeyId",
     .keep = keep_rotation},
    {.operation = NULL},
};

/* --- what the phase of the organization asks --- */

static int ask_key(struct crawl *crawl, const char *region, const char *id, struct err *err)
{
    return id != NULL && *id != '\0'
               ? crawl_ask(crawl, "kms:DescribeKey", crawl->management, region, id, err)
               : 0;
}

/* Without a key that the landing zone names: the key that has or had its alias, and the key that an
 * earlier run knew. A teardown deletes it, and an alias names one key at a time. */
static int ask_former_keys(struct crawl *crawl, struct err *err)
{
    const char *alias = jx_str(crawl->options->config->document, "key.alias");
    const char *known = crawl->options->backup_key;
    for (size_t i = 0; i < crawl->governed_count; i++) {
        const char *region = crawl->governed[i];
        if (ask_key(crawl, region, alias, err) != 0 ||
            ask_key(crawl, region, arn_tail(known), err) != 0) {
            return -1;
        }
    }
    return known != NULL ? store_meta_set(crawl->store, "backup_key", known, err) : 0;
}

/* The key is looked for in every governed Region, so that a missing replica is an answer and not an
 * omission. */
static int ask_backup_key(struct crawl *crawl, struct err *err)
{
    if (crawl->backup_key == NULL || *crawl->backup_key == '\0') {
        return ask_former_keys(crawl, err);
    }
    int rc = ask_key(crawl, crawl->home, crawl->backup_key, err);
    for (size_t i = 0; rc == 0 && i < crawl->governed_count; i++) {
        rc = ask_key(crawl, crawl->governed[i], crawl->backup_key, err);
    }
    return rc;
}

int keys_ask(struct crawl *crawl, struct err *err)
{
    int rc = ask_backup_key(crawl, err);
    /* Keys that the landing zone has for itself must not be the backup key. */
    for (size_t i = 0; rc == 0 && i < sizeof crawl->service_keys / sizeof crawl->service_keys[0];
         i++) {
        rc = ask_key(crawl, crawl->home, crawl->service_keys[i], err);
    }
    return rc;
}
