/* Control Tower: baselines are enabled, updated, reset and disabled, parents before children and
 * back. */
#include "services/controltower/controltower.h"

#include <stdio.h>
#include <string.h>

#include "base/jsonx.h"
#include "services/organizations/organizations.h"

#define KIND "baseline"
#define TOWER "AWSControlTowerBaseline"
#define CONFIG "ConfigBaseline"
#define BACKUP "BackupBaseline"
#define IDENTITY_PARAMETER "IdentityCenterEnabledBaselineArn"
#define OU_ACCOUNTS_MAX 1000U

/* --- running --- */

static const char *unusable_account(struct sim *sim, const char *ou, size_t *accounts)
{
    const char *id, *bad = NULL;
    json_t *account;

    *accounts = 0;
    json_object_foreach(sim_org_accounts(sim), id, account)
    {
        const char *state = jx_str_or(account, "State", "ACTIVE");
        if (str_equal(jx_str(account, "ParentId"), ou)) {
            *accounts += 1;
            if (!str_equal(state, "ACTIVE") && !str_equal(state, "PENDING_CLOSURE")) {
                bad = id;
            }
        }
    }
    return bad;
}

static void applied(struct sim *sim, json_t *enabled, const char *operation, bool enabling)
{
    const char *target = jx_str(enabled, "target"), *bad;
    size_t accounts;
    char problem[160];

    bad = unusable_account(sim, target, &accounts);
    if (bad != NULL) {
        snprintf(
            problem, sizeof problem,
            "AWS Control Tower could not apply the baseline: account %s is suspended or closed.",
            bad);
        jx_set_str(enabled, "status", "FAILED");
        jx_set_str(enabled, "status_message", problem);
        if (enabling) {
            jx_set_str(enabled, "child_status", "FAILED");
        }
        ct_operation_end(sim, operation, problem);
        return;
    }
    jx_set_str(enabled, "status", "SUCCEEDED");
    jx_set_str(enabled, "child_status", "SUCCEEDED");
    json_object_del(enabled, "status_message");
    json_object_del(enabled, "drift");
    json_object_clear(org_object(enabled, "children"));
    json_object_clear(org_object(enabled, "missing"));
    if (str_equal(jx_str(enabled, "baseline"), BACKUP)) {
        ct_controls_attach(sim, target);
    }
    ct_operation_end(sim, operation, NULL);
}

static void done(struct sim *sim, json_t *what)
{
    const char *type = jx_str_or(what, "type", ""), *operation = jx_str(what, "operation");
    const char *baseline = jx_str(what, "baseline"), *target = jx_str(what, "target");
    json_t *enabled = ct_enabled(sim, baseline, target);

    if (enabled == NULL) {
        ct_operation_end(sim, operation, "The target of the operation is gone.");
        return;
    }
    if (jx_str(what, "problem") != NULL) {
        jx_set_str(enabled, "status", "FAILED");
        jx_set_str(enabled, "status_message", jx_str(what, "problem"));
        if (str_equal(type, "ENABLE_BASELINE")) {
            jx_set_str(enabled, "child_status", "FAILED");
        }
        ct_operation_end(sim, operation, jx_str(what, "problem"));
        return;
    }
    if (str_equal(type, "DISABLE_BASELINE")) {
        if (str_equal(baseline, BACKUP)) {
            ct_controls_detach(sim, target);
        }
        ct_enabled_remove(sim, baseline, target);
        ct_operation_end(sim, operation, NULL);
        return;
    }
    if (jx_str(what, "version") != NULL) {
        jx_set_str(enabled, "version", jx_str(what, "version"));
    }
    if (json_object_get(what, "parameters") != NULL) {
        json_object_set(enabled, "parameters", json_object_get(what, "parameters"));
    }
    applied(sim, enabled, operation, str_equal(type, "ENABLE_BASELINE"));
}

