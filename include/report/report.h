/* Report formats for a run's findings. Each format is a row in a table and has its own file. */
#ifndef TOWERKEEP_REPORT_REPORT_H
#define TOWERKEEP_REPORT_REPORT_H

#include <jansson.h>

#include "base/err.h"
#include "inventory/coverage.h"
#include "inventory/subjects.h"
#include "store/history.h"
#include "store/store.h"

struct report_input {
    struct store *store;
    struct subjects *subjects;
    const json_t *rules;   /* one object for each check: id, title, step, severity, scope, why, how,
                              operations[], references[], compliance{} */
    const char *templates; /* the folder of report.xslt, report.css and report.js, used for the HTML
                              report; NULL: no HTML can be written */
    const char *templates_shipped; /* files missing from `templates`; NULL: none */
};

struct report_format {
    const char *name;      /* as in -M */
    const char *extension; /* "json" */
    const char *help;
    int (*write)(const struct report_input *in, const char *path,
                 struct err *err); /* the file is complete or absent */
};

const struct report_format *report_format_find(const char *name);
const struct report_format *report_format_at(size_t index); /* NULL after the last format */

#define REPORT_SELECTION_SIZE 400

struct report_summary { /* counts shared by the terminal summary and every format */
    enum verdict verdict;
    int64_t by_status[STATUS_COUNT];
    int64_t fail_by_severity[SEVERITY_COUNT];
    int64_t step_status[7][STATUS_COUNT];
    struct coverage_totals coverage;
    char selection[REPORT_SELECTION_SIZE]; /* what the run was narrowed to: "1 of 113 checks, 2 of 7
                                              accounts, resource types not listed: FSx"; "" for a
                                              run of all */
    bool compared; /* compared with the previous run; by_change then counts each kind of change */
    int64_t by_change[CHANGE_COUNT];
};
int report_summarize(struct store *store, struct report_summary *out, struct err *err);
/* The verdict as it may be quoted: "COMPLIANT", or "COMPLIANT, selection: 1 of 113 checks". The
 * caller frees it. */
char *report_verdict(const struct report_summary *s);
/* The selection as data: null for a run of all, else {"text", "checks", "accounts", "regions"}, as
 * in docs/schemas/report.schema.json. New reference. */
json_t *report_selection(struct store *store, const struct report_summary *s);

#endif
