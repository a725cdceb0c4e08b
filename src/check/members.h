/* The members that a path may name: those in docs/subjects.md and those of the configuration. */
#ifndef TOWERKEEP_CHECK_MEMBERS_H
#define TOWERKEEP_CHECK_MEMBERS_H

#include "base/doc.h"
#include "inventory/subjects.h"
#include "path.h"

/* Where a path may start. Inside satisfies, the element has different members from the document. */
struct members {
    enum scope scope;                     /* of $doc */
    const struct subject_member *element; /* NULL: any member */
    bool whole;                           /* the element is the document itself */
};

struct members members_of(enum scope scope);
/* The members of each element of the list at `p`; p is known. */
struct members members_below(const struct members *m, const struct path *p);
/* 0, or -1 with a description of what was expected; m NULL: any path is valid. */
int members_check(const struct members *m, const struct path *p, char *problem, size_t size);
/* The same for the path `tail` below each element of the list at `head`. */
int members_check_below(const struct members *m, const struct path *head, const struct path *tail,
                        char *problem, size_t size);
/* Rejects a fixture's document with a member that no subject of the scope has. */
int members_check_document(enum scope scope, const struct doc *doc, const struct node *map,
                           struct err *err);

#endif
