#include <stdio.h>
#include <string.h>

#include "landing.h"

#define BACKUP_ADMIN "111122223333"
#define MEMBER "222233330011"

static json_t *attach(const char *policy, const char *target)
{
    return json_pack("{ss ss}", "PolicyId", policy, "TargetId", target);
}

static json_t *administrator(const char *account)
{
    return json_pack("{ss ss}", "AccountId", account, "ServicePrincipal", "backup.amazonaws.com");
}

static json_t *move(const char *account, const char *from, const char *to)
{
    return json_pack("{ss ss ss}", "AccountId", account, "SourceParentId", from,
                     "DestinationParentId", to);
}

static json_t *new_policy(const char *name, const char *type, const char *content)
{
    return json_pack("{ss ss ss ss}", "Name", name, "Type", type, "Description", "", "Content",
                     content);
}

static void create_policy(struct sim *sim, const char *name, const char *content, char id[32])
{
    json_t *out =
        ask(sim, "organizations:CreatePolicy", new_policy(name, "BACKUP_POLICY", content));

    snprintf(id, 32, "%s", jx_str(out, "Policy.PolicySummary.Id"));
    json_decref(out);
}

static void every_account_comes_once_over_pages(void **state)
{
    struct sim *sim = open_world("seed-healthy.yaml");
    json_t *seen = json_object(), *token = NULL;
    size_t pages = 0;

    (void)state;
    do {
        json_t *in = json_pack("{si sO*}", "MaxResults", 4, "NextToken", token);
        json_t *out = ask(sim, "organizations:ListAccounts", in);
        size_t i;
        json_t *account;

        json_decref(token);
        token = json_incref(json_object_get(out, "NextToken"));
        json_array_foreach(json_object_get(out, "Accounts"), i, account)
        {
            assert_int_equal(json_object_set_new(seen, jx_str(account, "Id"), json_true()), 0);
            assert_string_equal(jx_str(account, "State"), "ACTIVE");
            assert_true(str_ends(
                json_string_value(json_array_get(json_object_get(account, "Paths"), 0)), "/"));
        }
        json_decref(out);
        pages++;
    } while (token != NULL);
    assert_int_equal(json_object_size(seen), 10);
    assert_int_equal(pages, 3);
    json_decref(seen);
    sim_free(sim);
}

static void members_are_refused_and_delegated_administrators_may_read(void **state)
{
    struct sim *sim = open_world("seed-healthy.yaml");
    struct err err;
    json_t *out;

    (void)state;
    refuse_as(sim, MEMBER, "organizations:ListAccounts", NULL, "AccessDeniedException");
    refuse_as(sim, BACKUP_ADMIN, "organizations:MoveAccount",
              move(MEMBER, "ou-ab12-workx001", "r-ab12"), "AccessDeniedException");
    refuse_as(sim, "999999999999", "organizations:ListAccounts", NULL,
              "AWSOrganizationsNotInUseException");
    out = ask_as(sim, BACKUP_ADMIN, "organizations:ListAccounts", NULL, &err);
    assert_non_null(out);
    json_decref(out);
    out = ask_as(sim, MEMBER, "organizations:DescribeOrganization", NULL, &err);
    assert_string_equal(jx_str(out, "Organization.MasterAccountId"), MANAGEMENT);
    json_decref(out);
    sim_free(sim);
}

