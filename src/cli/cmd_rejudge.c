/* check and report: a stored run, judged or drawn again without any network. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli.h"

struct rejudge {
    struct setup setup;
    struct report_job reports;
    struct words checks, excluded_checks;
    const char *run, *output;
    bool no_color, judge;
};

static const struct argp_option judging[] = {
    {"checks", 'c', "ID[,...]", 0, "Only these checks; * and ? match", 1},
    {"excluded-checks", 'e', "ID[,...]", 0, "Not these checks", 1},
    {"rules", 'r', "DIR[,...]", 0, "Further rule directories", 1},
    {"mutelist-file", 'w', "FILE", 0,
     "Waivers: failures somebody has accepted (default: none; those of the scan do not stay)", 1},
    {"compliance", 'k', "NAME[,...]", 0,
     "Only checks that these frameworks map (towerkeep rules frameworks)", 1},
    {"config-file", 'C', "FILE", 0, "Configuration to judge with (default: as scan finds it)", 1},
    {0},
};

static const struct argp_option drawing[] = {
    {"output-directory", 'o', "DIR", 0, "Where the reports go (default: beside the run)", 2},
    {"output-formats", 'M', "FORMAT[,...]", 0, "Reports to write (default: json,xlsx)", 2},
    {"output-filename", 'F', "NAME", 0, "File name of the reports (default: report)", 2},
    {"evidence", 'E', NULL, 0, "Also the evidence package, beside the run", 2},
    {"sign-key", 'K', "FILE", 0, "Sign it with this private key (PEM, Ed25519 or ECDSA)", 2},
    {"no-color", 'n', NULL, 0, "No colours (also: NO_COLOR)", 2},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct rejudge *r = state->input;
    switch (key) {
    case 'c':
        words_add(&r->checks, value);
        return 0;
    case 'e':
        words_add(&r->excluded_checks, value);
        return 0;
    case 'r':
        words_add(&r->setup.rule_directories, value);
        return 0;
    case 'w':
        r->setup.mutelist_file = value;
        return 0;
    case 'k':
        words_add(&r->setup.compliance, value);
        return 0;
    case 'C':
        r->setup.config_file = value;
        return 0;
    case 'o':
        r->output = value;
        return 0;
    case 'M':
        words_add(&r->reports.formats, value);
        return 0;
    case 'F':
        r->reports.filename = value;
        return 0;
    case 'E':
        r->reports.evidence = true;
        return 0;
    case 'K':
        r->reports.sign_key = value;
        return 0;
    case 'n':
        r->no_color = true;
        return 0;
    case ARGP_KEY_ARG:
        if (r->run) {
            usage_fail("one RUN at a time, not \"%s\" as well", value);
        }
        r->run = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        usage_fail("which RUN? (a run's directory, or its run.db)");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_root(int key, char *value, struct argp_state *state)
{
    struct rejudge *r = state->input;
    if (key == ARGP_KEY_INIT && r->judge) {
        state->child_inputs[0] = r;
        return 0;
    }
    return parse(key, value, state);
}

/* The flags that choose how to judge, which a run drawn as it was judged has no use for. */
static error_t parse_judging(int key, char *value, struct argp_state *state)
{
    return key == ARGP_KEY_ARG || key == ARGP_KEY_NO_ARGS ? ARGP_ERR_UNKNOWN
                                                          : parse(key, value, state);
}

static int judge_again(struct rejudge *r, struct store *store, struct err *err)
{
    if (setup_load(&r->setup, err) ||
        setup_check_selection(&r->setup, &r->checks, &r->excluded_checks, -1, err)) {
        return -1;
    }
    struct check_options how = {.checks = words_list(&r->checks),
                                .excluded_checks = words_list(&r->excluded_checks),
                                .min_severity = -1,
                                .now_iso = store_meta(store, "ended")};
    json_t *rules = NULL;
    int rc = setup_judge(&r->setup, store, how, &rules, err) ||
                     store_meta_set(store, "rules_digest", rules_digest(r->setup.rules), err) ||
                     history_note_scope(store, r->checks.count > 0 || r->excluded_checks.count > 0,
                                        err) ||
                     store_meta_set(store, "config_digest", r->setup.config.digest, err) ||
                     store_commit(store, err)
                 ? -1
                 : 0;
    json_decref(rules);
    return rc;
}

