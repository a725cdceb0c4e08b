/* IAM policies derived from the operations table. */
#ifndef TOWERKEEP_AWS_SESSION_POLICY_H
#define TOWERKEEP_AWS_SESSION_POLICY_H

#include <stdbool.h>

#include "aws/ops.h"
#include "base/text.h"

#define SESSION_POLICY_MAX 2048 /* STS AssumeRole: Policy, plain text, characters */

/* A compact session policy that allows every READ row's actions and no WRITE row's: wildcards such
   as backup:List* only where no WRITE action of the table matches. Always fits SESSION_POLICY_MAX.
 */
void session_policy_read_only(struct text *out);
/* Does a policy action pattern ("backup:List*") allow "backup:ListTags"? Case is ignored, as in
 * IAM. */
bool policy_action_matches(const char *pattern, const char *action);

#endif
