#include <ctype.h>
#include <string.h>

#include "aws/session_policy.h"
#include "base/jsonx.h"
#include "core.h"

/* A member that may be one string or a list of them: does `test` hold for any? */
static bool any_of(const json_t *value, bool (*test)(const char *word, const void *context),
                   const void *context)
{
    if (json_is_string(value)) {
        return test(json_string_value(value), context);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *word = json_string_value(json_array_get(value, i));
        if (word != NULL && test(word, context)) {
            return true;
        }
    }
    return false;
}

static bool action_fits(const char *pattern, const void *action)
{
    return policy_action_matches(pattern, action);
}

/* A value and the question it is part of, for the variables that patterns may hold. */
struct compared {
    const char *value;
    const struct policy_question *q;
};

/* The pattern with the variables of the call filled in. */
static const char *filled(const char *pattern, const struct policy_question *q, char *out,
                          size_t size)
{
    const struct {
        const char *variable, *value;
    } variables[] = {{"${aws:PrincipalOrgID}", q->organization},
                     {"${aws:ResourceOrgID}", jx_str(q->context, "aws:resourceorgid")},
                     {"${aws:PrincipalAccount}", q->account}};
    size_t length = 0;
    if (strstr(pattern, "${") == NULL) {
        return pattern;
    }
    while (*pattern != '\0' && length + 64 < size) {
        size_t taken = 0;
        for (size_t i = 0; i < sizeof variables / sizeof *variables && taken == 0; i++) {
            if (str_starts(pattern, variables[i].variable) && variables[i].value != NULL) {
                taken = strlen(variables[i].variable);
                length +=
                    (size_t)snprintf(out + length, size - length, "%.63s", variables[i].value);
            }
        }
        if (taken == 0) {
            out[length++] = *pattern;
        }
        pattern += taken > 0 ? taken : 1;
    }
    out[length] = '\0';
    return out;
}

static bool like(const char *pattern, const void *context)
{
    const struct compared *c = context;
    char whole[2048];
    return str_glob(filled(pattern, c->q, whole, sizeof whole), c->value);
}

static bool equal(const char *word, const void *context)
{
    const struct compared *c = context;
    char whole[2048];
    return str_equal(filled(word, c->q, whole, sizeof whole), c->value);
}

/* The value of a condition key in this question; NULL when it has none, or several (then *list
 * holds them). *known false: a key we do not model. */
static const char *condition_value(const struct policy_question *q, const char *key, bool *known,
                                   const json_t **list)
{
    static const char *const asked[] = {
        "aws:resourceaccount",      "aws:resourceorgid",
        "aws:sourceaccount",        "aws:tagkeys",
        "iam:awsservicename",       "kms:multiregion",
        "organizations:policytype", "organizations:serviceprincipal",
        "backup:copytargets"};
    const struct {
        const char *key, *value;
    } keys[] = {
        {"aws:requestedregion", q->region},   {"aws:principalarn", q->principal_arn},
        {"aws:principalaccount", q->account}, {"aws:principalorgid", q->organization},
        {"sts:externalid", q->external_id},   {"kms:calleraccount", q->account},
        {"aws:principalorgpaths", q->path},
    };
    char lower[64];
    size_t i = 0;
    for (; key[i] != '\0' && i + 1 < sizeof lower; i++) {
        lower[i] = (char)tolower((unsigned char)key[i]);
    }
    lower[i] = '\0';
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        if (str_equal(keys[k].key, lower)) {
            *known = keys[k].value != NULL || !str_equal(lower, "aws:principalorgpaths");
            return keys[k].value;
        }
    }
    *known = false;
    for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
        if (str_equal(asked[k], lower)) {
            *known = true;
            *list = json_object_get(q->context, lower);
            return json_string_value(*list);
        }
    }
    return NULL;
}

