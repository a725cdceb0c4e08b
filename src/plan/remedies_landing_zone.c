/* Step 3: the landing zone's manifest, always sent whole, and only when it says something new. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"
#include "model/baseline.h"
#include "model/manifest.h"

#define POLL_EVERY 30
#define POLL_TIMEOUT 7200
#define ANY_ACCOUNT "000000000000"
#define ANY_KEY "arn:aws:kms:us-east-1:000000000000:key/mrk-0"

enum row { ENABLE_BACKUP, UPDATE, RESET, ROW_COUNT };
static const struct remedy rows[ROW_COUNT];

int zone_load(struct making *m, json_t **zone, struct err *err)
{
    const char *arn = jx_str(m->lz, "arn");
    *zone = NULL;
    return arn != NULL ? store_get_entity(m->store, "landing-zone", "", "", arn, zone, NULL, err)
                       : 0;
}

static struct plan_call *get_zone(const struct making *m)
{
    return call_home(m, "controltower:GetLandingZone",
                     json_pack("{s:s}", "landingZoneIdentifier", jx_str_or(m->lz, "arn", "")));
}

void after_zone(struct plan_step *step)
{
    static const char *const ids[] = {"enable-landing-zone-backup", "update-landing-zone",
                                      "reset-landing-zone"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (strcmp(ids[i], step->id) != 0) {
            step_after(step, ids[i]);
        }
    }
}

/* --- operations --- */

static int add_key(void *context, const struct entity *e)
{
    return json_array_append_new(context, jx_string(e->key, strlen(e->key)));
}

/* The first operation of the type that the run did not know, evaluated by `take_when`. */
static int new_operation(struct making *m, const char *type, json_t *take_when,
                         struct plan_probe **probe, struct err *err)
{
    json_t *known = json_array();
    if (store_each_entity(m->store, "landing-zone-operation", NULL, NULL, add_key, known, err) !=
        0) {
        json_decref(known);
        json_decref(take_when);
        return -1;
    }
    struct plan_call *call = call_home(m, "controltower:ListLandingZoneOperations",
                                       json_pack("{s:{s:[s]}}", "filter", "types", type));
    json_t *is_new = cond_present("operationIdentifier", true);
    if (json_array_size(known) > 0) {
        is_new = cond_both("all", is_new,
                           cond_not(cond_new("operationIdentifier", "in", json_incref(known))));
    }
    *probe = probe_select(probe_new(call, take_when, false), "landingZoneOperations", is_new);
    json_decref(known);
    return 0;
}

static int poll_zone(struct making *m, struct plan_step *step, const char *type, struct err *err)
{
    char *operation = xasprintf("${%s:operation}", step->id);
    struct plan_probe *probe = NULL;
    step_capture(step, "operation", "operationIdentifier");
    step_poll(step,
              call_home(m, "controltower:GetLandingZoneOperation",
                        json_pack("{s:s}", "operationIdentifier", operation)),
              cond_text("operationDetails.status", "SUCCEEDED"),
              cond_text("operationDetails.status", "FAILED"), POLL_EVERY, POLL_TIMEOUT,
              "operationDetails.statusMessage");
    free(operation);
    if (new_operation(m, type, cond_present("operationIdentifier", true), &probe, err) != 0) {
        return -1;
    }
    step_recover(step, probe, "operation", "operationIdentifier");
    return 0;
}

/* --- comparing --- */

/* governedRegions are a set; every other member is compared as it is. */
static json_t *member_is(const char *key, const json_t *value)
{
    char *path = xasprintf("landingZone.manifest.%s", key);
    json_t *condition = NULL;
    if (json_is_array(value)) {
        char *beyond = xasprintf("%s[%zu]", path, json_array_size(value));
        condition = cond_both("all", cond_new(path, "superset_of", json_deep_copy(value)),
                              cond_present(beyond, false));
        free(beyond);
    } else {
        condition = cond_new(path, "equals", json_deep_copy(value));
    }
    free(path);
    return condition;
}

static json_t *member_absent(const char *key)
{
    char *path = xasprintf("landingZone.manifest.%s", key);
    json_t *condition = cond_present(path, false);
    free(path);
    return condition;
}

