/* Control Tower: the catalogue of baselines, what is enabled where, and its children on accounts.
 */
#include "services/controltower/controltower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonx.h"
#include "services/organizations/organizations.h"

#define ID_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ENABLED_ID_LENGTH 17U

static const struct ct_baseline baselines[] = {
    {"AuditBaseline", "4T4HA1KMO10S6311",
     "Sets up resources to monitor security and compliance of accounts in your organization.",
     false, "securityRoles", "securityRoles.accountId", 0, 3},
    {"LogArchiveBaseline", "J8HX46AHS5MIKQPD",
     "Sets up a central repository for logs of API activities and resource configurations from "
     "accounts in your organization.",
     false, "centralizedLogging", "centralizedLogging.accountId", 0, 99},
    {"IdentityCenterBaseline", "LN25R72TTG6IGPTQ",
     "Sets up shared resources for AWS Identity Center, which prepares the AWSControlTowerBaseline "
     "to "
     "set up Identity Center access for accounts.",
     false, "accessManagement", NULL, 0, 99},
    {"AWSControlTowerBaseline", "17BSJV3IGJ2QSGA2",
     "Sets up resources and mandatory controls for member accounts within the target OU, required "
     "for AWS Control Tower governance.",
     true, NULL, NULL, 0, 99},
    {"BackupCentralVaultBaseline", "3WPD0NA6TJ9AOMU2",
     "Sets up the central AWS Backup vault in your organization.", false, "backup",
     "backup.configurations.centralBackup.accountId", 3, 99},
    {"BackupAdminBaseline", "H6C5JFCJJ3CPU3J5",
     "Sets up the delegated administrator for AWS Backup and its report plans.", false, "backup",
     "backup.configurations.backupAdmin.accountId", 3, 99},
    {"BackupBaseline", "APO9ATVPBKFRRGLK",
     "Sets up local AWS Backup vaults and attaches multiple AWS Backup plans for member accounts "
     "within the target OU.",
     true, NULL, NULL, 3, 99},
    {"CentralConfigBaseline", "YX7VMZML5IG8EJUD",
     "Sets up the central AWS Config resources of your organization.", false, "config",
     "config.accountId", 4, 99},
    {"CentralSecurityRolesBaseline", "A6EEAE10F08193F2",
     "Sets up the cross-account security roles of your organization.", false, "securityRoles",
     "securityRoles.accountId", 4, 99},
    {"ConfigBaseline", "1QBGH2G48YVGDQ3Y",
     "Sets up AWS Config for member accounts within the target OU.", true, NULL, NULL, 4, 99},
};

size_t ct_baseline_count(void)
{
    return sizeof baselines / sizeof *baselines;
}

const struct ct_baseline *ct_baseline_at(size_t index)
{
    return &baselines[index];
}

const struct ct_baseline *ct_baseline_named(const char *name)
{
    for (size_t i = 0; i < ct_baseline_count(); i++) {
        if (str_equal(baselines[i].name, name)) {
            return &baselines[i];
        }
    }
    return NULL;
}

/* Some documents write "baseline:ID" for "baseline/ID". */
const struct ct_baseline *ct_baseline_by_arn(const char *arn)
{
    size_t length = strlen(arn);

    for (size_t i = 0; length > 17 && i < ct_baseline_count(); i++) {
        if (strcmp(arn + length - 16, baselines[i].id) == 0 &&
            (arn[length - 17] == '/' || arn[length - 17] == ':')) {
            return &baselines[i];
        }
    }
    return NULL;
}

static void ct_baseline_arn(struct sim *sim, const char *region, const struct ct_baseline *baseline,
                            struct text *out)
{
    text_addf(out, "arn:%s:controltower:%s::baseline/%s", sim_partition(sim), region, baseline->id);
}

const char *ct_baseline_version_for(const char *baseline, const char *version)
{
    if (!str_equal(baseline, "AWSControlTowerBaseline")) {
        return "1.0";
    }
    return ct_version_at_least(version, 4, 0)   ? "5.0"
           : ct_version_at_least(version, 3, 2) ? "4.0"
           : ct_version_at_least(version, 3, 0) ? "3.0"
           : ct_version_at_least(version, 2, 8) ? "2.0"
                                                : "1.0";
}

