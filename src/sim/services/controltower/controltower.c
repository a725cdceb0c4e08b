/*
 * Control Tower: routes, the state, operations and what other services ask it.
 *
 * State, kept for the management account in the home Region; `set` paths of worlds go into it:
 *   landing_zone {arn, version, status ACTIVE|PROCESSING|FAILED, drift IN_SYNC|DRIFTED, manifest
 * {...}, remediation_types []} operations [{kind landing-zone|baseline, operationIdentifier,
 * operationType, status, startTime, endTime, statusMessage}] oldest first enabled_baselines
 * {"NAME/TARGET": {arn, baseline, version, target, status SUCCEEDED|FAILED|UNDER_CHANGE,
 * status_message, last_operation, parameters [], drift, child_status, children {account: {status,
 * drift}}, missing {account: true}}} TARGET is an OU or account id:
 * "enabled_baselines.BackupBaseline/ou-ab12-work0001.status". `status` speaks of the OU alone.
 * Accounts of the OU are children with `child_status`, unless `children.ACCOUNT` ({"status":
 * "FAILED"}) says otherwise or `missing.ACCOUNT` is true: moved in after the baseline was applied.
 * `drift` is DRIFTED while something is missing, unless it is given. controls
 * {"CT-BACKUP-PV-1/ou-...": {status, drift, absent}}   where a control differs from "enabled and in
 * sync" tags {arn: {key: value}}
 */
#include "services/controltower/controltower.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "services/organizations/organizations.h"

#define ARN "s20..2048/^arn:aws[0-9a-zA-Z_\\-:\\/]+$/"
#define OPERATION "s36..36/^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/"
#define VERSION "s1..10/^\\d+(?:\\.\\d+){0,2}$/"
#define LZ_VERSION "s3..10/^\\d+.\\d+$/"
#define PARAMETERS "[{key!:s, value!:d}]"
#define BLANKLESS "s/\\S/"
#define ENABLEMENT "[e(SUCCEEDED|FAILED|UNDER_CHANGE)]1..1"
#define CONTROL_DRIFT "[e(DRIFTED|IN_SYNC|NOT_CHECKING|UNKNOWN)]1..1"
#define AUTO_ENROLL_MS (INT64_C(20) * CT_MINUTE_MS)

