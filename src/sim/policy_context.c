/* What a request is about, in the language of policies: the resources it names and the values of
 * condition keys. Resource types per action are those of AWS's Service Authorization Reference. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws/session_policy.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

/* A member of the input that names resources of these actions. In `arn`: {p} partition, {r} Region,
   {a} the caller's account, {o} "management account:noun/organization", {v} the value. A value that
   is an ARN stands for itself. */
struct naming {
    const char *actions; /* patterns, space separated; the first row that fits a member counts */
    const char *member;
    const char *arn;
    const char *absent; /* what an input without the member is about; NULL: nothing in particular */
};

#define KMS "arn:{p}:kms:{r}:{a}:"
#define BACKUP "arn:{p}:backup:{r}:{a}:"
#define EC2 "arn:{p}:ec2:{r}:{a}:"
#define RDS "arn:{p}:rds:{r}:{a}:"
#define EFS "arn:{p}:elasticfilesystem:{r}:{a}:file-system/"
#define ACCOUNT "arn:{p}:account::{a}:account"
#define IAM_ROLE "arn:{p}:iam::{a}:role/"

static const struct naming namings[] = {
    {"controltower:GetLandingZone controltower:UpdateLandingZone controltower:ResetLandingZone",
     "landingZoneIdentifier", "{v}", NULL},
    {"controltower:GetEnabledBaseline controltower:*ableBaseline controltower:ResetEnabledBaseline "
     "controltower:UpdateEnabledBaseline",
     "enabledBaselineIdentifier", "{v}", NULL},
    {"controltower:GetBaseline", "baselineIdentifier", "{v}", NULL},
    {"controltower:*Tag*", "resourceArn", "{v}", NULL},
    {"kms:*Alias", "AliasName", KMS "{v}", NULL},
    {"kms:*Alias", "TargetKeyId", KMS "key/{v}", NULL},
    {"kms:ListAliases kms:ListKeys kms:CreateKey", "KeyId", NULL, NULL},
    {"kms:*", "KeyId", KMS "key/{v}", KMS "key/*"},
    {"backup:DeleteRecoveryPoint backup:DescribeRecoveryPoint", "RecoveryPointArn", "{v}", NULL},
    {"backup:DeleteRecoveryPoint backup:DescribeRecoveryPoint", "BackupVaultName", NULL, NULL},
    {"backup:*", "BackupVaultName", BACKUP "backup-vault:{v}", NULL},
    {"backup:*", "BackupPlanId", BACKUP "backup-plan:{v}", NULL},
    {"backup:*", "ResourceArn", "{v}", NULL},
    {"sts:AssumeRole", "RoleArn", "{v}", NULL},
    {"ec2:CreateTags ec2:DeleteTags", "ResourceId", EC2 "{v}", NULL},
    {"rds:DescribeDBInstances", "DBInstanceIdentifier", RDS "db:{v}", RDS "db:*"},
    {"rds:DescribeDBClusters", "DBClusterIdentifier", RDS "cluster:{v}", RDS "cluster:*"},
    {"rds:*", "ResourceName", "{v}", NULL},
    {"dynamodb:*", "TableName", "arn:{p}:dynamodb:{r}:{a}:table/{v}", NULL},
    {"dynamodb:*", "ResourceArn", "{v}", NULL},
    {"elasticfilesystem:*", "ResourceId", EFS "{v}", NULL},
    {"elasticfilesystem:*", "FileSystemId", EFS "{v}", EFS "*"},
    {"s3:*", "Bucket", "arn:{p}:s3:::{v}", NULL},
    {"iam:CreateServiceLinkedRole", "AWSServiceName",
     IAM_ROLE "aws-service-role/{v}/AWSServiceRoleForBackup", NULL},
    {"account:*", "AccountId", ACCOUNT "/{i}/{v}", ACCOUNT},
    {"iam:*", "RoleName", IAM_ROLE "{v}", NULL},
    {"organizations:PutResourcePolicy", "Content", "{o}resourcepolicy/{i}/rp-", NULL},
    {"organizations:CreatePolicy", "Type", "{o}policy/{i}/{l}/p-", NULL},
    {"iam:SimulatePrincipalPolicy", "PolicySourceArn", "{v}", NULL},
};

/* Organizations: the first letters of these members' values tell their type. */
static const char *const places[] = {
    "AccountId", "ChildId",  "DestinationParentId", "ParentId", "PolicyId", "ResourceId",
    "RootId",    "TargetId", "SourceParentId",      NULL};
