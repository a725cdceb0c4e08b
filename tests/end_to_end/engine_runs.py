"""Runs of the engine on small simulated organizations: enable, scan --fix and teardown as processes that can be killed, the
resulting state, and the number of changes.

    with engine_runs.Cloud(engine_runs.bare(), "some-name") as cloud:
        done = engine_runs.engine(cloud, "enable", crash_at=7)
        done.killed, cloud.picture(), cloud.effects()["objects"]

Simulated time is SIM_SCALE times as fast as real time, and towerkeep divides its waits by WAIT_SCALE. WAIT_SCALE is smaller,
so that a poll finds a running operation once or twice and not dozens of times.
"""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

import scans
import simulator
from simulator import MANAGEMENT, ORGANIZATION, SCRATCH, unit

SIM_SCALE, WAIT_SCALE = 20000, 1400
ENGINE_SECONDS = 120
KEY = "mrk-0123456789abcdef0123456789abcdef"
ADMIN_EMAIL, CENTRAL_EMAIL = "aws+backup-admin@example.com", "aws+central-backup@example.com"
GOVERNED = ("eu-central-1", "eu-west-1")
ALIAS = "alias/control-tower-backup"
CONFIG = {"accounts": {"backup_administrator": {"name": "Backup Administrator", "email": ADMIN_EMAIL},
                       "central_backup": {"name": "Central Backup", "email": CENTRAL_EMAIL}},
          "tags": {"default_tier": "daily"}}


def seed():
    """The seed of random choices: CAMPAIGN_SEED, or the commit, so that every commit tests other cases."""
    given = os.environ.get("CAMPAIGN_SEED")
    if given:
        return int(given)
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=simulator.TREE, capture_output=True, text=True, check=False).stdout
    return int(told[:7], 16) if told else 1


# --- worlds ---

def _manifest(version, backup):
    logging = {"enabled": True, "accountId": simulator.LOGS,
               "configurations": {"loggingBucket": {"retentionDays": 365}, "accessLoggingBucket": {"retentionDays": 3650}}}
    out = {"governedRegions": list(GOVERNED), "accessManagement": {"enabled": True}, "centralizedLogging": logging,
           "securityRoles": {"accountId": simulator.AUDIT}, "backup": {"enabled": False}}
    if version == "4.0":
        out["securityRoles"]["enabled"] = True
        out["config"] = {**logging, "accountId": simulator.AUDIT}
    else:
        out["organizationStructure"] = {"security": {"name": "Security"}}
    if backup:
        out["backup"] = {"enabled": True, "configurations": {
            "centralBackup": {"accountId": simulator.CENTRAL}, "backupAdmin": {"accountId": simulator.ADMIN},
            "kmsKeyArn": f"arn:aws:kms:{simulator.HOME}:{MANAGEMENT}:key/{KEY}"}}
    return out


