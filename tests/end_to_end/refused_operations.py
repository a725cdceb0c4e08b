"""Refused operations are reported: no refused call changes a result into another one.

Each operation that a scan of a world uses is refused everywhere, one after the other, and the world is scanned again. A result
can stay the same or become ERROR. FAIL instead of PASS is a false alarm; PASS or no result instead of FAIL hides a failure. A
subject can be missing only if an ERROR covers everything that could not be listed there. If two operations can replace each
other, the test also refuses both.
"""
import collections
import concurrent.futures
import os
import shutil
import sqlite3
import unittest

import scans

WORLDS = ("seed-healthy", "seed-broken")
# It evaluates collection errors: a refusal is its FAIL.
SHOWS_GAPS = {"COV-02"}
# Pairs in which one operation replaces the other: summaries and the list of the account, the list of accounts and the tree.
TWICE = [("backup:ListBackupJobSummaries", "backup:ListBackupJobs"), ("backup:ListCopyJobSummaries", "backup:ListCopyJobs"),
         ("organizations:ListAccounts", "organizations:ListAccountsForParent"), ("organizations:ListAccounts", "organizations:ListRoots")]
# Without these there is no scan: it names the call and ends with exit status 4, without results.
NO_SCAN_WITHOUT = {"controltower:GetLandingZone", "controltower:ListLandingZones", "organizations:DescribeOrganization",
                   "sts:GetCallerIdentity"}
REFUSALS = collections.defaultdict(lambda: "AccessDeniedException", ec2="UnauthorizedOperation", rds="AccessDenied", s3="AccessDenied",
                                   iam="AccessDenied", sts="AccessDenied")


def refuse(operation):
    return {"match": {"operation": operation},
            "error": {"code": REFUSALS[operation.partition(":")[0]], "status": 403, "message": "denied"}}


def verdicts(run):
    if not (run / "run.db").exists():
        return {}
    with sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True) as store:
        return {(check, subject): status for check, subject, status in
                store.execute("SELECT check_id, subject, status FROM findings")}


def scan(world, operations=()):
    """(exit status, standard error, results) with these operations refused."""
    name = f"refused-{world}-" + "-".join(one.replace(":", "-") for one in operations)
    faults = {"faults": [refuse(one) for one in operations]} if operations else None
    with scans.simulator.Simulator(world, name=name, faults=faults, record=False) as sim:
        config = scans.SCRATCH / f"{name}.yaml"
        config.write_text("scan: {ungoverned_regions: false}\n", encoding="utf-8")
        done = scans.scan(sim, "--config-file", config, to=scans.directory(name), formats="csv")
    found = verdicts(done.directory)
    shutil.rmtree(done.directory, ignore_errors=True)
    return done.code, done.err, found


def stands_for(check, subject, after):
    """Whether an ERROR of that check covers everything that could not be listed where the subject was."""
    home = {one for (name, one), status in after.items() if name == check and status == "ERROR"}
    place = "/".join(subject.split("/")[:2]) + "/"
    # Replicas outside the governed Regions are found only through the primary key, whose subject is also a Region.
    return "" in home or place in home or (check.startswith(("KMS", "TD-03")) and any("/" not in one for one in home))


def lies(before, after):
    """["CHECK SUBJECT WAS>IS"]"""
    told = []
    for pair in before.keys() | after.keys():
        check, subject = pair
        was, now = before.get(pair, "new"), after.get(pair, "gone")
        quiet = (was == "new" and now == "NOT_APPLICABLE") or (was == "NOT_APPLICABLE" and now == "gone")
        if was == now or now == "ERROR" or quiet or check in SHOWS_GAPS:
            continue
        if now != "gone" or not stands_for(check, subject, after):
            told.append(f"{check} {subject} {was}>{now}")
    return sorted(told)


class Unseen(unittest.TestCase):
    maxDiff = None

    def judge(self, world):
        with scans.Simulator(world, name=f"refused-{world}") as sim:
            scans.scan(sim, formats="csv")
            operations = sorted({one.split()[0] for one in scans.calls(sim)})
        self.assertGreater(len(operations), 45)
        code, _, before = scan(world)
        self.assertEqual(code, 0 if world == "seed-healthy" else 3)
        jobs = [(one,) for one in operations] + TWICE
        wrong = []
        with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
            for refused, (code, said, after) in zip(jobs, pool.map(lambda job: scan(world, job), jobs)):
                name = " and ".join(refused)
                if after:
                    wrong += [f"{name} refused: {one}" for one in lies(before, after)]
                elif refused[0] not in NO_SCAN_WITHOUT or refused[0] not in said:
                    wrong.append(f"{name} refused: no finding, and it said {said.strip()[-300:]}")
                # The first of a pair can be replaced by the second; any other refusal is a loss.
                lossless = len(refused) == 1 and refused[0] in {TWICE[0][0], TWICE[1][0]}
                if code != 4 and not lossless:
                    wrong.append(f"{name} refused: exit status {code}")
        self.assertEqual(wrong, [])

    def test_no_refused_operation_turns_a_verdict_of_the_healthy_organization_into_another(self):
        self.judge("seed-healthy")

    def test_no_refused_operation_turns_a_verdict_of_the_broken_organization_into_another(self):
        self.judge("seed-broken")


class AUsersRule(unittest.TestCase):
    """A rule that names no operation, and reads a member of a refused one."""
    RULE = """\
id: ACME-1
title: No OU below has backup
step: 5
severity: high
scope: ou
why: because
how: by looking
%sassert: {field: descendants_with_backup, empty: true}
expected: none
observed: "{descendants_with_backup}"
"""

    def test_it_gives_an_error_and_not_a_pass(self):
        for name, needs in (("none", "needs: []\n"), ("left-out", "")):
            rules = scans.directory(f"refused-rules-{name}")
            rules.mkdir(parents=True)
            (rules / "ACME-1.yaml").write_text(self.RULE % needs, encoding="utf-8")
            for refused, expected in (([], {"PASS", "FAIL"}), ([refuse("controltower:ListEnabledBaselines")], {"ERROR"})):
                with scans.simulator.Simulator("seed-healthy", name=f"refused-rule-{name}", faults={"faults": refused}, record=False) as sim:
                    done = scans.scan(sim, "--no-ungoverned", "--rules", rules, "-c", "ACME-1")
                self.assertEqual({f["status"] for f in done.findings if f["check_id"] == "ACME-1"}, expected, (needs, refused))


if __name__ == "__main__":
    unittest.main()
