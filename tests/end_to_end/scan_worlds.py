"""The results of a scan for the shipped worlds: healthy, broken, bare, and one with an account that refuses access."""
import hashlib
import json
import unittest

import scans
import simulator
from simulator import LOGS, X_PROD, X_TEST, Y_PROD

WORLDS = ("seed-healthy", "seed-healthy-3.3", "seed-broken", "broken-key", "broken-landing-zone", "bare")
WANTED_ACCOUNTS = """\
accounts: {backup_administrator: "222233330031", central_backup: "222233330001"}
rules: {parameters: {ORG-09: {ou_percent: 0}}}
"""
# The credentials decide: a caller outside the management account is refused before the first check (bad_input.py).
NEVER_FAILS = {"ORG-02": "the scan refuses to start", "LZ-11": "nothing else can be read there either: ADisabledRegion shows it",
               "TD-01": "a scan tears nothing down (change_walks.py)", "TD-02": "nor this", "TD-03": "nor this", "TD-04": "nor this",
               "WVR-01": "no waivers are given here (scan_waivers.py)",
               "PLN-11": "AWS Backup accepts no shorter windows than the defaults require (mutations.py)",
               "PLN-12": "without a configuration every plan keeps long enough (mutations.py)",
               "ACC-07": "no control policy here denies copies (mutations.py)",
               "PLN-13": "no plan here copies outside, or of its own to a missing vault (mutations.py)",
               "PLN-14": "VLT-02 evaluates the local vaults that are gone (mutations.py)",
               "PLN-15": "nor writes to a vault of its own (mutations.py)", "PLN-17": "nor copies without a lifecycle (mutations.py)",
               "VLT-09": "local vaults have no policy here (mutations.py)",
               "ORG-12": "without a configuration there are no names (wishes.py)", "LZ-17": "nor Regions (wishes.py)",
               "COV-03": "only a second run says that a resource is not just deleted (evidence_history.py)"}
# A collection error is an ERROR, which the denied account below shows; nothing can FAIL.
ONLY_ERROR = {"COV-01", "COV-02"}
# The role exists and trusts another account.
DENIED_WORLD = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "changes": [{"set": {
    "service": "iam", "account": X_TEST, "path": "roles.AWSControlTowerExecution", "value": {
        "RoleName": "AWSControlTowerExecution", "Path": "/", "RoleId": "AROAEXAMPLEXTESTROLE",
        "Arn": f"arn:aws:iam::{X_TEST}:role/AWSControlTowerExecution", "CreateDate": "2025-06-01T00:00:00Z",
        "MaxSessionDuration": 3600, "@attached": [],
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}]})}}}]}


def run_world(name):
    flags = []
    with scans.Simulator(name, name=f"world-{name}") as sim:
        if name == "broken-landing-zone":
            config = simulator.SCRATCH / "wanted-accounts.yaml"
            config.write_text(WANTED_ACCOUNTS, encoding="utf-8")
            flags = ["--config-file", config]
        done = scans.scan(sim, *flags)
        done.effects = sim.effects()
        if name == "seed-healthy":
            done.again = scans.scan(sim, formats="json,xlsx")
        return done


def setUpModule():
    global RUNS
    RUNS = dict(zip(WORLDS, scans.together(*(lambda name=name: run_world(name) for name in WORLDS))))


