/* An account's state, from the newer or the retired member of Organizations' answer. */
#ifndef TOWERKEEP_MODEL_ACCOUNT_H
#define TOWERKEEP_MODEL_ACCOUNT_H

#include <jansson.h>

/* `State` when present, else the retired `Status`; "" when both are absent. *source (may be NULL):
   "State", "Status" or "". Borrowed from the document. */
const char *account_state(const json_t *account, const char **source);

#endif
