"""What a scan says when one fact of the healthy organization is another.

Each row of tests/mutations/*.yaml changes one thing and records which (check, verdict) pairs flip because of it:

    - name: replica-disabled
      cause: a disabled key encrypts nothing, so copies into us-east-1 stop
      wire: [[kms:DisableKey, management/us-east-1, {KeyId: $KEY}]]
      flips: [KMS-05 PASS>FAIL]

How a fact is changed: `wire` are signed calls of a real client, [SERVICE:OPERATION, ACCOUNT/REGION, INPUT, ROLE]; `state` are
entries of a world's `set` for what no API can make (docs/worlds.md), `world` members of the world itself; `faults` are what a
network or AWS does (docs/faults.md); `config`, `waivers` and `flags` are the scan's own. `advance` are minutes that pass
before the scan. Words such as $KEY stand in names.yaml; $YESTERDAY, $TOMORROW and $IN_A_YEAR are days from now, because a scan
takes its own end for now. `everywhere: true` also scans the Regions that are not governed; the other rows leave them out, which
is a fifth of the time.

A flip is "CHECK WAS>IS", with its number of subjects when there are several. A subject that is new counts when it gets a
verdict that wants attention ("new>FAIL"), one that is gone whenever it had one that counts ("PASS>gone"). Where there is
nothing to judge at all, "scan exit N" is what is recorded.

    mutations.py check  [NAME...]    compares, and exits with 1 when anything differs
    mutations.py record [NAME...]    writes what flips now into the rows (review it: each row must say why)
    mutations.py matrix              writes docs/mutations.md
"""
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys

import simulator
from simulator import BUILD, HOME, MANAGEMENT, SCRATCH, TREE

ROWS = TREE / "tests" / "mutations"
PAGE = TREE / "docs" / "mutations.md"
SCAN_SECONDS = 120
SAYS_NOTHING = {"PASS", "NOT_APPLICABLE"}
CLIENTS = {"tagging": "resourcegroupstaggingapi"}
MEMBERS = {"name", "cause", "wire", "state", "world", "faults", "config", "waivers", "flags", "advance", "everywhere", "flips"}
LEAST_ROWS = 150
ELSEWHERE = {"scan": {"ungoverned_regions": False}}
HEALTHY = {"name": "healthy"}


def load(tool):
    """(rows in file order, {check: why no row can flip it})"""
    paths = sorted(path for path in ROWS.glob("*.yaml"))
    texts = subprocess.run([str(tool), *map(str, paths)], check=True, capture_output=True, text=True).stdout.splitlines()
    documents = dict(zip((path.name for path in paths), map(json.loads, texts)))
    today = datetime.datetime.now(datetime.timezone.utc).date()
    names = {**documents.pop("names.yaml"), **{name: (today + datetime.timedelta(days)).isoformat() for name, days in
                                               (("YESTERDAY", -1), ("TOMORROW", 1), ("IN_A_YEAR", 365))}}
    unflippable = documents.pop("unflippable.yaml") or {}

    def fill(value):
        if isinstance(value, str):
            return re.sub(r"\$([A-Z][A-Z_0-9]+)", lambda found: str(names[found[1]]), value)
        if isinstance(value, list):
            return [fill(one) for one in value]
        return {fill(key): fill(one) for key, one in value.items()} if isinstance(value, dict) else value

    rows = []
    for name, document in documents.items():
        for row in document:
            odd = set(row) - MEMBERS
            if odd or not row.get("name") or not row.get("cause"):
                raise SystemExit(f"{name}: {row.get('name')}: {'unknown ' + ', '.join(odd) if odd else 'name and cause are wanted'}")
            rows.append({**fill(row), "file": name})
    twice = [name for name, count in collections.Counter(row["name"] for row in rows).items() if count > 1]
    if twice:
        raise SystemExit(f"rows named alike: {', '.join(twice)}")
    return rows, unflippable


class Wire:
    """Signed calls into a simulator, as whoever is at home at the place named."""

    def __init__(self, sim):
        import awslib
        self.awslib, self.sim, self.clients = awslib, sim, {}

    def identity(self, account, role):
        if account == MANAGEMENT and role is None:
            return self.sim.access_key, self.sim.secret, None
        arn = f"arn:aws:iam::{account}:role/{role or 'AWSControlTowerExecution'}"
        sts = self.client("sts", HOME, (self.sim.access_key, self.sim.secret, None))
        given = sts.assume_role(RoleArn=arn, RoleSessionName="mutation")["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def client(self, service, region, identity):
        return self.awslib.client(CLIENTS.get(service, service), region, *identity, endpoint=self.sim.endpoint,
                                  parameter_validation=True)

    def call(self, operation, place="management", members=None, role=None):
        service, _, verb = operation.partition(":")
        account, _, region = place.partition("/")
        account = MANAGEMENT if account == "management" else account
        if (account, role) not in self.clients:
            self.clients[account, role] = self.identity(account, role)
        client = self.client(service, HOME if region in ("", "home") else region, self.clients[account, role])
        client._make_api_call(verb, members or {})


def write(folder, name, value):
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def verdicts(run):
    with sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True) as store:
        return {(check, subject): status for check, subject, status in
                store.execute("SELECT check_id, subject, status FROM findings")}


