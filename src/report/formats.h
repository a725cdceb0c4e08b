/* The formats, one file each; report.c holds the table. */
#ifndef TOWERKEEP_REPORT_FORMATS_H
#define TOWERKEEP_REPORT_FORMATS_H

#include "report/report.h"

int report_write_json(const struct report_input *in, const char *path, struct err *err);
int report_write_world(const struct report_input *in, const char *path, struct err *err);
int report_write_xlsx(const struct report_input *in, const char *path, struct err *err);

/* What a run keeps as JSON text in its metadata; new reference, NULL when it keeps none. */
json_t *report_kept(struct store *store, const char *key);
/* A change's before or after as one text: itself, or its compact JSON; NULL when there is none.
   Yours. */
char *report_state_text(const json_t *value);

#endif
