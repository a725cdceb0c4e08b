/* The data available to an expression or a template while one rule is evaluated on one subject. */
#ifndef TOWERKEEP_CHECK_VIEW_H
#define TOWERKEEP_CHECK_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "path.h"

struct view {
    const json_t *roots[ROOT_COUNT];
    int64_t now_ms;
    bool now_known;
    char problem[256]; /* why there is no result; "" when there is no error */
};

void view_init(struct view *v, const json_t *context, const char *now_iso);
/* Public for its tests: they evaluate one expression without a rule set. */
void view_turn(struct view *v, const json_t *document, const json_t *parameters);

#endif
