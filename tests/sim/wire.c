#include "world.h"

#include "aws/message.h"

/* A request as aws builds it, as the simulator would have received it. */
static void receive(const struct op *op, const struct request *r, struct sim_request *out)
{
    *out = (struct sim_request){0};
    snprintf(out->method, sizeof out->method, "%s", op->method);
    out->path = xstrdup(text_str(&r->path));
    out->query = xstrdup(text_str(&r->query));
    out->target = xstrdup(text_str(&r->path));
    out->headers = xcalloc(2, sizeof *out->headers);
    out->headers[out->header_count++] =
        (struct pair){xstrdup("content-type"), xstrdup(r->content_type)};
    out->headers[out->header_count++] = (struct pair){xstrdup("x-amz-target"), xstrdup(r->target)};
    text_init(&out->body, SIM_BODY_MAX);
    text_addn(&out->body, text_str(&r->body), r->body.length);
}

static const struct {
    const char *op, *input;
} requests[] = {
    {"kms:ReplicateKey", "{\"KeyId\":\"mrk-1\",\"ReplicaRegion\":\"eu-west-1\",\"Tags\":[{"
                         "\"TagKey\":\"a\",\"TagValue\":\"\\u00e4\"}]}"},
    {"dynamodb:ListTables", "{\"Limit\":5}"},
    {"controltower:ListTagsForResource",
     "{\"resourceArn\":\"arn:aws:controltower:eu-central-1:111122221111:landingzone/ABC+D%2F\"}"},
    {"backup:ListRecoveryPointsByBackupVault",
     "{\"BackupVaultName\":\"a b\",\"MaxResults\":\"5\",\"NextToken\":\"x=/&\"}"},
    {"backup:GetBackupPlan", "{\"BackupPlanId\":\"orgs/1-2\"}"},
    {"sts:AssumeRole",
     "{\"RoleArn\":\"arn:aws:iam::111122221111:role/"
     "X\",\"RoleSessionName\":\"a+b\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"v=&\"}]}"},
    {"rds:DescribeDBInstances",
     "{\"Filters\":[{\"Name\":\"engine\",\"Values\":[\"a\",\"b\"]}],\"MaxRecords\":\"20\"}"},
    {"ec2:DescribeVolumes",
     "{\"VolumeId\":[\"vol-1\",\"vol-2\"],\"Filter\":[{\"Name\":\"tag:a\",\"Value\":[\"1\"]}]}"},
    {"s3:PutBucketTagging",
     "{\"Bucket\":\"my-bucket\",\"Tagging\":{\"TagSet\":[{\"Key\":\"a<b\",\"Value\":\"c&d\"}]}}"},
    {"s3:GetBucketLocation", "{\"Bucket\":\"my-bucket\"}"},
    {"efs:UntagResource", "{\"ResourceId\":\"fs-1\",\"TagKeys\":[\"a\",\"b\"]}"},
};

static void what_the_client_builds_is_what_the_simulator_reads(void **state)
{
    (void)state;
    struct sim *sim = test_world();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct op *op = op_parse(requests[i].op);
        struct err err = ERR_INIT;
        struct request built;
        struct sim_request got;
        const char *problem = NULL;
        json_t *input = jx_parse(requests[i].input, strlen(requests[i].input), &problem);
        assert_non_null(op);
        assert_non_null(input);
        request_init(&built);
        if (request_build(op, input, &built, &err) != 0) {
            fail_msg("%s: %s", requests[i].op, err.text);
        }
        receive(op, &built, &got);
        struct sim_call call = {.sim = sim, .op = op};
        json_t *labels = json_object();
        struct route *route = wire_route(sim, op->service, &got, labels, &call);
        if (route == NULL || route->op != op) {
            fail_msg("%s %s was not routed: %s", requests[i].op, got.path, call.message);
        }
        json_t *read = wire_input(route, &got, labels, &call);
        if (!json_equal(read, input)) {
            char *text = read != NULL ? jx_dump(read) : NULL;
            fail_msg("%s: %s was read as %s (%s)", requests[i].op, requests[i].input, text,
                     call.message);
        }
        json_decref(read);
        json_decref(labels);
        json_decref(input);
        sim_request_release(&got);
        request_release(&built);
    }
    sim_free(sim);
}