/* Two minutes for an empty unit, about one more an account, never above forty. */
static int start(struct sim_call *call, json_t *enabled, const char *type)
{
    const char *target = jx_str(enabled, "target");
    json_t *operation = ct_operation_start(call->sim, KIND, type);
    const char *id = jx_str(operation, "operationIdentifier");
    size_t accounts;

    (void)unusable_account(call->sim, target, &accounts);
    jx_set_str(enabled, "status", "UNDER_CHANGE");
    jx_set_str(enabled, "last_operation", id);
    sim_later(call->sim, (int64_t)(2 + (accounts < 38 ? accounts : 38)) * CT_MINUTE_MS, done,
              json_pack("{ss ss ss ss ss* ss* sO*}", "operation", id, "type", type, "baseline",
                        jx_str(enabled, "baseline"), "target", target, "version",
                        jx_str(call->in, "baselineVersion"), "problem", call->fails, "parameters",
                        json_object_get(call->in, "parameters")));
    jx_set_str(call->out, "operationIdentifier", id);
    return 0;
}

static int need_idle(struct sim_call *call)
{
    return ct_busy(call->sim)
               ? ct_conflict(call, "AWS Control Tower is already running an operation. Wait for it "
                                   "to complete and try again.")
               : 0;
}

/* --- what EnableBaseline asks for --- */

/* The OU of an ARN, or NULL after a refusal. */
static const char *target_ou(struct sim_call *call, const char *arn)
{
    char prefix[160];
    const char *id;

    snprintf(prefix, sizeof prefix, "arn:%s:organizations::%s:ou/%s/", sim_partition(call->sim),
             sim_management_account(call->sim), sim_org_id(call->sim));
    if (!str_starts(arn, prefix)) {
        ct_invalid(call, "The target %.200s is not an organizational unit of your organization.",
                   arn);
        return NULL;
    }
    id = jx_str(sim_org_ou(call->sim, arn + strlen(prefix)), "Id");
    if (id == NULL) {
        ct_missing(call, "The organizational unit %.200s does not exist.", arn);
    }
    return id;
}

/* The first ancestor unit, from the top, on which the baseline has not succeeded; NULL when all
 * have it. */
static const char *ancestor_without(struct sim *sim, const char *baseline, const char *ou)
{
    const char *lacking = NULL;

    for (const char *at = org_parent(sim, ou); at != NULL && !org_id_is_root(sim, at);
         at = org_parent(sim, at)) {
        const json_t *enabled = ct_enabled(sim, baseline, at);
        if (enabled == NULL || !ct_succeeded(enabled)) {
            lacking = at;
        }
    }
    return lacking;
}

static int check_place(struct sim_call *call, const char *baseline, const char *ou)
{
    const char *security = ct_security_ou(call->sim, sim_ct_manifest(call->sim));
    bool backup = str_equal(baseline, BACKUP);
    const char *lacking;

    if (str_equal(ou, security)) {
        return backup ? 0
                      : ct_invalid(call, "The baseline '%s' cannot be enabled on the Security OU",
                                   baseline);
    }
    if (security != NULL && ct_below(call->sim, ou, security)) {
        return ct_invalid(
            call, "An organizational unit nested under the Security OU cannot be governed.");
    }
    lacking = ancestor_without(call->sim, baseline, ou);
    if (lacking != NULL) {
        return ct_invalid(call,
                          "The baseline '%s' cannot be enabled on %s before its parent %s has it.",
                          baseline, ou, lacking);
    }
    return 0;
}

static int check_prerequisites(struct sim_call *call, const char *baseline, const char *ou)
{
    struct sim *sim = call->sim;
    const json_t *zone = ct_landing_zone(sim), *manifest = sim_ct_manifest(sim);
    const char *version = jx_str(zone, "version");
    const json_t *tower = ct_enabled(sim, TOWER, ou);

    if (str_equal(baseline, BACKUP)) {
        if (!ct_version_at_least(version, 3, 1) || !ct_section_on(manifest, version, "backup")) {
            return ct_invalid(call, "AWS Backup is not enabled in your landing zone.");
        }
        if (!str_equal(ou, ct_security_ou(sim, manifest)) &&
            (tower == NULL || !ct_succeeded(tower))) {
            return ct_invalid(call, "%s must be enabled on the target before %s.", TOWER, BACKUP);
        }
    }
    if (str_equal(baseline, CONFIG) && !ct_version_at_least(version, 4, 0)) {
        return ct_invalid(call, "%s needs landing zone version 4.0.", CONFIG);
    }
    if ((str_equal(baseline, CONFIG) && tower != NULL) ||
        (str_equal(baseline, TOWER) && ct_enabled(sim, CONFIG, ou) != NULL)) {
        return ct_invalid(call, "%s and %s cannot be enabled on the same target.", TOWER, CONFIG);
    }
    return 0;
}

