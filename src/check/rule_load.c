/* Reads one rule file, checks every member and compiles it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rule_private.h"

#define STEP_LAST 6
#define ID_MAX 40
#define WORDS_MAX ((size_t)16384) /* bytes of a title, a reason, ... */

struct rule_loader {
    struct loaded_rule *l;
    const struct node *root;
    json_t *values;
    struct err *err;
};

int rule_refuse_word(const struct doc *doc, const struct node *n, const char *what,
                     const char *const *known, struct err *err)
{
    struct text list;
    text_init(&list, ERR_TEXT_MAX);
    for (size_t i = 0; known[i] != NULL; i++) {
        text_addf(&list, "%s%s", i > 0 ? ", " : "", known[i]);
    }
    const char *near = str_nearest(n->text, known);
    int rc = node_err(doc, n, err, "expected %s (%s), not \"%.60s\"%s%s%s", what, text_str(&list),
                      n->text, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                      near != NULL ? "\"?" : "");
    text_release(&list);
    return rc;
}

static int load_severity(const struct rule_loader *s)
{
    const char *word;
    if (node_need_string(s->l->doc, s->root, "severity", &word, s->err) != 0) {
        return -1;
    }
    if (severity_parse(word, &s->l->rule.severity)) {
        return 0;
    }
    const char *known[SEVERITY_COUNT + 1] = {NULL};
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        known[i] = severity_name((enum severity)i);
    }
    return rule_refuse_word(s->l->doc, node_get(s->root, "severity"), "a severity", known, s->err);
}

static int load_scope(const struct rule_loader *s)
{
    const char *word;
    if (node_need_string(s->l->doc, s->root, "scope", &word, s->err) != 0) {
        return -1;
    }
    if (scope_parse(word, &s->l->rule.scope) == 0) {
        return 0;
    }
    const char *known[SCOPE_COUNT + 1] = {NULL};
    for (int i = 0; i < SCOPE_COUNT; i++) {
        known[i] = scope_name((enum scope)i);
    }
    return rule_refuse_word(s->l->doc, node_get(s->root, "scope"), "a scope", known, s->err);
}

/* Capital letters and digits in groups joined by dashes: KMS-05, ACME-TAG-1. */
static bool id_well_formed(const char *id)
{
    size_t length = strlen(id);
    if (length > ID_MAX || id[0] < 'A' || id[0] > 'Z' || id[length - 1] == '-' ||
        strchr(id, '-') == NULL || strstr(id, "--") != NULL) {
        return false;
    }
    return strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == length;
}

static int load_id(const struct rule_loader *s)
{
    struct rule *r = &s->l->rule;
    if (node_need_string(s->l->doc, s->root, "id", &r->id, s->err) != 0) {
        return -1;
    }
    const struct node *n = node_get(s->root, "id");
    if (!id_well_formed(r->id)) {
        return node_err(
            s->l->doc, n, s->err,
            "expected an ID of capital letters, digits and dashes, such as KMS-05, not \"%.60s\"",
            r->id);
    }
    const char *slash = strrchr(r->file, '/');
    const char *name = slash != NULL ? slash + 1 : r->file;
    size_t length = strlen(r->id);
    if (strncmp(name, r->id, length) != 0 || strcmp(name + length, ".yaml") != 0) {
        return node_err(s->l->doc, n, s->err,
                        "expected the file's own name as ID: %s belongs in %s.yaml", r->id, r->id);
    }
    return 0;
}

