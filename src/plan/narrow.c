#include "plan/narrow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "remedy.h"

#define FOR_CHECK "check:"

/* Steps of these send one call for all findings of a kind. */
static const char *const joining[] = {"tag-resource", "untag-resource", "create-backup-policy"};
/* This one also makes the changes of that one where a plan has both. */
#define CARRYING "enable-landing-zone-backup"
#define CARRIED "update-landing-zone"

struct narrowing {
    struct plan *plan;
    const struct plan_selection *selection;
    struct map *by_id; /* of the whole plan: step */
    struct map *kept;  /* ids */
};

/* --- checks --- */

static const char *check_of(const char *reason)
{
    return str_starts(reason, FOR_CHECK) ? reason + strlen(FOR_CHECK) : NULL;
}

static struct plan_check known(const struct plan_selection *s, const char *check)
{
    struct plan_check found = {.step = -1, .remedy = ""};
    if (s->find != NULL) {
        (void)s->find(s->context, check, &found);
    }
    return found;
}

static bool selects(const struct plan_selection *s, const char *check)
{
    bool named = s->checks == NULL;
    for (const char *const *glob = s->checks; !named && *glob != NULL; glob++) {
        named = str_glob(*glob, check);
    }
    return named && (s->step == 0 || known(s, check).step == s->step);
}

/* The step is there for a selected check, not only for what such a check needs. */
static bool repairs(const struct plan_selection *s, const struct plan_step *step)
{
    bool for_check = false;
    for (size_t i = 0; i < step->reasons.count; i++) {
        const char *check = check_of(step->reasons.items[i]);
        const char *remedy = check != NULL ? known(s, check).remedy : "";
        for_check = for_check || check != NULL;
        if (check != NULL && selects(s, check) &&
            (remedy[0] == '\0' || str_equal(remedy, step->remedy))) {
            return true;
        }
    }
    return !for_check;
}

static bool are_selected(const struct narrowing *n, int step, const struct plan_strings *reasons)
{
    if (n->plan->goal != GOAL_FIX) {
        return n->selection->step == 0 || step == n->selection->step;
    }
    for (size_t i = 0; i < reasons->count; i++) {
        const char *check = check_of(reasons->items[i]);
        if (check != NULL && selects(n->selection, check)) {
            return true;
        }
    }
    return false;
}

static bool is_selected(const struct narrowing *n, const struct plan_step *step)
{
    return are_selected(n, step->step, &step->reasons);
}

/* --- what must be known, and what cannot be divided --- */

static bool sends_jointly(const struct plan_step *step, const struct plan_selection *s)
{
    for (size_t i = 0; i < sizeof joining / sizeof *joining; i++) {
        if (strcmp(step->remedy, joining[i]) == 0) {
            return true;
        }
    }
    bool carries = strcmp(step->remedy, CARRYING) == 0;
    for (size_t i = 0; carries && i < step->reasons.count; i++) {
        const char *check = check_of(step->reasons.items[i]);
        carries = check == NULL || !selects(s, check) || str_equal(known(s, check).remedy, CARRIED);
    }
    return carries;
}

/* Its call would change something for a check that is not selected. */
static int check_whole(const struct narrowing *n, const struct plan_step *step, struct err *err)
{
    for (size_t i = 0; i < step->reasons.count; i++) {
        const char *check = check_of(step->reasons.items[i]);
        if (check != NULL && n->selection->step != 0 && known(n->selection, check).step < 0) {
            return err_set(err, ERR_INPUT,
                           "--only %d: no rule directory has the check %s, for which the plan was "
                           "made: name checks instead of a step",
                           n->selection->step, check);
        }
    }
    for (size_t i = 0; sends_jointly(step, n->selection) && i < step->reasons.count; i++) {
        const char *check = check_of(step->reasons.items[i]);
        if (check != NULL && !selects(n->selection, check)) {
            return err_set(err, ERR_INPUT,
                           "%s: step %s is one call, also for %s: add that check, or make a "
                           "narrower plan with towerkeep plan %s",
                           n->selection->options, step->id, check, n->selection->options);
        }
    }
    return 0;
}

static int check_selection(const struct narrowing *n, struct err *err)
{
    if (n->plan->goal == GOAL_FIX || n->selection->checks == NULL) {
        return 0;
    }
    return err_set(err, ERR_INPUT,
                   "--only %s: the plan is one of towerkeep %s, whose changes are not made for "
                   "checks: expected a step, 1 to 6",
                   n->selection->checks[0], goal_command(n->plan->goal));
}

/* --- needs --- */

struct needs {
    const char *wanted;
    bool found;
};

static void compare(void *context, const char *step, const char *name)
{
    struct needs *needs = context;
    (void)name;
    needs->found = needs->found || strcmp(step, needs->wanted) == 0;
}

static bool supplies(const struct plan_step *other, const struct plan_step *step)
{
    struct needs needs = {.wanted = other->id};
    plan_step_placeholders(step, compare, &needs);
    return needs.found;
}

static bool is_made_with(const struct plan_step *other, const struct plan_step *step)
{
    for (size_t i = 0; i < step->reasons.count; i++) {
        const char *reason = step->reasons.items[i];
        if (check_of(reason) == NULL && plan_strings_has(&other->reasons, reason)) {
            return true;
        }
    }
    return false;
}

static void keep(struct narrowing *n, struct plan_step *step)
{
    if (map_get(n->kept, step->id) != NULL) {
        return;
    }
    bool selected = is_selected(n, step);
    map_set(n->kept, step->id, step);
    for (size_t i = 0; i < step->needs.count; i++) {
        struct plan_step *other = map_get(n->by_id, step->needs.items[i]);
        /* What a selected step was made with is selected itself, for the findings that count. */
        if (other != NULL && (n->plan->goal != GOAL_FIX || supplies(other, step) ||
                              (!selected && is_made_with(other, step)))) {
            keep(n, other);
        }
    }
}

