/* The replacement of names, IDs and texts in recordings. */
#include "pseudonym.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/jsonx.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

static json_t *parse(const char *text)
{
    const char *problem = NULL;
    json_t *value = jx_parse(text, strlen(text), &problem);
    if (value == NULL) {
        fail_msg("%s: %s", problem, text);
    }
    return value;
}

static bool has(const json_t *value, const char *word)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bool found = strstr(text, word) != NULL;
    free(text);
    return found;
}

static void the_same_word_becomes_the_same_word(void **state)
{
    (void)state;
    struct pseudonym *p = pseudonym_new();
    char *arn = pseudonym_text(p, "arn:aws:kms:eu-central-1:111122223333:key/Payroll-Zürich");
    char *account = pseudonym_text(p, "111122223333");
    char *name = pseudonym_text(p, "PAYROLL");
    char *other = pseudonym_text(p, "payroll");
    assert_true(str_starts(arn, "arn:aws:kms:eu-central-1:"));
    assert_true(str_is_account_id(account));
    assert_string_not_equal(account, "111122223333");
    assert_memory_equal(arn + strlen("arn:aws:kms:eu-central-1:"), account, 12);
    assert_null(strstr(arn, "ayroll"));
    assert_null(strstr(arn, "rich"));
    for (size_t i = 0; other[i] != '\0'; i++) {
        assert_int_equal(name[i], other[i] - 'a' + 'A');
    }
    free(arn);
    free(account);
    free(name);
    free(other);
    pseudonym_free(p);
}

static void short_words_stay_different(void **state)
{
    (void)state;
    struct pseudonym *p = pseudonym_new();
    struct map *seen = map_new(NULL);
    for (int i = 0; i < 260; i++) {
        char word[3] = {(char)('a' + i / 10), (char)('0' + i % 10), '\0'};
        char *replaced = pseudonym_text(p, word);
        assert_int_equal(strlen(replaced), 2);
        if (map_get(seen, replaced) != NULL) {
            fail_msg("two words became %s", replaced);
        }
        map_set(seen, replaced, p);
        free(replaced);
    }
    map_free(seen);
    pseudonym_free(p);
}

static void long_words_that_begin_alike_stay_different(void **state)
{
    (void)state;
    struct pseudonym *p = pseudonym_new();
    char one[601], two[601];
    memset(one, 'q', 600);
    one[600] = '\0';
    memcpy(two, one, sizeof two);
    two[599] = 'r';
    char *first = pseudonym_text(p, one), *second = pseudonym_text(p, two);
    assert_string_not_equal(first, second);
    free(first);
    free(second);
    pseudonym_free(p);
}

static void words_of_aws_stay_and_addresses_do_not(void **state)
{
    (void)state;
    static const char *const kept[] = {"aws-controltower-BackupRole",
                                       "aws-control-tower-backupdaily",
                                       "AWS-Control-Tower-BackupDayly",
                                       "backup.amazonaws.com",
                                       "kms:GenerateDataKey*",
                                       "organizations:Describe*",
                                       "StringLikeIfExists",
                                       "cron(0 5 ? * MON *)",
                                       "2012-10-17",
                                       ""};
    struct pseudonym *p = pseudonym_new();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        char *text = pseudonym_text(p, kept[i]);
        assert_string_equal(text, kept[i]);
        free(text);
    }
    char *address = pseudonym_text(p, "backup+management@account.example");
    assert_null(strstr(address, "backup"));
    assert_null(strstr(address, "account"));
    assert_non_null(strchr(address, '@'));
    free(address);
    pseudonym_free(p);
}

static void documents_within_texts_are_replaced_too(void **state)
{
    (void)state;
    struct pseudonym *p = pseudonym_new();
    json_t *answer = parse(
        "{\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"
        "\\\"Allow\\\",\\\"Condition\\\":{\\\"StringEquals\\\":{\\\"aws:ResourceTag/Quokka\\\":"
        "\\\"wombat\\\"}}}]}\",\"AssumeRolePolicyDocument\":\"%7B%22Statement%22%3A%5B%7B%22Sid%22"
        "%3A%22Quokka%22%7D%5D%7D\"}");
    json_t *out = pseudonym_json(p, answer, NULL);
    json_t *policy = parse(jx_str(out, "Policy"));
    assert_true(has(policy, "\"Effect\":\"Allow\""));
    assert_true(has(policy, "\"StringEquals\":{\"aws:ResourceTag/"));
    assert_false(has(out, "Quokka"));
    assert_false(has(out, "wombat"));
    assert_true(str_starts(jx_str(out, "AssumeRolePolicyDocument"), "%7B%22Statement%22%3A"));
    json_decref(policy);
    json_decref(answer);
    json_decref(out);
    pseudonym_free(p);
}

static void what_is_not_read_is_kept_as_aws_names_it_and_counted(void **state)
{
    (void)state;
    struct pseudonym *p = pseudonym_new();
    json_t *answer = parse(
        "{\"KeyMetadata\":{\"KeyState\":\"QUANTUM_SAFE\",\"NewGadget\":{\"quokka\":\"WOMBAT\"},"
        "\"Description\":\"key of the backup account\"},\"Tags\":{\"KeyState\":\"QUOKKA\"}}");
    json_t *out = pseudonym_json(p, answer, "kms:DescribeKey");
    assert_string_equal(jx_str(out, "KeyMetadata.KeyState"), "QUANTUM_SAFE");
    assert_non_null(jx_get(out, "KeyMetadata.NewGadget"));
    assert_false(has(out, "quokka"));
    assert_false(has(out, "WOMBAT"));
    assert_false(has(out, "QUOKKA"));
    assert_false(has(out, "backup account"));
    assert_int_equal(json_object_size(pseudonym_unknown_members(p)), 2); /* Description, too */
    assert_non_null(
        json_object_get(pseudonym_unknown_members(p), "kms:DescribeKey KeyMetadata.NewGadget"));
    assert_non_null(json_object_get(pseudonym_unknown_values(p),
                                    "kms:DescribeKey KeyMetadata.KeyState.QUANTUM_SAFE"));
    json_decref(answer);
    json_decref(out);
    pseudonym_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_word_becomes_the_same_word),
        cmocka_unit_test(short_words_stay_different),
        cmocka_unit_test(long_words_that_begin_alike_stay_different),
        cmocka_unit_test(words_of_aws_stay_and_addresses_do_not),
        cmocka_unit_test(documents_within_texts_are_replaced_too),
        cmocka_unit_test(what_is_not_read_is_kept_as_aws_names_it_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