static int load_words(const struct rule_loader *s)
{
    struct rule *r = &s->l->rule;
    const struct {
        const char *key;
        const char **out;
        bool optional;
    } members[] = {{"title", &r->title, false},
                   {"why", &r->why, false},
                   {"how", &r->how, false},
                   {"expected", &r->expected, r->manual},
                   {"observed", &r->observed, r->manual},
                   {"fix", &r->fix, true},
                   {"leaves_out", &r->leaves_out, true},
                   {"remedy", &r->remedy, true}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        int rc = members[i].optional
                     ? node_opt_string(s->l->doc, s->root, members[i].key, members[i].out, s->err)
                     : node_need_string(s->l->doc, s->root, members[i].key, members[i].out, s->err);
        if (rc != 0) {
            return -1;
        }
        if (*members[i].out != NULL && **members[i].out == '\0') {
            return node_err(s->l->doc, node_get(s->root, members[i].key), s->err,
                            "expected non-empty text");
        }
        if (*members[i].out != NULL && strlen(*members[i].out) > WORDS_MAX) {
            return node_err(s->l->doc, node_get(s->root, members[i].key), s->err,
                            "expected at most %zu bytes", WORDS_MAX);
        }
    }
    if (r->remedy != NULL &&
        strspn(r->remedy, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(r->remedy)) {
        return node_err(s->l->doc, node_get(s->root, "remedy"), s->err,
                        "expected the ID of a remedy, such as enable-key");
    }
    return 0;
}

static int check_strings(const struct rule_loader *s, const struct node *list, const char *what)
{
    if (list->kind != NODE_LIST) {
        return node_err(s->l->doc, list, s->err, "expected a list of %s", what);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (node_string(list->children[i]) == NULL) {
            return node_err(s->l->doc, list->children[i], s->err, "expected text");
        }
    }
    return 0;
}

static int load_references(const struct rule_loader *s)
{
    const struct node *list = node_get(s->root, "references");
    size_t count = list != NULL ? list->count : 0;
    if (list != NULL && check_strings(s, list, "references") != 0) {
        return -1;
    }
    s->l->references = xcalloc(count + 1, sizeof(*s->l->references));
    for (size_t i = 0; i < count; i++) {
        s->l->references[i] = list->children[i]->text;
    }
    s->l->rule.references = s->l->references;
    return 0;
}

static int load_compliance(const struct rule_loader *s)
{
    const struct node *map = node_get(s->root, "compliance");
    if (map == NULL) {
        return 0;
    }
    if (map->kind != NODE_MAP) {
        return node_err(s->l->doc, map, s->err,
                        "expected a mapping from frameworks to requirements");
    }
    for (size_t i = 0; i < map->count; i++) {
        if (check_strings(s, map->children[i], "requirements") != 0) {
            return -1;
        }
    }
    s->l->rule.compliance = node_to_json(map);
    return 0;
}

/* --- parameters --- */

struct parameter_type {
    const char *name, *wanted;
};
static const struct parameter_type parameter_types[] = {{"integer", "a whole number"},
                                                        {"number", "a number"},
                                                        {"string", "text"},
                                                        {"boolean", "true or false"},
                                                        {"list", "a list of text"}};
#define TYPE_COUNT (sizeof parameter_types / sizeof *parameter_types)

static bool value_is(const char *type, const json_t *value)
{
    switch (type[0]) {
    case 'i':
        return json_is_integer(value);
    case 'n':
        return json_is_number(value);
    case 's':
        return json_is_string(value);
    case 'b':
        return json_is_boolean(value);
    default:
        break;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i))) {
            return false;
        }
    }
    return json_is_array(value);
}

static const char *wanted_for(const char *type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(parameter_types[i].name, type) == 0) {
            return parameter_types[i].wanted;
        }
    }
    return NULL;
}

static bool in_range(const struct node *n, const json_t *value)
{
    const struct node *low = node_get(n, "minimum");
    const struct node *high = node_get(n, "maximum");
    return !json_is_number(value) || ((low == NULL || json_number_value(value) >= low->real) &&
                                      (high == NULL || json_number_value(value) <= high->real));
}

/* The configuration's value replaces the default when it is of the same type and in range. */
static int set_value(const struct rule_loader *s, const struct node *n, const char *type)
{
    json_t *value = json_object_get(s->values, n->key);
    if (value == NULL) {
        return 0;
    }
    bool typed = value_is(type, value);
    if (!typed || !in_range(n, value)) {
        return err_set(s->err, ERR_INPUT,
                       "configuration: $.rules.parameters[\"%s\"].%s: expected %s%s", s->l->rule.id,
                       n->key, wanted_for(type),
                       typed ? " within the rule's minimum and maximum" : "");
    }
    (void)json_object_set(s->l->rule.parameters, n->key, value);
    return 0;
}

