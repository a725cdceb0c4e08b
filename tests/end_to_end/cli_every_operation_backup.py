"""AWS Backup through the AWS CLI: settings, vaults, plans, selections, recovery points, jobs and reports."""
import json
import unittest

import simulator
from simulator import ADMIN, CENTRAL, HOME, MANAGEMENT, ORGANIZATION, REGIONS, SANDBOX, X_PROD, Y_PROD

SEED = "mrk-0123456789abcdef0123456789abcdef"
TIERS = ("hourly", "daily", "weekly", "monthly")


def plan(name, vault, **rule):
    return {"BackupPlanName": name, "Rules": [{"RuleName": "night", "TargetBackupVaultName": vault,
                                               "ScheduleExpression": "cron(0 3 ? * * *)", **rule}]}


class ABackedUpOrganization(simulator.Story):
    """What Control Tower created is read as documented."""

    def test_has_settings_that_reach_every_account(self):
        settings = self.aws.ok("backup describe-global-settings")["GlobalSettings"]
        self.assertEqual(settings["isCrossAccountBackupEnabled"], "true")
        read = self.aws.ok("backup describe-region-settings", "eu-west-1")
        self.assertIs(read["ResourceTypeOptInPreference"]["S3"], True)
        self.assertIs(read["ResourceTypeManagementPreference"]["DynamoDB"], True)
        types = self.aws.ok("backup get-supported-resource-types")["ResourceTypes"]
        self.assertTrue({"EBS", "EC2", "RDS", "Aurora", "DynamoDB", "EFS", "S3"} <= set(types), types)

    def test_has_vaults_under_the_one_key_in_every_region(self):
        for account, word in ((X_PROD, "local-backupvault"), (CENTRAL, "central-backupvault")):
            for region in REGIONS:
                vaults = self.aws.assumed(account).ok("backup list-backup-vaults", region)["BackupVaultList"]
                vault, = [one for one in vaults if word in one["BackupVaultName"]]
                key = f"arn:aws:kms:{region}:{MANAGEMENT}:key/{SEED}"
                read = self.aws.assumed(account).ok("backup describe-backup-vault", region,
                                                    backup_vault_name=vault["BackupVaultName"])
                self.assertEqual((vault["EncryptionKeyArn"], read["EncryptionKeyArn"], read["BackupVaultArn"]),
                                 (key, key, vault["BackupVaultArn"]))
        # The central vault allows copies from the organization.
        central = self.aws.assumed(CENTRAL)
        name = f"aws-controltower-central-backupvault-{ORGANIZATION[2:]}"
        policy = json.loads(central.ok("backup get-backup-vault-access-policy", backup_vault_name=name)["Policy"])
        self.assertIn(ORGANIZATION, json.dumps(policy))
        self.assertIn("backup:CopyIntoBackupVault", json.dumps(policy))

    def test_has_four_plans_that_select_by_tag(self):
        member = self.aws.assumed(Y_PROD)
        plans = {one["BackupPlanName"]: one["BackupPlanId"]
                 for one in member.ok("backup list-backup-plans")["BackupPlansList"]}
        self.assertEqual(set(plans), {f"aws-controltower-{tier}-backup-plan" for tier in TIERS})
        for tier in TIERS:
            where = {"backup_plan_id": plans[f"aws-controltower-{tier}-backup-plan"]}
            rules = member.ok("backup get-backup-plan", **where)["BackupPlan"]["Rules"]
            self.assertEqual(bool(rules[0].get("CopyActions")), tier != "hourly")
            chosen, = member.ok("backup list-backup-selections", **where)["BackupSelectionsList"]
            read = member.ok("backup get-backup-selection", selection_id=chosen["SelectionId"],
                             **where)["BackupSelection"]
            self.assertIn(f"aws-control-tower-backup{tier}", json.dumps(read))
            self.assertEqual(read["IamRoleArn"], f"arn:aws:iam::{Y_PROD}:role/aws-controltower-BackupRole")

    def test_backs_its_resources_up(self):
        member = self.aws.assumed(X_PROD)
        vault = [one["BackupVaultName"] for one in member.ok("backup list-backup-vaults")["BackupVaultList"]
                 if "local" in one["BackupVaultName"]][0]
        points = member.ok("backup list-recovery-points-by-backup-vault", backup_vault_name=vault)["RecoveryPoints"]
        protected = member.ok("backup list-protected-resources")["Results"]
        self.assertEqual({one["ResourceArn"] for one in points}, {one["ResourceArn"] for one in protected})
        point = points[0]["RecoveryPointArn"]
        read = member.ok("backup describe-recovery-point", backup_vault_name=vault, recovery_point_arn=point)
        self.assertEqual((read["RecoveryPointArn"], read["Status"], read["ResourceArn"]),
                         (point, "COMPLETED", points[0]["ResourceArn"]))
        jobs = member.ok("backup list-backup-jobs", by_state="COMPLETED")["BackupJobs"]
        self.assertEqual({one["State"] for one in jobs}, {"COMPLETED"})
        self.assertTrue({one["RecoveryPointArn"] for one in jobs} & {one["RecoveryPointArn"] for one in points})
        copies = member.ok("backup list-copy-jobs")["CopyJobs"]
        self.assertTrue(any(f":{CENTRAL}:" in one["DestinationBackupVaultArn"] for one in copies))
        summaries = member.ok("backup list-backup-job-summaries", aggregation_period="FOURTEEN_DAYS")
        self.assertGreater(sum(one["Count"] for one in summaries["BackupJobSummaries"]), 0)
        summaries = member.ok("backup list-copy-job-summaries", aggregation_period="FOURTEEN_DAYS")
        self.assertGreater(sum(one["Count"] for one in summaries["CopyJobSummaries"]), 0)

    def test_reports_to_its_administrator(self):
        administrator = self.aws.assumed(ADMIN)
        names = {one["ReportPlanName"] for one in administrator.ok("backup list-report-plans")["ReportPlans"]}
        self.assertEqual(names, {"aws_controltower_backup_report", "aws_controltower_copy_report",
                                 "aws_controltower_restore_report"})
        report = administrator.ok("backup describe-report-plan",
                                  report_plan_name="aws_controltower_copy_report")["ReportPlan"]
        self.assertEqual(report["ReportSetting"]["ReportTemplate"], "COPY_JOB_REPORT")

    def test_keeps_a_vault_that_holds_recovery_points(self):
        member = self.aws.assumed(X_PROD)
        where = {"backup_vault_name": f"aws-controltower-local-backupvault-{ORGANIZATION[2:]}"}
        member.ok("backup describe-backup-vault", **where)
        member.refused("backup delete-backup-vault", "InvalidRequestException", **where)


