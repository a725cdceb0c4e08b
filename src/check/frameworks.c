/* Framework files: read once; every error is reported with its line. */
#include "check/frameworks.h"

#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"

struct framework_set {
    json_t **items; /* by id */
    size_t count;
};

struct framework_loader {
    const struct doc *doc;
    const struct rule_set *rules;
    struct err *err;
};

static int refuse_check(const struct framework_loader *l, const struct node *at, const char *id)
{
    const char *near = rules_nearest(l->rules, id);
    return node_err(l->doc, at, l->err, "expected the ID of a check, not \"%s\"%s%s%s", id,
                    near != NULL ? ": did you mean \"" : "", near != NULL ? near : "",
                    near != NULL ? "\"?" : "");
}

/* Text that is not empty. */
static int need_words(const struct framework_loader *l, const struct node *map, const char *key)
{
    const char *text = NULL;
    if (node_need_string(l->doc, map, key, &text, l->err) != 0) {
        return -1;
    }
    return text[0] != '\0'
               ? 0
               : node_err(l->doc, node_get(map, key), l->err, "expected non-empty text");
}

/* One element of a list by id: each id must be unique. */
static int once(const struct framework_loader *l, const struct node *list, size_t index)
{
    const char *id = node_string(node_get(list->children[index], "id"));
    for (size_t i = 0; i < index; i++) {
        const struct node *before = list->children[i];
        if (str_equal(node_string(node_get(before, "id")), id)) {
            return node_err(l->doc, list->children[index], l->err,
                            "expected each ID once: \"%s\" is on line %u and again here", id,
                            before->line);
        }
    }
    return 0;
}

static int validate_check(const struct framework_loader *l, const struct node *list, size_t index)
{
    static const char *const known[] = {"id", "rationale", NULL};
    const struct node *map = list->children[index];
    if (need_words(l, map, "id") != 0 || need_words(l, map, "rationale") != 0 ||
        node_only(l->doc, map, known, l->err) != 0 || once(l, list, index) != 0) {
        return -1;
    }
    const struct node *id = node_get(map, "id");
    return rules_known(l->rules, id->text) ? 0 : refuse_check(l, id, id->text);
}

static int validate_checks(const struct framework_loader *l, const struct node *checks)
{
    if (checks->kind != NODE_LIST || checks->count == 0) {
        return node_err(l->doc, checks, l->err, "expected a list of {id, rationale}, not empty");
    }
    for (size_t i = 0; i < checks->count; i++) {
        if (validate_check(l, checks, i) != 0) {
            return -1;
        }
    }
    return 0;
}

static int validate_requirement(const struct framework_loader *l, const struct node *list,
                                size_t index)
{
    static const char *const mapped[] = {"id", "title", "checks", NULL};
    static const char *const bare[] = {"id", "title", "evidence", "why", NULL};
    const struct node *map = list->children[index];
    if (need_words(l, map, "id") != 0 || need_words(l, map, "title") != 0 ||
        once(l, list, index) != 0) {
        return -1;
    }
    const struct node *checks = node_get(map, "checks");
    const struct node *evidence = node_get(map, "evidence");
    if (evidence == NULL) {
        if (checks == NULL) {
            return node_err(l->doc, map, l->err, "expected checks, or evidence: none with why");
        }
        return node_only(l->doc, map, mapped, l->err) != 0 ? -1 : validate_checks(l, checks);
    }
    if (!str_equal(node_string(evidence), "none")) {
        return node_err(l->doc, evidence, l->err, "expected the value none");
    }
    return need_words(l, map, "why") != 0 ? -1 : node_only(l->doc, map, bare, l->err);
}

static int validate(const struct framework_loader *l, const char *name)
{
    static const char *const known[] = {"id", "title", "version", "source", "requirements", NULL};
    const struct node *root = doc_root(l->doc);
    for (size_t i = 0; i < 4; i++) {
        if (need_words(l, root, known[i]) != 0) {
            return -1;
        }
    }
    const struct node *id = node_get(root, "id");
    size_t length = strlen(id->text);
    if (strncmp(id->text, name, length) != 0 || strcmp(name + length, ".yaml") != 0) {
        return node_err(l->doc, id, l->err, "expected the file's name without .yaml, not \"%s\"",
                        id->text);
    }
    const struct node *requirements = node_get(root, "requirements");
    if (requirements == NULL || requirements->kind != NODE_LIST || requirements->count == 0) {
        return node_err(l->doc, requirements != NULL ? requirements : root, l->err,
                        "expected requirements: a list that is not empty");
    }
    for (size_t i = 0; i < requirements->count; i++) {
        if (validate_requirement(l, requirements, i) != 0) {
            return -1;
        }
    }
    return node_only(l->doc, root, known, l->err);
}

static const char *id_of(const json_t *framework)
{
    return jx_str_or(framework, "id", "");
}

/* Ids and titles are text, also where YAML would read a number. */
static json_t *texts_of(const struct node *n)
{
    json_t *value = NULL;
    if (n->kind == NODE_MAP) {
        value = json_object();
        for (size_t i = 0; i < n->count; i++) {
            json_object_set_new(value, n->children[i]->key, texts_of(n->children[i]));
        }
    } else if (n->kind == NODE_LIST) {
        value = json_array();
        for (size_t i = 0; i < n->count; i++) {
            json_array_append_new(value, texts_of(n->children[i]));
        }
    } else {
        value = jx_string(n->text, strlen(n->text));
    }
    return value;
}

