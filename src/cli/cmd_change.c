/* plan, apply, enable and teardown: the commands that lead to changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "console.h"
#include "model/plan.h"
#include "options.h"

static int change(struct options *o, enum goal goal)
{
    struct console c = {0};
    struct err err = ERR_INIT;
    options_take_run(o, &c.options);
    int code = console_begin(&c, &err);
    if (code == 0) {
        code = console_fix(&c, goal, &err);
    }
    if (code < 0) {
        code = console_stopped(&c, &err);
    }
    console_end(&c);
    return code;
}

int cmd_enable(struct options *o)
{
    return change(o, GOAL_ENABLE);
}

int cmd_teardown(struct options *o)
{
    return change(o, GOAL_TEARDOWN);
}

static int plan_of_run(struct session *s, const char *run, struct plan **plan, struct err *err)
{
    char *path = NULL;
    int rc = -1;
    if (run_dir_find(run, &path, err) == 0 && store_open(path, true, &s->store, err) == 0) {
        rc = store_meta(s->store, "rules") == NULL
                 ? err_set(err, ERR_INPUT,
                           "%s: the run was interrupted: complete it with towerkeep scan --resume",
                           run)
                 : session_make_plan(s, GOAL_FIX, NULL, plan, err);
    }
    free(path);
    return rc;
}

static int write_plan(const struct console *c, const struct plan *plan, const char *output,
                      struct err *err)
{
    const struct scan_options *o = &c->options;
    if (o->emit != NULL) {
        struct out_file *file = NULL;
        if (output == NULL) {
            return plan_emit_aws_cli(plan, stdout, err);
        }
        if (out_file_open(output, &file, err) != 0) {
            return -1;
        }
        if (plan_emit_aws_cli(plan, out_file_stream(file), err) != 0) {
            out_file_abort(file);
            return -1;
        }
        return out_file_commit(file, err);
    }
    console_print_plan(c, plan);
    if (output != NULL && plan_save(plan, output, err) != 0) {
        return -1;
    }
    if (output != NULL) {
        printf("\nWritten: %s (towerkeep apply %s)\n", output, output);
    }
    return 0;
}

int cmd_plan(struct options *o)
{
    struct console c = {0};
    struct err err = ERR_INIT;
    struct plan *plan = NULL;
    const char *run = o->arguments.count > 0 ? o->arguments.items[0] : "towerkeep-output";
    int code = -1;
    options_take_run(o, &c.options);
    if (o->output != NULL && file_is_directory(o->output)) {
        err_set(&err, ERR_INPUT,
                "--output: %s is a directory; expected a file such as %s/plan.json", o->output,
                o->output);
        goto out;
    }
    if (console_begin(&c, &err) == 0 && plan_of_run(&c.session, run, &plan, &err) == 0) {
        code = write_plan(&c, plan, o->output, &err);
    }
out:
    plan_free(plan);
    if (code < 0) {
        code = cli_fail(&err);
    }
    console_end(&c);
    return code;
}

static int check_organization(const struct plan *plan, const char *confirmed, struct err *err)
{
    return confirmed == NULL || strcmp(confirmed, plan->organization_id) == 0
               ? 0
               : err_set(err, ERR_INPUT, "--confirm-organization %s: the plan is for %s", confirmed,
                         plan->organization_id);
}

int cmd_apply(struct options *o)
{
    struct console c = {0};
    struct err err = ERR_INIT;
    struct plan *plan = NULL;
    const char *path = o->arguments.items[0];
    char *journal = xasprintf("%s.journal.db", path);
    options_take_run(o, &c.options);
    int code = console_begin(&c, &err);
    if (code == 0) {
        code = plan_load(path, &plan, &err);
    }
    if (code == 0) {
        code = check_organization(plan, c.options.confirm_organization, &err);
    }
    if (code == 0 && c.narrowed_by != NULL) {
        struct plan_selection selection = session_plan_selection(&c.session);
        code = plan_narrow(plan, &selection, &err);
        c.session.left_out = selection.left_out;
    }
    if (code == 0) {
        console_print_plan(&c, plan);
        fflush(stdout);
    }
    if (code == 0 && (c.narrowed_by == NULL || plan->steps.count > 0)) {
        code = fix_loop_apply(&c.session, plan, journal, plan->steps.count == 0, NULL, &err);
        if (code > 0) {
            code = EXIT_PARTWAY;
            console_tell_continuation();
            fputs("If the organization has changed since the scan, run scan and plan again.\n",
                  stderr);
        }
    }
    plan_free(plan);
    free(journal);
    if (code < 0) {
        code = console_failed(&err);
    }
    console_end(&c);
    return code;
}
