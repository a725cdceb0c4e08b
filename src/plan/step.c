/* The pieces of a step: calls, probes, conditions, and how equal steps become one. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "remedy.h"

/* jansson walks objects only through iterators of a mutable one. */
static json_t *mutable_json(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

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

json_t *call_new(const struct making *m, const char *operation, const char *account,
                 const char *region, const char *role, json_t *take_input)
{
    json_t *call = json_object();
    put(call, "operation", words(operation));
    put(call, "account", words(account));
    put(call, "region", words(region != NULL ? region : m->home));
    put(call, "role", role != NULL ? words(role) : json_null());
    put(call, "input", take_input != NULL ? take_input : json_object());
    return call;
}

json_t *call_home(const struct making *m, const char *operation, json_t *take_input)
{
    return call_new(m, operation, m->management, NULL, NULL, take_input);
}

json_t *probe_new(json_t *take_call, json_t *take_when, bool absent_is)
{
    json_t *probe = json_object();
    put(probe, "call", take_call);
    put(probe, "when", take_when);
    put(probe, "absent_is", json_boolean(absent_is));
    return probe;
}

json_t *probe_select(json_t *probe, const char *list, json_t *take_where)
{
    put(probe, "select", json_pack("{s:s,s:o}", "list", list, "where", take_where));
    return probe;
}

json_t *probe_capture(json_t *probe, const char *name, const char *path)
{
    json_t *capture = json_object_get(probe, "capture");
    if (capture == NULL) {
        capture = json_object();
        put(probe, "capture", capture);
    }
    put(capture, name, words(path));
    return probe;
}

json_t *probe_says(json_t *probe, const char *says)
{
    put(probe, "says", words(says));
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

json_t *step_new(const struct remedy *row, const char *target, const char *title, ...)
{
    char text[512];
    va_list list;
    va_start(list, title);
    (void)vsnprintf(text, sizeof text, title, list);
    va_end(list);
    char *id = id_new(row->info.id, target);
    json_t *step = json_object();
    put(step, "id", words(id));
    put(step, "remedy", words(row->info.id));
    put(step, "step", json_integer(row->info.step));
    put(step, "title", words(text));
    put(step, "reasons", json_array());
    put(step, "risk", words(row->risk));
    put(step, "expected_seconds", json_integer(row->expected_seconds));
    put(step, "needs", json_array());
    put(step, "lane", words(row->lane != NULL ? row->lane : ""));
    put(step, "done", json_null());
    put(step, "guard", json_array());
    put(step, "send", json_null());
    put(step, "poll", json_null());
    put(step, "capture", json_object());
    put(step, "recover", json_null());
    put(step, "undo", words(row->info.undo != NULL ? row->info.undo : ""));
    put(step, "before", json_null());
    put(step, "after", json_null());
    free(id);
    return step;
}

const char *step_id(const json_t *step)
{
    return jx_str_or(step, "id", "");
}

void step_send(json_t *step, json_t *take_call)
{
    put(step, "send", take_call);
}

void step_done(json_t *step, json_t *take_probe)
{
    put(step, "done", take_probe);
}

void step_guard(json_t *step, json_t *take_probe)
{
    (void)json_array_append_new(json_object_get(step, "guard"), take_probe);
}

static void add_word(json_t *list, const char *word)
{
    if (!jx_list_has(list, word)) {
        (void)json_array_append_new(list, words(word));
    }
}

void step_need(json_t *step, const char *id)
{
    add_word(json_object_get(step, "needs"), id);
}

void step_after(json_t *step, const char *id)
{
    json_t *list = json_object_get(step, STEP_AFTER);
    if (list == NULL) {
        list = json_array();
        put(step, STEP_AFTER, list);
    }
    add_word(list, id);
}

void step_poll(json_t *step, json_t *take_call, json_t *take_until, json_t *take_fail,
               int every_seconds, int timeout_seconds, const char *message_path)
{
    json_t *poll = json_object();
    put(poll, "call", take_call);
    put(poll, "until", take_until);
    put(poll, "fail", take_fail != NULL ? take_fail : json_null());
    put(poll, "every_seconds", json_integer(every_seconds));
    put(poll, "timeout_seconds", json_integer(timeout_seconds));
    if (message_path != NULL) {
        put(poll, "message", words(message_path));
    }
    put(step, "poll", poll);
}

void step_fail_when(json_t *step, json_t *take_condition)
{
    put(json_object_get(step, "send"), "fail_when", take_condition);
}

void step_capture(json_t *step, const char *name, const char *path_in_answer)
{
    put(json_object_get(step, "capture"), name, words(path_in_answer));
}

void step_recover(json_t *step, json_t *take_probe, json_t *take_capture)
{
    json_t *recover = json_pack("{s:o}", "probe", take_probe);
    if (take_capture != NULL) {
        put(recover, "capture", take_capture);
    }
    put(step, "recover", recover);
}

void step_change(json_t *step, json_t *take_before, json_t *take_after)
{
    put(step, "before", take_before != NULL ? take_before : json_null());
    put(step, "after", take_after != NULL ? take_after : json_null());
}

void step_set(json_t *step, const char *member, json_t *take_value)
{
    put(step, member, take_value);
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

/* --- merging --- */

/* Members of objects unite; anything else must be equal. False: they contradict. */
static bool unite(json_t *into, const json_t *other)
{
    json_t *from = mutable_json(other);
    const char *key = NULL;
    json_t *value = NULL;
    if (!json_is_object(into) || !json_is_object(other)) {
        return json_equal(into, other) != 0;
    }
    json_object_foreach(from, key, value)
    {
        json_t *mine = json_object_get(into, key);
        if (mine == NULL) {
            (void)json_object_set(into, key, value);
        } else if (!unite(mine, value)) {
            return false;
        }
    }
    return true;
}

static void unite_lists(json_t *into, const json_t *other)
{
    for (size_t i = 0; i < json_array_size(other); i++) {
        json_t *value = json_array_get(other, i);
        bool has = false;
        for (size_t k = 0; k < json_array_size(into) && !has; k++) {
            has = json_equal(json_array_get(into, k), value) != 0;
        }
        if (!has) {
            (void)json_array_append(into, value);
        }
    }
}

static int merge(json_t *into, const json_t *other, struct err *err)
{
    static const char *const lists[] = {"reasons", "needs", "guard", STEP_AFTER};
    static const char *const contents[] = {"send",    "otherwise", "done",   "poll",
                                           "capture", "recover",   "before", "after"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_t *more = json_object_get(other, lists[i]);
        if (more != NULL && json_object_get(into, lists[i]) == NULL) {
            (void)json_object_set(into, lists[i], more);
        } else {
            unite_lists(json_object_get(into, lists[i]), more);
        }
    }
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        json_t *mine = json_object_get(into, contents[i]);
        const json_t *theirs = json_object_get(other, contents[i]);
        if (mine != NULL && theirs != NULL && !unite(mine, theirs)) {
            return err_set(err, ERR_INTERNAL,
                           "two reasons for the step %s contradict each other in its %s",
                           step_id(into), contents[i]);
        }
    }
    return 0;
}

int step_add(struct making *m, json_t *take_step, const char *reason, struct err *err)
{
    json_t *reasons = json_object_get(take_step, "reasons");
    add_word(reasons, reason);
    if (m->check_id != NULL && m->check_id[0] != '\0') {
        char check[80];
        (void)snprintf(check, sizeof check, "check:%s", m->check_id);
        add_word(reasons, check);
    }
    json_t *mine = json_object_get(m->by_id, step_id(take_step));
    int result = 0;
    if (mine == NULL) {
        /* Pieces may be shared by several steps, and merging changes them. */
        put(m->by_id, step_id(take_step), json_deep_copy(take_step));
    } else {
        result = merge(mine, take_step, err);
    }
    json_decref(take_step);
    return result;
}
