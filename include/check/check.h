/* Evaluates rules on subjects and produces findings, without network or clock. Each rule has
 * exactly one result for each subject in scope. */
#ifndef TOWERKEEP_CHECK_CHECK_H
#define TOWERKEEP_CHECK_CHECK_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "check/frameworks.h"
#include "check/rules.h"
#include "check/waivers.h"
#include "store/store.h"

struct check_options {
    const char *const *checks, *const
                                   *excluded_checks; /* ids or globs, NULL-terminated; NULL: all */
    int min_severity;        /* enum severity; less severe rules are not evaluated; -1: all */
    const char *now_iso;     /* "now" for ages and waivers: the run's end time */
    struct waivers *waivers; /* NULL: nothing is waived */
    const struct framework_set *frameworks; /* selects the mapped checks; NULL: all */
    const char *const *compliance;          /* ids of the selected frameworks; NULL: no limit */
};

/* Do the options select the rule? */
bool check_selects(const struct rule *rule, const struct check_options *options);
/* Checks that the options select at least one rule. A run that evaluates nothing would look
 * compliant. */
bool check_selects_any(const struct rule_set *rules, const struct check_options *options);
/* Evaluates the run and replaces its findings. */
int check_run(struct store *store, const json_t *config, const struct rule_set *rules,
              const struct check_options *options, struct err *err);

/* Evaluates one rule on one document. gap: the description of the collection error that affects a
 * required call, or NULL. The final texts are appended. */
struct check_result {
    enum status status;
    char *expected, *observed;
};
int check_evaluate(const struct rule *rule, const json_t *document, const json_t *context,
                   const char *gap, const char *now_iso, struct check_result *out, struct err *err);
void check_result_release(struct check_result *r);

/* Runs the fixtures of `directory` (RULE-ID.yaml: cases of subject documents and the expected
 * status) and prints the differences to `out`. */
struct rules_test_counts {
    size_t rules, cases, failed, rules_without_pass, rules_without_fail, rules_without_unknown;
    size_t rules_without_not_applicable; /* of the rules that have `when` */
};
int rules_test(const struct rule_set *rules, const char *const *directories, FILE *out,
               struct rules_test_counts *counts, struct err *err);

#endif
