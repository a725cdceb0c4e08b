/* Rule files: data that can be read, written and tested without knowledge of C. Format:
 * docs/rules.md, docs/schemas/rule.schema.json. */
#ifndef TOWERKEEP_CHECK_RULES_H
#define TOWERKEEP_CHECK_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/subjects.h"
#include "model/finding.h"

struct rule_need { /* an API call that a result depends on: a collection error for it gives ERROR */
    const char *operation; /* "kms:DescribeKey" */
    enum need_at {
        NEED_HERE,
        NEED_ACCOUNT,
        NEED_ANYWHERE,
        NEED_CENTRAL,
        NEED_SUBJECT,
        NEED_HOME
    } at; /* subject's account and Region; its account, any Region; anywhere in the organization;
             the central backup account, any Region (anywhere when none is known); only where the
             subject says that it depends on the call (member "_hidden") */
};

struct rule_parameter { /* a value of a rule that the configuration can set */
    const char *name, *type, *help;
};

struct rule { /* owned by the rule set */
    const char *id, *title, *why, *how, *expected, *observed, *remedy, *fix;
    const char *leaves_out; /* what it deliberately does not evaluate; NULL: not said */
    const char *file;
    int step;
    enum severity severity;
    enum scope scope;
    bool manual; /* status MANUAL: `how` is the manual procedure */
    const struct rule_need *needs;
    size_t need_count;
    const char *const *references; /* NULL-terminated */
    json_t *compliance;            /* {"framework": ["requirement", ...]}, may be NULL */
    json_t *parameters;            /* name -> value in force (default or config's) */
    const struct expr *only_if; /* when false, the rule does not apply, even with collection errors;
                                   NULL: applies everywhere */
    const struct expr *when, *assert; /* when NULL: always applicable */
    const struct expr *manual_if;     /* when true, the status is MANUAL; NULL: never */
    const struct rule_parameter *parameter_rows;
    size_t parameter_count;
};

struct rule_set;

/* Loads every *.yaml of `directory` (not its sub-folders), then of each further directory: a later
 * rule replaces one with the same id. */
int rules_load(const char *const *directories, const json_t *config, struct rule_set **out,
               struct err *err);
void rules_free(struct rule_set *set);
size_t rules_count(const struct rule_set *set);
const struct rule *rules_at(const struct rule_set *set, size_t index); /* by step, then id */
const struct rule *rules_find(const struct rule_set *set, const char *id);
const char *rules_digest(const struct rule_set *set); /* SHA-256 over the files in order */
/* The nearest known id for an unknown one, or NULL. */
const char *rules_nearest(const struct rule_set *set, const char *id);
/* True when the rule is loaded, even if the configuration disables it. */
bool rules_known(const struct rule_set *set, const char *id);

/* Checks one file alone: 0 when it is well formed, else ERR_INPUT "FILE:LINE:COLUMN: PATH:
 * message". */
int rules_check_file(const char *path, struct err *err);

#endif
