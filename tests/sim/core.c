#include "world.h"

#include "aws/message.h"
#include "base/file.h"

static void note(struct sim *sim, json_t *what)
{
    json_t *log = json_object_get(what, "log");
    json_array_append_new(
        log, json_pack("[O, I]", json_object_get(what, "name"), (json_int_t)sim_now_ms(sim)));
    if (jx_bool(what, "again")) {
        sim_later(sim, 1000, note, json_pack("{s:O, s:s}", "log", log, "name", "child"));
    }
}

static void jobs_run_in_order_at_their_own_time(void **state)
{
    struct sim *sim = *state;
    timeline_set(sim->timeline, 1000000, 0.0);
    json_t *log = json_array();
    sim_later(sim, 5000, note, json_pack("{s:O, s:s}", "log", log, "name", "late"));
    sim_later(sim, 2000, note,
              json_pack("{s:O, s:s, s:b}", "log", log, "name", "early", "again", 1));
    sim_later(sim, 2000, note, json_pack("{s:O, s:s}", "log", log, "name", "second"));
    sim_settle(sim);
    assert_int_equal(json_array_size(log), 0);
    timeline_advance(sim->timeline, 4000);
    sim_settle(sim);
    timeline_advance(sim->timeline, 60000);
    sim_settle(sim);
    char *text = jx_dump(log);
    assert_string_equal(
        text, "[[\"early\",1002000],[\"second\",1002000],[\"child\",1003000],[\"late\",1005000]]");
    free(text);
    json_decref(log);
}

static void hashed_ids_depend_on_words_and_seed_alone(void **state)
{
    struct sim *sim = *state;
    char a[37], b[37], c[9], d[9];
    sim_hash_uuid(sim, "key 1", a);
    sim_new_uuid(sim, b);
    assert_string_not_equal(a, b);
    sim_hash_uuid(sim, "key 1", b);
    assert_string_equal(a, b);
    assert_int_equal(a[14], '4');
    sim_hash_id(sim, "x", "01", 8, c);
    sim->seed++;
    sim_hash_uuid(sim, "key 1", b);
    assert_string_not_equal(a, b);
    sim_hash_id(sim, "x", "01", 8, d);
    assert_int_equal(strspn(c, "01"), 8);
}

static json_t *walk(struct sim *sim, json_t *rows, int limit, unsigned *pages)
{
    json_t *seen = json_array();
    char token[96] = "";
    for (*pages = 0; *pages < 100; (*pages)++) {
        struct sim_call call = {.sim = sim,
                                .op = op_parse("kms:ListAliases"),
                                .account = TEST_MANAGEMENT,
                                .region = "eu-west-1"};
        call.in = json_pack("{s:i}", "Limit", limit);
        if (*token != '\0') {
            json_object_set_new(call.in, call.op->token_in, json_string(token));
        }
        call.out = json_object();
        assert_int_equal(sim_page(&call, rows, 50), 0);
        json_array_extend(seen, json_object_get(call.out, "Aliases"));
        const char *next = jx_str(call.out, call.op->token_out);
        snprintf(token, sizeof token, "%s", next != NULL ? next : "");
        json_decref(call.in);
        json_decref(call.out);
        if (*token == '\0') {
            (*pages)++;
            return seen;
        }
    }
    return seen;
}

static void pages_give_every_row_once_and_refuse_strange_tokens(void **state)
{
    struct sim *sim = *state;
    unsigned pages = 0;
    json_t *rows = json_array();
    for (int i = 0; i < 7; i++) {
        json_array_append_new(rows, json_integer(i));
    }
    json_t *seen = walk(sim, rows, 3, &pages);
    assert_true(json_equal(seen, rows));
    assert_int_equal(pages, 3);
    json_decref(seen);
    json_object_set_new(sim->world, "quirks", json_pack("{s:b}", "empty_pages", 1));
    seen = walk(sim, rows, 3, &pages);
    assert_true(json_equal(seen, rows));
    assert_int_equal(pages, 6);
    json_decref(seen);
    struct sim_call call = {.sim = sim,
                            .op = op_parse("kms:ListAliases"),
                            .account = TEST_MANAGEMENT,
                            .region = "eu-west-1"};
    call.in = json_pack("{s:s}", "Marker", "tk00000003x0AAAAAAAAAAAAAAAA");
    call.out = json_object();
    assert_int_equal(sim_page(&call, rows, 50), -1);
    assert_string_equal(call.code, "InvalidMarkerException");
    json_decref(call.in);
    json_decref(call.out);
    json_decref(rows);
}

static void published_rates_hold_and_refill(void **state)
{
    (void)state;
    struct throttle *t = throttle_new();
    const struct op *op = op_parse("organizations:ListRoots");
    const struct rate *rates[RATES_MAX];
    size_t count = rate_class_rates(op->rate, rates);
    assert_true(count > 0);
    int burst = (int)rates[0]->burst, taken = 0;
    while (taken < 1000 && throttle_take(t, op, TEST_MANAGEMENT, "us-east-1", 0)) {
        taken++;
    }
    assert_true(taken >= 1 && taken <= burst + 1);
    assert_false(throttle_take(t, op, TEST_MANAGEMENT, "us-east-1", 1));
    assert_true(throttle_take(t, op, TEST_MANAGEMENT, "us-east-1", 60000));
    throttle_free(t);
}

