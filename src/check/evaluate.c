/* Evaluates one rule on one document: exactly one result, with its texts. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "rule_private.h"

void view_init(struct view *v, const json_t *context, const char *now_iso)
{
    *v = (struct view){0};
    v->roots[ROOT_ORG] = json_object_get(context, "org");
    v->roots[ROOT_LZ] = json_object_get(context, "lz");
    v->roots[ROOT_CONFIG] = json_object_get(context, "config");
    v->now_known = now_iso != NULL && time_parse_iso(now_iso, &v->now_ms);
}

void view_turn(struct view *v, const json_t *document, const json_t *parameters)
{
    v->roots[ROOT_ELEMENT] = document;
    v->roots[ROOT_DOC] = document;
    v->roots[ROOT_PARAM] = parameters;
    v->problem[0] = '\0';
}

static enum status verdict(const struct loaded_rule *l, struct view *v)
{
    bool applies = l->when == NULL || expr_holds(l->when, v);
    if (v->problem[0] != '\0') {
        return STATUS_ERROR;
    }
    if (!applies) {
        return STATUS_NOT_APPLICABLE;
    }
    bool manual = l->rule.manual || (l->manual_if != NULL && expr_holds(l->manual_if, v));
    if (v->problem[0] != '\0') {
        return STATUS_ERROR;
    }
    if (manual) {
        return STATUS_MANUAL;
    }
    bool passes = expr_holds(l->assert, v);
    if (v->problem[0] != '\0') {
        return STATUS_ERROR;
    }
    return passes ? STATUS_PASS : STATUS_FAIL;
}

/* Of the calls that the subject depends on and that have no answer ({OPERATION: why}), the first
 * that the rule requires. A required call may name a family of operations. */
static const char *missing_from(const struct loaded_rule *l, const json_t *document,
                                const char *member)
{
    json_t *hidden = json_object_get(document, member);
    const char *operation = NULL;
    json_t *text = NULL;
    json_object_foreach(hidden, operation, text)
    {
        for (size_t i = 0; i < l->rule.need_count; i++) {
            if (str_glob(l->rule.needs[i].operation, operation)) {
                return json_string_value(text);
            }
        }
    }
    return NULL;
}

enum status evaluate(const struct loaded_rule *l, struct view *v, const char *gap,
                     const char *left_out, struct text *expected, struct text *observed)
{
    view_turn(v, v->roots[ROOT_DOC], l->rule.parameters);
    const json_t *document = v->roots[ROOT_DOC];
    /* Expressions that do not depend on collected data are evaluated first. */
    bool idle = l->only_if != NULL && !expr_holds(l->only_if, v) && v->problem[0] == '\0';
    gap = idle ? NULL : gap != NULL ? gap : missing_from(l, document, "_hidden");
    bool unlisted = !idle && json_is_true(json_object_get(document, "_unlisted"));
    bool readable = !idle && gap == NULL && !unlisted;
    left_out = !readable          ? NULL
               : left_out != NULL ? left_out
                                  : missing_from(l, document, "_left_out");
    if (l->expected != NULL) {
        template_render(l->expected, v->roots, expected);
    }
    enum status status = idle || left_out != NULL  ? STATUS_NOT_APPLICABLE
                         : gap != NULL || unlisted ? STATUS_ERROR
                                                   : verdict(l, v);
    if (gap != NULL) {
        text_add_printable(observed, gap, strlen(gap));
    } else if (left_out != NULL) {
        text_add_printable(observed, left_out, strlen(left_out));
    } else if (unlisted) {
        const char *why = json_string_value(json_object_get(document, "_gap"));
        why = why != NULL ? why : "could not be listed";
        text_add_printable(observed, why, strlen(why));
    } else if (v->problem[0] != '\0') {
        text_add_printable(observed, v->problem, strlen(v->problem));
    } else if (l->observed != NULL) {
        template_render(l->observed, v->roots, observed);
    }
    return status;
}

int check_evaluate(const struct rule *rule, const json_t *document, const json_t *context,
                   const char *gap, const char *now_iso, struct check_result *out, struct err *err)
{
    struct view view;
    struct text expected, observed;
    (void)err;
    text_init(&expected, TEMPLATE_OUT_MAX);
    text_init(&observed, TEMPLATE_OUT_MAX);
    view_init(&view, context, now_iso);
    view_turn(&view, document, rule->parameters);
    out->status = evaluate(rule_loaded(rule), &view, gap, NULL, &expected, &observed);
    out->expected = text_take(&expected);
    out->observed = text_take(&observed);
    return 0;
}

void check_result_release(struct check_result *r)
{
    free(r->expected);
    free(r->observed);
    *r = (struct check_result){0};
}
