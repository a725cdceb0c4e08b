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
#include "model/copy_support.h"

static json_t *input_key(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s}", "KeyId", q->target);
}

/* ReplicaKeys names the Regions but not their states: each is described in its own Region. */
static int ask_family(const struct answer_page *p, const json_t *metadata, struct err *err)
{
    const char *primary = jx_str(metadata, "MultiRegionConfiguration.PrimaryKey.Region");
    const char *id = jx_str_or(metadata, "KeyId", p->question->target);
    const struct question *q = p->question;
    if (primary && crawl_ask(p->crawl, "kms:DescribeKey", q->account, primary, id, err)) {
        return -1;
    }
    size_t i;
    json_t *replica;
    json_array_foreach(jx_get(metadata, "MultiRegionConfiguration.ReplicaKeys"), i, replica)
    {
        const char *region = jx_str(replica, "Region");
        if (region && crawl_ask(p->crawl, "kms:DescribeKey", q->account, region, id, err)) {
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

/* Whom to ask for a key: the account that owns it may always describe it. Of one that is no account
 * of ours, or was left out, the account that uses it may know. */
static int asked_of(struct crawl *crawl, const char *user, const char *owner, bool *ours,
                    struct err *err)
{
    json_t *member = NULL;
    if (store_get_entity(crawl->store, "account", "", "", owner, &member, NULL, err) ||
        (member == NULL &&
         store_get_entity(crawl->store, "tree-account", "", "", owner, &member, NULL, err))) {
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
    /* DynamoDB's list names no key; with advanced features none is needed. */
    if (!key_arn || copy_fully_managed(type, -1) || !arn_parse(key_arn, &parts) ||
        !arn_part_is(parts.service, "kms")) {
        return 0;
    }
    arn_part_copy(parts.account, owner, sizeof owner);
    arn_part_copy(parts.region, region, sizeof region);
    if (asked_of(p->crawl, user, owner, &ours, err)) {
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
    return crawl_keep(p, "source-key", q->account, q->region, q->target, metadata, err) ||
                   (readable &&
                    crawl_ask(p->crawl, "kms:GetKeyPolicy", q->account, q->region, q->target, err))
               ? -1
               : 0;
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
    if (!id) {
        return err_set(err, ERR_AWS, "DescribeKey answered without KeyMetadata.KeyId");
    }
    if (is_source_key(q->target)) {
        return keep_source_key(p, metadata, err);
    }
    if (crawl_keep(p, "key", q->account, q->region, id, metadata, err) ||
        (strncmp(q->target, "alias/", 6) == 0 && keep_alias(p, metadata, err)) ||
        ask_family(p, metadata, err) ||
        crawl_ask(p->crawl, "kms:GetKeyPolicy", q->account, q->region, id, err)) {
        return -1;
    }
    const char *type =
        jx_str_or(metadata, "MultiRegionConfiguration.MultiRegionKeyType", "PRIMARY");
    if (strcmp(type, "PRIMARY") == 0) {
        return crawl_ask(p->crawl, "kms:GetKeyRotationStatus", q->account, q->region, id, err);
    }
    return 0;
}

static json_t *input_policy(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s, s:s}", "KeyId", q->target, "PolicyName", "default");
}

static int keep_policy(const struct answer_page *p, struct err *err)
{
    const char *policy = jx_str(p->answer->json, "Policy");
    if (!policy) {
        return p->answer->class == ANSWER_NOT_FOUND
                   ? 0
                   : err_set(err, ERR_AWS, "GetKeyPolicy answered without Policy");
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
    {.operation = "kms:DescribeKey",
     .absence_is_answer = true,
     .absent_kind = "key-absent",
     .input = input_key,
     .keep = keep_key},
    {.operation = "kms:GetKeyPolicy",
     .absence_is_answer = true,
     .input = input_policy,
     .keep = keep_policy},
    {.operation = "kms:GetKeyRotationStatus",
     .as_management = true,
     .input = input_key,
     .keep = keep_rotation},
    {.operation = NULL},
};
