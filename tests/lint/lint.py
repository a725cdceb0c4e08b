"""Runs one source checker over the tree and fails on its first findings.

usage: lint.py format|tidy|tidy_all|cppcheck ROOT [BUILD]

format    clang-format: every C file is as .clang-format lays it out
tidy      clang-tidy with the checks of .clang-tidy except the static analyzer, on src/
tidy_all  clang-tidy with every check of .clang-tidy, on src/ (minutes)
cppcheck  cppcheck's warnings about errors, performance and portability, on src/

BUILD holds compile_commands.json. Exit status 77: the tool is missing, or its version is not the one whose findings the tree
was checked with.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

SKIP = 77
JOBS = max(1, len(os.sched_getaffinity(0)))
CHUNK = 8
# Suppressed: readdir_r, which cppcheck recommends, is deprecated in glibc.
CPPCHECK = ["--enable=warning,performance,portability", "--inline-suppr", "--std=c11", "--library=posix", "--quiet",
            "--error-exitcode=1", "--suppress=readdirCalled", "--suppress=missingIncludeSystem", "--template=gcc", f"-j{JOBS}"]


def tidy(root, build, checks):
    command = ["clang-tidy", "--quiet", f"--config-file={root / '.clang-tidy'}", "--extra-arg=-Wno-unknown-warning-option"]
    command += [f"--checks={checks}"] if checks else []
    return command + (["-p", str(build)] if build else []), [] if build else ["--", "-std=c17", "-I", str(root / "include")]


def plan(tool, root, build):
    """(program, version wanted, command, its end, tops to look at, name suffixes, files per call)"""
    if tool == "format":
        return ("clang-format", "14", ["clang-format", "--dry-run", "-Werror", f"--style=file:{root / '.clang-format'}"], [],
                ("src", "include", "tests"), (".c", ".h"), CHUNK)
    if tool in ("tidy", "tidy_all"):
        command, end = tidy(root, build, "-clang-analyzer-*" if tool == "tidy" else "")
        return "clang-tidy", "14", command, end, ("src",), (".c",), CHUNK
    if tool == "cppcheck":
        return "cppcheck", "2.10", ["cppcheck", *CPPCHECK, "-I", str(root / "include")], [], ("src",), (".c",), None
    return sys.exit(__doc__)


def check_version(program, wanted):
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        print(f"skipped: {program} is not installed")
        sys.exit(SKIP)
    found = re.search(r"[0-9]+(\.[0-9]+)+", text)
    found = found[0] if found else "unknown"
    if found != wanted and not found.startswith(wanted + "."):
        print(f"skipped: {program} is version {found}; the tree is checked with version {wanted}")
        sys.exit(SKIP)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # What clang-tidy counts but does not show goes to standard error.
    noise = re.compile(r"^([0-9]+ warnings?( and [0-9]+ errors?)? (generated|treated as errors?)|Suppressed |Use -header-filter).*$")
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line and not noise.match(line)]
    return done.returncode, lines


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    tool, root = sys.argv[1], Path(sys.argv[2]).resolve()
    build = Path(sys.argv[3]) if len(sys.argv) == 4 else None
    program, version, command, end, tops, suffixes, chunk = plan(tool, root, build)
    check_version(program, version)
    files = [str(path) for top in tops for path in sorted((root / top).rglob("*"))
             if path.suffix in suffixes and "node_modules" not in path.parts]
    if not files:
        sys.exit(f"{tool}: found no file to check in {root}")
    chunk = chunk or len(files)
    calls = [command + files[i:i + chunk] + end for i in range(0, len(files), chunk)]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(run, calls))
    failed = [lines for status, lines in results if status != 0]
    for lines in failed:
        print("\n".join(lines))
    print(f"{tool}: {len(files)} files checked, {'findings above' if failed else 'no findings'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
