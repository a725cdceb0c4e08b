"""One run in every format: each format, counted by an independent reader, has the same findings by status and severity, within
the scope that docs/reports.md documents. The run contains every status: waived, repaired, not read, for manual review, failing,
passing and not applicable.
"""
import collections
import contextlib
import csv
import html
import html.parser
import json
import re
import sqlite3
import subprocess
import unittest
from xml.etree import ElementTree

import openpyxl
import yaml
from prometheus_client.parser import text_string_to_metric_families

import scans
import simulator

FORMATS = "json,xlsx,html,ndjson,csv,markdown,prometheus,junit,sarif,ocsf,asff,oscal-ar,oscal-poam,world"
STATUSES = ["FAIL", "ERROR", "MANUAL", "MUTED", "FIXED", "PASS", "NOT_APPLICABLE"]
SEVERITIES = ["critical", "high", "medium", "low", "informational"]
MANUAL_RULE = """id: XX-01
title: A restore was rehearsed
step: 1
severity: low
scope: org
why: A backup that was never restored is a hope.
how: Ask for the minutes of the last rehearsal.
needs: []
manual: true
references: ["The organization's own policy"]
"""
WAIVERS = "Mutelist:\n  Accounts:\n    '*':\n      Checks:\n        'KMS-*':\n          Regions: ['*']\n          Resources: ['*']\n"
FAULTS = """faults:
  - match: {operation: "backup:ListBackupVaults", account: "222233330011", region: eu-west-1}
    error: {code: AccessDeniedException, status: 403, message: not here}
"""


def setUpModule():
    global DONE
    simulator.SCRATCH.mkdir(parents=True, exist_ok=True)
    rules = simulator.SCRATCH / "every-format-rules"
    rules.mkdir(exist_ok=True)
    (rules / "XX-01.yaml").write_text(MANUAL_RULE, encoding="utf-8")
    waivers = simulator.SCRATCH / "every-format.waivers.yaml"
    waivers.write_text(WAIVERS, encoding="utf-8")
    faults = simulator.SCRATCH / "every-format.faults.yaml"
    faults.write_text(FAULTS, encoding="utf-8")
    with scans.Simulator("seed-broken", "--faults", str(faults), name="every-format") as sim:
        DONE = scans.scan(sim, "--fix", "--auto-approve", "--only", "DEL-04", "-w", waivers, "--rules", rules, formats=FORMATS)
    if DONE.code != 4:
        raise AssertionError(f"exit {DONE.code}: {DONE.err[-3000:]}")


def text(extension):
    return (DONE.directory / f"report.{extension}").read_text(encoding="utf-8")


def counter(pairs):
    return collections.Counter((status, severity) for status, severity in pairs)


def told(*statuses):
    """The findings of the JSON report with these statuses."""
    return counter((f["status"], f["severity"]) for f in DONE.findings if f["status"] in (statuses or STATUSES))


def by_status(pairs):
    found = collections.Counter()
    for (status, _), count in pairs.items():
        found[status] += count
    return found


class Page(html.parser.HTMLParser):
    """Counts the findings of the page by the attributes of their rows, and by the visible words."""

    def __init__(self):
        super().__init__()
        self.attributes, self.words, self._cells = [], [], None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "tbody" and "data-status" in given:
            self.attributes.append((given["data-status"], given["data-severity"]))
            self._cells = []
        if tag == "td" and self._cells is not None:
            self._cells.append("")

    def handle_data(self, data):
        if self._cells:
            self._cells[-1] += data

    def handle_endtag(self, tag):
        if tag == "tr" and self._cells:
            self.words.append((self._cells[0].strip(), self._cells[1].strip()))
            self._cells = None


