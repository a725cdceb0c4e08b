/*
 * Conditions over JSON, and placeholders in it: the two things that make a plan's step data instead
 * of code. Format: docs/plan.md. Pure functions; nothing is fetched here.
 */
#ifndef TOWERKEEP_MODEL_CONDITION_H
#define TOWERKEEP_MODEL_CONDITION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* Is the condition well-formed? ERR_INPUT naming what is not. */
int condition_check(const json_t *condition, struct err *err);
/* Evaluates `value`. A condition that is not well-formed is false. */
bool condition_holds(const json_t *condition, const json_t *value);
/* The first element of the list at `path` in `value` that satisfies `where`; borrowed, NULL when
 * none. */
const json_t *condition_select(const json_t *value, const char *path, const json_t *where);

/* A deep copy of `value` with every "${step:name}" replaced from `captures` (object: step id ->
   {name: string}). ERR_INTERNAL naming the placeholder that nothing fills. */
int placeholder_fill(const json_t *value, const json_t *captures, json_t **out, struct err *err);
/* Calls each with (step, name) of every placeholder in the value. */
void placeholder_each(const json_t *value,
                      void (*each)(void *context, const char *step, const char *name),
                      void *context);

#endif
