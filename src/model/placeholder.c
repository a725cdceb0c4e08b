/*
 * "${step:name}" in strings. A step's id starts with a hyphenated word, which the variables of IAM
 * policies ("${aws:PrincipalOrgID}") never do: those stay as they are. "$${" is a literal "${".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/condition.h"
#include "plan_private.h"

#define FILLED_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct placeholder {
    char *step, *name;
};

/* A placeholder at "${"; returns its length, 0 when it is none. */
static size_t read_placeholder(const char *at, struct placeholder *p)
{
    const char *end = strchr(at, '}');
    const char *colon = NULL;
    for (const char *c = at + 2; end != NULL && c < end; c++) {
        colon = *c == ':' ? c : colon;
    }
    if (colon == NULL) {
        return 0;
    }
    p->step = xstrndup(at + 2, (size_t)(colon - at - 2));
    p->name = xstrndup(colon + 1, (size_t)(end - colon - 1));
    if (!plan_step_id_valid(p->step) || !plan_name_valid(p->name)) {
        free(p->step);
        free(p->name);
        return 0;
    }
    return (size_t)(end - at) + 1;
}

static int fill_text(const char *s, const json_t *captures, json_t **out, struct err *err)
{
    struct text text;
    int rc = 0;
    text_init(&text, FILLED_BYTES_MAX);
    while (rc == 0 && *s != '\0') {
        struct placeholder p;
        if (strncmp(s, "$${", 3) == 0) {
            text_add(&text, "${");
            s += 3;
            continue;
        }
        size_t length = strncmp(s, "${", 2) == 0 ? read_placeholder(s, &p) : 0;
        if (length == 0) {
            text_addc(&text, *s++);
            continue;
        }
        const char *value =
            json_string_value(json_object_get(json_object_get(captures, p.step), p.name));
        if (value == NULL) {
            rc = err_set(err, ERR_INTERNAL, "no value for ${%s:%s}", p.step, p.name);
        } else {
            text_add(&text, value);
        }
        free(p.step);
        free(p.name);
        s += length;
    }
    if (rc == 0 && text_failed(&text)) {
        rc = err_set(err, ERR_INPUT, "a string with placeholders is too long");
    }
    *out = rc == 0 ? json_string(text_str(&text)) : NULL;
    text_release(&text);
    return rc;
}

int placeholder_fill(const json_t *value, const json_t *captures, json_t **out, struct err *err)
{
    *out = NULL;
    if (json_is_string(value)) {
        return fill_text(json_string_value(value), captures, out, err);
    }
    json_t *copy = json_is_object(value)  ? json_object()
                   : json_is_array(value) ? json_array()
                                          : json_deep_copy(value);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++) {
        json_t *inner = NULL;
        rc = placeholder_fill(json_array_get(value, i), captures, &inner, err);
        (void)json_array_append_new(copy, inner);
    }
    void *at = json_object_iter(jx_get(value, ""));
    for (; rc == 0 && at != NULL; at = json_object_iter_next(jx_get(value, ""), at)) {
        json_t *inner = NULL;
        rc = placeholder_fill(json_object_iter_value(at), captures, &inner, err);
        (void)json_object_set_new(copy, json_object_iter_key(at), inner);
    }
    if (rc != 0) {
        json_decref(copy);
        return -1;
    }
    *out = copy;
    return 0;
}

static void each_in_text(const char *s,
                         void (*each)(void *context, const char *step, const char *name),
                         void *context)
{
    const char *start = s;
    while ((s = strstr(s, "${")) != NULL) {
        struct placeholder p;
        bool literal = s > start && s[-1] == '$';
        size_t length = literal ? 0 : read_placeholder(s, &p);
        if (length > 0) {
            each(context, p.step, p.name);
            free(p.step);
            free(p.name);
        }
        s += length > 0 ? length : 2;
    }
}

void placeholder_each(const json_t *value,
                      void (*each)(void *context, const char *step, const char *name),
                      void *context)
{
    if (json_is_string(value)) {
        each_in_text(json_string_value(value), each, context);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        placeholder_each(json_array_get(value, i), each, context);
    }
    void *at = json_object_iter(jx_get(value, ""));
    for (; at != NULL; at = json_object_iter_next(jx_get(value, ""), at)) {
        placeholder_each(json_object_iter_value(at), each, context);
    }
}
