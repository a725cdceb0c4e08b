/* The sub-command "rules new". */
#ifndef TOWERKEEP_CLI_RULES_NEW_H
#define TOWERKEEP_CLI_RULES_NEW_H

#include "cli.h"

/* Writes DIRECTORY/ID.yaml and DIRECTORY/tests/ID.yaml, which validate and whose cases get their
 * verdicts, and says what to do next. Nothing is overwritten: ERR_INPUT when one of the two, or a
 * rule of that id, is there. */
int rules_new(const struct rule_set *shipped, const char *directory, const char *id,
              const char *scope, struct err *err);

#endif
