/* A small organization made by hand (tests/store/world.h), findings about it, and plans from both.
 */
#ifndef TOWERKEEP_PLAN_ESTATE_H
#define TOWERKEEP_PLAN_ESTATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "blank_finding.h"
#include "model/condition.h"
#include "model/config.h"
#include "model/plan.h"
#include "plan/make.h"

#define MGMT "111122221111"
#define ADMIN "111122223333"
#define CENTRAL "111122224444"
#define AUDIT "111122226666"
#define PROD "222233330011"
#define HOME "eu-central-1"
#define AWAY "eu-west-1"
#define KEY_ID "mrk-0123456789abcdef0123456789abcdef"
#define KEY_IN(region) "arn:aws:kms:" region ":" MGMT ":key/" KEY_ID

#define VOLUME "arn:aws:ec2:" HOME ":" PROD ":volume/"
#define NEAR_KEY PROD "/" HOME "/" VOLUME "vol-1"

struct estate {
    char path[64];
    struct store *store;
    struct config config;
    struct subjects *subjects;
    struct plan_options options;
    struct plan *made;
    json_t *plan; /* what its file would hold */
    struct err err;
};

static inline void put_entity(struct estate *e, const char *const place[4], const char *json)
{
    const struct entity row = {.kind = place[0],
                               .account = place[1],
                               .region = place[2],
                               .key = place[3],
                               .json = json,
                               .json_length = strlen(json),
                               .fact = 1};
    if (store_entity(e->store, &row, &e->err) != 0) {
        fail_msg("%s", e->err.text);
    }
}

static inline int put_world(struct estate *e)
{
    char *data = NULL;
    size_t length = 0;
    const char *problem = NULL;
    if (file_read(TOWERKEEP_SOURCE_DIR "/tests/plan/world.json", 1024 * 1024, &data, &length,
                  &e->err) != 0) {
        return -1;
    }
    json_t *rows = jx_parse(data, length, &problem);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *place[4];
        for (size_t k = 0; k < 4; k++) {
            place[k] = json_string_value(json_array_get(row, k));
        }
        char *json = jx_dump(json_array_get(row, 4));
        put_entity(e, place, json);
        free(json);
    }
    json_decref(rows);
    free(data);
    return problem != NULL ? -1 : 0;
}

static int estate_open(void **state)
{
    struct estate *e = xcalloc(1, sizeof *e);
    (void)snprintf(e->path, sizeof e->path, "/tmp/towerkeep-plan-XXXXXX");
    int fd = mkstemp(e->path);
    (void)close(fd);
    (void)unlink(e->path);
    *state = e;
    if (store_create(e->path, &e->store, &e->err) != 0) {
        return -1;
    }
    static const char *const metas[][2] = {{"ended", "2026-11-20T04:30:00Z"},
                                           {"home_region", HOME},
                                           {"governed_regions", "[\"" AWAY "\",\"" HOME "\"]"},
                                           {"run_id", "20261120T043000Z"},
                                           {"organization_id", "o-exampleorg1"},
                                           {"management_account", MGMT},
                                           {"partition", "aws"},
                                           {"config_digest", "c0ffee"},
                                           {"rules_digest", "beef"}};
    for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
        if (store_meta_set(e->store, metas[i][0], metas[i][1], &e->err) != 0) {
            return -1;
        }
    }
    return put_world(e) != 0 ? -1 : config_load(NULL, &e->config, &e->err);
}

static int estate_close(void **state)
{
    struct estate *e = *state;
    plan_free(e->made);
    json_decref(e->plan);
    subjects_free(e->subjects);
    config_release(&e->config);
    store_close(e->store);
    (void)unlink(e->path);
    free(e);
    return 0;
}

/* Quotes are single, so that they read. */
static inline void estate_put(struct estate *e, const char *kind, const char *account,
                              const char *region, const char *key, const char *json)
{
    const char *const place[4] = {kind, account, region, key};
    char *text = xstrdup(json);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    put_entity(e, place, text);
    free(text);
}

