"""A scan compares itself with the run before it, `diff` compares any two runs, and a finding that was not read is not resolved."""
import collections
import datetime
import hashlib
import json
import re
import shutil
import subprocess
import unittest

import jsonschema
import openpyxl

import scans
import simulator

KEY = "mrk-0123456789abcdef0123456789abcdef"
WELL = {"PASS", "FIXED"}


def run(*arguments):
    return subprocess.run([str(scans.SCANNER), *map(str, arguments)], capture_output=True, text=True, check=False,
                          env=scans.environment())


def change(before, after):
    """The change of a finding that both runs have, computed here from the documentation."""
    was, now = before["status"], after["status"]
    if now == "FAIL" and was != "FAIL":
        return "REGRESSED" if was in WELL else "WAIVER EXPIRED" if was == "MUTED" else "CHANGED" if was == "ERROR" else "NEW"
    if was == "FAIL" and now != "FAIL":
        return "RESOLVED" if now in WELL | {"NOT_APPLICABLE"} else "CHANGED"
    if was != now:
        return "CHANGED"
    same = all(before[key] == after[key] for key in ("observed", "expected", "severity"))
    return "UNCHANGED" if same or now not in ("FAIL", "ERROR", "MANUAL") else "CHANGED"


def compare(before, after):
    """{finding ID: change} of two reports with the same scope."""
    old, new = ({f["finding_id"]: f for f in report["findings"]} for report in (before, after))
    told = {key: change(old[key], new[key]) for key in old.keys() & new.keys()}
    told |= {key: "RESOLVED" if old[key]["status"] == "FAIL" else "CHANGED" for key in old.keys() - new.keys()}
    return told | {key: "NEW" if new[key]["status"] == "FAIL" else "CHANGED" for key in new.keys() - old.keys()}


def diff(a, b, *flags):
    done = run("diff", a, b, "-M", "json", "--all", *flags)
    if "Sanitizer" in done.stderr:
        raise AssertionError(done.stderr)
    return done.returncode, json.loads(done.stdout)


