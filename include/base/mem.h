/* Memory. When memory runs out, the program ends here, in one place (exit status 1, one line on
 * stderr). */
#ifndef TOWERKEEP_BASE_MEM_H
#define TOWERKEEP_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
/* Grows `old` to hold `count` elements; ends the program on overflow of count * size. */
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
