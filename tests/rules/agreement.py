"""Schema and program agree on configuration, frameworks and waivers: both take these files, both refuse those.

Every refusal of the program is one line that names file, line, column and path, and what was expected.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

MAPPING = """id: acme
title: ACME
version: 1
source: intranet
requirements:
  - id: one
    title: One
    checks: [{id: KMS-05, rationale: a reason}]
"""
WAIVER = """Mutelist:
  Accounts:
    "*":
      Checks:
        "KMS-05":
          Regions: ["*"]
          Resources: ["*"]
"""

# kind, text, None or what the refusal says. A trailing comment of a row tells why the schema cannot say it.
ROWS = [
    ("config", "{}\n", None),
    ("config", "governed_regions: [eu-central-1]\nrules: {disable: [OPT-05], parameters: {LZ-10: {minimum: 3}}}\n", None),
    ("config", "accounts: {backup_administrator: '111122223333', central_backup: {name: C, email: c@example.com}}\n", None),
    ("config", "governed_region: [eu-central-1]\n", 'did you mean "governed_regions"?'),
    ("config", "ous: {protekt: [Workloads]}\n", 'did you mean "protect"?'),
    ("config", "ous: {security_ou: maybe}\n", "expected true or false"),
    ("config", "ous: [Workloads]\n", "$.ous"),
    ("config", "governed_regions: eu-central-1\n", "expected a list"),
    ("config", "governed_regions: [Frankfurt]\n", "Region"),
    ("config", "resource_types: [EBS, Quantum Ledger]\n", None),  # AWS adds types whenever it likes
    ("config", "limits: {max_workers: 0}\n", "expected a whole number from 1 to 1024"),
    ("config", "limits: {rate_share: 2}\n", "expected a number above 0 and at most 1"),
    ("config", "limits: {max_workers: many}\n", "expected a whole number"),
    ("config", "tags: {default_tier: yearly}\n", "expected hourly, daily, weekly or monthly"),
    ("config", "landing_zone: {version: four}\n", "version"),
    ("config", "key: {alias: my-key}\n", "alias"),
    ("config", "accounts: {central_backup: '42'}\n", "$.accounts.central_backup"),
    ("config", "rules: {parameters: {LZ-10: 3}}\n", "expected a mapping of parameters"),
    ("config", "accounts_exempt: ['']\n", "$.accounts_exempt[0]"),
    ("framework", MAPPING, None),
    ("framework", MAPPING.replace("    checks: [{id: KMS-05, rationale: a reason}]\n", "    evidence: none\n    why: nothing\n"), None),
    ("framework", MAPPING.replace("title: ACME\n", ""), 'the key "title"'),
    ("framework", MAPPING.replace("source:", "sauce:"), "source"),
    ("framework", MAPPING.replace("rationale: a reason", "rationale: ''"), "expected non-empty text"),
    ("framework", MAPPING.replace(", rationale: a reason", ""), "rationale"),
    ("framework", MAPPING.replace("checks: [{id: KMS-05, rationale: a reason}]", "checks: []"), "not empty"),
    ("framework", MAPPING.replace("checks: [{id: KMS-05, rationale: a reason}]", "evidence: some\n    why: x"), "expected the value none"),
    ("framework", MAPPING.replace("checks:", "cheks:"), "checks"),
    ("framework", MAPPING.split("requirements:")[0] + "requirements: []\n", "not empty"),
    ("framework", MAPPING + "further: x\n", "further"),
    ("framework", MAPPING.replace("id: KMS-05", "id: kms"), "expected the ID of a check"),
    ("waivers", WAIVER, None),
    ("waivers", WAIVER + "          Expires: 2026-12-31\n          Owner: me\n", None),
    ("waivers", WAIVER.replace("Mutelist", "Muteliste"), "Mutelist"),
    ("waivers", WAIVER.replace("Regions:", "Region:"), "Region"),
    ("waivers", WAIVER.replace('          Resources: ["*"]\n', ""), "Resources"),
    ("waivers", WAIVER + "          Expired: 2026-12-31\n", 'did you mean "Expires"?'),
    ("waivers", WAIVER + "          Expires: soon\n", "$.Mutelist"),
    ("waivers", WAIVER.replace('Regions: ["*"]', 'Regions: "*"'), "Regions"),
]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
PLACE = re.compile(r"^towerkeep: \S+:\d+:\d+: \$\S*: .+$")


def ask(program, kind, path, run):
    """Lets the program read one file, by the command that comes to it first."""
    if kind == "config":
        return [program, "rules", "list", "KMS-05", "--config-file", str(path)]
    if kind == "framework":
        return [program, "rules", "frameworks", "acme", "--rules", str(path.parent.parent)]
    return [program, "scan", "-o", str(run), "-w", str(path)]


def complaints(program, tool, root, place, number, row):
    kind, text, refusal = row
    schema = json.loads((root / "docs/schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    path = place / str(number) / "frameworks" / "acme.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    document = json.loads(subprocess.run([tool, path], check=True, capture_output=True, text=True).stdout)
    fits = jsonschema.Draft202012Validator(schema).is_valid(document)
    run = subprocess.run(ask(program, kind, path, place / "run"), capture_output=True, text=True, cwd=place, env=ENVIRONMENT)
    said = run.stderr.strip()
    # A scan without credentials gets no further than to have read the waivers.
    taken = run.returncode == 0 or (kind == "waivers" and "acme.yaml" not in said)
    if fits != (refusal is None):
        yield f"the schema {'takes' if fits else 'refuses'} it"
    if taken != (refusal is None):
        yield f"the program {'takes' if taken else 'refuses'} it: {said}"
    if refusal is not None and not taken and (refusal not in said or not PLACE.match(said) or run.returncode != 2):
        yield f"expected FILE:LINE:COLUMN: PATH: ... {refusal!r}, exit 2; got exit {run.returncode}: {said}"


def main():
    program, tool, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, row in enumerate(ROWS):
            for complaint in complaints(program, tool, root, pathlib.Path(folder), number, row):
                print(f"{row[0]}: {row[1]!r}: {complaint}")
                wrong += 1
    print(f"{len(ROWS)} files, {wrong} complaints")
    return 1 if wrong else 0


sys.exit(main())
