/* rehearse: the same engine, run against a copy of the organization in a simulator of our own, with
 * time sped up. */
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "base/text.h"
#include "fix_loop.h"
#include "options.h"

#define TIME_SCALE 5000
#define START_TRIES 200
#define START_WAIT_NS 50000000L
#define SMALL_FILE ((size_t)16 * 1024 * 1024)
/* The copy's own credentials, as report/world.c writes them. */
#define COPY_KEY "AKIAREHEARSAL0000000"
#define COPY_SECRET "rehearsal-secret-of-the-copy"
#define FIRST_FAILURES "first.json"

extern char **environ;

struct rehearsal {
    enum goal goal;
    char *directory, *world, *port_file, *effects;
    bool made; /* the directory is ours to remove */
    pid_t simulator;
    json_t *before; /* failing checks of the original run: {check: count} */
    char *organization;
};

static int parse_goal(const char *word, enum goal *out, struct err *err)
{
    static const char *const words[] = {"fix", "enable", "teardown", NULL};
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = (enum goal)i;
            return 0;
        }
    }
    const char *near = str_nearest(word, words);
    return err_set(err, ERR_INPUT, "rehearse \"%s\": expected enable, fix or teardown%s%s%s", word,
                   near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

static int make_directory(struct rehearsal *r, const char *wanted, struct err *err)
{
    if (wanted) {
        r->directory = xstrdup(wanted);
        if (dir_make(wanted, err)) {
            return -1;
        }
    } else {
        const char *base = env_get("TMPDIR");
        r->directory = xasprintf("%s/towerkeep-rehearsal-XXXXXX", base ? base : "/tmp");
        if (!mkdtemp(r->directory)) {
            return err_set(err, ERR_INPUT, "%s: no directory can be made there", r->directory);
        }
        r->made = true;
    }
    r->world = path_join(r->directory, "world.json");
    r->port_file = path_join(r->directory, "port");
    r->effects = path_join(r->directory, "effects.json");
    return 0;
}

static int count_failure(void *context, const struct finding *f)
{
    json_t *before = context;
    if (f->status == STATUS_FAIL) {
        json_int_t count = json_integer_value(json_object_get(before, f->check_id));
        json_object_set_new(before, f->check_id, json_integer(count + 1));
    }
    return 0;
}

/* The stored run becomes the simulator's world. */
static int draw_world(struct rehearsal *r, const char *run, const json_t *config, struct err *err)
{
    struct store *store = NULL;
    struct subjects *subjects = NULL;
    char *path = NULL;
    const struct report_format *format = report_format_find("world");
    int rc = run_dir_find(run, &path, err) || store_open(path, true, &store, err) ||
                     subjects_new(store, config, &subjects, err)
                 ? -1
                 : 0;
    if (rc == 0) {
        struct report_input input = {.store = store, .subjects = subjects};
        r->before = json_object();
        r->organization = xstrdup(store_meta(store, "organization_id"));
        rc = format->write(&input, r->world, err) ||
                     store_each_finding(store, count_failure, r->before, err) < 0
                 ? -1
                 : 0;
    }
    subjects_free(subjects);
    store_close(store);
    free(path);
    return rc;
}

/* A scan of its own, kept beside the copy: the one part of a rehearsal that asks AWS. */
static int scan_afresh(const struct rehearsal *r, const struct options *o, char **run,
                       struct err *err)
{
    struct options again;
    struct session s = {0};
    options_parse(&again, o->command, o->argc, o->argv);
    options_take_run(&again, &s.options);
    options_release(&again);
    *run = path_join(r->directory, "seen");
    s.options.output = *run;
    int rc = session_begin(&s, err) || session_open_run(&s, err) || session_connect(&s, err) ||
                     session_collect(&s, err) || session_judge(&s, err) || session_publish(&s, err)
                 ? -1
                 : 0;
    session_release(&s);
    return rc;
}

static char *simulator_path(void)
{
    const char *named = env_get("TOWERKEEP_SIM");
    char *self = named == NULL ? path_of_executable() : NULL;
    if (self == NULL) {
        return xstrdup(named != NULL ? named : "towerkeep-sim");
    }
    *strrchr(self, '/') = '\0';
    char *path = path_join(self, "towerkeep-sim");
    free(self);
    return path;
}

static int start_simulator(struct rehearsal *r, struct err *err)
{
    char *program = simulator_path();
    char *scale = xasprintf("%d", TIME_SCALE);
    char names[][16] = {"towerkeep-sim", "--world",      "--listen",
                        "--port-file",   "--time-scale", "--effects-file"};
    char address[] = "127.0.0.1:0";
    char *argv[] = {names[0],     names[1], r->world, names[2], address,    names[3],
                    r->port_file, names[4], scale,    names[5], r->effects, NULL};
    int failed = posix_spawnp(&r->simulator, program, NULL, NULL, argv, environ);
    if (failed) {
        err_set(err, ERR_INPUT,
                "%s: the simulator could not be started: %s (TOWERKEEP_SIM names it)", program,
                strerror(failed));
        r->simulator = 0;
    }
    free(program);
    free(scale);
    return failed ? -1 : 0;
}

static int await_port(struct rehearsal *r, char *endpoint, size_t size, struct err *err)
{
    const struct timespec wait = {0, START_WAIT_NS};
    for (int i = 0; i < START_TRIES; i++) {
        int status;
        if (waitpid(r->simulator, &status, WNOHANG) == r->simulator) {
            r->simulator = 0;
            return err_set(err, ERR_INTERNAL,
                           "the simulator refused the copy of the organization (%s)", r->world);
        }
        char *port = NULL;
        size_t length;
        struct err ignored = ERR_INIT;
        if (file_exists(r->port_file) &&
            file_read(r->port_file, 64, &port, &length, &ignored) == 0 && length > 0) {
            port[strcspn(port, "\r\n")] = '\0';
            (void)snprintf(endpoint, size, "http://127.0.0.1:%s", port);
            free(port);
            return 0;
        }
        free(port);
        nanosleep(&wait, NULL);
    }
    return err_set(err, ERR_INTERNAL, "the simulator did not start within %d s", START_TRIES / 20);
}

static void stop_simulator(struct rehearsal *r)
{
    int status;
    if (r->simulator > 0) {
        kill(r->simulator, SIGTERM);
        waitpid(r->simulator, &status, 0);
        r->simulator = 0;
    }
}

static json_t *load(const char *path)
{
    char *data = NULL;
    size_t length;
    struct err ignored = ERR_INIT;
    if (file_read(path, SMALL_FILE, &data, &length, &ignored)) {
        return NULL;
    }
    json_t *value = json_loadb(data, length, 0, NULL);
    free(data);
    return value;
}

static void print_effects(const struct rehearsal *r)
{
    json_t *effects = load(r->effects);
    const char *operation;
    json_t *count;
    printf("\nChanges the copy saw:\n");
    if (json_object_size(jx_get(effects, "writes")) == 0) {
        puts("  none");
    }
    json_object_foreach(jx_get(effects, "writes"), operation, count)
    {
        printf("  %-48s %6" JSON_INTEGER_FORMAT "\n", operation, json_integer_value(count));
    }
    printf("Calls in all: %lld\n", jx_int(effects, "total_calls", 0));
    json_decref(effects);
}

/* The longest chain of needs, with the lane's steps one after another. */
static long long plan_seconds(const json_t *plan)
{
    json_t *ends = json_object();
    long long lane = 0, last = 0;
    size_t i, k;
    json_t *step, *need;
    json_array_foreach(jx_get(plan, "steps"), i, step)
    {
        long long start = 0;
        json_array_foreach(jx_get(step, "needs"), k, need)
        {
            long long end = jx_int(ends, json_string_value(need), 0);
            json_t *known = json_object_get(ends, json_string_value(need));
            end = known ? json_integer_value(known) : end;
            start = end > start ? end : start;
        }
        bool one_at_a_time = *jx_str_or(step, "lane", "") != '\0';
        start = one_at_a_time && lane > start ? lane : start;
        long long end = start + jx_int(step, "expected_seconds", 0);
        lane = one_at_a_time ? end : lane;
        last = end > last ? end : last;
        json_object_set_new(ends, jx_str_or(step, "id", ""), json_integer(end));
    }
    json_decref(ends);
    return last;
}

static void print_duration(const char *directory)
{
    char **names = NULL;
    size_t count = 0;
    long long seconds = 0;
    struct err ignored = ERR_INIT;
    if (dir_list(directory, ".json", &names, &count, &ignored)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_starts(names[i], "plan-")) {
            char *path = path_join(directory, names[i]);
            json_t *plan = load(path);
            seconds += plan_seconds(plan);
            json_decref(plan);
            free(path);
        }
    }
    names_free(names, count);
    printf("Expected wall time on AWS: about %lld h %02lld min\n", seconds / 3600,
           seconds % 3600 / 60);
}

