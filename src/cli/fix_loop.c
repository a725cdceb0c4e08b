#include "fix_loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply_progress.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "fix_state.h"
#include "model/plan.h"

/* Repairs can uncover what could not be judged before (a Region's vaults, once its key is back). */
#define ROUNDS_MAX 4

/* The plan that is being applied: while this file is there, apply has not ended. */
#define PENDING_PLAN "plan.pending.json"
#define PENDING_JOURNAL "apply.db"
static bool is_loopback(const char *url)
{
    static const char *const prefixes[] = {"http://127.",       "https://127.", "http://localhost",
                                           "https://localhost", "http://[::1]", "https://[::1]"};
    for (size_t i = 0; url && i < sizeof prefixes / sizeof *prefixes; i++) {
        if (str_starts(url, prefixes[i])) {
            return true;
        }
    }
    return false;
}

/* For tests: dies like a power cut at the n-th boundary. */
static void die_at_boundary(void *context, const char *step, const char *event)
{
    int *left = context;
    (void)step;
    (void)event;
    if (--*left == 0) {
        kill(getpid(), SIGKILL);
    }
}

static bool typed(const char *question, const char *wanted)
{
    char answer[128];
    fprintf(stderr, "%s", question);
    if (!fgets(answer, sizeof answer, stdin)) {
        return false;
    }
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcmp(answer, wanted) == 0;
}

static size_t risky_steps(const json_t *plan)
{
    const json_t *steps = jx_get(plan, "steps");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        count += strcmp(jx_str_or(json_array_get(steps, i), "risk", ""), "high") == 0 ? 1 : 0;
    }
    return count;
}

static int confirm(const struct session *s, const json_t *plan, struct err *err)
{
    const struct scan_options *o = &s->options;
    const char *organization = jx_str_or(plan, "organization_id", "");
    bool teardown = strcmp(jx_str_or(plan, "goal", ""), "teardown") == 0;
    if (teardown && o->confirm_organization) {
        return strcmp(o->confirm_organization, organization) == 0 && o->auto_approve
                   ? 0
                   : err_set(err, ERR_INPUT,
                             "--confirm-organization %s: expected %s, together with --auto-approve",
                             o->confirm_organization, organization);
    }
    if (o->auto_approve && !teardown) {
        return 0;
    }
    if (isatty(STDIN_FILENO) != 1) {
        return err_set(err, ERR_INPUT, "nothing was changed: without a terminal, %s is required",
                       teardown ? "--auto-approve with --confirm-organization ID"
                                : "--auto-approve");
    }
    size_t count = jx_count(plan, "steps");
    char *question =
        teardown     ? xstrdup("This takes backup down. Type the organization's id to go on: ")
        : count == 1 ? xstrdup("Type yes to apply this step: ")
                     : xasprintf("Type yes to apply these %zu steps (%zu of high risk): ", count,
                                 risky_steps(plan));
    bool yes = typed(question, teardown ? organization : "yes");
    free(question);
    return yes ? 0 : err_set(err, ERR_INPUT, "nothing was changed: not confirmed");
}

static int check_first(struct aws_client *client, const json_t *plan, int quota, struct err *err)
{
    json_t *problems = json_array();
    int rc = jx_count(plan, "steps") > 0 ? preflight_run(client, plan, quota, problems, err) : 0;
    if (rc == 0 && json_array_size(problems) > 0) {
        size_t i;
        json_t *problem;
        json_array_foreach(problems, i, problem)
        {
            log_write(LOG_ERROR, "preflight: %s", json_string_value(problem));
        }
        rc = err_set(err, ERR_INPUT, "nothing was changed: %zu problem%s must be solved first: %s",
                     json_array_size(problems), json_array_size(problems) == 1 ? "" : "s",
                     json_string_value(json_array_get(problems, 0)));
    }
    json_decref(problems);
    return rc;
}

static int check_time_scale(const struct scan_options *o, struct err *err)
{
    return o->time_scale > 1 && !is_loopback(o->endpoint_url)
               ? err_set(err, ERR_INPUT, "--time-scale: only with a loopback --endpoint-url")
               : 0;
}

int fix_loop_apply(struct session *s, const json_t *plan, const char *journal, bool confirmed,
                   json_t **changes, struct err *err)
{
    struct scan_options *o = &s->options;
    struct aws_client *writer = NULL;
    struct apply_result result = {0};
    if (check_time_scale(o, err) || (!confirmed && !o->dry_run && confirm(s, plan, err))) {
        return -1;
    }
    int left = o->crash_at;
    struct apply_options options = {.journal = journal,
                                    .time_scale = o->time_scale,
                                    .dry_run = o->dry_run,
                                    .max_changes = o->max_changes,
                                    .tell = apply_progress_step,
                                    .context = s,
                                    .boundary = left > 0 ? die_at_boundary : NULL,
                                    .boundary_context = &left,
                                    .stop = &signal_received};
    int rc = session_writer(s, &writer, err);
    if (rc == 0 && !file_exists(journal)) {
        int quota = (int)jx_int(o->setup.config.document, "limits.accounts", 0);
        rc = check_first(writer, plan, quota, err);
    }
    if (rc == 0) {
        rc = apply_run(writer, plan, &options, &result, err);
    }
    if (rc >= 0 && changes) {
        *changes = json_incref(result.changes);
    }
    if (rc >= 0) {
        fprintf(stderr,
                "%zu done, %zu already true, %zu failed, %zu not attempted; %llu changes sent\n",
                result.done, result.already_true, result.failed, result.not_attempted,
                result.writes);
    }
    apply_result_release(&result);
    aws_client_free(writer);
    return rc;
}

