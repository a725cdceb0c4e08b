/* What the scopes have in common: identity, places, exemptions, baselines as documents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "subjects_private.h"

#define MS_PER_MINUTE 60000

/* The keys are ours, or come from text that was read as JSON: none needs another look at its UTF-8.
 */
void set_bool(json_t *document, const char *key, bool value)
{
    (void)json_object_set_new_nocheck(document, key, json_boolean(value));
}

void set_int(json_t *document, const char *key, long long value)
{
    (void)json_object_set_new_nocheck(document, key, json_integer(value));
}

void set_text(json_t *document, const char *key, const char *text)
{
    (void)json_object_set_new_nocheck(document, key,
                                      text != NULL ? jx_string(text, strlen(text)) : json_null());
}

void set_new(json_t *document, const char *key, json_t *taken)
{
    (void)json_object_set_new_nocheck(document, key, taken != NULL ? taken : json_null());
}

void list_text(json_t *list, const char *text)
{
    (void)json_array_append_new(list, jx_string(text, strlen(text)));
}

static int by_text(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    return strcmp(json_string_value(*first), json_string_value(*second));
}

void sort_texts(json_t *list)
{
    size_t count = json_array_size(list);
    json_t **items = xcalloc(count + 1, sizeof(void *));
    for (size_t i = 0; i < count; i++) {
        items[i] = json_incref(json_array_get(list, i));
    }
    qsort(items, count, sizeof(void *), by_text);
    (void)json_array_clear(list);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || by_text(&items[i - 1], &items[i]) != 0) {
            (void)json_array_append(list, items[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        json_decref(items[i]);
    }
    free(items);
}

json_t *subject_new(const struct subject_identity *who)
{
    const struct account *m = who->account;
    const struct {
        const char *key, *text;
    } members[] = {{"_key", who->key},
                   {"_name", who->name},
                   {"_account", m != NULL ? m->id : NULL},
                   {"_account_name", m != NULL ? m->name : NULL},
                   {"_ou_path", who->ou_path != NULL ? who->ou_path : account_ou_path(m)},
                   {"_region", who->region},
                   {"_arn", who->arn}};
    json_t *document = json_object();
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        set_text(document, members[i].key, members[i].text != NULL ? members[i].text : "");
    }
    set_new(document, "_facts", json_array());
    return document;
}

void subject_fact(json_t *document, int64_t fact)
{
    json_t *facts = json_object_get(document, "_facts");
    size_t at = 0;
    if (fact == 0) {
        return;
    }
    while (at < json_array_size(facts) && json_integer_value(json_array_get(facts, at)) < fact) {
        at++;
    }
    if (at == json_array_size(facts) || json_integer_value(json_array_get(facts, at)) != fact) {
        (void)json_array_insert_new(facts, at, json_integer(fact));
    }
}

void subject_hide(json_t *document, const char *operation, const char *gap)
{
    json_t *hidden = json_object_get(document, "_hidden");
    if (hidden == NULL) {
        hidden = json_object();
        set_new(document, "_hidden", hidden);
    }
    set_text(hidden, operation, gap);
}

int subject_emit(struct visit *v, json_t *document)
{
    int rc = v->each(v->context, document);
    json_decref(document);
    return rc;
}

json_t *subject_entity(struct visit *v, const char *kind, const char *account, const char *region,
                       const char *key, int64_t *fact, bool *failed)
{
    json_t *document = NULL;
    int64_t from = 0;
    if (store_get_entity(v->s->store, kind, account, region, key, &document, &from, v->err) != 0) {
        *failed = true;
    }
    if (fact != NULL) {
        *fact = from;
    }
    return document;
}

bool config_names(const json_t *config, const char *path, const char *word)
{
    const json_t *list = jx_get(config, path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *pattern = json_string_value(json_array_get(list, i));
        if (pattern != NULL && str_glob(pattern, word)) {
            return true;
        }
    }
    return false;
}

bool account_is_exempt(const struct subjects *s, const struct account *m)
{
    return config_names(s->config, "accounts_exempt", m->id) ||
           config_names(s->config, "accounts_exempt", m->name) ||
           (m->unit != NULL && unit_is_exempt(s, m->unit));
}

/* A unit named in the list, or lying under one that is. */
static bool is_listed(const json_t *list, const struct unit *u)
{
    for (const struct unit *at = u; at != NULL; at = at->parent) {
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *word = json_string_value(json_array_get(list, i));
            if (word != NULL && unit_is_named(at, word)) {
                return true;
            }
        }
    }
    return false;
}

bool unit_is_exempt(const struct subjects *s, const struct unit *u)
{
    return is_listed(jx_get(s->config, "ous.exempt"), u);
}