/* Which failures of the original the copy does not show: what a rehearsal cannot speak about. */
static void print_difference(const struct rehearsal *r, const char *directory)
{
    char *path = path_join(directory, FIRST_FAILURES);
    json_t *first = load(path);
    const char *check;
    json_t *count;
    int missing = 0;
    json_object_foreach(r->before, check, count)
    {
        json_int_t shown = json_integer_value(json_object_get(first, check));
        if (first && shown != json_integer_value(count)) {
            printf("%s %s: %" JSON_INTEGER_FORMAT " in the run, %" JSON_INTEGER_FORMAT
                   " in the copy\n",
                   missing++ ? " "
                             : "The copy differs from the run, so nothing is rehearsed there:\n ",
                   check, json_integer_value(count), shown);
        }
    }
    json_decref(first);
    free(path);
}

static void clean(struct rehearsal *r)
{
    stop_simulator(r);
    if (r->made) {
        dir_remove(r->directory);
    }
    free(r->directory);
    free(r->world);
    free(r->port_file);
    free(r->effects);
    free(r->organization);
    json_decref(r->before);
}

static int play(struct rehearsal *r, struct session *s, struct err *err)
{
    char endpoint[64];
    if (start_simulator(r, err) || await_port(r, endpoint, sizeof endpoint, err)) {
        return -1;
    }
    char *inside = path_join(r->directory, "run");
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_SESSION_TOKEN");
    setenv("AWS_ACCESS_KEY_ID", COPY_KEY, 1);
    setenv("AWS_SECRET_ACCESS_KEY", COPY_SECRET, 1);
    struct scan_options *o = &s->options;
    o->profile = NULL;
    o->endpoint_url = endpoint;
    o->output = inside;
    o->auto_approve = true;
    o->unpaced = true;
    o->hide_files = r->made;
    o->confirm_organization = r->organization;
    o->time_scale = TIME_SCALE;
    char *first = path_join(r->directory, FIRST_FAILURES);
    o->first_failures = first;
    int code = fix_loop(s, r->goal, err);
    stop_simulator(r);
    if (code >= 0) {
        print_effects(r);
        print_duration(inside);
        print_difference(r, r->directory);
    }
    free(first);
    free(inside);
    return code;
}

