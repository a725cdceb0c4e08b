#include <stdio.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "core.h"
#include "options.h"

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
    if (o->replay_file != NULL && replay_load(o->replay_file, &sim->replay, err) != 0) {
        return -1;
    }
    json_t *world =
        sim->replay != NULL ? replay_world(sim->replay) : world_generate(o->generate, err);
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
    struct sim_options options = {.time_scale = 1.0};
    struct err err = ERR_INIT;
    log_open(stderr, LOG_INFO);
    sim_options_parse(&options, argc, argv);
    bool print = options.generate != NULL && options.listen == NULL && options.port_file == NULL;
    options.listen = options.listen == NULL ? "127.0.0.1:0" : options.listen;
    int rc = print ? print_generated(options.generate, &err) : serve(&options, &err);
    if (rc != 0) {
        fprintf(stderr, "towerkeep-sim: %s\n", err.text);
    }
    log_close();
    return rc == 0 ? 0 : err.code == ERR_INPUT ? 2 : 1;
}
