/* A small organization with backup on in the landing zone, for tests of the services that hold it.
 */
#ifndef TOWERKEEP_SIM_ESTATE_H
#define TOWERKEEP_SIM_ESTATE_H

#include "world.h"

#define CENTRAL "111122224444"
#define ADMIN "111122223333"
#define MEMBER TEST_MEMBER
#define HOME "eu-central-1"
#define OTHER "eu-west-1"
#define KEY_ID "mrk-0123456789abcdef0123456789abcdef"
#define KEY_ARN "arn:aws:kms:" HOME ":" TEST_MANAGEMENT ":key/" KEY_ID
#define LOCAL_VAULT "aws-controltower-local-backupvault-exampleorg1"
#define CENTRAL_VAULT "aws-controltower-central-backupvault-exampleorg1"

/* `baselines` and `resources` are JSON lists. */
static inline struct sim *estate(const char *baselines, const char *resources)
{
    char *text =
        xasprintf("{\"seed\":7,\"home_region\":\"" HOME "\",\"now\":\"2026-11-20T03:00:00Z\","
                  "\"organization\":{\"id\":\"o-exampleorg1\",\"root\":\"r-ab12\",\"management_"
                  "account\":\"" TEST_MANAGEMENT "\","
                  "\"policy_types\":{\"SERVICE_CONTROL_POLICY\":\"ENABLED\"},\"units\":["
                  "{\"id\":\"ou-ab12-sec00001\",\"name\":\"Security\",\"units\":[],\"accounts\":["
                  "{\"id\":\"" CENTRAL "\",\"name\":\"Central\",\"email\":\"c@example.com\"},"
                  "{\"id\":\"" ADMIN "\",\"name\":\"Admin\",\"email\":\"a@example.com\"},"
                  "{\"id\":\"111122225555\",\"name\":\"Log\",\"email\":\"l@example.com\"},"
                  "{\"id\":\"111122226666\",\"name\":\"Audit\",\"email\":\"u@example.com\"}]},"
                  "{\"id\":\"ou-ab12-work0001\",\"name\":\"Workloads\",\"units\":[],\"accounts\":["
                  "{\"id\":\"" MEMBER "\",\"name\":\"One\",\"email\":\"one@example.com\"}]}]},"
                  "\"credentials\":[{\"access_key_id\":\"" TEST_KEY "\",\"secret\":\"" TEST_SECRET
                  "\",\"account\":\"" TEST_MANAGEMENT "\",\"user\":\"tester\"}],"
                  "\"landing_zone\":{\"version\":\"3.3\",\"status\":\"ACTIVE\",\"drift\":\"IN_"
                  "SYNC\",\"manifest\":{"
                  "\"governedRegions\":[\"" HOME "\",\"" OTHER
                  "\"],\"organizationStructure\":{\"security\":{\"name\":\"Security\"}},"
                  "\"centralizedLogging\":{\"accountId\":\"111122225555\",\"enabled\":true},"
                  "\"securityRoles\":{\"accountId\":\"111122226666\"},\"accessManagement\":{"
                  "\"enabled\":true},"
                  "\"backup\":{\"enabled\":true,\"configurations\":{\"centralBackup\":{"
                  "\"accountId\":\"" CENTRAL "\"},"
                  "\"backupAdmin\":{\"accountId\":\"" ADMIN "\"},\"kmsKeyArn\":\"" KEY_ARN "\"}}}},"
                  "\"baselines\":%s,\"kms\":{\"keys\":[{\"id\":\"" KEY_ID
                  "\",\"multi_region\":true,\"rotation\":true,"
                  "\"region\":\"" HOME "\",\"account\":\"" TEST_MANAGEMENT
                  "\",\"replicas\":[\"" OTHER "\"],\"aliases\":[\"backup\"]}]},"
                  "\"resources\":%s}",
                  baselines, resources);
    const char *problem = NULL;
    struct err err = ERR_INIT;
    struct sim *sim = sim_new();
    json_t *world = jx_parse(text, strlen(text), &problem);
    assert_non_null(world);
    free(text);
    if (world_take(sim, world, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return sim;
}

#define COVERED                                                                                    \
    "[{\"baseline\":\"AWSControlTowerBaseline\",\"version\":\"4.0\",\"target\":\"ou-ab12-"         \
    "work0001\",\"status\":"                                                                       \
    "\"SUCCEEDED\"},{\"baseline\":\"BackupBaseline\",\"version\":\"1.0\",\"target\":\"ou-ab12-"    \
    "work0001\",\"status\":"                                                                       \
    "\"SUCCEEDED\"}]"
#define REGISTERED                                                                                 \
    "[{\"baseline\":\"AWSControlTowerBaseline\",\"version\":\"4.0\",\"target\":\"ou-ab12-"         \
    "work0001\",\"status\":"                                                                       \
    "\"SUCCEEDED\"}]"

/* Calls an operation with `input` (taken). The answer, or {"error": "Code: message"}; yours. */
static inline json_t *ask(struct sim *sim, const char *label, const char *account,
                          const char *region, json_t *input)
{
    struct err err = ERR_INIT;
    json_t *out = NULL;
    const struct op *op = op_parse(label);
    assert_non_null(op);
    sim_settle(sim);
    if (sim_invoke(sim, op, account, region, "AWSControlTowerExecution", input, &out, &err) != 0) {
        json_decref(out);
        out = json_pack("{s:s}", "error", err.text);
    }
    json_decref(input);
    return out;
}

/* One value of an answer, checked and forgotten. */
static inline void expect(struct sim *sim, const char *label, const char *account,
                          const char *region, json_t *input, const char *path, const char *value)
{
    json_t *out = ask(sim, label, account, region, input);
    const char *has = jx_str(out, path);
    if (has == NULL || strncmp(has, value, strlen(value)) != 0) {
        char *text = jx_dump(out);
        fail_msg("%s: %s should be %s in %s", label, path, value, text);
    }
    json_decref(out);
}

static inline void expect_count(struct sim *sim, const char *label, const char *account,
                                const char *region, json_t *input, const char *path, size_t count)
{
    json_t *out = ask(sim, label, account, region, input);
    if (jx_count(out, path) != count || jx_get(out, path) == NULL) {
        char *text = jx_dump(out);
        fail_msg("%s: %s should hold %zu in %s", label, path, count, text);
    }
    json_decref(out);
}

/* Succeeds. */
static inline void done(struct sim *sim, const char *label, const char *account, const char *region,
                        json_t *input)
{
    json_t *out = ask(sim, label, account, region, input);
    if (jx_str(out, "error") != NULL) {
        fail_msg("%s: %s", label, jx_str(out, "error"));
    }
    json_decref(out);
}

static inline void pass(struct sim *sim, int64_t seconds)
{
    timeline_advance(sim->timeline, seconds * 1000);
    sim_settle(sim);
}

#endif
