/* What to do about a finding with status ERROR. */
#ifndef TOWERKEEP_CHECK_ADVICE_H
#define TOWERKEEP_CHECK_ADVICE_H

struct text;

/* Appends it. `error` is what the finding observed: a collection error as store_find_gap() describes
 * it, or other text. The fix of the check is not offered, because nobody saw what it would change. */
void advice_for_error(const char *error, struct text *out);

#endif
