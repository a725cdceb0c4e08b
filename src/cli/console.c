#include "console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply_progress.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli.h"

#define WORST_SHOWN 10
#define ANSWER_MAX 128

/* --- callbacks of the workflow --- */

static void collect_started(void *context)
{
    struct console *c = context;
    progress_start(&c->progress, c->options.progress);
}

static void collecting(void *context, const struct collect_progress *now)
{
    struct console *c = context;
    progress_tell(&c->progress, now);
}

static void collect_ended(void *context)
{
    struct console *c = context;
    progress_end(&c->progress);
}

void console_print_plan(const struct console *c, const struct plan *plan)
{
    const struct plan_selection selection = session_plan_selection(&c->session);
    plan_print(plan, &selection, stdout, terminal_width(stdout),
               color_wanted(c->options.no_color, stdout));
}

/* A resumed plan only where somebody is there to confirm it. */
static void plan_shown(void *context, const struct plan *plan, bool resumed)
{
    const struct console *c = context;
    if (resumed && isatty(STDIN_FILENO) != 1) {
        return;
    }
    console_print_plan(c, plan);
    if (!resumed) {
        print_remains(plan);
    }
    (void)fflush(stdout);
}

static enum reply confirm(void *context, const struct confirmation *question)
{
    char typed[ANSWER_MAX];
    (void)context;
    if (isatty(STDIN_FILENO) != 1) {
        return REPLY_NO_TERMINAL;
    }
    if (question->teardown) {
        fputs("This removes the backup architecture. Type the organization ID to continue: ",
              stderr);
    } else if (question->steps == 1) {
        fputs("Type yes to apply this step: ", stderr);
    } else {
        fprintf(stderr, "Type yes to apply these %zu steps (%zu of high risk): ", question->steps,
                question->high_risk);
    }
    if (fgets(typed, sizeof typed, stdin) == NULL) {
        return REPLY_NO;
    }
    typed[strcspn(typed, "\r\n")] = '\0';
    return strcmp(typed, question->expected) == 0 ? REPLY_YES : REPLY_NO;
}

static void applied(void *context, const struct apply_result *result)
{
    const struct console *c = context;
    fprintf(stderr,
            "%zu %s, %zu already in place, %zu failed, %zu not attempted; %llu changes sent\n",
            result->done, c->options.dry_run ? "planned" : "done", result->already_true,
            result->failed, result->not_attempted, result->writes);
}

static void no_changes_needed(void *context)
{
    (void)context;
    puts("\nNo changes needed.");
}

/* --- begin and end --- */

int console_log_open(const struct scan_options *o, FILE **log, struct err *err)
{
    if (o->log_file != NULL && (*log = fopen(o->log_file, "a")) == NULL) {
        return err_set(err, ERR_INPUT, "--log-file: cannot write %s", o->log_file);
    }
    log_open(*log != NULL ? *log : stderr, (enum log_level)o->log_level);
    return 0;
}

void console_log_close(FILE **log)
{
    if (*log != NULL) {
        log_open(stderr, LOG_WARN);
        bool lost = ferror(*log) != 0;
        if (fclose(*log) != 0 || lost) {
            log_write(LOG_WARN, "--log-file: the log is incomplete: %s", strerror(errno));
        }
        *log = NULL;
    }
}

int console_begin(struct console *c, struct err *err)
{
    struct session_options options;
    c->ui = (struct workflow_ui){.context = c,
                                 .collect_started = collect_started,
                                 .collecting = collecting,
                                 .collect_ended = collect_ended,
                                 .plan_shown = plan_shown,
                                 .confirm = confirm,
                                 .step_changed = apply_progress_step,
                                 .applied = applied,
                                 .no_changes_needed = no_changes_needed};
    signals_catch();
    if (console_log_open(&c->options, &c->log, err) != 0) {
        return -1;
    }
    session_options_from(&c->options, &options);
    c->narrowed_by = narrowing_text(&c->options);
    options.narrowed_by = c->narrowed_by;
    return session_begin(&c->session, &options, &c->ui, err);
}

