#include "inventory_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/account.h"
#include "model/arn.h"
#include "model/baseline.h"

struct cache_loader {
    struct store *store;
    struct inventory_cache *d;
    struct err *err;
    struct map *baseline_names; /* id -> name as ListBaselines has it */
};

static json_t *parse(const struct cache_loader *l, const struct entity *e)
{
    const char *problem = NULL;
    json_t *document = jx_parse(e->json, e->json_length, &problem);
    if (document == NULL) {
        (void)err_set(l->err, ERR_INPUT, "the run's %s %s is damaged: %s", e->kind, e->key,
                      problem);
    }
    return document;
}

static char *copy(const json_t *document, const char *path)
{
    return xstrdup(jx_str_or(document, path, ""));
}

static int load_organization(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    struct arn arn;
    char partition[32];
    l->d->organization_id = xstrdup(e->key);
    l->d->management = copy(document, "MasterAccountId");
    if (arn_parse(jx_str(document, "Arn"), &arn)) {
        l->d->partition = xstrdup(arn_part_copy(arn.partition, partition, sizeof partition));
    }
    json_decref(document);
    return 1;
}

static int load_root(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    l->d->root_id = xstrdup(e->key);
    return 1;
}

static int load_unit(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    tree_add(l->d->tree, e->key, jx_str(document, "ParentId"), jx_str_or(document, "Name", e->key),
             jx_str_or(document, "Arn", ""), jx_str(document, "Path"));
    json_decref(document);
    return 0;
}

static struct account *member_for(struct inventory_cache *d, const char *id)
{
    struct account *m = map_get(d->by_id, id);
    if (m == NULL) {
        m = xcalloc(1, sizeof *m);
        m->id = xstrdup(id);
        m->state_source = "";
        map_set(d->by_id, id, m);
        d->accounts = xreallocarray(d->accounts, d->account_count + 1, sizeof(void *));
        d->accounts[d->account_count++] = m;
    }
    return m;
}

/* ListAccounts and ListAccountsForParent describe an account alike. */
static void describe(struct account *m, const struct entity *e, const json_t *document)
{
    const char *source = "";
    char **const texts[] = {&m->state, &m->name, &m->email, &m->arn};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(*texts[i]);
    }
    m->fact = e->fact;
    m->state = xstrdup(account_state(document, &source));
    m->state_source = str_equal(source, "State") ? "State" : str_equal(source, "") ? "" : "Status";
    m->name = copy(document, "Name");
    m->email = copy(document, "Email");
    m->arn = copy(document, "Arn");
}

static int load_place(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    struct account *m = member_for(l->d, e->key);
    free(m->parent_id);
    m->parent_id = copy(document, "ParentId");
    m->in_tree = true;
    describe(m, e, document);
    json_decref(document);
    return 0;
}

static int load_account(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    struct account *m = member_for(l->d, e->key);
    char parent[128];
    const char *paths = json_string_value(json_array_get(jx_get(document, "Paths"), 0));
    m->listed = true;
    describe(m, e, document);
    (void)tree_parent_of_path(paths, parent, sizeof parent);
    m->path_differs = m->parent_id != NULL && paths != NULL && !str_equal(parent, m->parent_id);
    if (m->parent_id == NULL && paths != NULL) {
        m->parent_id = xstrdup(parent);
    }
    json_decref(document);
    return 0;
}

static int load_reach(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    struct account *m = map_get(l->d->by_id, e->account);
    if (m != NULL && !m->reach_known) {
        m->reach_known = true;
        m->reached = jx_bool(document, "reached");
        m->role = xstrdup(jx_str(document, "role"));
        m->reach_error = xstrdup(jx_str(document, "error"));
    }
    json_decref(document);
    return 0;
}

static int load_baseline_name(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    map_set(l->baseline_names, e->key, copy(document, "name"));
    json_decref(document);
    return 0;
}

