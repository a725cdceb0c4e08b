"""Every option that a command accepts changes something that can be observed: output, files, calls or the exit status.

The table is that of `towerkeep help --format json`. Each option has a recipe here, for all its commands or for one: the value, what
surrounds it, and what differs from the same command without it. An option without a recipe for one of its commands fails.
Recipes share runs: the organizations, the stored runs and each command without the option are made once.
"""
import collections
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import unittest

import engine_runs
import scans
import simulator
from simulator import ADMIN, CENTRAL, HOME, MANAGEMENT, ORGANIZATION, SCRATCH, TREE, X_PROD

AWAY = "eu-west-1"
GROUND = SCRATCH / "every_option"
ONLINE = ("scan", "apply", "enable", "teardown", "rehearse")
SCANNING = ("scan", "enable", "teardown", "rehearse")
STORED = ("check", "report")
DAMAGE = ("rotation off", "replica off", "management opt-in", "member opt-in", "replica policy", "no delegated administrator")
# What each command is given besides the option; in its directory, towerkeep-output and ground/run are one stored run.
COMMANDS = {
    "scan": ["-o", "out"], "init": ["-o", "init.yaml"], "plan": [], "apply": ["plan.json"],
    "enable": ["-o", "out", "-C", "ground/enable.yaml"], "teardown": ["-o", "out"], "rehearse": ["fix"], "check": ["run"],
    "report": ["run"], "diff": ["ground/earlier", "ground/run"], "runs": ["runs"], "verify": ["ground/signed"], "rules list": [],
    "rules show": ["KMS-01"], "rules frameworks": [], "rules validate": [], "rules test": [], "rules new": ["NEW-1"],
    "iam-policy": ["fix"], "help": []}
QUIET = {"TOWERKEEP_UNPACED": "1", "TOWERKEEP_OUTPUT_FORMATS": "json", "TOWERKEEP_NO_UNGOVERNED": "1", "TOWERKEEP_DRY_RUN": "1"}
# Different from run to run.
NOISE = [(re.compile(pattern), word) for pattern, word in (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"), (r"\b[0-9a-f]{64}\b", "SUM"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "TIME"), (r"127\.0\.0\.1:\d+|port \d+", "HOST"), (r"[0-9.]+ (m?s|min|kB|MB|bytes)\b", "MUCH"),
    (r"\d{8}T\d{6}Z?", "TIME"), (r'"(seconds|elapsed_ms|duration_ms)": ?[0-9.]+', "MUCH"), (r"tmp[.a-zA-Z0-9_-]+", "TEMP"), (r'"evidence":\[[0-9,]*\]', "EVIDENCE"))]


def quiet(text):
    for pattern, word in NOISE:
        text = pattern.sub(word, text)
    return text


class Recipe:
    """`value`: of the option, None: a switch. `see`: what differs: "code", "out", "err", "files", "calls" or "writes", None for all; `has`: a pattern
    that it then holds. `more`: given with and without the option; `bare`: given only without. `env`: changed variables, None removes one.
    `base`: instead of the command's usual words. `own`: changes an organization, so each run has one of its own. `terminal`: output
    goes to one. `world`: for an organization that is not the usual one of the command."""

    def __init__(self, value, see, has=None, more=(), bare=(), base=None, env=(), own=False, terminal=False, world=None):
        self.value, self.see, self.has, self.more, self.bare, self.base = value, see, has, tuple(more), tuple(bare), base
        self.env, self.own, self.terminal, self.world = tuple(sorted(dict(env).items(), key=str)), own, terminal, world

    def but(self, **changed):
        copy = Recipe(None, None)
        copy.__dict__.update(self.__dict__)
        for name, value in changed.items():
            setattr(copy, name, tuple(sorted(value.items(), key=str)) if name == "env" else tuple(value) if name in ("more", "bare") else value)
        return copy


def of(commands, recipe, **others):
    """The same recipe for several commands; others by name, "_" for a blank."""
    return {**dict.fromkeys(commands, recipe), **{name.replace("_", " "): one for name, one in others.items()}}