static inline void estate_fail(struct estate *e, const char *check, const char *remedy,
                               const char *scope, const char *subject)
{
    struct finding f = blank_finding(check, STATUS_FAIL);
    f.title = "t";
    f.scope = scope;
    f.subject = subject;
    f.step = check[0] == 'K' ? 2 : 6;
    f.remediation = "by hand";
    f.remedy = remedy;
    finding_make_id(check, scope, subject, f.id);
    if (store_finding(e->store, &f, &e->err) != 0) {
        fail_msg("%s", e->err.text);
    }
}

/* The plan as it comes, also NULL. */
static inline int estate_try(struct estate *e, enum goal goal)
{
    plan_free(e->made);
    json_decref(e->plan);
    e->made = NULL;
    e->plan = NULL;
    if (e->subjects == NULL &&
        subjects_new(e->store, e->config.document, &e->subjects, &e->err) != 0) {
        fail_msg("%s", e->err.text);
    }
    e->options.config = e->config.document;
    int rc = plan_make(e->store, e->subjects, goal, &e->options, &e->made, &e->err);
    e->plan = rc == 0 ? plan_to_json(e->made) : NULL;
    return rc;
}

static inline const json_t *estate_plan(struct estate *e)
{
    if (estate_try(e, GOAL_FIX) != 0) {
        fail_msg("%s", e->err.text);
    }
    if (plan_check(e->made, "plan", &e->err) != 0) {
        fail_msg("%s", e->err.text);
    }
    return e->plan;
}

static inline const json_t *step_of(const json_t *plan, const char *id)
{
    const json_t *steps = jx_get(plan, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (strcmp(jx_str(json_array_get(steps, i), "id"), id) == 0) {
            return json_array_get(steps, i);
        }
    }
    fail_msg("no step %s", id);
    return NULL;
}

/* Ids of the steps in order, separated by spaces. */
static inline void expect_steps(const json_t *plan, const char *wanted)
{
    const json_t *steps = jx_get(plan, "steps");
    struct text ids;
    text_init(&ids, 65536);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        text_addf(&ids, "%s%s", i > 0 ? " " : "", jx_str(json_array_get(steps, i), "id"));
    }
    assert_string_equal(text_str(&ids), wanted);
    text_release(&ids);
}

/* Four failures: two that steps repair, one by hand, one by a tag. */
static inline void estate_fail_four(struct estate *e)
{
    estate_fail(e, "KMS-04", "replicate-key", "key", AWAY);
    estate_fail(e, "KMS-99", "", "key", HOME);
    estate_fail(e, "KMS-10", "cancel-key-deletion", "key", "us-east-1");
    estate_fail(e, "TAG-03", "tag-resource", "resource",
                PROD "/" HOME "/arn:aws:ec2:" HOME ":" PROD ":volume/vol-1");
}

/* Makes the plan; borrowed. */
static inline const struct plan *estate_made(struct estate *e)
{
    (void)estate_plan(e);
    return e->made;
}

/* A member's compact JSON, single quotes for double ones. */
static inline void expect_json(const json_t *value, const char *path, const char *wanted)
{
    char *found = jx_dump(jx_get(value, path));
    for (char *c = found; *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    if (strcmp(found, wanted) != 0) {
        fail_msg("%s is %s, not %s", path, found, wanted);
    }
    free(found);
}

/* Would the step's one guard hold if AWS answered so? Quotes are single. */
static inline bool guard_holds(const json_t *step, const char *answer)
{
    assert_int_equal(jx_count(step, "guard"), 1);
    const char *problem = NULL;
    char *text = xstrdup(answer);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *value = jx_parse(text, strlen(text), &problem);
    assert_non_null(value);
    bool holds = condition_holds(jx_get(json_array_get(jx_get(step, "guard"), 0), "when"), value);
    json_decref(value);
    free(text);
    return holds;
}

/* What a file of tests/plan/golden holds. */
static inline void expect_golden(const char *name, const char *found)
{
    char *path = xasprintf("%s/tests/plan/golden/%s", TOWERKEEP_SOURCE_DIR, name);
    char *wanted = NULL;
    size_t length = 0;
    struct err err = ERR_INIT;
    if (file_read(path, 1024 * 1024, &wanted, &length, &err) != 0 || strcmp(wanted, found) != 0) {
        fail_msg("%s (%s) is not what was made:\n%s", name, err.text, found);
    }
    free(wanted);
    free(path);
}

#endif
