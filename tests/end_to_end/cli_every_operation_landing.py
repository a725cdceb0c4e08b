"""Control Tower through the AWS CLI: backup is set up from nothing and removed again."""
import copy
import json
import unittest

import simulator
from simulator import HOME, LOGS, MANAGEMENT, ORGANIZATION, REGIONS, SANDBOX, SHARED, X_PROD, X_TEST, unit_arn

BACKUP = f"arn:aws:controltower:{HOME}::baseline/APO9ATVPBKFRRGLK"
TOWER = f"arn:aws:controltower:{HOME}::baseline/17BSJV3IGJ2QSGA2"
KEY_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": "*", "Resource": "*",
     "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt", "kms:ReEncrypt*",
                "kms:GetKeyPolicy", "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
     "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}]})


def sendable(manifest):
    """The manifest with numbers of days: AWS answers with text, and does not take it."""
    out = copy.deepcopy(manifest)
    for section in ("centralizedLogging", "config"):
        for bucket in out.get(section, {}).get("configurations", {}).values():
            if isinstance(bucket, dict) and "retentionDays" in bucket:
                bucket["retentionDays"] = int(bucket["retentionDays"])
    return out


class Landing(simulator.Story):
    """Calls that the tests of both worlds make."""

    def zone(self):
        listed, = self.aws.ok("controltower list-landing-zones")["landingZones"]
        return self.aws.ok("controltower get-landing-zone", landing_zone_identifier=listed["arn"])["landingZone"]

    def update_zone(self, manifest, outcome, version=None):
        """Sends a manifest and waits until the operation has ended."""
        zone = self.zone()
        operation = self.aws.ok("controltower update-landing-zone", landing_zone_identifier=zone["arn"],
                                landing_zone_version=version or zone["version"],
                            manifest=manifest)["operationIdentifier"]
        self.finish_zone(operation, outcome)

    def finish_zone(self, operation, outcome):
        def status():
            return self.aws.ok("controltower get-landing-zone-operation",
                               operation_identifier=operation)["operationDetails"]["status"]
        self.assertEqual(status(), "IN_PROGRESS")
        self.sim.advance(minutes=46)
        self.assertEqual(status(), outcome)

    def enabled(self, baseline, target):
        filters = {"baselineIdentifiers": [baseline], "targetIdentifiers": [target]}
        rows = self.aws.ok("controltower list-enabled-baselines", filter=filters, include_children=True)
        found = rows["enabledBaselines"]
        return found[0] if found else None

    def enable(self, unit, baseline=BACKUP, version="1.0"):
        return self.aws.ok("controltower enable-baseline", baseline_identifier=baseline, baseline_version=version,
                           target_identifier=unit_arn(unit))

    def disable(self, unit):
        arn = self.enabled(BACKUP, unit_arn(unit))["arn"]
        return self.aws.ok("controltower disable-baseline", enabled_baseline_identifier=arn)

    def finish(self, operation, outcome="SUCCEEDED"):
        self.sim.advance(minutes=45)
        read = self.aws.ok("controltower get-baseline-operation", operation_identifier=operation)["baselineOperation"]
        self.assertEqual((read["operationIdentifier"], read["status"]), (operation, outcome))


