/*
 * Paths into an answer: "a.b[0].c"; a member whose name holds a dot or a bracket is written
 * ["its.name"]. The empty path is the value itself; [-1] the last
 * element. */
#ifndef TOWERKEEP_MODEL_PATH_H
#define TOWERKEEP_MODEL_PATH_H

#include <jansson.h>

/* Borrowed; NULL when any step of the path is missing or null. */
const json_t *path_find(const json_t *value, const char *path);
/* Describes a syntax error in the path; NULL when it is valid. */
const char *path_problem(const char *path);

#endif
