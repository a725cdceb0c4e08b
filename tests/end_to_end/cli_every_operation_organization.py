"""Organizations, Account, IAM and STS through the AWS CLI: reads, and the effects of writes."""
import json
import unittest

import simulator
from simulator import ADMIN, AUDIT, CENTRAL, LOGS, MANAGEMENT, ROOT, SANDBOX, SHARED, X_PROD, X_TEST, Y_PROD, unit

BACKUP = "backup.amazonaws.com"


class AReaderOfTheOrganization(simulator.Story):
    def test_knows_the_organization_and_its_root(self):
        organization = self.aws.ok("organizations describe-organization")["Organization"]
        self.assertEqual((organization["Id"], organization["MasterAccountId"], organization["FeatureSet"]),
                         ("o-exampleorg1", MANAGEMENT, "ALL"))
        root, = self.aws.ok("organizations list-roots")["Roots"]
        self.assertEqual(root["Id"], ROOT)
        self.assertIn({"Type": "BACKUP_POLICY", "Status": "ENABLED"}, root["PolicyTypes"])

    def test_walks_the_tree_down_and_up(self):
        units = self.aws.ok("organizations list-organizational-units-for-parent",
                            parent_id=ROOT)["OrganizationalUnits"]
        self.assertEqual({one["Name"] for one in units}, {"Security", "Workloads", "Sandbox"})
        security = self.aws.ok("organizations list-accounts-for-parent", parent_id=unit("sec00001"))["Accounts"]
        self.assertEqual({one["Id"] for one in security}, {LOGS, AUDIT, ADMIN, CENTRAL})
        children = self.aws.ok("organizations list-children", parent_id=unit("work0001"),
                               child_type="ORGANIZATIONAL_UNIT")["Children"]
        self.assertEqual({one["Id"] for one in children}, {unit("workx001"), unit("worky001")})
        parents = self.aws.ok("organizations list-parents", child_id=unit("workx001"))["Parents"]
        self.assertEqual(parents, [{"Id": unit("work0001"), "Type": "ORGANIZATIONAL_UNIT"}])
        described = self.aws.ok("organizations describe-organizational-unit",
                                organizational_unit_id=unit("workx001"))["OrganizationalUnit"]
        self.assertEqual((described["Name"], described["Arn"]), ("Workloads X", simulator.unit_arn("workx001")))

    def test_sees_every_account_with_its_state_and_path(self):
        accounts = {one["Id"]: one for one in self.aws.ok("organizations list-accounts")["Accounts"]}
        self.assertEqual(set(accounts), {MANAGEMENT, LOGS, AUDIT, ADMIN, CENTRAL, SHARED, X_PROD, X_TEST, Y_PROD,
                                         SANDBOX})
        one = accounts[X_PROD]
        self.assertEqual((one["Name"], one["Email"], one["State"], one["Arn"]),
                         ("X Production", "aws+x-production@example.com", "ACTIVE", simulator.account_arn(X_PROD)))
        # botocore returns the Paths of accounts; older CLIs drop members that they do not know.
        if "Paths" in one:
            self.assertEqual(one["Paths"], [f"o-exampleorg1/{ROOT}/{unit('work0001')}/{unit('workx001')}/{X_PROD}/"])
        self.assertEqual(self.aws.ok("organizations describe-account", account_id=X_PROD)["Account"], one)

    def test_sees_who_is_trusted_and_who_administers_backup(self):
        trusted = self.aws.ok("organizations list-aws-service-access-for-organization")["EnabledServicePrincipals"]
        self.assertIn(BACKUP, {one["ServicePrincipal"] for one in trusted})
        administrators = self.aws.ok("organizations list-delegated-administrators",
                                     service_principal=BACKUP)["DelegatedAdministrators"]
        self.assertEqual([one["Id"] for one in administrators], [ADMIN])
        services = self.aws.ok("organizations list-delegated-services-for-account",
                               account_id=ADMIN)["DelegatedServices"]
        self.assertIn(BACKUP, {one["ServicePrincipal"] for one in services})


    def test_sees_what_account_factory_made(self):
        everything = {"Key": "Account", "Value": "self"}
        search = "servicecatalog search-provisioned-products"
        products = self.aws.ok(search, filters={"SearchQuery": ["type:CONTROL_TOWER_ACCOUNT"]},
                               access_level_filter=everything)
        self.assertEqual({one["PhysicalId"]: one["Status"] for one in products["ProvisionedProducts"]},
                         dict.fromkeys((SHARED, X_PROD, X_TEST, Y_PROD, SANDBOX), "AVAILABLE"))
        self.assertEqual(products["TotalResultsCount"], 5)
        first = self.aws.ok(search, access_level_filter=everything, page_size=2)
        self.assertEqual(len(first["ProvisionedProducts"]), 2)
        self.assertTrue(first["NextPageToken"])
        one, = self.aws.ok(search, filters={"SearchQuery": [f"physicalId:{Y_PROD}"]},
                           access_level_filter=everything)["ProvisionedProducts"]
        self.assertEqual((one["Name"], one["Type"]), ("y-production", "CONTROL_TOWER_ACCOUNT"))

    def test_finds_only_its_own_products_without_a_level_and_none_elsewhere(self):
        search = "servicecatalog search-provisioned-products"
        self.assertEqual(self.aws.ok(search)["ProvisionedProducts"], [])
        self.assertEqual(self.aws.ok(search, "us-east-1", access_level_filter={"Key": "Account", "Value": "self"})
                         ["ProvisionedProducts"], [])


