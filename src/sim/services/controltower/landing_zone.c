/* Control Tower: the landing zone is read, updated and reset. */
#include "services/controltower/controltower.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "services/account.h"
#include "services/kms/kms.h"
#include "services/organizations/organizations.h"

#define LATEST_VERSION "4.0"
#define BACKUP_PRINCIPAL "backup.amazonaws.com"
#define ADMIN "backup.configurations.backupAdmin.accountId"
#define CENTRAL "backup.configurations.centralBackup.accountId"
#define KIND "landing-zone"

/* --- reading --- */

int ct_list_landing_zones(struct sim_call *call)
{
    json_t *rows;

    if (ct_guard(call) != 0) {
        return -1;
    }
    rows = json_array();
    if (ct_here(call)) {
        json_array_append_new(rows,
                              json_pack("{ss}", "arn", jx_str(ct_landing_zone(call->sim), "arn")));
    }
    return sim_page_take(call, rows, 1);
}

/* The landing zone the call names, or NULL after a refusal. */
static json_t *named_zone(struct sim_call *call)
{
    const char *identifier = jx_str(call->in, "landingZoneIdentifier");
    json_t *zone;

    if (ct_guard(call) != 0) {
        return NULL;
    }
    if (!str_starts(identifier, "arn:")) {
        ct_invalid(call, "The landing zone identifier %.100s is not an ARN.", identifier);
        return NULL;
    }
    zone = ct_here(call) ? ct_landing_zone(call->sim) : NULL;
    if (zone == NULL || !str_equal(jx_str(zone, "arn"), identifier)) {
        ct_missing(call, "AWS Control Tower couldn't find the landing zone %.200s.", identifier);
        return NULL;
    }
    return zone;
}

/* AWS takes numbers of days and answers with text (hashicorp/terraform-provider-aws, pull request
 * 43971). */
static json_t *manifest_out(const json_t *zone)
{
    static const char *const buckets[] = {"centralizedLogging.configurations.loggingBucket",
                                          "centralizedLogging.configurations.accessLoggingBucket",
                                          "config.configurations.loggingBucket",
                                          "config.configurations.accessLoggingBucket"};
    json_t *manifest = json_deep_copy(json_object_get(zone, "manifest"));
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        json_t *bucket = jx_get(manifest, buckets[i]);
        const json_t *days = json_object_get(bucket, "retentionDays");
        if (json_is_integer(days)) {
            json_object_set_new(bucket, "retentionDays",
                                json_sprintf("%lld", (long long)json_integer_value(days)));
        }
    }
    return manifest;
}

int ct_get_landing_zone(struct sim_call *call)
{
    const json_t *zone = named_zone(call);
    json_t *out;

    if (zone == NULL) {
        return -1;
    }
    out = json_pack("{ss ss ss ss s{ss} so}", "arn", jx_str(zone, "arn"), "version",
                    jx_str(zone, "version"), "latestAvailableVersion", LATEST_VERSION, "status",
                    jx_str(zone, "status"), "driftStatus", "status",
                    jx_str_or(zone, "drift", "IN_SYNC"), "manifest", manifest_out(zone));
    if (json_array_size(json_object_get(zone, "remediation_types")) > 0) {
        json_object_set_new(out, "remediationTypes",
                            json_deep_copy(json_object_get(zone, "remediation_types")));
    }
    json_object_set_new(call->out, "landingZone", out);
    return 0;
}

int ct_get_landing_zone_operation(struct sim_call *call)
{
    const json_t *operation;

    if (ct_guard(call) != 0) {
        return -1;
    }
    operation = ct_here(call)
                    ? ct_operation(call->sim, KIND, jx_str(call->in, "operationIdentifier"))
                    : NULL;
    if (operation == NULL) {
        return ct_missing(call, "AWS Control Tower couldn't find the landing zone operation.");
    }
    json_object_set_new(call->out, "operationDetails", ct_operation_out(operation));
    return 0;
}