static void drop_needs(const struct narrowing *n, struct plan_step *step)
{
    size_t count = 0;
    for (size_t i = 0; i < step->needs.count; i++) {
        if (map_get(n->kept, step->needs.items[i]) != NULL) {
            step->needs.items[count++] = step->needs.items[i];
        } else {
            free(step->needs.items[i]);
        }
    }
    step->needs.count = count;
}

static void drop_steps(struct narrowing *n)
{
    struct plan_steps *steps = &n->plan->steps;
    size_t count = 0;
    for (size_t i = 0; i < steps->count; i++) {
        struct plan_step *step = steps->items[i];
        if (map_get(n->kept, step->id) != NULL) {
            drop_needs(n, step);
            steps->items[count++] = step;
        } else {
            plan_step_free(step);
        }
    }
    steps->count = count;
}

/* Rows without a step or a finding stay: they are about the goal. */
static void drop_rows(const struct narrowing *n)
{
    struct plan *plan = n->plan;
    size_t count = 0;
    for (size_t i = 0; i < plan->manual_count; i++) {
        struct plan_manual *row = &plan->manual[i];
        if (row->check_id[0] == '\0' || selects(n->selection, row->check_id)) {
            plan->manual[count++] = *row;
        } else {
            plan_manual_release(row);
        }
    }
    plan->manual_count = count;
    count = 0;
    for (size_t i = 0; i < plan->deferred_count; i++) {
        struct plan_deferred *row = &plan->deferred[i];
        if (are_selected(n, row->step, &row->reasons)) {
            plan->deferred[count++] = *row;
        } else {
            plan_deferred_release(row);
        }
    }
    plan->deferred_count = count;
}

/* --- the whole --- */

int plan_narrow(struct plan *plan, struct plan_selection *selection, struct err *err)
{
    struct narrowing n = {
        .plan = plan, .selection = selection, .by_id = map_new(NULL), .kept = map_new(NULL)};
    size_t count = plan->steps.count;
    int rc = check_selection(&n, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        map_set(n.by_id, plan->steps.items[i]->id, plan->steps.items[i]);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct plan_step *step = plan->steps.items[i];
        if (is_selected(&n, step)) {
            rc = check_whole(&n, step, err);
            keep(&n, step);
        }
    }
    if (rc == 0) {
        drop_steps(&n);
        drop_rows(&n);
        selection->left_out = count - plan->steps.count;
    }
    map_free(n.by_id);
    map_free(n.kept);
    return rc;
}

size_t plan_left_out(struct store *store, struct subjects *subjects,
                     const struct plan_options *options, const struct plan *plan)
{
    struct plan_options all = *options;
    struct plan *whole = NULL;
    struct err ignored = ERR_INIT;
    size_t count = 0;
    all.checks = all.excluded_checks = all.checks_too = NULL;
    all.accounts = all.excluded_accounts = all.regions = all.excluded_regions = all.ous = NULL;
    all.severities = all.only_step = 0;
    if (plan_make(store, subjects, plan->goal, &all, &whole, &ignored) != 0) {
        return 0;
    }
    struct map *kept = map_new(NULL);
    for (size_t i = 0; i < plan->steps.count; i++) {
        map_set(kept, plan->steps.items[i]->id, plan->steps.items[i]);
    }
    for (size_t i = 0; i < whole->steps.count; i++) {
        count += map_get(kept, whole->steps.items[i]->id) == NULL ? 1 : 0;
    }
    map_free(kept);
    plan_free(whole);
    return count;
}

/* --- steps that others need --- */

/* A repair of several calls names its further steps below the first: create-key/alias. */
static bool is_other_subject(const struct plan_step *step, const struct plan_step *other)
{
    size_t length = strlen(step->id);
    return strcmp(step->remedy, other->remedy) == 0 &&
           !(str_starts(other->id, step->id) && other->id[length] == '/');
}

static void add_borrowed(struct plan_strings *list, char *id)
{
    list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = id;
}

/* Each of its findings is one of another subject, whose step needs this one. */
static bool serves_all(const struct plan_step *step, const struct plan *plan)
{
    for (size_t k = 0; k < step->reasons.count; k++) {
        const char *reason = step->reasons.items[k];
        bool served = check_of(reason) != NULL;
        for (size_t i = 0; !served && i < plan->steps.count; i++) {
            const struct plan_step *other = plan->steps.items[i];
            served = plan_strings_has(&other->needs, step->id) &&
                     plan_strings_has(&other->reasons, reason) && is_other_subject(step, other);
        }
        if (!served) {
            return false;
        }
    }
    return true;
}

static bool is_wanted_itself(const struct plan *plan, const struct plan_selection *s,
                             const struct plan_step *step)
{
    if (plan->goal != GOAL_FIX) {
        return s->step == 0 || step->step == s->step;
    }
    return repairs(s, step) && !serves_all(step, plan);
}

bool plan_step_serves(const struct plan *plan, const struct plan_selection *selection,
                      const struct plan_step *step, struct plan_strings *by)
{
    *by = (struct plan_strings){0};
    if (selection->options == NULL || is_wanted_itself(plan, selection, step)) {
        return false;
    }
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *other = plan->steps.items[i];
        if (plan_strings_has(&other->needs, step->id) &&
            (plan->goal != GOAL_FIX || is_made_with(step, other) || supplies(step, other))) {
            add_borrowed(by, other->id);
        }
    }
    return by->count > 0;
}