static void set_put(struct framework_set *set, json_t *framework)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(id_of(set->items[i]), id_of(framework)) == 0) {
            json_decref(set->items[i]);
            set->items[i] = framework;
            return;
        }
    }
    set->items = xreallocarray(set->items, set->count + 1, sizeof(*set->items));
    set->items[set->count++] = framework;
}

static int load_file(struct framework_set *set, const char *directory, const char *name,
                     const struct rule_set *rules, struct err *err)
{
    char *path = path_join(directory, name);
    struct doc *doc = NULL;
    int rc = doc_load_file(path, &doc, err);
    if (rc == 0) {
        const struct framework_loader l = {doc, rules, err};
        rc = validate(&l, name);
    }
    if (rc == 0) {
        set_put(set, texts_of(doc_root(doc)));
    }
    doc_free(doc);
    free(path);
    return rc;
}

static int load_directory(struct framework_set *set, const char *directory,
                          const struct rule_set *rules, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    if (!file_is_directory(directory)) {
        return 0;
    }
    if (dir_list(directory, ".yaml", &names, &count, err) != 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = names[i][0] == '.' ? 0 : load_file(set, directory, names[i], rules, err);
    }
    names_free(names, count);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(id_of(*(json_t *const *)a), id_of(*(json_t *const *)b));
}

int frameworks_load(const char *const *directories, const struct rule_set *rules,
                    struct framework_set **out, struct err *err)
{
    struct framework_set *set = xcalloc(1, sizeof *set);
    for (size_t i = 0; directories != NULL && directories[i] != NULL; i++) {
        if (load_directory(set, directories[i], rules, err) != 0) {
            frameworks_free(set);
            return -1;
        }
    }
    if (set->count > 0) {
        qsort(set->items, set->count, sizeof(*set->items), by_id);
    }
    *out = set;
    return 0;
}

void frameworks_free(struct framework_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        json_decref(set->items[i]);
    }
    free(set->items);
    free(set);
}

size_t frameworks_count(const struct framework_set *set)
{
    return set->count;
}

const json_t *frameworks_at(const struct framework_set *set, size_t index)
{
    return index < set->count ? set->items[index] : NULL;
}

int frameworks_check_names(const struct framework_set *set, const char *const *ids, struct err *err)
{
    const char **known = xcalloc(set->count + 1, sizeof *known);
    int rc = 0;
    for (size_t i = 0; i < set->count; i++) {
        known[i] = id_of(set->items[i]);
    }
    for (size_t i = 0; ids != NULL && ids[i] != NULL && rc == 0; i++) {
        size_t k = 0;
        while (known[k] != NULL && strcmp(known[k], ids[i]) != 0) {
            k++;
        }
        if (known[k] == NULL) {
            const char *near = str_nearest(ids[i], known);
            rc = err_set(err, ERR_INPUT,
                         "unknown framework \"%s\"%s%s%s (towerkeep rules "
                         "frameworks)",
                         ids[i], near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                         near != NULL ? "?" : "");
        }
    }
    free(known);
    return rc;
}

static bool chosen(const json_t *framework, const char *const *ids)
{
    for (size_t i = 0; ids != NULL && ids[i] != NULL; i++) {
        if (strcmp(ids[i], id_of(framework)) == 0) {
            return true;
        }
    }
    return ids == NULL;
}

static bool requirement_maps(const json_t *requirement, const char *check_id)
{
    size_t i;
    const json_t *check;
    json_array_foreach(json_object_get(requirement, "checks"), i, check)
    {
        if (strcmp(jx_str_or(check, "id", ""), check_id) == 0) {
            return true;
        }
    }
    return false;
}

/* The requirements of a framework that name the check; new reference. */
static json_t *requirements_of(const json_t *framework, const char *check_id)
{
    json_t *list = json_array();
    size_t i;
    const json_t *requirement;
    json_array_foreach(json_object_get(framework, "requirements"), i, requirement)
    {
        if (requirement_maps(requirement, check_id)) {
            json_array_append(list, json_object_get(requirement, "id"));
        }
    }
    return list;
}

bool frameworks_map(const struct framework_set *set, const char *const *ids, const char *check_id)
{
    bool mapped = false;
    for (size_t i = 0; i < set->count && !mapped; i++) {
        json_t *list = requirements_of(set->items[i], check_id);
        mapped = chosen(set->items[i], ids) && json_array_size(list) > 0;
        json_decref(list);
    }
    return mapped;
}

void frameworks_of_check(const struct framework_set *set, const char *check_id, json_t *into)
{
    for (size_t i = 0; i < set->count; i++) {
        json_t *list = requirements_of(set->items[i], check_id);
        if (json_array_size(list) > 0) {
            json_object_set(into, jx_str_or(set->items[i], "title", ""), list);
        }
        json_decref(list);
    }
}

json_t *frameworks_describe(const struct framework_set *set, const char *const *ids)
{
    json_t *list = json_array();
    for (size_t i = 0; i < set->count; i++) {
        if (chosen(set->items[i], ids)) {
            json_array_append(list, set->items[i]);
        }
    }
    return list;
}