/* The codes that each service documents: EC2 API throttling, Amazon S3 error responses, the common
 * errors of the query services, and the modelled errors of the others. */
static void each_service_throttles_with_its_own_code(void **state)
{
    static const struct {
        const char *code;
        int status;
    } wanted[SVC_COUNT] = {[SVC_ORGANIZATIONS] = {"TooManyRequestsException", 400},
                           [SVC_CONTROLTOWER] = {"ThrottlingException", 429},
                           [SVC_KMS] = {"ThrottlingException", 400},
                           [SVC_BACKUP] = {"ThrottlingException", 400},
                           [SVC_STS] = {"Throttling", 400},
                           [SVC_ACCOUNT] = {"TooManyRequestsException", 429},
                           [SVC_EC2] = {"RequestLimitExceeded", 503},
                           [SVC_RDS] = {"Throttling", 400},
                           [SVC_DYNAMODB] = {"ThrottlingException", 400},
                           [SVC_EFS] = {"ThrottlingException", 429},
                           [SVC_S3] = {"SlowDown", 503},
                           [SVC_TAGGING] = {"ThrottledException", 400},
                           [SVC_IAM] = {"Throttling", 400},
                           [SVC_SERVICECATALOG] = {"ThrottlingException", 400},
                           [SVC_CONTROLCATALOG] = {"ThrottlingException", 429},
                           [SVC_FSX] = {"ThrottlingException", 400},
                           [SVC_EKS] = {"ThrottlingException", 429},
                           [SVC_REDSHIFT] = {"Throttling", 400},
                           [SVC_REDSHIFT_SERVERLESS] = {"ThrottlingException", 400},
                           [SVC_DSQL] = {"ThrottlingException", 429},
                           [SVC_STORAGEGATEWAY] = {"ThrottlingException", 400},
                           [SVC_CLOUDFORMATION] = {"Throttling", 400}};
    (void)state;
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        struct sim_response answer;
        struct answer_error error;
        const char *code = NULL, *message = NULL;
        int status = 0;
        throttle_error(service_info(op->service), &status, &code, &message);
        assert_string_equal(code, wanted[op->service].code);
        assert_int_equal(status, wanted[op->service].status);
        sim_response_init(&answer);
        wire_error(service_info(op->service), status, code, message, NULL, &answer);
        answer_classify(op, status, jx_str(answer.headers, "x-amzn-errortype"),
                        text_str(&answer.body), answer.body.length, &error);
        assert_string_equal(error.code, code);
        assert_int_equal(error.class, ANSWER_THROTTLED);
        sim_response_release(&answer);
    }
}

static void broken_fault_files_are_refused_with_line_and_path(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "faults: 1\n",
        "faults:\n  - {match: {operation: kms}}\n",
        "faults:\n  - {drop: sometimes}\n",
        "faults:\n  - {drop: before, delay_ms: 5}\n",
        "faults:\n  - {error: {status: 400}}\n",
        "faults:\n  - {match: {probability: 2}, drop: before}\n",
        "faults:\n  - {mach: {}, drop: before}\n",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct err err = ERR_INIT;
        struct faults *faults = NULL;
        FILE *f = fopen("broken-faults.yaml", "w");
        assert_non_null(f);
        fputs(broken[i], f);
        fclose(f);
        assert_int_equal(faults_load("broken-faults.yaml", &faults, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, "broken-faults.yaml"));
    }
    remove("broken-faults.yaml");
}

static void generated_worlds_are_the_same_for_the_same_seed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *a = world_generate("accounts=50,ous=9,regions=3,resources=2,seed=4", &err);
    json_t *b = world_generate("seed=4,accounts=50,ous=9,regions=3,resources=2", &err);
    json_t *c = world_generate("accounts=50,ous=9,regions=3,resources=2,seed=5", &err);
    assert_true(json_equal(a, b));
    assert_false(json_equal(a, c));
    assert_null(world_generate("accounts=many", &err));
    assert_null(world_generate("acounts=5", &err));
    struct sim *sim = sim_new();
    if (world_take(sim, a, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(json_object_size(sim_org_accounts(sim)), 50);
    sim_free(sim);
    json_decref(b);
    json_decref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TEST_WORLD(jobs_run_in_order_at_their_own_time),
        IN_TEST_WORLD(hashed_ids_depend_on_words_and_seed_alone),
        IN_TEST_WORLD(pages_give_every_row_once_and_refuse_strange_tokens),
        cmocka_unit_test(published_rates_hold_and_refill),
        cmocka_unit_test(each_service_throttles_with_its_own_code),
        cmocka_unit_test(broken_fault_files_are_refused_with_line_and_path),
        cmocka_unit_test(generated_worlds_are_the_same_for_the_same_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