class AWriterOfTheOrganization(simulator.Story):
    def test_makes_an_account_and_finds_it_where_it_was_moved(self):
        status = self.aws.ok("organizations create-account", email="new@example.com", account_name="New One",
                             tags=[{"Key": "team", "Value": "x"}])["CreateAccountStatus"]
        self.assertEqual(status["State"], "IN_PROGRESS")
        request = status["Id"]
        waiting = self.aws.ok("organizations list-create-account-status", states=["IN_PROGRESS"])
        self.assertEqual([one["Id"] for one in waiting["CreateAccountStatuses"]], [request])
        self.sim.advance(minutes=10)
        status = self.aws.ok("organizations describe-create-account-status",
                             create_account_request_id=request)["CreateAccountStatus"]
        self.assertEqual(status["State"], "SUCCEEDED")
        new = status["AccountId"]
        listed = self.aws.ok("organizations list-accounts-for-parent", parent_id=ROOT)["Accounts"]
        self.assertIn((new, "New One", "new@example.com"), {(a["Id"], a["Name"], a["Email"]) for a in listed})
        tags = self.aws.ok("organizations list-tags-for-resource", resource_id=new)["Tags"]
        self.assertEqual(tags, [{"Key": "team", "Value": "x"}])
        self.aws.ok("organizations move-account", account_id=new, source_parent_id=ROOT,
                    destination_parent_id=unit("sand0001"))
        parents = self.aws.ok("organizations list-parents", child_id=new)["Parents"]
        self.assertEqual([one["Id"] for one in parents], [unit("sand0001")])
        self.aws.refused("organizations move-account", "SourceParentNotFoundException", account_id=new,
                         source_parent_id=unit("none0001"), destination_parent_id=ROOT)
        self.aws.ok("organizations close-account", account_id=new)
        state = self.aws.ok("organizations describe-account", account_id=new)["Account"]
        self.assertEqual(state["State"], "PENDING_CLOSURE")
        self.sim.advance(days=1)
        state = self.aws.ok("organizations describe-account", account_id=new)["Account"]
        self.assertEqual((state["State"], state["Status"]), ("CLOSED", "SUSPENDED"))

    def test_refuses_a_second_account_with_the_same_address(self):
        self.aws.ok("organizations create-account", email="aws+sandbox-one@example.com", account_name="Again")
        self.sim.advance(minutes=10)
        failed = self.aws.ok("organizations list-create-account-status", states=["FAILED"])["CreateAccountStatuses"]
        self.assertEqual([one["FailureReason"] for one in failed], ["EMAIL_ALREADY_EXISTS"])

    def test_takes_a_policy_through_its_life(self):
        content = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:DisableKey",
                                                          "Resource": "*"}]}
        made = self.aws.ok("organizations create-policy", name="Keep keys", description="", content=json.dumps(content),
                           type="SERVICE_CONTROL_POLICY")["Policy"]["PolicySummary"]
        policy = made["Id"]
        listed = self.aws.ok("organizations list-policies", filter="SERVICE_CONTROL_POLICY")["Policies"]
        self.assertIn(("Keep keys", policy, False), {(p["Name"], p["Id"], p["AwsManaged"]) for p in listed})
        self.aws.ok("organizations attach-policy", policy_id=policy, target_id=X_PROD)
        self.aws.refused("organizations attach-policy", "DuplicatePolicyAttachmentException", policy_id=policy,
                         target_id=X_PROD)
        targets = self.aws.ok("organizations list-targets-for-policy", policy_id=policy)["Targets"]
        self.assertEqual([(t["TargetId"], t["Type"]) for t in targets], [(X_PROD, "ACCOUNT")])
        bound = self.aws.ok("organizations list-policies-for-target", target_id=X_PROD,
                            filter="SERVICE_CONTROL_POLICY")["Policies"]
        self.assertIn(policy, {one["Id"] for one in bound})
        # The policy takes effect at once, in that account only.
        member = self.aws.assumed(X_PROD)
        key = member.ok("kms create-key")["KeyMetadata"]["KeyId"]
        member.refused("kms disable-key", "AccessDeniedException", key_id=key)
        content["Statement"][0]["Action"] = "kms:EnableKey"
        self.aws.ok("organizations update-policy", policy_id=policy, name="Sleep well", content=json.dumps(content))
        read = self.aws.ok("organizations describe-policy", policy_id=policy)["Policy"]
        self.assertEqual((read["PolicySummary"]["Name"], json.loads(read["Content"])), ("Sleep well", content))
        member.ok("kms disable-key", key_id=key)
        self.aws.refused("organizations delete-policy", "PolicyInUseException", policy_id=policy)
        self.aws.ok("organizations detach-policy", policy_id=policy, target_id=X_PROD)
        self.aws.refused("organizations detach-policy", "PolicyNotAttachedException", policy_id=policy,
                         target_id=X_PROD)
        self.aws.ok("organizations delete-policy", policy_id=policy)
        self.aws.refused("organizations describe-policy", "PolicyNotFoundException", policy_id=policy)

    def test_sees_a_backup_policy_in_effect_where_it_is_attached(self):
        self.assertEqual(self.aws.ok("organizations list-accounts-with-invalid-effective-policy",
                                     policy_type="BACKUP_POLICY")["Accounts"], [])
        content = {"plans": {"nightly": {
            "regions": {"@@assign": ["eu-central-1"]},
            "rules": {"night": {"schedule_expression": {"@@assign": "cron(0 3 * * ? *)"},
                                "target_backup_vault_name": {"@@assign": "Default"},
                                "lifecycle": {"delete_after_days": {"@@assign": "14"}}}},
            "selections": {"tags": {"tagged": {
                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/aws-controltower-BackupRole"},
                "tag_key": {"@@assign": "nightly"}, "tag_value": {"@@assign": ["true"]}}}}}}}
        policy = self.aws.ok("organizations create-policy", name="Nightly", description="every night",
                             content=json.dumps(content), type="BACKUP_POLICY")["Policy"]["PolicySummary"]["Id"]
        self.aws.refused("organizations describe-effective-policy", "EffectivePolicyNotFoundException",
                         policy_type="BACKUP_POLICY", target_id=Y_PROD)
        self.aws.ok("organizations attach-policy", policy_id=policy, target_id=unit("worky001"))
        effective = self.aws.ok("organizations describe-effective-policy", policy_type="BACKUP_POLICY",
                                target_id=Y_PROD)["EffectivePolicy"]
        plan = json.loads(effective["PolicyContent"])["plans"]["nightly"]
        self.assertEqual((effective["TargetId"], plan["regions"]), (Y_PROD, ["eu-central-1"]))
        errors = self.aws.ok("organizations list-effective-policy-validation-errors", account_id=Y_PROD,
                             policy_type="BACKUP_POLICY")
        self.assertEqual((errors["AccountId"], errors["EffectivePolicyValidationErrors"]), (Y_PROD, []))
        self.aws.refused("organizations create-policy", "MalformedPolicyDocumentException", name="Broken",
                         description="", content="{", type="BACKUP_POLICY")

    def test_turns_policy_types_on_and_off(self):
        def status():
            root, = self.aws.ok("organizations list-roots")["Roots"]
            return {one["Type"]: one["Status"] for one in root["PolicyTypes"]}.get("TAG_POLICY")

        self.aws.refused("organizations enable-policy-type", "PolicyTypeAlreadyEnabledException", root_id=ROOT,
                         policy_type="TAG_POLICY")
        self.aws.ok("organizations disable-policy-type", root_id=ROOT, policy_type="TAG_POLICY")
        self.assertNotEqual(status(), "ENABLED")
        self.sim.advance(minutes=5)
        self.aws.refused("organizations disable-policy-type", "PolicyTypeNotEnabledException", root_id=ROOT,
                         policy_type="TAG_POLICY")
        self.aws.ok("organizations enable-policy-type", root_id=ROOT, policy_type="TAG_POLICY")
        self.sim.advance(minutes=5)
        self.assertEqual(status(), "ENABLED")

    def test_delegates_administration_and_takes_it_back(self):
        def administrators():
            listed = self.aws.ok("organizations list-delegated-administrators", service_principal=BACKUP)
            return [one["Id"] for one in listed["DelegatedAdministrators"]]

        self.aws.refused("organizations register-delegated-administrator", "AccountAlreadyRegisteredException",
                         account_id=ADMIN, service_principal=BACKUP)
        self.aws.ok("organizations deregister-delegated-administrator", account_id=ADMIN, service_principal=BACKUP)
        self.assertEqual(administrators(), [])
        self.aws.refused("organizations deregister-delegated-administrator", "AccountNotRegisteredException",
                         account_id=ADMIN, service_principal=BACKUP)
        self.aws.ok("organizations register-delegated-administrator", account_id=AUDIT, service_principal=BACKUP)
        self.assertEqual(administrators(), [AUDIT])

    def test_turns_trusted_access_on_and_off(self):
        def trusted():
            listed = self.aws.ok("organizations list-aws-service-access-for-organization")
            return {one["ServicePrincipal"] for one in listed["EnabledServicePrincipals"]}

        name = "ram.amazonaws.com"
        self.assertNotIn(name, trusted())
        self.aws.ok("organizations enable-aws-service-access", service_principal=name)
        self.assertIn(name, trusted())
        self.aws.ok("organizations disable-aws-service-access", service_principal=name)
        self.assertNotIn(name, trusted())

    def test_keeps_a_resource_policy(self):
        stands = json.loads(self.aws.ok("organizations describe-resource-policy")["ResourcePolicy"]["Content"])
        self.assertEqual(stands["Statement"][0]["Principal"], {"AWS": f"arn:aws:iam::{ADMIN}:root"})
        content = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "Backup", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ADMIN}:root"},
             "Action": "organizations:DescribeOrganization", "Resource": "*"}]})
        self.aws.ok("organizations put-resource-policy", content=content)
        read = self.aws.ok("organizations describe-resource-policy")["ResourcePolicy"]
        self.assertEqual(read["Content"], content)
        self.aws.ok("organizations delete-resource-policy")
        self.aws.refused("organizations describe-resource-policy", "ResourcePolicyNotFoundException")

    def test_tags_a_unit(self):
        where = {"resource_id": unit("sand0001")}
        self.aws.ok("organizations tag-resource", tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}], **where)
        self.aws.ok("organizations untag-resource", tag_keys=["a"], **where)
        self.assertEqual(self.aws.ok("organizations list-tags-for-resource", **where)["Tags"],
                         [{"Key": "b", "Value": ""}])


