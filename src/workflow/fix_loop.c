#include "workflow/fix_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "fix_state.h"
#include "model/plan.h"

/* A fix can make evaluable what was not (a Region's vaults, once its key is back). */
#define ROUNDS_MAX 4

/* The plan that is being applied: while this file is there, apply has not ended. */
#define UNFINISHED_PLAN "plan.pending.json"
#define JOURNAL "apply.db"
#define PREVIEW_PLAN "plan.json"

struct fix_loop {
    struct session *session;
    enum goal goal;
    struct fix_state state;
    struct fix_result *result;
};

static bool is_loopback(const char *url)
{
    static const char *const prefixes[] = {"http://127.",       "https://127.", "http://localhost",
                                           "https://localhost", "http://[::1]", "https://[::1]"};
    for (size_t i = 0; url != NULL && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (str_starts(url, prefixes[i])) {
            return true;
        }
    }
    return false;
}

static int check_time_scale(const struct session_options *o, struct err *err)
{
    return o->time_scale > 1 && !is_loopback(o->endpoint_url)
               ? err_set(err, ERR_INPUT, "--time-scale: requires a loopback --endpoint-url")
               : 0;
}

/* For tests: ends like a power cut at the n-th boundary. */
static void die_at_boundary(void *context, const char *step, const char *event)
{
    int *left = context;
    (void)step;
    (void)event;
    if (--*left == 0) {
        (void)kill(getpid(), SIGKILL);
    }
}

/* --- confirmation --- */

static struct confirmation question_about(const struct plan *plan)
{
    struct confirmation q = {.teardown = plan->goal == GOAL_TEARDOWN, .steps = plan->steps.count};
    for (size_t i = 0; i < q.steps; i++) {
        q.high_risk += plan->steps.items[i]->risk == PLAN_RISK_HIGH ? 1 : 0;
    }
    q.expected = q.teardown ? plan->organization_id : "yes";
    return q;
}

static int confirm(const struct session *s, const struct plan *plan, struct err *err)
{
    const struct session_options *o = &s->options;
    const struct workflow_ui *ui = s->ui;
    const struct confirmation question = question_about(plan);
    if (question.teardown && o->confirm_organization != NULL) {
        return strcmp(o->confirm_organization, question.expected) == 0 && o->auto_approve
                   ? 0
                   : err_set(err, ERR_INPUT,
                             "--confirm-organization %s: expected %s, together with --auto-approve",
                             o->confirm_organization, question.expected);
    }
    if (o->auto_approve && !question.teardown) {
        return 0;
    }
    switch (ui->confirm != NULL ? ui->confirm(ui->context, &question) : REPLY_NO_TERMINAL) {
    case REPLY_YES:
        return 0;
    case REPLY_NO:
        return err_set(err, ERR_INPUT, "nothing was changed: not confirmed");
    case REPLY_NO_TERMINAL:
        break;
    }
    return err_set(err, ERR_INPUT, "nothing was changed: without a terminal, %s is required",
                   question.teardown ? "--auto-approve with --confirm-organization ID"
                                     : "--auto-approve");
}

/* --- applying a plan --- */

static int preflight(struct aws_client *client, const struct plan *plan, int account_quota,
                     struct err *err)
{
    json_t *problems = json_array();
    int rc = plan->steps.count > 0 ? preflight_run(client, plan, account_quota, problems, err) : 0;
    size_t count = json_array_size(problems);
    if (rc == 0 && count > 0) {
        for (size_t i = 0; i < count; i++) {
            log_write(LOG_ERROR, "preflight: %s", json_string_value(json_array_get(problems, i)));
        }
        rc = err_set(err, ERR_INPUT, "nothing was changed: %zu problem%s must be solved first: %s",
                     count, count == 1 ? "" : "s", json_string_value(json_array_get(problems, 0)));
    }
    json_decref(problems);
    return rc;
}

