/* Scope ou: the organization's tree with its baselines. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/baseline.h"
#include "subjects_private.h"

static void set_ancestors(const struct subjects *s, const struct unit *u, json_t *document)
{
    json_t *ancestors = json_array();
    json_t *without = json_array();
    for (const struct unit *at = u->parent; at != NULL; at = at->parent) {
        const struct enabled_baseline *backup = enabled_baseline_find(
            inventory_cache_baselines(s->cache, at->id), "BackupBaseline", false);
        json_t *ancestor = json_object();
        set_text(ancestor, "id", at->id);
        set_text(ancestor, "name", at->name);
        set_text(ancestor, "backup_status", backup != NULL ? backup->status : NULL);
        (void)json_array_insert_new(ancestors, 0, ancestor);
        if (backup == NULL) {
            list_text(without, at->name);
        }
    }
    sort_texts(without);
    set_new(document, "ancestors", ancestors);
    set_new(document, "ancestors_without_backup", without);
}

/* The child baseline must belong to this OU's own one: a leftover of another OU protects no
 * account.
 */
static bool covers(const struct account *m, const struct enabled_baseline *parent)
{
    for (const struct enabled_baseline *h = m->baselines; h != NULL; h = h->next) {
        bool linked =
            parent == NULL || h->parent_arn == NULL || str_equal(h->parent_arn, parent->arn);
        if (linked && str_equal(h->name, "BackupBaseline") && str_equal(h->status, "SUCCEEDED")) {
            return true;
        }
    }
    return false;
}

static void set_accounts(const struct subjects *s, const struct unit *u, json_t *document)
{
    const struct inventory_cache *d = s->cache;
    const struct enabled_baseline *backup =
        enabled_baseline_find(inventory_cache_baselines(d, u->id), "BackupBaseline", false);
    json_t *accounts = json_array();
    json_t *uncovered = json_array();
    for (size_t i = 0; i < d->account_count; i++) {
        const struct account *m = d->accounts[i];
        if (m->unit != u) {
            continue;
        }
        list_text(accounts, m->id);
        /* The two backup accounts get baselines of their own from the landing zone. */
        bool special = str_equal(m->id, d->management) || str_equal(m->id, d->admin) ||
                       str_equal(m->id, d->central);
        if (account_is_active(m) && !special && !account_is_exempt(s, m) && !covers(m, backup)) {
            list_text(uncovered, m->id);
        }
    }
    set_new(document, "accounts", accounts);
    set_new(document, "accounts_uncovered", uncovered);
}

static json_t *backup_versions(const struct inventory_cache *d)
{
    json_t *versions = json_array();
    for (size_t i = 0; i < d->baseline_count; i++) {
        if (str_equal(d->baselines[i]->name, "BackupBaseline") &&
            d->baselines[i]->version != NULL) {
            if (!jx_list_has(versions, d->baselines[i]->version)) {
                list_text(versions, d->baselines[i]->version);
            }
        }
    }
    sort_texts(versions);
    return versions;
}

/* The OUs anywhere below that have the BackupBaseline. */
static json_t *descendants_with_backup(const struct inventory_cache *d, const struct unit *u)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tree_count(d->tree); i++) {
        const struct unit *at = tree_at(d->tree, i);
        if (unit_is_under(at, u) && enabled_baseline_find(inventory_cache_baselines(d, at->id),
                                                          "BackupBaseline", false) != NULL) {
            list_text(list, at->name);
        }
    }
    sort_texts(list);
    return list;
}

/* The Security OU is the one that holds the audit account: any top-level OU may be it when that is
   unknown. 0 or -1. */
static int hide_security(struct visit *v, json_t *document)
{
    static const char *const places[] = {"organizations:ListAccountsForParent", NULL};
    char text[GAP_TEXT_SIZE];
    if (v->s->cache->security != NULL || v->s->cache->audit == NULL) {
        return 0;
    }
    int found = subjects_gap(v, places, text);
    if (found > 0) {
        subject_hide(document, places[0], text);
    }
    return found < 0 ? -1 : 0;
}

static json_t *ou_document(struct visit *v, const struct unit *u, const json_t *versions,
                           bool *failed)
{
    const struct subjects *s = v->s;
    const struct inventory_cache *d = s->cache;
    const struct enabled_baseline *baseline = inventory_cache_baselines(d, u->id);
    const struct subject_identity who = {.key = u->id,
                                         .name = u->path,
                                         .arn = u->arn,
                                         .account = NULL,
                                         .region = "",
                                         .ou_path = u->path};
    json_t *document = subject_new(&who);
    int64_t fact = 0;
    json_decref(subject_entity(v, "ou", "", "", u->id, &fact, failed));
    subject_fact(document, fact);
    set_text(document, "id", u->id);
    set_text(document, "arn", u->arn);
    set_text(document, "name", u->name);
    set_text(document, "path", u->path);
    set_int(document, "depth", u->depth);
    set_text(document, "parent_id", u->parent_id);
    set_bool(document, "is_security", u == d->security);
    set_bool(document, "under_security", unit_is_under(u, d->security));
    set_bool(document, "registered",
             enabled_baseline_find(baseline, "AWSControlTowerBaseline", true) != NULL);
    set_bool(document, "wanted", unit_is_wanted(s, u));
    set_bool(document, "exempt", unit_is_exempt(s, u));
    *failed = *failed || set_enabled_baselines(v, document, baseline) != 0;
    set_ancestors(s, u, document);
    set_accounts(s, u, document);
    set_text(document, "compatible_control_tower_version",
             baseline_compatible_version(jx_str(d->zone, "version")));
    set_new(document, "backup_versions", json_deep_copy(versions));
    set_new(document, "descendants_with_backup", descendants_with_backup(d, u));
    *failed = *failed || hide_security(v, document) != 0 || unit_guards(v, u, document) != 0;
    return document;
}

static int by_id(const void *a, const void *b)
{
    const struct unit *const *first = a;
    const struct unit *const *second = b;
    return strcmp((*first)->id, (*second)->id);
}

/* OUs that could not be listed must not be left out silently. */
static int ous_unlisted(struct visit *v)
{
    static const char *const listing[] = {"organizations:ListRoots",
                                          "organizations:ListOrganizationalUnitsForParent", NULL};
    char text[GAP_TEXT_SIZE];
    int found = subjects_gap(v, listing, text);
    return found > 0 ? subject_unlisted(v, text) : found;
}

int scope_ou(struct visit *v)
{
    const struct tree *tree = v->s->cache->tree;
    size_t count = tree_count(tree);
    const struct unit **units = xcalloc(count + 1, sizeof(void *));
    json_t *versions = backup_versions(v->s->cache);
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        units[i] = tree_at(tree, i);
    }
    qsort(units, count, sizeof(void *), by_id);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        bool failed = false;
        json_t *document = ou_document(v, units[i], versions, &failed);
        if (failed) {
            json_decref(document);
            rc = -1;
        } else {
            rc = subject_emit(v, document);
        }
    }
    json_decref(versions);
    free(units);
    return rc != 0 ? rc : ous_unlisted(v);
}
