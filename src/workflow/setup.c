/* Configuration and rules, found and loaded before any call leaves: a broken file must cost
 * nothing. */
#include "workflow/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "workflow/data_dir.h"

/* ./towerkeep.yaml, $XDG_CONFIG_HOME/towerkeep/config.yaml, /etc/towerkeep/config.yaml; NULL: none.
 */
static char *find_config(void)
{
    if (file_exists("towerkeep.yaml")) {
        return xstrdup("towerkeep.yaml");
    }
    const char *base = env_get("XDG_CONFIG_HOME");
    const char *home = env_get("HOME");
    char *path = base   ? path_join(base, "towerkeep/config.yaml")
                 : home ? path_join(home, ".config/towerkeep/config.yaml")
                        : NULL;
    if (path && file_exists(path)) {
        return path;
    }
    free(path);
    return file_exists("/etc/towerkeep/config.yaml") ? xstrdup("/etc/towerkeep/config.yaml") : NULL;
}

/* DIR/frameworks of each rule directory that has them. */
static int load_frameworks(struct setup *s, const struct words *directories, struct err *err)
{
    struct words folders = {0};
    for (size_t i = 0; i < directories->count; i++) {
        char *path = path_join(directories->items[i], "frameworks");
        words_add(&folders, path);
        free(path);
    }
    int rc = frameworks_load(words_list(&folders), s->rules, &s->frameworks, err);
    words_release(&folders);
    return rc == 0 ? frameworks_check_names(s->frameworks, words_list(&s->compliance), err) : rc;
}

static int load_waivers(struct setup *s, struct err *err)
{
    return s->mutelist_file ? waivers_load(s->mutelist_file, s->rules, &s->waivers, err) : 0;
}

static int load_rules(struct setup *s, struct err *err)
{
    char *shipped = NULL;
    if (data_dir_find("rules", &shipped, err) != 0) {
        return -1;
    }
    struct words directories = {0};
    words_add(&directories, shipped);
    const json_t *more = jx_get(s->config.document, "rules.directories");
    size_t i;
    json_t *one;
    json_array_foreach(more, i, one)
    {
        words_add(&directories, json_string_value(one));
    }
    for (size_t k = 0; k < s->rule_directories.count; k++) {
        words_add(&directories, s->rule_directories.items[k]);
    }
    int rc = rules_load(words_list(&directories), s->config.document, &s->rules, err);
    rc = rc == 0 ? load_frameworks(s, &directories, err) : rc;
    words_release(&directories);
    free(shipped);
    return rc;
}

int setup_load(struct setup *s, struct err *err)
{
    char *found = s->config_file ? xstrdup(s->config_file) : find_config();
    int rc =
        config_load(found, &s->config, err) || load_rules(s, err) || load_waivers(s, err) ? -1 : 0;
    free(found);
    return rc;
}

void setup_release(struct setup *s)
{
    rules_free(s->rules);
    frameworks_free(s->frameworks);
    waivers_free(s->waivers);
    words_release(&s->compliance);
    config_release(&s->config);
    words_release(&s->rule_directories);
}

static json_t *word_list(const char *const *words)
{
    json_t *list = json_array();
    for (; words && *words; words++) {
        json_array_append_new(list, json_string(*words));
    }
    return list;
}

/* The rule's own mappings, then those of the frameworks. */
static json_t *compliance_of(const struct setup *s, const struct rule *r)
{
    json_t *all = json_object();
    if (r->compliance) {
        json_object_update(all, r->compliance);
    }
    frameworks_of_check(s->frameworks, r->id, all);
    return all;
}

json_t *setup_describe_rules(const struct setup *s)
{
    const struct rule_set *rules = s->rules;
    json_t *list = json_array();
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *r = rules_at(rules, i);
        json_t *operations = json_array();
        for (size_t k = 0; k < r->need_count; k++) {
            json_array_append_new(operations, json_string(r->needs[k].operation));
        }
        json_t *row = json_pack(
            "{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "id", r->id, "title",
            r->title, "step", r->step, "severity", severity_name(r->severity), "scope",
            scope_name(r->scope), "why", r->why, "how", r->how, "fix", r->fix ? r->fix : "",
            "manual", r->manual, "operations", operations, "references", word_list(r->references));
        json_object_set_new(row, "compliance", compliance_of(s, r));
        json_array_append_new(list, row);
    }
    return list;
}

static int keep(struct store *store, const char *key, json_t *value, struct err *err)
{
    char *text = jx_dump(value);
    int rc = store_meta_set(store, key, text, err);
    free(text);
    json_decref(value);
    return rc;
}

int setup_judge(const struct setup *s, struct store *store, struct check_options options,
                json_t **rules, struct err *err)
{
    options.waivers = s->waivers;
    options.frameworks = s->frameworks;
    options.compliance = words_list(&s->compliance);
    *rules = setup_describe_rules(s);
    return check_run(store, s->config.document, s->rules, &options, err) ||
                   keep(store, "rules", json_incref(*rules), err) ||
                   keep(store, "config", json_incref(s->config.document), err) ||
                   keep(store, "waivers", waivers_report(s->waivers), err) ||
                   keep(store, "frameworks", frameworks_describe(s->frameworks, options.compliance),
                        err) ||
                   store_meta_set(store, "waivers_digest",
                                  s->waivers ? waivers_digest(s->waivers) : "", err)
               ? -1
               : 0;
}
