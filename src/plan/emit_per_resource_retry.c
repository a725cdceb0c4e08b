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
static void merged_query(const json_t *merge, const json_t *set, struct text *out)
{
    const char *key = jx_str_or(merge, "key", "");
    json_t *gone = json_array();
    for (size_t i = 0; i < json_array_size(set); i++) {
        (void)json_array_append(gone, json_object_get(json_array_get(set, i), key));
    }
    (void)json_array_extend(gone, json_object_get(merge, "without"));
    json_t *kept = json_pack("{s:{s:s, s:o}}", "not", "path", key, "in", gone);
    text_addc(out, '[');
    jmespath_path(jx_str_or(merge, "list", ""), out);
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
static void emit_merge(struct script *s, const char *indent, const json_t *own)
{
    const json_t *merge = json_object_get(own, "merge");
    json_t *send = json_deep_copy(json_object_get(own, "send"));
    json_t *set = jx_get(jx_get(send, "input"), jx_str_or(merge, "into", ""));
    char *ours = json_dumps(set, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct text expression;
    text_init(&expression, EXPRESSION_BYTES_MAX);
    merged_query(merge, set, &expression);
    text_addf(&s->out, "%smerged=$(", indent);
    script_command(s, json_object_get(merge, "read"));
    script_query(s, text_str(&expression));
    text_addf(&s->out, " --output json 2>\"$errors\") || {\n%s  grep -q ", indent);
    script_word(s, jx_str_or(merge, "none_when", "NoSuch"));
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
    json_decref(send);
}

void script_per_resource_retry(struct script *s, const char *indent, const json_t *step)
{
    const json_t *otherwise = json_object_get(step, "otherwise");
    struct text failed;
    const char *arn = NULL;
    json_t *own = NULL;
    char *inner = xasprintf("%s    ", indent);
    text_init(&failed, EXPRESSION_BYTES_MAX);
    text_add(&failed, "keys(");
    jmespath_path(jx_str_or(otherwise, "failed", ""), &failed);
    text_add(&failed, " || `{}`)");
    text_addf(&s->out, "%sanswer=$(", indent);
    script_command(s, json_object_get(step, "send"));
    script_query(s, text_str(&failed));
    text_addf(&s->out, " --output text)\n%sfor arn in $answer; do\n%s  case $arn in\n", indent,
              indent);
    json_object_foreach(json_object_get(otherwise, "calls"), arn, own)
    {
        text_addf(&s->out, "%s  ", indent);
        script_word(s, arn);
        text_add(&s->out, ")\n");
        if (json_is_object(json_object_get(own, "merge"))) {
            emit_merge(s, inner, own);
        } else {
            text_add(&s->out, inner);
            script_command(s, json_object_get(own, "send"));
            text_addc(&s->out, '\n');
        }
        text_addf(&s->out, "%s;;\n", inner);
    }
    text_addf(&s->out, "%s  *) stop ", indent);
    script_spoken(s, jx_str_or(step, "id", ""));
    text_addf(&s->out, "': AWS refused '\"$arn\" ;;\n%s  esac\n%sdone\n", indent, indent);
    text_release(&failed);
    free(inner);
}
