/* From findings to changes and back: scan, plan, confirm, apply, the same checks again, report with
 * before and after. */
#ifndef TOWERKEEP_WORKFLOW_FIX_LOOP_H
#define TOWERKEEP_WORKFLOW_FIX_LOOP_H

#include <jansson.h>
#include <stdbool.h>

#include "plan/make.h"
#include "workflow/session.h"

struct fix_result {
    bool partway;            /* a plan was applied only in part */
    size_t deferred;         /* steps of the last plan that wait for something not collected */
    json_t *failures_before; /* {check id: failing findings} of the first scan; json_decref() it */
};

/* Works towards a goal in the session's directory; an unfinished plan in it is finished first. On
 * success the run is published and open. */
int fix_loop(struct session *s, enum goal goal, struct fix_result *result, struct err *err);

/* Applies one saved plan, after confirmation unless it is `confirmed`. `journal`: path, as
 * apply_run() takes it. *changes (when not NULL) is a new reference. 0 all done, 1 in part, -1. */
int fix_loop_apply(struct session *s, const struct plan *plan, const char *journal, bool confirmed,
                   json_t **changes, struct err *err);

#endif
