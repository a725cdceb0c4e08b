/* What surrounds backup in the organization and its landing zone: sizes, roles, keys of others,
   what is left where. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "subjects_private.h"

#define MANAGED_ACCOUNTS_PER_OU 1000
#define ACCOUNT_REGIONS_MAX 150000
#define LARGEST_SHOWN 10
#define DAY_SECONDS 86400.0

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

static json_t *role_document(struct visit *v, const char *name, json_t *document, bool *failed)
{
    const char *management = v->s->cache->management;
    int64_t fact = 0;
    json_t *role = subject_entity(v, "role", management, "", name, &fact, failed);
    json_t *out = json_object();
    json_t *absent = NULL;
    if (role == NULL) {
        absent =
            subject_entity(v, "role-absent", management, v->s->cache->home, name, &fact, failed);
    }
    bool known = role != NULL || absent != NULL;
    set_new(out, "present", known ? json_boolean(role != NULL) : json_null());
    json_decref(absent);
    subject_fact(document, fact);
    json_decref(role);
    return out;
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

int org_setup(struct visit *v, json_t *document)
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

/* --- the landing zone --- */

struct gathering {
    struct visit *v;
    json_t *document, *list;
    const char *prefix;
};

static int add_attached(void *context, const struct entity *e)
{
    struct gathering *g = context;
    size_t length = strlen(g->prefix);
    if (strncmp(e->key, g->prefix, length) == 0 && e->key[length] == ' ') {
        const char *slash = strrchr(e->key, '/');
        list_text(g->list, slash != NULL ? slash + 1 : e->key + length + 1);
        subject_fact(g->document, e->fact);
    }
    return 0;
}

static int set_cloudtrail_role(struct visit *v, json_t *document, bool *failed)
{
    static const char name[] = "AWSControlTowerCloudTrailRole";
    struct gathering g = {.v = v, .document = document, .list = json_array(), .prefix = name};
    json_t *role = role_document(v, name, document, failed);
    int result = store_each_entity(v->s->store, "role-policy", v->s->cache->management, NULL,
                                   add_attached, &g, v->err);
    sort_texts(g.list);
    set_new(role, "policies", g.list);
    set_new(document, "cloudtrail_role", role);
    return result < 0 ? -1 : 0;
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

/* A vault there may be where nobody could look keeps a Region from being called empty. 0 or -1. */
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
    for (size_t i = 0; i < d->region_count; i++) {
        r.seen[i] = d->region_left_out[i];
        r.missing += r.seen[i] ? 0 : 1;
    }
    int result = r.missing > 0
                     ? store_each_entity(v->s->store, "vault", NULL, NULL, note_vault, &r, v->err)
                     : 0;
    for (size_t i = 0; i < d->region_count; i++) {
        if (!r.seen[i]) {
            list_text(list, d->regions[i]);
        }
    }
    free(r.seen);
    set_new(document, "regions_without_local_vault", list);
    if (result >= 0 && json_array_size(list) > 0) {
        result = hide_vaults(v, document);
    }
    return result < 0 ? -1 : 0;
}

int zone_setup(struct visit *v, json_t *document)
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

/* --- report plans --- */

/* Numbers are seconds, as AWS Backup sends them. */
static double seconds_of(const json_t *row, const char *member)
{
    const json_t *value = jx_get(row, member);
    int64_t ms = 0;
    if (json_is_number(value)) {
        return json_number_value(value);
    }
    return time_parse_iso(json_is_string(value) ? json_string_value(value) : "", &ms)
               ? (double)ms / 1000.0
               : 0;
}

/* A report that was tried and did not succeed within a day has failed; one that has never been due
   is well. */
static bool last_run_failed(const struct inventory_cache *d, const json_t *plan)
{
    double tried = seconds_of(plan, "LastAttemptedExecutionTime");
    double done = seconds_of(plan, "LastSuccessfulExecutionTime");
    if (tried <= 0) {
        return false;
    }
    return done > 0 ? tried - done >= DAY_SECONDS
                    : (double)d->now_ms / 1000.0 - tried >= DAY_SECONDS;
}

static int add_report(void *context, const struct entity *e)
{
    struct gathering *g = context;
    const char *ignored = NULL;
    json_t *plan = jx_parse(e->json, e->json_length, &ignored);
    const char *status = jx_str_or(plan, "DeploymentStatus", "unknown");
    bool failed = last_run_failed(g->v->s->cache, plan);
    json_t *one = json_object();
    set_text(one, "name", e->key);
    set_text(one, "status", status);
    set_bool(one, "last_run_failed", failed);
    (void)json_array_append_new(json_object_get(g->document, "report_plans"), one);
    if (str_equal(status, "COMPLETED") && !failed) {
        list_text(g->list, e->key);
    }
    subject_fact(g->document, e->fact);
    json_decref(plan);
    return 0;
}

int account_reports(struct visit *v, const struct account *m, json_t *document)
{
    struct gathering g = {.v = v, .document = document, .list = json_array()};
    bool admin = str_equal(m->id, v->s->cache->admin);
    if (!account_is_wanted(m)) {
        json_decref(g.list);
        return 0;
    }
    set_new(document, "report_plans", json_array());
    int result =
        admin ? store_each_entity(v->s->store, "report-plan", m->id, NULL, add_report, &g, v->err)
              : 0;
    sort_texts(g.list);
    set_new(document, "reports_working", g.list);
    return result < 0 ? -1 : 0;
}

static int add_product(void *context, const struct entity *e)
{
    struct gathering *g = context;
    const char *ignored = NULL;
    json_t *product = jx_parse(e->json, e->json_length, &ignored);
    json_t *one = json_object();
    set_text(one, "id", e->key);
    set_text(one, "name", jx_str(product, "Name"));
    set_text(one, "status", jx_str(product, "Status"));
    (void)json_array_append_new(g->list, one);
    subject_fact(g->document, e->fact);
    json_decref(product);
    return 0;
}

int account_products(struct visit *v, const struct account *m, json_t *document)
{
    struct gathering g = {.v = v, .document = document, .list = json_array()};
    set_new(document, "account_factory_products", g.list);
    int result =
        store_each_entity(v->s->store, "account-product", m->id, "", add_product, &g, v->err);
    return result < 0 ? -1 : 0;
}
