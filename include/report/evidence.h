/* The evidence package: the answers that each finding is based on, by check, account and Region. */
#ifndef TOWERKEEP_REPORT_EVIDENCE_H
#define TOWERKEEP_REPORT_EVIDENCE_H

#include "base/err.h"
#include "store/store.h"

/* Fills `directory`, which must be new, with README.txt, gaps.json and CHECK/ACCOUNT/REGION.json.
 * The same run gives the same bytes. Nothing is synced: the caller does that. */
int evidence_write(struct store *store, const char *directory, struct err *err);

/* The path in the package of the findings of a check in one account and Region ("" when there is
   none): "CHECK/ACCOUNT/REGION.json", a safe file name for any input. The caller frees it. */
char *evidence_path(const char *check_id, const char *account_id, const char *region);

#endif
