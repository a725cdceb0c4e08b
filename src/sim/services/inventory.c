#include "services/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#define DAY_MS INT64_C(86400000)
#define BIRTH_BASE_MS INT64_C(1735689600000) /* 2025-01-01: births lie in the year before */

static const struct kind *const kinds[] = {&kind_ebs,           &kind_ec2,
                                           &kind_rds,           &kind_dynamodb,
                                           &kind_efs,           &kind_s3,
                                           &kind_rds_cluster,   &kind_fsx,
                                           &kind_fsx_volume,    &kind_eks,
                                           &kind_redshift,      &kind_redshift_serverless,
                                           &kind_dsql,          &kind_storage_gateway,
                                           &kind_cloudformation};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)
#define GENERATED_KINDS 7 /* the first ones; the others only where a world names them */

/* NULL when unknown. */
static const struct kind *kind_by_name(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (str_equal(kinds[i]->name, name)) {
            return kinds[i];
        }
    }
    return NULL;
}

/* S3 is one namespace for all Regions of an account. */
static const char *state_region(const struct kind *kind, const char *region)
{
    return kind->service == SVC_S3 ? "" : region;
}

static json_t *collection(json_t *state, const struct kind *kind)
{
    json_t *rows = json_object_get(state, kind->collection);
    if (rows == NULL) {
        rows = json_object();
        json_object_set_new(state, kind->collection, rows);
    }
    return rows;
}

json_t *inventory_add(struct sim *sim, const struct kind *kind, const char *account,
                      const char *region, json_t *state, const json_t *spec)
{
    struct making m = {.sim = sim, .account = account, .region = region, .spec = spec};
    m.name = jx_str_or(spec, "name", "");
    kind->identify(&m);
    const json_t *tags = json_object_get(spec, "tags");
    json_t *own_tags =
        json_is_object(tags) ? json_copy(json_object_get(spec, "tags")) : json_object();
    bool ever = json_object_size(own_tags) > 0 || jx_bool(spec, "ever_tagged");
    json_t *record = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:{}, s:o}", "arn", m.arn, "id",
                               m.id, "name", m.name, "region", region, "kind", kind->name, "tags",
                               own_tags, "ever", ever, "since", "wire", kind->wire(&m));
    json_object_set_new(collection(state, kind), m.id, record);
    return record;
}

char *managed_key(const struct making *m, const char *service)
{
    char id[37];
    char *words = xasprintf("kms|%s|%s|aws/%s", m->account, m->region, service);
    sim_hash_uuid(m->sim, words, id);
    free(words);
    return xasprintf("arn:%s:kms:%s:%s:key/%s", sim_partition(m->sim), m->region, m->account, id);
}

/* --- worlds --- */

static int check_resource(const json_t *spec, size_t index, struct err *err)
{
    const char *account = jx_str(spec, "account"), *region = jx_str(spec, "region");
    const char *type = jx_str(spec, "type"), *name = jx_str(spec, "name");
    if (!json_is_object(spec) || account == NULL || !str_is_account_id(account)) {
        return err_set(err, ERR_INPUT, "$.resources[%zu].account: expected 12 digits", index);
    }
    if (region == NULL || name == NULL) {
        return err_set(err, ERR_INPUT, "$.resources[%zu]: expected region and name", index);
    }
    if (type == NULL || kind_by_name(type) == NULL) {
        return err_set(
            err, ERR_INPUT,
            "$.resources[%zu].type: expected ebs, ec2, rds, rds-cluster, dynamodb, efs, s3, fsx, "
            "fsx-volume, eks, redshift, redshift-serverless, dsql, storage-gateway or "
            "cloudformation",
            index);
    }
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(spec, "tags"), key, value)
    {
        if (!json_is_string(value)) {
            return err_set(err, ERR_INPUT, "$.resources[%zu].tags.%s: expected a string (quote it)",
                           index, key);
        }
    }
    return 0;
}

