/* A small world for the simulator's tests. */
#ifndef TOWERKEEP_SIM_WORLD_H
#define TOWERKEEP_SIM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/jsonx.h"
#include "base/mem.h"
#include "core.h"

#define TEST_MANAGEMENT "111122221111"
#define TEST_MEMBER "222233330001"
#define TEST_KEY "AKIATEST000000000001"
#define TEST_SECRET "test-secret"

static inline struct sim *test_world(void)
{
    static const char text[] =
        "{\"seed\":7,\"home_region\":\"eu-central-1\",\"now\":\"2026-11-20T03:00:00Z\","
        "\"organization\":{\"id\":\"o-exampleorg1\",\"root\":\"r-ab12\",\"management_account\":"
        "\"" TEST_MANAGEMENT "\","
        "\"policy_types\":{\"SERVICE_CONTROL_POLICY\":\"ENABLED\"},"
        "\"units\":[{\"id\":\"ou-ab12-work0001\",\"name\":\"Workloads\",\"units\":[],\"accounts\":["
        "{\"id\":\"" TEST_MEMBER
        "\",\"name\":\"One\",\"email\":\"one@example.com\",\"roles\":[\"AWSControlTowerExecution\","
        "{\"name\":\"Guarded\",\"external_id\":\"secret-word\"}]}]}]},"
        "\"credentials\":[{\"access_key_id\":\"" TEST_KEY "\",\"secret\":\"" TEST_SECRET
        "\",\"account\":\"" TEST_MANAGEMENT "\",\"user\":\"tester\"}]}";
    struct err err = ERR_INIT;
    struct sim *sim = sim_new();
    const char *problem = NULL;
    json_t *world = jx_parse(text, strlen(text), &problem);
    assert_non_null(world);
    if (world_take(sim, world, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return sim;
}

static inline int open_test_world(void **state)
{
    *state = test_world();
    return 0;
}

static inline int close_world(void **state)
{
    sim_free(*state);
    return 0;
}

#define IN_TEST_WORLD(name) cmocka_unit_test_setup_teardown(name, open_test_world, close_world)

#endif