def scan(sim, row, folder):
    flags = [str(flag) for flag in row.get("flags", [])]
    config = row.get("config", {}) if "everywhere" in row else {**ELSEWHERE, **row.get("config", {})}
    flags += ["--config-file", str(write(folder, "towerkeep.yaml", config))]
    if "waivers" in row:
        flags += ["--mutelist-file", str(write(folder, "waivers.yaml", row["waivers"]))]
    environment = {**sim.environment(), "XDG_CONFIG_HOME": "/nonexistent", "HOME": "/nonexistent", "TOWERKEEP_PROGRESS": "none"}
    environment.pop("TOWERKEEP_BUILD_DIR", None)
    done = subprocess.run([str(BUILD / "towerkeep"), "scan", "--unpaced", "-M", "csv", "-o", str(folder / "run"), *flags],
                          env=environment, cwd=folder, capture_output=True, text=True, timeout=SCAN_SECONDS)
    found = verdicts(folder / "run") if (folder / "run" / "run.db").exists() else {}
    if not found and done.returncode in (2, 4):
        return {("scan", ""): f"exit {done.returncode}"}
    # A failure, a gap and nothing of the kind must also be told by the exit status.
    worst = 4 if "ERROR" in found.values() else 3 if "FAIL" in found.values() else 0
    if done.returncode != worst and not (done.returncode == 4 and worst < 4 and "faults" in row):
        return f"exit {done.returncode} with findings that call for {worst}: {done.stderr.strip()[-300:]}"
    return found


def outcome(row):
    """The verdicts after the row's change, or what went wrong as text."""
    folder = SCRATCH / "mutations" / row["name"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    world = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), **row.get("world", {}),
             "changes": [{"set": one} for one in row.get("state", [])]}
    faults = {"faults": row["faults"]} if "faults" in row else None
    try:
        with simulator.Simulator(world, name=f"mutations/{row['name']}/sim", faults=faults, record=False) as sim:
            wire = Wire(sim) if "wire" in row else None
            for call in row.get("wire", []):
                wire.call(*call)
            if "advance" in row:
                sim.advance(minutes=row["advance"])
            found = scan(sim, row, folder)
    except Exception as error:  # of the client, the simulator or the scan: all mean that the row does not work
        return f"{type(error).__name__}: {str(error)[-600:]}"
    shutil.rmtree(folder, ignore_errors=True)
    return found


def flips(before, after):
    """["CHECK WAS>IS" or "CHECK WAS>IS xN"], sorted."""
    if ("scan", "") in after:
        return [f"scan {after['scan', '']}"]
    counts = collections.Counter()
    for pair in before.keys() | after.keys():
        was, now = before.get(pair, "new"), after.get(pair, "gone")
        quiet = (was == "new" and now in SAYS_NOTHING) or (now == "gone" and was == "NOT_APPLICABLE")
        if was != now and not quiet:
            counts[f"{pair[0]} {was}>{now}"] += 1
    return sorted(text if count == 1 else f"{text} x{count}" for text, count in counts.items())


def healthy(row):
    found = outcome(row)
    odd = found if isinstance(found, str) else sorted(pair for pair, status in found.items() if status not in SAYS_NOTHING | {"MANUAL"})
    if odd:
        raise SystemExit(f"the healthy world is not: {odd}")
    return found


def run(rows):
    """{name: flips, or what went wrong}; as many at a time as there are processors."""
    before, before_everywhere = healthy(HEALTHY), healthy({**HEALTHY, "everywhere": True})
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        found = pool.map(outcome, rows)
        return {row["name"]: one if isinstance(one, str) else
                flips(before_everywhere if "everywhere" in row else before, one) for row, one in zip(rows, found)}