int ct_list_landing_zone_operations(struct sim_call *call)
{
    const json_t *types = jx_get(call->in, "filter.types");
    const json_t *statuses = jx_get(call->in, "filter.statuses");
    const json_t *all = json_object_get(ct_state(call->sim), "operations");
    json_t *rows;

    if (ct_guard(call) != 0) {
        return -1;
    }
    rows = json_array();
    for (size_t i = ct_here(call) ? json_array_size(all) : 0; i-- > 0;) {
        const json_t *one = json_array_get(all, i);
        const char *type = jx_str(one, "operationType"), *status = jx_str(one, "status");

        if (str_equal(jx_str(one, "kind"), KIND) && (types == NULL || jx_list_has(types, type)) &&
            (statuses == NULL || jx_list_has(statuses, status))) {
            json_array_append_new(
                rows, json_pack("{ss ss ss}", "operationType", type, "operationIdentifier",
                                jx_str(one, "operationIdentifier"), "status", status));
        }
    }
    return sim_page_take(call, rows, 100);
}

/* --- effects --- */

static void set_cross_account(struct sim *sim, bool on)
{
    const struct op *op = op_find(SVC_BACKUP, "UpdateGlobalSettings");
    json_t *in = json_pack("{s{ss}}", "GlobalSettings", "isCrossAccountBackupEnabled",
                           on ? "true" : "false");
    struct err err = ERR_INIT;

    /* Backup's word on it is final: a refusal there is an organization without backup, which its
     * own answers show. */
    (void)sim_invoke(sim, op, sim_management_account(sim), sim_home_region(sim), NULL, in, NULL,
                     &err);
    json_decref(in);
}

static void move_in(struct sim *sim, const char *account, const char *ou)
{
    static const char *const covering[] = {"BackupBaseline"};

    if (account == NULL || ou == NULL || sim_org_account(sim, account) == NULL) {
        return;
    }
    (void)sim_org_move(sim, account, ou);
    for (size_t i = 0; i < sizeof covering / sizeof *covering; i++) {
        json_object_del(json_object_get(ct_enabled(sim, covering[i], ou), "missing"), account);
    }
}

static void backup_effects(struct sim *sim, const json_t *before, bool was, const json_t *after,
                           bool is)
{
    const char *admin = jx_str(after, ADMIN), *old_admin = jx_str(before, ADMIN);

    if (was && old_admin != NULL && (!is || !str_equal(admin, old_admin))) {
        org_undelegate(sim, BACKUP_PRINCIPAL, old_admin);
    }
    if (is) {
        const char *security = ct_security_ou(sim, after);

        move_in(sim, admin, security);
        move_in(sim, jx_str(after, CENTRAL), security);
        org_trust(sim, BACKUP_PRINCIPAL);
        org_delegate(sim, BACKUP_PRINCIPAL, admin);
    }
    if (is || was) {
        set_cross_account(sim, is);
    }
}

/* Landing zone baselines: what the manifest asks for is there, on the account it names, and nothing
 * else. */
static void sync_baselines(struct sim *sim, const json_t *manifest, const char *version)
{
    unsigned major = ct_version_at_least(version, 4, 0) ? 4 : 3;
    json_t *stale = json_array();
    const char *key;
    json_t *enabled;
    size_t i;

    for (i = 0; i < ct_baseline_count(); i++) {
        const struct ct_baseline *baseline = ct_baseline_at(i);
        const char *target = baseline->account != NULL ? jx_str(manifest, baseline->account)
                                                       : sim_management_account(sim);
        bool wanted = !baseline->ou && major >= baseline->from_major &&
                      major <= baseline->to_major &&
                      ct_section_on(manifest, version, baseline->section) && target != NULL;

        json_object_foreach(json_object_get(ct_state(sim), "enabled_baselines"), key, enabled)
        {
            if (!baseline->ou && str_equal(jx_str(enabled, "baseline"), baseline->name) &&
                (!wanted || !str_equal(jx_str(enabled, "target"), target))) {
                json_array_append(stale, enabled);
            }
        }
        if (wanted && ct_enabled(sim, baseline->name, target) == NULL) {
            ct_enabled_add(sim, baseline->name, NULL, target, false);
        } else if (wanted) {
            jx_set_str(ct_enabled(sim, baseline->name, target), "status", "SUCCEEDED");
        }
    }
    json_array_foreach(stale, i, enabled)
    {
        ct_enabled_remove(sim, jx_str(enabled, "baseline"), jx_str(enabled, "target"));
    }
    json_decref(stale);
}

