/* The pieces of a step: calls, probes, conditions, and how equal steps become one. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "remedy.h"

static void put(json_t *object, const char *key, json_t *take_value)
{
    (void)json_object_set_new(object, key, take_value);
}

json_t *member_object(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL) {
        value = json_object();
        put(object, key, value);
    }
    return value;
}

static json_t *words(const char *s)
{
    return jx_string(s, strlen(s));
}

/* --- calls and probes --- */

struct plan_call *call_new(const struct making *m, const char *operation, const char *account,
                           const char *region, const char *role, json_t *take_input)
{
    struct plan_call *call = xcalloc(1, sizeof *call);
    call->operation = xstrdup(operation);
    call->account = xstrdup(account);
    call->region = xstrdup(region != NULL ? region : m->home);
    call->role = xstrdup(role);
    call->input = take_input;
    return call;
}

struct plan_call *call_home(const struct making *m, const char *operation, json_t *take_input)
{
    return call_new(m, operation, m->management, NULL, NULL, take_input);
}

struct plan_probe *probe_new(struct plan_call *take_call, json_t *take_when, bool absent_is)
{
    struct plan_probe *probe = xcalloc(1, sizeof *probe);
    probe->call = take_call;
    probe->when = take_when;
    probe->absent_is = absent_is;
    return probe;
}

struct plan_probe *probe_select(struct plan_probe *probe, const char *list, json_t *take_where)
{
    probe->select = xcalloc(1, sizeof *probe->select);
    probe->select->list = xstrdup(list);
    probe->select->where = take_where;
    return probe;
}

struct plan_probe *probe_capture(struct plan_probe *probe, const char *name, const char *path)
{
    plan_captures_set(&probe->capture, name, path);
    return probe;
}

struct plan_probe *probe_says(struct plan_probe *probe, const char *says)
{
    free(probe->says);
    probe->says = xstrdup(says);
    return probe;
}

/* --- conditions --- */

json_t *cond_new(const char *path, const char *op, json_t *take_value)
{
    json_t *condition = json_object();
    put(condition, "path", words(path));
    put(condition, op, take_value);
    return condition;
}

json_t *cond_text(const char *path, const char *equals)
{
    return cond_new(path, "equals", words(equals));
}

json_t *cond_present(const char *path, bool present)
{
    return cond_new(path, "present", json_boolean(present));
}

json_t *cond_in(const char *path, const char *const *list)
{
    json_t *values = json_array();
    for (size_t i = 0; list[i] != NULL; i++) {
        (void)json_array_append_new(values, words(list[i]));
    }
    return cond_new(path, "in", values);
}

json_t *cond_not(json_t *take_condition)
{
    return json_pack("{s:o}", "not", take_condition);
}

json_t *cond_both(const char *all_or_any, json_t *take_first, json_t *take_second)
{
    return json_pack("{s:[o,o]}", all_or_any, take_first, take_second);
}

/* --- steps --- */

/* A target may be named by whoever made the resource: what an id cannot hold becomes '_'. */
static char *id_new(const char *remedy, const char *target)
{
    char *id = target != NULL && target[0] != '\0' ? xasprintf("%s/%.400s", remedy, target)
                                                   : xstrdup(remedy);
    for (char *c = id; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127 || strchr("{}$\"\\", *c) != NULL) {
            *c = '_';
        }
    }
    return id;
}

struct plan_step *step_new(const struct remedy *row, const char *target, const char *title, ...)
{
    char text[512];
    va_list list;
    va_start(list, title);
    (void)vsnprintf(text, sizeof text, title, list);
    va_end(list);
    struct plan_step *step = xcalloc(1, sizeof *step);
    step->id = id_new(row->info.id, target);
    step->remedy = xstrdup(row->info.id);
    step->step = row->info.step;
    step->title = xstrdup(text);
    step->risk = row->risk;
    step->expected_seconds = row->expected_seconds;
    step->concurrency_group = xstrdup(row->group != NULL ? row->group : "");
    step->undo = xstrdup(row->info.undo != NULL ? row->info.undo : "");
    return step;
}

