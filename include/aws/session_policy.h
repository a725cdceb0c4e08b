/* IAM policies derived from the operations table. */
#ifndef TOWERKEEP_AWS_SESSION_POLICY_H
#define TOWERKEEP_AWS_SESSION_POLICY_H

#include <stdbool.h>

#include "aws/ops.h"
#include "base/text.h"

#define SESSION_POLICY_MAX 2048 /* STS AssumeRole: Policy, plain text, characters */

/* AWS also limits the packed form of the policy and the session's tags together; how it packs is
   not documented. The first length leaves room, the second is for PackedPolicyTooLarge. */
#define SESSION_POLICY_AIM 1536
#define SESSION_POLICY_LEAST 0

/* A session policy that allows the actions of all operations that read and of none that write or
   read what customers store: wildcards such as backup:List* or s3:GetBucket* are used only until
   the policy has at most `aim` characters, or until none helps any more. */
void session_policy_read_only(size_t aim, struct text *out);
/* Does a policy action pattern ("backup:List*") allow "backup:ListTags"? Case is ignored, as in
 * IAM. */
bool policy_action_matches(const char *pattern, const char *action);

#endif
