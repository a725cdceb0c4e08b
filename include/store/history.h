/* A run and the one before it: what was carried over, and what became of each finding. */
#ifndef TOWERKEEP_STORE_HISTORY_H
#define TOWERKEEP_STORE_HISTORY_H

#include "model/change.h"
#include "store/store.h"

/* Keeps in `s` what comparing with `previous` will need, also after `previous` is gone: its
   findings, when each was first seen and since when it has its status, since when plans take which
   resources, and what it looked at.
   Metadata: previous_run_id, previous_ended, previous_scope (JSON). ERR_INPUT when
   the two are of different organizations. */
int store_carry(struct store *previous, struct store *s, struct err *err);
bool store_has_previous(const struct store *s);

struct difference {
    enum change change;
    const struct finding *before, *after;  /* one may be NULL; only what identifies a finding, its
                                              place, status, expected and observed are filled */
    const char *first_seen, *status_since; /* of `before`, "" when unknown */
};
/* In order of check and subject; only changes whose bit (1 << change) is in `wanted`. `before`
   NULL: what `after` carries. Non-zero from each stops and is returned. */
int store_each_difference(struct store *before, struct store *after, unsigned wanted,
                          int (*each)(void *context, const struct difference *d), void *context,
                          struct err *err);
int store_count_differences(struct store *before, struct store *after, int64_t counts[CHANGE_COUNT],
                            struct err *err);

#endif
