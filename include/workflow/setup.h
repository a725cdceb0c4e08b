/* What every command that evaluates needs: configuration, rules, frameworks and waivers. */
#ifndef TOWERKEEP_WORKFLOW_SETUP_H
#define TOWERKEEP_WORKFLOW_SETUP_H

#include <jansson.h>

#include "base/err.h"
#include "base/words.h"
#include "check/check.h"
#include "check/rules.h"
#include "model/config.h"
#include "store/store.h"

struct setup {
    struct config config;
    struct rule_set *rules;
    const char *config_file; /* --config-file; NULL: looked up */
    struct words rule_directories;
    struct framework_set *frameworks;
    struct words compliance;   /* ids of the frameworks that are meant; none: all */
    struct waivers *waivers;   /* NULL: no file was named */
    const char *mutelist_file; /* --mutelist-file */
};
int setup_load(struct setup *s, struct err *err);
void setup_release(struct setup *s);
/* The rules as reports want them; new reference. */
json_t *setup_describe_rules(const struct setup *s);
/* Refuses names of checks that there are not, and a selection that leaves nothing to judge by. */
int setup_check_selection(const struct setup *s, const struct words *checks,
                          const struct words *excluded, int min_severity, struct err *err);
/* Judges the run with what was set up, and keeps with it what its reports need; *rules is yours. */
int setup_judge(const struct setup *s, struct store *store, struct check_options options,
                json_t **rules, struct err *err);

#endif
