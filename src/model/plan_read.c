/* From a plan's JSON to its structs and back, along the tables of plan_form.c. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/plan.h"
#include "plan_form.h"

static const char *const risks[PLAN_RISK_COUNT] = {
    [PLAN_RISK_LOW] = "low", [PLAN_RISK_MEDIUM] = "medium", [PLAN_RISK_HIGH] = "high"};

const char *plan_risk_name(enum plan_risk risk)
{
    return risks[risk];
}

static void *member_at(void *object, const struct plan_member *m)
{
    return (char *)object + m->at;
}

static const void *member_in(const void *object, const struct plan_member *m)
{
    return (const char *)object + m->at;
}

/* A pointer member, whatever it points to. */
static void *pointer_in(const void *object, const struct plan_member *m)
{
    void *pointer = NULL;
    memcpy(&pointer, member_in(object, m), sizeof pointer);
    return pointer;
}

static void set_pointer(void *object, const struct plan_member *m, void *take)
{
    memcpy(member_at(object, m), &take, sizeof take);
}

/* --- reading --- */

static void read_strings(const json_t *value, struct plan_strings *list)
{
    size_t count = json_array_size(value);
    list->items = count > 0 ? xcalloc(count, sizeof *list->items) : NULL;
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        const char *s = json_string_value(json_array_get(value, i));
        list->items[i] = xstrdup(s != NULL ? s : "");
    }
}

static void read_captures(const json_t *value, struct plan_captures *captures)
{
    const char *name = NULL;
    json_t *path = NULL;
    json_object_foreach(jx_get(value, ""), name, path)
    {
        plan_captures_set(captures, name, json_string_value(path));
    }
}

static void read_probes(const json_t *value, struct plan_probes *probes)
{
    size_t count = json_array_size(value);
    probes->items = count > 0 ? xcalloc(count, sizeof *probes->items) : NULL;
    probes->count = count;
    for (size_t i = 0; i < count; i++) {
        probes->items[i] = plan_form_new(plan_form_of(KIND_PROBE), json_array_get(value, i));
    }
}

static void read_retry_calls(const json_t *value, struct plan_retry_calls *calls)
{
    const char *arn = NULL;
    json_t *inner = NULL;
    size_t count = json_object_size(value);
    if (count == 0) {
        return;
    }
    calls->items = xcalloc(count, sizeof *calls->items);
    json_object_foreach(jx_get(value, ""), arn, inner)
    {
        struct plan_retry_call *call = plan_form_new(plan_form_of(KIND_RETRY_CALL), inner);
        call->arn = xstrdup(arn);
        calls->items[calls->count++] = call;
    }
}

static enum plan_risk read_risk(const json_t *value)
{
    enum plan_risk risk = PLAN_RISK_LOW;
    while (risk + 1 < PLAN_RISK_COUNT && !str_equal(risks[risk], json_string_value(value))) {
        risk++;
    }
    return risk;
}

static void read_member(const struct plan_member *m, const json_t *value, void *object)
{
    const char *s = json_string_value(value);
    void *at = member_at(object, m);
    switch (m->kind) {
    case KIND_TEXT:
        set_pointer(object, m, xstrdup(s != NULL ? s : ""));
        break;
    case KIND_STRING:
    case KIND_WORD:
    case KIND_PATH:
    case KIND_OPERATION:
        set_pointer(object, m, xstrdup(s));
        break;
    case KIND_COUNT:
        *(int *)at = (int)json_number_value(value);
        break;
    case KIND_SECONDS:
        *(double *)at = json_is_number(value) ? json_number_value(value) : PLAN_UNSAID;
        break;
    case KIND_BOOL:
        *(bool *)at = json_is_true(value);
        break;
    case KIND_RISK:
        *(enum plan_risk *)at = read_risk(value);
        break;
    case KIND_STRINGS:
        read_strings(value, at);
        break;
    case KIND_PATHS:
        read_captures(value, at);
        break;
    case KIND_OBJECT:
    case KIND_CONDITION:
    case KIND_ANY:
        set_pointer(object, m,
                    value != NULL && !json_is_null(value) ? json_deep_copy(value) : NULL);
        break;
    case KIND_PROBES:
        read_probes(value, at);
        break;
    case KIND_RETRY_CALLS:
        read_retry_calls(value, at);
        break;
    case KIND_CALL:
    case KIND_PROBE:
    case KIND_POLL:
    case KIND_RECOVER:
    case KIND_SELECT:
    case KIND_RETRY:
    case KIND_RETRY_CALL:
    case KIND_MERGE:
        set_pointer(object, m, plan_form_new(plan_form_of(m->kind), value));
        break;
    }
}