int inventory_load(struct sim *sim, enum service service, const json_t *world, struct err *err)
{
    size_t i;
    const json_t *spec;
    json_array_foreach(json_object_get(world, "resources"), i, spec)
    {
        if (check_resource(spec, i, err) < 0) {
            return -1;
        }
        const struct kind *kind = kind_by_name(jx_str(spec, "type"));
        if (kind == NULL || kind->service != service) {
            continue;
        }
        const char *account = jx_str(spec, "account"), *region = jx_str(spec, "region");
        json_t *state = sim_state(sim, service, account, state_region(kind, region));
        inventory_add(sim, kind, account, region, state, spec);
    }
    return 0;
}

/* The backup key, which the whole organization may use, in a Region: what generated worlds encrypt
 * with. */
static json_t *shared_key(struct sim *sim, const char *region)
{
    const char *arn = jx_str(sim_ct_manifest(sim), "backup.configurations.kmsKeyArn");
    struct arn parts;
    return arn_split(arn, &parts) ? json_sprintf("arn:%s:kms:%s:%s:%s", parts.partition, region,
                                                 parts.account, parts.resource)
                                  : NULL;
}

/* One of twenty resources of a generated world has no tag, the others one of the four. */
static json_t *generated_spec(struct sim *sim, const char *region, const char *words,
                              const char *name)
{
    static const char *const tiers[] = {"daily", "daily", "weekly", "monthly", "hourly"};
    json_t *spec = json_pack("{s:s, s:{}}", "name", name, "tags");
    if (hashed_number(sim, words, 20) != 0) {
        char key[64];
        snprintf(key, sizeof key, "aws-control-tower-backup%s", tiers[hashed_number(sim, name, 5)]);
        json_object_set_new(json_object_get(spec, "tags"), key, json_string("true"));
        json_object_set_new(json_object_get(spec, "tags"), "Name", json_string(name));
    }
    json_t *shared = shared_key(sim, region);
    if (shared != NULL) {
        json_object_set_new(spec, "kms_key", shared);
    }
    return spec;
}

static void generate_in(struct sim *sim, enum service service, const char *account,
                        const char *region, long long count, json_t *state)
{
    for (long long i = 0; i < count; i++) {
        const struct kind *kind = kinds[(size_t)i % GENERATED_KINDS];
        if (kind->service != service) {
            continue;
        }
        char words[160], name[96], token[9];
        snprintf(words, sizeof words, "generated|%s|%s|%lld", account, region, i);
        sim_hash_id(sim, words, "abcdefghijklmnopqrstuvwxyz0123456789", 8, token);
        snprintf(name, sizeof name, "%s-%s-%s", kind->name, account, token);
        json_t *spec = generated_spec(sim, region, words, name);
        inventory_add(sim, kind, account, region, state, spec);
        json_decref(spec);
    }
}

void inventory_populate(struct sim *sim, enum service service, const char *account,
                        const char *region, json_t *state)
{
    long long count = sim_generated_resources(sim);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i]->service == service) {
            collection(state, kinds[i]);
        }
    }
    if (count <= 0 || !sim_generated_account(sim, account)) {
        return;
    }
    if (service != SVC_S3) {
        if (sim_ct_region_governed(sim, region)) {
            generate_in(sim, service, account, region, count, state);
        }
        return;
    }
    size_t i;
    const json_t *governed;
    json_array_foreach(jx_get(sim_ct_manifest(sim), "governedRegions"), i, governed)
    {
        generate_in(sim, service, account, json_string_value(governed), count, state);
    }
}

/* --- looking --- */

json_t *inventory_records(struct sim *sim, const struct kind *kind, const char *account,
                          const char *region)
{
    return collection(sim_state(sim, kind->service, account, state_region(kind, region)), kind);
}

