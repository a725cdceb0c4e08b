/* Loaded before the first API call: a broken file costs no calls. */
#include "workflow/criteria.h"

#include <stdlib.h>

#include "base/env.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/support.h"
#include "workflow/data_dir.h"

/* ./towerkeep.yaml, $XDG_CONFIG_HOME/towerkeep/config.yaml, /etc/towerkeep/config.yaml; NULL: none.
 */
static char *find_config(void)
{
    static const char system_config[] = "/etc/towerkeep/config.yaml";
    if (file_exists("towerkeep.yaml")) {
        return xstrdup("towerkeep.yaml");
    }
    const char *base = env_get("XDG_CONFIG_HOME");
    const char *home = env_get("HOME");
    char *path = base != NULL   ? path_join(base, "towerkeep/config.yaml")
                 : home != NULL ? path_join(home, ".config/towerkeep/config.yaml")
                                : NULL;
    if (path != NULL && file_exists(path)) {
        return path;
    }
    free(path);
    return file_exists(system_config) ? xstrdup(system_config) : NULL;
}

int criteria_rule_directories(const struct criteria *c, const struct criteria_options *options,
                              struct words *out, struct err *err)
{
    char *built_in = NULL;
    if (data_dir_find("rules", &built_in, err) != 0) {
        return -1;
    }
    words_add(out, built_in);
    free(built_in);
    size_t i;
    const json_t *one;
    json_array_foreach(jx_get(c->config.document, "rules.directories"), i, one)
    {
        words_add(out, json_string_value(one));
    }
    for (i = 0; i < options->rule_directories.count; i++) {
        words_add(out, options->rule_directories.items[i]);
    }
    return 0;
}

/* DIR/frameworks of each rule directory. */
static int load_frameworks(struct criteria *c, const struct words *directories, struct err *err)
{
    struct words folders = {0};
    for (size_t i = 0; i < directories->count; i++) {
        char *path = path_join(directories->items[i], "frameworks");
        words_add(&folders, path);
        free(path);
    }
    int rc = frameworks_load(words_list(&folders), c->rules, &c->frameworks, err);
    words_release(&folders);
    return rc == 0 ? frameworks_check_names(c->frameworks, c->compliance, err) : rc;
}

/* The table of what AWS Backup supports goes with the built-in rules. */
static int load_support(struct criteria *c, struct err *err)
{
    char *rules = NULL;
    if (data_dir_find("rules", &rules, err) != 0) {
        return -1;
    }
    char *path = path_join(rules, "data/aws-backup.yaml");
    int rc = support_load(path, c->config.document, err);
    free(path);
    free(rules);
    return rc;
}

int criteria_load(struct criteria *c, const struct criteria_options *options, struct err *err)
{
    struct words directories = {0};
    char *found = options->config_file != NULL ? xstrdup(options->config_file) : find_config();
    c->compliance = words_list(&options->compliance);
    int rc = config_load(found, &c->config, err);
    if (rc != 0) {
        goto out;
    }
    log_write(LOG_INFO, "configuration: %s", found != NULL ? found : "none found, defaults apply");
    rc = criteria_rule_directories(c, options, &directories, err);
    if (rc != 0) {
        goto out;
    }
    rc = load_support(c, err);
    if (rc != 0) {
        goto out;
    }
    rc = rules_load(words_list(&directories), c->config.document, &c->rules, err);
    if (rc != 0) {
        goto out;
    }
    rc = load_frameworks(c, &directories, err);
    if (rc == 0 && options->mutelist_file != NULL) {
        rc = waivers_load(options->mutelist_file, c->rules, &c->waivers, err);
    }
out:
    words_release(&directories);
    free(found);
    return rc;
}

void criteria_release(struct criteria *c)
{
    rules_free(c->rules);
    frameworks_free(c->frameworks);
    waivers_free(c->waivers);
    config_release(&c->config);
    *c = (struct criteria){0};
}

static struct check_options options_of(const struct criteria *c,
                                       const struct check_selection *selection)
{
    return (struct check_options){.checks = selection->checks,
                                  .excluded_checks = selection->excluded_checks,
                                  .min_severity = selection->min_severity,
                                  .waivers = c->waivers,
                                  .frameworks = c->frameworks,
                                  .compliance = c->compliance};
}

/* A check that does not exist would silently evaluate nothing. */
int criteria_check_names(const struct criteria *c, const char *const *ids, const char *option,
                         struct err *err)
{
    const struct rule_set *rules = c->rules;
    for (; ids != NULL && *ids != NULL; ids++) {
        bool found = false;
        for (size_t i = 0; i < rules_count(rules) && !found; i++) {
            found = str_glob(*ids, rules_at(rules, i)->id);
        }
        if (!found) {
            const char *near = rules_nearest(rules, *ids);
            return err_set(err, ERR_INPUT, "--%s: no check is named \"%s\"%s%s%s", option, *ids,
                           near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                           near != NULL ? "?" : "");
        }
    }
    return 0;
}

