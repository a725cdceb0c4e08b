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

/* --- the policies of the central backup account itself --- */

int central_account_ask(struct crawl *crawl, struct err *err)
{
    return crawl->central_backup != NULL && crawl->central_backup[0] != '\0'
               ? crawl_ask(crawl, "organizations:ListPoliciesForTarget", crawl->management,
                           crawl->home, crawl->central_backup, err)
               : 0;
}
