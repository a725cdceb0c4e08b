/* Vaults, recovery points and the key: what is only deleted when it is named, and what stays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"
#include "model/arn.h"
#include "model/backup_tag.h"
#include "teardown.h"

#define DELETION_DAYS 30
#define BACKUP_LINKED_ROLE "AWSServiceRoleForBackup"

/* Scratch "teardown": {"vaults": [{account, region, name, key, kind, points, locked, emptied}],
   "blind": [ACCOUNT/REGION]}. */
static json_t *vaults_of(const struct making *m)
{
    return json_object_get(json_object_get(m->scratch, "teardown"), "vaults");
}

static int look_one(void *context, const json_t *document)
{
    struct making *m = context;
    json_t *scratch = making_scratch(m, "teardown");
    const char *account = jx_str_or(document, "account", "");
    const char *region = jx_str_or(document, "region", "");
    if (jx_bool(document, "_unlisted")) {
        char *place = xasprintf("%s in %s", account, region);
        (void)json_array_append_new(json_object_get(scratch, "blind"), json_string(place));
        free(place);
        return 0;
    }
    const char *key = jx_str(document, "key_arn");
    return json_array_append_new(
        json_object_get(scratch, "vaults"),
        json_pack("{s:s,s:s,s:s,s:s?,s:s,s:I,s:b,s:b}", "account", account, "region", region,
                  "name", jx_str_or(document, "name", ""), "key",
                  key != NULL ? arn_name(key) : NULL, "kind", jx_str_or(document, "kind", "other"),
                  "points", (json_int_t)jx_int(document, "recovery_points", 0), "locked",
                  jx_bool(document, "locked"), "emptied", 0));
}

int teardown_look(struct making *m, struct err *err)
{
    json_t *scratch = making_scratch(m, "teardown");
    (void)json_object_set_new(scratch, "vaults", json_array());
    (void)json_object_set_new(scratch, "blind", json_array());
    return subjects_each(m->subjects, SCOPE_VAULT, look_one, m, err);
}

/* --- recovery points --- */

struct deleting {
    struct making *m;
    json_t *vault;
    long long steps;
    struct err *err;
};

static bool is_named(const struct making *m, const char *vault)
{
    const char *const *names = m->options->delete_recovery_points;
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], vault) == 0) {
            return true;
        }
    }
    return false;
}

static struct plan_call *in_vault(const struct making *m, const json_t *vault,
                                  const char *operation, json_t *take_input)
{
    const char *account = jx_str_or(vault, "account", "");
    json_t *input = take_input != NULL ? take_input : json_object();
    (void)json_object_set_new(input, "BackupVaultName", literal(jx_str_or(vault, "name", "")));
    return call_new(m, operation, account, jx_str_or(vault, "region", ""), making_role(m, account),
                    input);
}

static int delete_point(void *context, const struct entity *e)
{
    struct deleting *d = context;
    struct making *m = d->m;
    const char *problem = NULL;
    json_t *point = jx_parse(e->json, e->json_length, &problem);
    const char *arn = jx_str_or(point, "RecoveryPointArn", e->key);
    const char *vault = jx_str_or(d->vault, "name", "");
    int rc = 0;
    if (str_equal(jx_str(point, "BackupVaultName"), vault)) {
        char *target = xasprintf("%s/%s/%s/%s", e->account, e->region, vault, arn_name(arn));
        struct plan_step *step = step_new(teardown_row(DELETE_POINT), target,
                                          "Delete recovery point %s from %s in %s, %s",
                                          arn_name(arn), vault, e->account, e->region);
        step_send(step, in_vault(m, d->vault, "backup:DeleteRecoveryPoint",
                                 json_pack("{s:o}", "RecoveryPointArn", literal(arn))));
        step_done(step, probe_new(in_vault(m, d->vault, "backup:DescribeRecoveryPoint",
                                           json_pack("{s:o}", "RecoveryPointArn", literal(arn))),
                                  cond_text("Status", "DELETED"), true));
        step_precondition(
            step, probe_says(probe_new(in_vault(m, d->vault, "backup:DescribeBackupVault", NULL),
                                       cond_not(cond_new("Locked", "equals", json_true())), false),
                             "the vault is locked now"));
        step_change(step, json_string(jx_str_or(point, "Status", "")), json_null());
        step_after(step, "disable-baseline/*");
        rc = step_add(m, step, REASON_TEARDOWN, d->err);
        d->steps++;
        free(target);
    }
    json_decref(point);
    return rc;
}