static const struct sim_route routes[] = {
    {"ListLandingZones", ct_list_landing_zones, "nextToken:s, maxResults:i1..1"},
    {"GetLandingZone", ct_get_landing_zone, "landingZoneIdentifier!:s"},
    {"UpdateLandingZone", ct_update_landing_zone,
     "landingZoneIdentifier!:s, version!:" LZ_VERSION ", manifest:d, "
     "remediationTypes:[e(INHERITANCE_DRIFT)]1..1"},
    {"ResetLandingZone", ct_reset_landing_zone, "landingZoneIdentifier!:s"},
    {"GetLandingZoneOperation", ct_get_landing_zone_operation, "operationIdentifier!:" OPERATION},
    {"ListLandingZoneOperations", ct_list_landing_zone_operations,
     "filter:{types:[e(DELETE|CREATE|UPDATE|RESET)]1..1, "
     "statuses:[e(SUCCEEDED|FAILED|IN_PROGRESS)]1..1}, nextToken:s, maxResults:i1..100"},
    {"ListBaselines", ct_list_baselines, "nextToken:s, maxResults:i4..100"},
    {"GetBaseline", ct_get_baseline,
     "baselineIdentifier!:s/^arn:[a-z-]+:controltower:[a-z0-9-]*:[0-9]{0,12}:baseline\\/"
     "[A-Z0-9]{16}$/"},
    {"ListEnabledBaselines", ct_list_enabled_baselines,
     "filter:{targetIdentifiers:[" ARN "]1..5, baselineIdentifiers:[" ARN "]1..5, "
     "parentIdentifiers:[" ARN "]1..5, statuses:" ENABLEMENT ", "
     "inheritanceDriftStatuses:[e(IN_SYNC|DRIFTED)]1..1}, nextToken:" BLANKLESS ", "
     "maxResults:i5..100, includeChildren:b"},
    {"GetEnabledBaseline", ct_get_enabled_baseline, "enabledBaselineIdentifier!:" ARN},
    {"GetBaselineOperation", ct_get_baseline_operation, "operationIdentifier!:" OPERATION},
    {"EnableBaseline", ct_enable_baseline,
     "baselineIdentifier!:" ARN ", baselineVersion!:" VERSION ", targetIdentifier!:" ARN
     ", parameters:" PARAMETERS ", tags:<s0..256>"},
    {"UpdateEnabledBaseline", ct_update_enabled_baseline,
     "enabledBaselineIdentifier!:" ARN ", baselineVersion!:" VERSION ", parameters:" PARAMETERS},
    {"ResetEnabledBaseline", ct_reset_enabled_baseline, "enabledBaselineIdentifier!:" ARN},
    {"DisableBaseline", ct_disable_baseline, "enabledBaselineIdentifier!:" ARN},
    {"ListEnabledControls", ct_list_enabled_controls,
     "targetIdentifier:" ARN ", nextToken:s, maxResults:i1..200, includeChildren:b, "
     "filter:{controlIdentifiers:[" ARN "]1..1, statuses:" ENABLEMENT
     ", driftStatuses:" CONTROL_DRIFT ", parentIdentifiers:[" ARN
     "]1..1, inheritanceDriftStatuses:" CONTROL_DRIFT ", resourceDriftStatuses:" CONTROL_DRIFT "}"},
    {"ListTagsForResource", ct_list_tags, "resourceArn!:" ARN},
    {"TagResource", ct_tag, "resourceArn!:" ARN ", tags!:<s0..256>"},
    {"UntagResource", ct_untag, "resourceArn!:" ARN ", tagKeys!:[s1..128]0..200"},
};

json_t *ct_state(struct sim *sim)
{
    return sim_state(sim, SVC_CONTROLTOWER, sim_management_account(sim), sim_home_region(sim));
}

json_t *ct_landing_zone(struct sim *sim)
{
    return json_object_get(ct_state(sim), "landing_zone");
}

/* --- refusals --- */

int ct_invalid(struct sim_call *call, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    sim_vfail(call, 400, "ValidationException", format, list);
    va_end(list);
    return -1;
}

int ct_missing(struct sim_call *call, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    sim_vfail(call, 404, "ResourceNotFoundException", format, list);
    va_end(list);
    return -1;
}

int ct_conflict(struct sim_call *call, const char *message)
{
    return sim_fail(call, 409, "ConflictException", "%s", message);
}

int ct_guard(struct sim_call *call)
{
    if (str_equal(call->account, sim_management_account(call->sim))) {
        return 0;
    }
    return sim_fail(
        call, 403, "AccessDeniedException",
        "User: %s is not authorized to perform: controltower:%s because AWS Control Tower "
        "is called from the management account only",
        call->principal_arn, call->op->name);
}

bool ct_here(struct sim_call *call)
{
    return str_equal(call->region, sim_home_region(call->sim)) &&
           ct_landing_zone(call->sim) != NULL;
}

int ct_guard_home(struct sim_call *call)
{
    if (ct_guard(call) != 0) {
        return -1;
    }
    return ct_here(call)
               ? 0
               : ct_invalid(call, "AWS Control Tower has no landing zone in this Region.");
}

/* --- manifest and tree --- */

bool ct_version_at_least(const char *version, unsigned major, unsigned minor)
{
    unsigned have[2] = {0, 0};
    size_t part = 0;

    for (const char *p = version != NULL ? version : ""; *p != '\0' && part < 2; p++) {
        if (*p == '.') {
            part++;
        } else if (*p >= '0' && *p <= '9' && have[part] < 1000) {
            have[part] = have[part] * 10 + (unsigned)(*p - '0');
        }
    }
    return have[0] > major || (have[0] == major && have[1] >= minor);
}