bool unit_is_wanted(const struct subjects *s, const struct unit *u)
{
    const json_t *protect = jx_get(s->config, "ous.protect");
    if (unit_is_exempt(s, u) || u == s->cache->security) {
        return false;
    }
    if (protect != NULL) {
        return is_listed(protect, u);
    }
    const struct enabled_baseline *baseline = inventory_cache_baselines(s->cache, u->id);
    return enabled_baseline_find(baseline, "AWSControlTowerBaseline", false) != NULL ||
           enabled_baseline_find(baseline, "BackupBaseline", false) != NULL;
}

const struct enabled_baseline *backed_up_by(const struct account *m)
{
    return m != NULL ? enabled_baseline_find(m->baselines, "BackupBaseline", true) : NULL;
}

/* AWS does not return the operation: it began seconds ago, or more than 90 days ago. An earlier run
 * that saw the same operation tells the two apart. 0: it does not. */
static int64_t seen_under_change(struct visit *v, const struct enabled_baseline *h, bool *failed)
{
    const struct plan_membership t = {"", "", h->arn, h->operation != NULL ? h->operation : ""};
    int64_t now = v->s->cache->now_ms, since = 0;
    if (h->operation == NULL || now <= 0) {
        return 0;
    }
    int rc = plan_membership_since(v->s->store, &t, now, &since, v->err);
    bool earlier = since > 0 && since < now;
    if (rc == 0 && v->s->remember) {
        rc = plan_membership_note(v->s->store, &t, earlier ? since : now, now, v->err);
    }
    *failed = *failed || rc != 0;
    return earlier ? since : 0;
}

/* {"arn","status","version","drift","message","minutes_under_change","parent_arn"}. */
static json_t *enabled_baseline_document(struct visit *v, const struct enabled_baseline *h,
                                         bool *failed)
{
    json_t *operation = h->operation != NULL ? subject_entity(v, "baseline-operation", "", "",
                                                              h->operation, NULL, failed)
                                             : NULL;
    json_t *document = json_object();
    set_text(document, "arn", h->arn);
    set_text(document, "status", h->status);
    set_text(document, "version", h->version);
    set_text(document, "drift", h->drift);
    set_text(document, "message", jx_str(operation, "statusMessage"));
    set_text(document, "parent_arn", h->parent_arn);
    int64_t started = 0;
    /* The list is a little behind an operation that has ended. */
    const char *start = jx_str_or(operation, "endTime", jx_str(operation, "startTime"));
    bool changing = str_equal(h->status, "UNDER_CHANGE");
    if (changing && (start == NULL || !time_parse_iso(start, &started))) {
        started = seen_under_change(v, h, failed);
    }
    set_new(document, "minutes_under_change",
            changing && started > 0 && v->s->cache->now_ms > 0
                ? json_integer((v->s->cache->now_ms - started) / MS_PER_MINUTE)
                : json_null());
    json_decref(operation);
    return document;
}

/* Since when a baseline is under change, its operation tells. 0 or -1. */
static int hide_operation(struct visit *v, const json_t *baseline, json_t *document)
{
    static const char operation[] = "controltower:GetBaselineOperation";
    char text[GAP_TEXT_SIZE];
    if (!str_equal(jx_str(baseline, "status"), "UNDER_CHANGE") ||
        json_is_integer(jx_get(baseline, "minutes_under_change"))) {
        return 0;
    }
    int found = store_find_gap(v->s->store, operation, NULL, NULL, text, sizeof text, v->err);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        (void)snprintf(text, sizeof text,
                       "AWS returns no operation of %.120s: it began seconds ago or more than 90 "
                       "days ago; a later run in the same directory tells which",
                       jx_str_or(baseline, "arn", ""));
    }
    subject_hide(document, operation, text);
    return 0;
}

int set_enabled_baselines(struct visit *v, json_t *document, const struct enabled_baseline *first)
{
    json_t *baselines = json_object();
    bool failed = false;
    int rc = 0;
    for (const struct enabled_baseline *h = first; h != NULL && rc == 0; h = h->next) {
        json_t *baseline = enabled_baseline_document(v, h, &failed);
        set_new(baselines, h->name, baseline);
        subject_fact(document, h->fact);
        rc = hide_operation(v, baseline, document);
    }
    set_new(document, "baselines", baselines);
    return failed ? -1 : rc;
}

int subjects_gap(struct visit *v, const char *const *operations, char text[GAP_TEXT_SIZE])
{
    int found = 0;
    for (; *operations != NULL && found == 0; operations++) {
        found = store_find_gap(v->s->store, *operations, NULL, NULL, text, GAP_TEXT_SIZE, v->err);
    }
    return found;
}

int subject_unlisted(struct visit *v, const char *gap)
{
    const struct subject_identity who = {.key = "", .name = "(not listed)"};
    json_t *document = subject_new(&who);
    set_bool(document, "_unlisted", true);
    set_text(document, "_gap", gap);
    return subject_emit(v, document);
}

