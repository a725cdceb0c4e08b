"""KMS through the AWS CLI: the life of a multi-Region key."""
import json
import unittest

import simulator
from simulator import HOME, MANAGEMENT, ORGANIZATION, X_PROD

SEED = "mrk-0123456789abcdef0123456789abcdef"
REPLICA = "eu-west-1"


def policy(*more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
         "Action": "kms:*", "Resource": "*"}, *more]})


ORGANIZATION_STATEMENT = {
    "Sid": "Organization", "Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:DescribeKey"],
    "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}


class AKey(simulator.Story):
    def describe(self, key, region=HOME):
        return self.aws.ok("kms describe-key", region, key_id=key)["KeyMetadata"]

    def make(self, **members):
        return self.aws.ok("kms create-key", **members)["KeyMetadata"]["KeyId"]

    def test_of_the_seed_is_seen_in_every_region(self):
        primary = self.describe(SEED)
        self.assertEqual((primary["MultiRegion"], primary["KeyState"]), (True, "Enabled"))
        self.assertEqual(primary["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY")
        replicas = {one["Region"] for one in primary["MultiRegionConfiguration"]["ReplicaKeys"]}
        self.assertEqual(replicas, {REPLICA, "us-east-1"})
        for region in replicas:
            replica = self.describe(SEED, region)
            self.assertEqual((replica["MultiRegionConfiguration"]["MultiRegionKeyType"], replica["Arn"]),
                             ("REPLICA", f"arn:aws:kms:{region}:{MANAGEMENT}:key/{SEED}"))
            self.assertIn(SEED, {one["KeyId"] for one in self.aws.ok("kms list-keys", region)["Keys"]})
        aliases = self.aws.ok("kms list-aliases")["Aliases"]
        self.assertIn(("alias/control-tower-backup", SEED), {(a["AliasName"], a.get("TargetKeyId")) for a in aliases})
        self.assertEqual(self.describe("alias/control-tower-backup")["KeyId"], SEED)
        # A member of the organization can describe it by its ARN, but not by its ID.
        member = self.aws.assumed(X_PROD)
        member.ok("kms describe-key", key_id=primary["Arn"])
        member.refused("kms describe-key", "NotFoundException", key_id=SEED)

    def test_goes_to_another_region_and_becomes_primary_there(self):
        key = self.make(multi_region=True, description="first", tags=[{"TagKey": "a", "TagValue": "1"}])
        self.assertTrue(key.startswith("mrk-"))
        self.assertEqual(self.describe(key)["Description"], "first")
        self.aws.refused("kms describe-key", "NotFoundException", REPLICA, key_id=key)
        made = self.aws.ok("kms replicate-key", key_id=key, replica_region=REPLICA, description="second",
                           policy=policy(ORGANIZATION_STATEMENT), tags=[{"TagKey": "b", "TagValue": "2"}])
        self.assertEqual(made["ReplicaKeyMetadata"]["KeyState"], "Creating")
        self.sim.advance(minutes=2)
        replica = self.describe(key, REPLICA)
        self.assertEqual((replica["KeyState"], replica["Description"]), ("Enabled", "second"))
        self.assertEqual(replica["MultiRegionConfiguration"]["PrimaryKey"]["Region"], HOME)
        read = self.aws.ok("kms get-key-policy", REPLICA, key_id=key, policy_name="default")["Policy"]
        self.assertEqual(json.loads(read), json.loads(policy(ORGANIZATION_STATEMENT)))
        self.assertEqual(self.aws.ok("kms list-resource-tags", REPLICA, key_id=key)["Tags"],
                         [{"TagKey": "b", "TagValue": "2"}])
        self.aws.refused("kms replicate-key", "AlreadyExistsException", key_id=key, replica_region=REPLICA)
        self.aws.refused("kms replicate-key", "UnsupportedOperationException", REPLICA, key_id=key,
                         replica_region="us-east-1")
        self.aws.refused("kms update-primary-region", "NotFoundException", key_id=key, primary_region="us-west-2")
        self.aws.ok("kms update-primary-region", key_id=key, primary_region=REPLICA)
        self.sim.advance(minutes=5)
        for region in (HOME, REPLICA):
            configuration = self.describe(key, region)["MultiRegionConfiguration"]
            self.assertEqual(configuration["PrimaryKey"]["Region"], REPLICA)
            self.assertEqual([one["Region"] for one in configuration["ReplicaKeys"]], [HOME])

    def test_has_a_policy_that_is_its_own_in_each_region(self):
        key = self.make(multi_region=True)
        self.aws.ok("kms replicate-key", key_id=key, replica_region="us-east-1")
        self.sim.advance(minutes=2)
        self.assertEqual(self.aws.ok("kms list-key-policies", key_id=key)["PolicyNames"], ["default"])
        wanted = policy(ORGANIZATION_STATEMENT)
        self.aws.ok("kms put-key-policy", key_id=key, policy_name="default", policy=wanted)
        self.assertEqual(json.loads(self.aws.ok("kms get-key-policy", key_id=key)["Policy"]), json.loads(wanted))
        other = self.aws.ok("kms get-key-policy", "us-east-1", key_id=key)["Policy"]
        self.assertNotIn("aws:PrincipalOrgID", other)
        self.aws.refused("kms put-key-policy", "MalformedPolicyDocumentException", key_id=key, policy="{")
        self.aws.refused("kms put-key-policy", "MalformedPolicyDocumentException", key_id=key,
                         policy=json.dumps({"Version": "2012-10-17", "Statement": [ORGANIZATION_STATEMENT]}))

    def test_answers_to_its_aliases(self):
        one, two = self.make(), self.make()
        self.aws.ok("kms create-alias", alias_name="alias/mine", target_key_id=one)
        self.aws.refused("kms create-alias", "AlreadyExistsException", alias_name="alias/mine", target_key_id=two)
        self.assertEqual(self.describe("alias/mine")["KeyId"], one)
        self.aws.ok("kms update-alias", alias_name="alias/mine", target_key_id=two)
        listed = self.aws.ok("kms list-aliases", key_id=two)["Aliases"]
        self.assertEqual([alias["AliasName"] for alias in listed], ["alias/mine"])
        self.aws.ok("kms delete-alias", alias_name="alias/mine")
        self.aws.refused("kms describe-key", "NotFoundException", key_id="alias/mine")

    def test_rotates(self):
        key = self.make()
        self.assertFalse(self.aws.ok("kms get-key-rotation-status", key_id=key)["KeyRotationEnabled"])
        self.aws.ok("kms enable-key-rotation", key_id=key, rotation_period_in_days=100)
        status = self.aws.ok("kms get-key-rotation-status", key_id=key)
        self.assertEqual((status["KeyRotationEnabled"], status["RotationPeriodInDays"]), (True, 100))
        self.aws.ok("kms disable-key-rotation", key_id=key)
        self.assertFalse(self.aws.ok("kms get-key-rotation-status", key_id=key)["KeyRotationEnabled"])
        self.assertIn("Rotations", self.aws.ok("kms list-key-rotations", key_id=key))
        self.aws.refused("kms enable-key-rotation", "UnsupportedOperationException", REPLICA, key_id=SEED)

    def test_is_disabled_and_enabled_in_one_region_alone(self):
        self.aws.ok("kms disable-key", REPLICA, key_id=SEED)
        self.assertEqual(self.describe(SEED, REPLICA)["KeyState"], "Disabled")
        self.assertEqual(self.describe(SEED)["KeyState"], "Enabled")
        self.aws.ok("kms enable-key", REPLICA, key_id=SEED)
        self.assertEqual(self.describe(SEED, REPLICA)["KeyState"], "Enabled")

    def test_is_scheduled_for_deletion_and_saved(self):
        key = self.make()
        self.aws.refused("kms schedule-key-deletion", "ValidationException", key_id=key, pending_window_in_days=5)
        gone = self.aws.ok("kms schedule-key-deletion", key_id=key, pending_window_in_days=7)
        self.assertEqual(gone["KeyState"], "PendingDeletion")
        self.aws.refused("kms enable-key", "KMSInvalidStateException", key_id=key)
        self.aws.ok("kms cancel-key-deletion", key_id=key)
        self.assertEqual(self.describe(key)["KeyState"], "Disabled")
        self.aws.refused("kms cancel-key-deletion", "KMSInvalidStateException", key_id=key)
        self.aws.ok("kms schedule-key-deletion", key_id=key, pending_window_in_days=7)
        self.sim.advance(days=8)
        self.aws.refused("kms describe-key", "NotFoundException", key_id=key)

    def test_that_has_replicas_waits_for_their_end(self):
        key = self.make(multi_region=True)
        self.aws.ok("kms replicate-key", key_id=key, replica_region=REPLICA)
        self.sim.advance(minutes=2)
        self.assertEqual(self.aws.ok("kms schedule-key-deletion", key_id=key)["KeyState"], "PendingReplicaDeletion")
        self.aws.ok("kms schedule-key-deletion", REPLICA, key_id=key, pending_window_in_days=7)
        self.sim.advance(days=8)
        self.assertEqual(self.describe(key)["KeyState"], "PendingDeletion")

    def test_carries_tags(self):
        key = self.make()
        self.aws.ok("kms tag-resource", key_id=key, tags=[{"TagKey": "a", "TagValue": "1"},
                                                          {"TagKey": "b", "TagValue": "2"}])
        self.aws.ok("kms untag-resource", key_id=key, tag_keys=["a"])
        self.assertEqual(self.aws.ok("kms list-resource-tags", key_id=key)["Tags"],
                         [{"TagKey": "b", "TagValue": "2"}])


if __name__ == "__main__":
    unittest.main()
