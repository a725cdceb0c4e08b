/* Step 5: baselines on OUs, parents before children on the way in, children before parents on the
 * way out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"
#include "model/baseline.h"

#define POLL_EVERY 30
#define POLL_TIMEOUT 7200
#define FIRST_BACKUP_VERSION "1.0"
#define EMPTY_OU_SECONDS 120
#define ACCOUNT_SECONDS 60
#define OU_SECONDS_MAX 2400

enum row { ENABLE_TOWER, UPDATE, ENABLE_BACKUP, RESET, ROW_COUNT };
static const struct remedy rows[ROW_COUNT];

static const struct {
    const char *name, *id;
} known[] = {{CONTROL_TOWER_BASELINE, "17BSJV3IGJ2QSGA2"}, {BACKUP_BASELINE, "APO9ATVPBKFRRGLK"}};

const json_t *held_on(const json_t *ou, const char *baseline)
{
    return json_object_get(jx_get(ou, "baselines"), baseline);
}

struct naming {
    const char *name;
    char *arn;
};

static int find_name(void *context, const struct entity *e)
{
    struct naming *n = context;
    const char *problem = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    if (str_equal(jx_str(row, "name"), n->name)) {
        n->arn = xstrdup(jx_str(row, "arn"));
    }
    json_decref(row);
    return n->arn != NULL ? 1 : 0;
}

/* Its ARN in this organization: of the run's ListBaselines, else made up from its id. Yours. */
static char *baseline_arn_new(struct making *m, const char *baseline)
{
    struct naming n = {baseline, NULL};
    struct err ignored = ERR_INIT;
    (void)store_each_entity(m->store, "baseline", NULL, NULL, find_name, &n, &ignored);
    for (size_t i = 0; n.arn == NULL && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, baseline) == 0) {
            n.arn = xasprintf("arn:%s:controltower:%s::baseline/%s", m->partition, m->home,
                              known[i].id);
        }
    }
    return n.arn;
}

/* --- what every baseline step has --- */

struct plan_call *held_call(struct making *m, const char *baseline, const json_t *ou)
{
    char *arn = baseline_arn_new(m, baseline);
    struct plan_call *call =
        call_home(m, "controltower:ListEnabledBaselines",
                  json_pack("{s:{s:[s],s:[s]}}", "filter", "baselineIdentifiers",
                            arn != NULL ? arn : "", "targetIdentifiers", jx_str_or(ou, "arn", "")));
    free(arn);
    return call;
}

static struct plan_probe *held_probe(struct making *m, const char *baseline, const json_t *ou,
                                     json_t *take_when)
{
    return probe_select(probe_new(held_call(m, baseline, ou), take_when, false), "enabledBaselines",
                        cond_text("targetIdentifier", jx_str_or(ou, "arn", "")));
}

static json_t *succeeded(void)
{
    return cond_text("statusSummary.status", "SUCCEEDED");
}

void poll_baseline(const struct making *m, struct plan_step *step)
{
    char *operation = xasprintf("${%s:operation}", step->id);
    step_capture(step, "operation", "operationIdentifier");
    step_poll(step,
              call_home(m, "controltower:GetBaselineOperation",
                        json_pack("{s:s}", "operationIdentifier", operation)),
              cond_text("baselineOperation.status", "SUCCEEDED"),
              cond_text("baselineOperation.status", "FAILED"), POLL_EVERY, POLL_TIMEOUT,
              "baselineOperation.statusMessage");
    free(operation);
}

static void set_duration(struct plan_step *step, const json_t *ou)
{
    size_t accounts = jx_count(ou, "accounts");
    size_t most = (OU_SECONDS_MAX - EMPTY_OU_SECONDS) / ACCOUNT_SECONDS;
    size_t seconds = EMPTY_OU_SECONDS + (accounts < most ? accounts : most) * ACCOUNT_SECONDS;
    step->expected_seconds = (double)seconds;
}

static const json_t *parent_of(const struct making *m, const json_t *ou)
{
    const char *parent = jx_str(ou, "parent_id");
    return parent != NULL ? making_find(m, SCOPE_OU, parent) : NULL;
}

static void after_unit(struct plan_step *step, const char *remedy, const json_t *ou)
{
    char *id = xasprintf("%s/%s", remedy, jx_str_or(ou, "id", ""));
    char *all = xasprintf("%s/*", id);
    if (strcmp(id, step->id) != 0) {
        step_after(step, id);
        if (!str_glob(all, step->id)) {
            step_after(step, all);
        }
    }
    free(id);
    free(all);
}

