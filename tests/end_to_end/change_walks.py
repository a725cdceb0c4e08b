"""The commands that change something, as an operator uses them: enable, scan --fix, plan and apply, teardown, rehearse, init.

The simulator counts the requests. Crashes are in crash_boundaries.py.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

import scans
import simulator
from simulator import ADMIN, CENTRAL, HOME, MANAGEMENT, ORGANIZATION, SCRATCH, TREE, X_PROD, X_TEST, unit_arn

SIM_SCALE, WAIT_SCALE = 30000, 4000
SECONDS = 300
FOLDER = SCRATCH / "change_walks"
KEY = "mrk-0123456789abcdef0123456789abcdef"
TABLE = f"arn:aws:dynamodb:eu-west-1:{X_TEST}:table/x-test-sessions"
DELEGATION = {"account_id": ADMIN, "service_principal": "backup.amazonaws.com"}
WANTED = """accounts:
  backup_administrator: {name: Backup Administrator, email: aws+backup-admin@example.com}
  central_backup: {name: Central Backup, email: aws+central-backup@example.com}
landing_zone: {version: latest}
tags: {default_tier: daily}
"""


def root_and(*actions):
    """A key policy without the statement for the organization."""
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "kms:*",
         "Resource": "*"},
        *({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ADMIN}:root"}, "Action": action, "Resource": "*"}
          for action in actions)]})


class Walk(unittest.TestCase):
    """Each test has its own simulator, started with begin(), and a working directory."""
    maxDiff = None

    def begin(self, world="seed-healthy", scale=SIM_SCALE):
        self.sim = self.enterContext(scans.Simulator(world, "--time-scale", scale, name=f"walks.{self._testMethodName}"))
        self.aws = simulator.Aws(self.sim)
        self.folder = FOLDER / self._testMethodName
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "wanted.yaml").write_text(WANTED, encoding="utf-8")

    def start(self, *words, scale=WAIT_SCALE):
        online = () if words[0] in ("plan", "init", "report", "rehearse") else (
            "--endpoint-url", self.sim.endpoint, "--time-scale", str(scale), "--unpaced")
        formats = ("-M", "json") if words[0] in ("scan", "enable", "teardown") and "-M" not in words else ()
        return subprocess.Popen([str(scans.SCANNER), *map(str, words), *online, *formats], cwd=self.folder, text=True,
                                env=scans.environment(self.sim), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def end(self, process):
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"no end within {SECONDS} s: {process.communicate()[1][-3000:]}") from None
        self.assertIsNone(re.search(r"Sanitizer|runtime error|internal error", err), err[-6000:])
        directory = self.folder / "run"
        return scans.Scan(directory, process.returncode, out, err)

    def run_(self, *words, code=0, writes=None):
        """Runs a command and requires this exit status and this number of sent changes."""
        before = self.sim.effects()["total_writes"]
        done = self.end(self.start(*words))
        told = f"{words}: exit {done.code}\n{done.err[-3000:]}\n{done.out[-2000:]}"
        self.assertEqual(done.code, code, told)
        if writes is not None:
            self.assertEqual(self.sim.effects()["total_writes"] - before, writes, told)
        return done

    def refuse(self, words, saying, code=2):
        """Requires a refusal in one line, with nothing sent."""
        done = self.run_(*words, code=code, writes=0)
        lines = [line for line in done.err.splitlines() if line.startswith("towerkeep: ")]
        self.assertEqual(len(lines), 1, done.err)
        self.assertIn(saying, lines[0])
        return done

    def backed_up(self):
        """{target: ARN of the BackupBaseline enabled on it}"""
        backup = next(one["arn"] for one in self.aws.ok("controltower list-baselines")["baselines"]
                      if one["name"] == "BackupBaseline")
        return {one["targetIdentifier"]: one["arn"]
                for one in self.aws.ok("controltower list-enabled-baselines")["enabledBaselines"]
                if one["baselineIdentifier"] == backup}

    def disable_backup(self, unit):
        self.aws.ok("controltower disable-baseline", enabled_baseline_identifier=self.backed_up()[unit_arn(unit)])
        self.sim.advance(minutes=60)

    def scan(self, **members):
        return self.run_("scan", "-o", "run", writes=0, **members)


class Enable(Walk):
    def test_from_bare_to_compliant_then_nothing_to_do(self):
        self.begin("bare")
        words = ("enable", "--config-file", "wanted.yaml", "-o", "run", "--auto-approve")
        self.refuse(words[:-1], "without a terminal, --auto-approve is required")
        done = self.run_(*words)
        report = done.report
        self.assertEqual((report["verdict"], done.failing()), ("COMPLIANT", set()))
        states = {change["state"] for change in report["changes"]}
        self.assertLessEqual(states, {"done", "already true"})
        sent = [change for change in report["changes"] if change["state"] == "done"]
        self.assertEqual(len(sent), self.sim.effects()["total_writes"])
        self.assertEqual([c["id"] for c in sent if not (c["request_id"] and c["started"] <= c["ended"])], [])
        plan, = (self.folder / "run").glob("plan-*.json")
        self.assertEqual({c["plan_digest"] for c in sent}, {json.loads(plan.read_text())["digest"]})
        again = self.run_(*words, writes=0)
        self.assertIn("Nothing to do.", again.out)
        self.assertEqual(again.report["changes"], [])
        fix = self.run_("scan", "--fix", "--config-file", "wanted.yaml", "-o", "run", "--auto-approve", writes=0)
        self.assertIn("Nothing to do.", fix.out)

    def test_another_walk_does_not_go_on_with_an_unfinished_plan(self):
        self.begin("bare")
        words = ("enable", "--config-file", "wanted.yaml", "-o", "run")
        self.run_(*words, "--auto-approve", "--crash-at", 12, code=-signal.SIGKILL)
        self.refuse(("teardown", "-o", "run", "--auto-approve", "--confirm-organization", ORGANIZATION),
                    "unfinished plan of towerkeep enable")
        self.refuse(words, "--auto-approve is required")
        done = self.run_(*words, "--auto-approve")
        self.assertEqual(done.report["verdict"], "COMPLIANT")
        self.assertEqual(len([c for c in done.report["changes"] if c["state"] == "done"]), self.sim.effects()["total_writes"])

    def test_nothing_is_sent_while_the_preflight_finds_a_problem(self):
        self.begin(scale=1)
        self.disable_backup("sand0001")
        zone, = self.aws.ok("controltower list-landing-zones")["landingZones"]
        self.aws.ok("controltower reset-landing-zone", landing_zone_identifier=zone["arn"])
        words = ("scan", "--fix", "-o", "run", "--auto-approve")
        done = self.refuse(words, "nothing was changed: 2 problems must be solved first")
        self.assertIn("preflight: a Control Tower operation is running (RESET ", done.err)
        self.sim.advance(minutes=90)
        self.assertNotIn("plan.pending.json", done.files())


class Fix(Walk):
    def damage(self):
        x_prod, x_test = self.aws.assumed(X_PROD), self.aws.assumed(X_TEST)
        self.aws.ok("kms disable-key", region="eu-west-1", key_id=KEY)
        self.aws.ok("kms put-key-policy", region="us-east-1", key_id=KEY, policy_name="default", policy=root_and())
        self.aws.ok("organizations deregister-delegated-administrator", **DELEGATION)
        x_prod.ok("backup update-region-settings", region="us-east-1", resource_type_opt_in_preference={"EBS": False})
        x_test.ok("resourcegroupstaggingapi tag-resources", region="eu-west-1", resource_arn_list=[TABLE],
                  tags={"aws-control-tower-backupweekly": "yes"})
        return {("KMS-05", "eu-west-1"), ("KMS-07", "us-east-1"), ("DEL-01", ORGANIZATION), ("OPT-02", f"{X_PROD}/us-east-1"),
                ("OPT-06", f"{X_PROD}/us-east-1"), ("TAG-02", f"{X_TEST}/eu-west-1/{TABLE}")}

    def test_damage_is_repaired_and_reported_with_before_and_after(self):
        self.begin()
        broken = self.damage()
        fix = ("scan", "--fix", "-o", "run")
        dry = self.run_(*fix, "--dry-run", code=3, writes=0)
        self.assertEqual(dry.failing(), broken)
        self.assertEqual(dry.report["changes"], [])
        observed = {f["finding_id"]: f["observed"] for f in dry.findings if f["status"] == "FAIL"}
        self.refuse(fix, "without a terminal, --auto-approve is required")

        first = self.run_(*fix, "--auto-approve", "--max-changes", 1, code=5, writes=1)
        self.assertIn("not attempted", first.err)
        sent, = [c for c in first.report["changes"] if c["state"] == "done"]
        already, findings = first.pairs("FIXED"), first.findings
        self.assertEqual(len(already), 1)
        done = self.run_(*fix, "--auto-approve", "-M", "json,xlsx")
        self.assertEqual((done.report["verdict"], done.pairs("FIXED")), ("COMPLIANT", broken - already))
        told = {f["finding_id"]: f["observed_before"] for f in findings + done.findings if f["status"] == "FIXED"}
        self.assertEqual(told, observed)
        changes = done.report["changes"]
        self.assertNotIn(sent["id"], {c["id"] for c in changes})
        self.assertEqual({c["operation"] for c in [sent, *changes]},
                         {"kms:EnableKey", "kms:PutKeyPolicy", "organizations:RegisterDelegatedAdministrator",
                          "backup:UpdateRegionSettings", "tagging:TagResources"})
        self.assertEqual({c["state"] for c in changes}, {"done"})
        self.assertEqual(len(changes), len({c["id"] for c in changes}))
        self.assertTrue(all(c["after"] for c in changes), changes)

        drawn = self.run_("report", "run", "-o", "drawn", "-M", "json")
        self.assertEqual(json.loads((self.folder / "drawn" / "report.json").read_text())["changes"], changes, drawn.err)
        # A tagged resource has its first backup after its plan has run.
        self.sim.advance(days=2)
        again = self.run_(*fix, "--auto-approve", writes=0)
        self.assertIn("Nothing to do.", again.out)
        self.assertEqual(again.pairs("FIXED"), set())


class PlanAndApply(Walk):
    def test_a_saved_plan_is_applied_and_a_bad_one_refused(self):
        self.begin()
        policy = {"region": "us-east-1", "key_id": KEY, "policy_name": "default"}
        self.aws.ok("organizations deregister-delegated-administrator", **DELEGATION)
        self.aws.ok("kms put-key-policy", policy=root_and(), **policy)
        self.scan(code=3)
        self.run_("plan", "run", "-o", "plan.json", writes=0)
        plan = self.folder / "plan.json"
        apply = ("apply", "plan.json", "--auto-approve")

        tampered = plan.read_text(encoding="utf-8").replace('"AccountId"', '"AccountID"')
        self.assertNotEqual(tampered, plan.read_text(encoding="utf-8"))
        (self.folder / "tampered.json").write_text(tampered, encoding="utf-8")
        (self.folder / "short.json").write_text(tampered[:len(tampered) // 2], encoding="utf-8")
        self.refuse(("apply", "tampered.json", "--auto-approve"), "digest")
        self.refuse(("apply", "plan.json", "--confirm-organization", "o-anotherorg"), "the plan is for")
        self.refuse(("apply", "short.json", "--auto-approve"), "short.json")
        self.refuse(("apply", "nowhere.json", "--auto-approve"), "nowhere.json")
        self.refuse(apply[:-1], "without a terminal, --auto-approve is required")

        self.aws.ok("kms put-key-policy", policy=root_and("kms:Decrypt"), **policy)
        changed = self.run_(*apply, code=5, writes=1)
        self.assertIn("precondition not met", changed.err)
        self.assertIn("run scan and plan again", changed.err)
        self.assertEqual(self.aws.ok("kms get-key-policy", **policy)["Policy"], root_and("kms:Decrypt"))

        self.scan(code=3)
        self.run_("plan", "run", "-o", "second.json", writes=0)
        dry = self.run_("apply", "second.json", "--auto-approve", "--dry-run", writes=0).err
        self.assertNotRegex(dry, r"(?m)^\[\d+/\d+\] (done|under way)")
        self.assertIn("3 planned, 0 already in place, 0 failed, 0 not attempted; 0 changes sent", dry)
        self.run_("apply", "second.json", "--auto-approve", writes=3)  # one key's additional statement is kept in all three
        self.scan()
        self.run_("plan", "run", "-o", "none.json", writes=0)
        self.run_("apply", "none.json", "--auto-approve", writes=0)

    def test_two_applies_at_once_are_refused_and_an_interrupted_one_goes_on(self):
        self.begin()
        self.disable_backup("sand0001")
        self.scan(code=3)
        self.run_("plan", "run", "-o", "plan.json", writes=0)
        apply = ("apply", "plan.json", "--auto-approve")
        first = self.start(*apply, scale=1)
        simulator.wait_until(lambda: "controltower:EnableBaseline" in self.sim.effects()["writes"], "a baseline is being enabled", first)
        self.refuse(apply, "plan.json.journal.db")
        first.send_signal(signal.SIGINT)
        stopped = self.end(first)
        self.assertEqual(stopped.code, 130, stopped.err)
        self.run_(*apply, writes=0)
        self.assertEqual(self.sim.effects()["writes"]["controltower:EnableBaseline"], 1)
        self.scan()

    def test_the_emitted_script_repairs_with_the_aws_cli(self):
        self.begin()
        self.aws.ok("organizations deregister-delegated-administrator", **DELEGATION)
        self.aws.assumed(X_PROD).ok("backup update-region-settings", region="us-east-1",
                                    resource_type_opt_in_preference={"EBS": False})
        self.scan(code=3)
        self.run_("plan", "run", "--emit", "aws-cli", "-o", "fix.sh", writes=0)
        subprocess.run(["bash", "-n", "fix.sh"], cwd=self.folder, check=True)
        path = f"{TREE / 'tests' / 'tools'}{os.pathsep}{os.environ['PATH']}"
        script = subprocess.run(["bash", "fix.sh"], cwd=self.folder, env={**self.sim.environment(), "PATH": path, "no_proxy": "*"},
                                capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual(script.returncode, 0, script.stderr)
        self.scan()


class Teardown(Walk):
    def vaults(self):
        return {(account, region): {one["BackupVaultName"] for one in
                                    self.aws.assumed(account).ok("backup list-backup-vaults", region=region)["BackupVaultList"]}
                for account, region in ((CENTRAL, HOME), (X_PROD, "eu-west-1"))}

    def test_it_wants_the_organization_named_and_leaves_the_vaults(self):
        self.begin()
        words = ("teardown", "-o", "run")
        self.refuse(words, "--auto-approve with --confirm-organization ID")
        self.refuse((*words, "--auto-approve"), "--auto-approve with --confirm-organization ID")
        self.refuse((*words, "--auto-approve", "--confirm-organization", "o-exampleorg2"), "expected o-exampleorg1")
        self.refuse((*words, "--confirm-organization", ORGANIZATION), "--auto-approve")
        before = self.vaults()
        self.assertTrue(all(before.values()), before)
        words += ("--auto-approve", "--confirm-organization", ORGANIZATION)
        done = self.run_(*words)
        self.assertIn("Not deleted (name it to delete it):", done.out)
        central, = [one for one in before[CENTRAL, HOME] if "central" in one]
        self.assertIn(central, done.out)
        self.assertEqual(self.vaults(), before)
        ended = {}
        for f in done.findings:
            ended.setdefault(f["check_id"], set()).add(f["status"])
        self.assertEqual(ended["TD-01"], {"FIXED"}, "what blocked was taken down")
        self.assertEqual(ended["TD-02"], {"PASS"})
        self.assertEqual(ended["TD-04"], {"FAIL"}, "vaults remain, and are told")
        for gone in ("backup:DeleteBackupVault", "backup:DeleteRecoveryPoint", "kms:ScheduleKeyDeletion",
                     "organizations:CloseAccount"):
            self.assertNotIn(gone, self.sim.effects()["writes"])
        self.assertEqual(self.backed_up(), {})
        self.assertIn("Nothing to do.", self.run_(*words, writes=0).out)


class Rehearse(Walk):
    def rehearse(self, *words, code=0):
        calls = self.sim.effects()["total_calls"]
        done = self.run_("rehearse", *words, code=code, writes=0)
        self.assertEqual(self.sim.effects()["total_calls"], calls, "the original was asked")
        self.assertIn("Changes in the copy:", done.out)
        self.assertRegex(done.out, r"Expected duration on AWS: about \d+ h \d\d min")
        return done

    def test_enable(self):
        self.begin("bare")
        self.scan(code=3)
        done = self.rehearse("enable", "run", "--config-file", "wanted.yaml")
        self.assertRegex(done.out, r"organizations:CreateAccount +2\n")
        self.assertRegex(done.out, r"kms:ReplicateKey +2\n")
        self.assertIn("COMPLIANT", done.out)

    def test_fix_and_teardown(self):
        self.begin()
        self.aws.ok("organizations deregister-delegated-administrator", **DELEGATION)
        self.scan(code=3)
        fixed = self.rehearse("fix", "run", "-o", "kept")
        self.assertRegex(fixed.out, r"organizations:RegisterDelegatedAdministrator +1\n")
        copy = json.loads((self.folder / "kept" / "run" / "report.json").read_text())
        self.assertEqual([f["check_id"] for f in copy["findings"] if f["status"] == "FIXED"], ["DEL-01"])
        torn = self.rehearse("teardown", "run")
        self.assertRegex(torn.out, r"controltower:DisableBaseline +\d+\n")

    def test_a_resource_type_unknown_to_the_simulator_is_kept(self):
        self.begin("seed-broken")
        self.scan(code=3)
        done = self.rehearse("fix", "run", code=5)
        self.assertRegex(done.out, r"kms:CancelKeyDeletion +1\n")

    def test_a_fresh_scan_serves_as_the_run_and_nothing_is_written(self):
        self.begin()
        self.aws.ok("organizations deregister-delegated-administrator", **DELEGATION)
        self.refuse(("rehearse", "fix"), "towerkeep-output: no such run")
        fresh = ("rehearse", "fix", "--fresh", "--endpoint-url", self.sim.endpoint, "--unpaced")
        self.refuse(("rehearse", "fix", "run", *fresh[2:]), "either --fresh or a run (run), not both")
        done = self.run_(*fresh, writes=0)
        self.assertRegex(done.out, r"organizations:RegisterDelegatedAdministrator +1\n")
        self.assertIn("FIXED", done.out)


class Init(Walk):
    def without_names(self, scan):
        """The verdicts, without those of the checks that evaluate the names in the configuration: these pass or have none to evaluate."""
        of_names = {"LZ-17", "ORG-12"}
        self.assertLessEqual({status for check, _, status in scan.verdicts.values() if check in of_names}, {"PASS", "NOT_APPLICABLE"})
        return {key: verdict for key, verdict in scan.verdicts.items() if verdict[0] not in of_names}

    def test_it_says_what_the_run_said(self):
        self.begin()
        healthy = self.scan()
        verdicts = self.without_names(healthy)
        self.run_("init", "run", "-o", "found.yaml", writes=0)
        text = (self.folder / "found.yaml").read_text(encoding="utf-8")
        self.assertRegex(text, f'backup_administrator: "{ADMIN}" +# Backup Administrator <aws')
        self.assertRegex(text, r'"ou-ab12-sand0001" +# Sandbox: SUCCEEDED')
        again = self.run_("scan", "--config-file", "found.yaml", "-o", "run", writes=0)
        self.assertEqual(self.without_names(again), verdicts)
        self.refuse(("init", "run", "-o", "found.yaml"), "--force")
        self.assertEqual((self.folder / "found.yaml").read_text(encoding="utf-8"), text)
        (self.folder / "found.yaml").write_text("old", encoding="utf-8")
        self.run_("init", "run", "-o", "found.yaml", "--force", writes=0)
        renewed = self.run_("scan", "--config-file", "found.yaml", "-o", "run", writes=0)
        self.assertEqual(self.without_names(renewed), verdicts)

    def test_a_bare_organization_gets_places_to_fill_in(self):
        self.begin("bare")
        self.scan(code=3)
        self.run_("init", "run", writes=0)
        path = self.folder / "towerkeep.yaml"
        text = path.read_text(encoding="utf-8")
        filled = re.sub(r"(?m)^  (\w+): null\n.*\n  # (\1: \{name)", r"  \2", text)
        self.assertEqual(filled.count("{name: "), 2)
        path.write_text(filled, encoding="utf-8")
        plan = self.run_("enable", "-o", "run", "--dry-run", code=3, writes=0)
        self.assertIn("organizations:CreateAccount", plan.out)


def tearDownModule():
    scans.judge_recordings()


if __name__ == "__main__":
    unittest.main()
