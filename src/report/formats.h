/* The formats, one file each; report.c holds the table. */
#ifndef TOWERKEEP_REPORT_FORMATS_H
#define TOWERKEEP_REPORT_FORMATS_H

#include "report/report.h"

int report_write_json(const struct report_input *in, const char *path, struct err *err);
int report_write_world(const struct report_input *in, const char *path, struct err *err);
int report_write_xlsx(const struct report_input *in, const char *path, struct err *err);

#endif
