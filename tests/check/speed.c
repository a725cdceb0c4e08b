/* How many resource-rule verdicts a second of one processor gives, with the shipped rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "rule_private.h"

#define ROUNDS 20000
/* Bare judging; the sanitized build does several times as many. */
#define LEAST_PER_SECOND 200000.0

static const char document_text[] =
    "{\"_key\":\"k\",\"_account\":\"222222222222\",\"_region\":\"eu-west-1\",\"account\":"
    "\"222222222222\",\"region\":\"eu-west-1\",\"arn\":\"arn:aws:ec2:eu-west-1:222222222222:"
    "volume/vol-1\",\"type\":\"EBS\",\"supported\":true,\"name\":\"data\",\"tags\":{\"aws-control-"
    "tower-backupdaily\":\"true\",\"Name\":\"data\"},\"tiers\":[\"daily\"],\"tagged\":true,"
    "\"wrong_values\":[],\"near_misses\":[],\"governed_region\":true,\"account_backed_up\":true,"
    "\"is_management\":false,\"type_on\":true,\"exempt\":false,\"plan_looks\":true,\"why_not\":"
    "\"\",\"in_direct\":true,\"in_tagging\":true,\"encrypted\":true}";

static void shipped_resource_rules_are_judged_fast(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct rule_set *set = NULL;
    const char *problem;
    const char *const directories[] = {TOWERKEEP_SOURCE_DIR "/rules", NULL};
    if (rules_load(directories, NULL, &set, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_t *document = jx_parse(document_text, strlen(document_text), &problem);
    json_t *context = json_object();
    struct view view;
    struct text expected, observed;
    text_init(&expected, TEMPLATE_OUT_MAX);
    text_init(&observed, TEMPLATE_OUT_MAX);
    view_init(&view, context, "2026-01-01T00:00:00Z");
    size_t verdicts = 0;
    size_t passed = 0;
    clock_t before = clock();
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < rules_count(set); i++) {
            const struct rule *r = rules_at(set, i);
            if (r->scope != SCOPE_RESOURCE) {
                continue;
            }
            text_clear(&expected);
            text_clear(&observed);
            view_turn(&view, document, r->parameters);
            passed +=
                evaluate(rule_loaded(r), &view, NULL, NULL, &expected, &observed) == STATUS_PASS;
            verdicts++;
        }
    }
    double seconds = (double)(clock() - before) / (double)CLOCKS_PER_SEC;
    double rate = (double)verdicts / (seconds > 0 ? seconds : 1e-9);
    print_message("%zu verdicts (%zu PASS), %.0f a CPU second\n", verdicts, passed, rate);
    assert_true(verdicts >= ROUNDS);
    assert_true(passed > 0);
    assert_true(rate >= LEAST_PER_SECOND);
    text_release(&expected);
    text_release(&observed);
    json_decref(document);
    json_decref(context);
    rules_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_resource_rules_are_judged_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
