/* Organizations: what policy documents may say, and which effective policies are invalid. */
#include "services/organizations/organizations.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

#define STEPS_MAX 32
#define DEPTH_MAX 40

size_t org_policy_content_limit(const char *type)
{
    static const struct {
        const char *type;
        size_t limit;
    } limits[] = {{"SERVICE_CONTROL_POLICY", 10240},
                  {"RESOURCE_CONTROL_POLICY", 5120},
                  {"AISERVICES_OPT_OUT_POLICY", 2500},
                  {"UPGRADE_ROLLOUT_POLICY", 5120}};

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (str_equal(type, limits[i].type)) {
            return limits[i].limit;
        }
    }
    return 10000;
}

/* --- permission policies --- */

static bool string_or_strings(const json_t *value)
{
    if (json_is_string(value)) {
        return true;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i))) {
            return false;
        }
    }
    return json_array_size(value) > 0;
}

static bool known_member(const char *key, const char *const *known)
{
    for (size_t i = 0; known[i] != NULL; i++) {
        if (str_equal(known[i], key)) {
            return true;
        }
    }
    return false;
}

static const char *statement_problem(json_t *statement, bool resource)
{
    static const char *const known[] = {"Sid",       "Effect",      "Action",
                                        "NotAction", "Resource",    "Condition",
                                        "Principal", "NotResource", NULL};
    const json_t *action = json_object_get(statement, "Action");
    const json_t *other = json_object_get(statement, "NotAction");
    const char *effect = jx_str(statement, "Effect"), *key;
    json_t *value;

    json_object_foreach(statement, key, value)
    {
        if (!known_member(key, known)) {
            return "The provided policy document does not meet the requirements of the specified "
                   "policy type: unknown statement element.";
        }
    }
    if (!str_equal(effect, "Allow") && !str_equal(effect, "Deny")) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: Effect must be Allow or Deny.";
    }
    if ((action == NULL) == (other == NULL) ||
        !string_or_strings(action != NULL ? action : other)) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: a statement needs Action or NotAction.";
    }
    if (!resource == (json_object_get(statement, "Principal") != NULL)) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: Principal belongs in resource control policies only.";
    }
    if (json_object_get(statement, "Resource") == NULL &&
        json_object_get(statement, "NotResource") == NULL) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: a statement needs Resource.";
    }
    return NULL;
}

static const char *permission_problem(json_t *document, bool resource)
{
    json_t *statements = json_object_get(document, "Statement");
    const char *problem = NULL;

    if (!str_equal(jx_str(document, "Version"), "2012-10-17")) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: Version must be 2012-10-17.";
    }
    if (json_is_object(statements)) {
        return statement_problem(statements, resource);
    }
    if (json_array_size(statements) == 0) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: Statement is missing.";
    }
    for (size_t i = 0; i < json_array_size(statements) && problem == NULL; i++) {
        problem = statement_problem(json_array_get(statements, i), resource);
    }
    return problem;
}

/* --- management policies: objects of names down to objects of operators --- */

#define OPERATORS_ALLOWED "@@operators_allowed_for_child_policies"

static bool operator_known(const char *key)
{
    static const char *const operators[] = {"@@assign",        "@@append",       "@@remove",
                                            OPERATORS_ALLOWED, "@@enforced_for", NULL};

    return known_member(key, operators);
}

