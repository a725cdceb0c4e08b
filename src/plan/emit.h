/* The pieces of a script of AWS CLI commands. */
#ifndef TOWERKEEP_PLAN_EMIT_H
#define TOWERKEEP_PLAN_EMIT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/map.h"
#include "base/text.h"

#define EXPRESSION_BYTES_MAX ((size_t)1024 * 1024)
#define SCRIPT_MERGED "${merged:list}" /* the shell variable of a list that was merged */

struct script {
    struct text out;
    struct map *variables; /* "${step:name}" -> shell variable */
    bool needs_jq;         /* a condition of a step does */
    const json_t
        *unsayable; /* a step with a condition that nothing in a script can judge; borrowed */
};

/* emit.c */
void script_word(struct script *s, const char *value);   /* one word, quoted where needed */
void script_spoken(struct script *s, const char *value); /* the same for a terminal */
void script_comment(struct script *s, const char *indent, const char *label, const char *value);
/* "with ACCOUNT ROLE aws SERVICE COMMAND --region R --cli-input-json '...'" */
void script_command(struct script *s, const json_t *call);
void script_query(struct script *s, const char *expression);

/* emit_head.c */
void script_head(struct script *s, const json_t *plan);

/* emit_otherwise.c: the send of a step that has an "otherwise". Each resource that the answer names
 * as left out gets its own call, or stops the script. */
void script_per_resource_retry(struct script *s, const char *indent, const json_t *step);

#endif
