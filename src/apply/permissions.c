/*
 * Asks iam:SimulatePrincipalPolicy once for each operation that the plan sends in the management
 * account. Only what is certain is a problem: where a policy looks at something that the request
 * would contain and the simulation does not, or at resources that are not known yet, or where the
 * resource's own policy may grant what the caller's does not, nothing is said.
 * IAM API Reference, SimulatePrincipalPolicy: EvalDecision is allowed, explicitDeny or
 * implicitDeny; MissingContextValues names the keys that policies evaluate and the simulation
 * lacks.
 */
#include "preflight.h"

#include <stdlib.h>
#include <string.h>

#include "aws/iam_policy.h"
#include "aws/session_policy.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

#define ACTION_BYTES 128

/* The ARN of the user or role whose policies bind the caller; NULL: there is no such principal. */
static char *source_of(struct flight *f, struct err *err, int *status)
{
    const char *arn = aws_client_caller_arn(f->client);
    const char *name = strstr(arn, ":assumed-role/");
    if (strstr(arn, ":user/") != NULL) {
        return xstrdup(arn);
    }
    if (name == NULL) {
        return NULL; /* root, or a federated user */
    }
    /* A session's ARN lacks the path of its role. */
    name += strlen(":assumed-role/");
    json_t *answer = NULL;
    json_t *input = json_object();
    char *role = xstrndup(name, strcspn(name, "/"));
    jx_set_str(input, "RoleName", role);
    *status = flight_ask(f, "iam:GetRole", input, &answer, err);
    char *source = *status == 0 ? xstrdup(jx_str(answer, "Role.Arn")) : NULL;
    json_decref(answer);
    free(role);
    return source;
}

/* The first ARN among the members of the input; NULL: it names none. */
static const char *resource_of(const struct plan_step *step)
{
    json_t *input = jx_mutable(step->send->input);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(input, name, value)
    {
        const char *text = json_string_value(value);
        if (text != NULL && str_starts(text, "arn:") && strstr(text, "${") == NULL) {
            return text;
        }
    }
    return NULL;
}

static void add_context(json_t *list, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:[s]}", "ContextKeyName", key,
                                                    "ContextKeyType", "string", "ContextKeyValues",
                                                    value));
    }
}

static json_t *context_of(const struct flight *f, const struct op *op, const struct plan_step *step)
{
    json_t *list = json_array();
    const char *account = aws_client_account(f->client);
    const char *organization = f->plan->organization_id;
    /* Which Region a global service's endpoint stands for is the partition's affair. */
    if (op->reach != REACH_GLOBAL) {
        add_context(list, "aws:RequestedRegion", step->send->region);
    }
    add_context(list, "aws:PrincipalAccount", account);
    add_context(list, "aws:ResourceAccount", account);
    add_context(list, "aws:PrincipalOrgID", organization);
    add_context(list, "aws:ResourceOrgID", organization);
    add_context(list, "organizations:ServicePrincipal",
                jx_str(step->send->input, "ServicePrincipal"));
    add_context(list, "iam:AWSServiceName", jx_str(step->send->input, "AWSServiceName"));
    return list;
}

/* Keys, vaults and buckets have policies of their own, which may grant what the caller's do not. */
static bool may_be_granted_there(const char *action)
{
    static const char *const services[] = {"kms:", "backup:", "s3:"};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (str_starts(action, services[i])) {
            return iam_action_is_narrow(action);
        }
    }
    return false;
}

static void evaluate(struct flight *f, const struct plan_step *step, const char *action,
                     const json_t *answer)
{
    const json_t *row = json_array_get(jx_get(answer, "EvaluationResults"), 0);
    const char *decision = jx_str_or(row, "EvalDecision", "allowed");
    bool certain = strcmp(decision, "explicitDeny") == 0 ||
                   (strcmp(decision, "implicitDeny") == 0 && !may_be_granted_there(action));
    if (certain && jx_count(row, "MissingContextValues") == 0) {
        flight_problem(f, "step %s: %s is not authorized to perform %s (IAM's simulation: %s)",
                       step->id, aws_client_caller_arn(f->client), action, decision);
    }
}

static int ask_of(struct flight *f, const char *source, const struct op *op, const char *action,
                  const struct plan_step *step, struct err *err)
{
    const char *resource = resource_of(step);
    bool narrow = iam_action_is_narrow(action);
    if (narrow && resource == NULL) {
        return 0;
    }
    json_t *answer = NULL;
    json_t *input = json_pack("{s:s, s:[s], s:o}", "PolicySourceArn", source, "ActionNames", action,
                              "ContextEntries", context_of(f, op, step));
    if (narrow) {
        (void)json_object_set_new(input, "ResourceArns", json_pack("[s]", resource));
    }
    int rc = flight_ask(f, "iam:SimulatePrincipalPolicy", input, &answer, err);
    if (rc == 0) {
        evaluate(f, step, action, answer);
    }
    json_decref(answer);
    return rc;
}

static bool is_own(const struct flight *f, const struct plan_step *step)
{
    const char *account = aws_client_account(f->client);
    return step->send->role == NULL &&
           (step->send->account == NULL || str_equal(step->send->account, account));
}

int check_permissions(struct flight *f, struct err *err)
{
    struct map *asked = map_new(NULL);
    int rc = 0;
    char *source = source_of(f, err, &rc);
    for (size_t i = 0; source != NULL && rc == 0 && i < f->steps->count; i++) {
        const struct plan_step *step = f->steps->items[i];
        const struct op *op = op_parse(step->send->operation);
        char action[ACTION_BYTES];
        if (op == NULL || !is_own(f, step) || !op_iam_action(op, 0, NULL, action, sizeof action) ||
            map_get(asked, action) != NULL) {
            continue;
        }
        map_set(asked, action, f);
        rc = ask_of(f, source, op, action, step, err);
    }
    if (rc > 0) {
        /* IAM need not let us ask. What is denied is told when it is sent. */
        log_write(LOG_INFO, "preflight: permissions were not checked: %s", err->text);
        *err = (struct err)ERR_INIT;
        rc = 0;
    }
    map_free(asked);
    free(source);
    return rc;
}
