#include "base/jsonx.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pull.h"

json_t *jx_mutable(const json_t *value)
{
    union {
        const json_t *in;
        json_t *out;
    } borrowed = {value};
    return borrowed.out;
}

json_t *jx_get(const json_t *value, const char *path)
{
    const json_t *at = value;
    while (path != NULL && *path != '\0' && at != NULL) {
        size_t length = strcspn(path, ".");
        at = json_object_getn(at, path, length);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    /* jansson returns members of a const object as mutable; an empty path does the same.
     */
    return at == NULL || json_is_null(at) ? NULL : jx_mutable(at);
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

/* Builds a tree with the pull reader: jansson's reader takes three times as long. */
struct builder {
    struct pull pull;
    struct text scratch;
    const char *problem; /* errors for what JSON allows and we do not; errors of the reader take
                            precedence */
};

static json_t *build(struct builder *b);

/* The decoded string; valid until the next call. */
static struct slice plain_string(struct builder *b, struct slice raw)
{
    if (raw.length == 0 || memchr(raw.data, '\\', raw.length) == NULL) {
        return raw;
    }
    text_clear(&b->scratch);
    (void)slice_unescape(raw, &b->scratch); /* the reader has already validated every escape */
    return (struct slice){text_str(&b->scratch), b->scratch.length};
}

static json_t *build_object(struct builder *b)
{
    json_t *object = json_object();
    struct slice raw;
    pull_object(&b->pull);
    while (pull_member(&b->pull, &raw)) {
        struct slice key = plain_string(b, raw);
        /* Reading the value overwrites the scratch buffer. */
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
    /* jansson parses fractions, exponents and numbers out of range, independently of the locale. */
    json_t *value = json_loadb(raw.data, raw.length, JSON_DECODE_ANY, NULL);
    if (value == NULL) {
        b->problem = "number out of range";
    }
    return value;
}

/* NULL on an error; the reader limits the depth. */
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

/* The code and bytes of a character at s that changes how text is displayed: DEL, C1, a
 * bidirectional override, a noncharacter; 0: none. */
static unsigned unwelcome(const unsigned char *s, size_t left, size_t *bytes)
{
    *bytes = 1;
    if (s[0] == 0x7F) {
        return 0x7F;
    }
    if (s[0] == 0xC2 && left > 1 && s[1] < 0xA0) {
        *bytes = 2;
        return s[1];
    }
    if (left < 3) {
        return 0;
    }
    *bytes = 3;
    bool turns = s[0] == 0xE2 && ((s[1] == 0x80 && s[2] >= 0xAA && s[2] <= 0xAE) ||
                                  (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9));
    if (turns || (s[0] == 0xEF && s[1] == 0xBF && s[2] >= 0xBE)) {
        return ((s[0] & 0x0FU) << 12) | ((s[1] & 0x3FU) << 6) | (s[2] & 0x3FU);
    }
    return 0;
}

struct escaping {
    json_dump_callback_t to;
    void *context;
};

/* jansson passes complete characters. */
static int escape(const char *text, size_t size, void *context)
{
    const struct escaping *e = context;
    const unsigned char *s = (const unsigned char *)text;
    size_t from = 0, at = 0;
    while (at < size) {
        size_t bytes = 1;
        if (s[at] < 0x7F) {
            at++;
            continue;
        }
        unsigned code = unwelcome(s + at, size - at, &bytes);
        if (code == 0) {
            at++;
            continue;
        }
        char escaped[8];
        (void)snprintf(escaped, sizeof escaped, "\\u%04X", code & 0xFFFFU);
        if ((at > from && e->to(text + from, at - from, e->context) != 0) ||
            e->to(escaped, 6, e->context) != 0) {
            return -1;
        }
        at += bytes;
        from = at;
    }
    return at > from ? e->to(text + from, at - from, e->context) : 0;
}

static int write_bytes(const char *bytes, size_t size, void *context)
{
    return fwrite(bytes, 1, size, context) == size ? 0 : -1;
}

int jx_write(const json_t *value, FILE *out, size_t flags)
{
    struct escaping e = {write_bytes, out};
    return json_dump_callback(value, escape, &e, flags);
}

char *jx_dump(const json_t *value)
{
    struct text out;
    struct escaping e = {add_bytes, &out};
    text_init(&out, (size_t)-1 / 2);
    if (value == NULL ||
        json_dump_callback(value, escape, &e, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        text_clear(&out);
        text_add(&out, "null");
    }
    return text_take(&out);
}

void jx_set_str(json_t *object, const char *key, const char *s)
{
    if (s != NULL) {
        (void)json_object_set_new(object, key, jx_string(s, strlen(s)));
    }
}

/* The number of bytes from s that are complete, valid UTF-8 characters. */
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
