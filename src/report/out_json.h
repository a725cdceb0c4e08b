/* The writer that the JSON files of a run share: an object, a member a line, whose lists are
 * written a row at a time, so that many rows cost no more memory than one. */
#ifndef TOWERKEEP_REPORT_OUT_JSON_H
#define TOWERKEEP_REPORT_OUT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct out_json {
    FILE *out;  /* borrowed; it keeps its error until the file is closed */
    bool first; /* nothing stands yet in the list that is open */
};

/* One more member of the object; not its first. Takes the value. */
void out_json_member(struct out_json *w, const char *name, json_t *value);
void out_json_list(struct out_json *w, const char *name); /* the same, open for rows */
/* Begins a row that the caller writes: returns what stands before it. */
const char *out_json_next(struct out_json *w);
void out_json_row(struct out_json *w, json_t *value); /* takes it */
void out_json_list_end(struct out_json *w);
/* A list of which every row is there already, borrowed; NULL: an empty one. */
void out_json_rows(struct out_json *w, const char *name, json_t *rows);

json_t *out_json_text(const char *s);         /* "" for NULL; yours */
json_t *out_json_text_or_null(const char *s); /* null for NULL and ""; yours */

#endif
