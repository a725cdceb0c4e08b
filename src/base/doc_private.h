/* The private members of a document, shared by doc.c (reading) and node.c (access). */
#ifndef TOWERKEEP_BASE_DOC_PRIVATE_H
#define TOWERKEEP_BASE_DOC_PRIVATE_H

#include "base/doc.h"

struct doc {
    char *name;
    struct node *root;
};

/* A node as allocated: the public part first, so that a pointer to one is a pointer to the
 * other. */
struct stored_node {
    struct node node;
    char *text; /* owner of node.text */
    char *key;  /* owner of node.key */
    unsigned key_column;
};

/* Sets the YAML 1.2 core schema kind and value of a plain scalar. */
void node_resolve(struct node *n);
/* "FILE:LINE:COLUMN: PATH: message", ERR_INPUT. Returns -1. */
int doc_complain(struct err *err, const char *file, unsigned line, unsigned column,
                 const char *path, const char *message);

#endif
