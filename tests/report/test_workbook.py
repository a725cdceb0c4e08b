"""The workbook, read back by openpyxl and converted by LibreOffice."""

import csv
import datetime
import re
import sqlite3
import subprocess
import time
import unittest
import zipfile
from collections import Counter
from xml.etree import ElementTree

from sample import PROGRAM, SHEETS, fresh, make, report, rows, workbook

KINDS = ["bare", "none", "small", "hostile"]


def converted(kinds, target, folder):
    """Runs LibreOffice once, under a profile of its own, over the workbooks of these kinds (KIND.xlsx in the folder); returns what
    it said."""
    for kind in kinds:
        (folder / f"{kind}.xlsx").write_bytes((make(kind) / "report.xlsx").read_bytes())
    done = subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder.parent}/office-profile", "--headless", "--convert-to", target,
         "--outdir", str(folder), *[str(folder / f"{kind}.xlsx") for kind in kinds]],
        capture_output=True, text=True, timeout=300, check=True)
    return done.stdout + done.stderr


def day(cell):
    return cell and cell.date().isoformat()


class Counts(unittest.TestCase):
    def test_sheets_are_in_reading_order(self):
        for kind in KINDS:
            self.assertEqual(workbook(kind).sheetnames, SHEETS, kind)

    def test_findings_equal_the_json_row_by_row(self):
        for kind in KINDS:
            told = [(f["finding_id"], f["status"], f["severity"], f["check_id"]) for f in report(kind)["findings"]]
            read = [(r["Finding id"], r["Status"], r["Severity"], r["Check"]) for r in rows(workbook(kind)["Findings"])]
            self.assertEqual(read, told, kind)
        self.assertGreater(len(report("small")["findings"]), 40)

    def test_coverage_and_errors_equal_the_json(self):
        for kind in KINDS:
            book, told = workbook(kind), report(kind)
            states = Counter(r["State"] for r in rows(book["Coverage"]))
            self.assertEqual(states, Counter(c["state"] for c in told["account_regions"]), kind)
            self.assertEqual([r["Gap"] for r in rows(book["Errors"])], [g["id"] for g in told["gaps"]], kind)

    def test_waivers_equal_the_json_row_by_row(self):
        for kind in KINDS:
            told, book = report(kind)["waivers"], workbook(kind)
            read = rows(book["Waivers"])
            self.assertEqual("No waivers: " in book["Waivers"]["A2"].value, not told, kind)
            self.assertEqual(
                [(r["State"], r["Account"], r["Check"], r["Owner"], r["Justification"], r["Ticket"], r["Approved by"], day(r["Created"]),
                  day(r["Expires"]), r["Days left"], r["Matched"], r["Description"], r["Line"], r["Problem"]) for r in read],
                [tuple(w[key] for key in ("state", "account", "check", "owner", "justification", "ticket", "approved_by", "created",
                                          "expires", "days_left", "matched", "description", "line", "problem")) for w in told], kind)
        self.assertEqual(len(report("small")["waivers"]), 5)

    def test_waived_findings_name_their_waiver_in_both(self):
        told = [(f["finding_id"], f["waiver"]) for f in report("small")["findings"]]
        self.assertEqual([(r["Finding id"], r["Waiver"]) for r in rows(workbook("small")["Findings"])], told)
        self.assertEqual(sum(waiver is not None for _, waiver in told), 7)

    def test_changes_equal_the_json_row_by_row(self):
        results = {"done": "FIXED", "failed": "FAILED", "not attempted": "SKIPPED", "already true": "SKIPPED"}
        for kind in KINDS:
            told, book = report(kind)["changes"], workbook(kind)
            read = rows(book["Changes"])
            self.assertEqual("No changes: " in book["Changes"]["A2"].value, not told, kind)
            self.assertEqual([(r["Result"], r["Operation"], r["Request id"], r["Plan digest"]) for r in read],
                             [(results[c["state"]], c["operation"], c["request_id"], c["plan_digest"]) for c in told], kind)
        first, _, _, last = rows(workbook("small")["Changes"])
        self.assertEqual((first["Target"], first["Before"], first["After"]),
                         ("222233330011/eu-central-1", '{"EBS":false}', "on"))
        self.assertEqual(first["Started (UTC)"], datetime.datetime(2026, 11, 20, 4, 10))
        self.assertEqual(first["Step"], "4 Opt-in and delegation")
        self.assertIsNone(last["Started (UTC)"])

    def test_fixed_findings_tell_how_they_were(self):
        told = {f["finding_id"]: f.get("observed_before") for f in report("small")["findings"] if f["status"] == "FIXED"}
        details = {r["Finding id"]: r["Detail"] for r in rows(workbook("small")["Findings"]) if r["Status"] == "FIXED"}
        self.assertEqual(set(details), set(told))
        self.assertEqual(len([text for text in told.values() if text]), 6)
        for finding, text in told.items():
            self.assertEqual(details[finding], f"failed before: {text}" if text else None)

    def test_summary_prints_the_same_numbers(self):
        for kind in KINDS:
            told = report(kind)["summary"]
            sheet = workbook(kind)["Summary"]
            table = {row[0]: row for row in sheet.iter_rows(values_only=True) if row[0]}
            total = table["All steps"]  # the last table with this line is failures by severity
            severities = ["critical", "high", "medium", "low", "informational"]
            self.assertEqual(list(total[1:6]), [told["failing_by_severity"][s] for s in severities], kind)
            lines = [row for row in sheet.iter_rows(values_only=True) if row[0] == "All steps"]
            order = ["FAIL", "ERROR", "MANUAL", "MUTED", "FIXED", "PASS", "NOT_APPLICABLE"]
            self.assertEqual(list(lines[0][1:8]), [told["by_status"][s] for s in order], kind)
            self.assertEqual(lines[0][8], told["findings"], kind)
            rate = told["pass_rate"]
            self.assertEqual(lines[0][10], f"{rate['passed']} PASS of {rate['judged']}", kind)
            if rate["judged"]:
                self.assertAlmostEqual(lines[0][9] * 100, rate["percent"], delta=0.1)

    def test_control_matrix_counts_every_check(self):
        told = {c["check_id"]: c["by_status"] for c in report("small")["checks"]}
        read = {r["Check"]: r for r in rows(workbook("small")["Control Matrix"])}
        self.assertEqual(set(read), set(told))
        for check, counts in told.items():
            self.assertEqual(read[check]["FAIL"], counts["FAIL"])
            self.assertEqual(read[check]["PASS"], counts["PASS"])
        self.assertEqual(read["T0-00"]["A framework"], "1.2")

    def test_a_run_without_findings_still_has_coverage(self):
        book = workbook("none")
        self.assertEqual(rows(book["Findings"]), [])
        self.assertEqual(len(rows(book["Coverage"])), len(report("none")["account_regions"]))
        self.assertGreater(len(rows(book["Coverage"])), 10)


