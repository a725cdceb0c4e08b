/* The formats, one file each; report.c holds the table. */
#ifndef TOWERKEEP_REPORT_FORMATS_H
#define TOWERKEEP_REPORT_FORMATS_H

#include "base/map.h"
#include "base/text.h"
#include "report/report.h"

int report_write_asff(const struct report_input *in, const char *path, struct err *err);
int report_write_csv(const struct report_input *in, const char *path, struct err *err);
int report_write_html(const struct report_input *in, const char *path, struct err *err);
int report_write_json(const struct report_input *in, const char *path, struct err *err);
int report_write_junit(const struct report_input *in, const char *path, struct err *err);
int report_write_markdown(const struct report_input *in, const char *path, struct err *err);
int report_write_ndjson(const struct report_input *in, const char *path, struct err *err);
int report_write_ocsf(const struct report_input *in, const char *path, struct err *err);
int report_write_oscal_ar(const struct report_input *in, const char *path, struct err *err);
int report_write_oscal_poam(const struct report_input *in, const char *path, struct err *err);
int report_write_prometheus(const struct report_input *in, const char *path, struct err *err);
int report_write_sarif(const struct report_input *in, const char *path, struct err *err);
int report_write_world(const struct report_input *in, const char *path, struct err *err);
int report_write_xlsx(const struct report_input *in, const char *path, struct err *err);

/* Appends a finding as the JSON report has it. before: the kept findings of before the first
   change, by id; may be NULL. compliance: from report_compliance_of_checks(). */
void report_finding_json(struct text *out, const struct finding *f, const json_t *before,
                         const struct map *compliance);
/* Check id -> the "compliance" member of its findings, as JSON text; yours, map_free(). */
struct map *report_compliance_of_checks(const json_t *rules);

/* What a run keeps as JSON text in its metadata; new reference, NULL when it keeps none. */
json_t *report_kept(struct store *store, const char *key);
/* Fills s->selection; the verdict and the coverage are there. */
void selection_summarize(struct store *store, struct report_summary *s);
/* Per requirement of each framework that the run keeps: {framework, framework_title, requirement,
   title, result, why, checks, counts}; new reference. */
int report_compliance(struct store *store, json_t **out, struct err *err);
/* A change's before or after as one text: itself, or its compact JSON; NULL when there is none.
   Yours. */
char *report_state_text(const json_t *value);

#endif