static void a_delegation_policy_lets_its_principal_write(void **state)
{
    static const char content[] = "{\"plans\":{}}";
    static const char policy[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"a\",\"Effect\":\"Allow\","
        "\"Principal\":"
        "{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"organizations:CreatePolicy\","
        "\"Resource\":\"*\"}]}";
    struct sim *sim = open_world("seed-healthy.yaml");
    struct err err;
    json_t *out;

    (void)state;
    json_decref(ask(sim, "organizations:DeleteResourcePolicy", NULL));
    refuse_as(sim, BACKUP_ADMIN, "organizations:CreatePolicy",
              new_policy("p", "BACKUP_POLICY", content), "AccessDeniedException");
    order(sim, "organizations:PutResourcePolicy", json_pack("{ss}", "Content", policy));
    out = ask_as(sim, BACKUP_ADMIN, "organizations:CreatePolicy",
                 new_policy("p", "BACKUP_POLICY", content), &err);
    assert_non_null(out);
    json_decref(out);
    refuse_as(sim, BACKUP_ADMIN, "organizations:DeleteResourcePolicy", NULL,
              "AccessDeniedException");
    sim_free(sim);
}

static void an_account_is_created_after_a_while(void **state)
{
    struct sim *sim = open_world("bare.yaml");
    json_t *out = ask(sim, "organizations:CreateAccount",
                      json_pack("{ss ss}", "Email", "new@example.com", "AccountName", "New"));
    char car[64], id[16];

    (void)state;
    snprintf(car, sizeof car, "%s", jx_str(out, "CreateAccountStatus.Id"));
    assert_string_equal(jx_str(out, "CreateAccountStatus.State"), "IN_PROGRESS");
    assert_true(str_starts(car, "car-"));
    json_decref(out);
    pass_time(sim, 5 * MINUTE);
    out = ask(sim, "organizations:DescribeCreateAccountStatus",
              json_pack("{ss}", "CreateAccountRequestId", car));
    assert_string_equal(jx_str(out, "CreateAccountStatus.State"), "SUCCEEDED");
    snprintf(id, sizeof id, "%s", jx_str(out, "CreateAccountStatus.AccountId"));
    json_decref(out);
    out = ask(sim, "organizations:ListParents", json_pack("{ss}", "ChildId", id));
    assert_string_equal(jx_str(json_array_get(json_object_get(out, "Parents"), 0), "Id"), "r-ab12");
    json_decref(out);
    order(sim, "organizations:CreateAccount",
          json_pack("{ss ss}", "Email", "new@example.com", "AccountName", "Twin"));
    pass_time(sim, 5 * MINUTE);
    out =
        ask(sim, "organizations:ListCreateAccountStatus", json_pack("{s[s]}", "States", "FAILED"));
    assert_string_equal(
        jx_str(json_array_get(json_object_get(out, "CreateAccountStatuses"), 0), "FailureReason"),
        "EMAIL_ALREADY_EXISTS");
    json_decref(out);
    sim_free(sim);
}

static void a_closed_account_shows_both_words(void **state)
{
    struct sim *sim = open_world("seed-healthy.yaml");
    json_t *in = json_pack("{ss}", "AccountId", "222233330031"), *out;

    (void)state;
    order(sim, "organizations:CloseAccount", json_incref(in));
    refuse(sim, "organizations:CloseAccount", json_incref(in), "ConflictException");
    pass_time(sim, 60 * MINUTE);
    out = ask(sim, "organizations:DescribeAccount", json_incref(in));
    assert_string_equal(jx_str(out, "Account.State"), "CLOSED");
    assert_string_equal(jx_str(out, "Account.Status"), "SUSPENDED");
    json_decref(out);
    refuse(sim, "organizations:CloseAccount", in, "AccountAlreadyClosedException");
    refuse(sim, "organizations:CloseAccount", json_pack("{ss}", "AccountId", BACKUP_ADMIN),
           "ConstraintViolationException");
    sim_free(sim);
}

static void at_most_five_accounts_administer_a_service(void **state)
{
    static const char *const more[] = {"222233330011", "222233330012", "222233330021",
                                       "222233330031"};
    struct sim *sim = open_world("seed-healthy.yaml");

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        order(sim, "organizations:RegisterDelegatedAdministrator", administrator(more[i]));
    }
    refuse(sim, "organizations:RegisterDelegatedAdministrator", administrator("222233330001"),
           "ConstraintViolationException");
    refuse(sim, "organizations:RegisterDelegatedAdministrator", administrator(BACKUP_ADMIN),
           "AccountAlreadyRegisteredException");
    refuse(sim, "organizations:DisableAWSServiceAccess",
           json_pack("{ss}", "ServicePrincipal", "backup.amazonaws.com"),
           "ConstraintViolationException");
    sim_free(sim);
}

