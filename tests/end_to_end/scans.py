"""Scans of simulated organizations: the scanner as a process, its run and reports, and the validators of its requests.

    with scans.Simulator("seed-healthy", name="healthy") as sim:
        done = scans.scan(sim)
        done.code, done.report["verdict"], done.failing()

Scans have no rate limit by default: the rates that AWS publishes do not apply to a simulator on loopback.
"""
import collections
import concurrent.futures
import functools
import json
import os
import re
import shutil
import subprocess

import simulator
from simulator import SCRATCH, TREE

EXPECTED = TREE / "tests" / "end_to_end" / "expected"
SCANNER = simulator.BUILD / "towerkeep"
# The release build, if there is one: for repeated calls, after the build under test has made one.
SHIPPED = simulator.TREE / "build" / "towerkeep"
SHIPPED = SHIPPED if SHIPPED.exists() else SCANNER
SCAN_SECONDS = 120
RULES = sorted(path.stem for path in (TREE / "rules").glob("*.yaml"))


class Simulator(simulator.Simulator):
    """The simulator, registered for judge_recordings()."""
    started = []

    def __enter__(self):
        super().__enter__()
        if self not in Simulator.started:
            Simulator.started.append(self)
        return self


@functools.lru_cache(maxsize=8)
def parsed(path, inode, changed_ns, size):
    return json.loads(path.read_text(encoding="utf-8"))


def report_of(directory):
    """The report of a run; read again only when the file has changed, because a test asks for it thousands of times."""
    path = directory / "report.json"
    now = path.stat()
    return parsed(path, now.st_ino, now.st_mtime_ns, now.st_size)


class Scan:
    """A scan that ended: .code, .out, .err, and the run in .directory."""

    def __init__(self, directory, code, out, err):
        self.directory, self.code, self.out, self.err = directory, code, out, err

    @property
    def report(self):
        return report_of(self.directory)

    @property
    def findings(self):
        return self.report["findings"]

    def pairs(self, *statuses):
        """{(check, subject)} of these statuses."""
        return {(f["check_id"], f["subject"]) for f in self.findings if f["status"] in statuses}

    def failing(self):
        return self.pairs("FAIL")

    @property
    def verdicts(self):
        """{finding id: (check, subject, status)}"""
        return {f["finding_id"]: (f["check_id"], f["subject"], f["status"]) for f in self.findings}

    def files(self):
        return sorted(path.name for path in self.directory.iterdir() if path.name != ".lock")


def directory(name):
    """A new path for a run, which does not exist yet."""
    path = SCRATCH / "runs" / name
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def environment(sim=None, **extra):
    """The environment that a scan needs to use that simulator. None removes a variable."""
    base = sim.environment() if sim else {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    base = {k: v for k, v in base.items() if not k.startswith("TOWERKEEP_")}
    base.update({"XDG_CONFIG_HOME": "/nonexistent", "HOME": "/nonexistent", "TZ": "UTC", "LC_ALL": "C.UTF-8",
                 # Progress lines depend on time, so tests that compare output exclude them.
                 "TOWERKEEP_PROGRESS": "none",
                 "no_proxy": "*", **extra})
    return {k: v for k, v in base.items() if v is not None}


def start(sim, *flags, to=None, env=None, paced=False, formats="json", command="scan", **popen):
    """A running scan: a Popen with .directory."""
    where = to if to is not None else directory(f"{sim.name}-{next(_numbers)}")
    arguments = [str(SCANNER), command, *([] if paced else ["--unpaced"]), "-M", formats,
                 *([] if "--resume" in flags else ["-o", str(where)]), *map(str, flags)]
    process = subprocess.Popen(arguments, env=env or environment(sim), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, text=True, **popen)
    process.directory = where
    return process


def finish(process, seconds=SCAN_SECONDS):
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the scan did not end within {seconds} s: {err[-2000:]}") from None
    done = Scan(process.directory, process.returncode, out, err)
    if "Sanitizer" in err or "runtime error" in err:
        raise AssertionError(err[-6000:])
    return done


def scan(sim, *flags, **options):
    return finish(start(sim, *flags, **options))


def together(*jobs):
    """Runs functions in parallel and returns their results."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


def _count():
    number = 0
    while True:
        number += 1
        yield number


_numbers = _count()


def expected(name):
    """[(check, subject)] of expected/NAME.txt, in order."""
    lines = (EXPECTED / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line and not line.startswith("#")]


def exchanges(sim):
    with open(sim.recording, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def calls(sim):
    """Counter of "service:Operation account Region" over all requests."""
    return collections.Counter(f"{one['service']}:{one['operation']} {one['account']} {one['region']}"
                               for one in exchanges(sim) if "operation" in one)


def secrets_of(recordings, own):
    """{access key: secret}: those of the simulator, and those that its STS returned."""
    secrets = dict(own)
    fields = re.compile(r"<AccessKeyId>([^<]+)</AccessKeyId>\s*<SecretAccessKey>([^<]+)</SecretAccessKey>")
    for path in recordings:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if '"AssumeRole"' in line:
                    secrets.update(fields.findall(json.loads(line)["response"]["body"]))
    return secrets


def judge_recordings(broken=(), secrets=None):
    """Compares every request of the scanner with AWS's input shapes, every answer with its output shapes, and every
    signature with an independent signer. Answers of simulators named in `broken` were damaged on purpose. `secrets`
    are those of additional users; with them, refused requests need no valid signature."""
    import exchange
    problems, total = collections.Counter(), 0
    recordings = [sim.recording for sim in Simulator.started if sim.recording.exists()]
    for sim in Simulator.started:
        for one in exchanges(sim) if sim.recording.exists() else ():
            if "operation" not in one:  # refused at once: its session had ended
                if not 400 <= one["response"]["status"] < 404:
                    problems[f"{sim.name}: {one['service']} {one['request']['target']}: no operation"] += 1
                continue
            total += 1
            asked, answered = exchange.check(one)
            name = f"{sim.name}: {one['service']}.{one['operation']}"
            problems.update(f"{name} request {problem}" for problem in asked)
            if sim.name not in broken:
                problems.update(f"{name} response {problem}" for problem in answered)
    if problems or not total:
        raise AssertionError("\n".join(f"{text} ({n})" for text, n in sorted(problems.items())) or "nothing recorded")
    own = {Simulator.access_key: Simulator.secret, **(secrets or {})}
    file = SCRATCH / f"{Simulator.started[0].name}.secrets.json"
    file.write_text(json.dumps(secrets_of(recordings, own)), encoding="utf-8")
    signed = subprocess.run(["node", str(TREE / "tests" / "tools" / "resign.mjs"), "--secrets", str(file),
                             *(["--allow-refused"] if secrets else []), *map(str, recordings)], capture_output=True, text=True, check=False)
    if signed.returncode != 0:
        raise AssertionError(signed.stdout + signed.stderr)
    return total
