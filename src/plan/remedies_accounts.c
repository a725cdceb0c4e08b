/* Step 1, and step 4's part in Organizations: the two backup accounts, and what they may do. */
#include <stdlib.h>
#include <strings.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"

#define CREATED_ROLE "OrganizationAccountAccessRole"

const struct backup_account backup_accounts[BACKUP_ACCOUNT_COUNT] = {
    {"backup-administrator", "backup administrator", "accounts.backup_administrator",
     "accounts.backup_admin", "accounts.backup_admin_state",
     "backup.configurations.backupAdmin.accountId"},
    {"central-backup", "central backup", "accounts.central_backup", "accounts.central_backup",
     "accounts.central_backup_state", "backup.configurations.centralBackup.accountId"}};

/* The account whose member says so, letters' case aside. */
static const json_t *account_with(const struct making *m, const char *member, const char *value)
{
    const json_t *all = m->all[SCOPE_ACCOUNT];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *has = jx_str(json_array_get(all, i), member);
        if (has != NULL && strcasecmp(has, value) == 0) {
            return json_array_get(all, i);
        }
    }
    return NULL;
}

static char *creating_step(const struct backup_account *which)
{
    return xasprintf("create-accounts/%s", which->target);
}

char *backup_account_id(const struct making *m, const struct backup_account *which)
{
    const char *known = jx_str(m->lz, which->known);
    const char *email = jx_str(jx_get(m->config, which->config), "email");
    const json_t *found = email != NULL ? account_with(m, "email", email) : NULL;
    if (known != NULL || found != NULL) {
        return xstrdup(known != NULL ? known : jx_str(found, "id"));
    }
    char *step = creating_step(which);
    char *id = making_step(m, step) != NULL ? xasprintf("${%s:id}", step) : NULL;
    free(step);
    return id;
}

bool is_backup_account(const struct making *m, const json_t *account)
{
    bool is = false;
    for (size_t i = 0; i < BACKUP_ACCOUNT_COUNT; i++) {
        char *id = backup_account_id(m, &backup_accounts[i]);
        is = is || (id != NULL && str_equal(id, jx_str(account, "id")));
        free(id);
    }
    return is;
}

/* --- create-accounts --- */

static json_t *is_active(void)
{
    return cond_both("any", cond_text("State", "ACTIVE"),
                     cond_both("all", cond_present("State", false), cond_text("Status", "ACTIVE")));
}

static void tell_creation(struct making *m, struct plan_step *step, const char *name,
                          const char *email)
{
    char *request = xasprintf("${%s:request}", step->id);
    static const char *const alive[] = {"IN_PROGRESS", "SUCCEEDED"};
    json_t *named = cond_new("AccountName", "equals", literal(name));
    struct plan_probe *done = probe_select(
        probe_new(call_home(m, "organizations:ListAccounts", NULL), is_active(), false), "Accounts",
        cond_new("Email", "equals", literal(email)));
    step_done(step, probe_says(probe_capture(done, "id", "Id"),
                               "an ACTIVE account with that email address"));
    step_capture(step, "request", "CreateAccountStatus.Id");
    step_poll(step,
              call_home(m, "organizations:DescribeCreateAccountStatus",
                        json_pack("{s:s}", "CreateAccountRequestId", request)),
              cond_text("CreateAccountStatus.State", "SUCCEEDED"),
              cond_text("CreateAccountStatus.State", "FAILED"), 10, 3600,
              "CreateAccountStatus.FailureReason");
    plan_captures_set(&step->poll->capture, "id", "CreateAccountStatus.AccountId");
    /* The status tells no email. A name that another account bears is refused, so it is ours. */
    step_recover(
        step,
        probe_select(probe_new(call_home(m, "organizations:ListCreateAccountStatus",
                                         json_pack("{s:[s,s]}", "States", alive[0], alive[1])),
                               cond_present("Id", true), false),
                     "CreateAccountStatuses", named),
        "request", "Id");
    free(request);
}

