"""The next scan finds a fault that the AWS CLI made in a running healthy organization, and no other result changes."""
import json
import unittest

import scans
import simulator
from simulator import ADMIN, AUDIT, HOME, MANAGEMENT, X_PROD, X_TEST

KEY = "mrk-0123456789abcdef0123456789abcdef"
TABLE = f"arn:aws:dynamodb:eu-west-1:{X_TEST}:table/x-test-sessions"
VAULT = "aws-controltower-local-backupvault-exampleorg1"
ROOT_ALONE = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Sid": "Management", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
    "Action": "kms:*", "Resource": "*"}]})


class Changes(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(scans.Simulator("seed-healthy", name="changes"))
        cls.aws = simulator.Aws(cls.sim)
        cls.healthy = scans.scan(cls.sim, "--no-ungoverned")

    @classmethod
    def tearDownClass(cls):
        """Each test has repaired its fault: every result is again the same for every ID."""
        again = scans.scan(cls.sim, "--no-ungoverned")
        if again.code != 0 or again.verdicts != cls.healthy.verdicts:
            raise AssertionError(f"after all repairs: exit {again.code}, failing {sorted(again.failing())}")

    def found(self, *failing):
        """The next scan fails exactly these checks, and all other results stay the same."""
        done = scans.scan(self.sim, "--no-ungoverned")
        self.assertEqual(sorted(done.failing()), sorted(failing))
        self.assertEqual(done.pairs("ERROR"), set())
        self.assertEqual((done.code, done.report["verdict"]), (3, "NON-COMPLIANT"), done.err)
        before, after = self.healthy.verdicts, done.verdicts
        flipped = {after[key][:2] for key in before if key in after and before[key] != after[key]
                   and after[key][2] != "NOT_APPLICABLE"}
        self.assertEqual(sorted(flipped), sorted(failing))
        self.assertLessEqual(set(after), set(before), "a subject appeared")
        return done

    def test_a_disabled_replica_key(self):
        self.aws.ok("kms disable-key", region="eu-west-1", key_id=KEY)
        done = self.found(("KMS-05", "eu-west-1"))
        finding, = [f for f in done.findings if f["status"] == "FAIL"]
        self.assertIn("Disabled", finding["observed"])
        self.assertIn(f"--key-id arn:aws:kms:eu-west-1:{MANAGEMENT}:key/{KEY}", finding["remediation"])
        self.aws.ok("kms enable-key", region="eu-west-1", key_id=KEY)

    def test_a_type_switched_off_in_one_region(self):
        member = self.aws.assumed(X_PROD)
        preference = "resource_type_opt_in_preference"
        member.ok("backup update-region-settings", region="us-east-1", **{preference: {"EBS": False}})
        self.found(("OPT-02", f"{X_PROD}/us-east-1"), ("OPT-06", f"{X_PROD}/us-east-1"))
        member.ok("backup update-region-settings", region="us-east-1", **{preference: {"EBS": True}})

    def test_a_delegated_administrator_removed(self):
        who = {"account_id": ADMIN, "service_principal": "backup.amazonaws.com"}
        self.aws.ok("organizations deregister-delegated-administrator", **who)
        self.found(("DEL-01", simulator.ORGANIZATION))
        self.aws.ok("organizations register-delegated-administrator", **who)

    def test_a_tag_with_another_value(self):
        member = self.aws.assumed(X_TEST)
        for value, wanted in (("yes", True), ("true", False)):
            done = member.ok("resourcegroupstaggingapi tag-resources", region="eu-west-1", resource_arn_list=[TABLE],
                             tags={"aws-control-tower-backupweekly": value})
            self.assertEqual(done["FailedResourcesMap"], {})
            if wanted:
                self.found(("TAG-02", f"{X_TEST}/eu-west-1/{TABLE}"))

    def test_a_replaced_key_policy(self):
        where = {"key_id": KEY, "policy_name": "default"}
        policy = self.aws.ok("kms get-key-policy", region="us-east-1", **where)["Policy"]
        self.aws.ok("kms put-key-policy", region="us-east-1", policy=ROOT_ALONE, **where)
        self.found(("KMS-07", "us-east-1"))
        self.aws.ok("kms put-key-policy", region="us-east-1", policy=policy, **where)

    def test_a_deleted_vault(self):
        member = self.aws.assumed(AUDIT)
        member.ok("backup delete-backup-vault", region="eu-west-1", backup_vault_name=VAULT)
        self.found(("VLT-02", f"{AUDIT}/eu-west-1"))
        member.ok("backup create-backup-vault", region="eu-west-1", backup_vault_name=VAULT,
                  encryption_key_arn=f"arn:aws:kms:eu-west-1:{MANAGEMENT}:key/{KEY}")

    def test_several_at_once(self):
        settings = "backup update-global-settings"
        self.aws.ok("kms disable-key-rotation", key_id=KEY)
        self.aws.ok(settings, region=HOME, global_settings={"isCrossAccountBackupEnabled": "false"})
        # Copies to the central account have failed since then, if a plan copies.
        copying = sorted({f["subject"] for f in self.healthy.findings if f["check_id"] == "JOB-03" and f["status"] == "PASS"})
        self.assertIn(f"{X_PROD}/us-east-1", copying)
        self.found(("KMS-11", HOME), ("DEL-04", simulator.ORGANIZATION), *(("JOB-02", place) for place in copying))
        self.aws.ok("kms enable-key-rotation", key_id=KEY)
        self.aws.ok(settings, region=HOME, global_settings={"isCrossAccountBackupEnabled": "true"})


class Nights(unittest.TestCase):
    """Runs in one directory, each with the previous one."""

    def night(self, directory):
        return scans.scan(self.sim, "--no-ungoverned", to=directory)

    def test_a_resource_tagged_by_hand_is_late_only_for_who_never_looked(self):
        nightly, fresh = scans.directory("nightly"), scans.directory("nightly-fresh")
        tag = {"region": "eu-west-1", "resource_arn_list": [TABLE]}
        with scans.Simulator("seed-healthy", name="nights") as self.sim:
            member = simulator.Aws(self.sim).assumed(X_TEST)
            member.ok("resourcegroupstaggingapi untag-resources", tag_keys=["aws-control-tower-backupweekly"], **tag)
            self.assertEqual(self.night(nightly).failing(), {("TAG-01", f"{X_TEST}/eu-west-1/{TABLE}")})
            member.ok("resourcegroupstaggingapi tag-resources", tags={"aws-control-tower-backupweekly": "true"}, **tag)
            for _ in range(2):
                done = self.night(nightly)
                self.assertEqual((done.code, done.failing()), (0, set()), done.err)
            self.assertEqual(self.night(fresh).failing(),
                             {*((check, f"{X_TEST}/eu-west-1/{TABLE}") for check in ("TAG-06", "JOB-05", "JOB-06")),
                              ("JOB-03", f"{X_TEST}/eu-west-1")})


def tearDownModule():
    scans.judge_recordings()


if __name__ == "__main__":
    unittest.main()
