"""A module includes and links only itself and the layers below it."""

import re

from house import c_files, finish, line_of, root_argument, without_comments

LAYERS = {
    "base": 0,
    "aws": 1,
    "model": 1,
    "store": 2,
    "inventory": 3,
    "collect": 4,
    "check": 4,
    "plan": 4,
    "report": 4,
    "apply": 4,
    "workflow": 5,
    "cli": 6,
}
# The simulator shares the wire protocols only: it must not share the program's assumptions about AWS.
BESIDE = {"sim": {"base", "aws"}}
MODULES = set(LAYERS) | set(BESIDE)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)[>\"]", re.MULTILINE)
CALL = re.compile(r"\b(unit|module|target_link_modules)\s*\(([^)]*)\)")
TARGETS = {"towerkeep": "cli", "towerkeep-sim": "sim"}


def allowed(module):
    if module in BESIDE:
        return BESIDE[module] | {module}
    return {r for r, layer in LAYERS.items() if layer < LAYERS[module]} | {module}


def include_complaint(root, path, module, quote, name):
    first, slash, _ = name.partition("/")
    if first in MODULES and slash:
        if first not in allowed(module):
            return f"{module} may not include {first} ({name})"
        if not (root / "include" / name).is_file():
            return f"no such header: include/{name}"
        return None
    if quote == "<":
        return None
    if ".." in name.split("/"):
        return f"an include may not climb ({name})"
    places = [path.parent, root / "src" / module, root / "tests" / module]
    if (root / "tests") in path.parents:
        places.append(root / "tests" / "support")  # what tests of several modules share
    if not any((place / name).is_file() for place in places):
        return f"{name} is neither in this module nor named by its module"
    return None


def check_includes(root, complaints):
    looked_at = 0
    for path, top, module in c_files(root, "src", "include", "tests"):
        if module not in MODULES:
            if top != "tests":
                complaints.append(f"{path.relative_to(root)}: {module} is not a module")
            continue
        looked_at += 1
        text = without_comments(path.read_text(encoding="utf-8"))
        for match in INCLUDE.finditer(text):
            complaint = include_complaint(root, path, module, match[1], match[2].strip())
            if complaint:
                where = f"{path.relative_to(root)}:{line_of(text, match.start())}"
                complaints.append(f"{where}: {complaint}")
    return looked_at


def links_of(verb, words):
    """The module that links, and what it links; None when the call is about no module."""
    if verb == "unit" and len(words) >= 2:
        return words[0], words[2:]
    if verb == "module" and words:
        rest = words[1:]
        rest = rest[rest.index("ON") + 1 :] if "ON" in rest else []
        return words[0], rest[: rest.index("USES")] if "USES" in rest else rest
    if verb == "target_link_modules" and words and words[0] in TARGETS:
        return TARGETS[words[0]], words[1:]
    return None


def check_links(root, complaints):
    looked_at = 0
    lists = sorted(root.glob("tests/*/tests.cmake")) + [root / "CMakeLists.txt"]
    for path in lists:
        if not path.is_file():
            continue
        text = re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8"))
        for match in CALL.finditer(text):
            links = links_of(match[1], match[2].split())
            if links is None or links[0] not in MODULES:
                continue
            looked_at += 1
            for linked in links[1]:
                if linked not in allowed(links[0]):
                    where = f"{path.relative_to(root)}:{line_of(text, match.start())}"
                    complaints.append(f"{where}: {links[0]} may not link {linked}")
    return looked_at


def main():
    root = root_argument()
    complaints = []
    looked_at = check_includes(root, complaints)
    looked_at = check_links(root, complaints) and looked_at
    finish("layers", looked_at, complaints)


main()
