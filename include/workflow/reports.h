/* The reports of a run. */
#ifndef TOWERKEEP_WORKFLOW_REPORTS_H
#define TOWERKEEP_WORKFLOW_REPORTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/words.h"
#include "report/report.h"

struct report_job {
    struct words formats;
    const char *filename; /* default "report" */
    bool evidence;        /* the evidence package as well */
    const char *sign_key; /* private key that signs it; NULL: unsigned */
};
/* Refuses unknown formats before any work is done. */
int reports_check(const struct report_job *job, struct err *err);
/* Writes each format into the directory; prints nothing. Names of the files are appended to
 * `written`. */
int reports_write(const struct report_job *job, struct store *store, const json_t *config,
                  const json_t *rules, const char *directory, struct words *written,
                  struct err *err);

#endif
