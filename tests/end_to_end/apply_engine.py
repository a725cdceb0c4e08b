"""The engine of apply with the simulator: the plan that completes a bare organization is killed, disconnected and disturbed, and
always ends with the same effects.

    apply_engine.py            a sample of the boundaries of the journal (unittest)
    APPLY_EVERY_BOUNDARY=1     all of them
"""
import json
import os
import shutil
import signal
import subprocess
import unittest

import simulator
from simulator import BUILD, MANAGEMENT, SCRATCH

TOWERKEEP = str(BUILD / "towerkeep")
SCALE = 5000
SECONDS = 120
FOLDER = SCRATCH / "apply_engine"
SAMPLES = 6  # crash_boundaries.py kills at every class of boundary; this test runs the sanitized build
ONCE = ("organizations:CreateAccount", "kms:CreateKey", "kms:ReplicateKey", "controltower:EnableBaseline",
        "controltower:UpdateLandingZone")
CONFIG = """accounts:
  backup_administrator: {name: Backup Administrator, email: aws+backup-admin@example.com}
  central_backup: {name: Central Backup, email: aws+central-backup@example.com}
"""


def bare(name, faults=None):
    return simulator.Simulator("bare", "--time-scale", SCALE, name=f"apply_engine_{name}", faults=faults)


def run(sim, *words):
    environment = {**sim.environment(), "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "no_proxy": "*",
                   "LC_ALL": "C.UTF-8"}
    return subprocess.run([TOWERKEEP, *words, "--endpoint-url", sim.endpoint, "--auto-approve", "--unpaced",
                           "--time-scale", str(SCALE)], env=environment, cwd=FOLDER, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=SECONDS)


def apply(sim, plan, *flags):
    return run(sim, "apply", str(plan), *flags)


def writes(sim):
    return sim.effects()["writes"]


