#include "jq.h"

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"

/* As model/statement.c reads a statement: words alone or in lists, in any order; actions and
 * condition keys in any letter case; an account by its id or by its root. */
const char jq_functions[] =
    "def word: if type == \"string\" then . elif type == \"boolean\" or type == \"number\" then "
    "tostring\n"
    "  else error(\"not a policy: \\(tojson)\") end;\n"
    "def words: (if type == \"array\" then . else [.] end) | map(word) | unique;\n"
    "def folded: if . == null then . else words | map(ascii_downcase) | unique end;\n"
    "def listed: if . == null then . else words end;\n"
    "def root: sub(\"^arn:[^:]+:iam::(?<id>[0-9]{12}):root$\"; \"\\(.id)\");\n"
    "def callers: if . == null then . elif . == \"*\" then [\"AWS:*\"] else\n"
    "  [to_entries[] | .key as $type | .value | words[]\n"
    "    | $type + \":\" + if $type == \"AWS\" then root else . end] | unique end;\n"
    "def lower(values): with_entries(.key |= ascii_downcase | .value |= values);\n"
    "def statement: {Effect, Action: (.Action | folded), NotAction: (.NotAction | folded),\n"
    "  Resource: (.Resource | listed), NotResource: (.NotResource | listed),\n"
    "  Principal: (.Principal | callers), NotPrincipal: (.NotPrincipal | callers),\n"
    "  Condition: (.Condition // {} | lower(lower(words)))};\n"
    "def meaning: (. as $text | if type == \"string\" then try fromjson catch $text else . end)\n"
    "  | if type == \"object\" and has(\"Statement\")\n"
    "    then .Statement | (if type == \"array\" then . else [.] end) | map(statement) | unique\n"
    "    else . end;\n";

/* a.b[0] -> .["a"]["b"][0] */
static void add_path(const char *path, struct text *out)
{
    text_addc(out, '.');
    while (*path != '\0') {
        if (*path == '[') {
            size_t length = strcspn(path, "]") + 1;
            text_addn(out, path, length);
            path += length;
            continue;
        }
        path += *path == '.' ? 1 : 0;
        size_t length = strcspn(path, ".[");
        text_add(out, "[\"");
        text_addn(out, path, length);
        text_add(out, "\"]");
        path += length;
    }
}

static bool condition(const json_t *cond, json_t *literals, struct text *out);

static bool joined(const json_t *list, const char *with, json_t *literals, struct text *out)
{
    text_addc(out, '(');
    for (size_t i = 0; i < json_array_size(list); i++) {
        text_add(out, i > 0 ? with : "");
        if (!condition(json_array_get(list, i), literals, out)) {
            return false;
        }
    }
    text_addc(out, ')');
    return true;
}

static bool compared(const json_t *cond, json_t *literals, struct text *out)
{
    const json_t *present = json_object_get(cond, "present");
    const json_t *equals = json_object_get(cond, "equals");
    json_t *means = json_object_get(cond, "equals_json");
    text_addc(out, '(');
    add_path(jx_str_or(cond, "path", ""), out);
    if (present != NULL) {
        text_add(out, json_is_true(present) ? " != null)" : " == null)");
    } else if (equals != NULL) {
        text_addf(out, " == $is[%zu])", json_array_size(literals));
        (void)json_array_append(literals, jx_mutable(equals));
    } else if (means != NULL) {
        text_addf(out, " | . != null and meaning == ($is[%zu] | meaning))",
                  json_array_size(literals));
        (void)json_array_append(literals, means);
    }
    return present != NULL || equals != NULL || means != NULL;
}

static bool condition(const json_t *cond, json_t *literals, struct text *out)
{
    const json_t *all = json_object_get(cond, "all");
    const json_t *any = json_object_get(cond, "any");
    const json_t *not = json_object_get(cond, "not");
    if (all != NULL || any != NULL) {
        return joined(all != NULL ? all : any, all != NULL ? " and " : " or ", literals, out);
    }
    if (not != NULL) {
        text_addc(out, '(');
        bool well = condition(not, literals, out);
        text_add(out, " | not)");
        return well;
    }
    return compared(cond, literals, out);
}

bool jq_probe(const struct plan_probe *probe, json_t *literals, struct text *out)
{
    return probe->select == NULL && condition(probe->when, literals, out);
}