static int create_account(struct making *m, const struct backup_account *which, const json_t *wish,
                          const char *reason, struct err *err)
{
    const char *name = jx_str_or(wish, "name", "");
    const char *email = jx_str_or(wish, "email", "");
    const json_t *namesake = account_with(m, "name", name);
    if (namesake != NULL) {
        return making_cannot(m,
                             "account %s is already named \"%s\" and has another email: choose "
                             "another name for the %s account",
                             jx_str_or(namesake, "id", "?"), name, which->words);
    }
    struct plan_step *step =
        step_new(remedy_find("create-accounts"), which->target, "Create the %s account \"%s\" (%s)",
                 which->words, name, email);
    step_send(step, call_home(m, "organizations:CreateAccount",
                              json_pack("{s:o,s:o,s:s}", "AccountName", literal(name), "Email",
                                        literal(email), "RoleName", CREATED_ROLE)));
    tell_creation(m, step, name, email);
    step_change(step, json_null(), json_pack("{s:s,s:s}", "name", name, "email", email));
    return step_add(m, step, reason, err);
}

/* One of the two: there and ACTIVE, or to be made. */
static int provide_account(struct making *m, const struct backup_account *which, const char *reason,
                           struct err *err)
{
    const json_t *wish = jx_get(m->config, which->config);
    const char *known = jx_str(m->lz, which->known);
    const char *email = jx_str(wish, "email");
    const json_t *found = known != NULL   ? making_find(m, SCOPE_ACCOUNT, known)
                          : email != NULL ? account_with(m, "email", email)
                                          : NULL;
    if (found != NULL && str_equal(jx_str(found, "state"), "ACTIVE")) {
        return 0;
    }
    if (found != NULL) {
        return making_cannot(m, "the %s account %s is %s, not ACTIVE", which->words,
                             jx_str_or(found, "id", "?"),
                             jx_str_or(found, "state", "in an unknown state"));
    }
    if (known != NULL) {
        return making_cannot(m, "the %s account %s is not in the organization", which->words,
                             known);
    }
    if (email == NULL) {
        return making_cannot(
            m, "name the %s account in the configuration (%s: an ID, or {name, email})",
            which->words, which->config);
    }
    return create_account(m, which, wish, reason, err);
}

static int create_accounts(struct making *m, const json_t *subject, const char *reason,
                           struct err *err)
{
    int rc = 0;
    (void)subject;
    for (size_t i = 0; rc == 0 && i < BACKUP_ACCOUNT_COUNT; i++) {
        rc = provide_account(m, &backup_accounts[i], reason, err);
    }
    return rc;
}

/* --- move-account --- */

static struct plan_probe *parent_is(const struct making *m, const char *account, const char *parent)
{
    return probe_select(
        probe_new(call_home(m, "organizations:ListParents", json_pack("{s:s}", "ChildId", account)),
                  cond_present("Id", true), false),
        "Parents", cond_text("Id", parent));
}

static int move_account(struct making *m, const json_t *subject, const char *reason,
                        struct err *err)
{
    const char *id = jx_str_or(subject, "id", "");
    const char *from = jx_str(subject, "parent_id");
    const char *to = jx_str(m->org, "security_ou");
    if (from == NULL || to == NULL) {
        return making_cannot(m,
                             from == NULL ? "the parent of account %s could not be read"
                                          : "no OU contains the audit account, so the Security OU "
                                            "is unknown and account %s cannot be moved",
                             id);
    }
    if (str_equal(from, to)) {
        return 0;
    }
    struct plan_step *step =
        step_new(remedy_find("move-account"), id, "Move account %s (%s) from %s to %s", id,
                 jx_str_or(subject, "name", ""), from, to);
    char *name = xstrdup(step->id);
    step_send(step, call_home(m, "organizations:MoveAccount",
                              json_pack("{s:s,s:s,s:s}", "AccountId", id, "SourceParentId", from,
                                        "DestinationParentId", to)));
    step_done(step, parent_is(m, id, to));
    json_t *either =
        cond_new("Parents", "some", cond_both("any", cond_text("Id", from), cond_text("Id", to)));
    step_precondition(step, probe_says(probe_new(call_home(m, "organizations:ListParents",
                                                           json_pack("{s:s}", "ChildId", id)),
                                                 either, false),
                                       "the account was moved after the scan"));
    step_change(step, json_string(from), json_string(to));
    /* Control Tower takes no notice of the move until the landing zone is gone over again. */
    int rc = step_add(m, step, reason, err) != 0
                 ? -1
                 : remedy_run(m, "reset-landing-zone", m->lz, reason, err);
    struct plan_step *reset = making_step(m, "reset-landing-zone");
    if (rc == 0 && reset != NULL) {
        step_need(reset, name);
    }
    free(name);
    return rc;
}