static int empty_vault(struct making *m, json_t *vault, struct err *err)
{
    struct deleting d = {.m = m, .vault = vault, .err = err};
    const char *name = jx_str_or(vault, "name", "");
    char why[256] = "";
    int rc = 0;
    if (jx_bool(vault, "locked")) {
        (void)snprintf(why, sizeof why,
                       "the vault in %s, %s is locked: its recovery points are not deleted",
                       jx_str_or(vault, "account", ""), jx_str_or(vault, "region", ""));
    } else {
        rc = store_each_entity(m->store, "recovery-point", jx_str_or(vault, "account", ""),
                               jx_str_or(vault, "region", ""), delete_point, &d, err);
        (void)json_object_set_new(vault, "emptied",
                                  json_boolean(d.steps >= jx_int(vault, "points", 0)));
    }
    if (rc == 0 && why[0] == '\0' && d.steps < jx_int(vault, "points", 0)) {
        (void)snprintf(
            why, sizeof why,
            "the vault in %s, %s holds %lld recovery points, but the run lists only %lld of them",
            jx_str_or(vault, "account", ""), jx_str_or(vault, "region", ""),
            jx_int(vault, "points", 0), d.steps);
    }
    if (why[0] != '\0') {
        making_manual(m, name, why);
    }
    return rc;
}

int teardown_points(struct making *m, struct err *err)
{
    const char *const *names = m->options->delete_recovery_points;
    json_t *vaults = vaults_of(m);
    int rc = 0;
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        bool found = false;
        for (size_t k = 0; k < json_array_size(vaults); k++) {
            found = found || str_equal(jx_str(json_array_get(vaults, k), "name"), names[i]);
        }
        if (!found) {
            return err_set(err, ERR_INPUT, "no backup vault is named \"%.100s\"", names[i]);
        }
    }
    for (size_t k = 0; rc == 0 && k < json_array_size(vaults); k++) {
        json_t *vault = json_array_get(vaults, k);
        rc = is_named(m, jx_str_or(vault, "name", "")) ? empty_vault(m, vault, err) : 0;
    }
    return rc;
}

static bool holds_data(const json_t *vault)
{
    return jx_int(vault, "points", 0) > 0 && !jx_bool(vault, "emptied");
}

bool teardown_emptied(const struct making *m, const char *account)
{
    const json_t *scratch = json_object_get(m->scratch, "teardown");
    const json_t *blind = json_object_get(scratch, "blind");
    for (size_t i = 0; i < json_array_size(blind); i++) {
        if (str_starts(json_string_value(json_array_get(blind, i)), account)) {
            return false;
        }
    }
    for (size_t i = 0; i < json_array_size(vaults_of(m)); i++) {
        const json_t *vault = json_array_get(vaults_of(m), i);
        if (holds_data(vault) && str_equal(jx_str(vault, "account"), account)) {
            return false;
        }
    }
    return true;
}

/* --- the key --- */

/* Why the key must stay; "" when nothing rests on it. */
static void key_is_needed(const struct making *m, const char *key_id, char *why, size_t size)
{
    const json_t *blind = json_object_get(json_object_get(m->scratch, "teardown"), "blind");
    long long points = 0;
    size_t vaults = 0;
    why[0] = '\0';
    for (size_t i = 0; i < json_array_size(vaults_of(m)); i++) {
        const json_t *vault = json_array_get(vaults_of(m), i);
        bool uses = str_equal(jx_str(vault, "key"), key_id) || jx_str(vault, "key") == NULL;
        if (uses && holds_data(vault)) {
            points += jx_int(vault, "points", 0);
            vaults++;
        }
    }
    if (vaults > 0) {
        (void)snprintf(why, size,
                       "the key is kept: %zu vault%s encrypted with it %s %lld recovery point%s",
                       vaults, vaults == 1 ? "" : "s", vaults == 1 ? "holds" : "hold", points,
                       points == 1 ? "" : "s");
    } else if (json_array_size(blind) > 0) {
        (void)snprintf(why, size, "the key is kept: the vaults of %s could not be read",
                       json_string_value(json_array_get(blind, 0)));
    }
}

/* The vaults are asked again while their roles still stand: those of the two backup accounts before
   the landing zone lets go of them, the others before the key goes. */
static void guard_vaults(const struct making *m, struct plan_step *step, const char *key_id,
                         bool backup)
{
    for (size_t i = 0; step != NULL && i < json_array_size(vaults_of(m)); i++) {
        const json_t *vault = json_array_get(vaults_of(m), i);
        const char *account = jx_str_or(vault, "account", "");
        bool special = is_backup_account(m, making_find(m, SCOPE_ACCOUNT, account));
        if (str_equal(jx_str(vault, "key"), key_id) && special == backup) {
            struct plan_call *ask =
                in_vault(m, vault, "backup:ListRecoveryPointsByBackupVault", NULL);
            step_precondition(
                step, probe_says(probe_new(ask, cond_present("RecoveryPoints[0]", false), true),
                                 "a vault encrypted with the key holds recovery points"));
        }
    }
}

