"""Enable and teardown in turn: teardown keeps or deletes what enable created, and the next enable or teardown finds the rest."""
import json
import unittest

import engine_runs
import simulator
from engine_runs import ALIAS, GOVERNED, KEY, Cloud, engine
from simulator import HOME, MANAGEMENT

AWAY = GOVERNED[1]


def idle(world):
    """The same without resources: simulated time is fast, and their backups would keep the key."""
    return {**world, "resources": []}


class Returns(engine_runs.CloudTest):
    def compliant(self, cloud, **options):
        done = self.run_(cloud, "enable", **options)
        options.pop("anew", None)
        self.assertEqual((done.report["verdict"], done.failing()), ("COMPLIANT", []))
        self.assertEqual(self.run_(cloud, "enable", **options).sent, {})
        return done

    def keys(self, cloud):
        """{Region: {key id: state}}, and {Region: id of the key that the alias names}"""
        keys, aliases = {}, {}
        for region in GOVERNED:
            state = cloud.state()[f"kms/{MANAGEMENT}/{region}"]
            keys[region] = {name: key.get("state", "Enabled") for name, key in state["keys"].items()
                            if name.startswith("mrk-")}
            aliases[region] = state["aliases"].get(ALIAS, {}).get("TargetKeyId")
        return keys, aliases

    def test_after_the_key_was_deleted_enable_makes_another_and_moves_the_alias(self):
        cloud = self.begin(idle(engine_runs.bare()))
        self.compliant(cloud)
        (old,), = {tuple(keys) for keys in self.keys(cloud)[0].values()}
        gone = self.run_(cloud, "teardown", "--delete-key")
        self.assertEqual(gone.sent["kms:ScheduleKeyDeletion"], 2)
        self.assertEqual(self.run_(cloud, "teardown", "--delete-key").sent, {})
        again = self.run_(cloud, "enable", code=3)
        # Control Tower retains vaults, and a vault keeps its key.
        self.assertEqual({check for check, _ in again.failing()}, {"VLT-03"})
        self.assertEqual((again.sent["kms:CreateKey"], again.sent["kms:UpdateAlias"]), (1, 2))
        keys, aliases = self.keys(cloud)
        for region in GOVERNED:
            self.assertIn(keys[region].pop(old), ("PendingDeletion", "PendingReplicaDeletion"))
            (new, state), = keys[region].items()
            self.assertEqual((state, aliases[region]), ("Enabled", new))

    def test_a_key_that_is_to_be_deleted_is_kept_where_the_configuration_says_so(self):
        cloud = self.begin(idle(engine_runs.bare()))
        self.compliant(cloud)
        before = self.keys(cloud)
        self.run_(cloud, "teardown", "--delete-key")
        self.assertNotEqual(self.keys(cloud), before)
        config = {**engine_runs.CONFIG, "key": {"cancel_deletion": True}}
        again = self.compliant(cloud, config=config)
        self.assertEqual((again.sent["kms:CancelKeyDeletion"], again.sent["kms:EnableKey"]), (2, 2))
        self.assertNotIn("kms:CreateKey", again.sent)
        self.assertEqual(self.keys(cloud), before)

    def test_a_teardown_takes_our_statements_from_the_resource_policy_and_leaves_others(self):
        foreign = {"Sid": "Auditor", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{simulator.AUDIT}:root"},
                   "Action": "organizations:DescribeOrganization", "Resource": "*"}
        world = idle(engine_runs.bare())
        world["changes"] = [engine_runs._call("organizations:PutResourcePolicy", Content=json.dumps(
            {"Version": "2012-10-17", "Statement": [foreign]}))]
        cloud = self.begin(world)
        self.compliant(cloud)
        self.assertEqual(self.statements(cloud), ["Auditor", "BackupAdministratorManagesBackupPolicies",
                                                  "BackupAdministratorReads"])
        self.assertEqual(self.run_(cloud, "teardown").sent["organizations:PutResourcePolicy"], 1)
        self.assertEqual(self.statements(cloud), ["Auditor"])
        self.assertEqual(self.run_(cloud, "teardown").sent, {})

    def test_a_resource_policy_that_is_ours_alone_is_deleted(self):
        cloud = self.begin(idle(engine_runs.healthy()))
        self.assertEqual(self.run_(cloud, "teardown").sent["organizations:DeleteResourcePolicy"], 1)
        simulator.Aws(cloud).refused("organizations describe-resource-policy", "ResourcePolicyNotFoundException")

    def statements(self, cloud):
        policy = simulator.Aws(cloud).ok("organizations describe-resource-policy")["ResourcePolicy"]["Content"]
        listed = json.loads(policy)["Statement"]
        return sorted(one["Sid"] for one in (listed if isinstance(listed, list) else [listed]))

    def test_after_a_teardown_that_kept_the_key_enable_takes_it_up_again(self):
        cloud = self.begin(idle(engine_runs.bare()))
        self.compliant(cloud)
        before = self.keys(cloud)
        self.run_(cloud, "teardown")
        self.compliant(cloud, anew=True)
        self.assertEqual(self.keys(cloud), before)
        self.assertEqual(cloud.effects()["writes"]["kms:CreateKey"], 1)

    def test_a_later_teardown_finds_the_key_by_our_tag(self):
        cloud = self.begin(idle(engine_runs.bare()))
        self.compliant(cloud)
        self.assertNotIn("kms:ScheduleKeyDeletion", self.run_(cloud, "teardown").sent)
        simulator.Aws(cloud).ok("kms delete-alias", alias_name=ALIAS)
        later = self.run_(cloud, "teardown", "--delete-key", anew=True)
        self.assertEqual(later.sent, {"kms:ScheduleKeyDeletion": 2})
        ended = {change["region"]: change["ended"] for change in later.report["changes"]}
        self.assertLessEqual(ended[AWAY], ended[HOME])
        self.assertEqual(self.run_(cloud, "teardown", "--delete-key", anew=True).sent, {})

    def test_a_later_teardown_finds_the_key_by_its_alias_or_by_what_an_earlier_run_knew(self):
        for name, keep_alias in (("alias", True), ("run", False)):
            with self.subTest(name):
                cloud = self.enterContext(Cloud(idle(engine_runs.healthy()), f"returns.by_{name}"))
                engine_runs.fresh(cloud)
                self.run_(cloud, "teardown")
                if not keep_alias:
                    for region in GOVERNED:
                        simulator.Aws(cloud).run("kms delete-alias", region=region, alias_name=ALIAS)
                later = self.run_(cloud, "teardown", "--delete-key", anew=keep_alias)
                self.assertEqual(later.sent, {"kms:ScheduleKeyDeletion": 2}, later.told())
                states = {region: keys[KEY] for region, keys in self.keys(cloud)[0].items()}
                # A primary key waits until its replicas are deleted.
                self.assertEqual(states, {HOME: "PendingReplicaDeletion", AWAY: "PendingDeletion"})

    def test_a_key_that_nobody_knows_is_said_to_be_unknown(self):
        cloud = self.begin(idle(engine_runs.healthy()))
        self.run_(cloud, "teardown")
        for region in GOVERNED:
            simulator.Aws(cloud).run("kms delete-alias", region=region, alias_name=ALIAS)
        later = self.run_(cloud, "teardown", "--delete-key", anew=True)
        self.assertEqual(later.sent, {})
        self.assertIn("no backup key was found", " ".join(later.out.split()))

    def test_a_later_teardown_keeps_the_key_while_a_recovery_point_rests_on_it(self):
        cloud = self.begin(engine_runs.healthy())
        # A backup was made in the meantime.
        cloud.advance(days=2)
        self.run_(cloud, "teardown")
        later = self.run_(cloud, "teardown", "--delete-key", anew=True)
        self.assertEqual(later.sent, {})
        self.assertRegex(" ".join(later.out.split()), r"the key is kept: \d+ vaults? encrypted with it holds? \d+ recovery point")

    def test_enable_mends_what_it_does_not_build(self):
        cloud = self.begin(engine_runs.damaged("vault policy"))
        done = self.compliant(cloud)
        self.assertEqual(done.sent, {"backup:PutBackupVaultAccessPolicy": 1})


if __name__ == "__main__":
    unittest.main()
