/* A CloudFormation template: a role, who may assume it, and its policies. */
#include <stdint.h>
#include <string.h>

#include "aws/iam_policy.h"

/* --- policies as YAML --- */

/* CloudFormation substitutes its own parameters; variables of IAM are escaped. */
static void add_substituted(struct text *out, const char *s)
{
    text_add(out, "!Sub \"");
    while (*s != '\0') {
        if (strncmp(s, "${aws:", 6) == 0) {
            text_add(out, "${!aws:");
            s += 6;
        } else {
            text_addc(out, *s++);
        }
    }
    text_addc(out, '"');
}

/* Our strings hold neither quotes nor backslashes. */
static void add_string(struct text *out, const char *s)
{
    if (strstr(s, "${AWS::") != NULL || strstr(s, "${MemberRoleName}") != NULL) {
        add_substituted(out, s);
    } else {
        text_addf(out, "\"%s\"", s);
    }
}

static void add_members(struct text *out, const json_t *object, int indent, bool inside);

/* What follows "key:". */
static void add_value(struct text *out, const json_t *value, int indent)
{
    if (json_is_string(value)) {
        text_addc(out, ' ');
        add_string(out, json_string_value(value));
        text_addc(out, '\n');
        return;
    }
    text_addc(out, '\n');
    if (json_is_object(value)) {
        add_members(out, value, indent, false);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *element = json_array_get(value, i);
        text_addf(out, "%*s-", indent, "");
        if (json_is_object(element)) {
            text_addc(out, ' ');
            add_members(out, element, indent + 2, true);
        } else {
            add_value(out, element, indent + 2);
        }
    }
}

/* `inside`: the first member continues a line. */
static void add_members(struct text *out, const json_t *object, int indent, bool inside)
{
    json_t *members = (json_t *)(uintptr_t)object, *value = NULL;
    const char *key = NULL;
    json_object_foreach(members, key, value)
    {
        text_addf(out, "%*s%s:", inside ? 0 : indent, "", key);
        add_value(out, value, indent + 2);
        inside = false;
    }
}

/* --- the templates --- */

struct words {                  /* what differs between the two templates */
    const char *role_parameter; /* contains the name of the role */
    const char *description;    /* contains the command once */
    const char *parameters;     /* contains the command twice */
    const char *trust;
};

static const struct words kinds[] = {
    [IAM_TEMPLATE_MANAGEMENT] =
        {"ManagementRoleName", "Management account: the role that runs towerkeep %s.",
         "  ManagementRoleName:\n    Type: String\n    Default: towerkeep-%s\n    Description: "
         "Name of the role that this template creates.\n  MemberRoleName:\n    Type: String\n    "
         "Default: towerkeep-%s\n    Description: Name of the role that the StackSet creates in "
         "member accounts (--role).\n  TrustedPrincipalArn:\n    Type: String\n    AllowedPattern: "
         "\"arn:[a-z-]+:iam::[0-9]{12}:(root|role/.+|user/.+)\"\n    Description: ARN of the "
         "principal in this account that may assume this role.\n",
         "        Version: \"2012-10-17\"\n"
         "        Statement:\n"
         "          - Effect: Allow\n"
         "            Principal:\n"
         "              AWS: !Ref TrustedPrincipalArn\n"
         "            Action: \"sts:AssumeRole\"\n"
         "            Condition:\n"
         "              StringEquals:\n"
         "                aws:PrincipalAccount: !Ref \"AWS::AccountId\"\n"},
    [IAM_TEMPLATE_MEMBER] =
        {"MemberRoleName", "Member accounts (StackSet): the role that towerkeep %s assumes there.",
         "  MemberRoleName:\n    Type: String\n    Default: towerkeep-%s\n    Description: Name of "
         "the role that this template creates (--role).\n  ManagementRoleName:\n    Type: String\n "
         "   Default: towerkeep-%s\n    Description: Name of the role in the management account "
         "that may assume this role.\n  ManagementAccountId:\n    Type: String\n    "
         "AllowedPattern: \"[0-9]{12}\"\n  OrganizationId:\n    Type: String\n    AllowedPattern: "
         "\"o-[a-z0-9]{10,32}\"\n",
         "        Version: \"2012-10-17\"\n"
         "        Statement:\n"
         "          - Effect: Allow\n"
         "            Principal:\n"
         "              AWS: !Sub \"arn:${AWS::Partition}:iam::${ManagementAccountId}:root\"\n"
         "            Action: \"sts:AssumeRole\"\n"
         "            Condition:\n"
         "              StringEquals:\n"
         "                aws:PrincipalOrgID: !Ref OrganizationId\n"
         "              ArnEquals:\n"
         "                aws:PrincipalArn: !Sub "
         "\"arn:${AWS::Partition}:iam::${ManagementAccountId}:role/${ManagementRoleName}\"\n"},
};

/* Replaces each %s with the command. */
static void add_filled(struct text *out, const char *pattern, const char *command)
{
    while (*pattern != '\0') {
        if (strncmp(pattern, "%s", 2) == 0) {
            text_add(out, command);
            pattern += 2;
        } else {
            text_addc(out, *pattern++);
        }
    }
}

static void add_role(struct text *out, const struct words *kind, size_t policies)
{
    text_addf(out,
              "  Role:\n"
              "    Type: AWS::IAM::Role\n"
              "    Properties:\n"
              "      RoleName: !Ref %s\n"
              "      MaxSessionDuration: 3600\n"
              "      AssumeRolePolicyDocument:\n%s"
              "      ManagedPolicyArns:\n",
              kind->role_parameter, kind->trust);
    for (size_t i = 0; i < policies; i++) {
        text_addf(out, "        - !Ref Policy%zu\n", i + 1);
    }
}

void iam_template(const struct iam_use *uses, size_t count, enum iam_template kind,
                  const char *command, const char *fallback_role, struct text *out)
{
    const struct words *w = &kinds[kind];
    const char *roles[] = {"${MemberRoleName}", fallback_role, NULL};
    const struct iam_frame frame = {"${AWS::Partition}", "${AWS::AccountId}", roles};
    json_t *policies = iam_policies(
        uses, count, kind == IAM_TEMPLATE_MANAGEMENT ? IAM_MANAGEMENT : IAM_MEMBER, &frame);
    text_addf(out,
              "# Written by: towerkeep iam-policy %s --role %s --format cloudformation\n"
              "AWSTemplateFormatVersion: \"2010-09-09\"\n"
              "Description: \"",
              command, kind == IAM_TEMPLATE_MANAGEMENT ? "management" : "member");
    add_filled(out, w->description, command);
    text_add(out, "\"\nParameters:\n");
    add_filled(out, w->parameters, command);
    text_add(out, "Resources:\n");
    add_role(out, w, json_array_size(policies));
    for (size_t i = 0; i < json_array_size(policies); i++) {
        text_addf(out,
                  "  Policy%zu:\n"
                  "    Type: AWS::IAM::ManagedPolicy\n"
                  "    Properties:\n"
                  "      Description: \"towerkeep %s, part %zu\"\n"
                  "      PolicyDocument:\n",
                  i + 1, command, i + 1);
        add_members(out, json_array_get(policies, i), 8, false);
    }
    text_addf(out, "Outputs:\n  RoleArn:\n    Value: !GetAtt Role.Arn\n");
    json_decref(policies);
}
