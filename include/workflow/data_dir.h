/* Where the files are that towerkeep is installed with: the directories "rules" and "templates". */
#ifndef TOWERKEEP_WORKFLOW_DATA_DIR_H
#define TOWERKEEP_WORKFLOW_DATA_DIR_H

#include "base/err.h"

/* Beside an executable in a build tree: one line, the source tree it was built from. */
#define DATA_DIR_BUILD_MARKER "towerkeep-source-directory.txt"

struct data_dir_places {
    const char *named;      /* TOWERKEEP_DATA: when set, the only place; NULL when unset */
    const char *executable; /* path of the running program; NULL when not known */
    const char *configured; /* data directory under the configured prefix */
};

/* Looks for `folder` in TOWERKEEP_DATA when it is set. Otherwise in the source tree when the
 * executable is in a build tree, then in ../share/towerkeep from the executable, then in the
 * configured data directory. *path is yours. ERR_INPUT when no place has it. Public for its tests: they choose the places. */
int data_dir_search(const struct data_dir_places *places, const char *folder, char **path,
                    struct err *err);

/* The same for this process. */
int data_dir_find(const char *folder, char **path, struct err *err);

#endif
