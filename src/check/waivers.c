/* Files of waivers: read once; every error is reported with its line before any evaluation. */
#include "check/waivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "waivers_private.h"

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define WAIVERS_MAX 10000
#define PATTERN_BYTES_MAX 4096
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct waiver_loader {
    struct waivers *w;
    const struct rule_set *rules;
    struct err *err;
};

/* True when a star at `at` repeats the item before it, as in a regular expression. */
static bool repeats(const char *text, size_t at, bool in_class)
{
    return in_class || (at > 0 && strchr(".)]}", text[at - 1]) != NULL) ||
           (at > 1 && text[at - 2] == '\\') || (at > 0 && text[at - 1] == '\\');
}

/* Both kinds of patterns are in use: globs (ec2_*, *-logs) and regular expressions (dev-.*). A star
 * after a plain character, or at the start, matches anything; elsewhere it repeats. */
static char *expression_of(const char *text)
{
    struct text out;
    bool in_class = false;
    text_init(&out, 2 * PATTERN_BYTES_MAX + 1);
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] == '*' && !repeats(text, i, in_class)) {
            text_addc(&out, '.');
        }
        text_addc(&out, text[i]);
        if (text[i] == '\\' && text[i + 1] != '\0') {
            text_addc(&out, text[++i]);
        } else if (text[i] == '[' || text[i] == ']') {
            in_class = text[i] == '[';
        }
    }
    return text_take(&out);
}

static struct pattern *compile(struct waiver_loader *l, const struct node *at, const char *text)
{
    char problem[256];
    size_t offset = 0;
    if (strlen(text) > PATTERN_BYTES_MAX) {
        (void)node_err(l->w->doc, at, l->err, "expected at most %d bytes of pattern",
                       PATTERN_BYTES_MAX);
        return NULL;
    }
    char *whole = expression_of(text);
    struct pattern *p = pattern_new(whole, &offset, problem, sizeof problem);
    if (p == NULL) {
        (void)node_err(l->w->doc, at, l->err,
                       "expected a regular expression: %s at character %zu of %s", problem,
                       offset + 1, whole);
    }
    free(whole);
    return p;
}

static int load_patterns(struct waiver_loader *l, const struct node *map, const char *key,
                         struct pattern_list *out)
{
    const struct node *list = node_get(map, key);
    if (list == NULL || list->kind == NODE_NULL) {
        return 0;
    }
    if (list->kind != NODE_LIST) {
        return node_err(l->w->doc, list, l->err, "expected a list of patterns");
    }
    out->items = xcalloc(list->count + 1, sizeof(*out->items));
    for (size_t i = 0; i < list->count; i++) {
        const struct node *item = list->children[i];
        const char *text = item->kind == NODE_NULL ? NULL : node_string(item);
        if (text == NULL) {
            return node_err(l->w->doc, item, l->err, "expected a pattern (text)");
        }
        out->items[i] = compile(l, item, text);
        if (out->items[i] == NULL) {
            return -1;
        }
        out->count++;
    }
    return 0;
}

static int load_conditions(struct waiver_loader *l, const struct node *map, bool accounts,
                           struct conditions *out)
{
    return (accounts && load_patterns(l, map, "Accounts", &out->accounts) != 0) ||
                   load_patterns(l, map, "Regions", &out->regions) != 0 ||
                   load_patterns(l, map, "Resources", &out->resources) != 0 ||
                   load_patterns(l, map, "Tags", &out->tags) != 0
               ? -1
               : 0;
}

static int load_exceptions(struct waiver_loader *l, const struct node *map, struct waiver *one)
{
    static const char *const known[] = {"Accounts", "Regions", "Resources", "Tags", NULL};
    const struct node *exceptions = node_get(map, "Exceptions");
    if (exceptions == NULL || exceptions->kind == NODE_NULL) {
        return 0;
    }
    if (exceptions->kind != NODE_MAP) {
        return node_err(l->w->doc, exceptions, l->err,
                        "expected a mapping (Accounts, Regions, Resources, Tags)");
    }
    return node_only(l->w->doc, exceptions, known, l->err) != 0
               ? -1
               : load_conditions(l, exceptions, true, &one->excepts);
}

/* *ms: the start of that day, UTC. */
static int load_day(struct waiver_loader *l, const struct node *map, const char *key,
                    const char **text, int64_t *ms)
{
    if (node_opt_string(l->w->doc, map, key, text, l->err) != 0) {
        return -1;
    }
    if (*text == NULL) {
        return 0;
    }
    if (strlen(*text) != strlen("2026-12-31") || !time_parse_iso(*text, ms)) {
        return node_err(l->w->doc, node_get(map, key), l->err,
                        "expected a valid date such as 2026-12-31");
    }
    return 0;
}

static int load_life(struct waiver_loader *l, const struct node *map, struct waiver *one)
{
    const struct {
        const char *key, **text;
    } words[] = {{"Description", &one->description},
                 {"Owner", &one->owner},
                 {"Justification", &one->justification},
                 {"Ticket", &one->ticket},
                 {"ApprovedBy", &one->approved_by}};
    int64_t created = 0, expires = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (node_opt_string(l->w->doc, map, words[i].key, words[i].text, l->err) != 0) {
            return -1;
        }
    }
    if (load_day(l, map, "Created", &one->created, &created) != 0 ||
        load_day(l, map, "Expires", &one->expires, &expires) != 0) {
        return -1;
    }
    if (one->expires != NULL) {
        one->ends_ms = expires + DAY_MS;
    }
    if (one->created != NULL && one->expires != NULL && expires < created) {
        return node_err(l->w->doc, node_get(map, "Expires"), l->err,
                        "expected a date that is not before Created (%s)", one->created);
    }
    return 0;
}

