"""The judges judged: each house check must pass a good tree and fail each planted fault by name.

usage: self_test.py CHECK COMPILER
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADER = "#ifndef A_H\n#define A_H\n#include <stddef.h>\nsize_t f(void);\n#endif\n"
LONG = "int f(void)\n{\n%s    return 0;\n}\n"
STATEMENT = "    (void)0;\n"

# A small tree that breaks no rule, though it comes near to breaking each.
GOOD = {
    "CMakeLists.txt": "module(base USES jansson)\nmodule(store ON base model USES sqlite)\n"
    "target_link_modules(towerkeep-sim base aws)\n",
    "cmake/Dependencies.cmake": "",
    "include/base/a.h": HEADER,
    "include/aws/b.h": "#ifndef B_H\n#define B_H\n#include \"base/a.h\"\n#endif\n",
    "src/base/a.c": '#include "base/a.h"\n#include <stdlib.h>\nvoid *g(void)\n{\n    return malloc(1);\n}\n',
    "src/aws/b.c": '#include "aws/b.h"\n#include "base/a.h"\n#include "own.h"\n'
    '/* #include "cli/x.h"; never strcpy(a, b) */\n'
    'const char *s = "strcpy(a, \\" malloc(";  // sprintf(\n'
    "int my_strcpy(int);\nint h(struct p *p)\n{\n    return p->system(1) + my_strcpy('\"');\n}\n",
    "src/aws/own.h": "struct p;\n",
    "src/sim/s.c": '#include "aws/b.h"\n',
    "src/sim/main.c": "int z = puts(s);\n",
    "src/model/m.c": "int f(int) __attribute__((format(printf, 1, 2)));\nint y = fprintf(out, s);\n",
    "src/cli/p.c": "int z = fputs(s, stderr);\n",
    "src/cli/c.c": LONG % (STATEMENT * 76),
    "tests/aws/b.c": '#include "aws/b.h"\n#include "own.h"\n',
    "tests/aws/tests.cmake": "unit(aws b base aws) # not cli\n",
    "README.md": "# A\n\nSee [b](docs/b.md#the-second-part), `src/aws/b.c`, `src/MODULE/x.c` and `src/*/b.c`.\n\n"
    "```\n[no link](gone.md) `src/gone.c` mend\n```\n",
    "docs/b.md": "## The *second* part\n\n`gap` is a member; there is no other.\n[up](../README.md) <https://example.com/a.md>\n",
    "rules/A-01.yaml": "id: A-01\ntitle: The key is enabled\nfix: mend it\n  anew\nassert: {field: gaps, empty: true}\n",
}

# check: [(what is planted, its files, what the complaint must contain)]
FAULTS = {
    "layers": [
        ("up", {"src/base/a.c": '#include "aws/b.h"\n'}, "src/base/a.c:1: base may not include aws"),
        ("sideways", {"src/aws/b.c": '\n#  include <model/m.h>\n'}, "src/aws/b.c:2: aws may not include model"),
        ("among peers", {"src/check/c.c": '#include "report/r.h"\n'}, "check may not include report"),
        ("public header", {"include/base/a.h": '#include "store/s.h"\n'}, "include/base/a.h:1: base may not"),
        ("simulator", {"src/sim/s.c": '#include "model/m.h"\n'}, "sim may not include model"),
        ("into the simulator", {"src/cli/c.c": '#include "sim/s.h"\n'}, "cli may not include sim"),
        ("climbing", {"src/aws/b.c": '#include "../cli/c.h"\n'}, "may not climb"),
        ("private of another", {"src/cli/c.c": '#include "own.h"\n'}, "neither in this module"),
        ("test", {"tests/aws/b.c": '#include "collect/c.h"\n'}, "aws may not include collect"),
        ("test link", {"tests/aws/tests.cmake": "unit(aws b base\n  aws model)\n"}, "aws may not link model"),
        ("module link", {"CMakeLists.txt": "module(aws ON base store USES curl)\n"}, "aws may not link store"),
        ("program link", {"CMakeLists.txt": "target_link_modules(towerkeep-sim base model)\n"}, "sim may not link model"),
        ("unknown module", {"src/attic/x.c": "int x;\n"}, "attic is not a module"),
        ("missing header", {"src/aws/b.c": '#include "base/gone.h"\n'}, "no such header"),
    ],
    "banned": [
        (f"{name} in {module}", {f"src/{module}/x.c": f"int x;\nint y = {name} (z);\n"}, f"x.c:2: {name}() is banned")
        for module, names in (
            (
                "base",
                "strcpy strcat strncpy strncat sprintf vsprintf gets strtok sscanf atoi atol atof "
                "gmtime localtime asctime ctime rand system popen",
            ),
            ("store", "malloc calloc realloc strdup strndup getenv strcpy"),
        )
        for name in names.split()
    ]
    + [
        (f"printing by {call}", {"src/store/x.c": f"int x;\n{call};\n"}, f"x.c:2: {name} is for the command line only")
        for call, name in (
            ("printf (1)", "printf"),
            ("puts(s)", "puts"),
            ("fprintf(stderr, s)", "stderr"),
            ("fputs(s, stdout)", "stdout"),
            ("perror(s)", "perror"),
        )
    ]
    + [
        ("after a string", {"src/aws/b.c": 'f("\\\\"); strcat(a, "x");\n'}, "strcat() is banned"),
        ("after a comment", {"src/aws/b.c": "/* a */ gets(b); /* c */\n"}, "gets() is banned"),
        ("in a header", {"include/aws/b.h": "#define X(s) atoi(s)\n"}, "include/aws/b.h:1: atoi()"),
        ("in a test", {"tests/aws/b.c": "int x = rand();\n"}, "tests/aws/b.c:1: rand()"),
        ("status", {"src/aws/b.c": "int f(void)\n{\n    int result = g();\n}\n"}, "b.c:3: result: a status is named rc"),
        ("label", {"src/aws/b.c": "int f(void)\n{\nfail:\n    g();\n}\n"}, "b.c:3: fail: the one label"),
    ],
    "sizes": [
        ("file", {"src/aws/b.c": "int x;\n" * 601}, "src/aws/b.c: 601 lines"),
        ("header", {"include/aws/b.h": "\n" * 601}, "include/aws/b.h: 601 lines"),
        ("function", {"src/cli/c.c": LONG % (STATEMENT * 77)}, "src/cli/c.c:1: f() has 81 lines"),
        ("second function", {"src/cli/c.c": LONG % "" + "\n" + LONG % (STATEMENT * 90)}, "src/cli/c.c:6: f()"),
        ("brace on the line", {"src/cli/c.c": "int f(void) {\n" + STATEMENT * 90 + "}\n"}, "f() has 92"),
    ],
    "doc_links": [
        ("link", {"README.md": "[x](docs/gone.md)\n"}, "README.md:1: docs/gone.md: does not exist"),
        ("link of a page", {"docs/b.md": "\n[x](gone.md)\n"}, "docs/b.md:2: gone.md: does not exist"),
        ("heading", {"README.md": "[x](docs/b.md#third)\n"}, "docs/b.md#third: has no such heading"),
        ("outside", {"README.md": "[x](../other.md)\n"}, "leaves the repository"),
        ("path", {"docs/b.md": "`src/aws/gone.c`\n"}, "src/aws/gone.c does not exist"),
        ("pattern", {"docs/b.md": "`src/aws/*.y`\n"}, "src/aws/*.y does not exist"),
        ("rule", {"docs/b.md": "`rules/A-02.yaml`\n"}, "rules/A-02.yaml does not exist"),
        ("script", {"docs/b.md": "Run `./gone.sh`.\n"}, "gone.sh does not exist"),
    ],
    "words": [
        ("page", {"README.md": "Mend it.\n"}, 'README.md:1: "Mend": repair'),
        ("across lines", {"docs/b.md": "a step is held\nback\n"}, 'docs/b.md:1: "held back": deferred'),
        ("inversion", {"docs/b.md": "It is no plan.\n"}, '"is no"'),
        ("manual page", {"docs/a.1": ".It Fl gap\nTold anew.\n"}, 'docs/a.1:2: "anew"'),
        ("schema", {"docs/schemas/a.json": '{"gap": 1,\n"description": "A gap."}\n'}, 'a.json:2: "gap"'),
        ("rule", {"rules/A-01.yaml": "title: a\nwhy: >-\n  It shall\n"}, 'rules/A-01.yaml:3: "shall"'),
        ("framework", {"rules/frameworks/a.yaml": "requirements:\n  - title: Nobody whom\n"}, 'a.yaml:2: "whom"'),
        ("template", {"templates/report.xslt": "<a test=\"gap\">\n<p>A gap</p></a>\n"}, 'report.xslt:2: "gap"'),
        ("message", {"src/aws/b.c": 'f("gap", "SELECT gap FROM gaps");\ng("%s is "\n  "no plan");\n'}, 'b.c:2: "is no"'),
        ("comment of a world", {"fixtures/worlds/a.yaml": "gap: 1\nb: 2 # anew\n"}, 'a.yaml:2: "anew"'),
    ],
    "externals": [
        ("unused", {"src/aws/b.c": "int h(void);\nint h(void)\n{\n    return g();\n}\n"}, "src/aws/b.c: h is used by no"),
        ("used in its own file only", {"include/base/a.h": "int f(void);\nint g(void);\n", "src/base/a.c": "int f(void)\n{\n    return 1;\n}\nint g(void)\n{\n    return f();\n}\n"}, "src/base/a.c: f is used"),
        ("object", {"src/base/a.c": "const int table[] = {1};\nint g(void)\n{\n    return 1;\n}\n"}, "src/base/a.c: table is used"),
        ("reason for another", {"include/base/a.h": "/* Public for its tests: a reason. */\nint k(void);\nint f(void);\n"}, "src/base/a.c: f is used"),
    ],
    "headers_alone": [
        ("leaning", {"include/base/a.h": "size_t f(void);\n"}, "include/base/a.h does not compile alone"),
        ("unguarded", {"include/aws/b.h": "struct twice { int x; };\n"}, "include/aws/b.h does not compile"),
        ("old style", {"include/aws/b.h": "#ifndef B_H\n#define B_H\nint f();\n#endif\n"}, "include/aws/b.h"),
    ],
}

# The same for the check that reads objects: each source here is compiled.
GOOD_COMPILED = {
    "include/base/a.h": "/* What is alone. Public for its tests: a reason\n * of two lines. */\nint f(void);\nint g(void);\n",
    "src/base/a.c": "static int s(void)\n{\n    return 1;\n}\nint f(void)\n{\n    return s();\n}\nint g(void)\n{\n    return f();\n}\n",
    "src/cli/main.c": "int g(void);\nint main(void)\n{\n    return g();\n}\n",
}


def compiled(folder, compiler):
    """Compiles the sources as CMake does, and returns the build directory."""
    for source in Path(folder, "src").rglob("*.c"):
        target = Path(folder, "CMakeFiles/module.dir", source.relative_to(folder).as_posix() + ".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-w", "-O0", "-c", str(source), "-o", str(target)], check=True)
    return [folder]


def run(check, compiler, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(HERE / f"{check}.py"), folder, compiler]
            + (compiled(folder, compiler) if check == "externals" else []),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in FAULTS:
        sys.exit(__doc__)
    check, compiler = sys.argv[1:]
    wrong = []
    good = GOOD_COMPILED if check == "externals" else GOOD
    status, output = run(check, compiler, good)
    if status != 0:
        wrong.append(f"the good tree was refused:\n{output}")
    status, output = run(check, compiler, {"cmake/Dependencies.cmake": ""})
    if status != 1 or "nothing to look at" not in output:
        wrong.append(f"an empty tree was not refused:\n{output}")
    for what, files, complaint in FAULTS[check]:
        status, output = run(check, compiler, {**good, **files})
        if status != 1 or complaint not in output:
            wrong.append(f"planted fault not found: {what}: wanted {complaint!r}, got:\n{output}")
    print("\n".join(wrong) or f"{check}: {len(FAULTS[check])} planted faults found")
    sys.exit(1 if wrong else 0)


main()