int criteria_check_selection(const struct criteria *c, const struct check_selection *selection,
                             struct err *err)
{
    const struct check_options options = options_of(c, selection);
    if (criteria_check_names(c, selection->checks, "checks", err) != 0 ||
        criteria_check_names(c, selection->excluded_checks, "excluded-checks", err) != 0) {
        return -1;
    }
    return check_selects_any(c->rules, &options)
               ? 0
               : err_set(err, ERR_INPUT,
                         "--checks, --excluded-checks, --severity and --compliance leave no check "
                         "to evaluate");
}

bool criteria_selects(const struct criteria *c, const struct check_selection *selection,
                      const struct rule *rule)
{
    const struct check_options options = options_of(c, selection);
    return check_selects(rule, &options);
}

static json_t *string_list(const char *const *strings)
{
    json_t *list = json_array();
    for (; strings != NULL && *strings != NULL; strings++) {
        json_array_append_new(list, json_string(*strings));
    }
    return list;
}

/* The rule's own mappings, then those of the frameworks. */
static json_t *compliance_of(const struct criteria *c, const struct rule *r)
{
    json_t *all = json_object();
    if (r->compliance != NULL) {
        json_object_update(all, r->compliance);
    }
    frameworks_of_check(c->frameworks, r->id, all);
    return all;
}

/* The rules as report_input has them; new reference. */
static json_t *describe_rules(const struct criteria *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rules_count(c->rules); i++) {
        const struct rule *r = rules_at(c->rules, i);
        json_t *operations = json_array();
        for (size_t k = 0; k < r->need_count; k++) {
            json_array_append_new(operations, json_string(r->needs[k].operation));
        }
        json_t *row =
            json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "id", r->id,
                      "title", r->title, "step", r->step, "severity", severity_name(r->severity),
                      "scope", scope_name(r->scope), "why", r->why, "how", r->how, "fix",
                      r->fix != NULL ? r->fix : "", "manual", r->manual, "operations", operations,
                      "references", string_list(r->references));
        json_object_set_new(row, "compliance", compliance_of(c, r));
        json_array_append_new(list, row);
    }
    return list;
}

/* Steals `value`. */
static int keep_json(struct store *store, const char *key, json_t *value, struct err *err)
{
    char *text = jx_dump(value);
    int rc = store_meta_set(store, key, text, err);
    free(text);
    json_decref(value);
    return rc;
}

static json_t *words_or_null(const char *const *strings)
{
    return strings != NULL ? string_list(strings) : json_null();
}

/* Which of all checks are evaluated: every report states it. New reference. */
static json_t *describe_selection(const struct criteria *c, const struct check_options *options)
{
    json_t *disabled = jx_get(c->config.document, "rules.disable");
    size_t evaluated = 0, all = rules_count(c->rules);
    for (size_t i = 0; i < all; i++) {
        evaluated += check_selects(rules_at(c->rules, i), options) ? 1 : 0;
    }
    const char *severity =
        options->min_severity >= 0 ? severity_name((enum severity)options->min_severity) : NULL;
    return json_pack("{s:I, s:I, s:o, s:o, s:s?, s:o, s:O?}", "evaluated", (json_int_t)evaluated,
                     "of", (json_int_t)all + (json_int_t)json_array_size(disabled), "checks",
                     words_or_null(options->checks), "excluded_checks",
                     words_or_null(options->excluded_checks), "severity", severity, "compliance",
                     words_or_null(options->compliance), "disabled", disabled);
}

int criteria_evaluate(const struct criteria *c, struct store *store,
                      const struct check_selection *selection, struct err *err)
{
    struct check_options options = options_of(c, selection);
    options.now_iso = store_meta(store, "ended");
    json_t *described = describe_selection(c, &options);
    bool narrowed = jx_int(described, "evaluated", 0) < (long long)rules_count(c->rules);
    const struct {
        const char *key, *value;
    } texts[] = {{"rules_digest", rules_digest(c->rules)},
                 {"config_digest", c->config.digest},
                 {"config_file", c->config.path != NULL ? c->config.path : ""},
                 {"waivers_digest", c->waivers != NULL ? waivers_digest(c->waivers) : ""},
                 {"checks_narrowed", narrowed ? "true" : ""},
                 {"support_as_of", jx_str_or(c->config.document, SUPPORT_MEMBER ".as_of", "")}};
    int rc = check_run(store, c->config.document, c->rules, &options, err);
    for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof texts[0]; i++) {
        rc = store_meta_set(store, texts[i].key, texts[i].value, err);
    }
    if (rc != 0) {
        json_decref(described);
        return -1;
    }
    if (keep_json(store, "check_selection", described, err) != 0 ||
        keep_json(store, "rules", describe_rules(c), err) != 0 ||
        keep_json(store, "config", json_incref(c->config.document), err) != 0 ||
        keep_json(store, "waivers", waivers_report(c->waivers), err) != 0) {
        return -1;
    }
    return keep_json(store, "frameworks", frameworks_describe(c->frameworks, c->compliance), err);
}
