"""The completions of bash, zsh and fish and the manual pages, as those shells and mandoc read them."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import simulator

PROGRAM = str(simulator.BUILD / "towerkeep")
FORMATS = ("bash", "zsh", "fish")
BASH = """
. /usr/share/bash-completion/bash_completion
. "$0"
compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"$(complete -p towerkeep | sed 's/.*-F \\([^ ]*\\).*/\\1/')" towerkeep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
# _describe and _arguments, which only an interactive zsh has, print what they are given.
ZSH = """
_describe() { print -rl -- "${(P@)2}" }
_arguments() { print -rl -- "$@" }
file=$1; shift
words=("$@"); CURRENT=$#
source "$file"
"""


def program(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=True, timeout=60).stdout


class Shells(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="towerkeep-shells-")))
        cls.table = json.loads(program("help", "--format", "json"))
        for name in FORMATS:
            (cls.folder / name).write_text(program("help", "--format", name), encoding="utf-8")

    def ask(self, *command):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, cwd=self.folder, timeout=60,
                              env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def bash(self, *words):
        return [word for word in self.ask("bash", "-c", BASH, self.folder / "bash", "towerkeep", *words) if word]

    def zsh(self, *words):
        return self.ask("zsh", "-f", "-c", ZSH, "zsh", self.folder / "zsh", "towerkeep", *words)

    def fish(self, line):
        found = self.ask("fish", "--no-config", "-c", f"source {self.folder}/fish; complete -C '{line}'")
        return [word.partition("\t")[0] for word in found]

    def options(self, command):
        rows = [r for r in self.table["options"] if command in r["commands"] and not r["hidden"] and r["source"] != "variable"]
        self.assertGreater(len(rows), 0)
        return {f"--{r['name']}": r["argument"] is not None for r in rows} | {"--help": False, "--version": False}

    def names(self):
        return {c["name"].split()[0] for c in self.table["commands"]}

    def test_the_shells_accept_the_syntax(self):
        for shell, judge in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
            done = subprocess.run([*judge, str(self.folder / shell)], capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), shell)

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(self.bash("sc"), ["scan"])
        self.assertEqual(set(self.bash("")), self.names() | {"--help", "--version"})
        self.assertEqual(self.bash("rules", "sh"), ["show"])
        for command in ("scan", "report", "runs"):
            wanted = {name + ("=" if value else "") for name, value in self.options(command).items()}
            self.assertEqual(set(self.bash(command, "--")), wanted)
        self.assertEqual(self.bash("scan", "--severity", "crit"), ["critical"])
        self.assertEqual(self.bash("scan", "--severity", "=", "hi"), ["high"])
        self.assertEqual(self.bash("scan", "--severity", "="), ["critical", "high", "medium", "low", "informational"])
        self.assertEqual(self.bash("scan", "-M", "js"), ["json"])
        self.assertEqual(self.bash("plan", "--delete"), [])
        self.assertEqual(self.bash("help", "sc"), ["scan"])
        self.assertEqual(self.bash("rehearse", "te"), ["teardown"])
        self.assertEqual(self.bash("scan", "-C", "fi"), ["fish"])

    def test_fish_completes_commands_options_and_values(self):
        self.assertEqual(self.fish("towerkeep sc"), ["scan"])
        self.assertEqual(set(self.fish("towerkeep ")), self.names())
        self.assertEqual(self.fish("towerkeep rules sh"), ["show"])
        for command in ("scan", "report", "runs"):
            self.assertEqual({w for w in self.fish(f"towerkeep {command} --") if w.startswith("--")}, set(self.options(command)))
        self.assertEqual(self.fish("towerkeep scan --severity crit"), ["critical"])
        self.assertEqual(self.fish("towerkeep scan --severity=hi"), ["--severity=high"])
        self.assertEqual(self.fish("towerkeep help sc"), ["scan"])
        self.assertEqual(self.fish("towerkeep rehearse te"), ["teardown"])

    def test_zsh_gets_every_command_option_and_value(self):
        self.assertEqual({line.partition(":")[0] for line in self.zsh("")}, self.names())
        self.assertIn("show:show a rule in full", self.zsh("rules", ""))
        for command in ("scan", "report", "runs"):
            specs = self.zsh(command, "--")
            found = {m[1] for m in (re.search(r"(?:^|\))(--[a-z0-9-]+)", spec) for spec in specs) if m}
            self.assertEqual(found, set(self.options(command)))
        self.assertIn(":LEVEL:(critical high medium low informational)", "\n".join(self.zsh("scan", "--")))
        self.assertIn("1:argument:(enable fix teardown)", self.zsh("rehearse", ""))


class Help(unittest.TestCase):
    def test_what_fits_stands_beside_its_name(self):
        table = json.loads(program("help", "--format", "json"))
        for words, text in (((), program("help")), (("rules",), program("help", "rules"))):
            lines = text.splitlines()
            for command in table["commands"]:
                name = command["name"].split()
                if tuple(name[:-1]) == words:
                    self.assertTrue(any(re.match(rf"  {name[-1]} +{re.escape(command['summary'][:20])}", line) for line in lines), command)
        lines = program("scan", "--help").splitlines()
        self.assertIn("  TOWERKEEP_DATA=DIR         Directory of the built-in rules and templates", lines)
        self.assertIn("      --accounts=ID[,...]    Only these accounts", lines)
        # A longer one stands above its help, and no line is left empty beside.
        self.assertEqual([line for line in lines if line != line.rstrip()], [])


class Manuals(unittest.TestCase):
    def test_mandoc_finds_nothing_to_warn_of(self):
        pages = sorted((simulator.BUILD / "man").glob("*.1"))
        self.assertEqual([page.name for page in pages], ["towerkeep-sim.1", "towerkeep.1"])
        for page in pages:
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), page.name)
            self.assertEqual(re.findall("^@.*", page.read_text(encoding="utf-8"), re.M), [])

    def test_a_page_lists_what_the_program_takes(self):
        table = json.loads(program("help", "--format", "json"))
        page = self.rendered("towerkeep.1")
        shown = [r for r in table["options"] if not r["hidden"]]
        names = [r["variable"] if r["source"] == "variable" else f"--{r['name']}" for r in shown]
        self.assertEqual([name for name in names if not re.search(rf"{name}(?![a-z-])", page)], [])
        synopsis = page.partition("SYNOPSIS")[2].partition("DESCRIPTION")[0]
        self.assertEqual([c["name"] for c in table["commands"] if c["runs"] and f"towerkeep {c['name']} [option" not in synopsis], [])
        text = subprocess.run([str(simulator.BUILD / "towerkeep-sim"), "--help"], capture_output=True, text=True, check=True).stdout
        names = re.findall(r"^ +(?:-\S, )?(--[a-z-]+)", text, re.M)
        self.assertGreater(len(names), 12)
        page = self.rendered("towerkeep-sim.1")
        self.assertEqual([name for name in names if not re.search(rf"{name}(?![a-z-])", page)], [])

    @staticmethod
    def rendered(name):
        done = subprocess.run(["mandoc", "-T", "utf8", str(simulator.BUILD / "man" / name)], capture_output=True, text=True, check=True)
        return re.sub(".\b", "", done.stdout)


if __name__ == "__main__":
    unittest.main()
