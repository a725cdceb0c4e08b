/* rules: what is judged, for those who read, write and test rule files. Nothing is sent anywhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/step.h"
#include "options.h"
#include "rules_new.h"
#include "rules_show.h"

#define LABEL_WIDTH RULES_LABEL_WIDTH

struct rules_job {
    const struct criteria_options *options; /* borrowed */
    struct criteria criteria;               /* once loaded */
    const struct words names;               /* the arguments, borrowed */
    bool enumerate;
};

/* --- list --- */

static int run_list(struct rules_job *job)
{
    const struct rule_set *rules = job->criteria.rules;
    size_t width = rules_page_width();
    int step = -1;
    size_t shown = 0;
    const char *first = "ID";
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *r = rules_at(rules, i);
        bool named = job->names.count == 0;
        for (size_t k = 0; k < job->names.count && !named; k++) {
            named = str_glob(job->names.items[k], r->id);
        }
        if (!named) {
            continue;
        }
        if (r->step != step) {
            printf("%sStep %d: %s\n", shown > 0 ? "\n" : "", r->step, step_name(r->step));
            step = r->step;
        }
        printf("  %-10s %-13s %-14s ", r->id, severity_name(r->severity), scope_name(r->scope));
        rules_print_wrapped(r->title, 42, width);
        first = shown++ == 0 ? r->id : first;
    }
    printf("\n%zu rule%s. One in full: towerkeep rules show %s\n", shown, shown == 1 ? "" : "s",
           first);
    return EXIT_OK;
}

/* --- frameworks --- */

static size_t evidenced(const json_t *framework)
{
    size_t i, count = 0;
    const json_t *requirement;
    json_array_foreach(json_object_get(framework, "requirements"), i, requirement)
    {
        count += json_object_get(requirement, "checks") != NULL;
    }
    return count;
}

static void show_requirement(const json_t *requirement, size_t width)
{
    const char *why = jx_str(requirement, "why");
    size_t i;
    const json_t *check;
    printf("\n  %-*s", LABEL_WIDTH, jx_str_or(requirement, "id", "?"));
    rules_print_wrapped(jx_str_or(requirement, "title", ""), LABEL_WIDTH + 2, width);
    json_array_foreach(json_object_get(requirement, "checks"), i, check)
    {
        printf("    %-*s", LABEL_WIDTH - 2, jx_str_or(check, "id", "?"));
        rules_print_wrapped(jx_str_or(check, "rationale", ""), LABEL_WIDTH + 2, width);
    }
    rules_print_row("  no evidence", why, width);
}

static void show_framework(const json_t *framework, size_t width)
{
    size_t i;
    const json_t *requirement;
    printf("%s  ", jx_str_or(framework, "id", "?"));
    rules_print_wrapped(jx_str_or(framework, "title", ""), 4, width);
    rules_print_row("Version", jx_str(framework, "version"), width);
    rules_print_row("Source", jx_str(framework, "source"), width);
    json_array_foreach(json_object_get(framework, "requirements"), i, requirement)
    {
        show_requirement(requirement, width);
    }
}

static int run_frameworks(struct rules_job *job)
{
    const struct framework_set *set = job->criteria.frameworks;
    size_t width = rules_page_width(), shown = 0;
    for (size_t i = 0; i < frameworks_count(set) && job->names.count == 0; i++) {
        const json_t *f = frameworks_at(set, i);
        printf("  %-26s %3zu requirements, %3zu with evidence  ", jx_str_or(f, "id", "?"),
               json_array_size(json_object_get(f, "requirements")), evidenced(f));
        rules_print_wrapped(jx_str_or(f, "title", ""), 64, width);
    }
    for (size_t k = 0; k < job->names.count; k++) {
        const char *const name[] = {job->names.items[k], NULL};
        struct err err = ERR_INIT;
        if (frameworks_check_names(set, name, &err) != 0) {
            return cli_fail(&err);
        }
        json_t *list = frameworks_describe(set, name);
        printf("%s", shown++ > 0 ? "\n" : "");
        show_framework(json_array_get(list, 0), width);
        json_decref(list);
    }
    if (job->names.count == 0) {
        printf("\n%zu frameworks. One in full: towerkeep rules frameworks NAME\n",
               frameworks_count(set));
    }
    return EXIT_OK;
}

/* --- show --- */

static int run_show(struct rules_job *job)
{
    const struct rule_set *rules = job->criteria.rules;
    struct err err = ERR_INIT;
    for (size_t i = 0; i < job->names.count; i++) {
        const char *id = job->names.items[i];
        const struct rule *r = rules_find(rules, id);
        if (r == NULL) {
            const char *near = rules_nearest(rules, id);
            err_set(&err, ERR_INPUT, "no rule is named \"%s\"%s%s%s (towerkeep rules list)", id,
                    near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                    near != NULL ? "?" : "");
            return cli_fail(&err);
        }
        printf("%s", i > 0 ? "\n" : "");
        rules_show(r, job->criteria.frameworks);
    }
    return EXIT_OK;
}

/* --- validate --- */

struct validation {
    size_t files, bad;
};

static void validate_file(struct validation *v, const char *path)
{
    struct err err = ERR_INIT;
    v->files++;
    if (rules_check_file(path, &err) != 0) {
        v->bad++;
        (void)cli_fail(&err);
    }
}

