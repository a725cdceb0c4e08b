/* Resource types that are wanted and that no operation lists. */
#include "scan.h"

#include "model/support.h"
#include "store/cursor.h"
#include "store/store.h"

static void want(struct scan *s, const char *member, const char *type)
{
    (void)json_array_append_new(json_object_get(s->config.document, member), json_string(type));
}

static void run_whole(struct scan *s)
{
    if (scan_run(s) != 0) {
        fail_msg("%s", s->err.text);
    }
}

static int64_t missing(struct scan *s, const char *account, const char *region)
{
    return scan_errors(s, RESOURCE_LISTING, account, region, GAP_NO_LISTER);
}

static void a_required_type_without_a_list_is_an_error_in_every_place(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    want(&s, "resource_types", "VirtualMachine");
    want(&s, "resource_types", "Newest");
    run_whole(&s);
    scan_has_errors(&s, 6);
    assert_int_equal(missing(&s, NULL, NULL), 6);
    assert_int_equal(missing(&s, PROD, AWAY), 1);
    assert_null(store_meta(s.store, "types_not_listed"));
    char text[400];
    assert_int_equal(
        store_find_gap(s.store, RESOURCE_LISTING, PROD, HOME, text, sizeof text, &s.err), 1);
    assert_string_equal(text,
                        "resources:List in " PROD "/" HOME " of VirtualMachine, Newest: "
                        "no-lister: this version lists no resources of VirtualMachine, Newest; "
                        "resource_types_not_listed in the configuration accepts that");
    /* AWS answered every call. */
    assert_int_equal(store_gap_at(s.store, PROD, HOME, &s.err), 0);
    scan_end(&s);
}

static void a_type_that_the_configuration_accepts_is_remembered(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    want(&s, "resource_types", "VirtualMachine");
    want(&s, "resource_types_not_listed", "VirtualMachine");
    want(&s, "resource_types_not_listed", "EBS");
    run_whole(&s);
    scan_has_errors(&s, 0);
    assert_string_equal(store_meta(s.store, "types_not_listed"), "[\"VirtualMachine\"]");
    scan_end(&s);
}

static void a_type_that_an_account_opts_in_to_is_wanted(void **state)
{
    static const struct stub_reply replies[] = {
        OK("GET /account-settings *token=prod region=" HOME,
           "{\"ResourceTypeOptInPreference\":{\"EBS\":true,\"Newest\":true,\"Newer\":false,"
           "\"VirtualMachine\":true}}"),
        SCRIPT_END};
    struct scan s;
    (void)state;
    scan_all(&s, replies);
    /* The configuration declines VirtualMachine. */
    scan_has_errors(&s, 1);
    assert_int_equal(missing(&s, PROD, HOME), 1);
    char text[400];
    assert_int_equal(
        store_find_gap(s.store, RESOURCE_LISTING, PROD, HOME, text, sizeof text, &s.err), 1);
    assert_non_null(strstr(text, " of Newest: "));
    scan_end(&s);
}

static void a_type_that_aws_backup_does_not_take_there_is_not_missed(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    if (support_load(TOWERKEEP_SOURCE_DIR "/rules/data/aws-backup.yaml", s.config.document,
                     &s.err) != 0) {
        fail_msg("%s", s.err.text);
    }
    json_t *row = json_pack("{s:s, s:s, s:{s:[s]}}", "kind", "newest", "type", "Newest",
                            "available", "in", AWAY);
    (void)json_array_append_new(jx_get(s.config.document, SUPPORT_MEMBER ".rows"), row);
    want(&s, "resource_types", "Newest");
    run_whole(&s);
    scan_has_errors(&s, 3);
    assert_int_equal(missing(&s, NULL, AWAY), 3);
    scan_end(&s);
}

static void a_resumed_scan_reports_it_once(void **state)
{
    struct scan s;
    (void)state;
    scan_begin(&s, NULL);
    want(&s, "resource_types", "VirtualMachine");
    scan_stop_at(&s, "Action=AssumeRole*" PROD);
    assert_int_equal(scan_resume(&s), 0);
    assert_int_equal(missing(&s, MGMT, HOME), 1);
    assert_int_equal(missing(&s, NULL, NULL), 6);
    scan_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_required_type_without_a_list_is_an_error_in_every_place),
        cmocka_unit_test(a_type_that_the_configuration_accepts_is_remembered),
        cmocka_unit_test(a_type_that_an_account_opts_in_to_is_wanted),
        cmocka_unit_test(a_type_that_aws_backup_does_not_take_there_is_not_missed),
        cmocka_unit_test(a_resumed_scan_reports_it_once),
    };
    return cmocka_run_group_tests_name("collect/wanted_types", tests, NULL, NULL);
}
