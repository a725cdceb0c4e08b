/* S3: buckets, where they are, and their tags. One list of buckets for all Regions of an account.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/listing.h"

static void identify(struct making *m)
{
    snprintf(m->id, sizeof m->id, "%s", m->name);
    snprintf(m->arn, sizeof m->arn, "arn:%s:s3:::%s", sim_partition(m->sim), m->id);
}

static json_t *wire(const struct making *m)
{
    return json_pack("{s:s, s:o, s:s}", "Name", m->id, "CreationDate",
                     iso(hashed_birth_ms(m->sim, m->arn)), "BucketRegion", m->region);
}

const struct kind kind_s3 = {"s3", SVC_S3, "buckets", "s3", "S3", identify, wire};

/* NULL after a refusal. Everything but the location is asked of the bucket's own Region. */
static json_t *named_bucket(struct sim_call *call, bool anywhere)
{
    const char *name = jx_str_or(call->in, "Bucket", "");
    json_t *record =
        json_object_get(inventory_records(call->sim, &kind_s3, call->account, call->region), name);
    if (record == NULL) {
        sim_fail(call, 404, "NoSuchBucket", "The specified bucket does not exist");
        return NULL;
    }
    if (!anywhere && !str_equal(jx_str(record, "region"), call->region)) {
        sim_fail(call, 400, "AuthorizationHeaderMalformed",
                 "The authorization header is malformed; the region '%s' is wrong; expecting '%s'",
                 call->region, jx_str(record, "region"));
        return NULL;
    }
    return record;
}

int s3_fits(struct sim_call *call, const struct listing *what, const json_t *record)
{
    (void)what;
    const char *region = jx_str(call->in, "BucketRegion");
    return str_starts(jx_str_or(record, "id", ""), jx_str_or(call->in, "Prefix", "")) &&
           (region == NULL || str_equal(region, jx_str(record, "region")));
}

/* S3 tells the Region only to callers that ask for something. */
json_t *s3_bucket_row(struct sim_call *call, json_t *row)
{
    if (json_object_size(call->in) == 0) {
        json_object_del(row, "BucketRegion");
    }
    return row;
}

void s3_add_owner(struct sim_call *call)
{
    char owner[65];
    char *words = xasprintf("s3 owner|%s", call->account);
    sim_hash_id(call->sim, words, "0123456789abcdef", 64, owner);
    free(words);
    json_object_set_new(call->out, "Owner", json_pack("{s:s}", "ID", owner));
    jx_set_str(call->out, "Prefix", jx_str(call->in, "Prefix"));
}

static int get_location(struct sim_call *call)
{
    json_t *record = named_bucket(call, true);
    if (record == NULL) {
        return -1;
    }
    const char *region = jx_str_or(record, "region", "");
    /* the oldest Region has no name here */
    return json_object_set_new(call->out, "@text",
                               json_string(str_equal(region, "us-east-1") ? "" : region));
}

static int get_tagging(struct sim_call *call)
{
    json_t *record = named_bucket(call, false);
    if (record == NULL) {
        return -1;
    }
    const json_t *tags = json_object_get(record, "tags");
    if (json_object_size(tags) == 0) {
        return sim_fail(call, 404, "NoSuchTagSet", "The TagSet does not exist");
    }
    json_object_set_new(call->out, "TagSet", tags_list(tags, "Key", "Value"));
    return 0;
}

/* The new set replaces the old one. */
static int put_tagging(struct sim_call *call)
{
    static const struct tag_words words = {"Key", "Value", "InvalidTag", "BadRequest", 50};
    json_t *record = named_bucket(call, false);
    const json_t *list = jx_get(call->in, "Tagging.TagSet"), *tag;
    if (record == NULL || tags_check(call, list, NULL, &words) < 0) {
        return -1;
    }
    set_tags(call, record, list);
    json_t *fresh = json_object(), *value;
    size_t i;
    const char *key;
    void *next;
    json_array_foreach(list, i, tag)
    {
        json_object_set_new(fresh, jx_str_or(tag, "Key", ""), json_true());
    }
    json_object_foreach_safe(json_object_get(record, "tags"), next, key, value)
    {
        if (json_object_get(fresh, key) == NULL) {
            record_tag(call->sim, record, key, NULL);
        }
    }
    json_decref(fresh);
    return json_object_set_new(call->out, "@status", json_integer(204));
}

#define BUCKET "Bucket!:s3..63/^[a-zA-Z0-9._-]+$/"

static const struct sim_route routes[] = {
    {"GetBucketLocation", get_location, BUCKET},
    {"GetBucketTagging", get_tagging, BUCKET},
    {"ListBuckets", list_resources,
     "MaxBuckets:i1..10000, ContinuationToken:s0..1024, Prefix:s, BucketRegion:s"},
    {"PutBucketTagging", put_tagging,
     BUCKET ", Tagging!:{TagSet!:[{Key!:s1..128, Value!:s0..256}]}"},
};

const struct sim_service sim_s3 = {
    .service = SVC_S3,
    .holds_resources = true,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "InvalidArgument",
    .invalid_status = 400,
};
