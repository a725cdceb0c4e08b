/* Inside the preflight: what its checks share. */
#ifndef TOWERKEEP_APPLY_PREFLIGHT_H
#define TOWERKEEP_APPLY_PREFLIGHT_H

#include <jansson.h>

#include "aws/client.h"
#include "base/err.h"
#include "model/plan.h"

struct flight {
    struct aws_client *client;
    const struct plan *plan;
    const struct plan_steps *steps; /* the plan's */
    const char *home;
    json_t *problems;
    json_t *landing_zone; /* GetLandingZone's, NULL: none */
    size_t quota;         /* of accounts; 0: not known */
};

/* Tells people what is wrong. */
void flight_problem(struct flight *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* 0: *out is yours; 1: AWS refuses, and *err says how; -1: it could not be asked. */
int flight_ask(struct flight *f, const char *operation, json_t *take_input, json_t **out,
               struct err *err);

/* permissions.c: may the caller send what the plan sends in the own account? By IAM's own
 * simulation, where it lets us ask. */
int check_permissions(struct flight *f, struct err *err);

#endif
