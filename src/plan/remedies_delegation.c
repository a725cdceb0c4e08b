/* The organization's resource policy: statements that let the backup administrator manage backup
 * policies, merged into whatever stands there. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "control_tower.h"

#define SID_READ "BackupAdministratorReads"
#define SID_WRITE "BackupAdministratorManagesBackupPolicies"

static const char *const read_actions[] = {"DescribeAccount",
                                           "DescribeEffectivePolicy",
                                           "DescribeOrganization",
                                           "DescribeOrganizationalUnit",
                                           "DescribePolicy",
                                           "ListAccounts",
                                           "ListAccountsForParent",
                                           "ListChildren",
                                           "ListOrganizationalUnitsForParent",
                                           "ListParents",
                                           "ListPolicies",
                                           "ListPoliciesForTarget",
                                           "ListRoots",
                                           "ListTagsForResource",
                                           "ListTargetsForPolicy"};
static const char *const write_actions[] = {"AttachPolicy", "CreatePolicy", "DeletePolicy",
                                            "DetachPolicy", "UpdatePolicy"};

static json_t *statement(const struct making *m, const char *sid, const char *account,
                         const char *const *actions, size_t count)
{
    json_t *list = json_array();
    char *principal = xasprintf("arn:%s:iam::%s:root", m->partition, account);
    for (size_t i = 0; i < count; i++) {
        char *action = xasprintf("organizations:%s", actions[i]);
        (void)json_array_append_new(list, json_string(action));
        free(action);
    }
    json_t *out = json_pack("{s:s,s:s,s:{s:s},s:o,s:s}", "Sid", sid, "Effect", "Allow", "Principal",
                            "AWS", principal, "Action", list, "Resource", "*");
    free(principal);
    return out;
}

static bool is_ours(const json_t *statement)
{
    const char *sid = jx_str_or(statement, "Sid", "");
    return strcmp(sid, SID_READ) == 0 || strcmp(sid, SID_WRITE) == 0;
}

/* The policy with foreign statements only (a single one may stand there without a list); NULL: what
 * stands there is no policy. *ours: how many were not foreign. */
static json_t *foreign_part(const char *existing, size_t *ours)
{
    const char *problem = NULL;
    json_t *policy = existing != NULL
                         ? jx_parse(existing, strlen(existing), &problem)
                         : json_pack("{s:s,s:[]}", "Version", "2012-10-17", "Statement");
    json_t *old = json_object_get(policy, "Statement");
    json_t *list = json_array();
    *ours = 0;
    if (policy == NULL || old == NULL) {
        json_decref(policy);
        json_decref(list);
        return NULL;
    }
    size_t count = json_is_object(old) ? 1 : json_array_size(old);
    for (size_t i = 0; i < count; i++) {
        json_t *statement = json_is_object(old) ? old : json_array_get(old, i);
        if (is_ours(statement)) {
            ++*ours;
        } else {
            (void)json_array_append(list, statement);
        }
    }
    (void)json_object_set_new(policy, "Statement", list);
    return policy;
}

/* Foreign statements stay; ours, known by their Sid, are replaced. NULL: what stands there is no
 * policy. */
static json_t *merged(const struct making *m, const char *existing, const char *account)
{
    size_t ours = 0;
    json_t *policy = foreign_part(existing, &ours);
    json_t *list = json_object_get(policy, "Statement");
    if (policy == NULL) {
        return NULL;
    }
    json_t *write = statement(m, SID_WRITE, account, write_actions,
                              sizeof write_actions / sizeof *write_actions);
    (void)json_object_set_new(
        write, "Condition",
        json_pack("{s:{s:s}}", "StringLikeIfExists", "organizations:PolicyType", "BACKUP_POLICY"));
    (void)json_array_append_new(list, statement(m, SID_READ, account, read_actions,
                                                sizeof read_actions / sizeof *read_actions));
    (void)json_array_append_new(list, write);
    return policy;
}

