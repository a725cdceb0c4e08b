/* Words in the width of a terminal. */
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/text.h"
#include "cli.h"

#define WORDS_MAX 4000
#define ROOM_MIN 20

void wrap_print(FILE *out, const char *first, const char *rest, const char *words, bool cut)
{
    struct text safe;
    int width = terminal_width(out);
    size_t margin = columns_of(rest, strlen(rest));
    size_t room = (size_t)width > margin + ROOM_MIN ? (size_t)width - margin : ROOM_MIN;
    text_init(&safe, (size_t)2 * WORDS_MAX);
    text_add_printable(&safe, words, strnlen(words, WORDS_MAX));
    const char *at = text_str(&safe);
    for (const char *before = first; *at; before = rest) {
        size_t take = columns_line(at, room, cut);
        fprintf(out, "%s%.*s\n", before, (int)take, at);
        at += take;
        at += strspn(at, " ");
    }
    text_release(&safe);
}
