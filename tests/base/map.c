#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"

static void thousands_of_keys_are_found_again_in_order(void **state)
{
    (void)state;
    struct map *m = map_new(free);
    char key[32];
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        map_set(m, key, xstrdup(key));
    }
    assert_int_equal(map_count(m), 20000);
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_string_equal((const char *)map_get(m, key), key);
    }
    size_t cursor = 0;
    const char *at = NULL;
    void *value = NULL;
    int i = 0;
    while (map_next(m, &cursor, &at, &value)) {
        (void)snprintf(key, sizeof key, "key-%d", i++);
        assert_string_equal(at, key);
        assert_string_equal((const char *)value, key);
    }
    assert_int_equal(i, 20000);
    assert_null(map_get(m, "key-20000"));
    map_free(m);
    map_free(NULL);
}

static void replacing_frees_the_old_value_and_keeps_the_place(void **state)
{
    (void)state;
    struct map *m = map_new(free);
    map_set(m, "a", xstrdup("1"));
    map_set(m, "b", xstrdup("2"));
    map_set(m, "a", xstrdup("3"));
    assert_int_equal(map_count(m), 2);
    size_t cursor = 0;
    const char *key = NULL;
    void *value = NULL;
    assert_true(map_next(m, &cursor, &key, &value));
    assert_string_equal(key, "a");
    assert_string_equal((const char *)value, "3");
    map_set(m, "b", map_get(m, "b"));
    assert_string_equal((const char *)map_get(m, "b"), "2");
    map_free(m);
}

static void removed_keys_are_gone_and_may_return(void **state)
{
    (void)state;
    struct map *m = map_new(free);
    assert_false(map_remove(m, "nothing"));
    char key[32];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 1000; i++) {
            (void)snprintf(key, sizeof key, "%d", i);
            map_set(m, key, xstrdup(key));
        }
        for (int i = 0; i < 1000; i += 2) {
            (void)snprintf(key, sizeof key, "%d", i);
            assert_true(map_remove(m, key));
            assert_false(map_remove(m, key));
            assert_null(map_get(m, key));
        }
        assert_int_equal(map_count(m), 500);
        for (int i = 1; i < 1000; i += 2) {
            (void)snprintf(key, sizeof key, "%d", i);
            assert_string_equal((const char *)map_get(m, key), key);
        }
    }
    size_t cursor = 0;
    size_t walked = 0;
    while (map_next(m, &cursor, NULL, NULL)) {
        walked++;
    }
    assert_int_equal(walked, 500);
    map_free(m);
}

static void borrowed_values_and_odd_keys_are_fine(void **state)
{
    (void)state;
    int one = 1;
    struct map *m = map_new(NULL);
    map_set(m, "", &one);
    map_set(m, "\xFF\x01", &one);
    map_set(m, "eight888", NULL);
    assert_ptr_equal(map_get(m, ""), &one);
    assert_ptr_equal(map_get(m, "\xFF\x01"), &one);
    assert_null(map_get(m, "eight888"));
    assert_int_equal(map_count(m), 3);
    assert_true(map_remove(m, "eight888"));
    map_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_keys_are_found_again_in_order),
        cmocka_unit_test(replacing_frees_the_old_value_and_keeps_the_place),
        cmocka_unit_test(removed_keys_are_gone_and_may_return),
        cmocka_unit_test(borrowed_values_and_odd_keys_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
