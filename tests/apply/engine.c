#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/apply.h"
#include "aws/creds.h"
#include "cloud.h"
#include "model/plan.h"

#define SCALE 2000.0
#define HOME "eu-central-1"

static struct cloud cloud;
static char journal[64];

/* --- plans --- */

static json_t *call(const char *operation, json_t *input)
{
    return json_pack("{s:s, s:s, s:s, s:n, s:o}", "operation", operation, "account", CALLER,
                     "region", HOME, "role", "input", input);
}

static json_t *enabled(const char *key, bool wanted)
{
    return json_pack("{s:o, s:{s:s, s:b}, s:b, s:s}", "call",
                     call("kms:DescribeKey", json_pack("{s:s}", "KeyId", key)), "when", "path",
                     "KeyMetadata.Enabled", "equals", wanted, "absent_is", 0, "says",
                     "the key is as it was");
}

static json_t *needs_of(const char *words)
{
    json_t *list = json_array();
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        json_array_append_new(list, json_stringn(words, length));
        words += length + (words[length] == ' ' ? 1 : 0);
    }
    return list;
}

static json_t *step(const char *id, const char *needs, json_t *send, json_t *done)
{
    char word[64];
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(id, "/"), id);
    json_t *s = json_pack("{s:s, s:s, s:i, s:s, s:[s], s:s, s:i, s:o, s:s, s:o, s:[], s:o}", "id",
                          id, "remedy", word, "step", 2, "title", id, "reasons", "goal:fix", "risk",
                          "low", "expected_seconds", 5, "needs", needs_of(needs), "lane", "",
                          "done", done, "guard", "send", send);
    assert_non_null(s);
    return s;
}

/* Enables the key that the id names after its slash. */
static json_t *enable(const char *id, const char *needs)
{
    const char *key = strchr(id, '/') + 1;
    return step(id, needs, call("kms:EnableKey", json_pack("{s:s}", "KeyId", key)),
                enabled(key, true));
}

static json_t *create_account(void)
{
    json_t *input = json_pack("{s:s, s:s}", "AccountName", "Backup", "Email", "b@example.org");
    json_t *done =
        json_pack("{s:o, s:{s:s, s:{s:s, s:s}}, s:{s:s}}", "call",
                  call("organizations:ListAccounts", json_object()), "select", "list", "Accounts",
                  "where", "path", "Name", "equals", "Backup", "capture", "account", "Id");
    json_t *s =
        step("create-accounts/backup", "", call("organizations:CreateAccount", input), done);
    json_t *asked =
        json_pack("{s:s}", "CreateAccountRequestId", "${create-accounts/backup:request}");
    json_object_set_new(s, "poll",
                        json_pack("{s:o, s:{s:s, s:s}, s:{s:s, s:s}, s:i, s:i, s:s}", "call",
                                  call("organizations:DescribeCreateAccountStatus", asked), "until",
                                  "path", "CreateAccountStatus.State", "equals", "SUCCEEDED",
                                  "fail", "path", "CreateAccountStatus.State", "equals", "FAILED",
                                  "every_seconds", 10, "timeout_seconds", 3600, "message",
                                  "CreateAccountStatus.FailureReason"));
    json_object_set_new(s, "capture", json_pack("{s:s}", "request", "CreateAccountStatus.Id"));
    json_object_set_new(s, "recover",
                        json_pack("{s:{s:o, s:{s:s, s:{s:s, s:s}}}, s:{s:s}}", "probe", "call",
                                  call("organizations:ListCreateAccountStatus", json_object()),
                                  "select", "list", "CreateAccountStatuses", "where", "path",
                                  "AccountName", "equals", "Backup", "capture", "request", "Id"));
    return s;
}

static json_t *plan_of(json_t *steps)
{
    json_t *plan = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:[]}",
                             "schema", "towerkeep-plan/1", "goal", "fix", "organization_id",
                             ORGANIZATION, "management_account", CALLER, "partition", "aws",
                             "home_region", HOME, "run_id", "r", "created", "2026-11-23T00:00:00Z",
                             "config_digest", "c", "rules_digest", "d", "steps", steps, "manual");
    struct err err = ERR_INIT;
    plan_seal(plan);
    if (plan_check(plan, "plan", &err) != 0) {
        fail_msg("%s", err.text);
    }
    return plan;
}

/* --- applies --- */

struct applied {
    int status;
    struct apply_result result;
    struct err err;
};

