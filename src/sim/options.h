/* The command line of towerkeep-sim. */
#ifndef TOWERKEEP_SIM_OPTIONS_H
#define TOWERKEEP_SIM_OPTIONS_H

#include "core.h"

/* Reads argv into `o`, which holds the defaults; strings are borrowed. Prints help, the version or
 * the manual's section, or one line about what is wrong, and ends the program where that is called
 * for. */
void sim_options_parse(struct sim_options *o, int argc, char **argv);

#endif
