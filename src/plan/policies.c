/* Policies as they should be: what is there stays, what is missing is added. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "inventory/subjects.h"
#include "remedy.h"

#define POLICY_BYTES_MAX ((size_t)1024 * 1024)

struct policy_frame making_frame(const struct making *m)
{
    struct policy_frame frame = *subjects_frame(m->subjects);
    frame.partition = m->partition;
    frame.management_account = m->management;
    frame.organization_id = m->organization_id;
    return frame;
}

static char *dump(const json_t *policy)
{
    return json_dumps(policy, JSON_COMPACT);
}

static json_t *policy_of(json_t *take_statements)
{
    return json_pack("{s:s,s:o}", "Version", "2012-10-17", "Statement", take_statements);
}

/* The policy in `text` with its statements as a list; an empty one when there is none. Yours. */
static json_t *policy_read(const char *text)
{
    const char *problem = NULL;
    json_t *policy = text != NULL ? jx_parse(text, strlen(text), &problem) : NULL;
    json_t *statements = json_object_get(policy, "Statement");
    if (json_is_object(statements)) {
        (void)json_object_set_new(policy, "Statement", json_pack("[O]", statements));
    } else if (!json_is_array(statements)) {
        json_decref(policy);
        policy = policy_of(json_array());
    }
    return policy;
}

static json_t *statements_of(json_t *policy)
{
    return json_object_get(policy, "Statement");
}

/* A policy of one statement as text; yours. */
static char *alone(const json_t *statement)
{
    json_t *policy = policy_of(json_pack("[o]", json_deep_copy(statement)));
    char *text = dump(policy);
    json_decref(policy);
    return text;
}

static bool has_statement(const json_t *statements, const json_t *wanted)
{
    char *text = alone(wanted);
    bool has = false;
    for (size_t i = 0; i < json_array_size(statements) && !has; i++) {
        char *other = alone(json_array_get(statements, i));
        has = policy_equal(text, other);
        free(other);
    }
    free(text);
    return has;
}

/* A Sid names a statement once: ours replaces an outdated one of the same name. */
static void put_statement(json_t *statements, json_t *take_statement)
{
    const char *sid = jx_str(take_statement, "Sid");
    for (size_t i = json_array_size(statements); sid != NULL && i-- > 0;) {
        if (str_equal(jx_str(json_array_get(statements, i), "Sid"), sid)) {
            (void)json_array_remove(statements, i);
        }
    }
    if (!has_statement(statements, take_statement)) {
        (void)json_array_append(statements, take_statement);
    }
    json_decref(take_statement);
}

/* --- keys --- */

static json_t *management_statement(const struct making *m)
{
    char *root = xasprintf("arn:%s:iam::%s:root", m->partition, m->management);
    json_t *statement =
        json_pack("{s:s,s:s,s:{s:s},s:s,s:s}", "Sid", "ManagementAccount", "Effect", "Allow",
                  "Principal", "AWS", root, "Action", "kms:*", "Resource", "*");
    free(root);
    return statement;
}

static json_t *organization_statement(const struct making *m)
{
    return json_pack("{s:s,s:s,s:s,s:[s,s,s,s,s,s,s,s,s],s:s,s:{s:{s:s}}}", "Sid",
                     "OrganizationBackup", "Effect", "Allow", "Principal", "*", "Action",
                     "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt",
                     "kms:ReEncrypt*", "kms:GetKeyPolicy", "kms:CreateGrant", "kms:ListGrants",
                     "kms:RevokeGrant", "Resource", "*", "Condition", "StringEquals",
                     "aws:PrincipalOrgID", m->organization_id);
}

static json_t *describe_key(const struct making *m, const json_t *policy)
{
    struct policy_frame frame = making_frame(m);
    char *text = dump(policy);
    json_t *described = key_policy_describe(text, &frame);
    free(text);
    return described;
}

int key_policy_narrowed(struct making *m, const char *policy)
{
    struct policy_frame frame = making_frame(m);
    json_t *described = key_policy_describe(policy, &frame);
    const char *first = json_string_value(json_array_get(jx_get(described, "narrowed"), 0));
    int rc = 0;
    if (first != NULL && jx_count(described, "missing_actions") > 0) {
        rc = making_cannot(m,
                           "%s of the key's policy is for a part of the organization only: "
                           "extend it by hand if this is not intended",
                           first);
    }
    json_decref(described);
    return rc;
}

