"""Files fit in 600 lines, functions in 80."""

import re

from house import c_files, code_only, finish, root_argument

FILE_LINES = 600
FUNCTION_LINES = 80


def functions(lines):
    """(name, first line, length) of each function: a brace at the margin, or a margin line ending in ') {'."""
    signature = 0
    opened = None
    for number, line in enumerate(lines):
        if opened is None:
            if line.rstrip() == "{" or re.match(r"[A-Za-z_].*\)\s*\{\s*$", line):
                opened = signature
            elif not line.strip() or line.startswith("#") or line.rstrip().endswith((";", "}")):
                signature = number + 1
        elif line.startswith("}"):
            head = " ".join(lines[opened : opened + 6])
            # An attribute's name is no function's.
            head = re.sub(r"__attribute__\s*\(\(.*?\)\)\)?", " ", head)
            name = re.search(r"(\w+)\s*\(", head)
            yield name[1] if name else "?", opened + 1, number - opened + 1
            opened = None
            signature = number + 1


def main():
    root = root_argument()
    complaints = []
    files = c_files(root, "src", "include", "tests")
    for path, _, _ in files:
        text = path.read_text(encoding="utf-8")
        where = path.relative_to(root)
        count = len(text.splitlines())
        if count > FILE_LINES:
            complaints.append(f"{where}: {count} lines, at most {FILE_LINES}")
        for name, line, length in functions(code_only(text).split("\n")):
            if length > FUNCTION_LINES:
                complaints.append(f"{where}:{line}: {name}() has {length} lines, at most {FUNCTION_LINES}")
    finish("sizes", len(files), complaints)


main()
