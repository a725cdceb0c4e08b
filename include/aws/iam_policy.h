/*
 * Least-privilege IAM policies for a set of operations, as narrow as AWS allows. Actions, resources
 * and conditions come from the rows of the table of operations (docs/least-privilege.md says why
 * some actions are granted on "*").
 */
#ifndef TOWERKEEP_AWS_IAM_POLICY_H
#define TOWERKEEP_AWS_IAM_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define IAM_POLICY_MAX 6144 /* a managed policy, characters without white space */

enum iam_side { IAM_MANAGEMENT = 1, IAM_MEMBER = 2 };

struct iam_use {
    const char *operation; /* "kms:DescribeKey"; an unknown operation is skipped */
    unsigned sides;        /* whose credentials call it: IAM_MANAGEMENT, IAM_MEMBER, or both */
};

struct iam_frame {         /* strings go into ARNs as they are; borrowed */
    const char *partition; /* "aws", or "${AWS::Partition}" */
    const char *account;   /* that the policy is attached in: 12 digits, "*", "${AWS::AccountId}" */
    const char *const *roles; /* names assumed in member accounts, ends with NULL */
};

/* The policy documents of one side: a list, because what does not fit IAM_POLICY_MAX is split.
   Equal uses give equal bytes, whatever their order. New. */
json_t *iam_policies(const struct iam_use *uses, size_t count, enum iam_side side,
                     const struct iam_frame *frame);
/* Is it granted on certain resources only? Simulated on "*" it is then denied, which proves
 * nothing. */
bool iam_action_is_narrow(const char *action);

enum iam_template { IAM_TEMPLATE_MANAGEMENT, IAM_TEMPLATE_MEMBER };
/*
 * A CloudFormation template (YAML) with one role and its managed policies: of the management
 * account, or of member accounts (a StackSet). `command` names them: "towerkeep-scan".
 * fallback_role: a role the management role may assume besides MemberRoleName; NULL: none.
 */
void iam_template(const struct iam_use *uses, size_t count, enum iam_template kind,
                  const char *command, const char *fallback_role, struct text *out);

#endif
