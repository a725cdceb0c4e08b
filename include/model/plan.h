/* A plan: the document that says what will be changed, why, in which order, and how to tell that it
 * is done. */
#ifndef TOWERKEEP_MODEL_PLAN_H
#define TOWERKEEP_MODEL_PLAN_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

#define PLAN_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* Reads a plan file: its form, its digest, its needs and placeholders are all checked. *plan is
 * yours. */
int plan_load(const char *path, json_t **plan, struct err *err);
int plan_check(const json_t *plan, const char *name, struct err *err);
/* Sorts the steps so that needs come first, keeping the given order otherwise; refuses a circle by
 * naming its steps, and a need nobody fulfils. */
int plan_order(json_t *steps, struct err *err);
/* Computes and sets "digest". */
void plan_seal(json_t *plan);
int plan_save(const json_t *plan, const char *path, struct err *err); /* whole or absent */

#endif
