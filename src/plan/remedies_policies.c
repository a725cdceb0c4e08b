/*
 * Step 5, PLN-04: a backup policy of the organization whose plans copy into another Region. One
 * policy per name of local vault (AWS does not promise one name for all accounts): daily, weekly
 * and monthly plans, each once for the Regions that copy to A and once for A itself, which copies
 * to B. Scratch is {VAULT: {"regions": {R: true}, "accounts": {ID: true}, "reasons": [..]}}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/backup_tag.h"
#include "remedy.h"

#define POLICY_CHARACTERS_MAX 10000
#define NAME "towerkeep-cross-region-copy"
#define ROLE_ARN "arn:%s:iam::$account:role/aws-controltower-BackupRole"

enum row { CREATE_BACKUP_POLICY, ENABLE_POLICY_TYPE, ROW_COUNT };

static const struct remedy rows[ROW_COUNT];

static const struct tier {
    const char *name, *schedule, *days;
} tiers[] = {{"daily", "cron(0 7 ? * * *)", "14"},
             {"weekly", "cron(0 7 ? * 1 *)", "30"},
             {"monthly", "cron(0 7 1 * ? *)", "90"}};

static const char *local_vault(const json_t *subject)
{
    const json_t *vaults = jx_get(subject, "vaults");
    for (size_t i = 0; i < json_array_size(vaults); i++) {
        const json_t *vault = json_array_get(vaults, i);
        if (str_equal(jx_str(vault, "kind"), "local")) {
            return jx_str(vault, "name");
        }
    }
    return NULL;
}

/* Two Regions with a central vault, the home Region as the second where it has one. */
static bool destinations(const struct making *m, const json_t *out[2])
{
    out[0] = out[1] = NULL;
    for (size_t i = 0; i < json_array_size(m->vaults); i++) {
        const json_t *vault = json_array_get(m->vaults, i);
        const char *region = jx_str(vault, "region");
        if (str_equal(region, m->home)) {
            out[1] = vault;
        } else if (out[0] == NULL) {
            out[0] = vault;
        } else if (out[1] == NULL && !str_equal(region, jx_str(out[0], "region"))) {
            out[1] = vault;
        }
    }
    return out[0] != NULL && out[1] != NULL;
}

static int make_policy(struct making *m, const json_t *subject, const char *reason, struct err *err)
{
    const json_t *to[2];
    const char *vault = local_vault(subject);
    (void)err;
    if (vault == NULL) {
        return making_cannot(m,
                             "there is no local vault here yet: fix that first, then plan again");
    }
    if (!destinations(m, to)) {
        return making_cannot(m, "fewer than two Regions have a central vault to copy into");
    }
    json_t *group = member_object(making_scratch(m, rows[CREATE_BACKUP_POLICY].info.id), vault);
    (void)json_object_set_new(member_object(group, "regions"), jx_str_or(subject, "region", ""),
                              json_true());
    (void)json_object_set_new(member_object(group, "accounts"), jx_str_or(subject, "account", ""),
                              json_true());
    json_t *reasons = member_object(group, "reasons");
    char check[80];
    (void)snprintf(check, sizeof check, "check:%s", m->check_id);
    (void)json_object_set_new(reasons, reason, json_true());
    if (m->check_id[0] != '\0') {
        (void)json_object_set_new(reasons, check, json_true());
    }
    return 0;
}

/* --- the policy's text --- */

static json_t *assign(const char *value)
{
    return json_pack("{s:s}", "@@assign", value);
}

static json_t *plan_of(const struct making *m, const struct tier *tier, const char *vault,
                       json_t *take_regions, const json_t *destination)
{
    const char *to = jx_str_or(destination, "arn", "");
    char *role = xasprintf(ROLE_ARN, m->partition);
    char *key = xasprintf("aws-control-tower-backup%s", tier->name);
    json_t *copy = json_pack("{s:o,s:{s:o}}", "target_backup_vault_arn", assign(to), "lifecycle",
                             "delete_after_days", assign(tier->days));
    json_t *rule =
        json_pack("{s:o,s:o,s:{s:o},s:{s:o}}", "schedule_expression", assign(tier->schedule),
                  "target_backup_vault_name", assign(vault), "lifecycle", "delete_after_days",
                  assign(tier->days), "copy_actions", to, copy);
    json_t *selection = json_pack("{s:o,s:o,s:{s:[s]}}", "iam_role_arn", assign(role), "tag_key",
                                  assign(key), "tag_value", "@@assign", "true");
    json_t *plan = json_pack("{s:{s:o},s:{s:o},s:{s:{s:o}}}", "regions", "@@assign", take_regions,
                             "rules", "copy", rule, "selections", "tags", tier->name, selection);
    free(role);
    free(key);
    return plan;
}

