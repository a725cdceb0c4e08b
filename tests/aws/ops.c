#include "aws/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void every_operation_is_in_its_service_once(void **state)
{
    (void)state;
    assert_true(op_count() > 150);
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        char label[96];
        op_label(op, label, sizeof label);
        assert_ptr_equal(op_find(op->service, op->name), op);
        assert_ptr_equal(op_parse(label), op);
        assert_true(op->service < SVC_COUNT);
    }
    assert_null(op_at(op_count()));
}

/* The effect follows from the verb, but for what is lost for good. */
static void the_effect_of_an_operation_follows_from_its_verb(void **state)
{
    (void)state;
    static const struct {
        const char *verb;
        enum effect effect;
    } verbs[] = {
        {"Get", EFFECT_READ},        {"List", EFFECT_READ},      {"Describe", EFFECT_READ},
        {"AssumeRole", EFFECT_READ}, {"Simulate", EFFECT_READ},  {"Search", EFFECT_READ},
        {"Delete", EFFECT_REMOVAL},  {"Detach", EFFECT_REMOVAL}, {"Deregister", EFFECT_REMOVAL},
        {"Disable", EFFECT_REMOVAL}, {"Untag", EFFECT_REMOVAL},  {"Remove", EFFECT_REMOVAL},
    };
    static const char *const lost[] = {"organizations:CloseAccount", "kms:ScheduleKeyDeletion",
                                       "backup:DeleteBackupVault", "backup:DeleteRecoveryPoint"};
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        enum effect expected = EFFECT_WRITE;
        for (size_t k = 0; k < sizeof verbs / sizeof *verbs; k++) {
            expected = str_starts(op->name, verbs[k].verb) ? verbs[k].effect : expected;
        }
        for (size_t k = 0; k < sizeof lost / sizeof *lost; k++) {
            expected = op == op_parse(lost[k]) ? EFFECT_DESTRUCTIVE : expected;
        }
        assert_int_equal(op->effect, expected);
        assert_int_equal(op_writes(op), expected != EFFECT_READ);
    }
}

static void paths_and_queries_are_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        enum protocol protocol = service_info(op->service)->protocol;
        bool rest = protocol == PROTOCOL_REST_JSON || protocol == PROTOCOL_REST_XML;
        assert_int_equal(op->path[0], '/');
        assert_null(strchr(op->path, '?'));
        if (!rest) {
            assert_string_equal(op->path, "/");
            assert_string_equal(op->method, "POST");
            assert_string_equal(op->query, "");
        }
        int open = 0;
        for (const char *c = op->path; *c != '\0'; c++) {
            open += (*c == '{') - (*c == '}');
            assert_true(open == 0 || open == 1);
        }
        assert_int_equal(open, 0);
    }
}

static void paged_operations_say_how(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_count(); i++) {
        const struct op *op = op_at(i);
        assert_int_equal(op->token_in == NULL, op->token_out == NULL);
        assert_int_equal(op->limit == NULL, op->limit_max == 0);
        if (op->token_in != NULL) {
            assert_non_null(op->list);
        }
        if (op->limit != NULL) {
            assert_non_null(op->token_in);
        }
        /* Paging of a REST operation goes through its query, unless it POSTs. */
        if (op->token_in != NULL && strcmp(op->method, "GET") == 0) {
            char member[64];
            snprintf(member, sizeof member, "=%s", op->token_in);
            assert_non_null(strstr(op->query, member));
        }
    }
}

static void services_answer_to_both_names(void **state)
{
    (void)state;
    for (int i = 0; i < SVC_COUNT; i++) {
        const struct service_info *s = service_info((enum service)i);
        assert_int_equal(s->service, i);
        assert_ptr_equal(service_by_name(s->name), s);
        assert_ptr_equal(service_by_name(s->signing_name), s);
        bool json = s->protocol == PROTOCOL_JSON_1_0 || s->protocol == PROTOCOL_JSON_1_1;
        assert_int_equal(s->target_prefix != NULL, json);
    }
    assert_null(service_by_name("nosuch"));
    assert_null(op_parse("kms"));
    assert_null(op_parse("kms:Nothing"));
    assert_null(op_parse("nosuch:DescribeKey"));
    assert_ptr_equal(op_parse("elasticfilesystem:DescribeFileSystems"),
                     op_find(SVC_EFS, "DescribeFileSystems"));
}

