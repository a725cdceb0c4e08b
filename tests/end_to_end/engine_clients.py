"""The AWS CLI reads what enable set up; after teardown it is removed, and what contains recovery points remains."""
import json
import re
import unittest

import engine_runs
import simulator
from engine_runs import ADMIN_EMAIL, ALIAS, CENTRAL_EMAIL, GOVERNED, Cloud, bare, engine, healthy
from simulator import HOME, MANAGEMENT, Aws, ORGANIZATION, X_PROD, unit, unit_arn

TYPES = ("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "RDS", "S3")
LOCAL, CENTRAL_VAULT = (f"aws-controltower-{kind}-backupvault-{ORGANIZATION[2:]}" for kind in ("local", "central"))


def other_sections(manifest):
    """All but backup; days as text, as GetLandingZone returns them."""
    as_text = re.sub(r'("retentionDays": )(\d+)', r'\1"\2"', json.dumps(manifest))
    return {name: value for name, value in json.loads(as_text).items() if name != "backup"}


class Walk(unittest.TestCase):
    command, world, name = None, None, None

    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud(cls.world(), f"clients-{cls.name}")
        cls.cloud.__enter__()
        cls.addClassCleanup(cls.cloud.__exit__, None, None, None)
        cls.aws = Aws(cls.cloud)
        cls.prepare()
        engine_runs.fresh(cls.cloud)
        cls.done = engine(cls.cloud, cls.command, "--fail-on", "medium")
        cls.cloud.advance(minutes=30)

    @classmethod
    def prepare(cls):
        pass

    def landing_zone(self):
        arn = self.aws.ok("controltower list-landing-zones")["landingZones"][0]["arn"]
        return self.aws.ok("controltower get-landing-zone", landing_zone_identifier=arn)["landingZone"]

    def baselines(self, name):
        arn = next(one["arn"] for one in self.aws.ok("controltower list-baselines")["baselines"] if one["name"] == name)
        return [one for one in self.aws.ok("controltower list-enabled-baselines")["enabledBaselines"]
                if one["baselineIdentifier"] == arn]

    def keys(self):
        """{Region: key} of the alias."""
        out = {}
        for region in GOVERNED:
            for alias in self.aws.ok("kms list-aliases", region=region)["Aliases"]:
                if alias["AliasName"] == ALIAS:
                    out[region] = self.aws.ok("kms describe-key", region=region,
                                              key_id=alias["TargetKeyId"])["KeyMetadata"]
        return out

    def vaults(self, account, region):
        rows = self.aws.assumed(account).ok("backup list-backup-vaults", region=region)["BackupVaultList"]
        return {row["BackupVaultName"]: row for row in rows}

    def accounts(self):
        return {one["Email"]: one for one in self.aws.ok("organizations list-accounts")["Accounts"]}


class Enabled:
    """Conditions after enable, for every version of the landing zone."""
    command = "enable"

    def test_it_succeeded(self):
        self.assertEqual(self.done.code, 0, self.done.told())

    def test_the_two_accounts_exist_and_are_active(self):
        for email in (ADMIN_EMAIL, CENTRAL_EMAIL):
            account = self.accounts()[email]
            self.assertEqual(account["State"], "ACTIVE")
            parent = self.aws.ok("organizations list-parents", child_id=account["Id"])["Parents"][0]["Id"]
            self.assertEqual(parent, unit("sec00001"))

    def test_the_manifest_names_them_and_the_key(self):
        zone, accounts = self.landing_zone(), self.accounts()
        self.assertEqual((zone["status"], zone["driftStatus"]["status"]), ("ACTIVE", "IN_SYNC"))
        backup = zone["manifest"]["backup"]
        self.assertIs(backup["enabled"], True)
        self.assertEqual(backup["configurations"], {
            "centralBackup": {"accountId": accounts[CENTRAL_EMAIL]["Id"]},
            "backupAdmin": {"accountId": accounts[ADMIN_EMAIL]["Id"]}, "kmsKeyArn": self.keys()[HOME]["Arn"]})
        was = self.world()["landing_zone"]["manifest"]
        self.assertEqual(other_sections(zone["manifest"]), other_sections(was))

    def test_the_key_is_everywhere_with_its_policy(self):
        keys = self.keys()
        self.assertEqual(set(keys), set(GOVERNED))
        self.assertEqual(len({key["KeyId"] for key in keys.values()}), 1)
        policies = []
        for region, key in keys.items():
            self.assertEqual((key["KeyState"], key["MultiRegion"], key["KeyUsage"]), ("Enabled", True, "ENCRYPT_DECRYPT"))
            self.assertEqual(key["MultiRegionConfiguration"]["MultiRegionKeyType"],
                             "PRIMARY" if region == HOME else "REPLICA")
            policies.append(json.loads(self.aws.ok("kms get-key-policy", region=region, key_id=key["KeyId"],
                                                   policy_name="default")["Policy"]))
        self.assertEqual(policies[0], policies[1])
        statements = json.dumps(policies[0])
        self.assertIn(ORGANIZATION, statements)
        for action in ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:Encrypt", "kms:CreateGrant"):
            self.assertIn(action, statements)
        self.assertIs(self.aws.ok("kms get-key-rotation-status", key_id=keys[HOME]["KeyId"])["KeyRotationEnabled"], True)

    def test_baselines_were_enabled_parents_first(self):
        rows = self.baselines("BackupBaseline")
        self.assertEqual({row["targetIdentifier"]: row["statusSummary"]["status"] for row in rows},
                         {unit_arn(name): "SUCCEEDED" for name in ("sec00001", "work0001", "workx001")})
        start = {}
        for row in rows:
            operation = self.aws.ok("controltower get-baseline-operation", operation_identifier=row["statusSummary"][
                "lastOperationIdentifier"])["baselineOperation"]
            start[row["targetIdentifier"]] = operation["startTime"]
            self.assertEqual(operation["status"], "SUCCEEDED")
        self.assertLess(start[unit_arn("work0001")], start[unit_arn("workx001")])
        # One operation at a time.
        self.assertEqual(len(set(start.values())), len(start))

    def test_every_account_opted_in(self):
        accounts = self.accounts()
        for account in [MANAGEMENT, X_PROD, simulator.LOGS, simulator.AUDIT, accounts[CENTRAL_EMAIL]["Id"],
                        accounts[ADMIN_EMAIL]["Id"]]:
            aws = self.aws if account == MANAGEMENT else self.aws.assumed(account)
            for region in GOVERNED:
                told = aws.ok("backup describe-region-settings", region=region)["ResourceTypeOptInPreference"]
                self.assertEqual([kind for kind in TYPES if not told[kind]], [], f"{account} {region}")

    def test_the_administrator_is_delegated(self):
        rows = self.aws.ok("organizations list-delegated-administrators",
                           service_principal="backup.amazonaws.com")["DelegatedAdministrators"]
        self.assertEqual([row["Id"] for row in rows], [self.accounts()[ADMIN_EMAIL]["Id"]])
        trusted = self.aws.ok("organizations list-aws-service-access-for-organization")["EnabledServicePrincipals"]
        self.assertIn("backup.amazonaws.com", [row["ServicePrincipal"] for row in trusted])
        told = self.aws.ok("backup describe-global-settings")["GlobalSettings"]
        self.assertEqual(told["isCrossAccountBackupEnabled"], "true")

    def test_vaults_stand_in_every_region(self):
        central, arns = self.accounts()[CENTRAL_EMAIL]["Id"], {region: key["Arn"] for region, key in self.keys().items()}
        for region in GOVERNED:
            self.assertEqual(self.vaults(X_PROD, region)[LOCAL]["EncryptionKeyArn"], arns[region])
            self.assertEqual(self.vaults(central, region)[CENTRAL_VAULT]["EncryptionKeyArn"], arns[region])
            policy = self.aws.assumed(central).ok("backup get-backup-vault-access-policy", region=region,
                                                  backup_vault_name=CENTRAL_VAULT)["Policy"]
            self.assertIn("backup:CopyIntoBackupVault", policy)

    def test_resources_are_tagged(self):
        for region in GOVERNED:
            rows = self.aws.assumed(X_PROD).ok("resourcegroupstaggingapi get-resources",
                                               region=region)["ResourceTagMappingList"]
            ours = [row for row in rows if "table/x-" in row["ResourceARN"] or "file-system/" in row["ResourceARN"]]
            self.assertEqual(len(ours), 1, rows)
            self.assertIn({"Key": "aws-control-tower-backupdaily", "Value": "true"}, ours[0]["Tags"])

    def test_z_a_second_run_does_nothing(self):
        before = self.cloud.effects()["total_writes"]
        done = engine(self.cloud, self.command, "--fail-on", "medium")
        self.assertEqual((done.code, self.cloud.effects()["total_writes"]), (0, before), done.told())
        self.assertIn("Nothing to do", done.out)


class EnabledOn40(Enabled, Walk):
    name, world = "enable-40", staticmethod(bare)


class EnabledOn33(Enabled, Walk):
    name, world = "enable-33", staticmethod(lambda: bare("3.3"))


class TornDown(Walk):
    command, name, world = "teardown", "teardown", staticmethod(healthy)

    @classmethod
    def prepare(cls):
        """A week of backups."""
        cls.cloud.advance(days=7)
        cls.before = cls.points(cls.aws)
        cls.targets = {one["arn"]: one["targetIdentifier"]
                       for one in cls.aws.ok("controltower list-enabled-baselines")["enabledBaselines"]}

    @staticmethod
    def points(aws):
        return {(account, region, vault): len(aws.assumed(account, "AWSControlTowerExecution").ok(
            "backup list-recovery-points-by-backup-vault", region=region, backup_vault_name=vault)["RecoveryPoints"])
            for account, vault in ((X_PROD, LOCAL), (simulator.CENTRAL, CENTRAL_VAULT)) for region in GOVERNED}

    def test_baselines_are_gone_and_backup_is_off(self):
        self.assertEqual(self.baselines("BackupBaseline"), [])
        self.assertEqual(len(self.baselines("AWSControlTowerBaseline")), 2)
        zone = self.landing_zone()
        self.assertEqual(zone["status"], "ACTIVE")
        self.assertIs(zone["manifest"]["backup"]["enabled"], False)

    def test_leaves_went_first(self):
        disabled = [name.split()[-1] for name in self.cloud.effects()["objects"]["controltower:DisableBaseline"]]
        targets = [self.targets[arn] for arn in disabled]
        self.assertEqual(set(targets), {unit_arn(name) for name in ("sec00001", "work0001", "workx001")})
        self.assertLess(targets.index(unit_arn("workx001")), targets.index(unit_arn("work0001")))

    def test_delegation_and_access_are_gone(self):
        rows = self.aws.ok("organizations list-delegated-administrators")["DelegatedAdministrators"]
        self.assertEqual(rows, [])
        trusted = self.aws.ok("organizations list-aws-service-access-for-organization")["EnabledServicePrincipals"]
        self.assertNotIn("backup.amazonaws.com", [row["ServicePrincipal"] for row in trusted])

    def test_vaults_with_recovery_points_remain(self):
        self.assertTrue(any(self.before.values()), self.before)
        for (account, region, vault), count in self.before.items():
            if count:
                self.assertIn(vault, self.vaults(account, region))
                self.assertGreater(self.points(self.aws)[(account, region, vault)], 0)

    def test_keys_and_accounts_remain(self):
        self.assertEqual({region: key["KeyState"] for region, key in self.keys().items()},
                         {region: "Enabled" for region in GOVERNED})
        self.assertEqual({self.accounts()[email]["State"] for email in (ADMIN_EMAIL, CENTRAL_EMAIL)}, {"ACTIVE"})

    def test_z_a_second_run_does_nothing(self):
        before = self.cloud.effects()["total_writes"]
        done = engine(self.cloud, self.command)
        self.assertEqual(self.cloud.effects()["total_writes"], before, done.told())


if __name__ == "__main__":
    unittest.main()
