/* SimulatePrincipalPolicy: the questions a request would raise, put to the same policies that bind
   real requests. Context keys are those of the request: none is filled in, missing ones are told.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws/session_policy.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"
#include "services/iam.h"

struct simulation {
    struct sim_call *call;
    const char *source;      /* ARN of the user or role */
    json_t *documents;       /* its policies, and those of the request */
    json_t *context;         /* lower-case key -> text or list */
    const json_t *resources; /* of the request; NULL: "*" */
};

static void lower(const char *from, char *out, size_t size)
{
    size_t i = 0;
    for (; from[i] != '\0' && i + 1 < size; i++) {
        out[i] = (char)tolower((unsigned char)from[i]);
    }
    out[i] = '\0';
}

/* --- whose policies --- */

static json_t *everything(void)
{
    return json_pack("{s:[{s:s, s:s, s:s}]}", "Statement", "Effect", "Allow", "Action", "*",
                     "Resource", "*");
}

static const struct principal *user_of(struct sim *sim, const char *arn)
{
    size_t cursor = 0;
    const char *key = NULL;
    void *value = NULL;
    while (map_next(sim->principals, &cursor, &key, &value)) {
        const struct principal *each = value;
        if (each->role == NULL && str_equal(each->arn, arn)) {
            return each;
        }
    }
    return NULL;
}

/* -1 after sim_fail(). */
static int take_source(struct simulation *s)
{
    struct sim_call *call = s->call;
    const json_t *policy = NULL;
    char *roles = xasprintf("arn:%s:iam::%s:role/", sim_partition(call->sim), call->account);
    bool user = strstr(s->source, ":user/") != NULL, found = false;
    bool role = strstr(s->source, ":iam::") != NULL && strstr(s->source, ":role/") != NULL;
    if (user) {
        const struct principal *who = user_of(call->sim, s->source);
        found = who != NULL && str_equal(who->account, call->account);
        policy = found ? who->policy : NULL;
    } else if (role && str_starts(s->source, roles)) {
        const json_t *row = sim_iam_role(call->sim, call->account, strrchr(s->source, '/') + 1);
        found = str_equal(jx_str(row, "Arn"), s->source);
        policy = json_object_get(row, "@policy");
    }
    free(roles);
    if (!user && !role) {
        return sim_fail(call, 400, "InvalidInput",
                        "Invalid Entity Arn: %s does not clearly define entity type and name.",
                        s->source);
    }
    if (!found) {
        return sim_fail(call, 404, "NoSuchEntity", "The %s with name %s cannot be found.",
                        user ? "user" : "role", strrchr(s->source, '/') + 1);
    }
    json_array_append_new(s->documents, policy != NULL ? json_deep_copy(policy) : everything());
    return 0;
}

static int take_inputs(struct simulation *s)
{
    const json_t *list = json_object_get(s->call->in, "PolicyInputList");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *text = json_array_get(list, i);
        const char *problem = NULL;
        char why[160];
        json_t *document = jx_parse(json_string_value(text), json_string_length(text), &problem);
        if (document == NULL || policy_check(document, why, sizeof why) != 0) {
            json_decref(document);
            return sim_fail(s->call, 400, "InvalidInput", "Invalid Input Policy List");
        }
        json_array_append_new(s->documents, document);
    }
    return 0;
}

static void take_context(struct simulation *s)
{
    const json_t *list = json_object_get(s->call->in, "ContextEntries");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        json_t *values = json_object_get(entry, "ContextKeyValues");
        char key[257];
        lower(jx_str_or(entry, "ContextKeyName", ""), key, sizeof key);
        bool many = str_ends(jx_str_or(entry, "ContextKeyType", "string"), "List");
        json_object_set(s->context, key, many ? values : json_array_get(values, 0));
    }
}

/* --- what is missing --- */

static bool word_fits(const json_t *value, const char *action)
{
    if (json_is_string(value)) {
        return policy_action_matches(json_string_value(value), action);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (word_fits(json_array_get(value, i), action)) {
            return true;
        }
    }
    return false;
}

static void note_missing(const struct simulation *s, const char *key, json_t *missing)
{
    char low[257];
    lower(key, low, sizeof low);
    if (json_object_get(s->context, low) == NULL && !jx_list_has(missing, key)) {
        json_array_append_new(missing, json_string(key));
    }
}

