/* How much room text takes on a terminal, by the C library's own table (wcwidth): East Asian wide
 * characters and emoji take two columns, combining marks none. Text is UTF-8 made printable before
 * (text_add_printable). */
#ifndef TOWERKEEP_BASE_COLUMNS_H
#define TOWERKEEP_BASE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the first `length` bytes of s. */
size_t columns_of(const char *s, size_t length);
/* The most bytes of s, in whole characters, that fit into so many columns. */
size_t columns_fit(const char *s, size_t columns);
/* How many bytes of s make the next line of at most so many columns: up to the last space that
 * fits. A word that is longer is cut when `cut`, else it stays whole and sticks out: what is meant
 * to be copied must not be broken. */
size_t columns_line(const char *s, size_t columns, bool cut);

#endif
