#include "inventory/run_regions.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#define REGIONS_MAX 256

struct listed_regions {
    char *names[REGIONS_MAX + 1]; /* ends with NULL; owned */
    size_t count;
    bool accounts; /* an account's own Regions are among them */
};

static bool lists(const struct listed_regions *l, const char *region)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->names[i], region) == 0) {
            return true;
        }
    }
    return false;
}

static void add(struct listed_regions *l, const char *name)
{
    if (!lists(l, name) && l->count < REGIONS_MAX) {
        l->names[l->count++] = xstrdup(name);
    }
}

static int add_entity(void *context, const struct entity *e)
{
    struct listed_regions *l = context;
    l->accounts = true;
    add(l, e->key);
    return 0;
}

static void add_governed(struct listed_regions *l, struct store *store)
{
    const char *text = store_meta(store, "governed_regions");
    json_t *governed = text != NULL ? json_loads(text, 0, NULL) : NULL;
    size_t i;
    const json_t *name;
    json_array_foreach(governed, i, name)
    {
        add(l, json_string_value(name));
    }
    json_decref(governed);
}

int run_regions_check(struct store *store, const char *const *regions, const char *option,
                      struct err *err)
{
    struct listed_regions l = {.count = 0};
    int rc = -1;
    if (regions == NULL) {
        return 0;
    }
    add_governed(&l, store);
    if (store_each_entity(store, "region-status", NULL, NULL, add_entity, &l, err) < 0) {
        goto out;
    }
    rc = 0;
    for (; l.accounts && *regions != NULL && rc == 0; regions++) {
        const char *near = str_nearest(*regions, (const char *const *)l.names);
        rc = lists(&l, *regions)
                 ? 0
                 : err_set(err, ERR_INPUT,
                           "--%s: no account of the organization has a Region \"%s\"%s%s%s", option,
                           *regions, near != NULL ? "; did you mean \"" : "",
                           near != NULL ? near : "", near != NULL ? "\"?" : "");
    }
out:
    for (size_t i = 0; i < l.count; i++) {
        free(l.names[i]);
    }
    return rc;
}