class EveryFormat(unittest.TestCase):
    maxDiff = None

    def test_every_status_occurs_and_most_severities(self):
        self.assertEqual(set(by_status(told())), set(STATUSES))
        self.assertEqual({severity for status, severity in told() if status == "FAIL"}, set(SEVERITIES))

    def test_every_format_is_there(self):
        names = {name for name in DONE.files() if name.startswith("report.")}
        self.assertEqual(len(names), len(FORMATS.split(",")), names)

    def test_json_summary(self):
        summary = DONE.report["summary"]
        self.assertEqual({s: n for s, n in summary["by_status"].items() if n}, dict(by_status(told())))
        failing = collections.Counter({severity: n for (status, severity), n in told().items() if status == "FAIL"})
        self.assertEqual(summary["failing_by_severity"], dict(failing))
        self.assertEqual(summary["findings"], sum(told().values()))

    def test_ndjson(self):
        lines = [json.loads(line) for line in text("ndjson").splitlines()]
        self.assertEqual(counter((f["status"], f["severity"]) for f in lines), told())

    def test_csv(self):
        with open(DONE.directory / "report.csv", encoding="utf-8", newline="") as source:
            self.assertEqual(counter((r["status"], r["severity"]) for r in csv.DictReader(source)), told())

    def test_workbook(self):
        book = openpyxl.load_workbook(DONE.directory / "report.xlsx", read_only=True)
        rows = book["Findings"].iter_rows(min_row=3, values_only=True)
        head = list(next(rows))
        status, severity = head.index("Status"), head.index("Severity")
        self.assertEqual(counter((r[status], r[severity]) for r in rows if r[0]), told())
        totals = [row for row in book["Summary"].iter_rows(values_only=True) if row[0] == "All steps"]
        self.assertEqual(list(totals[0][1:8]), [by_status(told())[s] for s in STATUSES])
        self.assertEqual(list(totals[1][1:6]), [told()["FAIL", s] for s in SEVERITIES])

    def test_html(self):
        page = Page()
        page.feed(text("html"))
        self.assertEqual(counter(page.attributes), told())
        self.assertEqual(counter(page.words), told())

    def test_markdown(self):
        done = subprocess.run(["cmark-gfm", "-e", "table", "-t", "xml"], input=text("md"), capture_output=True, text=True, check=True)
        mark = "{http://commonmark.org/xml/1.0}"
        root = ElementTree.fromstring(done.stdout)
        heads, = [["".join(c.itertext()).strip() for c in row] for row in root.iter(mark + "table_header")]
        last = [["".join(c.itertext()).strip() for c in row] for row in root.iter(mark + "table_row")][-1]
        self.assertEqual({h: int(n) for h, n in zip(heads[1:], last[1:])}, {s: by_status(told())[s] for s in STATUSES})
        line, = [line for line in text("md").splitlines() if line.startswith("- Failing:")]
        self.assertEqual({s: int(n) for n, s in re.findall(r"(\d+) (\w+)", line)}, {s: told()["FAIL", s] for s in SEVERITIES})

    def test_prometheus(self):
        found = collections.defaultdict(collections.Counter)
        for family in text_string_to_metric_families(text("prom")):
            for sample in family.samples:
                for key in ("status", "severity"):
                    found[sample.name, key][sample.labels.get(key)] += int(sample.value)
        self.assertEqual({s: found["towerkeep_findings", "status"][s] for s in STATUSES}, {s: by_status(told())[s] for s in STATUSES})
        self.assertEqual({s: found["towerkeep_failing_findings", "severity"][s] for s in SEVERITIES},
                         {s: told()["FAIL", s] for s in SEVERITIES})
        checks = counter(())
        for family in text_string_to_metric_families(text("prom")):
            for sample in family.samples:
                if sample.name == "towerkeep_check_findings":
                    checks[sample.labels["status"], sample.labels["severity"]] += int(sample.value)
        self.assertEqual(checks, told())

    def test_junit(self):
        suite, = ElementTree.fromstring((DONE.directory / "report.junit.xml").read_bytes())
        cases = suite.findall("testcase")
        self.assertEqual(collections.Counter(c.get("status") for c in cases), by_status(told()))
        for tag, statuses in (("failure", ["FAIL"]), ("error", ["ERROR"])):
            found = collections.Counter(c.find(tag).get("type") for c in cases if c.find(tag) is not None)
            self.assertEqual(found, collections.Counter({severity: n for (_, severity), n in told(*statuses).items()}))
        skipped = [c for c in cases if c.find("skipped") is not None]
        self.assertEqual(len(skipped), sum(told("MANUAL", "MUTED", "NOT_APPLICABLE").values()))
        self.assertEqual([int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")],
                         [len(cases), by_status(told())["FAIL"], by_status(told())["ERROR"], len(skipped)])

    def test_sarif(self):
        run, = json.loads(text("sarif"))["runs"]
        self.assertEqual(counter((r["properties"]["status"], r["properties"]["severity"]) for r in run["results"]), told())
        kinds = {"FAIL": "fail", "MUTED": "fail", "ERROR": "open", "MANUAL": "review", "NOT_APPLICABLE": "notApplicable"}
        wanted = collections.Counter()
        for (status, _), count in told().items():
            wanted[kinds.get(status, "pass")] += count
        self.assertEqual(collections.Counter(r["kind"] for r in run["results"]), wanted)

    def test_ocsf(self):
        events = json.loads(text("ocsf.json"))
        names = dict(zip([5, 4, 3, 2, 1], SEVERITIES))
        self.assertEqual(counter((e["unmapped"]["status"], names[e["severity_id"]]) for e in events), told())
        failing = collections.Counter((e["compliance"]["status_id"], e["status_id"]) for e in events)
        self.assertEqual((failing[3, 1], failing[3, 3]), (by_status(told())["FAIL"], by_status(told())["MUTED"]))

    def test_asff(self):
        batches = [json.loads(line)["Findings"] for line in text("asff.ndjson").splitlines()]
        self.assertLessEqual(max(map(len, batches)), 100)
        findings = [f for batch in batches for f in batch]
        self.assertEqual(counter((f["ProductFields"]["towerkeep/Status"], f["Severity"]["Original"]) for f in findings), told())
        failed = collections.Counter(f["RecordState"] for f in findings if f["Compliance"]["Status"] == "FAILED")
        self.assertEqual((failed["ACTIVE"], failed["ARCHIVED"]), (by_status(told())["FAIL"], by_status(told())["MUTED"]))

    def observations(self, document):
        props = [{p["name"]: p["value"] for p in o["props"]} for o in document["observations"]]
        return counter((p["status"], p["severity"]) for p in props)

    def test_oscal_assessment_results(self):
        result, = json.loads(text("oscal-ar.json"))["assessment-results"]["results"]
        self.assertEqual(self.observations(result), told())

    def test_oscal_plan_of_action(self):
        plan = json.loads(text("oscal-poam.json"))["plan-of-action-and-milestones"]
        self.assertEqual(self.observations(plan), told("FAIL", "MUTED"))
        wanted = {(f["check_id"], f["account_id"] or "", f["status"]) for f in DONE.findings if f["status"] in ("FAIL", "MUTED")}
        items = [{p["name"]: p["value"] for p in item["props"]} for item in plan["poam-items"]]
        self.assertEqual(collections.Counter((p["check-id"], p.get("account-id", ""), p["status"]) for p in items),
                         collections.Counter(wanted))

    def test_what_was_repaired_is_shown_with_how_it_was(self):
        """Before and after, in every format that lists findings."""
        fixed = [f for f in DONE.findings if f["status"] == "FIXED"]
        repaired, = [f for f in fixed if f["check_id"] == "DEL-04"]
        before = repaired["observed_before"]
        self.assertEqual((before, repaired["observed"]), ("isCrossAccountBackupEnabled false", "isCrossAccountBackupEnabled true"))
        for name in ("html", "ndjson", "csv", "md", "junit.xml", "sarif", "ocsf.json", "asff.ndjson", "oscal-ar.json"):
            with self.subTest(name):
                self.assertIn("false" if name == "md" else before, text(name))
        book = openpyxl.load_workbook(DONE.directory / "report.xlsx", read_only=True)
        details = [r[14] for r in book["Findings"].iter_rows(min_row=4, values_only=True) if r[1] == "FIXED"]
        self.assertEqual(details, [f"failed before: {f['observed_before']}" for f in fixed])
        changes = [r for r in book["Changes"].iter_rows(min_row=4, values_only=True) if r[0]]
        self.assertEqual(len(changes), len(DONE.report["changes"]))

    def test_what_aws_says_not_to_do_is_judged_in_the_sheet_of_the_landing_zone(self):
        source = yaml.safe_load((simulator.TREE / "rules" / "frameworks" / "control-tower-do-not.yaml").read_text(encoding="utf-8"))
        book = openpyxl.load_workbook(DONE.directory / "report.xlsx", read_only=True)
        items = [r for r in book["Landing Zone"].iter_rows(min_row=4, values_only=True) if str(r[0]).startswith("Do not ")]
        self.assertEqual([r[0] for r in items], [requirement["title"] for requirement in source["requirements"]])
        for (_, result, why), requirement in zip(items, source["requirements"]):
            checks = [check["id"] for check in requirement["checks"]]
            found = {f["status"] for f in DONE.findings if f["check_id"] in checks}
            worst = next(status for status in STATUSES if status in found)
            # A waived finding is not evidence: manual review is needed.
            self.assertEqual(result, {"FIXED": "PASS", "MUTED": "MANUAL"}.get(worst, worst), requirement)
            self.assertEqual(re.findall(r"(?m)^([A-Z]+-\d+): ", why), checks)
        self.assertEqual({r[1] for r in items}, {"FAIL", "MANUAL", "PASS"})

    def test_the_workbook_accounts_for_every_call_account_and_requirement(self):
        with contextlib.closing(sqlite3.connect(DONE.directory / "run.db")) as run:
            calls = dict(run.execute("SELECT operation, count(*) FROM facts GROUP BY operation"))
            listed = {json.loads(row[0])["Id"] for row in run.execute("SELECT json FROM entities WHERE kind = 'account'")}
        book = openpyxl.load_workbook(DONE.directory / "report.xlsx", read_only=True)
        told = {r[1]: int(r[2].split()[0]) for r in book["Method & Glossary"].iter_rows(min_row=4, values_only=True) if r[0] == "Calls made"}
        self.assertEqual({operation: told.get(operation) for operation in calls}, calls)
        rows = [(r[0], r[3]) for r in book["Coverage"].iter_rows(min_row=4, values_only=True) if r[0]]
        self.assertEqual({account for account, _ in rows}, listed)
        self.assertEqual(len(rows), len(set(rows)))
        wanted = {f["finding_id"]: [f"{c['framework']}: {', '.join(c['requirements'])}" for c in f["compliance"]] for f in DONE.findings}
        read = {r[0]: (r[-1] or "").split("; ") if r[-1] else [] for r in book["Findings"].iter_rows(min_row=4, values_only=True) if r[0]}
        self.assertEqual({key: sorted(value) for key, value in read.items()}, {key: sorted(value) for key, value in wanted.items()})
        self.assertGreater(sum(map(len, read.values())), 100)

    def test_the_scope_of_each_format_is_documented(self):
        page = (simulator.TREE / "docs" / "reports.md").read_text(encoding="utf-8")
        documented = re.findall(r"^\| `([a-z-]+)` \| `report\.([a-z.-]+)` \|", page, re.MULTILINE)
        self.assertEqual([name for name, _ in documented], FORMATS.split(","))
        self.assertEqual({f"report.{extension}" for _, extension in documented},
                         {name for name in DONE.files() if name.startswith("report.")})


class Teardown(unittest.TestCase):
    """After a teardown, both sides are shown too."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with scans.Simulator("seed-healthy", "--time-scale", "30000", name="every-format-teardown") as sim:
            cls.done = scans.scan(sim, "--auto-approve", "--confirm-organization", "o-exampleorg1",
                                 "--endpoint-url", sim.endpoint, "--time-scale", "4000", command="teardown", formats=FORMATS)
        if not cls.done.report["changes"]:
            raise AssertionError(cls.done.err[-3000:])

    def text(self, extension):
        return (self.done.directory / f"report.{extension}").read_text(encoding="utf-8")

    def test_the_workbook_has_every_change_with_what_was_before_and_after(self):
        changes = self.done.report["changes"]
        book = openpyxl.load_workbook(self.done.directory / "report.xlsx", read_only=True)
        rows = book["Changes"].iter_rows(min_row=3, values_only=True)
        head = next(rows)
        read = [dict(zip(head, row)) for row in rows if row[0]]
        self.assertEqual([(r["Operation"], r["Request id"], r["Account"], r["Region"]) for r in read],
                         [(c["operation"], c["request_id"], c["account_id"], c["region"]) for c in changes])
        results = {"done": "FIXED", "already true": "SKIPPED"}
        self.assertEqual([r["Result"] for r in read], [results[c["state"]] for c in changes])
        self.assertGreater([r["Result"] for r in read].count("FIXED"), 5)
        for told, change in zip(read, changes):
            for name in ("Before", "After"):
                self.assertEqual(bool(told[name]), bool(change[name.lower()]), (name, change))
            if told["Result"] == "FIXED":
                self.assertTrue(told["Before"] or told["After"], change)
                self.assertLessEqual(told["Started (UTC)"], told["Ended (UTC)"])

    def test_the_page_and_the_chat_have_them_too(self):
        changes = self.done.report["changes"]
        section = self.text("html").split('<section id="changes"')[1].split("</section>")[0]
        self.assertEqual(section.count("<tr>") - 1, len(changes))
        for change in changes:
            self.assertIn(change["title"], html.unescape(section))
        listed = [line for line in self.text("md").split("## Changes")[1].splitlines() if line.startswith("- ")]
        self.assertEqual(len(listed), min(len(changes), 10))
        for line, change in zip(listed, changes):
            self.assertIn(f"`{change['id']}`", line)
            self.assertIn(", before ", line)

    def test_what_blocked_is_fixed_with_how_it_was_wherever_findings_are_listed(self):
        fixed = [f for f in self.done.findings if f["status"] == "FIXED"]
        self.assertTrue(all(f["observed_before"] and f["observed_before"] != f["observed"] for f in fixed))
        self.assertIn("TD-01", {f["check_id"] for f in fixed})
        before = fixed[0]["observed_before"]
        for extension in ("ndjson", "csv", "html", "junit.xml", "sarif", "ocsf.json", "asff.ndjson", "oscal-ar.json"):
            with self.subTest(extension):
                self.assertIn(before, html.unescape(self.text(extension)))


if __name__ == "__main__":
    unittest.main()
