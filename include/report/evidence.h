/* The evidence package: what each finding rests on, by check, account and Region. */
#ifndef TOWERKEEP_REPORT_EVIDENCE_H
#define TOWERKEEP_REPORT_EVIDENCE_H

#include "base/err.h"
#include "store/store.h"

/* Fills `directory`, which must be new, with README.txt, gaps.json and CHECK/ACCOUNT/REGION.json.
 * The same run gives the same bytes. Nothing is synced: the caller decides when it counts. */
int evidence_write(struct store *store, const char *directory, struct err *err);

/* Where in it the findings of a check in one account and Region stand ("" when there is none):
   "CHECK/ACCOUNT/REGION.json", safe whatever the words are. Yours. */
char *evidence_path(const char *check_id, const char *account_id, const char *region);

#endif