static int load_baseline(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    struct inventory_cache *d = l->d;
    json_t *document = parse(l, e);
    if (document == NULL) {
        return -1;
    }
    struct enabled_baseline *h = xcalloc(1, sizeof *h);
    const char *identifier = jx_str_or(document, "baselineIdentifier", "");
    size_t length = strlen(identifier);
    const char *id =
        length > BASELINE_ID_LENGTH ? identifier + length - BASELINE_ID_LENGTH : identifier;
    h->name = baseline_name(identifier);
    if (h->name == NULL) {
        const char *told = map_get(l->baseline_names, id);
        h->own_name = xstrdup(told != NULL && told[0] != '\0' ? told : id);
        h->name = h->own_name;
    }
    h->arn = xstrdup(e->key);
    h->version = xstrdup(jx_str(document, "baselineVersion"));
    h->target_id = xstrdup(arn_name(jx_str_or(document, "targetIdentifier", "")));
    h->parent_arn = xstrdup(jx_str(document, "parentIdentifier"));
    h->status = copy(document, "statusSummary.status");
    h->drift = xstrdup(jx_str(document, "driftStatusSummary.types.inheritance.status"));
    h->operation = xstrdup(jx_str(document, "statusSummary.lastOperationIdentifier"));
    h->fact = e->fact;
    d->baselines = xreallocarray(d->baselines, d->baseline_count + 1, sizeof(void *));
    d->baselines[d->baseline_count++] = h;
    h->next = map_get(d->baselines_of_target, h->target_id);
    map_set(d->baselines_of_target, h->target_id, h);
    json_decref(document);
    return 0;
}

static int load_zone(void *context, const struct entity *e)
{
    struct cache_loader *l = context;
    struct arn arn;
    char region[64];
    l->d->zone = parse(l, e);
    l->d->zone_fact = e->fact;
    if (l->d->zone == NULL) {
        return -1;
    }
    if (l->d->home == NULL && arn_parse(e->key, &arn)) {
        l->d->home = xstrdup(arn_part_copy(arn.region, region, sizeof region));
    }
    return 1;
}

static int by_text(const void *a, const void *b)
{
    char *const *first = a;
    char *const *second = b;
    return strcmp(*first, *second);
}

static int by_member_id(const void *a, const void *b)
{
    const struct account *const *first = a;
    const struct account *const *second = b;
    return strcmp((*first)->id, (*second)->id);
}

static void load_regions(struct inventory_cache *d, const char *meta)
{
    const char *problem = NULL;
    json_t *told = meta != NULL ? jx_parse(meta, strlen(meta), &problem) : NULL;
    const json_t *list = told != NULL ? told : jx_get(d->zone, "manifest.governedRegions");
    size_t count = json_array_size(list);
    d->regions = xcalloc(count + 1, sizeof(void *));
    for (size_t i = 0; i < count; i++) {
        const char *region = json_string_value(json_array_get(list, i));
        if (region != NULL && !inventory_cache_governs(d, region)) {
            d->regions[d->region_count++] = xstrdup(region);
        }
    }
    json_decref(told);
    if (d->region_count == 0 && d->home != NULL) {
        d->regions[d->region_count++] = xstrdup(d->home);
    }
    if (d->region_count > 0) {
        qsort(d->regions, d->region_count, sizeof(void *), by_text);
    }
}

/* Regions left out on purpose (meta regions_asked) are not counted as unseen. */
static void load_asked(struct inventory_cache *d, const char *meta)
{
    const char *problem = NULL;
    json_t *asked = meta != NULL ? jx_parse(meta, strlen(meta), &problem) : NULL;
    d->region_left_out = xcalloc(d->region_count + 1, sizeof(bool));
    for (size_t i = 0; asked != NULL && i < d->region_count; i++) {
        d->region_left_out[i] = !jx_list_has(asked, d->regions[i]);
    }
    json_decref(asked);
}

/* The management account is asked who it is before any filter applies. */
static bool management_left_out(const struct inventory_cache *d)
{
    const json_t *named = jx_get(d->selection, "accounts");
    return (json_is_array(named) && !jx_list_has(named, d->management)) ||
           jx_list_has(jx_get(d->selection, "excluded_accounts"), d->management);
}