class BackupFromNothing(Landing):
    world = "bare"

    def make_account(self, name):
        request = self.aws.ok("organizations create-account", email=f"{name}@example.com",
                              account_name=name)["CreateAccountStatus"]["Id"]
        self.sim.advance(minutes=5)
        return self.aws.ok("organizations describe-create-account-status",
                           create_account_request_id=request)["CreateAccountStatus"]["AccountId"]

    def test_is_set_up_step_by_step(self):
        self.aws.refused("controltower enable-baseline", "ValidationException", baseline_identifier=BACKUP,
                         baseline_version="1.0", target_identifier=unit_arn("work0001"))
        admin, central = self.make_account("backup-admin"), self.make_account("central-backup")
        key = self.aws.ok("kms create-key", multi_region=True, policy=KEY_POLICY)["KeyMetadata"]
        manifest = sendable(self.zone()["manifest"])
        manifest["backup"] = {"enabled": True, "configurations": {
            "centralBackup": {"accountId": central}, "backupAdmin": {"accountId": admin}, "kmsKeyArn": key["Arn"]}}
        # Without replicas, the operation fails at its end and enables nothing.
        self.update_zone(manifest, "FAILED")
        self.assertEqual(self.aws.ok("organizations list-delegated-administrators")["DelegatedAdministrators"], [])
        for region in REGIONS[1:]:
            self.aws.ok("kms replicate-key", key_id=key["KeyId"], replica_region=region, policy=KEY_POLICY)
        self.sim.advance(minutes=2)
        self.update_zone(manifest, "SUCCEEDED")
        self.assertEqual(self.zone()["manifest"]["backup"], manifest["backup"])
        self.check_what_the_landing_zone_made(admin, central, key["KeyId"])
        self.enable_from_the_top()

    def check_what_the_landing_zone_made(self, admin, central, key):
        operations = self.aws.ok("controltower list-landing-zone-operations")["landingZoneOperations"]
        updates = [one["status"] for one in operations if one["operationType"] == "UPDATE"][:2]
        self.assertEqual(updates, ["SUCCEEDED", "FAILED"])
        found = self.aws.ok("organizations list-delegated-administrators",
                            service_principal="backup.amazonaws.com")["DelegatedAdministrators"]
        self.assertEqual([one["Id"] for one in found], [admin])
        settings = self.aws.ok("backup describe-global-settings")["GlobalSettings"]
        self.assertEqual(settings["isCrossAccountBackupEnabled"], "true")
        baselines = {one["name"]: one["arn"] for one in self.aws.ok("controltower list-baselines")["baselines"]}
        for name, account in (("BackupAdminBaseline", admin), ("BackupCentralVaultBaseline", central)):
            row = self.enabled(baselines[name], simulator.account_arn(account))
            self.assertEqual(row["statusSummary"]["status"], "SUCCEEDED", name)
            read = self.aws.ok("controltower get-baseline", baseline_identifier=baselines[name])
            self.assertEqual((read["name"], read["arn"]), (name, baselines[name]))
        for account in (admin, central):
            where = self.aws.ok("organizations list-parents", child_id=account)["Parents"]
            self.assertEqual([one["Id"] for one in where], [simulator.unit("sec00001")])
        for region in REGIONS:
            vaults = self.aws.assumed(central).ok("backup list-backup-vaults", region)["BackupVaultList"]
            keys = [one["EncryptionKeyArn"] for one in vaults if "central-backupvault" in one["BackupVaultName"]]
            self.assertEqual(keys, [f"arn:aws:kms:{region}:{MANAGEMENT}:key/{key}"])
        reports = self.aws.assumed(admin).ok("backup list-report-plans")["ReportPlans"]
        self.assertIn("aws_controltower_backup_report", {one["ReportPlanName"] for one in reports})

    def enable_from_the_top(self):
        member = self.aws.assumed(X_PROD)
        self.assertEqual(member.ok("backup list-backup-plans")["BackupPlansList"], [])
        self.aws.refused("controltower enable-baseline", "ValidationException", baseline_identifier=BACKUP,
                         baseline_version="1.0", target_identifier=unit_arn("workx001"))
        running = self.enable("work0001")
        self.aws.refused("controltower enable-baseline", "ConflictException", baseline_identifier=BACKUP,
                         baseline_version="1.0", target_identifier=unit_arn("sand0001"))
        row = self.aws.ok("controltower get-enabled-baseline", enabled_baseline_identifier=running["arn"])
        self.assertEqual(row["enabledBaselineDetails"]["statusSummary"]["status"], "UNDER_CHANGE")
        self.finish(running["operationIdentifier"])
        child = self.enabled(BACKUP, simulator.account_arn(SHARED))
        self.assertEqual((child["parentIdentifier"], child["statusSummary"]["status"]), (running["arn"], "SUCCEEDED"))
        self.assertIsNone(self.enabled(BACKUP, simulator.account_arn(X_PROD)))
        self.finish(self.enable("workx001")["operationIdentifier"])
        for region in REGIONS:
            plans = member.ok("backup list-backup-plans", region)["BackupPlansList"]
            self.assertEqual({one["BackupPlanName"] for one in plans},
                             {f"aws-controltower-{tier}-backup-plan" for tier in ("hourly", "daily", "weekly",
                                                                                 "monthly")})
            vaults = member.ok("backup list-backup-vaults", region)["BackupVaultList"]
            self.assertTrue(any("local-backupvault" in one["BackupVaultName"] for one in vaults), vaults)
        member.ok("iam get-role", role_name="aws-controltower-BackupRole")


class BackupThatIsThere(Landing):
    world = "seed-healthy-3.3"

    def test_is_taken_down_leaves_first(self):
        off = {**sendable(self.zone()["manifest"]), "backup": {"enabled": False}}
        self.aws.refused("controltower update-landing-zone", "ValidationException",
                         landing_zone_identifier=self.zone()["arn"], landing_zone_version="3.3", manifest=off)
        top = self.enabled(BACKUP, unit_arn("work0001"))["arn"]
        self.aws.refused("controltower disable-baseline", "ValidationException", enabled_baseline_identifier=top)
        for leaf in ("workx001", "worky001", "work0001", "sand0001", "sec00001"):
            self.finish(self.disable(leaf)["operationIdentifier"])
            self.assertIsNone(self.enabled(BACKUP, unit_arn(leaf)))
        self.update_zone(off, "SUCCEEDED")
        administrators = self.aws.ok("organizations list-delegated-administrators",
                                     service_principal="backup.amazonaws.com")
        self.assertEqual(administrators["DelegatedAdministrators"], [])


