/* What a run is evaluated with: configuration, rules, frameworks and waivers. */
#ifndef TOWERKEEP_WORKFLOW_CRITERIA_H
#define TOWERKEEP_WORKFLOW_CRITERIA_H

#include <jansson.h>

#include "base/err.h"
#include "base/words.h"
#include "check/check.h"
#include "check/rules.h"
#include "model/config.h"
#include "store/store.h"

/* What the operator chose. Strings are borrowed; words_release() frees the lists. */
struct criteria_options {
    const char *config_file;       /* NULL: ./towerkeep.yaml, then the user's, then the system's */
    const char *mutelist_file;     /* NULL: no waivers */
    struct words rule_directories; /* in addition to the built-in rules and the configuration's */
    struct words compliance;       /* IDs of frameworks; none: all checks */
};

/* The loaded criteria. Zeroed before criteria_load(); criteria_release() frees what is loaded. */
struct criteria {
    struct config config;
    struct rule_set *rules;
    struct framework_set *frameworks;
    struct waivers *waivers;       /* NULL: no file was named */
    const char *const *compliance; /* borrowed from the options; NULL: all checks */
};

/* Which checks are evaluated. The lists end with NULL; NULL: no such filter. */
struct check_selection {
    const char *const *checks, *const *excluded_checks; /* IDs; * and ? match */
    int min_severity;                                   /* enum severity; -1: any */
};

/* Loads everything without a network. `options` outlives the criteria. ERR_INPUT for a file that
 * cannot be read or is not valid; criteria_release() is safe either way. */
int criteria_load(struct criteria *c, const struct criteria_options *options, struct err *err);
void criteria_release(struct criteria *c);
/* The built-in rule directory, then the configuration's, then those of the options: a later rule
 * with the same ID replaces an earlier one. Needs the configuration only; appended to `out`.
 * ERR_INPUT when there is no built-in directory. */
int criteria_rule_directories(const struct criteria *c, const struct criteria_options *options,
                              struct words *out, struct err *err);
/* ERR_INPUT for an ID or pattern that no check has; `option` names it, without "--". `ids` ends
 * with NULL; NULL: none. */
int criteria_check_names(const struct criteria *c, const char *const *ids, const char *option,
                         struct err *err);
/* ERR_INPUT for a check that does not exist, and for a selection that leaves no check. */
int criteria_check_selection(const struct criteria *c, const struct check_selection *selection,
                             struct err *err);
/* Is the rule's check evaluated? */
bool criteria_selects(const struct criteria *c, const struct check_selection *selection,
                      const struct rule *rule);
/* Evaluates the run as of its end, and stores what its reports need: rules, configuration, waivers,
 * frameworks, their checksums, and whether the selection is narrower than all checks. The caller
 * commits. */
int criteria_evaluate(const struct criteria *c, struct store *store,
                      const struct check_selection *selection, struct err *err);

#endif