static void load_selection(struct store *s, struct inventory_cache *d)
{
    const char *meta = store_meta(s, "scan_selection");
    d->selection = meta != NULL ? json_loads(meta, 0, NULL) : NULL;
    for (size_t i = 0; str_equal(store_meta(s, "filtered"), "true") && i < d->account_count; i++) {
        struct account *m = d->accounts[i];
        m->left_out =
            !m->reach_known || (str_equal(m->id, d->management) && management_left_out(d));
    }
}

static char *role_of(const struct inventory_cache *d, const json_t *config,
                     const char *manifest_path, const char *config_path)
{
    const char *id = jx_str(d->zone, manifest_path);
    return xstrdup(id != NULL ? id : config_path != NULL ? jx_str(config, config_path) : NULL);
}

static void link_members(struct inventory_cache *d)
{
    if (d->account_count > 0) {
        qsort(d->accounts, d->account_count, sizeof(void *), by_member_id);
    }
    for (size_t i = 0; i < d->account_count; i++) {
        struct account *m = d->accounts[i];
        m->unit = tree_find(d->tree, m->parent_id);
        m->baselines = map_get(d->baselines_of_target, m->id);
        m->name = m->name != NULL ? m->name : xstrdup("");
        m->state = m->state != NULL ? m->state : xstrdup("");
    }
}

static void load_roles(struct inventory_cache *d, const json_t *config)
{
    d->admin = role_of(d, config, "manifest.backup.configurations.backupAdmin.accountId",
                       "accounts.backup_administrator");
    d->central = role_of(d, config, "manifest.backup.configurations.centralBackup.accountId",
                         "accounts.central_backup");
    d->audit = role_of(d, config, "manifest.securityRoles.accountId", NULL);
    d->log_archive = role_of(d, config, "manifest.centralizedLogging.accountId", NULL);
    const struct account *audit = inventory_cache_account(d, d->audit);
    d->security = audit != NULL ? audit->unit : NULL;
    while (d->security != NULL && d->security->parent != NULL) {
        d->security = d->security->parent; /* the Security OU stands directly under the root */
    }
    const char *named = jx_str(d->zone, "manifest.organizationStructure.security.name");
    for (size_t i = 0; d->security == NULL && named != NULL && i < tree_count(d->tree); i++) {
        const struct unit *u = tree_at(d->tree, i);
        d->security = u->depth == 1 && str_equal(u->name, named) ? u : NULL;
    }
}

/* The meta table knows these when the run was collected; entities alone suffice for the rest. */
static void load_meta(struct store *s, struct inventory_cache *d)
{
    const char *ended = store_meta(s, "ended");
    const char *when = ended != NULL ? ended : store_meta(s, "started");
    d->management =
        d->management != NULL ? d->management : xstrdup(store_meta(s, "management_account"));
    d->organization_id =
        d->organization_id != NULL ? d->organization_id : xstrdup(store_meta(s, "organization_id"));
    if (store_meta(s, "partition") != NULL) {
        free(d->partition);
        d->partition = xstrdup(store_meta(s, "partition"));
    }
    d->partition = d->partition != NULL ? d->partition : xstrdup("aws");
    d->home = d->home != NULL ? d->home : xstrdup(store_meta(s, "home_region"));
    d->organization_id = d->organization_id != NULL ? d->organization_id : xstrdup("");
    d->management = d->management != NULL ? d->management : xstrdup("");
    d->home = d->home != NULL ? d->home : xstrdup("");
    if (when == NULL || !time_parse_iso(when, &d->now_ms)) {
        d->now_ms = 0;
    }
}

