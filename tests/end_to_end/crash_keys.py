"""kill -9 at the boundaries of changes to a key that an earlier enable created: its deletion is scheduled, replicas before the
primary key; its alias moves to a new key; its deletion is canceled. Nothing else in the organization changes.
"""
import unittest

import crash_boundaries
import engine_runs
from engine_runs import ALIAS, GOVERNED, KEY
from simulator import HOME, MANAGEMENT

AWAY = GOVERNED[1]


def kept():
    """A landing zone without backup, and the key that a teardown kept."""
    key, = engine_runs.healthy()["kms"]["keys"]
    return {**engine_runs.bare(), "resources": [], "kms": {"keys": [{**key, "tags": {"towerkeep": "backup-key"}}]}}


def leaving():
    """The same with its deletion scheduled far enough in the future, because simulated time is fast."""
    world = kept()
    world["changes"] = [{"call": "kms:ScheduleKeyDeletion", "account": MANAGEMENT, "region": region,
                          "input": {"KeyId": KEY, "PendingWindowInDays": 30}} for region in (AWAY, HOME)]
    return world


def keys(cloud):
    """{Region: {key ID: state}}, {Region: key ID of the alias}"""
    parts = {region: cloud.state()[f"kms/{MANAGEMENT}/{region}"] for region in GOVERNED}
    return ({region: {name: key.get("state", "Enabled") for name, key in part["keys"].items() if name.startswith("mrk-")}
             for region, part in parts.items()},
            {region: part["aliases"].get(ALIAS, {}).get("TargetKeyId") for region, part in parts.items()})


class Keys(crash_boundaries.Crashes):
    least, slack, repeated = 6, 2, (2,)

    def test_the_uninterrupted_run_did_it(self):
        self.assertEqual({name: count for name, count in self.effects["writes"].items() if name in self.wanted}, self.wanted)


class Delete(Keys, unittest.TestCase):
    command, flags, world = "teardown", ("--delete-key",), staticmethod(kept)
    wanted = {"kms:ScheduleKeyDeletion": 2}

    def look(self, cloud):
        states, _ = keys(cloud)
        engine_runs.expect(states[HOME][KEY] == "Enabled" or states[AWAY][KEY] != "Enabled", f"the primary went first: {states}")


class MoveAlias(Keys, unittest.TestCase):
    command, flags, world = "enable", ("--only", "2"), staticmethod(leaving)
    wanted = {"kms:CreateKey": 1, "kms:ReplicateKey": 1, "kms:UpdateAlias": 2}

    def look(self, cloud):
        states, aliases = keys(cloud)
        for region in GOVERNED:
            engine_runs.expect(aliases[region] in states[region], f"the alias in {region} names no key: {aliases} {states}")
            engine_runs.expect(len(states[region]) <= 2, f"more keys than one new one: {states}")


class Recall(Keys, unittest.TestCase):
    command, flags, world = "enable", ("--only", "2"), staticmethod(leaving)
    config = {**engine_runs.CONFIG, "key": {"cancel_deletion": True}}
    wanted = {"kms:CancelKeyDeletion": 2, "kms:EnableKey": 2}

    def look(self, cloud):
        states, _ = keys(cloud)
        engine_runs.expect(all(set(each) == {KEY} for each in states.values()), f"another key was made: {states}")


if __name__ == "__main__":
    unittest.main()
