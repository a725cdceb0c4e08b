#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/jsonx.h"
#include "base/text.h"
#include "doc_private.h"

#define WORDS_SHOWN 8
#define PATH_SIZE 512
#define ACCOUNT_ID_DIGITS 12

static unsigned node_key_column(const struct node *n)
{
    const struct stored_node *stored = (const struct stored_node *)(const void *)n;
    return stored->key_column;
}

static bool is_word(const char *text, const char *const words[])
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static const char *past_digits(const char *s)
{
    return s + strspn(s, "0123456789");
}

static const char *past_sign(const char *s)
{
    return *s == '+' || *s == '-' ? s + 1 : s;
}

/* [-+]?[0-9]+ with a value that fits; a longer one stays text rather than lose digits. */
static bool resolve_decimal(struct node *n)
{
    const char *digits = past_sign(n->text);
    if (*digits == '\0' || *past_digits(digits) != '\0') {
        return false;
    }
    errno = 0;
    long long value = strtoll(n->text, NULL, 10);
    if (errno == 0) {
        n->kind = NODE_INT;
        n->integer = value;
        n->real = (double)value;
    }
    return true;
}

static bool resolve_based(struct node *n)
{
    int base = str_starts(n->text, "0o") ? 8 : str_starts(n->text, "0x") ? 16 : 0;
    const char *digits = base != 0 ? n->text + 2 : "";
    const char *allowed = base == 8 ? "01234567" : "0123456789abcdefABCDEF";
    if (*digits == '\0' || digits[strspn(digits, allowed)] != '\0') {
        return false;
    }
    errno = 0;
    long long value = strtoll(digits, NULL, base);
    if (errno == 0) {
        n->kind = NODE_INT;
        n->integer = value;
        n->real = (double)value;
    }
    return true;
}

static bool resolve_special(struct node *n)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    if (is_word(n->text, nans)) {
        n->real = (double)NAN;
    } else if (is_word(past_sign(n->text), infinities)) {
        n->real = n->text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    } else {
        return false;
    }
    n->kind = NODE_REAL;
    return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool resolve_real(struct node *n)
{
    const char *at = past_sign(n->text);
    const char *whole_end = past_digits(at);
    bool any = whole_end != at;
    at = whole_end;
    if (*at == '.') {
        const char *fraction_end = past_digits(at + 1);
        any = any || fraction_end != at + 1;
        at = fraction_end;
    }
    if (!any) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        const char *exponent = past_sign(at + 1);
        at = past_digits(exponent);
        if (at == exponent) {
            return false;
        }
    }
    if (*at != '\0') {
        return false;
    }
    n->kind = NODE_REAL;
    n->real = strtod(n->text, NULL);
    return true;
}

void node_resolve(struct node *n)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const truths[] = {"true", "True", "TRUE", NULL};
    static const char *const falsehoods[] = {"false", "False", "FALSE", NULL};
    if (is_word(n->text, nulls)) {
        n->kind = NODE_NULL;
        return;
    }
    n->boolean = is_word(n->text, truths);
    if (n->boolean || is_word(n->text, falsehoods)) {
        n->kind = NODE_BOOL;
        return;
    }
    if (!resolve_decimal(n) && !resolve_based(n) && !resolve_special(n)) {
        (void)resolve_real(n);
    }
}

const struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->children[i]->key, key) == 0) {
            return map->children[i];
        }
    }
    return NULL;
}

const char *node_string(const struct node *n)
{
    return n != NULL ? n->text : NULL;
}

static void add_path(struct text *path, const struct node *n)
{
    if (n == NULL || n->parent == NULL) {
        text_addc(path, '$');
        return;
    }
    add_path(path, n->parent);
    if (n->key == NULL) {
        size_t index = 0;
        while (index < n->parent->count && n->parent->children[index] != n) {
            index++;
        }
        text_addf(path, "[%zu]", index);
        return;
    }
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    bool simple = n->key[0] != '\0' && n->key[strspn(n->key, plain)] == '\0';
    text_add(path, simple ? "." : "[\"");
    text_add_printable(path, n->key, strlen(n->key));
    text_add(path, simple ? "" : "\"]");
}

void node_path(const struct node *n, char *out, size_t size)
{
    /* Keys are bounded only by the input; a path is cut to what the caller holds. */
    struct text path;
    text_init(&path, (size_t)64 * 1024 * 1024);
    add_path(&path, n);
    (void)snprintf(out, size, "%s", text_str(&path));
    text_release(&path);
}

int doc_complain(struct err *err, const char *file, unsigned line, unsigned column,
                 const char *path, const char *message)
{
    return err_set(err, ERR_INPUT, "%s:%u:%u: %s: %s", file, line, column, path, message);
}

