/* What the operator selected, kept with the run: reports state it, and what was left out is not
 * evaluated. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "crawl.h"

/* null: no such filter */
static json_t *words_of(const char *const *words)
{
    json_t *list = words != NULL ? json_array() : json_null();
    for (; words != NULL && *words != NULL; words++) {
        (void)json_array_append_new(list, jx_string(*words, strlen(*words)));
    }
    return list;
}

/* Adds what `c` asks, and what the answers to that ask. */
static void add_asked(json_t *list, const struct collector *c)
{
    if (c == NULL || c->as_management || jx_list_has(list, c->operation)) {
        return;
    }
    (void)json_array_append_new(list, json_string(c->operation));
    for (size_t i = 0; i < ASKS_MAX && c->asks[i] != NULL; i++) {
        add_asked(list, collector_find(c->asks[i]));
    }
}

/* The operations that are asked in each account, or those that are asked in each Region of it. */
static json_t *asked_operations(bool regions)
{
    json_t *list = json_array();
    const struct collector *c = NULL;
    for (size_t i = 0; (c = collector_at(i)) != NULL; i++) {
        bool seeded = c->seed == SEED_GOVERNED || c->seed == SEED_REGION || c->seed == SEED_WANTED;
        if (seeded) {
            add_asked(list, c);
        } else if (c->opens_account) {
            for (size_t k = 0; !regions && k < ASKS_MAX && c->asks[k] != NULL; k++) {
                add_asked(list, collector_find(c->asks[k]));
            }
        }
    }
    return list;
}

int selection_store(struct crawl *crawl, struct err *err)
{
    const struct collect_options *o = crawl->options;
    bool narrowed = o->accounts != NULL || o->excluded_accounts != NULL || o->ous != NULL ||
                    o->regions != NULL || o->excluded_regions != NULL;
    if (!narrowed) {
        return store_meta_set(crawl->store, "scan_selection", "", err);
    }
    json_t *selection = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "accounts", words_of(o->accounts),
        "excluded_accounts", words_of(o->excluded_accounts), "ous", words_of(o->ous), "regions",
        words_of(o->regions), "excluded_regions", words_of(o->excluded_regions),
        "asked_in_accounts", asked_operations(false), "asked_in_regions", asked_operations(true));
    char *text = jx_dump(selection);
    int rc = store_meta_set(crawl->store, "scan_selection", text, err);
    free(text);
    json_decref(selection);
    return rc;
}
