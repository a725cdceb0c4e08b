"""The printed policies are sufficient and contain no unnecessary action: the simulator authorizes every call with them.

A world gives the management credentials and the member roles exactly the output of `towerkeep iam-policy`. Then the command
works. Without any one action it does not: a scan has a collection error (exit status 4) or stops, a change stops part-way.
"""
import concurrent.futures
import copy
import json
import os
import subprocess
import unittest

import scans
import simulator
from simulator import ADMIN, AUDIT, CENTRAL, HOME, LOGS, MANAGEMENT, TREE, X_PROD

COMMANDS = ("scan", "fix", "enable", "teardown")
MEMBERS = (LOGS, AUDIT, ADMIN, CENTRAL, simulator.SHARED, X_PROD, simulator.X_TEST, simulator.Y_PROD, simulator.SANDBOX)
ROLE = "AWSControlTowerExecution"


def printed(command, *flags):
    done = subprocess.run([str(scans.SCANNER), "iam-policy", command, *flags], env=scans.environment(), text=True,
                          capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"iam-policy {command} {flags}: {done.returncode} {done.stderr}")
    return done.stdout


def policy(command, side):
    """All managed policies of one side in one document."""
    parts = json.loads(printed(command))[side]
    return {"Version": "2012-10-17", "Statement": [statement for part in parts for statement in part["Statement"]]}


def actions(document):
    return sorted({action for statement in document["Statement"] for action in statement["Action"]})