/* --- trusted access and the delegated administrator --- */

static int enable_trusted_access(struct making *m, const json_t *subject, const char *reason,
                                 struct err *err)
{
    (void)subject;
    if (jx_list_has(jx_get(m->org, "trusted_services"), BACKUP_PRINCIPAL)) {
        return 0;
    }
    struct plan_step *step = step_new(remedy_find("enable-trusted-access"), NULL,
                                      "Enable trusted access for AWS Backup in the organization");
    step_send(step, call_home(m, "organizations:EnableAWSServiceAccess",
                              json_pack("{s:s}", "ServicePrincipal", BACKUP_PRINCIPAL)));
    step_done(step,
              probe_new(call_home(m, "organizations:ListAWSServiceAccessForOrganization", NULL),
                        cond_new("EnabledServicePrincipals", "some",
                                 cond_text("ServicePrincipal", BACKUP_PRINCIPAL)),
                        false));
    step_change(step, json_false(), json_true());
    after_zone(step);
    return step_add(m, step, reason, err);
}

static int register_administrator(struct making *m, const json_t *subject, const char *reason,
                                  struct err *err)
{
    (void)subject;
    char *id = backup_account_id(m, &backup_accounts[0]);
    if (id == NULL) {
        return making_cannot(m, "no backup administrator account is known: name it in the "
                                "configuration (accounts.backup_administrator)");
    }
    if (jx_list_has(jx_get(m->org, "delegated_admins"), id)) {
        free(id);
        return 0;
    }
    struct plan_step *step =
        step_new(remedy_find("register-delegated-administrator"), NULL,
                 "Make the backup administrator account a delegated administrator of "
                 "AWS Backup");
    step_send(step, call_home(m, "organizations:RegisterDelegatedAdministrator",
                              json_pack("{s:s,s:s}", "AccountId", id, "ServicePrincipal",
                                        BACKUP_PRINCIPAL)));
    step_done(step,
              probe_new(call_home(m, "organizations:ListDelegatedAdministrators",
                                  json_pack("{s:s}", "ServicePrincipal", BACKUP_PRINCIPAL)),
                        cond_new("DelegatedAdministrators", "some", cond_text("Id", id)), false));
    step_change(step, json_deep_copy(jx_get(m->org, "delegated_admins")), json_string(id));
    step_after(step, "enable-trusted-access");
    if (str_starts(id, "${")) {
        step_need(step, "create-accounts/backup-administrator");
    }
    after_zone(step);
    free(id);
    return step_add(m, step, reason, err);
}

static const struct remedy rows[] = {
    {{"create-accounts", "Create the two backup accounts with AWS Organizations", 1,
      "organizations:CreateAccount",
      "close the account (teardown --close-accounts); AWS removes it after 90 days"},
     PLAN_RISK_HIGH,
     180,
     NULL,
     create_accounts,
     NULL},
    {{"move-account", "Move a backup account back into the Security OU", 1,
      "organizations:MoveAccount", "move it back to its previous OU"},
     PLAN_RISK_MEDIUM,
     10,
     NULL,
     move_account,
     NULL},
    {{"enable-trusted-access", "Enable trusted access for AWS Backup in the organization", 4,
      "organizations:EnableAWSServiceAccess",
      "aws organizations disable-aws-service-access (after the delegated administrators are gone)"},
     PLAN_RISK_LOW,
     5,
     NULL,
     enable_trusted_access,
     NULL},
    {{"register-delegated-administrator", "Register the delegated administrator of AWS Backup", 4,
      "organizations:RegisterDelegatedAdministrator",
      "aws organizations deregister-delegated-administrator"},
     PLAN_RISK_MEDIUM,
     5,
     NULL,
     register_administrator,
     NULL},
    {{"delegate-backup-policies", "Allow the backup administrator to manage backup policies", 4,
      "organizations:PutResourcePolicy", "restore the previous policy, or delete it"},
     PLAN_RISK_MEDIUM,
     5,
     NULL,
     delegate_backup_policies,
     NULL},
};

const struct remedies remedies_accounts = {rows, sizeof rows / sizeof *rows};
