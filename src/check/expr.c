#include "expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "operators.h"

enum kind { KIND_ALL, KIND_ANY, KIND_NONE, KIND_NOT, KIND_FIELD, KIND_EACH, KIND_SOME, KIND_NO };

static const char *const form_names[] = {
    [KIND_ALL] = "all",     [KIND_ANY] = "any",   [KIND_NONE] = "none", [KIND_NOT] = "not",
    [KIND_FIELD] = "field", [KIND_EACH] = "each", [KIND_SOME] = "some", [KIND_NO] = "no"};
#define FORM_COUNT (sizeof form_names / sizeof *form_names)

struct expr {
    enum kind kind;
    struct expr **parts; /* all, any, none; one for not, each, some, no */
    size_t count;
    struct path path; /* field, each, some, no */
    const struct operator_row *op;
    json_t *value; /* literal; NULL: at `reference` */
    struct path reference;
    struct pattern *pattern;
};

struct parsing {
    const struct doc *doc;
    json_t *parameters;
    const struct members *members;
    struct err *err;
};

static int parse(const struct parsing *p, const struct node *node, struct expr **out);

void expr_free(struct expr *e)
{
    if (e == NULL) {
        return;
    }
    for (size_t i = 0; i < e->count; i++) {
        expr_free(e->parts[i]);
    }
    free(e->parts);
    path_release(&e->path);
    path_release(&e->reference);
    json_decref(e->value);
    pattern_free(e->pattern);
    free(e);
}

/* --- parsing --- */

static int check_parameter(const struct parsing *p, const struct node *node,
                           const struct path *path)
{
    if (path->root != ROOT_PARAM) {
        return 0;
    }
    const char *name = path->count > 0 ? path->segments[0].name : NULL;
    if (name != NULL && json_object_get(p->parameters, name) != NULL) {
        return 0;
    }
    const char *known[64] = {NULL};
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(p->parameters, key, value)
    {
        if (count + 1 < sizeof known / sizeof *known) {
            known[count++] = key;
        }
    }
    const char *near = name != NULL ? str_nearest(name, known) : NULL;
    return node_err(p->doc, node, p->err, "expected a parameter of this rule, not \"%s\"%s%s%s",
                    name != NULL ? name : "", near != NULL ? "; did you mean \"" : "",
                    near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static int parse_path(const struct parsing *p, const struct node *node, struct path *out)
{
    char problem[300];
    if (node->kind != NODE_STRING) {
        return node_err(p->doc, node, p->err, "expected a path");
    }
    if (path_parse(node->text, strlen(node->text), out, problem, sizeof problem) != 0 ||
        members_check(p->members, out, problem, sizeof problem) != 0) {
        return node_err(p->doc, node, p->err, "%s", problem);
    }
    return check_parameter(p, node, out);
}

static int check_operand(const struct parsing *p, const struct node *node, struct expr *e)
{
    const char *wanted = NULL;
    switch (e->op->operand) {
    case OPERAND_ANY:
        break;
    case OPERAND_LIST:
        wanted = json_is_array(e->value) ? NULL : "a list";
        break;
    case OPERAND_BOOL:
        wanted = json_is_boolean(e->value) ? NULL : "true or false";
        break;
    case OPERAND_NUMBER:
        wanted = json_is_number(e->value) ? NULL : "a number";
        break;
    case OPERAND_COUNT:
        wanted = json_is_integer(e->value) && json_integer_value(e->value) >= 0
                     ? NULL
                     : "a whole number of elements";
        break;
    case OPERAND_PATTERN:
        wanted = json_is_string(e->value) ? NULL : "a regular expression";
        break;
    }
    if (wanted == NULL && json_is_null(e->value)) {
        return node_err(p->doc, node, p->err,
                        "expected a value; for missing ones use present: false");
    }
    return wanted == NULL
               ? 0
               : node_err(p->doc, node, p->err, "expected %s after %s", wanted, e->op->name);
}

static int compile_pattern(const struct parsing *p, const struct node *node, struct expr *e)
{
    char problem[200];
    size_t offset = 0;
    e->pattern = pattern_new(json_string_value(e->value), &offset, problem, sizeof problem);
    return e->pattern != NULL ? 0
                              : node_err(p->doc, node, p->err,
                                         "expected a regular expression: %s at character %zu",
                                         problem, offset + 1);
}

/* $$ means a literal $, also inside a list. */
static void unescape_list(json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word != NULL && str_starts(word, "$$")) {
            json_t *plain = json_string(word + 1);
            (void)json_array_set_new(list, i, plain);
        }
    }
}

static const struct node *reference_within(const struct node *list)
{
    for (size_t i = 0; list->kind == NODE_LIST && i < list->count; i++) {
        const struct node *item = list->children[i];
        if (item->kind == NODE_STRING && item->text[0] == '$' && item->text[1] != '$') {
            return item;
        }
    }
    return NULL;
}

