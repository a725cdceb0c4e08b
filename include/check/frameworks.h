/* Frameworks: which checks give evidence for each requirement of a standard. Format:
 * docs/frameworks.md, docs/schemas/framework.schema.json. */
#ifndef TOWERKEEP_CHECK_FRAMEWORKS_H
#define TOWERKEEP_CHECK_FRAMEWORKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "check/rules.h"

struct framework_set;

/* Loads every *.yaml of each directory that exists; a later framework replaces one with the same
 * id. An unknown check is ERR_INPUT with its location and the nearest id. */
int frameworks_load(const char *const *directories, const struct rule_set *rules,
                    struct framework_set **out, struct err *err);
void frameworks_free(struct framework_set *set); /* accepts NULL */
size_t frameworks_count(const struct framework_set *set);
/* {id, title, version, source, requirements: [{id, title, checks: [{id, rationale}]} or
 * {id, title, evidence, why}]}, by id; borrowed. */
const json_t *frameworks_at(const struct framework_set *set, size_t index);
/* ERR_INPUT when an id is not among them. */
int frameworks_check_names(const struct framework_set *set, const char *const *ids,
                           struct err *err);
/* True when one of these frameworks (NULL: any) names the check. */
bool frameworks_map(const struct framework_set *set, const char *const *ids, const char *check_id);
/* {framework's title: [requirement, ...]} of a check, added to `into`. */
void frameworks_of_check(const struct framework_set *set, const char *check_id, json_t *into);
/* The selected frameworks (NULL: all) as a list; new reference. */
json_t *frameworks_describe(const struct framework_set *set, const char *const *ids);

#endif
