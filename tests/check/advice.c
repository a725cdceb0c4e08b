#include "advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void expect(const char *error, const char *advice)
{
    struct text out;
    text_init(&out, 1024);
    advice_for_error(error, &out);
    assert_string_equal(text_str(&out), advice);
    text_release(&out);
}

static void a_refusal_names_the_permission_and_the_place(void **state)
{
    (void)state;
    expect(
        "kms:DescribeKey in 111122221111/eu-west-1: denied: AccessDeniedException no",
        "Allow kms:DescribeKey in 111122221111/eu-west-1 to the role that scans the account "
        "(towerkeep iam-policy scan prints its policy), or remove the policy that denies it, and "
        "scan again");
    expect(
        "backup:ListBackupVaults in 111122221111/eu-west-1: region-deny",
        "Allow backup:ListBackupVaults in 111122221111/eu-west-1 to the role that scans the "
        "account (towerkeep iam-policy scan prints its policy), or remove the policy that denies "
        "it, and scan again");
}

static void other_errors_are_not_called_refusals(void **state)
{
    (void)state;
    expect("rds:DescribeDBInstances in 1/eu-west-1: throttled: Throttling",
           "Scan again: rds:DescribeDBInstances in 1/eu-west-1 has no answer");
    expect("ec2:DescribeVolumes in 1/ap-east-1: region-unavailable: OptInRequired",
           "Correct what keeps the account from answering ec2:DescribeVolumes in 1/ap-east-1, and "
           "scan again");
    expect(
        "resources:List in 1/eu-west-1 of FSx: no-lister: this version lists no resources of FSx",
        "Name the type in resource_types_not_listed of the configuration, to accept that its "
        "untagged resources are not known, or decline it");
    expect("could not be listed",
           "Scan again with every permission that towerkeep iam-policy scan prints");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_names_the_permission_and_the_place),
        cmocka_unit_test(other_errors_are_not_called_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
