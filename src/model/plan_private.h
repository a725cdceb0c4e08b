/* What the files of a plan share. */
#ifndef TOWERKEEP_MODEL_PLAN_PRIVATE_H
#define TOWERKEEP_MODEL_PLAN_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* REMEDY[/target...]: a hyphenated word, then whatever names the target. */
bool plan_step_id_valid(const char *id);
bool plan_name_valid(const char *name); /* of a capture */
/* The form of one step, by itself. */
int plan_check_step(const json_t *step, struct err *err);

#endif
