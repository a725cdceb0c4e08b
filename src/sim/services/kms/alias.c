/* Aliases: friendly names of keys, one namespace per account and Region. */
#include "services/kms/kms.h"

#include <stdlib.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

#define TARGETABLE "Enabled Disabled PendingImport Unavailable"

static json_t *aliases_of(struct sim_call *call)
{
    return json_object_get(kms_state(call->sim, call->account, call->region), "aliases");
}

void kms_alias_put(struct sim *sim, const char *account, const char *region, const char *name,
                   const char *key_id, int64_t when_ms)
{
    json_t *aliases = json_object_get(kms_state(sim, account, region), "aliases");
    json_t *old = json_object_get(aliases, name);
    char *arn = xasprintf("arn:%s:kms:%s:%s:%s", sim_partition(sim), region, account, name);
    json_t *created =
        old != NULL ? json_incref(json_object_get(old, "CreationDate")) : epoch(when_ms);
    json_object_set_new(aliases, name,
                        json_pack("{s:s, s:s, s:s, s:o, s:o}", "AliasName", name, "AliasArn", arn,
                                  "TargetKeyId", key_id, "CreationDate", created, "LastUpdatedDate",
                                  epoch(when_ms)));
    free(arn);
}

static int check_name(struct sim_call *call, const char *name)
{
    if (!str_starts(name, "alias/") || name[6] == '\0') {
        return sim_fail(call, 400, "ValidationException",
                        "Alias must start with the prefix \"alias/\". Please see "
                        "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
    }
    if (str_starts(name, "alias/aws/")) {
        return sim_fail(call, 400, "NotAuthorizedException",
                        "Aliases under alias/aws/ belong to AWS services");
    }
    return 0;
}

static int check_target(struct sim_call *call, json_t **key)
{
    *key = kms_lookup(call, "TargetKeyId", KMS_BY_KEY);
    if (*key == NULL || kms_refuse_managed(call, *key)) {
        return -1;
    }
    return kms_need_state(call, *key, TARGETABLE);
}

int kms_create_alias(struct sim_call *call)
{
    const char *name = jx_str(call->in, "AliasName");
    json_t *key = NULL;
    if (check_name(call, name) < 0 || check_target(call, &key) < 0) {
        return -1;
    }
    if (json_object_get(aliases_of(call), name) != NULL) {
        return sim_fail(call, 400, "AlreadyExistsException",
                        "An alias with the name arn:%s:kms:%s:%s:%s already exists",
                        sim_partition(call->sim), call->region, call->account, name);
    }
    kms_alias_put(call->sim, call->account, call->region, name, jx_str(key, "KeyId"),
                  sim_now_ms(call->sim));
    return 0;
}

static int need_alias(struct sim_call *call, const char *name)
{
    if (json_object_get(aliases_of(call), name) != NULL) {
        return 0;
    }
    return sim_fail(call, 400, "NotFoundException", "Alias arn:%s:kms:%s:%s:%s is not found.",
                    sim_partition(call->sim), call->region, call->account, name);
}

int kms_update_alias(struct sim_call *call)
{
    const char *name = jx_str(call->in, "AliasName");
    json_t *key = NULL;
    if (check_name(call, name) < 0 || need_alias(call, name) < 0 || check_target(call, &key) < 0) {
        return -1;
    }
    kms_alias_put(call->sim, call->account, call->region, name, jx_str(key, "KeyId"),
                  sim_now_ms(call->sim));
    return 0;
}

int kms_delete_alias(struct sim_call *call)
{
    const char *name = jx_str(call->in, "AliasName");
    if (check_name(call, name) < 0 || need_alias(call, name) < 0) {
        return -1;
    }
    json_object_del(aliases_of(call), name);
    return 0;
}

int kms_list_aliases(struct sim_call *call)
{
    const char *wanted = NULL;
    if (json_object_get(call->in, "KeyId") != NULL) {
        json_t *key = kms_lookup(call, "KeyId", KMS_BY_KEY);
        if (key == NULL) {
            return -1;
        }
        wanted = jx_str(key, "KeyId");
    }
    json_t *rows = json_array();
    const char *name;
    json_t *alias;
    json_object_foreach(aliases_of(call), name, alias)
    {
        if (wanted == NULL || str_equal(wanted, jx_str(alias, "TargetKeyId"))) {
            json_array_append(rows, alias);
        }
    }
    int rc = sim_page(call, rows, 50);
    json_decref(rows);
    json_object_set_new(call->out, "Truncated",
                        json_boolean(json_object_get(call->out, call->op->token_out) != NULL));
    return rc;
}