/* Behind everything done to the OU above, and behind the landing zone. */
static void after_parent(const struct making *m, struct plan_step *step, const json_t *ou)
{
    const json_t *parent = parent_of(m, ou);
    for (size_t i = 0; parent != NULL && i < ROW_COUNT; i++) {
        after_unit(step, rows[i].info.id, parent);
    }
    after_zone(step);
}

/* How an operation newer than the run's shows: the baseline names another one. */
int changed_since(struct making *m, const char *arn, json_t **condition, struct err *err)
{
    json_t *held = NULL;
    if (store_get_entity(m->store, "enabled-baseline", "", "", arn, &held, NULL, err) != 0) {
        return -1;
    }
    const char *operation = jx_str(held, "statusSummary.lastOperationIdentifier");
    *condition = cond_present("statusSummary.lastOperationIdentifier", true);
    if (operation != NULL) {
        *condition =
            cond_both("all", *condition,
                      cond_not(cond_text("statusSummary.lastOperationIdentifier", operation)));
    }
    json_decref(held);
    return 0;
}

/* --- enabling --- */

/* The landing zone's Identity Center baseline, when it manages Identity Center. */
static int identity_parameter(struct making *m, json_t **parameters)
{
    const json_t *management = making_find(m, SCOPE_ACCOUNT, m->management);
    const char *arn = jx_str(held_on(management, IDENTITY_BASELINE), "arn");
    const json_t *switched = jx_get(m->lz, "manifest.accessManagement.enabled");
    *parameters = NULL;
    if (arn == NULL && json_is_true(switched)) {
        return making_cannot(m, "the landing zone manages IAM Identity Center, and its enabled "
                                "IdentityCenterBaseline was not found");
    }
    if (arn != NULL) {
        *parameters =
            json_pack("[{s:s,s:s}]", "key", "IdentityCenterEnabledBaselineArn", "value", arn);
    }
    return 0;
}

static void guard_place(struct making *m, struct plan_step *step, const char *baseline,
                        const json_t *ou)
{
    const json_t *parent = parent_of(m, ou);
    json_t *ready = cond_text("landingZone.status", "ACTIVE");
    if (strcmp(baseline, BACKUP_BASELINE) == 0) {
        ready = cond_both("all", ready,
                          cond_new("landingZone.manifest.backup.enabled", "equals", json_true()));
    }
    struct plan_call *zone =
        call_home(m, "controltower:GetLandingZone",
                  json_pack("{s:s}", "landingZoneIdentifier", jx_str_or(m->lz, "arn", "")));
    step_precondition(step, probe_says(probe_new(zone, ready, false),
                                       "the landing zone is not ACTIVE, or its backup is off"));
    if (parent != NULL) {
        step_precondition(step, probe_says(held_probe(m, baseline, parent, succeeded()),
                                           "the OU above does not have this baseline"));
    }
}

static int add_enabling(struct making *m, enum row row, const char *baseline, const json_t *ou,
                        const char *version, json_t *take_parameters, const char *reason,
                        struct err *err)
{
    char *arn = baseline_arn_new(m, baseline);
    struct plan_step *step = step_new(&rows[row], jx_str_or(ou, "id", ""), "Enable %s %s on %s",
                                      baseline, version, jx_str_or(ou, "path", ""));
    json_t *input =
        json_pack("{s:s,s:s,s:s}", "baselineIdentifier", arn != NULL ? arn : "", "baselineVersion",
                  version, "targetIdentifier", jx_str_or(ou, "arn", ""));
    if (take_parameters != NULL) {
        (void)json_object_set_new(input, "parameters", take_parameters);
    }
    step_send(step, call_home(m, "controltower:EnableBaseline", input));
    step_done(step, held_probe(m, baseline, ou, succeeded()));
    /* There is no client token: an enabled baseline where none was tells that the call arrived. */
    step_recover(
        step,
        held_probe(m, baseline, ou, cond_present("statusSummary.lastOperationIdentifier", true)),
        "operation", "statusSummary.lastOperationIdentifier");
    poll_baseline(m, step);
    guard_place(m, step, baseline, ou);
    after_parent(m, step, ou);
    set_duration(step, ou);
    step_change(step, json_null(), json_string(version));
    free(arn);
    return step_add(m, step, reason, err);
}

static const char *tower_version(struct making *m, const char **problem, struct err *err)
{
    json_t *zone = NULL;
    if (zone_load(m, &zone, err) != 0) {
        return NULL;
    }
    const char *version = baseline_compatible_version(zone_version_wanted(m, zone, problem));
    json_decref(zone);
    return version;
}