static bool operator_holds(const char *name, size_t length, const struct compared *value,
                           const json_t *wanted)
{
    static const struct {
        const char *name;
        bool negated;
        bool (*test)(const char *, const void *);
    } operators[] = {
        {"StringEquals", false, equal}, {"StringNotEquals", true, equal},
        {"StringLike", false, like},    {"StringNotLike", true, like},
        {"ArnEquals", false, like},     {"ArnLike", false, like},
        {"ArnNotEquals", true, like},   {"ArnNotLike", true, like},
        {"Bool", false, equal},
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strlen(operators[i].name) == length && strncmp(operators[i].name, name, length) == 0) {
            if (value->value == NULL) {
                return operators[i].negated;
            }
            return any_of(wanted, operators[i].test, value) != operators[i].negated;
        }
    }
    return false;
}

static bool is_true(const char *word, const void *context)
{
    (void)context;
    return str_equal(word, "true");
}

/* One key under one operator, with the operator's prefix and suffix read. */
static bool condition_holds(const struct policy_question *q, const char *operation, const char *key,
                            const json_t *wanted)
{
    static const char every[] = "ForAllValues:", some[] = "ForAnyValue:";
    bool known = false, all = str_starts(operation, every), any = str_starts(operation, some);
    const json_t *list = NULL;
    struct compared value = {condition_value(q, key, &known, &list), q};
    operation += all ? strlen(every) : any ? strlen(some) : 0;
    if (str_equal(operation, "Null")) {
        bool absent = value.value == NULL && json_array_size(list) == 0;
        return known && absent == any_of(wanted, is_true, NULL);
    }
    size_t length = strlen(operation);
    bool if_exists = str_ends(operation, "IfExists");
    length -= if_exists ? strlen("IfExists") : 0;
    if (!known) {
        return false;
    }
    if (value.value == NULL && if_exists) {
        return true;
    }
    if ((!all && !any) || value.value != NULL) {
        return operator_holds(operation, length, &value, wanted);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        value.value = json_string_value(json_array_get(list, i));
        if (operator_holds(operation, length, &value, wanted) == any) {
            return any;
        }
    }
    return all;
}

/* All conditions hold. A key or operator that is not modelled makes the statement silent. */
static bool conditions_hold(const json_t *conditions, const struct policy_question *q)
{
    const char *operator= NULL;
    json_t *keys = NULL;
    json_object_foreach((json_t *)(uintptr_t)conditions, operator, keys)
    {
        const char *key = NULL;
        json_t *wanted = NULL;
        json_object_foreach(keys, key, wanted)
        {
            if (!condition_holds(q, operator, key, wanted)) {
                return false;
            }
        }
    }
    return true;
}

/* A trust policy has no Resource: it speaks of the role it hangs on. */
static bool resource_fits(const json_t *statement, const struct policy_question *q)
{
    const json_t *resource = json_object_get(statement, "Resource");
    const json_t *not_resource = json_object_get(statement, "NotResource");
    struct compared value = {q->resource != NULL ? q->resource : "*", q};
    return (resource == NULL || any_of(resource, like, &value)) &&
           (not_resource == NULL || !any_of(not_resource, like, &value));
}

static bool statement_speaks(const json_t *statement, const struct policy_question *q)
{
    const json_t *action = json_object_get(statement, "Action");
    const json_t *not_action = json_object_get(statement, "NotAction");
    bool fits = action != NULL ? any_of(action, action_fits, q->action)
                               : not_action != NULL && !any_of(not_action, action_fits, q->action);
    return fits && resource_fits(statement, q) &&
           conditions_hold(json_object_get(statement, "Condition"), q);
}

static const json_t *statement_at(const json_t *document, size_t index)
{
    const json_t *all = json_object_get(document, "Statement");
    if (json_is_object(all)) {
        return index == 0 ? all : NULL;
    }
    return json_array_get(all, index);
}

static enum policy_word combine(enum policy_word so_far, const json_t *statement)
{
    if (str_equal(jx_str(statement, "Effect"), "Deny")) {
        return POLICY_DENY;
    }
    return so_far == POLICY_DENY ? so_far : POLICY_ALLOW;
}

enum policy_word policy_ask(const json_t *document, const struct policy_question *question)
{
    enum policy_word word = POLICY_SILENT;
    const json_t *statement = NULL;
    for (size_t i = 0; (statement = statement_at(document, i)) != NULL; i++) {
        if (statement_speaks(statement, question)) {
            word = combine(word, statement);
        }
    }
    return word;
}

