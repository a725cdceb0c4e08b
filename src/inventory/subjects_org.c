/* Scopes org and landing-zone: one document each, also when there is nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/baseline.h"
#include "model/manifest.h"
#include "subjects_private.h"

struct collecting {
    struct visit *v;
    json_t *into; /* a list, or an object */
    json_t *document;
};

static int add_key(void *context, const struct entity *e)
{
    struct collecting *c = context;
    list_text(c->into, e->key);
    subject_fact(c->document, e->fact);
    return 0;
}

static int add_policy_types(void *context, const struct entity *e)
{
    struct collecting *c = context;
    const char *problem = NULL;
    json_t *root = jx_parse(e->json, e->json_length, &problem);
    const json_t *types = jx_get(root, "PolicyTypes");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *type = json_array_get(types, i);
        set_text(c->into, jx_str_or(type, "Type", "?"), jx_str_or(type, "Status", ""));
    }
    subject_fact(c->document, e->fact);
    json_decref(root);
    return 0;
}

/* The sorted keys of all entities of a kind. */
static int set_keys(struct visit *v, json_t *document, const char *member, const char *kind)
{
    struct collecting c = {.v = v, .into = json_array(), .document = document};
    int result = store_each_entity(v->s->store, kind, NULL, NULL, add_key, &c, v->err);
    sort_texts(c.into);
    set_new(document, member, c.into);
    return result;
}

static void set_accounts(const struct inventory_cache *d, json_t *document)
{
    size_t active = 0;
    size_t listed = 0;
    json_t *differ = json_array();
    for (size_t i = 0; i < d->account_count; i++) {
        const struct account *m = d->accounts[i];
        listed += m->listed ? 1 : 0;
        active += m->listed && str_equal(m->state, "ACTIVE") ? 1 : 0;
        if (m->path_differs || m->listed != m->in_tree) {
            list_text(differ, m->id);
        }
    }
    set_int(document, "accounts_total", (long long)listed);
    set_int(document, "accounts_active", (long long)active);
    set_new(document, "path_mismatches", differ);
}

static void set_delegates(struct visit *v, json_t *document)
{
    const json_t *delegated = json_object_get(document, "delegated_admins");
    json_t *unexpected = json_array();
    for (size_t i = 0; i < json_array_size(delegated); i++) {
        const char *id = json_string_value(json_array_get(delegated, i));
        if (!str_equal(id, v->s->cache->admin) &&
            !config_names(v->s->config, "delegated_administrators", id)) {
            list_text(unexpected, id);
        }
    }
    set_new(document, "unexpected_delegated_admins", unexpected);
}

static void set_settings(json_t *document, const json_t *settings)
{
    const json_t *map = jx_get(settings, "GlobalSettings");
    set_new(document, "global_settings", json_is_object(map) ? json_deep_copy(map) : json_object());
}

/* What the organization lets its backup administrator do with backup policies. */
static void set_delegation(struct visit *v, json_t *document, bool *failed)
{
    const struct inventory_cache *d = v->s->cache;
    int64_t fact = 0;
    json_t *policy = subject_entity(v, "resource-policy", "", "", "", &fact, failed);
    if (policy == NULL) {
        json_decref(
            subject_entity(v, "resource-policy-absent", d->management, d->home, "", &fact, failed));
    }
    set_new(document, "policy_delegation",
            delegation_policy_describe(jx_str(policy, "Content"), d->admin, &v->s->frame));
    subject_fact(document, fact);
    json_decref(policy);
}

json_t *org_document(struct visit *v)
{
    const struct inventory_cache *d = v->s->cache;
    bool failed = false;
    int64_t facts[3] = {0};
    json_t *organization =
        subject_entity(v, "organization", "", "", d->organization_id, &facts[0], &failed);
    json_t *caller =
        subject_entity(v, "caller", d->management, "", d->management, &facts[1], &failed);
    json_t *settings =
        subject_entity(v, "global-settings", d->management, "", "", &facts[2], &failed);
    const struct account *management = inventory_cache_account(d, d->management);
    const struct subject_identity who = {.key = d->organization_id[0] != '\0' ? d->organization_id
                                                                              : "org",
                                         .name = d->organization_id,
                                         .arn = jx_str(organization, "Arn"),
                                         .account = management,
                                         .ou_path = ""};
    json_t *document = subject_new(&who);
    set_text(document, "id", d->organization_id);
    set_text(document, "feature_set", jx_str(organization, "FeatureSet"));
    set_text(document, "management_account", d->management);
    set_text(document, "caller_account",
             jx_str_or(caller, "Account", store_meta(v->s->store, "caller_account")));
    set_text(document, "caller_arn",
             jx_str_or(caller, "Arn", store_meta(v->s->store, "caller_arn")));
    set_text(document, "root_id", d->root_id);
    set_text(document, "partition", d->partition);
    set_text(document, "backup_admin", d->admin);
    set_text(document, "central_backup", d->central);
    set_text(document, "audit", d->audit);
    set_text(document, "log_archive", d->log_archive);
    set_text(document, "security_ou", d->security != NULL ? d->security->id : NULL);
    for (size_t i = 0; i < 3; i++) {
        subject_fact(document, facts[i]);
    }
    struct collecting types = {.v = v, .into = json_object(), .document = document};
    failed =
        failed ||
        store_each_entity(v->s->store, "root", NULL, NULL, add_policy_types, &types, v->err) != 0 ||
        set_keys(v, document, "trusted_services", "trusted-service") != 0 ||
        set_keys(v, document, "delegated_admins", "delegated-admin") != 0 ||
        set_keys(v, document, "invalid_policy_accounts", "invalid-policy-account") != 0;
    set_new(document, "policy_types", types.into);
    set_delegates(v, document);
    set_delegation(v, document, &failed);
    set_settings(document, settings);
    set_accounts(d, document);
    failed = failed || org_setup(v, document) != 0;
    json_decref(organization);
    json_decref(caller);
    json_decref(settings);
    if (failed) {
        json_decref(document);
        return NULL;
    }
    return document;
}

int scope_org(struct visit *v)
{
    return v->each(v->context, v->s->org);
}

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

/* The two backup accounts and their states; an account nobody listed has none. */
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
    int result = store_each_entity(v->s->store, "landing-zone-operation", NULL, NULL,
                                   note_operation, &o, v->err);
    sort_texts(o.running);
    set_new(document, "running_operations", o.running);
    set_new(document, "last_operation", o.last);
    if (result != 0 || zone_setup(v, document) != 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}

int scope_landing_zone(struct visit *v)
{
    return v->each(v->context, v->s->zone);
}