static bool same_member(const json_t *a, const json_t *b, const char *key)
{
    json_t *first = json_pack("{s:O*}", key, json_object_get(a, key));
    json_t *second = json_pack("{s:O*}", key, json_object_get(b, key));
    bool same = manifest_same(first, second);
    json_decref(first);
    json_decref(second);
    return same;
}

/* What the update changes, and nothing else: AWS may rewrite the rest. */
static json_t *is_wanted(const json_t *now, const json_t *wanted, const char *version)
{
    json_t *all = json_array();
    const char *key = NULL;
    json_t *value = NULL;
    (void)json_array_append_new(all, cond_text("landingZone.status", "ACTIVE"));
    (void)json_array_append_new(all, cond_text("landingZone.version", version));
    json_t *members = json_copy(jx_get(wanted, ""));
    json_object_foreach(members, key, value)
    {
        if (!same_member(now, wanted, key)) {
            (void)json_array_append_new(all, member_is(key, value));
        }
    }
    json_decref(members);
    members = json_copy(jx_get(now, ""));
    json_object_foreach(members, key, value)
    {
        if (json_object_get(wanted, key) == NULL) {
            (void)json_array_append_new(all, member_absent(key));
        }
    }
    json_decref(members);
    return json_pack("{s:o}", "all", all);
}

/* The manifest is as the run saw it: an update sends it whole, and must not undo another's work. */
static json_t *is_unchanged(const json_t *now, const json_t *wanted, const char *version)
{
    static const char *const idle[] = {"ACTIVE", "FAILED", NULL};
    json_t *all = json_array();
    const char *key = NULL;
    json_t *value = NULL;
    (void)json_array_append_new(all, cond_in("landingZone.status", idle));
    (void)json_array_append_new(all, cond_text("landingZone.version", version));
    json_t *members = json_copy(jx_get(now, ""));
    json_object_foreach(members, key, value)
    {
        (void)json_array_append_new(all, member_is(key, value));
    }
    json_decref(members);
    members = json_copy(jx_get(wanted, ""));
    json_object_foreach(members, key, value)
    {
        if (json_object_get(now, key) == NULL) {
            (void)json_array_append_new(all, member_absent(key));
        }
    }
    json_decref(members);
    return json_pack("{s:o}", "all", all);
}

/* --- the update --- */

static void need_makers(struct making *m, struct plan_step *step)
{
    static const char *const before[] = {
        "create-accounts/*",     "create-key",       "create-key/*", "replicate-key/*",
        "cancel-key-deletion/*", "put-key-policy/*", "enable-key/*", "update-primary-region"};
    (void)m;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        step_after(step, before[i]);
    }
}

int zone_update(struct making *m, const struct remedy *row, const json_t *zone, const char *version,
                const json_t *wanted, const char *reason, struct err *err)
{
    const char *now = jx_str_or(zone, "version", "");
    const json_t *manifest = jx_get(zone, "manifest");
    const json_t *remediation = jx_get(zone, "remediationTypes");
    if (strcmp(now, version) == 0 && manifest_same(manifest, wanted)) {
        return 1;
    }
    struct plan_step *step = step_new(row, NULL, "%s%s%s", row->info.title,
                                      strcmp(now, version) != 0 ? ", to version " : "",
                                      strcmp(now, version) != 0 ? version : "");
    json_t *input = json_pack("{s:s,s:s,s:o}", "landingZoneIdentifier", jx_str_or(zone, "arn", ""),
                              "version", version, "manifest", manifest_to_send(wanted));
    if (json_array_size(remediation) > 0) {
        (void)json_object_set_new(input, "remediationTypes", json_deep_copy(remediation));
    }
    step_send(step, call_home(m, "controltower:UpdateLandingZone", input));
    step_done(step, probe_new(get_zone(m), is_wanted(manifest, wanted, version), false));
    json_t *expected =
        cond_both("any", is_unchanged(manifest, wanted, now), is_wanted(manifest, wanted, version));
    step_precondition(step, probe_says(probe_new(get_zone(m), expected, false),
                                       "the landing zone was changed after the scan"));
    step_change(step, json_pack("{s:s,s:O*}", "version", now, "backup", jx_get(manifest, "backup")),
                json_pack("{s:s,s:O*}", "version", version, "backup", jx_get(wanted, "backup")));
    need_makers(m, step);
    if (poll_zone(m, step, "UPDATE", err) != 0) {
        plan_step_free(step);
        return -1;
    }
    return step_add(m, step, reason, err);
}

