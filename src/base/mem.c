#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(void)
{
    (void)fputs("towerkeep: out of memory\n", stderr);
    exit(1);
}

static void *checked(void *p)
{
    if (p == NULL) {
        out_of_memory();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size > 0 ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return count > 0 && size > 0 ? checked(calloc(count, size)) : checked(calloc(1, 1));
}

void *xrealloc(void *old, size_t size)
{
    return checked(realloc(old, size > 0 ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size) {
        out_of_memory();
    }
    return xrealloc(old, count * size);
}

char *xstrdup(const char *s)
{
    return s != NULL ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t length)
{
    const char *nul = length > 0 ? memchr(s, '\0', length) : NULL;
    size_t kept = nul != NULL ? (size_t)(nul - s) : length;
    if (kept == SIZE_MAX) {
        out_of_memory();
    }
    char *copy = xmalloc(kept + 1);
    if (kept > 0) {
        memcpy(copy, s, kept);
    }
    copy[kept] = '\0';
    return copy;
}

char *xvasprintf(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) {
        out_of_memory();
    }
    char *s = xmalloc((size_t)length + 1);
    (void)vsnprintf(s, (size_t)length + 1, format, again);
    va_end(again);
    return s;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = xvasprintf(format, args);
    va_end(args);
    return s;
}
