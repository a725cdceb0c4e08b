/* Policies of Organizations: the text of backup policies, service control policies and resource
 * control policies, and where they are attached, read once. What they come to for an account is
 * computed (model/effective_policy.h, model/policy.h), not asked account by account. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "crawl.h"

#define BACKUP_POLICY "BACKUP_POLICY"

/* The policies that AWS manages allow everything, and are attached to every target. */
static bool is_read(const json_t *policy)
{
    return !jx_bool(policy, "AwsManaged");
}

static int keep_policies(const struct answer_page *p, struct err *err)
{
    const struct question *q = p->question;
    bool control = strcmp(q->target, BACKUP_POLICY) != 0;
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "Policies"), i, row)
    {
        const char *id = jx_str(row, "Id");
        if (id == NULL) {
            return err_set(err, ERR_AWS, "ListPolicies returned a policy without Id");
        }
        if (control && !is_read(row)) {
            continue;
        }
        if (control && crawl_keep(p, "listed-control-policy", "", "", id, row, err) != 0) {
            return -1;
        }
        if (crawl_ask(p->crawl, "organizations:DescribePolicy", q->account, q->region, id, err) !=
                0 ||
            crawl_ask(p->crawl, "organizations:ListTargetsForPolicy", q->account, q->region, id,
                      err)) {
            return -1;
        }
    }
    return 0;
}

static void note_role(json_t *roles, const char *arn)
{
    const char *name = strstr(arn, ":role/") ? strrchr(arn, '/') + 1 : "";
    if (*name && !jx_list_has(roles, name)) {
        json_array_append_new(roles, json_string(name));
    }
}

/* Every role ARN in the policy's text, wherever a selection may stand. */
static void find_roles(json_t *value, json_t *roles)
{
    const char *key;
    size_t i;
    json_t *inner;
    if (json_is_string(value) && strncmp(json_string_value(value), "arn:", 4) == 0) {
        note_role(roles, json_string_value(value));
    }
    json_object_foreach(value, key, inner)
    {
        find_roles(inner, roles);
    }
    json_array_foreach(value, i, inner)
    {
        find_roles(inner, roles);
    }
}

static int keep_backup_policy(const struct answer_page *p, const json_t *policy, struct err *err)
{
    const char *content = jx_str_or(policy, "Content", "");
    const char *problem = NULL;
    json_t *text = jx_parse(content, strlen(content), &problem);
    if (text == NULL) {
        return err_set(err, ERR_AWS, "the content of backup policy %s is not JSON: %s",
                       p->question->target, problem);
    }
    json_t *roles = json_array();
    find_roles(text, roles);
    json_t *document = json_pack("{s:o, s:o, s:s}", "content", text, "roles", roles, "name",
                                 jx_str_or(policy, "PolicySummary.Name", p->question->target));
    int rc = crawl_keep(p, "backup-policy", "", "", p->question->target, document, err);
    json_decref(document);
    return rc;
}

static int keep_policy(const struct answer_page *p, struct err *err)
{
    const json_t *policy = jx_get(p->answer->json, "Policy");
    if (jx_str(policy, "Content") == NULL) {
        return err_set(err, ERR_AWS, "DescribePolicy returned no Policy.Content");
    }
    if (strcmp(jx_str_or(policy, "PolicySummary.Type", ""), BACKUP_POLICY) == 0) {
        return keep_backup_policy(p, policy, err);
    }
    return crawl_keep(p, "control-policy", "", "", p->question->target, policy, err);
}

static int keep_targets(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row, *listed = NULL;
    if (store_get_entity(p->crawl->store, "listed-control-policy", "", "", p->question->target,
                         &listed, NULL, err) != 0) {
        return -1;
    }
    const char *kind = listed != NULL ? "control-policy-target" : "backup-policy-target";
    json_decref(listed);
    json_array_foreach(jx_get(p->answer->json, "Targets"), i, row)
    {
        const char *target = jx_str(row, "TargetId");
        if (target == NULL) {
            return err_set(err, ERR_AWS, "ListTargetsForPolicy returned a target without TargetId");
        }
        char *key = xasprintf("%s %s", target, p->question->target);
        json_t *document = json_pack("{s:s, s:s}", "target", target, "policy", p->question->target);
        int rc = crawl_keep(p, kind, "", "", key, document, err);
        json_decref(document);
        free(key);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

const struct collector policy_collectors[] = {
    {.phase = PHASE_ORGANIZATION,
     .operation = "organizations:ListPolicies",
     .asks = {"organizations:DescribePolicy", "organizations:ListTargetsForPolicy"},
     .keeps = {"listed-control-policy"},
     .as_management = true,
     .target = "Filter",
     .keep = keep_policies},
    {.phase = PHASE_ORGANIZATION,
     .operation = "organizations:DescribePolicy",
     .keeps = {"backup-policy", "control-policy"},
     .as_management = true,
     .target = "PolicyId",
     .keep = keep_policy},
    {.phase = PHASE_ORGANIZATION,
     .operation = "organizations:ListTargetsForPolicy",
     .keeps = {"backup-policy-target", "control-policy-target"},
     .as_management = true,
     .target = "PolicyId",
     .keep = keep_targets},
    {.operation = NULL},
};

int policy_types_ask(struct crawl *crawl, struct err *err)
{
    static const char *const types[] = {BACKUP_POLICY, "SERVICE_CONTROL_POLICY"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (crawl_ask(crawl, "organizations:ListPolicies", crawl->management, crawl->home, types[i],
                      err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- what each account is asked for them --- */

static int load_roles(void *context, const struct entity *e)
{
    struct crawl *crawl = context;
    const char *problem = NULL;
    json_t *document = jx_parse(e->json, e->json_length, &problem);
    size_t i;
    json_t *name;
    json_array_foreach(jx_get(document, "roles"), i, name)
    {
        bool known = false;
        for (size_t r = 0; r < crawl->policy_role_count; r++) {
            known = known || strcmp(crawl->policy_roles[r], json_string_value(name)) == 0;
        }
        if (!known) {
            crawl->policy_roles = xrealloc(crawl->policy_roles, (crawl->policy_role_count + 1) *
                                                                    sizeof *crawl->policy_roles);
            crawl->policy_roles[crawl->policy_role_count++] = xstrdup(json_string_value(name));
        }
    }
    json_decref(document);
    return 0;
}

int policies_load(struct crawl *crawl, struct err *err)
{
    return store_each_entity(crawl->store, "backup-policy", NULL, NULL, load_roles, crawl, err);
}

int policies_ask(struct crawl *crawl, const char *account, struct err *err)
{
    for (size_t i = 0; i < crawl->policy_role_count; i++) {
        if (crawl_ask(crawl, "iam:GetRole", account, crawl->home, crawl->policy_roles[i], err) !=
            0) {
            return -1;
        }
    }
    return 0;
}
