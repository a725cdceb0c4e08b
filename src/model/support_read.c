/* Reads the table of what AWS Backup supports, and the changes that a configuration makes to it. */
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "model/support.h"

static const char *const row_members[] = {"kind",
                                          "type",
                                          "engines",
                                          "arn",
                                          "advanced",
                                          "as_of",
                                          "source",
                                          "available",
                                          "cross_region",
                                          "cross_account",
                                          "one_action",
                                          "own_encryption",
                                          "full_management",
                                          "cold_storage",
                                          "point_in_time",
                                          "restore_testing",
                                          "air_gapped",
                                          "audit_manager",
                                          NULL};
#define FEATURES (row_members + 7)

struct reader {
    const struct doc *doc;
    struct err *err;
};

static int check_words(const struct reader *r, const struct node *list)
{
    if (list->kind != NODE_LIST || list->count == 0) {
        return node_err(r->doc, list, r->err, "expected a list that is not empty");
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->children[i]->kind != NODE_STRING || list->children[i]->text[0] == '\0') {
            return node_err(r->doc, list->children[i], r->err, "expected text");
        }
    }
    return 0;
}

static int check_value(const struct reader *r, const struct node *n)
{
    static const char *const known[] = {"in", "not_in", NULL};
    if (n->kind == NODE_BOOL) {
        return 0;
    }
    if (n->kind != NODE_MAP || n->count != 1) {
        return node_err(r->doc, n, r->err, "expected true, false, {in: [..]} or {not_in: [..]}");
    }
    return node_only(r->doc, n, known, r->err) != 0 ? -1 : check_words(r, n->children[0]);
}

static int check_values(const struct reader *r, const struct node *map)
{
    for (size_t i = 0; FEATURES[i] != NULL; i++) {
        const struct node *value = node_get(map, FEATURES[i]);
        if (value != NULL && check_value(r, value) != 0) {
            return -1;
        }
    }
    return 0;
}

static bool is_date(const char *s)
{
    return s != NULL && strlen(s) == 10 && s[4] == '-' && s[7] == '-' &&
           strspn(s, "0123456789-") == 10;
}

static int check_date(const struct reader *r, const struct node *map, bool required)
{
    const struct node *date = node_get(map, "as_of");
    if (date == NULL && !required) {
        return 0;
    }
    return is_date(node_string(date)) ? 0
                                      : node_err(r->doc, date != NULL ? date : map, r->err,
                                                 "expected as_of: a date such as \"2026-09-24\"");
}

static int check_row(const struct reader *r, const struct node *row, bool whole)
{
    const char *word = NULL;
    if (row->kind != NODE_MAP) {
        return node_err(r->doc, row, r->err, "expected a mapping");
    }
    const struct node *engines = node_get(row, "engines");
    bool advanced = false;
    if (node_only(r->doc, row, row_members, r->err) != 0 ||
        node_need_string(r->doc, row, "kind", &word, r->err) != 0 ||
        node_opt_string(r->doc, row, "arn", &word, r->err) != 0 ||
        node_opt_bool(r->doc, row, "advanced", &advanced, r->err) != 0 ||
        check_date(r, row, whole) != 0 || (engines != NULL && check_words(r, engines) != 0)) {
        return -1;
    }
    int (*read)(const struct doc *, const struct node *, const char *, const char **,
                struct err *) = whole ? node_need_string : node_opt_string;
    return read(r->doc, row, "type", &word, r->err) != 0 ||
                   read(r->doc, row, "source", &word, r->err) != 0
               ? -1
               : check_values(r, row);
}

static int check_rows(const struct reader *r, const struct node *rows, bool whole)
{
    if (rows->kind != NODE_LIST) {
        return node_err(r->doc, rows, r->err, "expected a list of rows");
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (check_row(r, rows->children[i], whole) != 0) {
            return -1;
        }
        for (size_t k = 0; k < i; k++) {
            const struct node *kind = node_get(rows->children[i], "kind");
            const struct node *other = node_get(rows->children[k], "kind");
            if (strcmp(kind->text, other->text) == 0) {
                return node_err(r->doc, kind, r->err, "\"%.64s\" is listed twice", kind->text);
            }
        }
    }
    return 0;
}

static int check_table(const struct reader *r, const struct node *n, bool whole)
{
    static const char *const of_table[] = {"as_of", "source", "regions", "features", "rows", NULL};
    static const char *const of_changes[] = {"as_of", "regions", "rows", NULL};
    const char *const *known = whole ? of_table : of_changes;
    if (n->kind != NODE_MAP) {
        return node_err(r->doc, n, r->err, "expected a mapping");
    }
    const struct node *regions = node_get(n, "regions");
    const struct node *rows = node_get(n, "rows");
    const struct node *features = node_get(n, "features");
    if (node_only(r->doc, n, known, r->err) != 0 || check_date(r, n, whole) != 0) {
        return -1;
    }
    if (whole && (regions == NULL || rows == NULL)) {
        return node_err(r->doc, n, r->err, "expected the keys \"regions\" and \"rows\" here");
    }
    return (regions != NULL && check_words(r, regions) != 0) ||
                   (features != NULL && (node_only(r->doc, features, FEATURES, r->err) != 0 ||
                                         check_values(r, features) != 0)) ||
                   (rows != NULL && check_rows(r, rows, whole) != 0)
               ? -1
               : 0;
}

int support_read_changes(const struct doc *doc, const struct node *n, json_t **out, struct err *err)
{
    const struct reader r = {.doc = doc, .err = err};
    if (check_table(&r, n, false) != 0) {
        return -1;
    }
    *out = node_to_json(n);
    return 0;
}

static json_t *row_of_kind(const json_t *table, const char *kind)
{
    const json_t *rows = json_object_get(table, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (strcmp(jx_str_or(row, "kind", ""), kind) == 0) {
            return row;
        }
    }
    return NULL;
}

/* What the user states is the user's: it has no source of AWS's. */
static void change_row(json_t *table, json_t *change)
{
    json_t *row = row_of_kind(table, jx_str_or(change, "kind", ""));
    if (json_object_get(change, "source") == NULL) {
        (void)json_object_set_new(change, "source", json_string("configuration"));
    }
    if (row != NULL) {
        (void)json_object_update(row, change);
    } else {
        (void)json_array_insert(json_object_get(table, "rows"), 0, change);
    }
}

static void apply_changes(json_t *table, json_t *changes)
{
    json_t *rows = json_object_get(changes, "rows");
    json_t *regions = json_object_get(changes, "regions");
    if (json_object_get(changes, "as_of") != NULL) {
        (void)json_object_set(table, "as_of", json_object_get(changes, "as_of"));
    }
    for (size_t i = 0; i < json_array_size(regions); i++) {
        (void)json_array_append(json_object_get(table, "regions"), json_array_get(regions, i));
    }
    for (size_t i = json_array_size(rows); i > 0; i--) {
        change_row(table, json_array_get(rows, i - 1));
    }
}

int support_load(const char *path, json_t *document, struct err *err)
{
    struct doc *doc = NULL;
    if (doc_load_file(path, &doc, err) != 0) {
        return -1;
    }
    const struct reader r = {.doc = doc, .err = err};
    int rc = check_table(&r, doc_root(doc), true);
    if (rc == 0) {
        json_t *table = node_to_json(doc_root(doc));
        apply_changes(table, json_object_get(document, SUPPORT_MEMBER));
        (void)json_object_set_new(document, SUPPORT_MEMBER, table);
    }
    doc_free(doc);
    return rc;
}