static void every_list_of_the_services_has_an_item(void **state)
{
    (void)state;
    char element[64];
    size_t pairs = 0;
    for (int i = 0; i < SVC_COUNT; i++) {
        const char *pair = service_info((enum service)i)->lists;
        while (*pair != '\0') {
            size_t length = strcspn(pair, "/");
            snprintf(element, sizeof element, "%.*s", (int)length, pair);
            const char *item = service_list_item((enum service)i, element);
            assert_non_null(item);
            pair += strcspn(pair, " ");
            pair += strspn(pair, " ");
            pairs++;
        }
    }
    assert_true(pairs > 50);
    assert_string_equal(service_list_item(SVC_RDS, "DBInstances"), "DBInstance");
    assert_string_equal(service_list_item(SVC_EC2, "somethingSet"), "item");
    assert_string_equal(service_list_item(SVC_IAM, "Roles"), "member");
    assert_null(service_list_item(SVC_RDS, "Endpoint"));
    assert_null(service_list_item(SVC_RDS, "DBInstance"));
    assert_null(service_list_item(SVC_KMS, "Keys"));
}

static void every_operation_has_a_rate_and_every_rate_an_operation(void **state)
{
    (void)state;
    bool used[RATE_CLASS_COUNT] = {false};
    const struct rate *rates[RATES_MAX];
    for (size_t i = 0; i < op_count(); i++) {
        if (op_at(i)->rate == RATE_NONE) {
            fail_msg("%s has no rate class", op_at(i)->name);
        }
        used[op_at(i)->rate] = true;
    }
    assert_int_equal(rate_class_rates(RATE_NONE, rates), 0);
    for (int i = RATE_NONE + 1; i < RATE_CLASS_COUNT; i++) {
        size_t count = rate_class_rates((enum rate_class)i, rates);
        assert_true(used[i]);
        assert_in_range(count, 1, RATES_MAX);
        for (size_t k = 0; k < count; k++) {
            assert_true(rates[k]->per_second > 0 && rates[k]->burst >= 1);
            assert_non_null(rates[k]->group);
        }
    }
}

static void published_rates_are_kept(void **state)
{
    (void)state;
    const struct rate *a[RATES_MAX], *b[RATES_MAX];
    assert_int_equal(rate_class_rates(op_find(SVC_ORGANIZATIONS, "ListParents")->rate, a), 2);
    assert_int_equal(rate_class_rates(op_find(SVC_ORGANIZATIONS, "ListAccountsForParent")->rate, b),
                     2);
    assert_string_equal(a[0]->group, b[0]->group);
    assert_int_equal((int)a[0]->per_second, 5);
    assert_int_equal(a[1]->scope, PER_ORGANIZATION);
    assert_int_equal((int)a[1]->burst, 10);
    assert_int_equal(rate_class_rates(op_find(SVC_BACKUP, "ListBackupPlans")->rate, a), 2);
    assert_int_equal(rate_class_rates(op_find(SVC_BACKUP, "DeleteBackupVault")->rate, b), 2);
    assert_int_equal((int)a[0]->per_second, 20);
    assert_int_equal((int)b[0]->per_second, 5);
    assert_string_equal(a[1]->group, b[1]->group);
    assert_int_equal((int)a[1]->per_second, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_in_its_service_once),
        cmocka_unit_test(the_effect_of_an_operation_follows_from_its_verb),
        cmocka_unit_test(paths_and_queries_are_well_formed),
        cmocka_unit_test(paged_operations_say_how),
        cmocka_unit_test(services_answer_to_both_names),
        cmocka_unit_test(every_list_of_the_services_has_an_item),
        cmocka_unit_test(every_operation_has_a_rate_and_every_rate_an_operation),
        cmocka_unit_test(published_rates_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
