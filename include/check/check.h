/* Rules x subjects -> findings. Offline: no network, no clock. Exactly one verdict per rule and
 * subject in scope. */
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
    int min_severity;    /* enum severity; findings of less severe rules are not judged; -1: all */
    const char *now_iso; /* "now" for ages and waivers: the run's end time */
    struct waivers *waivers;                /* NULL: nothing is waived */
    const struct framework_set *frameworks; /* only checks that these map are judged; NULL: all */
    const char *const *compliance;          /* ids of the frameworks meant; NULL: no such limit */
};

/* Do the options leave a rule to judge by? A run that judges nothing would look compliant. */
bool check_selects_any(const struct rule_set *rules, const struct check_options *options);
/* Judges the run and replaces its findings. */
int check_run(struct store *store, const json_t *config, const struct rule_set *rules,
              const struct check_options *options, struct err *err);

/* One rule on one document. gap NULL, or the description of the gap that hides a need. Texts are
 * appended, already worded. */
struct check_result {
    enum status status;
    char *expected, *observed;
};
int check_evaluate(const struct rule *rule, const json_t *document, const json_t *context,
                   const char *gap, const char *now_iso, struct check_result *out, struct err *err);
void check_result_release(struct check_result *r);

/* Runs the fixtures of `directory` (RULE-ID.yaml: cases of subject documents and the verdict
 * expected) and prints what differs to `out`. */
struct rules_test_counts {
    size_t rules, cases, failed, rules_without_pass, rules_without_fail, rules_without_unknown;
    size_t rules_without_not_applicable; /* of those that have `when` */
};
int rules_test(const struct rule_set *rules, const char *const *directories, FILE *out,
               struct rules_test_counts *counts, struct err *err);

#endif
