"""What a scan of a selection says is what a scan of all says: a finding is the same, left out, or NOT_APPLICABLE. For random
selections of the shipped worlds, with a fixed seed; then what each kind of selection is called in every format."""
import json
import random
import re
import shutil
import unittest

import openpyxl

import scans
from narrowing import run
from simulator import HOME, X_PROD

WORLDS = ("seed-healthy", "seed-broken", "broken-key", "broken-landing-zone", "seed-healthy-3.3", "bare")
SEED = 20261130
SELECTIONS = 11  # of each world
LEFT_OUT = "outside the selection"


def some(dice, words):
    return dice.sample(words, dice.randint(1, max(1, len(words) // 2)))


def selection(dice, whole):
    """Flags that leave out something of the run: of accounts, OUs or Regions, sometimes of two of them."""
    accounts = sorted({f["account_id"] for f in whole.findings if f["scope"] == "account" and f["account_id"]})
    regions = sorted({f["region"] for f in whole.findings if f["scope"] == "account-region" and f["region"]})
    units = sorted({f["subject"] for f in whole.findings if f["scope"] == "ou" and f["subject"]})
    kinds = [("--accounts", accounts), ("--excluded-accounts", accounts), ("--ou", units), ("-f", regions), ("--excluded-region", regions)]
    flags = []
    for flag, words in dice.sample([kind for kind in kinds if len(kind[1]) > 1], dice.choice((1, 1, 2))):
        for word in some(dice, words):
            flags += [flag, word]
    return flags


class ASelectionInventsNothing(unittest.TestCase):
    maxDiff = None

    def test_no_status_differs_from_that_of_a_scan_of_all(self):
        for world in WORLDS:
            dice = random.Random(f"{SEED}-{world}")
            with scans.Simulator(world, name=f"selection-{world}") as sim:
                whole = scans.scan(sim, "--no-ungoverned")
                before = whole.verdicts
                for _ in range(SELECTIONS):
                    flags = selection(dice, whole)
                    done = scans.scan(sim, "--no-ungoverned", *flags)
                    if done.code == 2:
                        continue  # the flags leave no account or Region
                    with self.subTest(world=world, flags=" ".join(flags)):
                        wrong = {(*verdict, before.get(i, (None,))[-1]) for i, verdict in done.verdicts.items()
                                 if verdict[2] != "NOT_APPLICABLE" and before.get(i) != verdict}
                        self.assertEqual(sorted(map(str, wrong)), [])

    def test_a_fix_of_a_selection_changes_nothing_of_a_healthy_organization(self):
        with scans.Simulator("seed-healthy", name="selection-fix") as sim:
            for flags in (("-f", HOME), ("--excluded-region", HOME), ("--accounts", X_PROD), ("--ou", "Sandbox")):
                done = scans.scan(sim, "--no-ungoverned", "--fix", "--auto-approve", "--endpoint-url", sim.endpoint, *flags)
                self.assertEqual((done.code, done.failing()), (0, set()), (flags, done.out, done.err))
                self.assertEqual(sim.effects()["total_writes"], 0, flags)
                zone = next(f for f in done.findings if f["check_id"] == "LZ-13")
                if zone["status"] == "NOT_APPLICABLE":
                    self.assertTrue(zone["observed"].startswith(LEFT_OUT), zone)


class ASelectionIsCalledOne(unittest.TestCase):
    """In every format that has a verdict; seed-broken fails, but not in what is selected."""
    SAID = f"selection: 1 of {len(scans.RULES)} checks, 1 of 8 accounts, 1 of 4 Regions"
    FORMATS = "json,html,markdown,prometheus,junit,sarif,ocsf,asff,oscal-ar,oscal-poam,xlsx"

    @classmethod
    def setUpClass(cls):
        with scans.Simulator("seed-broken", name="selection-words") as sim:
            cls.done = scans.scan(sim, "--no-ungoverned", "-c", "COV-01", "--accounts", X_PROD, "-f", HOME, "--evidence", formats=cls.FORMATS)
            cls.whole = scans.scan(sim, "--no-ungoverned", formats=cls.FORMATS)

    def file(self, name, run=None):
        return ((run or self.done).directory / name).read_text(encoding="utf-8")

    def sheet(self, run):
        book = openpyxl.load_workbook(run.directory / "report.xlsx", read_only=True)
        return [str(cell) for name in ("Cover", "Summary", "POA&M") for row in book[name].iter_rows(values_only=True) for cell in row if cell]

    def test_in_what_is_printed(self):
        self.assertEqual(self.done.code, 0, self.done.err)
        self.assertIn("COMPLIANT, " + self.SAID, self.done.out)
        self.assertIn("No findings fail in the selection", self.done.out)
        listed = run("runs", self.done.directory)
        self.assertIn(self.SAID, listed.stdout)

    def test_in_the_formats_for_people(self):
        self.assertIn("# Backup architecture audit: COMPLIANT, " + self.SAID, self.file("report.md"))
        page = self.file("report.html")
        self.assertIn("<strong>COMPLIANT, " + self.SAID, page)
        self.assertNotIn("All account-Regions were read", page)
        readme = next(self.done.directory.glob("evidence/**/README.txt"))
        self.assertRegex(readme.read_text(encoding="utf-8"), "Verdict +COMPLIANT, " + self.SAID)
        cells = self.sheet(self.done)
        self.assertIn("COMPLIANT, " + self.SAID, cells)
        said = [cell for cell in cells if "All active accounts" in cell or "no check fails" in cell]
        self.assertEqual(said, [])
        self.assertTrue(any("All active accounts" in cell for cell in self.sheet(self.whole)))

    def test_sentences_of_the_html_are_apart(self):
        verdict = re.search(r'<div class="verdict.*?</div>', self.file("report.html", self.whole), re.S)[0]
        self.assertIn("NON-COMPLIANT", verdict)
        self.assertNotRegex(re.sub("<[^>]*>", "", re.sub("</(p|strong)>", " ", verdict)), r"[a-z][.:][A-Z0-9]")

    def test_in_the_formats_for_programs(self):
        words = self.SAID.removeprefix("selection: ")
        self.assertIn(f'<property name="verdict" value="COMPLIANT, {self.SAID}"/>', self.file("report.junit.xml"))
        self.assertEqual(json.loads(self.file("report.sarif"))["runs"][0]["properties"]["selection"], words)
        self.assertEqual({event["unmapped"]["selection"] for event in json.loads(self.file("report.ocsf.json"))}, {words})
        self.assertIn(f'towerkeep_verdict{{verdict="COMPLIANT",selection="{words}"}} 1', self.file("report.prom"))
        for name in ("report.asff.ndjson", "report.oscal-ar.json", "report.oscal-poam.json"):
            self.assertIn(words, self.file(name), name)

    def test_as_data(self):
        told = self.done.report["selection"]
        self.assertEqual(told, {
            "text": self.SAID.removeprefix("selection: "),
            "checks": {"evaluated": 1, "of": len(scans.RULES), "named": ["COV-01"], "excluded": None, "severity": None, "frameworks": None,
                       "disabled": []},
            "accounts": {"selected": 1, "of": 8, "named": [X_PROD], "excluded": None, "ous": None},
            "regions": {"selected": 1, "of": 4, "named": [HOME], "excluded": None},
            "resource_types_not_listed": []})

    def test_a_run_of_all_is_called_nothing(self):
        self.assertIsNone(self.whole.report["selection"])
        for name in ("report.md", "report.html", "report.prom", "report.junit.xml"):
            self.assertNotIn("selection:", self.file(name, self.whole), name)
            self.assertNotIn("selection=", self.file(name, self.whole), name)

    def test_of_disabled_rules_severities_and_frameworks_too(self):
        config = scans.directory("selection-disabled").with_suffix(".yaml")
        config.write_text("rules: {disable: [COV-01, COV-02]}\n", encoding="utf-8")
        every = len(scans.RULES)
        copy = scans.directory("selection-copy")
        shutil.copytree(self.whole.directory, copy)
        for flags, left in ((("-C", config), every - 2), (("--severity", "critical"), None), (("--compliance", "nist-800-53-r5"), None)):
            run("check", copy, "-M", "json", *flags)
            told = json.loads((copy / "report.json").read_text(encoding="utf-8"))["selection"]
            self.assertIsNotNone(told, flags)
            self.assertEqual(told["text"], f"{told['checks']['evaluated']} of {every} checks")
            self.assertEqual(told["checks"]["evaluated"], left or told["checks"]["evaluated"])


class ATypeThatNobodyLists(unittest.TestCase):
    """A required type without a list operation: an error, or accepted by name, which every verdict repeats."""
    SAID = "selection: resource types not listed: VirtualMachine"
    CONFIG = "resource_types: [EBS, VirtualMachine]\n"

    @classmethod
    def setUpClass(cls):
        cls.config = scans.directory("not-listed").with_suffix(".yaml")
        with scans.Simulator("seed-healthy", name="not-listed") as sim:
            cls.config.write_text(cls.CONFIG, encoding="utf-8")
            cls.open = scans.scan(sim, "-C", cls.config)
            cls.config.write_text(cls.CONFIG + "resource_types_not_listed: [VirtualMachine]\n", encoding="utf-8")
            cls.accepted = scans.scan(sim, "-C", cls.config, "--evidence", formats=ASelectionIsCalledOne.FORMATS)

    def test_the_scan_is_incomplete(self):
        told = self.open.report
        self.assertEqual((self.open.code, told["verdict"], told["selection"]), (4, "INCOMPLETE", None), self.open.err)
        self.assertLess(told["coverage"]["reached"], told["coverage"]["expected"])
        self.assertEqual({gap["class"] for gap in told["gaps"]}, {"no-lister"})
        untagged = [f for f in self.open.findings if f["check_id"] == "TAG-01" and f["status"] == "ERROR"]
        self.assertIn("this version lists no resources of VirtualMachine", untagged[0]["observed"])
        self.assertIn("resource_types_not_listed", untagged[0]["remediation"])
        self.assertEqual({f["status"] for f in self.open.findings if f["check_id"] == "COV-02"}, {"PASS"})

    def test_what_is_accepted_stands_beside_the_verdict(self):
        told, said = self.accepted.report, self.SAID.removeprefix("selection: ")
        self.assertEqual((told["gaps"], told["coverage"]["percent"]), ([], 100))
        self.assertEqual((told["selection"]["text"], told["selection"]["resource_types_not_listed"]), (said, ["VirtualMachine"]))
        self.assertIn(self.SAID, self.accepted.out)
        for name in ("report.md", "report.html", "report.junit.xml"):
            self.assertIn(self.SAID, (self.accepted.directory / name).read_text(encoding="utf-8"), name)
        for name in ("report.sarif", "report.ocsf.json", "report.asff.ndjson", "report.oscal-ar.json", "report.oscal-poam.json", "report.prom"):
            self.assertIn(said, (self.accepted.directory / name).read_text(encoding="utf-8"), name)
        readme = next(self.accepted.directory.glob("evidence/**/README.txt"))
        self.assertIn(self.SAID, readme.read_text(encoding="utf-8"))
        self.assertTrue(any(said in cell for cell in ASelectionIsCalledOne.sheet(self, self.accepted)))


if __name__ == "__main__":
    unittest.main()
