"""The files that `cmake --install` installs, and the rules that an installed program uses."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import simulator
from simulator import TREE

BIN = ("towerkeep", "towerkeep-sim")
DOC = "share/doc/towerkeep"
FILES = [f"bin/{name}" for name in BIN] + [
    "share/man/man1/towerkeep.1", "share/man/man1/towerkeep-sim.1", f"{DOC}/LICENSE", f"{DOC}/README.md", f"{DOC}/docs/rules.md",
    f"{DOC}/docs/schemas/report.schema.json", "share/towerkeep/templates", "share/towerkeep/rules/frameworks",
    "share/bash-completion/completions/towerkeep", "share/zsh/site-functions/_towerkeep",
    "share/fish/vendor_completions.d/towerkeep.fish",
]


def install(*arguments, **environment):
    return subprocess.run(["cmake", "--install", simulator.BUILD, *arguments], capture_output=True, text=True, check=True,
                          env={**os.environ, **environment})


def rules(prefix, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOWERKEEP_")}
    return subprocess.run([prefix / "bin" / "towerkeep", "rules", *arguments], capture_output=True, text=True, check=False,
                          cwd="/", env={**clean, **environment}, timeout=60)


class Installation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="towerkeep-install-")
        cls.top = pathlib.Path(cls.folder.name)
        cls.prefix = cls.top / "first"
        install("--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def copy(self, name):
        """The installation at another place, with a rule that shows where it comes from."""
        place = self.top / name
        shutil.copytree(self.prefix, place)
        changed = sorted((place / "share/towerkeep/rules").glob("*.yaml"))[0]
        text = re.sub(r"^title:.*$", f"title: Installed in {name}", changed.read_text(encoding="utf-8"), flags=re.MULTILINE)
        changed.write_text(text, encoding="utf-8")
        return place, changed.stem

    def test_every_file_is_installed(self):
        for name in FILES:
            self.assertTrue((self.prefix / name).exists(), name)
        for name in FILES[-3:]:
            self.assertIn("--accounts" if "fish" not in name else "accounts", (self.prefix / name).read_text(encoding="utf-8"))
        for kind in ("rules", "templates"):
            installed = {p.relative_to(self.prefix / "share/towerkeep") for p in (self.prefix / "share/towerkeep" / kind).rglob("*")}
            self.assertEqual(installed, {p.relative_to(TREE) for p in (TREE / kind).rglob("*")})

    def test_the_manual_pages_list_the_options_of_the_programs(self):
        pages = self.prefix / "share/man/man1"
        printed = subprocess.run([self.prefix / "bin/towerkeep", "help", "--format", "man"], capture_output=True, text=True, check=True).stdout
        self.assertIn(printed.partition(".Sh OPTIONS")[2], (pages / "towerkeep.1").read_text(encoding="utf-8"))
        printed = subprocess.run([self.prefix / "bin/towerkeep-sim", "--manual"], capture_output=True, text=True, check=True).stdout
        self.assertIn(printed, (pages / "towerkeep-sim.1").read_text(encoding="utf-8"))

    def test_a_moved_installation_uses_its_own_rules(self):
        place, rule = self.copy("moved")
        done = rules(place, "show", rule)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("Installed in moved", done.stdout)

    def test_a_staged_installation_uses_its_own_rules(self):
        stage = self.top / "stage"
        install(DESTDIR=str(stage))
        found = sorted(stage.rglob("bin/towerkeep"))
        self.assertEqual(len(found), 1)
        prefix = found[0].parent.parent
        for rule in (prefix / "share/towerkeep/rules").glob("*.yaml"):
            rule.unlink()
        done = rules(prefix, "list")
        self.assertNotIn("Title", done.stdout)
        self.assertNotEqual((done.returncode, done.stdout), (0, rules(self.prefix, "list").stdout))

    def test_the_variable_names_the_only_place(self):
        place, rule = self.copy("named")
        done = rules(self.prefix, "show", rule, TOWERKEEP_DATA=str(place / "share/towerkeep"))
        self.assertIn("Installed in named", done.stdout)
        done = rules(self.prefix, "list", TOWERKEEP_DATA=str(self.top / "missing"))
        self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1))
        self.assertIn(f"TOWERKEEP_DATA: {self.top}/missing/rules is not a directory", done.stderr)

    def test_without_its_rules_the_program_names_the_places_it_searched(self):
        place, _ = self.copy("bare")
        shutil.rmtree(place / "share/towerkeep")
        done = rules(place, "list")
        if done.returncode == 0:
            self.skipTest("towerkeep is installed in the configured prefix of this machine")
        self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1))
        self.assertIn(f"{place}/bin/../share/towerkeep", done.stderr)

    def test_no_program_names_the_source_tree(self):
        cache = (simulator.BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        if re.search(r"^CMAKE_BUILD_TYPE:[A-Z]*=Debug$", cache, re.MULTILINE):
            self.skipTest("a debug build keeps the paths for the debugger")
        for name in BIN:
            self.assertNotIn(str(TREE).encode(), (self.prefix / "bin" / name).read_bytes(), name)


if __name__ == "__main__":
    unittest.main()