int accounts_gap(struct visit *v, char text[GAP_TEXT_SIZE])
{
    static const char *const list[] = {"organizations:ListAccounts", NULL};
    static const char *const tree[] = {"organizations:ListRoots",
                                       "organizations:ListOrganizationalUnitsForParent",
                                       "organizations:ListAccountsForParent", NULL};
    int found = subjects_gap(v, tree, text);
    return found > 0 ? subjects_gap(v, list, text) : found;
}

int unlisted_accounts(struct visit *v)
{
    char text[GAP_TEXT_SIZE];
    int found = accounts_gap(v, text);
    return found > 0 ? subject_unlisted(v, text) : found;
}

int places_each(struct visit *v, int (*each)(struct visit *v, const struct account_region *p))
{
    const struct inventory_cache *d = v->s->cache;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->account_count; i++) {
        if (!account_is_wanted(d->accounts[i])) {
            continue;
        }
        for (size_t j = 0; rc == 0 && j < d->region_count; j++) {
            const struct account_region p = {d->accounts[i], d->regions[j]};
            rc = d->region_left_out[j] ? 0 : each(v, &p);
        }
    }
    return rc != 0 ? rc : unlisted_accounts(v);
}

static int add_region(void *context, const char *region)
{
    list_text(context, region);
    return 0;
}

static int add_regions(struct visit *v, const char *kinds, const char *account, json_t *regions)
{
    int rc = 0;
    for (const char *at = kinds; rc == 0 && *at != '\0';) {
        size_t length = strcspn(at, " ");
        char *kind = xstrndup(at, length);
        rc = store_each_entity_region(v->s->store, kind, account, add_region, regions, v->err);
        free(kind);
        at += length + (at[length] == ' ' ? 1 : 0);
    }
    return rc;
}

int places_each_seen(struct visit *v, const char *kinds,
                     int (*each)(struct visit *v, const struct account_region *p))
{
    const struct inventory_cache *d = v->s->cache;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->account_count; i++) {
        if (!account_is_wanted(d->accounts[i])) {
            continue;
        }
        json_t *regions = json_array();
        for (size_t j = 0; j < d->region_count; j++) {
            list_text(regions, d->regions[j]);
        }
        rc = add_regions(v, kinds, d->accounts[i]->id, regions);
        sort_texts(regions);
        for (size_t j = 0; rc == 0 && j < json_array_size(regions); j++) {
            const struct account_region p = {d->accounts[i],
                                             json_string_value(json_array_get(regions, j))};
            bool left_out =
                inventory_cache_governs(d, p.region) && !inventory_cache_looks(d, p.region);
            rc = left_out ? 0 : each(v, &p);
        }
        json_decref(regions);
    }
    return rc != 0 ? rc : unlisted_accounts(v);
}

int place_unlisted(struct visit *v, const struct account_region *p, const char *const *operations)
{
    /* Elsewhere a closed door is Control Tower's own doing; coverage tells of the others. */
    if (!inventory_cache_governs(v->s->cache, p->region)) {
        return 0;
    }
    for (; *operations != NULL; operations++) {
        char text[GAP_TEXT_SIZE];
        int found = store_find_gap(v->s->store, *operations, p->account->id, p->region, text,
                                   sizeof text, v->err);
        if (found < 0) {
            return -1;
        }
        if (found == 0) {
            continue;
        }
        char *key = xasprintf("%s/%s/", p->account->id, p->region);
        const struct subject_identity who = {
            .key = key, .name = "(not listed)", .region = p->region, .account = p->account};
        json_t *document = subject_new(&who);
        free(key);
        set_bool(document, "_unlisted", true);
        set_text(document, "_gap", text);
        set_text(document, "account", p->account->id);
        set_text(document, "region", p->region);
        return subject_emit(v, document);
    }
    return 0;
}

bool vault_is_local(const char *name)
{
    return str_starts(name, "aws-controltower-local-backupvault-");
}

const char *vault_kind(const struct subjects *s, const char *account, const char *name,
                       const json_t *vault)
{
    const char *type = jx_str_or(vault, "VaultType", "BACKUP_VAULT");
    if (!str_equal(type, "BACKUP_VAULT")) {
        return str_equal(type, "LOGICALLY_AIR_GAPPED_BACKUP_VAULT") ? "air-gapped"
               : str_equal(type, "RESTORE_ACCESS_BACKUP_VAULT")     ? "restore-access"
                                                                    : "other";
    }
    bool central = str_equal(account, s->cache->central) &&
                   str_starts(name, "aws-controltower-central-backupvault-");
    return central ? "central" : vault_is_local(name) ? "local" : "other";
}
