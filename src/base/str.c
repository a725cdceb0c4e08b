#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NEAREST_LIMIT 3
#define NEAREST_LENGTH_MAX 256

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    size_t length = strlen(s);
    size_t tail = strlen(suffix);
    return length >= tail && memcmp(s + length - tail, suffix, tail) == 0;
}

bool str_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned str_distance(const char *a, const char *b, unsigned limit)
{
    size_t rows = strlen(a);
    size_t columns = strlen(b);
    if ((rows > columns ? rows - columns : columns - rows) > limit) {
        return limit + 1;
    }
    unsigned *row = xcalloc(columns + 1, sizeof *row);
    for (size_t j = 0; j <= columns; j++) {
        row[j] = (unsigned)j;
    }
    bool near = true;
    for (size_t i = 1; i <= rows && near; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        unsigned smallest = row[0];
        for (size_t j = 1; j <= columns; j++) {
            unsigned replaced = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
            smallest = least(smallest, row[j]);
        }
        near = smallest <= limit;
    }
    unsigned distance = near ? least(row[columns], limit + 1) : limit + 1;
    free(row);
    return distance;
}

static char *lowered(const char *s)
{
    char *copy = xstrdup(s);
    for (char *c = copy; *c != '\0'; c++) {
        *c = lower(*c);
    }
    return copy;
}

const char *str_nearest(const char *word, const char *const *candidates)
{
    if (strlen(word) > NEAREST_LENGTH_MAX) {
        return NULL;
    }
    const char *best = NULL;
    unsigned best_distance = NEAREST_LIMIT + 1;
    char *low_word = lowered(word);
    for (; *candidates != NULL; candidates++) {
        char *low_candidate = lowered(*candidates);
        unsigned distance = str_distance(low_word, low_candidate, NEAREST_LIMIT);
        /* A word with most letters changed is not near, even when it is short. */
        if (distance < best_distance && 2 * distance <= strlen(low_candidate) + 1) {
            best = *candidates;
            best_distance = distance;
        }
        free(low_candidate);
    }
    free(low_word);
    return best;
}

bool str_glob(const char *pattern, const char *s)
{
    const char *star = NULL;  /* after the last '*' found */
    const char *retry = NULL; /* the position in s where the match of that '*' ends */
    while (*s != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = s;
        } else if (*pattern != '\0' && (*pattern == '?' || *pattern == *s)) {
            pattern++;
            s++;
        } else if (star != NULL) {
            pattern = star;
            s = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

bool str_number(const char *s, long long low, long long high, long long *out)
{
    const char *digits = s[0] == '-' ? s + 1 : s;
    if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    long long value = strtoll(s, NULL, 10);
    if (errno != 0 || value < low || value > high) {
        return false;
    }
    *out = value;
    return true;
}

bool str_is_account_id(const char *s)
{
    return strlen(s) == 12 && strspn(s, "0123456789") == 12;
}
