/* The order of a plan's steps. */
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/plan.h"
#include "plan_private.h"

#define CYCLE_SHOWN 12

enum mark { UNSEEN, OPEN, PLACED };

struct sorter {
    const struct plan_steps *steps;
    struct plan_step **sorted;
    size_t sorted_count;
    struct map *index; /* id -> position + 1 */
    enum mark *marks;
    struct visit {
        size_t step, next_need;
    } * stack;
    size_t depth;
};

size_t plan_position(const struct map *index, const char *id)
{
    const size_t *position = id != NULL ? map_get(index, id) : NULL;
    return position != NULL ? *position : 0;
}

int plan_index(const struct plan_steps *steps, struct map *index, struct err *err)
{
    for (size_t i = 0; i < steps->count; i++) {
        const char *id = steps->items[i]->id;
        if (map_get(index, id) != NULL) {
            return err_set(err, ERR_INPUT, "duplicate step %s", id);
        }
        size_t *position = xmalloc(sizeof *position);
        *position = i + 1;
        map_set(index, id, position);
    }
    return 0;
}

static int refuse_cycle(const struct sorter *s, size_t again, struct err *err)
{
    struct text names;
    text_init(&names, ERR_TEXT_MAX);
    size_t from = s->depth;
    while (from > 0 && s->stack[from - 1].step != again) {
        from--;
    }
    for (size_t i = from - 1; i < s->depth && i < from - 1 + CYCLE_SHOWN; i++) {
        text_addf(&names, "%s needs ", s->steps->items[s->stack[i].step]->id);
    }
    text_addf(&names, "%s%s", s->depth - from >= CYCLE_SHOWN ? "... " : "",
              s->steps->items[again]->id);
    (void)err_set(err, ERR_INPUT, "dependency cycle: %s", text_str(&names));
    text_release(&names);
    return -1;
}

/* Places what the step needs, then the step; by a stack of its own, for a plan can be deep. */
static int place(struct sorter *s, size_t first, struct err *err)
{
    s->stack[s->depth++] = (struct visit){first, 0};
    s->marks[first] = OPEN;
    while (s->depth > 0) {
        struct visit *top = &s->stack[s->depth - 1];
        struct plan_step *step = s->steps->items[top->step];
        if (top->next_need >= step->needs.count) {
            s->marks[top->step] = PLACED;
            s->sorted[s->sorted_count++] = step;
            s->depth--;
            continue;
        }
        const char *need = step->needs.items[top->next_need++];
        size_t at = plan_position(s->index, need);
        if (at == 0) {
            return err_set(err, ERR_INPUT, "step %s needs %.200s, and the plan has no such step",
                           step->id, need);
        }
        if (s->marks[at - 1] == OPEN) {
            return refuse_cycle(s, at - 1, err);
        }
        if (s->marks[at - 1] == UNSEEN) {
            s->marks[at - 1] = OPEN;
            s->stack[s->depth++] = (struct visit){at - 1, 0};
        }
    }
    return 0;
}

int plan_sorted(const struct plan_steps *steps, struct plan_step **sorted, struct err *err)
{
    size_t count = steps->count;
    struct sorter s = {.steps = steps, .sorted = sorted, .index = map_new(free)};
    s.marks = xcalloc(count + 1, sizeof *s.marks);
    s.stack = xcalloc(count + 1, sizeof *s.stack);
    int rc = plan_index(steps, s.index, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = s.marks[i] == UNSEEN ? place(&s, i, err) : 0;
    }
    map_free(s.index);
    free(s.marks);
    free(s.stack);
    return rc;
}

int plan_order(struct plan_steps *steps, struct err *err)
{
    struct plan_step **sorted = xcalloc(steps->count + 1, sizeof *sorted);
    int rc = plan_sorted(steps, sorted, err);
    for (size_t i = 0; rc == 0 && i < steps->count; i++) {
        steps->items[i] = sorted[i];
    }
    free(sorted);
    return rc;
}