static void validate_directory(struct validation *v, const char *directory)
{
    struct err err = ERR_INIT;
    char **names = NULL;
    size_t count = 0;
    if (dir_list(directory, ".yaml", &names, &count, &err) != 0) {
        v->bad++;
        (void)cli_fail(&err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char *path = path_join(directory, names[i]);
        validate_file(v, path);
        free(path);
    }
    names_free(names, count);
}

/* The shipped directory, then the configuration's, then --rules. */
static int all_directories(struct rules_job *job, struct words *out, struct err *err)
{
    struct err ignored = ERR_INIT;
    /* Broken rules are what the caller looks for; a broken configuration is not. */
    if (criteria_load(&job->criteria, job->options, &ignored) != 0 &&
        job->criteria.config.document == NULL) {
        *err = ignored;
        return -1;
    }
    return criteria_rule_directories(&job->criteria, job->options, out, err);
}

static int run_validate(struct rules_job *job)
{
    struct validation v = {0};
    struct words directories = {0};
    struct err err = ERR_INIT;
    if (job->names.count == 0 && all_directories(job, &directories, &err) != 0) {
        words_release(&directories);
        return cli_fail(&err);
    }
    const struct words *named = job->names.count > 0 ? &job->names : &directories;
    for (size_t i = 0; i < named->count; i++) {
        if (file_is_directory(named->items[i])) {
            validate_directory(&v, named->items[i]);
        } else if (file_exists(named->items[i])) {
            validate_file(&v, named->items[i]);
        } else {
            err_set(&err, ERR_INPUT, "%s: no such file or directory", named->items[i]);
            v.files++;
            v.bad++;
            (void)cli_fail(&err);
        }
    }
    words_release(&directories);
    if (v.bad == 0) {
        printf("%zu %s valid.\n", v.files, v.files == 1 ? "rule file is" : "rule files are");
        return EXIT_OK;
    }
    printf("%zu of %zu rule files are invalid.\n", v.bad, v.files);
    return EXIT_USAGE;
}

/* --- test --- */

/* DIR/tests beside each rule directory that has them. */
static void fixture_directories(const struct words *rules, struct words *out)
{
    for (size_t i = 0; i < rules->count; i++) {
        char *path = path_join(rules->items[i], "tests");
        if (file_is_directory(path)) {
            words_add(out, path);
        }
        free(path);
    }
}

static int report_counts(const struct rules_job *job, const struct rules_test_counts *n)
{
    size_t lacking = n->rules_without_pass + n->rules_without_fail + n->rules_without_unknown +
                     n->rules_without_not_applicable;
    printf("%zu rules, %zu cases, %zu failed", n->rules, n->cases, n->failed);
    if (job->enumerate) {
        printf(", %zu required cases missing", lacking);
    }
    puts(".");
    return n->failed > 0 || (job->enumerate && lacking > 0) ? EXIT_FAILING : EXIT_OK;
}

/* Fixtures are written for the rules as they ship, so the configuration's parameters stay out. */
static int run_test(struct rules_job *job)
{
    struct words directories = {0};
    struct words fixtures = {0};
    struct rule_set *rules = NULL;
    struct rules_test_counts counts;
    struct err err = ERR_INIT;
    int code = -1;
    if (all_directories(job, &directories, &err) == 0 &&
        rules_load(words_list(&directories), NULL, &rules, &err) == 0) {
        if (job->names.count == 0) {
            fixture_directories(&directories, &fixtures);
        }
        const struct words *named = job->names.count > 0 ? &job->names : &fixtures;
        if (rules_test(rules, words_list(named), stdout, &counts, &err) == 0) {
            code = report_counts(job, &counts);
        }
    }
    rules_free(rules);
    words_release(&directories);
    words_release(&fixtures);
    return code >= 0 ? code : cli_fail(&err);
}

/* Runs `run`, which prints, with the rules loaded first unless it reads them itself. */
static int run_job(struct options *o, bool load, int (*run)(struct rules_job *job))
{
    struct scan_options options;
    struct err err = ERR_INIT;
    options_take_run(o, &options);
    struct rules_job job = {
        .options = &options.criteria, .names = o->arguments, .enumerate = o->enumerate};
    int code =
        load && criteria_load(&job.criteria, job.options, &err) != 0 ? cli_fail(&err) : run(&job);
    criteria_release(&job.criteria);
    scan_options_release(&options);
    return code;
}

int cmd_rules_list(struct options *o)
{
    return run_job(o, true, run_list);
}

int cmd_rules_show(struct options *o)
{
    return run_job(o, true, run_show);
}

int cmd_rules_frameworks(struct options *o)
{
    return run_job(o, true, run_frameworks);
}

int cmd_rules_validate(struct options *o)
{
    return run_job(o, false, run_validate);
}

int cmd_rules_test(struct options *o)
{
    return run_job(o, false, run_test);
}

int cmd_rules_new(struct options *o)
{
    struct err err = ERR_INIT;
    struct criteria criteria = {0};
    const char *directory = o->rule_directory != NULL ? o->rule_directory : "my-rules";
    const char *scope = o->rule_scope != NULL ? o->rule_scope : "account";
    int rc = criteria_load(&criteria, &o->run.criteria, &err);
    if (rc == 0) {
        rc = rules_new(criteria.rules, directory, o->arguments.items[0], scope, &err);
    }
    criteria_release(&criteria);
    return rc == 0 ? EXIT_OK : cli_fail(&err);
}