/* --- records --- */

json_t *ct_enabled(struct sim *sim, const char *baseline, const char *target)
{
    char key[CT_KEY_SIZE];

    snprintf(key, sizeof key, "%s/%s", baseline, target);
    return json_object_get(json_object_get(ct_state(sim), "enabled_baselines"), key);
}

json_t *ct_enabled_add(struct sim *sim, const char *baseline, const char *version,
                       const char *target, bool fresh)
{
    char key[CT_KEY_SIZE], id[ENABLED_ID_LENGTH + 1], arn[160], operation[37];
    json_t *enabled = json_object();

    snprintf(key, sizeof key, "%s/%s", baseline, target);
    if (fresh) {
        sim_new_id(sim, ID_ALPHABET, ENABLED_ID_LENGTH, id);
    } else {
        sim_hash_id(sim, key, ID_ALPHABET, ENABLED_ID_LENGTH, id);
    }
    id[0] = 'X';
    sim_hash_uuid(sim, key, operation);
    snprintf(arn, sizeof arn, "arn:%s:controltower:%s:%s:enabledbaseline/%s", sim_partition(sim),
             sim_home_region(sim), sim_management_account(sim), id);
    jx_set_str(enabled, "arn", arn);
    jx_set_str(enabled, "baseline", baseline);
    jx_set_str(enabled, "version", version);
    jx_set_str(enabled, "target", target);
    jx_set_str(enabled, "status", "SUCCEEDED");
    jx_set_str(enabled, "last_operation", operation);
    jx_set_str(enabled, "child_status", "SUCCEEDED");
    json_object_set_new(enabled, "children", json_object());
    json_object_set_new(enabled, "missing", json_object());
    json_object_set_new(org_object(ct_state(sim), "enabled_baselines"), key, enabled);
    return enabled;
}

void ct_enabled_remove(struct sim *sim, const char *baseline, const char *target)
{
    const json_t *enabled = ct_enabled(sim, baseline, target);
    char key[CT_KEY_SIZE];

    if (enabled != NULL) {
        json_object_del(json_object_get(ct_state(sim), "tags"), jx_str(enabled, "arn"));
        snprintf(key, sizeof key, "%s/%s", baseline, target);
        json_object_del(org_object(ct_state(sim), "enabled_baselines"), key);
    }
}

bool ct_succeeded(const json_t *enabled)
{
    return str_equal(jx_str(enabled, "status"), "SUCCEEDED");
}

static bool has_children(const json_t *enabled)
{
    const struct ct_baseline *baseline = ct_baseline_named(jx_str_or(enabled, "baseline", ""));

    return baseline != NULL && baseline->ou;
}

const char *ct_child_status(struct sim *sim, const json_t *enabled, const char *account)
{
    const json_t *own = json_object_get(json_object_get(enabled, "children"), account);

    if (!has_children(enabled) || str_equal(account, sim_management_account(sim)) ||
        !str_equal(org_parent(sim, account), jx_str(enabled, "target")) ||
        json_is_true(json_object_get(json_object_get(enabled, "missing"), account))) {
        return NULL;
    }
    return jx_str_or(own, "status", jx_str_or(enabled, "child_status", "SUCCEEDED"));
}

static const char *ct_drift(struct sim *sim, const json_t *enabled)
{
    const char *given = jx_str(enabled, "drift"), *account;
    json_t *flag;

    if (given != NULL) {
        return given;
    }
    json_object_foreach(json_object_get(enabled, "missing"), account, flag)
    {
        if (json_is_true(flag) && str_equal(org_parent(sim, account), jx_str(enabled, "target"))) {
            return "DRIFTED";
        }
    }
    return "IN_SYNC";
}

/* A child's ARN is its parent's with another id: X, the end of the parent's, the account in
 * base 36. */