/* VALUE: a literal, or a string that starts with $ and is a reference. */
static int parse_value(const struct parsing *p, const struct node *node, struct expr *e)
{
    bool text = node->kind == NODE_STRING && node->text[0] == '$';
    if (text && node->text[1] != '$' && e->op->operand != OPERAND_PATTERN) {
        if (parse_path(p, node, &e->reference) != 0) {
            return -1;
        }
        if (e->op->operand == OPERAND_BOOL) {
            return node_err(p->doc, node, p->err, "expected true or false after %s", e->op->name);
        }
        if (e->reference.root != ROOT_PARAM) {
            return 0;
        }
        /* Parameters do not change after loading: they become literals, and their type is checked.
         */
        const json_t *roots[ROOT_COUNT] = {[ROOT_PARAM] = p->parameters};
        e->value = json_deep_copy(path_get(&e->reference, roots));
        if (e->value == NULL) {
            return node_err(p->doc, node, p->err, "expected a parameter with such a member");
        }
        return check_operand(p, node, e);
    }
    if (text && str_starts(node->text, "$param.")) {
        struct path path;
        if (parse_path(p, node, &path) != 0) {
            return -1;
        }
        const json_t *roots[ROOT_COUNT] = {[ROOT_PARAM] = p->parameters};
        e->value = json_deep_copy(path_get(&path, roots));
        path_release(&path);
    } else if (text) {
        const char *literal = node->text[1] == '$' ? node->text + 1 : node->text;
        e->value = json_string(literal);
    } else {
        e->value = node_to_json(node);
        unescape_list(e->value);
    }
    const struct node *within = reference_within(node);
    if (within != NULL) {
        return node_err(
            p->doc, within, p->err,
            "expected a plain value: a reference is allowed in a list only after in and not_in");
    }
    if (e->value == NULL || check_operand(p, node, e) != 0) {
        return e->value != NULL ? -1 : node_err(p->doc, node, p->err, "expected a value");
    }
    return e->op->operand == OPERAND_PATTERN ? compile_pattern(p, node, e) : 0;
}

/* in and not_in over a list with references: any or none of as many equals. */
static int parse_listed(const struct parsing *p, const struct node *field, const struct node *list,
                        struct expr *e)
{
    e->kind = e->op->if_missing ? KIND_NONE : KIND_ANY;
    e->parts = xcalloc(list->count, sizeof(*e->parts));
    for (size_t i = 0; i < list->count; i++) {
        struct expr *part = xcalloc(1, sizeof *part);
        e->parts[e->count++] = part;
        part->kind = KIND_FIELD;
        part->op = &operator_rows[OPERATOR_EQUALS];
        if (parse_path(p, field, &part->path) != 0 ||
            parse_value(p, list->children[i], part) != 0) {
            return -1;
        }
    }
    return 0;
}

static int parse_field(const struct parsing *p, const struct node *node, struct expr *e)
{
    const char *known[OPERATOR_MAX + 2] = {"field"};
    size_t count = 1;
    for (const struct operator_row *row = operator_rows; row->name != NULL; row++) {
        known[count++] = row->name;
    }
    if (node_only(p->doc, node, known, p->err) != 0 ||
        parse_path(p, node_get(node, "field"), &e->path) != 0) {
        return -1;
    }
    if (node->count != 2) {
        return node_err(p->doc, node, p->err, "expected field and exactly one operator, such as %s",
                        "equals: VALUE");
    }
    for (const struct operator_row *row = operator_rows; row->name != NULL; row++) {
        const struct node *value = node_get(node, row->name);
        if (value != NULL) {
            e->op = row;
            bool listed = row->test == operator_rows[OPERATOR_IN].test ||
                          row->test == operator_rows[OPERATOR_NOT_IN].test;
            return listed && reference_within(value) != NULL
                       ? parse_listed(p, node_get(node, "field"), value, e)
                       : parse_value(p, value, e);
        }
    }
    return node_err(p->doc, node, p->err, "expected an operator");
}

static int parse_parts(const struct parsing *p, const struct node *list, struct expr *e)
{
    if (list->kind != NODE_LIST || list->count == 0) {
        return node_err(p->doc, list, p->err, "expected a list of at least one expression");
    }
    e->parts = xcalloc(list->count, sizeof(*e->parts));
    for (size_t i = 0; i < list->count; i++) {
        if (parse(p, list->children[i], &e->parts[i]) != 0) {
            return -1;
        }
        e->count++;
    }
    return 0;
}

static int parse_one(const struct parsing *p, const struct node *node, struct expr *e)
{
    e->parts = xcalloc(1, sizeof(*e->parts));
    if (parse(p, node, &e->parts[0]) != 0) {
        return -1;
    }
    e->count = 1;
    return 0;
}

/* The expression behind satisfies: its paths start at the element. */
static int parse_within(const struct parsing *p, const struct node *inner, struct expr *e)
{
    struct parsing within = *p;
    struct members members;
    if (p->members != NULL) {
        members = members_below(p->members, &e->path);
        within.members = &members;
    }
    return parse_one(&within, inner, e);
}

