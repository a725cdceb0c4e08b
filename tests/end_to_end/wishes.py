"""Names in the configuration that fit nothing fail, and Regions that are not governed: whatever else a wish removes is told."""
import unittest

import scans
import simulator

# Sandbox has lost its BackupBaseline; the wish to protect it decides whether that fails.
WORLD = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "baselines": [
    {"baseline": "AWSControlTowerBaseline", "version": "5.0", "target": unit, "status": "SUCCEEDED"}
    for unit in ("ou-ab12-work0001", "ou-ab12-workx001", "ou-ab12-worky001", "ou-ab12-sand0001")]}


class NamesThatFitNothing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(scans.Simulator(WORLD, name="wishes"))

    def scan(self, wish):
        config = simulator.SCRATCH / "wish.yaml"
        config.write_text(wish + "\n", encoding="utf-8")
        return scans.scan(self.sim, "--no-ungoverned", "--config-file", config, "-c", "BL-02", "-c", "ORG-12", "-c", "LZ-17")

    def told(self, wish):
        done = self.scan(wish)
        return {f["check_id"]: (f["status"], f["observed"]) for f in done.findings if f["check_id"] != "BL-02"}

    def test_a_name_that_fits_is_no_finding(self):
        for wish in ("ous: {protect: [Workloads]}", "ous: {protect: [Workloads/*], exempt: [Sandbox]}", "accounts_exempt: ['Example *']",
                     "ous: {protect: [ou-ab12-sand0001]}"):
            self.assertEqual(self.told(wish)["ORG-12"][0], "PASS", wish)

    def test_one_that_fits_nothing_fails_with_the_nearest(self):
        for wish, said in (("ous: {protect: [Worklods]}", "ous.protect: Worklods (did you mean Workloads?)"),
                           ("ous: {protect: [workloads]}", "ous.protect: workloads (did you mean Workloads?)"),
                           ("ous: {protect: [ou-ab12-work0009]}", "ous.protect: ou-ab12-work0009"),
                           ("ous: {exempt: [Sandboxes]}", "ous.exempt: Sandboxes (did you mean Sandbox?)"),
                           ("accounts_exempt: ['222233339999']", "accounts_exempt: 222233339999"),
                           ("delegated_administrators: ['222233339999']", "delegated_administrators: 222233339999")):
            done = self.scan(wish)
            self.assertEqual(done.code, 3, wish)
            (found,) = (f for f in done.findings if f["check_id"] == "ORG-12")
            self.assertEqual(found["status"], "FAIL", wish)
            self.assertIn(said, found["observed"])

    def test_a_region_that_is_not_governed_fails(self):
        self.assertEqual(self.told("governed_regions: [eu-central-1, eu-south-1]")["LZ-17"][0], "FAIL")
        self.assertEqual(self.told("governed_regions: [eu-central-1]")["LZ-17"][0], "PASS")

    def test_no_wish_is_no_check(self):
        self.assertEqual({status for status, _ in self.told("{}").values()}, {"NOT_APPLICABLE"})

    def test_a_rule_that_does_not_exist_cannot_be_disabled(self):
        done = self.scan("rules: {disable: [BL-99]}")
        self.assertEqual(done.code, 2)
        self.assertIn("BL-99", done.err)


if __name__ == "__main__":
    unittest.main()
