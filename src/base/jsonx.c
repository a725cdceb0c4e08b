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

/* A tree made from the pull reader: jansson's own reader takes three times as long. */
struct builder {
    struct pull pull;
    struct text scratch;
    const char *problem; /* what JSON allows and we do not; the reader's complaints come first */
};

static json_t *build(struct builder *b);

/* The string as it is meant; valid until the next one. */
static struct slice plain_string(struct builder *b, struct slice raw)
{
    if (raw.length == 0 || memchr(raw.data, '\\', raw.length) == NULL) {
        return raw;
    }
    text_clear(&b->scratch);
    (void)slice_unescape(raw, &b->scratch); /* the reader has passed every escape */
    return (struct slice){text_str(&b->scratch), b->scratch.length};
}

static json_t *build_object(struct builder *b)
{
    json_t *object = json_object();
    struct slice raw;
    pull_object(&b->pull);
    while (pull_member(&b->pull, &raw)) {
        struct slice key = plain_string(b, raw);
        /* The scratch is used again inside the value. */
        char *copy = key.data != raw.data ? xstrndup(key.data, key.length) : NULL;
        size_t before = json_object_size(object);
        json_t *value = build(b);
        if (value != NULL) {
            (void)json_object_setn_new_nocheck(object, copy != NULL ? copy : key.data, key.length,
                                               value);
            if (json_object_size(object) == before) {
                b->problem = "duplicate key in an object";
            }
        }
        free(copy);
    }
    return object;
}

static json_t *build_list(struct builder *b)
{
    json_t *list = json_array();
    pull_list(&b->pull);
    while (pull_element(&b->pull)) {
        json_t *value = build(b);
        if (value != NULL) {
            (void)json_array_append_new(list, value);
        }
    }
    return list;
}

static json_t *build_number(struct builder *b)
{
    struct slice raw;
    char digits[32];
    pull_value(&b->pull, &raw);
    bool whole = raw.length > 0 && raw.length < sizeof digits;
    for (size_t i = 0; i < raw.length && whole; i++) {
        whole = raw.data[i] == '-' || (raw.data[i] >= '0' && raw.data[i] <= '9');
        digits[i] = raw.data[i];
    }
    long long number = 0;
    if (whole) {
        digits[raw.length] = '\0';
        if (str_number(digits, LLONG_MIN, LLONG_MAX, &number)) {
            return json_integer(number);
        }
    }
    /* Fractions, exponents and what is out of range: jansson knows, whatever the locale. */
    json_t *value = json_loadb(raw.data, raw.length, JSON_DECODE_ANY, NULL);
    if (value == NULL) {
        b->problem = "number out of range";
    }
    return value;
}

/* NULL where something is wrong; depth ends with the reader's. */
static json_t *build(struct builder *b)
{
    struct slice raw;
    switch (pull_peek(&b->pull)) {
    case 0:
        return NULL;
    case '{':
        return build_object(b);
    case '[':
        return build_list(b);
    case '"':
        pull_string(&b->pull, &raw);
        raw = plain_string(b, raw);
        return json_stringn_nocheck(raw.data, raw.length);
    case 't':
        pull_skip(&b->pull);
        return json_true();
    case 'f':
        pull_skip(&b->pull);
        return json_false();
    case 'n':
        pull_skip(&b->pull);
        return json_null();
    default:
        return build_number(b);
    }
}

json_t *jx_parse(const char *data, size_t length, const char **problem)
{
    struct builder b = {.problem = NULL};
    pull_init(&b.pull, data, length);
    text_init(&b.scratch, length);
    json_t *value = build(&b);
    pull_end(&b.pull);
    text_release(&b.scratch);
    const char *found = pull_failed(&b.pull) ? b.pull.problem : b.problem;
    if (found != NULL) {
        json_decref(value);
        *problem = found;
        return NULL;
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