char *key_policy_wanted(const struct making *m, const char *existing, const char *arn)
{
    /* Replicas have another ARN: what the policy says of its own key is "*" in all of them. */
    char *plain = existing != NULL ? key_policy_plain(existing, arn) : NULL;
    json_t *policy = policy_read(plain);
    free(plain);
    json_t *described = describe_key(m, policy);
    const json_t *further = jx_get(m->config, "key.policy_statements");
    if (!jx_bool(described, "management_root")) {
        put_statement(statements_of(policy), management_statement(m));
    }
    if (jx_count(described, "missing_actions") > 0 && jx_count(described, "narrowed") == 0) {
        put_statement(statements_of(policy), organization_statement(m));
    }
    for (size_t i = 0; i < json_array_size(further); i++) {
        put_statement(statements_of(policy), json_deep_copy(json_array_get(further, i)));
    }
    char *text = dump(policy);
    json_decref(described);
    json_decref(policy);
    return text;
}

/* Does one statement let in somebody who is not of the organization? */
static bool lets_in_strangers(struct making *m, const json_t *statement)
{
    struct policy_frame frame = making_frame(m);
    char *text = alone(statement);
    json_t *described = key_policy_describe(text, &frame);
    bool strangers = jx_bool(described, "unconditional_star") ||
                     jx_count(described, "foreign_accounts") > 0 ||
                     jx_count(described, "foreign_orgs") > 0;
    json_decref(described);
    free(text);
    return strangers;
}

int policy_unite(struct making *m, const char *policy_text, const char *other, char **out)
{
    json_t *policy = policy_read(policy_text);
    json_t *more = policy_read(other);
    int strangers = 0;
    for (size_t i = 0; i < json_array_size(statements_of(more)); i++) {
        json_t *statement = json_array_get(statements_of(more), i);
        if (has_statement(statements_of(policy), statement)) {
            continue;
        }
        if (lets_in_strangers(m, statement)) {
            strangers++;
            continue;
        }
        /* Two owners may have used one Sid for two things; a policy may not. */
        json_t *copy = json_deep_copy(statement);
        (void)json_object_del(copy, "Sid");
        (void)json_array_append_new(statements_of(policy), copy);
    }
    *out = dump(policy);
    json_decref(policy);
    json_decref(more);
    return strangers;
}

/* --- central vaults --- */

static bool vault_statement_is_open(const struct policy_frame *frame, const json_t *statement)
{
    char *text = alone(statement);
    json_t *described = vault_policy_describe(text, frame);
    bool is_open = jx_bool(described, "open_to_all") || jx_count(described, "foreign_orgs") > 0 ||
                   jx_count(described, "foreign_accounts") > 0 ||
                   jx_count(described, "foreign_services") > 0;
    json_decref(described);
    free(text);
    return is_open;
}

static json_t *copy_statement(const struct making *m)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:{s:s}}}", "Sid", "OrganizationCopies", "Effect",
                     "Allow", "Principal", "*", "Action", "backup:CopyIntoBackupVault", "Resource",
                     "*", "Condition", "StringEquals", "aws:PrincipalOrgID", m->organization_id);
}

char *vault_policy_wanted(struct making *m, const char *existing, const char *arn)
{
    struct policy_frame frame = making_frame(m);
    frame.resource = arn;
    json_t *policy = policy_read(existing);
    json_t *statements = statements_of(policy);
    for (size_t i = json_array_size(statements); i-- > 0;) {
        if (vault_statement_is_open(&frame, json_array_get(statements, i))) {
            (void)json_array_remove(statements, i);
        }
    }
    char *text = dump(policy);
    json_t *described = vault_policy_describe(text, &frame);
    if (!jx_bool(described, "allows_org_copy")) {
        put_statement(statements, copy_statement(m));
    }
    json_decref(described);
    free(text);
    text = dump(policy);
    json_decref(policy);
    return text;
}
