/*
 * struct text: a growable byte string with a fixed maximum size (modeled on curl's dynbuf). Append
 * without checks and check once at the end: a failed append empties the text and makes every later
 * append a no-op; text_failed() reports
 * it. */
#ifndef TOWERKEEP_BASE_TEXT_H
#define TOWERKEEP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;     /* NUL-terminated when length > 0; may be NULL when empty: use text_str() */
    size_t length;  /* bytes, without the NUL */
    size_t size;    /* allocated */
    size_t ceiling; /* maximum length */
    bool failed;
};

void text_init(struct text *t, size_t ceiling);
void text_release(struct text *t); /* accepts a zeroed text */
void text_clear(struct text *t);   /* keeps the memory, clears the failure */
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *bytes, size_t length);
void text_addc(struct text *t, char c);
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_str(const struct text *t); /* borrowed, never NULL */
bool text_failed(const struct text *t);
char *text_take(struct text *t); /* the caller frees it; t is empty afterwards; "" when empty */

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
/* Levenshtein distance, stops counting past `limit` and returns limit + 1. */
unsigned str_distance(const char *a, const char *b, unsigned limit);
/* The candidate nearest to `word` (distance <= 3, case ignored), or NULL. `candidates` ends with
 * NULL. */
const char *str_nearest(const char *word, const char *const *candidates);
/* Shell-style match: '*' any run, '?' one byte. Linear time, no recursion. */
bool str_glob(const char *pattern, const char *s);
/* True when the whole string is a decimal number in [low, high]. */
bool str_number(const char *s, long long low, long long high, long long *out);
bool str_is_account_id(const char *s); /* exactly 12 digits */

/* Appends `s` made safe for a terminal or a log line: C0/C1 controls, ESC, DEL, invalid UTF-8 and
   bidirectional overrides become '?' (newline and tab too). */
void text_add_printable(struct text *t, const char *s, size_t length);
/* Appends RFC 3986 percent-encoding: unreserved bytes stay, '/' stays only when keep_slash. */
void text_add_percent(struct text *t, const char *s, size_t length, bool keep_slash);
/* True for valid UTF-8 (no surrogates, no overlong forms, no NUL). */
bool utf8_valid(const char *s, size_t length);

#endif
