/* The width of text on a terminal, from the C library's table (wcwidth): East Asian wide
 * characters and emoji take two columns, combining marks none. The text must be UTF-8 that
 * text_add_printable() has made printable. */
#ifndef TOWERKEEP_BASE_COLUMNS_H
#define TOWERKEEP_BASE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of the first `length` bytes of s. */
size_t columns_of(const char *s, size_t length);
/* The number of bytes of s in the next line of at most the given columns: up to the last space that
 * fits. A longer word is split when `cut` is true; otherwise it stays whole and exceeds the width,
 * so that it can be copied. */
size_t columns_line(const char *s, size_t columns, bool cut);
/* Prints words in lines of at most `width` columns, each indented to column `indent`; what is
 * printed already ends in column `at`, and when that leaves no space, the words begin on the next
 * line. */
void columns_print(FILE *out, const char *words, size_t at, size_t indent, size_t width);

#endif