WET = {"TOWERKEEP_DRY_RUN": None}
PACED = {"TOWERKEEP_UNPACED": None}  # no host but loopback may be asked without pacing
APPROVED = ("--auto-approve",)
TORN = ("--auto-approve", "--confirm-organization", ORGANIZATION)
FRESH = ("--fresh",)
RULES = tuple(f"rules {name}" for name in ("list", "show", "frameworks", "validate", "test", "new"))
HTML = {"TOWERKEEP_OUTPUT_FORMATS": "html"}


def calling(value, commands=ONLINE[:-1]):
    """Seen in what the organization is asked."""
    one = Recipe(value, "calls")
    return of(commands, one, rehearse=one.but(more=FRESH))


def narrowing(value, plan="out"):
    return {"scan": Recipe(value, "files"), "plan": Recipe(value, plan, r"Left out by"), "rehearse": Recipe(value, "out")}


def ruling(value):
    """Rules beside the built-in ones."""
    return {"rules list": Recipe(value, "out", "ACME-1"), "rules show": Recipe(value, "code", base=("ACME-1",)),
            **of(("rules frameworks", "rules validate", "rules test"), Recipe(value, "out")),
            "rules new": Recipe(value, "code", base=("ACME-1", "--directory", "elsewhere"))}


RECIPES = {
    "profile": of(ONLINE[:-1], Recipe("other", "code", env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                                                            "AWS_SHARED_CREDENTIALS_FILE": "ground/credentials"}),
                  rehearse=Recipe("nobody", "code", more=FRESH)),
    "home-region": of(("scan", "enable", "teardown"), Recipe(AWAY, "code", f"found in {AWAY}"), apply=Recipe(AWAY, "calls"), rehearse=Recipe(AWAY, "code", f"found in {AWAY}", more=FRESH)), "external-id": calling("12345"), "session-duration": calling("900"),
    "role": {**calling("OrganizationAccountAccessRole", commands=("scan", "enable", "teardown")), "iam-policy": Recipe("member", "out")},
    "endpoint-url": of(ONLINE[:-1], Recipe("http://192.0.2.1", "err", "plain http"), rehearse=Recipe("http://192.0.2.1", "err", "plain http", FRESH)),
    "allow-http": of(ONLINE[:-1], Recipe(None, "code", more=("--endpoint-url", "http://0.0.0.0:{port}"), env=PACED),
                     rehearse=Recipe(None, "code", more=(*FRESH, "--endpoint-url", "http://0.0.0.0:{port}"), env=PACED)),
    "region": narrowing(AWAY), "excluded-region": narrowing(AWAY), "accounts": narrowing(X_PROD), "excluded-accounts": narrowing(X_PROD),
    "ou": narrowing("Workloads"), "checks": {**narrowing("KMS-*"), "check": Recipe("KMS-*", "files")},
    "excluded-checks": {**narrowing("KMS-*"), "check": Recipe("KMS-*", "files")},
    "severity": {**narrowing("critical"), "check": Recipe("critical", "files")},
    "no-ungoverned": of(SCANNING, Recipe(None, "calls", env={"TOWERKEEP_NO_UNGOVERNED": None}),
                        rehearse=Recipe(None, "calls", more=FRESH, env={"TOWERKEEP_NO_UNGOVERNED": None})),
    "rules": {**of(("scan", "check", "enable", "teardown"), Recipe("ground/rules", "files", "ACME-1")),
              "plan": Recipe("ground/rules", "code", more=("--only", "ACME-1")), "rehearse": Recipe("ground/rules", "code", more=("--only", "ACME-1")),
              **ruling("ground/rules")},
    "compliance": of(("scan", "check"), Recipe("nist-800-53-r5", "files")),
    "mutelist-file": of((*SCANNING, "check"), Recipe("ground/waivers.yaml", "files", "MUTED"),
                        rehearse=Recipe("ground/waivers.yaml", "out")),
    "config-file": {**of((*ONLINE, "plan"), Recipe("ground/rules.yaml", "err", r"configuration: ground/rules\.yaml",
                                                   env={"TOWERKEEP_LOG_LEVEL": "info"})),
                    "enable": Recipe("ground/enable.yaml", "code", base=("-o", "out")), "check": Recipe("ground/rules.yaml", "files", "ACME-1"),
                    **ruling("ground/rules.yaml")},
    "list-checks": {"scan": Recipe(None, "out", "KMS-01")},
    "output": {"plan": Recipe("p.json", "files"), "init": Recipe("other.yaml", "files", base=())},
    "output-directory": {"plan": Recipe("p.json", "files"), **of(("scan", "teardown"), Recipe("elsewhere", "files", base=())),
                         "enable": Recipe("elsewhere", "files", base=("-C", "ground/enable.yaml")), "rehearse": Recipe("kept", "files"),
                         **of(STORED, Recipe("elsewhere", "files"))},
    "output-formats": {**of((*SCANNING, *STORED), Recipe("csv", "files"), rehearse=Recipe("csv", "files", more=("-o", "kept"))),
                       **of(("diff", "runs"), Recipe("json", "out"))},
    "output-filename": of((*SCANNING, *STORED), Recipe("other", "files"), rehearse=Recipe("other", "files", more=("-o", "kept"))),
    "evidence": of((*SCANNING, *STORED), Recipe(None, "files"), rehearse=Recipe(None, "files", more=("-o", "kept"))),
    "sign-key": of((*SCANNING, *STORED), Recipe("ground/key.pem", "files", "digest.txt.sig", more=("-E",)),
                   rehearse=Recipe("ground/key.pem", "files", "digest.txt.sig", more=("-E", "-o", "kept"))),
    "previous": of(("scan", "enable", "teardown"), Recipe("ground/earlier", "files")),
    "status": of((*SCANNING, *STORED), Recipe("PASS", "out")),
    "fail-on": {**of(SCANNING, Recipe("critical", "code", world="mild"),
                     teardown=Recipe("critical", "code", more=("--mutelist-file", "ground/torn.yaml"), world="mild"),
                     rehearse=Recipe("critical", "code", more=FRESH, world="mild")),
                **of(STORED, Recipe("critical", "code", base=("mild",)))},
    "ignore-exit-code-3": of((*SCANNING, *STORED), Recipe(None, "code")),
    "resume": {"scan": Recipe("ground/interrupted", "calls", base=())},
    "record": {"scan": Recipe("r.tar.zst", "files", "r.tar.zst")},
    "all": {"diff": Recipe(None, "out", "UNCHANGED")},
    "no-color": of((*ONLINE, "plan", *STORED, "diff"), Recipe(None, "out", terminal=True)),
    "fix": {"scan": Recipe(None, "out", r"Plan \(fix\)")},
    "dry-run": {"scan": Recipe(None, "writes", more=("--fix", *APPROVED), env=WET, own=True), "apply": Recipe(None, "writes", more=APPROVED, env=WET, own=True),
                "enable": Recipe(None, "writes", more=(*APPROVED, "--max-changes", "1"), env=WET, own=True),
                "teardown": Recipe(None, "writes", more=(*TORN, "--max-changes", "1"), env=WET, own=True),
                "rehearse": Recipe(None, "out", env=WET)},
    "auto-approve": {"scan": Recipe(None, "writes", more=("--fix", "--max-changes", "1"), env=WET, own=True),
                     **of(("apply", "enable"), Recipe(None, "writes", more=("--max-changes", "1"), env=WET, own=True)),
                     "teardown": Recipe(None, "writes", more=(*TORN[1:], "--max-changes", "1"), env=WET, own=True)},
    "max-changes": {"scan": Recipe("1", "writes", more=("--fix", *APPROVED), env=WET, own=True),
                    "apply": Recipe("1", "writes", more=APPROVED, env=WET, own=True),
                    "enable": Recipe("1", "writes", more=APPROVED, bare=("--max-changes", "2"), env=WET, own=True),
                    "teardown": Recipe("1", "writes", more=TORN, bare=("--max-changes", "2"), env=WET, own=True),
                    "rehearse": Recipe("1", "out", env=WET)},
    "only": {"scan": Recipe("2", "out", "Left out by --only 2", more=("--fix",)),
             **of(("plan", "apply", "rehearse", "enable", "teardown"), Recipe("2", "out", "Left out by --only 2"))},
    "emit": {"plan": Recipe("aws-cli", "out", "aws kms")},
    "confirm-organization": {"teardown": Recipe(ORGANIZATION, "writes", more=(*APPROVED, "--max-changes", "1"), env=WET, own=True),
                             "apply": Recipe(ORGANIZATION, "writes", base=("teardown.json",), more=(*APPROVED, "--max-changes", "1"), env=WET, own=True)},
    "delete-key": {"teardown": Recipe(None, "out"), "rehearse": Recipe(None, "out", base=("teardown",))},
    "delete-recovery-points": {"teardown": Recipe(f"aws-controltower-central-backupvault-{ORGANIZATION[2:]}", "out"),
                               "rehearse": Recipe(f"aws-controltower-central-backupvault-{ORGANIZATION[2:]}", "out", base=("teardown",))},
    "close-accounts": {"teardown": Recipe(None, "out", "CloseAccount"), "rehearse": Recipe(None, "out", "CloseAccount", base=("teardown",))},
    "fresh": {"rehearse": Recipe(None, "calls")},
    "time-scale": of(("scan", "apply", "enable", "teardown"), Recipe("2", "code"), scan=Recipe("2", "err", "loopback", more=("--fix",))),
    "crash-at": {"scan": Recipe("1", "code", more=("--fix", *APPROVED), env=WET, own=True),
                 **of(("apply", "enable"), Recipe("1", "code", more=APPROVED, bare=("--max-changes", "1"), env=WET, own=True)),
                 "teardown": Recipe("1", "code", more=TORN, bare=("--max-changes", "1"), env=WET, own=True)},
    "max-workers": of(ONLINE, Recipe("1", "err", "1 concurrent calls", env={"TOWERKEEP_LOG_LEVEL": "debug"})),
    "max-rate": of(ONLINE, Recipe("5000", "err", "5000 calls per second", env={"TOWERKEEP_LOG_LEVEL": "debug"})),
    "unpaced": of(ONLINE[:-1], Recipe(None, "err", "without AWS's rate limits", env={"TOWERKEEP_LOG_LEVEL": "debug", "TOWERKEEP_UNPACED": None}),
                  rehearse=Recipe(None, "err", more=FRESH, env={"TOWERKEEP_LOG_LEVEL": "debug", "TOWERKEEP_UNPACED": None})),
    "progress": of(SCANNING, Recipe("json", "err", r'phase', env={"TOWERKEEP_PROGRESS": None})),
    "log-level": of((*ONLINE, "plan", "check"), Recipe("info", "err", "configuration: "), report=Recipe("info", "err", "stored run: ")),
    "log-file": of((*ONLINE, "plan", "check"), Recipe("log", "files", "configuration: ", env={"TOWERKEEP_LOG_LEVEL": "info"}),
                   report=Recipe("log", "files", "stored run: ", env={"TOWERKEEP_LOG_LEVEL": "info"})),
    "force": {"init": Recipe(None, "code", base=("-o", "existing.yaml"))},
    "keep": {"runs": Recipe("1", "out")}, "older-than": {"runs": Recipe("0", "out")},
    "delete": {"runs": Recipe(None, "files", more=("--keep", "1"))},
    "public-key": {"verify": Recipe("ground/public.pem", "out")},
    "enumerate": {"rules test": Recipe(None, "code", base=("ground/rules/tests", "-r", "ground/rules"))},
    "directory": {"rules new": Recipe("elsewhere", "files")}, "scope": {"rules new": Recipe("vault", "files")},
    "account": {"iam-policy": Recipe(MANAGEMENT, "out", MANAGEMENT)},
    "partition": {"iam-policy": Recipe("aws-cn", "out", "arn:aws-cn:")}, "assume": {"iam-policy": Recipe("Reader", "out", "Reader")},
    "format": {"iam-policy": Recipe("cloudformation", "out", "AWSTemplateFormatVersion", more=("--role", "member")), "help": Recipe("json", "out", "options")},
    "data": of((*ONLINE, "plan", "check", *RULES), Recipe("ground/nowhere", "code", "ground/nowhere"),
               report=Recipe("ground/nowhere", "code", "ground/nowhere", env=HTML)),
    "templates": of((*SCANNING, *STORED), Recipe("ground/nowhere", "code", env=HTML)),
    "sim": {"rehearse": Recipe("ground/nowhere", "code")},
}


