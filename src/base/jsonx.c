#include "base/jsonx.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pull.h"

json_t *jx_get(const json_t *value, const char *path)
{
    const json_t *at = value;
    while (path != NULL && *path != '\0' && at != NULL) {
        size_t length = strcspn(path, ".");
        at = json_object_getn(at, path, length);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    if (at == NULL || json_is_null(at)) {
        return NULL;
    }
    /* jansson itself hands out members of a const object as mutable; an empty path does the same.
     */
    union {
        const json_t *in;
        json_t *out;
    } borrowed = {at};
    return borrowed.out;
}

const char *jx_str(const json_t *value, const char *path)
{
    return json_string_value(jx_get(value, path));
}

const char *jx_str_or(const json_t *value, const char *path, const char *otherwise)
{
    const char *s = jx_str(value, path);
    return s != NULL ? s : otherwise;
}

bool jx_bool(const json_t *value, const char *path)
{
    const json_t *found = jx_get(value, path);
    return json_is_true(found) || str_equal(json_string_value(found), "true");
}

long long jx_int(const json_t *value, const char *path, long long otherwise)
{
    const json_t *found = jx_get(value, path);
    long long number = otherwise;
    if (json_is_integer(found)) {
        return json_integer_value(found);
    }
    if (json_is_real(found)) {
        double real = json_real_value(found);
        return real >= -9.2e18 && real <= 9.2e18 ? (long long)real : otherwise;
    }
    const char *s = json_string_value(found);
    if (s != NULL && str_number(s, LLONG_MIN, LLONG_MAX, &number)) {
        return number;
    }
    return otherwise;
}

size_t jx_count(const json_t *value, const char *path)
{
    return json_array_size(jx_get(value, path));
}

bool jx_list_has(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_equal(json_string_value(json_array_get(list, i)), word)) {
            return true;
        }
    }
    return false;
}

static const char *reason(const json_error_t *error)
{
    static const struct {
        enum json_error_code code;
        const char *text;
    } reasons[] = {
        {json_error_duplicate_key, "duplicate key in an object"},
        {json_error_numeric_overflow, "number out of range"},
        {json_error_null_byte_in_key, "NUL byte in a key"},
        {json_error_null_character, "NUL character in a string"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].code == json_error_code(error)) {
            return reasons[i].text;
        }
    }
    return "not valid JSON";
}

json_t *jx_parse(const char *data, size_t length, const char **problem)
{
    /* jansson's own depth limit is fixed at 2048; this one pass brings ours, and better words. */
    struct pull p;
    pull_init(&p, data, length);
    pull_skip(&p);
    pull_end(&p);
    if (pull_failed(&p)) {
        *problem = p.problem;
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(data, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL) {
        *problem = reason(&error);
    }
    return value;
}

static int add_bytes(const char *bytes, size_t size, void *context)
{
    struct text *out = context;
    text_addn(out, bytes, size);
    return text_failed(out) ? -1 : 0;
}

void jx_canonical(const json_t *value, struct text *out)
{
    if (value == NULL) {
        text_add(out, "null");
        return;
    }
    (void)json_dump_callback(value, add_bytes, out,
                             JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

char *jx_dump(const json_t *value)
{
    char *s = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    return s != NULL ? s : xstrdup("null");
}

void jx_set_str(json_t *object, const char *key, const char *s)
{
    if (s != NULL) {
        (void)json_object_set_new(object, key, jx_string(s, strlen(s)));
    }
}

/* How many bytes from s on are whole valid UTF-8 characters. */
static size_t valid_run(const char *s, size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t left = length - done;
        size_t bytes = 1;
        while (bytes <= 4 && bytes <= left && !utf8_valid(s + done, bytes)) {
            bytes++;
        }
        if (bytes > 4 || bytes > left) {
            break;
        }
        done += bytes;
    }
    return done;
}

json_t *jx_string(const char *s, size_t length)
{
    if (utf8_valid(s, length)) {
        return json_stringn_nocheck(s, length);
    }
    struct text clean;
    text_init(&clean, length * 3);
    for (size_t i = 0; i < length; i++) {
        size_t run = valid_run(s + i, length - i);
        text_addn(&clean, s + i, run);
        i += run;
        if (i < length) {
            text_add(&clean, "\xEF\xBF\xBD");
        }
    }
    json_t *value = json_stringn_nocheck(text_str(&clean), clean.length);
    text_release(&clean);
    return value;
}
