/* The backup plans that Organizations backup policies come to in an account, and what they name
 * that is not there: AWS Backup checks none of it, jobs are simply absent or fail. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "model/arn.h"
#include "model/effective_policy.h"
#include "model/policy.h"
#include "vault_targets.h"

#define LEVELS_MAX 16
#define ARN_BYTES_MAX 2048

struct policies { /* of one account */
    struct visit *v;
    const struct account *account;
    json_t *document, *problems;
    bool failed;
    bool copies, to_central; /* of the plan that is checked: has it copy actions, is one to the
                                central account */
};

/* --- the policies on the way down --- */

static int add_policy(void *context, const struct entity *e)
{
    const char *problem = NULL;
    json_t *policy = jx_parse(e->json, e->json_length, &problem);
    if (policy != NULL) {
        set_int(policy, "fact", e->fact);
        set_new(context, e->key, policy);
    }
    return 0;
}

static int add_target(void *context, const struct entity *e)
{
    const char *problem = NULL;
    json_t *row = jx_parse(e->json, e->json_length, &problem);
    const char *target = jx_str_or(row, "target", "");
    json_t *list = json_object_get(context, target);
    if (list == NULL) {
        list = json_array();
        set_new(context, target, list);
    }
    set_int(row, "fact", e->fact);
    (void)json_array_append_new(list, row);
    return 0;
}

/* As large as the organization's policies and no larger: read once. */
static int load(struct visit *v)
{
    struct subjects *s = v->s;
    if (s->policies != NULL) {
        return 0;
    }
    s->policies = json_object();
    s->policy_targets = json_object();
    return store_each_entity(s->store, "backup-policy", "", "", add_policy, s->policies, v->err) !=
                       0 ||
                   store_each_entity(s->store, "backup-policy-target", "", "", add_target,
                                     s->policy_targets, v->err) != 0
               ? -1
               : 0;
}

static void descend(struct policies *p, const char *target, struct effective_policy *policy)
{
    const struct subjects *s = p->v->s;
    const json_t *attached = json_object_get(s->policy_targets, target);
    json_t *contents = json_array();
    for (size_t i = 0; i < json_array_size(attached); i++) {
        const json_t *row = json_array_get(attached, i);
        const json_t *document = json_object_get(s->policies, jx_str_or(row, "policy", ""));
        json_t *content = jx_get(document, "content");
        if (content != NULL) {
            (void)json_array_append(contents, content);
            subject_fact(p->document, jx_int(document, "fact", 0));
            subject_fact(p->document, jx_int(row, "fact", 0));
        }
    }
    effective_policy_descend(policy, contents);
    json_decref(contents);
}

__attribute__((format(printf, 2, 3))) static void complain(struct policies *p, const char *format,
                                                           ...);

static void complain(struct policies *p, const char *format, ...)
{
    va_list args;
    struct text line;
    char words[1024];
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    text_init(&line, sizeof words * 4);
    text_add_printable(&line, words, strlen(words));
    list_text(p->problems, text_str(&line));
    text_release(&line);
}

static json_t *effective(struct policies *p)
{
    const char *targets[LEVELS_MAX];
    size_t count = 0;
    const struct inventory_cache *d = p->v->s->cache;
    struct effective_policy *policy = effective_policy_new();
    targets[count++] = p->account->id;
    for (const struct unit *u = p->account->unit; u != NULL && count + 1 < LEVELS_MAX;
         u = u->parent) {
        targets[count++] = u->id;
    }
    if (d->root_id != NULL) {
        targets[count++] = d->root_id;
    }
    while (count > 0) {
        descend(p, targets[--count], policy);
    }
    json_t *result = effective_policy_result(policy, p->account->id);
    const json_t *conflicts = effective_policy_conflicts(policy);
    for (size_t i = 0; i < json_array_size(conflicts); i++) {
        complain(p,
                 "policies of the same target set %.160s differently; AWS uses the one that was "
                 "attached first, and no API returns which",
                 json_string_value(json_array_get(conflicts, i)));
    }
    effective_policy_free(policy);
    return result;
}

