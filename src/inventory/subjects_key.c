/* Scope key: the backup key in every governed Region, found or missing, and its replicas elsewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "subjects_private.h"

struct family {
    const char *arn, *id; /* as the manifest names it; NULL when it names none */
    char *primary_region; /* NULL when the key was not found at home */
    char *primary_policy; /* its text, NULL when unread */
    json_t *replica_regions;
    json_t *use; /* {Region: {"vaults", "points"}}: what is encrypted with it there */
};

static void add_int(json_t *object, const char *key, long long more)
{
    set_int(object, key, jx_int(object, key, 0) + more);
}

static int note_use(void *context, const struct entity *e)
{
    struct family *f = context;
    const char *ignored = NULL;
    json_t *vault = jx_parse(e->json, e->json_length, &ignored);
    const char *key = jx_str(vault, "EncryptionKeyArn");
    if (key != NULL && str_equal(arn_name(key), f->id)) {
        json_t *here = json_object_get(f->use, e->region);
        if (here == NULL) {
            here = json_object();
            (void)json_object_set_new(f->use, e->region, here);
        }
        add_int(here, "vaults", 1);
        add_int(here, "points", jx_int(vault, "NumberOfRecoveryPoints", 0));
    }
    json_decref(vault);
    return 0;
}

struct regions {
    const struct visit *v;
    const char *id;
    json_t *list;
};

static int add_region(void *context, const struct entity *e)
{
    struct regions *r = context;
    if (r->id != NULL && strcmp(e->key, r->id) == 0) {
        list_text(r->list, e->region);
    }
    return 0;
}

static json_t *key_entity(struct visit *v, const char *kind, const struct family *f,
                          const char *region, int64_t *fact, bool *failed)
{
    *fact = 0;
    return f->id != NULL && region != NULL
               ? subject_entity(v, kind, v->s->cache->management, region, f->id, fact, failed)
               : NULL;
}

static void family_load(struct visit *v, struct family *f, bool *failed)
{
    int64_t fact = 0;
    f->arn = jx_str(v->s->backup, "kms_key_arn");
    f->id = f->arn != NULL ? arn_name(f->arn) : NULL;
    f->replica_regions = json_array();
    json_t *home = key_entity(v, "key", f, v->s->cache->home, &fact, failed);
    const char *primary = jx_str(home, "MultiRegionConfiguration.PrimaryKey.Region");
    if (home != NULL) {
        f->primary_region = xstrdup(primary != NULL ? primary : v->s->cache->home);
    }
    const json_t *replicas = jx_get(home, "MultiRegionConfiguration.ReplicaKeys");
    for (size_t i = 0; i < json_array_size(replicas); i++) {
        const char *region = jx_str(json_array_get(replicas, i), "Region");
        if (region != NULL) {
            list_text(f->replica_regions, region);
        }
    }
    sort_texts(f->replica_regions);
    json_t *policy = key_entity(v, "key-policy", f, f->primary_region, &fact, failed);
    f->primary_policy = xstrdup(jx_str(policy, "Policy"));
    f->use = json_object();
    if (f->id != NULL &&
        store_each_entity(v->s->store, "vault", NULL, NULL, note_use, f, v->err) < 0) {
        *failed = true;
    }
    json_decref(policy);
    json_decref(home);
}

static void family_release(struct family *f)
{
    free(f->primary_region);
    free(f->primary_policy);
    json_decref(f->replica_regions);
    json_decref(f->use);
}

static void set_date(json_t *document, const char *member, const json_t *value)
{
    char iso[TIME_ISO_SIZE];
    if (json_is_number(value)) {
        time_iso((int64_t)(json_number_value(value) * 1000.0), iso);
    }
    set_text(document, member, json_is_number(value) ? iso : json_string_value(value));
}

