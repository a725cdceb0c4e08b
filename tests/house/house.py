"""What the layout checks share: the files to look at, and C source without comments and strings."""

import re
import sys
from pathlib import Path

# A comment, a string or a character constant; whichever starts first wins.
TOKEN = re.compile(
    r"/\*.*?\*/|//(?:\\\n|[^\n])*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)


def _spaces(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """Comments become spaces; lines and columns stay."""
    return TOKEN.sub(lambda m: _spaces(m[0]) if m[0].startswith("/") else m[0], text)


def code_only(text):
    """Comments, strings and character constants become spaces; lines and columns stay."""
    return TOKEN.sub(lambda m: _spaces(m[0]), text)


def c_files(root, *tops):
    """C sources and headers of src/MODULE, include/MODULE and tests/MODULE, as (path, top, module)."""
    found = []
    for top in tops:
        for path in sorted((root / top).rglob("*.[ch]")):
            parts = path.relative_to(root / top).parts
            if len(parts) > 1 and "node_modules" not in parts:
                found.append((path, top, parts[0]))
    return found


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def finish(name, looked_at, complaints):
    """Prints the verdict and exits. Having found nothing to look at is a failure, not a success."""
    for complaint in complaints:
        print(complaint)
    if looked_at == 0:
        print(f"{name}: found nothing to look at")
    print(f"{name}: {looked_at} looked at, {len(complaints)} complaints")
    sys.exit(1 if complaints or looked_at == 0 else 0)


def root_argument():
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: {sys.argv[0]} ROOT")
    return Path(sys.argv[1]).resolve()
