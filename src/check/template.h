/* Templates: the texts of results, with {PATH} in place of a value. Compiled at load. */
#ifndef TOWERKEEP_CHECK_TEMPLATE_H
#define TOWERKEEP_CHECK_TEMPLATE_H

#include "base/text.h"
#include "members.h"
#include "path.h"

struct template;

enum template_use {
    TEMPLATE_WORDS,  /* for reading */
    TEMPLATE_COMMAND /* for pasting into a shell: values are quoted, or escaped inside quotes */
};

/* NULL with a problem when a {PATH} is malformed, or names an unknown parameter or member. members
 * NULL: any member is valid. */
struct template *template_new(const char *text, enum template_use use, const json_t *parameters,
                              const struct members *members, char *problem, size_t size);
void template_free(struct template *t); /* accepts NULL */
void template_render(const struct template *t, const json_t *const *roots, struct text *out);

#define TEMPLATE_TEXT_MAX 16384            /* bytes of a template as written */
#define TEMPLATE_OUT_MAX ((size_t)4 << 20) /* ceiling for the text rendered into */

#endif