void step_send(struct plan_step *step, struct plan_call *take_call)
{
    step->send = take_call;
}

void step_done(struct plan_step *step, struct plan_probe *take_probe)
{
    step->done = take_probe;
}

void step_precondition(struct plan_step *step, struct plan_probe *take_probe)
{
    struct plan_probes *list = &step->preconditions;
    list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = take_probe;
}

void step_need(struct plan_step *step, const char *id)
{
    plan_strings_add(&step->needs, id);
}

void step_after(struct plan_step *step, const char *id)
{
    plan_strings_add(&step->follows, id);
}

void step_poll(struct plan_step *step, struct plan_call *take_call, json_t *take_until,
               json_t *take_fail, int every_seconds, int timeout_seconds, const char *message_path)
{
    step->poll = xcalloc(1, sizeof *step->poll);
    step->poll->call = take_call;
    step->poll->until = take_until;
    step->poll->fail = take_fail;
    step->poll->every_seconds = every_seconds;
    step->poll->timeout_seconds = timeout_seconds;
    step->poll->message = xstrdup(message_path);
}

void step_fail_when(struct plan_step *step, json_t *take_condition)
{
    step->send->fail_when = take_condition;
}

void step_capture(struct plan_step *step, const char *name, const char *path_in_answer)
{
    plan_captures_set(&step->capture, name, path_in_answer);
}

void step_recover(struct plan_step *step, struct plan_probe *take_probe, const char *name,
                  const char *path)
{
    step->recover = xcalloc(1, sizeof *step->recover);
    step->recover->probe = take_probe;
    plan_captures_set(&step->recover->capture, name, path);
}

/* A null says that nothing is there, as a missing document does. */
static json_t *or_nothing(json_t *take_document)
{
    if (json_is_null(take_document)) {
        json_decref(take_document);
        return NULL;
    }
    return take_document;
}

void step_change(struct plan_step *step, json_t *take_before, json_t *take_after)
{
    step->before = or_nothing(take_before);
    step->after = or_nothing(take_after);
}

void step_undo(struct plan_step *step, const char *undo)
{
    free(step->undo);
    step->undo = xstrdup(undo);
}

/* Would "${" here be read as a placeholder, or as the end of an escaped one? */
static bool needs_escape(const char *s, const char *at)
{
    const char *end = strchr(at, '}');
    return (at > s && at[-1] == '$') ||
           (end != NULL && memchr(at, '-', strcspn(at, "/:}")) != NULL);
}

json_t *literal(const char *s)
{
    struct text text;
    text_init(&text, (size_t)4 * 1024 * 1024);
    for (const char *at = s; *at != '\0'; at++) {
        if (strncmp(at, "${", 2) == 0 && needs_escape(s, at)) {
            text_addc(&text, '$');
        }
        text_addc(&text, *at);
    }
    json_t *value = jx_string(text_str(&text), text.length);
    text_release(&text);
    return value;
}

/* --- into the plan --- */

int step_add(struct making *m, struct plan_step *take_step, const char *reason, struct err *err)
{
    int rc = 0;
    plan_strings_add(&take_step->reasons, reason);
    if (m->check_id != NULL && m->check_id[0] != '\0') {
        char check[80];
        (void)snprintf(check, sizeof check, "check:%s", m->check_id);
        plan_strings_add(&take_step->reasons, check);
    }
    struct plan_step *mine = making_step(m, take_step->id);
    if (mine == NULL) {
        /* Documents may be shared by several steps, and merging changes them. */
        mine = plan_step_copy(take_step);
        plan_steps_add(&m->steps, mine);
        map_set(m->by_id, mine->id, mine);
    } else {
        rc = plan_step_merge(mine, take_step, err);
    }
    plan_step_free(take_step);
    return rc;
}