class ABackupOperator(simulator.Story):
    def setUp(self):
        self.member = self.aws.assumed(SANDBOX)

    def vault(self, name, **more):
        return self.member.ok("backup create-backup-vault", backup_vault_name=name, **more)["BackupVaultArn"]

    def test_switches_resource_types_in_one_region(self):
        def s3(region):
            return self.aws.ok("backup describe-region-settings", region)["ResourceTypeOptInPreference"]["S3"]

        self.aws.ok("backup update-region-settings", "eu-west-1", resource_type_opt_in_preference={"S3": False})
        self.assertEqual((s3("eu-west-1"), s3(HOME)), (False, True))
        rest = self.aws.ok("backup describe-region-settings", "eu-west-1")["ResourceTypeOptInPreference"]
        self.assertIs(rest["EBS"], True)
        self.aws.ok("backup update-region-settings", "eu-west-1", resource_type_opt_in_preference={"S3": True},
                    resource_type_management_preference={"DynamoDB": False})
        self.assertIs(s3("eu-west-1"), True)
        self.aws.refused("backup update-region-settings", "InvalidParameterValueException",
                         resource_type_opt_in_preference={"Floppy": True})

    def test_changes_the_organizations_settings_from_the_management_account_alone(self):
        setting = {"global_settings": {"isMpaEnabled": "true"}}
        self.aws.ok("backup update-global-settings", **setting)
        self.assertEqual(self.aws.ok("backup describe-global-settings")["GlobalSettings"]["isMpaEnabled"], "true")
        self.member.refused("backup update-global-settings", "InvalidRequestException", **setting)

    def test_makes_and_removes_a_vault(self):
        arn = self.vault("mine", backup_vault_tags={"a": "1"})
        self.member.refused("backup create-backup-vault", "AlreadyExistsException", backup_vault_name="mine")
        self.assertEqual(self.member.ok("backup list-tags", resource_arn=arn)["Tags"], {"a": "1"})
        self.member.ok("backup tag-resource", resource_arn=arn, tags={"b": "2"})
        self.member.ok("backup untag-resource", resource_arn=arn, tag_key_list=["a"])
        self.assertEqual(self.member.ok("backup list-tags", resource_arn=arn)["Tags"], {"b": "2"})
        where = {"backup_vault_name": "mine"}
        self.member.refused("backup get-backup-vault-access-policy", "ResourceNotFoundException", **where)
        policy = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:root"},
             "Action": "backup:CopyIntoBackupVault", "Resource": "*"}]})
        self.member.ok("backup put-backup-vault-access-policy", policy=policy, **where)
        self.assertEqual(self.member.ok("backup get-backup-vault-access-policy", **where)["Policy"], policy)
        self.member.ok("backup delete-backup-vault-access-policy", **where)
        self.member.refused("backup get-backup-vault-access-policy", "ResourceNotFoundException", **where)
        self.member.ok("backup delete-backup-vault", **where)
        self.member.refused("backup describe-backup-vault", "ResourceNotFoundException", **where)

    def test_takes_a_plan_and_a_selection_through_their_lives(self):
        self.vault("nightly")
        made = self.member.ok("backup create-backup-plan", backup_plan=plan("nightly", "nightly"),
                              backup_plan_tags={"a": "1"})
        where = {"backup_plan_id": made["BackupPlanId"]}
        updated = self.member.ok("backup update-backup-plan", **where,
                                 backup_plan=plan("nightly", "nightly", Lifecycle={"DeleteAfterDays": 9}))
        self.assertNotEqual(updated["VersionId"], made["VersionId"])
        read = self.member.ok("backup get-backup-plan", **where)
        self.assertEqual(read["BackupPlan"]["Rules"][0]["Lifecycle"]["DeleteAfterDays"], 9)
        selection = self.member.ok("backup create-backup-selection", **where, backup_selection={
            "SelectionName": "tagged", "IamRoleArn": f"arn:aws:iam::{SANDBOX}:role/aws-controltower-BackupRole",
            "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "nightly",
                            "ConditionValue": "true"}]})["SelectionId"]
        listed = self.member.ok("backup list-backup-selections", **where)["BackupSelectionsList"]
        self.assertEqual([one["SelectionId"] for one in listed], [selection])
        read = self.member.ok("backup get-backup-selection", selection_id=selection, **where)["BackupSelection"]
        self.assertEqual(read["ListOfTags"][0]["ConditionKey"], "nightly")
        self.member.refused("backup delete-backup-plan", "InvalidRequestException", **where)
        self.member.ok("backup delete-backup-selection", selection_id=selection, **where)
        self.member.ok("backup delete-backup-plan", **where)
        self.member.refused("backup get-backup-selection", "ResourceNotFoundException", selection_id=selection, **where)
        self.assertNotIn(made["BackupPlanId"], {one["BackupPlanId"] for one in self.member.ok(
            "backup list-backup-plans")["BackupPlansList"]})

    def test_deletes_a_recovery_point(self):
        member = self.aws.assumed(Y_PROD)
        region = "eu-west-1"
        vault = {"backup_vault_name": f"aws-controltower-local-backupvault-{ORGANIZATION[2:]}"}

        def points():
            listed = member.ok("backup list-recovery-points-by-backup-vault", region, **vault)
            return [one["RecoveryPointArn"] for one in listed["RecoveryPoints"]]

        gone = points()[0]
        member.ok("backup delete-recovery-point", region, recovery_point_arn=gone, **vault)
        self.assertNotIn(gone, points())
        member.refused("backup describe-recovery-point", "ResourceNotFoundException", region, recovery_point_arn=gone,
                       **vault)


if __name__ == "__main__":
    unittest.main()