def differences(rows, found, unflippable, everything):
    wrong = []
    for row in rows:
        now = found[row["name"]]
        if isinstance(now, str):
            wrong.append(f"{row['name']}: {now}")
            continue
        recorded = row.get("flips", [])
        wrong += [f"{row['name']}: no longer {one}" for one in recorded if one not in now]
        wrong += [f"{row['name']}: {one}, without a cause on record" for one in now if one not in recorded]
    if everything:
        checks = {path.stem for path in (TREE / "rules").glob("*.yaml")}
        flipped = {one.split(" ")[0] for row in rows for one in row.get("flips", [])}
        wrong += [f"{check}: no row flips it" for check in sorted(checks - flipped - set(unflippable))]
        wrong += [f"{check}: said not to be flipped, but a row does" for check in sorted(set(unflippable) & flipped)]
        if len(rows) < LEAST_ROWS:
            wrong.append(f"{len(rows)} rows, {LEAST_ROWS} are wanted")
        if PAGE.read_text(encoding="utf-8") != matrix(rows, unflippable):
            wrong.append("docs/mutations.md is not what these rows make: run mutations.py matrix")
    return wrong


def record(rows, found):
    """Replaces the line `flips:` of each row, or adds it as the row's last."""
    for path in {ROWS / row["file"] for row in rows}:
        lines, out, name = path.read_text(encoding="utf-8").splitlines(), [], None

        def close():
            now = found.get(name)
            if isinstance(now, list):
                while out and not out[-1].strip():
                    out.pop()
                out.append(f"  flips: [{', '.join(now)}]")

        for line in lines + ["- name: "]:
            if line.startswith("- name: "):
                close()
                name = line.removeprefix("- name: ").strip()
            if not (line.startswith("  flips:") and isinstance(found.get(name), list)):
                out.append(line)
        path.write_text("\n".join(out[:-1]) + "\n", encoding="utf-8")


WAYS = {"wire": "API", "state": "state", "world": "world", "faults": "fault", "config": "configuration", "waivers": "waivers",
        "flags": "flags"}


def matrix(rows, unflippable):
    """The page docs/mutations.md."""
    by_check = collections.defaultdict(list)
    for row in rows:
        for one in row.get("flips", []):
            by_check[one.split(" ")[0]].append(row["name"])
    out = ["# What flips when one fact changes", "",
           "The healthy organization (`fixtures/worlds/seed-healthy.yaml`) is changed in one place, scanned, and compared with what it",
           "was. Each row says what was changed and why that must show, and every (check, verdict) pair that flips stands in it; a test",
           "makes every change again and accepts neither more nor less. Made by `tests/end_to_end/mutations.py matrix` from",
           "`tests/mutations/`; how to add a row is said at the top of that program.", "",
           f"{len(rows)} changes, {sum('wire' in row for row in rows)} of them made by signed calls of a real client; "
           f"{len(by_check)} checks flip.", ""]
    part = None
    for row in rows:
        if row["file"] != part:
            part = row["file"]
            out += ["", f"## {part.removesuffix('.yaml').split('-', 1)[-1].replace('_', ' ').capitalize()}", "",
                    "| change | by | why | flips |", "| --- | --- | --- | --- |"]
        by = ", ".join(word for member, word in WAYS.items() if member in row)
        cause = row["cause"].replace("|", "\\|")
        out.append(f"| {row['name']} | {by} | {cause} | {'<br>'.join(row.get('flips', [])) or 'nothing'} |")
    out += ["", "## By check", "", "| check | flipped by |", "| --- | --- |"]
    out += [f"| {check} | {', '.join(names)} |" for check, names in sorted(by_check.items())]
    out += [f"| {check} | not by a fact: {why} |" for check, why in sorted(unflippable.items())]
    return "\n".join(out) + "\n"


def find_tool():
    named = os.environ.get("YAML_TO_JSON")
    for path in [pathlib.Path(named)] if named else [TREE / place / "tests" / "yaml_to_json" for place in ("build", "build-debug")]:
        if path.exists():
            return path
    raise SystemExit("yaml_to_json is not built")


def main():
    verb, names = (sys.argv[1:2] or ["check"])[0], sys.argv[2:]
    rows, unflippable = load(find_tool())
    if verb == "matrix":
        PAGE.write_text(matrix(rows, unflippable), encoding="utf-8")
        return 0
    chosen = [row for row in rows if not names or row["name"] in names or row["file"].removesuffix(".yaml") in names]
    if not chosen or verb not in ("check", "record"):
        raise SystemExit(__doc__)
    import awslib  # noqa: F401 (once, before there are threads)
    found = run(chosen)
    if verb == "record":
        record(chosen, found)
        rows, unflippable = load(find_tool())
        wrong = [f"{name}: {now}" for name, now in found.items() if isinstance(now, str)]
    else:
        wrong = differences(chosen, found, unflippable, everything=not names)
    print("\n".join(wrong))
    print(f"{len(chosen)} changes, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
