/* Plans, a client, and an apply against the cloud. */
#ifndef TOWERKEEP_APPLY_HARNESS_H
#define TOWERKEEP_APPLY_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "apply/apply.h"
#include "aws/creds.h"
#include "base/hash.h"
#include "cloud.h"
#include "model/plan.h"
#include "plan_digest.h"

#define SCALE 2000.0
#define HOME "eu-central-1"

static struct cloud cloud;
static char journal[64];

/* --- plans --- */

static json_t *call(const char *operation, json_t *input)
{
    return json_pack("{s:s, s:s, s:s, s:n, s:o}", "operation", operation, "account", CALLER,
                     "region", HOME, "role", "input", input);
}

static json_t *enabled(const char *key, bool wanted)
{
    return json_pack("{s:o, s:{s:s, s:b}, s:b, s:s}", "call",
                     call("kms:DescribeKey", json_pack("{s:s}", "KeyId", key)), "when", "path",
                     "KeyMetadata.Enabled", "equals", wanted, "absent_is", 0, "says",
                     "the key is as it was");
}

static json_t *needs_of(const char *words)
{
    json_t *list = json_array();
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        json_array_append_new(list, json_stringn(words, length));
        words += length + (words[length] == ' ' ? 1 : 0);
    }
    return list;
}

static json_t *step(const char *id, const char *needs, json_t *send, json_t *done)
{
    char word[64];
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(id, "/"), id);
    json_t *s = json_pack("{s:s, s:s, s:i, s:s, s:[s], s:s, s:i, s:o, s:s, s:o, s:[], s:o}", "id",
                          id, "remedy", word, "step", 2, "title", id, "reasons", "goal:fix", "risk",
                          "low", "expected_seconds", 5, "needs", needs_of(needs), "lane", "",
                          "done", done, "guard", "send", send);
    assert_non_null(s);
    return s;
}

/* Enables the key that the id names after its slash. */
static json_t *enable(const char *id, const char *needs)
{
    const char *key = strchr(id, '/') + 1;
    return step(id, needs, call("kms:EnableKey", json_pack("{s:s}", "KeyId", key)),
                enabled(key, true));
}

static json_t *create_account(void)
{
    json_t *input = json_pack("{s:s, s:s}", "AccountName", "Backup", "Email", "b@example.org");
    json_t *done =
        json_pack("{s:o, s:{s:s, s:{s:s, s:s}}, s:{s:s}}", "call",
                  call("organizations:ListAccounts", json_object()), "select", "list", "Accounts",
                  "where", "path", "Name", "equals", "Backup", "capture", "account", "Id");
    json_t *s =
        step("create-accounts/backup", "", call("organizations:CreateAccount", input), done);
    json_t *asked =
        json_pack("{s:s}", "CreateAccountRequestId", "${create-accounts/backup:request}");
    json_object_set_new(s, "poll",
                        json_pack("{s:o, s:{s:s, s:s}, s:{s:s, s:s}, s:i, s:i, s:s}", "call",
                                  call("organizations:DescribeCreateAccountStatus", asked), "until",
                                  "path", "CreateAccountStatus.State", "equals", "SUCCEEDED",
                                  "fail", "path", "CreateAccountStatus.State", "equals", "FAILED",
                                  "every_seconds", 10, "timeout_seconds", 3600, "message",
                                  "CreateAccountStatus.FailureReason"));
    json_object_set_new(s, "capture", json_pack("{s:s}", "request", "CreateAccountStatus.Id"));
    json_object_set_new(s, "recover",
                        json_pack("{s:{s:o, s:{s:s, s:{s:s, s:s}}}, s:{s:s}}", "probe", "call",
                                  call("organizations:ListCreateAccountStatus", json_object()),
                                  "select", "list", "CreateAccountStatuses", "where", "path",
                                  "AccountName", "equals", "Backup", "capture", "request", "Id"));
    return s;
}

static struct plan *plan_of(json_t *steps)
{
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:[]}", "schema",
                  "towerkeep-plan/1", "goal", "fix", "organization_id", ORGANIZATION,
                  "management_account", CALLER, "partition", "aws", "home_region", HOME, "run_id",
                  "r", "created", "2026-11-23T00:00:00Z", "config_digest", "c", "rules_digest", "d",
                  "steps", steps, "manual");
    struct err err = ERR_INIT;
    struct plan *plan = NULL;
    plan_json_seal(document);
    if (plan_from_json(document, "plan", &plan, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_decref(document);
    return plan;
}

/* --- applies --- */

struct applied {
    int status;
    struct apply_result result;
    struct err err;
};

static struct aws_client *client_of(void)
{
    struct creds_source source = {
        .base = {.access_key_id = "AKIAMGMT00000000DEMO", .secret = xstrdup("demo-secret")}};
    struct aws_options options = {.endpoints = {.override_all = cloud.url},
                                  .unpaced = true,
                                  .max_attempts = 2,
                                  .connect_timeout_ms = 2000};
    struct aws_client *client = NULL;
    struct err err = ERR_INIT;
    if (aws_client_new(&options, &source, &client, &err) != 0 ||
        aws_client_open(client, HOME, &err) != 0) {
        fail_msg("%s", err.text);
    }
    creds_source_release(&source);
    return client;
}

static struct applied apply_with(const struct plan *plan, struct apply_options *options)
{
    struct applied a = {.err = ERR_INIT};
    struct aws_client *client = client_of();
    options->journal = journal;
    options->time_scale = SCALE;
    a.status = apply_run(client, plan, options, &a.result, &a.err);
    aws_client_free(client);
    return a;
}

static struct applied apply(const struct plan *plan)
{
    struct apply_options options = {0};
    return apply_with(plan, &options);
}

static const json_t *change(const struct applied *a, const char *id)
{
    size_t i;
    json_t *row;
    json_array_foreach(a->result.changes, i, row)
    {
        if (strcmp(jx_str(row, "id"), id) == 0) {
            return row;
        }
    }
    fail_msg("no change is named %s", id);
    return NULL;
}

static void is(const struct applied *a, const char *id, const char *state, const char *says)
{
    const json_t *row = change(a, id);
    if (strcmp(jx_str(row, "state"), state) != 0 || strstr(jx_str(row, "message"), says) == NULL) {
        fail_msg("%s is %s: %s; expected %s: %s", id, jx_str(row, "state"), jx_str(row, "message"),
                 state, says);
    }
}

static int begin(void **state)
{
    (void)state;
    static int number;
    cloud_start(&cloud);
    (void)snprintf(journal, sizeof journal, "/tmp/towerkeep-apply-%ld-%d.db", (long)getpid(),
                   number++);
    return 0;
}

static int end(void **state)
{
    (void)state;
    char lock[80];
    cloud_stop(&cloud);
    (void)snprintf(lock, sizeof lock, "%s.lock", journal);
    (void)unlink(journal);
    (void)unlink(lock);
    return 0;
}

static void release(struct applied *a, struct plan *plan)
{
    apply_result_release(&a->result);
    plan_free(plan);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
