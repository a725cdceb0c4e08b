/* Names in the configuration that fit no OU and no account of the organization. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "subjects_private.h"

static bool fits_unit(const struct inventory_cache *d, const char *word)
{
    for (size_t i = 0; i < tree_count(d->tree); i++) {
        if (unit_is_named(tree_at(d->tree, i), word)) {
            return true;
        }
    }
    return false;
}

/* As account_is_exempt() compares. */
static bool fits_account(const struct inventory_cache *d, const char *word)
{
    for (size_t i = 0; i < d->account_count; i++) {
        if (str_glob(word, d->accounts[i]->id) || str_glob(word, d->accounts[i]->name)) {
            return true;
        }
    }
    return false;
}

/* The name or the path that is nearest; NULL. Borrowed from the cache. */
static const char *nearest_unit(const struct inventory_cache *d, const char *word)
{
    bool path = strchr(word, '/') != NULL;
    size_t count = tree_count(d->tree);
    const char **names = xcalloc(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = path ? tree_at(d->tree, i)->path : tree_at(d->tree, i)->name;
    }
    const char *near = str_nearest(word, names);
    free((void *)names);
    return near;
}

static const char *nearest_account(const struct inventory_cache *d, const char *word)
{
    const char **names = xcalloc(d->account_count + 1, sizeof *names);
    for (size_t i = 0; i < d->account_count; i++) {
        names[i] = str_is_account_id(word) ? d->accounts[i]->id : d->accounts[i]->name;
    }
    const char *near = str_nearest(word, names);
    free((void *)names);
    return near;
}

void set_unknown_names(const struct subjects *s, json_t *document)
{
    static const struct {
        const char *path;
        bool (*fits)(const struct inventory_cache *d, const char *word);
        const char *(*nearest)(const struct inventory_cache *d, const char *word);
    } lists[] = {{"ous.protect", fits_unit, nearest_unit},
                 {"ous.exempt", fits_unit, nearest_unit},
                 {"accounts_exempt", fits_account, nearest_account},
                 {"delegated_administrators", fits_account, nearest_account}};
    json_t *unknown = json_array();
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const json_t *words = jx_get(s->config, lists[i].path);
        for (size_t k = 0; k < json_array_size(words); k++) {
            const char *word = json_string_value(json_array_get(words, k));
            if (word == NULL || lists[i].fits(s->cache, word)) {
                continue;
            }
            const char *near = lists[i].nearest(s->cache, word);
            char *text = xasprintf("%s: %s%s%s%s", lists[i].path, word,
                                   near != NULL ? " (did you mean " : "", near != NULL ? near : "",
                                   near != NULL ? "?)" : "");
            list_text(unknown, text);
            free(text);
        }
    }
    set_new(document, "unknown_names", unknown);
}
