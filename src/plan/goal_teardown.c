/* The way back: baselines from the leaves up, backup off in the landing zone, then what hung on it.
 * What holds data stays, unless it is named. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"
#include "teardown.h"

static const struct remedy rows[TEARDOWN_ROW_COUNT];

const struct remedy *teardown_row(enum teardown_row row)
{
    return &rows[row];
}

/* --- baselines --- */

/* Baselines of OUs below must be gone first: AWS refuses anything else. */
static void need_children(const struct making *m, struct plan_step *step, const json_t *ou)
{
    const json_t *all = m->all[SCOPE_OU];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *other = json_array_get(all, i);
        const json_t *ancestors = jx_get(other, "ancestors");
        bool below = false;
        for (size_t k = 0; k < json_array_size(ancestors); k++) {
            below =
                below || str_equal(jx_str(json_array_get(ancestors, k), "id"), jx_str(ou, "id"));
        }
        if (below && held_on(other, BACKUP_BASELINE) != NULL) {
            char *id =
                xasprintf("%s/%s", rows[DISABLE_BASELINE].info.id, jx_str_or(other, "id", ""));
            step_need(step, id);
            free(id);
        }
    }
}

static int disable_unit(struct making *m, const json_t *ou, struct err *err)
{
    json_t *changed = NULL;
    const char *arn = jx_str_or(held_on(ou, BACKUP_BASELINE), "arn", "");
    if (changed_since(m, arn, &changed, err) != 0) {
        return -1;
    }
    struct plan_step *step =
        step_new(&rows[DISABLE_BASELINE], jx_str_or(ou, "id", ""), "Disable %s on %s",
                 BACKUP_BASELINE, jx_str_or(ou, "path", ""));
    step_send(step, call_home(m, "controltower:DisableBaseline",
                              json_pack("{s:s}", "enabledBaselineIdentifier", arn)));
    step_done(step, probe_new(held_call(m, BACKUP_BASELINE, ou),
                              cond_present("enabledBaselines[0]", false), false));
    step_recover(step,
                 probe_select(probe_new(held_call(m, BACKUP_BASELINE, ou), changed, false),
                              "enabledBaselines", cond_text("arn", arn)),
                 "operation", "statusSummary.lastOperationIdentifier");
    poll_baseline(m, step);
    need_children(m, step, ou);
    step_change(step, json_string(jx_str_or(held_on(ou, BACKUP_BASELINE), "status", "")),
                json_null());
    return step_add(m, step, REASON_TEARDOWN, err);
}

static int by_depth_downwards(const void *a, const void *b)
{
    json_t *const *first = a;
    json_t *const *second = b;
    long long x = jx_int(*first, "depth", 0);
    long long y = jx_int(*second, "depth", 0);
    return x > y   ? -1
           : x < y ? 1
                   : strcmp(jx_str_or(*first, "path", ""), jx_str_or(*second, "path", ""));
}

static int disable_units(struct making *m, struct err *err)
{
    size_t count = json_array_size(m->all[SCOPE_OU]);
    json_t **units = xcalloc(count + 1, sizeof(void *));
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        units[i] = json_array_get(m->all[SCOPE_OU], i);
    }
    qsort(units, count, sizeof(void *), by_depth_downwards);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = held_on(units[i], BACKUP_BASELINE) != NULL ? disable_unit(m, units[i], err) : 0;
    }
    free(units);
    return rc;
}

/* --- the landing zone --- */

static int disable_zone(struct making *m, struct err *err)
{
    const struct manifest_wish off = {.backup = false};
    const struct remedy *row = &rows[DISABLE_ZONE];
    json_t *zone = NULL;
    if (zone_load(m, &zone, err) != 0) {
        return -1;
    }
    const char *version = jx_str_or(zone, "version", "");
    json_t *wanted = manifest_wanted(jx_get(zone, "manifest"), version, version, &off);
    int rc = zone == NULL || !jx_bool(m->lz, "backup.enabled")
                 ? 1
                 : zone_update(m, row, zone, version, wanted, REASON_TEARDOWN, err);
    struct plan_step *step = making_step(m, row->info.id);
    if (rc == 0 && step != NULL) {
        step_after(step, "disable-baseline/*");
        step_after(step, "delete-recovery-point/*");
    }
    json_decref(wanted);
    json_decref(zone);
    return rc < 0 ? -1 : 0;
}

