/* Every operation of the table has one handler in the simulator, and every handler one operation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "core.h"

static struct err err;

static int start(const struct sim_service *const *services)
{
    struct routes *routes = NULL;
    err = (struct err)ERR_INIT;
    int rc = routes_new(services, &routes, &err);
    routes_free(routes);
    return rc;
}

/* The shipped services, with KMS's handlers replaced. */
static int start_with_kms(const struct sim_route *routes, size_t count)
{
    const struct sim_service *services[SVC_COUNT + 1] = {NULL};
    struct sim_service kms = sim_kms;
    kms.routes = routes;
    kms.route_count = count;
    for (size_t i = 0; services_table()[i] != NULL; i++) {
        services[i] = services_table()[i] == &sim_kms ? &kms : services_table()[i];
    }
    return start(services);
}

static void every_operation_has_a_handler(void **state)
{
    (void)state;
    if (start(services_table()) != 0) {
        fail_msg("%s", err.text);
    }
}

static void an_operation_without_a_handler_is_named(void **state)
{
    (void)state;
    const struct sim_service *none[] = {NULL};
    assert_int_equal(start(none), -1);
    assert_int_equal(start_with_kms(sim_kms.routes + 1, sim_kms.route_count - 1), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.text, sim_kms.routes[0].op));
    assert_non_null(strstr(err.text, "without a handler"));
}

static void a_handler_without_an_operation_is_named(void **state)
{
    (void)state;
    size_t count = sim_kms.route_count;
    struct sim_route *routes = xcalloc(count + 1, sizeof *routes);
    memcpy(routes, sim_kms.routes, count * sizeof *routes);
    routes[count] = (struct sim_route){"EncryptEverything", routes[0].handler, ""};
    assert_int_equal(start_with_kms(routes, count + 1), -1);
    assert_non_null(strstr(err.text, "kms:EncryptEverything is a handler without"));
    routes[count] = routes[0];
    assert_int_equal(start_with_kms(routes, count + 1), -1);
    assert_non_null(strstr(err.text, "two handlers"));
    free(routes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_handler),
        cmocka_unit_test(an_operation_without_a_handler_is_named),
        cmocka_unit_test(a_handler_without_an_operation_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
