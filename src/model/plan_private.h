/* What the files of a plan share. */
#ifndef TOWERKEEP_MODEL_PLAN_PRIVATE_H
#define TOWERKEEP_MODEL_PLAN_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/map.h"
#include "model/plan.h"

/* REMEDY[/target...]: a hyphenated word, then whatever names the target. */
bool plan_step_id_valid(const char *id);
bool plan_name_valid(const char *name); /* of a capture */
/* The form of one step of a document, by itself. */
int plan_check_step(const json_t *step, struct err *err);

/* plan_order.c: id -> position + 1 (free), for all steps; ERR_INPUT names an id that occurs twice.
 */
int plan_index(const struct plan_steps *steps, struct map *index, struct err *err);
size_t plan_position(const struct map *index, const char *id); /* 0: there is none */
/* The order that plan_order() gives, into `sorted` (one for each step, borrowed). */
int plan_sorted(const struct plan_steps *steps, struct plan_step **sorted, struct err *err);

/* plan_check.c: needs and placeholders, over all steps. */
int plan_check_together(const struct plan_steps *steps, struct err *err);

#endif
