/* Conditions of a plan as JMESPath, the language of the AWS CLI's --query. */
#ifndef TOWERKEEP_PLAN_JMESPATH_H
#define TOWERKEEP_PLAN_JMESPATH_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "model/plan.h"

/* Appends an expression; false when the condition has none (equals_json compares policies, which
   JMESPath cannot). Placeholders stay in it as they are. */
bool jmespath_condition(const json_t *condition, struct text *out);
void jmespath_path(const char *path, struct text *out);
/* Of a probe's answer: its `when`, of the first element that `select` finds. */
bool jmespath_probe(const struct plan_probe *probe, struct text *out);

#endif
