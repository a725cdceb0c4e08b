#include "plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"

#define REPLACEMENT "\xEF\xBF\xBD"
#define ELLIPSIS "\xE2\x80\xA6"
#define CUT_MAX_BYTES ((size_t)64 * 1024)

uint32_t plain_decode(const char *s, size_t *length)
{
    const unsigned char *at = (const unsigned char *)s;
    size_t need = at[0] < 0x80   ? 1
                  : at[0] < 0xC2 ? 0
                  : at[0] < 0xE0 ? 2
                  : at[0] < 0xF0 ? 3
                  : at[0] < 0xF5 ? 4
                                 : 0;
    *length = 1;
    if (need <= 1) {
        return need == 1 ? at[0] : 0;
    }
    uint32_t code = at[0] & (0x7FU >> need);
    for (size_t i = 1; i < need; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = (code << 6) | (at[i] & 0x3FU);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[need] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return 0;
    }
    *length = need;
    return code;
}

bool plain_unwelcome(uint32_t code)
{
    return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code <= 0x9F) ||
           code == 0xFFFE || code == 0xFFFF || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

static bool is_plain_byte(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x20 && byte <= 0x7E;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* Is any of the eight bytes below 0x20, above 0x7E, a or b? */
static bool has_odd_byte(uint64_t bytes, char a, char b)
{
    uint64_t no_a = bytes ^ EACH_BYTE(a), no_b = bytes ^ EACH_BYTE(b); /* 0 where it is one */
    uint64_t below = (bytes - EACH_BYTE(0x20)) | (no_a - EACH_BYTE(1)) | (no_b - EACH_BYTE(1));
    return ((below | (bytes + EACH_BYTE(1)) | bytes) & EACH_BYTE(0x80)) != 0;
}

/* Eight bytes at a time: a report of a million findings has half a thousand million. */
size_t plain_run(const char *s, size_t length, char a, char b)
{
    size_t at = 0;
    for (uint64_t bytes; at + sizeof bytes <= length; at += sizeof bytes) {
        memcpy(&bytes, s + at, sizeof bytes);
        if (has_odd_byte(bytes, a, b)) {
            break;
        }
    }
    while (at < length && is_plain_byte(s[at]) && s[at] != a && s[at] != b) {
        at++;
    }
    return at;
}

void plain_add(struct text *out, const char *s, size_t most, bool lines)
{
    for (size_t count = 0; *s != '\0'; count++) {
        if (most > 0 && count + 1 >= most && s[strspn(s, "\n")] != '\0') {
            size_t length = 1;
            (void)plain_decode(s, &length);
            if (s[length] != '\0') {
                text_add(out, ELLIPSIS);
                return;
            }
        }
        if (is_plain_byte(*s)) {
            size_t run = 1;
            while ((most == 0) && is_plain_byte(s[run])) {
                run++;
            }
            text_addn(out, s, run);
            s += run;
            continue;
        }
        size_t length = 1;
        uint32_t code = plain_decode(s, &length);
        if (code == '\r' || code == '\n' || code == '\t') {
            text_addc(out, !lines ? ' ' : code == '\t' ? '\t' : '\n');
            s += code == '\r' && s[1] == '\n' ? 1 : 0;
        } else if (code == 0 || plain_unwelcome(code)) {
            text_add(out, REPLACEMENT);
        } else {
            text_addn(out, s, length);
        }
        s += length;
    }
}

void plain_add_xml(struct text *out, const char *s)
{
    while (*s != '\0') {
        size_t run = strcspn(s, "&<>\"\n\r\t");
        if (run > 0) {
            struct text part;
            text_init(&part, run * 3 + 1);
            char *piece = NULL;
            bool plain = true;
            for (size_t i = 0; plain && i < run; i++) {
                plain = is_plain_byte(s[i]);
            }
            if (plain) {
                text_addn(out, s, run);
            } else {
                text_addn(&part, s, run);
                piece = text_take(&part);
                plain_add(out, piece, 0, true);
            }
            free(piece);
            text_release(&part);
            s += run;
            continue;
        }
        switch (*s) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        case '\t':
            text_add(out, "&#9;");
            break;
        default:
            text_add(out, "&#10;");
            s += s[0] == '\r' && s[1] == '\n' ? 1 : 0;
        }
        s++;
    }
}

void plain_add_json(struct text *out, const char *before, const char *s)
{
    size_t length = s != NULL ? strlen(s) : 0;
    text_add(out, before);
    if (length == 0 || plain_run(s, length, '"', '\\') == length) {
        text_addc(out, '"');
        text_addn(out, s != NULL ? s : "", length);
        text_addc(out, '"');
        return;
    }
    json_t *value = jx_string(s, length);
    char *quoted = jx_dump(value);
    text_add(out, quoted);
    free(quoted);
    json_decref(value);
}

void plain_add_json_cut(struct text *out, const char *before, const char *s, size_t most)
{
    struct text cut;
    text_init(&cut, CUT_MAX_BYTES);
    plain_add(&cut, s != NULL ? s : "", most, false);
    plain_add_json(out, before, text_str(&cut));
    text_release(&cut);
}
