/* rules: what is judged, for those who read, write and test rule files. Nothing is sent anywhere.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "cli.h"
#include "rules_new.h"
#include "rules_show.h"

#define LABEL_WIDTH RULES_LABEL_WIDTH

struct rules_job {
    struct setup setup;
    struct words names; /* arguments of the sub-command */
    bool enumerate;
    const char *directory, *scope; /* of a new rule */
};

struct subcommand {
    const char *name, *arguments, *summary, *help;
    int (*run)(struct rules_job *job);
    const struct argp_option *options;
};

enum key { KEY_CONFIG = 0x100, KEY_RULES, KEY_ENUMERATE, KEY_DIRECTORY, KEY_SCOPE };

static const struct argp_option options[] = {
    {"rules", KEY_RULES, "DIR[,...]", 0,
     "Further rule directories; an equal id overrides the shipped rule", 1},
    {"config-file", KEY_CONFIG, "FILE", 0, "Configuration (default: as scan finds it)", 1},
    {0},
};

static const struct argp_option test_options[] = {
    {"enumerate", KEY_ENUMERATE, NULL, 0,
     "Also fail when a rule lacks a case for PASS, FAIL, ERROR or, with `when`, NOT_APPLICABLE", 1},
    {"rules", KEY_RULES, "DIR[,...]", 0,
     "Further rule directories; an equal id overrides the shipped rule", 1},
    {"config-file", KEY_CONFIG, "FILE", 0, "Configuration (default: as scan finds it)", 1},
    {0},
};

static const struct argp_option new_options[] = {
    {"directory", KEY_DIRECTORY, "DIR", 0, "Where it is written (default: my-rules)", 1},
    {"scope", KEY_SCOPE, "SCOPE", 0,
     "What it judges each of: org, landing-zone, ou, account, key, account-region, vault, plan, "
     "resource, ... (default: account)",
     1},
    {"rules", KEY_RULES, "DIR[,...]", 0, "Further rule directories, whose ids are taken", 1},
    {"config-file", KEY_CONFIG, "FILE", 0, "Configuration (default: as scan finds it)", 1},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct rules_job *job = state->input;
    switch (key) {
    case KEY_RULES:
        words_add(&job->setup.rule_directories, value);
        return 0;
    case KEY_CONFIG:
        job->setup.config_file = value;
        return 0;
    case KEY_DIRECTORY:
        job->directory = value;
        return 0;
    case KEY_SCOPE:
        job->scope = value;
        return 0;
    case KEY_ENUMERATE:
        job->enumerate = true;
        return 0;
    case ARGP_KEY_ARG:
        job->names.items = xreallocarray(job->names.items, job->names.count + 2, sizeof(char *));
        job->names.items[job->names.count++] = xstrdup(value);
        job->names.items[job->names.count] = NULL;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- list --- */

static int run_list(struct rules_job *job)
{
    const struct rule_set *rules = job->setup.rules;
    size_t width = rules_page_width();
    int step = -1;
    size_t shown = 0;
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
            printf("%sStep %d\n", shown > 0 ? "\n" : "", r->step);
            step = r->step;
        }
        printf("  %-10s %-13s %-14s ", r->id, severity_name(r->severity), scope_name(r->scope));
        rules_print_wrapped(r->title, 42, width);
        shown++;
    }
    printf("\n%zu rules. One in full: towerkeep rules show %s\n", shown,
           rules_count(rules) > 0 ? rules_at(rules, 0)->id : "ID");
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
    const struct framework_set *set = job->setup.frameworks;
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
    const struct rule_set *rules = job->setup.rules;
    struct err err = ERR_INIT;
    if (job->names.count == 0) {
        err_set(&err, ERR_INPUT, "rules show: which rule? (towerkeep rules list)");
        return cli_fail(&err);
    }
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
        rules_show(r, job->setup.frameworks);
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
    struct setup *s = &job->setup;
    struct err ignored = ERR_INIT;
    /* Broken rules are what the caller looks for; a broken configuration is not. */
    if (setup_load(s, &ignored) != 0 && s->config.document == NULL) {
        *err = ignored;
        return -1;
    }
    char *shipped = NULL;
    if (data_dir_find("rules", &shipped, err) != 0) {
        return -1;
    }
    words_add(out, shipped);
    free(shipped);
    const json_t *more = jx_get(s->config.document, "rules.directories");
    for (size_t i = 0; i < json_array_size(more); i++) {
        words_add(out, json_string_value(json_array_get(more, i)));
    }
    for (size_t i = 0; i < s->rule_directories.count; i++) {
        words_add(out, s->rule_directories.items[i]);
    }
    return 0;
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
        printf("%zu %s well formed.\n", v.files, v.files == 1 ? "rule file is" : "rule files are");
        return EXIT_OK;
    }
    printf("%zu of %zu rule files cannot be used.\n", v.bad, v.files);
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
        printf(", %zu wanted cases missing", lacking);
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