static void child_arn(const json_t *enabled, const char *account, char *out, size_t size)
{
    const char *parent = jx_str_or(enabled, "arn", "");
    size_t length = strlen(parent);
    unsigned long long number = strtoull(account, NULL, 10);
    char digits[9];

    for (size_t i = 8; i-- > 0; number /= 36) {
        digits[i] = ID_ALPHABET[number % 36];
    }
    digits[8] = '\0';
    if (length > ENABLED_ID_LENGTH) {
        snprintf(out, size, "%.*sX%s%s", (int)(length - ENABLED_ID_LENGTH), parent,
                 parent + length - 8, digits);
    }
}

json_t *ct_enabled_by_arn(struct sim *sim, const char *arn, const char **account)
{
    size_t length = strlen(arn);
    unsigned long long number = 0;
    char id[24];
    const char *key;
    json_t *enabled;

    *account = NULL;
    json_object_foreach(json_object_get(ct_state(sim), "enabled_baselines"), key, enabled)
    {
        if (str_equal(jx_str(enabled, "arn"), arn)) {
            return enabled;
        }
    }
    for (size_t i = length >= 8 ? length - 8 : length; i < length; i++) {
        const char *digit = strchr(ID_ALPHABET, arn[i]);
        number = number * 36 + (digit != NULL ? (unsigned long long)(digit - ID_ALPHABET) : 0);
    }
    snprintf(id, sizeof id, "%012llu", number);
    json_object_foreach(json_object_get(ct_state(sim), "enabled_baselines"), key, enabled)
    {
        char child[192] = "";
        if (ct_child_status(sim, enabled, id) != NULL) {
            child_arn(enabled, id, child, sizeof child);
        }
        if (str_equal(child, arn)) {
            *account = jx_str(sim_org_account(sim, id), "Id");
            return enabled;
        }
    }
    return NULL;
}

static json_t *drift_out(const char *status)
{
    return json_pack("{s{s{ss}}}", "types", "inheritance", "status", status);
}

/* A record, or its child on an account, as the API shows it; new. */
static json_t *enabled_out(struct sim *sim, const json_t *enabled, const char *account)
{
    const struct ct_baseline *baseline = ct_baseline_named(jx_str_or(enabled, "baseline", ""));
    const char *target = account != NULL ? account : jx_str_or(enabled, "target", "");
    const json_t *object =
        str_starts(target, "ou-") ? sim_org_ou(sim, target) : sim_org_account(sim, target);
    const json_t *own = json_object_get(json_object_get(enabled, "children"), target);
    json_t *out = json_object();
    char arn[192] = "";
    struct text text;

    text_init(&text, 256);
    ct_baseline_arn(sim, sim_home_region(sim), baseline, &text);
    if (account != NULL) {
        child_arn(enabled, account, arn, sizeof arn);
        jx_set_str(out, "parentIdentifier", jx_str(enabled, "arn"));
    }
    jx_set_str(out, "arn", account != NULL ? arn : jx_str(enabled, "arn"));
    jx_set_str(out, "baselineIdentifier", text_str(&text));
    jx_set_str(out, "baselineVersion", jx_str(enabled, "version"));
    jx_set_str(out, "targetIdentifier", jx_str_or(object, "Arn", target));
    if (baseline->ou) {
        json_object_set_new(out, "driftStatusSummary",
                            drift_out(account != NULL ? jx_str_or(own, "drift", "IN_SYNC")
                                                      : ct_drift(sim, enabled)));
    }
    json_object_set_new(out, "statusSummary",
                        json_pack("{ss ss*}", "status",
                                  account != NULL ? ct_child_status(sim, enabled, account)
                                                  : jx_str(enabled, "status"),
                                  "lastOperationIdentifier", jx_str(enabled, "last_operation")));
    text_release(&text);
    return out;
}

/* --- reading --- */

int ct_list_baselines(struct sim_call *call)
{
    json_t *rows;

    if (ct_guard(call) != 0) {
        return -1;
    }
    rows = json_array();
    for (size_t i = 0; i < ct_baseline_count(); i++) {
        struct text arn;

        text_init(&arn, 256);
        ct_baseline_arn(call->sim, call->region, &baselines[i], &arn);
        json_array_append_new(rows, json_pack("{ss ss ss}", "arn", text_str(&arn), "name",
                                              baselines[i].name, "description",
                                              baselines[i].description));
        text_release(&arn);
    }
    return sim_page_take(call, rows, 100);
}

