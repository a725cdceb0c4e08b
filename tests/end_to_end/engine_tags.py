"""Resources that the Tagging API cannot tag are tagged and untagged with the APIs of their services; a bucket keeps all other
tags; after a kill at any boundary, the next run completes the change.
"""
import os
import signal
import subprocess
import unittest

import engine_runs
import scans
import simulator
from engine_runs import GOVERNED, Cloud, engine
from simulator import X_PROD

REGION = GOVERNED[0]
DAILY, MISSPELT = "aws-control-tower-backupdaily", "aws-control-tower-backup-daily"
OTHERS = {"owner": "the team's <data> & more", "empty": ""}
BUCKET = "example-x-left-out"
OWN = {"ec2": ("ec2:CreateTags", "ec2:DeleteTags"), "ebs": ("ec2:CreateTags", "ec2:DeleteTags"),
       "rds": ("rds:AddTagsToResource", "rds:RemoveTagsFromResource"),
       "rds-cluster": ("rds:AddTagsToResource", "rds:RemoveTagsFromResource"),
       "dynamodb": ("dynamodb:TagResource", "dynamodb:UntagResource"), "efs": ("efs:TagResource", "efs:UntagResource"),
       "s3": ("s3:PutBucketTagging", "s3:PutBucketTagging")}
MEANWHILE = "arrived-while-applying"
WRONG = {DAILY: "yes"}
BOUNDARIES = 8  # of a step: three calls sent and received, answered, done


def world(*kinds, tags=None):
    out = engine_runs.healthy()
    out["resources"] += [{"account": X_PROD, "region": REGION, "type": kind, "tags": {**(tags or {MISSPELT: "true"}), **OTHERS},
                          "name": BUCKET if kind == "s3" else f"x-left-out-{kind}"} for kind in kinds]
    return out


def left_out(arn="*"):
    """The Tagging API refuses every resource whose ARN matches."""
    return {"match": {"operation": "tagging:*agResources"},
            "fail_resources": {"arn": arn, "message": "The service did not answer in time"}}


def tags_of(cloud):
    """{ARN: {key: value}} of the resources that were left out."""
    out = {}
    for name, part in cloud.state().items():
        if name.split("/")[0] in ("ec2", "rds", "dynamodb", "efs", "s3"):
            find(part, out)
    return out


def find(value, out):
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(each, dict) and "owner" in (each.get("tags") or {}):
            out[str(each.get("arn", len(out)))] = each["tags"]
        find(each, out)


