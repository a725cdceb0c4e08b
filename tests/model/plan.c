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
#include "base/hash.h"
#include "base/jsonx.h"
#include "base/mem.h"
#include "model/plan.h"
#include "plan_digest.h"

static json_t *step(const char *id, const char *needs)
{
    char word[64];
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(id, "/"), id);
    char *text = xasprintf(
        "{\"id\":\"%s\",\"remedy\":\"%s\",\"step\":2,\"title\":\"Do\",\"reasons\":[\"goal:fix\"],"
        "\"risk\":\"low\",\"expected_seconds\":5,\"needs\":[%s],\"lane\":\"\","
        "\"done\":{\"call\":{\"operation\":\"kms:DescribeKey\",\"account\":\"111122221111\","
        "\"region\":\"eu-central-1\",\"role\":null,\"input\":{\"KeyId\":\"k\"}},"
        "\"when\":{\"path\":\"KeyMetadata.Enabled\",\"equals\":true},\"absent_is\":false},"
        "\"guard\":[],\"send\":{\"operation\":\"kms:EnableKey\",\"account\":\"111122221111\","
        "\"region\":\"eu-central-1\",\"role\":null,\"input\":{\"KeyId\":\"k\"}},"
        "\"poll\":null,\"capture\":{},\"recover\":null,\"undo\":\"\",\"before\":null,"
        "\"after\":null}",
        id, word, needs);
    const char *problem = NULL;
    json_t *value = jx_parse(text, strlen(text), &problem);
    assert_non_null(value);
    free(text);
    return value;
}

static json_t *plan_of(json_t *steps)
{
    json_t *plan =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:[]}", "schema",
                  "towerkeep-plan/1", "goal", "fix", "organization_id", "o-exampleorg1",
                  "management_account", "111122221111", "partition", "aws", "home_region",
                  "eu-central-1", "run_id", "r", "created", "2026-11-23T00:00:00Z", "config_digest",
                  "c", "rules_digest", "d", "steps", steps, "manual");
    assert_non_null(plan);
    plan_json_seal(plan);
    return plan;
}

static json_t *two_steps(void)
{
    return json_pack("[o, o]", step("create-key", ""), step("enable-key/x", "\"create-key\""));
}

