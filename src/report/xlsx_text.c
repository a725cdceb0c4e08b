/* Text as a cell can hold it, whatever AWS sent. */
#include <string.h>

#include "xlsx.h"

#define REPLACEMENT "\xEF\xBF\xBD"
static const char cut_note[] = " [cut: the JSON report has it all]";

/* Decodes one code point; 0 and *length 1 when the bytes are no UTF-8. */
static uint32_t decode(const char *s, size_t *length)
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

/* No XML character, or one that makes a reader see another text than the one that is there. */
static bool unwelcome(uint32_t code)
{
    return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code <= 0x9F) ||
           code == 0xFFFE || code == 0xFFFF || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* "_x000D_" would be read back as a carriage return. */
static bool looks_escaped(const char *s)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    return s[0] == '_' && s[1] == 'x' && strspn(s + 2, hex) >= 4 && s[6] == '_';
}

void cell_text(struct text *out, const char *s)
{
    size_t units = 0, room = XLSX_CELL_MAX - (sizeof cut_note - 1);
    size_t keep = 0; /* the length up to which there is room for the note */
    while (*s != '\0') {
        size_t length = 1;
        uint32_t code = decode(s, &length);
        bool line = s[0] == '\r';
        bool escaped = looks_escaped(s);
        size_t more = code > 0xFFFF ? 2 : escaped ? 7 : 1;
        if (units <= room) {
            keep = out->length;
        }
        if (units + more > XLSX_CELL_MAX) {
            out->length = keep;
            text_add(out, cut_note);
            return;
        }
        if (line) {
            text_add(out, s[1] == '\n' ? "" : "\n");
            more = s[1] == '\n' ? 0 : 1;
        } else if (escaped) {
            text_add(out, "_x005F_");
        } else if (code == 0 || unwelcome(code)) {
            text_add(out, REPLACEMENT);
        } else {
            text_addn(out, s, length);
        }
        units += more;
        s += length;
    }
}