class HealthyWorld(unittest.TestCase):
    def test_it_is_compliant_without_a_gap(self):
        done = RUNS["seed-healthy"]
        self.assertEqual(done.code, 0, done.err + done.out)
        self.assertEqual(done.report["verdict"], "COMPLIANT")
        self.assertEqual(done.report["coverage"]["gaps"], 0)
        self.assertEqual(done.report["coverage"]["reached"], done.report["coverage"]["expected"])
        self.assertEqual(done.pairs("FAIL", "ERROR", "MANUAL"), set())

    def test_landing_zone_3_3_differs_by_its_version_alone(self):
        self.assertEqual(RUNS["seed-healthy-3.3"].failing(), {("LZ-05", "landing-zone")})
        self.assertEqual(RUNS["seed-healthy-3.3"].code, 3)

    def test_every_check_passes_somewhere_or_has_nothing_to_judge(self):
        seen = {f["check_id"] for f in RUNS["seed-healthy"].findings}
        self.assertEqual(sorted(seen), scans.RULES)

    def test_a_second_run_gives_every_finding_the_same_id_and_status(self):
        self.assertEqual(RUNS["seed-healthy"].verdicts, RUNS["seed-healthy"].again.verdicts)
        self.assertEqual(len(RUNS["seed-healthy"].verdicts), len(RUNS["seed-healthy"].findings), "ids repeat")

    def test_the_scan_says_nothing_on_standard_error(self):
        self.assertEqual(RUNS["seed-healthy"].err, "")

    def test_the_directory_holds_the_run_its_report_and_their_sums_for_the_owner_alone(self):
        done = RUNS["seed-healthy"]
        self.assertEqual(done.files(), ["SHA256SUMS", "report.json", "run.db"])
        for line in (done.directory / "SHA256SUMS").read_text().splitlines():
            digest, name = line.split()
            self.assertEqual(hashlib.sha256((done.directory / name).read_bytes()).hexdigest(), digest, name)
        self.assertEqual(done.directory.stat().st_mode & 0o777, 0o700)
        for path in done.directory.iterdir():
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_the_workbook_lies_beside_the_report_when_it_is_asked_for(self):
        again = RUNS["seed-healthy"].again
        self.assertEqual(again.files(), ["SHA256SUMS", "report.json", "report.xlsx", "run.db"])
        self.assertEqual(again.out.count(str(again.directory)), 3)

    def test_no_secret_is_in_anything_it_wrote(self):
        done = RUNS["seed-broken"]
        secret = scans.Simulator.secret.encode()
        for path in done.directory.iterdir():
            self.assertNotIn(secret, path.read_bytes(), path)
        self.assertNotIn(scans.Simulator.secret, done.out + done.err)


class BrokenWorlds(unittest.TestCase):
    maxDiff = None

    def compare(self, name):
        done, wanted = RUNS[name], scans.expected(name)
        self.assertEqual(len(wanted), len(set(wanted)), "a line is there twice")
        self.assertEqual(sorted(done.failing()), sorted(wanted))
        self.assertEqual(done.pairs("ERROR", "MANUAL"), set())
        self.assertEqual((done.code, done.report["verdict"]), (3, "NON-COMPLIANT"), done.err)

    def test_seed_broken_fails_exactly_as_listed(self):
        self.compare("seed-broken")

    def test_broken_key_fails_exactly_as_listed(self):
        self.compare("broken-key")

    def test_broken_landing_zone_fails_exactly_as_listed(self):
        self.compare("broken-landing-zone")

    def test_bare_fails_exactly_as_listed(self):
        self.compare("bare")

    def test_every_check_fails_in_some_world(self):
        failing = {check for name in WORLDS for check, _ in RUNS[name].failing()}
        self.assertEqual(sorted(set(scans.RULES) - failing), sorted({*NEVER_FAILS, *ONLY_ERROR}))

    def test_seed_broken_alone_shows_all_that_can_fail_together(self):
        shown = {check for check, _ in RUNS["seed-broken"].failing()}
        others = {check for name in ("broken-key", "broken-landing-zone") for check, _ in scans.expected(name)}
        self.assertLessEqual(set(scans.RULES) - shown, others | set(NEVER_FAILS) | ONLY_ERROR)

    def test_each_failure_says_what_was_expected_and_seen_and_traces_to_a_fact(self):
        for f in RUNS["seed-broken"].findings:
            self.assertTrue(f["finding_id"] and f["expected"] and f["severity"], f)
            if f["status"] == "FAIL":
                self.assertTrue(f["observed"], f)
                self.assertTrue(f["evidence"], f)

    def test_counts_of_the_summary_are_those_of_the_findings(self):
        for name in WORLDS:
            report = RUNS[name].report
            for status, count in report["summary"]["by_status"].items():
                self.assertEqual(count, sum(f["status"] == status for f in report["findings"]), (name, status))
            self.assertEqual(report["summary"]["findings"], len(report["findings"]))

    def test_no_world_saw_a_write(self):
        for name in WORLDS:
            self.assertEqual(RUNS[name].effects["writes"], {}, name)
            self.assertEqual(RUNS[name].effects["total_writes"], 0, name)
            self.assertGreater(RUNS[name].effects["total_calls"], 100, name)


