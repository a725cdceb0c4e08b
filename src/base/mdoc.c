#include "base/mdoc.h"

#include <string.h>

#include "base/text.h"

/* A line that begins with a dot or quote is a request, and a backslash an escape. */
void mdoc_sentence(FILE *out, const char *words)
{
    size_t length = strlen(words);
    if (*words == '.' || *words == '\'') {
        fputs("\\&", out);
    }
    for (const char *c = words; *c != '\0'; c++) {
        if (*c == '\\') {
            fputs("\\e", out);
        } else if (*c == '`') {
            fputc('"', out);
        } else {
            fputc(*c, out);
        }
        if (str_starts(c, ". ")) { /* a sentence begins a line */
            fputc('\n', out);
            c++;
        }
    }
    fputs(length > 0 && words[length - 1] == '.' ? "\n" : ".\n", out);
}

void mdoc_option(FILE *out, char letter, const char *name, const char *argument)
{
    fputs(".It ", out);
    if (letter != '\0') {
        fprintf(out, "Fl %c , ", letter);
    }
    fprintf(out, "Fl -%s%s%s\n", name, argument != NULL ? " Ar " : "",
            argument != NULL ? argument : "");
}