struct trust_question {
    const char *account, *arn;
};

static bool trusts(const char *word, const void *context)
{
    const struct trust_question *t = context;
    size_t length = strlen(word);
    if (str_equal(word, "*") || str_equal(word, t->account) || str_equal(word, t->arn)) {
        return true;
    }
    const char *account = strstr(word, ":iam::");
    return account != NULL && length > 5 && str_ends(word, ":root") &&
           strncmp(account + 6, t->account, 12) == 0;
}

/* An exception spares a principal only when it names its account as well. */
static bool speaks_of(const json_t *statement, const struct trust_question *trust)
{
    const json_t *excepted = json_object_get(statement, "NotPrincipal");
    const json_t *principal = excepted != NULL ? excepted : json_object_get(statement, "Principal");
    const json_t *aws = json_is_object(principal) ? json_object_get(principal, "AWS") : principal;
    if (excepted == NULL) {
        return any_of(aws, trusts, trust);
    }
    struct trust_question account = {trust->account, ""}, arn = {"", trust->arn};
    return !(any_of(aws, trusts, &account) && any_of(aws, trusts, &arn));
}

enum policy_word policy_trusts(const json_t *document, const struct policy_question *question,
                               const char *caller_account)
{
    struct trust_question trust = {caller_account, question->principal_arn};
    enum policy_word word = POLICY_SILENT;
    const json_t *statement = NULL;
    for (size_t i = 0; (statement = statement_at(document, i)) != NULL; i++) {
        if (speaks_of(statement, &trust) && statement_speaks(statement, question)) {
            word = combine(word, statement);
        }
    }
    return word;
}

int policy_check(const json_t *document, char *why, size_t size)
{
    const json_t *statement = statement_at(document, 0);
    if (!json_is_object(document) || statement == NULL) {
        snprintf(why, size, "Syntax errors in policy.");
        return -1;
    }
    for (size_t i = 0; (statement = statement_at(document, i)) != NULL; i++) {
        const char *effect = jx_str(statement, "Effect");
        bool action = json_object_get(statement, "Action") != NULL ||
                      json_object_get(statement, "NotAction") != NULL;
        bool resource = json_object_get(statement, "Resource") != NULL ||
                        json_object_get(statement, "NotResource") != NULL;
        if ((!str_equal(effect, "Allow") && !str_equal(effect, "Deny")) || !action || !resource) {
            snprintf(why, size, "Syntax errors in policy.");
            return -1;
        }
    }
    return 0;
}

/* --- what binds a caller --- */

void policy_cache_forget(struct sim *sim)
{
    if (sim->policy_cache != NULL && map_count(sim->policy_cache) > 0) {
        map_free(sim->policy_cache);
        sim->policy_cache = NULL;
    }
}

static void drop(void *json)
{
    json_decref(json);
}

/* The account's service control policies, parsed; borrowed. Cached until something may have changed
 * them. */
static const json_t *control_policies(struct sim *sim, const char *account)
{
    if (sim->policy_cache == NULL) {
        sim->policy_cache = map_new(drop);
    }
    json_t *parsed = map_get(sim->policy_cache, account);
    if (parsed != NULL) {
        return parsed;
    }
    parsed = json_array();
    json_t *policies = sim_org_scps(sim, account);
    for (size_t i = 0; i < json_array_size(policies); i++) {
        const json_t *content = json_object_get(json_array_get(policies, i), "Content");
        const char *problem = NULL;
        json_t *document = json_is_string(content) ? jx_parse(json_string_value(content),
                                                              json_string_length(content), &problem)
                                                   : json_deep_copy(content);
        if (document != NULL) {
            json_array_append_new(parsed, document);
        }
    }
    json_decref(policies);
    map_set(sim->policy_cache, account, parsed);
    return parsed;
}

static enum policy_word ask_controls(struct sim *sim, const struct policy_question *q)
{
    const json_t *policies = control_policies(sim, q->account);
    enum policy_word word = json_array_size(policies) == 0 ? POLICY_ALLOW : POLICY_SILENT;
    for (size_t i = 0; i < json_array_size(policies); i++) {
        enum policy_word each = policy_ask(json_array_get(policies, i), q);
        if (each == POLICY_DENY) {
            return POLICY_DENY;
        }
        word = each == POLICY_ALLOW ? POLICY_ALLOW : word;
    }
    return word;
}

