#include "members.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/config.h"

#define NAMES_MAX 160

/* Builds a list of names, to find the nearest one. */
struct names {
    const char *items[NAMES_MAX + 1];
    size_t count;
};

static void add_names(struct names *n, const struct subject_member *table)
{
    for (size_t i = 0; table != NULL && table[i].name != NULL && n->count < NAMES_MAX; i++) {
        n->items[n->count++] = table[i].name;
    }
}

static const struct subject_member *find(const struct subject_member *table, const char *name)
{
    for (size_t i = 0; table != NULL && table[i].name != NULL; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static int refuse(const struct names *known, const char *what, const char *name, char *problem,
                  size_t size)
{
    const char *near = str_nearest(name, known->items);
    (void)snprintf(problem, size, "expected a member of %s, not \"%.60s\"%s%s%s", what, name,
                   near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                   near != NULL ? "\"?" : " (docs/subjects.md lists them)");
    return -1;
}

struct members members_of(enum scope scope)
{
    return (struct members){.scope = scope, .element = subject_members(scope), .whole = true};
}

static const struct subject_member *start_of(const struct members *m, enum path_root root,
                                             bool *whole)
{
    *whole = root != ROOT_ELEMENT || m->whole;
    switch (root) {
    case ROOT_ELEMENT:
        return m->element;
    case ROOT_DOC:
        return subject_members(m->scope);
    case ROOT_ORG:
        return subject_members(SCOPE_ORG);
    case ROOT_LZ:
        return subject_members(SCOPE_LANDING_ZONE);
    case ROOT_CONFIG:
    case ROOT_PARAM:
    case ROOT_COUNT:
        break;
    }
    return NULL;
}

/* Walks down by names; an index selects an element, and the table already has its members. */
static int follow(const struct subject_member *table, bool whole, const char *what,
                  const struct path *p, const struct subject_member **below, char *problem,
                  size_t size)
{
    for (size_t i = 0; i < p->count && table != NULL; i++) {
        const char *name = p->segments[i].name;
        if (name == NULL) {
            continue;
        }
        const struct subject_member *found = find(table, name);
        if (found == NULL && whole) {
            found = find(subject_members_of_all(), name);
        }
        if (found == NULL) {
            struct names known = {.count = 0};
            add_names(&known, table);
            if (whole) {
                add_names(&known, subject_members_of_all());
            }
            return refuse(&known, what, name, problem, size);
        }
        what = found->name;
        whole = false;
        table = found->below;
    }
    *below = table;
    return 0;
}

static int check_config(const struct path *p, char *problem, size_t size)
{
    const char *section = "";
    for (size_t i = 0; i < p->count && i < 2; i++) {
        struct names known = {.count = 0};
        const char *name = p->segments[i].name;
        known.count = config_members(section, known.items, NAMES_MAX);
        bool there = known.count == 0;
        for (size_t k = 0; k < known.count && name != NULL && !there; k++) {
            there = strcmp(known.items[k], name) == 0;
        }
        if (!there) {
            return refuse(&known, "the configuration", name != NULL ? name : "[..]", problem, size);
        }
        section = name != NULL ? name : "";
    }
    return 0;
}

static void describe(const struct members *m, enum path_root root, char *what, size_t size)
{
    enum scope scope = root == ROOT_ORG  ? SCOPE_ORG
                       : root == ROOT_LZ ? SCOPE_LANDING_ZONE
                                         : m->scope;
    if (root == ROOT_ELEMENT && !m->whole) {
        (void)snprintf(what, size, "each element of the list");
    } else {
        (void)snprintf(what, size, "the scope %s", scope_name(scope));
    }
}

static int walk(const struct members *m, const struct path *p, const struct subject_member **below,
                char *problem, size_t size)
{
    char what[80];
    bool whole;
    describe(m, p->root, what, sizeof what);
    const struct subject_member *start = start_of(m, p->root, &whole);
    return follow(start, whole, what, p, below, problem, size);
}

struct members members_below(const struct members *m, const struct path *p)
{
    char unused[200];
    struct members inner = {.scope = m->scope};
    (void)walk(m, p, &inner.element, unused, sizeof unused);
    return inner;
}

int members_check(const struct members *m, const struct path *p, char *problem, size_t size)
{
    const struct subject_member *below = NULL;
    if (m == NULL || p->root == ROOT_PARAM) {
        return 0;
    }
    return p->root == ROOT_CONFIG ? check_config(p, problem, size)
                                  : walk(m, p, &below, problem, size);
}

int members_check_below(const struct members *m, const struct path *head, const struct path *tail,
                        char *problem, size_t size)
{
    if (m == NULL || head->root == ROOT_CONFIG || head->root == ROOT_PARAM) {
        return 0;
    }
    const struct members inner = members_below(m, head);
    return members_check(&inner, tail, problem, size);
}

static int check_node(const struct subject_member *table, bool whole, const char *what,
                      const struct doc *doc, const struct node *n, struct err *err)
{
    if (n->kind == NODE_LIST) {
        for (size_t i = 0; i < n->count; i++) {
            if (check_node(table, false, what, doc, n->children[i], err) != 0) {
                return -1;
            }
        }
    }
    for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
        const struct node *child = n->children[i];
        struct segment segment = {.name = (char *)(uintptr_t)child->key};
        const struct path step = {.segments = &segment, .count = 1};
        const struct subject_member *below = NULL;
        char problem[300];
        if (follow(table, whole, what, &step, &below, problem, sizeof problem) != 0) {
            return node_err(doc, child, err, "%s", problem);
        }
        if (below != NULL && check_node(below, false, child->key, doc, child, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int members_check_document(enum scope scope, const struct doc *doc, const struct node *map,
                           struct err *err)
{
    char what[80];
    (void)snprintf(what, sizeof what, "the scope %s", scope_name(scope));
    return check_node(subject_members(scope), true, what, doc, map, err);
}