class History(unittest.TestCase):
    """Four nights in one directory: compliant, a replica key disabled, the same, repaired."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.nights, where = [], scans.directory("nightly")
        with scans.Simulator("seed-healthy", name="history") as sim:
            aws = simulator.Aws(sim)
            for night in range(4):
                if night == 1:
                    aws.ok("kms disable-key", region="eu-west-1", key_id=KEY)
                if night == 3:
                    aws.ok("kms enable-key", region="eu-west-1", key_id=KEY)
                done = scans.scan(sim, "--no-ungoverned", to=where, formats="json,xlsx")
                kept = scans.directory(f"night-{night}")
                shutil.copytree(where, kept)
                cls.nights.append(scans.Scan(kept, done.code, done.out, done.err))
                # The second of their end identifies runs.
                ended = datetime.datetime.fromisoformat(cls.nights[-1].report["run"]["ended"])
                simulator.wait_until(lambda: datetime.datetime.now(datetime.timezone.utc) >= ended + datetime.timedelta(seconds=1),
                                     "the second after a run's end")
            cls.keys_only = scans.scan(sim, "--no-ungoverned", "-c", "KMS-*", "--previous", cls.nights[1].directory)
            cls.framework = scans.scan(sim, "--no-ungoverned", "--compliance", "nist-800-53-r5", "--previous", cls.nights[1].directory)
            cls.elsewhere = scans.scan(sim, "--no-ungoverned", "--accounts", simulator.X_PROD, "--previous", cls.nights[0].directory)

    def test_the_first_run_has_nothing_before_it(self):
        first = self.nights[0]
        self.assertIsNone(first.report["diff"])
        self.assertNotIn("Since the previous run", first.out)
        diff = openpyxl.load_workbook(first.directory / "report.xlsx", read_only=True)["Diff"]
        self.assertTrue(next(diff.iter_rows(min_row=2, values_only=True))[0].startswith("No comparison: "))
        self.assertEqual(first.report["run"]["program_digest"], hashlib.sha256(scans.SCANNER.read_bytes()).hexdigest())
        ended = first.report["run"]["ended"]
        self.assertEqual({(f["first_seen"], f["last_seen"], f["status_since"]) for f in first.findings}, {(ended,) * 3})

    def test_each_night_counts_what_became_of_every_finding(self):
        for before, after in zip(self.nights, self.nights[1:]):
            told = after.report["diff"]
            self.assertEqual(told["previous_run_id"], before.report["run"]["run_id"])
            self.assertEqual(told["previous_ended"], before.report["run"]["ended"])
            wanted = collections.Counter(compare(before.report, after.report).values())
            self.assertEqual({k: v for k, v in told["by_change"].items() if v}, dict(wanted))
        self.assertEqual([night.report["diff"]["by_change"]["REGRESSED"] for night in self.nights[1:]], [1, 0, 0])
        self.assertEqual([night.report["diff"]["by_change"]["RESOLVED"] for night in self.nights[1:]], [0, 0, 1])

    def test_reports_keep_to_the_schema(self):
        schema = json.loads((simulator.TREE / "docs/schemas/report.schema.json").read_text(encoding="utf-8"))
        for done in (*self.nights, self.keys_only, self.framework, self.elsewhere):
            jsonschema.validate(done.report, schema)

    def test_the_terminal_says_it(self):
        lines = [re.search(r"Since the previous run: (.*)", night.out)[1] for night in self.nights[1:]]
        self.assertTrue(lines[0].startswith("0 new, 1 regressed, 0 resolved"), lines)
        self.assertEqual(lines[1], "0 new, 0 resolved")
        self.assertTrue(lines[2].startswith("0 new, 1 resolved"), lines)

    def test_when_it_was_first_seen_and_since_when_it_is_so(self):
        ended = [night.report["run"]["ended"] for night in self.nights]
        self.assertEqual(len(set(ended)), 4)
        seen = [next(f for f in night.findings if (f["check_id"], f["subject"]) == ("KMS-05", "eu-west-1")) for night in self.nights]
        self.assertEqual([f["status"] for f in seen], ["PASS", "FAIL", "FAIL", "PASS"])
        self.assertEqual([f["first_seen"] for f in seen], [ended[0], ended[1], ended[1], ended[1]], "since it failed, not since the check ran")
        self.assertEqual([f["last_seen"] for f in seen], ended)
        self.assertEqual([f["status_since"] for f in seen], [ended[0], ended[1], ended[1], ended[3]])

    def test_the_trend_goes_on_from_night_to_night(self):
        wanted = []
        for night in self.nights:
            told = night.report
            wanted.append({"run_id": told["run"]["run_id"], "ended": told["run"]["ended"], "verdict": told["verdict"],
                           "by_status": told["summary"]["by_status"],
                           **{key: told["coverage"][key] for key in ("expected", "reached", "gaps")}})
            self.assertEqual(told["trend"], wanted)
            sheet = openpyxl.load_workbook(night.directory / "report.xlsx", read_only=True)["Summary"]
            rows = [row for row in sheet.iter_rows(values_only=True) if row and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", str(row[0]))]
            self.assertEqual([(row[1], row[6], row[9]) for row in rows],
                             [(p["by_status"]["FAIL"], p["by_status"]["PASS"], p["verdict"]) for p in wanted])

    def test_the_workbook_lists_the_differences(self):
        for before, after in zip(self.nights, self.nights[1:]):
            told = {key: what for key, what in compare(before.report, after.report).items() if what != "UNCHANGED"}
            sheet = openpyxl.load_workbook(after.directory / "report.xlsx", read_only=True)["Diff"]
            rows = [row for row in sheet.iter_rows(values_only=True) if row and row[-1] and re.fullmatch("[0-9a-f]{16}", str(row[-1]))]
            self.assertEqual({row[-1]: row[0] for row in rows}, told)
            self.assertEqual(len(rows), len(told))

    def test_diff_of_two_runs_agrees_with_the_scan_and_with_the_reports(self):
        for a, before in enumerate(self.nights):
            for b, after in enumerate(self.nights):
                code, told = diff(before.directory, after.directory / "run.db")
                self.assertEqual({row["finding_id"]: row["change"] for row in told["differences"]}, compare(before.report, after.report))
                counts = collections.Counter(row["change"] for row in told["differences"])
                self.assertEqual({k: v for k, v in told["counts"].items() if v}, dict(counts))
                self.assertEqual(code, 3 if counts["REGRESSED"] + counts["NEW"] else 0)
                if b == a + 1:
                    self.assertEqual(told["counts"], after.report["diff"]["by_change"])
        text = run("diff", self.nights[0].directory, self.nights[1].directory)
        self.assertRegex(text.stdout, r"(?m)^REGRESSED +critical +KMS-05  .*PASS -> FAIL")
        self.assertNotIn("\nUNCHANGED", text.stdout)

    def test_what_was_not_looked_at_is_not_resolved(self):
        failing = {f["finding_id"] for f in self.nights[1].findings if f["status"] == "FAIL"}
        self.assertTrue(failing)
        for narrow, base in ((self.keys_only, self.nights[1]), (self.framework, self.nights[1]), (self.elsewhere, self.nights[0])):
            told = narrow.report["diff"]["by_change"]
            gone = {f["finding_id"] for f in base.findings} - {f["finding_id"] for f in narrow.findings}
            self.assertTrue(gone)
            _, rows = diff(base.directory, narrow.directory)
            what = {row["finding_id"]: row["change"] for row in rows["differences"]}
            self.assertEqual({what[key] for key in gone}, {"NOT COMPARED"})
            self.assertEqual(told["NOT COMPARED"], sum(1 for change in what.values() if change == "NOT COMPARED"))
        self.assertEqual(self.keys_only.report["diff"]["by_change"]["RESOLVED"], 1)
        self.assertEqual(self.elsewhere.report["diff"]["by_change"]["RESOLVED"], 0)

    def test_an_old_run_is_drawn_again_with_its_history(self):
        copy = scans.directory("night-redrawn")
        shutil.copytree(self.nights[1].directory, copy)
        before = (copy / "report.json").read_bytes()
        self.assertEqual(run("report", copy, "-M", "json").returncode, 3)
        self.assertEqual((copy / "report.json").read_bytes(), before)
        self.assertEqual(run("check", copy, "-M", "json").returncode, 3)
        self.assertEqual(json.loads((copy / "report.json").read_text())["diff"]["by_change"], json.loads(before)["diff"]["by_change"])

    def test_bad_input_is_one_line(self):
        broken = scans.directory("damaged")
        shutil.copytree(self.nights[0].directory, broken)
        data = bytearray((broken / "run.db").read_bytes())
        data[100:4000] = b"\xff" * 3900
        (broken / "run.db").write_bytes(data)
        for arguments in (["diff"], ["diff", broken], ["diff", broken, self.nights[0].directory], ["diff", "/nonexistent", broken],
                          ["diff", "-M", "xml", broken, broken], ["report", "/nonexistent"], ["report", scans.directory("void")], ["scan", "--previous", "/nonexistent", "-o", scans.directory("none")]):
            done = run(*arguments)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), (arguments, done.stdout, done.stderr))


if __name__ == "__main__":
    unittest.main()
