/* Scope landing-zone: one document, also when there is nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/manifest.h"
#include "subjects_private.h"

struct operations {
    json_t *running;
    json_t *last; /* the newest, or NULL */
    long long position;
    json_t *document;
};

static int note_operation(void *context, const struct entity *e)
{
    struct operations *o = context;
    const char *problem = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    const char *status = jx_str_or(row, "details.status", jx_str_or(row, "status", ""));
    long long position = jx_int(row, "position", 0);
    if (str_equal(status, "IN_PROGRESS")) {
        list_text(o->running, e->key);
    }
    if (o->last == NULL || position < o->position) {
        json_decref(o->last);
        o->position = position;
        o->last = json_object();
        set_text(o->last, "id", e->key);
        set_text(o->last, "type",
                 jx_str_or(row, "details.operationType", jx_str(row, "operationType")));
        set_text(o->last, "status", status);
        set_text(o->last, "message", jx_str(row, "details.statusMessage"));
    }
    subject_fact(o->document, e->fact);
    json_decref(row);
    return 0;
}

static const char *target_name(const struct inventory_cache *d, const char *target_id)
{
    const struct unit *u = tree_find(d->tree, target_id);
    const struct account *m = inventory_cache_account(d, target_id);
    return u != NULL ? u->path : m != NULL && m->name[0] != '\0' ? m->name : target_id;
}

static json_t *under_change(const struct inventory_cache *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->baseline_count; i++) {
        if (str_equal(d->baselines[i]->status, "UNDER_CHANGE")) {
            char *words = xasprintf("%s on %s", d->baselines[i]->name,
                                    target_name(d, d->baselines[i]->target_id));
            list_text(list, words);
            free(words);
        }
    }
    sort_texts(list);
    return list;
}

/* The two backup accounts and their states; an account that was not listed has none. */
static json_t *backup_accounts(const struct inventory_cache *d)
{
    const char *const ids[] = {d->admin, d->central};
    static const char *const names[][2] = {{"backup_admin", "backup_admin_state"},
                                           {"central_backup", "central_backup_state"}};
    json_t *accounts = json_object();
    for (size_t i = 0; i < 2; i++) {
        const struct account *m = ids[i] != NULL ? inventory_cache_account(d, ids[i]) : NULL;
        jx_set_str(accounts, names[i][0], ids[i]);
        if (m != NULL && m->listed) {
            jx_set_str(accounts, names[i][1], m->state);
        }
    }
    return accounts;
}

static void set_manifest(struct visit *v, json_t *document)
{
    const struct inventory_cache *d = v->s->cache;
    const json_t *manifest = jx_get(d->zone, "manifest");
    const char *version = jx_str(d->zone, "version");
    json_t *regions = json_array();
    const json_t *governed = jx_get(manifest, "governedRegions");
    for (size_t i = 0; i < json_array_size(governed); i++) {
        list_text(regions, jx_str_or(json_array_get(governed, i), "", "?"));
    }
    sort_texts(regions);
    set_bool(document, "home_governed", jx_list_has(regions, d->home));
    set_new(document, "governed_regions", regions);
    set_new(document, "manifest", manifest != NULL ? json_deep_copy(manifest) : json_object());
    set_new(document, "backup", json_deep_copy(v->s->backup));
    set_new(document, "accounts", backup_accounts(d));
    set_bool(document, "config_enabled", manifest_section_enabled(manifest, version, "config"));
    set_bool(document, "security_roles_enabled",
             manifest_section_enabled(manifest, version, "securityRoles"));
    set_new(document, "schema_problems",
            d->zone != NULL ? manifest_problems(manifest, version) : json_array());
}

/* State as ListAccounts has it; null when the account is not in the organization. */
static json_t *zone_accounts(const struct inventory_cache *d)
{
    const struct {
        const char *member, *state, *id;
    } accounts[] = {{"backup_admin", "backup_admin_state", d->admin},
                    {"central_backup", "central_backup_state", d->central}};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        const struct account *m = inventory_cache_account(d, accounts[i].id);
        set_text(out, accounts[i].member, accounts[i].id);
        set_text(out, accounts[i].state,
                 m != NULL && m->listed && m->state[0] != '\0' ? m->state : NULL);
    }
    return out;
}

/* --- its roles and keys, and where it left no vault --- */

struct attached { /* policies of one role */
    json_t *document, *list;
    const char *role;
};

static int add_attached(void *context, const struct entity *e)
{
    struct attached *g = context;
    size_t length = strlen(g->role);
    if (strncmp(e->key, g->role, length) == 0 && e->key[length] == ' ') {
        const char *slash = strrchr(e->key, '/');
        list_text(g->list, slash != NULL ? slash + 1 : e->key + length + 1);
        subject_fact(g->document, e->fact);
    }
    return 0;
}

static int set_cloudtrail_role(struct visit *v, json_t *document, bool *failed)
{
    static const char name[] = "AWSControlTowerCloudTrailRole";
    struct attached g = {.document = document, .list = json_array(), .role = name};
    json_t *role = role_document(v, name, document, failed);
    int rc = store_each_entity(v->s->store, "role-policy", v->s->cache->management, NULL,
                               add_attached, &g, v->err);
    sort_texts(g.list);
    set_new(role, "policies", g.list);
    set_new(document, "cloudtrail_role", role);
    return rc < 0 ? -1 : 0;
}