int inventory_cache_load(struct store *s, const json_t *config, struct inventory_cache **out,
                         struct err *err)
{
    static const struct {
        const char *kind;
        int (*each)(void *context, const struct entity *e);
    } kinds[] = {{"organization", load_organization},
                 {"root", load_root},
                 {"ou", load_unit},
                 {"tree-account", load_place},
                 {"account", load_account},
                 {"reach", load_reach},
                 {"baseline", load_baseline_name},
                 {"enabled-baseline", load_baseline},
                 {"landing-zone", load_zone}};
    struct inventory_cache *d = xcalloc(1, sizeof *d);
    struct cache_loader l = {.store = s, .d = d, .err = err, .baseline_names = map_new(free)};
    d->tree = tree_new();
    d->by_id = map_new(NULL);
    d->baselines_of_target = map_new(NULL);
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        rc = store_each_entity(s, kinds[i].kind, NULL, NULL, kinds[i].each, &l, err);
        if (rc >= 0 && kinds[i].each == load_unit) {
            tree_finish(d->tree);
        }
    }
    map_free(l.baseline_names);
    if (rc < 0) {
        inventory_cache_free(d);
        return -1;
    }
    load_meta(s, d);
    if (d->account_count == 0 && d->management[0] != '\0') {
        (void)member_for(d,
                         d->management); /* even an organization that lists nobody has this one */
    }
    link_members(d);
    load_selection(s, d);
    load_regions(d, store_meta(s, "governed_regions"));
    load_asked(d, store_meta(s, "regions_asked"));
    const char *tagged = store_meta(s, "tagged_now");
    d->tagged_now = tagged != NULL ? json_loads(tagged, 0, NULL) : NULL;
    load_roles(d, config);
    *out = d;
    return 0;
}

static void member_free(struct account *m)
{
    char *const texts[] = {m->id,    m->name,      m->email, m->arn,
                           m->state, m->parent_id, m->role,  m->reach_error};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    free(m);
}

static void baseline_free(struct enabled_baseline *h)
{
    char *const texts[] = {h->own_name,   h->arn,    h->version, h->target_id,
                           h->parent_arn, h->status, h->drift,   h->operation};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    free(h);
}

void inventory_cache_free(struct inventory_cache *d)
{
    if (d == NULL) {
        return;
    }
    char *const texts[] = {d->organization_id, d->management, d->home,  d->partition,  d->root_id,
                           d->admin,           d->central,    d->audit, d->log_archive};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    json_decref(d->tagged_now);
    json_decref(d->selection);
    for (size_t i = 0; i < d->region_count; i++) {
        free(d->regions[i]);
    }
    for (size_t i = 0; i < d->account_count; i++) {
        member_free(d->accounts[i]);
    }
    for (size_t i = 0; i < d->baseline_count; i++) {
        baseline_free(d->baselines[i]);
    }
    free(d->regions);
    free(d->region_left_out);
    free(d->accounts);
    free(d->baselines);
    map_free(d->by_id);
    map_free(d->baselines_of_target);
    tree_free(d->tree);
    json_decref(d->zone);
    free(d);
}

struct account *inventory_cache_account(const struct inventory_cache *d, const char *id)
{
    return id != NULL ? map_get(d->by_id, id) : NULL;
}

bool inventory_cache_governs(const struct inventory_cache *d, const char *region)
{
    for (size_t i = 0; i < d->region_count; i++) {
        if (strcmp(d->regions[i], region) == 0) {
            return true;
        }
    }
    return false;
}

bool inventory_cache_looks(const struct inventory_cache *d, const char *region)
{
    for (size_t i = 0; i < d->region_count; i++) {
        if (strcmp(d->regions[i], region) == 0) {
            return !d->region_left_out[i];
        }
    }
    return false;
}

bool account_is_active(const struct account *m)
{
    return m->state[0] == '\0' || strcmp(m->state, "ACTIVE") == 0;
}

bool account_is_wanted(const struct account *m)
{
    return account_is_active(m) && !m->left_out;
}

const char *account_ou_path(const struct account *m)
{
    return m != NULL && m->unit != NULL ? m->unit->path : "";
}

const struct enabled_baseline *enabled_baseline_find(const struct enabled_baseline *first,
                                                     const char *name, bool succeeded)
{
    for (const struct enabled_baseline *h = first; h != NULL; h = h->next) {
        if (strcmp(h->name, name) == 0 && (!succeeded || str_equal(h->status, "SUCCEEDED"))) {
            return h;
        }
    }
    return NULL;
}

const struct enabled_baseline *inventory_cache_baselines(const struct inventory_cache *d,
                                                         const char *target_id)
{
    return map_get(d->baselines_of_target, target_id);
}