static const char *operators_problem(json_t *node, unsigned depth)
{
    const char *key, *problem = NULL;
    json_t *value;

    if (depth > DEPTH_MAX) {
        return "The provided policy document is nested too deeply.";
    }
    if (!json_is_object(node)) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: a value must stand behind an operator such as @@assign.";
    }
    json_object_foreach(node, key, value)
    {
        if (!str_starts(key, "@@")) {
            problem = operators_problem(value, depth + 1);
        } else if (!operator_known(key)) {
            problem =
                "The provided policy document does not meet the requirements of the specified "
                "policy type: unknown operator.";
        } else if (json_is_object(value)) {
            problem =
                "The provided policy document does not meet the requirements of the specified "
                "policy type: an operator holds a string or a list.";
        }
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

/* What may stand where in a backup policy; "*" is any name, "**" anything from here on. */
static const char *const backup_paths[] = {
    "plans",
    "plans/*",
    "plans/*/regions",
    "plans/*/rules",
    "plans/*/rules/*",
    "plans/*/rules/*/schedule_expression",
    "plans/*/rules/*/schedule_expression_timezone",
    "plans/*/rules/*/start_backup_window_minutes",
    "plans/*/rules/*/complete_backup_window_minutes",
    "plans/*/rules/*/enable_continuous_backup",
    "plans/*/rules/*/target_backup_vault_name",
    "plans/*/rules/*/target_logically_air_gapped_backup_vault_arn",
    "plans/*/rules/*/lifecycle",
    "plans/*/rules/*/lifecycle/move_to_cold_storage_after_days",
    "plans/*/rules/*/lifecycle/delete_after_days",
    "plans/*/rules/*/lifecycle/opt_in_to_archive_for_supported_resources",
    "plans/*/rules/*/copy_actions",
    "plans/*/rules/*/copy_actions/*",
    "plans/*/rules/*/copy_actions/*/target_backup_vault_arn",
    "plans/*/rules/*/copy_actions/*/lifecycle",
    "plans/*/rules/*/copy_actions/*/lifecycle/*",
    "plans/*/rules/*/recovery_point_tags",
    "plans/*/rules/*/recovery_point_tags/**",
    "plans/*/rules/*/index_actions",
    "plans/*/rules/*/index_actions/**",
    "plans/*/rules/*/scan_actions",
    "plans/*/rules/*/scan_actions/**",
    "plans/*/selections",
    "plans/*/selections/tags",
    "plans/*/selections/tags/*",
    "plans/*/selections/tags/*/iam_role_arn",
    "plans/*/selections/tags/*/tag_key",
    "plans/*/selections/tags/*/tag_value",
    "plans/*/selections/tags/*/conditions",
    "plans/*/selections/tags/*/conditions/**",
    "plans/*/selections/resources",
    "plans/*/selections/resources/*",
    "plans/*/selections/resources/*/iam_role_arn",
    "plans/*/selections/resources/*/resource_types",
    "plans/*/selections/resources/*/not_resource_types",
    "plans/*/selections/resources/*/conditions",
    "plans/*/selections/resources/*/conditions/**",
    "plans/*/advanced_backup_settings",
    "plans/*/advanced_backup_settings/**",
    "plans/*/backup_plan_tags",
    "plans/*/backup_plan_tags/**",
    "plans/*/scan_settings",
    "plans/*/scan_settings/**",
    NULL,
};

/* Steps are compared one by one: names in a policy may hold '/' and '*'. */
static bool path_fits(const char *pattern, const char *const *steps, size_t count)
{
    size_t at = 0;

    for (;;) {
        size_t length = strcspn(pattern, "/");

        if (length == 2 && pattern[0] == '*' && pattern[1] == '*') {
            return at < count;
        }
        if (at == count ||
            !((length == 1 && pattern[0] == '*') ||
              (strlen(steps[at]) == length && strncmp(steps[at], pattern, length) == 0))) {
            return false;
        }
        at++;
        if (pattern[length] == '\0') {
            return at == count;
        }
        pattern += length + 1;
    }
}

static const char *backup_problem(json_t *node, const char **steps, size_t count)
{
    const char *key;
    json_t *value;

    if (count == STEPS_MAX) {
        return "The provided policy document is nested too deeply.";
    }
    json_object_foreach(node, key, value)
    {
        bool fits = false;
        const char *problem;

        if (str_starts(key, "@@")) {
            continue;
        }
        steps[count] = key;
        for (size_t i = 0; backup_paths[i] != NULL && !fits; i++) {
            fits = path_fits(backup_paths[i], steps, count + 1);
        }
        if (!fits) {
            return "The provided policy document does not meet the requirements of the specified "
                   "policy type: unknown element.";
        }
        problem = backup_problem(value, steps, count + 1);
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

static const char *tag_problem(json_t *document)
{
    static const char *const known[] = {
        "tag_key", "tag_value", "enforced_for", "report_required_tag_for", OPERATORS_ALLOWED, NULL};
    json_t *tags = json_object_get(document, "tags");
    const char *name, *key;
    json_t *tag, *value;

    if (json_object_size(document) != 1 || !json_is_object(tags)) {
        return "The provided policy document does not meet the requirements of the specified "
               "policy "
               "type: a tag policy holds tags.";
    }
    json_object_foreach(tags, name, tag)
    {
        json_object_foreach(tag, key, value)
        {
            if (!str_starts(name, "@@") && !known_member(key, known)) {
                return "The provided policy document does not meet the requirements of the "
                       "specified "
                       "policy type: unknown element of a tag.";
            }
        }
    }
    return NULL;
}

const char *org_policy_content_problem(const char *type, const char *content)
{
    json_t *document = org_parse(content);
    const char *steps[STEPS_MAX];
    const char *problem = NULL;

    if (!json_is_object(document)) {
        problem = "The provided policy document is not valid JSON.";
    } else if (str_ends(type, "_CONTROL_POLICY")) {
        problem = permission_problem(document, str_equal(type, "RESOURCE_CONTROL_POLICY"));
    } else {
        problem = operators_problem(document, 0);
        if (problem == NULL && str_equal(type, "BACKUP_POLICY")) {
            problem = json_object_get(document, "plans") == NULL
                          ? "The provided policy document does not meet the requirements of the "
                            "specified policy type: a backup policy holds plans."
                          : backup_problem(document, steps, 0);
        } else if (problem == NULL && str_equal(type, "TAG_POLICY")) {
            problem = tag_problem(document);
        }
    }
    json_decref(document);
    return problem;
}

/* --- policies that came out wrong --- */

static json_t *invalid(struct sim_call *call)
{
    return json_object_get(json_object_get(org_state(call->sim), "invalid_effective_policies"),
                           jx_str(call->in, "PolicyType"));
}

int org_list_invalid_accounts(struct sim_call *call)
{
    json_t *rows, *errors;
    const char *id;
    int rc;

    if (org_guard(call) != 0) {
        return -1;
    }
    if (!org_policy_type_enabled(call->sim, jx_str(call->in, "PolicyType"))) {
        return org_refuse(call, "EffectivePolicyNotFoundException",
                          "The effective policy doesn't exist.");
    }
    rows = json_array();
    json_object_foreach(invalid(call), id, errors)
    {
        const json_t *account = sim_org_account(call->sim, id);
        if (account != NULL) {
            json_array_append_new(rows, org_account_out(call->sim, account));
        }
    }
    rc = sim_page(call, rows, 20);
    json_decref(rows);
    json_object_set(call->out, "PolicyType", json_object_get(call->in, "PolicyType"));
    return rc;
}

int org_list_validation_errors(struct sim_call *call)
{
    const char *id = jx_str(call->in, "AccountId"), *type = jx_str(call->in, "PolicyType");
    json_t *rows, *planted;
    struct text path;
    int rc;

    if (org_guard(call) != 0) {
        return -1;
    }
    if (sim_org_account(call->sim, id) == NULL) {
        return org_refuse(call, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    }
    planted = json_object_get(invalid(call), id);
    if (planted == NULL && !org_policy_type_enabled(call->sim, type)) {
        return org_refuse(call, "EffectivePolicyNotFoundException",
                          "The account doesn't have an effective policy of this type.");
    }
    rows = json_is_array(planted) ? json_incref(planted) : json_array();
    rc = sim_page(call, rows, 20);
    json_decref(rows);
    text_init(&path, 4096);
    org_path(call->sim, id, &path);
    jx_set_str(call->out, "AccountId", id);
    jx_set_str(call->out, "PolicyType", type);
    jx_set_str(call->out, "Path", text_str(&path));
    json_object_set_new(call->out, "EvaluationTimestamp", json_real(org_now(call->sim)));
    text_release(&path);
    return rc;
}
