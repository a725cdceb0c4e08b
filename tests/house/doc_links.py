"""Links and file paths in the documentation exist.

Checked in README.md, CONTRIBUTING.md, CHANGELOG.md and docs/: every relative Markdown link with its heading, and every path in
backquotes that begins with a directory or names a script of the repository.
"""

import re
from pathlib import Path
from urllib.parse import unquote

from house import finish, line_of, root_argument

TOPS = "cmake completions deploy docs fixtures include packaging rules scripts src templates tests".split()
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:\./)?((?:" + "|".join(TOPS) + r")/[\w./*{},-]*|\w+\.sh|CMakeLists\.txt|CMakePresets\.json)")
# Names that stand for any file of a kind, and files of the reader: src/MODULE/x.c, tests/ACME-1.yaml.
PLACEHOLDER = re.compile(r"(^|[/_.-])(?!README|CONTRIBUTING|CHANGELOG|LICENSE)[A-Z]{3,}([/_.*-]|$)|<|\.\.\.")
# A rule or framework of the repository is spelled in capitals too.
RULE = re.compile(r"rules/(tests/)?[A-Z]+-\d+\.yaml$")


def slug(heading):
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def headings(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {slug(line.lstrip("#")) for line in text.splitlines() if line.startswith("#")}


def bad_link(root, page, target):
    """What is wrong with the target of a link; None: nothing."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = unquote(target).partition("#")
    path = (page.parent / name).resolve() if name else page
    if root not in path.parents and path != root:
        return "leaves the repository"
    if not path.exists():
        return "does not exist"
    if anchor and path.suffix == ".md" and anchor not in headings(path):
        return "has no such heading"
    return None


def expand(path):
    """a/{b,c}.d names two paths."""
    match = re.search(r"\{([^{}]*)\}", path)
    if match is None:
        return [path]
    return [one for part in match[1].split(",") for one in expand(path[: match.start()] + part + path[match.end() :])]


def bad_path(root, span):
    match = PATH.fullmatch(span)
    if match is None or (PLACEHOLDER.search(match[1]) and not RULE.match(match[1])):
        return None
    for path in expand(match[1]):
        if not (root / path).exists() and not ("*" in path and any(root.glob(path))):
            return f"{path} does not exist"
    return None


def main():
    root = root_argument()
    pages = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (root / name).exists()]
    pages += sorted((root / "docs").rglob("*.md"))
    complaints = []
    looked_at = 0
    for page in pages:
        text = FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), page.read_text(encoding="utf-8"))
        where = page.relative_to(root)
        for pattern, check in ((LINK, lambda t, p=page: bad_link(root, p, t)), (CODE, lambda t: bad_path(root, t))):
            for match in pattern.finditer(text):
                looked_at += 1
                problem = check(match[1])
                if problem is not None:
                    complaints.append(f"{where}:{line_of(text, match.start())}: {match[1]}: {problem}")
    finish("doc_links", looked_at, complaints)


main()
