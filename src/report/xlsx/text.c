/* Text as a cell can hold it, whatever AWS sent. */
#include <string.h>

#include "plain.h"
#include "xlsx/xlsx.h"

#define REPLACEMENT "\xEF\xBF\xBD"
static const char cut_note[] = " [truncated: see the JSON report]";

/* "_x000D_" would be read back as a carriage return. */
static bool looks_escaped(const char *s)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    return s[0] == '_' && s[1] == 'x' && strspn(s + 2, hex) >= 4 && s[6] == '_';
}

void cell_text(struct text *out, const char *s)
{
    size_t whole = strnlen(s, XLSX_CELL_MAX + 1);
    if (whole <= XLSX_CELL_MAX && plain_run(s, whole, '_', '_') == whole) { /* nearly every text */
        text_addn(out, s, whole); /* '_' may begin an escape */
        return;
    }
    size_t units = 0, room = XLSX_CELL_MAX - (sizeof cut_note - 1);
    size_t keep = 0; /* the length up to which there is room for the note */
    while (*s != '\0') {
        size_t length = 1;
        uint32_t code = plain_decode(s, &length);
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
        } else if (code == 0 || plain_unwelcome(code)) {
            text_add(out, REPLACEMENT);
        } else {
            text_addn(out, s, length);
        }
        units += more;
        s += length;
    }
}