void plan_form_read(const struct plan_form *form, const json_t *document, void *object)
{
    for (const struct plan_member *m = form->members; m->name != NULL; m++) {
        read_member(m, json_object_get(document, m->name), object);
    }
}

void *plan_form_new(const struct plan_form *form, const json_t *document)
{
    if (!json_is_object(document)) {
        return NULL;
    }
    void *object = xcalloc(1, form->size);
    plan_form_read(form, document, object);
    return object;
}

/* --- writing --- */

static json_t *strings_document(const struct plan_strings *list)
{
    json_t *value = json_array();
    for (size_t i = 0; i < list->count; i++) {
        (void)json_array_append_new(value, jx_string(list->items[i], strlen(list->items[i])));
    }
    return value;
}

static json_t *captures_document(const struct plan_captures *captures)
{
    json_t *value = json_object();
    for (size_t i = 0; i < captures->count; i++) {
        jx_set_str(value, captures->items[i].name, captures->items[i].path);
    }
    return value;
}

static json_t *probes_document(const struct plan_probes *probes)
{
    json_t *value = json_array();
    for (size_t i = 0; i < probes->count; i++) {
        (void)json_array_append_new(value,
                                    plan_form_document(plan_form_of(KIND_PROBE), probes->items[i]));
    }
    return value;
}

static json_t *retry_calls_document(const struct plan_retry_calls *calls)
{
    json_t *value = json_object();
    for (size_t i = 0; i < calls->count; i++) {
        const struct plan_retry_call *call = calls->items[i];
        (void)json_object_set_new(value, call->arn,
                                  plan_form_document(plan_form_of(KIND_RETRY_CALL), call));
    }
    return value;
}

static json_t *seconds_document(double seconds)
{
    if (seconds < 0) {
        return NULL;
    }
    json_int_t whole = (json_int_t)seconds;
    return (double)whole < seconds ? json_real(seconds) : json_integer(whole);
}

/* NULL: it is absent. */
static json_t *member_document(const struct plan_member *m, const void *object)
{
    const void *at = member_in(object, m);
    const char *s = NULL;
    switch (m->kind) {
    case KIND_TEXT:
    case KIND_STRING:
    case KIND_WORD:
    case KIND_PATH:
    case KIND_OPERATION:
        s = pointer_in(object, m);
        return s != NULL ? jx_string(s, strlen(s)) : NULL;
    case KIND_COUNT:
        return json_integer(*(const int *)at);
    case KIND_SECONDS:
        return seconds_document(*(const double *)at);
    case KIND_BOOL:
        return json_boolean(*(const bool *)at);
    case KIND_RISK:
        return json_string(risks[*(const enum plan_risk *)at]);
    case KIND_STRINGS:
        return strings_document(at);
    case KIND_PATHS:
        return captures_document(at);
    case KIND_OBJECT:
    case KIND_CONDITION:
    case KIND_ANY:
        return json_incref(pointer_in(object, m));
    case KIND_PROBES:
        return probes_document(at);
    case KIND_RETRY_CALLS:
        return retry_calls_document(at);
    case KIND_CALL:
    case KIND_PROBE:
    case KIND_POLL:
    case KIND_RECOVER:
    case KIND_SELECT:
    case KIND_RETRY:
    case KIND_RETRY_CALL:
    case KIND_MERGE:
        return plan_form_document(plan_form_of(m->kind), pointer_in(object, m));
    }
    return NULL;
}

