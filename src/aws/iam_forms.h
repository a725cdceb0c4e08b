/* The table of IAM forms. Inside the module aws only. */
#ifndef TOWERKEEP_AWS_IAM_FORMS_H
#define TOWERKEEP_AWS_IAM_FORMS_H

#include "aws/ops.h"

#define IAM_CONDITIONS_MAX 2

struct iam_condition {
    const char *operation, *key;
    const char *const *values; /* ends with NULL */
};

struct iam_form_row {
    enum iam_form form;           /* its place in the table */
    const char *sid;              /* of the statement; NULL: IAM_NONE and IAM_FREE have none */
    const char *const *resources; /* ends with NULL; {p} partition, {a} account, {r} assumed role */
    struct iam_condition conditions[IAM_CONDITIONS_MAX];
};

const struct iam_form_row *iam_form(enum iam_form form);

#endif
