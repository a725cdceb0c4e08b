"""Every built-in rule names the operations behind the members that it reads.

The table of operations in docs/subjects.md says which operations a member comes from. The program requires them whether or not a
rule names them (tests/check/needs.c); the built-in rules name them all, so that their files say what they depend on. What follows
from the landing zone's manifest needs nothing, because without GetLandingZone there is no scan.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
RULES = TREE / "rules"


def page():
    """{scope: {member: {operation}}}, from the table in docs/subjects.md."""
    fields = collections.defaultdict(lambda: collections.defaultdict(set))
    for line in (TREE / "docs" / "subjects.md").read_text(encoding="utf-8").split("## Operations", 1)[1].splitlines():
        if line.startswith("## "):
            return fields
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for member in re.findall("`([^`]+)`", cells[1] if len(cells) == 3 else ""):
            fields[cells[0]][member].update(re.findall(r"[a-z0-9-]+:[A-Za-z0-9]+", cells[2]))
    return fields


FIELDS = page()
# Lists that are called only where a resource type is wanted: the program adds them, the rules do not name them.
WANTED = ("fsx:", "eks:", "redshift:", "redshift-serverless:", "dsql:", "storagegateway:", "cloudformation:")
# Members of $org and $lz that a rule of another scope reads.
ROOTS = {"$org": "org", "$lz": "landing-zone"}


def paths(value):
    """Every path of an expression."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("field", "each", "some", "no"):
                yield one
            # Inside `satisfies` paths start at the element, which the list's own path has named.
            yield from (path for path in paths(one) if key != "satisfies" or path.startswith("$"))
    elif isinstance(value, list):
        for one in value:
            yield from paths(one)
    elif isinstance(value, str) and re.match(r"\$(org|lz|doc)\.", value):
        yield value


def rests_on(scope, path):
    root, _, rest = path.partition(".")
    if root in ROOTS:
        scope, path = ROOTS[root], rest
    elif root == "$doc":
        path = rest
    member = re.split(r"[.\[]", path)[0]
    return member, FIELDS[scope].get(path, FIELDS[scope].get(member, []))


def named(needs, operation):
    words = [one["operation"] if isinstance(one, dict) else one for one in needs]
    return any(operation == word or (word.endswith("*") and operation.startswith(word[:-1])) for word in words)


def main():
    wrong, looked = [], 0
    files = [str(file) for file in sorted(RULES.glob("*.yaml"))]
    for line in subprocess.run([sys.argv[1], *files], check=True, capture_output=True, text=True).stdout.splitlines():
        rule = json.loads(line)
        for path in sorted(set(paths([rule.get("when"), rule.get("manual_if"), rule.get("assert")]))):
            member, operations = rests_on(rule["scope"], path)
            looked += 1
            lacking = [one for one in operations if not named(rule["needs"], one) and not one.startswith(WANTED)]
            wrong += [f"{rule['id']}: reads {path}, and does not need {one}" for one in lacking]
    print("\n".join(wrong))
    print(f"{looked} fields looked at, {len(wrong)} operations are not named")
    return 1 if wrong or looked < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