static struct aws_client *client_of(void)
{
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    struct aws_options options = {.endpoints = {.override_all = cloud.url},
                                  .unpaced = true,
                                  .max_attempts = 2,
                                  .connect_timeout_ms = 2000};
    struct aws_client *client = NULL;
    struct err err = ERR_INIT;
    if (aws_client_new(&options, &source, &client, &err) != 0 ||
        aws_client_open(client, HOME, &err) != 0) {
        fail_msg("%s", err.text);
    }
    creds_source_release(&source);
    return client;
}

static struct applied apply_with(const json_t *plan, struct apply_options *options)
{
    struct applied a = {.err = ERR_INIT};
    struct aws_client *client = client_of();
    options->journal = journal;
    options->time_scale = SCALE;
    a.status = apply_run(client, plan, options, &a.result, &a.err);
    aws_client_free(client);
    return a;
}

static struct applied apply(const json_t *plan)
{
    struct apply_options options = {0};
    return apply_with(plan, &options);
}

static const json_t *change(const struct applied *a, const char *id)
{
    size_t i;
    json_t *row;
    json_array_foreach(a->result.changes, i, row)
    {
        if (strcmp(jx_str(row, "id"), id) == 0) {
            return row;
        }
    }
    fail_msg("no change is named %s", id);
    return NULL;
}

static void is(const struct applied *a, const char *id, const char *state, const char *says)
{
    const json_t *row = change(a, id);
    if (strcmp(jx_str(row, "state"), state) != 0 || strstr(jx_str(row, "message"), says) == NULL) {
        fail_msg("%s is %s: %s; expected %s: %s", id, jx_str(row, "state"), jx_str(row, "message"),
                 state, says);
    }
}

static int begin(void **state)
{
    (void)state;
    static int number;
    cloud_start(&cloud);
    (void)snprintf(journal, sizeof journal, "/tmp/towerkeep-apply-%ld-%d.db", (long)getpid(),
                   number++);
    return 0;
}

static int end(void **state)
{
    (void)state;
    char lock[80];
    cloud_stop(&cloud);
    (void)snprintf(lock, sizeof lock, "%s.lock", journal);
    (void)unlink(journal);
    (void)unlink(lock);
    return 0;
}

static void release(struct applied *a, json_t *plan)
{
    apply_result_release(&a->result);
    json_decref(plan);
}

static void steps_are_sent_in_the_order_of_their_needs(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o, o, o, o]", enable("enable-key/a", ""),
                                     enable("enable-key/true-b", ""),
                                     enable("enable-key/late-c", "enable-key/a enable-key/true-b"),
                                     enable("enable-key/d", "enable-key/late-c")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.done, 3);
    assert_int_equal(a.result.already_true, 1);
    assert_int_equal(a.result.writes, 3);
    is(&a, "enable-key/true-b", "already true", "");
    is(&a, "enable-key/d", "done", "");
    assert_string_equal(jx_str(change(&a, "enable-key/a"), "request_id"), "request-1");
    assert_string_equal(jx_str(change(&a, "enable-key/a"), "operation"), "kms:EnableKey");
    assert_int_equal(cloud_effects(&cloud, "true-b"), 0);
    apply_result_release(&a.result);
    /* Again: nothing is left to do. */
    a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.done, 3);
    assert_int_equal(a.result.writes, 0);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 3);
    release(&a, plan);
}