static bool is_enabled(const json_t *ou, const char *baseline)
{
    return str_equal(jx_str(held_on(ou, baseline), "status"), "SUCCEEDED");
}

static int reset_held(struct making *m, const json_t *ou, const char *baseline, const char *reason,
                      struct err *err);

static int enable_tower(struct making *m, const json_t *ou, const char *reason, struct err *err)
{
    const char *problem = NULL;
    json_t *parameters = NULL;
    const json_t *parent = parent_of(m, ou);
    if (is_enabled(ou, CONTROL_TOWER_BASELINE)) {
        return 0;
    }
    if (jx_bool(ou, "is_security") || jx_bool(ou, "under_security")) {
        return making_cannot(m, "%s never applies to the Security OU or below it",
                             CONTROL_TOWER_BASELINE);
    }
    if (held_on(ou, CONFIG_BASELINE) != NULL) {
        return making_cannot(m, "%s has %s: disable it first, the two exclude each other",
                             jx_str_or(ou, "path", ""), CONFIG_BASELINE);
    }
    int rc = parent != NULL ? enable_tower(m, parent, reason, err) : 0;
    if (rc != 0) {
        return rc;
    }
    if (str_equal(jx_str(held_on(ou, CONTROL_TOWER_BASELINE), "status"), "FAILED")) {
        return reset_held(m, ou, CONTROL_TOWER_BASELINE, reason, err);
    }
    const char *version = tower_version(m, &problem, err);
    if (version == NULL || problem != NULL) {
        return err->code != ERR_NONE
                   ? -1
                   : making_cannot(m, "no version of %s is known for landing zone version %s",
                                   CONTROL_TOWER_BASELINE, jx_str_or(m->lz, "version", "?"));
    }
    rc = identity_parameter(m, &parameters);
    return rc != 0 ? rc
                   : add_enabling(m, ENABLE_TOWER, CONTROL_TOWER_BASELINE, ou, version, parameters,
                                  reason, err);
}

/* The newest version in use anywhere: AWS lists none. */
static const char *backup_version(const json_t *ou)
{
    const json_t *versions = jx_get(ou, "backup_versions");
    const char *newest = NULL;
    for (size_t i = 0; i < json_array_size(versions); i++) {
        const char *one = json_string_value(json_array_get(versions, i));
        newest = newest == NULL || version_compare(one, newest) > 0 ? one : newest;
    }
    return newest != NULL ? newest : FIRST_BACKUP_VERSION;
}

static bool zone_gives_backup(const struct making *m)
{
    return jx_bool(m->lz, "backup.enabled") || making_step(m, "enable-landing-zone-backup") != NULL;
}

static int enable_backup(struct making *m, const json_t *ou, const char *reason, struct err *err)
{
    const json_t *parent = parent_of(m, ou);
    int rc = 0;
    if (jx_bool(ou, "under_security")) {
        return making_cannot(m, "%s is under the Security OU, where no OU can be registered",
                             jx_str_or(ou, "path", ""));
    }
    if (parent != NULL) {
        rc = enable_backup(m, parent, reason, err);
    }
    if (rc == 0 && !jx_bool(ou, "is_security")) {
        rc = enable_tower(m, ou, reason, err);
    }
    if (rc != 0 || is_enabled(ou, BACKUP_BASELINE)) {
        return rc;
    }
    if (!zone_gives_backup(m)) {
        rc = remedy_run(m, "enable-landing-zone-backup", m->lz, reason, err);
    }
    if (rc != 0) {
        return rc;
    }
    if (str_equal(jx_str(held_on(ou, BACKUP_BASELINE), "status"), "FAILED")) {
        return reset_held(m, ou, BACKUP_BASELINE, reason, err);
    }
    rc = add_enabling(m, ENABLE_BACKUP, BACKUP_BASELINE, ou, backup_version(ou), NULL, reason, err);
    char *id = xasprintf("%s/%s", rows[ENABLE_BACKUP].info.id, jx_str_or(ou, "id", ""));
    struct plan_step *step = making_step(m, id);
    if (rc == 0 && step != NULL) {
        after_unit(step, rows[ENABLE_TOWER].info.id, ou);
        after_unit(step, rows[UPDATE].info.id, ou);
    }
    free(id);
    return rc;
}

/* --- subjects --- */

/* The OU a subject of any scope lies in, or is; NULL: directly under the root, or unknown. */
static const json_t *unit_of(const struct making *m, const json_t *subject)
{
    const char *id = jx_str_or(subject, "id", "");
    if (making_find(m, SCOPE_OU, id) != NULL) {
        return making_find(m, SCOPE_OU, id);
    }
    const char *account = jx_str_or(subject, "account", jx_str_or(subject, "_account", ""));
    const json_t *owner = making_find(m, SCOPE_ACCOUNT, account);
    const char *unit = jx_str(owner, "ou_id");
    return unit != NULL ? making_find(m, SCOPE_OU, unit) : NULL;
}