bool ct_section_on(const json_t *manifest, const char *version, const char *section)
{
    const json_t *part = json_object_get(manifest, section);
    const json_t *flag = json_object_get(part, "enabled");

    if (flag != NULL || ct_version_at_least(version, 4, 0)) {
        return json_is_true(flag);
    }
    return !str_equal(section, "backup") && !str_equal(section, "config") &&
           (part != NULL || str_equal(section, "accessManagement"));
}

const char *ct_security_ou(struct sim *sim, const json_t *manifest)
{
    static const char *const accounts[] = {"securityRoles.accountId",
                                           "centralizedLogging.accountId", "config.accountId"};
    const char *name = jx_str(manifest, "organizationStructure.security.name"), *id;
    json_t *ou;

    json_object_foreach(sim_org_ous(sim), id, ou)
    {
        if (name != NULL && str_equal(jx_str(ou, "Name"), name) &&
            org_id_is_root(sim, jx_str(ou, "ParentId"))) {
            return id;
        }
    }
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        const char *account = jx_str(manifest, accounts[i]);
        const char *parent = account != NULL ? org_parent(sim, account) : NULL;
        if (parent != NULL && !org_id_is_root(sim, parent)) {
            return parent;
        }
    }
    return NULL;
}

bool ct_integration_account(const json_t *manifest, const char *version, const char *account)
{
    static const struct {
        const char *section, *path;
    } named[] = {{"securityRoles", "securityRoles.accountId"},
                 {"centralizedLogging", "centralizedLogging.accountId"},
                 {"config", "config.accountId"},
                 {"backup", "backup.configurations.backupAdmin.accountId"},
                 {"backup", "backup.configurations.centralBackup.accountId"}};

    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (ct_section_on(manifest, version, named[i].section) &&
            str_equal(jx_str(manifest, named[i].path), account)) {
            return true;
        }
    }
    return false;
}

bool ct_below(struct sim *sim, const char *ou, const char *ancestor)
{
    for (const char *at = org_parent(sim, ou); at != NULL; at = org_parent(sim, at)) {
        if (str_equal(at, ancestor)) {
            return true;
        }
    }
    return false;
}

const json_t *sim_ct_manifest(struct sim *sim)
{
    return json_object_get(ct_landing_zone(sim), "manifest");
}

bool sim_ct_region_governed(struct sim *sim, const char *region)
{
    const json_t *governed = json_object_get(sim_ct_manifest(sim), "governedRegions");

    return jx_list_has(governed, region);
}

bool sim_ct_account_backed_up(struct sim *sim, const char *account)
{
    const char *parent = org_parent(sim, account);
    const json_t *enabled = parent != NULL ? ct_enabled(sim, "BackupBaseline", parent) : NULL;

    return enabled != NULL && str_equal(ct_child_status(sim, enabled, account), "SUCCEEDED");
}

bool sim_ct_account_enrolled(struct sim *sim, const char *account)
{
    static const char *const enrolling[] = {"AWSControlTowerBaseline", "ConfigBaseline",
                                            "BackupBaseline"};
    const json_t *zone = ct_landing_zone(sim);
    const char *parent = org_parent(sim, account);

    if (zone == NULL || parent == NULL || str_equal(account, sim_management_account(sim))) {
        return false;
    }
    if (ct_integration_account(json_object_get(zone, "manifest"), jx_str(zone, "version"),
                               account)) {
        return true;
    }
    for (const char *at = parent; at != NULL; at = org_parent(sim, at)) {
        for (size_t i = 0; i < sizeof enrolling / sizeof *enrolling; i++) {
            const json_t *enabled = ct_enabled(sim, enrolling[i], at);
            if (enabled != NULL &&
                (at != parent || ct_child_status(sim, enabled, account) != NULL)) {
                return true;
            }
        }
    }
    return false;
}

static void auto_enroll(struct sim *sim, json_t *what)
{
    json_t *enabled = ct_enabled(sim, jx_str(what, "baseline"), jx_str(what, "ou"));

    json_object_del(json_object_get(enabled, "missing"), jx_str(what, "account"));
}