/* A journal means that the preflight checks passed before, for what was selected then. */
static bool was_checked(const char *journal, const char *narrowed_by)
{
    char *selection = file_exists(journal) ? apply_journal_selection(journal) : NULL;
    bool was = selection != NULL && strcmp(selection, narrowed_by != NULL ? narrowed_by : "") == 0;
    free(selection);
    return was;
}

static int apply_confirmed(struct session *s, struct aws_client *writer, const struct plan *plan,
                           const char *journal, struct apply_result *result, struct err *err)
{
    const struct session_options *o = &s->options;
    int left = o->crash_at;
    const struct apply_options options = {.journal = journal,
                                          .selection = o->narrowed_by,
                                          .time_scale = o->time_scale,
                                          .dry_run = o->dry_run,
                                          .max_changes = o->max_changes,
                                          .tell = s->ui->step_changed,
                                          .context = s->ui->context,
                                          .boundary = left > 0 ? die_at_boundary : NULL,
                                          .boundary_context = &left,
                                          .stop = o->stop};
    int quota = (int)jx_int(s->criteria.config.document, "limits.accounts", 0);
    if (!was_checked(journal, o->narrowed_by) && preflight(writer, plan, quota, err) != 0) {
        return -1;
    }
    return apply_run(writer, plan, &options, result, err);
}

int fix_loop_apply(struct session *s, const struct plan *plan, const char *journal, bool confirmed,
                   json_t **changes, struct err *err)
{
    const struct session_options *o = &s->options;
    struct aws_client *writer = NULL;
    struct apply_result result = {0};
    if (check_time_scale(o, err) != 0 ||
        (!confirmed && !o->dry_run && confirm(s, plan, err) != 0)) {
        return -1;
    }
    int rc = session_writer(s, &writer, err);
    if (rc == 0) {
        rc = apply_confirmed(s, writer, plan, journal, &result, err);
    }
    if (rc >= 0 && changes != NULL) {
        *changes = json_incref(result.changes);
    }
    if (rc >= 0 && s->ui->applied != NULL) {
        s->ui->applied(s->ui->context, &result);
    }
    apply_result_release(&result);
    aws_client_free(writer);
    return rc;
}

/* Nothing was sent: the next time a new plan is made. */
static void drop_unsent(const char *plan, const char *journal)
{
    if (!file_exists(journal)) {
        (void)unlink(plan);
    }
}

/* The journal first: a plan without one is applied from its start, and finds no changes needed. */
static int archive(const struct fix_state *f, const struct plan *plan, const char *plan_path,
                   const char *journal_path, struct err *err)
{
    const char *digest = plan->digest;
    char *plan_name = xasprintf("plan-%.12s.json", digest);
    char *journal_name = xasprintf("apply-%.12s.db", digest);
    char *plan_kept = fix_state_path(f, plan_name), *journal_kept = fix_state_path(f, journal_name);
    int rc = 0;
    if (rename(journal_path, journal_kept) != 0 || rename(plan_path, plan_kept) != 0) {
        rc = err_set(err, ERR_IO, "%s: cannot rename the finished plan: %s", f->directory,
                     strerror(errno));
    }
    free(plan_name);
    free(journal_name);
    free(plan_kept);
    free(journal_kept);
    return rc;
}

static int record(struct fix_loop *l, const struct plan *plan, json_t *changes,
                  const char *plan_path, const char *journal_path, struct err *err)
{
    if (fix_state_add_changes(&l->state, changes, plan, err) != 0) {
        return -1;
    }
    fix_state_note_steps(&l->state, changes, plan);
    return archive(&l->state, plan, plan_path, journal_path, err);
}

