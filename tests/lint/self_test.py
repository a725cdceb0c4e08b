"""Plants a fault that each checker must report, beside a file in which it must report nothing.

usage: self_test.py TOOL
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOOD = "int increase(int x);\n\nint increase(int x)\n{\n    return x + 1;\n}\n"
# tool: [(file content, what the report must contain)]
FAULTS = {
    "format": [(GOOD.replace("    return", "  return"), "clang-format"), (GOOD.replace(")\n{", ") {"), "clang-format")],
    "tidy": [
        ("int f(int x);\n\nint f(int x)\n{\n    if (x)\n        return 1;\n    return 0;\n}\n",
         "readability-braces-around-statements"),
        ("double half(int x);\n\ndouble half(int x)\n{\n    return x / 2;\n}\n", "bugprone-integer-division"),
    ],
    "cppcheck": [
        ("#include <stdlib.h>\n\nint f(void)\n{\n    int *p = malloc(4);\n    return p == NULL ? 0 : 1;\n}\n", "memleak"),
        ("int f(int i);\n\nint f(int i)\n{\n    int values[4] = {0};\n    return i > 0 ? values[4] : 0;\n}\n",
         "arrayIndexOutOfBounds"),
    ],
}


def run(tool, content):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "src").mkdir()
        for name in (".clang-format", ".clang-tidy"):
            (root / name).write_bytes((ROOT / name).read_bytes())
        (root / "src" / "a.c").write_text(content, encoding="utf-8")
        done = subprocess.run([sys.executable, str(HERE / "lint.py"), tool, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in FAULTS:
        sys.exit(__doc__)
    tool, wrong = sys.argv[1], []
    status, output = run(tool, GOOD)
    if status == 77:
        print(output)
        sys.exit(status)
    if status != 0:
        wrong.append(f"a file without faults was refused:\n{output}")
    for content, expected in FAULTS[tool]:
        status, output = run(tool, content)
        if status != 1 or expected not in output or "a.c" not in output:
            wrong.append(f"a planted fault was not reported: expected {expected}, got:\n{output}")
    print("\n".join(wrong) or f"{tool}: {len(FAULTS[tool])} planted faults reported")
    sys.exit(1 if wrong else 0)


main()