void ct_account_moved(struct sim *sim, const char *account, const char *from, const char *to)
{
    const json_t *zone = ct_landing_zone(sim);
    bool heals = jx_list_has(json_object_get(zone, "remediation_types"), "INHERITANCE_DRIFT") &&
                 ct_version_at_least(jx_str(zone, "version"), 3, 1);

    for (size_t i = 0; zone != NULL && i < ct_baseline_count(); i++) {
        const struct ct_baseline *baseline = ct_baseline_at(i);
        json_t *left = ct_enabled(sim, baseline->name, from);
        json_t *joined = ct_enabled(sim, baseline->name, to);

        json_object_del(json_object_get(left, "missing"), account);
        json_object_del(json_object_get(left, "children"), account);
        if (joined != NULL && baseline->ou) {
            json_object_set_new(org_object(joined, "missing"), account, json_true());
            if (heals) {
                sim_later(sim, AUTO_ENROLL_MS, auto_enroll,
                          json_pack("{ss ss ss}", "baseline", baseline->name, "ou", to, "account",
                                    account));
            }
        }
    }
}

/* --- operations --- */

static json_t *operations(struct sim *sim)
{
    json_t *list = json_object_get(ct_state(sim), "operations");

    if (list == NULL) {
        list = json_array();
        json_object_set_new(ct_state(sim), "operations", list);
    }
    return list;
}

json_t *ct_operation_start(struct sim *sim, const char *kind, const char *type)
{
    char id[37], now[TIME_ISO_SIZE];
    json_t *operation;

    sim_new_uuid(sim, id);
    time_iso(sim_now_ms(sim), now);
    operation = json_pack("{ss ss ss ss ss}", "kind", kind, "operationIdentifier", id,
                          "operationType", type, "status", "IN_PROGRESS", "startTime", now);
    json_array_append_new(operations(sim), operation);
    return operation;
}

json_t *ct_operation(struct sim *sim, const char *kind, const char *id)
{
    size_t i;
    json_t *operation;

    json_array_foreach(operations(sim), i, operation)
    {
        if (str_equal(jx_str(operation, "operationIdentifier"), id) &&
            str_equal(jx_str(operation, "kind"), kind)) {
            return operation;
        }
    }
    return NULL;
}

void ct_operation_end(struct sim *sim, const char *id, const char *problem)
{
    char now[TIME_ISO_SIZE];
    size_t i;
    json_t *operation;

    time_iso(sim_now_ms(sim), now);
    json_array_foreach(operations(sim), i, operation)
    {
        if (str_equal(jx_str(operation, "operationIdentifier"), id)) {
            jx_set_str(operation, "status", problem == NULL ? "SUCCEEDED" : "FAILED");
            jx_set_str(operation, "endTime", now);
            jx_set_str(operation, "statusMessage", problem);
        }
    }
}

/* Adds one that ended long ago. */
static void ct_operation_past(struct sim *sim, const char *kind, const char *type,
                              const char *status, int64_t age_ms, const char *message)
{
    char id[37], start[TIME_ISO_SIZE], end[TIME_ISO_SIZE], words[96];
    json_t *operation;

    snprintf(words, sizeof words, "operation %s %s %zu", kind, type,
             json_array_size(operations(sim)));
    sim_hash_uuid(sim, words, id);
    time_iso(sim_now_ms(sim) - age_ms, start);
    time_iso(sim_now_ms(sim) - age_ms + 35 * CT_MINUTE_MS, end);
    operation = json_pack("{ss ss ss ss ss}", "kind", kind, "operationIdentifier", id,
                          "operationType", type, "status", status, "startTime", start);
    if (!str_equal(status, "IN_PROGRESS")) {
        jx_set_str(operation, "endTime", end);
    }
    jx_set_str(operation, "statusMessage", message);
    json_array_append_new(operations(sim), operation);
}

bool ct_busy(struct sim *sim)
{
    size_t i;
    json_t *operation;

    json_array_foreach(operations(sim), i, operation)
    {
        if (str_equal(jx_str(operation, "status"), "IN_PROGRESS")) {
            return true;
        }
    }
    return str_equal(jx_str(ct_landing_zone(sim), "status"), "PROCESSING");
}