/* AWS keeps no time for tags: the checks of what plans did with a resource since are told what was
 * tagged a moment ago. */
static int tell_tagged(const struct fix_state *w, struct err *err)
{
    json_t *tagged = json_object();
    const char *step;
    json_t *call, *arn;
    size_t i;
    json_object_foreach(w->sent, step, call)
    {
        if (strcmp(jx_str_or(call, "operation", ""), "tagging:TagResources") != 0) {
            continue;
        }
        json_array_foreach(jx_get(call, "input.ResourceARNList"), i, arn)
        {
            json_object_set_new(tagged, json_string_value(arn), json_true());
        }
    }
    char *text = jx_dump(tagged);
    int rc = store_meta_set(w->s->store, "tagged_now", text, err);
    free(text);
    json_decref(tagged);
    return rc;
}

static int scan_again(struct fix_state *w, struct err *err)
{
    static const char *const purposes[] = {"fix", "enable", "teardown"};
    struct session *s = w->s;
    store_close(s->store);
    s->store = NULL;
    (void)unlink(s->dir.partial); /* the scan before this one: its findings made the plan */
    return session_open_run(s, err) || session_connect(s, err) || session_collect(s, err) ||
                   store_meta_set(s->store, "purpose", purposes[w->goal], err) ||
                   tell_tagged(w, err) || session_judge(s, err)
               ? -1
               : 0;
}

/* Nothing was sent: the plan is made anew next time. */
static void drop_unsent(struct fix_state *w)
{
    char *pending = fix_state_path(w->s, PENDING_PLAN),
         *journal = fix_state_path(w->s, PENDING_JOURNAL);
    if (!file_exists(journal)) {
        (void)unlink(pending);
    }
    free(pending);
    free(journal);
}

/* Applies the pending plan to its end and puts it away under its digest. */
static int finish_pending(struct fix_state *w, bool confirmed, struct err *err)
{
    struct session *s = w->s;
    char *pending = fix_state_path(s, PENDING_PLAN), *journal = fix_state_path(s, PENDING_JOURNAL);
    json_t *plan = NULL, *changes = NULL;
    int rc = plan_load(pending, &plan, err);
    if (rc == 0) {
        rc = fix_loop_apply(s, plan, journal, confirmed, &changes, err);
    }
    if (rc < 0) {
        drop_unsent(w);
        s->pending = file_exists(pending);
    } else if (!s->options.dry_run && fix_state_note_changes(w, changes, plan, err)) {
        rc = -1;
    } else if (!s->options.dry_run) {
        fix_state_note_sent(w, changes, plan);
        fix_state_note_settled(w, changes, plan);
        char *plan_name = xasprintf("plan-%.12s.json", jx_str_or(plan, "digest", "unknown"));
        char *journal_name = xasprintf("apply-%.12s.db", jx_str_or(plan, "digest", "unknown"));
        char *kept = fix_state_path(s, plan_name), *kept_journal = fix_state_path(s, journal_name);
        /* The journal goes first: a pending plan without one is applied anew, and finds everything
         * true. */
        if (rename(journal, kept_journal) != 0 || rename(pending, kept) != 0) {
            rc = err_set(err, ERR_IO, "%s: the finished plan could not be put away", s->dir.path);
        }
        free(plan_name);
        free(journal_name);
        free(kept);
        free(kept_journal);
        w->partway = w->partway || rc > 0;
    }
    json_decref(plan);
    json_decref(changes);
    free(pending);
    free(journal);
    return rc;
}

static int make_plan(struct fix_state *w, json_t **plan, struct err *err)
{
    struct session *s = w->s;
    struct scan_options *o = &s->options;
    struct subjects *subjects = NULL;
    const struct plan_options options = {.config = o->setup.config.document,
                                         .checks = words_list(&o->only),
                                         .only_step = o->only_step,
                                         .delete_key = o->delete_key,
                                         .close_accounts = o->close_accounts,
                                         .sent = w->sent,
                                         .delete_recovery_points =
                                             words_list(&o->delete_recovery_points)};
    int rc = subjects_new(s->store, options.config, &subjects, err) ||
                     plan_make(s->store, subjects, w->goal, &options, plan, err)
                 ? -1
                 : 0;
    subjects_free(subjects);
    return rc;
}

