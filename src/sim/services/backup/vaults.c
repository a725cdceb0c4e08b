/* Vaults and who may copy into them. */
#include "services/backup/backup.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#include "services/inventory.h"

json_t *backup_vault_add(struct sim *sim, json_t *state, const char *arn, const char *key_arn,
                         int64_t created_ms)
{
    const char *name = strrchr(arn, ':') + 1;
    (void)sim;
    json_t *wire =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:s}", "BackupVaultName", name,
                  "BackupVaultArn", arn, "VaultType", "BACKUP_VAULT", "VaultState", "AVAILABLE",
                  "EncryptionKeyArn", key_arn, "CreationDate", epoch(created_ms), "Locked", 0,
                  "EncryptionKeyType", "CUSTOMER_MANAGED_KMS_KEY");
    json_t *vault = json_pack("{s:o, s:{}, s:{}}", "wire", wire, "tags", "points");
    json_object_set_new(json_object_get(state, "vaults"), name, vault);
    return vault;
}

json_t *backup_vault(struct sim_call *call, json_t *state)
{
    const char *name = jx_str_or(call->in, "BackupVaultName", "");
    json_t *vault = json_object_get(json_object_get(state, "vaults"), name);
    if (vault == NULL) {
        backup_missing(call, "Backup vault", name);
    }
    return vault;
}

static int answer(struct sim_call *call, const json_t *vault)
{
    json_object_set(call->out, "BackupVaultName", jx_get(vault, "wire.BackupVaultName"));
    json_object_set(call->out, "BackupVaultArn", jx_get(vault, "wire.BackupVaultArn"));
    return json_object_set(call->out, "CreationDate", jx_get(vault, "wire.CreationDate"));
}

/* The key must be there and usable; without one, the one AWS manages is taken. Yours to free; NULL
 * after a refusal. */
static char *vault_key(struct sim_call *call)
{
    const char *arn = jx_str(call->in, "EncryptionKeyArn");
    struct arn parts;
    if (arn == NULL) {
        const struct making m = {
            .sim = call->sim, .account = call->account, .region = call->region};
        return managed_key(&m, "backup");
    }
    const json_t *key = sim_kms_key(call->sim, arn);
    if (!arn_split(arn, &parts) || key == NULL || !str_equal(parts.region, call->region)) {
        backup_invalid(call, "The EncryptionKeyArn does not name a key that exists in this Region");
        return NULL;
    }
    if (!str_equal(jx_str(key, "state"), "Enabled")) {
        backup_invalid(call, "The key named by EncryptionKeyArn is not enabled");
        return NULL;
    }
    return xstrdup(arn);
}

int backup_create_vault(struct sim_call *call)
{
    json_t *state = backup_here(call);
    const char *name = jx_str(call->in, "BackupVaultName"),
               *token = jx_str(call->in, "CreatorRequestId");
    json_t *old = json_object_get(json_object_get(state, "vaults"), name);
    if (old != NULL && token != NULL && str_equal(token, jx_str(old, "wire.CreatorRequestId"))) {
        return answer(call, old);
    }
    if (old != NULL) {
        json_object_set_new(call->out, "@error",
                            json_pack("{s:s, s:O}", "Type", "InvalidRequest", "Arn",
                                      jx_get(old, "wire.BackupVaultArn")));
        return sim_fail(call, 400, "AlreadyExistsException",
                        "Backup vault with the same name already exists");
    }
    if (json_object_size(json_object_get(state, "vaults")) >= 300) {
        return sim_fail(call, 400, "LimitExceededException",
                        "An account can have 300 backup vaults in a Region");
    }
    char *key = backup_tags_check(call, "BackupVaultTags", NULL) < 0 ? NULL : vault_key(call);
    if (key == NULL) {
        return -1;
    }
    char *arn = backup_arn(call->sim, call->account, call->region, "backup-vault", name);
    json_t *vault = backup_vault_add(call->sim, state, arn, key, sim_now_ms(call->sim));
    jx_set_str(json_object_get(vault, "wire"), "CreatorRequestId", token);
    if (json_object_get(call->in, "BackupVaultTags") != NULL) {
        json_object_update(json_object_get(vault, "tags"),
                           json_object_get(call->in, "BackupVaultTags"));
    }
    free(arn);
    free(key);
    return answer(call, vault);
}

int backup_delete_vault(struct sim_call *call)
{
    json_t *state = backup_here(call);
    json_t *vault = backup_vault(call, state);
    if (vault == NULL) {
        return -1;
    }
    backup_points_refresh(call->sim, call->account, call->region, state);
    backup_copies_refresh(call->sim, call->account, call->region, vault);
    if (json_object_size(json_object_get(vault, "points")) > 0) {
        return sim_fail(call, 400, "InvalidRequestException",
                        "Backup vault cannot be deleted because it contains recovery points");
    }
    return json_object_del(json_object_get(state, "vaults"), jx_str(call->in, "BackupVaultName"));
}

/* Generated worlds are large: there, points are made when they are asked for, and until then the
   number of them in a vault is approximate, as AWS's is. */
static bool counts_points(struct sim_call *call)
{
    return sim_generated_resources(call->sim) == 0;
}

static void make_points(struct sim_call *call, json_t *state)
{
    if (counts_points(call)) {
        backup_points_refresh(call->sim, call->account, call->region, state);
    }
}

