/* A rule in full, and the words of the rules commands on a terminal. */
#ifndef TOWERKEEP_CLI_RULES_SHOW_H
#define TOWERKEEP_CLI_RULES_SHOW_H

#include "check/frameworks.h"
#include "check/rules.h"

#define RULES_LABEL_WIDTH 14

size_t rules_page_width(void); /* columns of standard output, a hundred at most */
/* Breaks at blanks; the cursor stands at column `indent`. */
void rules_print_wrapped(const char *text, size_t indent, size_t width);
/* A label and what it says; nothing for NULL or "". */
void rules_print_row(const char *label, const char *text, size_t width);
/* frameworks: those in force, NULL when they were not loaded. */
void rules_show(const struct rule *r, const struct framework_set *frameworks);

#endif
