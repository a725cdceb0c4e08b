#include "path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define INDEX_DIGITS_MAX 6

static const char *const root_names[] = {"doc", "org", "lz", "config", "param", NULL};

static struct segment *add_segment(struct path *p)
{
    p->segments = xreallocarray(p->segments, p->count + 1, sizeof *p->segments);
    struct segment *s = &p->segments[p->count++];
    *s = (struct segment){0};
    return s;
}

static void add_name(struct path *p, const char *name, size_t length)
{
    struct segment *s = add_segment(p);
    s->name = xstrndup(name, length);
    s->length = length;
}

/* The number of bytes of the plain name at `at`. */
static size_t name_length(const char *at, const char *end)
{
    size_t length = 0;
    while (at + length < end && strchr(NAME_BYTES, at[length]) != NULL) {
        length++;
    }
    return length;
}

static int complain(char *problem, size_t size, const char *text)
{
    (void)snprintf(problem, size, "%s", text);
    return -1;
}

static int parse_index(struct path *p, const char *digits, size_t length, char *problem,
                       size_t size)
{
    if (length == 0 || length > INDEX_DIGITS_MAX) {
        return complain(problem, size, "expected [NUMBER] or [\"key\"] in the path");
    }
    size_t index = 0;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return complain(problem, size, "expected [NUMBER] or [\"key\"] in the path");
        }
        index = index * 10 + (size_t)(digits[i] - '0');
    }
    add_segment(p)->index = index;
    return 0;
}

/* At '['; moves past ']'. */
static int parse_bracket(struct path *p, const char **at, const char *end, char *problem,
                         size_t size)
{
    const char *inner = *at + 1;
    if (inner < end && (*inner == '"' || *inner == '\'')) {
        const char *close = memchr(inner + 1, *inner, (size_t)(end - inner - 1));
        if (close == NULL || close + 1 >= end || close[1] != ']' || close == inner + 1) {
            return complain(problem, size, "expected [\"key\"] closed by \"] in the path");
        }
        add_name(p, inner + 1, (size_t)(close - inner - 1));
        *at = close + 2;
        return 0;
    }
    const char *close = memchr(inner, ']', (size_t)(end - inner));
    if (close == NULL) {
        return complain(problem, size, "expected a ] that closes [ in the path");
    }
    *at = close + 1;
    return parse_index(p, inner, (size_t)(close - inner), problem, size);
}

static int parse_root(struct path *p, const char **at, const char *end, char *problem, size_t size)
{
    size_t length = name_length(*at + 1, end);
    char *word = xstrndup(*at + 1, length);
    *at += 1 + length;
    for (size_t i = 0; root_names[i] != NULL; i++) {
        if (strcmp(word, root_names[i]) == 0) {
            p->root = (enum path_root)(ROOT_DOC + i);
            free(word);
            return 0;
        }
    }
    const char *near = str_nearest(word, root_names);
    (void)snprintf(problem, size,
                   "expected a path from $doc, $org, $lz, $config or $param, not $%.40s%s%s%s",
                   word, near != NULL ? "; did you mean $" : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
    free(word);
    return -1;
}

static int parse_steps(struct path *p, const char *at, const char *end, bool after, char *problem,
                       size_t size)
{
    while (at < end) {
        if (*at == '[') {
            if (parse_bracket(p, &at, end, problem, size) != 0) {
                return -1;
            }
            after = true;
            continue;
        }
        if (after && *at != '.') {
            return complain(problem, size, "expected . or [ after a step of the path");
        }
        at += after ? 1 : 0;
        size_t length = name_length(at, end);
        if (length == 0) {
            return complain(problem, size,
                            "expected a name of letters, digits, _ and - in the path "
                            "(others as [\"name\"])");
        }
        add_name(p, at, length);
        at += length;
        after = true;
    }
    return 0;
}

int path_parse(const char *text, size_t length, struct path *out, char *problem, size_t size)
{
    *out = (struct path){0};
    const char *at = text;
    const char *end = text + length;
    if (length == 0) {
        return complain(problem, size, "expected a path, not empty text");
    }
    if (length == 1 && *at == '.') {
        return 0;
    }
    bool rooted = *at == '$';
    if ((rooted && parse_root(out, &at, end, problem, size) != 0) ||
        parse_steps(out, at, end, rooted, problem, size) != 0) {
        path_release(out);
        return -1;
    }
    return 0;
}

void path_release(struct path *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->segments[i].name);
    }
    free(p->segments);
    *p = (struct path){0};
}

const json_t *path_get(const struct path *p, const json_t *const *roots)
{
    const json_t *at = roots[p->root];
    for (size_t i = 0; i < p->count && at != NULL; i++) {
        const struct segment *s = &p->segments[i];
        at = s->name != NULL ? json_object_getn(at, s->name, s->length)
                             : json_array_get(at, s->index);
    }
    return at == NULL || json_is_null(at) ? NULL : at;
}
