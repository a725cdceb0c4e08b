"""Answers that AWS documents, read by the collectors (tests/corpus).

    - operation: kms:DescribeKey
      source: where the answer is documented; the text of the fixture is our own
      shows: what is special about it
      answer: {...}

Each answer takes the place of the simulator's in a scan of the healthy organization. The scan must read it: a collection error with
the class "malformed" fails, and so does an internal error. AWS's own models must have every member of it. What the simulator cannot
answer is listed in NOT_PRODUCED.
"""
import json
import os
import pathlib
import sqlite3
import subprocess
import unittest

import scans
import simulator
from simulator import TREE

CORPUS = TREE / "tests" / "corpus"
TOOL = os.environ["YAML_TO_JSON"]
# Members that only the fixtures have: "OPERATION PATH". Each is to be produced by the simulator, so there is none.
NOT_PRODUCED = set()


def samples():
    for path in sorted(CORPUS.glob("*.yaml")):
        text = subprocess.run([TOOL, str(path)], check=True, capture_output=True, text=True).stdout
        for number, sample in enumerate(json.loads(text), 1):
            yield f"{path.stem} {number}", sample


def members(value, path=""):
    if isinstance(value, dict):
        for name, below in value.items():
            yield f"{path}.{name}".lstrip(".")
            yield from members(below, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from members(one, path)


def model_members(shape, depth=0):
    """Paths of an output shape of botocore; a document or a map has further members of its own."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, below in shape.members.items():
            yield name, open_ended(below)
            if depth < 9:
                yield from ((f"{name}.{path}", is_open) for path, is_open in model_members(below, depth + 1))
    elif shape.type_name == "list":
        yield from model_members(shape.member, depth)


def open_ended(shape):
    return shape.type_name == "map" or getattr(shape, "is_document_type", False)


class Corpus(unittest.TestCase):
    def test_every_sample_says_where_it_is_from(self):
        for name, sample in samples():
            with self.subTest(name):
                self.assertEqual(set(sample), {"operation", "source", "shows", "answer"})
                self.assertIsInstance(sample["answer"], dict)

    def test_aws_models_have_every_member(self):
        import awslib
        session = awslib.Session()
        for name, sample in samples():
            with self.subTest(name):
                service, _, operation = sample["operation"].partition(":")
                service = {"tagging": "resourcegroupstaggingapi"}.get(service, service)
                known = dict(model_members(session.get_service_model(service).operation_model(operation).output_shape))
                opened = tuple(f"{path}." for path, is_open in known.items() if is_open)
                odd = {path for path in members(sample["answer"]) if path not in known and not path.startswith(opened)}
                self.assertEqual(odd, set())

    def test_the_collectors_read_every_sample(self):
        for number, (name, sample) in enumerate(samples()):
            faults = {"faults": [{"match": {"operation": sample["operation"]}, "garbage": json.dumps(sample["answer"])}]}
            with self.subTest(name), simulator.Simulator("seed-healthy", name=f"corpus_{number}", faults=faults, record=False) as sim:
                done = scans.scan(sim, "--no-ungoverned")
                self.assertIn(done.code, (0, 2, 3, 4), done.err)
                self.assertNotIn("malformed", done.err)
                database = done.directory / "run.db"
                if database.exists():
                    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as store:
                        bad = store.execute("SELECT operation, class, message FROM gaps WHERE operation = ? AND class = 'malformed'",
                                            (sample["operation"],)).fetchall()
                        asked = store.execute("SELECT count(*) FROM facts WHERE operation = ?", (sample["operation"],)).fetchone()
                    self.assertEqual(bad, [])
                    self.assertGreater(asked[0], 0)

    def make_further_shapes(self, sim):
        """What no scan of the shipped worlds meets: an asymmetric key, and a locked vault that somebody made."""
        import awslib
        kms, backup = (awslib.client(service, simulator.HOME, sim.access_key, sim.secret, None, sim.endpoint) for service in ("kms", "backup"))
        made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        kms.describe_key(KeyId=made["KeyId"])
        backup.create_backup_vault(BackupVaultName="made", CreatorRequestId="made-by-hand")
        backup.put_backup_vault_lock_configuration(BackupVaultName="made", MinRetentionDays=7)
        backup.list_backup_vaults()

    def test_the_simulator_answers_with_their_members(self):
        answered = {}
        for world in ("seed-healthy", "seed-broken"):
            with simulator.Simulator(world, name=f"corpus_{world}") as sim:
                scans.scan(sim, "--no-ungoverned")
                self.make_further_shapes(sim)
                for one in scans.exchanges(sim):
                    if one["response"]["status"] == 200 and one["response"]["body"].startswith("{"):
                        answered.setdefault(f"{one['service']}:{one['operation']}", set()).update(members(json.loads(one["response"]["body"])))
        lacking = {f"{sample['operation']} {path}" for _, sample in samples() for path in members(sample["answer"])
                   if path not in answered.get(sample["operation"], set())}
        self.assertEqual(lacking, NOT_PRODUCED)


if __name__ == "__main__":
    unittest.main()