static int check_parameters(struct sim_call *call, const char *baseline)
{
    const json_t *parameters = json_object_get(call->in, "parameters");
    const json_t *identity =
        ct_enabled(call->sim, "IdentityCenterBaseline", sim_management_account(call->sim));
    bool given = false;

    for (size_t i = 0; i < json_array_size(parameters); i++) {
        const json_t *one = json_array_get(parameters, i);

        if (!str_equal(baseline, TOWER) || !str_equal(jx_str(one, "key"), IDENTITY_PARAMETER)) {
            return ct_invalid(call, "The baseline '%s' has no parameter '%.100s'.", baseline,
                              jx_str_or(one, "key", ""));
        }
        if (!str_equal(jx_str(one, "value"), jx_str_or(identity, "arn", "-"))) {
            return ct_invalid(
                call, "The parameter '%s' is not the ARN of the enabled Identity Center baseline.",
                IDENTITY_PARAMETER);
        }
        given = true;
    }
    if (str_equal(baseline, TOWER) && identity != NULL && !given) {
        return ct_invalid(
            call,
            "The parameter '%s' is required because your landing zone manages IAM Identity Center.",
            IDENTITY_PARAMETER);
    }
    return 0;
}

static int check_size(struct sim_call *call, const char *ou)
{
    size_t accounts;

    (void)unusable_account(call->sim, ou, &accounts);
    return accounts > OU_ACCOUNTS_MAX
               ? ct_invalid(call, "The organizational unit %s holds more than %u accounts.", ou,
                            OU_ACCOUNTS_MAX)
               : 0;
}

int ct_enable_baseline(struct sim_call *call)
{
    const char *version = jx_str(call->in, "baselineVersion"), *fit, *ou;
    const struct ct_baseline *baseline;
    json_t *enabled;

    if (ct_guard_home(call) != 0) {
        return -1;
    }
    baseline = ct_baseline_by_arn(jx_str(call->in, "baselineIdentifier"));
    if (baseline == NULL) {
        return ct_missing(call, "Baseline does not exist.");
    }
    if (!baseline->ou) {
        return ct_invalid(
            call,
            "The baseline '%s' is enabled by the landing zone and not on organizational units.",
            baseline->name);
    }
    ou = target_ou(call, jx_str(call->in, "targetIdentifier"));
    if (ou == NULL) {
        return -1;
    }
    if (ct_enabled(call->sim, baseline->name, ou) != NULL) {
        return ct_conflict(call, "This baseline is already enabled on this target");
    }
    fit = ct_baseline_version_for(baseline->name, jx_str(ct_landing_zone(call->sim), "version"));
    if (!str_equal(version, fit)) {
        return ct_invalid(
            call, "Version %s of the baseline '%s' does not fit your landing zone version; use %s.",
            version, baseline->name, fit);
    }
    if (check_place(call, baseline->name, ou) != 0 ||
        check_prerequisites(call, baseline->name, ou) != 0 ||
        check_parameters(call, baseline->name) != 0 || check_size(call, ou) != 0 ||
        need_idle(call) != 0) {
        return -1;
    }
    enabled = ct_enabled_add(call->sim, baseline->name, version, ou, true);
    jx_set_str(enabled, "child_status", "UNDER_CHANGE");
    if (json_object_get(call->in, "parameters") != NULL) {
        json_object_set(enabled, "parameters", json_object_get(call->in, "parameters"));
    }
    if (json_object_size(json_object_get(call->in, "tags")) > 0) {
        json_object_set_new(org_object(ct_state(call->sim), "tags"), jx_str(enabled, "arn"),
                            json_deep_copy(json_object_get(call->in, "tags")));
    }
    jx_set_str(call->out, "arn", jx_str(enabled, "arn"));
    return start(call, enabled, "ENABLE_BASELINE");
}

