/* Conditions of a plan as a program for jq: for policies, which JMESPath cannot compare. */
#ifndef TOWERKEEP_PLAN_JQ_H
#define TOWERKEEP_PLAN_JQ_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "model/plan.h"

/* Appends a program over a probe's answer; what it compares with is appended to `literals`, which
 * it knows as $is, so that no word of AWS's or of an owner's is part of a program. It needs
 * jq_functions before it. False when there is none: of the operators only present, equals and
 * equals_json have one, and `select` has none. */
bool jq_probe(const struct plan_probe *probe, json_t *literals, struct text *out);

/* Policies in the one spelling that model/policy.h compares them in. Holds no single quote. */
extern const char jq_functions[];

#endif
