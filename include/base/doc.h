/*
 * A document read from YAML 1.1 (and so from JSON), as a tree of nodes that remember line and
 * column. Configuration, rules, waivers, worlds and fault files are all read here. Limits: 16 MB of
 * input, 100 levels, 2 million nodes; anchors and aliases are rejected (they allow exponential
 * expansion); duplicate keys are rejected, and the error names both
 * lines. */
#ifndef TOWERKEEP_BASE_DOC_H
#define TOWERKEEP_BASE_DOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum node_kind { NODE_NULL, NODE_BOOL, NODE_INT, NODE_REAL, NODE_STRING, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    unsigned line, column; /* 1-based, of the value */
    const char *key;       /* within a map: this member's key; else NULL */
    unsigned key_line;
    const char *text; /* scalars: as written; never NULL for scalars */
    bool boolean;
    long long integer;
    double real;
    struct node *parent;
    struct node **children; /* lists and maps, in file order */
    size_t count;
};

struct doc; /* owns every node and the file name */

int doc_load_file(const char *path, struct doc **doc, struct err *err);
int doc_load_text(const char *name, const char *data, size_t length, struct doc **doc,
                  struct err *err);
void doc_free(struct doc *doc);
const struct node *doc_root(const struct doc *doc);
const char *doc_name(const struct doc *doc);

const struct node *node_get(const struct node *map,
                            const char *key);  /* NULL when absent or not a map */
const char *node_string(const struct node *n); /* the text of a scalar, NULL otherwise */
/* "$.assert.all[2].field" */
void node_path(const struct node *n, char *out, size_t size);
/* ERR_INPUT "FILE:LINE:COLUMN: PATH: message". Returns -1. */
int node_err(const struct doc *doc, const struct node *n, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Rejects members of `map` that are not in `known` (ends with NULL) and suggests the nearest
 * name. */
int node_only(const struct doc *doc, const struct node *map, const char *const *known,
              struct err *err);
/* Reads a required or optional (default NULL) string/bool/int member; the error says what is
 * wrong. */
int node_need_string(const struct doc *doc, const struct node *map, const char *key,
                     const char **out, struct err *err);
int node_opt_string(const struct doc *doc, const struct node *map, const char *key,
                    const char **out, struct err *err);
int node_opt_bool(const struct doc *doc, const struct node *map, const char *key, bool *out,
                  struct err *err);
int node_opt_int(const struct doc *doc, const struct node *map, const char *key, long long low,
                 long long high, long long *out, struct err *err);
/* A new jansson value of the subtree; the caller owns it (json_decref). */
json_t *node_to_json(const struct node *n);

#endif
