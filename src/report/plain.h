/* AWS's text as a report may show it: valid UTF-8 without controls or marks that turn the reading
 * direction. What is not welcome becomes U+FFFD. */
#ifndef TOWERKEEP_REPORT_PLAIN_H
#define TOWERKEEP_REPORT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Decodes one code point; 0 and *length 1 when the bytes are no UTF-8. */
uint32_t plain_decode(const char *s, size_t *length);
/* No XML character, or one that makes a reader see another text than the one that is there. */
bool plain_unwelcome(uint32_t code);

/* How many of the length bytes from s on are printable ASCII, neither a nor b: those need no second
   look. */
size_t plain_run(const char *s, size_t length, char a, char b);

/* Appends at most `most` characters of s (0: all; what is cut ends with U+2026). Line ends become
   LF when lines, else they and tabs become spaces. */
void plain_add(struct text *out, const char *s, size_t most, bool lines);
/* The same with all lines, escaped for XML text and double-quoted attributes. */
void plain_add_xml(struct text *out, const char *s);
/* Appends `before` and s as a JSON string, whole. NULL is "". */
void plain_add_json(struct text *out, const char *before, const char *s);
/* The same, cut to `most` characters and made plain on one line. */
void plain_add_json_cut(struct text *out, const char *before, const char *s, size_t most);

#endif
