"""A towerkeep-sim process on a free loopback port, and the AWS CLI configured to use it.

    with simulator.Simulator("seed-healthy", name="keys") as sim:
        aws = simulator.Aws(sim)
        aws.ok("kms list-keys", region="eu-west-1")["Keys"]
        aws.refused("kms describe-key", "NotFoundException", key_id="x")
        aws.assumed("222233330011").ok("sts get-caller-identity")
        sim.advance(minutes=45)

No test depends on the speed of the machine: it waits for a state, with wait_until() or held(), and never for time.

World: the name of a world in fixtures/worlds, a path, a dictionary that is written to a file, "generate:accounts=..." for a
generated world, or "replay:FILE" for a recording. Every exchange is recorded to BUILD/end_to_end/NAME.jsonl, unless record=False. At the end of the block the
simulator ends; a bad exit status, for example from the sanitizers, fails the test.

BUILD is $TOWERKEEP_BUILD_DIR, or the folder build/ of the tree.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("TOWERKEEP_BUILD_DIR", TREE / "build"))
SCRATCH = BUILD / "end_to_end"
WORLDS = TREE / "fixtures" / "worlds"
sys.path.insert(0, str(TREE / "tests" / "tools"))

HOME = "eu-central-1"
REGIONS = (HOME, "eu-west-1", "us-east-1")
MANAGEMENT, LOGS, AUDIT = "111122221111", "111122225555", "111122226666"
ADMIN, CENTRAL = "111122223333", "111122224444"
SHARED, X_PROD, X_TEST, Y_PROD, SANDBOX = ("222233330001", "222233330011", "222233330012",
                                           "222233330021", "222233330031")
ORGANIZATION, ROOT = "o-exampleorg1", "r-ab12"
END_SECONDS = 60
STATE_SECONDS = 120  # only a failing test waits this long
LOOK_SECONDS = 0.01


def unit(name):
    """The ID of an OU of the shipped worlds: unit("workx001")."""
    return f"ou-ab12-{name}"


def unit_arn(name):
    return f"arn:aws:organizations::{MANAGEMENT}:ou/{ORGANIZATION}/{unit(name)}"


def account_arn(account):
    return f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{account}"


def wait_until(state, what, process=None):
    """Returns the first true value of state(). Fails when STATE_SECONDS pass first, or when `process` ends before it."""
    end = time.monotonic() + STATE_SECONDS
    while True:
        ended = process is not None and process.poll() is not None
        seen = state()
        if seen:
            return seen
        if ended:
            raise AssertionError(f"the process ended with {process.returncode} before this: {what}")
        if time.monotonic() > end:
            raise AssertionError(f"not within {STATE_SECONDS} s: {what}")
        time.sleep(LOOK_SECONDS)


class Simulator:
    access_key, secret = "AKIAMGMT00000000DEMO", "demo-secret-management"

    def __init__(self, world, *flags, name, faults=None, record=True):
        self.name, self.flags = name, [str(flag) for flag in flags]
        self.record = record
        self.recording = SCRATCH / f"{name}.jsonl"
        SCRATCH.mkdir(parents=True, exist_ok=True)
        if isinstance(world, str) and world.startswith("generate:"):
            self.world = ["--generate", world.partition(":")[2]]
        elif isinstance(world, str) and world.startswith("replay:"):
            self.world = ["--replay", world.partition(":")[2]]
            self.access_key, self.secret = "AKIAREPLAY00000000AA", "replay"
        else:
            self.world = ["--world", str(self._file(world, "world"))]
        if faults is not None:
            self.flags += ["--faults", str(self._file(faults, "faults"))]
        self.process = self.port = None

    def _file(self, what, kind):
        if isinstance(what, dict):
            path = SCRATCH / f"{self.name}.{kind}.json"
            path.write_text(json.dumps(what, indent=1), encoding="utf-8")
            return path
        named = WORLDS / f"{what}.yaml"
        return named if kind == "world" and named.is_file() else pathlib.Path(what)

    def __enter__(self):
        port_file, log = SCRATCH / f"{self.name}.port", SCRATCH / f"{self.name}.log"
        for stale in (port_file, self.recording):
            stale.unlink(missing_ok=True)
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [str(BUILD / "towerkeep-sim"), *self.world, "--listen", "127.0.0.1:0", "--port-file", str(port_file),
                 *(["--record", str(self.recording)] if self.record else []), *self.flags], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        self.log = log
        try:
            wait_until(port_file.exists, "the simulator listens", self.process)
        except AssertionError as problem:
            self._end(signal.SIGKILL)
            raise AssertionError(f"towerkeep-sim did not start: {problem}: {log.read_text(errors='replace')}") from None
        self.port = int(port_file.read_text())
        return self

    def _end(self, how):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __exit__(self, *failure):
        code = self._end(signal.SIGTERM)
        if code != 0 and failure[0] is None:
            raise AssertionError(f"towerkeep-sim ended with {code}: {self.log.read_text(errors='replace')[-4000:]}")

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def _look(self, what, body=None):
        request = urllib.request.Request(f"{self.endpoint}/_sim/{what}", json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def effects(self):
        """{"calls": {"kms:ListKeys": 3}, "writes": {}, "denied": {}, "total_calls": 3, "total_writes": 0}"""
        return self._look("effects")

    def state(self):
        """"service/account/region" -> the state of that service there, if it was used."""
        return self._look("state")

    def clock(self):
        return self._look("clock")

    def advance(self, seconds=0, minutes=0, days=0):
        """Advances simulated time; everything that is due has happened when this returns."""
        return self._look("clock", {"advance_seconds": seconds + 60 * minutes + 86400 * days})

    def pace(self, scale):
        """Sets the speed of simulated time; 0 stops it."""
        return self._look("clock", {"time_scale": scale})

    def held(self, name, process=None):
        """Waits until an answer is held under that name (docs/faults.md) while `process` runs."""
        wait_until(lambda: self.is_held(name), f"an answer held as {name}", process)

    def is_held(self, name):
        return self._look("holds")[name]["waiting"] > 0

    def release(self, name):
        """Sends the answers held under that name, and those to come."""
        return self._look("holds", {"release": name})

    def environment(self, region=HOME):
        """The environment that a program needs to use this simulator as the management account, without other AWS settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**kept, "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": self.access_key,
                "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_REGION": region, "AWS_DEFAULT_REGION": region,
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                "AWS_EC2_METADATA_DISABLED": "true"}


