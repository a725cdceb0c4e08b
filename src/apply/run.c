#include "engine.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"
#include "model/path.h"

#define MESSAGE_MAX 1024

/* --- calls --- */

static void join(const struct op *op, json_t *joined, const json_t *page)
{
    json_t *rows = op->list != NULL ? jx_get(joined, op->list) : NULL;
    json_t *more = op->list != NULL ? jx_get(page, op->list) : NULL;
    if (json_is_array(rows) && json_is_array(more)) {
        (void)json_array_extend(rows, more);
    } else if (json_is_array(more) && strchr(op->list, '.') == NULL) {
        (void)json_object_set(joined, op->list, more);
    }
}

/* A Region that was switched off refuses credentials as if nobody knew them. Were they really
 * gone, the home Region would say so, too, and stop everything. */
static enum answer_class class_here(const struct engine *e, const struct answer *answer)
{
    bool home = str_equal(answer->region, e->plan->home_region);
    return answer->class == ANSWER_BAD_CREDENTIALS && !home ? ANSWER_REGION_UNAVAILABLE
                                                            : answer->class;
}

static void on_answer(void *context, const struct answer *answer)
{
    struct step_run *r = context;
    struct engine *e = r->engine;
    if (answer->class == ANSWER_OK && r->joined == NULL) {
        r->joined = answer->json != NULL ? json_incref(answer->json) : json_object();
    } else if (answer->class == ANSWER_OK) {
        join(answer->op, r->joined, answer->json);
    }
    if (!answer->last) {
        return;
    }
    json_t *json = r->joined;
    struct reply reply = {.class = class_here(e, answer),
                          .code = answer->code,
                          .message = answer->message,
                          .request_id = answer->request_id,
                          .json = answer->class == ANSWER_OK ? json : NULL};
    bool write = op_writes(answer->op);
    r->joined = NULL;
    r->in_flight = false;
    e->in_flight--;
    e->writes_in_flight -= write ? 1 : 0;
    if (answer->class != ANSWER_OK) {
        char label[96];
        op_label(answer->op, label, sizeof label);
        run_problem(r, "%s in %s %s: %s%s%s", label, answer->account, answer->region, answer->code,
                    answer->code[0] != '\0' ? ": " : "", answer->message);
    }
    if (reply.class == ANSWER_EXPIRED || reply.class == ANSWER_BAD_CREDENTIALS) {
        struct err why = ERR_INIT;
        (void)err_set(&why, ERR_CREDENTIALS, "%s", r->problem);
        engine_stop(e, &why);
    }
    /* Once stopping, only what a write did matters. */
    if (!e->stopping || write) {
        r->on_reply(r, &reply);
    }
    json_decref(json);
}

void run_call(struct step_run *r, const struct plan_call *call, run_reply on_reply)
{
    struct engine *e = r->engine;
    struct err err = ERR_INIT;
    if (e->stopping) {
        return;
    }
    struct aws_call ask = {.op = op_parse(call->operation),
                           .account = call->account,
                           .role = call->role,
                           .retry_refused_role = true,
                           .region = call->region,
                           .input = call->input != NULL ? json_incref(call->input) : json_object(),
                           .done = on_answer,
                           .context = r};
    r->on_reply = on_reply;
    if (aws_call(e->client, &ask, &err) != 0) {
        run_problem(r, "%s", err.text);
        struct reply reply = {ANSWER_INVALID, "", r->problem, "", NULL};
        on_reply(r, &reply);
        return;
    }
    r->in_flight = true;
    e->in_flight++;
    e->writes_in_flight += op_writes(ask.op) ? 1 : 0;
}

/* --- time --- */

void run_wait(struct step_run *r, double cloud_seconds, run_action then)
{
    r->wake_ms =
        engine_now_ms() + (int64_t)(cloud_seconds * 1000.0 / r->engine->options->time_scale);
    r->resume = then;
}

double run_jitter(double low, double high)
{
    uint32_t drawn = 0;
    random_bytes(&drawn, sizeof drawn);
    return low + (high - low) * ((double)drawn / 4294967296.0);
}