/* Regions of the group that are (`here`) or are not the one named; sorted. NULL: none. */
static json_t *regions_where(json_t *group, const char *region, bool here)
{
    json_t *list = json_array();
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(group, "regions"), name, value)
    {
        if (str_equal(name, region) == here) {
            size_t at = 0;
            while (at < json_array_size(list) &&
                   strcmp(json_string_value(json_array_get(list, at)), name) < 0) {
                at++;
            }
            (void)json_array_insert_new(list, at, json_string(name));
        }
    }
    if (json_array_size(list) == 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static char *policy_text(const struct making *m, json_t *group, const char *vault)
{
    const json_t *to[2];
    json_t *plans = json_object();
    (void)destinations(m, to);
    const char *first = jx_str_or(to[0], "region", "");
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++) {
        for (int here = 0; here < 2; here++) {
            json_t *regions = regions_where(group, first, here == 1);
            if (regions != NULL) {
                char name[64];
                (void)snprintf(name, sizeof name, "copy-%s-%d", tiers[i].name, here + 1);
                (void)json_object_set_new(plans, name,
                                          plan_of(m, &tiers[i], vault, regions, to[here]));
            }
        }
    }
    json_t *policy = json_pack("{s:o}", "plans", plans);
    char *text = json_dumps(policy, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(policy);
    return text;
}

/* --- its steps --- */

static int add_step(struct making *m, struct plan_step *take_step, json_t *group, struct err *err)
{
    const char *reason = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(group, "reasons"), reason, value)
    {
        plan_strings_add(&take_step->reasons, reason);
    }
    /* Each of them is there already. */
    char *first = xstrdup(take_step->reasons.items[0]);
    int rc = step_add(m, take_step, first, err);
    free(first);
    return rc;
}

static struct plan_step *policy_type_step(struct making *m, enum row row, const char *target)
{
    struct plan_step *step =
        step_new(&rows[row], target, "Enable backup policies on the organization's root");
    json_t *is_on = json_pack("{s:[o,o]}", "all", cond_text("Type", "BACKUP_POLICY"),
                              cond_text("Status", "ENABLED"));
    step_send(step, call_home(m, "organizations:EnablePolicyType",
                              json_pack("{s:s,s:s}", "RootId", jx_str_or(m->org, "root_id", ""),
                                        "PolicyType", "BACKUP_POLICY")));
    json_t *on = cond_new("Roots[0].PolicyTypes", "some", is_on);
    step_poll(step, call_home(m, "organizations:ListRoots", NULL), json_incref(on), NULL, 5, 300,
              NULL);
    step_done(step, probe_new(call_home(m, "organizations:ListRoots", NULL), on, false));
    step_undo(step, "aws organizations disable-policy-type");
    return step;
}

static int add_policy_type(struct making *m, json_t *group, struct err *err)
{
    if (str_equal(jx_str(m->org, "policy_types.BACKUP_POLICY"), "ENABLED") ||
        making_step(m, "enable-policy-type") != NULL) {
        return 0;
    }
    return add_step(m, policy_type_step(m, CREATE_BACKUP_POLICY, "policy-type"), group, err);
}

static int make_policy_type(struct making *m, const json_t *subject, const char *reason,
                            struct err *err)
{
    (void)subject;
    return step_add(m, policy_type_step(m, ENABLE_POLICY_TYPE, NULL), reason, err);
}