/* Keys that the landing zone has for itself: of the organization's trail and of AWS Config. */
static void set_service_keys(struct visit *v, json_t *document, bool *failed)
{
    static const char *const sections[] = {"centralizedLogging", "config"};
    const struct inventory_cache *d = v->s->cache;
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char path[96];
        int64_t fact = 0;
        (void)snprintf(path, sizeof path, "manifest.%s.configurations.kmsKeyArn", sections[i]);
        const char *arn = jx_str(d->zone, path);
        const char *slash = arn != NULL ? strrchr(arn, '/') : NULL;
        if (arn == NULL || arn[0] == '\0') {
            continue;
        }
        json_t *key = subject_entity(v, "key", d->management, d->home,
                                     slash != NULL ? slash + 1 : arn, &fact, failed);
        json_t *one = json_object();
        set_text(one, "section", sections[i]);
        set_text(one, "arn", arn);
        set_bool(one, "is_backup_key", str_equal(arn, jx_str(v->s->backup, "kms_key_arn")));
        set_bool(one, "present", key != NULL);
        set_new(one, "multi_region",
                key != NULL ? json_boolean(jx_bool(key, "MultiRegion")) : json_null());
        subject_fact(document, fact);
        (void)json_array_append_new(list, one);
        json_decref(key);
    }
    set_new(document, "service_keys", list);
}

struct empty_regions { /* governed Regions in which no local vault was seen yet */
    const struct inventory_cache *d;
    bool *seen;
    size_t missing;
};

static int note_vault(void *context, const struct entity *e)
{
    struct empty_regions *r = context;
    for (size_t i = 0; vault_is_local(e->key) && i < r->d->region_count; i++) {
        if (!r->seen[i] && strcmp(r->d->regions[i], e->region) == 0) {
            r->seen[i] = true;
            r->missing--;
        }
    }
    return r->missing == 0 ? 1 : 0;
}

/* A Region is not called empty where vaults could not be listed. 0 or -1. */
static int hide_vaults(struct visit *v, json_t *document)
{
    static const char *const lists[][2] = {{"backup:ListBackupVaults", NULL},
                                           {"sts:AssumeRole", NULL}};
    char text[GAP_TEXT_SIZE];
    int found = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && found >= 0; i++) {
        found = subjects_gap(v, lists[i], text);
        if (found > 0) {
            subject_hide(document, lists[i][0], text);
        }
    }
    return found < 0 ? -1 : 0;
}

static int set_empty_regions(struct visit *v, json_t *document)
{
    const struct inventory_cache *d = v->s->cache;
    struct empty_regions r = {.d = d, .seen = xcalloc(d->region_count + 1, sizeof(bool))};
    json_t *list = json_array();
    size_t left_out = 0;
    for (size_t i = 0; i < d->region_count; i++) {
        r.seen[i] = d->region_left_out[i];
        r.missing += r.seen[i] ? 0 : 1;
        left_out += r.seen[i] ? 1 : 0;
    }
    int rc = r.missing > 0
                 ? store_each_entity(v->s->store, "vault", NULL, NULL, note_vault, &r, v->err)
                 : 0;
    for (size_t i = 0; i < d->region_count; i++) {
        if (!r.seen[i]) {
            list_text(list, d->regions[i]);
        }
    }
    free(r.seen);
    set_new(document, "regions_without_local_vault", list);
    bool none = json_array_size(list) == 0;
    if (none ? left_out > 0 : selection_leaves_out_accounts(d)) {
        subject_leave_out(document, "backup:ListBackupVaults");
    }
    if (rc >= 0 && json_array_size(list) > 0) {
        rc = hide_vaults(v, document);
    }
    return rc < 0 ? -1 : 0;
}

static int set_surroundings(struct visit *v, json_t *document)
{
    const json_t *types = jx_get(v->s->cache->zone, "remediationTypes");
    bool failed = false;
    char gap[GAP_TEXT_SIZE];
    int unlisted = accounts_gap(v, gap);
    if (unlisted > 0) {
        subject_hide(document, "organizations:ListAccounts", gap);
    }
    set_new(document, "remediation_types",
            json_is_array(types) ? json_deep_copy(types) : json_array());
    set_service_keys(v, document, &failed);
    return unlisted < 0 || set_cloudtrail_role(v, document, &failed) != 0 || failed ||
                   set_empty_regions(v, document) != 0
               ? -1
               : 0;
}

json_t *landing_zone_document(struct visit *v)
{
    const struct inventory_cache *d = v->s->cache;
    const char *version = jx_str(d->zone, "version");
    const char *arn = jx_str(d->zone, "arn");
    const struct subject_identity who = {.key = "landing-zone",
                                         .name = "Landing zone",
                                         .region = d->home,
                                         .arn = arn,
                                         .account = inventory_cache_account(d, d->management),
                                         .ou_path = ""};
    json_t *document = subject_new(&who);
    subject_fact(document, d->zone_fact);
    set_bool(document, "present", d->zone != NULL);
    set_text(document, "arn", arn);
    set_text(document, "version", version);
    set_new(document, "version_number",
            version != NULL ? json_real(strtod(version, NULL)) : json_null());
    set_text(document, "latest_version", jx_str(d->zone, "latestAvailableVersion"));
    set_text(document, "status", jx_str(d->zone, "status"));
    set_text(document, "drift", jx_str(d->zone, "driftStatus.status"));
    set_text(document, "home_region", d->home);
    set_manifest(v, document);
    set_new(document, "under_change", under_change(d));
    set_new(document, "accounts", zone_accounts(d));
    struct operations o = {.running = json_array(), .document = document};
    int rc = store_each_entity(v->s->store, "landing-zone-operation", NULL, NULL, note_operation,
                               &o, v->err);
    sort_texts(o.running);
    set_new(document, "running_operations", o.running);
    set_new(document, "last_operation", o.last);
    if (rc != 0 || set_surroundings(v, document) != 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}

int scope_landing_zone(struct visit *v)
{
    return v->each(v->context, v->s->zone);
}
