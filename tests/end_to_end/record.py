"""A recording (`scan --record`): no string of the organization is in it, and a replay of it gives the same results.

The worlds are full of planted words: in names, e-mail addresses, tags, descriptions, policies, paths and messages. Every word that the
simulator answered is searched in the files of the recording, in its forms too: base64, percent-encoded, in other letters' case.
"""
import base64
import collections
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import unittest
import urllib.parse

import openpyxl

import scans
import simulator
from simulator import HOME, MANAGEMENT, SCRATCH, X_PROD, X_TEST

PLANT = "Zq{}Wombat{}ly"  # "Zq4Wombat4ly": no other word looks like it
# Worlds that the issue of the recording is about: complete, broken, and with what nobody could read.
REFUSED = {"faults": [
    {"match": {"operation": "kms:GetKeyPolicy", "region": "eu-west-1"},
     "error": {"code": "AccessDeniedException", "status": 400, "message": "User Zq90Wombat90ly may not read the key of Zq91Wombat91ly@corp.example"}},
    {"match": {"operation": "backup:ListBackupVaults", "nth": 2}, "error": {"code": "ThrottlingException", "status": 400}},
    {"match": {"operation": "kms:DescribeKey", "region": HOME},
     "set": {"KeyMetadata.KeyManager": "EXTERNAL_VENDOR", "KeyMetadata.QuantumSafeProfile": {"Zq92Wombat92ly": "Zq93Wombat93ly"}}}]}


def planted_world():
    """The healthy organization, with a planted word wherever a person can write one."""
    count = iter(range(1, 90))

    def word():
        number = next(count)
        return PLANT.format(number, number)

    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": word(), "Effect": "Deny", "Action": ["ec2:RunInstances"], "Resource": f"arn:aws:ec2:*:*:instance/{word()}",
         "Condition": {"StringEquals": {f"aws:ResourceTag/{word()}": word()}}}]})
    scp = {"id": "p-zqwombat", "name": word(), "type": "SERVICE_CONTROL_POLICY", "content": json.loads(policy), "targets": ["r-ab12"]}
    resources = [{"account": X_PROD, "region": HOME, "type": kind, "name": word().lower(),
                  "tags": {word(): f"{word()} {word()}@mail.{word()}.example", "aws-control-tower-backupdaily": "true"}}
                 for kind in ("ebs", "dynamodb", "efs", "s3", "rds")]
    tagged = {f"arn:aws:lambda:{HOME}:{X_TEST}:function:{word()}": {word(): word()}}
    return {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "resources": resources,
            "changes": [{"set": {"service": "kms", "account": MANAGEMENT, "region": HOME, "value": f"for {word()} only",
                                 "path": "keys.mrk-0123456789abcdef0123456789abcdef.description"}},
                        {"call": "organizations:CreatePolicy", "input": {"Name": scp["name"], "Description": f"{word()} wrote it",
                                                                         "Type": "SERVICE_CONTROL_POLICY", "Content": policy}},
                        {"set": {"service": "tagging", "account": X_TEST, "region": HOME, "path": "others", "value": tagged}}]}


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


class Recorded:
    """A scan of the world that kept its answers, and what is in the file."""

    def __init__(self, sim, name):
        self.file = SCRATCH / f"{name}.tar.zst"
        self.file.unlink(missing_ok=True)
        self.scan = scans.scan(sim, "--no-ungoverned", "--record", self.file, "-M", "json,xlsx")
        self.folder = SCRATCH / f"{name}.unpacked"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        packed = subprocess.run(["zstd", "-dc", str(self.file)], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(self.folder)], input=packed, check=True)
        self.texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(self.folder.iterdir())}
        self.header = json.loads(self.texts["header.json"])

    def lines(self, name):
        return [json.loads(line) for line in self.texts[name].splitlines()]