static int need_list(struct waiver_loader *l, const struct node *map, const char *key)
{
    if (node_get(map, key) == NULL) {
        return node_err(l->w->doc, map, l->err, "expected a member %s (\"*\" for all)", key);
    }
    return 0;
}

static int load_waiver(struct waiver_loader *l, const char *account, size_t block,
                       const struct node *map)
{
    static const char *const known[] = {"Regions",     "Resources", "Tags",          "Exceptions",
                                        "Description", "Owner",     "Justification", "Ticket",
                                        "ApprovedBy",  "Created",   "Expires",       NULL};
    struct waivers *w = l->w;
    if (map->kind != NODE_MAP) {
        return node_err(w->doc, map, l->err, "expected a mapping (Regions, Resources, ...)");
    }
    if (w->count == WAIVERS_MAX) {
        return node_err(w->doc, map, l->err, "expected at most %d waivers", WAIVERS_MAX);
    }
    w->items = xreallocarray(w->items, w->count + 1, sizeof *w->items);
    struct waiver *one = &w->items[w->count++];
    *one = (struct waiver){.name = xasprintf("%s/%s", account, map->key),
                           .line = map->key_line,
                           .account = account,
                           .check = map->key,
                           .block = block};
    one->one_check = l->rules != NULL && rules_known(l->rules, map->key);
    one->checks = compile(l, map, map->key);
    return one->checks == NULL || node_only(w->doc, map, known, l->err) != 0 ||
                   need_list(l, map, "Regions") != 0 || need_list(l, map, "Resources") != 0 ||
                   load_conditions(l, map, false, &one->covers) != 0 ||
                   load_exceptions(l, map, one) != 0 || load_life(l, map, one) != 0
               ? -1
               : 0;
}

static int load_account(struct waiver_loader *l, const struct node *account, size_t block)
{
    static const char *const known[] = {"Checks", NULL};
    const struct waivers *w = l->w;
    const struct node *checks = node_get(account, "Checks");
    if (account->kind != NODE_MAP || checks == NULL || checks->kind != NODE_MAP) {
        return node_err(w->doc, checks != NULL ? checks : account, l->err,
                        "expected Checks: a mapping from check to waiver");
    }
    if (strcmp(account->key, "*") != 0 && !str_is_account_id(account->key)) {
        return node_err(w->doc, account, l->err,
                        "expected an account ID (12 digits) or \"*\", not \"%s\"", account->key);
    }
    if (node_only(w->doc, account, known, l->err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < checks->count; i++) {
        if (load_waiver(l, account->key, block, checks->children[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int load_root(struct waiver_loader *l)
{
    static const char *const top[] = {"Mutelist", NULL};
    static const char *const under[] = {"Accounts", NULL};
    const struct doc *doc = l->w->doc;
    const struct node *root = doc_root(doc);
    if (root->kind != NODE_MAP) {
        return node_err(doc, root, l->err, "expected a mapping with the member Mutelist");
    }
    const struct node *list = node_get(root, "Mutelist");
    const struct node *accounts = node_get(list, "Accounts");
    if (node_only(doc, root, top, l->err) != 0) {
        return -1;
    }
    if (list == NULL || list->kind != NODE_MAP) {
        return node_err(doc, list != NULL ? list : root, l->err,
                        "expected Mutelist: a mapping with the member Accounts");
    }
    if (accounts == NULL || accounts->kind != NODE_MAP) {
        return node_err(doc, accounts != NULL ? accounts : list, l->err,
                        "expected Accounts: a mapping from account id or \"*\" to Checks");
    }
    if (node_only(doc, list, under, l->err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < accounts->count; i++) {
        if (load_account(l, accounts->children[i], i) != 0) {
            return -1;
        }
    }
    return 0;
}

static int waivers_load_text(const char *name, const char *data, size_t length,
                             const struct rule_set *rules, struct waivers **out, struct err *err)
{
    struct waivers *w = xcalloc(1, sizeof *w);
    struct waiver_loader l = {w, rules, err};
    sha256_hex(data, length, w->digest);
    if (doc_load_text(name, data, length, &w->doc, err) != 0 || load_root(&l) != 0) {
        waivers_free(w);
        return -1;
    }
    *out = w;
    return 0;
}

int waivers_load(const char *path, const struct rule_set *rules, struct waivers **out,
                 struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    if (file_read(path, FILE_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    int rc = waivers_load_text(path, data, length, rules, out, err);
    free(data);
    return rc;
}

static void conditions_release(struct conditions *c)
{
    struct pattern_list *const lists[] = {&c->accounts, &c->regions, &c->resources, &c->tags};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            pattern_free(lists[i]->items[k]);
        }
        free(lists[i]->items);
    }
}

void waivers_free(struct waivers *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; i < w->count; i++) {
        free(w->items[i].name);
        pattern_free(w->items[i].checks);
        conditions_release(&w->items[i].covers);
        conditions_release(&w->items[i].excepts);
    }
    free(w->items);
    doc_free(w->doc);
    free(w);
}

const char *waivers_digest(const struct waivers *w)
{
    return w->digest;
}
