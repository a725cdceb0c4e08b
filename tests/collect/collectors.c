/* The table of collectors as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/ops.h"
#include "collect/collect.h"

/* Of two rows for one operation the second would never be found, and what it keeps never be there.
 */
static void every_operation_has_one_collector(void **state)
{
    (void)state;
    const char *const *names = collect_operations();
    assert_non_null(names[0]);
    for (size_t i = 0; names[i] != NULL; i++) {
        for (size_t j = i + 1; names[j] != NULL; j++) {
            if (strcmp(names[i], names[j]) == 0) {
                fail_msg("%s has two collectors", names[i]);
            }
        }
    }
}

static void every_collector_asks_a_read_of_the_table(void **state)
{
    (void)state;
    for (const char *const *name = collect_operations(); *name != NULL; name++) {
        const struct op *op = op_parse(*name);
        if (op == NULL) {
            fail_msg("%s is no operation of the table", *name);
        } else if (op->effect != EFFECT_READ) {
            fail_msg("%s is a write", *name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_operation_has_one_collector),
                                       cmocka_unit_test(every_collector_asks_a_read_of_the_table)};
    return cmocka_run_group_tests_name("collect/collectors", tests, NULL, NULL);
}
