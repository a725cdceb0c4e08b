#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static void changes_are_counted_and_the_rest_is_resumed(void **state)
{
    (void)state;
    struct apply_options options = {.max_changes = 2};
    struct plan *plan = plan_of(json_pack("[o, o, o]", enable("enable-key/a", ""),
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
    struct plan *plan = plan_of(json_pack("[o, o]", enable("enable-key/expired", ""),
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
    struct plan *plan = plan_of(
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

static struct plan *crash_plan(void)
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
    struct plan *plan = crash_plan();
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
    struct plan *plan = crash_plan();
    for (bool killed = true; killed; at++) {
        killed = apply_and_crash(at);
        struct applied a = apply(plan);
        if (a.status != 0) {
            char *told = json_dumps(a.result.changes, JSON_INDENT(1));
            fail_msg("killed at boundary %d: %s%s", at, a.err.text, told);
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
    plan_free(plan);
}

static void a_second_apply_is_refused(void **state)
{
    (void)state;
    struct plan *plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
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
    assert_non_null(strstr(a.err.text, "another apply is running"));
    assert_int_equal(cloud_calls(&cloud, "EnableKey"), 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(ready[0]);
    (void)close(ready[1]);
    release(&a, plan);
}

static void refused(struct plan *plan, const char *says)
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
    struct plan *plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    free(plan->organization_id);
    plan->organization_id = xstrdup("o-other");
    refused(plan, "the plan is for the organization o-other");
    plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    free(plan->management_account);
    plan->management_account = xstrdup("999988887777");
    refused(plan, "management account 999988887777");
    json_t *read = enable("enable-key/a", "");
    json_object_set_new(json_object_get(read, "send"), "operation", json_string("kms:DescribeKey"));
    refused(plan_of(json_pack("[o]", read)), "is a read");
    json_t *write = enable("enable-key/a", "");
    json_object_set_new(jx_get(write, "done.call"), "operation", json_string("kms:EnableKey"));
    refused(plan_of(json_pack("[o]", write)), "is a write");
    json_t *unknown = enable("enable-key/a", "");
    json_object_set_new(json_object_get(unknown, "send"), "operation", json_string("kms:Nonsense"));
    refused(plan_of(json_pack("[o]", unknown)), "unknown operation \"kms:Nonsense\"");
    /* The journal of another plan. */
    plan = plan_of(json_pack("[o]", enable("enable-key/a", "")));
    struct applied a = apply(plan);
    assert_int_equal(a.status, 0);
    release(&a, plan);
    refused(plan_of(json_pack("[o]", enable("enable-key/b", ""))),
            "the journal belongs to another plan");
}

int main(int count, char **arguments)
{
    if (count == 5) {
        return crashing_main(arguments);
    }
    const struct CMUnitTest tests[] = {
        CASE(changes_are_counted_and_the_rest_is_resumed),
        CASE(expired_credentials_stop_and_are_resumed),
        CASE(a_signal_lets_the_call_in_flight_end),
        CASE(a_kill_at_any_boundary_repeats_nothing),
        CASE(a_second_apply_is_refused),
        CASE(a_plan_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
