/*
 * One row a service. Members are named as on the wire (aws/ops.h); each operation adds to what is
 * tagged or takes from it, except for S3's, which replaces the whole set.
 */
#include "service_tags.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/arn.h"

enum names { BY_ARN, BY_NAME };   /* the whole ARN, or what stands behind its last '/' or ':' */
enum removes { BY_KEY, BY_TAGS }; /* ["key"], or [{"Key": "key"}] */

struct service {
    const char *service; /* the ARN's; Aurora, Neptune and DocumentDB are RDS */
    const char *tag, *untag;
    const char *resource; /* the member that names the resource */
    enum names names;
    bool listed; /* that member is a list */
    const char *tags, *keys;
    enum removes removes;
};

static const struct service services[] = {
    {"ec2", "ec2:CreateTags", "ec2:DeleteTags", "ResourceId", BY_NAME, true, "Tag", "Tag", BY_TAGS},
    {"rds", "rds:AddTagsToResource", "rds:RemoveTagsFromResource", "ResourceName", BY_ARN, false,
     "Tags", "TagKeys", BY_KEY},
    {"dynamodb", "dynamodb:TagResource", "dynamodb:UntagResource", "ResourceArn", BY_ARN, false,
     "Tags", "TagKeys", BY_KEY},
    {"elasticfilesystem", "efs:TagResource", "efs:UntagResource", "ResourceId", BY_NAME, false,
     "Tags", "TagKeys", BY_KEY},
};

struct wanted {
    const struct making *m;
    const char *account, *region, *key, *value; /* value NULL: the tag goes */
};

static struct plan_call *call_of(const struct wanted *w, const char *operation, json_t *take_input)
{
    return call_new(w->m, operation, w->account, w->region, making_role(w->m, w->account),
                    take_input);
}

static json_t *tag_list(const struct wanted *w)
{
    return json_pack("[{s:o, s:s*}]", "Key", literal(w->key), "Value", w->value);
}

static struct plan_retry_call *retry_call_new(const char *arn, struct plan_call *take_send)
{
    struct plan_retry_call *call = xcalloc(1, sizeof *call);
    call->arn = xstrdup(arn);
    call->send = take_send;
    return call;
}

static struct plan_retry_call *own_call(const struct wanted *w, const struct service *s,
                                        const char *arn)
{
    json_t *input = json_object();
    json_t *name = literal(s->names == BY_ARN ? arn : arn_name(arn));
    bool tag = w->value != NULL;
    (void)json_object_set_new(input, s->resource, s->listed ? json_pack("[o]", name) : name);
    (void)json_object_set_new(input, tag ? s->tags : s->keys,
                              tag || s->removes == BY_TAGS ? tag_list(w)
                                                           : json_pack("[o]", literal(w->key)));
    return retry_call_new(arn, call_of(w, tag ? s->tag : s->untag, input));
}

/*
 * PutBucketTagging replaces all tags of a bucket, so what is there when it is sent is kept, AWS's
 * own ("aws:cloudformation:...") with it: S3 refuses a set without them. An empty set removes the
 * tags, by what users report; the documentation is silent, and the step's probe tells.
 */
static struct plan_retry_call *bucket_call(const struct wanted *w, const char *arn)
{
    const char *name = arn_name(arn);
    json_t *tags = w->value != NULL ? tag_list(w) : json_array();
    json_t *input = json_pack("{s:o, s:{s:o}}", "Bucket", literal(name), "Tagging", "TagSet", tags);
    struct plan_retry_call *call = retry_call_new(arn, call_of(w, "s3:PutBucketTagging", input));
    struct plan_merge *merge = xcalloc(1, sizeof *merge);
    merge->read = call_of(w, "s3:GetBucketTagging", json_pack("{s:o}", "Bucket", literal(name)));
    merge->list = xstrdup("TagSet");
    merge->into = xstrdup("Tagging.TagSet");
    merge->key = xstrdup("Key");
    merge->none_when = xstrdup("NoSuchTagSet");
    if (w->value == NULL) {
        json_t *key = literal(w->key);
        plan_strings_add(&merge->without, json_string_value(key));
        json_decref(key);
    }
    call->merge = merge;
    return call;
}

static struct plan_retry_call *call_for(const struct wanted *w, const char *arn)
{
    struct arn parts;
    if (!arn_parse(arn, &parts)) {
        return NULL;
    }
    if (arn_part_is(parts.service, "s3")) {
        return bucket_call(w, arn);
    }
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (arn_part_is(parts.service, services[i].service)) {
            return own_call(w, &services[i], arn);
        }
    }
    return NULL;
}

struct plan_retry *service_tags_new(const struct making *m, const char *account, const char *region,
                                    const json_t *arns, const char *key, const char *value)
{
    struct wanted w = {m, account, region, key, value};
    struct plan_retry *retry = xcalloc(1, sizeof *retry);
    retry->failed = xstrdup("FailedResourcesMap");
    for (size_t i = 0; i < json_array_size(arns); i++) {
        const char *arn = json_string_value(json_array_get(arns, i));
        struct plan_retry_call *call = call_for(&w, arn);
        if (call != NULL) {
            struct plan_retry_calls *calls = &retry->calls;
            calls->items = xreallocarray(calls->items, calls->count + 1, sizeof *calls->items);
            calls->items[calls->count++] = call;
        }
    }
    if (retry->calls.count == 0) {
        plan_retry_free(retry);
        return NULL;
    }
    return retry;
}