class ALandingZone(Landing):
    def test_tells_days_as_text_and_takes_numbers(self):
        zone = self.zone()
        self.assertEqual(zone["manifest"]["centralizedLogging"]["configurations"]["loggingBucket"]["retentionDays"], "365")
        self.aws.refused("controltower update-landing-zone", "ValidationException", landing_zone_identifier=zone["arn"],
                         landing_zone_version=zone["version"], manifest=zone["manifest"])
        self.update_zone(sendable(zone["manifest"]), "SUCCEEDED")
        self.assertEqual(self.zone()["manifest"], zone["manifest"])

    def test_is_reset(self):
        zone = self.zone()
        operation = self.aws.ok("controltower reset-landing-zone", landing_zone_identifier=zone["arn"])
        self.aws.refused("controltower reset-landing-zone", "ConflictException", landing_zone_identifier=zone["arn"])
        self.finish_zone(operation["operationIdentifier"], "SUCCEEDED")
        self.assertEqual((self.zone()["manifest"], self.zone()["driftStatus"]["status"]), (zone["manifest"], "IN_SYNC"))
        resets = self.aws.ok("controltower list-landing-zone-operations",
                             filter={"types": ["RESET"], "statuses": ["SUCCEEDED"]})["landingZoneOperations"]
        self.assertEqual([one["operationIdentifier"] for one in resets], [operation["operationIdentifier"]])

    def test_takes_an_account_back_that_was_moved(self):
        places = {"source_parent_id": simulator.unit("workx001"), "destination_parent_id": simulator.unit("sand0001")}
        self.aws.ok("organizations move-account", account_id=X_TEST, **places)
        row = self.enabled(BACKUP, unit_arn("sand0001"))
        self.assertEqual(row["driftStatusSummary"]["types"]["inheritance"]["status"], "DRIFTED")
        operation = self.aws.ok("controltower reset-enabled-baseline", enabled_baseline_identifier=row["arn"])
        self.finish(operation["operationIdentifier"])
        child = self.enabled(BACKUP, simulator.account_arn(X_TEST))
        self.assertEqual(child["parentIdentifier"], row["arn"])

    def test_updates_an_enabled_baseline(self):
        arn = self.enabled(TOWER, unit_arn("sand0001"))["arn"]
        operation = self.aws.ok("controltower update-enabled-baseline", enabled_baseline_identifier=arn,
                                baseline_version="5.0")
        self.finish(operation["operationIdentifier"])
        self.assertEqual(self.enabled(TOWER, unit_arn("sand0001"))["baselineVersion"], "5.0")

    def test_lists_the_controls_that_guard_a_unit(self):
        controls = self.aws.ok("controltower list-enabled-controls",
                               target_identifier=unit_arn("workx001"))["enabledControls"]
        self.assertTrue(controls)
        self.assertEqual({one["targetIdentifier"] for one in controls}, {unit_arn("workx001")})
        known = [self.aws.ok("controlcatalog get-control", control_arn=one["controlIdentifier"]) for one in controls]
        self.assertLessEqual({"CT.BACKUP.PV.1", "CT.BACKUP.PV.3", "CT.IAM.PV.1"}, {one["Aliases"][0] for one in known})
        self.aws.refused("controlcatalog get-control", "ResourceNotFoundException", control_arn="arn:aws:controlcatalog:::control/none")

    def test_carries_tags(self):
        arn = self.zone()["arn"]
        self.aws.ok("controltower tag-resource", resource_arn=arn, tags={"a": "1", "b": "2"})
        self.aws.ok("controltower untag-resource", resource_arn=arn, tag_keys=["a"])
        self.assertEqual(self.aws.ok("controltower list-tags-for-resource", resource_arn=arn)["tags"], {"b": "2"})

    def test_is_no_ones_business_but_the_management_accounts(self):
        self.aws.assumed(SANDBOX).refused("controltower list-enabled-baselines", "AccessDeniedException")
        self.aws.assumed(LOGS).refused("controltower reset-landing-zone", "AccessDeniedException",
                                       landing_zone_identifier=self.zone()["arn"])


if __name__ == "__main__":
    unittest.main()
