/* SHA-256 checksums of every file under a directory, in the form that `sha256sum -c` reads. */
#ifndef TOWERKEEP_BASE_SUMS_H
#define TOWERKEEP_BASE_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

struct sum {
    char *name;                /* relative to the directory, '/' between parts */
    char hex[SHA256_HEX_SIZE]; /* "" for anything that is not a regular file */
};

struct sums { /* sorted by name */
    struct sum *items;
    size_t count;
};

int file_sum(const char *path, char hex[SHA256_HEX_SIZE], struct err *err);
/* Every file under `directory`, links not followed; `skip` selects the (relative) names to
 * exclude. */
int sums_of_tree(const char *directory, bool (*skip)(const char *name), struct sums *out,
                 struct err *err);
/* Lines "HEX  NAME"; the caller frees the text. ERR_INPUT when a name cannot be written in one
 * line. */
int sums_print(const struct sums *s, char **text, size_t *length, struct err *err);
/* Reads exactly what sums_print() writes: sorted, without duplicates or other lines. `origin` names
 * the text in errors. */
int sums_parse(const char *origin, const char *text, size_t length, struct sums *out,
               struct err *err);
void sums_release(struct sums *s);

#endif