int ct_get_baseline(struct sim_call *call)
{
    const struct ct_baseline *baseline;

    if (ct_guard(call) != 0) {
        return -1;
    }
    baseline = ct_baseline_by_arn(jx_str(call->in, "baselineIdentifier"));
    if (baseline == NULL) {
        return ct_missing(call, "Baseline does not exist.");
    }
    json_object_set(call->out, "arn", json_object_get(call->in, "baselineIdentifier"));
    jx_set_str(call->out, "name", baseline->name);
    jx_set_str(call->out, "description", baseline->description);
    return 0;
}

static bool baseline_listed(const json_t *arns, const char *name)
{
    for (size_t i = 0; i < json_array_size(arns); i++) {
        const struct ct_baseline *baseline =
            ct_baseline_by_arn(json_string_value(json_array_get(arns, i)));
        if (baseline != NULL && str_equal(baseline->name, name)) {
            return true;
        }
    }
    return false;
}

static bool fits(struct sim *sim, const json_t *filter, const json_t *enabled,
                 const json_t *account)
{
    const json_t *targets = json_object_get(filter, "targetIdentifiers");
    const json_t *wanted = json_object_get(filter, "baselineIdentifiers");
    const json_t *parents = json_object_get(filter, "parentIdentifiers");
    const json_t *statuses = json_object_get(filter, "statuses");
    const json_t *drifts = json_object_get(filter, "inheritanceDriftStatuses");
    const char *id = jx_str(account, "Id"), *target = jx_str_or(enabled, "target", "");
    const char *status = id != NULL ? ct_child_status(sim, enabled, id) : jx_str(enabled, "status");
    const json_t *own = json_object_get(json_object_get(enabled, "children"), id != NULL ? id : "");
    const json_t *object = account;

    if (object == NULL) {
        object = str_starts(target, "ou-") ? sim_org_ou(sim, target) : sim_org_account(sim, target);
    }
    return status != NULL &&
           (targets == NULL || jx_list_has(targets, jx_str_or(object, "Arn", target))) &&
           (wanted == NULL || baseline_listed(wanted, jx_str(enabled, "baseline"))) &&
           (parents == NULL || (id != NULL && jx_list_has(parents, jx_str(enabled, "arn")))) &&
           (statuses == NULL || jx_list_has(statuses, status)) &&
           (drifts == NULL || (has_children(enabled) &&
                               jx_list_has(drifts, id != NULL ? jx_str_or(own, "drift", "IN_SYNC")
                                                              : ct_drift(sim, enabled))));
}

/* Accounts by the unit they are in: {ou: [account]}; new. */
static json_t *accounts_by_parent(struct sim *sim)
{
    json_t *groups = json_object();
    const char *id;
    json_t *account;

    json_object_foreach(sim_org_accounts(sim), id, account)
    {
        const char *parent = jx_str_or(account, "ParentId", "");
        json_t *group = json_object_get(groups, parent);

        if (group == NULL) {
            group = json_array();
            json_object_set_new(groups, parent, group);
        }
        json_array_append(group, account);
    }
    return groups;
}

/* Rows are records, and for children pairs of record and account; they are worded after paging. */
static json_t *enabled_rows(struct sim_call *call)
{
    const json_t *filter = json_object_get(call->in, "filter");
    bool children = jx_bool(call->in, "includeChildren");
    json_t *rows = json_array(), *groups = children ? accounts_by_parent(call->sim) : NULL;
    const char *key;
    json_t *enabled, *account;
    size_t i;

    json_object_foreach(json_object_get(ct_state(call->sim), "enabled_baselines"), key, enabled)
    {
        if (fits(call->sim, filter, enabled, NULL)) {
            json_array_append(rows, enabled);
        }
        if (!children || !has_children(enabled)) {
            continue;
        }
        json_array_foreach(json_object_get(groups, jx_str(enabled, "target")), i, account)
        {
            const char *id = jx_str(account, "Id");
            /* Thousands of children a page: without a filter only the two exceptions need asking.
             */
            if (filter == NULL
                    ? !str_equal(id, sim_management_account(call->sim)) &&
                          json_object_get(json_object_get(enabled, "missing"), id) == NULL
                    : fits(call->sim, filter, enabled, account)) {
                json_array_append_new(rows, json_pack("[OO]", enabled, account));
            }
        }
    }
    json_decref(groups);
    return rows;
}

