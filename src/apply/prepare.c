#include "prepare.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"

/* --- does it fit? --- */

static int check_call(const json_t *call, enum effect effect, const char *id, struct err *err)
{
    const char *name = jx_str_or(call, "operation", "");
    const struct op *op = op_parse(name);
    if (op == NULL) {
        return err_set(err, ERR_INPUT, "step %s: no operation is called \"%.80s\"", id, name);
    }
    if (op_writes(op) != (effect != EFFECT_READ)) {
        return err_set(err, ERR_INPUT, "step %s: %s %s", id, name,
                       effect == EFFECT_READ ? "changes things, and only a question belongs there"
                                             : "changes nothing and cannot be a step");
    }
    return 0;
}

static int check_own_calls(const json_t *step, struct err *err)
{
    const char *id = jx_str_or(step, "id", "");
    const char *arn = NULL;
    json_t *own = NULL;
    json_object_foreach(json_object_get(json_object_get(step, "otherwise"), "calls"), arn, own)
    {
        const json_t *read = jx_get(own, "merge.read");
        if (check_call(json_object_get(own, "send"), EFFECT_WRITE, id, err) != 0 ||
            (read != NULL && check_call(read, EFFECT_READ, id, err) != 0)) {
            return -1;
        }
    }
    return 0;
}

static int check_step(const json_t *step, struct err *err)
{
    static const char *const questions[] = {"done.call", "poll.call", "recover.probe.call"};
    const char *id = jx_str_or(step, "id", "");
    const json_t *guards = json_object_get(step, "guard");
    if (check_call(json_object_get(step, "send"), EFFECT_WRITE, id, err) != 0 ||
        check_own_calls(step, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const json_t *call = jx_get(step, questions[i]);
        if (call != NULL && check_call(call, EFFECT_READ, id, err) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < json_array_size(guards); i++) {
        const json_t *call = json_object_get(json_array_get(guards, i), "call");
        if (check_call(call, EFFECT_READ, id, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_options(const struct engine *e, struct err *err)
{
    const struct apply_options *o = e->options;
    if (!(o->time_scale > 0)) {
        return err_set(err, ERR_INPUT, "time scale: %g is not above 0", o->time_scale);
    }
    if ((o->time_scale > 1 || o->time_scale < 1) && !aws_client_is_loopback(e->client)) {
        return err_set(err, ERR_INPUT,
                       "a time scale other than 1 is for a simulator on loopback only");
    }
    if (!o->dry_run && o->journal == NULL) {
        return err_set(err, ERR_INTERNAL, "an apply without a journal");
    }
    return 0;
}

/* A plan of another organization would find other things under the same names. */
static int check_organization(const struct engine *e, struct err *err)
{
    json_t *answer = NULL;
    struct aws_call call = {.op = op_parse("organizations:DescribeOrganization"),
                            .region = jx_str_or(e->plan, "home_region", "")};
    if (aws_call_wait(e->client, &call, &answer, NULL, err) != 0) {
        return -1;
    }
    const char *wanted = jx_str_or(e->plan, "organization_id", "");
    const char *found = jx_str_or(answer, "Organization.Id", "none");
    const char *account = jx_str_or(e->plan, "management_account", "");
    int status = 0;
    if (strcmp(found, wanted) != 0) {
        status =
            err_set(err, ERR_INPUT,
                    "the plan is for the organization %.40s; these credentials belong to %.40s",
                    wanted, found);
    } else if (strcmp(aws_client_account(e->client), account) != 0) {
        status = err_set(err, ERR_INPUT,
                         "the plan is carried out from the management account %s; these "
                         "credentials belong to %s",
                         account, aws_client_account(e->client));
    }
    json_decref(answer);
    return status;
}

int engine_prepare_check(struct engine *e, struct err *err)
{
    const json_t *steps = json_object_get(e->plan, "steps");
    if (check_options(e, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (check_step(json_array_get(steps, i), err) != 0) {
            return -1;
        }
    }
    return json_array_size(steps) > 0 ? check_organization(e, err) : 0;
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

static void build_runs(struct engine *e, const json_t *steps)
{
    for (size_t i = 0; i < e->count; i++) {
        const json_t *step = json_array_get(steps, i);
        const char *lane = jx_str(step, "lane");
        struct step_run *r = &e->runs[i];
        r->engine = e;
        r->step = step;
        r->id = jx_str_or(step, "id", "");
        r->lane = lane != NULL && lane[0] != '\0' ? lane : NULL;
        r->wake_ms = INT64_MAX;
        map_set(e->index, r->id, r);
        struct wants wants = {e->wanted, r->id};
        placeholder_each(step, note_wanted, &wants);
    }
}

/* Counts in the first pass, fills in the second; a need named twice counts twice, both ways. */
static void build_dependants(struct engine *e)
{
    size_t total = 0;
    for (size_t i = 0; i < e->count; i++) {
        const json_t *needs = json_object_get(e->runs[i].step, "needs");
        e->runs[i].blocked = json_array_size(needs);
        total += json_array_size(needs);
        for (size_t k = 0; k < json_array_size(needs); k++) {
            const struct step_run *on =
                map_get(e->index, json_string_value(json_array_get(needs, k)));
            e->first_dependant[(size_t)(on - e->runs) + 1]++;
        }
    }
    for (size_t i = 0; i < e->count; i++) {
        e->first_dependant[i + 1] += e->first_dependant[i];
    }
    size_t *used = xcalloc(e->count + 1, sizeof *used);
    e->dependants = xcalloc(total + 1, sizeof *e->dependants);
    for (size_t i = 0; i < e->count; i++) {
        const json_t *needs = json_object_get(e->runs[i].step, "needs");
        for (size_t k = 0; k < json_array_size(needs); k++) {
            const struct step_run *on =
                map_get(e->index, json_string_value(json_array_get(needs, k)));
            size_t at = (size_t)(on - e->runs);
            e->dependants[e->first_dependant[at] + used[at]++] = i;
        }
    }
    free(used);
}

void engine_prepare(struct engine *e)
{
    const json_t *steps = json_object_get(e->plan, "steps");
    e->count = json_array_size(steps);
    e->runs = xcalloc(e->count + 1, sizeof *e->runs);
    e->ready = xcalloc(e->count + 1, sizeof *e->ready);
    e->parked = xcalloc(e->count + 1, sizeof *e->parked);
    e->first_dependant = xcalloc(e->count + 1, sizeof *e->first_dependant);
    e->index = map_new(NULL);
    e->lanes = map_new(NULL);
    e->captures = json_object();
    e->wanted = json_object();
    build_runs(e, steps);
    build_dependants(e);
}

void engine_prepare_release(struct engine *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct step_run *r = &e->runs[i];
        json_decref(r->joined);
        per_resource_retry_forget(r);
        json_decref(r->filled);
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
    map_free(e->lanes);
    json_decref(e->captures);
    json_decref(e->wanted);
}
