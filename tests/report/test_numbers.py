"""Markdown and Prometheus: the numbers of the JSON report, and names that stay words."""

import subprocess
import unittest
from collections import Counter
from xml.etree import ElementTree

from prometheus_client.parser import text_string_to_metric_families

from sample import report, written

KINDS = ["bare", "none", "small", "hostile"]
MARK = "{http://commonmark.org/xml/1.0}"
ORDER = ["FAIL", "ERROR", "MANUAL", "MUTED", "FIXED", "PASS", "NOT_APPLICABLE"]


def metrics(kind):
    """{(name, sorted labels): value}, and no name or label set twice."""
    found = {}
    for family in text_string_to_metric_families(written(kind, "prometheus", "prom").decode("utf-8")):
        assert family.type == "gauge" and family.documentation, family
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


class Prometheus(unittest.TestCase):
    def test_counts_equal_the_json(self):
        for kind in KINDS:
            told, found = report(kind), metrics(kind)
            for status, count in told["summary"]["by_status"].items():
                self.assertEqual(found["towerkeep_findings", ("status", status)], count)
            for severity, count in told["summary"]["failing_by_severity"].items():
                self.assertEqual(found["towerkeep_failing_findings", ("severity", severity)], count)
            by_check = Counter((f["check_id"], f["status"]) for f in told["findings"])
            rows = {(dict(k[1:])["check"], dict(k[1:])["status"]): v for k, v in found.items()
                    if k[0] == "towerkeep_check_findings"}
            self.assertEqual(rows, dict(by_check), kind)
            self.assertEqual(found["towerkeep_account_regions_expected",], told["coverage"]["expected"])
            self.assertEqual(found["towerkeep_account_regions_reached",], told["coverage"]["reached"])
            self.assertEqual(found["towerkeep_gaps",], told["coverage"]["gaps"])

    def test_one_verdict_holds(self):
        for kind in KINDS:
            verdicts = {dict(k[1:])["verdict"]: v for k, v in metrics(kind).items() if k[0] == "towerkeep_verdict"}
            self.assertEqual({v for v, on in verdicts.items() if on}, {report(kind)["verdict"]})
            self.assertEqual(len(verdicts), 3)

    def test_time_is_in_seconds(self):
        self.assertEqual(metrics("small")["towerkeep_run_ended_timestamp_seconds",], 1795149000)


def document(kind):
    text = written(kind, "markdown", "md").decode("utf-8")
    done = subprocess.run(["cmark-gfm", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist", "-t", "xml"],
                          input=text, capture_output=True, text=True, check=True)
    return text, ElementTree.fromstring(done.stdout)


class Markdown(unittest.TestCase):
    def test_only_our_own_markup_is_markup(self):
        allowed = {"document", "heading", "text", "list", "item", "paragraph", "code", "strong", "softbreak",
                   "table", "table_header", "table_row", "table_cell"}
        for kind in KINDS:
            _, root = document(kind)
            self.assertLessEqual({e.tag.removeprefix(MARK) for e in root.iter()}, allowed, kind)

    def test_hostile_names_are_whole_in_code_spans(self):
        _, root = document("hostile")
        spans = [e.text for e in root.iter(MARK + "code")]
        for word in ["=1+1", "<script>alert(1)</script>", "'code' | *bold* [x](javascript:alert(1)) @here #1 # head"]:
            self.assertIn(word, spans)
        for text in ("".join(e.itertext()) for e in root.iter(MARK + "text")):
            self.assertNotIn("alert", text)
            self.assertNotIn("@", text)

    def test_no_control_reaches_a_terminal(self):
        for kind in KINDS:
            text, _ = document(kind)
            bad = [c for c in text if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E)]
            self.assertEqual(bad, [], kind)

    def test_table_equals_the_json(self):
        for kind in KINDS:
            _, root = document(kind)
            rows = [["".join(c.itertext()).strip() for c in row] for row in root.iter(MARK + "table_row")]
            told = report(kind)["summary"]
            self.assertEqual(len(rows), 8)
            for row, step in zip(rows, told["by_step"]):
                self.assertEqual([int(n) for n in row[1:]], [step[s] for s in ORDER], kind)
            self.assertEqual([int(n) for n in rows[7][1:]], [told["by_status"][s] for s in ORDER], kind)

    def test_worst_failures_lead_and_the_rest_is_counted(self):
        text, root = document("hostile")
        failing = [f for f in report("hostile")["findings"] if f["status"] == "FAIL"]
        self.assertGreater(len(failing), 20)
        self.assertIn(f"{len(failing) - 20} more findings fail;", text)
        strong = ["".join(e.itertext()).strip() for e in root.iter(MARK + "strong")]
        self.assertEqual(strong, [f["severity"] for f in failing[:20]])
        self.assertLess(len(written("hostile", "markdown", "md")), 40_000)


if __name__ == "__main__":
    unittest.main()
