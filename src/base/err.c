#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void keep_one_line(struct err *err, const char *raw)
{
    size_t length = strlen(raw);
    while (length > 0 && (raw[length - 1] == '\n' || raw[length - 1] == '\r' ||
                          raw[length - 1] == ' ' || raw[length - 1] == '\t')) {
        length--;
    }
    /* Removes one final full stop; an ellipsis or a path such as "/." is kept. */
    if (length > 1 && raw[length - 1] == '.' && raw[length - 2] != '.' && raw[length - 2] != '/') {
        length--;
    }
    struct text clean;
    text_init(&clean, ERR_TEXT_MAX - 1);
    text_add_printable(&clean, raw, length);
    memcpy(err->text, text_str(&clean), clean.length + 1);
    text_release(&clean);
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
    char raw[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    err->code = code;
    keep_one_line(err, raw);
    return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
    char prefix[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    char raw[ERR_TEXT_MAX];
    (void)snprintf(raw, sizeof raw, "%s: %s", prefix, err->text);
    keep_one_line(err, raw);
    return -1;
}