/* The ${variables} of a text or a list of texts. */
static void note_variables(const struct simulation *s, const json_t *value, json_t *missing)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    for (const char *at = strstr(text, "${"); at != NULL; at = strstr(at, "${")) {
        char key[257];
        at += 2;
        size_t length = strcspn(at, "}");
        snprintf(key, sizeof key, "%.*s", (int)(length < 256 ? length : 256), at);
        note_missing(s, key, missing);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        note_variables(s, json_array_get(value, i), missing);
    }
}

static void note_conditions(const struct simulation *s, json_t *conditions, json_t *missing)
{
    const char *operation = NULL, *key = NULL;
    json_t *keys = NULL, *wanted = NULL;
    json_object_foreach(conditions, operation, keys)
    {
        json_object_foreach(keys, key, wanted)
        {
            note_missing(s, key, missing);
            note_variables(s, wanted, missing);
        }
    }
}

/* Keys that the statements about this action look at, and the request did not give. */
static json_t *missing_keys(const struct simulation *s, const char *action)
{
    json_t *missing = json_array();
    for (size_t d = 0; d < json_array_size(s->documents); d++) {
        json_t *all = json_object_get(json_array_get(s->documents, d), "Statement");
        size_t count = json_is_object(all) ? 1 : json_array_size(all);
        for (size_t i = 0; i < count; i++) {
            const json_t *statement = json_is_object(all) ? all : json_array_get(all, i);
            const json_t *actions = json_object_get(statement, "Action");
            if (actions == NULL || word_fits(actions, action)) {
                note_conditions(s, json_object_get(statement, "Condition"), missing);
                note_variables(s, json_object_get(statement, "Resource"), missing);
            }
        }
    }
    return missing;
}

/* --- the answer --- */

static json_t *evaluate(const struct simulation *s, const char *action, const char *resource)
{
    static const char *const names[] = {[POLICY_SILENT] = "implicitDeny",
                                        [POLICY_ALLOW] = "allowed",
                                        [POLICY_DENY] = "explicitDeny"};
    struct sim *sim = s->call->sim;
    struct policy_question q = {
        .action = action,
        .resource = resource,
        .region = json_string_value(json_object_get(s->context, "aws:requestedregion")),
        .organization = json_string_value(json_object_get(s->context, "aws:principalorgid")),
        .principal_arn = s->source,
        .account = s->call->account,
        .context = s->context};
    enum policy_word word = POLICY_SILENT, controls = policy_ask_controls(sim, &q);
    for (size_t i = 0; i < json_array_size(s->documents); i++) {
        enum policy_word each = policy_ask(json_array_get(s->documents, i), &q);
        word = each == POLICY_DENY || word == POLICY_SILENT ? each : word;
        if (word == POLICY_DENY) {
            break;
        }
    }
    bool open = controls == POLICY_ALLOW;
    word = open || word == POLICY_DENY ? word : controls;
    json_t *row = json_pack("{s:s, s:s, s:s}", "EvalActionName", action, "EvalResourceName",
                            resource, "EvalDecision", names[word]);
    json_object_set_new(row, "MatchedStatements", json_array());
    json_object_set_new(row, "MissingContextValues", missing_keys(s, action));
    if (sim_org_account(sim, s->call->account) != NULL) {
        json_object_set_new(row, "OrganizationsDecisionDetail",
                            json_pack("{s:b}", "AllowedByOrganizations", open));
    }
    return row;
}

static json_t *rows_of(const struct simulation *s)
{
    const json_t *actions = json_object_get(s->call->in, "ActionNames");
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const char *action = json_string_value(json_array_get(actions, i));
        const char *colon = strchr(action, ':');
        if (colon == NULL || colon == action || colon[1] == '\0') {
            json_decref(rows);
            (void)sim_fail(s->call, 400, "InvalidInput", "Invalid Action: %s", action);
            return NULL;
        }
        for (size_t k = 0; k < json_array_size(s->resources); k++) {
            json_array_append_new(
                rows, evaluate(s, action, json_string_value(json_array_get(s->resources, k))));
        }
        if (json_array_size(s->resources) == 0) {
            json_array_append_new(rows, evaluate(s, action, "*"));
        }
    }
    return rows;
}

json_t *iam_simulate(struct sim_call *call)
{
    struct simulation s = {.call = call,
                           .source = jx_str_or(call->in, "PolicySourceArn", ""),
                           .documents = json_array(),
                           .context = json_object(),
                           .resources = json_object_get(call->in, "ResourceArns")};
    json_t *rows = NULL;
    if (take_source(&s) == 0 && take_inputs(&s) == 0) {
        take_context(&s);
        rows = rows_of(&s);
    }
    json_decref(s.documents);
    json_decref(s.context);
    return rows;
}
