"""Compares the tables of partitions and Regions with AWS's own endpoint data.

usage: regions_match_endpoints.py OPS_DUMP
The data are _partitions.json and _endpoints.json in the folder that TOWERKEEP_MODELS names, or those of the
AWS CLI's botocore. Exit status 77 (skipped) when there are none on this machine.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import awsbundle

# Partitions without AWS Control Tower and without public endpoints.
ISOLATED = re.compile(r"aws-iso(-[a-z])?")
problems = []


def load(name):
    folder = os.environ.get("TOWERKEEP_MODELS")
    path = awsbundle.file_or_skip(lambda: pathlib.Path(folder) / f"_{name}.json" if folder else awsbundle.data_dir() / f"{name}.json")
    found = json.loads(path.read_text(encoding="utf-8"))["partitions"]
    # The trimmed files are keyed by partition.
    found = [{"id": key, **value} for key, value in found.items()] if isinstance(found, dict) else found
    return {p.get("id") or p["partition"]: p for p in found}


def expect(label, ours, theirs):
    if ours != theirs:
        problems.append(f"{label}: table {ours!r}, AWS {theirs!r}")


def main():
    table = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout)
    partitions = {p["id"]: p for p in table["partitions"]}
    sources = {name: {id: p for id, p in load(name).items() if not ISOLATED.fullmatch(id)}
               for name in ("partitions", "endpoints")}
    for source, theirs in sources.items():
        expect(f"partitions in {source}.json", sorted(partitions), sorted(theirs))
        for id, partition in theirs.items():
            ours = {r["name"] for r in table["regions"] if r["partition"] == id}
            expect(f"Regions of {id} in {source}.json", sorted(ours),
                   sorted(r for r in partition["regions"] if not r.endswith("-global")))
            for region in ours:
                if not re.match(partition["regionRegex"], region):
                    problems.append(f"{region} does not match {partition['regionRegex']}")
    for id, partition in sources["partitions"].items():
        outputs, ours = partition["outputs"], partitions.get(id, {})
        expect(f"{id} DNS suffix", ours.get("dns_suffix"), outputs["dnsSuffix"])
        expect(f"{id} dual-stack suffix", ours.get("dual_stack_suffix"), outputs["dualStackDnsSuffix"])
        expect(f"{id} global Region", ours.get("global_region"), outputs["implicitGlobalRegion"])
    print(*problems, sep="\n")
    print(f"{len(table['regions'])} Regions compared, {len(problems)} problems")
    return 1 if problems or not table["regions"] else 0


if __name__ == "__main__":
    sys.exit(main())