class Poam(unittest.TestCase):
    def test_one_item_per_failing_check_and_account(self):
        for kind in KINDS:
            findings = report(kind)["findings"]
            wanted = Counter()
            for finding in findings:
                if finding["status"] in ("FAIL", "MUTED"):
                    name = f"{finding['check_id']}:{finding['account_id'] or 'organization'}"
                    wanted[name + (":accepted" if finding["status"] == "MUTED" else "")] += 1
            items = rows(workbook(kind)["POA&M"])
            self.assertEqual({r["POAM ID"]: r["Findings"] for r in items}, dict(wanted), kind)
            self.assertEqual(len(items), len(wanted), kind)
            self.assertEqual("No items: " in workbook(kind)["POA&M"]["A2"].value, not wanted, kind)

    def test_columns_are_those_of_fedramps_template_in_its_order(self):
        header = [cell.value for cell in workbook("small")["POA&M"][3]]
        self.assertEqual(header[:28], [
            "POAM ID", "Controls", "Weakness Name", "Weakness Description", "Weakness Detector Source",
            "Weakness Source Identifier", "Asset Identifier", "Point of Contact", "Resources Required",
            "Overall Remediation Plan", "Original Detection Date", "Scheduled Completion Date", "Planned Milestones",
            "Milestone Changes", "Status Date", "Vendor Dependency", "Last Vendor Check-in Date",
            "Vendor Dependent Product Name", "Original Risk Rating", "Adjusted Risk Rating", "Risk Adjustment",
            "False Positive", "Operational Requirement", "Deviation Rationale", "Supporting Documents", "Comments",
            "Auto-Approve", "Binding Operational Directive 22-01 tracking"])

    def test_what_is_known_is_filled_in_and_the_rest_is_left_to_choose(self):
        sheet = workbook("small")["POA&M"]
        items = {r["POAM ID"]: r for r in rows(sheet)}
        first = items["T0-01:222233330011"]
        self.assertEqual(first["Original Risk Rating"], "High")
        self.assertEqual(first["Asset Identifier"], "arn:aws:backup:eu-central-1:222233330011:backup-vault:v")
        self.assertIn("Observed: off", first["Weakness Description"])
        self.assertIn("Switch it on.", first["Overall Remediation Plan"])
        self.assertEqual(first["Original Detection Date"], datetime.datetime(2026, 11, 20))
        self.assertEqual(first["Status"], "Open")
        for blank in ("Point of Contact", "Scheduled Completion Date", "Adjusted Risk Rating", "Vendor Dependency"):
            self.assertIsNone(first[blank])
        waived = items["T0-03:222233330011:accepted"]
        self.assertEqual((waived["Status"], waived["Deviation Rationale"]), ("Risk accepted", "It is known."))
        lists = {str(v.sqref).split(":")[0]: v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"}
        self.assertEqual(lists["T4"], '"High,Moderate,Low"')
        self.assertEqual(lists["AC4"], '"Open,In progress,Risk accepted,Completed"')
        self.assertEqual(len(lists), 7)
        last = sheet.max_row
        for rule in sheet.data_validations.dataValidation:
            self.assertTrue(str(rule.sqref).endswith(str(last)), rule.sqref)


class Evidence(unittest.TestCase):
    def test_index_has_every_fact_with_the_checks_that_rest_on_it(self):
        for kind in KINDS:
            with sqlite3.connect(make(kind) / "run.db") as run:
                facts = run.execute("SELECT id, operation, account, region, digest, bytes, request_id FROM facts ORDER BY id").fetchall()
                users = {}
                for check, evidence in run.execute("SELECT check_id, evidence FROM findings"):
                    for fact in evidence.split():
                        users.setdefault(int(fact), set()).add(check)
            read = rows(workbook(kind)["Evidence Index"])
            self.assertEqual([(r["Evidence"], r["Operation"], r["Account"] or "", r["Region"] or "", r["SHA-256 of the answer"], r["Bytes"],
                               r["Request id"]) for r in read], facts, kind)
            for row in read:
                told = set(row["Used by"].split(", ")) if row["File in the evidence package"] != "run.db only" else set()
                self.assertEqual(told, users.get(row["Evidence"], set()), kind)
                if told:
                    self.assertIn(row["File in the evidence package"].split("/")[0], told)
        self.assertGreater(len(rows(workbook("small")["Evidence Index"])), 50)

    def test_findings_lead_to_the_row_of_their_first_fact(self):
        book = workbook("small")
        sheet = book["Findings"]
        column = next(c.column for c in sheet[3] if c.value == "Evidence (facts)")
        led = 0
        for row in sheet.iter_rows(min_row=4):
            cell = row[column - 1]
            place = re.fullmatch("'(.*)'!(A[0-9]+)", cell.hyperlink.location)
            self.assertEqual(book[place[1]][place[2]].value, int(cell.value.split()[0]))
            led += 1
        self.assertEqual(led, len(report("small")["findings"]))

    def test_links_reach_into_further_worksheets_and_end_at_their_limit(self):
        book = workbook("many", 250, 103)
        names = [n for n in book.sheetnames if n.startswith("Evidence Index")]
        self.assertEqual(names, ["Evidence Index", "Evidence Index (2)"])
        seen = set()
        for name in (n for n in book.sheetnames if n.startswith("Findings")):
            column = next(c.column for c in book[name][3] if c.value == "Evidence (facts)")
            for row in book[name].iter_rows(min_row=4):
                place = re.fullmatch("'(.*)'!(A[0-9]+)", row[column - 1].hyperlink.location)
                self.assertEqual(book[place[1]][place[2]].value, int(row[column - 1].value.split()[0]))
                seen.add(place[1])
        self.assertEqual(seen, set(names))

    def test_beyond_the_limit_of_links_numbers_are_plain_and_the_sheet_says_where(self):
        book = workbook("many", 250, "203:150")
        linked = {}
        for name in ("Findings", "Findings (2)"):
            column = next(c.column for c in book[name][3] if c.value == "Evidence (facts)")
            cells = [row[column - 1] for row in book[name].iter_rows(min_row=4)]
            linked[name] = [cell.hyperlink is not None for cell in cells]
            self.assertTrue(all(cell.value for cell in cells))
            self.assertIn("in the first 150 rows", book[name]["A2"].value)
        self.assertEqual(linked, {"Findings": [True] * 150 + [False] * 50, "Findings (2)": [True] * 50})
        self.assertNotIn("in the first", workbook("many", 250, 103 + 200)["Findings"]["A2"].value)


class Content(unittest.TestCase):
    def test_cover_names_the_run_and_leaves_the_sign_off_open(self):
        sheet = workbook("small")["Cover"]
        facts = {row[0]: row[1] for row in sheet.iter_rows(values_only=True) if row[0]}
        self.assertEqual(facts["Verdict"], report("small")["verdict"])
        self.assertEqual(facts["Organization"], "o-exampleorg1")
        self.assertEqual(facts["Management account"], "111122221111")
        self.assertTrue(sheet.protection.sheet)
        signed = [row for row in sheet.iter_rows() if row[0].value in ("Prepared by", "Reviewed by", "Approved by")]
        self.assertEqual(len(signed), 3)
        for row in signed:
            for cell in row[1:5]:
                self.assertIsNone(cell.value)
                self.assertFalse(cell.protection.locked)

    def test_tree_is_indented_and_parents_stand_above_children(self):
        names = [r["Organizational unit"] for r in rows(workbook("small")["OU Baselines"])]
        self.assertEqual(names, ["Security", "Workloads", "    Workloads X"])

    def test_key_matrix_has_a_row_for_every_governed_region(self):
        found = {r["Region"]: r for r in rows(workbook("small")["KMS Matrix"])}
        self.assertEqual(found["eu-central-1"]["State"], "Enabled")
        self.assertEqual(found["eu-west-1"]["State"], "missing")
        self.assertEqual(found["us-east-1"]["Deletion date (UTC)"], datetime.datetime(2025, 11, 20, 1, 0))

    def test_opt_in_matrix_tells_on_off_and_unread(self):
        found = {(r["Account"], r["Region"]): r for r in rows(workbook("small")["Opt-in Matrix"])}
        here = found["222233330011", "eu-central-1"]
        self.assertEqual(here["EBS (required)"], "ON")
        self.assertEqual(here["DynamoDB (required)"], "OFF")
        self.assertEqual(here["S3 (required)"], "n/a")
        self.assertEqual(found["111122224444", "eu-west-1"]["EBS (required)"], "ERROR")

    def test_tags_show_what_was_found_and_what_was_meant(self):
        found = {r["Resource"]: r for r in rows(workbook("small")["Tags"])}
        volume = found["vol-1"]
        self.assertEqual(volume["Tags found"], "aws-control-tower-backup-daily = true")
        self.assertEqual(volume["State"], "mistagged")
        self.assertEqual(found["t"]["State"], "type is off")
        self.assertNotIn("vol-seen", found)  # deleted: its service was read and did not name it
        self.assertEqual(found["f"]["State"], "not supported")
        self.assertEqual(found["bucket"]["State"], "not tagged")

    def test_dates_are_dates_and_account_ids_are_text(self):
        row = rows(workbook("small")["Errors"])[0]
        self.assertEqual(row["Time (UTC)"], datetime.datetime(2026, 11, 20, 4, 0))
        self.assertEqual(row["Account"], "222233330011")
        for kind in KINDS:
            for sheet in workbook(kind).worksheets[2:]:
                for row in rows(sheet):
                    self.assertIsInstance(row.get("Account", ""), (str, type(None)))

    def test_errors_say_what_they_cost(self):
        row = rows(workbook("small")["Errors"])[0]
        self.assertIn("ERROR", row["Consequence"])

    def test_every_table_is_frozen_filtered_and_prints(self):
        for sheet in workbook("small").worksheets:
            turned = "portrait" if sheet.title == "Summary" else "landscape"
            self.assertEqual(sheet.page_setup.orientation, turned, sheet.title)
            wide = sheet.page_setup.fitToWidth or 1
            self.assertEqual(sheet.print_title_cols, "$A:$A" if wide > 1 else None)
            self.assertEqual(sheet.oddFooter.right.text, "page &P of &N", sheet.title)
            self.assertIn("20261120T040000Z-0001", sheet["A1"].value)
            if sheet.title in ("Cover", "Summary"):
                continue
            self.assertIsNotNone(sheet.freeze_panes, sheet.title)
            self.assertEqual(sheet.print_title_rows, "$1:$3", sheet.title)
            self.assertTrue(sheet.auto_filter.ref.startswith("A3:"), sheet.title)

    def test_no_page_is_printed_so_small_that_it_cannot_be_read(self):
        """At 60 % and more, 10 points are 6; and no table is spread over more pages than that takes."""
        paper = {("8", "landscape"): 16.54, ("9", "landscape"): 11.69, ("9", "portrait"): 8.27}
        for sheet in workbook("small").worksheets:
            inches = 0.0
            for letter, column in sheet.column_dimensions.items():
                self.assertFalse(column.hidden)
                inches += (column.max - column.min + 1) * column.width * 7 / 96
            page = paper[str(sheet.page_setup.paperSize), sheet.page_setup.orientation] - sheet.page_margins.left - sheet.page_margins.right
            wide = int(sheet.page_setup.fitToWidth or 1)
            self.assertGreaterEqual(page * wide / inches, 0.595, sheet.title)
            self.assertTrue(wide == 1 or page * (wide - 1) / inches < 0.605, sheet.title)

    def test_numbers_of_the_summary_keep_away_from_the_next_column(self):
        for kind in KINDS:
            for row in workbook(kind)["Summary"].iter_rows():
                for cell in row:
                    if isinstance(cell.value, (int, float)):
                        self.assertEqual((cell.alignment.horizontal, cell.alignment.indent), ("right", 1), f"{kind} {cell.coordinate}")

    def test_shares_are_rounded_down(self):
        """199,999 of 200,000 is not 100.0 %."""
        for kind in KINDS:
            told = report(kind)["summary"]["pass_rate"]
            line = next(row for row in workbook(kind)["Summary"].iter_rows(values_only=True) if row[0] == "All steps")
            if told["judged"]:
                self.assertEqual(round(line[9] * 1000), told["passed"] * 1000 // told["judged"])

    def test_a_tagged_resource_that_no_plan_takes_is_not_called_selected(self):
        states = Counter()
        for kind in KINDS:
            for row in rows(workbook(kind)["Tags"]):
                states[row["State"]] += 1
                if row["State"] in ("selected", "selected in part"):
                    self.assertIsNone(row["Why not"], row)
                    self.assertIsNotNone(row["Selected by"], row)
        self.assertGreater(sum(states.values()), 5)

    def test_colour_never_stands_without_a_word(self):
        sheet = workbook("small")["Findings"]
        looks = {}
        for row in sheet.iter_rows(min_row=4):
            looks[row[1].value] = (row[1].font.color.rgb[2:], row[1].fill.fgColor.rgb[2:])
        self.assertEqual(looks["PASS"], ("15803D", "DCFCE7"))
        self.assertEqual(looks["FAIL"], ("B91C1C", "FEE2E2"))
        self.assertEqual(looks["ERROR"], ("92400E", "FEF3C7"))


class Hostile(unittest.TestCase):
    def test_hostile_texts_arrive_as_text(self):
        observed = {r["Finding id"]: r["Observed"] for r in rows(workbook("hostile")["Findings"])}
        told = {f["finding_id"]: f["observed"] for f in report("hostile")["findings"]}
        exact = 0
        for finding, text in told.items():
            if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd-\uffff]|_x00", text):
                continue
            if len(text.encode("utf-16-le")) // 2 > 32767:
                self.assertTrue(observed[finding].endswith("[truncated: see the JSON report]"))
                continue
            self.assertEqual(observed[finding], text)
            exact += 1
        self.assertGreaterEqual(exact, 11)

    def test_nothing_is_a_formula_and_links_stay_inside(self):
        for kind in KINDS:
            for sheet in workbook(kind).worksheets:
                for link in sheet._hyperlinks:
                    self.assertIsNone(link.target)
                    self.assertRegex(link.location, r"^'Evidence Index( \(\d+\))?'!A\d+$")
                for row in sheet.iter_rows():
                    for cell in row:
                        self.assertNotEqual(cell.data_type, "f", f"{sheet.title} {cell.coordinate}")

    def test_controls_are_replaced_and_overrides_made_visible(self):
        texts = [r["Observed"] for r in rows(workbook("hostile")["Findings"])]
        self.assertIn("\ufffd[31mred\ufffd[0m\ufffd", texts)
        self.assertTrue(any(t.startswith("\ufffdgnp.exe\ufffd rtl") for t in texts))
        self.assertIn("two\nlines\nthree\nfour\ttab", texts)

    def test_hostile_resources_and_gaps_are_all_there(self):
        book = workbook("hostile")
        names = [r["Resource"] for r in rows(book["Tags"])]
        for text in ("=1+1", "@SUM(A1)", "a]]>b", "  spaces kept  "):
            self.assertIn(text, names)
            self.assertIn(text, [r["Message"] for r in rows(book["Errors"])])
            self.assertIn(text, [r["Before"] for r in rows(book["Changes"])])


class Package(unittest.TestCase):
    def test_package_holds_nothing_that_acts_or_points_outside(self):
        for kind in KINDS:
            with zipfile.ZipFile(make(kind) / "report.xlsx") as package:
                self.assertIsNone(package.testzip())
                for name in package.namelist():
                    self.assertIsNone(re.search("vba|macro|pivot|externalLink|connections|\\.bin$", name, re.I), name)
                    data = package.read(name)
                    ElementTree.fromstring(data)
                    if name.endswith(".rels"):
                        self.assertNotIn(b'TargetMode="External"', data, name)

    def test_summary_has_four_charts_with_titles_and_named_axes(self):
        for kind in KINDS:
            with zipfile.ZipFile(make(kind) / "report.xlsx") as package:
                charts = [n for n in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", n)]
                drawn = [package.read(n).decode() for n in charts]
            shapes = Counter(re.search("<c:(bar|doughnut|line)Chart>", d)[1] for d in drawn)
            self.assertEqual(shapes, {"bar": 2, "doughnut": 1, "line": 1}, kind)
            for text in drawn:
                axes = len(re.findall("<c:(?:catAx|valAx)>", text))
                self.assertEqual(text.count("<c:title>"), 1 + axes, kind)
                self.assertEqual(text.count("<a:t>"), 1 + axes, kind)

    def test_same_run_gives_the_same_bytes(self):
        folder = fresh("again")
        (folder / "run.db").write_bytes((make("small") / "run.db").read_bytes())
        made = (make("small") / "report.xlsx").stat().st_mtime
        while time.time() // 2 <= made // 2:  # a ZIP's clock ticks every other second
            time.sleep(0.02)
        subprocess.run([PROGRAM, "small", folder], check=True)
        for name in ("report.xlsx", "report.json"):
            self.assertEqual((folder / name).read_bytes(), (make("small") / name).read_bytes(), name)

    def test_properties_carry_the_time_of_the_run(self):
        properties = workbook("small").properties
        self.assertEqual(properties.created, datetime.datetime(2026, 11, 20, 4, 30))
        self.assertEqual(properties.creator, "towerkeep")
        self.assertIn("20261120T040000Z-0001", properties.keywords)

    def test_report_is_private(self):
        self.assertEqual((make("small") / "report.xlsx").stat().st_mode & 0o777, 0o600)


class LibreOffice(unittest.TestCase):
    def test_every_sheet_opens_and_counts_the_same(self):
        kinds, folder = ("none", "small", "hostile"), fresh("office")
        said = converted(kinds, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", folder)
        self.assertIsNone(re.search(r"\bError:|failed to load|could not", said), said)
        files = {p.name for p in folder.glob("*.csv")}
        self.assertEqual(files, {f"{kind}-{name}.csv" for kind in kinds for name in SHEETS}, said)
        for kind in kinds:
            with open(folder / f"{kind}-Findings.csv", encoding="utf-8", newline="") as source:
                found = [row for row in list(csv.reader(source))[3:] if row[0]]
            told = report(kind)["findings"]
            self.assertEqual([(r[0], r[1]) for r in found], [(f["finding_id"], f["status"]) for f in told])
            if kind == "hostile":
                self.assertIn("=1+1", [r[13] for r in found])

    def test_it_prints(self):
        folder = fresh("office-print")
        converted(["small"], "pdf", folder)
        self.assertGreater((folder / "small.pdf").stat().st_size, 20000)


if __name__ == "__main__":
    unittest.main()
