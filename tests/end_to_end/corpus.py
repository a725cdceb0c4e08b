"""Answers that AWS documents, read by the collectors (tests/corpus).

    - operation: kms:DescribeKey
      source: where the answer is documented; the text of the fixture is our own
      shows: what is special about it
      answer: {...}      # or `body`: the text of an answer in XML

Each answer takes the place of the simulator's in a scan of the healthy organization. The scan must read it: a collection error with
the class "malformed" fails, and so does an internal error. AWS's own models must have every member of it. What the simulator cannot
answer is listed in NOT_PRODUCED.
"""
import json
import os
import re
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


def scalars(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from scalars(one)
    elif isinstance(value, list):
        for one in value:
            yield from scalars(one)
    else:
        yield value


def sent(sample):
    return sample["body"] if "body" in sample else json.dumps(sample["answer"])


def service_model(sample):
    import awslib
    service, _, operation = sample["operation"].partition(":")
    model = awslib.Session().get_service_model({"tagging": "resourcegroupstaggingapi"}.get(service, service))
    return model, model.operation_model(operation).output_shape


def parsed_xml(sample, body):
    """What botocore reads in an answer in XML: members that AWS's model does not have are not there."""
    from botocore.parsers import create_parser
    model, shape = service_model(sample)
    value = create_parser(model.metadata["protocol"]).parse({"body": body.encode(), "status_code": 200, "headers": {}}, shape)
    value.pop("ResponseMetadata", None)
    return value


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
                self.assertEqual(set(sample) - {"answer", "body"}, {"operation", "source", "shows"})
                self.assertIsInstance(sample.get("answer", {}), dict)
                self.assertNotEqual("answer" in sample, "body" in sample)

    def test_aws_models_have_every_member(self):
        for name, sample in samples():
            with self.subTest(name):
                if "body" in sample:
                    # Each element with text is a value that botocore finds.
                    texts = set(re.findall(r">([^<]+)</(?!RequestId|requestId|ID>)", sample["body"]))
                    found = {str(value) for value in scalars(parsed_xml(sample, sample["body"]))}
                    plain = {text for text in texts if not re.match(r"\d{4}-\d\d-\d\dT|%7B|true$|false$", text)}
                    self.assertEqual(plain - found, set())
                    continue
                known = dict(model_members(service_model(sample)[1]))
                opened = tuple(f"{path}." for path, is_open in known.items() if is_open)
                odd = {path for path in members(sample["answer"]) if path not in known and not path.startswith(opened)}
                self.assertEqual(odd, set())

    def test_the_collectors_read_every_sample(self):
        for number, (name, sample) in enumerate(samples()):
            faults = {"faults": [{"match": {"operation": sample["operation"]}, "garbage": sent(sample)}]}
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
        """What no scan of the shipped worlds meets: an asymmetric key, and a vault that somebody made."""
        import awslib
        kms, backup, iam = (awslib.client(service, simulator.HOME, sim.access_key, sim.secret, None, sim.endpoint)
                            for service in ("kms", "backup", "iam"))
        made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        kms.describe_key(KeyId=made["KeyId"])
        backup.create_backup_vault(BackupVaultName="made", CreatorRequestId="made-by-hand")
        backup.list_backup_vaults()
        plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "made", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "made"}]})["BackupPlanId"]
        (sample,) = (sample for _, sample in samples() if sample["operation"] == "backup:GetBackupSelection")
        selection = {**sample["answer"]["BackupSelection"], "IamRoleArn": f"arn:aws:iam::{simulator.MANAGEMENT}:role/service-role/AWSBackupDefaultServiceRole"}
        chosen = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection, CreatorRequestId="made-by-hand")["SelectionId"]
        backup.get_backup_selection(BackupPlanId=plan, SelectionId=chosen)
        iam.create_service_linked_role(AWSServiceName="reports.backup.amazonaws.com", Description="made")
        iam.get_role(RoleName="AWSServiceRoleForBackupReports")

    def test_the_simulator_answers_with_their_members(self):
        answered = {}
        resources = [{"account": simulator.X_PROD, "region": simulator.HOME, "type": kind, "name": f"one-{kind}", "marketplace_code": "774f4ff8000000000",
                      "tags": {"aws-control-tower-backupdaily": "true"}} for kind in ("ec2", "ebs", "efs", "dynamodb", "rds-cluster", "s3")]
        locked = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "resources": resources,
                  "account_factory": [{"account": simulator.X_PROD, "name": "x-production", "status": "TAINTED"}], "changes": [{"set": {
            "service": "backup", "account": simulator.CENTRAL, "region": simulator.HOME, "value": 7,
            "path": "vaults.aws-controltower-central-backupvault-exampleorg1.wire.MinRetentionDays"}}]}
        for name, world in (("locked", locked), ("broken", "seed-broken")):
            with simulator.Simulator(world, name=f"corpus_{name}") as sim:
                scans.scan(sim, "--no-ungoverned")
                self.make_further_shapes(sim)
                for one in scans.exchanges(sim):
                    body = one["response"]["body"]
                    if one["response"]["status"] == 200 and body:
                        label = f"{one['service']}:{one['operation']}"
                        value = json.loads(body) if body.startswith("{") else parsed_xml({"operation": label}, body)
                        answered.setdefault(label, set()).update(members(value))
        lacking = set()
        for _, sample in samples():
            answer = sample["answer"] if "answer" in sample else parsed_xml(sample, sample["body"])
            maps = tuple(f"{path}." for path, is_open in model_members(service_model(sample)[1]) if is_open)
            lacking |= {f"{sample['operation']} {path}" for path in members(answer)
                        if path not in answered.get(sample["operation"], set()) and not path.startswith(maps)}
        self.assertEqual(lacking, NOT_PRODUCED)


if __name__ == "__main__":
    unittest.main()