/* Jansson borrows nothing back from a const tree. */
static const json_t *wanted_regions(const struct making *m)
{
    const json_t *regions = jx_get(m->config, "governed_regions");
    return json_is_array(regions) ? regions : NULL;
}

/* What the version's schema will say, with the ids that are not known yet made up. */
static int refuse_misfit(struct making *m, const json_t *zone, const char *version, bool backup)
{
    const struct manifest_wish sample = {backup, ANY_ACCOUNT, ANY_ACCOUNT, ANY_KEY,
                                         wanted_regions(m)};
    json_t *manifest =
        manifest_wanted(jx_get(zone, "manifest"), jx_str_or(zone, "version", ""), version, &sample);
    json_t *problems = manifest_problems(manifest, version);
    int rc = json_array_size(problems) == 0
                 ? 0
                 : making_cannot(m, "the manifest cannot be corrected automatically: %s",
                                 json_string_value(json_array_get(problems, 0)));
    json_decref(problems);
    json_decref(manifest);
    return rc;
}

/* The three that backup cannot be without, asked for where they are missing. */
static int provide(struct making *m, struct manifest_wish *wish, char *owned[3], const char *reason,
                   struct err *err)
{
    int rc = remedy_run(m, "create-accounts", m->lz, reason, err);
    if (rc == 0 && (owned[2] = making_key_arn(m)) == NULL) {
        const json_t *key = making_find(m, SCOPE_KEY, m->home);
        rc = key == NULL ? making_cannot(m, "the home Region is not governed")
                         : remedy_run(m, "create-key", key, reason, err);
        owned[2] = rc == 0 ? making_key_arn(m) : NULL;
    }
    owned[0] = backup_account_id(m, &backup_accounts[0]);
    owned[1] = backup_account_id(m, &backup_accounts[1]);
    if (rc == 0 && (owned[0] == NULL || owned[1] == NULL || owned[2] == NULL)) {
        rc = making_cannot(m, "the two backup accounts and the key are not known");
    }
    wish->administrator = owned[0];
    wish->central = owned[1];
    wish->key = owned[2];
    return rc;
}

static int update(struct making *m, enum row row, bool backup, const char *reason, struct err *err)
{
    const char *problem = NULL;
    char *owned[3] = {NULL, NULL, NULL};
    json_t *zone = NULL;
    json_t *wanted = NULL;
    struct manifest_wish wish = {.backup = backup, .regions = wanted_regions(m)};
    int rc = zone_load(m, &zone, err);
    if (rc != 0 || zone == NULL) {
        return rc != 0 ? -1 : making_cannot(m, "there is no landing zone to update");
    }
    const char *version = zone_version_wanted(m, zone, &problem);
    rc =
        problem != NULL ? making_cannot(m, "%s", problem) : refuse_misfit(m, zone, version, backup);
    if (rc == 0 && backup) {
        rc = provide(m, &wish, owned, reason, err);
    }
    if (rc == 0) {
        wanted = manifest_wanted(jx_get(zone, "manifest"), jx_str_or(zone, "version", ""), version,
                                 &wish);
        rc = zone_update(m, &rows[row], zone, version, wanted, reason, err);
        rc = rc > 0 && row == ENABLE_BACKUP ? 0 : rc;
        if (rc > 0) {
            (void)making_cannot(m, "the landing zone already matches the configuration");
        }
    }
    for (size_t i = 0; i < 3; i++) {
        free(owned[i]);
    }
    json_decref(wanted);
    json_decref(zone);
    return rc;
}

static int enable_backup(struct making *m, const json_t *subject, const char *reason,
                         struct err *err)
{
    (void)subject;
    return update(m, ENABLE_BACKUP, true, reason, err);
}

