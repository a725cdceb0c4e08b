#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LIST_SHOWN 10
#define VALUE_BYTES_MAX 300
#define DEPTH_SHOWN 3
#define RENDERED_ENOUGH 8192
#define SHELL_SAFE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

/* How a value is inserted into the text. */
enum manner { MANNER_WORDS, MANNER_BARE, MANNER_QUOTED };

struct piece {
    char *literal; /* NULL: a value */
    size_t length;
    struct path head, tail; /* tail: below each element of the list at head, when `each` */
    bool each;
    enum manner manner;
};

struct template
{
    struct piece *pieces;
    size_t count;
};

void template_free(struct template *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        free(t->pieces[i].literal);
        path_release(&t->pieces[i].head);
        path_release(&t->pieces[i].tail);
    }
    free(t->pieces);
    free(t);
}

static struct piece *add_piece(struct template *t)
{
    t->pieces = xreallocarray(t->pieces, t->count + 1, sizeof *t->pieces);
    struct piece *p = &t->pieces[t->count++];
    *p = (struct piece){0};
    return p;
}

static void flush_literal(struct template *t, struct text *literal)
{
    if (literal->length == 0) {
        return;
    }
    struct piece *p = add_piece(t);
    p->length = literal->length;
    p->literal = text_take(literal);
    text_init(literal, TEMPLATE_TEXT_MAX);
}

/* Which quotes are open, by shell syntax; an apostrophe within a word does not open a quote. */
static char quote_after(char open, const char *at, const char *start)
{
    if (open != '\0') {
        return *at == open ? '\0' : open;
    }
    if (*at != '\'' && *at != '"') {
        return open;
    }
    bool opens = at == start || strchr(" =([{,:\"'", at[-1]) != NULL;
    return opens ? *at : open;
}

static int parse_slot(struct template *t, const char *inner, size_t length, enum manner manner,
                      char *problem, size_t size)
{
    struct piece *p = add_piece(t);
    const char *star = NULL;
    for (size_t i = 0; i + 3 <= length && star == NULL; i++) {
        star = memcmp(inner + i, "[*]", 3) == 0 ? inner + i : NULL;
    }
    size_t head = star != NULL ? (size_t)(star - inner) : length;
    p->manner = manner;
    p->each = star != NULL;
    if (path_parse(inner, head, &p->head, problem, size) != 0) {
        return -1;
    }
    if (star != NULL) {
        const char *rest = star + 3;
        size_t left = length - head - 3;
        bool dotted = left > 1 && *rest == '.';
        int rc = left == 0 ? path_parse(".", 1, &p->tail, problem, size)
                           : path_parse(rest + (dotted ? 1 : 0), left - (dotted ? 1 : 0), &p->tail,
                                        problem, size);
        return rc;
    }
    return 0;
}

/* True when the name in the slot exists. */
static int check_slot(const struct piece *p, const json_t *parameters,
                      const struct members *members, char *problem, size_t size)
{
    const char *name = p->head.count > 0 ? p->head.segments[0].name : NULL;
    if (p->head.root == ROOT_PARAM && (name == NULL || json_object_get(parameters, name) == NULL)) {
        (void)snprintf(problem, size, "expected a parameter of this rule, not \"%.60s\"",
                       name != NULL ? name : "");
        return -1;
    }
    if (members_check(members, &p->head, problem, size) != 0) {
        return -1;
    }
    return p->each ? members_check_below(members, &p->head, &p->tail, problem, size) : 0;
}

/* At '{'; a brace inside ["..."] does not close it. */
static const char *slot_end(const char *at)
{
    char quote = '\0';
    for (at++; *at != '\0'; at++) {
        if (quote != '\0') {
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '}') {
            return at;
        } else if ((*at == '"' || *at == '\'') && at[-1] == '[') {
            quote = *at;
        }
    }
    return NULL;
}

struct template *template_new(const char *text, enum template_use use, const json_t *parameters,
                              const struct members *members, char *problem, size_t size)
{
    struct template *t = xcalloc(1, sizeof *t);
    struct text literal;
    text_init(&literal, TEMPLATE_TEXT_MAX);
    char open = '\0';
    bool well = true;
    for (const char *at = text; *at != '\0' && well; at++) {
        if ((*at == '{' || *at == '}') && at[1] == *at) {
            text_addc(&literal, *at++);
        } else if (*at == '{') {
            const char *end = slot_end(at);
            bool quoted = open != '\0' || (at > text && (at[-1] == '\'' || at[-1] == '"'));
            enum manner manner = use == TEMPLATE_WORDS ? MANNER_WORDS
                                 : quoted              ? MANNER_QUOTED
                                                       : MANNER_BARE;
            flush_literal(t, &literal);
            well = end != NULL &&
                   parse_slot(t, at + 1, (size_t)(end - at - 1), manner, problem, size) == 0 &&
                   check_slot(&t->pieces[t->count - 1], parameters, members, problem, size) == 0;
            if (end == NULL) {
                (void)snprintf(problem, size, "expected a } that closes { (a plain brace is {{)");
            } else {
                at = end;
            }
        } else {
            open = quote_after(open, at, text);
            text_addc(&literal, *at);
        }
    }
    if (well && text_failed(&literal)) {
        (void)snprintf(problem, size, "expected at most %d bytes", TEMPLATE_TEXT_MAX);
        well = false;
    }
    flush_literal(t, &literal);
    text_release(&literal);
    if (!well) {
        template_free(t);
        return NULL;
    }
    return t;
}

