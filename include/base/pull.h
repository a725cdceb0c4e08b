/*
 * A strict JSON pull reader over bytes in memory: one pass, no tree, no copies. It exists because a
 * tree of a 20 KB list page costs seven times the rest of the call. Use it where pages are large;
 * use jansson elsewhere.
 *
 *   struct pull p; pull_init(&p, body, length);
 *   pull_object(&p);
 *   while (pull_member(&p, &key)) { if (slice_is(key, "Tags")) ...; else pull_skip(&p); }
 *   if (pull_failed(&p)) ...
 */
#ifndef TOWERKEEP_BASE_PULL_H
#define TOWERKEEP_BASE_PULL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define PULL_DEPTH_MAX 64

struct slice {
    const char *data; /* borrowed from the input */
    size_t length;
};

struct pull {
    const char *start, *at, *end;
    unsigned depth;
    bool first;          /* next element is the first of its container */
    const char *problem; /* static text; NULL when there is no error */
};

void pull_init(struct pull *p, const char *data, size_t length);
void pull_object(struct pull *p); /* enters '{' */
bool pull_member(struct pull *p,
                 struct slice *key); /* the next key (raw, without quotes) or false past '}' */
void pull_list(struct pull *p);      /* enters '[' */
bool pull_element(struct pull *p);   /* true: a value follows; false past ']' */
void pull_string(struct pull *p,
                 struct slice *raw); /* raw bytes between the quotes, escapes not decoded */
void pull_value(struct pull *p,
                struct slice *raw); /* any complete value, validated, as written in the input */
void pull_skip(struct pull *p);
char pull_peek(
    struct pull *p); /* first byte of the next value: { [ " t f n or digit/'-'; 0 on error */
void pull_end(struct pull *p); /* only white space may follow */
bool pull_failed(const struct pull *p);
bool slice_is(struct slice s, const char *word);
/* Decodes escapes and appends the result to `out`; false on a lone surrogate or bad escape. */
bool slice_unescape(struct slice raw, struct text *out);

#endif
