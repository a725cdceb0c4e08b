/* Which accounts are asked: ACTIVE ones, within the run's filters. */
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

/* Not an operation that a rule needs: it makes the run INCOMPLETE and affects no other answer. */
#define PLACE_OF_ACCOUNT "organizations:ListAccounts/Paths"

struct unit { /* an OU or the root, for walking upwards */
    char *name, *parent;
};

struct members {
    struct crawl *crawl;
    struct map *units;   /* id -> struct unit */
    struct map *parents; /* account id -> parent id */
    struct err *err;
};

static void unit_free(void *value)
{
    struct unit *unit = value;
    free(unit->name);
    free(unit->parent);
    free(unit);
}

static int load_unit(void *context, const struct entity *e)
{
    struct members *m = context;
    json_t *document = json_loadb(e->json, e->json_length, 0, NULL);
    struct unit *unit = xcalloc(1, sizeof *unit);
    unit->name = xstrdup(jx_str_or(document, "Name", ""));
    unit->parent = xstrdup(jx_str(document, "ParentId"));
    map_set(m->units, e->key, unit);
    json_decref(document);
    return 0;
}

static int load_place(void *context, const struct entity *e)
{
    struct members *m = context;
    json_t *document = json_loadb(e->json, e->json_length, 0, NULL);
    map_set(m->parents, e->key, xstrdup(jx_str_or(document, "ParentId", "")));
    json_decref(document);
    return 0;
}

/* Does `word` (an id, a name, or a path of names) name this OU? */
static bool names_unit(const struct members *m, const char *id, const char *word)
{
    const struct unit *unit = map_get(m->units, id);
    if (unit == NULL) {
        return false;
    }
    if (strcmp(id, word) == 0 || strcmp(unit->name, word) == 0) {
        return true;
    }
    const char *slash = strrchr(word, '/');
    if (slash == NULL || strcmp(slash + 1, unit->name) != 0 || unit->parent == NULL) {
        return false;
    }
    char *above = xstrndup(word, (size_t)(slash - word));
    bool fits = names_unit(m, unit->parent, above);
    free(above);
    return fits;
}

static bool in_wanted_unit(const struct members *m, const char *account)
{
    const char *const *wanted = m->crawl->options->ous;
    if (wanted == NULL) {
        return true;
    }
    const char *at = map_get(m->parents, account);
    for (unsigned depth = 0; at != NULL && depth < 32; depth++) {
        for (const char *const *word = wanted; *word != NULL; word++) {
            if (names_unit(m, at, *word)) {
                return true;
            }
        }
        const struct unit *unit = map_get(m->units, at);
        at = unit != NULL ? unit->parent : NULL;
    }
    return false;
}

/* `State` is the word since 2025; `Status` is what older endpoints send (FACTS 4). */
static bool is_active(const json_t *account)
{
    return strcmp(jx_str_or(account, "State", jx_str_or(account, "Status", "")), "ACTIVE") == 0;
}

/* The parent that Paths ("o-…/r-…/ou-…/123456789012/") tells, when AWS sends it; FACTS 4: older
 * endpoints do not. */
static bool paths_parent(const json_t *account, char *out, size_t size)
{
    const char *path = json_string_value(json_array_get(jx_get(account, "Paths"), 0));
    const char *end = path != NULL ? strrchr(path, '/') : NULL;
    const char *slashes[3] = {NULL};
    if (end == NULL || end[1] != '\0') {
        return false;
    }
    for (const char *at = end; at >= path; at--) {
        if (*at == '/') {
            slashes[2] = slashes[1];
            slashes[1] = slashes[0];
            slashes[0] = at;
        }
        if (slashes[2] != NULL) {
            break;
        }
    }
    if (slashes[2] == NULL || (size_t)(slashes[1] - slashes[0]) >= size) {
        return false;
    }
    memcpy(out, slashes[0] + 1, (size_t)(slashes[1] - slashes[0] - 1));
    out[slashes[1] - slashes[0] - 1] = '\0';
    return true;
}

/* Two answers name the parent of an account: where they disagree, the organization changed while it
   was read, or a page went missing. Results may be wrong then, so it is a collection error. */
static int cross_check(struct members *m, const char *id, const json_t *account)
{
    char told[64];
    const char *walked = map_get(m->parents, id);
    if (!paths_parent(account, told, sizeof told) || str_equal(walked, told)) {
        return 0;
    }
    char *message = xasprintf("ListAccounts places the account in %s, the walk of the tree in %s",
                              told, walked != NULL ? walked : "no OU");
    struct gap gap = {.operation = PLACE_OF_ACCOUNT,
                      .account = id,
                      .region = "",
                      .target = "",
                      .class = "inconsistent",
                      .code = "",
                      .message = message,
                      .wall_ms = clock_wall_ms(NULL),
                      .request_id = ""};
    m->crawl->gaps++;
    int rc = store_gap(m->crawl->store, &gap, m->err);
    free(message);
    return rc;
}

