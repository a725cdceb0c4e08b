/* What guards the architecture: service control policies per target, and Control Tower's controls.
   An entity of these kinds has the target's id (root, OU, account) where others have an account. */
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "crawl.h"

#define CONTROL_POLICY "SERVICE_CONTROL_POLICY"

static json_t *input_target(struct crawl *crawl, const struct question *q)
{
    (void)crawl;
    return json_pack("{s:s, s:s}", "TargetId", q->target, "Filter", CONTROL_POLICY);
}

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
        if (!arn || !target) {
            return err_set(err, ERR_AWS,
                           "ListEnabledControls answered a control without arn or target");
        }
        if (crawl_keep(p, "enabled-control", target, "", arn, row, err)) {
            return -1;
        }
    }
    return 0;
}

const struct collector control_collectors[] = {
    {.operation = "organizations:ListPoliciesForTarget",
     .as_management = true,
     .input = input_target,
     .keep = keep_target_policies},
    {.operation = "controltower:ListEnabledControls", .as_management = true, .keep = keep_controls},
    {.operation = NULL},
};

/* --- the policies that bind the central backup account --- */

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
    if (store_get_entity(crawl->store, kind, "", "", id, &place, NULL, err)) {
        return NULL;
    }
    char *parent = xstrdup(jx_str(place, "ParentId"));
    json_decref(place);
    return parent;
}

static int ask_policies_of(void *context, const struct entity *target)
{
    struct chain *chain = context;
    return store_each_entity(chain->crawl->store, "target-policy", target->key, "", ask_policy,
                             chain, chain->err) < 0
               ? -1
               : 0;
}

/* The texts of all policies of an organization would be two calls a second for minutes: only those
   on the root and above the one account that ACC-06 looks at are read. */
int seed_central_policies(struct crawl *crawl, struct err *err)
{
    struct chain chain = {.crawl = crawl, .err = err};
    int rc = store_each_entity(crawl->store, "root", NULL, NULL, ask_policies_of, &chain, err) < 0
                 ? -1
                 : 0;
    char *at = rc == 0 ? xstrdup(crawl->central_backup) : NULL;
    const char *kind = "tree-account";
    for (unsigned depth = 0; rc == 0 && at && *at && depth < 32; depth++) {
        rc = store_each_entity(crawl->store, "target-policy", at, "", ask_policy, &chain, err) < 0
                 ? -1
                 : 0;
        char *above = parent_of(crawl, kind, at, err);
        free(at);
        at = above;
        kind = "ou";
    }
    free(at);
    return rc;
}