static const struct {
    const char *op, *out;
} answers[] = {
    {"kms:ListAliases", "{\"Aliases\":[{\"AliasName\":\"alias/a\"}],\"Truncated\":false}"},
    {"controltower:GetLandingZone", "{\"landingZone\":{\"manifest\":{\"a\":[1,{}]}}}"},
    {"sts:GetCallerIdentity", "{\"Account\":\"111122221111\",\"Arn\":\"a<&>b\"}"},
    {"rds:DescribeDBInstances", "{\"DBInstances\":[{\"DBInstanceIdentifier\":\"x\",\"TagList\":[{"
                                "\"Key\":\"k\",\"Value\":\"\"}]}],\"Marker\":\"m\"}"},
    {"ec2:DescribeVolumes",
     "{\"volumeSet\":[{\"volumeId\":\"v\",\"tagSet\":[]}],\"nextToken\":\"n\"}"},
    {"s3:ListBuckets", "{\"Buckets\":[{\"Name\":\"one\"},{\"Name\":\"two\"}]}"},
    {"s3:GetBucketTagging", "{\"TagSet\":[{\"Key\":\"k\",\"Value\":\"v\"}]}"},
};

static void what_the_simulator_answers_is_what_the_client_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct err err = ERR_INIT;
        const char *problem = NULL;
        struct sim_call call = {.op = op_parse(answers[i].op)};
        struct sim_response response;
        assert_non_null(call.op);
        call.out = jx_parse(answers[i].out, strlen(answers[i].out), &problem);
        sim_response_init(&response);
        wire_answer(&call, &response);
        json_t *read = answer_json(call.op, text_str(&response.body), response.body.length, &err);
        if (read == NULL) {
            fail_msg("%s: %s in %s", answers[i].op, err.text, text_str(&response.body));
        }
        json_object_del(read, "requestId");
        if (!json_equal(read, call.out)) {
            fail_msg("%s: %s was read as %s", answers[i].op, text_str(&response.body),
                     jx_dump(read));
        }
        json_decref(read);
        json_decref(call.out);
        sim_response_release(&response);
    }
}

static void errors_speak_each_protocols_language(void **state)
{
    (void)state;
    static const char *const ops[] = {"organizations:ListRoots",
                                      "backup:ListBackupVaults",
                                      "kms:ListKeys",
                                      "dynamodb:ListTables",
                                      "sts:AssumeRole",
                                      "ec2:DescribeVolumes",
                                      "s3:ListBuckets",
                                      "efs:DescribeFileSystems",
                                      "tagging:GetResources",
                                      "account:ListRegions",
                                      "controltower:GetLandingZone",
                                      NULL};
    for (size_t i = 0; ops[i] != NULL; i++) {
        const struct op *op = op_parse(ops[i]);
        struct sim_response response;
        struct answer_error error;
        sim_response_init(&response);
        wire_error(service_info(op->service), 400, "SomethingException", "words & <more>", NULL,
                   &response);
        answer_classify(op, response.status, jx_str(response.headers, "x-amzn-errortype"),
                        text_str(&response.body), response.body.length, &error);
        assert_string_equal(error.code, "SomethingException");
        assert_string_equal(error.message, "words & <more>");
        sim_response_release(&response);
    }
}

static void broken_escapes_are_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"a=%", "a=%4", "a=%zz", "%G1=b", "a=%ff", NULL};
    for (size_t i = 0; broken[i] != NULL; i++) {
        struct pair *pairs = NULL;
        size_t count = 0;
        assert_false(wire_parse_query(broken[i], strlen(broken[i]), true, &pairs, &count));
    }
    struct pair *pairs = NULL;
    size_t count = 0;
    assert_true(wire_parse_query("a=%41+b&c&=d", 12, true, &pairs, &count));
    assert_int_equal(count, 3);
    assert_string_equal(pairs[0].value, "A b");
    assert_string_equal(pairs[1].name, "c");
    wire_pairs_free(pairs, count);
}

static void characters_xml_cannot_hold_are_left_out(void **state)
{
    (void)state;
    struct sim_call call = {.op = op_parse("sts:GetCallerIdentity")};
    struct sim_response response;
    struct err err = ERR_INIT;
    call.out = json_pack("{s:s}", "Arn",
                         "a\x01"
                         "b\x1b"
                         "c");
    sim_response_init(&response);
    wire_answer(&call, &response);
    json_t *read = answer_json(call.op, text_str(&response.body), response.body.length, &err);
    assert_non_null(read);
    assert_string_equal(jx_str(read, "Arn"), "abc");
    json_decref(read);
    json_decref(call.out);
    sim_response_release(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_client_builds_is_what_the_simulator_reads),
        cmocka_unit_test(what_the_simulator_answers_is_what_the_client_reads),
        cmocka_unit_test(errors_speak_each_protocols_language),
        cmocka_unit_test(broken_escapes_are_refused),
        cmocka_unit_test(characters_xml_cannot_hold_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
