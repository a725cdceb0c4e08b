#include "inventory/subjects.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/manifest.h"
#include "subjects_private.h"

static const struct {
    const char *name;
    int (*each)(struct visit *v);
} scopes[SCOPE_COUNT] = {
    [SCOPE_ORG] = {"org", scope_org},
    [SCOPE_LANDING_ZONE] = {"landing-zone", scope_landing_zone},
    [SCOPE_OU] = {"ou", scope_ou},
    [SCOPE_ACCOUNT] = {"account", scope_account},
    [SCOPE_KEY] = {"key", scope_key},
    [SCOPE_ACCOUNT_REGION] = {"account-region", scope_account_region},
    [SCOPE_VAULT] = {"vault", scope_vault},
    [SCOPE_PLAN] = {"plan", scope_plan},
    [SCOPE_RESOURCE] = {"resource", scope_resource},
};

const char *scope_name(enum scope s)
{
    return scopes[s].name;
}

int scope_parse(const char *name, enum scope *out)
{
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (str_equal(name, scopes[i].name)) {
            *out = (enum scope)i;
            return 0;
        }
    }
    return -1;
}

static bool is_member(void *context, const char *account_id)
{
    const struct subjects *s = context;
    return inventory_cache_account(s->cache, account_id) != NULL;
}

char *organizations_path(const struct inventory_cache *cache, const struct account *m)
{
    char *path = xstrdup("");
    for (const struct unit *at = m->unit; at != NULL; at = at->parent) {
        char *longer = xasprintf("%s/%s", at->id, path);
        free(path);
        path = longer;
    }
    char *whole = xasprintf("%s/%s/%s", cache->organization_id,
                            cache->root_id != NULL ? cache->root_id : "*", path);
    free(path);
    return whole;
}

/* The accounts with a BackupBaseline; all active ones where none has it yet. */
static void each_member(void *context, void (*each)(void *to, const char *id, const char *path),
                        void *to)
{
    const struct subjects *s = context;
    bool backed_up = false;
    for (size_t i = 0; i < s->cache->account_count; i++) {
        const struct account *m = s->cache->accounts[i];
        backed_up = backed_up || (account_is_active(m) && backed_up_by(m) != NULL);
    }
    for (size_t i = 0; i < s->cache->account_count; i++) {
        const struct account *m = s->cache->accounts[i];
        if (account_is_active(m) && (!backed_up || backed_up_by(m) != NULL)) {
            char *path = organizations_path(s->cache, m);
            each(to, m->id, path);
            free(path);
        }
    }
}

const struct policy_frame *subjects_frame(const struct subjects *s)
{
    return &s->frame;
}

int subjects_new(struct store *store, const json_t *config, struct subjects **made, struct err *err)
{
    struct subjects *s = xcalloc(1, sizeof *s);
    struct visit v = {.s = s, .err = err};
    bool failed = false;
    int rc = -1;
    s->store = store;
    s->config = config;
    if (inventory_cache_load(store, config, &s->cache, err) != 0) {
        goto out;
    }
    s->frame =
        (struct policy_frame){.partition = s->cache->partition,
                              .management_account = s->cache->management,
                              .organization_id = s->cache->organization_id,
                              .root_id = s->cache->root_id,
                              .central_account = s->cache->central,
                              .is_member = is_member,
                              .each_member = s->cache->account_count > 0 ? each_member : NULL,
                              .context = s};
    s->backup = manifest_backup(jx_get(s->cache->zone, "manifest"));
    json_t *supported = subject_entity(&v, "supported-types", s->cache->management, s->cache->home,
                                       "", NULL, &failed);
    s->supported = json_incref(jx_get(supported, "ResourceTypes"));
    json_decref(supported);
    s->org = failed ? NULL : org_document(&v);
    s->zone = s->org != NULL ? landing_zone_document(&v) : NULL;
    if (s->zone == NULL) {
        goto out;
    }
    s->context = json_object();
    (void)json_object_set(s->context, "org", s->org);
    (void)json_object_set(s->context, "lz", s->zone);
    set_new(s->context, "config", config != NULL ? json_deep_copy(config) : json_object());
    *made = s;
    s = NULL;
    rc = 0;
out:
    subjects_free(s);
    return rc;
}

void subjects_remember(struct subjects *s)
{
    s->remember = true;
}

void subjects_free(struct subjects *s)
{
    if (s == NULL) {
        return;
    }
    json_decref(s->context);
    json_decref(s->org);
    json_decref(s->zone);
    json_decref(s->backup);
    json_decref(s->supported);
    json_decref(s->policies);
    json_decref(s->policy_targets);
    copy_denials_free(s->controls);
    map_free(s->periods);
    inventory_cache_free(s->cache);
    free(s);
}

const json_t *subjects_context(const struct subjects *s)
{
    return s->context;
}

int subjects_each(struct subjects *s, enum scope scope,
                  int (*each)(void *context, const json_t *document), void *context,
                  struct err *err)
{
    struct visit v = {.s = s, .each = each, .context = context, .err = err};
    return scopes[scope].each(&v);
}