static int ask_member(void *context, const struct entity *e)
{
    struct members *m = context;
    struct crawl *crawl = m->crawl;
    json_t *account = json_loadb(e->json, e->json_length, 0, NULL);
    bool active = is_active(account);
    int rc = cross_check(m, e->key, account);
    json_decref(account);
    if (rc != 0) {
        return -1;
    }
    if (!active || strcmp(e->key, crawl->management) == 0 || !crawl_wants_account(crawl, e->key) ||
        !in_wanted_unit(m, e->key)) {
        return 0;
    }
    return crawl_ask(crawl, "sts:GetCallerIdentity", e->key, crawl->home, "", m->err);
}

/* An account that ListAccounts did not tell of, or not yet, but the walk of the tree did. */
static int ask_unlisted(void *context, const struct entity *e)
{
    struct members *m = context;
    json_t *listed = NULL;
    if (store_get_entity(m->crawl->store, "account", "", "", e->key, &listed, NULL, m->err) != 0) {
        return -1;
    }
    bool known = listed != NULL;
    json_decref(listed);
    return known ? 0 : ask_member(m, e);
}

struct hunt { /* for the OU or account a filter names */
    const struct members *members;
    const char *word;
    const char *names[256]; /* what may have been meant; ends with NULL */
    size_t count;
    bool found;
};

static int hunt_unit(void *context, const struct entity *e)
{
    struct hunt *h = context;
    const struct unit *unit = map_get(h->members->units, e->key);
    h->found = h->found || names_unit(h->members, e->key, h->word);
    if (unit != NULL && h->count + 1 < sizeof h->names / sizeof *h->names) {
        h->names[h->count++] = unit->name;
    }
    return 0;
}

static int hunt_account(void *context, const struct entity *e)
{
    struct hunt *h = context;
    h->found = h->found || strcmp(e->key, h->word) == 0;
    return h->found ? 1 : 0;
}

/* A filter that matches nothing would give an empty run, which looks like a compliant one. */
static int check_filter(const struct members *m, const char *const *words, const char *flag,
                        const char *kind, int (*each)(void *context, const struct entity *e))
{
    for (; words != NULL && *words != NULL; words++) {
        struct hunt hunt = {.members = m, .word = *words};
        if (store_each_entity(m->crawl->store, kind, NULL, NULL, each, &hunt, m->err) < 0) {
            return -1;
        }
        if (!hunt.found && map_get(m->units, *words) == NULL) {
            const char *near = hunt.count > 0 ? str_nearest(*words, hunt.names) : NULL;
            return err_set(m->err, ERR_INPUT, "--%s: the organization has no %s \"%s\"%s%s%s", flag,
                           strcmp(kind, "ou") == 0 ? "unit" : kind, *words,
                           near != NULL ? ": did you mean \"" : "", near != NULL ? near : "",
                           near != NULL ? "\"?" : "");
        }
    }
    return 0;
}

/* Outside governed Regions a scan only looks for tagged resources, and not even that when told so.
 */
static int check_governed(const struct members *m)
{
    const struct crawl *crawl = m->crawl;
    const char *const *word = crawl->options->regions;
    bool ungoverned = jx_bool(crawl->options->config->document, "scan.ungoverned_regions");
    for (; word != NULL && *word != NULL && !ungoverned && crawl->governed_count > 0; word++) {
        if (!crawl_governs(crawl, *word)) {
            return err_set(m->err, ERR_INPUT,
                           "--region: the landing zone does not govern %s, and Regions outside it "
                           "are not scanned (--no-ungoverned)",
                           *word);
        }
    }
    return 0;
}

static int check_filters(const struct members *m)
{
    const struct collect_options *o = m->crawl->options;
    if (check_governed(m) != 0 || regions_check_early(m->crawl, m->err) != 0) {
        return -1;
    }
    if (m->crawl->gaps > 0) {
        return 0; /* it may be in what could not be read */
    }
    return check_filter(m, o->ous, "ou", "ou", hunt_unit) != 0 ||
                   check_filter(m, o->accounts, "accounts", "account", hunt_account) != 0 ||
                   check_filter(m, o->excluded_accounts, "excluded-accounts", "account",
                                hunt_account) != 0
               ? -1
               : 0;
}

int members_ask(struct crawl *crawl, struct err *err)
{
    struct members m = {
        .crawl = crawl, .units = map_new(unit_free), .parents = map_new(free), .err = err};
    int rc = -1;
    if (store_each_entity(crawl->store, "root", NULL, NULL, load_unit, &m, err) == 0 &&
        store_each_entity(crawl->store, "ou", NULL, NULL, load_unit, &m, err) == 0 &&
        store_each_entity(crawl->store, "tree-account", NULL, NULL, load_place, &m, err) == 0 &&
        check_filters(&m) == 0 &&
        store_each_entity(crawl->store, "account", NULL, NULL, ask_member, &m, err) == 0 &&
        store_each_entity(crawl->store, "tree-account", NULL, NULL, ask_unlisted, &m, err) == 0) {
        rc = 0;
    }
    map_free(m.units);
    map_free(m.parents);
    return rc;
}