int node_err(const struct doc *doc, const struct node *n, struct err *err, const char *format, ...)
{
    char message[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const struct node *at = n != NULL ? n : doc->root;
    char path[PATH_SIZE];
    node_path(at, path, sizeof path);
    return doc_complain(err, doc->name, at->line, at->column, path, message);
}

/* Names the known words: the nearest one if there is one, all of them if they are few. */
static void say_unknown(const char *key, const char *const *known, char *message, size_t size)
{
    const char *nearest = str_nearest(key, known);
    struct text out;
    text_init(&out, size);
    text_add(&out, "expected a known key");
    size_t count = 0;
    while (known[count] != NULL) {
        count++;
    }
    for (size_t i = 0; nearest == NULL && count <= WORDS_SHOWN && i < count; i++) {
        text_addf(&out, "%s%s%s", i == 0 ? " (" : ", ", known[i], i + 1 == count ? ")" : "");
    }
    text_addf(&out, ", not \"%.100s\"", key);
    if (nearest != NULL) {
        text_addf(&out, "; did you mean \"%s\"?", nearest);
    }
    (void)snprintf(message, size, "%s", text_str(&out));
    text_release(&out);
}

int node_only(const struct doc *doc, const struct node *map, const char *const *known,
              struct err *err)
{
    if (map == NULL) {
        return 0;
    }
    if (map->kind != NODE_MAP) {
        return node_err(doc, map, err, "expected a mapping");
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct node *member = map->children[i];
        if (is_word(member->key, known)) {
            continue;
        }
        char path[PATH_SIZE];
        node_path(map, path, sizeof path);
        char message[ERR_TEXT_MAX];
        say_unknown(member->key, known, message, sizeof message);
        return doc_complain(err, doc->name, member->key_line, node_key_column(member), path,
                            message);
    }
    return 0;
}

int node_opt_string(const struct doc *doc, const struct node *map, const char *key,
                    const char **out, struct err *err)
{
    const struct node *n = node_get(map, key);
    *out = NULL;
    if (n == NULL || n->kind == NODE_NULL) {
        return 0;
    }
    if (n->kind == NODE_LIST || n->kind == NODE_MAP) {
        return node_err(doc, n, err, "expected a string");
    }
    *out = n->text;
    return 0;
}

int node_need_string(const struct doc *doc, const struct node *map, const char *key,
                     const char **out, struct err *err)
{
    if (map == NULL || map->kind != NODE_MAP) {
        return node_err(doc, map, err, "expected a mapping with \"%s\"", key);
    }
    if (node_opt_string(doc, map, key, out, err) != 0) {
        return -1;
    }
    if (*out == NULL) {
        const struct node *n = node_get(map, key);
        return n != NULL ? node_err(doc, n, err, "expected a string, not null")
                         : node_err(doc, map, err, "expected the key \"%s\" here", key);
    }
    return 0;
}

int node_opt_bool(const struct doc *doc, const struct node *map, const char *key, bool *out,
                  struct err *err)
{
    const struct node *n = node_get(map, key);
    if (n == NULL || n->kind == NODE_NULL) {
        return 0;
    }
    if (n->kind != NODE_BOOL) {
        return node_err(doc, n, err, "expected true or false");
    }
    *out = n->boolean;
    return 0;
}

int node_opt_int(const struct doc *doc, const struct node *map, const char *key, long long low,
                 long long high, long long *out, struct err *err)
{
    const struct node *n = node_get(map, key);
    if (n == NULL || n->kind == NODE_NULL) {
        return 0;
    }
    if (n->kind != NODE_INT || n->integer < low || n->integer > high) {
        return node_err(doc, n, err, "expected a whole number from %lld to %lld", low, high);
    }
    *out = n->integer;
    return 0;
}

/* An account id written without quotes is a name made of digits, not a quantity. */
static bool is_digits_as_name(const struct node *n)
{
    size_t length = strlen(n->text);
    bool all_digits = strspn(n->text, "0123456789") == length;
    const char *digits = past_sign(n->text);
    bool leading_zero = digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    return leading_zero || (all_digits && length == ACCOUNT_ID_DIGITS);
}

static json_t *scalar_to_json(const struct node *n)
{
    switch (n->kind) {
    case NODE_NULL:
        return json_null();
    case NODE_BOOL:
        return json_boolean(n->boolean);
    case NODE_INT:
        return is_digits_as_name(n) ? jx_string(n->text, strlen(n->text))
                                    : json_integer(n->integer);
    case NODE_REAL:
        /* JSON cannot represent infinity or NaN. */
        return isfinite(n->real) ? json_real(n->real) : jx_string(n->text, strlen(n->text));
    case NODE_STRING:
    case NODE_LIST:
    case NODE_MAP:
        break;
    }
    return jx_string(n->text, strlen(n->text));
}

json_t *node_to_json(const struct node *n)
{
    if (n == NULL) {
        return json_null();
    }
    if (n->kind == NODE_LIST) {
        json_t *list = json_array();
        for (size_t i = 0; i < n->count; i++) {
            (void)json_array_append_new(list, node_to_json(n->children[i]));
        }
        return list;
    }
    if (n->kind == NODE_MAP) {
        json_t *object = json_object();
        for (size_t i = 0; i < n->count; i++) {
            const struct node *member = n->children[i];
            (void)json_object_set_new(object, member->key, node_to_json(member));
        }
        return object;
    }
    return scalar_to_json(n);
}
