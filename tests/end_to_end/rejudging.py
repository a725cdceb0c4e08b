"""`towerkeep check RUN --rules DIR`: a stored run is evaluated again, without AWS, and gives the same bytes every time."""
import shutil
import sqlite3
import subprocess
import unittest

import scans

FORMATS = "json,ndjson,csv,markdown,html,junit,sarif,ocsf,asff,prometheus,xlsx"
RULE = """id: ACME-1
title: Every governed Region of an account has a vault
step: 5
severity: low
scope: account-region
why: because
how: by counting
needs: [backup:ListBackupVaults]
assert: {field: local_vaults, at_least: 1}
expected: a vault
observed: "{local_vaults} vaults"
"""


def setUpModule():
    global RUN
    with scans.Simulator("seed-broken", name="rejudging") as sim:
        RUN = scans.scan(sim)


def judge(name, *flags):
    """A copy of the run, evaluated again without network and credentials; (exit status, {file: bytes}, run)."""
    where = scans.directory(f"rejudging-{name}")
    shutil.copytree(RUN.directory, where)
    environment = scans.environment(None, AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_EC2_METADATA_DISABLED="true")
    done = subprocess.run([str(scans.SCANNER), "check", str(where), "-M", FORMATS, *map(str, flags)], capture_output=True, text=True,
                          env=environment, stdin=subprocess.DEVNULL, timeout=scans.SCAN_SECONDS, check=False)
    if "Sanitizer" in done.stderr or "runtime error" in done.stderr or done.returncode not in (0, 3, 4):
        raise AssertionError(done.stderr[-4000:])
    reports = {path.name: path.read_bytes() for path in where.iterdir() if path.name.startswith("report.")}
    with sqlite3.connect(f"file:{where / 'run.db'}?mode=ro", uri=True) as run:
        verdicts = run.execute("SELECT * FROM findings ORDER BY finding_id").fetchall()
    return done.returncode, reports, verdicts


class Rejudging(unittest.TestCase):
    maxDiff = 2000

    def test_the_same_rules_say_the_same_and_write_the_same_bytes(self):
        first, second = scans.together(lambda: judge("one"), lambda: judge("two"))
        self.assertEqual(first[0], RUN.code)
        self.assertEqual(first[2], second[2])
        self.assertEqual(sorted(first[1]), sorted(second[1]))
        self.assertGreaterEqual(len(first[1]), 10)
        for name, data in first[1].items():
            self.assertEqual(data, second[1][name], f"{name} differs")

    def test_what_was_found_is_what_the_scan_found(self):
        with sqlite3.connect(f"file:{RUN.directory / 'run.db'}?mode=ro", uri=True) as run:
            before = run.execute("SELECT * FROM findings ORDER BY finding_id").fetchall()
        self.assertEqual(judge("again")[2], before)

    def test_a_rule_of_ones_own_is_judged_on_yesterdays_facts(self):
        rules = scans.directory("rejudging-rules")
        rules.mkdir(parents=True)
        (rules / "ACME-1.yaml").write_text(RULE, encoding="utf-8")
        _, reports, verdicts = judge("own", "--rules", rules)
        mine = [row for row in verdicts if "ACME-1" in row]
        self.assertGreater(len(mine), 20)
        self.assertIn(b"ACME-1", reports["report.csv"])
        self.assertEqual([row for row in verdicts if "ACME-1" not in row], judge("without")[2])


if __name__ == "__main__":
    unittest.main()