/* Replicas before the primary. `all` is the family, `former` when no landing zone names it. */
static int schedule(struct making *m, const json_t *all, const json_t *key, const char *key_id,
                    bool former, struct err *err)
{
    static const char *const leaving[] = {"PendingDeletion", "PendingReplicaDeletion", NULL};
    const char *region = jx_str_or(key, "region", "");
    const char *arn = jx_str_or(key, "arn", "");
    bool primary = jx_bool(key, "is_primary");
    /* There may be several former ones, so their steps carry their ids. */
    char *target = former ? xasprintf("%s/%s", region, key_id) : xstrdup(region);
    struct plan_step *step = step_new(teardown_row(DELETE_KEY), target,
                                      "Schedule the deletion of the backup key's %s in %s",
                                      primary ? "primary" : "replica", region);
    step_send(step,
              call_new(m, "kms:ScheduleKeyDeletion", m->management, region, NULL,
                       json_pack("{s:s,s:i}", "KeyId", arn, "PendingWindowInDays", DELETION_DAYS)));
    step_done(step, probe_new(call_new(m, "kms:DescribeKey", m->management, region, NULL,
                                       json_pack("{s:s}", "KeyId", arn)),
                              cond_in("KeyMetadata.KeyState", leaving), true));
    struct plan_call *zone =
        call_home(m, "controltower:GetLandingZone",
                  json_pack("{s:s}", "landingZoneIdentifier", jx_str_or(m->lz, "arn", "")));
    step_precondition(
        step, probe_says(
                  probe_new(zone, cond_present("landingZone.manifest.backup.configurations", false),
                            true),
                  "the landing zone still names the key"));
    guard_vaults(m, step, key_id, false);
    if (former) {
        guard_vaults(m, step, key_id, true);
    }
    step_change(step, json_string(jx_str_or(key, "state", "")), json_string("PendingDeletion"));
    step_after(step, teardown_row(DISABLE_ZONE)->info.id);
    for (size_t i = 0; primary && i < json_array_size(all); i++) {
        const json_t *other = json_array_get(all, i);
        char *id =
            xasprintf("%s/%s%s%s", teardown_row(DELETE_KEY)->info.id,
                      jx_str_or(other, "region", ""), former ? "/" : "", former ? key_id : "");
        if (!jx_bool(other, "is_primary")) {
            step_after(step, id);
        }
        free(id);
    }
    free(target);
    return step_add(m, step, REASON_TEARDOWN, err);
}

/* Is it there, with nothing resting on it? What it waits for is told. */
static bool may_go(struct making *m, const char *key_id, const char *arn)
{
    char why[256];
    key_is_needed(m, key_id, why, sizeof why);
    if (why[0] != '\0') {
        making_manual(m, arn, why);
    }
    return why[0] == '\0';
}

/* Backup is off, so no landing zone names a key. */
static int former_key(struct making *m, const json_t *former, const char *key_id, struct err *err)
{
    json_t *family = json_array();
    bool there = false;
    int rc = 0;
    for (size_t i = 0; i < json_array_size(former); i++) {
        json_t *key = json_array_get(former, i);
        if (str_equal(jx_str(key, "id"), key_id)) {
            there = there || !key_is_leaving(key);
            (void)json_array_append(family, key);
        }
    }
    const char *arn = jx_str_or(json_array_get(family, 0), "arn", key_id);
    bool goes = there && may_go(m, key_id, arn);
    for (size_t i = 0; goes && rc == 0 && i < json_array_size(family); i++) {
        const json_t *key = json_array_get(family, i);
        rc = key_is_leaving(key) ? 0 : schedule(m, family, key, key_id, true, err);
    }
    json_decref(family);
    return rc;
}

static int teardown_former_keys(struct making *m, struct err *err)
{
    json_t *former = NULL;
    json_t *seen = json_object();
    int rc = former_keys(m, &former, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(former); i++) {
        const char *id = jx_str_or(json_array_get(former, i), "id", "");
        if (json_object_get(seen, id) == NULL) {
            (void)json_object_set_new(seen, id, json_true());
            rc = former_key(m, former, id, err);
        }
    }
    if (rc == 0 && json_object_size(seen) == 0) {
        making_manual(
            m, "backup key",
            "no backup key was found: the landing zone names none, no key has the tag " KEY_TAG
            " or the configured alias, and no earlier run in this directory recorded one");
    }
    json_decref(seen);
    json_decref(former);
    return rc;
}

int teardown_key(struct making *m, struct err *err)
{
    const char *arn = jx_str(m->lz, "backup.kms_key_arn");
    const char *key_id = arn != NULL ? arn_name(arn) : NULL;
    int rc = 0;
    if (key_id == NULL) {
        return teardown_former_keys(m, err);
    }
    if (!may_go(m, key_id, arn)) {
        return 0;
    }
    guard_vaults(m, making_step(m, teardown_row(DISABLE_ZONE)->info.id), key_id, true);
    for (size_t i = 0; rc == 0 && i < json_array_size(m->all[SCOPE_KEY]); i++) {
        const json_t *key = json_array_get(m->all[SCOPE_KEY], i);
        bool there = jx_bool(key, "present") && !str_starts(jx_str_or(key, "state", ""), "Pending");
        rc = there ? schedule(m, m->all[SCOPE_KEY], key, key_id, false, err) : 0;
    }
    return rc;
}

