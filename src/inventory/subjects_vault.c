/* Scope vault: each backup vault of each ACTIVE account, in governed and other Regions. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "subjects_private.h"

static void set_lock(json_t *document, const json_t *vault)
{
    static const char *const numbers[][2] = {{"min_retention_days", "MinRetentionDays"},
                                             {"max_retention_days", "MaxRetentionDays"},
                                             {"recovery_points", "NumberOfRecoveryPoints"}};
    set_bool(document, "locked", jx_bool(vault, "Locked"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json_t *number = jx_get(vault, numbers[i][1]);
        set_new(document, numbers[i][0],
                number != NULL ? json_integer(jx_int(number, "", 0)) : json_null());
    }
    const json_t *date = jx_get(vault, "LockDate");
    char iso[TIME_ISO_SIZE];
    if (json_is_number(date)) {
        time_iso((int64_t)(json_number_value(date) * 1000.0), iso);
    }
    set_text(document, "lock_date", json_is_number(date) ? iso : json_string_value(date));
}

#define EXPIRED_SHOWN 20 /* the count beside them is whole */

/* Points whose time is over and that are still there. */
static bool set_points(struct visit *v, const struct entity *e, const char *const names[3],
                       json_t *document)
{
    struct cursor c = {0};
    char *prefix = xasprintf("%s/", e->key);
    json_t *shown = json_array();
    long long count = 0;
    int rc = cursor_open(&c, v->s->store, names[0], e->account, e->region, v->err);
    while (rc == 0 && c.more) {
        if (str_starts(c.row.key, prefix)) {
            if (count++ < EXPIRED_SHOWN) {
                list_text(shown, c.row.key + strlen(prefix));
            }
            subject_fact(document, c.row.fact);
        }
        rc = cursor_next(&c, v->err);
    }
    cursor_close(&c);
    free(prefix);
    set_int(document, names[1], count);
    set_new(document, names[2], shown);
    return rc == 0;
}

/* Kinds of entities, and the members that count and show them. */
static const char *const odd_points[][3] = {
    {"expired-point", "expired_points", "expired_shown"},
    {"unencrypted-point", "unencrypted_points", "unencrypted_shown"},
    {"other-key-point", "other_key_points", "other_key_shown"},
};

static int emit_vault(struct visit *v, const struct entity *e)
{
    const struct subjects *s = v->s;
    const char *problem = NULL;
    bool failed = false;
    int64_t policy_fact = 0;
    json_t *vault = jx_parse(e->json, e->json_length, &problem);
    json_t *policy =
        subject_entity(v, "vault-policy", e->account, e->region, e->key, &policy_fact, &failed);
    const char *kind = vault_kind(s, e->account, e->key, vault);
    const char *key_arn = jx_str(s->backup, "kms_key_arn");
    char *expected = key_arn != NULL ? arn_in_region(key_arn, e->region) : NULL;
    char *key = xasprintf("%s/%s/%s", e->account, e->region, e->key);
    const struct subject_identity who = {.key = key,
                                         .name = e->key,
                                         .region = e->region,
                                         .arn = jx_str(vault, "BackupVaultArn"),
                                         .account = inventory_cache_account(s->cache, e->account)};
    json_t *document = subject_new(&who);
    subject_fact(document, e->fact);
    subject_fact(document, policy_fact);
    set_text(document, "account", e->account);
    set_text(document, "region", e->region);
    set_text(document, "name", e->key);
    set_text(document, "arn", who.arn);
    set_text(document, "type", jx_str(vault, "VaultType"));
    /* VaultState is young: a vault listed without it is there and usable. */
    set_text(document, "state", jx_str_or(vault, "VaultState", "AVAILABLE"));
    set_text(document, "key_arn", jx_str(vault, "EncryptionKeyArn"));
    set_text(document, "kind", kind);
    set_bool(document, "is_central_account", str_equal(e->account, s->cache->central));
    set_text(document, "expected_key_arn", expected);
    set_bool(document, "governed", inventory_cache_governs(s->cache, e->region));
    set_lock(document, vault);
    struct policy_frame frame = s->frame;
    frame.resource = who.arn;
    set_new(document, "policy", vault_policy_describe(jx_str(policy, "Policy"), &frame));
    json_t *denied = vault_policy_denies_copies(jx_str(policy, "Policy"), &frame, e->account);
    set_new(document, "copies_denied_by", json_incref(json_object_get(denied, "denies")));
    set_new(document, "copies_denied_perhaps_by",
            json_incref(json_object_get(denied, "denies_perhaps")));
    json_decref(denied);
    for (size_t i = 0; !failed && i < sizeof odd_points / sizeof *odd_points; i++) {
        failed = !set_points(v, e, odd_points[i], document);
    }
    json_decref(vault);
    json_decref(policy);
    free(expected);
    free(key);
    if (failed) {
        json_decref(document);
        return -1;
    }
    return subject_emit(v, document);
}

/* Vaults of the whole run stream by (account, region); gaps of places before them are put in
 * between. */
static const char *const listing[] = {"backup:ListBackupVaults", NULL};

static int vaults_of_place(struct visit *v, const struct account_region *p)
{
    struct cursor c = {0};
    int rc = place_unlisted(v, p, listing);
    if (rc == 0) {
        rc = cursor_open(&c, v->s->store, "vault", p->account->id, p->region, v->err);
    }
    while (rc == 0 && c.more) {
        rc = emit_vault(v, &c.row);
        if (rc == 0) {
            rc = cursor_next(&c, v->err);
        }
    }
    cursor_close(&c);
    return rc;
}

int scope_vault(struct visit *v)
{
    return places_each_seen(v, "vault", vaults_of_place);
}
