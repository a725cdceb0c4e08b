/* Small helpers over jansson to read answers and documents. Returned values
 * are borrowed. */
#ifndef TOWERKEEP_BASE_JSONX_H
#define TOWERKEEP_BASE_JSONX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"

#define JX_DEPTH_MAX 64

json_t *jx_get(const json_t *value,
               const char *path); /* "a.b.c"; NULL when any step is missing or null */
/* The same value: jansson walks an object, and counts a reference, only through a mutable pointer.
 */
json_t *jx_mutable(const json_t *value);
const char *jx_str(const json_t *value, const char *path); /* NULL when missing or not a string */
const char *jx_str_or(const json_t *value, const char *path, const char *otherwise);
bool jx_bool(const json_t *value, const char *path); /* true, "true"; anything else is false */
long long jx_int(const json_t *value, const char *path,
                 long long otherwise);                  /* numbers and numeric strings */
size_t jx_count(const json_t *value, const char *path); /* elements of a list, 0 when missing */
bool jx_list_has(const json_t *list, const char *word); /* a string element equal to word */
/* Parses strictly (duplicate keys rejected, depth <= JX_DEPTH_MAX, trailing bytes rejected); NULL
 * and *problem (static text) on failure. */
json_t *jx_parse(const char *data, size_t length, const char **problem);
/* Compact, keys sorted: equal values give equal bytes. */
void jx_canonical(const json_t *value, struct text *out);
/* Compact, in insertion order; the caller frees it. DEL, C1 controls, bidirectional overrides and
 * noncharacters are written as \uXXXX: the same JSON, without characters that change how a terminal
 * displays it. */
char *jx_dump(const json_t *value);
/* Writes the same to a stream, with jansson's flags; -1 when a write fails. */
int jx_write(const json_t *value, FILE *out, size_t flags);
/* Sets a string member when s is not NULL. */
void jx_set_str(json_t *object, const char *key, const char *s);
/* json_string() that never fails: invalid UTF-8 is replaced by U+FFFD. */
json_t *jx_string(const char *s, size_t length);

#endif
