/* The set of active rules: directories in order, where later ones override, without disabled
 * rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "rule_private.h"

/* More than any organization writes; each rule is evaluated on every subject of its scope. */
#define RULES_MAX 2000

struct rule_set {
    struct loaded_rule **items;
    size_t count;
    char **disabled; /* ids */
    size_t disabled_count;
    char digest[SHA256_HEX_SIZE];
};

static size_t set_index(const struct rule_set *set, const char *id)
{
    size_t i = 0;
    while (i < set->count && strcmp(set->items[i]->rule.id, id) != 0) {
        i++;
    }
    return i;
}

static void set_put(struct rule_set *set, struct loaded_rule *l)
{
    size_t at = set_index(set, l->rule.id);
    if (at < set->count) {
        rule_free(set->items[at]);
    } else {
        set->items = xreallocarray(set->items, set->count + 1, sizeof(*set->items));
        set->count++;
    }
    set->items[at] = l;
}

/* The id is the file's name, so a rule's parameters are known before it is read. */
static json_t *values_of(const json_t *config, const char *name)
{
    char *id = xstrndup(name, strlen(name) - strlen(".yaml"));
    json_t *all = jx_get(config, "rules.parameters");
    json_t *values = json_object_get(all, id);
    free(id);
    return values;
}

static int load_file(const char *path, const char *name, const json_t *config,
                     struct sha256_stream *digest, struct loaded_rule **out, struct err *err)
{
    char *data = NULL;
    size_t length = 0;
    if (file_read(path, RULE_BYTES_MAX, &data, &length, err) != 0) {
        return -1;
    }
    if (digest != NULL) {
        sha256_stream_add(digest, name, strlen(name) + 1);
        sha256_stream_add(digest, data, length);
    }
    int rc = rule_load(path, data, length, values_of(config, name), out, err);
    free(data);
    return rc;
}

/* A rule must never be skipped silently. */
static int refuse_yml(const char *directory, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    if (dir_list(directory, ".yml", &names, &count, err) != 0) {
        return -1;
    }
    int rc = count > 0 ? err_set(err, ERR_INPUT, "%s/%s: expected a name that ends in .yaml",
                                 directory, names[0])
                       : 0;
    names_free(names, count);
    return rc;
}

static int load_directory(struct rule_set *set, const char *directory, const json_t *config,
                          struct sha256_stream *digest, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    if (refuse_yml(directory, err) != 0 || dir_list(directory, ".yaml", &names, &count, err) != 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct loaded_rule *l = NULL;
        char *path = path_join(directory, names[i]);
        if (set->count >= RULES_MAX) {
            rc = err_set(err, ERR_INPUT, "%s: expected at most %d rules", directory, RULES_MAX);
        } else if (names[i][0] != '.') {
            rc = load_file(path, names[i], config, digest, &l, err);
        }
        if (l != NULL) {
            set_put(set, l);
        }
        free(path);
    }
    names_free(names, count);
    return rc;
}

static int refuse_unknown_id(const struct rule_set *set, const char *where, const char *id,
                             struct err *err)
{
    const char *near = rules_nearest(set, id);
    return err_set(err, ERR_INPUT, "configuration: %s: expected the ID of a rule, not \"%s\"%s%s%s",
                   where, id, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                   near != NULL ? "\"?" : "");
}

static int check_parameters(const struct rule_set *set, const json_t *config, struct err *err)
{
    json_t *all = jx_get(config, "rules.parameters");
    const char *id;
    json_t *values;
    json_object_foreach(all, id, values)
    {
        if (rules_find(set, id) == NULL) {
            return refuse_unknown_id(set, "$.rules.parameters", id, err);
        }
    }
    return 0;
}

static int disable_one(struct rule_set *set, const char *id, bool *known)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (str_glob(id, set->items[i]->rule.id)) {
            set->disabled =
                xreallocarray(set->disabled, set->disabled_count + 1, sizeof *set->disabled);
            set->disabled[set->disabled_count++] = xstrdup(set->items[i]->rule.id);
            rule_free(set->items[i]);
            *known = true;
        } else {
            set->items[kept++] = set->items[i];
        }
    }
    set->count = kept;
    return 0;
}

static int disable(struct rule_set *set, const json_t *config, struct err *err)
{
    json_t *list = jx_get(config, "rules.disable");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        bool known = false;
        if (id != NULL && disable_one(set, id, &known) == 0 && !known) {
            return refuse_unknown_id(set, "$.rules.disable", id, err);
        }
    }
    return 0;
}

static int by_step_then_id(const void *a, const void *b)
{
    const struct rule *x = &(*(struct loaded_rule *const *)a)->rule;
    const struct rule *y = &(*(struct loaded_rule *const *)b)->rule;
    return x->step != y->step ? x->step - y->step : strcmp(x->id, y->id);
}

int rules_load(const char *const *directories, const json_t *config, struct rule_set **out,
               struct err *err)
{
    struct rule_set *set = xcalloc(1, sizeof *set);
    struct sha256_stream *digest = sha256_stream_new();
    int rc = 0;
    for (size_t i = 0; directories != NULL && directories[i] != NULL && rc == 0; i++) {
        rc = load_directory(set, directories[i], config, digest, err);
    }
    sha256_stream_hex(digest, set->digest);
    sha256_stream_free(digest);
    if (rc != 0 || check_parameters(set, config, err) != 0 || disable(set, config, err) != 0) {
        rules_free(set);
        return -1;
    }
    if (set->count > 0) {
        qsort(set->items, set->count, sizeof(*set->items), by_step_then_id);
    }
    *out = set;
    return 0;
}

void rules_free(struct rule_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        rule_free(set->items[i]);
    }
    for (size_t i = 0; i < set->disabled_count; i++) {
        free(set->disabled[i]);
    }
    free(set->disabled);
    free(set->items);
    free(set);
}

int rules_check_file(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    struct loaded_rule *l = NULL;
    if (!str_ends(name, ".yaml")) {
        return err_set(err, ERR_INPUT, "%s: expected a name that ends in .yaml", path);
    }
    int rc = load_file(path, name, NULL, NULL, &l, err);
    rule_free(rc == 0 ? l : NULL);
    return rc;
}

size_t rules_count(const struct rule_set *set)
{
    return set->count;
}

const struct rule *rules_at(const struct rule_set *set, size_t index)
{
    return index < set->count ? &set->items[index]->rule : NULL;
}

const struct rule *rules_find(const struct rule_set *set, const char *id)
{
    return rules_at(set, set_index(set, id));
}

bool rules_known(const struct rule_set *set, const char *id)
{
    for (size_t i = 0; i < set->disabled_count; i++) {
        if (strcmp(set->disabled[i], id) == 0) {
            return true;
        }
    }
    return rules_find(set, id) != NULL;
}

const char *rules_digest(const struct rule_set *set)
{
    return set->digest;
}

const char *rules_nearest(const struct rule_set *set, const char *id)
{
    const char **ids = xcalloc(set->count + 1, sizeof *ids);
    for (size_t i = 0; i < set->count; i++) {
        ids[i] = set->items[i]->rule.id;
    }
    const char *near = str_nearest(id, ids);
    free(ids);
    return near;
}