class LeftOut(unittest.TestCase):
    maxDiff = None

    def begin(self, *kinds, faults=(left_out(),), tags=None, name=""):
        cloud = self.enterContext(Cloud(world(*kinds, tags=tags), f"tags.{self._testMethodName}{name}",
                                        faults={"faults": list(faults)}))
        engine_runs.fresh(cloud)
        return cloud

    def fix(self, cloud, codes=(0, 3), **options):
        """Simulated time is fast, and backups that do not run in the meantime fail: 3."""
        before = dict(cloud.effects()["writes"])
        done = engine(cloud, "fix", **options)
        self.assertIn(done.code, codes, done.told())
        done.sent = {operation: count - before.get(operation, 0) for operation, count in cloud.effects()["writes"].items()
                     if count > before.get(operation, 0)}
        return done

    def test_every_service_tags_what_was_left_out_and_keeps_what_others_tagged(self):
        cloud = self.begin(*OWN)
        done = self.fix(cloud)
        fixed = {finding["check_id"] for finding in done.report["findings"] if finding["status"] == "FIXED"}
        self.assertIn("TAG-03", fixed)
        self.assertNotIn("TAG-03", {check for check, _ in done.failing()})
        wanted = {}
        for operations in OWN.values():
            for operation in operations:
                wanted[operation] = wanted.get(operation, 0) + 1
        own = {operation: count for operation, count in done.sent.items() if not operation.startswith("tagging:")}
        self.assertEqual(own, wanted)
        self.assertEqual(list(tags_of(cloud).values()), [{**OTHERS, DAILY: "true"}] * len(OWN))
        steps = {change["id"].split("/")[0]: change for change in done.report["changes"]}
        self.assertEqual({name: step["message"] for name, step in steps.items()},
                         dict.fromkeys(("tag-resource", "untag-resource"), f"done; {len(OWN)} with the API of the resource's own service"))
        self.assertEqual(self.fix(cloud).sent, {})

    def test_only_what_was_left_out_is_sent_again(self):
        cloud = self.begin("dynamodb", "efs", "s3", faults=[left_out("arn:aws:s3:*")])
        done = self.fix(cloud)
        own = {operation for operation in done.sent if not operation.startswith("tagging:")}
        self.assertEqual(own, {"s3:PutBucketTagging"})
        self.assertEqual(list(tags_of(cloud).values()), [{**OTHERS, DAILY: "true"}] * 3)

    def test_a_tag_that_appears_after_the_plan_was_made_stays(self):
        cloud = self.begin("s3")
        self.fix(cloud, codes=(-signal.SIGKILL,), crash_at=3)
        self.assertNotIn("s3:PutBucketTagging", cloud.effects()["writes"])
        tags = {MISSPELT: "true", **OTHERS, MEANWHILE: "yes"}
        simulator.Aws(cloud).assumed(X_PROD).ok("s3api put-bucket-tagging", region=REGION, bucket=BUCKET, tagging={
            "TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]})
        self.fix(cloud)
        self.assertEqual(list(tags_of(cloud).values()), [{**OTHERS, MEANWHILE: "yes", DAILY: "true"}])

    def test_the_emitted_script_does_the_same_with_the_aws_cli(self):
        cloud = self.begin("s3", tags=WRONG)
        folder = engine_runs.directory(cloud)
        online = ("--endpoint-url", cloud.endpoint, "--time-scale", "1400", "--unpaced")
        for words in (("scan", "-o", "run", "-M", "json", *online), ("plan", "run", "--emit", "aws-cli", "-o", "fix.sh")):
            done = subprocess.run([str(scans.SCANNER), *words], cwd=folder, env=scans.environment(cloud), text=True,
                                  capture_output=True, timeout=60, check=False)
            self.assertIn(done.returncode, (0, 3), done.stderr)
        path = f"{simulator.TREE / 'tests' / 'tools'}{os.pathsep}{os.environ['PATH']}"
        script = subprocess.run(["bash", "fix.sh"], cwd=folder, text=True, capture_output=True, timeout=120, check=False,
                                env={**cloud.environment(), "PATH": path, "no_proxy": "*"})
        self.assertEqual(script.returncode, 0, script.stderr)
        self.assertEqual(list(tags_of(cloud).values()), [{**OTHERS, DAILY: "true"}])

    def test_a_service_that_refuses_is_named_with_its_words_and_the_rest_goes_on(self):
        refused = {"match": {"operation": "dynamodb:TagResource"},
                   "error": {"code": "AccessDeniedException", "message": "not you"}}
        cloud = self.begin("dynamodb", "efs", faults=[refused, left_out()])
        done = self.fix(cloud, codes=(5,))
        step, = [change for change in done.report["changes"] if change["state"] == "failed"]
        self.assertIn("x-left-out-dynamodb: dynamodb:TagResource in ", step["message"])
        self.assertIn("AccessDeniedException: not you", step["message"])
        self.assertEqual(done.sent["efs:TagResource"], 1)

    def test_a_bucket_whose_tags_cannot_be_read_is_not_written(self):
        for name, how in (("denied", {"error": {"code": "AccessDenied", "status": 403, "message": "no"}}),
                          ("odd", {"garbage": "<Tagging xmlns='http://s3.amazonaws.com/doc/2006-03-01/'/>"})):
            with self.subTest(name):
                unread = {"match": {"operation": "s3:GetBucketTagging", "role": "AWSControlTowerExecution"}, **how}
                cloud = self.begin("s3", faults=[unread, left_out()], name=f".{name}")
                done = engine(cloud, "fix")
                self.assertIn(done.code, (3, 4, 5), done.told())
                self.assertNotIn("s3:PutBucketTagging", cloud.effects()["writes"])
                self.assertEqual(list(tags_of(cloud).values()), [{MISSPELT: "true", **OTHERS}])

    def test_killed_at_any_boundary_the_next_run_ends_the_same(self):
        reference = self.begin("dynamodb", "s3", name=".reference", tags=WRONG)
        self.fix(reference)
        wanted, killed = tags_of(reference), []

        def crash(boundary):
            with Cloud(world("dynamodb", "s3", tags=WRONG), f"tags.crash-{boundary}", faults={"faults": [left_out()]}) as cloud:
                engine_runs.fresh(cloud)
                done = engine(cloud, "fix", crash_at=boundary)
                killed.append(done.killed)
                done = engine(cloud, "fix") if done.killed else done
                engine_runs.expect(done.code in (0, 3), done.told())
                engine_runs.expect(tags_of(cloud) == wanted, f"{tags_of(cloud)} instead of {wanted}")
                writes = cloud.effects()["total_writes"]
                done = engine(cloud, "fix")
                engine_runs.expect(cloud.effects()["total_writes"] == writes, done.told())

        problems = engine_runs.side_by_side(crash, range(1, BOUNDARIES + 2))
        self.assertFalse(problems, "\n\n".join(problems[:3]))
        self.assertEqual(sum(killed), BOUNDARIES)


if __name__ == "__main__":
    unittest.main()