static int load_parameter(const struct rule_loader *s, const struct node *n,
                          struct rule_parameter *row)
{
    static const char *const known[] = {"default", "type", "help", "minimum", "maximum", NULL};
    const char *types[TYPE_COUNT + 1] = {NULL};
    const struct doc *doc = s->l->doc;
    row->name = n->key;
    if (node_only(doc, n, known, s->err) != 0 ||
        node_need_string(doc, n, "type", &row->type, s->err) != 0 ||
        node_need_string(doc, n, "help", &row->help, s->err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        types[i] = parameter_types[i].name;
    }
    if (wanted_for(row->type) == NULL) {
        return rule_refuse_word(s->l->doc, node_get(n, "type"), "a type", types, s->err);
    }
    for (size_t i = 3; known[i] != NULL; i++) {
        const struct node *bound = node_get(n, known[i]);
        if (bound != NULL && bound->kind != NODE_INT && bound->kind != NODE_REAL) {
            return node_err(doc, bound, s->err, "expected a number");
        }
    }
    const struct node *fallback = node_get(n, "default");
    if (fallback == NULL) {
        return node_err(doc, n, s->err, "expected the key \"default\" here");
    }
    json_t *value = node_to_json(fallback);
    (void)json_object_set_new(s->l->rule.parameters, n->key, value);
    if (!value_is(row->type, value) || !in_range(n, value)) {
        return node_err(doc, fallback, s->err, "expected %s as default, within minimum and maximum",
                        wanted_for(row->type));
    }
    return set_value(s, n, row->type);
}

static int refuse_unknown_values(const struct rule_loader *s)
{
    struct rule *r = &s->l->rule;
    const char *key;
    json_t *value;
    json_object_foreach(s->values, key, value)
    {
        if (json_object_get(r->parameters, key) != NULL) {
            continue;
        }
        const char **names = xcalloc(r->parameter_count + 1, sizeof *names);
        for (size_t i = 0; i < r->parameter_count; i++) {
            names[i] = r->parameter_rows[i].name;
        }
        const char *near = str_nearest(key, names);
        int rc =
            err_set(s->err, ERR_INPUT,
                    "configuration: $.rules.parameters[\"%s\"]: expected a parameter of the rule, "
                    "not \"%s\"%s%s%s",
                    r->id, key, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                    near != NULL ? "\"?" : "");
        free(names);
        return rc;
    }
    return 0;
}

static int load_parameters(const struct rule_loader *s)
{
    struct loaded_rule *l = s->l;
    const struct node *map = node_get(s->root, "parameters");
    size_t count = map != NULL ? map->count : 0;
    l->rule.parameters = json_object();
    if (map != NULL && map->kind != NODE_MAP) {
        return node_err(l->doc, map, s->err, "expected a mapping of parameters");
    }
    l->parameter_rows = xcalloc(count + 1, sizeof *l->parameter_rows);
    l->rule.parameter_rows = l->parameter_rows;
    for (size_t i = 0; i < count; i++) {
        const struct node *n = map->children[i];
        if (n->kind != NODE_MAP) {
            return node_err(l->doc, n, s->err, "expected {default: .., type: .., help: ..}");
        }
        if (load_parameter(s, n, &l->parameter_rows[i]) != 0) {
            return -1;
        }
        l->rule.parameter_count++;
    }
    return refuse_unknown_values(s);
}

/* --- compiled members --- */

static int load_expressions(const struct rule_loader *s)
{
    struct loaded_rule *l = s->l;
    const struct node *only_if = node_get(s->root, "only_if");
    const struct node *when = node_get(s->root, "when");
    const struct node *assert_node = node_get(s->root, "assert");
    const struct node *manual_if = node_get(s->root, "manual_if");
    if (l->rule.manual && assert_node != NULL) {
        return node_err(l->doc, assert_node, s->err, "expected no assert: this rule is manual");
    }
    if (l->rule.manual && manual_if != NULL) {
        return node_err(l->doc, manual_if, s->err, "expected no manual_if: this rule is manual");
    }
    if (!l->rule.manual && assert_node == NULL) {
        return node_err(l->doc, s->root, s->err, "expected the key \"assert\" here");
    }
    const struct members members = members_of(l->rule.scope);
    json_t *parameters = l->rule.parameters;
    if ((only_if != NULL &&
         expr_parse(l->doc, only_if, parameters, &members, &l->only_if, s->err) != 0) ||
        (when != NULL && expr_parse(l->doc, when, parameters, &members, &l->when, s->err) != 0) ||
        (manual_if != NULL &&
         expr_parse(l->doc, manual_if, parameters, &members, &l->manual_if, s->err) != 0) ||
        (assert_node != NULL &&
         expr_parse(l->doc, assert_node, parameters, &members, &l->assert, s->err) != 0)) {
        return -1;
    }
    l->rule.only_if = l->only_if;
    l->rule.when = l->when;
    l->rule.manual_if = l->manual_if;
    l->rule.assert = l->assert;
    return 0;
}

static int load_templates(const struct rule_loader *s)
{
    struct loaded_rule *l = s->l;
    const struct {
        const char *key, *text;
        struct template **out;
        enum template_use use;
    } rows[] = {{"expected", l->rule.expected, &l->expected, TEMPLATE_WORDS},
                {"observed", l->rule.observed, &l->observed, TEMPLATE_WORDS},
                {"fix", l->rule.fix, &l->fix, TEMPLATE_COMMAND}};
    const struct members members = members_of(l->rule.scope);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char problem[300];
        if (rows[i].text == NULL) {
            continue;
        }
        *rows[i].out = template_new(rows[i].text, rows[i].use, l->rule.parameters, &members,
                                    problem, sizeof problem);
        if (*rows[i].out == NULL) {
            return node_err(l->doc, node_get(s->root, rows[i].key), s->err, "%s", problem);
        }
    }
    return 0;
}

