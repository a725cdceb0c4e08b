/* The reports of a run. */
#ifndef TOWERKEEP_WORKFLOW_REPORTS_H
#define TOWERKEEP_WORKFLOW_REPORTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/words.h"
#include "report/report.h"

struct report_job {
    struct words formats; /* names of report formats, as in -M */
    const char *filename; /* of each report, without extension */
    bool evidence;        /* the evidence package as well */
    const char *sign_key; /* private key that signs the package; NULL: unsigned */
};

/* ERR_INPUT for an unknown format, a filename with a path, a key that cannot sign, or templates that
 * are not there. */
int reports_check(const struct report_job *job, struct err *err);
/* Writes the run's reports into the directory, all of them or none. The names of the files are
 * appended to `written`. ERR_INPUT when the run was not evaluated. */
int reports_write(const struct report_job *job, struct store *store, const char *directory,
                  struct words *written, struct err *err);

#endif
