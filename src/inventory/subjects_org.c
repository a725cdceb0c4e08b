/* Scope org: one document, also when there is nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/manifest.h"
#include "subjects_private.h"

#define MANAGED_ACCOUNTS_PER_OU 1000
#define ACCOUNT_REGIONS_MAX 150000
#define LARGEST_SHOWN 10

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
    int rc = store_each_entity(v->s->store, kind, NULL, NULL, add_key, &c, v->err);
    sort_texts(c.into);
    set_new(document, member, c.into);
    return rc;
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

/* --- sizes, and what a teardown leaves --- */

/* AWS Control Tower User Guide, "Limitations based on underlying AWS services": 1,000 accounts an
   OU up to 15 governed Regions, 680 at 22. The numbers between are our inference: 15,000 stack
   instances. */
static long long unit_limit(const struct inventory_cache *d)
{
    return d->region_count > 15 ? 15000 / (long long)d->region_count : MANAGED_ACCOUNTS_PER_OU;
}

static int larger(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    long long x = jx_int(*first, "accounts", 0);
    long long y = jx_int(*second, "accounts", 0);
    return x > y   ? -1
           : x < y ? 1
                   : strcmp(jx_str_or(*first, "id", ""), jx_str_or(*second, "id", ""));
}

static json_t *largest_units(const struct inventory_cache *d)
{
    struct map *counts = map_new(free);
    size_t units = tree_count(d->tree);
    json_t **rows = xcalloc(units + 1, sizeof(void *));
    json_t *list = json_array();
    for (size_t i = 0; i < d->account_count; i++) {
        const struct unit *u = d->accounts[i]->unit;
        long long *count = u != NULL ? map_get(counts, u->id) : NULL;
        if (u != NULL && count == NULL) {
            count = xcalloc(1, sizeof *count);
            map_set(counts, u->id, count);
        }
        if (count != NULL) {
            (*count)++;
        }
    }
    for (size_t i = 0; i < units; i++) {
        const struct unit *u = tree_at(d->tree, i);
        const long long *count = map_get(counts, u->id);
        long long accounts = count != NULL ? *count : 0;
        rows[i] = json_pack("{s:s, s:o, s:I, s:I}", "id", u->id, "path",
                            jx_string(u->path, strlen(u->path)), "accounts", (json_int_t)accounts,
                            "percent", (json_int_t)(accounts * 100 / unit_limit(d)));
    }
    qsort(rows, units, sizeof(void *), larger);
    for (size_t i = 0; i < units; i++) {
        if (i < LARGEST_SHOWN) {
            (void)json_array_append(list, rows[i]);
        }
        json_decref(rows[i]);
    }
    free(rows);
    map_free(counts);
    return list;
}

struct left { /* of what Control Tower made for backup */
    long long vaults, points;
};

static int note_left(void *context, const struct entity *e)
{
    struct left *left = context;
    const char *ignored = NULL;
    if (!vault_is_local(e->key) && !str_starts(e->key, "aws-controltower-central-backupvault-")) {
        return 0;
    }
    json_t *vault = jx_parse(e->json, e->json_length, &ignored);
    left->vaults++;
    left->points += jx_int(vault, "NumberOfRecoveryPoints", 0);
    json_decref(vault);
    return 0;
}

/* Only a teardown asks, so only there every vault is looked through. */
static int set_left_over(struct visit *v, json_t *document)
{
    struct left left = {0};
    if (!str_equal(jx_str(document, "purpose"), "teardown")) {
        return 0;
    }
    if (store_each_entity(v->s->store, "vault", NULL, NULL, note_left, &left, v->err) < 0) {
        return -1;
    }
    json_t *out = json_object();
    set_int(out, "vaults", left.vaults);
    set_int(out, "recovery_points", left.points);
    set_int(out, "delegated_administrators", (long long)jx_count(document, "delegated_admins"));
    set_int(out, "report_plans", (long long)store_count_entities(v->s->store, "report-plan"));
    set_new(document, "left_over", out);
    return 0;
}
static int set_surroundings(struct visit *v, json_t *document)
{
    const struct inventory_cache *d = v->s->cache;
    bool failed = false;
    long long active = 0;
    long long backed_up = 0;
    for (size_t i = 0; i < d->account_count; i++) {
        active += account_is_active(d->accounts[i]) ? 1 : 0;
        backed_up += backed_up_by(d->accounts[i]) != NULL ? 1 : 0;
    }
    long long places = active * (long long)d->region_count;
    const char *purpose = store_meta(v->s->store, "purpose");
    set_text(document, "purpose", purpose != NULL ? purpose : "scan");
    set_int(document, "accounts_backed_up", backed_up);
    set_int(document, "account_regions", places);
    set_int(document, "account_regions_percent", places * 100 / ACCOUNT_REGIONS_MAX);
    set_int(document, "ou_account_limit", unit_limit(d));
    set_new(document, "largest_ous", largest_units(d));
    set_new(document, "backup_linked_role",
            role_document(v, "AWSServiceRoleForBackup", document, &failed));
    return failed || set_left_over(v, document) != 0 ? -1 : 0;
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
    set_unknown_names(v->s, document);
    failed = failed || set_surroundings(v, document) != 0;
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