static void a_failure_stops_what_needs_it_and_nothing_else(void **state)
{
    (void)state;
    json_t *plan =
        plan_of(json_pack("[o, o, o, o]", enable("enable-key/denied", ""),
                          enable("enable-key/b", "enable-key/denied"),
                          enable("enable-key/c", "enable-key/b"), enable("enable-key/d", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "enable-key/denied", "failed", "AccessDeniedException");
    is(&a, "enable-key/b", "not attempted", "waits for enable-key/denied");
    is(&a, "enable-key/c", "not attempted", "waits for enable-key/denied");
    is(&a, "enable-key/d", "done", "");
    assert_int_equal(a.result.failed, 1);
    assert_int_equal(a.result.not_attempted, 2);
    assert_int_equal(cloud_effects(&cloud, "b"), 0);
    release(&a, plan);
}

static void a_changed_fact_stops_its_step(void **state)
{
    (void)state;
    json_t *guarded = enable("enable-key/a", "");
    json_array_append_new(json_object_get(guarded, "guard"), enabled("true-other", false));
    json_t *plan = plan_of(json_pack("[o, o]", guarded, enable("enable-key/b", "enable-key/a")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "enable-key/a", "failed", "the facts changed: the key is as it was");
    is(&a, "enable-key/b", "not attempted", "waits for enable-key/a");
    assert_int_equal(a.result.writes, 0);
    release(&a, plan);
}

static void a_conflict_is_waited_for(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", enable("enable-key/conflict-3", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 4);
    assert_int_equal(cloud_effects(&cloud, "conflict-3"), 1);
    release(&a, plan);
}

static void a_lost_answer_is_not_sent_twice(void **state)
{
    (void)state;
    json_t *plan = plan_of(
        json_pack("[o, o]", enable("enable-key/lost", ""), enable("enable-key/unsent", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud_effects(&cloud, "lost"), 1);
    assert_int_equal(cloud_effects(&cloud, "unsent"), 1);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 3);
    release(&a, plan);
}

static void an_error_over_what_is_so_counts_as_done(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", enable("enable-key/exists", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    is(&a, "enable-key/exists", "done", "");
    release(&a, plan);
}

static void what_never_becomes_so_is_told(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", enable("enable-key/never", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "enable-key/never", "failed", "it was sent, and is not so after 300 seconds");
    apply_result_release(&a.result);
    /* Applied again it looks, and does not send. */
    a = apply(plan);
    assert_int_equal(a.status, 1);
    assert_int_equal(cloud_effects(&cloud, "never"), 1);
    release(&a, plan);
}

static void failures_inside_a_success_are_read(void **state)
{
    (void)state;
    json_t *tag = call("tagging:TagResources", json_pack("{s:[s, s], s:{s:s}}", "ResourceARNList",
                                                         "arn:good", "arn:bad", "Tags", "k", "v"));
    json_object_set_new(
        tag, "fail_when",
        json_pack("{s:{s:s, s:{}}}", "not", "path", "FailedResourcesMap", "equals"));
    json_object_set_new(tag, "message", json_string("FailedResourcesMap"));
    json_t *plan = plan_of(json_pack("[o]", step("tag-resource/x", "", tag, enabled("k", true))));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "tag-resource/x", "failed", "arn:bad: not here");
    assert_null(strstr(jx_str(change(&a, "tag-resource/x"), "message"), "arn:good"));
    release(&a, plan);
}

static void an_operation_is_polled_to_its_end(void **state)
{
    (void)state;
    json_t *user = step(
        "enable-key/k", "create-accounts/backup",
        call("kms:EnableKey", json_pack("{s:s}", "KeyId", "${create-accounts/backup:account}")),
        enabled("${create-accounts/backup:account}", true));
    json_t *plan = plan_of(json_pack("[o, o]", create_account(), user));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.accounts_created, 1);
    assert_int_equal(cloud.describes, 3);
    assert_int_equal(cloud_effects(&cloud, "222233330001"), 1);
    assert_string_equal(jx_str(change(&a, "create-accounts/backup"), "operation_id"), "car-1");
    release(&a, plan);
}

static void a_failed_operation_is_told_in_its_words_and_may_be_tried_again(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", create_account()));
    cloud.account_fails = true;
    struct applied a = apply(plan);
    assert_int_equal(a.status, 1);
    is(&a, "create-accounts/backup", "failed", "EMAIL_ALREADY_EXISTS");
    apply_result_release(&a.result);
    a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.accounts_created, 1);
    assert_int_equal(a.result.writes, 1);
    release(&a, plan);
}

static void a_lost_creation_is_found_again(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", create_account()));
    cloud.lose_next_create = true;
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.accounts_created, 1);
    assert_int_equal(cloud.describes, 3);
    release(&a, plan);
}

static void a_lane_holds_one_step_and_waits_for_others(void **state)
{
    (void)state;
    json_t *steps = json_array();
    for (int i = 0; i < 5; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "enable-key/lane%d", i);
        json_t *s = enable(id, "");
        json_object_set_new(s, "lane", json_string("control-tower"));
        json_array_append_new(steps, s);
    }
    cloud.busy = 2;
    json_t *plan = plan_of(steps);
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud.most_running, 1);
    assert_int_equal(cloud.busy, 0);
    assert_int_equal(cloud_calls(&cloud, "/list-landingzone-operations"), 7);
    release(&a, plan);
}

static void a_dry_run_asks_and_sends_nothing(void **state)
{
    (void)state;
    struct apply_options options = {.dry_run = true};
    json_t *user = step(
        "enable-key/k", "create-accounts/backup",
        call("kms:EnableKey", json_pack("{s:s}", "KeyId", "${create-accounts/backup:account}")),
        enabled("${create-accounts/backup:account}", true));
    json_array_append_new(json_object_get(user, "guard"), enabled("other", true));
    json_t *plan =
        plan_of(json_pack("[o, o, o]", create_account(), user, enable("enable-key/true-b", "")));
    struct applied a = apply_with(plan, &options);
    assert_int_equal(a.status, 0);
    is(&a, "create-accounts/backup", "planned", "would send organizations:CreateAccount");
    is(&a, "enable-key/k", "planned", "would send kms:EnableKey");
    is(&a, "enable-key/true-b", "already true", "");
    assert_int_equal(a.result.writes, 0);
    assert_int_equal(cloud.accounts_created, 0);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 0);
    assert_int_equal(access(journal, F_OK), -1);
    release(&a, plan);
}

