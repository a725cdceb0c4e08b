/* A change tried on a copy: a stored run becomes the world of a simulator, and the fix loop runs
 * against it with time sped up. */
#ifndef TOWERKEEP_WORKFLOW_REHEARSAL_H
#define TOWERKEEP_WORKFLOW_REHEARSAL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "workflow/fix_loop.h"

struct rehearsal {
    char *directory;  /* of the copy, its plans and reports */
    bool temporary;   /* rehearsal_close() removes the directory */
    json_t *failures; /* {check id: failing findings} of the stored run */
    /* After rehearsal_run(): */
    json_t *effects; /* what the simulator saw: {writes: {operation: count}, total_calls} */
    long long expected_seconds; /* of the plans that were applied, on AWS */

    char *run, *world, *port_file, *effects_file, *organization; /* private */
    char endpoint[64];
    pid_t simulator;
};

/* `directory` NULL: a temporary one. ERR_INPUT when it cannot be made. */
int rehearsal_open(struct rehearsal *r, const char *directory, struct err *err);
/* Makes the world of the copy from the run, a directory or a database. */
int rehearsal_copy(struct rehearsal *r, const char *run, const json_t *config, struct err *err);
/* Runs the fix loop against the simulator. The session's options and the environment's credentials
 * are replaced by the copy's: no call leaves this machine. */
int rehearsal_run(struct rehearsal *r, struct session *s, enum goal goal, struct fix_result *result,
                  struct err *err);
/* Stops the simulator and frees everything; safe on a zeroed one. */
void rehearsal_close(struct rehearsal *r);

#endif