/* --- Organizations --- */

static struct plan_call *delegates(const struct making *m)
{
    return call_home(m, "organizations:ListDelegatedAdministrators",
                     json_pack("{s:s}", "ServicePrincipal", BACKUP_PRINCIPAL));
}

static int deregister(struct making *m, const char *admin, struct err *err)
{
    struct plan_step *step = step_new(&rows[DEREGISTER], NULL, "%s", rows[DEREGISTER].info.title);
    step_send(step, call_home(m, "organizations:DeregisterDelegatedAdministrator",
                              json_pack("{s:s,s:s}", "AccountId", admin, "ServicePrincipal",
                                        BACKUP_PRINCIPAL)));
    step_done(step, probe_new(delegates(m),
                              cond_new("DelegatedAdministrators", "none", cond_text("Id", admin)),
                              false));
    step_change(step, json_string(admin), json_null());
    step_after(step, rows[DISABLE_ZONE].info.id);
    return step_add(m, step, REASON_TEARDOWN, err);
}

static int distrust(struct making *m, const char *admin, struct err *err)
{
    struct plan_step *step = step_new(&rows[DISTRUST], NULL, "%s", rows[DISTRUST].info.title);
    step_send(step, call_home(m, "organizations:DisableAWSServiceAccess",
                              json_pack("{s:s}", "ServicePrincipal", BACKUP_PRINCIPAL)));
    step_done(step,
              probe_new(call_home(m, "organizations:ListAWSServiceAccessForOrganization", NULL),
                        cond_new("EnabledServicePrincipals", "none",
                                 cond_text("ServicePrincipal", BACKUP_PRINCIPAL)),
                        false));
    step_precondition(
        step,
        probe_says(probe_new(delegates(m),
                             cond_new("DelegatedAdministrators", "every", cond_text("Id", admin)),
                             false),
                   "another account is a delegated administrator of AWS Backup"));
    step_change(step, json_true(), json_false());
    step_after(step, rows[DISABLE_ZONE].info.id);
    step_after(step, rows[DEREGISTER].info.id);
    return step_add(m, step, REASON_TEARDOWN, err);
}

/* Only what was ours: the backup administrator, and the access nobody else rests on. */
static int leave_organization(struct making *m, struct err *err)
{
    const json_t *registered = jx_get(m->org, "delegated_admins");
    const char *admin = jx_str(m->org, "backup_admin");
    bool ours = admin != NULL && jx_list_has(registered, admin);
    size_t others = json_array_size(registered) - (ours ? 1 : 0);
    struct plan_step *step = NULL;
    if (undelegate_backup_policies(m, &rows[UNDELEGATE], &step, err) != 0) {
        return -1;
    }
    if (step != NULL) {
        step_after(step, rows[DISABLE_ZONE].info.id);
        if (step_add(m, step, REASON_TEARDOWN, err) != 0) {
            return -1;
        }
    }
    if (ours && deregister(m, admin, err) != 0) {
        return -1;
    }
    if (!jx_list_has(jx_get(m->org, "trusted_services"), BACKUP_PRINCIPAL)) {
        return 0;
    }
    if (others > 0 || admin == NULL) {
        making_manual(m, BACKUP_PRINCIPAL,
                      others > 0 ? "trusted access is kept: another account is a delegated "
                                   "administrator of AWS Backup"
                                 : "trusted access is kept: no backup administrator is known, so "
                                   "its owner cannot be determined");
        return 0;
    }
    return distrust(m, admin, err);
}

/* --- accounts --- */

static int close_account(struct making *m, const struct backup_account *which, struct err *err)
{
    static const char *const closing[] = {"PENDING_CLOSURE", "SUSPENDED", "CLOSED", NULL};
    const char *id = jx_str(m->lz, which->known);
    if (id == NULL || !str_equal(jx_str(m->lz, which->state), "ACTIVE")) {
        return 0;
    }
    if (!teardown_emptied(m, id)) {
        making_manual(m, id,
                      "the account is not closed: it has vaults that hold recovery points, or that "
                      "could not be read");
        return 0;
    }
    struct plan_step *step =
        step_new(&rows[CLOSE_ACCOUNT], id, "Close the %s account %s", which->words, id);
    struct plan_call *ask =
        call_home(m, "organizations:DescribeAccount", json_pack("{s:s}", "AccountId", id));
    step_send(step,
              call_home(m, "organizations:CloseAccount", json_pack("{s:s}", "AccountId", id)));
    step_done(step, probe_new(ask,
                              cond_both("any", cond_in("Account.State", closing),
                                        cond_in("Account.Status", closing)),
                              true));
    step_change(step, json_string("ACTIVE"), json_string("PENDING_CLOSURE"));
    for (enum teardown_row row = DISABLE_BASELINE; row < CLOSE_ACCOUNT; row++) {
        char *all = xasprintf("%s/*", rows[row].info.id);
        step_after(step, rows[row].info.id);
        step_after(step, all);
        free(all);
    }
    return step_add(m, step, REASON_TEARDOWN, err);
}