class ACallerAndItsAccount(simulator.Story):
    def test_is_told_who_it_is(self):
        me = self.aws.ok("sts get-caller-identity")
        self.assertEqual((me["Account"], me["Arn"]), (MANAGEMENT, f"arn:aws:iam::{MANAGEMENT}:user/towerkeep"))
        member = self.aws.assumed(X_PROD).ok("sts get-caller-identity")
        self.assertEqual((member["Account"], member["Arn"]),
                         (X_PROD, f"arn:aws:sts::{X_PROD}:assumed-role/AWSControlTowerExecution/tester"))

    def test_finds_roles_and_what_is_attached_to_them(self):
        member = self.aws.assumed(X_PROD)
        names = {one["RoleName"] for one in member.ok("iam list-roles")["Roles"]}
        self.assertTrue({"AWSControlTowerExecution", "aws-controltower-BackupRole"} <= names, names)
        role = member.ok("iam get-role", role_name="aws-controltower-BackupRole")["Role"]
        self.assertEqual(role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"], BACKUP)
        attached = member.ok("iam list-attached-role-policies",
                             role_name="aws-controltower-BackupRole")["AttachedPolicies"]
        self.assertIn("AWSBackupServiceRolePolicyForBackup", {one["PolicyName"] for one in attached})
        member.refused("iam get-role", "NoSuchEntity", role_name="nobody")

    def test_makes_a_service_linked_role_once(self):
        member = self.aws.assumed(SANDBOX)
        made = member.ok("iam create-service-linked-role", aws_service_name="reports.backup.amazonaws.com")["Role"]
        self.assertEqual(member.ok("iam get-role", role_name=made["RoleName"])["Role"]["Arn"], made["Arn"])
        member.refused("iam create-service-linked-role", "InvalidInput",
                       aws_service_name="reports.backup.amazonaws.com")

    def test_is_told_what_its_policies_allow(self):
        me = f"arn:aws:iam::{MANAGEMENT}:user/towerkeep"

        def decisions(aws, source, **members):
            rows = aws.ok("iam simulate-principal-policy", policy_source_arn=source, **members)["EvaluationResults"]
            return [(row["EvalActionName"], row["EvalResourceName"], row["EvalDecision"]) for row in rows]
        self.assertEqual(decisions(self.aws, me, action_names=["kms:CreateKey", "backup:ListTags"]),
                         [("kms:CreateKey", "*", "allowed"), ("backup:ListTags", "*", "allowed")])
        # Additional policies are evaluated too, for the resources and the context they name.
        key = f"arn:aws:kms:eu-west-1:{MANAGEMENT}:key/"
        deny = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "kms:*", "Resource": key + "a",
             "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]})
        region = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": ["eu-west-1"]}
        asked = {"action_names": ["kms:EnableKey"], "policy_input_list": [deny], "resource_arns": [key + "a", key + "b"]}
        self.assertEqual([row[2] for row in decisions(self.aws, me, context_entries=[region], **asked)],
                         ["explicitDeny", "allowed"])
        unsaid = self.aws.ok("iam simulate-principal-policy", policy_source_arn=me, **asked)["EvaluationResults"]
        self.assertEqual([(row["EvalDecision"], row["MissingContextValues"]) for row in unsaid],
                         [("allowed", ["aws:RequestedRegion"])] * 2)
        pages = decisions(self.aws, me, max_items=1, action_names=["kms:CreateKey", "kms:ListKeys"])
        self.assertEqual(len(pages), 1)
        # Service control policies apply to a role of a member account; entities of other accounts are not found.
        member, role = self.aws.assumed(X_PROD), f"arn:aws:iam::{X_PROD}:role/AWSControlTowerExecution"
        self.assertEqual(decisions(member, role, action_names=["organizations:LeaveOrganization", "kms:ListKeys"]),
                         [("organizations:LeaveOrganization", "*", "explicitDeny"), ("kms:ListKeys", "*", "allowed")])
        self.aws.refused("iam simulate-principal-policy", "NoSuchEntity", policy_source_arn=role,
                         action_names=["kms:ListKeys"])
        self.aws.refused("iam simulate-principal-policy", "InvalidInput", action_names=["kms:ListKeys"],
                         policy_source_arn=f"arn:aws:sts::{MANAGEMENT}:assumed-role/Admin/me")

    def test_lists_regions_and_turns_one_on(self):
        status = {one["RegionName"]: one["RegionOptStatus"] for one in self.aws.ok("account list-regions")["Regions"]}
        self.assertEqual(status["eu-central-1"], "ENABLED_BY_DEFAULT")
        off = sorted(name for name, word in status.items() if word == "DISABLED")
        self.assertTrue(off, "the world has no Region to turn on")
        member = {"account_id": SANDBOX, "region_name": off[0]}
        self.aws.ok("account enable-region", **member)
        self.assertEqual(self.aws.ok("account get-region-opt-status", **member)["RegionOptStatus"], "ENABLING")
        self.aws.assumed(SANDBOX).refused("kms list-keys", "UnrecognizedClientException", region=off[0])
        self.sim.advance(minutes=30)
        self.assertEqual(self.aws.ok("account get-region-opt-status", **member)["RegionOptStatus"], "ENABLED")
        self.aws.assumed(SANDBOX).ok("kms list-keys", region=off[0])
        listed = self.aws.ok("account list-regions", account_id=SANDBOX, region_opt_status_contains=["ENABLED"])
        self.assertEqual([one["RegionName"] for one in listed["Regions"]], off[:1])


if __name__ == "__main__":
    unittest.main()