class DeniedAccount(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with scans.Simulator(DENIED_WORLD, name="denied") as sim:
            cls.done = scans.scan(sim)

    def test_the_run_is_incomplete_and_exits_4(self):
        self.assertEqual((self.done.code, self.done.report["verdict"]), (4, "INCOMPLETE"), self.done.err)
        self.assertEqual(self.done.failing(), set())

    def test_the_gap_is_named_with_operation_account_and_reason(self):
        gap, = [g for g in self.done.report["gaps"] if g["operation"] == "sts:AssumeRole"]
        self.assertEqual((gap["account_id"], gap["class"]), (X_TEST, "denied"))
        self.assertIn("AccessDenied", gap["code"] + gap["message"])

    def test_errors_are_of_that_account_alone_and_leave_no_region_of_it_out(self):
        errors = [f for f in self.done.findings if f["status"] == "ERROR"]
        self.assertEqual({f["account_id"] for f in errors}, {X_TEST})
        self.assertIn(("COV-01", X_TEST), self.done.pairs("ERROR"))
        for region in simulator.REGIONS:
            self.assertIn(("COV-02", f"{X_TEST}/{region}"), self.done.pairs("ERROR"))
        self.assertNotIn("PASS", {f["status"] for f in self.done.findings
                                  if f["account_id"] == X_TEST and f["scope"] in ("account-region", "vault", "plan", "resource")})
        for f in errors:
            self.assertIn("AssumeRole", f["observed"])

    def test_every_other_verdict_is_that_of_the_healthy_world(self):
        healthy = RUNS["seed-healthy"].verdicts
        for key, verdict in self.done.verdicts.items():
            if verdict[2] != "ERROR":
                self.assertEqual(healthy.get(key), verdict)
        here = {f["finding_id"] for f in RUNS["seed-healthy"].findings if f["account_id"] != X_TEST}
        self.assertLessEqual(here, set(self.done.verdicts), "a subject of another account was lost")

    def test_every_check_and_subject_has_exactly_one_result(self):
        pairs = [(f["check_id"], f["subject"]) for f in self.done.findings]
        self.assertEqual(len(pairs), len(set(pairs)))
        regions = {(f["check_id"], f["subject"]) for f in RUNS["seed-healthy"].findings
                   if f["scope"] in ("org", "landing-zone", "ou", "account", "key", "account-region")}
        self.assertEqual({(f["check_id"], f["subject"]) for f in self.done.findings
                          if f["scope"] in ("org", "landing-zone", "ou", "account", "key", "account-region")}, regions)
        for scope in ("vault", "plan", "resource"):
            checks = {f["check_id"] for f in self.done.findings if f["scope"] == scope}
            for check in checks:
                for region in simulator.REGIONS:
                    self.assertIn((check, f"{X_TEST}/{region}/"), set(pairs))

    def test_coverage_adds_up(self):
        report = self.done.report
        rows = report["account_regions"]
        self.assertEqual(report["coverage"]["expected"], len(rows))
        self.assertEqual(report["coverage"]["reached"], sum(r["state"] == "REACHED" for r in rows))
        self.assertEqual({r["account_id"] for r in rows if r["state"] != "REACHED"}, {X_TEST})
        self.assertLess(report["coverage"]["percent"], 100)


class ADisabledRegion(unittest.TestCase):
    def test_it_fails_lz_11_and_is_otherwise_told_as_unread(self):
        world = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "changes": [{"set": {
            "service": "account", "account": X_TEST, "path": "regions", "value": {"us-east-1": "DISABLED"}}}]}
        with scans.Simulator(world, name="disabled-region") as sim:
            done = scans.scan(sim)
        self.assertEqual(done.failing(), {("LZ-11", f"{X_TEST}/us-east-1")})
        self.assertEqual(done.code, 4, done.err)
        self.assertIn(("COV-02", f"{X_TEST}/us-east-1"), done.pairs("ERROR"))
        self.assertEqual({f["account_id"] for f in done.findings if f["status"] == "ERROR" and f["scope"] == "account-region"},
                         {X_TEST})


