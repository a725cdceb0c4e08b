"""Functions nobody may call, and those only the base module may; other names for a status, and further labels."""

import re

from house import c_files, code_only, finish, line_of, root_argument

EVERYWHERE = """strcpy strcat strncpy strncat sprintf vsprintf gets strtok sscanf atoi atol atof
    gmtime localtime asctime ctime rand system popen""".split()
# Only the command line prints; the rest logs, calls back, or writes to a stream it is given. The files
# named here are programs of their own, the log, and what ends the program when nothing else can.
PRINTS = re.compile(r"(?<![\w.>])(?:(stdout|stderr)\b|(v?printf|puts|putchar|perror)\s*\()")
MAY_PRINT = ("src/cli/", "src/sim/main.c", "src/sim/options.c", "src/inventory/generate/", "src/workflow/generate/", "src/base/log.c", "src/base/mem.c", "src/base/hash.c")
# One dialect: a call's status is rc, and a function has one label, out.
DIALECT = (
    (re.compile(r"\bint[ ]+(result|failed)\b"), "a status is named rc"),
    (re.compile(r"^(?!out:)(\w+):$", re.MULTILINE), "the one label of a function is out"),
)
OUTSIDE_BASE = "malloc calloc realloc strdup strndup getenv".split()


def calls(names):
    # Not a member of that name (p->system), and not a longer word.
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


def prints(root, path, top, text):
    """Uses of a standard stream in src outside the command line."""
    name = path.relative_to(root).as_posix()
    return [] if top != "src" or name.startswith(MAY_PRINT) else PRINTS.finditer(text)


def main():
    root = root_argument()
    complaints = []
    files = c_files(root, "src", "include", "tests")
    for path, top, module in files:
        text = code_only(path.read_text(encoding="utf-8"))
        names = EVERYWHERE if module == "base" else EVERYWHERE + OUTSIDE_BASE
        for match in calls(names).finditer(text):
            where = f"{path.relative_to(root)}:{line_of(text, match.start())}"
            complaints.append(f"{where}: {match[1]}() is banned here")
        for pattern, instead in DIALECT if top == "src" else ():
            for match in pattern.finditer(text):
                where = f"{path.relative_to(root)}:{line_of(text, match.start())}"
                complaints.append(f"{where}: {match[1]}: {instead}")
        for match in prints(root, path, top, text):
            where = f"{path.relative_to(root)}:{line_of(text, match.start())}"
            complaints.append(f"{where}: {match[1] or match[2]} is for the command line only")
    finish("banned", len(files), complaints)


main()
