/* check and report: a stored run, judged or drawn again without any network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "options.h"
#include "session.h"

struct rejudge {
    struct scan_options options;
    const char *run, *output; /* output: NULL, beside the run */
    bool judge;
};

static int judge_again(struct rejudge *r, struct store *store, struct err *err)
{
    if (setup_load(&r->options.setup, err) ||
        setup_check_selection(&r->options.setup, &r->options.checks, &r->options.excluded_checks,
                              r->options.min_severity, err)) {
        return -1;
    }
    struct check_options how = {.checks = words_list(&r->options.checks),
                                .excluded_checks = words_list(&r->options.excluded_checks),
                                .min_severity = r->options.min_severity,
                                .now_iso = store_meta(store, "ended")};
    json_t *rules = NULL;
    int rc =
        setup_judge(&r->options.setup, store, how, &rules, err) ||
                store_meta_set(store, "rules_digest", rules_digest(r->options.setup.rules), err) ||
                history_note_scope(store,
                                   r->options.checks.count > 0 ||
                                       r->options.excluded_checks.count > 0 ||
                                       r->options.min_severity >= 0,
                                   err) ||
                store_meta_set(store, "config_digest", r->options.setup.config.digest, err) ||
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
               reports_write(&r->options.reports, store, config, rules, directory, &written, err) ==
                   0 &&
               report_summarize(store, &summary, err) == 0) {
        summary_print(stdout, store, &summary, color_wanted(r->options.no_color, stdout));
        puts("");
        for (size_t i = 0; i < written.count; i++) {
            printf("%s %s/%s\n", i ? "        " : "Written:", directory, written.items[i]);
        }
        rc = session_exit_code(&r->options, &summary);
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
        rc = package_make(directory, store, r->options.reports.sign_key, err);
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

static int run_command(struct options *o, bool judge)
{
    struct rejudge r = {.run = o->arguments.items[0], .judge = judge};
    struct err err = ERR_INIT;
    struct store *store = NULL;
    char *path = NULL, *directory = NULL;
    options_take_run(o, &r.options);
    r.output = r.options.output_given ? r.options.output : NULL;
    int rc = reports_check(&r.options.reports, &err) || run_dir_find(r.run, &path, &err) ||
                     store_open(path, !judge, &store, &err) ||
                     (judge && judge_again(&r, store, &err))
                 ? -1
                 : 0;
    if (rc == 0) {
        directory = r.output != NULL ? xstrdup(r.output) : directory_of(path);
        rc = draw(&r, store, directory, &err);
        if (rc >= 0 && r.options.reports.evidence &&
            draw_evidence(&r, store, path, directory, &err)) {
            rc = -1;
        }
    }
    store_close(store);
    free(path);
    free(directory);
    scan_options_release(&r.options);
    return rc < 0 ? cli_fail(&err) : rc;
}

int cmd_check(struct options *o)
{
    return run_command(o, true);
}

int cmd_report(struct options *o)
{
    return run_command(o, false);
}