def flags(members):
    """Keyword arguments as options of the CLI: key_id="x" is --key-id x, True --flag, False --no-flag, the rest JSON."""
    out = []
    for name, value in members.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            out.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, (dict, list)) and not all(isinstance(one, str) for one in value):
            out += [f"--{flag}", json.dumps(value)]
        elif isinstance(value, list):
            out += [f"--{flag}", *value]
        else:
            out += [f"--{flag}", json.dumps(value) if isinstance(value, dict) else str(value)]
    return out


class Aws:
    """The real AWS CLI as one identity: ok() requires success and returns the parsed answer, refused() requires that error."""

    def __init__(self, sim, access_key=None, secret=None, token=None):
        import awslib  # not needed by tests that only use a simulator
        self.sim = sim
        self.identity = (access_key or sim.access_key, secret or sim.secret, token)
        self._cli = awslib.Cli(*self.identity, region=HOME, endpoint=sim.endpoint)
        self._sessions = {}

    def run(self, command, region=HOME, **members):
        return self._cli.run(*command.split(), "--region", region, *flags(members))

    def ok(self, command, region=HOME, **members):
        done = self.run(command, region, **members)
        if done.code != 0:
            raise AssertionError(f"aws {command} {flags(members)}: {done.err.strip() or done.code}")
        return done.json if done.out.strip() else None

    def refused(self, command, code, region=HOME, **members):
        """The message of the AWS error."""
        done = self.run(command, region, **members)
        if done.code == 0 or f"({code})" not in done.err:
            raise AssertionError(f"aws {command} {flags(members)}: expected {code}, got "
                                 f"{done.err.strip() or 'success: ' + done.out[:300]}")
        return done.err.partition("operation: ")[2].strip()

    def assumed(self, account, role="AWSControlTowerExecution", name="tester", **members):
        """This CLI as a role of an account; equal calls share one session."""
        key = (account, role, name, json.dumps(members, sort_keys=True))
        if key not in self._sessions:
            given = self.ok("sts assume-role", role_arn=f"arn:aws:iam::{account}:role/{role}", role_session_name=name,
                            **members)["Credentials"]
            self._sessions[key] = Aws(self.sim, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return self._sessions[key]


class Story(unittest.TestCase):
    """Tests that share one simulator: self.sim, and self.aws as its management account."""
    world, flags, faults = "seed-healthy", (), None

    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator(cls.world, *cls.flags, name=cls.recording_name(), faults=cls.faults)
        cls.sim.__enter__()
        cls.addClassCleanup(cls.sim.__exit__, None, None, None)
        cls.aws = Aws(cls.sim)

    @classmethod
    def recording_name(cls):
        return f"{pathlib.Path(sys.modules[cls.__module__].__file__).stem}.{cls.__name__}"


def run_beside(world, name, *command):
    """Runs a program with a simulator and returns its exit status."""
    with Simulator(world, name=name) as sim:
        return subprocess.run(command, env=sim.environment(), check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: simulator.py WORLD RECORDING-NAME PROGRAM [ARGUMENT...]")
    sys.exit(run_beside(*sys.argv[1:]))