static const struct {
    const char *prefix, *noun;
} nouns[] = {{"r-", "root"}, {"ou-", "ou"}, {"", "account"}};

static bool fits(const char *patterns, const char *action)
{
    for (const char *at = patterns; *at != '\0';) {
        char pattern[96];
        size_t length = strcspn(at, " ");
        (void)snprintf(pattern, sizeof pattern, "%.*s", (int)length, at);
        if (policy_action_matches(pattern, action)) {
            return true;
        }
        at += length;
        at += strspn(at, " ");
    }
    return false;
}

struct asked {
    struct sim *sim;
    const char *action, *region, *account;
    const json_t *in;
    json_t *resources;
};

static void add_lower(struct text *out, const char *s)
{
    for (; *s != '\0'; s++) {
        text_addc(out, (char)tolower((unsigned char)*s));
    }
}

static void add_place(struct text *out, char letter, const struct asked *a, const char *value)
{
    switch (letter) {
    case 'p':
        text_add(out, a->sim->partition);
        return;
    case 'r':
        text_add(out, a->region);
        return;
    case 'a':
        text_add(out, a->account);
        return;
    case 'o':
        text_addf(out, "arn:%s:organizations::%s:", a->sim->partition, a->sim->management_account);
        return;
    case 'i':
        text_add(out, jx_str_or(a->sim->world, "organization.id", ""));
        return;
    case 'l':
        add_lower(out, value);
        return;
    default:
        text_add(out, value);
    }
}

static void add_resource(const struct asked *a, const char *pattern, const char *value)
{
    struct text arn;
    text_init(&arn, 4096);
    if (str_starts(value, "arn:")) {
        text_add(&arn, value);
    } else {
        for (const char *at = pattern; *at != '\0';) {
            if (at[0] == '{' && at[1] != '\0' && at[2] == '}') {
                add_place(&arn, at[1], a, value);
                at += 3;
            } else {
                text_addc(&arn, *at++);
            }
        }
    }
    json_array_append_new(a->resources, jx_string(text_str(&arn), arn.length));
    text_release(&arn);
}

/* The ARN that a key's alias stands for, an instance's or volume's noun, a role's path: what the
   value alone does not tell. */
static void add_named(const struct asked *a, const struct naming *n, const char *value)
{
    char full[256];
    if (str_equal(n->member, "KeyId") && strstr(value, "alias/") != NULL) {
        const json_t *state = sim_state_peek(a->sim, SVC_KMS, a->account, a->region);
        const json_t *alias =
            json_object_get(json_object_get(state, "aliases"), strstr(value, "alias/"));
        add_resource(a, n->arn, jx_str_or(alias, "TargetKeyId", "unknown"));
        return;
    }
    if (str_equal(n->member, "ResourceId") && strstr(n->arn, ":ec2:") != NULL &&
        !str_starts(value, "arn:")) {
        (void)snprintf(full, sizeof full, "%s/%s",
                       str_starts(value, "vol-") ? "volume"
                       : str_starts(value, "i-") ? "instance"
                                                 : "other",
                       value);
        value = full;
    }
    if (str_equal(n->member, "RoleName")) {
        value = jx_str_or(sim_iam_role(a->sim, a->account, value), "Arn", value);
    }
    add_resource(a, n->arn, value);
}

static void add_values(const struct asked *a, const struct naming *n, const json_t *value)
{
    if (json_is_string(value)) {
        add_named(a, n, json_string_value(value));
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *each = json_string_value(json_array_get(value, i));
        if (each != NULL) {
            add_named(a, n, each);
        }
    }
}

static void add_namings(const struct asked *a)
{
    const char *done[4] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < sizeof namings / sizeof *namings; i++) {
        const struct naming *n = &namings[i];
        bool seen = false;
        for (size_t k = 0; k < count; k++) {
            seen = seen || str_equal(done[k], n->member);
        }
        if (seen || !fits(n->actions, a->action)) {
            continue;
        }
        if (count < sizeof done / sizeof *done) {
            done[count++] = n->member;
        }
        const json_t *value = json_object_get(a->in, n->member);
        if (n->arn != NULL && value != NULL) {
            add_values(a, n, value);
        } else if (n->absent != NULL && value == NULL && json_array_size(a->resources) == 0) {
            add_resource(a, n->absent, "");
        }
    }
}