static int load_then_list(struct rules_job *job)
{
    struct err err = ERR_INIT;
    return setup_load(&job->setup, &err) == 0 ? run_list(job) : cli_fail(&err);
}

static int load_then_frameworks(struct rules_job *job)
{
    struct err err = ERR_INIT;
    return setup_load(&job->setup, &err) == 0 ? run_frameworks(job) : cli_fail(&err);
}

static int load_then_show(struct rules_job *job)
{
    struct err err = ERR_INIT;
    return setup_load(&job->setup, &err) == 0 ? run_show(job) : cli_fail(&err);
}

static int run_new(struct rules_job *job)
{
    struct err err = ERR_INIT;
    if (job->names.count != 1) {
        err_set(&err, ERR_INPUT, "rules new: expected one id, such as ACME-1");
        return cli_fail(&err);
    }
    return setup_load(&job->setup, &err) == 0 &&
                   rules_new(job->setup.rules, job->directory != NULL ? job->directory : "my-rules",
                             job->names.items[0], job->scope != NULL ? job->scope : "account",
                             &err) == 0
               ? EXIT_OK
               : cli_fail(&err);
}

static const struct subcommand subcommands[] = {
    {"list", "[ID...]", "every rule in force, by step",
     "Lists the rules in force. With IDs (* and ? match), only those.", load_then_list, options},
    {"show", "ID...", "one rule in full",
     "Shows what a rule looks at, why, how it words its verdict, and what may be set.",
     load_then_show, options},
    {"frameworks", "[NAME...]",
     "which requirement of which standard which checks give evidence for",
     "Lists the frameworks, or shows those named (FRAMEWORK ids, as scan --compliance takes them).",
     load_then_frameworks, options},
    {"validate", "[DIR|FILE...]", "are rule files well formed?",
     "Reads rule files and says what is wrong with each: FILE:LINE:COLUMN: PATH: what was "
     "expected. Without arguments: every rule directory in use.\vExit status: 0 all are well "
     "formed; 2 one is not.",
     run_validate, options},
    {"test", "[DIR...]", "do the fixtures get the verdicts they expect?",
     "Judges the fixtures of the given directories (default: the folder tests of each rule "
     "directory) with parameters at their defaults.\vExit status: 0 every case got its verdict; "
     "2 a file is malformed; 3 a case failed.",
     run_test, test_options},
    {"new", "ID", "a rule to begin with, and its fixtures",
     "Writes DIR/ID.yaml and DIR/tests/ID.yaml: a rule that is well formed and cases that get "
     "their verdicts, to be filled with sense. Nothing is overwritten.",
     run_new, new_options},
};
#define SUBCOMMAND_COUNT (sizeof subcommands / sizeof *subcommands)

static void overview(FILE *out)
{
    fputs("Usage: towerkeep rules COMMAND [OPTION...]\n\nCommands:\n", out);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        fprintf(out, "  %-10s %-14s %s\n", subcommands[i].name, subcommands[i].arguments,
                subcommands[i].summary);
    }
    fputs("\nEach explains itself: towerkeep rules COMMAND --help\n", out);
}

static int unknown_subcommand(const char *word)
{
    const char *names[SUBCOMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        names[i] = subcommands[i].name;
    }
    const char *near = str_nearest(word, names);
    struct err err = ERR_INIT;
    err_set(&err, ERR_INPUT,
            "rules: unknown command \"%s\"%s%s%s (list, show, frameworks, validate, test, new)",
            word, near != NULL ? ": did you mean \"" : "", near != NULL ? near : "",
            near != NULL ? "\"?" : "");
    return cli_fail(&err);
}

static int run_subcommand(const struct subcommand *sub, int argc, char **argv)
{
    struct rules_job job = {0};
    const struct argp argp = {
        .options = sub->options, .parser = parse, .args_doc = sub->arguments, .doc = sub->help};
    char *before = argv[0];
    char *name = xasprintf("towerkeep rules %s", sub->name);
    argv[0] = name;
    arguments_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &job);
    argv[0] = before;
    int code = sub->run(&job);
    free(name);
    words_release(&job.names);
    setup_release(&job.setup);
    return code;
}

int cmd_rules(int argc, char **argv)
{
    if (argc < 2) {
        overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
        strcmp(argv[1], "help") == 0) {
        overview(stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (strcmp(subcommands[i].name, argv[1]) == 0) {
            return run_subcommand(&subcommands[i], argc - 1, argv + 1);
        }
    }
    return unknown_subcommand(argv[1]);
}
