"""The results of a scan after one change to the healthy organization.

Each row of tests/mutations/*.yaml makes one change and records which results of checks flip because of it:

    - name: replica-disabled
      cause: a disabled key encrypts nothing, so copies into us-east-1 stop
      wire: [[kms:DisableKey, management/us-east-1, {KeyId: $KEY}]]
      flips: [KMS-05 PASS>FAIL]

How a row makes its change: `wire` are signed calls of an AWS client, [SERVICE:OPERATION, ACCOUNT/REGION, INPUT, ROLE]; `state` are
entries of a world's `set` for states that no API can create (docs/worlds.md), `world` are members of the world; `faults` are
faults of the network or of AWS (docs/faults.md); `config`, `waivers` and `flags` are those of the scan. `advance` is the number
of minutes that pass before the scan; `begin_at_hour` is an hour of UTC to which time passes before the change, for rows whose
flips depend on what plans have run in between. Names such as $KEY are in names.yaml; $YESTERDAY, $TOMORROW and $IN_A_YEAR are days from
now, because a scan uses its end as the current time. `everywhere: true` also scans the Regions that are not governed; the other
rows leave them out, which takes a fifth of the time.

A flip is "CHECK WAS>IS", with its number of subjects when there are several. A new subject counts when its result needs
attention ("new>FAIL"); a subject that no longer exists counts unless the check did not apply to it ("PASS>gone"). Where a scan ends without
results, "scan exit N" is recorded.

`check` makes changes of different areas together in one organization if they flip different checks: the flips must then be
exactly the recorded flips of all these rows. If they are not, each change is made alone, and that result counts. `alone: true`
excludes a row that affects the results of others.

    mutations.py check  [NAME...]    compares, and exits with 1 when anything differs
    mutations.py record [NAME...]    writes the current flips into the rows (review them: each row must give the cause)
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
MEMBERS = {"name", "cause", "wire", "state", "world", "faults", "config", "waivers", "flags", "begin_at_hour", "advance", "everywhere", "alone", "flips"}
TOGETHER = 8  # changes in one organization
FEW = 4  # checks that such a change flips
SIMPLE = {"name", "cause", "wire", "state", "flips", "file"}
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
    """Signed calls to a simulator, with a principal of the given account."""

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
    # The exit status must also show a failure, a collection error or neither.
    worst = 4 if "ERROR" in found.values() else 3 if "FAIL" in found.values() else 0
    if done.returncode != worst and not (done.returncode == 4 and worst < 4 and "faults" in row):
        return f"exit {done.returncode} with findings that call for {worst}: {done.stderr.strip()[-300:]}"
    return found


def seconds_until(hour):
    now = datetime.datetime.now(datetime.timezone.utc)
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return int((then - now).total_seconds()) % 86400


def outcome(row):
    """The results after the change of the row, or the problem as text."""
    folder = SCRATCH / "mutations" / row["name"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    world = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), **row.get("world", {}),
             "changes": [{"set": one} for one in row.get("state", [])]}
    faults = {"faults": row["faults"]} if "faults" in row else None
    try:
        with simulator.Simulator(world, name=f"mutations/{row['name']}/sim", faults=faults, record=False) as sim:
            if "begin_at_hour" in row:
                sim.advance(seconds=seconds_until(row["begin_at_hour"]))
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


def checks(row):
    return {one.split(" ")[0] for one in row.get("flips", [])}


def groups(rows):
    """[[row]]: rows that can be made together, and the others alone."""
    out = []
    for row in rows:
        fitting = None
        if not set(row) - SIMPLE and len(checks(row)) <= FEW:
            fitting = next((group for group in out if len(group) < TOGETHER and not set(group[0]) - SIMPLE and
                            all(one["file"] != row["file"] and len(checks(one)) <= FEW and not checks(one) & checks(row)
                                for one in group)), None)
        if fitting:
            fitting.append(row)
        else:
            out.append([row])
    return out


def merged(group):
    """One row that makes the changes of all rows."""
    return {"name": f"{group[0]['name']}-and-{len(group) - 1}-more", "wire": [call for row in group for call in row.get("wire", [])],
            "state": [one for row in group for one in row.get("state", [])]}


def run(rows, together):
    """{name: flips, or the problem}; as many at a time as there are processors."""
    before, before_everywhere = healthy(HEALTHY), healthy({**HEALTHY, "everywhere": True})

    def flipped(row):
        after = outcome(row)
        return after if isinstance(after, str) else flips(before_everywhere if "everywhere" in row else before, after)

    found, sets = {}, [group for group in groups(rows) if len(group) > 1] if together else []
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for group, now in zip(sets, pool.map(lambda group: flipped(merged(group)), sets)):
            wanted = sorted(one for row in group for one in row.get("flips", []))
            if now == wanted:
                found.update((row["name"], sorted(row.get("flips", []))) for row in group)
            else:
                print(f"made alone, because they do not go together: {', '.join(row['name'] for row in group)}: "
                      f"{sorted(set(now) ^ set(wanted)) if isinstance(now, list) else now}")
        left = [row for row in rows if row["name"] not in found]
        found.update(zip((row["name"] for row in left), pool.map(flipped, left)))
    print(f"{len(rows) - len(left)} changes made together in {len(sets)} organizations, {len(left)} alone")
    return found


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
        if PAGE.read_text(encoding="utf-8") != matrix(rows):
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


def turned(row):
    """The checks that a row flips, those of one area together: "COV-01/02, KMS-04". "scan exit 2": there are no results."""
    if checks(row) == {"scan"}:
        return row["flips"][0]
    areas = {}
    for check in sorted(checks(row)):
        area, _, number = check.partition("-")
        areas.setdefault(area, []).append(number)
    return ", ".join(f"{area}-{'/'.join(numbers)}" for area, numbers in areas.items())


def matrix(rows):
    """The page docs/mutations.md."""
    flipping = {check for row in rows for check in checks(row)} - {"scan"}
    out = ["# Changes and the checks that they turn", "",
           "Each line is one change to the healthy organization (`fixtures/worlds/seed-healthy.yaml`), and the checks that have another",
           "result because of it. `tests/mutations/` has the call, the reason, and every result before and after; the test",
           "`end_to_end/mutations` makes each change and accepts only these results. `tests/end_to_end/mutations.py matrix` writes this page.",
           "", f"{len(rows)} changes, {sum('wire' in row for row in rows)} of them made by signed calls of an AWS client; "
           f"{len(flipping)} checks turn.", ""]
    part = None
    for row in rows:
        if row["file"] != part:
            part = row["file"]
            out += ["", f"## {part.removesuffix('.yaml').split('-', 1)[-1].replace('_', ' ').capitalize()}", "",
                    "| change | checks that turn |", "| --- | --- |"]
        out.append(f"| {row['name']} | {turned(row) or 'none'} |")
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
        PAGE.write_text(matrix(rows), encoding="utf-8")
        return 0
    chosen = [row for row in rows if not names or row["name"] in names or row["file"].removesuffix(".yaml") in names]
    if not chosen or verb not in ("check", "record"):
        raise SystemExit(__doc__)
    import awslib  # noqa: F401 (once, before there are threads)
    found = run(chosen, together=verb == "check")
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
