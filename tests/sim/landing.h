/* Calls on a shipped world, as its management account, without a wire in between. */
#ifndef TOWERKEEP_SIM_LANDING_H
#define TOWERKEEP_SIM_LANDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "core.h"

#define MANAGEMENT "111122221111"
#define HOME "eu-central-1"
#define MINUTE (INT64_C(60) * 1000)
#define OU(name) "arn:aws:organizations::" MANAGEMENT ":ou/o-exampleorg1/ou-ab12-" name

static inline struct sim *open_world(const char *file)
{
    struct err err = ERR_INIT;
    struct sim *sim = sim_new();
    char path[512];

    snprintf(path, sizeof path, "%s/fixtures/worlds/%s", TOWERKEEP_SOURCE_DIR, file);
    if (world_load(sim, path, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return sim;
}

static inline void pass_time(struct sim *sim, int64_t ms)
{
    timeline_advance(sim->timeline, ms);
    sim_settle(sim);
}

/* The answer, or NULL with what was refused in *err. `in` is taken. */
static inline json_t *ask_as(struct sim *sim, const char *account, const char *what, json_t *in,
                             struct err *err)
{
    const struct op *op = op_parse(what);
    json_t *out = NULL;

    assert_non_null(op);
    *err = (struct err)ERR_INIT;
    if (sim_invoke(sim, op, account, op->reach == REACH_GLOBAL ? "us-east-1" : HOME, NULL, in, &out,
                   err) != 0) {
        out = NULL;
    }
    json_decref(in);
    return out;
}

static inline json_t *ask(struct sim *sim, const char *what, json_t *in)
{
    struct err err;
    json_t *out = ask_as(sim, MANAGEMENT, what, in, &err);

    if (out == NULL) {
        fail_msg("%s: %s", what, err.text);
    }
    return out;
}

static inline void order(struct sim *sim, const char *what, json_t *in)
{
    json_decref(ask(sim, what, in));
}

static inline void refuse_as(struct sim *sim, const char *account, const char *what, json_t *in,
                             const char *code)
{
    struct err err;
    json_t *out = ask_as(sim, account, what, in, &err);

    if (out != NULL || !str_starts(err.text, code)) {
        fail_msg("%s: expected %s, got %s", what, code, out != NULL ? "an answer" : err.text);
    }
}

static inline void refuse(struct sim *sim, const char *what, json_t *in, const char *code)
{
    refuse_as(sim, MANAGEMENT, what, in, code);
}

#endif
