/* Backup keys that no landing zone names any more, or not yet: known by our tag, by the configured
 * alias, or because an earlier run saw the landing zone name them. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "remedy.h"

struct former {
    struct making *m;
    const char *named; /* id of the key that the landing zone names; NULL */
    json_t *ids, *list;
};

static void note(struct former *f, const char *id, bool ours)
{
    bool known = id != NULL && json_is_true(json_object_get(f->ids, id));
    if (id != NULL && id[0] != '\0' && !str_equal(id, f->named)) {
        (void)json_object_set_new(f->ids, id, json_boolean(ours || known));
    }
}

static int note_tagged(void *context, const struct entity *e)
{
    struct former *f = context;
    const char *problem = NULL;
    if (strstr(e->key, ":kms:") == NULL) {
        return 0;
    }
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    if (key_tags_are_ours(jx_get(row, "Tags"))) {
        note(f, arn_name(e->key), true);
    }
    json_decref(row);
    return 0;
}

static int note_alias(void *context, const struct entity *e)
{
    const char *problem = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    note(context, jx_str(row, "KeyId"), false);
    json_decref(row);
    return 0;
}

static int keep_member(void *context, const struct entity *e)
{
    struct former *f = context;
    const char *problem = NULL;
    if (json_object_get(f->ids, e->key) == NULL) {
        return 0;
    }
    json_t *key = jx_parse(e->json, e->json_length, &problem);
    const char *type = jx_str_or(key, "MultiRegionConfiguration.MultiRegionKeyType", "PRIMARY");
    json_t *row = json_pack("{s:s,s:s,s:O,s:b,s:b}", "id", e->key, "region", e->region, "ours",
                            json_object_get(f->ids, e->key), "is_primary",
                            strcmp(type, "PRIMARY") == 0, "present", 1);
    jx_set_str(row, "arn", jx_str(key, "Arn"));
    jx_set_str(row, "state", jx_str_or(key, "KeyState", ""));
    json_decref(key);
    return json_array_append_new(f->list, row);
}

int former_keys(struct making *m, json_t **list, struct err *err)
{
    const char *arn = jx_str(m->lz, "backup.kms_key_arn");
    const char *earlier = store_meta(m->store, "backup_key");
    struct former f = {.m = m,
                       .named = arn != NULL ? arn_name(arn) : NULL,
                       .ids = json_object(),
                       .list = json_array()};
    note(&f, earlier != NULL ? arn_name(earlier) : NULL, false);
    int rc =
        store_each_entity(m->store, "tagged", m->management, NULL, note_tagged, &f, err) != 0 ||
                store_each_entity(m->store, "key-alias", m->management, NULL, note_alias, &f,
                                  err) != 0 ||
                store_each_entity(m->store, "key", m->management, NULL, keep_member, &f, err) != 0
            ? -1
            : 0;
    json_decref(f.ids);
    *list = f.list;
    return rc;
}

bool key_is_leaving(const json_t *key)
{
    const char *state = jx_str_or(key, "state", "");
    return str_starts(state, "Pending") && !str_equal(state, "PendingImport");
}

int keys_leaving(struct making *m, json_t **out, struct err *err)
{
    json_t *former = NULL;
    int rc = former_keys(m, &former, err);
    *out = json_array();
    for (size_t i = 0; i < json_array_size(former); i++) {
        const json_t *key = json_array_get(former, i);
        if (key_is_leaving(key)) {
            (void)json_array_append(*out, json_object_get(key, "arn"));
        }
    }
    json_decref(former);
    return rc;
}

int key_alias_operation(struct making *m, const char *region, const char *alias,
                        const char **operation, struct err *err)
{
    json_t *held = NULL;
    int rc =
        store_get_entity(m->store, "key-alias", m->management, region, alias, &held, NULL, err);
    *operation = str_starts(jx_str_or(held, "KeyState", ""), "Pending") ? "kms:UpdateAlias"
                                                                        : "kms:CreateAlias";
    json_decref(held);
    return rc;
}

/* Our key at home whose deletion is scheduled; NULL. Borrowed from the list. */
static const json_t *leaving_primary(const struct making *m, const json_t *former)
{
    for (size_t i = 0; i < json_array_size(former); i++) {
        const json_t *key = json_array_get(former, i);
        if (jx_bool(key, "ours") && jx_bool(key, "is_primary") && key_is_leaving(key) &&
            str_equal(jx_str(key, "region"), m->home)) {
            return key;
        }
    }
    return NULL;
}

static const json_t *member_in(const json_t *former, const char *id, const char *region)
{
    for (size_t i = 0; i < json_array_size(former); i++) {
        const json_t *key = json_array_get(former, i);
        if (str_equal(jx_str(key, "id"), id) && str_equal(jx_str(key, "region"), region)) {
            return key;
        }
    }
    return NULL;
}

/* Is it there in every governed Region still? */
static bool is_whole(const struct making *m, const json_t *former, const char *id)
{
    const json_t *all = m->all[SCOPE_KEY];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *key = json_array_get(all, i);
        if (jx_bool(key, "governed") &&
            member_in(former, id, jx_str_or(key, "region", "")) == NULL) {
            return false;
        }
    }
    return true;
}

int key_recall(struct making *m, const char *reason, bool *recalled, struct err *err)
{
    json_t *former = NULL;
    int rc = former_keys(m, &former, err);
    const json_t *primary = rc == 0 ? leaving_primary(m, former) : NULL;
    const char *id = jx_str_or(primary, "id", "");
    bool wished = jx_bool(m->config, "key.cancel_deletion");
    *recalled = primary != NULL && wished && is_whole(m, former, id);
    if (primary != NULL && !*recalled) {
        making_manual(m, jx_str_or(primary, "arn", id),
                      wished ? "its deletion is scheduled, and it no longer exists in every "
                               "governed Region: a new key is created"
                             : "its deletion is scheduled, so a new key is created; vaults that "
                               "are encrypted with the old key keep it. To use the old key again, "
                               "set key.cancel_deletion in the configuration");
    }
    for (size_t i = 0; *recalled && rc == 0 && i < json_array_size(former); i++) {
        const json_t *key = json_array_get(former, i);
        if (str_equal(jx_str(key, "id"), id) && key_is_leaving(key)) {
            rc = remedy_run(m, "cancel-key-deletion", key, reason, err);
        }
    }
    if (*recalled) {
        free(m->recalled);
        m->recalled = xstrdup(jx_str(primary, "arn"));
    }
    json_decref(former);
    return rc;
}