void console_end(struct console *c)
{
    session_release(&c->session);
    free(c->narrowed_by);
    c->narrowed_by = NULL;
    scan_options_release(&c->options);
    console_log_close(&c->log);
}

/* --- results --- */

/* After --fail-on and --ignore-exit-code-3. */
static int exit_code(const struct scan_options *o, const struct report_summary *summary)
{
    int64_t counted = 0;
    for (int severity = 0; severity <= o->fail_on; severity++) {
        counted += summary->fail_by_severity[severity];
    }
    if (summary->verdict == VERDICT_INCOMPLETE) {
        return EXIT_INCOMPLETE;
    }
    return counted > 0 && !o->ignore_exit_3 ? EXIT_FAILING : EXIT_OK;
}

int console_result(const struct scan_options *o, struct store *store, const char *directory,
                   const struct words *written, struct err *err)
{
    struct report_summary summary;
    bool color = color_wanted(o->no_color, stdout);
    if (report_summarize(store, &summary, err) != 0) {
        return -1;
    }
    summary_print(stdout, store, &summary, color);
    print_findings(stdout, store, WORST_SHOWN, o->statuses, color);
    puts("");
    if (!o->hide_files) {
        print_written(directory, written);
    }
    return exit_code(o, &summary);
}

int console_conclude(struct console *c, struct err *err)
{
    const struct session *s = &c->session;
    return console_result(&c->options, s->store, s->dir.path, &s->written, err);
}

int console_conclude_fix(struct console *c, enum goal goal, const struct fix_result *result,
                         struct err *err)
{
    bool teardown = goal == GOAL_TEARDOWN && !c->options.dry_run;
    if (teardown && !result->partway && result->deferred == 0) {
        printf(
            "\nTeardown%s%s complete. The checks below that fail are the expected result of it.\n",
            c->narrowed_by != NULL ? " with " : "", c->narrowed_by != NULL ? c->narrowed_by : "");
    }
    int code = console_conclude(c, err);
    if (code < 0) {
        return -1;
    }
    if (result->partway) {
        return EXIT_PARTWAY;
    }
    /* What a teardown removes makes checks fail: that is its goal. */
    return teardown && code == EXIT_FAILING ? EXIT_OK : code;
}

int console_fix(struct console *c, enum goal goal, struct err *err)
{
    struct fix_result result = {0};
    int code = fix_loop(&c->session, goal, &result, err);
    if (code == 0) {
        code = console_conclude_fix(c, goal, &result, err);
    }
    if (code == EXIT_PARTWAY) {
        console_tell_continuation();
    }
    json_decref(result.failures_before);
    return code;
}

void console_tell_continuation(void)
{
    fputs("To continue, correct the causes of the failed steps and run the same command again: "
          "steps that are done are not repeated.\n",
          stderr);
}

int console_failed(const struct err *err)
{
    int code = cli_fail(err);
    return signal_received != 0 ? EXIT_SIGNAL + (int)signal_received : code;
}

int console_stopped(struct console *c, const struct err *err)
{
    bool started = session_started(&c->session);
    enum continuation continuation = session_abandon(&c->session, err);
    char *hint = NULL;
    if (continuation == CONTINUE_RESUME) {
        hint = xasprintf("; the answers so far are kept: continue with towerkeep scan --resume %s",
                         c->session.dir.path);
    } else if (continuation == CONTINUE_SAME_COMMAND && err->code != ERR_INTERRUPTED) {
        hint = xstrdup("; run the same command again to continue");
    }
    int code = cli_fail_and(err, hint != NULL ? hint : "");
    free(hint);
    if (signal_received != 0) {
        return EXIT_SIGNAL + (int)signal_received;
    }
    return started && err->code == ERR_CREDENTIALS ? EXIT_INCOMPLETE : code;
}