/* --- what stays --- */

static void vaults_stay(struct making *m)
{
    for (size_t i = 0; i < json_array_size(vaults_of(m)); i++) {
        const json_t *vault = json_array_get(vaults_of(m), i);
        long long points = jx_int(vault, "points", 0);
        char note[160];
        if (str_equal(jx_str(vault, "kind"), "other")) {
            continue;
        }
        if (points == 0 || jx_bool(vault, "emptied")) {
            (void)snprintf(note, sizeof note, "empty; Control Tower retains vaults");
        } else {
            (void)snprintf(note, sizeof note, "holds %lld recovery point%s%s", points,
                           points == 1 ? "" : "s", jx_bool(vault, "locked") ? ", locked" : "");
        }
        making_remains(m, "vault", jx_str_or(vault, "account", ""), jx_str_or(vault, "region", ""),
                       jx_str_or(vault, "name", ""), note);
    }
}

static int count_tagged(void *context, const json_t *document)
{
    long long *count = context;
    *count += jx_bool(document, "tagged") ? 1 : 0;
    return 0;
}

static void key_stays(struct making *m)
{
    for (size_t i = 0; i < json_array_size(m->all[SCOPE_KEY]); i++) {
        const json_t *key = json_array_get(m->all[SCOPE_KEY], i);
        char *id =
            xasprintf("%s/%s", teardown_row(DELETE_KEY)->info.id, jx_str_or(key, "region", ""));
        if (jx_bool(key, "present") && making_step(m, id) == NULL) {
            making_remains(m, "key", m->management, jx_str_or(key, "region", ""),
                           jx_str_or(key, "arn", ""),
                           "recovery points that are encrypted with it need it; --delete-key "
                           "schedules its deletion");
        }
        free(id);
    }
}

/* Those that no landing zone names any more. */
static int former_keys_stay(struct making *m, struct err *err)
{
    json_t *former = NULL;
    int rc = former_keys(m, &former, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(former); i++) {
        const json_t *key = json_array_get(former, i);
        char *id = xasprintf("%s/%s/%s", teardown_row(DELETE_KEY)->info.id,
                             jx_str_or(key, "region", ""), jx_str_or(key, "id", ""));
        if (making_step(m, id) == NULL) {
            making_remains(m, "key", m->management, jx_str_or(key, "region", ""),
                           jx_str_or(key, "arn", ""),
                           key_is_leaving(key)
                               ? "its deletion is scheduled; aws kms cancel-key-deletion keeps it"
                               : "recovery points that are encrypted with it need it; --delete-key "
                                 "schedules its deletion");
        }
        free(id);
    }
    json_decref(former);
    return rc;
}

static void accounts_stay(struct making *m)
{
    const char *admin = jx_str(m->org, "backup_admin");
    for (size_t i = 0; i < BACKUP_ACCOUNT_COUNT; i++) {
        const char *id = jx_str(m->lz, backup_accounts[i].known);
        char *step =
            id != NULL ? xasprintf("%s/%s", teardown_row(CLOSE_ACCOUNT)->info.id, id) : NULL;
        if (id != NULL && making_step(m, step) == NULL) {
            making_remains(m, "account", id, "", backup_accounts[i].words,
                           "remains in the Security OU; --close-accounts closes it");
        }
        free(step);
    }
    if (admin != NULL) {
        char *buckets = xasprintf("aws-controltower-backup-reports-%s-*", admin);
        making_remains(m, "reports", admin, m->home, buckets,
                       "buckets with backup reports and their access logs");
        free(buckets);
    }
}

int teardown_remains(struct making *m, struct err *err)
{
    long long tagged = 0;
    char note[160];
    vaults_stay(m);
    key_stays(m);
    accounts_stay(m);
    making_remains(
        m, "role", m->management, "", BACKUP_LINKED_ROLE,
        "AWS Backup's service-linked role, in this and every account that was backed up");
    int rc = former_keys_stay(m, err);
    rc = rc == 0 ? subjects_each(m->subjects, SCOPE_RESOURCE, count_tagged, &tagged, err) : -1;
    (void)snprintf(note, sizeof note,
                   "%lld resource%s a backup tag that no longer selects anything", tagged,
                   tagged == 1 ? " carries" : "s carry");
    if (tagged > 0) {
        making_remains(m, "tags", "", "", "aws-control-tower-backup*", note);
    }
    return rc;
}
