/* Paths: the location of a value in a document (or its context). Parsed once, at load. */
#ifndef TOWERKEEP_CHECK_PATH_H
#define TOWERKEEP_CHECK_PATH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum path_root {
    ROOT_ELEMENT, /* the document, or inside each/some/no the element */
    ROOT_DOC,
    ROOT_ORG,
    ROOT_LZ,
    ROOT_CONFIG,
    ROOT_PARAM,
    ROOT_COUNT
};

struct segment {
    char *name; /* NULL: an index into a list */
    size_t length;
    size_t index;
};

struct path {
    enum path_root root;
    struct segment *segments;
    size_t count;
};

/* A zeroed path or one that parsed may be released. On failure `problem` describes what was
 * expected. */
int path_parse(const char *text, size_t length, struct path *out, char *problem, size_t size);
void path_release(struct path *p);
/* NULL when any step is missing or null. roots has ROOT_COUNT members; a missing root is NULL. */
const json_t *path_get(const struct path *p, const json_t *const *roots);

#endif