json_t *ct_operation_out(const json_t *operation)
{
    json_t *out = json_deep_copy(operation);

    json_object_del(out, "kind");
    return out;
}

/* --- loading --- */

static int load_baselines(struct sim *sim, const json_t *list, struct err *err)
{
    const char *zone_version = jx_str(ct_landing_zone(sim), "version");
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        const struct ct_baseline *baseline = ct_baseline_named(jx_str_or(row, "baseline", ""));
        const char *target = jx_str(row, "target"), *version = jx_str(row, "version");
        const char *status = jx_str_or(row, "status", "SUCCEEDED");
        json_t *enabled;

        if (baseline == NULL) {
            return err_set(err, ERR_INPUT, "baselines[%zu].baseline: unknown baseline", i);
        }
        if (target == NULL || !org_target_exists(sim, target)) {
            return err_set(err, ERR_INPUT, "baselines[%zu].target: unknown OU or account", i);
        }
        if (version == NULL && baseline->ou) {
            version = ct_baseline_version_for(baseline->name, zone_version);
        }
        enabled = ct_enabled_add(sim, baseline->name, version, target, false);
        jx_set_str(enabled, "status", status);
        jx_set_str(enabled, "drift", jx_str(row, "drift"));
        jx_set_str(enabled, "status_message", jx_str(row, "message"));
        if (str_equal(baseline->name, "BackupBaseline")) {
            ct_controls_attach(sim, target);
        }
    }
    return 0;
}

static int load(struct sim *sim, const json_t *world, struct err *err)
{
    const json_t *given = json_object_get(world, "landing_zone");
    json_t *zone, *remediation;
    const char *status;
    char id[17], arn[160];

    if (given == NULL) {
        return json_array_size(json_object_get(world, "baselines")) == 0
                   ? 0
                   : err_set(err, ERR_INPUT, "baselines: landing_zone is missing");
    }
    if (!json_is_object(json_object_get(given, "manifest"))) {
        return err_set(err, ERR_INPUT, "landing_zone.manifest: missing");
    }
    sim_hash_id(sim, "landing zone", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16, id);
    snprintf(arn, sizeof arn, "arn:%s:controltower:%s:%s:landingzone/%s", sim_partition(sim),
             sim_home_region(sim), sim_management_account(sim), id);
    zone = org_object(ct_state(sim), "landing_zone");
    status = jx_str_or(given, "status", "ACTIVE");
    jx_set_str(zone, "arn", arn);
    jx_set_str(zone, "version", jx_str_or(given, "version", "3.3"));
    jx_set_str(zone, "status", status);
    jx_set_str(zone, "drift", jx_str_or(given, "drift", "IN_SYNC"));
    json_object_set_new(zone, "manifest", json_deep_copy(json_object_get(given, "manifest")));
    remediation = json_object_get(given, "remediation_types");
    json_object_set_new(zone, "remediation_types",
                        remediation != NULL ? json_deep_copy(remediation) : json_array());
    ct_operation_past(sim, "landing-zone", "CREATE", "SUCCEEDED", 80 * 1440 * CT_MINUTE_MS, NULL);
    ct_operation_past(sim, "landing-zone", "UPDATE",
                      str_equal(status, "FAILED")       ? "FAILED"
                      : str_equal(status, "PROCESSING") ? "IN_PROGRESS"
                                                        : "SUCCEEDED",
                      10 * 1440 * CT_MINUTE_MS,
                      str_equal(status, "FAILED")
                          ? "AWS Control Tower failed to set up your landing "
                            "zone completely."
                          : NULL);
    json_object_update(org_object(ct_state(sim), "controls"), json_object_get(world, "controls"));
    ct_apply_manifest(sim, NULL, NULL);
    return load_baselines(sim, json_object_get(world, "baselines"), err);
}

const struct sim_service sim_controltower = {
    .service = SVC_CONTROLTOWER,
    .routes = routes,
    .route_count = sizeof routes / sizeof *routes,
    .invalid_code = "ValidationException",
    .invalid_status = 400,
    .load = load,
};
