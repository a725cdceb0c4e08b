#include "prepare.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"

/* --- does it fit? --- */

static int check_call(const struct plan_call *call, bool writes, const char *id, struct err *err)
{
    const struct op *op = op_parse(call->operation);
    if (op == NULL) {
        return err_set(err, ERR_INPUT, "step %s: unknown operation \"%.80s\"", id, call->operation);
    }
    if (op_writes(op) != writes) {
        return err_set(err, ERR_INPUT, "step %s: %s %s", id, call->operation,
                       !writes ? "is a write, but only a read is allowed here"
                               : "is a read and cannot be sent as a step");
    }
    return 0;
}

static int check_retry(const struct plan_step *step, struct err *err)
{
    const struct plan_retry *retry = step->retry;
    for (size_t i = 0; retry != NULL && i < retry->calls.count; i++) {
        const struct plan_retry_call *own = retry->calls.items[i];
        if (check_call(own->send, true, step->id, err) != 0 ||
            (own->merge != NULL && check_call(own->merge->read, false, step->id, err) != 0)) {
            return -1;
        }
    }
    return 0;
}

static int check_step(const struct plan_step *step, struct err *err)
{
    const struct plan_call *const reads[] = {
        step->done != NULL ? step->done->call : NULL, step->poll != NULL ? step->poll->call : NULL,
        step->recover != NULL ? step->recover->probe->call : NULL};
    if (check_call(step->send, true, step->id, err) != 0 || check_retry(step, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        if (reads[i] != NULL && check_call(reads[i], false, step->id, err) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < step->preconditions.count; i++) {
        if (check_call(step->preconditions.items[i]->call, false, step->id, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_options(const struct engine *e, struct err *err)
{
    const struct apply_options *o = e->options;
    if (!(o->time_scale > 0)) {
        return err_set(err, ERR_INPUT, "invalid time scale %g: expected a number above 0",
                       o->time_scale);
    }
    if ((o->time_scale > 1 || o->time_scale < 1) && !aws_client_is_loopback(e->client)) {
        return err_set(err, ERR_INPUT,
                       "a time scale other than 1 needs a loopback endpoint (the simulator)");
    }
    if (!o->dry_run && o->journal == NULL) {
        return err_set(err, ERR_INTERNAL, "apply needs a journal");
    }
    return 0;
}

/* A plan of another organization would find other things under the same names. */
static int check_organization(const struct engine *e, struct err *err)
{
    json_t *answer = NULL;
    struct aws_call call = {.op = op_parse("organizations:DescribeOrganization"),
                            .region = e->plan->home_region};
    if (aws_call_wait(e->client, &call, &answer, NULL, err) != 0) {
        return -1;
    }
    const char *wanted = e->plan->organization_id;
    const char *found = jx_str_or(answer, "Organization.Id", "none");
    const char *account = e->plan->management_account;
    int rc = 0;
    if (strcmp(found, wanted) != 0) {
        rc = err_set(err, ERR_INPUT,
                     "the plan is for the organization %.40s; these credentials belong to %.40s",
                     wanted, found);
    } else if (strcmp(aws_client_account(e->client), account) != 0) {
        rc = err_set(err, ERR_INPUT,
                     "the plan must be applied from the management account %s; these "
                     "credentials belong to %s",
                     account, aws_client_account(e->client));
    }
    json_decref(answer);
    return rc;
}

int engine_prepare_check(struct engine *e, struct err *err)
{
    const struct plan_steps *steps = &e->plan->steps;
    if (check_options(e, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < steps->count; i++) {
        if (check_step(steps->items[i], err) != 0) {
            return -1;
        }
    }
    return steps->count > 0 ? check_organization(e, err) : 0;
}

/* --- runs --- */

struct wants {
    json_t *all;
    const char *self;
};

static void note_wanted(void *context, const char *step, const char *name)
{
    const struct wants *wants = context;
    if (strcmp(step, wants->self) == 0) {
        return;
    }
    json_t *names = json_object_get(wants->all, step);
    if (names == NULL) {
        names = json_object();
        (void)json_object_set_new(wants->all, step, names);
    }
    (void)json_object_set_new(names, name, json_true());
}

static void build_runs(struct engine *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct plan_step *step = e->plan->steps.items[i];
        const char *group = step->concurrency_group;
        struct step_run *r = &e->runs[i];
        r->engine = e;
        r->step = step;
        r->id = step->id;
        r->group = group != NULL && group[0] != '\0' ? group : NULL;
        r->wake_ms = INT64_MAX;
        map_set(e->index, r->id, r);
        struct wants wants = {e->wanted, r->id};
        plan_step_placeholders(step, note_wanted, &wants);
    }
}

/* Counts in the first pass, fills in the second; a need named twice counts twice, both ways. */
static void build_dependants(struct engine *e)
{
    size_t total = 0;
    for (size_t i = 0; i < e->count; i++) {
        const struct plan_strings *needs = &e->runs[i].step->needs;
        e->runs[i].blocked = needs->count;
        total += needs->count;
        for (size_t k = 0; k < needs->count; k++) {
            const struct step_run *on = map_get(e->index, needs->items[k]);
            e->first_dependant[(size_t)(on - e->runs) + 1]++;
        }
    }
    for (size_t i = 0; i < e->count; i++) {
        e->first_dependant[i + 1] += e->first_dependant[i];
    }
    size_t *used = xcalloc(e->count + 1, sizeof *used);
    e->dependants = xcalloc(total + 1, sizeof *e->dependants);
    for (size_t i = 0; i < e->count; i++) {
        const struct plan_strings *needs = &e->runs[i].step->needs;
        for (size_t k = 0; k < needs->count; k++) {
            const struct step_run *on = map_get(e->index, needs->items[k]);
            size_t at = (size_t)(on - e->runs);
            e->dependants[e->first_dependant[at] + used[at]++] = i;
        }
    }
    free(used);
}

void engine_prepare(struct engine *e)
{
    e->count = e->plan->steps.count;
    e->runs = xcalloc(e->count + 1, sizeof *e->runs);
    e->ready = xcalloc(e->count + 1, sizeof *e->ready);
    e->parked = xcalloc(e->count + 1, sizeof *e->parked);
    e->first_dependant = xcalloc(e->count + 1, sizeof *e->first_dependant);
    e->index = map_new(NULL);
    e->groups = map_new(NULL);
    e->captures = json_object();
    e->wanted = json_object();
    build_runs(e);
    build_dependants(e);
}

void engine_prepare_release(struct engine *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct step_run *r = &e->runs[i];
        json_decref(r->joined);
        per_resource_retry_forget(r);
        plan_probe_free(r->filled);
        free(r->message);
        free(r->problem);
        free(r->request_id);
        free(r->operation_id);
    }
    journal_close(e->journal);
    free(e->runs);
    free(e->ready);
    free(e->parked);
    free(e->first_dependant);
    free(e->dependants);
    map_free(e->index);
    map_free(e->groups);
    json_decref(e->captures);
    json_decref(e->wanted);
}
