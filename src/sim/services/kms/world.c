/* Keys that exist from the start: a world's, and the ones AWS manages for its services. */
#include "services/kms/kms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

/* Every account and Region has these once the service was used there. */
static const char *const managed[] = {"aws/backup", "aws/ebs", "aws/elasticfilesystem", "aws/rds"};

void kms_populate(struct sim *sim, const char *account, const char *region, json_t *state)
{
    json_object_set_new(state, "keys", json_object());
    json_object_set_new(state, "aliases", json_object());
    if (region[0] == '\0') {
        return;
    }
    char *policy = kms_policy_default(sim, account);
    for (size_t i = 0; i < sizeof managed / sizeof *managed; i++) {
        char id[37];
        char *words = xasprintf("kms|%s|%s|%s", account, region, managed[i]);
        char *alias = xasprintf("alias/%s", managed[i]);
        int64_t born = hashed_birth_ms(sim, words);
        sim_hash_uuid(sim, words, id);
        const struct kms_birth birth = {
            .account = account,
            .region = region,
            .id = id,
            .description = "Default key that protects a service's data when no other key is named",
            .policy = policy,
            .manager = "AWS",
            .created_ms = born,
        };
        json_t *key = kms_key_add(sim, &birth);
        json_object_set_new(json_object_get(key, "shared"), "rotation", json_true());
        kms_alias_put(sim, account, region, alias, id, born);
        free(alias);
        free(words);
    }
    free(policy);
}

static char *policy_of(struct sim *sim, const json_t *spec, const char *region, const char *account)
{
    const json_t *own = json_object_get(json_object_get(spec, "policies"), region);
    const json_t *policy = own != NULL ? own : json_object_get(spec, "policy");
    if (json_is_string(policy)) {
        return xstrdup(json_string_value(policy));
    }
    if (json_is_object(policy)) {
        char *text = json_dumps(policy, JSON_INDENT(2));
        char *copy = xstrdup(text);
        free(text);
        return copy;
    }
    return kms_policy_backup(sim, account);
}

static json_t *add_in(struct sim *sim, const json_t *spec, const char *id, const char *region,
                      json_t *shared)
{
    const char *account = jx_str_or(spec, "account", sim_management_account(sim));
    char *policy = policy_of(sim, spec, region, account);
    const json_t *states = json_object_get(spec, "states");
    int64_t born = hashed_birth_ms(sim, id);
    const struct kms_birth birth = {
        .account = account,
        .region = region,
        .id = id,
        .description = jx_str_or(spec, "description", ""),
        .policy = policy,
        .usage = jx_str(spec, "usage"),
        .spec = jx_str(spec, "spec"),
        .origin = jx_str(spec, "origin"),
        .state = jx_str_or(states, region, jx_str_or(spec, "state", "Enabled")),
        .multi = shared != NULL || jx_bool(spec, "multi_region"),
        .created_ms = born,
        .shared = shared,
    };
    json_t *key = kms_key_add(sim, &birth);
    free(policy);
    if (json_is_object(json_object_get(spec, "tags"))) {
        json_object_update(json_object_get(key, "tags"), json_object_get(spec, "tags"));
    }
    size_t i;
    const json_t *alias;
    json_array_foreach(json_object_get(spec, "aliases"), i, alias)
    {
        const char *name = json_string_value(alias);
        if (name != NULL) {
            char *full = xasprintf("%s%s", str_starts(name, "alias/") ? "" : "alias/", name);
            kms_alias_put(sim, account, region, full, id, born);
            free(full);
        }
    }
    return key;
}

static int check_spec(json_t *spec, size_t index, struct err *err)
{
    static const char *const known[] = {
        "account",  "region",  "id",       "multi_region", "replicas",      "policy",
        "policies", "aliases", "rotation", "description",  "state",         "states",
        "tags",     "usage",   "spec",     "origin",       "rotation_days", NULL};
    const char *name;
    json_t *value;
    if (!json_is_object(spec)) {
        return err_set(err, ERR_INPUT, "$.kms.keys[%zu]: expected a map", index);
    }
    json_object_foreach(spec, name, value)
    {
        size_t k = 0;
        while (known[k] != NULL && !str_equal(known[k], name)) {
            k++;
        }
        if (known[k] == NULL) {
            const char *near = str_nearest(name, known);
            return err_set(err, ERR_INPUT, "$.kms.keys[%zu]: unknown member \"%s\"%s%s%s", index,
                           name, near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                           near != NULL ? "\"?" : "");
        }
    }
    const char *account = jx_str(spec, "account"), *id = jx_str(spec, "id");
    bool multi = jx_bool(spec, "multi_region");
    if (account != NULL && !str_is_account_id(account)) {
        return err_set(err, ERR_INPUT, "$.kms.keys[%zu].account: expected 12 digits", index);
    }
    if (id != NULL && (multi != str_starts(id, "mrk-") || strlen(id) != 36)) {
        return err_set(err, ERR_INPUT,
                       "$.kms.keys[%zu].id: expected 36 characters, beginning with mrk- exactly if "
                       "multi_region is true",
                       index);
    }
    if (!multi && jx_count(spec, "replicas") > 0) {
        return err_set(err, ERR_INPUT, "$.kms.keys[%zu].replicas: the key is not multi_region",
                       index);
    }
    return 0;
}

int kms_load(struct sim *sim, const json_t *world, struct err *err)
{
    size_t i, j;
    json_t *spec;
    const json_t *region;
    json_array_foreach(jx_get(world, "kms.keys"), i, spec)
    {
        if (check_spec(spec, i, err) < 0) {
            return -1;
        }
        char id[40];
        char words[48];
        const char *named = jx_str(spec, "id");
        snprintf(words, sizeof words, "kms key %zu", i);
        if (named != NULL) {
            snprintf(id, sizeof id, "%s", named);
        } else if (jx_bool(spec, "multi_region")) {
            memcpy(id, "mrk-", 4);
            sim_hash_id(sim, words, "0123456789abcdef", 32, id + 4);
        } else {
            sim_hash_uuid(sim, words, id);
        }
        json_t *key = add_in(sim, spec, id, jx_str_or(spec, "region", sim_home_region(sim)), NULL);
        json_t *shared = json_object_get(key, "shared");
        json_object_set_new(shared, "rotation", json_boolean(jx_bool(spec, "rotation")));
        json_object_set_new(shared, "rotation_days",
                            json_integer(jx_int(spec, "rotation_days", 365)));
        json_array_foreach(json_object_get(spec, "replicas"), j, region)
        {
            const char *name = json_string_value(region);
            if (name == NULL || str_equal(name, jx_str(key, "region"))) {
                return err_set(err, ERR_INPUT,
                               "$.kms.keys[%zu].replicas[%zu]: expected another Region", i, j);
            }
            add_in(sim, spec, id, name, shared);
            json_array_append_new(json_object_get(shared, "replicas"), json_string(name));
        }
    }
    return 0;
}