static bool is_list(enum plan_kind kind)
{
    return kind == KIND_STRINGS || kind == KIND_PATHS || kind == KIND_PROBES;
}

void plan_form_write(const struct plan_form *form, const void *object, json_t *document)
{
    for (const struct plan_member *m = form->members; m->name != NULL; m++) {
        json_t *value = member_document(m, object);
        bool empty = is_list(m->kind) && json_array_size(value) + json_object_size(value) == 0;
        if (value == NULL && m->empty_written) {
            value = json_object();
        }
        if (value == NULL && m->null_written) {
            value = json_null();
        }
        if (value != NULL && (!empty || m->empty_written)) {
            (void)json_object_set_new(document, m->name, value);
        } else {
            json_decref(value);
        }
    }
}

json_t *plan_form_document(const struct plan_form *form, const void *object)
{
    if (object == NULL) {
        return NULL;
    }
    json_t *document = json_object();
    plan_form_write(form, object, document);
    return document;
}

/* --- releasing --- */

static void release_strings(struct plan_strings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct plan_strings){NULL, 0};
}

static void release_captures(struct plan_captures *captures)
{
    for (size_t i = 0; i < captures->count; i++) {
        free(captures->items[i].name);
        free(captures->items[i].path);
    }
    free(captures->items);
}

static void release_probes(struct plan_probes *probes)
{
    for (size_t i = 0; i < probes->count; i++) {
        plan_probe_free(probes->items[i]);
    }
    free(probes->items);
}

static void release_retry_calls(struct plan_retry_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++) {
        free(calls->items[i]->arn);
        plan_form_free(plan_form_of(KIND_RETRY_CALL), calls->items[i]);
    }
    free(calls->items);
}

static void release_member(const struct plan_member *m, void *object)
{
    void *at = member_at(object, m);
    switch (m->kind) {
    case KIND_TEXT:
    case KIND_STRING:
    case KIND_WORD:
    case KIND_PATH:
    case KIND_OPERATION:
        free(pointer_in(object, m));
        break;
    case KIND_COUNT:
    case KIND_SECONDS:
    case KIND_BOOL:
    case KIND_RISK:
        break;
    case KIND_STRINGS:
        release_strings(at);
        break;
    case KIND_PATHS:
        release_captures(at);
        break;
    case KIND_OBJECT:
    case KIND_CONDITION:
    case KIND_ANY:
        json_decref(pointer_in(object, m));
        break;
    case KIND_PROBES:
        release_probes(at);
        break;
    case KIND_RETRY_CALLS:
        release_retry_calls(at);
        break;
    case KIND_CALL:
    case KIND_PROBE:
    case KIND_POLL:
    case KIND_RECOVER:
    case KIND_SELECT:
    case KIND_RETRY:
    case KIND_RETRY_CALL:
    case KIND_MERGE:
        plan_form_free(plan_form_of(m->kind), pointer_in(object, m));
        break;
    }
}

void plan_form_release(const struct plan_form *form, void *object)
{
    for (const struct plan_member *m = form->members; m->name != NULL; m++) {
        release_member(m, object);
    }
}

void plan_form_free(const struct plan_form *form, void *object)
{
    if (object != NULL) {
        plan_form_release(form, object);
        free(object);
    }
}

void plan_step_free(struct plan_step *step)
{
    if (step != NULL) {
        release_strings(&step->follows);
        plan_form_free(&plan_step_form, step);
    }
}

void plan_call_free(struct plan_call *call)
{
    plan_form_free(plan_form_of(KIND_CALL), call);
}

void plan_probe_free(struct plan_probe *probe)
{
    plan_form_free(plan_form_of(KIND_PROBE), probe);
}

void plan_poll_free(struct plan_poll *poll)
{
    plan_form_free(plan_form_of(KIND_POLL), poll);
}

void plan_retry_free(struct plan_retry *retry)
{
    plan_form_free(plan_form_of(KIND_RETRY), retry);
}