/* --- what they name --- */

static enum vault_state own_vault(struct policies *p, const char *region, const char *name,
                                  json_t **vault)
{
    struct vault_target t = {.name = name};
    (void)snprintf(t.account, sizeof t.account, "%s", p->account->id);
    (void)snprintf(t.region, sizeof t.region, "%s", region);
    return vault_find(p->v, &t, p->document, vault, &p->failed);
}

/* The text with the Region for each "$region"; the caller owns it. */
static char *in_region(const char *pattern, const char *region)
{
    static const char token[] = "$region";
    struct text out;
    text_init(&out, ARN_BYTES_MAX);
    for (const char *at = pattern; *at != '\0';) {
        if (str_starts(at, token)) {
            text_add(&out, region);
            at += sizeof token - 1;
        } else {
            text_addc(&out, *at++);
        }
    }
    return text_take(&out);
}

static void check_copy(struct policies *p, const char *plan, const char *arn)
{
    struct vault_target t;
    if (!vault_target_parse(arn, &t)) {
        complain(p, "%.60s copies to %.160s, which is not a vault", plan, arn);
        return;
    }
    p->to_central = p->to_central || str_equal(t.account, p->v->s->cache->central);
    enum vault_state state = vault_find(p->v, &t, p->document, NULL, &p->failed);
    if (state == VAULT_OUTSIDE) {
        complain(p, "%.60s copies to %.160s, which is outside the organization", plan, arn);
    } else if (state == VAULT_MISSING) {
        complain(p, "%.60s copies to %.160s, which does not exist", plan, arn);
    }
}

/* A rule writes to an air-gapped vault of its own account and Region only. */
static void check_air_gapped(struct policies *p, const char *plan, const char *arn,
                             const char *region)
{
    struct vault_target t;
    json_t *vault = NULL;
    if (!vault_target_parse(arn, &t) || !str_equal(t.account, p->account->id) ||
        !str_equal(t.region, region)) {
        complain(p, "%.60s names air-gapped vault %.160s, which is not in this account and %.32s",
                 plan, arn, region);
        return;
    }
    enum vault_state state = own_vault(p, region, t.name, &vault);
    if (state == VAULT_MISSING) {
        complain(p, "%.60s needs air-gapped vault %.60s in %.32s, which does not exist", plan,
                 t.name, region);
    } else if (state == VAULT_THERE &&
               !str_equal(vault_kind(p->v->s, t.account, t.name, vault), "air-gapped")) {
        complain(p, "%.60s names %.160s, which is not an air-gapped vault", plan, arn);
    }
    json_decref(vault);
}

static void check_rule_in(struct policies *p, const char *plan, json_t *rule, const char *region)
{
    const char *vault = jx_str(rule, "target_backup_vault_name");
    const char *air_gapped = jx_str(rule, "target_logically_air_gapped_backup_vault_arn");
    const char *key = NULL;
    json_t *action = NULL;
    if (vault != NULL && own_vault(p, region, vault, NULL) == VAULT_MISSING) {
        complain(p, "%.60s needs vault %.60s in %.32s, which does not exist", plan, vault, region);
    }
    if (air_gapped != NULL) {
        char *arn = in_region(air_gapped, region);
        check_air_gapped(p, plan, arn, region);
        free(arn);
    }
    json_object_foreach(jx_get(rule, "copy_actions"), key, action)
    {
        char *arn = in_region(jx_str_or(action, "target_backup_vault_arn", key), region);
        p->copies = true;
        check_copy(p, plan, arn);
        free(arn);
    }
}

static void check_rules(struct policies *p, const char *plan, const json_t *regions, json_t *rules)
{
    const char *name = NULL;
    json_t *rule = NULL;
    json_object_foreach(rules, name, rule)
    {
        for (size_t i = 0; i < json_array_size(regions); i++) {
            const char *region = json_string_value(json_array_get(regions, i));
            if (region != NULL && inventory_cache_governs(p->v->s->cache, region)) {
                check_rule_in(p, plan, rule, region);
            }
        }
    }
}

