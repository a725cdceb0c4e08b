/* What the answer of a command leaves out, in a script: a case for each resource. */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "jmespath.h"

/* A list as it is within a JSON text, as a literal of JMESPath. */
static void json_literal(const json_t *value, struct text *out)
{
    char *json = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    text_addc(out, '`');
    for (const char *c = json; *c != '\0'; c++) {
        if (*c == '`') {
            text_add(out, "\\u0060");
        } else {
            text_addc(out, *c);
        }
    }
    text_addc(out, '`');
    free(json);
}

/* What is there but for what `send` sets or removes, and then what it sets. */
static void merged_query(const struct plan_merge *merge, const json_t *set, struct text *out)
{
    json_t *gone = json_array();
    for (size_t i = 0; i < json_array_size(set); i++) {
        (void)json_array_append(gone, json_object_get(json_array_get(set, i), merge->key));
    }
    for (size_t i = 0; i < merge->without.count; i++) {
        (void)json_array_append_new(gone, json_string(merge->without.items[i]));
    }
    json_t *kept = json_pack("{s:{s:s, s:o}}", "not", "path", merge->key, "in", gone);
    text_addc(out, '[');
    jmespath_path(merge->list, out);
    text_add(out, "[?");
    (void)jmespath_condition(kept, out);
    text_add(out, "],");
    json_literal(set, out);
    text_add(out, "][]");
    json_decref(kept);
}

/* Within the word that begins at `from` the merged list stands for itself, not for a text in one.
 */
static void unwrap_merged(struct text *out, size_t from)
{
    static const char wrapped[] = "[\"'\"$merged\"'\"]";
    static const char bare[] = "'\"$merged\"'";
    char *copy = xstrdup(text_str(out) + from);
    char *at = strstr(copy, wrapped);
    if (at != NULL) {
        out->length = from;
        text_addn(out, copy, (size_t)(at - copy));
        text_add(out, bare);
        text_add(out, at + sizeof wrapped - 1);
    }
    free(copy);
}

/* A call that replaces a whole set: the set is read first, and all of others in it is kept. */
static void emit_merge(struct script *s, const char *indent, const struct plan_retry_call *own)
{
    const struct plan_merge *merge = own->merge;
    struct plan_call *send = plan_call_copy(own->send);
    json_t *set = jx_get(send->input, merge->into);
    char *ours = json_dumps(set, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct text expression;
    text_init(&expression, EXPRESSION_BYTES_MAX);
    merged_query(merge, set, &expression);
    text_addf(&s->out, "%smerged=$(", indent);
    script_command(s, merge->read);
    script_query(s, text_str(&expression));
    text_addf(&s->out, " --output json 2>\"$errors\") || {\n%s  grep -q ", indent);
    script_word(s, merge->none_when != NULL ? merge->none_when : "NoSuch");
    text_addf(&s->out, " \"$errors\" || stop \"$(cat \"$errors\")\"\n%s  merged=", indent);
    script_word(s, ours);
    text_addf(&s->out, "\n%s}\n%s", indent, indent);
    (void)json_array_clear(set);
    (void)json_array_append_new(set, json_string(SCRIPT_MERGED));
    size_t before = s->out.length;
    script_command(s, send);
    unwrap_merged(&s->out, before);
    text_addc(&s->out, '\n');
    text_release(&expression);
    free(ours);
    plan_call_free(send);
}

void script_per_resource_retry(struct script *s, const char *indent, const struct plan_step *step)
{
    const struct plan_retry *retry = step->retry;
    struct text failed;
    char *inner = xasprintf("%s    ", indent);
    text_init(&failed, EXPRESSION_BYTES_MAX);
    text_add(&failed, "keys(");
    jmespath_path(retry->failed, &failed);
    text_add(&failed, " || `{}`)");
    text_addf(&s->out, "%sanswer=$(", indent);
    script_command(s, step->send);
    script_query(s, text_str(&failed));
    text_addf(&s->out, " --output text)\n%sfor arn in $answer; do\n%s  case $arn in\n", indent,
              indent);
    for (size_t i = 0; i < retry->calls.count; i++) {
        const struct plan_retry_call *own = retry->calls.items[i];
        text_addf(&s->out, "%s  ", indent);
        script_word(s, own->arn);
        text_add(&s->out, ")\n");
        if (own->merge != NULL) {
            emit_merge(s, inner, own);
        } else {
            text_add(&s->out, inner);
            script_command(s, own->send);
            text_addc(&s->out, '\n');
        }
        text_addf(&s->out, "%s;;\n", inner);
    }
    text_addf(&s->out, "%s  *) stop ", indent);
    script_spoken(s, step->id);
    text_addf(&s->out, "': AWS refused '\"$arn\" ;;\n%s  esac\n%sdone\n", indent, indent);
    text_release(&failed);
    free(inner);
}
