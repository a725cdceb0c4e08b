/* What can be done with the pieces of a plan: adding, copying, filling placeholders, uniting. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"
#include "model/plan.h"
#include "plan_form.h"

/* --- lists --- */

bool plan_strings_has(const struct plan_strings *list, const char *s)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], s) == 0) {
            return true;
        }
    }
    return false;
}

void plan_strings_add(struct plan_strings *list, const char *s)
{
    if (!plan_strings_has(list, s)) {
        list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
        list->items[list->count++] = xstrdup(s);
    }
}

static struct plan_capture *capture_of(const struct plan_captures *captures, const char *name)
{
    for (size_t i = 0; i < captures->count; i++) {
        if (strcmp(captures->items[i].name, name) == 0) {
            return &captures->items[i];
        }
    }
    return NULL;
}

void plan_captures_set(struct plan_captures *captures, const char *name, const char *path)
{
    struct plan_capture *known = capture_of(captures, name);
    if (known == NULL) {
        captures->items =
            xreallocarray(captures->items, captures->count + 1, sizeof *captures->items);
        known = &captures->items[captures->count++];
        *known = (struct plan_capture){.name = xstrdup(name)};
    }
    free(known->path);
    known->path = xstrdup(path != NULL ? path : "");
}

void plan_steps_add(struct plan_steps *steps, struct plan_step *take_step)
{
    size_t count = steps->count;
    /* Room is doubled, so at a power of two it is used up. */
    if ((count & (count - 1)) == 0) {
        size_t room = count > 0 ? 2 * count : 1;
        steps->items = xreallocarray(steps->items, room, sizeof *steps->items);
    }
    steps->items[steps->count++] = take_step;
}

const struct plan_retry_call *plan_retry_for(const struct plan_retry *retry, const char *arn)
{
    for (size_t i = 0; retry != NULL && arn != NULL && i < retry->calls.count; i++) {
        if (strcmp(retry->calls.items[i]->arn, arn) == 0) {
            return retry->calls.items[i];
        }
    }
    return NULL;
}

/* --- copies --- */

static void *copied(const struct plan_form *form, const void *object)
{
    json_t *document = plan_form_document(form, object);
    void *copy = plan_form_new(form, document);
    json_decref(document);
    return copy;
}

static bool equal(const struct plan_form *form, const void *a, const void *b)
{
    json_t *first = plan_form_document(form, a);
    json_t *second = plan_form_document(form, b);
    bool same = json_equal(first, second) != 0;
    json_decref(first);
    json_decref(second);
    return same;
}

static void *filled(const struct plan_form *form, const void *object, const json_t *captures,
                    struct err *err)
{
    json_t *document = plan_form_document(form, object);
    json_t *full = NULL;
    void *copy =
        placeholder_fill(document, captures, &full, err) == 0 ? plan_form_new(form, full) : NULL;
    json_decref(full);
    json_decref(document);
    return copy;
}

struct plan_step *plan_step_copy(const struct plan_step *step)
{
    struct plan_step *copy = copied(&plan_step_form, step);
    for (size_t i = 0; i < step->follows.count; i++) {
        plan_strings_add(&copy->follows, step->follows.items[i]);
    }
    copy->unread = step->unread;
    return copy;
}

struct plan_call *plan_call_copy(const struct plan_call *call)
{
    return copied(plan_form_of(KIND_CALL), call);
}

bool plan_call_equal(const struct plan_call *a, const struct plan_call *b)
{
    return equal(plan_form_of(KIND_CALL), a, b);
}

struct plan_call *plan_call_fill(const struct plan_call *call, const json_t *captures,
                                 struct err *err)
{
    return filled(plan_form_of(KIND_CALL), call, captures, err);
}

struct plan_probe *plan_probe_fill(const struct plan_probe *probe, const json_t *captures,
                                   struct err *err)
{
    return filled(plan_form_of(KIND_PROBE), probe, captures, err);
}

struct plan_poll *plan_poll_fill(const struct plan_poll *poll, const json_t *captures,
                                 struct err *err)
{
    return filled(plan_form_of(KIND_POLL), poll, captures, err);
}

static void each_within(const struct plan_form *form, const void *object,
                        void (*each)(void *context, const char *step, const char *name),
                        void *context)
{
    json_t *document = plan_form_document(form, object);
    placeholder_each(document, each, context);
    json_decref(document);
}

void plan_step_placeholders(const struct plan_step *step,
                            void (*each)(void *context, const char *step, const char *name),
                            void *context)
{
    each_within(plan_form_of(KIND_PROBE), step->done, each, context);
    for (size_t i = 0; i < step->preconditions.count; i++) {
        each_within(plan_form_of(KIND_PROBE), step->preconditions.items[i], each, context);
    }
    each_within(plan_form_of(KIND_CALL), step->send, each, context);
    each_within(plan_form_of(KIND_RETRY), step->retry, each, context);
    each_within(plan_form_of(KIND_POLL), step->poll, each, context);
    each_within(plan_form_of(KIND_RECOVER), step->recover, each, context);
}

/* --- two steps of one id --- */

static bool unite(const struct plan_form *form, void *into, const void *other);

