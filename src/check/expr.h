/* Expressions: a tree that is built and checked at load and evaluated without allocation. */
#ifndef TOWERKEEP_CHECK_EXPR_H
#define TOWERKEEP_CHECK_EXPR_H

#include "base/doc.h"
#include "base/err.h"
#include "members.h"
#include "view.h"

struct expr;

/* parameters: the effective values, for $param; members: the members that paths may name, or NULL:
 * any. Both are borrowed for this call only. */
int expr_parse(const struct doc *doc, const struct node *node, json_t *parameters,
               const struct members *members, struct expr **out, struct err *err);
void expr_free(struct expr *e); /* accepts NULL */
/* Calls each with every path that is read from the document or its context; those that start at an
 * element of a list are covered by the path of the list. */
void expr_each_path(const struct expr *e, void (*each)(void *context, const struct path *p),
                    void *context);
/* The result is undefined when v->problem is set. */
bool expr_holds(const struct expr *e, struct view *v);

#endif