static void set_metadata(json_t *document, const json_t *key)
{
    static const struct {
        const char *member, *path;
    } texts[] = {{"arn", "Arn"},
                 {"state", "KeyState"},
                 {"manager", "KeyManager"},
                 {"owner", "AWSAccountId"},
                 {"usage", "KeyUsage"},
                 {"spec", "KeySpec"},
                 {"origin", "Origin"},
                 {"type", "MultiRegionConfiguration.MultiRegionKeyType"},
                 {"primary_region", "MultiRegionConfiguration.PrimaryKey.Region"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        set_text(document, texts[i].member, jx_str(key, texts[i].path));
    }
    set_bool(document, "enabled", str_equal(jx_str(key, "KeyState"), "Enabled"));
    set_bool(document, "multi_region", jx_bool(key, "MultiRegion"));
    set_date(document, "deletion_date", jx_get(key, "DeletionDate"));
    set_date(document, "valid_to", jx_get(key, "ValidTo"));
}

/* Each key's policy means that key, by its own ARN or by "*". */
static bool equals_primary(const struct family *f, const char *text, const char *arn)
{
    char *primary_arn = arn_in_region(f->arn, f->primary_region);
    char *here = key_policy_plain(text, arn);
    char *there = key_policy_plain(f->primary_policy, primary_arn);
    bool equal = policy_equal(here, there);
    free(primary_arn);
    free(here);
    free(there);
    return equal;
}

static void set_policy(struct visit *v, const struct family *f, const char *region, const char *arn,
                       json_t *document, bool *failed)
{
    struct policy_frame frame = v->s->frame;
    frame.resource = arn;
    int64_t fact = 0;
    json_t *entity = key_entity(v, "key-policy", f, region, &fact, failed);
    const char *text = jx_str(entity, "Policy");
    json_t *policy = key_policy_describe(text, &frame);
    bool comparable = text != NULL && arn != NULL && f->primary_policy != NULL;
    set_new(policy, "equals_primary",
            comparable ? json_boolean(equals_primary(f, text, arn)) : json_null());
    set_new(document, "policy", policy);
    subject_fact(document, fact);
    json_decref(entity);
}

static void set_rotation(struct visit *v, const struct family *f, const char *region,
                         json_t *document, bool *failed)
{
    int64_t fact = 0;
    json_t *rotation = key_entity(v, "key-rotation", f, region, &fact, failed);
    set_new(document, "rotation_enabled",
            rotation != NULL ? json_boolean(jx_bool(rotation, "KeyRotationEnabled")) : json_null());
    long long days = jx_int(rotation, "RotationPeriodInDays", 0);
    set_new(document, "rotation_period_days", days > 0 ? json_integer(days) : json_null());
    subject_fact(document, fact);
    json_decref(rotation);
}

static int emit_key(struct visit *v, const struct family *f, const char *region)
{
    const struct inventory_cache *d = v->s->cache;
    bool failed = false;
    int64_t fact = 0;
    char *expected = f->arn != NULL ? arn_in_region(f->arn, region) : NULL;
    json_t *key = key_entity(v, "key", f, region, &fact, &failed);
    char *name = xasprintf("%s in %s", f->id != NULL ? f->id : "backup key", region);
    const struct subject_identity who = {.key = region,
                                         .name = name,
                                         .region = region,
                                         .arn = jx_str_or(key, "Arn", expected),
                                         .account = inventory_cache_account(d, d->management)};
    json_t *document = subject_new(&who);
    if (key == NULL) {
        json_decref(key_entity(v, "key-absent", f, region, &fact, &failed));
    }
    subject_fact(document, fact);
    subject_fact(document, f->arn == NULL ? d->zone_fact : 0); /* which names no key */
    set_text(document, "region", region);
    set_bool(document, "configured", f->arn != NULL);
    set_bool(document, "present", key != NULL);
    set_bool(document, "is_home", str_equal(region, d->home));
    set_bool(document, "is_primary", str_equal(region, f->primary_region));
    set_bool(document, "governed", inventory_cache_governs(d, region));
    set_bool(document, "in_manifest", str_equal(expected, f->arn));
    set_text(document, "expected_arn", expected);
    set_metadata(document, key);
    set_policy(v, f, region, who.arn, document, &failed);
    set_rotation(v, f, region, document, &failed);
    set_new(document, "replica_regions", json_deep_copy(f->replica_regions));
    const json_t *use = json_object_get(f->use, region);
    set_int(document, "vaults_using", jx_int(use, "vaults", 0));
    set_int(document, "recovery_points_using", jx_int(use, "points", 0));
    if (!selection_is_whole(d)) {
        subject_leave_out(document, "backup:ListBackupVaults");
    }
    json_decref(key);
    free(expected);
    free(name);
    if (failed) {
        json_decref(document);
        return -1;
    }
    return subject_emit(v, document);
}

int scope_key(struct visit *v)
{
    const struct inventory_cache *d = v->s->cache;
    struct family f = {0};
    bool failed = false;
    family_load(v, &f, &failed);
    struct regions elsewhere = {.v = v, .id = f.id, .list = json_array()};
    int rc = failed ? -1
                    : store_each_entity(v->s->store, "key", d->management, NULL, add_region,
                                        &elsewhere, v->err);
    for (size_t i = 0; i < d->region_count; i++) {
        list_text(elsewhere.list, d->regions[i]);
    }
    for (size_t i = 0; i < json_array_size(f.replica_regions); i++) {
        (void)json_array_append(elsewhere.list, json_array_get(f.replica_regions, i));
    }
    sort_texts(elsewhere.list);
    if (rc == 0 && jx_list_has(elsewhere.list, d->home)) {
        rc = emit_key(v, &f, d->home);
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(elsewhere.list); i++) {
        const char *region = json_string_value(json_array_get(elsewhere.list, i));
        if (!str_equal(region, d->home)) {
            rc = emit_key(v, &f, region);
        }
    }
    json_decref(elsewhere.list);
    family_release(&f);
    return rc;
}