/* The plan is read. Yours. */
static struct plan *accepted(const json_t *document)
{
    struct err err = ERR_INIT;
    struct plan *plan = NULL;
    if (plan_from_json(document, "p.json", &plan, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return plan;
}

/* The plan is refused, in words that hold `says`. */
static void refused(json_t *plan, const char *says)
{
    struct err err = ERR_INIT;
    struct plan *read = NULL;
    if (plan_from_json(plan, "p.json", &read, &err) == 0) {
        fail_msg("accepted; expected: %s", says);
    }
    assert_null(read);
    assert_int_equal(err.code, ERR_INPUT);
    if (strstr(err.text, says) == NULL || strncmp(err.text, "p.json: ", 8) != 0) {
        fail_msg("\"%s\" lacks \"%s\"", err.text, says);
    }
    json_decref(plan);
}

static void a_saved_plan_is_read_again(void **state)
{
    (void)state;
    char path[64];
    struct err err = ERR_INIT;
    json_t *document = plan_of(two_steps());
    struct plan *plan = accepted(document);
    struct plan *read = NULL;
    (void)snprintf(path, sizeof path, "/tmp/towerkeep-plan-%ld.json", (long)getpid());
    assert_int_equal(plan_save(plan, path, &err), 0);
    if (plan_load(path, &read, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_t *again = plan_to_json(read);
    assert_true(json_equal(document, again));
    json_decref(again);
    plan_free(read);

    char *data = NULL;
    size_t length = 0;
    assert_int_equal(file_read(path, PLAN_BYTES_MAX, &data, &length, &err), 0);
    for (size_t keep = 0; keep + 2 < length; keep += 7) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(data, 1, keep, f), keep);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(plan_load(path, &read, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
        assert_null(read);
    }
    free(data);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(plan_load(path, &read, &err), -1);
    plan_free(plan);
    json_decref(document);
}

static void the_order_of_members_does_not_change_the_digest(void **state)
{
    (void)state;
    json_t *plan = plan_of(two_steps());
    json_t *other = json_object();
    static const char *const backwards[] = {
        "manual",      "steps",     "rules_digest",       "config_digest",   "created", "run_id",
        "home_region", "partition", "management_account", "organization_id", "goal",    "schema"};
    for (size_t i = 0; i < sizeof backwards / sizeof *backwards; i++) {
        json_object_set(other, backwards[i], json_object_get(plan, backwards[i]));
    }
    plan_json_seal(other);
    assert_string_equal(jx_str(plan, "digest"), jx_str(other, "digest"));
    assert_int_equal(strlen(jx_str(plan, "digest")), 64);
    json_decref(other);
    json_decref(plan);
}

static void an_edited_or_foreign_plan_is_refused(void **state)
{
    (void)state;
    json_t *plan = plan_of(two_steps());
    json_object_set_new(json_array_get(json_object_get(plan, "steps"), 0), "title",
                        json_string("Something else"));
    refused(plan, "changed after it was made");
    plan = plan_of(two_steps());
    json_object_set_new(plan, "schema", json_string("towerkeep-plan/2"));
    refused(plan, "unsupported plan version \"towerkeep-plan/2\"");
    refused(json_pack("{s:s}", "name", "x"), "not a towerkeep plan file");
    refused(json_array(), "not a towerkeep plan file");
    plan = plan_of(two_steps());
    json_object_del(plan, "organization_id");
    refused(plan, "organization_id");
    plan = plan_of(two_steps());
    json_object_set_new(plan, "goal", json_string("destroy"));
    refused(plan, "goal");
}

static json_t *with(const char *path, const char *key, json_t *value)
{
    json_t *s = step("enable-key/x", "");
    json_object_set_new(jx_get(s, path), key, value);
    return plan_of(json_pack("[o]", s));
}

static void a_malformed_step_is_refused_by_name(void **state)
{
    (void)state;
    refused(with("", "id", json_string("enable")), "expected an ID such as");
    refused(with("", "id", json_string("enable-key/x y")), "expected an ID such as");
    refused(with("", "id", json_integer(3)), "expected an ID such as");
    refused(with("", "remedy", json_string("other-word")), "is not the first word of its ID");
    refused(with("", "risk", json_string("none")), "step enable-key/x: risk");
    refused(with("", "frist", json_true()), "unknown member \"frist\"");
    refused(with("send", "operation", json_string("EnableKey")), "send.operation");
    refused(with("send", "input", json_array()), "send.input");
    refused(with("send", "regoin", json_true()), "unknown member \"regoin\"");
    refused(with("send", "fail_when", json_object()), "send.fail_when");
    refused(with("done", "when", json_pack("{s:s}", "path", "x")), "done.when");
    refused(with("", "guard", json_pack("[{s:b}]", "absent_is", 1)), "guard.call is missing");
    refused(with("", "poll", json_pack("{s:{}}", "until")), "poll.call is missing");
    refused(with("", "capture", json_pack("{s:s}", "a b", "x")), "capture");
    refused(with("", "capture", json_pack("{s:s}", "a", "x..y")), "capture");
    refused(with("", "done", json_null()), "neither done nor recover");
    refused(with("send.input", "KeyId", json_string("${enable-key/x:arn}")),
            "send uses what the step itself captures");
}

/* A step whose own call for one resource is `own`. */
static json_t *with_own(json_t *own)
{
    json_t *s = step("enable-key/x", "");
    json_object_set_new(json_object_get(s, "send"), "fail_when",
                        json_pack("{s:s, s:b}", "path", "Failed", "present", 1));
    json_object_set_new(s, "otherwise",
                        json_pack("{s:s, s:{s:o}}", "failed", "Failed", "calls", "arn:x", own));
    return plan_of(json_pack("[o]", s));
}

static json_t *own_call(const char *list)
{
    return json_pack("{s:{s:s, s:s, s:{s:{s:[]}}}, s:{s:{s:s, s:s}, s:s, s:s, s:s}}", "send",
                     "operation", "s3:PutBucketTagging", "region", "eu-west-1", "input", "Tagging",
                     list, "merge", "read", "operation", "s3:GetBucketTagging", "region",
                     "eu-west-1", "list", "TagSet", "into", "Tagging.TagSet", "key", "Key");
}

static void what_is_sent_otherwise_is_checked(void **state)
{
    (void)state;
    json_t *plan = with_own(own_call("TagSet"));
    plan_free(accepted(plan));
    json_decref(plan);
    /* What is kept would be lost where there is no list to keep it in. */
    refused(with_own(own_call("Tagset")), "a list at merge.into within send.input");
    refused(with_own(json_object()), "send is missing");
    refused(with_own(json_pack("{s:{s:s}}", "send", "operation", "s3:X")), "region is missing");
    json_t *own = own_call("TagSet");
    json_object_del(json_object_get(own, "merge"), "key");
    refused(with_own(own), "merge.key is missing");
    own = own_call("TagSet");
    json_object_set_new(jx_get(own, "send.input"), "Bucket", json_string("${enable-key/x:arn}"));
    refused(with_own(own), "otherwise uses what the step itself captures");
    own = own_call("TagSet");
    json_object_set_new(jx_get(own, "send.input"), "Bucket", json_string("${make-it/y:arn}"));
    refused(with_own(own), "make-it/y");
    refused(with("", "otherwise", json_pack("{s:s, s:{}}", "failed", "x", "calls")),
            "an object of ARNs and calls");
    refused(with("", "otherwise",
                 json_pack("{s:s, s:{s:o}}", "failed", "x", "calls", "arn:x", own_call("TagSet"))),
            "otherwise needs a fail_when");
}

static void needs_are_checked_by_name(void **state)
{
    (void)state;
    refused(plan_of(json_pack("[o, o]", step("a-a", ""), step("a-a", ""))), "duplicate step a-a");
    refused(plan_of(json_pack("[o]", step("a-a", "\"b-b\""))),
            "step a-a needs b-b, and the plan has no such step");
    refused(plan_of(json_pack("[o, o]", step("a-a", "\"b-b\""), step("b-b", ""))),
            "step a-a comes before b-b");
    refused(plan_of(json_pack("[o, o, o, o]", step("x-x", "\"a-a\""), step("a-a", "\"b-b\""),
                              step("b-b", "\"c-c\""), step("c-c", "\"a-a\""))),
            "dependency cycle: a-a needs b-b needs c-c needs a-a");
    refused(plan_of(json_pack("[o]", step("a-a", "\"a-a\""))), "dependency cycle: a-a needs a-a");
}

static json_t *user(const char *needs)
{
    json_t *s = step("replicate-key/y", needs);
    json_object_set_new(jx_get(s, "send.input"), "KeyId", json_string("${create-key:arn}"));
    return s;
}

static json_t *maker(const char *captured_by)
{
    json_t *s = step("create-key", "");
    json_object_set_new(jx_get(s, captured_by), "capture", json_pack("{s:s}", "arn", "a.b"));
    return s;
}

static void placeholders_are_checked_by_name(void **state)
{
    (void)state;
    refused(plan_of(json_pack("[o, o]", step("create-key", ""), user("\"create-key\""))),
            "no step captures ${create-key:arn}");
    refused(plan_of(json_pack("[o]", user(""))), "no step captures");
    refused(plan_of(json_pack("[o, o]", maker("done"), user(""))), "that step is not in its needs");
    refused(plan_of(json_pack("[o, o]", maker(""), user("\"create-key\""))),
            "neither done nor recover captures \"arn\"");
    json_t *plan = plan_of(
        json_pack("[o, o, o]", maker("done"), step("b-b", "\"create-key\""), user("\"b-b\"")));
    plan_free(accepted(plan));
    json_decref(plan);
}

static void add_bare(struct plan_steps *steps, const char *id, const char *first,
                     const char *second)
{
    struct plan_step *s = xcalloc(1, sizeof *s);
    s->id = xstrdup(id);
    if (first != NULL) {
        plan_strings_add(&s->needs, first);
    }
    if (second != NULL) {
        plan_strings_add(&s->needs, second);
    }
    plan_steps_add(steps, s);
}

static void free_steps(struct plan_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        plan_step_free(steps->items[i]);
    }
    free(steps->items);
}

static void steps_are_ordered_by_need_and_else_stay(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct plan_steps steps = {NULL, 0};
    add_bare(&steps, "d-d", "b-b", "c-c");
    add_bare(&steps, "a-a", NULL, NULL);
    add_bare(&steps, "c-c", "a-a", NULL);
    add_bare(&steps, "b-b", NULL, NULL);
    static const char *const expected[] = {"b-b", "a-a", "c-c", "d-d"};
    assert_int_equal(plan_order(&steps, &err), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(steps.items[i]->id, expected[i]);
    }
    free_steps(&steps);
}

static void a_long_chain_is_ordered(void **state)
{
    (void)state;
    enum { LENGTH = 20000 };
    struct err err = ERR_INIT;
    struct plan_steps steps = {NULL, 0};
    for (int i = LENGTH; i > 0; i--) {
        char *id = xasprintf("tag-resource/%d", i);
        char *need = xasprintf("tag-resource/%d", i - 1);
        add_bare(&steps, id, i > 1 ? need : NULL, NULL);
        free(id);
        free(need);
    }
    assert_int_equal(plan_order(&steps, &err), 0);
    assert_string_equal(steps.items[0]->id, "tag-resource/1");
    assert_string_equal(steps.items[LENGTH - 1]->id, "tag-resource/20000");
    free_steps(&steps);
}

/* --- what a file says is what its structs say --- */

static void every_member_of_a_file_is_read_and_written_again(void **state)
{
    (void)state;
    static const char text[] =
        "{'id':'create-key','remedy':'create-key','step':2,'title':'t','reasons':['goal:fix'],"
        "'risk':'high','expected_seconds':5,'needs':[],'lane':'control-tower','done':{'call':CALL,"
        "'when':{'path':'a','equals':1},'absent_is':true,'select':{'list':'b','where':{'path':'c',"
        "'present':true}},'capture':{'arn':'d'},'says':'e'},'guard':[{'call':CALL,'absent_is':"
        "false}],'send':{'operation':'kms:CreateKey','account':'111122221111','region':"
        "'eu-west-1','role':'r','input':{'x':[1]},'fail_when':{'path':'f','present':true},"
        "'message':'g'},'poll':{'call':CALL,'until':{'path':'h','equals':'i'},'fail':{'path':'j',"
        "'equals':'k'},'every_seconds':1.5,'timeout_seconds':600,'message':'l','capture':{'m':"
        "'n'}},'capture':{'o':'p'},'recover':{'probe':{'call':CALL,'absent_is':false},'capture':"
        "{'q':'r'}},'undo':'u','before':{'v':null},'after':[1],'otherwise':{'failed':'Failed',"
        "'calls':{'arn:x':{'send':{'operation':'s3:PutBucketTagging','account':'111122221111',"
        "'region':'eu-west-1','role':null,'input':{'Set':[]}},'merge':{'read':CALL,'list':'s',"
        "'into':'Set','key':'Key','none_when':'w','without':['y']}}}}}";
    static const char call[] = "{'operation':'kms:DescribeKey','account':'111122221111','region':"
                               "'eu-west-1','role':null,'input':{}}";
    struct text filled;
    const char *problem = NULL;
    text_init(&filled, 65536);
    for (const char *c = text; *c != '\0'; c++) {
        if (strncmp(c, "CALL", 4) == 0) {
            text_add(&filled, call);
            c += 3;
        } else {
            text_addc(&filled, *c);
        }
    }
    char *json = text_take(&filled);
    for (char *c = json; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *one = jx_parse(json, strlen(json), &problem);
    assert_non_null(one);
    json_t *document = plan_of(json_pack("[o]", one));
    struct plan *plan = accepted(document);
    json_t *again = plan_to_json(plan);
    char *before = jx_dump(document);
    char *after = jx_dump(again);
    /* In the same order, too. */
    assert_string_equal(before, after);
    const struct plan_step *step_read = plan->steps.items[0];
    assert_int_equal(step_read->risk, PLAN_RISK_HIGH);
    assert_string_equal(step_read->concurrency_group, "control-tower");
    assert_string_equal(step_read->recover->capture.items[0].path, "r");
    assert_string_equal(plan_retry_for(step_read->retry, "arn:x")->merge->without.items[0], "y");
    plan_seal(plan);
    assert_string_equal(plan->digest, jx_str(document, "digest"));
    free(before);
    free(after);
    free(json);
    json_decref(again);
    json_decref(document);
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_plan_is_read_again),
        cmocka_unit_test(the_order_of_members_does_not_change_the_digest),
        cmocka_unit_test(an_edited_or_foreign_plan_is_refused),
        cmocka_unit_test(a_malformed_step_is_refused_by_name),
        cmocka_unit_test(what_is_sent_otherwise_is_checked),
        cmocka_unit_test(needs_are_checked_by_name),
        cmocka_unit_test(placeholders_are_checked_by_name),
        cmocka_unit_test(steps_are_ordered_by_need_and_else_stay),
        cmocka_unit_test(a_long_chain_is_ordered),
        cmocka_unit_test(every_member_of_a_file_is_read_and_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