static json_t *counted(struct sim_call *call, json_t *vault)
{
    if (counts_points(call)) {
        backup_copies_refresh(call->sim, call->account, call->region, vault);
    }
    json_t *row = json_copy(json_object_get(vault, "wire"));
    size_t points = json_object_size(json_object_get(vault, "points"));
    json_object_set_new(row, "NumberOfRecoveryPoints", json_integer((json_int_t)points));
    return row;
}

static int same_account(struct sim_call *call)
{
    const char *account = jx_str_or(call->in, "BackupVaultAccountId", call->account);
    if (str_equal(account, call->account)) {
        return 0;
    }
    return backup_missing(call, "A backup vault shared by account", account);
}

int backup_describe_vault(struct sim_call *call)
{
    json_t *state = backup_here(call);
    json_t *vault = same_account(call) < 0 ? NULL : backup_vault(call, state);
    if (vault == NULL) {
        return -1;
    }
    make_points(call, state);
    json_t *row = counted(call, vault);
    json_object_update(call->out, row);
    json_decref(row);
    return 0;
}

int backup_list_vaults(struct sim_call *call)
{
    json_t *state = backup_here(call), *rows = json_array(), *vault;
    const char *type = jx_str(call->in, "ByVaultType"), *name;
    bool shared = jx_bool(call->in, "ByShared"); /* no vault of this simulator is shared */
    make_points(call, state);
    json_object_foreach(json_object_get(state, "vaults"), name, vault)
    {
        if (!shared && (type == NULL || str_equal(type, jx_str(vault, "wire.VaultType")))) {
            json_array_append_new(rows, counted(call, vault));
        }
    }
    return sim_page_take(call, rows, 1000);
}

/* --- access policies --- */

int backup_get_policy(struct sim_call *call)
{
    json_t *vault = backup_vault(call, backup_here(call));
    if (vault == NULL) {
        return -1;
    }
    if (json_object_get(vault, "policy") == NULL) {
        return backup_missing(call, "Access policy of backup vault",
                              jx_str(call->in, "BackupVaultName"));
    }
    json_object_set(call->out, "BackupVaultName", jx_get(vault, "wire.BackupVaultName"));
    json_object_set(call->out, "BackupVaultArn", jx_get(vault, "wire.BackupVaultArn"));
    return json_object_set(call->out, "Policy", json_object_get(vault, "policy"));
}

static bool only_copies(const json_t *action)
{
    if (json_is_string(action)) {
        return str_equal(json_string_value(action), "backup:CopyIntoBackupVault");
    }
    size_t i;
    const json_t *item;
    json_array_foreach(action, i, item)
    {
        if (!only_copies(item)) {
            return false;
        }
    }
    return json_array_size(action) > 0;
}

static bool principal_is_own(const char *account, const json_t *principal)
{
    const json_t *named = json_is_object(principal) ? json_object_get(principal, "AWS") : principal;
    size_t i;
    const json_t *item;
    if (json_is_string(named)) {
        struct arn arn;
        const char *s = json_string_value(named);
        return str_equal(s, account) || (arn_split(s, &arn) && str_equal(arn.account, account));
    }
    json_array_foreach(named, i, item)
    {
        if (!principal_is_own(account, item)) {
            return false;
        }
    }
    return named != NULL;
}

/* Static text of what is wrong, or NULL. Other accounts may be allowed to copy into a vault and
 * nothing else. */
static const char *policy_problem(const char *account, const json_t *document)
{
    const json_t *statements = json_object_get(document, "Statement");
    size_t i;
    if (!json_is_object(document) ||
        (json_array_size(statements) == 0 && !json_is_object(statements))) {
        return "The policy is not a policy document with statements";
    }
    size_t count = json_is_object(statements) ? 1 : json_array_size(statements);
    for (i = 0; i < count; i++) {
        const json_t *statement =
            json_is_object(statements) ? statements : json_array_get(statements, i);
        const char *effect = jx_str(statement, "Effect");
        const json_t *principal = json_object_get(statement, "Principal");
        if ((!str_equal(effect, "Allow") && !str_equal(effect, "Deny")) ||
            (principal == NULL && json_object_get(statement, "NotPrincipal") == NULL) ||
            (json_object_get(statement, "Action") == NULL &&
             json_object_get(statement, "NotAction") == NULL)) {
            return "A statement of the policy lacks Effect, Principal or Action";
        }
        if (str_equal(effect, "Allow") && !principal_is_own(account, principal) &&
            !only_copies(json_object_get(statement, "Action"))) {
            return "The specified policy cannot be added to the vault due to cross-account sharing "
                   "restrictions. "
                   "Amend the policy or the vault's settings, then retry request";
        }
    }
    return NULL;
}

int backup_put_policy(struct sim_call *call)
{
    json_t *vault = backup_vault(call, backup_here(call));
    const char *policy = jx_str(call->in, "Policy"), *problem = NULL;
    if (vault == NULL) {
        return -1;
    }
    if (policy == NULL) {
        return sim_fail(call, 400, "MissingParameterValueException", "Policy is needed");
    }
    json_t *document = jx_parse(policy, strlen(policy), &problem);
    problem =
        document == NULL ? "The policy is not valid JSON" : policy_problem(call->account, document);
    json_decref(document);
    if (problem != NULL) {
        return backup_invalid(call, problem);
    }
    return json_object_set(vault, "policy", json_object_get(call->in, "Policy"));
}

int backup_delete_policy(struct sim_call *call)
{
    json_t *vault = backup_vault(call, backup_here(call));
    if (vault == NULL) {
        return -1;
    }
    json_object_del(vault, "policy");
    return 0;
}