/* Findings that only a decision in the configuration answers. */
static int undecided(struct making *m, const json_t *subject)
{
    const char *problem = NULL;
    const char *latest = jx_str_or(subject, "latest_version", "");
    json_t *zone = json_pack("{s:s,s:s}", "version", jx_str_or(subject, "version", ""),
                             "latestAvailableVersion", latest);
    const char *version = zone_version_wanted(m, zone, &problem);
    int rc = 0;
    if (str_equal(m->check_id, "LZ-05") && problem == NULL && !str_equal(version, latest)) {
        rc = making_cannot(m,
                           "an update from version %s to %s also changes settings other than "
                           "backup: to request it, set landing_zone.version in the configuration",
                           jx_str_or(subject, "version", "?"), latest);
    }
    json_decref(zone);
    if (str_equal(m->check_id, "LZ-10") && wanted_regions(m) == NULL) {
        rc = making_cannot(m, "name the Regions to govern in the configuration "
                              "(governed_regions)");
    }
    return rc;
}

static int update_landing_zone(struct making *m, const json_t *subject, const char *reason,
                               struct err *err)
{
    int rc = undecided(m, subject);
    if (rc != 0) {
        return rc;
    }
    /* One update carries everything: the step that switches backup on updates the rest as well. */
    bool also = making_step(m, rows[ENABLE_BACKUP].info.id) != NULL;
    return update(m, also ? ENABLE_BACKUP : UPDATE, also || jx_bool(m->lz, "backup.enabled"),
                  reason, err);
}

static int reset_landing_zone(struct making *m, const json_t *subject, const char *reason,
                              struct err *err)
{
    struct plan_probe *done = NULL;
    const char *arn = jx_str(m->lz, "arn");
    (void)subject;
    if (arn == NULL) {
        return making_cannot(m, "there is no landing zone to reset: set one up in Control Tower");
    }
    if (version_compare(jx_str(m->lz, "version"), "3.1") < 0) {
        return making_cannot(m, "version %s cannot be reset, only updated",
                             jx_str_or(m->lz, "version", "?"));
    }
    if (new_operation(m, "RESET", cond_text("status", "SUCCEEDED"), &done, err) != 0) {
        return -1;
    }
    struct plan_step *step = step_new(&rows[RESET], NULL, "%s", rows[RESET].info.title);
    static const char *const idle[] = {"ACTIVE", "FAILED", NULL};
    step_send(step, call_home(m, "controltower:ResetLandingZone",
                              json_pack("{s:s}", "landingZoneIdentifier", arn)));
    step_done(step, done);
    step_precondition(step,
                      probe_says(probe_new(get_zone(m), cond_in("landingZone.status", idle), false),
                                 "the landing zone is being changed"));
    step_change(step,
                json_pack("{s:s?,s:s?}", "status", jx_str(m->lz, "status"), "drift",
                          jx_str(m->lz, "drift")),
                json_pack("{s:s,s:s}", "status", "ACTIVE", "drift", "IN_SYNC"));
    need_makers(m, step);
    step_after(step, rows[ENABLE_BACKUP].info.id);
    step_after(step, rows[UPDATE].info.id);
    if (poll_zone(m, step, "RESET", err) != 0) {
        plan_step_free(step);
        return -1;
    }
    return step_add(m, step, reason, err);
}

static const struct remedy rows[ROW_COUNT] = {
    [ENABLE_BACKUP] = {{"enable-landing-zone-backup", "Enable backup in the landing zone", 3,
                        "controltower:UpdateLandingZone",
                        "teardown: the same update with backup.enabled false"},
                       PLAN_RISK_HIGH,
                       2400,
                       GROUP_CONTROL_TOWER,
                       enable_backup,
                       NULL},
    [UPDATE] = {{"update-landing-zone", "Update the landing zone's manifest", 3,
                 "controltower:UpdateLandingZone",
                 "send the previous manifest; a version cannot be reverted"},
                PLAN_RISK_HIGH,
                2400,
                GROUP_CONTROL_TOWER,
                update_landing_zone,
                NULL},
    [RESET] = {{"reset-landing-zone", "Reset the landing zone to its manifest", 3,
                "controltower:ResetLandingZone", "nothing to undo: the manifest does not change"},
               PLAN_RISK_MEDIUM,
               2400,
               GROUP_CONTROL_TOWER,
               reset_landing_zone,
               NULL},
};

const struct remedies remedies_landing_zone = {rows, ROW_COUNT};
