"""NDJSON and CSV: the same findings as the JSON report, and nothing that a spreadsheet would calculate."""

import csv
import io
import json
import subprocess
import unittest

import openpyxl

from sample import make, report, written

KINDS = ["bare", "none", "small", "hostile"]
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def table(kind):
    text = written(kind, "csv").decode("utf-8")
    return text, list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def shown(text):
    """What is left of a text where controls are not shown."""
    def one(c):
        code = ord(c)
        bad = (code < 0x20 and c not in "\n\t") or 0x7F <= code <= 0x9F or code in (0xFFFE, 0xFFFF)
        return "\ufffd" if bad or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 else c

    text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(one, text))


class Ndjson(unittest.TestCase):
    def test_each_line_is_a_finding_of_the_json_report(self):
        for kind in KINDS:
            lines = written(kind, "ndjson").decode("utf-8").split("\n")
            self.assertEqual(lines.pop(), "")
            self.assertEqual([json.loads(line) for line in lines], report(kind)["findings"], kind)
        self.assertGreater(len(report("hostile")["findings"]), 20)


class Csv(unittest.TestCase):
    def test_fields_equal_the_json_but_for_the_guard(self):
        for kind in KINDS:
            _, read = table(kind)
            findings = report(kind)["findings"]
            self.assertEqual(len(read), len(findings), kind)
            for row, finding in zip(read, findings):
                # A list of lists has no place in a cell: requirements are in the JSON and the workbook.
                apart = {"evidence", "observed_before", "compliance"}
                self.assertEqual(set(row) - apart, set(finding) - apart)
                for name, value in row.items():
                    told = finding.get(name)
                    told = " ".join(map(str, told)) if isinstance(told, list) else shown(str(told if told is not None else ""))
                    guarded = told.lstrip(" \t\n").startswith(FORMULA) or told.startswith(("\t", "\n"))
                    self.assertEqual(value, "'" + told if guarded else told, name)

    def test_nothing_begins_as_a_formula(self):
        _, read = table("hostile")
        guarded = 0
        for row in read:
            for value in row.values():
                self.assertFalse(value.lstrip().startswith(FORMULA), repr(value[:40]))
                guarded += value.startswith("'")
        self.assertGreater(guarded, 20)

    def test_lines_end_as_the_rfc_says(self):
        text, read = table("small")
        self.assertEqual(text.count("\r\n"), len(read) + 1)
        self.assertEqual(text.replace("\r\n", "").count("\r"), 0)

    def test_a_spreadsheet_calculates_nothing(self):
        written("hostile", "csv")
        folder = make("hostile")
        subprocess.run(["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
                        "--infilter=CSV:44,34,76,1", "--outdir", str(folder / "read"), str(folder / "report.csv")],
                       capture_output=True, timeout=300, check=True)
        sheet = openpyxl.load_workbook(folder / "read" / "report.xlsx").active
        self.assertEqual(sheet.max_row, len(report("hostile")["findings"]) + 1)
        for row in sheet.iter_rows():
            for cell in row:
                self.assertNotEqual(cell.data_type, "f", cell.coordinate)
                self.assertIsNone(cell.hyperlink, cell.coordinate)


if __name__ == "__main__":
    unittest.main()