/* Roles were asked for by name, in every account. `service` is who must be able to assume it. */
static void check_role(struct policies *p, const char *plan, const char *arn, const char *service)
{
    struct visit *v = p->v;
    const char *name = arn_name(arn);
    char gap[512];
    json_t *role = subject_entity(v, "role", p->account->id, "", name, NULL, &p->failed);
    bool there = role != NULL;
    if (there && !role_trusts(jx_str(role, "AssumeRolePolicyDocument"), service)) {
        complain(p, "%.60s names %.160s, which %.60s cannot assume", plan, arn, service);
    }
    json_decref(role);
    if (there || !account_is_wanted(p->account)) {
        return;
    }
    int hidden =
        store_find_gap(v->s->store, "iam:GetRole", p->account->id, NULL, gap, sizeof gap, v->err);
    p->failed = p->failed || hidden < 0;
    if (hidden > 0) {
        subject_hide(p->document, "iam:GetRole", gap);
    } else if (hidden == 0) {
        complain(p, "%.60s runs as %.160s, which does not exist", plan, arn);
    }
}

static void check_selections(struct policies *p, const char *plan, json_t *selections)
{
    const char *kind = NULL;
    const char *name = NULL;
    json_t *group = NULL;
    json_t *selection = NULL;
    json_object_foreach(selections, kind, group)
    {
        json_object_foreach(group, name, selection)
        {
            const char *role = jx_str(selection, "iam_role_arn");
            if (role != NULL) {
                check_role(p, plan, role, "backup.amazonaws.com");
            }
        }
    }
}

/* scan_actions run as a role of scan_settings, which the service of the scanner assumes; the role of
 * the selection makes the indexes of index_actions. */
static void check_scans(struct policies *p, const char *plan, json_t *settings)
{
    const char *scanner = NULL;
    json_t *one = NULL;
    json_object_foreach(settings, scanner, one)
    {
        const char *role = jx_str(one, "scanner_role_arn");
        if (role != NULL) {
            check_role(p, plan, role, "malware-protection.guardduty.amazonaws.com");
        }
    }
}

static json_t *check_plan(struct policies *p, const char *name, const json_t *plan)
{
    json_t *out = json_object();
    json_t *wanted = json_object_get(plan, "regions");
    /* AWS accepts a single Region without a list. */
    json_t *regions = json_is_array(wanted)    ? json_deep_copy(wanted)
                      : json_is_string(wanted) ? json_pack("[O]", wanted)
                                               : json_array();
    for (size_t i = 0; i < json_array_size(regions); i++) {
        const char *region = json_string_value(json_array_get(regions, i));
        if (region != NULL && !inventory_cache_governs(p->v->s->cache, region)) {
            complain(p, "%.60s runs in %.32s, which is not governed", name, region);
        }
    }
    p->copies = p->to_central = false;
    check_rules(p, name, regions, json_object_get(plan, "rules"));
    check_selections(p, name, json_object_get(plan, "selections"));
    check_scans(p, name, json_object_get(plan, "scan_settings"));
    set_text(out, "name", name);
    set_new(out, "regions", regions);
    return out;
}

int set_policy_plans(struct visit *v, const struct account *m, json_t *document)
{
    struct policies p = {.v = v, .account = m, .document = document, .problems = json_array()};
    p.failed = load(v) != 0;
    json_t *policy = effective(&p);
    json_t *plans = json_array();
    json_t *elsewhere = json_array();
    const char *name = NULL;
    json_t *plan = NULL;
    json_object_foreach(jx_get(policy, "plans"), name, plan)
    {
        (void)json_array_append_new(plans, check_plan(&p, name, plan));
        if (p.copies && !p.to_central) {
            list_text(elsewhere, name);
        }
    }
    sort_texts(p.problems);
    sort_texts(elsewhere);
    set_new(document, "policy_copies_elsewhere", elsewhere);
    set_new(document, "policy_plans", plans);
    set_new(document, "policy_problems", p.problems);
    json_decref(policy);
    return p.failed ? -1 : 0;
}