/* Members of objects are united; anything else must be equal. False: they contradict. */
static bool unite_json(json_t *into, const json_t *other)
{
    const char *key = NULL;
    json_t *value = NULL;
    if (!json_is_object(into) || !json_is_object(other)) {
        return json_equal(into, other) != 0;
    }
    json_object_foreach(jx_mutable(other), key, value)
    {
        json_t *mine = json_object_get(into, key);
        if (mine == NULL) {
            (void)json_object_set_new(into, key, json_deep_copy(value));
        } else if (!unite_json(mine, value)) {
            return false;
        }
    }
    return true;
}

static bool unite_captures(struct plan_captures *into, const struct plan_captures *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct plan_capture *mine = capture_of(into, other->items[i].name);
        if (mine != NULL && strcmp(mine->path, other->items[i].path) != 0) {
            return false;
        }
        plan_captures_set(into, other->items[i].name, other->items[i].path);
    }
    return true;
}

static bool unite_retry_calls(struct plan_retry_calls *into, const struct plan_retry_calls *other)
{
    const struct plan_form *form = plan_form_of(KIND_RETRY_CALL);
    for (size_t i = 0; i < other->count; i++) {
        size_t k = 0;
        while (k < into->count && strcmp(into->items[k]->arn, other->items[i]->arn) != 0) {
            k++;
        }
        if (k < into->count) {
            if (!unite(form, into->items[k], other->items[i])) {
                return false;
            }
            continue;
        }
        struct plan_retry_call *call = copied(form, other->items[i]);
        call->arn = xstrdup(other->items[i]->arn);
        into->items = xreallocarray(into->items, into->count + 1, sizeof *into->items);
        into->items[into->count++] = call;
    }
    return true;
}

static void unite_strings(struct plan_strings *into, const struct plan_strings *other)
{
    for (size_t i = 0; i < other->count; i++) {
        plan_strings_add(into, other->items[i]);
    }
}

static void unite_probes(struct plan_probes *into, const struct plan_probes *other)
{
    const struct plan_form *form = plan_form_of(KIND_PROBE);
    for (size_t i = 0; i < other->count; i++) {
        bool has = false;
        for (size_t k = 0; k < into->count && !has; k++) {
            has = equal(form, into->items[k], other->items[i]);
        }
        if (!has) {
            into->items = xreallocarray(into->items, into->count + 1, sizeof *into->items);
            into->items[into->count++] = copied(form, other->items[i]);
        }
    }
}

/* An object or document that a member points to. */
static bool unite_pointer(const struct plan_member *m, void *into, const void *other)
{
    const struct plan_form *form = plan_form_of(m->kind);
    void *mine = NULL;
    void *theirs = NULL;
    memcpy(&mine, (char *)into + m->at, sizeof mine);
    memcpy(&theirs, (const char *)other + m->at, sizeof theirs);
    if (mine != NULL && theirs != NULL) {
        return form != NULL ? unite(form, mine, theirs) : unite_json(mine, theirs);
    }
    if (mine == NULL && theirs != NULL && !m->null_written) {
        mine = form != NULL ? copied(form, theirs) : (void *)json_deep_copy(theirs);
        memcpy((char *)into + m->at, &mine, sizeof mine);
        return true;
    }
    return mine == theirs || !m->null_written;
}

static bool unite_member(const struct plan_member *m, void *into, const void *other)
{
    void *mine = (char *)into + m->at;
    const void *theirs = (const char *)other + m->at;
    switch (m->kind) {
    case KIND_OBJECT:
    case KIND_CONDITION:
    case KIND_ANY:
    case KIND_CALL:
    case KIND_PROBE:
    case KIND_POLL:
    case KIND_RECOVER:
    case KIND_SELECT:
    case KIND_RETRY:
    case KIND_RETRY_CALL:
    case KIND_MERGE:
        return unite_pointer(m, into, other);
    case KIND_PATHS:
        return unite_captures(mine, theirs);
    case KIND_RETRY_CALLS:
        return unite_retry_calls(mine, theirs);
    case KIND_PROBES:
        unite_probes(mine, theirs);
        return true;
    case KIND_STRINGS:
        unite_strings(mine, theirs);
        return true;
    case KIND_TEXT:
    case KIND_STRING:
    case KIND_WORD:
    case KIND_PATH:
    case KIND_OPERATION:
    case KIND_COUNT:
    case KIND_SECONDS:
    case KIND_BOOL:
    case KIND_RISK:
        break;
    }
    const struct plan_member alone[] = {*m, {.name = NULL}};
    const struct plan_form one = {alone, 0};
    return equal(&one, into, other);
}

static bool unite(const struct plan_form *form, void *into, const void *other)
{
    for (const struct plan_member *m = form->members; m->name != NULL; m++) {
        if (!unite_member(m, into, other)) {
            return false;
        }
    }
    return true;
}

/* Titles and the like are the first's. */
static bool is_content(enum plan_kind kind)
{
    return plan_form_of(kind) != NULL || kind == KIND_ANY || kind == KIND_PATHS ||
           kind == KIND_STRINGS || kind == KIND_PROBES;
}

int plan_step_merge(struct plan_step *into, const struct plan_step *other, struct err *err)
{
    unite_strings(&into->follows, &other->follows);
    for (const struct plan_member *m = plan_step_form.members; m->name != NULL; m++) {
        if (is_content(m->kind) && !unite_member(m, into, other)) {
            return err_set(err, ERR_INTERNAL,
                           "step %s: two findings require different values of \"%s\"", into->id,
                           m->name);
        }
    }
    return 0;
}