/* --- on what is enabled --- */

/* The record of an OU that the call names, or NULL after a refusal. */
static json_t *named(struct sim_call *call, const char **account)
{
    const char *arn = jx_str(call->in, "enabledBaselineIdentifier");
    json_t *enabled;

    *account = NULL;
    if (ct_guard_home(call) != 0) {
        return NULL;
    }
    enabled = ct_enabled_by_arn(call->sim, arn, account);
    if (enabled == NULL) {
        ct_missing(call, "Enabled baseline does not exist.");
        return NULL;
    }
    if (*account != NULL) {
        ct_invalid(call, "The enabled baseline %.200s is inherited: act on its parent.", arn);
        return NULL;
    }
    if (!str_starts(jx_str_or(enabled, "target", ""), "ou-")) {
        ct_invalid(call, "The enabled baseline %.200s is managed by the landing zone.", arn);
        return NULL;
    }
    return enabled;
}

static int need_settled(struct sim_call *call, const json_t *enabled)
{
    if (str_equal(jx_str(enabled, "status"), "UNDER_CHANGE")) {
        return ct_conflict(call, "The enabled baseline is being changed by another operation.");
    }
    return need_idle(call);
}

int ct_update_enabled_baseline(struct sim_call *call)
{
    const char *account, *version = jx_str(call->in, "baselineVersion"), *fit, *parent;
    json_t *enabled = named(call, &account);
    const char *baseline = jx_str(enabled, "baseline");
    const json_t *above;

    if (enabled == NULL) {
        return -1;
    }
    fit = ct_baseline_version_for(baseline, jx_str(ct_landing_zone(call->sim), "version"));
    if (!str_equal(version, fit)) {
        return ct_invalid(
            call, "Version %s of the baseline '%s' does not fit your landing zone version; use %s.",
            version, baseline, fit);
    }
    parent = org_parent(call->sim, jx_str(enabled, "target"));
    above = parent != NULL ? ct_enabled(call->sim, baseline, parent) : NULL;
    if (above != NULL && !str_equal(jx_str(above, "version"), version)) {
        return ct_invalid(call, "Update the parent %s first.", parent);
    }
    if ((json_object_get(call->in, "parameters") != NULL &&
         check_parameters(call, baseline) != 0) ||
        need_settled(call, enabled) != 0) {
        return -1;
    }
    return start(call, enabled, "UPDATE_ENABLED_BASELINE");
}

int ct_reset_enabled_baseline(struct sim_call *call)
{
    const char *account;
    json_t *enabled = named(call, &account);

    if (enabled == NULL || need_settled(call, enabled) != 0) {
        return -1;
    }
    return start(call, enabled, "RESET_ENABLED_BASELINE");
}

int ct_disable_baseline(struct sim_call *call)
{
    const char *account, *key;
    json_t *enabled = named(call, &account), *other;
    const char *baseline = jx_str(enabled, "baseline"), *target = jx_str(enabled, "target");

    if (enabled == NULL) {
        return -1;
    }
    json_object_foreach(json_object_get(ct_state(call->sim), "enabled_baselines"), key, other)
    {
        if (str_equal(jx_str(other, "baseline"), baseline) &&
            ct_below(call->sim, jx_str_or(other, "target", ""), target)) {
            return ct_invalid(
                call, "Can't perform DisableBaseline on a parent target with governed child OUs");
        }
    }
    if (str_equal(baseline, TOWER) && ct_enabled(call->sim, BACKUP, target) != NULL) {
        return ct_invalid(call, "Disable %s on the target before %s.", BACKUP, TOWER);
    }
    return need_settled(call, enabled) != 0 ? -1 : start(call, enabled, "DISABLE_BASELINE");
}