static void changes_are_counted_and_the_rest_is_resumed(void **state)
{
    (void)state;
    struct apply_options options = {.max_changes = 2};
    json_t *plan = plan_of(json_pack("[o, o, o]", enable("enable-key/a", ""),
                                     enable("enable-key/b", "enable-key/a"),
                                     enable("enable-key/c", "enable-key/b")));
    struct applied a = apply_with(plan, &options);
    assert_int_equal(a.status, 1);
    assert_int_equal(a.result.writes, 2);
    is(&a, "enable-key/c", "not attempted", "stopped after 2 changes");
    apply_result_release(&a.result);
    a = apply_with(plan, &options);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.writes, 1);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 3);
    release(&a, plan);
}

static void expired_credentials_stop_and_are_resumed(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o, o]", enable("enable-key/expired", ""),
                                     enable("enable-key/b", "enable-key/expired")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, -1);
    assert_int_equal(a.err.code, ERR_CREDENTIALS);
    assert_int_equal(a.result.not_attempted, 2);
    apply_result_release(&a.result);
    a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud_effects(&cloud, "expired"), 1);
    release(&a, plan);
}

static volatile sig_atomic_t stop;

static void stop_at_first_send(void *context, const char *id, const char *event)
{
    (void)context;
    (void)id;
    stop = stop || strcmp(event, "sending") == 0;
}

static void a_signal_lets_the_call_in_flight_end(void **state)
{
    (void)state;
    struct apply_options options = {.stop = &stop, .boundary = stop_at_first_send};
    json_t *plan = plan_of(
        json_pack("[o, o]", enable("enable-key/a", ""), enable("enable-key/b", "enable-key/a")));
    stop = 0;
    struct applied a = apply_with(plan, &options);
    assert_int_equal(a.status, -1);
    assert_int_equal(a.err.code, ERR_INTERRUPTED);
    assert_int_equal(cloud_effects(&cloud, "a"), 1);
    apply_result_release(&a.result);
    a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(cloud_effects(&cloud, "a"), 1);
    assert_int_equal(cloud_effects(&cloud, "b"), 1);
    release(&a, plan);
}

/* --- crashes --- */

struct crash {
    int at, seen;
};

static void maybe_crash(void *context, const char *id, const char *event)
{
    struct crash *crash = context;
    (void)id;
    (void)event;
    if (++crash->seen == crash->at) {
        (void)kill(getpid(), SIGKILL);
    }
}

static json_t *crash_plan(void)
{
    json_t *user = step(
        "enable-key/k", "create-accounts/backup enable-key/late-a",
        call("kms:EnableKey", json_pack("{s:s}", "KeyId", "${create-accounts/backup:account}")),
        enabled("${create-accounts/backup:account}", true));
    return plan_of(json_pack("[o, o, o]", enable("enable-key/late-a", ""), create_account(), user));
}

/* The child's side: "crash URL JOURNAL N". Its own program, because the cloud's thread may hold a
   lock at a fork. */
static int crashing_main(char **arguments)
{
    struct crash crash = {.at = (int)strtol(arguments[4], NULL, 10)};
    struct apply_options options = {.boundary = maybe_crash, .boundary_context = &crash};
    json_t *plan = crash_plan();
    (void)snprintf(cloud.url, sizeof cloud.url, "%s", arguments[2]);
    (void)snprintf(journal, sizeof journal, "%s", arguments[3]);
    struct applied a = apply_with(plan, &options);
    release(&a, plan);
    return a.status == 0 ? 0 : 1;
}

static char program[] = "/proc/self/exe";
static char crash_word[] = "crash";

/* True when it was killed at the nth boundary. */
static bool apply_and_crash(int at)
{
    char number[16];
    char *arguments[] = {program, crash_word, cloud.url, journal, number, NULL};
    (void)snprintf(number, sizeof number, "%d", at);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)execv(program, arguments);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void a_kill_at_any_boundary_repeats_nothing(void **state)
{
    int at = 1;
    json_t *plan = crash_plan();
    for (bool killed = true; killed; at++) {
        killed = apply_and_crash(at);
        struct applied a = apply(plan);
        if (a.status != 0) {
            fail_msg("killed at boundary %d: %s", at, a.err.text);
        }
        assert_int_equal(cloud.accounts_created, 1);
        assert_int_equal(cloud_effects(&cloud, "late-a"), 1);
        assert_int_equal(cloud_effects(&cloud, "222233330001"), 1);
        apply_result_release(&a.result);
        (void)end(state);
        (void)begin(state);
    }
    /* Three sends of four boundaries each, and the polls. */
    assert_true(at > 13);
    json_decref(plan);
}

