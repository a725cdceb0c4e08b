"""Every header under include/ compiles as the first line of a unit, and twice in one.

usage: headers_alone.py ROOT COMPILER
"""

import re
import shlex
import subprocess
import sys

from house import c_files, finish, root_argument

FLAGS = "-std=c17 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror".split()


def library_flags(root):
    """Of the libraries in cmake/Dependencies.cmake, as system directories like in the build."""
    text = (root / "cmake" / "Dependencies.cmake").read_text(encoding="utf-8")
    modules = re.findall(r"^\s*dependency\(\s*\w+\s+([^\s>=)]+)", text, re.MULTILINE)
    if not modules:
        return []
    done = subprocess.run(
        ["pkg-config", "--cflags", *modules], capture_output=True, text=True, check=True
    )
    return [re.sub(r"^-I", "-isystem", word) for word in shlex.split(done.stdout)]


def main():
    root = root_argument()
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    command = shlex.split(sys.argv[2]) + FLAGS + library_flags(root)
    command += ["-I", str(root / "include"), "-fsyntax-only", "-x", "c", "-"]
    complaints = []
    headers = [f for f in c_files(root, "include") if f[0].suffix == ".h"]
    for path, _, _ in headers:
        name = path.relative_to(root / "include")
        unit = f'#include "{name}"\n#include "{name}"\n'
        done = subprocess.run(command, input=unit, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            complaints.append(f"include/{name} does not compile alone:\n{done.stderr.rstrip()}")
    finish("headers_alone", len(headers), complaints)


main()