static int write_end(struct fix_state *w, struct err *err)
{
    struct session *s = w->s;
    fix_state_note_deferred(w);
    char *changes = jx_dump(w->changes);
    char *before = w->before ? jx_dump(w->before) : xstrdup("{}");
    int rc = store_meta_set(s->store, "changes", changes, err) ||
                     store_meta_set(s->store, "before", before, err)
                 ? -1
                 : 0;
    if (rc == 0 && w->before) {
        rc = fix_state_mark_fixed(w, err);
    }
    free(changes);
    free(before);
    if (rc == 0) {
        rc = store_commit(s->store, err) || session_publish(s, err) ? -1 : 0;
    }
    if (rc == 0) {
        fix_state_forget(s);
    }
    return rc;
}

/* One round: plan from what the last scan saw; 1 when there was nothing to do, or nothing may be
 * done. */
static int round_once(struct fix_state *w, struct err *err)
{
    struct session *s = w->s;
    json_t *plan = NULL;
    char *pending = fix_state_path(s, PENDING_PLAN);
    int rc = make_plan(w, &plan, err);
    if (rc == 0) {
        json_decref(w->deferred);
        w->deferred = json_incref(json_object_get(plan, "held"));
        plan_print(plan, stdout, terminal_width(stdout), color_wanted(s->options.no_color, stdout));
        print_remains(plan);
        fflush(stdout);
        if (jx_count(plan, "steps") == 0) {
            rc = 1;
        } else if (w->settled && json_equal(w->settled, json_object_get(plan, "steps"))) {
            /* A plan of one step alone can ask for what only a later step would make known. */
            puts("\nAll of this was true already.");
            rc = 1;
        } else if (s->options.dry_run) {
            char *preview = fix_state_path(s, "plan.json");
            rc = plan_save(plan, preview, err) ? -1 : 1;
            free(preview);
        } else {
            rc = confirm(s, plan, err) || fix_state_remember_before(w, err) ||
                         plan_save(plan, pending, err)
                     ? -1
                 : finish_pending(w, true, err) < 0 ? -1
                                                    : 0;
        }
    }
    json_decref(plan);
    free(pending);
    return rc;
}

/* A teardown has reached its goal when there is nothing left to take down: that checks fail then is
 * what was asked for. */
static int end_code(const struct fix_state *w, int verdict)
{
    if (verdict < 0 || !w->partway) {
        bool torn_down =
            w->goal == GOAL_TEARDOWN && verdict == EXIT_FAILING && !w->s->options.dry_run;
        return torn_down ? EXIT_OK : verdict;
    }
    return EXIT_PARTWAY;
}

/* Goes on with the plan of a walk that was cut off: towards the same goal only, and asked again. */
static int resume(struct fix_state *w, struct err *err)
{
    static const char *const goals[] = {"fix", "enable", "teardown"};
    static const char *const commands[] = {"scan --fix", "enable", "teardown"};
    struct session *s = w->s;
    char *pending = fix_state_path(s, PENDING_PLAN);
    json_t *plan = NULL;
    int rc = 0;
    if (file_exists(pending)) {
        rc = plan_load(pending, &plan, err);
    }
    if (rc == 0 && plan) {
        const char *goal = jx_str_or(plan, "goal", "");
        for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
            if (strcmp(goals[i], goal) == 0 && i != (size_t)w->goal) {
                rc =
                    err_set(err, ERR_INPUT,
                            "%s holds an unfinished plan of towerkeep %s: go on with that command, "
                            "or use another -o",
                            s->dir.path, commands[i]);
            }
        }
    }
    if (rc == 0 && plan) {
        log_write(LOG_WARN, "%s: an unfinished plan is there; going on with it", pending);
        if (isatty(STDIN_FILENO) == 1) {
            plan_print(plan, stdout, terminal_width(stdout),
                       color_wanted(s->options.no_color, stdout));
        }
        rc = finish_pending(w, false, err) < 0 ? -1 : 0;
    }
    json_decref(plan);
    free(pending);
    return rc;
}

int fix_loop(struct session *s, enum goal goal, struct err *err)
{
    struct fix_state w = {.s = s, .goal = goal, .changes = json_array(), .sent = json_object()};
    int rc = check_time_scale(&s->options, err) || session_open_dir(s, s->options.output, err) ||
                     fix_state_remember_changes(&w, err)
                 ? -1
                 : resume(&w, err);
    for (int round = 0; rc == 0 && round < ROUNDS_MAX; round++) {
        rc = scan_again(&w, err);
        if (rc == 0 && round == 0 && s->options.first_failures) {
            rc = fix_state_save_first(&w, err);
        }
        if (rc == 0) {
            rc = w.partway ? 1 : round_once(&w, err);
        }
    }
    int code = -1;
    if (rc >= 0) {
        rc = fix_state_recall_before(&w, err);
        if (rc >= 0 && write_end(&w, err) == 0) {
            if (goal == GOAL_TEARDOWN && !w.partway && !s->options.dry_run &&
                json_array_size(w.deferred) == 0) {
                puts("\nTaken down. What fails below is what that leaves, and no fault of it.");
            }
            code = session_conclude(s, err);
            code = end_code(&w, code);
        }
    }
    json_decref(w.before);
    json_decref(w.changes);
    json_decref(w.sent);
    json_decref(w.deferred);
    json_decref(w.settled);
    return code;
}
