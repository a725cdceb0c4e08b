"""A function or object that is not static is used by another file of the programs, or its header says why it is not.

usage: externals.py ROOT COMPILER [BUILD]

Reads the symbols of the objects of BUILD's modules (CMakeFiles/*.dir/src/**/*.o) with nm. The exception is a declaration
whose comment says "Public for its tests: REASON".
"""

import re
import subprocess
import sys
from pathlib import Path

from house import finish, root_argument

SYMBOL = re.compile(r"^(?P<object>.+?):\s*[0-9a-fA-F]*\s+(?P<type>[A-Za-z])\s+(?P<name>\S+)$")
DEFINED = set("TDBRCVW")
REASON = "Public for its tests:"


def symbols(objects):
    """Object -> the names that it defines for others; name -> the objects that use it."""
    defined, used = {}, {}
    for start in range(0, len(objects), 200):
        command = ["nm", "-A"] + [str(path) for path in objects[start : start + 200]]
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
            match = SYMBOL.match(line)
            if match and match["type"] in DEFINED:
                defined.setdefault(match["object"], set()).add(match["name"])
            elif match and match["type"] == "U":
                used.setdefault(match["name"], set()).add(match["object"])
    return defined, used


def excused(root):
    """Names in declarations whose comment gives the reason."""
    names = set()
    for path in list((root / "include").rglob("*.h")) + list((root / "src").rglob("*.h")):
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"/\*(?:(?!\*/).)*" + REASON + r"(?:(?!\*/).)*\*/\s*([^;]*);", text, re.DOTALL):
            names.update(re.findall(r"\w+", match[1]))
    return names


def main():
    root = root_argument()
    build = Path(sys.argv[3]) if len(sys.argv) > 3 else root
    objects = sorted(p for p in build.glob("CMakeFiles/*.dir/src/**/*.o") if (root / source_of(p)).is_file())
    defined, used = symbols(objects)
    reasons = excused(root)
    complaints = []
    for path in objects:
        for name in sorted(defined.get(str(path), ())):
            if name == "main" or name.startswith("_") or used.get(name, set()) - {str(path)} or name in reasons:
                continue
            complaints.append(f"{source_of(path)}: {name} is used by no other file: make it static or remove it")
    finish("externals", len(objects), complaints)


def source_of(path):
    """The source of an object, below the root; an object that has lost its source is left out."""
    text = path.as_posix()
    return text[text.index(".dir/") + len(".dir/") : -len(".o")]


main()
