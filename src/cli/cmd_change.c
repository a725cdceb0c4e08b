/* plan, apply, enable and teardown: the commands that lead to changes. */
#include <stdio.h>
#include <string.h>

#include "apply/apply.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "fix_loop.h"
#include "model/plan.h"

static int walk(int argc, char **argv, const struct command_line *line, enum goal goal)
{
    struct session s = {0};
    struct err err = ERR_INIT;
    scan_options_parse(&s.options, line, argc, argv);
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

int cmd_enable(int argc, char **argv)
{
    static const char doc[] =
        "Completes the whole architecture, from nothing if need be: accounts, key and replicas, "
        "landing zone, opt-in, "
        "delegated administrator, baselines top-down, tags. Scans, plans, asks, applies, and scans "
        "again.\v"
        "What is wanted is read from the configuration (see templates/towerkeep.yaml). A second "
        "run sends no change. A "
        "run that was cut off goes on where it stopped, when the same command is given again. What "
        "rests on "
        "something that the scan could not see is held back and says what it waits for (exit "
        "status 4).\n\n"
        "Example:\n  towerkeep enable --config-file towerkeep.yaml -o enable-run";
    static const struct command_line line = {
        .name = "towerkeep enable", .doc = doc, .changes = true};
    return walk(argc, argv, &line, GOAL_ENABLE);
}

int cmd_teardown(int argc, char **argv)
{
    static const char doc[] = "Takes the architecture down in reverse: baselines leaf-first, the "
                              "landing zone's backup setting, delegated "
                              "administrator and trusted access; then lists what remains. Vaults "
                              "and recovery points are never deleted "
                              "unless they are named.\v"
                              "Asks for the organization's id to be typed.\n\n"
                              "Example:\n  towerkeep teardown -o teardown-run --auto-approve "
                              "--confirm-organization o-exampleorg1";
    static const struct command_line line = {
        .name = "towerkeep teardown", .doc = doc, .changes = true};
    return walk(argc, argv, &line, GOAL_TEARDOWN);
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
        if (strcmp(o->emit, "aws-cli") != 0) {
            return err_set(err, ERR_INPUT, "--emit: \"%s\": expected aws-cli", o->emit);
        }
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

int cmd_plan(int argc, char **argv)
{
    static const char doc[] =
        "Turns the failing findings of a stored run into an ordered plan: what would be changed, "
        "why, with which "
        "requests, how long it takes. Nothing is asked of AWS and nothing is changed.\v"
        "RUN is a run's directory or its run.db (default: towerkeep-output). With -o FILE the plan "
        "is saved for apply; "
        "with --emit aws-cli it becomes a shell script to review.\n\n"
        "Example:\n  towerkeep plan audit -o plan.json && towerkeep apply plan.json";
    static const struct command_line line = {.name = "towerkeep plan",
                                             .doc = doc,
                                             .args_doc = "[RUN]",
                                             .most_arguments = 1,
                                             .changes = true};
    struct session s = {0};
    struct err err = ERR_INIT;
    json_t *plan = NULL;
    s.options.output = NULL;
    scan_options_parse(&s.options, &line, argc, argv);
    const char *run = s.options.arguments.count ? s.options.arguments.items[0] : "towerkeep-output";
    const char *output =
        strcmp(s.options.output, "towerkeep-output") == 0 ? NULL : s.options.output;
    int code = session_begin(&s, &err) || plan_of_run(&s, run, &plan, &err) ||
                       write_plan(&s, plan, output, &err)
                   ? -1
                   : 0;
    json_decref(plan);
    if (code < 0) {
        code = cli_fail(&err);
    }
    session_release(&s);
    return code;
}

int cmd_apply(int argc, char **argv)
{
    static const char doc[] =
        "Applies a saved plan: checks that the facts it rests on still hold, journals every call "
        "before it leaves, waits "
        "for what AWS does, and says what became of each step. Scan afterwards to see the checks "
        "pass.\v"
        "The journal lies beside the plan (PLAN.journal.db). Giving the same command again after a "
        "crash goes on where "
        "it stopped; no call that took effect is repeated.\n\n"
        "Exit status: 0 every step done or already true; 5 stopped part-way; others as for scan.";
    static const struct command_line line = {.name = "towerkeep apply",
                                             .doc = doc,
                                             .args_doc = "PLAN",
                                             .most_arguments = 1,
                                             .changes = true};
    struct session s = {0};
    struct err err = ERR_INIT;
    json_t *plan = NULL;
    char *journal = NULL;
    scan_options_parse(&s.options, &line, argc, argv);
    int code = session_begin(&s, &err);
    if (code == 0 && s.options.arguments.count == 0) {
        code = err_set(&err, ERR_INPUT, "which PLAN? (a file written by towerkeep plan -o)");
    }
    if (code == 0) {
        journal = xasprintf("%s.journal.db", s.options.arguments.items[0]);
        code = plan_load(s.options.arguments.items[0], &plan, &err);
    }
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
