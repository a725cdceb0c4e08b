"""Invalid input gives one clear line on standard error, the documented exit status, and no partial output."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import scans
import simulator
from simulator import HOME, MANAGEMENT, X_PROD

CONFIG = """\
# two good lines
resource_types: [EBS, EC2]
ous: {protect: [Workloads], protekt: []}
"""
RULE = (simulator.TREE / "rules" / "KMS-11.yaml").read_text(encoding="utf-8")
PROFILES = """\
[profile management]
aws_access_key_id = AKIAMGMT00000000DEMO
aws_secret_access_key = demo-secret-management
region = eu-central-1
[profile managing]
region = eu-central-1
"""
OTHER_ACCOUNT = {"access_key_id": "AKIAMEMBER0000000000", "secret": "demo-secret-member", "account": X_PROD, "user": "auditor"}


class BadInput(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="towerkeep-")))
        self.out = self.folder / "run"

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def run_scan(self, *flags, env=None, to=None, **options):
        return scans.scan(self.sim, *flags, to=to or self.out, env=env or scans.environment(self.sim), **options)

    def says(self, done, code, *words):
        """Requires that exit status and one line that contains all these words."""
        self.assertEqual((done.code, len(done.err.splitlines())), (code, 1), done.err)
        self.assertTrue(done.err.startswith("towerkeep: "), done.err)
        for word in words:
            self.assertRegex(done.err, word)
        self.assertEqual(done.out, "")

    def nothing_left(self):
        self.assertFalse(self.out.exists(), sorted(self.out.iterdir()) if self.out.exists() else "")

    def refused(self, code, words, *flags, **options):
        self.says(self.run_scan(*flags, **options), code, *([words] if isinstance(words, str) else words))
        self.nothing_left()


class Healthy(BadInput):
    """With a simulator that works."""

    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(scans.Simulator("seed-healthy", name="bad-input"))

    def environment(self, **extra):
        return scans.environment(self.sim, **extra)

    def test_missing_credentials(self):
        self.refused(2, ["no credentials", "AWS_ACCESS_KEY_ID", r"\.aws/credentials"], env=self.environment(
            AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_CONFIG_FILE=None, AWS_SHARED_CREDENTIALS_FILE=None))

    def test_half_of_the_credentials(self):
        self.refused(2, "AWS_SECRET_ACCESS_KEY", env=self.environment(AWS_SECRET_ACCESS_KEY=None))

    def test_wrong_secret(self):
        self.refused(2, ["GetCallerIdentity", "Signature"], env=self.environment(AWS_SECRET_ACCESS_KEY="not-it"))

    def test_unknown_access_key(self):
        self.refused(2, ["GetCallerIdentity", "InvalidClientTokenId|UnrecognizedClient"],
                     env=self.environment(AWS_ACCESS_KEY_ID="AKIANOBODY0000000000"))

    def test_unknown_profile_names_the_nearest(self):
        env = self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
                               AWS_CONFIG_FILE=str(self.file("config", PROFILES)))
        self.refused(2, ["no profile \"manegement\"", "did you mean \"management\""], "-p", "manegement", env=env)

    def test_a_profile_without_keys(self):
        env = self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
                               AWS_CONFIG_FILE=str(self.file("config", PROFILES)))
        self.refused(2, "managing", "-p", "managing", env=env)

    def test_a_profile_file_broken_at_a_line(self):
        env = self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_PROFILE="management",
                               AWS_CONFIG_FILE=str(self.file("config", PROFILES.replace("[profile managing]", "[profile managing"))))
        self.refused(2, r"config:5\b", env=env)

    def test_unreachable_endpoint(self):
        self.refused(4, ["127.0.0.1:1", "connect"], "--endpoint-url", "http://127.0.0.1:1")

    def test_endpoint_that_is_no_url_or_plain_http_elsewhere(self):
        self.refused(2, ["htp://127.0.0.1", "http"], "--endpoint-url", "htp://127.0.0.1")
        self.refused(2, ["http://192.0.2.1", "loopback"], "--endpoint-url", "http://192.0.2.1")

    def test_broken_configuration_names_file_line_and_member(self):
        path = self.file("towerkeep.yaml", CONFIG)
        self.refused(2, [re.escape(f"{path}:3"), "protekt", "protect"], "--config-file", path)

    def test_configuration_that_is_no_yaml(self):
        path = self.file("towerkeep.yaml", "ous:\n  protect: [a\nroles: ]\n")
        self.refused(2, re.escape(str(path)) + r":[234]\b", "--config-file", path)

    def test_configuration_of_the_wrong_type_and_one_that_is_not_there(self):
        path = self.file("towerkeep.yaml", "limits:\n  max_workers: many\n")
        self.refused(2, [re.escape(f"{path}:2"), "max_workers"], "--config-file", path)
        self.refused(2, "nowhere.yaml", "--config-file", self.folder / "nowhere.yaml")

    def test_broken_rule_names_file_line_and_what_was_expected(self):
        for old, new, words in (("severity: medium", "severity: mediun", ["mediun", "medium"]),
                                ("scope: key", "scope: kye", ["kye"]),
                                ("equals: true}", "eqals: true}", ["eqals", "equals"]),
                                ("title:", "titel:", ["titel"])):
            with self.subTest(new):
                rules = self.folder / "rules"
                shutil.rmtree(rules, ignore_errors=True)
                rules.mkdir()
                broken = RULE.replace(old, new, 1)
                self.assertNotEqual(broken, RULE)
                (rules / "KMS-11.yaml").write_text(broken, encoding="utf-8")
                changed = next(n for n, (a, b) in enumerate(zip(RULE.splitlines(), broken.splitlines()), 1) if a != b)
                self.refused(2, [rf"KMS-11\.yaml:{changed}\b", *words], "--rules", rules)

    def test_a_rule_directory_that_is_not_there(self):
        self.refused(2, "no-rules", "--rules", self.folder / "no-rules")

    def test_unknown_flag_format_check_and_value_suggest_what_was_meant(self):
        for words, flags in ((["--profle", "--profile"], ["--profle", "x"]),
                             (["--output-fromats", "--output-formats"], ["--output-fromats=json"]),
                             (["-Y"], ["-Y"]),
                             (["--profile", "needs a value"], ["--profile"]),
                             (["--no-color", "takes no value"], ["--no-color=yes"]),
                             (["unexpected argument", "now"], ["now"]),
                             (["KMS-1O", "KMS-10"], ["-c", "KMS-1O"]),
                             (["--fail-on", "hihg"], ["--fail-on", "hihg"]),
                             (["--max-workers", "0"], ["--max-workers", "0"]),
                             (["--accounts", "12 digits"], ["--accounts", "1234"]),
                             (["--region", "eu-central"], ["-f", "eu central"]),
                             (["--home-region", "Mars"], ["--home-region", "Mars"]),
                             (["--output-filename", "a/b"], ["-F", "a/b"])):
            with self.subTest(flags=flags):
                self.refused(2, [re.escape(w) if w != "--output-filename" else "output filename|--output-filename"
                                 for w in words], *flags)
        self.refused(2, ["jsom", "json"], formats="jsom")

    def test_the_environment_is_held_to_the_same_values(self):
        self.refused(2, ["TOWERKEEP_FAIL_ON", "hihg"], env=self.environment(TOWERKEEP_FAIL_ON="hihg"))

    def test_unknown_command_and_unknown_rule_suggest_what_was_meant(self):
        for words, command in (("did you mean \"scan\"", ["scam"]), ("did you mean \"rules show\"", ["rules", "shw"]),
                               ("KMS-04", ["rules", "show", "KMS-4"])):
            done = subprocess.run([scans.SCANNER, *command], env=self.environment(), capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
            self.assertIn(words, done.stderr)

    def test_an_account_or_unit_that_is_not_there(self):
        self.refused(2, ["--ou", "Wrokloads"], "--ou", "Wrokloads")
        self.refused(2, ["--accounts", "999900001111"], "--accounts", "999900001111")

    def test_resuming_what_is_not_there(self):
        self.refused(2, "no interrupted run", "--resume", self.out)

    def test_an_output_directory_that_cannot_be_written(self):
        blocked = self.file("file", "")
        self.says(self.run_scan(to=blocked), 2, re.escape(str(blocked)))
        self.says(self.run_scan(to=blocked / "run"), 2, re.escape(str(blocked)))
        self.assertEqual(blocked.read_text(), "")
        if os.geteuid() != 0:
            locked = self.folder / "locked"
            locked.mkdir(mode=0o500)
            self.says(self.run_scan(to=locked), 2, "locked")
        self.says(self.run_scan(to=pathlib.Path("/proc/towerkeep")), 2, "/proc/towerkeep")

    def limited(self, blocks, *flags, **options):
        """A scan whose files are limited to this many KiB."""
        quoted = " ".join(f"'{a}'" for a in [scans.SCANNER, "scan", "--unpaced", "-M", "json", "-o", self.out, *flags])
        done = subprocess.run(["bash", "-c", f"trap '' XFSZ; ulimit -f {blocks}; exec {quoted}"], env=self.environment(),
                              capture_output=True, text=True, check=False, **options)
        return scans.Scan(self.out, done.returncode, done.stdout, done.stderr)

    def test_a_disk_that_fills_up_leaves_the_old_report_alone(self):
        first = self.run_scan("--no-ungoverned")
        self.assertEqual(first.code, 0, first.err)
        before = {path.name: path.read_bytes() for path in self.out.iterdir()}
        sizes = [first.directory.joinpath(name).stat().st_size // 1024 for name in ("run.db", "report.json")]
        # At the start; in the middle; where the database fits and the report does not.
        for blocks in (16, sizes[0] // 2, (sizes[0] + sizes[1]) // 2):
            with self.subTest(blocks=blocks):
                done = self.limited(blocks, "--no-ungoverned")
                self.assertEqual(done.code, 1, (done.err, sizes))
                self.assertEqual(len(done.err.splitlines()), 1, done.err)
                self.assertRegex(done.err, "full|too large|write|disk|I/O")
                kept = {path.name: path.read_bytes() for path in self.out.iterdir()}
                resumable = {name: kept.pop(name) for name in list(kept) if name.startswith("run.partial.db")}
                self.assertEqual(kept, before)
                self.assertTrue(not resumable or "--resume" in done.err, done.err)
                for name in resumable:
                    (self.out / name).unlink()

    def test_a_report_that_cannot_be_written_leaves_the_others_as_they_were(self):
        self.assertEqual(self.run_scan("--no-ungoverned").code, 0)
        before = {path.name: path.read_bytes() for path in self.out.iterdir()}
        (self.out / "report.xlsx").mkdir()
        done = self.run_scan("--no-ungoverned", formats="json,xlsx")
        self.says(done, 1, r"report\.xlsx", "--resume")
        kept = {path.name: path.read_bytes() for path in self.out.iterdir() if path.is_file()}
        self.assertIsNotNone(kept.pop("run.partial.db", None))
        self.assertEqual(kept, before)
        (self.out / "report.xlsx").rmdir()
        again = self.run_scan("--resume", self.out, formats="json,xlsx")
        self.assertEqual((again.code, again.err), (0, ""))
        self.assertEqual(again.files(), ["SHA256SUMS", "report.json", "report.xlsx", "run.db"])

    def test_a_full_file_system(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", disk], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("only root may mount")
        try:
            done = self.run_scan("--no-ungoverned", to=disk / "run")
            self.assertEqual((done.code, len(done.err.splitlines())), (1, 1), done.err)
            self.assertRegex(done.err, "full|No space")
            left = [p.name for p in (disk / "run").iterdir() if p.name != ".lock"] if (disk / "run").exists() else []
            self.assertTrue(all(name.startswith("run.partial.db") for name in left), left)
        finally:
            subprocess.run(["umount", disk], check=True)


class OddAws(BadInput):
    """With a simulator that does not work."""

    def against(self, world, code, words, faults=None, flags=(), **environment):
        with scans.Simulator(world, name=f"bad-{self._testMethodName[5:40]}", faults=faults) as self.sim:
            self.refused(code, words, *flags, env=scans.environment(self.sim, **environment))

    def first(self, operation, **what):
        return {"faults": [{"match": {"operation": operation}, **what}]}

    def test_not_the_management_account(self):
        world = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "credentials": [OTHER_ACCOUNT]}
        self.against(world, 2, [X_PROD, MANAGEMENT, "management account"], AWS_ACCESS_KEY_ID=OTHER_ACCOUNT["access_key_id"],
                     AWS_SECRET_ACCESS_KEY=OTHER_ACCOUNT["secret"])

    def test_no_landing_zone(self):
        none = {"service": "controltower", "account": "management", "region": "home", "path": "landing_zone", "value": None}
        self.against({"base": str(simulator.WORLDS / "bare.yaml"), "changes": [{"set": none}]}, 2,
                     ["no AWS Control Tower landing zone"])

    def test_html_where_xml_and_json_were_expected(self):
        page = "<!DOCTYPE html><html><body>Sign in to the hotel network</body></html>"
        self.against("seed-healthy", 4, ["sts:GetCallerIdentity", HOME, "malformed|not AWS"],
                     self.first("sts:GetCallerIdentity", garbage=page))

    def test_html_where_json_was_expected(self):
        self.against("seed-healthy", 4, ["DescribeOrganization", "malformed|not AWS"],
                     self.first("organizations:DescribeOrganization", garbage="<html>Hello</html>"))

    def test_truncated_json(self):
        self.against("seed-healthy", 4, ["ListLandingZones|GetLandingZone", "malformed|not AWS"],
                     self.first("controltower:*", garbage='{"landingZones": [{"arn": "arn:aws:con'))

    def test_an_answer_cut_off_in_the_middle(self):
        self.against("seed-healthy", 4, ["DescribeOrganization"], self.first("organizations:DescribeOrganization", truncate=20))

    def test_a_hundred_megabytes(self):
        self.against("seed-healthy", 4, ["DescribeOrganization", "larger than"],
                     self.first("organizations:DescribeOrganization", oversize=100_000_000))

    def test_a_refusal_of_everything(self):
        self.against("seed-healthy", 4, ["AccessDenied"],
                     self.first("organizations:DescribeOrganization",
                                error={"code": "AccessDeniedException", "message": "You don't have permissions"}))

    def test_hostile_words_reach_the_terminal_made_printable(self):
        evil = "no\x1b[31m\r\nroot: owned\u202e"
        self.against("seed-healthy", 4, ["AccessDenied", r"no(?!\x1b)"],
                     self.first("organizations:DescribeOrganization", error={"code": "AccessDeniedException", "message": evil}))


class BadWorlds(unittest.TestCase):
    """The input of the simulator."""

    def refused(self, text, *words, name="world.yaml", flags=()):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.write_text(text, encoding="utf-8")
            given = flags or ["--world"]
            done = subprocess.run([simulator.BUILD / "towerkeep-sim", *given, path], capture_output=True, text=True,
                                  check=False, timeout=30)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.assertIn(str(path), done.stderr)
        for word in words:
            self.assertRegex(done.stderr, word)

    def test_a_world_broken_at_a_line(self):
        healthy = (simulator.WORLDS / "seed-healthy.yaml").read_text(encoding="utf-8")
        self.refused(healthy.replace("home_region:", "home_regoin:"), r"world\.yaml:4\b", "home_regoin")
        self.refused("home_region: [eu-central-1\norganization: }\n", r"world\.yaml:[12]\b")
        self.refused("- a\n- b\n", "a map")
        self.refused(f"base: {simulator.WORLDS}/seed-healthy.yaml\nchanges:\n  - {{call: \"kms:DisableKye\"}}\n",
                     r"world\.yaml:3\b", "DisableKye")
        self.refused(f"base: {simulator.WORLDS}/seed-healthy.yaml\nchanges:\n"
                     "  - {call: \"kms:DisableKey\", input: {KeyId: mrk-00000000000000000000000000000000}}\n",
                     r"world\.yaml:3\b", "NotFoundException")

    def test_a_fault_file_broken_at_a_line(self):
        world = ["--world", simulator.WORLDS / "seed-healthy.yaml", "--faults"]
        self.refused("faults:\n  - match: {operation: \"kms:*\"}\n    htp: {status: 503}\n", r"faults\.yaml:[23]\b", "htp",
                     name="faults.yaml", flags=world)


def tearDownModule():
    scans.judge_recordings(broken=[sim.name for sim in scans.Simulator.started if sim.name != "bad-input"],
                           secrets={OTHER_ACCOUNT["access_key_id"]: OTHER_ACCOUNT["secret"]})


if __name__ == "__main__":
    unittest.main()