void ct_apply_manifest(struct sim *sim, const json_t *before, const char *before_version)
{
    const json_t *zone = ct_landing_zone(sim);
    const json_t *manifest = json_object_get(zone, "manifest");
    const char *version = jx_str(zone, "version");
    bool was = before != NULL && ct_section_on(before, before_version, "backup");
    bool is = ct_section_on(manifest, version, "backup") && jx_str(manifest, ADMIN) != NULL;

    if (before == NULL && is) {
        /* A world that begins with backup on says itself where the accounts are and what Backup's
         * settings are. */
        org_trust(sim, BACKUP_PRINCIPAL);
        if (sim_org_account(sim, jx_str(manifest, ADMIN)) != NULL) {
            org_delegate(sim, BACKUP_PRINCIPAL, jx_str(manifest, ADMIN));
        }
    } else if (before != NULL) {
        backup_effects(sim, before, was, manifest, is);
    }
    sync_baselines(sim, manifest, version);
}

/* --- what makes an update fail half an hour later --- */

static bool account_problem(struct sim *sim, const json_t *manifest, const char *version,
                            const char *path, char *out, size_t size)
{
    const char *id = jx_str(manifest, path);
    const json_t *account = sim_org_account(sim, id), *zone = ct_landing_zone(sim);
    const char *parent = org_parent(sim, id);
    const json_t *enrolled =
        parent != NULL ? ct_enabled(sim, "AWSControlTowerBaseline", parent) : NULL;

    (void)version;
    if (account == NULL) {
        snprintf(out, size, "Account %s is not a member of your organization.", id);
        return true;
    }
    if (!str_equal(jx_str(account, "State"), "ACTIVE")) {
        snprintf(out, size, "Account %s is not active: its state is %s.", id,
                 jx_str_or(account, "State", "unknown"));
        return true;
    }
    if (str_equal(id, sim_management_account(sim)) ||
        (!str_equal(id, jx_str(json_object_get(zone, "manifest"), path)) && enrolled != NULL &&
         ct_child_status(sim, enrolled, id) != NULL)) {
        snprintf(
            out, size,
            "Account %s cannot be used for AWS Backup: it must not be the management account or "
            "already be enrolled in AWS Control Tower.",
            id);
        return true;
    }
    return false;
}

static bool key_policy_problem(struct sim *sim, const json_t *key, const char *central)
{
    static const char *const actions[] = {"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey",
                                          "kms:Encrypt", "kms:CreateGrant"};
    char principal[96];

    snprintf(principal, sizeof principal, "arn:%s:iam::%s:role/AWSControlTowerExecution",
             sim_partition(sim), central);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (!kms_policy_allows(sim, jx_str_or(key, "policy", ""), central, principal, actions[i])) {
            return true;
        }
    }
    return false;
}

/* `arn` with another Region. */
static void arn_in_region(const char *arn, const char *region, char *out, size_t size)
{
    const char *p = arn;

    for (int colons = 0; colons < 3 && p != NULL; colons++) {
        p = strchr(p, ':');
        p = p != NULL ? p + 1 : NULL;
    }
    snprintf(out, size, "%.*s%s%s", p != NULL ? (int)(p - arn) : 0, arn, region,
             p != NULL && strchr(p, ':') != NULL ? strchr(p, ':') : "");
}

