/* The pieces of a script of AWS CLI commands. */
#ifndef TOWERKEEP_PLAN_EMIT_H
#define TOWERKEEP_PLAN_EMIT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/map.h"
#include "base/text.h"
#include "model/plan.h"

#define EXPRESSION_BYTES_MAX ((size_t)1024 * 1024)
#define SCRIPT_MERGED "${merged:list}" /* the shell variable of a list that was merged */

struct script {
    struct text out;
    struct map *variables;             /* "${step:name}" -> shell variable */
    bool needs_jq;                     /* a condition of a step does */
    const struct plan_step *unsayable; /* has a condition that no script can evaluate; borrowed */
};

/* emit.c */
void script_word(struct script *s, const char *value);   /* one word, quoted where needed */
void script_spoken(struct script *s, const char *value); /* the same for a terminal */
void script_comment(struct script *s, const char *indent, const char *label, const char *value);
/* "with ACCOUNT ROLE aws SERVICE COMMAND --region R --cli-input-json '...'" */
void script_command(struct script *s, const struct plan_call *call);
void script_query(struct script *s, const char *expression);

/* emit_head.c */
void script_head(struct script *s, const struct plan *plan);

/* emit_per_resource_retry.c: the send of a step that has per-resource calls. Each resource that the
 * answer reports as failed gets its own call, or stops the script. */
void script_per_resource_retry(struct script *s, const char *indent, const struct plan_step *step);

#endif