static int no_unit(struct making *m, const json_t *subject)
{
    return making_cannot(m,
                         "%s is not in an OU of this run, and an account gets baselines only "
                         "through its OU: move it into a registered OU",
                         jx_str_or(subject, "_name", "the account"));
}

static int make_enable_tower(struct making *m, const json_t *subject, const char *reason,
                             struct err *err)
{
    const json_t *ou = unit_of(m, subject);
    return ou != NULL ? enable_tower(m, ou, reason, err) : no_unit(m, subject);
}

static int make_enable_backup(struct making *m, const json_t *subject, const char *reason,
                              struct err *err)
{
    const json_t *ou = unit_of(m, subject);
    if (ou == NULL) {
        return no_unit(m, subject);
    }
    bool itself = str_equal(jx_str(ou, "id"), jx_str(subject, "id"));
    bool security = jx_bool(ou, "is_security") && jx_bool(m->config, "ous.security_ou");
    if (!itself && !jx_bool(ou, "wanted") && !security && held_on(ou, BACKUP_BASELINE) == NULL) {
        return making_cannot(m,
                             "the configuration does not select its OU %s for backup: add the OU "
                             "to ous.protect, exempt the account, or move it",
                             jx_str_or(ou, "path", ""));
    }
    if (is_enabled(ou, BACKUP_BASELINE) && !itself) {
        return reset_held(m, ou, BACKUP_BASELINE, reason, err);
    }
    return enable_backup(m, ou, reason, err);
}

/* --- reset and update --- */

static char *target_of(const json_t *ou, const char *baseline)
{
    const char *id = jx_str_or(ou, "id", "");
    return strcmp(baseline, BACKUP_BASELINE) == 0 ? xstrdup(id) : xasprintf("%s/%s", id, baseline);
}

static int add_held_step(struct making *m, enum row row, const json_t *ou, const char *baseline,
                         struct plan_step *take_step, json_t *take_done_when, const char *reason,
                         struct err *err)
{
    json_t *changed = NULL;
    const char *arn = jx_str_or(held_on(ou, baseline), "arn", "");
    if (changed_since(m, arn, &changed, err) != 0) {
        plan_step_free(take_step);
        json_decref(take_done_when);
        return -1;
    }
    if (row == RESET) {
        take_done_when = cond_both("all", take_done_when, json_incref(changed));
    }
    step_done(take_step, held_probe(m, baseline, ou, take_done_when));
    step_recover(take_step, held_probe(m, baseline, ou, changed), "operation",
                 "statusSummary.lastOperationIdentifier");
    step_precondition(take_step,
                      probe_says(held_probe(m, baseline, ou, cond_text("arn", arn)),
                                 "the enabled baseline was removed or replaced after the scan"));
    poll_baseline(m, take_step);
    after_parent(m, take_step, ou);
    set_duration(take_step, ou);
    return step_add(m, take_step, reason, err);
}

static int reset_held(struct making *m, const json_t *ou, const char *baseline, const char *reason,
                      struct err *err)
{
    const json_t *held = held_on(ou, baseline);
    char *target = target_of(ou, baseline);
    struct plan_step *step =
        step_new(&rows[RESET], target, "Reset %s on %s", baseline, jx_str_or(ou, "path", ""));
    step_send(step, call_home(m, "controltower:ResetEnabledBaseline",
                              json_pack("{s:s}", "enabledBaselineIdentifier",
                                        jx_str_or(held, "arn", ""))));
    step_change(step, json_string(jx_str_or(held, "status", "")), json_string("SUCCEEDED"));
    if (strcmp(baseline, BACKUP_BASELINE) == 0) {
        after_unit(step, rows[ENABLE_TOWER].info.id, ou);
        after_unit(step, rows[UPDATE].info.id, ou);
        char *tower = xasprintf("%s/%s/%s", rows[RESET].info.id, jx_str_or(ou, "id", ""),
                                CONTROL_TOWER_BASELINE);
        step_after(step, tower);
        free(tower);
    }
    free(target);
    return add_held_step(m, RESET, ou, baseline, step, succeeded(), reason, err);
}