json_t *sim_inventory(struct sim *sim, const char *account, const char *region)
{
    json_t *out = json_array();
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const char *id;
        json_t *record;
        json_object_foreach(inventory_records(sim, kinds[i], account, region), id, record)
        {
            if (!str_equal(jx_str(record, "region"), region)) {
                continue;
            }
            json_array_append_new(
                out,
                json_pack("{s:O, s:s, s:O, s:O, s:O, s:O, s:s, s:b}", "arn",
                          json_object_get(record, "arn"), "type", kinds[i]->tagging_type, "tags",
                          json_object_get(record, "tags"), "ever", json_object_get(record, "ever"),
                          "name", json_object_get(record, "name"), "since",
                          json_object_get(record, "since"), "backup_type", kinds[i]->backup_type,
                          "member",
                          jx_get(record, "wire.DBClusterIdentifier") != NULL &&
                              kinds[i] == &kind_rds));
        }
    }
    return out;
}

/* The kinds that an ARN of this service and resource can be: "volume/vol-1" -> ebs. */
static const struct {
    const char *service, *prefix;
    const struct kind *kind;
    bool nested; /* the ID stands behind the last '/' */
} arn_forms[] = {
    {"ec2", "volume/", &kind_ebs, false},
    {"ec2", "instance/", &kind_ec2, false},
    {"rds", "db:", &kind_rds, false},
    {"rds", "cluster:", &kind_rds_cluster, false},
    {"dynamodb", "table/", &kind_dynamodb, false},
    {"elasticfilesystem", "file-system/", &kind_efs, false},
    {"s3", "", &kind_s3, false},
    {"fsx", "file-system/", &kind_fsx, false},
    {"fsx", "volume/", &kind_fsx_volume, true},
    {"eks", "cluster/", &kind_eks, false},
    {"redshift", "cluster:", &kind_redshift, false},
    {"redshift-serverless", "namespace/", &kind_redshift_serverless, false},
    {"dsql", "cluster/", &kind_dsql, false},
    {"storagegateway", "gateway/", &kind_storage_gateway, true},
    {"cloudformation", "stack/", &kind_cloudformation, false},
};

json_t *inventory_find(struct sim *sim, const char *account, const char *region, const char *text,
                       const struct kind **kind)
{
    struct arn arn;
    if (!arn_split(text, &arn)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof arn_forms / sizeof *arn_forms; i++) {
        size_t length = strlen(arn_forms[i].prefix);
        if (!str_equal(arn.service, arn_forms[i].service) ||
            !str_starts(arn.resource, arn_forms[i].prefix)) {
            continue;
        }
        const char *id =
            arn_forms[i].nested ? strrchr(arn.resource, '/') + 1 : arn.resource + length;
        json_t *record =
            json_object_get(inventory_records(sim, arn_forms[i].kind, account, region), id);
        if (record == NULL || !str_equal(jx_str(record, "arn"), text) ||
            !str_equal(jx_str(record, "region"), region)) {
            return NULL;
        }
        if (kind != NULL) {
            *kind = arn_forms[i].kind;
        }
        return record;
    }
    return NULL;
}

void record_tag(struct sim *sim, json_t *record, const char *key, const char *value)
{
    json_t *tags = json_object_get(record, "tags"), *since = json_object_get(record, "since");
    if (value == NULL) {
        json_object_del(since, key); /* first: the key may be the tag's own */
        json_object_del(tags, key);
        return;
    }
    if (!str_equal(json_string_value(json_object_get(tags, key)), value)) {
        json_object_set_new(since, key, json_integer(sim_now_ms(sim)));
    }
    json_object_set_new(tags, key, json_string(value));
    json_object_set_new(record, "ever", json_true());
}

bool sim_inventory_tag(struct sim *sim, const char *account, const char *region, const char *arn,
                       const char *key, const char *value)
{
    json_t *record = inventory_find(sim, account, region, arn, NULL);
    if (record != NULL) {
        record_tag(sim, record, key, value);
    }
    return record != NULL;
}

/* --- small things --- */

