"""The JSON report against its shipped schema, and the schema against reports that are wrong."""

import copy
import json
import os
import unittest
from pathlib import Path

import jsonschema

from sample import report

SCHEMA = json.loads((Path(os.environ["SCHEMAS"]) / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def members(value, path=()):
    """Every (path of an object, member) in the first element of each list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield path, name
            yield from members(inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from members(value[0], (*path, 0))


def at(value, path):
    for step in path:
        value = value[step]
    return value


class Schema(unittest.TestCase):
    def test_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_reports_fit(self):
        for kind in ("bare", "none", "small", "hostile"):
            problems = [f"{list(e.path)}: {e.message[:200]}" for e in VALIDATOR.iter_errors(report(kind))]
            self.assertEqual(problems, [], kind)

    def test_every_member_is_required_and_typed(self):
        whole = report("small")
        seen = 0
        for path, name in list(members(whole)):
            for change in ("drop", "mistype", "add"):
                wrong = copy.deepcopy(whole)
                place = at(wrong, path)
                if change == "drop":
                    del place[name]
                elif change == "mistype":
                    place[name] = {"not": "this"}
                else:
                    place["unheard_of"] = 1
                self.assertFalse(VALIDATOR.is_valid(wrong), f"{change} {path} {name}")
                seen += 1
        self.assertGreater(seen, 250)

    def test_only_what_is_fixed_has_a_before(self):
        whole = report("small")
        for finding in whole["findings"]:
            wrong = copy.deepcopy(whole)
            place = next(f for f in wrong["findings"] if f["finding_id"] == finding["finding_id"])
            self.assertEqual("observed_before" in place, finding["status"] == "FIXED")
            if "observed_before" in place:
                del place["observed_before"]
            else:
                place["observed_before"] = "off"
            self.assertFalse(VALIDATOR.is_valid(wrong), finding["status"])

    def test_each_requirement_gets_the_worst_of_its_checks(self):
        told = {r["requirement"]: r["result"] for r in report("small")["compliance"]}
        self.assertEqual(told, {"T0-00": "PASS", "T0-01": "FAIL", "T0-02": "MANUAL", "T0-03": "MANUAL", "T0-04": "ERROR",
                                "T0-05": "NOT_EVIDENCED", "T0-06": "PASS", "unjudged": "NOT_EVIDENCED", "bare": "NOT_EVIDENCED"})
        whys = {r["requirement"]: r["why"] for r in report("small")["compliance"] if r["why"]}
        self.assertEqual(sorted(whys), ["T0-05", "bare", "unjudged"])
        self.assertEqual(whys["bare"], "Nobody can tell.")

    def test_numbers_agree_among_themselves(self):
        for kind in ("none", "small", "hostile"):
            told = report(kind)
            counts = told["summary"]["by_status"]
            self.assertEqual(sum(counts.values()), len(told["findings"]))
            for status, count in counts.items():
                self.assertEqual(count, sum(f["status"] == status for f in told["findings"]))
                self.assertEqual(count, sum(s[status] for s in told["summary"]["by_step"]))
                self.assertEqual(count, sum(c["by_status"][status] for c in told["checks"]))


if __name__ == "__main__":
    unittest.main()
