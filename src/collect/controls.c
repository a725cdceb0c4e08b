/* What protects the architecture: service control policies per target, and Control Tower's
   controls. An entity of these kinds has the target's id (root, OU, account) where others have an
   account. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

#define CONTROL_POLICY "SERVICE_CONTROL_POLICY"

static int keep_target_policies(const struct answer_page *p, struct err *err)
{
    return crawl_keep_list(p, "Policies", "target-policy", p->question->target, "", "Id", err);
}

static int keep_controls(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "enabledControls"), i, row)
    {
        const char *arn = jx_str(row, "arn");
        const char *target = arn_tail(jx_str(row, "targetIdentifier"));
        if (arn == NULL || target == NULL) {
            return err_set(err, ERR_AWS,
                           "ListEnabledControls returned a control without arn or target");
        }
        /* Tasks are unique: one for each identifier, however many OUs have the control. */
        const char *identifier = jx_str(row, "controlIdentifier");
        if (crawl_keep(p, "enabled-control", target, "", arn, row, err) != 0 ||
            (identifier != NULL &&
             crawl_ask(p->crawl, "controlcatalog:GetControl", p->question->account,
                       p->question->region, identifier, err) != 0)) {
            return -1;
        }
    }
    return 0;
}

static int keep_control(const struct answer_page *p, struct err *err)
{
    return crawl_keep(p, "control", p->question->account, p->question->region, p->question->target,
                      p->answer->json, err);
}

const struct collector control_collectors[] = {
    {.phase = PHASE_ORGANIZATION,
     .operation = "organizations:ListPoliciesForTarget",
     .keeps = {"target-policy"},
     .as_management = true,
     .target = "TargetId",
     .with = {{"Filter", CONTROL_POLICY}},
     .keep = keep_target_policies},
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "controltower:ListEnabledControls",
     .asks = {"controlcatalog:GetControl"},
     .keeps = {"enabled-control"},
     .as_management = true,
     .keep = keep_controls},
    {.phase = PHASE_ORGANIZATION,
     .operation = "controlcatalog:GetControl",
     .keeps = {"control"},
     .as_management = true,
     .absence_is_answer = true, /* a control that AWS withdrew */
     .absent_kind = "control",
     .target = "ControlArn",
     .keep = keep_control},
    {.operation = NULL},
};

/* --- the policies that bind the central backup account --- */

int central_account_ask(struct crawl *crawl, struct err *err)
{
    return crawl->central_backup != NULL && crawl->central_backup[0] != '\0'
               ? crawl_ask(crawl, "organizations:ListPoliciesForTarget", crawl->management,
                           crawl->home, crawl->central_backup, err)
               : 0;
}

struct chain {
    struct crawl *crawl;
    struct err *err;
};

static int ask_policy(void *context, const struct entity *e)
{
    struct chain *chain = context;
    struct crawl *crawl = chain->crawl;
    /* FullAWSAccess denies nothing. */
    const char *ignored = NULL;
    json_t *policy = jx_parse(e->json, e->json_length, &ignored);
    bool managed = jx_bool(policy, "AwsManaged");
    json_decref(policy);
    return managed ? 0
                   : crawl_ask(crawl, "organizations:DescribePolicy", crawl->management,
                               crawl->home, e->key, chain->err);
}

/* The parent as the walk of the tree has it; yours, NULL: above is nothing. */
static char *parent_of(struct crawl *crawl, const char *kind, const char *id, struct err *err)
{
    json_t *place = NULL;
    if (store_get_entity(crawl->store, kind, "", "", id, &place, NULL, err) != 0) {
        return NULL;
    }
    char *parent = xstrdup(jx_str(place, "ParentId"));
    json_decref(place);
    return parent;
}

static int ask_policies_of(struct chain *chain, const char *target)
{
    return store_each_entity(chain->crawl->store, "target-policy", target, "", ask_policy, chain,
                             chain->err);
}

static int ask_policies_of_root(void *context, const struct entity *root)
{
    return ask_policies_of(context, root->key);
}

/* The texts of all policies of an organization would be two calls a second for minutes: only those
   on the root and above the one account that ACC-06 looks at are read. */
int central_policies_ask(struct crawl *crawl, struct err *err)
{
    struct chain chain = {.crawl = crawl, .err = err};
    int rc = store_each_entity(crawl->store, "root", NULL, NULL, ask_policies_of_root, &chain, err);
    char *at = rc == 0 ? xstrdup(crawl->central_backup) : NULL;
    const char *kind = "tree-account";
    for (unsigned depth = 0; rc == 0 && at != NULL && *at != '\0' && depth < 32; depth++) {
        rc = ask_policies_of(&chain, at);
        char *above = parent_of(crawl, kind, at, err);
        free(at);
        at = above;
        kind = "ou";
    }
    free(at);
    return rc;
}