static json_t *as_text(const json_t *policy)
{
    char *text = jx_dump(policy);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static struct plan_probe *read_content(const struct making *m, json_t *take_when, bool absent_is)
{
    return probe_new(call_home(m, "organizations:DescribeResourcePolicy", NULL), take_when,
                     absent_is);
}

static json_t *content_is(json_t *take_text)
{
    return cond_new("ResourcePolicy.Content", "equals_json", take_text);
}

int delegate_backup_policies(struct making *m, const json_t *subject, const char *reason,
                             struct err *err)
{
    json_t *known = NULL;
    (void)subject;
    char *account = backup_account_id(m, &backup_accounts[0]);
    if (account == NULL) {
        return making_cannot(m, "no backup administrator account is known");
    }
    /* A run that never asked for the policy rests on there being none: the precondition checks
     * that. */
    if (store_get_entity(m->store, "resource-policy", "", "", "", &known, NULL, err) != 0) {
        free(account);
        return -1;
    }
    const char *existing = jx_str(known, "Content");
    json_t *safe = existing != NULL ? literal(existing) : NULL;
    json_t *policy = merged(m, json_string_value(safe), account);
    int rc = 0;
    if (policy == NULL) {
        rc = making_cannot(m, "the organization's resource policy could not be parsed");
        goto out;
    }
    struct plan_step *step =
        step_new(remedy_find("delegate-backup-policies"), NULL,
                 "Allow the backup administrator account to manage backup policies");
    step_send(step, call_home(m, "organizations:PutResourcePolicy",
                              json_pack("{s:o}", "Content", as_text(policy))));
    step_done(step, read_content(m, content_is(as_text(policy)), false));
    json_t *expected = content_is(as_text(policy));
    if (safe != NULL) {
        expected = cond_both("any", expected, content_is(json_incref(safe)));
    }
    step_precondition(step,
                      probe_says(read_content(m, expected, safe == NULL),
                                 "the organization's resource policy was changed after the scan"));
    step_change(step, existing != NULL ? json_string(existing) : json_null(),
                json_deep_copy(policy));
    if (str_starts(account, "${")) {
        step_need(step, "create-accounts/backup-administrator");
    }
    step_after(step, "register-delegated-administrator");
    rc = step_add(m, step, reason, err);
out:
    json_decref(policy);
    json_decref(safe);
    json_decref(known);
    free(account);
    return rc;
}

int undelegate_backup_policies(struct making *m, const struct remedy *row, struct plan_step **step,
                               struct err *err)
{
    json_t *known = NULL;
    size_t ours = 0;
    *step = NULL;
    if (store_get_entity(m->store, "resource-policy", "", "", "", &known, NULL, err) != 0) {
        return -1;
    }
    const char *existing = jx_str(known, "Content");
    json_t *rest = existing != NULL ? foreign_part(existing, &ours) : NULL;
    if (ours == 0) {
        json_decref(rest);
        json_decref(known);
        return 0;
    }
    bool all = jx_count(rest, "Statement") == 0;
    json_t *safe = literal(existing);
    json_t *gone = all ? cond_present("ResourcePolicy.Content", false) : content_is(as_text(rest));
    *step = step_new(row, NULL, "%s", row->info.title);
    step_send(*step, all ? call_home(m, "organizations:DeleteResourcePolicy", NULL)
                         : call_home(m, "organizations:PutResourcePolicy",
                                     json_pack("{s:o}", "Content", as_text(rest))));
    step_done(*step, read_content(m, json_incref(gone), all));
    step_precondition(*step,
                      probe_says(read_content(m, cond_both("any", gone, content_is(safe)), all),
                                 "the organization's resource policy was changed after the scan"));
    step_change(*step, json_string(existing), all ? json_null() : json_deep_copy(rest));
    json_decref(rest);
    json_decref(known);
    return 0;
}
