/* Lists of words, from options, the environment and the configuration. */
#ifndef TOWERKEEP_BASE_WORDS_H
#define TOWERKEEP_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
    char **items; /* ends with NULL; NULL when no value was given */
    size_t count;
    bool from_env; /* set by the environment: an option replaces it */
};
void words_add(struct words *w,
               const char *commas); /* splits at commas, trims blanks, drops empty words */
void words_release(struct words *w);
const char *const *words_list(const struct words *w); /* NULL when nothing was said */

#endif
