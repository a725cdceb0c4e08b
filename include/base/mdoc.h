/* Text for manual pages, in mdoc(7). */
#ifndef TOWERKEEP_BASE_MDOC_H
#define TOWERKEEP_BASE_MDOC_H

#include <stdio.h>

/* One or more sentences on lines of their own, ended by a dot. */
void mdoc_sentence(FILE *out, const char *words);
/* The head of an item in a list of options: "-p, --profile NAME". letter 0: none; argument NULL: a
 * switch. */
void mdoc_option(FILE *out, char letter, const char *name, const char *argument);

#endif
