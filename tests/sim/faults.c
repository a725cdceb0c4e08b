#include "landing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FILE_NAME "test-faults.yaml"
#define ZONE "controltower:ResetLandingZone"

static void load(struct sim *sim, const char *text)
{
    struct err err = ERR_INIT;
    FILE *f = fopen(FILE_NAME, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    faults_free(sim->faults);
    sim->faults = NULL;
    if (faults_load(FILE_NAME, &sim->faults, &err) != 0) {
        fail_msg("%s", err.text);
    }
    remove(FILE_NAME);
    sim->consistency = faults_consistency(sim->faults);
}

/* A call the way exchange.c makes it, as the management account; the answer, or NULL. */
static json_t *call_with(struct sim *sim, const char *label, const char *region, json_t *in,
                         char code[96])
{
    struct sim_call call = {.sim = sim,
                            .op = op_parse(label),
                            .account = MANAGEMENT,
                            .region = region,
                            .principal_arn = "arn:aws:iam::" MANAGEMENT ":user/tester",
                            .in = in,
                            .out = json_object()};
    const struct fault *fault = faults_strike(sim->faults, call.op, MANAGEMENT, region, NULL);
    call.fails = fault_fails(fault);
    fault_meddle(sim, fault);
    if (op_writes(call.op)) {
        consistency_before(sim);
    } else {
        consistency_look_back(&call);
    }
    int rc = route_run(routes_find(sim->routes, call.op), &call);
    consistency_after(sim);
    if (rc == 0 && op_writes(call.op)) {
        effects_note(&call);
    }
    json_t *out = rc == 0 ? json_deep_copy(call.out) : NULL;
    consistency_look_up(sim);
    if (code != NULL) {
        snprintf(code, 96, "%s", call.code);
    }
    json_decref(call.in);
    json_decref(call.out);
    return out;
}

static json_t *succeed(struct sim *sim, const char *label, json_t *in)
{
    char code[96];
    json_t *out = call_with(sim, label, HOME, in, code);
    if (out == NULL) {
        fail_msg("%s: %s", label, code);
    }
    return out;
}

static size_t aliases(struct sim *sim)
{
    json_t *out = succeed(sim, "kms:ListAliases", json_object());
    size_t count = jx_count(out, "Aliases");
    json_decref(out);
    return count;
}

static json_t *zone(struct sim *sim)
{
    return json_pack(
        "{ss}", "landingZoneIdentifier",
        jx_str(sim_state(sim, SVC_CONTROLTOWER, MANAGEMENT, HOME), "landing_zone.arn"));
}

static json_t *alias(struct sim *sim, const char *name)
{
    json_t *key = succeed(sim, "kms:CreateKey", json_object());
    json_t *in =
        json_pack("{ss ss}", "AliasName", name, "TargetKeyId", jx_str(key, "KeyMetadata.KeyId"));
    json_decref(key);
    return in;
}

static void reads_lag_behind_writes_and_catch_up(void **state)
{
    struct sim *sim = *state;
    timeline_set(sim->timeline, sim_now_ms(sim), 0.0);
    load(sim, "consistency: {seconds: [20, 20]}\n");
    size_t before = aliases(sim);
    json_decref(succeed(sim, "kms:CreateAlias", alias(sim, "alias/first")));
    assert_int_equal(aliases(sim), before);
    pass_time(sim, 10000);
    json_decref(succeed(sim, "kms:CreateAlias", alias(sim, "alias/second")));
    assert_int_equal(aliases(sim), before);
    pass_time(sim, 10001);
    assert_int_equal(aliases(sim), before + 1);
    pass_time(sim, 10001);
    assert_int_equal(aliases(sim), before + 2);
}

static void writes_and_reads_by_operation_id_see_the_present(void **state)
{
    struct sim *sim = *state;
    char code[96];
    timeline_set(sim->timeline, sim_now_ms(sim), 0.0);
    load(sim, "consistency: {seconds: [30, 30]}\n");
    json_decref(succeed(sim, "kms:CreateAlias", alias(sim, "alias/first")));
    assert_null(call_with(sim, "kms:CreateAlias", HOME, alias(sim, "alias/first"), code));
    assert_string_equal(code, "AlreadyExistsException");
    json_t *made = succeed(sim, "organizations:CreateAccount",
                           json_pack("{ss ss}", "Email", "x@example.com", "AccountName", "X"));
    const char *id = jx_str(made, "CreateAccountStatus.Id");
    json_t *told = succeed(sim, "organizations:DescribeCreateAccountStatus",
                           json_pack("{ss}", "CreateAccountRequestId", id));
    assert_string_equal(jx_str(told, "CreateAccountStatus.State"), "IN_PROGRESS");
    json_decref(told);
    json_decref(made);
    /* What a job changes lags like what a call changes. */
    pass_time(sim, 150 * 1000);
    json_t *accounts = succeed(sim, "organizations:ListAccounts", json_object());
    size_t stale = jx_count(accounts, "Accounts");
    json_decref(accounts);
    pass_time(sim, 31 * 1000);
    accounts = succeed(sim, "organizations:ListAccounts", json_object());
    assert_int_equal(jx_count(accounts, "Accounts"), stale + 1);
    json_decref(accounts);
}

static void an_operation_can_be_made_to_fail(void **state)
{
    struct sim *sim = *state;
    load(sim, "faults:\n  - {match: {operation: \"" ZONE "\", nth: 1}, fail_operation: {message: "
              "Broken on purpose}}\n"
              "  - {match: {operation: \"organizations:CreateAccount\"}, fail_operation: {message: "
              "INTERNAL_FAILURE}}\n");
    json_decref(succeed(sim, ZONE, zone(sim)));
    pass_time(sim, 50 * MINUTE);
    json_t *told = ask(sim, "controltower:GetLandingZone", zone(sim));
    assert_string_equal(jx_str(told, "landingZone.status"), "FAILED");
    json_decref(told);
    json_decref(succeed(sim, ZONE, zone(sim)));
    pass_time(sim, 50 * MINUTE);
    told = ask(sim, "controltower:GetLandingZone", zone(sim));
    assert_string_equal(jx_str(told, "landingZone.status"), "ACTIVE");
    json_decref(told);
    json_t *made = succeed(sim, "organizations:CreateAccount",
                           json_pack("{ss ss}", "Email", "y@example.com", "AccountName", "Y"));
    pass_time(sim, 5 * MINUTE);
    told = ask(sim, "organizations:DescribeCreateAccountStatus",
               json_pack("{ss}", "CreateAccountRequestId", jx_str(made, "CreateAccountStatus.Id")));
    assert_string_equal(jx_str(told, "CreateAccountStatus.FailureReason"), "INTERNAL_FAILURE");
    json_decref(told);
    json_decref(made);
}

static void a_baseline_can_be_made_to_fail(void **state)
{
    struct sim *sim = *state;
    load(sim,
         "faults:\n  - {match: {operation: \"controltower:Reset*\"}, fail_operation: {message: "
         "Broken}}\n");
    json_t *rows = ask(sim, "controltower:ListEnabledBaselines", json_object());
    size_t at = 0;
    json_t *row = NULL, *in = NULL;
    json_array_foreach(json_object_get(rows, "enabledBaselines"), at, row)
    {
        if (in == NULL && strstr(jx_str_or(row, "targetIdentifier", ""), ":ou/") != NULL) {
            in = json_pack("{ss}", "enabledBaselineIdentifier", jx_str(row, "arn"));
        }
    }
    assert_non_null(in);
    json_decref(rows);
    json_decref(succeed(sim, "controltower:ResetEnabledBaseline", json_incref(in)));
    pass_time(sim, 60 * MINUTE);
    json_t *told = ask(sim, "controltower:GetEnabledBaseline", in);
    assert_string_equal(jx_str(told, "enabledBaselineDetails.statusSummary.status"), "FAILED");
    json_decref(told);
}

static void another_operator_gets_in_between(void **state)
{
    struct sim *sim = *state;
    char code[96],
        *text = xasprintf(
            "faults:\n  - {match: {operation: \"kms:ListKeys\", nth: 2}, "
            "intruder: {call: \"" ZONE "\", input: {landingZoneIdentifier: "
            "\"%s\"}}}\n",
            jx_str(sim_state(sim, SVC_CONTROLTOWER, MANAGEMENT, HOME), "landing_zone.arn"));
    load(sim, text);
    free(text);
    json_decref(succeed(sim, "kms:ListKeys", json_object()));
    json_decref(succeed(sim, "kms:ListKeys", json_object()));
    assert_null(call_with(sim, ZONE, HOME, zone(sim), code));
    assert_string_equal(code, "ConflictException");
    pass_time(sim, 50 * MINUTE);
    json_decref(succeed(sim, ZONE, zone(sim)));
}

static void another_operator_changes_the_state(void **state)
{
    struct sim *sim = *state;
    load(sim, "faults:\n  - {match: {operation: \"kms:ListKeys\"}, intruder: {set: {service: "
              "controltower, region: home, path: landing_zone.drift, value: DRIFTED}}}\n");
    json_decref(succeed(sim, "kms:ListKeys", json_object()));
    json_t *told = ask(sim, "controltower:GetLandingZone", zone(sim));
    assert_string_equal(jx_str(told, "landingZone.driftStatus.status"), "DRIFTED");
    json_decref(told);
}

static void a_region_goes_off_in_mid_run(void **state)
{
    struct sim *sim = *state;
    load(sim,
         "faults:\n  - {match: {operation: \"kms:ListKeys\", nth: 2}, disable_region: {region: "
         "eu-west-1, account: \"" MANAGEMENT "\"}}\n");
    json_decref(succeed(sim, "kms:ListKeys", json_object()));
    assert_true(sim_account_region_enabled(sim, MANAGEMENT, "eu-west-1"));
    json_decref(succeed(sim, "kms:ListKeys", json_object()));
    assert_false(sim_account_region_enabled(sim, MANAGEMENT, "eu-west-1"));
    assert_true(sim_account_region_enabled(sim, "111122224444", "eu-west-1"));
}

/* Would the answer to such a call wait? */
static bool waits(struct sim *sim, const char *label)
{
    struct sim_response response;
    const struct fault *fault = faults_strike(sim->faults, op_parse(label), MANAGEMENT, HOME, NULL);
    sim_response_init(&response);
    if (fault != NULL) {
        assert_false(fault_before(fault, service_info(SVC_KMS), NULL, &response));
        fault_after(fault, &response);
    }
    bool held = response.hold != NULL;
    sim_response_release(&response);
    return held;
}

/* What /_sim/holds answers; `body` NULL: to a GET. */
static json_t *holds(struct sim *sim, const char *body, int status)
{
    struct sim_request request = {.path = xstrdup("/_sim/holds")};
    struct sim_response response;
    const char *problem = NULL;
    snprintf(request.method, sizeof request.method, "%s", body != NULL ? "POST" : "GET");
    text_init(&request.body, SIM_BODY_MAX);
    text_add(&request.body, body != NULL ? body : "");
    sim_response_init(&response);
    assert_true(effects_serve(sim, &request, &response));
    assert_int_equal(response.status, status);
    json_t *answer = jx_parse(text_str(&response.body), response.body.length, &problem);
    assert_non_null(answer);
    sim_request_release(&request);
    sim_response_release(&response);
    return answer;
}

static void a_held_answer_waits_until_it_is_released(void **state)
{
    struct sim *sim = *state;
    load(sim, "faults:\n  - {match: {operation: \"kms:ListKeys\", first: 2}, hold: the-keys}\n"
              "  - {match: {operation: \"kms:ListAliases\"}, hold: aliases}\n");
    assert_false(waits(sim, "kms:ListKeys"));
    assert_true(waits(sim, "kms:ListKeys"));
    assert_true(waits(sim, "kms:ListAliases"));
    json_t *told = holds(sim, NULL, 200);
    assert_int_equal(json_object_size(told), 2);
    assert_false(jx_bool(told, "the-keys.released"));
    json_decref(told);
    told = holds(sim, "{\"release\": \"the-keys\"}", 200);
    assert_true(jx_bool(told, "the-keys.released"));
    assert_false(jx_bool(told, "aliases.released"));
    json_decref(told);
    assert_false(waits(sim, "kms:ListKeys"));
    assert_true(waits(sim, "kms:ListAliases"));
}

static void a_release_that_names_nothing_is_refused(void **state)
{
    struct sim *sim = *state;
    load(sim, "faults:\n  - {match: {operation: \"kms:ListKeys\"}, hold: keys}\n");
    json_decref(holds(sim, "{\"release\": \"locks\"}", 404));
    json_decref(holds(sim, "{\"release\": 1}", 400));
    json_decref(holds(sim, "{\"release\": \"keys\", \"hold\": \"keys\"}", 400));
    json_decref(holds(sim, "keys", 400));
    assert_true(waits(sim, "kms:ListKeys"));
}

static long long effects(struct sim *sim, const char *operation, const char *object)
{
    json_t *report = effects_report(sim);
    long long count = json_integer_value(
        json_object_get(json_object_get(json_object_get(report, "objects"), operation), object));
    json_decref(report);
    return count;
}

static void effects_are_counted_by_what_they_act_on(void **state)
{
    struct sim *sim = *state;
    json_t *made = succeed(sim, "kms:CreateKey", json_pack("{sb}", "MultiRegion", 1));
    const char *id = jx_str(made, "KeyMetadata.KeyId");
    char object[160];
    json_decref(succeed(sim, "kms:ReplicateKey",
                        json_pack("{ss ss}", "KeyId", id, "ReplicaRegion", "eu-west-1")));
    snprintf(object, sizeof object, MANAGEMENT " " HOME " %s", id);
    assert_int_equal(effects(sim, "kms:CreateKey", object), 1);
    snprintf(object, sizeof object, MANAGEMENT " " HOME " %s eu-west-1", id);
    assert_int_equal(effects(sim, "kms:ReplicateKey", object), 1);
    json_decref(made);
    json_decref(succeed(sim, ZONE, zone(sim)));
    pass_time(sim, 50 * MINUTE);
    json_decref(succeed(sim, ZONE, zone(sim)));
    snprintf(object, sizeof object, MANAGEMENT " " HOME " %s",
             jx_str(sim_state(sim, SVC_CONTROLTOWER, MANAGEMENT, HOME), "landing_zone.arn"));
    assert_int_equal(effects(sim, ZONE, object), 2);
}

static void what_is_written_wrong_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "consistency: {seconds: 30}\n",
        "consistency: {seconds: [30, 0]}\n",
        "consistency: {seconds: [0, 30], sed: 1}\n",
        "faults:\n  - {fail_operation: true}\n",
        "faults:\n  - {fail_operation: {}}\n",
        "faults:\n  - {intruder: {}}\n",
        "faults:\n  - {intruder: {call: \"kms:Nothing\"}}\n",
        "faults:\n  - {intruder: {call: \"kms:ListKeys\", set: {}}}\n",
        "faults:\n  - {disable_region: {account: \"111122221111\"}}\n",
        "faults:\n  - {disable_region: eu-west-1}\n",
        "faults:\n  - {hold: true}\n",
        "faults:\n  - {hold: \"\"}\n",
        "faults:\n  - {hold: The Keys}\n",
        "faults:\n  - {hold: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
        "faults:\n  - {hold: keys, delay_ms: 5}\n",
        "faults:\n  - {hold: keys}\n  - {drop: before}\n  - {hold: keys}\n",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct err err = ERR_INIT;
        struct faults *faults = NULL;
        FILE *f = fopen(FILE_NAME, "w");
        assert_non_null(f);
        fputs(broken[i], f);
        fclose(f);
        if (faults_load(FILE_NAME, &faults, &err) == 0) {
            fail_msg("taken: %s", broken[i]);
        }
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, FILE_NAME));
    }
    remove(FILE_NAME);
}

static int setup(void **state)
{
    *state = open_world("seed-healthy.yaml");
    return 0;
}

static int teardown(void **state)
{
    sim_free(*state);
    return 0;
}

#define WITH_WORLD(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(reads_lag_behind_writes_and_catch_up),
        WITH_WORLD(writes_and_reads_by_operation_id_see_the_present),
        WITH_WORLD(an_operation_can_be_made_to_fail),
        WITH_WORLD(a_baseline_can_be_made_to_fail),
        WITH_WORLD(another_operator_gets_in_between),
        WITH_WORLD(another_operator_changes_the_state),
        WITH_WORLD(a_region_goes_off_in_mid_run),
        WITH_WORLD(a_held_answer_waits_until_it_is_released),
        WITH_WORLD(a_release_that_names_nothing_is_refused),
        WITH_WORLD(effects_are_counted_by_what_they_act_on),
        cmocka_unit_test(what_is_written_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
