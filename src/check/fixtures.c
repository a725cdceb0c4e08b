/* Rule fixtures: documents with the result that a rule must give. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "rule_private.h"

#define DEFAULT_NOW "2026-01-01T00:00:00Z"

struct testing {
    const struct rule_set *rules;
    bool (*seen)[STATUS_COUNT]; /* for each rule of the set: statuses that its cases expect */
    FILE *out;
    struct rules_test_counts *counts;
    struct err *err;
};

struct one_case {
    const char *name, *gap, *expected, *observed, *now;
    enum status verdict;
    json_t *document, *context, *parameters;
};

static int read_verdict(const struct doc *doc, const struct node *n, enum status *out,
                        struct err *err)
{
    static const enum status possible[] = {STATUS_PASS, STATUS_FAIL, STATUS_MANUAL, STATUS_ERROR,
                                           STATUS_NOT_APPLICABLE};
    const char *names[sizeof possible / sizeof *possible + 1] = {NULL};
    const char *word;
    if (node_need_string(doc, n, "verdict", &word, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof possible / sizeof *possible; i++) {
        names[i] = status_name(possible[i]);
        if (strcmp(word, names[i]) == 0) {
            *out = possible[i];
            return 0;
        }
    }
    const char *near = str_nearest(word, names);
    return node_err(doc, node_get(n, "verdict"), err,
                    "expected PASS, FAIL, ERROR, MANUAL or NOT_APPLICABLE, not \"%.60s\"%s%s%s",
                    word, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                    near != NULL ? "\"?" : "");
}

static int read_map(const struct doc *doc, const struct node *n, const char *key, json_t **out,
                    struct err *err)
{
    const struct node *map = node_get(n, key);
    if (map != NULL && map->kind != NODE_MAP) {
        return node_err(doc, map, err, "expected a mapping");
    }
    *out = map != NULL ? node_to_json(map) : NULL;
    return 0;
}

/* A document with a shape that no scan can produce would not test the rule. */
static int check_members(enum scope scope, const struct doc *doc, const struct node *n,
                         struct err *err)
{
    const struct node *context = node_get(n, "context");
    const struct {
        enum scope scope;
        const struct node *map;
    } rows[] = {{scope, node_get(n, "document")},
                {SCOPE_ORG, node_get(context, "org")},
                {SCOPE_LANDING_ZONE, node_get(context, "lz")}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].map != NULL &&
            members_check_document(rows[i].scope, doc, rows[i].map, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_case(const struct doc *doc, const struct node *n, enum scope scope,
                     struct one_case *c, struct err *err)
{
    static const char *const known[] = {"name",       "verdict",  "document", "context", "gap",
                                        "parameters", "expected", "observed", "now",     NULL};
    static const char *const places[] = {"org", "lz", "config", NULL};
    if (node_only(doc, n, known, err) != 0 ||
        node_need_string(doc, n, "name", &c->name, err) != 0 ||
        read_verdict(doc, n, &c->verdict, err) != 0 ||
        node_opt_string(doc, n, "gap", &c->gap, err) != 0 ||
        node_opt_string(doc, n, "expected", &c->expected, err) != 0 ||
        node_opt_string(doc, n, "observed", &c->observed, err) != 0 ||
        node_opt_string(doc, n, "now", &c->now, err) != 0 ||
        node_only(doc, node_get(n, "context"), places, err) != 0 ||
        read_map(doc, n, "document", &c->document, err) != 0 ||
        read_map(doc, n, "context", &c->context, err) != 0 ||
        read_map(doc, n, "parameters", &c->parameters, err) != 0) {
        return -1;
    }
    if (c->document == NULL) {
        return node_err(doc, n, err, "expected the key \"document\" here");
    }
    return check_members(scope, doc, n, err);
}

static void case_release(struct one_case *c)
{
    json_decref(c->document);
    json_decref(c->context);
    json_decref(c->parameters);
}

/* Parameters are fixed at load: a case that sets parameters is evaluated with a new copy of the
 * rule. */
static int reload(const struct rule *r, json_t *parameters, struct loaded_rule **out,
                  struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    if (file_read(r->file, RULE_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    int rc = rule_load(r->file, data, length, parameters, out, err);
    free(data);
    return rc;
}

static void print_hostile(FILE *out, const char *s)
{
    struct text line;
    text_init(&line, TEMPLATE_OUT_MAX);
    text_add_printable(&line, s, strlen(s));
    (void)fputs(text_str(&line), out);
    text_release(&line);
}

/* One line of a difference, below the line that names the case. */
static void print_line(FILE *out, const char *label, char sign, const char *words)
{
    (void)fprintf(out, "    %-9s %c ", label, sign);
    print_hostile(out, words);
    (void)fputc('\n', out);
}

/* The expected and actual value where they differ; otherwise the actual text, to explain the
 * result. */
static void print_wording(FILE *out, const char *label, const char *wanted, const char *got)
{
    if (wanted == NULL || str_equal(wanted, got)) {
        print_line(out, label, ' ', got);
        return;
    }
    print_line(out, label, '-', wanted);
    print_line(out, "", '+', got);
}

/* Prints the differences; true when there are none. */
static bool same(const struct testing *t, const char *place, const struct one_case *c,
                 const struct check_result *got)
{
    bool verdict = got->status == c->verdict;
    bool expected = c->expected == NULL || str_equal(c->expected, got->expected);
    bool observed = c->observed == NULL || str_equal(c->observed, got->observed);
    if (verdict && expected && observed) {
        return true;
    }
    (void)fprintf(t->out, "%s: ", place);
    print_hostile(t->out, c->name);
    if (verdict) {
        (void)fprintf(t->out, ": %s as expected, with different text\n", status_name(c->verdict));
    } else {
        (void)fprintf(t->out, ": expected %s, got %s\n", status_name(c->verdict),
                      status_name(got->status));
    }
    print_wording(t->out, "expected", c->expected, got->expected);
    print_wording(t->out, "observed", c->observed, got->observed);
    return false;
}

static int run_case(const struct testing *t, const struct doc *doc, const struct node *n,
                    const struct rule *rule, bool seen[STATUS_COUNT])
{
    struct one_case c = {0};
    struct check_result got = {0};
    struct loaded_rule *own = NULL;
    char place[600];
    (void)snprintf(place, sizeof place, "%s:%u", doc_name(doc), n->line);
    int rc = read_case(doc, n, rule->scope, &c, t->err);
    if (rc == 0 && c.parameters != NULL) {
        rc = reload(rule, c.parameters, &own, t->err);
        if (rc != 0) {
            err_prefix(t->err, "%s", place);
        }
    }
    if (rc == 0) {
        rc = check_evaluate(own != NULL ? &own->rule : rule, c.document, c.context, c.gap,
                            c.now != NULL ? c.now : DEFAULT_NOW, &got, t->err);
    }
    if (rc == 0) {
        t->counts->cases++;
        t->counts->failed += same(t, place, &c, &got) ? 0 : 1;
        seen[c.verdict] = true;
    }
    check_result_release(&got);
    rule_free(own);
    case_release(&c);
    return rc;
}

static int index_of(const struct rule_set *rules, const struct doc *doc, const struct node *n,
                    const char *id, size_t *out, struct err *err)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        if (strcmp(rules_at(rules, i)->id, id) == 0) {
            *out = i;
            return 0;
        }
    }
    const char *near = rules_nearest(rules, id);
    return node_err(doc, n, err, "expected the ID of a rule, not \"%.60s\"%s%s%s", id,
                    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                    near != NULL ? "\"?" : "");
}

static int run_doc(const struct testing *t, const struct doc *doc)
{
    static const char *const known[] = {"rule", "cases", NULL};
    const struct node *root = doc_root(doc);
    const struct node *cases = node_get(root, "cases");
    const char *id;
    size_t at = 0;
    if (root->kind != NODE_MAP) {
        return node_err(doc, root, t->err, "expected a mapping with rule and cases");
    }
    if (node_only(doc, root, known, t->err) != 0 ||
        node_need_string(doc, root, "rule", &id, t->err) != 0 ||
        index_of(t->rules, doc, node_get(root, "rule"), id, &at, t->err) != 0) {
        return -1;
    }
    if (cases == NULL || cases->kind != NODE_LIST || cases->count == 0) {
        return node_err(doc, cases != NULL ? cases : root, t->err,
                        "expected cases: a list of at least one case");
    }
    for (size_t i = 0; i < cases->count; i++) {
        if (run_case(t, doc, cases->children[i], rules_at(t->rules, at), t->seen[at]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int run_directory(const struct testing *t, const char *directory)
{
    char **names = NULL;
    size_t count = 0;
    if (dir_list(directory, ".yaml", &names, &count, t->err) != 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        char *path = path_join(directory, names[i]);
        struct doc *doc = NULL;
        rc = doc_load_file(path, &doc, t->err);
        rc = rc == 0 ? run_doc(t, doc) : rc;
        doc_free(doc);
        free(path);
    }
    names_free(names, count);
    return rc;
}

static bool has_case(const struct testing *t, size_t rule)
{
    bool any = false;
    for (int status = 0; status < STATUS_COUNT; status++) {
        any = any || t->seen[rule][status];
    }
    return any;
}

/* The statuses that the cases of a rule must cover. Rules without any case are only counted. */
static void count_lacking(const struct testing *t)
{
    struct rules_test_counts *n = t->counts;
    size_t silent = 0;
    n->rules = rules_count(t->rules);
    for (size_t i = 0; i < n->rules; i++) {
        const struct rule *r = rules_at(t->rules, i);
        bool told = has_case(t, i);
        silent += told ? 0 : 1;
        const struct {
            enum status status;
            bool wanted;
            size_t *count;
        } rows[] = {
            {STATUS_PASS, !r->manual, &n->rules_without_pass},
            {STATUS_MANUAL, r->manual || r->manual_if != NULL, &n->rules_without_pass},
            {STATUS_FAIL, !r->manual, &n->rules_without_fail},
            {STATUS_ERROR, !r->manual, &n->rules_without_unknown},
            {STATUS_NOT_APPLICABLE, r->when != NULL || r->only_if != NULL,
             &n->rules_without_not_applicable},
        };
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            if (!rows[k].wanted || t->seen[i][rows[k].status]) {
                continue;
            }
            (*rows[k].count)++;
            if (told) {
                (void)fprintf(t->out, "%s: no case expects %s\n", r->id,
                              status_name(rows[k].status));
            }
        }
    }
    if (silent > 0) {
        (void)fprintf(t->out, "%zu rules have no case here\n", silent);
    }
}

int rules_test(const struct rule_set *rules, const char *const *directories, FILE *out,
               struct rules_test_counts *counts, struct err *err)
{
    *counts = (struct rules_test_counts){0};
    struct testing t = {.rules = rules, .out = out, .counts = counts, .err = err};
    t.seen = xcalloc(rules_count(rules) + 1, sizeof *t.seen);
    int rc = 0;
    for (size_t i = 0; directories != NULL && directories[i] != NULL && rc == 0; i++) {
        rc = run_directory(&t, directories[i]);
    }
    if (rc == 0) {
        count_lacking(&t);
    }
    free(t.seen);
    return rc;
}
