"""Waivers and frameworks on a whole organization: the findings that a file of waivers covers, when waivers end, and the evidence
of each requirement.
"""
import collections
import json
import shutil
import sqlite3
import subprocess
import unittest

import jsonschema
import openpyxl
import scans
import simulator

SCHEMA = json.loads((simulator.TREE / "docs" / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
HEAD = "Mutelist:\n  Accounts:\n"
ANY = "          Regions: ['*']\n          Resources: ['*']\n"


def waiver(account, check, *more):
    return f"    '{account}':\n      Checks:\n        '{check}':\n{ANY}" + "".join(f"          {line}\n" for line in more)


def write(name, text):
    simulator.SCRATCH.mkdir(parents=True, exist_ok=True)
    path = simulator.SCRATCH / f"{name}.waivers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def setUpModule():
    global RUN, SCANNED
    file = write("scanned", HEAD + waiver("*", "KMS-*", "Owner: Key team", "Ticket: RISK-42", "Expires: 2999-12-31"))
    with scans.Simulator("seed-broken", name="waivers") as sim:
        RUN, SCANNED = scans.together(lambda: scans.scan(sim), lambda: scans.scan(sim, "-w", file, formats="json,xlsx"))


def check(name, *flags, formats="json", ended=None):
    """`towerkeep check` of a copy of the run that was scanned without waivers."""
    where = scans.directory(f"waivers-{name}")
    shutil.copytree(RUN.directory, where)
    if ended:
        with sqlite3.connect(where / "run.db") as run:
            run.execute("UPDATE meta SET value = ? WHERE key = 'ended'", (ended,))
    done = subprocess.run([str(scans.SCANNER), "check", str(where), "-M", formats, *map(str, flags)], capture_output=True, text=True,
                          env=scans.environment(), stdin=subprocess.DEVNULL, timeout=scans.SCAN_SECONDS, check=False)
    if "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        raise AssertionError(done.stderr[-6000:])
    return scans.Scan(where, done.returncode, done.stdout, done.stderr)


class Muting(unittest.TestCase):
    maxDiff = None

    def test_what_a_waiver_covers_is_muted_and_nothing_else_changes(self):
        def kept(done):
            return {(f["check_id"], f["subject"]): f["status"] for f in done.findings if f["check_id"] != "WVR-01"}
        before, after = kept(RUN), kept(SCANNED)
        wanted = {key: "MUTED" if status == "FAIL" and key[0].startswith("KMS-") else status for key, status in before.items()}
        self.assertEqual(after, wanted)
        self.assertGreater(list(after.values()).count("MUTED"), 3)

    def test_a_muted_finding_names_its_waiver_and_no_other_does(self):
        for f in SCANNED.findings:
            self.assertEqual(f["waiver"], "*/KMS-*" if f["status"] == "MUTED" else None, f)

    def test_reports_list_the_waiver_with_its_use(self):
        told, = SCANNED.report["waivers"]
        muted = len(SCANNED.pairs("MUTED"))
        self.assertEqual((told["name"], told["owner"], told["ticket"], told["state"], told["matched"], told["line"]),
                         ("*/KMS-*", "Key team", "RISK-42", "ACTIVE", muted, 5))
        book = openpyxl.load_workbook(SCANNED.directory / "report.xlsx")
        titles, row = list(book["Waivers"].iter_rows(min_row=3, values_only=True))[:2]
        read = dict(zip(titles, row))
        self.assertEqual((read["State"], read["Check"], read["Owner"], f"{read['Expires']:%Y-%m-%d}", read["Matched"]),
                         ("ACTIVE", "KMS-*", "Key team", "2999-12-31", muted))
        cells = [value for _, value in book["Findings"].iter_rows(min_row=3, max_col=2, values_only=True)]
        self.assertEqual(cells.count("MUTED"), muted)
        self.assertIn(f"{muted} failing but waived (MUTED)", SCANNED.out)

    def test_the_rule_about_waivers_passes_with_a_file_and_does_not_apply_without(self):
        self.assertEqual(len({s for c, s in SCANNED.pairs("PASS") if c == "WVR-01"}), 1)
        self.assertEqual(len({s for c, s in RUN.pairs("NOT_APPLICABLE") if c == "WVR-01"}), 1)

    def test_a_run_judged_again_without_the_file_is_what_it_was_without_it(self):
        self.assertEqual(check("without").verdicts, RUN.verdicts)
        self.assertEqual((RUN.report["waivers"], RUN.report["run"]["waivers_digest"]), ([], None))
        sheet = openpyxl.load_workbook(check("sheets", formats="json,xlsx").directory / "report.xlsx")["Waivers"]
        self.assertTrue(sheet["A2"].value.startswith("No waivers: "))
        self.assertEqual(sheet.max_row, 3)

    def test_the_same_file_gives_the_same_bytes(self):
        file = write("same", HEAD + waiver("*", "*", "Expires: 2999-12-31"))
        first, second = (check(f"same-{n}", "-w", file).directory / "report.json" for n in "12")
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_a_waiver_of_everything_leaves_no_failure_and_no_pass_more(self):
        done = check("all", "-w", write("all", HEAD + waiver("*", "*")))
        self.assertEqual((done.code, done.report["verdict"]), (0, "COMPLIANT"))
        self.assertEqual(done.pairs("MUTED"), RUN.failing())
        self.assertEqual(done.pairs("PASS") - RUN.pairs("PASS"), {(c, s) for c, s in done.pairs("PASS") if c == "WVR-01"})

    def test_a_mutelist_for_other_checks_is_accepted_and_unused(self):
        done = check("foreign", "-w", simulator.TREE / "tests" / "check" / "waivers" / "mutelist.yaml")
        states = {w["check"]: w["state"] for w in done.report["waivers"]}
        self.assertEqual(states["iam_user_hardware_mfa_enabled"], "UNUSED")
        self.assertIn("UNUSED    222233330041/iam_user_hardware_mfa_enabled (line 6)", done.out)

    def test_resource_region_tag_and_exception_decide(self):
        tagged = {(f["check_id"], f["subject"]): f for f in RUN.findings if f["scope"] == "resource" and f["status"] == "FAIL"}
        self.assertGreater(len(tagged), 3)
        one = next(iter(tagged.values()))
        text = (f"{HEAD}    '{one['account_id']}':\n      Checks:\n        '{one['check_id']}':\n          Regions: ['^{one['region']}$']\n"
                f"          Resources: ['^{one['resource_arn']}$']\n")
        self.assertEqual(check("one", "-w", write("one", text)).pairs("MUTED"), {(one["check_id"], one["subject"])})
        text += f"          Exceptions: {{Regions: ['{one['region']}']}}\n"
        self.assertEqual(check("none", "-w", write("none", text)).pairs("MUTED"), set())


class Ending(unittest.TestCase):
    def at(self, moment):
        file = write("ending", HEAD + waiver("*", "KMS-*", "Owner: Ann", "Expires: 2026-11-30"))
        return check("ending-" + moment.replace(":", ""), "-w", file, ended=moment)

    def test_at_the_last_second_of_its_day_it_covers(self):
        done = self.at("2026-11-30T23:59:59Z")
        self.assertTrue(done.pairs("MUTED"))
        self.assertEqual([(w["state"], w["days_left"]) for w in done.report["waivers"]], [("EXPIRING", 0)])
        self.assertIn("EXPIRING  */KMS-* (line 5), until 2026-11-30, owner Ann", done.out)
        self.assertNotIn("WVR-01", {c for c, _ in done.failing()})

    def test_at_the_first_second_of_the_next_it_mutes_nothing_and_is_a_finding(self):
        done = self.at("2026-12-01T00:00:00Z")
        self.assertEqual(done.pairs("MUTED"), set())
        self.assertEqual([(w["state"], w["days_left"], w["matched"]) for w in done.report["waivers"]], [("EXPIRED", -1, 0)])
        found, = [f for f in done.findings if f["check_id"] == "WVR-01"]
        self.assertEqual((found["status"], found["observed"]), ("FAIL", "expired: */KMS-* (line 5, until 2026-11-30, owner Ann)"))

    def test_nothing_mutes_the_finding_about_an_expired_one(self):
        text = HEAD + waiver("*", "*") + f"        'KMS-11':\n{ANY}          Expires: 2020-01-01\n"
        done = check("own", "-w", write("own", text))
        self.assertEqual({c for c, _ in done.failing()}, {"WVR-01"})
        self.assertEqual(done.code, 3)


class Refusals(unittest.TestCase):
    def refused(self, name, text, *words):
        done = check(name, "-w", write(name, text))
        self.assertEqual(done.code, 2)
        self.assertEqual(done.err.count("\n"), 1, done.err)
        for word in words:
            self.assertIn(word, done.err)

    def test_a_key_that_is_there_twice_is_refused_with_both_lines(self):
        twice = HEAD + waiver("*", "KMS-05") + f"        'KMS-05':\n{ANY}"
        self.refused("twice", twice, '"KMS-05" is on line 5 and again on line 8', ".yaml:8:9: ")

    def test_a_bad_day_pattern_or_member_is_refused_with_its_place(self):
        self.refused("day", HEAD + waiver("*", "A", "Expires: 2026-02-30"), ".yaml:8:20: ", "a valid date such as")
        self.refused("pattern", HEAD + waiver("*", "A", "Tags: ['(']"), ".yaml:8:18: ", "regular expression")
        self.refused("member", HEAD + waiver("*", "A", "Expirs: 2026-02-01"), 'did you mean "Expires"?')

    def test_a_file_that_is_not_there_is_refused_before_any_call(self):
        done = check("absent", "-w", "/nonexistent/waivers.yaml")
        self.assertEqual(done.code, 2)
        self.assertIn("/nonexistent/waivers.yaml", done.err)

    def test_an_unknown_framework_is_refused_with_the_nearest(self):
        done = check("framework", "--compliance", "nis3")
        self.assertEqual(done.code, 2)
        self.assertIn("did you mean nis2?", done.err)


class Compliance(unittest.TestCase):
    def statuses(self, done):
        by_check = collections.defaultdict(collections.Counter)
        for f in done.findings:
            by_check[f["check_id"]][f["status"]] += 1
        return by_check

    def expected(self, row, by_check):
        if not row["checks"]:
            return "NOT_EVIDENCED"
        total = sum((by_check[c["id"]] for c in row["checks"]), collections.Counter())
        for status, result in (("FAIL", "FAIL"), ("ERROR", "ERROR"), ("MANUAL", "MANUAL"), ("MUTED", "MANUAL")):
            if total[status]:
                return result
        whole = all(c["id"] in by_check for c in row["checks"])
        return "PASS" if whole and total["PASS"] + total["FIXED"] else "NOT_EVIDENCED"

    def compare(self, done):
        by_check = self.statuses(done)
        rows = done.report["compliance"]
        for row in rows:
            self.assertEqual(row["result"], self.expected(row, by_check), row)
            self.assertEqual(row["why"] is not None, row["result"] == "NOT_EVIDENCED", row)
            for status, count in row["counts"].items():
                self.assertEqual(count, sum(by_check[c["id"]][status] for c in row["checks"]), row)
        return rows

    def test_every_requirement_of_every_framework_is_told(self):
        rows = self.compare(RUN)
        told = collections.Counter(row["framework"] for row in rows)
        files = {path.stem: path.read_text(encoding="utf-8").count("\n  - id: ") for path in
                 (simulator.TREE / "rules" / "frameworks").glob("*.yaml")}
        self.assertEqual(told, files)
        self.assertEqual({row["result"] for row in rows} - {"ERROR", "MANUAL"}, {"PASS", "FAIL", "NOT_EVIDENCED"} & {row["result"] for row in rows})
        self.assertIn("FAIL", {row["result"] for row in rows})

    def test_findings_carry_the_requirements_of_their_check(self):
        wanted = collections.defaultdict(lambda: collections.defaultdict(list))
        for row in RUN.report["compliance"]:
            for one in row["checks"]:
                wanted[one["id"]][row["framework_title"]].append(row["requirement"])
        for f in RUN.findings:
            self.assertEqual({c["framework"]: c["requirements"] for c in f["compliance"]}, wanted[f["check_id"]], f["check_id"])

    def test_the_flag_judges_only_what_is_mapped_and_tells_only_that_framework(self):
        done = check("nis2", "--compliance", "nis2", formats="json,xlsx")
        rows = self.compare(done)
        self.assertEqual({row["framework"] for row in rows}, {"nis2"})
        mapped = {c["id"] for row in rows for c in row["checks"]}
        self.assertEqual({f["check_id"] for f in done.findings}, mapped)
        of = {key: status for key, status in RUN.verdicts.items() if status[0] in mapped}
        self.assertEqual(done.verdicts, of)
        book = openpyxl.load_workbook(done.directory / "report.xlsx")
        titles = next(book["Control Matrix"].iter_rows(min_row=3, values_only=True))
        self.assertIn("NIS2", titles)

    def test_checks_left_out_are_no_pass(self):
        done = check("few", "-c", "KMS-11", "--compliance", "nist-800-53-r5")
        for row in self.compare(done):
            self.assertNotEqual(row["result"], "PASS")
        self.assertEqual({f["check_id"] for f in done.findings}, {"KMS-11"})

    def test_waived_failures_are_no_evidence(self):
        done = check("waived", "-w", write("waived", HEAD + waiver("*", "*")))
        results = {row["result"] for row in self.compare(done)}
        self.assertIn("MANUAL", results)
        self.assertNotIn("FAIL", results)


class Schemas(unittest.TestCase):
    def test_reports_fit_the_schema(self):
        validator = jsonschema.Draft202012Validator(SCHEMA)
        for done in (RUN, SCANNED):
            self.assertEqual([f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(done.report)][:5], [])
