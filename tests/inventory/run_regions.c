#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "inventory/run_regions.h"

#define GOVERNED "[\"eu-central-1\",\"eu-north-9\"]"

static char path[] = "/tmp/towerkeep-regions-XXXXXX";

static struct store *made(void)
{
    struct store *store = NULL;
    struct err err = ERR_INIT;
    (void)memcpy(path + sizeof path - 7, "XXXXXX", 6);
    (void)close(mkstemp(path));
    (void)unlink(path);
    assert_int_equal(store_create(path, &store, &err), 0);
    assert_int_equal(store_meta_set(store, "governed_regions", GOVERNED, &err), 0);
    return store;
}

static void has(struct store *store, const char *account, const char *region)
{
    struct err err = ERR_INIT;
    const struct entity e = {.kind = "region-status",
                             .account = account,
                             .region = "",
                             .key = region,
                             .json = "{}",
                             .json_length = 2};
    assert_int_equal(store_entity(store, &e, &err), 0);
}

static void refuses(struct store *store, const char *region, const char *message)
{
    struct err err = ERR_INIT;
    const char *const regions[] = {"eu-central-1", region, NULL};
    assert_int_equal(run_regions_check(store, regions, "region", &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, message);
}

static void a_region_is_governed_or_an_account_has_it(void **state)
{
    (void)state;
    struct store *store = made();
    struct err err = ERR_INIT;
    const char *const regions[] = {"eu-north-9", "eu-central-1", "sa-east-7", NULL};
    has(store, "111122221111", "us-east-1");
    has(store, "222233330001", "sa-east-7");
    assert_int_equal(run_regions_check(store, regions, "region", &err), 0);
    refuses(store, "eu-north-8",
            "--region: no account of the organization has a Region \"eu-north-8\"; did you mean "
            "\"eu-north-9\"?");
    refuses(store, "cn-northwest-1",
            "--region: no account of the organization has a Region \"cn-northwest-1\"");
    store_close(store);
    assert_int_equal(unlink(path), 0);
}

static void nothing_is_refused_where_no_account_could_list_its_regions(void **state)
{
    (void)state;
    struct store *store = made();
    struct err err = ERR_INIT;
    const char *const regions[] = {"eu-north-8", NULL};
    assert_int_equal(run_regions_check(store, regions, "region", &err), 0);
    assert_int_equal(run_regions_check(store, NULL, "region", &err), 0);
    store_close(store);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_is_governed_or_an_account_has_it),
        cmocka_unit_test(nothing_is_refused_where_no_account_could_list_its_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
