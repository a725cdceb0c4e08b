/* IAM policies derived from the operations table. */
#ifndef TOWERKEEP_AWS_SESSION_POLICY_H
#define TOWERKEEP_AWS_SESSION_POLICY_H

#include <stdbool.h>

#include "aws/ops.h"
#include "base/text.h"

#define SESSION_POLICY_MAX 2048 /* STS AssumeRole: Policy, plain text, characters */

/* A compact session policy that allows the actions of all operations that read and of none that
   write: wildcards such as backup:List* only where no action of a write matches. Always fits
   SESSION_POLICY_MAX. */
void session_policy_read_only(struct text *out);
/* Does a policy action pattern ("backup:List*") allow "backup:ListTags"? Case is ignored, as in
 * IAM. */
bool policy_action_matches(const char *pattern, const char *action);

#endif
