/* A stored run, evaluated or reported again without a network. */
#ifndef TOWERKEEP_WORKFLOW_STORED_RUN_H
#define TOWERKEEP_WORKFLOW_STORED_RUN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/words.h"
#include "store/store.h"
#include "workflow/criteria.h"
#include "workflow/reports.h"

struct stored_run {
    char *path, *directory; /* of the database, and the directory that holds it */
    struct store *store;
    struct words written; /* names of the files written by stored_run_report() */
};

/* Opens a run that is named by its directory or its database; `writable` to evaluate it. */
int stored_run_open(struct stored_run *r, const char *named, bool writable, struct err *err);
/* Evaluates it again with today's criteria, as of the run's end. */
int stored_run_evaluate(struct stored_run *r, const struct criteria_options *criteria,
                        const struct check_selection *selection, struct err *err);
/* Writes its reports into `directory` (NULL: beside the run), and with job->evidence the evidence
 * package, which is possible only beside a run.db. */
int stored_run_report(struct stored_run *r, const struct report_job *job, const char *directory,
                      struct err *err);
void stored_run_close(struct stored_run *r);

#endif
