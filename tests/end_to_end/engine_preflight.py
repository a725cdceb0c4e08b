"""The preflight: if a condition does not hold, nothing is sent, and one line names the problem."""
import unittest

import engine_guards
import engine_runs
from engine_runs import GOVERNED, Cloud, engine
from simulator import HOME, MANAGEMENT, unit

AWAY = GOVERNED[1]
RESET = {"controltower:ResetLandingZone": 1}
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def regions(**change):
    """Faults of the calls about Regions that only the preflight makes."""
    return {"faults": [{"match": {"operation": "account:ListRegions", "account": MANAGEMENT}, "set": change}]}


def limited(*statements):
    """A landing zone that needs a reset, and credentials with these statements in addition to all permissions."""
    world = engine_runs.damaged("zone drift")
    world["credentials"][0]["policy"] = {"Version": "2012-10-17", "Statement": [ALLOW, *statements]}
    return world


class Regions(engine_guards.Plans):
    scale = engine_runs.SIM_SCALE

    def test_a_governed_region_that_is_switched_off_stops_everything(self):
        self.begin(engine_runs.damaged("zone drift"),
                   regions(Regions=[{"RegionName": HOME, "RegionOptStatus": "ENABLED_BY_DEFAULT"},
                                    {"RegionName": AWAY, "RegionOptStatus": "DISABLED"}]))
        self.apply(2, f"nothing was changed: 1 problem must be solved first: {AWAY} is governed, but is not enabled in the "
                      "management account")

    def test_a_governed_region_that_the_account_does_not_have_stops_everything(self):
        self.begin(engine_runs.damaged("zone drift"),
                   regions(Regions=[{"RegionName": HOME, "RegionOptStatus": "ENABLED_BY_DEFAULT"}]))
        self.apply(2, f"{AWAY} is governed, but the management account has no such Region")

    def test_all_governed_regions_are_there(self):
        self.begin(engine_runs.damaged("zone drift"))
        self.apply(0, sent=RESET)


class Permissions(engine_guards.Plans):
    scale = engine_runs.SIM_SCALE

    def test_what_is_denied_is_told_before_the_first_change(self):
        self.begin(limited({"Effect": "Deny", "Action": "controltower:ResetLandingZone", "Resource": "*"}))
        self.apply(2, "step reset-landing-zone: ", "is not authorized to perform controltower:ResetLandingZone "
                      "(IAM's simulation: explicitDeny)")

    def test_what_nothing_allows_on_the_landing_zone_is_told(self):
        world = engine_runs.damaged("zone drift")
        world["credentials"][0]["policy"] = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "NotAction": "controltower:ResetLandingZone", "Resource": "*"},
            {"Effect": "Allow", "Action": "controltower:ResetLandingZone", "Resource": "arn:aws:controltower:*:*:landingzone/other"}]}
        self.begin(world)
        self.apply(2, "(IAM's simulation: implicitDeny)")

    def test_a_right_on_that_landing_zone_alone_is_enough(self):
        world = engine_runs.damaged("zone drift")
        world["credentials"][0]["policy"] = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "NotAction": "controltower:ResetLandingZone", "Resource": "*"},
            {"Effect": "Allow", "Action": "controltower:ResetLandingZone",
             "Resource": f"arn:aws:controltower:{HOME}:{MANAGEMENT}:landingzone/*",
             "Condition": {"StringEquals": {"aws:RequestedRegion": HOME}}}]}
        self.begin(world)
        self.apply(0, sent=RESET)

    def test_what_rests_on_something_that_the_question_cannot_say_is_not_judged(self):
        self.begin(limited({"Effect": "Deny", "Action": "controltower:ResetLandingZone", "Resource": "*",
                            "Condition": {"StringEquals": {"aws:PrincipalTag/frozen": "yes"}}}))
        self.apply(0, sent=RESET)

    def test_what_the_policy_of_a_key_may_grant_is_not_judged(self):
        world = engine_runs.damaged("rotation off")
        world["credentials"][0]["policy"] = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "NotAction": "kms:EnableKeyRotation", "Resource": "*"}]}
        self.begin(world)
        # The key policy decides about this action, and does not grant it.
        self.apply(5, "kms:EnableKeyRotation in ", "AccessDenied")

    def test_where_iam_lets_nobody_ask_the_change_goes_on(self):
        self.begin(limited({"Effect": "Deny", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}))
        self.apply(0, sent=RESET)


class Quotas(unittest.TestCase):
    def begin(self, world):
        cloud = self.enterContext(Cloud(world, f"preflight.{self._testMethodName}"))
        engine_runs.fresh(cloud)
        return cloud

    def enable(self, cloud, *flags, **config):
        return engine(cloud, "enable", *flags, config={**engine_runs.CONFIG, **config})

    def refused(self, cloud, *said, **config):
        done = self.enable(cloud, **config)
        self.assertEqual((done.code, cloud.effects()["total_writes"]), (2, 0), done.told())
        for words in said:
            self.assertIn(words, done.err)

    def test_accounts_beyond_the_limit_of_the_configuration_are_not_made(self):
        cloud = self.begin(engine_runs.bare())
        self.refused(cloud, "the plan creates 2 accounts in addition to 4: the organization's quota is 5 (limits.accounts)",
                     limits={"accounts": 5})
        done = self.enable(cloud, "--max-changes", "2", limits={"accounts": 6})
        self.assertEqual(done.code, 5, done.told())
        self.assertEqual(cloud.effects()["total_writes"], 2)

    def test_accounts_beyond_the_usual_quota_want_a_word_in_the_configuration(self):
        world = engine_runs.bare()
        world["organization"]["units"][1]["accounts"] = [
            {"id": f"33334444000{i}", "name": f"More {i}", "email": f"more{i}@example.com"} for i in range(5)]
        cloud = self.begin(world)
        self.refused(cloud, "the plan creates 2 accounts in addition to 9: the organization's quota is 10; if it was raised, "
                            "set limits.accounts")
        done = self.enable(cloud, "--max-changes", "2", limits={"accounts": 11})
        self.assertEqual(done.code, 5, done.told())

    def test_a_unit_without_room_for_policies_is_named(self):
        world = engine_runs.damaged("baseline gone")
        world["organization"]["policies"] += [
            {"id": f"p-full000{i}", "name": f"Full {i}", "type": "SERVICE_CONTROL_POLICY", "targets": [unit("workx001")],
             "content": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": f"gamelift:Get{i}", "Resource": "*"}]}}
            for i in range(8)]
        self.refused(self.begin(world), f"{unit('workx001')} has 10 service control policies attached: a baseline may exceed the limit")


if __name__ == "__main__":
    unittest.main()