static bool key_problem(struct sim *sim, const json_t *manifest, char *out, size_t size)
{
    const char *arn = jx_str_or(manifest, "backup.configurations.kmsKeyArn", "");
    const json_t *regions = json_object_get(manifest, "governedRegions");
    const json_t *key = sim_kms_key(sim, arn);
    char owner[32];

    snprintf(owner, sizeof owner, ":%s:key/", sim_management_account(sim));
    if (key == NULL || strstr(arn, owner) == NULL) {
        snprintf(out, size, "The AWS KMS key %.200s does not exist in the management account.",
                 arn);
        return true;
    }
    if (strstr(arn, ":key/mrk-") == NULL) {
        snprintf(out, size, "The AWS KMS key %.200s is not a multi-Region key.", arn);
        return true;
    }
    if (key_policy_problem(sim, key, jx_str_or(manifest, CENTRAL, ""))) {
        snprintf(out, size,
                 "The policy of the AWS KMS key %.200s does not give the accounts of the "
                 "organization the permissions that AWS Backup needs.",
                 arn);
        return true;
    }
    for (size_t i = 0; i < json_array_size(regions); i++) {
        const char *region = json_string_value(json_array_get(regions, i));
        char there[2100];

        arn_in_region(arn, region, there, sizeof there);
        key = sim_kms_key(sim, there);
        if (key == NULL || !str_equal(kms_key_state(key), "Enabled")) {
            snprintf(out, size,
                     "The AWS KMS key %.200s has no enabled replica in the governed Region %s.",
                     arn, region);
            return true;
        }
    }
    return false;
}

static bool update_problem(struct sim *sim, const json_t *manifest, const char *version, char *out,
                           size_t size)
{
    const char *id;
    json_t *account;

    if (ct_section_on(manifest, version, "backup") &&
        (account_problem(sim, manifest, version, ADMIN, out, size) ||
         account_problem(sim, manifest, version, CENTRAL, out, size) ||
         key_problem(sim, manifest, out, size))) {
        return true;
    }
    json_object_foreach(sim_org_accounts(sim), id, account)
    {
        const char *state = jx_str_or(account, "State", "ACTIVE");
        if (ct_integration_account(manifest, version, id) && !str_equal(state, "ACTIVE") &&
            !str_equal(state, "PENDING_CLOSURE")) {
            snprintf(out, size, "Account %s is not active: its state is %s.", id, state);
            return true;
        }
    }
    return false;
}

static void update_done(struct sim *sim, json_t *what)
{
    json_t *zone = ct_landing_zone(sim);
    const json_t *manifest = json_object_get(what, "manifest");
    const char *version = jx_str(what, "version"), *operation = jx_str(what, "operation");
    char problem[512], old_version[16];
    json_t *before;

    if (zone == NULL) {
        return;
    }
    snprintf(problem, sizeof problem, "%s", jx_str_or(what, "problem", ""));
    if (*problem != '\0' || update_problem(sim, manifest, version, problem, sizeof problem)) {
        jx_set_str(zone, "status", "FAILED");
        ct_operation_end(sim, operation, problem);
        return;
    }
    before = json_incref(json_object_get(zone, "manifest"));
    snprintf(old_version, sizeof old_version, "%s", jx_str_or(zone, "version", ""));
    json_object_set_new(zone, "manifest", json_deep_copy(manifest));
    jx_set_str(zone, "version", version);
    jx_set_str(zone, "status", "ACTIVE");
    jx_set_str(zone, "drift", "IN_SYNC");
    if (json_object_get(what, "remediation") != NULL) {
        json_object_set(zone, "remediation_types", json_object_get(what, "remediation"));
    }
    ct_apply_manifest(sim, before, old_version);
    ct_operation_end(sim, operation, NULL);
    json_decref(before);
}

static int start(struct sim_call *call, const char *type, const json_t *manifest,
                 const char *version)
{
    json_t *operation = ct_operation_start(call->sim, KIND, type);
    const char *id = jx_str(operation, "operationIdentifier");
    /* 30 to 45 minutes, told from the identifier so that a world repeats itself. */
    int64_t delay = (30 + id[0] % 16) * CT_MINUTE_MS;
    json_t *what = json_pack("{ss ss ss* sO sO*}", "operation", id, "version", version, "problem",
                             call->fails, "manifest", manifest, "remediation",
                             json_object_get(call->in, "remediationTypes"));

    jx_set_str(ct_landing_zone(call->sim), "status", "PROCESSING");
    sim_later(call->sim, delay, update_done, what);
    jx_set_str(call->out, "operationIdentifier", id);
    return 0;
}

/* --- writing --- */

static bool version_known(const char *version)
{
    static const char *const known[] = {"3.0", "3.1", "3.2", "3.3", "4.0"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_equal(known[i], version)) {
            return true;
        }
    }
    return false;
}