static int draw(struct rejudge *r, struct store *store, const char *directory, struct err *err)
{
    struct words written = {0};
    struct report_summary summary;
    const char *config_text = store_meta(store, "config");
    json_t *config = config_text ? json_loads(config_text, 0, NULL) : NULL;
    const char *rules_text = store_meta(store, "rules");
    json_t *rules = rules_text ? json_loads(rules_text, 0, NULL) : NULL;
    int rc = -1;
    if (!config || !rules) {
        err_set(err, ERR_INPUT,
                "%s: the run was never judged: use towerkeep scan --resume, or towerkeep check",
                r->run);
    } else if (dir_make(directory, err) == 0 &&
               reports_write(&r->reports, store, config, rules, directory, &written, err) == 0 &&
               report_summarize(store, &summary, err) == 0) {
        summary_print(stdout, store, &summary, color_wanted(r->no_color, stdout));
        puts("");
        for (size_t i = 0; i < written.count; i++) {
            printf("%s %s/%s\n", i ? "        " : "Written:", directory, written.items[i]);
        }
        rc = summary.verdict == VERDICT_INCOMPLETE      ? EXIT_INCOMPLETE
             : summary.verdict == VERDICT_NON_COMPLIANT ? EXIT_FAILING
                                                        : EXIT_OK;
    }
    words_release(&written);
    json_decref(config);
    json_decref(rules);
    return rc;
}

/* The package sums up the run's whole directory: it can only be beside the run. */
static int draw_evidence(struct rejudge *r, struct store *store, const char *path,
                         const char *directory, struct err *err)
{
    struct run_dir dir = {0};
    int rc = -1;
    if (r->output || !(str_equal(path, "run.db") || str_ends(path, "/run.db"))) {
        err_set(err, ERR_INPUT, "--evidence: only beside the run, in the directory of its run.db");
    } else if (run_dir_open(&dir, directory, err) == 0) {
        rc = package_make(directory, store, r->reports.sign_key, err);
        if (rc == 0) {
            printf("        %s/%s\n", directory, PACKAGE_FOLDER);
        }
    }
    run_dir_close(&dir);
    return rc;
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

static int run_command(struct rejudge *r, const char *doc, char *name, int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct store *store = NULL;
    char *path = NULL, *directory = NULL;
    const struct argp judge = {.options = judging, .parser = parse_judging};
    const struct argp_child children[] = {{&judge, 0, NULL, 1}, {0}};
    const struct argp argp = {.options = drawing,
                              .parser = parse_root,
                              .args_doc = "RUN",
                              .doc = doc,
                              .children = r->judge ? children : NULL};
    argv[0] = name;
    arguments_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, r);
    if (r->reports.formats.count == 0) {
        words_add(&r->reports.formats, "json,xlsx");
    }
    r->reports.filename = r->reports.filename ? r->reports.filename : "report";
    int rc = reports_check(&r->reports, &err) || run_dir_find(r->run, &path, &err) ||
                     store_open(path, !r->judge, &store, &err) ||
                     (r->judge && judge_again(r, store, &err))
                 ? -1
                 : 0;
    if (rc == 0) {
        directory = r->output ? xstrdup(r->output) : directory_of(path);
        rc = draw(r, store, directory, &err);
        if (rc >= 0 && r->reports.evidence && draw_evidence(r, store, path, directory, &err)) {
            rc = -1;
        }
    }
    store_close(store);
    free(path);
    free(directory);
    words_release(&r->checks);
    words_release(&r->excluded_checks);
    words_release(&r->reports.formats);
    setup_release(&r->setup);
    return rc < 0 ? cli_fail(&err) : rc;
}

int cmd_check(int argc, char **argv)
{
    static const char doc[] = "Judges a stored run again with the rules and configuration of "
                              "today, and writes its reports. "
                              "No network is used; the same run and rules give the same findings.";
    char name[] = "towerkeep check";
    struct rejudge r = {.judge = true};
    return run_command(&r, doc, name, argc, argv);
}

int cmd_report(int argc, char **argv)
{
    static const char doc[] =
        "Draws the reports of a stored run again, as it was judged. No network is used.";
    char name[] = "towerkeep report";
    struct rejudge r = {0};
    return run_command(&r, doc, name, argc, argv);
}
