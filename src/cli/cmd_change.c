/* plan, apply, enable and teardown: the commands that lead to changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "fix_loop.h"
#include "model/plan.h"
#include "options.h"

static int walk(struct options *o, enum goal goal)
{
    struct session s = {0};
    struct err err = ERR_INIT;
    options_take_run(o, &s.options);
    int code = session_begin(&s, &err);
    if (code == 0) {
        code = fix_loop(&s, goal, &err);
    }
    if (code < 0) {
        code = session_stopped(&s, &err);
    }
    session_release(&s);
    return code;
}

int cmd_enable(struct options *o)
{
    return walk(o, GOAL_ENABLE);
}

int cmd_teardown(struct options *o)
{
    return walk(o, GOAL_TEARDOWN);
}

static int plan_of_run(struct session *s, const char *run, json_t **plan, struct err *err)
{
    struct scan_options *o = &s->options;
    struct subjects *subjects = NULL;
    char *path = NULL;
    int rc = run_dir_find(run, &path, err) || store_open(path, true, &s->store, err) ? -1 : 0;
    if (rc == 0) {
        struct plan_options options = {.config = o->setup.config.document,
                                       .checks = words_list(&o->only),
                                       .only_step = o->only_step};
        rc = subjects_new(s->store, options.config, &subjects, err) ||
                     plan_make(s->store, subjects, GOAL_FIX, &options, plan, err)
                 ? -1
                 : 0;
    }
    subjects_free(subjects);
    free(path);
    return rc;
}

static int write_plan(const struct session *s, const json_t *plan, const char *output,
                      struct err *err)
{
    const struct scan_options *o = &s->options;
    if (o->emit) {
        struct out_file *file = NULL;
        if (!output) {
            return plan_emit_aws_cli(plan, stdout, err);
        }
        if (out_file_open(output, &file, err)) {
            return -1;
        }
        if (plan_emit_aws_cli(plan, out_file_stream(file), err)) {
            out_file_abort(file);
            return -1;
        }
        return out_file_commit(file, err);
    }
    plan_print(plan, stdout, terminal_width(stdout), color_wanted(o->no_color, stdout));
    if (output && plan_save(plan, output, err)) {
        return -1;
    }
    if (output) {
        printf("\nWritten: %s (towerkeep apply %s)\n", output, output);
    }
    return 0;
}

int cmd_plan(struct options *o)
{
    struct session s = {0};
    struct err err = ERR_INIT;
    json_t *plan = NULL;
    const char *run = o->arguments.count > 0 ? o->arguments.items[0] : "towerkeep-output";
    int code = -1;
    options_take_run(o, &s.options);
    if (o->output != NULL && file_is_directory(o->output)) {
        err_set(&err, ERR_INPUT,
                "--output: %s is a directory; expected a file such as %s/plan.json", o->output,
                o->output);
        goto out;
    }
    code = session_begin(&s, &err) || plan_of_run(&s, run, &plan, &err) ||
                   write_plan(&s, plan, o->output, &err)
               ? -1
               : 0;
out:
    json_decref(plan);
    if (code < 0) {
        code = cli_fail(&err);
    }
    session_release(&s);
    return code;
}

int cmd_apply(struct options *o)
{
    struct session s = {0};
    struct err err = ERR_INIT;
    json_t *plan = NULL;
    const char *path = o->arguments.items[0];
    char *journal = xasprintf("%s.journal.db", path);
    options_take_run(o, &s.options);
    int code = session_begin(&s, &err) || plan_load(path, &plan, &err) ? -1 : 0;
    if (code == 0) {
        plan_print(plan, stdout, terminal_width(stdout), color_wanted(s.options.no_color, stdout));
        fflush(stdout);
        code = fix_loop_apply(&s, plan, journal, jx_count(plan, "steps") == 0, NULL, &err);
        code = code > 0 ? EXIT_PARTWAY : code;
    }
    json_decref(plan);
    free(journal);
    if (code < 0) {
        code = signal_received ? EXIT_SIGNAL + (int)signal_received : cli_fail(&err);
    }
    session_release(&s);
    return code;
}
