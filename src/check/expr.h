/* Expressions: a tree built and checked at load, walked without allocating. */
#ifndef TOWERKEEP_CHECK_EXPR_H
#define TOWERKEEP_CHECK_EXPR_H

#include "base/doc.h"
#include "base/err.h"
#include "members.h"
#include "view.h"

struct expr;

/* parameters: the values in force, which $param refers to; members: what paths may name, or NULL:
 * anything. Both are borrowed for this call only. */
int expr_parse(const struct doc *doc, const struct node *node, json_t *parameters,
               const struct members *members, struct expr **out, struct err *err);
void expr_free(struct expr *e); /* accepts NULL */
/* Meaningless once v->problem is set. */
bool expr_holds(const struct expr *e, struct view *v);

#endif