/* Applies the unfinished plan to its end. 0, also when it ended part-way, or -1. */
static int finish_plan(struct fix_loop *l, bool confirmed, struct err *err)
{
    struct session *s = l->session;
    char *plan_path = fix_state_path(&l->state, UNFINISHED_PLAN);
    char *journal_path = fix_state_path(&l->state, JOURNAL);
    struct plan *plan = NULL;
    json_t *changes = NULL;
    int rc = plan_load(plan_path, &plan, err);
    if (rc == 0) {
        rc = fix_loop_apply(s, plan, journal_path, confirmed, &changes, err);
    }
    if (rc < 0) {
        drop_unsent(plan_path, journal_path);
        s->plan_unfinished = file_exists(plan_path);
        goto out;
    }
    if (!s->options.dry_run) {
        l->result->partway = l->result->partway || rc > 0;
        rc = record(l, plan, changes, plan_path, journal_path, err);
    }
    rc = rc < 0 ? -1 : 0;
out:
    plan_free(plan);
    json_decref(changes);
    free(plan_path);
    free(journal_path);
    return rc;
}

/* --- scanning --- */

/* AWS keeps no time for tags: the checks of what plans did with a resource since need to know what
 * was tagged a moment ago. */
static int store_tagged(const struct fix_loop *l, struct err *err)
{
    json_t *tagged = json_object();
    const char *step = NULL;
    void *value = NULL;
    const json_t *arn;
    size_t cursor = 0;
    size_t i;
    while (map_next(l->state.sent, &cursor, &step, &value)) {
        const struct plan_call *call = value;
        if (strcmp(call->operation, "tagging:TagResources") != 0) {
            continue;
        }
        json_array_foreach(jx_get(call->input, "ResourceARNList"), i, arn)
        {
            json_object_set_new(tagged, json_string_value(arn), json_true());
        }
    }
    char *text = jx_dump(tagged);
    int rc = store_meta_set(l->session->store, "tagged_now", text, err);
    free(text);
    json_decref(tagged);
    return rc;
}

static int scan(struct fix_loop *l, struct err *err)
{
    struct session *s = l->session;
    store_close(s->store);
    s->store = NULL;
    (void)unlink(s->dir.partial); /* of the previous round: its findings made the plan */
    if (session_open_run(s, err) != 0 || session_connect(s, err) != 0 ||
        session_collect(s, err) != 0 ||
        store_meta_set(s->store, "purpose", goal_name(l->goal), err) != 0 ||
        store_tagged(l, err) != 0 || session_evaluate(s, err) != 0) {
        return -1;
    }
    return l->result->failures_before != NULL
               ? 0
               : failures_count(s->store, &l->result->failures_before, err);
}

/* --- rounds --- */

/* It is the loop's until the next one. */
static int make_plan(struct fix_loop *l, struct err *err)
{
    plan_free(l->state.plan);
    l->state.plan = NULL;
    return session_make_plan(l->session, l->goal, l->state.sent, &l->state.plan, err);
}

static int save_plan(const struct fix_loop *l, const struct plan *plan, const char *name,
                     struct err *err)
{
    char *path = fix_state_path(&l->state, name);
    int rc = plan_save(plan, path, err);
    free(path);
    return rc;
}

static void show_plan(const struct session *s, const struct plan *plan, bool resumed)
{
    if (s->ui->plan_shown != NULL) {
        s->ui->plan_shown(s->ui->context, plan, resumed);
    }
}

static int apply_new(struct fix_loop *l, const struct plan *plan, struct err *err)
{
    struct session *s = l->session;
    if (confirm(s, plan, err) != 0 || fix_state_remember_before(&l->state, s->store, err) != 0 ||
        save_plan(l, plan, UNFINISHED_PLAN, err) != 0) {
        return -1;
    }
    return finish_plan(l, true, err);
}

/* The steps are those that the last plan found to need no changes. */
static bool is_settled(const struct fix_loop *l, const struct plan *plan)
{
    char digest[SHA256_HEX_SIZE];
    plan_steps_digest(&plan->steps, digest);
    return strcmp(l->state.settled, digest) == 0;
}

