"""OSCAL: held to a schema of what we write, taken from NIST's documented models, or to NIST's own schemas where
OSCAL_SCHEMAS names a folder that holds them; and every reference leads somewhere."""

import json
import os
import re
import unittest
import uuid
from collections import Counter
from pathlib import Path

import jsonschema

import oscal_schema
from sample import report, written

KINDS = ["bare", "none", "small", "hostile"]
SPACE = uuid.UUID("81aa4f1a-87a1-4580-bea0-7ce5411c7edc")
FORMATS = {"oscal-ar": ("assessment-results", "oscal_assessment-results_schema.json"),
           "oscal-poam": ("plan-of-action-and-milestones", "oscal_poam_schema.json")}
FAILING = ("FAIL", "MUTED")


def document(kind, name):
    return json.loads(written(kind, name, f"{name}.json"))


def schemas(name):
    root, file = FORMATS[name]
    found = [oscal_schema.SCHEMAS[root]]
    if os.environ.get("OSCAL_SCHEMAS"):
        text = (Path(os.environ["OSCAL_SCHEMAS"]) / file).read_text(encoding="utf-8")
        # Python's expressions have no \\p{..}.
        text = text.replace(r"^(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*$", r"^[^\\W\\d][\\w.\\-]*$")
        official = json.loads(text)
        official["$id"] = "urn:oscal"
        found.append(official)
    return found


def walk(value):
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(child)


def objects(value):
    return [v for v in walk(value) if isinstance(v, dict)]


def props(thing):
    return {p["name"]: p["value"] for p in thing.get("props", ())}


class Structure(unittest.TestCase):
    def test_schemas_accept_every_run(self):
        for name in FORMATS:
            for schema in schemas(name):
                validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
                for kind in KINDS:
                    problems = [f"{list(e.path)}: {e.message[:300]}" for e in validator.iter_errors(document(kind, name))]
                    self.assertEqual(problems[:5], [], (name, kind))

    def test_schemas_refuse_what_is_wrong(self):
        for name, (root, _) in FORMATS.items():
            for schema in schemas(name):
                validator = jsonschema.Draft7Validator(schema)
                for spoil in (lambda d: d.pop("uuid"), lambda d: d.update(uuid="x"), lambda d: d.update(more=1),
                              lambda d: d["metadata"].pop("oscal-version"), lambda d: d["metadata"].update(title="a\nb")):
                    wrong = document("small", name)
                    spoil(wrong[root])
                    self.assertFalse(validator.is_valid(wrong), name)

    def test_identifiers_are_unique_and_made_of_names(self):
        for name in FORMATS:
            for kind in KINDS:
                made = [o["uuid"] for o in objects(document(kind, name)) if "uuid" in o]
                self.assertEqual([u for u, n in Counter(made).items() if n > 1], [], (name, kind))
                self.assertEqual({uuid.UUID(u).version for u in made}, {5})
        run = report("small")["run"]["run_id"]
        top = document("small", "oscal-ar")["assessment-results"]
        self.assertEqual(top["uuid"], str(uuid.uuid5(SPACE, f"{run}/document/assessment-results")))
        first = report("small")["findings"][0]["finding_id"]
        self.assertEqual(top["results"][0]["observations"][0]["uuid"], str(uuid.uuid5(SPACE, f"{run}/observation/{first}")))

    def test_every_reference_leads_somewhere(self):
        for name in FORMATS:
            for kind in KINDS:
                told = objects(document(kind, name))
                made = {o["uuid"] for o in told if "uuid" in o}
                led = {o[k] for o in told for k in o if k.endswith("-uuid")}
                self.assertLessEqual(led, made, (name, kind))
                objectives = {p["id"] for o in told for p in o.get("parts", ()) if "id" in p}
                self.assertLessEqual({o["target-id"] for o in told if "target-id" in o}, objectives)
                for link in (o["href"] for o in told if o.get("href", "").startswith("#")):
                    self.assertIn(link[1:], made)


class Counts(unittest.TestCase):
    def test_observations_equal_the_findings_of_the_json(self):
        for kind in KINDS:
            told = report(kind)["findings"]
            (result,) = document(kind, "oscal-ar")["assessment-results"]["results"]
            read = [(p["finding-id"], p["status"], p["severity"], p["check-id"]) for p in map(props, result.get("observations", ()))]
            self.assertEqual(read, [(f["finding_id"], f["status"], f["severity"], f["check_id"]) for f in told], kind)
            self.assertEqual(props(result)["verdict"], report(kind)["verdict"])
            poam = document(kind, "oscal-poam")["plan-of-action-and-milestones"]
            self.assertEqual([props(o)["finding-id"] for o in poam.get("observations", ())],
                             [f["finding_id"] for f in told if f["status"] == "FAIL"] + [f["finding_id"] for f in told if f["status"] == "MUTED"])

    def test_a_finding_per_check_says_whether_it_is_satisfied(self):
        for kind in KINDS:
            (result,) = document(kind, "oscal-ar")["assessment-results"]["results"]
            wanted = {}
            for check in report(kind)["checks"]:
                by = check["by_status"]
                worse = by["FAIL"] + by["ERROR"] + by["MANUAL"] + by["MUTED"]
                if worse + by["PASS"] + by["FIXED"]:
                    wanted[check["check_id"]] = "not-satisfied" if worse else "satisfied"
            read = {f["target"]["target-id"]: f["target"]["status"]["state"] for f in result.get("findings", ())}
            self.assertEqual(read, wanted, kind)
            by_uuid = {o["uuid"]: props(o) for o in result.get("observations", ())}
            risks = {r["uuid"] for r in result.get("risks", ())}
            for finding in result.get("findings", ()):
                check = finding["target"]["target-id"]
                self.assertEqual({by_uuid[r["observation-uuid"]]["check-id"] for r in finding["related-observations"]}, {check})
                self.assertLessEqual({r["risk-uuid"] for r in finding.get("related-risks", ())}, risks)

    def test_a_risk_and_an_item_per_failing_check_and_account(self):
        for kind in KINDS:
            wanted = {(f["check_id"], f["account_id"], f["status"]) for f in report(kind)["findings"] if f["status"] in FAILING}
            (result,) = document(kind, "oscal-ar")["assessment-results"]["results"]
            poam = document(kind, "oscal-poam")["plan-of-action-and-milestones"]
            self.assertEqual(len(result.get("risks", ())), len(wanted), kind)
            self.assertEqual(result.get("risks"), poam.get("risks"), kind)
            items = [props(i) for i in poam["poam-items"] if i.get("related-risks")]
            self.assertEqual({(i["check-id"], i.get("account-id"), i["status"]) for i in items}, wanted, kind)
            self.assertEqual(len(items), len(wanted))
            self.assertEqual(Counter(r["status"] for r in result.get("risks", ())),
                             Counter("open" if s == "FAIL" else "deviation-approved" for _, _, s in wanted))
        self.assertEqual([i["title"] for i in document("none", "oscal-poam")["plan-of-action-and-milestones"]["poam-items"]], ["No open items"])

    def test_hostile_words_arrive_on_one_line(self):
        told = document("hostile", "oscal-ar")
        for text in (v for v in walk(told) if isinstance(v, str)):
            self.assertIsNone(re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), text[:80])
        titles = {o["title"] for o in objects(told) if "subject-uuid" in o}
        self.assertLessEqual({"=1+1", "spaces kept", "<script>alert(1)</script>", "a]]>b"}, titles)


if __name__ == "__main__":
    unittest.main()
