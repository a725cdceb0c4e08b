#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "core.h"

enum {
    KEY_WORLD = 256,
    KEY_LISTEN,
    KEY_PORT_FILE,
    KEY_TLS,
    KEY_LATENCY,
    KEY_TIME_SCALE,
    KEY_THROTTLE,
    KEY_FAULTS,
    KEY_RECORD,
    KEY_GENERATE,
    KEY_EFFECTS,
    KEY_STRICT_SCOPE
};

static const struct argp_option rows[] = {
    {"world", KEY_WORLD, "FILE", 0, "Serve the world in FILE (docs/worlds.md)", 0},
    {"generate", KEY_GENERATE, "SPEC", 0,
     "Generate a world: accounts=N,ous=N,regions=N,resources=N,seed=N. Without --listen and "
     "--port-file: print it and exit",
     0},
    {"listen", KEY_LISTEN, "ADDRESS:PORT", 0,
     "Loopback address to listen on; port 0 selects a free port (default 127.0.0.1:0)", 0},
    {"port-file", KEY_PORT_FILE, "FILE", 0, "Write the port to FILE once the simulator listens", 0},
    {"tls", KEY_TLS, "CERT KEY", 0, "Serve HTTPS with these PEM files", 0},
    {"latency", KEY_LATENCY, "MS", 0, "Delay every answer by MS milliseconds (default 0)", 0},
    {"time-scale", KEY_TIME_SCALE, "X", 0,
     "Run simulated time X times as fast as real time; 0 stops it (default 1)", 0},
    {"throttle", KEY_THROTTLE, "aws|off", 0,
     "Refuse calls that exceed the rates AWS publishes (default off)", 0},
    {"faults", KEY_FAULTS, "FILE", 0, "Inject the faults listed in FILE (docs/faults.md)", 0},
    {"record", KEY_RECORD, "FILE", 0, "Append every exchange to FILE, one JSON line each", 0},
    {"effects-file", KEY_EFFECTS, "FILE", 0,
     "Write the calls received and the changes made to FILE on exit", 0},
    {"strict-scope", KEY_STRICT_SCOPE, NULL, 0,
     "Refuse calls to global services that are not signed for the partition's global Region", 0},
    {0},
};

static double number(struct argp_state *state, const char *flag, const char *text, double low,
                     double high)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value < low || value > high) {
        argp_error(state, "invalid value \"%s\" for %s: expected a number from %g to %g", text,
                   flag, low, high);
    }
    return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct sim_options *o = state->input;
    switch (key) {
    case KEY_WORLD:
        o->world_file = text;
        return 0;
    case KEY_GENERATE:
        o->generate = text;
        return 0;
    case KEY_LISTEN:
        o->listen = text;
        return 0;
    case KEY_PORT_FILE:
        o->port_file = text;
        return 0;
    case KEY_TLS:
        if (state->next >= state->argc) {
            argp_error(state, "--tls requires two files: CERT KEY");
            return EINVAL;
        }
        o->tls_cert = text;
        o->tls_key = state->argv[state->next++];
        return 0;
    case KEY_LATENCY:
        o->latency_ms = (int)number(state, "--latency", text, 0, 600000);
        return 0;
    case KEY_TIME_SCALE:
        o->time_scale = number(state, "--time-scale", text, 0, 1e7);
        return 0;
    case KEY_THROTTLE:
        if (strcmp(text, "aws") != 0 && strcmp(text, "off") != 0) {
            argp_error(state, "invalid value \"%s\" for --throttle: expected aws or off", text);
        }
        o->throttle = strcmp(text, "aws") == 0;
        return 0;
    case KEY_FAULTS:
        o->faults_file = text;
        return 0;
    case KEY_RECORD:
        o->record_file = text;
        return 0;
    case KEY_EFFECTS:
        o->effects_file = text;
        return 0;
    case KEY_STRICT_SCOPE:
        o->strict_scope = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument \"%s\"", text);
        return EINVAL;
    case ARGP_KEY_END:
        if ((o->world_file == NULL) == (o->generate == NULL)) {
            argp_error(state, "specify either --world FILE or --generate SPEC");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int print_generated(const char *spec, struct err *err)
{
    json_t *world = world_generate(spec, err);
    if (world == NULL) {
        return -1;
    }
    json_dumpf(world, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(world);
    return fflush(stdout) == 0 ? 0
                               : err_set(err, ERR_IO, "cannot write the world to standard output");
}

static int open_world(struct sim *sim, const struct sim_options *o, struct err *err)
{
    if (o->world_file != NULL) {
        return world_load(sim, o->world_file, err);
    }
    json_t *world = world_generate(o->generate, err);
    return world == NULL ? -1 : world_take(sim, world, err);
}

static int write_effects(struct sim *sim, const char *path, struct err *err)
{
    struct out_file *file = NULL;
    if (out_file_open(path, &file, err) != 0) {
        return -1;
    }
    json_t *report = effects_report(sim);
    json_dumpf(report, out_file_stream(file), JSON_INDENT(1));
    fputc('\n', out_file_stream(file));
    json_decref(report);
    return out_file_commit(file, err);
}

static int serve(const struct sim_options *o, struct err *err)
{
    struct sim *sim = sim_new();
    int rc = -1;
    if (open_world(sim, o, err) != 0 ||
        (o->faults_file != NULL && faults_load(o->faults_file, &sim->faults, err) != 0)) {
        goto out;
    }
    sim->consistency = faults_consistency(sim->faults);
    timeline_set(sim->timeline, sim_now_ms(sim), o->time_scale);
    sim->strict_scope = o->strict_scope;
    sim->throttle = o->throttle ? throttle_new() : NULL;
    if (o->record_file != NULL && (sim->record = fopen(o->record_file, "a")) == NULL) {
        err_set(err, ERR_IO, "cannot write %s", o->record_file);
        goto out;
    }
    rc = http_serve(sim, o, err);
    if (rc == 0 && o->effects_file != NULL) {
        rc = write_effects(sim, o->effects_file, err);
    }
out:
    sim_free(sim);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        rows,
        parse,
        NULL,
        "Simulates an AWS organization on a loopback port: the services "
        "that towerkeep uses, over their wire protocols.",
        NULL,
        NULL,
        NULL};
    struct sim_options options = {.time_scale = 1.0};
    struct err err = ERR_INIT;
    log_open(stderr, LOG_INFO);
    argp_err_exit_status = 2;
    argp_program_version = "towerkeep-sim " TOWERKEEP_VERSION;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    bool print = options.generate != NULL && options.listen == NULL && options.port_file == NULL;
    options.listen = options.listen == NULL ? "127.0.0.1:0" : options.listen;
    int rc = print ? print_generated(options.generate, &err) : serve(&options, &err);
    if (rc != 0) {
        fprintf(stderr, "towerkeep-sim: %s\n", err.text);
    }
    log_close();
    return rc == 0 ? 0 : err.code == ERR_INPUT ? 2 : 1;
}