/* What only a teardown deletes is refused where nothing is taken down. */
static int check_goal(const struct options *o, enum goal goal, struct err *err)
{
    static const char *const of_teardown[] = {"delete-key", "delete-recovery-points",
                                              "close-accounts"};
    static const char *const of_fix[] = {
        "region", "excluded-region", "accounts",        "excluded-accounts",
        "ou",     "checks",          "excluded-checks", "severity"};
    for (size_t i = 0; goal != GOAL_TEARDOWN && i < sizeof of_teardown / sizeof *of_teardown; i++) {
        if (options_given(o, of_teardown[i])) {
            return err_set(err, ERR_INPUT, "--%s: only with rehearse teardown", of_teardown[i]);
        }
    }
    for (size_t i = 0; goal != GOAL_FIX && i < sizeof of_fix / sizeof *of_fix; i++) {
        if (options_given(o, of_fix[i])) {
            return err_set(err, ERR_INPUT, "--%s: only with rehearse fix", of_fix[i]);
        }
    }
    return 0;
}

int cmd_rehearse(struct options *o)
{
    struct session s = {0};
    struct rehearsal r = {0};
    struct err err = ERR_INIT;
    const struct words *words = &o->arguments;
    char *seen = NULL;
    int code = -1;
    options_take_run(o, &s.options);
    const char *kept = s.options.output_given ? s.options.output : NULL;
    const char *run = words->count > 1 ? words->items[1] : "towerkeep-output";
    if (parse_goal(words->items[0], &r.goal, &err) || check_goal(o, r.goal, &err) ||
        session_begin(&s, &err)) {
        goto out;
    }
    if (words->count > 1 && s.options.fresh) {
        err_set(&err, ERR_INPUT, "either --fresh or a run (%s), not both", words->items[1]);
        goto out;
    }
    if (make_directory(&r, kept, &err) || (s.options.fresh && scan_afresh(&r, o, &seen, &err)) ||
        draw_world(&r, seen != NULL ? seen : run, s.options.setup.config.document, &err)) {
        goto out;
    }
    code = play(&r, &s, &err);
out:
    if (code < 0) {
        code = signal_received ? EXIT_SIGNAL + (int)signal_received : cli_fail(&err);
    }
    session_release(&s);
    free(seen);
    clean(&r);
    return code;
}
