"""SARIF by the schema that Microsoft's matchers ship, ASFF by AWS's own model of Security Hub and OCSF by the
rules of its class, each with the findings of the JSON report."""

import json
import sys
import unittest
from collections import Counter
from pathlib import Path

import jsonschema

from sample import report, written

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "tools"))

import models  # noqa: E402

KINDS = ["bare", "none", "small", "hostile"]
ASFF_STATUS = {"PASS": "PASSED", "FIXED": "PASSED", "FAIL": "FAILED", "MUTED": "FAILED", "ERROR": "NOT_AVAILABLE",
               "MANUAL": "NOT_AVAILABLE", "NOT_APPLICABLE": "NOT_AVAILABLE"}
OCSF_STATUS = {"PASS": (1, "Pass"), "FIXED": (1, "Pass"), "FAIL": (3, "Fail"), "MUTED": (3, "Fail"), "ERROR": (99, "ERROR"),
               "MANUAL": (99, "MANUAL"), "NOT_APPLICABLE": (99, "NOT_APPLICABLE")}


def strict(text):
    """Parsed JSON in which no object names a member twice."""
    def once(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), names
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


class Sarif(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        schema = json.loads((TESTS / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
        cls.validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())

    def log(self, kind):
        return strict(written(kind, "sarif"))

    def test_schema_accepts_it(self):
        for kind in KINDS:
            problems = [f"{list(e.path)}: {e.message[:200]}" for e in self.validator.iter_errors(self.log(kind))]
            self.assertEqual(problems, [], kind)

    def test_schema_refuses_what_is_wrong(self):
        log = self.log("small")
        log["runs"][0]["results"][0]["kind"] = "failed"
        self.assertFalse(self.validator.is_valid(log))

    def test_results_equal_the_json(self):
        for kind in KINDS:
            told, (run,) = report(kind), self.log(kind)["runs"]
            rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
            self.assertEqual(rules, [c["check_id"] for c in told["checks"]])
            self.assertEqual([(r["ruleId"], r["partialFingerprints"]["findingId/v1"], r["properties"]["status"], r["message"]["text"])
                              for r in run["results"]],
                             [(f["check_id"], f["finding_id"], f["status"], f["observed"]) for f in told["findings"]], kind)
            self.assertLessEqual({r["ruleId"] for r in run["results"]}, set(rules))
            notes = run["invocations"][0]["toolExecutionNotifications"]
            self.assertEqual([n["properties"]["gap"] for n in notes], [g["id"] for g in told["gaps"]])
            self.assertEqual(run["invocations"][0]["executionSuccessful"], told["verdict"] != "INCOMPLETE")

    def test_only_failures_have_a_level(self):
        (run,) = self.log("small")["runs"]
        for result in run["results"]:
            fails = result["properties"]["status"] in ("FAIL", "MUTED")
            self.assertEqual(result["level"] != "none", fails)
            self.assertEqual(result["kind"] == "fail", fails)
            self.assertEqual("suppressions" in result, result["properties"]["status"] == "MUTED")


class Asff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = models.load("securityhub")
        cls.validator = cls.model.validator(cls.model.shape_name("BatchImportFindings", "input"), "input")

    def requests(self, kind, count=0):
        lines = written(kind, "asff", "asff.ndjson", count).decode("utf-8").split("\n")
        self.assertEqual(lines.pop(), "")
        return [strict(line) for line in lines]

    def test_official_model_accepts_every_request(self):
        for kind in KINDS:
            for request in self.requests(kind):
                problems = [f"{list(e.path)}: {e.message[:200]}" for e in self.validator.iter_errors(request)]
                self.assertEqual(problems, [], kind)

    def test_official_model_refuses_what_is_wrong(self):
        request = self.requests("small")[0]
        for member in ("ProductArn", "Title", "Resources"):
            wrong = json.loads(json.dumps(request))
            del wrong["Findings"][0][member]
            self.assertFalse(self.validator.is_valid(wrong), member)

    def test_requests_hold_a_hundred(self):
        self.assertEqual([len(r["Findings"]) for r in self.requests("many", 250)], [100, 100, 50])
        self.assertEqual([len(r["Findings"]) for r in self.requests("many", 200)], [100, 100])
        self.assertEqual(self.requests("none"), [])

    def test_findings_equal_the_json(self):
        for kind in KINDS:
            told = report(kind)["findings"]
            read = [f for r in self.requests(kind) for f in r["Findings"]]
            self.assertEqual([(f["Id"], f["GeneratorId"], f["Compliance"]["Status"], f["ProductFields"]["towerkeep/Status"],
                               f["RecordState"] == "ARCHIVED") for f in read],
                             [("towerkeep/" + f["finding_id"], f["check_id"], ASFF_STATUS[f["status"]], f["status"],
                               f["status"] == "MUTED") for f in told], kind)

    def test_the_scanning_account_imports_within_the_documented_lengths(self):
        for kind in ("small", "hostile"):
            for finding in (f for r in self.requests(kind) for f in r["Findings"]):
                self.assertEqual(finding["AwsAccountId"], "111122221111")
                self.assertEqual(finding["ProductArn"],
                                 "arn:aws:securityhub:eu-central-1:111122221111:product/111122221111/default")
                self.assertLessEqual(len(finding["Title"]), 256)
                self.assertLessEqual(len(finding["Description"]), 1024)
                self.assertLessEqual(len(finding["Remediation"]["Recommendation"]["Text"]), 512)
                self.assertLessEqual(max(map(len, finding["ProductFields"].values())), 2048)
                self.assertLess(len(json.dumps(finding)), 240_000)
                for text in (finding["Description"], finding["Resources"][0]["Id"]):
                    self.assertFalse([c for c in text if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E], text)


class BeforeAndAfter(unittest.TestCase):
    def test_what_was_fixed_says_how_it_was_in_every_format(self):
        wanted = {f["finding_id"]: f["observed_before"] for f in report("small")["findings"] if f.get("observed_before")}
        self.assertEqual(len(wanted), 6)
        (run,) = strict(written("small", "sarif"))["runs"]
        read = {"sarif": {r["partialFingerprints"]["findingId/v1"]: r["properties"].get("observedBefore") for r in run["results"]},
                "ocsf": {e["finding_info"]["uid"]: e["unmapped"].get("observed_before") for e in strict(written("small", "ocsf", "ocsf.json"))},
                "asff": {f["Id"].removeprefix("towerkeep/"): f["ProductFields"].get("towerkeep/ObservedBefore")
                         for line in written("small", "asff", "asff.ndjson").splitlines() for f in strict(line)["Findings"]}}
        (result,) = strict(written("small", "oscal-ar", "oscal-ar.json"))["assessment-results"]["results"]
        properties = [{p["name"]: p["value"] for p in o["props"]} for o in result["observations"]]
        read["oscal-ar"] = {p["finding-id"]: p.get("observed-before") for p in properties}
        for name, told in read.items():
            self.assertEqual({key: value for key, value in told.items() if value}, wanted, name)
        junit = written("small", "junit", "junit.xml").decode("utf-8")
        for text in wanted.values():
            self.assertEqual(junit.count(f"Observed before: {text}\n"), 1)


class Ocsf(unittest.TestCase):
    def events(self, kind):
        return strict(written(kind, "ocsf", "ocsf.json"))

    def test_every_event_is_a_compliance_finding(self):
        for kind in KINDS:
            for event in self.events(kind):
                self.assertEqual((event["category_uid"], event["class_uid"], event["activity_id"], event["type_uid"]), (2, 2003, 1, 200301))
                self.assertEqual(event["metadata"]["version"], "1.6.0")
                self.assertEqual(event["metadata"]["product"]["name"], "towerkeep")
                self.assertEqual(event["time"], 1795149000000)
                self.assertIn(event["severity_id"], range(1, 6))
                self.assertTrue(event["finding_info"]["uid"] and event["resources"][0]["uid"] and event["cloud"]["provider"])

    def test_findings_equal_the_json(self):
        for kind in KINDS:
            told, read = report(kind)["findings"], self.events(kind)
            self.assertEqual([(e["finding_info"]["uid"], e["compliance"]["control"], e["unmapped"]["status"], e["severity"].lower(),
                               (e["compliance"]["status_id"], e["compliance"]["status"]), e["message"]) for e in read],
                             [(f["finding_id"], f["check_id"], f["status"], f["severity"], OCSF_STATUS[f["status"]], f["observed"])
                              for f in told], kind)
            suppressed = Counter(e["unmapped"]["status"] for e in read if e["status_id"] == 3)
            self.assertLessEqual(set(suppressed), {"MUTED"})


if __name__ == "__main__":
    unittest.main()
