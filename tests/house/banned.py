"""Functions nobody may call, and those only the base module may."""

import re

from house import c_files, code_only, finish, line_of, root_argument

EVERYWHERE = """strcpy strcat strncpy strncat sprintf vsprintf gets strtok sscanf atoi atol atof
    gmtime localtime asctime ctime rand system popen""".split()
OUTSIDE_BASE = "malloc calloc realloc strdup strndup getenv".split()


def calls(names):
    # Not a member of that name (p->system), and not a longer word.
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


def main():
    root = root_argument()
    complaints = []
    files = c_files(root, "src", "include", "tests")
    for path, _, module in files:
        text = code_only(path.read_text(encoding="utf-8"))
        names = EVERYWHERE if module == "base" else EVERYWHERE + OUTSIDE_BASE
        for match in calls(names).finditer(text):
            where = f"{path.relative_to(root)}:{line_of(text, match.start())}"
            complaints.append(f"{where}: {match[1]}() is banned here")
    finish("banned", len(files), complaints)


main()
