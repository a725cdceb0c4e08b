"""Changes that others make between a plan and its apply: a step whose precondition no longer holds is refused by name, a step
that is no longer needed counts as done, and neither is sent. The script of the same plan stops at the same steps.
"""
import json
import os
import subprocess
import unittest

import engine_runs
import scans
import simulator
from engine_runs import GOVERNED, KEY, Cloud
from simulator import CENTRAL, HOME, MANAGEMENT, ORGANIZATION, X_PROD

AWAY = GOVERNED[1]
DAILY, WEEKLY = "aws-control-tower-backupdaily", "aws-control-tower-backupweekly"
TABLE = f"arn:aws:dynamodb:{HOME}:{X_PROD}:table/x-dynamodb"
VAULT = f"aws-controltower-central-backupvault-{ORGANIZATION[2:]}"
SECONDS = 300
ROOT = {"Sid": "Root", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def tagged(**tags):
    """The healthy organization, with these tags on the table."""
    world = engine_runs.healthy()
    table, = [one for one in world["resources"] if one["type"] == "dynamodb"]
    table["tags"] = tags
    return world


class Plans(unittest.TestCase):
    maxDiff = None
    scale = 1  # of simulated time

    def begin(self, world, faults=None):
        """A saved plan of a scan, and its script."""
        self.cloud = self.enterContext(Cloud(world, f"guards.{self._testMethodName}", faults=faults, scale=self.scale))
        self.folder = engine_runs.fresh(self.cloud)
        (self.folder / "wanted.json").write_text(json.dumps(engine_runs.CONFIG), encoding="utf-8")
        self.aws = simulator.Aws(self.cloud)
        self.tool("scan", "-o", "run", "-M", "json", "--config-file", "wanted.json", *self.online(), "--progress", "none", codes=(3,))
        self.tool("plan", "run", "-o", "plan.json", "--config-file", "wanted.json")
        self.plan = json.loads((self.folder / "plan.json").read_text())

    def online(self):
        return "--endpoint-url", self.cloud.endpoint, "--time-scale", "1400", "--unpaced"

    def tool(self, *words, codes=(0,)):
        done = subprocess.run([str(scans.SCANNER), *words], cwd=self.folder, env=scans.environment(self.cloud), text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        self.assertIn(done.returncode, codes, done.stderr)
        return done

    def apply(self, code, *said, sent=None):
        before = dict(self.cloud.effects()["writes"])
        done = self.tool("apply", "plan.json", "--auto-approve", *self.online(), codes=(code,))
        told = " ".join((done.stdout + done.stderr).split())
        for words in said:
            self.assertIn(words, told)
        after = self.cloud.effects()["writes"]
        self.assertEqual({name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)},
                         sent or {}, told)

    def script(self, code, said="", sent=None):
        before = dict(self.cloud.effects()["writes"])
        self.tool("plan", "run", "--emit", "aws-cli", "-o", "plan.sh", "--config-file", "wanted.json")
        path = f"{simulator.TREE / 'tests' / 'tools'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(["bash", "plan.sh"], cwd=self.folder, text=True, capture_output=True, timeout=SECONDS, check=False,
                              env={**self.cloud.environment(), "PATH": path, "no_proxy": "*"})
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(said, done.stderr)
        after = self.cloud.effects()["writes"]
        self.assertEqual({name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)},
                         sent or {}, done.stderr)

    def tag(self, **tags):
        self.aws.assumed(X_PROD).ok("dynamodb tag-resource", resource_arn=TABLE,
                                    tags=[{"Key": key, "Value": value} for key, value in tags.items()])


class Tags(Plans):
    REFUSED = "precondition not met: these backup tags were changed after the scan"

    def test_a_value_that_somebody_changed_is_not_overwritten(self):
        self.begin(tagged(**{DAILY: "yes"}))
        self.tag(**{DAILY: "no, by decision of the owner"})
        self.apply(5, self.REFUSED)
        self.script(1, "stopped: these backup tags were changed after the scan")

    def test_a_tag_that_somebody_set_right_is_found_done(self):
        self.begin(tagged(**{DAILY: "yes"}))
        self.tag(**{DAILY: "true"})
        self.apply(0, "no change needed")

    def test_a_resource_that_its_owner_gave_another_tier_meanwhile_gets_no_second_one(self):
        self.begin(tagged(project="demo"))
        self.tag(**{WEEKLY: "true"})
        self.apply(5, self.REFUSED)

    def test_a_misspelt_key_whose_value_changed_is_not_removed(self):
        self.begin(tagged(**{"aws-control-tower-backup-daily": "true"}))
        self.tag(**{"aws-control-tower-backup-daily": "to be discussed"})
        self.apply(5, self.REFUSED, sent={"tagging:TagResources": 1})


class OptIn(Plans):
    def test_what_somebody_switched_on_is_found_done(self):
        self.begin(engine_runs.damaged("member opt-in"))
        self.aws.assumed(X_PROD).ok("backup update-region-settings", region=AWAY,
                                    resource_type_opt_in_preference={"DynamoDB": True})
        self.apply(0, "no change needed")

    def test_a_type_that_the_region_no_longer_offers_is_refused_by_name(self):
        gone = {"match": {"operation": "backup:DescribeRegionSettings", "account": X_PROD, "region": AWAY, "first": 2},
                "set": {"ResourceTypeOptInPreference": {"EBS": True}}}
        self.begin(engine_runs.damaged("member opt-in"), {"faults": [gone]})
        self.apply(5, "precondition not met: this Region no longer offers the setting to be changed")


class Policies(Plans):
    def put_key_policy(self, *statements):
        self.aws.ok("kms put-key-policy", region=AWAY, key_id=KEY, policy_name="default", policy=policy(*statements))

    def key_policy(self):
        return self.aws.ok("kms get-key-policy", region=AWAY, key_id=KEY, policy_name="default")["Policy"]

    def test_a_key_policy_that_somebody_changed_is_not_overwritten(self):
        self.begin(engine_runs.damaged("replica policy"))
        stranger = {**ROOT, "Sid": "Other", "Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:root"}, "Action": "kms:Decrypt"}
        self.put_key_policy(ROOT, stranger)
        before = self.key_policy()
        self.script(1, "stopped: the key's policy was changed after the scan")
        self.apply(5, "precondition not met: the key's policy was changed after the scan")
        self.assertEqual(self.key_policy(), before)

    def test_the_same_policy_in_another_spelling_is_the_same(self):
        self.begin(engine_runs.damaged("replica policy"))
        self.put_key_policy({"Effect": "Allow", "Action": ["kms:*"], "Resource": ["*"], "Principal": {"AWS": [MANAGEMENT]}})
        self.script(0, sent={"kms:PutKeyPolicy": 1})
        # The second time the policy is equivalent to the required one.
        self.script(0)
        self.apply(0, "no change needed")

    def test_a_vault_that_had_no_policy_gets_none_once_somebody_made_one(self):
        self.begin(engine_runs.damaged("vault policy"))
        self.aws.assumed(CENTRAL).ok("backup put-backup-vault-access-policy", backup_vault_name=VAULT, policy=policy(
            {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}))
        self.script(1, "stopped: the vault's policy was changed after the scan")
        self.apply(5, "precondition not met: the vault's policy was changed after the scan")


if __name__ == "__main__":
    unittest.main()
