/* An account's state, in Organizations' newer word or the older one. */
#ifndef TOWERKEEP_MODEL_ACCOUNT_H
#define TOWERKEEP_MODEL_ACCOUNT_H

#include <jansson.h>

/* `State` when sent, else the retired `Status`; "" when neither. *source (may be NULL): "State",
   "Status" or "". Borrowed from the document. */
const char *account_state(const json_t *account, const char **source);

#endif