class Engine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        (FOLDER / "c.yaml").write_text(CONFIG, encoding="utf-8")
        with bare("enable") as sim:
            done = run(sim, "enable", "--config-file", "c.yaml", "-o", "enabled")
            cls.expected = writes(sim)
        plans = sorted((FOLDER / "enabled").glob("plan-*.json"))
        assert len(plans) == 1, (plans, done.stdout, done.stderr)
        cls.saved = plans[0]
        cls.steps = json.loads(cls.saved.read_text(encoding="utf-8"))["steps"]

    def plan(self, name):
        path = FOLDER / f"{name}.plan.json"
        shutil.copy(self.saved, path)
        for stale in FOLDER.glob(f"{path.name}.journal*"):
            stale.unlink()
        return path

    def finished(self, done, sim):
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        self.assertEqual(writes(sim), self.expected)

    def test_an_uninterrupted_apply_is_the_measure(self):
        plan = self.plan("whole")
        with bare("whole") as sim:
            self.finished(apply(sim, plan), sim)
            self.assertEqual({name: self.expected[name] for name in ONCE},
                             dict(zip(ONCE, (2, 1, 2, 5, 1))))
            before = sim.effects()["total_writes"]
            again = apply(sim, plan)
            self.assertEqual(again.returncode, 0, again.stderr[-3000:])
            self.assertEqual(sim.effects()["total_writes"], before)

    def test_a_dry_run_sends_nothing(self):
        plan = self.plan("dry")
        with bare("dry") as sim:
            done = apply(sim, plan, "--dry-run")
            self.assertEqual(done.returncode, 0, done.stderr[-3000:])
            self.assertEqual(sim.effects()["total_writes"], 0)
            self.assertFalse(list(FOLDER.glob(f"{plan.name}.journal*.db")))

    def test_changes_are_limited_and_the_rest_follows(self):
        plan = self.plan("limited")
        with bare("limited") as sim:
            done = apply(sim, plan, "--max-changes", "3")
            self.assertEqual(done.returncode, 5, done.stderr[-3000:])
            self.assertEqual(sim.effects()["total_writes"], 3)
            self.finished(apply(sim, plan), sim)

    def killed(self, at):
        """Killed at that boundary, then resumed; False if the apply ended before it."""
        plan = self.plan(f"killed{at}")
        with bare("killed") as sim:
            done = apply(sim, plan, "--crash-at", str(at))
            if done.returncode != -signal.SIGKILL:
                self.finished(done, sim)
                return False
            with self.subTest(boundary=at):
                self.finished(apply(sim, plan), sim)
            return True

    def test_a_kill_at_any_boundary_repeats_nothing(self):
        # Four boundaries for each step, and the polls.
        boundaries = 4 * len(self.steps)
        stride = 1 if os.environ.get("APPLY_EVERY_BOUNDARY") else max(1, boundaries // SAMPLES)
        at = 1
        while self.killed(at):
            at += stride
        self.assertGreater(at, boundaries // 2)

    def hindered(self, name, faults, **more):
        plan = self.plan(name)
        with bare(name, {"faults": faults, **more}) as sim:
            self.finished(apply(sim, plan), sim)

    def test_lost_answers_are_not_repeated(self):
        self.hindered("lost", [{"match": {"operation": operation, "nth": 1}, "drop": "after"}
                               for operation in (*ONCE, "kms:CreateAlias", "backup:UpdateRegionSettings")])

    def test_requests_that_never_arrived_are_sent(self):
        self.hindered("unsent", [{"match": {"operation": operation, "nth": 1}, "drop": "before"} for operation in ONCE])

    def test_conflicts_are_waited_for(self):
        conflict = {"code": "ConflictException", "status": 409, "message": "Another operation is in progress."}
        self.hindered("conflicts", [{"match": {"operation": operation, "first": 1, "last": 3}, "error": conflict}
                                    for operation in ("controltower:UpdateLandingZone", "controltower:EnableBaseline")])

    def test_broken_answers_are_asked_again(self):
        self.hindered("broken", [
            {"match": {"operation": "kms:CreateKey", "nth": 1}, "truncate": 20},
            {"match": {"operation": "organizations:CreateAccount", "nth": 1}, "http": {"status": 502}},
            {"match": {"operation": "controltower:GetLandingZoneOperation", "first": 1, "last": 4},
             "http": {"status": 503}}])

    def test_what_shows_late_is_waited_for(self):
        for seed in (3, 4, 5):
            with self.subTest(seed=seed):
                self.hindered(f"late{seed}", [], consistency={"seconds": [0, 30], "seed": seed})

    def test_expired_credentials_stop_and_are_resumed(self):
        plan = self.plan("expired")
        expired = {"code": "ExpiredTokenException", "status": 403, "message": "The security token is expired"}
        faults = [{"match": {"operation": "kms:CreateKey", "account": MANAGEMENT, "nth": 1}, "error": expired}]
        with bare("expired", {"faults": faults}) as sim:
            done = apply(sim, plan)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("xpired", done.stderr)
            self.finished(apply(sim, plan), sim)

    def test_what_must_hold_before_the_first_change_is_asked(self):
        cases = {
            "processing": ("controltower:GetLandingZone", {"landingZone.status": "PROCESSING"}, "PROCESSING, not ACTIVE"),
            "foreign": ("organizations:DescribeOrganization", {"Organization.Id": "o-another"}, "o-another"),
            "region": ("account:ListRegions", {"Regions.0.RegionOptStatus": "DISABLED",
                                               "Regions.0.RegionName": "eu-west-1"}, "eu-west-1 is not enabled"),
            "suspended": ("organizations:ListAccounts", {"Accounts.0.Id": MANAGEMENT, "Accounts.0.Status": "SUSPENDED"},
                          f"account {MANAGEMENT}"),
        }
        for name, (operation, change, says) in cases.items():
            plan = self.plan(name)
            faults = [{"match": {"operation": operation}, "set": change}]
            with self.subTest(name), bare(name, {"faults": faults}) as sim:
                done = apply(sim, plan)
                self.assertEqual(done.returncode, 2, done.stderr[-3000:])
                self.assertIn(says, done.stderr)
                self.assertEqual(sim.effects()["total_writes"], 0)

    def test_an_edited_plan_is_refused(self):
        plan = self.plan("edited")
        plan.write_text(plan.read_text(encoding="utf-8").replace("Central Backup", "Central Backups", 1),
                        encoding="utf-8")
        with bare("edited") as sim:
            done = apply(sim, plan)
            self.assertEqual(done.returncode, 2)
            self.assertIn("changed after it was made", done.stderr)
            self.assertEqual(sim.effects()["total_writes"], 0)


if __name__ == "__main__":
    unittest.main()