json_t *tags_list(const json_t *tags, const char *key_name, const char *value_name)
{
    json_t *list = json_array();
    json_t *copy = json_copy((json_t *)(uintptr_t)tags);
    const char *key;
    json_t *value;
    json_object_foreach(copy, key, value)
    {
        json_array_append_new(list, json_pack("{s:s, s:O}", key_name, key, value_name, value));
    }
    json_decref(copy);
    return list;
}

int tags_check(struct sim_call *call, const json_t *list, const json_t *have,
               const struct tag_words *words)
{
    size_t i, j, fresh = 0;
    const json_t *tag, *other;
    json_array_foreach(list, i, tag)
    {
        const char *key = json_string_value(json_object_get(tag, words->key));
        if (key == NULL || key[0] == '\0') {
            return sim_fail(call, 400, words->code, "A tag needs a key");
        }
        if ((key[0] | 32) == 'a' && (key[1] | 32) == 'w' && (key[2] | 32) == 's' && key[3] == ':') {
            return sim_fail(call, 400, words->code,
                            "Tag keys beginning with 'aws:' are reserved for system use");
        }
        json_array_foreach(list, j, other)
        {
            if (j < i && str_equal(key, json_string_value(json_object_get(other, words->key)))) {
                return sim_fail(call, 400, words->code, "Duplicate tag keys found: '%s'", key);
            }
        }
        fresh += json_object_get(have, key) == NULL ? 1 : 0;
    }
    if (fresh + json_object_size(have) > words->most) {
        return sim_fail(call, 400, words->limit_code, "A resource can have at most %zu tags",
                        words->most);
    }
    return 0;
}

static const char *arn_part(const char *s, char *out, size_t size, char stop)
{
    size_t length = stop == '\0' ? strlen(s) : strcspn(s, ":");
    if (length >= size || (stop != '\0' && s[length] != ':')) {
        return NULL;
    }
    memcpy(out, s, length);
    out[length] = '\0';
    return s + length + (stop != '\0' ? 1 : 0);
}

bool arn_split(const char *s, struct arn *out)
{
    memset(out, 0, sizeof *out);
    if (s == NULL || !str_starts(s, "arn:")) {
        return false;
    }
    s = arn_part(s + 4, out->partition, sizeof out->partition, ':');
    s = s != NULL ? arn_part(s, out->service, sizeof out->service, ':') : NULL;
    s = s != NULL ? arn_part(s, out->region, sizeof out->region, ':') : NULL;
    s = s != NULL ? arn_part(s, out->account, sizeof out->account, ':') : NULL;
    s = s != NULL ? arn_part(s, out->resource, sizeof out->resource, '\0') : NULL;
    return s != NULL && out->partition[0] != '\0' && out->service[0] != '\0' &&
           out->resource[0] != '\0';
}

int64_t input_time_ms(const json_t *in, const char *member, int64_t otherwise)
{
    const json_t *value = json_object_get(in, member);
    int64_t ms = 0;
    if (json_is_number(value)) {
        return (int64_t)(json_number_value(value) * 1000.0);
    }
    if (json_is_string(value) && time_parse_iso(json_string_value(value), &ms)) {
        return ms;
    }
    return otherwise;
}

json_t *epoch(int64_t ms)
{
    return json_real((double)ms / 1000.0);
}

json_t *iso(int64_t ms)
{
    char seconds[TIME_ISO_SIZE], out[TIME_ISO_SIZE + 8];
    time_iso(ms, seconds);
    snprintf(out, sizeof out, "%.19s.%03dZ", seconds, (int)(ms % 1000));
    return json_string(out);
}

unsigned hashed_number(const struct sim *sim, const char *words, unsigned below)
{
    char hex[8];
    sim_hash_id(sim, words, "0123456789abcdef", 7, hex);
    unsigned value = 0;
    for (size_t i = 0; i < 7; i++) {
        value = value * 16U + (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    }
    return value % below;
}

int64_t hashed_birth_ms(const struct sim *sim, const char *words)
{
    return BIRTH_BASE_MS - (int64_t)hashed_number(sim, words, 31536000U) * 1000;
}