class Filters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def one(*flags, **env):
            return lambda: (scans.scan(cls.sim, *flags, env=scans.environment(cls.sim, **env)))
        cls.sim = scans.Simulator("seed-broken", name="filters")
        with cls.sim:
            (cls.region, cls.accounts, cls.ou, cls.excluded, cls.checks, cls.env, cls.ignored, cls.serious) = scans.together(
                one("-f", "eu-west-1"), one("--accounts", X_PROD), one("--ou", "Workloads/Workloads Y"),
                one("--excluded-accounts", f"{X_PROD},{LOGS}", "--excluded-region", "us-east-1,eu-north-1"),
                one("-c", "KMS-*,TAG-02"),
                one(TOWERKEEP_CHECKS="DEL-*", TOWERKEEP_ACCOUNTS=Y_PROD, TOWERKEEP_NO_UNGOVERNED="1",
                    TOWERKEEP_OUTPUT_FILENAME="nightly"),
                one("-c", "KMS-11", "-z"), one("-c", "KMS-11", "--fail-on", "high"))

    def placed(self, done, scopes=("account-region", "vault", "plan", "resource")):
        return {(f["account_id"], f["region"]) for f in done.findings if f["scope"] in scopes}

    def test_region_limits_what_is_looked_at(self):
        self.assertEqual({region for _, region in self.placed(self.region)}, {"eu-west-1"})
        self.assertEqual(self.region.code, 3)
        whole = {p for p in scans.expected("seed-broken") if p[0] in ("VLT-05", "PLN-04", "TAG-03") and "eu-west-1" in p[1]}
        self.assertLessEqual(whole, self.region.failing())

    def test_accounts_limit_what_is_looked_at(self):
        self.assertLessEqual({account for account, _ in self.placed(self.accounts)}, {X_PROD, simulator.MANAGEMENT, simulator.CENTRAL})
        self.assertLessEqual({p for p in scans.expected("seed-broken") if p[0] in ("TAG-01", "TAG-02", "OPT-03", "OPT-04")},
                             self.accounts.failing())

    def test_an_ou_is_found_by_its_path(self):
        seen = {account for account, _ in self.placed(self.ou)}
        self.assertIn(Y_PROD, seen)
        self.assertNotIn(X_PROD, seen)

    def test_what_is_excluded_is_not_there(self):
        seen = self.placed(self.excluded)
        self.assertNotIn(X_PROD, {account for account, _ in seen})
        self.assertNotIn("us-east-1", {region for _, region in seen})
        self.assertIn(Y_PROD, {account for account, _ in seen})

    def test_checks_are_chosen_by_glob(self):
        self.assertEqual({f["check_id"] for f in self.checks.findings},
                         {rule for rule in scans.RULES if rule.startswith("KMS-")} | {"TAG-02"})

    def test_the_environment_speaks_for_flags(self):
        path = self.env.directory / "nightly.json"
        findings = json.loads(path.read_text())["findings"]
        self.assertEqual({f["check_id"] for f in findings}, {rule for rule in scans.RULES if rule.startswith("DEL-")})
        self.assertEqual(self.env.code, 3)

    def test_exit_3_can_be_ignored_or_kept_for_worse(self):
        self.assertEqual((self.ignored.code, self.serious.code), (0, 0))
        self.assertEqual(self.serious.failing(), {("KMS-11", "eu-west-1")})


class ABackupPolicyThatCopiesWithinTheAccount(unittest.TestCase):
    """AWS's own example: a copy to another Region of the same account. It passes, and is named."""

    def test_passes_and_is_named(self):
        vault = "aws-controltower-local-backupvault-exampleorg1"
        copy = f"arn:aws:backup:eu-west-1:$account:backup-vault:{vault}"
        content = {"plans": {"Gold": {"regions": {"@@assign": ["eu-central-1"]}, "rules": {"R": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}, "target_backup_vault_name": {"@@assign": vault},
            "copy_actions": {copy: {"target_backup_vault_arn": {"@@assign": copy}}}}},
            "selections": {"tags": {"T": {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/aws-controltower-BackupRole"},
                                          "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["gold"]}}}}}}}
        policy = {"Id": "p-goldgold01", "Arn": "arn:aws:organizations::111122221111:policy/o-exampleorg1/backup_policy/p-goldgold01",
                  "Name": "Gold", "Description": "gold", "Type": "BACKUP_POLICY", "AwsManaged": False,
                  "targets": {simulator.unit("workx001"): True}, "Content": json.dumps(content)}
        world = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "changes": [{"set": {
            "service": "organizations", "account": "management", "path": "policies.p-goldgold01", "value": policy}}]}
        with scans.Simulator(world, name="policy-within-the-account") as sim:
            done = scans.scan(sim, "-c", "PLN-06", "--no-ungoverned")
        found = {f["account_id"]: f for f in done.findings if f["check_id"] == "PLN-06" and f["status"] != "NOT_APPLICABLE"}
        self.assertEqual({account: f["status"] for account, f in found.items()}, {X_PROD: "PASS", X_TEST: "PASS"}, done.out)
        self.assertIn("plans whose copies do not go to the central account: Gold", found[X_PROD]["observed"])


class ZWire(unittest.TestCase):
    def test_every_request_answer_and_signature_agrees_with_the_official_models(self):
        self.assertGreater(scans.judge_recordings(), 5000)


if __name__ == "__main__":
    unittest.main()
