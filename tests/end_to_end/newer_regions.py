"""A Region that is newer than the program: accepted where the organization names it, refused with the nearest name where it does not."""
import subprocess
import unittest

import scans
import simulator
from simulator import ADMIN, AUDIT, CENTRAL, HOME, LOGS, MANAGEMENT, REGIONS, X_PROD

NEW = "eu-north-9"


def run(*words):
    return subprocess.run([str(scans.SCANNER), *map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env=scans.environment(), timeout=scans.SCAN_SECONDS)


VOLUME = {"account": X_PROD, "region": NEW, "type": "ebs", "name": "new-data", "tags": {"aws-control-tower-backupdaily": "true"}}


def world():
    """seed-healthy, whose landing zone also governs the new Region, with a volume there."""
    logging = {"loggingBucket": {"retentionDays": 365}, "accessLoggingBucket": {"retentionDays": 3650}}
    key = f"arn:aws:kms:{HOME}:{MANAGEMENT}:key/mrk-0123456789abcdef0123456789abcdef"
    backup = {"centralBackup": {"accountId": CENTRAL}, "backupAdmin": {"accountId": ADMIN}, "kmsKeyArn": key}
    manifest = {"governedRegions": [*REGIONS, NEW], "accessManagement": {"enabled": True},
                "centralizedLogging": {"enabled": True, "accountId": LOGS, "configurations": logging},
                "config": {"enabled": True, "accountId": AUDIT, "configurations": logging},
                "securityRoles": {"enabled": True, "accountId": AUDIT}, "backup": {"enabled": True, "configurations": backup}}
    return {"base": f"{simulator.WORLDS}/seed-healthy.yaml", "regions": {"opted_in": [NEW]}, "resources": [VOLUME],
            "landing_zone": {"version": "4.0", "status": "ACTIVE", "drift": "IN_SYNC", "remediation_types": ["INHERITANCE_DRIFT"],
                             "manifest": manifest}}


class NewerRegion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(scans.Simulator(world(), name="newer-regions"))
        cls.whole = scans.scan(cls.sim)

    def refused(self, done, message):
        code, out, err = (done.code, done.out, done.err) if isinstance(done, scans.Scan) else (done.returncode, done.stdout, done.stderr)
        self.assertEqual((code, out, len(err.splitlines())), (2, "", 1), err)
        self.assertIn(message, err)

    def test_a_scan_reads_it_like_every_governed_region(self):
        self.assertIn(self.whole.code, (0, 3), self.whole.err)
        self.assertIn(NEW, {f["region"] for f in self.whole.findings})

    def test_what_aws_backup_copies_there_is_for_a_person_to_say(self):
        found = next(f for f in self.whole.findings if f["check_id"] == "TAG-07" and f["region"] == NEW)
        self.assertEqual(found["status"], "MANUAL", found)
        as_of = self.whole.report["run"]["support_as_of"]
        self.assertRegex(as_of, "^20[0-9]{2}-[01][0-9]-[0-3][0-9]$")
        self.assertIn(f"as of {as_of}", found["expected"])
        self.assertIn("backup_support", found["detail"])
        self.assertEqual([gap for gap in self.whole.report["gaps"] if gap["region"] == NEW], [])
        config = scans.directory("newer-regions-support").with_suffix(".yaml")
        config.write_text(f"backup_support: {{as_of: '2027-01-31', regions: [{NEW}]}}\n", encoding="utf-8")
        said = scans.scan(self.sim, "-C", config, "-f", NEW, "--no-ungoverned")
        found = next(f for f in said.findings if f["check_id"] == "TAG-07" and f["region"] == NEW)
        self.assertEqual((found["status"], said.report["run"]["support_as_of"]), ("PASS", "2027-01-31"), found)

    def test_a_governed_region_can_be_named(self):
        done = scans.scan(self.sim, "-f", NEW, "--no-ungoverned")
        self.assertIn(done.code, (0, 3), done.err)
        self.assertEqual({f["region"] for f in done.findings if f["check_id"] == "VLT-02"}, {NEW})
        done = scans.scan(self.sim, "--excluded-region", NEW, "--no-ungoverned")
        self.assertIn(done.code, (0, 3), done.err)
        self.assertNotIn(NEW, {f["region"] for f in done.findings if f["check_id"] == "VLT-02"})

    def test_a_region_that_no_account_has_is_refused(self):
        self.refused(scans.scan(self.sim, "-f", f"{HOME},eu-north-8"),
                     '--region: no account of the organization has a Region "eu-north-8"; did you mean "eu-north-')
        self.refused(scans.scan(self.sim, "--excluded-region", "eu-north-8"), '--excluded-region: no account')
        self.refused(scans.scan(self.sim, "-f", "cn-north-1"), "--region: no account of the organization has")

    def test_a_misspelled_region_is_refused_before_the_first_call(self):
        self.refused(run("scan", "-f", f"{HOME},eu-wset-1"), 'did you mean "eu-west-1"?')

    def test_a_plan_knows_the_regions_of_its_run(self):
        self.assertEqual(run("plan", self.whole.directory, "-f", NEW).returncode, 0)
        self.refused(run("plan", self.whole.directory, "-f", "eu-north-8"), '--region: no account of the organization has')

    def test_a_home_region_is_accepted_with_a_warning(self):
        done = scans.scan(self.sim, "--home-region", NEW)
        self.assertEqual(done.code, 2, done.err)
        self.assertIn("--home-region: this version does not know Region eu-north-9: did you mean eu-north-1?", done.err)
        self.assertIn("no AWS Control Tower landing zone was found in eu-north-9", done.err)


class AtHomeInANewRegion(unittest.TestCase):
    """A landing zone at home in one of the newest Regions, which the account had to enable, is found without being told."""

    def test_the_landing_zone_is_found(self):
        healthy = (simulator.WORLDS / "seed-healthy.yaml").read_text(encoding="utf-8")
        for region in ("ap-east-2", "ap-southeast-6", "ap-southeast-7"):
            with self.subTest(region):
                path = simulator.SCRATCH / f"home-{region}.yaml"
                path.write_text(healthy.replace(HOME, region) + f"regions: {{opted_in: [{region}]}}\n", encoding="utf-8")
                with scans.Simulator(str(path), name=f"home-{region}") as sim:
                    # Neither the profile nor the environment names a Region: the search begins in us-east-1.
                    environment = scans.environment(sim, AWS_REGION=None, AWS_DEFAULT_REGION=None)
                    done = scans.scan(sim, env=environment)
                    asked = {place.split()[2] for place in scans.calls(sim) if place.startswith("controltower:ListLandingZones ")}
                    read = {place.split()[2] for place in scans.calls(sim) if place.startswith("controltower:GetLandingZone ")}
                self.assertIn(done.code, (0, 3), done.err)
                self.assertEqual((done.report["run"]["home_region"], done.report["gaps"]), (region, []), done.err)
                self.assertEqual(done.failing(), set())
                self.assertGreater(len(asked), 30)
                self.assertEqual(read, {region})


if __name__ == "__main__":
    unittest.main()