def counts(directory):
    with sqlite3.connect(f"file:{directory / 'run.db'}?mode=ro", uri=True) as store:
        return collections.Counter(dict(((check, status), number) for check, status, number in store.execute(
            "SELECT check_id, status, count(*) FROM findings GROUP BY 1, 2")))


def words_of(text):
    return set(re.findall(r"[A-Za-z0-9\x80-\U0010ffff]+", text))


class Record(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worlds = {}
        for name, world, faults in (("record_planted", planted_world(), None), ("record_broken", "seed-broken", None),
                                    ("record_refused", "seed-healthy", REFUSED)):
            with simulator.Simulator(world, name=name, faults=faults) as sim:
                cls.worlds[name] = (sim, Recorded(sim, name))

    def each(self):
        return list(self.worlds.values())

    def test_the_file_is_private_and_whole(self):
        for _, recorded in self.each():
            self.assertEqual(stat.S_IMODE(recorded.file.stat().st_mode), 0o600)
            self.assertEqual(set(recorded.texts), {"header.json", "shapes.ndjson", "answers.ndjson", "calls.ndjson"})
            self.assertEqual([path.name for path in SCRATCH.glob(f".{recorded.file.name}*")], [])

    def test_no_planted_word_is_in_it(self):
        found = 0
        for sim, recorded in self.each():
            text = "\n".join(recorded.texts.values()).lower()
            answered = sim.recording.read_text(encoding="utf-8")
            for number in range(1, 100):
                word = PLANT.format(number, number)
                found += word.lower() in answered.lower()
                for form in (word, base64.b64encode(word.encode()).decode(), base64.b64encode(word.encode()).decode()[2:-4],
                             urllib.parse.quote(word), word.encode().hex(), word[2:], word[:-2]):
                    self.assertNotIn(form.lower(), text, word)
        self.assertGreater(found, 20, "the worlds must answer with planted words")

    def test_no_string_of_the_organization_is_in_it(self):
        read = set(re.findall(r'"([^"]+)"', pathlib.Path(os.environ["READ_WORDS"]).read_text(encoding="utf-8")))
        for sim, recorded in self.each():
            originals = set()
            for one in scans.exchanges(sim):
                body = one["response"]["body"]
                try:
                    values = strings(json.loads(body))
                except ValueError:
                    values = re.findall(r">([^<]+)<", body)
                for value in map(urllib.parse.unquote, values):
                    enum = re.fullmatch(r"[A-Z][A-Z0-9_]+|\w+Exception", value)
                    originals |= set() if enum else words_of(value)
            originals = {word for word in originals if len(word) >= 9 and word.lower() not in read and
                         not re.fullmatch(r"\d{8}T\d{6}Z|\d\dT\d\d|\w+ifexists", word, re.I)}
            self.assertGreater(len(originals), 100)
            kept = set()
            for name in ("answers.ndjson", "calls.ndjson"):
                for line in recorded.lines(name):
                    kept |= {word for value in strings(line) for word in words_of(value)}
            originals -= {one["code"] for one in recorded.lines("answers.ndjson")}
            kept |= words_of(recorded.texts["shapes.ndjson"]) & originals
            self.assertEqual(originals & kept, set())

    def test_ids_are_other_ids_of_the_same_form(self):
        _, recorded = self.worlds["record_planted"]
        accounts = next(line for line in recorded.lines("answers.ndjson") if line["operation"] == "organizations:ListAccounts")
        self.assertTrue(accounts["body"]["Accounts"])
        ids = set()
        for account in accounts["body"]["Accounts"]:
            self.assertRegex(account["Id"], r"^\d{12}$")
            self.assertRegex(account["Arn"], rf"^arn:aws:organizations::{recorded.header['management_account']}:account/o-[a-z0-9]+/{account['Id']}$")
            self.assertRegex(account["Email"], r"^[\w.+-]+@[\w.-]+$")
            self.assertIn(account["Status"], ("ACTIVE", "SUSPENDED"))
            ids.add(account["Id"])
        self.assertEqual(len(ids), len(accounts["body"]["Accounts"]))
        self.assertNotIn(MANAGEMENT, ids)
        self.assertIn(recorded.header["management_account"], ids)
        regions = {call["region"] for call in recorded.lines("calls.ndjson")}
        self.assertLessEqual({HOME, "eu-west-1", "us-east-1"}, regions)

    def test_each_shape_is_there_once(self):
        for _, recorded in self.each():
            shapes = recorded.lines("shapes.ndjson")
            self.assertEqual(len({json.dumps(one["shape"], sort_keys=True) for one in shapes}), len(shapes))
            self.assertEqual({one["shape"]["operation"] for one in shapes}, {one["operation"] for one in recorded.lines("answers.ndjson")})
        _, refused = self.worlds["record_refused"]
        codes = {(one["shape"]["operation"], one["shape"]["code"]) for one in refused.lines("shapes.ndjson")}
        self.assertLessEqual({("kms:GetKeyPolicy", "AccessDeniedException"), ("backup:ListBackupVaults", "ThrottlingException")}, codes)

    def test_what_this_version_does_not_read_is_counted(self):
        _, recorded = self.worlds["record_refused"]
        self.assertIn("kms:DescribeKey KeyMetadata.QuantumSafeProfile", recorded.header["unknown_members"])
        self.assertIn("kms:DescribeKey KeyMetadata.KeyManager.EXTERNAL_VENDOR", recorded.header["unknown_values"])
        with sqlite3.connect(f"file:{recorded.scan.directory / 'run.db'}?mode=ro", uri=True) as store:
            (text,), = store.execute("SELECT value FROM meta WHERE key = 'unknown_in_answers'")
        book = openpyxl.load_workbook(recorded.scan.directory / "report.xlsx", read_only=True)
        terms = {row[1]: row[2] for row in book["Method & Glossary"].iter_rows(values_only=True) if len(row) > 2}
        self.assertTrue(terms["Members not read"].startswith(f"{len(recorded.header['unknown_members'])} "), terms["Members not read"])
        self.assertTrue(terms["Values not read"].startswith(f"{len(recorded.header['unknown_values'])} "), terms["Values not read"])
        self.assertEqual(json.loads(text), {"members": len(recorded.header["unknown_members"]), "values": len(recorded.header["unknown_values"])})

    def test_a_replay_gives_the_same_results(self):
        for sim, recorded in self.each():
            with simulator.Simulator(f"replay:{recorded.file}", name=f"{sim.name}_replay", record=False) as again:
                replayed = scans.scan(again, "--no-ungoverned")
            self.assertEqual(counts(replayed.directory), counts(recorded.scan.directory))
            self.assertEqual(replayed.code, recorded.scan.code)

    def test_a_scan_that_fails_leaves_no_file(self):
        file = SCRATCH / "record_none.tar.zst"
        file.unlink(missing_ok=True)
        with simulator.Simulator("seed-healthy", name="record_none", record=False, faults={"faults": [
                {"match": {"operation": "organizations:DescribeOrganization"},
                 "error": {"code": "AWSOrganizationsNotInUseException", "status": 400, "message": "no organization"}}]}) as sim:
            done = scans.scan(sim, "--record", file)
        self.assertNotEqual(done.code, 0)
        self.assertFalse(file.exists())
        self.assertEqual(list(SCRATCH.glob(".record_none*")), [])

    def test_a_file_that_is_no_recording_is_refused(self):
        _, recorded = self.worlds["record_planted"]
        half = SCRATCH / "record_half.tar.zst"
        half.write_bytes(recorded.file.read_bytes()[:5000])
        for path in (half, simulator.WORLDS / "seed-healthy.yaml", SCRATCH / "record_absent"):
            done = subprocess.run([str(simulator.BUILD / "towerkeep-sim"), "--replay", str(path)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(str(path), done.stderr)


if __name__ == "__main__":
    unittest.main()