# --- runs ---

class Observed:
    """What a run did, by aspect."""

    def __init__(self, **aspects):
        self.aspects = aspects

    def __getitem__(self, aspect):
        return self.aspects[aspect]


def told(err):
    """Messages in no order, without the progress of steps."""
    return sorted(re.sub(r"^\[\d+/", "[", line) for line in quiet(err).splitlines() if "under way" not in line)


def files_below(directory):
    """{name: what a text file holds, without noise}"""
    found = {}
    for folder, _, names in os.walk(directory):  # links are not followed: they lead to the ground
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.is_symlink() or name.startswith("."):
                continue
            try:
                found[str(path.relative_to(directory))] = quiet(path.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                found[str(path.relative_to(directory))] = "binary"
    return found


def called(lines):
    """What was asked of the organization, as whom; in no order."""
    calls = collections.Counter()
    for line in lines:
        one = json.loads(line)
        if "operation" in one:
            key = re.search(r"Credential=([A-Z0-9]+)/", one["request"]["headers"].get("authorization", ""))
            whose = key.group(1) if key and key.group(1) == scans.Simulator.access_key else "a session"
            asked = quiet(one["request"]["body"]) if one["operation"] == "AssumeRole" else ""
            calls[" ".join((one["service"], one["operation"], one["account"], one["region"], whose, asked))] += 1
    return sorted(f"{count} {call}" for call, count in calls.items())


def differences(one, other):
    """Where they begin to differ."""
    one, other = (json.dumps(seen, sort_keys=True) for seen in (one, other))
    at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return () if one == other else (one[max(0, at - 80):at + 80], other[max(0, at - 80):at + 80])


class Stage:
    """The organizations, the stored runs, and directories for runs."""

    def __init__(self, enter):
        shutil.rmtree(GROUND, ignore_errors=True)
        self.ground = GROUND / "ground"
        self.ground.mkdir(parents=True)
        self.count, self.seen, self.enter = 0, {}, enter
        self.worlds = {"damaged": engine_runs.damaged(*DAMAGE), "mild": engine_runs.damaged("rotation off"), "bare": engine_runs.bare()}
        self.sims = {name: enter(scans.Simulator(world, name=f"every-option-{name}")) for name, world in self.worlds.items()}
        self.prepare()

    def simulator_of(self, command):
        return "bare" if command == "enable" else "damaged"

    def command(self, *words, sim="damaged", **env):
        done = subprocess.run([str(scans.SCANNER), *map(str, words)], cwd=self.ground, env=scans.environment(self.sims[sim], **{**QUIET, **env}),
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=scans.SCAN_SECONDS)
        if done.returncode not in (0, 3):
            raise AssertionError(f"{words}: {done.returncode} {done.stderr}")

    def prepare(self):
        put = self.ground
        (put / "enable.yaml").write_text(json.dumps(engine_runs.CONFIG), encoding="utf-8")
        (put / "rules.yaml").write_text(json.dumps({"rules": {"directories": [str(put / "rules")]}}), encoding="utf-8")
        (put / "credentials").write_text(f"[other]\naws_access_key_id = {scans.Simulator.access_key}\n"
                                         f"aws_secret_access_key = {scans.Simulator.secret}\n", encoding="utf-8")
        for name, checks in (("waivers.yaml", ("*",)), ("torn.yaml", ("TD-01", "TD-02", "TD-03"))):
            accepted = {"Regions": ["*"], "Resources": ["*"], "Description": "accepted"}
            (put / name).write_text(json.dumps({"Mutelist": {"Accounts": {"*": {"Checks": dict.fromkeys(checks, accepted)}}}}),
                                    encoding="utf-8")
        for words in (["genpkey", "-algorithm", "ed25519", "-out", "key.pem"], ["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]):
            subprocess.run(["openssl", *words], cwd=put, check=True, capture_output=True)
        self.command("rules", "new", "ACME-1", "--directory", "rules")
        (put / "rules" / "frameworks").mkdir()
        (put / "rules" / "frameworks" / "acme.yaml").write_text(json.dumps({
            "id": "acme", "title": "ACME", "version": "1", "source": "ACME", "requirements": [
                {"id": "1", "title": "Backups exist", "evidence": "none", "why": "ACME says so."}]}), encoding="utf-8")
        self.command("scan", "-o", "earlier", "-c", "KMS-*")
        self.command("scan", "-o", "run")
        shutil.copytree(put / "run", put / "signed")
        self.command("report", "signed", "-E", "-K", "key.pem")
        self.command("scan", "-o", "mild", sim="mild")
        self.command("plan", "run", "-o", "plan.json")
        self.command("teardown", "-o", "torn")
        shutil.copy(put / "torn" / "plan.json", put / "teardown.json")
        self.interrupt()

    def interrupt(self):
        """A scan that is stopped half-way."""
        fault = {"match": {"operation": "backup:ListBackupVaults"}, "hold": "middle"}
        sim = self.enter(scans.Simulator(self.worlds["damaged"], name="every-option-interrupted", faults={"faults": [fault]}, record=False))
        engine = subprocess.Popen([str(scans.SCANNER), "scan", "-o", "interrupted"], cwd=self.ground, env=scans.environment(sim, **QUIET),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        sim.held("middle", engine)
        engine.terminate()
        told = engine.communicate(timeout=scans.SCAN_SECONDS)[1].decode()
        if "--resume" not in told:
            raise AssertionError(told)

    def directory(self, command):
        """A fresh one, with what the command is given."""
        self.count += 1
        here = GROUND / str(self.count)
        here.mkdir()
        (here / "ground").symlink_to(self.ground)
        if command in ("plan", "init", "rehearse"):
            (here / "towerkeep-output").symlink_to(self.ground / "run")
        if command in STORED:
            for name in ("run", "mild"):
                shutil.copytree(self.ground / name, here / name)
        if command == "runs":
            for name in ("earlier", "torn"):
                shutil.copytree(self.ground / name, here / "runs" / name)
        if command == "apply":
            for name in ("plan.json", "teardown.json"):
                shutil.copy(self.ground / name, here / name)
        if command == "init":
            (here / "existing.yaml").write_text("{}\n", encoding="utf-8")
        return here

    def run(self, command, words, recipe, env):
        here, world = self.directory(command), recipe.world or self.simulator_of(command)
        sim = self.sims[world]
        words = [str(scans.SCANNER), *command.split(), *(word.format(port=sim.port) for word in words)]
        if recipe.own:
            sim = self.enter(engine_runs.Cloud(self.worlds[world], f"every-option-{self.count}"))
            words += ["--endpoint-url", sim.endpoint, *([] if command == "rehearse" else ["--time-scale", str(engine_runs.WAIT_SCALE)])]
        begin = 0 if recipe.own else sim.recording.stat().st_size if sim.recording.exists() else 0
        variables = scans.environment(sim, **{**QUIET, **dict(recipe.env), **env})
        code, out, err = (self.at_terminal if recipe.terminal else self.piped)(words, here, variables)
        if "Sanitizer" in err or "runtime error" in err:
            raise AssertionError(err[-4000:])
        calls = []
        if recipe.see in ("calls", None):
            with open(sim.recording, encoding="utf-8") as lines:
                lines.seek(begin)
                calls = called(lines)
        whole = recipe.see is None
        seen = Observed(code=code, out=quiet(out), err=told(err), files=files_below(here) if whole or recipe.see == "files" else {}, calls=calls,
                        writes=sim.effects()["writes"] if recipe.own else {})
        shutil.rmtree(here)
        return seen

    @staticmethod
    def piped(words, here, env):
        done = subprocess.run(words, cwd=here, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
                              timeout=scans.SCAN_SECONDS)
        return done.returncode, done.stdout, done.stderr

    @staticmethod
    def at_terminal(words, here, env):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(words, cwd=here, env={**env, "TERM": "xterm"}, stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        os.close(theirs)
        out = b""
        try:
            while part := os.read(ours, 65536):
                out += part
        except OSError:  # the other side has closed
            pass
        os.close(ours)
        return process.wait(), out.decode(), process.communicate()[1].decode()

    def without(self, command, recipe):
        """The command as it is without the option; made once."""
        words = (*(COMMANDS[command] if recipe.base is None else recipe.base), *recipe.more, *recipe.bare)
        key = (command, words, recipe.env, recipe.own, recipe.terminal, recipe.world, recipe.see in ("calls", "files") and recipe.see)
        if key not in self.seen:
            self.seen[key] = self.run(command, list(words), recipe, {})
        return self.seen[key]

    def with_option(self, command, option, recipe):
        words = [*(COMMANDS[command] if recipe.base is None else recipe.base), *recipe.more]
        if option["source"] == "variable":
            return self.run(command, words, recipe, {option["variable"]: recipe.value})
        return self.run(command, [*words, f"--{option['name']}", *([] if recipe.value is None else [recipe.value])], recipe, {})


class EveryOption(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(cls.enterClassContext)
        told = subprocess.run([str(scans.SCANNER), "help", "--format", "json"], capture_output=True, text=True, check=True)
        cls.options = json.loads(told.stdout)["options"]

    def pairs(self):
        for option in self.options:
            for command in option["commands"]:
                yield command, option, RECIPES.get(option["name"], {}).get(command)

    def test_every_option_has_a_recipe_for_each_of_its_commands(self):
        self.assertEqual([f"{command} --{option['name']}" for command, option, recipe in self.pairs() if recipe is None], [])
        known = {(command, option["name"]) for command, option, _ in self.pairs()}
        self.assertEqual([(command, name) for name, of_commands in RECIPES.items() for command in of_commands if (command, name) not in known], [])

    def test_without_an_option_nothing_differs(self):
        recipe = Recipe(None, None)
        for command in COMMANDS:
            with self.subTest(command):
                one, other = (self.stage.run(command, COMMANDS[command], recipe, {}) for _ in range(2))
                for aspect in one.aspects:
                    self.assertEqual(differences(one[aspect], other[aspect]), (), aspect)

    def test_every_option_changes_something(self):
        only = os.environ.get("EVERY_OPTION", "")
        for command, option, recipe in self.pairs():
            if recipe is None or not re.search(only, f"{command} --{option['name']}"):
                continue
            with self.subTest(command=command, option=option["name"]):
                before, after = self.stage.without(command, recipe), self.stage.with_option(command, option, recipe)
                what = f"exit {after['code']}\n{after['err'][-20:]}\n{after['out'][-500:]}"
                self.assertNotEqual(before[recipe.see], after[recipe.see], what)
                if recipe.see not in ("code", "err"):
                    self.assertNotIn(after["code"], {1, 2} - {before["code"]}, what)
                if recipe.has is not None:
                    where = (recipe.see if recipe.see != "code" else "err")
                    self.assertRegex(json.dumps(after[where]), recipe.has, what)


if __name__ == "__main__":
    unittest.main()
