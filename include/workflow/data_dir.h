/* Where the files lie that the program is installed with. */
#ifndef TOWERKEEP_WORKFLOW_DATA_DIR_H
#define TOWERKEEP_WORKFLOW_DATA_DIR_H

/* Where shipped files live: beside the source tree when run from a build, else the installed place.
 */
char *setup_data_path(const char *folder);

#endif