static void effective_backup_policy_follows_the_tree(void **state)
{
    struct sim *sim = open_world("seed-healthy.yaml");
    char top[32], low[32];
    json_t *out;

    (void)state;
    create_policy(
        sim, "top",
        "{\"plans\":{\"P\":{\"regions\":{\"@@assign\":[\"eu-central-1\"]},\"rules\":{\"@@operators_"
        "allowed_for_child_policies\":[\"@@all\"],\"R\":{\"target_backup_vault_name\":{\"@@"
        "assign\":"
        "\"a\",\"@@operators_allowed_for_child_policies\":[\"@@none\"]}}}}}}",
        top);
    create_policy(
        sim, "low",
        "{\"plans\":{\"P\":{\"regions\":{\"@@append\":[\"us-east-1\"]},\"rules\":{\"R\":{\"target_"
        "backup_vault_name\":{\"@@assign\":\"b\"}}}}}}",
        low);
    order(sim, "organizations:AttachPolicy", attach(top, "ou-ab12-work0001"));
    order(sim, "organizations:AttachPolicy", attach(low, MEMBER));
    out = ask(sim, "organizations:DescribeEffectivePolicy",
              json_pack("{ss ss}", "PolicyType", "BACKUP_POLICY", "TargetId", MEMBER));
    assert_string_equal(
        jx_str(out, "EffectivePolicy.PolicyContent"),
        "{\"plans\":{\"P\":{\"regions\":[\"eu-central-1\",\"us-east-1\"],\"rules\":{\"R\":{"
        "\"target_backup_vault_name\":\"a\"}}}}}");
    json_decref(out);
    refuse(sim, "organizations:DescribeEffectivePolicy",
           json_pack("{ss ss}", "PolicyType", "BACKUP_POLICY", "TargetId", "222233330031"),
           "EffectivePolicyNotFoundException");
    refuse(sim, "organizations:DeletePolicy", json_pack("{ss}", "PolicyId", top),
           "PolicyInUseException");
    sim_free(sim);
}

static void policy_documents_are_read_strictly(void **state)
{
    static const struct {
        const char *type, *content;
    } wrong[] = {
        {"BACKUP_POLICY", "not json"},
        {"BACKUP_POLICY", "{}"},
        {"BACKUP_POLICY", "{\"plans\":{\"P\":{\"colour\":{\"@@assign\":\"red\"}}}}"},
        {"BACKUP_POLICY", "{\"plans\":{\"P\":{\"regions\":{\"@@paint\":[\"x\"]}}}}"},
        {"BACKUP_POLICY", "{\"plans\":{\"P\":{\"regions\":[\"x\"]}}}"},
        {"TAG_POLICY", "{\"labels\":{}}"},
        {"SERVICE_CONTROL_POLICY", "{\"Version\":\"2012-10-17\",\"Statement\":[]}"},
        {"SERVICE_CONTROL_POLICY",
         "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
         "\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"},
    };
    struct sim *sim = open_world("bare.yaml");

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        refuse(sim, "organizations:CreatePolicy",
               new_policy("wrong", wrong[i].type, wrong[i].content),
               "MalformedPolicyDocumentException");
    }
    sim_free(sim);
}

static void the_last_service_control_policy_stays(void **state)
{
    struct sim *sim = open_world("bare.yaml");
    json_t *scps;

    (void)state;
    refuse(sim, "organizations:DetachPolicy", attach("p-FullAWSAccess", "ou-ab12-work0001"),
           "ConstraintViolationException");
    refuse(sim, "organizations:DetachPolicy", attach("p-nothing99", "ou-ab12-work0001"),
           "PolicyNotFoundException");
    scps = sim_org_scps(sim, MEMBER);
    assert_int_equal(json_array_size(scps), 2); /* FullAWSAccess, and the world's own on the root */
    json_decref(scps);
    scps = sim_org_scps(sim, MANAGEMENT);
    assert_int_equal(json_array_size(scps), 0);
    json_decref(scps);
    sim_free(sim);
}

static void a_move_names_where_the_account_is(void **state)
{
    struct sim *sim = open_world("bare.yaml");

    (void)state;
    refuse(sim, "organizations:MoveAccount", move(MEMBER, "r-ab12", "ou-ab12-sand0001"),
           "SourceParentNotFoundException");
    refuse(sim, "organizations:MoveAccount", move(MEMBER, "ou-ab12-workx001", "ou-ab12-nowhere1"),
           "DestinationParentNotFoundException");
    order(sim, "organizations:MoveAccount", move(MEMBER, "ou-ab12-workx001", "ou-ab12-sand0001"));
    assert_string_equal(jx_str(sim_org_account(sim, MEMBER), "ParentId"), "ou-ab12-sand0001");
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_account_comes_once_over_pages),
        cmocka_unit_test(members_are_refused_and_delegated_administrators_may_read),
        cmocka_unit_test(a_delegation_policy_lets_its_principal_write),
        cmocka_unit_test(an_account_is_created_after_a_while),
        cmocka_unit_test(a_closed_account_shows_both_words),
        cmocka_unit_test(at_most_five_accounts_administer_a_service),
        cmocka_unit_test(effective_backup_policy_follows_the_tree),
        cmocka_unit_test(policy_documents_are_read_strictly),
        cmocka_unit_test(the_last_service_control_policy_stays),
        cmocka_unit_test(a_move_names_where_the_account_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
