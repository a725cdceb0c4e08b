/* What a change tells people while it goes on, and of what it leaves. */
#ifndef TOWERKEEP_CLI_APPLY_PROGRESS_H
#define TOWERKEEP_CLI_APPLY_PROGRESS_H

#include "apply/apply.h"

/* apply_options.tell: a line on standard error; on a terminal in its width. context: not looked at.
 */
void apply_progress_step(void *context, const struct apply_event *event);
/* A plan's "remains" on standard output, so that nobody believes it gone. Nothing when it has none.
 */
void print_remains(const struct plan *plan);

#endif
