"""Options that select changes keep exactly those steps; an option that cannot be honored is refused; the option table for other
programs.
"""
import collections
import json
import re
import shutil
import subprocess
import unittest

import engine_runs
import scans
from simulator import HOME, ORGANIZATION, SANDBOX, X_PROD

SCALE = 5000


def run(*words, env=None):
    return subprocess.run([str(scans.SCANNER), *map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env=env or scans.environment(), timeout=scans.SCAN_SECONDS)


class Narrowing(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(scans.Simulator("seed-broken", name="narrowing"))
        cls.done = scans.scan(cls.sim, "--no-ungoverned")
        cls.failing = {f["finding_id"]: f for f in cls.done.findings if f["status"] == "FAIL"}
        cls.whole = cls.plan()

    @classmethod
    def plan(cls, *flags):
        """The findings that a plan covers: the reasons of its steps, and its manual tasks."""
        path = scans.directory("narrowing-plan").with_suffix(".json")
        done = run("plan", cls.done.directory, "-o", path, *flags)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        plan = json.loads(path.read_text(encoding="utf-8"))
        reasons = [r for step in plan["steps"] for r in step["reasons"]] + [f"finding:{m['finding_id']}" for m in plan["manual"]]
        return {r.removeprefix("finding:") for r in reasons if r.startswith("finding:")}

    def narrowed(self, wanted, *flags):
        kept = self.plan(*flags)
        self.assertEqual(kept, {i for i in self.whole if wanted(self.failing[i])}, flags)
        self.assertLess(len(kept), len(self.whole), flags)
        return kept

    def test_a_plan_is_made_for_the_findings_in_scope(self):
        self.assertTrue(self.narrowed(lambda f: f["account_id"] == X_PROD, "--accounts", X_PROD))
        self.narrowed(lambda f: f["account_id"] != X_PROD, "--excluded-accounts", X_PROD)
        self.assertTrue(self.narrowed(lambda f: f["region"] == HOME, "--region", HOME))
        self.assertTrue(self.narrowed(lambda f: f["region"] != HOME, "--excluded-region", HOME))
        self.assertTrue(self.narrowed(lambda f: f["check_id"].startswith("KMS-"), "--checks", "KMS-*"))
        self.assertTrue(self.narrowed(lambda f: not f["check_id"].startswith("KMS-"), "--excluded-checks", "KMS-*"))
        self.assertTrue(self.narrowed(lambda f: f["severity"] == "critical", "--severity", "critical"))
        self.assertTrue(self.narrowed(lambda f: (f["ou_path"] or "").split("/")[0] == "Workloads", "--ou", "Workloads"))
        self.assertTrue(self.narrowed(lambda f: f["step"] == 6, "--only", "6"))

    def test_an_ou_that_is_not_there_is_refused(self):
        done = run("plan", self.done.directory, "--ou", "Wrokloads")
        self.assertEqual(done.returncode, 2)
        self.assertIn('--ou: the run has no OU "Wrokloads"; did you mean "Workloads"?', done.stderr)
        for option in ("--accounts", "--excluded-accounts"):
            done = run("plan", self.done.directory, option, "999999999999")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"{option}: the run has no account 999999999999", done.stderr)

    def test_what_cannot_be_honored_is_refused(self):
        for command in (["apply", "p.json"], ["enable"], ["teardown"]):
            for flags in (["--accounts", X_PROD], ["--ou", "Sandbox"], ["--region", HOME], ["--checks", "KMS-*"], ["--severity", "high"]):
                done = run(*command, *flags)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn(f"{command[0]} does not take {flags[0]}; these commands do: scan, plan", done.stderr)

    def test_a_fix_is_narrowed_like_a_plan(self):
        done = scans.scan(self.sim, "--no-ungoverned", "--fix", "--dry-run", "--accounts", X_PROD, "--endpoint-url", self.sim.endpoint)
        plan = json.loads((done.directory / "plan.json").read_text(encoding="utf-8"))
        of = {f["finding_id"]: f["account_id"] for f in done.findings}
        accounts = {of[r.removeprefix("finding:")] for step in plan["steps"] for r in step["reasons"] if r.startswith("finding:")}
        self.assertEqual(accounts, {X_PROD})

    def test_an_account_that_is_not_there_cannot_be_excluded(self):
        done = scans.scan(self.sim, "--no-ungoverned", "--excluded-accounts", "999900001111")
        self.assertEqual(done.code, 2)
        self.assertIn("--excluded-accounts", done.err)
        self.assertEqual(scans.scan(self.sim, "--no-ungoverned", "--excluded-accounts", SANDBOX).code, self.done.code)

    def test_a_region_that_nothing_is_read_in_is_refused(self):
        done = scans.scan(self.sim, "--no-ungoverned", "-f", "sa-east-1")
        self.assertEqual(done.code, 2)
        self.assertIn("--region: the landing zone does not govern sa-east-1", done.err)

    def test_a_plan_is_written_to_a_file_and_not_to_a_directory(self):
        done = run("plan", self.done.directory, "-o", self.done.directory)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is a directory; expected a file", done.stderr)

    def test_the_configuration_in_force_is_told(self):
        done = run("plan", self.done.directory, "--log-level", "info")
        self.assertIn("configuration: none found, defaults apply", done.stderr)
        path = scans.directory("narrowing-configuration").with_suffix(".yaml")
        path.write_text("{}\n", encoding="utf-8")
        self.assertIn(f"configuration: {path}", run("plan", self.done.directory, "--log-level", "info", "-C", path).stderr)

    def test_check_and_report_decide_as_a_scan_does(self):
        copy = scans.directory("narrowing-copy")
        shutil.copytree(self.done.directory, copy)
        for command in ("report", "check"):
            self.assertEqual(run(command, copy, "-M", "json").returncode, 3)
            self.assertEqual(run(command, copy, "-M", "json", "-z").returncode, 0)
            variable = scans.environment(TOWERKEEP_IGNORE_EXIT_CODE_3="1")
            self.assertEqual(run(command, copy, "-M", "json", env=variable).returncode, 0)


class Applied(unittest.TestCase):
    """One plan of everything that fails, applied in parts."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with cls.broken("whole") as sim:
            cls.done = scans.scan(sim, "--no-ungoverned")
        cls.plan = cls.done.directory / "whole.json"
        assert run("plan", cls.done.directory, "-o", cls.plan).returncode == 0
        cls.steps = json.loads(cls.plan.read_text(encoding="utf-8"))["steps"]

    def setUp(self):
        for stale in self.done.directory.glob("whole.json.journal*"):
            stale.unlink()

    @staticmethod
    def broken(name):
        return scans.Simulator("seed-broken", "--time-scale", SCALE, name=f"narrowing-{name}", record=False)

    def apply(self, sim, *flags):
        return run("apply", self.plan, "--auto-approve", "--unpaced", "--time-scale", SCALE, "--endpoint-url", sim.endpoint, *flags,
                   env=scans.environment(sim))

    def calls(self, wanted):
        return dict(collections.Counter(step["send"]["operation"] for step in self.steps if wanted(step)))

    def test_nothing_but_the_selected_steps_is_sent(self):
        keys, tags = self.calls(lambda s: s["step"] == 2), self.calls(lambda s: "check:TAG-02" in s["reasons"])
        with self.broken("parts") as sim:
            done = self.apply(sim, "--only", "2")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"Left out by --only 2: {len(self.steps) - sum(keys.values())} of {len(self.steps)} steps", done.stdout)
            self.assertEqual(sim.effects()["writes"], keys)
            done = self.apply(sim, "--only", "TAG-02")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(sim.effects()["writes"], {**keys, **tags})
            self.assertIn("0 changes sent", self.apply(sim, "--only", "KMS-*").stderr)
            self.assertIn("Nothing to do", self.apply(sim, "--only", "OPT-05").stdout)
            self.assertEqual(sim.effects()["writes"], {**keys, **tags})

    def test_a_part_is_what_a_plan_of_that_part_is(self):
        def parts(text):
            return re.findall(r"^[|`]-- (\S+)", text, re.M)
        checks = sorted({r.removeprefix("check:") for step in self.steps for r in step["reasons"] if r.startswith("check:")})
        with self.broken("compared") as sim:
            for only in [*"123456", *checks[::8]]:
                alone = run("plan", self.done.directory, "--only", only)
                part = self.apply(sim, "--only", only, "--dry-run")
                self.assertEqual(sorted(parts(part.stdout)), sorted(parts(alone.stdout)), only)
            self.assertEqual(sim.effects()["writes"], {})

    def test_a_step_under_way_is_finished_before_another_part(self):
        with self.broken("crashed") as sim:
            self.assertEqual(self.apply(sim, "--only", "KMS-11", "--crash-at", "2").returncode, -9)
            sent = sim.effects()["writes"]
            self.assertEqual(sum(sent.values()), 1)
            done = self.apply(sim, "--only", "6")
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
            self.assertIn("step enable-key-rotation/eu-west-1 is under way and is not selected now", done.stderr)
            self.assertEqual(sim.effects()["writes"], sent)
            self.assertEqual(self.apply(sim, "--only", "KMS-11").returncode, 0)
            self.assertEqual(sim.effects()["writes"], sent)
            self.assertEqual(self.apply(sim, "--only", "TAG-02").returncode, 0)

    def test_an_unfinished_fix_is_not_continued_with_another_selection(self):
        with engine_runs.Cloud(engine_runs.damaged("rotation off", "member opt-in"), "narrowing-fix") as cloud:
            engine_runs.fresh(cloud)
            self.assertTrue(engine_runs.engine(cloud, "fix", "--only", "4", crash_at=1).killed)
            done = engine_runs.engine(cloud, "fix", "--only", "2")
            self.assertEqual(done.code, 2, done.told())
            self.assertIn("holds an unfinished plan that was made with --only 4", done.err)
            self.assertEqual(engine_runs.engine(cloud, "fix", "--only", "4").code, 3)
            self.assertEqual(set(cloud.effects()["writes"]), {"backup:UpdateRegionSettings"})


class Goals(unittest.TestCase):
    """enable and teardown, one step of the architecture at a time."""

    def test_a_check_is_refused(self):
        for words in (["enable"], ["teardown"], ["rehearse", "enable"], ["rehearse", "teardown"]):
            done = run(*words, "--only", "KMS-01")
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), done.stderr)
            self.assertIn("a step, 1 to 6", done.stderr)

    def test_enable_names_the_steps_that_others_need(self):
        with engine_runs.Cloud(engine_runs.bare(), "narrowing-enable") as cloud:
            done = engine_runs.engine(cloud, "enable", "--only", "2")
            self.assertEqual(set(cloud.effects()["writes"]), {"kms:CreateKey", "kms:CreateAlias", "kms:EnableKeyRotation", "kms:ReplicateKey"},
                             done.told())
            self.assertRegex(done.out, r"Left out by --only 2: \d+ of \d+ steps")
            self.assertNotIn("needed by", done.out)
            done = engine_runs.engine(cloud, "enable", "--only", "3", "--dry-run")
            self.assertRegex(done.out, r"(?s)create-accounts/central-backup .*needed by enable-landing-zone-backup")

    def test_teardown_takes_only_the_selected_step(self):
        with engine_runs.Cloud(engine_runs.healthy(), "narrowing-teardown") as cloud:
            done = engine_runs.engine(cloud, "teardown", "--only", "5")
            self.assertEqual(done.code, 0, done.told())
            self.assertEqual(set(cloud.effects()["writes"]), {"controltower:DisableBaseline"})
            self.assertIn("Teardown with --only 5 complete", done.out)
            done = run("teardown", "--only", "3", "--dry-run", "--config-file", engine_runs.SCRATCH / f"{cloud.name}.config.json",
                       "--endpoint-url", cloud.endpoint, "--confirm-organization", ORGANIZATION, "--auto-approve", "-o", engine_runs.directory(cloud),
                       "-M", "json", "--unpaced", env=scans.environment(cloud))
            self.assertNotIn("needed by", done.stdout)


class Table(unittest.TestCase):
    """The option table as other programs read it."""

    def table(self, name):
        done = run("help", "--format", name)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_every_shown_option_is_in_every_format(self):
        table = json.loads(self.table("json"))
        shown = [row for row in table["options"] if not row["hidden"] and row["source"] != "variable"]
        self.assertGreater(len(shown), 50)
        for name, mark in (("bash", "--{}"), ("zsh", "--{}"), ("fish", "-l {} "), ("man", "Fl -{}")):
            text = self.table(name)
            self.assertEqual([row["name"] for row in shown if mark.format(row["name"]) not in text], [], name)

    def test_help_fits_the_terminal(self):
        commands = [row["name"].split() for row in json.loads(self.table("json"))["commands"]]
        for width in (60, 80, 100):
            for command in ([], *commands):
                done = run(*command, "--help", env=scans.environment(COLUMNS=str(width)))
                self.assertEqual(done.returncode, 0)
                self.assertEqual([line for line in done.stdout.splitlines() if len(line) > width], [], (command, width))
        for command in commands:
            text = run(*command, "--help").stdout
            self.assertEqual(run("help", *command).stdout, text)
            self.assertEqual(run(*command, "-h").stdout, text)
            self.assertRegex(run(*command, "--version").stdout, r"^towerkeep \d+\.\d+\.\d+\n$")
        taken = re.findall(r"--([a-z-]+)", run("verify", "--help", env=scans.environment(COLUMNS="100")).stdout.partition("Other options")[2])
        self.assertEqual(set(taken), {"public-key", "help", "version"})


if __name__ == "__main__":
    unittest.main()