/* --- rendering --- */

static bool all_safe(const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)s[i] & 0x80U) == 0 && strchr(SHELL_SAFE, s[i]) == NULL) {
            return false;
        }
    }
    return length > 0;
}

static void add_defused(struct text *out, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        text_addc(out, s[i] != '\0' && strchr("'\"`$\\!", s[i]) != NULL ? '?' : s[i]);
    }
}

static void add_single_quoted(struct text *out, const char *s, size_t length)
{
    text_addc(out, '\'');
    for (size_t i = 0; i < length; i++) {
        if (s[i] == '\'') {
            text_add(out, "'\\''");
        } else {
            text_addc(out, s[i]);
        }
    }
    text_addc(out, '\'');
}

static bool plain_ascii(const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] < 0x20 || s[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static void add_string(struct text *out, const char *s, size_t length, enum manner manner)
{
    if (length == 0) {
        text_add(out, "none");
        return;
    }
    size_t shown = length;
    if (length > VALUE_BYTES_MAX) {
        shown = VALUE_BYTES_MAX;
        while (shown > 0 && ((unsigned char)s[shown] & 0xC0U) == 0x80U) {
            shown--;
        }
    }
    if (manner == MANNER_WORDS && plain_ascii(s, shown)) {
        text_addn(out, s, shown);
    } else if (manner == MANNER_WORDS) {
        text_add_printable(out, s, shown);
    } else {
        struct text clean;
        text_init(&clean, 4 * VALUE_BYTES_MAX);
        text_add_printable(&clean, s, shown);
        const char *printable = text_str(&clean);
        if (manner == MANNER_QUOTED) {
            add_defused(out, printable, clean.length);
        } else if (all_safe(printable, clean.length)) {
            text_addn(out, printable, clean.length);
        } else {
            add_single_quoted(out, printable, clean.length);
        }
        text_release(&clean);
    }
    text_add(out, shown < length ? "..." : "");
}

static void add_value(struct text *out, const json_t *value, enum manner manner, int depth);

static void add_list(struct text *out, const json_t *list, const struct path *tail,
                     enum manner manner, int depth)
{
    size_t count = json_array_size(list);
    size_t shown = count < LIST_SHOWN ? count : LIST_SHOWN;
    const json_t *roots[ROOT_COUNT] = {NULL};
    for (size_t i = 0; i < shown; i++) {
        roots[ROOT_ELEMENT] = json_array_get(list, i);
        text_add(out, i > 0 ? ", " : "");
        add_value(out, tail != NULL ? path_get(tail, roots) : roots[ROOT_ELEMENT], manner, depth);
    }
    if (count > shown) {
        text_addf(out, " and %zu more", count - shown);
    }
    text_add(out, count == 0 ? "none" : "");
}

static void add_object(struct text *out, const json_t *object, enum manner manner, int depth)
{
    /* jansson needs a mutable iterator even for reading. */
    union {
        const json_t *in;
        json_t *out;
    } walked = {object};
    const char *key;
    json_t *value;
    size_t shown = 0;
    text_add(out, depth > 0 ? "(" : "");
    json_object_foreach(walked.out, key, value)
    {
        if (shown == LIST_SHOWN) {
            text_addf(out, " and %zu more", json_object_size(object) - shown);
            break;
        }
        text_add(out, shown > 0 ? ", " : "");
        add_string(out, key, strlen(key), manner);
        text_add(out, ": ");
        add_value(out, value, manner, depth + 1);
        shown++;
    }
    text_add(out, json_object_size(object) == 0 ? "none" : "");
    text_add(out, depth > 0 ? ")" : "");
}

static void add_value(struct text *out, const json_t *value, enum manner manner, int depth)
{
    if (value == NULL || json_is_null(value)) {
        text_add(out, "none");
    } else if (json_is_string(value)) {
        add_string(out, json_string_value(value), json_string_length(value), manner);
    } else if (json_is_boolean(value)) {
        text_add(out, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        text_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        text_addf(out, "%.10g", json_real_value(value));
    } else if (depth >= DEPTH_SHOWN) {
        text_add(out, "...");
    } else if (json_is_array(value)) {
        add_list(out, value, NULL, manner, depth + 1);
    } else {
        add_object(out, value, manner, depth);
    }
}

void template_render(const struct template *t, const json_t *const *roots, struct text *out)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct piece *p = &t->pieces[i];
        if (out->length > RENDERED_ENOUGH) {
            text_add(out, "...");
            return;
        }
        if (p->literal != NULL) {
            text_addn(out, p->literal, p->length);
            continue;
        }
        const json_t *value = path_get(&p->head, roots);
        if (p->each && json_is_array(value)) {
            add_list(out, value, &p->tail, p->manner, 1);
        } else {
            add_value(out, p->each ? NULL : value, p->manner, 0);
        }
    }
}