def without(document, action):
    less = copy.deepcopy(document)
    for statement in less["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != action]
    less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
    return less


def role(account, name, document):
    """The change that creates a role with this policy in an account."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}}]}
    return {"set": {"service": "iam", "account": account, "path": f"roles.{name}", "value": {
        "RoleName": name, "Path": "/", "RoleId": "AROAEXAMPLELEASTPRIV", "Arn": f"arn:aws:iam::{account}:role/{name}",
        "CreateDate": "2025-06-01T00:00:00Z", "MaxSessionDuration": 3600, "@attached": [], "@policy": document,
        "AssumeRolePolicyDocument": json.dumps(trust)}}}


def key(number, document):
    return {"access_key_id": f"AKIALEAST{number:08d}MG", "secret": simulator.Simulator.secret, "account": MANAGEMENT,
            "user": f"towerkeep-{number}", **({"policy": document} if document else {})}


def world(base, credentials, roles, changes=()):
    return {"base": str(simulator.WORLDS / f"{base}.yaml"), "credentials": credentials, "changes": [*changes, *roles]}


class Variant:
    """The printed policies without at most one action of one side."""

    def __init__(self, number, command, side=None, action=None):
        self.number, self.side, self.action = number, side, action
        self.documents = {each: policy(command, each) for each in ("management", "member")}
        self.role = ROLE
        if action:
            self.documents[side] = without(self.documents[side], action)
        if side == "member":
            self.role = f"LessThanNeeded{number}"
        elif side == "management":
            # Otherwise the permission to assume the role would be missing in every variant.
            self.role = ROLE
        self.key = key(number, self.documents["management"])

    def __str__(self):
        return f"{self.side} without {self.action}" if self.action else "as printed"

    def roles(self, members):
        return [role(account, self.role, self.documents["member"]) for account in members]


def variants(command):
    """All variants of a command: first with all actions, then each without one action. Each variant has its own member role,
    which its management credentials can assume."""
    whole = Variant(0, command)
    rest = [(side, action) for side in ("management", "member") for action in actions(whole.documents[side])]
    made = [whole, *(Variant(number + 1, command, side, action) for number, (side, action) in enumerate(rest))]
    for variant in made:
        if variant.role != ROLE:
            entered = json.loads(printed(command, "--assume", variant.role))["management"]
            variant.key["policy"] = {"Version": "2012-10-17", "Statement": [s for part in entered for s in part["Statement"]]}
    return made


# Resources of some organizations, so that a scan makes every call in both places: in the management account a plan with a
# selection, and a vault with a name as from Control Tower; a baseline that failed.
OWN_VAULT, OWNER = "aws-controltower-central-backupvault-own", key(99999999, None)
NOT_WELL = {"set": {"service": "controltower", "account": "management", "region": "home",
                    "path": f"enabled_baselines.BackupBaseline/{simulator.unit('worky001')}.status", "value": "FAILED"}}
# (Shared Services owns the key that encrypts the workloads.)
SCANNED = (ADMIN, CENTRAL, X_PROD, simulator.SHARED)
# Types whose lists are called only where they are required.
EVERY_TYPE = scans.SCRATCH / "least-privilege-types.yaml"
EVERY_TYPE.write_text("resource_types: [Aurora, Aurora DSQL, CloudFormation, DynamoDB, EBS, EC2, EFS, EKS, FSx, RDS, Redshift, "
                      "Redshift Serverless, S3, Storage Gateway]\n", encoding="utf-8")
SCAN_FLAGS = ("-C", EVERY_TYPE, "-c", "COV-*", "-f", HOME, "--accounts", ",".join((MANAGEMENT, *SCANNED)))
BACKUP_POLICY = {"plans": {"Own": {
    "regions": {"@@assign": [HOME]},
    "rules": {"R": {"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}, "target_backup_vault_name": {"@@assign": OWN_VAULT}}},
    "selections": {"tags": {"T": {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/aws-controltower-BackupRole"},
                                  "tag_key": {"@@assign": "own"}, "tag_value": {"@@assign": ["yes"]}}}}}}}
# The daily job counts of the organization and, if they are refused, the job list of every account: one of the two is enough,
# so that neither causes a collection error alone, and the second is not called while the first is answered.
EITHER = [f"{side} without backup:List{kind}Job{what}" for side, what in (("management", "Summaries"), ("management", "s"),
                                                                          ("member", "s")) for kind in ("Backup", "Copy")]


def write_actions(dump):
    """IAM actions of the operations that change something, from ops_dump."""
    table = json.loads(subprocess.run([dump], capture_output=True, text=True, check=True).stdout)
    return {action for op in table["ops"] if op["effect"] != "read" for action in op["actions"]}


def make_demanding(sim):
    aws = simulator.Aws(sim, OWNER["access_key_id"], OWNER["secret"])
    aws.ok("backup create-backup-vault", backup_vault_name=OWN_VAULT)
    plan = aws.ok("backup create-backup-plan", backup_plan={
        "BackupPlanName": "own", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": OWN_VAULT}]})["BackupPlanId"]
    aws.ok("backup create-backup-selection", backup_plan_id=plan, backup_selection={
        "SelectionName": "own", "IamRoleArn": f"arn:aws:iam::{MANAGEMENT}:role/AWSServiceRoleForBackup",
        "Resources": ["*"]})
    made = aws.ok("organizations create-policy", name="Own", description="own", type="BACKUP_POLICY", content=json.dumps(BACKUP_POLICY))
    aws.ok("organizations attach-policy", policy_id=made["Policy"]["PolicySummary"]["Id"], target_id=X_PROD)


class Documents(unittest.TestCase):
    maxDiff = None

    def test_each_policy_fits_a_managed_policy_and_has_no_wildcard_action(self):
        for command in COMMANDS:
            for side, parts in json.loads(printed(command)).items():
                self.assertIn(len(parts), (1, 2), (command, side))
                for part in parts:
                    self.assertLessEqual(len(json.dumps(part, separators=(",", ":"))), 6144, (command, side))
                    self.assertEqual(part["Version"], "2012-10-17")
                    for statement in part["Statement"]:
                        self.assertEqual(statement["Effect"], "Allow")
                        self.assertFalse([a for a in statement["Action"] if "*" in a or "?" in a], statement)
                sids = [statement["Sid"] for part in parts for statement in part["Statement"]]
                self.assertEqual(len(sids), len(set(sids)), (command, side))

    @unittest.skipUnless((simulator.BUILD / "tests" / "ops_dump").exists(), "ops_dump was not built")
    def test_a_scan_never_needs_a_write_action(self):
        writes = write_actions(simulator.BUILD / "tests" / "ops_dump")
        self.assertIn("kms:PutKeyPolicy", writes)
        for side in ("management", "member"):
            self.assertEqual(writes & set(actions(policy("scan", side))), set())

    def test_one_side_is_printed_as_a_policy(self):
        self.assertEqual([json.loads(printed("scan", "--role", "member"))], json.loads(printed("scan"))["member"])

    def test_account_partition_and_roles_narrow_what_is_printed(self):
        text = printed("scan", "--role", "management", "--account", MANAGEMENT, "--partition", "aws-us-gov", "--assume", "Auditor")
        self.assertIn(f"arn:aws-us-gov:kms:*:{MANAGEMENT}:key/*", text)
        self.assertIn("arn:aws-us-gov:iam::*:role/Auditor", text)
        self.assertNotIn(ROLE, text)

    def test_what_makes_no_sense_is_refused_in_one_line(self):
        for flags in (["destroy"], [], ["scan", "fix"], ["scan", "--role", "all"], ["scan", "--format", "hcl"],
                      ["scan", "--format", "cloudformation"], ["scan", "--account", "12"], ["scan", "--assume", "a b\""],
                      ["scan", "--partition", "gcp"], ["scan", "--role", "member", "-f", "cloudformation", "--account", MANAGEMENT]):
            done = subprocess.run([str(scans.SCANNER), "iam-policy", *flags], env=scans.environment(), text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), flags)
            self.assertTrue(done.stderr.startswith("towerkeep"), flags)


class Templates(unittest.TestCase):
    def test_the_shipped_templates_are_what_is_printed(self):
        for command in COMMANDS:
            for side in ("management", "member"):
                path = TREE / "templates" / "iam" / f"{command}-{side}.yaml"
                text = printed(command, "--role", side, "--format", "cloudformation")
                self.assertEqual(path.read_text(encoding="utf-8"), text, f"write it again: towerkeep iam-policy {command} "
                                 f"--role {side} --format cloudformation > templates/iam/{path.name}")

    def test_they_say_the_same_as_the_policies(self):
        names = {"${AWS::Partition}": "aws", "${AWS::AccountId}": "*", "${!aws:": "${aws:"}
        for command in COMMANDS:
            for side in ("management", "member"):
                found = {"Action": set(), "Resource": set()}
                text = (TREE / "templates" / "iam" / f"{command}-{side}.yaml").read_text(encoding="utf-8")
                part = None
                for line in text.partition("PolicyDocument:\n        Version")[2].splitlines():
                    word = line.strip()
                    if word.endswith(":") or ": " in word:
                        part = word.partition(":")[0]
                    elif part in found and word.startswith("- "):
                        value = word[2:].removeprefix("!Sub ").strip('"')
                        for name, meaning in names.items():
                            value = value.replace(name, meaning)
                        found[part].add(value)
                document = policy(command, side)
                self.assertEqual(sorted(found["Action"]), actions(document), (command, side))
                wanted = {r for s in document["Statement"] for r in s["Resource"] if ":role/AWS" not in r and ":role/Org" not in r}
                self.assertEqual({r for r in found["Resource"] if ":role/AWS" not in r and "MemberRoleName" not in r}, wanted)


class Scan(unittest.TestCase):
    """One simulator; a management access key and a member role for every variant."""

    def run_variant(self, sim, variant, *flags):
        environment = scans.environment(sim, AWS_ACCESS_KEY_ID=variant.key["access_key_id"],
                                        AWS_SECRET_ACCESS_KEY=variant.key["secret"])
        return scans.scan(sim, "--role", variant.role, *flags, env=environment)

    def test_the_printed_policies_are_enough_for_the_healthy_world(self):
        whole = Variant(0, "scan")
        with scans.Simulator(world("seed-healthy", [whole.key], whole.roles(MEMBERS)), name="least-scan-healthy") as sim:
            done = self.run_variant(sim, whole)
            self.assertEqual((done.code, done.report["verdict"]), (0, "COMPLIANT"), done.out + done.err)
            self.assertEqual((done.report["coverage"]["gaps"], sim.effects()["denied"]), (0, {}))

    def test_each_action_less_leaves_a_gap(self):
        made = variants("scan")
        roles = [change for variant in made if variant.role != ROLE for change in variant.roles(SCANNED)]
        roles += made[0].roles(SCANNED)
        keys = [OWNER, *(variant.key for variant in made)]
        with scans.Simulator(world("seed-healthy", keys, roles, [NOT_WELL]), name="least-scan") as sim:
            make_demanding(sim)
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
                done = list(pool.map(lambda variant: self.run_variant(sim, variant, *SCAN_FLAGS), made))
        self.assertIn(done[0].code, (0, 3), done[0].out + done[0].err)
        self.assertEqual(done[0].report["coverage"]["gaps"], 0)
        idle = [str(variant) for variant, ended in zip(made[1:], done[1:]) if ended.code != 4]
        self.assertEqual(sorted(idle), sorted(EITHER), "a scan does without")
        for variant, ended in zip(made[1:], done[1:]):
            if str(variant) in EITHER:
                continue
            said = ended.err + (json.dumps(ended.report["gaps"]) if (ended.directory / "report.json").exists() else "")
            self.assertIn(variant.action, said, f"{variant}: the action is not named")


CONFIG = """\
accounts:
  backup_administrator: {name: Backup Administrator, email: aws+backup-admin@example.com}
  central_backup: {name: Central Backup, email: aws+central-backup@example.com}
tags: {default_tier: daily}
"""
HASTE = 20000
KEY = "mrk-0123456789abcdef0123456789abcdef"
ROOT_ONLY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "kms:*", "Resource": "*"}]})


def call(operation, account="management", region=HOME, **members):
    there = {} if account == "management" else {"role": ROLE}
    return {"call": operation, "account": account, "region": region, **there, "input": members}


def tower(path, value):
    return {"set": {"service": "controltower", "account": "management", "region": "home", "path": path, "value": value}}


# Before the first change of any variant.
PREFLIGHT = "management account:ListRegions "
FIX, ENABLE = ["scan", "--fix", "--auto-approve"], ["enable", "--auto-approve"]
TEARDOWN = ["teardown", "--auto-approve", "--close-accounts", "--confirm-organization", simulator.ORGANIZATION]
# Actions that repairs need: (command, what is wrong, arguments, world, changes, actions without which it fails: "side
# action"). Actions that every scan needs are tested above.
STORIES = (
    ("enable", "nothing is there", ENABLE, "bare", [], PREFLIGHT + """
        management organizations:CreateAccount  management organizations:DescribeCreateAccountStatus
        management kms:CreateKey  management kms:TagResource  management kms:CreateAlias  management kms:ReplicateKey
        management kms:EnableKeyRotation  management kms:ListAliases
        management controltower:UpdateLandingZone  management controltower:SetupLandingZone
        management controltower:EnableBaseline  management controltower:ManageOrganizationalUnit
        management organizations:PutResourcePolicy
        management backup:UpdateRegionSettings  member backup:UpdateRegionSettings
        member tag:TagResources  member ec2:CreateTags  member rds:AddTagsToResource  member dynamodb:TagResource
        member elasticfilesystem:TagResource  member s3:GetBucketTagging  member s3:PutBucketTagging"""),
    ("fix", "a replica is disabled", FIX, "seed-healthy", [call("kms:DisableKey", region="eu-west-1", KeyId=KEY)],
     "management kms:EnableKey"),
    ("fix", "a replica is to be deleted", FIX, "seed-healthy",
     [call("kms:ScheduleKeyDeletion", region="eu-west-1", KeyId=KEY, PendingWindowInDays=30)],
     "management kms:CancelKeyDeletion"),
    ("fix", "a key policy is incomplete", FIX, "seed-healthy",
     [call("kms:PutKeyPolicy", region="eu-west-1", KeyId=KEY, PolicyName="default", Policy=ROOT_ONLY)],
     "management kms:PutKeyPolicy"),
    ("fix", "the key is not rotated", FIX, "seed-healthy", [call("kms:DisableKeyRotation", KeyId=KEY)],
     "management kms:EnableKeyRotation"),
    ("fix", "nobody is delegated administrator", FIX, "seed-healthy",
     [call("organizations:DeregisterDelegatedAdministrator", AccountId=ADMIN, ServicePrincipal="backup.amazonaws.com")],
     "management organizations:RegisterDelegatedAdministrator"),
    ("fix", "nobody may manage backup policies", FIX, "seed-healthy", [call("organizations:DeleteResourcePolicy")],
     "management organizations:PutResourcePolicy"),
    ("fix", "backup policies are not enabled", FIX, "seed-healthy",
     [call("organizations:DisablePolicyType", RootId="r-ab12", PolicyType="BACKUP_POLICY")],
     "management organizations:EnablePolicyType"),
    ("fix", "AWS Backup has lost its role", FIX, "seed-healthy",
     [{"set": {"service": "iam", "account": "management", "path": "roles.AWSServiceRoleForBackup", "value": None}}],
     "management iam:CreateServiceLinkedRole"),
    ("fix", "AWS Backup is not trusted", FIX, "seed-healthy",
     [call("organizations:DeregisterDelegatedAdministrator", AccountId=ADMIN, ServicePrincipal="backup.amazonaws.com"),
      call("organizations:DisableAWSServiceAccess", ServicePrincipal="backup.amazonaws.com")],
     "management organizations:EnableAWSServiceAccess  management organizations:RegisterDelegatedAdministrator"),
    ("fix", "accounts may not back up across", FIX, "seed-healthy",
     [call("backup:UpdateGlobalSettings", GlobalSettings={"isCrossAccountBackupEnabled": "false"})],
     "management backup:UpdateGlobalSettings"),
    ("fix", "a baseline failed", FIX, "seed-healthy",
     [tower(f"enabled_baselines.BackupBaseline/{simulator.unit('worky001')}.status", "FAILED")],
     "management controltower:ResetEnabledBaseline  management controltower:ManageOrganizationalUnit"),
    ("fix", "a baseline is old", FIX, "seed-healthy",
     [tower(f"enabled_baselines.AWSControlTowerBaseline/{simulator.unit('workx001')}.version", "4.0")],
     "management controltower:UpdateEnabledBaseline  management controltower:ManageOrganizationalUnit"),
    ("fix", "the landing zone has drifted", FIX, "seed-healthy", [tower("landing_zone.drift", "DRIFTED")],
     "management controltower:ResetLandingZone  management controltower:SetupLandingZone"),
    ("fix", "a type is not opted in", FIX, "seed-healthy",
     [call("backup:UpdateRegionSettings", X_PROD, ResourceTypeOptInPreference={"EBS": False})],
     "member backup:UpdateRegionSettings"),
    ("fix", "a central vault has no policy", FIX, "seed-healthy",
     [call("backup:DeleteBackupVaultAccessPolicy", CENTRAL,
           BackupVaultName="aws-controltower-central-backupvault-exampleorg1")],
     "member backup:PutBackupVaultAccessPolicy"),
    ("fix", "a backup account was moved", FIX, "seed-healthy",
     [call("organizations:MoveAccount", AccountId=ADMIN, SourceParentId=simulator.unit("sec00001"),
           DestinationParentId=simulator.unit("sand0001"))],
     "management organizations:MoveAccount  management organizations:ListParents"),
    ("teardown", "everything is there", TEARDOWN, "seed-healthy", [], PREFLIGHT + """
        management controltower:DisableBaseline  management controltower:DeregisterOrganizationalUnit
        management controltower:UpdateLandingZone  management controltower:SetupLandingZone
        management organizations:DisableAWSServiceAccess  management organizations:DescribeAccount
        management organizations:DeleteResourcePolicy
        management organizations:CloseAccount"""),
)
# Actions that no test needs, and when they are needed.
RESOURCES = "a resource of the management account itself; shown for members"
MISSPELT = "a backup tag is misspelt; the services' rights are those of tagging, shown above"
UPDATE = "Control Tower acts with the caller's rights when it updates a landing zone; the simulator's does not"
POLICY = "resources are copied to no other Region: the organization has no backup policy of its own yet"
POINTS = "--delete-recovery-points VAULT"
ASKED = {"iam:SimulatePrincipalPolicy": "the preflight asks IAM, where that lets it"}
ELSEWHERE = {
    "fix": {
        "management": {
            **ASKED,
            "kms:UpdateAlias": "the alias names a key whose deletion is scheduled",
            "kms:UpdatePrimaryRegion": "the primary key is not in the home Region",
            "organizations:ListCreateAccountStatus": "it is unknown whether CreateAccount took effect",
            **dict.fromkeys(("organizations:AttachPolicy", "organizations:CreatePolicy"), POLICY),
            "organizations:DeregisterDelegatedAdministrator": UPDATE,
            **dict.fromkeys(("dynamodb:TagResource", "ec2:CreateTags", "elasticfilesystem:TagResource", "rds:AddTagsToResource",
                             "s3:GetBucketTagging", "s3:PutBucketTagging", "tag:TagResources"), RESOURCES),
            **dict.fromkeys(("dynamodb:UntagResource", "ec2:DeleteTags", "elasticfilesystem:UntagResource",
                             "rds:RemoveTagsFromResource", "tag:UntagResources"), RESOURCES)},
        "member": dict.fromkeys(("dynamodb:UntagResource", "ec2:DeleteTags", "elasticfilesystem:UntagResource",
                                 "rds:RemoveTagsFromResource", "tag:UntagResources"), MISSPELT)},
    "teardown": {
        "management": {
            **ASKED,
            "organizations:PutResourcePolicy": "another's statements stand in the organization's resource policy",
            "kms:ScheduleKeyDeletion": "--delete-key, once no recovery point needs the key",
            **dict.fromkeys(("backup:UpdateGlobalSettings", "organizations:DeregisterDelegatedAdministrator",
                             "organizations:EnableAWSServiceAccess", "organizations:RegisterDelegatedAdministrator"), UPDATE)},
        "member": dict.fromkeys(("backup:DeleteRecoveryPoint", "backup:DescribeBackupVault", "backup:DescribeRecoveryPoint"),
                                POINTS)},
}
# enable sends the same calls as fix, except for failures that a new architecture cannot have.
ELSEWHERE["enable"] = {side: {a: why for a, why in known.items() if a != "kms:UpdatePrimaryRegion"}
                       for side, known in ELSEWHERE["fix"].items()}


class Stories(unittest.TestCase):
    """A simulator for every variant, because each variant changes its world."""
    maxDiff = None

    def play(self, story, number, document):
        command, what, arguments, base, changes, _ = STORIES[story]
        name, config = f"least-{command}-{story}-{number}", simulator.SCRATCH / "least.yaml"
        members = [m for m in MEMBERS if base != "bare" or m not in (ADMIN, CENTRAL)]
        roles = [role(account, ROLE, document["member"]) for account in members]
        mine = key(number, document["management"])
        with simulator.Simulator(world(base, [mine], roles, changes), "--time-scale", HASTE, name=name) as sim:
            environment = scans.environment(sim, AWS_ACCESS_KEY_ID=mine["access_key_id"], AWS_SECRET_ACCESS_KEY=mine["secret"])
            done = subprocess.run(
                [str(scans.SCANNER), *arguments, "--unpaced", "--endpoint-url", sim.endpoint, "--time-scale", str(HASTE), "-M", "json",
                 "-o", str(scans.directory(name)), "--config-file", str(config)],
                env=environment, text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=scans.SCAN_SECONDS, check=False)
            done.denied = sim.effects()["denied"]
            return done

    def test_the_printed_policies_are_enough_and_not_one_action_too_many(self):
        config = simulator.SCRATCH / "least.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(CONFIG, encoding="utf-8")
        whole = {command: {side: policy(command, side) for side in ("management", "member")} for command in COMMANDS}
        jobs = []
        for story, (command, _, _, _, _, needed) in enumerate(STORIES):
            jobs.append((story, None, whole[command]))
            for side, action in zip(needed.split()[::2], needed.split()[1::2]):
                self.assertIn(action, actions(whole[command][side]), (command, side))
                jobs.append((story, f"{side} without {action}",
                             {**whole[command], side: without(whole[command][side], action)}))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            ended = list(pool.map(lambda job: self.play(job[1][0], job[0], job[1][2]), enumerate(jobs)))
        for (story, less, _), done in zip(jobs, ended):
            with self.subTest(what=STORIES[story][1], less=less):
                if less:
                    self.assertNotEqual(done.returncode, usual.returncode, "it goes without")
                    self.assertIn(done.returncode, (2, 3, 4, 5), done.stdout[-3000:] + done.stderr[-3000:])
                    self.assertIn("not authorized", ("not authorized" if done.denied else "") + done.stdout + done.stderr)
                else:
                    usual = done
                    self.assertEqual(done.denied, {}, done.stdout + done.stderr)
                    self.assertIn(done.returncode, (0, 3), done.stdout[-3000:] + done.stderr[-3000:])


    def test_what_no_story_asks_for_is_named_with_its_occasion(self):
        for command, sides in ELSEWHERE.items():
            for side, known in sides.items():
                shown = set(actions(policy("scan", side)))
                for told, *_, needed in STORIES:
                    if (told == "teardown") == (command == "teardown"):
                        words = needed.split()
                        shown |= {action for who, action in zip(words[::2], words[1::2]) if who == side}
                self.assertEqual(set(actions(policy(command, side))) - shown, set(known), (command, side))


if __name__ == "__main__":
    unittest.main()