static int add_attachment(struct making *m, json_t *group, const char *policy_id,
                          const char *account, struct err *err)
{
    char *target = xasprintf("%s/%s", policy_id + strcspn(policy_id, "/") + 1, account);
    char *id = xasprintf("${%s:id}", policy_id);
    struct plan_step *step = step_new(&rows[CREATE_BACKUP_POLICY], target,
                                      "Attach the cross-Region backup policy to %s", account);
    step_need(step, policy_id);
    step_send(step, call_home(m, "organizations:AttachPolicy",
                              json_pack("{s:s,s:s}", "PolicyId", id, "TargetId", account)));
    struct plan_probe *probe =
        probe_new(call_home(m, "organizations:ListPoliciesForTarget",
                            json_pack("{s:s,s:s}", "TargetId", account, "Filter", "BACKUP_POLICY")),
                  cond_present("Id", true), false);
    step_done(step, probe_select(probe, "Policies", cond_text("Id", id)));
    step_undo(step, "aws organizations detach-policy");
    free(target);
    free(id);
    return add_step(m, step, group, err);
}

static int add_policy(struct making *m, json_t *group, const char *vault, struct err *err)
{
    char *text = policy_text(m, group, vault);
    char digest[SHA256_HEX_SIZE];
    sha256_hex(text, strlen(text), digest);
    if (strlen(text) > POLICY_CHARACTERS_MAX) {
        free(text);
        making_manual(m, vault,
                      "the backup policy for its Regions would be longer than AWS allows: create "
                      "one manually");
        return 0;
    }
    /* The name carries the content's digest: an equal name is an equal policy. */
    char *name = xasprintf(NAME "-%.8s", digest);
    char *target = xasprintf("%.8s", digest);
    struct plan_step *step = step_new(&rows[CREATE_BACKUP_POLICY], target,
                                      "Create a backup policy that copies into another Region");
    step_after(step, "create-backup-policy/policy-type");
    step_after(step, "enable-policy-type");
    step_send(step, call_home(m, "organizations:CreatePolicy",
                              json_pack("{s:s,s:s,s:s,s:o}", "Name", name, "Description",
                                        "Copies into another Region", "Type", "BACKUP_POLICY",
                                        "Content", literal(text))));
    step_capture(step, "id", "Policy.PolicySummary.Id");
    struct plan_probe *probe = probe_new(
        call_home(m, "organizations:ListPolicies", json_pack("{s:s}", "Filter", "BACKUP_POLICY")),
        cond_present("Id", true), false);
    (void)probe_select(probe, "Policies", cond_text("Name", name));
    step_done(step, probe_capture(probe, "id", "Id"));
    step_change(step, json_null(), json_string(text));
    char *id = xstrdup(step->id);
    int rc = add_step(m, step, group, err);
    const char *account = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(group, "accounts"), account, value)
    {
        rc = rc == 0 ? add_attachment(m, group, id, account, err) : rc;
    }
    free(text);
    free(name);
    free(target);
    free(id);
    return rc;
}

static int finish_policies(struct making *m, struct err *err)
{
    json_t *groups = making_scratch(m, rows[CREATE_BACKUP_POLICY].info.id);
    const char *vault = NULL;
    json_t *group = NULL;
    int rc = 0;
    json_object_foreach(groups, vault, group)
    {
        rc = rc == 0 ? add_policy_type(m, group, err) : rc;
        rc = rc == 0 ? add_policy(m, group, vault, err) : rc;
    }
    return rc;
}

static const struct remedy rows[ROW_COUNT] = {
    [CREATE_BACKUP_POLICY] = {{"create-backup-policy",
                               "Create and attach a backup policy that copies into another Region",
                               5,
                               "organizations:EnablePolicyType organizations:CreatePolicy "
                               "organizations:AttachPolicy",
                               "aws organizations detach-policy, then delete-policy"},
                              PLAN_RISK_MEDIUM,
                              10,
                              NULL,
                              make_policy,
                              finish_policies},
    [ENABLE_POLICY_TYPE] = {{"enable-policy-type",
                             "Enable backup policies on the organization's root", 5,
                             "organizations:EnablePolicyType",
                             "aws organizations disable-policy-type"},
                            PLAN_RISK_LOW,
                            10,
                            NULL,
                            make_policy_type,
                            NULL},
};

const struct remedies remedies_policies = {rows, ROW_COUNT};
