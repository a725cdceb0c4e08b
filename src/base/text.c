#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_SIZE 64

void text_init(struct text *t, size_t ceiling)
{
    memset(t, 0, sizeof *t);
    t->ceiling = ceiling < SIZE_MAX / 4 ? ceiling : SIZE_MAX / 4;
}

void text_release(struct text *t)
{
    free(t->data);
    text_init(t, t->ceiling);
}

void text_clear(struct text *t)
{
    t->length = 0;
    t->failed = false;
    if (t->data != NULL) {
        t->data[0] = '\0';
    }
}

/* Makes room for `more` bytes and the NUL; false once the text has failed. */
static bool reserve(struct text *t, size_t more)
{
    if (t->failed) {
        return false;
    }
    if (more > t->ceiling - t->length) {
        text_release(t);
        t->failed = true;
        return false;
    }
    size_t needed = t->length + more + 1;
    if (needed > t->size) {
        size_t size = t->size > 0 ? t->size : FIRST_SIZE;
        while (size < needed) {
            size *= 2;
        }
        t->data = xrealloc(t->data, size);
        t->size = size;
    }
    return true;
}

void text_addn(struct text *t, const char *bytes, size_t length)
{
    if (length == 0 || !reserve(t, length)) {
        return;
    }
    memcpy(t->data + t->length, bytes, length);
    t->length += length;
    t->data[t->length] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_addn(t, s, strlen(s));
}

void text_addc(struct text *t, char c)
{
    text_addn(t, &c, 1);
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    /* In most cases the result fits the free space and is formatted only once. */
    bool room = !t->failed && t->data != NULL;
    int length =
        vsnprintf(room ? t->data + t->length : NULL, room ? t->size - t->length : 0, format, args);
    va_end(args);
    bool fits = length >= 0 && room && (size_t)length < t->size - t->length &&
                (size_t)length <= t->ceiling - t->length;
    if (length < 0) {
        text_release(t);
        t->failed = true;
    } else if (fits) {
        t->length += (size_t)length;
    } else if (length > 0 && reserve(t, (size_t)length)) {
        (void)vsnprintf(t->data + t->length, (size_t)length + 1, format, again);
        t->length += (size_t)length;
    }
    va_end(again);
}

const char *text_str(const struct text *t)
{
    return t->length > 0 ? t->data : "";
}

bool text_failed(const struct text *t)
{
    return t->failed;
}

char *text_take(struct text *t)
{
    char *taken = t->length > 0 ? t->data : NULL;
    if (taken == NULL) {
        free(t->data);
        taken = xstrdup("");
    }
    t->data = NULL;
    t->length = 0;
    t->size = 0;
    return taken;
}

/* Bytes of the valid UTF-8 sequence at s, its code point in *point; 0 when it is not one. */
static size_t utf8_step(const char *s, size_t length, uint32_t *point)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s[0];
    if (first < 0x80) {
        *point = first;
        return 1;
    }
    size_t bytes = first >= 0xF0 && first <= 0xF4   ? 4
                   : first >= 0xE0 && first <= 0xEF ? 3
                   : first >= 0xC2 && first <= 0xDF ? 2
                                                    : 0;
    if (bytes == 0 || bytes > length) {
        return 0;
    }
    uint32_t value = first & (0x7FU >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        unsigned char next = (unsigned char)s[i];
        if ((next & 0xC0U) != 0x80U) {
            return 0;
        }
        value = value << 6 | (next & 0x3FU);
    }
    if (value < least[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *point = value;
    return bytes;
}

bool utf8_valid(const char *s, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t point = 0;
        if (s[i] > 0 && s[i] <= 0x7E) { /* ASCII without NUL: the usual case */
            i++;
            continue;
        }
        size_t bytes = utf8_step(s + i, length - i, &point);
        if (bytes == 0 || point == 0) {
            return false;
        }
        i += bytes;
    }
    return true;
}

static bool is_printable(uint32_t point)
{
    static const struct {
        uint32_t low, high;
    } refused[] = {
        {0x00, 0x1F},     /* C0 controls, ESC */
        {0x7F, 0x9F},     /* DEL, C1 controls */
        {0x061C, 0x061C}, /* Arabic letter mark */
        {0x200E, 0x200F}, /* left-to-right and right-to-left marks */
        {0x2028,
         0x202E}, /* line and paragraph separators, bidirectional embeddings and overrides */
        {0x2066, 0x2069}, /* bidirectional isolates */
        {0xFEFF, 0xFEFF}, /* byte order mark */
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (point >= refused[i].low && point <= refused[i].high) {
            return false;
        }
    }
    return true;
}

void text_add_printable(struct text *t, const char *s, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t point = 0;
        size_t bytes = utf8_step(s + i, length - i, &point);
        if (bytes > 0 && is_printable(point)) {
            text_addn(t, s + i, bytes);
        } else {
            text_addc(t, '?');
        }
        i += bytes > 0 ? bytes : 1;
    }
}

void text_add_percent(struct text *t, const char *s, size_t length, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)s[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == '.' || c == '~' || (c == '/' && keep_slash);
        if (plain) {
            text_addc(t, (char)c);
        } else {
            const char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
            text_addn(t, coded, sizeof coded);
        }
    }
}
