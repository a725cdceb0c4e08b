"""docs/rule-sources.md: for each built-in rule the pages of AWS, what it was tried on, and what it deliberately does not evaluate.

    sources.py check     fails when the page is not what the rules, fixtures and changes make, or a rule lacks a source or its limit
    sources.py write     writes the page

YAML_TO_JSON is the program of that name of the tests (build-debug/tests/yaml_to_json).
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = TREE / "docs" / "rule-sources.md"
TOOL = os.environ.get("YAML_TO_JSON", str(TREE / "build-debug" / "tests" / "yaml_to_json"))


def read(paths):
    paths = sorted(paths)
    texts = subprocess.run([TOOL, *map(str, paths)], check=True, capture_output=True, text=True).stdout.splitlines()
    return dict(zip((path.stem for path in paths), map(json.loads, texts)))


def changes():
    """{check: number of changes to a healthy organization that give it another result}"""
    counts = collections.Counter()
    for rows in read(path for path in (TREE / "tests" / "mutations").glob("*.yaml") if path.stem not in ("names", "unflippable")).values():
        for row in rows:
            counts.update({flip.split(" ")[0] for flip in row.get("flips", [])})
    return counts


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def page():
    rules, fixtures, turned = read((TREE / "rules").glob("*.yaml")), read((TREE / "rules" / "tests").glob("*.yaml")), changes()
    wrong = [f"{name}: no {member}" for name, rule in rules.items() for member in ("references", "leaves_out") if not rule.get(member)]
    out = ["# Sources and limits of the checks", "",
           "What each check rests on: the pages of AWS that it follows, the number of fixtures and of changes to a simulated organization that it",
           "was tried on ([mutations.md](mutations.md)), and what it deliberately does not evaluate. `towerkeep rules show ID` has the procedure.",
           "`tests/rules/sources.py write` writes this page from `rules/` and `tests/mutations/`.", "",
           "| check | source | fixtures | changes | does not evaluate |", "| --- | --- | --- | --- | --- |"]
    for name, rule in sorted(rules.items()):
        out.append(f"| {name} | {cell('; '.join(rule.get('references', [])))} | {len(fixtures[name]['cases'])} | {turned[name]} | "
                   f"{cell(rule.get('leaves_out', ''))} |")
    return "\n".join(out) + "\n", wrong


def main():
    text, wrong = page()
    if sys.argv[1:] == ["write"]:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        wrong.append("docs/rule-sources.md is not what the rules make: run tests/rules/sources.py write")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
