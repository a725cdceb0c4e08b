/* What must hold among the steps of a plan: each need and each placeholder can be fulfilled. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan_private.h"

struct checker {
    const struct plan_steps *steps;
    const struct map *index;
    size_t at; /* the step being checked */
    int rc;
    struct err *err;
};

static bool has_capture(const struct plan_captures *captures, const char *name)
{
    for (size_t i = 0; captures != NULL && i < captures->count; i++) {
        if (strcmp(captures->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Also after a crash, or when the step had nothing to do. */
static bool supplies_always(const struct plan_step *step, const char *name)
{
    return has_capture(step->done != NULL ? &step->done->capture : NULL, name) ||
           has_capture(step->recover != NULL ? &step->recover->capture : NULL, name);
}

static bool supplies(const struct plan_step *step, const char *name)
{
    return has_capture(&step->capture, name) ||
           has_capture(step->poll != NULL ? &step->poll->capture : NULL, name) ||
           supplies_always(step, name);
}

/* Does the step `from` need the step `wanted`, directly or through others? Needs point backwards.
 */
static bool leads_to(const struct checker *c, size_t from, size_t wanted)
{
    bool *reached = xcalloc(from + 1, sizeof *reached);
    reached[from] = true;
    for (size_t i = from + 1; i-- > wanted;) {
        const struct plan_strings *needs = &c->steps->items[i]->needs;
        for (size_t k = 0; reached[i] && k < needs->count; k++) {
            size_t at = plan_position(c->index, needs->items[k]);
            if (at > 0 && at - 1 < i) {
                reached[at - 1] = true;
            }
        }
    }
    bool found = reached[wanted];
    free(reached);
    return found;
}

static void check_placeholder(void *context, const char *id, const char *name)
{
    struct checker *c = context;
    const struct plan_step *self = c->steps->items[c->at];
    size_t at = plan_position(c->index, id);
    const struct plan_step *other = at > 0 ? c->steps->items[at - 1] : NULL;
    if (c->rc != 0) {
        return;
    }
    if (other == NULL || !supplies(other, name)) {
        c->rc =
            err_set(c->err, ERR_INPUT, "step %s: no step captures ${%s:%s}", self->id, id, name);
    } else if (other == self) {
        return;
    } else if (at - 1 > c->at || !leads_to(c, c->at, at - 1)) {
        c->rc =
            err_set(c->err, ERR_INPUT, "step %s uses ${%s:%s}, but that step is not in its needs",
                    self->id, id, name);
    } else if (!supplies_always(other, name)) {
        c->rc = err_set(c->err, ERR_INPUT,
                        "step %s: neither done nor recover captures \"%s\", which step %s uses", id,
                        name, self->id);
    }
}

static int check_needs(const struct checker *c, const struct plan_step *step)
{
    for (size_t i = 0; i < step->needs.count; i++) {
        if (plan_position(c->index, step->needs.items[i]) > c->at) {
            return err_set(c->err, ERR_INPUT, "step %s comes before %s, which it needs", step->id,
                           step->needs.items[i]);
        }
    }
    return 0;
}

int plan_check_together(const struct plan_steps *steps, struct err *err)
{
    struct map *index = map_new(free);
    struct plan_step **sorted = xcalloc(steps->count + 1, sizeof *sorted);
    struct checker c = {.steps = steps, .index = index, .err = err};
    /* Names what is missing, double or circular. */
    c.rc = plan_sorted(steps, sorted, err);
    if (c.rc == 0) {
        c.rc = plan_index(steps, index, err);
    }
    for (c.at = 0; c.rc == 0 && c.at < steps->count; c.at++) {
        const struct plan_step *step = steps->items[c.at];
        c.rc = check_needs(&c, step);
        if (c.rc == 0) {
            plan_step_placeholders(step, check_placeholder, &c);
        }
    }
    free(sorted);
    map_free(index);
    return c.rc;
}
