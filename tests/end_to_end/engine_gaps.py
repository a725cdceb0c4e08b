"""Changes after a scan with collection errors: if calls in the management account were refused, changes to Control Tower and to
the keys are deferred with the reason; all other changes are made; a second run repeats nothing.
"""
import copy
import unittest

import engine_runs
import simulator
from engine_runs import Cloud, engine
from simulator import CENTRAL, HOME, MANAGEMENT, X_PROD

AWAY = engine_runs.GOVERNED[1]
KEYS_AND_TOWER = ("kms:", "controltower:")


def off(operation, nth=1, account=MANAGEMENT):
    return {"faults": [{"match": {"operation": operation, "nth": nth}, "disable_region": {"region": AWAY, "account": account}}]}


class Gaps(engine_runs.CloudTest):
    def held(self, done):
        """{step: what it waits for}"""
        return {change["id"]: change["message"] for change in done.report["changes"] if change["state"] == "held back"}

    def assert_waits(self, done, *ids):
        held = self.held(done)
        self.assertEqual(set(held), set(ids), done.told())
        for message in held.values():
            # The operation, account and Region that the step waits for.
            self.assertRegex(message, rf"^waits for [a-z0-9]+:\w+ in {MANAGEMENT}/{AWAY}: region-unavailable")
            self.assertIn(message.partition(": region")[0].removeprefix("waits for "), " ".join(done.out.split()))

    def test_a_region_switched_off_while_a_fix_looks_holds_control_tower_and_keys_and_nothing_else(self):
        world = engine_runs.damaged("zone drift", "rotation off", "no delegated administrator", "member opt-in")
        cloud = self.begin(world, off("kms:*"))
        first = self.run_(cloud, "fix", code=4)
        self.assertEqual(first.sent, {"backup:UpdateRegionSettings": 1})
        # The administrator is registered after the landing zone, which can register it too.
        held = ("reset-landing-zone", f"enable-key-rotation/{HOME}", "register-delegated-administrator")
        self.assert_waits(first, *held)
        second = self.run_(cloud, "fix", code=4)
        self.assertEqual(second.sent, {})
        self.assert_waits(second, *held)
        self.assertIn("Nothing can be done now.", second.out)

    def test_what_was_held_back_is_done_once_the_region_answers_again(self):
        refused = {"code": "UnrecognizedClientException", "status": 400, "message": "The security token is invalid."}
        faults = {"faults": [{"match": {"operation": "kms:*", "account": MANAGEMENT, "region": AWAY, "last": 2}, "error": refused}]}
        cloud = self.begin(engine_runs.damaged("zone drift"), faults)
        first = self.run_(cloud, "fix", code=4)
        self.assertEqual(first.sent, {})
        self.assert_waits(first, "reset-landing-zone")
        for _ in range(4):
            last = engine(cloud, "fix")
            if last.code != 4:
                break
        self.assertEqual(last.code, 0, last.told())
        self.assertEqual(cloud.effects()["writes"], {"controltower:ResetLandingZone": 1})

    def test_credentials_that_the_home_region_refuses_too_stop_the_scan_and_name_the_place(self):
        refused = {"error": {"code": "UnrecognizedClientException", "status": 400, "message": "The security token is invalid."}}
        faults = [{"match": {"operation": "backup:*", "account": MANAGEMENT, "region": AWAY}, **refused},
                  {"match": {"operation": "sts:GetCallerIdentity", "account": MANAGEMENT, "first": 3}, **refused}]
        cloud = self.begin(engine_runs.damaged("zone drift"), {"faults": faults})
        done = self.run_(cloud, "fix", code=4)
        self.assertEqual(done.sent, {})
        self.assertRegex(done.err, rf"towerkeep: backup:\w+ in {MANAGEMENT} {AWAY}: UnrecognizedClientException")
        self.assertIn("--resume", done.err)

    def test_a_region_switched_off_while_enable_works_stops_what_rests_on_it_and_is_not_tried_again(self):
        cloud = self.begin(engine_runs.bare(), off("kms:ReplicateKey"))
        first = self.run_(cloud, "enable", code=5)
        self.assertIn(AWAY, first.err)
        self.assertNotIn("controltower:UpdateLandingZone", first.sent)
        second = self.run_(cloud, "enable", code=4)
        self.assertEqual([name for name in second.sent if name.startswith(KEYS_AND_TOWER)], [])
        held = self.held(second)
        self.assertIn("enable-landing-zone-backup", held, second.told())
        self.assertTrue(all(AWAY in message for message in held.values()), held)
        third = self.run_(cloud, "enable", code=4)
        self.assertEqual((third.sent, self.held(third)), ({}, held))
        self.assertEqual(engine_runs.repeated(cloud.effects()), [])

    def test_a_region_switched_off_while_a_fix_works_is_a_gap_of_its_last_scan(self):
        cloud = self.begin(engine_runs.damaged("replica off", "management opt-in"), off("kms:EnableKey"))
        first = self.run_(cloud, "fix", code=5)
        self.assertRegex(first.err, rf"kms:EnableKey in {MANAGEMENT} {AWAY}")
        gaps = {(gap["account_id"], gap["region"]) for gap in first.report["gaps"]}
        self.assertEqual(gaps, {(MANAGEMENT, AWAY)})
        second = self.run_(cloud, "fix", code=4)
        self.assertEqual(second.sent, {})

    def test_a_member_that_lets_nobody_in_holds_back_only_what_is_done_there(self):
        world = engine_runs.damaged("zone drift", "member opt-in", "vault policy")
        world = copy.deepcopy(world)
        unit = world["organization"]["units"][1]["units"][0]
        unit["accounts"][0]["roles"] = []
        world["changes"] = [change for change in world["changes"] if change.get("account") != X_PROD or "set" in change]
        cloud = self.begin(world)
        first = self.run_(cloud, "fix", code=4)
        self.assertEqual(first.sent, {"controltower:ResetLandingZone": 1})
        self.assertEqual(self.held(first), {})
        second = self.run_(cloud, "fix", code=4)
        self.assertEqual(second.sent, {})

    def test_a_teardown_takes_nothing_down_that_it_cannot_see_whole(self):
        cloud = self.begin(engine_runs.healthy(), off("kms:*"))
        done = self.run_(cloud, "teardown", "--delete-key", code=4)
        self.assertEqual(done.sent, {})
        self.assertIn("disable-landing-zone-backup", self.held(done))
        self.assertTrue(any(step.startswith("disable-baseline/") for step in self.held(done)))

    def test_a_question_denied_in_the_central_account_holds_back_its_vault_policy(self):
        denied = {"code": "AccessDeniedException", "status": 403, "message": "not authorized"}
        faults = {"faults": [{"match": {"operation": "backup:GetBackupVaultAccessPolicy", "account": CENTRAL, "region": AWAY},
                              "error": denied}]}
        cloud = self.begin(engine_runs.damaged("vault policy"), faults)
        done = self.run_(cloud, "fix", code=4)
        self.assertEqual(done.sent, {"backup:PutBackupVaultAccessPolicy": 1})
        self.assertEqual([c["region"] for c in done.report["changes"] if c["operation"].startswith("backup:")], [HOME])


if __name__ == "__main__":
    unittest.main()