static void a_second_apply_is_refused(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    int ready[2];
    char lock[80];
    (void)snprintf(lock, sizeof lock, "%s.lock", journal);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct flock want = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(lock, O_RDWR | O_CREAT, 0600);
        bool taken = fd >= 0 && fcntl(fd, F_SETLK, &want) == 0;
        ssize_t written = write(ready[1], taken ? "y" : "n", 1);
        while (written == 1) {
            (void)pause();
        }
        _exit(0);
    }
    char answer = 0;
    assert_int_equal(read(ready[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    struct applied a = apply(plan);
    assert_int_equal(a.status, -1);
    assert_int_equal(a.err.code, ERR_INPUT);
    assert_non_null(strstr(a.err.text, "another apply is at work"));
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(ready[0]);
    (void)close(ready[1]);
    release(&a, plan);
}

static void refused(json_t *plan, const char *says)
{
    struct applied a = apply(plan);
    assert_int_equal(a.status, -1);
    assert_int_equal(a.err.code, ERR_INPUT);
    if (strstr(a.err.text, says) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", a.err.text, says);
    }
    assert_int_equal(a.result.writes, 0);
    release(&a, plan);
}

static void a_plan_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    json_t *plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    json_object_set_new(plan, "organization_id", json_string("o-other"));
    refused(plan, "the plan is for the organization o-other");
    plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    json_object_set_new(plan, "management_account", json_string("999988887777"));
    refused(plan, "management account 999988887777");
    json_t *read = enable("enable-key/a", "");
    json_object_set_new(json_object_get(read, "send"), "operation", json_string("kms:DescribeKey"));
    refused(plan_of(json_pack("[o]", read)), "changes nothing");
    json_t *write = enable("enable-key/a", "");
    json_object_set_new(jx_get(write, "done.call"), "operation", json_string("kms:EnableKey"));
    refused(plan_of(json_pack("[o]", write)), "changes things");
    json_t *unknown = enable("enable-key/a", "");
    json_object_set_new(json_object_get(unknown, "send"), "operation", json_string("kms:Nonsense"));
    refused(plan_of(json_pack("[o]", unknown)), "no operation is called");
    /* The journal of another plan. */
    plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    release(&a, plan);
    refused(plan_of(json_pack("[o]", enable("enable-key/b", ""))), "the journal of another plan");
}

static void many_steps_are_walked(void **state)
{
    (void)state;
    enum { MANY = 300 };
    json_t *steps = json_array();
    for (int i = 0; i < MANY; i++) {
        char id[32];
        char need[32];
        (void)snprintf(id, sizeof id, "enable-key/n%d", i);
        (void)snprintf(need, sizeof need, "enable-key/n%d", i / 3 * 2);
        json_array_append_new(steps, enable(id, i > 10 ? need : ""));
    }
    json_t *plan = plan_of(steps);
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    assert_int_equal(a.result.done, MANY);
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), MANY);
    release(&a, plan);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int count, char **arguments)
{
    if (count == 5) {
        return crashing_main(arguments);
    }
    const struct CMUnitTest tests[] = {
        CASE(steps_are_sent_in_the_order_of_their_needs),
        CASE(a_failure_stops_what_needs_it_and_nothing_else),
        CASE(a_changed_fact_stops_its_step),
        CASE(a_conflict_is_waited_for),
        CASE(a_lost_answer_is_not_sent_twice),
        CASE(an_error_over_what_is_so_counts_as_done),
        CASE(what_never_becomes_so_is_told),
        CASE(failures_inside_a_success_are_read),
        CASE(an_operation_is_polled_to_its_end),
        CASE(a_failed_operation_is_told_in_its_words_and_may_be_tried_again),
        CASE(a_lost_creation_is_found_again),
        CASE(a_lane_holds_one_step_and_waits_for_others),
        CASE(a_dry_run_asks_and_sends_nothing),
        CASE(changes_are_counted_and_the_rest_is_resumed),
        CASE(expired_credentials_stop_and_are_resumed),
        CASE(a_signal_lets_the_call_in_flight_end),
        CASE(a_kill_at_any_boundary_repeats_nothing),
        CASE(a_second_apply_is_refused),
        CASE(a_plan_that_does_not_fit_is_refused),
        CASE(many_steps_are_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
