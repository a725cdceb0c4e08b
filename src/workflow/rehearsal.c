#include "workflow/rehearsal.h"

#include <signal.h>
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
#include "fix_state.h"
#include "report/report.h"

#define TIME_SCALE 5000
#define START_TRIES 200
#define START_WAIT_NS 50000000L
#define SMALL_FILE ((size_t)16 * 1024 * 1024)
/* The credentials of the copy, as the report format "world" writes them. */
#define COPY_KEY "AKIAREHEARSAL0000000"
#define COPY_SECRET "rehearsal-secret-of-the-copy"

extern char **environ;

int rehearsal_open(struct rehearsal *r, const char *directory, struct err *err)
{
    *r = (struct rehearsal){0};
    if (directory != NULL) {
        r->directory = xstrdup(directory);
        if (dir_make(directory, err) != 0) {
            return -1;
        }
    } else {
        const char *base = env_get("TMPDIR");
        r->directory = xasprintf("%s/towerkeep-rehearsal-XXXXXX", base != NULL ? base : "/tmp");
        if (mkdtemp(r->directory) == NULL) {
            return err_set(err, ERR_INPUT, "cannot create the directory %s", r->directory);
        }
        r->temporary = true;
    }
    r->run = path_join(r->directory, "run");
    r->world = path_join(r->directory, "world.json");
    r->port_file = path_join(r->directory, "port");
    r->effects_file = path_join(r->directory, "effects.json");
    return 0;
}

int rehearsal_copy(struct rehearsal *r, const char *run, const json_t *config, struct err *err)
{
    struct store *store = NULL;
    struct subjects *subjects = NULL;
    char *path = NULL;
    int rc = -1;
    if (run_dir_find(run, &path, err) != 0 || store_open(path, true, &store, err) != 0 ||
        subjects_new(store, config, &subjects, err) != 0) {
        goto out;
    }
    const struct report_input input = {.store = store, .subjects = subjects};
    r->organization = xstrdup(store_meta(store, "organization_id"));
    rc = report_format_find("world")->write(&input, r->world, err);
    if (rc == 0) {
        rc = failures_count(store, &r->failures, err);
    }
out:
    subjects_free(subjects);
    store_close(store);
    free(path);
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
    char *argv[] = {names[0],     names[1], r->world, names[2], address,         names[3],
                    r->port_file, names[4], scale,    names[5], r->effects_file, NULL};
    int rc = posix_spawnp(&r->simulator, program, NULL, NULL, argv, environ);
    if (rc != 0) {
        err_set(err, ERR_INPUT, "cannot start the simulator %s: %s (set TOWERKEEP_SIM to its path)",
                program, strerror(rc));
        r->simulator = 0;
    }
    free(program);
    free(scale);
    return rc != 0 ? -1 : 0;
}

static int await_port(struct rehearsal *r, struct err *err)
{
    const struct timespec wait = {0, START_WAIT_NS};
    for (int i = 0; i < START_TRIES; i++) {
        int status;
        if (waitpid(r->simulator, &status, WNOHANG) == r->simulator) {
            r->simulator = 0;
            return err_set(err, ERR_INTERNAL,
                           "the simulator rejected the copy of the organization (%s)", r->world);
        }
        char *port = NULL;
        size_t length;
        struct err ignored = ERR_INIT;
        if (file_exists(r->port_file) &&
            file_read(r->port_file, 64, &port, &length, &ignored) == 0 && length > 0) {
            port[strcspn(port, "\r\n")] = '\0';
            (void)snprintf(r->endpoint, sizeof r->endpoint, "http://127.0.0.1:%s", port);
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
    if (r->simulator > 0) {
        (void)kill(r->simulator, SIGTERM);
        (void)waitpid(r->simulator, NULL, 0);
        r->simulator = 0;
    }
}

/* New reference; NULL when there is no such file. */
static json_t *load(const char *path)
{
    char *data = NULL;
    size_t length;
    struct err ignored = ERR_INIT;
    if (file_read(path, SMALL_FILE, &data, &length, &ignored) != 0) {
        return NULL;
    }
    json_t *value = json_loadb(data, length, 0, NULL);
    free(data);
    return value;
}

/* Of every plan that was applied in the directory. */
static long long expected_seconds(const char *directory)
{
    char **names = NULL;
    size_t count = 0;
    long long seconds = 0;
    struct err ignored = ERR_INIT;
    if (dir_list(directory, ".json", &names, &count, &ignored) != 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_starts(names[i], "plan-")) {
            char *path = path_join(directory, names[i]);
            struct plan *plan = NULL;
            if (plan_load(path, &plan, &ignored) == 0) {
                seconds += plan_seconds(&plan->steps);
            }
            plan_free(plan);
            free(path);
        }
    }
    names_free(names, count);
    return seconds;
}

static void use_copy(const struct rehearsal *r, struct session_options *o)
{
    (void)unsetenv("AWS_PROFILE");
    (void)unsetenv("AWS_SESSION_TOKEN");
    (void)setenv("AWS_ACCESS_KEY_ID", COPY_KEY, 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", COPY_SECRET, 1);
    o->profile = NULL;
    o->endpoint_url = r->endpoint;
    o->output = r->run;
    o->auto_approve = true;
    o->unpaced = true;
    o->confirm_organization = r->organization;
    o->time_scale = TIME_SCALE;
}

int rehearsal_run(struct rehearsal *r, struct session *s, enum goal goal, struct fix_result *result,
                  struct err *err)
{
    if (start_simulator(r, err) != 0 || await_port(r, err) != 0) {
        return -1;
    }
    use_copy(r, &s->options);
    int rc = fix_loop(s, goal, result, err);
    stop_simulator(r); /* it writes what it saw when it stops */
    if (rc == 0) {
        r->effects = load(r->effects_file);
        r->expected_seconds = expected_seconds(r->run);
    }
    return rc;
}

void rehearsal_close(struct rehearsal *r)
{
    stop_simulator(r);
    if (r->temporary) {
        dir_remove(r->directory);
    }
    free(r->directory);
    free(r->run);
    free(r->world);
    free(r->port_file);
    free(r->effects_file);
    free(r->organization);
    json_decref(r->failures);
    json_decref(r->effects);
    *r = (struct rehearsal){0};
}