static const json_t *policy_of(struct sim *sim, const char *id)
{
    const json_t *state = sim_state_peek(sim, SVC_ORGANIZATIONS, sim->management_account, "");
    return json_object_get(json_object_get(state, "policies"), id);
}

static void add_places(const struct asked *a)
{
    for (size_t i = 0; places[i] != NULL; i++) {
        const char *value = jx_str(a->in, places[i]);
        if (value == NULL) {
            continue;
        }
        if (str_starts(value, "p-")) {
            add_resource(a, "{o}policy/{i}/unknown/{v}",
                         jx_str_or(policy_of(a->sim, value), "Arn", value));
            continue;
        }
        size_t k = 0;
        while (!str_starts(value, nouns[k].prefix)) {
            k++;
        }
        char pattern[64];
        (void)snprintf(pattern, sizeof pattern, "{o}%s/{i}/{v}", nouns[k].noun);
        add_resource(a, pattern, value);
    }
}

json_t *policy_resources(struct sim *sim, const char *action, const json_t *in, const char *region,
                         const char *account)
{
    struct asked a = {sim, action, region, account, in, json_array()};
    add_namings(&a);
    if (str_starts(action, "organizations:")) {
        add_places(&a);
    }
    if (json_array_size(a.resources) == 0) {
        (void)json_array_append_new(a.resources, json_string("*"));
    }
    return a.resources;
}

/* --- condition keys --- */

static void set_text(json_t *context, const char *key, const json_t *value)
{
    if (json_is_string(value)) {
        (void)json_object_set_new(context, key, json_string(json_string_value(value)));
    } else if (json_is_boolean(value)) {
        (void)json_object_set_new(context, key,
                                  json_string(json_is_true(value) ? "true" : "false"));
    }
}

/* Keys of {"k": "v"}, of [{"Key": "k"}], [{"TagKey": "k"}], and of ["k"]. */
static void add_tag_keys(json_t *keys, const json_t *tags)
{
    json_t *members = (json_t *)(uintptr_t)tags;
    for (void *it = json_object_iter(members); it != NULL;
         it = json_object_iter_next(members, it)) {
        (void)json_array_append_new(keys, json_string(json_object_iter_key(it)));
    }
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        const char *key = json_is_string(tag) ? json_string_value(tag)
                                              : jx_str_or(tag, "Key", jx_str(tag, "TagKey"));
        if (key != NULL) {
            (void)json_array_append_new(keys, json_string(key));
        }
    }
}

json_t *policy_context(struct sim *sim, const json_t *in)
{
    static const struct {
        const char *member, *key;
    } plain[] = {{"ServicePrincipal", "organizations:serviceprincipal"},
                 {"PolicyType", "organizations:policytype"},
                 {"Filter", "organizations:policytype"},
                 {"Type", "organizations:policytype"},
                 {"MultiRegion", "kms:multiregion"},
                 {"AWSServiceName", "iam:awsservicename"}};
    static const char *const tags[] = {"Tags", "Tag", "TagKeys", "tags", "tagKeys", "TagKeyList"};
    json_t *context = json_object(), *keys = json_array();
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        set_text(context, plain[i].key, json_object_get(in, plain[i].member));
    }
    const char *policy = jx_str(in, "PolicyId");
    if (policy != NULL) {
        set_text(context, "organizations:policytype",
                 json_object_get(policy_of(sim, policy), "Type"));
    }
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        add_tag_keys(keys, json_object_get(in, tags[i]));
    }
    (void)json_object_set_new(context, "aws:tagkeys", keys);
    return context;
}

void policy_context_of(struct sim *sim, json_t *context, const char *resource, const char *caller)
{
    char account[13] = "";
    const char *at = resource;
    for (int colons = 0; colons < 4 && at != NULL; colons++) {
        at = strchr(at, ':');
        at = at != NULL ? at + 1 : NULL;
    }
    (void)snprintf(account, sizeof account, "%.12s", at != NULL ? at : "");
    const char *owner = str_is_account_id(account) ? account : caller;
    bool member = str_equal(owner, sim->management_account) || sim_org_account(sim, owner) != NULL;
    (void)json_object_set_new(context, "aws:resourceaccount", json_string(owner));
    (void)json_object_del(context, "aws:resourceorgid");
    if (member) {
        set_text(context, "aws:resourceorgid", jx_get(sim->world, "organization.id"));
    }
}