def _world(version, backup):
    tags = {"aws-control-tower-backupdaily": "true"} if backup else {"project": "demo"}
    accounts = [{"id": simulator.LOGS, "name": "Log Archive", "email": "aws+log-archive@example.com"},
                {"id": simulator.AUDIT, "name": "Audit", "email": "aws+audit@example.com"}]
    trusted = ["controltower.amazonaws.com", "account.amazonaws.com", "config.amazonaws.com", "sso.amazonaws.com"]
    if backup:
        # AWS Organizations created these two: its role remains when Control Tower's role is deleted.
        roles = ["AWSControlTowerExecution", "OrganizationAccountAccessRole"]
        accounts += [{"id": simulator.ADMIN, "name": "Backup Administrator", "email": ADMIN_EMAIL, "roles": roles},
                     {"id": simulator.CENTRAL, "name": "Central Backup", "email": CENTRAL_EMAIL, "roles": roles}]
        trusted.append("backup.amazonaws.com")
    tower = "5.0" if version == "4.0" else "4.0"
    world = {
        "seed": 3, "partition": "aws", "home_region": simulator.HOME,
        "regions": {"default_enabled": [*GOVERNED, "us-east-1"]},
        "organization": {
            "id": ORGANIZATION, "root": simulator.ROOT, "management_account": MANAGEMENT, "name": "Example Management",
            "email": "aws+management@example.com", "feature_set": "ALL", "trusted_services": trusted,
            "policy_types": {"SERVICE_CONTROL_POLICY": "ENABLED", "TAG_POLICY": "ENABLED", "BACKUP_POLICY": "ENABLED"},
            # Findings that no remedy repairs.
            "policies": [{"id": "p-stay0001", "name": "DenyLeavingTheOrganization", "type": "SERVICE_CONTROL_POLICY",
                          "content": {"Version": "2012-10-17", "Statement": [
                              {"Sid": "Stay", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}]},
                          "targets": [simulator.ROOT]}],
            "units": [{"id": unit("sec00001"), "name": "Security", "accounts": accounts},
                      {"id": unit("work0001"), "name": "Workloads", "accounts": [], "units": [
                          {"id": unit("workx001"), "name": "Workloads X", "accounts": [
                              {"id": simulator.X_PROD, "name": "X Production", "email": "aws+x@example.com"}]}]}]},
        "credentials": [{"access_key_id": simulator.Simulator.access_key, "secret": simulator.Simulator.secret,
                         "account": MANAGEMENT, "user": "towerkeep"}],
        "landing_zone": {"version": version, "status": "ACTIVE", "drift": "IN_SYNC",
                         "remediation_types": ["INHERITANCE_DRIFT"], "manifest": _manifest(version, backup)},
        "baselines": [{"baseline": "AWSControlTowerBaseline", "version": tower, "target": unit(name), "status": "SUCCEEDED"}
                      for name in ("work0001", "workx001")],
        "resources": [{"account": simulator.X_PROD, "region": region, "type": kind, "name": f"x-{kind}", "tags": tags}
                      for region, kind in ((GOVERNED[0], "dynamodb"), (GOVERNED[1], "efs"))]}
    if backup:
        world["changes"] = [_delegation()]
        world["baselines"] += [{"baseline": "BackupBaseline", "version": "1.0", "target": unit(name), "status": "SUCCEEDED"}
                               for name in ("sec00001", "work0001", "workx001")]
        world["kms"] = {"keys": [{"account": MANAGEMENT, "region": simulator.HOME, "id": KEY, "multi_region": True,
                                  "replicas": [GOVERNED[1]], "aliases": [ALIAS], "rotation": True,
                                  "description": "Encrypts the backups of the organization"}]}
        world["backup"] = {"global_settings": {"isCrossAccountBackupEnabled": "true", "isMpaEnabled": "false",
                                               "isDelegatedAdministratorEnabled": "true"}}
    return world


def _delegation():
    """For the organization: the backup administrator is allowed to manage backup policies."""
    principal = {"AWS": f"arn:aws:iam::{simulator.ADMIN}:root"}
    manages = [f"organizations:{verb}Policy" for verb in ("Attach", "Create", "Delete", "Detach", "Update")]
    return _call("organizations:PutResourcePolicy", Content=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "BackupAdministratorReads", "Effect": "Allow", "Principal": principal, "Resource": "*",
         "Action": ["organizations:Describe*", "organizations:List*"]},
        {"Sid": "BackupAdministratorManagesBackupPolicies", "Effect": "Allow", "Principal": principal, "Resource": "*",
         "Action": manages, "Condition": {"StringLikeIfExists": {"organizations:PolicyType": "BACKUP_POLICY"}}}]}))


def bare(version="4.0"):
    """A landing zone of two Regions without any backup resources."""
    return _world(version, False)


def healthy(version="4.0"):
    """The same, compliant."""
    return _world(version, True)


def _call(operation, region=simulator.HOME, account=MANAGEMENT, **members):
    return {"call": operation, "account": account, "region": region, "input": members}


def _set(path, value, service="controltower", region="home", account=MANAGEMENT):
    return {"set": {"service": service, "account": account, "region": region, "path": path, "value": value}}