static json_t *show_enabled(struct sim *sim, const json_t *row)
{
    return json_is_array(row)
               ? enabled_out(sim, json_array_get(row, 0), jx_str(json_array_get(row, 1), "Id"))
               : enabled_out(sim, row, NULL);
}

int ct_list_enabled_baselines(struct sim_call *call)
{
    json_t *rows;
    int rc;

    if (ct_guard(call) != 0) {
        return -1;
    }
    rows = ct_here(call) ? enabled_rows(call) : json_array();
    rc = sim_page(call, rows, 50);
    json_decref(rows);
    if (rc == 0) {
        org_show_page(call, show_enabled);
    }
    return rc;
}

int ct_get_enabled_baseline(struct sim_call *call)
{
    const char *account;
    const json_t *enabled;
    json_t *details;

    if (ct_guard(call) != 0) {
        return -1;
    }
    enabled =
        ct_here(call)
            ? ct_enabled_by_arn(call->sim, jx_str(call->in, "enabledBaselineIdentifier"), &account)
            : NULL;
    if (enabled == NULL) {
        return ct_missing(call, "Enabled baseline does not exist.");
    }
    details = enabled_out(call->sim, enabled, account);
    if (json_object_get(enabled, "parameters") != NULL) {
        json_object_set_new(details, "parameters",
                            json_deep_copy(json_object_get(enabled, "parameters")));
    }
    json_object_set_new(call->out, "enabledBaselineDetails", details);
    return 0;
}

/* Baselines a world begins with have an operation that made them; it is told from the record. */
static json_t *operation_of_record(struct sim *sim, const char *id)
{
    const char *key;
    json_t *enabled;

    json_object_foreach(json_object_get(ct_state(sim), "enabled_baselines"), key, enabled)
    {
        const char *status = jx_str_or(enabled, "status", "SUCCEEDED");
        bool failed = str_equal(status, "FAILED"), running = str_equal(status, "UNDER_CHANGE");
        char start[TIME_ISO_SIZE], end[TIME_ISO_SIZE];
        json_t *out;

        if (!str_equal(jx_str(enabled, "last_operation"), id)) {
            continue;
        }
        time_iso(sim_now_ms(sim) - 1440 * 30 * CT_MINUTE_MS, start);
        time_iso(sim_now_ms(sim) - 1440 * 30 * CT_MINUTE_MS + 6 * CT_MINUTE_MS, end);
        out = json_pack("{ss ss ss ss}", "operationIdentifier", id, "operationType",
                        "ENABLE_BASELINE", "status",
                        failed    ? "FAILED"
                        : running ? "IN_PROGRESS"
                                  : "SUCCEEDED",
                        "startTime", start);
        if (!running) {
            jx_set_str(out, "endTime", end);
        }
        if (failed) {
            jx_set_str(
                out, "statusMessage",
                jx_str_or(enabled, "status_message",
                          "AWS Control Tower could not apply the baseline to every account of the "
                          "target."));
        }
        return out;
    }
    return NULL;
}

int ct_get_baseline_operation(struct sim_call *call)
{
    const char *id = jx_str(call->in, "operationIdentifier");
    const json_t *operation;
    json_t *out;

    if (ct_guard(call) != 0) {
        return -1;
    }
    operation = ct_here(call) ? ct_operation(call->sim, "baseline", id) : NULL;
    out = operation != NULL ? ct_operation_out(operation)
          : ct_here(call)   ? operation_of_record(call->sim, id)
                            : NULL;
    if (out == NULL) {
        return ct_missing(call, "Baseline operation does not exist.");
    }
    json_object_set_new(call->out, "baselineOperation", out);
    return 0;
}