static int check_versions(struct sim_call *call, const json_t *zone, const char *version)
{
    const char *now = jx_str_or(zone, "version", "3.0");
    const char *dot = strchr(now, '.');
    long long major = now[0] - '0', minor = 0;

    if (dot != NULL) {
        (void)str_number(dot + 1, 0, 99, &minor);
    }
    if (!version_known(version)) {
        return ct_invalid(call, "Landing zone version %s does not exist.", version);
    }
    if (!ct_version_at_least(version, (unsigned)major, (unsigned)minor)) {
        return ct_invalid(call, "Landing zone version %s is older than the current version %s.",
                          version, now);
    }
    return 0;
}

static int check_regions(struct sim_call *call, const json_t *manifest)
{
    const json_t *regions = json_object_get(manifest, "governedRegions");

    if (regions != NULL && !jx_list_has(regions, sim_home_region(call->sim))) {
        return ct_invalid(call, "The home Region %s must be a governed Region.",
                          sim_home_region(call->sim));
    }
    for (size_t i = 0; i < json_array_size(regions); i++) {
        const char *region = json_string_value(json_array_get(regions, i));
        if (!sim_account_region_enabled(call->sim, sim_management_account(call->sim), region)) {
            return ct_invalid(call, "The Region %s is not enabled in the management account.",
                              region);
        }
    }
    return 0;
}

static int check_steps(struct sim_call *call, const json_t *zone, const json_t *manifest,
                       const char *version)
{
    const json_t *before = json_object_get(zone, "manifest");
    const char *now = jx_str(zone, "version"), *key;
    json_t *enabled;

    if (ct_version_at_least(version, 4, 0) && !ct_version_at_least(now, 4, 0) &&
        (!ct_section_on(manifest, version, "config") ||
         !ct_section_on(manifest, version, "securityRoles"))) {
        return ct_invalid(
            call, "AWS Config and security roles cannot be disabled in the update to version %s.",
            version);
    }
    if (!ct_section_on(before, now, "backup") || ct_section_on(manifest, version, "backup")) {
        return 0;
    }
    json_object_foreach(json_object_get(ct_state(call->sim), "enabled_baselines"), key, enabled)
    {
        if (str_equal(jx_str(enabled, "baseline"), "BackupBaseline")) {
            return ct_invalid(
                call, "AWS Backup cannot be disabled: BackupBaseline is still enabled on %s.",
                jx_str(enabled, "target"));
        }
    }
    return 0;
}

int ct_update_landing_zone(struct sim_call *call)
{
    const json_t *zone = named_zone(call);
    const char *version = jx_str(call->in, "version");
    const json_t *manifest = json_object_get(call->in, "manifest");
    char problem[400];

    if (zone == NULL || check_versions(call, zone, version) != 0) {
        return -1;
    }
    if (manifest == NULL) {
        manifest = json_object_get(zone, "manifest");
    }
    if (!ct_manifest_fits(manifest, version, problem, sizeof problem)) {
        return ct_invalid(call, "%s", problem);
    }
    if (json_object_get(call->in, "remediationTypes") != NULL &&
        !ct_version_at_least(version, 3, 1)) {
        return ct_invalid(call, "remediationTypes needs landing zone version 3.1 or later.");
    }
    if (ct_busy(call->sim)) {
        return ct_conflict(call, "AWS Control Tower is already running an operation. Wait for it "
                                 "to complete and try again.");
    }
    if (check_regions(call, manifest) != 0 || check_steps(call, zone, manifest, version) != 0) {
        return -1;
    }
    return start(call, "UPDATE", manifest, version);
}

int ct_reset_landing_zone(struct sim_call *call)
{
    const json_t *zone = named_zone(call);

    if (zone == NULL) {
        return -1;
    }
    if (ct_busy(call->sim)) {
        return ct_conflict(call, "AWS Control Tower is already running an operation. Wait for it "
                                 "to complete and try again.");
    }
    if (!ct_version_at_least(jx_str(zone, "version"), 3, 1)) {
        return ct_invalid(call, "Only landing zones of version 3.1 or later can be reset.");
    }
    return start(call, "RESET", json_object_get(zone, "manifest"), jx_str(zone, "version"));
}