int goal_teardown(struct making *m, struct err *err)
{
    int rc = disable_units(m, err);
    rc = rc == 0 ? teardown_look(m, err) : rc;
    rc = rc == 0 ? teardown_points(m, err) : rc;
    rc = rc == 0 ? disable_zone(m, err) : rc;
    rc = rc == 0 ? leave_organization(m, err) : rc;
    if (rc == 0 && m->options->delete_key) {
        rc = teardown_key(m, err);
    }
    for (size_t i = 0; rc == 0 && m->options->close_accounts && i < BACKUP_ACCOUNT_COUNT; i++) {
        rc = close_account(m, &backup_accounts[i], err);
    }
    return rc == 0 ? teardown_remains(m, err) : rc;
}

static const struct remedy rows[TEARDOWN_ROW_COUNT] = {
    [DISABLE_BASELINE] = {{"disable-baseline", "Disable BackupBaseline on an OU", 5,
                           "controltower:DisableBaseline", "enable it again, parents first"},
                          PLAN_RISK_HIGH,
                          600,
                          GROUP_CONTROL_TOWER,
                          NULL,
                          NULL},
    [DELETE_POINT] = {{"delete-recovery-point", "Delete a recovery point", 5,
                       "backup:DeleteRecoveryPoint", "cannot be undone"},
                      PLAN_RISK_HIGH,
                      30,
                      NULL,
                      NULL,
                      NULL},
    [DISABLE_ZONE] = {{"disable-landing-zone-backup", "Disable backup in the landing zone", 3,
                       "controltower:UpdateLandingZone", "enable: the same update with backup on"},
                      PLAN_RISK_HIGH,
                      2400,
                      GROUP_CONTROL_TOWER,
                      NULL,
                      NULL},
    [UNDELEGATE] = {{"undelegate-backup-policies",
                     "Remove the backup administrator's permission to manage backup policies", 4,
                     "organizations:PutResourcePolicy organizations:DeleteResourcePolicy",
                     "aws organizations put-resource-policy with the previous policy"},
                    PLAN_RISK_MEDIUM,
                    5,
                    NULL,
                    NULL,
                    NULL},
    [DEREGISTER] = {{"deregister-delegated-administrator",
                     "Deregister the backup administrator as delegated administrator of AWS Backup",
                     4, "organizations:DeregisterDelegatedAdministrator",
                     "aws organizations register-delegated-administrator"},
                    PLAN_RISK_MEDIUM,
                    5,
                    NULL,
                    NULL,
                    NULL},
    [DISTRUST] = {{"disable-trusted-access",
                   "Disable trusted access for AWS Backup in the organization", 4,
                   "organizations:DisableAWSServiceAccess",
                   "aws organizations enable-aws-service-access"},
                  PLAN_RISK_MEDIUM,
                  5,
                  NULL,
                  NULL,
                  NULL},
    [DELETE_KEY] = {{"schedule-key-deletion", "Schedule the deletion of the backup key", 2,
                     "kms:ScheduleKeyDeletion",
                     "within 30 days: aws kms cancel-key-deletion, then aws kms enable-key"},
                    PLAN_RISK_HIGH,
                    5,
                    NULL,
                    NULL,
                    NULL},
    [CLOSE_ACCOUNT] = {{"close-account", "Close a backup account", 1, "organizations:CloseAccount",
                        "within 90 days, by AWS Support"},
                       PLAN_RISK_HIGH,
                       600,
                       NULL,
                       NULL,
                       NULL},
};

const struct remedies remedies_teardown = {rows, TEARDOWN_ROW_COUNT};