static int load_all(const struct rule_loader *s)
{
    static const char *const known[] = {
        "id",       "title",      "step",      "severity",   "scope",      "why",
        "how",      "needs",      "only_if",   "when",       "assert",     "expected",
        "observed", "remedy",     "fix",       "references", "compliance", "parameters",
        "manual",   "leaves_out", "manual_if", NULL};
    struct rule *r = &s->l->rule;
    const struct doc *doc = s->l->doc;
    if (s->root->kind != NODE_MAP) {
        return node_err(doc, s->root, s->err, "expected a rule: a mapping with id, title, ...");
    }
    long long step = -1;
    if (node_only(doc, s->root, known, s->err) != 0 || load_id(s) != 0 ||
        node_opt_int(doc, s->root, "step", 0, STEP_LAST, &step, s->err) != 0) {
        return -1;
    }
    if (step < 0) {
        return node_err(doc, s->root, s->err, "expected the key \"step\" here");
    }
    r->step = (int)step;
    return node_opt_bool(doc, s->root, "manual", &r->manual, s->err) != 0 ||
                   load_severity(s) != 0 || load_scope(s) != 0 || load_words(s) != 0 ||
                   rule_needs_load(s->l, s->root, s->err) != 0 || load_references(s) != 0 ||
                   load_compliance(s) != 0 || load_parameters(s) != 0 || load_expressions(s) != 0 ||
                   load_templates(s) != 0
               ? -1
               : 0;
}

int rule_load(const char *path, const char *data, size_t length, json_t *values,
              struct loaded_rule **out, struct err *err)
{
    struct loaded_rule *l = xcalloc(1, sizeof *l);
    l->file = xstrdup(path);
    l->rule.file = l->file;
    if (doc_load_text(path, data, length, &l->doc, err) != 0) {
        rule_free(l);
        return -1;
    }
    struct rule_loader s = {.l = l, .root = doc_root(l->doc), .values = values, .err = err};
    if (load_all(&s) != 0) {
        rule_free(l);
        return -1;
    }
    rule_needs_derive(l);
    *out = l;
    return 0;
}

void rule_free(struct loaded_rule *l)
{
    if (l == NULL) {
        return;
    }
    json_decref(l->rule.compliance);
    json_decref(l->rule.parameters);
    free(l->needs);
    free(l->references);
    free(l->parameter_rows);
    expr_free(l->only_if);
    expr_free(l->when);
    expr_free(l->manual_if);
    expr_free(l->assert);
    template_free(l->expected);
    template_free(l->observed);
    template_free(l->fix);
    doc_free(l->doc);
    free(l->file);
    free(l);
}

const struct loaded_rule *rule_loaded(const struct rule *r)
{
    return (const struct loaded_rule *)(const void *)r;
}
