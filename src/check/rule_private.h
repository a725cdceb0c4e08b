/* A loaded rule with its private members. */
#ifndef TOWERKEEP_CHECK_RULE_PRIVATE_H
#define TOWERKEEP_CHECK_RULE_PRIVATE_H

#include "base/doc.h"
#include "base/text.h"
#include "check/check.h"
#include "check/rules.h"
#include "expr.h"
#include "template.h"
#include "view.h"

struct loaded_rule { /* the public part first: a pointer to one is a pointer to the other */
    struct rule rule;
    struct doc *doc; /* owns most strings */
    char *file;
    struct rule_need *needs;
    const char **references;
    struct rule_parameter *parameter_rows;
    struct expr *only_if, *when, *manual_if, *assert;
    struct template *expected, *observed, *fix;
};

#define RULE_BYTES_MAX ((size_t)1024 * 1024)

/* values: the configuration's parameters of this rule, or NULL. */
int rule_load(const char *path, const char *data, size_t length, json_t *values,
              struct loaded_rule **out, struct err *err);
void rule_free(struct loaded_rule *l); /* accepts NULL */
const struct loaded_rule *rule_loaded(const struct rule *r);

/* 'expected a severity (critical, high), not "hihg"; did you mean "high"?' */
int rule_refuse_word(const struct doc *doc, const struct node *n, const char *what,
                     const char *const *known, struct err *err);
/* Reads the member "needs" of the rule at `root`. */
int rule_needs_load(struct loaded_rule *l, const struct node *root, struct err *err);
/* Adds the operations behind the members that `when` and `assert` read; after these were loaded. */
void rule_needs_derive(struct loaded_rule *l);

/* Appends to the two texts; the status is the result. gap: see check_evaluate(). left_out: what the
   selection of the scan kept from being called, or NULL: the rule does not apply. */
enum status evaluate(const struct loaded_rule *l, struct view *v, const char *gap,
                     const char *left_out, struct text *expected, struct text *observed);

#endif
