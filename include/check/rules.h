/* Rule files: data a person without C can read, write and test. Format: docs/rules.md,
 * docs/schemas/rule.schema.json. */
#ifndef TOWERKEEP_CHECK_RULES_H
#define TOWERKEEP_CHECK_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/subjects.h"
#include "model/finding.h"

struct rule_need {         /* a fact a verdict rests on: a gap under it gives ERROR */
    const char *operation; /* "kms:DescribeKey" */
    enum need_at {
        NEED_HERE,
        NEED_ACCOUNT,
        NEED_ANYWHERE,
        NEED_CENTRAL,
        NEED_SUBJECT
    } at; /* subject's account and Region; its account, any Region; anywhere in the organization;
             the central backup account, any Region (anywhere when none is known); only where the
             subject itself says that it rests on it (member "_hidden") */
};

struct rule_parameter { /* what a rule lets the configuration set */
    const char *name, *type, *help;
};

struct rule { /* owned by the rule set */
    const char *id, *title, *why, *how, *expected, *observed, *remedy, *fix;
    const char *file;
    int step;
    enum severity severity;
    enum scope scope;
    bool manual; /* verdict MANUAL: `how` is the procedure for a person */
    const struct rule_need *needs;
    size_t need_count;
    const char *const *references; /* NULL-terminated */
    json_t *compliance;            /* {"framework": ["requirement", ...]}, may be NULL */
    json_t *parameters;            /* name -> value in force (default or config's) */
    const struct expr *only_if; /* where false it does not apply, whatever could not be seen; NULL:
                                   everywhere */
    const struct expr *when, *assert; /* when NULL: always applicable */
    const struct rule_parameter *parameter_rows;
    size_t parameter_count;
};

struct rule_set;

/* Loads every *.yaml of `directory` (not its sub-folders), then of each further directory: an equal
 * id overrides. */
int rules_load(const char *const *directories, const json_t *config, struct rule_set **out,
               struct err *err);
void rules_free(struct rule_set *set);
size_t rules_count(const struct rule_set *set);
const struct rule *rules_at(const struct rule_set *set, size_t index); /* by step, then id */
const struct rule *rules_find(const struct rule_set *set, const char *id);
const char *rules_digest(const struct rule_set *set); /* SHA-256 over the files in order */
/* The nearest known id for an unknown one, or NULL. */
const char *rules_nearest(const struct rule_set *set, const char *id);
/* Loaded, be it disabled by the configuration or not. */
bool rules_known(const struct rule_set *set, const char *id);

/* One file alone: 0 when it is well formed, else ERR_INPUT "FILE:LINE:COLUMN: PATH: message". */
int rules_check_file(const char *path, struct err *err);

#endif
