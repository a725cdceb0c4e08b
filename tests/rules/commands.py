"""What `towerkeep rules` prints and how it exits, for people and for pipelines."""

import json
import pathlib
import subprocess
import sys
import tempfile

RULE = """id: ACME-1
title: A thing is so
step: 2
severity: high
scope: key
why: because
how: by looking
needs: []
assert: {field: state, equals: Enabled}
expected: state Enabled
observed: state {state}
"""
CASES = """rule: ACME-1
cases:
  - {name: enabled, verdict: %s, document: {state: Enabled}}
"""


def rows(own, bad, failing):
    return [
        ([], 2, "Usage: towerkeep rules COMMAND"),
        (["--help"], 0, "validate"),
        (["shwo"], 2, 'did you mean "rules show"?'),
        (["list"], 0, "KMS-05"),
        (["list", "KMS-*"], 0, "Step 2: Backup key"),
        (["list", "--rules", own], 0, "ACME-1     high          key            A thing is so"),
        (["show"], 2, "missing argument: ID"),
        (["show", "KMS-05"], 0, "kms:DescribeKey (in the subject's account and Region)"),
        (["show", "TAG-06"], 0, "NIST SP 800-53 Rev. 5: CP-9"),
        (["show", "OPT-02"], 0, "member_counts = true (boolean)"),
        (["show", "KMS-5"], 2, "did you mean KMS-05?"),
        (["frameworks"], 0, "10 frameworks. One in full: towerkeep rules frameworks NAME"),
        (["frameworks", "dora"], 0, "VLT-05      the policies of the central vaults allow no access from outside"),
        (["frameworks", "doora"], 2, "did you mean dora?"),
        (["validate", own], 0, "1 rule file is valid."),
        (["validate", bad], 2, 'ACME-1.yaml:5:8: $.scope: expected a scope (org, '),
        (["validate", own + "/nothing"], 2, "no such file or directory"),
        (["list", "--rules", bad], 2, 'did you mean "key"?'),
        (["test", "--rules", own, own + "/tests"], 0, "ALL rules, 1 cases, 0 failed."),
        (["test", "--enumerate", "--rules", own, own + "/tests"], 3, "ACME-1: no case expects FAIL"),
        (["test", "--rules", own, failing], 3, "enabled: expected FAIL, got PASS"),
        (["test", own + "/nothing"], 2, "No such file or directory"),
        (["new"], 2, "missing argument: ID (such as ACME-1)"),
        (["new", "acme"], 2, 'capital letters, digits and dashes, such as ACME-1, not "acme"'),
        (["new", "../ACME-1"], 2, "capital letters, digits and dashes"),
        (["new", "ACME-2", "--scope", "valt"], 2, 'did you mean "vault"?'),
        (["new", "KMS-05"], 2, "KMS-05 already exists"),
        (["new", "ACME-1", "--directory", own], 2, "ACME-1.yaml: already exists and is not overwritten"),
    ]


def scopes_of(root):
    schema = json.loads(pathlib.Path(root, "docs/schemas/rule.schema.json").read_text(encoding="utf-8"))
    return schema["properties"]["scope"]["enum"]


def complain_of_new(program, root, place):
    """What is wrong with skeletons: each validates, and its cases get every verdict a rule must be shown to give."""
    wrong, scopes = [], scopes_of(root)
    for number, scope in enumerate(scopes):
        made = subprocess.run([program, "rules", "new", f"NEW-{number}", "--scope", scope, "--directory", "fresh"],
                              capture_output=True, text=True, cwd=place)
        if made.returncode != 0 or f"fresh/NEW-{number}.yaml" not in made.stdout:
            wrong.append(f"rules new --scope {scope}: {made.stdout}{made.stderr}")
    for command in (["validate", "fresh"], ["test", "--enumerate", "--rules", "fresh", "fresh/tests", str(pathlib.Path(root, "rules/tests"))]):
        run = subprocess.run([program, "rules", *command], capture_output=True, text=True, cwd=place)
        if run.returncode != 0:
            wrong.append(f"rules {' '.join(command)}: {run.stdout[-800:]}{run.stderr[-800:]}")
    before = pathlib.Path(place, "fresh/NEW-0.yaml").read_bytes()
    again = subprocess.run([program, "rules", "new", "NEW-0", "--directory", "fresh"], capture_output=True, text=True, cwd=place)
    if again.returncode != 2 or pathlib.Path(place, "fresh/NEW-0.yaml").read_bytes() != before:
        wrong.append(f"rules new overwrites: {again.stdout}{again.stderr}")
    return wrong


def main():
    program = sys.argv[1]
    shipped = len(list(pathlib.Path(sys.argv[2], "rules").glob("*.yaml")))
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for name in ("own/tests", "bad", "failing"):
            (place / name).mkdir(parents=True)
        (place / "own/ACME-1.yaml").write_text(RULE, encoding="utf-8")
        (place / "own/tests/ACME-1.yaml").write_text(CASES % "PASS", encoding="utf-8")
        (place / "failing/ACME-1.yaml").write_text(CASES % "FAIL", encoding="utf-8")
        (place / "bad/ACME-1.yaml").write_text(RULE.replace("scope: key", "scope: kye"), encoding="utf-8")
        for arguments, code, words in rows(*(str(place / name) for name in ("own", "bad", "failing"))):
            words = words.replace("ALL rules", f"{shipped + 1} rules")
            run = subprocess.run([program, "rules", *arguments], capture_output=True, text=True, cwd=folder)
            if run.returncode != code or words not in run.stdout + run.stderr:
                print(f"rules {' '.join(arguments)}: exit {run.returncode}, wanted {code} and {words!r}")
                print(run.stdout[-800:], run.stderr[-800:])
                wrong += 1
        complaints = complain_of_new(program, sys.argv[2], place)
        print("\n".join(complaints))
    return 1 if wrong or complaints else 0


sys.exit(main())