X_UNIT = f"BackupBaseline/{unit('workx001')}"
DAMAGE = {  # what an API or Control Tower can do to a healthy world, and scan --fix can undo
    "replica off": [_call("kms:DisableKey", GOVERNED[1], KeyId=KEY)],
    "rotation off": [_call("kms:DisableKeyRotation", KeyId=KEY)],
    "replica policy": [_call("kms:PutKeyPolicy", GOVERNED[1], KeyId=KEY, PolicyName="default", Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Sid": "Root", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
                                                "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}}]}))],
    "replica gone": [_call("kms:ScheduleKeyDeletion", GOVERNED[1], KeyId=KEY, PendingWindowInDays=7)],
    "no delegated administrator": [_call("organizations:DeregisterDelegatedAdministrator", AccountId=simulator.ADMIN,
                                         ServicePrincipal="backup.amazonaws.com")],
    "cross-account off": [_call("backup:UpdateGlobalSettings",
                                GlobalSettings={"isCrossAccountBackupEnabled": "false"})],
    "management opt-in": [_call("backup:UpdateRegionSettings", GOVERNED[1],
                                ResourceTypeOptInPreference={"S3": False, "EFS": False})],
    "member opt-in": [_call("backup:UpdateRegionSettings", GOVERNED[1], simulator.X_PROD,
                            ResourceTypeOptInPreference={"DynamoDB": False})],
    "zone drift": [_set("landing_zone.drift", "DRIFTED")],
    "zone failed": [_set("landing_zone.status", "FAILED")],
    "baseline failed": [_set(f"enabled_baselines.{X_UNIT}.status", "FAILED")],
    "baseline gone": [_set(f"enabled_baselines.{X_UNIT}", None)],
    "tower baseline old": [_set(f"enabled_baselines.AWSControlTowerBaseline/{unit('workx001')}.version", "4.0")],
    "vault policy": [_call("backup:DeleteBackupVaultAccessPolicy", account=simulator.CENTRAL,
                           BackupVaultName=f"aws-controltower-central-backupvault-{ORGANIZATION[2:]}")],
}


def damaged(*names, version="4.0"):
    world = healthy(version)
    # In the order of the table: a deleted resource cannot be damaged.
    world["changes"] += [change for name in DAMAGE if name in names for change in DAMAGE[name]]
    return world


# --- the simulator ---

class Cloud(simulator.Simulator):
    """A simulator without a recording, because there are too many."""

    def __init__(self, world, name, *flags, faults=None, scale=SIM_SCALE):
        super().__init__(world, "--time-scale", scale, *flags, name=f"engine.{name}", faults=faults, record=False)

    def __exit__(self, *failure):
        super().__exit__(*failure)
        if failure[0] is None:
            for path in SCRATCH.glob(f"{self.name}.*"):
                path.unlink(missing_ok=True)

    def picture(self):
        """The state of the world without members that differ from run to run: IDs, times, tokens and the order of lists."""
        return canonical(self.state())


COMPARED = ("organizations", "controltower", "kms", "backup", "account", "tagging", "ec2", "rds", "dynamodb", "efs", "s3")
_OPAQUE = [(re.compile(pattern), word) for pattern, word in (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"enabledbaseline/[A-Z0-9]+", "enabledbaseline/<id>"), (r"car-[0-9a-f]{32}", "<car>"),
    (r"enabledcontrol/[A-Z0-9]+", "enabledcontrol/<id>"), (r"\bp-[a-z0-9]{8,}\b", "<policy>"),
    (r"mrk-[0-9a-f]{32}", "<mrk>"), (r"\brp-[a-z0-9]{8}\b", "<resource-policy>"))]
# History of operations and backups is not compared.
_HISTORY = {"operations", "last_operation", "create_account", "closures", "catalogue", "status_message", "points_at",
            "points", "gone", "VersionId"}


def canonical(state):
    text = json.dumps(state)
    accounts = state.get(f"organizations/{MANAGEMENT}/", {}).get("accounts", {})
    for number, account in accounts.items():
        text = text.replace(number, f"<{account['Email']}>")
    for pattern, word in _OPAQUE:
        text = pattern.sub(word, text)
    return {name: order(part) for name, part in json.loads(text, object_pairs_hook=_Pairs)
            if name.split("/")[0] in COMPARED}


class _Pairs(list):
    """An object whose names can become equal."""


def order(value):
    """Sorts lists that have no order, and removes times."""
    if isinstance(value, _Pairs):
        pairs = [[name, order(each)] for name, each in value if name not in _HISTORY]
        return sorted((pair for pair in pairs if pair[1] not in ({}, [], None)), key=json.dumps)
    if isinstance(value, list):
        return sorted((order(each) for each in value), key=json.dumps)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 1e9:
        return "<time>"
    return value


def differences(one, other):
    """Lines with the differences between two worlds."""
    out = []
    for name in sorted(set(one) | set(other)):
        if one.get(name) != other.get(name) and name in one and name in other:
            left, right = ({json.dumps(each) for each in part[name]} for part in (one, other))
            out += [f"{name}: only in the first: {each[:600]}" for each in sorted(left - right)]
            out += [f"{name}: only in the second: {each[:600]}" for each in sorted(right - left)]
    return out


def expect(right, message):
    if not right:
        raise AssertionError(message)


# --- the program ---

class Done:
    def __init__(self, code, out, err, directory):
        self.code, self.out, self.err, self.directory = code, out, err, directory

    @property
    def killed(self):
        return self.code == -signal.SIGKILL

    @property
    def interrupted(self):
        """Ends a process even if it has just started and handles no signals yet."""
        return self.code in (128 + signal.SIGINT, -signal.SIGINT)

    @property
    def report(self):
        return scans.report_of(self.directory)

    def failing(self):
        return sorted({(f["check_id"], f["subject"]) for f in self.report["findings"] if f["status"] == "FAIL"})

    def told(self):
        return f"exit {self.code}\n{self.err[-3000:]}\n{self.out[-1500:]}"


def directory(cloud):
    return SCRATCH / "runs" / cloud.name


def fresh(cloud):
    shutil.rmtree(directory(cloud), ignore_errors=True)
    directory(cloud).mkdir(parents=True)
    return directory(cloud)


COMMANDS = {"enable": ["enable"], "fix": ["scan", "--fix"],
            "teardown": ["teardown", "--confirm-organization", ORGANIZATION]}


def start(cloud, command, *flags, crash_at=0, config=None, scale=WAIT_SCALE):
    """A running process: a Popen that finish() takes."""
    where = directory(cloud)
    where.mkdir(parents=True, exist_ok=True)
    wanted = SCRATCH / f"{cloud.name}.config.json"
    wanted.write_text(json.dumps(CONFIG if config is None else config), encoding="utf-8")
    arguments = [str(scans.SCANNER), *COMMANDS[command], "--config-file", str(wanted), "--auto-approve", "-o", str(where),
                 "--endpoint-url", cloud.endpoint, "--time-scale", str(scale), "--unpaced", "-M", "json",
                 "--progress", "none", *(["--crash-at", str(crash_at)] if crash_at else []), *map(str, flags)]
    process = subprocess.Popen(arguments, env=scans.environment(cloud), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, text=True)
    process.told = f"{cloud.name}: {command}"
    process.directory = where
    return process


def finish(process):
    try:
        out, err = process.communicate(timeout=ENGINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.told} did not end within {ENGINE_SECONDS} s: {err[-3000:]}") from None
    done = Done(process.returncode, out, err, process.directory)
    problem = re.search(r"Sanitizer|runtime error|Assertion|Traceback|internal error", err)
    if problem or (done.code < 0 and not done.killed and not done.interrupted) or done.code == 1:
        raise AssertionError(f"{process.told} broke: {done.told()}")
    return done


def engine(cloud, command, *flags, **options):
    """Runs the command to its end, or to the boundary of crash_at."""
    return finish(start(cloud, command, *flags, **options))


def engine_stopped(cloud, hold, how, command, *flags, **options):
    """Runs the command and sends a signal once one of its answers is held, if that happens."""
    process = start(cloud, command, *flags, **options)
    simulator.wait_until(lambda: process.poll() is not None or cloud.is_held(hold), "an answer is held, or the run ends")
    if not cloud.is_held(hold):
        return finish(process)
    process.send_signal(how)
    if how == signal.SIGKILL:
        process.wait()
    # It waits for the answer to the request that was sent.
    cloud.release(hold)
    return finish(process)


# --- what must have happened once ---

ONCE = ("organizations:CreateAccount", "organizations:MoveAccount", "organizations:RegisterDelegatedAdministrator",
        "organizations:DeregisterDelegatedAdministrator", "kms:CreateKey", "kms:ReplicateKey", "kms:CreateAlias",
        "controltower:EnableBaseline", "controltower:DisableBaseline", "controltower:UpdateLandingZone",
        "controltower:ResetEnabledBaseline", "controltower:UpdateEnabledBaseline", "controltower:ResetLandingZone")


def repeated(effects):
    """What took effect more than once on the same object."""
    return [f"{operation} on {what}: {count} times" for operation in ONCE
            for what, count in effects["objects"].get(operation, {}).items() if count != 1]


def side_by_side(job, cases, workers=int(os.environ.get("TOWERKEEP_ENGINE_WORKERS", "10"))):
    """Runs job(case) for all, several at a time, because a run mostly waits. Returns the exceptions as text."""
    problems = []
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for future, case in [(pool.submit(job, case), case) for case in cases]:
            try:
                future.result()
            except Exception as failure:  # pylint: disable=broad-except
                problems.append(f"{case}: {type(failure).__name__}: {failure}")
    return problems


class CloudTest(unittest.TestCase):
    """Commands on a simulated organization that keeps what they change."""
    maxDiff = None

    def begin(self, world, faults=None):
        cloud = self.enterContext(Cloud(world, f"{type(self).__name__.lower()}.{self._testMethodName}", faults=faults))
        fresh(cloud)
        return cloud

    def run_(self, cloud, command, *flags, code=0, anew=False, **options):
        """Its exit status is `code`; .sent: {operation that writes: how often}. `anew`: in a directory without an earlier run."""
        if anew:
            fresh(cloud)
        before = dict(cloud.effects()["writes"])
        done = engine(cloud, command, *flags, **options)
        self.assertEqual(done.code, code, done.told())
        done.sent = {operation: count - before.get(operation, 0) for operation, count in cloud.effects()["writes"].items()
                     if count > before.get(operation, 0)}
        return done