/* A plan from what the last scan collected, applied. 1: nothing to do, or nothing may be done. */
static int round_once(struct fix_loop *l, struct err *err)
{
    struct session *s = l->session;
    if (make_plan(l, err) != 0) {
        return -1;
    }
    const struct plan *plan = l->state.plan;
    show_plan(s, plan, false);
    if (plan->steps.count == 0) {
        return 1;
    }
    if (is_settled(l, plan)) {
        /* A plan of one step alone can ask for what only a later step would make known. */
        if (s->ui->no_changes_needed != NULL) {
            s->ui->no_changes_needed(s->ui->context);
        }
        return 1;
    }
    if (s->options.dry_run) {
        return save_plan(l, plan, PREVIEW_PLAN, err) == 0 ? 1 : -1;
    }
    return apply_new(l, plan, err);
}

/* An unfinished plan belongs to one command. */
static int check_goal(const struct fix_loop *l, const struct plan *plan, struct err *err)
{
    if (plan->goal == l->goal) {
        return 0;
    }
    return err_set(err, ERR_INPUT,
                   "%s: holds an unfinished plan of towerkeep %s: continue with that command, or "
                   "use another -o",
                   l->state.directory, goal_command(plan->goal));
}

/* A plan that was narrowed otherwise would change what is not selected now. Without options that
 * narrow, any part may be finished. 1: nothing of it was sent, so a new plan takes its place. */
static int check_narrowing(const struct fix_loop *l, struct err *err)
{
    const char *now = l->session->options.narrowed_by;
    if (now == NULL) {
        return 0;
    }
    char *journal = fix_state_path(&l->state, JOURNAL);
    char *before = apply_journal_selection(journal);
    int rc = before == NULL ? 1 : 0;
    if (before != NULL && strcmp(before, now) != 0) {
        rc = err_set(err, ERR_INPUT,
                     "%s: holds an unfinished plan that was made with %s: continue with the same "
                     "options, or use another -o",
                     l->state.directory, before[0] != '\0' ? before : "no option that narrows it");
    }
    free(before);
    free(journal);
    return rc;
}

/* Finishes the plan of a command that was interrupted; it is confirmed again. */
static int resume(struct fix_loop *l, struct err *err)
{
    char *path = fix_state_path(&l->state, UNFINISHED_PLAN);
    struct plan *plan = NULL;
    int rc = 0;
    if (!file_exists(path)) {
        goto out;
    }
    rc = plan_load(path, &plan, err);
    if (rc == 0) {
        rc = check_goal(l, plan, err);
    }
    if (rc == 0) {
        rc = check_narrowing(l, err);
    }
    if (rc > 0) {
        (void)unlink(path);
        rc = 0;
    } else if (rc == 0) {
        log_write(LOG_WARN, "%s: continuing an unfinished plan", path);
        show_plan(l->session, plan, true);
        rc = finish_plan(l, false, err);
    }
out:
    plan_free(plan);
    free(path);
    return rc;
}

static int publish(struct fix_loop *l, struct err *err)
{
    struct session *s = l->session;
    l->result->deferred = l->state.plan != NULL ? l->state.plan->deferred_count : 0;
    if (fix_state_recall_before(&l->state, err) != 0 ||
        fix_state_store(&l->state, s->store, err) != 0 || store_commit(s->store, err) != 0 ||
        session_publish(s, err) != 0) {
        return -1;
    }
    fix_state_forget(&l->state);
    return 0;
}

int fix_loop(struct session *s, enum goal goal, struct fix_result *result, struct err *err)
{
    struct fix_loop l = {.session = s, .goal = goal, .result = result};
    *result = (struct fix_result){0};
    int rc = check_time_scale(&s->options, err);
    if (rc == 0) {
        rc = session_open_dir(s, s->options.output, err);
    }
    if (rc == 0) {
        rc = fix_state_init(&l.state, s->dir.path, err);
    }
    if (rc == 0) {
        rc = resume(&l, err);
    }
    for (int round = 0; rc == 0 && round < ROUNDS_MAX; round++) {
        rc = scan(&l, err);
        if (rc == 0) {
            rc = result->partway ? 1 : round_once(&l, err);
        }
    }
    rc = rc < 0 ? -1 : publish(&l, err);
    fix_state_release(&l.state);
    return rc;
}