static int parse_form(const struct parsing *p, const struct node *node, const struct node *form,
                      struct expr *e)
{
    switch (e->kind) {
    case KIND_ALL:
    case KIND_ANY:
    case KIND_NONE:
    case KIND_NOT: {
        const char *const only[] = {form_names[e->kind], NULL};
        if (node_only(p->doc, node, only, p->err) != 0) {
            return -1;
        }
        return e->kind == KIND_NOT ? parse_one(p, form, e) : parse_parts(p, form, e);
    }
    case KIND_FIELD:
        return parse_field(p, node, e);
    case KIND_EACH:
    case KIND_SOME:
    case KIND_NO: {
        const char *const only[] = {form_names[e->kind], "satisfies", NULL};
        const struct node *inner = node_get(node, "satisfies");
        if (node_only(p->doc, node, only, p->err) != 0 || parse_path(p, form, &e->path) != 0) {
            return -1;
        }
        return inner != NULL
                   ? parse_within(p, inner, e)
                   : node_err(p->doc, node, p->err, "expected the key \"satisfies\" here");
    }
    }
    return -1;
}

static int parse(const struct parsing *p, const struct node *node, struct expr **out)
{
    if (node->kind != NODE_MAP) {
        return node_err(p->doc, node, p->err,
                        "expected an expression, such as {field: PATH, equals: VALUE}");
    }
    for (size_t i = 0; i < FORM_COUNT; i++) {
        const struct node *form = node_get(node, form_names[i]);
        if (form == NULL) {
            continue;
        }
        struct expr *e = xcalloc(1, sizeof *e);
        e->kind = (enum kind)i;
        if (parse_form(p, node, form, e) != 0) {
            expr_free(e);
            return -1;
        }
        *out = e;
        return 0;
    }
    const char *known[FORM_COUNT + 1] = {NULL};
    memcpy(known, form_names, sizeof form_names);
    return node->count > 0
               ? node_only(p->doc, node, known, p->err)
               : node_err(p->doc, node, p->err, "expected an expression, not an empty one");
}

int expr_parse(const struct doc *doc, const struct node *node, json_t *parameters,
               const struct members *members, struct expr **out, struct err *err)
{
    struct parsing p = {.doc = doc, .parameters = parameters, .members = members, .err = err};
    return parse(&p, node, out);
}

static void each_path(const struct expr *e, bool within,
                      void (*each)(void *context, const struct path *p), void *context)
{
    const struct path *const paths[] = {&e->path, &e->reference};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (paths[i]->count > 0 && !(within && paths[i]->root == ROOT_ELEMENT)) {
            each(context, paths[i]);
        }
    }
    bool list = e->kind == KIND_EACH || e->kind == KIND_SOME || e->kind == KIND_NO;
    for (size_t i = 0; i < e->count; i++) {
        each_path(e->parts[i], within || list, each, context);
    }
}

void expr_each_path(const struct expr *e, void (*each)(void *context, const struct path *p),
                    void *context)
{
    each_path(e, false, each, context);
}

/* --- evaluating --- */

static bool holds_field(const struct expr *e, struct view *v)
{
    const json_t *field = path_get(&e->path, v->roots);
    const json_t *value = e->value != NULL ? e->value : path_get(&e->reference, v->roots);
    if ((field == NULL || value == NULL) && !e->op->sees_missing) {
        return e->op->if_missing;
    }
    return e->op->test(field, value, e->pattern, v);
}

/* each: true for every element; some, no: depends on one element that is true. */
static bool holds_over(const struct expr *e, struct view *v)
{
    const json_t *list = path_get(&e->path, v->roots);
    if (!json_is_array(list)) {
        return false;
    }
    const json_t *outer = v->roots[ROOT_ELEMENT];
    bool seeking = e->kind != KIND_EACH;
    bool found = false;
    for (size_t i = 0; i < json_array_size(list) && !found; i++) {
        v->roots[ROOT_ELEMENT] = json_array_get(list, i);
        found = expr_holds(e->parts[0], v) == seeking;
    }
    v->roots[ROOT_ELEMENT] = outer;
    return e->kind == KIND_SOME ? found : !found;
}

bool expr_holds(const struct expr *e, struct view *v)
{
    switch (e->kind) {
    case KIND_ALL:
    case KIND_ANY:
    case KIND_NONE:
        for (size_t i = 0; i < e->count; i++) {
            if (expr_holds(e->parts[i], v) != (e->kind == KIND_ALL)) {
                return e->kind == KIND_ANY;
            }
        }
        return e->kind != KIND_ANY;
    case KIND_NOT:
        return !expr_holds(e->parts[0], v);
    case KIND_FIELD:
        return holds_field(e, v);
    case KIND_EACH:
    case KIND_SOME:
    case KIND_NO:
        return holds_over(e, v);
    }
    return false;
}