static int make_reset(struct making *m, const json_t *subject, const char *reason, struct err *err)
{
    const json_t *ou = unit_of(m, subject);
    if (ou == NULL) {
        return no_unit(m, subject);
    }
    const json_t *backup = held_on(ou, BACKUP_BASELINE);
    const json_t *tower = held_on(ou, CONTROL_TOWER_BASELINE);
    int rc = 0;
    if (str_equal(jx_str(tower, "status"), "FAILED")) {
        rc = reset_held(m, ou, CONTROL_TOWER_BASELINE, reason, err);
    }
    if (rc != 0 || (backup == NULL && str_equal(jx_str(tower, "status"), "FAILED"))) {
        return rc;
    }
    if (str_equal(jx_str(backup, "status"), "UNDER_CHANGE")) {
        return making_cannot(m,
                             "%s on %s is still UNDER_CHANGE and cannot be reset until the change "
                             "ends; if it does not end, contact AWS Support",
                             BACKUP_BASELINE, jx_str_or(ou, "path", ""));
    }
    return backup != NULL ? reset_held(m, ou, BACKUP_BASELINE, reason, err)
                          : make_enable_backup(m, subject, reason, err);
}

static int update_held(struct making *m, const json_t *ou, const char *baseline,
                       const char *version, const char *reason, struct err *err)
{
    const json_t *held = held_on(ou, baseline);
    const json_t *parent = parent_of(m, ou);
    json_t *parameters = NULL;
    bool tower = strcmp(baseline, CONTROL_TOWER_BASELINE) == 0;
    if (held == NULL || version == NULL || str_equal(jx_str(held, "version"), version)) {
        return 0;
    }
    int rc = parent != NULL ? update_held(m, parent, baseline, version, reason, err) : 0;
    if (rc == 0 && tower) {
        rc = identity_parameter(m, &parameters);
    }
    if (rc != 0) {
        return rc;
    }
    json_t *input = json_pack("{s:s,s:s}", "enabledBaselineIdentifier", jx_str_or(held, "arn", ""),
                              "baselineVersion", version);
    if (parameters != NULL) {
        (void)json_object_set_new(input, "parameters", parameters);
    }
    char *target = target_of(ou, baseline);
    struct plan_step *step = step_new(&rows[UPDATE], target, "Update %s on %s to version %s",
                                      baseline, jx_str_or(ou, "path", ""), version);
    free(target);
    step_send(step, call_home(m, "controltower:UpdateEnabledBaseline", input));
    step_change(step, json_string(jx_str_or(held, "version", "")), json_string(version));
    return add_held_step(m, UPDATE, ou, baseline, step,
                         cond_both("all", succeeded(), cond_text("baselineVersion", version)),
                         reason, err);
}

static int make_update(struct making *m, const json_t *subject, const char *reason, struct err *err)
{
    const char *problem = NULL;
    const json_t *ou = unit_of(m, subject);
    if (ou == NULL) {
        return no_unit(m, subject);
    }
    const char *version = tower_version(m, &problem, err);
    if (err->code != ERR_NONE) {
        return -1;
    }
    int rc = update_held(m, ou, CONTROL_TOWER_BASELINE, version, reason, err);
    return rc != 0 ? rc : update_held(m, ou, BACKUP_BASELINE, backup_version(ou), reason, err);
}

static const struct remedy rows[ROW_COUNT] = {
    [ENABLE_TOWER] = {{"enable-control-tower-baseline", "Register an OU with Control Tower", 5,
                       "controltower:EnableBaseline", "aws controltower disable-baseline"},
                      PLAN_RISK_HIGH,
                      600,
                      GROUP_CONTROL_TOWER,
                      make_enable_tower,
                      NULL},
    [UPDATE] = {{"update-enabled-baseline", "Update an OU's baseline to a newer version", 5,
                 "controltower:UpdateEnabledBaseline",
                 "cannot be undone: AWS supports no return to an earlier version"},
                PLAN_RISK_MEDIUM,
                600,
                GROUP_CONTROL_TOWER,
                make_update,
                NULL},
    [ENABLE_BACKUP] = {{"enable-backup-baseline", "Enable BackupBaseline on an OU", 5,
                        "controltower:EnableBaseline",
                        "aws controltower disable-baseline, on the OUs below first"},
                       PLAN_RISK_MEDIUM,
                       600,
                       GROUP_CONTROL_TOWER,
                       make_enable_backup,
                       NULL},
    [RESET] = {{"reset-enabled-baseline", "Reset an OU's baseline", 5,
                "controltower:ResetEnabledBaseline",
                "nothing to undo: the baseline keeps its version and parameters"},
               PLAN_RISK_MEDIUM,
               600,
               GROUP_CONTROL_TOWER,
               make_reset,
               NULL},
};

const struct remedies remedies_baselines = {rows, ROW_COUNT};
