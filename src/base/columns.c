/* wcwidth() is XSI. */
#define _XOPEN_SOURCE 700

#include "base/columns.h"

#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#define LEAST_TEXT 20 /* columns for words, however narrow the terminal is */

/* Output to the terminal is UTF-8 in every locale, so widths are those of UTF-8 too. Created once
 * and kept until the program ends. */
static locale_t utf8(void)
{
    static locale_t made = (locale_t)0;
    if (made == (locale_t)0) {
        made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    }
    return made;
}

/* The columns and bytes of the character at s; a byte that is not part of a character takes one
 * column. */
static size_t step(const char *s, size_t left, size_t *bytes)
{
    mbstate_t state = {0};
    wchar_t c = 0;
    size_t n = mbrtowc(&c, s, left, &state);
    *bytes = 1;
    if (n == 0 || n == (size_t)-1 || n == (size_t)-2) {
        return 1;
    }
    *bytes = n;
    int width = wcwidth(c);
    return width < 0 ? 1 : (size_t)width;
}

/* Walks at most `length` bytes and `most` columns. */
static size_t walk(const char *s, size_t length, size_t most, size_t *columns)
{
    locale_t ours = utf8();
    locale_t before = ours != (locale_t)0 ? uselocale(ours) : (locale_t)0;
    size_t at = 0, used = 0;
    while (at < length) {
        size_t bytes = 1, width = step(s + at, length - at, &bytes);
        if (used + width > most) {
            break;
        }
        used += width;
        at += bytes;
    }
    if (before != (locale_t)0) {
        (void)uselocale(before);
    }
    *columns = used;
    return at;
}

size_t columns_of(const char *s, size_t length)
{
    size_t columns = 0;
    (void)walk(s, length, (size_t)-1, &columns);
    return columns;
}

/* The most bytes of s, in whole characters, that fit into the given number of columns. */
static size_t columns_fit(const char *s, size_t columns)
{
    size_t used = 0;
    return walk(s, strlen(s), columns, &used);
}

size_t columns_line(const char *s, size_t columns, bool cut)
{
    size_t fits = columns_fit(s, columns);
    if (s[fits] == '\0' || s[fits] == ' ') {
        return fits;
    }
    size_t at = fits;
    while (at > 0 && s[at - 1] != ' ') {
        at--;
    }
    if (at > 0) {
        return at - 1;
    }
    if (cut) {
        return fits > 0 ? fits : strlen(s) > 0;
    }
    return strcspn(s, " ");
}

void columns_print(FILE *out, const char *words, size_t at, size_t indent, size_t width)
{
    size_t space = width > indent + LEAST_TEXT ? width - indent : LEAST_TEXT;
    if (at > 0 && at + 2 > indent) {
        fputc('\n', out);
        at = 0;
    }
    for (bool first = true; *words != '\0'; first = false) {
        size_t take = columns_line(words, space, false);
        fprintf(out, "%*s%.*s\n", (int)(first ? indent - at : indent), "", (int)take, words);
        words += take;
        words += strspn(words, " ");
    }
}