enum policy_word policy_ask_controls(struct sim *sim, const struct policy_question *question)
{
    return str_equal(question->account, sim->management_account) ? POLICY_ALLOW
                                                                 : ask_controls(sim, question);
}

static bool refuse(const struct principal *who, const struct policy_question *q, const char *reason,
                   char *why, size_t size)
{
    snprintf(why, size, "User: %s is not authorized to perform: %s on resource: %s %s", who->arn,
             q->action, q->resource, reason);
    return false;
}

static bool allows_action(struct sim *sim, const struct policy_question *q,
                          const struct principal *who, char *why, size_t size)
{
    char reason[256];
    if (!str_equal(q->account, sim->management_account)) {
        enum policy_word word = ask_controls(sim, q);
        if (word == POLICY_DENY) {
            return refuse(who, q, "with an explicit deny in a service control policy", why, size);
        }
        if (word == POLICY_SILENT) {
            snprintf(reason, sizeof reason,
                     "because no service control policy allows the %s action", q->action);
            return refuse(who, q, reason, why, size);
        }
    }
    const struct {
        const json_t *document;
        const char *kind;
    } limits[] = {{who->session_policy, "session"}, {who->policy, "identity-based"}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].document == NULL) {
            continue;
        }
        enum policy_word word = policy_ask(limits[i].document, q);
        if (word == POLICY_ALLOW) {
            continue;
        }
        if (word == POLICY_DENY) {
            snprintf(reason, sizeof reason, "with an explicit deny in %s %s policy",
                     i == 0 ? "a" : "an", limits[i].kind);
        } else {
            snprintf(reason, sizeof reason, "because no %s policy allows the %s action",
                     limits[i].kind, q->action);
        }
        return refuse(who, q, reason, why, size);
    }
    return true;
}

static bool policy_allows_action(struct sim *sim, const char *action, const char *region,
                                 const struct principal *who, const json_t *in, char *why,
                                 size_t size)
{
    json_t *context = policy_context(sim, in);
    json_t *resources = policy_resources(sim, action, in, region, who->account);
    bool allowed = true;
    for (size_t i = 0; i < json_array_size(resources) && allowed; i++) {
        struct policy_question q = {.action = action,
                                    .region = region,
                                    .principal_arn = who->role_arn,
                                    .account = who->account,
                                    .organization = jx_str(sim->world, "organization.id"),
                                    .resource = json_string_value(json_array_get(resources, i)),
                                    .context = context};
        policy_context_of(sim, context, q.resource, who->account);
        allowed = allows_action(sim, &q, who, why, size);
    }
    json_decref(resources);
    json_decref(context);
    return allowed;
}

bool policy_allows(struct sim *sim, const struct op *op, const char *region,
                   const struct principal *who, const json_t *in, char *why, size_t size)
{
    char action[128];
    if (op->iam == IAM_FREE) {
        return true;
    }
    for (unsigned k = 0; op_iam_action(op, k, NULL, action, sizeof action); k++) {
        if (!policy_allows_action(sim, action, region, who, in, why, size)) {
            return false;
        }
    }
    return true;
}

bool sim_may(const struct sim_call *call, const char *action, const json_t *in, char *why,
             size_t size)
{
    return call->who == NULL ||
           policy_allows_action(call->sim, action, call->region, call->who, in, why, size);
}

void access_denied(const struct service_info *info, int *status, const char **code)
{
    switch (info->protocol) {
    case PROTOCOL_JSON_1_0:
    case PROTOCOL_JSON_1_1:
        *status = 400;
        *code = "AccessDeniedException";
        return;
    case PROTOCOL_REST_JSON:
        *status = 403;
        *code = "AccessDeniedException";
        return;
    case PROTOCOL_EC2:
        *status = 403;
        *code = "UnauthorizedOperation";
        return;
    case PROTOCOL_QUERY:
    case PROTOCOL_REST_XML:
        *status = 403;
        *code = "AccessDenied";
        return;
    }
}
