/* The operators of a condition: one row each. */
#ifndef TOWERKEEP_CHECK_OPERATORS_H
#define TOWERKEEP_CHECK_OPERATORS_H

#include "view.h"

enum operand {
    OPERAND_ANY,
    OPERAND_LIST,
    OPERAND_BOOL,
    OPERAND_NUMBER,
    OPERAND_COUNT,
    OPERAND_PATTERN
};

struct pattern; /* a compiled regular expression with its limits */

struct operator_row {
    const char *name;
    enum operand operand;
    bool sees_missing; /* the test function handles a missing field */
    bool if_missing;   /* otherwise: the result when the field or the value is missing */
    bool (*test)(const json_t *field, const json_t *value, const struct pattern *pattern,
                 struct view *v);
};

/* The rows used to rewrite expressions with references inside a list. */
enum { OPERATOR_EQUALS = 0, OPERATOR_IN = 2, OPERATOR_NOT_IN = 3 };

extern const struct operator_row operator_rows[]; /* ends with a NULL name */
#define OPERATOR_MAX 32                           /* more than there are rows */

/* NULL on failure; *offset and problem describe the location and the error. */
struct pattern *pattern_new(const char *text, size_t *offset, char *problem, size_t size);
void pattern_free(struct pattern *p); /* accepts NULL */
/* Searches the text for the pattern: 1 found, 0 not found, -1 no result (limits, or text that is
 * not UTF-8). */
int pattern_search(const struct pattern *p, const char *text, size_t length);

#endif
