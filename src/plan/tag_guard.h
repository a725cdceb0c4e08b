/* What a step that tags rests on: that its resources carry the tags that the run saw. */
#ifndef TOWERKEEP_PLAN_TAG_GUARD_H
#define TOWERKEEP_PLAN_TAG_GUARD_H

#include "remedy.h"

/* Notes in `place` (an object of the remedy's scratch) what the run saw of `key` on the subject, a
 * resource. `undecided`: it had no backup tag at all, and the default tier is what it gets. */
void tag_guard_note(json_t *place, const json_t *subject, const char *key, bool undecided);

/* Over the answer of tagging:GetResources: none of `arns` (as placeholders read them) has another
 * value of `key` than was seen or than `value` (NULL: the key goes), and none of the undecided got
 * another backup tag. Resources that the answer lacks are none. Yours. */
json_t *tag_guard_condition(const json_t *place, const json_t *arns, const char *key,
                            const char *value);

#endif
