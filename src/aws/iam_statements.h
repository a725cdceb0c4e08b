/* What each IAM action can be limited to: rows of statements. Inside the room aws only. */
#ifndef TOWERKEEP_AWS_IAM_STATEMENTS_H
#define TOWERKEEP_AWS_IAM_STATEMENTS_H

#include <stddef.h>

#define IAM_CONDITIONS_MAX 2

struct iam_condition {
    const char *operation, *key;
    const char *const *values; /* ends with NULL */
};

/* Actions that share resources and conditions; an action stands in exactly one row. */
struct iam_statement {
    const char *sid;
    const char *actions;          /* space separated */
    const char *const *resources; /* ends with NULL; {p} partition, {a} account, {r} assumed role */
    struct iam_condition conditions[IAM_CONDITIONS_MAX];
};
extern const struct iam_statement iam_statements[];
extern const size_t iam_statement_count;

/* What AWS does with the caller's rights when it serves an operation: actions that are no operation
   of ours, or not one of that call. */
struct iam_dependent {
    const char *operation;
    const char *actions; /* space separated */
};
extern const struct iam_dependent iam_dependents[];
extern const size_t iam_dependent_count;

#endif