double run_elapsed(const struct step_run *r, int64_t since_ms)
{
    return (double)(engine_now_ms() - since_ms) / 1000.0 * r->engine->options->time_scale;
}

/* --- words --- */

static char *worded(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static char *worded(const char *format, va_list args)
{
    char line[MESSAGE_MAX];
    struct text text;
    (void)vsnprintf(line, sizeof line, format, args);
    text_init(&text, (size_t)4 * MESSAGE_MAX);
    text_add_printable(&text, line, strlen(line));
    return text_take(&text);
}

static void tell(struct step_run *r)
{
    const struct engine *e = r->engine;
    struct apply_event event = {.step = r->step,
                                .state = r->state,
                                .message = r->message != NULL ? r->message : "",
                                .done = e->ended,
                                .total = e->count,
                                .dry_run = e->options->dry_run};
    event.elapsed_seconds = r->started_wall_ms > 0 ? run_elapsed(r, r->started_ms) : 0;
    if (e->options->tell != NULL) {
        e->options->tell(e->options->context, &event);
    }
}

void run_tell(struct step_run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *line = worded(format, args);
    va_end(args);
    free(r->message);
    r->message = line;
    tell(r);
}

void run_problem(struct step_run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *line = worded(format, args);
    va_end(args);
    free(r->problem);
    r->problem = line;
}

/* --- what it learns and leaves --- */

void run_journal(struct step_run *r, enum journal_event event, const json_t *captures)
{
    struct engine *e = r->engine;
    struct err err = ERR_INIT;
    struct journal_row row = {.step = r->id,
                              .event = event,
                              .wall_ms = clock_wall_ms(NULL),
                              .request_id = r->request_id,
                              .operation_id = r->operation_id,
                              .message = r->message,
                              .captures = captures};
    if (journal_add(e->journal, &row, &err) != 0) {
        engine_stop(e, &err);
    }
}

json_t *run_capture(struct step_run *r, const struct plan_captures *paths, const json_t *value)
{
    json_t *all = r->engine->captures;
    json_t *own = json_object_get(all, r->id);
    json_t *taken = json_object();
    if (own == NULL) {
        own = json_object();
        (void)json_object_set_new(all, r->id, own);
    }
    for (size_t i = 0; i < paths->count; i++) {
        const json_t *found = path_find(value, paths->items[i].path);
        char *text = json_is_string(found) ? xstrdup(json_string_value(found))
                     : found != NULL       ? jx_dump(found)
                                           : NULL;
        if (text != NULL) {
            (void)json_object_set_new(taken, paths->items[i].name, json_string(text));
        }
        free(text);
    }
    (void)json_object_update(own, taken);
    return taken;
}

bool run_is_dry(const struct step_run *r)
{
    return r->engine->options->dry_run;
}

struct plan_call *run_fill(struct step_run *r, const struct plan_call *call)
{
    struct err err = ERR_INIT;
    struct plan_call *filled = plan_call_fill(call, r->engine->captures, &err);
    if (filled == NULL) {
        run_problem(r, "%s", err.text);
    }
    return filled;
}

void run_end(struct step_run *r, enum step_state state, enum journal_event event)
{
    r->state = state;
    r->ended_wall_ms = clock_wall_ms(NULL);
    run_journal(r, event, json_object_get(r->engine->captures, r->id));
    if (event == EVENT_DONE) {
        engine_boundary_later(r->engine, r, "done");
    }
    r->engine->ended++;
    tell(r);
    engine_ended(r);
}

void run_fail(struct step_run *r, const char *format, ...)
{
    static const enum journal_event events[] = {
        [SENT_NO] = EVENT_FAILED, [SENT_MAYBE] = EVENT_IN_DOUBT, [SENT_YES] = EVENT_GAVE_UP};
    va_list args;
    va_start(args, format);
    char *line = worded(format, args);
    va_end(args);
    free(r->message);
    r->message = line;
    run_end(r, STEP_FAILED, events[r->sent]);
}
